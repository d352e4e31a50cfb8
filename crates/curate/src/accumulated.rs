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
use fyr_privacy::accumulation::{Found, Pseudonyms, Sketcher, Summing, Trace, judge, together};
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
pub struct Told {
    /// Its rows, or the finest margin of its tables.
    pub trace: Trace,
    /// The other margins.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub margins: Vec<Trace>,
    /// The smallest group that may show.
    pub k: u64,
    /// Findings that a person has resolved, by id.
    pub resolved: BTreeMap<String, Resolution>,
}

/// A release in the ledger.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Entry {
    /// When it was released.
    pub at: DateTime<Utc>,
    /// What it tells.
    pub trace: Trace,
    /// The other margins of its tables.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub margins: Vec<Trace>,
    /// What was found when it was released; each has been resolved.
    #[serde(default)]
    pub found: Vec<Found>,
    /// By whom, in what role, when and why.
    #[serde(default)]
    pub resolved: BTreeMap<String, Resolution>,
}

/// What has been published so far. It lies in the private area.
#[derive(Debug, Clone)]
pub struct Ledger {
    folder: PathBuf,
}

impl Ledger {
    /// The ledger of a data folder.
    pub fn of(data: &Path) -> Self {
        Self {
            folder: data.join("accumulation"),
        }
    }

    /// What a candidate tells together with every earlier release, when a person has resolved all of it.
    ///
    /// # Errors
    /// `accumulation-held` while a finding is unresolved; `accumulation-ledger` when the ledger cannot be read: what was told is not known then.
    pub fn weigh(&self, name: &PipelineName, told: &Told) -> Result<Vec<Found>, Refusal> {
        let entries = self.entries()?;
        let earlier: Vec<Trace> = entries
            .into_iter()
            .flat_map(|entry| [vec![entry.trace], entry.margins].concat())
            .collect();
        let own: Vec<&Trace> = std::iter::once(&told.trace).chain(&told.margins).collect();
        let mut found: Vec<Found> = Vec::new();
        let each = own.iter().flat_map(|trace| judge(trace, &earlier, told.k));
        for one in each.chain(together(&own, &earlier, told.k)) {
            if !found.iter().any(|known| known.id == one.id) {
                found.push(one);
            }
        }
        let open: Vec<&Found> = found.iter().filter(|one| !told.resolved.contains_key(&one.id)).collect();
        let path = self.findings().join(format!("{name}.json"));
        if open.is_empty() {
            remove(&path)?;
            return Ok(found);
        }
        private_folder(path.parent().unwrap_or(Path::new(".")))?;
        write(&path, &open)?;
        Err(held(name, open.len()))
    }

    /// Keeps what a release tells.
    ///
    /// # Errors
    /// `disk`.
    pub fn remember(&self, told: &Told, found: Vec<Found>, at: DateTime<Utc>) -> Result<(), Refusal> {
        let folder = self.folder.join("releases");
        private_folder(&folder)?;
        let path = folder.join(format!("{}.json", told.trace.release.replace(' ', "@")));
        let resolved = told.resolved.iter().filter(|(id, _)| found.iter().any(|one| one.id == **id));
        let entry = Entry {
            at,
            trace: told.trace.clone(),
            margins: told.margins.clone(),
            resolved: resolved.map(|(id, one)| (id.clone(), one.clone())).collect(),
            found,
        };
        write(&path, &entry)
    }

    /// Every release so far, in the order that they were made.
    ///
    /// # Errors
    /// `accumulation-ledger`: one that cannot be read stops everything, since what it told is not known.
    pub fn entries(&self) -> Result<Vec<Entry>, Refusal> {
        let mut entries: Vec<Entry> = files(&self.folder.join("releases"))?
            .iter()
            .map(|path| read(path))
            .collect::<Result<_, _>>()?;
        entries.sort_by(|a, b| a.at.cmp(&b.at).then_with(|| a.trace.release.cmp(&b.trace.release)));
        Ok(entries)
    }

    /// What candidates that are held have been found to tell, by name.
    ///
    /// # Errors
    /// `accumulation-ledger`.
    pub fn held(&self) -> Result<BTreeMap<String, Vec<Found>>, Refusal> {
        let name = |path: &PathBuf| path.file_stem().map(|stem| stem.to_string_lossy().into_owned()).unwrap_or_default();
        files(&self.findings())?.iter().map(|path| Ok((name(path), read(path)?))).collect()
    }

    fn findings(&self) -> PathBuf {
        self.folder.join("findings")
    }

    /// What digests are made with. The ledger's secret is made the first time.
    ///
    /// # Errors
    /// `accumulation-ledger` when there are releases and no secret, `disk`.
    pub fn sketcher(&self) -> Result<Sketcher, Refusal> {
        private_folder(&self.folder)?;
        let path = self.folder.join(SECRET);
        let secret = match std::fs::read(&path) {
            Ok(secret) => secret,
            // A new secret would make every earlier release look like one that nothing is known of.
            Err(error) if error.kind() == std::io::ErrorKind::NotFound && !self.entries()?.is_empty() => return Err(broken(&path)),
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

impl Curate {
    /// What a table tells once it is protected by `plan`; nothing when no column could single anybody out and no pseudonym can be followed.
    pub(crate) fn told(&self, pipeline: &Pipeline, plan: &ProtectionPlan, parquet: &[PathBuf]) -> Result<Option<Told>, Refusal> {
        let policy = &pipeline.policy;
        let columns = plan.quasi_identifiers();
        let model = policy.model.as_ref().filter(|_| !columns.is_empty());
        let scoped = policy
            .pseudonyms
            .as_ref()
            .and_then(|one| Some((one.scope.as_ref()?, one.columns.keys())));
        if model.is_none() && scoped.is_none() {
            return Ok(None);
        }
        let sketcher = self.ledger().sketcher()?;
        let mut groups = BTreeMap::new();
        let mut summings = plan.summings();
        if model.is_some() {
            self.engine.each(parquet, &mut |batch| {
                plan.sums(batch, &sketcher, &mut summings)?;
                plan.trace(batch, &sketcher, &mut groups)
            })?;
        }
        let trace = Trace {
            release: pipeline.name.to_string(),
            population: policy.population.clone().unwrap_or_else(|| pipeline.file.dataset.clone()),
            exact: true,
            table: false,
            columns,
            groups: groups.into_values().collect(),
            pseudonyms: scoped.map(|(scope, names)| Pseudonyms {
                scope: sketcher.scope(scope),
                columns: names.cloned().collect(),
                rows: plan.facts().rows_in,
            }),
            sums: summings.into_iter().map(Summing::finish).collect(),
            spent: None,
        };
        Ok(Some(Told {
            trace,
            margins: Vec::new(),
            k: model.map_or(0, |model| model.k).max(fyr_audit::K_FLOOR),
            resolved: policy.resolved.clone(),
        }))
    }

    pub(crate) fn ledger(&self) -> Ledger {
        Ledger::of(&self.data)
    }

    /// Refuses a candidate that tells too much together with what is public already, until each finding is resolved.
    pub(crate) fn weigh(&self, name: &PipelineName, told: &Told) -> Result<Vec<Found>, Refusal> {
        self.ledger().weigh(name, told)
    }

    /// Keeps what a release tells.
    pub(crate) fn remember_told(&self, told: &Told, found: Vec<Found>, at: DateTime<Utc>) -> Result<(), Refusal> {
        self.ledger().remember(told, found, at)
    }
}

/// The documents in a folder, by name; a folder that is not there has none.
fn files(folder: &Path) -> Result<Vec<PathBuf>, Refusal> {
    let mut paths: Vec<PathBuf> = match std::fs::read_dir(folder) {
        Ok(entries) => entries.filter_map(|entry| Some(entry.ok()?.path())).collect(),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Vec::new(),
        Err(error) => return Err(disk(folder, &error)),
    };
    paths.retain(|path| path.extension().is_some_and(|ending| ending == "json"));
    paths.sort_unstable();
    Ok(paths)
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
