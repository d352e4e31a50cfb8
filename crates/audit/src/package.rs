//! A release folder against its manifest: every file, its digest, its size, its rows, nothing besides (K3 of `readiness.md`).
//!
//! In: a folder and the manifest that it should be. Out: checks `hash-*`, `stray-files`, `parquet-*` and `croissant-*`. The manifest's own
//! paths are not trusted: one that leaves the folder, or passes through a link, is a fault.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::path::{Component, Path, PathBuf};

use fyr_model::privacy::Check;
use fyr_model::release::{Manifest, ReleaseFile};
use fyr_model::text::Text;
use parquet::file::reader::{FileReader, SerializedFileReader};

use crate::footer::outcome;
use crate::{croissant, csv, read, recipe};

/// Files that stand beside those of the manifest.
const OUTSIDE: &[&str] = &["manifest.json", "manifest.json.sig"];

/// Checks a release folder against its manifest.
pub fn package(dir: &Path, manifest: &Manifest) -> Vec<Check> {
    let mut checks = Vec::new();
    files(dir, manifest, &mut checks);
    checks.push(stray(dir, manifest));
    rows(dir, manifest, &mut checks);
    let tables = manifest.files.iter().filter(|file| file.path.ends_with(".parquet"));
    let mut merged: BTreeMap<String, Check> = BTreeMap::new();
    for (file, path) in tables.filter_map(|file| Some((file, inside(dir, &file.path)?))) {
        for check in recipe::parquet(&path, &BTreeMap::new(), Some(&file.sha256)) {
            // One check per rule over all files; the first file that fails says why.
            let known = merged.entry(check.id.clone()).or_insert_with(|| check.clone());
            if known.ok && !check.ok {
                *known = check;
            }
        }
    }
    checks.extend(merged.into_values());
    checks.extend(croissant::checks(dir, manifest));
    checks
}

/// The path of a manifest's file, when it stays inside the folder and is a plain file.
pub(crate) fn inside(dir: &Path, path: &str) -> Option<PathBuf> {
    let relative = Path::new(path);
    let plain = !path.is_empty() && !path.contains('\\') && relative.components().all(|part| matches!(part, Component::Normal(_)));
    if !plain {
        return None;
    }
    let mut whole = dir.to_path_buf();
    for part in relative.components() {
        whole.push(part);
        if std::fs::symlink_metadata(&whole).ok()?.file_type().is_symlink() {
            return None;
        }
    }
    whole.is_file().then_some(whole)
}

fn files(dir: &Path, manifest: &Manifest, checks: &mut Vec<Check>) {
    let (mut absent, mut other, mut sizes, mut twice) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    let mut seen = BTreeSet::new();
    let mut bytes = 0;
    for ReleaseFile {
        path,
        bytes: expected,
        sha256,
        ..
    } in &manifest.files
    {
        if !seen.insert(path) {
            twice.push(path.clone());
        }
        match inside(dir, path).and_then(|whole| read::digest(&whole).ok()) {
            None => absent.push(path.clone()),
            Some((found, size)) => {
                bytes += size;
                if found != *sha256 {
                    other.push(path.clone());
                }
                if size != *expected {
                    sizes.push(path.clone());
                }
            }
        }
    }
    let count = manifest.files.len();
    let mut add = |id: &str, (ok, detail): (bool, Text)| {
        checks.push(Check {
            id: id.to_owned(),
            ok,
            detail,
        })
    };
    let passed = Text::new(format!("alla {count} filer finns"), format!("all {count} files are present"));
    let empty = if count == 0 { vec!["0".to_owned()] } else { Vec::new() };
    absent.extend(empty);
    add("hash-present", outcome(&absent, passed, "filer saknas", "files are missing"));
    let passed = Text::new(format!("{count} kontrollsummor stämmer"), format!("{count} digests agree"));
    add(
        "hash-sha256",
        outcome(&other, passed, "filer med annan kontrollsumma", "files with another digest"),
    );
    let passed = Text::new(
        format!("{bytes} byte, som manifestet säger"),
        format!("{bytes} bytes, as the manifest says"),
    );
    add(
        "hash-size",
        outcome(&sizes, passed, "filer med annan storlek", "files of another size"),
    );
    let passed = Text::new("varje sökväg en gång", "each path once");
    add("hash-paths", outcome(&twice, passed, "sökvägar som upprepas", "paths given twice"));
}

/// Files, links and folders that no line of the manifest explains.
fn stray(dir: &Path, manifest: &Manifest) -> Check {
    let known: BTreeSet<&str> = manifest
        .files
        .iter()
        .map(|file| file.path.as_str())
        .chain(OUTSIDE.iter().copied())
        .collect();
    let mut strays = Vec::new();
    let mut open = vec![(dir.to_path_buf(), String::new())];
    while let Some((folder, prefix)) = open.pop() {
        let Ok(entries) = std::fs::read_dir(&folder) else {
            strays.push(format!("{prefix} (?)"));
            continue;
        };
        for entry in entries {
            let Ok(entry) = entry else {
                strays.push(format!("{prefix} (?)"));
                continue;
            };
            let path = format!("{prefix}{}", entry.file_name().to_string_lossy());
            match entry.file_type() {
                Ok(kind) if kind.is_dir() => open.push((entry.path(), format!("{path}/"))),
                Ok(kind) if kind.is_file() && known.contains(path.as_str()) => {}
                _ => strays.push(path),
            }
        }
    }
    strays.sort();
    let passed = Text::new("inga filer utöver manifestets", "no files besides those of the manifest");
    let (ok, detail) = outcome(
        &strays,
        passed,
        "filer som manifestet inte nämner",
        "files that the manifest does not name",
    );
    Check {
        id: "stray-files".to_owned(),
        ok,
        detail,
    }
}

/// Rows as the files hold them, against each line and against the release; Parquet and its CSV twin alike.
fn rows(dir: &Path, manifest: &Manifest, checks: &mut Vec<Check>) {
    let (mut faults, mut tables, mut twins) = (Vec::new(), None, None);
    for file in &manifest.files {
        let (counted, sum): (Option<u64>, &mut Option<u64>) = match inside(dir, &file.path) {
            Some(path) if file.path.ends_with(".parquet") => (parquet_rows(&path), &mut tables),
            Some(path) if file.path.ends_with(".csv") => (csv::rows(&path).ok(), &mut twins),
            _ => continue,
        };
        match counted {
            Some(counted) => {
                *sum = Some(sum.unwrap_or(0) + counted);
                if file.rows != Some(counted) {
                    faults.push(format!("{}: {counted}", file.path));
                }
            }
            None => faults.push(format!("{}: ?", file.path)),
        }
    }
    let expected = manifest.record.rows;
    if tables != Some(expected) {
        faults.push(format!("Parquet: {} / {expected}", tables.unwrap_or(0)));
    }
    let passed = Text::new(
        format!("{expected} rader, räknade i filerna"),
        format!("{expected} rows, counted in the files"),
    );
    let (ok, detail) = outcome(&faults, passed, "annat antal rader", "another number of rows");
    checks.push(Check {
        id: "hash-rows".to_owned(),
        ok,
        detail,
    });
    let ok = twins == Some(expected);
    let found = twins.map_or_else(|| "0".to_owned(), |rows| rows.to_string());
    let detail = Text::new(
        format!("CSV-tvillingen har {found} av {expected} rader"),
        format!("the CSV twin has {found} of {expected} rows"),
    );
    checks.push(Check {
        id: "hash-csv-twin".to_owned(),
        ok,
        detail,
    });
}

fn parquet_rows(path: &Path) -> Option<u64> {
    let reader = SerializedFileReader::new(File::open(path).ok()?).ok()?;
    let groups: i64 = reader.metadata().row_groups().iter().map(|group| group.num_rows()).sum();
    let stated = reader.metadata().file_metadata().num_rows();
    (groups == stated).then(|| u64::try_from(stated).ok()).flatten()
}

#[cfg(test)]
mod tests;
