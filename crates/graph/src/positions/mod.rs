//! Where in the text a finding's subject or triple stands.
//!
//! In: the bytes of a document that [`crate::read()`] has accepted, and the subjects, properties and values that findings name. Out: for each the
//! line and column of the triple when that is certain, else of its subject, else nothing; never a guess. The parsers tell places of errors only
//! (oxttl and oxjsonld none of a triple, oxrdfxml the end of the event), so the text is scanned a second time, once, and only when somebody asks.
//! Memory is bounded by the question: a slot for each thing asked for, and the nesting of the document. What is ill-formed has been refused before.

mod blank;
mod index;
mod json;
mod turtle;
mod xml;

use std::path::{Path, PathBuf};

use fyr_model::limits::GraphLimits;
use fyr_model::{Position, Refusal};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::read::in_utf8;
use crate::refuse::internal;
use crate::syntax::{Form, sniff};
use index::Index;

/// What to find the places of.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LocateRequest {
    /// The file with the document's bytes.
    pub path: PathBuf,
    /// The address of the document, for messages.
    pub address: String,
    /// The declared media type.
    #[serde(default)]
    pub media_type: Option<String>,
    /// The base that the source's file states for relative IRIs.
    #[serde(default)]
    pub base: Option<String>,
    /// Limits.
    #[serde(default)]
    pub limits: GraphLimits,
    /// The file of triples that [`crate::read()`] made of the document: it tells where nodes without IRI hang.
    #[serde(default)]
    pub statements: Option<PathBuf>,
    /// What is asked for.
    pub wanted: Vec<Wanted>,
}

/// A subject, and where known the property and the value that a finding is about.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Wanted {
    /// The subject's IRI.
    pub focus: String,
    /// The property's IRI; empty when none.
    #[serde(default)]
    pub path: String,
    /// The value as a finding shows it: an IRI or a text, perhaps cut, or a language tag or a datatype.
    #[serde(default)]
    pub value: Option<String>,
}

/// The places, in the order they were asked for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LocateResponse {
    /// Lines and columns from 1, offsets in the text as UTF-8.
    pub places: Vec<Option<Position>>,
}

/// Finds the places.
///
/// # Errors
/// When the file cannot be read, or is no document that [`crate::read()`] would accept.
pub fn locate(request: &LocateRequest) -> Result<LocateResponse, Refusal> {
    let subject = request.address.as_str();
    let raw = std::fs::read(&request.path).map_err(|error| unread(subject, &error))?;
    let (bytes, _) = in_utf8(raw);
    let form = sniff(&bytes, request.media_type.as_deref(), subject, &request.limits)?.form;
    let mut wanted = request.wanted.clone();
    if let Some(path) = &request.statements {
        let statements = std::fs::read(path).map_err(|error| unread(subject, &error))?;
        blank::hung(&mut wanted, &statements);
    }
    let mut index = Index::of(&wanted);
    if !index.is_empty() {
        let base = request.base.as_deref();
        match form {
            Form::RdfXml => xml::scan(&bytes, base, &mut index),
            Form::JsonLd => json::scan(&bytes, base, &mut index),
            Form::Turtle | Form::TriG | Form::NTriples | Form::NQuads => turtle::scan(&bytes, base, &mut index),
        }
    }
    let offsets: Vec<Option<usize>> = wanted.iter().map(|one| index.place(one)).collect();
    Ok(LocateResponse {
        places: positions(&bytes, &offsets),
    })
}

/// [`locate`] as a piece of work for a confined worker.
///
/// # Errors
/// Those of [`locate`], and a request that is none.
pub fn locate_work(input: Value, _dir: &Path) -> Result<Value, Refusal> {
    let request: LocateRequest = serde_json::from_value(input)
        .map_err(|error| internal("bad-request", "graph.locate", "oläslig begäran", "unreadable request", error))?;
    let response = locate(&request)?;
    serde_json::to_value(response)
        .map_err(|error| internal("bad-response", "graph.locate", "oskrivbart svar", "unwritable response", error))
}

fn unread(subject: &str, error: &std::io::Error) -> Refusal {
    internal(
        "file-unreadable",
        subject,
        "filen kunde inte läsas",
        "the file could not be read",
        error,
    )
}

/// Lines and columns of many offsets in one pass over the text.
fn positions(bytes: &[u8], offsets: &[Option<usize>]) -> Vec<Option<Position>> {
    let mut order: Vec<(usize, usize)> = offsets.iter().enumerate().filter_map(|(place, at)| Some(((*at)?, place))).collect();
    order.sort_unstable();
    let mut found = vec![None; offsets.len()];
    let (mut line, mut column, mut here) = (1u64, 1u64, 0usize);
    for (at, place) in order {
        for byte in bytes.get(here..at).unwrap_or_default() {
            match byte {
                b'\n' => (line, column) = (line + 1, 1),
                // A character of UTF-8 has one byte that is not a continuation byte.
                byte if (byte & 0xC0) != 0x80 => column += 1,
                _ => {}
            }
        }
        here = at.max(here);
        if let Some(slot) = found.get_mut(place) {
            *slot = Some(Position {
                line,
                column,
                offset: at as u64,
            });
        }
    }
    found
}

/// Resolves a reference as the parser did; none when it is relative and no base is known.
fn resolved(reference: &str, base: Option<&str>) -> Option<String> {
    if absolute(reference) {
        return Some(reference.to_owned());
    }
    let base = oxiri::Iri::parse(base?).ok()?;
    base.resolve(reference).ok().map(|iri| iri.as_str().to_owned())
}

/// Whether a reference begins with a scheme (RFC 3986 section 3.1).
fn absolute(reference: &str) -> bool {
    let Some((scheme, _)) = reference.split_once(':') else {
        return false;
    };
    let mut letters = scheme.bytes();
    letters.next().is_some_and(|first| first.is_ascii_alphabetic())
        && letters.all(|letter| letter.is_ascii_alphanumeric() || matches!(letter, b'+' | b'-' | b'.'))
}
