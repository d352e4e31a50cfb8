//! Built-in hierarchies (`privacy.md` 2.5): the labels above each leaf, from the leaf's own text.
//!
//! Sources: areas after SCB, Sveriges regionala indelningar (county codes), and Regulation (EU) 2023/674 (NUTS 2024); industries after
//! SNI 2007 (sections by division); the rest are arithmetic.

use chrono::{Datelike, NaiveDate};
use fyr_model::finding::Refusal;
use fyr_model::text::Text;

use super::{Leaves, STAR, refusal};

/// The words of a policy that name a built-in hierarchy.
pub const BUILT_IN: &[&str] = &[
    "age",
    "date",
    "municipality",
    "deso",
    "regso",
    "postcode",
    "sni",
    "ssyk",
    "sun",
    "interval",
    "number",
    "order",
    "mask",
];

type Rows = Vec<Option<Vec<String>>>;

/// The labels above each leaf; a value that the hierarchy cannot read refuses the whole.
pub(super) fn rows(column: &str, word: &str, leaves: &Leaves, k: u64) -> Result<Rows, Refusal> {
    let each = |labels: &dyn Fn(&str) -> Option<Vec<String>>| read(column, word, leaves, labels);
    match word {
        "age" => age(column, leaves, k),
        "date" => {
            let moments = leaves.values.iter().flatten().any(|value| value.len() > 10);
            each(&|value| date(value, moments))
        }
        "municipality" => each(&|value| area(value, Area::Municipality)),
        "deso" => each(&|value| area(value, Area::Deso)),
        "regso" => each(&|value| area(value, Area::Regso)),
        "postcode" => each(&postcode),
        "sni" => each(&|value| sni(value)),
        "ssyk" => each(&|value| prefixes(value, 4, &[3, 2, 1])),
        "sun" => {
            let longest = leaves.values.iter().flatten().map(String::len).max().unwrap_or(1);
            each(&|value| sun(value, longest))
        }
        "interval" | "number" => interval(column, word, leaves, k),
        "order" => Ok(order(leaves)),
        "mask" => Ok(mask(leaves)),
        _ => Err(refusal(
            "hierarchy-unknown",
            column,
            format!(
                "`{word}` är varken inbyggd eller en fil bredvid policyn; inbyggda är {}",
                BUILT_IN.join(", ")
            ),
            format!(
                "`{word}` is neither built in nor a file beside the policy; built in are {}",
                BUILT_IN.join(", ")
            ),
        )
        .hint(meant(word))),
    }
}

/// What an unknown word was probably to be.
fn meant(word: &str) -> Text {
    match fyr_model::written::nearest(word, BUILT_IN.iter().copied()) {
        Some(near) => Text::new(format!("menades `{near}`?"), format!("was `{near}` meant?")),
        None => Text::new(
            "en fil skrivs med ändelse, som `ort.csv`",
            "a file is written with its ending, as `ort.csv`",
        ),
    }
}

/// What a built-in hierarchy can read.
fn form(word: &str) -> Text {
    let (sv, en) = match word {
        "age" => ("hela år, 0 till 199", "whole years, 0 to 199"),
        "date" => (
            "datum som 2024-03-05 eller 20240305, eller årtal",
            "dates as 2024-03-05 or 20240305, or years",
        ),
        "municipality" => (
            "kommunkoder med fyra siffror, som 0180",
            "municipality codes of four digits, as 0180",
        ),
        "deso" => ("DeSO-koder, som 0114A0010", "DeSO codes, as 0114A0010"),
        "regso" => ("RegSO-koder, som 0114R002", "RegSO codes, as 0114R002"),
        "postcode" => ("postnummer med fem siffror, som 111 22", "postcodes of five digits, as 111 22"),
        "sni" => ("SNI-koder med fem siffror, som 62.010", "SNI codes of five digits, as 62.010"),
        "ssyk" => ("SSYK-koder med fyra siffror, som 2512", "SSYK codes of four digits, as 2512"),
        "sun" => ("SUN-koder, som 546b", "SUN codes, as 546b"),
        _ => ("tal", "numbers"),
    };
    Text::new(
        format!("`{word}` läser {sv}; annars en egen hierarkifil"),
        format!("`{word}` reads {en}; else use a hierarchy file"),
    )
}

/// The hierarchies that say what stands above a value without having seen another, with their levels above the value. The rest follow the data:
/// where a band begins would tell who is there.
const BY_ITSELF: &[(&str, usize)] = &[
    ("age", 4),
    ("date", 6),
    ("municipality", 4),
    ("deso", 5),
    ("regso", 5),
    ("postcode", 4),
    ("sni", 5),
    ("ssyk", 4),
];

/// How many levels such a hierarchy has above the value; nothing for one that follows the data.
pub(super) fn height_by_itself(word: &str) -> Option<usize> {
    BY_ITSELF.iter().find(|(known, _)| *known == word).map(|(_, height)| *height)
}

/// The labels above one value; ages without an open band at the top, dates from the month.
pub(super) fn above_by_itself(word: &str, value: &str) -> Option<Vec<String>> {
    match word {
        "age" => {
            let age = value.parse::<u64>().ok().filter(|age| *age < 200)?;
            let band = |width: u64| format!("{}-{}", age / width * width, age / width * width + width - 1);
            Some(vec![band(5), band(10), band(20), STAR.to_owned()])
        }
        // A bare year has no month, so its labels are two levels short.
        "date" => date(value, false).filter(|labels| labels.len() == 6),
        "municipality" => area(value, Area::Municipality),
        "deso" => area(value, Area::Deso),
        "regso" => area(value, Area::Regso),
        "postcode" => postcode(value),
        "sni" => sni(value),
        "ssyk" => prefixes(value, 4, &[3, 2, 1]),
        _ => None,
    }
}

fn read(column: &str, word: &str, leaves: &Leaves, labels: &dyn Fn(&str) -> Option<Vec<String>>) -> Result<Rows, Refusal> {
    let mut unread = 0u64;
    let rows = leaves
        .values
        .iter()
        .map(|value| {
            let value = value.as_deref()?;
            let row = labels(value);
            unread += u64::from(row.is_none());
            row
        })
        .collect();
    if unread == 0 {
        return Ok(rows);
    }
    Err(refusal(
        "hierarchy-value",
        column,
        format!("{unread} olika värden kan inte läsas av den inbyggda hierarkin `{word}`"),
        format!("{unread} different values cannot be read by the built-in hierarchy `{word}`"),
    )
    .hint(form(word)))
}

/// 5, 10, 20 years, `*`; the top band is open and begins where at least `k` rows still lie above.
fn age(column: &str, leaves: &Leaves, k: u64) -> Result<Rows, Refusal> {
    let years = |value: &str| {
        value
            .parse::<f64>()
            .ok()
            .filter(|age| (0.0..200.0).contains(age))
            .map(|age| age as u64)
    };
    let mut ages: Vec<(u64, u64)> = leaves
        .values
        .iter()
        .zip(&leaves.counts)
        .filter_map(|(value, count)| Some((years(value.as_deref()?)?, *count)))
        .collect();
    ages.sort_unstable();
    let above = |from: u64| ages.iter().filter(|(age, _)| *age >= from).map(|(_, count)| count).sum::<u64>();
    let oldest = ages.last().map_or(0, |(age, _)| *age);
    let open = (0..=oldest / 5)
        .rev()
        .map(|band| band * 5)
        .find(|from| above(*from) >= k)
        .unwrap_or(0);
    read(column, "age", leaves, &|value| {
        let age = years(value)?;
        let band = |width: u64| {
            let (from, top) = (age / width * width, open / width * width);
            if from >= top {
                format!("{top}+")
            } else {
                format!("{from}-{}", from + width - 1)
            }
        };
        Some(vec![band(5), band(10), band(20), STAR.to_owned()])
    })
}

/// Month, quarter, year, 5 years, decade, `*`; moments get the day first; a bare year begins at 5 years.
fn date(value: &str, moments: bool) -> Option<Vec<String>> {
    let decades = |year: i32| {
        let (five, ten) = (year.div_euclid(5) * 5, year.div_euclid(10) * 10);
        vec![format!("{five}-{}", five + 4), format!("{ten}-{}", ten + 9), STAR.to_owned()]
    };
    if value.len() == 4 {
        let year = value.parse::<i32>().ok().filter(|year| (1000..3000).contains(year))?;
        return Some(decades(year));
    }
    let head = value.get(..10).unwrap_or(value);
    let day = NaiveDate::parse_from_str(head, "%Y-%m-%d")
        .or_else(|_| NaiveDate::parse_from_str(value, "%Y%m%d"))
        .ok()?;
    let (year, month) = (day.year(), day.month());
    let mut labels = vec![
        format!("{year}-{month:02}"),
        format!("{year}-Q{}", month.div_ceil(3)),
        format!("{year}"),
    ];
    labels.extend(decades(year));
    if moments {
        labels.insert(0, head.to_owned());
    }
    Some(labels)
}

/// County codes by NUTS 2 region (NUTS 2024).
const NUTS_2: &[(&str, &[&str])] = &[
    ("SE11", &["01"]),
    ("SE12", &["03", "04", "05", "18", "19"]),
    ("SE21", &["06", "07", "08", "09"]),
    ("SE22", &["10", "12"]),
    ("SE23", &["13", "14"]),
    ("SE31", &["17", "20", "21"]),
    ("SE32", &["22", "23"]),
    ("SE33", &["24", "25"]),
];

/// What an area code is of.
#[derive(Clone, Copy, PartialEq)]
pub(super) enum Area {
    Municipality,
    /// The municipality, `A` to `C`, four digits.
    Deso,
    /// The municipality, `R`, three digits.
    Regso,
}

/// County, NUTS 2, NUTS 1, `*`; a part of a municipality gets its municipality first.
pub(super) fn area(value: &str, of: Area) -> Option<Vec<String>> {
    let digits = value.get(..4).filter(|code| code.bytes().all(|b| b.is_ascii_digit()))?;
    let tail = value.get(4..)?;
    let part = |letters: &[&str], digits: usize| {
        tail.split_at_checked(1).is_some_and(|(letter, number)| {
            letters.contains(&letter) && number.len() == digits && number.bytes().all(|b| b.is_ascii_digit())
        })
    };
    let fits = match of {
        Area::Municipality => tail.is_empty(),
        Area::Deso => part(&["A", "B", "C"], 4),
        Area::Regso => part(&["R"], 3),
    };
    if !fits {
        return None;
    }
    let county = digits.get(..2)?;
    let (region, _) = NUTS_2.iter().find(|(_, counties)| counties.contains(&county))?;
    let mut labels = vec![
        county.to_owned(),
        (*region).to_owned(),
        region.get(..3)?.to_owned(),
        STAR.to_owned(),
    ];
    if of != Area::Municipality {
        labels.insert(0, digits.to_owned());
    }
    Some(labels)
}

/// 3, 2, 1 digits, `*`; blanks and `SE-` do not count.
fn postcode(value: &str) -> Option<Vec<String>> {
    let plain: String = value.trim_start_matches("SE-").chars().filter(|c| *c != ' ').collect();
    prefixes(&plain, 5, &[3, 2, 1])
}

/// The first digits of a code of `length` digits, then `*`.
fn prefixes(value: &str, length: usize, widths: &[usize]) -> Option<Vec<String>> {
    if value.len() != length || !value.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    let cut = widths.iter().filter_map(|width| value.get(..*width)).map(str::to_owned);
    Some(cut.chain([STAR.to_owned()]).collect())
}

/// SNI 2007: five digits (with or without the point), 4, 3, 2, the section, `*`.
fn sni(value: &str) -> Option<Vec<String>> {
    let plain: String = value.chars().filter(|c| *c != '.').collect();
    let mut labels = prefixes(&plain, 5, &[4, 3, 2])?;
    let division: u32 = plain.get(..2)?.parse().ok()?;
    let section = match division {
        1..=3 => "A",
        5..=9 => "B",
        10..=33 => "C",
        35 => "D",
        36..=39 => "E",
        41..=43 => "F",
        45..=47 => "G",
        49..=53 => "H",
        55..=56 => "I",
        58..=63 => "J",
        64..=66 => "K",
        68 => "L",
        69..=75 => "M",
        77..=82 => "N",
        84 => "O",
        85 => "P",
        86..=88 => "Q",
        90..=93 => "R",
        94..=96 => "S",
        97..=98 => "T",
        99 => "U",
        _ => return None,
    };
    labels.insert(labels.len() - 1, section.to_owned());
    Some(labels)
}

/// SUN 2000 and 2020: a level, an orientation, a group, or a level with an orientation, character by character. The code lists are made so
/// that what stands above a code is the code without its last character; a shorter code among longer ones keeps itself until they reach it.
fn sun(value: &str, longest: usize) -> Option<Vec<String>> {
    let fits = (1..=7).contains(&value.len())
        && value.bytes().all(|b| b.is_ascii_digit() || b.is_ascii_alphabetic())
        && value.starts_with(|c: char| c.is_ascii_digit());
    let widths = (1..longest).rev();
    let cut = |width: usize| value.get(..width).unwrap_or(value).to_owned();
    fits.then(|| widths.map(cut).chain([STAR.to_owned()]).collect())
}

/// Rounded intervals that double up to three times, then `*`: nested because each width is twice the one before and all start at multiples.
/// The ends are open, each with at least `k` rows where the table has them, so that no extreme value shows.
fn interval(column: &str, word: &str, leaves: &Leaves, k: u64) -> Result<Rows, Refusal> {
    let parsed = |value: &str| value.replace(',', ".").parse::<f64>().ok().filter(|v| v.is_finite());
    let mut values: Vec<(f64, u64)> = leaves
        .values
        .iter()
        .zip(&leaves.counts)
        .filter_map(|(value, count)| Some((parsed(value.as_deref()?)?, *count)))
        .collect();
    values.sort_by(|a, b| a.0.total_cmp(&b.0));
    let total: u64 = values.iter().map(|(_, count)| count).sum();
    let tail = (total / 20).max(k);
    let low = reached(values.iter(), tail);
    let high = reached(values.iter().rev(), tail);
    let width = round_width((high - low) / 16.0);
    let bands: Vec<(f64, f64, f64)> = [1.0, 2.0, 4.0, 8.0]
        .into_iter()
        .map(|factor| width * factor)
        .map(|width| (width, (low / width).ceil() * width, (high / width).floor() * width))
        .filter(|(_, bottom, top)| top >= bottom)
        .collect();
    read(column, word, leaves, &|value| {
        let number = parsed(value)?;
        let band = |(width, bottom, top): &(f64, f64, f64)| {
            let from = (number / width).floor() * width;
            match () {
                () if from < *bottom => format!("<{}", shown(*bottom)),
                () if from >= *top => format!(">={}", shown(*top)),
                () => format!("[{}, {})", shown(from), shown(from + width)),
            }
        };
        Some(bands.iter().map(band).chain([STAR.to_owned()]).collect())
    })
}

/// The value at which `rows` rows are reached.
fn reached<'a>(values: impl Iterator<Item = &'a (f64, u64)>, rows: u64) -> f64 {
    let mut sum = 0;
    let mut last = 0.0;
    for (value, count) in values {
        sum += count;
        last = *value;
        if sum >= rows {
            break;
        }
    }
    last
}

/// The next of 1, 2, 5 times a power of ten.
fn round_width(least: f64) -> f64 {
    if least.is_nan() || least <= 0.0 {
        return 1.0;
    }
    let power = 10f64.powf(least.log10().floor());
    [1.0, 2.0, 5.0, 10.0]
        .into_iter()
        .map(|m| m * power)
        .find(|width| *width >= least * 0.999_999)
        .unwrap_or(power * 10.0)
}

/// A bound without the noise of binary fractions.
fn shown(value: f64) -> String {
    let rounded = (value * 1e9).round() / 1e9;
    crate::cells::number(if rounded == 0.0 { 0.0 } else { rounded })
}

/// Frequency order: the most frequent half stays, the rest becomes `other`; halved again until two stay; then `*`.
fn order(leaves: &Leaves) -> Rows {
    let mut ranked: Vec<(usize, &str)> = leaves
        .values
        .iter()
        .enumerate()
        .filter_map(|(i, v)| Some((i, v.as_deref()?)))
        .collect();
    let count = |index: usize| leaves.counts.get(index).copied().unwrap_or(0);
    ranked.sort_by(|a, b| count(b.0).cmp(&count(a.0)).then(a.1.cmp(b.1)));
    let mut rank = vec![usize::MAX; leaves.values.len()];
    for (place, (index, _)) in ranked.iter().enumerate() {
        if let Some(slot) = rank.get_mut(*index) {
            *slot = place;
        }
    }
    let steps: Vec<usize> = std::iter::successors(Some(ranked.len() / 2), |n| Some(n / 2))
        .take_while(|n| *n >= 2)
        .take(6)
        .collect();
    let row = |value: &str, place: usize| {
        let kept = |n: &usize| if place < *n { value.to_owned() } else { "other".to_owned() };
        steps.iter().map(kept).chain([STAR.to_owned()]).collect()
    };
    leaves
        .values
        .iter()
        .zip(rank)
        .map(|(value, place)| value.as_deref().map(|value| row(value, place)))
        .collect()
}

/// Characters hidden from the right, at most eight steps, then `*`.
fn mask(leaves: &Leaves) -> Rows {
    let longest = leaves.values.iter().flatten().map(|v| v.chars().count()).max().unwrap_or(1);
    let step = longest.div_ceil(8).max(1);
    let row = |value: &str| {
        let length = value.chars().count();
        let hidden = |n: usize| {
            let kept = length.saturating_sub(n);
            value
                .chars()
                .take(kept)
                .chain(std::iter::repeat_n('*', length - kept))
                .collect::<String>()
        };
        (1..longest.div_ceil(step))
            .map(|n| hidden(n * step))
            .chain([STAR.to_owned()])
            .collect()
    };
    leaves.values.iter().map(|value| value.as_deref().map(row)).collect()
}
