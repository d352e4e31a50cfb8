//! A small release that passes every check, for tests to spoil.

use std::fs::File;
use std::sync::Arc;

use arrow::array::{ArrayRef, Date32Array, Int64Array, RecordBatch, StringArray};
use fyr_model::release::{Manifest, ReleaseFile};
use parquet::arrow::ArrowWriter;
use parquet::basic::{Compression, ZstdLevel};
use parquet::file::properties::{EnabledStatistics, WriterProperties};
use serde_json::{Value, json};

pub(crate) struct Folder {
    pub(crate) dir: tempfile::TempDir,
    pub(crate) manifest: Manifest,
}

impl Folder {
    /// Writes a file and says so in the manifest.
    pub(crate) fn rewrite(&mut self, path: &str, text: &str) {
        std::fs::write(self.dir.path().join(path), text).unwrap();
        self.note(path);
    }

    /// Digest and size of a file as the manifest should have them.
    fn note(&mut self, path: &str) {
        let (sha256, bytes) = crate::read::digest(&self.dir.path().join(path)).unwrap();
        let data = path.ends_with(".parquet") || path.ends_with(".csv");
        self.manifest.files.retain(|file| file.path != path);
        self.manifest.files.push(ReleaseFile {
            path: path.into(),
            bytes,
            sha256,
            media_type: "text/plain".into(),
            rows: data.then_some(2),
        });
    }

    /// Writes a changed Croissant document.
    pub(crate) fn change(&mut self, change: impl Fn(&mut Value)) {
        let path = self.dir.path().join("croissant.json");
        let mut root: Value = serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap();
        change(&mut root);
        self.rewrite("croissant.json", &root.to_string());
    }
}

/// Two rows: a code, a number, a day; as Parquet, CSV and Croissant, with a card.
pub(crate) fn folder() -> Folder {
    let dir = tempfile::tempdir().unwrap();
    for folder in ["data", "csv"] {
        std::fs::create_dir(dir.path().join(folder)).unwrap();
    }
    let batch = RecordBatch::try_from_iter([
        ("kod", Arc::new(StringArray::from(vec!["0180", "0181"])) as ArrayRef),
        ("antal", Arc::new(Int64Array::from(vec![1, 2])) as ArrayRef),
        ("dag", Arc::new(Date32Array::from(vec![19_723, 19_724])) as ArrayRef),
    ])
    .unwrap();
    let properties = WriterProperties::builder()
        .set_created_by("fyr test".into())
        .set_compression(Compression::ZSTD(ZstdLevel::try_new(3).unwrap()))
        .set_statistics_enabled(EnabledStatistics::None)
        .build();
    let file = File::create(dir.path().join("data/all.parquet")).unwrap();
    let mut writer = ArrowWriter::try_new(file, batch.schema(), Some(properties)).unwrap();
    writer.write(&batch).unwrap();
    writer.close().unwrap();
    let mut folder = Folder { dir, manifest: manifest() };
    folder.rewrite("csv/all.csv", "kod,antal,dag\r\n0180,1,2024-01-01\r\n0181,2,2024-01-02\r\n");
    folder.rewrite("README.md", "# Exempel\n");
    folder.note("data/all.parquet");
    let object = |path: &str, formats: Value| {
        let file = folder.manifest.files.iter().find(|file| file.path == path).unwrap();
        json!({
            "@type": "cr:FileObject", "@id": path, "name": path, "contentUrl": path, "contentSize": format!("{} B", file.bytes),
            "sha256": file.sha256.to_string(), "encodingFormat": formats,
        })
    };
    let field = |column: &str, kind: &str| {
        json!({
            "@type": "cr:Field", "@id": format!("records/{column}"), "name": column, "dataType": kind,
            "source": {"fileObject": {"@id": "data/all.parquet"}, "extract": {"column": column}},
        })
    };
    let parquet = object(
        "data/all.parquet",
        json!(["application/vnd.apache.parquet", "application/x-parquet"]),
    );
    let csv = object("csv/all.csv", json!("text/csv"));
    let root = json!({
        "@context": {"@vocab": "https://schema.org/", "cr": "http://mlcommons.org/croissant/", "data": {"@id": "cr:data", "@type": "@json"}},
        "@type": "sc:Dataset",
        "conformsTo": ["http://mlcommons.org/croissant/1.1", "http://mlcommons.org/croissant/RAI/1.0"],
        "name": [{"@value": "Exempel", "@language": "sv"}, {"@value": "Example", "@language": "en"}],
        "description": "Exempel", "license": "http://creativecommons.org/publicdomain/zero/1.0/", "url": "https://data.exempelby.example/x",
        "creator": {"@type": "sc:Organization", "name": "Exempelby"}, "publisher": {"@type": "sc:Organization", "name": "Exempelby"},
        "datePublished": "2026-11-22", "dateCreated": "2026-11-22", "dateModified": "2026-11-22",
        "keywords": [], "version": "1.0.0", "inLanguage": "sv", "sdLicense": "http://creativecommons.org/publicdomain/zero/1.0/",
        "sdVersion": "1.0.0", "isLiveDataset": false, "citeAs": "Exempelby", "sameAs": ["https://data.exempelby.example/src"],
        "distribution": [parquet, csv],
        "recordSet": [{
            "@type": "cr:RecordSet", "@id": "records", "name": "records", "key": {"@id": "records/kod"},
            "field": [field("kod", "sc:Text"), field("antal", "cr:Int64"), field("dag", "sc:Date")],
        }],
    });
    folder.rewrite("croissant.json", &root.to_string());
    folder
}

fn manifest() -> Manifest {
    let agent = json!({"iri": "https://exempelby.example/", "blank": false, "described": true, "name": [], "kind": [], "identifier": [], "homepage": []});
    serde_json::from_value(json!({
        "schema": "fyr/manifest/1", "fyr": "0.1.0",
        "record": {
            "name": "exempel", "version": "1.0.0", "iri": "https://fyr.example/datasets/exempel", "base": "https://fyr.example", "title": [], "description": [],
            "keyword": [], "theme": [], "publisher": agent, "operator": agent, "contact": [], "spatial": [], "temporal": [], "language": [],
            "conforms_to": [], "legislation": [], "hvd_category": [],
            "licence": {"code": "CC0", "label": "CC0", "iri": "http://creativecommons.org/publicdomain/zero/1.0/",
                "flags": {"open": true, "by": false, "sa": false, "nc": false, "nd": false}},
            "sources": [], "columns": [], "rows": 2, "created": "2026-11-22T00:00:00Z", "first_created": "2026-11-22T00:00:00Z",
            "change_note": {"sv": "", "en": ""},
        },
        "files": [], "candidate": "0".repeat(64), "decisions": [], "cleared": {}, "rules": [], "mqa": {},
    }))
    .unwrap()
}
