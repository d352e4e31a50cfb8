//! The confined steps of this crate: plan and join what a PxWeb API answers, and stage a file and let the detectors see every batch on its way.
//!
//! `table` cannot name `privacy`; this function stands between them inside the worker, so that the bytes are read once and the finished
//! findings come out as counts.

use std::path::Path;

use chrono::NaiveDate;
use fyr_model::privacy::PersonalDataFinding;
use fyr_model::table::{Column, StagedFacts};
use fyr_model::{Refusal, RefusalKind, Text};
use fyr_privacy::detect::{self, ColumnDetector};
use fyr_table::arrow::array::ArrayRef;
use fyr_table::pxweb::{JoinWork, PlanWork};
use fyr_table::{ColumnObserver, Observer, StageRequest};
use serde::{Deserialize, Serialize};

/// What the worker is asked.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct StageWork {
    /// The file and how to read it.
    pub request: StageRequest,
    /// The day that ages and birth dates are judged against; without one nobody looks for personal data.
    pub reference: Option<NaiveDate>,
}

/// What it answers: the typed table and what detectors found, as counts.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct StageResult {
    /// The staged table.
    pub facts: StagedFacts,
    /// One finding a column, verdict `none` included; none at all when nobody looked.
    pub detections: Vec<PersonalDataFinding>,
}

struct Scan {
    reference: NaiveDate,
    columns: Vec<ColumnScan>,
}

struct ColumnScan(ColumnDetector);

impl ColumnObserver for ColumnScan {
    fn see(&mut self, cells: &ArrayRef, first_row: u64) {
        self.0.observe(cells, first_row);
    }
}

impl Observer for Scan {
    fn begin(&mut self, columns: &[Column]) {
        let detector = |column| ColumnScan(ColumnDetector::new(column, self.reference));
        self.columns = columns.iter().map(detector).collect();
    }
    fn columns(&mut self) -> Vec<&mut dyn ColumnObserver> {
        self.columns.iter_mut().map(|column| column as &mut dyn ColumnObserver).collect()
    }
}

/// The handler `curate.stage`.
///
/// # Errors
/// What `table::stage` refuses, unchanged.
pub fn stage(input: serde_json::Value, dir: &Path) -> Result<serde_json::Value, Refusal> {
    let work: StageWork = serde_json::from_value(input).map_err(|error| broken(&error))?;
    let Some(reference) = work.reference else {
        let facts = fyr_table::stage(&work.request, dir, &mut ())?;
        return answer(StageResult {
            facts,
            detections: Vec::new(),
        });
    };
    let mut scan = Scan {
        reference,
        columns: Vec::new(),
    };
    let facts = fyr_table::stage(&work.request, dir, &mut scan)?;
    let detections = detect::judge(scan.columns.into_iter().map(|column| column.0).collect());
    answer(StageResult { facts, detections })
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
