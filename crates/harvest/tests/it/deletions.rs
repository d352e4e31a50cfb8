//! What disappears (H19, `harvest.md` section 4).

use fyr_model::harvest::HarvestOutcome::{Changed, Held, Unchanged};

use crate::place::{Place, catalogue, counts, ended};

const TEN: [&str; 10] = ["d0", "d1", "d2", "d3", "d4", "d5", "d6", "d7", "d8", "d9"];

fn iri(name: &str) -> String {
    format!("https://data.exempelby.example/dataset/{name}")
}

#[tokio::test]
async fn h19_a_few_removals_become_tombstones_with_their_last_content_and_come_back() {
    let place = Place::new().await;
    place.set(catalogue(&TEN));
    ended(&place.run(0).await, Changed);
    place.set(catalogue(&TEN[..9]));
    let run = place.run(1).await;
    ended(&run, Changed);
    assert_eq!((counts(&run), run.changes.vanished.clone()), ([0, 0, 9, 1, 0], vec![iri("d9")]));
    assert_eq!(place.datasets(), TEN[..9]);
    let state = &place.harvest.state;
    let buried = state.tombstone(&iri("d9")).unwrap().unwrap();
    assert_eq!(buried.content["distributions"][0]["iri"], "https://data.exempelby.example/dist/d9");
    assert!(state.get("score", &iri("d9")).unwrap().is_none() && state.get("score", &iri("d8")).unwrap().is_some());

    place.set(catalogue(&TEN));
    assert_eq!(counts(&place.run(2).await), [1, 0, 9, 0, 0]);
    assert!(state.tombstone(&iri("d9")).unwrap().is_none());
}

#[tokio::test]
async fn h19_a_sharp_shrink_is_held_while_the_rest_goes_in() {
    let place = Place::new().await;
    place.set(catalogue(&TEN));
    ended(&place.run(0).await, Changed);
    place.set(catalogue(&["d0=2", "d1", "d2", "d3", "d4", "ny"]));
    let run = place.run(1).await;
    ended(&run, Held);
    assert_eq!(counts(&run), [1, 1, 4, 0, 5]);
    assert_eq!(run.changes.held, ["d5", "d6", "d7", "d8", "d9"].map(iri));
    assert_eq!(place.datasets(), ["d0", "d1", "d2", "d3", "d4", "d5", "d6", "d7", "d8", "d9", "ny"]);
    let view = place.harvest.store.view(&place.id).unwrap();
    let kept = view.datasets.iter().find(|dataset| dataset.id.as_str() == iri("d9")).unwrap();
    assert_eq!(
        (kept.distributions.len(), kept.temporal.len(), kept.publisher[0].described),
        (1, 1, true)
    );
    assert!(view.catalogues[0].datasets.contains(&iri("d9")));
    assert!(place.harvest.state.tombstones(None).unwrap().is_empty());
    assert!(place.harvest.state.get("score", &iri("d9")).unwrap().is_some());

    // Unchanged is not green while something is held, and writes nothing.
    place.publisher.asked();
    let again = place.run(2).await;
    ended(&again, Held);
    assert_eq!((counts(&again), again.quads_written), ([0, 0, 6, 0, 5], 0));
    assert_eq!(place.publisher.asked(), ["GET /dcat.ttl 304"]);

    // They come back: nothing is held any more.
    let all: Vec<&str> = TEN.iter().copied().chain(["ny"]).collect();
    place.set(catalogue(&all));
    let back = place.run(3).await;
    assert_eq!((back.outcome, counts(&back)), (Changed, [0, 1, 10, 0, 0]));
}

#[tokio::test]
async fn h19_an_operator_lets_held_deletions_through() {
    let place = Place::new().await;
    place.set(catalogue(&TEN));
    ended(&place.run(0).await, Changed);
    place.set(catalogue(&TEN[..5]));
    ended(&place.run(1).await, Held);
    let approved = place.approve(2).await;
    ended(&approved, Changed);
    assert_eq!((counts(&approved), place.datasets().len()), ([0, 0, 5, 5, 0], 5));
    assert_eq!(place.harvest.state.tombstones(Some(&place.id)).unwrap().len(), 5);
    ended(&place.run(3).await, Unchanged);
}

#[tokio::test]
async fn h19_an_approval_in_advance_lets_nothing_through() {
    let place = Place::new().await;
    place.set(catalogue(&TEN));
    ended(&place.run(0).await, Changed);
    place.set(catalogue(&TEN[..5]));
    ended(&place.approve(1).await, Held);
    assert_eq!(place.datasets().len(), 10);
}

#[tokio::test]
async fn h19_three_agreeing_runs_over_72_hours_let_them_through() {
    let place = Place::new().await;
    place.set(catalogue(&TEN));
    ended(&place.run(0).await, Changed);
    place.set(catalogue(&TEN[..5]));
    for hours in [1, 25, 49, 72] {
        ended(&place.run(hours).await, Held);
    }
    let released = place.run(73).await;
    ended(&released, Changed);
    assert_eq!((counts(&released), place.datasets().len()), ([0, 0, 5, 5, 0], 5));
    ended(&place.run(74).await, Unchanged);
}
