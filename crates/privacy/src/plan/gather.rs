//! Gathering: tuples are moved to a coarser node, and those that become equal are added up.
//!
//! In: tuples with counts, and for every column how its codes become others. Out: each tuple that results once, with its sum. Tuples that
//! are equal in the columns above the last one that changes lie together, so that only the columns below tell the results of such a group
//! apart. Where these have few enough combinations of values, each has a cell of its own, which stays in the processor's own memory, and a
//! tuple is one look-up in two or three small tables and one addition; otherwise sums are found by hash.

use super::key::{Key, Tally};

/// What one column, or the sensitive code in the lowest bits, becomes.
pub(crate) struct Field<'a> {
    pub(crate) shift: u32,
    pub(crate) bits: u32,
    /// The new code of each; none where codes stay as they are.
    pub(crate) codes: Option<&'a [u32]>,
    /// How many new codes there are.
    pub(crate) values: usize,
}

/// Memory for gathering that one thread uses again and again.
#[derive(Debug, Default)]
pub(crate) struct Gather<K: Key> {
    pub(crate) tally: Tally<K>,
    parts: Vec<Vec<(K, K::Count)>>,
    /// A sum for each combination of values; all zero between uses.
    cells: Vec<K::Count>,
    /// Combinations that were met in a group, in the order of first sight.
    met: Vec<(K, u32)>,
    /// What resulted.
    pub(crate) gathered: Vec<(K, K::Count)>,
    /// The bit from which on equal ones of these lie together.
    pub(crate) grouped: u32,
    /// Whether what results must be in the order of tuples.
    pub(crate) in_order: bool,
}

/// Tuples of a part: what they are counted in stays in the processor's own memory. Fewer than so many parts are not worth dealing out.
const PART: usize = 8_192;
const PARTS_MIN: usize = 8;
const PARTS_MAX: usize = 512;
/// Cells that are kept for sums, how many of them a tuple may have to itself where they are many, and the tuples that are worth making
/// tables for.
const CELLS_MAX: usize = 1 << 24;
const CELLS_MANY: usize = 1 << 16;
const CELLS_OF_A_TUPLE: usize = 64;
const TUPLES_MIN: usize = 1_024;
/// Bits of a tuple that one table answers for.
const TABLE_BITS: u32 = 12;

/// What a few neighbouring columns become together: the tuple's part, and its part in the number of the cell.
struct Table<K> {
    shift: u32,
    bits: u32,
    mask: u32,
    entries: Vec<(K, u32)>,
}

impl<K: Key> Table<K> {
    fn of(&self, tuple: K) -> (K, u32) {
        self.entries.get(tuple.part(self.shift, self.mask)).copied().unwrap_or_default()
    }

    /// Takes in a column that lies just above those it has.
    fn extend(&mut self, field: &Field<'_>, stride: usize) {
        let lower = std::mem::take(&mut self.entries);
        self.entries.reserve(lower.len() << field.bits);
        for code in 0..1usize << field.bits {
            let code = field.codes.map_or(code as u32, |codes| codes.get(code).copied().unwrap_or(0));
            let cell = (code as usize).min(field.values.saturating_sub(1)) * stride;
            let upper = K::of(code, field.shift);
            self.entries
                .extend(lower.iter().map(|(part, at)| (part.or(upper), at + cell as u32)));
        }
        self.bits += field.bits;
        self.mask = (1 << self.bits) - 1;
    }
}

impl<K: Key> Gather<K> {
    /// Moves tuples and adds up those that become equal, into `gathered`. The fields lie in the order of their shifts; tuples that are equal
    /// from the bit `grouped` on lie together.
    pub(crate) fn gather(&mut self, tuples: &[(K, K::Count)], grouped: u32, fields: &[Field<'_>]) {
        self.gathered.clear();
        let last = fields.iter().rfind(|field| field.codes.is_some());
        let boundary = last.map_or(0, |field| field.shift + field.bits).max(grouped);
        let below = |field: &&Field<'_>| field.shift < boundary;
        let cells = fields
            .iter()
            .filter(below)
            .fold(1usize, |cells, field| cells.saturating_mul(field.values.max(1)));
        let few = cells <= CELLS_MANY || cells <= CELLS_MAX && cells <= tuples.len().saturating_mul(CELLS_OF_A_TUPLE);
        let narrow = fields.iter().filter(below).all(|field| field.bits <= TABLE_BITS);
        if few && narrow && tuples.len() >= TUPLES_MIN {
            self.grouped = boundary;
            return self.by_cell(tuples, fields.iter().filter(below), boundary, cells);
        }
        self.grouped = if self.in_order { 0 } else { u32::MAX };
        let room = fields.iter().fold(1usize, |room, field| room.saturating_mul(field.values.max(1)));
        let kept = fields
            .iter()
            .filter(|field| field.codes.is_some())
            .fold(K::all(), |kept, field| kept.and(K::without(field.shift, field.bits)));
        let moves: Vec<(u32, u32, Vec<K>)> = fields
            .iter()
            .filter_map(|field| {
                let codes = field.codes?.iter().map(|code| K::of(*code, field.shift)).collect();
                Some((field.shift, field.bits, codes))
            })
            .collect();
        let moved = |tuple: K, (shift, bits, codes): &(u32, u32, Vec<K>)| {
            codes.get(tuple.field(*shift, *bits) as usize).copied().unwrap_or_default()
        };
        // A column at a time is the rule; there the moves need no loop of their own.
        if let [only] = moves.as_slice() {
            self.by_hash(tuples, room, |tuple| tuple.and(kept).or(moved(tuple, only)));
        } else {
            self.by_hash(tuples, room, |tuple| {
                moves.iter().fold(tuple.and(kept), |next, step| next.or(moved(tuple, step)))
            });
        }
        if self.in_order {
            self.gathered.sort_unstable_by_key(|(tuple, _)| *tuple);
        }
    }

    fn by_cell<'f>(&mut self, tuples: &[(K, K::Count)], fields: impl Iterator<Item = &'f Field<'f>>, boundary: u32, cells: usize) {
        let mut tables: Vec<Table<K>> = Vec::new();
        let mut stride = 1;
        for field in fields.filter(|field| field.bits > 0) {
            let fits = |table: &&mut Table<K>| table.shift + table.bits == field.shift && table.bits + field.bits <= TABLE_BITS;
            match tables.last_mut().filter(fits) {
                Some(table) => table.extend(field, stride),
                None => {
                    let mut table = Table {
                        shift: field.shift,
                        bits: 0,
                        mask: 0,
                        entries: vec![(K::default(), 0)],
                    };
                    table.extend(field, stride);
                    tables.push(table);
                }
            }
            stride *= field.values.max(1);
        }
        if self.cells.len() < cells {
            // Not grown: memory that nothing was written to costs nothing.
            self.cells = vec![K::Count::default(); cells];
        }
        let most = tuples.len().min(cells) + 1;
        if self.met.len() < most {
            self.met.resize(most, (K::default(), 0));
        }
        let above = K::from_bit(boundary);
        let joined = |(part, at): (K, u32), (more, further): (K, u32)| (part.or(more), at + further);
        match tables.as_slice() {
            [one, two] => self.add(tuples, above, |tuple| joined(one.of(tuple), two.of(tuple))),
            [one, two, three] => self.add(tuples, above, |tuple| joined(joined(one.of(tuple), two.of(tuple)), three.of(tuple))),
            tables => self.add(tuples, above, |tuple| {
                tables.iter().fold(Default::default(), |sum, table| joined(sum, table.of(tuple)))
            }),
        }
    }

    fn add(&mut self, tuples: &[(K, K::Count)], above: K, moved: impl Fn(K) -> (K, u32)) {
        let none = K::Count::default();
        let mut group = tuples.first().map_or_else(K::default, |(tuple, _)| tuple.and(above));
        let mut met = 0;
        for (tuple, count) in tuples {
            if tuple.and(above) != group {
                self.hand_over(met, group);
                (group, met) = (tuple.and(above), 0);
            }
            let next = moved(*tuple);
            if let (Some(cell), Some(slot)) = (self.cells.get_mut(next.1 as usize), self.met.get_mut(met)) {
                // Written whether it is new or not: which of the two is a coin's toss, and a wrong guess of the processor's costs more.
                *slot = next;
                met += usize::from(*cell == none && *count != none);
                *cell += *count;
            }
        }
        self.hand_over(met, group);
    }

    /// The results of one group; empties their cells.
    fn hand_over(&mut self, met: usize, group: K) {
        let met = self.met.get_mut(..met).unwrap_or_default();
        if self.in_order {
            // Cells are numbered in the order of tuples.
            met.sort_unstable_by_key(|(_, at)| *at);
        }
        for (tuple, at) in met {
            if let Some(cell) = self.cells.get_mut(*at as usize) {
                self.gathered.push((tuple.or(group), std::mem::take(cell)));
            }
        }
    }

    /// Many tuples are first dealt out by the hash of what they become: a table of all of them would be looked up in main memory, tuple by
    /// tuple.
    fn by_hash(&mut self, tuples: &[(K, K::Count)], room: usize, moved: impl Fn(K) -> K) {
        let parts = (tuples.len() / PART).next_power_of_two().min(PARTS_MAX);
        if parts < PARTS_MIN || room < PART {
            std::mem::swap(&mut self.gathered, &mut self.tally.entries);
            self.tally.clear(tuples.len().min(room) / 2);
            for (tuple, count) in tuples {
                self.tally.add(moved(*tuple), *count);
            }
            std::mem::swap(&mut self.gathered, &mut self.tally.entries);
            return;
        }
        let shift = u64::BITS - parts.trailing_zeros();
        self.parts.resize_with(self.parts.len().max(parts), Vec::new);
        self.parts.iter_mut().for_each(Vec::clear);
        for (tuple, count) in tuples {
            let next = moved(*tuple);
            if let Some(part) = self.parts.get_mut((next.hashed() >> shift) as usize) {
                part.push((next, *count));
            }
        }
        for part in self.parts.iter().take(parts) {
            self.tally.clear(part.len().min(room) / 2);
            for (tuple, count) in part {
                self.tally.add(*tuple, *count);
            }
            self.gathered.extend_from_slice(&self.tally.entries);
        }
    }
}
