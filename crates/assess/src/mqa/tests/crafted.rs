//! Crafted datasets with their points worked out by hand from the tables of `mqa.md` sections 1, 2, 4 and 5.
//!
//! A case is written in words: what the dataset has, what each distribution has, what its addresses answered, and what the shapes said. Expected
//! are the points per dimension (findability, accessibility, interoperability, reusability, contextuality) in both variants, and which
//! distribution won. The sums stand in the comments where they are not plain.
//!
//! Longer than 600 lines because every case stands beside its points in one table, several lines each.

use super::*;

const NOBODY: Option<bool> = None;

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

/// Both variants give the same.
const fn same(points: [u32; 5], winner: Option<usize>) -> (Expected, Expected) {
    ((points, winner), (points, winner))
}

const fn case(
    name: &'static str,
    dataset: &'static str,
    distributions: &'static [&'static str],
    links: &'static str,
    complies: Option<bool>,
    expected: (Expected, Expected),
) -> Case {
    (name, dataset, distributions, links, complies, expected.0, expected.1)
}

const ALL: &str = "keyword theme spatial temporal public contact publisher";
const WHOLE: &str = "access download csv iana-csv by rights size issued modified";

const CASES: &[Case] = &[
    // The dataset's own metrics, one by one and without a distribution.
    case("nothing at all", "", &[], "", NOBODY, same([0; 5], None)),
    case("a keyword", "keyword", &[], "", NOBODY, same([30, 0, 0, 0, 0], None)),
    case("a theme", "theme", &[], "", NOBODY, same([30, 0, 0, 0, 0], None)),
    case("a place", "spatial", &[], "", NOBODY, same([20, 0, 0, 0, 0], None)),
    case("a period", "temporal", &[], "", NOBODY, same([20, 0, 0, 0, 0], None)),
    case(
        "all that makes it found",
        "keyword theme spatial temporal",
        &[],
        "",
        NOBODY,
        same([100, 0, 0, 0, 0], None),
    ),
    case(
        "access rights of the table",
        "public",
        &[],
        "",
        NOBODY,
        same([0, 0, 0, 15, 0], None),
    ),
    case(
        "access rights in words",
        "rights-in-words",
        &[],
        "",
        NOBODY,
        same([0, 0, 0, 10, 0], None),
    ),
    case("a contact", "contact", &[], "", NOBODY, same([0, 0, 0, 20, 0], None)),
    case("a publisher", "publisher", &[], "", NOBODY, same([0, 0, 0, 10, 0], None)),
    case(
        "a licence on the dataset is nobody's",
        "licence",
        &[],
        "",
        NOBODY,
        same([0; 5], None),
    ),
    case(
        "an issued date without distribution",
        "issued",
        &[],
        "",
        NOBODY,
        same([0, 0, 0, 0, 5], None),
    ),
    case(
        "a modified date without distribution",
        "modified",
        &[],
        "",
        NOBODY,
        same([0, 0, 0, 0, 5], None),
    ),
    case("shapes passed", "", &[], "", Some(true), (([0, 0, 30, 0, 0], None), ([0; 5], None))),
    case("shapes failed", "", &[], "", Some(false), same([0; 5], None)),
    // 100 + 0 + 30 + (10 + 5 + 20 + 10) + (5 + 5).
    case(
        "a dataset that lacks nothing but a distribution",
        "keyword theme spatial temporal public contact publisher issued modified",
        &[],
        "ok",
        Some(true),
        (([100, 0, 30, 45, 10], None), ([100, 0, 0, 45, 10], None)),
    ),
    // Addresses.
    case(
        "an address that answers",
        "",
        &["access"],
        "ok",
        NOBODY,
        same([0, 50, 0, 0, 0], Some(0)),
    ),
    case("an address that nobody asked", "", &["access"], "", NOBODY, same([0; 5], Some(0))),
    case(
        "an address that is not among those asked",
        "",
        &["access"],
        "other:200",
        NOBODY,
        same([0; 5], Some(0)),
    ),
    case(
        "an address that is gone",
        "",
        &["access"],
        "access:404",
        NOBODY,
        same([0; 5], Some(0)),
    ),
    case(
        "an address that ends in a redirect",
        "",
        &["access"],
        "access:301",
        NOBODY,
        same([0; 5], Some(0)),
    ),
    case(
        "the last status that passes",
        "",
        &["access"],
        "access:299",
        NOBODY,
        same([0, 50, 0, 0, 0], Some(0)),
    ),
    case(
        "the better of two addresses",
        "",
        &["access access2"],
        "access:500 access2:200",
        NOBODY,
        same([0, 50, 0, 0, 0], Some(0)),
    ),
    case(
        "a download address that answers",
        "",
        &["download"],
        "ok",
        NOBODY,
        same([0, 50, 0, 0, 0], Some(0)),
    ),
    case(
        "a download address that nobody asked",
        "",
        &["download"],
        "",
        NOBODY,
        same([0, 20, 0, 0, 0], Some(0)),
    ),
    case(
        "a download address that is gone",
        "",
        &["download"],
        "download:410",
        NOBODY,
        same([0, 20, 0, 0, 0], Some(0)),
    ),
    case(
        "both addresses answer",
        "",
        &["access download"],
        "ok",
        NOBODY,
        same([0, 100, 0, 0, 0], Some(0)),
    ),
    case(
        "one of them answers",
        "",
        &["access download"],
        "access:200 download:503",
        NOBODY,
        same([0, 70, 0, 0, 0], Some(0)),
    ),
    // Formats: format 20, media type 10, both on their lists 10, open 20, machine-readable 20.
    case("CSV by its file type", "", &["csv"], "", NOBODY, same([0, 0, 60, 0, 0], Some(0))),
    case(
        "CSV by file type and media type",
        "",
        &["csv iana-csv"],
        "",
        NOBODY,
        same([0, 0, 80, 0, 0], Some(0)),
    ),
    case(
        "CSV by a media type as format",
        "",
        &["text-csv"],
        "",
        NOBODY,
        (([0, 0, 20, 0, 0], Some(0)), ([0, 0, 70, 0, 0], Some(0))),
    ),
    case(
        "CSV by media types only",
        "",
        &["text-csv iana-csv"],
        "",
        NOBODY,
        (([0, 0, 30, 0, 0], Some(0)), ([0, 0, 80, 0, 0], Some(0))),
    ),
    case(
        "a media type and no format",
        "",
        &["iana-csv"],
        "",
        NOBODY,
        (([0, 0, 10, 0, 0], Some(0)), ([0, 0, 60, 0, 0], Some(0))),
    ),
    case(
        "PDF, neither open nor machine-readable",
        "",
        &["pdf"],
        "",
        NOBODY,
        same([0, 0, 20, 0, 0], Some(0)),
    ),
    case(
        "XLSX, machine-readable and not open",
        "",
        &["xlsx"],
        "",
        NOBODY,
        same([0, 0, 40, 0, 0], Some(0)),
    ),
    case(
        "TXT, open and not machine-readable",
        "",
        &["txt"],
        "",
        NOBODY,
        same([0, 0, 40, 0, 0], Some(0)),
    ),
    // On neither list; its media type is registered, so Sweden gives the 10 for the vocabulary.
    case(
        "Parquet",
        "",
        &["parquet"],
        "",
        NOBODY,
        (([0, 0, 20, 0, 0], Some(0)), ([0, 0, 30, 0, 0], Some(0))),
    ),
    case(
        "a format in no list's words",
        "",
        &["format-word"],
        "",
        NOBODY,
        same([0, 0, 20, 0, 0], Some(0)),
    ),
    // Licences.
    case(
        "a licence that the lists know",
        "",
        &["by"],
        "",
        NOBODY,
        same([0, 0, 0, 30, 0], Some(0)),
    ),
    case(
        "a licence of the EU table",
        "",
        &["eu-by"],
        "",
        NOBODY,
        same([0, 0, 0, 30, 0], Some(0)),
    ),
    case(
        "a licence that is nearly right",
        "",
        &["https-by"],
        "",
        NOBODY,
        same([0, 0, 0, 20, 0], Some(0)),
    ),
    case(
        "a licence in words",
        "",
        &["licence-word"],
        "",
        NOBODY,
        same([0, 0, 0, 20, 0], Some(0)),
    ),
    // Contextuality.
    case("rights", "", &["rights"], "", NOBODY, same([0, 0, 0, 0, 5], Some(0))),
    case("a size", "", &["size"], "", NOBODY, same([0, 0, 0, 0, 5], Some(0))),
    case(
        "all four",
        "",
        &["rights size issued modified"],
        "",
        NOBODY,
        same([0, 0, 0, 0, 20], Some(0)),
    ),
    // The issued and modified rule.
    case(
        "a distribution without dates hides the dataset's",
        "issued modified",
        &["access"],
        "ok",
        NOBODY,
        same([0, 50, 0, 0, 0], Some(0)),
    ),
    case(
        "one with a date shows its own and hides the other",
        "issued modified",
        &["issued"],
        "",
        NOBODY,
        same([0, 0, 0, 0, 5], Some(0)),
    ),
    case(
        "a loser's dates do not count",
        "",
        &["csv", "issued modified"],
        "",
        NOBODY,
        same([0, 0, 60, 0, 0], Some(0)),
    ),
    // The best distribution wins whole.
    case(
        "the second is better",
        "",
        &["download", "csv"],
        "",
        NOBODY,
        same([0, 0, 60, 0, 0], Some(1)),
    ),
    case(
        "the middle one is best",
        "",
        &["size", "csv iana-csv", "by"],
        "",
        NOBODY,
        same([0, 0, 80, 0, 0], Some(1)),
    ),
    case(
        "metrics of two are never mixed",
        "",
        &["csv", "by rights size"],
        "",
        NOBODY,
        same([0, 0, 60, 0, 0], Some(0)),
    ),
    case(
        "the dataset's own are added",
        "keyword contact",
        &["csv", "by"],
        "",
        NOBODY,
        same([30, 0, 60, 20, 0], Some(0)),
    ),
    case(
        "links decide who wins",
        "",
        &["by", "access"],
        "ok",
        NOBODY,
        same([0, 50, 0, 0, 0], Some(1)),
    ),
    case(
        "without links the other wins",
        "",
        &["by", "access"],
        "",
        NOBODY,
        same([0, 0, 0, 30, 0], Some(0)),
    ),
    // 60 against 20 + 10 + 5 in the EU; 60 against 80 + 5 in Sweden.
    case(
        "each variant has its own winner",
        "",
        &["csv", "text-csv iana-csv size"],
        "",
        NOBODY,
        (([0, 0, 60, 0, 0], Some(0)), ([0, 0, 80, 0, 5], Some(1))),
    ),
    // Ties: 30 for a known licence, 20 + 10 for a format and a media type that are on no list.
    case(
        "a tie keeps the earlier",
        "",
        &["by", "format-word media-word"],
        "",
        NOBODY,
        same([0, 0, 0, 30, 0], Some(0)),
    ),
    case(
        "the same tie the other way round",
        "",
        &["format-word media-word", "by"],
        "",
        NOBODY,
        same([0, 0, 30, 0, 0], Some(0)),
    ),
    case(
        "three alike",
        "",
        &["size", "rights", "issued"],
        "",
        NOBODY,
        same([0, 0, 0, 0, 5], Some(0)),
    ),
    case("two that have nothing", "", &["", ""], "", NOBODY, same([0; 5], Some(0))),
    // Everything.
    case(
        "perfect",
        ALL,
        &[WHOLE],
        "ok",
        Some(true),
        (([100, 100, 110, 75, 20], Some(0)), ([100, 100, 80, 75, 20], Some(0))),
    ),
    case(
        "perfect but for the shapes",
        ALL,
        &[WHOLE],
        "ok",
        Some(false),
        same([100, 100, 80, 75, 20], Some(0)),
    ),
    case(
        "perfect, shapes not run",
        ALL,
        &[WHOLE],
        "ok",
        NOBODY,
        same([100, 100, 80, 75, 20], Some(0)),
    ),
    case(
        "perfect, nobody asked the addresses",
        ALL,
        &[WHOLE],
        "",
        Some(true),
        (([100, 20, 110, 75, 20], Some(0)), ([100, 20, 80, 75, 20], Some(0))),
    ),
    case(
        "perfect with a Parquet twin before it",
        ALL,
        &["access download parquet by rights size issued modified", WHOLE],
        "ok",
        Some(true),
        (([100, 100, 110, 75, 20], Some(1)), ([100, 100, 80, 75, 20], Some(1))),
    ),
];

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
