//! The evidence of a score: one row an indicator, grouped by dimension, each with what it rests on.

use chrono::{DateTime, Utc};
use fyr_model::RulePack;
use fyr_model::readiness::{DIMENSIONS, Indicator, Readiness, Status};

use super::score::{of_dimension, text};
use crate::chrome::Reader;
use crate::draw::icon;
use crate::words::{self, Markup, escape};

/// The evidence of one dimension.
pub struct ProofGroup {
    /// Its code.
    pub code: &'static str,
    /// Its name.
    pub name: String,
    /// `7,3 av 14`.
    pub points: String,
    /// Whether it is shown at once.
    pub open: bool,
    /// Its indicators.
    pub rows: Vec<ProofRow>,
}

/// The evidence of one indicator.
pub struct ProofRow {
    /// Its id.
    pub id: String,
    /// The lamp of its state.
    pub lamp: Markup,
    /// The state in a word.
    pub state: &'static str,
    /// Its name.
    pub name: String,
    /// One sentence with counts.
    pub evidence: String,
    /// What the measurement rests on.
    pub facts: Vec<(&'static str, Markup)>,
    /// `1,6 av 4`.
    pub points: String,
}

/// The words of a state.
pub fn state_word(reader: &Reader, status: Status) -> &'static str {
    let (sv, en) = match status {
        Status::Pass => ("Uppfyllt", "Met"),
        Status::Partial => ("Delvis", "Partly met"),
        Status::Fail => ("Ej uppfyllt", "Not met"),
        Status::NotMeasured => ("Ej mätt", "Not measured"),
        Status::NotApplicable => ("Gäller inte", "Does not apply"),
    };
    reader.t(sv, en)
}

/// The evidence of a score, the two dimensions with most to gain open.
pub fn proofs(reader: &Reader, score: &Readiness, measured: DateTime<Utc>, rules: Option<&RulePack>) -> Vec<ProofGroup> {
    let mut worst: Vec<(f64, &str)> = score
        .dimensions
        .iter()
        .map(|(code, one)| (one.max - one.points, code.as_str()))
        .collect();
    worst.sort_by(|a, b| b.0.total_cmp(&a.0));
    worst.truncate(2);
    let group = |(code, sv, en): &(&'static str, &str, &str)| {
        let found = score.dimensions.get(*code).copied().unwrap_or_default();
        let rows: Vec<ProofRow> = of_dimension(score, code)
            .map(|one| proof_row(reader, one, measured, rules))
            .collect();
        (!rows.is_empty()).then(|| ProofGroup {
            code,
            name: reader.t(sv, en).to_owned(),
            points: points(reader, found.points, found.max),
            open: worst.iter().any(|(loss, worst)| worst == code && *loss > 0.0),
            rows,
        })
    };
    DIMENSIONS.iter().filter_map(group).collect()
}

fn points(reader: &Reader, points: f64, max: f64) -> String {
    format!(
        "{} {} {}",
        words::value(reader.lang, points),
        reader.t("av", "of"),
        words::value(reader.lang, max)
    )
}

fn proof_row(reader: &Reader, one: &Indicator, measured: DateTime<Utc>, rules: Option<&RulePack>) -> ProofRow {
    let mut facts = vec![(reader.t("Läge", "State"), Markup(state_word(reader, one.status).to_owned()))];
    if !matches!(one.status, Status::NotMeasured | Status::NotApplicable) {
        let sum = format!(
            "{} × {} = {}",
            words::value(reader.lang, one.max),
            words::decimal(reader.lang, one.fraction, 2),
            words::decimal(reader.lang, one.points, 2)
        );
        facts.push((reader.t("Beräkning", "Calculation"), Markup(sum)));
    }
    facts.push((reader.t("Mätt", "Measured"), words::moment(reader.lang, measured)));
    let mut rule = format!("<span class=\"mono\">air:{}</span>", escape(&one.id));
    if let Some(pack) = rules {
        rule.push_str(&format!(
            " {} {}, sha256 <span class=\"mono\">{}</span>",
            escape(&pack.id),
            escape(&pack.version),
            pack.sha256.short()
        ));
    }
    facts.push((reader.t("Regel", "Rule"), Markup(rule)));
    if let Some(raise) = &one.raise_it {
        facts.push((reader.t("Höjs av", "Raised by"), Markup(escape(&text(reader, raise)))));
    }
    ProofRow {
        id: one.id.clone(),
        lamp: icon::lamp(one.status),
        state: state_word(reader, one.status),
        name: text(reader, &one.name),
        evidence: text(reader, &one.evidence),
        facts,
        points: match one.status {
            Status::NotApplicable => "–".into(),
            Status::NotMeasured => format!("– {} {}", reader.t("av", "of"), words::value(reader.lang, one.max)),
            _ => points(reader, one.points, one.max),
        },
    }
}
