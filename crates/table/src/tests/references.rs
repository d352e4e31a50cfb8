//! Rules that read another table, and rules that SQL refuses.

use fyr_model::quality::ShortRule;
use tempfile::TempDir;

use super::{Sample, staged};
use crate::rules::{Given, Rule, expand_with, parse, parse_with};
use crate::{Engine, Mode, ReferenceTable, open};

fn engine() -> (TempDir, Engine) {
    let dir = TempDir::new().unwrap();
    let engine = open(&Mode::Embedded, 256 << 20, dir.path()).unwrap();
    (dir, engine)
}

fn rule(head: &str, sql: &str) -> Rule {
    let text = format!("-- id: prov   severity: error\n-- sv: Prov.\n-- en: Test.\n{head}\n{sql}");
    parse(&text).unwrap_or_else(|refusal| panic!("{refusal:?}"))
}

fn reference(sample: &Sample) -> ReferenceTable {
    ReferenceTable {
        name: "trad".into(),
        edition: "exempelby-trad@1.2.0".into(),
        parquet: sample.path(),
    }
}

#[tokio::test]
async fn a_rule_reads_another_datasets_release_and_says_which_version() {
    let trees = staged("trad.csv", "Träd-id;row;Art\nT1;9;ek\nT2;8;alm\nT2;7;alm\n");
    let visits = staged("besok.csv", "id;träd\n1;T1\n2;T3\n3;\n4;T2\n");
    let (_dir, engine) = engine();
    let names = ["trad".to_owned()];
    let short = ShortRule {
        kind: "register".into(),
        column: Some("träd".into()),
        register: Some("trad".into()),
        other: Some("Träd-id".into()),
        ..ShortRule::default()
    };
    assert_eq!(
        expand_with(&short, &[]).unwrap_err().id,
        "rule-short",
        "the pipeline names no such reference"
    );
    let mut rules = vec![expand_with(&short, &names).unwrap()];
    let text = "-- id: lika-arter   severity: error\n-- sv: Prov.\n-- en: Test.\n-- reads: ref.trad, ref.municipality   gives: number\n\
                SELECT count(*) FROM ref.trad WHERE \"Art\" = 'alm'";
    let given = Given {
        references: &names,
        ..Given::default()
    };
    rules.push(parse_with(text, &given).unwrap());
    // The row of another table is no row of ours, whatever its columns are called.
    let foreign = "-- id: frammande   severity: error\n-- sv: Prov.\n-- en: Test.\n-- reads: ref.trad\nSELECT k.\"row\" FROM ref.trad k";
    let stolen = parse_with(foreign, &given).unwrap();
    let columns = &visits.facts.report.columns;
    let report = engine
        .check_against(&[visits.path()], columns, &rules, &[reference(&trees)])
        .await
        .unwrap_or_else(|refusal| panic!("{refusal:?}"));
    let [counted, joined] = report.rules.as_slice() else {
        panic!("{report:?}")
    };
    assert_eq!((counted.failed, joined.rows.as_slice(), joined.checked), (2, &[1][..], 3));
    assert_eq!(joined.registers, ["trad exempelby-trad@1.2.0"]);
    assert_eq!(counted.registers, ["trad exempelby-trad@1.2.0", "municipality 2026-01-01"]);
    let refused = engine
        .check_against(&[visits.path()], columns, &[stolen], &[reference(&trees)])
        .await
        .unwrap_err();
    assert_eq!(refused.id, "rule-gives");
}

#[tokio::test]
async fn what_sql_refuses_is_told_in_our_words_with_its_place() {
    let sample = staged("prov.csv", "kod;namn\n0180;Kanarie\n0181;Kanarie\n");
    let (_dir, engine) = engine();
    for (sql, place, word) in [
        ("SELECT row FROM t\nWHERE kod = 'SECRET' AND saknas > 1", (2, 26), "column saknas"),
        ("SELECT row FROM t WHERE kod = = 'SECRET'", (1, 31), "malformed"),
        ("SELECT row FROM t WHERE kod = 'SECRET", (1, 31), "malformed"),
        ("SELECT row FROM t WHERE finns_ej(kod) = 'SECRET'", (1, 25), "function"),
        (
            "SELECT t.row FROM t JOIN t AS u ON t.kod = 'SECRET' WHERE kod = '1'",
            (1, 59),
            "column kod",
        ),
        ("SELECT row FROM annan WHERE kod = 'SECRET'", (0, 0), "table"),
        ("SELECT row FROM t WHERE NOT kod || 'SECRET'", (0, 0), "type"),
    ] {
        let refusal = engine
            .check(&[sample.path()], &sample.facts.report.columns, &[rule("-- reads: t.kod", sql)])
            .await
            .unwrap_err();
        assert_eq!((refusal.id.as_str(), refusal.subject.as_str()), ("rule-sql", "prov"), "{sql}");
        assert!(refusal.message.en.contains(word), "{sql}: {}", refusal.message.en);
        let all = format!("{refusal:?}");
        for told in ["SECRET", "Kanarie", "Expected", "datafusion", "Schema error", "Invalid"] {
            assert!(!all.contains(told), "{told} in {all}");
        }
        if place.0 > 0 {
            let found = refusal.position.map(|position| (position.line, position.column));
            assert_eq!(found, Some(place), "{sql}");
        }
    }
}
