//! Values looked up in registers, only in columns whose header gives a reason to.
//!
//! In: a header once, then each value. Out: counts of what the values can be, and sums that tell whether two columns name the same places
//! whatever their spelling. Never a value. Counts and sums add up, so parts of a file may be counted apart and merged.

use super::plain;
use super::register::{self, Deso};
use super::semantic::words;

/// What a value can be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(usize)]
pub(crate) enum Look {
    Deso,
    /// A DeSO code of the division of 2018 only.
    DesoEnded,
    /// A DeSO code of the division of 2025 only.
    DesoNew,
    Regso,
    Sni2007,
    Sni2025,
    Ssyk,
    Country,
    Nuts,
    CountyLetter,
    Language,
    Currency,
    Phone,
    /// A number from 0 to 100.
    Share,
    /// A number that a change in per cent can be.
    Change,
    /// Ends with a per cent sign.
    PercentSign,
    MunicipalityCode,
    MunicipalityName,
    CountyCode,
    CountyName,
    Latitude,
    Longitude,
    Northing,
    /// Easting of SWEREF 99 TM.
    EastingSweref,
    /// Easting of RT 90 2.5 gon V.
    EastingRt90,
}

const LOOKS: usize = Look::EastingRt90 as usize + 1;

/// What a header speaks of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Topic {
    Deso,
    Regso,
    Sni,
    Ssyk,
    Country,
    Nuts,
    CountyLetter,
    Language,
    Currency,
    Phone,
    Percent,
    /// A change in per cent may be negative or beyond a hundred.
    PercentStated,
    /// A code or a name of something: places of Sweden, perhaps.
    Place,
    Coordinate,
}

/// Which way a coordinate's header says that it points.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Axis {
    North,
    East,
    /// `x` and `y`: surveyors and maps disagree on which is which.
    Either,
}

fn any(words: &[String], list: &[&str]) -> bool {
    words.iter().any(|word| list.contains(&word.as_str()))
}

fn within(joined: &str, list: &[&str]) -> bool {
    list.iter().any(|part| joined.contains(part))
}

/// A topic, the parts of a header that name it wherever they stand, and whole words that do.
const NAMED: [(Topic, &[&str], &[&str]); 12] = [
    (Topic::Deso, &["deso", "demografisktstatistikområde"], &[]),
    (Topic::Regso, &["regso", "regionaltstatistikområde"], &[]),
    (
        Topic::Sni,
        &["näringsgren", "naringsgren", "snikod", "sni2007", "sni2025"],
        &["sni", "sni07", "bransch", "branschkod", "nace"],
    ),
    (Topic::Ssyk, &["ssyk", "yrkeskod"], &["yrke", "yrken", "yrkesgrupp", "occupation"]),
    (
        Topic::Country,
        &["landkod", "landskod", "countrycode", "ursprungsland", "medborgarskap"],
        &["land", "country", "iso", "iso2", "iso3"],
    ),
    (Topic::Nuts, &["nuts"], &[]),
    (Topic::CountyLetter, &["länsbokstav", "lansbokstav"], &["län", "lan", "county"]),
    (
        Topic::Language,
        &["språkkod", "sprakkod", "languagecode"],
        &["språk", "sprak", "language", "lang", "hreflang", "locale"],
    ),
    (Topic::Currency, &["valuta", "currency"], &[]),
    (
        Topic::Phone,
        &["telefon", "phone", "mobilnummer", "mobilnr", "faxnummer"],
        &["tel", "tfn", "telnr", "mobil", "mobile", "fax", "växel"],
    ),
    (Topic::PercentStated, &["procent", "percent"], &["pct", "proc"]),
    (Topic::Percent, &[], &["andel", "andelar", "share"]),
];

/// What a header speaks of; mostly nothing.
pub(crate) fn topics(header: &str) -> Vec<Topic> {
    let words = words(header);
    let joined = words.concat();
    let mut topics: Vec<Topic> = NAMED
        .iter()
        .filter(|(_, parts, whole)| within(&joined, parts) || any(&words, whole))
        .map(|(topic, _, _)| *topic)
        .collect();
    if header.contains('%') && !topics.contains(&Topic::PercentStated) {
        topics.push(Topic::PercentStated);
    }
    if topics.contains(&Topic::PercentStated) {
        topics.retain(|topic| *topic != Topic::Percent);
    }
    let vague = [
        "kod",
        "code",
        "område",
        "omrade",
        "områdeskod",
        "omradeskod",
        "region",
        "regionkod",
        "geo",
        "geokod",
        "id",
        "area",
    ];
    if any(&words, &vague) {
        // These forms cannot be taken for anything else, whatever the header.
        for topic in [Topic::Deso, Topic::Regso] {
            if !topics.contains(&topic) {
                topics.push(topic);
            }
        }
    }
    let place = [
        "namn",
        "name",
        "ort",
        "benämning",
        "label",
        "län",
        "lan",
        "county",
        "nr",
        "nummer",
        "regionnamn",
    ];
    if any(&words, &vague)
        || any(&words, &place)
        || within(&joined, &["kommunnamn", "länsnamn", "municipalityname"])
        || any(&words, &["kommun", "municipality"])
    {
        topics.push(Topic::Place);
    }
    if axis(header).is_some() {
        topics.push(Topic::Coordinate);
    }
    topics
}

/// Which way a header says that a coordinate points, if it speaks of one.
pub(crate) fn axis(header: &str) -> Option<Axis> {
    let words = words(header);
    let joined = words.concat();
    let north = ["n", "nord", "norr", "north", "northing", "lat", "latitude", "latitud", "breddgrad"];
    let east = [
        "e",
        "o",
        "ö",
        "ost",
        "öst",
        "east",
        "easting",
        "lon",
        "long",
        "lng",
        "longitude",
        "longitud",
        "längdgrad",
    ];
    if any(&words, &north) || within(&joined, &["latitud", "northing", "nkoord", "nordlig"]) {
        Some(Axis::North)
    } else if any(&words, &east) || within(&joined, &["longitud", "easting", "ekoord", "östlig"]) {
        Some(Axis::East)
    } else {
        let either = any(&words, &["x", "y"]) || within(&joined, &["xkoord", "ykoord", "koordx", "koordy", "coordx", "coordy"]);
        either.then_some(Axis::Either)
    }
}

/// Places named by a column: a sum over all of them that does not depend on order or spelling.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Places {
    pub(crate) sum: u64,
    /// The lowest code, which stands in for all when there is only one.
    least: Option<u64>,
    /// Whether there is more than one.
    pub(crate) varied: bool,
}

impl Places {
    fn add(&mut self, code: u64, times: u64) {
        // SplitMix64's last steps: two different multisets agree by chance once in 2^64.
        let mut mixed = code.wrapping_add(1).wrapping_mul(0x9E37_79B9_7F4A_7C15);
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        self.sum = self.sum.wrapping_add((mixed ^ (mixed >> 31)).wrapping_mul(times));
        self.join(Some(code));
    }
    fn join(&mut self, code: Option<u64>) {
        if let (Some(mine), Some(theirs)) = (self.least, code) {
            self.varied |= mine != theirs;
        }
        self.least = self.least.into_iter().chain(code).min();
    }
    fn merge(&mut self, other: &Self) {
        self.sum = self.sum.wrapping_add(other.sum);
        self.varied |= other.varied;
        self.join(other.least);
    }
}

/// Counts of one column.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Probe {
    topics: Vec<Topic>,
    counts: [u64; LOOKS],
    pub(crate) municipalities: Places,
    pub(crate) counties: Places,
}

impl Probe {
    /// A probe for a column whose header gives a reason to look; none for most.
    pub(crate) fn of(header: &str) -> Option<Box<Self>> {
        let topics = topics(header);
        (!topics.is_empty()).then(|| {
            Box::new(Self {
                topics,
                counts: [0; LOOKS],
                municipalities: Places::default(),
                counties: Places::default(),
            })
        })
    }
    pub(crate) fn count(&self, look: Look) -> u64 {
        self.counts.get(look as usize).copied().unwrap_or_default()
    }
    pub(crate) fn asks(&self, topic: Topic) -> bool {
        self.topics.contains(&topic)
    }
    /// Adds the counts of another part of the same column.
    #[allow(dead_code, reason = "for readers that count parts of a file apart")]
    pub(crate) fn merge(&mut self, other: &Self) {
        for (mine, theirs) in self.counts.iter_mut().zip(&other.counts) {
            *mine += theirs;
        }
        self.municipalities.merge(&other.municipalities);
        self.counties.merge(&other.counties);
    }
    /// Counts a trimmed value that occurs so many times.
    pub(crate) fn see(&mut self, text: &str, times: u64) {
        if text.len() > 60 {
            return;
        }
        for index in 0..self.topics.len() {
            if let Some(topic) = self.topics.get(index).copied() {
                self.look(topic, text, times);
            }
        }
    }
    fn add(&mut self, look: Look, holds: bool, times: u64) {
        if let Some(count) = self.counts.get_mut(look as usize).filter(|_| holds) {
            *count += times;
        }
    }
    fn look(&mut self, topic: Topic, text: &str, times: u64) {
        match topic {
            Topic::Deso => {
                let found = register::deso(text);
                self.add(Look::Deso, found.is_some(), times);
                self.add(Look::DesoEnded, found == Some(Deso::Ended), times);
                self.add(Look::DesoNew, found == Some(Deso::New), times);
            }
            Topic::Regso => self.add(Look::Regso, register::is_regso(text), times),
            Topic::Sni => {
                let (old, new) = register::sni(text);
                self.add(Look::Sni2007, old, times);
                self.add(Look::Sni2025, new, times);
            }
            Topic::Ssyk => self.add(Look::Ssyk, register::is_ssyk(text), times),
            Topic::Country => self.add(Look::Country, register::is_country(text), times),
            Topic::Nuts => self.add(Look::Nuts, register::is_nuts(text), times),
            Topic::CountyLetter => self.add(Look::CountyLetter, register::is_county_letter(text), times),
            Topic::Language => self.add(Look::Language, register::is_language(text), times),
            Topic::Currency => self.add(Look::Currency, register::is_currency(text), times),
            Topic::Phone => self.add(Look::Phone, register::is_phone(text), times),
            Topic::Percent | Topic::PercentStated => self.percent(text, times),
            Topic::Place => self.place(text, times),
            Topic::Coordinate => self.coordinate(text, times),
        }
    }
    fn percent(&mut self, text: &str, times: u64) {
        let plain = text.strip_suffix('%').map_or(text, str::trim_end);
        self.add(Look::PercentSign, plain.len() < text.len(), times);
        if let Some(value) = value(plain) {
            self.add(Look::Share, (0.0..=100.0).contains(&value), times);
            self.add(Look::Change, (-1_000.0..=10_000.0).contains(&value), times);
        }
    }
    fn place(&mut self, text: &str, times: u64) {
        if text.starts_with(|c: char| c.is_ascii_digit()) {
            let Some(number) = text.parse().ok().filter(|_| matches!(text.len(), 2 | 4)) else {
                return;
            };
            if text.len() == 4 && register::is_municipality(number) {
                self.add(Look::MunicipalityCode, true, times);
                self.municipalities.add(number, times);
            } else if text.len() == 2 && register::is_county(number) {
                self.add(Look::CountyCode, true, times);
                self.counties.add(number, times);
            }
            return;
        }
        if let Some(code) = register::municipality_named(text) {
            self.add(Look::MunicipalityName, true, times);
            self.municipalities.add(u64::from(code), times);
        }
        if let Some(code) = register::county_named(text) {
            self.add(Look::CountyName, true, times);
            self.counties.add(u64::from(code), times);
        }
    }
    /// Bounds of Sweden with its sea, rounded outwards (EPSG:3006, EPSG:3021, EPSG:4619).
    fn coordinate(&mut self, text: &str, times: u64) {
        let Some(value) = value(text) else { return };
        // Whole degrees are too few to be told from ages and hours.
        let sign = text.bytes().position(|byte| matches!(byte, b'.' | b','));
        let decimals = text.len() - sign.map_or(text.len(), |at| at + 1);
        self.add(Look::Latitude, decimals >= 2 && (54.9..=69.2).contains(&value), times);
        self.add(Look::Longitude, decimals >= 2 && (10.0..=24.3).contains(&value), times);
        self.add(Look::Northing, (6_090_000.0..=7_700_000.0).contains(&value), times);
        self.add(Look::EastingSweref, (210_000.0..=1_090_000.0).contains(&value), times);
        self.add(Look::EastingRt90, (1_180_000.0..=1_920_000.0).contains(&value), times);
    }
}

/// A number as agencies write it, near enough to see where it lies.
fn value(text: &str) -> Option<f64> {
    if text.len() > 24 {
        return None;
    }
    let known = match plain::decimal(text.as_bytes()) {
        Some(parts) => parts.value(),
        None => plain::integer(text.as_bytes()).map(|whole| whole as f64),
    };
    if known.is_some() {
        return known;
    }
    let plain: String = text
        .chars()
        .filter(|c| !matches!(c, ' ' | '\u{a0}' | '\u{202f}'))
        .map(|c| match c {
            ',' => '.',
            '\u{2212}' | '\u{2013}' => '-',
            other => other,
        })
        .collect();
    plain.parse::<f64>().ok().filter(|value| value.is_finite())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn most_headers_give_no_reason_to_look() {
        for header in [
            "Antal",
            "trip_id_hash",
            "ordernr",
            "pickup",
            "fare",
            "beskrivning",
            "c17",
            "belopp",
            "datum",
        ] {
            assert!(topics(header).is_empty() || header.contains("id"), "{header}: {:?}", topics(header));
        }
        assert!(topics("SNI-kod").contains(&Topic::Sni));
        assert!(!topics("snitt").contains(&Topic::Sni));
        assert!(topics("Andel (%)").contains(&Topic::PercentStated));
    }

    #[test]
    fn axes() {
        for (header, expected) in [
            ("sweref_n", Some(Axis::North)),
            ("E", Some(Axis::East)),
            ("latWGS84", Some(Axis::North)),
            ("Longitud", Some(Axis::East)),
            ("X-koordinat", Some(Axis::Either)),
            ("Antal", None),
        ] {
            assert_eq!(axis(header), expected, "{header}");
        }
    }

    #[test]
    fn parts_of_a_column_add_up_to_the_whole() {
        let values = ["0180", "1480", "0180", "0114"];
        let mut whole = Probe::of("kod").unwrap();
        values.iter().for_each(|value| whole.see(value, 1));
        let (mut first, mut second) = (Probe::of("kod").unwrap(), Probe::of("kod").unwrap());
        first.see("0180", 2);
        second.see("0114", 1);
        second.see("1480", 1);
        first.merge(&second);
        assert_eq!((whole.municipalities.sum, whole.counts), (first.municipalities.sum, first.counts));
        assert!(first.municipalities.varied);
        let mut names = Probe::of("namn").unwrap();
        ["Göteborg", "Stockholms stad", "STOCKHOLM", "Upplands Väsby"]
            .iter()
            .for_each(|name| names.see(name, 1));
        assert_eq!(
            names.municipalities.sum, whole.municipalities.sum,
            "order and spelling do not matter"
        );
    }
}
