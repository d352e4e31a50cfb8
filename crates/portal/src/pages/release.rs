//! The page of a release: what it is, may I use it, score, fixes, evidence, columns, files, how to read it in, where it came from.

use chrono::{DateTime, Utc};
use fyr_model::licence::Reuse;
use fyr_model::privacy::{Decision, Interest, ProtectionFacts, Role};
use fyr_model::readiness::Readiness;
use fyr_model::release::{Manifest, ReleaseFile};
use fyr_model::table::TableProfile;
use fyr_model::{Lang, Sha256};
use fyr_publish::Release;
use serde::Deserialize;

use super::columns::{self, ColumnView};
use super::score::{self, ScoreView};
use super::{harvested, rows};
use crate::chrome::{Page, Part, Reader};
use crate::data;
use crate::draw::{column, icon};
use crate::words::{self, Markup, escape};

/// A file.
struct FileRow {
    id: String,
    href: String,
    name: String,
    format: String,
    size: String,
    short: String,
    full: String,
}

/// How to read it with one program.
struct Code {
    id: &'static str,
    name: &'static str,
    text: String,
}

/// A stop on the way from source to release.
struct Stop {
    name: String,
    first: Markup,
    second: Markup,
}

struct VersionRow {
    number: String,
    href: String,
    text: Markup,
}

struct Removed {
    name: String,
    text: String,
}

/// The page.
#[derive(askama::Template)]
#[template(path = "dataset.html")]
pub struct ReleasePage {
    page: Page,
    title: Markup,
    publisher: Markup,
    description: Option<Markup>,
    main_file: Option<(String, String)>,
    made: Markup,
    older: Option<String>,
    /// What waits to be the next version, and where: for those who may see it.
    waits: Option<(String, String)>,
    sentence: &'static str,
    duty: String,
    licence: (String, String),
    clean: String,
    tick: Markup,
    score: Option<ScoreView>,
    facts: Vec<(&'static str, Markup)>,
    interests: Vec<(String, Markup)>,
    interests_done: bool,
    spark: Markup,
    versions: Vec<VersionRow>,
    columns: Vec<ColumnView>,
    removed: Vec<Removed>,
    columns_note: String,
    files: Vec<FileRow>,
    more_files: Vec<FileRow>,
    codes: Vec<Code>,
    stops: Vec<Stop>,
    json_ld: String,
    source_page: Option<String>,
}

/// Everything the page is made from.
pub struct Made {
    /// The release.
    pub release: Release,
    /// All versions, newest first.
    pub versions: Vec<Release>,
    /// Its score.
    pub readiness: Option<Readiness>,
    /// Its profile.
    pub profile: Option<TableProfile>,
    /// How it was protected.
    pub protection: Option<ProtectionFacts>,
    /// Where the source's own dataset stands.
    pub source: Option<String>,
}

/// What `privacy.json` says of the protection.
#[derive(Deserialize)]
struct Privacy {
    protection: Option<ProtectionFacts>,
}

impl ReleasePage {
    /// The same page, with what waits to be the next version.
    pub fn waits(mut self, waits: Option<(String, String)>) -> Self {
        self.waits = waits;
        self
    }
}

impl Made {
    /// Reads what a release folder says.
    pub fn read(release: Release, versions: Vec<Release>, source: Option<String>) -> Self {
        let dir = release.dir.clone();
        Self {
            readiness: data::read_json(&dir.join("readiness.json")),
            profile: data::read_json(&dir.join("profile.json")),
            protection: data::read_json::<Privacy>(&dir.join("privacy.json")).and_then(|one| one.protection),
            release,
            versions,
            source,
        }
    }
}

/// Makes the page.
pub fn page(reader: &Reader, made: &Made, demo: bool) -> ReleasePage {
    let manifest = &made.release.manifest;
    let record = &manifest.record;
    let base = format!("/datasets/{}", record.name);
    let name = words::plain(&record.title, reader.lang);
    let rules = manifest.rules.iter().find(|pack| pack.id == "readiness");
    let score = made
        .readiness
        .as_ref()
        .map(|one| score::view(reader, one, &name, record.created, rules));
    let mut page = Page::new(reader, Part::Datasets, name, demo);
    for (kind, ending) in [
        ("text/turtle", "ttl"),
        ("application/rdf+xml", "rdf"),
        ("application/ld+json", "jsonld"),
    ] {
        page.alternates.push((kind, format!("{base}.{ending}")));
    }
    let newest = made.versions.first().map(|one| one.manifest.record.version);
    let mut files = files(manifest, &made.release.manifest_sha256, reader.lang);
    let (sentence, duty) = may_i(reader, data::reuse(&record.licence.flags));
    let protection = made.protection.as_ref();
    ReleasePage {
        page,
        title: rows::title(&record.title, &record.iri, reader.lang),
        publisher: words::said(&record.publisher.name, reader.lang).unwrap_or_default(),
        description: words::said(&record.description, reader.lang),
        main_file: main_file(reader, manifest),
        made: Markup(format!(
            "{} {} · {}",
            reader.t("Utgåva", "Release"),
            record.version,
            words::day(reader.lang, record.created)
        )),
        older: newest.filter(|newest| *newest != record.version).map(|_| reader.href(&base)),
        waits: None,
        sentence,
        duty: duty.to_owned(),
        licence: (
            words::clean(&record.licence.label),
            words::link(&record.licence.iri).unwrap_or_default(),
        ),
        clean: clean_words(reader, manifest, protection),
        tick: icon::tick(),
        score,
        facts: facts(reader, made),
        interests: interests(reader, manifest),
        interests_done: Interest::ALL
            .iter()
            .all(|one| manifest.decisions.iter().any(|given| given.interest == *one)),
        spark: spark(reader, &made.versions),
        versions: made.versions.iter().take(6).map(|one| version_row(reader, one)).collect(),
        columns: made
            .profile
            .as_ref()
            .map(|profile| columns::columns(reader, profile))
            .unwrap_or_default(),
        removed: removed(reader, protection),
        columns_note: columns_note(reader, manifest),
        codes: codes(manifest, &files),
        more_files: files.split_off(files.len().min(5)),
        files,
        stops: stops(reader, made),
        json_ld: format!("{base}.jsonld"),
        source_page: made.source.clone().map(|address| reader.href(&address)),
    }
}

/// What may be done, and the duty.
fn may_i(reader: &Reader, reuse: Reuse) -> (&'static str, &'static str) {
    let free = reader.t(
        "Fri att använda, ändra och sprida, även kommersiellt.",
        "Free to use, change and share, also commercially.",
    );
    match reuse {
        Reuse::Free => (free, reader.t("Du behöver inte ange källan.", "You need not name the source.")),
        Reuse::Attribution => (free, reader.t("Ange källan och licensen.", "Name the source and the licence.")),
        Reuse::ShareAlike => (
            free,
            reader.t(
                "Ange källan och dela resultatet under samma licens.",
                "Name the source and share the result under the same licence.",
            ),
        ),
        Reuse::Restricted => (
            reader.t("Får användas med begränsningar.", "May be used with restrictions."),
            reader.t("Läs villkoren innan du använder den.", "Read the terms before you use it."),
        ),
        Reuse::Unknown => (
            reader.t("Villkoren är inte kända.", "The terms are not known."),
            reader.t(
                "Utan licens får ingen rätt förutsättas.",
                "Without a licence no permission may be assumed.",
            ),
        ),
    }
}

fn clean_words(reader: &Reader, manifest: &Manifest, protection: Option<&ProtectionFacts>) -> String {
    let roles = |role| protection.is_some_and(|facts| facts.columns.iter().any(|one| one.role == role && one.action != "remove"));
    match manifest.k {
        Some(k) => format!(
            "{} {k}",
            reader.t("Skyddad: varje grupp har minst", "Protected: every group has at least")
        ),
        None if roles(Role::QuasiIdentifier) || roles(Role::Sensitive) => {
            reader.t("Skyddade personuppgifter", "Protected personal data").into()
        }
        None => reader
            .t(
                "Inga oskyddade personuppgifter i filerna",
                "No unprotected personal data in the files",
            )
            .into(),
    }
}

fn address(manifest: &Manifest, path: &str) -> String {
    let record = &manifest.record;
    format!("/datasets/{}/{}/{path}", record.name, record.version)
}

fn is_parquet(file: &ReleaseFile) -> bool {
    file.path.ends_with(".parquet")
}

fn main_file(reader: &Reader, manifest: &Manifest) -> Option<(String, String)> {
    let file = manifest.files.iter().find(|file| is_parquet(file))?;
    let text = format!(
        "{} Parquet, {}",
        reader.t("Hämta", "Download"),
        words::bytes(reader.lang, file.bytes)
    );
    Some((address(manifest, &file.path), text))
}

fn format_of(path: &str) -> &'static str {
    match path {
        "manifest.json" => "Manifest",
        "croissant.json" => "Croissant",
        "README.md" => "Markdown",
        "datapackage.json" => "Data Package",
        _ => match path.rsplit('.').next().unwrap_or_default() {
            "parquet" => "Parquet",
            "csv" => "CSV, UTF-8",
            "ttl" => "Turtle",
            "jsonld" => "JSON-LD",
            "md" => "Markdown",
            "json" => "JSON",
            _ => "–",
        },
    }
}

fn files(manifest: &Manifest, own: &Sha256, lang: Lang) -> Vec<FileRow> {
    let rank = |file: &ReleaseFile| match file.path.as_str() {
        path if path.ends_with(".parquet") => 0,
        path if path.ends_with(".csv") => 1,
        "croissant.json" => 2,
        "README.md" => 3,
        "manifest.json" => 4,
        _ => 5,
    };
    // The manifest lists every file but itself; its size is not known to it, so none is shown.
    let manifest_file = ReleaseFile {
        path: "manifest.json".into(),
        bytes: 0,
        sha256: *own,
        media_type: "application/json".into(),
        rows: None,
    };
    let mut sorted: Vec<&ReleaseFile> = manifest.files.iter().chain([&manifest_file]).collect();
    sorted.sort_by(|a, b| rank(a).cmp(&rank(b)).then_with(|| a.path.cmp(&b.path)));
    let row = |(i, file): (usize, &&ReleaseFile)| FileRow {
        id: format!("sha{i}"),
        href: address(manifest, &file.path),
        name: words::clean(&file.path),
        format: format_of(&file.path).to_owned(),
        size: if file.bytes > 0 {
            words::bytes(lang, file.bytes)
        } else {
            "–".into()
        },
        short: file.sha256.short(),
        full: file.sha256.to_string(),
    };
    sorted.iter().enumerate().map(row).collect()
}

fn codes(manifest: &Manifest, files: &[FileRow]) -> Vec<Code> {
    let record = &manifest.record;
    let Some(file) = files.iter().find(|file| file.name.ends_with(".parquet")) else {
        return Vec::new();
    };
    let whole = format!("{}{}", record.base, file.href);
    let croissant = format!("{}{}", record.base, address(manifest, "croissant.remote.json"));
    let mut codes = vec![
        Code {
            id: "polars",
            name: "polars",
            text: format!("import polars as pl\ndf = pl.read_parquet(\n  \"{whole}\"\n)"),
        },
        Code {
            id: "duckdb",
            name: "DuckDB",
            text: format!("INSTALL httpfs; LOAD httpfs;\nSELECT * FROM read_parquet(\n  '{whole}'\n);"),
        },
        Code {
            id: "pandas",
            name: "pandas",
            text: format!("import pandas as pd\ndf = pd.read_parquet(\n  \"{whole}\"\n)"),
        },
        Code {
            id: "r",
            name: "R",
            text: format!("library(arrow)\ndf <- read_parquet(\n  \"{whole}\"\n)"),
        },
    ];
    if files.iter().any(|file| file.name == "croissant.remote.json") {
        let text = format!("import mlcroissant as mlc\nds = mlc.Dataset(\n  jsonld=\"{croissant}\"\n)");
        codes.push(Code {
            id: "croissant",
            name: "Croissant",
            text,
        });
    }
    codes
}

fn facts(reader: &Reader, made: &Made) -> Vec<(&'static str, Markup)> {
    let record = &made.release.manifest.record;
    let mut facts = Vec::new();
    if let Some(sandbox) = &record.sandbox {
        let text = format!(
            "{} {}: <bdi>{}</bdi>",
            reader.t("till och med", "until"),
            words::day(reader.lang, words::noon(sandbox.until)),
            escape(&words::clean(sandbox.purpose.get(reader.lang)))
        );
        facts.push((reader.t("Sandlåda", "Sandbox"), Markup(text)));
    }
    if let Some(name) = words::said(&record.publisher.name, reader.lang) {
        facts.push((reader.t("Utgivare", "Publisher"), name));
    }
    if let Some(contact) = harvested::contact(reader, &record.contact) {
        facts.push((reader.t("Kontakt", "Contact"), contact));
    }
    if let Some(covers) = harvested::covers(reader, &record.spatial, &record.temporal) {
        facts.push((reader.t("Täcker", "Covers"), covers));
    }
    if let Some(value) = &record.frequency {
        facts.push((
            reader.t("Uppdateras", "Updated"),
            Markup(escape(&harvested::frequency(reader, value))),
        ));
    }
    facts.push((reader.t("Rader", "Rows"), Markup(words::count(reader.lang, record.rows))));
    if let Some(protection) = &record.protection {
        facts.push((reader.t("Skydd", "Protection"), Markup(escape(&words::clean(protection)))));
    }
    facts
}

fn interests(reader: &Reader, manifest: &Manifest) -> Vec<(String, Markup)> {
    let row = |interest: &Interest| {
        let given = manifest.decisions.iter().find(|one| one.interest == *interest);
        let words = match given {
            Some(given) => format!(
                "<bdi>{}</bdi>, {}{}",
                escape(&words::clean(&given.role)),
                words::day(reader.lang, given.at),
                standing(reader, given)
            ),
            None => reader.t("inget beslut", "no decision").to_owned(),
        };
        (super::findings::sentence(interest.name().get(reader.lang)), Markup(words))
    };
    Interest::ALL.iter().map(row).collect()
}

/// Until when a decision stands for versions to come.
fn standing(reader: &Reader, given: &Decision) -> String {
    let day = |until: chrono::NaiveDate| words::day(reader.lang, words::noon(until));
    given.standing.as_ref().map_or_else(String::new, |standing| {
        format!(", {} {}", reader.t("stående till och med", "standing until"), day(standing.until))
    })
}

fn spark(reader: &Reader, versions: &[Release]) -> Markup {
    let scores: Vec<f64> = versions.iter().rev().filter_map(|one| one.manifest.air).collect();
    let (Some(first), Some(last)) = (scores.first(), scores.last()) else {
        return Markup::default();
    };
    if scores.len() < 2 {
        return Markup::default();
    }
    let (first, last) = (words::score(reader.lang, *first), words::score(reader.lang, *last));
    column::spark(
        &scores,
        "spark",
        &format!("{} {first} {} {last}", reader.t("Poäng från", "Score from"), reader.t("till", "to")),
    )
}

fn version_row(reader: &Reader, release: &Release) -> VersionRow {
    let record = &release.manifest.record;
    let note = words::cut(words::clean(record.change_note.get(reader.lang)).trim(), 80);
    let date = words::day(reader.lang, record.created);
    VersionRow {
        number: record.version.to_string(),
        href: reader.href(&format!("/datasets/{}/{}", record.name, record.version)),
        text: Markup(if note.is_empty() {
            date.0
        } else {
            format!("{date} · {}", escape(&note))
        }),
    }
}

fn removed(reader: &Reader, protection: Option<&ProtectionFacts>) -> Vec<Removed> {
    let gone = protection
        .into_iter()
        .flat_map(|facts| &facts.columns)
        .filter(|one| one.action == "remove");
    gone.map(|one| Removed {
        name: words::clean(&one.column),
        text: columns::protection(reader, one).unwrap_or_default(),
    })
    .collect()
}

fn columns_note(reader: &Reader, manifest: &Manifest) -> String {
    let only = reader.t("Visar bara den publicerade filen.", "Shows the published file only.");
    match manifest.k {
        Some(k) => format!(
            "{only} {} {k} {}",
            reader.t("Grupper under", "Groups under"),
            reader.t("rader visas inte.", "rows are not shown.")
        ),
        None => only.to_owned(),
    }
}

fn stops(reader: &Reader, made: &Made) -> Vec<Stop> {
    let manifest = &made.release.manifest;
    let record = &manifest.record;
    let rows = |n: u64| format!("{} {}", words::count(reader.lang, n), reader.t("rader", "rows"));
    let time = |at: DateTime<Utc>| words::moment(reader.lang, at);
    let mut stops = Vec::new();
    if let Some(source) = record.sources.first() {
        let host = url::Url::parse(&source.address)
            .ok()
            .and_then(|url| url.host_str().map(str::to_owned))
            .unwrap_or_default();
        let harvested = source
            .harvested_at
            .map(|at| Markup(format!("{} {}", reader.t("skördad", "harvested"), time(at))))
            .unwrap_or_default();
        stops.push(Stop {
            name: reader.t("Källa", "Source").into(),
            first: Markup(escape(&words::clean(&host))),
            second: harvested,
        });
        let hash = format!("<span class=\"mono\" title=\"{}\">{}</span>", source.sha256, source.sha256.short());
        let file = format!(
            "{}, {}",
            words::cut(&words::last_part(&source.address), 40),
            words::bytes(reader.lang, source.bytes)
        );
        stops.push(Stop {
            name: reader.t("Hämtad fil", "Fetched file").into(),
            first: Markup(escape(&file)),
            second: Markup(hash),
        });
    }
    let read = made.protection.as_ref().map_or(record.rows, |facts| facts.rows_in);
    let bad = made.profile.as_ref().map_or(0, |profile| profile.bad_rows);
    let rejected = format!("{} {}", words::count(reader.lang, bad), reader.t("underkända", "rejected"));
    stops.push(Stop {
        name: reader.t("Tolkad tabell", "Read table").into(),
        first: Markup(rows(read)),
        second: Markup(rejected),
    });
    let gone = made
        .protection
        .as_ref()
        .map_or(0, |facts| facts.columns.iter().filter(|one| one.action == "remove").count());
    let what = match gone {
        0 => reader.t("ingen kolumn borttagen", "no column removed").to_owned(),
        1 => reader.t("1 kolumn borttagen", "1 column removed").to_owned(),
        n => format!("{n} {}", reader.t("kolumner borttagna", "columns removed")),
    };
    let audited = reader.t("kontrollerad fristående", "checked independently").to_owned();
    stops.push(Stop {
        name: reader.t("Skyddad", "Protected").into(),
        first: Markup(what),
        second: Markup(audited),
    });
    let name = format!("{} {}", reader.t("Utgåva", "Release"), record.version);
    stops.push(Stop {
        name,
        first: Markup(rows(record.rows)),
        second: time(record.created),
    });
    stops
}

/// The digest that identifies a page of a release, for `ETag`.
pub fn tag(release: &Release) -> Sha256 {
    release.manifest_sha256
}
