//! An invented installation: three sources, their last runs and scores, two releases and one that was withdrawn.
//!
//! Used by the router tests and by `examples/preview.rs`. Bodies and officers are as invented as the numbers.

#![allow(clippy::unwrap_used, clippy::panic, dead_code)]

pub mod release;
mod waiting;

pub use waiting::keys;

use std::path::Path;
use std::sync::Arc;

use chrono::{DateTime, Duration, Utc};
use fyr_confine::Runner;
use fyr_graph::write::OwnCatalogue;
use fyr_graph::{ReadRequest, Store};
use fyr_jobs::State;
use fyr_model::harvest::{ChangedIris, DatasetCounts, HarvestOutcome, HarvestRun, SourceFile};
use fyr_model::limits::{GraphLimits, SparqlLimits};
use fyr_model::readiness::{Gate, Readiness};
use fyr_model::{Agent, Counts, Refusal, RefusalKind, SourceId, Text};
use fyr_portal::Portal;
use serde_json::json;

/// A title that tries everything (H51, H57).
pub const HOSTILE: &str = "<script>alert(1)</script>\u{202e}gpj.exe\u{2066} =HYPERLINK(1) \"onload=x' & {{7*7}}";

pub fn at() -> DateTime<Utc> {
    "2026-11-22T03:12:31Z".parse().unwrap()
}

fn dataset(base: &str, id: &str, title: &str, licence: &str, more: &str) -> String {
    let licence = if licence.is_empty() {
        String::new()
    } else {
        format!("dcterms:license <{licence}> ;")
    };
    format!(
        r#"<{base}/dataset/{id}> a dcat:Dataset ; dcterms:title "{title}"@sv ;
  dcterms:description "Uppgifter om {id} som kommunen sköter, med läge, storlek och datum. En rad är ett objekt. Uppdateras varje vecka och gäller hela kommunen."@sv ;
  dcterms:publisher <{base}/utgivare> ; dcat:keyword "{id}"@sv ; dcat:contactPoint <{base}/kontakt> ; {more}
  dcterms:accrualPeriodicity <http://publications.europa.eu/resource/authority/frequency/WEEKLY> ;
  dcat:theme <http://publications.europa.eu/resource/authority/data-theme/ENVI> ; dcat:distribution <{base}/dataset/{id}/csv> .
<{base}/dataset/{id}/csv> a dcat:Distribution ; {licence} dcat:accessURL <{base}/{id}.html> ; dcat:downloadURL <{base}/{id}.csv> ; dcterms:format "text/csv" .
"#
    )
}

const CC0: &str = "http://creativecommons.org/publicdomain/zero/1.0/";
const BY: &str = "http://creativecommons.org/licenses/by/4.0/";

fn catalogue(base: &str, name: &str, datasets: &[(&str, &str, &str)]) -> String {
    let list: Vec<String> = datasets.iter().map(|(id, _, _)| format!("<{base}/dataset/{id}>")).collect();
    let mut text = format!(
        r#"@prefix dcat: <http://www.w3.org/ns/dcat#> . @prefix dcterms: <http://purl.org/dc/terms/> . @prefix foaf: <http://xmlns.com/foaf/0.1/> . @prefix vcard: <http://www.w3.org/2006/vcard/ns#> .
<{base}/katalog> a dcat:Catalog ; dcterms:title "{name}"@sv ; dcterms:publisher <{base}/utgivare> ; dcat:dataset {} .
<{base}/utgivare> a foaf:Organization, foaf:Agent ; foaf:name "{name}"@sv .
<{base}/kontakt> a vcard:Organization ; vcard:fn "{name}" ; vcard:hasEmail <mailto:oppnadata@{}> .
"#,
        list.join(", "),
        base.trim_start_matches("https://data.")
    );
    for (id, title, licence) in datasets {
        let escaped = title.replace('\\', "\\\\").replace('"', "\\\"");
        text.push_str(&dataset(base, id, &escaped, licence, "dcat:keyword \"öppna data\"@sv ;"));
    }
    text
}

fn store_catalogue(store: &Store, state: &State, dir: &Path, id: &SourceId, text: &str) {
    let (path, work) = (dir.join(format!("{id}.ttl")), dir.join(format!("work-{id}")));
    std::fs::create_dir_all(&work).unwrap();
    std::fs::write(&path, text).unwrap();
    let request = ReadRequest {
        path,
        source: id.to_string(),
        address: format!("https://data.{id}.example/dcat.ttl"),
        media_type: Some("text/turtle".into()),
        base: None,
        limits: GraphLimits::default(),
    };
    let read = fyr_graph::read(&request, &work).unwrap();
    store.replace(id, &read.nquads, read.sha256, &GraphLimits::default()).unwrap();
    let findings = fyr_assess::profile::check(&read.view);
    state
        .put("metadata", id.as_str(), &json!({ "findings": findings, "mqa": [] }), at())
        .unwrap();
    for dataset in &read.view.datasets {
        let mut score = fyr_assess::readiness(&fyr_assess::metadata_evidence(&read.view, dataset, at()));
        if dataset.id.as_str().ends_with("/elever") {
            score = withheld(score);
        }
        state.put("score", dataset.id.as_str(), &score, at()).unwrap();
    }
}

fn withheld(mut score: Readiness) -> Readiness {
    score.air = None;
    score.band = None;
    score.gates = vec![Gate {
        id: "G2".into(),
        reason: Text::new("hemligt skäl", "secret reason"),
        at_most: None,
    }];
    score
}

fn run(id: &SourceId, outcome: HarvestOutcome, days: i64, datasets: DatasetCounts) -> HarvestRun {
    let held = (0..datasets.held)
        .map(|n| format!("https://data.exempelby.example/dataset/forskola-{n}"))
        .collect();
    HarvestRun {
        source: id.clone(),
        outcome,
        trigger: "schedule".into(),
        started: at() - Duration::days(days),
        seconds: 31.2,
        documents: 1,
        requests: 1,
        bytes: 412_000,
        triples: 1_204,
        quads_written: if outcome == HarvestOutcome::Unchanged { 0 } else { 88 },
        datasets,
        findings: Counts {
            violation: 2,
            warning: 7,
            info: 4,
        },
        snapshot: Some(fyr_model::Sha256::of(id.as_str().as_bytes())),
        changes: ChangedIris {
            held,
            ..ChangedIris::default()
        },
        reason: (outcome == HarvestOutcome::Failed).then(|| {
            Refusal::new(
                "syntax",
                RefusalKind::Unreadable,
                id.as_str(),
                Text::new("dokumentet är inte giltig Turtle", "the document is not valid Turtle"),
            )
            .hint(Text::new("rätta raden och skörda igen", "mend the line and harvest again"))
            .at(fyr_model::Position {
                line: 32,
                column: 4,
                offset: 900,
            })
        }),
        finding_list: Vec::new(),
    }
}

fn journal(state: &State, runs: &[HarvestRun]) {
    for run in runs {
        let id = state.begin("harvest", run.source.as_str(), &run.trigger, run.started).unwrap();
        let word = serde_json::to_value(run.outcome).unwrap();
        state
            .finish(id, word.as_str().unwrap(), run, run.started + Duration::seconds(31))
            .unwrap();
    }
}

fn counts(added: u64, changed: u64, unchanged: u64, held: u64) -> DatasetCounts {
    DatasetCounts {
        added,
        changed,
        unchanged,
        vanished: 0,
        held,
    }
}

const TOWN: [(&str, &str, &str); 16] = [
    ("trad", "Träd i parker och längs gator", CC0),
    ("skolor", "Skolor och förskolor", BY),
    ("bad", "Badplatser", CC0),
    ("vagar", "Vägar", "https://creativecommons.org/licenses/by-nc/4.0/"),
    ("lekplatser", "Lekplatser", CC0),
    ("parker", "Parker", CC0),
    ("belysning", "Gatubelysning", ""),
    ("avfall", "Återvinningsstationer", CC0),
    ("bibliotek", "Bibliotek", CC0),
    ("cykel", "Cykelvägar", BY),
    ("detaljplaner", "Detaljplaner", CC0),
    ("elever", "Elever per skola", CC0),
    ("fornlamningar", "Fornlämningar", BY),
    ("grillplatser", "Grillplatser", CC0),
    ("hallplatser", "Hållplatser", CC0),
    (
        "parkering",
        "Parkeringsplatser för personer med rörelsehinder i de centrala delarna av kommunen",
        CC0,
    ),
];

/// Builds the installation below `dir`.
pub fn portal(dir: &Path) -> Portal {
    let (store, state) = (Store::memory().unwrap(), State::memory().unwrap());
    let [town, region, agency, late]: [SourceId; 4] =
        ["exempelby", "exempelregionen", "exempelmyndighet", "provkoping"].map(|name| name.parse().unwrap());
    store_catalogue(
        &store,
        &state,
        dir,
        &town,
        &catalogue("https://data.exempelby.example", "Exempelby kommun", &TOWN),
    );
    let hostile = HOSTILE.to_owned();
    let sets = [
        ("laddstationer", "Laddstationer för elfordon", BY),
        ("vantetider", "Väntetider i vården", CC0),
        ("hostile", hostile.as_str(), CC0),
    ];
    store_catalogue(
        &store,
        &state,
        dir,
        &region,
        &catalogue("https://data.exempelregionen.example", "Exempelregionen", &sets),
    );
    let mut runs: Vec<HarvestRun> = (1..27)
        .map(|day| match day {
            14 => run(&town, HarvestOutcome::Incomplete, day, counts(0, 0, 24, 0)),
            day if day % 3 == 0 => run(
                &town,
                HarvestOutcome::Changed,
                day,
                counts(day as u64 % 4, 1 + day as u64 % 5, 20, 0),
            ),
            day => run(&town, HarvestOutcome::Unchanged, day, counts(0, 0, 24, 0)),
        })
        .collect();
    runs.reverse();
    runs.push(run(&town, HarvestOutcome::Held, 0, counts(1, 3, 12, 9)));
    runs.push(run(&region, HarvestOutcome::Changed, 0, counts(0, 2, 1, 0)));
    runs.push(run(&agency, HarvestOutcome::Failed, 0, counts(0, 0, 0, 0)));
    journal(&state, &runs);
    let published = dir.join("published");
    release::trees(&published, "1.0.0", 18_199, Some(71.2));
    release::trees(&published, "2.1.0", 18_412, Some(82.0));
    release::survey(&published);
    release::withdrawn(&published);
    release::ended(&published);
    Portal {
        store,
        state,
        published,
        own: own(),
        runner: Runner::Direct(&[("graph.rehearse", fyr_graph::sparql::rehearse_work)]),
        sparql: SparqlLimits::default(),
        sources: Arc::new(move || {
            let file = |owner: &str, id: &SourceId, paused| SourceFile {
                url: format!("https://data.{id}.example/dcat.rdf"),
                kind: "auto".into(),
                schedule: "0 4 * * *".into(),
                owner: Some(owner.into()),
                base: None,
                paused,
            };
            vec![
                (town.clone(), file("Exempelby kommun", &town, false)),
                (agency.clone(), file("Myndigheten för exempel", &agency, false)),
                (region.clone(), file("Exempelregionen", &region, false)),
                (late.clone(), file("Provköpings kommun", &late, true)),
            ]
        }),
        candidates: Arc::new(|| Ok(waiting::all())),
        data: dir.join("data"),
        demo: true,
    }
}

fn own() -> OwnCatalogue {
    OwnCatalogue {
        base: "https://fyr.example".into(),
        title: Text::new("Exempelkatalogen", "The sample catalogue"),
        description: Text::new("Förädlade exempeldata.", "Curated sample data."),
        publisher: Agent {
            iri: "https://fyr.example/operator".into(),
            described: true,
            name: (&Text::new("Myndigheten för exempel", "Agency for samples")).into(),
            ..Agent::default()
        },
        homepage: None,
        contact: None,
        issued: Some("2026-01-01".into()),
        spatial: vec!["http://sws.geonames.org/2661886".into()],
    }
}
