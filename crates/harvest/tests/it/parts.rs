//! Sub-catalogues: a part with nothing but its type is fetched from its own IRI, and one that fails stops the run.

use fyr_model::harvest::HarvestOutcome::{Changed, Failed, Incomplete, Unchanged};

use crate::place::{Page, Place, catalogue, catalogue_with, counts, ended, turtle};

fn with_parts(place: &Place, own: &[&str], parts: &[&str]) -> String {
    let listed: String = parts
        .iter()
        .map(|part| format!("<katalog> dct:hasPart <{0}> . <{0}> a dcat:Catalog .\n", place.publisher.url(part)))
        .collect();
    catalogue_with(own, &listed)
}

/// A catalogue at its own IRI with one dataset.
fn part(place: &Place, path: &str, name: &str) -> Page {
    let iri = place.publisher.url(path);
    turtle(format!(
        "@prefix dcat: <http://www.w3.org/ns/dcat#> . @prefix dct: <http://purl.org/dc/terms/> .
<{iri}> a dcat:Catalog ; dct:title \"Del\"@sv ; dcat:dataset <https://del.exempelby.example/dataset/{name}> .
<https://del.exempelby.example/dataset/{name}> a dcat:Dataset ; dct:title \"{name}\"@sv ; dct:temporal [ dcat:startDate \"2021\" ] .\n"
    ))
}

async fn two_parts() -> Place {
    let place = Place::new().await;
    place.set(with_parts(&place, &["trad"], &["/a", "/b"]));
    place.publisher.set("/a", part(&place, "/a", "bibliotek"));
    place.publisher.set("/b", part(&place, "/b", "museer"));
    place
}

#[tokio::test]
async fn parts_are_fetched_and_their_datasets_move_up() {
    let place = two_parts().await;
    let run = place.run(0).await;
    ended(&run, Changed);
    assert_eq!((counts(&run), run.documents, run.requests), ([3, 0, 0, 0, 0], 3, 3));
    assert_eq!(place.datasets(), ["trad", "bibliotek", "museer"]);
    let view = place.harvest.store.view(&place.id).unwrap();
    assert!(
        view.catalogues[0].datasets.iter().any(|iri| iri.ends_with("museer")),
        "{:?}",
        view.catalogues
    );

    place.publisher.asked();
    let again = place.run(1).await;
    ended(&again, Unchanged);
    assert_eq!(place.publisher.asked(), ["GET /dcat.ttl 304", "GET /a 304", "GET /b 304"]);
    assert_eq!((again.requests, again.quads_written, again.documents), (3, 0, 3));
}

#[tokio::test]
async fn a_part_that_changed_alone_is_noticed_and_the_others_are_not_sent_again() {
    let place = two_parts().await;
    ended(&place.run(0).await, Changed);
    place.publisher.asked();
    place.publisher.set("/b", part(&place, "/b", "arkiv"));
    let run = place.run(1).await;
    ended(&run, Changed);
    assert_eq!(counts(&run), [1, 0, 2, 1, 0]);
    assert_eq!(place.publisher.asked(), ["GET /dcat.ttl 304", "GET /a 304", "GET /b 200"]);

    // Without the raw bytes they are.
    std::fs::remove_dir_all(place.dir.path().join("raw")).unwrap();
    place.publisher.set("/b", part(&place, "/b", "museer"));
    ended(&place.run(2).await, Changed);
    let asked = place.publisher.asked();
    assert_eq!(
        asked,
        ["GET /dcat.ttl 304", "GET /a 304", "GET /b 200", "GET /dcat.ttl 200", "GET /a 200"]
    );
}

#[tokio::test]
async fn a_part_that_fails_stops_the_whole_run() {
    let place = two_parts().await;
    ended(&place.run(0).await, Changed);
    let honest = part(&place, "/b", "museer");
    for (page, id) in [
        (Page { status: 404, ..turtle("") }, "fetch-status"),
        (turtle("<!DOCTYPE html><title>404</title>"), "not-a-catalogue"),
        (turtle("<http://x.example/> <urn:p> "), "syntax"),
    ] {
        place.set(with_parts(&place, &["trad=2"], &["/a", "/b"]));
        place.publisher.set("/b", page);
        let run = place.run(1).await;
        ended(&run, Incomplete);
        assert_eq!((run.reason.as_ref().unwrap().id.as_str(), counts(&run)), (id, [0; 5]));
        assert_eq!(place.datasets(), ["trad", "bibliotek", "museer"]);
    }
    place.publisher.set("/b", honest);
    assert_eq!(counts(&place.run(2).await), [0, 1, 2, 0, 0]);
}

#[tokio::test]
async fn h08_parts_of_parts_and_circles_are_refused() {
    let place = Place::new().await;
    place.set(with_parts(&place, &["trad"], &["/a"]));
    let nested = part(&place, "/a", "bibliotek").text
        + &format!(
            "<{}> dct:hasPart <{1}> . <{1}> a dcat:Catalog .",
            place.publisher.url("/a"),
            place.publisher.url("/b")
        );
    place.publisher.set("/a", turtle(nested));
    let run = place.run(0).await;
    ended(&run, Failed);
    assert_eq!(run.reason.unwrap().id, "parts-nested");

    place.set(with_parts(&place, &["trad"], &["/dcat.ttl"]));
    let run = place.run(1).await;
    ended(&run, Failed);
    assert_eq!(run.reason.unwrap().id, "parts-cycle");
    place.set(catalogue(&["trad"]));
    ended(&place.run(2).await, Changed);
}
