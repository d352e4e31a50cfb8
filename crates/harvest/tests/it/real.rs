//! The real catalogues among the fixtures: taken or refused with a typed reason, and unchanged at the second look.

use std::path::Path;

use fyr_fetch::{Client, FetchConfig};
use fyr_harvest::{Harvest, Options};
use fyr_model::harvest::HarvestOutcome::{Changed, Unchanged};

use crate::place::{Place, at, source};

#[tokio::test]
async fn every_real_catalogue_is_taken_or_refused_by_name_and_costs_nothing_the_second_time() {
    let folder = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared/fixtures/real/catalogs"));
    if !folder.is_dir() {
        println!("skipped: the shared fixtures are not here");
        return;
    }
    let place = Place::new().await;
    let config = FetchConfig {
        mirror: [("https://real.example/".to_owned(), folder.to_str().unwrap().to_owned())].into(),
        raw_dir: place.dir.path().join("raw"),
        ..FetchConfig::default()
    };
    let harvest = Harvest {
        client: Client::new(config).unwrap(),
        ..place.harvest.clone()
    };
    let mut names: Vec<String> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    let options = Options {
        trigger: "manual".into(),
        ..Options::default()
    };
    let mut taken = 0;
    for (number, name) in names.iter().enumerate() {
        let (id, file) = (
            format!("real-{number}").parse().unwrap(),
            source(&format!("https://real.example/{name}")),
        );
        let first = harvest.run(&id, &file, &options, at(0)).await;
        let reason = first.reason.as_ref().map_or("-", |reason| reason.id.as_str());
        println!(
            "{name}: {:?} {} triples, {:?}, {:?}, {reason}",
            first.outcome, first.triples, first.datasets, first.findings
        );
        assert_eq!(first.outcome == Changed, first.reason.is_none(), "{name}");
        if first.outcome == Changed {
            taken += 1;
            assert_eq!(first.triples, first.quads_written, "{name}");
            let second = harvest.run(&id, &file, &options, at(1)).await;
            assert_eq!((second.outcome, second.quads_written, second.requests), (Unchanged, 0, 1), "{name}");
        }
    }
    assert!(taken >= 9, "{taken}");
}
