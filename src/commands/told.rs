//! What the releases of a workspace tell together: tables weighed before they are kept (`tabulate --release`), and the whole (`risk --store`).
//!
//! In: made tables, and the ledger of the data folder. Out: a refusal while a finding is unresolved; counts and names for the operator. The
//! ledger is read and written here while no server owns the folder, and only read for the whole.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use chrono::{DateTime, Utc};
use fyr_curate::{Entry, Ledger, Told};
use fyr_model::dp::AccountFacts;
use fyr_model::privacy::{PrivacyPolicy, Resolution};
use fyr_model::tabulate::TableMethod;
use fyr_model::{PipelineName, Refusal, RefusalKind, Text};
use fyr_privacy::accumulation::{self, Found, Sketcher, UnitSpent};
use fyr_privacy::tables::{STATUS, TABLE, Tabulated};
use fyr_table::arrow::array::{AsArray as _, RecordBatch};
use fyr_table::arrow::datatypes::Int64Type;
use serde::Serialize;

use super::Door;
use crate::show;

/// Tables that may be kept, and what is to be remembered of them.
pub struct Weighed {
    ledger: Ledger,
    told: Told,
    found: Vec<Found>,
    _ownership: fyr_jobs::Ownership,
}

impl Weighed {
    /// Keeps what they tell.
    pub fn remember(self, at: DateTime<Utc>) -> Result<(), Refusal> {
        self.ledger.remember(&self.told, self.found, at)
    }
}

/// The next version of a name, and the ledger that it will stand in.
pub struct Named {
    name: PipelineName,
    release: String,
    ledger: Ledger,
    sketcher: Sketcher,
    _ownership: fyr_jobs::Ownership,
}

#[cfg(feature = "dp")]
impl Named {
    /// Keeps a release with noise: what it cost, and nothing that could be subtracted. An answer that was stored before is no new release.
    pub fn remember_noised(self, policy: &PrivacyPolicy, spent: accumulation::Spent, at: DateTime<Utc>) -> Result<(), Refusal> {
        let prefix = format!("{} ", self.name);
        let own = self.ledger.entries()?;
        let last = own.iter().rfind(|entry| entry.trace.release.starts_with(&prefix));
        let same =
            |known: &accumulation::Spent| known.question == spent.question && known.dataset == spent.dataset && known.unit == spent.unit;
        if last.and_then(|entry| entry.trace.spent.as_ref()).is_some_and(same) {
            return Ok(());
        }
        let told = Told {
            trace: accumulation::Trace {
                release: self.release,
                population: policy.population.clone().unwrap_or_else(|| self.name.to_string()),
                table: true,
                spent: Some(spent),
                ..Default::default()
            },
            margins: Vec::new(),
            k: 0,
            resolved: BTreeMap::new(),
        };
        self.ledger.remember(&told, Vec::new(), at)
    }
}

/// Takes a name in the ledger; while it is held no other process owns the folder.
pub fn named(door: &Door, name: &str) -> Result<Named, Refusal> {
    door.workspace()?;
    let name: PipelineName = name.parse().map_err(|error: fyr_model::BadId| {
        let text = Text::new("namnet går inte att använda: 1-64 av a-z, 0-9 och -", error.to_string());
        Refusal::new("bad-name", RefusalKind::Configuration, name, text)
    })?;
    let ownership = fyr_jobs::own(&door.config.data)?;
    let ledger = Ledger::of(&door.config.data);
    let sketcher = ledger.sketcher()?;
    let prefix = format!("{name} ");
    let former = ledger
        .entries()?
        .iter()
        .filter(|entry| entry.trace.release.starts_with(&prefix))
        .count();
    Ok(Named {
        release: format!("{name} {}", former + 1),
        name,
        ledger,
        sketcher,
        _ownership: ownership,
    })
}

/// Weighs tables against every release of the workspace.
pub fn weighed(door: &Door, name: &str, policy: &PrivacyPolicy, made: &Tabulated) -> Result<Weighed, Refusal> {
    let Named {
        name,
        release,
        ledger,
        sketcher,
        _ownership: ownership,
    } = named(door, name)?;
    let population = policy.population.clone().unwrap_or_else(|| name.to_string());
    let mut traces = Vec::new();
    for (at, table) in policy.table.iter().enumerate() {
        let told = accumulation::Told {
            by: &table.by,
            cells: cells(made, at, &table.by),
            parents: &made.parents,
            // Counts that are shifted or rounded cannot be subtracted from others as if they were true.
            exact: table.method == TableMethod::Suppress,
            sums: table
                .value
                .as_deref()
                .zip(made.brought.get(at).map(Vec::as_slice))
                .filter(|(_, brought)| !brought.is_empty()),
        };
        let rows = made.combinations.get(at).map(Vec::as_slice).unwrap_or_default();
        traces.extend(accumulation::tables(&told, rows, &sketcher, &release, &population));
    }
    let k = policy.table.iter().map(|table| table.threshold).max().unwrap_or(0);
    let mut traces = traces.into_iter();
    let empty = accumulation::Trace {
        release,
        population,
        table: true,
        ..Default::default()
    };
    let told = Told {
        trace: traces.next().unwrap_or(empty),
        margins: traces.collect(),
        k,
        resolved: policy.resolved.clone(),
    };
    let found = ledger.weigh(&name, &told)?;
    Ok(Weighed {
        ledger,
        told,
        found,
        _ownership: ownership,
    })
}

/// The published cells of one of the tables, in the order of its columns.
fn cells(made: &Tabulated, at: usize, by: &[String]) -> HashSet<Vec<String>> {
    let batch: &RecordBatch = &made.batch;
    let text = |name: &str| batch.column_by_name(name).and_then(|column| column.as_string_opt::<i32>());
    let number = batch
        .column_by_name(TABLE)
        .and_then(|column| column.as_primitive_opt::<Int64Type>());
    let columns: Vec<_> = by.iter().filter_map(|name| text(name)).collect();
    let shown = |row: usize| text(STATUS).is_none_or(|status| status.value(row) == "published");
    let own = |row: usize| number.is_none_or(|number| number.value(row) == at as i64 + 1);
    (0..batch.num_rows())
        .filter(|row| own(*row) && shown(*row))
        .map(|row| columns.iter().map(|column| column.value(row).to_owned()).collect())
        .collect()
}

/// The body of `risk --store`.
#[derive(Debug, Serialize)]
pub struct StoreBody {
    /// Releases in the ledger, withdrawn ones too: what was public stays known.
    pub releases: u64,
    /// By whom they are about: releases of the same people, and what is known of those together.
    pub populations: Vec<Population>,
    /// Columns that releases under different names share: what they can be joined by.
    pub shared: Vec<Shared>,
    /// Findings that people have resolved.
    pub resolved: Vec<Resolved>,
    /// Findings of candidates that are held.
    pub held: BTreeMap<String, Vec<Found>>,
    /// What releases with noise have cost, by protected unit.
    pub spent: Vec<UnitSpent>,
    /// The accounts of the workspace's own ledger of privacy budgets: also what was spent on no release.
    pub accounts: Vec<AccountFacts>,
}

/// Releases of the same people.
#[derive(Debug, Serialize)]
pub struct Population {
    /// Its name.
    pub name: String,
    /// The names of the releases.
    pub names: Vec<String>,
    /// Their versions.
    pub versions: u64,
    /// Rows of the largest.
    pub rows: u64,
    /// Every column that any of them shows.
    pub columns: Vec<String>,
    /// Whether true counts are among them.
    pub exact: bool,
}

/// A column in several releases.
#[derive(Debug, Serialize)]
pub struct Shared {
    /// The column; the pseudonyms of a scope are marked.
    pub column: String,
    /// Whether it holds pseudonyms that are the same in all of them.
    pub pseudonyms: bool,
    /// The names of the releases.
    pub names: Vec<String>,
}

/// A finding, and who answers for that it is no obstacle.
#[derive(Debug, Serialize)]
pub struct Resolved {
    /// The finding.
    #[serde(flatten)]
    pub found: Found,
    /// The decision.
    pub decision: Resolution,
    /// When the release was made.
    pub released: DateTime<Utc>,
}

/// `fyr risk --store`.
pub fn store(door: &Door) -> Result<u8, Refusal> {
    door.workspace()?;
    let ledger = Ledger::of(&door.config.data);
    let body = StoreBody {
        accounts: accounts(door)?,
        ..whole(&ledger.entries()?, ledger.held()?)
    };
    if door.json {
        door.document("store-risk", None, &body)?;
    } else {
        show::store(&door.term, &body);
    }
    Ok(0)
}

#[cfg(feature = "dp")]
fn accounts(door: &Door) -> Result<Vec<AccountFacts>, Refusal> {
    fyr_noise::Ledger::at(door.config.data.join(super::budget::LEDGER)).accounts()
}

/// Without the feature `dp` nothing is known of what such a ledger holds.
#[cfg(not(feature = "dp"))]
#[allow(clippy::unnecessary_wraps)] // The other build can refuse.
fn accounts(_: &Door) -> Result<Vec<AccountFacts>, Refusal> {
    Ok(Vec::new())
}

fn name(release: &str) -> String {
    release.split(' ').next().unwrap_or_default().to_owned()
}

fn whole(entries: &[Entry], held: BTreeMap<String, Vec<Found>>) -> StoreBody {
    let mut populations: BTreeMap<&str, Population> = BTreeMap::new();
    let mut columns: BTreeMap<(String, Option<u64>), BTreeSet<String>> = BTreeMap::new();
    let mut resolved = Vec::new();
    for entry in entries {
        let one = populations.entry(&entry.trace.population).or_insert_with(|| Population {
            name: entry.trace.population.clone(),
            names: Vec::new(),
            versions: 0,
            rows: 0,
            columns: Vec::new(),
            exact: false,
        });
        one.versions += 1;
        one.names.push(name(&entry.trace.release));
        for trace in std::iter::once(&entry.trace).chain(&entry.margins) {
            one.rows = one.rows.max(trace.groups.iter().map(|group| group.rows).sum());
            one.exact |= trace.exact;
            one.columns.extend(trace.columns.iter().cloned());
            let scope = trace
                .pseudonyms
                .iter()
                .flat_map(|own| own.columns.iter().map(|column| (column.clone(), Some(own.scope))));
            for key in trace.columns.iter().map(|column| (column.clone(), None)).chain(scope) {
                columns.entry(key).or_default().insert(name(&trace.release));
            }
        }
        for found in &entry.found {
            if let Some(decision) = entry.resolved.get(&found.id) {
                resolved.push(Resolved {
                    found: found.clone(),
                    decision: decision.clone(),
                    released: entry.at,
                });
            }
        }
    }
    let mut populations: Vec<Population> = populations.into_values().collect();
    for one in &mut populations {
        one.names.sort();
        one.names.dedup();
        one.columns.sort();
        one.columns.dedup();
    }
    StoreBody {
        releases: entries.len() as u64,
        populations,
        shared: columns
            .into_iter()
            .filter(|(_, names)| names.len() > 1)
            .map(|((column, scope), names)| Shared {
                column,
                pseudonyms: scope.is_some(),
                names: names.into_iter().collect(),
            })
            .collect(),
        resolved,
        held,
        spent: accumulation::by_unit(&entries.iter().map(|entry| &entry.trace).collect::<Vec<_>>()),
        accounts: Vec::new(),
    }
}
