//! A drafted record of a data file: what was measured in it, and nothing that only a person can know.

use serde::{Deserialize, Serialize};

use crate::catalogue::Period;
use crate::table::ColumnType;
use crate::text::{LangStrings, Text};

/// What a file tells about the dataset that it is.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct DraftRecord {
    /// The name under which the dataset stands until its publisher gives it an IRI.
    pub iri: String,
    /// That of the file.
    pub distribution: String,
    /// From the file's name; without a language, which a name does not tell.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    /// Our own sentences about rows and columns.
    pub description: Text,
    /// Words for what columns were recognised as.
    pub keyword: LangStrings,
    /// The days that the file's only column of days covers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub period: Option<Period>,
    /// West, south, east, north of the geometries, in degrees.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bounds: Option<[f64; 4]>,
    /// The specification that the columns follow.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub conforms_to: Option<String>,
    /// Our own sentence about the file.
    pub file: Text,
    /// Where it was read, when that is an address that others reach.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub address: Option<String>,
    /// The media type in the profile's words, packing included.
    pub format: String,
    /// The registered media type, when the file is not packed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub media_type: Option<String>,
    /// Bytes.
    pub bytes: u64,
    /// SHA-1 in hexadecimal: the one algorithm that the profile offers.
    pub sha1: String,
    /// The columns.
    pub columns: Vec<DraftColumn>,
}

/// One column: never a value of it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct DraftColumn {
    /// Its header.
    pub name: String,
    /// Its type.
    #[serde(rename = "type")]
    pub kind: ColumnType,
    /// What it was recognised as.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub semantic: Option<String>,
    /// The detectors' verdict, when it holds personal data.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub personal_data: Option<String>,
}

/// What only a person can answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Question {
    /// Its id.
    pub id: String,
    /// The property that the answer goes into; empty when it is not one.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub property: String,
    /// The question.
    pub text: Text,
    /// Findings of `fyr check` on the record that the answer mends.
    pub rules: Vec<String>,
}
