//! What is done to one column: removed, masked, generalised, made pseudonyms of, or filled with test identities for a demonstration.
//!
//! In: an array of texts and an action. Out: a new array built from fresh cells, and counts. Nothing of an old cell stays behind in the new
//! array, no dictionary and no slice (H31). Counts are all that is told.

use std::sync::Arc;

use arrow::array::{ArrayRef, StringBuilder};
use arrow::error::ArrowError;
use chrono::NaiveDate;

use crate::cells::Cells;
use crate::kind::Kind;
use crate::pseudonym::Pseudonyms;
use crate::text::mask::{Masker, Style};
use crate::text::{Scanner, is_birthday};

/// An action on a column.
#[derive(Debug)]
pub enum Action {
    /// Every cell is left out.
    Remove,
    /// Personal data inside texts gives way to placeholders.
    Mask(Style),
    /// A value of this kind becomes coarser: a day its year, a postcode its first two digits, a point its tenth of a degree, a property its
    /// municipality, an address of the network its network. Kinds that have nothing coarser are left out.
    Generalise(Kind),
    /// Keyed pseudonyms.
    Pseudonymise(Box<Pseudonyms>),
    /// Numbers of a published test list, given by the caller, in place of the true ones: the same for the same, so that tables still join
    /// within the demonstration. For demonstration data only.
    TestIdentities(TestIdentities),
}

/// Test numbers, and the pseudonyms that choose among them.
#[derive(Debug)]
pub struct TestIdentities {
    /// Twelve digits each.
    pub numbers: Vec<String>,
    /// What makes the choice the same for the same value.
    pub pseudonyms: Box<Pseudonyms>,
}

/// What was done, in counts.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Done {
    /// Cells with a value that came in.
    pub cells: u64,
    /// Cells that differ.
    pub changed: u64,
    /// Cells that were left out because there was nothing coarser.
    pub left_out: u64,
}

/// Acts on the cells of one column.
///
/// # Errors
/// What arrow says when a cell cannot be read as text.
pub fn act(action: &Action, cells: &ArrayRef, reference: NaiveDate) -> Result<(ArrayRef, Done), ArrowError> {
    let reader = Cells::of(cells)?;
    let mut built = StringBuilder::with_capacity(cells.len(), 0);
    let mut done = Done::default();
    let mut masker = match action {
        Action::Mask(style) => Some(Masker::new(Scanner::new(reference), *style, 0.0)),
        _ => None,
    };
    for row in 0..cells.len() {
        let Some(cell) = reader.get(row) else {
            built.append_null();
            continue;
        };
        done.cells += 1;
        let new = match (action, masker.as_mut()) {
            (_, Some(masker)) => {
                masker.next_record();
                Some(masker.mask(&cell))
            }
            (Action::Generalise(kind), _) => coarser(*kind, &cell, reference),
            (Action::Pseudonymise(pseudonyms), _) => Some(pseudonyms.of(&cell, reference)),
            (Action::TestIdentities(test), _) => test.of(&cell, reference),
            (Action::Remove | Action::Mask(_), _) => None,
        };
        done.changed += u64::from(new.as_deref() != Some(cell.as_ref()));
        done.left_out += u64::from(new.is_none());
        built.append_option(new);
    }
    Ok((Arc::new(built.finish()), done))
}

impl TestIdentities {
    fn of(&self, cell: &str, reference: NaiveDate) -> Option<String> {
        let pseudonym = self.pseudonyms.of(cell, reference);
        let number = u64::from_str_radix(pseudonym.get(..15)?, 16).ok()?;
        let chosen = self.numbers.get((number % (self.numbers.len().max(1) as u64)) as usize)?;
        // The form of the cell is kept: twelve digits or ten, with its separator or without.
        let digits = cell.bytes().filter(u8::is_ascii_digit).count();
        let separator = cell.contains(['-', '+']);
        let (head, tail) = chosen.split_at_checked(8)?;
        let head = if digits > 10 { head } else { head.get(2..)? };
        let old = chosen
            .get(..4)?
            .parse::<i32>()
            .is_ok_and(|year| year <= chrono::Datelike::year(&reference) - 100);
        let joint = match (separator, digits > 10, old) {
            (false, ..) => "",
            (true, false, true) => "+",
            _ => "-",
        };
        Some(format!("{head}{joint}{tail}"))
    }
}

/// A coarser form of a value of `kind`; nothing where there is none.
fn coarser(kind: Kind, cell: &str, reference: NaiveDate) -> Option<String> {
    let cell = cell.trim();
    match kind {
        Kind::DateOfBirth => year(cell, reference),
        Kind::Postcode => {
            let digits: String = cell.chars().filter(char::is_ascii_digit).collect();
            (digits.len() == 5)
                .then(|| digits.get(..2).map(|first| format!("{first}xxx")))
                .flatten()
        }
        Kind::PropertyDesignation => cell
            .split(' ')
            .next()
            .filter(|word| crate::names::is_municipality(word))
            .map(str::to_owned),
        Kind::Coordinate => tenths(cell),
        Kind::IpAddress => match cell.parse().ok()? {
            std::net::IpAddr::V4(address) => {
                let [a, b, c, _] = address.octets();
                Some(format!("{a}.{b}.{c}.0/24"))
            }
            std::net::IpAddr::V6(address) => {
                let [a, b, c, ..] = address.segments();
                Some(format!("{a:x}:{b:x}:{c:x}::/48"))
            }
        },
        Kind::EMail => cell.rsplit_once('@').map(|(_, host)| format!("@{}", host.to_lowercase())),
        _ => None,
    }
}

fn year(cell: &str, reference: NaiveDate) -> Option<String> {
    let first = cell.get(..4).filter(|year| year.bytes().all(|byte| byte.is_ascii_digit()));
    let last = || {
        cell.len()
            .checked_sub(4)
            .and_then(|at| cell.get(at..))
            .filter(|year| year.bytes().all(|byte| byte.is_ascii_digit()))
    };
    let plausible = |year: &&str| year.starts_with("18") || year.starts_with("19") || year.starts_with("20");
    if cell.len() == 6 && is_birthday(cell, reference) {
        let short: i32 = cell.get(..2)?.parse().ok()?;
        let century = if 2000 + short > chrono::Datelike::year(&reference) {
            1900
        } else {
            2000
        };
        return Some((century + short).to_string());
    }
    first.filter(plausible).or_else(|| last().filter(plausible)).map(str::to_owned)
}

/// Each decimal number cut to one decimal: about ten kilometres.
fn tenths(cell: &str) -> Option<String> {
    let parts: Option<Vec<String>> = cell
        .split([',', ' ', ';'])
        .filter(|part| !part.is_empty())
        .map(|part| {
            part.parse::<f64>()
                .ok()
                .filter(|value| value.abs() <= 180.0)
                .map(|value| format!("{:.1}", (value * 10.0).trunc() / 10.0))
        })
        .collect();
    parts.filter(|parts| !parts.is_empty()).map(|parts| parts.join(", "))
}

#[cfg(test)]
mod tests {
    use arrow::array::{Array, AsArray, StringArray};

    use super::*;
    use crate::pseudonym::{Scope, Secret};

    fn day() -> NaiveDate {
        "2026-11-22".parse().unwrap()
    }
    fn acted(action: &Action, cells: &[Option<&str>]) -> (Vec<Option<String>>, Done) {
        let array: ArrayRef = Arc::new(StringArray::from(cells.to_vec()));
        let (new, done) = act(action, &array, day()).unwrap();
        (new.as_string::<i32>().iter().map(|cell| cell.map(str::to_owned)).collect(), done)
    }
    fn domain() -> Box<Pseudonyms> {
        let secret = Secret::read(b"000102030405060708090a0b0c0d0e0f").unwrap();
        Box::new(Pseudonyms::new(
            &secret,
            Scope::Release("demo".into()),
            Kind::PersonalIdentityNumber,
        ))
    }

    #[test]
    fn a_removed_column_has_no_cell_and_a_masked_one_can_be_read() {
        let (cells, done) = acted(&Action::Remove, &[Some("Anna Svensson"), None]);
        assert_eq!((cells, done.left_out), (vec![None, None], 1));
        let (cells, done) = acted(&Action::Mask(Style::Plain), &[Some("Anna Svenssons bil"), Some("bron är stängd")]);
        assert_eq!(cells, [Some("[PERSON]s bil".to_owned()), Some("bron är stängd".to_owned())]);
        assert_eq!((done.cells, done.changed, done.left_out), (2, 1, 0));
    }

    #[test]
    fn numbers_begin_again_with_every_record() {
        let (cells, _) = acted(
            &Action::Mask(Style::Numbered),
            &[Some("Anna och Lars, sedan Anna"), Some("Lars ringde")],
        );
        assert_eq!(
            cells,
            [
                Some("[PERSON_1] och [PERSON_2], sedan [PERSON_1]".to_owned()),
                Some("[PERSON_1] ringde".to_owned())
            ]
        );
    }

    #[test]
    fn values_become_coarser_or_are_left_out() {
        for (kind, given, expected) in [
            (Kind::DateOfBirth, "1980-01-02", Some("1980")),
            (Kind::DateOfBirth, "2/1 1980", Some("1980")),
            (Kind::DateOfBirth, "800102", Some("1980")),
            (Kind::Postcode, "123 45", Some("12xxx")),
            (Kind::PropertyDesignation, "Skövde Berga 1:2", Some("Skövde")),
            (Kind::Coordinate, "58.39118, 13.84506", Some("58.3, 13.8")),
            (Kind::IpAddress, "192.0.2.17", Some("192.0.2.0/24")),
            (Kind::IpAddress, "2001:db8:1:2::3", Some("2001:db8:1::/48")),
            (Kind::EMail, "a@Exempelby.example", Some("@exempelby.example")),
            (Kind::PersonName, "Anna Svensson", None),
        ] {
            assert_eq!(coarser(kind, given, day()).as_deref(), expected, "{given}");
        }
    }

    /// 189001019802 and 189001029819 open the tax agency's list of test numbers.
    #[test]
    fn test_identities_keep_the_form_and_the_joins() {
        let action = Action::TestIdentities(TestIdentities {
            numbers: vec!["189001019802".into(), "189001029819".into()],
            pseudonyms: domain(),
        });
        let (cells, _) = acted(&action, &[Some("900101+9802"), Some("18900101-9802"), Some("900101+9802")]);
        assert_eq!(cells[0], cells[2]);
        assert_eq!(cells[0].as_ref().map(String::len), Some(11));
        assert_eq!(cells[1].as_ref().map(String::len), Some(13));
        let (cells, _) = acted(&Action::Pseudonymise(domain()), &[Some("900101+9802"), Some("189001019802")]);
        assert_eq!(cells[0], cells[1]);
    }

    #[test]
    fn an_array_of_fresh_cells_holds_nothing_of_the_old() {
        let array: ArrayRef = Arc::new(StringArray::from(vec!["Anna Svensson ringde", "x"]));
        let (new, _) = act(&Action::Mask(Style::Plain), &array.slice(0, 2), day()).unwrap();
        let data = new.to_data();
        let held = data
            .buffers()
            .iter()
            .any(|buffer| buffer.windows(8).any(|bytes| bytes == b"Svensson"));
        assert!(!held);
    }
}
