//! Keeps datasets that a source left out but the brake holds: what the former snapshot said of them goes into the new one.
//!
//! Works on canonical N-Triples, one triple a line, which is all that a confined reader ever hands over.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, File};
use std::io::{self, BufRead as _, BufReader};
use std::path::Path;

use fyr_graph::{Entity, ReadResponse};
use fyr_model::{Refusal, Sha256};

use crate::refuse;

/// Objects that belong to a dataset's description.
const FOLLOWED: [&str; 4] = [
    "<http://www.w3.org/ns/dcat#distribution>",
    "<http://purl.org/dc/terms/publisher>",
    "<http://purl.org/dc/terms/creator>",
    "<http://www.w3.org/ns/dcat#contactPoint>",
];
const LISTS: &str = "<http://www.w3.org/ns/dcat#dataset>";
/// How `graph` names what was a blank node.
const BLANK: &str = "<urn:fyr:bnode:";

/// `new` with the descriptions of `held` from the snapshot file `former`, whose entities are `entities`. The result's file lies in `dir`.
///
/// The held datasets are listed by the new main catalogue; a publisher or contact that the new document describes itself stays as it is there.
pub fn keep(new: ReadResponse, former: &Path, entities: &[Entity], held: &[String], dir: &Path) -> Result<ReadResponse, Refusal> {
    let disk = |error: io::Error| refuse::disk("snapshots", &error);
    let old = by_subject(former).map_err(disk)?;
    let mut lines: BTreeSet<String> = by_line(&new.nquads).map_err(disk)?;
    let known: BTreeSet<String> = lines.iter().filter_map(|line| subject(line)).map(str::to_owned).collect();
    let wanted: Vec<String> = held.iter().map(|iri| format!("<{iri}>")).collect();
    lines.extend(described(&old, &wanted, &known));
    if let Some(catalogue) = new.view.catalogues.first() {
        lines.extend(wanted.iter().map(|iri| format!("<{}> {LISTS} {iri} .\n", catalogue.iri)));
    }
    let text: String = lines.iter().map(String::as_str).collect();
    let sha256 = Sha256::of(text.as_bytes());
    let nquads = dir.join(format!("{sha256}.kept.nq"));
    fs::write(&nquads, text).map_err(disk)?;
    let mut view = fyr_graph::view_of(&nquads)?;
    // The file knows no order of distributions; the document did.
    for dataset in &mut view.datasets {
        if let Some(ordered) = new.view.datasets.iter().find(|ordered| ordered.id == dataset.id) {
            dataset.distributions.clone_from(&ordered.distributions);
        }
    }
    let mut all = new.entities;
    all.extend(
        entities
            .iter()
            .filter(|entity| held.contains(&entity.iri) && crate::difference::is_dataset(entity))
            .cloned(),
    );
    all.sort_by(|a, b| (&a.class, &a.iri).cmp(&(&b.class, &b.iri)));
    Ok(ReadResponse {
        triples: lines.len() as u64,
        nquads,
        sha256,
        entities: all,
        view,
        ..new
    })
}

/// The lines about `wanted` and what belongs to them, except about subjects that are `known` already.
fn described(old: &BTreeMap<String, Vec<String>>, wanted: &[String], known: &BTreeSet<String>) -> Vec<String> {
    let mut waiting: Vec<String> = wanted.to_vec();
    let mut seen: BTreeSet<String> = wanted.iter().cloned().collect();
    let mut found = Vec::new();
    while let Some(node) = waiting.pop() {
        for line in old.get(&node).into_iter().flatten() {
            found.push(line.clone());
            let Some((predicate, object)) = rest(line) else { continue };
            let belongs = object.starts_with(BLANK) || FOLLOWED.contains(&predicate);
            if belongs && !known.contains(object) && seen.insert(object.to_owned()) {
                waiting.push(object.to_owned());
            }
        }
    }
    found
}

/// The first term of a line.
fn subject(line: &str) -> Option<&str> {
    line.split_once(' ').map(|(subject, _)| subject)
}

/// Predicate and object of a line.
fn rest(line: &str) -> Option<(&str, &str)> {
    let (predicate, object) = line.split_once(' ')?.1.split_once(' ')?;
    Some((predicate, object.trim_end().trim_end_matches('.').trim_end()))
}

fn by_line(path: &Path) -> io::Result<BTreeSet<String>> {
    let lines = BufReader::new(File::open(path)?).lines();
    lines.map(|line| line.map(|line| line + "\n")).collect()
}

fn by_subject(path: &Path) -> io::Result<BTreeMap<String, Vec<String>>> {
    let mut found: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for line in by_line(path)? {
        let key = subject(&line).unwrap_or_default().to_owned();
        found.entry(key).or_default().push(line);
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_held_dataset_keeps_its_distributions_and_nameless_parts_and_nothing_of_others() {
        let dir = tempfile::tempdir().unwrap();
        let dcat = "http://www.w3.org/ns/dcat#";
        let kind = "<http://www.w3.org/1999/02/22-rdf-syntax-ns#type>";
        let write = |name: &str, lines: &[String]| {
            let path = dir.path().join(name);
            fs::write(&path, lines.concat()).unwrap();
            path
        };
        let dataset = |iri: &str| format!("<{iri}> {kind} <{dcat}Dataset> .\n");
        let old = write(
            "old.nq",
            &[
                dataset("urn:a"),
                dataset("urn:b"),
                format!("<urn:a> <{dcat}distribution> <urn:a1> .\n"),
                format!("<urn:a1> {kind} <{dcat}Distribution> .\n"),
                "<urn:a> <http://purl.org/dc/terms/temporal> <urn:fyr:bnode:x:1> .\n".into(),
                "<urn:fyr:bnode:x:1> <urn:start> \"2020 . <urn:no>\" .\n".into(),
                "<urn:a> <http://purl.org/dc/terms/publisher> <urn:p> .\n".into(),
                "<urn:p> <http://xmlns.com/foaf/0.1/name> \"old name\" .\n".into(),
                format!("<urn:b> <{dcat}distribution> <urn:b1> .\n"),
                "<urn:b1> <urn:x> <urn:y> .\n".into(),
            ],
        );
        let new = write(
            "new.nq",
            &[
                format!("<urn:c> {kind} <{dcat}Catalog> .\n"),
                "<urn:p> <http://xmlns.com/foaf/0.1/name> \"new name\" .\n".into(),
            ],
        );
        let read = ReadResponse {
            syntax: "turtle".into(),
            triples: 2,
            statements: 2,
            view: fyr_graph::view_of(&new).unwrap(),
            nquads: new,
            sha256: Sha256::of(b""),
            entities: Vec::new(),
            parts: Vec::new(),
            findings: Vec::new(),
        };
        let entity = |iri: &str| Entity {
            iri: iri.into(),
            class: "dataset".into(),
            sha256: Sha256::of(iri.as_bytes()),
        };
        let kept = keep(read, &old, &[entity("urn:a"), entity("urn:b")], &["urn:a".into()], dir.path()).unwrap();
        let text = fs::read_to_string(&kept.nquads).unwrap();
        for line in [
            "<urn:a1>",
            "\"2020 . <urn:no>\"",
            "\"new name\"",
            "<urn:c> <http://www.w3.org/ns/dcat#dataset> <urn:a> .",
        ] {
            assert!(text.contains(line), "{line}\n{text}");
        }
        assert!(
            !text.contains("urn:b>") && !text.contains("urn:b1") && !text.contains("old name"),
            "{text}"
        );
        assert_eq!((kept.triples, kept.entities), (text.lines().count() as u64, vec![entity("urn:a")]));
        assert_eq!(kept.view.datasets.len(), 1);
        assert_eq!(kept.sha256, Sha256::of(text.as_bytes()));
    }
}
