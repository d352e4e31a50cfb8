//! Digest and size of a file, read once in pieces.

use std::fs::File;
use std::io::Read;
use std::path::Path;

use fyr_model::{Refusal, Sha256};
use sha2::Digest as _;

use crate::refuse;

/// Bytes and digest of a file.
pub(crate) fn digest_of(path: &Path, subject: &str) -> Result<(u64, Sha256), Refusal> {
    let mut file = File::open(path).map_err(|error| refuse::io(subject, error))?;
    let mut hash = sha2::Sha256::new();
    let mut buffer = vec![0u8; 1 << 16];
    let mut bytes = 0u64;
    loop {
        let read = file.read(&mut buffer).map_err(|error| refuse::io(subject, error))?;
        let Some(piece) = buffer.get(..read).filter(|piece| !piece.is_empty()) else {
            break;
        };
        hash.update(piece);
        bytes += read as u64;
    }
    Ok((bytes, Sha256::from_bytes(hash.finalize().into())))
}
