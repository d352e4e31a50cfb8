//! Codes against bare numbers: the comparison that a rule is refused for.
//!
//! In: the plan of a rule. Out: the text column that it compares with a number, if any.

use datafusion::arrow::datatypes::DataType;
use datafusion::common::ExprSchema;
use datafusion::common::tree_node::{TreeNode, TreeNodeRecursion};
use datafusion::logical_expr::{Expr, LogicalPlan, Operator};

/// A text column that is compared with a number: the engine would cast every text, and `0180` would equal 180.
pub(super) fn bare_number(plan: &LogicalPlan) -> Option<String> {
    let mut found = None;
    let _ = plan.apply_with_subqueries(|node| {
        let text = |expr: &Expr| -> Option<String> {
            let Expr::Column(column) = expr else { return None };
            let is_text = node.inputs().iter().any(|input| {
                input
                    .schema()
                    .field_from_column(column)
                    .is_ok_and(|field| matches!(field.data_type(), DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View))
            });
            is_text.then(|| column.name.clone())
        };
        let _ = node.apply_expressions(|expr| {
            expr.apply(|expr| {
                let hit = match expr {
                    Expr::BinaryExpr(binary) if compares(binary.op) => text(&binary.left)
                        .filter(|_| number(&binary.right))
                        .or_else(|| text(&binary.right).filter(|_| number(&binary.left))),
                    Expr::InList(list) => text(&list.expr).filter(|_| list.list.iter().any(number)),
                    Expr::Between(between) => text(&between.expr).filter(|_| number(&between.low) || number(&between.high)),
                    _ => None,
                };
                if hit.is_some() {
                    found = hit;
                    return Ok(TreeNodeRecursion::Stop);
                }
                Ok(TreeNodeRecursion::Continue)
            })
        });
        Ok(if found.is_some() {
            TreeNodeRecursion::Stop
        } else {
            TreeNodeRecursion::Continue
        })
    });
    found
}

/// A number as the rule writes it, also behind a sign or a cast.
fn number(expr: &Expr) -> bool {
    match expr {
        Expr::Literal(value, _) => value.data_type().is_numeric(),
        Expr::Negative(inner) => number(inner),
        Expr::Cast(cast) => number(&cast.expr),
        _ => false,
    }
}

fn compares(operator: Operator) -> bool {
    use Operator::{Eq, Gt, GtEq, IsDistinctFrom, IsNotDistinctFrom, Lt, LtEq, NotEq};
    matches!(operator, Eq | NotEq | Lt | LtEq | Gt | GtEq | IsDistinctFrom | IsNotDistinctFrom)
}
