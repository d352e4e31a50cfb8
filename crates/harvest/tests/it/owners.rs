//! One IRI, two sources: the first keeps it (H18).

use fyr_model::harvest::HarvestOutcome::Changed;
use fyr_model::readiness::Readiness;

use crate::place::{Place, at, catalogue, ended, source, turtle};
use fyr_harvest::Options;

const IRI: &str = "https://data.exempelby.example/dataset/trad";

#[tokio::test]
async fn h18_the_first_owner_of_an_iri_keeps_it_and_the_conflict_is_shown() {
    let place = Place::new().await;
    place.set(catalogue(&["trad"]));
    ended(&place.run(0).await, Changed);
    let score = || {
        place
            .harvest
            .state
            .get_as::<Readiness>("score", IRI)
            .unwrap()
            .map(|(score, at)| (score.iri, at))
    };
    let first = score();

    place.publisher.set("/other.ttl", turtle(catalogue(&["trad=2", "skolor"])));
    let (other, file) = ("region".parse().unwrap(), source(&place.publisher.url("/other.ttl")));
    let options = Options {
        trigger: "manual".into(),
        ..Options::default()
    };
    let run = place.harvest.run(&other, &file, &options, at(1)).await;
    ended(&run, Changed);
    let conflicts: Vec<_> = run.finding_list.iter().filter(|finding| finding.id == "identity-taken").collect();
    assert_eq!((conflicts.len(), conflicts[0].focus.as_str()), (1, IRI));
    assert_eq!(score(), first);
    // Each keeps its own graph.
    assert_eq!(place.harvest.store.view(&other).unwrap().datasets.len(), 2);
    assert_eq!(place.datasets(), ["trad"]);

    // The owner lets it go: the other takes over at its next change.
    place.set(catalogue(&["annat"]));
    ended(&place.run(2).await, Changed);
    assert!(score().is_none());
    place.publisher.set("/other.ttl", turtle(catalogue(&["trad=3", "skolor"])));
    let run = place.harvest.run(&other, &file, &options, at(3)).await;
    assert!(run.finding_list.iter().all(|finding| finding.id != "identity-taken"));
    assert_eq!(score(), Some((IRI.into(), at(3))));
}
