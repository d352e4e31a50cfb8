//! One release, all at once (H37): stage beside its place, have every byte on disk, rename, and only then create `manifest.json`.
//!
//! A folder without a manifest is no release: readers pass it by and [`crate::sweep`] removes it. So whatever moment a kill or a power cut
//! chooses, readers see the former state or the new one. A failed write or fsync ends the run; an fsync is never tried again (H39).

use std::fs;
use std::hash::{BuildHasher as _, Hasher as _};
use std::io;
use std::path::{Path, PathBuf};

use fyr_model::release::{Manifest, ReleaseFile, ReleaseRecord};
use fyr_model::{LicenceVerdict, PipelineName, Refusal, RefusalKind, Sha256, Text, Version};

use crate::canonical::canonical;
use crate::curated::{CuratedDataset, inside};
use crate::disk::{self, Gate};
use crate::documents::{Documents, documents, media_type};
use crate::refuse;
use crate::shelf::{self, MANIFEST, Release};
use crate::sign::{Decided, signed};

/// Names of unfinished work begin so.
pub(crate) const UNFINISHED: &str = ".tmp-";

/// Publishes `curated` under `root`: `<root>/<name>/<version>/`. Returns when all of it is on disk.
///
/// # Errors
/// `signature-missing`, `standing-departed`, `candidate-mismatch`, `signature-incomplete` ([`signed`]); `quality-failed`; `audit-mismatch`; `rows-mismatch`;
/// `licence-too-free`; `version-exists`; `publish-failed` and `publish-disk-full`. After a refusal the folder is as it was.
pub fn release(curated: CuratedDataset, documents: &Documents, root: &Path) -> Result<Release, Refusal> {
    let done = release_through(curated, documents, root, &mut disk::open_gate);
    if done.is_err()
        && let Err(refusal) = shelf::sweep_one(root, &documents.record.name)
    {
        tracing::warn!(id = refusal.id, "unfinished work stays until the next start");
    }
    done
}

/// Writes the whole release into the empty folder `scratch`, without signatures and without publishing, so that its packaging can be audited.
///
/// # Errors
/// `publish-failed`; `release-path`.
pub fn rehearse(folder: &Path, files: &[ReleaseFile], documents: &Documents, scratch: &Path) -> Result<Manifest, Refusal> {
    let mut gate = disk::open_gate;
    let files = stage(folder, files, documents, None, scratch, &mut gate)?;
    let manifest = manifest(documents, files, Vec::new(), None);
    seal(scratch, &manifest, &mut gate)?;
    Ok(manifest)
}

/// [`release`], with a gate before each step on disk. After an error everything lies as a kill at that step would leave it.
pub(crate) fn release_through(curated: CuratedDataset, documents: &Documents, root: &Path, gate: Gate<'_>) -> Result<Release, Refusal> {
    let record = &documents.record;
    let about = Decided {
        candidate: &documents.candidate,
        terms: documents.terms.as_ref(),
        at: documents.at,
    };
    let decisions = signed(&record.name, &about, &documents.decisions)?;
    agrees(&curated, documents)?;
    let place = root.join(record.name.as_str());
    let target = place.join(record.version.to_string());
    free(root, record, &target)?;
    let former = shelf::latest(root, &record.name)?;
    let failed = |error: io::Error| refuse::disk(&target, &error);

    let staged = place.join(format!("{UNFINISHED}{}-{:016x}", record.version, random()));
    folders(root, &place, &staged, gate).map_err(failed)?;
    let changes = former
        .as_ref()
        .map(|former| fs::read_to_string(former.dir.join("CHANGELOG.md")))
        .transpose()
        .map_err(failed)?;
    let files = stage(curated.dir(), curated.files(), documents, changes.as_deref(), &staged, gate)?;
    let manifest = manifest(documents, files, decisions, former.map(|former| former.manifest_sha256));
    disk::rename(&staged, &target, gate).map_err(failed)?;
    let manifest_sha256 = seal(&target, &manifest, gate)?;
    Ok(Release {
        dir: target,
        manifest,
        manifest_sha256,
    })
}

/// What is published must be what was audited, licensed and counted.
fn agrees(curated: &CuratedDataset, documents: &Documents) -> Result<(), Refusal> {
    let record = &documents.record;
    let name = &record.name;
    if documents.quality.blocks() {
        let failed = documents.quality.failed_names();
        return Err(refuse::forbidden(
            "quality-failed",
            name,
            format!("kvalitetsregler som måste hålla är underkända: {failed}"),
            format!("quality rules that must hold failed: {failed}"),
        ));
    }
    if documents.privacy.files != curated.report().files {
        let (sv, en) = ("granskningsrapporten gäller andra filer", "the audit report is about other files");
        return Err(refuse::forbidden("audit-mismatch", name, sv, en));
    }
    let rows: u64 = curated
        .files()
        .iter()
        .filter(|file| file.path.starts_with("data/"))
        .filter_map(|file| file.rows)
        .sum();
    if (rows, documents.profile.rows) != (record.rows, record.rows) {
        let (sv, en) = (
            format!(
                "filerna har {rows} rader, profilen {}, posten {}",
                documents.profile.rows, record.rows
            ),
            format!(
                "the files have {rows} rows, the profile {}, the record {}",
                documents.profile.rows, record.rows
            ),
        );
        return Err(refuse::forbidden("rows-mismatch", name, sv, en));
    }
    licensed(name, curated.licence(), record)
}

/// The release may ask for more than its source, never for less (`licences.md` section 4).
fn licensed(name: &PipelineName, verdict: &LicenceVerdict, record: &ReleaseRecord) -> Result<(), Refusal> {
    let Some(source) = &verdict.licence else { return Ok(()) };
    let (from, to) = (source.flags, record.licence.flags);
    let kept = (!from.sa || source.code == record.licence.code) && (!from.by || to.by) && (!from.nc || to.nc) && !to.nd;
    if kept {
        return Ok(());
    }
    Err(refuse::forbidden(
        "licence-too-free",
        name,
        format!("utgåvans licens {} kräver mindre än källans {}", record.licence.label, source.label),
        format!(
            "the release's licence {} asks for less than its source's {}",
            record.licence.label, source.label
        ),
    ))
}

/// A version is used once, for ever: also one that was withdrawn, and none below the last.
fn free(root: &Path, record: &ReleaseRecord, target: &Path) -> Result<(), Refusal> {
    let last = shelf::last_version(root, &record.name)?;
    let exists = |last: Version| {
        Refusal::new(
            "version-exists",
            RefusalKind::Forbidden,
            format!("{}@{}", record.name, record.version),
            Text::new(
                format!("version {} går inte att använda, den senaste är {last}", record.version),
                format!("version {} cannot be used, the last one is {last}", record.version),
            ),
        )
    };
    match last {
        Some(last) if record.version <= last => Err(exists(last)),
        // A folder of this version without a manifest: what a cut left behind.
        _ => match fs::remove_dir_all(target) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(refuse::disk(target, &error)),
            _ => Ok(()),
        },
    }
}

fn folders(root: &Path, place: &Path, staged: &Path, gate: Gate<'_>) -> io::Result<()> {
    fs::create_dir_all(root)?;
    gate("create-folder")?;
    if !place.exists() {
        fs::create_dir(place)?;
        disk::sync_folder(root, gate)?;
    }
    fs::create_dir(staged)
}

/// Copies the data and writes the documents into `to`; every file and folder is on disk on return. Gives the list of files, by path.
fn stage(
    from: &Path,
    data: &[ReleaseFile],
    input: &Documents,
    changes: Option<&str>,
    to: &Path,
    gate: Gate<'_>,
) -> Result<Vec<ReleaseFile>, Refusal> {
    let failed = |error: io::Error| refuse::disk(to, &error);
    let mut folders: Vec<PathBuf> = Vec::new();
    for file in data {
        let target = inside(to, &file.path)?;
        if let Some(folder) = target
            .parent()
            .filter(|folder| *folder != to && !folders.iter().any(|known| known == folder))
        {
            fs::create_dir_all(folder).map_err(failed)?;
            folders.push(folder.to_path_buf());
        }
        let copied = disk::copy(&inside(from, &file.path)?, &target, gate).map_err(failed)?;
        if copied != (file.sha256, file.bytes) {
            let (sv, en) = ("filen ändrades medan den kopierades", "the file changed while it was copied");
            return Err(refuse::forbidden("audit-mismatch", &file.path, sv, en));
        }
    }
    let mut files = data.to_vec();
    for (path, bytes) in documents(input, data, changes)? {
        disk::write(&to.join(&path), &bytes, gate).map_err(failed)?;
        files.push(ReleaseFile {
            bytes: bytes.len() as u64,
            sha256: Sha256::of(&bytes),
            media_type: media_type(&path).into(),
            rows: None,
            path,
        });
    }
    for folder in folders.iter().map(PathBuf::as_path).chain([to]) {
        disk::sync_folder(folder, gate).map_err(failed)?;
    }
    files.sort_by(|a, b| a.path.cmp(&b.path));
    Ok(files)
}

fn manifest(
    documents: &Documents,
    files: Vec<ReleaseFile>,
    decisions: Vec<fyr_model::privacy::Decision>,
    previous: Option<Sha256>,
) -> Manifest {
    Manifest {
        schema: shelf::SCHEMA.into(),
        fyr: env!("CARGO_PKG_VERSION").into(),
        record: documents.record.clone(),
        files,
        previous_manifest: previous,
        candidate: documents.candidate,
        decisions: decisions.iter().map(fyr_model::privacy::Decision::as_published).collect(),
        cleared: documents.cleared.clone(),
        rules: documents.rules.clone(),
        k: documents.privacy.k_required,
        air: documents.readiness.air,
        mqa: documents.mqa.clone(),
    }
}

/// Creates `manifest.json`: written whole under another name, on disk, then named. From this moment the folder is a release.
fn seal(dir: &Path, manifest: &Manifest, gate: Gate<'_>) -> Result<Sha256, Refusal> {
    let failed = |error: io::Error| refuse::disk(dir, &error);
    let value = serde_json::to_value(manifest).map_err(|error| failed(io::Error::other(error)))?;
    let bytes = canonical(&value);
    let unfinished = dir.join(format!("{UNFINISHED}{MANIFEST}"));
    disk::write(&unfinished, &bytes, gate).map_err(failed)?;
    disk::rename(&unfinished, &dir.join(MANIFEST), gate).map_err(failed)?;
    Ok(Sha256::of(&bytes))
}

/// A number that another run does not choose: the standard library seeds each hasher from the operating system.
pub(crate) fn random() -> u64 {
    std::hash::RandomState::new().build_hasher().finish()
}

#[cfg(test)]
mod tests;
