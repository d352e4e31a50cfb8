//! Findings (faults in somebody's data, reported beside a result) and refusals (what stopped us, typed and placed).

use serde::{Deserialize, Serialize};

use crate::text::Text;

/// How grave a finding is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// Breaks a rule that must hold.
    Violation,
    /// Falls short of what is recommended.
    Warning,
    /// Worth knowing.
    Info,
}

/// A place in a text: line and column count from 1, offset in bytes from 0.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Position {
    /// Line, from 1; 0 when only the offset is known.
    pub line: u64,
    /// Column in characters, from 1; 0 when unknown.
    pub column: u64,
    /// Bytes from the start.
    pub offset: u64,
}

/// What mends a finding.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fix {
    /// What to do, in plain words.
    #[serde(flatten)]
    pub text: Text,
}

/// One fault in somebody's data: reported beside the result, never a reason to drop the data.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Finding {
    /// Stable rule id, for instance `licence-missing`.
    pub id: String,
    /// How grave.
    pub severity: Severity,
    /// The IRI (or file, or column) that it is about.
    pub focus: String,
    /// The property IRI concerned; empty when none.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub path: String,
    /// The value seen in metadata; never a cell of a data file.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub value: Option<String>,
    /// The value as N-Triples writes it, where that says more than its text: a literal's language or datatype.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub value_term: Option<String>,
    /// The shape or rule that it comes from, as an IRI.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub source_shape: String,
    /// The kind of constraint, as an IRI.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub component: String,
    /// What is so.
    pub message: Text,
    /// Counts and positions that show it; never a value of a data file.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub evidence: Option<String>,
    /// What to do.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fix: Option<Fix>,
    /// Where, when the text is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub position: Option<Position>,
}

impl Finding {
    /// A finding with the four parts that none lacks.
    pub fn new(id: impl Into<String>, severity: Severity, focus: impl Into<String>, message: Text) -> Self {
        Self {
            id: id.into(),
            severity,
            focus: focus.into(),
            path: String::new(),
            value: None,
            value_term: None,
            source_shape: String::new(),
            component: String::new(),
            message,
            evidence: None,
            fix: None,
            position: None,
        }
    }
    /// With the property that it concerns.
    #[must_use]
    pub fn on(mut self, path: impl Into<String>) -> Self {
        self.path = path.into();
        self
    }
    /// With the metadata value that was seen.
    #[must_use]
    pub fn seen(mut self, value: impl Into<String>) -> Self {
        self.value = Some(value.into());
        self
    }
    /// With counts or positions.
    #[must_use]
    pub fn evidence(mut self, evidence: impl Into<String>) -> Self {
        self.evidence = Some(evidence.into());
        self
    }
    /// With what to do.
    #[must_use]
    pub fn fix(mut self, text: Text) -> Self {
        self.fix = Some(Fix { text });
        self
    }
    /// With a place in the source text.
    #[must_use]
    pub fn at(mut self, position: Position) -> Self {
        self.position = Some(position);
        self
    }
}

/// Findings counted by severity.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Counts {
    /// Rules broken.
    pub violation: u64,
    /// Recommendations missed.
    pub warning: u64,
    /// Notes.
    pub info: u64,
}

impl Counts {
    /// Counts a list.
    pub fn of<'a>(findings: impl IntoIterator<Item = &'a Finding>) -> Self {
        let mut counts = Self::default();
        for finding in findings {
            match finding.severity {
                Severity::Violation => counts.violation += 1,
                Severity::Warning => counts.warning += 1,
                Severity::Info => counts.info += 1,
            }
        }
        counts
    }
    /// All together.
    pub fn total(&self) -> u64 {
        self.violation + self.warning + self.info
    }
}

/// The most that each of several groups may keep so that all together are at most `most`; at least one.
///
/// ```
/// use fyr_model::finding::share;
/// assert_eq!(share(vec![1, 100, 100], 21), 10);
/// assert_eq!(share(vec![5, 5], 10), usize::MAX);
/// assert_eq!(share(vec![9, 9, 9], 2), 1);
/// ```
pub fn share(mut sizes: Vec<usize>, most: usize) -> usize {
    sizes.sort_unstable();
    let mut left = most;
    let mut waiting = sizes.len();
    for size in sizes {
        let each = left / waiting.max(1);
        if size > each {
            return each.max(1);
        }
        left -= size;
        waiting -= 1;
    }
    usize::MAX
}

/// What kind of stop a refusal is; decides exit code and outcome.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum RefusalKind {
    /// The words or the configuration are wrong (exit code 2).
    Configuration,
    /// The input could not be fetched (3).
    Unreachable,
    /// The input is not what it claims, or breaks a limit (3).
    Unreadable,
    /// A rule of ours says no: licence, privacy, signatures, brake (1).
    Forbidden,
    /// Another process owns the folder (4).
    Busy,
    /// A fault of ours or of this machine (5).
    Internal,
}

/// A typed stop: what was refused, where, and what to do. Serialised, it crosses the border of a confined worker unchanged.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[error("{}", message.en)]
pub struct Refusal {
    /// Stable id in kebab case, for instance `doctype-entity` or `fetch-too-large`.
    pub id: String,
    /// What kind.
    pub kind: RefusalKind,
    /// The address, file, dataset or pipeline that it is about.
    pub subject: String,
    /// What happened: lower case, no final dot.
    pub message: Text,
    /// What to do next.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hint: Option<Text>,
    /// Where in the input.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub position: Option<Position>,
}

impl Refusal {
    /// A refusal with the parts that none lacks.
    pub fn new(id: impl Into<String>, kind: RefusalKind, subject: impl Into<String>, message: Text) -> Self {
        Self {
            id: id.into(),
            kind,
            subject: subject.into(),
            message,
            hint: None,
            position: None,
        }
    }
    /// With what to do next.
    #[must_use]
    pub fn hint(mut self, hint: Text) -> Self {
        self.hint = Some(hint);
        self
    }
    /// With the place in the input.
    #[must_use]
    pub fn at(mut self, position: Position) -> Self {
        self.position = Some(position);
        self
    }
    /// The exit code of `interface.md` for this kind.
    pub fn exit_code(&self) -> u8 {
        match self.kind {
            RefusalKind::Forbidden => 1,
            RefusalKind::Configuration => 2,
            RefusalKind::Unreachable | RefusalKind::Unreadable => 3,
            RefusalKind::Busy => 4,
            RefusalKind::Internal => 5,
        }
    }
}
