//! One column of a population: its values, and what stands above each.
//!
//! In: the lines of a hierarchy file, or what is said of each value. Out: codes of labels by level, and where a written cell can stand.

use std::collections::{BTreeMap, HashMap};

use fyr_model::held::Above;

use super::{PopulationWork, STAR};
use crate::read::plain;

/// How precisely a group shows a column.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Fit {
    Level(usize),
    Range,
    All,
}

impl Fit {
    pub(crate) fn level(self) -> Option<usize> {
        match self {
            Self::Level(level) => Some(level),
            _ => None,
        }
    }
}

/// What a group shows of a column.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Place {
    /// A label of a level.
    Label { level: usize, code: u32 },
    /// Numbers from one to another, both among them.
    Range { from: f64, to: f64 },
    /// Nothing.
    All,
}

impl Place {
    pub(crate) fn fit(&self) -> Fit {
        match self {
            Self::Label { level, .. } => Fit::Level(*level),
            Self::Range { .. } => Fit::Range,
            Self::All => Fit::All,
        }
    }

    pub(crate) fn label(&self) -> Option<u32> {
        match self {
            Self::Label { code, .. } => Some(*code),
            _ => None,
        }
    }

    /// Whether a person with this number can stand here, where it is numbers that are shown.
    pub(crate) fn holds(&self, number: Option<f64>) -> bool {
        match self {
            Self::Range { from, to } => number.is_some_and(|number| *from <= number && number <= *to),
            _ => true,
        }
    }

    /// Whether it says no less than another that fits the same person.
    pub(crate) fn is_within(&self, other: &Self) -> bool {
        match (self, other) {
            (_, Self::All) => true,
            (Self::Label { level, .. }, Self::Label { level: above, .. }) => level <= above,
            (Self::Label { level, .. }, Self::Range { .. }) => *level == 0,
            (Self::Range { from, to }, Self::Range { from: low, to: high }) => low <= from && to <= high,
            _ => false,
        }
    }
}

/// The values of a column with what stands above them.
#[derive(Debug)]
pub(crate) struct Ladder {
    leaves: HashMap<Option<String>, u32>,
    /// Per leaf, the code of its label on each level, itself first.
    labels: Vec<Vec<u32>>,
    numbers: Vec<Option<f64>>,
    codes: HashMap<Option<String>, u32>,
    height: usize,
}

impl Ladder {
    /// The ladder of a column; an error names the column and what is wrong.
    pub(crate) fn of(name: &str, work: &PopulationWork) -> Result<Self, String> {
        let wrong = |what: &str| format!("`{name}`: {what}");
        let above = match (work.texts.get(name), work.above.get(name)) {
            (Some(text), _) => from_text(text).ok_or_else(|| wrong("its hierarchy file cannot be read"))?,
            (None, Some(above)) => above.clone(),
            (None, None) => return Err(wrong("nothing says what stands above its values")),
        };
        let word = work.words.get(name).map_or("", String::as_str);
        let is_read_here = !work.texts.contains_key(name);
        let pairs = || above.iter().flat_map(|(leaf, row)| row.iter().map(move |label| (leaf, label)));
        if is_read_here && pairs().any(|(leaf, label)| contradicts(word, leaf, label)) {
            return Err(wrong("a value is said to stand under a label that excludes it"));
        }
        let ladder = Self::build(&above).ok_or_else(|| wrong("its values do not all have as many levels"))?;
        if ladder.is_nested() {
            Ok(ladder)
        } else {
            Err(wrong("a label has two labels above it"))
        }
    }

    fn build(above: &Above) -> Option<Self> {
        let height = above.values().map(Vec::len).max().unwrap_or(1);
        let mut ladder = Self {
            leaves: HashMap::new(),
            labels: Vec::new(),
            numbers: Vec::new(),
            codes: HashMap::new(),
            height,
        };
        for (leaf, row) in above.iter().filter(|(_, row)| row.len() == height) {
            ladder.add(Some(leaf), row.iter().map(|label| Some(label.as_str())).collect());
        }
        let missing = std::iter::repeat_n(None, height.saturating_sub(1)).chain([Some(STAR)]);
        ladder.add(None, missing.collect());
        (ladder.labels.len() == above.len() + 1).then_some(ladder)
    }

    fn add(&mut self, leaf: Option<&String>, row: Vec<Option<&str>>) {
        let own = std::iter::once(leaf.map(String::as_str));
        let codes = own.chain(row).map(|label| {
            let next = self.codes.len() as u32;
            *self.codes.entry(label.map(str::to_owned)).or_insert(next)
        });
        let codes = codes.collect();
        self.leaves.insert(leaf.cloned(), self.labels.len() as u32);
        self.numbers.push(leaf.and_then(|leaf| number(leaf)));
        self.labels.push(codes);
    }

    /// A coarser level is a union of finer ones.
    fn is_nested(&self) -> bool {
        (0..self.height).all(|level| {
            let mut parents: BTreeMap<u32, u32> = BTreeMap::new();
            self.labels.iter().all(|row| match (row.get(level), row.get(level + 1)) {
                (Some(label), Some(above)) => parents.entry(*label).or_insert(*above) == above,
                _ => false,
            })
        })
    }

    /// The leaf that a value of the population is.
    pub(crate) fn leaf(&self, value: Option<&str>) -> Option<u32> {
        let leaf = |text: Option<&str>| self.leaves.get(&text.map(str::to_owned)).copied();
        leaf(value).or_else(|| leaf(Some(plain(value?)?)))
    }

    /// The label of a leaf on a level.
    pub(crate) fn label(&self, leaf: u32, level: usize) -> Option<u32> {
        self.labels.get(leaf as usize)?.get(level).copied()
    }

    pub(crate) fn number(&self, leaf: u32) -> Option<f64> {
        self.numbers.get(leaf as usize).copied().flatten()
    }

    /// Where a written cell can stand: on the level that is said, else on every level that has it; else it is a range of numbers.
    pub(crate) fn places(&self, cell: Option<&str>, said: Option<usize>) -> Vec<Place> {
        if cell == Some(STAR) {
            return vec![Place::All];
        }
        let code = |text: Option<&str>| self.codes.get(&text.map(str::to_owned)).copied();
        let Some(code) = code(cell).or_else(|| code(Some(plain(cell?)?))) else {
            let range = cell.filter(|_| said.is_none()).and_then(closed_range);
            return range.map(|(from, to)| Place::Range { from, to }).into_iter().collect();
        };
        let under = |level: usize| -> Vec<usize> {
            let has = |row: &Vec<u32>| row.get(level) == Some(&code);
            self.labels
                .iter()
                .enumerate()
                .filter(|(_, row)| has(row))
                .map(|(leaf, _)| leaf)
                .collect()
        };
        let levels = (0..=self.height).filter(|level| said.is_none_or(|said| said == *level));
        let mut known: Vec<Vec<usize>> = Vec::new();
        let mut places = Vec::new();
        for level in levels {
            let leaves = under(level);
            if !leaves.is_empty() && !known.contains(&leaves) {
                known.push(leaves);
                places.push(Place::Label { level, code });
            }
        }
        places
    }
}

/// The lines of a hierarchy file: a value and what stands above it, `;` between. Nothing when a value has two lines.
fn from_text(text: &str) -> Option<Above> {
    let mut above = Above::new();
    for line in text.trim_start_matches('\u{feff}').lines().filter(|line| !line.trim().is_empty()) {
        let mut cells = line.split(';').map(|cell| {
            let cell = cell.trim();
            let inner = cell.strip_prefix('"').and_then(|rest| rest.strip_suffix('"'));
            inner.map_or_else(|| cell.to_owned(), |inner| inner.replace("\"\"", "\""))
        });
        let leaf = cells.next()?;
        if above.insert(leaf, cells.collect()).is_some() {
            return None;
        }
    }
    (!above.is_empty()).then_some(above)
}

fn number(text: &str) -> Option<f64> {
    text.replace(',', ".").parse::<f64>().ok().filter(|number| number.is_finite())
}

/// `20-24` or `[20, 24]`.
fn closed_range(text: &str) -> Option<(f64, f64)> {
    let bare = text.strip_prefix('[').and_then(|rest| rest.strip_suffix(']'));
    let (from, to) = bare.map_or_else(|| text.split_once('-'), |inner| inner.split_once(", "))?;
    let (from, to) = (from.parse::<f64>().ok()?, to.parse::<f64>().ok()?);
    (from <= to).then_some((from, to))
}

/// Whether what a label of a built-in hierarchy says of itself excludes a value; a label that says nothing excludes nothing.
fn contradicts(word: &str, leaf: &str, label: &str) -> bool {
    match word {
        "age" | "interval" | "number" => number(leaf).is_some_and(|number| is_outside(number, label)),
        "mask" => {
            let kept = label.trim_end_matches(STAR);
            !leaf.starts_with(kept)
        }
        "postcode" | "ssyk" | "municipality" | "deso" => {
            let digits: String = leaf.trim_start_matches("SE-").chars().filter(|c| *c != ' ').collect();
            label.bytes().all(|b| b.is_ascii_digit()) && !digits.starts_with(label)
        }
        _ => false,
    }
}

/// `20-24` of whole years, `65+`, `<5`, `>=90`, `[5, 10)`.
fn is_outside(value: f64, label: &str) -> bool {
    let parse = |text: &str| text.parse::<f64>().ok();
    // A tenth is no binary fraction: three of them end where the fourth begins, or just before.
    let slack = 1e-9 * value.abs().max(1.0);
    if let Some(from) = label.strip_suffix('+').or_else(|| label.strip_prefix(">=")).and_then(parse) {
        return value < from - slack;
    }
    if let Some(to) = label.strip_prefix('<').and_then(parse) {
        return value >= to + slack;
    }
    let half_open = label.strip_prefix('[').and_then(|rest| rest.strip_suffix(')'));
    if let Some((from, to)) = half_open.and_then(|inner| inner.split_once(", ")) {
        return parse(from).is_none_or(|from| value < from - slack) || parse(to).is_none_or(|to| value >= to + slack);
    }
    closed_range(label).is_some_and(|(from, to)| value.floor() < from || value.floor() > to)
}
