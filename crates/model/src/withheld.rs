//! Addresses that are shown to nobody, since what they give holds personal data, and which texts would show them.
//!
//! In: addresses as catalogues write them, and any text of a catalogue. Out: whether the text holds one of them. An address is known again
//! with another scheme, in other case, percent-encoded, escaped for HTML, with a fragment or a closing slash, and inside a longer text. One
//! that goes on (`…/1` in `…/12` or `…/1/about`) is another address.

use std::collections::BTreeSet;

/// Addresses that nobody is shown.
///
/// ```
/// use fyr_model::withheld::Withheld;
/// let withheld = Withheld::of(["https://data.exempelby.example/elever.csv"]);
/// assert!(withheld.hides("hämta http://DATA.exempelby.example/elever.csv?x=1, eller be om den"));
/// assert!(!withheld.hides("https://data.exempelby.example/elever.csv.txt"));
/// assert!(!Withheld::default().hides("https://data.exempelby.example/elever.csv"));
/// ```
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Withheld {
    /// In one spelling each, without scheme, fragment and closing slash.
    addresses: BTreeSet<String>,
}

impl Withheld {
    /// All of these.
    pub fn of<T: AsRef<str>>(addresses: impl IntoIterator<Item = T>) -> Self {
        let bare = |address: T| {
            let known = spelled(address.as_ref().trim());
            let bare = known.split_once("://").map_or(known.as_str(), |(_, rest)| rest);
            let bare = bare.split('#').next().unwrap_or_default();
            bare.trim_end_matches('/').to_owned()
        };
        Self {
            addresses: addresses.into_iter().map(bare).filter(|address| !address.is_empty()).collect(),
        }
    }

    /// Whether nothing is withheld.
    pub fn is_empty(&self) -> bool {
        self.addresses.is_empty()
    }

    /// Whether a text holds one of the addresses.
    pub fn hides(&self, text: &str) -> bool {
        // The shortest address that a catalogue can write.
        if self.is_empty() || text.len() < 3 {
            return false;
        }
        let text = spelled(text);
        self.addresses.iter().any(|address| holds(&text, address))
    }
}

/// A text in the spelling in which addresses are compared: percent signs decoded, HTML's ampersands and JSON's slashes as they are meant,
/// small letters.
fn spelled(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((first, behind)) = rest.split_first() {
        let decoded = (*first == b'%').then(|| hex(behind)).flatten();
        bytes.push(decoded.unwrap_or(*first));
        rest = if decoded.is_some() {
            behind.get(2..).unwrap_or_default()
        } else {
            behind
        };
    }
    let text = String::from_utf8_lossy(&bytes).to_lowercase();
    if text.contains(['&', '\\']) {
        return text.replace("&amp;", "&").replace("\\/", "/");
    }
    text
}

/// The byte that two hexadecimal digits write.
fn hex(digits: &[u8]) -> Option<u8> {
    let digit = |at: usize| char::from(*digits.get(at)?).to_digit(16);
    u8::try_from(digit(0)? * 16 + digit(1)?).ok()
}

fn holds(text: &str, address: &str) -> bool {
    text.match_indices(address).any(|(at, found)| {
        let before = text.get(..at).and_then(|before| before.chars().next_back());
        let opens = before.is_none_or(|c| !(c.is_alphanumeric() || matches!(c, '.' | '-' | '_')));
        opens && ends(text.get(at + found.len()..).unwrap_or_default(), address)
    })
}

/// Whether an address ends where `rest` begins: with the text around it, a closing slash, a fragment, or a query that it may be asked with.
fn ends(rest: &str, address: &str) -> bool {
    let word = rest
        .split(|c: char| c.is_whitespace() || "<>\"'`{}|^\\".contains(c))
        .next()
        .unwrap_or_default();
    let word = word.trim_end_matches(|c: char| ".,;:!?)]*_~/".contains(c));
    let Some(next) = word.chars().next() else { return true };
    let (path, query) = (address.contains('/'), address.contains('?'));
    match next {
        '#' | ',' | ';' | ')' | ']' => true,
        '?' => path && !query,
        '&' => query,
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_known_again_in_every_spelling() {
        let withheld = Withheld::of([
            "https://Data.exempelby.example/a/elever%20nu.csv",
            "https://x.example/ask?id=1&year=2024#top",
        ]);
        for text in [
            "https://data.exempelby.example/a/elever%20nu.csv",
            "http://data.exempelby.example/a/elever nu.csv",
            "https://data.exempelby.example/a/elever%20nu.csv#csv",
            "https://data.exempelby.example/a/elever%20nu.csv/",
            "https://data.exempelby.example/a/elever%20nu.csv?download=1",
            "se (https://data.exempelby.example/a/elever%20nu.csv).",
            "[fil](https://data.exempelby.example/a/elever%20nu.csv), och mer",
            "https://proxy.example/?to=https%3A%2F%2Fdata.exempelby.example%2Fa%2Felever%20nu.csv",
            "<a href=\"https://x.example/ask?id=1&amp;year=2024\">",
            "https:\\/\\/x.example\\/ask?id=1&year=2024&more=2",
        ] {
            assert!(withheld.hides(text), "{text}");
        }
    }

    #[test]
    fn other_addresses_are_shown() {
        let withheld = Withheld::of(["https://x.example/data/1", "https://y.example/", ""]);
        for text in [
            "https://x.example/data/12",
            "https://x.example/data/1/about",
            "https://x.example/data/1.json",
            "https://ax.example/data/1",
            "https://www.x.example/data/1",
            "https://x.example/data",
            "https://y.example/data/2",
            "https://y.example?page=2",
            "",
        ] {
            assert!(!withheld.hides(text), "{text}");
        }
        assert!(withheld.hides("https://y.example") && withheld.hides("y.example/"));
    }
}
