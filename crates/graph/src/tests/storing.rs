//! The store: old or new, nothing written when nothing changed, leftovers swept.

use std::path::Path;

use fyr_model::limits::GraphLimits;
use fyr_model::{Sha256, SourceId};

use crate::{Store, Syntax};

fn source(name: &str) -> SourceId {
    name.parse().unwrap()
}

/// A snapshot of `count` datasets with a title that names the round.
fn snapshot(dir: &Path, count: usize, round: usize) -> (std::path::PathBuf, Sha256) {
    let mut lines: Vec<String> = (0..count)
        .flat_map(|n| {
            let subject = format!("<https://e.example/d{n}>");
            [
                format!("{subject} <http://www.w3.org/1999/02/22-rdf-syntax-ns#type> <http://www.w3.org/ns/dcat#Dataset> .\n"),
                format!("{subject} <http://purl.org/dc/terms/title> \"{round}\"@sv .\n"),
            ]
        })
        .collect();
    lines.sort();
    let text = lines.concat();
    let path = dir.join(format!("{count}-{round}.nq"));
    std::fs::write(&path, &text).unwrap();
    (path, Sha256::of(text.as_bytes()))
}

fn limits(transaction: usize) -> GraphLimits {
    GraphLimits {
        transaction_quads_max: transaction,
        ..GraphLimits::default()
    }
}

fn put(store: &Store, name: &str, file: &(std::path::PathBuf, Sha256), limits: &GraphLimits) -> u64 {
    store.replace(&source(name), &file.0, file.1, limits).unwrap()
}

#[test]
fn an_equal_snapshot_writes_nothing_and_a_small_change_only_itself() {
    let dir = tempfile::tempdir().unwrap();
    let store = Store::open(&dir.path().join("graph")).unwrap();
    let (one, two) = (snapshot(dir.path(), 10, 1), snapshot(dir.path(), 11, 1));
    assert_eq!(put(&store, "a", &one, &limits(1000)), 20);
    let before = store.snapshot(&source("a")).unwrap();
    assert_eq!(put(&store, "a", &one, &limits(1000)), 0);
    assert_eq!(store.snapshot(&source("a")).unwrap(), before);
    assert_eq!(put(&store, "a", &two, &limits(1000)), 2);
    let after = store.snapshot(&source("a")).unwrap().unwrap();
    assert_eq!((after.triples, after.sha256), (22, two.1));
    assert_eq!(Some(after.graph), before.map(|one| one.graph), "a small change stays in its graph");
    assert_eq!(store.view(&source("a")).unwrap().datasets.len(), 11);
}

#[test]
fn a_large_change_goes_to_a_new_graph_and_the_old_one_is_removed() {
    let dir = tempfile::tempdir().unwrap();
    let store = Store::open(&dir.path().join("graph")).unwrap();
    let rounds: Vec<_> = (1..=3).map(|round| snapshot(dir.path(), 50, round)).collect();
    let mut graphs = Vec::new();
    for file in [&rounds[0], &rounds[1], &rounds[2], &rounds[0]] {
        assert_eq!(put(&store, "a", file, &limits(10)), 100);
        let view = store.view(&source("a")).unwrap();
        assert_eq!(view.datasets.len(), 50);
        let titles: std::collections::BTreeSet<_> = view.datasets.iter().map(|one| one.title.0[0].value.clone()).collect();
        assert_eq!(titles.len(), 1);
        graphs.push(store.snapshot(&source("a")).unwrap().unwrap().graph);
    }
    assert_ne!(graphs[0], graphs[1]);
    assert_eq!(graphs[0], graphs[3]);
    let count = store
        .query("SELECT (COUNT(*) AS ?n) WHERE { ?s ?p ?o }", Some("text/csv"), &Default::default())
        .unwrap();
    assert_eq!(String::from_utf8(count.body).unwrap(), "n\r\n100\r\n");
}

#[test]
fn a_graph_changed_in_place_may_meet_the_digest_it_is_named_by_again() {
    let dir = tempfile::tempdir().unwrap();
    let store = Store::open(&dir.path().join("graph")).unwrap();
    let (one, more) = (snapshot(dir.path(), 50, 1), snapshot(dir.path(), 52, 1));
    put(&store, "a", &one, &limits(10));
    assert_eq!(put(&store, "a", &more, &limits(10)), 4);
    // Back by bulk load: the graph of that name is the one in use.
    assert_eq!(put(&store, "a", &one, &limits(3)), 100);
    assert_eq!(store.view(&source("a")).unwrap().datasets.len(), 50);
}

#[test]
fn h36_what_an_interrupted_load_left_is_not_seen_and_is_swept_at_open() {
    let dir = tempfile::tempdir().unwrap();
    let folder = dir.path().join("graph");
    let (one, two) = (snapshot(dir.path(), 30, 1), snapshot(dir.path(), 30, 2));
    {
        let store = Store::open(&folder).unwrap();
        put(&store, "a", &one, &limits(10));
        // Killed between the bulk load and the pointer: the new graph is whole and nobody points to it.
        store.load_without_pointer(&source("a"), &two.0, two.1);
        assert_eq!(store.view(&source("a")).unwrap().datasets[0].title.0[0].value, "1");
        let rows = store
            .query(
                "SELECT (COUNT(*) AS ?n) WHERE { GRAPH ?g { ?s ?p ?o } }",
                Some("text/csv"),
                &Default::default(),
            )
            .unwrap();
        assert_eq!(String::from_utf8(rows.body).unwrap(), "n\r\n60\r\n");
        assert_eq!(store.quads(), 60 + 60 + 3);
    }
    let store = Store::open(&folder).unwrap();
    assert_eq!(store.quads(), 60 + 3);
    assert_eq!(put(&store, "a", &two, &limits(10)), 60);
    assert_eq!(store.view(&source("a")).unwrap().datasets[0].title.0[0].value, "2");
}

#[test]
fn a_second_opener_of_the_same_folder_is_refused() {
    let dir = tempfile::tempdir().unwrap();
    let folder = dir.path().join("graph");
    let first = Store::open(&folder).unwrap();
    assert!(Store::open(&folder).is_err());
    drop(first);
    assert!(Store::open(&folder).is_ok());
}

#[test]
fn readers_see_the_old_or_the_new_state_while_it_is_replaced() {
    let dir = tempfile::tempdir().unwrap();
    let store = Store::open(&dir.path().join("graph")).unwrap();
    let rounds: Vec<_> = (0..4).map(|round| snapshot(dir.path(), 200, round)).collect();
    put(&store, "a", &rounds[0], &limits(10));
    let stop = &std::sync::atomic::AtomicBool::new(false);
    let torn = std::thread::scope(|scope| {
        let readers: Vec<_> = (0..2)
            .map(|reader| {
                let store = store.clone();
                scope.spawn(move || {
                    let (mut seen, mut torn) = (0, 0);
                    while !stop.load(std::sync::atomic::Ordering::Relaxed) || seen == 0 {
                        let states = if reader == 0 {
                            let view = store.view(&source("a")).unwrap();
                            let titles: std::collections::BTreeSet<String> =
                                view.datasets.iter().map(|one| one.title.0[0].value.clone()).collect();
                            (titles.len(), view.datasets.len())
                        } else {
                            let query =
                                "SELECT (COUNT(DISTINCT ?t) AS ?a) (COUNT(?s) AS ?b) WHERE { ?s <http://purl.org/dc/terms/title> ?t }";
                            let text = String::from_utf8(store.query(query, Some("text/csv"), &Default::default()).unwrap().body).unwrap();
                            let numbers: Vec<usize> = text.lines().nth(1).unwrap().split(',').map(|n| n.parse().unwrap()).collect();
                            (numbers[0], numbers[1])
                        };
                        torn += usize::from(states != (1, 200));
                        seen += 1;
                    }
                    torn
                })
            })
            .collect();
        for round in 0..12 {
            // In turn by one transaction and by bulk load and pointer.
            let limits = limits(if round % 2 == 0 { 10 } else { 10_000 });
            put(&store, "a", &rounds[(round + 1) % 4], &limits);
        }
        stop.store(true, std::sync::atomic::Ordering::Relaxed);
        readers.into_iter().map(|reader| reader.join().unwrap()).sum::<usize>()
    });
    assert_eq!(torn, 0);
}

#[test]
fn sources_are_apart_and_one_can_be_taken_out() {
    let dir = tempfile::tempdir().unwrap();
    let store = Store::memory().unwrap();
    put(&store, "a", &snapshot(dir.path(), 3, 1), &limits(1000));
    put(&store, "b", &snapshot(dir.path(), 5, 2), &limits(1000));
    let names: Vec<String> = store.sources().unwrap().iter().map(ToString::to_string).collect();
    assert_eq!(names, ["a", "b"]);
    assert_eq!(store.view(&source("a")).unwrap().datasets.len(), 3);
    store.remove(&source("b")).unwrap();
    assert_eq!(store.sources().unwrap().len(), 1);
    assert!(store.view(&source("b")).unwrap().datasets.is_empty());
    assert_eq!(store.quads(), 6 + 3);
}

#[test]
fn a_description_holds_distributions_and_leaves_people_out() {
    let dir = tempfile::tempdir().unwrap();
    let read = super::read_text(
        format!(
            "{}<d> a dcat:Dataset ; dcterms:title \"T\"@sv ; dcterms:temporal [ dcat:startDate \"2020\" ] ; dcat:distribution <x> ; dcat:contactPoint <k>, <o> . \
             <x> a dcat:Distribution ; dcterms:title \"X\"@sv . <k> a vcard:Individual ; vcard:fn \"Ada Exempel\" . <o> a vcard:Organization ; vcard:fn \"Registrator\" . \
             <e> a dcat:Dataset ; dcterms:title \"annan\"@sv .",
            super::HEAD
        ),
        dir.path(),
    )
    .unwrap();
    let store = Store::memory().unwrap();
    store.replace(&source("a"), &read.nquads, read.sha256, &limits(1000)).unwrap();
    for syntax in Syntax::ALL {
        let bytes = store
            .describe(&source("a"), "https://data.exempelby.example/d", syntax)
            .unwrap()
            .unwrap();
        let text = String::from_utf8(bytes.clone()).unwrap();
        assert!(
            text.contains("Registrator")
                && text.contains("2020")
                && !text.contains("Ada")
                && !text.contains("annan")
                && !text.contains("urn:fyr"),
            "{text}"
        );
        assert_eq!(super::outcome(super::read_text(bytes, dir.path())), "accepted", "{text}");
    }
    assert_eq!(
        store
            .describe(&source("a"), "https://data.exempelby.example/none", Syntax::Turtle)
            .unwrap(),
        None
    );
}
