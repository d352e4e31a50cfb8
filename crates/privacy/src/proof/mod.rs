//! The record of a search, and a checker that follows it with code of its own (`privacy.md` 2.6, step 7).
//!
//! In: what was asked, as plain data, and a [`Proof`]. Out: that the proof holds, or the first place where it does not. The checker shares no
//! code with the search: it counts classes in ordered maps, from the tuples themselves, for every node that the record leans on.

mod class;
mod look;
mod recoded;

use std::collections::BTreeMap;

use fyr_model::privacy::Model;

use look::{Looker, same};
pub use recoded::{Recoded, check_recoding};

/// The labels of each leaf of a hierarchy, its own value first.
pub type Paths = BTreeMap<String, Vec<String>>;

/// What was asked: the rows as text, hierarchies from the value to `*`, the model.
#[derive(Debug)]
pub struct Asked<'a> {
    /// Per quasi-identifier, the labels of every leaf, its own value first.
    pub hierarchies: &'a [Paths],
    /// Per bounded sensitive attribute: its name, whether its values are numbers, and the labels of every leaf, where it has a hierarchy.
    pub attributes: &'a [(String, bool, Paths)],
    /// The rows to be published: quasi-identifiers, then attributes.
    pub rows: &'a [(Vec<String>, Vec<String>)],
    /// The population, where a model asks for it.
    pub population: Option<&'a [Vec<String>]>,
    /// The model.
    pub model: &'a Model,
}

/// Follows a proof. `Err` names the first thing that does not hold.
///
/// # Errors
/// A sentence in English, for logs and tests: which node, and what is wrong with it.
pub fn check(asked: &Asked<'_>, proof: &Proof) -> Result<(), String> {
    let looker = Looker::new(asked);
    let nodes = looker.nodes();
    if nodes.len() as u64 != proof.nodes {
        return Err(format!("the lattice has {} nodes, not {}", nodes.len(), proof.nodes));
    }
    if !proof.optimal {
        return Err("the search was not finished".to_owned());
    }
    let best = proof.best.as_ref();
    if let Some(best) = best {
        let look = looker.look(&best.node);
        match &look.loss {
            None => return Err(format!("{:?} is not admissible", best.node)),
            Some(loss) if !same(loss, &best.loss) => return Err(format!("{:?} costs {loss:?}, not {:?}", best.node, best.loss)),
            Some(_) if look.suppressed != best.suppressed => return Err(format!("{:?} suppresses {} rows", best.node, look.suppressed)),
            Some(_) => {}
        }
    }
    for node in &proof.inadmissible {
        if !looker.look(node).settles_below {
            return Err(format!("{node:?} does not settle what lies below it"));
        }
    }
    let mut dear = Vec::new();
    for node in &proof.dear {
        let look = looker.look(node);
        let beaten = best.is_some_and(|best| {
            look.loss
                .as_ref()
                .is_none_or(|loss| !look::is_better(loss, node, &best.loss, &best.node))
        });
        if !beaten {
            return Err(format!("{node:?} is better than the answer"));
        }
        dear.push((node, look.least_above));
    }
    for node in &nodes {
        settled(&looker, proof, &dear, node)?;
    }
    Ok(())
}

/// That a node is the answer, or known not to be better.
fn settled(looker: &Looker<'_>, proof: &Proof, dear: &[(&Vec<usize>, f64)], node: &Vec<usize>) -> Result<(), String> {
    let best = proof.best.as_ref();
    let below = |other: &Vec<usize>| node.iter().zip(other).all(|(level, other)| level <= other);
    let above = |other: &Vec<usize>| node.iter().zip(other).all(|(level, other)| level >= other);
    if best.is_some_and(|best| best.node == *node) || proof.inadmissible.iter().any(below) {
        return Ok(());
    }
    if let Some(best) = best {
        let dearer = |least: f64| look::is_dearer(least, node, &best.loss, &best.node);
        if dearer(looker.least(node)) || dear.iter().any(|(other, least)| above(other) && dearer(*least)) {
            return Ok(());
        }
    }
    if !proof.seen.contains(node) {
        return Err(format!("nothing is said of {node:?}"));
    }
    let look = looker.look(node);
    match (&look.loss, best) {
        (None, _) => Ok(()),
        (Some(_), None) => Err(format!("{node:?} is admissible")),
        (Some(loss), Some(best)) if look::is_better(loss, node, &best.loss, &best.node) => {
            Err(format!("{node:?} is better than the answer"))
        }
        _ => Ok(()),
    }
}

/// The best node.
#[derive(Debug, Clone, PartialEq)]
pub struct Best {
    /// The level of each quasi-identifier.
    pub node: Vec<usize>,
    /// Its loss; several figures when columns are ranked.
    pub loss: Vec<f64>,
    /// Rows that it suppresses.
    pub suppressed: u64,
}

/// How many nodes were never looked at, by what settled them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Pruned {
    /// Their loss by columns passes the best.
    pub by_cost: u64,
    /// A more general node fails in what is monotone.
    pub by_group: u64,
    /// The classes of a less general node bound their loss.
    pub by_successor: u64,
}

/// What was found, and what shows that nothing is better.
#[derive(Debug, Clone, PartialEq)]
pub struct Proof {
    /// Nodes of the lattice.
    pub nodes: u64,
    /// Nodes looked at.
    pub visited: u64,
    /// Whether every node is settled.
    pub optimal: bool,
    /// No node loses less than this.
    pub bound: f64,
    /// Nodes never looked at.
    pub pruned: Pruned,
    /// Nodes that settle all below them as inadmissible.
    pub inadmissible: Vec<Vec<usize>>,
    /// Nodes whose classes settle all above them as too dear.
    pub dear: Vec<Vec<usize>>,
    /// Nodes looked at that neither settles.
    pub seen: Vec<Vec<usize>>,
    /// The answer; none when no node is admissible.
    pub best: Option<Best>,
}

#[cfg(test)]
pub(crate) use look::exhaust;
