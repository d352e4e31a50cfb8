//! Profiles of former versions, kept in the private area so that the next one is compared with them without their data.
//!
//! In: the profiler of a staged table. Out: what differs from the last release, or from the file before while nothing is released; and the rows
//! of the versions so far. Before a profile is kept it gives up the values of every column that is not cleared and plain, so a file here holds no
//! personal data; it is for this user only all the same.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use chrono::{DateTime, Utc};
use fyr_model::profile::{DriftReport, Explanation};
use fyr_model::quality::{QualityReport, RuleResult};
use fyr_model::{PipelineName, Refusal, Sha256, Version};
use fyr_table::Exposure;
use fyr_table::profile::{TableProfiler, drift, drift_findings};
use serde::{Deserialize, Serialize};

use crate::disk::{disk, private_folder};

/// The state of a candidate's profile, beside its files.
pub(crate) const STATE: &str = "profile-state.json";
const LATEST: &str = "latest";
const PREVIOUS: &str = "previous";
/// Versions kept: enough for the band of rows (`tables.md` section 3).
const VERSIONS_MAX: usize = 6;

/// What is known of a kept profile beside its state.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Entry {
    /// The release that it belongs to; none for a file that was only read.
    pub(crate) version: Option<Version>,
    /// When the file was read.
    pub(crate) at: DateTime<Utc>,
    /// Its rows.
    pub(crate) rows: u64,
    /// The digest of its bytes.
    pub(crate) source: Sha256,
    /// What its rules found: counts and row numbers.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) rules: Vec<RuleResult>,
}

/// The profiles of one pipeline.
pub(crate) struct Kept {
    folder: PathBuf,
    /// By the name of the state's file: a version, `latest` or `previous`.
    entries: BTreeMap<String, Entry>,
}

impl Kept {
    /// Opens the folder of a pipeline; one that cannot be read is as good as none.
    pub(crate) fn open(data: &Path, name: &PipelineName) -> Self {
        let folder = data.join("profiles").join(name.as_str());
        let entries = std::fs::read(folder.join("kept.json"))
            .ok()
            .and_then(|bytes| serde_json::from_slice(&bytes).ok())
            .unwrap_or_default();
        Self { folder, entries }
    }

    /// Entries of versions that stand, oldest first.
    fn versions(&self, released: &[Version]) -> Vec<(&String, &Entry)> {
        let stands = |entry: &&Entry| entry.version.is_some_and(|version| released.contains(&version));
        let mut found: Vec<_> = self.entries.iter().filter(|(_, entry)| stands(entry)).collect();
        found.sort_by_key(|(_, entry)| entry.version);
        found
    }

    /// The rows of the versions that stand, oldest first.
    pub(crate) fn rows(&self, released: &[Version]) -> Vec<u64> {
        self.versions(released).into_iter().map(|(_, entry)| entry.rows).collect()
    }

    /// Says of every rule what became of the rows that failed in the last release that stands.
    pub(crate) fn mark(&self, report: &mut QualityReport, released: &[Version]) {
        let Some((_, former)) = self.versions(released).pop() else {
            return;
        };
        for rule in &mut report.rules {
            let before = former.rules.iter().find(|before| before.id == rule.id);
            rule.change = before.and_then(|before| rule.since(before));
        }
    }

    /// What to compare with: the last release that stands, else the former file where it was another one.
    fn former(&self, released: &[Version], source: &Sha256) -> Option<(Entry, TableProfiler)> {
        let other = |name: &str| self.entries.get_key_value(name).filter(|(_, entry)| entry.source != *source);
        let (name, entry) = self
            .versions(released)
            .pop()
            .or_else(|| other(LATEST))
            .or_else(|| other(PREVIOUS))?;
        match TableProfiler::load(&self.state(name)) {
            Ok(state) => Some((entry.clone(), state)),
            Err(refusal) => {
                tracing::warn!(version = name, id = refusal.id, "a kept profile cannot be compared with");
                None
            }
        }
    }

    /// How a settled profile differs from the former version, as its owner is told.
    pub(crate) fn compare(
        &self,
        profiler: &TableProfiler,
        exposure: &Exposure,
        source: &Sha256,
        released: &[Version],
        explained: &[Explanation],
    ) -> Option<DriftReport> {
        let (entry, former) = self.former(released, source)?;
        let drift = drift(&former, profiler, exposure);
        let findings = drift_findings(&drift);
        let holds = |said: &&Explanation| Some(said.since) == entry.version && findings.iter().any(|finding| said.fits(finding));
        Some(DriftReport {
            since: entry.version,
            at: entry.at,
            drift,
            explained: explained.iter().filter(holds).cloned().collect(),
            findings,
        })
    }

    /// Keeps the state of the file that was just read; the one before stays while it is another file.
    pub(crate) fn remember(&mut self, state: &Path, entry: Entry) -> Result<(), Refusal> {
        let former = self.state(LATEST);
        let before = self
            .entries
            .get(LATEST)
            .filter(|before| before.source != entry.source && former.exists());
        if let Some(before) = before.cloned() {
            self.put(&former, PREVIOUS, before)?;
        }
        self.put(state, LATEST, entry)?;
        self.write()
    }

    /// Keeps the state of a release.
    pub(crate) fn release(&mut self, state: &Path, version: Version, entry: Entry) -> Result<(), Refusal> {
        let entry = Entry {
            version: Some(version),
            ..entry
        };
        self.put(state, &version.to_string(), entry)?;
        let mut versions: Vec<Version> = self.entries.values().filter_map(|entry| entry.version).collect();
        versions.sort_unstable();
        let old = versions.len().saturating_sub(VERSIONS_MAX);
        for version in versions.into_iter().take(old) {
            let name = version.to_string();
            self.entries.remove(&name);
            // The list no longer names it; what is left of it is swept with the folder.
            let _ = std::fs::remove_file(self.state(&name));
        }
        self.write()
    }

    fn state(&self, name: &str) -> PathBuf {
        self.folder.join(format!("{name}.state.json"))
    }

    /// Copies a state beside its place and then into it, so that a reader sees the old one or the new one.
    fn put(&mut self, from: &Path, name: &str, entry: Entry) -> Result<(), Refusal> {
        private_folder(&self.folder)?;
        let to = self.state(name);
        let beside = to.with_extension("new");
        std::fs::copy(from, &beside)
            .and_then(|_| std::fs::rename(&beside, &to))
            .map_err(|error| disk(&to, &error))?;
        self.entries.insert(name.to_owned(), entry);
        Ok(())
    }

    fn write(&self) -> Result<(), Refusal> {
        let path = self.folder.join("kept.json");
        let bytes = serde_json::to_vec_pretty(&self.entries).map_err(|error| disk(&path, &error))?;
        let beside = path.with_extension("new");
        std::fs::write(&beside, bytes)
            .and_then(|()| std::fs::rename(&beside, &path))
            .map_err(|error| disk(&path, &error))
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use std::sync::Arc;

    use fyr_model::table::{Column, ColumnType};
    use fyr_table::Show;
    use fyr_table::arrow::array::{ArrayRef, Float64Array, RecordBatch};
    use fyr_table::arrow::datatypes::{DataType, Field, Schema};

    use super::*;

    fn profiler(values: std::ops::Range<i32>) -> TableProfiler {
        let column = Column {
            name: "antal".into(),
            header: "antal".into(),
            kind: ColumnType::Number,
            semantic: None,
            description: None,
            unit: None,
        };
        let schema = Schema::new(vec![Field::new("antal", DataType::Float64, true)]);
        let mut profiler = TableProfiler::new(&[column], &schema).unwrap();
        let array: ArrayRef = Arc::new(Float64Array::from_iter_values(values.map(f64::from)));
        assert!(profiler.see(&RecordBatch::try_new(Arc::new(schema), vec![array]).unwrap()));
        profiler.settle();
        profiler
    }

    fn exposure() -> Exposure {
        Exposure {
            columns: [("antal".to_owned(), Show::Values)].into(),
            group_min: 1,
            coarse: false,
        }
    }

    fn entry(mark: &[u8], rows: u64) -> Entry {
        Entry {
            version: None,
            at: DateTime::UNIX_EPOCH,
            rows,
            source: Sha256::of(mark),
            rules: Vec::new(),
        }
    }

    fn stored(dir: &Path, values: std::ops::Range<i32>) -> PathBuf {
        let path = dir.join(STATE);
        let mut state = profiler(values);
        state.forget(&exposure());
        state.store(&path).unwrap();
        path
    }

    #[test]
    fn the_former_file_stands_in_until_there_is_a_release() {
        let dir = tempfile::tempdir().unwrap();
        let name: PipelineName = "exempelby-trad".parse().unwrap();
        let (first, second, third) = (Sha256::of(b"1"), Sha256::of(b"2"), Sha256::of(b"3"));
        let mut kept = Kept::open(dir.path(), &name);
        assert!(kept.compare(&profiler(0..100), &exposure(), &first, &[], &[]).is_none());
        kept.remember(&stored(dir.path(), 0..100), entry(b"1", 100)).unwrap();

        let mut kept = Kept::open(dir.path(), &name);
        assert!(
            kept.compare(&profiler(0..100), &exposure(), &first, &[], &[]).is_none(),
            "the same file"
        );
        kept.remember(&stored(dir.path(), 0..200), entry(b"2", 200)).unwrap();
        // The second file read once more is still compared with the first.
        let again = kept.compare(&profiler(0..200), &exposure(), &second, &[], &[]).unwrap();
        assert_eq!((again.since, again.drift.rows), (None, [100, 200]));

        let version: Version = "1.0.0".parse().unwrap();
        kept.release(&stored(dir.path(), 0..200), version, entry(b"2", 200)).unwrap();
        let said = Explanation {
            since: version,
            finding: "drift-distribution".into(),
            column: Some("antal".into()),
            sv: "Nytt mätområde.".into(),
            en: "New range.".into(),
        };
        let kept = Kept::open(dir.path(), &name);
        let report = kept
            .compare(&profiler(1_000..1_200), &exposure(), &third, &[version], &[said])
            .unwrap();
        assert_eq!(
            (report.since, report.drift.rows, report.warnings()),
            (Some(version), [200, 200], (1, 0))
        );
        assert!(
            kept.compare(&profiler(0..200), &exposure(), &third, &[], &[])
                .unwrap()
                .since
                .is_none(),
            "a release that was withdrawn is not compared with"
        );
    }

    #[test]
    fn what_was_lost_or_is_of_another_shape_is_as_good_as_none() {
        let dir = tempfile::tempdir().unwrap();
        let name: PipelineName = "exempelby-trad".parse().unwrap();
        let mut kept = Kept::open(dir.path(), &name);
        kept.remember(&stored(dir.path(), 0..100), entry(b"1", 100)).unwrap();
        std::fs::write(kept.state(LATEST), r#"{"schema": "fyr/profile-state/0", "table": {}}"#).unwrap();
        let second = Sha256::of(b"2");
        assert!(kept.compare(&profiler(0..100), &exposure(), &second, &[], &[]).is_none());
        std::fs::remove_file(kept.state(LATEST)).unwrap();
        kept.remember(&stored(dir.path(), 0..100), entry(b"2", 100)).unwrap();
        std::fs::write(kept.folder.join("kept.json"), "not json").unwrap();
        assert!(Kept::open(dir.path(), &name).entries.is_empty());
    }

    #[test]
    fn the_last_versions_are_kept_and_their_rows_told_in_order() {
        let dir = tempfile::tempdir().unwrap();
        let name: PipelineName = "exempelby-trad".parse().unwrap();
        let mut kept = Kept::open(dir.path(), &name);
        let released: Vec<Version> = (1..=9).map(|major| format!("{major}.0.0").parse().unwrap()).collect();
        for (rows, version) in (1u64..).zip(&released) {
            kept.release(&stored(dir.path(), 0..3), *version, entry(b"x", rows)).unwrap();
        }
        assert_eq!(kept.rows(&released), [4, 5, 6, 7, 8, 9]);
        assert_eq!(kept.rows(&released[..5]), [4, 5]);
        assert!(!kept.state("1.0.0").exists() && kept.state("9.0.0").exists());
    }
}
