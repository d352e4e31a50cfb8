//! `fyr check --fix`: a corrected catalogue, the list of changes that leads there and back, and the same list for people.
//!
//! `assess::repair` decides over plain statements, `graph` makes and writes; this module joins the two and checks the result: a change after
//! which a check would say something new is taken back, and nothing is handed over that does not read as exactly the graph that was meant.

mod patch;

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use fyr_assess::repair;
use fyr_graph::{Document, ReadResponse, Syntax};
use fyr_model::change::ChangeList;
use fyr_model::{CatalogueView, Counts, Finding, Refusal, RefusalKind, Sha256, Text};
use serde::{Deserialize, Serialize};

use crate::commands::{Bench, Door};
use crate::output;
use crate::workspace::internal;

/// The name that [`Bench::catalogue`] gives to what it reads; blank nodes are named by it.
pub const SOURCE: &str = "input";

/// What was corrected, for the answer of `check`.
#[derive(Debug, Clone, Serialize)]
pub struct FixBody {
    /// The corrected catalogue, as named by the caller.
    pub out: String,
    /// The list of changes beside it.
    pub list: String,
    /// The same for people.
    pub patch: String,
    /// How many changes were made.
    pub changes: u64,
    /// By rule.
    pub by_rule: BTreeMap<String, u64>,
    /// Changes that were left undone, because a check would have said something new.
    pub left: u64,
    /// Findings about the graph before.
    pub before: Counts,
    /// And after.
    pub after: Counts,
}

/// The file `OUT.changes.json`.
#[derive(Debug, Serialize, Deserialize)]
pub struct ListBody {
    /// What the list leads to.
    pub output: Output,
    /// The changes, and how blank nodes are called afterwards.
    #[serde(flatten)]
    pub list: ChangeList,
    /// Why, by rule.
    pub reasons: BTreeMap<String, Text>,
}

/// The corrected document.
#[derive(Debug, Serialize, Deserialize)]
pub struct Output {
    /// Its file name.
    pub name: String,
    /// Its media type.
    pub media_type: String,
    /// The digest of its bytes.
    pub sha256: Sha256,
}

/// A correction that was worked out and checked, and not yet written.
pub struct Corrected {
    pub document: Document,
    pub list: ChangeList,
    /// What reading the written document must find.
    pub sha256: Sha256,
    pub before: Vec<Finding>,
    pub after: Vec<Finding>,
    pub left: usize,
}

/// What a check says of a graph; a document's own findings (syntax, encoding) are not a matter of its graph.
pub fn findings(view: &CatalogueView) -> Vec<Finding> {
    let mut findings = view.findings.clone();
    findings.extend(fyr_assess::profile::check(view));
    findings
}

fn key(finding: &Finding) -> (String, String, String) {
    (finding.id.clone(), finding.focus.clone(), finding.path.clone())
}

/// Works out what may be corrected, until a check of the result says nothing new (by rule, focus and property).
pub fn corrected(read: &ReadResponse) -> Result<Corrected, Refusal> {
    let document = Document::open(&read.nquads, &read.view)?;
    let before = findings(&document.view());
    let known: BTreeSet<_> = before.iter().map(key).collect();
    let mut refused = BTreeSet::new();
    loop {
        let edits = repair::plan(&document.statements(), &refused);
        let changes = repair::changes(&edits);
        let result = document.revised(&changes)?;
        let after = findings(&result.view());
        let new: Vec<&Finding> = after.iter().filter(|finding| !known.contains(&key(finding))).collect();
        let objections = repair::objections(&edits, &new);
        if objections.is_empty() {
            let identity = result.identity(SOURCE)?;
            return Ok(Corrected {
                document: result,
                list: ChangeList {
                    changes,
                    blank_nodes: identity.blank_nodes,
                },
                sha256: identity.sha256,
                before,
                after,
                left: refused.len(),
            });
        }
        refused.extend(objections);
    }
}

/// The catalogue that a list leads to; for a list read backwards, the one that it came from.
pub fn applied(read: &ReadResponse, list: ChangeList) -> Result<Corrected, Refusal> {
    let document = Document::open(&read.nquads, &read.view)?;
    let before = findings(&document.view());
    let result = document.revised(&list.changes)?;
    let identity = result.identity(SOURCE)?;
    Ok(Corrected {
        after: findings(&result.view()),
        list: ChangeList {
            changes: list.changes,
            blank_nodes: identity.blank_nodes,
        },
        sha256: identity.sha256,
        document: result,
        before,
        left: 0,
    })
}

/// The list of a file that `--fix` wrote, read backwards.
pub fn undo_list(path: &str) -> Result<ChangeList, Refusal> {
    let refused = |error: &dyn std::fmt::Display| {
        let text = Text::new(
            format!("ändringslistan går inte att läsa: {error}"),
            format!("the list of changes cannot be read: {error}"),
        );
        Refusal::new("changes-unreadable", RefusalKind::Configuration, path, text)
    };
    let text = std::fs::read_to_string(path).map_err(|error| refused(&error))?;
    let list: ListBody = serde_json::from_str(&text).map_err(|error| refused(&error))?;
    Ok(list.list.reversed())
}

/// Where a correction goes: a name whose ending is a syntax, and which is not the input itself.
pub struct Target {
    out: PathBuf,
    syntax: Syntax,
}

impl Target {
    /// Reads the name.
    pub fn of(out: &str, input: &str) -> Result<Self, Refusal> {
        let path = PathBuf::from(out);
        let ending = path.extension().and_then(|ending| ending.to_str()).unwrap_or_default();
        let Some(syntax) = Syntax::from_extension(ending) else {
            let text = Text::new(
                "namnets ändelse säger inte vilken syntax",
                "the name's ending does not say which syntax",
            );
            let hint = Text::new(
                "sluta namnet med .rdf, .ttl, .jsonld eller .nt",
                "end the name with .rdf, .ttl, .jsonld or .nt",
            );
            return Err(Refusal::new("fix-syntax", RefusalKind::Configuration, out, text).hint(hint));
        };
        let real = |path: &Path| std::fs::canonicalize(path).ok();
        if let (Some(there), Some(here)) = (real(&path), real(Path::new(input)))
            && there == here
        {
            let text = Text::new(
                "den rättade katalogen skulle skriva över den lästa",
                "the corrected catalogue would overwrite the one read",
            );
            let hint = Text::new("ange ett annat namn; originalet behålls", "give another name; the original is kept");
            return Err(Refusal::new("fix-overwrites", RefusalKind::Configuration, out, text).hint(hint));
        }
        Ok(Self { out: path, syntax })
    }

    fn beside(&self, ending: &str) -> PathBuf {
        let mut name = self.out.clone().into_os_string();
        name.push(ending);
        PathBuf::from(name)
    }

    /// Writes the catalogue and its two lists. The document is read again in a confined worker before it gets its name.
    pub async fn write(&self, door: &Door, bench: &Bench, corrected: &Corrected) -> Result<FixBody, Refusal> {
        let bytes = corrected.document.write(self.syntax)?;
        let to = output::resolved(&self.out);
        let ending = format!(".{}", self.syntax.extension());
        // A catalogue is there to be read: what the user's mask allows, not the owner alone.
        let temp = tempfile::Builder::new()
            .prefix(".fyr-")
            .suffix(&ending)
            .permissions(std::os::unix::fs::PermissionsExt::from_mode(0o666))
            .tempfile_in(output::folder(&to))
            .map_err(|error| unwritable(&self.out, &error))?;
        std::fs::write(temp.path(), &bytes).map_err(|error| unwritable(&self.out, &error))?;
        let (_, again) = bench.catalogue(door, &temp.path().to_string_lossy(), None).await?;
        if again.sha256 != corrected.sha256 {
            return Err(differs(&self.out));
        }
        temp.as_file().sync_all().map_err(|error| unwritable(&self.out, &error))?;
        output::settle(temp, &to).map_err(|error| unwritable(&self.out, &error))?;
        self.lists(door, corrected, &bytes)
    }

    fn lists(&self, door: &Door, corrected: &Corrected, bytes: &[u8]) -> Result<FixBody, Refusal> {
        let (list, text) = (self.beside(".changes.json"), self.beside(".changes.txt"));
        let name = self
            .out
            .file_name()
            .map(|name| name.to_string_lossy().into_owned())
            .unwrap_or_default();
        let body = ListBody {
            output: Output {
                name: name.clone(),
                media_type: self.syntax.media_type().to_owned(),
                sha256: Sha256::of(bytes),
            },
            list: corrected.list.clone(),
            reasons: corrected
                .list
                .changes
                .iter()
                .map(|one| (one.rule.clone(), repair::reason(&one.rule)))
                .collect(),
        };
        let document = door.envelope("changes", None, body);
        let json = serde_json::to_string_pretty(&document).map_err(|error| internal("json", &error))?;
        std::fs::write(&list, json + "\n").map_err(|error| unwritable(&list, &error))?;
        std::fs::write(&text, patch::text(&name, &corrected.list)).map_err(|error| unwritable(&text, &error))?;
        let mut by_rule: BTreeMap<String, u64> = BTreeMap::new();
        for change in &corrected.list.changes {
            *by_rule.entry(change.rule.clone()).or_default() += 1;
        }
        Ok(FixBody {
            out: self.out.display().to_string(),
            list: list.display().to_string(),
            patch: text.display().to_string(),
            changes: corrected.list.changes.len() as u64,
            by_rule,
            left: corrected.left as u64,
            before: Counts::of(&corrected.before),
            after: Counts::of(&corrected.after),
        })
    }
}

fn unwritable(path: &Path, error: &std::io::Error) -> Refusal {
    let text = Text::new(format!("kunde inte skrivas: {error}"), format!("could not be written: {error}"));
    Refusal::new("fix", RefusalKind::Configuration, path.display().to_string(), text)
}

fn differs(path: &Path) -> Refusal {
    let text = Text::new(
        "det skrivna lästes inte som samma graf, så inget lämnades",
        "what was written did not read as the same graph, so nothing was handed over",
    );
    Refusal::new("fix-differs", RefusalKind::Internal, path.display().to_string(), text).hint(Text::new(
        "välj en annan syntax, till exempel .nt",
        "choose another syntax, for instance .nt",
    ))
}

#[cfg(test)]
mod tests;
