//! Folders and files of the private area: made for this user only, put in place by one rename, and the refusals when that fails.

use std::path::Path;

use fyr_model::{Refusal, RefusalKind, Text};

/// Makes `dir` for this user only; staged tables hold personal data (H31).
pub(crate) fn private_folder(dir: &Path) -> Result<(), Refusal> {
    use std::os::unix::fs::{DirBuilderExt, PermissionsExt};
    std::fs::DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(dir)
        .map_err(|error| disk(dir, &error))?;
    std::fs::set_permissions(dir, std::fs::Permissions::from_mode(0o700)).map_err(|error| disk(dir, &error))
}

/// An empty folder, whatever an interrupted run left in it.
pub(crate) fn fresh_folder(dir: &Path) -> Result<(), Refusal> {
    clean(dir);
    private_folder(dir)
}

pub(crate) fn clean(dir: &Path) {
    if let Err(error) = std::fs::remove_dir_all(dir)
        && error.kind() != std::io::ErrorKind::NotFound
    {
        tracing::warn!(folder = %dir.display(), %error, "could not remove a work folder");
    }
}

/// Moves a finished candidate into its place; a kill between the two moves leaves no candidate, never half of one.
pub(crate) fn place(made: &Path, folder: &Path) -> Result<(), Refusal> {
    if let Some(parent) = folder.parent() {
        private_folder(parent)?;
    }
    clean(folder);
    std::fs::rename(made, folder).map_err(|error| disk(folder, &error))
}

pub(crate) fn json<T: serde::Serialize>(value: &T) -> Result<serde_json::Value, Refusal> {
    serde_json::to_value(value).map_err(|error| {
        let text = Text::new(
            format!("kunde inte skrivas som JSON: {error}"),
            format!("could not be written as JSON: {error}"),
        );
        Refusal::new("json", RefusalKind::Internal, "fyr", text)
    })
}

pub(crate) fn disk(path: &Path, error: &dyn std::fmt::Display) -> Refusal {
    let shown = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let text = Text::new(
        format!("`{shown}` kunde inte skrivas: {error}"),
        format!("`{shown}` could not be written: {error}"),
    );
    Refusal::new("disk", RefusalKind::Internal, shown, text)
}
