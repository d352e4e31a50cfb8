//! What rules of a pipeline read beside the table and the registers: releases of this installation, and code lists in files of the owner.

use fyr_model::quality::Reference;
use fyr_model::{PipelineName, Refusal, RefusalKind, Text, Version};
use fyr_table::{ReferenceTable, StageRequest};

use crate::disk::private_folder;
use crate::pipeline::{Pipeline, inside};
use crate::protect::PARQUET;
use crate::run::Curate;
use crate::work::{Look, StageResult, StageWork};

impl Curate {
    /// The tables that the references of a pipeline stand for, each with its edition.
    ///
    /// # Errors
    /// `reference-missing` when there is no such release; what reading a file refuses.
    pub(crate) fn references(&self, pipeline: &Pipeline) -> Result<Vec<ReferenceTable>, Refusal> {
        let all = pipeline.file.references.iter();
        all.map(|(name, reference)| match reference {
            Reference::Release { release, version } => self.released(name, release, *version),
            Reference::File { file, edition } => self.listed(pipeline, name, file, edition),
        })
        .collect()
    }

    fn released(&self, name: &str, release: &PipelineName, wanted: Option<Version>) -> Result<ReferenceTable, Refusal> {
        let found = fyr_publish::versions(&self.published, release)?
            .into_iter()
            .rfind(|one| wanted.is_none_or(|version| one.manifest.record.version == version));
        let Some(found) = found else {
            let shown = wanted.map(|version| format!("@{version}")).unwrap_or_default();
            let text = Text::new(
                format!("utgåvan {release}{shown} finns inte"),
                format!("there is no release {release}{shown}"),
            );
            return Err(
                Refusal::new("reference-missing", RefusalKind::Configuration, name, text).hint(Text::new(
                    format!("publicera {release} först, eller ändra [references]"),
                    format!("publish {release} first, or change [references]"),
                )),
            );
        };
        Ok(ReferenceTable {
            name: name.to_owned(),
            edition: format!("{release}@{}", found.manifest.record.version),
            parquet: found.dir.join(PARQUET),
        })
    }

    /// A code list is read as any data file is, in a confined worker.
    fn listed(&self, pipeline: &Pipeline, name: &str, file: &str, edition: &str) -> Result<ReferenceTable, Refusal> {
        let dir = self.data.join("staged").join(pipeline.name.as_str()).join(format!("ref-{name}"));
        private_folder(&dir)?;
        let work = StageWork {
            request: StageRequest {
                path: inside(&pipeline.beside, file)?,
                name: file.to_owned(),
                media_type: None,
                declared_format: None,
                reading: Default::default(),
                before: None,
                limits: self.limits.clone(),
                digest: None,
            },
            look: Look::Away,
        };
        let StageResult { facts, .. } = tokio::task::block_in_place(|| self.runner.run("curate.stage", file, &work, &dir, &self.worker))?;
        Ok(ReferenceTable {
            name: name.to_owned(),
            edition: edition.to_owned(),
            parquet: facts.path,
        })
    }
}
