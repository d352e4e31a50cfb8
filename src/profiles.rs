//! Which profile a catalogue is judged against: one that is compiled in, by name and version, or a folder.
//!
//! In: the word after `--profile`. Out: the profile with the rules that are in effect today, or a refusal that lists the known ones.

use std::collections::BTreeMap;
use std::path::Path;

use chrono::Utc;
use clap::Arg;
use fyr_assess::profile::{HEAD, Profile};
use fyr_model::{Lang, Refusal, RefusalKind, Text};

/// The longest file of a profile folder that is read.
const FILE_BYTES_MAX: u64 = 4 << 20;

/// `--profile` as `check` offers it.
pub fn word(lang: Lang) -> Arg {
    let help = Text::new(
        "dcat-ap-se@3.0.1 om inget annat sägs, dcat-ap-se@2.2.0 eller en mapp med profile.toml",
        "dcat-ap-se@3.0.1 unless said, dcat-ap-se@2.2.0 or a folder with profile.toml",
    );
    let arg = Arg::new("profile").long("profile").value_name("NAME[@VERSION]").num_args(1);
    arg.help(help.get(lang).to_owned())
}

/// The profile asked for; without a word the current one.
pub fn chosen(asked: Option<&str>) -> Result<Profile, Refusal> {
    let today = Utc::now().date_naive();
    let Some(asked) = asked else {
        return Ok(Profile::current().in_effect(today));
    };
    if let Some(known) = Profile::named(asked) {
        return Ok(known.in_effect(today));
    }
    let folder = Path::new(asked);
    if folder.join(HEAD).is_file() {
        return Ok(Profile::read(&files(folder)?)?.in_effect(today));
    }
    let known: Vec<String> = Profile::known().iter().map(Profile::pinned).collect();
    let known = known.join(", ");
    let text = Text::new("profilen är okänd", "the profile is unknown");
    Err(
        Refusal::new("profile-unknown", RefusalKind::Configuration, asked, text).hint(Text::new(
            format!("kända profiler: {known}, eller en mapp med {HEAD}"),
            format!("known profiles: {known}, or a folder with {HEAD}"),
        )),
    )
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
