//! What the auditor is asked on behalf of a policy, and what a file or a release says that it was held to.
//!
//! In: a policy and its plan, or a report that came with a file. Out: requests to the auditor. Nothing is measured here.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use chrono::NaiveDate;
use fyr_audit::{Asked, PopulationWork, PrivacyWork, Share};
use fyr_model::held::{Held, NotVerified, unheld};
use fyr_model::privacy::{Check, Clearance, Model, PrivacyPolicy, PrivacyReport, Role};
use fyr_model::{Refusal, Sha256, Text};
use fyr_privacy::ProtectionPlan;
use serde::{Deserialize, Serialize};

use super::Door;
use crate::workspace::internal;

/// A file that `anonymize` wrote, in the words of its report: all that `verify` needs to hold it to the same.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct WrittenFile {
    /// Its digest.
    pub sha256: Sha256,
    /// The role of each of its columns.
    pub roles: BTreeMap<String, Role>,
    /// Columns that were removed.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub removed: Vec<String>,
    /// Finds that a person has judged.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub cleared: BTreeMap<String, Clearance>,
    /// What it was held to, and what was measured; nothing when there was nothing to hold.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub held: Option<Held>,
}

impl WrittenFile {
    /// The one file that the auditor read as `name`.
    pub fn of(name: &str, policy: &PrivacyPolicy, report: &PrivacyReport, columns: &[String]) -> Result<Self, Refusal> {
        let digest = report.files.get(name);
        let sha256 = *digest.ok_or_else(|| internal("audit", &"the report lacks its file"))?;
        let role = |name: &String| Some((name.clone(), policy.columns.get(name)?.role()));
        let gone = policy.columns.iter().filter(|(_, column)| column.role() == Role::Identifier);
        Ok(Self {
            sha256,
            roles: columns.iter().filter_map(role).collect(),
            removed: gone.map(|(name, _)| name.clone()).collect(),
            cleared: policy.cleared.clone(),
            held: report.held.clone(),
        })
    }
}

/// The population that the model counts in, with what the plan says of its values and the texts of hierarchy files.
pub fn population(
    policy: &PrivacyPolicy,
    plan: &ProtectionPlan,
    hierarchies: &BTreeMap<String, String>,
    files: Vec<PathBuf>,
) -> Option<PopulationWork> {
    if files.is_empty() {
        return None;
    }
    let facts = plan.facts();
    let words: BTreeMap<String, String> = policy
        .columns
        .iter()
        .filter_map(|(name, column)| Some((name.clone(), column.hierarchy()?.to_owned())))
        .collect();
    // A list of DeSO is no hierarchy by itself: the levels above it are built in.
    let whole = |word: &&String| fyr_privacy::hierarchy::file_of(word) == Some(word.as_str());
    let texts = words.iter().filter(|(_, word)| whole(word));
    let levels = facts.columns.iter().filter(|_| facts.recoding.is_none());
    Some(PopulationWork {
        files,
        above: plan.ladders(),
        texts: texts
            .filter_map(|(name, word)| Some((name.clone(), hierarchies.get(word)?.clone())))
            .collect(),
        levels: levels.map(|column| (column.column.clone(), column.level)).collect(),
        words,
        left_out: facts.rows_in.saturating_sub(facts.rows_out),
    })
}

/// What a model asks of people behind groups.
pub fn among(model: Option<&Model>) -> (Option<u64>, Option<Share>) {
    let map = model.and_then(|model| model.k_map.as_ref()).map(|map| map.k);
    let presence = model.and_then(|model| model.presence.as_ref());
    (
        map,
        presence.map(|presence| Share {
            min: presence.min,
            max: presence.max,
        }),
    )
}

/// What comes with a file or a release and says what it was held to.
pub struct Stated {
    /// What the auditor is to hold, but for the bounds.
    pub asked: Asked,
    /// The bounds, and the models that need a population.
    pub held: Held,
    /// The models in words.
    pub models: Vec<String>,
    /// Rows that went in, came out and were suppressed, where that is said.
    pub rows: Option<(u64, u64, u64)>,
}

impl Stated {
    /// Measures the files by all that is stated and that they alone can confirm. What only a population can confirm is named, never passed.
    pub fn hold(self, door: &Door, subject: &str, files: Vec<(String, PathBuf)>) -> Result<(PrivacyReport, Vec<NotVerified>), Refusal> {
        let work = PrivacyWork {
            files,
            asked: Asked {
                bounds: self.held.bounds.clone(),
                average_risk: self.held.average_risk,
                ..self.asked.clone()
            },
            population: None,
        };
        let runner = crate::work::runner().map_err(|error| internal("runner", &error))?;
        let scratch = tempfile::tempdir().map_err(|error| internal("temp", &error))?;
        let limits = &door.config.worker;
        let mut report: PrivacyReport =
            tokio::task::block_in_place(|| runner.run("audit.privacy", subject, &work, scratch.path(), limits))?;
        let checks = [self.models(), self.rows(report.rows)];
        report.checks.extend(checks.into_iter().flatten());
        Ok((report, self.held.unconfirmed()))
    }

    /// Every model that is stated in words is stated in numbers too, so that it was held.
    fn models(&self) -> Option<Check> {
        if self.models.is_empty() {
            return None;
        }
        let unheld = unheld(&self.models, &self.held);
        let (all, list) = (self.models.join(", "), unheld.join(", "));
        let detail = match unheld.is_empty() {
            true => Text::new(format!("angivna modeller: {all}"), format!("stated models: {all}")),
            false => Text::new(
                format!("modeller som anges utan gränser att granska mot: {list}"),
                format!("models stated without limits to check against: {list}"),
            ),
        };
        Some(check("privacy-models", unheld.is_empty(), detail))
    }

    /// Rows as stated, and no more left out than stated: bounds allow for those.
    fn rows(&self, counted: u64) -> Option<Check> {
        let (rows_in, rows_out, suppressed) = self.rows?;
        let left_out = rows_in.saturating_sub(rows_out);
        let share = left_out as f64 / rows_in.max(1) as f64;
        let mut bounds = self.held.bounds.values();
        let allowed = bounds.all(|bounds| bounds.left_out_rows <= left_out && bounds.left_out <= share + 1e-9);
        let ok = rows_out == counted && rows_out <= rows_in && (left_out == 0 || left_out == suppressed) && allowed;
        let detail = Text::new(
            format!("{counted} rader i filen; enligt rapporten {rows_out} av {rows_in}, {left_out} utelämnade"),
            format!("{counted} rows in the file; by the report {rows_out} of {rows_in}, {left_out} left out"),
        );
        Some(check("privacy-rows", ok, detail))
    }
}

fn check(id: &str, ok: bool, detail: Text) -> Check {
    let id = id.to_owned();
    Check { id, ok, detail }
}

/// The report of `anonymize`, as far as `verify` reads it.
#[derive(Debug, Deserialize)]
struct Report {
    at: chrono::DateTime<chrono::Utc>,
    rows_in: u64,
    rows_out: u64,
    suppressed_rows: u64,
    models: Vec<String>,
    #[serde(default)]
    microaggregated: Vec<fyr_model::privacy::MicroaggregationFacts>,
    file: WrittenFile,
}

/// Every check of a file that `anonymize` wrote, by the report of it.
pub fn file_checks(door: &Door, path: &Path, report: &Path) -> Result<(Vec<Check>, Vec<NotVerified>), Refusal> {
    let said = read_report(report)?;
    let day: NaiveDate = said.at.date_naive();
    let k = said.file.held.as_ref().and_then(|held| held.k).unwrap_or(0);
    let stated = Stated {
        asked: Asked {
            roles: said.file.roles,
            k: Some(k),
            forbidden: said.file.removed,
            cleared: said.file.cleared,
            means: said.microaggregated.into_iter().map(|means| means.column).collect(),
            ..Asked::on(day)
        },
        held: said.file.held.unwrap_or_default(),
        models: said.models,
        rows: Some((said.rows_in, said.rows_out, said.suppressed_rows)),
    };
    let path = crate::workspace::absolute(path);
    let (measured, not_verified) = stated.hold(door, &path.display().to_string(), vec![("file.parquet".to_owned(), path.clone())])?;
    let same = measured.files.get("file.parquet") == Some(&said.file.sha256);
    let (sv, en) = match same {
        true => ("kontrollsumman är rapportens", "the digest is the report's"),
        false => (
            "kontrollsumman är en annan än rapportens",
            "the digest is another than the report's",
        ),
    };
    let mut checks = vec![check("hash-sha256", same, Text::new(sv, en))];
    checks.extend(fyr_audit::of_policy(&measured, k));
    Ok((checks, not_verified))
}

fn read_report(path: &Path) -> Result<Report, Refusal> {
    let shown = path.display().to_string();
    let wrong = |cause: &dyn std::fmt::Display| {
        let text = Text::new(
            format!("rapporten går inte att läsa: {cause}"),
            format!("the report cannot be read: {cause}"),
        );
        let hint = Text::new(
            "ange den fil som fyr anonymize skrev med --report",
            "give the file that fyr anonymize wrote with --report",
        );
        Refusal::new("report-invalid", fyr_model::RefusalKind::Configuration, shown.clone(), text).hint(hint)
    };
    let bytes = std::fs::read(path).map_err(|error| wrong(&error.kind()))?;
    // The cause of a fault in JSON may quote what stands there: only its place is told.
    serde_json::from_slice(&bytes).map_err(|error| wrong(&format!("{}:{}", error.line(), error.column())))
}
