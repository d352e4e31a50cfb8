//! The terminal's hand: symbols, colour and tables as `look.md` section 8 draws them.

use fyr_model::Lang;
use unicode_width::UnicodeWidthStr as _;

/// What a text stands for; the reader's own palette decides how it looks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ink {
    /// Names and totals.
    Bold,
    /// Points.
    Points,
    /// Gains and fixes.
    Turn,
    /// Failures.
    Error,
    /// Warnings.
    Warning,
    /// Notes.
    Info,
    /// Done.
    Done,
    /// Not measured, hints.
    Dim,
}

impl Ink {
    fn code(self) -> &'static str {
        match self {
            Self::Bold => "1",
            Self::Points => "93",
            Self::Turn => "35",
            Self::Error => "31",
            Self::Warning => "33",
            Self::Info => "36",
            Self::Done => "32",
            Self::Dim => "2",
        }
    }
}

/// How to write for this reader.
#[derive(Debug, Clone, Copy)]
pub struct Term {
    /// The language.
    pub lang: Lang,
    /// Whether colours are used.
    pub colour: bool,
    /// Whether symbols beyond ASCII are used.
    pub symbols: bool,
}

impl Term {
    /// The text in the reader's language.
    pub fn say<'a>(&self, sv: &'a str, en: &'a str) -> &'a str {
        match self.lang {
            Lang::Sv => sv,
            Lang::En => en,
        }
    }

    /// A text in an ink.
    pub fn ink(&self, ink: Ink, text: &str) -> String {
        if self.colour {
            format!("\x1b[{}m{text}\x1b[0m", ink.code())
        } else {
            text.to_owned()
        }
    }

    /// The mark of something done.
    pub fn done(&self) -> String {
        self.ink(Ink::Done, if self.symbols { "✔" } else { "ok:" })
    }
    /// The mark of a failure.
    pub fn error(&self) -> String {
        self.ink(Ink::Error, if self.symbols { "◆" } else { self.say("fel:", "error:") })
    }
    /// The mark of a warning.
    pub fn warning(&self) -> String {
        self.ink(Ink::Warning, if self.symbols { "▲" } else { self.say("varning:", "warning:") })
    }
    /// The mark of a note.
    pub fn info(&self) -> String {
        self.ink(Ink::Info, if self.symbols { "i" } else { "info:" })
    }

    /// A bar of `width` cells for a share from 0 to 1.
    pub fn bar(&self, share: f64, width: usize) -> String {
        let eighths = (share.clamp(0.0, 1.0) * width as f64 * 8.0).round() as usize;
        let (full, part) = (eighths / 8, eighths % 8);
        if !self.symbols {
            return format!("{}{}", "#".repeat(full), ".".repeat(width - full));
        }
        let edge = ["", "▏", "▎", "▍", "▌", "▋", "▊", "▉"][part];
        let lit = format!("{}{edge}", "█".repeat(full));
        let rest = width - full - usize::from(part > 0);
        format!("{}{}", self.ink(Ink::Points, &lit), "·".repeat(rest))
    }

    /// A number with one decimal in the reader's language.
    pub fn decimal(&self, value: f64) -> String {
        let text = format!("{value:.1}");
        match self.lang {
            Lang::Sv => text.replace('.', ","),
            Lang::En => text,
        }
    }

    /// A whole number with separators in the reader's language.
    pub fn count(&self, value: u64) -> String {
        let digits = value.to_string();
        let separator = match self.lang {
            Lang::Sv => '\u{a0}',
            Lang::En => ',',
        };
        let mut out = String::new();
        for (place, digit) in digits.chars().enumerate() {
            if place > 0 && (digits.len() - place).is_multiple_of(3) {
                out.push(separator);
            }
            out.push(digit);
        }
        out
    }

    /// A table: bold heads, one rule, two spaces between columns; columns named in `right` end to the right.
    pub fn table(&self, heads: &[&str], right: &[usize], rows: &[Vec<String>]) -> String {
        let mut widths: Vec<usize> = heads.iter().map(|head| head.width()).collect();
        for row in rows {
            for (width, cell) in widths.iter_mut().zip(row) {
                *width = (*width).max(visible(cell));
            }
        }
        let line = |cells: Vec<String>| {
            let padded: Vec<String> = cells
                .iter()
                .enumerate()
                .map(|(place, cell)| {
                    let space = " ".repeat(widths.get(place).copied().unwrap_or(0).saturating_sub(visible(cell)));
                    if right.contains(&place) {
                        format!("{space}{cell}")
                    } else {
                        format!("{cell}{space}")
                    }
                })
                .collect();
            padded.join("  ").trim_end().to_owned()
        };
        let mut out = vec![line(heads.iter().map(|head| self.ink(Ink::Bold, head)).collect())];
        let total = widths.iter().sum::<usize>() + 2 * widths.len().saturating_sub(1);
        out.push(if self.symbols { "─" } else { "-" }.repeat(total));
        out.extend(rows.iter().map(|row| line(row.clone())));
        out.join("\n")
    }
}

/// Columns that a text takes, escape sequences left out.
fn visible(text: &str) -> usize {
    let mut plain = String::new();
    let mut inside = false;
    for c in text.chars() {
        match (inside, c) {
            (false, '\x1b') => inside = true,
            (true, 'm') => inside = false,
            (false, c) => plain.push(c),
            _ => {}
        }
    }
    plain.width()
}

/// Text from outside made safe for a terminal: control and direction characters become spaces.
pub fn safe(text: &str) -> String {
    let hostile = |c: char| c.is_control() || matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{200e}' | '\u{200f}');
    text.chars().map(|c| if hostile(c) { ' ' } else { c }).collect()
}

/// `text` cut in the middle to `width` columns.
pub fn cut(text: &str, width: usize) -> String {
    let chars: Vec<char> = text.chars().collect();
    if chars.len() <= width {
        return text.to_owned();
    }
    let head = width.saturating_sub(1) / 2;
    let tail = width.saturating_sub(1) - head;
    chars[..head].iter().chain(&['…']).chain(&chars[chars.len() - tail..]).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const PLAIN: Term = Term {
        lang: Lang::Sv,
        colour: false,
        symbols: true,
    };

    #[test]
    fn a_bar_has_the_width_it_was_given_at_every_share() {
        for share in [0.0, 0.01, 0.5, 0.99, 1.0] {
            assert_eq!(visible(&PLAIN.bar(share, 20)), 20, "{share}");
        }
    }

    #[test]
    fn a_title_cannot_move_the_cursor() {
        assert_eq!(safe("a\x1b[2Jb\u{202e}c"), "a [2Jb c");
    }

    #[test]
    fn columns_line_up_whatever_the_colour() {
        let term = Term { colour: true, ..PLAIN };
        let table = term.table(
            &["a", "b"],
            &[1],
            &[vec![term.done(), "1".into()], vec!["lång".into(), "22".into()]],
        );
        let widths: Vec<usize> = table.lines().skip(2).map(visible).collect();
        assert_eq!(widths, [8, 8]);
        assert_eq!(PLAIN.count(18412), "18\u{a0}412");
    }
}
