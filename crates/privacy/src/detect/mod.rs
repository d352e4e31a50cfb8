//! Detectors of personal data: evidence per column, weighed against base rates (`privacy.md` section 1).
//!
//! In: batches, as they are read. Out: one finding per column, verdict `none` included. Memory is bounded per column: a bounded memory
//! of values already tested, counts, and the first 20 positions. Never a value leaves this module.

pub(crate) mod base;
pub(crate) mod cell;
pub mod contact;
pub(crate) mod headers;
pub mod identity;
mod memory;
mod shape;
mod verdict;

use arrow::array::{Array, ArrayRef, AsArray, PrimitiveArray, RecordBatch};
use arrow::datatypes::{DataType, Float64Type, Int64Type};
use chrono::NaiveDate;
use fyr_model::privacy::{FreeTextFinding, PersonalDataFinding, PrivacyPolicy, Role};
use fyr_model::table::Column;

use crate::cells::Cells;
use crate::kind::Kind;
use crate::text::Scanner;
use cell::{MARKS, Mark, Marks, Seen, look, look_at_whole};
use contact::PhoneForm;
use headers::Meaning;
use identity::FORMS;
pub(crate) use memory::Seed;
use memory::{Memory, Number};

/// Positions kept per kind.
const POSITIONS: usize = 20;

/// What a column is to a person.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Verdict {
    None,
    Quasi,
    Sensitive,
    Direct,
}

impl Verdict {
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Quasi => "quasi-identifying",
            Self::Sensitive => "sensitive",
            Self::Direct => "direct",
        }
    }
}

/// How often something was seen.
#[derive(Debug, Clone, Default)]
pub(crate) struct Tally {
    /// Different cells (cells beyond the memory count each time).
    pub(crate) cells: u64,
    /// Rows.
    pub(crate) rows: u64,
    /// The first rows, 0-based.
    pub(crate) first: Vec<u64>,
}

static EMPTY: Tally = Tally {
    cells: 0,
    rows: 0,
    first: Vec::new(),
};

/// Everything counted in one column.
#[derive(Debug)]
pub(crate) struct Counted {
    pub(crate) column: Column,
    pub(crate) meaning: Option<Meaning>,
    /// Rows with a value.
    pub(crate) rows: u64,
    /// Different cells tested.
    pub(crate) cells: u64,
    pub(crate) tallies: [Tally; MARKS],
    /// By form, outside and inside longer text: all candidates.
    pub(crate) strata: [[base::Stratum; 2]; FORMS.len()],
    /// By form: candidates that are organisations' numbers.
    pub(crate) organisations: [u64; FORMS.len()],
    /// By form of the telephone number.
    pub(crate) phones: [u64; 3],
    /// Cells that could have been a bare telephone number.
    pub(crate) phone_shapes: u64,
    /// Cells in which something stood inside longer text.
    pub(crate) inside: u64,
    /// Different numbers that could be coordinates.
    pub(crate) points: u64,
    scanner: Scanner,
    memory: Memory,
}

impl Counted {
    fn new(column: &Column, reference: NaiveDate, columns: usize) -> Self {
        Self {
            scanner: Scanner::new(reference),
            points: 0,
            meaning: headers::meaning(&column.name, &column.header),
            column: column.clone(),
            rows: 0,
            cells: 0,
            tallies: std::array::from_fn(|_| Tally::default()),
            strata: Default::default(),
            organisations: Default::default(),
            phones: [0; 3],
            phone_shapes: 0,
            inside: 0,
            memory: Memory::among(columns),
        }
    }

    pub(crate) fn tally(&self, mark: Mark) -> &Tally {
        &self.tallies[mark as usize]
    }

    /// Of what stands inside longer text.
    pub(crate) fn inside(&self, kind: Kind) -> &Tally {
        self.tallies.get(cell::inside(kind)).unwrap_or(&EMPTY)
    }

    /// Share of different cells that bear `mark`.
    pub(crate) fn share(&self, mark: Mark) -> f64 {
        self.tally(mark).cells as f64 / self.cells.max(1) as f64
    }

    fn observe(&mut self, array: &ArrayRef, first_row: u64, reference: NaiveDate) {
        match array.data_type() {
            DataType::Int64 => self.numbers(array.as_primitive::<Int64Type>(), first_row, reference),
            DataType::Float64 => self.numbers(array.as_primitive::<Float64Type>(), first_row, reference),
            _ => self.texts(array, first_row, reference),
        }
    }

    fn texts(&mut self, array: &ArrayRef, first_row: u64, reference: NaiveDate) {
        let numeric = array.data_type().is_numeric();
        let Ok(cells) = Cells::of(array) else { return };
        for row in 0..array.len() {
            let Some(text) = cells.get(row) else { continue };
            if text.trim().is_empty() {
                continue;
            }
            self.rows += 1;
            let marks = match self.memory.texts.get(text.as_ref()) {
                Some(marks) => *marks,
                None => {
                    let marks = self.test(&text, numeric, reference);
                    self.memory.keep_text(&text, marks);
                    marks
                }
            };
            self.count(marks, first_row + row as u64);
        }
    }

    fn numbers<T: Number>(&mut self, array: &PrimitiveArray<T>, first_row: u64, reference: NaiveDate) {
        self.rows += (array.len() - array.null_count()) as u64;
        let values = array.values();
        match array.nulls().filter(|nulls| nulls.null_count() > 0) {
            None => values
                .iter()
                .enumerate()
                .for_each(|(row, number)| self.number::<T>(*number, first_row + row as u64, reference)),
            Some(nulls) => nulls.valid_indices().for_each(|row| {
                if let Some(number) = values.get(row) {
                    self.number::<T>(*number, first_row + row as u64, reference);
                }
            }),
        }
    }

    /// A small number costs a bit of memory; any other is looked at once, and as a text only where it is no whole one.
    #[inline]
    fn number<T: Number>(&mut self, number: T::Native, row: u64, reference: NaiveDate) {
        match T::small(number) {
            Some(small) => self.cells += u64::from(self.memory.keep_small(small)),
            None => self.large_number::<T>(number, row, reference),
        }
    }

    fn large_number<T: Number>(&mut self, number: T::Native, row: u64, reference: NaiveDate) {
        let key = T::key(number);
        let marks = match self.memory.numbers.get(&key) {
            Some(marks) => *marks,
            None => {
                self.points += u64::from(T::is_point(number));
                let marks = if T::is_short(number) {
                    self.cells += 1;
                    Marks::default()
                } else if let Some(whole) = T::whole(number) {
                    self.take(look_at_whole(whole, reference))
                } else {
                    self.test(&T::text(number), true, reference)
                };
                self.memory.keep_number(key, marks);
                marks
            }
        };
        self.count(marks, row);
    }

    #[inline]
    fn count(&mut self, marks: Marks, row: u64) {
        if marks == Marks::default() {
            return;
        }
        for index in marks.iter() {
            if let Some(tally) = self.tallies.get_mut(index) {
                tally.rows += 1;
                if tally.first.len() < POSITIONS {
                    tally.first.push(row);
                }
            }
        }
    }

    fn test(&mut self, text: &str, numeric: bool, reference: NaiveDate) -> Marks {
        let seen = look(text, numeric, reference, &mut self.scanner);
        self.take(seen)
    }

    /// Counts what was seen in one cell.
    fn take(&mut self, seen: Seen) -> Marks {
        self.cells += 1;
        self.inside += u64::from(seen.inside);
        for index in seen.marks.iter() {
            if let Some(tally) = self.tallies.get_mut(index) {
                tally.cells += 1;
            }
        }
        for (form, inside, judged) in seen.candidates {
            let form = form as usize;
            if let Some(stratum) = self.strata.get_mut(form).and_then(|pair| pair.get_mut(usize::from(inside))) {
                stratum.tested += 1;
                stratum.dated += u64::from(judged.dated);
                stratum.checked += u64::from(judged.checked && !judged.dated && judged.person.is_none());
                stratum.hits += u64::from(matches!(judged.person, Some(p) if p != identity::Person::CoordinationWeak));
            }
            if let (Some(count), false) = (self.organisations.get_mut(form), inside) {
                *count += u64::from(judged.organisation.is_some());
            }
        }
        self.phone_shapes += u64::from(seen.phone_shape);
        match seen.phone {
            Some(PhoneForm::International) => self.phones[0] += 1,
            Some(PhoneForm::Separated) => self.phones[1] += 1,
            Some(PhoneForm::Bare) => self.phones[2] += 1,
            None => {}
        }
        seen.marks
    }
}

/// The detectors of a table, fed batch by batch.
///
/// ```
/// # use std::sync::Arc;
/// # use arrow::array::{ArrayRef, RecordBatch, StringArray};
/// # use fyr_model::table::{Column, ColumnType};
/// # use fyr_privacy::detect::Detectors;
/// let column = Column { name: "kontakt".into(), header: "Kontakt".into(), kind: ColumnType::Text, semantic: None, description: None, unit: None };
/// let cells: ArrayRef = Arc::new(StringArray::from(vec!["info@exempelby.example", "ingen"]));
/// let mut detectors = Detectors::new(&[column], "2026-11-22".parse().unwrap());
/// detectors.observe(&RecordBatch::try_from_iter([("kontakt", cells)]).unwrap());
/// let findings = detectors.finish();
/// assert_eq!((findings[0].verdict.as_str(), findings[0].kind.as_deref()), ("direct", Some("e_mail")));
/// ```
#[derive(Debug)]
pub struct Detectors {
    columns: Vec<ColumnDetector>,
    rows: u64,
}

/// The detectors of one column, fed array by array; columns may be fed on different threads.
#[derive(Debug)]
pub struct ColumnDetector {
    counted: Counted,
    reference: NaiveDate,
}

impl ColumnDetector {
    /// Detectors for `column`, one of so many that share the memory for tested values; `reference` is the day that decides centuries and
    /// what lies in the future.
    pub fn new(column: &Column, reference: NaiveDate, columns: usize) -> Self {
        Self {
            counted: Counted::new(column, reference, columns),
            reference,
        }
    }

    /// Takes the column's type and meaning as they were settled in the end.
    pub fn settled(&mut self, column: &Column) {
        self.counted.column = column.clone();
    }

    /// Takes the next cells; the first of them stands in row `first_row`.
    pub fn observe(&mut self, array: &ArrayRef, first_row: u64) {
        if is_tested(array.data_type()) {
            self.counted.observe(array, first_row, self.reference);
        } else {
            self.counted.rows += (array.len() - array.null_count()) as u64;
        }
    }
}

/// What stands inside the longer texts of each column, by kind: counts, whatever the verdict on the column.
pub fn free_text(columns: &[ColumnDetector]) -> Vec<FreeTextFinding> {
    let of = |column: &ColumnDetector| {
        let counted = &column.counted;
        let prose = counted.tally(Mark::Prose).cells * 2 >= counted.cells.max(1);
        let tell = |kind: Kind| {
            let tally = counted.inside(kind);
            (prose && tally.cells > 0).then(|| FreeTextFinding {
                column: counted.column.name.clone(),
                kind: kind.as_str().to_owned(),
                matches: tally.cells,
                rows: tally.rows,
            })
        };
        crate::kind::KINDS.into_iter().filter_map(tell).collect::<Vec<_>>()
    };
    columns.iter().flat_map(of).collect()
}

/// The verdicts, one per column in the order of the table.
pub fn judge(columns: Vec<ColumnDetector>) -> Vec<PersonalDataFinding> {
    let counted: Vec<Counted> = columns.into_iter().map(|column| column.counted).collect();
    verdict::judge(&counted)
}

impl Detectors {
    /// Detectors for `columns`; `reference` is the day that decides centuries and what lies in the future.
    pub fn new(columns: &[Column], reference: NaiveDate) -> Self {
        Self {
            columns: columns
                .iter()
                .map(|column| ColumnDetector::new(column, reference, columns.len()))
                .collect(),
            rows: 0,
        }
    }

    /// Takes the next batch; columns are found by name, else by place.
    pub fn observe(&mut self, batch: &RecordBatch) {
        for (index, column) in self.columns.iter_mut().enumerate() {
            let name = &column.counted.column.name;
            if let Some(array) = batch.column_by_name(name).or_else(|| batch.columns().get(index)) {
                column.observe(array, self.rows);
            }
        }
        self.rows += batch.num_rows() as u64;
    }

    /// The verdicts, one per column in the order of the table.
    pub fn finish(self) -> Vec<PersonalDataFinding> {
        judge(self.columns)
    }
}

/// Days, moments, truth values and geometries are no identifiers; their headers still speak.
fn is_tested(kind: &DataType) -> bool {
    crate::cells::is_text(kind) || kind.is_numeric()
}

/// Direct finds that nobody has dealt with: the column is neither removed nor cleared for that kind of find.
pub fn unresolved<'a>(findings: &'a [PersonalDataFinding], policy: &PrivacyPolicy) -> Vec<&'a PersonalDataFinding> {
    let plain = |kind: &str| kind.replace('-', "_");
    findings
        .iter()
        .filter(|finding| finding.verdict == Verdict::Direct.as_str())
        .filter(|finding| policy.columns.get(&finding.column).map(|column| column.role()) != Some(Role::Identifier))
        .filter(|finding| {
            let cleared = policy.cleared.get(&finding.column);
            cleared.is_none_or(|clearance| finding.kind.as_deref().is_none_or(|kind| plain(kind) != plain(&clearance.kind)))
        })
        .collect()
}

#[cfg(test)]
mod published;
#[cfg(test)]
mod tests;
