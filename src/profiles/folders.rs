//! Where the folder of a profile lies, and which of its files are shapes to try.

use std::path::{Path, PathBuf};

use fyr_graph::shacl::ShapesPath;

use crate::config::Config;

/// Profiles whose shapes others publish: name, who, where.
const OFFICIAL: &[(&str, &str, &str)] = &[
    ("dcat-ap-hvd", "SEMIC", "github.com/SEMICeu/DCAT-AP, releases/3.0.0-hvd/html"),
    (
        "dcat-ap-no",
        "Digitaliseringsdirektoratet",
        "github.com/Informasjonsforvaltning/dcat-ap-no, shacl",
    ),
    (
        "dcat-ap-fi",
        "Digi- ja väestötietovirasto",
        "the pages of the profile at dvv.fi; without published shapes, those of dcat-ap",
    ),
    ("dcat-ap", "SEMIC", "github.com/SEMICeu/DCAT-AP, releases/3.0.1/shacl"),
];

/// Who publishes the shapes of a profile, and where.
pub(super) fn official(asked: &str) -> Option<(&'static str, &'static str)> {
    let name = asked.split('@').next().unwrap_or(asked);
    let found = OFFICIAL.iter().find(|(known, ..)| *known == name);
    found.map(|(_, maker, place)| (*maker, *place))
}

/// A file under the name that was typed.
pub(super) fn named(path: &Path) -> ShapesPath {
    ShapesPath {
        path: crate::workspace::absolute(path),
        name: path.display().to_string(),
    }
}

/// The folder of a profile: as configured, by its path, or `shapes/NAME-VERSION` of the workspace; the last version when none is said.
pub(super) fn find(config: &Config, asked: &str) -> Option<PathBuf> {
    if let Some(folder) = config.check.profiles.get(asked) {
        let base = config.workspace.as_ref().map(|workspace| workspace.path(folder));
        return Some(base.unwrap_or_else(|| folder.clone())).filter(|folder| folder.is_dir());
    }
    let direct = Path::new(asked);
    if direct.is_dir() {
        return Some(direct.to_path_buf());
    }
    let (name, version) = match asked.split_once('@') {
        Some((name, version)) => (name, Some(version)),
        None => (asked, None),
    };
    let shapes = config.workspace.as_ref()?.path("shapes");
    let known = std::fs::read_dir(shapes).ok()?.flatten().map(|entry| entry.path());
    let of_name = known.filter_map(|path| {
        let folder = path.file_name()?.to_string_lossy().into_owned();
        let found = folder.strip_prefix(name)?.strip_prefix('-')?.to_owned();
        let fits = version.map_or(found.starts_with(|c: char| c.is_ascii_digit()), |version| found == version);
        (path.is_dir() && fits).then_some((numbers(&found), path))
    });
    of_name.max().map(|(_, path)| path)
}

/// `3.0.10` after `3.0.9`.
fn numbers(version: &str) -> Vec<u64> {
    version.split(['.', '-']).map(|part| part.parse().unwrap_or(0)).collect()
}

/// What a folder of shapes is called: its own name, which holds the version.
pub(super) fn name(folder: &Path, asked: &str) -> String {
    let name = folder.file_name().map(|name| name.to_string_lossy().into_owned());
    name.unwrap_or_else(|| asked.to_owned())
}

/// The Turtle files of a folder, or of its folder `shacl` where the official release has one.
pub(super) fn shapes(folder: &Path) -> Vec<ShapesPath> {
    let inner = folder.join("shacl");
    let folder = if inner.is_dir() { inner } else { folder.to_path_buf() };
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    let mut found: Vec<PathBuf> = entries.map(|entry| entry.path()).collect();
    found.retain(|path| path.is_file() && path.extension().is_some_and(|ending| ending == "ttl"));
    // An official release may hold its parts and all of them in one file; both together would say everything twice.
    let whole = |path: &PathBuf| path.file_stem().is_some_and(|stem| stem.to_string_lossy().ends_with("-full"));
    if found.iter().any(whole) {
        found.retain(whole);
    }
    found.sort();
    found.iter().map(|path| named(path)).collect()
}

#[cfg(test)]
mod tests {
    use super::numbers;

    #[test]
    fn versions_are_compared_by_their_numbers() {
        assert!(numbers("3.0.10") > numbers("3.0.9") && numbers("3.0.1") > numbers("2.2.0"));
    }
}
