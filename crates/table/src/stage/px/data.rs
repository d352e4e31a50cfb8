//! The cells behind `DATA`: numbers and data symbols, with keys or without, counted against what `STUB` and `HEADING` promise.

use std::collections::HashMap;
use std::io::Read;

use fyr_model::Refusal;

use super::fault;
use super::meta::Table;
use super::text::{Datum, PxText};
use crate::refuse;
use crate::stage::cells::{Cells, Value};
use crate::stage::marker;

/// Takes all cells. Gives how many rows of zeros a file with keys left out.
pub(super) fn take<R: Read>(text: &mut PxText<'_, R>, table: &Table, cells: &mut Cells) -> Result<u64, Refusal> {
    let wanted = table.cube.cells(text.limits, text.subject)?;
    let first = text.line;
    if !table.keys.is_empty() {
        return keyed(text, table, wanted, cells);
    }
    let mut count = 0u64;
    loop {
        let datum = text.datum()?;
        if datum == Datum::End {
            break;
        }
        if count == wanted {
            return Err(miscounted(first, text.subject, "fler", "more", wanted));
        }
        cells.put(count, value(text, datum, table)?)?;
        count += 1;
    }
    if count < wanted {
        return Err(miscounted(first, text.subject, "färre", "fewer", wanted));
    }
    Ok(0)
}

fn miscounted(line: u64, subject: &str, sv: &str, en: &str, wanted: u64) -> Refusal {
    fault(
        "DATA",
        line,
        subject,
        &format!("det finns {sv} celler än de {wanted} som STUB och HEADING ger"),
        &format!("there are {en} cells than the {wanted} that STUB and HEADING give"),
    )
}

/// What a token says; a word that is neither a number nor a data symbol is a fault.
fn value<'t, R: Read>(text: &'t PxText<'_, R>, datum: Datum, table: &Table) -> Result<Value<'t>, Refusal> {
    let word = text.text.trim();
    if is_number(word) {
        return Ok(Value::Number(word));
    }
    let by_sign = marker::marker(word).filter(|found| datum == Datum::Quoted || *found > marker::NAN);
    if let Some(found) = by_sign.or_else(|| table.symbol(word)) {
        return Ok(Value::Missing(found));
    }
    Err(fault(
        "DATA",
        text.line,
        text.subject,
        "en cell är varken ett tal eller en datasymbol",
        "a cell is neither a number nor a data symbol",
    ))
}

fn is_number(word: &str) -> bool {
    let body = word.strip_prefix(['-', '+']).unwrap_or(word);
    body.starts_with(|c: char| c.is_ascii_digit() || c == '.')
        && body.bytes().any(|b| b.is_ascii_digit())
        && body
            .bytes()
            .all(|b| b.is_ascii_digit() || matches!(b, b'.' | b'e' | b'E' | b'-' | b'+'))
        && word.parse::<f64>().is_ok()
}

/// Records that begin with the keys of the stub; a record that is left out holds zeros by the format's own rule.
fn keyed<R: Read>(text: &mut PxText<'_, R>, table: &Table, wanted: u64, cells: &mut Cells) -> Result<u64, Refusal> {
    let places: Vec<HashMap<&str, u64>> = table
        .keys
        .iter()
        .map(|values| values.iter().zip(0u64..).map(|(value, at)| (value.as_str(), at)).collect())
        .collect();
    let records = places
        .iter()
        .fold(1u64, |product, places| product.saturating_mul(places.len() as u64));
    if records == 0 || places.iter().zip(&table.keys).any(|(places, values)| places.len() != values.len()) {
        return Err(fault(
            "KEYS",
            table.keys_line,
            text.subject,
            "samma nyckel står två gånger",
            "the same key stands twice",
        ));
    }
    let width = wanted / records;
    let mut seen = vec![0u64; usize::try_from(records / 64 + 1).map_err(|_| refuse::engine(text.subject, "keys"))?];
    let mut count = 0u64;
    loop {
        let mut record = 0u64;
        for (depth, places) in places.iter().enumerate() {
            let datum = text.datum()?;
            if datum == Datum::End && depth == 0 {
                return Ok(records - count);
            }
            let place = places.get(text.text.as_str()).filter(|_| datum != Datum::End);
            let Some(place) = place else {
                return Err(fault(
                    "DATA",
                    text.line,
                    text.subject,
                    "en rad börjar med en nyckel som inte finns",
                    "a row begins with a key that does not exist",
                ));
            };
            record = record * places.len() as u64 + place;
        }
        let slot = seen.get_mut(usize::try_from(record / 64).unwrap_or(usize::MAX));
        let fresh = slot.is_some_and(|slot| {
            let bit = 1u64 << (record % 64);
            let fresh = *slot & bit == 0;
            *slot |= bit;
            fresh
        });
        if !fresh {
            return Err(fault(
                "DATA",
                text.line,
                text.subject,
                "samma rad står två gånger",
                "the same row stands twice",
            ));
        }
        count += 1;
        for column in 0..width {
            let datum = text.datum()?;
            if datum == Datum::End {
                return Err(miscounted(text.line, text.subject, "färre", "fewer", wanted));
            }
            cells.put(record * width + column, value(text, datum, table)?)?;
        }
    }
}
