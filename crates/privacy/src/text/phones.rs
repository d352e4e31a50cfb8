//! Telephone numbers in running text, by the Swedish numbering plan.
//!
//! In: a run of digits that opens with 0, +46 or 0046, and the groups behind it. Out: the longest span that the plan allows. Groups stand as
//! people write them: the area code, one separator, then blanks.

use super::{Found, Lens, numbers::OTHER_NUMBERS, span};
use crate::detect::contact::{PhoneForm, area_code, is_length};
use crate::kind::Kind;

const PHONE: &[&str] = &[
    "tel",
    "tfn",
    "-telefon",
    "mobil",
    "numret",
    "nummer ",
    "ring",
    "-nås på",
    "nås via",
    "sms",
    "fax",
    "phone",
    "call",
    "cell",
    "dial",
    "växel",
    "jour",
    "swish",
    "kontakt",
    "på ",
];
/// Groups of digits in one number.
const GROUPS: usize = 7;

/// The groups gathered so far.
struct Gathered {
    digits: [u8; 16],
    length: usize,
    groups: usize,
    hyphens: usize,
    first: usize,
    /// Digits of the shortest group but the first.
    shortest: usize,
}

pub(super) fn phone(lens: &Lens<'_>, at: usize) -> Found {
    let run = lens.run(at)?;
    let digits = lens.digits(run);
    let plus = lens.before(run.start) == b'+';
    let (skip, start) = match digits {
        [b'4', b'6', ..] if plus => (2, run.start - 1),
        [b'0', b'0', b'4', b'6', ..] if !plus => (4, run.start),
        [b'0', ..] if !plus && lens.opens(run.start) => (0, run.start),
        _ => return None,
    };
    let international = skip > 0;
    if international && super::is_word(lens.before(start)) {
        return None;
    }
    let mut gathered = Gathered {
        digits: *b"0000000000000000",
        length: usize::from(international),
        groups: 0,
        hyphens: 0,
        first: 0,
        shortest: 16,
    };
    let mut best = None;
    let mut last = run.start + skip;
    for (step, run) in lens.runs.get(at..)?.iter().take(GROUPS).enumerate() {
        let from = if step == 0 { run.start + skip } else { run.start };
        if step > 0 {
            let Some(hyphen) = joint(lens.slice(last, run.start)) else { break };
            gathered.hyphens += usize::from(hyphen && !(international && gathered.groups == 0));
        }
        if gathered.push(lens.bytes.get(from..run.end)?, international).is_none() {
            break;
        }
        last = run.end;
        if lens.closes(last)
            && let Some(form) = gathered.form(international)
        {
            best = Some((form, gathered.hyphens, last, at + step + 1));
        }
    }
    let (form, hyphens, end, next) = best?;
    // A blank and a digit before: one group of some longer number.
    if !international && hyphens == 0 && lens.before(start) == b' ' && start > 1 && lens.byte(start - 2).is_ascii_digit() {
        return None;
    }
    let start = if lens.before(start) == b'(' && lens.slice(start, end).contains(')') {
        start - 1
    } else {
        start
    };
    told(lens, form, start, end).map(|(confidence, reason)| (span(start, end, Kind::Phone, confidence, reason), next))
}

fn told(lens: &Lens<'_>, form: PhoneForm, start: usize, end: usize) -> Option<(f32, &'static str)> {
    let context = lens.context(start);
    let named = context.near(PHONE);
    if !named && context.near(OTHER_NUMBERS) {
        return None;
    }
    match form {
        PhoneForm::International => Some((0.97, "the country code and a number of the Swedish plan")),
        PhoneForm::Separated => Some((if named { 0.97 } else { 0.9 }, "an area code of the Swedish plan and its number")),
        PhoneForm::Bare if named => Some((0.9, "digits of the Swedish plan, beside words about a telephone")),
        PhoneForm::Bare if end - start == 10 && lens.slice(start, end).starts_with("07") => {
            Some((0.75, "ten digits that open as a mobile number"))
        }
        PhoneForm::Bare => None,
    }
}

/// Whether digits behind `gap` go on with the number; true inside when it is a hyphen or a slash.
fn joint(gap: &str) -> Option<bool> {
    match gap {
        " " | "\u{a0}" | ") " | ")" | " (" | "\u{202f}" => Some(false),
        "-" | "\u{2013}" | "\u{2011}" | "\u{2010}" | "/" | " - " | " / " | ")-" | " \u{2013} " => Some(true),
        _ => None,
    }
}

impl Gathered {
    fn push(&mut self, group: &[u8], international: bool) -> Option<()> {
        // `+46 (0)70`: the nought in parentheses is the one that the country code replaces.
        let group = if international && self.length == 1 {
            group.strip_prefix(b"0").unwrap_or(group)
        } else {
            group
        };
        if group.is_empty() {
            return Some(());
        }
        for digit in group {
            *self.digits.get_mut(self.length)? = *digit;
            self.length += 1;
        }
        self.groups += 1;
        if self.groups == 1 {
            self.first = self.length;
        } else {
            self.shortest = self.shortest.min(group.len());
        }
        (self.length <= 10).then_some(())
    }

    fn form(&self, international: bool) -> Option<PhoneForm> {
        let digits = std::str::from_utf8(self.digits.get(..self.length)?).ok()?;
        let area = area_code(digits)?;
        if !is_length(area, digits.len()) || self.hyphens > 1 {
            return None;
        }
        match (international, self.groups) {
            (true, _) => Some(PhoneForm::International),
            (false, 1) => Some(PhoneForm::Bare),
            (false, _) => ((self.first == area.len() && self.shortest >= 2) || self.is_blanks_only(area)).then_some(PhoneForm::Separated),
        }
    }

    /// `0701 74 06 05`: blanks alone, with groups that do not follow the plan, as for mobile numbers only.
    fn is_blanks_only(&self, area: &str) -> bool {
        self.hyphens == 0 && area.starts_with("07") && self.length == 10 && self.shortest >= 2 && matches!(self.first, 4)
    }
}
