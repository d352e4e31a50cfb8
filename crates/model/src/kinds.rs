//! Fixed words of readings and profiles in the words of people: semantic types, and what was repaired on the way.
//!
//! In: a word as documents carry it (`municipality_code`, `short-row`). Out: its label, or nothing for a word that is not ours.

use crate::text::Text;

const SEMANTICS: [(&str, &str, &str); 30] = [
    ("municipality_code", "kommunkod", "municipality code"),
    ("county_code", "länskod", "county code"),
    ("municipality_name", "kommunnamn", "municipality name"),
    ("county_name", "länsnamn", "county name"),
    ("county_letter", "länsbokstav", "county letter"),
    ("deso", "DeSO", "DeSO"),
    ("regso", "RegSO", "RegSO"),
    ("postcode", "postnummer", "postcode"),
    ("organisation_number", "organisationsnummer", "organisation number"),
    ("sni", "SNI", "SNI"),
    ("ssyk", "SSYK", "SSYK"),
    ("country_code", "landskod", "country code"),
    ("nuts", "NUTS", "NUTS"),
    ("language", "språk", "language"),
    ("currency", "valuta", "currency"),
    ("coordinate", "koordinat", "coordinate"),
    ("e_mail", "e-post", "e-mail"),
    ("phone", "telefon", "phone"),
    ("url", "webbadress", "web address"),
    ("uuid", "UUID", "UUID"),
    ("percentage", "procent", "percentage"),
    ("amount", "belopp", "amount"),
    ("year", "år", "year"),
    ("quarter", "kvartal", "quarter"),
    ("month", "månad", "month"),
    ("week", "vecka", "week"),
    ("personal_identity_number", "personnummer", "personal identity number"),
    ("coordination_number", "samordningsnummer", "coordination number"),
    ("sensitive", "känslig uppgift", "sensitive"),
    ("key", "nyckel", "key"),
];

const REPAIRS: [(&str, &str, &str); 28] = [
    ("reject", "passar inte typen", "not of the type"),
    ("decimal-comma", "decimalkomma", "decimal comma"),
    ("thousands-separator", "tusentalsavgränsare", "thousands separator"),
    ("rounded-number", "avrundat tal", "rounded number"),
    ("leading-zero-restored", "inledande nolla återställd", "leading zero restored"),
    ("empty-text", "tom text", "empty text"),
    ("short-row", "för kort rad", "short row"),
    ("long-row", "för lång rad", "long row"),
    ("trailing-delimiter", "avgränsare sist på raden", "delimiter at the end of the row"),
    ("blank-row", "tom rad", "blank row"),
    ("preamble-row", "rad före tabellen", "row before the table"),
    ("units-row", "rad med enheter", "row of units"),
    ("footer-row", "rad efter tabellen", "row after the table"),
    ("sum-row", "summarad", "row of sums"),
    ("stray-quote", "ensamt citattecken", "stray quotation mark"),
    (
        "mixed-encoding-line",
        "rad i en annan teckenkodning",
        "line in another character encoding",
    ),
    ("empty-header", "kolumn utan namn", "column without a name"),
    ("duplicate-header", "kolumnnamn som redan finns", "column name that exists already"),
    ("duplicate-key", "nyckel två gånger i en post", "key twice in a record"),
    ("not-an-object", "post som inte är ett objekt", "record that is no object"),
    ("value-flag", "värde med anmärkning", "value with a flag"),
    ("implied-zero-row", "underförstådd rad med noll", "implied row of nought"),
    ("swapped-axes", "axlar i omvänd ordning", "axes in reverse order"),
    ("generated-column", "beräknad kolumn som inte läses", "computed column, not read"),
    ("deleted-row", "raderad post", "deleted record"),
    ("row-without-attributes", "geometri utan post", "geometry without a record"),
    ("row-without-geometry", "post utan geometri", "record without a geometry"),
    ("not-a-finite-number", "tal som inte är ändligt", "number that is not finite"),
];

fn find(words: &[(&str, &str, &str)], word: &str) -> Option<Text> {
    words
        .iter()
        .find(|(name, _, _)| *name == word)
        .map(|(_, sv, en)| Text::new(*sv, *en))
}

/// The label of a semantic type, as `municipality_code`.
pub fn semantic(word: &str) -> Option<Text> {
    find(&SEMANTICS, word)
}

/// The label of a repair, as `short-row` or `null-marker:..`.
pub fn repair(kind: &str) -> Option<Text> {
    match kind.split_once(':') {
        Some(("null-marker", "absent")) => Some(Text::new("ingen cell", "no cell")),
        Some(("null-marker", "empty")) => Some(Text::new("tom cell", "empty cell")),
        Some(("null-marker", "error")) => Some(Text::new("fel i cellen", "error in the cell")),
        Some(("null-marker", "named")) => Some(Text::new("angivet märke för saknas", "stated marker of what is missing")),
        Some(("null-marker", marker)) => Some(Text::new(
            format!("saknas: \u{201d}{marker}\u{201d}"),
            format!("missing: \u{201c}{marker}\u{201d}"),
        )),
        _ => find(&REPAIRS, kind),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_have_labels_and_strangers_have_none() {
        assert_eq!(semantic("county_code"), Some(Text::new("länskod", "county code")));
        assert_eq!(repair("short-row"), Some(Text::new("för kort rad", "short row")));
        assert_eq!(
            repair("null-marker:.."),
            Some(Text::new("saknas: \u{201d}..\u{201d}", "missing: \u{201c}..\u{201d}"))
        );
        assert_eq!((semantic("short-row"), repair("county_code")), (None, None));
    }
}
