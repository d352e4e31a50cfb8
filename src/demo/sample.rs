//! The samples compiled into the program: files of three invented bodies, their pipelines, their officers, and how each is meant to end.

use std::path::Path;

use fyr_model::privacy::Interest;
use fyr_model::{PipelineName, Refusal, RefusalKind, SourceId, Text};
use rust_embed::RustEmbed;
use serde::Deserialize;

use crate::workspace::internal;

#[derive(RustEmbed)]
#[folder = "samples/"]
struct Samples;

/// `samples/officers.toml`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Officers {
    /// Each invented body.
    pub body: Vec<Body>,
}

/// An invented body and who signs for it.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
#[allow(dead_code)] // `source` and `name` are for people who read the file.
pub struct Body {
    /// Its source.
    pub source: SourceId,
    /// Its name.
    pub name: String,
    /// Its organisation number, from a series that is not in use.
    pub organisation: String,
    /// The pipelines that its officers sign.
    pub signs: Vec<PipelineName>,
    /// Its officers.
    pub officer: Vec<Officer>,
}

/// An invented officer.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Officer {
    /// What is decided.
    pub interest: Interest,
    /// An invented name.
    pub name: String,
    /// The role.
    pub role: String,
    /// The ground.
    pub ground: String,
    /// The diary number.
    pub diary_number: Option<String>,
    /// The section of the secrecy act.
    pub secrecy_section: Option<String>,
}

impl Officers {
    /// Reads the compiled-in file.
    pub fn read() -> Result<Self, Refusal> {
        parse("officers.toml")
    }
}

/// `samples/expected.toml`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Expected {
    /// Each source.
    pub source: Vec<ExpectedSource>,
    /// Each pipeline.
    pub pipeline: Vec<ExpectedPipeline>,
}

/// How a harvest is meant to end.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ExpectedSource {
    /// The source.
    pub id: SourceId,
    /// Documents read the first time.
    pub documents: u64,
    /// Datasets in the snapshot.
    pub datasets: u64,
}

/// How a pipeline is meant to end.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ExpectedPipeline {
    /// The pipeline.
    pub name: PipelineName,
    /// `published` or `refused`.
    pub outcome: String,
    /// Rows before suppression.
    pub rows: Option<u64>,
    /// The smallest group.
    pub k: Option<u64>,
    /// Why it is refused: `licence`, `signatures` or `link`.
    pub because: Option<String>,
}

impl Expected {
    /// Reads the compiled-in file.
    pub fn read() -> Result<Self, Refusal> {
        parse("expected.toml")
    }
}

fn parse<T: serde::de::DeserializeOwned>(name: &str) -> Result<T, Refusal> {
    toml::from_str(&text(name)).map_err(|error| internal(name, &error))
}

fn text(name: &str) -> String {
    Samples::get(name)
        .and_then(|file| String::from_utf8(file.data.to_vec()).ok())
        .unwrap_or_default()
}

/// Where a sample lies in the workspace: sources and own record under `catalog/`, the rest as it is.
fn place(name: &str) -> Option<String> {
    match name.split_once('/') {
        Some(("sources", rest)) => Some(format!("catalog/sources/{rest}")),
        Some(("pipelines" | "sql" | "www" | "catalog", _)) => Some(name.to_owned()),
        _ => None,
    }
}

/// Writes the workspace. A folder with anything else in it is left alone.
pub fn write(dir: &Path) -> Result<(), Refusal> {
    let marker = dir.join("DEMO");
    let occupied = dir.read_dir().is_ok_and(|mut entries| entries.next().is_some());
    if occupied && !marker.exists() {
        let shown = dir.display().to_string();
        let text = Text::new(
            "mappen är inte tom och ingen tidigare demo",
            "the folder is not empty and no earlier demo",
        );
        return Err(Refusal::new("demo-folder", RefusalKind::Configuration, shown, text)
            .hint(Text::new("välj en annan med --dir", "choose another with --dir")));
    }
    for name in Samples::iter() {
        let (Some(place), Some(file)) = (place(&name), Samples::get(&name)) else {
            continue;
        };
        put(&dir.join(place), &file.data)?;
    }
    put(&dir.join("fyr.toml"), text("fyr.toml").replace("{address}", "www").as_bytes())?;
    put(
        &marker,
        "An invented workspace, made by `fyr demo`. Bodies, people and officers are invented.\n".as_bytes(),
    )
}

fn put(path: &Path, bytes: &[u8]) -> Result<(), Refusal> {
    if let Some(parent) = path.parent() {
        std::fs::create_dir_all(parent).map_err(|error| internal("demo", &error))?;
    }
    std::fs::write(path, bytes).map_err(|error| internal("demo", &error))
}
