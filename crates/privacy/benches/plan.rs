//! What it costs to plan and carry out the protection of a table: taking it in and searching, apart, by CPU and by the clock.
//!
//!     cargo bench -p fyr-privacy --bench plan -- [--case NAME] [--repeat N] [--threads N]
//!
//! Cases: `d1` and `d5` of `privacy.md` 7.1, where `../shared` lies beside the repository; `rows-N` and `loss-N`, the same two questions of N
//! generated people with nine quasi-identifying columns; `diverse-N`, the first of them with three values of a sensitive column in every group;
//! `columns-N`, 100,000 people with the first N columns; `stream-N`, N people made,
//! taken in, and made again and recoded, batch by batch, never all at once. Each prints a line of JSON: costs are means of the repeats, CPU
//! time in steps of ten milliseconds, `peak_kib` is the largest that the process has been. `scripts/bench-protect.py` gives each case a
//! process of its own and draws the lines.
//!
//! The people are made from a seed: each is one of a few hundred types, and in each column either what is usual for the type or something
//! else, common things oftener than rare ones. Columns have as many values and levels as the Adult table: 12,960 combinations of levels.
#![allow(missing_docs, clippy::expect_used)]

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Instant;

use arrow::array::{ArrayRef, RecordBatch, StringArray};
use fyr_model::privacy::{ColumnPolicy, Diversity, DiversityKind, Model, PerColumn, PrivacyPolicy, Role};
use fyr_model::table::{Column, ColumnType};
use fyr_privacy::{Effort, Planner, ProtectionPlan};

const BATCH: usize = 8_192;
const TYPES: u64 = 400;
/// Name, number of values, and how many values a group of each level between the value and `*` holds.
const COLUMNS: &[(&str, usize, &[usize])] = &[
    ("sex", 2, &[]),
    ("age", 72, &[5, 10, 20]),
    ("race", 5, &[]),
    ("marital-status", 7, &[3]),
    ("education", 16, &[2, 6]),
    ("native-country", 41, &[8]),
    ("workclass", 7, &[3]),
    ("occupation", 14, &[4]),
    ("salary-class", 2, &[]),
];

const VISITS: &str = "visits";

/// Steele, Lea and Flood (2014), SplitMix.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut word = self.0;
        word = (word ^ (word >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        word = (word ^ (word >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        word ^ (word >> 31)
    }
    fn share(&mut self) -> f64 {
        (self.next() >> 11) as f64 / (1u64 << 53) as f64
    }
    /// One of so many, the first oftener than the last.
    fn one_of(&mut self, values: usize) -> usize {
        ((self.share().powi(2) * values as f64) as usize).min(values - 1)
    }
}

fn label(column: usize, value: usize) -> String {
    format!("{}-{value:02}", COLUMNS[column].0)
}

/// A sensitive column beside people: 50 values, common ones oftener.
fn with_visits(batch: RecordBatch, seed: usize) -> RecordBatch {
    let mut random = Random(seed as u64 ^ 0x0bad_cafe);
    let cells: StringArray = (0..batch.num_rows()).map(|_| Some(format!("{:02}", random.one_of(50)))).collect();
    let columns = batch.schema_ref().fields().iter().map(|field| field.name().clone());
    let named = columns.zip(batch.columns().to_vec());
    RecordBatch::try_from_iter(named.chain([(VISITS.to_owned(), Arc::new(cells) as ArrayRef)])).expect("the columns have one length")
}

/// One batch of people, the same whenever it is made.
fn people(columns: usize, batch: usize, rows: usize) -> RecordBatch {
    let mut random = Random(batch as u64 ^ 0x00c0_ffee);
    let labels: Vec<Vec<String>> = (0..columns)
        .map(|column| (0..COLUMNS[column].1).map(|value| label(column, value)).collect())
        .collect();
    let mut cells: Vec<Vec<&str>> = vec![Vec::with_capacity(rows); columns];
    for _ in 0..rows {
        let kind = random.one_of(TYPES as usize) as u64;
        for (column, cells) in cells.iter_mut().enumerate() {
            let values = COLUMNS[column].1;
            let usual = random.share() < 0.8;
            let value = if usual {
                Random(kind * 31 + column as u64).one_of(values)
            } else {
                random.one_of(values)
            };
            cells.push(&labels[column][value]);
        }
    }
    let arrays = cells
        .into_iter()
        .enumerate()
        .map(|(column, cells)| (COLUMNS[column].0, Arc::new(StringArray::from(cells)) as ArrayRef));
    RecordBatch::try_from_iter(arrays).expect("the columns have one length")
}

fn batches(columns: usize, rows: usize) -> impl Iterator<Item = RecordBatch> {
    (0..rows.div_ceil(BATCH)).map(move |batch| people(columns, batch, BATCH.min(rows - batch * BATCH)))
}

fn hierarchy(column: usize) -> String {
    let (_, values, groups) = COLUMNS[column];
    let line = |value: usize| {
        let above = groups.iter().map(|group| format!(";{group}-{}", value / group)).collect::<String>();
        format!("{}{above};*\n", label(column, value))
    };
    (0..values).map(line).collect()
}

/// What is asked, and of what.
struct Case {
    columns: Vec<Column>,
    policy: PrivacyPolicy,
    hierarchies: BTreeMap<String, String>,
}

impl Case {
    fn new(names: &[String], hierarchies: BTreeMap<String, String>, model: Model) -> Self {
        let role = |name: &String| ColumnPolicy::Detailed {
            role: Role::QuasiIdentifier,
            hierarchy: Some(format!("{name}.csv")),
            microaggregate: None,
        };
        Self {
            columns: names.iter().map(|name| column(name)).collect(),
            policy: PrivacyPolicy {
                columns: names.iter().map(|name| (name.clone(), role(name))).collect(),
                model: Some(model),
                ..PrivacyPolicy::default()
            },
            hierarchies,
        }
    }

    fn generated(columns: usize, model: Model) -> Self {
        let names: Vec<String> = COLUMNS.iter().take(columns).map(|(name, ..)| (*name).to_owned()).collect();
        let hierarchies = (0..columns).map(|at| (format!("{}.csv", COLUMNS[at].0), hierarchy(at))).collect();
        Self::new(&names, hierarchies, model)
    }
}

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

fn model(suppression_max: f64, loss: &str) -> Model {
    Model {
        k: 5,
        suppression_max,
        loss: loss.to_owned(),
        ..Model::default()
    }
}

/// Three different values of the sensitive column in every group too.
fn diverse() -> Model {
    Model {
        l: Some(PerColumn::All(Diversity {
            kind: DiversityKind::Distinct,
            value: 3.0,
            c: None,
        })),
        ..model(0.04, "entropy-monotone")
    }
}

/// Seconds by the clock and of all cores.
#[derive(Clone, Copy)]
struct Moment(Instant, f64);

impl Moment {
    fn now() -> Self {
        let stat = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
        let after = stat.rsplit_once(')').map_or("", |(_, after)| after);
        let ticks = after
            .split_whitespace()
            .skip(11)
            .take(2)
            .filter_map(|word| word.parse::<f64>().ok());
        Self(Instant::now(), ticks.sum::<f64>() / 100.0)
    }
    fn since(self) -> [f64; 2] {
        let now = Self::now();
        [(now.0 - self.0).as_secs_f64(), now.1 - self.1]
    }
}

fn peak_kib() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    line.and_then(|line| line.split_whitespace().next()?.parse().ok()).unwrap_or(0)
}

/// Plans once; gives the costs of taking in and of searching.
fn plan<I: Iterator<Item = RecordBatch>>(case: &Case, rows: I, threads: usize) -> (ProtectionPlan, [f64; 4]) {
    let mut planner = Planner::new(&case.columns, &case.policy).expect("the policy fits");
    let mut load = [0.0; 2];
    for batch in rows {
        // Making people is not part of taking them in.
        let began = Moment::now();
        planner.take(&batch).expect("a batch is taken in");
        add(&mut load, began.since());
    }
    let began = Moment::now();
    let effort = Effort {
        threads,
        ..Effort::default()
    };
    let plan = planner.plan(&case.hierarchies, effort).expect("there is a plan");
    let search = began.since();
    (plan, [load[0], load[1], search[0], search[1]])
}

fn add<const N: usize>(sum: &mut [f64; N], more: [f64; N]) {
    sum.iter_mut().zip(more).for_each(|(sum, more)| *sum += more);
}

fn round(seconds: f64) -> f64 {
    (seconds * 1e4).round() / 1e4
}

fn report(name: &str, plan: &ProtectionPlan, costs: [f64; 4], repeat: usize) -> serde_json::Value {
    let facts = plan.facts();
    let mean = |at: usize| round(costs[at] / repeat as f64);
    serde_json::json!({
        "case": name, "rows": facts.rows_in, "columns": facts.columns.len(), "nodes": facts.search.nodes, "visited": facts.search.visited,
        "suppressed": facts.suppressed_rows, "loss": facts.loss, "load_s": mean(0), "load_cpu_s": mean(1), "search_s": mean(2),
        "search_cpu_s": mean(3), "peak_kib": peak_kib(),
    })
}

fn run(name: &str, case: &Case, rows: &[RecordBatch], (repeat, threads): (usize, usize)) {
    let mut sum = [0.0; 4];
    let mut last = None;
    for _ in 0..repeat {
        let (plan, costs) = plan(case, rows.iter().cloned(), threads);
        add(&mut sum, costs);
        last = Some(plan);
    }
    let last = last.expect("there is a repeat");
    println!("{}", report(name, &last, sum, repeat));
}

/// Made, taken in, made again and recoded: no more than a batch and what is known of combinations stands in memory.
fn stream(name: &str, rows: usize, threads: usize) {
    let case = Case::generated(COLUMNS.len(), model(0.04, "entropy-monotone"));
    let (plan, costs) = plan(&case, batches(COLUMNS.len(), rows), threads);
    let mut apply = [0.0; 2];
    let mut written = 0;
    for batch in batches(COLUMNS.len(), rows) {
        let began = Moment::now();
        written += plan.apply(&batch).expect("a batch is recoded").num_rows();
        add(&mut apply, began.since());
    }
    let mut line = report(name, &plan, costs, 1);
    line["rows_out"] = written.into();
    line["recode_s"] = round(apply[0]).into();
    line["recode_cpu_s"] = round(apply[1]).into();
    println!("{line}");
}

/// The Adult table with its hierarchies, where the fixtures lie beside the repository.
fn adult(model: Model) -> Option<(Case, RecordBatch)> {
    let folder = format!("{}/../../../shared/fixtures/anonymization/arx", env!("CARGO_MANIFEST_DIR"));
    let text = std::fs::read_to_string(format!("{folder}/adult.csv")).ok()?;
    let mut lines = text.lines().map(|line| line.split(';').collect::<Vec<_>>());
    let names: Vec<String> = lines.next()?.into_iter().map(str::to_owned).collect();
    let cells: Vec<Vec<&str>> = lines.collect();
    let array = |at: usize| Arc::new(cells.iter().map(|row| row.get(at).copied()).collect::<StringArray>()) as ArrayRef;
    let batch = RecordBatch::try_from_iter(names.iter().enumerate().map(|(at, name)| (name, array(at)))).ok()?;
    let of = |name: &String| {
        Some((
            format!("{name}.csv"),
            std::fs::read_to_string(format!("{folder}/adult_hierarchy_{name}.csv")).ok()?,
        ))
    };
    let hierarchies = names.iter().map(of).collect::<Option<BTreeMap<_, _>>>()?;
    Some((Case::new(&names, hierarchies, model), batch))
}

fn measure(name: &str, how: (usize, usize)) {
    let (kind, number) = name.split_once('-').unwrap_or((name, "0"));
    let number: usize = number.parse().expect("a case is a word and a number");
    let (monotone, loss) = (model(0.04, "entropy-monotone"), model(1.0, "loss"));
    match kind {
        "d1" | "d5" => match adult(if kind == "d1" { monotone } else { loss }) {
            Some((case, batch)) => run(name, &case, &[batch], how),
            None => eprintln!("SKIPPED: {name}: ../shared/fixtures/anonymization/arx is absent"),
        },
        "rows" | "loss" => {
            let case = Case::generated(COLUMNS.len(), if kind == "rows" { monotone } else { loss });
            run(name, &case, &batches(COLUMNS.len(), number).collect::<Vec<_>>(), how);
        }
        "diverse" => {
            let mut case = Case::generated(COLUMNS.len(), diverse());
            case.columns.push(column(VISITS));
            let role = ColumnPolicy::Role(Role::Sensitive);
            case.policy.columns.insert(VISITS.to_owned(), role);
            let rows: Vec<RecordBatch> = batches(COLUMNS.len(), number)
                .enumerate()
                .map(|(at, batch)| with_visits(batch, at))
                .collect();
            run(name, &case, &rows, how);
        }
        "columns" => {
            let number = number.clamp(1, COLUMNS.len());
            let case = Case::generated(number, monotone);
            run(name, &case, &batches(number, 100_000).collect::<Vec<_>>(), how);
        }
        "stream" => stream(name, number, how.1),
        _ => eprintln!("{name} is none of the cases"),
    }
}

fn main() {
    let words: Vec<String> = std::env::args().collect();
    let value = |wanted: &str| {
        let mut pairs = words.windows(2);
        pairs.find_map(|pair| (pair[0] == wanted).then(|| pair[1].clone()))
    };
    let number = |wanted: &str, or: usize| value(wanted).and_then(|text| text.parse().ok()).unwrap_or(or);
    let how = (number("--repeat", 5).max(1), number("--threads", 0));
    match value("--case") {
        Some(name) => measure(&name, how),
        None => ["d1", "d5", "rows-30162", "loss-30162", "rows-100000"]
            .iter()
            .for_each(|name| measure(name, how)),
    }
}
