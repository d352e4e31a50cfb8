//! The published folder as readers see it: releases by name and version, withdrawals, and the removal of unfinished work.
//!
//! A release is a folder whose `manifest.json` names it, in a version that is not withdrawn. Everything else is passed by.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use chrono::{DateTime, Utc};
use fyr_model::release::{Manifest, ReleaseFile, Withdrawal};
use fyr_model::{PipelineName, Refusal, RefusalKind, Sha256, Text, Version};
use serde::{Deserialize, Serialize};

use crate::curated::inside;
use crate::disk::{self, Gate};
use crate::refuse;
use crate::release::{UNFINISHED, random};

/// The file that makes a folder a release.
pub(crate) const MANIFEST: &str = "manifest.json";

/// The shape of our manifests.
pub(crate) const SCHEMA: &str = "fyr/manifest/1";

/// The record of what was withdrawn, in the dataset's folder.
const WITHDRAWN: &str = "withdrawn.json";

/// Bytes of a manifest that are read at most.
const MANIFEST_BYTES_MAX: u64 = 64 << 20;

/// A release on disk.
#[derive(Debug, Clone, PartialEq)]
pub struct Release {
    /// Its folder.
    pub dir: PathBuf,
    /// What it says of itself.
    pub manifest: Manifest,
    /// The digest of `manifest.json`.
    pub manifest_sha256: Sha256,
}

impl Release {
    /// A listed file and where it lies; none when the manifest does not list `path`, whatever lies in the folder.
    pub fn file(&self, path: &str) -> Option<(&ReleaseFile, PathBuf)> {
        let file = self.manifest.files.iter().find(|file| file.path == path)?;
        Some((file, inside(&self.dir, path).ok()?))
    }

    /// Whether the bytes of a listed file are those of the manifest (H55).
    ///
    /// # Errors
    /// `release-file` when it is not listed, missing, or different.
    pub fn check(&self, path: &str) -> Result<(), Refusal> {
        let broken = || {
            refuse::unreadable(
                "release-file",
                &self.dir.join(path),
                "filen är inte den som publicerades",
                "the file is not the one that was published",
            )
        };
        let (file, at) = self.file(path).ok_or_else(broken)?;
        match disk::digest(&at) {
            Ok(found) if found == (file.sha256, file.bytes) => Ok(()),
            _ => Err(broken()),
        }
    }
}

/// What `withdrawn.json` keeps: the withdrawal, and what had been published and who had signed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Kept {
    #[serde(flatten)]
    withdrawal: Withdrawal,
    manifests: Vec<Manifest>,
}

/// The latest version of every dataset, by name. A broken or unfinished folder is passed by, with a warning.
///
/// # Errors
/// `publish-failed` when the folder cannot be listed; a missing folder is an empty one.
pub fn list(root: &Path) -> Result<Vec<Release>, Refusal> {
    let mut found = Vec::new();
    for name in names(root)? {
        match latest(root, &name) {
            Ok(release) => found.extend(release),
            Err(refusal) => tracing::warn!(%name, id = refusal.id, "a dataset is not shown"),
        }
    }
    Ok(found)
}

/// The latest version of one dataset that is not withdrawn.
///
/// # Errors
/// As [`versions`].
pub fn latest(root: &Path, name: &PipelineName) -> Result<Option<Release>, Refusal> {
    Ok(versions(root, name)?.pop())
}

/// All versions of one dataset that are not withdrawn, oldest first.
///
/// # Errors
/// `withdrawn-unreadable` when the record of withdrawals cannot be read: then nothing of the dataset is shown; `publish-failed`.
pub fn versions(root: &Path, name: &PipelineName) -> Result<Vec<Release>, Refusal> {
    let place = root.join(name.as_str());
    let withdrawn: Vec<Version> = kept(&place)?.into_iter().flat_map(|kept| kept.withdrawal.versions).collect();
    let mut found = Vec::new();
    for version in numbers(&place)?.into_iter().filter(|version| !withdrawn.contains(version)) {
        let dir = place.join(version.to_string());
        if !dir.join(MANIFEST).exists() {
            continue;
        }
        match open(&dir) {
            Ok(release) if release.manifest.record.name == *name && release.manifest.record.version == version => found.push(release),
            Ok(_) => tracing::warn!(%name, %version, "a manifest names another release"),
            Err(refusal) => tracing::warn!(%name, %version, id = refusal.id, "a release is not shown"),
        }
    }
    Ok(found)
}

/// The highest version that was ever published, withdrawn ones included.
///
/// # Errors
/// As [`versions`].
pub fn last_version(root: &Path, name: &PipelineName) -> Result<Option<Version>, Refusal> {
    let place = root.join(name.as_str());
    let withdrawn = kept(&place)?.into_iter().flat_map(|kept| kept.withdrawal.versions);
    let sealed = numbers(&place)?
        .into_iter()
        .filter(|version| place.join(version.to_string()).join(MANIFEST).exists());
    Ok(withdrawn.chain(sealed).max())
}

/// Reads a release's folder, wherever it lies.
///
/// # Errors
/// `release-missing` without a manifest, `manifest-unreadable`, `manifest-newer` (H47), `release-file` when a listed file is missing or has
/// another size, `release-path` when one lies outside.
pub fn open(dir: &Path) -> Result<Release, Refusal> {
    let path = dir.join(MANIFEST);
    let broken = || {
        refuse::unreadable(
            "manifest-unreadable",
            &path,
            "manifestet går inte att läsa",
            "the manifest cannot be read",
        )
    };
    let size = fs::metadata(&path)
        .map_err(|_| refuse::unreadable("release-missing", dir, "mappen är ingen utgåva", "the folder is not a release"))?;
    if size.len() > MANIFEST_BYTES_MAX {
        return Err(broken());
    }
    let bytes = fs::read(&path).map_err(|error| refuse::disk(&path, &error))?;
    let manifest = parse(&bytes, &path)?;
    for file in &manifest.files {
        let at = inside(dir, &file.path)?;
        let same = fs::symlink_metadata(&at).is_ok_and(|data| data.is_file() && data.len() == file.bytes);
        if !same {
            let (sv, en) = (
                "en fil i manifestet saknas eller har en annan storlek",
                "a file of the manifest is missing or has another size",
            );
            return Err(refuse::unreadable("release-file", &at, sv, en));
        }
    }
    Ok(Release {
        dir: dir.to_path_buf(),
        manifest,
        manifest_sha256: Sha256::of(&bytes),
    })
}

fn parse(bytes: &[u8], path: &Path) -> Result<Manifest, Refusal> {
    #[derive(Deserialize)]
    struct Head {
        schema: String,
    }
    let broken = |_| {
        refuse::unreadable(
            "manifest-unreadable",
            path,
            "manifestet går inte att läsa",
            "the manifest cannot be read",
        )
    };
    let head: Head = serde_json::from_slice(bytes).map_err(broken)?;
    if head.schema != SCHEMA {
        return Err(Refusal::new(
            "manifest-newer",
            RefusalKind::Configuration,
            path.display().to_string(),
            Text::new(
                format!("manifestet har formen `{}`, det här programmet kan `{SCHEMA}`", head.schema),
                format!("the manifest has the shape `{}`, this program knows `{SCHEMA}`", head.schema),
            ),
        ));
    }
    serde_json::from_slice(bytes).map_err(broken)
}

/// Takes every version of a dataset back: at once none is listed or served, then the files are removed. What was published, who signed it and why it
/// went stays in `withdrawn.json`. A later release gets a version of its own.
///
/// # Errors
/// `release-missing` when nothing is published, `reason-missing` without a reason, `publish-failed`.
pub fn withdraw(root: &Path, name: &PipelineName, reason: &str, at: DateTime<Utc>) -> Result<Withdrawal, Refusal> {
    withdraw_through(root, name, reason, at, &mut disk::open_gate)
}

pub(crate) fn withdraw_through(
    root: &Path,
    name: &PipelineName,
    reason: &str,
    at: DateTime<Utc>,
    gate: Gate<'_>,
) -> Result<Withdrawal, Refusal> {
    let place = root.join(name.as_str());
    if reason.trim().is_empty() {
        let text = Text::new("skälet saknas", "the reason is missing");
        return Err(Refusal::new("reason-missing", RefusalKind::Configuration, name.as_str(), text));
    }
    let live = versions(root, name)?;
    if live.is_empty() {
        let text = Text::new("ingen utgåva är publicerad", "no release is published");
        return Err(Refusal::new("release-missing", RefusalKind::Configuration, name.as_str(), text));
    }
    let withdrawal = Withdrawal {
        name: name.clone(),
        versions: live.iter().map(|release| release.manifest.record.version).collect(),
        reason: reason.to_owned(),
        at,
    };
    let mut all = kept(&place)?;
    all.push(Kept {
        withdrawal: withdrawal.clone(),
        manifests: live.iter().map(|release| release.manifest.clone()).collect(),
    });
    let failed = |error: io::Error| refuse::disk(&place, &error);
    let bytes = serde_json::to_vec_pretty(&all).map_err(|error| failed(io::Error::other(error)))?;
    let unfinished = place.join(format!("{UNFINISHED}{:016x}-{WITHDRAWN}", random()));
    disk::write(&unfinished, &bytes, gate).map_err(failed)?;
    disk::rename(&unfinished, &place.join(WITHDRAWN), gate).map_err(failed)?;
    gate("remove").map_err(failed)?;
    sweep_one(root, name)?;
    Ok(withdrawal)
}

/// The last withdrawal of a dataset that has no release any more; its address answers 410 with the reason.
pub fn withdrawal(root: &Path, name: &PipelineName) -> Option<Withdrawal> {
    let last = withdrawals(root, name).ok()?.pop()?;
    versions(root, name).ok()?.is_empty().then_some(last)
}

/// Every withdrawal of a dataset, oldest first, also when there is a release again.
///
/// # Errors
/// `withdrawn-unreadable`.
pub fn withdrawals(root: &Path, name: &PipelineName) -> Result<Vec<Withdrawal>, Refusal> {
    Ok(kept(&root.join(name.as_str()))?.into_iter().map(|kept| kept.withdrawal).collect())
}

fn kept(place: &Path) -> Result<Vec<Kept>, Refusal> {
    let path = place.join(WITHDRAWN);
    let broken = || {
        refuse::unreadable(
            "withdrawn-unreadable",
            &path,
            "det går inte att läsa vad som är tillbakadraget",
            "what is withdrawn cannot be read",
        )
    };
    match fs::read(&path) {
        Ok(bytes) => serde_json::from_slice(&bytes).map_err(|_| broken()),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Vec::new()),
        Err(_) => Err(broken()),
    }
}

/// Removes what a kill or a power cut left: folders of unfinished work, version folders without a manifest, files of withdrawn versions. Called by
/// the owner of the data folder when it starts, and never while a publication runs. A release with a broken manifest stays, unseen, as evidence.
///
/// # Errors
/// `publish-failed`.
pub fn sweep(root: &Path) -> Result<u64, Refusal> {
    let mut removed = 0;
    for name in names(root)? {
        removed += sweep_one(root, &name)?;
    }
    Ok(removed)
}

pub(crate) fn sweep_one(root: &Path, name: &PipelineName) -> Result<u64, Refusal> {
    let place = root.join(name.as_str());
    let withdrawn: Vec<Version> = kept(&place)?.into_iter().flat_map(|kept| kept.withdrawal.versions).collect();
    let mut removed = 0;
    for path in entries(&place)? {
        let file_name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        let left = match file_name.parse::<Version>() {
            Ok(version) => withdrawn.contains(&version) || !path.join(MANIFEST).exists(),
            Err(_) => file_name.starts_with(UNFINISHED),
        };
        if left {
            remove(&path).map_err(|error| refuse::disk(&path, &error))?;
            removed += 1;
        } else {
            // The manifest's former name, when the cut came between its writing and its naming.
            let _ = fs::remove_file(path.join(format!("{UNFINISHED}{MANIFEST}")));
        }
    }
    Ok(removed)
}

/// The manifest goes first, so that a folder half removed is no release.
fn remove(path: &Path) -> io::Result<()> {
    if !fs::symlink_metadata(path)?.is_dir() {
        return fs::remove_file(path);
    }
    match fs::remove_file(path.join(MANIFEST)) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    fs::remove_dir_all(path)
}

fn names(root: &Path) -> Result<Vec<PipelineName>, Refusal> {
    let names = entries(root)?.into_iter().filter(|path| path.is_dir());
    Ok(names.filter_map(|path| path.file_name()?.to_str()?.parse().ok()).collect())
}

/// The folders named like versions, in order of version.
fn numbers(place: &Path) -> Result<Vec<Version>, Refusal> {
    let mut found: Vec<Version> = entries(place)?
        .into_iter()
        .filter_map(|path| path.file_name()?.to_str()?.parse().ok())
        .collect();
    found.sort();
    Ok(found)
}

/// What a folder holds, by name; nothing when it is missing.
fn entries(folder: &Path) -> Result<Vec<PathBuf>, Refusal> {
    let failed = |error: io::Error| refuse::disk(folder, &error);
    let read = match fs::read_dir(folder) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        other => other.map_err(failed)?,
    };
    let mut found = read
        .map(|entry| entry.map(|entry| entry.path()))
        .collect::<io::Result<Vec<_>>>()
        .map_err(failed)?;
    found.sort();
    Ok(found)
}

#[cfg(test)]
mod tests;
