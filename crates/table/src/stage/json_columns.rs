//! JSON that holds a table by its columns: an object whose members are lists of the same length.
//!
//! In: the document. Out: rows. The columns stand one after the other in the file, so the cells go by way of the disk.

use std::io::Read;
use std::path::Path;

use fyr_model::Refusal;

use super::cell::Row;
use super::cells::{Cells, Value};
use super::cube;
use super::gather::Gather;
use super::json_text::{Event, JsonText};
use crate::refuse;

/// Reads the columns and gives the rows.
pub(crate) fn read<R: Read>(json: &mut JsonText<'_, R>, dir: &Path, gather: &mut Gather<'_>) -> Result<(), Refusal> {
    let subject = gather.subject();
    let mut cells = Cells::new(dir, "cells.scratch", subject)?;
    let (mut next, mut starts) = (0u64, Vec::new());
    json.next()?;
    while json.next()? == Event::Key {
        gather.column(&json.text.clone())?;
        starts.push(next);
        json.next()?;
        loop {
            let event = json.next()?;
            if matches!(event, Event::End | Event::Done) {
                break;
            }
            if next >= gather.limits().cells_max {
                cube::product([u64::MAX, 2].into_iter(), gather.limits(), subject)?;
            }
            put(json, event, next, &mut cells)?;
            next += 1;
        }
    }
    let rows = next
        .checked_div(starts.len() as u64)
        .ok_or_else(|| refuse::engine(subject, "columns"))?;
    cells.close()?;
    let mut columns = cells.read(&starts)?;
    let mut row = Row::default();
    for _ in 0..rows {
        row.clear();
        for column in &mut columns {
            row.push(cube::cell(column.next()?));
        }
        gather.push(&row)?;
    }
    Ok(())
}

fn put<R: Read>(json: &mut JsonText<'_, R>, event: Event, index: u64, cells: &mut Cells) -> Result<(), Refusal> {
    match event {
        Event::Text => cells.put(index, Value::Text(&json.text)),
        Event::Number => cells.put(index, Value::Number(&json.text)),
        Event::Boolean(value) => cells.put(index, Value::Boolean(value)),
        Event::BeginList | Event::BeginObject => {
            let mut text = String::new();
            json.node(event)?.write(&mut text);
            cells.put(index, Value::Text(&text))
        }
        _ => cells.put(index, Value::Null),
    }
}
