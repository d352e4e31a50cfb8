//! Runs that end well: first, changed, unchanged, dry, together.

use fyr_harvest::Metadata;
use fyr_model::harvest::HarvestOutcome::{Changed, Failed, Unchanged};
use fyr_model::readiness::Readiness;

use crate::place::{Page, Place, at, catalogue, catalogue_with, counts, ended, turtle};

#[tokio::test]
async fn a_first_harvest_stores_judges_and_writes_the_journal() {
    let place = Place::new().await;
    place.set(catalogue(&["trad", "skolor"]));
    let run = place.run(0).await;
    ended(&run, Changed);
    assert_eq!((counts(&run), run.requests, run.documents), ([2, 0, 0, 0, 0], 1, 1));
    assert!(run.triples > 15 && run.quads_written == run.triples && run.bytes > 500);
    assert_eq!(place.datasets(), ["skolor", "trad"]);
    let stored = place.harvest.store.snapshot(&place.id).unwrap().unwrap();
    assert_eq!((Some(stored.sha256), stored.triples), (run.snapshot, run.triples));
    assert_eq!(place.files("snapshots").len(), 2);
    assert_eq!(place.files("work").len(), 0);

    let state = &place.harvest.state;
    let journal = state.runs(Some("harvest"), Some("exempelby"), 9).unwrap();
    assert_eq!(
        (journal.len(), journal[0].outcome.as_deref(), journal[0].trigger.as_str()),
        (1, Some("changed"), "manual")
    );
    let (metadata, _) = state.get_as::<Metadata>("metadata", "exempelby").unwrap().unwrap();
    assert_eq!(
        (metadata.syntax.as_str(), metadata.harvested, metadata.mqa["eu"].datasets.len()),
        ("turtle", true, 2)
    );
    assert!(!metadata.findings.is_empty() && run.findings.total() == metadata.findings.len() as u64);
    let (score, _) = state
        .get_as::<Readiness>("score", "https://data.exempelby.example/dataset/trad")
        .unwrap()
        .unwrap();
    assert_eq!(score.iri, "https://data.exempelby.example/dataset/trad");
}

#[tokio::test]
async fn an_unchanged_source_costs_one_conditional_request_and_no_write() {
    let place = Place::new().await;
    place.set(catalogue(&["trad", "skolor"]));
    let first = place.run(0).await;
    place.publisher.asked();
    let before = (place.graph_files().await, place.files("snapshots"), place.files("raw"));
    let again = place.run(24).await;
    ended(&again, Unchanged);
    assert_eq!(place.publisher.asked(), ["GET /dcat.ttl 304"]);
    assert_eq!((again.requests, again.bytes, again.quads_written), (1, 0, 0));
    assert_eq!(
        (counts(&again), again.triples, again.snapshot),
        ([0, 0, 2, 0, 0], first.triples, first.snapshot)
    );
    assert_eq!(again.findings, first.findings);
    assert_eq!((place.graph_files().await, place.files("snapshots"), place.files("raw")), before);
}

#[tokio::test]
async fn a_server_without_validators_that_sends_the_same_bytes_changes_nothing() {
    let place = Place::new().await;
    let page = || Page {
        etag: false,
        ..turtle(catalogue(&["trad"]))
    };
    place.publisher.set("/dcat.ttl", page());
    ended(&place.run(0).await, Changed);
    let before = place.graph_files().await;
    let again = place.run(1).await;
    ended(&again, Unchanged);
    assert_eq!((again.quads_written, place.graph_files().await), (0, before));
}

#[tokio::test]
async fn the_same_triples_in_other_words_change_nothing() {
    let place = Place::new().await;
    place.set(catalogue(&["trad", "skolor"]));
    ended(&place.run(0).await, Changed);
    place.set(format!("# omskriven\n{}", catalogue(&["skolor", "trad"])));
    let again = place.run(1).await;
    ended(&again, Unchanged);
    assert_eq!((again.quads_written, counts(&again)), (0, [0, 0, 2, 0, 0]));
}

#[tokio::test]
async fn a_change_is_counted_by_dataset_and_written_as_a_difference() {
    let place = Place::new().await;
    place.set(catalogue(&["trad", "skolor"]));
    ended(&place.run(0).await, Changed);
    place.set(catalogue(&["trad=2", "skolor", "badplatser"]));
    let run = place.run(1).await;
    ended(&run, Changed);
    assert_eq!(counts(&run), [1, 1, 1, 0, 0]);
    assert_eq!(run.changes.changed, ["https://data.exempelby.example/dataset/trad"]);
    assert!(
        run.quads_written > 2 && run.quads_written < run.triples / 2 + 3,
        "{} of {}",
        run.quads_written,
        run.triples
    );
    place.set(catalogue_with(
        &["trad=2", "skolor", "badplatser"],
        "<katalog> dct:issued \"2026-11-22\" .",
    ));
    let run = place.run(2).await;
    ended(&run, Changed);
    assert_eq!((counts(&run), run.quads_written), ([0, 0, 3, 0, 0], 1));
}

#[tokio::test]
async fn a_dry_run_tells_everything_and_keeps_nothing() {
    let place = Place::new().await;
    place.set(catalogue(&["trad", "skolor"]));
    let dry = place.dry(0).await;
    ended(&dry, Changed);
    assert_eq!((counts(&dry), dry.quads_written), ([2, 0, 0, 0, 0], 0));
    assert!(dry.findings.total() > 0);
    assert!(place.harvest.store.snapshot(&place.id).unwrap().is_none());
    assert!(place.harvest.state.runs(None, None, 9).unwrap().is_empty());
    assert!(place.harvest.state.get("source-state", "exempelby").unwrap().is_none());
    assert_eq!((place.files("snapshots").len(), place.files("work").len()), (0, 0));

    ended(&place.run(1).await, Changed);
    place.set(catalogue(&["trad=2", "skolor"]));
    assert_eq!(counts(&place.dry(2).await), [0, 1, 1, 0, 0]);
    assert_eq!(counts(&place.run(3).await), [0, 1, 1, 0, 0]);
}

#[tokio::test]
async fn a_redirect_by_302_is_followed_and_reported() {
    let place = Place::new().await;
    let found = Page {
        status: 302,
        location: Some("/new.ttl".into()),
        etag: false,
        ..turtle("")
    };
    place.publisher.set("/dcat.ttl", found);
    place.publisher.set("/new.ttl", turtle(catalogue(&["trad"])));
    let run = place.run(0).await;
    ended(&run, Changed);
    assert_eq!(
        (run.requests, run.finding_list.iter().any(|finding| finding.id == "redirect-302")),
        (2, true)
    );
}

#[tokio::test]
async fn h42_a_scheduled_run_is_skipped_and_counted_and_a_manual_one_joins() {
    let place = Place::new().await;
    place.publisher.set(
        "/dcat.ttl",
        Page {
            wait_ms: 600,
            ..turtle(catalogue(&["trad"]))
        },
    );
    let (first, second, third) = tokio::join!(
        place.run(0),
        async {
            tokio::time::sleep(std::time::Duration::from_millis(100)).await;
            place.run_as("schedule", 0).await
        },
        async {
            tokio::time::sleep(std::time::Duration::from_millis(150)).await;
            place.run(0).await
        }
    );
    ended(&first, Changed);
    ended(&second, Failed);
    assert_eq!(second.reason.unwrap().id, "harvest-running");
    assert_eq!((third.outcome, third.started, counts(&third)), (Changed, at(0), counts(&first)));
    assert_eq!(place.publisher.asked(), ["GET /dcat.ttl 200"]);
    let state = &place.harvest.state;
    assert_eq!(state.runs(None, None, 9).unwrap().len(), 1);
    assert_eq!(
        state.get_as::<u64>("source-skipped", "exempelby").unwrap().map(|(count, _)| count),
        Some(1)
    );
    ended(&place.run_as("schedule", 1).await, Unchanged);
}
