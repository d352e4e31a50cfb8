//! Triples to bytes: Turtle, RDF/XML and N-Triples by the library's serializers, JSON-LD by our own with a fixed order of keys.
//!
//! Triples come grouped by subject, the type first; the order of subjects and properties is kept. Names that stand for blank nodes of
//! harvested documents become blank nodes again.

use std::collections::{BTreeMap, BTreeSet};

use oxrdf::{BlankNode, NamedNode, NamedOrBlankNode, Term, Triple};
use oxrdfio::{RdfFormat, RdfSerializer};
use serde_json::{Map, Value, json};

use crate::syntax::Syntax;
use crate::view::SKOLEM;
use crate::vocab::{PREFIXES, RDF_TYPE, XSD_STRING};

/// Prefixes for quality and provenance, beside those of the profile.
const MORE_PREFIXES: &[(&str, &str)] = &[
    ("dqv", "http://www.w3.org/ns/dqv#"),
    ("prov", "http://www.w3.org/ns/prov#"),
    ("oa", "http://www.w3.org/ns/oa#"),
    ("sh", "http://www.w3.org/ns/shacl#"),
    ("rdfs", "http://www.w3.org/2000/01/rdf-schema#"),
    ("pv", "https://piveau.eu/ns/voc#"),
    ("air", "urn:fyr:air#"),
    ("mqa-se", "urn:fyr:mqa-se#"),
    ("fyr", "urn:fyr:vocab#"),
    ("profile", "urn:fyr:profile#"),
];

/// Writes triples.
pub(crate) fn serialise(triples: &[Triple], syntax: Syntax) -> Vec<u8> {
    let triples: Vec<Triple> = triples.iter().map(unnamed).collect();
    match syntax {
        Syntax::Turtle => by_library(&triples, RdfFormat::Turtle),
        Syntax::RdfXml => by_library(&triples, RdfFormat::RdfXml),
        Syntax::NTriples => by_library(&triples, RdfFormat::NTriples),
        Syntax::JsonLd => json_ld(&triples),
    }
}

/// The triple with blank nodes where names stood for them.
fn unnamed(triple: &Triple) -> Triple {
    let mut triple = triple.clone();
    if let NamedOrBlankNode::NamedNode(node) = &triple.subject
        && let Some(blank) = blank(node)
    {
        triple.subject = blank.into();
    }
    if let Term::NamedNode(node) = &triple.object
        && let Some(blank) = blank(node)
    {
        triple.object = blank.into();
    }
    triple
}

fn blank(node: &NamedNode) -> Option<BlankNode> {
    let name = node.as_str().strip_prefix(SKOLEM)?;
    let tail = name.rsplit(':').next().unwrap_or_default();
    BlankNode::new(format!("b{tail}")).ok()
}

/// The prefixes that these triples use, in our order.
fn prefixes(triples: &[Triple]) -> Vec<(&'static str, &'static str)> {
    let mut used: BTreeSet<String> = BTreeSet::new();
    let mut take = |iri: &str| used.insert(namespace(iri).0.to_owned());
    for triple in triples {
        take(triple.predicate.as_str());
        match &triple.object {
            Term::NamedNode(node) if triple.predicate.as_str() == RDF_TYPE => take(node.as_str()),
            Term::NamedNode(node) => take(node.as_str()),
            Term::Literal(literal) => take(literal.datatype().as_str()),
            _ => continue,
        };
    }
    let known = PREFIXES.iter().chain(MORE_PREFIXES);
    known.filter(|(_, iri)| used.contains(*iri)).copied().collect()
}

/// The schemes of all IRIs: a reader of JSON-LD would take an IRI such as `vcard:Kind` for a shortened one, were there a prefix of that name.
fn schemes(triples: &[Triple]) -> BTreeSet<&str> {
    let mut found = BTreeSet::new();
    for triple in triples {
        let subject = match &triple.subject {
            NamedOrBlankNode::NamedNode(node) => Some(node.as_str()),
            NamedOrBlankNode::BlankNode(_) => None,
        };
        let object = match &triple.object {
            Term::NamedNode(node) => Some(node.as_str()),
            Term::Literal(literal) => Some(literal.datatype().as_str()),
            _ => None,
        };
        let iris = [subject, Some(triple.predicate.as_str()), object];
        found.extend(iris.into_iter().flatten().filter_map(|iri| iri.get(..iri.find(':')?)));
    }
    found
}

fn namespace(iri: &str) -> (&str, &str) {
    let at = iri.rfind(['#', '/']).map_or(0, |at| at + 1);
    iri.split_at(at)
}

fn by_library(triples: &[Triple], format: RdfFormat) -> Vec<u8> {
    let mut serializer = RdfSerializer::from_format(format);
    for (prefix, iri) in prefixes(triples) {
        // Our own prefixes are valid IRIs; should one not be, the document is written with whole IRIs.
        serializer = match serializer.clone().with_prefix(prefix, iri) {
            Ok(with) => with,
            Err(_) => serializer,
        };
    }
    let mut writer = serializer.for_writer(Vec::new());
    for triple in triples {
        // Writing to memory fails only for a property that RDF/XML reserves, and we have none.
        if writer.serialize_triple(triple).is_err() {
            return Vec::new();
        }
    }
    writer.finish().unwrap_or_default()
}

/// Nodes in order, `@id`, `@type`, then properties as they came; a blank node stands in its only place of use.
fn json_ld(triples: &[Triple]) -> Vec<u8> {
    let schemes = schemes(triples);
    let prefixes: Vec<_> = prefixes(triples)
        .into_iter()
        .filter(|(prefix, _)| !schemes.contains(prefix))
        .collect();
    let mut order: Vec<&NamedOrBlankNode> = Vec::new();
    let mut by_subject: BTreeMap<String, Vec<&Triple>> = BTreeMap::new();
    let mut uses: BTreeMap<String, usize> = BTreeMap::new();
    for triple in triples {
        let key = triple.subject.to_string();
        if !by_subject.contains_key(&key) {
            order.push(&triple.subject);
        }
        by_subject.entry(key).or_default().push(triple);
        if let Term::BlankNode(node) = &triple.object {
            *uses.entry(node.to_string()).or_default() += 1;
        }
    }
    let writer = Json {
        prefixes: &prefixes,
        by_subject: &by_subject,
        uses: &uses,
    };
    let nested = |node: &NamedOrBlankNode| matches!(node, NamedOrBlankNode::BlankNode(_)) && uses.get(&node.to_string()) == Some(&1);
    let graph: Vec<Value> = order
        .iter()
        .filter(|node| !nested(node))
        .map(|node| writer.node(&node.to_string(), 0))
        .collect();
    let context: Map<String, Value> = prefixes.iter().map(|(prefix, iri)| ((*prefix).to_owned(), json!(iri))).collect();
    let document = json!({ "@context": context, "@graph": graph });
    let mut bytes = serde_json::to_vec_pretty(&document).unwrap_or_default();
    bytes.push(b'\n');
    bytes
}

struct Json<'a> {
    prefixes: &'a [(&'static str, &'static str)],
    by_subject: &'a BTreeMap<String, Vec<&'a Triple>>,
    uses: &'a BTreeMap<String, usize>,
}

/// How deep blank nodes may stand within each other before they are referred to by label.
const NESTING_MAX: usize = 8;

impl Json<'_> {
    fn node(&self, key: &str, depth: usize) -> Value {
        let triples = self.by_subject.get(key).map(Vec::as_slice).unwrap_or_default();
        let mut object = Map::new();
        let blank = key.starts_with("_:");
        let labelled = !blank || self.uses.get(key).copied().unwrap_or(0) != 1 || depth == 0;
        if labelled {
            object.insert("@id".into(), json!(key.trim_matches(['<', '>'])));
        }
        let types: Vec<Value> = triples
            .iter()
            .filter(|triple| triple.predicate.as_str() == RDF_TYPE)
            .map(|triple| match &triple.object {
                Term::NamedNode(node) => json!(self.short(node.as_str())),
                other => json!(other.to_string()),
            })
            .collect();
        if !types.is_empty() {
            object.insert("@type".into(), one_or_many(types));
        }
        let mut properties: Vec<(String, Vec<Value>)> = Vec::new();
        for triple in triples.iter().filter(|triple| triple.predicate.as_str() != RDF_TYPE) {
            let name = self.short(triple.predicate.as_str());
            let value = self.value(&triple.object, depth);
            match properties.iter_mut().find(|(known, _)| *known == name) {
                Some((_, values)) => values.push(value),
                None => properties.push((name, vec![value])),
            }
        }
        object.extend(properties.into_iter().map(|(name, values)| (name, one_or_many(values))));
        Value::Object(object)
    }

    fn value(&self, term: &Term, depth: usize) -> Value {
        match term {
            Term::BlankNode(node) => {
                let key = node.to_string();
                let alone = self.uses.get(&key) == Some(&1) && depth < NESTING_MAX;
                if alone && self.by_subject.contains_key(&key) {
                    self.node(&key, depth + 1)
                } else {
                    json!({ "@id": key })
                }
            }
            Term::NamedNode(node) => json!({ "@id": node.as_str() }),
            Term::Literal(literal) => match literal.language() {
                Some(tag) => json!({ "@value": literal.value(), "@language": tag }),
                None if literal.datatype().as_str() == XSD_STRING => json!(literal.value()),
                None => json!({ "@value": literal.value(), "@type": self.short(literal.datatype().as_str()) }),
            },
            Term::Triple(triple) => json!(triple.to_string()),
        }
    }

    fn short(&self, iri: &str) -> String {
        let (namespace, local) = namespace(iri);
        let plain = !local.is_empty() && local.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_' || b == b'-');
        let known = self.prefixes.iter().find(|(_, known)| *known == namespace);
        match known.filter(|_| plain) {
            Some((prefix, _)) => format!("{prefix}:{local}"),
            None => iri.to_owned(),
        }
    }
}

fn one_or_many(mut values: Vec<Value>) -> Value {
    if values.len() == 1 {
        values.remove(0)
    } else {
        Value::Array(values)
    }
}
