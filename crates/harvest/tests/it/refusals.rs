//! Every refusal is typed, names its source, and leaves the last good snapshot; the honest document before and after is taken.

use fyr_confine::{Handler, Runner};
use fyr_model::harvest::HarvestOutcome::{self, Changed, Failed, Suspect, Unchanged};
use fyr_model::{Refusal, RefusalKind, Text};

use crate::place::{Page, Place, WORK, catalogue, ended, turtle};

/// The good catalogue, then `page`, then another good one.
async fn check(page: Page, outcome: HarvestOutcome, id: &str) -> Refusal {
    let place = Place::new().await;
    place.set(catalogue(&["trad", "skolor"]));
    let good = place.run(0).await;
    ended(&good, Changed);
    let files = place.graph_files().await;
    place.publisher.set("/dcat.ttl", page);
    let run = place.run(1).await;
    ended(&run, outcome);
    let reason = run.reason.clone().unwrap();
    assert_eq!(reason.id, id, "{reason:?}");
    assert!(reason.subject.contains(&place.publisher.host), "{}", reason.subject);
    assert_eq!((run.snapshot, run.triples, run.quads_written), (good.snapshot, good.triples, 0));
    assert_eq!(
        (place.datasets(), place.graph_files().await),
        (vec!["skolor".to_owned(), "trad".into()], files)
    );
    let trouble = place.harvest.state.get("source-trouble", "exempelby").unwrap().unwrap().0;
    assert_eq!((trouble["last"].as_str(), trouble["runs"].as_u64()), (Some(id), Some(1)));

    place.set(catalogue(&["trad", "skolor"]));
    ended(&place.run(2).await, Unchanged);
    place.set(catalogue(&["trad", "skolor", "badplatser"]));
    ended(&place.run(3).await, Changed);
    assert!(place.harvest.state.get("source-trouble", "exempelby").unwrap().is_none());
    reason
}

#[tokio::test]
async fn h11_a_web_page_with_status_200_is_refused() {
    let page = Page {
        media_type: "text/html",
        ..turtle("<!DOCTYPE html><html><title>Logga in</title></html>")
    };
    check(page, Failed, "not-a-catalogue").await;
    check(
        turtle("<!DOCTYPE html><html><title>Logga in</title></html>"),
        Failed,
        "not-a-catalogue",
    )
    .await;
}

#[tokio::test]
async fn h11_no_datasets_where_there_were_some_is_suspect() {
    check(turtle(catalogue(&[])), Suspect, "no-datasets").await;
}

#[tokio::test]
async fn an_empty_catalogue_is_never_green() {
    let place = Place::new().await;
    place.set(catalogue(&[]));
    let run = place.run(0).await;
    ended(&run, Suspect);
    assert!(place.harvest.store.snapshot(&place.id).unwrap().is_none());
}

#[tokio::test]
async fn a_syntax_error_rejects_the_whole_document_and_says_where() {
    let broken = catalogue(&["trad", "skolor"]) + "<dataset/ny> a dcat:Dataset ;; .. \n";
    let reason = check(turtle(broken.clone()), Failed, "syntax").await;
    assert_eq!(reason.position.unwrap().line as usize, broken.lines().count());
}

#[tokio::test]
async fn a_relative_iri_without_a_base_is_refused() {
    check(turtle("<katalog> a <http://www.w3.org/ns/dcat#Catalog> ."), Failed, "relative-iri").await;
}

#[tokio::test]
async fn an_entity_bomb_is_refused() {
    let mut bomb = "<?xml version=\"1.0\"?><!DOCTYPE rdf:RDF [<!ENTITY a0 \"aaaaaaaaaa\">".to_owned();
    (1..9).for_each(|n| bomb += &format!("<!ENTITY a{n} \"{}\">", format!("&a{};", n - 1).repeat(10)));
    bomb += "]><rdf:RDF xmlns:rdf=\"http://www.w3.org/1999/02/22-rdf-syntax-ns#\"><rdf:Description>&a8;</rdf:Description></rdf:RDF>";
    check(
        Page {
            media_type: "application/rdf+xml",
            ..turtle(bomb)
        },
        Failed,
        "doctype-entity",
    )
    .await;
}

#[tokio::test]
async fn a_body_larger_than_the_limit_is_refused() {
    check(turtle(catalogue(&["trad"]) + &" ".repeat(1 << 20)), Failed, "fetch-too-large").await;
}

#[tokio::test]
async fn a_server_fault_and_a_redirect_to_another_loopback_address_are_refused() {
    check(
        Page {
            status: 500,
            ..turtle("x")
        },
        Failed,
        "fetch-status",
    )
    .await;
    let redirect = Page {
        status: 302,
        location: Some("http://127.0.0.1/".into()),
        ..turtle("")
    };
    check(redirect, Failed, "fetch-address").await;
}

#[tokio::test]
async fn a_kind_that_cannot_be_read_is_a_configuration_error() {
    let mut place = Place::new().await;
    place.file.kind = "csw".into();
    let run = place.run(0).await;
    ended(&run, Failed);
    assert_eq!(
        (run.reason.unwrap().kind, place.publisher.asked().len()),
        (RefusalKind::Configuration, 0)
    );
}

static DYING: &[(&str, Handler)] = &[("graph.read", |_, _| {
    let text = Text::new("arbetsprocessen avbröts", "the worker died");
    Err(Refusal::new("worker-died", RefusalKind::Unreadable, "x", text))
})];

#[tokio::test]
async fn h46_three_dead_workers_are_quarantine_for_the_schedule_and_a_person_may_try() {
    let mut place = Place::with(Runner::Direct(DYING)).await;
    place.set(catalogue(&["trad"]));
    for hours in 0..3 {
        let run = place.run_as("schedule", hours).await;
        assert_eq!(run.reason.unwrap().id, "worker-died");
    }
    place.publisher.asked();
    let rest = place.run_as("schedule", 2).await;
    assert_eq!(
        (rest.reason.unwrap().id.as_str(), place.publisher.asked().len()),
        ("source-quarantined", 0)
    );
    // The document is mended; after an hour the schedule tries again, and a person need not wait.
    place.harvest.runner = Runner::Direct(WORK);
    ended(&place.run(2).await, Changed);
    ended(&place.run_as("schedule", 2).await, Unchanged);
}

#[tokio::test]
async fn h46_quarantine_ends() {
    let mut place = Place::with(Runner::Direct(DYING)).await;
    place.set(catalogue(&["trad"]));
    for _ in 0..3 {
        place.run_as("schedule", 0).await;
    }
    place.harvest.runner = Runner::Direct(WORK);
    assert_eq!(place.run_as("schedule", 0).await.reason.unwrap().id, "source-quarantined");
    ended(&place.run_as("schedule", 1).await, Changed);
}
