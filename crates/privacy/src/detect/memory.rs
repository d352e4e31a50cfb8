//! Values that were tested, so that a repeated one is tested once; and numbers too short to be anything, so that they need no text.
//!
//! In: values of one column. Out: their marks. Memory is bounded. The hash has a seed of the process, so that no file can be made whose
//! values all want the same place.

use std::collections::HashMap;
use std::hash::{BuildHasher, Hasher, RandomState};

use arrow::datatypes::{ArrowPrimitiveType, Float64Type, Int64Type};

use super::cell::Marks;
use crate::cells;

/// Values remembered per column, and of all columns together: of more than 64 each remembers its share.
const VALUES: usize = 16_384;
const VALUES_TOGETHER: usize = 64 * VALUES;
/// Longer texts are tested each time.
const BYTES: usize = 64;
/// Whole numbers from nought, and hundredths, that are remembered by a bit each: a year, a count, a price.
const SMALL: usize = 100_000;

/// Values with their marks.
#[derive(Debug, Default)]
pub(crate) struct Memory {
    pub(crate) texts: HashMap<String, Marks, Seed>,
    /// By the bits of the number.
    pub(crate) numbers: HashMap<u64, Marks, Seed>,
    /// Small numbers seen, which have no marks.
    small: Vec<u64>,
    /// Values that it may hold.
    most: usize,
}

impl Memory {
    /// The memory of one column among so many.
    pub(crate) fn among(columns: usize) -> Self {
        Self {
            most: VALUES.min(VALUES_TOGETHER / columns.max(1)),
            ..Self::default()
        }
    }
    pub(crate) fn keep_text(&mut self, text: &str, marks: Marks) {
        if self.texts.len() < self.most && text.len() <= BYTES {
            self.texts.insert(text.to_owned(), marks);
        }
    }
    /// Remembers a small number; true when it is new.
    #[inline]
    pub(crate) fn keep_small(&mut self, number: usize) -> bool {
        let bit = 1 << (number % 64);
        let Some(word) = self.small.get_mut(number / 64) else {
            return self.open_small(number);
        };
        let new = *word & bit == 0;
        *word |= bit;
        new
    }
    #[cold]
    fn open_small(&mut self, number: usize) -> bool {
        self.small.resize(SMALL.div_ceil(64), 0);
        if let Some(word) = self.small.get_mut(number / 64) {
            *word |= 1 << (number % 64);
        }
        true
    }
    pub(crate) fn keep_number(&mut self, key: u64, marks: Marks) {
        if self.numbers.len() < self.most {
            self.numbers.insert(key, marks);
        }
    }
}

/// Two random factors.
#[derive(Debug, Clone)]
pub(crate) struct Seed(u64, u64);

impl Default for Seed {
    fn default() -> Self {
        let random = || RandomState::new().build_hasher().finish();
        Self(random(), random() | 1)
    }
}

impl BuildHasher for Seed {
    type Hasher = Folding;
    fn build_hasher(&self) -> Folding {
        Folding {
            state: self.0,
            factor: self.1,
        }
    }
}

/// Folded products of sixteen bytes at a time.
#[derive(Debug)]
pub(crate) struct Folding {
    state: u64,
    factor: u64,
}

impl Folding {
    #[inline]
    fn fold(&mut self, first: u64, second: u64) {
        let product = u128::from(self.state ^ first).wrapping_mul(u128::from(self.factor ^ second));
        self.state = product as u64 ^ (product >> 64) as u64;
    }
}

impl Hasher for Folding {
    #[inline]
    fn write(&mut self, bytes: &[u8]) {
        let mut rest = bytes;
        while let Some((sixteen, after)) = rest.split_first_chunk::<16>() {
            let both = u128::from_le_bytes(*sixteen);
            self.fold(both as u64, (both >> 64) as u64);
            rest = after;
        }
        let word = |bytes: &[u8]| bytes.iter().rev().fold(0u64, |word, byte| word << 8 | u64::from(*byte));
        let (low, high) = rest.split_at(rest.len().min(8));
        self.fold(word(low) ^ bytes.len() as u64, word(high));
    }
    #[inline]
    fn write_u8(&mut self, byte: u8) {
        self.fold(u64::from(byte), 0);
    }
    #[inline]
    fn write_u64(&mut self, word: u64) {
        self.fold(word, 0);
    }
    #[inline]
    fn finish(&self) -> u64 {
        self.state.wrapping_mul(self.factor) ^ (self.state >> 32)
    }
}

/// Numbers as the detectors see them.
pub(crate) trait Number: ArrowPrimitiveType {
    /// Sixty-four bits, alike only for numbers of the same text.
    fn key(number: Self::Native) -> u64;
    /// The place of a small number, one for each text. It is short.
    fn small(number: Self::Native) -> Option<usize>;
    /// Whether the text has too few digits for any mark: no date (6 or 8 digits), no identity number that lost noughts (7 and more), no
    /// long run (10 and more).
    fn is_short(number: Self::Native) -> bool;
    /// The text that is tested, where the number is no whole one.
    fn text(number: Self::Native) -> String;
    /// The whole number that has the same text.
    fn whole(number: Self::Native) -> Option<u64>;
    /// Whether it could be a coordinate within Sweden, exact enough to be a dwelling: degrees with four decimals or more, or whole metres
    /// of SWEREF 99 TM.
    fn is_point(number: Self::Native) -> bool;
}

impl Number for Int64Type {
    fn key(number: i64) -> u64 {
        number.cast_unsigned()
    }
    #[inline]
    fn small(number: i64) -> Option<usize> {
        usize::try_from(number).ok().filter(|small| *small < SMALL)
    }
    fn is_short(number: i64) -> bool {
        // What has a sign is no number of an authority and no date.
        (-999_999_999..100_000).contains(&number)
    }
    fn text(number: i64) -> String {
        number.to_string()
    }
    #[inline]
    fn whole(number: i64) -> Option<u64> {
        u64::try_from(number).ok()
    }
    #[inline]
    fn is_point(number: i64) -> bool {
        (6_100_000..=7_700_000).contains(&number) || (200_000..=930_000).contains(&number)
    }
}

impl Number for Float64Type {
    fn key(number: f64) -> u64 {
        number.to_bits()
    }
    #[inline]
    fn small(number: f64) -> Option<usize> {
        // A cast of what is no number or too large saturates and differs from the number when it comes back.
        let small = (number * 100.0 + 0.5) as usize;
        (small < SMALL && small as f64 / 100.0 == number && number.is_sign_positive()).then_some(small)
    }
    fn is_short(number: f64) -> bool {
        if number.fract() == 0.0 {
            return (-999_999_999.0..100_000.0).contains(&number);
        }
        // The nearest double of a decimal with at most nine digits is shown with no more than these.
        [1e3, 1e6].into_iter().any(|unit| {
            let scaled = (number * unit).round();
            scaled.abs() < 1e9 && scaled / unit == number
        })
    }
    fn text(number: f64) -> String {
        cells::number(number)
    }
    #[inline]
    fn whole(number: f64) -> Option<u64> {
        // Doubles below this are written with all their digits, and each has a text of its own.
        (number.fract() == 0.0 && (1.0..9e15).contains(&number)).then_some(number as u64)
    }
    #[inline]
    fn is_point(number: f64) -> bool {
        let degrees = (10.0..=24.5).contains(&number) || (55.0..=69.5).contains(&number);
        let thousand = number * 1e3;
        (degrees && (thousand - thousand.round()).abs() > 1e-6) || Int64Type::is_point(number as i64)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::cell::{Seen, look, look_at_whole};
    use super::*;

    #[test]
    fn small_numbers_have_a_place_each() {
        for small in 0..SMALL {
            assert_eq!(Int64Type::small(small as i64), Some(small));
            assert_eq!(Float64Type::small(small as f64 / 100.0), Some(small));
        }
        for none in [-0.0, -0.01, 0.001, 1_000.0, f64::NAN, f64::INFINITY, f64::MAX] {
            assert_eq!(Float64Type::small(none), None, "{none}");
        }
        assert_eq!((Int64Type::small(-1), Int64Type::small(SMALL as i64)), (None, None));
        let mut memory = Memory::among(1);
        assert_eq!(
            [7, 7, 99_999, 99_999].map(|small| memory.keep_small(small)),
            [true, false, true, false]
        );
    }

    proptest! {
        #[test]
        fn short_numbers_have_no_marks(whole in prop_oneof![any::<i64>(), -2_000_000_000..2_000_000_000i64], places in 0..9i32) {
            let float = whole as f64 / 10f64.powi(places);
            for (short, small, text) in [
                (Int64Type::is_short(whole), Int64Type::small(whole), Int64Type::text(whole)),
                (Float64Type::is_short(float), Float64Type::small(float), Float64Type::text(float)),
            ] {
                prop_assert!(short || small.is_none(), "{text}");
                if short {
                    let seen = seen_in(&text);
                    prop_assert!(seen.marks == Marks::default() && seen.candidates.is_empty() && !seen.phone_shape && seen.phone.is_none(), "{text}");
                }
            }
        }

        #[test]
        fn a_whole_number_shows_what_its_text_shows(number in prop_oneof![0..1u64 << 62, numbers_of_people(), 0..30_000_000u64, 0..99_999_999_999_999u64]) {
            let text = number.to_string();
            prop_assert_eq!(look_at_whole(number, day()), seen_in(&text), "{}", text);
            let float = number as f64;
            if Float64Type::whole(float) == Some(number) {
                prop_assert_eq!(Float64Type::text(float), text);
            }
        }
    }

    fn day() -> chrono::NaiveDate {
        chrono::NaiveDate::from_ymd_opt(2026, 11, 22).unwrap_or_default()
    }

    fn seen_in(text: &str) -> Seen {
        look(text, true, day(), &mut crate::text::Scanner::new(day()))
    }

    /// A day that may be of a birth or of a coordination number, with and without century, and any four digits.
    fn numbers_of_people() -> impl Strategy<Value = u64> {
        (0..3u64, 0..100u64, 0..14u64, 0..99u64, 0..10_000u64).prop_map(|(century, year, month, day, last)| {
            let century = [0, 19, 20].get(century as usize).copied().unwrap_or(0);
            (((century * 100 + year) * 100 + month) * 100 + day) * 10_000 + last
        })
    }
}
