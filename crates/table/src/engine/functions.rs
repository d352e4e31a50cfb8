//! Our own functions in SQL: one list, registered wherever plans are made or run, so that a function travels by its name alone.
//!
//! `fyr_profile(part, column, …)` looks at rows as [`TableProfiler`] does, part by part, and gives the packed states in pieces. It is how
//! the profile of a table that lies in parts is made where the parts are read. What it gives holds values: only this crate asks for it.

use std::collections::BTreeMap;
use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, BinaryBuilder, ListArray, RecordBatch};
use arrow::buffer::OffsetBuffer;
use arrow::compute::cast;
use arrow::datatypes::{DataType, Field, FieldRef, Int64Type, Schema};
use datafusion::common::{Result, exec_err};
use datafusion::execution::FunctionRegistry;
use datafusion::logical_expr::function::{AccumulatorArgs, StateFieldsArgs};
use datafusion::logical_expr::utils::format_state_name;
use datafusion::logical_expr::{Accumulator, AggregateUDF, AggregateUDFImpl, Signature, Volatility};
use datafusion::scalar::ScalarValue;
use fyr_model::table::{Column, ColumnType};

use crate::profile::{Assembly, TableProfiler, pieces};

/// The profile of parts.
pub(crate) const PROFILE: &str = "fyr_profile";

/// Registers every function of the list.
pub(crate) fn register(registry: &mut dyn FunctionRegistry) -> Result<()> {
    registry.register_udaf(Arc::new(AggregateUDF::new_from_impl(ProfileParts::new())))?;
    Ok(())
}

/// Lists of bytes: pieces of packed states.
fn pieces_type() -> DataType {
    DataType::List(Arc::new(Field::new_list_field(DataType::Binary, true)))
}

#[derive(Debug, PartialEq, Eq, Hash)]
struct ProfileParts {
    signature: Signature,
}

impl ProfileParts {
    fn new() -> Self {
        Self {
            signature: Signature::variadic_any(Volatility::Immutable),
        }
    }
}

impl AggregateUDFImpl for ProfileParts {
    fn name(&self) -> &str {
        PROFILE
    }
    fn signature(&self) -> &Signature {
        &self.signature
    }
    fn return_type(&self, _: &[DataType]) -> Result<DataType> {
        Ok(pieces_type())
    }
    fn accumulator(&self, _: AccumulatorArgs) -> Result<Box<dyn Accumulator>> {
        Ok(Box::new(Parts::default()))
    }
    fn state_fields(&self, args: StateFieldsArgs) -> Result<Vec<FieldRef>> {
        Ok(vec![Arc::new(Field::new(
            format_state_name(args.name, "pieces"),
            pieces_type(),
            true,
        ))])
    }
}

/// Parts that were looked at here, and pieces of parts that were looked at elsewhere.
#[derive(Debug, Default)]
struct Parts {
    /// The part whose rows come now; the others are packed, for rows of a part come together.
    open: Option<(u64, TableProfiler)>,
    closed: BTreeMap<u64, Vec<u8>>,
    merged: Assembly,
}

/// No values in these words: they reach logs of the engine.
fn fault<T>(what: &str) -> Result<T> {
    exec_err!("{PROFILE}: {what}")
}

impl Parts {
    /// Opens a part; one that was closed goes on where it ended.
    fn open(&mut self, part: u64, batch: &RecordBatch) -> Result<&mut TableProfiler> {
        if self.open.as_ref().is_none_or(|open| open.0 != part) {
            self.close()?;
            let profiler = match self.closed.remove(&part) {
                Some(packed) => TableProfiler::unpack(&packed),
                None => fresh(batch),
            };
            let Some(profiler) = profiler else {
                return fault("a part could not be opened");
            };
            self.open = Some((part, profiler));
        }
        match &mut self.open {
            Some((_, profiler)) => Ok(profiler),
            None => fault("no part is open"),
        }
    }

    fn close(&mut self) -> Result<()> {
        if let Some((part, mut profiler)) = self.open.take() {
            match profiler.pack() {
                Some(packed) => self.closed.insert(part, packed),
                None => return fault("a part could not be packed"),
            };
        }
        Ok(())
    }

    fn all(&mut self) -> Result<ScalarValue> {
        self.close()?;
        let own = self.closed.iter().flat_map(|(part, packed)| pieces(*part, packed));
        let mut values = BinaryBuilder::new();
        let mut count = 0;
        for piece in own {
            values.append_value(&piece);
            count += 1;
        }
        for piece in self.merged.pieces() {
            values.append_value(piece);
            count += 1;
        }
        let field = Arc::new(Field::new_list_field(DataType::Binary, true));
        let list = ListArray::try_new(field, OffsetBuffer::from_lengths([count]), Arc::new(values.finish()), None)?;
        Ok(ScalarValue::List(Arc::new(list)))
    }
}

/// A profiler for columns of these types. What a column is called and means is known to whoever joins the parts.
fn fresh(batch: &RecordBatch) -> Option<TableProfiler> {
    let schema = batch.schema();
    let columns: Vec<Column> = schema
        .fields()
        .iter()
        .map(|field| Column {
            name: field.name().clone(),
            header: String::new(),
            kind: ColumnType::Text,
            semantic: None,
            description: None,
            unit: None,
        })
        .collect();
    TableProfiler::new(&columns, &schema)
}

impl Accumulator for Parts {
    fn update_batch(&mut self, values: &[ArrayRef]) -> Result<()> {
        let Some((parts, columns)) = values.split_first() else {
            return fault("no part is given");
        };
        let parts = cast(parts, &DataType::Int64)?;
        let parts = parts.as_primitive::<Int64Type>();
        let fields: Vec<Field> = columns
            .iter()
            .enumerate()
            .map(|(place, array)| Field::new(place.to_string(), array.data_type().clone(), true))
            .collect();
        let schema = Arc::new(Schema::new(fields));
        let mut from = 0;
        while from < parts.len() {
            if parts.is_null(from) {
                return fault("a row belongs to no part");
            }
            let part = parts.value(from);
            let to = (from..parts.len()).find(|row| parts.is_null(*row) || parts.value(*row) != part);
            let to = to.unwrap_or(parts.len());
            let rows = columns.iter().map(|array| array.slice(from, to - from)).collect();
            let options = arrow::array::RecordBatchOptions::new().with_row_count(Some(to - from));
            let batch = RecordBatch::try_new_with_options(schema.clone(), rows, &options)?;
            if !self.open(part.cast_unsigned(), &batch)?.see(&batch) {
                return fault("a column has a type that no profile knows");
            }
            from = to;
        }
        Ok(())
    }

    fn merge_batch(&mut self, states: &[ArrayRef]) -> Result<()> {
        for lists in states.iter().map(|array| array.as_list::<i32>()) {
            for list in lists.iter().flatten() {
                for piece in list.as_binary::<i32>().iter().flatten() {
                    if !self.merged.add(piece) {
                        return fault("a part was looked at twice");
                    }
                }
            }
        }
        Ok(())
    }

    fn state(&mut self) -> Result<Vec<ScalarValue>> {
        Ok(vec![self.all()?])
    }

    fn evaluate(&mut self) -> Result<ScalarValue> {
        self.all()
    }

    fn size(&self) -> usize {
        /// A column of a part, about, before its values are too many to hold.
        const COLUMN_BYTES: usize = 64 << 10;
        let open = self.open.as_ref().map_or(0, |open| open.1.columns.len() * COLUMN_BYTES);
        let packed = self.closed.values().map(Vec::as_slice).chain(self.merged.pieces());
        size_of_val(self) + open + packed.map(<[u8]>::len).sum::<usize>()
    }
}

#[cfg(test)]
mod tests {
    use arrow::array::{Int64Array, StringArray};
    use datafusion::prelude::SessionContext;

    use super::*;
    use crate::profile::{Told, known, project_column};
    use crate::{Exposure, Show};

    const ROWS: i64 = 1_000;

    fn rows() -> RecordBatch {
        let numbers: Int64Array = (0..ROWS).map(|row| (row % 9 > 0).then_some(row % 300)).collect();
        let words: StringArray = (0..ROWS).map(|row| Some(format!("ord {}", row % 70))).collect();
        let parts: Int64Array = (0..ROWS).map(|row| Some(row / 300)).collect();
        let arrays: [(&str, ArrayRef); 3] = [("part", Arc::new(parts)), ("tal", Arc::new(numbers)), ("ord", Arc::new(words))];
        RecordBatch::try_from_iter(arrays).unwrap()
    }

    async fn looked() -> Vec<Vec<u8>> {
        let mut context = SessionContext::new();
        register(&mut context).unwrap();
        context.register_batch("t", rows()).unwrap();
        let sql = format!("SELECT unnest({PROFILE}(part, tal, ord)) AS piece FROM t");
        let batches = context.sql(&sql).await.unwrap().collect().await.unwrap();
        let pieces = batches.iter().flat_map(|batch| batch.column(0).as_binary::<i32>().iter().flatten());
        pieces.map(<[u8]>::to_vec).collect()
    }

    /// What a holder sees of it.
    fn shown(profiler: &TableProfiler) -> String {
        let names = profiler.columns.iter().map(|column| column.name().to_owned());
        let exposure = Exposure {
            columns: names.map(|name| (name, Show::Values)).collect(),
            group_min: 1,
            coarse: false,
        };
        let told = Told {
            exposure: &exposure,
            as_of: None,
        };
        let facts = known(&profiler.columns, &told);
        let columns = profiler.columns.iter().zip(&facts);
        let projected: Vec<_> = columns
            .map(|(column, facts)| project_column(column, facts.as_ref(), &told))
            .collect();
        serde_json::to_string(&projected).unwrap()
    }

    #[tokio::test]
    async fn parts_that_the_function_looked_at_join_to_the_profile_of_the_whole() {
        let batch = rows().project(&[1, 2]).unwrap();
        let mut whole = fresh(&batch).unwrap();
        assert!(whole.see(&batch));
        whole.settle();
        let pieces = looked().await;
        assert_eq!(pieces.len(), 4, "a piece for each part");
        let assemble = |pieces: &[Vec<u8>]| {
            let mut assembly = Assembly::default();
            pieces.iter().all(|piece| assembly.add(piece)).then_some(assembly)
        };
        let mut joined = assemble(&pieces).unwrap().join(fresh(&batch).unwrap(), 4).unwrap();
        joined.settle();
        assert_eq!(shown(&joined), shown(&whole));
        assert_eq!((joined.rows.rows(), joined.rows.copies()), (whole.rows.rows(), whole.rows.copies()));
        // A part that is missing, or came twice, or is damaged, is noticed.
        assert!(assemble(&pieces[1..]).unwrap().join(fresh(&batch).unwrap(), 4).is_none());
        assert!(assemble(&pieces[..3]).unwrap().join(fresh(&batch).unwrap(), 4).is_none());
        assert!(assemble(&pieces).unwrap().join(fresh(&batch).unwrap(), 3).is_none());
        assert!(assemble(&[pieces.clone(), pieces.clone()].concat()).is_none());
        let mut damaged = pieces.clone();
        damaged[2].truncate(60);
        assert!(assemble(&damaged).unwrap().join(fresh(&batch).unwrap(), 4).is_none());
    }

    #[test]
    fn large_states_travel_in_pieces() {
        let packed: Vec<u8> = (0..(5 << 19)).map(|n: u32| (n % 251) as u8).collect();
        let cut = pieces(7, &packed);
        assert_eq!(cut.len(), 3);
        let joined: Vec<u8> = cut.iter().flat_map(|piece| piece[16..].to_vec()).collect();
        assert_eq!(joined, packed);
        assert_eq!(pieces(7, &[]).len(), 1);
    }
}
