//! Ways to reach a person: e-mail addresses and Swedish telephone numbers in text.
//!
//! In: the text of a cell. Out: whether one is in it. Sources: RFC 5321 for the usual forms; PTS, Svensk nummerplan för telefoni.

/// How a telephone number is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Telephone {
    /// With country code, or area code and separator.
    Written,
    /// Digits only, the whole cell.
    Bare,
}

/// Whether an e-mail address stands anywhere in `text`: grown outwards from each `@`.
pub(crate) fn has_mail(text: &str) -> bool {
    text.match_indices('@').any(|(at, _)| {
        let (before, after) = (text.get(..at).unwrap_or_default(), text.get(at + 1..).unwrap_or_default());
        let local = before
            .chars()
            .rev()
            .take_while(|c| c.is_alphanumeric() || "._%+-'".contains(*c))
            .collect::<String>();
        let host: String = after.chars().take_while(|c| c.is_alphanumeric() || ".-".contains(*c)).collect();
        let host = host.trim_end_matches(['.', '-']);
        let Some((name, top)) = host.rsplit_once('.') else { return false };
        !local.is_empty()
            && local.len() <= 64
            && !name.is_empty()
            && !name.contains("..")
            && top.chars().count() >= 2
            && top.chars().all(char::is_alphabetic)
    })
}

/// Whether the cell is a telephone number, or holds one with country code.
pub(crate) fn telephone(text: &str) -> Option<Telephone> {
    if abroad(text) {
        return Some(Telephone::Written);
    }
    let digits: Vec<u8> = text.bytes().filter(u8::is_ascii_digit).collect();
    let allowed = text
        .chars()
        .all(|c| c.is_ascii_digit() || matches!(c, ' ' | '-' | '/' | '\u{a0}' | '\u{2013}'));
    if !allowed || !(8..=10).contains(&digits.len()) || digits.first() != Some(&b'0') || matches!(digits.get(1), Some(b'0') | None) {
        return None;
    }
    let groups: Vec<&str> = text
        .split(|c: char| !c.is_ascii_digit())
        .filter(|group| !group.is_empty())
        .collect();
    match groups.as_slice() {
        [_] => Some(Telephone::Bare),
        // Day, month, year; a number in Stockholm has its last four digits apart.
        [day, month, year] if (day.len(), month.len(), year.len()) == (2, 2, 4) => None,
        [area, ..] => is_area(area).then_some(Telephone::Written),
        [] => None,
    }
}

/// `+46` or `0046`, then seven to ten more digits among separators.
fn abroad(text: &str) -> bool {
    ["+46", "0046"].iter().any(|prefix| {
        text.match_indices(prefix).any(|(at, _)| {
            let alone = !text.get(..at).unwrap_or_default().ends_with(|c: char| c.is_ascii_digit());
            let rest = text.get(at + prefix.len()..).unwrap_or_default();
            let number: String = rest
                .chars()
                .take_while(|c| c.is_ascii_digit() || " -()/\u{a0}".contains(*c))
                .filter(char::is_ascii_digit)
                .collect();
            alone && (7..=10).contains(&number.len())
        })
    })
}

/// Area codes by their length: two digits Stockholm, three digits the listed, four digits where no shorter one begins it.
fn is_area(area: &str) -> bool {
    const THREE: &[&str] = &[
        "010", "011", "013", "016", "018", "019", "020", "021", "023", "026", "031", "033", "035", "036", "040", "042", "044", "046",
        "054", "060", "063", "070", "072", "073", "076", "077", "079", "090",
    ];
    let shorter = area.starts_with("08") || area.get(..3).is_some_and(|three| THREE.contains(&three));
    match area.len() {
        2 => area == "08",
        3 => THREE.contains(&area),
        4 => !shorter && area.as_bytes().get(1).is_some_and(|b| *b != b'0'),
        _ => false,
    }
}
