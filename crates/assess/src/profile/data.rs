//! A profile folder as it is written: the head (`profile.toml`) and the packs that it names, properties and rules.
//!
//! In: TOML text. Out: the same as types, unknown keys refused. What the words mean together is resolved in `folder`.

use std::collections::{BTreeMap, BTreeSet};

use fyr_model::{Severity, Text};
use serde::Deserialize;
use toml::value::Datetime;

use super::facts::{By, Effort, Who};

/// `profile.toml`.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct Head {
    pub(super) id: String,
    /// The name on the command line.
    pub(super) profile: String,
    pub(super) version: String,
    pub(super) effective: Option<Datetime>,
    pub(super) label: Text,
    pub(super) origin: String,
    /// The other files of the folder.
    pub(super) packs: Vec<String>,
    /// SHACL files of the folder, tried beside the rules.
    pub(super) shapes: Vec<String>,
    pub(super) shape_base: String,
    /// The IRI of the regulation on high-value datasets.
    pub(super) hvd_legislation: String,
    /// What a publisher's IRI begins with.
    pub(super) organisation: String,
    /// The one licence of a catalogue's metadata.
    pub(super) catalogue_licence: String,
    pub(super) also_stops: BTreeSet<String>,
    /// Documents that clauses point into, by short name.
    pub(super) document: BTreeMap<String, String>,
    pub(super) prefix: BTreeMap<String, String>,
    pub(super) topic: BTreeMap<String, Topic>,
    /// What is known of a property, by its prefixed name.
    pub(super) term: BTreeMap<String, Term>,
}

/// A guidance topic.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Topic {
    pub(super) sv: String,
    pub(super) en: String,
    pub(super) who: Who,
    pub(super) effort: Effort,
}

/// A property as editors show it.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Term {
    /// The label in editors.
    pub(super) field: Text,
    /// The name in a sentence of ours.
    pub(super) label: Option<Text>,
    pub(super) topic: String,
    pub(super) fix: Option<Text>,
    pub(super) who: Option<Who>,
    pub(super) effort: Option<Effort>,
}

/// A file of classes with their properties, of rules, or of both.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct Pack {
    pub(super) id: String,
    pub(super) version: String,
    pub(super) effective: Option<Datetime>,
    pub(super) origin: String,
    pub(super) class: Vec<Class>,
    pub(super) rule: Vec<Rule>,
}

/// A class of the profile. A second pack may add properties to a class of the first by its id.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct Class {
    pub(super) id: String,
    pub(super) name: String,
    pub(super) iri: String,
    /// Other classes that stand for the same.
    pub(super) also: Vec<String>,
    /// Properties whose object is such a thing, for nodes that mostly carry no type.
    pub(super) objects_of: Vec<String>,
    pub(super) label: Text,
    /// The class in anchors of the specification.
    pub(super) anchor: Option<String>,
    pub(super) property: Vec<Property>,
}

/// A row of a class: presence, number and form of one property.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Property {
    pub(super) term: String,
    /// The property's IRI, from the term.
    #[serde(skip)]
    pub(super) path: String,
    /// The local name of the term unless the file says otherwise.
    #[serde(default)]
    pub(super) name: String,
    pub(super) level: Level,
    pub(super) value: Kind,
    pub(super) max: Option<usize>,
    /// A vocabulary of `dcat-ap-se/vocabularies`.
    pub(super) list: Option<String>,
    /// The values themselves, where they are few and stand in no vocabulary.
    #[serde(default)]
    pub(super) values: Vec<String>,
    /// A regular expression that IRIs must match.
    pub(super) pattern: Option<String>,
    #[serde(default)]
    pub(super) label: Text,
    #[serde(default)]
    pub(super) fix: Text,
    /// `shapes` where the typed view does not carry the property.
    #[serde(default)]
    pub(super) by: By,
    pub(super) field: Option<Text>,
    pub(super) topic: Option<String>,
    pub(super) clause: Option<String>,
    pub(super) who: Option<Who>,
    pub(super) effort: Option<Effort>,
    pub(super) effective: Option<Datetime>,
}

impl Property {
    /// Whether it holds one text a language.
    pub(super) fn one_per_language(&self) -> bool {
        self.value == Kind::Text && matches!(self.name.as_str(), "title" | "description" | "name")
    }

    /// Whether it should be given in Swedish and in English.
    pub(super) fn in_both_languages(&self) -> bool {
        self.value == Kind::Text && matches!(self.name.as_str(), "title" | "description")
    }
}

/// How strongly a property is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Level {
    Mandatory,
    Recommended,
    Optional,
}

impl Level {
    /// How grave its absence is; nothing where it may be absent.
    pub(super) fn severity(self) -> Option<Severity> {
        match self {
            Self::Mandatory => Some(Severity::Violation),
            Self::Recommended => Some(Severity::Warning),
            Self::Optional => None,
        }
    }
}

/// What a value is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Kind {
    Text,
    Iri,
    Date,
    Agent,
    Contact,
    Place,
    Period,
    Literal,
    /// A node with properties of its own, IRI or blank.
    Node,
    Duration,
    Decimal,
    Bytes,
    Wkt,
}

/// A rule that is more than presence and number.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Rule {
    pub(super) id: String,
    pub(super) severity: Severity,
    #[serde(default)]
    pub(super) path: String,
    /// A constraint component of SHACL, without namespace and the word ConstraintComponent.
    #[serde(default)]
    pub(super) component: String,
    pub(super) clause: String,
    pub(super) message: Text,
    pub(super) fix: Text,
    /// The id under which the reader of the graph reports the same fault.
    pub(super) told_by: Option<String>,
    #[serde(default)]
    pub(super) stops_harvest: bool,
    #[serde(default)]
    pub(super) by: By,
    pub(super) field: Option<Text>,
    /// Needed where the rule names no property, or another topic fits better.
    pub(super) topic: Option<String>,
    pub(super) who: Option<Who>,
    pub(super) effort: Option<Effort>,
    pub(super) effective: Option<Datetime>,
    /// The classes that its shape looks at.
    #[serde(default)]
    pub(super) target: Vec<String>,
    /// The shape's path where it is not `path`: a prefixed name, `^` before it for the way back; empty for the thing itself.
    pub(super) on: Option<String>,
    /// Its constraint in SHACL, as Turtle between the shape's other triples.
    pub(super) shape: Option<String>,
    /// Its constraint in SHACL as a SPARQL question, where Core cannot say it.
    pub(super) select: Option<String>,
    /// The rows whose values it looks at: a kind of value (`text`, `iri`, `date`, `node`, `bytes`), for rules about any property.
    #[serde(default)]
    pub(super) rows: Vec<String>,
    /// Why it is no shape.
    pub(super) only: Option<Text>,
}
