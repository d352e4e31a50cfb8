//! The next version (`publishing.md` section 7).

use fyr_model::Version;

use crate::shelf::Release;

/// What a comparison with the former release found, least first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Change {
    /// The same rows, repackaged: encoding, order, metadata.
    Repackaged,
    /// Rows or nullable columns added, what was there still is.
    Added,
    /// Rows changed or removed; a type, unit, key or code list changed; stricter protection.
    Changed,
}

/// The version after `previous` for a change of this kind; the first when there is none.
pub fn next_version(previous: Option<&Release>, change: Change) -> Version {
    let Some(release) = previous else { return Version::FIRST };
    let Version { major, minor, patch } = release.manifest.record.version;
    match change {
        Change::Repackaged => Version {
            major,
            minor,
            patch: patch + 1,
        },
        Change::Added => Version {
            major,
            minor: minor + 1,
            patch: 0,
        },
        Change::Changed => Version {
            major: major + 1,
            minor: 0,
            patch: 0,
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing;

    #[test]
    fn the_kind_of_change_decides_which_number_grows() {
        let dir = tempfile::tempdir().unwrap();
        let mut release = testing::release(dir.path(), "1.0.0");
        release.manifest.record.version = Version {
            major: 2,
            minor: 3,
            patch: 4,
        };
        for (change, expected) in [(Change::Repackaged, "2.3.5"), (Change::Added, "2.4.0"), (Change::Changed, "3.0.0")] {
            assert_eq!(next_version(Some(&release), change).to_string(), expected);
            assert_eq!(next_version(None, change), Version::FIRST);
        }
    }
}
