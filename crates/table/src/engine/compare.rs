//! What changed between two versions of a table, as counts: rows are compared by a 128-bit hash on the columns that both have.

use std::collections::{BTreeMap, HashMap};
use std::path::PathBuf;

use arrow::array::RecordBatch;
use arrow::datatypes::{DataType, Schema};
use arrow::row::{RowConverter, SortField};
use fyr_model::Refusal;
use serde::{Deserialize, Serialize};

use super::reader;
use crate::refuse;

/// Row hashes held at a time; larger tables are gone through in parts.
const HELD_MAX: u64 = 2_000_000;

/// What changed.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Difference {
    /// Whether columns were added, removed, retyped or put in another order.
    pub schema_changed: bool,
    /// Rows of the new version that the old one lacks.
    pub rows_added: u64,
    /// Rows of the old version that the new one lacks.
    pub rows_removed: u64,
    /// Columns that only the new version has.
    #[serde(default)]
    pub columns_added: Vec<String>,
    /// Columns that only the old version has.
    #[serde(default)]
    pub columns_removed: Vec<String>,
    /// Columns with another type.
    #[serde(default)]
    pub columns_retyped: Vec<String>,
}

/// A hash of 128 bits: two of 64 with different seeds over the same bytes.
pub(crate) fn hash128(bytes: &[u8]) -> u128 {
    (u128::from(hash64(bytes, 0x9e37_79b9_7f4a_7c15)) << 64) | u128::from(hash64(bytes, 0xc2b2_ae3d_27d4_eb4f))
}

/// FNV-1a over words of eight bytes with the finaliser of MurmurHash3; not for enemies, who could only spoil counts of their own file.
fn hash64(bytes: &[u8], seed: u64) -> u64 {
    let mut hash = seed ^ (bytes.len() as u64).wrapping_mul(0x0000_0100_0000_01b3);
    for piece in bytes.chunks(8) {
        let mut word = [0u8; 8];
        for (to, from) in word.iter_mut().zip(piece) {
            *to = *from;
        }
        hash = mix(hash ^ u64::from_le_bytes(word)).wrapping_mul(0x0000_0100_0000_01b3);
    }
    mix(hash)
}

fn mix(mut hash: u64) -> u64 {
    hash ^= hash >> 33;
    hash = hash.wrapping_mul(0xff51_afd7_ed55_8ccd);
    hash ^= hash >> 33;
    hash = hash.wrapping_mul(0xc4ce_b9fe_1a85_ec53);
    hash ^ (hash >> 33)
}

/// The hash of each row of a batch, over its columns in their order.
pub(crate) fn row_hashes(batch: &RecordBatch) -> Option<Vec<u128>> {
    let fields = batch
        .columns()
        .iter()
        .map(|array| SortField::new(array.data_type().clone()))
        .collect();
    let rows = RowConverter::new(fields).ok()?.convert_columns(batch.columns()).ok()?;
    Some(rows.iter().map(|row| hash128(row.as_ref())).collect())
}

/// Compares two versions.
pub(crate) fn compare(old: &[PathBuf], new: &[PathBuf]) -> Result<Difference, Refusal> {
    let (before, after) = (reader::schema(old)?, reader::schema(new)?);
    let mut difference = schemas(&before, &after);
    let common: Vec<&str> = before
        .fields()
        .iter()
        .filter(|field| {
            after
                .field_with_name(field.name())
                .is_ok_and(|other| other.data_type() == field.data_type())
        })
        .map(|field| field.name().as_str())
        .collect();
    let rows = reader::rows(old)?.max(reader::rows(new)?);
    let parts = u128::from(rows / HELD_MAX + 1);
    for part in 0..parts {
        let mut counts: HashMap<u128, i64> = HashMap::new();
        tally(new, &common, parts, part, 1, &mut counts)?;
        tally(old, &common, parts, part, -1, &mut counts)?;
        for count in counts.values() {
            if *count > 0 {
                difference.rows_added += count.unsigned_abs();
            } else {
                difference.rows_removed += count.unsigned_abs();
            }
        }
    }
    Ok(difference)
}

fn schemas(before: &Schema, after: &Schema) -> Difference {
    let types = |schema: &Schema| -> BTreeMap<String, DataType> {
        schema
            .fields()
            .iter()
            .map(|field| (field.name().clone(), field.data_type().clone()))
            .collect()
    };
    let (old, new) = (types(before), types(after));
    let order = |schema: &Schema| -> Vec<String> { schema.fields().iter().map(|field| field.name().clone()).collect() };
    Difference {
        schema_changed: old != new || order(before) != order(after),
        columns_added: new.keys().filter(|name| !old.contains_key(*name)).cloned().collect(),
        columns_removed: old.keys().filter(|name| !new.contains_key(*name)).cloned().collect(),
        columns_retyped: old
            .iter()
            .filter(|(name, kind)| new.get(*name).is_some_and(|other| other != *kind))
            .map(|(name, _)| name.clone())
            .collect(),
        ..Difference::default()
    }
}

fn tally(parquet: &[PathBuf], common: &[&str], parts: u128, part: u128, step: i64, counts: &mut HashMap<u128, i64>) -> Result<(), Refusal> {
    reader::each(parquet, None, &mut |batch| {
        let places: Vec<usize> = common.iter().filter_map(|name| batch.schema().index_of(name).ok()).collect();
        let batch = batch.project(&places).map_err(|_| refuse::engine("table", "compare"))?;
        let hashes = if places.is_empty() {
            Some(vec![0; batch.num_rows()])
        } else {
            row_hashes(&batch)
        };
        for hash in hashes.ok_or_else(|| refuse::engine("table", "compare"))? {
            if hash % parts == part {
                *counts.entry(hash).or_default() += step;
            }
        }
        Ok(())
    })
}
