//! Sentences from templates, with the true spans; and prose about things, for columns.
//!
//! A template is in one fold only: of the first file two thirds are for development and one third is kept for the report; the second file is
//! kept whole. Its sentences are worded after forms and letters of public bodies, and nothing in the detectors was changed for them.

use crate::people::{self, Sources};
use crate::shared::random::Random;
use crate::shared::{MONTHS, Part, parts};

const TEMPLATES: &str = include_str!("templates.txt");
const HELD: &str = include_str!("held.txt");
/// Templates of the first file.
const FIRST: usize = 300;

/// A true span, in bytes.
#[derive(Clone)]
pub struct Truth {
    pub start: usize,
    pub end: usize,
    pub kind: &'static str,
}

/// A sentence with its truth.
pub struct Sentence {
    pub text: String,
    pub template: usize,
    pub spans: Vec<Truth>,
}

/// Whether a template is kept for the report.
pub fn is_kept(template: usize) -> bool {
    template >= FIRST || (template as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 32 & 0xffff_ffff < 0x5555_5555
}

/// `count` sentences, every template about as often.
pub fn make(sources: &Sources, r: &mut Random, count: usize) -> Vec<Sentence> {
    let templates: Vec<&str> = TEMPLATES.lines().chain(HELD.lines()).filter(|line| !line.is_empty()).collect();
    (0..count)
        .map(|index| fill(sources, r, index % templates.len(), templates[index % templates.len()]))
        .collect()
}

fn fill(sources: &Sources, r: &mut Random, template: usize, pattern: &str) -> Sentence {
    let mut sentence = Sentence {
        text: String::new(),
        template,
        spans: Vec::new(),
    };
    for part in parts(pattern) {
        let name = match part {
            Part::Slot(name) => name,
            Part::Text(text) => {
                sentence.text.push_str(text);
                continue;
            }
        };
        let (kind, value, tail) = slot(sources, r, name);
        let start = sentence.text.len();
        sentence.text.push_str(&value);
        let end = sentence.text.len();
        sentence.spans.extend(kind.map(|kind| Truth { start, end, kind }));
        sentence.text.push_str(tail);
    }
    sentence
}

/// The ending of the genitive, none behind s, x and z.
fn genitive(name: &str) -> &'static str {
    if name.ends_with(['s', 'x', 'z']) { "" } else { "s" }
}

/// What a slot is filled with: its kind (none for what is nobody's), its text, and what follows outside the span.
fn slot(s: &Sources, r: &mut Random, name: &str) -> (Option<&'static str>, String, &'static str) {
    let some = |kind: &'static str, value: String| (Some(kind), value, "");
    match name {
        "P" => some("person_name", s.name(r)),
        "Pg" => {
            let name = s.name(r);
            let tail = genitive(&name);
            (Some("person_name"), name, tail)
        }
        "G" => some("given_name", s.given(r)),
        "Gg" => {
            let name = s.given(r);
            let tail = genitive(&name);
            (Some("given_name"), name, tail)
        }
        "F" => some("family_name", s.family(r)),
        "R" => some("person_name", format!("{}, {}", s.family(r), s.given(r))),
        "I" => some("person_name", format!("{}. {}", r.letters(1, "ABCEGHKLMNPST"), s.family(r))),
        "pin" => some("personal_identity_number", s.pin_written(r)),
        "coord" => some("coordination_number", s.coord_written(r)),
        "interim" => some("interim_number", s.interim[r.below(s.interim.len() as u64) as usize].clone()),
        "org" => some("organisation_number", people::organisation(r)),
        "vat" => some("vat_number", people::vat(r)),
        "tel" => some("phone", people::phone(r)),
        "mail" => some("e_mail", people::mail(s, r)),
        "iban" => some("iban", people::iban(r)),
        "acct" => some("bank_account", s.account(r)),
        "plate" => some("vehicle_plate", people::plate(r)),
        "prop" => some("property_designation", s.property(r)),
        "street" => some("street_address", s.street(r)),
        "post" => some("postcode", people::postcode(r)),
        "pt" => {
            let (lat, lon) = people::point(r);
            some("coordinate", format!("{lat}{}{lon}", r.of(&[", ", " ", "; "])))
        }
        "sweref" => some(
            "coordinate",
            format!(
                "{}{}{}",
                r.between(6_150_000, 7_600_000),
                r.of(&[", ", " "]),
                r.between(270_000, 900_000)
            ),
        ),
        "pass" => some("passport_number", people::passport(r)),
        "lic" => some("driving_licence", format!("{}{}", r.between(1, 9), r.digits(7))),
        "ip" => some("ip_address", people::ip(r)),
        "mac" => some("mac_address", people::mac(r)),
        "case" => some("case_number", people::case(r)),
        "born" => some("date_of_birth", born(r)),
        other => (None, nobody(s, r, other), ""),
    }
}

fn born(r: &mut Random) -> String {
    let (y, m, d) = people::birthday(r);
    let month = MONTHS[m as usize - 1];
    match r.below(5) {
        0 => format!("{y}{m:02}{d:02}"),
        1 => format!("{d} {month} {y}"),
        2 => format!("{d}/{m} {y}"),
        _ => format!("{y}-{m:02}-{d:02}"),
    }
}

/// What looks like somebody's and is not.
fn nobody(s: &Sources, r: &mut Random, name: &str) -> String {
    match name {
        "place" => s.place(r).to_owned(),
        "xpin" => {
            let pin = s.pin(r);
            let last = u64::from(pin.as_bytes()[11] - b'0');
            format!("{}-{}{}", &pin[2..8], &pin[8..11], (last + r.between(1, 9)) % 10)
        }
        "xrun" => format!("{}{}{}", r.between(1, 9), s.pin(r), r.digits(2)),
        "xorder" => r.digits(10),
        "xacct" => {
            let account = s.account(r);
            let (head, last) = account.split_at(account.len() - 1);
            let wrong = last.parse::<u64>().map_or(0, |digit| (digit + r.between(1, 9)) % 10);
            format!("{head}{wrong}")
        }
        "xlaw" => format!(
            "{} ({}:{})",
            r.of(&["lag", "förordning", "lagen", "Förordning"]),
            r.between(1949, 2026),
            r.between(1, 1500)
        ),
        "xtime" => format!("{:02}{}{:02}", r.below(24), r.of(&[":", "."]), r.below(60)),
        "xdate" => match r.below(3) {
            0 => format!("{}/{} 20{:02}", r.between(1, 28), r.between(1, 12), r.between(10, 26)),
            _ => format!("20{:02}-{:02}-{:02}", r.between(10, 26), r.between(1, 12), r.between(1, 28)),
        },
        "xsum" => format!("{} {:03} {}", r.between(1, 999), r.below(1000), r.of(&["kr", "kronor", "SEK"])),
        "xfirm" => format!(
            "{} {} {}",
            s.given(r),
            s.family(r),
            r.of(&["Bygg AB", "Åkeri AB", "Konsult AB", "& Söner HB", "Måleri AB", "Fastigheter AB"])
        ),
        "xplate" => format!("{} {}", r.of(&["MLB", "APA", "ORM", "WWW", "USA"]), r.digits(3)),
        "xver" => format!("{}.{}.{}.{}", r.below(9), r.below(30), r.below(200), r.below(200)),
        "xscore" => format!("{}:{}", r.below(9), r.below(9)),
        "xweek" => format!("{}", r.between(1, 52)),
        "xcode" => format!("{}{}", r.letters(2, "BCDFGX"), r.digits(4)),
        "xplace" => r
            .of(&["Stora torget", "Järnvägsstationen", "Badhuset", "Hamnplan", "Medborgarhuset"])
            .to_owned(),
        "xschool" => format!("{}{}", s.place(r), r.of(&["skolan", " gymnasium", "s centralskola"])),
        "xagency" => r
            .of(&[
                "Skatteverket",
                "Länsstyrelsen",
                "Lantmäteriet",
                "Kommunstyrelsen",
                "Mark- och miljödomstolen",
                "Trafikverket",
            ])
            .to_owned(),
        other => format!("<{other}>"),
    }
}

/// Prose in which nobody is named.
pub fn prose(s: &Sources, r: &mut Random) -> String {
    let subject = r.of(&[
        "Brunnen",
        "Bron",
        "Lekplatsen",
        "Ledningen",
        "Anläggningen",
        "Skolan",
        "Vägen",
        "Mätaren",
        "Parken",
        "Hallen",
    ]);
    let verb = r.of(&[
        "besiktigades",
        "stängdes",
        "öppnades",
        "reparerades",
        "målades om",
        "mättes in",
        "godkändes",
    ]);
    let tail = match r.below(5) {
        0 => format!("i {} den {}", s.place(r), nobody(s, r, "xdate")),
        1 => format!("till en kostnad av {}", nobody(s, r, "xsum")),
        2 => format!("enligt {}", nobody(s, r, "xlaw")),
        3 => format!("vecka {} av {}", r.between(1, 52), nobody(s, r, "xagency")),
        _ => format!("med {} enheter på {} meter", r.below(900), r.below(9_000)),
    };
    format!("{subject} {verb} {tail}.")
}
