//! Controlled rounding: every count becomes a neighbouring multiple of the base, and every total is still the sum of its parts.
//!
//! In: counts, equations, a base. Out: multiples of the base, each less than the base away from its count, a multiple left as it is. The
//! nearest such table is looked for by linear programs, branching where one is not whole. Many tables of three or more columns have none.
//!
//! Source: Cox, A constructive procedure for unbiased controlled rounding (1987).

use super::program::{Answer, Program};
use super::span::Equation;

/// Branches before a table is given up.
const BRANCHES_MAX: u32 = 400;

/// The rounded counts; nothing when no additive rounding was found.
pub(crate) fn controlled(counts: &[u64], equations: &[Equation], base: u64) -> Option<Vec<u64>> {
    let floor = |count: &u64| count / base;
    let floors: Vec<u64> = counts.iter().map(floor).collect();
    let mut program = Program::default();
    for count in counts {
        let rest = (count % base) as f64;
        // Rounding up costs what it adds beyond what rounding down would take away.
        let gain = (2.0 * rest - base as f64) / base as f64;
        program.variable(gain, if rest == 0.0 { 0.0 } else { 1.0 });
    }
    let at = |cell: usize| floors.get(cell).copied().unwrap_or(0) as f64;
    for equation in equations {
        let right: f64 = -equation.iter().map(|(cell, factor)| f64::from(*factor) * at(*cell)).sum::<f64>();
        let row = equation.iter().map(|(cell, factor)| (*cell, f64::from(*factor))).collect();
        program.rows.push((row, right));
    }
    let mut left = BRANCHES_MAX;
    let ups = whole(&mut program, &mut left)?;
    Some(floors.iter().zip(ups).map(|(floor, up)| (floor + u64::from(up)) * base).collect())
}

/// The first whole answer, depth first: the branch that the fraction leans to comes first.
fn whole(program: &mut Program, left: &mut u32) -> Option<Vec<bool>> {
    *left = left.checked_sub(1)?;
    let Answer::Best(values) = program.solve() else { return None };
    let Some((cell, value)) = values.iter().enumerate().find(|(_, value)| (*value - value.round()).abs() > 1e-6) else {
        return Some(values.iter().map(|value| *value > 0.5).collect());
    };
    let sides = if *value < 0.5 { [0.0, 1.0] } else { [1.0, 0.0] };
    for side in sides {
        program.rows.push((vec![(cell, 1.0)], side));
        let found = whole(program, left);
        program.rows.pop();
        if found.is_some() {
            return found;
        }
    }
    None
}
