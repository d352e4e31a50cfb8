//! A catalogue judged where it is read: in the confined worker, part by part, so that of a national one only a bounded report leaves it.
//!
//! In: a document, a profile of the program's own, a variant of MQA. Out: findings that a report can hold, counts of the rest, the fix list, scores:
//! the same as from the whole view, whether the document was read in parts or not. Whole views are for those who correct a catalogue, try SHACL
//! shapes or ask its addresses (`commands::input`). This module connects what knows graphs with what knows rules, and knows neither.

mod held;
mod scores;

use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::io::{BufWriter, Write as _};
use std::path::{Path, PathBuf};

use chrono::NaiveDate;
use fyr_assess::fixlist::{Fixes, Order};
use fyr_assess::mqa::Links;
use fyr_assess::profile::{Check, Profile};
use fyr_graph::parts::{Part, PartsRequest, Whole, in_parts};
use fyr_model::fixlist::FixList;
use fyr_model::{Agent, CatalogueView, Contact, Finding, Refusal};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::report::LeftOut;
use crate::workspace::internal;
use held::Held;

pub use scores::{Addresses, ScoreAnswer, ScoreRequest, score_work};

/// The names that nodes without IRI carry in findings.
const SKOLEM: &str = "urn:fyr:bnode:";

/// What to judge, and by what.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct JudgeRequest {
    /// The document.
    pub parts: PartsRequest,
    /// A profile of the program's own, with its version.
    pub profile: String,
    /// The day whose rules hold.
    pub day: NaiveDate,
    /// Findings that are worth holding; none when each is.
    pub most: Option<usize>,
}

/// What was found.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Judged {
    /// Findings, as many as were asked for.
    pub findings: Vec<Finding>,
    /// What was counted and not held.
    pub beyond: Vec<LeftOut>,
    /// What pays most.
    pub fix_list: FixList,
    /// Statements that tell where nodes without IRI hang that findings are about.
    pub hanging: PathBuf,
    /// Parts that the document was read in.
    pub parts: usize,
}

/// Where the answer lies.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct JudgeAnswer {
    file: PathBuf,
}

impl JudgeAnswer {
    /// Reads the answer.
    ///
    /// # Errors
    /// An internal refusal when it is not there or not of the agreed form.
    pub fn open(&self) -> Result<Judged, Refusal> {
        let text = std::fs::read(&self.file).map_err(|error| internal("judge", &error))?;
        serde_json::from_slice(&text).map_err(|error| internal("judge", &error))
    }
}

/// Judges a catalogue, as a piece of work for a confined worker.
///
/// # Errors
/// Those of reading it, and a request that is none.
pub fn judge_work(input: Value, dir: &Path) -> Result<Value, Refusal> {
    let request: JudgeRequest = serde_json::from_value(input).map_err(|error| internal("bad-request", &error))?;
    let judged = judge(&request, dir)?;
    let file = dir.join("judged.json");
    let mut out = BufWriter::with_capacity(1 << 20, File::create(&file).map_err(|error| internal("judge", &error))?);
    serde_json::to_writer(&mut out, &judged).map_err(|error| internal("judge", &error))?;
    out.flush().map_err(|error| internal("judge", &error))?;
    serde_json::to_value(JudgeAnswer { file }).map_err(|error| internal("judge", &error))
}

fn judge(request: &JudgeRequest, dir: &Path) -> Result<Judged, Refusal> {
    let profile = Profile::named(&request.profile)
        .ok_or_else(|| internal("judge", &request.profile))?
        .in_effect(request.day);
    let mut judging = Judging {
        profile: &profile,
        check: Check::new(&profile),
        fixes: Fixes::new(&NO_LINKS),
        held: Held::new(request.most),
        hanging: BTreeMap::new(),
        shared_hanging: BTreeSet::new(),
        shared: CatalogueView::default(),
    };
    let whole = in_parts(&request.parts, dir, &mut |part| {
        judging.take(part);
        Ok(())
    })?;
    judging.finish(&whole, dir)
}

/// No address is asked here, so the points for statuses stand apart from every gain.
static NO_LINKS: Links = Links::None;

struct Judging<'p> {
    profile: &'p Profile,
    check: Check<'p>,
    fixes: Fixes<'static>,
    held: Held,
    /// Where nodes of parts hang that findings are about, by node.
    hanging: BTreeMap<String, BTreeSet<String>>,
    shared_hanging: BTreeSet<String>,
    shared: CatalogueView,
}

/// Nodes whose places are kept; past that, of the findings that are still held.
const HANGING_MAX: usize = 30_000;

impl Judging<'_> {
    fn take(&mut self, part: Part<'_>) {
        if part.shared {
            let nameless: BTreeSet<&str> = nameless(&part.view).collect();
            nameless.into_iter().for_each(|node| part.hanging(node, &mut self.shared_hanging));
            self.check.services(&part.view.services);
            self.shared = part.view;
            return;
        }
        // What is said of a node that nothing describes is said in the end, when no part is at hand.
        for node in nameless(&part.view).filter(|node| !part.is_own(node)) {
            part.hanging(node, &mut self.shared_hanging);
        }
        let told: Vec<Finding> = part
            .view
            .findings
            .iter()
            .filter(|finding| self.profile.asks(finding))
            .cloned()
            .collect();
        let found = self.check.part(&part.view, |iri| part.is_own(iri));
        for finding in told.iter().chain(&found).filter(|finding| finding.focus.starts_with(SKOLEM)) {
            part.hanging(&finding.focus, self.hanging.entry(finding.focus.clone()).or_default());
        }
        self.fixes.add(&part.view.datasets, &[&[], &told, &found], Order::BySubject);
        self.held.add(told.into_iter().chain(found));
        if self.hanging.len() > HANGING_MAX {
            let held = self.held.focuses();
            self.hanging.retain(|node, _| held.contains(node.as_str()));
        }
    }

    /// What all parts share comes last: only then it is known who uses it.
    fn finish(mut self, whole: &Whole, dir: &Path) -> Result<Judged, Refusal> {
        let asked = |finding: &&Finding| self.profile.asks(finding);
        let document: Vec<Finding> = whole.findings.iter().filter(asked).cloned().collect();
        let told: Vec<Finding> = self.shared.findings.iter().filter(asked).cloned().collect();
        let found = self.check.finish(&self.shared);
        self.fixes.add(&self.shared.datasets, &[&document, &told, &found], Order::BySubject);
        self.held.add(document.into_iter().chain(told).chain(found));
        let hanging = dir.join("hanging.nt");
        let lines: BTreeSet<&String> = self.hanging.values().flatten().chain(&self.shared_hanging).collect();
        let text: String = lines.into_iter().flat_map(|line| [line.as_str(), "\n"]).collect();
        std::fs::write(&hanging, text).map_err(|error| internal("judge", &error))?;
        let (findings, beyond) = self.held.finish();
        Ok(Judged {
            findings,
            beyond,
            fix_list: self.fixes.finish(),
            hanging,
            parts: whole.parts,
        })
    }
}

/// The nodes without IRI that the shared part's findings may be about.
fn nameless(view: &CatalogueView) -> impl Iterator<Item = &str> {
    let of_datasets = view.datasets.iter().flat_map(|one| {
        let files = one.distributions.iter().map(|file| file.iri.as_str());
        let people = agents(&one.publisher).chain(agents(&one.creator)).chain(contacts(&one.contact));
        std::iter::once(one.id.as_str()).chain(files).chain(people)
    });
    let of_services = view.services.iter().flat_map(|one| {
        std::iter::once(one.iri.as_str())
            .chain(agents(&one.publisher))
            .chain(contacts(&one.contact))
    });
    let catalogues = view
        .catalogues
        .iter()
        .flat_map(|one| std::iter::once(one.iri.as_str()).chain(agents(&one.publisher)));
    let others = view.agents.iter().map(|one| one.iri.as_str());
    let told = view.findings.iter().map(|finding| finding.focus.as_str());
    let all = of_datasets.chain(of_services).chain(catalogues).chain(others).chain(told);
    all.filter(|name| name.starts_with(SKOLEM))
}

fn agents(agents: &[Agent]) -> impl Iterator<Item = &str> {
    agents.iter().map(|one| one.iri.as_str())
}

fn contacts(contacts: &[Contact]) -> impl Iterator<Item = &str> {
    contacts.iter().map(|one| one.iri.as_str())
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests;
