//! Where every reader puts its rows: the spool takes them, the tallies count them, the repairs are noted. Nothing else is remembered.

use std::collections::BTreeMap;
use std::path::Path;

use fyr_model::Refusal;
use fyr_model::finding::Finding;
use fyr_model::limits::TableLimits;
use fyr_model::lock::ReadingLock;
use fyr_model::table::{ColumnReading, Dialect, Reading, Repair};

use super::cell::Row;
use super::delimited::TextTable;
use super::spool::Spool;
use super::tally::Tally;
use crate::refuse;

/// Places kept of each repair.
pub(crate) const PLACES: usize = 20;

/// Repairs by kind and column, counted, with their first places.
#[derive(Debug, Default)]
pub(crate) struct Repairs(BTreeMap<(String, Option<usize>), (u64, Vec<u64>)>);

impl Repairs {
    pub(crate) fn add(&mut self, kind: &str, column: Option<usize>, row: u64) {
        self.add_many(kind, column, 1, Some(row));
    }
    pub(crate) fn add_many(&mut self, kind: &str, column: Option<usize>, count: u64, row: Option<u64>) {
        let (sum, rows) = self.0.entry((kind.to_owned(), column)).or_default();
        *sum += count;
        if let Some(row) = row.filter(|_| rows.len() < PLACES) {
            rows.push(row);
        }
    }
    /// Takes over what was noted elsewhere, in the order of the rows.
    pub(crate) fn add_all(&mut self, kind: &str, column: Option<usize>, count: u64, places: &[u64]) {
        let (sum, rows) = self.0.entry((kind.to_owned(), column)).or_default();
        *sum += count;
        rows.extend(places.iter().take(PLACES.saturating_sub(rows.len())));
    }
    pub(crate) fn merge(&mut self, other: Self) {
        for ((kind, column), (count, rows)) in other.0 {
            self.add_all(&kind, column, count, &rows);
        }
    }
    /// The list as the report shows it, columns by their names.
    pub(crate) fn list(self, names: &[String]) -> Vec<Repair> {
        self.0
            .into_iter()
            .map(|((kind, column), (count, rows))| Repair {
                kind,
                column: column.and_then(|index| names.get(index).cloned()),
                count,
                rows,
            })
            .collect()
    }
}

/// How the file was found to be written, as far as the reader knows.
#[derive(Debug, Default)]
pub(crate) struct Found {
    pub(crate) format: &'static str,
    pub(crate) media_type: &'static str,
    pub(crate) encoding: Option<String>,
    pub(crate) dialect: Option<Dialect>,
    /// The sheet or the path in a document.
    pub(crate) table: Option<String>,
    pub(crate) source_crs: Option<String>,
    /// Whether values of a semicolon file speak for a decimal comma.
    pub(crate) semicolon: bool,
    pub(crate) findings: Vec<Finding>,
    /// What the file itself states of its columns, by their places; the owner's `[reading]` wins over it.
    pub(crate) stated: BTreeMap<usize, ColumnReading>,
    /// What the geometry column holds, for `geo` metadata.
    pub(crate) geo: Option<super::geo::Extent>,
}

/// All that a reader leaves behind.
pub(crate) struct Gather<'a> {
    pub(crate) spool: Spool,
    /// Delimited text, which is read a second time in place of the spool.
    pub(crate) text: Option<TextTable>,
    pub(crate) tallies: Vec<Tally>,
    pub(crate) headers: Vec<String>,
    pub(crate) names: Vec<String>,
    pub(crate) rows: u64,
    pub(crate) repairs: Repairs,
    pub(crate) found: Found,
    /// How the file was read the last time.
    pub(crate) before: Option<&'a ReadingLock>,
    reading: &'a Reading,
    limits: &'a TableLimits,
    subject: &'a str,
}

impl<'a> Gather<'a> {
    pub(crate) fn new(dir: &Path, subject: &'a str, reading: &'a Reading, limits: &'a TableLimits) -> Result<Self, Refusal> {
        Ok(Self {
            spool: Spool::new(dir, subject)?,
            text: None,
            tallies: Vec::new(),
            headers: Vec::new(),
            names: Vec::new(),
            rows: 0,
            repairs: Repairs::default(),
            found: Found::default(),
            before: None,
            reading,
            limits,
            subject,
        })
    }
    /// Adds a column by its header; its tidy name is made unique. Gives its place.
    pub(crate) fn column(&mut self, header: &str) -> Result<usize, Refusal> {
        let index = self.headers.len();
        if index >= self.limits.columns_max {
            return Err(too_many_columns(self.subject, self.limits.columns_max, None));
        }
        let (name, repaired) = tidy(header, index, &self.names);
        if let Some(kind) = repaired {
            self.repairs.add_many(kind, Some(index), 1, None);
        }
        let missing = self
            .reading
            .columns
            .get(&name)
            .or_else(|| self.reading.columns.get(header))
            .and_then(|column| column.missing.clone());
        self.headers.push(header.to_owned());
        self.names.push(name);
        self.tallies.push(Tally::new(missing).asking(header));
        Ok(index)
    }
    /// Takes one row; cells beyond the columns are the reader's business.
    pub(crate) fn push(&mut self, row: &Row) -> Result<(), Refusal> {
        for (index, tally) in self.tallies.iter_mut().enumerate().take(row.len()) {
            tally.see(row.get(index));
        }
        self.rows += 1;
        self.spool.push(row)
    }
    pub(crate) fn subject(&self) -> &'a str {
        self.subject
    }
    pub(crate) fn limits(&self) -> &'a TableLimits {
        self.limits
    }
    pub(crate) fn reading(&self) -> &'a Reading {
        self.reading
    }
}

/// The refusal of a table that is too wide.
pub(crate) fn too_many_columns(subject: &str, limit: usize, offset: Option<u64>) -> Refusal {
    let refusal = refuse::unreadable(
        "csv-too-many-columns",
        subject,
        format!("tabellen har fler än {limit} kolumner"),
        format!("the table has more than {limit} columns"),
    );
    match offset {
        Some(offset) => refusal.at(fyr_model::Position {
            offset,
            ..Default::default()
        }),
        None => refusal,
    }
}

/// A header as a name: blanks collapsed, control characters dropped, at most 200 characters, never empty, unique without regard to case.
pub(crate) fn tidy(header: &str, index: usize, taken: &[String]) -> (String, Option<&'static str>) {
    let mut name = String::new();
    for word in header.split(|c: char| c.is_whitespace() || c.is_control() || c == '\u{feff}') {
        if !name.is_empty() && !word.is_empty() {
            name.push(' ');
        }
        name.extend(word.chars().take(200usize.saturating_sub(name.chars().count())));
    }
    let mut repaired = None;
    if name.trim().is_empty() {
        name = format!("column_{}", index + 1);
        repaired = Some("empty-header");
    }
    let lower = name.to_lowercase();
    let is_taken = |name: &str| taken.iter().any(|other| other.to_lowercase() == name);
    if !is_taken(&lower) {
        return (name, repaired);
    }
    let mut number = 2u64;
    loop {
        let candidate = format!("{name}_{number}");
        if !is_taken(&candidate.to_lowercase()) {
            return (candidate, Some("duplicate-header"));
        }
        number += 1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_never_empty_and_never_twice() {
        let mut taken: Vec<String> = Vec::new();
        for header in ["Ort", " Ort ", "ort", "", "År  2024\n(prel)"] {
            let (name, _) = tidy(header, taken.len(), &taken);
            taken.push(name);
        }
        assert_eq!(taken, ["Ort", "Ort_2", "ort_3", "column_4", "År 2024 (prel)"]);
    }
}
