//! The tallies of text columns at speed: what is common is counted by its form, what repeats is counted once, the rest goes to [`Tally`].
//!
//! In: blocks. Out: exactly the counts that [`Tally::see`] would have reached cell by cell (a property test holds that).

use super::cell::Cell;
use super::number::Decimal;
use super::plain::{Parts, Plain};
use super::split::Block;
use super::tally::{Shape, Tally};

/// Different texts remembered of a column: a power of two.
const MEMORY: usize = 1 << 9;
/// Longer texts are looked at each time.
const REMEMBERED_BYTES: usize = 48;

/// Values whose variety is looked at.
const SAMPLED: u64 = 1 << 14;
/// Fewer say nothing.
const SAMPLED_LEAST: u64 = 1 << 10;

/// How varied the first numbers and days of a column are: linear counting (Whang and others, 1990) in as many bits as values are taken.
struct Variety {
    bits: Vec<u64>,
    taken: u64,
}

impl Variety {
    #[inline]
    fn take(&mut self, bytes: &[u8]) {
        if self.taken == SAMPLED {
            return;
        }
        if self.bits.is_empty() {
            self.bits.resize(SAMPLED as usize / 64, 0);
        }
        self.taken += 1;
        let place = hash(bytes) >> 10 & (SAMPLED - 1);
        if let Some(word) = self.bits.get_mut(place as usize / 64) {
            *word |= 1 << (place % 64);
        }
    }
    /// Whether most values differ, so that a dictionary of them would only cost.
    fn is_high(&self) -> bool {
        let set: u32 = self.bits.iter().map(|word| word.count_ones()).sum();
        let unset = 1.0 - f64::from(set) / SAMPLED as f64;
        let distinct = -unset.max(1e-9).ln() * SAMPLED as f64;
        self.taken >= SAMPLED_LEAST && distinct > self.taken as f64 * 0.4
    }
}

/// Digits of a short run.
const SHORT: usize = 4;
/// Where the runs of each length begin among all short ones.
const SHORT_FROM: [usize; SHORT + 1] = [0, 0, 10, 110, 1_110];
const SHORT_RUNS: usize = 11_110;

/// How often each run of 1 to 4 digits stands in a column: what such a run can be is asked once for all its cells.
#[derive(Default)]
struct ShortRuns {
    counts: Vec<u32>,
    /// All of them, so that no count runs over.
    taken: u32,
}

impl ShortRuns {
    /// Counts a run of so many digits; it was the last that there is room for when this says so.
    #[inline]
    fn take(&mut self, length: usize, value: u64) -> bool {
        if self.counts.is_empty() {
            self.counts.resize(SHORT_RUNS, 0);
        }
        let from = SHORT_FROM.get(length).copied().unwrap_or_default();
        if let Some(count) = self.counts.get_mut(from + value as usize) {
            *count += 1;
        }
        self.taken += 1;
        self.taken == u32::MAX
    }
    /// Hands over what was counted and begins anew.
    fn drain(&mut self, tally: &mut Tally) {
        self.taken = 0;
        for (place, count) in self.counts.iter_mut().enumerate().filter(|(_, count)| **count > 0) {
            let length = SHORT_FROM.iter().rposition(|from| *from <= place).unwrap_or(SHORT);
            let value = place - SHORT_FROM.get(length).copied().unwrap_or_default();
            tally.plain_digits_many(&format!("{value:0length$}"), value as u64, u64::from(std::mem::take(count)));
        }
    }
}

/// Counts the cells of one column.
pub(crate) struct Counter<'a> {
    tally: &'a mut Tally,
    /// Runs of 1 to 18 digits, and those with a hyphen before them.
    digits: u64,
    short: ShortRuns,
    negatives: u64,
    /// Decimals that are a number only with a point, and only with a comma.
    only_point: u64,
    only_comma: u64,
    /// Those that one sign makes a fraction and the other a thousand, by the sign that stands there: `1.234` and `1,234`.
    either_point: u64,
    either_comma: u64,
    /// Six digits, a hyphen, four digits.
    hyphenated: u64,
    days: u64,
    moments: u64,
    memory: Vec<(Box<str>, u64)>,
    variety: Variety,
    /// The owner named markers: then every cell is looked at.
    thorough: bool,
}

impl<'a> Counter<'a> {
    pub(crate) fn new(tally: &'a mut Tally) -> Self {
        Self {
            thorough: tally.has_named_markers(),
            tally,
            digits: 0,
            short: ShortRuns::default(),
            negatives: 0,
            only_point: 0,
            only_comma: 0,
            either_point: 0,
            either_comma: 0,
            hyphenated: 0,
            days: 0,
            moments: 0,
            memory: Vec::new(),
            variety: Variety {
                bits: Vec::new(),
                taken: 0,
            },
        }
    }

    /// Counts one column of a block.
    pub(crate) fn see(&mut self, block: &Block, column: usize) {
        for (text, quoted) in block.column(column).flatten() {
            self.cell(text, quoted);
        }
    }

    /// Counts a cell; gives what it was recognised as.
    #[inline]
    pub(crate) fn cell(&mut self, text: &str, quoted: bool) -> Plain {
        if self.thorough {
            self.tally.see(Cell::Text { text, quoted });
            return Plain::Other;
        }
        let bytes = text.as_bytes();
        let plain = Plain::of(bytes);
        match plain {
            Plain::Digits(value) => self.digits(bytes, value),
            Plain::Negative(_) => self.negative(bytes),
            Plain::Decimal(parts) => self.decimal(bytes, parts),
            Plain::Day(_) => self.day(bytes),
            Plain::Moment(_) => self.moment(bytes),
            Plain::Other if is_hyphenated(bytes) => {
                self.hyphenated += 1;
                self.tally.number_of_authority(text);
                self.tally.ask(text);
            }
            Plain::Other if !text.is_empty() && self.remembered(text) => {}
            Plain::Other => self.tally.see(Cell::Text { text, quoted }),
        }
        plain
    }

    /// Whether cells may be counted by their form.
    pub(crate) fn is_quick(&self) -> bool {
        !self.thorough
    }
    /// Counts a run of 1 to 18 digits.
    #[inline]
    pub(crate) fn digits(&mut self, bytes: &[u8], value: u64) {
        self.digits += 1;
        self.variety.take(bytes);
        if bytes.len() > SHORT {
            self.tally.plain_digits(bytes, value);
            self.tally.ask_bytes(bytes);
        } else if self.short.take(bytes.len(), value) {
            self.short.drain(self.tally);
        }
    }
    /// Counts such a run after a hyphen.
    #[inline]
    pub(crate) fn negative(&mut self, bytes: &[u8]) {
        self.negatives += 1;
        self.counted(bytes);
    }
    /// Counts a decimal: `12.5` is a number only with a decimal point; `1.234` is one with a comma too, and then a whole one.
    #[inline]
    pub(crate) fn decimal(&mut self, bytes: &[u8], parts: Parts) {
        let either = parts.fraction == 3 && parts.whole <= 3 && !parts.opens_with_zero;
        let count = match (parts.mark, either) {
            (Decimal::Point, false) => &mut self.only_point,
            (Decimal::Comma, false) => &mut self.only_comma,
            (Decimal::Point, true) => &mut self.either_point,
            (Decimal::Comma, true) => &mut self.either_comma,
        };
        *count += 1;
        self.counted(bytes);
    }
    /// Counts a day.
    #[inline]
    pub(crate) fn day(&mut self, bytes: &[u8]) {
        self.days += 1;
        self.counted(bytes);
    }
    /// Counts a moment.
    #[inline]
    pub(crate) fn moment(&mut self, bytes: &[u8]) {
        self.moments += 1;
        self.counted(bytes);
    }

    /// Looks at the variety of what is counted by form, and looks the value up where the header gives a reason to.
    #[inline]
    fn counted(&mut self, bytes: &[u8]) {
        self.variety.take(bytes);
        self.tally.ask_bytes(bytes);
    }

    /// Counts a text that stands in the memory, or finds a place for it there.
    fn remembered(&mut self, text: &str) -> bool {
        if text.len() > REMEMBERED_BYTES {
            return false;
        }
        if self.memory.is_empty() {
            self.memory.resize_with(MEMORY, Default::default);
        }
        let place = hash(text.as_bytes()) as usize & (MEMORY - 1);
        let Some((known, count)) = self.memory.get_mut(place) else {
            return false;
        };
        if *count == 0 {
            *known = text.into();
        } else if **known != *text {
            return false;
        }
        *count += 1;
        true
    }

    /// Hands all that was counted to the tally; says whether most numbers of the column differ.
    pub(crate) fn finish(mut self) -> bool {
        let tally = self.tally;
        self.short.drain(tally);
        for shape in [Shape::IntegerPoint, Shape::IntegerComma, Shape::NumberPoint, Shape::NumberComma] {
            tally.add_many(shape, self.digits + self.negatives);
        }
        tally.add_many(Shape::Digits, self.digits);
        tally.add_many(Shape::NumberPoint, self.only_point);
        tally.add_many(Shape::OnlyPoint, self.only_point);
        tally.add_many(Shape::NumberComma, self.only_comma);
        tally.add_many(Shape::OnlyComma, self.only_comma);
        let either = self.either_point + self.either_comma;
        tally.add_many(Shape::NumberPoint, either);
        tally.add_many(Shape::NumberComma, either);
        tally.add_many(Shape::IntegerComma, self.either_point);
        tally.add_many(Shape::IntegerPoint, self.either_comma);
        tally.add_many(Shape::YearFirst, self.days);
        tally.add_many(Shape::StampLocal, self.moments);
        let numbers = self.digits + self.negatives + self.only_point + self.only_comma + either;
        let values = numbers + self.hyphenated + self.days + self.moments;
        tally.values += values;
        tally.seen += values;
        for (text, count) in self.memory.into_iter().filter(|(_, count)| *count > 0) {
            tally.see_many(
                Cell::Text {
                    text: &text,
                    quoted: false,
                },
                count,
            );
        }
        self.variety.is_high()
    }
}

/// The form of an organisation's or a person's number: whatever else it may be, it is no number, day or period.
#[inline]
fn is_hyphenated(bytes: &[u8]) -> bool {
    bytes.len() == 11
        && bytes
            .iter()
            .enumerate()
            .all(|(at, byte)| if at == 6 { *byte == b'-' } else { byte.is_ascii_digit() })
}

/// A quick mix of the bytes (the multiplication of FxHash); only for places in a small memory, where a clash costs time and nothing else.
pub(crate) fn hash(bytes: &[u8]) -> u64 {
    let mut state = bytes.len() as u64;
    let mut add = |word: u64| state = (state.rotate_left(5) ^ word).wrapping_mul(0x517c_c1b7_2722_0a95);
    let mut words = bytes.chunks_exact(8);
    for word in words.by_ref() {
        add(word.first_chunk().map_or(0, |word| u64::from_le_bytes(*word)));
    }
    add(words.remainder().iter().fold(0, |word, byte| word << 8 | u64::from(*byte)));
    state ^ (state >> 32)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn counts_are_those_of_every_cell_looked_at(
            cells in prop::collection::vec(
                prop_oneof![
                    "-?[0-9]{1,20}",
                    "-?[0-9]{1,5}[.,][0-9]{1,4}",
                    "-?[0-9]{1,5}(\u{a0}[0-9]{2,3}){1,2}[.,][0-9]{1,3}",
                    "[0-9]{6}-[0-9]{4}",
                    "[0-9]{1,3}([ .,\u{a0}'][0-9]{3}){1,2}([.,][0-9]{1,2})?",
                    "(19|20)[0-9]{2}(-?[01][0-9]-?[0-3][0-9])?([ T][0-2][0-9]:[0-5][0-9](:[0-5][0-9])?)?",
                    "(19|20)?[0-9]{2}[01][0-9][0-3][0-9]-?[0-9]{4}",
                    "2024(K1|M03|v07|-W07|-aug|/25)",
                    "ja|nej|JA|true|no|-|\\.\\.|saknas|NA|\u{2013}|Källa|a b|x@y\\.se|https://a\\.b| 12 |12 | |",
                    "[ -~åäö]{0,12}",
                ],
                0..40,
            ),
            repeats in 1usize..3,
            header in "antal|kommunkod|sni|deso|andel|kod|nord|land",
        ) {
            let (mut quick, mut slow) = (Tally::new(None).asking(&header), Tally::new(None).asking(&header));
            let mut counter = Counter::new(&mut quick);
            for text in cells.iter().cycle().take(cells.len() * repeats) {
                counter.cell(text, false);
                slow.see(Cell::Text { text, quoted: false });
            }
            let _ = counter.finish();
            prop_assert_eq!(quick, slow);
        }
    }
}
