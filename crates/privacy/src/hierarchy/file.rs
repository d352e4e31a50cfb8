//! Hierarchy files: one row per leaf, one column per level, no header, `;` between (`privacy.md` 2.5).
//!
//! In: the bytes of a file and the different values of a column. Out: the labels above each value, and how many leaves each label has. The file
//! may have millions of rows: labels are kept once each.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet, HashMap};

use fyr_model::finding::{Position, Refusal, RefusalKind};
use fyr_model::text::Text;

use super::{Domain, Leaves, refusal};

type Rows = Vec<Option<Vec<String>>>;

/// The text of a file: UTF-8 with or without its mark, UTF-16 with it, else Windows-1252 as older spreadsheets save.
///
/// # Errors
/// `hierarchy-encoding` for bytes that are none of these.
pub fn text_of(name: &str, bytes: Vec<u8>) -> Result<String, Refusal> {
    let wide = |big: bool, bytes: &[u8]| {
        let units = bytes.chunks(2).map(|pair| match (pair, big) {
            ([a, b], true) => u16::from_be_bytes([*a, *b]),
            ([a, b], false) => u16::from_le_bytes([*a, *b]),
            _ => 0,
        });
        char::decode_utf16(units).collect::<Result<String, _>>().ok()
    };
    let text = match bytes.as_slice() {
        [0xFF, 0xFE, rest @ ..] => wide(false, rest),
        [0xFE, 0xFF, rest @ ..] => wide(true, rest),
        _ => String::from_utf8(bytes).map_or_else(|error| error.as_bytes().iter().map(|byte| western(*byte)).collect(), Some),
    };
    text.filter(|text| !text.contains('\0')).ok_or_else(|| {
        let message = Text::new(
            "filen är varken UTF-8, UTF-16 eller Windows-1252",
            "the file is neither UTF-8, UTF-16 nor Windows-1252",
        );
        let hint = Text::new("spara filen som text i UTF-8", "save the file as text in UTF-8");
        Refusal::new("hierarchy-encoding", RefusalKind::Configuration, name, message).hint(hint)
    })
}

/// A byte of Windows-1252; five of them are nothing there.
fn western(byte: u8) -> Option<char> {
    const HIGH: [char; 32] = [
        '€', '\0', '‚', 'ƒ', '„', '…', '†', '‡', 'ˆ', '‰', 'Š', '‹', 'Œ', '\0', 'Ž', '\0', '\0', '‘', '’', '“', '”', '•', '–', '—', '˜',
        '™', 'š', '›', 'œ', '\0', 'ž', 'Ÿ',
    ];
    match byte {
        0x80..=0x9F => HIGH.get(usize::from(byte - 0x80)).copied().filter(|letter| *letter != '\0'),
        _ => Some(char::from(byte)),
    }
}

/// The labels above each leaf, and how many leaves of the file each label stands for.
pub(super) fn rows(column: &str, text: &str, leaves: &Leaves) -> Result<(Rows, Domain), Refusal> {
    let table = Table::parse(column, text)?;
    let domain = table.domain();
    let mut absent = 0u64;
    // How values are written in the file is looked at only when some are not found as they stand.
    let mut written: Option<HashMap<String, Option<u32>>> = None;
    let rows = leaves
        .values
        .iter()
        .map(|value| {
            let value = value.as_deref()?;
            let exact = table.rows.get(value).copied();
            let row = exact.or_else(|| written.get_or_insert_with(|| table.plain()).get(&plain(value)).copied().flatten());
            absent += u64::from(row.is_none());
            row.map(|row| table.labels(row))
        })
        .collect();
    if absent > 0 {
        let hint = match table.header {
            true => Text::new(
                "lägg till raderna i hierarkifilen; den första raden ser ut som rubriker, och filen ska inte ha några",
                "add the rows to the hierarchy file; its first line looks like headers, and the file must have none",
            ),
            false => Text::new(
                "lägg till raderna i hierarkifilen; `fyr profile` visar hur kolumnen läses",
                "add the rows to the hierarchy file; `fyr profile` shows how the column is read",
            ),
        };
        return Err(refusal(
            "hierarchy-missing-leaf",
            column,
            format!("{absent} olika värden i data saknar rad"),
            format!("{absent} different values of the data have no row"),
        )
        .hint(hint));
    }
    Ok((rows, domain))
}

/// How many levels a file has above its leaves, and what each leaf is called on one of them, counted from 0; none beyond the last.
pub(super) fn level(column: &str, text: &str, level: usize) -> Result<(usize, Option<HashMap<String, String>>), Refusal> {
    let table = Table::parse(column, text)?;
    let height = table.levels.len();
    let Some(of) = table.levels.get(level) else {
        return Ok((height, None));
    };
    let label = |row: &u32| {
        let code = table.codes.get(*row as usize * height + level)?;
        of.labels.get(*code as usize).map(|label| label.to_string())
    };
    let mut labels: HashMap<String, String> = HashMap::new();
    for (leaf, row) in table.plain() {
        labels.extend(row.and_then(|row| label(&row)).map(|label| (leaf, label)));
    }
    for (leaf, row) in &table.rows {
        labels.extend(label(row).map(|label| (leaf.to_string(), label)));
    }
    Ok((height, Some(labels)))
}

/// A value whatever way it is written: the reader makes `12,50` the number 12.5 and `ja` the truth value true, and a file may hold either.
pub(super) fn plain(cell: &str) -> String {
    let cell = cell.trim();
    if cell.contains(['.', ',']) {
        let number = cell.replace(',', ".").parse::<f64>().ok().filter(|number| number.is_finite());
        return number.map_or_else(|| cell.to_owned(), |number| number.to_string());
    }
    match cell.to_lowercase().as_str() {
        "ja" | "yes" | "sant" | "true" => "true".to_owned(),
        "nej" | "no" | "falskt" | "false" => "false".to_owned(),
        _ => cell.to_owned(),
    }
}

/// A file as it is read: every label of a level once.
struct Table<'t> {
    /// The row of each leaf.
    rows: HashMap<Cow<'t, str>, u32>,
    /// The codes of each row's labels above the leaf, row after row.
    codes: Vec<u32>,
    /// Per level above the leaf, its labels by code.
    levels: Vec<Level<'t>>,
    /// Whether the first line looks like headers: its last cell is on no other line.
    header: bool,
}

#[derive(Default)]
struct Level<'t> {
    known: HashMap<Cow<'t, str>, u32>,
    labels: Vec<Cow<'t, str>>,
    /// How many leaves each label has.
    leaves: Vec<u64>,
    /// The code of each label's parent on the next level.
    parents: Vec<u32>,
}

impl<'t> Table<'t> {
    fn parse(column: &str, text: &'t str) -> Result<Self, Refusal> {
        let mut table = Self {
            rows: HashMap::new(),
            codes: Vec::new(),
            levels: Vec::new(),
            header: false,
        };
        let mut width = 0;
        let lines = text.trim_start_matches('\u{feff}').lines().enumerate();
        for (line, row) in lines.filter(|(_, row)| !row.trim().is_empty()) {
            let cells = split(row);
            if width == 0 {
                width = cells.len();
                table.levels.resize_with(width.saturating_sub(1), Level::default);
            }
            if cells.len() != width {
                let (sv, en) = (
                    format!("rad {} har {} nivåer, den första har {width}", line + 1, cells.len()),
                    format!("line {} has {} levels, the first has {width}", line + 1, cells.len()),
                );
                return Err(refusal("hierarchy-row-length", column, sv, en).at(at(line)));
            }
            table.take(cells).map_err(|fault| fault.refused(column, line))?;
        }
        if table.is_cyclic() {
            return Err(refusal(
                "hierarchy-cycle",
                column,
                "ett värde blir över flera nivåer sitt eget överordnade".into(),
                "a value becomes its own parent over several levels".into(),
            ));
        }
        table.topped(column, text)
    }

    /// One row; what contradicts an earlier one is refused.
    fn take(&mut self, cells: Vec<Cow<'t, str>>) -> Result<(), Fault> {
        let mut cells = cells.into_iter();
        let leaf = cells.next().unwrap_or_default();
        let mut before: Option<u32> = None;
        let first = self.codes.len();
        for level in 0..self.levels.len() {
            let Some(of) = self.levels.get_mut(level) else { continue };
            let code = of.code(cells.next().unwrap_or_default());
            if let Some(slot) = of.leaves.get_mut(code as usize) {
                *slot += 1;
            }
            self.codes.push(code);
            // The parent of the label one level down, once this one is known.
            let below = level.checked_sub(1).and_then(|below| self.levels.get_mut(below));
            if let (Some(below), Some(child)) = (below, before) {
                match below.parents.get_mut(child as usize) {
                    Some(parent) if *parent == u32::MAX => *parent = code,
                    Some(parent) if *parent != code => return Err(Fault::TwoParents(level)),
                    _ => {}
                }
            }
            before = Some(code);
        }
        let row = self.rows.len() as u32;
        let Some(earlier) = self.rows.insert(leaf, row) else {
            return Ok(());
        };
        let width = self.levels.len();
        let parent = self.codes.get(earlier as usize * width);
        let again = self.codes.get(first);
        Err(if parent == again { Fault::Duplicate } else { Fault::TwoParents(0) })
    }

    /// The table, if its last level is one value.
    fn topped(mut self, column: &str, text: &str) -> Result<Self, Refusal> {
        let tops = self.levels.last().map_or(self.rows.len(), |top| top.labels.len());
        self.header = self.levels.last().is_some_and(|top| top.leaves.first() == Some(&1)) && tops == 2;
        let hint = if self.levels.is_empty() && text.contains([',', '\t']) {
            Some(Text::new(
                "nivåerna skiljs åt av `;`, och filen har inget",
                "levels are separated by `;`, and the file has none",
            ))
        } else if self.header {
            Some(Text::new(
                "den första raden ser ut som rubriker: ta bort den, filen ska inte ha några",
                "the first line looks like headers: take it away, the file must have none",
            ))
        } else {
            None
        };
        let refused = match tops {
            0 => refusal("hierarchy-empty", column, "filen är tom".into(), "the file is empty".into()),
            1 => return Ok(self),
            n => refusal(
                "hierarchy-top",
                column,
                format!("den sista nivån har {n} värden i stället för ett"),
                format!("the last level has {n} values instead of one"),
            ),
        };
        Err(match hint {
            Some(hint) => refused.hint(hint),
            None => refused,
        })
    }

    /// The labels above a row's leaf.
    fn labels(&self, row: u32) -> Vec<String> {
        let width = self.levels.len();
        let codes = self.codes.iter().skip(row as usize * width).take(width);
        let label = |(level, code): (&Level<'_>, &u32)| level.labels.get(*code as usize).map(|label| label.to_string());
        self.levels.iter().zip(codes).filter_map(label).collect()
    }

    fn domain(&self) -> Domain {
        let of = |level: &Level<'_>| {
            let pairs = level.labels.iter().zip(&level.leaves);
            pairs.map(|(label, leaves)| (label.to_string(), *leaves)).collect()
        };
        self.levels.iter().map(of).collect()
    }

    /// The rows by their leaf whatever way it is written; none for two rows that are the same then.
    fn plain(&self) -> HashMap<String, Option<u32>> {
        let mut rows = HashMap::new();
        for (leaf, row) in &self.rows {
            rows.entry(plain(leaf)).and_modify(|known| *known = None).or_insert(Some(*row));
        }
        rows
    }

    /// Whether a label comes back above another that stands above it; a label that only stays the same does not.
    fn is_cyclic<'a>(&'a self) -> bool {
        let mut above: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
        let mut add = |child: &'a str, parent: Option<&'a Cow<'t, str>>| {
            if let Some(parent) = parent.filter(|parent| parent.as_ref() != child) {
                above.entry(child).or_default().insert(parent.as_ref());
            }
        };
        for (level, next) in self.levels.iter().zip(self.levels.iter().skip(1)) {
            for (label, parent) in level.labels.iter().zip(&level.parents) {
                add(label, next.labels.get(*parent as usize));
            }
        }
        // A leaf is in a circle only if it stands above something too.
        let width = self.levels.len();
        for label in self.levels.iter().flat_map(|level| &level.labels) {
            let row = self.rows.get(label);
            let parent = row.and_then(|row| self.codes.get(*row as usize * width));
            add(label, parent.and_then(|code| self.levels.first()?.labels.get(*code as usize)));
        }
        // Labels with nothing above them are taken away until none is left; what stays goes in circles.
        loop {
            let before = above.len();
            let known: BTreeSet<&str> = above.keys().copied().collect();
            above.retain(|_, parents| parents.iter().any(|parent| known.contains(parent)));
            if above.len() == before {
                return !above.is_empty();
            }
        }
    }
}

impl<'t> Level<'t> {
    fn code(&mut self, label: Cow<'t, str>) -> u32 {
        if let Some(code) = self.known.get(&label) {
            return *code;
        }
        let code = self.labels.len() as u32;
        self.known.insert(label.clone(), code);
        self.labels.push(label);
        self.leaves.push(0);
        self.parents.push(u32::MAX);
        code
    }
}

/// How a row contradicts an earlier one.
enum Fault {
    Duplicate,
    TwoParents(usize),
}

impl Fault {
    fn refused(&self, column: &str, line: usize) -> Refusal {
        let number = line + 1;
        let (id, sv, en) = match self {
            Self::Duplicate => (
                "hierarchy-duplicate-leaf",
                format!("rad {number} upprepar ett värde som redan har en rad"),
                format!("line {number} repeats a leaf that has a row already"),
            ),
            Self::TwoParents(level) => (
                "hierarchy-two-parents",
                format!("rad {number} ger ett värde på nivå {level} en andra överordnad"),
                format!("line {number} gives a value of level {level} a second parent"),
            ),
        };
        refusal(id, column, sv, en).at(at(line))
    }
}

fn at(line: usize) -> Position {
    Position {
        line: line as u64 + 1,
        column: 1,
        ..Position::default()
    }
}

/// The cells of a line; a `;` between quotation marks is a part of its cell.
fn split(row: &str) -> Vec<Cow<'_, str>> {
    if !row.contains('"') {
        return row.split(';').map(|cell| Cow::Borrowed(cell.trim())).collect();
    }
    let mut cells = Vec::new();
    let (mut start, mut quoted) = (0, false);
    for (at, byte) in row.bytes().enumerate() {
        match byte {
            b'"' if quoted || row.get(start..at).is_some_and(|cell| cell.trim().is_empty()) => quoted = !quoted,
            b';' if !quoted => {
                cells.push(unquoted(row.get(start..at).unwrap_or_default()));
                start = at + 1;
            }
            _ => {}
        }
    }
    cells.push(unquoted(row.get(start..).unwrap_or_default()));
    cells
}

fn unquoted(cell: &str) -> Cow<'_, str> {
    let cell = cell.trim();
    match cell.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')) {
        Some(inner) if inner.contains("\"\"") => Cow::Owned(inner.replace("\"\"", "\"")),
        Some(inner) => Cow::Borrowed(inner),
        None => Cow::Borrowed(cell),
    }
}
