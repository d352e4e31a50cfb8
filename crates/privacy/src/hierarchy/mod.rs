//! Hierarchies: what a value is called on each level of generalisation (`privacy.md` 2.5).
//!
//! In: the different values of a column, and a built-in name or the text of a hierarchy file. Out: levels that are unions of finer ones,
//! checked and not assumed. Level 0 is the value as it stands, the last level is one value for all. A missing value keeps its own leaf
//! under the top.

mod areas;
mod built_in;
mod draft;
mod file;
mod public;

use std::collections::HashMap;

use fyr_model::finding::{Refusal, RefusalKind};
use fyr_model::text::Text;

pub use built_in::BUILT_IN;
pub use draft::{Draft, DraftLevel, Drafter};
pub use file::text_of;
pub(crate) use public::PublicLevel;

/// The mark of a value that says nothing any more.
pub(crate) const STAR: &str = "*";

/// How a policy names a built-in hierarchy with a list beside it: `deso:deso-regso-2025.csv` has RegSO between DeSO and municipality.
const DESO_LIST: &str = "deso:";

/// The file beside the policy that a word names, if it names one: no built-in hierarchy has a point or a slash in its name.
pub fn file_of(word: &str) -> Option<&str> {
    let name = word.strip_prefix(DESO_LIST).unwrap_or(word);
    name.contains(['.', '/']).then_some(name)
}

/// The different values of a column, in order, the missing one last; with how often each occurs.
#[derive(Debug, Default)]
pub(crate) struct Leaves {
    pub(crate) values: Vec<Option<String>>,
    pub(crate) counts: Vec<u64>,
}

/// One level: the code of each leaf, and what each code is called (`None` = missing).
#[derive(Debug, Clone)]
pub(crate) struct Level {
    pub(crate) codes: Vec<u32>,
    pub(crate) labels: Vec<Option<String>>,
}

/// All levels of a column, from the value itself to one for all.
#[derive(Debug, Clone)]
pub(crate) struct Hierarchy {
    pub(crate) levels: Vec<Level>,
    /// Per level and code, how many leaves it stands for: those of the file, else those of the data.
    leaves: Vec<Vec<u64>>,
}

/// How many leaves of a hierarchy file each label above the leaf stands for, finest level first.
pub(crate) type Domain = Vec<HashMap<String, u64>>;

/// Builds the hierarchy of `column`: from `text` when the policy's word names a file, else built in, else the value and `*`.
pub(crate) fn build(column: &str, word: Option<&str>, text: Option<&str>, leaves: &Leaves, k: u64) -> Result<Hierarchy, Refusal> {
    let (rows, domain) = match (text, word) {
        (Some(text), Some(word)) if word.starts_with(DESO_LIST) => (areas::rows(column, text, leaves)?, None),
        (Some(text), _) => {
            let (rows, domain) = file::rows(column, text, leaves)?;
            (rows, Some(domain))
        }
        (None, Some(word)) => (built_in::rows(column, word, leaves, k)?, None),
        (None, None) => {
            let star = |value: &Option<String>| value.as_ref().map(|_| vec![STAR.to_owned()]);
            (leaves.values.iter().map(star).collect(), None)
        }
    };
    Hierarchy::of(column, leaves, &rows, domain.as_ref())
}

impl Hierarchy {
    /// Levels from the labels of each leaf above the leaf itself; a missing leaf has none.
    fn of(column: &str, leaves: &Leaves, rows: &[Option<Vec<String>>], domain: Option<&Domain>) -> Result<Self, Refusal> {
        let height = rows.iter().flatten().map(Vec::len).max().unwrap_or(1);
        let mut levels = vec![Level {
            codes: (0..leaves.values.len() as u32).collect(),
            labels: leaves.values.clone(),
        }];
        for level in 0..height {
            let top = level + 1 == height;
            let mut known: HashMap<Option<&str>, u32> = HashMap::new();
            let mut next = Level {
                codes: Vec::with_capacity(rows.len()),
                labels: Vec::new(),
            };
            for row in rows {
                let label = match row {
                    Some(row) => row.get(level).map(String::as_str),
                    None if top => Some(STAR),
                    None => None,
                };
                let code = *known.entry(label).or_insert_with(|| {
                    next.labels.push(label.map(str::to_owned));
                    next.labels.len() as u32 - 1
                });
                next.codes.push(code);
            }
            levels.push(next);
        }
        let leaves = levels.iter().enumerate().map(|(level, l)| leaves_under(level, l, domain)).collect();
        let hierarchy = Self { levels, leaves };
        match hierarchy.fault() {
            None => Ok(hierarchy),
            Some(level) => Err(refusal(
                "hierarchy-two-parents",
                column,
                format!("ett värde på nivå {level} har två överordnade på nästa nivå"),
                format!("a value of level {level} has two parents on the next level"),
            )),
        }
    }

    /// The first level that is no union of finer ones.
    fn fault(&self) -> Option<usize> {
        self.levels.windows(2).position(|pair| match pair {
            [fine, coarse] => {
                let mut parent = vec![u32::MAX; fine.labels.len()];
                fine.codes
                    .iter()
                    .zip(&coarse.codes)
                    .any(|(from, to)| match parent.get_mut(*from as usize) {
                        Some(slot) if *slot == u32::MAX => {
                            *slot = *to;
                            false
                        }
                        Some(slot) => *slot != *to,
                        None => true,
                    })
            }
            _ => false,
        })
    }

    /// What stands above each value, nearest first; a missing value has no line.
    pub(crate) fn above(&self) -> std::collections::BTreeMap<String, Vec<String>> {
        let Some((leaves, upper)) = self.levels.split_first() else {
            return Default::default();
        };
        let label = |level: &Level, leaf: usize| {
            level
                .codes
                .get(leaf)
                .and_then(|code| level.labels.get(*code as usize).cloned().flatten())
        };
        let row = |leaf: usize| {
            Some((
                label(leaves, leaf)?,
                upper.iter().map(|level| label(level, leaf).unwrap_or_default()).collect(),
            ))
        };
        (0..leaves.codes.len()).filter_map(row).collect()
    }

    /// How many levels there are, level 0 included.
    pub(crate) fn height(&self) -> usize {
        self.levels.len()
    }

    /// How often each code of a level occurs.
    pub(crate) fn counts(&self, level: usize, leaves: &[u64]) -> Vec<u64> {
        let Some(level) = self.levels.get(level) else { return Vec::new() };
        let mut counts = vec![0; level.labels.len()];
        for (code, count) in level.codes.iter().zip(leaves) {
            if let Some(slot) = counts.get_mut(*code as usize) {
                *slot += count;
            }
        }
        counts
    }

    /// The share of all leaves that each code of a level stands for.
    pub(crate) fn shares(&self, level: usize) -> Vec<f64> {
        let all = self.leaves_all().max(1) as f64;
        let under = self.leaves.get(level).map_or(&[][..], Vec::as_slice);
        under.iter().map(|leaves| *leaves as f64 / all).collect()
    }

    /// All leaves.
    pub(crate) fn leaves_all(&self) -> u64 {
        self.leaves.last().map_or(0, |top| top.iter().sum())
    }

    /// The table from codes of level `from` to codes of the coarser level `to`.
    pub(crate) fn step(&self, from: usize, to: usize) -> Vec<u32> {
        let (Some(fine), Some(coarse)) = (self.levels.get(from), self.levels.get(to)) else {
            return Vec::new();
        };
        let mut table = vec![0; fine.labels.len()];
        for (from, to) in fine.codes.iter().zip(&coarse.codes) {
            if let Some(slot) = table.get_mut(*from as usize) {
                *slot = *to;
            }
        }
        table
    }
}

/// Leaves under each code of a level. A missing value is one leaf more than the file has.
fn leaves_under(level: usize, of: &Level, domain: Option<&Domain>) -> Vec<u64> {
    let mut counts = vec![0; of.labels.len()];
    match level.checked_sub(1).and_then(|above| domain?.get(above)) {
        Some(known) => {
            for (slot, label) in counts.iter_mut().zip(&of.labels) {
                *slot = label.as_ref().map_or(1, |label| known.get(label).copied().unwrap_or(1));
            }
            let missing = domain.is_some_and(|domain| level == domain.len()) && of.labels.len() == 1;
            if let (true, Some(top)) = (missing, counts.first_mut()) {
                *top = (*top).max(of.codes.len() as u64);
            }
        }
        None => {
            for code in &of.codes {
                if let Some(slot) = counts.get_mut(*code as usize) {
                    *slot += 1;
                }
            }
        }
    }
    counts
}

pub(crate) fn refusal(id: &str, column: &str, sv: String, en: String) -> Refusal {
    Refusal::new(
        id,
        RefusalKind::Configuration,
        column,
        Text::new(
            format!("hierarkin för kolumnen `{column}`: {sv}"),
            format!("the hierarchy of column `{column}`: {en}"),
        ),
    )
}

#[cfg(test)]
mod tests;
