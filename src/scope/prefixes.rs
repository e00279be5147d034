//! Prefixes in S3 by their path segments: which ones overlap.
//!
//! `s3://lake/flights/` holds `s3://lake/flights/dt={{ ds }}/`, and neither `s3://lake/flights_old/` nor
//! `s3://lake/flights/_temporary/`. A hole and a `*` stand for anything within their segment.

use crate::objects::{Glob, first_wildcard, is_hidden, opened};
use std::collections::BTreeMap;
use std::ops::Bound;

/// A prefix, cut into segments; the first is the bucket.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pattern {
    segments: Vec<Segment>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Segment {
    Exact(String),
    /// A pattern, with the pieces of text between its wildcards.
    Open {
        pieces: Vec<String>,
        glob: Glob,
    },
}

impl Pattern {
    /// Cuts a prefix: `s3://bucket/a/b={{ ds }}/`.
    pub fn new(path: &str) -> Self {
        let path = opened(path.strip_prefix("s3://").unwrap_or(path));
        Self { segments: path.split('/').filter(|part| !part.is_empty()).map(Segment::new).collect() }
    }

    /// Says whether the other one lies in it, be it data or not.
    pub fn holds(&self, other: &Self) -> bool {
        self.segments.len() <= other.segments.len()
            && self.segments.iter().zip(&other.segments).all(|(a, b)| a.may_equal(b))
    }

    /// Says whether one of the two holds objects of the other.
    pub fn overlaps(&self, other: &Self) -> bool {
        let common = self.segments.len().min(other.segments.len());
        let below = self.segments[common..].iter().chain(&other.segments[common..]);
        self.segments.iter().zip(&other.segments).all(|(a, b)| a.may_equal(b)) && !any_hidden(below)
    }
}

impl Segment {
    fn new(text: &str) -> Self {
        // What is no pattern that dagc knows stands in SQL, where it is text.
        match first_wildcard(text).map(|_| Glob::parse(text)) {
            Some(Ok(glob)) => Self::Open { pieces: glob.pieces(), glob },
            Some(Err(_)) | None => Self::Exact(text.to_owned()),
        }
    }

    /// What stands before the first hole.
    fn start(&self) -> &str {
        match self {
            Self::Exact(text) => text,
            Self::Open { pieces, .. } => &pieces[0],
        }
    }

    fn is_hidden(&self) -> bool {
        is_hidden(match self {
            Self::Exact(text) => text,
            Self::Open { glob, .. } => glob.text(),
        })
    }

    fn may_equal(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Exact(a), Self::Exact(b)) => a == b,
            (Self::Open { glob, .. }, Self::Exact(text)) | (Self::Exact(text), Self::Open { glob, .. }) => {
                glob.matches(text)
            }
            // What stands before the first and behind the last hole must not contradict.
            (Self::Open { pieces: a, .. }, Self::Open { pieces: b, .. }) => {
                let (first_a, first_b) = (&a[0], &b[0]);
                let (last_a, last_b) = (&a[a.len() - 1], &b[b.len() - 1]);
                (first_a.starts_with(first_b.as_str()) || first_b.starts_with(first_a.as_str()))
                    && (last_a.ends_with(last_b.as_str()) || last_b.ends_with(last_a.as_str()))
            }
        }
    }
}

/// Objects below a hidden name are no data of the folder that holds it.
fn any_hidden<'s>(mut segments: impl Iterator<Item = &'s Segment>) -> bool {
    segments.any(Segment::is_hidden)
}

/// Finds overlapping prefixes without comparing all with all: a tree of segments.
#[derive(Debug)]
pub struct Prefixes<T> {
    nodes: Vec<Node<T>>,
}

#[derive(Debug)]
struct Node<T> {
    exact: BTreeMap<String, usize>,
    /// Segments with holes by what stands before the first one.
    open: BTreeMap<String, Vec<(Segment, usize)>>,
    here: Vec<T>,
}

impl<T> Default for Node<T> {
    fn default() -> Self {
        Self { exact: BTreeMap::new(), open: BTreeMap::new(), here: Vec::new() }
    }
}

impl<T> Default for Prefixes<T> {
    fn default() -> Self {
        Self { nodes: vec![Node::default()] }
    }
}

impl<T> Node<T> {
    /// Returns the node below a segment that is spelled in the same way.
    fn below(&self, segment: &Segment) -> Option<usize> {
        match segment {
            Segment::Exact(text) => self.exact.get(text).copied(),
            Segment::Open { pieces, .. } => {
                let alike = self.open.get(&pieces[0])?;
                alike.iter().find(|(other, _)| other == segment).map(|(_, next)| *next)
            }
        }
    }

    fn insert(&mut self, segment: &Segment, next: usize) {
        match segment {
            Segment::Exact(text) => {
                self.exact.insert(text.clone(), next);
            }
            Segment::Open { pieces, .. } => {
                self.open.entry(pieces[0].clone()).or_default().push((segment.clone(), next));
            }
        }
    }

    /// Lists the nodes below segments with holes that may be equal to this one.
    fn open_like(&self, segment: &Segment) -> Vec<usize> {
        if self.open.is_empty() {
            return Vec::new();
        }
        // One of the two beginnings is the beginning of the other.
        let start = segment.start();
        let shorter = (0..start.len()).filter_map(|end| self.open.get(start.get(..end)?));
        let longer = beginning_with(&self.open, start).map(|(_, alike)| alike);
        let alike = shorter.chain(longer).flatten();
        alike.filter(|(other, _)| other.may_equal(segment)).map(|(_, next)| *next).collect()
    }
}

/// Lists the entries whose keys begin with a text.
fn beginning_with<'m, V>(
    map: &'m BTreeMap<String, V>,
    start: &'m str,
) -> impl Iterator<Item = (&'m String, &'m V)> {
    let from = (Bound::Included(start), Bound::Unbounded);
    map.range::<str, _>(from).take_while(move |(key, _)| key.starts_with(start))
}

impl<T: Copy> Prefixes<T> {
    /// Adds a prefix.
    pub fn insert(&mut self, pattern: &Pattern, value: T) {
        let mut node = 0;
        for segment in &pattern.segments {
            node = self.nodes[node].below(segment).unwrap_or_else(|| {
                let next = self.nodes.len();
                self.nodes.push(Node::default());
                self.nodes[node].insert(segment, next);
                next
            });
        }
        self.nodes[node].here.push(value);
    }

    /// Calls `found` with every prefix that overlaps this one, in no order.
    pub fn overlapping(&self, pattern: &Pattern, found: &mut impl FnMut(T)) {
        self.walk(0, &pattern.segments, found);
    }

    fn walk(&self, node: usize, rest: &[Segment], found: &mut impl FnMut(T)) {
        let node = &self.nodes[node];
        if !any_hidden(rest.iter()) {
            node.here.iter().copied().for_each(&mut *found);
        }
        let Some((segment, rest)) = rest.split_first() else {
            // Everything below lies in it.
            let exact = node.exact.iter().filter(|(name, _)| !is_hidden(name)).map(|(_, next)| next);
            let open = node.open.values().flatten().filter(|(name, _)| !name.is_hidden());
            for next in exact.chain(open.map(|(_, next)| next)) {
                self.walk(*next, &[], found);
            }
            return;
        };
        match segment {
            Segment::Exact(text) => {
                if let Some(next) = node.exact.get(text) {
                    self.walk(*next, rest, found);
                }
            }
            Segment::Open { pieces, glob } => {
                for (text, next) in beginning_with(&node.exact, &pieces[0]) {
                    if glob.matches(text) {
                        self.walk(*next, rest, found);
                    }
                }
            }
        }
        for next in node.open_like(segment) {
            self.walk(next, rest, found);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prefixes_overlap_by_segments() {
        for (a, b, expected) in [
            ("s3://lake/flights/", "s3://lake/flights/dt={{ ds }}/", true),
            ("s3://lake/flights", "s3://lake/flights/", true),
            ("s3://lake/flights/", "s3://lake/flights_old/", false),
            ("s3://lake/", "s3://lake/x/y/", true),
            ("s3://lake/a/", "s3://raw/a/", false),
            ("s3://lake/dt={{ ds }}/a/", "s3://lake/dt=2026-01-01/b/", false),
            ("s3://lake/dt={{ ds }}/a/", "s3://lake/dt=2026-01-01/", true),
            ("s3://lake/dt={{ ds }}/", "s3://lake/month={{ ds }}/", false),
            ("s3://lake/{{ params.x }}/a/", "s3://lake/b/a/", true),
            ("s3://lake/x/*.csv", "s3://lake/x/a.csv", true),
            ("s3://lake/x/*.csv", "s3://lake/x/a.json", false),
            ("s3://lake/x/*.csv", "s3://lake/x/", true),
            ("s3://in/m1_{{ ds }}.csv", "s3://in/m2_{{ ds }}.csv", false),
            ("s3://in/m_{{ ds }}.csv", "s3://in/m_1_{{ ds }}.csv", true),
            ("s3://in/m_{{ ds }}/a/", "s3://in/m_x/a/b/", true),
            ("s3://in/{{ ds }}_é/", "s3://in/é_{{ ds }}/", true),
            ("s3://lake/{{ macros.ds_format(ds, '%Y-%m-%d', '%Y/%m') }}/x", "s3://lake/a/b/x", true),
            ("s3://lake/{{ macros.ds_format(ds, '%Y-%m-%d', '%Y/%m') }}/x", "s3://lake/a/b/y", false),
            ("s3://lake/x/part-?.csv", "s3://lake/x/part-1.csv", true),
            ("s3://lake/x/part-?.csv", "s3://lake/x/part-10.csv", false),
            ("s3://lake/x/[ab].csv", "s3://lake/x/b.csv", true),
            ("s3://lake/x/[ab].csv", "s3://lake/x/c.csv", false),
            ("s3://lake/x/[ab].csv", "s3://lake/x/", true),
            ("s3://lake/c=*/dt={{ ds }}/", "s3://lake/c=de/", true),
            ("s3://lake/x/", "s3://lake/x/_temporary/0/", false),
            ("s3://lake/x/", "s3://lake/x/y/.hidden", false),
            ("s3://lake/x/", "s3://lake/x/_day=1/", true),
            ("s3://lake/x/_raw/", "s3://lake/x/_raw/dt={{ ds }}/", true),
            ("s3://lake/x/_DONE_{{ ds }}", "s3://lake/x/", false),
            ("s3://lake/x/**", "s3://lake/x/**", true),
        ] {
            assert_eq!(Pattern::new(a).overlaps(&Pattern::new(b)), expected, "{a} {b}");
            assert_eq!(Pattern::new(b).overlaps(&Pattern::new(a)), expected, "{b} {a}");
            let mut index = Prefixes::default();
            index.insert(&Pattern::new(a), 1);
            let mut found = Vec::new();
            index.overlapping(&Pattern::new(b), &mut |value| found.push(value));
            assert_eq!(!found.is_empty(), expected, "{a} {b} by the index");
            assert!(found.len() <= 1, "found once");
        }
    }
}
