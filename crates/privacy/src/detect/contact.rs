//! E-mail addresses and Swedish telephone numbers: syntax and numbering plan (`privacy.md` 1.1).
//!
//! In: one token or cell. Out: whether it is one, and how it is written. No column, no verdict.

/// How a telephone number is written; bare digits prove little, a country code much.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum PhoneForm {
    /// `+46` or `0046`.
    International,
    /// Area code, `-`, `/` or blank, number.
    Separated,
    /// Digits only.
    Bare,
}

/// Whether `token` is an e-mail address: the usual forms of RFC 5321, no quoted local part, no bare host.
pub fn is_e_mail(token: &str) -> bool {
    let Some((local, host)) = token.split_once('@') else {
        return false;
    };
    let local_ok = (1..=64).contains(&local.len())
        && !local.starts_with('.')
        && !local.ends_with('.')
        && !local.contains("..")
        && local.chars().all(|c| c.is_alphanumeric() || is_mark(c));
    let labels: Vec<&str> = host.split('.').collect();
    let label_ok = |label: &&str| {
        (1..=63).contains(&label.len())
            && !label.starts_with('-')
            && !label.ends_with('-')
            && label.chars().all(|c| c.is_alphanumeric() || c == '-')
    };
    let top_ok = labels
        .last()
        .is_some_and(|top| top.chars().count() >= 2 && top.chars().all(char::is_alphabetic));
    local_ok && labels.len() >= 2 && labels.iter().all(label_ok) && top_ok
}

/// What may stand in the local part of an address beside letters and digits (RFC 5322, atext, and the full stop).
fn is_mark(c: char) -> bool {
    matches!(
        c,
        '!' | '#' | '$' | '%' | '&' | '\'' | '*' | '+' | '/' | '=' | '?' | '^' | '_' | '`' | '{' | '|' | '}' | '~' | '.' | '-'
    )
}

/// The form of `cell` when the whole of it is a Swedish telephone number.
///
/// Eight to ten digits with the leading 0, an area code of the plan, and separators only where people put them:
/// one after the area code, then blanks. A date such as `08-12-2020` is none.
pub fn phone(cell: &str) -> Option<PhoneForm> {
    let cell = cell.trim();
    // Every area code opens with a nought; most cells do not.
    if !cell.starts_with(['0', '+']) {
        return None;
    }
    let (form, national) = match cell.strip_prefix("+46").or_else(|| cell.strip_prefix("0046")) {
        Some(rest) => {
            let rest = rest.trim_start_matches([' ', '-', '\u{a0}']);
            let rest = rest.strip_prefix("(0)").map_or(rest, |r| r.trim_start());
            (
                Some(PhoneForm::International),
                format!("0{}", rest.strip_prefix('0').unwrap_or(rest)),
            )
        }
        None => (None, cell.to_owned()),
    };
    let groups: Vec<&str> = national.split([' ', '-', '\u{2013}', '\u{a0}', '/']).collect();
    let digits: String = groups.concat();
    if !(8..=10).contains(&digits.len()) || !digits.bytes().all(|b| b.is_ascii_digit()) || groups.iter().any(|g| g.is_empty()) {
        return None;
    }
    let area = area_code(&digits)?;
    let hyphens = national.matches(['-', '\u{2013}', '/']).count();
    match (form, groups.as_slice()) {
        (Some(form), _) => Some(form),
        (None, [_]) => Some(PhoneForm::Bare),
        (None, [first, rest @ ..]) => {
            let after_area = *first == area && hyphens <= 1;
            let groups_ok = rest.iter().all(|group| (2..=8).contains(&group.len()));
            (after_area && groups_ok).then_some(PhoneForm::Separated)
        }
        (None, []) => None,
    }
}

/// The area or network code that opens a national number, the leading 0 included.
pub(crate) fn area_code(digits: &str) -> Option<&str> {
    (2..=4).rev().filter_map(|length| digits.get(..length)).find(|code| {
        AREA_CODES
            .binary_search_by_key(&(code.len(), *code), |known| (known.len(), *known))
            .is_ok()
    })
}

/// Whether a national number of so many digits, the leading 0 included, can stand under the area or network code.
pub(crate) fn is_length(area: &str, digits: usize) -> bool {
    match area {
        "070" | "072" | "073" | "076" | "079" | "010" => digits == 10,
        "020" => (7..=10).contains(&digits),
        _ if area.starts_with("077") => digits == 10,
        _ => (8..=10).contains(&digits),
    }
}

/// By length, then by value. Area codes (riktnummer) and mobile, personal and freephone prefixes. Source: PTS, Svensk nummerplan för telefoni (E.164), 2025.
#[rustfmt::skip]
const AREA_CODES: &[&str] = &[
    "08", "010", "011", "013", "016", "018", "019", "020", "021", "023", "026", "031", "033", "035", "036", "040", "042", "044", "046",
    "054", "060", "063", "070", "072", "073", "076", "077", "079", "090",
    "0120", "0121", "0122", "0123", "0125", "0140", "0141", "0142", "0143", "0144", "0150", "0151", "0152", "0155", "0156", "0157", "0158",
    "0159", "0171", "0173", "0174", "0175", "0176", "0220", "0221", "0222", "0223", "0224", "0225", "0226", "0227", "0240", "0241", "0243",
    "0246", "0247", "0248", "0250", "0251", "0253", "0258", "0270", "0271", "0278", "0280", "0281", "0290", "0291", "0292", "0293", "0294",
    "0295", "0297", "0300", "0301", "0302", "0303", "0304", "0320", "0321", "0322", "0325", "0340", "0345", "0346", "0370", "0371", "0372",
    "0380", "0381", "0382", "0383", "0390", "0392", "0393", "0410", "0411", "0413", "0414", "0415", "0416", "0417", "0418", "0430", "0431",
    "0433", "0435", "0451", "0454", "0455", "0456", "0457", "0459", "0470", "0471", "0472", "0474", "0476", "0477", "0478", "0479", "0480",
    "0481", "0485", "0486", "0490", "0491", "0492", "0493", "0494", "0495", "0496", "0498", "0499", "0500", "0501", "0502", "0503", "0504",
    "0505", "0506", "0510", "0511", "0512", "0513", "0514", "0515", "0520", "0521", "0522", "0523", "0524", "0525", "0526", "0528", "0530",
    "0531", "0532", "0533", "0534", "0550", "0551", "0552", "0553", "0554", "0555", "0560", "0563", "0564", "0565", "0570", "0571", "0573",
    "0580", "0581", "0582", "0583", "0584", "0585", "0586", "0587", "0589", "0590", "0591", "0611", "0612", "0613", "0620", "0621", "0622",
    "0623", "0624", "0640", "0642", "0643", "0644", "0645", "0647", "0650", "0651", "0652", "0653", "0657", "0660", "0661", "0662", "0663",
    "0670", "0671", "0672", "0680", "0682", "0684", "0687", "0690", "0691", "0692", "0693", "0695", "0696", "0771", "0910", "0911", "0912",
    "0913", "0914", "0915", "0916", "0918", "0920", "0921", "0922", "0923", "0924", "0925", "0926", "0927", "0928", "0929", "0930", "0932",
    "0933", "0934", "0935", "0940", "0941", "0942", "0943", "0950", "0951", "0952", "0953", "0954", "0960", "0961", "0970", "0971", "0973",
    "0975", "0976", "0977", "0978", "0980", "0981",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn area_codes_are_in_the_order_in_which_they_are_searched() {
        assert!(AREA_CODES.is_sorted_by_key(|code| (code.len(), *code)));
        assert_eq!(AREA_CODES.iter().filter(|code| area_code(code) != Some(code)).count(), 0);
    }

    #[test]
    fn an_address_needs_a_local_part_and_a_host_with_a_top_domain() {
        for good in ["registrator@exempelby.example", "a.b+c@x.se", "åsa@exempel.se"] {
            assert!(is_e_mail(good), "{good}");
        }
        for bad in [
            "@exempelby",
            "a@b",
            "a@b.1",
            "a..b@c.se",
            ".a@c.se",
            "a b@c.se",
            "a@-c.se",
            "pris@2.50",
            "a@@b.se",
        ] {
            assert!(!is_e_mail(bad), "{bad}");
        }
    }

    /// Numbers from the ranges that PTS sets aside for fiction (031-390 06 00..99, 08-465 004 00..99, 070-174 06 05..99).
    #[test]
    fn a_number_has_an_area_code_and_eight_to_ten_digits() {
        let cases: &[(&str, Option<PhoneForm>)] = &[
            ("070-174 06 05", Some(PhoneForm::Separated)),
            ("070-1740605", Some(PhoneForm::Separated)),
            ("08-465 004 00", Some(PhoneForm::Separated)),
            ("0701740605", Some(PhoneForm::Bare)),
            ("+46701740605", Some(PhoneForm::International)),
            ("+46 (0)70-174 06 05", Some(PhoneForm::International)),
            ("0046 31 390 06 00", Some(PhoneForm::International)),
            ("0180", None),
            ("08-12-2020", None),
            ("0114-2023-01", None),
            ("202100-5943", None),
            ("070101-2398", None),
            ("2024-01-15", None),
            ("0000123456", None),
            ("0.12345678", None),
            ("07017406051", None),
        ];
        for (given, expected) in cases {
            assert_eq!(phone(given), *expected, "{given}");
        }
    }
}
