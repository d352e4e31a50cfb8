//! One process owns `data/` (H43): a lock that the operating system holds on `data/lock` and lets go when the process ends, however it ends.
//!
//! The file's text is the owner's process number, for the message of the one who comes second; the text alone means nothing.

use std::fs::{DirBuilder, File, OpenOptions, TryLockError};
use std::io::{Read as _, Seek as _, Write as _};
use std::path::Path;

use fyr_model::{Refusal, RefusalKind, Text};

/// Proof that this process owns the data folder; keep it as long as anything writes there.
#[derive(Debug)]
pub struct Ownership {
    /// Closing it lets the lock go.
    _file: File,
}

/// Takes the data folder, making it (readable by its owner only) when it is missing.
///
/// # Errors
/// `data-owned` ([`RefusalKind::Busy`], exit code 4) names the process that has it; `data-folder` when the folder cannot be made or locked.
pub fn own(data: &Path) -> Result<Ownership, Refusal> {
    folder(data).map_err(|error| unusable(data, &error))?;
    let mut file = OpenOptions::new()
        .read(true)
        .write(true)
        .create(true)
        .truncate(false)
        .open(data.join("lock"))
        .map_err(|error| unusable(data, &error))?;
    match file.try_lock() {
        Ok(()) => {}
        Err(TryLockError::WouldBlock) => return Err(owned(data, &mut file)),
        Err(TryLockError::Error(error)) => return Err(unusable(data, &error)),
    }
    let written = file
        .set_len(0)
        .and_then(|()| file.rewind())
        .and_then(|()| writeln!(file, "{}", std::process::id()));
    written.map_err(|error| unusable(data, &error))?;
    Ok(Ownership { _file: file })
}

fn folder(data: &Path) -> std::io::Result<()> {
    let mut builder = DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(data)
}

fn owned(data: &Path, file: &mut File) -> Refusal {
    let mut text = String::new();
    // Unreadable or half written: the owner is then simply not named.
    let _ = file.take(32).read_to_string(&mut text);
    let (sv, en) = match text.trim().parse::<u32>() {
        Ok(pid) => (format!("process {pid}"), format!("process {pid}")),
        Err(_) => ("en annan process".to_owned(), "another process".to_owned()),
    };
    Refusal::new(
        "data-owned",
        RefusalKind::Busy,
        data.display().to_string(),
        Text::new(format!("datamappen används av {sv}"), format!("the data folder is owned by {en}")),
    )
    .hint(Text::new(
        "vänta tills den är klar, stoppa den, eller låt den köra kommandot åt dig",
        "wait until it is done, stop it, or let it run the command for you",
    ))
}

fn unusable(data: &Path, error: &std::io::Error) -> Refusal {
    Refusal::new(
        "data-folder",
        RefusalKind::Internal,
        data.display().to_string(),
        Text::new(
            format!("datamappen går inte att använda: {error}"),
            format!("the data folder cannot be used: {error}"),
        ),
    )
}

#[cfg(test)]
mod tests {
    use std::process::{Command, Stdio};
    use std::time::{Duration, Instant};

    use super::*;

    #[test]
    fn h43_a_second_owner_is_told_which_process_has_the_folder() {
        let dir = tempfile::tempdir().unwrap();
        let data = dir.path().join("data");
        let first = own(&data).unwrap();
        let refusal = own(&data).unwrap_err();
        assert_eq!((refusal.id.as_str(), refusal.exit_code()), ("data-owned", 4));
        assert!(
            refusal.message.en.contains(&std::process::id().to_string()),
            "{}",
            refusal.message.en
        );
        drop(first);
        assert!(own(&data).is_ok(), "a folder that was let go can be taken");
    }

    #[cfg(unix)]
    #[test]
    fn h43_the_folder_is_made_for_its_owner_only() {
        use std::os::unix::fs::PermissionsExt as _;
        let dir = tempfile::tempdir().unwrap();
        let data = dir.path().join("data");
        let _owner = own(&data).unwrap();
        assert_eq!(std::fs::metadata(&data).unwrap().permissions().mode() & 0o777, 0o700);
    }

    /// Not a test of its own: the process that the next test kills while it owns a folder.
    #[test]
    fn owner_to_be_killed() {
        if let Some(data) = std::env::var_os("FYR_TEST_OWN") {
            let _owner = own(Path::new(&data)).unwrap();
            std::thread::sleep(Duration::from_secs(60));
        }
    }

    #[test]
    fn h43_the_lock_dies_with_its_process() {
        let dir = tempfile::tempdir().unwrap();
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "lock::tests::owner_to_be_killed"])
            .env("FYR_TEST_OWN", dir.path())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let pid = child.id().to_string();
        let until = Instant::now() + Duration::from_secs(20);
        while std::fs::read_to_string(dir.path().join("lock")).unwrap_or_default().trim() != pid {
            assert!(Instant::now() < until, "the child never took the folder");
            std::thread::sleep(Duration::from_millis(20));
        }
        assert!(own(dir.path()).unwrap_err().message.sv.contains(&pid));
        child.kill().unwrap();
        child.wait().unwrap();
        assert!(own(dir.path()).is_ok());
    }
}
