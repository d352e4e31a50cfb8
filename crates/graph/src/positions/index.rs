//! What is looked for, and where it was seen: a slot for each subject, property and value that was asked for, and nothing for the rest.

use std::collections::{BTreeMap, HashMap};

use super::Wanted;

/// The number of a subject that was asked for.
pub(super) type Subject = usize;

/// The number of a property of a subject.
pub(super) type Property = usize;

/// Slots by subject and property.
#[derive(Default)]
pub(super) struct Index {
    numbers: HashMap<String, Subject>,
    subjects: Vec<Subjected>,
    properties: Vec<Slot>,
}

#[derive(Default)]
struct Subjected {
    /// Where it is first said something about.
    described: Option<usize>,
    /// Where it is first given nothing but a type.
    typed: Option<usize>,
    /// Where it first stands as a value of something else.
    mentioned: Option<usize>,
    properties: BTreeMap<String, Property>,
}

#[derive(Default)]
struct Slot {
    first: Option<usize>,
    objects: u64,
    values: Vec<(String, Seen)>,
}

#[derive(Default, Clone, Copy)]
struct Seen {
    value: Once,
    kind: Once,
}

/// A place, as long as there is one.
#[derive(Default, Clone, Copy)]
enum Once {
    #[default]
    Never,
    At(usize),
    Again,
}

impl Once {
    fn see(&mut self, at: usize) {
        *self = match self {
            Self::Never => Self::At(at),
            _ => Self::Again,
        };
    }

    fn certain(self) -> Option<usize> {
        match self {
            Self::At(at) => Some(at),
            _ => None,
        }
    }
}

/// An object as the text has it.
#[derive(Default)]
pub(super) struct Object<'a> {
    /// The IRI, or the text of a literal; none for a node without IRI.
    pub(super) text: Option<&'a str>,
    /// The language tag.
    pub(super) tag: Option<&'a str>,
    /// The datatype's IRI.
    pub(super) datatype: Option<&'a str>,
}

impl Index {
    /// Slots for what is wanted.
    pub(super) fn of(wanted: &[Wanted]) -> Self {
        let mut index = Self::default();
        for one in wanted.iter().filter(|one| !one.focus.is_empty()) {
            let number = match index.numbers.get(&one.focus) {
                Some(number) => *number,
                None => {
                    index.subjects.push(Subjected::default());
                    index.numbers.insert(one.focus.clone(), index.subjects.len() - 1);
                    index.subjects.len() - 1
                }
            };
            index.slot(number, one);
        }
        index
    }

    fn slot(&mut self, subject: Subject, one: &Wanted) {
        if one.path.is_empty() {
            return;
        }
        let next = self.properties.len();
        let Some(known) = self.subjects.get_mut(subject) else { return };
        let place = *known.properties.entry(one.path.clone()).or_insert(next);
        if place == next {
            self.properties.push(Slot::default());
        }
        if let (Some(value), Some(slot)) = (&one.value, self.properties.get_mut(place))
            && !slot.values.iter().any(|(known, _)| known == value)
        {
            slot.values.push((value.clone(), Seen::default()));
        }
    }

    /// Whether nothing is asked for.
    pub(super) fn is_empty(&self) -> bool {
        self.numbers.is_empty()
    }

    /// The number of a subject, when it was asked for.
    pub(super) fn subject(&self, iri: &str) -> Option<Subject> {
        self.numbers.get(iri).copied()
    }

    /// Something is said about a subject that is named at `at`.
    pub(super) fn describe(&mut self, subject: Subject, at: usize) {
        if let Some(known) = self.subjects.get_mut(subject) {
            known.described.get_or_insert(at);
        }
    }

    /// A subject is given a type at `at`, and perhaps nothing more.
    pub(super) fn typed(&mut self, subject: Subject, at: usize) {
        if let Some(known) = self.subjects.get_mut(subject) {
            known.typed.get_or_insert(at);
        }
    }

    /// An IRI stands as a value.
    pub(super) fn mention(&mut self, iri: &str, at: usize) {
        if let Some(number) = self.subject(iri)
            && let Some(known) = self.subjects.get_mut(number)
        {
            known.mentioned.get_or_insert(at);
        }
    }

    /// A property of a subject stands at `at`; its number, when it was asked for.
    pub(super) fn property(&mut self, subject: Subject, iri: &str, at: usize) -> Option<Property> {
        let number = *self.subjects.get(subject)?.properties.get(iri)?;
        if let Some(slot) = self.properties.get_mut(number) {
            slot.first.get_or_insert(at);
        }
        Some(number)
    }

    /// Whether values of a property were asked for, so that their text is worth keeping.
    pub(super) fn has_values(&self, property: Property) -> bool {
        self.properties.get(property).is_some_and(|slot| !slot.values.is_empty())
    }

    /// A property has a value, which stands at `at`.
    pub(super) fn object(&mut self, property: Property, object: &Object<'_>, at: usize) {
        let Some(slot) = self.properties.get_mut(property) else { return };
        slot.objects += 1;
        for (wanted, seen) in &mut slot.values {
            if object.text.is_some_and(|text| shows(wanted, text)) {
                seen.value.see(at);
            }
            let kind = object.tag.is_some_and(|tag| tag.eq_ignore_ascii_case(wanted)) || object.datatype == Some(wanted.as_str());
            if kind {
                seen.kind.see(at);
            }
        }
    }

    /// The place of what was asked for: of the triple when one triple fits, else of the subject.
    pub(super) fn place(&self, one: &Wanted) -> Option<usize> {
        let known = self.subjects.get(self.subject(&one.focus)?)?;
        let subject = known.described.or(known.typed).or(known.mentioned);
        let Some(slot) = known.properties.get(&one.path).and_then(|number| self.properties.get(*number)) else {
            return subject;
        };
        let triple = match &one.value {
            None => slot.first,
            Some(value) => {
                let seen = slot
                    .values
                    .iter()
                    .find(|(known, _)| known == value)
                    .map(|(_, seen)| *seen)
                    .unwrap_or_default();
                let only = slot.first.filter(|_| slot.objects <= 1);
                match seen.value {
                    Once::Never => seen.kind.certain().or(only),
                    value => value.certain(),
                }
            }
        };
        triple.or(subject)
    }
}

/// Whether a finding's value, which may be cut and has no control characters, shows this text.
fn shows(wanted: &str, text: &str) -> bool {
    /// The cuts of our reports, in characters.
    const CUT_MIN: usize = 160;
    let mut plain = text.chars().filter(|letter| !letter.is_control());
    let cut = wanted.strip_suffix('…').unwrap_or(wanted);
    if wanted == text {
        return true;
    }
    let begins = cut
        .chars()
        .filter(|letter| !letter.is_control())
        .all(|letter| plain.next() == Some(letter));
    begins && (plain.next().is_none() || cut.chars().count() >= CUT_MIN)
}

#[cfg(test)]
mod tests {
    use super::shows;

    #[test]
    fn a_cut_value_shows_its_text_and_a_beginning_does_not() {
        let long = "x".repeat(300);
        assert!(shows(&format!("{}…", "x".repeat(160)), &long));
        assert!(shows(&"x".repeat(200), &long));
        assert!(shows("ab", "a\nb"));
        assert!(!shows("a", "ab"));
        assert!(!shows("abc", "ab"));
    }
}
