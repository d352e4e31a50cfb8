//! One file looked at in a confined worker: what kind of bytes it is, whether the whole of it can be read, and what an RDF file links to.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use fyr_graph::ReadRequest;
use fyr_model::limits::GraphLimits;
use fyr_model::{Refusal, Sha256, Text};
use serde::{Deserialize, Serialize};
use url::Url;

use crate::workspace::internal;

/// Links that are asked of one file: the same ones in every run.
const LINKS: usize = 20;
/// Hosts of vocabularies and licences: what they name is no data of somebody else's.
const VOCABULARIES: [&str; 8] = [
    "www.w3.org",
    "purl.org",
    "xmlns.com",
    "schema.org",
    "creativecommons.org",
    "opendatacommons.org",
    "spdx.org",
    "www.opengis.net",
];
const TYPE: &str = "<http://www.w3.org/1999/02/22-rdf-syntax-ns#type>";

/// What to look at.
#[derive(Debug, Serialize, Deserialize)]
pub struct LookRequest {
    /// The bytes.
    pub path: PathBuf,
    /// Where they came from.
    pub address: String,
    /// What they were sent as.
    pub media_type: Option<String>,
    /// The dataset's IRI.
    pub dataset: String,
    /// Limits of RDF.
    pub limits: GraphLimits,
}

/// What was seen.
#[derive(Debug, Default, Serialize, Deserialize)]
pub struct Looked {
    /// A code of the EU's file types.
    pub code: Option<String>,
    /// Whether the whole can be read; none where this has no reader.
    pub parses: Option<bool>,
    /// Triples of RDF.
    pub triples: Option<u64>,
    /// Some of what it links to elsewhere.
    pub links: Vec<String>,
    /// To be read as a table.
    pub table: bool,
    /// What is wrong.
    pub why: Option<Text>,
}

/// Looks at a file.
///
/// # Errors
/// A file that cannot be opened.
pub fn look_work(input: serde_json::Value, dir: &Path) -> Result<serde_json::Value, Refusal> {
    let request: LookRequest = serde_json::from_value(input).map_err(|error| internal("bad-request", &error))?;
    let bytes = std::fs::read(&request.path).map_err(|error| internal("look", &error))?;
    serde_json::to_value(look(&request, &bytes, dir)).map_err(|error| internal("bad-response", &error))
}

fn look(request: &LookRequest, bytes: &[u8], dir: &Path) -> Looked {
    let body = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    let head = String::from_utf8_lossy(body.get(..body.len().min(4_096)).unwrap_or_default()).into_owned();
    let head = head.trim_start();
    let of = |code: &str| Looked {
        code: Some(code.to_owned()),
        ..Looked::default()
    };
    if head.starts_with("%PDF") {
        return of("PDF");
    }
    if head.starts_with(['{', '[']) {
        return json(request, body, dir);
    }
    if head.starts_with('<') && !head.starts_with("<http") && !head.starts_with("<urn:") {
        return xml(request, body, head, dir);
    }
    let turtle = ["@prefix", "@base", "PREFIX ", "prefix ", "BASE "]
        .iter()
        .any(|word| head.starts_with(word));
    let sent_as = request.media_type.as_deref().unwrap_or_default();
    if turtle || sent_as == "text/turtle" {
        return rdf(request, "RDF_TURTLE", dir);
    }
    if head.starts_with("<http") || head.starts_with("<urn:") || sent_as == "application/n-triples" {
        return rdf(request, "RDF_N_TRIPLES", dir);
    }
    Looked {
        table: true,
        code: (!head.contains('\0') && std::str::from_utf8(body).is_ok()).then(|| "TXT".to_owned()),
        ..Looked::default()
    }
}

/// What tells the kinds of JSON apart.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Keys {
    #[serde(rename = "type")]
    kind: Option<serde_json::Value>,
    #[serde(rename = "@context")]
    context: Option<serde::de::IgnoredAny>,
    #[serde(rename = "@graph")]
    graph: Option<serde::de::IgnoredAny>,
}

fn json(request: &LookRequest, body: &[u8], dir: &Path) -> Looked {
    let whole = serde_json::from_slice::<serde::de::IgnoredAny>(body);
    let keys: Keys = serde_json::from_slice(body).unwrap_or_default();
    if keys.context.is_some() || keys.graph.is_some() {
        return rdf(request, "JSON_LD", dir);
    }
    let geo = ["FeatureCollection", "Feature"];
    let is_geo = keys
        .kind
        .as_ref()
        .and_then(|kind| kind.as_str())
        .is_some_and(|kind| geo.contains(&kind));
    Looked {
        code: Some(if is_geo { "GEOJSON" } else { "JSON" }.to_owned()),
        parses: Some(whole.is_ok()),
        why: whole.err().map(|error| {
            let (line, column) = (error.line(), error.column());
            Text::new(
                format!("ingen JSON: rad {line}, kolumn {column}"),
                format!("no JSON: line {line}, column {column}"),
            )
        }),
        ..Looked::default()
    }
}

fn xml(request: &LookRequest, body: &[u8], head: &str, dir: &Path) -> Looked {
    let lower = head.to_lowercase();
    if lower.contains("<rdf:rdf") {
        return rdf(request, "RDF_XML", dir);
    }
    if lower.starts_with("<!doctype html") || lower.starts_with("<html") {
        return Looked {
            code: Some("HTML".to_owned()),
            ..Looked::default()
        };
    }
    let roots = [("<kml", "KML"), ("gml", "GML"), ("<rss", "RSS"), ("<feed", "ATOM"), ("<svg", "SVG")];
    let code = roots.iter().find(|(word, _)| lower.contains(word)).map_or("XML", |(_, code)| *code);
    let mut reader = quick_xml::Reader::from_reader(body);
    let mut depth = 0_i64;
    let whole = loop {
        use quick_xml::events::Event;
        match reader.read_event() {
            Ok(Event::Eof) => break depth == 0,
            Ok(Event::Start(_)) => depth += 1,
            Ok(Event::End(_)) => depth -= 1,
            Ok(_) => {}
            Err(_) => break false,
        }
    };
    let at = reader.buffer_position();
    Looked {
        code: Some(code.to_owned()),
        parses: Some(whole),
        why: (!whole).then(|| Text::new(format!("ingen välformad XML: byte {at}"), format!("no well-formed XML: byte {at}"))),
        ..Looked::default()
    }
}

fn rdf(request: &LookRequest, code: &str, dir: &Path) -> Looked {
    let read = fyr_graph::read(
        &ReadRequest {
            path: request.path.clone(),
            source: "file".into(),
            address: request.address.clone(),
            media_type: request.media_type.clone(),
            base: Some(request.address.clone()),
            limits: request.limits.clone(),
        },
        dir,
    );
    let code = Some(code.to_owned());
    match read {
        Ok(read) => {
            let statements = std::fs::read_to_string(&read.nquads).unwrap_or_default();
            Looked {
                code,
                parses: Some(true),
                triples: Some(statements.lines().count() as u64),
                links: links(&statements, request),
                ..Looked::default()
            }
        }
        Err(refusal) => Looked {
            code,
            parses: Some(false),
            why: Some(refusal.message),
            ..Looked::default()
        },
    }
}

/// What the triples name outside their own hosts and outside vocabularies: those whose digests come first, so the same ones in every run.
fn links(statements: &str, request: &LookRequest) -> Vec<String> {
    let parts = |line: &str| -> Option<(String, String, String)> {
        let (subject, rest) = line.split_once(' ')?;
        let (property, object) = rest.split_once(' ')?;
        Some((
            subject.to_owned(),
            property.to_owned(),
            object.trim_end().trim_end_matches(" .").to_owned(),
        ))
    };
    let iri = |term: &str| term.strip_prefix('<').and_then(|rest| rest.strip_suffix('>')).map(str::to_owned);
    let host = |iri: &str| Url::parse(iri).ok().and_then(|url| url.host_str().map(str::to_owned));
    let mut own: BTreeSet<String> = [&request.address, &request.dataset]
        .into_iter()
        .filter_map(|one| host(one))
        .collect();
    own.extend(
        statements
            .lines()
            .filter_map(parts)
            .filter_map(|(subject, ..)| host(&iri(&subject)?)),
    );
    let elsewhere = statements.lines().filter_map(parts).filter_map(|(_, property, object)| {
        let object = iri(&object).filter(|_| property != TYPE && !property.ends_with("license>"))?;
        let host = host(&object)?;
        (object.starts_with("http") && !own.contains(&host) && !VOCABULARIES.contains(&host.as_str())).then_some(object)
    });
    let mut found: Vec<String> = elsewhere.collect::<BTreeSet<_>>().into_iter().collect();
    found.sort_by_key(|link| Sha256::of(link.as_bytes()).to_string());
    found.truncate(LINKS);
    found
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn check(text: &str, expected: (Option<&str>, Option<bool>, Option<u64>)) -> Looked {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("fil");
        std::fs::write(&path, text).unwrap();
        let request = LookRequest {
            path,
            address: "https://data.exempelby.example/fil".into(),
            media_type: None,
            dataset: "https://data.exempelby.example/d".into(),
            limits: GraphLimits::default(),
        };
        let found = look(&request, text.as_bytes(), dir.path());
        assert_eq!((found.code.as_deref(), found.parses, found.triples), expected, "{text}: {found:?}");
        found
    }

    #[test]
    fn a_file_is_told_by_its_bytes_and_read_to_its_end() {
        let (yes, no) = (Some(true), Some(false));
        check("{\"a\": [1, 2]}", (Some("JSON"), yes, None));
        check("{\"type\": \"FeatureCollection\", \"features\": []}", (Some("GEOJSON"), yes, None));
        assert!(check("{\"a\": [1, 2}", (Some("JSON"), no, None)).why.unwrap().en.contains("column"));
        check("<?xml version=\"1.0\"?><a><b/></a>", (Some("XML"), yes, None));
        check("<?xml version=\"1.0\"?><a><b></a>", (Some("XML"), no, None));
        check("<a><b>", (Some("XML"), no, None));
        check("<!DOCTYPE html><html>", (Some("HTML"), None, None));
        check("%PDF-1.7", (Some("PDF"), None, None));
        check(
            "@prefix e: <https://e.example/> . e:a e:b e:c .",
            (Some("RDF_TURTLE"), yes, Some(1)),
        );
        check("@prefix e: <https://e.example/> . e:a e:b", (Some("RDF_TURTLE"), no, None));
        assert!(check("kommun;antal\n0180;1\n", (Some("TXT"), None, None)).table);
    }

    #[test]
    fn links_go_to_the_data_of_others() {
        let found = check(
            "@prefix e: <https://data.exempelby.example/> . e:a a <https://andra.example/Klass> ; e:b e:c , <https://andra.example/sak> ; \
             <http://purl.org/dc/terms/license> <https://licens.example/fri> ; e:d <http://www.w3.org/2004/02/skos/core#Concept> .",
            (Some("RDF_TURTLE"), Some(true), Some(5)),
        );
        assert_eq!(found.links, ["https://andra.example/sak"]);
    }
}
