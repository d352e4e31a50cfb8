//! Cells and rows as readers hand them over: text as it stood in the source, with what the source itself said of its kind.

/// One cell as the source wrote it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Cell<'a> {
    /// The row ends before this column.
    Absent,
    /// The source says there is no value (`null`, an empty cell of a workbook).
    Null,
    /// Text; `quoted` tells `""` from nothing at all.
    Text {
        /// As it stood.
        text: &'a str,
        /// Whether the source marked it as text.
        quoted: bool,
    },
    /// A number of a typed source, in the source's own digits with a point.
    Number(&'a str),
    /// Yes or no of a typed source.
    Boolean(bool),
    /// A date, moment or time of a typed source, written as ISO 8601.
    Moment(&'a str),
    /// An error cell of a workbook: missing, with that reason.
    Error,
    /// The source itself says that the value is missing, by this place among [`super::marker::MARKERS`].
    Missing(u8),
    /// Well-known binary of a geometry.
    Bytes(&'a [u8]),
}

const ABSENT: u8 = 0;
const NULL: u8 = 1;
const PLAIN: u8 = 2;
const QUOTED: u8 = 3;
const NUMBER: u8 = 4;
const TRUE: u8 = 5;
const FALSE: u8 = 6;
const MOMENT: u8 = 7;
const ERROR: u8 = 8;
const BYTES: u8 = 9;
/// The first of the tags that say which marker stands for a missing value.
const MISSING: u8 = 64;

/// A row that is filled again and again: one buffer, and where each cell ends in it.
#[derive(Debug, Clone, Default)]
pub(crate) struct Row {
    data: Vec<u8>,
    ends: Vec<(u8, usize)>,
}

impl Row {
    pub(crate) fn clear(&mut self) {
        self.data.clear();
        self.ends.clear();
    }
    pub(crate) fn len(&self) -> usize {
        self.ends.len()
    }
    /// Bytes held.
    pub(crate) fn bytes(&self) -> usize {
        self.data.len()
    }
    pub(crate) fn push(&mut self, cell: Cell<'_>) {
        let (tag, bytes): (u8, &[u8]) = match cell {
            Cell::Absent => (ABSENT, &[]),
            Cell::Null => (NULL, &[]),
            Cell::Text { text, quoted: false } => (PLAIN, text.as_bytes()),
            Cell::Text { text, quoted: true } => (QUOTED, text.as_bytes()),
            Cell::Number(text) => (NUMBER, text.as_bytes()),
            Cell::Boolean(true) => (TRUE, &[]),
            Cell::Boolean(false) => (FALSE, &[]),
            Cell::Moment(text) => (MOMENT, text.as_bytes()),
            Cell::Error => (ERROR, &[]),
            Cell::Bytes(bytes) => (BYTES, bytes),
            Cell::Missing(marker) => (MISSING.saturating_add(marker), &[]),
        };
        self.push_raw(tag, bytes);
    }
    /// A cell with its tag, as the spool keeps it.
    pub(crate) fn push_raw(&mut self, tag: u8, bytes: &[u8]) {
        self.data.extend_from_slice(bytes);
        self.ends.push((tag, self.data.len()));
    }
    /// One byte of the text cell that is being built.
    pub(crate) fn push_byte(&mut self, byte: u8) {
        self.data.push(byte);
    }
    /// Ends the text cell that was built byte by byte.
    pub(crate) fn end_text(&mut self, quoted: bool) {
        self.ends.push((if quoted { QUOTED } else { PLAIN }, self.data.len()));
    }
    /// Bytes of the cell that is being built.
    pub(crate) fn open_bytes(&self) -> usize {
        self.data.len() - self.ends.last().map_or(0, |(_, end)| *end)
    }
    /// The tag and bytes of a cell.
    pub(crate) fn raw(&self, index: usize) -> Option<(u8, &[u8])> {
        let (tag, end) = *self.ends.get(index)?;
        let start = index
            .checked_sub(1)
            .and_then(|before| self.ends.get(before))
            .map_or(0, |(_, end)| *end);
        Some((tag, self.data.get(start..end)?))
    }
    /// A cell; past the end it is absent. Text that is not UTF-8 cannot come from a reader and reads as an error cell.
    pub(crate) fn get(&self, index: usize) -> Cell<'_> {
        let Some((tag, bytes)) = self.raw(index) else { return Cell::Absent };
        let text = std::str::from_utf8(bytes);
        match tag {
            NULL => Cell::Null,
            PLAIN => text.map_or(Cell::Error, |text| Cell::Text { text, quoted: false }),
            QUOTED => text.map_or(Cell::Error, |text| Cell::Text { text, quoted: true }),
            NUMBER => text.map_or(Cell::Error, Cell::Number),
            TRUE => Cell::Boolean(true),
            FALSE => Cell::Boolean(false),
            MOMENT => text.map_or(Cell::Error, Cell::Moment),
            ERROR => Cell::Error,
            BYTES => Cell::Bytes(bytes),
            MISSING.. => Cell::Missing(tag - MISSING),
            _ => Cell::Absent,
        }
    }
    /// The text of a cell for finding the table on its sheet; geometry and missing cells give nothing.
    pub(crate) fn text(&self, index: usize) -> &str {
        match self.get(index) {
            Cell::Text { text, .. } | Cell::Number(text) | Cell::Moment(text) => text,
            Cell::Boolean(true) => "true",
            Cell::Boolean(false) => "false",
            _ => "",
        }
    }
    /// Whether no cell holds anything but blanks.
    pub(crate) fn is_blank(&self) -> bool {
        self.data.iter().all(u8::is_ascii_whitespace) && self.ends.iter().all(|(tag, _)| matches!(*tag, ABSENT | NULL | PLAIN))
    }
}
