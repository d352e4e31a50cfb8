//! The tasks: the same work as the peers are given in `peers.py`, through the crate's doors.
//!
//! In: a generated file. Out: facts by which an answer can be judged: rows, right types, failing rows, groups.

use std::path::{Path, PathBuf};

use fyr_model::table::StagedFacts;
use fyr_model::{Refusal, RefusalKind, Text};
use fyr_table::rules::{self, Rule, identifier};
use fyr_table::{Engine, Exposure, Mode, Show, StageRequest};
use serde_json::{Map, Value, json};
use tempfile::TempDir;
use tokio::runtime::Runtime;

use crate::data::{Kind, stored_alike};

/// Memory of the engine before it spills.
const ENGINE_BYTES: usize = 256 << 20;

/// Something to time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Task {
    Ingest,
    Profile,
    ProfilePq,
    Rules,
    Agg3,
}

impl Task {
    pub const ALL: [Self; 5] = [Self::Ingest, Self::Profile, Self::ProfilePq, Self::Rules, Self::Agg3];

    pub fn name(self) -> &'static str {
        match self {
            Self::Ingest => "ingest",
            Self::Profile => "profile",
            Self::ProfilePq => "profile_pq",
            Self::Rules => "rules",
            Self::Agg3 => "agg3",
        }
    }
}

/// A file that tasks can run on.
pub struct Prepared {
    pub kind: Kind,
    csv: PathBuf,
    scratch: PathBuf,
    engine: Engine,
    runtime: Runtime,
    /// Made once for the tasks that read Parquet.
    staged: Option<(TempDir, StagedFacts)>,
}

impl Prepared {
    pub fn new(kind: Kind, csv: PathBuf, scratch: &Path) -> Result<Self, Refusal> {
        Ok(Self {
            kind,
            csv,
            scratch: scratch.to_path_buf(),
            engine: fyr_table::open(&Mode::Embedded, ENGINE_BYTES, &scratch.join("spill"))?,
            runtime: Runtime::new().map_err(|error| fault("runtime", &error))?,
            staged: None,
        })
    }

    /// Makes what a task reads, outside its timing.
    pub fn ready(&mut self, task: Task) -> Result<(), Refusal> {
        if !matches!(task, Task::Ingest | Task::Profile) && self.staged.is_none() {
            self.staged = Some(self.ingest()?);
        }
        Ok(())
    }

    /// Does a task once.
    pub fn run(&self, task: Task) -> Result<Map<String, Value>, Refusal> {
        match task {
            Task::Ingest => self.ingest().map(|(_, facts)| self.judged(&facts)),
            Task::Profile => {
                let (_dir, facts) = self.ingest()?;
                self.profile(&facts)
            }
            Task::ProfilePq => self.profile(self.staged()?),
            Task::Rules => {
                let rules = rules_of(self.kind)?;
                Ok([("fails".to_owned(), self.check(&rules)?.into())].into_iter().collect())
            }
            Task::Agg3 => {
                let parquet = [self.staged()?.path.clone()];
                let answer = self.runtime.block_on(self.engine.query(&parquet, &aggregate_of(self.kind)))?;
                let groups: usize = answer.iter().map(|batch| batch.num_rows()).sum();
                Ok([("groups".to_owned(), groups.into())].into_iter().collect())
            }
        }
    }

    fn ingest(&self) -> Result<(TempDir, StagedFacts), Refusal> {
        let dir = TempDir::new_in(&self.scratch).map_err(|error| fault("scratch", &error))?;
        // As a request stands on the wire: what is not said has its default.
        let request = json!({"path": self.csv, "name": format!("{}.csv", self.kind.name())});
        let request: StageRequest = serde_json::from_value(request).map_err(|error| fault("request", &error))?;
        let facts = fyr_table::stage(&request, dir.path(), &mut ())?;
        Ok((dir, facts))
    }

    fn staged(&self) -> Result<&StagedFacts, Refusal> {
        let staged = self.staged.as_ref().map(|(_, facts)| facts);
        staged.ok_or_else(|| fault("staged", &"not ready"))
    }

    /// Rows, and how many columns have the right type.
    fn judged(&self, facts: &StagedFacts) -> Map<String, Value> {
        let wanted = self.kind.columns();
        let typed = facts
            .report
            .columns
            .iter()
            .zip(&wanted)
            .filter(|(column, (_, kind))| stored_alike(*kind, column.kind));
        let typed = format!("{}/{}", typed.count(), wanted.len());
        [("rows", Value::from(facts.rows)), ("typed", typed.into())]
            .map(|(key, value)| (key.to_owned(), value))
            .into_iter()
            .collect()
    }

    /// A profile that may show everything: the data is invented.
    fn profile(&self, facts: &StagedFacts) -> Result<Map<String, Value>, Refusal> {
        let columns = &facts.report.columns;
        let exposure = Exposure {
            columns: columns.iter().map(|column| (column.name.clone(), Show::Values)).collect(),
            ..Exposure::default()
        };
        let parquet = [facts.path.clone()];
        let work = self.engine.profile(&parquet, columns, Some(&facts.report), &exposure);
        let profile = self.runtime.block_on(work)?;
        Ok([("columns".to_owned(), Value::from(profile.columns.len()))].into_iter().collect())
    }

    /// How many rows fail each rule.
    fn check(&self, rules: &[Rule]) -> Result<Vec<u64>, Refusal> {
        let facts = self.staged()?;
        let parquet = [facts.path.clone()];
        let report = self.runtime.block_on(self.engine.check(&parquet, &facts.report.columns, rules))?;
        Ok(report.rules.iter().map(|rule| rule.failed).collect())
    }
}

fn fault(subject: &str, cause: &dyn std::fmt::Display) -> Refusal {
    Refusal::new(
        "bench",
        RefusalKind::Internal,
        subject,
        Text::new(cause.to_string(), cause.to_string()),
    )
}

/// A rule as the peers have it: the columns it reads, and what must hold.
type Condition = (&'static [&'static str], &'static str);

const TAXI: [Condition; 9] = [
    (&["passengers"], r#""passengers" IS NOT NULL"#),
    (&["total"], r#""total" >= 0"#),
    (&["dropoff", "pickup"], r#""dropoff" >= "pickup""#),
    (&["distance"], r#""distance" BETWEEN 0 AND 100"#),
    (&["payment"], r#""payment" IN (1, 2, 3, 4, 5)"#),
    (&["store_fwd"], r#""store_fwd" IN ('N', 'Y')"#),
    (&["pu"], r#""pu" BETWEEN 1 AND 265"#),
    (&["total", "fare"], r#""total" >= "fare""#),
    (&["tip", "fare"], r#""tip" <= "fare" * 0.5"#),
];

const WIDE: [Condition; 9] = [
    (&["i0"], r#""i0" IS NOT NULL"#),
    (&["i1"], r#""i1" BETWEEN 0 AND 99999"#),
    (&["f0"], r#""f0" IS NOT NULL"#),
    (&["f1"], r#""f1" < 99"#),
    (&["c0"], r#""c0" LIKE 'category_%'"#),
    (&["c1"], r#""c1" <> 'category_007'"#),
    (&["d0"], r#""d0" >= DATE '2024-01-01'"#),
    (&["b0"], r#""b0" IS NOT NULL"#),
    (&["i3", "i4"], r#""i3" + "i4" >= "i4""#),
];

const SWEDISH: [Condition; 9] = [
    (&["kommunkod"], r#""kommunkod" <> '9999'"#),
    (&["antal"], r#""antal" IS NOT NULL"#),
    (&["belopp"], r#""belopp" >= 0"#),
    (&["andel"], r#""andel" BETWEEN 0 AND 100"#),
    (&["sweref_n"], r#""sweref_n" BETWEEN 6100000 AND 7700000"#),
    (&["sweref_e"], r#""sweref_e" BETWEEN 250000 AND 920000"#),
    (&["epost"], r#""epost" LIKE '%@%'"#),
    (&["orgnr"], r#"length("orgnr") = 11"#),
    (&["datum"], r#""datum" >= DATE '2024-01-01'"#),
];

/// Nine conditions on rows and a unique key.
fn rules_of(kind: Kind) -> Result<Vec<Rule>, Refusal> {
    let (conditions, key) = match kind {
        Kind::Taxi => (&TAXI, "trip_id"),
        Kind::Wide => (&WIDE, "i0"),
        Kind::Swedish => (&SWEDISH, "löpnummer"),
    };
    let unique = identifier(key);
    let unique = format!("SELECT count({unique}) - count(DISTINCT {unique}) FROM t");
    let local = (1..)
        .zip(conditions)
        .map(|(number, (columns, condition))| rule(number, columns, "row", &format!("SELECT t.\"row\" FROM t WHERE NOT ({condition})")));
    local.chain([rule(10, &[key], "number", &unique)]).collect()
}

/// Three keys, five aggregates.
fn aggregate_of(kind: Kind) -> String {
    let columns = match kind {
        Kind::Taxi => ["pu", "payment", "store_fwd", "total"],
        Kind::Wide => ["c0", "c1", "b0", "f0"],
        Kind::Swedish => ["kommunkod", "län", "år", "belopp"],
    };
    let [one, two, three, value] = columns.map(identifier);
    format!(
        "SELECT {one}, {two}, {three}, count(*) AS n, sum({value}) AS s, avg({value}) AS m, min({value}) AS lo, max({value}) AS hi \
         FROM t GROUP BY {one}, {two}, {three}"
    )
}

fn rule(number: u8, columns: &[&str], gives: &str, sql: &str) -> Result<Rule, Refusal> {
    let reads: Vec<String> = columns.iter().map(|column| format!("t.{column}")).collect();
    rules::parse(&format!(
        "-- id: bench-{number:02}      severity: info      owner: bench\n-- sv: Regel {number}.\n-- en: Rule {number}.\n\
         -- reads: {}     gives: {gives}     nulls: fail     limit: 0 rows\n{sql};\n",
        reads.join(", ")
    ))
}
