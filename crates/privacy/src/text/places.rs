//! Where somebody lives or owns: street and number, postcode, property designation, coordinates.
//!
//! In: a run of digits and the words around it. Out: spans. A road number, a result of a match, a chapter and verse and a scale are none.

use super::words::Small;
use super::{Found, Lens, span};
use crate::kind::Kind;
use crate::names;

/// How names of streets end.
#[rustfmt::skip]
const STREETS: &[&str] = &[
    "gatan", "vägen", "gata", "väg", "gränd", "gränden", "stigen", "stig", "allén", "allé", "torget", "torg", "backen", "backe", "platsen", "plats", "plan", "leden", "esplanaden", "kajen",
    "promenaden", "stråket", "brinken", "slingan", "ringen", "gången", "kroken", "svängen", "parken", "bron", "kullen", "udden", "liden", "trappan", "tvären", "bågen", "terrassen", "grand", "vagen", "gardet", "gärdet", "hamnen", "höjden", "dalen", "gården",
];
/// Words with such an ending that are no address with the number behind them.
#[rustfmt::skip]
const NO_STREETS: &[&str] = &[
    "länsväg", "riksväg", "europaväg", "motorväg", "landsväg", "väg", "gata", "plats", "plan", "arbetsplats", "parkeringsplats", "detaljplan", "översiktsplan", "handlingsplan", "mätplats",
    "badplats", "lekplats", "tomtplats", "spårväg", "järnväg", "vägen", "gatan", "platsen", "planen", "parken", "genomfart", "bron", "arbetsplan", "läroplan", "tågplan", "målplan", "startplats", "sittplats", "ringen", "hamnen", "dalen", "gården", "halvplan", "vårdplan", "undervåning", "leden", "delplan", "etapplan", "årsplan", "rastplats", "hållplats", "campingplats", "medelplats",
];

/// A street, a number and perhaps a letter: `Storgatan 5`, `Norra vägen 12 B`.
pub(super) fn street(lens: &Lens<'_>, at: usize) -> Found {
    let run = lens.run(at)?;
    let behind = run.start.checked_sub(1).filter(|at| lens.byte(*at) == b' ')?;
    if run.len() > 3 || lens.digits(run).first() == Some(&b'0') {
        return None;
    }
    let word = word_before(lens, behind);
    let small = Small::of(word);
    let lower = small.as_str();
    let suffix = STREETS
        .iter()
        .filter(|suffix| lower.ends_with(**suffix))
        .map(|suffix| suffix.len())
        .max()?;
    if NO_STREETS.contains(&lower) && !word_is_second(lens, behind - word.len()) {
        return None;
    }
    let mut start = behind - word.len();
    let capital = word.starts_with(char::is_uppercase);
    // `Norra vägen`, `Karl Johans gata`: words with a capital before belong to the name.
    let mut words = 0;
    while words < 2 && start > 0 && lens.before(start) == b' ' {
        let before = word_before(lens, start - 1);
        if !is_part_of_street(before, capital && lower.len() > suffix) {
            break;
        }
        start -= 1 + before.len();
        words += 1;
    }
    if !capital && words == 0 {
        return None;
    }
    let (end, next) = house(lens, at, run.end);
    if lens.word_at(end) || matches!(lens.byte(end), b':' | b'%') || (lens.byte(end) == b',' && lens.byte(end + 1).is_ascii_digit()) {
        return None;
    }
    Some((
        span(
            start,
            end,
            Kind::StreetAddress,
            0.92,
            "a name that ends as a street's, and a number",
        ),
        next,
    ))
}

/// A word that may open a street's name of two: an adjective of place, or a genitive before a lower-case noun.
fn is_part_of_street(word: &str, compound: bool) -> bool {
    const ADJECTIVES: &[&str] = &[
        "Norra", "Södra", "Östra", "Västra", "Stora", "Lilla", "Gamla", "Nya", "Övre", "Nedre", "Yttre", "Inre", "Sankt", "S:t", "S:ta",
        "Sankta", "Första", "Andra", "Tredje", "Fjärde",
    ];
    if ADJECTIVES.contains(&word) {
        return true;
    }
    let capital = word.starts_with(char::is_uppercase) && word.chars().count() > 2;
    !compound && capital && (word.ends_with('s') || names::uses(word) & names::GIVEN != 0)
}

/// `Drottningholms vägen` has its name in the word before.
fn word_is_second(lens: &Lens<'_>, start: usize) -> bool {
    start > 1 && lens.before(start) == b' ' && is_part_of_street(word_before(lens, start - 1), false)
}

/// The end of the house number: a range, a letter, and an apartment.
fn house(lens: &Lens<'_>, at: usize, end: usize) -> (usize, usize) {
    let (mut end, mut next) = (end, at + 1);
    if let Some(second) = lens.run(next).filter(|run| run.len() <= 3 && lens.hyphen(end) == Some(run.start)) {
        (end, next) = (second.end, next + 1);
    }
    let letter = |at: usize| lens.byte(at).is_ascii_alphabetic() && !lens.word_at(at + 1);
    if letter(end) {
        end += 1;
    } else if lens.byte(end) == b' ' && lens.byte(end + 1).is_ascii_uppercase() && letter(end + 1) && !matches!(lens.byte(end + 1), b'I') {
        end += 2;
    }
    for opening in [" lgh ", ", lgh ", " lgh. "] {
        if let Some(run) = lens.run(next).filter(|run| run.len() == 4 && lens.slice(end, run.start) == opening) {
            return (run.end, next + 1);
        }
    }
    (end, next)
}

/// The word that ends at `end`: letters, and hyphens or colons between them.
fn word_before<'t>(lens: &Lens<'t>, end: usize) -> &'t str {
    let part = |byte: &u8| byte.is_ascii_alphabetic() || *byte >= 0x80 || matches!(byte, b'-' | b':' | b'.');
    let length = lens
        .bytes
        .get(..end)
        .unwrap_or_default()
        .iter()
        .rev()
        .take(40)
        .take_while(|byte| part(byte))
        .count();
    lens.slice(end - length, end).trim_start_matches(['-', ':', '.'])
}

const POSTCODE: &[&str] = &["postnr", "postnummer", "postadress", "zip", "postcode", "postal"];

/// `123 45 Ort`, `SE-123 45`, `12345` beside words.
pub(super) fn postcode(lens: &Lens<'_>, at: usize) -> Found {
    let run = lens.run(at)?;
    let named = || lens.context(run.start).near(POSTCODE);
    let country = matches!(lens.slice(run.start.saturating_sub(3), run.start), "SE-" | "se-")
        || lens.slice(run.start.saturating_sub(2), run.start) == "S-";
    let (end, next) = match run.len() {
        5 => (run.end, at + 1),
        3 => {
            let second = lens
                .run(at + 1)
                .filter(|second| second.len() == 2 && lens.blank(run.end) == Some(second.start))?;
            (second.end, at + 2)
        }
        _ => return None,
    };
    let range = lens
        .slice(run.start, run.start + 3)
        .parse::<u16>()
        .is_ok_and(|number| (100..=984).contains(&number));
    if !range || !(country || lens.opens(run.start)) || !lens.closes(end) {
        return None;
    }
    let place = place_follows(lens, end);
    if !(country
        || named()
        || (run.len() == 3 && place)
        || (run.len() == 5 && place && lens.before(run.start) == b' ' && lens.before(run.start.saturating_sub(1)) == b','))
    {
        return None;
    }
    Some((
        span(
            run.start,
            end,
            Kind::Postcode,
            0.9,
            "five digits in range, before a place or beside words",
        ),
        next,
    ))
}

/// Whether one or two blanks and a capitalised word that is no unit come next.
fn place_follows(lens: &Lens<'_>, end: usize) -> bool {
    let rest = lens.slice(end, (end + 24).min(lens.text.len()));
    let rest = if rest.is_empty() {
        lens.text.get(end..).unwrap_or_default()
    } else {
        rest
    };
    let word = rest.trim_start_matches([' ', '\u{a0}']);
    if word.len() == rest.len() {
        return false;
    }
    let mut letters = word.chars();
    let whole = word.split(|c: char| !c.is_alphabetic()).next().unwrap_or_default();
    letters.next().is_some_and(char::is_uppercase)
        && letters.next().is_some_and(char::is_alphabetic)
        && !["SEK", "EUR", "USD", "Kr", "KR"].contains(&whole)
}

const ESTATE: &[&str] = &[
    "-fastighet",
    "-beteckning",
    "tomt",
    "lagfart",
    "avstyckning",
    "bygglov",
    "kv.",
    "kv ",
    "kvarter",
    "köpt",
    "-ägare",
    "-skifte",
    "property",
    "intill",
    "gräns",
    "-arrende",
    "grannfastighet",
];
/// What stands before digits, a colon and digits that are no designation.
#[rustfmt::skip]
const NO_ESTATE: &[&str] = &[
    "kl ", "kl. ", "skala", "mos ", "mosebok", "matt ", "matteus", "mark ", "markus ", "luk ", "lukas ", "joh ", "johannes ", "apg ", "rom ", "kor ", "psalm", "ps ", "jesaja", "kapitel", "kap ",
    "figur", "tabell", "bilaga", "avsnitt", "match", "vann", "slog", "besegrade", "förlorade", "resultat", "mot ", "ställning", "odds", "ratio", "time", "etapp", "division", "sfs", "lag ", "lagen", "förordning", "prop", "del ", "version", "utspädning", "beredning", "hjälte", "nummer ",
];

const MATCH: &[&str] = &["match", "vann", "slog", "besegrade", "förlorade", "resultat", "ställning", "mellan"];

/// `Skoby Berga 1:2`: a municipality or words about land, a name, a block and a unit.
pub(super) fn property(lens: &Lens<'_>, at: usize) -> Found {
    let [block, unit] = lens.runs.get(at..at + 2)? else { return None };
    if lens.byte(block.end) != b':' || unit.start != block.end + 1 || block.len() > 3 || unit.len() > 4 || lens.byte(unit.start) == b'0' {
        return None;
    }
    if lens.before(block.start) != b' ' || lens.word_at(unit.end) || lens.byte(unit.end) == b':' {
        return None;
    }
    let (start, words, municipality) = capitalised(lens, block.start.checked_sub(1)?);
    let context = lens.context(start);
    let sure = municipality && words > 1;
    let vetoed = if sure {
        context.near(MATCH)
    } else {
        lens.context(block.start).near(NO_ESTATE)
    };
    if words == 0 || vetoed {
        return None;
    }
    let confidence = match (municipality && words > 1, context.wide(ESTATE)) {
        (true, true) => 0.98,
        (true, false) => 0.9,
        (false, true) => 0.88,
        (false, false) if words > 1 && unit.len() <= 3 => 0.6,
        (false, false) => return None,
    };
    Some((
        span(
            start,
            unit.end,
            Kind::PropertyDesignation,
            confidence,
            "a place, a block and a unit",
        ),
        at + 2,
    ))
}

/// The start of the words with capitals that end at `end`, how many, and whether the first is a municipality.
fn capitalised(lens: &Lens<'_>, end: usize) -> (usize, usize, bool) {
    let (mut start, mut words, mut municipality) = (end, 0, false);
    let mut at = end;
    while words < 4 {
        let word = word_before(lens, at);
        let upper = word.starts_with(char::is_uppercase);
        let joint = words > 0 && matches!(word, "och" | "i" | "å");
        if word.is_empty() || !(upper || joint) || word.ends_with(['.', ':']) {
            break;
        }
        let from = at - word.len();
        if [
            "Fastigheten",
            "Fastighet",
            "Beteckningen",
            "Tomten",
            "Avstyckning",
            "Lagfart",
            "Ägaren",
            "Bygglov",
            "För",
            "Kvarteret",
            "Kv",
            "På",
            "The",
            "Property",
        ]
        .contains(&word)
        {
            break;
        }
        start = from;
        words += usize::from(upper);
        // Names of two words (`Lilla Edet`) have their first word before this one.
        let both = lens
            .slice(from, (end).min(from + 24))
            .split(' ')
            .take(2)
            .collect::<Vec<_>>()
            .join(" ");
        municipality = names::is_municipality(word) || (words > 1 && names::is_municipality(&both));
        if from == 0 || lens.before(from) != b' ' {
            break;
        }
        at = from - 1;
    }
    (start, words, municipality)
}

const POINT: &[&str] = &[
    "-koordinat",
    "sweref",
    "rt90",
    "rt 90",
    "wgs",
    "lat",
    "position",
    "gps",
    "long",
    "coordinate",
    "läge",
    "nord",
    "n ",
    "x ",
    "x=",
];

/// A pair of latitude and longitude with four decimals or more, or a pair of metres in SWEREF 99 TM beside words.
pub(super) fn coordinates(lens: &Lens<'_>, at: usize) -> Found {
    let run = lens.run(at)?;
    if run.len() == 2 && matches!(lens.byte(run.end), b'.' | b',') {
        return degrees(lens, at);
    }
    if run.len() != 7 || !lens.opens(run.start) {
        return None;
    }
    let east_at = at + if lens.byte(run.end) == b'.' { 2 } else { 1 };
    let east = lens.run(east_at).filter(|run| run.len() == 6)?;
    let gap = lens.slice(run.end, east.start);
    let close = gap.len() <= 12 && !gap.contains('\n');
    let north = lens
        .slice(run.start, run.end)
        .parse::<u32>()
        .is_ok_and(|metres| (6_100_000..=7_700_000).contains(&metres));
    let range = lens
        .slice(east.start, east.end)
        .parse::<u32>()
        .is_ok_and(|metres| (200_000..=930_000).contains(&metres));
    if !close || !north || !range || !lens.context(run.start).wide(POINT) {
        return None;
    }
    let (end, next) = with_decimals(lens, east.end, east_at + 1);
    Some((
        span(run.start, end, Kind::Coordinate, 0.93, "a point within Sweden to the metre"),
        next,
    ))
}

fn degrees(lens: &Lens<'_>, at: usize) -> Found {
    let [lat, lat_part, lon, lon_part] = lens.runs.get(at..at + 4)? else {
        return None;
    };
    let whole = |run: &super::Run, range: std::ops::RangeInclusive<u8>| {
        run.len() == 2
            && lens
                .slice(run.start, run.end)
                .parse::<u8>()
                .is_ok_and(|number| range.contains(&number))
    };
    let point = lens.byte(lat.end);
    let decimals = |whole: &super::Run, part: &super::Run| part.start == whole.end + 1 && lens.byte(whole.end) == point && part.len() >= 4;
    let gap = lens.slice(lat_part.end, lon.start);
    let apart = gap.len() <= 16 && !gap.contains('\n') && (point == b'.' || gap != ",");
    let fits = whole(lat, 55..=69) && whole(lon, 10..=24) && decimals(lat, lat_part) && decimals(lon, lon_part);
    (fits && apart && lens.opens(lat.start) && lens.closes(lon_part.end)).then(|| {
        (
            span(
                lat.start,
                lon_part.end,
                Kind::Coordinate,
                0.95,
                "a point within Sweden to ten metres or closer",
            ),
            at + 4,
        )
    })
}

/// The end of a number's decimals, if it has any.
fn with_decimals(lens: &Lens<'_>, end: usize, next: usize) -> (usize, usize) {
    match lens.run(next) {
        Some(part) if part.start == end + 1 && lens.byte(end) == b'.' => (part.end, next + 1),
        _ => (end, next),
    }
}
