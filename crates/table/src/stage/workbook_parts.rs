//! The parts of an XLSX file as far as the cells do not tell: what is hidden, what is merged, and whether all places are places.
//!
//! In: the file, weighed before. Out: counts and ranges. The part of a sheet is found by the workbook and its relations; nothing outside is followed.

use std::fs::File;
use std::io::{BufRead, BufReader, Read};
use std::path::Path;

use quick_xml::events::{BytesStart, Event};
use quick_xml::{Reader, XmlVersion};
use zip::ZipArchive;

use super::blocks;
use super::header::Merge;
use super::sheet::Hidden;

type Zip = ZipArchive<BufReader<File>>;

/// A part that is not as it should be; the caller's refusal says so.
#[derive(Debug)]
pub(crate) struct Damaged;

/// Merged ranges that are kept.
const MERGES_MAX: usize = 100_000;

/// Checks every place that a part names (`r` and `ref`) before another reader takes it for granted: that reader's sums overflow on long ones.
pub(crate) fn check(path: &Path) -> Result<(), Damaged> {
    let mut zip = open(path)?;
    for index in 0..zip.len() {
        let member = zip.by_index(index).map_err(|_| Damaged)?;
        let mut wrong = false;
        let mut member = BufReader::new(member);
        // A part that is no XML (a picture) holds no sheet, and one that breaks off is met again by the reader of the cells.
        let is_xml = member.fill_buf().is_ok_and(|head| head.contains(&b'<') && !head.contains(&0));
        let _ = tags(member.take(if is_xml { u64::MAX } else { 0 }), &mut |tag| {
            wrong |= match tag.local_name().as_ref() {
                "row" | "c" => attribute(tag, "r").is_some_and(|place| !is_place(&place)),
                "dimension" | "mergeCell" => attribute(tag, "ref").is_some_and(|range| !is_range(&range)),
                _ => false,
            };
        });
        if wrong {
            return Err(Damaged);
        }
    }
    Ok(())
}

/// Letters, digits, or both, each within what any sheet has.
fn is_place(place: &str) -> bool {
    let at = place.find(|c: char| !c.is_ascii_alphabetic()).unwrap_or(place.len());
    let (letters, digits) = place.split_at(at);
    letters.len() <= 4 && digits.len() <= 8 && digits.bytes().all(|b| b.is_ascii_digit())
}

/// A place, or two of which the second does not lie before the first.
fn is_range(range: &str) -> bool {
    match range.split_once(':') {
        None => is_place(range),
        Some((first, last)) => match (blocks::corner(first), blocks::corner(last)) {
            (Some(first), Some(last)) => is_place(range.split(':').next().unwrap_or_default()) && first.0 <= last.0 && first.1 <= last.1,
            _ => false,
        },
    }
}

fn open(path: &Path) -> Result<Zip, Damaged> {
    ZipArchive::new(BufReader::new(File::open(path).map_err(|_| Damaged)?)).map_err(|_| Damaged)
}

/// Hidden rows and columns of a sheet, and its merged ranges.
pub(crate) fn facts(path: &Path, name: &str) -> Result<(Hidden, Vec<Merge>), Damaged> {
    let mut zip = open(path)?;
    let (mut hidden, mut merges) = (Hidden::default(), Vec::new());
    let Some(part) = part(&mut zip, name)? else {
        return Ok((hidden, merges));
    };
    each(&mut zip, &part, |tag| {
        let is_hidden = || matches!(attribute(tag, "hidden").as_deref(), Some("1" | "true"));
        match tag.local_name().as_ref() {
            "row" if is_hidden() => hidden.rows += 1,
            "col" if is_hidden() => {
                let end = |name: &str| attribute(tag, name).and_then(|text| text.parse::<u64>().ok());
                if let (Some(first), Some(last)) = (end("min"), end("max")) {
                    // A sheet often hides all columns to the right of its table; they hold nothing.
                    hidden.columns += if last >= 16_384 { 0 } else { last.saturating_sub(first) + 1 };
                }
            }
            "mergeCell" if merges.len() < MERGES_MAX => merges.extend(attribute(tag, "ref").and_then(|range| merge(&range))),
            _ => {}
        }
    })?;
    Ok((hidden, merges))
}

fn merge(range: &str) -> Option<Merge> {
    let (first, last) = range.split_once(':')?;
    let ((top, left), (bottom, right)) = (blocks::corner(first)?, blocks::corner(last)?);
    (top <= bottom && left <= right).then_some(Merge { top, left, bottom, right })
}

/// The part of a sheet by its name.
fn part(zip: &mut Zip, name: &str) -> Result<Option<String>, Damaged> {
    let mut relation = None;
    each(zip, "xl/workbook.xml", |tag| {
        if tag.local_name().as_ref() == "sheet" && attribute(tag, "name").as_deref() == Some(name) {
            relation = attribute(tag, "id");
        }
    })?;
    let Some(relation) = relation else { return Ok(None) };
    let mut target = None;
    each(zip, "xl/_rels/workbook.xml.rels", |tag| {
        if attribute(tag, "Id").as_deref() == Some(&relation) {
            target = attribute(tag, "Target");
        }
    })?;
    Ok(target.map(|target| match target.strip_prefix('/') {
        Some(whole) => whole.to_owned(),
        None => format!("xl/{target}"),
    }))
}

/// Shows every tag of a part.
fn each(zip: &mut Zip, part: &str, mut take: impl FnMut(&BytesStart<'_>)) -> Result<(), Damaged> {
    let Some(index) = zip.index_for_name(part) else { return Ok(()) };
    let member = zip.by_index(index).map_err(|_| Damaged)?;
    tags(BufReader::new(member), &mut take)
}

fn tags(input: impl BufRead, take: &mut impl FnMut(&BytesStart<'_>)) -> Result<(), Damaged> {
    let mut reader = Reader::from_reader(input);
    let mut buffer = Vec::new();
    loop {
        buffer.clear();
        match reader.read_event_into(&mut buffer).map_err(|_| Damaged)? {
            Event::Start(tag) | Event::Empty(tag) => take(&tag),
            Event::Eof => return Ok(()),
            _ => {}
        }
    }
}

/// An attribute by its local name, unescaped.
fn attribute(tag: &BytesStart<'_>, name: &str) -> Option<String> {
    let found = tag
        .attributes()
        .with_checks(false)
        .filter_map(Result::ok)
        .find(|attribute| attribute.key.local_name().as_ref() == name)?;
    found
        .normalized_value(XmlVersion::Implicit1_0)
        .ok()
        .map(std::borrow::Cow::into_owned)
}
