//! Protection: the raw staged table goes in and is consumed; what comes out is recoded, sorted and written, not yet believed by anybody.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use fyr_model::privacy::{ProtectionFacts, Role};
use fyr_model::release::ReleaseFile;
use fyr_model::table::{Column, ColumnType};
use fyr_model::{Refusal, Version};
use fyr_privacy::ProtectionPlan;
use fyr_table::write::{Working, Written};
use fyr_table::{Engine, StagedTable};

use crate::pipeline::Pipeline;

/// The table's Parquet file inside a release.
pub const PARQUET: &str = "data/all-00000-of-00001.parquet";
/// Its CSV twin.
pub const CSV: &str = "csv/all-00000-of-00001.csv";

/// A table whose rows are as they will be published, in the private area.
pub struct ProtectedTable {
    /// The columns as published.
    pub columns: Vec<Column>,
    /// Roles of the published columns.
    pub roles: BTreeMap<String, Role>,
    /// Rows.
    pub rows: u64,
    /// What was done.
    pub facts: ProtectionFacts,
    /// The reference system that published coordinates stood in at the source.
    pub source_crs: Option<String>,
    recoded: PathBuf,
}

/// What goes into the Parquet file's key-value list beside the schema.
pub struct Label<'a> {
    /// Our dataset IRI.
    pub dataset: &'a str,
    /// The version.
    pub version: Version,
    /// The licence's IRI.
    pub licence: &'a str,
    /// The digest of the source's bytes.
    pub source: String,
}

impl ProtectedTable {
    /// Recodes `table` by `plan`, batch by batch. The staged file is removed: nobody can reach the raw rows through this value.
    pub fn make(table: StagedTable, plan: &ProtectionPlan, engine: &Engine, pipeline: &Pipeline, dir: &Path) -> Result<Self, Refusal> {
        let staged = table.facts().path.clone();
        let columns = plan.columns();
        let roles: BTreeMap<String, Role> = columns
            .iter()
            .filter_map(|column| Some((column.name.clone(), pipeline.policy.columns.get(&column.name)?.role())))
            .collect();
        let path = dir.join("recoded.parquet");
        let mut recoded = Working::new(&columns, &path);
        engine.each(std::slice::from_ref(&staged), &mut |batch| recoded.take(&plan.apply(batch)?))?;
        let geometry = columns.iter().any(|column| column.kind == ColumnType::Geometry);
        let source_crs = table.facts().report.source_crs.clone().filter(|_| geometry);
        let written = recoded.close()?;
        drop(table);
        std::fs::remove_file(&staged).map_err(|error| crate::disk::disk(&staged, &error))?;
        Ok(Self {
            rows: written.rows,
            columns,
            roles,
            facts: plan.facts().clone(),
            source_crs: source_crs.filter(|name| fyr_table::write::is_crs(name)),
            recoded: path,
        })
    }

    /// The recoded file, to compare with an earlier release.
    pub fn recoded(&self) -> &Path {
        &self.recoded
    }

    /// Whether any row or cell differs from the source by design.
    pub fn is_protected(&self) -> bool {
        self.roles
            .values()
            .any(|role| matches!(role, Role::QuasiIdentifier | Role::Sensitive))
    }

    /// Writes the files of a candidate into `folder`: Parquet, sorted, and its CSV twin.
    ///
    /// A protected table never keeps the order of its source, since that order would tell rows apart.
    pub async fn write(&self, engine: &Engine, sort: &[String], label: &Label<'_>, folder: &Path) -> Result<Vec<ReleaseFile>, Refusal> {
        let all: Vec<String> = self.columns.iter().map(|column| column.name.clone()).collect();
        let sort = match (sort.is_empty(), self.is_protected()) {
            (true, true) => all,
            _ => sort.to_vec(),
        };
        let mut meta = BTreeMap::from([
            ("dataset".to_owned(), label.dataset.to_owned()),
            ("version".to_owned(), label.version.to_string()),
            ("licence".to_owned(), label.licence.to_owned()),
            ("source_sha256".to_owned(), label.source.clone()),
        ]);
        meta.extend(self.source_crs.clone().map(|crs| ("source_crs".to_owned(), crs)));
        for part in ["data", "csv"] {
            std::fs::create_dir_all(folder.join(part)).map_err(|error| crate::disk::disk(&folder.join(part), &error))?;
        }
        let parquet = folder.join(PARQUET);
        let recoded = std::slice::from_ref(&self.recoded);
        let written = write_sorted(engine, recoded, (&self.columns, &self.roles), &sort, &meta, &parquet).await?;
        let twin = fyr_table::write::csv(&[parquet], &self.columns, &folder.join(CSV))?;
        Ok(vec![
            file(CSV, "text/csv", &twin),
            file(PARQUET, "application/vnd.apache.parquet", &written),
        ])
    }
}

/// Writes rows in an order into a release file: by way of a sorted copy beside the first of `recoded`, since what is written of a column
/// depends on all its rows.
///
/// # Errors
/// Those of sorting and writing.
pub async fn write_sorted(
    engine: &Engine,
    recoded: &[PathBuf],
    (columns, roles): (&[Column], &BTreeMap<String, Role>),
    sort: &[String],
    meta: &BTreeMap<String, String>,
    out: &Path,
) -> Result<Written, Refusal> {
    let write = |files: &[PathBuf]| fyr_table::write::parquet_of(files, columns, roles, meta, sort, out);
    let Some(first) = recoded.first().filter(|_| !sort.is_empty()) else {
        return write(recoded);
    };
    let copy = [first.with_extension("sorted.parquet")];
    let written = match engine.sort_into(recoded, sort, columns, &copy[0]).await {
        Ok(()) => write(&copy),
        Err(refusal) => Err(refusal),
    };
    // Whatever became of it, no second copy of the rows stays.
    match std::fs::remove_file(&copy[0]) {
        Err(error) if written.is_ok() => Err(crate::disk::disk(&copy[0], &error)),
        _ => written,
    }
}

fn file(path: &str, media_type: &str, written: &Written) -> ReleaseFile {
    ReleaseFile {
        path: path.to_owned(),
        bytes: written.bytes,
        sha256: written.sha256,
        media_type: media_type.to_owned(),
        rows: Some(written.rows),
    }
}
