//! Our canonical form against the library's RDFC-1.0, on graphs drawn at random.

use oxrdf::dataset::{CanonicalizationAlgorithm, CanonicalizationHashAlgorithm};
use oxrdf::{BlankNode, Dataset, GraphName, NamedNode, Triple};
use proptest::prelude::*;

use crate::canon::{Budget, canonical_lines, skolem_names};
use crate::triples::Builder;

fn triple(s: usize, p: usize, o: usize) -> Triple {
    let blank = |n: usize| BlankNode::new_unchecked(format!("x{n}"));
    let property = NamedNode::new_unchecked(format!("http://e.example/p{p}"));
    // Every third node is named.
    match (s % 3, o % 3) {
        (0, 0) => Triple::new(
            NamedNode::new_unchecked(format!("http://e.example/{s}")),
            property,
            NamedNode::new_unchecked(format!("http://e.example/{o}")),
        ),
        (0, _) => Triple::new(NamedNode::new_unchecked(format!("http://e.example/{s}")), property, blank(o)),
        (_, 0) => Triple::new(blank(s), property, NamedNode::new_unchecked(format!("http://e.example/{o}"))),
        _ => Triple::new(blank(s), property, blank(o)),
    }
}

/// The names that a graph's blank nodes get, sorted.
fn named(triples: Vec<Triple>) -> Vec<String> {
    let mut builder = Builder::default();
    triples.into_iter().for_each(|triple| builder.add(triple));
    let graph = builder.finish();
    let names = skolem_names(&graph, "urn:x:", &mut Budget::new("test")).unwrap();
    let mut all: Vec<String> = names.into_values().collect();
    all.sort();
    all
}

#[test]
fn look_alikes_are_told_apart_by_what_surrounds_them() {
    // 1 and 2 say the same, but what 2 points to is pointed to by 4 as well.
    let edges = [(2, 0, 5), (4, 1, 5), (1, 0, 7)];
    let one: Vec<Triple> = edges.iter().map(|(s, p, o)| triple(*s, *p, *o)).collect();
    for turn in 0..3 {
        let mut other = one.clone();
        other.rotate_left(turn);
        assert_eq!(named(one.clone()), named(other));
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, ..ProptestConfig::default() })]

    #[test]
    fn ours_is_rdfc_1_0(edges in proptest::collection::vec((0usize..9, 0usize..2, 0usize..9), 0..14)) {
        let triples: Vec<Triple> = edges.into_iter().map(|(s, p, o)| triple(s, p, o)).collect();
        let mut builder = Builder::default();
        let mut dataset = Dataset::new();
        for triple in &triples {
            builder.add(triple.clone());
            dataset.insert(&triple.clone().in_graph(GraphName::DefaultGraph));
        }
        let graph = builder.finish();
        let rows: Vec<_> = graph.rows().collect();
        let ours = canonical_lines(&graph, &rows, None, &mut Budget::new("test")).unwrap().concat();
        dataset.canonicalize(CanonicalizationAlgorithm::Rdfc10 { hash_algorithm: CanonicalizationHashAlgorithm::Sha256 });
        let mut theirs: Vec<String> = dataset.iter().map(|quad| format!("{quad} .\n")).collect();
        theirs.sort_unstable();
        prop_assert_eq!(ours, theirs.concat());
    }

    #[test]
    fn names_do_not_depend_on_labels_or_order(edges in proptest::collection::vec((0usize..9, 0usize..2, 0usize..9), 0..14), turn in 0usize..14, shift in 0usize..7) {
        let one: Vec<Triple> = edges.iter().map(|(s, p, o)| triple(*s, *p, *o)).collect();
        let label = |n: usize| if n.is_multiple_of(3) { n } else { (n + 3 * shift) % 27 + if (n + 3 * shift) >= 27 { 27 } else { 0 } };
        let mut other: Vec<Triple> = edges.iter().map(|(s, p, o)| triple(label(*s), *p, label(*o))).collect();
        let turn = turn.min(other.len());
        other.rotate_left(turn);
        prop_assert_eq!(named(one), named(other));
    }
}
