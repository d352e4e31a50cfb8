//! The fix list of a catalogue: findings by cause, and what mending each cause is worth in both variants of MQA.
//!
//! In: the typed view, its findings, and what is known of links and shapes. Out: causes, what pays most first, for the whole catalogue and by
//! publisher. Nothing is estimated: each cause is mended in a copy of every dataset that it concerns, and the copy is scored anew, so that a
//! field added to a distribution that loses anyway is worth nothing. Effort and who can do it are not known here.

mod lost;
mod mend;

use std::collections::{BTreeMap, BTreeSet};

use fyr_model::fixlist::{Cause, FixList, Gain, PublisherFixes};
use fyr_model::mqa::{Rating, Variant};
use fyr_model::{CatalogueView, Dataset, Finding};

use crate::mqa::{self, Known};
use crate::score::one_decimal;

/// Focuses that a cause names; it counts all.
const FOCUSES_MAX: usize = 20;
const VARIANTS: [(&str, Variant); 2] = [("eu", Variant::Eu), ("se", Variant::Se)];
const XSD: &str = "http://www.w3.org/2001/XMLSchema#";

/// The list for a catalogue and its findings.
pub fn fix_list<'k>(view: &CatalogueView, findings: &[Finding], known: impl Into<Known<'k>>) -> FixList {
    let told: BTreeSet<(&str, &str)> = findings
        .iter()
        .map(|finding| (finding.focus.as_str(), finding.path.as_str()))
        .collect();
    let lost = lost::findings(view, &told);
    let scored = Scored::of(view, known.into());
    let mut groups: BTreeMap<(&str, &str, String), Vec<&Finding>> = BTreeMap::new();
    for finding in findings.iter().chain(&lost) {
        groups.entry((&finding.id, &finding.path, kind(finding))).or_default().push(finding);
    }
    let groups: Vec<Group<'_>> = groups
        .into_iter()
        .map(|((.., kind), findings)| scored.group(kind, findings))
        .collect();
    let everything: Vec<usize> = (0..scored.datasets.len()).collect();
    FixList {
        causes: scored.causes(&groups, &everything),
        publishers: scored.publishers(&groups),
    }
}

/// What kind of value stands there.
fn kind(finding: &Finding) -> String {
    match finding.value.as_deref().map(str::trim) {
        None => "missing".to_owned(),
        Some("") => "empty".to_owned(),
        Some(value) => match (value.strip_prefix(XSD), value.split_once("://")) {
            (Some(datatype), _) => format!("xsd:{datatype}"),
            (None, Some((scheme, rest))) if scheme.starts_with("http") => {
                let host = rest.split(['/', '?', '#']).next().unwrap_or_default();
                format!("at {}", host.to_lowercase())
            }
            _ => "text".to_owned(),
        },
    }
}

/// Findings of one cause, and what each dataset would have without them.
struct Group<'a> {
    kind: String,
    findings: Vec<&'a Finding>,
    /// Which datasets each finding concerns.
    concerns: Vec<Vec<usize>>,
    /// Totals by dataset after mending, for those that change.
    after: BTreeMap<usize, [u32; 2]>,
}

/// The datasets that are scored, and their totals as they stand.
struct Scored<'a> {
    datasets: Vec<&'a Dataset>,
    totals: Vec<[u32; 2]>,
    known: Known<'a>,
    /// Datasets by their own IRI and that of each distribution; by publisher and contact besides.
    own: BTreeMap<&'a str, Vec<usize>>,
    others: BTreeMap<&'a str, Vec<usize>>,
}

impl<'a> Scored<'a> {
    fn of(view: &'a CatalogueView, known: Known<'a>) -> Self {
        let datasets: Vec<&Dataset> = view.datasets.iter().filter(|dataset| !dataset.series).collect();
        let mut own: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
        let mut others: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
        for (at, dataset) in datasets.iter().enumerate() {
            own.entry(dataset.id.as_str()).or_default().push(at);
            for distribution in &dataset.distributions {
                own.entry(&distribution.iri).or_default().push(at);
            }
            let agents = dataset.publisher.iter().chain(&dataset.creator).map(|agent| agent.iri.as_str());
            for iri in agents.chain(dataset.contact.iter().map(|contact| contact.iri.as_str())) {
                others.entry(iri).or_default().push(at);
            }
        }
        Self {
            totals: datasets.iter().map(|dataset| totals(dataset, known)).collect(),
            datasets,
            known,
            own,
            others,
        }
    }

    fn group<'f>(&self, kind: String, findings: Vec<&'f Finding>) -> Group<'f> {
        let mut mended: BTreeMap<usize, Dataset> = BTreeMap::new();
        let mut concerns = Vec::new();
        for finding in &findings {
            let own = self.own.get(finding.focus.as_str()).map(Vec::as_slice).unwrap_or_default();
            for at in own {
                let Some(dataset) = self.datasets.get(*at).filter(|_| mend::may_move(finding)) else {
                    continue;
                };
                mend::mend(mended.entry(*at).or_insert_with(|| (*dataset).clone()), finding);
            }
            let other = self.others.get(finding.focus.as_str()).map(Vec::as_slice).unwrap_or_default();
            concerns.push(own.iter().chain(other).copied().collect());
        }
        let changed = mended
            .into_iter()
            .filter(|(at, dataset)| self.datasets.get(*at).is_some_and(|former| *former != dataset));
        Group {
            kind,
            findings,
            concerns,
            after: changed.map(|(at, dataset)| (at, totals(&dataset, self.known))).collect(),
        }
    }

    fn causes(&self, groups: &[Group<'_>], among: &[usize]) -> Vec<Cause> {
        let among: BTreeSet<usize> = among.iter().copied().collect();
        let whole = among.len() == self.datasets.len();
        let mut causes: Vec<Cause> = groups.iter().filter_map(|group| self.cause(group, &among, whole)).collect();
        let points = |cause: &Cause, variant: &str| cause.gain.get(variant).map_or(0, |gain| gain.points);
        causes.sort_by(|a, b| {
            let by = |variant| points(b, variant).cmp(&points(a, variant));
            by("eu")
                .then_with(|| by("se"))
                .then_with(|| a.severity.cmp(&b.severity))
                .then_with(|| b.count.cmp(&a.count))
                .then_with(|| (&a.rule, &a.path, &a.kind).cmp(&(&b.rule, &b.path, &b.kind)))
        });
        causes
    }

    /// A group among some of the datasets; what concerns no dataset at all stands in the whole list only.
    fn cause(&self, group: &Group<'_>, among: &BTreeSet<usize>, whole: bool) -> Option<Cause> {
        let here = |concerned: &Vec<usize>| concerned.iter().any(|at| among.contains(at)) || (whole && concerned.is_empty());
        let pairs = group.findings.iter().zip(&group.concerns);
        let (findings, concerned): (Vec<&Finding>, Vec<&Vec<usize>>) =
            pairs.filter(|(_, concerned)| here(concerned)).map(|(f, c)| (*f, c)).unzip();
        let first = findings.first()?;
        let datasets: BTreeSet<usize> = concerned.into_iter().flatten().copied().filter(|at| among.contains(at)).collect();
        let gain = VARIANTS
            .iter()
            .enumerate()
            .map(|(place, (name, _))| ((*name).to_owned(), self.gain(group, among, place)));
        Some(Cause {
            rule: first.id.clone(),
            path: first.path.clone(),
            kind: group.kind.clone(),
            severity: first.severity,
            count: findings.len() as u64,
            datasets: datasets.len() as u64,
            focuses: findings.iter().take(FOCUSES_MAX).map(|finding| finding.focus.clone()).collect(),
            message: first.message.clone(),
            fix: first.fix.as_ref().map(|fix| fix.text.clone()),
            gain: gain.collect(),
        })
    }

    fn gain(&self, group: &Group<'_>, among: &BTreeSet<usize>, place: usize) -> Gain {
        let before = |at: usize| self.totals.get(at).and_then(|pair| pair.get(place)).copied().unwrap_or(0);
        let after = |at: usize| {
            group
                .after
                .get(&at)
                .and_then(|pair| pair.get(place))
                .copied()
                .unwrap_or_else(|| before(at))
        };
        let (mut points, mut datasets, mut raised, mut sum, mut then) = (0, 0, 0, 0u64, 0u64);
        for at in among.iter().copied() {
            let (now, mended) = (before(at), after(at));
            sum += u64::from(now);
            then += u64::from(mended);
            points += mended.saturating_sub(now);
            datasets += u64::from(mended > now);
            raised += u64::from(mended > now && Rating::of(f64::from(mended)) != Rating::of(f64::from(now)));
        }
        let mean = |sum: u64| one_decimal(if among.is_empty() { 0.0 } else { sum as f64 / among.len() as f64 });
        Gain {
            points,
            datasets,
            raised,
            mean_before: mean(sum),
            mean_after: mean(then),
            rating_before: Rating::of(mean(sum)),
            rating_after: Rating::of(mean(then)),
        }
    }

    /// A list for each publisher, where there are several; datasets without one are in the whole list only.
    fn publishers(&self, groups: &[Group<'_>]) -> Vec<PublisherFixes> {
        let mut by_publisher: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
        for (at, dataset) in self.datasets.iter().enumerate() {
            if let Some(publisher) = dataset.publisher.first() {
                by_publisher.entry(&publisher.iri).or_default().push(at);
            }
        }
        if by_publisher.len() < 2 {
            return Vec::new();
        }
        let fixes = |(iri, among): (&str, Vec<usize>)| {
            let first = among
                .first()
                .and_then(|at| self.datasets.get(*at))
                .and_then(|dataset| dataset.publisher.first());
            PublisherFixes {
                iri: iri.to_owned(),
                name: first.map(|agent| agent.name.clone()).unwrap_or_default(),
                datasets: among.len() as u64,
                causes: self.causes(groups, &among),
            }
        };
        by_publisher.into_iter().map(fixes).collect()
    }
}

fn totals(dataset: &Dataset, known: Known<'_>) -> [u32; 2] {
    VARIANTS.map(|(_, variant)| mqa::total(dataset, variant, known))
}

#[cfg(test)]
mod tests;
