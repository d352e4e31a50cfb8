//! The lock of a reading: how a pipeline's file was found to be written when its reading was last accepted (`tables.md` section 1,
//! "Overrides persist"). It lies beside the pipeline as `<name>.lock` and is tried first at the next run.

use serde::{Deserialize, Serialize};

use crate::ids::Sha256;
use crate::table::ColumnType;

/// `pipelines/<name>.lock` as written.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ReadingLock {
    /// Digest of what the pipeline says of its source and its `[reading]`: when that changes, the owner has decided anew.
    pub pipeline: Sha256,
    /// `csv`, `xlsx` and so on.
    pub format: String,
    /// The packing around it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub packing: Option<String>,
    /// The text encoding.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub encoding: Option<String>,
    /// Between fields.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub delimiter: Option<char>,
    /// `,` or `.`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub decimal_sign: Option<char>,
    /// The row of the header, 0-based.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub header_row: Option<u64>,
    /// The sheet, layer or member.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub table: Option<String>,
    /// The source's own reference system.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub crs: Option<String>,
    /// The columns in their order.
    pub columns: Vec<LockedColumn>,
}

/// A column of a lock.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LockedColumn {
    /// Its tidy name.
    pub name: String,
    /// The header as it stood, where it differs from the name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub header: Option<String>,
    /// Its type; none while it has not had a value.
    #[serde(rename = "type", default, skip_serializing_if = "Option::is_none")]
    pub kind: Option<ColumnType>,
}

impl ReadingLock {
    /// The column of that name.
    pub fn column(&self, name: &str) -> Option<&LockedColumn> {
        self.columns.iter().find(|column| column.name == name)
    }
}

impl LockedColumn {
    /// The header as it stood.
    pub fn header(&self) -> &str {
        self.header.as_deref().unwrap_or(&self.name)
    }
}
