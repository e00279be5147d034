//! Which tasks come after which, over any number of edges.

use super::Reason;
use std::collections::{BTreeMap, HashMap};

/// Ranks tasks so that every edge goes up, where there is no cycle.
pub(super) fn ranks(edges: &BTreeMap<(usize, usize), Vec<Reason>>, count: usize) -> Vec<usize> {
    let mut waiting = vec![0_usize; count];
    let mut after: Vec<Vec<usize>> = vec![Vec::new(); count];
    for (from, to) in edges.keys() {
        waiting[*to] += 1;
        after[*from].push(*to);
    }
    let mut ready: Vec<usize> = (0..count).filter(|n| waiting[*n] == 0).collect();
    let mut rank = vec![count; count];
    let mut next = 0;
    while let Some(node) = ready.pop() {
        rank[node] = next;
        next += 1;
        for to in &after[node] {
            waiting[*to] -= 1;
            if waiting[*to] == 0 {
                ready.push(*to);
            }
        }
    }
    rank
}

/// Which tasks come after which.
#[derive(Debug)]
pub struct Reach {
    after: Vec<Vec<usize>>,
    known: std::cell::RefCell<HashMap<usize, Vec<bool>>>,
}

impl Reach {
    /// Reads the edges of so many tasks.
    pub fn new(edges: &BTreeMap<(usize, usize), Vec<Reason>>, count: usize) -> Self {
        let mut after = vec![Vec::new(); count];
        for (from, to) in edges.keys() {
            after[*from].push(*to);
        }
        Self { after, known: std::cell::RefCell::default() }
    }

    /// Says whether a task comes after another.
    pub fn reaches(&self, from: usize, to: usize) -> bool {
        if self.after[from].is_empty() {
            return false;
        }
        let mut known = self.known.borrow_mut();
        let reached = known.entry(from).or_insert_with(|| {
            let mut reached = vec![false; self.after.len()];
            let mut stack = vec![from];
            while let Some(node) = stack.pop() {
                for next in &self.after[node] {
                    if !std::mem::replace(&mut reached[*next], true) {
                        stack.push(*next);
                    }
                }
            }
            reached
        });
        reached[to]
    }
}
