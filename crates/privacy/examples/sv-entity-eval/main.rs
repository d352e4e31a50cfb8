//! A set of its own for mentions of municipalities, agencies, laws and days, made from a seed, and the scores of the tagger on it.
//!
//!     cargo run --release -p fyr-privacy --example sv-entity-eval -- --seed N [--sentences 3000] [--errors]
//!
//! Values come from the registers that the program is built with; people and streets are invented. A mention is found when a span of its
//! kind overlaps it by half or more **and** has its code. Every third template is kept for the report; the others are for development.
#![allow(missing_docs, clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

use std::collections::BTreeMap;

use fyr_privacy::entities::tagged;

const TEMPLATES: &str = include_str!("templates.txt");
const MUNICIPALITIES: &str = include_str!("../../../../registers/municipalities.csv");
const AGENCIES: &str = include_str!("../../../../registers/agencies.csv");
const LAWS: &str = include_str!("../../../../registers/laws.csv");
const MONTHS: [&str; 12] = [
    "januari",
    "februari",
    "mars",
    "april",
    "maj",
    "juni",
    "juli",
    "augusti",
    "september",
    "oktober",
    "november",
    "december",
];

struct Random(u64);

impl Random {
    fn below(&mut self, n: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((z ^ (z >> 31)) % n as u64) as usize
    }
    fn pick<'t, T: ?Sized>(&mut self, list: &[&'t T]) -> &'t T {
        list[self.below(list.len())]
    }
}

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
    let one = |kind: &'static str, text: String, code: &str| (text, Some((kind, code.to_owned())));
    let (year, month, day) = (1990 + r.below(36), r.below(12) + 1, r.below(28) + 1);
    match slot {
        "muni" => {
            let row = &lists.municipalities[r.below(lists.municipalities.len())];
            let genitive = if row[1].ends_with(['s', 'x', 'z']) { "" } else { "s" };
            let text = match r.below(3) {
                0 => format!("{} kommun", row[1]),
                _ => format!("{}{genitive} kommun", row[1]),
            };
            one("municipality", text, row[0])
        }
        "place" => {
            let row = &lists.municipalities[r.below(lists.municipalities.len())];
            one("municipality", row[1].to_owned(), row[0])
        }
        "agency" => {
            let row = &lists.agencies[r.below(lists.agencies.len())];
            let text = if r.below(5) == 0 {
                row[2].to_uppercase()
            } else {
                row[2].to_owned()
            };
            one("agency", text, row[0])
        }
        "law" => {
            let row = &lists.laws[r.below(lists.laws.len())];
            let sfs = row[0].contains(':');
            let text = match (sfs, r.below(3)) {
                (true, 0) => format!("SFS {}", row[0]),
                (true, 1) => format!("lagen ({})", row[0]),
                (false, 0) => union(row[0], r),
                _ => row[2].to_owned(),
            };
            one("law", text, row[0])
        }
        "section" => {
            let shorts: Vec<&Vec<&'static str>> = lists.laws.iter().filter(|row| !row[1].is_empty() && row[0].contains(':')).collect();
            let row = shorts[r.below(shorts.len())];
            // The section is no part of the act's name.
            (
                format!("{} kap. {} § \u{1}{}", r.below(30) + 1, r.below(40) + 1, row[1]),
                Some(("law", row[0].to_owned())),
            )
        }
        "date" => {
            let text = match r.below(5) {
                0 | 1 => format!("{year}-{month:02}-{day:02}"),
                2 | 3 => format!("{day} {} {year}", MONTHS[month - 1]),
                _ => format!("{day}/{month} {year}"),
            };
            one("date", text, &format!("{year}-{month:02}-{day:02}"))
        }
        "month" => {
            let text = if r.below(2) == 0 {
                format!("{} {year}", MONTHS[month - 1])
            } else {
                format!("{year}-{month:02}")
            };
            one("date", text, &format!("{year}-{month:02}"))
        }
        "quarter" => {
            let q = r.below(4) + 1;
            let text = if r.below(2) == 0 {
                format!("{year}K{q}")
            } else {
                format!("Q{q} {year}")
            };
            one("date", text, &format!("{year}-Q{q}"))
        }
        "xname" => {
            let (given, family) = (
                r.pick(&["Anna", "Lars", "Kim", "Eva"]),
                r.pick(&["Lund", "Borg", "Sala", "Berg", "Mark", "Svensson", "Kalmar"]),
            );
            (format!("{given} {family}"), None)
        }
        "xstreet" => (format!("{}gatan {}", r.pick(&["Stor", "Kungs", "Lunda"]), r.below(90) + 1), None),
        "xyear" => (year.to_string(), None),
        "xsum" => (format!("{} {:03}", r.below(900) + 1, r.below(1000)), None),
        "xcase" => (format!("KS {year}/{:05}", r.below(99_999)), None),
        "xscore" => (format!("{}:{}", r.below(9), r.below(9)), None),
        "xscale" => (format!("1:{}", [500, 1000, 2000][r.below(3)]), None),
        "xprop" => (format!("{year}/{:02}:{}", (year + 1) % 100, r.below(200) + 1), None),
        "xprop2" => (format!("Berga {}:{}", r.below(20) + 1, r.below(200) + 1), None),
        "xversion" => (format!("{}.{}.{}", r.below(9), r.below(20), r.below(20)), None),
        "xtime" => (format!("{:02}.{:02}", r.below(24), r.below(60)), None),
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

/// A sentence and its mentions: first byte, the byte after the last, kind and code.
fn sentence(template: &str, lists: &Lists, r: &mut Random) -> (String, Vec<(usize, usize, &'static str, String)>) {
    let (mut text, mut truth) = (String::new(), Vec::new());
    let mut rest = template;
    while let Some((before, after)) = rest.split_once('{') {
        let (slot, after) = after.split_once('}').expect("a slot ends");
        text.push_str(before);
        let (given, meant) = value(slot, lists, r);
        let (prefix, shown) = given.split_once('\u{1}').unwrap_or(("", &given));
        text.push_str(prefix);
        let start = text.len();
        text.push_str(shown);
        truth.extend(meant.map(|(kind, code)| (start, text.len(), kind, code)));
        rest = after;
    }
    text.push_str(rest);
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
    let mut r = Random(number("--seed", 1));
    let templates: Vec<&str> = TEMPLATES.lines().filter(|line| !line.is_empty()).collect();
    for (name, kept) in [("templates of development", false), ("templates kept for the report", true)] {
        let mut scores: BTreeMap<&str, Score> = BTreeMap::new();
        let mut sentences = 0;
        while sentences < number("--sentences", 3_000) {
            let at = r.below(templates.len());
            if (at % 3 == 2) != kept {
                continue;
            }
            sentences += 1;
            let (text, mut truth) = sentence(templates[at], &lists, &mut r);
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
                        if errors && !kept {
                            println!("extra {kind} {}: {text}", found.code);
                        }
                    }
                }
            }
            for (_, _, kind, code) in truth {
                scores.entry(kind).or_default().missed += 1;
                if errors && !kept {
                    println!("missed {kind} {code}: {text}");
                }
            }
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
