//! What a result says, in Swedish and English: the shape's own `sh:message` first, else a text of ours from the shape's parameters.
//!
//! A message in one language only is used for that language; the other gets our text. A message without a language serves both.

use fyr_model::{Lang, Text};
use oxrdf::{Literal, Term};

use super::data::name;
use super::path::{items, objects};
use super::terms as sh;
use crate::refuse::shown;
use crate::triples::{Graph, Id};
use crate::vocab::PREFIXES;

/// Values that are listed; the rest is counted.
const LISTED_MAX: usize = 5;

/// The text of a result.
pub(super) fn of(graph: &Graph, shape: &Term, component: &str, path: Option<&str>) -> Text {
    let id = graph.id(shape);
    let shape = Shape { graph, id };
    let own = shape.ours(component, path);
    let literals = shape.literals(sh::MESSAGE);
    let messages: Vec<(Option<String>, String)> = literals
        .iter()
        .map(|literal| (literal.language().map(str::to_owned), literal.value().to_owned()))
        .collect();
    of_messages(&messages, &own)
}

/// The best of some messages for each language, else `other`.
pub(super) fn of_messages(messages: &[(Option<String>, String)], other: &Text) -> Text {
    let best = |lang: Lang| {
        let tagged = messages
            .iter()
            .find(|(tag, _)| tag.as_deref().and_then(Lang::from_tag) == Some(lang));
        let plain = || messages.iter().find(|(tag, _)| tag.is_none());
        tagged.or_else(plain).map(|(_, text)| cleaned(text)).filter(|text| !text.is_empty())
    };
    Text::new(
        best(Lang::Sv).unwrap_or_else(|| other.sv.clone()),
        best(Lang::En).unwrap_or_else(|| other.en.clone()),
    )
}

/// Somebody else's text on one line, cut short.
fn cleaned(text: &str) -> String {
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    let mut out: String = line.chars().filter(|c| !c.is_control()).take(400).collect();
    if line.chars().nth(400).is_some() {
        out.push('…');
    }
    out
}

/// An IRI with its prefix, when it is one of ours.
pub(super) fn compact(iri: &str) -> String {
    let known = PREFIXES
        .iter()
        .find_map(|(prefix, space)| iri.strip_prefix(space).map(|local| (prefix, local)));
    match known {
        Some((prefix, local)) if !local.is_empty() && !local.contains('/') => format!("{prefix}:{local}"),
        _ => shown(iri),
    }
}

struct Shape<'g> {
    graph: &'g Graph,
    id: Option<Id>,
}

impl Shape<'_> {
    fn values(&self, property: &str) -> Vec<Id> {
        self.id.map(|id| objects(self.graph, id, property)).unwrap_or_default()
    }

    fn literals(&self, property: &str) -> Vec<&Literal> {
        self.values(property).into_iter().filter_map(|id| self.graph.literal(id)).collect()
    }

    /// The parameter's values, short.
    fn said(&self, property: &str) -> String {
        self.listed(self.values(property))
    }

    /// The members of the parameter's list, short.
    fn members(&self, property: &str) -> String {
        let lists = self.values(property).into_iter().filter_map(|head| items(self.graph, head));
        self.listed(lists.flatten().collect())
    }

    fn listed(&self, ids: Vec<Id>) -> String {
        let more = ids.len().saturating_sub(LISTED_MAX);
        let mut words: Vec<String> = ids
            .into_iter()
            .take(LISTED_MAX)
            .map(|id| compact(&name(self.graph.term(id))))
            .collect();
        if more > 0 {
            words.push(format!("… ({more})"));
        }
        words.join(", ")
    }

    fn ours(&self, component: &str, path: Option<&str>) -> Text {
        let Some(kind) = component
            .strip_prefix(sh::SH)
            .and_then(|local| local.strip_suffix("ConstraintComponent"))
        else {
            let component = compact(component);
            return Text::new(
                format!("villkoret {component} är inte uppfyllt"),
                format!("the constraint {component} is not met"),
            );
        };
        let path = path.map(compact);
        let (sv_of, en_of) = match &path {
            Some(path) => (format!("värdet av {path}"), format!("the value of {path}")),
            None => ("noden".to_owned(), "the node".to_owned()),
        };
        let what = path.unwrap_or_default();
        let (sv, en) = self
            .of_count(kind, &what)
            .or_else(|| self.of_value(kind, &sv_of, &en_of))
            .or_else(|| self.of_text(kind, &what, &sv_of, &en_of))
            .or_else(|| self.of_pair(kind, &what))
            .or_else(|| self.of_shape(kind, &what, &sv_of, &en_of))
            .unwrap_or_else(|| {
                (
                    format!("{sv_of} uppfyller inte villkoret"),
                    format!("{en_of} does not meet the constraint"),
                )
            });
        Text::new(sv, en)
    }

    fn of_count(&self, kind: &str, what: &str) -> Option<(String, String)> {
        Some(match kind {
            "MinCount" => match self.said(sh::MIN_COUNT).as_str() {
                "1" | "" => (format!("{what} saknas"), format!("{what} is missing")),
                n => (
                    format!("{what} ska ha minst {n} värden"),
                    format!("{what} needs at least {n} values"),
                ),
            },
            "MaxCount" => match self.said(sh::MAX_COUNT).as_str() {
                "0" => (format!("{what} får inte anges"), format!("{what} must not be given")),
                "1" | "" => (format!("{what} får bara anges en gång"), format!("{what} may be given only once")),
                n => (
                    format!("{what} får ha högst {n} värden"),
                    format!("{what} may have at most {n} values"),
                ),
            },
            "QualifiedMinCount" => {
                let n = self.said(sh::QUALIFIED_MIN_COUNT);
                (
                    format!("för få värden av {what} följer formen: minst {n} behövs"),
                    format!("too few values of {what} follow the shape: at least {n} are needed"),
                )
            }
            "QualifiedMaxCount" => {
                let n = self.said(sh::QUALIFIED_MAX_COUNT);
                (
                    format!("för många värden av {what} följer formen: högst {n} får göra det"),
                    format!("too many values of {what} follow the shape: at most {n} may"),
                )
            }
            _ => return None,
        })
    }

    fn of_value(&self, kind: &str, sv: &str, en: &str) -> Option<(String, String)> {
        let (property, sv_verb, en_verb) = match kind {
            "Class" => (sh::CLASS, "ska vara av klassen", "must be of the class"),
            "Datatype" => (sh::DATATYPE, "ska ha datatypen", "must have the datatype"),
            "NodeKind" => return Some(self.of_node_kind(sv, en)),
            "MinExclusive" => (
                concat!("http://www.w3.org/ns/shacl#", "minExclusive"),
                "ska vara större än",
                "must be greater than",
            ),
            "MinInclusive" => (
                concat!("http://www.w3.org/ns/shacl#", "minInclusive"),
                "ska vara minst",
                "must be at least",
            ),
            "MaxExclusive" => (
                concat!("http://www.w3.org/ns/shacl#", "maxExclusive"),
                "ska vara mindre än",
                "must be less than",
            ),
            "MaxInclusive" => (
                concat!("http://www.w3.org/ns/shacl#", "maxInclusive"),
                "ska vara högst",
                "must be at most",
            ),
            "HasValue" => (
                concat!("http://www.w3.org/ns/shacl#", "hasValue"),
                "ska vara eller innehålla",
                "must be or hold",
            ),
            "In" => {
                let list = self.members(sh::IN);
                return Some((format!("{sv} ska vara ett av: {list}"), format!("{en} must be one of: {list}")));
            }
            _ => return None,
        };
        let said = self.said(property);
        Some((format!("{sv} {sv_verb} {said}"), format!("{en} {en_verb} {said}")))
    }

    fn of_node_kind(&self, sv: &str, en: &str) -> (String, String) {
        let kind = self.said(sh::NODE_KIND);
        let (sv_kind, en_kind) = match kind.rsplit(['#', ':']).next().unwrap_or_default() {
            "IRI" => ("en IRI", "an IRI"),
            "Literal" => ("ett textvärde", "a literal"),
            "BlankNode" => ("en blank nod", "a blank node"),
            "BlankNodeOrIRI" => (
                "en IRI eller en beskriven nod, inte ett textvärde",
                "an IRI or a described node, not a literal",
            ),
            "BlankNodeOrLiteral" => ("ett textvärde eller en blank nod", "a literal or a blank node"),
            _ => ("en IRI eller ett textvärde", "an IRI or a literal"),
        };
        (format!("{sv} ska vara {sv_kind}"), format!("{en} must be {en_kind}"))
    }

    fn of_text(&self, kind: &str, what: &str, sv: &str, en: &str) -> Option<(String, String)> {
        Some(match kind {
            "MinLength" => {
                let n = self.said(sh::MIN_LENGTH);
                (
                    format!("{sv} ska ha minst {n} tecken"),
                    format!("{en} must have at least {n} characters"),
                )
            }
            "MaxLength" => {
                let n = self.said(sh::MAX_LENGTH);
                (
                    format!("{sv} får ha högst {n} tecken"),
                    format!("{en} may have at most {n} characters"),
                )
            }
            "Pattern" => {
                let pattern = self.said(sh::PATTERN);
                (
                    format!("{sv} följer inte mönstret {pattern}"),
                    format!("{en} does not follow the pattern {pattern}"),
                )
            }
            "LanguageIn" => {
                let list = self.members(sh::LANGUAGE_IN);
                (
                    format!("{sv} ska ha ett av språken: {list}"),
                    format!("{en} must have one of the languages: {list}"),
                )
            }
            "UniqueLang" => (
                format!("{what} har mer än ett värde på samma språk"),
                format!("{what} has more than one value in one language"),
            ),
            _ => return None,
        })
    }

    fn of_pair(&self, kind: &str, what: &str) -> Option<(String, String)> {
        let other = |local: &str| self.said(&format!("{}{local}", sh::SH));
        Some(match kind {
            "Equals" => {
                let other = other("equals");
                (
                    format!("{what} ska ha samma värden som {other}"),
                    format!("{what} must have the same values as {other}"),
                )
            }
            "Disjoint" => {
                let other = other("disjoint");
                (
                    format!("{what} får inte ha ett värde gemensamt med {other}"),
                    format!("{what} must share no value with {other}"),
                )
            }
            "LessThan" => {
                let other = other("lessThan");
                (
                    format!("{what} ska vara mindre än {other}"),
                    format!("{what} must be less than {other}"),
                )
            }
            "LessThanOrEquals" => {
                let other = other("lessThanOrEquals");
                (
                    format!("{what} får inte vara större än {other}"),
                    format!("{what} must not be greater than {other}"),
                )
            }
            _ => return None,
        })
    }

    fn of_shape(&self, kind: &str, what: &str, sv: &str, en: &str) -> Option<(String, String)> {
        Some(match kind {
            "Node" => {
                let shape = self.said(sh::NODE);
                (
                    format!("{sv} följer inte formen {shape}"),
                    format!("{en} does not follow the shape {shape}"),
                )
            }
            "Not" => (
                format!("{sv} följer en form som det inte får följa"),
                format!("{en} follows a shape that it must not"),
            ),
            "And" => (
                format!("{sv} följer inte alla former som det ska"),
                format!("{en} does not follow all the shapes that it must"),
            ),
            "Or" => (format!("{sv} följer ingen av formerna"), format!("{en} follows none of the shapes")),
            "Xone" => (
                format!("{sv} ska följa precis en av formerna"),
                format!("{en} must follow exactly one of the shapes"),
            ),
            "Closed" => (format!("{what} får inte anges här"), format!("{what} must not be given here")),
            "SPARQL" => (
                format!("{sv} bryter mot en regel i SPARQL"),
                format!("{en} breaks a rule in SPARQL"),
            ),
            _ => return None,
        })
    }
}
