//! The refusals of this crate, and places in a text.
//!
//! A refusal names what was refused, where, and never more of the content than an IRI or a keyword, cut short and without control characters.

use fyr_model::{Position, Refusal, RefusalKind, Text};

/// The input is not what it claims, or breaks a limit.
pub(crate) fn unreadable(id: &str, subject: &str, sv: impl Into<String>, en: impl Into<String>) -> Refusal {
    Refusal::new(id, RefusalKind::Unreadable, subject, Text::new(sv, en))
}

/// A fault of ours or of this machine.
pub(crate) fn internal(id: &str, subject: &str, sv: &str, en: &str, cause: impl std::fmt::Display) -> Refusal {
    let cause = shown(&cause.to_string());
    Refusal::new(
        id,
        RefusalKind::Internal,
        subject,
        Text::new(format!("{sv}: {cause}"), format!("{en}: {cause}")),
    )
}

/// A short, harmless form of a text from outside: at most 160 characters, control characters left out.
pub(crate) fn shown(text: &str) -> String {
    let mut out: String = text.chars().filter(|c| !c.is_control()).take(160).collect();
    if text.chars().nth(160).is_some() {
        out.push('…');
    }
    out
}

/// The place of byte `offset`: line and column count from 1, the column in characters.
pub(crate) fn position(bytes: &[u8], offset: usize) -> Position {
    let offset = offset.min(bytes.len());
    let before = bytes.get(..offset).unwrap_or_default();
    let line_start = before.iter().rposition(|b| *b == b'\n').map_or(0, |at| at + 1);
    let line = 1 + before.iter().filter(|b| **b == b'\n').count();
    // A character of UTF-8 has one byte that is not a continuation byte.
    let column = 1 + before.iter().skip(line_start).filter(|b| (**b & 0xC0) != 0x80).count();
    Position {
        line: line as u64,
        column: column as u64,
        offset: offset as u64,
    }
}

/// The place `length` bytes after one, over a text that begins there.
pub(crate) fn after(begins: Position, text: &[u8], length: usize) -> Position {
    let within = position(text, length);
    Position {
        line: begins.line + within.line - 1,
        column: if within.line > 1 {
            within.column
        } else {
            begins.column + within.column - 1
        },
        offset: begins.offset + within.offset,
    }
}

/// The first place of `needle` from `from`, if it stands in the text as it is.
pub(crate) fn find(bytes: &[u8], needle: &[u8], from: usize) -> Option<usize> {
    let first = *needle.first()?;
    let mut at = from;
    loop {
        let rest = bytes.get(at..)?;
        at += rest.iter().position(|b| *b == first)?;
        if bytes.get(at..)?.starts_with(needle) {
            return Some(at);
        }
        at += 1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_counts_lines_and_characters_from_one() {
        let text = "å\nbå c".as_bytes();
        let at = find(text, b"c", 0).unwrap();
        assert_eq!(
            position(text, at),
            Position {
                line: 2,
                column: 4,
                offset: at as u64
            }
        );
        assert_eq!(position(text, 0).line, 1);
    }

    #[test]
    fn shown_text_is_short_and_has_no_control_characters() {
        assert_eq!(shown("a\u{1b}[31mb\n"), "a[31mb");
        assert_eq!(shown(&"x".repeat(500)).chars().count(), 161);
    }
}
