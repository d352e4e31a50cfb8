//! What people need to know about a rule beside what it checks: where it is written, what the field is called, who mends it and how much work that is.
//!
//! In: a profile's data. Out: one [`RuleFacts`] a rule, by the id that its findings carry. It judges nothing.

use chrono::NaiveDate;
use fyr_model::{Severity, Text};
use serde::{Deserialize, Serialize};

/// Who in or around an organisation can mend a fault.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Who {
    /// The person who keeps the organisation's catalogue.
    Ambassador,
    /// The one who answers for the information itself: licence, dates, what the data covers.
    InformationOwner,
    /// Whoever delivers the system that writes the catalogue.
    Supplier,
    /// The organisation's own technicians: files, addresses, services.
    It,
}

impl Who {
    /// All, in the order in which a letter lists them.
    pub const ALL: [Self; 4] = [Self::Ambassador, Self::InformationOwner, Self::Supplier, Self::It];

    /// What the role is called.
    pub fn label(self) -> Text {
        match self {
            Self::Ambassador => Text::new("dataambassadören", "the data ambassador"),
            Self::InformationOwner => Text::new("informationsägaren", "the information owner"),
            Self::Supplier => Text::new("systemets leverantör", "the system's supplier"),
            Self::It => Text::new("it-avdelningen", "the IT department"),
        }
    }
}

/// How much work a fix is, for one record.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Effort {
    /// Minutes: a field is filled in or corrected.
    Small,
    /// Hours: somebody must decide, or an export must change.
    Medium,
    /// Days or more: a system or an agreement must change.
    Large,
}

impl Effort {
    /// What it is called.
    pub fn label(self) -> Text {
        match self {
            Self::Small => Text::new("liten", "small"),
            Self::Medium => Text::new("måttlig", "medium"),
            Self::Large => Text::new("stor", "large"),
        }
    }
}

/// What finds a breach of the rule.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum By {
    /// `fyr check`, over the typed view.
    #[default]
    Check,
    /// The reader of the graph, while the view is made.
    Reader,
    /// Only the SHACL shapes: the typed view does not carry the value.
    Shapes,
}

/// One rule as people need it. The id is that of [`fyr_model::Finding`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct RuleFacts {
    /// The stable id, for instance `dataset-title-missing`.
    pub id: String,
    /// How grave a breach is.
    pub severity: Severity,
    /// What is so; `{value}` and `{expected}` stand where a finding names what it saw.
    pub message: Text,
    /// What to do, with the same two places.
    pub fix: Text,
    /// Where the rule is written: an address in the published specification.
    pub clause: String,
    /// The guidance topic, for instance `licence`.
    pub guidance: String,
    /// What the guidance topic is called.
    pub guidance_label: Text,
    /// The property as a prefixed name, for instance `dcterms:title`; empty where the rule is about a thing as a whole.
    pub term: String,
    /// The property's IRI; empty likewise.
    pub path: String,
    /// What the field is called in common editors; empty likewise.
    pub field: Text,
    /// Who can mend it.
    pub who: Who,
    /// How much work that is.
    pub effort: Effort,
    /// The day from which the rule takes effect.
    pub effective: NaiveDate,
    /// What finds it.
    pub by: By,
    /// Whether the portal could not take the catalogue in.
    pub stops_harvest: bool,
}
