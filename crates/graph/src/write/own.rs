//! Who we are, from `catalog/own.toml`: the operator of this installation and its catalogue.

use fyr_model::catalogue::Value;
use fyr_model::{Agent, Contact, LangString, LangStrings, Text};
use serde::{Deserialize, Serialize};

/// `catalog/own.toml` as written.
///
/// ```
/// let own: fyr_graph::OwnCatalogue = toml::from_str(r#"
/// base = "https://fyr.exempelby.example"
/// title = { sv = "Förädlade data", en = "Curated data" }
/// description = { sv = "Utgåvor ur öppna data", en = "Releases made from open data" }
/// publisher = { iri = "https://fyr.exempelby.example/om", name = { sv = "Exempelby", en = "Exempelby" }, kind = "LocalAuthority" }
/// "#).unwrap();
/// assert_eq!(own.iri(), "https://fyr.exempelby.example/catalog");
/// assert_eq!(own.publisher.kind[0].as_str(), "http://purl.org/adms/publishertype/LocalAuthority");
/// ```
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OwnCatalogue {
    /// The public base address of the portal, without a slash at the end: `https://fyr.exempel.se`.
    #[serde(default)]
    pub base: String,
    /// Title of the catalogue.
    pub title: Text,
    /// Description of the catalogue.
    pub description: Text,
    /// The operator: written as an [`OwnAgent`].
    #[serde(with = "operator")]
    pub publisher: Agent,
    /// A home page other than the portal's start page.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub homepage: Option<String>,
    /// Where people reach the operator; stands in for a source without a contact of its own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub contact: Option<OwnContact>,
    /// When the catalogue was first published, as a date.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub issued: Option<String>,
    /// Geonames IRIs of the places that it covers.
    #[serde(default = "sweden")]
    pub spatial: Vec<String>,
}

/// The operator as written.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OwnAgent {
    /// Its IRI, for instance `http://dataportal.se/organisation/SE` and ten digits.
    pub iri: String,
    /// Its name.
    pub name: Text,
    /// Its type, a code of `http://purl.org/adms/publishertype/`, for instance `NationalAuthority`.
    pub kind: String,
    /// Its organisation number.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub identifier: Option<String>,
    /// Its home page.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub homepage: Option<String>,
}

/// A contact as written: a function, never a person.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OwnContact {
    /// Its name.
    pub name: Text,
    /// Its e-mail address.
    pub email: String,
}

/// The operator, written short and held as an agent.
mod operator {
    use fyr_model::{Agent, Text};
    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    use super::OwnAgent;

    pub fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Agent, D::Error> {
        OwnAgent::deserialize(from).map(|own| own.agent())
    }

    pub fn serialize<S: Serializer>(agent: &Agent, to: S) -> Result<S::Ok, S::Error> {
        let name = |lang| agent.name.text(lang).to_owned();
        OwnAgent {
            iri: agent.iri.clone(),
            name: Text::new(name(fyr_model::Lang::Sv), name(fyr_model::Lang::En)),
            kind: agent.kind.first().map(|kind| kind.as_str().to_owned()).unwrap_or_default(),
            identifier: agent.identifier.first().cloned(),
            homepage: agent.homepage.first().map(|page| page.as_str().to_owned()),
        }
        .serialize(to)
    }
}

fn sweden() -> Vec<String> {
    vec!["http://sws.geonames.org/2661886".into()]
}

const KINDS: &str = "http://purl.org/adms/publishertype/";

impl OwnAgent {
    /// The operator as a `foaf:Agent`.
    pub fn agent(&self) -> Agent {
        let kind = if self.kind.contains(':') {
            self.kind.clone()
        } else {
            format!("{KINDS}{}", self.kind)
        };
        Agent {
            iri: self.iri.clone(),
            blank: false,
            described: true,
            name: LangStrings::from(&self.name),
            kind: vec![Value::Iri(kind)],
            identifier: self.identifier.iter().cloned().collect(),
            homepage: self.homepage.iter().cloned().map(Value::Iri).collect(),
        }
    }
}

impl OwnCatalogue {
    /// The catalogue's IRI.
    pub fn iri(&self) -> String {
        format!("{}/catalog", self.base.trim_end_matches('/'))
    }

    /// The operator as a contact, when one is written.
    pub fn contact(&self) -> Option<Contact> {
        let own = self.contact.as_ref()?;
        Some(Contact {
            iri: format!("{}#contact", self.iri()),
            described: true,
            // `vcard:fn` is one name; the Swedish one, since the profile gives it no language.
            name: LangStrings(vec![LangString {
                value: own.name.sv.clone(),
                lang: Some("sv".into()),
            }]),
            email: vec![own.email.clone()],
            ..Contact::default()
        })
    }
}
