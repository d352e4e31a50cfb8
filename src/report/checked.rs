//! One input, judged: its findings with fingerprint, place and state, the verdicts, and what the gate makes of them.

use std::collections::BTreeMap;

use fyr_graph::shacl::is_about_shapes;
use fyr_model::fixlist::FixList;
use fyr_model::{Counts, Envelope, Finding, InputRef, Position, Refusal, RulePack, Severity, Sha256};
use serde::{Deserialize, Serialize};

use super::ignore::Expired;
use super::{FailOn, Reporter, baseline, bound, duty, fingerprint, name};
use crate::fix::FixBody;
use crate::profiles::Chosen;
use crate::workspace::internal;

/// What a report says of its input.
#[derive(Debug, Clone)]
pub struct About {
    /// The path or address as it was typed.
    pub input: String,
    /// Its address and digest, when it could be read.
    pub reference: Option<InputRef>,
    /// The names under which findings may speak of the document as a whole.
    pub names: Vec<String>,
    /// The profile and its version.
    pub profile: String,
    /// The rules it was judged by.
    pub packs: Vec<RulePack>,
    /// Whether the national portal would take it in; none where other rules than the portal's were tried.
    pub harvested: Option<bool>,
    /// Whether it follows the profile.
    pub conforms: bool,
    /// Who mends what, by rule.
    pub duties: BTreeMap<String, duty::Duty>,
    /// Findings that were counted and not held.
    pub beyond: Vec<LeftOut>,
    /// The words of `fyr check` that ask for the same rules.
    pub words: String,
    /// What pays most.
    pub fix_list: FixList,
    /// What was corrected, when that was asked for.
    pub fix: Option<FixBody>,
}

impl About {
    /// A document that could not be read: neither verdict holds.
    pub fn unread(input: &str, refusal: &Refusal, chosen: &Chosen) -> (Self, Vec<Finding>) {
        let mut finding = Finding::new(&refusal.id, Severity::Violation, input, refusal.message.clone());
        finding.position = refusal.position;
        if let Some(hint) = &refusal.hint {
            finding = finding.fix(hint.clone());
        }
        let about = Self {
            input: input.to_owned(),
            reference: None,
            names: vec![refusal.subject.clone()],
            profile: chosen.name.clone(),
            packs: chosen.packs(),
            harvested: chosen.rules.as_ref().map(|_| false),
            conforms: false,
            duties: BTreeMap::new(),
            beyond: Vec::new(),
            words: chosen.words.clone(),
            fix_list: FixList::default(),
            fix: None,
        };
        (about, vec![finding])
    }
}

/// What the gate makes of a finding.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum State {
    /// Seen for the first time, or nobody said what is old.
    New,
    /// In the baseline.
    Known,
    /// Named by an ignore that still holds.
    Ignored,
}

/// A finding as reports hold it.
#[derive(Debug, Clone, Serialize)]
pub struct Reported {
    /// The finding.
    #[serde(flatten)]
    pub finding: Finding,
    /// The file or address that `position` is a place in.
    pub file: String,
    /// The same from run to run, wherever the finding has moved.
    pub fingerprint: String,
    /// What the gate makes of it.
    pub state: State,
    /// Why it is ignored, and until when.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ignored: Option<Reason>,
    /// Who can mend it, and how much work that is, where the rule says so.
    #[serde(flatten)]
    pub duty: Option<duty::Duty>,
    /// Whether it is about the document as a whole.
    #[serde(skip)]
    pub whole: bool,
}

/// Why a finding is ignored.
#[derive(Debug, Clone, Serialize)]
pub struct Reason {
    /// In whose words.
    pub reason: String,
    /// The last day on which it holds.
    pub until: String,
}

impl Reported {
    /// The subject, unless it is the document itself.
    pub fn subject(&self) -> Option<&str> {
        Some(self.finding.focus.as_str()).filter(|focus| !self.whole && !focus.starts_with(SKOLEM))
    }

    /// The place, when a line is known.
    pub fn place(&self) -> Option<Position> {
        self.finding.position.filter(|at| at.line > 0)
    }

    /// `file:line:column`, or the file alone.
    pub fn spot(&self) -> String {
        match self.place() {
            Some(at) if at.column > 0 => format!("{}:{}:{}", self.file, at.line, at.column),
            Some(at) => format!("{}:{}", self.file, at.line),
            None => self.file.clone(),
        }
    }
}

/// The names that nodes without IRI carry in findings.
const SKOLEM: &str = "urn:fyr:bnode:";

/// Findings of one rule that a bounded report leaves out.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LeftOut {
    /// The rule.
    pub id: String,
    /// How grave.
    pub severity: Severity,
    /// The shape that they come from, where that tells them apart.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub source_shape: String,
    /// How many.
    pub count: u64,
}

/// What decides the exit code, and what has changed since the baseline.
#[derive(Debug, Clone, Serialize)]
pub struct Gate {
    /// From which severity a finding fails the check.
    pub fail_on: &'static str,
    /// Findings that fail it.
    pub failing: u64,
    /// Findings in the baseline.
    pub known: u64,
    /// Findings that are ignored.
    pub ignored: u64,
    /// What the baseline holds and the input no longer has.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub gone: Option<baseline::Gone>,
    /// Ignores whose last day has passed: they hide nothing.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub expired: Vec<Expired>,
}

/// One input, judged.
#[derive(Debug, Clone, Serialize)]
pub struct Checked {
    /// The profile and its version.
    pub profile: String,
    /// No violation.
    pub conforms: bool,
    /// Would be harvested by the national portal, where that was judged.
    #[serde(rename = "harvested_by_dataportal", skip_serializing_if = "Option::is_none")]
    pub harvested: Option<bool>,
    /// All findings by severity, also those left out.
    pub counts: Counts,
    /// Each, or as many as the report may hold.
    pub findings: Vec<Reported>,
    /// What the report does not hold.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub left_out: Vec<LeftOut>,
    /// What pays most: the findings by cause, with the MQA points that mending each is worth.
    pub fix_list: FixList,
    /// What was corrected, when that was asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fix: Option<FixBody>,
    /// What decides the exit code.
    pub gate: Gate,
    /// The words of `fyr check` that ask for the same rules.
    #[serde(skip)]
    pub words: String,
    /// The file or address, as reports name it.
    #[serde(skip)]
    pub file: String,
    /// Its address and digest.
    #[serde(skip)]
    pub reference: Option<InputRef>,
    /// The rules it was judged by.
    #[serde(skip)]
    pub packs: Vec<RulePack>,
}

impl Checked {
    pub(super) fn of(about: About, mut findings: Vec<Finding>, asked: &Reporter) -> Self {
        findings.sort_by(|a, b| (a.severity, &a.id, &a.focus, &a.path, &a.value).cmp(&(b.severity, &b.id, &b.focus, &b.path, &b.value)));
        findings.dedup();
        let mut counts = Counts::of(&findings);
        about.beyond.iter().for_each(|left| add(&mut counts, left));
        let file = name::shown(&about.input);
        let mut names = about.names.clone();
        names.extend([String::new(), about.input.clone(), file.clone()]);
        let prints = fingerprint::all(&findings, &names);
        let old = asked
            .baseline
            .as_ref()
            .map(|baseline| baseline.of(about.reference.as_ref(), &file, asked.single));
        // A document that could not be read has not mended anything.
        let gone = old.as_ref().filter(|_| about.reference.is_some()).map(|old| old.gone(&prints));
        let expired = asked.ignores.expired(&findings);
        let mut all: Vec<Reported> = findings
            .into_iter()
            .zip(prints)
            .map(|(finding, fingerprint)| {
                let whole = names.contains(&finding.focus);
                let ignored = asked.ignores.reason(&finding);
                let state = match (&ignored, &old) {
                    (Some(_), _) => State::Ignored,
                    (None, Some(old)) if old.has(&fingerprint) => State::Known,
                    _ => State::New,
                };
                let of_shapes = finding.evidence.clone().filter(|_| is_about_shapes(&finding));
                Reported {
                    duty: about.duties.get(&finding.id).cloned(),
                    file: of_shapes.unwrap_or_else(|| file.clone()),
                    finding,
                    fingerprint,
                    state,
                    ignored,
                    whole,
                }
            })
            .collect();
        let gate = gate(&all, &about.beyond, asked.fail_on, gone, expired);
        let left_out = together(bound::to(&mut all, asked.findings_max), about.beyond);
        Self {
            profile: about.profile,
            conforms: about.conforms,
            harvested: about.harvested,
            counts,
            findings: all,
            left_out,
            fix_list: about.fix_list,
            fix: about.fix,
            gate,
            words: about.words,
            file,
            reference: about.reference,
            packs: about.packs,
        }
    }

    /// The exit code that the gate asks for.
    pub fn exit_code(&self) -> u8 {
        u8::from(self.gate.failing > 0)
    }

    /// Whether a finding fails the gate.
    pub fn fails(&self, one: &Reported) -> bool {
        one.state == State::New && FailOn::named(Some(self.gate.fail_on)).fails(one.finding.severity)
    }

    /// How many findings the report does not hold.
    pub fn left_out_total(&self) -> u64 {
        self.left_out.iter().map(|left| left.count).sum()
    }

    /// The digest of the input, when it could be read.
    pub fn sha256(&self) -> Option<Sha256> {
        self.reference.as_ref().and_then(|reference| reference.sha256)
    }

    /// The document `fyr/check/1`.
    ///
    /// # Errors
    /// An internal refusal when it cannot be written.
    pub fn document(&self) -> Result<String, Refusal> {
        let mut document = Envelope::new("fyr/check/1", chrono::Utc::now(), self).rules(self.packs.clone());
        document.input = self.reference.clone().or_else(|| {
            Some(InputRef {
                iri: self.file.clone(),
                sha256: None,
            })
        });
        serde_json::to_string_pretty(&document).map_err(|error| internal("json", &error))
    }
}

fn add(counts: &mut Counts, left: &LeftOut) {
    match left.severity {
        Severity::Violation => counts.violation += left.count,
        Severity::Warning => counts.warning += left.count,
        Severity::Info => counts.info += left.count,
    }
}

/// What the report had no room for, and what was not held to begin with.
fn together(left_out: Vec<LeftOut>, beyond: Vec<LeftOut>) -> Vec<LeftOut> {
    let mut all: BTreeMap<(Severity, String, String), u64> = BTreeMap::new();
    for left in left_out.into_iter().chain(beyond) {
        *all.entry((left.severity, left.id, left.source_shape)).or_default() += left.count;
    }
    let left = all.into_iter().map(|((severity, id, source_shape), count)| LeftOut {
        id,
        severity,
        source_shape,
        count,
    });
    left.collect()
}

fn gate(all: &[Reported], beyond: &[LeftOut], fail_on: FailOn, gone: Option<baseline::Gone>, expired: Vec<Expired>) -> Gate {
    let count = |state: State| all.iter().filter(|one| one.state == state).count() as u64;
    let fails = |one: &&Reported| one.state == State::New && fail_on.fails(one.finding.severity);
    // What was not held is as new as those of its rule that were: some of each are.
    let open = |left: &&LeftOut| {
        let same = |one: &Reported| (&one.finding.id, &one.finding.source_shape) == (&left.id, &left.source_shape);
        fail_on.fails(left.severity) && !all.iter().filter(|one| same(one)).all(|one| one.state == State::Ignored)
    };
    let unseen: u64 = beyond.iter().filter(open).map(|left| left.count).sum();
    Gate {
        fail_on: fail_on.word(),
        failing: all.iter().filter(fails).count() as u64 + unseen,
        known: count(State::Known),
        ignored: count(State::Ignored),
        gone,
        expired,
    }
}
