//! What a written file is held to, and how far it was from breaking it: limits, counts and names of columns (`privacy.md` 2.3).
//!
//! In: a policy's model, put into the terms of one file. Out: something that travels with the file, so that anybody can hold it to the same
//! later. Of values it has only those that the file itself shows, with what a policy's hierarchy puts above them.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::privacy::{Closeness, ClosenessKind, Diversity, DiversityKind, Likeness, LikenessKind, Model};
use crate::text::Text;

/// What stands above each value of a column, nearest first.
pub type Above = BTreeMap<String, Vec<String>>;

/// What was promised for one sensitive column.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Bounds {
    /// Diversity of each group.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub l: Option<Diversity>,
    /// Distance of each group from the whole.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub t: Option<Closeness>,
    /// How much more common a value may be in a group than in the whole.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub beta: Option<Likeness>,
    /// Bound on `|ln(q/p)|` of the values present in a group.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub disclosure: Option<f64>,
    /// What stands above each value; for the hierarchical distance.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub above: Above,
    /// Share of the rows that were left out of the file.
    pub left_out: f64,
    /// How many they are.
    pub left_out_rows: u64,
}

impl Bounds {
    /// What a model promises of a column; nothing when it promises nothing of it. `rows` are those that went in and came out.
    pub fn of(model: &Model, column: &str, (rows_in, rows_out): (u64, u64)) -> Option<Self> {
        let l = model.l.as_ref().and_then(|l| l.of(column)).cloned();
        let t = model.t.as_ref().and_then(|t| t.of(column)).cloned();
        let beta = model.beta.as_ref().and_then(|beta| beta.of(column)).cloned();
        let disclosure = model.disclosure.as_ref().and_then(|bound| bound.of(column)).copied();
        let left_out_rows = rows_in.saturating_sub(rows_out);
        let asked = l.is_some() || t.is_some() || beta.is_some() || disclosure.is_some();
        asked.then(|| Self {
            l,
            t,
            beta,
            disclosure,
            above: Above::new(),
            left_out: left_out_rows as f64 / rows_in.max(1) as f64,
            left_out_rows,
        })
    }

    /// The models, in the words of [`crate::privacy::ProtectionFacts::models`].
    fn words(&self, name: &str) -> Vec<String> {
        let l = self.l.as_ref().map(|l| {
            let value = l.value;
            match l.kind {
                DiversityKind::Distinct => format!("distinct {value}-diversity of {name}"),
                DiversityKind::Entropy => format!("entropy {value}-diversity of {name}"),
                DiversityKind::Recursive => format!("recursive ({}, {value})-diversity of {name}", l.c.unwrap_or(1.0)),
            }
        });
        let t = self.t.as_ref().map(|t| {
            let kind = match t.kind {
                ClosenessKind::Equal => "equal",
                ClosenessKind::Ordered => "ordered",
                ClosenessKind::Hierarchical => "hierarchical",
            };
            format!("{kind} {}-closeness of {name}", t.value)
        });
        let beta = self.beta.as_ref().map(|beta| {
            let kind = match beta.kind {
                LikenessKind::Basic => "basic",
                LikenessKind::Enhanced => "enhanced",
            };
            format!("{kind} {}-likeness of {name}", beta.value)
        });
        let disclosure = self.disclosure.map(|bound| format!("{bound}-disclosure of {name}"));
        [l, t, beta, disclosure].into_iter().flatten().collect()
    }
}

/// Share of a population group that is among the rows of the file.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Share {
    /// Least.
    pub min: f64,
    /// Greatest.
    pub max: f64,
}

/// What a file was held to, and what was measured on it.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Held {
    /// The policy's own k.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub k: Option<u64>,
    /// What was promised of each sensitive column.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub bounds: BTreeMap<String, Bounds>,
    /// Groups over rows, at most.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub average_risk: Option<f64>,
    /// The least people of the population behind each group.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub k_map: Option<u64>,
    /// The share of those people that may be in the file.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub presence: Option<Share>,
    /// What was measured of each sensitive column.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub measured: BTreeMap<String, Figures>,
    /// What was measured against the population.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub population: Option<PopulationFigures>,
}

/// How much the poorest group tells of a sensitive column, against the file's own distribution (`privacy.md` 2.3, as in pycanon).
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
pub struct Figures {
    /// Least `exp(H)`.
    pub entropy_l: f64,
    /// Greatest `(q - p) / p`.
    pub beta: f64,
    /// The same, but at most the greatest `-ln p`.
    pub beta_enhanced: f64,
    /// Greatest `|ln(q/p)|` of a value present in a group.
    pub disclosure: f64,
}

/// The groups of a file against the population that its rows are from.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct PopulationFigures {
    /// People.
    pub people: u64,
    /// People behind the smallest group.
    pub group_min: u64,
    /// Least and greatest share of a group's people that is in the file.
    pub share: Share,
    /// People behind no group of the file.
    pub outside: u64,
}

impl Held {
    /// The models, in the words of [`crate::privacy::ProtectionFacts::models`].
    pub fn words(&self) -> Vec<String> {
        let k = self.k.filter(|k| *k > 0).map(|k| format!("{k}-anonymity"));
        let mut words: Vec<String> = k.into_iter().chain(self.among()).collect();
        words.extend(self.bounds.iter().flat_map(|(name, bounds)| bounds.words(name)));
        words.extend(self.average_risk.map(|risk| format!("average risk {risk}")));
        words
    }

    /// Those of them that a population is needed for.
    fn among(&self) -> Vec<String> {
        let map = self.k_map.map(|k| format!("{k}-map"));
        let presence = self.presence.map(|share| format!("({}, {})-presence", share.min, share.max));
        map.into_iter().chain(presence).collect()
    }

    /// The models that nothing but the population can confirm, and why they are not confirmed from the file.
    pub fn unconfirmed(&self) -> Vec<NotVerified> {
        let reason = Text::new(
            "befolkningen som modellen räknar i följer inte med filen; den mättes när filen gjordes",
            "the population that the model counts in does not come with the file; it was measured when the file was made",
        );
        let of = |model| NotVerified {
            model,
            reason: reason.clone(),
        };
        self.among().into_iter().map(of).collect()
    }
}

/// A stated model that was not measured again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NotVerified {
    /// The model in words.
    pub model: String,
    /// Why.
    pub reason: Text,
}

/// Models stated in words that `held` would not hold a file to.
pub fn unheld(models: &[String], held: &Held) -> Vec<String> {
    let held = held.words();
    models.iter().filter(|word| !held.contains(word)).cloned().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_model_in_words_is_held_only_where_its_limit_is_stated_in_numbers() {
        let model: Model =
            toml::from_str("k = 5\nbeta = { kind = 'enhanced', value = 2.5 }\nt = { kind = 'ordered', value = 0.2 }").unwrap();
        let held = Held {
            k: Some(model.k),
            bounds: Bounds::of(&model, "diagnos", (100, 98))
                .map(|bounds| ("diagnos".to_owned(), bounds))
                .into_iter()
                .collect(),
            presence: Some(Share { min: 0.0, max: 0.5 }),
            ..Held::default()
        };
        assert_eq!(held.bounds["diagnos"].left_out_rows, 2);
        let words = [
            "5-anonymity",
            "(0, 0.5)-presence",
            "ordered 0.2-closeness of diagnos",
            "enhanced 2.5-likeness of diagnos",
        ];
        assert_eq!(held.words(), words);
        let stated = ["5-anonymity".to_owned(), "enhanced 2-likeness of diagnos".to_owned()];
        assert_eq!(unheld(&stated, &held), ["enhanced 2-likeness of diagnos"]);
        let unconfirmed: Vec<String> = held.unconfirmed().into_iter().map(|one| one.model).collect();
        assert_eq!(unconfirmed, ["(0, 0.5)-presence"]);
    }
}
