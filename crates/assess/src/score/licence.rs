//! LIC: under what terms the data may be used. From licence verdicts; every distribution counts.

use std::collections::BTreeMap;

use fyr_model::readiness::Evidence;
use fyr_model::{Licence, LicenceVerdict, Reuse, Text};

use super::rules::RULES;
use super::{Seen, is_release};
use crate::lists;

pub(super) fn measure(id: &str, evidence: &Evidence) -> Seen {
    match id {
        "L1" => stated(evidence),
        "L2" => vocabulary(evidence),
        "L3" => openness(evidence),
        "L4" => rights(evidence),
        "L5" => derived(evidence),
        _ => Seen::unmeasured("Ej mätt.", "Not measured."),
    }
}

/// The verdict per distribution: the stored one, else made from the metadata at hand.
pub(super) fn verdicts(evidence: &Evidence) -> BTreeMap<String, LicenceVerdict> {
    let mut verdicts: BTreeMap<String, LicenceVerdict> = evidence
        .dataset
        .distributions
        .iter()
        .map(|distribution| (distribution.iri.clone(), crate::licence::verdict(&evidence.dataset, distribution)))
        .collect();
    verdicts.extend(evidence.licences.iter().map(|(iri, verdict)| (iri.clone(), verdict.clone())));
    verdicts
}

fn none() -> Seen {
    let text = Text::new(
        "Det finns ingen distribution som kan ha en licens.",
        "There is no distribution that could carry a licence.",
    );
    Seen::Fraction(0.0, text)
}

fn mean(values: impl Iterator<Item = f64>, count: usize, text: Text) -> Seen {
    Seen::Fraction(values.sum::<f64>() / count.max(1) as f64, text)
}

fn stated(evidence: &Evidence) -> Seen {
    let verdicts = verdicts(evidence);
    if verdicts.is_empty() {
        return none();
    }
    let worth = |verdict: &LicenceVerdict| match (&verdict.licence, verdict.canonical, verdict.found_on.as_str()) {
        (None, ..) => 0.0,
        (Some(_), true, on) if on != "dataset" => 1.0,
        _ => 0.5,
    };
    let count = |value: f64| verdicts.values().filter(|verdict| worth(verdict) == value).count();
    let (all, whole, half) = (verdicts.len(), count(1.0), count(0.5));
    let text = Text::new(
        format!(
            "{whole} av {all} distributioner har en licens med kanonisk IRI; {half} har en som är skriven annorlunda eller står på datamängden."
        ),
        format!(
            "{whole} of {all} distributions carry a licence by its canonical IRI; {half} have one written otherwise or on the dataset."
        ),
    );
    mean(verdicts.values().map(worth), all, text)
}

fn vocabulary(evidence: &Evidence) -> Seen {
    let verdicts = verdicts(evidence);
    if verdicts.is_empty() {
        return none();
    }
    let listed = |verdict: &&LicenceVerdict| {
        verdict
            .licence
            .as_ref()
            .is_some_and(|licence| licence.spdx.is_some() || lists::licence_code(&licence.code))
    };
    let (all, on) = (verdicts.len(), verdicts.values().filter(listed).count());
    let text = Text::new(
        format!("{on} av {all} licenser finns i EU:s lista eller SPDX."),
        format!("{on} of {all} licences are in the EU table or SPDX."),
    );
    Seen::share(on, all, text)
}

fn openness(evidence: &Evidence) -> Seen {
    let verdicts = verdicts(evidence);
    if verdicts.is_empty() {
        return none();
    }
    let levels = &RULES.parameters.openness;
    let worth = |verdict: &LicenceVerdict| match verdict.reuse {
        Reuse::Free => levels.free,
        Reuse::Attribution => levels.attribution,
        Reuse::ShareAlike => levels.share_alike,
        Reuse::Restricted | Reuse::Unknown => levels.other,
    };
    let mut labels: Vec<&str> = verdicts
        .values()
        .filter_map(|verdict| verdict.licence.as_ref())
        .map(|licence| licence.label.as_str())
        .collect();
    labels.sort_unstable();
    labels.dedup();
    let unknown = verdicts.values().filter(|verdict| verdict.reuse == Reuse::Unknown).count();
    let named = if labels.is_empty() { "–".to_owned() } else { labels.join(", ") };
    let text = Text::new(
        format!("Licenser: {named}; {unknown} av {} utan känd licens.", verdicts.len()),
        format!("Licences: {named}; {unknown} of {} without a known licence.", verdicts.len()),
    );
    mean(verdicts.values().map(worth), verdicts.len(), text)
}

fn rights(evidence: &Evidence) -> Seen {
    let dataset = &evidence.dataset;
    let stated = dataset.access_rights.iter().any(|value| lists::on_list("access-rights", value));
    let (rights_sv, rights_en) = if stated {
        ("är angivna", "are stated")
    } else {
        ("saknas eller är okända", "are missing or unknown")
    };
    let law = dataset
        .legislation
        .iter()
        .any(|value| value.as_str() == crate::profile::hvd_legislation());
    if !law && dataset.hvd_category.is_empty() {
        let text = Text::new(
            format!("Åtkomsträttigheterna {rights_sv}."),
            format!("The access rights {rights_en}."),
        );
        return Seen::share(usize::from(stated), 1, text);
    }
    let both = law && !dataset.hvd_category.is_empty();
    let (law_sv, law_en) = if both {
        ("båda angivna", "both stated")
    } else {
        ("bara den ena angiven", "only one stated")
    };
    let text = Text::new(
        format!("Åtkomsträttigheterna {rights_sv}; HVD-förordning och kategori: {law_sv}."),
        format!("The access rights {rights_en}; HVD regulation and category: {law_en}."),
    );
    Seen::share(usize::from(stated) + usize::from(both), 2, text)
}

fn derived(evidence: &Evidence) -> Seen {
    if !is_release(evidence) {
        return Seen::unmeasured(
            "Ej mätt: källornas licenser är inte hämtade.",
            "Not measured: the licences of the sources have not been fetched.",
        );
    }
    let verdicts = verdicts(evidence);
    // The input is the distribution that was read; without one, all that are known.
    let inputs: Vec<&LicenceVerdict> = match evidence.distribution.as_ref().and_then(|iri| verdicts.get(iri)) {
        Some(read) => vec![read],
        None => verdicts.values().collect(),
    };
    let licences: Vec<Licence> = inputs.iter().filter_map(|verdict| verdict.licence.clone()).collect();
    if licences.len() < inputs.len() || licences.is_empty() {
        let text = Text::new("En källa saknar känd licens.", "A source has no known licence.");
        return Seen::Fraction(0.0, text);
    }
    match crate::licence::derive(&licences) {
        Ok(result) => {
            let text = Text::new(
                format!("{} källor tillåter {}.", licences.len(), result.label),
                format!("{} sources allow {}.", licences.len(), result.label),
            );
            Seen::Fraction(1.0, text)
        }
        Err(reason) => Seen::Fraction(0.0, reason),
    }
}
