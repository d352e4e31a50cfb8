//! What is found in running text, kind by kind, and what is left alone. People come from the tax agency's test list (189001019802 and
//! 191401682396 open it), telephone numbers from the range that is set aside for fiction.
use super::*;

fn found(text: &str) -> Vec<(String, String)> {
    let mut scanner = Scanner::new("2026-11-22".parse().unwrap());
    let spans = scanner.spans(text);
    spans
        .iter()
        .map(|span| (span.kind.as_str().to_owned(), text[span.start..span.end].to_owned()))
        .collect()
}

fn check(cases: &[(&str, &[(&str, &str)])]) {
    for (text, expected) in cases {
        let expected: Vec<(String, String)> = expected
            .iter()
            .map(|(kind, value)| ((*kind).to_owned(), (*value).to_owned()))
            .collect();
        assert_eq!(found(text), expected, "{text}");
    }
}

#[test]
fn numbers_of_people_stand_alone_and_agree() {
    check(&[
        (
            "Sökanden 18900101-9802 hör av sig.",
            &[("personal_identity_number", "18900101-9802")],
        ),
        ("pnr 189001019802, ny", &[("personal_identity_number", "189001019802")]),
        ("(900101+9802)", &[("personal_identity_number", "900101+9802")]),
        ("född 18900101 9802", &[("personal_identity_number", "18900101 9802")]),
        ("samordningsnummer 191401682396", &[("coordination_number", "191401682396")]),
        ("interim 000101-T220.", &[("interim_number", "000101-T220")]),
        ("org.nr 202100-5943", &[("organisation_number", "202100-5943")]),
        ("momsnr SE202100594301", &[("vat_number", "SE202100594301")]),
        ("18900101-9803", &[]),
        ("1189001019802", &[]),
        ("18900101-98021", &[]),
        ("12-18900101-9802", &[]),
        ("ordernr 9001019802", &[]),
        ("0.189001019802", &[]),
    ]);
}

#[test]
fn contacts_and_accounts() {
    check(&[
        (
            "Ring 070-174 06 05 eller 08-465 004 00.",
            &[("phone", "070-174 06 05"), ("phone", "08-465 004 00")],
        ),
        ("tel +46 (0)70-174 06 05", &[("phone", "+46 (0)70-174 06 05")]),
        ("mobil 0701740605", &[("phone", "0701740605")]),
        ("nås på 0980-319 200", &[("phone", "0980-319 200")]),
        ("den 08-12-2020 kl 10.30", &[]),
        ("2024-01-15 10:00:00", &[]),
        ("bg 5050-1055", &[]),
        ("Skriv till info@exempelby.example.", &[("e_mail", "info@exempelby.example")]),
        ("<a.b@c.se>; pris @ 20", &[("e_mail", "a.b@c.se")]),
        (
            "IBAN SE45 5000 0000 0583 9825 7466 tack",
            &[("iban", "SE45 5000 0000 0583 9825 7466")],
        ),
        ("SE46 5000 0000 0583 9825 7466", &[]),
        ("från 192.0.2.17 i natt", &[("ip_address", "192.0.2.17")]),
        ("version 1.2.3.4", &[]),
        ("kort 00:00:5e:00:53:af", &[("mac_address", "00:00:5e:00:53:af")]),
        ("kort 00-00-5E-00-53-AF", &[("mac_address", "00-00-5E-00-53-AF")]),
        ("kl 10:30:00", &[]),
        ("nod 2001:db8::17", &[("ip_address", "2001:db8::17")]),
    ]);
}

/// Clearing 6000 is of a series whose nine digits end in a check digit of their own.
#[test]
fn an_account_is_known_by_words_or_by_standing_apart_from_its_clearing_number() {
    let account = (0..10)
        .map(|check| format!("00123456{check}"))
        .find(|nine| account::is_account(format!("6000{nine}").as_bytes()))
        .unwrap();
    let apart = format!("6000-{account}");
    for text in [
        format!("Insättning på {apart} tack."),
        format!("Det är {apart} i Handelsbanken."),
        format!("Skicka allt till {apart} i morgon."),
        format!("Numret 6000 {account} gäller."),
    ] {
        assert_eq!(found(&text).first().map(|(kind, _)| kind.as_str()), Some("bank_account"), "{text}");
    }
    for text in [
        format!("order {apart}"),
        format!("dnr {apart}"),
        format!("numret 6000{account}"),
        format!("numret 2024-{account}"),
        format!("numret 6000 12 34 56 {account}"),
    ] {
        assert!(found(&text).iter().all(|(kind, _)| kind != "bank_account"), "{text}");
    }
}

#[test]
fn places_papers_and_days() {
    check(&[
        (
            "bor på Storgatan 5 B, 123 45 Exempelby",
            &[("street_address", "Storgatan 5 B"), ("postcode", "123 45")],
        ),
        ("Norra vägen 12", &[("street_address", "Norra vägen 12")]),
        ("utmed väg 50 och länsväg 267", &[]),
        ("123 45 personer", &[]),
        ("fastigheten Skövde Berga 1:2", &[("property_designation", "Skövde Berga 1:2")]),
        ("Luk 2:14 och skala 1:50, matchen slutade 3:2", &[]),
        ("enligt lag (2018:218)", &[]),
        ("bilen ABC 12D stod kvar", &[("vehicle_plate", "ABC 12D")]),
        ("bilen MLB 123", &[]),
        ("SFS 218 och ISO 900", &[]),
        ("dnr KS 2023/00123", &[("case_number", "KS 2023/00123")]),
        ("mål nr T 1234-23", &[("case_number", "T 1234-23")]),
        ("prop. 2017/18:105", &[]),
        ("född 1980-01-02 i Lund", &[("date_of_birth", "1980-01-02")]),
        ("f. 2 januari 1980", &[("date_of_birth", "2 januari 1980")]),
        ("möte 1980-01-02", &[]),
        ("passnummer 12345678", &[("passport_number", "12345678")]),
        ("vid 58.39118, 13.84506", &[("coordinate", "58.39118, 13.84506")]),
        ("vid 58.39, 13.84", &[]),
        ("SWEREF 99 TM 6472345, 432198", &[("coordinate", "6472345, 432198")]),
    ]);
}

#[test]
fn names_in_company() {
    check(&[
        ("Anna Svensson ringde.", &[("person_name", "Anna Svensson")]),
        ("Det är Anna Svenssons bil.", &[("person_name", "Anna Svensson")]),
        ("Hej Lars!", &[("given_name", "Lars")]),
        ("Svensson, Anna", &[("person_name", "Svensson, Anna")]),
        ("handläggare A. Svensson", &[("person_name", "A. Svensson")]),
        ("Karin von Granfalk", &[("person_name", "Karin von Granfalk")]),
        ("fru Granfalk", &[("family_name", "Granfalk")]),
        ("Anna-Karin Lind-Berg", &[("person_name", "Anna-Karin Lind-Berg")]),
        ("Lars Larsson Bygg AB", &[]),
        ("Sankt Olof och Björn Borgs gata", &[]),
        ("Karl Johans torg", &[]),
        ("Station Centralen i Kristianstad", &[]),
    ]);
}

/// Texts that open with what elsewhere has a word before it.
#[test]
fn a_text_may_open_with_a_number() {
    for text in [
        "0:1(",
        "1:2",
        "12345 Exempelby och mer",
        "123 45",
        "123 ABC",
        "5 B",
        "070",
        "+46",
        "1",
        ":1",
        "12:34:56",
    ] {
        found(text);
    }
}

#[test]
fn overlapping_finds_leave_one() {
    let text = "anna.svensson@exempelby.example";
    assert_eq!(found(text).len(), 1);
    assert_eq!(found(""), []);
    assert_eq!(found("å—ö ”𝔘” 🙂 1"), []);
}

proptest::proptest! {
    #[test]
    fn spans_lie_in_the_text_in_order(text in "[A-Za-zåäöÅÄÖ0-9 @:.,+/()–”€🙂é'-]{0,120}") {
        let mut scanner = Scanner::new("2026-11-22".parse().unwrap());
        let mut last = 0;
        for span in scanner.spans(&text) {
            proptest::prop_assert!(span.start >= last && span.end > span.start && text.get(span.start..span.end).is_some());
            last = span.end;
        }
    }
}

#[test]
fn quotation_marks_and_dashes_are_no_part_of_what_they_enclose() {
    check(&[
        (
            "Hon skrev ”18900101-9802” på raden.",
            &[("personal_identity_number", "18900101-9802")],
        ),
        (
            "Beslutet – 18900101-9802 – gäller.",
            &[("personal_identity_number", "18900101-9802")],
        ),
        ("Adressen är “info@exempelby.example”.", &[("e_mail", "info@exempelby.example")]),
        ("Svar till–info@exempelby.example–i dag", &[("e_mail", "info@exempelby.example")]),
        ("Ärendet ”Anna Svensson” är avslutat.", &[("person_name", "Anna Svensson")]),
        ("Ordföranden–Anna Svensson–avgick.", &[("person_name", "Anna Svensson")]),
        ("’Anna-Karin Svensson’", &[("person_name", "Anna-Karin Svensson")]),
        ("Bilen ”ABC 123” parkerades", &[("vehicle_plate", "ABC 123")]),
        ("Ring 070-174 06 05… nu", &[("phone", "070-174 06 05")]),
        ("kostar 18900101-9802€", &[("personal_identity_number", "18900101-9802")]),
    ]);
}
