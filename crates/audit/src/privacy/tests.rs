use std::sync::Arc;

use arrow::array::{ArrayRef, Int64Array, RecordBatch, StringArray};
use fyr_model::held::Bounds;
use fyr_model::privacy::Clearance;
use parquet::arrow::ArrowWriter;
use parquet::basic::{Compression, ZstdLevel};
use parquet::file::metadata::KeyValue;
use parquet::file::properties::{EnabledStatistics, WriterProperties, WriterPropertiesBuilder};

use super::*;

fn properties() -> WriterPropertiesBuilder {
    WriterProperties::builder()
        .set_created_by("fyr test".into())
        .set_compression(Compression::ZSTD(ZstdLevel::try_new(3).unwrap()))
        .set_statistics_enabled(EnabledStatistics::None)
}

struct Case {
    dir: tempfile::TempDir,
    files: Vec<(String, PathBuf)>,
    asked: Asked,
}

impl Case {
    fn new(roles: &[(&str, Role)]) -> Self {
        Self {
            dir: tempfile::tempdir().unwrap(),
            files: Vec::new(),
            asked: Asked {
                roles: roles.iter().map(|(name, role)| ((*name).to_owned(), *role)).collect(),
                forbidden: vec!["personnummer".to_owned()],
                ..Asked::on("2026-11-22".parse().unwrap())
            },
        }
    }
    fn parquet(mut self, columns: Vec<(&str, ArrayRef)>, properties: WriterPropertiesBuilder) -> Self {
        let batch = RecordBatch::try_from_iter(columns).unwrap();
        let name = format!("data/{}.parquet", self.files.len());
        let path = self.dir.path().join(format!("{}.parquet", self.files.len()));
        let mut writer = ArrowWriter::try_new(File::create(&path).unwrap(), batch.schema(), Some(properties.build())).unwrap();
        writer.write(&batch).unwrap();
        writer.close().unwrap();
        self.files.push((name, path));
        self
    }
    fn csv(mut self, text: &str) -> Self {
        let path = self.dir.path().join("twin.csv");
        std::fs::write(&path, text).unwrap();
        self.files.push(("csv/all.csv".to_owned(), path));
        self
    }
    /// Ids of the checks that fail.
    fn failing(&self) -> Vec<String> {
        let report = privacy(&self.files, &self.asked).unwrap();
        assert_eq!(report.passed, report.checks.iter().all(|check| check.ok));
        assert_eq!(report.files.len(), self.files.len());
        report.checks.into_iter().filter(|check| !check.ok).map(|check| check.id).collect()
    }
}

fn text(cells: &[&str]) -> ArrayRef {
    Arc::new(StringArray::from(cells.to_vec()))
}
/// `sizes[i]` rows of group `i`, and a sensitive column that differs within each group.
fn groups(sizes: &[usize]) -> Vec<(&'static str, ArrayRef)> {
    let rows = sizes
        .iter()
        .enumerate()
        .flat_map(|(group, size)| (0..*size).map(move |row| (format!("{}-{}", group * 10, group * 10 + 9), format!("s{}", row % 3))));
    let (ages, values): (Vec<String>, Vec<String>) = rows.unzip();
    vec![
        ("alder", Arc::new(StringArray::from(ages)) as ArrayRef),
        ("utfall", Arc::new(StringArray::from(values)) as ArrayRef),
    ]
}
const ROLES: &[(&str, Role)] = &[("alder", Role::QuasiIdentifier), ("utfall", Role::Sensitive)];

#[test]
fn h29_a_group_under_the_floor_fails_and_the_floor_itself_passes() {
    let honest = Case::new(ROLES).parquet(groups(&[10, 12]), properties());
    assert!(honest.failing().is_empty());
    let report = privacy(&honest.files, &honest.asked).unwrap();
    assert_eq!(
        (report.k, report.k_required, report.classes, report.rows),
        (Some(10), Some(10), 2, 22)
    );
    assert_eq!(
        (report.l["utfall"], report.prosecutor_max, report.unique_share),
        (3, Some(0.1), Some(0.0))
    );
    assert!((report.prosecutor_average.unwrap() - 2.0 / 22.0).abs() < 1e-12);
    assert_eq!(Case::new(ROLES).parquet(groups(&[9, 12]), properties()).failing(), ["privacy-k"]);
    let mut case = Case::new(ROLES).parquet(groups(&[10, 12]), properties());
    case.asked.k = Some(11);
    assert_eq!(case.failing(), ["privacy-k"], "the policy asks for more");
    case.asked.k = Some(5);
    assert!(case.failing().is_empty(), "less than the floor is not asked");
    let mut low = Case::new(ROLES).parquet(groups(&[9, 12]), properties());
    low.asked.k = Some(5);
    assert_eq!(low.failing(), ["privacy-k"], "a policy below the floor does not lower it");
}

#[test]
fn classes_span_the_parts_of_a_table() {
    let case = Case::new(ROLES)
        .parquet(groups(&[6, 10]), properties())
        .parquet(groups(&[4]), properties());
    assert!(case.failing().is_empty());
}

#[test]
fn a_table_without_protected_columns_has_no_k_to_hold() {
    let case = Case::new(&[("ort", Role::Plain)]).parquet(vec![("ort", text(&["a", "b"]))], properties());
    assert!(case.failing().is_empty());
    let report = privacy(&case.files, &case.asked).unwrap();
    assert_eq!((report.k, report.k_required, report.passed), (None, None, true));
}

#[test]
fn h29_forbidden_columns_and_columns_without_role_fail() {
    let columns = || vec![("ort", text(&["a", "b"])), ("personnummer", text(&["x", "y"]))];
    let case = Case::new(&[("ort", Role::Plain), ("personnummer", Role::Plain)]).parquet(columns(), properties());
    let failing = case.failing();
    assert!(
        failing.contains(&"privacy-forbidden-columns".to_owned()) && failing.contains(&"privacy-metadata".to_owned()),
        "{failing:?}"
    );
    let case = Case::new(&[("ort", Role::Plain)]).parquet(vec![("ort", text(&["a"])), ("mer", text(&["b"]))], properties());
    assert_eq!(case.failing(), ["privacy-roles"]);
}

#[test]
fn h29_the_auditors_own_detectors_stop_what_nobody_has_judged() {
    let mails = || vec![("kontakt", text(&["info@exempelby.example", "x"]))];
    let mut case = Case::new(&[("kontakt", Role::Plain)]).parquet(mails(), properties());
    assert_eq!(case.failing(), ["privacy-detectors"]);
    let clearance = |kind: &str| Clearance {
        kind: kind.into(),
        reason: "funktionsadress".into(),
        by: "B. Exempel".into(),
        role: "handläggare".into(),
        date: "2026-11-22".parse().unwrap(),
    };
    case.asked.cleared.insert("kontakt".into(), clearance("phone"));
    assert_eq!(case.failing(), ["privacy-detectors"]);
    case.asked.cleared.insert("kontakt".into(), clearance("e-mail"));
    assert!(case.failing().is_empty());
}

#[test]
fn h30_bounds_bloom_filters_and_foreign_metadata_fail() {
    let table = || {
        vec![
            ("ort", text(&["a", "b"])),
            ("antal", Arc::new(Int64Array::from(vec![1, 2])) as ArrayRef),
        ]
    };
    let roles = &[("ort", Role::Plain), ("antal", Role::Plain)];
    let check = |properties: WriterPropertiesBuilder, expected: &[&str]| {
        assert_eq!(Case::new(roles).parquet(table(), properties).failing(), expected);
    };
    check(properties(), &[]);
    check(
        properties().set_column_statistics_enabled("antal".into(), EnabledStatistics::Page),
        &[],
    );
    check(
        properties().set_column_statistics_enabled("ort".into(), EnabledStatistics::Page),
        &["privacy-statistics"],
    );
    check(
        properties().set_column_statistics_enabled("ort".into(), EnabledStatistics::Chunk),
        &["privacy-statistics"],
    );
    check(properties().set_bloom_filter_enabled(true), &["privacy-bloom"]);
    let pair = |key: &str| Some(vec![KeyValue::new(key.to_owned(), "x".to_owned())]);
    check(properties().set_key_value_metadata(pair("licence")), &[]);
    check(properties().set_key_value_metadata(pair("source_path")), &["privacy-metadata"]);
    let protected = Case::new(&[("ort", Role::Plain), ("antal", Role::Plain), ("alder", Role::QuasiIdentifier)]);
    let mut columns = table();
    columns.push(("alder", Arc::new(Int64Array::from(vec![40, 40])) as ArrayRef));
    let failing = protected
        .parquet(
            columns,
            properties().set_column_statistics_enabled("alder".into(), EnabledStatistics::Chunk),
        )
        .failing();
    assert_eq!(failing, ["privacy-k", "privacy-statistics"]);
}

#[test]
fn the_csv_twin_must_hold_the_same_rows() {
    let table = || vec![("ort", text(&["a", "b"]))];
    let check = |csv: &str, expected: &[&str]| {
        assert_eq!(
            Case::new(&[("ort", Role::Plain)]).parquet(table(), properties()).csv(csv).failing(),
            expected
        );
    };
    check("ort\r\na\r\nb\r\n", &[]);
    check("ort\r\na\r\n", &["privacy-csv-twin"]);
    check("stad\r\na\r\nb\r\n", &["privacy-csv-twin"]);
    check("ort\r\na\r\ninfo@exempelby.example\r\n", &["privacy-csv-twin"]);
    let folder = tempfile::tempdir().unwrap();
    let csv = folder.path().join("x.csv");
    std::fs::write(&csv, "ort\n\"a").unwrap();
    let case = Case::new(&[("ort", Role::Plain)]).parquet(table(), properties());
    let files = [case.files[0].clone(), ("x.csv".to_owned(), csv)];
    assert_eq!(privacy(&files, &case.asked).unwrap_err().id, "audit-unreadable");
}

#[test]
fn what_cannot_be_read_is_a_refusal_never_a_pass() {
    let case = Case::new(&[]);
    let path = case.dir.path().join("x.parquet");
    std::fs::write(&path, b"PAR1 and nothing else PAR1").unwrap();
    assert_eq!(
        privacy(&[("x.parquet".into(), path.clone())], &case.asked).unwrap_err().id,
        "audit-unreadable"
    );
    assert_eq!(
        privacy(&[("y.parquet".into(), path.with_extension("gone"))], &case.asked)
            .unwrap_err()
            .id,
        "audit-unreadable"
    );
    assert_eq!(privacy(&[], &case.asked).unwrap_err().id, "audit-empty");
}

#[test]
fn the_worker_answers_what_the_function_answers() {
    let case = Case::new(ROLES).parquet(groups(&[10]), properties());
    let work = crate::PrivacyWork {
        files: case.files.clone(),
        asked: case.asked.clone(),
        population: None,
    };
    let answer = crate::privacy_work(serde_json::to_value(work).unwrap(), case.dir.path()).unwrap();
    let report: PrivacyReport = serde_json::from_value(answer).unwrap();
    assert_eq!(report, privacy(&case.files, &case.asked).unwrap());
    assert_eq!(
        crate::privacy_work(serde_json::json!({}), case.dir.path()).unwrap_err().id,
        "audit-request"
    );
}

#[test]
fn a_mean_is_one_value_a_group_and_the_mean_risk_leaves_suppressed_rows_out() {
    let case = |incomes: [i64; 24], role: Role, most: f64| {
        let places: Vec<&str> = std::iter::repeat_n("Norr", 12).chain(std::iter::repeat_n("*", 12)).collect();
        let mut case = Case::new(&[("ort", Role::QuasiIdentifier), ("lon", role)]).parquet(
            vec![
                ("ort", Arc::new(StringArray::from(places)) as ArrayRef),
                ("lon", Arc::new(Int64Array::from(incomes.to_vec()))),
            ],
            properties(),
        );
        case.asked.means = vec!["lon".to_owned()];
        case.asked.average_risk = Some(most);
        case.failing()
    };
    let even = std::array::from_fn(|row| if row < 12 { 300 } else { 200 });
    let uneven = std::array::from_fn(|row| if row < 11 { 300 } else { 200 });
    // One group of twelve rows beside the suppressed ones: a risk of 1/12.
    assert!(case(even, Role::Plain, 0.0834).is_empty());
    assert_eq!(case(even, Role::Plain, 0.0833), ["privacy-average-risk"]);
    assert_eq!(case(uneven, Role::Plain, 0.1), ["privacy-means"]);
    assert!(case(even, Role::QuasiIdentifier, 0.1).is_empty());
    assert!(case(uneven, Role::QuasiIdentifier, 0.5).contains(&"privacy-means".to_owned()));
}

fn promised(bounds: Bounds) -> BTreeMap<String, Bounds> {
    BTreeMap::from([("utfall".to_owned(), bounds)])
}

/// Two groups of twelve: in one the values of a sensitive column are even, in the other as `other` says.
fn two(other: [&'static str; 12]) -> Vec<(&'static str, ArrayRef)> {
    let values: Vec<&str> = ["a", "b", "c"].iter().copied().cycle().take(12).chain(other).collect();
    let ages: Vec<&str> = std::iter::repeat_n("20-29", 12).chain(std::iter::repeat_n("30-39", 12)).collect();
    vec![("alder", text(&ages)), ("utfall", text(&values))]
}

#[test]
fn likeness_and_disclosure_are_held_on_the_written_file_and_its_twin() {
    use fyr_model::privacy::{Likeness, LikenessKind};
    let even = ["a", "b", "c", "a", "b", "c", "a", "b", "c", "a", "b", "c"];
    let uneven = ["a", "a", "a", "a", "a", "a", "a", "a", "a", "a", "b", "c"];
    let likeness = |kind| Bounds {
        beta: Some(Likeness { kind, value: 0.4 }),
        ..Bounds::default()
    };
    let disclosure = Bounds {
        disclosure: Some(0.5),
        ..Bounds::default()
    };
    for bounds in [likeness(LikenessKind::Basic), likeness(LikenessKind::Enhanced), disclosure] {
        let case = |other| {
            let mut case = Case::new(ROLES).parquet(two(other), properties());
            case.asked.bounds = promised(bounds.clone());
            case
        };
        assert!(case(even).failing().is_empty());
        assert_eq!(case(uneven).failing(), ["privacy-bounds"], "{bounds:?}");
        // The Parquet file keeps the promise, its twin does not.
        let line = |(at, value): (usize, &&str)| format!("{},{value}\n", ["20-29", "30-39"][at / 12]);
        let cells: Vec<&str> = even.iter().chain(&uneven).copied().collect();
        let twin: String = cells.iter().enumerate().map(line).collect();
        let twin = case(even).csv(&format!("alder,utfall\n{twin}"));
        assert_eq!(twin.failing(), ["privacy-csv-twin"], "{bounds:?}");
    }
}

#[test]
fn a_promise_that_cannot_be_measured_is_broken() {
    use fyr_model::privacy::{Closeness, ClosenessKind};
    let bounds = Bounds {
        t: Some(Closeness {
            kind: ClosenessKind::Equal,
            value: 1.0,
        }),
        ..Bounds::default()
    };
    let mut case = Case::new(ROLES).parquet(groups(&[10, 12]), properties());
    case.asked.bounds = BTreeMap::from([("borta".to_owned(), bounds.clone())]);
    assert_eq!(case.failing(), ["privacy-bounds"], "no such column");
    let mut plain = Case::new(&[("alder", Role::QuasiIdentifier), ("utfall", Role::Plain)]).parquet(groups(&[10, 12]), properties());
    plain.asked.bounds = promised(bounds);
    assert_eq!(plain.failing(), ["privacy-bounds"], "a column that is said to be plain");
    let mut people = Case::new(ROLES).parquet(groups(&[10, 12]), properties());
    people.asked.k_map = Some(2);
    people.asked.presence = Some(Share { min: 0.0, max: 1.0 });
    assert_eq!(people.failing(), ["privacy-k-map", "privacy-presence"], "no population");
}

#[test]
fn people_behind_written_groups_are_counted_in_the_population_that_is_given() {
    let people: Vec<&str> = std::iter::repeat_n("23", 20).chain(std::iter::repeat_n("5", 15)).collect();
    let population = Case::new(&[]).parquet(vec![("alder", text(&people))], properties());
    let work = PopulationWork {
        files: vec![population.files[0].1.clone()],
        texts: BTreeMap::from([("alder".to_owned(), "23;20-29;*\n5;0-9;*".to_owned())]),
        levels: BTreeMap::from([("alder".to_owned(), 1)]),
        ..PopulationWork::default()
    };
    let mut case = Case::new(ROLES).parquet(groups(&[10]), properties());
    let mut failing = |map: u64, most: f64, label: &str| {
        case.asked.k_map = Some(map);
        case.asked.presence = Some(Share { min: 0.0, max: most });
        let work = PopulationWork {
            texts: BTreeMap::from([("alder".to_owned(), format!("23;{label};*\n5;x;*"))]),
            ..work.clone()
        };
        let report = privacy_among(&case.files, &case.asked, Some(&work)).unwrap();
        let failing = report.checks.iter().filter(|check| !check.ok).map(|check| check.id.clone());
        (failing.collect::<Vec<_>>(), report.held.unwrap().population)
    };
    // The file shows one group, `0-9`, of ten rows.
    let (faults, figures) = failing(20, 0.5, "0-9");
    assert_eq!((faults.len(), figures.unwrap().group_min, figures.unwrap().outside), (0, 20, 15));
    assert_eq!(failing(21, 0.5, "0-9").0, ["privacy-k-map"]);
    assert_eq!(failing(20, 0.49, "0-9").0, ["privacy-presence"]);
    assert_eq!(
        failing(1, 1.0, "20-29"),
        (vec!["privacy-k-map".to_owned(), "privacy-presence".to_owned()], None)
    );
}

#[test]
fn of_what_stands_above_values_only_that_of_values_in_the_file_is_told() {
    use fyr_model::privacy::{Closeness, ClosenessKind};
    let above = ["s0", "s1", "s2", "hemlig"].map(|leaf| (leaf.to_owned(), vec!["*".to_owned()]));
    let mut case = Case::new(ROLES).parquet(groups(&[10, 12]), properties());
    case.asked.bounds = promised(Bounds {
        t: Some(Closeness {
            kind: ClosenessKind::Hierarchical,
            value: 0.5,
        }),
        above: above.into(),
        ..Bounds::default()
    });
    let report = privacy(&case.files, &case.asked).unwrap();
    let told = &report.held.unwrap().bounds["utfall"].above;
    assert!(report.passed && told.len() == 3 && !told.contains_key("hemlig"), "{told:?}");
}
