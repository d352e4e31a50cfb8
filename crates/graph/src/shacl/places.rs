//! Where in which shapes file something stands, for refusals: files keep their text while they are read.
//!
//! A triple has no place of its own here, so the first place is taken where the file that describes a node writes what is wrong, or the
//! node's own name.

use std::collections::HashMap;

use fyr_model::{Position, Refusal, RefusalKind, Text};
use oxrdf::Term;

use crate::refuse::{find, position, shown};

/// The files and what each describes.
pub(super) struct Places<'a> {
    pub(super) files: Vec<(&'a str, Vec<u8>)>,
    pub(super) described: HashMap<Term, usize>,
}

impl Places<'_> {
    fn file(&self, about: &Term) -> Option<&(&str, Vec<u8>)> {
        let at = self.described.get(about).copied().unwrap_or(0);
        self.files.get(at)
    }

    fn place(&self, about: &Term, seen: &[&str]) -> Option<Position> {
        let (_, text) = self.file(about)?;
        let own = match about {
            Term::NamedNode(node) => node.as_str(),
            _ => "",
        };
        let local = own.rsplit(['#', '/', ':']).next().unwrap_or_default();
        let subject = [format!("<{own}>"), format!(":{local}\n"), format!(":{local} "), local.to_owned()];
        let subject = subject.iter().filter(|word| word.len() > 2);
        let from = subject.into_iter().find_map(|word| find(text, word.as_bytes(), 0));
        // What is wrong, after the node that it is said of, or anywhere when that is not found.
        let wrong = seen.iter().filter(|word| !word.is_empty());
        let at = wrong
            .map(|word| word.as_bytes())
            .find_map(|word| find(text, word, from.unwrap_or(0)).or_else(|| find(text, word, 0)));
        at.or(from).map(|at| position(text, at))
    }

    fn refuse(&self, id: &str, about: &Term, at: Option<Position>, sv: &str, en: &str) -> Refusal {
        let file = self.file(about).map_or("", |(name, _)| *name);
        let shape = match about {
            Term::NamedNode(node) => shown(node.as_str()),
            _ => String::new(),
        };
        let (sv_of, en_of) = if shape.is_empty() {
            (String::new(), String::new())
        } else {
            (format!("i formen {shape}: "), format!("in the shape {shape}: "))
        };
        let refusal = Refusal::new(
            id,
            RefusalKind::Configuration,
            file,
            Text::new(format!("{sv_of}{sv}"), format!("{en_of}{en}")),
        )
        .hint(Text::new("rätta filen med former", "mend the shapes file"));
        match at {
            Some(at) => refusal.at(at),
            None => refusal,
        }
    }

    /// A shape that is not well-formed.
    pub(super) fn invalid(&self, about: &Term, seen: &[&str], sv: &str, en: &str) -> Refusal {
        self.refuse("shapes-invalid", about, self.place(about, seen), sv, en)
    }

    /// A shape that refers to itself.
    pub(super) fn recursive(&self, about: &Term, sv: &str, en: &str) -> Refusal {
        self.refuse("shapes-recursive", about, self.place(about, &[]), sv, en)
    }

    /// A query that is not used; `inner` is the place in its text.
    pub(super) fn query(&self, id: &str, about: &Term, query: &str, inner: u64, what: &Text) -> Refusal {
        let line = query.lines().map(str::trim).find(|line| !line.is_empty()).unwrap_or_default();
        let whole = self
            .file(about)
            .and_then(|(_, text)| find(text, query.as_bytes(), 0).map(|at| position(text, at + inner as usize)));
        let at = whole.or_else(|| self.place(about, &[line]));
        self.refuse(id, about, at, &what.sv, &what.en)
    }
}
