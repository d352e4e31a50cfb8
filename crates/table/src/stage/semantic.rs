//! What a column means, where values and header agree; bare digits alone are never enough (`tables.md` section 1).

use fyr_model::table::Semantic;

use super::tally::{Shape, Tally};

/// The words of a header: lower case, letters and digits, split at everything else and where a capital follows a small letter.
pub(crate) fn words(header: &str) -> Vec<String> {
    let mut words: Vec<String> = Vec::new();
    let mut word = String::new();
    let mut small = false;
    for c in header.chars() {
        if (!c.is_alphanumeric() || (c.is_uppercase() && small)) && !word.is_empty() {
            words.push(std::mem::take(&mut word));
        }
        if c.is_alphanumeric() {
            word.extend(c.to_lowercase());
        }
        small = c.is_lowercase();
    }
    if !word.is_empty() {
        words.push(word);
    }
    words
}

fn any(words: &[String], list: &[&str]) -> bool {
    words.iter().any(|word| list.contains(&word.as_str()))
}

fn joined(words: &[String]) -> String {
    words.concat()
}

/// Whether a header speaks of a code.
pub(crate) fn is_code_header(header: &str) -> bool {
    let words = words(header);
    let joined = joined(&words);
    any(
        &words,
        &[
            "kod", "code", "nuts", "sni", "ssyk", "deso", "regso", "cpv", "orgnr", "personnr", "telefon", "phone", "tel",
        ],
    ) || ["kod", "code", "organisationsnummer", "personnummer", "telefonnummer", "orgnr"]
        .iter()
        .any(|end| joined.ends_with(end))
}

/// Whether a header speaks of a day, so that eight digits may be one.
pub(crate) fn is_date_header(header: &str) -> bool {
    let words = words(header);
    any(&words, &["dag", "day", "from", "tom", "fom"]) || joined(&words).contains("dat")
}

/// Whether a header speaks of a year or a period, so that four digits are one.
pub(crate) fn is_year_header(header: &str) -> bool {
    let words = words(header);
    any(
        &words,
        &["år", "ar", "year", "årtal", "period", "läsår", "kalenderår", "budgetår", "anno"],
    )
}

fn is_municipality_header(words: &[String]) -> bool {
    let joined = joined(words);
    any(words, &["kommun", "municipality", "kommunkod", "komkod", "knkod", "kommunnr"])
        || joined.contains("kommunkod")
        || joined.contains("municipalitycode")
}

fn is_county_header(words: &[String]) -> bool {
    let joined = joined(words);
    any(words, &["län", "lan", "county", "länskod", "lanskod"]) || joined.contains("länskod") || joined.contains("countycode")
}

fn is_postcode_header(words: &[String]) -> bool {
    let joined = joined(words);
    ["postnummer", "postnr", "postcode", "postalcode", "zipcode"]
        .iter()
        .any(|name| joined.contains(name))
        || any(words, &["zip", "postcodes"])
}

fn is_organisation_header(words: &[String]) -> bool {
    any(words, &["org", "orgnr", "organisationsnummer", "organisationsnr"]) || joined(words).contains("organisationsnummer")
}

/// A meaning found, and the digits that its codes are padded to when a leading zero was lost.
pub(crate) struct Meaning {
    pub(crate) semantic: Semantic,
    pub(crate) padded: Option<usize>,
}

/// The meaning of a column, if its values and its header agree.
pub(crate) fn judge(header: &str, tally: &Tally) -> Option<Meaning> {
    let values = tally.values;
    if values == 0 {
        return None;
    }
    let words = words(header);
    let found = |kind: &str, matches: u64, confidence: f64, why: &str| Meaning {
        semantic: Semantic {
            kind: kind.into(),
            confidence,
            matches,
            evidence: format!("{matches} of {values} values {why}"),
        },
        padded: None,
    };
    let share = |matches: u64| matches as f64 / values as f64;
    // A number of a person raises a finding whatever the header says.
    let (person, coordination) = (tally.count(Shape::Person), tally.count(Shape::Coordination));
    if share(person + coordination) >= 0.5 {
        let kind = if coordination > person {
            "coordination_number"
        } else {
            "personal_identity_number"
        };
        return Some(found(
            kind,
            person + coordination,
            share(person + coordination),
            "have a real date and a check digit",
        ));
    }
    let (municipality, short) = (tally.count(Shape::Municipality), tally.count(Shape::MunicipalityShort));
    if is_municipality_header(&words) && municipality + short > 0 && share(municipality + short) >= 0.99 {
        let mut meaning = found(
            "municipality_code",
            municipality + short,
            share(municipality + short),
            "stand in the register; the header agrees",
        );
        meaning.padded = (short > 0 && municipality + short == values).then_some(4);
        return (short == 0 || meaning.padded.is_some()).then_some(meaning);
    }
    let (county, short) = (tally.count(Shape::County), tally.count(Shape::CountyShort));
    if is_county_header(&words) && county + short > 0 && share(county + short) >= 0.99 {
        let mut meaning = found(
            "county_code",
            county + short,
            share(county + short),
            "stand in the register; the header agrees",
        );
        meaning.padded = (short > 0 && county + short == values).then_some(2);
        return (short == 0 || meaning.padded.is_some()).then_some(meaning);
    }
    let rules: [(&str, Shape, bool, &str); 5] = [
        (
            "postcode",
            Shape::Postcode,
            is_postcode_header(&words),
            "have the shape of a postcode; the header agrees",
        ),
        (
            "organisation_number",
            Shape::Organisation,
            is_organisation_header(&words),
            "have a third digit from 2 and a check digit; the header agrees",
        ),
        ("e_mail", Shape::Email, true, "have the shape of an e-mail address"),
        ("url", Shape::Url, true, "have the shape of an address"),
        ("uuid", Shape::Uuid, true, "have the shape of a UUID"),
    ];
    for (kind, shape, agrees, why) in rules {
        let matches = tally.count(shape);
        if agrees && share(matches) >= 0.9 {
            return Some(found(kind, matches, share(matches), why));
        }
    }
    let year = tally.count(Shape::Year);
    (year == values && is_year_header(header)).then(|| found("year", year, 1.0, "are years; the header agrees"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headers_are_read_as_words() {
        assert_eq!(words("PublYearMonth"), ["publ", "year", "month"]);
        assert_eq!(words("Kommun_kod (SCB)"), ["kommun", "kod", "scb"]);
        assert!(is_code_header("Kommunkod") && is_code_header("county_code") && !is_code_header("Antal"));
        assert!(is_year_header("År") && is_year_header("Year") && !is_year_header("Antal"));
        assert!(is_date_header("PublDate") && is_date_header("Datum") && !is_date_header("id"));
    }
}
