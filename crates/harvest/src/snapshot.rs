//! Snapshot files: `snapshots/<source>/<sha256>.nq.zst` with the exact triples, and `<sha256>.json` with the entities.
//!
//! Written before the store is told, so that whatever the store names can be read back; the former one is kept until the state has moved on.

use std::fs::{self, File};
use std::io::{self, BufReader, BufWriter, Write as _};
use std::path::{Path, PathBuf};

use fyr_graph::{Entity, ReadResponse};
use fyr_model::{Refusal, Sha256, SourceId};
use serde::{Deserialize, Serialize};

use crate::refuse;

/// Compression level: files are written once and seldom read.
const LEVEL: i32 = 3;

/// What stands beside the triples.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Beside {
    pub sha256: Sha256,
    pub syntax: String,
    pub triples: u64,
    pub entities: Vec<Entity>,
}

/// The snapshots of one source.
pub struct Snapshots {
    dir: PathBuf,
}

impl Snapshots {
    pub fn of(data: &Path, source: &SourceId) -> Self {
        Self {
            dir: data.join("snapshots").join(source.as_str()),
        }
    }

    /// Keeps a snapshot; both files are on disk when this returns.
    pub fn save(&self, read: &ReadResponse) -> Result<(), Refusal> {
        let (triples, beside) = self.paths(read.sha256);
        if triples.is_file() && beside.is_file() {
            return Ok(());
        }
        let about = Beside {
            sha256: read.sha256,
            syntax: read.syntax.clone(),
            triples: read.triples,
            entities: read.entities.clone(),
        };
        let written = fs::create_dir_all(&self.dir)
            .and_then(|()| {
                put(&triples, |to| {
                    zstd::stream::copy_encode(BufReader::new(File::open(&read.nquads)?), to, LEVEL)
                })
            })
            .and_then(|()| put(&beside, |to| serde_json::to_writer(to, &about).map_err(io::Error::from)))
            .and_then(|()| File::open(&self.dir)?.sync_all());
        written.map_err(|error| refuse::disk("snapshots", &error))
    }

    /// The entities of a snapshot, if both of its files are there.
    pub fn entities(&self, sha256: Sha256) -> Option<Vec<Entity>> {
        let (triples, beside) = self.paths(sha256);
        let about: Beside = serde_json::from_reader(BufReader::new(File::open(beside).ok()?)).ok()?;
        (triples.is_file() && about.sha256 == sha256).then_some(about.entities)
    }

    /// Unpacks the triples of a snapshot into `dir`.
    pub fn unpack(&self, sha256: Sha256, dir: &Path) -> Result<PathBuf, Refusal> {
        let (triples, _) = self.paths(sha256);
        let to = dir.join("former.nq");
        let unpacked = File::open(triples).and_then(|from| {
            let mut out = BufWriter::new(File::create(&to)?);
            zstd::stream::copy_decode(BufReader::new(from), &mut out)?;
            out.flush()
        });
        unpacked.map(|()| to).map_err(|error| refuse::disk("snapshots", &error))
    }

    /// Removes every snapshot but these.
    pub fn prune(&self, keep: &[Sha256]) {
        let kept: Vec<String> = keep.iter().map(ToString::to_string).collect();
        for entry in fs::read_dir(&self.dir).into_iter().flatten().flatten() {
            let name = entry.file_name().to_string_lossy().into_owned();
            if !kept.iter().any(|digest| name.starts_with(digest)) {
                let _ = fs::remove_file(entry.path());
            }
        }
    }

    fn paths(&self, sha256: Sha256) -> (PathBuf, PathBuf) {
        (self.dir.join(format!("{sha256}.nq.zst")), self.dir.join(format!("{sha256}.json")))
    }
}

/// Writes beside, syncs, renames.
fn put(path: &Path, write: impl FnOnce(&mut BufWriter<File>) -> io::Result<()>) -> io::Result<()> {
    let unfinished = path.with_extension("unfinished");
    let mut out = BufWriter::new(File::create(&unfinished)?);
    write(&mut out)?;
    out.into_inner().map_err(io::IntoInnerError::into_error)?.sync_all()?;
    fs::rename(&unfinished, path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_snapshot_reads_back_and_others_are_pruned() {
        let dir = tempfile::tempdir().unwrap();
        let snapshots = Snapshots::of(dir.path(), &"exempelby".parse().unwrap());
        let nquads = dir.path().join("x.nq");
        let save = |text: &str| {
            fs::write(&nquads, text).unwrap();
            let read = ReadResponse {
                syntax: "turtle".into(),
                triples: 1,
                statements: 1,
                nquads: nquads.clone(),
                sha256: Sha256::of(text.as_bytes()),
                entities: vec![Entity {
                    iri: "urn:d".into(),
                    class: "dataset".into(),
                    sha256: Sha256::of(b"d"),
                }],
                parts: Vec::new(),
                view: fyr_model::CatalogueView::default(),
                findings: Vec::new(),
            };
            snapshots.save(&read).unwrap();
            read.sha256
        };
        let (old, new) = (save("<urn:a> <urn:b> <urn:c> .\n"), save("<urn:a> <urn:b> <urn:d> .\n"));
        assert_eq!(snapshots.entities(old).unwrap().len(), 1);
        assert_eq!(
            fs::read_to_string(snapshots.unpack(old, dir.path()).unwrap()).unwrap(),
            "<urn:a> <urn:b> <urn:c> .\n"
        );
        snapshots.prune(&[new]);
        assert!(snapshots.entities(old).is_none() && snapshots.entities(new).is_some());
        assert_eq!(fs::read_dir(dir.path().join("snapshots/exempelby")).unwrap().count(), 2);
    }
}
