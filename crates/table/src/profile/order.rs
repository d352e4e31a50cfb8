//! Whether the values of a column rise or fall from row to row. Missing cells are passed over.
//!
//! In: the values in file order, part by part. Out: the order, where there is one. Most columns have none, which a few rows tell; after that
//! nothing is looked at. A column that rises or falls without a repeat is a key, however many values it has.

use std::cmp::Ordering;

use fyr_model::profile::Order;
use serde::{Deserialize, Serialize};

/// What may still be said of the values seen.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Rising<K> {
    /// The first and the last value.
    ends: Option<(K, K)>,
    rises: bool,
    falls: bool,
    /// Two values that follow each other are equal.
    repeats: bool,
}

impl<K> Default for Rising<K> {
    fn default() -> Self {
        Self {
            ends: None,
            rises: true,
            falls: true,
            repeats: false,
        }
    }
}

impl<K: Ord + Clone> Rising<K> {
    /// Nothing can be said: of values whose order of rows is not known.
    pub(crate) fn lost() -> Self {
        Self {
            rises: false,
            falls: false,
            ..Self::default()
        }
    }
    /// Whether further values can change what is said.
    pub(crate) fn is_open(&self) -> bool {
        self.rises || self.falls
    }
    /// Sees the values that follow; `own` keeps one of them and `order` holds a kept one against it.
    pub(crate) fn run<V: Copy + Ord>(
        &mut self,
        mut values: impl Iterator<Item = V>,
        own: impl Fn(V) -> K,
        order: impl Fn(&K, V) -> Ordering,
    ) {
        if !self.is_open() {
            return;
        }
        let Some(first) = values.next() else { return };
        if let Some((_, before)) = &self.ends {
            self.step(order(before, first));
        }
        let mut last = first;
        for value in values {
            self.step(last.cmp(&value));
            last = value;
            if !self.is_open() {
                break;
            }
        }
        let start = self.ends.take().map_or_else(|| own(first), |ends| ends.0);
        self.ends = self.is_open().then(|| (start, own(last)));
    }
    fn step(&mut self, order: Ordering) {
        match order {
            Ordering::Less => self.falls = false,
            Ordering::Greater => self.rises = false,
            Ordering::Equal => self.repeats = true,
        }
    }
    /// Joins what was seen of the rows that follow.
    pub(crate) fn merge(&mut self, other: Self) {
        match (&self.ends, &other.ends) {
            (Some((_, before)), Some((after, _))) => self.step(before.cmp(after)),
            (None, Some(_)) if self.is_open() => {
                *self = other;
                return;
            }
            _ => {}
        }
        (self.rises, self.falls) = (self.rises && other.rises, self.falls && other.falls);
        self.repeats |= other.repeats;
        if !self.is_open() {
            self.ends = None;
        } else if let Some((_, last)) = other.ends {
            self.ends = self.ends.take().map(|ends| (ends.0, last));
        }
    }
    /// The order; none where the values are in none, or all equal.
    pub(crate) fn told(&self) -> Option<Order> {
        match (self.rises, self.falls, self.repeats) {
            (true, false, false) => Some(Order::StrictlyAscending),
            (true, false, true) => Some(Order::Ascending),
            (false, true, false) => Some(Order::StrictlyDescending),
            (false, true, true) => Some(Order::Descending),
            _ => None,
        }
    }
}

impl<K: Copy + Ord> Rising<K> {
    /// Sees the numbers that follow.
    pub(crate) fn numbers(&mut self, values: impl Iterator<Item = K>) {
        self.run(values, |value| value, |before, value| before.cmp(&value));
    }
}

impl Rising<String> {
    /// Sees the texts that follow.
    pub(crate) fn texts<'a>(&mut self, texts: impl Iterator<Item = &'a str>) {
        self.run(texts, str::to_owned, |before, text| before.as_str().cmp(text));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(parts: &[&[i64]]) -> Option<Order> {
        let mut whole = Rising::default();
        let mut joined = Rising::default();
        for part in parts {
            whole.numbers(part.iter().copied());
            let mut one = Rising::default();
            one.numbers(part.iter().copied());
            joined.merge(one);
        }
        assert_eq!(joined, whole, "{parts:?}");
        whole.told()
    }

    #[test]
    fn an_order_holds_over_the_seams_of_parts() {
        for (parts, order) in [
            (&[&[1, 2, 5][..], &[6, 9]][..], Some(Order::StrictlyAscending)),
            (&[&[1, 2, 5], &[5, 9]], Some(Order::Ascending)),
            (&[&[1, 2, 5], &[4, 9]], None),
            (&[&[9, 9], &[], &[3]], Some(Order::Descending)),
            (&[&[9], &[4], &[3, 2]], Some(Order::StrictlyDescending)),
            (&[&[7], &[7, 7]], None),
            (&[&[], &[7]], None),
            (&[&[2, 1, 2], &[3]], None),
        ] {
            assert_eq!(told(parts), order, "{parts:?}");
        }
    }

    #[test]
    fn what_has_lost_its_order_does_not_find_it_again() {
        let mut lost = Rising::lost();
        lost.numbers([1i64, 2, 3].into_iter());
        let mut rising = Rising::default();
        rising.numbers([4i64, 5].into_iter());
        lost.merge(rising.clone());
        rising.merge(Rising::lost());
        assert_eq!((lost.told(), rising.told()), (None, None));
    }

    #[test]
    fn texts_are_ordered_by_their_characters() {
        let mut texts = Rising::default();
        texts.texts(["Arboga", "Borås"].into_iter());
        texts.texts(["Ånge"].into_iter());
        assert_eq!(texts.told(), Some(Order::StrictlyAscending));
        texts.texts(["Boden"].into_iter());
        assert_eq!(texts.told(), None);
    }
}
