//! The screen of Turtle, TriG, N-Triples and N-Quads: nesting, triple terms, and whether graph blocks follow.

use fyr_model::Refusal;

use super::too_deep;
use crate::refuse::{find, position, unreadable};

/// What the screen learns of a document that passes.
#[derive(Debug, Default, Clone, Copy)]
pub(crate) struct Seen {
    /// Whether a `{` stands outside texts: TriG.
    pub(crate) graph_block: bool,
}

/// Screens a text of the Turtle family.
pub(crate) fn screen(bytes: &[u8], subject: &str, depth_max: usize) -> Result<Seen, Refusal> {
    let mut seen = Seen::default();
    let mut depth = 0usize;
    let mut at = 0;
    while let Some(byte) = bytes.get(at) {
        match byte {
            b'#' => at = find(bytes, b"\n", at).unwrap_or(bytes.len()),
            b'"' | b'\'' => at = quoted_end(bytes, at, *byte),
            b'\\' => at += 1,
            b'<' if bytes.get(at + 1) == Some(&b'<') => return Err(triple_term(subject, bytes, at)),
            b'<' => at = iri_end(bytes, at),
            b'(' | b'[' | b'{' => {
                seen.graph_block |= *byte == b'{';
                depth += 1;
                if depth > depth_max {
                    return Err(too_deep(subject, bytes, at, depth_max));
                }
            }
            b')' | b']' | b'}' => depth = depth.saturating_sub(1),
            _ => {}
        }
        at += 1;
    }
    Ok(seen)
}

/// Statements about statements (RDF 1.2) have no place in a catalogue and nest without end.
pub(crate) fn triple_term(subject: &str, bytes: &[u8], at: usize) -> Refusal {
    unreadable(
        "triple-term",
        subject,
        "påståenden om påståenden (trippeltermer) tas inte emot",
        "statements about statements (triple terms) are not accepted",
    )
    .at(position(bytes, at))
}

/// The last byte of the text that opens at `at` with `quote`, single or tripled.
fn quoted_end(bytes: &[u8], at: usize, quote: u8) -> usize {
    let long = bytes.get(at..at + 3) == Some(&[quote; 3]);
    let mut here = at + if long { 3 } else { 1 };
    while let Some(byte) = bytes.get(here) {
        match byte {
            b'\\' => here += 2,
            b if *b == quote && !long => return here,
            b if *b == quote && bytes.get(here..here + 3) == Some(&[quote; 3]) => return here + 2,
            // A short text cannot hold a line break: the parser will say so.
            b'\n' if !long => return here,
            _ => here += 1,
        }
    }
    bytes.len()
}

fn iri_end(bytes: &[u8], at: usize) -> usize {
    let rest = bytes.get(at + 1..).unwrap_or_default();
    let end = rest.iter().position(|b| *b == b'>' || b.is_ascii_whitespace());
    end.map_or(bytes.len(), |length| at + 1 + length)
}
