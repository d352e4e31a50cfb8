//! Rules that look at one row at a time, evaluated together on the batches of one pass: no copy of the table, no plan for each.
//!
//! In: the plans of rules and the batches. Out: the same counts and rows as the rules would give as plans (a test holds both to that).

use std::sync::Arc;

use datafusion::arrow::array::{Array, AsArray, BooleanArray, RecordBatch};
use datafusion::arrow::buffer::NullBuffer;
use datafusion::arrow::datatypes::Schema;
use datafusion::common::DFSchema;
use datafusion::common::tree_node::{TreeNode, TreeNodeRecursion};
use datafusion::logical_expr::{Expr, LogicalPlan, Volatility};
use datafusion::physical_expr::PhysicalExpr;
use datafusion::prelude::SessionContext;

use super::tally::Failing;
use crate::rules::{Nulls, ROW};

/// A rule as a condition on one row.
pub(super) struct Local {
    condition: Option<Arc<dyn PhysicalExpr>>,
    /// Places in the batch of the columns that must not be missing.
    given: Vec<usize>,
    nulls: Nulls,
    pub(super) failing: Failing,
    pub(super) checked: u64,
}

impl Local {
    /// The rule as a condition, when its plan is no more than `SELECT row FROM t WHERE …` without a question inside.
    pub(super) fn of(session: &SessionContext, plan: &LogicalPlan, schema: &Schema, columns: &[&str], nulls: Nulls) -> Option<Self> {
        let LogicalPlan::Projection(projection) = plan else { return None };
        let [Expr::Column(column)] = projection.expr.as_slice() else {
            return None;
        };
        let LogicalPlan::Filter(filter) = projection.input.as_ref() else {
            return None;
        };
        if column.name != ROW || !is_table(&filter.input) || !is_plain(&filter.predicate) {
            return None;
        }
        let given = columns
            .iter()
            .map(|name| schema.fields().iter().position(|field| field.name() == name))
            .collect::<Option<Vec<usize>>>()?;
        // The optimiser evaluates what is constant (`arrow_cast`, `current_date`); some functions exist only until then.
        let optimised = session.state().optimize(plan).ok()?;
        let predicate = the_filter(&optimised)?;
        let qualified = DFSchema::try_from_qualified_schema("t", schema).ok()?;
        let condition = session.create_physical_expr(predicate, &qualified).ok()?;
        Some(Self {
            condition: Some(condition),
            given,
            nulls,
            failing: Failing::default(),
            checked: 0,
        })
    }

    /// Evaluates a batch whose first row has this number; false when the condition cannot be evaluated.
    pub(super) fn see(&mut self, batch: &RecordBatch, first: u64) -> bool {
        let Some(condition) = &self.condition else { return false };
        let Ok(array) = condition.evaluate(batch).and_then(|value| value.into_array(batch.num_rows())) else {
            return false;
        };
        let Some(failed) = array.as_boolean_opt() else { return false };
        self.count(batch, failed, first);
        true
    }

    fn count(&mut self, batch: &RecordBatch, failed: &BooleanArray, first: u64) {
        let given = self.given.iter().filter_map(|index| batch.columns().get(*index)?.nulls());
        let given = given.fold(None, |before, nulls| NullBuffer::union(before.as_ref(), Some(nulls)));
        // A condition that is null does not hold that the row fails.
        let failed = match failed.nulls() {
            Some(known) => failed.values() & known.inner(),
            None => failed.values().clone(),
        };
        let (checked, fails) = match (self.nulls, given) {
            (_, None) => (batch.num_rows(), failed),
            (Nulls::Pass, Some(given)) => (batch.num_rows() - given.null_count(), &failed & given.inner()),
            (Nulls::Fail, Some(given)) => (batch.num_rows(), &failed | &!given.inner()),
        };
        self.checked += checked as u64;
        fails.set_indices().for_each(|row| self.failing.add(first + row as u64));
    }
}

/// The one filter of a plan that stands right above `t`.
fn the_filter(plan: &LogicalPlan) -> Option<Expr> {
    match plan {
        LogicalPlan::Projection(node) => the_filter(&node.input),
        LogicalPlan::SubqueryAlias(node) => the_filter(&node.input),
        LogicalPlan::Filter(node) => match node.input.as_ref() {
            LogicalPlan::TableScan(scan) if scan.filters.is_empty() => Some(node.predicate.clone()),
            _ => None,
        },
        _ => None,
    }
}

/// The view `t` and nothing else.
fn is_table(plan: &LogicalPlan) -> bool {
    match plan {
        LogicalPlan::SubqueryAlias(alias) => is_table(&alias.input),
        LogicalPlan::TableScan(scan) => scan.table_name.schema() != Some("ref") && scan.filters.is_empty() && scan.fetch.is_none(),
        _ => false,
    }
}

/// No question inside, and no function that answers differently from row to row by itself.
fn is_plain(expr: &Expr) -> bool {
    let mut plain = true;
    let _ = expr.apply(|node| {
        let odd = match node {
            Expr::Exists(_) | Expr::InSubquery(_) | Expr::ScalarSubquery(_) | Expr::OuterReferenceColumn(..) | Expr::WindowFunction(_) => {
                true
            }
            Expr::ScalarFunction(function) => function.func.signature().volatility == Volatility::Volatile,
            _ => false,
        };
        plain &= !odd;
        Ok(if odd {
            TreeNodeRecursion::Stop
        } else {
            TreeNodeRecursion::Continue
        })
    });
    plain
}
