//! Identifiers, each its own type, so that a source is never taken for a dataset or a digest for a name.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use sha2::Digest as _;

/// A text that is not the identifier it was given as.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{given}` is not a {kind}: {rule}")]
pub struct BadId {
    /// What kind of identifier was expected.
    pub kind: &'static str,
    /// What was given, cut to 80 characters.
    pub given: String,
    /// The rule that it breaks.
    pub rule: &'static str,
}

fn bad(kind: &'static str, given: &str, rule: &'static str) -> BadId {
    BadId {
        kind,
        given: given.chars().take(80).collect(),
        rule,
    }
}

/// Lower-case letters, digits and `-`, starting with a letter or digit, at most 64 characters: safe as a file name everywhere.
fn is_slug(text: &str) -> bool {
    !text.is_empty()
        && text.len() <= 64
        && !text.starts_with('-')
        && text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
}

macro_rules! slug {
    ($(#[$doc:meta])* $name:ident, $kind:literal) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
        #[serde(try_from = "String", into = "String")]
        pub struct $name(String);

        impl $name {
            /// The identifier as text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }
        impl FromStr for $name {
            type Err = BadId;
            fn from_str(text: &str) -> Result<Self, BadId> {
                if is_slug(text) {
                    Ok(Self(text.to_owned()))
                } else {
                    Err(bad($kind, text, "use 1 to 64 of a-z, 0-9 and -, not starting with -"))
                }
            }
        }
        impl TryFrom<String> for $name {
            type Error = BadId;
            fn try_from(text: String) -> Result<Self, BadId> {
                text.parse()
            }
        }
        impl From<$name> for String {
            fn from(name: $name) -> String {
                name.0
            }
        }
        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
    };
}

slug! {
    /// A harvest source: the name of its file in `catalog/sources/`.
    ///
    /// ```
    /// # use fyr_model::SourceId;
    /// assert!("exempelby".parse::<SourceId>().is_ok());
    /// assert!("../etc".parse::<SourceId>().is_err());
    /// ```
    SourceId, "source name"
}
slug! {
    /// A pipeline: the name of its file in `pipelines/`, and so of the curated dataset's folder and address.
    PipelineName, "pipeline name"
}

/// The IRI by which a publisher names a dataset; kept exactly as harvested.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct DatasetId(String);

impl DatasetId {
    /// Takes an IRI as it was harvested, without judging it.
    pub fn new(iri: impl Into<String>) -> Self {
        Self(iri.into())
    }
    /// The whole IRI.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for DatasetId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A SHA-256 digest, written as 64 lower-case hexadecimal digits.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Sha256([u8; 32]);

impl Sha256 {
    /// The digest of `bytes`.
    ///
    /// ```
    /// # use fyr_model::Sha256;
    /// assert!(Sha256::of(b"").to_string().starts_with("e3b0c442"));
    /// ```
    pub fn of(bytes: &[u8]) -> Self {
        Self(sha2::Sha256::digest(bytes).into())
    }
    /// A digest that was computed elsewhere, for instance while streaming.
    pub fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }
    /// The 32 bytes.
    pub fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }
    /// The first and last eight digits, as lists show it.
    pub fn short(&self) -> String {
        let text = self.to_string();
        format!("{}…{}", &text[..8], &text[56..])
    }
}

impl fmt::Display for Sha256 {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}
impl fmt::Debug for Sha256 {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Sha256({self})")
    }
}
impl FromStr for Sha256 {
    type Err = BadId;
    fn from_str(text: &str) -> Result<Self, BadId> {
        let wrong = || bad("SHA-256 digest", text, "64 lower-case hexadecimal digits");
        if text.len() != 64 || !text.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b)) {
            return Err(wrong());
        }
        let mut bytes = [0u8; 32];
        for (byte, pair) in bytes.iter_mut().zip(text.as_bytes().chunks(2)) {
            let pair = std::str::from_utf8(pair).map_err(|_| wrong())?;
            *byte = u8::from_str_radix(pair, 16).map_err(|_| wrong())?;
        }
        Ok(Self(bytes))
    }
}
impl TryFrom<String> for Sha256 {
    type Error = BadId;
    fn try_from(text: String) -> Result<Self, BadId> {
        text.parse()
    }
}
impl From<Sha256> for String {
    fn from(digest: Sha256) -> String {
        digest.to_string()
    }
}

/// The version of a release: three numbers (`publishing.md` section 7).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Version {
    /// Rows changed or removed, a type, unit, key or code list changed, stricter protection.
    pub major: u32,
    /// Rows or nullable columns added.
    pub minor: u32,
    /// The same rows, repackaged.
    pub patch: u32,
}

impl Version {
    /// The first version of any release.
    pub const FIRST: Self = Self {
        major: 1,
        minor: 0,
        patch: 0,
    };
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}.{}", self.major, self.minor, self.patch)
    }
}
impl FromStr for Version {
    type Err = BadId;
    fn from_str(text: &str) -> Result<Self, BadId> {
        let wrong = || bad("version", text, "three numbers, as in 1.0.0");
        let mut parts = text.split('.').map(|part| {
            let plain = part == "0" || (!part.is_empty() && !part.starts_with('0') && part.bytes().all(|b| b.is_ascii_digit()));
            plain.then(|| part.parse::<u32>().ok()).flatten().ok_or_else(wrong)
        });
        let mut next = || parts.next().unwrap_or_else(|| Err(wrong()));
        let version = Self {
            major: next()?,
            minor: next()?,
            patch: next()?,
        };
        if parts.next().is_some() { Err(wrong()) } else { Ok(version) }
    }
}
impl TryFrom<String> for Version {
    type Error = BadId;
    fn try_from(text: String) -> Result<Self, BadId> {
        text.parse()
    }
}
impl From<Version> for String {
    fn from(version: Version) -> String {
        version.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_could_leave_their_folder_are_refused() {
        for given in ["", "..", "a/b", "A", "-a", "å", &"x".repeat(65)] {
            assert!(given.parse::<SourceId>().is_err(), "{given}");
            assert!(given.parse::<PipelineName>().is_err(), "{given}");
        }
        for given in ["exempelby", "exempelby-trad", "0", &"x".repeat(64)] {
            assert!(given.parse::<SourceId>().is_ok(), "{given}");
        }
    }

    #[test]
    fn a_version_is_three_plain_numbers() {
        assert_eq!("1.0.12".parse::<Version>().map(|v| v.to_string()), Ok("1.0.12".into()));
        for given in ["1", "1.0", "1.0.0.0", "01.0.0", "1.0.x", "+1.0.0", "../.."] {
            assert!(given.parse::<Version>().is_err(), "{given}");
        }
    }

    #[test]
    fn a_digest_reads_back_and_upper_case_is_refused() {
        let digest = Sha256::of(b"fyr");
        assert_eq!(digest.to_string().parse(), Ok(digest));
        assert!(digest.to_string().to_uppercase().parse::<Sha256>().is_err());
    }
}
