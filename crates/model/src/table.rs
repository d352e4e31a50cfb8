//! What is known of a table: how it was read, its columns, its profile (`tables.md`).

use std::collections::BTreeMap;
use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use crate::finding::Finding;
use crate::ids::Sha256;
use crate::profile::{DateFacts, GeometryFacts, Method, MissingPattern, NumberFacts, Order, Outliers, Pair, Relation, TextFacts};
use crate::text::Text;

/// The type of a column.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ColumnType {
    /// Whole numbers: int64 (decimal128 beyond).
    Integer,
    /// Numbers: float64.
    Number,
    /// Yes and no.
    Boolean,
    /// A day: date32.
    Date,
    /// A moment: microseconds, UTC when the source gave an offset.
    Timestamp,
    /// A time of day.
    Time,
    /// A year, quarter, month, week or school year, kept as text.
    Period,
    /// Free text.
    #[default]
    Text,
    /// A code, kept as text: never a number.
    Code,
    /// WKB in longitude and latitude (OGC:CRS84).
    Geometry,
}

/// A semantic type with its evidence.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Semantic {
    /// The fixed word of `interface.md`, for instance `municipality_code`.
    pub kind: String,
    /// From 0.0 to 1.0.
    pub confidence: f64,
    /// Values that match.
    pub matches: u64,
    /// Why, in words.
    pub evidence: String,
}

/// How a file is to be read; what the pipeline says wins over what is found.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Reading {
    /// `utf-8`, `windows-1252`, `iso-8859-1`, `utf-16le`, `utf-16be`, `ibm850`, `ibm437`, `macintosh` (or `macroman`).
    pub encoding: Option<String>,
    /// One character.
    pub delimiter: Option<char>,
    /// One character.
    pub quote: Option<char>,
    /// `,` or `.`.
    pub decimal_sign: Option<char>,
    /// Rows of header.
    pub header_rows: Option<usize>,
    /// Rows before the header to skip.
    pub skip_before: Option<usize>,
    /// Rows at the end to skip.
    pub skip_after: Option<usize>,
    /// Sheet name (with a table's first cell after it: `Blad1!A20`), archive member, layer, path to the array in JSON, dataset in JSON-stat,
    /// or language of a PX file.
    pub table: Option<String>,
    /// The reference system of the coordinates, for instance `EPSG:3006`.
    pub crs: Option<String>,
    /// Per column.
    pub columns: BTreeMap<String, ColumnReading>,
}

/// How one column is to be read.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ColumnReading {
    /// The type to use.
    #[serde(rename = "type")]
    pub kind: Option<ColumnType>,
    /// The semantic type.
    pub semantic: Option<String>,
    /// Decimals of a number.
    pub decimals: Option<u8>,
    /// Markers of a missing value.
    pub missing: Option<Vec<String>>,
    /// What the column means, for people.
    pub description: Option<Text>,
    /// The unit of its values.
    pub unit: Option<String>,
}

/// How the bytes were found to be written.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TableSource {
    /// `csv`, `xlsx`, `ods`, `px`, `json`, `json-stat`, `ndjson`, `geojson`, `gpkg`, `shapefile`, `gml`, `parquet`.
    pub format: String,
    /// The IANA media type of that format.
    pub media_type: String,
    /// The text encoding, where the format has one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub encoding: Option<String>,
    /// The dialect of delimited text.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub dialect: Option<Dialect>,
    /// The packing around it: `gzip`, `zip`, `zstd`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub packing: Option<String>,
    /// The member or sheet that was read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub table: Option<String>,
    /// Bytes of the file as fetched.
    pub bytes: u64,
    /// Its digest.
    pub sha256: Sha256,
}

/// The dialect of delimited text.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Dialect {
    /// Between fields.
    pub delimiter: char,
    /// Around fields, if any.
    pub quote: Option<char>,
    /// The row of the header, 0-based in the file; none when there is no header.
    pub header_row: Option<u64>,
    /// `,` or `.`.
    pub decimal_sign: char,
    /// The delimiter that came second.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub runner_up: Option<char>,
}

/// A repair or reject, counted, with positions and never a value.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Repair {
    /// For instance `decimal-comma`, `null-marker`, `short-row`, `long-row`, `reject`, `footer-row`, `duplicate-header`.
    pub kind: String,
    /// The column; none when it concerns whole rows.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub column: Option<String>,
    /// How often.
    pub count: u64,
    /// The first 20 places: 0-based data row.
    pub rows: Vec<u64>,
}

/// One column of a staged or published table.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Column {
    /// Its tidy name.
    pub name: String,
    /// The header as it stood.
    pub header: String,
    /// Its type.
    #[serde(rename = "type")]
    pub kind: ColumnType,
    /// What it means.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub semantic: Option<Semantic>,
    /// What the owner says it means.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<Text>,
    /// The unit, when stated.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unit: Option<String>,
}

/// How a file was read: for its owner, positions and counts only.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ReadingReport {
    /// The bytes.
    pub source: TableSource,
    /// Rows of data accepted.
    pub rows: u64,
    /// Rows rejected whole.
    pub bad_rows: u64,
    /// The columns.
    pub columns: Vec<Column>,
    /// Nulls per column, by marker kind; keys are column names.
    pub nulls: BTreeMap<String, u64>,
    /// Cells rejected per column.
    pub rejects: BTreeMap<String, u64>,
    /// Everything that was repaired or rejected.
    pub repairs: Vec<Repair>,
    /// The source's own reference system of a geometry, for instance `EPSG:3006`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source_crs: Option<String>,
    /// Wrong declarations, mixed encodings and the like.
    pub findings: Vec<Finding>,
}

/// A staged table as it crosses the worker's border: typed Parquet in the private area and its report.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct StagedFacts {
    /// The Parquet file, in the private area.
    pub path: PathBuf,
    /// Its digest.
    pub sha256: Sha256,
    /// Rows.
    pub rows: u64,
    /// How it was read.
    pub report: ReadingReport,
}

/// A number of distinct values and how it was found.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Distinct {
    /// How many.
    pub value: u64,
    /// `exact`, or the sketch's name.
    pub method: String,
    /// The sketch's standard error as a share of the value.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<f64>,
}

/// Quantiles.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
pub struct Quantiles {
    /// 1 %.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub p01: Option<f64>,
    /// 5 %.
    pub p05: f64,
    /// 25 %.
    pub p25: f64,
    /// The median.
    pub p50: f64,
    /// 75 %.
    pub p75: f64,
    /// 95 %.
    pub p95: f64,
    /// 99 %.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub p99: Option<f64>,
}

/// A histogram of equal steps.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Histogram {
    /// The lower bound of the first bin (days since 1970 for dates).
    pub from: f64,
    /// The upper bound of the last bin.
    pub to: f64,
    /// Rows in each bin.
    pub counts: Vec<u64>,
}

/// A value and how often it occurs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ValueCount {
    /// The value as text.
    pub value: String,
    /// How often.
    pub count: u64,
}

/// One column's profile. Values appear only for columns that detectors cleared and only as `privacy` allows (H33).
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct ColumnProfile {
    /// Its name.
    pub name: String,
    /// Its type.
    #[serde(rename = "type")]
    pub kind: ColumnType,
    /// What it means.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub semantic: Option<String>,
    /// Missing cells.
    pub nulls: u64,
    /// Missing cells by the marker that stood there: `..`, `-`, `empty`, `absent` and the like; rejects are counted apart. For a file of a
    /// source; a published table has lost its markers.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub nulls_by: BTreeMap<String, u64>,
    /// Empty texts.
    pub empty: u64,
    /// Cells that did not fit the type, for a file of a source; they are among the nulls.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rejects: Option<u64>,
    /// Different values.
    pub distinct: Distinct,
    /// Values that stand once, as a share of all values; while all values are held.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub share_unique: Option<f64>,
    /// Shannon's entropy in bits; while all values are held.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub entropy: Option<f64>,
    /// The first row (0-based) with a value.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub first_row: Option<u64>,
    /// The last.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_row: Option<u64>,
    /// How its values follow each other from row to row; none where they are in no order.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub order: Option<Order>,
    /// Smallest, as text.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub min: Option<String>,
    /// Largest, as text.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max: Option<String>,
    /// Sum, for numbers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sum: Option<f64>,
    /// Mean, for numbers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mean: Option<f64>,
    /// Sample standard deviation, for numbers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stddev: Option<f64>,
    /// Quantiles, for numbers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub quantiles: Option<Quantiles>,
    /// How quantiles, histogram and median deviation were found, where not exactly.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ranks: Option<Method>,
    /// Histogram, for numbers and dates.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub histogram: Option<Histogram>,
    /// The most common values.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub top: Option<Vec<ValueCount>>,
    /// How the most common values were found, where not exactly: counts are then at most so much too low.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub top_method: Option<Method>,
    /// The shape of numbers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub numbers: Option<NumberFacts>,
    /// The shape of texts and codes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub texts: Option<TextFacts>,
    /// The shape of dates and moments.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub dates: Option<DateFacts>,
    /// The shape of geometries.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub geometry: Option<GeometryFacts>,
    /// Values far from the others.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub outliers: Option<Outliers>,
    /// The verdict of the detectors: `direct`, `quasi-identifying`, `sensitive`; none when cleared.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub personal_data: Option<String>,
    /// What the column means.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<Text>,
    /// The unit, when stated.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unit: Option<String>,
}

/// A table's profile.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct TableProfile {
    /// How the file was written; absent for a published table.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source: Option<TableSource>,
    /// Rows.
    pub rows: u64,
    /// Rows rejected whole.
    pub bad_rows: u64,
    /// Rows that are exact copies of an earlier one.
    pub duplicate_rows: u64,
    /// Columns (alone) whose values are all present and different.
    pub keys: Vec<String>,
    /// Pairs and triples of columns that are different in every row, where no part of them is.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub wider_keys: Vec<Vec<String>>,
    /// Columns by type.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub types: BTreeMap<String, u64>,
    /// Columns with one value in every row.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub constant: Vec<String>,
    /// Columns that are another column again.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub copies: Vec<Relation>,
    /// Columns that follow from another: a name from its code.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub dependencies: Vec<Relation>,
    /// Rows by which columns they lack, the most common first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub missing: Vec<MissingPattern>,
    /// How columns go together, the strongest first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub pairs: Vec<Pair>,
    /// On which rows and columns the pairs were computed, where not on all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pairs_method: Option<Method>,
    /// The columns.
    pub columns: Vec<ColumnProfile>,
}
