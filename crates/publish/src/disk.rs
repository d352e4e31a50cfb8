//! Writing so that it stays: create, write, fsync, rename, fsync the folder. Each step first asks a gate, through which tests cut the run short.

use std::fs::{self, File};
use std::io::{self, Read as _, Write as _};
use std::path::Path;

use fyr_model::Sha256;
use sha2::Digest as _;

/// Asked before each step; an error stops the run there, as a kill would.
pub(crate) type Gate<'a> = &'a mut dyn FnMut(&str) -> io::Result<()>;

/// The gate of real runs.
pub(crate) fn open_gate(_: &str) -> io::Result<()> {
    Ok(())
}

/// Bytes per read while copying.
const CHUNK: usize = 1 << 20;

/// The digest and size of a file.
pub(crate) fn digest(path: &Path) -> io::Result<(Sha256, u64)> {
    copy_bytes(&mut File::open(path)?, &mut io::sink())
}

/// Writes a new file and has it on disk before returning.
pub(crate) fn write(path: &Path, bytes: &[u8], gate: Gate<'_>) -> io::Result<()> {
    gate("create")?;
    let mut file = File::create_new(path)?;
    let (first, second) = bytes.split_at(bytes.len() / 2);
    file.write_all(first)?;
    gate("write")?;
    file.write_all(second)?;
    gate("sync")?;
    file.sync_all()
}

/// Copies a file, has it on disk before returning, and gives the digest and size of what was copied.
pub(crate) fn copy(from: &Path, to: &Path, gate: Gate<'_>) -> io::Result<(Sha256, u64)> {
    gate("create")?;
    let mut source = File::open(from)?;
    let mut file = File::create_new(to)?;
    gate("write")?;
    let copied = copy_bytes(&mut source, &mut file)?;
    gate("sync")?;
    file.sync_all()?;
    Ok(copied)
}

/// Has the names in a folder on disk.
pub(crate) fn sync_folder(path: &Path, gate: Gate<'_>) -> io::Result<()> {
    gate("sync-folder")?;
    File::open(path)?.sync_all()
}

/// Renames within one folder and has the new name on disk before returning.
pub(crate) fn rename(from: &Path, to: &Path, gate: Gate<'_>) -> io::Result<()> {
    gate("rename")?;
    fs::rename(from, to)?;
    match to.parent() {
        Some(folder) => sync_folder(folder, gate),
        None => Ok(()),
    }
}

fn copy_bytes(from: &mut File, to: &mut impl io::Write) -> io::Result<(Sha256, u64)> {
    let mut hash = sha2::Sha256::new();
    let mut total = 0u64;
    let mut chunk = vec![0; CHUNK];
    loop {
        let read = from.read(&mut chunk)?;
        let Some(part) = chunk.get(..read).filter(|part| !part.is_empty()) else {
            break;
        };
        hash.update(part);
        to.write_all(part)?;
        total += read as u64;
    }
    Ok((Sha256::from_bytes(hash.finalize().into()), total))
}
