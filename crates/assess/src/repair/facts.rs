//! What the decisions ask of the whole graph: who stands beside whom, what a node is, and what the catalogue says of its languages.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use fyr_model::change::{Statement, Term};

use super::table::TABLE;
use super::values;

pub(super) const RDF_TYPE: &str = "http://www.w3.org/1999/02/22-rdf-syntax-ns#type";
pub(super) const LANGUAGE: &str = "http://purl.org/dc/terms/language";
const CATALOG: &str = "http://www.w3.org/ns/dcat#Catalog";
const TEMPORAL: &str = "http://purl.org/dc/terms/temporal";
const PERIOD: &str = "http://purl.org/dc/terms/PeriodOfTime";

pub(super) type One<'a> = Statement<&'a str>;

/// The graph, looked at once.
pub(super) struct Facts<'a> {
    /// By subject, property and object.
    pub(super) all: Vec<One<'a>>,
    /// IRIs that say something, and IRIs that stand anywhere.
    pub(super) subjects: HashSet<&'a str>,
    pub(super) iris: HashSet<&'a str>,
    classes: HashSet<(&'a str, &'a str)>,
    /// Codes of the EU language table that every catalogue of the document states for its metadata.
    pub(super) languages: BTreeSet<&'static str>,
    /// The tag for untagged texts, when one language is stated and no text contradicts it.
    pub(super) only_tag: Option<&'static str>,
}

impl<'a> Facts<'a> {
    pub(super) fn of(statements: &[One<'a>]) -> Self {
        let mut all = statements.to_vec();
        all.sort_unstable();
        let mut facts = Self {
            subjects: all.iter().map(|one| one.subject).collect(),
            iris: HashSet::new(),
            classes: HashSet::new(),
            languages: BTreeSet::new(),
            only_tag: None,
            all,
        };
        for one in &facts.all {
            facts.iris.insert(one.subject);
            if let Term::Iri { value } = one.object {
                facts.iris.insert(value);
                if one.property == RDF_TYPE {
                    facts.classes.insert((one.subject, value));
                } else if one.property == TEMPORAL {
                    facts.classes.insert((value, PERIOD));
                }
            }
        }
        facts.languages = facts.stated_languages();
        facts.only_tag = facts.only_language();
        facts
    }

    /// The values of a property, sorted.
    pub(super) fn of_property(&self, subject: &str, property: &str) -> &[One<'a>] {
        let key = |one: &One<'_>| (one.subject, one.property).cmp(&(subject, property));
        let from = self.all.partition_point(|one| key(one).is_lt());
        let rest = self.all.get(from..).unwrap_or_default();
        let count = rest.partition_point(|one| key(one).is_eq());
        rest.get(..count).unwrap_or_default()
    }

    /// Whether a node is of a class, by its type or by the property that leads to it.
    pub(super) fn is_a(&self, subject: &str, class: &str) -> bool {
        self.classes.contains(&(subject, class))
    }

    /// The languages of the document's metadata: what all its catalogues state; none when one of them states nothing or something unknown.
    fn stated_languages(&self) -> BTreeSet<&'static str> {
        let mut by_catalogue: BTreeMap<&str, BTreeSet<&'static str>> = BTreeMap::new();
        for (catalogue, _) in self.classes.iter().filter(|(_, class)| *class == CATALOG) {
            let mut codes = BTreeSet::new();
            for one in self.of_property(catalogue, LANGUAGE) {
                match values::language_of(&one.object) {
                    Some(code) => codes.insert(code),
                    None => return BTreeSet::new(),
                };
            }
            by_catalogue.insert(catalogue, codes);
        }
        if by_catalogue.values().any(BTreeSet::is_empty) {
            return BTreeSet::new();
        }
        by_catalogue.into_values().flatten().collect()
    }

    fn only_language(&self) -> Option<&'static str> {
        let mut codes = self.languages.iter();
        let (only, more) = (codes.next()?, codes.next());
        let tag = super::table::language_tag(only).filter(|_| more.is_none())?;
        let contradicts = |one: &&One<'_>| match &one.object {
            Term::Literal {
                value,
                language: Some(language),
                ..
            } if !value.trim().is_empty() => {
                TABLE.texts.contains(one.property) && primary(language) != tag && !(primary(language) == "se" && tag == "sv")
            }
            _ => false,
        };
        self.all.iter().find(contradicts).is_none().then_some(tag)
    }
}

/// The language of a tag without its region.
pub(super) fn primary(tag: &str) -> &str {
    tag.split('-').next().unwrap_or(tag)
}
