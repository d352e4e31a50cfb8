//! What releases tell together that none tells alone (`privacy.md` section 5).
//!
//! In: keyed sketches of a candidate and of every earlier release, of rows or of tables. Out: findings: releases where laying one beside the
//! others leaves a group smaller than the limit, where one count less others does, or whose pseudonyms name the same people. Sketches hold no
//! value, only keyed digests of values, how each was shown, and how many rows share both; whoever lacks the key learns counts from them and
//! nothing else. Nothing is decided here: a finding stops a release until a person has resolved it.
//!
//! Pairs are judged first, then threes, then all at once: a row followed from one release into all that share a column with it, a total less
//! any number of parts, and what all exact tables of the same people say in one system of equations. What that may cost is bounded, and past
//! the bound a finding says so: a person answers for what nobody has worked out.
//!
//! Source of the terms: Myndigheten för samhällsskydd och beredskap on ackumulation and aggregation; the differencing attack after Duncan,
//! Elliot and Salazar, Statistical Confidentiality (2011), chapter 2.

mod many;
mod side;
mod span;
mod spent;
mod sums;
mod three;
mod told;

use hmac::{Hmac, KeyInit as _, Mac as _};
use serde::{Deserialize, Serialize};
use sha2::Sha256;

use side::{Pair, Side, Small, shared};
pub use span::together;
pub use spent::{AccountSpent, Spent, UnitSpent, by_unit};
pub use sums::{Sketch, Sum, SumCell, Summing};
pub use told::{Told, tables};

/// What one release tells, in keyed digests.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Trace {
    /// The release: its name and version.
    pub release: String,
    /// Whom it is about: releases about the same people can be subtracted from each other.
    pub population: String,
    /// Whether its counts are the true ones; rounded and shifted ones cannot be subtracted.
    pub exact: bool,
    /// Whether it is a margin of a table: it has counts and no rows that could be laid beside others.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub table: bool,
    /// Its quasi-identifying columns.
    pub columns: Vec<String>,
    /// Its rows by what they were and how they are shown.
    pub groups: Vec<Group>,
    /// Its pseudonyms, where it names their scope.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pseudonyms: Option<Pseudonyms>,
    /// Columns whose sums or means it shows.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub sums: Vec<Sum>,
    /// What noise it has cost; such a release is never subtracted from another.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub spent: Option<Spent>,
}

/// Columns whose pseudonyms are the same in every release of one scope.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pseudonyms {
    /// Digest of the scope.
    pub scope: u64,
    /// The columns.
    pub columns: Vec<String>,
    /// Rows.
    pub rows: u64,
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

/// How releases tell too much together.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    /// Laid side by side they leave a small group.
    Join,
    /// One count less the other, or the others, is a small group.
    Difference,
    /// One sum or mean less the other is about few people.
    Sum,
    /// Tables of the same people, each safe alone, together tell a cell that they hide.
    Equations,
    /// Too many releases, or too large ones, to be judged all at once.
    Unjudged,
    /// The same person has the same pseudonym in both.
    Pseudonyms,
}

/// One finding.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Found {
    /// The same for the same releases and columns: what a resolution refers to.
    pub id: String,
    /// How.
    pub kind: Kind,
    /// The earlier releases, then the candidate.
    pub releases: Vec<String>,
    /// The columns that it is seen by.
    pub columns: Vec<String>,
    /// Rows in groups that are too small; for pseudonyms those of the candidate.
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

    /// What releases are compared by that name the same scope of pseudonyms.
    pub fn scope(&self, scope: &str) -> u64 {
        self.digest("\u{0}scope", Some(scope))
    }
}

/// What the candidate and the earlier releases tell together: pair by pair in the order of `earlier`, then three by three, then all at once.
pub fn judge(candidate: &Trace, earlier: &[Trace], k: u64) -> Vec<Found> {
    let others: Vec<&Trace> = earlier.iter().filter(|former| former.release != candidate.release).collect();
    let mut all = Vec::new();
    for former in &others {
        all.extend(linked(candidate, former));
        let columns = shared(candidate, former);
        if columns.is_empty() {
            continue;
        }
        let pair = Pair {
            new: Side::of(candidate, &columns),
            old: Side::of(former, &columns),
            k,
            margins: [candidate, former].map(|trace| trace.table.then_some(trace.columns.len())),
        };
        if !candidate.table && !former.table {
            all.extend(found(Kind::Join, &[former, candidate], columns.clone(), &pair.joined()));
        }
        if candidate.exact && former.exact && candidate.population == former.population {
            let (places, small) = pair.subtracted();
            let names: Vec<String> = places.iter().filter_map(|at| columns.get(*at).cloned()).collect();
            all.extend(found(Kind::Difference, &[former, candidate], names.clone(), &small));
            for sum in &candidate.sums {
                let Some(old) = former.sums.iter().find(|old| old.column == sum.column) else {
                    continue;
                };
                let small = pair.summed([(candidate, sum), (former, old)], &columns);
                let of = [names.clone(), vec![sum.column.clone()]].concat();
                all.extend(found(Kind::Sum, &[former, candidate], of, &small));
            }
        }
    }
    if !candidate.table {
        let rows: Vec<&Trace> = others.iter().copied().filter(|former| !former.table).collect();
        all.extend(three::chains(candidate, &rows, k));
        all.extend(many::stars(candidate, &rows, k));
    }
    all.extend(three::parts(candidate, &others, k));
    all.extend(many::parts(candidate, &others, k));
    all
}

/// The same scope in releases under different names. Versions of one dataset are about the same people as it is, and the finding is the same
/// whatever their versions: what a person resolved once stays resolved.
fn linked(candidate: &Trace, former: &Trace) -> Option<Found> {
    let (new, old) = (candidate.pseudonyms.as_ref()?, former.pseudonyms.as_ref()?);
    let name = |trace: &Trace| trace.release.split(' ').next().unwrap_or_default().to_owned();
    let names = [name(former), name(candidate)];
    (new.scope == old.scope && names[0] != names[1]).then(|| Found {
        id: id(Kind::Pseudonyms, &names, &new.columns),
        kind: Kind::Pseudonyms,
        releases: names.to_vec(),
        columns: new.columns.clone(),
        records: new.rows,
        smallest: 1,
    })
}

fn found(kind: Kind, releases: &[&Trace], columns: Vec<String>, small: &Small) -> Option<Found> {
    let releases: Vec<String> = releases.iter().map(|trace| trace.release.clone()).collect();
    Some(Found {
        id: id(kind, &releases, &columns),
        kind,
        releases,
        columns,
        records: small.records,
        smallest: small.smallest?,
    })
}

/// A short name for a finding that any run gives it.
fn id(kind: Kind, releases: &[String], columns: &[String]) -> String {
    let text = format!("{kind:?}\n{}\n{}", releases.join("\n"), columns.join("\n"));
    let digest = <Sha256 as sha2::Digest>::digest(text.as_bytes());
    digest.iter().take(6).map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests;
