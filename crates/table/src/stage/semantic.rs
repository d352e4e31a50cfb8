//! What a column means, where values and header agree; bare digits alone are never enough (`tables.md` section 1).

use fyr_model::Text;
use fyr_model::finding::{Finding, Severity};
use fyr_model::table::Semantic;

use super::probe::{Axis, Look, Places, Probe, Topic, axis};
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
    let days = [
        "dag",
        "day",
        "from",
        "tom",
        "fom",
        "registrerad",
        "registered",
        "skapad",
        "created",
        "ändrad",
        "andrad",
        "modified",
        "uppdaterad",
        "publicerad",
        "published",
        "inkom",
        "inkommen",
        "beslutad",
        "född",
        "fodd",
        "born",
        "startar",
        "slutar",
        "upphör",
        "avslutad",
    ];
    any(&words, &days) || joined(&words).contains("dat")
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
    let joined = joined(words);
    any(words, &["org", "organisationsnr"])
        || [
            "orgnr",
            "orgnummer",
            "organisationsnummer",
            "organisationnumber",
            "organizationnumber",
        ]
        .iter()
        .any(|name| joined.contains(name))
}

/// A meaning found, and the digits that its codes are padded to when a leading zero was lost.
pub(crate) struct Meaning {
    pub(crate) semantic: Semantic,
    pub(crate) padded: Option<usize>,
}

/// The kinds whose values are codes: kept as text, never a number.
pub(crate) fn is_code_kind(kind: &str) -> bool {
    matches!(
        kind,
        "municipality_code"
            | "county_code"
            | "county_letter"
            | "deso"
            | "regso"
            | "postcode"
            | "organisation_number"
            | "personal_identity_number"
            | "coordination_number"
            | "sni"
            | "ssyk"
            | "country_code"
            | "nuts"
            | "language"
            | "currency"
    )
}

fn meaning(kind: &str, matches: u64, values: u64, strength: f64, why: &str) -> Meaning {
    let share = if values == 0 { 0.0 } else { matches as f64 / values as f64 };
    Meaning {
        semantic: Semantic {
            kind: kind.into(),
            confidence: (share * strength * 1_000.0).round() / 1_000.0,
            matches,
            evidence: format!("{matches} of {values} values {why}"),
        },
        padded: None,
    }
}

/// The meaning of a column, if its values and its header agree.
pub(crate) fn judge(header: &str, tally: &Tally) -> Option<Meaning> {
    if tally.values == 0 {
        return None;
    }
    let words = words(header);
    person(tally)
        .or_else(|| division(&words, tally))
        .or_else(|| shaped(&words, tally))
        .or_else(|| tally.probe.as_deref().and_then(|probe| listed(&words, probe, tally.values)))
        .or_else(|| measured(header, &words, tally))
}

/// A number of a person raises a finding whatever the header says.
fn person(tally: &Tally) -> Option<Meaning> {
    let (person, coordination) = (tally.count(Shape::Person), tally.count(Shape::Coordination));
    ((person + coordination) * 2 >= tally.values).then(|| {
        let kind = if coordination > person {
            "coordination_number"
        } else {
            "personal_identity_number"
        };
        meaning(kind, person + coordination, tally.values, 1.0, "have a real date and a check digit")
    })
}

/// Codes of municipalities and counties; a code that has lost its leading zero gets it back.
fn division(words: &[String], tally: &Tally) -> Option<Meaning> {
    let values = tally.values;
    let (current, short) = (tally.count(Shape::Municipality), tally.count(Shape::MunicipalityShort));
    let former = tally.count(Shape::MunicipalityFormer);
    let all = current + short + former;
    if is_municipality_header(words) && all > former && all * 100 >= values * 99 {
        let why = if former == 0 {
            "stand in the register of 2026-01-01; the header agrees".to_owned()
        } else {
            format!("stand in the register of 2026-01-01 or, {former} of them, in an earlier one since 1980; the header agrees")
        };
        return padded(meaning("municipality_code", all, values, 1.0, &why), short, values, 4);
    }
    let (county, short) = (tally.count(Shape::County), tally.count(Shape::CountyShort));
    if is_county_header(words) && county + short > 0 && (county + short) * 100 >= values * 99 {
        let why = "stand in the register of 2026-01-01; the header agrees";
        return padded(meaning("county_code", county + short, values, 1.0, why), short, values, 2);
    }
    None
}

/// Zeros are put back only when every value then is a code.
fn padded(mut meaning: Meaning, short: u64, values: u64, digits: usize) -> Option<Meaning> {
    meaning.padded = (short > 0 && meaning.semantic.matches == values).then_some(digits);
    (short == 0 || meaning.padded.is_some()).then_some(meaning)
}

/// Meanings that a value's form shows, with the header's word where digits alone would do.
fn shaped(words: &[String], tally: &Tally) -> Option<Meaning> {
    let rules: [(&str, Shape, bool, &str); 5] = [
        (
            "postcode",
            Shape::Postcode,
            is_postcode_header(words),
            "have the shape of a postcode; the header agrees",
        ),
        (
            "organisation_number",
            Shape::Organisation,
            is_organisation_header(words),
            "have a third digit from 2 and a check digit; the header agrees",
        ),
        ("e_mail", Shape::Email, true, "have the shape of an e-mail address"),
        ("url", Shape::Url, true, "have the shape of an address"),
        ("uuid", Shape::Uuid, true, "have the shape of a UUID"),
    ];
    let enough = |matches: u64| matches * 10 >= tally.values * 9;
    rules
        .iter()
        .find(|(_, shape, agrees, _)| *agrees && enough(tally.count(*shape)))
        .map(|(kind, shape, _, why)| meaning(kind, tally.count(*shape), tally.values, 1.0, why))
}

/// Codes of registers: the header gave the reason to look, the values must stand in the list.
fn listed(words: &[String], probe: &Probe, values: u64) -> Option<Meaning> {
    let enough = |look: Look, percent: u64| probe.count(look) > 0 && probe.count(look) * 100 >= values * percent;
    if enough(Look::Deso, 95) {
        return Some(meaning("deso", probe.count(Look::Deso), values, 1.0, &deso_evidence(probe)));
    }
    if enough(Look::Regso, 95) {
        let why = "have the form of a RegSO code and a municipality of the register; the divisions of 2018 and 2025 look alike";
        return Some(meaning("regso", probe.count(Look::Regso), values, 1.0, why));
    }
    // Two digits of a division say little: only a header that names the standard makes up for it.
    let named = joined(words).contains("sni");
    if probe.asks(Topic::Sni) && (enough(Look::Sni2007, 95) || (named && enough(Look::Sni2025, 98))) {
        return Some(sni(probe, values));
    }
    let rules: [(&str, Topic, Look, u64, &str); 9] = [
        ("ssyk", Topic::Ssyk, Look::Ssyk, 95, "stand in SSYK 2012; the header agrees"),
        ("nuts", Topic::Nuts, Look::Nuts, 95, "are NUTS regions (2024); the header agrees"),
        (
            "country_code",
            Topic::Country,
            Look::Country,
            95,
            "stand in ISO 3166-1; the header agrees",
        ),
        (
            "county_letter",
            Topic::CountyLetter,
            Look::CountyLetter,
            99,
            "are county letters; the header agrees",
        ),
        (
            "language",
            Topic::Language,
            Look::Language,
            95,
            "stand in ISO 639; the header agrees",
        ),
        (
            "currency",
            Topic::Currency,
            Look::Currency,
            95,
            "stand in ISO 4217; the header agrees",
        ),
        (
            "phone",
            Topic::Phone,
            Look::Phone,
            90,
            "have the shape of a telephone number; the header agrees",
        ),
        (
            "municipality_name",
            Topic::Place,
            Look::MunicipalityName,
            95,
            "are names of municipalities in the register of 2026-01-01",
        ),
        (
            "county_name",
            Topic::Place,
            Look::CountyName,
            95,
            "are names of counties in the register of 2026-01-01",
        ),
    ];
    rules
        .iter()
        .find(|(_, topic, look, percent, _)| probe.asks(*topic) && enough(*look, *percent))
        .map(|(kind, _, look, _, why)| meaning(kind, probe.count(*look), values, 1.0, why))
}

/// Which division the codes show: a code that was split stands for 2018, one that came of a split for 2025.
fn deso_evidence(probe: &Probe) -> String {
    let (ended, new) = (probe.count(Look::DesoEnded), probe.count(Look::DesoNew));
    let year = match (ended, new) {
        (0, 0) => "no code tells the divisions of 2018 and 2025 apart".to_owned(),
        (_, 0) => format!("{ended} were split in 2025, so the division is that of 2018"),
        (0, _) => format!("{new} came of the split of 2025, so the division is that of 2025"),
        _ => format!("{ended} are of the division of 2018 only and {new} of that of 2025 only: the divisions are mixed"),
    };
    format!("have the form of a DeSO code and a municipality of the register; {year}")
}

fn sni(probe: &Probe, values: u64) -> Meaning {
    let (old, new) = (probe.count(Look::Sni2007), probe.count(Look::Sni2025));
    if old * 100 >= values * 95 {
        let why = "stand in SNI 2007; the header agrees";
        return meaning("sni", old, values, 1.0, why);
    }
    let why = "have a division of SNI 2025 (deeper levels are not in our list); the header agrees";
    meaning("sni", new, values, 0.8, why)
}

/// Measures: a number whose header says what it counts.
fn measured(header: &str, words: &[String], tally: &Tally) -> Option<Meaning> {
    let values = tally.values;
    let numbers = tally.count(Shape::NumberPoint).max(tally.count(Shape::NumberComma));
    if let Some(probe) = tally.probe.as_deref() {
        let stated = probe.asks(Topic::PercentStated) || probe.count(Look::PercentSign) == values;
        let look = if stated { Look::Change } else { Look::Share };
        let asked = stated || probe.asks(Topic::Percent);
        if asked && probe.count(look) * 100 >= values * 99 {
            return Some(meaning(
                "percentage",
                probe.count(look),
                values,
                1.0,
                "are shares; the header agrees",
            ));
        }
    }
    let year = tally.count(Shape::Year);
    if year == values && is_year_header(header) {
        return Some(meaning("year", year, values, 1.0, "are years; the header agrees"));
    }
    let dates = tally.count(Shape::YearFirst) + tally.count(Shape::DayFirst);
    (is_amount_header(words) && numbers * 200 >= values * 199 && dates == 0)
        .then(|| meaning("amount", numbers, values, 1.0, "are numbers; the header speaks of money"))
}

/// Whether a header speaks of money, and of nothing that is only about it (`avgiftstyp`, `budgetår`).
fn is_amount_header(words: &[String]) -> bool {
    let money = [
        "belopp",
        "kronor",
        "kr",
        "tkr",
        "mkr",
        "sek",
        "eur",
        "euro",
        "pris",
        "kostnad",
        "kostnader",
        "avgift",
        "intäkt",
        "intäkter",
        "utgift",
        "utgifter",
        "lön",
        "budget",
        "utfall",
        "bidrag",
        "amount",
        "price",
        "cost",
        "fee",
        "salary",
        "fare",
    ];
    let ends = ["belopp", "kostnad", "kostnader", "avgift", "bidrag", "pris", "intäkter"];
    let other = [
        "kod", "code", "id", "nr", "typ", "type", "datum", "date", "år", "year", "andel", "procent", "percent", "index", "antal", "count",
    ];
    let speaks = any(words, &money) || words.iter().any(|word| ends.iter().any(|end| word.ends_with(end)));
    speaks && !any(words, &other)
}

/// Meanings that only two columns together show: codes beside names, and coordinates. Reports axes that are swapped.
pub(crate) fn pairs(headers: &[String], names: &[String], tallies: &[Tally], found: &mut [Option<Semantic>], findings: &mut Vec<Finding>) {
    codes_beside_names(names, tallies, found);
    coordinates(headers, names, tallies, found, findings);
}

/// A column of four digits under a vague header is one of municipality codes if another column names the same municipalities as often.
fn codes_beside_names(names: &[String], tallies: &[Tally], found: &mut [Option<Semantic>]) {
    type Side = (&'static str, Look, Look, fn(&Probe) -> Places);
    let sides: [Side; 2] = [
        ("municipality_code", Look::MunicipalityCode, Look::MunicipalityName, |probe| {
            probe.municipalities
        }),
        ("county_code", Look::CountyCode, Look::CountyName, |probe| probe.counties),
    ];
    for (kind, code, name, places) in sides {
        let whole = |tally: &Tally, look: Look| {
            let probe = tally.probe.as_deref()?;
            (tally.values > 0 && probe.count(look) == tally.values).then(|| places(probe))
        };
        for (index, tally) in tallies.iter().enumerate() {
            let Some(mine) = whole(tally, code).filter(|mine| mine.varied) else {
                continue;
            };
            let other = tallies
                .iter()
                .position(|other| whole(other, name).is_some_and(|theirs| theirs.sum == mine.sum));
            let (Some(other), Some(None)) = (other, found.get(index)) else {
                continue;
            };
            let why = format!(
                "stand in the register of 2026-01-01; the column {} names the same places as often",
                names.get(other).map_or("", String::as_str)
            );
            if let Some(place) = found.get_mut(index) {
                *place = Some(meaning(kind, tally.values, tally.values, 0.95, &why).semantic);
            }
        }
    }
}

/// A reference system, what its northings and eastings look like, and its name.
const SYSTEMS: [(Look, Look, &str); 3] = [
    (Look::Latitude, Look::Longitude, "WGS 84"),
    (Look::Northing, Look::EastingSweref, "SWEREF 99 TM"),
    (Look::Northing, Look::EastingRt90, "RT 90 2.5 gon V"),
];

/// Two columns whose headers speak of axes and whose values lie inside Sweden in one system; the nearest partner is taken.
fn coordinates(headers: &[String], names: &[String], tallies: &[Tally], found: &mut [Option<Semantic>], findings: &mut Vec<Finding>) {
    let axes: Vec<Option<Axis>> = headers.iter().map(|header| axis(header)).collect();
    let like = |index: usize, look: Look| {
        let tally = tallies.get(index)?;
        let count = tally.probe.as_deref()?.count(look);
        (tally.values > 0 && count * 100 >= tally.values * 95 && found_none(found, index)).then_some(count)
    };
    let mut pairs: Vec<(usize, usize, &str, u64, u64)> = Vec::new();
    for (north, east, system) in SYSTEMS {
        for first in 0..headers.len() {
            let Some(norths) = like(first, north) else { continue };
            let free = |index: &usize| *index != first && pairs.iter().all(|pair| pair.0 != *index && pair.1 != *index);
            if pairs.iter().any(|pair| pair.0 == first || pair.1 == first) {
                continue;
            }
            let agree = |second: &usize| {
                matches!(
                    (axes.get(first).copied().flatten(), axes.get(*second).copied().flatten()),
                    (Some(Axis::North), Some(Axis::East))
                        | (Some(Axis::East), Some(Axis::North))
                        | (Some(Axis::Either), Some(Axis::Either))
                )
            };
            let partner = (0..headers.len())
                .filter(|second| free(second) && agree(second) && like(*second, east).is_some())
                .min_by_key(|second| second.abs_diff(first));
            if let Some(second) = partner {
                pairs.push((first, second, system, norths, like(second, east).unwrap_or_default()));
            }
        }
    }
    for (first, second, system, norths, easts) in pairs {
        let swapped = axes.get(first).copied().flatten() == Some(Axis::East);
        for (index, other, count, way) in [(first, second, norths, "north"), (second, first, easts, "east")] {
            let values = tallies.get(index).map_or(0, |tally| tally.values);
            let partner = names.get(other).map_or("", String::as_str);
            let said = if swapped { "; the header says the other axis" } else { "" };
            let why = format!("lie inside Sweden as {way} of {system}, paired with the column {partner}{said}");
            if let Some(place) = found.get_mut(index) {
                *place = Some(meaning("coordinate", count, values, if swapped { 0.8 } else { 1.0 }, &why).semantic);
            }
        }
        if swapped {
            findings.push(swapped_finding(names, first, second, system));
        }
    }
}

fn found_none(found: &[Option<Semantic>], index: usize) -> bool {
    matches!(found.get(index), Some(None))
}

fn swapped_finding(names: &[String], first: usize, second: usize, system: &str) -> Finding {
    let name = |index: usize| names.get(index).map_or("", String::as_str);
    Finding::new(
        "coordinates-swapped",
        Severity::Warning,
        name(first),
        Text::new(
            format!(
                "kolumnerna {} och {} har bytt plats: värdena är nord där rubriken säger öst",
                name(first),
                name(second)
            ),
            format!(
                "the columns {} and {} have changed places: the values are north where the header says east",
                name(first),
                name(second)
            ),
        ),
    )
    .evidence(format!("as {system}, the values lie inside Sweden only the other way round"))
    .fix(Text::new(
        "byt rubrik på de två kolumnerna",
        "change the headers of the two columns",
    ))
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
        assert!(is_date_header("PublDate") && is_date_header("Datum") && is_date_header("registrerad") && !is_date_header("id"));
    }
}
