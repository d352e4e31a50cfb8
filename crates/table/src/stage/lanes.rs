//! Blocks to Parquet on all cores: each lane is a thread that owns some columns, so that a column is always built, observed and written by
//! one hand in file order, and the file is the same whatever the number of threads.
//!
//! In: blocks in order. Out: row groups in order. Memory holds a few blocks and the compressed pages of the groups in the making.

use std::collections::BTreeMap;
use std::fs::File;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, Sender, SyncSender, channel, sync_channel};

use arrow::datatypes::FieldRef;
use fyr_model::Refusal;
use parquet::arrow::arrow_writer::{ArrowColumnChunk, ArrowColumnWriter, ArrowRowGroupWriterFactory, compute_leaves};
use parquet::file::writer::SerializedFileWriter;

use super::ColumnObserver;
use super::build::Fates;
use super::fill::Filler;
use super::gather::Repairs;
use super::split::Block;
use crate::refuse;

/// Rows after which a row group ends with the block.
const GROUP_ROWS: usize = 122_880;
/// Bytes of text after which it ends all the same.
const GROUP_BYTES: usize = 64 << 20;
/// Rows after which cells become an array.
const BATCH_ROWS: usize = 8_192;
/// Blocks that may wait for a lane.
const WAITING: usize = 4;

/// A column on its way.
pub(crate) struct Lane<'a> {
    pub(crate) column: usize,
    pub(crate) field: FieldRef,
    pub(crate) filler: Filler,
    pub(crate) observer: Option<&'a mut dyn ColumnObserver>,
}

enum Message {
    /// A row group begins; a writer for each column of the lane.
    Group(Vec<ArrowColumnWriter>),
    Rows(Arc<Block>),
    /// The row group ends.
    End,
}

/// A written column of a row group.
type Written = (usize, usize, Result<ArrowColumnChunk, Fault>);

/// A column could not be written; the cause lies with us or the disk, never with the data.
#[derive(Debug)]
struct Fault;

/// The file in the making.
pub(crate) struct Groups {
    pub(crate) file: SerializedFileWriter<File>,
    pub(crate) factory: ArrowRowGroupWriterFactory,
}

/// What the lanes leave: fates by column, and what was noted.
pub(crate) struct Filled {
    pub(crate) fates: Vec<Fates>,
    pub(crate) repairs: Repairs,
}

/// Threads to use.
pub(crate) fn threads() -> usize {
    std::thread::available_parallelism().map_or(1, std::num::NonZero::get).min(16)
}

/// Feeds every block that `next` gives to every lane and writes the groups.
pub(crate) fn run(
    mut next: impl FnMut() -> Result<Option<Block>, Refusal>,
    lanes: Vec<Lane<'_>>,
    groups: &mut Groups,
    subject: &str,
) -> Result<Filled, Refusal> {
    let columns = lanes.len();
    let threads = threads().min(columns).max(1);
    let mut shares: Vec<Vec<Lane<'_>>> = (0..threads).map(|_| Vec::new()).collect();
    for (index, lane) in lanes.into_iter().enumerate() {
        if let Some(share) = shares.get_mut(index % threads) {
            share.push(lane);
        }
    }
    std::thread::scope(|scope| {
        let (done, written) = channel();
        let mut doors = Vec::new();
        let mut hands = Vec::new();
        for share in shares {
            let (door, messages) = sync_channel(WAITING);
            let done = done.clone();
            doors.push(door);
            hands.push(scope.spawn(move || work(share, &messages, &done)));
        }
        drop(done);
        let sent = send(&mut next, &doors, groups, &written, columns, subject);
        drop(doors);
        let mut filled = Filled {
            fates: vec![Fates::default(); columns],
            repairs: Repairs::default(),
        };
        for hand in hands {
            let share = hand.join().map_err(|_| refuse::engine(subject, "lane"))?;
            for lane in share {
                let fates = lane.filler.report(lane.column, &mut filled.repairs);
                if let Some(place) = filled.fates.get_mut(lane.column) {
                    *place = fates;
                }
            }
        }
        sent.map(|()| filled)
    })
}

/// The sending side: blocks out, written columns in, groups to the file in their order.
fn send(
    next: &mut impl FnMut() -> Result<Option<Block>, Refusal>,
    doors: &[SyncSender<Message>],
    groups: &mut Groups,
    written: &Receiver<Written>,
    columns: usize,
    subject: &str,
) -> Result<(), Refusal> {
    let failed = || refuse::engine(subject, "write");
    let mut pending = Pending::new(columns);
    let (mut group, mut open, mut rows, mut bytes) = (0, false, 0, 0);
    while let Some(block) = next()? {
        if block.rows == 0 {
            continue;
        }
        if !open {
            let writers = groups.factory.create_column_writers(group).map_err(|_| failed())?;
            for (door, share) in doors.iter().zip(dealt(writers, doors.len())) {
                door.send(Message::Group(share)).map_err(|_| failed())?;
            }
            open = true;
        }
        rows += block.rows;
        bytes += block.bytes();
        let block = Arc::new(block);
        for door in doors {
            door.send(Message::Rows(block.clone())).map_err(|_| failed())?;
        }
        if rows >= GROUP_ROWS || bytes >= GROUP_BYTES {
            for door in doors {
                door.send(Message::End).map_err(|_| failed())?;
            }
            (group, open, rows, bytes) = (group + 1, false, 0, 0);
        }
        while let Ok(column) = written.try_recv() {
            pending.take(column, &mut groups.file).map_err(|_| failed())?;
        }
    }
    if open {
        for door in doors {
            door.send(Message::End).map_err(|_| failed())?;
        }
        group += 1;
    }
    while pending.group < group {
        let column = written.recv().map_err(|_| failed())?;
        pending.take(column, &mut groups.file).map_err(|_| failed())?;
    }
    Ok(())
}

/// Deals writers to `hands` as the lanes were dealt.
fn dealt(writers: Vec<ArrowColumnWriter>, hands: usize) -> Vec<Vec<ArrowColumnWriter>> {
    let mut shares: Vec<Vec<ArrowColumnWriter>> = (0..hands).map(|_| Vec::new()).collect();
    for (index, writer) in writers.into_iter().enumerate() {
        if let Some(share) = shares.get_mut(index % hands.max(1)) {
            share.push(writer);
        }
    }
    shares
}

/// Written columns that wait for the others of their group.
struct Pending {
    columns: usize,
    group: usize,
    waiting: BTreeMap<(usize, usize), ArrowColumnChunk>,
}

impl Pending {
    fn new(columns: usize) -> Self {
        Self {
            columns,
            group: 0,
            waiting: BTreeMap::new(),
        }
    }
    fn take(&mut self, (group, column, chunk): Written, file: &mut SerializedFileWriter<File>) -> Result<(), Fault> {
        self.waiting.insert((group, column), chunk?);
        let whole = (self.group, 0)..(self.group, self.columns);
        if self.waiting.range(whole).count() < self.columns {
            return Ok(());
        }
        let mut out = file.next_row_group().map_err(|_| Fault)?;
        for column in 0..self.columns {
            let chunk = self.waiting.remove(&(self.group, column)).ok_or(Fault)?;
            chunk.append_to_row_group(&mut out).map_err(|_| Fault)?;
        }
        out.close().map_err(|_| Fault)?;
        self.group += 1;
        Ok(())
    }
}

/// A lane's thread: cells to arrays, arrays to the observer and the writer.
fn work<'a>(mut lanes: Vec<Lane<'a>>, messages: &Receiver<Message>, done: &Sender<Written>) -> Vec<Lane<'a>> {
    let mut writers: Vec<Result<ArrowColumnWriter, Fault>> = Vec::new();
    let (mut group, mut held, mut first_row) = (0, 0, 0);
    for message in messages {
        match message {
            Message::Group(new) => writers = new.into_iter().map(Ok).collect(),
            Message::Rows(block) => {
                for lane in &mut lanes {
                    lane.filler.take(&block, lane.column);
                }
                held += block.rows;
                if held >= BATCH_ROWS {
                    flush(&mut lanes, &mut writers, first_row);
                    (first_row, held) = (first_row + held as u64, 0);
                }
            }
            Message::End => {
                flush(&mut lanes, &mut writers, first_row);
                (first_row, held) = (first_row + held as u64, 0);
                for (lane, writer) in lanes.iter().zip(writers.drain(..)) {
                    let chunk = writer.and_then(|writer| writer.close().map_err(|_| Fault));
                    if done.send((group, lane.column, chunk)).is_err() {
                        return lanes;
                    }
                }
                group += 1;
            }
        }
    }
    lanes
}

fn flush(lanes: &mut [Lane<'_>], writers: &mut [Result<ArrowColumnWriter, Fault>], first_row: u64) {
    for (lane, writer) in lanes.iter_mut().zip(writers) {
        let cells = lane.filler.finish();
        if cells.is_empty() {
            continue;
        }
        if let Some(observer) = &mut lane.observer {
            observer.see(&cells, first_row);
        }
        if let Ok(open) = writer {
            let leaves = compute_leaves(&lane.field, &cells);
            let wrote = leaves.and_then(|leaves| leaves.iter().try_for_each(|leaf| open.write(leaf)));
            if wrote.is_err() {
                *writer = Err(Fault);
            }
        }
    }
}
