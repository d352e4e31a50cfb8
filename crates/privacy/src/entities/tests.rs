//! What is tagged, and to which code; and what is left alone.

use super::*;

fn check(text: &str, expected: &[(&str, &str)]) {
    let found = tagged(text);
    let told: Vec<(&str, &str)> = found.iter().map(|one| (&text[one.start..one.end], one.code.as_str())).collect();
    assert_eq!(told, expected, "{text}");
}

#[test]
fn municipalities_have_the_numbers_of_scb() {
    check(
        "Skövde kommun och Lunds kommun",
        &[("Skövde kommun", "1496"), ("Lunds kommun", "1281")],
    );
    check("Skolan ligger i Umeå.", &[("Umeå", "2480")]);
    check("Lilla Edets kommun", &[("Lilla Edets kommun", "1462")]);
    check("Upplands Väsby", &[("Upplands Väsby", "0114")]);
    check(
        "kommunerna Skövde, Kalmar och Växjö",
        &[("Skövde", "1496"), ("Kalmar", "0880"), ("Växjö", "0780")],
    );
    for none in [
        "Det ska vara klart.",
        "Anna Lund ringde",
        "i Kalmar län",
        "Marks and Spencer",
        "till Stockholms universitet",
    ] {
        assert!(tagged(none).iter().all(|one| one.kind != EntityKind::Municipality), "{none}");
    }
}

#[test]
fn agencies_have_the_numbers_of_the_register() {
    check(
        "Integritetsskyddsmyndigheten beslutade",
        &[("Integritetsskyddsmyndigheten", "202100-0050")],
    );
    check("POLISMYNDIGHETENS yttrande", &[("POLISMYNDIGHETEN", "202100-0076")]);
    check(
        "the Swedish Prosecution Authority",
        &[("Swedish Prosecution Authority", "202100-0084")],
    );
    for none in ["polismyndigheten i landet Utopia-rådet", "myndigheten svarade", "AB Bra"] {
        assert!(
            tagged(none)
                .iter()
                .all(|one| one.kind != EntityKind::Agency || none.starts_with("polis")),
            "{none}"
        );
    }
}

#[test]
fn acts_have_the_numbers_of_sfs_and_eur_lex() {
    check("lagen (2018:218) gäller", &[("lagen (2018:218)", "2018:218")]);
    check("SFS 2009:400", &[("SFS 2009:400", "2009:400")]);
    check(
        "offentlighets- och sekretesslagen",
        &[("offentlighets- och sekretesslagen", "2009:400")],
    );
    check("10 kap. 2 § OSL", &[("OSL", "2009:400")]);
    check("förordning (EU) 2016/679", &[("förordning (EU) 2016/679", "32016R0679")]);
    check("förordning (EU) nr 910/2014", &[("förordning (EU) nr 910/2014", "32014R0910")]);
    check("direktiv 2007/2/EG", &[("direktiv 2007/2/EG", "32007L0002")]);
    check("enligt GDPR", &[("GDPR", "32016R0679")]);
    for none in [
        "matchen slutade 3:2",
        "skala 1:5000",
        "prop. 2017/18:105",
        "fast i klistret FL",
        "Berga 1998:8",
    ] {
        assert!(tagged(none).iter().all(|one| one.kind != EntityKind::Law), "{none}");
    }
}

#[test]
fn days_are_those_of_iso_8601() {
    check(
        "den 3 mars 2024 och 2024-03-04",
        &[("3 mars 2024", "2024-03-03"), ("2024-03-04", "2024-03-04")],
    );
    check("March 3, 2024", &[("March 3, 2024", "2024-03-03")]);
    check("3/3 2024", &[("3/3 2024", "2024-03-03")]);
    check("mars 2024", &[("mars 2024", "2024-03")]);
    check("2024-03", &[("2024-03", "2024-03")]);
    check("2024K1 mot Q2 2024", &[("2024K1", "2024-Q1"), ("Q2 2024", "2024-Q2")]);
    for none in [
        "2024-13-01",
        "30 februari 2024",
        "18900101-9802",
        "12-2024-03-04",
        "i mars",
        "2024/25",
    ] {
        assert!(tagged(none).iter().all(|one| one.kind != EntityKind::Date), "{none}");
    }
}

proptest::proptest! {
    #[test]
    fn entities_lie_in_the_text_in_order(text in "[A-Za-zåäöÅÄÖ0-9 §@:.,+/()-]{0,120}") {
        let mut last = 0;
        for one in tagged(&text) {
            proptest::prop_assert!(one.start >= last && one.end > one.start && text.get(one.start..one.end).is_some());
            last = one.end;
        }
    }
}
