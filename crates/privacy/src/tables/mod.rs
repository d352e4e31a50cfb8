//! Tables of counts and sums that give nobody away (`privacy.md` section 3).
//!
//! In: rows in batches, and one policy or several for tables of one release. Out: all cells of all tables as one Arrow table, protected together
//! by suppression, controlled rounding or cell keys; what was done in numbers; and what an attacker must not be able to work out. It never
//! attacks its own work: that is `audit`'s, on the written file.

mod cell_key;
mod cells;
mod faults;
mod intake;
mod program;
mod round;
mod rules;
pub(crate) mod span;
mod suppress;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use arrow::array::{ArrayRef, Float64Array, Int64Array, RecordBatch, StringArray};
use fyr_model::finding::{Refusal, RefusalKind};
use fyr_model::privacy::PrivacyPolicy;
use fyr_model::table::{Column, ColumnType};
use fyr_model::tabulate::{OneTable, TableFacts, TableMethod, TablePolicy};
use fyr_model::text::Text;

use crate::hierarchy::{self, BUILT_IN};
use cells::{System, Tree};
use intake::Intake;
pub(crate) use intake::{column, numbers, unreadable};
use rules::Primary;

/// A column that says which of several tables a row belongs to.
pub const TABLE: &str = "table";
/// A column that says whether a cell is published or suppressed.
pub const STATUS: &str = "status";

/// Takes in rows, then makes the tables.
#[derive(Debug)]
pub struct Tabulator<'a> {
    policy: &'a PrivacyPolicy,
    intake: Intake<'a>,
}

/// The tables, and what they must withstand.
#[derive(Debug)]
pub struct Tabulated {
    /// All cells: labels of the columns, `*` for a total; the numbers; the status.
    pub batch: RecordBatch,
    /// Its columns.
    pub columns: Vec<Column>,
    /// What was done.
    pub facts: TableFacts,
    /// The names above each name, by column: public knowledge.
    pub parents: BTreeMap<String, BTreeMap<String, String>>,
    /// Intervals that must stay open.
    pub required: Vec<Required>,
    /// Cells of `required` that one contributor stands behind alone, by their places in it.
    pub alone: Vec<Vec<usize>>,
    /// Whether a sum may be below zero.
    pub signed: bool,
    /// Per table, the different combinations of values with how many are counted in each: what the accumulation guard compares. Never published.
    pub combinations: Vec<Vec<(Vec<String>, u64)>>,
    /// Per table, what each contributor brings to each of these, in whole millionths: of tables that publish sums as they are. Never published.
    pub brought: Vec<Vec<Vec<i128>>>,
}

/// An interval that an outsider's own must hold.
#[derive(Debug, Clone, PartialEq)]
pub struct Required {
    /// The row of the batch.
    pub row: usize,
    /// Its lower end.
    pub low: f64,
    /// Its upper end.
    pub high: f64,
}

impl<'a> Tabulator<'a> {
    /// Checks the tables of a policy against the columns of the rows. `secret` is the key of cell keys.
    ///
    /// # Errors
    /// `table-missing`, `table-invalid`, `column-absent`, `cell-key-secret`.
    /// Tables with `method = "dp"` are [`crate::dp`]'s.
    pub fn new(columns: &[Column], policy: &'a PrivacyPolicy, secret: Option<&'a [u8]>) -> Result<Self, Refusal> {
        crate::plan::roles_of(columns, policy)?;
        checked(columns, policy)?;
        if policy.table.iter().any(|table| table.method == TableMethod::CellKey) && secret.is_none_or(|secret| secret.len() < 16) {
            let message = Text::new(
                "cell-key kräver en hemlighet på minst 16 byte",
                "cell-key needs a secret of at least 16 bytes",
            );
            let hint = Text::new(
                "ange key = \"fil\" under [table]; filen ligger bredvid policyn",
                "state key = \"file\" under [table]; the file lies beside the policy",
            );
            return Err(configuration("cell-key-secret", message).hint(hint));
        }
        Ok(Self {
            intake: Intake::new(&policy.table, secret),
            policy,
        })
    }

    /// Takes in rows.
    ///
    /// # Errors
    /// `column-absent`, `column-type`, `count-invalid`, `too-many-values`.
    pub fn take(&mut self, batch: &RecordBatch) -> Result<(), Refusal> {
        self.intake.take(batch)
    }

    /// Makes and protects the tables. `hierarchies` holds the texts of hierarchy files by the policy's word for them.
    ///
    /// # Errors
    /// `hierarchy-*`, `too-many-cells`; `all-cells-hidden`, `no-safe-pattern` and `rounding-impossible` when the tables cannot be protected that way.
    pub fn tabulate(self, hierarchies: &BTreeMap<String, String>) -> Result<Tabulated, Refusal> {
        let tables = &self.policy.table;
        let (trees, codes) = self.trees(hierarchies)?;
        let columns = tables.iter().map(|table| self.intake.places(table)).collect();
        let measures: Vec<String> = tables.iter().map(|table| table.measure().to_owned()).collect();
        let system = System::build(&self.intake, &measures, trees, &codes, columns)?;
        let (primaries, single) = rules::primaries(&system, tables);
        let protected = protect(&system, tables, &primaries, &single)?;
        if !system.cells.is_empty() && protected.hidden.len() == system.cells.len() {
            return Err(all_hidden(tables));
        }
        let mut made = self.published(&system, &primaries, &single, &protected);
        let of_table = self.combinations(&system, &codes);
        for (table, combinations) in tables.iter().zip(of_table) {
            let is_sum = table.value.is_some() && table.method == TableMethod::Suppress;
            made.brought.push(
                combinations
                    .iter()
                    .filter(|_| is_sum)
                    .map(|(_, _, brought)| brought.clone())
                    .collect(),
            );
            made.combinations
                .push(combinations.into_iter().map(|(values, count, _)| (values, count)).collect());
        }
        Ok(made)
    }

    fn trees(&self, hierarchies: &BTreeMap<String, String>) -> Result<(Vec<Tree>, Vec<Vec<u32>>), Refusal> {
        let k = self.policy.table.iter().map(|table| table.threshold).max().unwrap_or(1);
        let mut trees = Vec::new();
        let mut codes = Vec::new();
        for (place, name) in self.intake.columns.iter().enumerate() {
            let (leaves, table) = self.intake.leaves(place);
            let word = self.policy.columns.get(name).and_then(|column| column.hierarchy());
            let text = word.filter(|word| !BUILT_IN.contains(word)).and_then(|word| hierarchies.get(word));
            let hierarchy = hierarchy::build(name, word, text.map(String::as_str), &leaves, k)?;
            trees.push(Tree::of(&hierarchy));
            codes.push(table);
        }
        Ok((trees, codes))
    }

    /// The combinations behind each table, in the names that its cells have.
    fn combinations(&self, system: &System, codes: &[Vec<u32>]) -> Vec<Vec<Combination>> {
        let name = |column: usize, code: u32| {
            let leaf = codes.get(column)?.get(code as usize)?;
            let tree = system.trees.get(column)?;
            tree.labels.get(*tree.leaves.get(*leaf as usize)?).cloned()
        };
        let of = |(columns, base): (&Vec<usize>, &std::collections::HashMap<Vec<u32>, intake::Tally>)| {
            let row = |(key, tally): (&Vec<u32>, &intake::Tally)| {
                let labels = columns
                    .iter()
                    .zip(key)
                    .map(|(column, code)| name(*column, *code).unwrap_or_default());
                let mut brought: Vec<i128> = tally.people.values().map(|part| part.sum).collect();
                brought.sort_unstable();
                (labels.collect(), tally.all.count, brought)
            };
            let mut rows: Vec<Combination> = base.iter().map(row).collect();
            rows.sort_unstable();
            rows
        };
        system.columns.iter().zip(&self.intake.bases).map(of).collect()
    }

    /// The cells of all tables as one.
    fn published(&self, system: &System, primaries: &[Primary], single: &[BTreeSet<usize>], protected: &Protected) -> Tabulated {
        let tables = &self.policy.table;
        let mut rows = Rows::new(&self.intake.columns, tables);
        let mut row_of = BTreeMap::new();
        for (at, places) in system.tables.iter().enumerate() {
            for place in places {
                row_of.entry(place.cell).or_insert(rows.len());
                rows.push(at, system, place, tables, protected);
            }
        }
        let of = |primary: &Primary| {
            let row = row_of.get(&primary.cell).copied()?;
            Some(Required {
                row,
                low: primary.low,
                high: primary.high,
            })
        };
        let place_of: BTreeMap<usize, usize> = primaries.iter().enumerate().map(|(place, primary)| (primary.cell, place)).collect();
        let alone = single
            .iter()
            .map(|own| own.iter().filter_map(|cell| place_of.get(cell).copied()).collect());
        let parents = self
            .intake
            .columns
            .iter()
            .zip(&system.trees)
            .map(|(name, tree)| (name.clone(), edges(tree)));
        let signed = system.cells.iter().any(|cell| cell.tally.all.sum < 0);
        let (batch, columns) = rows.finish();
        Tabulated {
            batch,
            columns,
            facts: self.facts(system, primaries, protected),
            parents: parents.collect(),
            required: if protected.attacked {
                primaries.iter().filter_map(of).collect()
            } else {
                Vec::new()
            },
            alone: alone.collect(),
            signed,
            combinations: Vec::new(),
            brought: Vec::new(),
        }
    }

    fn facts(&self, system: &System, primaries: &[Primary], protected: &Protected) -> TableFacts {
        let primary: BTreeSet<usize> = primaries.iter().map(|primary| primary.cell).collect();
        let secondary = protected.hidden.difference(&primary);
        let people = |cell: &usize| system.cells.get(*cell).map_or(0, |cell| cell.tally.contributors());
        let one = |(table, places): (&TablePolicy, &Vec<cells::Place>)| OneTable {
            by: table.by.clone(),
            measure: table.measure().to_owned(),
            method: table.method.as_str().to_owned(),
            cells: places.len() as u64,
            suppressed: places.iter().filter(|place| protected.hidden.contains(&place.cell)).count() as u64,
        };
        TableFacts {
            rows_in: self.intake.rows,
            cells: system.cells.len() as u64,
            primary: primary.len() as u64,
            secondary: secondary.clone().count() as u64,
            people_hidden: secondary.map(people).sum(),
            rules: words(&self.policy.table),
            tables: self.policy.table.iter().zip(&system.tables).map(one).collect(),
        }
    }
}

/// A combination of values, how many are counted in it, and what each contributor brings to it.
type Combination = (Vec<String>, u64, Vec<i128>);

/// The names above each name.
fn edges(tree: &Tree) -> BTreeMap<String, String> {
    let edge = |(node, parent): (usize, &Option<usize>)| Some((tree.labels.get(node)?.clone(), tree.labels.get((*parent)?)?.clone()));
    tree.parents.iter().enumerate().filter_map(edge).collect()
}

/// What protection made of the cells.
struct Protected {
    hidden: BTreeSet<usize>,
    /// Numbers that replace the true ones, by cell.
    shown: BTreeMap<usize, f64>,
    /// Whether intervals are to be attacked.
    attacked: bool,
}

fn protect(system: &System, tables: &[TablePolicy], primaries: &[Primary], single: &[BTreeSet<usize>]) -> Result<Protected, Refusal> {
    let counts: Vec<u64> = system.cells.iter().map(|cell| cell.tally.all.count).collect();
    let mut protected = Protected {
        hidden: BTreeSet::new(),
        shown: BTreeMap::new(),
        attacked: true,
    };
    let Some(first) = tables.first() else { return Ok(protected) };
    match first.method {
        TableMethod::Suppress => {
            let problem = suppress::Problem {
                values: system
                    .cells
                    .iter()
                    .map(|cell| tables.get(cell.table).map_or(0.0, |table| rules::shown(table, &cell.tally)))
                    .collect(),
                people: system.cells.iter().map(|cell| cell.tally.contributors()).collect(),
                signed: system.cells.iter().any(|cell| cell.tally.all.sum < 0),
                equations: system.equations.clone(),
                primaries: primaries.to_vec(),
                single: single.to_vec(),
            };
            protected.hidden = suppress::suppress(&problem).ok_or_else(no_pattern)?;
        }
        TableMethod::Round => {
            let rounded = round::controlled(&counts, &system.equations, first.base).ok_or_else(no_rounding)?;
            protected.shown = rounded.into_iter().map(|count| count as f64).enumerate().collect();
        }
        TableMethod::CellKey => {
            let shifts = cell_key::Shifts::new(first.noise).ok_or_else(no_noise)?;
            // A contributor counts once in a cell, however many rows it has there.
            let key = |cell: &cells::Cell| cell.tally.people.keys().fold(cell.tally.key, |sum, key| sum.wrapping_add(*key));
            let shifted = system
                .cells
                .iter()
                .map(|cell| shifts.shifted(cell.tally.all.count, key(cell)) as f64);
            protected.shown = shifted.enumerate().collect();
            // Nothing adds up any more, so there is no equation to attack.
            protected.attacked = false;
        }
        TableMethod::Dp => return Err(configuration("table-invalid", crate::dp::not_here())),
    }
    Ok(protected)
}

/// The published rows while they are made.
struct Rows {
    names: Vec<String>,
    several: bool,
    table: Vec<i64>,
    labels: Vec<Vec<String>>,
    measures: Vec<(String, bool)>,
    numbers: Vec<Vec<Option<f64>>>,
    status: Vec<&'static str>,
}

impl Rows {
    fn new(names: &[String], tables: &[TablePolicy]) -> Self {
        let mut measures: Vec<(String, bool)> = Vec::new();
        for table in tables {
            if !measures.iter().any(|(name, _)| name == table.measure()) {
                measures.push((table.measure().to_owned(), table.value.is_none()));
            }
        }
        Self {
            names: names.to_vec(),
            several: tables.len() > 1,
            table: Vec::new(),
            labels: vec![Vec::new(); names.len()],
            numbers: vec![Vec::new(); measures.len()],
            measures,
            status: Vec::new(),
        }
    }

    fn len(&self) -> usize {
        self.status.len()
    }

    fn push(&mut self, at: usize, system: &System, place: &cells::Place, tables: &[TablePolicy], protected: &Protected) {
        let (Some(table), Some(cell)) = (tables.get(at), system.cells.get(place.cell)) else {
            return;
        };
        self.table.push(at as i64 + 1);
        let columns = system.columns.get(at).map(Vec::as_slice).unwrap_or_default();
        for (column, labels) in self.labels.iter_mut().enumerate() {
            let tree = system.trees.get(column);
            let node = columns
                .iter()
                .position(|c| *c == column)
                .and_then(|at| place.nodes.get(at).copied());
            let node = node.or(tree.map(|tree| tree.root));
            labels.push(node.and_then(|node| tree?.labels.get(node).cloned()).unwrap_or_default());
        }
        let hidden = protected.hidden.contains(&place.cell);
        let number = protected
            .shown
            .get(&place.cell)
            .copied()
            .unwrap_or_else(|| rules::shown(table, &cell.tally));
        for ((name, _), numbers) in self.measures.iter().zip(&mut self.numbers) {
            numbers.push((!hidden && name == table.measure()).then_some(number));
        }
        self.status.push(if hidden { "suppressed" } else { "published" });
    }

    fn finish(self) -> (RecordBatch, Vec<Column>) {
        let mut columns = Vec::new();
        let mut arrays: Vec<ArrayRef> = Vec::new();
        let mut add = |name: &str, kind: ColumnType, array: ArrayRef| {
            columns.push(Column {
                name: name.to_owned(),
                header: name.to_owned(),
                kind,
                semantic: None,
                description: None,
                unit: None,
            });
            arrays.push(array);
        };
        if self.several {
            add(TABLE, ColumnType::Integer, Arc::new(Int64Array::from(self.table)));
        }
        for (name, labels) in self.names.iter().zip(self.labels) {
            add(name, ColumnType::Text, Arc::new(StringArray::from(labels)));
        }
        for ((name, whole), numbers) in self.measures.iter().zip(self.numbers) {
            if *whole {
                let numbers = numbers.into_iter().map(|number| number.map(|number| number as i64));
                add(name, ColumnType::Integer, Arc::new(numbers.collect::<Int64Array>()));
            } else {
                add(name, ColumnType::Number, Arc::new(Float64Array::from(numbers)));
            }
        }
        add(STATUS, ColumnType::Text, Arc::new(StringArray::from(self.status)));
        let pairs = columns.iter().zip(arrays).map(|(column, array)| (column.name.clone(), array, true));
        let batch = RecordBatch::try_from_iter_with_nullable(pairs)
            .unwrap_or_else(|_| RecordBatch::new_empty(Arc::new(arrow::datatypes::Schema::empty())));
        (batch, columns)
    }
}

/// The rules of all tables in words, each once.
fn words(tables: &[TablePolicy]) -> Vec<String> {
    let mut all = Vec::new();
    for table in tables {
        let mut of = Vec::new();
        if table.method != TableMethod::CellKey {
            of.push(format!("threshold {}", table.threshold));
            of.extend(table.dominance.map(|rule| format!("dominance ({}, {} %)", rule.n, rule.k)));
            of.extend(table.p_percent.map(|p| format!("p-percent {p} %")));
            of.extend(table.group_disclosure.then(|| "group disclosure".to_owned()));
        }
        of.extend((table.method == TableMethod::Round).then(|| format!("rounded to {}", table.base)));
        all.extend(of);
    }
    let mut seen = BTreeSet::new();
    all.retain(|word| seen.insert(word.clone()));
    all
}

/// The first contradiction of the tables of a policy.
fn checked(columns: &[Column], policy: &PrivacyPolicy) -> Result<(), Refusal> {
    let Some(first) = policy.table.first() else {
        let message = Text::new("policyn har ingen [table]", "the policy has no [table]");
        return Err(configuration("table-missing", message));
    };
    if policy.model.is_some() {
        return Err(model_unexpected());
    }
    for table in &policy.table {
        let asked = table.by.iter().chain(&table.count).chain(&table.value).chain(&table.contributor);
        for name in asked {
            if !columns.iter().any(|column| column.name == *name) {
                let message = Text::new(
                    format!("tabellen saknar kolumnen `{name}`"),
                    format!("the table has no column `{name}`"),
                );
                let known = columns.iter().map(|column| column.name.as_str()).collect::<Vec<_>>().join(", ");
                let hint = Text::new(format!("kolumnerna är {known}"), format!("the columns are {known}"));
                return Err(configuration("column-absent", message).hint(hint));
            }
        }
        if let Some((sv, en)) = faults::fault(table, first, policy) {
            return Err(configuration("table-invalid", Text::new(sv, en)));
        }
    }
    Ok(())
}

/// A policy for two things at once says that one of them is done when it is not.
pub(crate) fn model_unexpected() -> Refusal {
    let message = Text::new(
        "policyn har [model], som hör till fyr anonymize",
        "the policy has [model], which belongs to fyr anonymize",
    );
    configuration("model-unexpected", message).hint(Text::new(
        "tabeller skyddas av reglerna under [table]: ta bort [model]",
        "tables are protected by the rules under [table]: remove [model]",
    ))
}

pub(crate) fn configuration(id: &str, message: Text) -> Refusal {
    Refusal::new(id, RefusalKind::Configuration, "policy", message)
}

fn forbidden(id: &str, sv: &str, en: &str) -> Refusal {
    let hint = Text::new(
        "ge `by` färre eller grövre kolumner, eller välj en annan method",
        "give `by` fewer or coarser columns, or choose another method",
    );
    Refusal::new(id, RefusalKind::Forbidden, "policy", Text::new(sv, en)).hint(hint)
}

fn no_pattern() -> Refusal {
    forbidden(
        "no-safe-pattern",
        "inget mönster av dolda celler skyddar tabellerna",
        "no pattern of hidden cells protects the tables",
    )
}

/// Nothing is left to publish. A share written where per cent are meant makes every cell sensitive, and is pointed at.
fn all_hidden(tables: &[TablePolicy]) -> Refusal {
    let small = |per_cent: f64| per_cent <= 1.0;
    let share = tables
        .iter()
        .any(|table| table.dominance.is_some_and(|rule| small(rule.k)) || table.p_percent.is_some_and(small));
    let refusal = forbidden(
        "all-cells-hidden",
        "reglerna döljer varje cell, så det finns inget att ge ut",
        "the rules hide every cell, so there is nothing to publish",
    );
    if share {
        refusal.hint(Text::new(
            "dominance.k och p_percent anges i procent: 80, inte 0.8",
            "dominance.k and p_percent are per cent: 80, not 0.8",
        ))
    } else {
        refusal.hint(Text::new(
            "sänk threshold, eller ge `by` färre eller grövre kolumner",
            "lower threshold, or give `by` fewer or coarser columns",
        ))
    }
}

fn no_rounding() -> Refusal {
    forbidden(
        "rounding-impossible",
        "tabellerna har ingen avrundning där alla summor stämmer, eller ingen som hittades",
        "the tables have no rounding where every total adds up, or none that was found",
    )
}

fn no_noise() -> Refusal {
    configuration(
        "noise-impossible",
        Text::new(
            "noise: inga förskjutningar har medelvärdet noll inom de gränserna",
            "noise: no shifts have mean zero within these bounds",
        ),
    )
}

#[cfg(test)]
mod tests;
