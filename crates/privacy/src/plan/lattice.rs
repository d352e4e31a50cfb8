//! The lattice of generalisations: a node is one level a column, its index the node read as a number, first column most significant.
//!
//! In: how many levels each column has. Out: nodes by index, neighbours, and marks that close downwards or upwards.

/// Sizes and steps of a lattice.
#[derive(Debug, Clone)]
pub(crate) struct Lattice {
    heights: Vec<usize>,
    strides: Vec<usize>,
    pub(crate) nodes: usize,
}

/// Looked at.
pub(crate) const EVALUATED: u8 = 1;
/// Lies at or below a node that settles it as inadmissible.
pub(crate) const BELOW: u8 = 2;
/// Lies at or above a node whose successors all cost too much.
pub(crate) const ABOVE: u8 = 4;

impl Lattice {
    pub(crate) fn new(heights: Vec<usize>) -> Self {
        let mut strides = vec![1; heights.len()];
        let mut nodes = 1usize;
        for (stride, height) in strides.iter_mut().zip(&heights).rev() {
            *stride = nodes;
            nodes = nodes.saturating_mul(*height);
        }
        Self { heights, strides, nodes }
    }

    /// The levels of a node.
    pub(crate) fn node(&self, index: usize) -> Vec<usize> {
        let level = |(height, stride): (&usize, &usize)| index / stride % height;
        self.heights.iter().zip(&self.strides).map(level).collect()
    }

    /// The index of a node.
    pub(crate) fn index(&self, node: &[usize]) -> usize {
        node.iter().zip(&self.strides).map(|(level, stride)| level * stride).sum()
    }

    /// The sum of a node's levels.
    pub(crate) fn height(&self, index: usize) -> usize {
        self.heights
            .iter()
            .zip(&self.strides)
            .map(|(height, stride)| index / stride % height)
            .sum()
    }

    /// Nodes one level more general.
    pub(crate) fn above(&self, index: usize) -> impl Iterator<Item = usize> + '_ {
        let up = move |(height, stride): (&usize, &usize)| (index / stride % height + 1 < *height).then_some(index + stride);
        self.heights.iter().zip(&self.strides).filter_map(up)
    }

    /// Nodes one level less general.
    pub(crate) fn below(&self, index: usize) -> impl Iterator<Item = usize> + '_ {
        let down = move |(height, stride): (&usize, &usize)| (!(index / stride).is_multiple_of(*height)).then(|| index - stride);
        self.heights.iter().zip(&self.strides).filter_map(down)
    }

    /// Sets a mark on a node and all that lies on that side of it. Gives how many were not marked at all before.
    pub(crate) fn close(&self, marks: &mut [u8], index: usize, mark: u8) -> u64 {
        let mut open = vec![index];
        let mut fresh = 0;
        while let Some(index) = open.pop() {
            match marks.get_mut(index) {
                Some(slot) if *slot & mark == 0 => {
                    fresh += u64::from(*slot == 0);
                    *slot |= mark;
                }
                _ => continue,
            }
            if mark == BELOW {
                open.extend(self.below(index));
            } else {
                open.extend(self.above(index));
            }
        }
        fresh
    }
}
