//! The one thing that can be published: files that an auditor read, byte for byte, under a licence that allows it.

use std::collections::BTreeMap;
use std::path::{Component, Path, PathBuf};

use fyr_model::privacy::PrivacyReport;
use fyr_model::release::ReleaseFile;
use fyr_model::{LicenceVerdict, Refusal};

use crate::disk;
use crate::refuse;

/// Protected, audited, licensed files. Only `curate` makes one; the fields cannot be reached or changed from outside.
#[derive(Debug)]
pub struct CuratedDataset {
    dir: PathBuf,
    files: Vec<ReleaseFile>,
    report: PrivacyReport,
    licence: LicenceVerdict,
}

impl CuratedDataset {
    /// Seals `files` in `dir`, when the digests on disk, in the list and in the auditor's report are the same, the audit passed, and the
    /// licence allows a derived work.
    ///
    /// # Errors
    /// `curated-empty`, `audit-failed` (names the checks), `audit-mismatch` (names the file), `licence-unknown`, `licence-no-derivatives`,
    /// `publish-failed` when a file cannot be read.
    pub fn new(dir: PathBuf, mut files: Vec<ReleaseFile>, report: PrivacyReport, licence: LicenceVerdict) -> Result<Self, Refusal> {
        files.sort_by(|a, b| a.path.cmp(&b.path));
        let subject = dir.display();
        if files.is_empty() {
            return Err(refuse::forbidden(
                "curated-empty",
                subject,
                "det finns inga filer att publicera",
                "there are no files to publish",
            ));
        }
        permits(&licence)?;
        passed(&report, &subject.to_string())?;
        let listed: BTreeMap<_, _> = files.iter().map(|file| (file.path.clone(), file.sha256)).collect();
        if listed != report.files || listed.len() != files.len() {
            return Err(mismatch(&subject.to_string()));
        }
        for file in &files {
            let path = inside(&dir, &file.path)?;
            let (sha256, bytes) = disk::digest(&path).map_err(|error| refuse::disk(&path, &error))?;
            if (sha256, bytes) != (file.sha256, file.bytes) {
                return Err(mismatch(&file.path));
            }
        }
        Ok(Self {
            dir,
            files,
            report,
            licence,
        })
    }

    /// Where the files lie.
    pub fn dir(&self) -> &Path {
        &self.dir
    }
    /// The files, by path.
    pub fn files(&self) -> &[ReleaseFile] {
        &self.files
    }
    /// What the auditor measured.
    pub fn report(&self) -> &PrivacyReport {
        &self.report
    }
    /// The verdict on the source's licence.
    pub fn licence(&self) -> &LicenceVerdict {
        &self.licence
    }
}

/// A path of a release inside its folder: plain names only (H23).
pub(crate) fn inside(dir: &Path, path: &str) -> Result<PathBuf, Refusal> {
    let plain = Path::new(path).components().all(|part| matches!(part, Component::Normal(_)));
    if path.is_empty() || path.contains('\\') || !plain {
        return Err(refuse::unreadable(
            "release-path",
            dir,
            "en fil i listan ligger utanför mappen",
            "a listed file lies outside the folder",
        ));
    }
    Ok(dir.join(path))
}

fn permits(licence: &LicenceVerdict) -> Result<(), Refusal> {
    let refusal = |id: &str| {
        let subject = licence.stated.first().map_or("licence", |value| value.as_str());
        refuse::forbidden(id, subject, licence.sentence.sv.clone(), licence.sentence.en.clone())
    };
    match &licence.licence {
        None => Err(refusal("licence-unknown")),
        Some(_) if !licence.derivable => Err(refusal("licence-no-derivatives")),
        Some(_) => Ok(()),
    }
}

fn passed(report: &PrivacyReport, subject: &str) -> Result<(), Refusal> {
    let failed: Vec<&str> = report
        .checks
        .iter()
        .filter(|check| !check.ok)
        .map(|check| check.id.as_str())
        .collect();
    if report.passed && failed.is_empty() {
        return Ok(());
    }
    let failed = failed.join(", ");
    Err(refuse::forbidden(
        "audit-failed",
        subject,
        format!("den fristående granskningen underkände filerna: {failed}"),
        format!("the independent audit failed the files: {failed}"),
    ))
}

fn mismatch(subject: &str) -> Refusal {
    refuse::forbidden(
        "audit-mismatch",
        subject,
        "filerna är inte de som granskades",
        "the files are not those that were audited",
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing;

    fn check(change: impl Fn(&Path, &mut Vec<ReleaseFile>, &mut PrivacyReport, &mut LicenceVerdict), expected: Option<&str>) {
        let dir = tempfile::tempdir().unwrap();
        let mut files = testing::files(dir.path());
        let (mut report, mut licence) = (testing::report(&files), testing::verdict());
        change(dir.path(), &mut files, &mut report, &mut licence);
        let made = CuratedDataset::new(dir.path().to_path_buf(), files, report, licence);
        assert_eq!(made.as_ref().err().map(|refusal| refusal.id.as_str()), expected);
    }

    #[test]
    fn audited_files_under_a_known_licence_are_sealed() {
        check(|_, _, _, _| {}, None);
    }

    #[test]
    fn a_licence_that_is_unknown_or_forbids_derivatives_is_refused() {
        check(|_, _, _, licence| licence.licence = None, Some("licence-unknown"));
        check(|_, _, _, licence| licence.derivable = false, Some("licence-no-derivatives"));
    }

    #[test]
    fn h29_files_that_the_audit_failed_are_refused() {
        check(|_, _, report, _| report.passed = false, Some("audit-failed"));
        check(
            |_, _, report, _| {
                report.checks.iter_mut().for_each(|check| check.ok = false);
            },
            Some("audit-failed"),
        );
    }

    #[test]
    fn h29_files_other_than_the_audited_ones_are_refused() {
        let other = fyr_model::Sha256::of(b"other");
        check(
            |dir, _, _, _| std::fs::write(dir.join("data/all-00000-of-00001.parquet"), "other").unwrap(),
            Some("audit-mismatch"),
        );
        check(|_, files, _, _| files[1].sha256 = other, Some("audit-mismatch"));
        check(|_, files, _, _| files[1].bytes += 1, Some("audit-mismatch"));
        check(
            |_, _, report, _| report.files.values_mut().for_each(|sha| *sha = other),
            Some("audit-mismatch"),
        );
        check(|_, files, _, _| drop(files.remove(0)), Some("audit-mismatch"));
        check(|_, files, _, _| files.clear(), Some("curated-empty"));
    }

    #[test]
    fn h23_a_file_outside_the_folder_is_refused() {
        for path in ["../secret", "/etc/passwd", "data/../../x", ""] {
            check(
                |_, files, report, _| {
                    report.files.remove(&files[1].path);
                    files[1].path = path.into();
                    report.files.insert(path.into(), files[1].sha256);
                },
                Some("release-path"),
            );
        }
    }
}
