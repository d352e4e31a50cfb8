//! Cuts at the median of a column of numbers: strict multidimensional recoding (LeFevre, DeWitt and Ramakrishnan 2006).
//!
//! In: a class and a column. Out: its tuples in two halves, each called by its least and greatest number. Columns that are no numbers, and
//! classes in which a number is missing, are cut along the hierarchy instead.

use super::ground::Ground;
use super::{Piece, Shown};
use crate::plan::key::Key;

/// Whether every tuple of the class has a number in this column.
pub(super) fn is_ordered<K: Key>(ground: &Ground<'_, '_, K>, piece: &Piece, column: usize) -> bool {
    ranks(ground, piece, column).is_some()
}

fn ranks<K: Key>(ground: &Ground<'_, '_, K>, piece: &Piece, column: usize) -> Option<Vec<u32>> {
    let order = ground.order(column)?;
    piece.members.iter().map(|atom| order.rank(ground.leaf(*atom, column))).collect()
}

/// The range that the class holds; nothing when it is shown already.
pub(super) fn span<K: Key>(ground: &Ground<'_, '_, K>, piece: &Piece, column: usize) -> Option<(Shown, Vec<u32>)> {
    let shown = *piece.shown.get(column)?;
    if shown.is_value() {
        return None;
    }
    let ranks = ranks(ground, piece, column)?;
    let (first, last) = (*ranks.iter().min()?, *ranks.iter().max()?);
    let range = Shown::Range { first, last };
    (range != shown).then(|| (range, piece.members.clone()))
}

/// The class in two, where the halves come closest to each other in rows.
pub(super) fn halves<K: Key>(ground: &Ground<'_, '_, K>, piece: &Piece, column: usize) -> Option<Vec<(Shown, Vec<u32>)>> {
    let ranks = ranks(ground, piece, column)?;
    let mut placed: Vec<(u32, u32)> = ranks.into_iter().zip(piece.members.iter().copied()).collect();
    placed.sort_unstable();
    let (mut below, mut best) = (0, None);
    for (place, pair) in placed.windows(2).enumerate() {
        let [(rank, atom), (next, _)] = pair else { continue };
        below += ground.atoms.rows_of(*atom);
        if rank != next {
            let apart = (2 * below).abs_diff(piece.rows);
            if best.is_none_or(|(least, _)| apart < least) {
                best = Some((apart, place + 1));
            }
        }
    }
    let (low, high) = placed.split_at(best?.1);
    let half = |pairs: &[(u32, u32)]| {
        let range = Shown::Range {
            first: pairs.first()?.0,
            last: pairs.last()?.0,
        };
        let mut members: Vec<u32> = pairs.iter().map(|(_, atom)| *atom).collect();
        members.sort_unstable();
        Some((range, members))
    };
    Some(vec![half(low)?, half(high)?])
}
