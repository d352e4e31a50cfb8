use std::sync::Arc;

use arrow::array::{ArrayRef, AsArray, Float64Array, StringArray};
use arrow::datatypes::Float64Type;
use fyr_model::table::ColumnType;

use super::error::Noise;
use super::*;

type Row = (Option<&'static str>, Option<&'static str>, Option<f64>);

fn batch(rows: &[Row]) -> RecordBatch {
    let units: ArrayRef = Arc::new(rows.iter().map(|row| row.0).collect::<StringArray>());
    let groups: ArrayRef = Arc::new(rows.iter().map(|row| row.1).collect::<StringArray>());
    let values: ArrayRef = Arc::new(rows.iter().map(|row| row.2).collect::<Float64Array>());
    RecordBatch::try_from_iter([("person", units), ("ort", groups), ("lon", values)]).unwrap()
}

fn columns() -> Vec<Column> {
    let column = |name: &str, kind| Column {
        name: name.to_owned(),
        header: name.to_owned(),
        kind,
        semantic: None,
        description: None,
        unit: None,
    };
    vec![
        column("person", ColumnType::Text),
        column("ort", ColumnType::Text),
        column("lon", ColumnType::Number),
    ]
}

const HEAD: &str = "[columns]\nperson = 'identifier'\nort = 'quasi-identifier'\nlon = 'sensitive'\n";
const DP: &str = "[dp]\ndataset = 'register'\nunit = 'person'\ncontributions_max = 2\nepsilon = 1.0\nbudget = { epsilon = 10.0 }\n\
    groups = { ort = ['Norrby', 'Soderby'] }\n";

fn policy(dp: &str, tables: &str) -> Result<PrivacyPolicy, toml::de::Error> {
    toml::from_str(&format!("{HEAD}{dp}{tables}"))
}

fn bounded(dp: &str, tables: &str, rows: &[Row]) -> Result<Bounded, Refusal> {
    of(&policy(dp, tables).unwrap(), rows)
}

fn of(policy: &PrivacyPolicy, rows: &[Row]) -> Result<Bounded, Refusal> {
    let mut bounded = Bounded::new(&columns(), policy, &BTreeMap::new())?;
    bounded.take(&batch(rows))?;
    Ok(bounded)
}

const TABLES: [&str; 5] = [
    "[[table]]\nby = ['ort']\nmethod = 'dp'\n",
    "[[table]]\nby = ['ort']\nmethod = 'dp'\nstatistic = 'sum'\nvalue = 'lon'\nclamp = [-2, 5]\n",
    "[[table]]\nby = ['ort']\nmethod = 'dp'\nstatistic = 'mean'\nvalue = 'lon'\nclamp = [-2, 5]\nstep = 0.5\n",
    "[[table]]\nby = ['ort']\nmethod = 'dp'\nstatistic = 'histogram'\nvalue = 'lon'\nedges = [0, 2, 4]\n",
    "[[table]]\nby = []\nmethod = 'dp'\nstatistic = 'quantile'\nvalue = 'lon'\nedges = [0, 1, 2, 3]\n",
];

/// Every multiset of at most `most` of `kinds`.
fn multisets(kinds: usize, most: usize) -> Vec<Vec<usize>> {
    let mut all = vec![Vec::new()];
    let mut last = vec![Vec::<usize>::new()];
    for _ in 0..most {
        let longer = |set: &Vec<usize>| {
            let from = set.last().copied().unwrap_or(0);
            let set = set.clone();
            (from..kinds).map(move |kind| set.iter().copied().chain([kind]).collect())
        };
        last = last.iter().flat_map(longer).collect();
        all.extend(last.iter().cloned());
    }
    all
}

/// Every table of two people with up to four and two rows of six kinds, with and without the first of them: no vector moves by more than its
/// stated sensitivity, in the sum of the changes and in the root of their squares; and some pair of tables moves each by exactly so much.
#[test]
fn no_unit_changes_an_answer_by_more_than_the_sensitivity() {
    let kinds: Vec<(Option<&str>, Option<f64>)> = [Some("Norrby"), Some("Soderby")]
        .into_iter()
        .flat_map(|place| [-9.0, 1.0, 70.0].map(|value| (place, Some(value))))
        .collect();
    let own =
        |unit: &'static str, set: &[usize]| -> Vec<Row> { set.iter().map(|kind| (Some(unit), kinds[*kind].0, kinds[*kind].1)).collect() };
    let (first, second) = (multisets(kinds.len(), 4), multisets(kinds.len(), 2));
    for tables in TABLES {
        let policy = policy(DP, tables).unwrap();
        let vectors = |rows: &[Row]| of(&policy, rows).unwrap().vectors();
        let mut reached: Vec<u64> = Vec::new();
        for b in second.iter().step_by(3) {
            let without = vectors(&own("b", b));
            reached.resize(without.len(), 0);
            for a in &first {
                let mut rows = own("a", a);
                rows.extend(own("b", b));
                let with = vectors(&rows);
                for ((with, without), reached) in with.iter().zip(&without).zip(&mut reached) {
                    let moved: Vec<u64> = with.values.iter().zip(&without.values).map(|(x, y)| x.abs_diff(*y)).collect();
                    let (sum, squares) = (moved.iter().sum::<u64>(), moved.iter().map(|m| m * m).sum::<u64>());
                    assert!(sum <= with.sensitivity, "{tables}{a:?} {b:?}: {sum}");
                    assert!(squares <= with.sensitivity * with.sensitivity, "{tables}{a:?} {b:?}");
                    *reached = (*reached).max(sum);
                }
            }
        }
        let stated: Vec<u64> = vectors(&[]).iter().map(|v| v.sensitivity).collect();
        assert_eq!(reached, stated, "{tables}");
    }
}

#[test]
fn a_unit_with_a_thousand_rows_counts_as_often_as_it_may_in_any_order() {
    let rows: Vec<Row> = (0..1000)
        .map(|n| (Some("a"), Some(["Norrby", "Soderby"][n % 2]), Some((n % 7) as f64)))
        .chain([(Some("b"), Some("Norrby"), Some(3.0))])
        .collect();
    let backwards: Vec<Row> = rows.iter().rev().copied().collect();
    for tables in TABLES {
        let vectors = bounded(DP, tables, &rows).unwrap().vectors();
        assert_eq!(vectors, bounded(DP, tables, &backwards).unwrap().vectors(), "{tables}");
        let counted: i64 = vectors.last().unwrap().values.iter().sum();
        assert!(tables.contains("'sum'") || counted == 3, "{tables}: {counted}");
    }
    // In many batches as in one.
    let policy = policy(DP, TABLES[0]).unwrap();
    let mut parts = Bounded::new(&columns(), &policy, &BTreeMap::new()).unwrap();
    for part in rows.chunks(17) {
        parts.take(&batch(part)).unwrap();
    }
    assert_eq!(parts.vectors(), bounded(DP, TABLES[0], &rows).unwrap().vectors());
}

#[test]
fn rows_without_unit_value_or_listed_group_are_no_rows_and_every_listed_cell_is_there() {
    let rows = [
        (None, Some("Norrby"), Some(1.0)),
        (Some("a"), None, Some(1.0)),
        (Some("a"), Some("Osterby"), Some(1.0)),
        (Some("b"), Some("Norrby"), None),
        (Some("c"), Some("Norrby"), Some(f64::NAN)),
        (Some("d"), Some("Norrby"), Some(f64::INFINITY)),
    ];
    assert_eq!(bounded(DP, TABLES[0], &rows).unwrap().vectors()[0].values, [3, 0]);
    assert_eq!(bounded(DP, TABLES[1], &rows).unwrap().vectors()[0].values, [5, 0]);
    let empty = bounded(DP, TABLES[3], &[]).unwrap();
    assert_eq!(empty.vectors()[0].values, [0; 4]);
    let published = empty.published(&[vec![7, -1, 0, 2]]).unwrap();
    let names: Vec<_> = published.columns.iter().map(|column| column.name.as_str()).collect();
    assert_eq!(names, ["ort", "statistic", "at", "value", "error_95"]);
    let column = |name: &str| published.batch.column_by_name(name).unwrap().clone();
    assert_eq!(column("value").as_primitive::<Float64Type>().values(), &[7.0, -1.0, 0.0, 2.0]);
    assert_eq!(column("at").as_primitive::<Float64Type>().values(), &[0.0, 2.0, 0.0, 2.0]);
    assert_eq!(column("ort").as_string::<i32>().value(2), "Soderby");
}

#[test]
fn means_and_quantiles_are_worked_out_from_noised_whole_numbers() {
    // In halves from -4 to 10, centre 3: the sum of three is 6 above three centres, so 10 halves in all.
    let means = bounded(DP, TABLES[2], &[]).unwrap();
    let value = |published: &Published, row: usize| {
        let column = published.batch.column_by_name("value").unwrap();
        column.as_primitive::<Float64Type>().value(row)
    };
    let published = means.published(&[vec![6, 1_000_000], vec![3, 2]]).unwrap();
    assert_eq!(
        (value(&published, 0), value(&published, 1)),
        (2.5, 5.0),
        "beyond the clamp stops there"
    );
    assert_eq!(
        value(&means.published(&[vec![0, 0], vec![-4, 0]]).unwrap(), 0),
        1.5,
        "the centre when nobody is counted"
    );
    let quantiles = bounded(DP, TABLES[4], &[]).unwrap();
    let published = quantiles.published(&[vec![4, 0, 4]]).unwrap();
    assert_eq!([value(&published, 0), value(&published, 1), value(&published, 2)], [0.5, 1.0, 2.5]);
    let nobody = quantiles.published(&[vec![-1, -5, 0]]).unwrap();
    assert_eq!(value(&nobody, 1), 1.5);
    for foreign in [vec![], vec![vec![1, 2]], vec![vec![1, 2, 3], vec![1]]] {
        assert_eq!(quantiles.published(&foreign).unwrap_err().id, "dp-answer");
    }
}

#[test]
fn shares_are_whole_and_never_more_than_the_release() {
    let tables = format!("{}share = 2\n{}", TABLES[0], TABLES[2]);
    let dp = DP.replace("epsilon = 1.0", "epsilon = 0.000000010");
    let both = bounded(&dp, &tables, &[]).unwrap();
    let costs: Vec<u64> = both.vectors().iter().map(|vector| vector.cost.billionths).collect();
    assert_eq!(costs, [6, 2, 1]);
    assert_eq!(both.cost().billionths, 10);
    let facts = both.facts();
    assert_eq!((facts.epsilon, facts.delta, facts.rho), (1e-8, 0.0, None));
    assert_eq!(facts.tables[1].noised.len(), 2);
    let rho = DP
        .replace("epsilon = 1.0", "rho = 0.1\ndelta = 1e-6")
        .replace("budget = { epsilon", "budget = { rho");
    let facts = bounded(&rho, TABLES[0], &[]).unwrap().facts();
    assert_eq!((facts.mechanism.as_str(), facts.rho), ("discrete-gaussian", Some(0.1)));
    assert!((facts.epsilon - 2.450_788).abs() < 1e-6);
}

/// What is told of the noise, against the exact mass functions.
#[test]
fn the_stated_error_is_that_of_the_distribution() {
    for (sensitivity, billionths) in [(1, 1_000_000_000), (3, 500_000_000), (1, 5_000_000_000), (20, 100_000_000)] {
        for measure in [Measure::Epsilon, Measure::Rho] {
            let cost = Amount { measure, billionths };
            let (reach, spent) = (sensitivity as f64, cost.value());
            let weight = |x: i64| match measure {
                Measure::Epsilon => (-(x.abs() as f64) * spent / reach).exp(),
                Measure::Rho => (-(x as f64).powi(2) * spent / (reach * reach)).exp(),
            };
            let total: f64 = (-20_000..=20_000).map(weight).sum();
            let variance = (-20_000..=20_000).map(|x| (x as f64).powi(2) * weight(x)).sum::<f64>() / total;
            let noise = Noise::of(sensitivity, cost);
            let stated = noise.deviation();
            assert!(
                stated * stated >= variance * (1.0 - 1e-9),
                "{cost:?}: {stated}, {}",
                variance.sqrt()
            );
            assert!(
                measure == Measure::Rho || (stated * stated - variance).abs() < 1e-6 * variance,
                "{cost:?}"
            );
            let inside = |within: f64| (-(within as i64)..=within as i64).map(weight).sum::<f64>() / total;
            let (within, of_two) = (noise.within(false), noise.within(true));
            assert!(inside(within) >= 0.95 && inside(of_two) >= 0.975, "{cost:?}: {within}");
            assert!(
                measure == Measure::Rho || within == 0.0 || inside(within - 1.0) < 0.95,
                "{cost:?}: {within}"
            );
        }
    }
}

#[test]
fn a_policy_that_leaves_something_to_the_data_has_a_typed_answer() {
    let (count, sum, mean, histogram) = (TABLES[0], TABLES[1], TABLES[2], TABLES[3]);
    let cases: Vec<(String, String, &str)> = vec![
        (String::new(), count.into(), "dp-missing"),
        (DP.replace("'person'", "'nobody'"), count.into(), "column-absent"),
        (DP.replace("epsilon = 1.0", "epsilon = 0.0"), count.into(), "dp-invalid"),
        (DP.replace("epsilon = 1.0", "epsilon = -1.0"), count.into(), "dp-invalid"),
        (DP.replace("epsilon = 1.0", "epsilon = nan"), count.into(), "dp-invalid"),
        (DP.replace("epsilon = 1.0\n", ""), count.into(), "dp-invalid"),
        (DP.replace("epsilon = 1.0", "epsilon = 1.0\nrho = 1.0"), count.into(), "dp-invalid"),
        (DP.replace("epsilon = 1.0", "rho = 1.0"), count.into(), "dp-invalid"),
        (DP.replace("epsilon = 1.0", "rho = 1.0\ndelta = 1e-6"), count.into(), "dp-invalid"),
        (
            DP.replace("epsilon = 1.0", "epsilon = 1.0\ndelta = 1e-6"),
            count.into(),
            "dp-invalid",
        ),
        (DP.replace("epsilon = 1.0", "epsilon = 1e-9"), mean.into(), "dp-invalid"),
        (DP.replace("max = 2", "max = 0"), count.into(), "dp-invalid"),
        (DP.replace("{ epsilon = 10.0 }", "{}"), count.into(), "dp-invalid"),
        (DP.replace("ort = [", "vag = ["), count.into(), "dp-groups"),
        (DP.replace("['Norrby', 'Soderby']", "[]"), count.into(), "dp-groups"),
        (DP.replace("'Soderby'", "'Norrby'"), count.into(), "dp-groups"),
        (DP.replace("['Norrby', 'Soderby']", "'absent.csv'"), count.into(), "dp-groups"),
        (DP.into(), sum.replace("clamp = [-2, 5]\n", ""), "dp-invalid"),
        (DP.into(), sum.replace("[-2, 5]", "[5, -2]"), "dp-invalid"),
        (DP.into(), sum.replace("[-2, 5]", "[-2, inf]"), "dp-invalid"),
        (DP.into(), sum.replace("[-2, 5]", "[0, 0.1]"), "dp-invalid"),
        (DP.into(), sum.replace("value = 'lon'\n", ""), "dp-invalid"),
        (DP.into(), sum.replace("'lon'", "'person'"), "dp-invalid"),
        (DP.into(), format!("{count}clamp = [0, 1]\n"), "dp-invalid"),
        (DP.into(), format!("{count}dominance = {{ n = 1, k = 80 }}\n"), "dp-invalid"),
        (DP.into(), format!("{count}contributor = 'ort'\n"), "dp-invalid"),
        (DP.into(), format!("{count}share = 0\n"), "dp-invalid"),
        (DP.into(), count.replace("'ort'", "'person'"), "dp-groups"),
        (DP.into(), count.replace("'dp'", "'suppress'"), "dp-invalid"),
        (DP.into(), histogram.replace("[0, 2, 4]", "[0, 0]"), "dp-invalid"),
        (DP.into(), histogram.replace("edges = [0, 2, 4]\n", ""), "dp-invalid"),
        (DP.into(), TABLES[4].replace("edges", "quantiles = [1.0]\nedges"), "dp-invalid"),
    ];
    for (dp, tables, id) in cases {
        let refusal = bounded(&dp, &tables, &[]).map(|_| ()).unwrap_err();
        assert_eq!(refusal.id, id, "{dp}{tables}: {}", refusal.message.en);
        assert_eq!(refusal.exit_code(), 2);
    }
    assert!(policy(&DP.replace("dataset", "datasett"), count).is_err());
    let other = "[table]\nby = ['ort']\nclamp = [0, 1]\n";
    let refusal = crate::tables::Tabulator::new(&columns(), &policy("", other).unwrap(), None).unwrap_err();
    assert_eq!(refusal.id, "table-invalid");
}

#[test]
fn a_group_is_shown_at_a_stated_level_that_follows_from_the_value_alone() {
    let rows: Vec<Row> = vec![
        (Some("a"), Some("0114"), None),
        (Some("b"), Some("0180"), None),
        (Some("c"), Some("2584"), None),
        (Some("d"), Some("Norrby"), None),
    ];
    let dp = |groups: &str, levels: &str| format!("{}levels = {{ ort = {levels} }}\n", DP.replace("['Norrby', 'Soderby']", groups));
    let with = |word: &str, dp: &str| {
        let head = HEAD.replace(
            "ort = 'quasi-identifier'",
            &format!("ort = {{ role = 'quasi-identifier', hierarchy = '{word}' }}"),
        );
        let policy: PrivacyPolicy = toml::from_str(&format!("{head}{dp}{}", TABLES[0])).unwrap();
        let files = BTreeMap::from([("ort.csv".to_owned(), "0114;Uppland;*\n0180;Uppland;*\n2584;Lappland;*\n".to_owned())]);
        let mut bounded = Bounded::new(&columns(), &policy, &files)?;
        bounded.take(&batch(&rows))?;
        Ok::<_, Refusal>(bounded.vectors()[0].values.clone())
    };
    assert_eq!(with("municipality", &dp("['01', '25', '13']", "1")).unwrap(), [2, 1, 0]);
    assert_eq!(with("municipality", &dp("['0180', '0114']", "0")).unwrap(), [1, 1]);
    assert_eq!(with("ort.csv", &dp("['Lappland', 'Uppland']", "1")).unwrap(), [1, 2]);
    for (word, dp) in [
        ("ort.csv", dp("['Uppland']", "3")),
        ("municipality", dp("['01']", "5")),
        // Where the bands of these begin follows from other people's values.
        ("interval", dp("['[0, 10)']", "1")),
        ("order", dp("['other']", "1")),
        ("municipality", format!("{DP}levels = {{ lon = 1 }}\n")),
    ] {
        assert_eq!(with(word, &dp).unwrap_err().id, "dp-level", "{word}: {dp}");
    }
}
