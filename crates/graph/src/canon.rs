//! Canonical form: RDFC-1.0 with SHA-256 under a budget (H17), bounded descriptions, and names for blank nodes.
//!
//! The algorithm is the W3C Recommendation "RDF Dataset Canonicalization" (21 May 2024), sections 4.4 to 4.8, for one default graph. It is
//! written out here because it is exponential on hostile graphs and the library's own cannot be stopped; a test holds that both agree.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::time::{Duration, Instant};

use fyr_model::{Refusal, Sha256};

use crate::refuse::unreadable;
use crate::triples::{Graph, Id, Row};

/// Calls of the exponential step allowed for one description.
const STEPS_MAX: u64 = 200_000;
/// Blank nodes allowed in one description.
const NODES_MAX: usize = 10_000;
/// Triples read over and over in long chains of blank nodes; descriptions of up to [`SMALL`] triples are not counted.
const REREAD_MAX: usize = 4_000_000;
const SMALL: usize = 256;
/// Time allowed for the exponential step over a whole document.
const TIME_MAX: Duration = Duration::from_secs(5);

/// What may still be spent on one document.
pub(crate) struct Budget<'a> {
    subject: &'a str,
    steps: u64,
    reread: usize,
    spent: Duration,
}

impl<'a> Budget<'a> {
    /// A whole budget; `subject` names the document in the refusal.
    pub(crate) fn new(subject: &'a str) -> Self {
        Self {
            subject,
            steps: 0,
            reread: 0,
            spent: Duration::ZERO,
        }
    }

    fn refuse(&self) -> Refusal {
        unreadable(
            "canonical-budget",
            self.subject,
            format!(
                "blanka noder som inte går att skilja åt: mer än {STEPS_MAX} steg eller {} sekunder",
                TIME_MAX.as_secs()
            ),
            format!(
                "blank nodes that cannot be told apart: more than {STEPS_MAX} steps or {} seconds",
                TIME_MAX.as_secs()
            ),
        )
    }

    fn read(&mut self, triples: usize) -> Result<(), Refusal> {
        if triples > SMALL {
            self.reread += triples;
        }
        if self.reread > REREAD_MAX { Err(self.refuse()) } else { Ok(()) }
    }

    fn step(&mut self) -> Result<(), Refusal> {
        self.steps += 1;
        if self.steps > STEPS_MAX { Err(self.refuse()) } else { Ok(()) }
    }
}

/// The subject's own triples and those of every blank node that can be reached from it, and of the named nodes `along` leads to.
pub(crate) fn description(graph: &Graph, root: Id, along: &[Id]) -> Vec<Row> {
    let mut seen = BTreeSet::from([root]);
    let mut waiting = vec![root];
    let mut rows = Vec::new();
    while let Some(node) = waiting.pop() {
        for row @ [s, p, o] in graph.of(node) {
            rows.push(row);
            let follow = graph.is_blank(o) || (s == root && along.contains(&p) && graph.iri(o).is_some());
            if follow && seen.insert(o) {
                waiting.push(o);
            }
        }
    }
    rows.sort_unstable();
    rows.dedup();
    rows
}

/// The digest of the canonical N-Quads of `rows`.
pub(crate) fn digest(graph: &Graph, rows: &[Row], budget: &mut Budget<'_>) -> Result<Sha256, Refusal> {
    let lines = canonical_lines(graph, rows, None, budget)?;
    Ok(Sha256::of(lines.concat().as_bytes()))
}

/// The canonical N-Quads lines of `rows`, sorted, each with its line break. A marked node gets one line more, which tells it from the rest.
pub(crate) fn canonical_lines(graph: &Graph, rows: &[Row], marked: Option<Id>, budget: &mut Budget<'_>) -> Result<Vec<String>, Refusal> {
    let quads: Vec<Quad> = rows
        .iter()
        .map(|row| Quad::new(graph, *row))
        .chain(marked.map(Quad::mark))
        .collect();
    let labels = canonical_labels(&quads, budget)?;
    let mut lines: Vec<String> = quads
        .iter()
        .map(|quad| {
            quad.line(|node| {
                let number = labels.get(&node).copied().unwrap_or_default();
                format!("_:c14n{number}")
            })
        })
        .collect();
    lines.sort_unstable();
    Ok(lines)
}

/// One statement with its terms written out, blank nodes apart.
struct Quad {
    subject: Part,
    predicate: String,
    object: Part,
}

enum Part {
    Blank(Id),
    Text(String),
}

impl Part {
    fn new(graph: &Graph, id: Id) -> Self {
        if graph.is_blank(id) {
            Self::Blank(id)
        } else {
            Self::Text(graph.term(id).to_string())
        }
    }
    fn blank(&self) -> Option<Id> {
        match self {
            Self::Blank(id) => Some(*id),
            Self::Text(_) => None,
        }
    }
}

impl Quad {
    fn new(graph: &Graph, [s, p, o]: Row) -> Self {
        Self {
            subject: Part::new(graph, s),
            predicate: graph.term(p).to_string(),
            object: Part::new(graph, o),
        }
    }

    fn mark(node: Id) -> Self {
        Self {
            subject: Part::Blank(node),
            predicate: "<urn:fyr:marked>".into(),
            object: Part::Text("\"\"".into()),
        }
    }

    fn line(&self, label: impl Fn(Id) -> String) -> String {
        let text = |part: &Part| match part {
            Part::Blank(id) => label(*id),
            Part::Text(text) => text.clone(),
        };
        format!("{} {} {} .\n", text(&self.subject), self.predicate, text(&self.object))
    }
}

/// Names given in order, as RDFC-1.0 section 4.5 describes.
#[derive(Clone, Default)]
struct Issuer {
    issued: HashMap<Id, usize>,
    order: Vec<Id>,
}

impl Issuer {
    fn issue(&mut self, node: Id) -> usize {
        let next = self.order.len();
        let order = &mut self.order;
        *self.issued.entry(node).or_insert_with(|| {
            order.push(node);
            next
        })
    }
    fn get(&self, node: Id) -> Option<usize> {
        self.issued.get(&node).copied()
    }
}

struct Canon<'q, 'b, 'a> {
    quads: &'q [Quad],
    mentions: HashMap<Id, Vec<usize>>,
    first: HashMap<Id, String>,
    canonical: Issuer,
    budget: &'b mut Budget<'a>,
    deadline: Instant,
}

fn hash(text: &str) -> String {
    Sha256::of(text.as_bytes()).to_string()
}

/// The number of each blank node in the canonical order (RDFC-1.0 section 4.4).
fn canonical_labels(quads: &[Quad], budget: &mut Budget<'_>) -> Result<HashMap<Id, usize>, Refusal> {
    let mut mentions: HashMap<Id, Vec<usize>> = HashMap::new();
    for (at, quad) in quads.iter().enumerate() {
        let (s, o) = (quad.subject.blank(), quad.object.blank());
        for node in s.into_iter().chain(o.filter(|o| Some(*o) != s)) {
            mentions.entry(node).or_default().push(at);
        }
    }
    if mentions.is_empty() {
        return Ok(HashMap::new());
    }
    if mentions.len() > NODES_MAX {
        return Err(budget.refuse());
    }
    budget.read(quads.len())?;
    // A node alone is the first, whatever is said about it.
    if let (Some(only), 1) = (mentions.keys().next(), mentions.len()) {
        return Ok(HashMap::from([(*only, 0)]));
    }
    budget.steps = 0;
    let started = Instant::now();
    let deadline = started + TIME_MAX.saturating_sub(budget.spent);
    let mut canon = Canon {
        quads,
        mentions,
        first: HashMap::new(),
        canonical: Issuer::default(),
        budget,
        deadline,
    };
    let result = canon.run();
    let issued = canon.canonical.issued;
    if budget.steps > 0 {
        budget.spent += started.elapsed();
    }
    result.map(|()| issued)
}

impl Canon<'_, '_, '_> {
    fn run(&mut self) -> Result<(), Refusal> {
        let mut by_hash: BTreeMap<String, Vec<Id>> = BTreeMap::new();
        let nodes: BTreeSet<Id> = self.mentions.keys().copied().collect();
        for node in nodes {
            let hash = self.first_degree(node);
            by_hash.entry(hash.clone()).or_default().push(node);
            self.first.insert(node, hash);
        }
        for nodes in by_hash.values() {
            if let [only] = nodes.as_slice() {
                self.canonical.issue(*only);
            }
        }
        for nodes in by_hash.values().filter(|nodes| nodes.len() > 1) {
            let mut paths: Vec<(String, Issuer)> = Vec::new();
            for node in nodes {
                if self.canonical.get(*node).is_none() {
                    let mut issuer = Issuer::default();
                    issuer.issue(*node);
                    paths.push(self.n_degree(*node, &issuer)?);
                }
            }
            paths.sort_by(|a, b| a.0.cmp(&b.0));
            for node in paths.into_iter().flat_map(|(_, issuer)| issuer.order) {
                self.canonical.issue(node);
            }
        }
        Ok(())
    }

    /// Section 4.6.
    fn first_degree(&self, node: Id) -> String {
        let mut lines: Vec<String> = self
            .around(node)
            .map(|quad| quad.line(|other| if other == node { "_:a".into() } else { "_:z".into() }))
            .collect();
        lines.sort_unstable();
        hash(&lines.concat())
    }

    fn around(&self, node: Id) -> impl Iterator<Item = &Quad> {
        let places = self.mentions.get(&node).map(Vec::as_slice).unwrap_or_default();
        places.iter().filter_map(|at| self.quads.get(*at))
    }

    /// The name that a node has so far, canonical before temporary.
    fn known(&self, node: Id, issuer: &Issuer) -> Option<String> {
        let canonical = self.canonical.get(node).map(|number| format!("_:c14n{number}"));
        canonical.or_else(|| issuer.get(node).map(|number| format!("_:b{number}")))
    }

    /// Section 4.7.
    fn related(&self, node: Id, predicate: &str, issuer: &Issuer, position: char) -> String {
        let name = self
            .known(node, issuer)
            .unwrap_or_else(|| self.first.get(&node).cloned().unwrap_or_default());
        hash(&format!("{position}{predicate}{name}"))
    }

    /// Section 4.8.
    fn n_degree(&mut self, node: Id, issuer: &Issuer) -> Result<(String, Issuer), Refusal> {
        self.spend()?;
        let mut groups: BTreeMap<String, Vec<Id>> = BTreeMap::new();
        for quad in self.around(node) {
            for (part, position) in [(&quad.subject, 's'), (&quad.object, 'o')] {
                if let Some(other) = part.blank().filter(|other| *other != node) {
                    let key = self.related(other, &quad.predicate, issuer, position);
                    groups.entry(key).or_default().push(other);
                }
            }
        }
        let mut issuer = issuer.clone();
        let mut data = String::new();
        for (key, mut group) in groups {
            data.push_str(&key);
            group.sort_unstable();
            let mut best: Option<(String, Issuer)> = None;
            let mut more = true;
            while more {
                if let Some(found) = self.path(&group, &issuer, best.as_ref().map(|(path, _)| path.as_str()))? {
                    best = Some(found);
                }
                more = next_permutation(&mut group);
            }
            if let Some((path, chosen)) = best {
                data.push_str(&path);
                issuer = chosen;
            }
        }
        Ok((hash(&data), issuer))
    }

    /// One permutation's path, unless it is longer or later than the best so far.
    fn path(&mut self, group: &[Id], issuer: &Issuer, best: Option<&str>) -> Result<Option<(String, Issuer)>, Refusal> {
        self.spend()?;
        let worse = |path: &str| best.is_some_and(|best| path.len() >= best.len() && path > best);
        let mut issuer = issuer.clone();
        let mut path = String::new();
        let mut deeper = Vec::new();
        for node in group {
            if let Some(number) = self.canonical.get(*node) {
                path.push_str(&format!("_:c14n{number}"));
            } else {
                if issuer.get(*node).is_none() {
                    deeper.push(*node);
                }
                path.push_str(&format!("_:b{}", issuer.issue(*node)));
            }
            if worse(&path) {
                return Ok(None);
            }
        }
        for node in deeper {
            let (hash, after) = self.n_degree(node, &issuer)?;
            path.push_str(&format!("_:b{}<{hash}>", issuer.issue(node)));
            issuer = after;
            if worse(&path) {
                return Ok(None);
            }
        }
        let better = best.is_none_or(|best| path.as_str() < best);
        Ok(better.then_some((path, issuer)))
    }

    fn spend(&mut self) -> Result<(), Refusal> {
        self.budget.step()?;
        if Instant::now() > self.deadline {
            return Err(self.budget.refuse());
        }
        Ok(())
    }
}

/// Steps to the next permutation in order; false when this was the last.
fn next_permutation(items: &mut [Id]) -> bool {
    let Some(pivot) = items.windows(2).rposition(|pair| pair.first() < pair.last()) else {
        return false;
    };
    let Some(after) = items.iter().rposition(|item| items.get(pivot).is_some_and(|p| item > p)) else {
        return false;
    };
    items.swap(pivot, after);
    if let Some(tail) = items.get_mut(pivot + 1..) {
        tail.reverse();
    }
    true
}

/// Names for the blank nodes of a graph: from the canonical form of what is said about each, and from where it hangs.
///
/// A node keeps its name while it and its place stay the same, whatever the labels, the order and the syntax. Nodes that say the same in the
/// same place get numbers.
pub(crate) fn skolem_names(graph: &Graph, prefix: &str, budget: &mut Budget<'_>) -> Result<BTreeMap<Id, String>, Refusal> {
    let mut own = BTreeMap::new();
    for node in graph.ids().filter(|id| graph.is_blank(*id)) {
        let rows = description(graph, node, &[]);
        let lines = canonical_lines(graph, &rows, Some(node), budget)?;
        own.insert(node, hash(&lines.concat()));
    }
    let parents: BTreeMap<Id, Option<Row>> = own.keys().map(|node| (*node, only_parent(graph, *node))).collect();
    let mut children: BTreeMap<Id, Vec<Id>> = BTreeMap::new();
    let mut level = Vec::new();
    for (node, parent) in &parents {
        match parent {
            Some([s, _, _]) if graph.is_blank(*s) => children.entry(*s).or_default().push(*node),
            _ => level.push(*node),
        }
    }
    let mut names: BTreeMap<Id, String> = BTreeMap::new();
    let mut whereabouts: Option<BTreeMap<Id, String>> = None;
    loop {
        let mut by_key: BTreeMap<String, Vec<Id>> = BTreeMap::new();
        for node in &level {
            let place = parents.get(node).copied().flatten().map_or_else(String::new, |[s, p, _]| {
                let parent = match names.get(&s) {
                    Some(name) => name.clone(),
                    None if graph.is_blank(s) => String::new(),
                    None => graph.term(s).to_string(),
                };
                format!("{parent} {}", graph.term(p))
            });
            let key = hash(&format!("{}\n{place}", own.get(node).map_or("", String::as_str)));
            by_key.entry(key).or_default().push(*node);
        }
        let mut next = Vec::new();
        for (key, mut twins) in by_key {
            if twins.len() > 1 {
                let seen = match &mut whereabouts {
                    Some(seen) => seen,
                    none => none.insert(surroundings(graph, &own, budget)?),
                };
                // Their numbers must follow from what they are, not from labels: by the node they hang on, then by what surrounds them.
                twins.sort_by_key(|node| {
                    (
                        parents.get(node).copied().flatten().and_then(|[s, _, _]| names.get(&s)),
                        seen.get(node),
                        *node,
                    )
                });
            }
            for (at, node) in twins.into_iter().enumerate() {
                let number = if at == 0 { String::new() } else { format!("-{}", at + 1) };
                names.insert(node, format!("{prefix}{}{number}", key.get(..32).unwrap_or_default()));
                next.extend(children.remove(&node).into_iter().flatten());
            }
        }
        // What is left hangs in a ring of blank nodes: one of them begins, by what it says.
        if next.is_empty() {
            next = ring_start(&children, &own);
            for node in &next {
                children.values_mut().for_each(|nodes| nodes.retain(|other| other != node));
            }
            children.retain(|_, nodes| !nodes.is_empty());
        }
        if next.is_empty() {
            return Ok(names);
        }
        level = next;
    }
}

/// Rounds of refinement that tell look-alikes apart; beyond that many steps nothing has been seen to differ.
const ROUNDS: usize = 16;

/// What surrounds each blank node in both directions, refined round by round until no more nodes can be told apart
/// (colour refinement: Weisfeiler and Leman 1968). Free of labels and order, so that look-alikes can be numbered by it.
fn surroundings(graph: &Graph, own: &BTreeMap<Id, String>, budget: &mut Budget<'_>) -> Result<BTreeMap<Id, String>, Refusal> {
    let mut seen = own.clone();
    let mut kinds = seen.values().collect::<BTreeSet<_>>().len();
    for _ in 0..ROUNDS {
        let mut refined = BTreeMap::new();
        for node in own.keys() {
            budget.step()?;
            let name = |id: &Id| seen.get(id).cloned().unwrap_or_else(|| graph.term(*id).to_string());
            let mut lines: Vec<String> = graph
                .of(*node)
                .map(|[_, p, o]| format!("> {} {}", graph.term(p), name(&o)))
                .collect();
            lines.extend(graph.to(*node).map(|[s, p, _]| format!("< {} {}", name(&s), graph.term(p))));
            lines.sort_unstable();
            refined.insert(*node, hash(&format!("{}\n{}", name(node), lines.join("\n"))));
        }
        let told = refined.values().collect::<BTreeSet<_>>().len();
        seen = refined;
        if told == kinds {
            break;
        }
        kinds = told;
    }
    Ok(seen)
}

/// The triple by which a node hangs, when there is exactly one and the node is not its own parent.
fn only_parent(graph: &Graph, node: Id) -> Option<Row> {
    let mut parents = graph.to(node);
    let only = parents.next()?;
    (parents.next().is_none() && only.first() != Some(&node)).then_some(only)
}

fn ring_start(children: &BTreeMap<Id, Vec<Id>>, own: &BTreeMap<Id, String>) -> Vec<Id> {
    let waiting = children.values().flatten();
    let first = waiting.min_by_key(|node| (own.get(node), **node));
    first.copied().into_iter().collect()
}
