//! CPU time of all threads, and wall time.
//!
//! In: work that can be done again. Out: what it gave, and what one turn cost. It does not know what the work is.

use std::time::{Duration, Instant};

/// Shorter work is done again until so much time has gone: the system counts CPU time in hundredths of a second.
const MEASURED_MIN: Duration = Duration::from_millis(500);
/// Clock ticks a second that Linux shows to programs, whatever it counts in itself (`man 5 proc`, `man 7 time`).
const TICKS_PER_SECOND: f64 = 100.0;

/// What one turn cost, in seconds.
#[derive(Debug, Clone, Copy)]
pub struct Cost {
    /// User and system time of every thread; none where the system does not tell.
    pub cpu_s: Option<f64>,
    /// Time on the wall.
    pub wall_s: f64,
}

impl Cost {
    /// Nothing was measured.
    pub const NONE: Self = Self {
        cpu_s: None,
        wall_s: f64::NAN,
    };

    /// The lesser of each.
    pub fn least(self, other: Self) -> Self {
        Self {
            cpu_s: self.cpu_s.zip(other.cpu_s).map(|(one, two)| one.min(two)),
            wall_s: self.wall_s.min(other.wall_s),
        }
    }
}

/// Does the work, again while it is short, and gives the last answer with the mean cost of a turn.
pub fn measure<T, E>(mut work: impl FnMut() -> Result<T, E>) -> Result<(T, Cost), E> {
    let (cpu_begin, begin) = (cpu_seconds(), Instant::now());
    let mut turns = 0.0;
    loop {
        let answer = work()?;
        turns += 1.0;
        if begin.elapsed() >= MEASURED_MIN {
            let cost = Cost {
                cpu_s: cpu_begin.zip(cpu_seconds()).map(|(begin, end)| (end - begin) / turns),
                wall_s: begin.elapsed().as_secs_f64() / turns,
            };
            return Ok((answer, cost));
        }
    }
}

/// User and system time of this process, ended threads too.
fn cpu_seconds() -> Option<f64> {
    let stat = std::fs::read_to_string("/proc/self/stat").ok()?;
    // The second field is the program's name in brackets and may hold blanks; user time is the fourteenth.
    let (_, fields) = stat.rsplit_once(')')?;
    let mut fields = fields.split_whitespace().skip(11).map(str::parse::<u64>);
    let (user, system) = (fields.next()?.ok()?, fields.next()?.ok()?);
    Some((user + system) as f64 / TICKS_PER_SECOND)
}
