use std::collections::BTreeMap;
use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, DictionaryArray, Int64Array, StringArray};
use arrow::datatypes::{DataType, Int32Type};
use fyr_model::privacy::ColumnPolicy;

use super::*;

mod gather;
mod golden;
mod oracle;
mod recode;

fn column(name: &str) -> Column {
    Column {
        name: name.to_owned(),
        header: name.to_owned(),
        kind: ColumnType::Text,
        semantic: None,
        description: None,
        unit: None,
    }
}
fn table(columns: &[(&str, Vec<Option<&str>>)]) -> (RecordBatch, Vec<Column>) {
    let array = |cells: &Vec<Option<&str>>| Arc::new(StringArray::from(cells.clone())) as ArrayRef;
    let batch = RecordBatch::try_from_iter_with_nullable(columns.iter().map(|(name, cells)| (*name, array(cells), true))).unwrap();
    (batch, columns.iter().map(|(name, _)| column(name)).collect())
}
fn qi(hierarchy: Option<&str>) -> ColumnPolicy {
    ColumnPolicy::Detailed {
        role: Role::QuasiIdentifier,
        hierarchy: hierarchy.map(str::to_owned),
        microaggregate: None,
    }
}
fn policy(columns: &[(&str, ColumnPolicy)], model: Option<(u64, f64, &str)>) -> PrivacyPolicy {
    PrivacyPolicy {
        columns: columns.iter().map(|(name, policy)| ((*name).to_owned(), policy.clone())).collect(),
        model: model.map(|(k, suppression_max, loss)| Model {
            k,
            suppression_max,
            loss: loss.to_owned(),
            ..Model::default()
        }),
        ..PrivacyPolicy::default()
    }
}
fn rows(batch: &RecordBatch) -> Vec<String> {
    let cell = |array: &ArrayRef, row| {
        crate::cells::Cells::of(array)
            .unwrap()
            .get(row)
            .map_or("-".to_owned(), |c| c.into_owned())
    };
    (0..batch.num_rows())
        .map(|row| batch.columns().iter().map(|array| cell(array, row)).collect::<Vec<_>>().join(","))
        .collect()
}

/// A `;`-separated fixture as text columns, and its hierarchy files.
fn arx(name: &str) -> Option<(RecordBatch, Vec<Column>, BTreeMap<String, String>)> {
    let batch = arx_rows(name)?;
    let folder = format!("{}/../../../shared/fixtures/anonymization/arx", env!("CARGO_MANIFEST_DIR"));
    let names: Vec<String> = batch.schema().fields().iter().map(|field| field.name().clone()).collect();
    let text_of = |column: &String| std::fs::read_to_string(format!("{folder}/{name}_hierarchy_{column}.csv")).unwrap();
    let hierarchies = names.iter().map(|column| (format!("{column}.csv"), text_of(column))).collect();
    Some((batch, names.iter().map(|name| column(name)).collect(), hierarchies))
}

/// The rows of such a fixture.
fn arx_rows(name: &str) -> Option<RecordBatch> {
    let folder = format!("{}/../../../shared/fixtures/anonymization/arx", env!("CARGO_MANIFEST_DIR"));
    let Ok(text) = std::fs::read_to_string(format!("{folder}/{name}.csv")) else {
        eprintln!("SKIPPED: ../shared/fixtures/anonymization/arx/{name}.csv is absent");
        return None;
    };
    let mut lines = text.lines().map(|line| line.split(';').map(Some).collect::<Vec<_>>());
    let header: Vec<&str> = lines.next().unwrap().into_iter().flatten().collect();
    let cells: Vec<Vec<Option<&str>>> = lines.collect();
    let columns: Vec<(&str, Vec<Option<&str>>)> = header
        .iter()
        .enumerate()
        .map(|(i, name)| (*name, cells.iter().map(|row| row[i]).collect()))
        .collect();
    Some(table(&columns).0)
}

/// The smallest group of equal text over `columns`, counted the plain way.
fn smallest_class(batch: &RecordBatch, columns: &[&str]) -> usize {
    let mut classes: BTreeMap<String, usize> = BTreeMap::new();
    let arrays: Vec<_> = columns.iter().map(|name| batch.column_by_name(name).unwrap()).collect();
    let cells: Vec<_> = arrays.iter().map(|array| crate::cells::Cells::of(array).unwrap()).collect();
    for row in 0..batch.num_rows() {
        let key: Vec<String> = cells.iter().map(|c| format!("{:?}", c.get(row))).collect();
        *classes.entry(key.join("|")).or_default() += 1;
    }
    classes.into_values().min().unwrap_or(usize::MAX)
}

/// `privacy.md` 7.2.
#[test]
fn the_seven_people_come_out_in_three_classes() {
    let Some((batch, columns, hierarchies)) = arx("test") else { return };
    let roles: Vec<(&str, ColumnPolicy)> = columns
        .iter()
        .map(|c| (c.name.as_str(), qi(Some(&format!("{}.csv", c.name)))))
        .collect();
    let plan = plan(
        std::slice::from_ref(&batch),
        &columns,
        &policy(&roles, Some((2, 0.0, "entropy"))),
        &hierarchies,
    )
    .unwrap();
    assert_eq!(plan.node, [1, 1, 2]);
    let mut out = rows(&plan.apply(&batch).unwrap());
    out.sort();
    assert_eq!(
        out,
        [
            "<50,*,816**",
            "<50,*,816**",
            "<50,*,819**",
            "<50,*,819**",
            ">=50,*,819**",
            ">=50,*,819**",
            ">=50,*,819**"
        ]
    );
}

#[test]
fn texts_that_look_alike_at_both_ends_stay_apart() {
    let cells = [
        "stadsdel-A-kvarter",
        "stadsdel-B-kvarter",
        "stadsdel-A-kvarter",
        "stadsdel-B-kvarter",
    ];
    let (batch, columns) = table(&[("ort", cells.iter().map(|cell| Some(*cell)).collect())]);
    let policy = policy(&[("ort", qi(None))], Some((2, 0.0, "entropy")));
    let plan = plan(std::slice::from_ref(&batch), &columns, &policy, &BTreeMap::new()).unwrap();
    assert_eq!(rows(&plan.apply(&batch).unwrap()), cells);
}

#[test]
fn a_column_without_a_role_and_a_role_without_a_column_are_refused_by_name() {
    let (batch, columns) = table(&[("alder", vec![Some("1")]), ("ort", vec![Some("x")])]);
    let plain = ColumnPolicy::Role(Role::Plain);
    let none = BTreeMap::new();
    let refused = plan(
        std::slice::from_ref(&batch),
        &columns,
        &policy(&[("alder", plain.clone())], None),
        &none,
    )
    .unwrap_err();
    assert_eq!(
        (
            refused.id.as_str(),
            refused.message.en.contains("`ort`") || refused.message.en.contains("ort")
        ),
        ("role-missing", true)
    );
    let all = [("alder", plain.clone()), ("ort", plain.clone()), ("kon", plain.clone())];
    assert_eq!(
        plan(std::slice::from_ref(&batch), &columns, &policy(&all, None), &none)
            .unwrap_err()
            .id,
        "role-unknown-column"
    );
    assert!(plan(&[batch], &columns, &policy(&all[..2], None), &none).is_ok());
}

#[test]
fn quasi_identifying_or_sensitive_without_a_model_is_refused() {
    let (batch, columns) = table(&[("alder", vec![Some("1")])]);
    let none = BTreeMap::new();
    for role in [Role::QuasiIdentifier, Role::Sensitive] {
        let policy = policy(&[("alder", ColumnPolicy::Role(role))], None);
        assert_eq!(
            plan(std::slice::from_ref(&batch), &columns, &policy, &none).unwrap_err().id,
            "model-missing"
        );
    }
    for (k, share, loss, ok) in [
        (1, 0.0, "entropy", false),
        (2, 1.1, "entropy", false),
        (2, 1.0, "losses", false),
        (2, 1.0, "entropy", true),
    ] {
        let policy = policy(&[("alder", ColumnPolicy::Role(Role::Plain))], Some((k, share, loss)));
        assert_eq!(
            plan(std::slice::from_ref(&batch), &columns, &policy, &none).is_ok(),
            ok,
            "{k} {share} {loss}"
        );
    }
}

#[test]
fn too_few_rows_for_k_is_an_answer() {
    let (batch, columns) = table(&[("alder", vec![Some("1"), Some("2")])]);
    let none = BTreeMap::new();
    let refused = plan(
        std::slice::from_ref(&batch),
        &columns,
        &policy(&[("alder", qi(None))], Some((3, 0.0, "entropy"))),
        &none,
    )
    .unwrap_err();
    assert_eq!((refused.id.as_str(), refused.kind), ("no-admissible-node", RefusalKind::Forbidden));
    assert!(
        plan(
            &[batch],
            &columns,
            &policy(&[("alder", qi(None))], Some((2, 0.0, "entropy"))),
            &none
        )
        .is_ok()
    );
}

/// Ten of `a`, ten of `b`, and `n` loners.
fn loners(n: usize) -> (RecordBatch, Vec<Column>) {
    let names: Vec<String> = (0..n).map(|i| format!("x{i}")).collect();
    let cells = std::iter::repeat_n("a", 10)
        .chain(std::iter::repeat_n("b", 10))
        .chain(names.iter().map(String::as_str));
    table(&[("ort", cells.map(Some).collect()), ("sak", vec![Some("s"); 20 + n])])
}

#[test]
fn suppressed_rows_are_left_out_when_as_one_class_they_fail_the_model() {
    let roles = [("ort", qi(None)), ("sak", ColumnPolicy::Role(Role::Sensitive))];
    let policy = policy(&roles, Some((5, 0.3, "entropy-monotone")));
    for (lone, out, star) in [(4, 20, false), (5, 25, true)] {
        let (batch, columns) = loners(lone);
        let plan = plan(std::slice::from_ref(&batch), &columns, &policy, &BTreeMap::new()).unwrap();
        assert_eq!((plan.facts().suppressed_rows, plan.facts().rows_out), (lone as u64, out), "{lone}");
        let batch = plan.apply(&batch).unwrap();
        assert_eq!(batch.num_rows() as u64, out);
        assert_eq!(rows(&batch).contains(&"*,s".to_owned()), star);
    }
}

#[test]
fn h31_removed_values_are_in_no_buffer_of_the_output() {
    let cells: DictionaryArray<Int32Type> = vec![Some("hemlig-1"), Some("a"), Some("a"), Some("a")].into_iter().collect();
    let numbers = Int64Array::from(vec![Some(7), Some(1), None, Some(1)]);
    let batch = RecordBatch::try_from_iter_with_nullable([
        ("ort", Arc::new(cells) as ArrayRef, true),
        ("tal", Arc::new(numbers) as ArrayRef, true),
        ("pnr", Arc::new(StringArray::from(vec!["p", "q", "r", "s"])) as ArrayRef, true),
    ])
    .unwrap();
    let columns = [column("ort"), column("tal"), column("pnr")];
    let roles = [
        ("ort", qi(None)),
        ("tal", ColumnPolicy::Role(Role::Plain)),
        ("pnr", ColumnPolicy::Role(Role::Identifier)),
    ];
    let plan = plan(
        std::slice::from_ref(&batch),
        &columns,
        &policy(&roles, Some((3, 0.25, "entropy-monotone"))),
        &BTreeMap::new(),
    )
    .unwrap();
    let out = plan.apply(&batch).unwrap();
    assert_eq!(rows(&out), ["a,1", "a,-", "a,1"]);
    assert_eq!(plan.columns().iter().map(|c| c.name.as_str()).collect::<Vec<_>>(), ["ort", "tal"]);
    for array in out.columns() {
        for buffer in array.to_data().buffers() {
            assert!(!buffer.as_slice().windows(6).any(|bytes| bytes == b"hemlig"));
            assert!(!buffer.as_slice().chunks(8).any(|bytes| bytes == 7i64.to_le_bytes()));
        }
    }
    assert_eq!(out.column(0).data_type(), &DataType::Utf8, "no dictionary survives");
}

#[test]
fn a_column_at_level_0_keeps_its_type_a_generalised_one_becomes_text() {
    let ages = Int64Array::from((0..40).map(|i| 20 + i / 2).collect::<Vec<_>>());
    let kept = Int64Array::from((0..40).map(|i| i % 2).collect::<Vec<_>>());
    let batch = RecordBatch::try_from_iter([("alder", Arc::new(ages) as ArrayRef), ("grupp", Arc::new(kept) as ArrayRef)]).unwrap();
    let columns = [column("alder"), column("grupp")];
    let roles = [("alder", qi(Some("age"))), ("grupp", qi(None))];
    let plan = plan(
        std::slice::from_ref(&batch),
        &columns,
        &policy(&roles, Some((5, 0.0, "entropy"))),
        &BTreeMap::new(),
    )
    .unwrap();
    let out = plan.apply(&batch).unwrap();
    assert_eq!(plan.node, [1, 0]);
    assert_eq!(
        (out.column(0).data_type(), out.column(1).data_type()),
        (&DataType::Utf8, &DataType::Int64)
    );
    assert_eq!(out.column(0).as_string::<i32>().value(0), "20-24");
}

#[test]
fn an_empty_table_one_row_and_nothing_left_have_an_answer() {
    let none = BTreeMap::new();
    for (word, _) in loss::Metric::WORDS {
        let (batch, columns) = table(&[("alder", vec![])]);
        let empty = plan(&[batch], &columns, &policy(&[("alder", qi(None))], Some((2, 0.5, word))), &none).unwrap();
        assert_eq!(
            (empty.facts().rows_out, empty.facts().loss, empty.node.as_slice()),
            (0, 0.0, &[0][..]),
            "{word}"
        );
        for (share, id) in [(0.0, "no-admissible-node"), (1.0, "all-rows-suppressed")] {
            let (batch, columns) = table(&[("alder", vec![Some("1")])]);
            let policy = policy(&[("alder", qi(None))], Some((2, share, word)));
            assert_eq!(plan(&[batch], &columns, &policy, &none).unwrap_err().id, id, "{word} {share}");
        }
    }
}

#[test]
fn a_policy_that_contradicts_itself_is_refused() {
    use fyr_model::privacy::{Diversity, DiversityKind, KMap, PerColumn, Presence};
    let (batch, columns) = table(&[("alder", vec![Some("1"), Some("1")]), ("sak", vec![Some("a"), Some("b")])]);
    let l = |kind, c| Some(PerColumn::All(Diversity { kind, value: 2.0, c }));
    let presence = Some(Presence {
        min: 0.1,
        max: 0.5,
        subset: "s.csv".to_owned(),
    });
    let k_map = Some(KMap {
        k: 2,
        population: "p.csv".to_owned(),
    });
    let of = |name: &str| Some(PerColumn::Each(BTreeMap::from([(name.to_owned(), 0.5)])));
    let cases = [
        (Role::Sensitive, Model::default(), "model-invalid"),
        (
            Role::Sensitive,
            Model {
                l: l(DiversityKind::Recursive, None),
                ..Model::default()
            },
            "model-invalid",
        ),
        (
            Role::Sensitive,
            Model {
                l: l(DiversityKind::Distinct, Some(2.0)),
                ..Model::default()
            },
            "model-invalid",
        ),
        (
            Role::Plain,
            Model {
                l: l(DiversityKind::Distinct, None),
                ..Model::default()
            },
            "model-invalid",
        ),
        (
            Role::Sensitive,
            Model {
                disclosure: of("alder"),
                ..Model::default()
            },
            "model-invalid",
        ),
        (
            Role::Sensitive,
            Model {
                presence: presence.clone(),
                k_map: k_map.clone(),
                ..Model::default()
            },
            "model-invalid",
        ),
        (
            Role::Sensitive,
            Model {
                presence,
                ..Model::default()
            },
            "model-needs-table",
        ),
        (Role::Sensitive, Model { k_map, ..Model::default() }, "model-needs-table"),
        (
            Role::Sensitive,
            Model {
                average_risk: Some(0.0),
                ..Model::default()
            },
            "model-invalid",
        ),
    ];
    for (role, model, id) in cases {
        let mut policy = policy(&[("alder", qi(None)), ("sak", ColumnPolicy::Role(role))], None);
        policy.model = Some(model);
        let refused = plan(std::slice::from_ref(&batch), &columns, &policy, &BTreeMap::new()).unwrap_err();
        assert_eq!(refused.id, id, "{:?}", policy.model);
    }
}

#[test]
fn a_policy_reads_bounds_for_all_columns_and_for_one() {
    let model = |text: &str| serde_json::from_str::<Model>(text);
    let all = model(r#"{"k": 10, "l": {"kind": "entropy", "value": 3}, "t": {"kind": "ordered", "value": 0.2}}"#).unwrap();
    assert_eq!(all.l.unwrap().of("sak").unwrap().value, 3.0);
    let one = model(r#"{"k": 10, "l": {"sak": {"kind": "recursive", "value": 3, "c": 4}}, "disclosure": 2.5}"#).unwrap();
    let l = one.l.unwrap();
    assert_eq!((l.of("sak").unwrap().c, l.of("annan").is_none()), (Some(4.0), true));
    assert!(model(r#"{"k": 10, "l": {"kind": "most", "value": 3}}"#).is_err());
}

/// The nine people of Nergiz, Atzori and Clifton (2007), five of them in the table to be published (`privacy.md` 7.2).
#[test]
fn nobody_is_known_to_be_in_or_out_of_the_table_of_the_papers_example() {
    let zip = [
        Some("47906"),
        Some("47903"),
        Some("47906"),
        Some("47630"),
        Some("47630"),
        Some("47633"),
        Some("48973"),
        Some("48972"),
        Some("48970"),
    ];
    let age = [
        Some("35"),
        Some("59"),
        Some("42"),
        Some("18"),
        Some("22"),
        Some("63"),
        Some("33"),
        Some("47"),
        Some("52"),
    ];
    let country = [
        Some("USA"),
        Some("Canada"),
        Some("USA"),
        Some("Brazil"),
        Some("Brazil"),
        Some("Peru"),
        Some("Spain"),
        Some("Bulgaria"),
        Some("France"),
    ];
    let of = |rows: &[usize]| {
        let pick = |cells: &[Option<&'static str>; 9]| rows.iter().map(|row| cells[*row]).collect::<Vec<_>>();
        table(&[("zip", pick(&zip)), ("age", pick(&age)), ("country", pick(&country))])
    };
    let (population, columns) = of(&[0, 1, 2, 3, 4, 5, 6, 7, 8]);
    let (published, _) = of(&[1, 2, 5, 7, 8]);
    let leaf = |cells: &[Option<&'static str>; 9], above: &dyn Fn(&str) -> String| {
        let mut rows: Vec<String> = cells.iter().flatten().map(|cell| format!("{cell};{};*", above(cell))).collect();
        rows.sort();
        rows.dedup();
        rows.join("\n")
    };
    let cut = |value: &str| (1..=4).rev().map(|n| format!("{:*<5}", &value[..n])).collect::<Vec<_>>().join(";");
    let decade = |value: &str| format!("{}*;{}", &value[..1], if value < "41" { "<=40" } else { ">40" });
    let continent = |value: &str| {
        let above = match value {
            "USA" | "Canada" => "N. America;America",
            "Brazil" | "Peru" => "S. America;America",
            "Bulgaria" => "E. Europe;Europe",
            _ => "W. Europe;Europe",
        };
        above.to_owned()
    };
    let hierarchies = [
        ("zip.csv", leaf(&zip, &cut)),
        ("age.csv", leaf(&age, &decade)),
        ("country.csv", leaf(&country, &continent)),
    ];
    let hierarchies = hierarchies.map(|(name, text)| (name.to_owned(), text)).into();
    let roles: Vec<(&str, ColumnPolicy)> = vec![
        ("zip", qi(Some("zip.csv"))),
        ("age", qi(Some("age.csv"))),
        ("country", qi(Some("country.csv"))),
    ];
    let mut policy = policy(&roles, Some((2, 0.0, "entropy-monotone")));
    policy.model.as_mut().unwrap().presence = Some(fyr_model::privacy::Presence {
        min: 0.5,
        max: 2.0 / 3.0,
        subset: "del.csv".to_owned(),
    });
    let mut planner = Planner::new(&columns, &policy).unwrap();
    planner.take(&published).unwrap();
    planner.take_population(&population).unwrap();
    let plan = planner.plan(&hierarchies, Effort::default()).unwrap();
    let mut out = rows(&plan.apply(&published).unwrap());
    out.sort();
    assert_eq!(
        out,
        [
            "47***,*,America",
            "47***,*,America",
            "47***,*,America",
            "48***,*,Europe",
            "48***,*,Europe"
        ]
    );
}
