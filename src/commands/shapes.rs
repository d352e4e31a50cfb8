//! `fyr check --shapes FILE.ttl…` and `--profile NAME`: a catalogue tried by SHACL shapes that the user gives, and by nothing else.
//!
//! The official shapes of DCAT-AP are not part of the program (they stand under CC BY 4.0, and validators update them by their own clock): a
//! folder with them is named by `--profile`, either by its path or as `shapes/NAME-VERSION/` of the workspace. Shapes and catalogue are both
//! read in a confined worker.

use std::path::{Path, PathBuf};

use clap::ArgMatches;
use fyr_graph::ReadResponse;
use fyr_graph::shacl::{ShaclRequest, ShaclResponse, ShapesPath};
use fyr_model::{Counts, Finding, Refusal, RefusalKind, RulePack, Text};

use super::Door;
use super::input::CheckBody;
use crate::cli;
use crate::workspace::internal;

/// The profile that `check` judges by when nothing else is said; its rules are part of the program.
const OWN: &str = "dcat-ap-se";
const OWN_VERSION: &str = "3.0.1";

/// Shapes files to try by, and what to call them together.
pub struct Given {
    name: String,
    files: Vec<ShapesPath>,
}

/// What was found, for the answer of `check`.
pub struct Tried {
    /// The body.
    pub body: CheckBody,
    /// The rule packs, or the shapes files with their digests.
    pub rules: Vec<RulePack>,
    /// The W3C report in Turtle.
    pub report: Option<String>,
}

impl Tried {
    /// A judgement by the program's own rules.
    pub fn of(body: CheckBody) -> Self {
        Self {
            body,
            rules: fyr_assess::packs(),
            report: None,
        }
    }
}

/// The W3C report tells what shapes found.
pub fn no_report() -> Refusal {
    wrong(
        "format",
        "`--format ttl` är rapporten från SHACL: ange `--shapes` eller en profil med former",
        "`--format ttl` is the report of SHACL: give `--shapes` or a profile of shapes",
    )
}

/// The shapes that the words name; none when the program's own profile is meant.
///
/// # Errors
/// A profile or a folder that is not there, both ways at once.
pub fn given(door: &Door, words: &ArgMatches) -> Result<Option<Given>, Refusal> {
    let shapes = cli::texts(words, "shapes");
    let profile = cli::text(words, "profile");
    if !shapes.is_empty() {
        if profile.is_some() {
            return Err(wrong(
                "shapes",
                "`--shapes` och `--profile` utesluter varandra",
                "`--shapes` and `--profile` exclude each other",
            ));
        }
        let name = shapes.join(", ");
        let files = shapes.iter().map(|file| named(Path::new(file))).collect();
        return Ok(Some(Given { name, files }));
    }
    let Some(profile) = profile else { return Ok(None) };
    let (name, version) = profile
        .split_once('@')
        .map_or((profile, None), |(name, version)| (name, Some(version)));
    if name == OWN {
        let ours = version.is_none_or(|version| version == OWN_VERSION);
        return if ours { Ok(None) } else { Err(unknown(profile)) };
    }
    let folder = folder(door, name, version).ok_or_else(|| unknown(profile))?;
    let files = files(&folder);
    if files.is_empty() {
        return Err(unknown(profile));
    }
    let name = folder
        .file_name()
        .map_or_else(|| profile.to_owned(), |name| name.to_string_lossy().into_owned());
    Ok(Some(Given { name, files }))
}

fn named(path: &Path) -> ShapesPath {
    ShapesPath {
        path: crate::workspace::absolute(path),
        name: path.display().to_string(),
    }
}

/// A folder by its path, or the workspace's `shapes/NAME-VERSION`; the last version by name when none is said.
fn folder(door: &Door, name: &str, version: Option<&str>) -> Option<PathBuf> {
    let direct = Path::new(name);
    if version.is_none() && direct.is_dir() {
        return Some(direct.to_path_buf());
    }
    let shapes = door.config.workspace.as_ref()?.path("shapes");
    let mut known: Vec<PathBuf> = std::fs::read_dir(shapes).ok()?.flatten().map(|entry| entry.path()).collect();
    known.retain(|path| {
        let folder = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let rest = folder.strip_prefix(name).and_then(|rest| rest.strip_prefix('-'));
        path.is_dir() && rest.is_some_and(|rest| version.map_or(rest.starts_with(|c: char| c.is_ascii_digit()), |version| rest == version))
    });
    known.sort();
    known.pop()
}

/// The Turtle files of a folder, or of its folder `shacl` where the official release has one; files that only import are passed over.
fn files(folder: &Path) -> Vec<ShapesPath> {
    let inner = folder.join("shacl");
    let folder = if inner.is_dir() { inner } else { folder.to_path_buf() };
    let mut found: Vec<PathBuf> = std::fs::read_dir(folder)
        .into_iter()
        .flatten()
        .flatten()
        .map(|entry| entry.path())
        .collect();
    found.retain(|path| path.is_file() && path.extension().is_some_and(|ending| ending == "ttl"));
    // An official release may hold its parts and all of them in one file; both together would say everything twice.
    let ends = |path: &Path, ending: &str| path.file_stem().is_some_and(|stem| stem.to_string_lossy().ends_with(ending));
    if found.iter().any(|path| ends(path, "-full")) {
        found.retain(|path| ends(path, "-full"));
    }
    found.sort();
    found.iter().map(|path| named(path)).collect()
}

fn wrong(subject: &str, sv: &str, en: &str) -> Refusal {
    Refusal::new("shapes-words", RefusalKind::Configuration, subject, Text::new(sv, en))
}

fn unknown(profile: &str) -> Refusal {
    Refusal::new(
        "profile-unknown",
        RefusalKind::Configuration,
        profile,
        Text::new("ingen mapp med former har det namnet", "no folder of shapes has that name"),
    )
    .hint(Text::new(
        "ange sökvägen till mappen med de officiella formerna, eller lägg den som shapes/NAMN-VERSION i arbetsytan",
        "give the path of the folder with the official shapes, or put it as shapes/NAME-VERSION in the workspace",
    ))
}

/// Tries a catalogue that has been read, in a confined worker.
///
/// # Errors
/// Shapes that are not used, with file and line; a worker that was stopped.
pub fn tried(door: &Door, given: &Given, read: ReadResponse, dir: &Path, report: bool) -> Result<Tried, Refusal> {
    for file in &given.files {
        if !file.path.is_file() {
            return Err(wrong(&file.name, "filen finns inte", "there is no such file"));
        }
    }
    let request = ShaclRequest {
        nquads: read.nquads,
        shapes: given.files.clone(),
        background: true,
        results_max: fyr_graph::shacl::RESULTS_MAX,
        report,
        limits: door.config.graph.clone(),
    };
    let runner = crate::work::runner().map_err(|error| internal("runner", &error))?;
    let answer: ShaclResponse = tokio::task::block_in_place(|| runner.run("graph.shacl", &given.name, &request, dir, &door.config.worker))?;
    let report = match answer.report {
        Some(path) => Some(std::fs::read_to_string(path).map_err(|error| internal("report", &error))?),
        None => None,
    };
    let mut findings = answer.findings;
    findings.extend(read.findings);
    findings.sort_by_cached_key(|one| {
        (
            one.severity,
            one.id.clone(),
            one.source_shape.clone(),
            one.focus.clone(),
            one.path.clone(),
        )
    });
    let counts = counted(answer.counts, &findings);
    let body = CheckBody {
        profile: given.name.clone(),
        conforms: counts.violation == 0,
        harvested_by_dataportal: None,
        counts,
        findings,
    };
    let packs = answer.shapes.into_iter().map(|(id, sha256)| RulePack {
        id,
        version: sha256.to_string().chars().take(12).collect(),
        sha256,
    });
    Ok(Tried {
        body,
        rules: packs.collect(),
        report,
    })
}

/// All results, those with them that a bounded report leaves out, and the findings that are no results.
fn counted(results: Counts, findings: &[Finding]) -> Counts {
    let others = Counts::of(findings.iter().filter(|one| one.component.is_empty()));
    Counts {
        violation: results.violation + others.violation,
        warning: results.warning + others.warning,
        info: results.info + others.info,
    }
}
