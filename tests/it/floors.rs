//! The walls of the house, held over `cargo metadata` and the source text.
//!
//! In: the lockfile's graph and the files that git knows. Out: nothing, or the name of what stands in the wrong place. Floors and their reasons
//! are in ARCHITECTURE.md; licences and banned duplicates are those of `deny.toml`, for machines without cargo-deny.

#![allow(clippy::panic)]

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::LazyLock;

use cargo_metadata::{DependencyKind, Metadata, MetadataCommand, Package};

static METADATA: LazyLock<Metadata> = LazyLock::new(|| {
    let manifest = root().join("Cargo.toml");
    let options = ["--locked".to_owned(), "--offline".to_owned()];
    MetadataCommand::new()
        .manifest_path(manifest)
        .other_options(options)
        .exec()
        .expect("cargo metadata")
});

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

/// The floor of a package of ours; a crate uses floors below its own and never a neighbour.
fn floor(name: &str) -> Option<u8> {
    Some(match name.strip_prefix("fyr-").unwrap_or(name) {
        "fyr" => 4,
        "harvest" | "curate" | "portal" => 3,
        "graph" | "fetch" | "table" | "privacy" | "audit" | "assess" | "publish" | "jobs" | "noise" | "confine" => 2,
        "model" => 1,
        _ => return None,
    })
}

fn ours() -> Vec<&'static Package> {
    METADATA.workspace_packages()
}

/// Packages that `package` names itself, with whether it does so for its tests only.
fn named(package: &Package) -> impl Iterator<Item = (&str, bool)> {
    package
        .dependencies
        .iter()
        .map(|dependency| (dependency.name.as_str(), dependency.kind == DependencyKind::Development))
}

/// Files that git tracks, or would: what a reader of the repository gets.
fn files() -> Vec<PathBuf> {
    let listed = Command::new("git")
        .args(["ls-files", "--cached", "--others", "--exclude-standard"])
        .current_dir(root())
        .output();
    let listed = listed.expect("git").stdout;
    let mut files: Vec<PathBuf> = String::from_utf8_lossy(&listed).lines().map(PathBuf::from).collect();
    files.retain(|path| root().join(path).is_file());
    files
}

fn text(path: &Path) -> Option<String> {
    std::fs::read_to_string(root().join(path)).ok()
}

#[test]
fn every_crate_stands_on_a_floor_and_uses_only_lower_ones() {
    for package in ours() {
        let own = floor(&package.name)
            .unwrap_or_else(|| panic!("`{}` stands on no floor: add it to this test and to ARCHITECTURE.md", package.name));
        for (name, test_only) in named(package) {
            if let Some(other) = floor(name) {
                assert!(
                    other < own,
                    "`{}` (floor {own}) uses `{name}` (floor {other}){}",
                    package.name,
                    if test_only { " in its tests" } else { "" }
                );
            }
        }
    }
}

#[test]
fn one_crate_names_each_engine() {
    let walls: [(&str, &[&str], &str); 6] = [
        (
            "fyr-graph",
            &[
                "oxigraph",
                "oxrdf",
                "oxrdfio",
                "oxttl",
                "oxrdfxml",
                "oxjsonld",
                "spargebra",
                "sparesults",
                "spareval",
                "shacl",
                "rudof_rdf",
                "rudof_iri",
                "prefixmap",
            ],
            "RDF",
        ),
        (
            "fyr-table",
            &[
                "datafusion",
                "datafusion-proto",
                "ballista",
                "ballista-core",
                "ballista-scheduler",
                "ballista-executor",
                "calamine",
                "csv",
            ],
            "tables",
        ),
        ("fyr-jobs", &["rusqlite", "rusqlite_migration", "libsqlite3-sys"], "SQLite"),
        ("fyr-fetch", &["reqwest", "object_store"], "outgoing connections"),
        ("fyr-noise", &["opendp"], "noise"),
        ("fyr-privacy", &["polars"], "bounded tables in memory"),
    ];
    for (owner, engines, what) in walls {
        for package in ours().into_iter().filter(|package| package.name.as_str() != owner) {
            for (name, test_only) in named(package) {
                // A GeoPackage is an SQLite file: `table` reads them, and keeps nothing in one.
                let reads_files = package.name == "fyr-table" && name == "rusqlite";
                assert!(
                    test_only || reads_files || !engines.contains(&name),
                    "`{}` names `{name}`: only `{owner}` knows {what}",
                    package.name
                );
            }
        }
    }
}

/// hyper serves the portal too; its client half, and the clients built on it, belong to `fetch`.
#[test]
fn only_fetch_has_an_http_client() {
    for package in ours().into_iter().filter(|package| package.name.as_str() != "fyr-fetch") {
        for dependency in package
            .dependencies
            .iter()
            .filter(|dependency| dependency.kind != DependencyKind::Development)
        {
            let hyper = ["hyper", "hyper-util"].contains(&dependency.name.as_str());
            let client = dependency
                .features
                .iter()
                .find(|feature| feature.starts_with("client") || *feature == "full");
            assert!(
                !hyper || client.is_none(),
                "`{}` names `{}` with {client:?}",
                package.name,
                dependency.name
            );
            assert!(
                !["ureq", "isahc", "curl", "attohttpc"].contains(&dependency.name.as_str()),
                "`{}` names `{}`",
                package.name,
                dependency.name
            );
        }
    }
}

#[test]
fn the_words_do_no_io() {
    let model = ours()
        .into_iter()
        .find(|package| package.name.as_str() == "fyr-model")
        .expect("fyr-model");
    let allowed = ["serde", "serde_json", "thiserror", "chrono", "url", "sha2", "toml"];
    for (name, test_only) in named(model) {
        assert!(test_only || allowed.contains(&name), "`fyr-model` names `{name}`");
    }
    for path in files().iter().filter(|path| path.starts_with("crates/model/src")) {
        let source = text(path).unwrap_or_default();
        for word in ["std::fs", "std::net", "std::process", "Utc::now", "SystemTime::now"] {
            assert!(!source.contains(word), "{}: `{word}`", path.display());
        }
    }
}

#[test]
fn the_auditor_shares_no_code_with_those_it_audits() {
    let audit = ours()
        .into_iter()
        .find(|package| package.name.as_str() == "fyr-audit")
        .expect("fyr-audit");
    let shared: Vec<&str> = named(audit)
        .map(|(name, _)| name)
        .filter(|name| name.starts_with("fyr-") && *name != "fyr-model")
        .collect();
    assert!(shared.is_empty(), "fyr-audit uses {shared:?}");
}

#[test]
fn only_curate_makes_a_curated_dataset() {
    for path in files() {
        let foreign = path.extension().is_some_and(|ending| ending == "rs")
            && !path.starts_with("crates/curate")
            && !path.starts_with("crates/publish")
            && path != Path::new("tests/it/floors.rs");
        if foreign && let Some(source) = text(&path) {
            assert!(
                !source.contains("CuratedDataset::new"),
                "{} makes a CuratedDataset past `curate`",
                path.display()
            );
        }
    }
}

/// Two of these in one program are two different types, two TLS providers, or do not link at all.
#[test]
fn engines_come_in_one_version() {
    let families = [
        "arrow",
        "parquet",
        "datafusion",
        "object_store",
        "tokio",
        "oxrdf",
        "libsqlite3-sys",
        "rustls",
    ];
    let mut versions: BTreeMap<&str, BTreeSet<String>> = BTreeMap::new();
    for package in &METADATA.packages {
        let name = package.name.as_str();
        let prefixed = name.starts_with("arrow-") || name.starts_with("datafusion-");
        if families.contains(&name) || prefixed {
            versions.entry(name).or_default().insert(package.version.to_string());
        }
    }
    for (name, found) in versions {
        assert!(found.len() == 1, "`{name}` in versions {found:?}: see `cargo tree -i {name}`");
    }
}

#[test]
fn banned_packages_are_absent() {
    for name in [
        "aws-lc-rs",
        "aws-lc-sys",
        "openssl",
        "openssl-sys",
        "native-tls",
        "sqlx",
        "serde_yaml",
    ] {
        let found = METADATA.packages.iter().any(|package| package.name.as_str() == name);
        assert!(!found, "`{name}` is in the lockfile: see `cargo tree --target all -i {name}`");
    }
}

/// What weakens the guarantee, clashes with our tables, or only costs time is never turned on (`privacy.md` section 4).
#[test]
fn the_library_of_noise_has_the_one_feature_that_it_needs() {
    let owner = ours()
        .into_iter()
        .find(|package| package.name.as_str() == "fyr-noise")
        .expect("fyr-noise");
    let named = owner
        .dependencies
        .iter()
        .find(|dependency| dependency.name == "opendp")
        .expect("opendp");
    assert!(
        !named.uses_default_features && named.features == ["contrib"],
        "{:?}",
        named.features
    );
    let resolved = METADATA.resolve.as_ref().expect("a resolved graph");
    let node = resolved
        .nodes
        .iter()
        .find(|node| node.id.repr.contains("opendp@") || node.id.repr.contains("#opendp"));
    let features: Vec<&str> = node.expect("opendp").features.iter().map(|feature| feature.as_ref()).collect();
    assert_eq!(features, ["contrib"]);
}

#[test]
fn packages_come_from_the_registry_in_a_stated_version() {
    for package in &METADATA.packages {
        let known = package
            .source
            .as_ref()
            .is_none_or(|source| source.repr.starts_with("registry+") || source.repr.starts_with("sparse+"));
        assert!(known, "`{}` comes from {:?}", package.name, package.source);
    }
    for package in ours() {
        for dependency in package.dependencies.iter().filter(|dependency| dependency.path.is_none()) {
            assert!(
                dependency.req.to_string() != "*",
                "`{}` takes any version of `{}`",
                package.name,
                dependency.name
            );
        }
    }
}

const LICENCES: [&str; 14] = [
    "MIT",
    "Apache-2.0",
    "BSD-2-Clause",
    "BSD-3-Clause",
    "ISC",
    "Zlib",
    "Unicode-3.0",
    "BSL-1.0",
    "CC0-1.0",
    "0BSD",
    "CDLA-Permissive-2.0",
    "bzip2-1.0.6",
    "MPL-2.0",
    "EUPL-1.2",
];

/// Whether an SPDX expression can be met with [`LICENCES`]; `WITH` only lifts conditions, and `/` is the old way to write `OR`.
fn admissible(expression: &str) -> bool {
    let spaced = expression.replace('/', " OR ").replace('(', " ( ").replace(')', " ) ");
    let words: Vec<&str> = spaced.split_whitespace().collect();
    let mut at = 0;
    let met = either(&words, &mut at);
    met && at == words.len()
}

fn either(words: &[&str], at: &mut usize) -> bool {
    let mut met = both(words, at);
    while words.get(*at) == Some(&"OR") {
        *at += 1;
        met |= both(words, at);
    }
    met
}

fn both(words: &[&str], at: &mut usize) -> bool {
    let mut met = single(words, at);
    while words.get(*at) == Some(&"AND") {
        *at += 1;
        met &= single(words, at);
    }
    met
}

fn single(words: &[&str], at: &mut usize) -> bool {
    let Some(word) = words.get(*at) else { return false };
    *at += 1;
    if *word == "(" {
        let met = either(words, at);
        *at += 1;
        return met;
    }
    if words.get(*at) == Some(&"WITH") {
        *at += 2;
    }
    LICENCES.contains(word)
}

#[test]
fn a_licence_expression_is_met_by_what_we_allow() {
    for met in [
        "MIT",
        "MIT/Apache-2.0",
        "GPL-2.0-only OR Apache-2.0",
        "(MIT OR GPL-3.0) AND Unicode-3.0",
        "Apache-2.0 WITH LLVM-exception",
    ] {
        assert!(admissible(met), "{met}");
    }
    for unmet in [
        "",
        "GPL-3.0-only",
        "MIT AND GPL-3.0-only",
        "(MIT OR Apache-2.0) AND AGPL-3.0-only",
        "MIT )",
    ] {
        assert!(!admissible(unmet), "{unmet}");
    }
}

/// Packages that give the text of a licence in place of its name, and the first line of what was read (`deny.toml` holds the whole text by its hash).
const CLARIFIED: [(&str, &str, &str); 2] = [("opendp", "MIT License", "MIT"), ("opendp_derive", "MIT License", "MIT")];

/// The name of the licence whose text a package holds, when it is the one that was read.
fn clarified(package: &Package) -> Option<&'static str> {
    let (_, first, name) = CLARIFIED.iter().find(|(name, _, _)| *name == package.name.as_str())?;
    let text = std::fs::read_to_string(package.license_file()?).ok()?;
    (text.lines().next()?.trim() == *first).then_some(*name)
}

#[test]
fn every_package_stands_under_an_allowed_licence() {
    for package in &METADATA.packages {
        let licence = package.license.as_deref().or_else(|| clarified(package)).unwrap_or_default();
        assert!(
            admissible(licence),
            "`{}` {} stands under `{licence}`, which is not on the list",
            package.name,
            package.version
        );
    }
}

/// `make demo` builds the program together with the root package's integration tests, `make test` everybody's. If another crate's tests turn a
/// feature on in a shared package, the engine is compiled twice on a cold machine: name that test dependency in the root package too then.
#[test]
fn demo_and_tests_share_one_feature_set() {
    let demo = features(&["--package", "fyr", "--edges", "normal,build,dev,features"]);
    let tests = features(&["--workspace", "--edges", "normal,build,dev,features"]);
    for (package, wanted) in &demo {
        let with_tests = tests
            .get(package)
            .unwrap_or_else(|| panic!("`{package}` is missing beside the tests"));
        assert_eq!(
            with_tests, wanted,
            "`{package}` has other features in `make test` than in `make demo`"
        );
    }
}

fn features(arguments: &[&str]) -> BTreeMap<String, BTreeSet<String>> {
    let cargo = std::env::var("CARGO").unwrap_or_else(|_| "cargo".into());
    let mut command = Command::new(cargo);
    command
        .args(["tree", "--locked", "--offline", "--prefix", "none", "--format", "{p}\t{f}"])
        .args(arguments)
        .current_dir(root());
    let listed = command.output().expect("cargo tree");
    assert!(listed.status.success(), "{}", String::from_utf8_lossy(&listed.stderr));
    let mut found: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for line in String::from_utf8_lossy(&listed.stdout).lines() {
        let Some((package, features)) = line.split_once('\t') else {
            continue;
        };
        if package.contains(" v") && !package.contains(" feature \"") {
            let package = package.split(" (").next().unwrap_or(package);
            found
                .entry(package.to_owned())
                .or_default()
                .extend(features.trim_end_matches(" (*)").split(',').map(str::to_owned));
        }
    }
    found
}

#[test]
fn a_long_file_says_why() {
    for path in files()
        .iter()
        .filter(|path| path.extension().is_some_and(|ending| ending == "rs" || ending == "py"))
    {
        let source = text(path).unwrap_or_default();
        let reason = source.lines().take(40).any(|line| line.contains("Longer than 600 lines because"));
        let lines = source.lines().count();
        assert!(
            lines <= 600 || reason,
            "{} has {lines} lines: split it, or say in its head `Longer than 600 lines because …`",
            path.display()
        );
    }
}

#[test]
fn every_module_opens_with_its_subject() {
    let sources = files()
        .into_iter()
        .filter(|path| path.extension().is_some_and(|ending| ending == "rs"));
    let is_test = |path: &Path| path.iter().any(|part| part == "tests" || part == "tests.rs");
    for path in sources.filter(|path| (path.starts_with("crates") || path.starts_with("src")) && !is_test(path)) {
        let source = text(&path).unwrap_or_default();
        assert!(
            source.trim_start().starts_with("//!"),
            "{} does not say what it is about",
            path.display()
        );
    }
}

/// Paths begin at the project's root or in a folder that the user names, never at somebody's home.
#[test]
fn files_hold_no_path_of_the_machine_they_were_written_on() {
    for path in files().iter().filter(|path| *path != Path::new("tests/it/floors.rs")) {
        for (number, line) in text(path).unwrap_or_default().lines().enumerate() {
            assert!(
                !names_a_machine(line),
                "{}:{}: a path of somebody's machine",
                path.display(),
                number + 1
            );
        }
    }
}

/// Whether one of the usual homes stands in `line` as an absolute path: not inside an address or behind a folder of ours.
fn names_a_machine(line: &str) -> bool {
    ["/home/", "/root/", "/Users/", "/work/", "/tmp/"].iter().any(|home| {
        line.match_indices(home).any(|(at, _)| {
            let inside = line[..at]
                .chars()
                .next_back()
                .is_some_and(|before| before.is_alphanumeric() || ".-_~}/".contains(before));
            let names = line[at + home.len()..].chars().next().is_some_and(char::is_alphanumeric);
            !inside && names
        })
    })
}

#[test]
fn an_address_is_no_path_of_a_machine() {
    assert!(names_a_machine("open /home/ada/fyr.toml"));
    assert!(names_a_machine("path = \"/tmp/x\""));
    for fine in [
        "https://data.exempelby.example/home/x",
        "crates/home/x",
        "${X}/tmp/y",
        "../work/x",
        "a folder under /tmp/",
    ] {
        assert!(!names_a_machine(fine), "{fine}");
    }
}
