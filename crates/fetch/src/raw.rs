//! The raw store: fetched bytes as files named by their digest, written beside and renamed, never changed.

use std::fs::{self, File};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};
use std::sync::Once;
use std::time::{Duration, SystemTime};

use fyr_model::Sha256;
use sha2::Digest as _;
use tempfile::NamedTempFile;

/// Name prefix of files that are not finished.
const UNFINISHED: &str = ".fetch-";
/// An unfinished file older than this was left by a process that is gone.
const STALE: Duration = Duration::from_secs(24 * 3600);

/// A folder of raw bytes.
#[derive(Debug)]
pub struct RawStore {
    dir: PathBuf,
    swept: Once,
}

impl RawStore {
    /// Nothing is made on disk until the first body arrives.
    pub fn new(dir: PathBuf) -> Self {
        Self { dir, swept: Once::new() }
    }

    /// A new file to write to, after leftovers of dead processes were removed.
    pub fn begin(&self) -> io::Result<Writing> {
        fs::create_dir_all(&self.dir)?;
        self.swept.call_once(|| sweep(&self.dir));
        let file = tempfile::Builder::new().prefix(UNFINISHED).tempfile_in(&self.dir)?;
        Ok(Writing {
            dir: self.dir.clone(),
            file: BufWriter::new(file),
            hash: sha2::Sha256::new(),
            bytes: 0,
        })
    }
}

/// A file on its way into the store; gone when dropped.
#[derive(Debug)]
pub struct Writing {
    dir: PathBuf,
    file: BufWriter<NamedTempFile>,
    hash: sha2::Sha256,
    bytes: u64,
}

/// A file in the store.
#[derive(Debug)]
pub struct Stored {
    pub path: PathBuf,
    pub sha256: Sha256,
    pub bytes: u64,
}

impl Writing {
    /// Bytes written so far.
    pub fn bytes(&self) -> u64 {
        self.bytes
    }

    /// Makes it last, under its digest. The same bytes twice are one file.
    pub fn finish(self) -> io::Result<Stored> {
        let sha256 = Sha256::from_bytes(self.hash.finalize().into());
        let path = self.dir.join(sha256.to_string());
        let file = self.file.into_inner().map_err(io::IntoInnerError::into_error)?;
        let known = fs::metadata(&path).is_ok_and(|known| known.len() == self.bytes);
        if known {
            // Seen again: the time it is kept starts anew.
            let _ = File::open(&path).and_then(|file| file.set_modified(SystemTime::now()));
        } else {
            file.as_file().sync_all()?;
            file.persist(&path).map_err(|error| error.error)?;
            File::open(&self.dir)?.sync_all()?;
        }
        Ok(Stored {
            path,
            sha256,
            bytes: self.bytes,
        })
    }
}

impl Write for Writing {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.file.write_all(bytes)?;
        self.hash.update(bytes);
        self.bytes += bytes.len() as u64;
        Ok(bytes.len())
    }
    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}

fn sweep(dir: &Path) {
    let stale = |entry: &fs::DirEntry| {
        let modified = entry.metadata().and_then(|about| about.modified());
        let old = modified.is_ok_and(|at| at.elapsed().is_ok_and(|age| age > STALE));
        old && entry.file_name().to_string_lossy().starts_with(UNFINISHED)
    };
    for entry in fs::read_dir(dir).into_iter().flatten().flatten().filter(stale) {
        let _ = fs::remove_file(entry.path());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(dir: &Path) -> Vec<String> {
        let mut names: Vec<String> = fs::read_dir(dir)
            .unwrap()
            .map(|e| e.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        names
    }

    #[test]
    fn the_same_bytes_twice_are_one_file_and_an_unfinished_one_is_gone() {
        let dir = tempfile::tempdir().unwrap();
        let store = RawStore::new(dir.path().join("raw"));
        for _ in 0..2 {
            let mut writing = store.begin().unwrap();
            writing.write_all(b"fyr").unwrap();
            assert_eq!(writing.finish().unwrap().sha256, Sha256::of(b"fyr"));
        }
        let mut cut = store.begin().unwrap();
        cut.write_all(b"half").unwrap();
        drop(cut);
        assert_eq!(names(&dir.path().join("raw")), [Sha256::of(b"fyr").to_string()]);
    }

    #[test]
    fn leftovers_of_a_killed_process_are_removed_after_a_day() {
        let dir = tempfile::tempdir().unwrap();
        for (name, hours) in [(".fetch-old", 25), (".fetch-new", 1), ("kept", 25)] {
            let file = File::create(dir.path().join(name)).unwrap();
            file.set_modified(SystemTime::now() - Duration::from_secs(hours * 3600)).unwrap();
        }
        drop(RawStore::new(dir.path().into()).begin().unwrap());
        assert_eq!(names(dir.path()), [".fetch-new", "kept"]);
    }
}
