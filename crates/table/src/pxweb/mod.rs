//! Tables behind a PxWeb API: which addresses to ask, which queries, and one table out of the answers.
//!
//! In: an address as a catalogue writes it, then what the API answered, as files. Out: a [`Plan`] of queries that each stay below the API's
//! cell limit, and one JSON-stat 2 document with every cell in the order of the metadata. This module opens no connection: who asks the
//! addresses keeps the limits on calls that the plan states, and runs [`plan()`] and [`join()`] where bytes from outside may be read.
//!
//! Source: PxWeb API 1 (`/api/v1/`, `?config`, a query as the body of a POST) and PxWebApi 2 (`/api/v2/config`, `/tables/ID/metadata`,
//! `/tables/ID/data`), as documented by Statistics Sweden.

mod address;
mod join;
mod plan;

use std::path::{Path, PathBuf};

use fyr_model::Refusal;
use fyr_model::limits::TableLimits;
use serde::{Deserialize, Serialize};

pub use address::{Api, Version};
pub use join::join;
pub use plan::{is_table, plan};

/// What a plan is made of: the API's answers, as files.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PlanWork {
    /// The address, for refusals.
    pub name: String,
    /// Which API it is.
    pub version: Version,
    /// The answer to the question for metadata.
    pub metadata: PathBuf,
    /// The answer to the question for limits; without one, cautious ones hold.
    pub config: Option<PathBuf>,
    /// Our own limits.
    pub limits: TableLimits,
}

/// The queries that together give a whole table.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Plan {
    /// Which API it is for.
    pub version: Version,
    /// The variables in the order of the metadata.
    pub variables: Vec<Variable>,
    /// The queries, in the order of the cells.
    pub parts: Vec<Part>,
    /// Calls that the API allows in each window.
    pub calls_max: u32,
    /// The window in seconds.
    pub window_seconds: u64,
}

/// A variable of a table.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Variable {
    /// Its code.
    pub code: String,
    /// Its name.
    pub label: String,
    /// Whether it is the time.
    pub time: bool,
    /// Whether it is what is measured.
    pub metric: bool,
    /// The codes of its values.
    pub values: Vec<String>,
    /// Their names.
    pub labels: Vec<String>,
}

/// One query: of each variable the values from the first place up to the second.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Part {
    /// A range a variable.
    pub ranges: Vec<(usize, usize)>,
}

impl Part {
    /// Cells that it asks for.
    pub fn cells(&self) -> u64 {
        self.ranges.iter().map(|(from, to)| to.saturating_sub(*from) as u64).product()
    }
}

impl Plan {
    /// The body of a query. Every variable and every value is named, so that an answer never depends on what the API leaves out by itself.
    pub fn query(&self, part: &Part) -> String {
        let chosen = self.variables.iter().zip(&part.ranges).map(|(variable, (from, to))| {
            let values = variable.values.get(*from..*to).unwrap_or_default();
            match self.version {
                Version::One => serde_json::json!({
                    "code": variable.code,
                    "selection": { "filter": "item", "values": values },
                }),
                Version::Two => serde_json::json!({ "variableCode": variable.code, "valueCodes": values }),
            }
        });
        let chosen: Vec<serde_json::Value> = chosen.collect();
        match self.version {
            Version::One => serde_json::json!({ "query": chosen, "response": { "format": "json-stat2" } }).to_string(),
            Version::Two => serde_json::json!({ "selection": chosen }).to_string(),
        }
    }
}

/// What is joined: the plan and the answers to its parts, in their order.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct JoinWork {
    /// The address, for refusals.
    pub name: String,
    /// The plan.
    pub plan: Plan,
    /// The answers.
    pub answers: Vec<PathBuf>,
    /// Our own limits.
    pub limits: TableLimits,
}

/// The joined document in the private folder.
pub const JOINED: &str = "pxweb.json";

fn open(path: &Path, name: &str) -> Result<std::fs::File, Refusal> {
    std::fs::File::open(path).map_err(|error| crate::refuse::io(name, error))
}
