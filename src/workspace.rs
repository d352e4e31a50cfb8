//! A workspace: the folder of `fyr.toml`, laid over the files compiled into the program.
//!
//! `dcat-ap-se/`, `catalog/`, `pipelines/` and `sql/` are embedded; a file in the workspace with the same relative path wins.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use fyr_model::{Refusal, RefusalKind, Text};
use rust_embed::RustEmbed;

#[derive(RustEmbed)]
#[folder = "catalog/"]
struct Catalog;

#[derive(RustEmbed)]
#[folder = "sql/"]
struct Sql;

/// The folder of a workspace.
#[derive(Debug, Clone)]
pub struct Workspace {
    /// Where `fyr.toml` lies.
    pub dir: PathBuf,
}

impl Workspace {
    /// The workspace named on the command line, or the nearest folder upwards that holds `fyr.toml`.
    pub fn find(named: Option<&Path>) -> Result<Option<Self>, Refusal> {
        if let Some(dir) = named {
            if !dir.join("fyr.toml").is_file() {
                let shown = dir.display().to_string();
                return Err(Refusal::new(
                    "workspace-missing",
                    RefusalKind::Configuration,
                    shown.clone(),
                    Text::new(format!("`{shown}` har ingen fyr.toml"), format!("`{shown}` has no fyr.toml")),
                )
                .hint(Text::new(
                    format!("`fyr init {shown}` skapar en arbetsyta"),
                    format!("`fyr init {shown}` makes a workspace"),
                )));
            }
            return Ok(Some(Self { dir: absolute(dir) }));
        }
        let here = std::env::current_dir().map_err(|error| internal("current-folder", &error))?;
        Ok(here
            .ancestors()
            .find(|dir| dir.join("fyr.toml").is_file())
            .map(|dir| Self { dir: dir.to_path_buf() }))
    }

    /// The refusal for a command that needs a workspace and has none.
    pub fn missing() -> Refusal {
        Refusal::new(
            "workspace-missing",
            RefusalKind::Configuration,
            "fyr.toml",
            Text::new(
                "ingen fyr.toml här eller i någon mapp ovanför",
                "no fyr.toml here or in any folder above",
            ),
        )
        .hint(Text::new(
            "kör `fyr init MAPP`, eller ange `--workspace MAPP`",
            "run `fyr init DIR`, or give `--workspace DIR`",
        ))
    }

    /// A path of the workspace.
    pub fn path(&self, relative: impl AsRef<Path>) -> PathBuf {
        self.dir.join(relative)
    }

    /// The text of a file: the workspace's own, else the one compiled in.
    pub fn text(&self, relative: &str) -> Option<String> {
        std::fs::read_to_string(self.path(relative)).ok().or_else(|| embedded(relative))
    }

    /// The quality rules: the standard pack, with the workspace's files over it and beside it, by relative path.
    pub fn rules(&self) -> BTreeMap<String, String> {
        let mut rules = standard_rules();
        for path in files_under(&self.path("sql/quality")) {
            let relative = path.strip_prefix(&self.dir).unwrap_or(&path).to_string_lossy().replace('\\', "/");
            if relative.ends_with(".sql")
                && let Ok(text) = std::fs::read_to_string(&path)
            {
                rules.insert(relative, text);
            }
        }
        rules
    }
}

/// The quality rules compiled into the program.
pub fn standard_rules() -> BTreeMap<String, String> {
    Sql::iter()
        .filter(|name| name.starts_with("quality/") && name.ends_with(".sql"))
        .filter_map(|name| Some((format!("sql/{name}"), utf8(Sql::get(&name)?.data.as_ref())?)))
        .collect()
}

/// A file compiled into the program.
pub fn embedded(relative: &str) -> Option<String> {
    let (folder, rest) = relative.split_once('/')?;
    let file = match folder {
        "catalog" => Catalog::get(rest),
        "sql" => Sql::get(rest),
        _ => None,
    }?;
    utf8(file.data.as_ref())
}

fn utf8(bytes: &[u8]) -> Option<String> {
    String::from_utf8(bytes.to_vec()).ok()
}

fn files_under(dir: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut waiting = vec![dir.to_path_buf()];
    while let Some(dir) = waiting.pop() {
        for entry in std::fs::read_dir(&dir).into_iter().flatten().flatten() {
            match entry.file_type() {
                Ok(kind) if kind.is_dir() => waiting.push(entry.path()),
                Ok(kind) if kind.is_file() => found.push(entry.path()),
                _ => {}
            }
        }
    }
    found.sort();
    found
}

/// `path` from the root.
pub fn absolute(path: &Path) -> PathBuf {
    std::path::absolute(path).unwrap_or_else(|_| path.to_path_buf())
}

/// A refusal for a fault of this machine, with the cause in words.
pub fn internal(id: &str, cause: &dyn std::fmt::Display) -> Refusal {
    Refusal::new(
        id,
        RefusalKind::Internal,
        "fyr",
        Text::new(format!("internt fel: {cause}"), format!("internal failure: {cause}")),
    )
}
