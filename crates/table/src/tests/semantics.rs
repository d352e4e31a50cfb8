//! Semantic types: honest columns that must be known, and look-alikes that must not.

use super::{Sample, staged};

/// A file of one or two columns; what the first column means.
fn check(columns: &[(&str, &[&str])], expected: Option<&str>) -> Sample {
    let headers: Vec<&str> = columns.iter().map(|(header, _)| *header).collect();
    let rows = columns.iter().map(|(_, values)| values.len()).max().unwrap_or(0);
    let mut text = format!("{};rad\n", headers.join(";"));
    for row in 0..rows {
        let cells: Vec<&str> = columns.iter().map(|(_, values)| values.get(row).copied().unwrap_or("")).collect();
        text.push_str(&format!("{};r{row}\n", cells.join(";")));
    }
    let sample = staged("prov.csv", &text);
    let name = &sample.facts.report.columns[0].name;
    assert_eq!(sample.semantic(name), expected, "{}: {:?}", headers[0], sample.column(name));
    sample
}

const KOMMUNER: &[&str] = &["0180", "1480", "1280", "0380"];

#[test]
fn honest_columns_are_known() {
    for (header, values, expected) in [
        ("Kommunkod", KOMMUNER, "municipality_code"),
        ("kommun_kod", &["180", "1480", "380", "114"][..], "municipality_code"),
        ("Kommun", &["1121", "0180", "1280", "1480"][..], "municipality_code"),
        ("Länskod", &["01", "12", "25", "14"][..], "county_code"),
        (
            "Kommun",
            &["Stockholm", "Göteborg", "Malmö", "Upplands Väsby"][..],
            "municipality_name",
        ),
        ("Län", &["Stockholms län", "Skåne län", "Uppsala län"][..], "county_name"),
        ("Län", &["AB", "C", "M", "BD"][..], "county_letter"),
        ("DeSO", &["0114A0010", "0180C2340", "1480B2010"][..], "deso"),
        ("regionkod", &["0114A0010", "0180C2340", "1480B2010"][..], "deso"),
        ("RegSO-kod", &["0114R001", "0180R012"][..], "regso"),
        ("Postnummer", &["111 20", "41101", "753 10"][..], "postcode"),
        ("orgnr", &["202100-5448", "202100-0035", "2021000050"][..], "organisation_number"),
        ("SNI", &["62.010", "01.110", "86.211"][..], "sni"),
        ("näringsgren", &["62010", "01110", "86211"][..], "sni"),
        ("SSYK 2012", &["2512", "0110", "1111"][..], "ssyk"),
        ("Yrkeskod", &["2512", "2511", "1111"][..], "ssyk"),
        ("landkod", &["SE", "NO", "DK"][..], "country_code"),
        ("NUTS3", &["SE110", "SE224", "SE232"][..], "nuts"),
        ("språk", &["sv", "en", "fi"][..], "language"),
        ("Valuta", &["SEK", "EUR", "SEK"][..], "currency"),
        ("e-post", &["info@exempelby.example", "a@b.example"][..], "e_mail"),
        ("Telefon", &["08-123 45 67", "+46 31 390 06 00", "0701740605"][..], "phone"),
        ("webb", &["https://exempelby.example", "https://b.example/x"][..], "url"),
        (
            "nyckel",
            &["7f3c2a10-93bb-4c1f-8d21-0a4e5b6c7d8e", "00000000-0000-4000-8000-000000000001"][..],
            "uuid",
        ),
        ("Andel (%)", &["12,5", "99,9", "0"][..], "percentage"),
        ("andel", &["0,5", "0,25", "1"][..], "percentage"),
        ("Förändring, procent", &["-3,5", "120", "4"][..], "percentage"),
        ("Belopp (kr)", &["12 500,00", "99,90", "-4,00"][..], "amount"),
        ("År", &["2021", "2022", "2023"][..], "year"),
        ("personnummer", &["811228-9874", "670919-9530"][..], "personal_identity_number"),
        ("id-nr", &["701063-2391"][..], "coordination_number"),
    ] {
        let sample = check(&[(header, values)], Some(expected));
        let semantic = sample.facts.report.columns[0].semantic.clone().unwrap();
        assert!(
            semantic.confidence > 0.7 && semantic.matches == values.len() as u64,
            "{header}: {semantic:?}"
        );
        assert!(semantic.evidence.contains(" of "), "{header}: {semantic:?}");
    }
}

#[test]
fn look_alikes_are_not_taken() {
    for (header, values) in [
        // Four digits that happen to be municipality codes.
        ("ordernr", KOMMUNER),
        ("antal", &["1480", "1280", "1380"][..]),
        ("kod", KOMMUNER),
        // Years that are also municipality codes (2021, 2023, 2026 are).
        ("diarieår", &["2021", "2023", "2026"][..]),
        ("id", &["2021", "2023", "2026"][..]),
        ("kommun", &["9999", "0001", "0180"][..]),
        // Ten digits at random: few have a date and a check digit.
        ("ordernr", &["5560360793", "1234567890", "9912319999", "7403125678"][..]),
        ("orgnr", &["1234567890", "9876543210"][..]),
        ("kundnummer", &["2021005448", "2021000035"][..]),
        // Five digits that are no postcode, industry or DeSO by their header.
        ("artikel", &["11120", "41101", "75310"][..]),
        ("bransch", &["99999", "12345", "88888"][..]),
        ("snitt", &["62010", "01110"][..]),
        ("SSYK", &["9999", "8888", "7777"][..]),
        ("deso", &["0199A0010", "9999C0010"][..]),
        ("land", &["Sverige", "Norge"][..]),
        ("språk", &["svenska", "engelska"][..]),
        ("valuta", &["kronor", "euro"][..]),
        ("län", &["syd", "norr"][..]),
        ("telefon", &["nej", "ja, 2"][..]),
        ("andel", &["120", "350", "4"][..]),
        ("kostnadsställe", &["1000", "2000"][..]),
        ("avgiftstyp", &["1", "2"][..]),
        // An age and an hour are no coordinate.
        ("n", &["60", "58", "61"][..]),
    ] {
        let sample = staged(
            "prov.csv",
            &format!(
                "{header};rad\n{}",
                values.iter().map(|value| format!("{value};x\n")).collect::<String>()
            ),
        );
        assert_eq!(sample.facts.report.columns[0].semantic, None, "{header}");
    }
}

#[test]
fn codes_under_a_vague_header_need_the_names_beside_them() {
    let names: &[&str] = &["Stockholm", "Göteborgs stad", "MALMÖ", "Uppsala kommun"];
    let sample = check(&[("kod", KOMMUNER), ("namn", names)], Some("municipality_code"));
    assert!(
        sample
            .column("kod")
            .semantic
            .as_ref()
            .unwrap()
            .evidence
            .contains("the column namn names the same places")
    );
    let sample = check(
        &[("id", &["1480", "1280"]), ("namn", &["Göteborg", "Malmö"])],
        Some("municipality_code"),
    );
    assert_eq!(sample.kind("id"), fyr_model::table::ColumnType::Code, "a code is no number");
    assert_eq!(sample.cells("id"), ["1480", "1280"]);
    check(&[("kod", KOMMUNER), ("namn", &["Stockholm", "Göteborg", "Malmö", "Lund"])], None);
    check(&[("kod", &["0180", "0180"]), ("namn", &["Stockholm", "Stockholm"])], None);
    check(
        &[("kod", &["01", "12"]), ("län", &["Stockholms län", "Skåne län"])],
        Some("county_code"),
    );
}

#[test]
fn a_deso_code_shows_its_division() {
    for (values, expected) in [
        (&["0114C1060", "0114A0010"][..], "division is that of 2018"),
        (&["0114C1061", "0114A0010"][..], "division is that of 2025"),
        (&["0114A0010", "0180C2340"][..], "no code tells"),
        (&["0114C1060", "0114C1061"][..], "mixed"),
    ] {
        let sample = check(&[("DeSO", values)], Some("deso"));
        let evidence = &sample.column("DeSO").semantic.as_ref().unwrap().evidence;
        assert!(evidence.contains(expected), "{evidence}");
    }
}

#[test]
fn coordinates_come_in_pairs_inside_sweden() {
    let (north, east) = (&["6580822", "6 170 000,5"][..], &["674032", "374000"][..]);
    for (first, second, system) in [
        (("N", north), ("E", east), "SWEREF 99 TM"),
        (("sweref_n", north), ("sweref_e", east), "SWEREF 99 TM"),
        (
            ("X", &["6581000", "6170500"][..]),
            ("Y", &["1628000", "1320400"][..]),
            "RT 90 2.5 gon V",
        ),
        (
            ("lat", &["59.3293", "55.6050"][..]),
            ("long", &["18.0686", "13.0038"][..]),
            "WGS 84",
        ),
        (
            ("Latitud", &["59,3293", "55,6050"][..]),
            ("Longitud", &["18,0686", "13,0038"][..]),
            "WGS 84",
        ),
    ] {
        let sample = check(&[first, second], Some("coordinate"));
        assert_eq!(sample.semantic(second.0), Some("coordinate"));
        let evidence = &sample.column(first.0).semantic.as_ref().unwrap().evidence;
        assert!(evidence.contains(system) && evidence.contains("as north"), "{evidence}");
        assert!(!sample.finding("coordinates-swapped"), "{first:?}");
    }
    let sample = check(
        &[("lat", &["18.0686", "13.0038"]), ("lon", &["59.3293", "55.6050"])],
        Some("coordinate"),
    );
    assert!(sample.finding("coordinates-swapped"));
    // One column alone, a pair outside Sweden, and a pair whose headers say nothing.
    check(&[("lat", &["59.3293", "55.6050"])], None);
    check(&[("lat", &["48.8566", "52.5200"]), ("lon", &["2.3522", "13.4050"])], None);
    check(&[("belastning", &["59.3293", "55.6050"]), ("flöde", &["18.0686", "13.0038"])], None);
}

#[test]
fn a_specification_is_named_in_the_report() {
    let sample = staged(
        "badplatser.csv",
        "place_id;name;latitude;longitude;hov_ref;wikidata;updated;temp_url;description\nb1;Näset;59.32931;18.06861;SE0110180;Q1;2024-06-01;https://a.example;x\nb2;Udden;59.12931;18.16861;SE0110181;Q2;2024-06-01;https://b.example;y\n",
    );
    let found: Vec<_> = sample
        .facts
        .report
        .findings
        .iter()
        .filter(|finding| finding.id.starts_with("specification-"))
        .collect();
    assert_eq!(
        found.iter().map(|finding| finding.id.as_str()).collect::<Vec<_>>(),
        ["specification-recognised"],
        "{found:?}"
    );
}
