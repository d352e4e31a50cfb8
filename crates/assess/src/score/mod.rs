//! Readiness for AI (AIR): 44 indicators with evidence, gates, bands and the fixes that pay most (`readiness.md`).
//!
//! In: one [`Evidence`]. Out: a [`Readiness`] whose every number can be recomputed from its indicators. Weights, names, tests of applicability
//! and gates are `sql/score/readiness-2026.toml`. Nothing is taken on trust: an indicator without stored evidence is `notMeasured`, stays in the
//! denominator with 0 and is never called a failure. Same evidence, same file, same result.

mod access;
mod applies;
pub(crate) mod dates;
mod document;
mod find;
mod gates;
mod licence;
mod pack;
mod privacy;
mod quality;
pub(crate) mod rules;

use std::collections::BTreeMap;

use fyr_model::Text;
use fyr_model::readiness::{DIMENSIONS, DimensionScore, Evidence, Gate, Indicator, NextFix, Readiness, Status, Subject, band};

use gates::Withheld;
use rules::{RULES, Row};

/// What was seen of one indicator.
pub(crate) enum Seen {
    /// A fraction from 0 to 1, with a sentence.
    Fraction(f64, Text),
    /// Nobody has measured it, and why.
    NotMeasured(Text),
}

impl Seen {
    /// A share of things that hold.
    pub(crate) fn share(holds: usize, of: usize, text: Text) -> Self {
        Self::Fraction(if of == 0 { 0.0 } else { holds as f64 / of as f64 }, text)
    }
    /// All or nothing.
    pub(crate) fn yes_no(holds: bool, yes: Text, no: Text) -> Self {
        if holds { Self::Fraction(1.0, yes) } else { Self::Fraction(0.0, no) }
    }
    pub(crate) fn unmeasured(sv: &str, en: &str) -> Self {
        Self::NotMeasured(Text::new(sv, en))
    }
}

/// The score of a source or a release, from what is stored about it.
///
/// Points are weight times fraction; AIR is 100 times their sum over the weights that apply, with one decimal, half up. Gates cap it or
/// withhold it. Fixes are ordered by what the whole score gains when the indicator is at 1, gates included.
pub fn readiness(evidence: &Evidence) -> Readiness {
    let indicators: Vec<Indicator> = RULES.indicator.iter().map(|row| indicator(row, evidence)).collect();
    let gates = gates::biting(evidence);
    let air = value(&indicators, &gates);
    let fixes = fixes(&indicators, &gates);
    let first_five: Vec<&str> = fixes.iter().take(5).map(|fix| fix.id.as_str()).collect();
    let after = value_with(&indicators, &gates, &first_five);
    Readiness {
        iri: evidence.dataset.id.as_str().to_owned(),
        subject: evidence.subject,
        air,
        air_ungated: ungated(&indicators),
        band: air.map(|air| band(air).0.to_owned()),
        air_after_five: after.unwrap_or(0.0),
        dimensions: dimensions(&indicators),
        gates,
        fixes,
        mqa: mqa(evidence),
        stars: crate::stars::stated(&evidence.dataset),
        indicators,
    }
}

fn indicator(row: &Row, evidence: &Evidence) -> Indicator {
    let (status, fraction, text) = match applies::test(row.applies.of(evidence.subject), evidence) {
        Some(reason) => (Status::NotApplicable, 0.0, reason),
        None => match measure(&row.id, evidence) {
            Seen::NotMeasured(why) => (Status::NotMeasured, 0.0, why),
            Seen::Fraction(fraction, text) => {
                let fraction = fraction.clamp(0.0, 1.0);
                let status = match fraction {
                    f if f >= 1.0 => Status::Pass,
                    f if f <= 0.0 => Status::Fail,
                    _ => Status::Partial,
                };
                (status, fraction, text)
            }
        },
    };
    let open = matches!(status, Status::Partial | Status::Fail | Status::NotMeasured);
    Indicator {
        id: row.id.clone(),
        dimension: row.dimension.clone(),
        name: row.name.clone(),
        status,
        fraction,
        points: row.weight * fraction,
        max: row.weight,
        evidence: text,
        raise_it: open.then(|| row.raise_it.clone()),
        effort: row.effort.clone(),
        topic: row.topic.clone(),
    }
}

fn measure(id: &str, evidence: &Evidence) -> Seen {
    match id.get(..1).unwrap_or_default() {
        "F" => find::measure(id, evidence),
        "A" => access::measure(id, evidence),
        "L" => licence::measure(id, evidence),
        "D" => document::measure(id, evidence),
        "Q" => quality::measure(id, evidence),
        "P" => privacy::measure(id, evidence),
        "K" | "V" => pack::measure(id, evidence),
        _ => Seen::unmeasured("Ej mätt.", "Not measured."),
    }
}

/// One decimal, half up. The small addend lifts halves that binary fractions put just below the half.
pub(crate) fn one_decimal(value: f64) -> f64 {
    (value * 10.0 + 0.5 + 1e-9).floor() / 10.0
}

fn ungated(indicators: &[Indicator]) -> f64 {
    sum(indicators, &[])
}

/// AIR over the indicators, with those in `at_one` at their whole weight.
fn sum(indicators: &[Indicator], at_one: &[&str]) -> f64 {
    let applying = indicators.iter().filter(|indicator| indicator.status != Status::NotApplicable);
    let (points, max) = applying.fold((0.0, 0.0), |(points, max), indicator| {
        let own = if at_one.contains(&indicator.id.as_str()) {
            indicator.max
        } else {
            indicator.points
        };
        (points + own, max + indicator.max)
    });
    one_decimal(if max > 0.0 { 100.0 * points / max } else { 0.0 })
}

fn value(indicators: &[Indicator], gates: &[Gate]) -> Option<f64> {
    value_with(indicators, gates, &[])
}

/// The shown score with some indicators at 1; a gate falls when all that lift it, and are short, are among them.
fn value_with(indicators: &[Indicator], gates: &[Gate], at_one: &[&str]) -> Option<f64> {
    let mut shown = sum(indicators, at_one);
    for gate in gates.iter().filter(|gate| !gates::lifted(gate, indicators, at_one)) {
        shown = gate.at_most?.min(shown);
    }
    Some(shown)
}

/// Every fix, by what it gains alone; then by effort class, then by id.
fn fixes(indicators: &[Indicator], gates: &[Gate]) -> Vec<NextFix> {
    let now = value(indicators, gates).unwrap_or(0.0);
    let mut fixes: Vec<NextFix> = indicators
        .iter()
        .filter(|indicator| matches!(indicator.status, Status::Partial | Status::Fail))
        .filter_map(|indicator| {
            let then = value_with(indicators, gates, &[&indicator.id]).unwrap_or(0.0);
            Some(NextFix {
                id: indicator.id.clone(),
                text: indicator.raise_it.clone()?,
                gain: one_decimal(then - now),
                effort: indicator.effort.clone(),
            })
        })
        .collect();
    let class = |effort: &str| {
        ["metadata", "file", "process"]
            .iter()
            .position(|known| *known == effort)
            .unwrap_or(3)
    };
    fixes.sort_by(|a, b| {
        b.gain
            .total_cmp(&a.gain)
            .then_with(|| class(&a.effort).cmp(&class(&b.effort)))
            .then_with(|| a.id.cmp(&b.id))
    });
    fixes
}

fn dimensions(indicators: &[Indicator]) -> BTreeMap<String, DimensionScore> {
    let score = |name: &str| {
        let own = indicators
            .iter()
            .filter(|indicator| indicator.dimension == name && indicator.status != Status::NotApplicable);
        own.fold(DimensionScore::default(), |score, indicator| DimensionScore {
            points: score.points + indicator.points,
            max: score.max + indicator.max,
            not_measured: score.not_measured
                + if indicator.status == Status::NotMeasured {
                    indicator.max
                } else {
                    0.0
                },
        })
    };
    DIMENSIONS.iter().map(|(name, _, _)| ((*name).to_owned(), score(name))).collect()
}

fn mqa(evidence: &Evidence) -> BTreeMap<String, u32> {
    ["eu", "se"]
        .iter()
        .zip(&evidence.mqa)
        .map(|(variant, result)| ((*variant).to_owned(), result.total))
        .collect()
}

/// Whether the badge "AI-redo" is earned: band A, and no dimension under half of its weight (`readiness.md` section 3).
pub fn badge(readiness: &Readiness) -> bool {
    readiness.band.as_deref() == Some("A") && readiness.dimensions.values().all(|score| score.points * 2.0 >= score.max)
}

/// Whether the score is withheld from everybody but the data's owner, and from whom: a source with direct identifiers, an unsigned release.
pub fn withheld(evidence: &Evidence) -> bool {
    gates::withheld(evidence) != Withheld::No
}

/// The subject's word in a sentence.
pub(crate) fn is_release(evidence: &Evidence) -> bool {
    evidence.subject == Subject::Release
}

#[cfg(test)]
mod tests;
