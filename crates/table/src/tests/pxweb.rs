//! Tables behind a PxWeb API: whatever the cell limit and the order of the answers, the joined table is the whole one.

use std::path::{Path, PathBuf};

use fyr_model::limits::TableLimits;
use fyr_model::table::Reading;
use proptest::prelude::*;
use tempfile::TempDir;

use super::{Sample, stage_file};
use crate::pxweb::{JoinWork, Part, Plan, PlanWork, Version, is_table, join, plan};

const REGIONS: [(&str, &str); 3] = [("0180", "Stockholm"), ("1480", "Göteborg"), ("1280", "Malmö")];
const CONTENTS: [(&str, &str); 2] = [("A", "Folkmängd"), ("B", "Medelålder")];
const TIMES: [(&str, &str); 4] = [("2021", "2021"), ("2022", "2022"), ("2023", "2023"), ("2024", "2024")];
type Values = &'static [(&'static str, &'static str)];
const METADATA: &str = r#"{"title":"Folkmängd efter region, innehåll och år","variables":[
{"code":"Region","text":"region","values":["0180","1480","1280"],"valueTexts":["Stockholm","Göteborg","Malmö"]},
{"code":"ContentsCode","text":"innehåll","values":["A","B"],"valueTexts":["Folkmängd","Medelålder"]},
{"code":"Tid","text":"år","values":["2021","2022","2023","2024"],"valueTexts":["2021","2022","2023","2024"],"time":true}]}"#;

/// The cell of a region, a content and a time; one is missing with a reason.
fn cell(region: usize, content: usize, time: usize) -> Option<String> {
    match (region, content, time) {
        (1, 0, 2) => None,
        (_, 0, _) => Some((1_000 * (region + 1) + time).to_string()),
        _ => Some(format!("{}.{}", 40 + region, time)),
    }
}

/// What an API answers to a part: JSON-stat 2 in an order of its own, its cells as a list or sparse.
fn answer(part: &Part, turned: bool, sparse: bool) -> String {
    let variables: [(&str, &str, Values); 3] = [
        ("Region", "region", &REGIONS),
        ("ContentsCode", "innehåll", &CONTENTS),
        ("Tid", "år", &TIMES),
    ];
    let places = |at: usize| -> Vec<usize> {
        let (from, to) = part.ranges[at];
        let mut places: Vec<usize> = (from..to).collect();
        if turned {
            places.reverse();
        }
        places
    };
    let order: [usize; 3] = if turned { [2, 0, 1] } else { [0, 1, 2] };
    let dimension = |at: usize| {
        let (code, label, values) = variables[at];
        let index: Vec<String> = places(at)
            .iter()
            .enumerate()
            .map(|(n, place)| format!("\"{}\":{n}", values[*place].0))
            .collect();
        let labels: Vec<String> = places(at)
            .iter()
            .map(|place| format!("\"{}\":\"{}\"", values[*place].0, values[*place].1))
            .collect();
        let unit = if at == 1 {
            r#","unit":{"A":{"base":"antal","decimals":0},"B":{"base":"år","decimals":1}}"#
        } else {
            ""
        };
        format!(
            "\"{code}\":{{\"label\":\"{label}\",\"category\":{{\"index\":{{{}}},\"label\":{{{}}}{unit}}}}}",
            index.join(","),
            labels.join(",")
        )
    };
    let (mut values, mut status) = (Vec::new(), Vec::new());
    for a in places(order[0]) {
        for b in places(order[1]) {
            for c in places(order[2]) {
                let mut at = [0; 3];
                (at[order[0]], at[order[1]], at[order[2]]) = (a, b, c);
                let found = cell(at[0], at[1], at[2]);
                if found.is_none() {
                    status.push(format!("\"{}\":\"..\"", values.len()));
                }
                values.push(found);
            }
        }
    }
    let value = if sparse {
        let held = values
            .iter()
            .enumerate()
            .filter_map(|(n, value)| Some(format!("\"{n}\":{}", value.as_ref()?)));
        format!("{{{}}}", held.collect::<Vec<_>>().join(","))
    } else {
        let all: Vec<String> = values.iter().map(|value| value.clone().unwrap_or_else(|| "null".into())).collect();
        format!("[{}]", all.join(","))
    };
    let ids: Vec<String> = order.iter().map(|at| format!("\"{}\"", variables[*at].0)).collect();
    let sizes: Vec<String> = order.iter().map(|at| places(*at).len().to_string()).collect();
    let dimensions: Vec<String> = order.iter().map(|at| dimension(*at)).collect();
    format!(
        r#"{{"version":"2.0","class":"dataset","label":"Folkmängd","source":"Exempelby","updated":"2024-02-01T08:00:00Z","extension":{{"px":{{"language":"sv"}},"contact":[{{"raw":"Påhittad Person"}}]}},"role":{{"time":["Tid"],"metric":["ContentsCode"]}},"id":[{}],"size":[{}],"dimension":{{{}}},"value":{value},"status":{{{}}}}}"#,
        ids.join(","),
        sizes.join(","),
        dimensions.join(","),
        status.join(",")
    )
}

fn write(dir: &Path, name: &str, text: &str) -> PathBuf {
    let path = dir.join(name);
    std::fs::write(&path, text).unwrap();
    path
}

fn planned(dir: &Path, version: Version, metadata: &str, config: &str) -> Option<Plan> {
    let work = PlanWork {
        name: "http://s.example/api/v1/sv/ssd/Tabell".into(),
        version,
        metadata: write(dir, "metadata.json", metadata),
        config: Some(write(dir, "config.json", config)),
        limits: TableLimits::default(),
    };
    plan(&work).unwrap()
}

fn joined(dir: &Path, plan: Plan, answers: Vec<PathBuf>) -> Result<PathBuf, fyr_model::Refusal> {
    let work = JoinWork {
        name: "http://s.example/api/v1/sv/ssd/Tabell".into(),
        plan,
        answers,
        limits: TableLimits::default(),
    };
    join(&work, dir)
}

fn staged(path: &Path) -> Sample {
    stage_file(path, "Tabell", Reading::default(), TableLimits::default()).unwrap_or_else(|refusal| panic!("{refusal:?}"))
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, failure_persistence: None, ..Default::default() })]

    #[test]
    fn parts_in_any_order_of_their_own_make_the_whole_table(limit in 1u64..30, turned in any::<bool>(), sparse in any::<bool>()) {
        let dir = TempDir::new().unwrap();
        let plan = planned(dir.path(), Version::One, METADATA, &format!("{{\"maxCells\":{limit},\"maxCalls\":30,\"timeWindow\":10}}")).unwrap();
        let parts: Vec<PathBuf> = plan.parts.iter().enumerate()
            .map(|(number, part)| write(dir.path(), &format!("{number}.json"), &answer(part, turned, sparse))).collect();
        let found = staged(&joined(dir.path(), plan, parts).unwrap());
        let whole = Part { ranges: vec![(0, 3), (0, 2), (0, 4)] };
        let expected = staged(&write(dir.path(), "hela.json", &answer(&whole, false, false)));
        prop_assert_eq!(&found.facts.report.columns, &expected.facts.report.columns);
        for column in &expected.facts.report.columns {
            prop_assert_eq!(found.cells(&column.name), expected.cells(&column.name));
        }
        prop_assert_eq!((found.facts.rows, found.repairs("null-marker:..")), (12, 1));
    }
}

#[test]
fn the_joined_table_says_what_the_answers_say_but_no_contact() {
    let dir = TempDir::new().unwrap();
    let plan = planned(dir.path(), Version::One, METADATA, r#"{"maxCells":5}"#).unwrap();
    assert_eq!((plan.parts.len(), plan.calls_max, plan.window_seconds), (6, 10, 10));
    let query: serde_json::Value = serde_json::from_str(&plan.query(&plan.parts[1])).unwrap();
    assert_eq!(query["response"]["format"], "json-stat2");
    assert_eq!(
        query["query"][0],
        serde_json::json!({"code": "Region", "selection": {"filter": "item", "values": ["0180"]}})
    );
    assert_eq!(query["query"][1]["selection"]["values"], serde_json::json!(["B"]));
    let parts = plan
        .parts
        .iter()
        .enumerate()
        .map(|(number, part)| write(dir.path(), &format!("{number}"), &answer(part, true, true)));
    let parts = parts.collect();
    let path = joined(dir.path(), plan, parts).unwrap();
    let text = std::fs::read_to_string(&path).unwrap();
    assert!(!text.contains("Person") && text.contains("Exempelby"), "{text}");
    let sample = staged(&path);
    assert_eq!(
        sample.cells("region")[..5],
        ["Stockholm", "Stockholm", "Stockholm", "Stockholm", "Göteborg"]
    );
    assert_eq!(sample.cells("år")[..4], ["2021", "2022", "2023", "2024"]);
    assert_eq!(sample.cells("Folkmängd")[4..8], ["2000", "2001", "∅", "2003"]);
    assert_eq!(sample.column("Medelålder").unit.as_deref(), Some("år"));
}

#[test]
fn metadata_of_the_second_version_is_json_stat() {
    let dir = TempDir::new().unwrap();
    let whole = Part {
        ranges: vec![(0, 3), (0, 2), (0, 4)],
    };
    let config = r#"{"apiVersion":"2.0.0","maxDataCells":9,"maxCallsPerTimeWindow":30,"timeWindow":10}"#;
    let two = planned(dir.path(), Version::Two, &answer(&whole, false, false), config).unwrap();
    let one = planned(
        dir.path(),
        Version::One,
        METADATA,
        r#"{"maxCells":9,"maxCalls":30,"timeWindow":10}"#,
    )
    .unwrap();
    assert_eq!((&two.variables, &two.parts), (&one.variables, &one.parts));
    let query: serde_json::Value = serde_json::from_str(&two.query(&two.parts[0])).unwrap();
    assert_eq!(
        query["selection"][2],
        serde_json::json!({"variableCode": "Tid", "valueCodes": ["2021", "2022", "2023", "2024"]})
    );
    assert_eq!(two.parts.len(), 3);
    // What is no metadata of a table is a file like any other.
    for other in ["[]", "{\"a\":1}", "{\"title\":\"x\",\"variables\":[]}", "<html>", ""] {
        assert_eq!(planned(dir.path(), Version::One, other, "{}"), None, "{other}");
        assert_eq!(planned(dir.path(), Version::Two, other, "{}"), None, "{other}");
        let metadata = write(dir.path(), "fil.json", other);
        let asked = |metadata: &Path, version| {
            let (name, limits) = ("http://s.example/api/v1/sv/ssd/Tabell".to_owned(), TableLimits::default());
            let (metadata, config) = (metadata.to_path_buf(), None);
            is_table(&PlanWork {
                name,
                version,
                metadata,
                config,
                limits,
            })
            .unwrap()
        };
        assert!(!asked(&metadata, Version::One) && !asked(&metadata, Version::Two), "{other}");
        assert!(asked(&write(dir.path(), "tabell.json", METADATA), Version::One));
    }
}

#[test]
fn an_answer_that_is_not_what_was_asked_is_refused_by_its_number() {
    let dir = TempDir::new().unwrap();
    let plan = planned(dir.path(), Version::One, METADATA, r#"{"maxCells":12}"#).unwrap();
    let good: Vec<String> = plan.parts.iter().map(|part| answer(part, false, false)).collect();
    let other = answer(&plan.parts[0], false, false);
    let hurt = [
        ("pxweb-answer", other),
        ("pxweb-answer", good[1].replace("\"size\":[1,", "\"size\":[2,")),
        ("pxweb-answer", good[1].replace("\"value\":[", "\"value\":[1,")),
        ("pxweb-answer", "{\"message\":\"x\"}".into()),
        ("pxweb-changed", good[1].replace("08:00:00", "08:05:00")),
        ("json-syntax", good[1].replace("\"value\"", "value")),
    ];
    for (id, text) in hurt {
        let texts = [good[0].clone(), text, good[2].clone()];
        let parts = texts
            .iter()
            .enumerate()
            .map(|(number, text)| write(dir.path(), &format!("{number}"), text))
            .collect();
        let refused = joined(dir.path(), plan.clone(), parts).unwrap_err();
        assert_eq!(refused.id, id, "{texts:?}");
        assert!(id != "pxweb-answer" || refused.message.en.contains("query 2"), "{refused:?}");
    }
    let parts = good
        .iter()
        .enumerate()
        .map(|(number, text)| write(dir.path(), &format!("{number}"), text))
        .collect();
    assert!(joined(dir.path(), plan, parts).is_ok());
}
