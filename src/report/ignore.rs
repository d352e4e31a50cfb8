//! Findings that somebody has decided to live with for a while: each with the rule, the reason and the last day on which that holds.
//!
//! In: `fyr.check.toml` here (or the file of `--ignores`), and `[[check.ignore]]` of the workspace. An entry without one of the three is refused;
//! one whose day has passed hides nothing and is told.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use chrono::NaiveDate;
use fyr_model::{Finding, Refusal, RefusalKind, Text};
use serde::{Deserialize, Serialize};

use super::checked::Reason;
use crate::config::Config;
use crate::term::safe;

/// The file of ignores that is read from the current folder when it is there.
const IGNORES: &str = "fyr.check.toml";

/// `[check]` of `fyr.toml`, and the whole of `fyr.check.toml`.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct CheckConfig {
    /// Findings to live with.
    pub ignore: Vec<Written>,
    /// Profiles that are no part of the program: the folder of each, relative to the workspace, by NAME or NAME@VERSION.
    pub profiles: BTreeMap<String, PathBuf>,
}

/// An ignore as written.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Written {
    /// The rule's id, for instance `dataset-keyword-missing`.
    pub rule: Option<String>,
    /// The subject's IRI, or its beginning followed by `*`; all subjects when left out.
    pub focus: Option<String>,
    /// The property's IRI; all when left out.
    pub path: Option<String>,
    /// Why, in words.
    pub reason: Option<String>,
    /// The last day on which it holds, for instance 2027-06-30.
    pub until: Option<toml::Value>,
}

#[derive(Debug, Clone)]
struct Ignore {
    rule: String,
    focus: Option<String>,
    path: Option<String>,
    reason: String,
    until: NaiveDate,
}

/// An ignore whose last day has passed.
#[derive(Debug, Clone, Serialize)]
pub struct Expired {
    /// The rule.
    pub rule: String,
    /// The reason that was given.
    pub reason: String,
    /// The last day.
    pub until: String,
    /// Findings that it would have hidden.
    pub findings: u64,
}

/// All ignores, today.
pub(super) struct Ignores {
    all: Vec<Ignore>,
    today: NaiveDate,
}

impl Ignores {
    /// Whether there are none.
    pub(super) fn is_empty(&self) -> bool {
        self.all.is_empty()
    }

    /// Reads the workspace's and the file's.
    pub(super) fn read(config: &Config, given: Option<&Path>, today: NaiveDate) -> Result<Self, Refusal> {
        let mut all = entries(&config.check.ignore, "fyr.toml [check]")?;
        let beside = config.workspace.as_ref().map(|workspace| workspace.path(IGNORES));
        let usual = [Some(PathBuf::from(IGNORES)), beside];
        let found = usual.into_iter().flatten().find(|path| path.is_file());
        if let Some(path) = given.map(Path::to_path_buf).or(found) {
            let name = path.display().to_string();
            let text = std::fs::read_to_string(&path).map_err(|error| wrong(&name, &error.to_string(), &error.to_string()))?;
            let file: CheckConfig = toml::from_str(&text).map_err(|error| {
                let cause = error.to_string().trim().replace('\n', " ");
                wrong(&name, &cause, &cause)
            })?;
            all.extend(entries(&file.ignore, &name)?);
        }
        Ok(Self { all, today })
    }

    /// The entries of a list, on a day.
    #[cfg(test)]
    pub(super) fn of(written: &[Written], today: &str) -> Self {
        Self {
            all: entries(written, "test").unwrap_or_default(),
            today: today.parse().unwrap_or_default(),
        }
    }

    /// Why a finding is ignored today, if it is.
    pub(super) fn reason(&self, finding: &Finding) -> Option<Reason> {
        let holds = |one: &&Ignore| one.until >= self.today && one.names(finding);
        self.all.iter().find(holds).map(|one| Reason {
            reason: safe(&one.reason),
            until: one.until.to_string(),
        })
    }

    /// The ignores whose day has passed, with what they no longer hide.
    pub(super) fn expired(&self, findings: &[Finding]) -> Vec<Expired> {
        let passed = self.all.iter().filter(|one| one.until < self.today);
        passed
            .map(|one| Expired {
                rule: safe(&one.rule),
                reason: safe(&one.reason),
                until: one.until.to_string(),
                findings: findings.iter().filter(|finding| one.names(finding)).count() as u64,
            })
            .collect()
    }
}

impl Ignore {
    fn names(&self, finding: &Finding) -> bool {
        let focus = self.focus.as_deref().is_none_or(|focus| match focus.strip_suffix('*') {
            Some(start) => finding.focus.starts_with(start),
            None => finding.focus == focus,
        });
        finding.id == self.rule && focus && self.path.as_deref().is_none_or(|path| path == finding.path)
    }
}

fn entries(written: &[Written], file: &str) -> Result<Vec<Ignore>, Refusal> {
    written.iter().enumerate().map(|(place, one)| entry(one, place + 1, file)).collect()
}

fn entry(written: &Written, number: usize, file: &str) -> Result<Ignore, Refusal> {
    let lacks = |field: &str| {
        wrong(
            file,
            &format!("undantag {number} saknar {field}"),
            &format!("ignore {number} lacks {field}"),
        )
    };
    let word = |given: &Option<String>, field: &str| {
        let text = given.as_deref().map(str::trim).filter(|text| !text.is_empty());
        text.map(str::to_owned).ok_or_else(|| lacks(field))
    };
    let day = match &written.until {
        Some(toml::Value::String(text)) => text.clone(),
        Some(toml::Value::Datetime(day)) => day.to_string(),
        _ => return Err(lacks("until")),
    };
    let until = day.get(..10).and_then(|day| NaiveDate::parse_from_str(day, "%Y-%m-%d").ok());
    Ok(Ignore {
        rule: word(&written.rule, "rule")?,
        focus: written.focus.clone(),
        path: written.path.clone(),
        reason: word(&written.reason, "reason")?,
        until: until.ok_or_else(|| lacks("until"))?,
    })
}

fn wrong(file: &str, sv: &str, en: &str) -> Refusal {
    Refusal::new("ignores", RefusalKind::Configuration, file, Text::new(sv, en)).hint(Text::new(
        "varje [[ignore]] behöver rule, reason och until = ÅÅÅÅ-MM-DD",
        "each [[ignore]] needs rule, reason and until = YYYY-MM-DD",
    ))
}
