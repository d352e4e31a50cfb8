//! The triples of a graph as text: N-Triples, one a line, sorted by their bytes, which is the form that snapshots are compared and named in.
//!
//! Terms are written out once each and put in order; the triples are then sorted by three numbers. No term written out is the beginning of another
//! one that sorts differently with ` ` behind it, so this is the order of the lines themselves.

use std::fmt::Write as _;
use std::io::{self, Write};

use fyr_model::Sha256;
use sha2::Digest as _;

use crate::triples::{Graph, Id};

/// Writes the triples, one a line, sorted.
pub(crate) fn write(graph: &Graph, out: &mut impl Write) -> io::Result<()> {
    let written = Written::of(graph);
    let mut rows: Vec<[u32; 3]> = graph.rows().map(|row| row.map(|id| written.rank(id))).collect();
    rows.sort_unstable();
    for [s, p, o] in rows {
        for (rank, end) in [(s, " "), (p, " "), (o, " .\n")] {
            out.write_all(written.text(rank).as_bytes())?;
            out.write_all(end.as_bytes())?;
        }
    }
    Ok(())
}

/// The digest of what [`write()`] writes.
pub(crate) fn digest(graph: &Graph) -> io::Result<Sha256> {
    let mut out = Digesting::to(io::sink());
    write(graph, &mut out)?;
    out.finish()
}

/// The terms of a graph written out, and their order.
struct Written {
    text: String,
    /// Where each term's text ends, by number.
    ends: Vec<usize>,
    /// Numbers by rank, and ranks by number.
    ranked: Vec<Id>,
    ranks: Vec<u32>,
}

impl Written {
    fn of(graph: &Graph) -> Self {
        let (mut text, mut ends) = (String::new(), Vec::new());
        for id in graph.ids() {
            // Writing to a string cannot fail.
            let _ = write!(text, "{}", graph.term(id));
            ends.push(text.len());
        }
        let mut written = Self {
            text,
            ends,
            ranked: graph.ids().collect(),
            ranks: Vec::new(),
        };
        let mut ranked = std::mem::take(&mut written.ranked);
        ranked.sort_unstable_by(|a, b| written.of_number(*a).cmp(written.of_number(*b)));
        written.ranks = vec![0; ranked.len()];
        for (rank, id) in ranked.iter().enumerate() {
            if let Some(place) = written.ranks.get_mut(*id as usize) {
                *place = rank as u32;
            }
        }
        written.ranked = ranked;
        written
    }

    fn of_number(&self, id: Id) -> &str {
        let at = id as usize;
        let from = at.checked_sub(1).and_then(|before| self.ends.get(before)).copied().unwrap_or(0);
        let to = self.ends.get(at).copied().unwrap_or(from);
        self.text.get(from..to).unwrap_or_default()
    }

    fn rank(&self, id: Id) -> u32 {
        self.ranks.get(id as usize).copied().unwrap_or_default()
    }

    fn text(&self, rank: u32) -> &str {
        self.ranked.get(rank as usize).map_or("", |id| self.of_number(*id))
    }
}

/// A writer that knows the digest of what went through it.
pub(crate) struct Digesting<W> {
    inner: W,
    hasher: sha2::Sha256,
}

impl<W: Write> Digesting<W> {
    pub(crate) fn to(inner: W) -> Self {
        Self {
            inner,
            hasher: sha2::Sha256::new(),
        }
    }

    /// Flushes and gives the digest.
    pub(crate) fn finish(mut self) -> io::Result<Sha256> {
        self.inner.flush()?;
        Ok(Sha256::from_bytes(self.hasher.finalize().into()))
    }
}

impl<W: Write> Write for Digesting<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let taken = self.inner.write(bytes)?;
        self.hasher.update(bytes.get(..taken).unwrap_or_default());
        Ok(taken)
    }
    fn flush(&mut self) -> io::Result<()> {
        self.inner.flush()
    }
}

#[cfg(test)]
mod tests {
    use oxrdf::{Literal, NamedNode, Term, Triple};
    use proptest::prelude::*;

    use super::*;
    use crate::triples::Builder;

    fn object() -> impl Strategy<Value = Term> {
        let text = "[ -~å\u{0}\n\"]{0,3}";
        prop_oneof![
            text.prop_map(|text| Literal::new_simple_literal(text).into()),
            (text, prop_oneof![Just("en"), Just("en-GB"), Just("sv")])
                .prop_map(|(text, tag)| Literal::new_language_tagged_literal_unchecked(text, tag).into()),
            (text, "[a-c/]{0,2}").prop_map(|(text, end)| Literal::new_typed_literal(
                text,
                NamedNode::new_unchecked(format!("http://t.example/{end}"))
            )
            .into()),
            "[a-c/#]{0,3}".prop_map(|end| NamedNode::new_unchecked(format!("http://o.example/{end}")).into()),
        ]
    }

    proptest! {
        #[test]
        fn terms_in_order_are_lines_in_order(rows in prop::collection::vec(("[a-c/#]{0,3}", "[a-c/#]{0,2}", object()), 0..40)) {
            let mut builder = Builder::default();
            let node = |start: &str, end: &str| NamedNode::new_unchecked(format!("http://{start}.example/{end}"));
            for (s, p, o) in rows {
                builder.add(Triple::new(node("s", &s), node("p", &p), o));
            }
            let graph = builder.finish();
            let mut lines: Vec<String> = graph.rows().filter_map(|row| graph.triple(row)).map(|triple| format!("{triple} .\n")).collect();
            lines.sort_unstable();
            let mut out = Vec::new();
            write(&graph, &mut out).unwrap();
            prop_assert_eq!(String::from_utf8(out).unwrap(), lines.concat());
            prop_assert_eq!(digest(&graph).unwrap(), Sha256::of(lines.concat().as_bytes()));
        }
    }
}
