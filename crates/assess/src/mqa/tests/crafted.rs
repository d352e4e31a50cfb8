//! Crafted datasets with their points worked out by hand from the tables of `mqa.md` sections 1, 2, 4 and 5.
//!
//! A case is written in words: what the dataset has, what each distribution has, what its addresses answered, and what the shapes said. Expected
//! are the points per dimension (findability, accessibility, interoperability, reusability, contextuality) in both variants, and which
//! distribution won. The sums stand in the comments where they are not plain.

mod cases;

use super::*;
use cases::CASES;

/// Points per dimension, and the place of the winner.
type Expected = ([u32; 5], Option<usize>);

/// One case: name, dataset, distributions, links, compliance; then points and winner in `eu`, and in `se`.
type Case = (
    &'static str,
    &'static str,
    &'static [&'static str],
    &'static str,
    Option<bool>,
    Expected,
    Expected,
);

fn file_type(code: &str) -> Vec<Value> {
    iri(&format!("http://publications.europa.eu/resource/authority/file-type/{code}"))
}

fn literal(text: &str) -> Vec<Value> {
    vec![Value::Literal(text.into())]
}

fn address(name: &str) -> Value {
    Value::Iri(format!("https://data.exempelby.example/{name}"))
}

fn described(dataset: &mut Dataset, word: &str) {
    match word {
        "keyword" => dataset.keyword = text("träd"),
        "theme" => dataset.theme = iri("http://publications.europa.eu/resource/authority/data-theme/ENVI"),
        "spatial" => dataset.spatial = vec![Location::default()],
        "temporal" => dataset.temporal = vec![Period::default()],
        "public" => dataset.access_rights = iri("http://publications.europa.eu/resource/authority/access-right/PUBLIC"),
        "rights-in-words" => dataset.access_rights = literal("öppet"),
        "contact" => dataset.contact = vec![Contact::default()],
        "publisher" => dataset.publisher = vec![Agent::default()],
        "licence" => dataset.licence = iri("http://creativecommons.org/licenses/by/4.0/"),
        "issued" => dataset.issued = Some("2026-01-01".into()),
        "modified" => dataset.modified = Some("2026-02-01".into()),
        _ => panic!("{word}"),
    }
}

fn distributed(distribution: &mut Distribution, word: &str) {
    match word {
        "access" | "access2" => distribution.access_url.push(address(word)),
        "download" => distribution.download_url.push(address(word)),
        "csv" | "pdf" | "xlsx" | "txt" => distribution.format = file_type(&word.to_uppercase()),
        "text-csv" => distribution.format = literal("text/csv"),
        "parquet" => distribution.format = literal("application/vnd.apache.parquet"),
        "format-word" => distribution.format = literal("kalkylblad"),
        "iana-csv" => distribution.media_type = iri("http://www.iana.org/assignments/media-types/text/csv"),
        "media-word" => distribution.media_type = literal("kalkylblad"),
        "by" => distribution.licence = iri("http://creativecommons.org/licenses/by/4.0/"),
        "eu-by" => distribution.licence = iri("http://publications.europa.eu/resource/authority/licence/CC_BY_4_0"),
        "https-by" => distribution.licence = iri("https://creativecommons.org/licenses/by/4.0/"),
        "licence-word" => distribution.licence = literal("fri att använda"),
        "rights" => distribution.rights = iri("https://data.exempelby.example/villkor"),
        "size" => distribution.byte_size = Some("12".into()),
        "issued" => distribution.issued = Some("2026-01-01".into()),
        "modified" => distribution.modified = Some("2026-02-01".into()),
        _ => panic!("{word}"),
    }
}

fn links_of(words: &str) -> Links {
    let status = |word: &str| {
        let (name, status) = word.split_once(':').unwrap_or_else(|| panic!("{word}"));
        (address(name).as_str().to_owned(), status.parse().unwrap())
    };
    match words {
        "" => Links::None,
        "ok" => Links::AssumeOk,
        words => Links::Statuses(words.split(' ').map(status).collect()),
    }
}

fn dataset_of(words: &str, distributions: &[&str]) -> Dataset {
    let mut dataset = Dataset::new("https://data.exempelby.example/trad");
    words.split_whitespace().for_each(|word| described(&mut dataset, word));
    for (at, words) in distributions.iter().enumerate() {
        let mut distribution = file(&at.to_string());
        words.split_whitespace().for_each(|word| distributed(&mut distribution, word));
        dataset.distributions.push(distribution);
    }
    dataset
}

#[test]
fn crafted_datasets_have_the_points_that_were_worked_out_by_hand() {
    assert!(CASES.len() >= 40, "{}", CASES.len());
    let mut wrong = Vec::new();
    for (name, words, distributions, links, complies, eu, se) in CASES {
        let dataset = dataset_of(words, distributions);
        let links = links_of(links);
        let verdicts: BTreeMap<String, bool> = complies.iter().map(|verdict| (dataset.id.as_str().to_owned(), *verdict)).collect();
        let known = Known {
            links: &links,
            compliance: Some(&verdicts),
        };
        for (variant, (points, winner)) in [(Variant::Eu, eu), (Variant::Se, se)] {
            let scored = score_dataset(&dataset, variant, known);
            assert_eq!(total(&dataset, variant, known), scored.total, "{name} {variant:?}");
            let d = &scored.dimensions;
            let seen = [d.findability, d.accessibility, d.interoperability, d.reusability, d.contextuality];
            let best = winner.and_then(|at| dataset.distributions.get(at)).map(|one| one.iri.clone());
            if seen != points.map(f64::from) || scored.total != points.iter().sum::<u32>() || scored.best_distribution != best {
                wrong.push(format!(
                    "{name} {variant:?}: {seen:?} {:?}, expected {points:?} {best:?}",
                    scored.best_distribution
                ));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn the_crafted_datasets_win_and_lose_every_metric() {
    for variant in [Variant::Eu, Variant::Se] {
        for row in POINTS.metric.iter().filter(|row| row.max(variant) > 0) {
            let mut seen: Vec<Option<bool>> = Vec::new();
            for (_, words, distributions, links, complies, ..) in CASES {
                let dataset = dataset_of(words, distributions);
                let links = links_of(links);
                let verdicts: BTreeMap<String, bool> = complies.iter().map(|verdict| (dataset.id.as_str().to_owned(), *verdict)).collect();
                let known = Known {
                    links: &links,
                    compliance: Some(&verdicts),
                };
                let scored = score_dataset(&dataset, variant, known);
                seen.extend(
                    scored
                        .metrics
                        .iter()
                        .filter(|metric| metric.id == row.iri(variant))
                        .map(|metric| metric.passed),
                );
            }
            assert!(seen.contains(&Some(true)) && seen.contains(&Some(false)), "{} {variant:?}", row.id);
        }
    }
}

#[test]
fn the_bands_begin_and_end_where_the_page_says() {
    for (total, rating) in [
        (0, Rating::Bad),
        (120, Rating::Bad),
        (121, Rating::Sufficient),
        (220, Rating::Sufficient),
        (221, Rating::Good),
        (350, Rating::Good),
        (351, Rating::Excellent),
        (405, Rating::Excellent),
    ] {
        assert_eq!(Rating::of(f64::from(total)), rating, "{total}");
    }
}
