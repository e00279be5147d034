//! Prefixes in S3 by their path segments: which ones overlap.
//!
//! `s3://lake/flights/` holds `s3://lake/flights/dt={{ ds }}/`, and not `s3://lake/flights_old/`. A hole and
//! a `*` stand for anything within their segment.

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
    /// Pieces of text between which anything may stand.
    Open(Vec<String>),
}

impl Pattern {
    /// Cuts a prefix: `s3://bucket/a/b={{ ds }}/`.
    pub fn new(path: &str) -> Self {
        let rest = path.strip_prefix("s3://").unwrap_or(path);
        let mut segments = Vec::new();
        let mut pieces = vec![String::new()];
        let mut at = 0;
        while at < rest.len() {
            let tail = &rest[at..];
            if let Some(inner) = tail.strip_prefix("{{") {
                at += crate::template::closing(inner).map_or(tail.len(), |length| length + 4);
                pieces.push(String::new());
                continue;
            }
            let c = tail.chars().next().unwrap_or('/');
            match c {
                '/' => segments.extend(Segment::close(std::mem::replace(&mut pieces, vec![String::new()]))),
                '*' => pieces.push(String::new()),
                other => {
                    if let Some(piece) = pieces.last_mut() {
                        piece.push(other);
                    }
                }
            }
            at += c.len_utf8();
        }
        segments.extend(Segment::close(pieces));
        Self { segments }
    }

    /// Says whether one of the two holds objects of the other.
    pub fn overlaps(&self, other: &Self) -> bool {
        self.segments.iter().zip(&other.segments).all(|(a, b)| a.may_equal(b))
    }
}

impl Segment {
    fn close(mut pieces: Vec<String>) -> Option<Self> {
        match pieces.len() {
            1 => pieces.pop().filter(|text| !text.is_empty()).map(Self::Exact),
            _ => Some(Self::Open(pieces)),
        }
    }

    /// What stands before the first hole.
    fn start(&self) -> &str {
        match self {
            Self::Exact(text) => text,
            Self::Open(pieces) => &pieces[0],
        }
    }

    fn may_equal(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Exact(a), Self::Exact(b)) => a == b,
            (Self::Open(pieces), Self::Exact(text)) | (Self::Exact(text), Self::Open(pieces)) => {
                fits(pieces, text)
            }
            // What stands before the first and behind the last hole must not contradict.
            (Self::Open(a), Self::Open(b)) => {
                let (first_a, first_b) = (&a[0], &b[0]);
                let (last_a, last_b) = (&a[a.len() - 1], &b[b.len() - 1]);
                (first_a.starts_with(first_b.as_str()) || first_b.starts_with(first_a.as_str()))
                    && (last_a.ends_with(last_b.as_str()) || last_b.ends_with(last_a.as_str()))
            }
        }
    }
}

fn fits(pieces: &[String], text: &str) -> bool {
    let (first, last) = (&pieces[0], &pieces[pieces.len() - 1]);
    let Some(mut rest) = text.strip_prefix(first.as_str()).and_then(|rest| rest.strip_suffix(last.as_str()))
    else {
        return false;
    };
    for piece in &pieces[1..pieces.len() - 1] {
        let Some(at) = rest.find(piece.as_str()) else { return false };
        rest = &rest[at + piece.len()..];
    }
    true
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
            Segment::Open(pieces) => {
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
            Segment::Open(pieces) => {
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
        node.here.iter().copied().for_each(&mut *found);
        let Some((segment, rest)) = rest.split_first() else {
            // Everything below lies in it.
            let open = node.open.values().flatten().map(|(_, next)| next);
            for next in node.exact.values().chain(open) {
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
            Segment::Open(pieces) => {
                for (text, next) in beginning_with(&node.exact, &pieces[0]) {
                    if fits(pieces, text) {
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
            ("s3://lake/{{ macros.ds_format(ds, '%Y-%m-%d', '%Y/%m') }}/x", "s3://lake/a/x", true),
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
