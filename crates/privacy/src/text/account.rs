//! Accounts: IBAN by its modulus, Swedish accounts by clearing series and check digits, and in text only where words say that it is one.
//!
//! In: digits. Out: whether the number is one that a bank of the dated table could have given out.

use std::sync::LazyLock;

use super::context::Context;
use super::{Found, Lens, span};
use crate::kind::Kind;

const CLEARING: &str = include_str!("../../../../registers/clearing.csv");

/// Words about accounts and payments, before the number.
const CONTEXT: &[&str] = &[
    "-konto",
    "clearing",
    "cl.nr",
    "clnr",
    "-betal",
    "account",
    "-bank",
    "överför",
    "insätt",
    "sätt in",
    "sätts in",
    "satt in",
    "insatt",
    "lön ",
    "löne",
    "ersättning",
    "bidraget",
    "pengarna",
    "deposit",
    "refund",
    "payment",
    "transfer",
    "handelsbanken",
    "nordea",
    "seb ",
    "sbab",
    "swish",
    "kassör",
];
/// And behind it.
const BEHIND: &[&str] = &["-konto", "-bank", "nordea", "seb ", "sbab", "account"];
/// Bytes behind the number in which they count.
const REACH: usize = 32;

/// A series of clearing numbers and how its accounts are checked.
#[derive(Debug, Clone, Copy)]
struct Series {
    from: u16,
    to: u16,
    kind: u8,
    comment: u8,
    shortest: usize,
    longest: usize,
}

static SERIES: LazyLock<Vec<Series>> = LazyLock::new(|| {
    let lines = CLEARING.lines().filter(|line| !line.starts_with('#')).skip(1);
    lines.filter_map(series).collect()
});

fn series(line: &str) -> Option<Series> {
    let mut fields = line.split(',');
    let mut number = || fields.next()?.parse::<u16>().ok();
    let (from, to, kind, comment) = (number()?, number()?, number()?, number()?);
    let digits = fields.next()?;
    let (shortest, longest) = digits.split_once('-').unwrap_or((digits, digits));
    Some(Series {
        from,
        to,
        kind: kind as u8,
        comment: comment as u8,
        shortest: shortest.parse().ok()?,
        longest: longest.parse().ok()?,
    })
}

/// Whether the digits are a clearing number of the table and an account whose check digit agrees.
pub(crate) fn is_account(digits: &[u8]) -> bool {
    (11..=15).contains(&digits.len()) && digits.iter().all(u8::is_ascii_digit) && agrees(digits).unwrap_or(false)
}

fn agrees(digits: &[u8]) -> Option<bool> {
    let (clearing, account) = digits.split_at_checked(4)?;
    let number = std::str::from_utf8(clearing).ok()?.parse::<u16>().ok()?;
    let series = SERIES.iter().find(|series| (series.from..=series.to).contains(&number))?;
    // Swedbank's series 8 may carry a check digit of its own behind the four.
    if series.from == 8000 {
        let (fifth, rest) = account.split_first()?;
        let five: Vec<u8> = clearing.iter().chain([fifth]).copied().collect();
        return Some([account, rest].iter().enumerate().any(|(with, account)| {
            (with == 0 || luhn(&five)) && (series.shortest.max(6)..=series.longest).contains(&account.len()) && luhn(account)
        }));
    }
    if !(series.shortest..=series.longest).contains(&account.len()) {
        return Some(false);
    }
    Some(match (series.kind, series.comment) {
        (1, 1) => modulus_11(digits.get(1..)?, 10),
        (1, _) => modulus_11(digits, 11),
        (_, 2) => modulus_11(account, account.len()),
        _ => luhn(account),
    })
}

/// Weights 1, 2, …, 10, 1 from the right; the sum is a multiple of eleven.
fn modulus_11(digits: &[u8], length: usize) -> bool {
    let sum: usize = digits
        .iter()
        .rev()
        .enumerate()
        .map(|(place, digit)| usize::from(digit - b'0') * (place % 10 + 1))
        .sum();
    digits.len() == length && sum.is_multiple_of(11)
}

/// Weights 1, 2 from the right.
pub(crate) fn luhn(digits: &[u8]) -> bool {
    let sum: u32 = digits
        .iter()
        .rev()
        .enumerate()
        .map(|(place, digit)| {
            let product = u32::from(digit - b'0') * if place % 2 == 0 { 1 } else { 2 };
            product / 10 + product % 10
        })
        .sum();
    sum.is_multiple_of(10)
}

/// Clearing number and account in text: where words before or behind say so; or, less surely, where the clearing number stands apart as
/// people write it and the check digit agrees.
pub(super) fn account(lens: &Lens<'_>, at: usize) -> Found {
    let run = lens.run(at)?;
    if !matches!(run.len(), 4 | 5 | 11..=15) || !lens.opens(run.start) {
        return None;
    }
    let apart = run.len() <= 5;
    if apart && lens.run(at + 1).is_none_or(|next| next.start > run.end + 24) {
        return None;
    }
    let (end, next, groups) = longest(lens, at)?;
    let context = lens.context(run.start);
    let behind = || Context::before(lens.bytes, (end + REACH).min(lens.bytes.len())).last_of(REACH, BEHIND);
    if context.wide(CONTEXT) || behind() {
        let reason = "a clearing number of the table and the account's check digit agree, beside words about an account";
        return Some((span(run.start, end, Kind::BankAccount, 0.95, reason), next));
    }
    // A year opens numbers of many kinds, and a long row of groups is a list.
    let year = matches!(lens.digits(run), [b'1', b'9', ..] | [b'2', b'0', ..]);
    let other = context.near(super::numbers::OTHER_NUMBERS);
    (apart && !year && !other && groups <= 3).then(|| {
        let reason = "a clearing number of the table stands apart and the account's check digit agrees";
        (span(run.start, end, Kind::BankAccount, 0.72, reason), next)
    })
}

/// The longest account that begins at this run: where it ends, the run behind it, and its groups of digits.
fn longest(lens: &Lens<'_>, at: usize) -> Option<(usize, usize, usize)> {
    let run = lens.run(at)?;
    let (mut digits, mut length) = ([0u8; 15], 0);
    let mut best = None;
    let mut last = run.end;
    for (step, run) in lens.runs.get(at..)?.iter().take(7).enumerate() {
        let gap = lens.slice(last, run.start);
        if step > 0 && !joins(gap, step) {
            break;
        }
        let Some(place) = digits.get_mut(length..length + run.len()) else {
            break;
        };
        place.copy_from_slice(lens.digits(*run));
        length += run.len();
        last = run.end;
        if lens.closes(last) && digits.get(..length).is_some_and(is_account) {
            best = Some((last, at + step + 1, step + 1));
        }
    }
    best
}

/// What may stand between clearing number and account: a blank, a hyphen or a comma, and `konto` or `kontonr`.
fn joins(gap: &str, step: usize) -> bool {
    if matches!(gap, " " | "-" | "\u{a0}" | ", " | "," | "." | " - " | "/") {
        return true;
    }
    let word = gap.trim_matches([' ', ',', ':', '-', '.']);
    let known = ["konto", "kontonr", "kontonummer", "account", "account number", "och konto", "kto"];
    step <= 2 && gap.len() <= 24 && known.iter().any(|known| word.eq_ignore_ascii_case(known))
}

/// An IBAN of any country: two letters, check digits, groups of letters and digits whose number is 1 modulo 97.
pub(super) fn iban(lens: &Lens<'_>, at: usize) -> Found {
    let run = lens.run(at)?;
    if run.len() < 2 {
        return None;
    }
    let country = lens.letters_before(run.start)?;
    let start = run.start - 2;
    let expected = iban_length(country)?;
    let mut sum = IbanSum::default();
    let mut end = start;
    for (place, byte) in lens.bytes.get(start..)?.iter().enumerate().take(expected + expected / 4 + 1) {
        if byte.is_ascii_alphanumeric() {
            sum.push(byte.to_ascii_uppercase());
            end = start + place + 1;
        } else if *byte != b' ' || lens.byte(start + place + 1) == b' ' {
            break;
        }
        if sum.length == expected {
            break;
        }
    }
    if sum.length != expected || lens.word_at(end) || !sum.is_valid() {
        return None;
    }
    let next = lens.runs.iter().position(|run| run.start >= end).unwrap_or(lens.runs.len());
    Some((
        span(start, end, Kind::Iban, 0.99, "country, length and the modulus of 97 agree"),
        next,
    ))
}

/// Whether the whole of `cell` is an IBAN, blanks left out.
pub(crate) fn is_iban(cell: &str) -> bool {
    let bytes = cell.as_bytes();
    let (Some(first), Some(second)) = (bytes.first(), bytes.get(1)) else {
        return false;
    };
    let Some(expected) = iban_length([first.to_ascii_uppercase(), second.to_ascii_uppercase()]) else {
        return false;
    };
    let mut sum = IbanSum::default();
    for byte in bytes.iter().filter(|byte| **byte != b' ') {
        if !byte.is_ascii_alphanumeric() || sum.length > expected {
            return false;
        }
        sum.push(byte.to_ascii_uppercase());
    }
    sum.length == expected && sum.is_valid()
}

/// The running remainder of ISO 7064, mod 97: the first four characters are taken last.
#[derive(Default)]
struct IbanSum {
    length: usize,
    head: [u8; 4],
    rest: u32,
}

impl IbanSum {
    fn push(&mut self, byte: u8) {
        match self.head.get_mut(self.length) {
            Some(slot) => *slot = byte,
            None => self.rest = taken(self.rest, byte),
        }
        self.length += 1;
    }

    fn is_valid(&self) -> bool {
        let digits = self.head.get(2..).is_some_and(|check| check.iter().all(u8::is_ascii_digit));
        digits && self.head.iter().fold(self.rest, |rest, byte| taken(rest, *byte)) == 1
    }
}

fn taken(rest: u32, byte: u8) -> u32 {
    if byte.is_ascii_digit() {
        (rest * 10 + u32::from(byte - b'0')) % 97
    } else {
        (rest * 100 + u32::from(byte.saturating_sub(b'A')) + 10) % 97
    }
}

/// Lengths by country (SWIFT, IBAN registry): the Nordic countries and those with most payments to and from Sweden.
fn iban_length(country: [u8; 2]) -> Option<usize> {
    Some(match &country {
        b"NO" => 15,
        b"BE" => 16,
        b"DK" | b"FI" | b"NL" => 18,
        b"AT" | b"EE" | b"LT" => 20,
        b"CH" | b"LV" => 21,
        b"DE" | b"GB" | b"IE" => 22,
        b"CZ" | b"ES" | b"SE" => 24,
        b"PT" => 25,
        b"IS" | b"TR" => 26,
        b"FR" | b"IT" => 27,
        b"PL" | b"HU" => 28,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Account numbers that the banks print in their own examples of the check rules, and one digit changed in each.
    #[test]
    fn the_series_decides_which_digits_are_checked() {
        assert!(SERIES.len() > 50);
        for good in ["50001234560", "600012345674"] {
            let account = (0..10)
                .map(|d| format!("{}{d}", &good[..good.len() - 1]))
                .filter(|n| is_account(n.as_bytes()))
                .count();
            assert_eq!(account, 1, "one check digit in ten fits {good}");
        }
        assert!(!is_account(b"00001234560"), "no such series");
        assert!(!is_account(b"5000123456"), "a digit short");
        assert!(luhn(b"8327913572") == luhn(b"8327913572"));
    }

    #[test]
    fn an_iban_has_its_countrys_length_and_modulus() {
        assert!(is_iban("SE45 5000 0000 0583 9825 7466"));
        assert!(is_iban("DE89370400440532013000"));
        for bad in ["SE46 5000 0000 0583 9825 7466", "SE455000000005839825746", "XX45", "", "SE"] {
            assert!(!is_iban(bad), "{bad}");
        }
    }
}
