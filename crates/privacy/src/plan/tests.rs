use std::collections::BTreeMap;
use std::sync::Arc;

use arrow::array::{AsArray, DictionaryArray, Int64Array};
use arrow::compute::concat_batches;
use arrow::datatypes::Int32Type;
use fyr_model::privacy::ColumnPolicy;

use super::*;

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
    }
}
fn policy(columns: &[(&str, ColumnPolicy)], model: Option<(u64, f64, &str)>) -> PrivacyPolicy {
    PrivacyPolicy {
        columns: columns.iter().map(|(name, policy)| ((*name).to_owned(), policy.clone())).collect(),
        model: model.map(|(k, suppression_max, loss)| Model {
            k,
            suppression_max,
            loss: loss.to_owned(),
            gs_factor: 0.5,
        }),
        cleared: BTreeMap::new(),
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
    let (batch, columns) = table(&columns);
    let text_of = |column: &&str| std::fs::read_to_string(format!("{folder}/{name}_hierarchy_{column}.csv")).unwrap();
    let hierarchies = header.iter().map(|column| (format!("{column}.csv"), text_of(column))).collect();
    Some((batch, columns, hierarchies))
}

/// A case of `privacy.md` 7.1: the optimum that ARX publishes in its tests.
fn adult(eight: bool, limit: f64, loss: &str, node: &[usize], expected: f64, suppressed: u64) {
    let Some((batch, columns, hierarchies)) = arx("adult") else {
        return;
    };
    let role = |name: &str| {
        if eight && name == "occupation" {
            ColumnPolicy::Role(Role::Sensitive)
        } else {
            qi(Some(&format!("{name}.csv")))
        }
    };
    let roles: Vec<(&str, ColumnPolicy)> = columns.iter().map(|c| (c.name.as_str(), role(&c.name))).collect();
    let started = std::time::Instant::now();
    let plan = plan(
        std::slice::from_ref(&batch),
        &columns,
        &policy(&roles, Some((5, limit, loss))),
        &hierarchies,
    )
    .unwrap();
    let facts = plan.facts();
    eprintln!(
        "{} nodes, {} visited, {:.1?}",
        facts.search.nodes,
        facts.search.visited,
        started.elapsed()
    );
    assert_eq!(plan.node, node);
    assert!((facts.loss - expected).abs() <= 1e-9 * expected, "{} is not {expected}", facts.loss);
    assert_eq!(facts.suppressed_rows, suppressed);
    assert_eq!((facts.rows_in, facts.search.nodes), (30_162, if eight { 4_320 } else { 12_960 }));
    assert!(facts.search.optimal);
    let out = plan.apply(&batch).unwrap();
    assert_eq!(out.num_rows() as u64, facts.rows_out);
    let smallest = smallest_class(&out, &plan.quasi.iter().map(|q| q.name.as_str()).collect::<Vec<_>>());
    assert!(smallest >= 5, "smallest class {smallest}");
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

#[test]
fn d1_adult_nine_columns_four_percent_monotone() {
    adult(
        false,
        0.04,
        "entropy-monotone",
        &[1, 0, 1, 1, 3, 2, 2, 0, 1],
        255_559.854_557_310_67,
        906,
    );
}
#[test]
fn d2_adult_nine_columns_without_suppression() {
    adult(false, 0.0, "entropy", &[1, 2, 1, 1, 3, 2, 2, 1, 1], 407_289.538_892_529_3, 0);
}
#[test]
fn d3_adult_eight_columns_five_percent() {
    adult(true, 0.05, "entropy", &[0, 0, 1, 1, 2, 2, 2, 0], 180_132.408_482_446_98, 889);
}
#[test]
fn d4_adult_eight_columns_without_suppression() {
    adult(true, 0.0, "entropy", &[1, 1, 1, 1, 3, 2, 2, 1], 324_620.526_991_869_2, 0);
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
        (2, 1.0, "loss", false),
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

mod any_table {
    use proptest::prelude::*;

    use super::*;

    /// The best node by trying every one, with no bound, no tags and no rolling up.
    fn by_force(batch: &RecordBatch, quasi: &[Quasi], k: u64, limit: u64, question: Question) -> Option<(Vec<usize>, f64)> {
        let tuples = tuples::collapse(std::slice::from_ref(batch), quasi).unwrap();
        let heights: Vec<usize> = quasi.iter().map(|q| q.hierarchy.height()).collect();
        let mut best: Option<(Vec<usize>, f64)> = None;
        for index in 0..heights.iter().product() {
            let mut rest: usize = index;
            let mut node = vec![0; heights.len()];
            for (slot, height) in node.iter_mut().zip(&heights).rev() {
                *slot = rest % height;
                rest /= height;
            }
            let outliers = search::outliers(quasi, &tuples, &node, k);
            let lost: Vec<(u128, u64)> = tuples
                .iter()
                .map(|(t, n)| (search::generalise(quasi, &node, *t), *n))
                .filter(|(t, _)| outliers.contains_key(t))
                .collect();
            let suppressed: u64 = lost.iter().map(|(_, n)| n).sum();
            if suppressed > limit {
                continue;
            }
            let mut loss = 0.0;
            for (column, level) in quasi.iter().zip(&node) {
                let general = column.hierarchy.counts(*level, &column.counts);
                for (count, code) in column.counts.iter().zip(&column.hierarchy.levels[*level].codes) {
                    loss -= *count as f64 * (*count as f64 / general[*code as usize] as f64).log2();
                }
                let mut among: BTreeMap<u32, u64> = BTreeMap::new();
                for (tuple, count) in &lost {
                    *among.entry(column.field(*tuple)).or_default() += count;
                }
                if question.suppression_costs {
                    loss += among
                        .values()
                        .map(|c| -(*c as f64) * (*c as f64 / suppressed as f64).log2())
                        .sum::<f64>();
                }
            }
            if best.as_ref().is_none_or(|(_, least)| loss < least - 1e-9 * (1.0 + least.abs())) {
                best = Some((node, loss));
            }
        }
        best
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]
        #[test]
        fn every_published_group_holds_k_rows_and_the_answer_is_the_best(
            cells in prop::collection::vec((0u8..12, 0u8..4, 0u8..6), 1..60),
            k in 2u64..6,
            percent in 0u64..30,
            costs: bool,
        ) {
            let ages: Vec<String> = cells.iter().map(|c| (18 + c.0 * 3).to_string()).collect();
            let text: Vec<String> = cells.iter().map(|c| format!("k{}", c.1)).collect();
            let code: Vec<String> = cells.iter().map(|c| format!("0{}{}0", c.2 % 2 + 1, c.2)).collect();
            let some = |v: &'static [String]| v.iter().map(|s| Some(s.as_str())).collect::<Vec<_>>();
            let leak = |v: Vec<String>| -> &'static [String] { Box::leak(v.into_boxed_slice()) };
            let (batch, columns) = table(&[("alder", some(leak(ages))), ("sort", some(leak(text))), ("postnr", some(leak(code)))]);
            let roles = [("alder", qi(Some("age"))), ("sort", qi(Some("order"))), ("postnr", qi(Some("mask")))];
            let share = percent as f64 / 100.0;
            let policy = policy(&roles, Some((k, share, if costs { "entropy" } else { "entropy-monotone" })));
            let batches = [batch.clone()];
            let question = Question { k, outliers_max: (share * cells.len() as f64).floor() as u64, suppression_costs: costs, gs_factor: 0.5 };
            let all_roles = [Role::QuasiIdentifier; 3];
            let quasi = quasi(&batches, &columns, &all_roles, &policy, &BTreeMap::new(), k).unwrap();
            let expected = by_force(&batch, &quasi, k, question.outliers_max, question);
            match (plan(&batches, &columns, &policy, &BTreeMap::new()), expected) {
                (Ok(plan), Some((node, loss))) => {
                    prop_assert!((plan.facts().loss - loss).abs() <= 1e-9 * (1.0 + loss));
                    prop_assert_eq!(&plan.node, &node);
                    let out = plan.apply(&batch).unwrap();
                    let smallest = smallest_class(&out, &["alder", "sort", "postnr"]);
                    prop_assert!(out.num_rows() == 0 || smallest as u64 >= k);
                    let whole = concat_batches(&out.schema(), [&out]).unwrap();
                    prop_assert_eq!(whole.num_rows() as u64, plan.facts().rows_out);
                }
                (Err(refused), None) => prop_assert_eq!(refused.id, "no-admissible-node"),
                (planned, expected) => prop_assert!(false, "{:?} against {:?}", planned.map(|p| p.facts().clone()), expected),
            }
        }
    }
}
