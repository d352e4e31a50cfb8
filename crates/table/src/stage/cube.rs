//! Data cubes as tables: one row for each combination of the dimensions' values, shared by PX files and JSON-stat.
//!
//! In: the dimensions in the order of the cells, what is measured, and the cells. Out: rows, each with a code column and a label column
//! for every dimension and one value column for every measure. Measures become columns and no rows, because each has a unit, a number of
//! decimals and a meaning of its own: a column of kronor and per cent by turns has none of them.

use fyr_model::limits::TableLimits;
use fyr_model::table::{ColumnReading, ColumnType};
use fyr_model::{Refusal, Text};

use super::cell::{Cell, Row};
use super::cells::{Cells, Value};
use super::gather::Gather;
use super::{marker, moment};
use crate::refuse;

/// Measures that become columns; a dimension of more is no list of measures, and stays a dimension.
pub(crate) const MEASURES_MAX: usize = 100;

/// One column that a dimension gives.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Axis {
    pub(crate) header: String,
    pub(crate) values: Vec<String>,
    pub(crate) kind: ColumnType,
}

/// A dimension: as many values as it has, in the order of the cells.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Dimension {
    pub(crate) size: usize,
    pub(crate) axes: Vec<Axis>,
}

impl Dimension {
    /// A dimension of categories: codes, labels, or both. `swedish` chooses the word behind the name of the code column.
    pub(crate) fn category(name: &str, codes: Option<Vec<String>>, labels: Option<Vec<String>>, swedish: bool) -> Self {
        let size = codes.as_ref().or(labels.as_ref()).map_or(0, Vec::len);
        let mut axes = Vec::new();
        if let Some(values) = codes {
            // A dimension without labels has its codes under its own name.
            let header = if labels.is_none() {
                name.to_owned()
            } else {
                beside(name, if swedish { "kod" } else { "code" })
            };
            axes.push(Axis {
                header,
                values,
                kind: ColumnType::Code,
            });
        }
        if let Some(values) = labels {
            axes.push(Axis {
                header: name.to_owned(),
                values,
                kind: ColumnType::Text,
            });
        }
        Self { size, axes }
    }
    /// A dimension of time: one column of periods or dates, and the labels beside it only where they say something else.
    pub(crate) fn time(name: &str, periods: Vec<String>, labels: Option<Vec<String>>, swedish: bool) -> Self {
        let kind = if periods.iter().all(|text| moment::is_period(text)) {
            ColumnType::Period
        } else if periods.iter().all(|text| moment::date(text, moment::DateForm::YearFirst).is_some()) {
            ColumnType::Date
        } else {
            let as_labels = labels.as_ref().filter(|labels| labels.iter().all(|text| moment::is_period(text)));
            return match as_labels {
                Some(labels) => Self::time(name, labels.clone(), Some(labels.clone()), swedish),
                None => Self::category(name, Some(periods), labels, swedish),
            };
        };
        let labels = labels.filter(|labels| *labels != periods);
        let size = periods.len();
        let mut axes = vec![Axis {
            header: name.to_owned(),
            values: periods,
            kind,
        }];
        if let Some(values) = labels {
            axes.push(Axis {
                header: beside(name, if swedish { "text" } else { "label" }),
                values,
                kind: ColumnType::Text,
            });
        }
        Self { size, axes }
    }
}

/// The name of a column beside that of its dimension: `region_kod`, `civil status kod`.
fn beside(name: &str, word: &str) -> String {
    let between = if name.contains(' ') { ' ' } else { '_' };
    format!("{name}{between}{word}")
}

/// Something that is measured: one column of values.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Measure {
    pub(crate) header: String,
    pub(crate) unit: Option<String>,
    pub(crate) description: Option<Text>,
    /// Decimals that the source promises; used only for a column without a value.
    pub(crate) decimals: Option<u32>,
}

/// The plan of a cube.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Cube {
    /// In the order of the cells, the last one fastest; without the dimension of the measures.
    pub(crate) dimensions: Vec<Dimension>,
    pub(crate) measures: Vec<Measure>,
    /// Where the dimension of the measures stands among the others.
    pub(crate) measure_at: usize,
}

impl Cube {
    /// Cells, checked against the limit and against overflow.
    pub(crate) fn cells(&self, limits: &TableLimits, subject: &str) -> Result<u64, Refusal> {
        let sizes = self.dimensions.iter().map(|dimension| dimension.size as u64);
        product(sizes.chain([self.measures.len() as u64]), limits, subject)
    }
    /// Cells between two values of the measures' dimension.
    fn inner(&self) -> u64 {
        let after = self.dimensions.get(self.measure_at..).unwrap_or_default();
        after
            .iter()
            .fold(1, |product, dimension| product.saturating_mul(dimension.size as u64))
    }

    /// Writes the rows; a hole reads as `hole`. A status says why a value is missing, or becomes a column of its own beside the values.
    pub(crate) fn pour(
        &self,
        cells: &mut Cells,
        status: Option<(&mut Cells, bool)>,
        hole: Value<'_>,
        gather: &mut Gather<'_>,
    ) -> Result<(), Refusal> {
        let total = self.cells(gather.limits(), gather.subject())?;
        let column = status.as_ref().is_some_and(|(_, column)| *column);
        let first = self.columns(column, gather)?;
        let count = self.measures.len() as u64;
        if count == 0 || total == 0 {
            return Ok(());
        }
        let inner = self.inner();
        let starts: Vec<u64> = (0..count).map(|measure| measure * inner).collect();
        cells.close()?;
        let mut values = cells.read(&starts)?;
        let mut statuses = match status {
            Some((status, _)) => {
                status.close()?;
                status.read(&starts)?
            }
            None => Vec::new(),
        };
        let mut seen = vec![Seen::default(); self.measures.len()];
        let mut at = vec![0usize; self.dimensions.len()];
        let (mut row, mut beside) = (Row::default(), Row::default());
        for number in 0..total / count {
            row.clear();
            beside.clear();
            for (dimension, at) in self.dimensions.iter().zip(&at) {
                for axis in &dimension.axes {
                    let text = axis.values.get(*at).map_or("", String::as_str);
                    row.push(Cell::Text { text, quoted: true });
                }
            }
            if number % inner == 0 && number > 0 {
                values
                    .iter_mut()
                    .chain(&mut statuses)
                    .for_each(|from| from.skip((count - 1) * inner));
            }
            for (measure, (from, seen)) in values.iter_mut().zip(&mut seen).enumerate() {
                let mut value = from.next()?;
                if let Some(status) = statuses.get_mut(measure) {
                    let status = status.next()?;
                    beside.push(cell(status));
                    value = explained(value, status);
                    if !column && matches!(status, Value::Text(_)) && !matches!(value, Value::Missing(_)) {
                        gather.repairs.add("value-flag", Some(first + measure), number);
                    }
                }
                let value = if value == Value::Hole { hole } else { value };
                seen.value(value);
                row.push(cell(value));
            }
            for index in 0..if column { beside.len() } else { 0 } {
                let (tag, bytes) = beside.raw(index).unwrap_or((0, &[]));
                row.push_raw(tag, bytes);
            }
            gather.push(&row)?;
            turn(&mut at, &self.dimensions);
        }
        self.state(first, &seen, gather);
        Ok(())
    }

    /// Adds the columns; gives the place of the first measure.
    pub(crate) fn columns(&self, status: bool, gather: &mut Gather<'_>) -> Result<usize, Refusal> {
        for axis in self.dimensions.iter().flat_map(|dimension| &dimension.axes) {
            let index = gather.column(&axis.header)?;
            let stated = ColumnReading {
                kind: Some(axis.kind),
                ..ColumnReading::default()
            };
            gather.found.stated.insert(index, stated);
        }
        let first = gather.names.len();
        for measure in &self.measures {
            gather.column(&measure.header)?;
        }
        if status {
            for measure in &self.measures {
                let index = gather.column(&format!("{} status", measure.header))?;
                let stated = ColumnReading {
                    kind: Some(ColumnType::Code),
                    ..ColumnReading::default()
                };
                gather.found.stated.insert(index, stated);
            }
        }
        self.state(first, &vec![Seen::default(); self.measures.len()], gather);
        Ok(first)
    }

    /// What is stated of the value columns: their unit, their meaning, and that they hold numbers when all of them do.
    fn state(&self, first: usize, seen: &[Seen], gather: &mut Gather<'_>) {
        for (index, (measure, seen)) in self.measures.iter().zip(seen).enumerate() {
            let promised = match measure.decimals {
                Some(0) => Some(ColumnType::Integer),
                Some(_) => Some(ColumnType::Number),
                None => None,
            };
            let kind = match (seen.texts, seen.numbers, seen.decimals) {
                (true, ..) => None,
                (_, false, _) => promised,
                (_, true, false) => Some(ColumnType::Integer),
                (_, true, true) => Some(ColumnType::Number),
            };
            let stated = ColumnReading {
                kind: kind.filter(|_| !seen.huge),
                unit: measure.unit.clone(),
                description: measure.description.clone(),
                ..ColumnReading::default()
            };
            gather.found.stated.insert(first + index, stated);
        }
    }
}

/// The product of sizes, checked against the limit and against overflow.
pub(crate) fn product(mut sizes: impl Iterator<Item = u64>, limits: &TableLimits, subject: &str) -> Result<u64, Refusal> {
    sizes
        .try_fold(1u64, |product, size| product.checked_mul(size))
        .filter(|cells| *cells <= limits.cells_max)
        .ok_or_else(|| {
            let limit = limits.cells_max;
            refuse::unreadable(
                "cube-too-many-cells",
                subject,
                format!("tabellens variabler ger fler än {limit} celler"),
                format!("the variables of the table give more than {limit} cells"),
            )
        })
}

/// Steps to the next combination: the last dimension fastest.
fn turn(at: &mut [usize], dimensions: &[Dimension]) {
    for (at, dimension) in at.iter_mut().zip(dimensions).rev() {
        *at += 1;
        if *at < dimension.size {
            return;
        }
        *at = 0;
    }
}

pub(crate) fn cell(value: Value<'_>) -> Cell<'_> {
    match value {
        Value::Hole | Value::Null => Cell::Null,
        Value::Number(text) => Cell::Number(text),
        Value::Text(text) => Cell::Text { text, quoted: true },
        Value::Boolean(value) => Cell::Boolean(value),
        Value::Missing(marker) => Cell::Missing(u8::try_from(marker).unwrap_or(0)),
    }
}

/// A value that is missing, with the reason that its status gives.
fn explained<'v>(value: Value<'v>, status: Value<'_>) -> Value<'v> {
    match (value, status) {
        (Value::Hole | Value::Null, Value::Text(word)) => match marker::marker(word.trim()) {
            Some(found) if found > marker::NAN => Value::Missing(found),
            _ => value,
        },
        _ => value,
    }
}

/// What stood in a value column.
#[derive(Debug, Clone, Copy, Default)]
struct Seen {
    numbers: bool,
    decimals: bool,
    texts: bool,
    /// A number that no type holds: the column is settled like any other.
    huge: bool,
}

impl Seen {
    fn value(&mut self, value: Value<'_>) {
        match value {
            Value::Number(text) => {
                self.numbers = true;
                let whole = text.bytes().all(|b| b.is_ascii_digit() || b == b'-');
                self.decimals |= !whole;
                self.huge |= if whole {
                    text.len() > 38
                } else {
                    !text.parse::<f64>().is_ok_and(f64::is_finite)
                };
            }
            Value::Text(_) | Value::Boolean(_) => self.texts = true,
            _ => {}
        }
    }
}
