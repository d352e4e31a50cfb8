//! A column of texts or codes: every text counted while few differ, then sketches.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::counts::distinct_max;
use super::hash::bytes128;
use super::heavy::{COUNTERS, Heavy};
use super::hyperloglog::HyperLogLog;
use super::order::Rising;
use super::shape::Shapes;
use super::texts::Texts;

/// Different texts gathered before the sketches take them, and their bytes.
const GATHERED_MAX: usize = 4_096;
const GATHERED_BYTES_MAX: usize = 1 << 20;
/// A longer text is counted but never named among the most common.
const NAME_BYTES_MAX: usize = 4_096;

/// What is held of a column of texts.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Words {
    /// Different texts that may be counted.
    #[serde(default = "distinct_max")]
    most: usize,
    all: Texts,
    sketches: Option<Box<WordSketches>>,
    #[serde(default = "Rising::lost")]
    pub(crate) order: Rising<String>,
}

/// Sketches of texts.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct WordSketches {
    #[serde(skip, default = "gathering")]
    gathered: Texts,
    #[serde(skip)]
    pattern: String,
    pub(crate) low: String,
    pub(crate) high: String,
    pub(crate) distinct: HyperLogLog,
    pub(crate) heavy: Heavy<u128>,
    /// The texts of the hashes that are kept.
    pub(crate) names: BTreeMap<u128, String>,
    pub(crate) shapes: Shapes,
}

/// What the texts were found to be.
pub(crate) enum FoundWords<'a> {
    /// Every different text in order with its count.
    All(Vec<(&'a str, u64)>, Box<Shapes>),
    /// Sketches.
    Sketches(&'a WordSketches),
}

fn gathering() -> Texts {
    Texts::bounded(GATHERED_MAX, GATHERED_BYTES_MAX)
}

impl Words {
    /// Counts at most `most` different texts, then sketches.
    pub(crate) fn new(most: usize) -> Self {
        Self {
            most,
            all: Texts::default(),
            sketches: None,
            order: Rising::default(),
        }
    }
    /// Sees a text so many times.
    #[inline]
    pub(crate) fn see(&mut self, text: &str, count: u64) {
        let hash = bytes128(text.as_bytes());
        if self.sketches.is_some() || !self.all.add_within(text, hash, count, self.most) {
            self.sketches().take(text, hash, count);
        }
    }
    #[cold]
    fn leave(all: &mut Texts) -> Box<WordSketches> {
        let all = std::mem::take(all);
        let mut sketches = Box::new(WordSketches {
            gathered: gathering(),
            pattern: String::new(),
            low: all.iter().map(|entry| entry.0).min().unwrap_or_default().to_owned(),
            high: String::new(),
            distinct: HyperLogLog::default(),
            heavy: Heavy::default(),
            names: BTreeMap::new(),
            shapes: Shapes::default(),
        });
        sketches.look(&all);
        sketches
    }
    fn sketches(&mut self) -> &mut WordSketches {
        let all = &mut self.all;
        self.sketches.get_or_insert_with(|| Self::leave(all))
    }
    /// Works off what is still gathered.
    pub(crate) fn settle(&mut self) {
        if let Some(sketches) = &mut self.sketches {
            sketches.flush();
        }
    }
    /// Joins the part of the column that follows.
    pub(crate) fn merge(&mut self, mut other: Self) {
        self.settle();
        other.settle();
        self.order.merge(other.order);
        if let Some(new) = other.sketches {
            return self.sketches().merge(&new);
        }
        for (text, hash, count) in other.all.iter() {
            if self.sketches.is_some() || !self.all.add_within(text, hash, count, self.most) {
                self.sketches().take(text, hash, count);
            }
        }
        self.settle();
    }
    /// The number of different texts, or the sketch that estimates it.
    pub(crate) fn distinct(&self) -> Result<u64, &HyperLogLog> {
        self.sketches
            .as_ref()
            .map_or(Ok(self.all.len() as u64), |sketches| Err(&sketches.distinct))
    }
    /// The estimate of different values, where none is known to stand twice.
    pub(crate) fn open_key(&self) -> Option<u64> {
        let sketches = self.sketches.as_ref()?;
        let once = sketches.heavy.kept().iter().all(|entry| entry.1 == 1);
        once.then(|| sketches.distinct.estimate())
    }
    /// What is known of the settled column.
    pub(crate) fn finish(&self) -> FoundWords<'_> {
        match &self.sketches {
            Some(sketches) => FoundWords::Sketches(sketches),
            None => {
                let (mut shapes, mut pattern) = (Box::<Shapes>::default(), String::new());
                self.all.iter().for_each(|(text, _, count)| shapes.look(text, count, &mut pattern));
                shapes.settle();
                FoundWords::All(self.all.sorted(), shapes)
            }
        }
    }
}

impl WordSketches {
    fn take(&mut self, text: &str, hash: u128, count: u64) {
        if self.gathered.add(text, hash, count) {
            return;
        }
        self.flush();
        if !self.gathered.add(text, hash, count) {
            // A text too long to gather is looked at by itself.
            let mut one = Texts::default();
            one.add(text, hash, count);
            self.look(&one);
        }
    }
    fn flush(&mut self) {
        let mut gathered = std::mem::replace(&mut self.gathered, Texts::bounded(0, 0));
        self.look(&gathered);
        gathered.clear();
        self.gathered = gathered;
        self.shapes.settle();
    }
    fn look(&mut self, texts: &Texts) {
        let mut runs: Vec<(u128, u64)> = Vec::with_capacity(texts.len());
        for (text, hash, count) in texts.iter() {
            self.shapes.look(text, count, &mut self.pattern);
            self.distinct.add((hash >> 64) as u64);
            runs.push((hash, count));
            if text < self.low.as_str() {
                text.clone_into(&mut self.low);
            }
            if text > self.high.as_str() {
                text.clone_into(&mut self.high);
            }
        }
        runs.sort_unstable();
        self.heavy.add(&runs);
        self.name(texts.iter().map(|(text, hash, _)| (hash, text)));
    }
    /// Keeps the texts of what is counted, and of nothing else.
    fn name<'a>(&mut self, texts: impl Iterator<Item = (u128, &'a str)>) {
        let kept = self.heavy.kept();
        let is_kept = |hash: &u128| kept.binary_search_by_key(hash, |entry| entry.0).is_ok();
        for (hash, text) in texts.filter(|(hash, text)| text.len() <= NAME_BYTES_MAX && is_kept(hash)) {
            self.names.entry(hash).or_insert_with(|| text.to_owned());
        }
        if self.names.len() > 2 * COUNTERS {
            self.names.retain(|hash, _| is_kept(hash));
        }
    }
    fn merge(&mut self, other: &Self) {
        if other.low < self.low {
            self.low.clone_from(&other.low);
        }
        if other.high > self.high {
            self.high.clone_from(&other.high);
        }
        self.distinct.merge(&other.distinct);
        self.heavy.merge(&other.heavy);
        self.name(other.names.iter().map(|(hash, text)| (*hash, text.as_str())));
        self.shapes.merge(&other.shapes);
    }
}
