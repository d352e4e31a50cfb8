//! Licences: canonical codes, what they allow, and the verdict on a dataset (`licences.md`).

use serde::{Deserialize, Serialize};

use crate::catalogue::Value;
use crate::text::Text;

/// What a licence demands and forbids.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct LicenceFlags {
    /// Meets the Open Definition.
    pub open: bool,
    /// Attribution.
    pub by: bool,
    /// Share-alike.
    pub sa: bool,
    /// Non-commercial.
    pub nc: bool,
    /// No derivatives.
    pub nd: bool,
}

/// One licence of the table.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Licence {
    /// The code of the EU authority table, for instance `CC_BY_4_0`; our own where the table has none.
    pub code: String,
    /// What people call it.
    pub label: String,
    /// The IRI to publish: for Creative Commons `http://` with a trailing slash.
    pub iri: String,
    /// The SPDX identifier, where there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub spdx: Option<String>,
    /// What it demands.
    pub flags: LicenceFlags,
}

/// What may be done with the data.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Reuse {
    /// Free, no condition.
    Free,
    /// Free with attribution.
    Attribution,
    /// Free, results under the same licence.
    ShareAlike,
    /// A condition that is not open: no commercial use, or no derivatives.
    Restricted,
    /// A licence that the list does not know, or none: no permission can be assumed.
    Unknown,
}

/// The verdict on one distribution (or on a derived work).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LicenceVerdict {
    /// The licence, when one on the list was found.
    pub licence: Option<Licence>,
    /// What was written, and where: `distribution`, `dataset`, `pipeline`, `none`.
    pub stated: Vec<Value>,
    /// Where it was found.
    pub found_on: String,
    /// The normalisation steps taken, in order; empty when the IRI was canonical.
    pub changes: Vec<String>,
    /// Whether the stated IRI was canonical already.
    pub canonical: bool,
    /// What may be done.
    pub reuse: Reuse,
    /// Whether a derived dataset may be published.
    pub derivable: bool,
    /// Whether it fits a high-value dataset.
    pub hvd: bool,
    /// The verdict in plain words.
    pub sentence: Text,
}
