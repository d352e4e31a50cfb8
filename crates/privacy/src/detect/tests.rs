use std::collections::BTreeMap;
use std::sync::Arc;

use arrow::array::{Float64Array, Int64Array, StringArray};
use fyr_model::privacy::{Clearance, ColumnPolicy};
use fyr_model::table::ColumnType;

use super::*;

const SHARED: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared/fixtures");

fn day() -> NaiveDate {
    "2026-11-22".parse().unwrap()
}
fn column(name: &str) -> Column {
    Column {
        name: name.to_lowercase().replace(' ', "_"),
        header: name.to_owned(),
        kind: ColumnType::Text,
        semantic: None,
        description: None,
        unit: None,
    }
}
fn scan(columns: Vec<(&str, ArrayRef)>) -> Vec<PersonalDataFinding> {
    let names: Vec<Column> = columns.iter().map(|(name, _)| column(name)).collect();
    let mut detectors = Detectors::new(&names, day());
    let rows = columns[0].1.len();
    // In two batches, so that positions and the memory of values cross a border.
    for (from, to) in [(0, rows / 2), (rows / 2, rows)] {
        let arrays = names
            .iter()
            .zip(&columns)
            .map(|(c, (_, array))| (c.name.clone(), array.slice(from, to - from), true));
        detectors.observe(&RecordBatch::try_from_iter_with_nullable(arrays).unwrap());
    }
    detectors.finish()
}
fn text(cells: &[String]) -> ArrayRef {
    Arc::new(StringArray::from_iter(cells.iter().map(|c| (!c.is_empty()).then_some(c))))
}
fn one(name: &str, cells: &[String]) -> PersonalDataFinding {
    scan(vec![(name, text(cells))]).remove(0)
}
fn told(finding: &PersonalDataFinding) -> (&str, &str) {
    (&finding.verdict, finding.kind.as_deref().unwrap_or("-"))
}

/// A small generator, so that every run sees the same columns.
struct Random(u64);
impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        let x = self.0 ^ (self.0 >> 33);
        x.wrapping_mul(0xff51_afd7_ed55_8ccd) >> 16
    }
    fn below(&mut self, n: u64) -> u64 {
        self.next() % n
    }
    fn digits(&mut self, n: u32) -> String {
        (0..n).map(|_| char::from(b'0' + self.below(10) as u8)).collect()
    }
}

fn list(name: &str) -> Option<Vec<String>> {
    let path = format!("{SHARED}/anonymization/personnummer-meta/{name}");
    let Ok(bytes) = std::fs::read(path) else {
        eprintln!("SKIPPED: ../shared/fixtures/anonymization/personnummer-meta/{name} is absent");
        return None;
    };
    Some(serde_json::from_slice(&bytes).unwrap())
}
fn pins(random: &mut Random, n: usize) -> Option<Vec<String>> {
    let all = list("allPins.json")?;
    Some((0..n).map(|_| all[random.below(all.len() as u64) as usize].clone()).collect())
}
fn ten(pin: &str) -> String {
    pin[2..].to_owned()
}
fn dashed(pin: &str) -> String {
    let separator = if pin[..4].parse::<i32>().unwrap() <= 1926 { '+' } else { '-' };
    format!("{}{separator}{}", &pin[2..8], &pin[8..])
}
/// A way to write an identity number.
type Form = fn(&str) -> String;
/// A column's header and its honest cells.
type Host<'a> = (&'a str, &'a dyn Fn(&mut Random) -> String);
/// Nine digits with their check digit.
fn checked(nine: &str) -> String {
    let sum: u32 = nine
        .bytes()
        .enumerate()
        .map(|(i, b)| u32::from(b - b'0') * (2 - i as u32 % 2))
        .map(|p| p / 10 + p % 10)
        .sum();
    format!("{nine}{}", (10 - sum % 10) % 10)
}
/// A number of a public body: group 2, third digit at least 2. Random, so no organisation is meant.
fn public_body(random: &mut Random) -> String {
    let number = checked(&format!("2{}{}{}", random.below(10), 2 + random.below(8), random.digits(6)));
    format!("{}-{}", &number[..6], &number[6..])
}

#[test]
fn a_clean_column_of_identity_numbers_is_direct_in_every_form() {
    let mut random = Random(1);
    let Some(pins) = pins(&mut random, 200) else { return };
    let forms: [Form; 4] = [str::to_owned, ten, dashed, |p| format!("{}-{}", &p[..8], &p[8..])];
    for form in forms {
        let found = one("id", &pins.iter().map(|p| form(p)).collect::<Vec<_>>());
        assert_eq!(told(&found), ("direct", "personal_identity_number"));
        assert_eq!((found.tested, found.matches, found.rows.len()), (200, 200, 20));
        assert!(!found.evidence.contains(&pins[0]));
    }
    let three: Vec<String> = pins.iter().take(3).map(|p| dashed(p)).collect();
    assert_eq!(told(&one("id", &three)).0, "direct", "three are enough");
}

#[test]
fn numbers_stored_as_integers_and_floats_are_restored() {
    let mut random = Random(2);
    let Some(pins) = pins(&mut random, 300) else { return };
    let ints = Int64Array::from_iter_values(pins.iter().map(|p| ten(p).parse::<i64>().unwrap()));
    let floats = Float64Array::from_iter_values(pins.iter().map(|p| p.parse::<f64>().unwrap()));
    let found = scan(vec![("a", Arc::new(ints) as ArrayRef), ("b", Arc::new(floats) as ArrayRef)]);
    assert!(found.iter().all(|f| told(f) == ("direct", "personal_identity_number")), "{found:?}");
    let spoiled: Vec<String> = pins.iter().map(|p| format!("{p}.0")).collect();
    assert_eq!(told(&one("c", &spoiled)).0, "direct");
}

#[test]
fn coordination_and_interim_numbers_have_kinds_of_their_own() {
    let Some(coords) = list("allCoords.json") else { return };
    assert_eq!(told(&one("id", &coords[..400])), ("direct", "coordination_number"));
    let interim: Vec<String> = ["T22", "R22"]
        .iter()
        .flat_map(|_| ["000101-T220", "000101-R220", "000101-S220", "000101-U220"])
        .map(str::to_owned)
        .collect();
    assert_eq!(told(&one("id", &interim)), ("direct", "interim_number"));
}

#[test]
fn numbers_that_pass_by_chance_are_no_persons() {
    let mut random = Random(3);
    let mut cells = |name: &str, make: &mut dyn FnMut(&mut Random, usize) -> String| {
        let cells: Vec<String> = (0..1000).map(|i| make(&mut random, i)).collect();
        (name.to_owned(), cells)
    };
    let columns = [
        cells("ordernummer", &mut |r, _| r.digits(10)),
        cells("beteckning", &mut |r, _| r.digits(10)),
        cells("lopnr", &mut |r, _| r.digits(12)),
        cells("ref", &mut |r, _| format!("{}-{}", r.digits(6), r.digits(4))),
        cells("sekvens", &mut |_, i| format!("{}", 9_001_010_000u64 + i as u64)),
        cells("epoch", &mut |r, _| format!("{}", 1_710_000_000 + r.below(2_300_000))),
        cells("stamp", &mut |r, _| {
            format!("2024{:02}{:02}{}", 1 + r.below(12), 1 + r.below(28), r.digits(4))
        }),
        cells("kundnr", &mut |r, _| checked(&r.digits(9))),
        cells("orgnr", &mut |r, _| public_body(r)),
        cells("kommun", &mut |r, _| format!("{:04}", 114 + r.below(2400))),
        cells("deso", &mut |r, _| format!("{:04}A{:04}", 114 + r.below(2400), r.below(100) * 10)),
        cells("diarienummer", &mut |r, _| format!("KS {}/{}", 2000 + r.below(26), r.digits(5))),
        cells("koordinat_n", &mut |r, _| {
            format!("{}.{}", 6_100_000 + r.below(1_500_000), r.digits(3))
        }),
        cells("ean", &mut |r, _| r.digits(13)),
        cells("uuid", &mut |r, _| {
            format!(
                "{:08x}-{:04x}-{:04x}-{:04x}-{:012x}",
                r.below(1 << 32),
                r.below(1 << 16),
                r.below(1 << 16),
                r.below(1 << 16),
                r.below(1 << 47)
            )
        }),
        cells("tid", &mut |r, _| {
            format!("2024-{:02}-{:02} {:02}:00:00", 1 + r.below(12), 1 + r.below(28), r.below(24))
        }),
    ];
    for (name, cells) in &columns {
        let found = one(name, cells);
        assert_eq!(found.verdict, "none", "{name}: {}", found.evidence);
    }
    let all: Vec<(&str, ArrayRef)> = columns.iter().map(|(name, cells)| (name.as_str(), text(cells))).collect();
    assert!(scan(all).iter().all(|f| f.verdict == "none"), "nor beside each other");
}

#[test]
fn contamination_of_one_to_five_percent_is_found() {
    let mut random = Random(4);
    let Some(pins) = pins(&mut random, 4000) else { return };
    let mut next = pins.iter().cycle();
    let hosts: [Host; 5] = [
        ("orgnr", &|r| public_body(r)),
        ("anteckning", &|r| format!("ärende {} avslutat", r.digits(4))),
        ("kundnr", &|r| r.digits(7)),
        ("diarienummer", &|r| format!("{}-{}", 2000 + r.below(26), r.digits(6))),
        ("tomt", &|_| "saknas".to_owned()),
    ];
    let (mut found, mut tried) = (0, 0);
    for size in [200usize, 600, 2000] {
        for percent in [1, 2, 5] {
            for (name, host) in &hosts {
                for form in [dashed, ten, str::to_owned] as [Form; 3] {
                    let cells: Vec<String> = (0..size)
                        .map(|i| {
                            if i % (100 / percent) == 7 {
                                form(next.next().unwrap())
                            } else {
                                host(&mut random)
                            }
                        })
                        .collect();
                    let verdict = one(name, &cells);
                    tried += 1;
                    found += usize::from(told(&verdict) == ("direct", "personal_identity_number"));
                }
            }
        }
    }
    eprintln!("contamination found in {found} of {tried} columns");
    assert!(found * 100 >= tried * 95, "{found} of {tried}");
}

#[test]
fn a_sole_trader_among_organisations_is_found_and_an_estate_flagged() {
    let mut random = Random(5);
    let Some(pins) = pins(&mut random, 1) else { return };
    let mut cells: Vec<String> = (0..300).map(|_| public_body(&mut random)).collect();
    assert_eq!(told(&one("Organisationsnummer", &cells)), ("none", "organisation_number"));
    cells[17] = dashed(&pins[0]);
    let found = one("Organisationsnummer", &cells);
    assert_eq!(
        (told(&found), found.rows.as_slice()),
        (("direct", "personal_identity_number"), &[17][..])
    );
    cells[17] = checked("192200123");
    assert_eq!(told(&one("Organisationsnummer", &cells)), ("direct", "organisation_number"));
    cells[17] = format!("SE{}01", ten(&pins[0]));
    assert_eq!(told(&one("momsnr", &cells)).0, "direct");
}

#[test]
fn near_misses_and_free_text_are_told_apart() {
    let mut random = Random(6);
    let Some(pins) = pins(&mut random, 40) else { return };
    let wrong: Vec<String> = pins
        .iter()
        .map(|p| format!("{}{}", &p[..11], (p[11..].parse::<u8>().unwrap() + 1) % 10))
        .collect();
    assert_eq!(told(&one("id", &wrong)).0, "none", "wrong check digits");
    let long: Vec<String> = pins.iter().map(|p| format!("9{p}7")).collect();
    assert_eq!(told(&one("id", &long)).0, "none", "inside a longer run");
    let mut notes: Vec<String> = (0..400).map(|i| format!("samtal {i} om bygglov")).collect();
    for (i, pin) in pins.iter().take(4).enumerate() {
        notes[i * 90] = format!("sökande {} hör av sig", dashed(pin));
    }
    let found = one("anteckning", &notes);
    assert_eq!((told(&found), found.matches), (("direct", "personal_identity_number"), 4));
    assert_eq!(found.rows, [0, 90, 180, 270]);
}

#[test]
fn a_header_alone_speaks_when_cells_cannot() {
    let masked: Vec<String> = (0..50).map(|i| format!("19800{:03}XXXX", 101 + i)).collect();
    assert_eq!(
        told(&one("personnummer", &masked)).0,
        "none",
        "eight digits and letters name nobody by themselves"
    );
    let births: Vec<String> = (0..50).map(|i| format!("198001{:02}", 1 + i % 28)).collect();
    assert_eq!(told(&one("personnummer", &births)), ("quasi-identifying", "date_of_birth"));
    let fake: Vec<String> = (0..50).map(|i| format!("99{:08}", i * 7_919)).collect();
    assert_eq!(
        told(&one("personnummer", &fake)),
        ("direct", "personal_identity_number"),
        "pseudonyms or wrong numbers: a person decides"
    );
    let counts: Vec<String> = (0..50).map(|i| i.to_string()).collect();
    assert_eq!(told(&one("antal personnummer", &counts)).0, "none");
    let words = vec!["x".to_owned(); 30];
    for (name, expected) in [
        ("Förnamn", ("direct", "given_name")),
        ("efternamn", ("direct", "family_name")),
        ("födelsedatum", ("quasi-identifying", "date_of_birth")),
        ("ålder", ("quasi-identifying", "-")),
        ("kön", ("quasi-identifying", "-")),
        ("postnummer", ("quasi-identifying", "postcode")),
        ("diagnos", ("sensitive", "special_category")),
        ("station", ("none", "-")),
    ] {
        assert_eq!(told(&one(name, &words)), expected, "{name}");
    }
    assert_eq!(
        told(&one("diagnos", &vec![String::new(); 30])).0,
        "none",
        "an empty column says nothing"
    );
}

#[test]
fn names_are_persons_only_among_a_persons_other_columns() {
    let names: Vec<String> = ["Berit Exempel", "Sten Påhittad", "Kim Test-Sson"]
        .iter()
        .cycle()
        .take(30)
        .map(|s| (*s).to_owned())
        .collect();
    let ages: Vec<String> = (0..30).map(|i| (20 + i).to_string()).collect();
    assert_eq!(told(&one("namn", &names)).0, "none");
    let found = scan(vec![("namn", text(&names)), ("ålder", text(&ages))]);
    assert_eq!(told(&found[0]), ("direct", "person_name"));
}

#[test]
fn unresolved_are_direct_finds_neither_removed_nor_cleared_for_their_kind() {
    let mails = text(&["info@exempelby.example".to_owned(), "registrator@exempelby.example".to_owned()]);
    let findings = scan(vec![("epost", mails)]);
    let with = |role: Role, cleared: Option<&str>| PrivacyPolicy {
        columns: BTreeMap::from([("epost".to_owned(), ColumnPolicy::Role(role))]),
        model: None,
        cleared: cleared
            .map(|kind| {
                let clearance = Clearance {
                    kind: kind.to_owned(),
                    reason: "funktionsadresser".into(),
                    by: "B. Exempel".into(),
                    role: "handläggare".into(),
                    date: day(),
                };
                ("epost".to_owned(), clearance)
            })
            .into_iter()
            .collect(),
        ..PrivacyPolicy::default()
    };
    assert_eq!(unresolved(&findings, &with(Role::Plain, None)).len(), 1);
    assert_eq!(unresolved(&findings, &with(Role::Sensitive, None)).len(), 1);
    assert_eq!(unresolved(&findings, &with(Role::Plain, Some("phone"))).len(), 1, "another kind");
    assert!(unresolved(&findings, &with(Role::Plain, Some("e-mail"))).is_empty());
    assert!(unresolved(&findings, &with(Role::Identifier, None)).is_empty());
}

/// Every real file, as text and with its whole numbers as integers: no person's number is in any of them.
#[test]
fn real_open_data_holds_no_identity_numbers() {
    let Ok(folder) = std::fs::read_dir(format!("{SHARED}/real/csv")) else {
        eprintln!("SKIPPED: ../shared/fixtures/real/csv is absent");
        return;
    };
    let mut files: Vec<_> = folder.map(|e| e.unwrap().path()).filter(|p| p.is_file()).collect();
    files.extend(["Scuole.csv", "Impianti-Sportivi.csv"].map(|n| format!("{SHARED}/real/csv/molinella/{n}").into()));
    files.sort();
    for path in files {
        let bytes = std::fs::read(&path).unwrap();
        let content: String = String::from_utf8(bytes.clone()).unwrap_or_else(|_| bytes.iter().map(|b| char::from(*b)).collect());
        let delimiter = *[';', '\t', ','].iter().max_by_key(|d| content.matches(**d).count()).unwrap();
        let rows: Vec<Vec<&str>> = content
            .lines()
            .map(|line| line.split(delimiter).map(|c| c.trim_matches('"')).collect())
            .collect();
        let width = rows[0].len();
        for index in 0..width {
            let name = rows[0][index];
            let cells: Vec<String> = rows[1..]
                .iter()
                .map(|row| row.get(index).copied().unwrap_or_default().to_owned())
                .collect();
            let mut found = vec![one(name, &cells)];
            if let Ok(ints) = cells
                .iter()
                .filter(|c| !c.is_empty())
                .map(|c| c.parse::<i64>())
                .collect::<Result<Vec<_>, _>>()
                && !ints.is_empty()
            {
                found.extend(scan(vec![(name, Arc::new(Int64Array::from(ints)) as ArrayRef)]));
            }
            for finding in found {
                let file = path.file_name().unwrap().to_string_lossy();
                assert_ne!(finding.verdict, "direct", "{file} {name}: {:?} {}", finding.kind, finding.evidence);
            }
        }
    }
}

/// The register of authorities: organisations of group 2 are nobody, their mail boxes and telephones are found for a person to judge.
#[test]
fn the_register_of_authorities_holds_organisations_and_function_addresses() {
    let Ok(bytes) = std::fs::read(format!("{SHARED}/real/json/myndighetsregister-scb.json")) else {
        eprintln!("SKIPPED: ../shared/fixtures/real/json/myndighetsregister-scb.json is absent");
        return;
    };
    let root: serde_json::Value = serde_json::from_slice(&bytes).unwrap();
    let rows: Vec<&serde_json::Value> = root.as_object().unwrap().values().collect();
    let cells = |key: &str| {
        rows.iter()
            .map(|row| row[key].as_str().unwrap_or_default().to_owned())
            .collect::<Vec<_>>()
    };
    let names: Vec<String> = root.as_object().unwrap().keys().cloned().collect();
    let keys = ["org_nr", "email", "phone", "created_by", "website", "group"];
    let mut columns: Vec<(&str, ArrayRef)> = keys.iter().map(|key| (*key, text(&cells(key)))).collect();
    columns.push(("name", text(&names)));
    let found = scan(columns);
    let told: Vec<_> = found.iter().map(told).collect();
    assert_eq!(
        told,
        [
            ("none", "organisation_number"),
            ("direct", "e_mail"),
            ("direct", "phone"),
            ("none", "-"),
            ("none", "-"),
            ("none", "-"),
            ("none", "-")
        ]
    );
    let ints: Vec<i64> = cells("org_nr").iter().filter_map(|c| c.replace('-', "").parse().ok()).collect();
    let found = scan(vec![("nummer", Arc::new(Int64Array::from(ints)) as ArrayRef)]);
    assert_eq!(found[0].verdict, "none", "{}", found[0].evidence);
}
