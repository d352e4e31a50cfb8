//! Standard output and error that a reader may close before we are done, as `fyr … | head` does.
//!
//! The standard macros panic then. Ours stop writing and let the command go on to its end, so that private folders are wiped and the exit code is
//! the command's own. Any other failure to write, as a full disk, is remembered and told by the exit code ([`failed`]).

use std::fmt::Arguments;
use std::io::{ErrorKind, Write};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};

use tempfile::NamedTempFile;

/// `println!` of the standard library, but for a reader who has gone.
macro_rules! println {
    () => { $crate::output::line(&mut std::io::stdout().lock(), format_args!("")) };
    ($($words:tt)*) => { $crate::output::line(&mut std::io::stdout().lock(), format_args!($($words)*)) };
}

/// `eprintln!` of the standard library, but for a reader who has gone.
macro_rules! eprintln {
    () => { $crate::output::line(&mut std::io::stderr().lock(), format_args!("")) };
    ($($words:tt)*) => { $crate::output::line(&mut std::io::stderr().lock(), format_args!($($words)*)) };
}

/// Where a file lies that is written to under this name: what a link leads to.
pub fn resolved(to: &Path) -> PathBuf {
    to.canonicalize().unwrap_or_else(|_| to.to_path_buf())
}

/// The folder of a name.
pub fn folder(of: &Path) -> &Path {
    of.parent()
        .filter(|parent| !parent.as_os_str().is_empty())
        .unwrap_or(Path::new("."))
}

/// Gives a finished file its name: a reader sees the old file or the new one. A device or a pipe takes the bytes and stays what it is.
pub fn settle(temp: NamedTempFile, to: &Path) -> std::io::Result<()> {
    if to.metadata().is_ok_and(|there| !there.is_file() && !there.is_dir()) {
        let mut device = std::fs::OpenOptions::new().write(true).open(to)?;
        return std::io::copy(&mut std::fs::File::open(temp.path())?, &mut device).map(drop);
    }
    // An old one makes way only for bytes that are on the disk.
    if to.exists() {
        std::fs::File::open(temp.path())?.sync_all()?;
    }
    temp.persist(to).map(drop).map_err(|error| error.error)
}

static FAILED: AtomicBool = AtomicBool::new(false);

/// Writes one line. A pipe that nobody reads is no failure.
pub fn line(out: &mut dyn Write, words: Arguments<'_>) {
    let written = out.write_fmt(words).and_then(|()| out.write_all(b"\n"));
    if written.is_err_and(|error| error.kind() != ErrorKind::BrokenPipe) {
        FAILED.store(true, Ordering::Relaxed);
    }
}

/// Writes all that `from` gives, as it is.
pub fn copy(from: &mut dyn std::io::Read) {
    let mut out = std::io::BufWriter::with_capacity(1 << 20, std::io::stdout().lock());
    let written = std::io::copy(from, &mut out).and_then(|_| out.flush());
    if written.is_err_and(|error| error.kind() != ErrorKind::BrokenPipe) {
        FAILED.store(true, Ordering::Relaxed);
    }
}

/// Whether something that was meant to be read could not be written.
pub fn failed() -> bool {
    FAILED.load(Ordering::Relaxed)
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Gone(ErrorKind);

    impl Write for Gone {
        fn write(&mut self, _: &[u8]) -> std::io::Result<usize> {
            Err(self.0.into())
        }
        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn a_closed_pipe_is_no_failure_and_a_full_disk_is() {
        line(&mut Gone(ErrorKind::BrokenPipe), format_args!("row {}", 1));
        assert!(!failed());
        line(&mut Gone(ErrorKind::StorageFull), format_args!("row {}", 2));
        assert!(failed());
    }
}
