//! Words that stand for a missing value, and words for yes and no.
//!
//! A marker counts only where the rest of the column is typed: `-` in a text column may be text (`tables.md` section 1).

/// The marker's place in [`MARKERS`].
pub(crate) type Marker = usize;

/// Nothing at all: the row was short, or the source said null.
pub(crate) const ABSENT: Marker = 0;
/// An empty cell.
pub(crate) const EMPTY: Marker = 1;
/// An error cell of a workbook.
pub(crate) const ERROR: Marker = 2;
/// A marker that the owner named for the column.
pub(crate) const NAMED: Marker = 3;
/// Not a number.
pub(crate) const NAN: Marker = 4;

/// What a repair calls each marker. The first five are no words of the file.
pub(crate) const MARKERS: [&str; 22] = [
    "absent",
    "empty",
    "error",
    "named",
    "nan",
    "-",
    "–",
    ".",
    "..",
    "...",
    "....",
    "saknas",
    "uppgift saknas",
    "na",
    "n/a",
    "null",
    "#saknas!",
    "#n/a",
    "—",
    // Data symbols 5 and 6 of a PX file, and the one of a sum that cannot be drawn up.
    ".....",
    "......",
    ".......",
];

/// The marker that `text` (trimmed) is, if any; case does not matter.
pub(crate) fn marker(text: &str) -> Option<Marker> {
    if text.is_empty() {
        return Some(EMPTY);
    }
    if text.len() > 14 {
        return None;
    }
    if !text.starts_with(['-', '–', '.', 's', 'S', 'u', 'U', 'n', 'N', '#', '—']) {
        return None;
    }
    if text.eq_ignore_ascii_case("nan") {
        return Some(NAN);
    }
    MARKERS
        .iter()
        .skip(5)
        .position(|word| word.eq_ignore_ascii_case(text))
        .map(|at| at + 5)
}

/// Pairs of no and yes; a column is boolean only when all its values come from one pair.
pub(crate) const BOOLEANS: [(&str, &str); 4] = [("false", "true"), ("nej", "ja"), ("no", "yes"), ("falskt", "sant")];

/// The pair and the value.
pub(crate) fn boolean(text: &str) -> Option<(usize, bool)> {
    if text.len() < 2 || text.len() > 6 {
        return None;
    }
    BOOLEANS.iter().enumerate().find_map(|(pair, (no, yes))| {
        if text.eq_ignore_ascii_case(no) {
            Some((pair, false))
        } else if text.eq_ignore_ascii_case(yes) {
            Some((pair, true))
        } else {
            None
        }
    })
}
