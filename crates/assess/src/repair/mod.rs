//! Repairs: what a catalogue may be corrected to without asking anybody.
//!
//! In: the statements of a graph, and what has been refused before. Out: edits, each with the rule that makes it certain. A decision rests on a
//! rule of the profile and a code list alone (`dcat-ap-se/3.0.1/repairs.toml`); whatever could mean two things is left to the publisher.
//! Works on statements and not on the typed view, so that properties which nobody here knows are kept. It does not know how a graph is read
//! or written, and it cannot see what a check says of the result: the caller checks, and hands back what came out worse ([`objections`]).

mod facts;
mod identity;
mod table;
mod tags;
mod values;

use std::collections::{BTreeSet, HashSet};

use fyr_model::Finding;
use fyr_model::catalogue::Value;
use fyr_model::change::{Change, Statement, Term};

use facts::{Facts, One, RDF_TYPE};
use identity::Renames;
use table::TABLE;

pub use table::reason;

/// A statement that becomes another one; `to` is none when it only goes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Edit {
    /// What was said.
    pub from: Statement,
    /// What is said instead.
    pub to: Option<Statement>,
    /// The rule that says so.
    pub rule: &'static str,
    /// What stands and falls together: edits with one key are made all or none.
    pub key: String,
}

/// Steps that one statement can take: a new property, then a new value, then a new name.
const STEPS_MAX: usize = 4;

/// Every edit that is certain, in a fixed order, each to the graph that the former left. What `refused` names is left alone.
///
/// Planning the result again gives nothing.
pub fn plan(statements: &[Statement<&str>], refused: &BTreeSet<String>) -> Vec<Edit> {
    let facts = Facts::of(statements);
    let renames = Renames::of(&facts);
    let mut present: HashSet<Statement> = HashSet::new();
    let mut edits = Vec::new();
    for one in &facts.all {
        let mut now = one.owned();
        for _ in 0..STEPS_MAX {
            let Some(edit) = step(&facts, &renames, &now, refused) else {
                break;
            };
            let merged = edit.to.as_ref().is_none_or(|to| stands(&facts, to) || !present.insert(to.clone()));
            present.remove(&edit.from);
            let to = edit.to.clone().filter(|_| !merged);
            edits.push(Edit { to: to.clone(), ..edit });
            match to {
                Some(to) => now = to,
                None => break,
            }
        }
    }
    edits
}

/// Whether the graph says so already.
fn stands(facts: &Facts<'_>, wanted: &Statement) -> bool {
    facts
        .of_property(&wanted.subject, &wanted.property)
        .iter()
        .any(|one| one.object.owned() == wanted.object)
}

/// The next step of one statement that has not been refused.
fn step(facts: &Facts<'_>, renames: &Renames, now: &Statement, refused: &BTreeSet<String>) -> Option<Edit> {
    let one = borrowed(now);
    let allowed = |edit: &Edit| !refused.contains(&edit.key);
    replaced(facts, &one)
        .filter(allowed)
        .or_else(|| value(facts, &one).filter(allowed))
        .or_else(|| tags::tag(facts, &one).filter(allowed))
        .or_else(|| emptied(facts, &one).filter(allowed))
        .or_else(|| renames.step(&one).filter(allowed))
}

fn borrowed(statement: &Statement) -> One<'_> {
    Statement {
        subject: &statement.subject,
        property: &statement.property,
        object: match &statement.object {
            Term::Iri { value } => Term::Iri { value },
            Term::Literal { value, language, datatype } => Term::Literal {
                value,
                language: language.as_deref(),
                datatype: datatype.as_deref(),
            },
        },
    }
}

fn edit(one: &One<'_>, to: Option<Statement>, rule: &'static str) -> Edit {
    Edit {
        from: one.owned(),
        to,
        rule,
        key: format!("{rule} {} {} {}", one.subject, one.property, one.object.text()),
    }
}

fn with_value(one: &One<'_>, (object, rule): (Term, &'static str)) -> Edit {
    let to = Statement { object, ..one.owned() };
    edit(one, Some(to), rule)
}

/// A property that has been replaced, on the classes for which it has.
fn replaced(facts: &Facts<'_>, one: &One<'_>) -> Option<Edit> {
    let row = TABLE.property.iter().find(|row| row.old == one.property)?;
    if !row.on.iter().any(|class| facts.is_a(one.subject, class)) {
        return None;
    }
    let beside = facts.of_property(one.subject, &row.new);
    let same = beside.iter().any(|other| other.object == one.object);
    let alone = beside.is_empty() && facts.of_property(one.subject, one.property).len() == 1;
    if row.single && !same && !alone {
        return None;
    }
    let to = Statement {
        property: row.new.clone(),
        ..one.owned()
    };
    Some(edit(one, Some(to), "deprecated-property"))
}

/// The value of a property written as the profile wants it.
fn value(facts: &Facts<'_>, one: &One<'_>) -> Option<Edit> {
    const LICENCE: &str = "http://purl.org/dc/terms/license";
    const FORMAT: &str = "http://purl.org/dc/terms/format";
    const BYTE_SIZE: &str = "http://www.w3.org/ns/dcat#byteSize";
    const CATALOG: &str = "http://www.w3.org/ns/dcat#Catalog";
    if one.property == RDF_TYPE {
        return None;
    }
    let object = &one.object;
    let of_list = || {
        let mut lists = TABLE.list.iter().filter(|list| list.property == one.property);
        lists.find_map(|list| values::listed(list, object))
    };
    let whole = || {
        let mut rows = TABLE.value.iter().filter(|row| row.property == one.property);
        let row = rows.find(|row| row.seen.contains(object.text()))?;
        Some((Term::of_iri(row.becomes.as_str()), "value-not-in-list"))
    };
    let own = match one.property {
        LICENCE => values::licence(object, facts.is_a(one.subject, CATALOG)),
        FORMAT => values::format(object),
        BYTE_SIZE => values::byte_size(object),
        facts::LANGUAGE => values::language(object),
        property if TABLE.dates.contains(property) => values::date(object),
        _ => None,
    };
    let address = || TABLE.addresses.contains(one.property).then(|| values::address(object))?;
    own.or_else(of_list)
        .or_else(whole)
        .or_else(address)
        .map(|found| with_value(one, found))
}

/// An empty value beside a real one of the same property.
fn emptied(facts: &Facts<'_>, one: &One<'_>) -> Option<Edit> {
    let known = |property: &str| TABLE.addresses.contains(property) || TABLE.texts.contains(property);
    let empty = |object: &Term<&str>| object.iri().is_none() && object.text().trim().is_empty();
    if !known(one.property) || !empty(&one.object) {
        return None;
    }
    let real = facts
        .of_property(one.subject, one.property)
        .iter()
        .any(|other| !empty(&other.object));
    real.then(|| edit(one, None, "empty-value"))
}

/// The EU file-type IRI of a format that is one for certain and not written so.
pub(crate) fn file_type_of(value: &Value) -> Option<String> {
    let term = match value {
        Value::Iri(value) => Term::Iri { value: value.as_str() },
        Value::Literal(value) => Term::Literal {
            value: value.as_str(),
            language: None,
            datatype: None,
        },
    };
    values::format(&term).map(|(term, _)| term.text().to_owned())
}

/// Edits as changes: one where subject and property stay, else one that takes away and one that adds.
pub fn changes(edits: &[Edit]) -> Vec<Change> {
    let mut changes = Vec::new();
    for Edit { from, to, rule, .. } in edits {
        let change = |one: &Statement, before: Option<&Term>, after: Option<&Term>| Change {
            subject: one.subject.clone(),
            property: one.property.clone(),
            before: before.cloned(),
            after: after.cloned(),
            rule: (*rule).to_owned(),
        };
        match to {
            Some(to) if to.subject == from.subject && to.property == from.property => {
                changes.push(change(from, Some(&from.object), Some(&to.object)));
            }
            Some(to) => {
                changes.push(change(from, Some(&from.object), None));
                changes.push(change(to, None, Some(&to.object)));
            }
            None => changes.push(change(from, Some(&from.object), None)),
        }
    }
    changes
}

/// The keys of edits that must be left undone, because a check of the result says something new.
///
/// Those on the finding's focus and property; when there are none, those on its focus, then those on its property, then all.
pub fn objections(edits: &[Edit], new: &[&Finding]) -> BTreeSet<String> {
    let mut keys = BTreeSet::new();
    for finding in new {
        let about = |edit: &Edit, focus: bool, path: bool| {
            [Some(&edit.from), edit.to.as_ref()].into_iter().flatten().any(|one| {
                let named = one.subject == finding.focus || one.object.iri() == Some(finding.focus.as_str());
                (!focus || named) && (!path || one.property == finding.path)
            })
        };
        let levels = [(true, true), (true, false), (false, true), (false, false)];
        let of_level = |(focus, path): (bool, bool)| -> BTreeSet<String> {
            let found = edits.iter().filter(|edit| about(edit, focus, path));
            found.map(|edit| edit.key.clone()).collect()
        };
        let nearest = levels.into_iter().map(of_level).find(|found| !found.is_empty());
        keys.extend(nearest.into_iter().flatten());
    }
    keys
}

#[cfg(test)]
mod tests;
