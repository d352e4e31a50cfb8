//! Cuts along hierarchies: a class goes down one level of one column.
//!
//! In: a class and a column. Out: its tuples by what they are called one level further down.

use super::ground::Ground;
use super::{Piece, Shown};
use crate::plan::key::Key;

/// Which level a class may go down to.
fn below(piece: &Piece, column: usize) -> Option<u32> {
    match piece.shown.get(column)? {
        Shown::Level { level, .. } => level.checked_sub(1),
        Shown::Range { .. } => None,
    }
}

/// The tuples of a class by the codes of the next finer level, in the order of codes.
pub(super) fn children<K: Key>(ground: &Ground<'_, '_, K>, piece: &Piece, column: usize) -> Option<Vec<(Shown, Vec<u32>)>> {
    let level = below(piece, column)?;
    let mut placed: Vec<(u32, u32)> = piece
        .members
        .iter()
        .map(|atom| (ground.code(*atom, column, level as usize), *atom))
        .collect();
    placed.sort_unstable();
    let groups = placed.chunk_by(|a, b| a.0 == b.0).filter_map(|group| {
        let (code, _) = group.first()?;
        Some((Shown::Level { level, code: *code }, group.iter().map(|(_, atom)| *atom).collect()))
    });
    Some(groups.collect())
}

/// The one child that all rows of a class have, with its tuples.
pub(super) fn only_child<K: Key>(ground: &Ground<'_, '_, K>, piece: &Piece, column: usize) -> Option<(Shown, Vec<u32>)> {
    let level = below(piece, column)?;
    let code_of = |atom: &u32| ground.code(*atom, column, level as usize);
    let mut codes = piece.members.iter().filter(|atom| ground.atoms.rows_of(**atom) > 0).map(code_of);
    let code = codes.next()?;
    if codes.any(|other| other != code) {
        return None;
    }
    let members = piece.members.iter().copied().filter(|atom| code_of(atom) == code).collect();
    Some((Shown::Level { level, code }, members))
}
