//! Metadata quality, 405 points, in the EU's rules and in the Swedish portal's (`mqa.md`).
//!
//! In: the typed view and, if links were checked, one status per address. Out: points per metric with what was seen, per distribution, dataset,
//! publisher and catalogue. The quirks of the EU's scoring are copied, because that is how the points fall: the best distribution wins whole, a
//! tie keeps the earlier one, and a winner without a date hides the dataset's. Whether a dataset complies with the shapes and what its addresses
//! answer is told by the caller ([`Known`]), and not measured where nobody tells. A series is no dataset and is not scored.

mod measure;
mod points;

use std::collections::BTreeMap;

use fyr_model::mqa::{MqaDataset, MqaDimensions, MqaDistribution, MqaMetric, MqaReport, MqaSummary, Rating, Variant};
use fyr_model::{CatalogueView, Dataset, Distribution};

use points::{On, POINTS, Row};

/// What is known about addresses.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Links {
    /// No address was asked: status points are not measured.
    #[default]
    None,
    /// Every address is taken to answer 200.
    AssumeOk,
    /// The recorded final status per address; an address that is not among them was not asked.
    Statuses(BTreeMap<String, u16>),
}

/// What is known besides the metadata.
#[derive(Debug, Clone, Copy)]
pub struct Known<'a> {
    /// What addresses answered.
    pub links: &'a Links,
    /// By dataset IRI, whether its graph passed the shapes without a violation; a dataset that is not among them was not checked.
    pub compliance: Option<&'a BTreeMap<String, bool>>,
}

impl<'a> From<&'a Links> for Known<'a> {
    fn from(links: &'a Links) -> Self {
        Self { links, compliance: None }
    }
}

/// Scores every dataset of a catalogue by the rules of one variant.
pub fn score<'a>(view: &CatalogueView, variant: Variant, known: impl Into<Known<'a>>) -> MqaReport {
    let mut scores = Scores::new(variant, known);
    let datasets: Vec<MqaDataset> = scores.add(&view.datasets);
    let (catalogue, publishers) = scores.finish();
    MqaReport {
        variant,
        catalogue,
        publishers,
        datasets,
    }
}

/// Scores that come a part of the catalogue at a time: the datasets' own are given back, sums are kept.
pub struct Scores<'k> {
    variant: Variant,
    known: Known<'k>,
    catalogue: Sums,
    publishers: BTreeMap<String, Sums>,
}

impl<'k> Scores<'k> {
    /// No dataset yet.
    pub fn new(variant: Variant, known: impl Into<Known<'k>>) -> Self {
        Self {
            variant,
            known: known.into(),
            catalogue: Sums::default(),
            publishers: BTreeMap::new(),
        }
    }

    /// Scores datasets, in their order; a series is none.
    pub fn add(&mut self, datasets: &[Dataset]) -> Vec<MqaDataset> {
        let mut results = Vec::with_capacity(datasets.len());
        for dataset in datasets.iter().filter(|dataset| !dataset.series) {
            let result = score_dataset(dataset, self.variant, self.known);
            self.catalogue.add(&result);
            if let Some(publisher) = dataset.publisher.first() {
                match self.publishers.get_mut(&publisher.iri) {
                    Some(sums) => sums.add(&result),
                    None => self.publishers.entry(publisher.iri.clone()).or_default().add(&result),
                }
            }
            results.push(result);
        }
        results
    }

    /// The means of the catalogue and of each publisher.
    pub fn finish(self) -> (MqaSummary, BTreeMap<String, MqaSummary>) {
        let publishers = self.publishers.into_iter().map(|(iri, sums)| (iri, sums.means()));
        (self.catalogue.means(), publishers.collect())
    }
}

/// Scores one dataset: its own metrics, and those of its best distribution.
pub fn score_dataset<'a>(dataset: &Dataset, variant: Variant, known: impl Into<Known<'a>>) -> MqaDataset {
    let Known { links, compliance } = known.into();
    let complies = compliance.and_then(|verdicts| verdicts.get(dataset.id.as_str()).copied());
    let distributions: Vec<MqaDistribution> = dataset
        .distributions
        .iter()
        .map(|distribution| score_distribution(distribution, variant, links))
        .collect();
    let winner = distributions
        .iter()
        .reduce(|best, next| if next.total > best.total { next } else { best });
    let metrics: Vec<(&Row, MqaMetric)> = POINTS
        .metric
        .iter()
        .filter_map(|row| {
            let metric = match (row.on, winner) {
                (On::Dataset, _) | (On::Either, None) => {
                    let seen = measure::on_dataset(row, dataset, variant, complies);
                    Some(measure::metric(row, variant, dataset.id.as_str(), seen))
                }
                (On::Distribution, None) => None,
                (On::Distribution | On::Either, Some(winner)) => {
                    winner.metrics.iter().find(|metric| metric.id == row.iri(variant)).cloned()
                }
            };
            metric.map(|metric| (row, metric))
        })
        .collect();
    let dimensions = dimensions(&metrics);
    let total = metrics.iter().map(|(_, metric)| metric.points).sum();
    MqaDataset {
        iri: dataset.id.as_str().to_owned(),
        total,
        rating: Rating::of(f64::from(total)),
        dimensions,
        best_distribution: winner.map(|winner| winner.iri.clone()),
        metrics: metrics.into_iter().map(|(_, metric)| metric).collect(),
        distributions,
    }
}

/// The total of [`score_dataset`] alone, for those who score a dataset many times over and read no evidence.
pub(crate) fn total(dataset: &Dataset, variant: Variant, known: Known<'_>) -> u32 {
    let complies = known.compliance.and_then(|verdicts| verdicts.get(dataset.id.as_str()).copied());
    let own = |row: &Row| measure::on_dataset::<()>(row, dataset, variant, complies).0;
    let sum = |on: &[On], passed: &dyn Fn(&Row) -> Option<bool>| -> u32 {
        let rows = POINTS.metric.iter().filter(|row| on.contains(&row.on) && passed(row) == Some(true));
        rows.map(|row| row.max(variant)).sum()
    };
    let of = |one: &Distribution| {
        sum(&[On::Distribution, On::Either], &|row| {
            measure::on_distribution::<()>(row, one, variant, known.links).0
        })
    };
    let best = dataset.distributions.iter().map(of).max();
    sum(&[On::Dataset], &own) + best.unwrap_or_else(|| sum(&[On::Either], &own))
}

fn score_distribution(distribution: &Distribution, variant: Variant, links: &Links) -> MqaDistribution {
    let own = POINTS.metric.iter().filter(|row| row.on != On::Dataset);
    let metric = |row| {
        measure::metric(
            row,
            variant,
            &distribution.iri,
            measure::on_distribution(row, distribution, variant, links),
        )
    };
    let metrics: Vec<MqaMetric> = own.map(metric).collect();
    MqaDistribution {
        iri: distribution.iri.clone(),
        total: metrics.iter().map(|metric| metric.points).sum(),
        metrics,
    }
}

fn dimensions(metrics: &[(&Row, MqaMetric)]) -> MqaDimensions {
    let sum = |name: &str| {
        metrics
            .iter()
            .filter(|(row, _)| row.dimension == name)
            .map(|(_, metric)| f64::from(metric.points))
            .sum()
    };
    MqaDimensions {
        findability: sum("findability"),
        accessibility: sum("accessibility"),
        interoperability: sum("interoperability"),
        reusability: sum("reusability"),
        contextuality: sum("contextuality"),
    }
}

/// Sums over datasets. Points are whole numbers, so no order of adding them changes a sum.
#[derive(Default)]
struct Sums {
    datasets: u64,
    total: f64,
    dimensions: MqaDimensions,
}

impl Sums {
    fn add(&mut self, result: &MqaDataset) {
        self.datasets += 1;
        self.total += f64::from(result.total);
        self.dimensions.findability += result.dimensions.findability;
        self.dimensions.accessibility += result.dimensions.accessibility;
        self.dimensions.interoperability += result.dimensions.interoperability;
        self.dimensions.reusability += result.dimensions.reusability;
        self.dimensions.contextuality += result.dimensions.contextuality;
    }

    /// Plain means with one decimal. An empty catalogue has 0 points.
    fn means(&self) -> MqaSummary {
        let mean = |sum: f64| crate::score::one_decimal(if self.datasets == 0 { 0.0 } else { sum / self.datasets as f64 });
        let total = mean(self.total);
        MqaSummary {
            total,
            rating: Rating::of(total),
            dimensions: MqaDimensions {
                findability: mean(self.dimensions.findability),
                accessibility: mean(self.dimensions.accessibility),
                interoperability: mean(self.dimensions.interoperability),
                reusability: mean(self.dimensions.reusability),
                contextuality: mean(self.dimensions.contextuality),
            },
        }
    }
}

#[cfg(test)]
mod tests;
