//! Delimited text to `staged.parquet` by blocks and on all cores.
//!
//! In: a text whose layout is known, and the counts of its cells, or of those of its head. Out: the written table. A long file is read once:
//! its types are guessed from the head, and while they are built every cell is counted, so that the types that hold for the whole file are
//! known at the end. Where these differ from the guess, what was written is thrown away and the file is read again. A guess never decides
//! anything but how long it takes.

use std::path::{Path, PathBuf};

use fyr_model::Refusal;

use super::count::Counter;
use super::delimited::{self, Halt, TextTable};
use super::fill::Filler;
use super::finish::{Settled, StagedWriter, Written};
use super::gather::Gather;
use super::lanes::{self, Filled, Lane};
use super::range::Sums;
use super::split::Block;
use super::tally::Tally;
use super::{Observer, StageRequest};
use crate::refuse;

/// Writes the text that the gatherer holds; nothing when there is none, or when it had to go to the spool after all.
pub(crate) fn write(
    request: &StageRequest,
    gather: &mut Gather<'_>,
    dir: &Path,
    observer: &mut dyn Observer,
) -> Result<Option<Written>, Refusal> {
    let Some(mut table) = gather.text.take() else { return Ok(None) };
    if let Some(guess) = table.guess.take() {
        match guessed(request, &mut table, &guess, gather, dir, observer) {
            Ok(Some(written)) => return Ok(Some(written)),
            Ok(None) => {}
            Err(Halt::Refused(refusal)) => return Err(refusal),
            Err(Halt::Unusual) => {
                delimited::thoroughly(table, dir, gather)?;
                return Ok(None);
            }
        }
    }
    let settled = Settled::new(request, gather, &gather.tallies);
    let mut blocks = table.blocks(&request.limits, &request.name)?;
    let next = || blocks.next(&request.name);
    let (path, filled) = pass(request, &table, &settled, gather, None, next, dir, observer).map_err(|halt| match halt {
        Halt::Refused(refusal) => refusal,
        // The same bytes were ordinary a moment ago.
        Halt::Unusual => refuse::engine(&request.name, "second pass"),
    })?;
    gather.repairs.merge(filled.repairs);
    Ok(Some((settled, path, filled.fates)))
}

/// One pass with guessed types; nothing when they are others. The counts of the whole file stand in the gatherer then.
fn guessed(
    request: &StageRequest,
    table: &mut TextTable,
    guess: &[Tally],
    gather: &mut Gather<'_>,
    dir: &Path,
    observer: &mut dyn Observer,
) -> Result<Option<Written>, Halt> {
    let guess = Settled::new(request, gather, guess);
    let mut tallies = gather.tallies.clone();
    let mut sums = Sums::default();
    let mut blocks = table.blocks(&request.limits, &request.name)?;
    let next = || {
        let block = blocks.next(&request.name)?;
        if let Some(block) = &block {
            block.see_sums(&mut sums);
        }
        Ok(block)
    };
    let (path, filled) = pass(request, table, &guess, gather, Some(&mut tallies), next, dir, observer)?;
    let seen = blocks.seen(sums);
    table.note(seen, gather);
    gather.tallies = tallies;
    let settled = Settled::new(request, gather, &gather.tallies);
    if settled.builds_as(&guess) {
        gather.repairs.merge(filled.repairs);
        return Ok(Some((settled, path, filled.fates)));
    }
    table.varied = filled.varied;
    Ok(None)
}

/// Builds and writes all columns, and counts their cells into `tallies`.
#[allow(clippy::too_many_arguments, reason = "two callers, all of them borrowed for one pass")]
fn pass(
    request: &StageRequest,
    table: &TextTable,
    settled: &Settled,
    gather: &Gather<'_>,
    tallies: Option<&mut [Tally]>,
    next: impl FnMut() -> Result<Option<Block>, Halt>,
    dir: &Path,
    observer: &mut dyn Observer,
) -> Result<(PathBuf, Filled), Halt> {
    let subject = request.name.as_str();
    let schema = settled.schema(&gather.names);
    observer.begin(&settled.columns, &schema);
    let (path, mut groups) = StagedWriter::create(dir, schema.clone(), subject, &|column| {
        table.is_varied(column) || settled.is_small(column)
    })?
    .groups()?;
    let mut counters = tallies.into_iter().flatten().map(Counter::new);
    let lanes = settled
        .builders(request, gather)
        .into_iter()
        .zip(schema.fields())
        .enumerate()
        .map(|(column, (builder, field))| Lane {
            column,
            field: field.clone(),
            filler: Filler::new(builder),
            counter: counters.next(),
        })
        .collect();
    let filled = lanes::run(next, lanes, observer.watch(), &mut groups, subject)?;
    groups.file.close().map_err(|_| refuse::engine(subject, "write"))?;
    Ok((path, filled))
}
