//! What a shapes file asks for and cannot get: links to shapes that no loaded file defines, and constructs outside SHACL Core and SPARQL.
//!
//! Published files have such links (DCAT-AP 3.0.1's `ranges.ttl` refers to property shapes that another file defines, and some that none
//! does). Each is left out and named; nothing is passed over in silence.

use std::collections::BTreeSet;

use fyr_model::Position;
use serde::{Deserialize, Serialize};

use super::data::name;
use super::path::{items, objects};
use super::terms as sh;
use crate::triples::{Graph, Id, Row};

/// Why something in a shapes file was left out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Why {
    /// The shape that it links to is in none of the loaded files.
    Dangling,
    /// Not part of SHACL Core or SHACL-SPARQL: SHACL Advanced Features, JavaScript.
    NotSupported,
    /// A file on the web, which is never fetched.
    NotFetched,
    /// A custom component without a validator in SPARQL for this kind of shape.
    NoValidator,
}

/// Something in a shapes file that was left out.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct LeftOut {
    /// The shape that says it.
    pub shape: String,
    /// Under which property.
    pub property: String,
    /// What it says.
    pub target: String,
    /// Why it was left out.
    pub why: Why,
    /// The file that says it.
    #[serde(default)]
    pub file: String,
    /// Where in the file what it says is first named.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub position: Option<Position>,
}

impl LeftOut {
    fn key(&self) -> (&str, &str, &str, Why) {
        (&self.shape, &self.property, &self.target, self.why)
    }
}

/// Rows that an engine must not see, and what they are.
#[derive(Default)]
pub(super) struct Loose {
    pub(super) rows: BTreeSet<Row>,
    pub(super) left_out: Vec<LeftOut>,
}

/// Finds what must be left out.
pub(super) fn find(graph: &Graph) -> Loose {
    let mut loose = Loose::default();
    let described = |id: Id| graph.of(id).next().is_some();
    let has_path = |id: Id| !objects(graph, id, sh::PATH).is_empty();
    let whole = |head: Id| items(graph, head).is_some_and(|members| members.into_iter().all(described));
    let links: [(&str, &dyn Fn(Id) -> bool); 7] = [
        (sh::PROPERTY, &has_path),
        (sh::NODE, &described),
        (sh::NOT, &described),
        (sh::QUALIFIED_VALUE_SHAPE, &described),
        (sh::AND, &whole),
        (sh::OR, &whole),
        (sh::XONE, &whole),
    ];
    for (property, holds) in links {
        loose.take(graph, property, Why::Dangling, |id| !holds(id));
    }
    for property in [sh::TARGET, sh::RULE, sh::JS, sh::EXPRESSION] {
        loose.take(graph, property, Why::NotSupported, |_| true);
    }
    loose.take(graph, sh::OWL_IMPORTS, Why::NotFetched, |id| !described(id));
    loose.left_out.sort_unstable_by(|a, b| a.key().cmp(&b.key()));
    loose.left_out.dedup();
    loose
}

impl Loose {
    fn take(&mut self, graph: &Graph, property: &str, why: Why, loose: impl Fn(Id) -> bool) {
        let Some(id) = graph.iri_id(property) else { return };
        for row @ [s, p, o] in graph.rows() {
            if p == id && loose(o) {
                self.rows.insert(row);
                let missing = match items(graph, o) {
                    Some(members) if !members.is_empty() => members.into_iter().filter(|id| graph.of(*id).next().is_none()).collect(),
                    _ => vec![o],
                };
                self.left_out.extend(missing.into_iter().map(|target| LeftOut {
                    shape: name(graph.term(s)),
                    property: property.to_owned(),
                    target: name(graph.term(target)),
                    why,
                    file: String::new(),
                    position: None,
                }));
            }
        }
    }
}
