//! The confined steps of this crate: plan and join what a PxWeb API answers, and stage a file and let detectors and profile see every cell on
//! its way.
//!
//! `table` cannot name `privacy`; this function stands between them inside the worker, so that the bytes are read once and only finished
//! findings, as counts, and what the holder may see of the profile come out.

use std::path::Path;

use chrono::NaiveDate;
use fyr_model::privacy::{FreeTextFinding, PersonalDataFinding};
use fyr_model::table::{Column, StagedFacts, TableProfile};
use fyr_model::{Refusal, RefusalKind, Text};
use fyr_privacy::detect::{self, ColumnDetector};
use fyr_privacy::entities::EntityColumn;
use fyr_table::arrow::array::ArrayRef;
use fyr_table::arrow::datatypes::{FieldRef, Schema};
use fyr_table::profile::{ColumnProfiler, RowProfiler, TableProfiler};
use fyr_table::pxweb::{JoinWork, PlanWork};
use fyr_table::{ColumnObserver, Observer, StageRequest, Watch};
use serde::{Deserialize, Serialize};

use crate::exposure::for_holder;
use crate::kept::STATE;
use crate::mentions::{self, Mentions};

/// The folder for what does not fit in memory; wiped with the worker's own.
const SPILL: &str = "spill";

/// What the worker is asked.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct StageWork {
    /// The file and how to read it.
    pub request: StageRequest,
    /// How closely to look at its cells.
    pub look: Look,
}

/// How closely cells are looked at while they are read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Look {
    /// Types only.
    Away,
    /// For personal data; the day is the one that ages and birth dates are judged against.
    Detect(NaiveDate),
    /// For personal data, and for what texts mention of public lists.
    Mention(NaiveDate),
    /// For personal data, and the profile for the file's holder.
    Profile {
        /// The same day.
        reference: NaiveDate,
        /// Whether the state of the profile is left beside the table, to be compared and kept.
        kept: bool,
    },
}

/// What it answers: the typed table, what detectors found as counts, and the profile where it was asked for.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct StageResult {
    /// The staged table.
    pub facts: StagedFacts,
    /// One finding a column, verdict `none` included; none at all when nobody looked.
    pub detections: Vec<PersonalDataFinding>,
    /// What stands inside longer texts, by column and kind.
    pub free_text: Vec<FreeTextFinding>,
    /// What the columns mention, where it was asked for.
    pub mentions: Vec<Mentions>,
    /// What its holder may see of it.
    pub profile: Option<TableProfile>,
}

/// Detectors and profile, fed by the pass that reads the file.
struct Scan {
    reference: NaiveDate,
    look: Look,
    columns: Vec<ColumnScan>,
    rows: RowProfiler,
}

struct ColumnScan {
    detector: ColumnDetector,
    profiler: Option<ColumnProfiler>,
    entities: Option<EntityColumn>,
}

impl ColumnObserver for ColumnScan {
    fn see(&mut self, cells: &ArrayRef, first_row: u64) {
        self.detector.observe(cells, first_row);
        if let Some(profiler) = &mut self.profiler {
            // It was made for the type of these cells.
            let _ = profiler.see(cells);
        }
        if let Some(entities) = &mut self.entities {
            entities.observe(cells);
        }
    }
}

impl Scan {
    fn profiled(&self) -> bool {
        matches!(self.look, Look::Profile { .. })
    }
}

impl Observer for Scan {
    fn begin(&mut self, columns: &[Column], schema: &Schema) {
        let scan = |(column, field): (&Column, &FieldRef)| ColumnScan {
            detector: ColumnDetector::new(column, self.reference, columns.len()),
            entities: matches!(self.look, Look::Mention(_)).then(EntityColumn::default),
            profiler: self
                .profiled()
                .then(|| ColumnProfiler::new(column, field.data_type(), columns.len())),
        };
        self.columns = columns.iter().zip(schema.fields()).map(scan).collect();
        self.rows = RowProfiler::default();
    }
    fn watch(&mut self) -> Watch<'_> {
        let profiled = self.profiled();
        Watch {
            columns: self.columns.iter_mut().map(|column| column as &mut dyn ColumnObserver).collect(),
            rows: profiled.then_some(&mut self.rows),
        }
    }
    fn settled(&mut self, columns: &[Column]) {
        for (scan, column) in self.columns.iter_mut().zip(columns) {
            scan.detector.settled(column);
            if let Some(profiler) = &mut scan.profiler {
                profiler.settled(column);
            }
        }
    }
}

/// The handler `curate.stage`.
///
/// # Errors
/// What `table::stage` refuses, unchanged.
pub fn stage(input: serde_json::Value, dir: &Path) -> Result<serde_json::Value, Refusal> {
    let work: StageWork = serde_json::from_value(input).map_err(|error| broken(&error))?;
    let (Look::Detect(reference) | Look::Mention(reference) | Look::Profile { reference, .. }) = work.look else {
        let facts = fyr_table::stage(&work.request, dir, &mut ())?;
        return answer(StageResult {
            facts,
            detections: Vec::new(),
            free_text: Vec::new(),
            mentions: Vec::new(),
            profile: None,
        });
    };
    let mut scan = Scan {
        reference,
        look: work.look,
        columns: Vec::new(),
        rows: RowProfiler::default(),
    };
    let facts = fyr_table::stage(&work.request, dir, &mut scan)?;
    let profiled = scan.profiled();
    let (mut detectors, mut profilers, mut entities) = (Vec::new(), Vec::new(), Vec::new());
    for column in scan.columns {
        detectors.push(column.detector);
        profilers.extend(column.profiler);
        entities.extend(column.entities);
    }
    let free_text = detect::free_text(&detectors);
    let detections = detect::judge(detectors);
    let mentions = mentions::told(&facts.report.columns, entities, &detections);
    let profile = profiled
        .then(|| {
            let profiler = TableProfiler::of(profilers, scan.rows);
            finished(profiler, &facts, &detections, (dir, work.look))
        })
        .transpose()?;
    answer(StageResult {
        facts,
        detections,
        free_text,
        mentions,
        profile,
    })
}

/// What the holder may see of the profile; its state is left beside the table where it is to be kept.
fn finished(
    profiler: TableProfiler,
    facts: &StagedFacts,
    detections: &[PersonalDataFinding],
    (dir, look): (&Path, Look),
) -> Result<TableProfile, Refusal> {
    let (reference, kept) = match look {
        Look::Profile { reference, kept } => (Some(reference), kept),
        Look::Away | Look::Detect(_) | Look::Mention(_) => (None, false),
    };
    if kept {
        profiler.clone().store(&dir.join(STATE))?;
    }
    let exposure = for_holder(&facts.report.columns, detections);
    let parquet = [facts.path.clone()];
    fyr_table::finish_profile(profiler, &parquet, &dir.join(SPILL), reference, Some(&facts.report), &exposure)
}

/// The handler `curate.pxweb-table`.
///
/// # Errors
/// What `table::pxweb::is_table` refuses, unchanged.
pub fn pxweb_table(input: serde_json::Value, _dir: &Path) -> Result<serde_json::Value, Refusal> {
    let work: PlanWork = serde_json::from_value(input).map_err(|error| broken(&error))?;
    fyr_table::pxweb::is_table(&work).map(serde_json::Value::Bool)
}

/// The handler `curate.pxweb-plan`.
///
/// # Errors
/// What `table::pxweb::plan` refuses, unchanged.
pub fn pxweb_plan(input: serde_json::Value, _dir: &Path) -> Result<serde_json::Value, Refusal> {
    let work: PlanWork = serde_json::from_value(input).map_err(|error| broken(&error))?;
    let plan = fyr_table::pxweb::plan(&work)?;
    serde_json::to_value(plan).map_err(|error| broken(&error))
}

/// The handler `curate.pxweb-join`.
///
/// # Errors
/// What `table::pxweb::join` refuses, unchanged.
pub fn pxweb_join(input: serde_json::Value, dir: &Path) -> Result<serde_json::Value, Refusal> {
    let work: JoinWork = serde_json::from_value(input).map_err(|error| broken(&error))?;
    fyr_table::pxweb::join(&work, dir)?;
    Ok(serde_json::Value::Null)
}

fn answer(result: StageResult) -> Result<serde_json::Value, Refusal> {
    serde_json::to_value(result).map_err(|error| broken(&error))
}

fn broken(error: &serde_json::Error) -> Refusal {
    let text = Text::new(
        format!("arbetet gick inte att beskriva: {error}"),
        format!("the work could not be described: {error}"),
    );
    Refusal::new("worker-protocol", RefusalKind::Internal, "curate.stage", text)
}
