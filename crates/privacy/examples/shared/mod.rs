//! What both sets are made with: a seeded generator, the names of months, and templates cut at their slots.
#![allow(dead_code, reason = "neither set needs all of it")]

pub mod random;

/// In Swedish, January first.
pub const MONTHS: [&str; 12] = [
    "januari",
    "februari",
    "mars",
    "april",
    "maj",
    "juni",
    "juli",
    "augusti",
    "september",
    "oktober",
    "november",
    "december",
];

/// A part of a template.
pub enum Part<'t> {
    /// As it stands.
    Text(&'t str),
    /// The name between braces.
    Slot(&'t str),
}

/// The parts of a template in order.
pub fn parts(template: &str) -> impl Iterator<Item = Part<'_>> {
    template.split('{').enumerate().flat_map(|(at, piece)| {
        match piece.split_once('}') {
            Some((slot, text)) if at > 0 => [Some(Part::Slot(slot)), Some(Part::Text(text))],
            _ => [Some(Part::Text(piece)), None],
        }
        .into_iter()
        .flatten()
    })
}
