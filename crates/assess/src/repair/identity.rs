//! Names that are nearly right: a publisher's IRI and a Geonames address written in another form of the same number.
//!
//! A node is renamed wherever it stands, or not at all: never when the right name already stands for something described, never when two names
//! would become one.

use std::collections::{BTreeMap, BTreeSet};

use fyr_model::change::{Statement, Term};

use super::Edit;
use super::facts::{Facts, One};
use crate::profile::{geonames_form, near_organisation};

const PUBLISHER: &str = "http://purl.org/dc/terms/publisher";
const CREATOR: &str = "http://purl.org/dc/terms/creator";
const SPATIAL: &str = "http://purl.org/dc/terms/spatial";

/// The names to change, with the right name and the rule.
pub(super) struct Renames(BTreeMap<String, (String, &'static str)>);

impl Renames {
    pub(super) fn of(facts: &Facts<'_>) -> Self {
        let mut found: BTreeMap<String, (String, &'static str)> = BTreeMap::new();
        for one in &facts.all {
            // A text in its place may become an address first, so it counts too.
            let iri = one.object.text().trim();
            let right = match one.property {
                PUBLISHER | CREATOR => near_organisation(iri).map(|right| (right, "publisher-iri-near-miss")),
                SPATIAL => geonames_form(iri).map(|right| (right, "geonames-form")),
                _ => None,
            };
            if let Some(right) = right.filter(|(right, _)| right != iri) {
                found.insert(iri.to_owned(), right);
            }
        }
        let mut wanted: BTreeMap<&str, usize> = BTreeMap::new();
        for (right, _) in found.values() {
            *wanted.entry(right).or_default() += 1;
        }
        let taken: BTreeSet<String> = wanted
            .into_iter()
            .filter(|(_, count)| *count > 1)
            .map(|(right, _)| right.to_owned())
            .collect();
        found.retain(|iri, (right, _)| {
            let described = facts.subjects.contains(iri.as_str());
            // A name that nothing is said about may join others; a described node may not be poured into another.
            !described || !(taken.contains(right) || facts.iris.contains(right.as_str()))
        });
        Self(found)
    }

    /// The statement with the right names in it.
    pub(super) fn step(&self, one: &One<'_>) -> Option<Edit> {
        let subject = self.0.get(one.subject);
        let object = one.object.iri().and_then(|iri| self.0.get(iri));
        let (old, (_, rule)) = match (subject, object) {
            (Some(found), _) => (one.subject, found),
            (None, Some(found)) => (one.object.text(), found),
            (None, None) => return None,
        };
        let to = Statement {
            subject: subject.map_or(one.subject, |(right, _)| right).to_owned(),
            property: one.property.to_owned(),
            object: object.map_or_else(|| one.object.owned(), |(right, _)| Term::of_iri(right.as_str())),
        };
        Some(Edit {
            from: one.owned(),
            to: Some(to),
            rule,
            key: format!("{rule} {old}"),
        })
    }
}
