//! The dataset node, identifiers and files.

use std::collections::{BTreeMap, BTreeSet};

use fyr_model::ids::{Sha256, Version};
use serde_json::Value;

use super::{Document, is, list, name, reference, texts};

/// Required on the dataset by the specification 1.1.
const REQUIRED: &[&str] = &[
    "@context",
    "@type",
    "conformsTo",
    "name",
    "description",
    "license",
    "url",
    "creator",
    "datePublished",
    "distribution",
];
/// What we always write too.
const ALWAYS: &[&str] = &[
    "keywords",
    "publisher",
    "version",
    "dateCreated",
    "dateModified",
    "inLanguage",
    "sdLicense",
    "sdVersion",
    "isLiveDataset",
    "citeAs",
    "sameAs",
];
const CORE: &str = "http://mlcommons.org/croissant/1.1";
const KNOWN: &[&str] = &[
    CORE,
    "http://mlcommons.org/croissant/RAI/1.0",
    "http://mlcommons.org/croissant/geo/1.0",
];
/// A Parquet file must be listed by both names: the registered one alone validates and cannot be read.
const PARQUET: [&str; 2] = ["application/vnd.apache.parquet", "application/x-parquet"];

impl Document<'_> {
    /// Checked first, since a missing or unknown one makes readers complain of something else.
    pub(super) fn conforms_to(&self) -> Vec<String> {
        let given = texts(&self.root, "conformsTo");
        let unknown = given
            .iter()
            .filter(|iri| !KNOWN.contains(iri))
            .map(|iri| iri.chars().take(80).collect());
        let missing = (!given.contains(&CORE)).then(|| format!("{CORE} ?"));
        unknown.chain(missing).collect()
    }

    pub(super) fn required(&self) -> Vec<String> {
        let mut faults: Vec<String> = REQUIRED
            .iter()
            .filter(|key| is_empty(self.root.get(**key)))
            .map(|key| (*key).to_owned())
            .collect();
        if !is(&self.root, "Dataset") && !faults.iter().any(|fault| fault == "@type") {
            faults.push("@type sc:Dataset".to_owned());
        }
        let date = self.root.get("datePublished").and_then(Value::as_str).unwrap_or_default();
        if !date.is_empty() && date.get(..10).is_none_or(|day| day.parse::<chrono::NaiveDate>().is_err()) {
            faults.push("datePublished YYYY-MM-DD".to_owned());
        }
        faults
    }

    pub(super) fn always(&self) -> Vec<String> {
        let absent = |key: &&&str| {
            matches!(self.root.get(**key), None | Some(Value::Null)) || self.root.get(**key).and_then(Value::as_str) == Some("")
        };
        ALWAYS.iter().filter(absent).map(|key| (*key).to_owned()).collect()
    }

    /// Three numbers, and those of the release.
    pub(super) fn version(&self) -> Vec<String> {
        let given = self
            .root
            .get("version")
            .and_then(Value::as_str)
            .and_then(|text| text.parse::<Version>().ok());
        match given {
            Some(version) if version == self.manifest.record.version => Vec::new(),
            Some(version) => vec![format!("{version} / {}", self.manifest.record.version)],
            None => vec!["n.n.n".to_owned()],
        }
    }

    /// Texts stand as strings or as a list of values with languages; a language map is an error to readers.
    pub(super) fn languages(&self) -> Vec<String> {
        let mut faults = Vec::new();
        self.visit(&mut |node| {
            for key in ["name", "description"] {
                let wrong = match node.get(key) {
                    Some(Value::Object(value)) => !value.contains_key("@value"),
                    Some(Value::Array(values)) => values
                        .iter()
                        .any(|value| !value.is_string() && value.get("@value").and_then(Value::as_str).is_none()),
                    Some(Value::String(_)) | None => false,
                    Some(_) => true,
                };
                if wrong {
                    faults.push(format!("{} {key}", name(node)));
                }
            }
        });
        faults
    }

    /// No blanks, and each only once.
    pub(super) fn ids(&self) -> Vec<String> {
        let mut faults = Vec::new();
        let mut seen = BTreeSet::new();
        self.visit(&mut |node| {
            let Some(id) = node.get("@id").and_then(Value::as_str) else {
                return;
            };
            if id.is_empty() || id.chars().any(|c| c.is_whitespace() || c.is_control()) {
                faults.push(format!("`{}`", name(node)));
            }
            if node.get("@type").is_some() && !seen.insert(id.to_owned()) {
                faults.push(format!("{} x 2", name(node)));
            }
        });
        faults
    }

    /// Every `{"@id": …}` leads to a node of the document; `references` has the form that readers take.
    pub(super) fn references(&self) -> Vec<String> {
        let mut defined = BTreeSet::new();
        let mut used: Vec<String> = Vec::new();
        let mut faults = Vec::new();
        self.visit(&mut |node| {
            let id = node.get("@id").and_then(Value::as_str);
            match (id, node.get("@type")) {
                (Some(id), Some(_)) => {
                    defined.insert(id.to_owned());
                }
                (Some(id), None) => used.push(id.to_owned()),
                _ => {}
            }
            if node
                .get("references")
                .is_some_and(|r| r.get("@id").is_some() || (r.get("field").is_none() && r.get("fileObject").is_none()))
            {
                faults.push(format!("{} references", name(node)));
            }
        });
        faults.extend(
            used.into_iter()
                .filter(|id| !defined.contains(id))
                .map(|id| id.chars().take(80).collect()),
        );
        faults
    }

    /// Files of the document are files of the manifest with their digests, and the manifest's data files are in the document.
    pub(super) fn files(&self) -> Vec<String> {
        let mut faults = Vec::new();
        let mut listed = BTreeSet::new();
        for node in list(&self.root, "distribution") {
            if is(node, "FileSet") {
                let parquet = texts(node, "encodingFormat").iter().any(|f| PARQUET.contains(f));
                if parquet && node.get("containedIn").is_some() {
                    faults.push(format!("{} containedIn", name(node)));
                }
                if parquet && self.shards(node).is_empty() {
                    faults.push(format!("{} includes", name(node)));
                }
                continue;
            }
            if !is(node, "FileObject") {
                faults.push(format!("{} @type", name(node)));
                continue;
            }
            let Some(path) = self.path(node) else {
                faults.push(format!("{} contentUrl", name(node)));
                continue;
            };
            let file = self.manifest.files.iter().find(|file| file.path == path);
            let digest = node
                .get("sha256")
                .and_then(Value::as_str)
                .and_then(|text| text.parse::<Sha256>().ok());
            if digest.is_none() || file.is_some_and(|file| Some(file.sha256) != digest) {
                faults.push(format!("{} sha256", name(node)));
            }
            let size = node
                .get("contentSize")
                .and_then(Value::as_str)
                .map(|text| text.trim_end_matches(['B', ' ']).to_owned());
            if size
                .and_then(|text| text.parse::<u64>().ok())
                .is_none_or(|size| file.is_some_and(|file| file.bytes != size))
            {
                faults.push(format!("{} contentSize", name(node)));
            }
            let formats = texts(node, "encodingFormat");
            if formats.is_empty() || (path.ends_with(".parquet") && !PARQUET.iter().all(|format| formats.contains(format))) {
                faults.push(format!("{} encodingFormat", name(node)));
            }
            listed.insert(path);
        }
        let data = self
            .manifest
            .files
            .iter()
            .map(|file| &file.path)
            .filter(|path| path.ends_with(".parquet") || path.ends_with(".csv"));
        faults.extend(data.filter(|path| !listed.contains(*path)).cloned());
        faults
    }

    /// The path in the release of a `FileObject`: relative, or below the release's own address.
    pub(super) fn path(&self, node: &Value) -> Option<String> {
        let url = node.get("contentUrl")?.as_str()?;
        let record = &self.manifest.record;
        let own = format!("{}/{}/", record.iri, record.version);
        let path = url.strip_prefix(&own).unwrap_or(url);
        self.manifest
            .files
            .iter()
            .map(|file| &file.path)
            .find(|known| *known == path)
            .cloned()
    }

    /// The Parquet files that a `FileSet` names by glob.
    pub(super) fn shards(&self, node: &Value) -> Vec<String> {
        let globs = texts(node, "includes");
        let fits = |path: &str| {
            globs.iter().any(|glob| match glob.split_once('*') {
                Some((head, tail)) => path.starts_with(head) && path.ends_with(tail) && path.len() >= head.len() + tail.len(),
                None => *glob == path,
            })
        };
        self.manifest
            .files
            .iter()
            .map(|file| file.path.clone())
            .filter(|path| path.ends_with(".parquet") && fits(path))
            .collect()
    }

    /// The Parquet files behind a field's source.
    pub(super) fn behind(&self, source: &Value) -> Option<Vec<String>> {
        let nodes: BTreeMap<&str, &Value> = list(&self.root, "distribution")
            .into_iter()
            .filter_map(|node| Some((node.get("@id")?.as_str()?, node)))
            .collect();
        match (reference(source, "fileObject"), reference(source, "fileSet")) {
            (Some(id), _) => self.path(nodes.get(id)?).map(|path| vec![path]),
            (None, Some(id)) => Some(self.shards(nodes.get(id)?)),
            _ => None,
        }
    }

    /// Every object of the document but the context, in order.
    pub(super) fn visit(&self, each: &mut dyn FnMut(&Value)) {
        let mut open: Vec<&Value> = vec![&self.root];
        while let Some(value) = open.pop() {
            match value {
                Value::Object(members) => {
                    each(value);
                    open.extend(
                        members
                            .iter()
                            .filter(|(key, _)| *key != "@context" && *key != "data")
                            .map(|(_, member)| member),
                    );
                }
                Value::Array(items) => open.extend(items),
                _ => {}
            }
        }
    }
}

fn is_empty(value: Option<&Value>) -> bool {
    match value {
        None | Some(Value::Null) => true,
        Some(Value::String(text)) => text.trim().is_empty(),
        Some(Value::Array(items)) => items.is_empty(),
        Some(Value::Object(members)) => members.is_empty(),
        Some(_) => false,
    }
}
