//! What differs between two snapshots, dataset by dataset.

use std::collections::BTreeMap;

use fyr_graph::Entity;
use fyr_model::Sha256;

/// Datasets (and series) by what became of them, each list sorted.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Change {
    /// Only in the new snapshot.
    pub added: Vec<String>,
    /// In both, with different digests.
    pub changed: Vec<String>,
    /// In both, alike.
    pub unchanged: u64,
    /// Only in the old snapshot.
    pub vanished: Vec<String>,
}

/// Whether an entity is one that the brake and the tombstones care for.
pub fn is_dataset(entity: &Entity) -> bool {
    matches!(entity.class.as_str(), "dataset" | "series")
}

/// Compares the datasets of two snapshots by digest; labels of blank nodes, order and syntax never make a difference.
///
/// ```
/// # use fyr_harvest::difference;
/// # use fyr_graph::Entity;
/// # use fyr_model::Sha256;
/// let dataset = |iri: &str, text: &[u8]| Entity { iri: iri.into(), class: "dataset".into(), sha256: Sha256::of(text) };
/// let change = difference(&[dataset("urn:a", b"1"), dataset("urn:b", b"1")], &[dataset("urn:b", b"2"), dataset("urn:c", b"1")]);
/// assert_eq!((change.added, change.changed, change.vanished), (vec!["urn:c".into()], vec!["urn:b".into()], vec!["urn:a".into()]));
/// ```
pub fn difference(old: &[Entity], new: &[Entity]) -> Change {
    let (old, new) = (datasets(old), datasets(new));
    let mut change = Change::default();
    for (iri, sha256) in &new {
        match old.get(iri) {
            None => change.added.push((*iri).to_owned()),
            Some(known) if known != sha256 => change.changed.push((*iri).to_owned()),
            Some(_) => change.unchanged += 1,
        }
    }
    let gone = old.keys().filter(|iri| !new.contains_key(*iri));
    change.vanished = gone.map(|iri| (*iri).to_owned()).collect();
    change
}

/// One digest an IRI, whatever number of classes it has.
fn datasets(entities: &[Entity]) -> BTreeMap<&str, Vec<Sha256>> {
    let mut found: BTreeMap<&str, Vec<Sha256>> = BTreeMap::new();
    for entity in entities.iter().filter(|entity| is_dataset(entity)) {
        found.entry(&entity.iri).or_default().push(entity.sha256);
    }
    found.values_mut().for_each(|digests| digests.sort());
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_datasets_and_series_are_counted_and_order_does_not_matter() {
        let entity = |iri: &str, class: &str, text: &[u8]| Entity {
            iri: iri.into(),
            class: class.into(),
            sha256: Sha256::of(text),
        };
        let old = [
            entity("urn:a", "dataset", b"1"),
            entity("urn:s", "series", b"1"),
            entity("urn:p", "agent", b"1"),
        ];
        let new = [
            entity("urn:s", "series", b"1"),
            entity("urn:a", "dataset", b"1"),
            entity("urn:q", "contact", b"1"),
        ];
        assert_eq!(
            difference(&old, &new),
            Change {
                unchanged: 2,
                ..Change::default()
            }
        );
        assert_eq!(difference(&old, &[]).vanished, ["urn:a", "urn:s"]);
        assert_eq!(difference(&[], &new).added, ["urn:a", "urn:s"]);
    }
}
