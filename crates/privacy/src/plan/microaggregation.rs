//! Microaggregation: in each class the mean takes the place of the numbers of a column.
//!
//! In: how often each number stands with each tuple of leaves, and the class of a tuple. Out: one mean for each class, one for the suppressed
//! rows, which are a class as they stand, and what was lost. Sums run in the order of tuples and numbers: the same each time.
//!
//! The geometric mean is that of each number and one, less one, as ARX takes it, so that zero is a number like any other.

use std::collections::BTreeMap;
use std::sync::Arc;

use arrow::array::{ArrayRef, Float64Array, Int64Array};
use fyr_model::finding::Refusal;
use fyr_model::privacy::{Mean, MicroaggregationFacts};
use fyr_model::table::{Column, ColumnType};
use fyr_model::text::Text;

use super::apply::Placed;
use super::evaluate::{View, Views};
use super::key::Key;
use super::policy::configuration;
use crate::hierarchy::Leaves;

/// A column of numbers, and the mean that is asked for.
#[derive(Debug)]
pub(crate) struct Asked {
    column: String,
    mean: Mean,
    is_whole: bool,
    /// The number of each code; none where it is missing.
    values: Vec<Option<f64>>,
}

impl Asked {
    /// Reads the numbers of a column.
    pub(crate) fn of(column: &Column, mean: Mean, leaves: &Leaves) -> Result<Self, Refusal> {
        let name = &column.name;
        let mut values = Vec::with_capacity(leaves.values.len());
        for text in &leaves.values {
            let number = text
                .as_ref()
                .map(|text| text.parse::<f64>().ok().filter(|number| number.is_finite()));
            match number {
                None => values.push(None),
                Some(Some(number)) if mean == Mean::Arithmetic || number >= 0.0 => values.push(Some(number)),
                Some(Some(_)) => {
                    let message = Text::new(
                        format!("kolumnen `{name}` har tal under noll, som inte har något geometriskt medelvärde"),
                        format!("column `{name}` has numbers below zero, which have no geometric mean"),
                    );
                    return Err(configuration("microaggregate-invalid", message));
                }
                Some(None) => {
                    let message = Text::new(
                        format!("kolumnen `{name}`: microaggregate kräver tal"),
                        format!("column `{name}`: microaggregate needs numbers"),
                    );
                    return Err(configuration("microaggregate-invalid", message));
                }
            }
        }
        Ok(Self {
            column: name.clone(),
            mean,
            is_whole: column.kind == ColumnType::Integer,
            values,
        })
    }
}

/// Takes the lists of such columns from those that are searched: they stand after the `sensitive` ones. What is searched always has a list.
pub(crate) fn apart<K: Key>(base: &mut Views<K>, sensitive: usize, columns: usize) -> Views<K> {
    if columns == 0 {
        return Vec::new();
    }
    let end = (sensitive + columns).min(base.len());
    let apart: Views<K> = base.drain(sensitive.min(end)..end).collect();
    if let (0, Some(first)) = (sensitive, apart.first()) {
        let mut tuples: Vec<(K, K::Count)> = first
            .tuples
            .iter()
            .map(|(key, count)| (key.above(first.low_bits), *count))
            .collect();
        tuples.sort_unstable();
        tuples.dedup_by(|next, kept| {
            let same = next.0 == kept.0;
            if same {
                kept.1 += next.1;
            }
            same
        });
        base.insert(0, View::new(0, tuples));
    }
    apart
}

/// The means of one column.
#[derive(Debug)]
pub(crate) struct Means {
    pub(crate) column: String,
    is_whole: bool,
    by_class: BTreeMap<Placed, f64>,
    pub(crate) facts: MicroaggregationFacts,
}

/// Numbers added up.
#[derive(Debug, Default, Clone, Copy)]
struct Sum {
    count: u64,
    plain: f64,
    logarithms: f64,
}

impl Sum {
    fn add(&mut self, value: f64, count: u64) {
        self.count += count;
        self.plain += value * count as f64;
        self.logarithms += value.ln_1p() * count as f64;
    }

    fn mean(&self, mean: Mean) -> f64 {
        let count = self.count.max(1) as f64;
        match mean {
            Mean::Arithmetic => self.plain / count,
            Mean::Geometric => (self.logarithms / count).exp_m1(),
        }
    }
}

impl Means {
    /// The mean of each class: `view` counts the numbers by tuple of leaves.
    pub(crate) fn of<K: Key>(asked: &Asked, view: &View<K>, placed: impl Fn(u128) -> Placed) -> Self {
        let mut counted: Vec<(Placed, f64, u64)> = Vec::new();
        let mut last: Option<(u128, Placed)> = None;
        for (key, count) in &view.tuples {
            let tuple = key.above(view.low_bits).wide();
            let class = last
                .filter(|(known, _)| *known == tuple)
                .map_or_else(|| placed(tuple), |(_, class)| class);
            last = Some((tuple, class));
            let code = key.field(0, view.low_bits) as usize;
            if let Some(value) = asked.values.get(code).copied().flatten() {
                counted.push((class, value, (*count).into()));
            }
        }
        let mut sums: BTreeMap<Placed, Sum> = BTreeMap::new();
        let mut whole = Sum::default();
        for (class, value, count) in &counted {
            sums.entry(*class).or_default().add(*value, *count);
            whole.add(*value, *count);
        }
        let rounded = |mean: f64| if asked.is_whole { (mean + 0.5).floor() } else { mean };
        let by_class: BTreeMap<Placed, f64> = sums
            .into_iter()
            .map(|(class, sum)| (class, rounded(sum.mean(asked.mean))))
            .collect();
        let middle = whole.mean(Mean::Arithmetic);
        let (mut from_means, mut from_middle) = (0.0, 0.0);
        for (class, value, count) in &counted {
            let mean = by_class.get(class).copied().unwrap_or(middle);
            from_means += (value - mean) * (value - mean) * *count as f64;
            from_middle += (value - middle) * (value - middle) * *count as f64;
        }
        Self {
            column: asked.column.clone(),
            is_whole: asked.is_whole,
            by_class,
            facts: MicroaggregationFacts {
                column: asked.column.clone(),
                mean: asked.mean,
                error: if from_middle > 0.0 { from_means / from_middle } else { 0.0 },
            },
        }
    }

    /// The means of rows by their classes; missing where a class has no number.
    pub(crate) fn array(&self, classes: impl Iterator<Item = Placed>) -> ArrayRef {
        let means = classes.map(|class| self.by_class.get(&class).copied());
        if self.is_whole {
            Arc::new(Int64Array::from_iter(means.map(|mean| mean.map(|mean| mean as i64))))
        } else {
            Arc::new(Float64Array::from_iter(means))
        }
    }
}
