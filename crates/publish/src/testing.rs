//! A small invented release for the tests of this crate.

use std::collections::BTreeMap;
use std::path::Path;

use chrono::{DateTime, Utc};
use fyr_model::catalogue::{Agent, Contact, Location, Period, Value};
use fyr_model::pipeline::CardAnswers;
use fyr_model::privacy::{Check, ColumnPlan, Decision, Interest, PersonalDataFinding, PrivacyReport, ProtectionFacts, Role, SearchFacts};
use fyr_model::quality::{QualityReport, RuleResult};
use fyr_model::readiness::{NextFix, Readiness, Subject};
use fyr_model::release::{Manifest, ReleaseFile, ReleaseRecord, ReleaseSource};
use fyr_model::table::{Column, ColumnProfile, ColumnType, Distinct, Quantiles, TableProfile};
use fyr_model::{DatasetId, LangString, LangStrings, Licence, LicenceFlags, LicenceVerdict, PipelineName, Reuse, Sha256, Text};

use crate::{CuratedDataset, Documents, Release};

pub(crate) const ROWS: u64 = 3;

pub(crate) fn name() -> PipelineName {
    "exempelby-trad".parse().unwrap()
}

pub(crate) fn at() -> DateTime<Utc> {
    "2026-11-22T04:00:00Z".parse().unwrap()
}

pub(crate) fn candidate() -> Sha256 {
    Sha256::of(b"candidate")
}

/// Writes the data of a candidate and lists it.
pub(crate) fn files(dir: &Path) -> Vec<ReleaseFile> {
    let given = [
        ("csv/all.csv", "text/csv"),
        ("data/all-00000-of-00001.parquet", "application/vnd.apache.parquet"),
    ];
    for (path, _) in given {
        std::fs::create_dir_all(dir.join(path).parent().unwrap()).unwrap();
        if !dir.join(path).exists() {
            std::fs::write(dir.join(path), format!("bytes of {path}")).unwrap();
        }
    }
    let one = |(path, media_type): (&str, &str)| {
        let bytes = std::fs::read(dir.join(path)).unwrap();
        ReleaseFile {
            path: path.into(),
            bytes: bytes.len() as u64,
            sha256: Sha256::of(&bytes),
            media_type: media_type.into(),
            rows: Some(ROWS),
        }
    };
    given.map(one).to_vec()
}

pub(crate) fn licence() -> Licence {
    Licence {
        code: "CC_BY_4_0".into(),
        label: "Creative Commons Erkännande 4.0".into(),
        iri: "http://creativecommons.org/licenses/by/4.0/".into(),
        spdx: Some("CC-BY-4.0".into()),
        flags: LicenceFlags {
            open: true,
            by: true,
            ..LicenceFlags::default()
        },
    }
}

pub(crate) fn verdict() -> LicenceVerdict {
    LicenceVerdict {
        licence: Some(licence()),
        stated: vec![Value::Iri(licence().iri)],
        found_on: "distribution".into(),
        changes: Vec::new(),
        canonical: true,
        reuse: Reuse::Attribution,
        derivable: true,
        hvd: true,
        sentence: Text::new("fri med källhänvisning", "free with attribution"),
    }
}

pub(crate) fn report(files: &[ReleaseFile]) -> PrivacyReport {
    PrivacyReport {
        files: files.iter().map(|file| (file.path.clone(), file.sha256)).collect(),
        rows: ROWS,
        quasi_identifiers: Vec::new(),
        k: None,
        k_required: None,
        classes: 0,
        prosecutor_max: None,
        prosecutor_average: None,
        unique_share: None,
        l: BTreeMap::new(),
        t: BTreeMap::new(),
        held: None,
        detections: Vec::new(),
        cleared: BTreeMap::new(),
        checks: vec![Check {
            id: "privacy-detectors".into(),
            ok: true,
            detail: Text::new("inga fynd", "nothing found"),
        }],
        passed: true,
    }
}

pub(crate) fn detection() -> PersonalDataFinding {
    PersonalDataFinding {
        column: "art".into(),
        verdict: "none".into(),
        kind: None,
        tested: ROWS,
        matches: 0,
        share: 0.0,
        confidence: 1.0,
        evidence: "0 of 3".into(),
        rows: vec![424_242],
    }
}

pub(crate) fn decisions() -> Vec<Decision> {
    let one = |interest| Decision {
        interest,
        candidate: candidate(),
        by: "Astrid Exempel".into(),
        role: "dataskyddsombud".into(),
        organisation: "212000-0000".into(),
        ground: "inga skyddsvärda uppgifter".into(),
        diary_number: None,
        secrecy_section: None,
        at: at(),
        invented: true,
        standing: None,
    };
    Interest::ALL.map(one).to_vec()
}

fn texts(sv: &str, en: &str) -> LangStrings {
    LangStrings::from(&Text::new(sv, en))
}

fn agent(iri: &str, name: &str) -> Agent {
    let name = LangStrings(vec![LangString {
        value: name.into(),
        lang: Some("sv".into()),
    }]);
    Agent {
        iri: iri.into(),
        described: true,
        name,
        ..Agent::default()
    }
}

/// Every type, and a name with a blank.
pub(crate) fn columns() -> Vec<Column> {
    let one = |(name, kind): (&str, ColumnType)| Column {
        name: name.into(),
        header: name.to_uppercase(),
        kind,
        semantic: None,
        description: (name == "antal").then(|| Text::new("Antal träd", "Number of trees")),
        unit: (name == "höjd m").then(|| "m".into()),
    };
    [
        ("id", ColumnType::Code),
        ("antal", ColumnType::Integer),
        ("höjd m", ColumnType::Number),
        ("frisk", ColumnType::Boolean),
        ("planterad", ColumnType::Date),
        ("mätt", ColumnType::Timestamp),
        ("klockan", ColumnType::Time),
        ("månad", ColumnType::Period),
        ("art", ColumnType::Text),
        ("geometri", ColumnType::Geometry),
    ]
    .map(one)
    .to_vec()
}

fn profile() -> TableProfile {
    let one = |column: Column| {
        let numeric = matches!(column.kind, ColumnType::Integer | ColumnType::Number);
        ColumnProfile {
            nulls: u64::from(column.name != "id"),
            distinct: Distinct {
                value: 2,
                method: "exact".into(),
                ..Distinct::default()
            },
            min: numeric.then(|| "1".into()),
            max: numeric.then(|| "2.5".into()),
            sum: numeric.then_some(3.5),
            mean: numeric.then_some(1.75),
            stddev: numeric.then_some(0.5),
            quantiles: numeric.then_some(Quantiles {
                p05: 1.0,
                p25: 1.0,
                p50: 1.75,
                p75: 2.5,
                p95: 2.5,
                ..Quantiles::default()
            }),
            kind: column.kind,
            name: column.name,
            description: column.description,
            unit: column.unit,
            ..ColumnProfile::default()
        }
    };
    TableProfile {
        source: None,
        rows: ROWS,
        bad_rows: 0,
        duplicate_rows: 0,
        keys: vec!["id".into()],
        columns: columns().into_iter().map(one).collect(),
        ..TableProfile::default()
    }
}

fn readiness() -> Readiness {
    Readiness {
        iri: "https://fyr.example/datasets/exempelby-trad".into(),
        subject: Subject::Release,
        air: Some(71.5),
        air_ungated: 71.5,
        band: Some("B".into()),
        gates: Vec::new(),
        dimensions: BTreeMap::new(),
        indicators: Vec::new(),
        fixes: vec![NextFix {
            id: "D1".into(),
            text: Text::new("beskriv kolumnerna", "describe the columns"),
            gain: 3.2,
            effort: "metadata".into(),
        }],
        air_after_five: 74.7,
        mqa: BTreeMap::from([("eu".into(), 210), ("se".into(), 230)]),
        stars: 4,
    }
}

pub(crate) fn documents(files: &[ReleaseFile], version: &str) -> Documents {
    let rule = RuleResult {
        id: "no-future-dates".into(),
        severity: "warning".into(),
        message: Text::new("inga datum i framtiden", "no dates in the future"),
        passed: false,
        checked: ROWS,
        failed: 1,
        share: 0.33,
        limit: "0".into(),
        rows: vec![424_242],
        row_ranges: vec![[424_242, 424_242]],
        rows_sha256: None,
        registers: Vec::new(),
        parameters: BTreeMap::new(),
        change: None,
    };
    let plans = columns().into_iter().map(|column| ColumnPlan {
        column: column.name,
        role: Role::Plain,
        action: "keep".into(),
        level: 0,
        levels: 1,
    });
    Documents {
        record: record(version),
        profile: profile(),
        readiness: readiness(),
        dcat_ttl: b"# dcat\n".to_vec(),
        dqv_ttl: b"# dqv\n".to_vec(),
        prov_jsonld: b"{}\n".to_vec(),
        protection: Some(ProtectionFacts {
            rows_in: ROWS,
            rows_out: ROWS,
            models: Vec::new(),
            columns: plans.collect(),
            suppressed_rows: 0,
            loss_metric: "entropy".into(),
            loss: 0.0,
            search: SearchFacts::default(),
            recoding: None,
            microaggregated: Vec::new(),
        }),
        privacy: report(files),
        quality: QualityReport {
            rules: vec![rule],
            ..QualityReport::default()
        },
        card: CardAnswers {
            limits: Some(Text::new("endast träd på kommunens mark", "only trees on the municipality's land")),
            ..CardAnswers::default()
        },
        decisions: decisions(),
        cleared: BTreeMap::new(),
        rules: Vec::new(),
        candidate: candidate(),
        terms: None,
        mqa: BTreeMap::from([("eu".into(), 210), ("se".into(), 230)]),
        at: at(),
    }
}

fn record(version: &str) -> ReleaseRecord {
    ReleaseRecord {
        name: name(),
        version: version.parse().unwrap(),
        iri: "https://fyr.example/datasets/exempelby-trad".into(),
        base: "https://fyr.example".into(),
        title: texts("Träd", "Trees"),
        description: texts("Träd i Exempelby.", "Trees in Exempelby."),
        keyword: texts("träd", "trees"),
        theme: vec!["http://publications.europa.eu/resource/authority/data-theme/ENVI".into()],
        publisher: agent("https://exempelby.example/", "Exempelby kommun"),
        operator: agent("https://fyr.example/", "Exempelmyndigheten"),
        contact: vec![Contact {
            described: true,
            name: texts("Öppna data", "Open data"),
            email: vec!["data@exempelby.example".into()],
            ..Contact::default()
        }],
        spatial: vec![Location {
            iri: None,
            geometry: Some("POLYGON((17 59, 18 59, 18 60, 17 60, 17 59))".into()),
            label: texts("Exempelby", "Exempelby"),
        }],
        temporal: vec![Period {
            start: Some("2020-01-01".into()),
            end: None,
        }],
        language: vec!["http://publications.europa.eu/resource/authority/language/SWE".into()],
        access_rights: Some("http://publications.europa.eu/resource/authority/access-right/PUBLIC".into()),
        frequency: None,
        conforms_to: Vec::new(),
        legislation: Vec::new(),
        hvd_category: Vec::new(),
        source_issued: None,
        licence: licence(),
        sources: vec![ReleaseSource {
            dataset: DatasetId::new("https://data.exempelby.example/dataset/trad"),
            distribution: "https://data.exempelby.example/dataset/trad/csv".into(),
            address: "https://data.exempelby.example/trad.csv".into(),
            fetched_at: at(),
            sha256: Sha256::of(b"source"),
            bytes: 6,
            title: texts("Träd", "Trees"),
            publisher: LangStrings(vec![LangString {
                value: "Exempelby kommun".into(),
                lang: Some("sv".into()),
            }]),
            licence: licence(),
            harvested_at: Some(at()),
            crs: None,
        }],
        columns: columns(),
        rows: ROWS,
        created: at(),
        first_created: at(),
        protection: None,
        change_note: Text::new(format!("Utgåva {version}."), format!("Release {version}.")),
        previous: None,
        sandbox: None,
    }
}

pub(crate) fn curated(dir: &Path) -> CuratedDataset {
    let files = files(dir);
    CuratedDataset::new(dir.to_path_buf(), files.clone(), report(&files), verdict()).unwrap()
}

/// A release that lies nowhere.
pub(crate) fn release(dir: &Path, version: &str) -> Release {
    let documents = documents(&files(dir), version);
    let manifest = Manifest {
        schema: "fyr/manifest/1".into(),
        fyr: "0".into(),
        record: documents.record,
        files: Vec::new(),
        previous_manifest: None,
        candidate: candidate(),
        decisions: Vec::new(),
        cleared: BTreeMap::new(),
        rules: Vec::new(),
        k: None,
        air: None,
        mqa: BTreeMap::new(),
    };
    Release {
        dir: dir.to_path_buf(),
        manifest,
        manifest_sha256: Sha256::of(b""),
    }
}

/// Publishes one version, whole.
pub(crate) fn publish(root: &Path, version: &str) -> Release {
    let dir = tempfile::tempdir().unwrap();
    let curated = curated(dir.path());
    let documents = documents(curated.files(), version);
    crate::release(curated, &documents, root).unwrap()
}
