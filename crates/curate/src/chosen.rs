//! What a pipeline means among what was harvested: its dataset, and the one distribution that is read.

use fyr_model::{CatalogueView, Dataset, Distribution, Refusal, RefusalKind, Text};

use crate::pipeline::Pipeline;

/// The dataset of a pipeline in what was harvested.
pub(crate) fn find<'a>(view: &'a CatalogueView, pipeline: &Pipeline) -> Result<&'a Dataset, Refusal> {
    view.datasets
        .iter()
        .find(|dataset| dataset.id.as_str() == pipeline.file.dataset)
        .ok_or_else(|| {
            let source = &pipeline.file.source;
            Refusal::new(
                "dataset-not-harvested",
                RefusalKind::Unreachable,
                &pipeline.file.dataset,
                Text::new(
                    format!("datamängden finns inte i det som har skördats från `{source}`"),
                    format!("the dataset is not in what has been harvested from `{source}`"),
                ),
            )
            .hint(Text::new(
                format!("kör `fyr harvest {source}`"),
                format!("run `fyr harvest {source}`"),
            ))
        })
}

/// The one distribution that a pipeline means.
pub(crate) fn choose<'a>(dataset: &'a Dataset, pipeline: &Pipeline) -> Result<&'a Distribution, Refusal> {
    let wanted = pipeline.file.distribution.as_deref();
    let fits = |distribution: &&Distribution| {
        let named = |wanted: &str| {
            distribution.iri == wanted
                || distribution
                    .download_url
                    .iter()
                    .chain(&distribution.access_url)
                    .any(|value| value.as_str() == wanted)
        };
        wanted.is_none_or(named)
    };
    let fitting: Vec<&Distribution> = dataset.distributions.iter().filter(fits).collect();
    match fitting.as_slice() {
        [one] => Ok(one),
        several => {
            let known: Vec<&str> = dataset.distributions.iter().map(|distribution| distribution.iri.as_str()).collect();
            let count = several.len();
            Err(Refusal::new(
                "distribution-ambiguous",
                RefusalKind::Configuration,
                dataset.id.as_str(),
                Text::new(
                    format!("{count} distributioner svarar mot pipelinen, den behöver exakt en"),
                    format!("{count} distributions fit the pipeline, it needs exactly one"),
                ),
            )
            .hint(Text::new(
                format!("ange `distribution`: {}", known.join(", ")),
                format!("state `distribution`: {}", known.join(", ")),
            )))
        }
    }
}

/// A distribution that nothing can be fetched from.
pub(crate) fn no_address(distribution: &Distribution) -> Refusal {
    let text = Text::new(
        "distributionen har ingen adress att hämta från",
        "the distribution has no address to fetch from",
    );
    Refusal::new("distribution-no-address", RefusalKind::Unreachable, &distribution.iri, text)
}
