//! What the pages read: an index of datasets, releases and sources, made again when a run ends or a release appears.
//!
//! In: the store, the journal and the folder of releases. Out: plain rows for lists, and typed views kept by the digest of their snapshot.
//! A reader sees one index or the next, never half of each. Nothing is written.

use std::collections::{BTreeMap, BTreeSet};
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use chrono::{DateTime, Utc};
use fyr_model::harvest::{HarvestRun, SourceFile};
use fyr_model::incident::Incident;
use fyr_model::licence::Reuse;
use fyr_model::readiness::Readiness;
use fyr_model::withheld::Withheld;
use fyr_model::{CatalogueView, Dataset, LangStrings, PipelineName, Refusal, RefusalKind, Sha256, SourceId, Text, Version};
use fyr_publish::Release;

use crate::{Portal, words};

/// Where a row of a list leads.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Kind {
    /// A release of ours.
    Release(PipelineName, Version),
    /// A dataset as its source describes it.
    Source(SourceId),
}

/// One dataset in lists.
#[derive(Debug, Clone)]
pub struct Row {
    /// Where it leads.
    pub kind: Kind,
    /// Its IRI: ours for a release, else the publisher's.
    pub iri: String,
    /// Title.
    pub title: LangStrings,
    /// Who publishes the source.
    pub publisher: LangStrings,
    /// The licence's name, when one was found.
    pub licence: Option<String>,
    /// What may be done.
    pub reuse: Reuse,
    /// File formats, short.
    pub formats: Vec<String>,
    /// Lower-case text that search looks in.
    pub text: String,
    /// The score.
    pub score: Option<Arc<Readiness>>,
    /// When the release was made.
    pub created: Option<DateTime<Utc>>,
}

/// One source in lists.
#[derive(Debug, Clone)]
pub struct SourceRow {
    /// Its name.
    pub id: SourceId,
    /// What its file says.
    pub file: SourceFile,
    /// The last run that ended.
    pub last: Option<HarvestRun>,
    /// When a run that goes on now began.
    pub running: Option<DateTime<Utc>>,
    /// Datasets in the current snapshot.
    pub datasets: usize,
    /// The mean score of its datasets, as far as they have one.
    pub mean: Option<f64>,
}

/// Everything that lists need.
#[derive(Default)]
pub struct Index {
    /// Releases first, newest first, then datasets of sources without a release.
    pub rows: Vec<Row>,
    /// Sources by name.
    pub sources: Vec<SourceRow>,
    /// Scores of what sources publish, by dataset IRI, with the time of measuring.
    pub scores: BTreeMap<String, (Arc<Readiness>, DateTime<Utc>)>,
    /// The release made from a dataset IRI.
    pub released: BTreeMap<String, PipelineName>,
}

/// How long an index is kept when nothing tells that it is old: a score may be stored outside a run.
const KEPT: Duration = Duration::from_secs(30);

/// The index and views in memory.
#[derive(Default)]
pub struct Cache {
    index: Mutex<Option<(u64, Instant, Arc<Index>)>>,
    views: Mutex<BTreeMap<SourceId, (Sha256, Arc<CatalogueView>)>>,
}

fn locked<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Cache {
    /// The index of this moment.
    pub fn index(&self, portal: &Portal) -> Result<Arc<Index>, Refusal> {
        let key = moment(portal)?;
        if let Some((known, made, index)) = locked(&self.index).as_ref()
            && *known == key
            && made.elapsed() < KEPT
        {
            return Ok(index.clone());
        }
        let index = Arc::new(self.build(portal)?);
        *locked(&self.index) = Some((key, Instant::now(), index.clone()));
        Ok(index)
    }

    /// What a source says, from its current snapshot.
    pub fn view(&self, portal: &Portal, id: &SourceId) -> Result<Option<Arc<CatalogueView>>, Refusal> {
        let Some(snapshot) = portal.store.snapshot(id)? else {
            return Ok(None);
        };
        if let Some((known, view)) = locked(&self.views).get(id)
            && *known == snapshot.sha256
        {
            return Ok(Some(view.clone()));
        }
        let view = Arc::new(portal.store.view(id)?);
        locked(&self.views).insert(id.clone(), (snapshot.sha256, view.clone()));
        Ok(Some(view))
    }

    fn build(&self, portal: &Portal) -> Result<Index, Refusal> {
        let mut index = Index::default();
        for (iri, value, at) in portal.state.list_as::<Readiness>("score")? {
            index.scores.insert(iri, (Arc::new(value), at));
        }
        let mut releases = fyr_publish::list(&portal.published)?;
        let now = Utc::now();
        releases.retain(|release| release.manifest.record.ended(now).is_none());
        for release in &releases {
            for source in &release.manifest.record.sources {
                index
                    .released
                    .insert(source.dataset.as_str().to_owned(), release.manifest.record.name.clone());
            }
        }
        index.rows = releases.iter().map(release_row).collect();
        index.rows.sort_by(|a, b| b.created.cmp(&a.created).then_with(|| a.iri.cmp(&b.iri)));
        let running = running(portal)?;
        let mut seen = BTreeSet::new();
        for (id, file) in (portal.sources)() {
            let view = self.view(portal, &id)?;
            let datasets = view.as_deref().map(|view| view.datasets.as_slice()).unwrap_or_default();
            let scores: Vec<f64> = datasets.iter().filter_map(|one| index.scores.get(one.id.as_str())?.0.air).collect();
            for dataset in datasets {
                if !index.released.contains_key(dataset.id.as_str()) && seen.insert(dataset.id.as_str().to_owned()) {
                    index.rows.push(dataset_row(&id, dataset, &index.scores));
                }
            }
            index.sources.push(SourceRow {
                last: last_run(portal, &id)?,
                running: running.get(id.as_str()).copied(),
                datasets: datasets.len(),
                mean: (!scores.is_empty()).then(|| scores.iter().sum::<f64>() / scores.len() as f64),
                id,
                file,
            });
        }
        Ok(index)
    }
}

/// The addresses that are shown to nobody, since what they give holds personal data.
pub fn withheld(portal: &Portal) -> Result<Withheld, Refusal> {
    let incidents = portal.state.list_as::<Incident>("incident")?;
    let standing = incidents.into_iter().map(|(_, incident, _)| incident).filter(Incident::is_withheld);
    Ok(Withheld::of(standing.flat_map(|incident| incident.addresses)))
}

/// A number that changes when a run begins or ends, a release appears or goes, or a source file changes.
fn moment(portal: &Portal) -> Result<u64, Refusal> {
    let mut hasher = DefaultHasher::new();
    for run in portal.state.runs(None, None, 8)? {
        (run.id, run.finished, &run.outcome).hash(&mut hasher);
    }
    names(&portal.published, 2).hash(&mut hasher);
    for (id, file) in (portal.sources)() {
        (id, file.url, file.schedule, file.paused).hash(&mut hasher);
    }
    Ok(hasher.finish())
}

fn names(folder: &Path, depth: u8) -> Vec<String> {
    let Ok(entries) = std::fs::read_dir(folder) else {
        return Vec::new();
    };
    let mut found: Vec<String> = entries
        .flatten()
        .flat_map(|entry| {
            let own = entry.file_name().to_string_lossy().into_owned();
            let below = if depth > 1 { names(&entry.path(), depth - 1) } else { Vec::new() };
            let mut all: Vec<String> = below.into_iter().map(|name| format!("{own}/{name}")).collect();
            all.push(own);
            all
        })
        .collect();
    found.sort();
    found
}

fn running(portal: &Portal) -> Result<BTreeMap<String, DateTime<Utc>>, Refusal> {
    let open = portal.state.open_runs()?;
    Ok(open
        .into_iter()
        .filter(|run| run.kind == "harvest")
        .map(|run| (run.subject, run.started))
        .collect())
}

/// The last harvest of a source that ended with a report.
pub fn last_run(portal: &Portal, id: &SourceId) -> Result<Option<HarvestRun>, Refusal> {
    Ok(last_runs(portal, id, 4)?.into_iter().next())
}

/// The last harvests of a source that ended with a report, newest first.
pub fn last_runs(portal: &Portal, id: &SourceId, limit: usize) -> Result<Vec<HarvestRun>, Refusal> {
    let runs = portal.state.runs(Some("harvest"), Some(id.as_str()), limit)?;
    Ok(runs
        .into_iter()
        .filter_map(|run| serde_json::from_value(run.report?).ok())
        .collect())
}

fn release_row(release: &Release) -> Row {
    let record = &release.manifest.record;
    let score = read_json::<Readiness>(&release.dir.join("readiness.json"));
    let mut formats: Vec<String> = release
        .manifest
        .files
        .iter()
        .filter(|file| file.rows.is_some())
        .map(|file| format_name(&file.media_type))
        .collect();
    formats.sort_by_key(|name| name != "Parquet");
    formats.dedup();
    Row {
        kind: Kind::Release(record.name.clone(), record.version),
        iri: record.iri.clone(),
        title: record.title.clone(),
        publisher: record.publisher.name.clone(),
        licence: Some(record.licence.label.clone()),
        reuse: reuse(&record.licence.flags),
        formats,
        text: search_text(&[&record.title, &record.description, &record.keyword, &record.publisher.name]),
        score: score.map(Arc::new),
        created: Some(record.created),
    }
}

fn dataset_row(id: &SourceId, dataset: &Dataset, scores: &BTreeMap<String, (Arc<Readiness>, DateTime<Utc>)>) -> Row {
    let publisher = dataset.publisher.first().map(|agent| agent.name.clone()).unwrap_or_default();
    let verdict = dataset.distributions.first().map(|one| fyr_assess::licence::verdict(dataset, one));
    let mut formats: Vec<String> = Vec::new();
    for distribution in &dataset.distributions {
        if let Some(value) = distribution.format.iter().chain(&distribution.media_type).next() {
            let name = format_name(value.as_str());
            if !formats.contains(&name) && formats.len() < 4 {
                formats.push(name);
            }
        }
    }
    Row {
        kind: Kind::Source(id.clone()),
        iri: dataset.id.as_str().to_owned(),
        title: dataset.title.clone(),
        text: search_text(&[&dataset.title, &dataset.description, &dataset.keyword, &publisher]),
        publisher,
        licence: verdict
            .as_ref()
            .and_then(|verdict| verdict.licence.as_ref())
            .map(|licence| licence.label.clone()),
        reuse: verdict.map_or(Reuse::Unknown, |verdict| verdict.reuse),
        formats,
        score: scores.get(dataset.id.as_str()).map(|(score, _)| score.clone()),
        created: None,
    }
}

/// What a licence's flags allow.
pub fn reuse(flags: &fyr_model::LicenceFlags) -> Reuse {
    match flags {
        flags if flags.nc || flags.nd || !flags.open => Reuse::Restricted,
        flags if flags.sa => Reuse::ShareAlike,
        flags if flags.by => Reuse::Attribution,
        _ => Reuse::Free,
    }
}

fn search_text(parts: &[&LangStrings]) -> String {
    let mut text = String::new();
    for part in parts {
        for one in part.iter() {
            text.extend(one.value.chars().take(2_000).flat_map(char::to_lowercase));
            text.push('\n');
        }
    }
    text
}

/// `CSV` for `text/csv` or an authority's IRI.
pub fn format_name(given: &str) -> String {
    let last = words::last_part(given);
    let name = match last.to_ascii_lowercase().as_str() {
        "vnd.apache.parquet" | "x-parquet" => "Parquet",
        "csv" => "CSV",
        "json" => "JSON",
        "ld+json" => "JSON-LD",
        "geo+json" | "geojson" => "GeoJSON",
        "geopackage+sqlite3" | "gpkg" => "GeoPackage",
        "vnd.shp" | "shp" => "Shapefile",
        "gml+xml" | "gml" => "GML",
        "vnd.openxmlformats-officedocument.spreadsheetml.sheet" | "xlsx" => "XLSX",
        "zip" => "ZIP",
        "xml" => "XML",
        "html" => "HTML",
        _ => return words::cut(&last, 24),
    };
    name.to_owned()
}

/// A JSON file of ours; nothing when it is absent or of another shape.
pub fn read_json<T: serde::de::DeserializeOwned>(path: &Path) -> Option<T> {
    let bytes = std::fs::read(path).ok()?;
    serde_json::from_slice(&bytes).ok()
}

/// A refusal for a fault of this machine.
pub fn internal(id: &str, subject: impl Into<String>) -> Refusal {
    let text = Text::new(
        "portalen kunde inte läsa det som efterfrågades",
        "the portal could not read what was asked for",
    );
    Refusal::new(id, RefusalKind::Internal, subject, text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn formats_have_one_short_name_however_they_are_written() {
        for (given, expected) in [
            ("text/csv", "CSV"),
            ("http://publications.europa.eu/resource/authority/file-type/CSV", "CSV"),
            ("application/vnd.apache.parquet", "Parquet"),
            ("application/geo+json", "GeoJSON"),
            ("PxWeb", "PxWeb"),
        ] {
            assert_eq!(format_name(given), expected);
        }
    }
}
