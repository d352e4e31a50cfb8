//! One data file looked at for its holder: fetched or opened, staged in the worker, scanned. Nothing is stored or published.

use std::path::{Path, PathBuf};

use fyr_confine::Runner;
use fyr_fetch::{Client, What};
use fyr_model::Refusal;
use fyr_model::limits::{TableLimits, WorkerLimits};
use fyr_model::lock::ReadingLock;
use fyr_model::privacy::{FreeTextFinding, PersonalDataFinding};
use fyr_model::resource::Resource;
use fyr_model::table::{Reading, TableProfile};
use fyr_table::{StageRequest, StagedTable};

use crate::kept::STATE;
use crate::mentions::Mentions;
use crate::pxweb::Source;
use crate::work::{Look, StageResult, StageWork};

/// A data file that has been read.
pub struct Inspected {
    /// The bytes.
    pub resource: Resource,
    /// The typed table, in the private folder that was given.
    pub table: StagedTable,
    /// What detectors found.
    pub detections: Vec<PersonalDataFinding>,
    /// What they found inside longer texts.
    pub free_text: Vec<FreeTextFinding>,
    /// What the columns mention, where it was asked for.
    pub mentions: Vec<Mentions>,
    /// The profile, where it was asked for.
    pub profile: Option<TableProfile>,
    /// The state of the profile in the private folder, where it was to be kept.
    pub state: Option<PathBuf>,
}

impl Inspected {
    /// Reads a local file or an address and looks at its cells as closely as asked.
    ///
    /// # Errors
    /// What `fetch` or `table::stage` refuses.
    pub async fn read(
        client: &Client,
        runner: &Runner,
        input: &str,
        reading: Reading,
        limits: (&TableLimits, &WorkerLimits),
        dir: &Path,
        look: Look,
    ) -> Result<Self, Refusal> {
        let source = Source {
            client,
            runner,
            limits: limits.0,
            worker: limits.1,
        };
        let resource = if input.contains("://") {
            source.fetch(input, dir).await?
        } else {
            client.input(input, What::File).await?
        };
        let StageResult {
            facts,
            detections,
            free_text,
            mentions,
            profile,
        } = stage(runner, &resource, None, (reading, None), limits, dir, look)?;
        Ok(Self {
            resource,
            table: StagedTable::adopt(facts),
            detections,
            free_text,
            mentions,
            profile,
            state: matches!(look, Look::Profile { kept: true, .. }).then(|| dir.join(STATE)),
        })
    }
}

/// Stages `resource` in a confined worker.
pub(crate) fn stage(
    runner: &Runner,
    resource: &Resource,
    declared_format: Option<String>,
    (reading, before): (Reading, Option<ReadingLock>),
    (table, worker): (&TableLimits, &WorkerLimits),
    dir: &Path,
    look: Look,
) -> Result<StageResult, Refusal> {
    let request = StageRequest {
        path: resource.path.clone(),
        name: resource.name().to_owned(),
        media_type: resource.media_type.clone(),
        declared_format,
        reading,
        before,
        limits: table.clone(),
        digest: Some((resource.bytes, resource.sha256)),
    };
    let work = StageWork { request, look };
    tokio::task::block_in_place(|| runner.run("curate.stage", &resource.url, &work, dir, worker))
}
