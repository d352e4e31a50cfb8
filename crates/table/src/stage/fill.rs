//! One column of blocks into a builder, with the places of what was repaired and rejected on the way.

use arrow::array::ArrayRef;

use super::build::{Builder, Fate, Fates};
use super::cell::Cell;
use super::count::Counter;
use super::gather::{PLACES, Repairs};
use super::marker::{self, MARKERS};
use super::split::Block;

/// A repair of one column: counted, its first places kept.
struct Noted {
    fate: Fate,
    count: u64,
    rows: Vec<u64>,
}

/// Fills one column.
pub(crate) struct Filler {
    builder: Builder,
    noted: Vec<Noted>,
}

impl Filler {
    pub(crate) fn new(builder: Builder) -> Self {
        Self {
            builder,
            noted: Vec::new(),
        }
    }

    /// Takes a column of a block; who also counts its cells looks at each once for both.
    pub(crate) fn take(&mut self, block: &Block, column: usize, mut counter: Option<&mut Counter<'_>>) {
        for (row, cell) in block.column(column).enumerate() {
            let fate = match cell {
                Some((text, quoted)) => {
                    let plain = match &mut counter {
                        Some(counter) => self.builder.push_known(text, counter.cell(text, quoted)),
                        None => self.builder.push_plain(text),
                    };
                    plain.unwrap_or_else(|| self.builder.push(Cell::Text { text, quoted }))
                }
                None => self.builder.push(Cell::Absent),
            };
            match fate {
                Fate::Value | Fate::EmptyText | Fate::Null(marker::ABSENT | marker::EMPTY) => {}
                Fate::Repaired(_) | Fate::Null(_) | Fate::Reject => self.note(fate, block.first_row + row as u64),
            }
        }
    }

    fn note(&mut self, fate: Fate, row: u64) {
        let noted = match self.noted.iter_mut().find(|noted| noted.fate == fate) {
            Some(noted) => noted,
            None => {
                self.noted.push(Noted {
                    fate,
                    count: 0,
                    rows: Vec::new(),
                });
                let Some(new) = self.noted.last_mut() else { return };
                new
            }
        };
        noted.count += 1;
        if noted.rows.len() < PLACES {
            noted.rows.push(row);
        }
    }

    /// The cells since the last call.
    pub(crate) fn finish(&mut self) -> ArrayRef {
        self.builder.finish()
    }

    /// Hands over what was noted.
    pub(crate) fn report(self, column: usize, repairs: &mut Repairs) -> Fates {
        for noted in &self.noted {
            let kind = match noted.fate {
                Fate::Reject => "reject".to_owned(),
                Fate::Repaired(kind) => kind.to_owned(),
                Fate::Null(found) => format!("null-marker:{}", MARKERS.get(found).copied().unwrap_or_default()),
                Fate::Value | Fate::EmptyText => continue,
            };
            repairs.add_all(&kind, Some(column), noted.count, &noted.rows);
        }
        self.builder.fates
    }
}
