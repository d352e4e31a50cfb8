//! MQA of a catalogue that is read part by part: sums are kept, each dataset's own result goes to a file in the order of its IRI.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{BufRead as _, BufReader, BufWriter, Read, Write};
use std::path::{Path, PathBuf};

use fyr_assess::mqa::{Links, Scores};
use fyr_graph::parts::{Part, PartsRequest, in_parts};
use fyr_model::Refusal;
use fyr_model::mqa::{MqaDataset, MqaReport, MqaSummary, Variant};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::workspace::internal;

/// What is known of addresses without asking any.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Addresses {
    /// Nothing.
    Unknown,
    /// Each is taken to answer.
    AssumeOk,
    /// What each answered.
    Statuses(BTreeMap<String, u16>),
}

/// What to score.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct ScoreRequest {
    /// The document.
    pub parts: PartsRequest,
    /// By which rules.
    pub variant: Variant,
    /// What is known of addresses.
    pub addresses: Addresses,
    /// Whether each metric with its evidence is wanted, as the document `fyr/mqa/1` holds it; else totals alone.
    pub evidence: bool,
}

/// Sums, and where the datasets' own results lie.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct ScoreAnswer {
    file: PathBuf,
    sums: PathBuf,
}

/// Sums, and how many datasets there are.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Scored {
    /// The mean over all datasets.
    pub catalogue: MqaSummary,
    /// The mean per publisher IRI.
    pub publishers: BTreeMap<String, MqaSummary>,
    /// Datasets scored.
    pub datasets: u64,
}

impl ScoreAnswer {
    /// The sums.
    ///
    /// # Errors
    /// An internal refusal when they are not there.
    pub fn sums(&self) -> Result<Scored, Refusal> {
        let text = std::fs::read(&self.sums).map_err(|error| internal("scores", &error))?;
        serde_json::from_slice(&text).map_err(|error| internal("scores", &error))
    }

    /// The results as the items of a list in a document, as they are to be printed.
    ///
    /// # Errors
    /// An internal refusal when they are not there.
    pub fn items(&self) -> Result<impl Read, Refusal> {
        let file = File::open(&self.file).map_err(|error| internal("scores", &error))?;
        Ok(BufReader::with_capacity(1 << 20, file))
    }

    /// A report with the totals of each dataset, when they were asked for without evidence.
    ///
    /// # Errors
    /// An internal refusal when they are not there.
    pub fn report(&self, variant: Variant) -> Result<MqaReport, Refusal> {
        let sums = self.sums()?;
        let file = File::open(&self.file).map_err(|error| internal("scores", &error))?;
        let mut datasets = Vec::with_capacity(sums.datasets as usize);
        for line in BufReader::with_capacity(1 << 20, file).lines() {
            let line = line.map_err(|error| internal("scores", &error))?;
            datasets.push(serde_json::from_str(&line).map_err(|error| internal("scores", &error))?);
        }
        Ok(MqaReport {
            variant,
            catalogue: sums.catalogue,
            publishers: sums.publishers,
            datasets,
        })
    }
}

/// Scores a catalogue, as a piece of work for a confined worker.
///
/// # Errors
/// Those of reading it, and a request that is none.
pub fn score_work(input: Value, dir: &Path) -> Result<Value, Refusal> {
    let request: ScoreRequest = serde_json::from_value(input).map_err(|error| internal("bad-request", &error))?;
    let answer = scored(&request, dir)?;
    serde_json::to_value(answer).map_err(|error| internal("scores", &error))
}

fn scored(request: &ScoreRequest, dir: &Path) -> Result<ScoreAnswer, Refusal> {
    let links = match &request.addresses {
        Addresses::Unknown => Links::None,
        Addresses::AssumeOk => Links::AssumeOk,
        Addresses::Statuses(statuses) => Links::Statuses(statuses.clone()),
    };
    let (file, sums) = (dir.join("scores.json"), dir.join("sums.json"));
    let out = File::create(&file).map_err(|error| internal("scores", &error))?;
    let mut out = Out {
        out: BufWriter::with_capacity(1 << 20, out),
        evidence: request.evidence,
        written: 0,
        waiting: Vec::new().into_iter().peekable(),
    };
    let mut scores = Scores::new(request.variant, &links);
    in_parts(&request.parts, dir, &mut |part: Part<'_>| {
        let results = scores.add(&part.view.datasets);
        let taken = if part.shared { out.wait(results) } else { out.take(results) };
        taken.map_err(|error| internal("scores", &error))
    })?;
    let datasets = out.finish().map_err(|error| internal("scores", &error))?;
    let (catalogue, publishers) = scores.finish();
    let told = Scored {
        catalogue,
        publishers,
        datasets,
    };
    let text = serde_json::to_vec(&told).map_err(|error| internal("scores", &error))?;
    std::fs::write(&sums, text).map_err(|error| internal("scores", &error))?;
    Ok(ScoreAnswer { file, sums })
}

/// Results on their way to the file: parts come in order, and what all share is put where it belongs.
struct Out<W> {
    out: W,
    evidence: bool,
    written: u64,
    waiting: std::iter::Peekable<std::vec::IntoIter<MqaDataset>>,
}

impl<W: Write> Out<W> {
    fn wait(&mut self, results: Vec<MqaDataset>) -> std::io::Result<()> {
        self.waiting = results.into_iter().peekable();
        Ok(())
    }

    fn take(&mut self, results: Vec<MqaDataset>) -> std::io::Result<()> {
        for result in results {
            while let Some(earlier) = self.waiting.next_if(|waiting| waiting.iri < result.iri) {
                self.write(earlier)?;
            }
            self.write(result)?;
        }
        Ok(())
    }

    fn finish(mut self) -> std::io::Result<u64> {
        while let Some(result) = self.waiting.next() {
            self.write(result)?;
        }
        self.out.flush()?;
        Ok(self.written)
    }

    fn write(&mut self, mut result: MqaDataset) -> std::io::Result<()> {
        self.written += 1;
        if self.evidence {
            // The text of an item of a list in a document; a line break in it is always one between values.
            let text = serde_json::to_string_pretty(&result)?.replace('\n', "\n    ");
            let comma = if self.written > 1 { "," } else { "" };
            return write!(self.out, "{comma}\n    {text}");
        }
        result.metrics.clear();
        result.distributions.clear();
        serde_json::to_writer(&mut self.out, &result)?;
        self.out.write_all(b"\n")
    }
}
