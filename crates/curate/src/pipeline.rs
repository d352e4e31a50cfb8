//! Pipelines as files: one TOML per curated dataset, with its policy, its hierarchies and its rules.
//!
//! Typed twice: [`PipelineFile`] is what was written; [`Pipeline`] is what is meant, with every file beside it read.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use fyr_model::lock::ReadingLock;
use fyr_model::pipeline::{PipelineFile, PolicyRef};
use fyr_model::privacy::PrivacyPolicy;
use fyr_model::table::Reading;
use fyr_model::{PipelineName, Refusal, RefusalKind, Text};
use fyr_table::rules::Rule;

/// A pipeline with everything that it refers to.
#[derive(Debug, Clone)]
pub struct Pipeline {
    /// Its name: folder and address of the curated dataset.
    pub name: PipelineName,
    /// What was written.
    pub file: PipelineFile,
    /// Its policy.
    pub policy: PrivacyPolicy,
    /// Hierarchy files by the name that the policy uses.
    pub hierarchies: BTreeMap<String, String>,
    /// The rules that run: the standard pack and the pipeline's own.
    pub rules: Vec<Rule>,
    /// Where its lock lies.
    pub lock_path: PathBuf,
    /// How its file was read when that was last accepted.
    pub lock: Option<ReadingLock>,
    /// Whether the owner accepts whatever the file is read as now.
    pub accept_reading: bool,
}

/// The folder of pipelines and the rules that are known.
#[derive(Debug, Clone, Default)]
pub struct Pipelines {
    /// `pipelines/` of the workspace.
    pub folder: PathBuf,
    /// Quality rules by relative path: the compiled-in pack with the workspace's files over it.
    pub rules: BTreeMap<String, String>,
}

impl Pipelines {
    /// The names of all pipelines, sorted.
    pub fn names(&self) -> Vec<PipelineName> {
        let mut names: Vec<PipelineName> = std::fs::read_dir(&self.folder)
            .into_iter()
            .flatten()
            .flatten()
            .filter_map(|entry| {
                let path = entry.path();
                let is_pipeline = path.extension().is_some_and(|ending| ending == "toml") && is_pipeline_file(&path);
                is_pipeline.then(|| path.file_stem()?.to_str()?.parse().ok()).flatten()
            })
            .collect();
        names.sort();
        names
    }

    /// Reads one pipeline, named or by path.
    ///
    /// # Errors
    /// `pipeline-missing`, `pipeline-invalid`, `policy-invalid`, `rule-*`, `lock-invalid`: all configuration (exit code 2).
    pub fn read(&self, named: &str) -> Result<Pipeline, Refusal> {
        let (name, path) = self.locate(named)?;
        let text = std::fs::read_to_string(&path).map_err(|_| self.missing(named))?;
        let shown = format!("pipelines/{name}.toml");
        let mut file: PipelineFile = toml::from_str(&text).map_err(|error| invalid("pipeline-invalid", &shown, &error))?;
        let beside = path.parent().unwrap_or(&self.folder).to_path_buf();
        let policy = match &file.policy {
            PolicyRef::Inline(policy) => policy.clone(),
            PolicyRef::File(relative) => read_policy(&beside, relative)?,
        };
        let hierarchies = read_hierarchies(&beside, &policy)?;
        let mut rules = self.rules_of(&file)?;
        if let Some(relative) = file.contract.clone() {
            take_contract(&beside, &relative, &mut file.reading, &mut rules)?;
        }
        let lock_path = crate::reading::path(&path);
        Ok(Pipeline {
            name,
            file,
            policy,
            hierarchies,
            rules,
            lock: crate::reading::read(&lock_path)?,
            lock_path,
            accept_reading: false,
        })
    }

    fn locate(&self, named: &str) -> Result<(PipelineName, PathBuf), Refusal> {
        if let Ok(name) = named.parse::<PipelineName>() {
            let path = self.folder.join(format!("{name}.toml"));
            return Ok((name, path));
        }
        let path = PathBuf::from(named);
        let name = path.file_stem().and_then(|stem| stem.to_str()).and_then(|stem| stem.parse().ok());
        name.map(|name| (name, path)).ok_or_else(|| self.missing(named))
    }

    fn missing(&self, named: &str) -> Refusal {
        let known: Vec<String> = self.names().iter().map(ToString::to_string).collect();
        Refusal::new(
            "pipeline-missing",
            RefusalKind::Configuration,
            named,
            Text::new(format!("pipelinen `{named}` finns inte"), format!("there is no pipeline `{named}`")),
        )
        .hint(Text::new(
            format!("kända: {}", known.join(", ")),
            format!("known: {}", known.join(", ")),
        ))
    }

    fn rules_of(&self, file: &PipelineFile) -> Result<Vec<Rule>, Refusal> {
        let mut chosen = Vec::new();
        for (path, text) in &self.rules {
            let standard = path.matches('/').count() == 2;
            if standard || file.rules.iter().any(|pattern| matches(pattern, path)) {
                chosen.push(fyr_table::rules::parse(text).map_err(|refusal| Refusal {
                    subject: path.clone(),
                    ..refusal
                })?);
            }
        }
        if let Some(pattern) = file
            .rules
            .iter()
            .find(|pattern| !self.rules.keys().any(|path| matches(pattern, path)))
        {
            return Err(Refusal::new(
                "rule-missing",
                RefusalKind::Configuration,
                pattern,
                Text::new(
                    format!("ingen regelfil svarar mot `{pattern}`"),
                    format!("no rule file matches `{pattern}`"),
                ),
            ));
        }
        for check in &file.checks {
            let rule = fyr_table::rules::expand(check)?;
            if chosen.iter().any(|other: &Rule| other.id == rule.id) {
                return Err(Refusal::new(
                    "rule-twice",
                    RefusalKind::Configuration,
                    &rule.id,
                    Text::new("två regler har samma id", "two rules have the same id"),
                ));
            }
            chosen.push(rule);
        }
        Ok(chosen)
    }
}

/// Adds a contract's rules, and its reading where the pipeline says nothing. What could not be carried over is told in the log by its place.
fn take_contract(beside: &Path, relative: &str, reading: &mut Reading, rules: &mut Vec<Rule>) -> Result<(), Refusal> {
    let text = std::fs::read_to_string(inside(beside, relative)?).map_err(|error| invalid("contract-unreadable", relative, &error))?;
    let imported = fyr_table::contract::import(&text).map_err(|refusal| Refusal {
        subject: relative.to_owned(),
        ..refusal
    })?;
    for left in &imported.left_out {
        tracing::warn!(contract = relative, path = %left.path, reason = %left.reason.en, "a part of the contract is not carried over");
    }
    let found = imported.reading;
    reading.encoding = reading.encoding.take().or(found.encoding);
    reading.delimiter = reading.delimiter.or(found.delimiter);
    reading.quote = reading.quote.or(found.quote);
    reading.decimal_sign = reading.decimal_sign.or(found.decimal_sign);
    reading.header_rows = reading.header_rows.or(found.header_rows);
    for (name, column) in found.columns {
        let ours = reading.columns.entry(name).or_default();
        ours.kind = ours.kind.or(column.kind);
        ours.missing = ours.missing.take().or(column.missing);
        ours.description = ours.description.take().or(column.description);
    }
    for mut rule in imported.rules {
        rule.id = format!("contract-{}", rule.id);
        rules.push(rule);
    }
    Ok(())
}

/// A policy lies beside pipelines and ends in `.toml` too: a pipeline is a file that names a source and a dataset.
fn is_pipeline_file(path: &Path) -> bool {
    std::fs::read_to_string(path)
        .ok()
        .and_then(|text| toml::from_str::<toml::Table>(&text).ok())
        .is_some_and(|table| table.contains_key("source") && table.contains_key("dataset"))
}

fn read_policy(beside: &Path, relative: &str) -> Result<PrivacyPolicy, Refusal> {
    let path = inside(beside, relative)?;
    let text = std::fs::read_to_string(path).map_err(|error| invalid("policy-invalid", relative, &error))?;
    toml::from_str(&text).map_err(|error| invalid("policy-invalid", relative, &error))
}

fn read_hierarchies(beside: &Path, policy: &PrivacyPolicy) -> Result<BTreeMap<String, String>, Refusal> {
    let files = policy
        .columns
        .values()
        .filter_map(|column| column.hierarchy())
        .filter(|name| name.ends_with(".csv"));
    files
        .map(|name| {
            let text = std::fs::read_to_string(inside(beside, name)?).map_err(|error| invalid("hierarchy-missing", name, &error))?;
            Ok((name.to_owned(), text))
        })
        .collect()
}

/// A file beside the pipeline; a name that leaves the folder is refused.
fn inside(folder: &Path, relative: &str) -> Result<PathBuf, Refusal> {
    let safe = Path::new(relative)
        .components()
        .all(|part| matches!(part, std::path::Component::Normal(_)));
    if safe {
        return Ok(folder.join(relative));
    }
    let text = Text::new(format!("`{relative}` lämnar mappen"), format!("`{relative}` leaves the folder"));
    Err(Refusal::new("path-outside", RefusalKind::Configuration, relative, text))
}

fn invalid(id: &str, shown: &str, error: &dyn std::fmt::Display) -> Refusal {
    let cause = error.to_string().trim().replace('\n', " ");
    Refusal::new(
        id,
        RefusalKind::Configuration,
        shown,
        Text::new(
            format!("`{shown}` går inte att läsa: {cause}"),
            format!("`{shown}` cannot be read: {cause}"),
        ),
    )
}

/// `*` stands for any run of characters but `/`.
fn matches(pattern: &str, path: &str) -> bool {
    let mut rest = path;
    let mut parts = pattern.split('*').peekable();
    let mut first = true;
    while let Some(part) = parts.next() {
        let last = parts.peek().is_none();
        let found = match (first, last) {
            (true, true) => return rest == part,
            (true, false) => rest.strip_prefix(part).map(|tail| (0, tail)),
            (false, true) => return rest.ends_with(part) && !rest[..rest.len() - part.len()].contains('/'),
            (false, false) => rest.find(part).map(|at| (at, &rest[at + part.len()..])),
        };
        match found {
            Some((at, tail)) if !rest[..at].contains('/') => rest = tail,
            _ => return false,
        }
        first = false;
    }
    false
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn a_star_stays_within_its_folder() {
        assert!(matches("sql/quality/trad/*.sql", "sql/quality/trad/hojd.sql"));
        assert!(matches("sql/quality/a.sql", "sql/quality/a.sql"));
        assert!(!matches("sql/quality/*.sql", "sql/quality/trad/hojd.sql"));
        assert!(!matches("sql/quality/trad/*.sql", "sql/quality/bad/hojd.sql"));
    }

    #[test]
    fn short_rules_and_a_contract_join_the_pipeline() {
        let folder = tempfile::TempDir::new().unwrap();
        std::fs::write(
            folder.path().join("prov.toml"),
            "source = \"exempelby\"\ndataset = \"https://data.exempelby.example/d\"\ncontract = \"trad.json\"\n[reading]\ncolumns.id = { type = \"code\" }\n[[checks]]\nkind = \"range\"\ncolumn = \"antal\"\nmin = 0\n",
        )
        .unwrap();
        std::fs::write(
            folder.path().join("trad.json"),
            r#"{"fields": [{"name": "id", "type": "string"}, {"name": "antal", "type": "integer", "constraints": {"required": true}}], "missingValues": ["-"]}"#,
        )
        .unwrap();
        let pipelines = Pipelines {
            folder: folder.path().to_path_buf(),
            rules: BTreeMap::new(),
        };
        let pipeline = pipelines.read("prov").unwrap();
        let ids: Vec<&str> = pipeline.rules.iter().map(|rule| rule.id.as_str()).collect();
        assert_eq!(ids, ["range-antal", "contract-not-null-antal"]);
        let columns = &pipeline.file.reading.columns;
        assert_eq!(
            columns["id"].kind,
            Some(fyr_model::table::ColumnType::Code),
            "the pipeline wins over the contract"
        );
        assert_eq!(columns["antal"].missing.as_deref(), Some(&["-".to_owned()][..]));
    }

    #[test]
    fn a_file_name_that_leaves_the_folder_is_refused() {
        assert!(inside(Path::new("p"), "../x.csv").is_err());
        assert!(inside(Path::new("p"), "/etc/x.csv").is_err());
        assert!(inside(Path::new("p"), "x.csv").is_ok());
    }
}
