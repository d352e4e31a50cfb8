//! Records of delimited text by the block: where every cell lies, for all rows of a piece at once.
//!
//! In: pieces of UTF-8 text from the first row of data on, a dialect and a layout. Out: [`Block`]s of rows that all have the table's width, in
//! file order. A word trick finds the characters that can end a cell; a record that is out of the ordinary is read by [`Csv`], which defines
//! what is right. What must be refused is not refused here: the splitter stops, and the thorough reader says what and where.

use fyr_model::limits::TableLimits;

use super::cell::Row;
use super::csv::{Csv, Records as _};
use super::gather::Repairs;
use super::layout::{Layout, holds};
use super::quick::Cells;
use super::range::{HELD_MAX, Sums, is_note, may_be_note};

/// Where a cell lies in its block's text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Span {
    start: u32,
    /// The last bit tells text that was quoted.
    end: u32,
}

impl Span {
    /// First byte, length, and whether it was quoted; nothing where the row was short.
    #[inline]
    pub(crate) fn place(self) -> Option<(usize, usize, bool)> {
        let end = self.end & !QUOTED;
        Some((self.start as usize, end.checked_sub(self.start)? as usize, self.end & QUOTED != 0))
    }
}

const QUOTED: u32 = 1 << 31;
/// The row ended before this cell.
const ABSENT: Span = Span { start: u32::MAX, end: 0 };
/// A longer piece of text is left to the thorough reader.
const TEXT_MAX: usize = 1 << 30;

/// Rows of one width, and the text that their cells lie in.
#[derive(Debug)]
pub(crate) struct Block {
    text: String,
    spans: Vec<Span>,
    width: usize,
    /// Rows.
    pub(crate) rows: usize,
    /// The first row's number in the table.
    pub(crate) first_row: u64,
}

impl Block {
    /// The cells of one column from the first row to the last: their text and whether it was quoted; nothing where the row was short.
    pub(crate) fn column(&self, index: usize) -> impl Iterator<Item = Option<(&str, bool)>> {
        let cells = self.spans.get(index..).unwrap_or_default();
        cells.iter().step_by(self.width.max(1)).map(|span| {
            let (start, length, quoted) = span.place()?;
            Some((self.text.get(start..start + length)?, quoted))
        })
    }
    /// The same cells by where they lie.
    pub(crate) fn cells(&self, index: usize) -> Cells<'_> {
        Cells::new(&self.text, self.spans.get(index..).unwrap_or_default(), self.width)
    }
    /// Looks for rows that are sums of others.
    pub(crate) fn see_sums(&self, sums: &mut Sums) {
        if self.width < 2 {
            return;
        }
        for (row, names) in self.column(0).zip(self.column(1)).enumerate() {
            let (first, second) = (names.0.map_or("", |cell| cell.0), names.1.map_or("", |cell| cell.0));
            sums.see([first, second], self.first_row + row as u64);
        }
    }
    /// Bytes of text.
    pub(crate) fn bytes(&self) -> usize {
        self.text.len()
    }
}

/// Something that the thorough reader must look at: a limit, an open quote.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Unusual;

/// A row that may turn out to be a footnote, kept until the next full row or the end.
struct Held {
    row: Row,
    after_blank: bool,
}

/// Splits pieces of text into blocks.
pub(crate) struct Splitter<'a> {
    delimiter: u8,
    quote: Option<u8>,
    layout: &'a Layout,
    limits: &'a TableLimits,
    /// Records before the first row of data.
    skip: usize,
    held: Vec<Held>,
    blank_before: bool,
    /// Rows given so far.
    pub(crate) rows: u64,
    pub(crate) stray_quotes: u64,
    pub(crate) repairs: Repairs,
}

/// What is being built.
#[derive(Default)]
struct Build {
    spans: Vec<Span>,
    /// Text that does not stand in the piece in one run; it will follow it.
    extra: String,
    rows: usize,
}

impl<'a> Splitter<'a> {
    pub(crate) fn new(delimiter: u8, quote: Option<u8>, layout: &'a Layout, limits: &'a TableLimits) -> Self {
        Self {
            delimiter,
            quote,
            layout,
            limits,
            skip: layout.data_row,
            held: Vec::new(),
            blank_before: false,
            rows: 0,
            stray_quotes: 0,
            repairs: Repairs::default(),
        }
    }

    /// Splits the whole records of `text`; gives the block and the text after them. At the end of the file the last record needs no newline.
    pub(crate) fn split(&mut self, text: String, ended: bool) -> Result<(Block, Vec<u8>), Unusual> {
        if text.len() > TEXT_MAX {
            return Err(Unusual);
        }
        let first_row = self.rows;
        let mut build = Build::default();
        let used = self.records(&text, ended, &mut build)?;
        if ended {
            self.end(text.len(), &mut build);
        }
        let unused = text.as_bytes().get(used..).unwrap_or_default().to_vec();
        let mut text = text;
        text.push_str(&build.extra);
        let block = Block {
            text,
            spans: build.spans,
            width: self.layout.width,
            rows: build.rows,
            first_row,
        };
        Ok((block, unused))
    }

    fn records(&mut self, text: &str, ended: bool, build: &mut Build) -> Result<usize, Unusual> {
        let bytes = text.as_bytes();
        let mut specials = Specials::new(bytes, [self.delimiter, b'\n', b'\r', self.quote.unwrap_or(b'\n')]);
        let mut record = 0;
        while record < bytes.len() {
            let row = build.spans.len();
            let next = match self.record(text, record, &mut specials, build) {
                Ended::At(next) => next,
                Ended::Odd => {
                    build.spans.truncate(row);
                    match self.odd_record(text, record, ended, build)? {
                        Some(next) => next,
                        None => break,
                    }
                }
                Ended::Not if !ended => {
                    build.spans.truncate(row);
                    break;
                }
                Ended::Not => {
                    build.spans.truncate(row);
                    self.odd_record(text, record, ended, build)?.unwrap_or(bytes.len())
                }
            };
            if next - record > self.limits.field_bytes_max {
                return Err(Unusual);
            }
            self.row(row, text.len(), bytes, build)?;
            record = next;
            specials.seek(record);
        }
        if bytes.len() - record > self.limits.field_bytes_max {
            return Err(Unusual);
        }
        Ok(record)
    }

    /// One ordinary record: plain cells, and quoted ones that open at their first byte and close before a delimiter or newline.
    fn record(&self, text: &str, start: usize, specials: &mut Specials<'_>, build: &mut Build) -> Ended {
        let bytes = text.as_bytes();
        let mut cell = start;
        while let Some(at) = specials.next() {
            let byte = bytes.get(at).copied().unwrap_or_default();
            if byte == self.delimiter {
                build.spans.push(span(cell, at));
                cell = at + 1;
            } else if byte == b'\n' {
                build.spans.push(span(cell, at));
                return Ended::At(at + 1);
            } else if byte == b'\r' {
                if at + 1 == bytes.len() {
                    return Ended::Not;
                }
                build.spans.push(span(cell, at));
                return Ended::At(at + if bytes.get(at + 1) == Some(&b'\n') { 2 } else { 1 });
            } else if at == cell {
                match self.quoted(text, at, specials, build) {
                    Quoted::Cell(after) => cell = after,
                    Quoted::Record(next) => return Ended::At(next),
                    Quoted::Odd => return Ended::Odd,
                    Quoted::Open => return Ended::Not,
                }
            } else {
                return Ended::Odd;
            }
        }
        Ended::Not
    }

    /// A quoted cell that opens at `open`.
    fn quoted(&self, text: &str, open: usize, specials: &mut Specials<'_>, build: &mut Build) -> Quoted {
        let bytes = text.as_bytes();
        let mut doubled = false;
        while let Some(at) = specials.next() {
            if bytes.get(at).copied() != self.quote {
                continue;
            }
            let Some(after) = bytes.get(at + 1).copied() else {
                return Quoted::Open;
            };
            if Some(after) == self.quote {
                doubled = true;
                specials.next();
                continue;
            }
            let (mut start, mut end) = (open + 1, at);
            if doubled {
                let inside = text.get(start..end).unwrap_or_default();
                start = text.len() + build.extra.len();
                single_quotes(inside, char::from(bytes.get(open).copied().unwrap_or_default()), &mut build.extra);
                end = text.len() + build.extra.len();
            }
            build.spans.push(Span {
                start: start as u32,
                end: end as u32 | QUOTED,
            });
            if after == self.delimiter {
                specials.next();
                return Quoted::Cell(at + 2);
            }
            return match (after, bytes.get(at + 2)) {
                (b'\n', _) => Quoted::Record(at + 2),
                (b'\r', Some(b'\n')) => Quoted::Record(at + 3),
                (b'\r', Some(_)) => Quoted::Record(at + 2),
                (b'\r', None) => Quoted::Open,
                _ => Quoted::Odd,
            };
        }
        Quoted::Open
    }

    /// One record by the thorough reader; nothing when it does not end in this piece.
    fn odd_record(&mut self, text: &str, start: usize, ended: bool, build: &mut Build) -> Result<Option<usize>, Unusual> {
        let rest = text.as_bytes().get(start..).unwrap_or_default();
        let mut csv = Csv::new(rest, self.delimiter, self.quote, self.limits, "");
        let mut row = Row::default();
        let read = csv.next(&mut row);
        let used = usize::try_from(csv.offset()).unwrap_or(rest.len());
        // A record that uses all there is may go on in the next piece, and so may a newline of two bytes.
        if used >= rest.len() && !ended {
            return Ok(None);
        }
        if read != Ok(true) {
            return Err(Unusual);
        }
        self.stray_quotes += csv.stray_quotes;
        copy(&row, text.len(), build);
        Ok(Some(start + used))
    }

    /// Takes the cells pushed since `row` as a row of the table, or holds it back, or drops it as blank.
    fn row(&mut self, row: usize, base: usize, bytes: &[u8], build: &mut Build) -> Result<(), Unusual> {
        let cells = build.spans.len() - row;
        if self.skip > 0 {
            self.skip -= 1;
            build.spans.truncate(row);
            return Ok(());
        }
        let ordinary = self.layout.left == 0 && cells == self.layout.width && cells > 1 && self.held.is_empty();
        let second_holds = || {
            let second = build.spans.get(row + 1);
            let byte = second.and_then(|span| (span.start < span.end & !QUOTED).then(|| bytes.get(span.start as usize))?);
            byte.is_some_and(u8::is_ascii_graphic)
        };
        if ordinary && second_holds() {
            build.rows += 1;
            self.rows += 1;
            self.blank_before = false;
            return Ok(());
        }
        if cells > self.limits.columns_max {
            return Err(Unusual);
        }
        let taken = self.taken(row, base, bytes, build);
        build.spans.truncate(row);
        if taken.is_blank() {
            self.repairs.add("blank-row", None, self.rows + self.held.len() as u64);
            self.blank_before = true;
            return Ok(());
        }
        let after_blank = std::mem::take(&mut self.blank_before);
        if may_be_note(&taken, self.layout, after_blank) && self.held.len() < HELD_MAX {
            self.held.push(Held { row: taken, after_blank });
            return Ok(());
        }
        for held in std::mem::take(&mut self.held) {
            self.accept(&held.row, base, build);
        }
        self.accept(&taken, base, build);
        Ok(())
    }

    /// The cells pushed since `row`, as the thorough reader would have given them.
    fn taken(&self, row: usize, base: usize, bytes: &[u8], build: &Build) -> Row {
        let mut taken = Row::default();
        for span in build.spans.get(row..).unwrap_or_default() {
            let (start, end) = (span.start as usize, (span.end & !QUOTED) as usize);
            let text = if start >= base {
                build.extra.as_bytes().get(start - base..end - base)
            } else {
                bytes.get(start..end)
            };
            for byte in text.unwrap_or_default() {
                taken.push_byte(*byte);
            }
            taken.end_text(span.end & QUOTED != 0);
        }
        taken
    }

    /// A row of the table from any record: its own cells, padded and cut to the width.
    fn accept(&mut self, row: &Row, base: usize, build: &mut Build) {
        let (left, width) = (self.layout.left, self.layout.width);
        let begin = build.spans.len();
        copy(row, base, build);
        let end = build.spans.len();
        build.spans.drain(begin..(begin + left).min(end));
        build.spans.truncate(begin + width);
        build.spans.resize(begin + width, ABSENT);
        if row.len() < left + width {
            self.repairs.add("short-row", None, self.rows);
        } else if row.len() > left + width {
            let full = (left + width..row.len()).any(|index| holds(row.get(index)));
            let kind = if full { "long-row" } else { "trailing-delimiter" };
            self.repairs.add(kind, None, self.rows);
        }
        build.rows += 1;
        self.rows += 1;
    }

    /// At the end it shows what the held rows were: notes stay out, short rows of data go in.
    fn end(&mut self, base: usize, build: &mut Build) {
        let mut notes = false;
        for held in std::mem::take(&mut self.held) {
            notes = notes || held.after_blank || is_note(&held.row, self.layout);
            if notes {
                self.repairs.add("footer-row", None, self.rows);
            } else {
                self.accept(&held.row, base, build);
            }
        }
    }
}

enum Ended {
    /// The next record starts here.
    At(usize),
    /// Not in this piece.
    Not,
    /// It is no ordinary record.
    Odd,
}

enum Quoted {
    /// The next cell starts here.
    Cell(usize),
    /// The next record starts here.
    Record(usize),
    Odd,
    Open,
}

fn span(start: usize, end: usize) -> Span {
    Span {
        start: start as u32,
        end: end as u32,
    }
}

/// Appends quoted text with each doubled quote made one.
fn single_quotes(inside: &str, quote: char, out: &mut String) {
    let mut rest = inside;
    while let Some((before, after)) = rest.split_once(quote) {
        out.push_str(before);
        out.push(quote);
        rest = after.strip_prefix(quote).unwrap_or(after);
    }
    out.push_str(rest);
}

/// Appends the cells of `row` to the text behind the piece.
fn copy(row: &Row, base: usize, build: &mut Build) {
    for index in 0..row.len() {
        let (quoted, text) = match row.get(index) {
            super::cell::Cell::Text { text, quoted } => (quoted, text),
            _ => (false, ""),
        };
        let start = base + build.extra.len();
        build.extra.push_str(text);
        build.spans.push(Span {
            start: start as u32,
            end: (base + build.extra.len()) as u32 | if quoted { QUOTED } else { 0 },
        });
    }
}

/// The places of up to four bytes in a text, in order: 64 bytes are compared at a time, and eight answers gathered by one multiplication.
struct Specials<'a> {
    bytes: &'a [u8],
    wanted: [u8; 4],
    /// Where the current 64 bytes begin.
    base: usize,
    mask: u64,
}

impl<'a> Specials<'a> {
    fn new(bytes: &'a [u8], wanted: [u8; 4]) -> Self {
        let mut new = Self {
            bytes,
            wanted,
            base: 0,
            mask: 0,
        };
        new.mask = new.look();
        new
    }
    #[inline]
    fn next(&mut self) -> Option<usize> {
        while self.mask == 0 {
            self.base += 64;
            if self.base >= self.bytes.len() {
                return None;
            }
            self.mask = self.look();
        }
        let at = self.base + self.mask.trailing_zeros() as usize;
        self.mask &= self.mask - 1;
        Some(at)
    }
    /// Goes on from `at`, forwards or back.
    fn seek(&mut self, at: usize) {
        let base = at & !63;
        if base != self.base {
            self.base = base;
            self.mask = if base < self.bytes.len() { self.look() } else { 0 };
        } else if self.mask.trailing_zeros() as usize == at & 63 {
            return;
        } else {
            self.mask = if base < self.bytes.len() { self.look() } else { 0 };
        }
        self.mask &= u64::MAX << (at & 63);
    }
    fn look(&self) -> u64 {
        let rest = self.bytes.get(self.base..).unwrap_or_default();
        if let Some(piece) = rest.first_chunk() {
            return self.compare(piece);
        }
        let mut piece = [0u8; 64];
        if let Some(room) = piece.get_mut(..rest.len()) {
            room.copy_from_slice(rest);
        }
        self.compare(&piece) & ((1 << rest.len()) - 1)
    }
    fn compare(&self, piece: &[u8; 64]) -> u64 {
        let [a, b, c, d] = self.wanted;
        let mut hits = [0u8; 64];
        for (hit, byte) in hits.iter_mut().zip(piece.iter().copied()) {
            *hit = u8::from(byte == a) | u8::from(byte == b) | u8::from(byte == c) | u8::from(byte == d);
        }
        let mut mask = 0u64;
        for (index, word) in hits.chunks_exact(8).enumerate() {
            let word = word.try_into().map(u64::from_le_bytes).unwrap_or_default();
            // Eight bytes of 0 or 1 become eight neighbouring bits at the top.
            mask |= (word.wrapping_mul(0x0102_0408_1020_4080) >> 56) << (8 * index);
        }
        mask
    }
}

#[cfg(test)]
mod tests {
    use fyr_model::Refusal;
    use proptest::prelude::*;

    use super::*;

    fn layout(left: usize, width: usize) -> Layout {
        Layout {
            left,
            width,
            headers: vec![String::new(); width],
            ..Layout::default()
        }
    }

    type Cells = Vec<Option<(String, bool)>>;

    /// The rows by blocks, the text cut into pieces of `piece` bytes.
    fn by_blocks(text: &str, layout: &Layout, piece: usize) -> Result<Vec<Cells>, Unusual> {
        let limits = TableLimits::default();
        let mut splitter = Splitter::new(b';', Some(b'"'), layout, &limits);
        let mut rows = Vec::new();
        let (mut from, mut to) = (0, 0);
        loop {
            to = (to + piece).min(text.len());
            while !text.is_char_boundary(to) {
                to += 1;
            }
            let ended = to == text.len();
            let (block, unused) = splitter.split(text[from..to].to_owned(), ended)?;
            let columns: Vec<Vec<_>> = (0..layout.width).map(|index| block.column(index).collect()).collect();
            for row in 0..block.rows {
                let cell = |column: &Vec<Option<(&str, bool)>>| column[row].map(|(text, quoted)| (text.to_owned(), quoted));
                rows.push(columns.iter().map(cell).collect());
            }
            from = to - unused.len();
            if ended {
                return Ok(rows);
            }
        }
    }

    /// The same by the thorough reader, through the gatherer.
    fn thoroughly(text: &str, layout: &Layout) -> Result<Vec<Cells>, Refusal> {
        use super::super::cell::Cell;
        let dir = tempfile::tempdir().unwrap();
        let (limits, reading) = (TableLimits::default(), fyr_model::table::Reading::default());
        let mut gather = super::super::gather::Gather::new(dir.path(), "prov", &reading, &limits)?;
        let mut csv = Csv::new(text.as_bytes(), b';', Some(b'"'), &limits, "prov");
        super::super::range::take(&mut csv, layout, true, &mut gather)?;
        let mut spool = gather.spool.read()?;
        let (mut row, mut rows) = (Row::default(), Vec::new());
        while spool.next(&mut row)? {
            let cell = |index| match row.get(index) {
                Cell::Text { text, quoted } => Some((text.to_owned(), quoted)),
                _ => None,
            };
            rows.push((0..layout.width).map(cell).collect());
        }
        Ok(rows)
    }

    #[test]
    fn an_unclosed_quote_is_left_to_the_thorough_reader() {
        let layout = layout(0, 2);
        assert_eq!(by_blocks("a;\"b\n", &layout, 64), Err(Unusual));
        assert_eq!(
            by_blocks("a;b\n\"c\";d", &layout, 1).unwrap(),
            thoroughly("a;b\n\"c\";d", &layout).unwrap()
        );
    }

    proptest! {
        #[test]
        fn blocks_hold_what_the_thorough_reader_gives(
            text in "([ab1;\"\r\n å*]|;|\n|a;b\n|\"a\";|\"b\"\"c\"|källa\n){0,60}",
            left in 0usize..2,
            width in 1usize..4,
            piece in 1usize..90,
        ) {
            let layout = layout(left, width);
            match (by_blocks(&text, &layout, piece), thoroughly(&text, &layout)) {
                (Ok(blocks), Ok(rows)) => prop_assert_eq!(blocks, rows),
                (Err(Unusual), _) => {}
                (Ok(_), Err(refusal)) => prop_assert!(false, "accepted what is refused: {}", refusal.id),
            }
        }
    }
}
