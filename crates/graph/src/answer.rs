//! How a worker hands over what it read: a file in its private folder, the document's own facts on the first line, then a dataset a line.
//!
//! A national catalogue's view is hundreds of megabytes as one value, and several times that as a tree of JSON. Written and read by lines, neither side
//! ever holds more than one dataset of it twice.

use std::fs::File;
use std::io::{BufRead as _, BufReader, BufWriter, Write as _};
use std::path::{Path, PathBuf};

use fyr_model::{Dataset, Refusal};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::read::ReadResponse;
use crate::refuse::internal;

const SUBJECT: &str = "graph.read";

/// Where the answer lies.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReadAnswer {
    file: PathBuf,
}

impl ReadAnswer {
    /// Writes the answer in `dir`; gives its place as the worker's answer.
    pub(crate) fn save(response: ReadResponse, dir: &Path) -> Result<Value, Refusal> {
        let file = dir.join("answer.jsonl");
        save(response, &file).map_err(|error| internal("bad-response", SUBJECT, "oskrivbart svar", "unwritable response", error))?;
        serde_json::to_value(Self { file })
            .map_err(|error| internal("bad-response", SUBJECT, "oskrivbart svar", "unwritable response", error))
    }

    /// Reads the answer and removes its file.
    ///
    /// # Errors
    /// A refusal when the file is not there or not of the agreed form.
    pub fn open(self) -> Result<ReadResponse, Refusal> {
        let read = open(&self.file);
        let _ = std::fs::remove_file(&self.file);
        read.map_err(|error| internal("bad-response", SUBJECT, "oläsligt svar", "unreadable response", error))
    }
}

fn save(mut response: ReadResponse, file: &Path) -> std::io::Result<()> {
    let mut out = BufWriter::with_capacity(1 << 20, File::create(file)?);
    let datasets = std::mem::take(&mut response.view.datasets);
    serde_json::to_writer(&mut out, &response)?;
    for dataset in datasets {
        out.write_all(b"\n")?;
        serde_json::to_writer(&mut out, &dataset)?;
    }
    out.flush()
}

fn open(file: &Path) -> std::io::Result<ReadResponse> {
    let mut lines = BufReader::with_capacity(1 << 20, File::open(file)?);
    let mut line = Vec::new();
    lines.read_until(b'\n', &mut line)?;
    let mut response: ReadResponse = serde_json::from_slice(&line)?;
    loop {
        line.clear();
        if lines.read_until(b'\n', &mut line)? == 0 {
            return Ok(response);
        }
        let dataset: Dataset = serde_json::from_slice(&line)?;
        response.view.datasets.push(dataset);
    }
}
