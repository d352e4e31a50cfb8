//! Fresh arrays: only the chosen values, copied one by one (`hardening.md` H30, H31).
//!
//! In: an array and the rows to keep. Out: an array with the same values in buffers of its own. Filtering and slicing in Arrow keep
//! whole dictionaries, string views and what lies under null masks; removed values would survive there.

use std::sync::Arc;

use arrow::array::{Array, ArrayRef, ArrowPrimitiveType, AsArray, BinaryArray, BooleanArray, PrimitiveArray, StringArray, new_null_array};
use arrow::compute::cast;
use arrow::datatypes::{
    DataType, Date32Type, Date64Type, Decimal128Type, Float32Type, Float64Type, Int8Type, Int16Type, Int32Type, Int64Type,
    Time32MillisecondType, Time32SecondType, Time64MicrosecondType, Time64NanosecondType, TimeUnit, TimestampMicrosecondType,
    TimestampMillisecondType, TimestampNanosecondType, TimestampSecondType, UInt8Type, UInt16Type, UInt32Type, UInt64Type,
};

/// Copies `rows` of `array`; `None` for types that cannot be copied value by value (lists, structs).
pub(crate) fn copy(array: &ArrayRef, rows: &[usize]) -> Option<ArrayRef> {
    Some(match array.data_type() {
        DataType::Boolean => {
            let source = array.as_boolean();
            Arc::new(BooleanArray::from_iter(
                rows.iter().map(|row| (!source.is_null(*row)).then(|| source.value(*row))),
            ))
        }
        DataType::Binary | DataType::LargeBinary | DataType::BinaryView => {
            let source = cast(array, &DataType::Binary).ok()?;
            let source = source.as_binary::<i32>();
            Arc::new(BinaryArray::from_iter(
                rows.iter().map(|row| (!source.is_null(*row)).then(|| source.value(*row))),
            ))
        }
        kind if crate::cells::is_text(kind) => {
            let source = cast(array, &DataType::Utf8).ok()?;
            let source = source.as_string::<i32>();
            Arc::new(StringArray::from_iter(
                rows.iter().map(|row| (!source.is_null(*row)).then(|| source.value(*row))),
            ))
        }
        DataType::Null => new_null_array(&DataType::Null, rows.len()),
        DataType::Int8 => primitive::<Int8Type>(array, rows),
        DataType::Int16 => primitive::<Int16Type>(array, rows),
        DataType::Int32 => primitive::<Int32Type>(array, rows),
        DataType::Int64 => primitive::<Int64Type>(array, rows),
        DataType::UInt8 => primitive::<UInt8Type>(array, rows),
        DataType::UInt16 => primitive::<UInt16Type>(array, rows),
        DataType::UInt32 => primitive::<UInt32Type>(array, rows),
        DataType::UInt64 => primitive::<UInt64Type>(array, rows),
        DataType::Float32 => primitive::<Float32Type>(array, rows),
        DataType::Float64 => primitive::<Float64Type>(array, rows),
        DataType::Decimal128(..) => primitive::<Decimal128Type>(array, rows),
        DataType::Date32 => primitive::<Date32Type>(array, rows),
        DataType::Date64 => primitive::<Date64Type>(array, rows),
        DataType::Time32(TimeUnit::Second) => primitive::<Time32SecondType>(array, rows),
        DataType::Time32(_) => primitive::<Time32MillisecondType>(array, rows),
        DataType::Time64(TimeUnit::Microsecond) => primitive::<Time64MicrosecondType>(array, rows),
        DataType::Time64(_) => primitive::<Time64NanosecondType>(array, rows),
        DataType::Timestamp(TimeUnit::Second, _) => primitive::<TimestampSecondType>(array, rows),
        DataType::Timestamp(TimeUnit::Millisecond, _) => primitive::<TimestampMillisecondType>(array, rows),
        DataType::Timestamp(TimeUnit::Microsecond, _) => primitive::<TimestampMicrosecondType>(array, rows),
        DataType::Timestamp(TimeUnit::Nanosecond, _) => primitive::<TimestampNanosecondType>(array, rows),
        _ => return None,
    })
}

/// The type that [`copy`] gives: text and bytes in their plain layouts, all else as it was.
pub(crate) fn kind(given: &DataType) -> DataType {
    match given {
        kind if crate::cells::is_text(kind) => DataType::Utf8,
        DataType::LargeBinary | DataType::BinaryView => DataType::Binary,
        kind => kind.clone(),
    }
}

fn primitive<T: ArrowPrimitiveType>(array: &ArrayRef, rows: &[usize]) -> ArrayRef {
    let source = array.as_primitive::<T>();
    let values = rows.iter().map(|row| (!source.is_null(*row)).then(|| source.value(*row)));
    Arc::new(PrimitiveArray::<T>::from_iter(values).with_data_type(array.data_type().clone()))
}
