//! What the last reading of a file says of this one: tried first, and let go where the file no longer agrees.
//!
//! In: the lock that the last accepted reading left. Out: the delimiter, the decimal sign and the types that still fit. Whether the file
//! departs from the lock is judged where both are known, after the reading.

use fyr_model::limits::TableLimits;
use fyr_model::lock::ReadingLock;
use fyr_model::table::{ColumnType, Reading};

use super::csv::Csv;
use super::gather::tidy;
use super::number::Decimal;
use super::{delimited, layout, range};

/// The delimiter of the last reading, where it still gives the same columns.
pub(crate) fn delimiter(before: &ReadingLock, sample: &[u8], quote: Option<u8>, limits: &TableLimits, reading: &Reading) -> Option<u8> {
    let delimiter = u8::try_from(before.delimiter?).ok().filter(u8::is_ascii)?;
    let mut records = Csv::new(sample, delimiter, quote, limits, "").lenient();
    let rows = range::sample(&mut records, limits.sniff_rows_max, delimited::LAYOUT_BYTES).ok()?;
    let layout = layout::find(&rows, reading)?;
    let mut names: Vec<String> = Vec::new();
    for header in &layout.headers {
        let (name, _) = tidy(header, names.len(), &names);
        names.push(name);
    }
    names
        .iter()
        .eq(before.columns.iter().map(|column| &column.name))
        .then_some(delimiter)
}

/// The decimal sign: as found, or as before where the columns are silent.
pub(crate) fn decimal(before: Option<&ReadingLock>, found: (Decimal, bool)) -> (Decimal, bool) {
    match before.and_then(|lock| lock.decimal_sign).filter(|_| !found.1) {
        Some(',') => (Decimal::Comma, true),
        Some('.') => (Decimal::Point, true),
        _ => found,
    }
}

/// The type that a column had.
pub(crate) fn kind(before: Option<&ReadingLock>, name: &str) -> Option<ColumnType> {
    before?.column(name)?.kind
}
