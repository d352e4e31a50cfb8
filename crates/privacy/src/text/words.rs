//! Words around names: what makes a thing of a name, titles and roles of people, and what opens a sentence.
//!
//! In: a word as it stands. Out: the lists that hold it in small letters, found at once, and nothing is allocated.

use std::collections::HashMap;
use std::sync::LazyLock;

use crate::detect::Seed;

/// Words that make a company, a place or a foundation of the name before them.
#[rustfmt::skip]
const THINGS: &[&str] = &[
    "ab", "hb", "kb", "aktiebolag", "handelsbolag", "bolag", "bygg", "åkeri", "fastigheter", "fastighets", "förvaltning", "konsult", "el", "rör", "måleri", "snickeri", "transport", "entreprenad", "stiftelse", "stiftelsen",
    "minne", "minnesfond", "fond", "gata", "gatan", "väg", "vägen", "torg", "plats", "park", "gränd", "allé", "backe", "stig", "skola", "skolan", "kyrka", "kapell", "församling", "pris", "priset", "museum", "museet", "sjukhus", "station", "institut", "institutet",
    "center", "centrum", "teater", "arena", "bro", "brygga", "hamn", "udde", "kommun", "län", "församlingshem", "ateljé", "handel", "livs", "restaurang", "café", "kafé", "hotell", "gård", "group", "inc", "ltd", "gmbh", "as", "oy", "street", "road", "school", "foundation", "university",
    "universitet", "bank", "försäkring", "hus", "huset", "förskola", "vårdcentral", "bibliotek", "idrottsplats", "if", "bk", "ff", "sk", "ik", "advokatbyrå", "redovisning", "trafik", "söner", "linjen", "prize", "award",
];
/// Words that make a thing of the name behind them.
#[rustfmt::skip]
const BEFORE_THINGS: &[&str] = &[
    "sankt", "sankta", "s:t", "s:ta", "saint", "st", "stiftelsen", "hotell", "restaurang", "kvarteret", "kv", "ab", "firma", "firman", "bolaget", "varvet", "skolan", "förskolan", "stationen", "station", "fartyget", "färjan", "stormen", "orkanen", "båten", "villa", "hotel",
    "kung", "drottning", "påven", "café", "biograf", "teater", "galleri", "gatan", "linje", "isbrytaren", "tåget", "projektet", "via", "viale", "piazza", "rue", "avenue", "plaza", "calle", "place", "strasse", "systemet", "kyrkan", "gården", "butiken", "pizzeria", "modell", "tornet", "salen", "rummet", "huset",
];
/// Endings of a word that names a place or a body rather than a person.
#[rustfmt::skip]
const THING_ENDINGS: &[&str] = &[
    "skolan", "skola", "gatan", "vägen", "torget", "kyrkan", "kyrka", "sjukhuset", "sjukhus", "huset", "bolaget", "verket", "föreningen", "kommun", "kommunen", "nämnden", "myndigheten", "inspektionen", "styrelsen", "parken", "platsen", "stationen", "centralen", "gården", "stiftelsen",
    "gymnasiet", "museet", "biblioteket", "banken", "sjön", "ån", "ön", "viken", "berget", "skogen", "området", "dagen", "dagarna", "priset", "fonden", "bladet", "tidningen", "posten", "radion", "rådet", "partiet", "demokraterna", "förbundet", "domstolen", "rätten", "hallen", "hamnen", "bron", "gränd", "backen", "leden", "bygg", "trafiken",
    "region", "regionen", "länet", "universitet", "universitetet", "högskola", "högskolan", "institut", "avdelningen", "enheten", "kontoret", "förvaltningen",
];
/// Titles and roles; what stands behind one is a name even if no list has it.
#[rustfmt::skip]
const TITLES: &[&str] = &["herr", "fru", "fröken", "hr", "dr", "mr", "mrs", "ms", "miss", "mamma", "pappa", "syster", "syskonet", "brodern", "tant", "farbror", "farmor", "farfar", "mormor", "morfar", "sonen", "dottern", "mamman", "pappan", "systern", "hustrun", "maken", "makan", "sambon", "mvh", "vänligen", "hälsning", "hälsningar", "regards", "sincerely", "dear", "hej", "hejsan"];
#[rustfmt::skip]
const ROLES: &[&str] = &[
    "handläggare", "handläggaren", "kontaktperson", "kontaktpersonen", "sökande", "sökanden", "patient", "patienten", "elev", "eleven", "klient", "klienten", "kund", "kunden", "ordförande", "sekreterare", "rektor", "rektorn", "chef", "chefen", "läkare", "läkaren", "sjuksköterska",
    "sjuksköterskan", "advokat", "advokaten", "ombud", "ombudet", "vittnet", "vittne", "målsägande", "målsäganden", "tilltalade", "make", "maka", "son", "dotter", "mor", "far", "bror", "vårdnadshavare", "vårdnadshavaren", "hyresgäst", "hyresgästen", "ägare", "ägaren", "anmälare", "anmälaren",
    "lärare", "läraren", "mentor", "mentorn", "tolk", "tolken", "kollega", "kollegan", "granne", "grannen", "god", "man", "professor", "doktor", "doktorn", "teacher", "applicant", "contact", "officer", "manager", "tenant", "patient", "socialsekreterare", "kurator", "kuratorn", "barnet", "flickan", "pojken", "kvinnan", "mannen", "medlem",
    "föraren", "förare", "undertecknad", "upprättad", "namn", "underskrift", "signatur", "registrator", "assistent", "biträdet", "tjänsteman", "tjänstemannen", "inspektör", "inspektören", "undersköterskan",
];

/// Words that open a sentence before a family name.
#[rustfmt::skip]
const OPENERS: &[&str] = &[
    "enligt", "enl", "av", "med", "vid", "till", "från", "för", "kontakta", "kontakt", "ring", "fråga", "när", "som", "att", "och", "men", "då", "om", "på", "hos", "familjen", "bröderna", "släkten", "makarna", "the", "from", "to", "by", "for", "with", "and", "call", "ask", "please", "see", "contact",
    "se", "hälsa", "efter", "innan", "under", "mellan", "via", "både", "vi", "jag", "han", "hon", "de", "det", "den", "ni", "du", "i", "har", "ska", "kan", "är", "var", "blev", "vill", "where", "when", "if", "firma", "nya", "gamla", "stora", "lilla", "norra", "södra", "östra", "västra", "domare", "nämndeman", "tack",
];

/// In which of the lists a word in small letters stands.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Lists(u8);

impl Lists {
    pub(super) const THING: u8 = 1;
    pub(super) const BEFORE_THING: u8 = 2;
    pub(super) const TITLE: u8 = 4;
    pub(super) const ROLE: u8 = 8;
    pub(super) const OPENER: u8 = 16;

    pub(super) fn of(word: &str) -> Self {
        Self(LISTED.get(word).copied().unwrap_or(0))
    }
    pub(super) fn any(self, lists: u8) -> bool {
        self.0 & lists != 0
    }
    /// Whether no list has the word.
    pub(super) fn none(self) -> bool {
        self.0 == 0
    }
}

/// One look into all lists.
static LISTED: LazyLock<HashMap<&'static str, u8, Seed>> = LazyLock::new(|| {
    let mut listed: HashMap<&'static str, u8, Seed> = HashMap::default();
    let lists = [
        (THINGS, Lists::THING),
        (BEFORE_THINGS, Lists::BEFORE_THING),
        (TITLES, Lists::TITLE),
        (ROLES, Lists::ROLE),
        (OPENERS, Lists::OPENER),
    ];
    for (words, bit) in lists {
        words.iter().for_each(|word| *listed.entry(word).or_default() |= bit);
    }
    listed
});

/// A word in small letters, in a buffer of fixed size: what is longer stands in no list.
pub(super) struct Small {
    bytes: [u8; 64],
    length: usize,
}

impl Small {
    /// Latin letters; any other letter makes it a word of no list, which is all that is asked.
    pub(super) fn of(word: &str) -> Self {
        let mut small = Self { bytes: [0; 64], length: 0 };
        let mut previous = 0u8;
        for (slot, byte) in small.bytes.iter_mut().zip(word.bytes()) {
            *slot = if previous == 0xc3 && (0x80..0x9f).contains(&byte) {
                byte + 32
            } else {
                byte.to_ascii_lowercase()
            };
            previous = byte;
        }
        small.length = if word.len() <= small.bytes.len() { word.len() } else { 0 };
        small
    }
    pub(super) fn as_str(&self) -> &str {
        self.bytes
            .get(..self.length)
            .and_then(|bytes| std::str::from_utf8(bytes).ok())
            .unwrap_or_default()
    }
}

/// Whether a word in small letters ends as a role that people have.
pub(super) fn has_role_ending(word: &str) -> bool {
    const ENDINGS: &[&str] = &[
        "chef",
        "chefen",
        "råd",
        "rådet",
        "läkare",
        "läkaren",
        "lärare",
        "läraren",
        "handläggare",
        "handläggaren",
        "sekreterare",
        "ledamot",
        "ledamoten",
        "ordförande",
        "ordföranden",
        "personen",
    ];
    ENDINGS.iter().any(|ending| word.len() > ending.len() && word.ends_with(ending))
}

/// Whether a word names a thing or ends as one does.
pub(super) fn is_thing(token: &str) -> bool {
    let small = Small::of(token);
    Lists::of(small.as_str()).any(Lists::THING) || has_thing_ending(small.as_str())
}

pub(super) fn has_thing_ending(lower: &str) -> bool {
    THING_ENDINGS.iter().any(|ending| lower.ends_with(ending))
}
