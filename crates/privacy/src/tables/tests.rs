use std::fmt::Write as _;

use arrow::array::{AsArray, Float64Array};
use arrow::datatypes::{Float64Type, Int64Type};

use super::*;

/// A table of text and numbers from lines of CSV; columns that hold only numbers become numbers.
fn read(text: &str) -> (RecordBatch, Vec<Column>) {
    let mut lines = text.lines().map(|line| line.split(',').map(str::to_owned).collect::<Vec<_>>());
    let head = lines.next().unwrap();
    let rows: Vec<Vec<String>> = lines.collect();
    let mut columns = Vec::new();
    let mut arrays: Vec<(String, ArrayRef)> = Vec::new();
    for (at, name) in head.iter().enumerate() {
        let cells: Vec<&str> = rows.iter().map(|row| row[at].as_str()).collect();
        let is_code = |cell: &str| cell.len() > 1 && cell.starts_with('0') && !cell.contains('.');
        let number = |cell: &&str| match *cell {
            "" => Some(None),
            code if is_code(code) => None,
            cell => cell.parse().ok().map(Some),
        };
        let numbers: Option<Vec<Option<f64>>> = cells.iter().map(number).collect();
        let kind = if numbers.is_some() { ColumnType::Number } else { ColumnType::Text };
        columns.push(Column {
            name: name.clone(),
            header: name.clone(),
            kind,
            semantic: None,
            description: None,
            unit: None,
        });
        let array: ArrayRef = match numbers {
            Some(numbers) => Arc::new(Float64Array::from(numbers)),
            None => Arc::new(StringArray::from(cells)),
        };
        arrays.push((name.clone(), array));
    }
    (RecordBatch::try_from_iter(arrays).unwrap(), columns)
}

fn fixture(name: &str) -> Option<String> {
    let path = format!(
        "{}/../../../shared/fixtures/anonymization/ssbtools/{name}",
        env!("CARGO_MANIFEST_DIR")
    );
    let text = std::fs::read_to_string(path).ok();
    if text.is_none() {
        eprintln!("SKIPPED: ../shared/fixtures/anonymization/ssbtools/{name} is absent");
    }
    text
}

/// Every column is plain; `tables` is the rest of the policy.
fn tabulate(text: &str, tables: &str, secret: Option<&[u8]>) -> Result<Tabulated, Refusal> {
    let (batch, columns) = read(text);
    let mut policy = String::from("[columns]\n");
    for column in &columns {
        writeln!(policy, "{} = 'plain'", column.name).unwrap();
    }
    policy.push_str(tables);
    let policy: PrivacyPolicy = toml::from_str(&policy).unwrap();
    let mut tabulator = Tabulator::new(&columns, &policy, secret)?;
    tabulator.take(&batch)?;
    tabulator.tabulate(&BTreeMap::new())
}

/// The labels of suppressed cells, joined by `/`, each once.
fn hidden(made: &Tabulated) -> BTreeSet<String> {
    let (batch, last) = (&made.batch, made.columns.len() - 1);
    let status = batch.column(last).as_string::<i32>();
    let text: Vec<usize> = (0..last).filter(|at| made.columns[*at].kind == ColumnType::Text).collect();
    let name = |row: usize| {
        text.iter()
            .map(|at| batch.column(*at).as_string::<i32>().value(row))
            .collect::<Vec<_>>()
            .join("/")
    };
    (0..batch.num_rows())
        .filter(|row| status.value(*row) == "suppressed")
        .map(name)
        .collect()
}

fn names(of: &[&str]) -> BTreeSet<String> {
    of.iter().map(|name| (*name).to_owned()).collect()
}

fn counts(made: &Tabulated, name: &str) -> Vec<Option<i64>> {
    made.batch
        .column_by_name(name)
        .unwrap()
        .as_primitive::<Int64Type>()
        .iter()
        .collect()
}

#[test]
fn counts_by_region_hide_what_gauss_suppression_hides() {
    let Some(text) = fixture("z1.csv") else { return };
    let made = tabulate(&text, "[table]\nby = ['region', 'hovedint']\ncount = 'ant'\nthreshold = 4\n", None).unwrap();
    assert_eq!(
        hidden(&made),
        names(&["B/annet", "B/arbeid", "D/annet", "D/arbeid", "H/annet", "H/arbeid"])
    );
    assert_eq!(
        (made.facts.cells, made.facts.primary, made.facts.secondary, made.facts.people_hidden),
        (45, 3, 3, 29)
    );
    let again = tabulate(&text, "[table]\nby = ['region', 'hovedint']\ncount = 'ant'\nthreshold = 4\n", None).unwrap();
    assert_eq!(made.batch, again.batch);
}

const LINKED: &str =
    "[[table]]\nby = ['county', 'region']\ncount = 'n'\nthreshold = 4\n[[table]]\nby = ['group', 'region']\ncount = 'n'\nthreshold = 4\n";

#[test]
fn linked_tables_are_repaired_together_at_the_least_cost() {
    let Some(text) = fixture("linked8.csv") else { return };
    let made = tabulate(&text, LINKED, None).unwrap();
    let of_regions: BTreeSet<String> = hidden(&made)
        .into_iter()
        .filter_map(|name| name.split('/').nth(1).map(str::to_owned))
        .collect();
    assert_eq!(of_regions, names(&["A", "B", "K", "L", "M", "N"]));
    assert_eq!((made.facts.secondary, made.facts.people_hidden), (1, 7));
}

#[test]
fn a_sum_is_hidden_where_one_contributor_is_most_of_it() {
    let Some(text) = fixture("magnitude1.csv") else { return };
    let table = "[table]\nby = ['sector4', 'geo']\nvalue = 'value'\ncontributor = 'company'\nthreshold = 1\n";
    let made = tabulate(&text, &format!("{table}dominance = {{ n = 1, k = 80 }}\n"), None).unwrap();
    let of = hidden(&made);
    // Cells of one company are dominated by it, and so is Governmental in Portugal: 21.6 of 23.6.
    for cell in [
        "Entertainment/Iceland",
        "Industry/Spain",
        "Governmental/Portugal",
        "Industry/Portugal",
    ] {
        assert!(of.contains(cell), "{cell}: {of:?}");
    }
    // Agriculture in Spain: 96.6 of 139.8 is less than 80 per cent.
    let by_p = tabulate(&text, &format!("{table}p_percent = 10\n"), None).unwrap();
    assert!(hidden(&by_p).contains("Agriculture/Spain"), "two companies know each other's value");
    let value = made.batch.column_by_name("value").unwrap().as_primitive::<Float64Type>();
    let total = (0..made.batch.num_rows()).find(|row| {
        let label = |at: usize| made.batch.column(at).as_string::<i32>().value(*row);
        label(0) == "*" && label(1) == "*"
    });
    assert!((value.value(total.unwrap()) - 462.3).abs() < 0.11);
}

#[test]
fn rounding_adds_up_and_stays_within_the_base() {
    let Some(text) = fixture("z1.csv") else { return };
    let plain = tabulate(&text, "[table]\nby = ['region', 'hovedint']\ncount = 'ant'\nthreshold = 1\n", None).unwrap();
    let made = tabulate(
        &text,
        "[table]\nby = ['region', 'hovedint']\ncount = 'ant'\nthreshold = 4\nmethod = 'round'\nbase = 5\n",
        None,
    )
    .unwrap();
    assert!(hidden(&made).is_empty());
    for (rounded, count) in counts(&made, "ant").into_iter().zip(counts(&plain, "ant")) {
        let (rounded, count) = (rounded.unwrap(), count.unwrap());
        assert!(rounded % 5 == 0 && (rounded - count).abs() < 5, "{count} became {rounded}");
    }
}

/// Rows of invented people: one line each.
fn people(seed: u64, rows: usize) -> String {
    let mut state = seed;
    let mut next = |below: u64| {
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) % below
    };
    let mut text = String::from("person,ort,bransch\n");
    for row in 0..rows {
        writeln!(text, "p{row},ort{},b{}", next(5), next(4)).unwrap();
    }
    text
}

#[test]
fn the_same_people_get_the_same_count_in_every_table() {
    let policy = |by: &str| format!("[table]\nby = [{by}]\ncontributor = 'person'\nmethod = 'cell-key'\nkey = 'k'\n");
    let secret = Some(&b"sixteen bytes at least"[..]);
    let text = people(7, 200);
    let both = tabulate(&text, &policy("'ort', 'bransch'"), secret).unwrap();
    let one = tabulate(&text, &policy("'ort'"), secret).unwrap();
    let of = |made: &Tabulated, columns: &[&str]| -> BTreeMap<String, Option<i64>> {
        let label = |row: usize| {
            columns
                .iter()
                .map(|name| made.batch.column_by_name(name).unwrap().as_string::<i32>().value(row))
                .collect::<Vec<_>>()
        };
        let numbers = counts(made, "count");
        (0..made.batch.num_rows())
            .filter(|row| columns.len() == 1 || label(*row)[1] == "*")
            .map(|row| (label(row)[0].to_owned(), numbers[row]))
            .collect()
    };
    assert_eq!(of(&both, &["ort", "bransch"]), of(&one, &["ort"]));
    let other = tabulate(&text, &policy("'ort'"), Some(b"another secret, as long")).unwrap();
    assert_ne!(counts(&other, "count"), counts(&one, "count"));
    assert_eq!(tabulate(&text, &policy("'ort'"), Some(b"short")).unwrap_err().id, "cell-key-secret");
}

#[test]
fn contradictions_have_typed_answers() {
    let text = people(1, 30);
    let refused = |tables: &str| tabulate(&text, tables, None).unwrap_err().id;
    assert_eq!(refused(""), "table-missing");
    for table in [
        "by = []",
        "by = ['ort', 'ort']",
        "by = ['ort']\ndominance = { n = 1, k = 80 }",
        "by = ['ort']\nthreshold = 0",
        "by = ['ort']\nmethod = 'round'\nbase = 1",
    ] {
        assert_eq!(refused(&format!("[table]\n{table}\n")), "table-invalid", "{table}");
    }
    assert_eq!(refused("[table]\nby = ['vikt']\n"), "column-absent");
    assert_eq!(refused("[table]\nby = ['ort']\ncount = 'person'\n"), "column-type");
    assert_eq!(
        tabulate("ort,antal\na,1.5\n", "[table]\nby = ['ort']\ncount = 'antal'\n", None)
            .unwrap_err()
            .id,
        "count-invalid"
    );
    assert_eq!(refused("[table]\nby = ['ort']\nthreshold = 1000\n"), "all-cells-hidden");
    let none = tabulate("ort,bransch\n", "[table]\nby = ['ort']\n", None).unwrap();
    assert_eq!(none.facts.cells, 0);
}

/// What the least secondary suppression hides, by trying every pattern: only what follows exactly is asked here.
fn least(problem: &suppress::Problem) -> Option<u64> {
    let primary: BTreeSet<usize> = problem.primaries.iter().map(|primary| primary.cell).collect();
    let others: Vec<usize> = (0..problem.values.len()).filter(|cell| !primary.contains(cell)).collect();
    (0u32..1 << others.len())
        .filter_map(|mask| {
            let chosen = others
                .iter()
                .enumerate()
                .filter(|(at, _)| mask >> at & 1 == 1)
                .map(|(_, cell)| *cell);
            let hidden: BTreeSet<usize> = primary.iter().copied().chain(chosen.clone()).collect();
            let rows: Vec<_> = problem
                .equations
                .iter()
                .map(|row| row.iter().copied().filter(|(cell, _)| hidden.contains(cell)).collect())
                .collect();
            let exposed = span::exposed(&rows, &BTreeSet::new());
            let safe = primary.is_disjoint(&exposed);
            safe.then(|| chosen.map(|cell| problem.people[cell]).sum())
        })
        .min()
}

#[test]
fn hidden_people_are_near_the_least_of_all_patterns() {
    // 3 by 2 with totals: 12 cells, found by looking at every pattern. Values are large enough that intervals ask no more than equations.
    let (mut ours, mut best) = (0, 0);
    for seed in 0..40u64 {
        let value = |at: u64| (seed * 7 + at * 13 + seed * at) % 23 + 2;
        let inner: Vec<u64> = (0..6).map(value).collect();
        let mut values = inner.clone();
        values.extend((0..3).map(|row| inner[row * 2] + inner[row * 2 + 1]));
        values.extend((0..2).map(|column| inner[column] + inner[column + 2] + inner[column + 4]));
        values.push(inner.iter().sum());
        let mut equations: Vec<span::Equation> = (0..3).map(|row| vec![(row * 2, -1), (row * 2 + 1, -1), (6 + row, 1)]).collect();
        equations.extend((0..2).map(|c| vec![(c, -1), (c + 2, -1), (c + 4, -1), (9 + c, 1)]));
        equations.push(vec![(6, -1), (7, -1), (8, -1), (11, 1)]);
        equations.push(vec![(9, -1), (10, -1), (11, 1)]);
        let primaries = (0..12).filter(|cell| values[*cell] < 5).map(|cell| Primary {
            cell,
            low: values[cell] as f64 - 1.0,
            high: values[cell] as f64 + 1.0,
        });
        let problem = suppress::Problem {
            primaries: primaries.collect(),
            people: values.clone(),
            values: values.iter().map(|value| *value as f64).collect(),
            signed: false,
            equations,
            single: Vec::new(),
        };
        let hidden = suppress::suppress(&problem).unwrap();
        let secondary = hidden
            .iter()
            .filter(|cell| !problem.primaries.iter().any(|primary| primary.cell == **cell));
        ours += secondary.map(|cell| values[*cell]).sum::<u64>();
        best += least(&problem).unwrap();
    }
    assert!(
        ours >= best && ours * 100 <= best * 105,
        "{ours} people hidden where {best} would do"
    );
}

#[test]
fn a_missing_value_is_nobodys_contribution() {
    // Three rows in `a`, but one person's number is the whole sum.
    let text = "ort,lon\na,\na,\na,500\nb,10\nb,20\nb,30\nc,1\nc,2\nc,3\nd,\n";
    let made = tabulate(text, "[table]\nby = ['ort']\nvalue = 'lon'\nthreshold = 3\n", None).unwrap();
    assert!(hidden(&made).contains("a"), "{:?}", hidden(&made));
    assert_eq!(made.facts.primary, 1);
    let text = "ort,org,n\na,x,0\na,y,0\na,z,4\nb,x,3\nb,y,3\nb,z,3\nc,x,3\nc,y,3\nc,z,3\n";
    let counted = "[table]\nby = ['ort']\ncount = 'n'\ncontributor = 'org'\nthreshold = 3\n";
    assert!(hidden(&tabulate(text, counted, None).unwrap()).contains("a"));
}

#[test]
fn a_level_with_one_group_under_it_is_a_row_of_its_own_and_the_total_keeps_its_name() {
    let (batch, columns) = read("kommun,typ\n0980,*\n0980,*\n0114,*\n0115,x\n0115,*\n0980,x\n");
    let policy = "[columns]\nkommun = { role = 'plain', hierarchy = 'municipality' }\ntyp = 'plain'\n[table]\nby = ['kommun', 'typ']\nthreshold = 1\ngroup_disclosure = true\n";
    let mut policy: PrivacyPolicy = toml::from_str(policy).unwrap();
    policy.table[0].group_disclosure = false;
    let mut tabulator = Tabulator::new(&columns, &policy, None).unwrap();
    tabulator.take(&batch).unwrap();
    let made = tabulator.tabulate(&BTreeMap::new()).unwrap();
    let of = |name: &str| made.batch.column_by_name(name).unwrap().as_string::<i32>().clone();
    let (places, kinds, counts) = (of("kommun"), of("typ"), counts(&made, "count"));
    let count = |place: &str, kind: &str| {
        (0..counts.len())
            .find(|row| places.value(*row) == place && kinds.value(*row) == kind)
            .and_then(|row| counts[row])
    };
    // Gotland has one municipality: county 09 is there, and so are its regions above.
    for (place, kind, expected) in [
        ("0980", "*", 3),
        ("09", "*", 3),
        ("SE21", "*", 3),
        ("01", "*", 3),
        ("*", "*", 6),
        ("09", "x", 1),
        ("*", "* (0)", 4),
    ] {
        assert_eq!(count(place, kind), Some(expected), "{place} {kind}");
    }
    let parents = &made.parents["kommun"];
    assert_eq!((parents["0980"].as_str(), parents["09"].as_str()), ("09", "SE21"));
}

#[test]
fn rules_that_hide_everything_and_words_that_belong_elsewhere_are_refused() {
    let text = "ort,n\na,1\na,2\nb,3\nb,4\n";
    let id = |table: &str| tabulate(text, table, Some(&[7; 16])).map(|_| ()).unwrap_err();
    assert_eq!(id("[table]\nby = ['ort']\nthreshold = 5\n").id, "all-cells-hidden");
    let share = id("[table]\nby = ['ort']\nvalue = 'n'\nthreshold = 1\ndominance = { n = 1, k = 0.8 }\n");
    assert!(share.id == "all-cells-hidden" && share.hint.unwrap().en.contains("80, not 0.8"));
    assert_eq!(id("[model]\nk = 3\n[table]\nby = ['ort']\n").id, "model-unexpected");
    for wrong in [
        "method = 'cell-key'\nnoise = { bound = 2, variance = 50.0, left_out = 0 }",
        "key = 'hemlig.bin'",
        "noise = { bound = 3 }",
        "base = 10",
    ] {
        assert_eq!(id(&format!("[table]\nby = ['ort']\n{wrong}\n")).id, "table-invalid", "{wrong}");
    }
}
