//! How fast tables are read, profiled and checked: `cargo bench -p fyr-table -- [KIND..] [TASK..] [--mb 50] [--repeat 5] [--json FILE]`.
//!
//! In: words that choose kinds (`taxi`, `wide`, `swedish`) and tasks (below); none means all. Out: per kind and task the best of the repeats
//! as CPU time of all threads and wall time, and with `--json` a line per repeat as `peers.py` of the peers' bench writes it, under the peer
//! name `library`, so that `scripts/bench-ratios.py` can set both side by side.
//!
//! ```text
//! ingest      CSV to typed Parquet, told nothing        rules   ten rules over the Parquet, failing rows counted
//! profile     CSV to typed Parquet and full profile     agg3    a group by three keys with five aggregates
//! profile_pq  the full profile of the Parquet alone
//! ```
//!
//! A plain `main`: criterion is not in the lockfile, measures wall time only, and its statistics are for work of microseconds; a pass over a
//! file takes a good part of a second and what disturbs it only adds, so the least of a few repeats is the figure that repeats itself.

mod clock;
#[path = "../data/mod.rs"]
#[allow(dead_code, reason = "tests of the crate make the first rows alone")]
mod data;
mod work;

use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clock::Cost;
use data::{Kind, Written};
use fyr_model::Refusal;
use serde_json::{Map, Value};
use work::{Prepared, Task};

/// The seed whose digests the peers' bench states.
const SEED: u64 = 1;

/// What was asked for.
struct Wish {
    kinds: Vec<Kind>,
    tasks: Vec<Task>,
    megabytes: u64,
    repeats: u64,
    json: Option<PathBuf>,
}

fn main() -> ExitCode {
    match wish(std::env::args().skip(1)).and_then(|wish| run(&wish)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(fault) => {
            eprintln!("error: {fault}");
            ExitCode::FAILURE
        }
    }
}

fn wish(mut words: impl Iterator<Item = String>) -> Result<Wish, String> {
    let mut wish = Wish {
        kinds: Vec::new(),
        tasks: Vec::new(),
        megabytes: 50,
        repeats: 5,
        json: None,
    };
    while let Some(word) = words.next() {
        let mut value = || words.next().ok_or(format!("`{word}` wants a value"));
        let whole = |text: String| text.parse::<u64>().map_err(|_| format!("`{text}` is not a whole number"));
        match word.as_str() {
            // Cargo says so to every bench.
            "--bench" => {}
            "--mb" => wish.megabytes = whole(value()?)?,
            "--repeat" => wish.repeats = whole(value()?)?,
            "--json" => wish.json = Some(value()?.into()),
            _ => {
                let kind = Kind::ALL.into_iter().find(|kind| kind.name() == word);
                let task = Task::ALL.into_iter().find(|task| task.name() == word);
                wish.kinds.extend(kind);
                wish.tasks.extend(task);
                if kind.is_none() && task.is_none() {
                    return Err(format!("`{word}` is neither a kind, a task nor an option"));
                }
            }
        }
    }
    if wish.kinds.is_empty() {
        wish.kinds.extend(Kind::ALL);
    }
    if wish.tasks.is_empty() {
        wish.tasks.extend(Task::ALL);
    }
    Ok(wish)
}

/// Runs all. A task that is refused is a line among the figures, as a peer's fault is.
fn run(wish: &Wish) -> Result<(), String> {
    let scratch = scratch().map_err(|error| format!("scratch folder: {error}"))?;
    let mut lines = Lines::open(wish.json.as_deref())?;
    let threads = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    println!(
        "best of {} repeats, {threads} threads; MB/s by wall time, ns per cell by CPU time",
        wish.repeats
    );
    println!(
        "{:<8} {:<10} {:>8} {:>8} {:>8} {:>8}",
        "kind", "task", "CPU s", "wall s", "MB/s", "ns/cell"
    );
    for kind in &wish.kinds {
        let path = scratch.path().join(format!("{}.csv", kind.name()));
        let written = generate(*kind, wish.megabytes, &path).map_err(|error| format!("{}: {error}", path.display()))?;
        let mut prepared = Prepared::new(*kind, path, scratch.path()).map_err(|refusal| said(&refusal))?;
        for task in &wish.tasks {
            match repeat(&mut prepared, *task, wish.repeats, &written, &mut lines) {
                Ok(best) => show(*kind, *task, &written, &best),
                Err(refusal) => {
                    println!("{:<8} {:<10} {}", kind.name(), task.name(), said(&refusal));
                    lines.put(line(*kind, *task, &written, [("error".to_owned(), said(&refusal).into())]));
                }
            }
        }
    }
    lines.close()
}

/// What was refused, in a line; an engine's reasons may be long.
fn said(refusal: &Refusal) -> String {
    let text = format!("{} ({}): {}", refusal.id, refusal.subject, refusal.message.en);
    text.chars().take(100).collect()
}

/// A folder on the disk that the build is on: `/tmp` is memory on some machines.
fn scratch() -> std::io::Result<tempfile::TempDir> {
    let parent = Path::new(env!("CARGO_TARGET_TMPDIR"));
    std::fs::create_dir_all(parent)?;
    tempfile::TempDir::new_in(parent)
}

fn generate(kind: Kind, megabytes: u64, path: &Path) -> std::io::Result<Written> {
    let mut out = BufWriter::new(File::create(path)?);
    let written = kind.write(SEED, megabytes, &mut out)?;
    out.flush()?;
    Ok(written)
}

/// Repeats a task, writes a line of each repeat and gives the least CPU and wall time, each by itself.
fn repeat(prepared: &mut Prepared, task: Task, repeats: u64, written: &Written, lines: &mut Lines) -> Result<Cost, Refusal> {
    prepared.ready(task)?;
    let mut best: Option<Cost> = None;
    for repeat in 0..repeats.max(1) {
        let (mut facts, cost) = clock::measure(|| prepared.run(task))?;
        if let Some(rows) = facts.get("rows") {
            facts.insert("ok".into(), (*rows == written.rows).into());
        }
        let costs = [
            ("rep", repeat.into()),
            ("wall_s", cost.wall_s.into()),
            ("task_cpu_s", cost.cpu_s.into()),
        ];
        facts.extend(costs.map(|(key, value)| (key.to_owned(), value)));
        lines.put(line(prepared.kind, task, written, facts));
        best = Some(best.map_or(cost, |best| best.least(cost)));
    }
    Ok(best.unwrap_or(Cost::NONE))
}

/// As `peers.py` writes it.
fn line(kind: Kind, task: Task, written: &Written, facts: impl IntoIterator<Item = (String, Value)>) -> Map<String, Value> {
    let head: [(&str, Value); 5] = [
        ("peer", "library".into()),
        ("version", env!("CARGO_PKG_VERSION").into()),
        ("kind", kind.name().into()),
        ("task", task.name().into()),
        ("bytes", written.bytes.into()),
    ];
    head.into_iter().map(|(key, value)| (key.to_owned(), value)).chain(facts).collect()
}

/// The lines of `--json`, if anybody wants them.
struct Lines {
    file: Option<File>,
    fault: Option<String>,
}

impl Lines {
    fn open(path: Option<&Path>) -> Result<Self, String> {
        let open = |path: &Path| {
            let file = File::options().create(true).append(true).open(path);
            file.map_err(|error| format!("{}: {error}", path.display()))
        };
        let file = path.map(open).transpose()?;
        Ok(Self { file, fault: None })
    }
    fn put(&mut self, line: Map<String, Value>) {
        if let Some(file) = &mut self.file
            && let Err(error) = writeln!(file, "{}", Value::from(line))
        {
            self.fault = Some(format!("lines are lost: {error}"));
        }
    }
    fn close(self) -> Result<(), String> {
        self.fault.map_or(Ok(()), Err)
    }
}

fn show(kind: Kind, task: Task, written: &Written, best: &Cost) {
    let cells = written.rows as f64 * kind.columns().len() as f64;
    let cpu = |digits: usize, value: Option<f64>| value.map_or("-".into(), |value| format!("{value:.digits$}"));
    println!(
        "{:<8} {:<10} {:>8} {:>8.3} {:>8.1} {:>8}",
        kind.name(),
        task.name(),
        cpu(3, best.cpu_s),
        best.wall_s,
        written.bytes as f64 / 1e6 / best.wall_s,
        cpu(1, best.cpu_s.map(|seconds| seconds * 1e9 / cells)),
    );
}
