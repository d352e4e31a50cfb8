//! Rules: short forms, both ways of running, what may leave, and the parser on any text.

use fyr_model::quality::{QualityReport, Scalar, ShortRule};
use proptest::prelude::*;
use tempfile::TempDir;

use super::{Sample, staged};
use crate::rules::{self, Rule, expand};
use crate::{Engine, Mode, open};

fn engine() -> (TempDir, Engine) {
    let dir = TempDir::new().unwrap();
    let engine = open(&Mode::Embedded, 256 << 20, dir.path()).unwrap();
    (dir, engine)
}

fn short(toml_like: serde_json::Value) -> ShortRule {
    serde_json::from_value(toml_like).unwrap()
}

macro_rules! short {
    ($($json:tt)+) => { short(serde_json::json!({ $($json)+ })) };
}

/// Both ways of running give the same report.
async fn checked(sample: &Sample, rules: &[Rule]) -> QualityReport {
    let (_dir, engine) = engine();
    let columns = &sample.facts.report.columns;
    let report = engine
        .check(&[sample.path()], columns, rules)
        .await
        .unwrap_or_else(|refusal| panic!("{refusal:?}"));
    let other = engine
        .check_by_plans(&[sample.path()], columns, rules)
        .await
        .unwrap_or_else(|refusal| panic!("{refusal:?}"));
    assert_eq!(report, other, "one pass and plans agree");
    report
}

async fn failing(sample: &Sample, short: &ShortRule) -> Vec<u64> {
    let rule = expand(short).unwrap_or_else(|refusal| panic!("{refusal:?}"));
    assert_eq!(
        rules::parse(&rule.text()).unwrap_or_else(|refusal| panic!("{refusal:?}: {}", rule.text())),
        rule,
        "written and read back"
    );
    let report = checked(sample, &[rule]).await;
    let found = &report.rules[0];
    if found.rows.is_empty() && found.failed > 0 {
        vec![u64::MAX]
    } else {
        found.rows.clone()
    }
}

const TABLE: &str = "id;kod;namn;antal;slut;datum;år;status\n\
A1;0180;Stockholm;5;9;2024-03-01;2024;öppen\n\
A2;1480;Göteborgs stad;7;6;2023-03-01;2024;stängd\n\
A2;1280;Lund;-3;9;2024-03-01;2024;okänd\n\
;0199;Ingen;;9;2022-03-01;2022;öppen\n";

#[tokio::test]
async fn short_forms_find_the_rows() {
    let sample = staged("prov.csv", TABLE);
    for (rule, expected) in [
        (short!("kind": "not-null", "column": "id"), &[3][..]),
        (short!("kind": "unique", "column": "id"), &[2]),
        (short!("kind": "key", "columns": ["id"]), &[2, 3]),
        (short!("kind": "key", "columns": ["id", "kod"]), &[3]),
        (short!("kind": "type", "column": "kod", "type": "integer"), &[]),
        (short!("kind": "type", "column": "namn", "type": "date"), &[0, 1, 2, 3]),
        (short!("kind": "range", "column": "antal", "min": 0, "max": 6), &[1, 2]),
        (short!("kind": "range", "column": "antal", "max": 6.5, "nulls": "fail"), &[1, 3]),
        (short!("kind": "range", "column": "datum", "min": "2023-01-01"), &[3]),
        (short!("kind": "length", "column": "namn", "min": 5, "max": 9), &[1, 2]),
        (short!("kind": "pattern", "column": "kod", "pattern": "0[0-9]{3}"), &[1, 2]),
        (short!("kind": "values", "column": "status", "values": ["öppen", "stängd"]), &[2]),
        (short!("kind": "values", "column": "antal", "values": [5, 7]), &[2]),
        (short!("kind": "values", "column": "antal", "values": ["5", "7"]), &[2]),
        (short!("kind": "register", "column": "kod", "register": "municipality"), &[3]),
        (
            short!("kind": "compare", "column": "slut", "operator": ">=", "other": "antal"),
            &[1],
        ),
        (short!("kind": "code-name", "column": "kod", "other": "namn"), &[2]),
        (short!("kind": "date-year", "column": "datum", "other": "år"), &[1]),
        (short!("kind": "freshness", "column": "datum", "days": 30, "at": "2024-03-15"), &[]),
        (
            short!("kind": "freshness", "column": "datum", "frequency": "MONTHLY", "at": "2024-06-15"),
            &[u64::MAX],
        ),
        (short!("kind": "freshness", "column": "år", "days": 10, "at": "2025-01-05"), &[]),
        (short!("kind": "volume", "min": 2, "max": 4), &[]),
        (short!("kind": "volume", "min": 5), &[u64::MAX]),
        (
            short!("kind": "distribution", "column": "status", "values": ["öppen", "stängd", "annan"], "shares": [0.5, 0.25, 0.25]),
            &[],
        ),
        (
            short!("kind": "distribution", "column": "status", "values": ["öppen", "stängd", "annan"], "shares": [0.01, 0.01, 0.98]),
            &[u64::MAX],
        ),
        (
            short!("kind": "distribution", "column": "slut", "edges": [8.0], "shares": [0.25, 0.75], "psi_max": 0.1),
            &[],
        ),
    ] {
        assert_eq!(failing(&sample, &rule).await, expected, "{rule:?}");
    }
}

#[tokio::test]
async fn sums_hold_within_what_the_source_does_to_its_numbers() {
    let sample = staged(
        "prov.csv",
        "män;kvinnor;totalt\n10;20;30\n11;20;30\n14;20;30\n0,5;0,25;0,75\n;20;30\n",
    );
    for (rule, expected) in [
        (short!("kind": "sum", "columns": ["män", "kvinnor"], "total": "totalt"), &[1, 2][..]),
        // Rounded to whole ones: half a unit times three.
        (
            short!("kind": "sum", "columns": ["män", "kvinnor"], "total": "totalt", "unit": 1.0),
            &[2],
        ),
        // Noise of at most two in each of three cells.
        (
            short!("kind": "sum", "columns": ["män", "kvinnor"], "total": "totalt", "noise": 2.0),
            &[],
        ),
    ] {
        assert_eq!(failing(&sample, &rule).await, expected, "{rule:?}");
    }
    let sample = staged(
        "prov.csv",
        "region;år;antal\n00;2023;30\n01;2023;10\n03;2023;20\n00;2024;33\n01;2024;10\n03;2024;20\n00;2025;9\n01;2025;\n03;2025;4\n",
    );
    let rule = short!("kind": "sum-rows", "column": "antal", "over": "region", "total": "00", "by": ["år"]);
    assert_eq!(failing(&sample, &rule).await, [3], "2025 has a part that is missing");
    assert_eq!(failing(&sample, &ShortRule { noise: Some(1.0), ..rule }).await, [0u64; 0]);
}

#[tokio::test]
async fn every_rule_of_the_standard_pack_runs_and_both_ways_agree() {
    let sample = staged(
        "prov.csv",
        "Kommunkod;Länskod;DeSO;RegSO;SNI;SSYK;NUTS;landkod;valuta;e-post;webb;nyckel;postnummer;orgnr;Andel (%);antal;datum;tid;text\n\
         0180;01;0114C1060;0114R001;62.010;2512;SE110;SE;SEK;a@b.example;https://a.example;7f3c2a10-93bb-4c1f-8d21-0a4e5b6c7d8e;111 20;202100-5448;12,5;1;2024-01-01;2024-01-01 10:00;ord\n\
         1121;25;0180C2340;0180R012;01.110;1111;SE232;NO;EUR;c@d.example;https://b.example;00000000-0000-4000-8000-000000000001;41101;202100-0035;99,0;-999;1066-01-01;1066-01-01 10:00;trÃ¥d\n",
    );
    let columns = &sample.facts.report.columns;
    let report = checked(&sample, &rules::standard()).await;
    assert_eq!(
        report.skipped.iter().map(|rule| rule.id.as_str()).collect::<Vec<_>>(),
        [""; 0],
        "{columns:?}"
    );
    let mut failed: Vec<(&str, &[u64])> = report
        .rules
        .iter()
        .filter(|rule| rule.failed > 0)
        .map(|rule| (rule.id.as_str(), rule.rows.as_slice()))
        .collect();
    failed.sort_unstable();
    assert_eq!(
        failed,
        [
            ("dates-in-range:datum", &[1][..]),
            ("deso-of-one-division:DeSO", &[0]),
            ("municipality-code-in-force:Kommunkod", &[1]),
            ("municipality-code-in-register:Kommunkod", &[1]),
            ("no-negative-count:antal", &[1]),
            ("numbers-without-sentinels:antal", &[1]),
            ("text-without-mojibake:text", &[1]),
            ("timestamps-in-range:tid", &[1]),
        ]
    );
}

#[test]
fn a_short_rule_that_is_wrong_is_named() {
    for (rule, word) in [
        (short!("kind": "between", "column": "a"), "unknown kind"),
        (short!("kind": "range", "column": "a"), "lacks the key"),
        (short!("kind": "range", "column": "a", "min": 1, "pattern": "x"), "does not take"),
        (short!("kind": "not-null"), "lacks the key column"),
        (short!("kind": "pattern", "column": "a", "pattern": "(?=b)"), "cannot run"),
        (short!("kind": "pattern", "column": "a", "pattern": "(((("), "cannot run"),
        (
            short!("kind": "register", "column": "a", "register": "planeter"),
            "unknown register",
        ),
        (
            short!("kind": "compare", "column": "a", "other": "b", "operator": "; DROP"),
            "operator is",
        ),
        (short!("kind": "not-null", "column": "a", "sv": "Bara svenska."), "one language"),
        (short!("kind": "not-null", "column": "a", "limit": "några"), "limit is"),
        (short!("kind": "not-null", "column": "a", "severity": "fatal"), "severity is"),
        (short!("kind": "freshness", "column": "a"), "days or frequency"),
        (
            short!("kind": "sum", "columns": ["a"], "total": "b", "unit": 1.0, "noise": 1.0),
            "unit or noise",
        ),
        (
            short!("kind": "distribution", "column": "a", "edges": [1.0], "shares": [0.2, 0.2]),
            "shares",
        ),
    ] {
        let refusal = expand(&rule).unwrap_err();
        assert_eq!(refusal.id, "rule-short");
        assert!(refusal.message.en.contains(word), "{word}: {}", refusal.message.en);
    }
    assert!(serde_json::from_value::<ShortRule>(serde_json::json!({ "kind": "range", "colum": "a" })).is_err());
}

fn rule(head: &str, sql: &str) -> Rule {
    rules::parse(&format!("-- id: prov   severity: error\n-- sv: Prov.\n-- en: Test.\n{head}\n{sql}")).unwrap()
}

#[tokio::test]
async fn no_cell_leaves_by_a_rule() {
    let sample = staged("prov.csv", "antal;hemligt\n1;77\n2;78\n");
    let (_dir, engine) = engine();
    let columns = &sample.facts.report.columns;
    for (head, sql) in [
        ("-- reads: t.hemligt   gives: number", "SELECT max(hemligt) FROM t"),
        ("-- reads: t.hemligt   gives: number", "SELECT hemligt FROM t LIMIT 1"),
        ("-- reads: t.hemligt   gives: number", "SELECT sum(hemligt) AS failed FROM t"),
        ("-- reads: t.hemligt   gives: number", "SELECT count(*) + min(hemligt) FROM t"),
        (
            "-- reads: t.hemligt   gives: number",
            "SELECT CASE WHEN true THEN max(hemligt) ELSE 0 END FROM t",
        ),
        (
            "-- reads: t.hemligt   gives: number",
            "SELECT sum(h) FROM (SELECT hemligt AS h FROM t)",
        ),
        ("-- reads: t.hemligt", "SELECT hemligt AS row FROM t"),
        ("-- reads: t.hemligt", "SELECT row + hemligt AS row FROM t"),
        ("-- reads: t.hemligt", "SELECT row FROM (SELECT hemligt AS row FROM t) t"),
        ("-- reads: t.hemligt", "SELECT row FROM t UNION ALL SELECT hemligt FROM t"),
    ] {
        let refusal = engine.check(&[sample.path()], columns, &[rule(head, sql)]).await.unwrap_err();
        assert_eq!(refusal.id, "rule-gives", "{sql}");
        assert!(!format!("{refusal:?}").contains("77"));
    }
    for (head, sql, failed) in [
        (
            "-- reads: t.hemligt   gives: number",
            "SELECT count(*) FROM t WHERE hemligt > 77",
            1,
        ),
        (
            "-- reads: t.hemligt   gives: number",
            "SELECT sum(CASE WHEN hemligt > 77 THEN 1 ELSE 0 END) FROM t",
            1,
        ),
        (
            "-- reads: t.hemligt   gives: number",
            "SELECT coalesce(sum(n), 0) FROM (SELECT count(*) AS n FROM t GROUP BY hemligt HAVING count(*) > 1)",
            0,
        ),
        (
            "-- reads: t.hemligt",
            "SELECT max(row) AS row FROM t GROUP BY hemligt HAVING max(hemligt) > 77",
            1,
        ),
        (
            "-- reads: t.hemligt, t.antal",
            "WITH x AS (SELECT row, hemligt FROM t) SELECT x.row FROM x JOIN t ON x.row = t.row WHERE t.antal < 2",
            1,
        ),
    ] {
        let report = engine
            .check(&[sample.path()], columns, &[rule(head, sql)])
            .await
            .unwrap_or_else(|refusal| panic!("{sql}: {refusal:?}"));
        assert_eq!(report.rules[0].failed, failed, "{sql}");
    }
}

#[tokio::test]
async fn a_rule_reads_what_its_head_says() {
    let sample = staged("prov.csv", "a;b;kod\n1;2;0180\n");
    let (_dir, engine) = engine();
    let columns = &sample.facts.report.columns;
    let both = [
        rule("-- reads: t.a", "SELECT row FROM t WHERE a > b"),
        Rule {
            id: "annan".into(),
            ..rule("-- reads: t.b", "SELECT row FROM t WHERE b > 9")
        },
    ];
    assert_eq!(engine.check(&[sample.path()], columns, &both).await.unwrap_err().id, "rule-reads");
    for sql in [
        "SELECT row FROM t WHERE kod = CAST(180 AS BIGINT)",
        "SELECT row FROM t WHERE kod > -180",
        "SELECT row FROM t WHERE kod BETWEEN 1 AND 200",
    ] {
        let refusal = engine
            .check(&[sample.path()], columns, &[rule("-- reads: t.kod", sql)])
            .await
            .unwrap_err();
        assert_eq!(refusal.id, "rule-bare-number", "{sql}");
    }
}

#[tokio::test]
async fn failing_rows_are_runs_with_a_digest() {
    let text: String = (0..20_000).map(|row| format!("{row};{}\n", u8::from(row % 100 < 3))).collect();
    let sample = staged("prov.csv", &format!("rad;fel\n{text}"));
    let found = checked(&sample, &[rule("-- reads: t.fel", "SELECT row FROM t WHERE fel = 1")])
        .await
        .rules
        .remove(0);
    assert_eq!(
        (found.failed, found.checked, found.rows.len(), found.row_ranges.len()),
        (600, 20_000, 100, 200)
    );
    assert_eq!((found.row_ranges[0], found.row_ranges[199]), ([0, 2], [19_900, 19_902]));
    let all: String = (0..20_000).filter(|row| row % 100 < 3).map(|row| format!("{row}\n")).collect();
    assert_eq!(found.rows_sha256, Some(fyr_model::Sha256::of(all.as_bytes())));
    let later = fyr_model::quality::RuleResult {
        failed: 4,
        row_ranges: vec![[1, 3], [500, 500]],
        ..found.clone()
    };
    let change = later.since(&found).unwrap();
    assert_eq!((change.new, change.remaining, change.mended), (1, 3, 597));
}

#[test]
fn parameters_stand_in_the_head() {
    let text = "-- id: prov   severity: error\n-- sv: Prov.\n-- en: Test.\n-- reads: t.a\n-- parameters: max = 10, word = 'x, y'\nSELECT row FROM t WHERE a > {max}";
    assert!(rules::parse(text).is_err(), "a parameter that the SQL does not use");
    let text = text.replace(", word = 'x, y'", "");
    assert_eq!(rules::parse(&text).unwrap().sql, "SELECT row FROM t WHERE a > 10");
    for wrong in ["max = 1; DROP", "max = ''' OR 1=1'", "max", "column = 3"] {
        assert!(rules::parse(&text.replace("max = 10", wrong)).is_err(), "{wrong}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    #[test]
    fn no_text_brings_the_parser_down(text in "(-- ?(id|sv|en|reads|gives|nulls|limit|applies|parameters|severity): ?.{0,30}\n){0,8}.{0,80}") {
        if let Ok(rule) = rules::parse(&text) {
            let again = rules::parse(&rule.text()).unwrap();
            prop_assert_eq!(again.sql, rule.sql);
        }
    }

    #[test]
    fn any_short_rule_is_a_rule_or_a_refusal(kind in prop::sample::select(rules::kinds()), column in ".{0,12}", other in ".{0,12}", pattern in ".{0,12}", number in any::<f64>()) {
        let rule = ShortRule {
            kind: kind.into(),
            id: Some("prov".into()),
            column: Some(column.clone()),
            other: Some(other),
            columns: if kind == "sum" { vec![column] } else { Vec::new() },
            pattern: Some(pattern),
            min: Some(Scalar::Number(number)),
            ..ShortRule::default()
        };
        let _ = expand(&rule);
    }
}
