//! Five stars as stated in metadata (`mqa.md` section 7): each star needs all before it, and a dataset shows its best distribution.
//!
//! Stated only: nothing is fetched or opened here, so the fifth star, which needs the file, is never given; [`crate::opened`] gives it.

use fyr_model::{Dataset, Distribution, Reuse};

use crate::licence;
use crate::lists::{self, TYPES};

/// File types that are RDF in a usual serialisation.
pub(crate) const RDF: &[&str] = &["JSON_LD", "RDF_N_QUADS", "RDF_N_TRIPLES", "RDF_TRIG", "RDF_TURTLE", "RDF_XML"];

/// The stars of a dataset, 0 to 4.
pub fn stated(dataset: &Dataset) -> u8 {
    dataset
        .distributions
        .iter()
        .map(|distribution| of_distribution(dataset, distribution))
        .max()
        .unwrap_or(0)
}

/// The first star: on the web, with a format stated, under an open licence.
pub(crate) fn is_reachable_and_open(dataset: &Dataset, distribution: &Distribution) -> bool {
    let mut formats = distribution.format.iter().chain(&distribution.media_type);
    let reuse = licence::verdict(dataset, distribution).reuse;
    let open = matches!(reuse, Reuse::Free | Reuse::Attribution | Reuse::ShareAlike);
    distribution.address().is_some() && formats.next().is_some() && open
}

/// The stars of one distribution, 0 to 4.
pub(crate) fn of_distribution(dataset: &Dataset, distribution: &Distribution) -> u8 {
    let formats = || distribution.format.iter().chain(&distribution.media_type);
    let codes: Vec<&str> = formats().filter_map(lists::file_type).collect();
    let steps = [
        is_reachable_and_open(dataset, distribution),
        codes.iter().any(|code| TYPES.machine(code)),
        codes.iter().any(|code| TYPES.open(code)),
        codes.iter().any(|code| RDF.contains(code)),
    ];
    steps.iter().take_while(|step| **step).fold(0, |stars, _| stars + 1)
}

#[cfg(test)]
mod tests {
    use super::*;
    use fyr_model::catalogue::Value;

    fn stars(format: &str, licence: &str) -> u8 {
        let iri = |text: &str| Value::Iri(text.into());
        let mut dataset = Dataset::new("https://data.exempelby.example/d");
        dataset.distributions = vec![Distribution {
            access_url: vec![iri("https://data.exempelby.example/d.csv")],
            format: vec![Value::Literal(format.into())],
            licence: vec![iri(licence)],
            ..Distribution::default()
        }];
        stated(&dataset)
    }

    #[test]
    fn a_star_needs_all_before_it() {
        const BY: &str = "http://creativecommons.org/licenses/by/4.0/";
        assert_eq!(stars("text/csv", BY), 3);
        assert_eq!(stars("text/turtle", BY), 4);
        assert_eq!(stars("application/vnd.ms-excel", BY), 2);
        assert_eq!(stars("application/pdf", BY), 1);
        assert_eq!(stars("text/turtle", "http://creativecommons.org/licenses/by-nc/4.0/"), 0);
        assert_eq!(stars("text/csv", "https://opensource.org/licenses/MIT"), 0);
        assert_eq!(stated(&Dataset::new("https://data.exempelby.example/d")), 0);
    }
}
