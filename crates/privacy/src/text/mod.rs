//! Personal data in running text: spans with a kind, a confidence and a reason.
//!
//! In: a text in Swedish or English and the day that decides centuries. Out: spans in order, never overlapping, as byte offsets. Nothing is
//! remembered between two texts. Digits, `@` and `:` are found first and everything that has a structure is tried from there, so that a
//! page of prose costs little more than being read; names are looked for at capital letters (`names`).

pub(crate) mod account;
mod context;
mod dates;
pub mod mask;
mod names;
mod network;
mod numbers;
mod papers;
mod phones;
mod places;
mod words;

use chrono::NaiveDate;

use crate::kind::Kind;
use context::Context;

/// Something personal in a text.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Span {
    /// First byte.
    pub start: usize,
    /// The byte after the last.
    pub end: usize,
    /// What it is.
    pub kind: Kind,
    /// From 0.0 to 1.0.
    pub confidence: f32,
    /// Why: the checks that hold, never the text.
    pub reason: &'static str,
}

/// A run of ASCII digits.
#[derive(Debug, Clone, Copy)]
struct Run {
    start: usize,
    end: usize,
}

impl Run {
    fn len(self) -> usize {
        self.end - self.start
    }
}

/// Finds spans; keeps its working memory from one text to the next.
///
/// ```
/// # use fyr_privacy::text::Scanner;
/// let mut scanner = Scanner::new("2026-11-22".parse().unwrap());
/// let spans = scanner.spans("Ring 070-174 06 05 eller skriv till info@exempelby.example.");
/// let kinds: Vec<&str> = spans.iter().map(|span| span.kind.as_str()).collect();
/// assert_eq!(kinds, ["phone", "e_mail"]);
/// ```
#[derive(Debug)]
pub struct Scanner {
    reference: NaiveDate,
    names: bool,
    runs: Vec<Run>,
    words: Vec<names::Word>,
    spans: Vec<Span>,
}

/// One text under the lens.
#[derive(Clone, Copy)]
struct Lens<'t> {
    text: &'t str,
    bytes: &'t [u8],
    runs: &'t [Run],
    reference: NaiveDate,
}

/// A span, and the first run of digits behind it.
type Found = Option<(Span, usize)>;

impl Scanner {
    /// A scanner; `reference` decides centuries and what lies in the future.
    pub fn new(reference: NaiveDate) -> Self {
        Self {
            reference,
            names: true,
            runs: Vec::new(),
            words: Vec::new(),
            spans: Vec::new(),
        }
    }

    /// The same without names: what has a structure of its own.
    #[must_use]
    pub fn structured(mut self) -> Self {
        self.names = false;
        self
    }

    /// The spans of `text`, in order.
    pub fn spans(&mut self, text: &str) -> &[Span] {
        self.spans.clear();
        self.runs.clear();
        let addresses = triggers(text.as_bytes(), &mut self.runs);
        let lens = Lens {
            text,
            bytes: text.as_bytes(),
            runs: &self.runs,
            reference: self.reference,
        };
        if addresses {
            network::addresses(&lens, &mut self.spans);
        }
        lens.structured(&mut self.spans);
        if self.names {
            names::find(text, &mut self.words, &mut self.spans);
        }
        settle(&mut self.spans);
        &self.spans
    }
}

/// Bytes looked at together, as wide as a register.
const STEP: usize = 32;

/// A digit, or what opens an address of the network: `:` follows `9`.
fn is_trigger(byte: u8) -> bool {
    byte.wrapping_sub(b'0') <= 10 || byte == b'@'
}

/// The first byte from `at` on that is looked for; a step without one is passed over as a whole.
fn first_of(bytes: &[u8], at: usize, looked_for: impl Fn(u8) -> bool) -> Option<usize> {
    let rest = bytes.get(at..)?;
    let any = |step: &&[u8; STEP]| step.iter().fold(false, |any, byte| any | looked_for(*byte));
    let passed = rest.as_chunks::<STEP>().0.iter().take_while(|step| !any(step)).count() * STEP;
    Some(at + passed + rest.get(passed..)?.iter().position(|byte| looked_for(*byte))?)
}

/// Gathers the runs of digits; true when a `@` or `:` stands anywhere.
fn triggers(bytes: &[u8], runs: &mut Vec<Run>) -> bool {
    let mut addresses = false;
    let mut at = 0;
    while let Some(start) = first_of(bytes, at, is_trigger) {
        if !bytes.get(start).is_some_and(u8::is_ascii_digit) {
            addresses = true;
            at = start + 1;
            continue;
        }
        at = end_of_digits(bytes, start);
        runs.push(Run { start, end: at });
    }
    addresses
}

fn end_of_digits(bytes: &[u8], start: usize) -> usize {
    let rest = bytes.get(start..).unwrap_or_default();
    start + rest.iter().take_while(|byte| byte.is_ascii_digit()).count()
}

impl<'t> Lens<'t> {
    /// Everything that begins at or around digits, from left to right.
    fn structured(&self, spans: &mut Vec<Span>) {
        let mut at = 0;
        while at < self.runs.len() {
            at = match self.at_run(at) {
                Some((span, next)) => {
                    spans.push(span);
                    next.max(at + 1)
                }
                None => at + 1,
            };
        }
    }

    fn at_run(&self, at: usize) -> Found {
        let run = self.run(at)?;
        // A number of one to five digits is a part of something only with a neighbour; most are alone.
        if run.len() >= 6 || self.letters_before(run.start) == Some(*b"SE") {
            let found = account::iban(self, at)
                .or_else(|| numbers::vat(self, at))
                .or_else(|| numbers::identity(self, at));
            if found.is_some() {
                return found;
            }
        }
        phones::phone(self, at)
            .or_else(|| network::ip(self, at))
            .or_else(|| places::coordinates(self, at))
            .or_else(|| places::property(self, at))
            .or_else(|| account::account(self, at))
            .or_else(|| papers::plate(self, at))
            .or_else(|| dates::birth(self, at))
            .or_else(|| papers::case(self, at))
            .or_else(|| papers::identity_document(self, at))
            .or_else(|| places::street(self, at))
            .or_else(|| places::postcode(self, at))
    }

    fn run(&self, at: usize) -> Option<Run> {
        self.runs.get(at).copied()
    }

    fn digits(&self, run: Run) -> &'t [u8] {
        self.bytes.get(run.start..run.end).unwrap_or_default()
    }

    fn byte(&self, at: usize) -> u8 {
        self.bytes.get(at).copied().unwrap_or(b' ')
    }

    /// Whether a word goes on at `at`: with a letter or a digit, and not with a dash, a quotation mark or another sign outside ASCII.
    fn word_at(&self, at: usize) -> bool {
        is_word(self.byte(at)) && !is_sign(self.bytes, at)
    }

    fn before(&self, at: usize) -> u8 {
        at.checked_sub(1).map_or(b' ', |at| self.byte(at))
    }

    fn slice(&self, from: usize, to: usize) -> &'t str {
        self.text.get(from..to).unwrap_or_default()
    }

    /// Two ASCII letters directly before `at` that begin a word.
    fn letters_before(&self, at: usize) -> Option<[u8; 2]> {
        let pair = [self.byte(at.checked_sub(2)?), self.byte(at.checked_sub(1)?)];
        (!is_word(self.before(at - 2))).then_some(pair.map(|byte| byte.to_ascii_uppercase()))
    }

    /// The words before `at`, in lower case.
    fn context(&self, at: usize) -> Context {
        Context::before(self.bytes, at)
    }

    /// Whether a number that begins at `start` is the beginning: no letter, digit or joint of a longer number before it.
    fn opens(&self, start: usize) -> bool {
        let before = self.before(start);
        if is_word(before) {
            return false;
        }
        let joint = matches!(before, b'-' | b'+' | b'.' | b',' | b'/' | b':' | b'_');
        !(joint && start >= 2 && self.byte(start - 2).is_ascii_digit())
    }

    /// Whether a number that ends before `end` is the end.
    fn closes(&self, end: usize) -> bool {
        let after = self.byte(end);
        if self.word_at(end) {
            return false;
        }
        let joint = matches!(after, b'-' | b'+' | b'.' | b'/' | b':' | b'_');
        !(joint && self.byte(end + 1).is_ascii_digit())
    }

    /// The end of a hyphen of any form at `at`.
    fn hyphen(&self, at: usize) -> Option<usize> {
        match self.bytes.get(at..)? {
            [b'-', ..] => Some(at + 1),
            [0xe2, 0x80, 0x90..=0x93, ..] | [0xe2, 0x88, 0x92, ..] => Some(at + 3),
            _ => None,
        }
    }

    /// The end of one blank at `at`, breaking or not.
    fn blank(&self, at: usize) -> Option<usize> {
        match self.bytes.get(at..)? {
            [b' ', ..] => Some(at + 1),
            [0xc2, 0xa0, ..] => Some(at + 2),
            [0xe2, 0x80, 0xaf, ..] => Some(at + 3),
            _ => None,
        }
    }
}

/// Whether the whole of `cell` is a MAC address (true) or an address of the internet (false).
pub(crate) fn is_mac_or_ip(cell: &str) -> Option<bool> {
    if network::is_mac(cell) {
        return Some(true);
    }
    network::is_ip(cell).then_some(false)
}

/// Whether the whole of `cell` is a plate that could be given out.
pub(crate) fn papers_plate(cell: &str) -> bool {
    papers::is_plate(cell)
}

/// Whether six or eight digits are a day up to `reference`.
pub(crate) fn is_birthday(digits: &str, reference: NaiveDate) -> bool {
    dates::is_birthday(digits, reference)
}

/// The runs of digits that decide about a street: a number, the end of its range, an apartment.
const STREET_RUNS: usize = 4;

/// The runs of digits in `bytes`, in order.
fn runs_of(bytes: &[u8]) -> impl Iterator<Item = Run> + '_ {
    let mut at = 0;
    std::iter::from_fn(move || {
        let start = first_of(bytes, at, |byte| byte.is_ascii_digit())?;
        at = end_of_digits(bytes, start);
        Some(Run { start, end: at })
    })
}

/// Whether `cell` opens with a street and a number.
pub(crate) fn is_street(cell: &str) -> bool {
    let mut runs = [Run { start: 0, end: 0 }; STREET_RUNS];
    let mut count = 0;
    let bytes = cell.as_bytes();
    for (slot, run) in runs.iter_mut().zip(runs_of(bytes)) {
        *slot = run;
        count += 1;
    }
    let lens = Lens {
        text: cell,
        bytes,
        runs: runs.get(..count).unwrap_or_default(),
        reference: NaiveDate::default(),
    };
    places::street(&lens, 0).is_some_and(|(span, _)| span.start == 0)
}

/// A byte of a word: a letter or digit, or a part of a letter outside ASCII.
fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte >= 0xc3
}

/// Whether a sign of the blocks from General Punctuation on (U+2000 to U+2BFF), or a pictograph, stands at `at`: no letter.
fn is_sign(bytes: &[u8], at: usize) -> bool {
    match bytes.get(at) {
        Some(0xe2) => bytes.get(at + 1).is_some_and(|second| *second < 0xb0),
        Some(0xf0) => bytes.get(at + 1) == Some(&0x9f),
        _ => false,
    }
}

fn span(start: usize, end: usize, kind: Kind, confidence: f32, reason: &'static str) -> Span {
    Span {
        start,
        end,
        kind,
        confidence,
        reason,
    }
}

/// In order; of two that overlap the surer one stays, then the longer.
fn settle(spans: &mut Vec<Span>) {
    if spans.len() < 2 {
        return;
    }
    spans.sort_by(|a, b| a.start.cmp(&b.start).then(b.end.cmp(&a.end)));
    let mut kept: usize = 0;
    for index in 0..spans.len() {
        let Some(next) = spans.get(index).copied() else { break };
        match kept.checked_sub(1).and_then(|last| spans.get_mut(last)) {
            Some(last) if last.end > next.start => {
                let length = |span: &Span| span.end - span.start;
                if (next.confidence, length(&next)) > (last.confidence, length(last)) {
                    *last = next;
                }
            }
            _ => {
                if let Some(slot) = spans.get_mut(kept) {
                    *slot = next;
                }
                kept += 1;
            }
        }
    }
    spans.truncate(kept);
}

#[cfg(test)]
mod tests;
