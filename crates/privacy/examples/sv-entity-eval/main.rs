//! A set of its own for mentions of municipalities, agencies, laws and days, made from a seed, and the scores of the tagger on it.
//!
//!     cargo run --release -p fyr-privacy --example sv-entity-eval -- --seed N [--sentences 3000] [--errors]
//!
//! Values come from the registers that the program is built with; people and streets are invented. A mention is found when a span of its
//! kind overlaps it by half or more **and** has its code. Every third template is kept for the report; the others are for development.
#![allow(missing_docs, clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

use std::collections::BTreeMap;

#[path = "../shared/mod.rs"]
mod shared;

use fyr_privacy::entities::tagged;
use shared::random::Random;
use shared::{MONTHS, Part, parts};

const TEMPLATES: &str = include_str!("templates.txt");
const MUNICIPALITIES: &str = include_str!("../../../../registers/municipalities.csv");
const AGENCIES: &str = include_str!("../../../../registers/agencies.csv");
const LAWS: &str = include_str!("../../../../registers/laws.csv");
fn rows(text: &'static str) -> Vec<Vec<&'static str>> {
    let lines = text.lines().filter(|line| !line.starts_with('#') && !line.is_empty()).skip(1);
    lines.map(|line| line.splitn(3, ',').collect()).collect()
}

struct Lists {
    municipalities: Vec<Vec<&'static str>>,
    agencies: Vec<Vec<&'static str>>,
    laws: Vec<Vec<&'static str>>,
}

/// A value, its kind and its code; nothing for what mentions nothing.
type Value = (String, Option<(&'static str, String)>);

fn value(slot: &str, lists: &Lists, r: &mut Random) -> Value {
    match slot {
        "muni" | "place" => {
            let row = row(&lists.municipalities, r);
            let text = if slot == "place" {
                row[1].to_owned()
            } else {
                municipality(row[1], r)
            };
            (text, Some(("municipality", row[0].to_owned())))
        }
        "agency" => {
            let row = row(&lists.agencies, r);
            let text = if r.below(5) == 0 {
                row[2].to_uppercase()
            } else {
                row[2].to_owned()
            };
            (text, Some(("agency", row[0].to_owned())))
        }
        "law" => {
            let row = row(&lists.laws, r);
            (law(row, r), Some(("law", row[0].to_owned())))
        }
        "section" => {
            let shorts: Vec<&Vec<&'static str>> = lists.laws.iter().filter(|row| !row[1].is_empty() && row[0].contains(':')).collect();
            let row = shorts[r.below(shorts.len() as u64) as usize];
            // The section is no part of the act's name.
            let text = format!("{} kap. {} § \u{1}{}", r.between(1, 30), r.between(1, 40), row[1]);
            (text, Some(("law", row[0].to_owned())))
        }
        "date" | "month" | "quarter" => {
            let (text, code) = time(slot, r);
            (text, Some(("date", code)))
        }
        other => (nothing(other, r), None),
    }
}

fn row<'l>(rows: &'l [Vec<&'static str>], r: &mut Random) -> &'l [&'static str] {
    &rows[r.below(rows.len() as u64) as usize]
}

fn municipality(name: &str, r: &mut Random) -> String {
    let genitive = if name.ends_with(['s', 'x', 'z']) { "" } else { "s" };
    match r.below(3) {
        0 => format!("{name} kommun"),
        _ => format!("{name}{genitive} kommun"),
    }
}

fn law(row: &[&'static str], r: &mut Random) -> String {
    match (row[0].contains(':'), r.below(3)) {
        (true, 0) => format!("SFS {}", row[0]),
        (true, 1) => format!("lagen ({})", row[0]),
        (false, 0) => union(row[0], r),
        _ => row[2].to_owned(),
    }
}

/// A day, a month or a quarter, and its code in ISO 8601.
fn time(slot: &str, r: &mut Random) -> (String, String) {
    let (year, month, day) = (r.between(1990, 2025), r.between(1, 12), r.between(1, 28));
    let named = MONTHS[month as usize - 1];
    match slot {
        "date" => {
            let text = match r.below(5) {
                0 | 1 => format!("{year}-{month:02}-{day:02}"),
                2 | 3 => format!("{day} {named} {year}"),
                _ => format!("{day}/{month} {year}"),
            };
            (text, format!("{year}-{month:02}-{day:02}"))
        }
        "month" => {
            let text = if r.chance(50) {
                format!("{named} {year}")
            } else {
                format!("{year}-{month:02}")
            };
            (text, format!("{year}-{month:02}"))
        }
        _ => {
            let q = r.between(1, 4);
            let text = if r.chance(50) {
                format!("{year}K{q}")
            } else {
                format!("Q{q} {year}")
            };
            (text, format!("{year}-Q{q}"))
        }
    }
}

/// What looks like a mention and is none.
fn nothing(slot: &str, r: &mut Random) -> String {
    let year = r.between(1990, 2025);
    match slot {
        "xname" => format!(
            "{} {}",
            r.of(&["Anna", "Lars", "Kim", "Eva"]),
            r.of(&["Lund", "Borg", "Sala", "Berg", "Mark", "Svensson", "Kalmar"])
        ),
        "xstreet" => format!("{}gatan {}", r.of(&["Stor", "Kungs", "Lunda"]), r.between(1, 90)),
        "xyear" => year.to_string(),
        "xsum" => format!("{} {:03}", r.between(1, 900), r.below(1000)),
        "xcase" => format!("KS {year}/{:05}", r.below(99_999)),
        "xscore" => format!("{}:{}", r.below(9), r.below(9)),
        "xscale" => format!("1:{}", r.of(&["500", "1000", "2000"])),
        "xprop" => format!("{year}/{:02}:{}", (year + 1) % 100, r.between(1, 200)),
        "xprop2" => format!("Berga {}:{}", r.between(1, 20), r.between(1, 200)),
        "xversion" => format!("{}.{}.{}", r.below(9), r.below(20), r.below(20)),
        "xtime" => format!("{:02}.{:02}", r.below(24), r.below(60)),
        other => panic!("no slot {other}"),
    }
}

fn union(celex: &str, r: &mut Random) -> String {
    let (year, letter, number) = (&celex[1..5], &celex[5..6], celex[6..].trim_start_matches('0'));
    let word = match (letter, r.below(2)) {
        ("R", 0) => "förordning",
        ("R", _) => "regulation",
        (_, 0) => "direktiv",
        _ => "directive",
    };
    match (letter, year.parse::<u32>().unwrap()) {
        ("L", ..2015) if year == "2007" => format!("{word} {year}/{number}/EG"),
        ("R", ..2015) => format!("{word} (EU) nr {number}/{year}"),
        _ => format!("{word} (EU) {year}/{number}"),
    }
}

#[derive(Default)]
struct Score {
    right: u64,
    extra: u64,
    missed: u64,
}

/// A mention: first byte, the byte after the last, kind and code.
type Truth = (usize, usize, &'static str, String);

/// A sentence and its mentions.
fn sentence(template: &str, lists: &Lists, r: &mut Random) -> (String, Vec<Truth>) {
    let (mut text, mut truth) = (String::new(), Vec::new());
    for part in parts(template) {
        let slot = match part {
            Part::Slot(slot) => slot,
            Part::Text(plain) => {
                text.push_str(plain);
                continue;
            }
        };
        let (given, meant) = value(slot, lists, r);
        let (prefix, shown) = given.split_once('\u{1}').unwrap_or(("", &given));
        text.push_str(prefix);
        let start = text.len();
        text.push_str(shown);
        truth.extend(meant.map(|(kind, code)| (start, text.len(), kind, code)));
    }
    (text, truth)
}

fn main() {
    let words: Vec<String> = std::env::args().collect();
    let number = |name: &str, default: u64| {
        let place = words.iter().position(|word| word == name);
        place.and_then(|at| words.get(at + 1)?.parse().ok()).unwrap_or(default)
    };
    let errors = words.iter().any(|word| word == "--errors");
    let lists = Lists {
        municipalities: rows(MUNICIPALITIES),
        agencies: rows(AGENCIES),
        laws: rows(LAWS),
    };
    let mut r = Random::new(number("--seed", 1));
    let templates: Vec<&str> = TEMPLATES.lines().filter(|line| !line.is_empty()).collect();
    for (name, kept) in [("templates of development", false), ("templates kept for the report", true)] {
        let mut scores: BTreeMap<&str, Score> = BTreeMap::new();
        let mut sentences = 0;
        while sentences < number("--sentences", 3_000) {
            let at = r.below(templates.len() as u64) as usize;
            if (at % 3 == 2) != kept {
                continue;
            }
            sentences += 1;
            let made = sentence(templates[at], &lists, &mut r);
            score(made, &mut scores, errors && !kept);
        }
        println!("{name}, {sentences} sentences");
        for (kind, score) in scores {
            let (right, extra, missed) = (score.right as f64, score.extra as f64, score.missed as f64);
            let (precision, recall) = (right / (right + extra).max(1.0), right / (right + missed).max(1.0));
            let f1 = 2.0 * precision * recall / (precision + recall).max(1e-9);
            println!(
                "  {kind:<13} precision {precision:.3}  recall {recall:.3}  F1 {f1:.3}  n {}",
                right + missed
            );
        }
    }
}

/// Counts what the tagger finds in one sentence, and prints what went wrong where that is asked for.
fn score((text, mut truth): (String, Vec<Truth>), scores: &mut BTreeMap<&str, Score>, errors: bool) {
    for found in tagged(&text) {
        let kind = found.kind.as_str();
        let hit = truth.iter().position(|(start, end, wanted, code)| {
            let shared = found.end.min(*end).saturating_sub(found.start.max(*start));
            let all = found.end.max(*end) - found.start.min(*start);
            *wanted == kind && *code == found.code && shared * 2 >= all
        });
        match hit {
            Some(place) => {
                truth.remove(place);
                scores.entry(kind).or_default().right += 1;
            }
            None => {
                scores.entry(kind).or_default().extra += 1;
                if errors {
                    println!("extra {kind} {}: {text}", found.code);
                }
            }
        }
    }
    for (_, _, kind, code) in truth {
        scores.entry(kind).or_default().missed += 1;
        if errors {
            println!("missed {kind} {code}: {text}");
        }
    }
}
