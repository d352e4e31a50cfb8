//! A cluster of real processes on loopback with a real S3 server between them: the same answers as one process, also when an executor dies
//! in the middle of a question; and nothing left in the bucket or in a work folder.

use std::io::{BufRead as _, BufReader};
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use fyr_fetch::objects::{KEY_ID_VARIABLE, ObjectsConfig, SECRET_VARIABLE};
use fyr_model::table::{Column, ColumnType};
use fyr_table::arrow::array::{ArrayRef, BooleanArray, Date32Array, Float64Array, Int64Array, RecordBatch, StringArray};
use fyr_table::arrow::compute::concat_batches;
use fyr_table::cluster::Staging;
use fyr_table::{Engine, Exposure, Mode, Show, open};
use parquet::arrow::ArrowWriter;
use parquet::file::properties::WriterProperties;
use s3s::auth::SimpleAuth;
use s3s::service::S3ServiceBuilder;

use crate::support::{Workspace, ended, text};

const KEY_ID: &str = "FYREXAMPLEKEYID";
const SECRET: &str = "an invented secret of the tests";
const BUCKET: &str = "staging";
/// Stands in every column of text; must never be seen in a log or an error.
const CANARY: &str = "Kanarie Kvist";

const ROWS: usize = 40_960;
const GROUP_ROWS: usize = 4_096;

/// Waits until it holds, or says what did not happen.
fn until(what: &str, limit: Duration, mut holds: impl FnMut() -> bool) {
    let start = Instant::now();
    while !holds() {
        assert!(start.elapsed() < limit, "{what}: not within {limit:?}");
        std::thread::sleep(Duration::from_millis(20));
    }
}

/// A server that speaks S3 and asks for signatures; its buckets are folders.
struct Bucket {
    root: tempfile::TempDir,
    endpoint: String,
}

impl Bucket {
    fn serve() -> Self {
        let root = tempfile::tempdir().unwrap();
        std::fs::create_dir(root.path().join(BUCKET)).unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        listener.set_nonblocking(true).unwrap();
        let endpoint = format!("http://{}", listener.local_addr().unwrap());
        let folder = root.path().to_path_buf();
        std::thread::spawn(move || {
            tokio::runtime::Runtime::new().unwrap().block_on(async move {
                let mut service = S3ServiceBuilder::new(s3s_fs::FileSystem::new(folder).unwrap());
                service.set_auth(SimpleAuth::from_single(KEY_ID, SECRET));
                let broken = async |_: s3s::HttpError| axum::http::StatusCode::INTERNAL_SERVER_ERROR;
                let service = axum::error_handling::HandleError::new(service.build(), broken);
                let listener = tokio::net::TcpListener::from_std(listener).unwrap();
                axum::serve(listener, axum::Router::new().fallback_service(service)).await.unwrap();
            });
        });
        Self { root, endpoint }
    }

    /// Objects in the bucket.
    fn objects(&self) -> Vec<PathBuf> {
        files(&self.root.path().join(BUCKET))
    }
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut waiting = vec![folder.to_path_buf()];
    while let Some(folder) = waiting.pop() {
        for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
            let path = entry.path();
            if path.is_dir() { waiting.push(path) } else { found.push(path) }
        }
    }
    found
}

/// A process of the cluster with what it said.
struct Node {
    child: Child,
    said: Arc<Mutex<String>>,
}

impl Node {
    fn start(mut command: Command) -> Self {
        command
            .env("FYR_LOG", "debug")
            .env(KEY_ID_VARIABLE, KEY_ID)
            .env(SECRET_VARIABLE, SECRET);
        let mut child = command.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
        let lines = BufReader::new(child.stderr.take().unwrap()).lines();
        let said = Arc::new(Mutex::new(String::new()));
        let heard = Arc::clone(&said);
        std::thread::spawn(move || {
            for line in lines.map_while(Result::ok) {
                let mut heard = heard.lock().unwrap();
                heard.push_str(&line);
                heard.push('\n');
            }
        });
        Self { child, said }
    }
    fn said(&self) -> String {
        self.said.lock().unwrap().clone()
    }
    fn says(&self, words: &str) {
        until(words, Duration::from_secs(30), || self.said().contains(words));
    }
    fn ended(&mut self) -> Option<i32> {
        let status = self.child.wait().unwrap();
        status.code()
    }
    /// Asks it to stop.
    fn terminate(&mut self) -> Option<i32> {
        let pid = self.child.id().to_string();
        assert!(Command::new("kill").args(["-TERM", pid.as_str()]).status().unwrap().success());
        self.ended()
    }
}

impl Drop for Node {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

/// A scheduler, a bucket, and a workspace that names both.
struct Cluster {
    bucket: Bucket,
    workspace: Workspace,
    scheduler: Node,
    address: String,
}

impl Cluster {
    fn start() -> Self {
        let bucket = Bucket::serve();
        let address = format!("127.0.0.1:{}", free_port());
        let workspace = Workspace::new(&format!(
            "[cluster]\nscheduler = \"{address}\"\nunprotected = true\npartitions = 6\n\
             [cluster.staging]\naddress = \"s3://{BUCKET}/private/fyr\"\nendpoint = \"{}\"\nallow_http = true\n",
            bucket.endpoint
        ));
        let command = workspace.command(&["cluster", "scheduler", "--listen", &address, "--executor-timeout", "4"]);
        let scheduler = Node::start(command);
        scheduler.says("answers at");
        Self {
            bucket,
            workspace,
            scheduler,
            address,
        }
    }

    fn executor(&self, name: &str) -> Node {
        let (listen, tasks) = (format!("127.0.0.1:{}", free_port()), free_port().to_string());
        let work = self.work(name);
        let words = ["cluster", "executor", "--listen", &listen, "--task-port", &tasks, "--tasks", "1"];
        let mut command = self.workspace.command(&words);
        command.arg("--memory").arg("268435456").arg("--work").arg(work);
        let node = Node::start(command);
        node.says("works for");
        node
    }

    fn work(&self, name: &str) -> PathBuf {
        self.workspace.path().join(name)
    }

    /// An engine of this process whose plans run on the cluster.
    fn engine(&self) -> Engine {
        let _ = rustls::crypto::ring::default_provider().install_default();
        let config = ObjectsConfig {
            address: Some(format!("s3://{BUCKET}/private/fyr")),
            endpoint: Some(self.bucket.endpoint.clone()),
            allow_http: true,
            ..ObjectsConfig::default()
        };
        let keys = |name: &str| match name {
            KEY_ID_VARIABLE => Some(KEY_ID.to_owned()),
            SECRET_VARIABLE => Some(SECRET.to_owned()),
            _ => None,
        };
        let mode = Mode::Cluster {
            scheduler: self.address.clone(),
            staging: Staging::new(config.open(self.workspace.path(), &keys).unwrap().store),
            partitions: 6,
        };
        open(&mode, 256 << 20, &self.workspace.path().join("spill")).unwrap()
    }
}

/// A generated table: the same rows every time, a part for every group of rows.
fn table(folder: &Path) -> (PathBuf, Vec<Column>) {
    let row = |n: usize| n as u64 * 2_654_435_761 % 4_294_967_291;
    let person = |n: usize| (row(n) % 20_000) as i64;
    let region = |n: usize| format!("{:04}", 114 + row(n) % 290);
    let note = |n: usize| (!n.is_multiple_of(7)).then(|| format!("{CANARY} {}", row(n) % 5_000));
    let each = |make: &dyn Fn(usize) -> ArrayRef| make(ROWS);
    let arrays: Vec<(&str, ColumnType, ArrayRef)> = vec![
        (
            "person",
            ColumnType::Integer,
            each(&|rows| Arc::new((0..rows).map(person).collect::<Int64Array>())),
        ),
        (
            "region",
            ColumnType::Code,
            each(&|rows| Arc::new((0..rows).map(|n| Some(region(n))).collect::<StringArray>())),
        ),
        (
            "amount",
            ColumnType::Number,
            each(&|rows| {
                Arc::new(
                    (0..rows)
                        .map(|n| (!n.is_multiple_of(11)).then(|| (row(n) % 900_000) as f64 / 100.0))
                        .collect::<Float64Array>(),
                )
            }),
        ),
        (
            "day",
            ColumnType::Date,
            each(&|rows| Arc::new((0..rows).map(|n| Some(18_000 + (row(n) % 2_000) as i32)).collect::<Date32Array>())),
        ),
        (
            "open",
            ColumnType::Boolean,
            each(&|rows| Arc::new((0..rows).map(|n| Some(row(n).is_multiple_of(3))).collect::<BooleanArray>())),
        ),
        (
            "note",
            ColumnType::Text,
            each(&|rows| Arc::new((0..rows).map(note).collect::<StringArray>())),
        ),
    ];
    let batch = RecordBatch::try_from_iter_with_nullable(arrays.iter().map(|(name, _, array)| (*name, array.clone(), true))).unwrap();
    let path = folder.join("table.parquet");
    let properties = WriterProperties::builder().set_max_row_group_row_count(Some(GROUP_ROWS)).build();
    let mut writer = ArrowWriter::try_new(std::fs::File::create(&path).unwrap(), batch.schema(), Some(properties)).unwrap();
    writer.write(&batch).unwrap();
    writer.close().unwrap();
    let column = |(name, kind, _): (&str, ColumnType, ArrayRef)| Column {
        name: name.into(),
        header: name.into(),
        kind,
        semantic: None,
        description: None,
        unit: None,
    };
    (path, arrays.into_iter().map(column).collect())
}

/// Aggregates, a join, a window, text, and no row at all.
const QUESTIONS: [&str; 6] = [
    "SELECT region, count(*) AS rows, count(note) AS notes, sum(person) AS persons, min(day) AS first, max(day) AS last, \
     count(DISTINCT person) AS people FROM t GROUP BY region ORDER BY region",
    "SELECT count(*) AS rows, min(amount) AS low, max(amount) AS high, sum(CAST(amount AS DECIMAL(18, 2))) AS total FROM t WHERE open",
    "SELECT a.region, count(*) AS pairs FROM t a JOIN t b ON a.person = b.person AND a.day < b.day GROUP BY a.region ORDER BY a.region",
    "SELECT * FROM (SELECT region, day, row_number() OVER (PARTITION BY region ORDER BY day, person, amount, note) AS place FROM t) \
     WHERE place <= 2 ORDER BY region, place",
    "SELECT DISTINCT upper(note) AS loud, length(note) AS letters FROM t WHERE note LIKE '%1 %' OR note LIKE '%77' ORDER BY loud",
    "SELECT region, note FROM t WHERE person < 0 ORDER BY region",
];

/// A rule over two tables, and one over whole rows: both need plans.
const REGISTERED: &str = "-- id: registered      severity: warning\n-- sv: Koden finns i registret.\n-- en: The code is in the register.\n\
     -- reads: t.region, ref.municipality      gives: row (0-based)      nulls: pass      limit: 0 rows\n-- source: tests\n\
     SELECT t.\"row\" FROM t LEFT JOIN ref.municipality k ON t.\"region\" = k.\"code\" WHERE t.\"region\" IS NOT NULL AND k.\"code\" IS NULL";
const COPIES: &str = "-- id: copies      severity: warning\n-- sv: Ingen rad är en kopia.\n-- en: No row is a copy.\n\
     -- reads: t.*      gives: row (0-based)      limit: 0 rows\n-- source: tests\n\
     SELECT \"row\" FROM (SELECT \"row\", row_number() OVER (PARTITION BY {columns} ORDER BY \"row\") AS copy FROM t) WHERE copy > 1";

/// Long on purpose: every row is hashed many times, so that an executor can die in the middle.
fn long() -> String {
    const TIMES: usize = 24;
    let hash = format!(
        "{}concat(coalesce(note, ''), CAST(person AS VARCHAR)){}",
        "md5(".repeat(TIMES),
        ")".repeat(TIMES)
    );
    format!(
        "SELECT region, count(*) AS rows, min(h) AS low, max(h) AS high FROM (SELECT region, {hash} AS h FROM t) GROUP BY region ORDER BY region"
    )
}

fn same(question: &str, one: &[RecordBatch], other: &[RecordBatch]) {
    let rows = |batches: &[RecordBatch]| batches.iter().map(RecordBatch::num_rows).sum::<usize>();
    assert_eq!(rows(one), rows(other), "{question}");
    let (Some(first), Some(second)) = (one.first(), other.first()) else {
        return;
    };
    let types = |batch: &RecordBatch| -> Vec<_> {
        batch
            .schema()
            .fields()
            .iter()
            .map(|field| (field.name().clone(), field.data_type().clone()))
            .collect()
    };
    assert_eq!(types(first), types(second), "{question}");
    let whole = |batches: &[RecordBatch], first: &RecordBatch| concat_batches(&first.schema(), batches).unwrap();
    assert_eq!(whole(one, first).columns(), whole(other, second).columns(), "{question}");
}

fn everything(columns: &[Column]) -> Exposure {
    Exposure {
        columns: columns.iter().map(|column| (column.name.clone(), Show::Values)).collect(),
        group_min: 1,
        coarse: false,
    }
}

/// A runtime whose threads can plan: plans for a cluster are nested messages.
fn runtime() -> tokio::runtime::Runtime {
    let mut builder = tokio::runtime::Builder::new_multi_thread();
    builder.worker_threads(2).enable_all().thread_stack_size(32 << 20).build().unwrap()
}

/// On a thread of the runtime: a test's own has too small a stack.
fn on<T: Send + 'static>(runtime: &tokio::runtime::Runtime, work: impl Future<Output = T> + Send + 'static) -> T {
    runtime.block_on(runtime.spawn(work)).unwrap()
}

type Asked = Result<Vec<RecordBatch>, fyr_model::Refusal>;

fn ask(runtime: &tokio::runtime::Runtime, engine: &Engine, parquet: &[PathBuf], question: &str) -> Asked {
    let (engine, parquet, question) = (engine.clone(), parquet.to_vec(), question.to_owned());
    on(runtime, async move { engine.query(&parquet, &question).await })
}

#[test]
fn a_cluster_answers_as_one_process_does_even_when_an_executor_dies_and_leaves_nothing() {
    let cluster = Cluster::start();
    let mut first = cluster.executor("first");
    let mut second = cluster.executor("second");
    let (path, columns) = table(cluster.workspace.path());
    let parquet = [path];
    let embedded = open(&Mode::Embedded, 256 << 20, &cluster.workspace.path().join("embedded")).unwrap();
    let spread = cluster.engine();
    let runtime = runtime();

    aggregates_and_profile(&cluster, &runtime, &parquet, &columns, (&embedded, &spread));
    a_question_that_fails(&cluster, &runtime, &parquet, &spread);

    let started = Instant::now();
    let asked = runtime.spawn({
        let (spread, parquet) = (spread.clone(), parquet.clone());
        async move { spread.query(&parquet, &long()).await }
    });
    let shuffled = cluster.work("second").join("shuffle");
    let before = files(&shuffled).len();
    until("the second executor has results", Duration::from_secs(60), || {
        files(&shuffled).len() > before
    });
    assert!(!asked.is_finished(), "the question was too short to be interrupted");
    second.child.kill().unwrap();
    second.ended();
    assert!(!asked.is_finished(), "the question was over before the executor died");
    let answer = runtime.block_on(asked).unwrap().unwrap();
    println!("with an executor killed: {:?}", started.elapsed());
    same("long", &ask(&runtime, &embedded, &parquet, &long()).unwrap(), &answer);
    assert_eq!(cluster.bucket.objects(), Vec::<PathBuf>::new(), "wiped after the question");

    // What the killed one left is wiped by the next on the same folder, and by each when it ends.
    assert!(!files(&cluster.work("second")).is_empty());
    let mut third = cluster.executor("second");
    assert!(files(&shuffled).is_empty());
    for node in [&mut first, &mut third] {
        assert_eq!(node.terminate(), Some(0), "{}", node.said());
    }
    for name in ["first", "second"] {
        assert_eq!(files(&cluster.work(name)), Vec::<PathBuf>::new());
    }
    let mut scheduler = cluster.scheduler;
    assert_eq!(scheduler.terminate(), Some(0), "{}", scheduler.said());
    for node in [&first, &second, &third, &scheduler] {
        assert!(!node.said().contains(CANARY), "a cell in a log");
    }
}

fn aggregates_and_profile(
    cluster: &Cluster,
    runtime: &tokio::runtime::Runtime,
    parquet: &[PathBuf],
    columns: &[Column],
    (embedded, spread): (&Engine, &Engine),
) {
    for question in QUESTIONS {
        let started = Instant::now();
        let here = ask(runtime, embedded, parquet, question).unwrap();
        let there = ask(runtime, spread, parquet, question).unwrap();
        same(question, &here, &there);
        println!("both ways: {:?}", started.elapsed());
    }
    let started = Instant::now();
    let profiled = |engine: &Engine| {
        let (engine, parquet, columns) = (engine.clone(), parquet.to_vec(), columns.to_vec());
        let exposure = everything(&columns);
        let profile = on(runtime, async move { engine.profile(&parquet, &columns, None, &exposure).await });
        serde_json::to_value(profile.unwrap()).unwrap()
    };
    let (here, there) = (profiled(embedded), profiled(spread));
    println!("the profile both ways: {:?}", started.elapsed());
    assert_eq!(here, there);
    let checked = |engine: &Engine| {
        let (engine, parquet, columns) = (engine.clone(), parquet.to_vec(), columns.to_vec());
        let rules = [REGISTERED, COPIES].map(|text| fyr_table::rules::parse(text).unwrap());
        on(runtime, async move { engine.check(&parquet, &columns, &rules).await }).unwrap()
    };
    let started = Instant::now();
    let (here, there) = (checked(embedded), checked(spread));
    println!("the rules both ways: {:?}", started.elapsed());
    assert_eq!(here, there);
    assert!(
        here.rules.len() == 2 && here.rules.iter().any(|rule| rule.failed > 0),
        "{:?}",
        here.rules
    );
    let sorted = |engine: &Engine| {
        let (engine, parquet) = (engine.clone(), parquet.to_vec());
        on(
            runtime,
            async move { engine.read(&parquet, &["region".into(), "person".into()]).await },
        )
        .unwrap()
    };
    same("sorted", &sorted(embedded), &sorted(spread));
    assert_eq!(cluster.bucket.objects(), Vec::<PathBuf>::new(), "wiped after every question");
    // Both executors had a share: each keeps the results of its tasks for a while.
    for name in ["first", "second"] {
        assert!(!files(&cluster.work(name).join("shuffle")).is_empty(), "{name} had nothing to do");
    }
}

/// The value that a cast stumbles over stays where it is, and so do no copies.
fn a_question_that_fails(cluster: &Cluster, runtime: &tokio::runtime::Runtime, parquet: &[PathBuf], spread: &Engine) {
    let refusal = ask(runtime, spread, parquet, "SELECT sum(CAST(note AS BIGINT)) AS s FROM t").unwrap_err();
    assert!(!format!("{refusal:?}").contains(CANARY), "{refusal:?}");
    assert_eq!(cluster.bucket.objects(), Vec::<PathBuf>::new(), "wiped after a failure");
}

#[test]
fn the_program_profiles_on_a_cluster_as_by_itself() {
    let cluster = Cluster::start();
    let mut rows = String::from("kommun;antal;datum\n");
    for n in 0..500 {
        rows.push_str(&format!(
            "{};{};2024-01-{:02}\n",
            ["Lund", "Umeå", "Kalix"][n % 3],
            n * 7 % 101,
            n % 28 + 1
        ));
    }
    cluster.workspace.write("prov.csv", rows);
    let alone = Workspace::new("");
    let input = cluster.workspace.path().join("prov.csv").display().to_string();
    let (code, here) = alone.json(&["profile", &input]);
    assert_eq!(code, 0);
    let _executor = cluster.executor("only");
    let output = cluster
        .workspace
        .command(&["profile", &input, "--json"])
        .env(KEY_ID_VARIABLE, KEY_ID)
        .env(SECRET_VARIABLE, SECRET)
        .output()
        .unwrap();
    assert_eq!(ended(&output).0, 0, "{}", text(&output.stderr));
    let mut there: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    there["at"] = here["at"].clone();
    assert_eq!(here, there);
    assert!(
        !files(&cluster.work("only").join("shuffle")).is_empty(),
        "the executor had nothing to do"
    );
    assert_eq!(cluster.bucket.objects(), Vec::<PathBuf>::new());
    // Without keys the bucket is closed, and the hint names them.
    let output = cluster.workspace.fyr(&["profile", &input]);
    assert_eq!(ended(&output).0, 2, "{}", text(&output.stderr));
    assert!(text(&output.stderr).contains(SECRET_VARIABLE));
}

#[test]
fn a_cluster_is_for_loopback_or_a_network_that_somebody_answers_for() {
    let workspace = Workspace::new("[cluster.staging]\naddress = \"staging\"\n");
    let listen = |address: &str| ended(&workspace.fyr(&["cluster", "scheduler", "--listen", address]));
    let (code, said) = listen("192.0.2.7:50050");
    assert_eq!(code, 2);
    assert!(said.contains("--private-network"), "{said}");
    // Said twice it is tried, and this machine does not have that address.
    let (code, said) = ended(&workspace.fyr(&["cluster", "scheduler", "--listen", "192.0.2.7:50050", "--private-network"]));
    assert_eq!(code, 2);
    assert!(
        said.contains("no sign-in, no encryption") && said.contains("cannot be listened on"),
        "{said}"
    );
    assert_eq!(listen("0.0.0.0:50050").0, 2, "an address that nobody can be told");
    // Staged files never lie where releases do, and nothing runs without a place for them.
    let (code, said) = ended(&Workspace::new("").fyr(&["cluster", "scheduler"]));
    assert_eq!((code, said.contains("cluster.staging.address")), (2, true), "{said}");
    // Nobody listens: the question says so, and how to go on.
    let nobody = format!(
        "[cluster]\nscheduler = \"127.0.0.1:{}\"\nunprotected = true\n[cluster.staging]\naddress = \"staging\"\n",
        free_port()
    );
    let alone = Workspace::new(&nobody);
    alone.write("prov.csv", "a;b\n1;2\n3;4\n");
    let (code, said) = ended(&alone.fyr(&["profile", "prov.csv"]));
    assert_eq!((code, said.contains("fyr cluster scheduler")), (3, true), "{said}");
}
