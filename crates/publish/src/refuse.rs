//! The refusals of this crate, in one form.

use std::path::Path;

use fyr_model::{Refusal, RefusalKind, Text};

/// A rule of ours says no.
pub(crate) fn forbidden(id: &str, subject: impl ToString, sv: impl Into<String>, en: impl Into<String>) -> Refusal {
    Refusal::new(id, RefusalKind::Forbidden, subject.to_string(), Text::new(sv, en))
}

/// Writing or reading our own disk failed. An fsync is never tried again (H39): what the disk holds then is not known.
pub(crate) fn disk(path: &Path, error: &std::io::Error) -> Refusal {
    let id = match error.kind() {
        std::io::ErrorKind::StorageFull => "publish-disk-full",
        _ => "publish-failed",
    };
    Refusal::new(
        id,
        RefusalKind::Internal,
        path.display().to_string(),
        Text::new(
            format!("utgåvan gick inte att läsa eller skriva: {error}"),
            format!("the release could not be read or written: {error}"),
        ),
    )
}

/// A file of a release is not what it should be.
pub(crate) fn unreadable(id: &str, path: &Path, sv: impl Into<String>, en: impl Into<String>) -> Refusal {
    Refusal::new(id, RefusalKind::Unreadable, path.display().to_string(), Text::new(sv, en))
}
