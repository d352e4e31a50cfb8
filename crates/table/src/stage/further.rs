//! A further table below the rows that were looked at: the reading ends where its header begins.
//!
//! In: the rows of a sheet. Out: the same rows up to a blank row after which words stand over numbers. Only the head of each run of rows
//! is held, so that memory does not grow with the sheet.

use std::collections::VecDeque;

use fyr_model::Refusal;

use super::blocks::{self, HEAD_ROWS};
use super::cell::Row;
use super::csv::Records;

/// Rows until a further table begins.
pub(crate) struct Until<'a> {
    rows: &'a mut dyn Records,
    /// The first row that was not looked at.
    from: usize,
    /// The row that is read next, counted from 0 with blank rows.
    at: usize,
    held: VecDeque<Row>,
    blank_before: bool,
    /// The first row of the further table.
    pub(crate) further: Option<usize>,
}

impl<'a> Until<'a> {
    /// `from` is the first row that may belong to another table.
    pub(crate) fn new(rows: &'a mut dyn Records, from: usize) -> Self {
        Self {
            rows,
            from,
            at: 0,
            held: VecDeque::new(),
            blank_before: false,
            further: None,
        }
    }
    fn read(&mut self, row: &mut Row) -> Result<bool, Refusal> {
        let more = self.rows.next(row)?;
        self.at += usize::from(more);
        Ok(more)
    }
    /// Reads on to the end of the run that begins with `first`, as far as a header can reach; whether it is a table of its own.
    fn is_further(&mut self, first: &Row) -> Result<bool, Refusal> {
        let mut run = vec![first.clone()];
        let mut row = Row::default();
        while run.len() < HEAD_ROWS && self.read(&mut row)? {
            let blank = row.is_blank();
            self.held.push_back(row.clone());
            if blank {
                break;
            }
            run.push(row.clone());
        }
        Ok(blocks::heads(&run))
    }
}

impl Records for Until<'_> {
    fn next(&mut self, row: &mut Row) -> Result<bool, Refusal> {
        if self.further.is_some() {
            return Ok(false);
        }
        if let Some(held) = self.held.pop_front() {
            *row = held;
            self.blank_before = row.is_blank();
            return Ok(true);
        }
        let at = self.at;
        if !self.read(row)? {
            return Ok(false);
        }
        let blank_before = std::mem::replace(&mut self.blank_before, row.is_blank());
        if blank_before && at >= self.from && !row.is_blank() && self.is_further(row)? {
            self.further = Some(at);
            return Ok(false);
        }
        Ok(true)
    }
}
