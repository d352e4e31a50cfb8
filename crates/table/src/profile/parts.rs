//! The state of a part of a table as bytes, for the journey from whoever looked at the part to whoever joins the parts.
//!
//! A packed state holds values and hashes of values, as a profile file does: it stays between the nodes of one private cluster.

use std::collections::BTreeMap;
use std::io::Read;

use super::TableProfiler;
use super::rows::STORED_MAX;

/// Bytes of a piece: what is sent at a time.
const PIECE_BYTES: usize = 1 << 20;
/// What a part may unpack to.
const BYTES_MAX: u64 = 2 << 30;
/// Part, place of the piece, number of pieces.
const HEAD: usize = 16;
/// Packing again costs little; the state is small beside the rows that it tells of.
const LEVEL: i32 = 1;

impl TableProfiler {
    /// The state, compressed. Of the row hashes a sample is kept, as in a profile file.
    pub(crate) fn pack(&mut self) -> Option<Vec<u8>> {
        self.settle();
        self.rows.hashes.exact();
        self.rows.hashes.thin(STORED_MAX);
        let mut packed = zstd::stream::Encoder::new(Vec::new(), LEVEL).ok()?;
        serde_json::to_writer(&mut packed, self).ok()?;
        packed.finish().ok()
    }

    /// The state of [`Self::pack`]; nothing when the bytes are damaged.
    pub(crate) fn unpack(bytes: &[u8]) -> Option<Self> {
        let mut text = Vec::new();
        let unpacked = zstd::stream::Decoder::new(bytes).ok()?;
        unpacked.take(BYTES_MAX).read_to_end(&mut text).ok()?;
        serde_json::from_slice(&text).ok()
    }
}

/// A packed part, cut into pieces that each say where they belong.
pub(crate) fn pieces(part: u64, packed: &[u8]) -> Vec<Vec<u8>> {
    let of = packed.len().div_ceil(PIECE_BYTES).max(1) as u32;
    (0..of)
        .map(|place| {
            let from = (place as usize * PIECE_BYTES).min(packed.len());
            let to = (from + PIECE_BYTES).min(packed.len());
            let mut piece = Vec::with_capacity(HEAD + to - from);
            piece.extend(part.to_le_bytes());
            piece.extend(place.to_le_bytes());
            piece.extend(of.to_le_bytes());
            piece.extend(packed.get(from..to).unwrap_or_default());
            piece
        })
        .collect()
}

/// Where a piece belongs: its part, its place, and how many there are.
pub(crate) fn place(piece: &[u8]) -> Option<(u64, u32, u32)> {
    let part = u64::from_le_bytes(piece.get(..8)?.try_into().ok()?);
    let place = u32::from_le_bytes(piece.get(8..12)?.try_into().ok()?);
    let of = u32::from_le_bytes(piece.get(12..HEAD)?.try_into().ok()?);
    (place < of).then_some((part, place, of))
}

/// Pieces on their way back to parts.
#[derive(Debug, Default)]
pub(crate) struct Assembly(BTreeMap<(u64, u32), Vec<u8>>);

impl Assembly {
    /// Takes a piece; false when it is damaged or has come before, for then two tasks looked at the same part.
    #[must_use]
    pub(crate) fn add(&mut self, piece: &[u8]) -> bool {
        match place(piece) {
            Some((part, place, _)) => self.0.insert((part, place), piece.to_vec()).is_none(),
            None => false,
        }
    }

    /// The pieces that have come.
    pub(crate) fn pieces(&self) -> impl Iterator<Item = &[u8]> {
        self.0.values().map(Vec::as_slice)
    }

    /// Joins the parts to `whole` in their order; nothing when one of the `parts` lacks a piece or is of another table.
    #[cfg(any(feature = "cluster", test))]
    pub(crate) fn join(self, mut whole: TableProfiler, parts: u64) -> Option<TableProfiler> {
        let names: Vec<String> = whole.columns.iter().map(|column| column.name.clone()).collect();
        let mut pieces = self.0.into_iter().peekable();
        for part in 0..parts {
            let mut packed = Vec::new();
            let (mut seen, mut of) = (0, 1);
            while let Some((_, piece)) = pieces.next_if(|((of_part, place), _)| *of_part == part && *place == seen) {
                (seen, of) = (seen + 1, place(&piece)?.2);
                packed.extend_from_slice(piece.get(HEAD..)?);
            }
            if seen != of {
                return None;
            }
            let mut looked = TableProfiler::unpack(&packed)?;
            for (column, name) in looked.columns.iter_mut().zip(&names) {
                column.name.clone_from(name);
            }
            if !whole.merge(looked) {
                return None;
            }
        }
        pieces.next().is_none().then_some(whole)
    }
}
