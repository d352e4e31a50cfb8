//! Pipelines as files: one TOML per curated dataset, with its policy, its hierarchies and its rules.
//!
//! Typed twice: [`PipelineFile`] is what was written; [`Pipeline`] is what is meant, with every file beside it read.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use fyr_model::lock::ReadingLock;
use fyr_model::pipeline::{PipelineFile, PolicyRef};
use fyr_model::privacy::PrivacyPolicy;
use fyr_model::quality::{LeftOut, RuleSettings, ShortRule};
use fyr_model::table::Reading;
use fyr_model::{PipelineName, Refusal, RefusalKind, Text, written};
use fyr_table::rules::{Given, Rule, is_against_versions};

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
    /// Rules whose bounds come from former versions.
    pub against_versions: Vec<ShortRule>,
    /// Parts of the contract that became neither rule nor reading.
    pub left_out: Vec<LeftOut>,
    /// The folder that its files lie in.
    pub beside: PathBuf,
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
        let mut file: PipelineFile = written::read("pipeline-invalid", &shown, &text)?;
        let beside = path.parent().unwrap_or(&self.folder).to_path_buf();
        let policy = match &file.policy {
            PolicyRef::Inline(policy) => policy.clone(),
            PolicyRef::File(relative) => read_policy(&beside, relative)?,
        };
        let hierarchies = read_hierarchies(&beside, &policy)?;
        let mut rules = self.rules_of(&file)?;
        let left_out = match file.contract.clone() {
            Some(relative) => take_contract(&beside, &relative, &mut file.reading, &mut rules)?,
            None => Vec::new(),
        };
        let mut against_versions: Vec<ShortRule> = file.checks.iter().filter(|check| is_against_versions(check)).cloned().collect();
        settle(&file.quality, &mut rules, &mut against_versions)?;
        let lock_path = crate::reading::path(&path);
        Ok(Pipeline {
            name,
            file,
            policy,
            hierarchies,
            rules,
            against_versions,
            left_out,
            beside,
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
        let references = reference_names(file)?;
        let mut chosen = Vec::new();
        for (path, text) in &self.rules {
            let standard = path.matches('/').count() == 2;
            if standard || file.rules.iter().any(|pattern| matches(pattern, path)) {
                chosen.push(parsed(text, &references, &file.quality).map_err(|refusal| Refusal {
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
        for check in file.checks.iter().filter(|check| !is_against_versions(check)) {
            let rule = fyr_table::rules::expand_with(check, &references)?;
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

/// A rule file with the parameters that the pipeline sets for it.
fn parsed(text: &str, references: &[String], settings: &BTreeMap<String, RuleSettings>) -> Result<Rule, Refusal> {
    let given = Given {
        references,
        ..Given::default()
    };
    let rule = fyr_table::rules::parse_with(text, &given)?;
    match settings
        .get(&rule.id)
        .map(|settings| &settings.parameters)
        .filter(|set| !set.is_empty())
    {
        None => Ok(rule),
        set => fyr_table::rules::parse_with(text, &Given { parameters: set, ..given }),
    }
}

/// The names of references: words that SQL takes as they stand, and none of a register.
fn reference_names(file: &PipelineFile) -> Result<Vec<String>, Refusal> {
    let registers = fyr_table::rules::registers();
    let plain = |name: &str| {
        name.starts_with(|c: char| c.is_ascii_lowercase())
            && name.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_')
            && !registers.contains(&name)
    };
    match file.references.keys().find(|name| !plain(name)) {
        None => Ok(file.references.keys().cloned().collect()),
        Some(name) => Err(Refusal::new(
            "reference-name",
            RefusalKind::Configuration,
            name,
            Text::new(
                "en referens heter något av a-z, 0-9 och _, börjar med en bokstav och heter inte som ett register",
                "a reference has a name of a-z, 0-9 and _, begins with a letter and is not called as a register",
            ),
        )),
    }
}

/// Lets the pipeline change limits and severities by the rules' ids; an id that no rule has is refused.
fn settle(settings: &BTreeMap<String, RuleSettings>, rules: &mut [Rule], against: &mut [ShortRule]) -> Result<(), Refusal> {
    for (id, settings) in settings {
        let mut found = false;
        for rule in rules.iter_mut().filter(|rule| rule.id == *id) {
            rule.set(settings)?;
            found = true;
        }
        for short in against
            .iter_mut()
            .filter(|short| short.id.as_deref().unwrap_or("volume") == id.as_str())
        {
            short.severity = settings.severity.clone().or(short.severity.take());
            short.limit = settings.limit.clone().or(short.limit.take());
            found = true;
        }
        if !found {
            let text = Text::new(
                format!("[quality.{id}] gäller ingen regel som körs"),
                format!("[quality.{id}] is for no rule that runs"),
            );
            return Err(Refusal::new("rule-missing", RefusalKind::Configuration, id, text));
        }
    }
    Ok(())
}

/// Adds a contract's rules, and its reading where the pipeline says nothing. Gives what could not be carried over.
fn take_contract(beside: &Path, relative: &str, reading: &mut Reading, rules: &mut Vec<Rule>) -> Result<Vec<LeftOut>, Refusal> {
    let text = std::fs::read_to_string(inside(beside, relative)?).map_err(|error| invalid("contract-unreadable", relative, &error))?;
    let imported = fyr_table::contract::import(&text).map_err(|refusal| Refusal {
        subject: relative.to_owned(),
        ..refusal
    })?;
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
    Ok(imported.left_out)
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
    written::read("policy-invalid", relative, &text)
}

fn read_hierarchies(beside: &Path, policy: &PrivacyPolicy) -> Result<BTreeMap<String, String>, Refusal> {
    let files = policy
        .columns
        .values()
        .filter_map(|column| column.hierarchy())
        .filter_map(|name| Some((name, fyr_privacy::hierarchy::file_of(name)?)));
    files
        .map(|(name, file)| {
            let bytes = std::fs::read(inside(beside, file)?).map_err(|error| invalid("hierarchy-missing", file, &error))?;
            Ok((name.to_owned(), fyr_privacy::hierarchy::text_of(file, bytes)?))
        })
        .collect()
}

/// A file beside the pipeline; a name that leaves the folder is refused.
pub(crate) fn inside(folder: &Path, relative: &str) -> Result<PathBuf, Refusal> {
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

    /// A pipeline of these lines, with one rule file of the workspace.
    fn read(lines: &str) -> Result<Pipeline, Refusal> {
        let folder = tempfile::TempDir::new().unwrap();
        let head = "source = \"exempelby\"\ndataset = \"https://data.exempelby.example/d\"\n";
        std::fs::write(folder.path().join("prov.toml"), format!("{head}{lines}")).unwrap();
        std::fs::write(
            folder.path().join("trad.json"),
            r#"{"fields": [{"name": "antal", "type": "integer", "constraints": {"minimum": 0}}], "foreignKeys": [{"fields": "antal"}]}"#,
        )
        .unwrap();
        let rule = "-- id: hogst      severity: error\n-- sv: Högst så många.\n-- en: At most so many.\n-- reads: t.antal, ref.trad\n\
                    -- parameters: most = 10\nSELECT t.\"row\" FROM t WHERE t.\"antal\" > {most}\n";
        Pipelines {
            folder: folder.path().to_path_buf(),
            rules: [("sql/quality/prov/hogst.sql".to_owned(), rule.to_owned())].into(),
        }
        .read("prov")
    }

    #[test]
    fn a_pipeline_sets_parameters_severity_and_limit_by_the_rules_id() {
        let own = "rules = [\"sql/quality/prov/*.sql\"]\n";
        let references = "[references]\ntrad = { release = \"exempelby-trad\", version = \"1.0.0\" }\n";
        let changed = "[quality.hogst]\nparameters = { most = 99 }\nseverity = \"warning\"\nlimit = \"1 %\"\n";
        let rule = read(&format!("{own}{references}{changed}")).unwrap().rules.remove(0);
        assert_eq!((rule.severity.as_str(), rule.limit_text.as_str()), ("warning", "1 %"));
        assert!(rule.sql.ends_with("> 99"), "{}", rule.sql);
        for (lines, id) in [
            (format!("{own}{changed}"), "rule-head"),
            (format!("{own}{references}[quality.lagst]\nseverity = \"info\"\n"), "rule-missing"),
            (format!("{own}{references}[quality.hogst]\nseverity = \"fatal\"\n"), "rule-settings"),
            (format!("{own}{references}[quality.hogst]\nlimit = \"några\"\n"), "rule-settings"),
            (
                format!("{own}{references}[quality.hogst]\nparameters = {{ least = 1 }}\n"),
                "rule-parameter",
            ),
            (
                "[references]\nnuts = { release = \"exempelby-trad\" }\n".to_owned(),
                "reference-name",
            ),
            (
                "[references]\n\"a b\" = { file = \"koder.csv\", edition = \"2024\" }\n".to_owned(),
                "reference-name",
            ),
        ] {
            assert_eq!(read(&lines).unwrap_err().id, id, "{lines}");
        }
    }

    #[test]
    fn a_volume_without_bounds_waits_for_former_versions() {
        let pipeline = read("[[checks]]\nkind = \"volume\"\n[quality.volume]\nseverity = \"error\"\n").unwrap();
        assert!(pipeline.rules.is_empty());
        assert_eq!(pipeline.against_versions[0].severity.as_deref(), Some("error"));
    }

    #[test]
    fn sums_of_a_cell_key_method_are_given_its_noise_in_the_pipeline() {
        let check = "[[checks]]\nkind = \"sum\"\ncolumns = [\"män\", \"kvinnor\"]\ntotal = \"totalt\"\n";
        let exact = read(check).unwrap().rules.remove(0);
        let noisy = read(&format!("{check}noise = 2.0\n")).unwrap().rules.remove(0);
        assert!(exact.sql.contains("CAST('0' AS DOUBLE) * (2 + 1)"), "{}", exact.sql);
        assert!(noisy.sql.contains("CAST('2' AS DOUBLE) * (2 + 1)"), "{}", noisy.sql);
    }

    #[test]
    fn what_a_contract_could_not_say_here_is_listed_by_its_path() {
        let pipeline = read("contract = \"trad.json\"\n").unwrap();
        let paths: Vec<&str> = pipeline.left_out.iter().map(|left| left.path.as_str()).collect();
        assert_eq!(paths, ["/foreignKeys"]);
    }

    #[test]
    fn a_file_name_that_leaves_the_folder_is_refused() {
        assert!(inside(Path::new("p"), "../x.csv").is_err());
        assert!(inside(Path::new("p"), "/etc/x.csv").is_err());
        assert!(inside(Path::new("p"), "x.csv").is_ok());
    }
}
