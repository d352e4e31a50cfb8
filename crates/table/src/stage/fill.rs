//! One column of blocks into a builder, with the places of what was repaired and rejected on the way.

use arrow::array::ArrayRef;

use super::build::{Builder, DECIMAL_COMMA, Fate, Fates};
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
    /// Decimal commas: in some files every cell has one.
    commas: Noted,
}

impl Noted {
    fn new(fate: Fate) -> Self {
        Self {
            fate,
            count: 0,
            rows: Vec::new(),
        }
    }
    #[inline]
    fn note(&mut self, row: u64) {
        self.count += 1;
        if self.rows.len() < PLACES {
            self.rows.push(row);
        }
    }
}

fn note(all: &mut Vec<Noted>, fate: Fate, row: u64) {
    match all.iter_mut().find(|noted| noted.fate == fate) {
        Some(noted) => noted.note(row),
        None => {
            let mut noted = Noted::new(fate);
            noted.note(row);
            all.push(noted);
        }
    }
}

impl Filler {
    pub(crate) fn new(builder: Builder) -> Self {
        Self {
            builder,
            noted: Vec::new(),
            commas: Noted::new(Fate::Repaired(DECIMAL_COMMA)),
        }
    }

    /// Takes a column of a block; who also counts its cells looks at each once for both.
    pub(crate) fn take(&mut self, block: &Block, column: usize, mut counter: Option<&mut Counter<'_>>) {
        let mut cells = block.cells(column);
        let commas = &mut self.commas;
        while let Some(odd) = self
            .builder
            .run(&mut cells, counter.as_deref_mut(), |row| commas.note(block.first_row + row))
        {
            let fate = match odd.and_then(|raw| raw.text()) {
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
                Fate::Repaired(DECIMAL_COMMA) => commas.note(block.first_row + cells.row()),
                Fate::Repaired(_) | Fate::Null(_) | Fate::Reject => note(&mut self.noted, fate, block.first_row + cells.row()),
            }
        }
    }

    /// The cells since the last call.
    pub(crate) fn finish(&mut self) -> ArrayRef {
        self.builder.finish()
    }

    /// Hands over what was noted.
    pub(crate) fn report(self, column: usize, repairs: &mut Repairs) -> Fates {
        for noted in self.noted.iter().chain([&self.commas]).filter(|noted| noted.count > 0) {
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
