//! The limits of the operating system: set by the child on itself, read back, and judged by the parent.

use std::io;

use fyr_model::limits::WorkerLimits;
use rlimit::Resource;

use crate::wire::Confirmed;

/// Sets every limit, soft and hard, so that the work cannot raise them again; gives what the system then says.
///
/// RLIMIT_DATA counts private writable memory; a limit on address space would also count mapped files and reserved arenas (H44).
pub fn apply(limits: &WorkerLimits) -> io::Result<Confirmed> {
    no_core_dumps()?;
    lower(Resource::DATA, limits.memory_bytes, 0)?;
    // The soft limit sends SIGXCPU, by which the parent knows the cause; the hard one kills a second later.
    lower(Resource::CPU, limits.cpu_seconds, 1)?;
    lower(Resource::FSIZE, limits.file_bytes, 0)?;
    lower(Resource::NOFILE, limits.open_files, 0)?;
    Ok(Confirmed {
        memory_bytes: Resource::DATA.get_soft()?,
        cpu_seconds: Resource::CPU.get_soft()?,
        file_bytes: Resource::FSIZE.get_soft()?,
        open_files: Resource::NOFILE.get_soft()?,
        core_bytes: Resource::CORE.get_hard()?,
    })
}

/// No core file, now or later.
pub fn no_core_dumps() -> io::Result<()> {
    lower(Resource::CORE, 0, 0)
}

/// A limit that is already lower stays: a process may not raise its hard limit.
fn lower(resource: Resource, wanted: u64, slack: u64) -> io::Result<()> {
    let hard = resource.get_hard()?;
    resource.set(wanted.min(hard), wanted.saturating_add(slack).min(hard))
}

/// Whether the child is held at least as tightly as asked.
pub fn holds(asked: &WorkerLimits, confirmed: &Confirmed) -> bool {
    confirmed.memory_bytes <= asked.memory_bytes
        && confirmed.cpu_seconds <= asked.cpu_seconds
        && confirmed.file_bytes <= asked.file_bytes
        && confirmed.open_files <= asked.open_files
        && confirmed.core_bytes == 0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_limit_that_is_looser_than_asked_does_not_hold() {
        let asked = WorkerLimits::default();
        let exact = Confirmed {
            memory_bytes: asked.memory_bytes,
            cpu_seconds: asked.cpu_seconds,
            file_bytes: asked.file_bytes,
            open_files: asked.open_files,
            core_bytes: 0,
        };
        assert!(holds(&asked, &exact));
        let looser = [
            Confirmed {
                memory_bytes: u64::MAX,
                ..exact
            },
            Confirmed {
                cpu_seconds: exact.cpu_seconds + 1,
                ..exact
            },
            Confirmed {
                file_bytes: exact.file_bytes + 1,
                ..exact
            },
            Confirmed {
                open_files: exact.open_files + 1,
                ..exact
            },
            Confirmed { core_bytes: 1, ..exact },
        ];
        assert!(looser.iter().all(|confirmed| !holds(&asked, confirmed)));
    }
}
