//! The parent's side: starts the child, checks that its limits hold, watches the clock and says why a dead worker died.

use std::fs::{self, DirBuilder, Permissions};
use std::io::{self, BufRead, BufReader, Read, Write};
use std::os::unix::fs::{DirBuilderExt as _, PermissionsExt as _};
use std::os::unix::process::{CommandExt as _, ExitStatusExt as _};
use std::path::Path;
use std::process::{Child, ChildStderr, ChildStdin, ChildStdout, Command, ExitStatus, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use fyr_model::Refusal;
use fyr_model::limits::WorkerLimits;
use serde_json::Value;

use crate::wire::{Request, Said};
use crate::{limit, refuse};

/// The longest line taken from a child. A whole national catalogue's view stays below it; more is a fault.
const LINE_BYTES_MAX: u64 = 512 << 20;
/// How long a child that has answered may take to leave.
const LEAVE: Duration = Duration::from_secs(2);

/// Makes the folder of one piece of work, readable by nobody else.
pub fn private_folder(dir: &Path, subject: &str) -> Result<(), Refusal> {
    let made = DirBuilder::new().recursive(true).mode(0o700).create(dir);
    made.and_then(|()| fs::set_permissions(dir, Permissions::from_mode(0o700)))
        .map_err(|error| refuse::start(subject, &error))
}

/// Runs one piece of work in a child.
pub fn run(
    program: &Path,
    args: &[String],
    work: &str,
    subject: &str,
    input: Value,
    dir: &Path,
    limits: &WorkerLimits,
) -> Result<Value, Refusal> {
    let deadline = Instant::now() + limits.wall;
    let mut worker = Worker::start(program, args, dir).map_err(|error| refuse::start(subject, &error))?;
    let said = worker.converse(work, input, limits, deadline);
    let ended = worker.end(if matches!(said, Heard::Late) { Duration::ZERO } else { LEAVE });
    match said {
        Heard::Said(Said::Ok(value)) => Ok(value),
        Heard::Said(Said::Refusal(refusal)) => Err(*refusal),
        Heard::Said(Said::Unknown) => Err(refuse::unknown(work, subject)),
        Heard::Said(Said::Panicked(place)) => Err(refuse::panicked(subject, place.as_deref())),
        Heard::Said(Said::Limits(_)) => Err(refuse::limits(subject, None)),
        Heard::Said(Said::Unlimited(kind)) => Err(refuse::limits(subject, Some(&kind))),
        Heard::Nonsense => Err(refuse::answer(work, subject)),
        Heard::Late => Err(refuse::timeout(subject, limits.wall)),
        Heard::Nothing => Err(death(subject, ended, limits)),
    }
}

/// What came from the child.
enum Heard {
    Said(Said),
    /// A line that is not one of ours, or one too long.
    Nonsense,
    /// The end of its output.
    Nothing,
    /// The wall-clock time ran out.
    Late,
}

/// The exit status, when there is one, and how many bytes the child wrote to its standard error.
type Ended = (Option<ExitStatus>, u64);

/// Signal numbers of Linux (`man 7 signal`).
const SIGXCPU: i32 = 24;
const SIGXFSZ: i32 = 25;

fn death(subject: &str, (status, stderr_bytes): Ended, limits: &WorkerLimits) -> Refusal {
    match status.and_then(|status| status.signal()) {
        Some(SIGXCPU) => refuse::cpu(subject, limits.cpu_seconds),
        Some(SIGXFSZ) => refuse::file(subject, limits.file_bytes),
        signal => refuse::died(subject, signal, stderr_bytes),
    }
}

/// A running child; killed when dropped.
struct Worker {
    child: Child,
    stdin: Option<ChildStdin>,
    /// Holds the pipe open until the child has left.
    writer: Option<JoinHandle<Option<ChildStdin>>>,
    lines: Receiver<io::Result<Vec<u8>>>,
    stderr: Option<JoinHandle<u64>>,
}

impl Worker {
    /// The child starts without our environment and in a process group of its own, so that a key pressed in a terminal ends us first.
    fn start(program: &Path, args: &[String], dir: &Path) -> io::Result<Self> {
        let mut child = Command::new(program)
            .args(args)
            .env_clear()
            .current_dir(dir)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .process_group(0)
            .spawn()?;
        let (stdin, stdout, stderr) = (child.stdin.take(), child.stdout.take(), child.stderr.take());
        let missing = || io::Error::from(io::ErrorKind::BrokenPipe);
        Ok(Self {
            child,
            stdin,
            writer: None,
            lines: lines(stdout.ok_or_else(missing)?),
            stderr: stderr.map(count),
        })
    }

    fn converse(&mut self, work: &str, input: Value, limits: &WorkerLimits, deadline: Instant) -> Heard {
        let told = serde_json::to_vec(limits).map_err(io::Error::from).and_then(|mut line| {
            line.push(b'\n');
            self.stdin
                .as_mut()
                .map_or(Err(io::ErrorKind::BrokenPipe.into()), |stdin| stdin.write_all(&line))
        });
        if told.is_err() {
            return self.hear(deadline);
        }
        match self.hear(deadline) {
            Heard::Said(Said::Limits(confirmed)) if limit::holds(limits, &confirmed) => {}
            Heard::Said(Said::Ok(_) | Said::Refusal(_)) => return Heard::Nonsense,
            other => return other,
        }
        self.ask(Request {
            work: work.to_owned(),
            input,
        });
        self.hear(deadline)
    }

    /// Writes on a thread: a child that does not read must not hold up the watch. The pipe stays open, since its end means ours.
    fn ask(&mut self, request: Request) {
        let Some(mut stdin) = self.stdin.take() else { return };
        self.writer = Some(thread::spawn(move || {
            let written = serde_json::to_writer(io::BufWriter::new(&mut stdin), &request).is_ok() && stdin.write_all(b"\n").is_ok();
            written.then_some(stdin)
        }));
    }

    fn hear(&self, deadline: Instant) -> Heard {
        match self.lines.recv_timeout(deadline.saturating_duration_since(Instant::now())) {
            Ok(Ok(line)) if line.is_empty() => Heard::Nothing,
            Ok(Ok(line)) => serde_json::from_slice(&line).map_or(Heard::Nonsense, Heard::Said),
            Ok(Err(_)) => Heard::Nonsense,
            Err(RecvTimeoutError::Disconnected) => Heard::Nothing,
            Err(RecvTimeoutError::Timeout) => Heard::Late,
        }
    }
}

impl Worker {
    /// Waits `grace` for the child to leave, then kills it.
    fn end(&mut self, grace: Duration) -> Ended {
        let until = Instant::now() + grace;
        let mut status = self.child.try_wait().ok().flatten();
        while status.is_none() && Instant::now() < until {
            thread::sleep(Duration::from_millis(2));
            status = self.child.try_wait().ok().flatten();
        }
        if status.is_none() {
            let _ = self.child.kill();
            status = self.child.wait().ok();
        }
        drop(self.writer.take().map(JoinHandle::join));
        let stderr_bytes = self.stderr.take().and_then(|count| count.join().ok()).unwrap_or_default();
        (status, stderr_bytes)
    }
}

impl Drop for Worker {
    fn drop(&mut self) {
        if !matches!(self.child.try_wait(), Ok(Some(_))) {
            let _ = self.child.kill();
            let _ = self.child.wait();
        }
    }
}

/// Reads lines on a thread; an error for a line that is too long, and an empty line at the end.
fn lines(stdout: ChildStdout) -> Receiver<io::Result<Vec<u8>>> {
    let (sender, receiver) = channel();
    thread::spawn(move || {
        let mut reader = BufReader::new(stdout);
        loop {
            let mut line = Vec::new();
            let read = reader.by_ref().take(LINE_BYTES_MAX).read_until(b'\n', &mut line);
            let whole = line.last() == Some(&b'\n');
            let heard = match read {
                Ok(0) => Ok(Vec::new()),
                Ok(_) if whole => Ok(line),
                // Cut off by death, or too long: never taken for an answer.
                Ok(count) if (count as u64) < LINE_BYTES_MAX => Ok(Vec::new()),
                Ok(_) => Err(io::ErrorKind::InvalidData.into()),
                Err(error) => Err(error),
            };
            if sender.send(heard).is_err() || !whole {
                break;
            }
        }
    });
    receiver
}

/// Counts what the child complains of and forgets it: it may hold values of the data (H32).
fn count(mut stderr: ChildStderr) -> JoinHandle<u64> {
    thread::spawn(move || io::copy(&mut stderr, &mut io::sink()).unwrap_or_default())
}
