//! Workers that live, lie and die. This binary is its own worker: started with the argument `worker` it serves [`WORK`].

#![allow(clippy::unwrap_used, clippy::panic, clippy::result_large_err)]

use std::path::Path;
use std::process::{Command, ExitCode, Stdio};
use std::time::{Duration, Instant};
use std::{env, fs, panic, thread};

use fyr_confine::{Handler, Runner, serve};
use fyr_model::limits::WorkerLimits;
use fyr_model::{Refusal, RefusalKind, Text};
use serde_json::{Value, json};

/// What the worker of these tests can do.
static WORK: &[(&str, Handler)] = &[
    ("echo", |input, _| Ok(input)),
    ("look", |_, dir| {
        let names: Vec<String> = env::vars().map(|(name, _)| name).collect();
        Ok(json!({ "environment": names, "here": env::current_dir().unwrap(), "dir": dir }))
    }),
    ("refuse", |input, _| {
        let subject = input.as_str().unwrap();
        Err(Refusal::new(
            "depth",
            RefusalKind::Unreadable,
            subject,
            Text::new("för djup", "too deep"),
        ))
    }),
    ("panic", |input, _| panic!("the cell says {input}")),
    ("stack", |input, _| Ok(json!(deep(input.as_u64().unwrap())))),
    ("memory", |input, _| {
        let bytes = usize::try_from(input.as_u64().unwrap()).unwrap();
        Ok(json!(vec![1u8; bytes].iter().map(|b| u64::from(*b)).sum::<u64>()))
    }),
    ("spin", |input, _| {
        let until = Instant::now() + Duration::from_millis(input.as_u64().unwrap());
        while Instant::now() < until {
            std::hint::spin_loop();
        }
        Ok(Value::Null)
    }),
    ("sleep", |input, _| {
        thread::sleep(Duration::from_millis(input.as_u64().unwrap()));
        Ok(Value::Null)
    }),
    ("write", |input, dir| {
        let bytes = usize::try_from(input.as_u64().unwrap()).unwrap();
        fs::write(dir.join("out"), vec![0u8; bytes]).map_err(|_| {
            Refusal::new(
                "unwritten",
                RefusalKind::Internal,
                "out",
                Text::new("kunde inte skriva", "could not write"),
            )
        })?;
        Ok(Value::Null)
    }),
    ("open", |input, dir| {
        let files: Vec<_> = (0..input.as_u64().unwrap())
            .map_while(|n| fs::File::create(dir.join(n.to_string())).ok())
            .collect();
        Ok(json!(files.len()))
    }),
    ("complain", |input, _| {
        eprintln!("{input}");
        std::process::abort()
    }),
];

fn deep(levels: u64) -> u64 {
    let here = std::hint::black_box([levels; 64]);
    if levels == 0 {
        here[0]
    } else {
        deep(levels - 1) + here[63] - levels
    }
}

fn main() -> ExitCode {
    let mut args = env::args().skip(1);
    match args.next().as_deref() {
        Some("worker") => serve(WORK),
        Some("worker-unlimited") => {
            println!(r#"{{"limits":{{"memory_bytes":1,"cpu_seconds":1,"file_bytes":1,"open_files":1,"core_bytes":9}}}}"#);
            thread::sleep(Duration::from_secs(30));
            ExitCode::SUCCESS
        }
        Some("parent") => {
            let dir = args.next().unwrap();
            let _ = child().run::<_, Value>("sleep", "x", &600_000, Path::new(&dir), &WorkerLimits::default());
            ExitCode::SUCCESS
        }
        Some("--list") => ExitCode::SUCCESS,
        other => run_all(other.filter(|word| !word.starts_with('-'))),
    }
}

macro_rules! tests {
    ($($name:ident),* $(,)?) => { &[$((stringify!($name), $name as fn())),*] };
}

/// Every test of this binary; it has a `main` of its own, so it counts them itself.
fn run_all(filter: Option<&str>) -> ExitCode {
    let tests: &[(&str, fn())] = tests![
        work_is_done_in_the_folder_without_our_environment,
        a_refusal_crosses_the_border_unchanged,
        h32_a_panic_shows_its_place_and_no_value,
        h32_diagnostics_are_counted_and_not_shown,
        h44_memory_is_limited_by_the_operating_system,
        h44_a_stack_overflow_kills_the_worker_only,
        h44_processor_time_is_limited,
        h44_a_file_is_limited,
        h44_open_files_are_limited,
        h44_a_worker_past_its_wall_time_is_killed,
        h44_a_worker_that_does_not_confirm_its_limits_gets_no_work,
        h45_a_worker_does_not_outlive_its_parent,
        a_request_larger_than_the_pipe_arrives,
        unknown_work_and_an_absent_program_are_refused,
        direct_work_behaves_alike,
    ];
    let mut failed = 0;
    for (name, test) in tests.iter().filter(|(name, _)| filter.is_none_or(|word| name.contains(word))) {
        let passed = panic::catch_unwind(test).is_ok();
        println!("test {name} ... {}", if passed { "ok" } else { "FAILED" });
        failed += usize::from(!passed);
    }
    println!("\ntest result: {}. {failed} failed", if failed == 0 { "ok" } else { "FAILED" });
    if failed == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

fn child() -> Runner {
    Runner::Child {
        program: env::current_exe().unwrap(),
        args: vec!["worker".into()],
    }
}

fn run_with(runner: &Runner, work: &'static str, input: Value, limits: &WorkerLimits) -> Result<Value, Refusal> {
    let dir = tempfile::tempdir().unwrap();
    runner.run(work, "exempelby", &input, &dir.path().join("private"), limits)
}

fn run(work: &'static str, input: impl Into<Value>, limits: &WorkerLimits) -> Result<Value, Refusal> {
    run_with(&child(), work, input.into(), limits)
}

fn check(work: &'static str, input: impl Into<Value>, limits: &WorkerLimits, id: &str) -> Refusal {
    let refusal = run(work, input, limits).unwrap_err();
    assert_eq!((refusal.id.as_str(), refusal.subject.as_str()), (id, "exempelby"));
    refusal
}

fn work_is_done_in_the_folder_without_our_environment() {
    let dir = tempfile::tempdir().unwrap();
    let private = dir.path().canonicalize().unwrap().join("private");
    let seen: Value = child().run("look", "x", &Value::Null, &private, &WorkerLimits::default()).unwrap();
    assert_eq!(seen["environment"], json!([]));
    assert_eq!(seen["here"], json!(private));
    assert_eq!(seen["dir"], json!(private));
    use std::os::unix::fs::PermissionsExt as _;
    assert_eq!(fs::metadata(&private).unwrap().permissions().mode() & 0o777, 0o700);
}

fn a_refusal_crosses_the_border_unchanged() {
    let refusal = run("refuse", "https://data.exempelby.example/dcat.rdf", &WorkerLimits::default()).unwrap_err();
    assert_eq!(
        (refusal.id.as_str(), refusal.subject.as_str()),
        ("depth", "https://data.exempelby.example/dcat.rdf")
    );
    assert_eq!(refusal.message, Text::new("för djup", "too deep"));
}

fn h32_a_panic_shows_its_place_and_no_value() {
    let refusal = check("panic", "189001019802", &WorkerLimits::default(), "worker-died");
    assert!(refusal.message.en.contains("main.rs:"), "{}", refusal.message.en);
    assert!(!format!("{refusal:?}").contains("189001019802"));
}

fn h32_diagnostics_are_counted_and_not_shown() {
    let refusal = check("complain", "189001019802", &WorkerLimits::default(), "worker-died");
    assert!(
        refusal.message.en.contains("signal 6") && refusal.message.en.contains("15 bytes"),
        "{}",
        refusal.message.en
    );
    assert!(!format!("{refusal:?}").contains("189001019802"));
}

fn h44_memory_is_limited_by_the_operating_system() {
    let limits = WorkerLimits {
        memory_bytes: 256 << 20,
        ..WorkerLimits::default()
    };
    assert_eq!(run("memory", 16u64 << 20, &limits), Ok(json!(16 << 20)));
    check("memory", 300u64 << 20, &limits, "worker-died");
}

fn h44_a_stack_overflow_kills_the_worker_only() {
    let limits = WorkerLimits::default();
    assert_eq!(run("stack", 1_000u64, &limits), Ok(json!(0)));
    check("stack", 100_000_000u64, &limits, "worker-died");
}

fn h44_processor_time_is_limited() {
    let limits = WorkerLimits {
        cpu_seconds: 1,
        ..WorkerLimits::default()
    };
    assert_eq!(run("spin", 10u64, &limits), Ok(Value::Null));
    check("spin", 60_000u64, &limits, "worker-cpu");
}

fn h44_a_file_is_limited() {
    let limits = WorkerLimits {
        file_bytes: 4096,
        ..WorkerLimits::default()
    };
    assert_eq!(run("write", 4096u64, &limits), Ok(Value::Null));
    check("write", 4097u64, &limits, "worker-file");
}

fn h44_open_files_are_limited() {
    let limits = WorkerLimits {
        open_files: 32,
        ..WorkerLimits::default()
    };
    assert_eq!(run("open", 10u64, &limits), Ok(json!(10)));
    assert!(run("open", 100u64, &limits).unwrap().as_u64().unwrap() < 32);
}

fn h44_a_worker_past_its_wall_time_is_killed() {
    let limits = WorkerLimits {
        wall: Duration::from_secs(3),
        ..WorkerLimits::default()
    };
    assert_eq!(run("sleep", 1u64, &limits), Ok(Value::Null));
    let started = Instant::now();
    check("sleep", 600_000u64, &limits, "worker-timeout");
    assert!(started.elapsed() < Duration::from_secs(15));
}

fn h44_a_worker_that_does_not_confirm_its_limits_gets_no_work() {
    let liar = Runner::Child {
        program: env::current_exe().unwrap(),
        args: vec!["worker-unlimited".into()],
    };
    let refusal = run_with(&liar, "echo", json!("secret"), &WorkerLimits::default()).unwrap_err();
    assert_eq!(refusal.id, "worker-limits");
    assert_eq!(run("echo", "plain", &WorkerLimits::default()), Ok(json!("plain")));
}

fn h45_a_worker_does_not_outlive_its_parent() {
    let dir = tempfile::tempdir().unwrap();
    let private = dir.path().join("private");
    let mut parent = Command::new(env::current_exe().unwrap())
        .args(["parent", private.to_str().unwrap()])
        .stdin(Stdio::null())
        .spawn()
        .unwrap();
    let workers = || children_in(&private);
    wait_until(|| workers() == 1);
    parent.kill().unwrap();
    parent.wait().unwrap();
    wait_until(|| workers() == 0);
}

/// Processes whose working directory is `dir`.
fn children_in(dir: &Path) -> usize {
    let dir = dir.canonicalize().unwrap_or_else(|_| dir.to_owned());
    let processes = fs::read_dir("/proc").unwrap().flatten();
    processes
        .filter(|process| fs::read_link(process.path().join("cwd")).is_ok_and(|here| here == dir))
        .count()
}

fn wait_until(mut holds: impl FnMut() -> bool) {
    let until = Instant::now() + Duration::from_secs(20);
    while !holds() {
        assert!(Instant::now() < until, "it did not come true");
        thread::sleep(Duration::from_millis(10));
    }
}

fn a_request_larger_than_the_pipe_arrives() {
    let text = "å".repeat(1 << 20);
    assert_eq!(run("echo", text.as_str(), &WorkerLimits::default()), Ok(json!(text)));
}

fn unknown_work_and_an_absent_program_are_refused() {
    check("nothing", Value::Null, &WorkerLimits::default(), "worker-unknown");
    let absent = Runner::Child {
        program: "/nonexistent/fyr".into(),
        args: Vec::new(),
    };
    assert_eq!(
        run_with(&absent, "echo", Value::Null, &WorkerLimits::default()).unwrap_err().id,
        "worker-start"
    );
}

fn direct_work_behaves_alike() {
    let direct = Runner::Direct(WORK);
    let limits = WorkerLimits::default();
    assert_eq!(run_with(&direct, "echo", json!([1]), &limits), Ok(json!([1])));
    assert_eq!(run_with(&direct, "refuse", json!("x"), &limits).unwrap_err().id, "depth");
    assert_eq!(run_with(&direct, "nothing", Value::Null, &limits).unwrap_err().id, "worker-unknown");
}
