//! The second step: classes of the search's answer get levels of their own, and never lose more (`privacy.md` 2.6, step 9).
//!
//! In: the problem that was searched, its answer, what it suppresses, and which step. Out: for each different tuple of leaves its class, for each
//! class what every column shows, and the loss by the same measure before and after. One thread, in the order of keys: the same each time.
//!
//! A row keeps its class whatever the step, or gets a finer one, or comes back from suppression; every class that is made meets every model, and
//! the mean risk of the whole table holds after every cut. What reads the same is one class to whoever reads the file, so no two classes may
//! read the same, nor any as suppressed rows do. The population of a class are its own tuples: a cut divides both.

mod ground;
mod local;
mod mondrian;
mod order;
mod standing;

use std::collections::{BTreeMap, HashSet};

use fyr_model::privacy::{Recoding, RecodingFacts, RecodingOutcome};

use super::evaluate::Problem;
use super::key::Key;
use super::loss::Cost;
use super::tuples::Quasi;
use crate::proof::Best;
use ground::{Ground, Texts};
pub(crate) use order::Order;
use standing::{Change, Standing};

/// What a class shows in one column.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Shown {
    /// A code of a level of its hierarchy.
    Level { level: u32, code: u32 },
    /// The numbers from one rank to another.
    Range { first: u32, last: u32 },
}

impl Shown {
    /// Whether it is one value as it stands.
    pub(crate) fn is_value(self) -> bool {
        match self {
            Self::Level { level, .. } => level == 0,
            Self::Range { first, last } => first == last,
        }
    }
}

/// A class: what it shows, and the tuples of leaves that it holds.
#[derive(Debug, Clone)]
struct Piece {
    shown: Vec<Shown>,
    members: Vec<u32>,
    rows: u64,
}

/// A class cut in one column: parts with what they show, and what stays as it was.
#[derive(Debug)]
struct Cut {
    column: usize,
    parts: Vec<(Shown, Vec<u32>)>,
    rest: Vec<u32>,
}

/// A table in classes, and what it costs.
struct Outcome {
    kept: Vec<Piece>,
    suppressed: Vec<u32>,
    standing: Standing,
    cost: Cost,
    start: &'static str,
}

/// What the step came to.
#[derive(Debug)]
pub(crate) struct Recoded {
    tuples: Vec<u128>,
    /// The class of each tuple; `u32::MAX` when it is suppressed.
    class_of: Vec<u32>,
    columns: usize,
    /// What each class shows, one column after the other.
    shown: Vec<Shown>,
    orders: Vec<Option<Order>>,
    pub(crate) loss: f64,
    pub(crate) suppressed: u64,
    /// Whether suppressed rows as one class fail a model.
    pub(crate) left_out: bool,
    pub(crate) facts: RecodingFacts,
}

impl Recoded {
    /// The class of a tuple of leaves; none when it is suppressed.
    pub(crate) fn class(&self, tuple: u128) -> Option<u32> {
        let place = self.tuples.binary_search(&tuple).ok()?;
        self.class_of.get(place).copied().filter(|class| *class != u32::MAX)
    }

    fn shown(&self, class: u32, column: usize) -> Option<Shown> {
        self.shown.get(class as usize * self.columns + column).copied()
    }

    /// What a class reads in a column.
    pub(crate) fn label(&self, quasi: &Quasi, class: u32, column: usize) -> Option<String> {
        match self.shown(class, column)? {
            Shown::Level { level, code } => {
                let level = quasi.hierarchy.levels.get(level as usize)?;
                level.labels.get(code as usize).cloned().flatten()
            }
            Shown::Range { first, last } => Some(self.orders.get(column)?.as_ref()?.text(first, last)),
        }
    }

    /// Whether a class shows a value as it stands.
    pub(crate) fn is_value(&self, class: u32, column: usize) -> bool {
        self.shown(class, column).is_some_and(Shown::is_value)
    }

    /// Whether every class shows values of a column as they stand.
    pub(crate) fn is_as_it_was(&self, column: usize) -> bool {
        self.shown
            .iter()
            .skip(column)
            .step_by(self.columns.max(1))
            .all(|shown| shown.is_value())
    }
}

/// Takes the step. `outliers` are the classes that the answer suppresses, `orders` the columns of numbers.
pub(crate) fn recode<K: Key>(
    problem: &Problem<'_, K>,
    best: &Best,
    outliers: &HashSet<K>,
    method: Recoding,
    orders: Vec<Option<Order>>,
) -> Recoded {
    let mut texts = Texts::default();
    let ground = Ground::new(problem, &best.node, &orders, &mut texts);
    let (kept, suppressed) = answer(&ground, outliers);
    let standing = Standing::new(&ground, &kept, &suppressed);
    let global = Cost(best.loss.clone());
    let whole = (method == Recoding::Mondrian).then(|| from_table(&ground, texts.clone())).flatten();
    let mut refiner = Refiner::new(&ground, method, texts);
    let from_groups = refiner.cut_groups(&kept, &suppressed, standing.clone(), &global);
    let found = match whole {
        Some(whole) if whole.cost < from_groups.cost => whole,
        _ => from_groups,
    };
    let before = RecodingOutcome {
        loss: global.first(),
        suppressed_rows: standing.suppressed(),
        groups: standing.kept_classes(),
    };
    let found = if found.cost <= global {
        found
    } else {
        Outcome {
            kept,
            suppressed,
            standing,
            cost: global,
            start: GROUPS,
        }
    };
    let facts = RecodingFacts {
        method,
        start: found.start.to_owned(),
        global: before,
        recoded: RecodingOutcome {
            loss: found.cost.first(),
            suppressed_rows: found.standing.suppressed(),
            groups: found.standing.kept_classes(),
        },
        rows_by_level: rows_by_level(problem.quasi, &found),
    };
    let left_out = found.standing.suppressed() > 0 && !ground.passes(&found.suppressed);
    let (tuples, class_of) = classes(&ground, &found.kept);
    Recoded {
        tuples,
        class_of,
        columns: problem.quasi.len(),
        shown: found.kept.into_iter().flat_map(|piece| piece.shown).collect(),
        loss: facts.recoded.loss,
        suppressed: facts.recoded.suppressed_rows,
        left_out,
        facts,
        orders,
    }
}

const GROUPS: &str = "groups";
const TABLE: &str = "table";

/// The classes of the search's answer, and the tuples that it suppresses.
fn answer<K: Key>(ground: &Ground<'_, '_, K>, outliers: &HashSet<K>) -> (Vec<Piece>, Vec<u32>) {
    let mut placed: Vec<(K, u32)> = (0..ground.atoms.keys.len() as u32)
        .map(|atom| (ground.at_node(atom), atom))
        .collect();
    placed.sort_unstable();
    let (mut kept, mut suppressed) = (Vec::new(), Vec::new());
    for class in placed.chunk_by(|a, b| a.0 == b.0) {
        let members: Vec<u32> = class.iter().map(|(_, atom)| *atom).collect();
        let (Some((key, atom)), rows) = (class.first(), ground.atoms.sum(&members)) else {
            continue;
        };
        if outliers.contains(key) {
            suppressed.extend(members);
        } else if rows > 0 {
            let level = |(column, level): (usize, &usize)| Shown::Level {
                level: *level as u32,
                code: ground.code(*atom, column, *level),
            };
            kept.push(Piece {
                shown: ground.node.iter().enumerate().map(level).collect(),
                members,
                rows,
            });
        }
    }
    // The largest first: where the mean risk allows only so many classes, they gain most by a cut.
    kept.sort_by_key(|piece| std::cmp::Reverse(piece.rows));
    suppressed.sort_unstable();
    (kept, suppressed)
}

/// These tuples at the top of every hierarchy.
fn top<K: Key>(ground: &Ground<'_, '_, K>, members: Vec<u32>) -> Piece {
    let top = |quasi: &Quasi| Shown::Level {
        level: quasi.hierarchy.height().saturating_sub(1) as u32,
        code: 0,
    };
    Piece {
        shown: ground.problem.quasi.iter().map(top).collect(),
        rows: ground.atoms.sum(&members),
        members,
    }
}

/// The whole table as one class, cut.
fn from_table<K: Key>(ground: &Ground<'_, '_, K>, texts: Texts) -> Option<Outcome> {
    let root = top(ground, (0..ground.atoms.keys.len() as u32).collect());
    let mut standing = Standing::new(ground, std::slice::from_ref(&root), &[]).recounted(ground, std::slice::from_ref(&root), &[]);
    if !ground.passes(&root.members) || !standing.holds(ground.problem.average_risk, 0, 0) {
        return None;
    }
    let mut refiner = Refiner::new(ground, Recoding::Mondrian, texts);
    // Nothing is suppressed here, so a class may read as suppressed rows would.
    let kept = refiner.refine(root, &mut standing, false);
    let standing = standing.recounted(ground, &kept, &[]);
    Some(Outcome {
        cost: standing.cost(ground.problem),
        kept,
        suppressed: Vec::new(),
        standing,
        start: TABLE,
    })
}

/// Each tuple that has rows, with its class.
fn classes<K: Key>(ground: &Ground<'_, '_, K>, kept: &[Piece]) -> (Vec<u128>, Vec<u32>) {
    let mut class_of = vec![u32::MAX; ground.atoms.keys.len()];
    for (class, piece) in kept.iter().enumerate() {
        for atom in &piece.members {
            if let Some(slot) = class_of.get_mut(*atom as usize) {
                *slot = class as u32;
            }
        }
    }
    (ground.atoms.keys.iter().map(|key| key.wide()).collect(), class_of)
}

fn rows_by_level(quasi: &[Quasi], found: &Outcome) -> BTreeMap<String, BTreeMap<String, u64>> {
    let column = |(place, quasi): (usize, &Quasi)| {
        let mut rows: BTreeMap<String, u64> = BTreeMap::new();
        for piece in &found.kept {
            let word = match piece.shown.get(place) {
                Some(shown) if shown.is_value() => "0".to_owned(),
                Some(Shown::Level { level, .. }) => level.to_string(),
                _ => "range".to_owned(),
            };
            *rows.entry(word).or_default() += piece.rows;
        }
        let suppressed = found.standing.suppressed();
        rows.extend((suppressed > 0).then(|| ("suppressed".to_owned(), suppressed)));
        (quasi.name.clone(), rows)
    };
    quasi.iter().enumerate().map(column).collect()
}

/// Cuts classes, one after the other, for as long as the models hold.
struct Refiner<'g, 'p, 'q, K: Key> {
    ground: &'g Ground<'p, 'q, K>,
    method: Recoding,
    texts: Texts,
    /// What classes read.
    taken: HashSet<Vec<u32>>,
}

impl<'g, 'p, 'q, K: Key> Refiner<'g, 'p, 'q, K> {
    fn new(ground: &'g Ground<'p, 'q, K>, method: Recoding, texts: Texts) -> Self {
        Self {
            ground,
            method,
            texts,
            taken: HashSet::new(),
        }
    }

    /// The classes of the search's answer, cut; and of what it suppresses, what may come back without a greater loss.
    fn cut_groups(&mut self, kept: &[Piece], suppressed: &[u32], mut standing: Standing, global: &Cost) -> Outcome {
        let stars = self.texts.suppressed(self.ground.problem.quasi.len());
        if !suppressed.is_empty() {
            self.taken.insert(stars);
        }
        for piece in kept {
            let name = self.name(&piece.shown);
            self.taken.insert(name);
        }
        let mut cut: Vec<Piece> = Vec::new();
        for piece in kept {
            cut.extend(self.refine(piece.clone(), &mut standing, false));
        }
        let mut suppressed = suppressed.to_vec();
        let back = self.bring_back(&suppressed, &mut standing, global);
        let moved: HashSet<u32> = back.iter().flat_map(|piece| piece.members.iter().copied()).collect();
        suppressed.retain(|atom| !moved.contains(atom));
        cut.extend(back);
        let standing = standing.recounted(self.ground, &cut, &suppressed);
        Outcome {
            cost: standing.cost(self.ground.problem),
            kept: cut,
            suppressed,
            standing,
            start: GROUPS,
        }
    }

    /// Of suppressed rows, the classes at levels of their own that lower the loss. A measure that does not count suppressed rows is lowered by
    /// none; there they come back for as long as what the cuts have gained pays for them.
    fn bring_back(&mut self, suppressed: &[u32], standing: &mut Standing, global: &Cost) -> Vec<Piece> {
        if suppressed.is_empty() {
            return Vec::new();
        }
        let ground = self.ground;
        let root = top(ground, suppressed.to_vec());
        let mut imagined = standing.clone();
        imagined.bring(ground, &root);
        let mut found = self.refine(root, &mut imagined, true);
        let blind = ground.problem.costs.is_blind_to_suppression();
        let mut back = Vec::new();
        for _ in 0..PASSES_MAX {
            let now = standing.cost(ground.problem);
            let price = |piece: &Piece, standing: &mut Standing| {
                (standing.tried_with(ground, piece).first() - now.first()) / piece.rows.max(1) as f64
            };
            let mut ranked: Vec<(f64, Piece)> = found.drain(..).map(|piece| (price(&piece, standing), piece)).collect();
            ranked.sort_by(|a, b| a.0.total_cmp(&b.0));
            let before = back.len();
            for (_, piece) in ranked {
                let cost = standing.tried_with(ground, &piece);
                let pays = cost < standing.cost(ground.problem) || (blind && cost <= *global);
                if pays && standing.holds(ground.problem.average_risk, 1, piece.rows) {
                    standing.bring(ground, &piece);
                    back.push(piece);
                } else {
                    found.push(piece);
                }
            }
            if back.len() == before || found.is_empty() {
                break;
            }
        }
        back
    }

    /// Cuts a class for as long as something can be cut. Of suppressed rows (`out`) only what is cut off becomes a class.
    fn refine(&mut self, start: Piece, standing: &mut Standing, out: bool) -> Vec<Piece> {
        let mut done = Vec::new();
        let mut open = vec![(start, out)];
        while let Some((mut piece, out)) = open.pop() {
            if !out {
                self.narrow(&mut piece, standing);
            }
            let Some((cut, change)) = self.best(&piece, standing, out) else {
                if !out {
                    done.push(piece);
                }
                continue;
            };
            standing.apply(&change);
            if cut.rest.is_empty() && !out {
                let name = self.name(&piece.shown);
                self.taken.remove(&name);
            }
            for (shown, members) in cut.parts {
                let part = self.part(&piece, cut.column, shown, members);
                let name = self.name(&part.shown);
                self.taken.insert(name);
                open.push((part, false));
            }
            if !cut.rest.is_empty() {
                piece.rows = self.ground.atoms.sum(&cut.rest);
                piece.members = cut.rest;
                open.push((piece, out));
            }
        }
        done
    }

    fn part(&self, piece: &Piece, column: usize, shown: Shown, members: Vec<u32>) -> Piece {
        let mut all = piece.shown.clone();
        if let Some(slot) = all.get_mut(column) {
            *slot = shown;
        }
        Piece {
            shown: all,
            rows: self.ground.atoms.sum(&members),
            members,
        }
    }

    /// What a class reads, in numbers.
    fn name(&mut self, shown: &[Shown]) -> Vec<u32> {
        let ground = self.ground;
        shown
            .iter()
            .enumerate()
            .map(|(column, shown)| ground.name(column, *shown, &mut self.texts))
            .collect()
    }

    /// The cut that leaves the least loss, first column first.
    fn best(&mut self, piece: &Piece, standing: &mut Standing, out: bool) -> Option<(Cut, Change)> {
        let mut best: Option<(Cost, Cut, Change)> = None;
        for column in 0..piece.shown.len() {
            let Some(cut) = self.cut(piece, column, out) else { continue };
            let change = self.change(piece, &cut);
            if change.cost > 0.0 || !standing.holds(self.ground.problem.average_risk, change.classes, 0) {
                continue;
            }
            let cost = standing.tried(self.ground.problem, &change);
            if best.as_ref().is_none_or(|(least, ..)| cost < *least) {
                best = Some((cost, cut, change));
            }
        }
        best.map(|(_, cut, change)| (cut, change))
    }

    fn change(&self, piece: &Piece, cut: &Cut) -> Change {
        let ground = self.ground;
        let square = |rows: u64| u128::from(rows) * u128::from(rows);
        let before = piece.shown.get(cut.column).map_or(0.0, |shown| ground.weight(cut.column, *shown));
        let (mut cost, mut squares) = (0.0, 0);
        for (shown, members) in &cut.parts {
            let rows = ground.atoms.sum(members);
            cost += (ground.weight(cut.column, *shown) - before) * rows as f64;
            squares += square(rows);
        }
        squares += square(ground.atoms.sum(&cut.rest));
        Change {
            column: cut.column,
            cost,
            classes: (cut.parts.len() + usize::from(!cut.rest.is_empty())).saturating_sub(1) as u64,
            squares: (squares, square(piece.rows)),
        }
    }

    fn cut(&mut self, piece: &Piece, column: usize, out: bool) -> Option<Cut> {
        let by_number = if self.method == Recoding::Mondrian {
            mondrian::halves(self.ground, piece, column)
        } else {
            None
        };
        let groups = by_number.or_else(|| local::children(self.ground, piece, column))?;
        self.assorted(piece, column, groups, out)
    }

    /// Which groups become classes of their own, and which stay together as they were. Strict cuts leave nothing behind, except of suppressed rows.
    fn assorted(&mut self, piece: &Piece, column: usize, groups: Vec<(Shown, Vec<u32>)>, out: bool) -> Option<Cut> {
        let ground = self.ground;
        let own = self.name(&piece.shown);
        let mut parts: Vec<(u64, Shown, Vec<u32>)> = Vec::new();
        let (mut rest, mut nobody): (Vec<u32>, Vec<u32>) = Default::default();
        let mut alike = None;
        for (shown, members) in groups {
            let rows = ground.atoms.sum(&members);
            let mut name = own.clone();
            if let Some(slot) = name.get_mut(column) {
                *slot = ground.name(column, shown, &mut self.texts);
            }
            // Of suppressed rows nothing may read as they do.
            let free = if name == own { !out } else { !self.taken.contains(&name) };
            if rows == 0 {
                nobody.extend(members);
            } else if free && ground.passes(&members) {
                alike = alike.or((name == own).then_some(shown));
                parts.push((rows, shown, members));
            } else {
                rest.extend(members);
            }
        }
        let partial = out || self.method == Recoding::Local;
        // Where some of each must be published, people nobody is published of stay with rows of their own.
        if rest.is_empty() && (nobody.is_empty() || !ground.keeps_all) {
            // A single group is no cut, except of suppressed rows.
            return (parts.len() > usize::from(!out)).then(|| cut(column, parts, rest));
        }
        if !partial || rest.is_empty() {
            return None;
        }
        rest.extend(nobody);
        // A part that reads as the rest does is the rest.
        parts.sort_by_key(|(rows, shown, _)| (Some(*shown) == alike, std::cmp::Reverse(*rows)));
        while parts.last().is_some_and(|(_, shown, _)| Some(*shown) == alike) || (!out && !ground.passes(&rest)) {
            rest.extend(parts.pop()?.2);
        }
        (!parts.is_empty()).then(|| cut(column, parts, rest))
    }

    /// Shows less than a class might hold but holds not: each column goes down to where its tuples part.
    fn narrow(&mut self, piece: &mut Piece, standing: &mut Standing) {
        let ground = self.ground;
        for column in 0..piece.shown.len() {
            while let Some((shown, members)) = self.narrower(piece, column) {
                let fewer = members.len() < piece.members.len();
                if fewer && (ground.keeps_all || !ground.passes(&members)) {
                    break;
                }
                let next = self.part(piece, column, shown, members);
                let (from, to) = (self.name(&piece.shown), self.name(&next.shown));
                if from != to && self.taken.contains(&to) {
                    break;
                }
                let before = piece.shown.get(column).map_or(0.0, |shown| ground.weight(column, *shown));
                let cost = (ground.weight(column, shown) - before) * piece.rows as f64;
                if cost > 0.0 {
                    break;
                }
                standing.apply(&Change {
                    column,
                    cost,
                    classes: 0,
                    squares: (0, 0),
                });
                self.taken.remove(&from);
                self.taken.insert(to);
                *piece = next;
            }
        }
    }

    fn narrower(&self, piece: &Piece, column: usize) -> Option<(Shown, Vec<u32>)> {
        if self.method == Recoding::Mondrian && mondrian::is_ordered(self.ground, piece, column) {
            return mondrian::span(self.ground, piece, column);
        }
        local::only_child(self.ground, piece, column)
    }
}

/// How often classes of suppressed rows are tried again after others came back.
const PASSES_MAX: usize = 4;

fn cut(column: usize, parts: Vec<(u64, Shown, Vec<u32>)>, mut rest: Vec<u32>) -> Cut {
    rest.sort_unstable();
    Cut {
        column,
        parts: parts.into_iter().map(|(_, shown, members)| (shown, members)).collect(),
        rest,
    }
}
