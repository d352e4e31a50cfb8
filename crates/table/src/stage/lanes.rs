//! Blocks to Parquet on all cores: each lane is a thread that owns some columns, so that a column is always built, observed and written by
//! one hand in file order, and the file is the same whatever the number of threads.
//!
//! In: blocks in order. Out: row groups in order. Memory holds a few blocks and the compressed pages of the groups in the making.

use std::collections::BTreeMap;
use std::fs::File;
use std::sync::mpsc::{Receiver, Sender, SyncSender, channel, sync_channel};
use std::sync::{Arc, Mutex};

use arrow::array::{Array, ArrayRef};
use arrow::datatypes::FieldRef;
use parquet::arrow::arrow_writer::{ArrowColumnChunk, ArrowColumnWriter, ArrowRowGroupWriterFactory, compute_leaves};
use parquet::file::writer::SerializedFileWriter;

use super::build::Fates;
use super::count::Counter;
use super::delimited::Halt;
use super::fill::Filler;
use super::gather::Repairs;
use super::split::Block;
use super::{ColumnObserver, Watch};
use crate::profile::{HandSample, RowJoin, RowPart};
use crate::refuse;

/// Rows after which a row group ends with the block.
const GROUP_ROWS: usize = 122_880;
/// Bytes of text after which it ends all the same.
const GROUP_BYTES: usize = 32 << 20;
/// Rows of an array; a block that has more makes one of its own.
const BATCH_ROWS: usize = 8_192;
/// Blocks that may wait for a lane.
const WAITING: usize = 4;

/// A column on its way.
pub(crate) struct Lane<'a> {
    pub(crate) column: usize,
    pub(crate) field: FieldRef,
    pub(crate) filler: Filler,
    /// Counts what the cells can be, when that is not known yet.
    pub(crate) counter: Option<Counter<'a>>,
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

/// What the lanes leave: fates by column, what was noted, and which columns hold mostly different numbers, where cells were counted.
pub(crate) struct Filled {
    pub(crate) fates: Vec<Fates>,
    pub(crate) repairs: Repairs,
    pub(crate) varied: Vec<bool>,
}

/// A thread with its columns.
struct Hand<'a, 'b> {
    lanes: Vec<Lane<'a>>,
    /// An observer for each lane, or none at all.
    observers: Vec<&'a mut dyn ColumnObserver>,
    rows: Option<(&'b Mutex<RowJoin<'a>>, HandSample)>,
    /// Arrays of the row group, lane by lane: a column is written in one go, so that only one writer of a hand holds room to compress in,
    /// and a table of hundreds of columns costs no more of it than one of ten.
    waiting: Vec<Vec<ArrayRef>>,
    first_row: u64,
    held: usize,
    batches: usize,
}

/// Threads to use.
pub(crate) fn threads() -> usize {
    std::thread::available_parallelism().map_or(1, std::num::NonZero::get).min(16)
}

/// Feeds every block that `next` gives to every lane and writes the groups.
pub(crate) fn run<'a>(
    mut next: impl FnMut() -> Result<Option<Block>, Halt>,
    lanes: Vec<Lane<'a>>,
    watch: Watch<'a>,
    groups: &mut Groups,
    subject: &str,
) -> Result<Filled, Halt> {
    let columns = lanes.len();
    let threads = threads().min(columns).max(1);
    let rows = watch.rows.map(|rows| Mutex::new(RowJoin::new(rows, threads)));
    let mut hands: Vec<Hand<'a, '_>> = (0..threads)
        .map(|index| Hand::new(index, threads, columns, rows.as_ref()))
        .collect();
    for (index, lane) in lanes.into_iter().enumerate() {
        if let Some(hand) = hands.get_mut(index % threads) {
            hand.lanes.push(lane);
        }
    }
    for (index, observer) in watch.columns.into_iter().enumerate() {
        if let Some(hand) = hands.get_mut(index % threads) {
            hand.observers.push(observer);
        }
    }
    std::thread::scope(|scope| {
        let (done, written) = channel();
        let mut doors = Vec::new();
        let mut working = Vec::new();
        for hand in hands {
            let (door, messages) = sync_channel(WAITING);
            let done = done.clone();
            doors.push(door);
            working.push(scope.spawn(move || hand.work(&messages, &done)));
        }
        drop(done);
        let sent = send(&mut next, &doors, groups, &written, columns, subject);
        drop(doors);
        let mut filled = Filled {
            fates: vec![Fates::default(); columns],
            repairs: Repairs::default(),
            varied: vec![false; columns],
        };
        for hand in working {
            let lanes = hand.join().map_err(|_| Halt::Refused(refuse::engine(subject, "lane")))?;
            for lane in lanes {
                let (column, varied) = (lane.column, lane.counter.is_some_and(Counter::finish));
                let fates = lane.filler.report(column, &mut filled.repairs);
                if let Some((place, mark)) = filled.fates.get_mut(column).zip(filled.varied.get_mut(column)) {
                    (*place, *mark) = (fates, varied);
                }
            }
        }
        sent.map(|()| filled)
    })
}

/// The sending side: blocks out, written columns in, groups to the file in their order.
fn send(
    next: &mut impl FnMut() -> Result<Option<Block>, Halt>,
    doors: &[SyncSender<Message>],
    groups: &mut Groups,
    written: &Receiver<Written>,
    columns: usize,
    subject: &str,
) -> Result<(), Halt> {
    let failed = || Halt::Refused(refuse::engine(subject, "write"));
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

impl<'a, 'b> Hand<'a, 'b> {
    /// Hand number `index` of so many, without its columns.
    fn new(index: usize, hands: usize, columns: usize, rows: Option<&'b Mutex<RowJoin<'a>>>) -> Self {
        Self {
            lanes: Vec::new(),
            observers: Vec::new(),
            rows: rows.map(|rows| (rows, HandSample::new((index..columns).step_by(hands).collect(), columns))),
            waiting: Vec::new(),
            first_row: 0,
            held: 0,
            batches: 0,
        }
    }

    /// Cells to arrays, arrays to the observers and the writers.
    fn work(mut self, messages: &Receiver<Message>, done: &Sender<Written>) -> Vec<Lane<'a>> {
        let (mut group, mut writers) = (0, Vec::new());
        for message in messages {
            match message {
                Message::Group(new) => writers = new,
                Message::Rows(block) => {
                    if self.held + block.rows > BATCH_ROWS {
                        self.flush();
                    }
                    for lane in &mut self.lanes {
                        lane.filler.take(&block, lane.column, lane.counter.as_mut());
                    }
                    self.held += block.rows;
                }
                Message::End => {
                    self.flush();
                    for ((lane, writer), arrays) in self.lanes.iter().zip(writers.drain(..)).zip(&mut self.waiting) {
                        let chunk = written(&lane.field, writer, std::mem::take(arrays));
                        if done.send((group, lane.column, chunk)).is_err() {
                            return self.lanes;
                        }
                    }
                    group += 1;
                }
            }
        }
        if let Some((rows, sample)) = self.rows
            && let Ok(mut rows) = rows.lock()
        {
            rows.sampled(sample);
        }
        self.lanes
    }

    fn flush(&mut self) {
        if self.held == 0 {
            return;
        }
        let arrays: Vec<ArrayRef> = self.lanes.iter_mut().map(|lane| lane.filler.finish()).collect();
        for (observer, cells) in self.observers.iter_mut().zip(&arrays) {
            observer.see(cells, self.first_row);
        }
        self.see_rows(&arrays);
        self.waiting.resize_with(arrays.len(), Vec::new);
        for (waiting, mut cells) in self.waiting.iter_mut().zip(arrays) {
            // They may wait for long: hundreds of columns of them.
            cells.shrink_to_fit();
            waiting.push(cells);
        }
        (self.first_row, self.held) = (self.first_row + self.held as u64, 0);
        self.batches += 1;
    }

    /// This hand's share of what whole rows tell.
    fn see_rows(&mut self, arrays: &[ArrayRef]) {
        let Some((rows, sample)) = &mut self.rows else { return };
        let mut part = RowPart::of(self.held);
        for (lane, array) in self.lanes.iter().zip(arrays) {
            // Staging writes only types that are known there.
            let _ = part.see(lane.column, array);
        }
        sample.see(arrays, self.first_row);
        // Poisoned only by a panic, which the scope passes on.
        if let Ok(mut rows) = rows.lock() {
            rows.take(self.batches, part);
        }
    }
}

/// A column of a row group, from its arrays.
fn written(field: &FieldRef, mut writer: ArrowColumnWriter, arrays: Vec<ArrayRef>) -> Result<ArrowColumnChunk, Fault> {
    for cells in arrays {
        for leaf in compute_leaves(field, &cells).map_err(|_| Fault)? {
            writer.write(&leaf).map_err(|_| Fault)?;
        }
    }
    writer.close().map_err(|_| Fault)
}
