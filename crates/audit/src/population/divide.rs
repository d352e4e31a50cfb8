//! People who may stand behind several groups, divided among them.
//!
//! In: how many people may stand behind which groups, and how many each group needs and can take. Out: a division that gives every group what it
//! needs and no more than it can take, when there is one; else the best that was found. It is a flow from people to groups, made larger along
//! shortest paths until none is left (Edmonds and Karp 1972), so that "no" is an answer and not a failed attempt.

use std::collections::VecDeque;

/// So many people who may stand behind the same groups.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Undecided {
    pub(crate) groups: Vec<usize>,
    pub(crate) people: u64,
}

/// People by group, and whether every group has what it needs, takes no more than it can, and everybody stands somewhere.
pub(crate) fn divide(undecided: &[Undecided], needs: &[u64], takes: &[u64]) -> (Vec<u64>, bool) {
    let mut flow = Flow {
        undecided,
        given: undecided.iter().map(|kind| vec![0; kind.groups.len()]).collect(),
        left: undecided.iter().map(|kind| kind.people).collect(),
        filled: vec![0; needs.len()],
        behind: vec![Vec::new(); needs.len()],
    };
    for (kind, one) in undecided.iter().enumerate() {
        for (edge, group) in one.groups.iter().enumerate() {
            if let Some(behind) = flow.behind.get_mut(*group) {
                behind.push((kind, edge));
            }
        }
    }
    // What a group has once it keeps: later paths only end in groups with room left.
    flow.fill(needs);
    let fed = flow.filled.iter().zip(needs).all(|(filled, need)| filled >= need);
    flow.fill(takes);
    let placed = flow.left.iter().all(|left| *left == 0);
    let within = flow.filled.iter().zip(takes).all(|(filled, takes)| filled <= takes);
    (flow.filled, fed && placed && within)
}

struct Flow<'a> {
    undecided: &'a [Undecided],
    /// People of each kind given to each of its groups.
    given: Vec<Vec<u64>>,
    left: Vec<u64>,
    filled: Vec<u64>,
    /// The kinds that may stand behind a group, with the place of the group among theirs.
    behind: Vec<Vec<(usize, usize)>>,
}

/// How a search came to a kind of people: from which kind, by way of which of its edges and which of this kind's.
type Way = Option<(usize, usize, usize)>;

impl Flow<'_> {
    /// Gives people to groups up to `room`, moving others as long as that helps.
    fn fill(&mut self, room: &[u64]) {
        for kind in 0..self.undecided.len() {
            while self.left.get(kind).is_some_and(|left| *left > 0) && self.augment(kind, room) {}
        }
    }

    /// One shortest path from a kind with people left to a group with room.
    fn augment(&mut self, from: usize, room: &[u64]) -> bool {
        let mut came: Vec<Way> = vec![None; self.undecided.len()];
        let mut seen = vec![false; self.filled.len()];
        let mut open = VecDeque::from([from]);
        while let Some(kind) = open.pop_front() {
            let groups = self.undecided.get(kind).map_or(&[][..], |one| &one.groups);
            for (edge, group) in groups.iter().enumerate() {
                if seen.get(*group).is_none_or(|seen| *seen) {
                    continue;
                }
                if let Some(seen) = seen.get_mut(*group) {
                    *seen = true;
                }
                let filled = self.filled.get(*group).copied().unwrap_or(0);
                let free = room.get(*group).map_or(0, |room| room.saturating_sub(filled));
                if free > 0 {
                    self.push((from, kind, edge), *group, free, &came);
                    return true;
                }
                for (other, its) in self.behind.get(*group).into_iter().flatten() {
                    let is_new = *other != from && came.get(*other).is_some_and(Option::is_none);
                    if is_new && self.given_to(*other, *its) > 0 {
                        if let Some(way) = came.get_mut(*other) {
                            *way = Some((kind, edge, *its));
                        }
                        open.push_back(*other);
                    }
                }
            }
        }
        false
    }

    fn given_to(&self, kind: usize, edge: usize) -> u64 {
        self.given.get(kind).and_then(|given| given.get(edge)).copied().unwrap_or(0)
    }

    /// Moves as many people as the whole path can carry.
    fn push(&mut self, (from, last, edge): (usize, usize, usize), group: usize, free: u64, came: &[Way]) {
        let way = |kind: usize| came.get(kind).copied().flatten();
        let mut most = free.min(self.left.get(from).copied().unwrap_or(0));
        let mut kind = last;
        while let Some((before, _, its)) = way(kind) {
            most = most.min(self.given_to(kind, its));
            kind = before;
        }
        let mut add = |kind: usize, edge: usize, people: i128| {
            if let Some(given) = self.given.get_mut(kind).and_then(|given| given.get_mut(edge)) {
                *given = (i128::from(*given) + people).max(0) as u64;
            }
        };
        add(last, edge, i128::from(most));
        let mut kind = last;
        while let Some((before, edge, its)) = way(kind) {
            add(kind, its, -i128::from(most));
            add(before, edge, i128::from(most));
            kind = before;
        }
        if let Some(left) = self.left.get_mut(from) {
            *left -= most;
        }
        if let Some(filled) = self.filled.get_mut(group) {
            *filled += most;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kinds(all: &[(&[usize], u64)]) -> Vec<Undecided> {
        let kind = |(groups, people): &(&[usize], u64)| Undecided {
            groups: groups.to_vec(),
            people: *people,
        };
        all.iter().map(kind).collect()
    }

    #[test]
    fn people_are_moved_on_where_another_group_needs_them() {
        // The first can stand anywhere and are given to group 0 first, where the second must stand.
        let all = kinds(&[(&[0, 1], 3), (&[0], 3)]);
        assert_eq!(divide(&all, &[3, 3], &[u64::MAX; 2]), (vec![3, 3], true));
        assert!(!divide(&all, &[3, 4], &[u64::MAX; 2]).1, "group 1 can have three");
        assert!(!divide(&all, &[4, 3], &[u64::MAX; 2]).1, "six are not seven");
        assert!(divide(&all, &[0, 0], &[3, 3]).1);
        assert!(!divide(&all, &[0, 0], &[2, 9]).1, "three can only stand behind group 0");
        // A chain: each moves the next on.
        let chain = kinds(&[(&[0, 1], 1), (&[1, 2], 1), (&[2, 3], 1), (&[0], 1), (&[1], 1)]);
        assert!(divide(&chain, &[1; 4], &[2; 4]).1);
        assert!(!divide(&chain, &[1, 1, 1, 2], &[2; 4]).1);
    }

    #[test]
    fn the_answer_is_that_of_trying_every_division() {
        let mut state = 3u64;
        let mut draw = |below: u64| {
            state = state
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1_442_695_040_888_963_407);
            (state >> 33) % below
        };
        let mut answers = [0, 0];
        for _ in 0..400 {
            let sets: [&[usize]; 7] = [&[0], &[1], &[2], &[0, 1], &[1, 2], &[0, 2], &[0, 1, 2]];
            let all: Vec<Undecided> = (0..3)
                .map(|_| Undecided {
                    groups: sets[draw(7) as usize].to_vec(),
                    people: draw(4),
                })
                .collect();
            let needs: Vec<u64> = (0..3).map(|_| draw(3)).collect();
            let takes: Vec<u64> = needs.iter().map(|need| need + draw(4)).collect();
            let people: Vec<&[usize]> = all
                .iter()
                .flat_map(|kind| std::iter::repeat_n(kind.groups.as_slice(), kind.people as usize))
                .collect();
            let expected = tried(&people, &mut [0; 3], &needs, &takes);
            assert_eq!(divide(&all, &needs, &takes).1, expected, "{all:?} {needs:?} {takes:?}");
            answers[usize::from(expected)] += 1;
        }
        assert!(answers.iter().all(|seen| *seen > 40), "{answers:?}");
    }

    fn tried(people: &[&[usize]], filled: &mut [u64; 3], needs: &[u64], takes: &[u64]) -> bool {
        let Some((first, rest)) = people.split_first() else {
            let mut groups = filled.iter().zip(needs).zip(takes);
            return groups.all(|((filled, need), takes)| need <= filled && filled <= takes);
        };
        first.iter().any(|group| {
            filled[*group] += 1;
            let holds = tried(rest, filled, needs, takes);
            filled[*group] -= 1;
            holds
        })
    }
}
