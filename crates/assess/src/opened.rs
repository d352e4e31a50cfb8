//! What the bytes say of a distribution, beside what its metadata states: `formatMatch`, `syntaxValid` and the five stars.
//!
//! In: a distribution and what its file was seen to be. Out: yes, no or not measured. Nothing is fetched or opened here, and nothing is added to the
//! 405 points: the vocabulary of the metrics gives these two 15 points each, outside the scale. Stars as in the five-star scheme for open data
//! (Berners-Lee 2010): reachable and open, structured, in an open format, RDF, and linked to the data of others.

use fyr_model::{Dataset, Distribution};
use serde::{Deserialize, Serialize};

use crate::lists::{self, TYPES};
use crate::stars::{RDF, is_reachable_and_open, of_distribution};

/// What a file was seen to be.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Seen {
    /// The code of its file type in the EU's table; none for bytes of no kind that we know.
    pub code: Option<String>,
    /// Whether the whole of it can be read as that; none where there is no reader for it.
    pub parses: Option<bool>,
    /// Triples, when it is RDF.
    pub triples: Option<u64>,
    /// Whether it links to data elsewhere that answers with RDF; none when nobody asked.
    pub links: Option<bool>,
}

/// What follows.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Measured {
    /// The bytes are of the type that the metadata states.
    pub format_match: Option<bool>,
    /// The whole file can be read.
    pub syntax_valid: Option<bool>,
    /// Stars by the metadata, 0 to 4.
    pub stars_stated: u8,
    /// Stars by the file, 0 to 5; none when it was not opened.
    pub stars: Option<u8>,
}

/// Types that are a kind of another: GeoJSON is JSON, RDF/XML is XML.
const KINDS: [(&str, &[&str]); 5] = [
    ("JSON", &["GEOJSON", "JSON_LD"]),
    ("XML", &["GML", "KML", "RDF_XML", "RSS", "ATOM", "SVG", "XHTML"]),
    ("RDF", RDF),
    ("TXT", &["CSV", "TSV", "RDF_TURTLE", "RDF_N_TRIPLES", "YAML"]),
    ("HTML", &["XHTML", "HTML5"]),
];

/// The file type behind a media type.
pub fn code_of_media(media: &str) -> Option<&'static str> {
    TYPES.of_media(media)
}

/// What is measured on a distribution, whose file was seen or not.
pub fn measured(dataset: &Dataset, distribution: &Distribution, seen: Option<&Seen>) -> Measured {
    let declared: Vec<&str> = distribution
        .format
        .iter()
        .chain(&distribution.media_type)
        .filter_map(lists::file_type)
        .collect();
    let format_match = seen.and_then(|seen| {
        let code = seen.code.as_deref();
        (!declared.is_empty()).then(|| code.is_some_and(|code| declared.iter().any(|stated| is_a(code, stated))))
    });
    let syntax_valid = seen.and_then(|seen| seen.parses);
    let stars = seen.map(|seen| {
        let code = seen.code.as_deref().unwrap_or_default();
        let steps = [
            is_reachable_and_open(dataset, distribution),
            TYPES.machine(code) && format_match != Some(false) && syntax_valid == Some(true),
            TYPES.open(code),
            RDF.contains(&code) && seen.triples.is_some_and(|count| count > 0),
            seen.links == Some(true),
        ];
        steps.iter().take_while(|step| **step).fold(0, |stars, _| stars + 1)
    });
    Measured {
        format_match,
        syntax_valid,
        stars_stated: of_distribution(dataset, distribution),
        stars,
    }
}

/// Whether a type is another, or a kind of it.
fn is_a(code: &str, stated: &str) -> bool {
    let kinds = KINDS.iter().find(|(of, _)| *of == stated);
    code == stated || kinds.is_some_and(|(_, kinds)| kinds.contains(&code))
}

#[cfg(test)]
mod tests {
    use fyr_model::catalogue::Value;

    use super::*;

    fn about(format: &str) -> (Dataset, Distribution) {
        let iri = |text: &str| vec![Value::Iri(text.into())];
        let distribution = Distribution {
            access_url: iri("https://data.exempelby.example/d"),
            format: vec![Value::Literal(format.into())],
            licence: iri("http://creativecommons.org/licenses/by/4.0/"),
            ..Distribution::default()
        };
        (Dataset::new("https://data.exempelby.example/d"), distribution)
    }

    fn seen(code: &str, parses: bool, triples: u64, links: Option<bool>) -> Seen {
        Seen {
            code: Some(code.into()),
            parses: Some(parses),
            triples: (triples > 0).then_some(triples),
            links,
        }
    }

    fn check(format: &str, seen: &Seen, expected: (Option<bool>, Option<bool>, u8, Option<u8>)) {
        let (dataset, distribution) = about(format);
        let found = measured(&dataset, &distribution, Some(seen));
        let told = (found.format_match, found.syntax_valid, found.stars_stated, found.stars);
        assert_eq!(told, expected, "{format} {seen:?}");
    }

    #[test]
    fn stars_are_confirmed_by_the_file_and_the_fifth_by_its_links() {
        let (yes, no) = (Some(true), Some(false));
        check("text/csv", &seen("CSV", true, 0, None), (yes, yes, 3, Some(3)));
        check("text/csv", &seen("CSV", false, 0, None), (yes, no, 3, Some(1)));
        check("text/csv", &seen("HTML", true, 0, None), (no, yes, 3, Some(1)));
        check("application/json", &seen("GEOJSON", true, 0, None), (yes, yes, 3, Some(3)));
        check("text/turtle", &seen("RDF_TURTLE", true, 9, None), (yes, yes, 4, Some(4)));
        check("text/turtle", &seen("RDF_TURTLE", true, 9, no), (yes, yes, 4, Some(4)));
        check("text/turtle", &seen("RDF_TURTLE", true, 9, yes), (yes, yes, 4, Some(5)));
        check("text/turtle", &seen("RDF_TURTLE", true, 0, yes), (yes, yes, 4, Some(3)));
    }

    #[test]
    fn what_was_not_opened_or_not_stated_is_not_measured() {
        let (dataset, mut distribution) = about("text/csv");
        let found = measured(&dataset, &distribution, None);
        assert_eq!((found.format_match, found.syntax_valid, found.stars), (None, None, None));
        distribution.format.clear();
        let found = measured(&dataset, &distribution, Some(&seen("CSV", true, 0, None)));
        assert_eq!((found.format_match, found.syntax_valid, found.stars), (None, Some(true), Some(0)));
    }
}
