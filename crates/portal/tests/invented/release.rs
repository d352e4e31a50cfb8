//! Invented releases, written by hand in the layout of `publishing.md` section 1.

use std::collections::BTreeMap;
use std::path::Path;

use chrono::{DateTime, Duration, Utc};
use fyr_model::catalogue::{Agent, Contact, Period};
use fyr_model::privacy::{ColumnPlan, Decision, Interest, ProtectionFacts, Role, SearchFacts};
use fyr_model::readiness::{DIMENSIONS, DimensionScore, NextFix, Readiness, Status, Subject, band};
use fyr_model::release::{Manifest, ReleaseFile, ReleaseRecord, ReleaseSource};
use fyr_model::table::{Column, ColumnProfile, ColumnType, Distinct, Histogram, Quantiles, TableProfile, ValueCount};
use fyr_model::{CatalogueView, Dataset, DatasetId, LangString, LangStrings, Licence, LicenceFlags, RulePack, Sha256, Text, Version};
use serde_json::json;

use super::at;

fn sv(text: &str) -> LangStrings {
    LangStrings(vec![LangString {
        value: text.into(),
        lang: Some("sv".into()),
    }])
}

fn licence(free: bool) -> Licence {
    Licence {
        code: if free { "CC0" } else { "CC_BY_4_0" }.into(),
        label: if free { "CC0 1.0" } else { "CC BY 4.0" }.into(),
        iri: if free {
            "http://creativecommons.org/publicdomain/zero/1.0/"
        } else {
            "http://creativecommons.org/licenses/by/4.0/"
        }
        .into(),
        spdx: None,
        flags: LicenceFlags {
            open: true,
            by: !free,
            ..LicenceFlags::default()
        },
    }
}

/// A score of a release with the fractions given; everything else is full.
pub fn score(iri: &str, fractions: &[(&str, Option<f64>)]) -> Readiness {
    let mut evidence = fyr_assess::metadata_evidence(&CatalogueView::default(), &Dataset::new(iri), at());
    evidence.subject = Subject::Release;
    let mut score = fyr_assess::readiness(&evidence);
    for one in &mut score.indicators {
        let given = fractions.iter().find(|(id, _)| *id == one.id);
        (one.status, one.fraction) = match given {
            None if one.id == "P2" || one.id == "K6" => (Status::NotApplicable, 0.0),
            None => (Status::Pass, 1.0),
            Some((_, None)) => (Status::NotMeasured, 0.0),
            Some((_, Some(f))) => (if *f > 0.0 { Status::Partial } else { Status::Fail }, *f),
        };
        one.points = one.max * one.fraction;
        one.evidence = Text::new(
            "4 av 10 kolumner har en beskrivning på svenska.",
            "4 of 10 columns have a description in Swedish.",
        );
    }
    score.dimensions = DIMENSIONS
        .iter()
        .map(|(code, _, _)| {
            let own = score
                .indicators
                .iter()
                .filter(|one| one.dimension == *code && one.status != Status::NotApplicable);
            let sum = own.fold(DimensionScore::default(), |sum, one| DimensionScore {
                points: sum.points + one.points,
                max: sum.max + one.max,
                not_measured: sum.not_measured + if one.status == Status::NotMeasured { one.max } else { 0.0 },
            });
            ((*code).to_owned(), sum)
        })
        .collect();
    let whole: f64 = score.dimensions.values().map(|one| one.max).sum();
    let won: f64 = score.dimensions.values().map(|one| one.points).sum();
    let air = (1000.0 * won / whole).round() / 10.0;
    score.air = Some(air);
    score.air_ungated = air;
    score.band = Some(band(air).0.into());
    score.gates.clear();
    let mut fixes: Vec<NextFix> = score
        .indicators
        .iter()
        .filter(|one| one.status != Status::NotApplicable && one.fraction < 1.0)
        .map(|one| NextFix {
            id: one.id.clone(),
            text: one
                .raise_it
                .clone()
                .unwrap_or_else(|| Text::new("Fyll i utkastet till beskrivning", "Fill in the draft description")),
            gain: 100.0 * one.max * (1.0 - one.fraction) / whole,
            effort: one.effort.clone(),
        })
        .collect();
    fixes.sort_by(|a, b| b.gain.total_cmp(&a.gain));
    score.air_after_five = air + fixes.iter().take(5).map(|fix| fix.gain).sum::<f64>();
    score.fixes = fixes;
    score.mqa = BTreeMap::from([("eu".to_owned(), 335), ("se".to_owned(), 350)]);
    score
}

fn column(name: &str, kind: ColumnType, nulls: u64, distinct: u64, description: Option<&str>) -> ColumnProfile {
    ColumnProfile {
        name: name.into(),
        kind,
        nulls,
        distinct: Distinct {
            value: distinct,
            method: "exact".into(),
            ..Distinct::default()
        },
        description: description.map(|text| Text::new(text, text)),
        ..ColumnProfile::default()
    }
}

fn profile(rows: u64) -> TableProfile {
    let bins = |counts: &[u64], from, to| {
        Some(Histogram {
            from,
            to,
            counts: counts.to_vec(),
        })
    };
    let mut girth = column("stamomkrets_cm", ColumnType::Integer, 387, 389, Some("Mätt en meter över marken."));
    girth.histogram = bins(
        &[
            200, 900, 1800, 2600, 2800, 2500, 2100, 1500, 1100, 800, 500, 300, 200, 120, 80, 40, 20, 10, 5, 2,
        ],
        5.0,
        612.0,
    );
    (girth.min, girth.max, girth.unit) = (Some("5".into()), Some("612".into()), Some("cm".into()));
    girth.quantiles = Some(Quantiles {
        p05: 12.0,
        p25: 40.0,
        p50: 84.0,
        p75: 140.0,
        p95: 260.0,
        ..Quantiles::default()
    });
    let mut planted = column("planterad", ColumnType::Date, rows * 316 / 1000, 118, None);
    planted.histogram = bins(
        &[10, 12, 30, 44, 60, 100, 240, 500, 900, 700, 500, 420, 800, 1300, 1500, 900],
        -24106.0,
        20758.0,
    );
    (planted.min, planted.max) = (Some("1904-01-01".into()), Some("2026-11-01".into()));
    let mut species = column("art", ColumnType::Code, 74, 147, Some("Vetenskapligt artnamn."));
    let value = |text: &str, count| ValueCount { value: text.into(), count };
    species.top = Some(vec![
        value("Tilia × europaea", 2614),
        value("Betula pendula", 1900),
        value("<i>Acer</i>", 1500),
        value("övriga", 12),
    ]);
    let mut key = column("trad_id", ColumnType::Code, 0, rows, Some("Trädets nummer i kommunens register."));
    (key.min, key.max) = (Some("EX-00001".into()), Some(format!("EX-{rows}")));
    let mut mail = column("epost", ColumnType::Text, 12, 3, None);
    mail.personal_data = Some("direct".into());
    TableProfile {
        source: None,
        rows,
        bad_rows: 3,
        duplicate_rows: 0,
        keys: vec!["trad_id".into()],
        columns: vec![key, species, planted, girth, mail],
        ..TableProfile::default()
    }
}

fn protection(rows: u64) -> ProtectionFacts {
    ProtectionFacts {
        rows_in: rows + 3,
        rows_out: rows,
        models: Vec::new(),
        columns: vec![ColumnPlan {
            column: "inventerad_av".into(),
            role: Role::Identifier,
            action: "remove".into(),
            level: 0,
            levels: 1,
        }],
        suppressed_rows: 0,
        loss_metric: "entropy".into(),
        loss: 0.0,
        search: SearchFacts::default(),
        recoding: None,
        microaggregated: Vec::new(),
    }
}

fn record(name: &str, title: &str, version: Version, rows: u64, created: DateTime<Utc>, free: bool) -> ReleaseRecord {
    let publisher = Agent {
        iri: "https://data.exempelby.example/utgivare".into(),
        described: true,
        name: sv("Exempelby kommun"),
        ..Agent::default()
    };
    let short = name.trim_start_matches("exempelby-");
    ReleaseRecord {
        name: name.parse().unwrap(),
        version,
        iri: format!("https://fyr.example/datasets/{name}"),
        base: "https://fyr.example".into(),
        title: sv(title),
        description: sv(
            "18 412 träd som Exempelby kommun sköter, med art, storlek, planteringsår och läge. En rad är ett träd. Uppdateras varje vecka.",
        ),
        keyword: sv("träd"),
        theme: Vec::new(),
        publisher: publisher.clone(),
        operator: publisher,
        contact: vec![Contact {
            email: vec!["oppnadata@exempelby.example".into()],
            described: true,
            ..Contact::default()
        }],
        spatial: Vec::new(),
        temporal: vec![Period {
            start: Some("1904-01-01".into()),
            end: None,
        }],
        language: Vec::new(),
        access_rights: None,
        frequency: Some("http://publications.europa.eu/resource/authority/frequency/WEEKLY".into()),
        conforms_to: Vec::new(),
        legislation: Vec::new(),
        hvd_category: Vec::new(),
        source_issued: None,
        licence: licence(free),
        sources: vec![ReleaseSource {
            dataset: DatasetId::new(format!("https://data.exempelby.example/dataset/{short}")),
            distribution: format!("https://data.exempelby.example/dataset/{short}/csv"),
            address: format!("https://data.exempelby.example/{short}.csv"),
            fetched_at: created,
            sha256: Sha256::of(b"source"),
            bytes: 2_400_000,
            title: sv(title),
            publisher: sv("Exempelby kommun"),
            licence: licence(free),
            harvested_at: Some(created - Duration::minutes(20)),
            crs: None,
        }],
        columns: vec![Column {
            name: "trad_id".into(),
            header: "trad_id".into(),
            kind: ColumnType::Code,
            semantic: None,
            description: None,
            unit: None,
        }],
        rows,
        created,
        first_created: created,
        protection: None,
        change_note: Text::new("213 nya träd", "213 new trees"),
        previous: None,
        sandbox: None,
    }
}

fn decisions(candidate: Sha256) -> Vec<Decision> {
    let one = |interest| Decision {
        interest,
        candidate,
        by: "Påhittad Person".into(),
        role: "informationsförvaltare".into(),
        organisation: "212000-0000".into(),
        ground: "påhittad grund".into(),
        diary_number: None,
        secrecy_section: None,
        at: at(),
        invented: true,
        standing: None,
    };
    Interest::ALL.map(one).to_vec()
}

/// Writes a release folder.
pub fn write(root: &Path, record: ReleaseRecord, files: Vec<(&str, &str, Vec<u8>, Option<u64>)>, air: Option<f64>, k: Option<u64>) {
    let dir = root.join(record.name.as_str()).join(record.version.to_string());
    let mut listed = Vec::new();
    for (path, media_type, bytes, rows) in files {
        std::fs::create_dir_all(dir.join(path).parent().unwrap()).unwrap();
        std::fs::write(dir.join(path), &bytes).unwrap();
        listed.push(ReleaseFile {
            path: path.into(),
            bytes: bytes.len() as u64,
            sha256: Sha256::of(&bytes),
            media_type: media_type.into(),
            rows,
        });
    }
    listed.sort_by(|a, b| a.path.cmp(&b.path));
    let candidate = Sha256::of(b"candidate");
    let manifest = Manifest {
        schema: "fyr/manifest/1".into(),
        fyr: "0.1.0".into(),
        record,
        files: listed,
        previous_manifest: None,
        candidate,
        decisions: decisions(candidate),
        cleared: BTreeMap::new(),
        rules: vec![RulePack {
            id: "readiness".into(),
            version: "2026.1".into(),
            sha256: Sha256::of(b"rules"),
        }],
        k,
        air,
        mqa: BTreeMap::from([("eu".to_owned(), 335)]),
    };
    std::fs::write(dir.join("manifest.json"), serde_json::to_vec_pretty(&manifest).unwrap()).unwrap();
}

/// The trees of the pictures.
pub fn trees(root: &Path, version: &str, rows: u64, air: Option<f64>) {
    let version: Version = version.parse().unwrap();
    let created = at() - Duration::days(if version.major == 1 { 50 } else { 0 });
    let record = record("exempelby-trad", "Träd i parker och längs gator", version, rows, created, true);
    let fractions: &[(&str, Option<f64>)] = &[
        ("F4", Some(0.5)),
        ("F5", Some(0.0)),
        ("A3", Some(0.5)),
        ("A5", None),
        ("L3", Some(0.9)),
        ("D1", Some(0.4)),
        ("D2", Some(0.9)),
        ("D3", Some(0.5)),
        ("D4", Some(0.5)),
        ("D5", Some(0.0)),
        ("Q2", Some(0.9)),
        ("Q4", Some(0.9)),
        ("Q6", Some(0.0)),
        ("V5", Some(0.0)),
    ];
    let readiness = serde_json::to_vec(&score(&record.iri, fractions)).unwrap();
    let files = vec![
        (
            "data/all-00000-of-00001.parquet",
            "application/vnd.apache.parquet",
            vec![b'P'; 1_300_000],
            Some(rows),
        ),
        ("csv/all.csv", "text/csv", b"trad_id;art\n=1+1;Tilia\n".to_vec(), Some(rows)),
        ("croissant.json", "application/ld+json", b"{}".to_vec(), None),
        ("croissant.remote.json", "application/ld+json", b"{}".to_vec(), None),
        ("README.md", "text/markdown", b"# Trees\n".to_vec(), None),
        (
            "profile.json",
            "application/json",
            serde_json::to_vec(&profile(rows)).unwrap(),
            None,
        ),
        (
            "privacy.json",
            "application/json",
            serde_json::to_vec(&json!({ "protection": protection(rows), "audit": null })).unwrap(),
            None,
        ),
        ("readiness.json", "application/json", readiness, None),
    ];
    write(root, record, files, air, None);
}

/// A protected release with k, without a score file.
pub fn survey(root: &Path) {
    let record = record(
        "exempelby-skolor",
        "Skolor och förskolor",
        Version::FIRST,
        240,
        at() - Duration::days(3),
        false,
    );
    write(
        root,
        record,
        vec![(
            "data/all-00000-of-00001.parquet",
            "application/vnd.apache.parquet",
            b"PAR1".to_vec(),
            Some(240),
        )],
        None,
        Some(10),
    );
}

/// A release that was taken back.
pub fn withdrawn(root: &Path) {
    let record = record("exempelby-bad", "Badplatser", Version::FIRST, 12, at() - Duration::days(9), true);
    let name = record.name.clone();
    write(
        root,
        record,
        vec![("csv/all.csv", "text/csv", b"a\n1\n".to_vec(), Some(1))],
        None,
        None,
    );
    fyr_publish::withdraw(root, &name, "Fel <b>läge</b> på tre badplatser", at()).unwrap();
}

/// A release of a sandbox whose last day has passed.
pub fn ended(root: &Path) {
    let mut record = record("exempelby-prov", "Provdata", Version::FIRST, 12, at() - Duration::days(9), true);
    record.sandbox = Some(fyr_model::release::Sandbox {
        purpose: Text::new("Prova <b>matchning</b>", "Try <b>matching</b>"),
        until: "2020-02-29".parse().unwrap(),
    });
    write(
        root,
        record,
        vec![("csv/all.csv", "text/csv", b"a\n1\n".to_vec(), Some(1))],
        None,
        None,
    );
}
