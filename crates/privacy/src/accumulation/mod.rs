//! What releases tell together that none tells alone (`privacy.md` section 5).
//!
//! In: a keyed sketch of a candidate and of every earlier release. Out: findings: pairs of releases where laying one beside the other leaves a
//! group smaller than the limit, or where one count less another does. Sketches hold no value, only keyed digests of values, how each was
//! shown, and how many rows share both; whoever lacks the key learns counts from them and nothing else. Nothing is decided here: a finding
//! stops a release until a person has resolved it.
//!
//! Source of the terms: Myndigheten för samhällsskydd och beredskap on ackumulation and aggregation; the differencing attack after Duncan,
//! Elliot and Salazar, Statistical Confidentiality (2011), chapter 2.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use hmac::{Hmac, KeyInit as _, Mac as _};
use serde::{Deserialize, Serialize};
use sha2::Sha256;

/// What one release tells, in keyed digests.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Trace {
    /// The release: its name and version.
    pub release: String,
    /// Whom it is about: releases about the same people can be subtracted from each other.
    pub population: String,
    /// Whether its counts are the true ones; shifted ones cannot be subtracted.
    pub exact: bool,
    /// Its quasi-identifying columns.
    pub columns: Vec<String>,
    /// Its rows by what they were and how they are shown.
    pub groups: Vec<Group>,
}

/// Rows with the same values, shown the same way.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Group {
    /// Digest of the value in each column.
    pub raw: Vec<u64>,
    /// Digest of what is shown in each column; nothing where the row is suppressed.
    pub shown: Option<Vec<u64>>,
    /// Rows.
    pub rows: u64,
}

/// How two releases tell too much together.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    /// Laid side by side they leave a small group.
    Join,
    /// One count less the other is a small group.
    Difference,
}

/// One finding.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Found {
    /// The same for the same releases and columns: what a resolution refers to.
    pub id: String,
    /// How.
    pub kind: Kind,
    /// The earlier release and the candidate.
    pub releases: [String; 2],
    /// The columns that they share.
    pub columns: Vec<String>,
    /// Rows in groups that are too small.
    pub records: u64,
    /// The smallest of these groups.
    pub smallest: u64,
}

/// Digests values under a secret.
#[derive(Debug, Clone)]
pub struct Sketcher(Vec<u8>);

impl Sketcher {
    /// A sketcher with a secret of at least 16 bytes; nothing with a shorter one.
    pub fn new(secret: &[u8]) -> Option<Self> {
        (secret.len() >= 16).then(|| Self(secret.to_vec()))
    }

    /// The digest of a value of a column: the same value under the same name has the same digest in every release.
    pub fn digest(&self, column: &str, value: Option<&str>) -> u64 {
        let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(&self.0) else {
            return 0;
        };
        mac.update(b"fyr accumulation 1");
        mac.update(&(column.len() as u64).to_le_bytes());
        mac.update(column.as_bytes());
        mac.update(&[u8::from(value.is_some())]);
        mac.update(value.unwrap_or_default().as_bytes());
        let bytes = mac.finalize().into_bytes();
        bytes.iter().take(8).fold(0, |digest, byte| digest << 8 | u64::from(*byte))
    }
}

/// What the candidate and each earlier release tell together, pair by pair, in the order of `earlier`.
pub fn judge(candidate: &Trace, earlier: &[Trace], k: u64) -> Vec<Found> {
    let mut found = Vec::new();
    for former in earlier.iter().filter(|former| former.release != candidate.release) {
        let shared: Vec<String> = candidate
            .columns
            .iter()
            .filter(|name| former.columns.contains(name))
            .cloned()
            .collect();
        if shared.is_empty() {
            continue;
        }
        let pair = Pair {
            new: Side::of(candidate, &shared),
            old: Side::of(former, &shared),
            k,
        };
        let mut add = |kind, columns: Vec<String>, small: Small| {
            if let Some(smallest) = small.smallest {
                found.push(Found {
                    id: id(kind, [&former.release, &candidate.release], &columns),
                    kind,
                    releases: [former.release.clone(), candidate.release.clone()],
                    columns,
                    records: small.records,
                    smallest,
                });
            }
        };
        add(Kind::Join, shared.clone(), pair.joined());
        if candidate.exact && former.exact && candidate.population == former.population {
            let alike = pair.alike();
            let names = alike.iter().filter_map(|at| shared.get(*at).cloned()).collect();
            add(Kind::Difference, names, pair.subtracted(&alike));
        }
    }
    found
}

/// A short name for a finding that any run gives it.
fn id(kind: Kind, releases: [&str; 2], columns: &[String]) -> String {
    let text = format!("{kind:?}\n{}\n{}\n{}", releases[0], releases[1], columns.join("\n"));
    let digest = <Sha256 as sha2::Digest>::digest(text.as_bytes());
    digest.iter().take(6).map(|byte| format!("{byte:02x}")).collect()
}

/// Groups that are too small.
#[derive(Default)]
struct Small {
    records: u64,
    smallest: Option<u64>,
}

impl Small {
    fn add(&mut self, rows: u64) {
        self.records += rows;
        self.smallest = Some(self.smallest.map_or(rows, |smallest| smallest.min(rows)));
    }
}

/// One release over the shared columns.
struct Side {
    /// Per column: how each value is shown.
    shown: Vec<HashMap<u64, u64>>,
    /// Values and rows that are shown.
    groups: Vec<(Vec<u64>, u64)>,
    /// Rows by what is shown.
    classes: BTreeMap<Vec<u64>, u64>,
}

impl Side {
    fn of(trace: &Trace, shared: &[String]) -> Self {
        let places: Vec<usize> = shared
            .iter()
            .filter_map(|name| trace.columns.iter().position(|column| column == name))
            .collect();
        let pick = |digests: &[u64]| -> Vec<u64> { places.iter().map(|place| digests.get(*place).copied().unwrap_or(0)).collect() };
        let mut side = Self {
            shown: vec![HashMap::new(); shared.len()],
            groups: Vec::new(),
            classes: BTreeMap::new(),
        };
        for group in &trace.groups {
            let Some(shown) = &group.shown else { continue };
            let (raw, shown) = (pick(&group.raw), pick(shown));
            for ((map, raw), shown) in side.shown.iter_mut().zip(&raw).zip(&shown) {
                map.insert(*raw, *shown);
            }
            *side.classes.entry(shown).or_insert(0) += group.rows;
            side.groups.push((raw, group.rows));
        }
        side
    }

    /// How values would be shown in this release; nothing when one does not occur in it or its group was suppressed.
    fn class(&self, raw: &[u64]) -> Option<Vec<u64>> {
        let shown: Option<Vec<u64>> = self.shown.iter().zip(raw).map(|(map, raw)| map.get(raw).copied()).collect();
        shown.filter(|shown| self.classes.contains_key(shown))
    }
}

/// Two releases over what they share.
struct Pair {
    new: Side,
    old: Side,
    k: u64,
}

impl Pair {
    /// Whoever knows somebody's values finds the group in both releases: how many rows are in both?
    fn joined(&self) -> Small {
        let mut small = Small::default();
        for side in [&self.new, &self.old] {
            let mut together: BTreeMap<(Vec<u64>, Vec<u64>), u64> = BTreeMap::new();
            for (raw, rows) in &side.groups {
                if let (Some(new), Some(old)) = (self.new.class(raw), self.old.class(raw)) {
                    *together.entry((new, old)).or_insert(0) += rows;
                }
            }
            // Where both show a group the same way nothing new is told: it is as large as the release alone made it.
            let told = |(new, old): &(Vec<u64>, Vec<u64>)| new != old;
            together
                .into_iter()
                .filter(|(pair, rows)| told(pair) && *rows < self.k)
                .for_each(|(_, rows)| small.add(rows));
            if small.smallest.is_some() {
                break;
            }
        }
        small
    }

    /// The shared columns that both releases show alike.
    fn alike(&self) -> Vec<usize> {
        let same = |at: &usize| {
            let (Some(new), Some(old)) = (self.new.shown.get(*at), self.old.shown.get(*at)) else {
                return false;
            };
            let mut common = new.iter().filter_map(|(raw, shown)| Some((shown, old.get(raw)?))).peekable();
            common.peek().is_some() && common.all(|(new, old)| new == old)
        };
        (0..self.new.shown.len()).filter(same).collect()
    }

    /// Counts of the same group in both releases, one less the other.
    fn subtracted(&self, alike: &[usize]) -> Small {
        let mut small = Small::default();
        if alike.is_empty() {
            return small;
        }
        let count = |side: &Side| -> BTreeMap<Vec<u64>, u64> {
            let mut counts = BTreeMap::new();
            for (class, rows) in &side.classes {
                let key: Vec<u64> = alike.iter().map(|at| class.get(*at).copied().unwrap_or(0)).collect();
                *counts.entry(key).or_insert(0) += rows;
            }
            counts
        };
        let (new, old) = (count(&self.new), count(&self.old));
        let both: BTreeSet<&Vec<u64>> = new.keys().filter(|class| old.contains_key(*class)).collect();
        for class in both {
            let gap = new.get(class).copied().unwrap_or(0).abs_diff(old.get(class).copied().unwrap_or(0));
            if gap > 0 && gap < self.k {
                small.add(gap);
            }
        }
        small
    }
}

#[cfg(test)]
mod tests;
