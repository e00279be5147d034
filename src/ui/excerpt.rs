//! The lines of a file that a finding marks, with long ones cut around the marks.
//!
//! A line may be as long as a file, and a mark as long as a line: what is shown of either is bounded, so that
//! a report is never much longer than what is wrong.

use std::ops::Range;

/// How many characters of a line are shown before it is cut.
const LINE: usize = 240;

/// How many characters are shown on each side of a cut.
const AROUND: usize = 60;

/// What stands for what is left out.
const GAP: &str = "…";

/// Lines of a text, shortened.
pub(super) struct Excerpt {
    /// What is shown.
    pub(super) text: String,
    /// Where each piece that is kept began in the whole text, where it begins now, and its bytes.
    kept: Vec<(usize, usize, usize)>,
}

impl Excerpt {
    /// Shows the lines in `range` of `text`, in which these bytes are marked. None when no line is long.
    pub(super) fn of(text: &str, range: Range<usize>, marks: &[Range<usize>]) -> Option<Self> {
        let shown = &text[range.clone()];
        let is_long = |line: &str| line.len() > LINE && line.chars().nth(LINE).is_some();
        if !shown.lines().any(is_long) {
            return None;
        }
        let mut excerpt = Self { text: String::new(), kept: Vec::new() };
        let mut at = range.start;
        for line in shown.split_inclusive('\n') {
            if is_long(line.trim_end_matches('\n')) {
                excerpt.cut(text, at..at + line.len(), marks);
            } else {
                excerpt.keep(text, at..at + line.len());
            }
            at += line.len();
        }
        Some(excerpt)
    }

    /// Returns the place in the excerpt of a place in the whole text.
    pub(super) fn place(&self, offset: usize) -> usize {
        let after = self.kept.partition_point(|(began, ..)| *began <= offset);
        let Some((began, begins, length)) = after.checked_sub(1).map(|last| self.kept[last]) else {
            return 0;
        };
        // What is left out stands at its gap.
        begins + (offset - began).min(length)
    }

    fn keep(&mut self, text: &str, range: Range<usize>) {
        self.kept.push((range.start, self.text.len(), range.len()));
        self.text.push_str(&text[range]);
    }

    /// Keeps of a line what lies around the ends of the marks.
    fn cut(&mut self, text: &str, line: Range<usize>, marks: &[Range<usize>]) {
        let ends = marks.iter().flat_map(|mark| [mark.start, mark.end]);
        let mut wanted: Vec<Range<usize>> = ends
            .filter(|end| line.contains(end) || (*end == line.end && !text[line.clone()].ends_with('\n')))
            .map(|end| back(text, line.start, end)..forth(text, line.end, end))
            .collect();
        if wanted.is_empty() {
            wanted.push(line.start..forth(text, line.end, line.start));
        }
        wanted.sort_unstable_by_key(|range| range.start);
        let mut at = line.start;
        for range in wanted {
            let start = range.start.max(at);
            if start > at || (at == line.start && start > line.start) {
                self.text.push_str(GAP);
            }
            if range.end > start {
                self.keep(text, start..range.end);
                at = range.end;
            }
        }
        if at < line.end {
            self.text.push_str(GAP);
            if text[line.clone()].ends_with('\n') && at < line.end {
                self.keep(text, line.end - 1..line.end);
            }
        }
    }
}

/// Goes back from an offset by as many characters as are shown around a mark.
fn back(text: &str, least: usize, offset: usize) -> usize {
    text[least..offset].char_indices().rev().nth(AROUND - 1).map_or(least, |(at, _)| least + at)
}

/// The same, on from an offset.
fn forth(text: &str, most: usize, offset: usize) -> usize {
    text[offset..most].char_indices().nth(AROUND).map_or(most, |(at, _)| offset + at)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A mark stands between `[` and `]`; what is shown has them in the same places.
    fn check(written: &str, expected: &str) {
        let (before, rest) = written.split_once('[').unwrap();
        let (inside, after) = rest.split_once(']').unwrap();
        let text = format!("{before}{inside}{after}");
        let mark = before.len()..before.len() + inside.len();
        let excerpt = Excerpt::of(&text, 0..text.len(), std::slice::from_ref(&mark)).unwrap();
        let (start, end) = (excerpt.place(mark.start), excerpt.place(mark.end));
        let shown =
            format!("{}[{}]{}", &excerpt.text[..start], &excerpt.text[start..end], &excerpt.text[end..]);
        assert_eq!(shown, expected);
    }

    #[test]
    fn long_lines_are_cut_around_the_marks() {
        let (a, b, long) = ("a".repeat(60), "é".repeat(60), "x".repeat(500));
        check(&format!("{long}{a}[here]{b}{long}"), &format!("…{a}[here]{}…", "é".repeat(60)));
        check(&format!("[here]{b}{long}\nnext"), &format!("[here]{b}…\nnext"));
        check(&format!("{long}{a}[here]"), &format!("…{a}[here]"));
        check(&format!("{long}{a}[here\nto there]"), &format!("…{a}[here\nto there]"));
        check(&format!("{a}[{a}{long}{b}]{a}{long}"), &format!("{a}[{a}…{b}]{a}…"));
        check(&format!("[short]\n{long}\n"), &format!("[short]\n{a}…\n", a = "x".repeat(60)));
        assert!(Excerpt::of(&"x".repeat(LINE), 0..LINE, &[]).is_none());
    }
}
