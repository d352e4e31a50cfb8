//! Bytes that were hurt: every reader gives a table whose cells add up or a typed refusal, in bounded work, and never panics.

use fyr_model::limits::TableLimits;
use fyr_model::table::Reading;
use proptest::prelude::*;

use super::cubes::{PXWEB, stat};
use super::hardening::{CELLS, gzipped, workbook};
use super::px::PX;
use super::sheets::{ODS, merges, ods, xlsx};
use super::stage_bytes;

/// What is done to the bytes at a place.
#[derive(Debug, Clone)]
enum Hurt {
    Set(u8),
    Delete(usize),
    Insert(Vec<u8>),
    Repeat(usize),
    Cut,
}

fn hurt() -> impl Strategy<Value = Hurt> {
    let words = [
        "\"",
        ";",
        ",",
        "=",
        "(",
        "{",
        "[",
        "}",
        "]",
        "null",
        "-",
        "\n",
        "9999999999",
        "<",
        "</",
        "&",
        ">",
        "#",
        "DATA=",
        "\0",
        "\u{a0}",
    ];
    prop_oneof![
        any::<u8>().prop_map(Hurt::Set),
        (1usize..40).prop_map(Hurt::Delete),
        proptest::sample::select(words.to_vec()).prop_map(|word| Hurt::Insert(word.as_bytes().to_vec())),
        (1usize..60).prop_map(Hurt::Repeat),
        Just(Hurt::Cut),
    ]
}

fn apply(bytes: &mut Vec<u8>, hurts: &[(u16, Hurt)]) {
    for (place, hurt) in hurts {
        let at = bytes.len() * usize::from(*place) / (usize::from(u16::MAX) + 1);
        match hurt {
            Hurt::Set(byte) => bytes.iter_mut().skip(at).take(1).for_each(|old| *old = *byte),
            Hurt::Delete(count) => drop(bytes.drain(at..(at + count).min(bytes.len()))),
            Hurt::Insert(word) => drop(bytes.splice(at..at, word.iter().copied())),
            Hurt::Repeat(count) => {
                let piece = bytes[at..(at + count).min(bytes.len())].to_vec();
                drop(bytes.splice(at..at, piece));
            }
            Hurt::Cut => bytes.truncate(at),
        }
    }
}

fn hurts() -> impl Strategy<Value = Vec<(u16, Hurt)>> {
    proptest::collection::vec((any::<u16>(), hurt()), 1..4)
}

fn judge(name: &str, bytes: &[u8]) -> Result<(), TestCaseError> {
    let limits = TableLimits {
        cells_max: 100_000,
        columns_max: 500,
        ..TableLimits::default()
    };
    match stage_bytes(name, bytes, Reading::default(), limits) {
        Ok(sample) => prop_assert!(!sample.facts.report.columns.is_empty()),
        Err(refusal) => prop_assert!(!matches!(refusal.id.as_str(), "" | "table-engine" | "table-io"), "{refusal:?}"),
    }
    Ok(())
}

/// The invented samples that are texts.
fn texts() -> Vec<(&'static str, String)> {
    let (head, _) = PX.split_once("DATA=").unwrap();
    let keyed = format!("{head}KEYS(\"kommun\")=CODES;\nKEYS(\"slag\")=VALUES;\nDATA=\n\"1480\",\"Tillbyggnad\",7 8;\n");
    let one = r#"{"a":{"label":"x","dimension":{"id":["k"],"size":[2],"k":{"category":{"index":{"0180":0,"1480":1}}}},"value":{"0":5}}}"#;
    vec![
        ("prov.px", PX.into()),
        ("prov.px", keyed),
        ("prov.json", stat("[1,2,10.5,20,3,null,30,40.5]", r#","status":{"5":"..","0":"p"}"#)),
        ("prov.json", stat(r#"{"7":40.5,"0":1}"#, "")),
        ("prov.json", one.into()),
        ("prov.json", PXWEB.into()),
        (
            "prov.json",
            r#"{"kod":["0180","1480",null],"antal":[1,2.5,3],"aktiv":[true,false,true]}"#.into(),
        ),
        ("prov.json", r#"{"id1":{"namn":"a","läge":{"x":1}},"id2":{"namn":"b"}}"#.into()),
        (
            "prov.csv",
            "# om\nkod;antal;andel\n;st;%\n0180;1;2,5\n1480;2;3,5\nSumma;3;6\n\nKälla: vi\n".into(),
        ),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 192, failure_persistence: None, ..Default::default() })]

    #[test]
    fn hurt_texts_are_read_or_refused(which in 0usize..9, hurts in hurts()) {
        let (name, text) = texts().swap_remove(which);
        let mut bytes = text.into_bytes();
        apply(&mut bytes, &hurts);
        judge(name, &bytes)?;
    }

    #[test]
    fn hurt_sheets_are_read_or_refused(hurts in hurts()) {
        let mut cells = CELLS.as_bytes().to_vec();
        apply(&mut cells, &hurts);
        judge("prov.xlsx", &workbook(&String::from_utf8_lossy(&cells), "A1"))?;
        let mut tail = merges(&["A1:A2", "B1:C1"]).into_bytes();
        apply(&mut tail, &hurts);
        let rows: &[&[&str]] = &[&["Kod", "Antal", ""], &["", "a", "b"], &["=1@1", "=2", "=3"]];
        judge("prov.xlsx", &xlsx(rows, &String::from_utf8_lossy(&tail)))?;
        let mut content = ODS.as_bytes().to_vec();
        apply(&mut content, &hurts);
        judge("prov.ods", &ods(&String::from_utf8_lossy(&content)))?;
    }

    #[test]
    fn hurt_packings_are_read_or_refused(hurts in hurts()) {
        let plain = b"kod;antal\n0180;1\n0181;2\n";
        for mut bytes in [gzipped(plain), zstd::encode_all(&plain[..], 3).unwrap(), ods(ODS), workbook(CELLS, "A1")] {
            apply(&mut bytes, &hurts);
            judge("prov", &bytes)?;
        }
    }

    #[test]
    fn any_bytes_after_a_good_beginning(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
        for head in [&b"CHARSET=\"ANSI\";\nSTUB=\"a\";\nVALUES(\"a\")=\"x\";\n"[..], b"DATA=\n", b"{\"version\":\"2.0\",\"class\":\"dataset\",", b"{\"columns\":[", b"\x28\xb5\x2f\xfd"] {
            judge("prov", &[head, &bytes].concat())?;
        }
    }
}
