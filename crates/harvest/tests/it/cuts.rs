//! A kill at any point (H36, H38): what is on disk then, and that the next run completes. The process is not killed here; what it would have
//! left is.

use fyr_graph::Store;
use fyr_model::harvest::HarvestOutcome::{Changed, Unchanged};
use serde_json::Value;

use crate::place::{Place, at, catalogue, counts, ended};

const TEN: [&str; 10] = ["d0", "d1", "d2", "d3", "d4", "d5", "d6", "d7", "d8", "d9"];

fn state_of(place: &Place) -> Value {
    place.harvest.state.get("source-state", "exempelby").unwrap().unwrap().0
}

/// Puts the state back to what it was, as if the run had died after the store was flushed.
fn forget_last_run(place: &Place, state: &Value) {
    place.harvest.state.put("source-state", "exempelby", state, at(0)).unwrap();
}

#[tokio::test]
async fn h36_a_cut_after_the_store_was_written_sends_no_validators_and_does_the_rest() {
    let place = Place::new().await;
    place.set(catalogue(&TEN));
    ended(&place.run(0).await, Changed);
    let before = state_of(&place);
    place.set(catalogue(&TEN[..9]));
    let whole = place.run(1).await;
    forget_last_run(&place, &before);
    let gone = "https://data.exempelby.example/dataset/d9";
    place.harvest.state.remove_tombstone(&place.id, gone).unwrap();

    place.publisher.asked();
    let redone = place.run(2).await;
    ended(&redone, Changed);
    assert_eq!(place.publisher.asked(), ["GET /dcat.ttl 200"]);
    assert_eq!(
        (redone.snapshot, redone.quads_written, counts(&redone)),
        (whole.snapshot, 0, [0, 0, 9, 1, 0])
    );
    let buried = place.harvest.state.tombstone(gone).unwrap().unwrap();
    assert_eq!(buried.content["distributions"][0]["iri"], "https://data.exempelby.example/dist/d9");
    ended(&place.run(3).await, Unchanged);
}

#[tokio::test]
async fn h36_a_cut_does_not_slip_deletions_past_the_brake() {
    let place = Place::new().await;
    place.set(catalogue(&TEN));
    ended(&place.run(0).await, Changed);
    let before = state_of(&place);
    place.set(catalogue(&TEN[..5]));
    let held = place.run(1).await;
    assert_eq!(counts(&held), [0, 0, 5, 0, 5]);
    forget_last_run(&place, &before);
    let redone = place.run(2).await;
    assert_eq!(
        (counts(&redone), redone.snapshot, place.datasets().len()),
        ([0, 0, 5, 0, 5], held.snapshot, 10)
    );
}

#[tokio::test]
async fn h36_a_cut_before_the_store_was_written_leaves_the_old_state_and_a_snapshot_nobody_names() {
    let place = Place::new().await;
    place.set(catalogue(&TEN));
    let first = place.run(0).await;
    // What a run leaves that dies between snapshot file and store: files of its own, an open run, a work folder, half a body.
    let snapshots = place.dir.path().join("snapshots/exempelby");
    std::fs::write(snapshots.join(format!("{}.nq.unfinished", "0".repeat(64))), "x").unwrap();
    let work = place.dir.path().join("work/harvest/exempelby");
    std::fs::create_dir_all(&work).unwrap();
    std::fs::write(work.join("half.nq"), "x").unwrap();
    place.harvest.state.begin("harvest", "exempelby", "schedule", at(1)).unwrap();

    assert_eq!(
        place.harvest.store.snapshot(&place.id).unwrap().map(|stored| stored.sha256),
        first.snapshot
    );
    place.set(catalogue(&TEN[..9]));
    let next = place.run(2).await;
    assert_eq!(counts(&next), [0, 0, 9, 1, 0]);
    assert_eq!((place.files("work").len(), place.files("snapshots").len()), (0, 4));
}

#[tokio::test]
async fn h38_a_store_that_lost_its_last_commit_is_filled_again() {
    let mut place = Place::new().await;
    place.set(catalogue(&TEN));
    let first = place.run(0).await;
    place.harvest.store = Store::memory().unwrap();
    place.publisher.asked();
    let again = place.run(1).await;
    ended(&again, Changed);
    assert_eq!(place.publisher.asked(), ["GET /dcat.ttl 200"]);
    assert_eq!(
        (again.snapshot, again.quads_written, place.datasets().len()),
        (first.snapshot, first.triples, 10)
    );
    ended(&place.run(2).await, Unchanged);
}

#[tokio::test]
async fn a_state_that_is_lost_does_not_slip_deletions_past_the_brake() {
    let mut place = Place::new().await;
    place.set(catalogue(&TEN));
    ended(&place.run(0).await, Changed);
    place.harvest.state = fyr_jobs::State::memory().unwrap();
    place.set(catalogue(&TEN[..5]));
    assert_eq!(counts(&place.run(1).await), [0, 0, 5, 0, 5]);
    // And without its snapshot files the run is refused rather than the datasets lost.
    place.harvest.state = fyr_jobs::State::memory().unwrap();
    std::fs::remove_dir_all(place.dir.path().join("snapshots")).unwrap();
    let refused = place.run(2).await;
    assert_eq!(
        (refused.reason.unwrap().id.as_str(), place.datasets().len()),
        ("snapshot-missing", 10)
    );
}

#[tokio::test]
async fn h42_a_lease_that_a_dead_process_held_is_taken_over_when_it_runs_out() {
    let place = Place::new().await;
    place.set(catalogue(&["trad"]));
    let ttl = std::time::Duration::from_secs(600);
    place
        .harvest
        .state
        .acquire("harvest/exempelby", "schedule", ttl, at(0))
        .unwrap()
        .unwrap();
    assert_eq!(place.run_as("schedule", 0).await.reason.unwrap().id, "harvest-running");
    ended(&place.run_as("schedule", 1).await, Changed);
}
