//! All cells of all tables, and the equations between them.
//!
//! In: base cells and a tree per column. Out: every cell from the finest to the grand total, and per table the equations "a cell is the sum of
//! the cells under it". A cell that stands in two tables is one cell, so that linked tables become one system.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use fyr_model::finding::{Refusal, RefusalKind};
use fyr_model::text::Text;

use super::intake::{Intake, Tally};
use super::span::Equation;
use crate::hierarchy::{Hierarchy, STAR};

/// Cells of all tables together.
const CELLS_MAX: usize = 500_000;

/// The values of a column and all that stands above them: a tree whose nodes have names of their own.
#[derive(Debug, Default)]
pub(crate) struct Tree {
    pub(crate) labels: Vec<String>,
    pub(crate) parents: Vec<Option<usize>>,
    /// The node of each leaf.
    pub(crate) leaves: Vec<usize>,
    pub(crate) root: usize,
}

impl Tree {
    /// Levels of a hierarchy as a tree: a level that calls a group what it was called below adds no node. One that holds a single group under
    /// another name does: who looks for a county must find it, also where it has one municipality.
    pub(crate) fn of(hierarchy: &Hierarchy) -> Self {
        let mut tree = Self::default();
        // The name of the total is taken before any value can have it.
        let mut taken: BTreeSet<String> = BTreeSet::from([STAR.to_owned()]);
        let mut called: Vec<Option<String>> = Vec::new();
        let mut below: Vec<usize> = Vec::new();
        for (height, level) in hierarchy.levels.iter().enumerate() {
            let last = height + 1 == hierarchy.levels.len();
            let mut members: BTreeMap<u32, BTreeSet<usize>> = BTreeMap::new();
            for (leaf, code) in level.codes.iter().enumerate() {
                let under = below.get(leaf).copied();
                members.entry(*code).or_default().extend(under);
            }
            let mut nodes: HashMap<u32, usize> = HashMap::new();
            for (code, under) in members {
                let label = level.labels.get(code as usize).cloned().flatten();
                let same = |node: &usize| called.get(*node).is_some_and(|known| *known == label);
                let only = if under.len() == 1 && !last {
                    under.first().copied().filter(same)
                } else {
                    None
                };
                let node = only.unwrap_or_else(|| {
                    called.push(label.clone());
                    let node = if last {
                        tree.push(STAR.to_owned())
                    } else {
                        tree.add(&mut taken, label, height)
                    };
                    for child in &under {
                        if let Some(parent) = tree.parents.get_mut(*child) {
                            *parent = Some(node);
                        }
                    }
                    node
                });
                nodes.insert(code, node);
            }
            below = level.codes.iter().map(|code| nodes.get(code).copied().unwrap_or(0)).collect();
            if height == 0 {
                tree.leaves.clone_from(&below);
            }
        }
        tree.root = below.first().copied().unwrap_or(0);
        tree
    }

    /// A node under a name that no other has.
    fn add(&mut self, taken: &mut BTreeSet<String>, label: Option<String>, height: usize) -> usize {
        let plain = label.unwrap_or_else(|| "?".to_owned());
        let mut name = plain.clone();
        while !taken.insert(name.clone()) {
            name = format!("{name} ({height})");
        }
        self.push(name)
    }

    fn push(&mut self, name: String) -> usize {
        self.labels.push(name);
        self.parents.push(None);
        self.labels.len() - 1
    }

    /// Whether a node below the total has one node under it: then nothing more is said of whoever is in it.
    fn is_renamed(&self, node: usize) -> bool {
        let children = self.parents.iter().filter(|parent| **parent == Some(node));
        node != self.root && children.count() == 1
    }

    /// A leaf and all above it.
    fn chain(&self, leaf: u32) -> Vec<usize> {
        let first = self.leaves.get(leaf as usize).copied();
        std::iter::successors(first, |node| self.parents.get(*node).copied().flatten()).collect()
    }
}

/// One cell of a table.
#[derive(Debug)]
pub(crate) struct Place {
    /// The node of each of the table's columns.
    pub(crate) nodes: Vec<usize>,
    /// The cell of the whole release that it is.
    pub(crate) cell: usize,
}

/// A cell of the release.
#[derive(Debug)]
pub(crate) struct Cell {
    pub(crate) tally: Tally,
    /// The first table that it stands in.
    pub(crate) table: usize,
}

/// The cells directly under another, and whether there can be but one.
type Under = (bool, Vec<usize>);

/// All cells and their equations.
#[derive(Debug, Default)]
pub(crate) struct System {
    pub(crate) trees: Vec<Tree>,
    /// Per table its columns' places among the trees.
    pub(crate) columns: Vec<Vec<usize>>,
    pub(crate) tables: Vec<Vec<Place>>,
    pub(crate) cells: Vec<Cell>,
    pub(crate) equations: Vec<Equation>,
    /// Equations by the table that they were first found in: for rules about rows and columns.
    pub(crate) families: Vec<(usize, Equation)>,
}

impl System {
    pub(crate) fn build(
        intake: &Intake<'_>,
        measures: &[String],
        trees: Vec<Tree>,
        codes: &[Vec<u32>],
        columns: Vec<Vec<usize>>,
    ) -> Result<Self, Refusal> {
        let mut system = Self {
            trees,
            columns,
            ..Self::default()
        };
        let mut known: HashMap<(String, Vec<(usize, usize)>), usize> = HashMap::new();
        for (table, base) in intake.bases.iter().enumerate() {
            let places = system.columns.get(table).cloned().unwrap_or_default();
            let mut cells: BTreeMap<Vec<usize>, Tally> = BTreeMap::new();
            let mut keys: Vec<(&Vec<u32>, &Tally)> = base.iter().collect();
            keys.sort_unstable_by_key(|(key, _)| *key);
            for (key, tally) in keys {
                let final_code =
                    |(code, place): (&u32, &usize)| codes.get(*place).and_then(|table| table.get(*code as usize)).copied().unwrap_or(0);
                let chains: Vec<Vec<usize>> = key
                    .iter()
                    .zip(&places)
                    .map(|pair| system.trees.get(*pair.1).map_or_else(Vec::new, |tree| tree.chain(final_code(pair))))
                    .collect();
                for nodes in product(&chains) {
                    cells.entry(nodes).or_default().merge(tally);
                }
                if cells.len() + system.cells.len() > CELLS_MAX {
                    return Err(too_many());
                }
            }
            let measure = measures.get(table).cloned().unwrap_or_default();
            let mut shown = Vec::with_capacity(cells.len());
            for (nodes, tally) in cells {
                let roots = |place: &usize| system.trees.get(*place).map_or(0, |tree| tree.root);
                let pairs = places.iter().copied().zip(nodes.iter().copied());
                let mut sign: Vec<(usize, usize)> = pairs.filter(|(place, node)| roots(place) != *node).collect();
                sign.sort_unstable();
                let cell = *known.entry((measure.clone(), sign)).or_insert_with(|| {
                    system.cells.push(Cell { tally, table });
                    system.cells.len() - 1
                });
                shown.push(Place { nodes, cell });
            }
            system.tables.push(shown);
        }
        system.relate();
        Ok(system)
    }

    /// Every cell is the sum of the cells under it, along each column of each table. A cell with one cell under it is that cell.
    fn relate(&mut self) {
        let mut families: Vec<(usize, bool, Equation)> = Vec::new();
        for (table, places) in self.tables.iter().enumerate() {
            let at: HashMap<&[usize], usize> = places.iter().map(|place| (place.nodes.as_slice(), place.cell)).collect();
            for (above, (renamed, children)) in self.sums(table) {
                let Some(parent) = at.get(above.as_slice()) else { continue };
                let parts = children.into_iter().map(|cell| (cell, -1));
                families.push((table, renamed, parts.chain([(*parent, 1)]).collect()));
            }
        }
        let same = self.same(&families);
        let renamed = |cell: &usize| same.get(*cell).copied().unwrap_or(*cell);
        for place in self.tables.iter_mut().flatten() {
            place.cell = renamed(&place.cell);
        }
        let mut keep = same.iter().enumerate().map(|(at, _)| at);
        let mut first: BTreeSet<usize> = BTreeSet::new();
        self.cells.retain(|_| keep.next().is_some_and(|at| first.insert(renamed(&at))));
        let mut unique: BTreeSet<Equation> = BTreeSet::new();
        for (table, alone, family) in families {
            let family: Equation = family.iter().map(|(cell, factor)| (renamed(cell), *factor)).collect();
            let summed = collected(&family);
            if !summed.is_empty() && unique.insert(summed.clone()) {
                self.equations.push(summed);
            }
            if !alone {
                self.families.push((table, family));
            }
        }
    }

    /// The cells directly under each cell of a table, along one column at a time; and whether there can be but one.
    fn sums(&self, table: usize) -> Vec<(Vec<usize>, Under)> {
        let mut sums: BTreeMap<(usize, Vec<usize>), Under> = BTreeMap::new();
        for place in self.tables.get(table).into_iter().flatten() {
            for (dimension, column) in self.columns.get(table).into_iter().flatten().enumerate() {
                let node = place.nodes.get(dimension).copied().unwrap_or(0);
                let Some(tree) = self.trees.get(*column) else { continue };
                let Some(parent) = tree.parents.get(node).copied().flatten() else {
                    continue;
                };
                let mut above = place.nodes.clone();
                if let Some(slot) = above.get_mut(dimension) {
                    *slot = parent;
                }
                let sum = sums
                    .entry((dimension, above))
                    .or_insert_with(|| (tree.is_renamed(parent), Vec::new()));
                sum.1.push(place.cell);
            }
        }
        sums.into_iter().map(|((_, above), children)| (above, children)).collect()
    }

    /// The new place of each cell, when cells that are the only part of another are that other.
    fn same(&self, families: &[(usize, bool, Equation)]) -> Vec<usize> {
        let mut group: Vec<usize> = (0..self.cells.len()).collect();
        let find = |group: &[usize], cell: usize| {
            let mut at = cell;
            while let Some(next) = group.get(at).copied().filter(|next| *next != at) {
                at = next;
            }
            at
        };
        for (_, _, family) in families {
            if let [(part, _), (whole, _)] = family.as_slice() {
                let (a, b) = (find(&group, *part), find(&group, *whole));
                if let Some(slot) = group.get_mut(a.max(b)) {
                    *slot = a.min(b);
                }
            }
        }
        let mut names: HashMap<usize, usize> = HashMap::new();
        let mut name = |cell: usize| {
            let next = names.len();
            *names.entry(find(&group, cell)).or_insert(next)
        };
        (0..group.len()).map(&mut name).collect()
    }
}

/// Factors of the same cell added up, in the order of cells.
fn collected(family: &Equation) -> Equation {
    let mut sums: BTreeMap<usize, i8> = BTreeMap::new();
    for (cell, factor) in family {
        *sums.entry(*cell).or_insert(0) += factor;
    }
    sums.into_iter().filter(|(_, factor)| *factor != 0).collect()
}

/// Every way to take one of each.
fn product(chains: &[Vec<usize>]) -> Vec<Vec<usize>> {
    chains.iter().fold(vec![Vec::new()], |prefixes, chain| {
        let longer = |prefix: &Vec<usize>| {
            let prefix = prefix.clone();
            chain
                .iter()
                .map(move |node| [prefix.as_slice(), &[*node]].concat())
                .collect::<Vec<_>>()
        };
        prefixes.iter().flat_map(longer).collect()
    })
}

fn too_many() -> Refusal {
    let message = Text::new(
        format!("tabellerna har fler än {CELLS_MAX} celler"),
        format!("the tables have more than {CELLS_MAX} cells"),
    );
    let hint = Text::new(
        "ta bort en kolumn ur `by`, eller ge den en grövre hierarki",
        "drop a column of `by`, or give it a coarser hierarchy",
    );
    Refusal::new("too-many-cells", RefusalKind::Configuration, "policy", message).hint(hint)
}
