//! Encodings of whole files: every single-byte set of Swedish text read as it was meant, and files that mix sets told by their places.

use fyr_model::limits::TableLimits;
use fyr_model::table::Reading;
use proptest::prelude::*;

use super::hardening::refusal;
use super::stage_bytes;
use crate::stage::{IBM437, IBM850};

/// A text in the bytes of a set whose upper half is given.
fn in_upper(text: &str, upper: &str) -> Vec<u8> {
    let byte = |c: char| match u8::try_from(c) {
        Ok(byte) if byte.is_ascii() => byte,
        _ => 0x80 + u8::try_from(upper.chars().position(|known| known == c).unwrap()).unwrap(),
    };
    text.chars().map(byte).collect()
}

/// A text in every set that a report can name for it.
fn sets(text: &str) -> [(Vec<u8>, &'static [&'static str]); 5] {
    let web = |set: &'static encoding_rs::Encoding| {
        let (bytes, _, unmappable) = set.encode(text);
        assert!(!unmappable);
        bytes.into_owned()
    };
    [
        (text.as_bytes().to_vec(), &["utf-8"]),
        (web(encoding_rs::WINDOWS_1252), &["windows-1252", "iso-8859-1"]),
        (web(encoding_rs::MACINTOSH), &["macintosh"]),
        (in_upper(text, IBM850), &["ibm850"]),
        (in_upper(text, IBM437), &["ibm850", "ibm437"]),
    ]
}

fn words() -> impl Strategy<Value = Vec<&'static str>> {
    let words = [
        "Kårböle",
        "Gävle",
        "Jönköping",
        "Hägersten",
        "Skåne",
        "sjöar",
        "Mönsterås",
        "idéer",
        "LÄNSSTYRELSE",
        "GÖTEBORG",
        "Lund",
        "Åre",
        "Öland",
        "älg",
        "Umeå",
        "Växjö",
    ];
    proptest::collection::vec(proptest::sample::select(words.to_vec()), 0..40)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, failure_persistence: None, ..Default::default() })]

    /// Whatever words a file holds beside one with letters inside, each set gives the same cells.
    #[test]
    fn every_set_gives_the_same_words(mut found in words()) {
        found.push("Sjöbo");
        let text = format!("ort;antal\n{}", found.iter().map(|word| format!("{word};1\n")).collect::<String>());
        for (bytes, names) in sets(&text) {
            let sample = stage_bytes("prov.csv", &bytes, Reading::default(), TableLimits::default()).unwrap();
            let named = sample.facts.report.source.encoding.clone().unwrap();
            prop_assert!(names.contains(&named.as_str()), "{named} for {names:?}");
            prop_assert_eq!(sample.cells("ort"), found.clone());
        }
    }
}

#[test]
fn an_owner_may_name_any_set() {
    let (text, upper) = ("ort;antal\nå€;1\n", "macroman");
    let reading = |encoding: &str| Reading {
        encoding: Some(encoding.into()),
        ..Reading::default()
    };
    for (name, bytes, cell) in [
        (upper, encoding_rs::MACINTOSH.encode(text).0.into_owned(), "å€"),
        ("Macintosh", encoding_rs::MACINTOSH.encode(text).0.into_owned(), "å€"),
        ("ibm437", in_upper("ort;antal\n≥å;1\n", IBM437), "≥å"),
        ("cp850", in_upper("ort;antal\nØå;1\n", IBM850), "Øå"),
    ] {
        let sample = stage_bytes("prov.csv", &bytes, reading(name), TableLimits::default()).unwrap();
        assert_eq!(sample.cells("ort"), [cell], "{name}");
    }
    let refused = stage_bytes("prov.csv", b"a;b\n1;2\n", reading("klingon"), TableLimits::default())
        .err()
        .unwrap();
    assert_eq!(refused.id, "unknown-encoding");
}

#[test]
fn letters_of_one_set_are_no_signs_of_another() {
    // Quotes, dots and dashes of windows-1252 stand where DOS and the Macintosh have letters.
    let text = "namn;not\nBo;“ja” … 5 €\nMiloš;†\nŠime;–\n";
    let bytes = encoding_rs::WINDOWS_1252.encode(text).0.into_owned();
    let sample = stage_bytes("prov.csv", &bytes, Reading::default(), TableLimits::default()).unwrap();
    assert_eq!(sample.facts.report.source.encoding.as_deref(), Some("windows-1252"));
    assert_eq!(sample.cells("namn"), ["Bo", "Miloš", "Šime"]);
}

/// A file of `lines` in one set with a line of UTF-8 at the given ones.
fn mixed(lines: usize, single: &[u8], utf8: &[usize]) -> Vec<u8> {
    let mut bytes = b"ort;antal\n".to_vec();
    for line in 0..lines {
        bytes.extend_from_slice(if utf8.contains(&line) { "Malmö;2\n".as_bytes() } else { single });
    }
    bytes
}

#[test]
fn mixed_lines_are_listed_by_row_and_byte_in_every_set() {
    for (bytes, names) in sets("Sjöbo;1\n").into_iter().skip(1) {
        let file = mixed(2_000, &bytes, &[3, 700]);
        let sample = stage_bytes("prov.csv", &file, Reading::default(), TableLimits::default()).unwrap();
        assert!(names.contains(&sample.facts.report.source.encoding.as_deref().unwrap()));
        assert_eq!(sample.cells("ort")[2..5], ["Sjöbo", "Malmö", "Sjöbo"], "{names:?}");
        assert_eq!(sample.repairs("mixed-encoding-line"), 2);
        let finding = sample
            .facts
            .report
            .findings
            .iter()
            .find(|finding| finding.id == "encoding-mixed")
            .unwrap();
        let first = 10 + 3 * bytes.len() + "Malm".len();
        let second = first + "ö;2\n".len() + 696 * bytes.len() + "Malm".len();
        let place = finding.position.unwrap();
        assert_eq!((place.line, place.offset), (5, first as u64));
        let evidence = finding.evidence.as_deref().unwrap();
        assert!(
            evidence.starts_with(&format!("2 of 2001 lines: line 5 at byte {first}, line 702 at byte ")),
            "{evidence}"
        );
        assert!(evidence.ends_with(&second.to_string()), "{evidence}, {second}");
        // More than a thousandth of the lines: refused with the place of the first line that is not UTF-8.
        let refused = refusal("prov.csv", &mixed(100, &bytes, &[1]), TableLimits::default());
        assert_eq!((refused.id.as_str(), refused.position.unwrap().line), ("encoding-mixed", 2));
    }
}

#[test]
fn single_lines_in_an_old_set_among_utf8_are_read_in_that_set() {
    for (bytes, names) in sets("Sjöbo;1\n").into_iter().skip(1) {
        let mut file = "ort;antal\n".as_bytes().to_vec();
        for line in 0..2_000 {
            file.extend_from_slice(if line == 9 { &bytes } else { "Örebro;2\n".as_bytes() });
        }
        let sample = stage_bytes("prov.csv", &file, Reading::default(), TableLimits::default()).unwrap();
        assert_eq!(sample.facts.report.source.encoding.as_deref(), Some("utf-8"));
        assert_eq!(sample.cells("ort")[8..11], ["Örebro", "Sjöbo", "Örebro"], "{names:?}");
    }
}
