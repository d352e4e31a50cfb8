//! A column of geometries in WKB: kinds, bounds, what is empty, damaged or outside Sweden.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::counts::DISTINCT_MAX;
use super::hash::bytes128;
use super::numbers::Numbers;
use super::scan::Unit;
use crate::wkb::Geometry;

/// West, south, east, north of Sweden with its economic zone, in degrees.
const SWEDEN: [f64; 4] = [10.0, 54.9, 24.5, 69.2];

/// What is held of a column of geometries.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Places {
    /// Hashes of the bytes: what differs and how often.
    pub(crate) hashes: Numbers<i128>,
    pub(crate) kinds: BTreeMap<String, u64>,
    pub(crate) empty: u64,
    pub(crate) invalid: u64,
    pub(crate) outside: u64,
    /// In thousand-millionths of a degree, so that parts merge into the very same bounds.
    bounds: Option<[i64; 4]>,
}

impl Default for Places {
    fn default() -> Self {
        Self {
            hashes: Numbers::new(Unit::Hash, DISTINCT_MAX),
            kinds: BTreeMap::new(),
            empty: 0,
            invalid: 0,
            outside: 0,
            bounds: None,
        }
    }
}

impl Places {
    /// Sees a geometry.
    pub(crate) fn see(&mut self, bytes: &[u8]) {
        self.hashes.see_times(bytes128(bytes).cast_signed(), 1);
        let Some(mut geometry) = Geometry::from_wkb(bytes) else {
            self.invalid += 1;
            return;
        };
        *self.kinds.entry(geometry.name().to_owned()).or_default() += 1;
        let mut found: Option<[f64; 4]> = None;
        geometry.each(&mut |position| {
            let [west, south, east, north] = found.unwrap_or([position.0, position.1, position.0, position.1]);
            found = Some([
                west.min(position.0),
                south.min(position.1),
                east.max(position.0),
                north.max(position.1),
            ]);
        });
        match found {
            None => self.empty += 1,
            Some(bounds) => {
                let [west, south, east, north] = bounds;
                let [low_x, low_y, high_x, high_y] = SWEDEN;
                self.outside += u64::from(west < low_x || south < low_y || east > high_x || north > high_y);
                self.widen(bounds.map(|degrees| (degrees * 1e9).round() as i64));
            }
        }
    }
    fn widen(&mut self, by: [i64; 4]) {
        let [a, b, c, d] = self.bounds.unwrap_or(by);
        self.bounds = Some([a.min(by[0]), b.min(by[1]), c.max(by[2]), d.max(by[3])]);
    }
    /// West, south, east, north in degrees.
    pub(crate) fn bounds(&self) -> Option<[f64; 4]> {
        self.bounds.map(|bounds| bounds.map(|part| part as f64 / 1e9))
    }
    /// Joins the part of the column that follows.
    pub(crate) fn merge(&mut self, other: Self) {
        self.hashes.merge(other.hashes);
        for (kind, count) in other.kinds {
            *self.kinds.entry(kind).or_default() += count;
        }
        self.empty += other.empty;
        self.invalid += other.invalid;
        self.outside += other.outside;
        if let Some(bounds) = other.bounds {
            self.widen(bounds);
        }
    }
}
