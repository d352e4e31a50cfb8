//! Standing decisions (`privacy.md` section 6): what one is bound to, and where a later candidate departs from it.
//!
//! In: the terms that held when somebody decided, and those of a candidate. Out: departures, each with its name. A candidate without one is
//! released as if it had been decided on itself; one with any waits until a person decides. Terms hold names and limits, never a value, but
//! they tell what the accumulation guard found: a release states their digest, and only the private area keeps them.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Months, NaiveDate, Utc};
use serde::{Deserialize, Serialize};

use crate::ids::{PipelineName, Sha256};
use crate::privacy::{Interest, Model, PerColumn, Role};
use crate::text::Text;

/// The longest that a decision may stand.
pub const MONTHS_MAX: u32 = 12;

/// How long a decision stands, and for what.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Standing {
    /// The last day, in UTC.
    pub until: NaiveDate,
    /// The digest of what it is bound to.
    pub terms: Sha256,
    /// What it is bound to; left out of what is published.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bound_to: Option<Terms>,
}

/// What a standing decision is bound to, and what a candidate is.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Terms {
    /// The pipeline.
    pub pipeline: PipelineName,
    /// Digest of what the pipeline says of its source, its reading and its rules.
    pub making: Sha256,
    /// The licence of the release.
    pub licence: String,
    /// The published columns with their types.
    pub columns: BTreeMap<String, String>,
    /// The role of every column, removed ones too.
    pub roles: BTreeMap<String, Role>,
    /// Digest of the policy apart from roles and limits: hierarchies, actions, pseudonyms, clearances, measure of loss.
    pub policy: Sha256,
    /// The risk limits.
    pub limits: Option<Model>,
    /// What the accumulation guard found and a person has resolved, without versions.
    pub guard: BTreeSet<String>,
    /// What detectors, the auditor, the reading and the rules found: ids and columns.
    pub findings: BTreeSet<String>,
    /// Warnings that the table has drifted from the former version; none is ever part of what a decision stands for.
    pub drift: BTreeSet<String>,
}

/// In what a candidate departs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum DepartureKind {
    /// The decision's last day has passed.
    Date,
    /// Another pipeline, or another source, reading or rules.
    Pipeline,
    /// Another licence.
    Licence,
    /// A column came, went or changed its type.
    Column,
    /// A column has another role.
    Role,
    /// The policy changed.
    Policy,
    /// A smaller group may show.
    K,
    /// Another risk limit is weaker.
    Limit,
    /// The accumulation guard found something else.
    Guard,
    /// The table drifted.
    Drift,
    /// Something was found that was not found then.
    Finding,
}

impl DepartureKind {
    /// The word of the reports.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Date => "date",
            Self::Pipeline => "pipeline",
            Self::Licence => "licence",
            Self::Column => "column",
            Self::Role => "role",
            Self::Policy => "policy",
            Self::K => "k",
            Self::Limit => "limit",
            Self::Guard => "guard",
            Self::Drift => "drift",
            Self::Finding => "finding",
        }
    }

    /// What people call it.
    pub fn name(self) -> Text {
        match self {
            Self::Date => Text::new("sista dagen", "the last day"),
            Self::Pipeline => Text::new("pipelinen", "the pipeline"),
            Self::Licence => Text::new("licensen", "the licence"),
            Self::Column => Text::new("en kolumn", "a column"),
            Self::Role => Text::new("en kolumns roll", "a column's role"),
            Self::Policy => Text::new("policyn", "the policy"),
            Self::K => Text::new("minsta grupp", "the smallest group"),
            Self::Limit => Text::new("en riskgräns", "a risk limit"),
            Self::Guard => Text::new("vad utgåvor röjer tillsammans", "what releases tell together"),
            Self::Drift => Text::new("avvikelse från förra versionen", "drift from the former version"),
            Self::Finding => Text::new("ett nytt fynd", "a new finding"),
        }
    }
}

/// One departure from what a decision stands for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Departure {
    /// In what.
    pub kind: DepartureKind,
    /// What differs: names, limits and counts.
    pub detail: Text,
    /// The interests whose decision does not hold for it.
    pub interests: Vec<Interest>,
}

/// The last day that a decision made at `at` may stand.
pub fn until_max(at: DateTime<Utc>) -> NaiveDate {
    let day = at.date_naive();
    day.checked_add_months(Months::new(MONTHS_MAX)).unwrap_or(day)
}

impl Standing {
    /// Where `candidate` departs from what this decision stands for at `at`; nothing where it is inside.
    pub fn departures(&self, candidate: &Terms, at: DateTime<Utc>) -> Vec<(DepartureKind, Text)> {
        let mut found = Vec::new();
        if at.date_naive() > self.until {
            found.push((
                DepartureKind::Date,
                Text::new(
                    format!("beslutet gällde till och med {}", self.until),
                    format!("the decision stood until {}", self.until),
                ),
            ));
        }
        match &self.bound_to {
            // Terms that were altered after the decision are not the ones decided on.
            Some(terms) if terms.digest() == self.terms => terms.departures(candidate, &mut found),
            _ => found.push((
                DepartureKind::Pipeline,
                Text::new(
                    "det går inte att läsa vad beslutet gäller",
                    "what the decision stands for cannot be read",
                ),
            )),
        }
        found
    }

    /// Without what only the private area keeps.
    pub fn published(&self) -> Self {
        Self {
            bound_to: None,
            ..self.clone()
        }
    }
}

impl Terms {
    /// The digest that a decision states.
    pub fn digest(&self) -> Sha256 {
        Sha256::of(&serde_json::to_vec(self).unwrap_or_default())
    }

    fn departures(&self, now: &Self, found: &mut Vec<(DepartureKind, Text)>) {
        use DepartureKind as Kind;
        let mut add = |kind, sv: String, en: String| found.push((kind, Text::new(sv, en)));
        if self.pipeline != now.pipeline || self.making != now.making {
            add(
                Kind::Pipeline,
                "pipelinens källa, läsning eller regler har ändrats".into(),
                "the pipeline's source, reading or rules have changed".into(),
            );
        }
        if self.licence != now.licence {
            let (before, after) = (&self.licence, &now.licence);
            add(
                Kind::Licence,
                format!("licensen var {before} och är {after}"),
                format!("the licence was {before} and is {after}"),
            );
        }
        columns(&self.columns, &now.columns, &mut add);
        for (name, role) in &self.roles {
            if let Some(other) = now.roles.get(name).filter(|other| *other != role) {
                let (before, after) = (role.as_str(), other.as_str());
                add(
                    Kind::Role,
                    format!("kolumnen `{name}` hade rollen {before} och har {after}"),
                    format!("the column `{name}` had the role {before} and has {after}"),
                );
            }
        }
        if self.policy != now.policy {
            add(
                Kind::Policy,
                "policyn har ändrats utöver roller och gränser".into(),
                "the policy has changed beyond roles and limits".into(),
            );
        }
        self.limits(now, &mut add);
        for (kind, before, after) in [
            (Kind::Guard, &self.guard, &now.guard),
            (Kind::Finding, &self.findings, &now.findings),
        ] {
            let new: Vec<&str> = after.difference(before).map(String::as_str).collect();
            if !new.is_empty() {
                let list = new.join(", ");
                add(kind, format!("nytt fynd: {list}"), format!("new finding: {list}"));
            }
        }
        if !now.drift.is_empty() {
            let list = now.drift.iter().map(String::as_str).collect::<Vec<_>>().join(", ");
            add(
                Kind::Drift,
                format!("filen avviker från den förra versionen: {list}"),
                format!("the file drifts from the former version: {list}"),
            );
        }
    }

    fn limits(&self, now: &Self, add: &mut impl FnMut(DepartureKind, String, String)) {
        let none = Model::default();
        let Some(before) = &self.limits else { return };
        let after = now.limits.as_ref().unwrap_or(&none);
        let k_map = |model: &Model| model.k_map.as_ref().map_or(0, |map| map.k);
        for (name, before, after) in [("k", before.k, after.k), ("k_map", k_map(before), k_map(after))] {
            if after < before {
                add(
                    DepartureKind::K,
                    format!("{name} var {before} och är {after}"),
                    format!("{name} was {before} and is {after}"),
                );
            }
        }
        let sensitive: Vec<&str> = self
            .roles
            .iter()
            .filter(|(_, role)| **role == Role::Sensitive)
            .map(|(name, _)| name.as_str())
            .collect();
        let mut weaker = |name: &str, is: bool| {
            if is {
                add(
                    DepartureKind::Limit,
                    format!("gränsen {name} är svagare än den som beslutet gäller"),
                    format!("the limit {name} is weaker than the one decided on"),
                );
            }
        };
        weaker(
            "l",
            fell(&before.l, &after.l, &sensitive, |old, new| {
                old.kind == new.kind && new.value >= old.value && new.c.unwrap_or(0.0) <= old.c.unwrap_or(0.0)
            }),
        );
        weaker(
            "t",
            fell(&before.t, &after.t, &sensitive, |old, new| {
                old.kind == new.kind && new.value <= old.value
            }),
        );
        weaker(
            "beta",
            fell(&before.beta, &after.beta, &sensitive, |old, new| {
                old.kind == new.kind && new.value <= old.value
            }),
        );
        weaker(
            "disclosure",
            fell(&before.disclosure, &after.disclosure, &sensitive, |old, new| new <= old),
        );
        let rose = |old: Option<f64>, new: Option<f64>| old.is_some_and(|old| new.is_none_or(|new| new > old));
        weaker("average_risk", rose(before.average_risk, after.average_risk));
        let presence = before.presence.as_ref().is_some_and(|old| {
            let inside = |new: &crate::privacy::Presence| new.min >= old.min && new.max <= old.max;
            !after.presence.as_ref().is_some_and(inside)
        });
        weaker("presence", presence);
    }
}

fn columns(before: &BTreeMap<String, String>, after: &BTreeMap<String, String>, add: &mut impl FnMut(DepartureKind, String, String)) {
    let names: BTreeSet<&String> = before.keys().chain(after.keys()).collect();
    for name in names {
        let (sv, en) = match (before.get(name), after.get(name)) {
            (Some(old), Some(new)) if old == new => continue,
            (Some(old), Some(new)) => (
                format!("kolumnen `{name}` var {old} och är {new}"),
                format!("the column `{name}` was {old} and is {new}"),
            ),
            (None, _) => (format!("kolumnen `{name}` är ny"), format!("the column `{name}` is new")),
            (_, None) => (format!("kolumnen `{name}` saknas"), format!("the column `{name}` is gone")),
        };
        add(DepartureKind::Column, sv, en);
    }
}

/// Whether a bound is gone or weaker for any of the columns that it held for.
fn fell<T>(before: &Option<PerColumn<T>>, after: &Option<PerColumn<T>>, columns: &[&str], as_strong: impl Fn(&T, &T) -> bool) -> bool {
    columns.iter().any(|column| {
        let old = before.as_ref().and_then(|bound| bound.of(column));
        let new = after.as_ref().and_then(|bound| bound.of(column));
        old.is_some_and(|old| !new.is_some_and(|new| as_strong(old, new)))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::privacy::{Closeness, ClosenessKind};

    fn terms() -> Terms {
        let texts = |list: &[&str]| list.iter().map(ToString::to_string).collect();
        Terms {
            pipeline: "exempelby-trad".parse().unwrap(),
            making: Sha256::of(b"pipeline"),
            licence: "CC0-1.0".into(),
            columns: BTreeMap::from([("ort".into(), "text".into()), ("diagnos".into(), "text".into())]),
            roles: BTreeMap::from([("ort".into(), Role::QuasiIdentifier), ("diagnos".into(), Role::Sensitive)]),
            policy: Sha256::of(b"policy"),
            limits: Some(Model {
                k: 10,
                t: Some(PerColumn::All(Closeness {
                    kind: ClosenessKind::Equal,
                    value: 0.2,
                })),
                ..Model::default()
            }),
            guard: texts(&["join other ort"]),
            findings: texts(&["detector sensitive diagnos"]),
            drift: BTreeSet::new(),
        }
    }

    fn at(day: &str) -> DateTime<Utc> {
        day.parse::<NaiveDate>().unwrap().and_hms_opt(23, 59, 59).unwrap().and_utc()
    }

    /// The kinds in which a changed candidate departs from a decision that stands until 2027-01-31.
    fn check(day: &str, change: impl Fn(&mut Terms), expected: &[DepartureKind]) {
        let standing = Standing {
            until: "2027-01-31".parse().unwrap(),
            terms: terms().digest(),
            bound_to: Some(terms()),
        };
        let mut candidate = terms();
        change(&mut candidate);
        let seen: Vec<DepartureKind> = standing.departures(&candidate, at(day)).into_iter().map(|(kind, _)| kind).collect();
        assert_eq!(seen, expected);
    }

    #[test]
    fn a_candidate_inside_the_terms_departs_in_nothing() {
        check("2027-01-31", |_| {}, &[]);
        check("2027-01-01", |now| now.findings.clear(), &[]);
        check("2027-01-01", |now| now.guard.clear(), &[]);
        check("2027-01-01", |now| now.limits.as_mut().unwrap().k = 20, &[]);
    }

    #[test]
    fn each_kind_of_departure_is_told_apart() {
        use DepartureKind as Kind;
        let day = "2027-01-01";
        check("2027-02-01", |_| {}, &[Kind::Date]);
        check(day, |now| now.making = Sha256::of(b"other"), &[Kind::Pipeline]);
        check(day, |now| now.licence = "CC-BY-4.0".into(), &[Kind::Licence]);
        check(day, |now| drop(now.columns.insert("ny".into(), "text".into())), &[Kind::Column]);
        check(day, |now| drop(now.columns.remove("ort")), &[Kind::Column]);
        check(day, |now| drop(now.columns.insert("ort".into(), "integer".into())), &[Kind::Column]);
        check(day, |now| _ = now.roles.insert("ort".into(), Role::Plain), &[Kind::Role]);
        check(day, |now| now.policy = Sha256::of(b"other"), &[Kind::Policy]);
        check(day, |now| now.limits.as_mut().unwrap().k = 9, &[Kind::K]);
        check(day, |now| now.limits = None, &[Kind::K, Kind::Limit]);
        check(day, |now| now.limits.as_mut().unwrap().t = None, &[Kind::Limit]);
        check(day, |now| _ = now.guard.insert("difference".into()), &[Kind::Guard]);
        check(day, |now| _ = now.drift.insert("drift-rows".into()), &[Kind::Drift]);
        check(day, |now| _ = now.findings.insert("rule q1".into()), &[Kind::Finding]);
    }

    #[test]
    fn terms_that_were_altered_or_left_out_stand_for_nothing() {
        let mut standing = Standing {
            until: "2027-01-31".parse().unwrap(),
            terms: terms().digest(),
            bound_to: Some(terms()),
        };
        standing.bound_to.as_mut().unwrap().limits = None;
        assert_eq!(standing.departures(&terms(), at("2027-01-01")).len(), 1);
        assert_eq!(standing.published().departures(&terms(), at("2027-01-01")).len(), 1);
    }

    #[test]
    fn a_decision_stands_for_twelve_months_at_most() {
        assert_eq!(until_max(at("2026-11-23")), "2027-11-23".parse().unwrap());
        assert_eq!(until_max(at("2028-02-29")), "2029-02-28".parse().unwrap());
    }

    #[test]
    fn terms_read_back_as_they_were_written() {
        let text = serde_json::to_string(&terms()).unwrap();
        let back: Terms = serde_json::from_str(&text).unwrap();
        assert_eq!((back.digest(), &back), (terms().digest(), &terms()));
    }
}
