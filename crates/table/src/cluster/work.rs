//! An executor's work folder: shuffle files and spilled rows are personal data as they stand, so it is private, has one owner, and is wiped
//! when the executor starts and when it ends (H31).

use std::fs::{DirBuilder, File, TryLockError};
use std::path::{Path, PathBuf};

use fyr_model::{Refusal, RefusalKind, Text};

use crate::refuse;

/// Says that the folder is ours to wipe, and is locked while it has an owner.
const MARK: &str = ".fyr-executor";
const SHUFFLE: &str = "shuffle";
const SPILL: &str = "spill";
/// A file that is written at this moment may bring its folder back: wiping is tried again.
const TRIES: usize = 20;

/// A folder with an owner.
#[derive(Debug)]
pub(super) struct WorkFolder {
    root: PathBuf,
    /// The lock dies with the process.
    _lock: File,
}

impl WorkFolder {
    /// Takes a folder: a new one, an empty one, or one that an executor had before.
    pub(super) fn open(root: &Path) -> Result<Self, Refusal> {
        private(root)?;
        let foreign = std::fs::read_dir(root).map_err(failed)?.flatten().next().is_some() && !root.join(MARK).is_file();
        if foreign {
            return Err(refuse::configuration(
                "cluster-work",
                &root.display().to_string(),
                "arbetsmappen är inte tom och har inte varit en exekutors: den töms inte",
                "the work folder is not empty and was no executor's: it is not wiped",
            ));
        }
        let lock = File::options()
            .create(true)
            .truncate(false)
            .write(true)
            .open(root.join(MARK))
            .map_err(failed)?;
        match lock.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Err(busy(root)),
            Err(TryLockError::Error(error)) => return Err(failed(error)),
        }
        let folder = Self {
            root: root.to_path_buf(),
            _lock: lock,
        };
        folder.wipe()?;
        private(&folder.shuffle())?;
        private(&folder.spill())?;
        Ok(folder)
    }

    /// Where the results of stages lie.
    pub(super) fn shuffle(&self) -> PathBuf {
        self.root.join(SHUFFLE)
    }

    /// Where rows lie that do not fit in memory.
    pub(super) fn spill(&self) -> PathBuf {
        self.root.join(SPILL)
    }

    fn wipe(&self) -> Result<(), Refusal> {
        let gone = |path: &Path| match std::fs::remove_dir_all(path) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(error),
            _ => Ok(()),
        };
        for path in [self.shuffle(), self.spill()] {
            let mut wiped = gone(&path);
            for _ in 1..TRIES {
                if wiped.is_ok() {
                    break;
                }
                std::thread::sleep(std::time::Duration::from_millis(50));
                wiped = gone(&path);
            }
            wiped.map_err(failed)?;
        }
        Ok(())
    }

    /// Wipes the folder and gives it up.
    pub(super) fn close(self) -> Result<(), Refusal> {
        self.wipe()?;
        std::fs::remove_file(self.root.join(MARK)).map_err(failed)
    }
}

/// Makes a folder that only its owner may look into; one that others may look into is refused.
fn private(path: &Path) -> Result<(), Refusal> {
    let mut builder = DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::{DirBuilderExt as _, PermissionsExt as _};
        builder.mode(0o700).create(path).map_err(failed)?;
        let found = std::fs::symlink_metadata(path).map_err(failed)?;
        if !found.is_dir() || found.permissions().mode() & 0o077 != 0 {
            return Err(refuse::configuration(
                "cluster-work",
                &path.display().to_string(),
                "arbetsmappen måste vara en mapp med läget 0700",
                "the work folder must be a folder with the mode 0700",
            ));
        }
        Ok(())
    }
    #[cfg(not(unix))]
    builder.create(path).map_err(failed)
}

fn busy(root: &Path) -> Refusal {
    Refusal::new(
        "cluster-work",
        RefusalKind::Busy,
        root.display().to_string(),
        Text::new("en annan exekutor äger arbetsmappen", "another executor owns the work folder"),
    )
    .hint(Text::new(
        "ge varje exekutor en egen --work",
        "give each executor a --work of its own",
    ))
}

fn failed(error: std::io::Error) -> Refusal {
    refuse::io("work", error)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn h31_a_work_folder_is_private_has_one_owner_and_is_wiped_at_start_and_end() {
        let dir = tempfile::tempdir().unwrap();
        let root = dir.path().join("work");
        let folder = WorkFolder::open(&root).unwrap();
        std::fs::write(folder.shuffle().join("rows"), "x").unwrap();
        assert_eq!(WorkFolder::open(&root).unwrap_err().exit_code(), 4);
        // A killed process leaves its rows; the next one wipes them before it begins.
        drop(folder);
        assert!(root.join(SHUFFLE).join("rows").exists());
        let folder = WorkFolder::open(&root).unwrap();
        assert!(!folder.shuffle().join("rows").exists());
        std::fs::write(folder.spill().join("rows"), "x").unwrap();
        folder.close().unwrap();
        assert_eq!(std::fs::read_dir(&root).unwrap().count(), 0);
    }

    #[test]
    fn a_folder_with_other_things_or_other_readers_is_not_taken() {
        let dir = tempfile::tempdir().unwrap();
        let root = dir.path().join("home");
        private(&root).unwrap();
        std::fs::write(root.join("letter"), "x").unwrap();
        assert_eq!(WorkFolder::open(&root).unwrap_err().exit_code(), 2);
        assert!(root.join("letter").exists());
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt as _;
            let open = dir.path().join("open");
            std::fs::create_dir(&open).unwrap();
            std::fs::set_permissions(&open, std::fs::Permissions::from_mode(0o755)).unwrap();
            assert_eq!(WorkFolder::open(&open).unwrap_err().exit_code(), 2);
        }
    }
}
