//! Where the numbers that a rule gives come from: row numbers and counts may leave, cells may not.
//!
//! In: the plan of a rule's SELECT, as the planner made it. Out: whether its column is the row number, or a count. Conditions may read any
//! cell; what they decide is only which rows are listed or counted.

use datafusion::common::Column;
use datafusion::logical_expr::{Distinct, Expr, JoinType, LogicalPlan};

use crate::rules::ROW;

/// What must stand at the end of a column's way through the plan.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Wanted {
    Row,
    Count,
}

/// Whether the plan's column `row` is the row number of `t`.
pub(super) fn gives_rows(plan: &LogicalPlan) -> bool {
    let index = plan.schema().fields().iter().position(|field| field.name() == ROW);
    index.is_some_and(|index| origin(plan, index, Wanted::Row))
}

/// Whether the plan's first column is made of counts and of numbers that the rule itself names.
pub(super) fn gives_count(plan: &LogicalPlan) -> bool {
    origin(plan, 0, Wanted::Count)
}

fn origin(plan: &LogicalPlan, index: usize, wanted: Wanted) -> bool {
    let through = |input: &LogicalPlan| origin(input, index, wanted);
    match plan {
        LogicalPlan::Projection(node) => node.expr.get(index).is_some_and(|expr| made_of(expr, &node.input, wanted)),
        LogicalPlan::Aggregate(node) => {
            let expr = node.group_expr.iter().chain(&node.aggr_expr).nth(index);
            expr.is_some_and(|expr| made_of(expr, &node.input, wanted))
        }
        LogicalPlan::Window(node) => index < node.input.schema().fields().len() && through(&node.input),
        LogicalPlan::Filter(node) => through(&node.input),
        LogicalPlan::Sort(node) => through(&node.input),
        LogicalPlan::Limit(node) => through(&node.input),
        LogicalPlan::Distinct(Distinct::All(input)) => through(input),
        LogicalPlan::SubqueryAlias(node) => through(&node.input),
        LogicalPlan::Union(node) => node.inputs.iter().all(|input| through(input)),
        LogicalPlan::Join(node) => {
            let left = node.left.schema().fields().len();
            match node.join_type {
                JoinType::Inner | JoinType::Left | JoinType::Right | JoinType::Full if index >= left => {
                    origin(&node.right, index - left, wanted)
                }
                JoinType::RightSemi | JoinType::RightAnti => through(&node.right),
                _ => index < left && through(&node.left),
            }
        }
        // The registers have no column of that name, and nothing else is registered.
        LogicalPlan::TableScan(scan) => {
            wanted == Wanted::Row
                && scan.table_name.schema() != Some("ref")
                && scan.projected_schema.fields().get(index).is_some_and(|field| field.name() == ROW)
        }
        LogicalPlan::Values(_) | LogicalPlan::EmptyRelation(_) => wanted == Wanted::Count,
        _ => false,
    }
}

fn made_of(expr: &Expr, input: &LogicalPlan, wanted: Wanted) -> bool {
    let of = |expr: &Expr| made_of(expr, input, wanted);
    match expr {
        Expr::Alias(alias) => of(&alias.expr),
        Expr::Column(column) => place(input, column).is_some_and(|index| origin(input, index, wanted)),
        Expr::Cast(cast) => of(&cast.expr),
        Expr::TryCast(cast) => of(&cast.expr),
        Expr::AggregateFunction(function) => {
            let name = function.func.name().to_lowercase();
            let all = || function.params.args.iter().all(of);
            match wanted {
                Wanted::Row => matches!(name.as_str(), "min" | "max" | "first_value" | "last_value") && all(),
                Wanted::Count => name == "count" || (matches!(name.as_str(), "sum" | "min" | "max") && all()),
            }
        }
        _ if wanted == Wanted::Row => false,
        Expr::Literal(..) => true,
        Expr::Negative(inner) => of(inner),
        Expr::BinaryExpr(binary) => of(&binary.left) && of(&binary.right),
        Expr::ScalarFunction(function) => {
            matches!(function.name(), "coalesce" | "greatest" | "least" | "abs" | "round" | "nullif") && function.args.iter().all(of)
        }
        Expr::Case(case) => {
            let mut branches = case.when_then_expr.iter().map(|(_, then)| then).chain(&case.else_expr);
            branches.all(|branch| of(branch))
        }
        _ => false,
    }
}

fn place(input: &LogicalPlan, column: &Column) -> Option<usize> {
    input.schema().index_of_column(column).ok()
}
