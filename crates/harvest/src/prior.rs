//! What is known of a source when a run begins, and whether it hangs together.

use fyr_graph::{Entity, Snapshot};
use fyr_model::{Refusal, Sha256, SourceId};

use crate::Harvest;
use crate::refuse;
use crate::snapshot::Snapshots;
use crate::state::{STATE, SourceState, TROUBLE, Trouble};

/// State and store at the beginning of a run.
#[derive(Debug, Clone)]
pub struct Prior {
    pub state: SourceState,
    pub trouble: Trouble,
    pub stored: Option<Snapshot>,
}

/// The snapshot that a new one is compared with.
#[derive(Debug, Clone, Default)]
pub struct Old {
    pub entities: Vec<Entity>,
    /// The digest under which its triples can be unpacked; none when they are lost.
    pub file: Option<Sha256>,
}

impl Prior {
    pub fn load(harvest: &Harvest, id: &SourceId) -> Result<Self, Refusal> {
        let read = |kind| harvest.state.get(kind, id.as_str());
        // A state that cannot be read is as good as none: the next run reads everything again.
        let state = read(STATE)?.and_then(|(value, _)| serde_json::from_value(value).ok());
        let trouble = read(TROUBLE)?.and_then(|(value, _)| serde_json::from_value(value).ok());
        Ok(Self {
            state: state.unwrap_or_default(),
            trouble: trouble.unwrap_or_default(),
            stored: harvest.store.snapshot(id)?,
        })
    }

    /// Whether what was read last is what the store holds, judged by today's rules. Only then may an answer "unchanged" be believed.
    pub fn agrees(&self) -> bool {
        let stored = self.stored.as_ref().map(|stored| stored.sha256);
        stored.is_some() && stored == self.state.snapshot && self.state.rules == fyr_assess::packs()
    }

    /// The snapshot to compare with: the one that the last complete run left, and not the one that a run which was cut off put in the store.
    /// Without it, what the store holds; a source with neither has no past.
    pub fn old(&self, harvest: &Harvest, id: &SourceId) -> Result<Old, Refusal> {
        let snapshots = Snapshots::of(&harvest.data, id);
        let known = [self.state.snapshot, self.stored.as_ref().map(|stored| stored.sha256)];
        for sha256 in known.into_iter().flatten() {
            if let Some(entities) = snapshots.entities(sha256) {
                return Ok(Old {
                    entities,
                    file: Some(sha256),
                });
            }
        }
        if self.stored.is_none() {
            return Ok(Old::default());
        }
        tracing::warn!(source = %id, "the former snapshot's files are missing; its datasets are taken from the store");
        let view = harvest.store.view(id)?;
        let unknown = Sha256::of(b"");
        let entities = view.datasets.iter().map(|dataset| Entity {
            iri: dataset.id.as_str().to_owned(),
            class: if dataset.series { "series" } else { "dataset" }.into(),
            sha256: unknown,
        });
        Ok(Old {
            entities: entities.collect(),
            file: None,
        })
    }
}

impl Old {
    /// Unpacks its triples into `dir`.
    pub fn unpack(&self, harvest: &Harvest, id: &SourceId, dir: &std::path::Path) -> Result<std::path::PathBuf, Refusal> {
        let sha256 = self.file.ok_or_else(|| refuse::snapshot_missing(id))?;
        Snapshots::of(&harvest.data, id).unpack(sha256, dir)
    }
}
