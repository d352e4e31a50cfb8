//! Nodes without IRI: a finding names them by a name of ours that no text holds, so the place is that of the one property they hang on.

use std::collections::HashMap;

use super::Wanted;
use crate::view::SKOLEM;

/// How far up a chain of nodes without IRI is followed.
const STEPS_MAX: usize = 8;
/// A value that no text has: the property's own place then holds only when it has a single value.
const NO_VALUE: &str = "\u{0}";

/// Replaces each wanted node without IRI by the IRI and property that it hangs on, when there is exactly one.
pub(super) fn hung(wanted: &mut [Wanted], statements: &[u8]) {
    for _ in 0..STEPS_MAX {
        let mut holders: HashMap<&str, Holder<'_>> = wanted
            .iter()
            .filter(|one| one.focus.starts_with(SKOLEM))
            .map(|one| (one.focus.as_str(), Holder::None))
            .collect();
        if holders.is_empty() {
            return;
        }
        for line in statements.split(|byte| *byte == b'\n') {
            note(line, &mut holders);
        }
        let owned: HashMap<String, Option<(String, String)>> = holders
            .into_iter()
            .map(|(node, holder)| {
                let one = match holder {
                    Holder::One(subject, property) => Some((subject.to_owned(), property.to_owned())),
                    Holder::None | Holder::Many => None,
                };
                (node.to_owned(), one)
            })
            .collect();
        for one in wanted.iter_mut() {
            let Some(holder) = owned.get(&one.focus) else { continue };
            let (focus, path) = holder.clone().unwrap_or_default();
            *one = Wanted {
                focus,
                path,
                value: Some(NO_VALUE.into()),
            };
        }
    }
    for one in wanted.iter_mut().filter(|one| one.focus.starts_with(SKOLEM)) {
        *one = Wanted::default();
    }
}

#[derive(Clone, Copy)]
enum Holder<'s> {
    None,
    One(&'s str, &'s str),
    Many,
}

/// Notes a line `<subject> <property> <object> .` whose object is one of the nodes.
fn note<'s>(line: &'s [u8], holders: &mut HashMap<&str, Holder<'s>>) {
    if !line.ends_with(b"> .") {
        return;
    }
    let Ok(text) = std::str::from_utf8(line) else { return };
    let mut words = text.trim_end_matches(" .").splitn(3, ' ');
    let mut iri = || words.next().and_then(|word| word.strip_prefix('<')?.strip_suffix('>'));
    let (Some(subject), Some(property), Some(object)) = (iri(), iri(), iri()) else {
        return;
    };
    if let Some(holder) = holders.get_mut(object) {
        *holder = match holder {
            Holder::None => Holder::One(subject, property),
            _ => Holder::Many,
        };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_node_hangs_on_one_property_through_others_or_nowhere() {
        let statements = "<https://a.example/> <https://p.example/> <urn:fyr:bnode:s:1> .\n\
            <urn:fyr:bnode:s:1> <https://q.example/> <urn:fyr:bnode:s:2> .\n\
            <https://a.example/> <https://p.example/> <urn:fyr:bnode:s:3> .\n\
            <https://b.example/> <https://p.example/> <urn:fyr:bnode:s:3> .\n\
            <urn:fyr:bnode:s:4> <https://p.example/> <urn:fyr:bnode:s:4> .\n";
        let focus = |name: &str| {
            let mut wanted = [Wanted {
                focus: format!("urn:fyr:bnode:s:{name}"),
                ..Wanted::default()
            }];
            hung(&mut wanted, statements.as_bytes());
            let [one] = wanted;
            (one.focus, one.path)
        };
        let parent = ("https://a.example/".to_owned(), "https://p.example/".to_owned());
        assert_eq!(focus("1"), parent);
        assert_eq!(focus("2"), parent);
        for nowhere in ["3", "4", "5"] {
            assert_eq!(focus(nowhere), Default::default(), "{nowhere}");
        }
    }
}
