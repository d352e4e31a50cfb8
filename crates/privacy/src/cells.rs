//! Cells as text, one way for every Arrow type: detectors, hierarchies and recoding must see the same text for the same value.
//!
//! In: an array. Out: a reader that gives the text of a row, or nothing for a missing cell. Whole numbers in floating columns lose
//! their `.0`, so that `39.0` is the leaf `39`.

use std::borrow::Cow;

use arrow::array::{Array, ArrayRef, AsArray};
use arrow::compute::cast;
use arrow::datatypes::{DataType, Float32Type, Float64Type};
use arrow::error::ArrowError;
use arrow::util::display::{ArrayFormatter, FormatOptions};

/// Reads the cells of one array as text.
pub(crate) enum Cells<'a> {
    Text(ArrayRef),
    Float(ArrayRef),
    Shown(&'a ArrayRef, ArrayFormatter<'a>),
}

/// The widest whole number that a double holds exactly.
const EXACT_MAX: f64 = 9_007_199_254_740_992.0;

impl<'a> Cells<'a> {
    /// A reader of `array`.
    pub(crate) fn of(array: &'a ArrayRef) -> Result<Self, ArrowError> {
        Ok(match array.data_type() {
            DataType::Utf8 => Self::Text(array.clone()),
            DataType::LargeUtf8 | DataType::Utf8View => Self::Text(cast(array, &DataType::Utf8)?),
            DataType::Dictionary(_, value) if is_text(value) => Self::Text(cast(array, &DataType::Utf8)?),
            DataType::Float64 => Self::Float(array.clone()),
            DataType::Float32 => Self::Float(cast(&array.as_primitive::<Float32Type>(), &DataType::Float64)?),
            _ => Self::Shown(array, ArrayFormatter::try_new(array.as_ref(), &FORMAT)?),
        })
    }

    /// The text of `row`; `None` when the cell is missing.
    pub(crate) fn get(&self, row: usize) -> Option<Cow<'_, str>> {
        match self {
            Self::Text(array) => (!array.is_null(row)).then(|| Cow::Borrowed(array.as_string::<i32>().value(row))),
            Self::Float(array) => (!array.is_null(row)).then(|| Cow::Owned(number(array.as_primitive::<Float64Type>().value(row)))),
            Self::Shown(array, shown) => (!array.is_null(row)).then(|| Cow::Owned(shown.value(row).to_string())),
        }
    }
}

const FORMAT: FormatOptions<'static> = FormatOptions::new();

/// A number as text: whole ones without decimals and without an exponent.
pub(crate) fn number(value: f64) -> String {
    if value.fract() == 0.0 && value.abs() < EXACT_MAX {
        format!("{value:.0}")
    } else {
        format!("{value}")
    }
}

/// Whether a type is text of some layout.
pub(crate) fn is_text(kind: &DataType) -> bool {
    match kind {
        DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View => true,
        DataType::Dictionary(_, value) => is_text(value),
        _ => false,
    }
}
