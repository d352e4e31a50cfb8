//! The engine: profiles as far as they may be shown, rules with row numbers, order, comparison, and the traps of the engine below.

use arrow::array::AsArray;
use fyr_model::table::{Column, ColumnType, TableProfile};
use tempfile::TempDir;

use super::{Sample, staged};
use crate::rules::{self, Rule};
use crate::{Engine, Exposure, Mode, Show, open};

fn engine() -> (TempDir, Engine) {
    let dir = TempDir::new().unwrap();
    let engine = open(&Mode::Embedded, 256 << 20, dir.path()).unwrap();
    (dir, engine)
}

fn all(columns: &[Column]) -> Exposure {
    Exposure {
        columns: columns.iter().map(|column| (column.name.clone(), Show::Values)).collect(),
        group_min: 1,
        coarse: false,
    }
}

async fn profiled(sample: &Sample, exposure: &Exposure) -> TableProfile {
    let (_dir, engine) = engine();
    let report = &sample.facts.report;
    engine
        .profile(&[sample.path()], &report.columns, Some(report), exposure)
        .await
        .unwrap()
}

#[tokio::test]
async fn missing_cells_are_told_by_their_marker() {
    // From 200 values on one misfit in 200 is a reject; a short row lacks its cell altogether.
    let plain: String = (0..400).map(|row| format!("{row};{row};x\n")).collect();
    let sample = staged(
        "prov.csv",
        &format!("id;antal;not\n{plain}1;..;x\n2;..;x\n3;-;x\n4;;x\n5;ca 10;..\n6\n"),
    );
    let profile = profiled(&sample, &all(&sample.facts.report.columns)).await;
    let column = |name: &str| profile.columns.iter().find(|column| column.name == name).unwrap();
    let by = |name: &str| {
        column(name)
            .nulls_by
            .iter()
            .map(|(kind, count)| (kind.as_str(), *count))
            .collect::<Vec<_>>()
    };
    assert_eq!(by("antal"), [("-", 1), ("..", 2), ("absent", 1), ("empty", 1)]);
    assert_eq!(
        (column("antal").nulls, column("antal").rejects),
        (6, Some(1)),
        "markers and rejects make up what is missing"
    );
    assert_eq!(by("not"), [("absent", 1)], "in a column of text a marker is text");
    assert_eq!(by("id"), []);
    // A hidden column shows them too, and what is published knows of no markers.
    let hidden = profiled(&sample, &Exposure::default()).await;
    assert_eq!(hidden.columns[1].nulls_by, column("antal").nulls_by);
    let (_dir, engine) = engine();
    let columns = &sample.facts.report.columns;
    let released = engine.profile(&[sample.path()], columns, None, &all(columns)).await.unwrap();
    assert!(released.columns.iter().all(|column| column.nulls_by.is_empty()));
}

#[tokio::test]
async fn a_profile_counts_exactly() {
    let sample = staged(
        "prov.csv",
        "kod;belopp;datum;ok\n0180;1,5;2024-01-01;ja\n0181;2,5;2024-01-11;nej\n0180;10;2024-01-21;ja\n0180;10;2024-01-21;ja\n0184;..;;nej\n",
    );
    let profile = profiled(&sample, &all(&sample.facts.report.columns)).await;
    assert_eq!((profile.rows, profile.duplicate_rows, profile.keys.len()), (5, 1, 0));
    let column = |name: &str| profile.columns.iter().find(|column| column.name == name).unwrap();
    let amount = column("belopp");
    assert_eq!(
        (amount.nulls, amount.distinct.value, amount.sum, amount.mean),
        (1, 3, Some(24.0), Some(6.0))
    );
    assert_eq!((amount.min.as_deref(), amount.max.as_deref()), (Some("1.5"), Some("10")));
    assert_eq!(amount.quantiles.unwrap().p50, 6.25);
    let facts = amount.numbers.as_ref().unwrap();
    assert_eq!(
        (facts.decimals, facts.zeros, facts.whole_share, facts.mad),
        (Some(1), Some(0), Some(0.5), Some(3.75))
    );
    assert_eq!(
        (amount.first_row, amount.last_row, amount.share_unique, amount.entropy),
        (Some(0), Some(3), Some(0.5), Some(1.5))
    );
    assert_eq!(column("datum").dates.as_ref().unwrap().first_of_january, Some(1));
    assert_eq!(profile.missing[0].columns, ["belopp", "datum"]);
    assert!((amount.stddev.unwrap() - 4.636_809_247_747_852).abs() < 1e-12);
    assert_eq!(amount.histogram.as_ref().unwrap().counts.iter().sum::<u64>(), 4);
    let code = column("kod");
    assert_eq!((code.kind, code.sum), (ColumnType::Code, None));
    let top = code.top.as_ref().unwrap();
    assert_eq!((top[0].value.as_str(), top[0].count), ("0180", 3));
    assert_eq!(
        (column("datum").min.as_deref(), column("datum").max.as_deref()),
        (Some("2024-01-01"), Some("2024-01-21"))
    );
    assert_eq!(column("ok").top.as_ref().unwrap()[0].value, "true");
    assert_eq!(profile.source.as_ref().unwrap().format, "csv");
}

#[tokio::test]
async fn h33_a_column_that_is_not_cleared_shows_type_and_counts_only() {
    let sample = staged(
        "prov.csv",
        "namn;antal\nKanarie Kvist;7531\nKanarie Kvist;7532\nTalgoxe Tall;7533\n",
    );
    let report = &sample.facts.report;
    let mut exposure = Exposure::default();
    exposure.columns.insert("namn".into(), Show::CountsOnly("direct".into()));
    let text = serde_json::to_string(&profiled(&sample, &exposure).await).unwrap();
    for canary in [
        "Kanarie",
        "Talgoxe",
        "7531",
        "7533",
        "Aaaa",
        "pattern",
        "length",
        "first_row",
        "entropy",
        "outliers",
        "skewness",
    ] {
        assert!(!text.contains(canary), "{canary}");
    }
    assert!(text.contains("\"personal_data\":\"direct\"") && text.contains("\"distinct\""));
    // An honest control: the holder of the file sees cleared columns exactly.
    let text = serde_json::to_string(&profiled(&sample, &all(&report.columns)).await).unwrap();
    assert!(text.contains("Kanarie") && text.contains("7531"));
}

#[tokio::test]
async fn h33_published_groups_are_large_and_bounds_are_rounded_outwards() {
    let mut text = String::from("ort;antal;datum\n");
    for row in 0..40 {
        text.push_str(&format!(
            "{};{};2024-03-{:02}\n",
            if row == 0 { "Ensamby" } else { "Storstad" },
            1_234 + row * 100,
            row % 20 + 5
        ));
    }
    let sample = staged("prov.csv", &text);
    let exposure = Exposure {
        group_min: 10,
        coarse: true,
        ..all(&sample.facts.report.columns)
    };
    let profile = profiled(&sample, &exposure).await;
    let json = serde_json::to_string(&profile).unwrap();
    assert!(
        !json.contains("Ensamby") && !json.contains("1234") && !json.contains("2024-03"),
        "{json}"
    );
    // Ensamby has a pattern of its own (`Aaaaaaa`), a length of its own and a row of its own.
    for canary in [
        "\"Aaaaaaa\"",
        "length_min",
        "first_row",
        "outliers",
        "mad",
        "decimals",
        "case_variants",
        "missing_steps",
    ] {
        assert!(!json.contains(canary), "{canary}: {json}");
    }
    let amount = &profile.columns[1];
    assert_eq!(
        (amount.min.as_deref(), amount.max.as_deref(), amount.quantiles),
        (Some("1200"), Some("5200"), None)
    );
    assert!(
        amount
            .histogram
            .as_ref()
            .unwrap()
            .counts
            .iter()
            .all(|count| *count == 0 || *count >= 10)
    );
    assert_eq!(
        (profile.columns[2].min.as_deref(), profile.columns[2].max.as_deref()),
        (Some("2024-01-01"), Some("2024-12-31"))
    );
}

#[tokio::test]
async fn h33_what_stands_out_is_not_published() {
    let mut text = String::from("antal;kod\n");
    for row in 0..200 {
        text.push_str(&format!(
            "{};{}\n",
            if row == 70 { 98_765 } else { 40 + row % 10 },
            if row == 70 { "Xq-9" } else { "AB12" }
        ));
    }
    let sample = staged("prov.csv", &text);
    let shown = all(&sample.facts.report.columns);
    let holder = serde_json::to_string(&profiled(&sample, &shown).await).unwrap();
    // An honest control: who holds the file sees it all.
    for canary in ["98765", "Xq-9", "\"Aa-9\"", "\"rows\":[70]", "tukey", "length_max", "first_row"] {
        assert!(holder.contains(canary), "{canary}: {holder}");
    }
    let exposure = Exposure {
        group_min: 5,
        coarse: true,
        ..shown
    };
    let published = serde_json::to_string(&profiled(&sample, &exposure).await).unwrap();
    for canary in [
        "98765",
        "Xq-9",
        "Aa-9",
        "[70]",
        "tukey",
        "length_max",
        "length_min",
        "first_row",
        "\"mad\"",
        "decimals",
        "classes",
    ] {
        assert!(!published.contains(canary), "{canary}: {published}");
    }
}

#[tokio::test]
async fn distinct_values_past_memory_are_estimated_and_never_taken_for_a_key() {
    let mut text = String::from("id;grupp\n");
    for row in 0..100_500u32 {
        text.push_str(&format!("A{row};{}\n", row % 7));
    }
    text.push_str("A1;0\n");
    let sample = staged("prov.csv", &text);
    let profile = profiled(&sample, &all(&sample.facts.report.columns)).await;
    let id = &profile.columns[0];
    assert_eq!(
        (id.distinct.method.as_str(), id.distinct.error),
        ("hyperloglog-16384", Some(0.0081))
    );
    assert!(id.distinct.value.abs_diff(100_500) < 2_500, "{:?}", id.distinct);
    assert_eq!(profile.columns[1].distinct.value, 7);
    assert!(profile.keys.is_empty());
    // Without the copy it is a key, and by exact count.
    let sample = staged("prov.csv", text.strip_suffix("A1;0\n").unwrap());
    let profile = profiled(&sample, &all(&sample.facts.report.columns)).await;
    assert_eq!(
        (profile.keys.as_slice(), profile.columns[0].distinct.value),
        (&["id".to_owned()][..], 100_500)
    );
    assert_eq!(profile.columns[0].distinct.method, "exact");
}

#[tokio::test]
async fn what_holds_in_every_row_is_found_and_what_fails_in_one_is_not() {
    let mut text = String::from("kommunkod;kommun;kopia;dag;matning;fast\n");
    for row in 0..600u32 {
        let code = 1_000 + row % 30;
        // One row of the last day breaks the tie between the code and `kopia`.
        let copy = if row == 599 { 1_000 } else { code };
        text.push_str(&format!(
            "{code};Ort {};{copy};2024-01-{:02};{};ja\n",
            code % 7,
            row / 30 + 1,
            row % 4 * 10 + row % 9
        ));
    }
    let sample = staged("prov.csv", &text);
    let profile = profiled(&sample, &all(&sample.facts.report.columns)).await;
    let relation = |from: &str, to: &str| fyr_model::profile::Relation {
        from: vec![from.into()],
        to: to.into(),
    };
    assert!(profile.keys.is_empty());
    assert!(
        profile.wider_keys.contains(&vec!["kommunkod".to_owned(), "dag".to_owned()]),
        "{:?}",
        profile.wider_keys
    );
    assert_eq!(profile.constant, ["fast"]);
    assert!(profile.copies.is_empty());
    assert!(
        profile.dependencies.contains(&relation("kommunkod", "kommun")),
        "{:?}",
        profile.dependencies
    );
    assert!(
        !profile.dependencies.contains(&relation("kopia", "kommun")),
        "{:?}",
        profile.dependencies
    );
    let whole = staged("prov.csv", "a;b;c\n1;1;x\n2;2;y\n2;2;y\n");
    let profile = profiled(&whole, &all(&whole.facts.report.columns)).await;
    assert_eq!(profile.copies, [relation("a", "b")]);
}

#[tokio::test]
async fn outliers_are_counted_and_their_rows_named() {
    let mut text = String::from("antal;kod\n");
    for row in 0..100 {
        text.push_str(&format!("{};A{}\n", if row == 70 { 900 } else { 40 + row % 10 }, row % 3));
    }
    let sample = staged("prov.csv", &text);
    let profile = profiled(&sample, &all(&sample.facts.report.columns)).await;
    let outliers = profile.columns[0].outliers.as_ref().unwrap();
    assert_eq!(
        (outliers.tukey, outliers.tukey_far, outliers.modified_z, outliers.rows.as_slice()),
        (1, 1, Some(1), &[70][..])
    );
    assert_eq!(profile.columns[1].outliers, None);
}

async fn checked(sample: &Sample, rules: &[Rule]) -> fyr_model::quality::QualityReport {
    let (_dir, engine) = engine();
    engine.check(&[sample.path()], &sample.facts.report.columns, rules).await.unwrap()
}

#[tokio::test]
async fn the_standard_pack_finds_rows_and_names_no_value() {
    let sample = staged(
        "prov.csv",
        "kommunkod;antal;datum;ort\n0180;1;2024-01-01;Ort\n0180;1;2024-01-01;Ort\n0199;-5;1066-01-01; By\n1480;2;9999-12-31;Stad\n",
    );
    let mut columns = sample.facts.report.columns.clone();
    columns[0].semantic = Some(fyr_model::table::Semantic {
        kind: "municipality_code".into(),
        confidence: 1.0,
        matches: 3,
        evidence: "stated".into(),
    });
    let (_dir, engine) = engine();
    let report = engine.check(&[sample.path()], &columns, &rules::standard()).await.unwrap();
    let rule = |id: &str| {
        report
            .rules
            .iter()
            .find(|rule| rule.id == id)
            .unwrap_or_else(|| panic!("{id} in {report:?}"))
    };
    for (id, failed, rows) in [
        ("duplicate-rows", 1, &[1][..]),
        ("municipality-code-in-register:kommunkod", 1, &[2]),
        ("no-negative-count:antal", 1, &[2]),
        ("dates-in-range:datum", 1, &[2]),
        ("text-without-edge-blanks:ort", 1, &[2]),
        ("no-empty-table", 0, &[]),
        ("no-empty-column:antal", 0, &[]),
    ] {
        let found = rule(id);
        assert_eq!(
            (found.failed, found.rows.as_slice(), found.passed),
            (failed, rows, failed == 0),
            "{id}"
        );
    }
    assert!(report.blocks(), "a negative count is an error");
    assert!(report.skipped.iter().any(|skipped| skipped.id == "postcode-form"));
    assert!(!serde_json::to_string(&report).unwrap().contains("1066"));
    let empty = staged("prov.csv", "a,b\n");
    let report = checked(&empty, &rules::standard()).await;
    assert!(report.rules.iter().any(|rule| rule.id == "no-empty-table" && !rule.passed));
}

fn rule(head: &str, sql: &str) -> Rule {
    rules::parse(&format!("-- id: prov   severity: error\n-- sv: Prov.\n-- en: Test.\n{head}\n{sql}")).unwrap()
}

#[tokio::test]
async fn nulls_count_as_the_head_says_whatever_the_sql_does() {
    let sample = staged("prov.csv", "a;b\n1;x\n;x\n3;x\n");
    for (nulls, failed, checked_rows, rows) in [("pass", 1, 2, vec![2]), ("fail", 2, 3, vec![1, 2])] {
        let report = checked(
            &sample,
            &[rule(&format!("-- reads: t.a   nulls: {nulls}"), "SELECT row FROM t WHERE a > 1")],
        )
        .await;
        let found = &report.rules[0];
        assert_eq!(
            (found.failed, found.checked, found.rows.clone()),
            (failed, checked_rows, rows),
            "{nulls}"
        );
    }
    // A rule that would count the missing row by itself is held to its head.
    let report = checked(
        &sample,
        &[rule("-- reads: t.a   nulls: pass", "SELECT row FROM t WHERE a IS NULL OR a > 1")],
    )
    .await;
    assert_eq!(report.rules[0].rows, [2]);
    let report = checked(&sample, &[rule("-- reads: t.a   limit: 50 %", "SELECT row FROM t WHERE a > 1")]).await;
    assert!(report.rules[0].passed);
}

#[tokio::test]
async fn a_wrong_rule_is_named_and_no_cell_is_quoted() {
    let sample = staged("prov.csv", "kod;namn\n0180;Kanarie\n0181;Kanarie\n");
    let (_dir, engine) = engine();
    for (head, sql, id) in [
        ("-- reads: t.saknas", "SELECT row FROM t WHERE saknas > 1", "rule-column-missing"),
        ("-- reads: t.kod", "SELECT row FROM t WHERE saknas > 1", "rule-sql"),
        ("-- reads: t.kod", "SELECT row FROM t WHERE kod = 180", "rule-bare-number"),
        ("-- reads: t.kod", "SELECT row FROM t WHERE kod IN (180, 181)", "rule-bare-number"),
        (
            "-- reads: t.namn",
            "SELECT row FROM t WHERE CAST(namn AS BIGINT) > 1",
            "rule-stopped",
        ),
        ("-- reads: t.kod   gives: number", "SELECT kod FROM t", "rule-gives"),
    ] {
        let refusal = engine
            .check(&[sample.path()], &sample.facts.report.columns, &[rule(head, sql)])
            .await
            .unwrap_err();
        assert_eq!(refusal.id, id, "{sql}");
        assert!(!format!("{refusal:?}").contains("Kanarie"), "{refusal:?}");
    }
    let honest = engine
        .check(
            &[sample.path()],
            &sample.facts.report.columns,
            &[rule("-- reads: t.kod", "SELECT row FROM t WHERE kod = '0180'")],
        )
        .await
        .unwrap();
    assert_eq!(honest.rules[0].rows, [0]);
}

#[tokio::test]
async fn rows_are_sorted_by_code_point_with_nulls_last() {
    let sample = staged("prov.csv", "ÅR;namn\n2024;ö\n;b\n2023;å\n2023;ä\n");
    let (_dir, engine) = engine();
    let batches = engine.read(&[sample.path()], &["ÅR".into()]).await.unwrap();
    let shown = arrow::util::pretty::pretty_format_batches(&batches).unwrap().to_string();
    let rows: Vec<&str> = shown.lines().skip(3).take(4).map(|line| line.trim_matches('|').trim()).collect();
    let places: Vec<usize> = ["ä", "å", "ö", "b"]
        .iter()
        .map(|name| rows.iter().position(|row| row.ends_with(name)).unwrap())
        .collect();
    assert_eq!(places, [0, 1, 2, 3], "{shown}");
    assert_eq!(
        engine.read(&[sample.path()], &["saknas".into()]).await.unwrap_err().id,
        "sort-column-missing"
    );
    assert_eq!(
        engine
            .read(&[sample.path()], &[])
            .await
            .unwrap()
            .iter()
            .map(|batch| batch.num_rows())
            .sum::<usize>(),
        4
    );
}

/// Whatever the memory: what does not fit goes by way of the disk, and comes back in order.
#[tokio::test]
async fn large_tables_are_sorted_in_little_memory() {
    let mut word = 0x9e37_79b9_7f4a_7c15_u64;
    let mut next = || {
        word = word.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        word >> 33
    };
    let mut text = "a;b;c;d;e;f\n".to_owned();
    for _ in 0..120_000 {
        let cells: Vec<String> = (0..6).map(|_| format!("ordningens ord {:05}", next() % 40_000)).collect();
        text.push_str(&cells.join(";"));
        text.push('\n');
    }
    let sample = staged("stor.csv", &text);
    for memory in [8 << 20, 16 << 20, 24 << 20, 40 << 20] {
        let dir = tempfile::tempdir().unwrap();
        let engine = open(&Mode::Embedded, memory, dir.path()).unwrap();
        let sorted = engine.read(&[sample.path()], &["b".into()]).await.unwrap();
        let mut former = String::new();
        let mut rows = 0;
        for batch in &sorted {
            let cells = batch.column_by_name("b").unwrap().as_string::<i32>();
            for cell in cells.iter().flatten() {
                assert!(former.as_str() <= cell, "{memory} bytes");
                former = cell.to_owned();
            }
            rows += batch.num_rows();
        }
        assert_eq!(rows, 120_000, "{memory} bytes");
    }
}

#[tokio::test]
async fn memory_that_cannot_hold_a_batch_is_said_to_be_too_little() {
    let sample = staged("prov.csv", &format!("a;b\n{}", "ett ord;ett annat ord\n".repeat(50_000)));
    let dir = tempfile::tempdir().unwrap();
    let engine = open(&Mode::Embedded, 64 << 10, dir.path()).unwrap();
    assert_eq!(engine.read(&[sample.path()], &["a".into()]).await.unwrap_err().id, "engine-memory");
}

#[tokio::test]
async fn versions_are_compared_as_counts_of_rows() {
    let (old, new) = (staged("a.csv", "a;b\n1;x\n1;x\n2;y\n"), staged("b.csv", "a;b\n1;x\n2;y\n3;z\n"));
    let (_dir, engine) = engine();
    let found = engine.compare(&[old.path()], &[new.path()]).await.unwrap();
    assert_eq!((found.schema_changed, found.rows_added, found.rows_removed), (false, 1, 1));
    let same = engine.compare(&[old.path()], &[old.path()]).await.unwrap();
    assert_eq!((same.schema_changed, same.rows_added, same.rows_removed), (false, 0, 0));
    let wider = staged("c.csv", "a;b;c\n1;x;1\n1;x;2\n2;y;3\n");
    let found = engine.compare(&[old.path()], &[wider.path()]).await.unwrap();
    assert_eq!(
        (
            found.schema_changed,
            found.rows_added,
            found.rows_removed,
            found.columns_added.as_slice()
        ),
        (true, 0, 0, &["c".to_owned()][..])
    );
}

#[tokio::test]
async fn traps_of_the_engine_stay_closed() {
    let sample = staged(
        "prov.csv",
        "ÅR;kod;tid;x\n1;0180;9999-12-31 23:59:59;1.5\n2;0181;1066-01-01 00:00:00;2.5\n",
    );
    // Microseconds in the file, text as plain Utf8, and codes as they stood.
    let schema = sample.batch().schema();
    assert_eq!(
        schema.field_with_name("tid").unwrap().data_type(),
        &arrow::datatypes::DataType::Timestamp(arrow::datatypes::TimeUnit::Microsecond, None)
    );
    assert_eq!(
        schema.field_with_name("kod").unwrap().data_type(),
        &arrow::datatypes::DataType::Utf8
    );
    let (_dir, engine) = engine();
    let batches = engine.read(&[sample.path()], &["ÅR".into()]).await.unwrap();
    assert_eq!(
        batches[0].schema().field_with_name("kod").unwrap().data_type(),
        &arrow::datatypes::DataType::Utf8,
        "no views"
    );
    // A wide date survives date_part; the standard pack uses nothing else.
    let report = engine
        .check(&[sample.path()], &sample.facts.report.columns, &rules::standard())
        .await
        .unwrap();
    let range = report.rules.iter().find(|rule| rule.id == "timestamps-in-range:tid").unwrap();
    assert_eq!(range.rows, [1]);
    // Quoted names are not folded.
    let found = engine
        .check(
            &[sample.path()],
            &sample.facts.report.columns,
            &[rule("-- reads: t.ÅR", "SELECT \"row\" FROM t WHERE \"ÅR\" = 2")],
        )
        .await
        .unwrap();
    assert_eq!(found.rules[0].rows, [1]);
}
