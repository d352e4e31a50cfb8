//! Iterative looks at a document before any parser sees it (H12-H14): entity bombs, external entities, nesting, triple terms.
//!
//! Each screen runs over the bytes once, with a small fixed stack of its own, and gives the first thing wrong with its place. They are not
//! parsers: what is merely ill-formed is left to the parser, which stops at its first error.

pub(crate) mod json;
pub(crate) mod turtle;
pub(crate) mod xml;

use fyr_model::Refusal;

use crate::refuse::{position, unreadable};

/// Nesting deeper than the limit, at byte `offset`.
fn too_deep(subject: &str, bytes: &[u8], offset: usize, depth_max: usize) -> Refusal {
    depth_refused(subject, depth_max).at(position(bytes, offset))
}

fn depth_refused(subject: &str, depth_max: usize) -> Refusal {
    let (sv, en) = too_deep_words(depth_max);
    unreadable("depth", subject, sv, en)
}

fn too_deep_words(depth_max: usize) -> (String, String) {
    (
        format!("nästlat djupare än {depth_max} nivåer"),
        format!("nested deeper than {depth_max} levels"),
    )
}
