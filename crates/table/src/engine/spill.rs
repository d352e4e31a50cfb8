//! Hashes too many to hold, sorted into files by their own bits: what is equal lands in the same file, and a file at a time fits in memory.

use std::fs::File;
use std::io::{BufReader, BufWriter, Read, Write};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

use fyr_model::Refusal;

use crate::refuse;

static NUMBER: AtomicU64 = AtomicU64::new(0);

/// Files of hashes; removed when dropped.
#[derive(Debug)]
pub(crate) struct Spill {
    files: Vec<(PathBuf, BufWriter<File>)>,
}

impl Spill {
    /// Opens so many files in a private folder.
    pub(crate) fn open(folder: &Path, parts: usize) -> Result<Self, Refusal> {
        std::fs::create_dir_all(folder).map_err(failed)?;
        let mut spill = Self { files: Vec::new() };
        for part in 0..parts {
            let number = NUMBER.fetch_add(1, Ordering::Relaxed);
            let path = folder.join(format!("hashes-{}-{number}-{part}", std::process::id()));
            let file = File::options().write(true).create_new(true).open(&path).map_err(failed)?;
            spill.files.push((path, BufWriter::with_capacity(1 << 15, file)));
        }
        Ok(spill)
    }
    /// Adds a hash.
    pub(crate) fn add(&mut self, hash: u128) -> Result<(), Refusal> {
        let parts = self.files.len().max(1);
        match self.files.get_mut((hash % parts as u128) as usize) {
            Some((_, file)) => file.write_all(&hash.to_le_bytes()).map_err(failed),
            None => Ok(()),
        }
    }
    /// How many hashes copy another one.
    pub(crate) fn copies(mut self) -> Result<u64, Refusal> {
        let mut copies = 0;
        for (path, file) in &mut self.files {
            file.flush().map_err(failed)?;
            let mut read = BufReader::with_capacity(1 << 20, File::open(&*path).map_err(failed)?);
            let mut held: Vec<u128> = Vec::new();
            let mut bytes = [0u8; 16];
            while let Ok(()) = read.read_exact(&mut bytes) {
                held.push(u128::from_le_bytes(bytes));
            }
            copies += copies_of(&mut held);
        }
        Ok(copies)
    }
}

/// How many of the hashes copy another one.
pub(crate) fn copies_of(held: &mut [u128]) -> u64 {
    held.sort_unstable();
    held.iter().zip(held.iter().skip(1)).filter(|(a, b)| a == b).count() as u64
}

impl Drop for Spill {
    fn drop(&mut self) {
        for (path, _) in &self.files {
            // A file that is already gone is as good as removed.
            let _ = std::fs::remove_file(path);
        }
    }
}

fn failed(error: std::io::Error) -> Refusal {
    refuse::io("spill", error)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn copies_are_counted_over_all_files_and_nothing_is_left() {
        let dir = tempfile::TempDir::new().unwrap();
        let mut spill = Spill::open(dir.path(), 7).unwrap();
        for hash in (0..10_000u128).chain(0..250).chain(0..1) {
            spill.add(hash << 90 | hash).unwrap();
        }
        assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 7);
        assert_eq!(spill.copies().unwrap(), 251);
        assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 0);
    }
}
