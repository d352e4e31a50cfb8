//! A look at what a report's catalogue points to: descriptions of APIs, and whether addresses answer.
//!
//! Descriptions are anybody's bytes: they are fetched through the guard and told apart in a confined worker.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use fyr_assess::national::{Description, described};
use fyr_model::catalogue::Value;
use fyr_model::link::LinkVerdict;
use fyr_model::{CatalogueView, Refusal};

use crate::commands::{Bench, Door};
use crate::workspace::internal;

/// Bytes of a description that are read.
const BYTES_MAX: usize = 16 << 20;

/// What was seen.
#[derive(Default)]
pub struct Looked {
    /// By address.
    pub descriptions: BTreeMap<String, Description>,
    /// By address.
    pub links: BTreeMap<String, LinkVerdict>,
}

/// Looks at what a report asks about.
pub async fn at(door: &Door, bench: &Bench, view: &CatalogueView, report: &str) -> Result<Looked, Refusal> {
    let mut looked = Looked::default();
    let iris = |values: &[Value]| -> Vec<String> { values.iter().filter_map(Value::iri).map(str::to_owned).collect() };
    let addresses: BTreeSet<String> = match report {
        "services" => view.services.iter().flat_map(|one| iris(&one.endpoint_url)).collect(),
        "principles" => {
            let files = view.datasets.iter().flat_map(|one| &one.distributions);
            files
                .flat_map(|one| [iris(&one.access_url), iris(&one.download_url)].concat())
                .collect()
        }
        _ => BTreeSet::new(),
    };
    let verdicts = bench.links(&addresses, &BTreeMap::new()).await;
    looked.links = verdicts.into_iter().map(|one| (one.url.clone(), one)).collect();
    if report == "services" {
        let documents: BTreeSet<String> = view.services.iter().flat_map(|one| iris(&one.endpoint_description)).collect();
        for address in documents {
            // A description that cannot be had is not measured; that its address is dead is another report's finding.
            if let Ok(path) = bench.fetched(&address).await {
                let description = told(door, bench, &address, &path)?;
                looked.descriptions.insert(address, description);
            }
        }
    }
    Ok(looked)
}

fn told(door: &Door, bench: &Bench, address: &str, path: &Path) -> Result<Description, Refusal> {
    let runner = crate::work::runner().map_err(|error| internal("runner", &error))?;
    let dir = bench.work("description")?;
    let path: PathBuf = path.to_owned();
    let told = tokio::task::block_in_place(|| runner.run("national.describe", address, &path, &dir, &door.config.worker));
    // A document that kills its reader is none that can be called valid.
    Ok(told.unwrap_or_else(|_| Description {
        kind: "other".to_owned(),
        ..Description::default()
    }))
}

/// Tells what a description is, in a confined worker.
///
/// # Errors
/// A file that cannot be read.
pub fn describe_work(input: serde_json::Value, _dir: &Path) -> Result<serde_json::Value, Refusal> {
    let path: PathBuf = serde_json::from_value(input).map_err(|error| internal("bad-request", &error))?;
    let bytes = std::fs::read(path).map_err(|error| internal("description", &error))?;
    let description = described(bytes.get(..bytes.len().min(BYTES_MAX)).unwrap_or_default());
    serde_json::to_value(description).map_err(|error| internal("bad-response", &error))
}
