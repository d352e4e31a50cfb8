//! What a catalogue is judged by: rules that are compiled in, a folder of rules, SHACL shapes, or a folder that has both.
//!
//! In: the words after `--profile` and `--shapes`, and what `fyr.toml` says of profiles. Out: [`Chosen`], or a refusal that says what is known and
//! what to do. The official shapes of DCAT-AP are no part of the program: validators take them in by their own clock, and their licence asks that
//! their makers are named. So a folder with them is named by its path, by `[check.profiles]`, or lies as `shapes/NAME-VERSION` in the workspace.

mod folders;

use std::collections::BTreeMap;
use std::path::Path;

use chrono::Utc;
use clap::{Arg, ArgAction, ArgMatches};
use fyr_assess::profile::{HEAD, Profile};
use fyr_graph::shacl::ShapesPath;
use fyr_model::{Finding, Lang, Refusal, RefusalKind, RulePack, Severity, Text};

use crate::cli;
use crate::config::Config;

/// The longest file of a profile folder that is read.
const FILE_BYTES_MAX: u64 = 4 << 20;

/// `--profile` and `--shapes` as `check` and `mqa` offer them.
pub fn words(lang: Lang) -> [Arg; 2] {
    let profile = Text::new(
        "dcat-ap-se@3.0.1 om inget annat sägs, dcat-ap-se@2.2.0, en mapp med profile.toml eller SHACL-former, eller ett namn i arbetsytan",
        "dcat-ap-se@3.0.1 unless said, dcat-ap-se@2.2.0, a folder with profile.toml or SHACL shapes, or a name in the workspace",
    );
    let shapes = Text::new(
        "Pröva bara mot de här SHACL-filerna, lästa tillsammans",
        "Try by these SHACL files only, read together",
    );
    [
        Arg::new("profile")
            .long("profile")
            .value_name("NAME[@VERSION]")
            .num_args(1)
            .help(profile.get(lang).to_owned()),
        Arg::new("shapes")
            .long("shapes")
            .value_name("FILE.ttl")
            .num_args(1..)
            .action(ArgAction::Append)
            .conflicts_with("profile")
            .help(shapes.get(lang).to_owned()),
    ]
}

/// What a catalogue is judged by.
#[derive(Debug, Clone)]
pub struct Chosen {
    /// The profile with its version, or the files.
    pub name: String,
    /// Rules that the program applies itself; none where only shapes were asked for.
    pub rules: Option<Profile>,
    /// Shapes files, tried together.
    pub shapes: Vec<ShapesPath>,
    /// The words that ask for the same again.
    pub words: String,
}

impl Chosen {
    fn rules(profile: Profile, asked: Option<&str>) -> Self {
        Self {
            name: profile.pinned(),
            words: asked.map(|asked| format!(" --profile {asked}")).unwrap_or_default(),
            rules: Some(profile),
            shapes: Vec::new(),
        }
    }

    /// The packs of its own rules; those of shapes are known when they have been read.
    pub fn packs(&self) -> Vec<RulePack> {
        self.rules.as_ref().map(Profile::packs).unwrap_or_default()
    }

    /// Whether it follows the profile: by rules and shapes alike, no violation.
    pub fn conforms(findings: &[Finding]) -> bool {
        !findings.iter().any(|finding| finding.severity == Severity::Violation)
    }
}

/// What was asked for; without a word the current rules.
///
/// # Errors
/// A configuration refusal: a profile or a file that is not there, a folder that cannot be read.
pub fn chosen(config: &Config, words: &ArgMatches) -> Result<Chosen, Refusal> {
    let today = Utc::now().date_naive();
    let shapes = cli::texts(words, "shapes");
    if !shapes.is_empty() {
        let files: Vec<ShapesPath> = shapes.iter().map(|file| folders::named(Path::new(file))).collect();
        return Ok(Chosen {
            name: shapes.join(", "),
            rules: None,
            words: format!(" --shapes {}", shapes.join(" ")),
            shapes: there(files)?,
        });
    }
    let Some(asked) = cli::text(words, "profile") else {
        return Ok(Chosen::rules(Profile::current().in_effect(today), None));
    };
    if let Some(known) = Profile::named(asked) {
        return Ok(Chosen::rules(known.in_effect(today), Some(asked)));
    }
    let folder = folders::find(config, asked).ok_or_else(|| unknown(asked))?;
    if !folder.join(HEAD).is_file() {
        let shapes = folders::shapes(&folder);
        if shapes.is_empty() {
            return Err(unknown(asked));
        }
        return Ok(Chosen {
            name: folders::name(&folder, asked),
            rules: None,
            shapes,
            words: format!(" --profile {asked}"),
        });
    }
    let profile = Profile::read(&files(&folder)?)?.in_effect(today);
    let named = profile.shapes_files().iter().map(|file| folders::named(&folder.join(file)));
    let shapes = there(named.collect())?;
    let mut chosen = Chosen::rules(profile, Some(asked));
    chosen.shapes = shapes;
    // A folder that brings shapes alone has no rules of the portal's to judge by.
    chosen.rules = chosen.rules.filter(|profile| profile.rules().next().is_some());
    Ok(chosen)
}

/// The files, when each of them is there.
fn there(files: Vec<ShapesPath>) -> Result<Vec<ShapesPath>, Refusal> {
    match files.iter().find(|file| !file.path.is_file()) {
        None => Ok(files),
        Some(absent) => {
            let text = Text::new("filen med former finns inte", "there is no such file of shapes");
            Err(
                Refusal::new("shapes-absent", RefusalKind::Configuration, &absent.name, text).hint(Text::new(
                    "kontrollera sökvägen; filerna hämtas aldrig från nätet",
                    "check the path; files are never fetched from the network",
                )),
            )
        }
    }
}

fn unknown(asked: &str) -> Refusal {
    if let Some((maker, place)) = folders::official(asked) {
        let folder = if asked.contains('@') {
            asked.replace('@', "-")
        } else {
            format!("{asked}-VERSION")
        };
        let text = Text::new(
            format!("formerna för {asked} följer inte med programmet, och ingen mapp med dem är angiven"),
            format!("the shapes of {asked} are no part of the program, and no folder with them is named"),
        );
        return Refusal::new("profile-absent", RefusalKind::Configuration, asked, text).hint(Text::new(
            format!(
                "hämta dem från {maker} ({place}) och ange mappen: --profile MAPP, [check.profiles] \"{asked}\" = \"MAPP\" i fyr.toml, eller lägg \
                 den som shapes/{folder} i arbetsytan"
            ),
            format!(
                "fetch them from {maker} ({place}) and name the folder: --profile FOLDER, [check.profiles] \"{asked}\" = \"FOLDER\" in fyr.toml, or \
                 put it as shapes/{folder} in the workspace"
            ),
        ));
    }
    let known: Vec<String> = Profile::known().iter().map(Profile::pinned).collect();
    let known = known.join(", ");
    let text = Text::new("profilen är okänd", "the profile is unknown");
    Refusal::new("profile-unknown", RefusalKind::Configuration, asked, text).hint(Text::new(
        format!("kända profiler: {known}, eller en mapp med {HEAD} eller med SHACL-former (.ttl)"),
        format!("known profiles: {known}, or a folder with {HEAD} or with SHACL shapes (.ttl)"),
    ))
}

/// The TOML files of a folder, by name.
fn files(folder: &Path) -> Result<BTreeMap<String, String>, Refusal> {
    let mut files = BTreeMap::new();
    let entries = std::fs::read_dir(folder).map_err(|error| unreadable(folder, &error))?;
    for entry in entries {
        let path = entry.map_err(|error| unreadable(folder, &error))?.path();
        let Some(name) = path
            .file_name()
            .and_then(|name| name.to_str())
            .filter(|name| name.ends_with(".toml"))
        else {
            continue;
        };
        let length = std::fs::metadata(&path).map_err(|error| unreadable(&path, &error))?.len();
        if length > FILE_BYTES_MAX {
            return Err(unreadable(&path, &format!("{length} > {FILE_BYTES_MAX} byte")));
        }
        let text = std::fs::read_to_string(&path).map_err(|error| unreadable(&path, &error))?;
        files.insert(name.to_owned(), text);
    }
    Ok(files)
}

fn unreadable(path: &Path, error: &dyn std::fmt::Display) -> Refusal {
    let text = Text::new(
        format!("profilens fil går inte att läsa: {error}"),
        format!("the profile's file cannot be read: {error}"),
    );
    Refusal::new("profile-folder", RefusalKind::Configuration, path.display().to_string(), text)
}
