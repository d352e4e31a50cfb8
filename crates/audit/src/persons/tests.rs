use std::collections::BTreeSet;

use super::*;

const TODAY: Day = 20_261_122;

fn find(name: &str, cells: &[String], numeric: bool) -> PersonalDataFinding {
    let mut column = Column::new(name, numeric);
    column.observe(&cells.iter().map(Some).collect::<StringArray>(), 0, TODAY);
    column.finish(TODAY)
}
fn told(finding: &PersonalDataFinding) -> (&str, &str) {
    (&finding.verdict, finding.kind.as_deref().unwrap_or("-"))
}
fn list(name: &str) -> Option<Vec<String>> {
    let path = format!(
        "{}/../../../shared/fixtures/anonymization/personnummer-meta/{name}",
        env!("CARGO_MANIFEST_DIR")
    );
    let Ok(bytes) = std::fs::read(path) else {
        eprintln!("SKIPPED: ../shared/fixtures/anonymization/personnummer-meta/{name} is absent");
        return None;
    };
    Some(serde_json::from_slice(&bytes).unwrap())
}
fn is_person(token: &str) -> bool {
    numbers::scan(token, false).iter().any(|number| number.kind(TODAY).person)
}

#[test]
fn every_test_number_is_a_persons_in_every_form() {
    for pin in list("allPins.json").unwrap_or_default() {
        for form in [
            pin.clone(),
            pin[2..].to_owned(),
            format!("{}-{}", &pin[2..8], &pin[8..]),
            format!("{}-{}", &pin[..8], &pin[8..]),
        ] {
            assert!(is_person(&form), "a listed number in another form");
        }
    }
    let coords = list("allCoords.json").unwrap_or_default();
    let complete: Vec<_> = coords.iter().filter(|n| &n[4..6] != "00" && &n[6..8] != "60").collect();
    let found = complete.iter().filter(|n| is_person(n)).count();
    assert!(found * 100 >= complete.len() * 98, "{found} of {}", complete.len());
}

/// 189001019802 opens the tax agency's list.
#[test]
fn near_misses_are_nobody() {
    assert!(is_person("189001019802") && is_person("nr 18900101-9802."));
    for token in [
        "189001019803",
        "1189001019802",
        "89001019802",
        "18900101-98021",
        "3-18900101-9802",
        "900231-2383",
        "2024-01-15-1234",
    ] {
        assert!(!is_person(token), "{token}");
    }
    let future = Number::of(2, 203_001_012_388).kind(TODAY);
    assert!(!future.dated);
}

#[test]
fn a_column_is_judged_against_chance() {
    let Some(pins) = list("allPins.json") else { return };
    assert_eq!(told(&find("x", &pins[..50], false)), ("direct", "personal_identity_number"));
    let ints: Vec<String> = pins[30_000..30_100]
        .iter()
        .map(|p| p[2..].parse::<u64>().unwrap().to_string())
        .collect();
    assert_eq!(told(&find("x", &ints, true)), ("direct", "personal_identity_number"));
    let mut seed = 7u64;
    let mut next = |n: u64| {
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (seed >> 20) % n
    };
    let orders: Vec<String> = (0..2000).map(|_| format!("{:010}", next(10_000_000_000))).collect();
    assert_eq!(told(&find("order", &orders, false)).0, "none");
    let stamps: Vec<String> = (0..2000).map(|_| (1_710_000_000 + next(2_300_000)).to_string()).collect();
    assert_eq!(told(&find("epoch", &stamps, true)).0, "none");
    let mut mixed: Vec<String> = (0..300).map(|n| format!("text {n}")).collect();
    mixed[40] = format!("{}-{}", &pins[9][..8], &pins[9][8..]);
    mixed[41] = format!("{}-{}", &pins[19][..8], &pins[19][8..]);
    let found = find("text", &mixed, false);
    assert_eq!((told(&found).0, found.rows.as_slice()), ("direct", &[40, 41][..]));
}

/// Numbers from the ranges that PTS sets aside for fiction.
#[test]
fn addresses_and_telephones_are_found() {
    let many = |text: &str| vec![text.to_owned(); 30];
    assert_eq!(
        told(&find("x", &many("skriv till info@exempelby.example nu"), false)),
        ("direct", "e_mail")
    );
    for text in ["070-174 06 05", "+46701740605", "08-465 004 00"] {
        assert_eq!(told(&find("x", &many(text), false)), ("direct", "phone"), "{text}");
    }
    let bare: Vec<String> = (5..100).map(|n| format!("07017406{n:02}")).collect();
    assert_eq!(told(&find("telefon", &bare, false)), ("direct", "phone"));
    for text in [
        "08-12-2020",
        "0180",
        "2024-01-15",
        "a@b",
        "202100-5943",
        "12 34 56 78",
        "18:00-19:00",
    ] {
        assert_eq!(told(&find("x", &many(text), false)).0, "none", "{text}");
    }
}

#[test]
fn headers_name_people_too() {
    let cells = vec!["x".to_owned()];
    assert_eq!(told(&find("Förnamn", &cells, false)), ("direct", "given_name"));
    assert_eq!(told(&find("kommunnamn", &cells, false)).0, "none");
}

#[test]
fn chernoff_is_an_upper_bound_on_the_tail() {
    // P(X >= 2 | 2, 0.1) = 0.01; P(X >= 3 | 1000, 0.0002) = 0.00115.
    assert!((chernoff(2, 2, 0.1) - 0.01).abs() < 1e-12);
    assert!(chernoff(3, 1000, 0.0002) >= 0.00115);
    assert!((chernoff(1, 10, 0.2) - 1.0).abs() < 1e-12);
    let shapes: BTreeSet<usize> = (0..5).map(|s| Number::of(s, 1).shape as usize).collect();
    assert_eq!(shapes.len(), 5);
}
