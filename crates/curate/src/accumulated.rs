//! What has been published so far, in keyed sketches, and whether a candidate may join it (`privacy.md` section 5).
//!
//! In: the trace of a candidate. Out: nothing, or a refusal while a finding is unresolved. The ledger lies in the private area and keeps every
//! release, withdrawn ones too: what was public stays known. The refusal says how many findings there are; which they are stands in a file
//! for the operator, since a list of findings is a list of targets.

use std::collections::BTreeMap;
use std::io::Read as _;
use std::path::{Path, PathBuf};

use chrono::{DateTime, Utc};
use fyr_audit::Asked;
use fyr_model::privacy::{Resolution, Role};
use fyr_model::{PipelineName, Refusal, RefusalKind, Text, Version};
use fyr_privacy::ProtectionPlan;
use fyr_privacy::accumulation::{Found, Sketcher, Trace, judge};
use serde::{Deserialize, Serialize};

use crate::disk::{disk, private_folder};
use crate::pipeline::Pipeline;
use crate::run::Curate;

/// The file of a candidate's trace, beside its data.
const TRACE: &str = "accumulation.json";
const SECRET: &str = "key";
const SECRET_BYTES: u64 = 32;

/// What a candidate tells, and what it is held to.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Told {
    pub(crate) trace: Trace,
    /// The smallest group that may show.
    pub(crate) k: u64,
    /// Findings that a person has resolved, by id.
    pub(crate) resolved: BTreeMap<String, Resolution>,
}

/// A release in the ledger.
#[derive(Debug, Serialize, Deserialize)]
struct Entry {
    at: DateTime<Utc>,
    trace: Trace,
    /// What was found when it was released; each has been resolved.
    #[serde(default)]
    found: Vec<Found>,
    #[serde(default)]
    resolved: BTreeMap<String, Resolution>,
}

impl Curate {
    /// What a table tells once it is protected by `plan`; nothing when no column could single anybody out.
    pub(crate) fn told(&self, pipeline: &Pipeline, plan: &ProtectionPlan, parquet: &[PathBuf]) -> Result<Option<Told>, Refusal> {
        let columns = plan.quasi_identifiers();
        let Some(model) = pipeline.policy.model.as_ref().filter(|_| !columns.is_empty()) else {
            return Ok(None);
        };
        let sketcher = self.sketcher()?;
        let mut groups = BTreeMap::new();
        self.engine.each(parquet, &mut |batch| plan.trace(batch, &sketcher, &mut groups))?;
        let population = pipeline.policy.population.clone();
        let trace = Trace {
            release: pipeline.name.to_string(),
            population: population.unwrap_or_else(|| pipeline.file.dataset.clone()),
            exact: true,
            columns,
            groups: groups.into_values().collect(),
        };
        Ok(Some(Told {
            trace,
            k: model.k.max(fyr_audit::K_FLOOR),
            resolved: pipeline.policy.resolved.clone(),
        }))
    }

    /// Refuses a candidate that tells too much together with what is public already, until each finding is resolved.
    pub(crate) fn weigh(&self, name: &PipelineName, told: &Told) -> Result<Vec<Found>, Refusal> {
        let earlier: Vec<Trace> = self.ledger()?.into_iter().map(|entry| entry.trace).collect();
        let found = judge(&told.trace, &earlier, told.k);
        let open: Vec<&Found> = found.iter().filter(|one| !told.resolved.contains_key(&one.id)).collect();
        let path = self.accumulation().join("findings").join(format!("{name}.json"));
        if open.is_empty() {
            remove(&path)?;
            return Ok(found);
        }
        private_folder(path.parent().unwrap_or(Path::new(".")))?;
        write(&path, &open)?;
        Err(held(name, open.len()))
    }

    /// Keeps what a release tells.
    pub(crate) fn remember_told(&self, told: &Told, found: Vec<Found>, at: DateTime<Utc>) -> Result<(), Refusal> {
        let folder = self.accumulation().join("releases");
        private_folder(&folder)?;
        let path = folder.join(format!("{}.json", told.trace.release.replace(' ', "@")));
        let entry = Entry {
            at,
            trace: told.trace.clone(),
            resolved: told
                .resolved
                .iter()
                .filter(|(id, _)| found.iter().any(|one| one.id == **id))
                .map(|(id, one)| (id.clone(), one.clone()))
                .collect(),
            found,
        };
        write(&path, &entry)
    }

    /// Every release so far, by name. One that cannot be read stops everything: what it told is not known.
    fn ledger(&self) -> Result<Vec<Entry>, Refusal> {
        let folder = self.accumulation().join("releases");
        let mut paths: Vec<PathBuf> = match std::fs::read_dir(&folder) {
            Ok(entries) => entries.filter_map(|entry| Some(entry.ok()?.path())).collect(),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Vec::new(),
            Err(error) => return Err(disk(&folder, &error)),
        };
        paths.retain(|path| path.extension().is_some_and(|ending| ending == "json"));
        paths.sort_unstable();
        paths.iter().map(|path| read(path)).collect()
    }

    fn accumulation(&self) -> PathBuf {
        self.data.join("accumulation")
    }

    /// The ledger's secret, made the first time.
    fn sketcher(&self) -> Result<Sketcher, Refusal> {
        let folder = self.accumulation();
        private_folder(&folder)?;
        let path = folder.join(SECRET);
        let secret = match std::fs::read(&path) {
            Ok(secret) => secret,
            // A new secret would make every earlier release look like one that nothing is known of.
            Err(error) if error.kind() == std::io::ErrorKind::NotFound && !self.ledger()?.is_empty() => return Err(broken(&path)),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                let mut secret = Vec::new();
                let source = std::fs::File::open("/dev/urandom").map_err(|error| disk(&path, &error))?;
                source
                    .take(SECRET_BYTES)
                    .read_to_end(&mut secret)
                    .map_err(|error| disk(&path, &error))?;
                private_file(&path, &secret)?;
                secret
            }
            Err(error) => return Err(disk(&path, &error)),
        };
        Sketcher::new(&secret).ok_or_else(|| broken(&path))
    }
}

impl Told {
    /// The candidate's version, once it is known.
    pub(crate) fn of_version(mut self, version: Version) -> Self {
        self.trace.release = format!("{} {version}", self.trace.release);
        self
    }

    pub(crate) fn write(&self, folder: &Path) -> Result<(), Refusal> {
        write(&folder.join(TRACE), self)
    }

    /// What was kept beside a candidate; nothing when it has no column that could single anybody out.
    pub(crate) fn read(folder: &Path, asked: &Asked) -> Result<Option<Self>, Refusal> {
        let path = folder.join(TRACE);
        let needed = asked.k.is_some() && asked.roles.values().any(|role| *role == Role::QuasiIdentifier);
        match (path.exists(), needed) {
            (true, _) => read(&path).map(Some),
            (false, true) => Err(broken(&path)),
            (false, false) => Ok(None),
        }
    }
}

fn read<T: serde::de::DeserializeOwned>(path: &Path) -> Result<T, Refusal> {
    let bytes = std::fs::read(path).map_err(|error| disk(path, &error))?;
    serde_json::from_slice(&bytes).map_err(|_| broken(path))
}

fn write<T: Serialize>(path: &Path, value: &T) -> Result<(), Refusal> {
    let bytes = serde_json::to_vec_pretty(value).map_err(|error| disk(path, &error))?;
    private_file(path, &bytes)
}

/// Writes a file for this user only, whole or not at all.
fn private_file(path: &Path, bytes: &[u8]) -> Result<(), Refusal> {
    use std::io::Write as _;
    let failed = |error: &dyn std::fmt::Display| disk(path, error);
    let folder = path.parent().unwrap_or(Path::new("."));
    // A temporary file is made for this user only.
    let mut file = tempfile::NamedTempFile::new_in(folder).map_err(|error| failed(&error))?;
    file.write_all(bytes).map_err(|error| failed(&error))?;
    file.as_file().sync_all().map_err(|error| failed(&error))?;
    file.persist(path).map_err(|error| failed(&error))?;
    Ok(())
}

fn remove(path: &Path) -> Result<(), Refusal> {
    match std::fs::remove_file(path) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(disk(path, &error)),
        _ => Ok(()),
    }
}

fn broken(path: &Path) -> Refusal {
    let shown = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let text = Text::new(
        format!("liggaren över vad som har publicerats går inte att läsa: `{shown}`"),
        format!("the ledger of what has been published cannot be read: `{shown}`"),
    );
    Refusal::new("accumulation-ledger", RefusalKind::Internal, shown, text)
}

fn held(name: &PipelineName, findings: usize) -> Refusal {
    let text = Text::new(
        format!("tillsammans med vad som redan är publicerat röjer kandidaten för små grupper: {findings} fynd är olösta"),
        format!("together with what is public already the candidate shows groups that are too small: {findings} findings are unresolved"),
    );
    let hint = Text::new(
        format!(
            "läs accumulation/findings/{name}.json i datamappen; gör grövre, eller lös fyndet under [resolved] i policyn med reason, by, role och date"
        ),
        format!(
            "read accumulation/findings/{name}.json in the data folder; generalise, or resolve the finding under [resolved] of the policy with reason, by, role and date"
        ),
    );
    Refusal::new("accumulation-held", RefusalKind::Forbidden, name.as_str(), text).hint(hint)
}
