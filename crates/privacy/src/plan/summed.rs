//! What a plan's means tell: the contributions to each group's mean, in keyed sketches for the accumulation guard.

use std::collections::HashMap;

use arrow::array::RecordBatch;
use fyr_model::finding::Refusal;

use super::{ProtectionPlan, tuples};
use crate::accumulation::{Sketcher, Summing};
use crate::cells::Cells;

impl ProtectionPlan {
    /// One for each column of means.
    pub fn summings(&self) -> Vec<Summing> {
        self.means.iter().map(|means| Summing::of(&means.column)).collect()
    }

    /// Takes in what a batch contributes to the means of its groups; a missing number contributes nothing.
    ///
    /// # Errors
    /// Those of [`ProtectionPlan::apply`].
    pub fn sums(&self, batch: &RecordBatch, sketcher: &Sketcher, summings: &mut [Summing]) -> Result<(), Refusal> {
        if summings.is_empty() {
            return Ok(());
        }
        let packed = tuples::pack(batch, &self.quasi)?;
        for summing in summings {
            let array = tuples::array_of(batch, summing.column())?;
            let cells = Cells::of(array).map_err(|_| tuples::unreadable(summing.column()))?;
            let mut known = HashMap::new();
            for (row, tuple) in packed.iter().enumerate() {
                let Some(value) = cells.get(row) else { continue };
                let (raw, group) = known.entry(*tuple).or_insert_with(|| {
                    let (raw, shown) = self.digested(*tuple, sketcher);
                    (raw, [shown])
                });
                summing.take(sketcher, raw, &value, group);
            }
        }
        Ok(())
    }
}
