//! Gathering by cells, in steps of one column or several, against a plain map: the same tuples, and those that a later step counts on lie
//! together.

use std::collections::BTreeMap;

use super::super::gather::{Field, Gather};

/// Marsaglia (2003).
struct Random(u64);

impl Random {
    fn below(&mut self, values: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 % values as u64) as usize
    }
}

/// Widths of the fields, lowest first; the second has more bits than a table answers for in some rounds.
fn widths(random: &mut Random) -> Vec<u32> {
    (0..5).map(|_| 1 + random.below(5) as u32).chain([13]).collect()
}

#[test]
fn steps_by_cells_give_what_a_map_gives() {
    let mut random = Random(0x2545_f491_4f6c_dd1d);
    let mut gather: Gather<u64> = Gather::default();
    for round in 0..200 {
        let mut widths = widths(&mut random);
        if round % 4 == 0 {
            widths.swap(1, 5);
        }
        let shifts: Vec<u32> = (0..widths.len()).map(|place| widths[..place].iter().sum()).collect();
        let rows = if round % 3 == 0 { 500 } else { 4_000 };
        let mut base: BTreeMap<u64, u64> = BTreeMap::new();
        for _ in 0..rows {
            let tuple = widths
                .iter()
                .zip(&shifts)
                .fold(0, |tuple, (width, shift)| tuple | (random.below(1 << width) as u64) << shift);
            *base.entry(tuple).or_default() += 1 + random.below(3) as u64;
        }
        let (mut tuples, mut grouped): (Vec<(u64, u64)>, u32) = (base.into_iter().collect(), 0);
        // Columns are raised from the lowest on, now and then two at once.
        let mut column = 0;
        while column < widths.len() {
            let raised = column..(column + 1 + random.below(2)).min(widths.len());
            let tables: Vec<Vec<u32>> = widths
                .iter()
                .map(|width| (0..1u32 << width).map(|code| code / 3).collect())
                .collect();
            let fields: Vec<Field<'_>> = (0..widths.len())
                .map(|place| Field {
                    shift: shifts[place],
                    bits: widths[place],
                    codes: raised.contains(&place).then(|| tables[place].as_slice()),
                    values: if place < raised.end {
                        (1usize << widths[place]).div_ceil(3)
                    } else {
                        1 << widths[place]
                    },
                })
                .collect();
            gather.gather(&tuples, grouped, &fields);
            let mut expected: BTreeMap<u64, u64> = BTreeMap::new();
            for (tuple, count) in &tuples {
                let moved = fields.iter().fold(0, |moved, field| {
                    let code = tuple >> field.shift & ((1 << field.bits) - 1);
                    let code = field.codes.map_or(code, |codes| u64::from(codes[code as usize]));
                    moved | code << field.shift
                });
                *expected.entry(moved).or_default() += count;
            }
            (tuples, grouped) = (gather.gathered.clone(), gather.grouped);
            let seen: BTreeMap<u64, u64> = tuples.iter().copied().collect();
            assert_eq!(seen.len(), tuples.len(), "round {round}: each tuple once");
            assert_eq!(seen, expected, "round {round}, column {column}");
            let above: Vec<u64> = tuples.iter().map(|(tuple, _)| tuple.checked_shr(grouped).unwrap_or(0)).collect();
            let mut groups = above.clone();
            groups.dedup();
            let together = groups.len();
            groups.sort_unstable();
            groups.dedup();
            assert_eq!(together, groups.len(), "round {round}: equal ones lie together");
            column = raised.end;
        }
    }
}
