//! A column of numbers, dates, moments, times or truths: every value counted while few differ, then sketches.

use fyr_model::profile::Order;
use serde::{Deserialize, Serialize};

use super::counts::{Counts, DISTINCT_MAX, Key, distinct_max};
use super::heavy::Heavy;
use super::hyperloglog::HyperLogLog;
use super::order::Rising;
use super::ranks::{LEVEL_MAX, Ranks};
use super::scan::{Scan, Unit};

/// What is held of a column: every different value, or sketches once there are too many.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(bound(serialize = "K: Key + Serialize", deserialize = "K: Key + Deserialize<'de>"))]
pub(crate) struct Numbers<K: Key> {
    pub(crate) unit: Unit,
    /// Different values that may be counted.
    #[serde(default = "distinct_max")]
    most: usize,
    all: Counts<K>,
    sketches: Option<Box<Sketches<K>>>,
    #[serde(default = "Rising::lost")]
    order: Rising<K>,
}

/// Sketches of a column; a buffer of values is sorted first, so that work is done once per run of equal values.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(bound(serialize = "K: Key + Serialize", deserialize = "K: Key + Deserialize<'de>"))]
pub(crate) struct Sketches<K: Key> {
    #[serde(skip, default = "Vec::new")]
    buffer: Vec<K>,
    /// Room to work in, kept from one buffer to the next only in tables of few columns.
    #[serde(skip, default = "Room::default")]
    room: Room<K>,
    pub(crate) low: K,
    pub(crate) high: K,
    pub(crate) distinct: HyperLogLog,
    pub(crate) heavy: Heavy<K>,
    pub(crate) ranks: Ranks<K>,
    pub(crate) scan: Scan,
}

/// Room for a buffer's runs of equal values, and for these as numbers.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Room<K> {
    runs: Vec<(K, u64)>,
    numbers: Vec<(f64, u64)>,
    is_kept: bool,
}

impl<K> Default for Room<K> {
    fn default() -> Self {
        Self {
            runs: Vec::new(),
            numbers: Vec::new(),
            is_kept: false,
        }
    }
}

/// What the numbers were found to be, exact or not.
pub(crate) enum Finished<'a, K: Key> {
    /// Every different value in order with its count.
    All(Vec<(K, u64)>, Box<Scan>),
    /// Sketches.
    Sketches(&'a Sketches<K>),
}

impl<K: Key> Numbers<K> {
    /// Counts at most `most` different values, then sketches.
    pub(crate) fn new(unit: Unit, most: usize) -> Self {
        Self {
            unit,
            most,
            all: Counts::default(),
            sketches: None,
            order: Rising::default(),
        }
    }
    /// Sees values in file order.
    pub(crate) fn see(&mut self, mut values: impl Iterator<Item = K> + Clone) {
        self.order.numbers(values.clone());
        let (unit, most) = (self.unit, self.most);
        if self.sketches.is_none() {
            let all = &mut self.all;
            let Some(first) = values.find(|value| !all.add_within(*value, 1, most)) else {
                return;
            };
            self.sketches().take(unit, first);
        }
        if let Some(sketches) = &mut self.sketches {
            values.for_each(|value| sketches.take(unit, value));
        }
    }
    /// Sees one value so many times, in rows that are not told.
    pub(crate) fn see_times(&mut self, value: K, count: u64) {
        self.order = Rising::lost();
        if count > 0 && (self.sketches.is_some() || !self.all.add_within(value, count, self.most)) {
            let unit = self.unit;
            self.sketches().weigh(unit, &[(value, count)]);
        }
    }
    /// Leaves exactness: what was counted goes into the sketches.
    fn sketches(&mut self) -> &mut Sketches<K> {
        let (unit, most, all) = (self.unit, self.most, &mut self.all);
        self.sketches.get_or_insert_with(|| {
            let sorted = std::mem::take(all).sorted();
            let first = sorted.first().map(|entry| entry.0).unwrap_or_default();
            let mut sketches = Box::new(Sketches::new(unit, first));
            sketches.room.is_kept = most == DISTINCT_MAX;
            sketches.weigh(unit, &sorted);
            sketches
        })
    }
    /// Works off what is still in the buffer.
    pub(crate) fn settle(&mut self) {
        if let Some(sketches) = &mut self.sketches {
            sketches.flush(self.unit);
        }
    }
    /// Joins the part of the column that follows.
    pub(crate) fn merge(&mut self, mut other: Self) {
        self.settle();
        other.settle();
        self.order.merge(other.order);
        let unit = self.unit;
        if let Some(new) = other.sketches {
            return self.sketches().merge(&new);
        }
        let sorted = other.all.sorted();
        let held = if self.sketches.is_some() {
            0
        } else {
            sorted
                .iter()
                .take_while(|(value, count)| self.all.add_within(*value, *count, self.most))
                .count()
        };
        let (_, rest) = sorted.split_at(held);
        if !rest.is_empty() {
            self.sketches().weigh(unit, rest);
        }
    }
    /// How the values follow each other.
    pub(crate) fn order(&self) -> Option<Order> {
        self.order.told()
    }
    /// The number of different values, or the sketch that estimates it.
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
    pub(crate) fn finish(&self) -> Finished<'_, K> {
        match &self.sketches {
            Some(sketches) => Finished::Sketches(sketches),
            None => {
                let sorted = self.all.sorted();
                let mut scan = Scan::new(self.unit);
                scan.look(self.unit, &sorted, &mut Vec::new());
                Finished::All(sorted, Box::new(scan))
            }
        }
    }
}

impl<K: Key> Sketches<K> {
    fn new(unit: Unit, first: K) -> Self {
        Self {
            buffer: Vec::with_capacity(LEVEL_MAX),
            room: Room::default(),
            low: first,
            high: first,
            distinct: HyperLogLog::default(),
            heavy: Heavy::default(),
            ranks: Ranks::default(),
            scan: Scan::new(unit),
        }
    }
    fn take(&mut self, unit: Unit, value: K) {
        self.buffer.push(value);
        if self.buffer.len() >= LEVEL_MAX {
            self.flush(unit);
        }
    }
    fn flush(&mut self, unit: Unit) {
        let mut buffer = std::mem::take(&mut self.buffer);
        buffer.sort_unstable();
        let mut runs = std::mem::take(&mut self.room.runs);
        runs.clear();
        let mut values = buffer.iter().copied();
        if let Some(first) = values.next() {
            let mut run = (first, 1);
            for value in values {
                if value == run.0 {
                    run.1 += 1;
                } else {
                    runs.push(run);
                    run = (value, 1);
                }
            }
            runs.push(run);
        }
        self.look(unit, &runs);
        self.ranks.add(&buffer);
        buffer.clear();
        self.buffer = buffer;
        if self.room.is_kept {
            self.room.runs = runs;
        } else {
            self.room = Room::default();
        }
    }
    /// Takes different values in order with their counts.
    fn weigh(&mut self, unit: Unit, sorted: &[(K, u64)]) {
        self.look(unit, sorted);
        for (value, count) in sorted {
            self.ranks.add_weighted(*value, *count);
        }
        self.ranks.settle();
    }
    fn look(&mut self, unit: Unit, sorted: &[(K, u64)]) {
        let (Some(first), Some(last)) = (sorted.first(), sorted.last()) else {
            return;
        };
        self.low = self.low.min(first.0);
        self.high = self.high.max(last.0);
        sorted.iter().for_each(|(value, _)| self.distinct.add(value.hash()));
        self.heavy.add(sorted);
        self.scan.look(unit, sorted, &mut self.room.numbers);
    }
    fn merge(&mut self, other: &Self) {
        self.low = self.low.min(other.low);
        self.high = self.high.max(other.high);
        self.distinct.merge(&other.distinct);
        self.heavy.merge(&other.heavy);
        self.ranks.merge(&other.ranks);
        self.scan.merge(&other.scan);
    }
}
