//! The W3C SHACL test suite, from its manifests, through our own trait. Data: `SOURCES.md` beside the suite.

use std::collections::BTreeMap;
use std::path::Path as FilePath;

use fyr_model::limits::GraphLimits;
use oxrdf::Term;

use super::super::data::name;
use super::super::path::{Path, objects};
use super::super::shapes::parsed;
use super::super::terms as sh;
use super::super::{Data, Shapes, ShapesDocument, Validation};
use crate::tests::shared;
use crate::triples::{Graph, Id};

const BASE: &str = "http://suite.example/";
const MF: &str = "http://www.w3.org/2001/sw/DataAccess/tests/test-manifest#";
const SHT: &str = "http://www.w3.org/ns/shacl-test#";

/// Tests that we do not pass, each with the reason; the test fails when one of them passes.
const NOT_PASSED: &[(&str, &str)] = &[];

/// A test that the manifest beside it does not include, run all the same.
const NOT_LISTED: &[&str] = &["sparql/component/nodeValidator-001.ttl"];

struct Suite<'a> {
    folder: &'a FilePath,
    table: BTreeMap<String, (usize, usize)>,
    wrong: Vec<String>,
}

#[test]
fn the_w3c_suite_passes_from_its_manifests() {
    let Some(folder) = shared("suites/shacl/tests") else { return };
    let mut suite = Suite {
        folder: &folder,
        table: BTreeMap::new(),
        wrong: Vec::new(),
    };
    suite.manifest("core/manifest.ttl");
    suite.manifest("sparql/manifest.ttl");
    NOT_LISTED.iter().for_each(|file| suite.manifest(file));
    let (mut passed, mut all) = (0, 0);
    for (group, (good, count)) in &suite.table {
        println!("{group:<28} {good:>3} of {count:>3}");
        passed += good;
        all += count;
    }
    println!("{:<28} {passed:>3} of {all:>3}", "all");
    NOT_PASSED.iter().for_each(|(test, why)| println!("not passed: {test}: {why}"));
    assert!(all > 120, "only {all} tests were found");
    assert!(suite.wrong.is_empty(), "{}", suite.wrong.join("\n\n"));
}

fn graph(folder: &FilePath, file: &str) -> Graph {
    let bytes = std::fs::read(folder.join(file)).unwrap();
    parsed(
        &bytes,
        Some("text/turtle"),
        file,
        Some(&format!("{BASE}{file}")),
        &GraphLimits::default(),
    )
    .unwrap()
    .0
}

fn one(graph: &Graph, node: Id, property: &str) -> Option<Id> {
    objects(graph, node, property).first().copied()
}

impl Suite<'_> {
    fn manifest(&mut self, file: &str) {
        let graph = graph(self.folder, file);
        let mut included: Vec<String> = Vec::new();
        if let Some(include) = graph.iri_id(&format!("{MF}include")) {
            included = graph
                .rows()
                .filter(|[_, p, _]| *p == include)
                .filter_map(|[_, _, o]| graph.iri(o).map(str::to_owned))
                .collect();
        }
        for iri in included {
            self.manifest(iri.strip_prefix(BASE).unwrap());
        }
        let validate = graph.iri_id(&format!("{SHT}Validate"));
        let tests: Vec<Id> = validate.into_iter().flat_map(|class| graph.to(class).map(|[s, _, _]| s)).collect();
        for test in tests {
            self.test(file, &graph, test);
        }
    }

    fn test(&mut self, file: &str, graph: &Graph, test: Id) {
        let action = one(graph, test, &format!("{MF}action")).unwrap();
        let of = |property: &str| {
            let iri = one(graph, action, &format!("{SHT}{property}"))
                .and_then(|id| graph.iri(id))
                .unwrap();
            iri.strip_prefix(BASE).unwrap().to_owned()
        };
        let result = one(graph, test, &format!("{MF}result")).unwrap();
        let seen = self.run(&of("shapesGraph"), &of("dataGraph"), Shapes::read);
        if let (Ok(ours), Ok(witness)) = (&seen, self.run(&of("shapesGraph"), &of("dataGraph"), Shapes::by_library)) {
            super::both_walks_agree(file, ours, &witness);
        }
        let fails = graph.iri(result) == Some(&format!("{SHT}Failure"));
        let outcome = match seen {
            Err(refusal) if fails => {
                println!("{file}: refused as it must be: {}", refusal.message.en);
                Ok(())
            }
            Err(refusal) => Err(format!("refused: {refusal:?}")),
            Ok(_) if fails => Err("must be refused".into()),
            Ok(validation) => compare(&expected(graph, result), &validation),
        };
        let group = FilePath::new(file).parent().unwrap().display().to_string();
        let entry = self.table.entry(group).or_default();
        entry.1 += 1;
        let known = NOT_PASSED.iter().any(|(name, _)| *name == file);
        match outcome {
            Ok(()) => {
                entry.0 += 1;
                if known {
                    self.wrong.push(format!("{file} passes: take it off the list"));
                }
            }
            Err(why) if !known => self.wrong.push(format!("{file}: {why}")),
            Err(_) => {}
        }
    }

    fn run(&self, shapes: &str, data: &str, read: super::Read) -> Result<Validation, fyr_model::Refusal> {
        let bytes = std::fs::read(self.folder.join(shapes)).unwrap();
        let base = format!("{BASE}{shapes}");
        let document = ShapesDocument {
            bytes: &bytes,
            media_type: Some("text/turtle"),
            name: shapes,
            base: Some(&base),
        };
        let shapes = read(&[document], &GraphLimits::default())?;
        shapes.validate(&Data::new(graph(self.folder, data)))
    }
}

/// Conforms, and each result as one line; blank nodes are all alike.
type Report = (bool, Vec<String>);

fn shown(term: Option<&Term>) -> String {
    match term {
        None => String::new(),
        Some(Term::BlankNode(_)) => "_:".into(),
        Some(other) => other.to_string(),
    }
}

/// A node by its name; blank nodes are all alike.
fn focus(name: &str) -> String {
    if name.starts_with("_:") { "_:".into() } else { name.to_owned() }
}

fn expected(graph: &Graph, report: Id) -> Report {
    let conforms = one(graph, report, sh::CONFORMS).and_then(|id| graph.literal(id)).unwrap();
    let conforms = matches!(conforms.value(), "true" | "1");
    let mut lines: Vec<String> = objects(graph, report, sh::RESULT)
        .into_iter()
        .map(|result| {
            let term = |property: &str| shown(one(graph, result, property).map(|id| graph.term(id)));
            let path = one(graph, result, sh::RESULT_PATH).and_then(|id| Path::read(graph, id));
            [
                one(graph, result, sh::FOCUS_NODE)
                    .map(|id| focus(&name(graph.term(id))))
                    .unwrap_or_default(),
                path.map(|path| path.text()).unwrap_or_default(),
                term(sh::SOURCE_CONSTRAINT_COMPONENT),
                term(sh::RESULT_SEVERITY),
                term(sh::VALUE),
                term(sh::SOURCE_SHAPE),
            ]
            .join(" | ")
        })
        .collect();
    lines.sort();
    (conforms, lines)
}

fn compare(expected: &Report, validation: &Validation) -> Result<(), String> {
    let iri = |iri: &str| format!("<{iri}>");
    let mut lines: Vec<String> = validation
        .results
        .iter()
        .flat_map(|found| (0..found.times).map(move |_| found))
        .map(|found| {
            let shape = if found.source_shape.starts_with(sh::SHAPE_NAME) {
                "_:".to_owned()
            } else {
                iri(&found.source_shape)
            };
            [
                focus(&found.focus),
                found.path.clone(),
                iri(&found.component),
                iri(&found.severity_iri),
                shown(found.terms.value.as_ref()),
                shape,
            ]
            .join(" | ")
        })
        .collect();
    lines.sort();
    if (validation.conforms, &lines) == (expected.0, &expected.1) {
        return Ok(());
    }
    Err(format!(
        "expected {} {:#?}\nsaw {} {:#?}",
        expected.0, expected.1, validation.conforms, lines
    ))
}
