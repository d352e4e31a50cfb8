//! The attacker of tables: what can be worked out from what is published (`privacy.md` 3.2 and 3.3).
//!
//! In: the written file, the names above each name (public), and which intervals must stay open. Out: the cells that do not. It reads the file,
//! builds the equations itself, solves them exactly, and then asks a linear program how narrowly each hidden number can be fenced in. It
//! shares no code with the producer and knows none of the hidden numbers. What it cannot attack does not pass.

mod exact;
mod fence;
mod read;

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use fyr_model::finding::{Refusal, RefusalKind};
use fyr_model::privacy::Check;
use fyr_model::tabulate::{Noise, TableMethod};
use fyr_model::text::Text;
use serde::{Deserialize, Serialize};

use fence::Fence;
use read::{Published, Sum};

/// The request of `audit.tables`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct TablesWork {
    /// The written file.
    pub file: PathBuf,
    /// What it is held to.
    pub asked: TablesAsked,
}

/// What tables are held to.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TablesAsked {
    /// The tables in the file, in the order of its column `table`.
    pub tables: Vec<AskedTable>,
    /// Per column, the name above each name.
    pub parents: BTreeMap<String, BTreeMap<String, String>>,
    /// How numbers were protected.
    pub method: TableMethod,
    /// What they are rounded to.
    pub base: u64,
    /// How they were shifted.
    pub noise: Noise,
    /// Whether a number may be below zero.
    pub signed: bool,
    /// Intervals that must stay open.
    pub open: Vec<Open>,
    /// Members of `open` that one contributor stands behind alone, contributor by contributor.
    pub alone: Vec<Vec<usize>>,
}

/// One table of the file.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AskedTable {
    /// Its columns.
    pub by: Vec<String>,
    /// The column with its numbers.
    pub measure: String,
}

/// An interval that what an outsider works out must hold.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Open {
    /// The row of the file.
    pub row: usize,
    /// Its lower end.
    pub low: f64,
    /// Its upper end.
    pub high: f64,
}

/// What the attack found.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct TablesReport {
    /// Words for what was tried.
    pub method: String,
    /// Rows read.
    pub cells: u64,
    /// Of them without a number.
    pub suppressed: u64,
    /// Rows of sensitive cells that are fenced in more narrowly than they may be.
    pub disclosed: Vec<usize>,
    /// Each check.
    pub checks: Vec<Check>,
    /// Whether all passed.
    pub passed: bool,
}

/// Attacks the tables in a written file.
///
/// # Errors
/// `audit-unreadable` when the file cannot be read as what is asked; `attack-too-large` when the attack would not end.
pub fn tables(work: &TablesWork) -> Result<TablesReport, Refusal> {
    let asked = &work.asked;
    let published = read::published(&work.file, asked)?;
    let mut report = TablesReport {
        cells: published.rows.len() as u64,
        suppressed: published.hidden_rows,
        ..TablesReport::default()
    };
    if asked.method == TableMethod::CellKey {
        report.method = "cell-key".to_owned();
        report.checks = vec![shifts(&published, asked.noise), no_small(&published, asked.noise)];
    } else {
        report.method = if asked.signed { "row-span" } else { "row-span, linear programming" }.to_owned();
        report.checks.push(additive(&published));
        let found = attacked(&published, asked)?;
        report.disclosed = found.into_iter().collect();
        let count = report.disclosed.len();
        report.checks.push(check(
            "tables-attack",
            count == 0,
            (
                format!("{count} av {} känsliga celler kan räknas ut närmare än tillåtet", asked.open.len()),
                format!(
                    "{count} of {} sensitive cells can be worked out more closely than allowed",
                    asked.open.len()
                ),
            ),
        ));
    }
    report.passed = report.checks.iter().all(|check| check.ok);
    Ok(report)
}

/// `audit.tables`: a [`TablesWork`] in, a [`TablesReport`] out.
///
/// # Errors
/// Those of [`tables`], and `audit-request` when the request is not one.
pub fn tables_work(input: serde_json::Value, _dir: &std::path::Path) -> Result<serde_json::Value, Refusal> {
    let work: TablesWork = serde_json::from_value(input).map_err(|_| crate::work::malformed())?;
    serde_json::to_value(tables(&work)?).map_err(|_| crate::work::malformed())
}

fn check(id: &str, ok: bool, (sv, en): (String, String)) -> Check {
    Check {
        id: id.to_owned(),
        ok,
        detail: Text::new(sv, en),
    }
}

/// Published numbers add up where all of them are there.
fn additive(published: &Published) -> Check {
    let off = |sum: &&Sum| published.residue(sum).is_some_and(|(left, scale)| left.abs() > 1e-6 * scale);
    let faults = published.sums.iter().filter(off).count();
    let words = (format!("{faults} summor stämmer inte"), format!("{faults} totals do not add up"));
    check("tables-additive", faults == 0, words)
}

/// Shifted numbers may differ from their sum by as much as all of their shifts together.
fn shifts(published: &Published, noise: Noise) -> Check {
    let bound = |sum: &Sum| f64::from(noise.bound) * sum.len() as f64 + 1e-9;
    let off = |sum: &&Sum| published.residue(sum).is_none_or(|(left, _)| left.abs() > bound(sum));
    let faults = published.sums.iter().filter(off).count();
    let words = (
        format!("{faults} summor avviker mer än förskjutningarna medger"),
        format!("{faults} totals are further off than the shifts allow"),
    );
    check("tables-shifts", faults == 0, words)
}

fn no_small(published: &Published, noise: Noise) -> Check {
    let small = |number: &&Option<f64>| number.is_some_and(|number| number < 0.0 || (number > 0.0 && number <= f64::from(noise.left_out)));
    let faults = published.numbers.iter().filter(small).count();
    let words = (
        format!("{faults} celler har ett antal som inte får förekomma"),
        format!("{faults} cells show a count that may not occur"),
    );
    check("tables-small-counts", faults == 0, words)
}

/// The rows of sensitive cells that are fenced in too narrowly.
fn attacked(published: &Published, asked: &TablesAsked) -> Result<BTreeSet<usize>, Refusal> {
    let mut disclosed = BTreeSet::new();
    let rounded = asked.method == TableMethod::Round;
    let cell_of = |open: &Open| published.rows.get(open.row).copied();
    let sensitive: Vec<(usize, &Open)> = asked.open.iter().filter_map(|open| Some((cell_of(open)?, open))).collect();
    if sensitive.len() != asked.open.len() {
        return Err(crate::read::unreadable("tables", "rows that must stay open are absent"));
    }
    if !rounded {
        let (hidden, all) = (published.hidden_equations(), published.equations());
        let exposed = exact::exposed(&hidden, &BTreeSet::new()).ok_or_else(too_large)?;
        for (cell, open) in &sensitive {
            if published.number(*cell).is_some() || exposed.contains(cell) {
                disclosed.insert(open.row);
            }
        }
        for members in &asked.alone {
            let own: BTreeSet<usize> = members.iter().filter_map(|at| sensitive.get(*at)).map(|(cell, _)| *cell).collect();
            let told = exact::told(&all, |cell| published.number(cell).is_some(), &own).ok_or_else(too_large)?;
            let seen = exact::exposed(&hidden, &own).ok_or_else(too_large)?;
            for (cell, open) in &sensitive {
                if own.contains(cell) && told || !own.contains(cell) && seen.contains(cell) {
                    disclosed.insert(open.row);
                }
            }
        }
    }
    if asked.signed {
        return Ok(disclosed);
    }
    for part in published.parts(asked) {
        let mine: Vec<&(usize, &Open)> = sensitive.iter().filter(|(cell, _)| part.holds(*cell)).collect();
        if mine.is_empty() {
            continue;
        }
        let mut fence = Fence::build(&part).ok_or_else(too_large)?;
        for (cell, open) in mine {
            let (low, high) = fence.around(*cell).ok_or_else(too_large)?;
            let slack = 1e-6 * (1.0 + open.high.abs()) + fence.error();
            if low > open.low + slack || high < open.high - slack {
                disclosed.insert(open.row);
            }
        }
    }
    Ok(disclosed)
}

fn too_large() -> Refusal {
    let message = Text::new(
        "tabellerna är för stora att angripa, och det som inte kan prövas släpps inte",
        "the tables are too large to attack, and what cannot be tried is not released",
    );
    let hint = Text::new(
        "dela upp tabellerna, eller ge `by` grövre kolumner",
        "split the tables, or give `by` coarser columns",
    );
    Refusal::new("attack-too-large", RefusalKind::Forbidden, "tables", message).hint(hint)
}

#[cfg(test)]
mod tests;
