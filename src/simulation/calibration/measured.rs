//! What was measured.

use std::fmt;

const FILE: &str = include_str!("../../../tests/aws/matrix/measured.tsv");

/// What has come of one history.
pub(super) struct Line {
    pub job: &'static str,
    /// At which request something happens; empty when it happens at none.
    pub request: &'static str,
    pub what: &'static str,
    pub come: Come,
}

/// What comes of a history, in the words of the matrix.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Come {
    pub outcome: String,
    /// How the attempts have ended, how many starts were sent, whether the last attempt has found its job; none where it
    /// is another way each time.
    pub course: Option<[String; 3]>,
}

impl fmt::Display for Come {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.outcome)?;
        let Some([attempts, starts, adopted]) = &self.course else { return Ok(()) };
        write!(f, "; attempts: {attempts}; starts: {starts}; adopted: {adopted}")
    }
}

/// Reads the file.
pub(super) fn lines() -> Vec<Line> {
    FILE.lines().skip(1).map(line).collect()
}

fn line(text: &'static str) -> Line {
    let cells: Vec<&str> = text.split('\t').collect();
    let [job, request, what, outcome, course @ ..] = cells.as_slice() else { panic!("too short: {text}") };
    let course = <[&str; 3]>::try_from(course).unwrap_or_else(|_| panic!("not three: {text}"));
    let course = (course[0] != "–").then(|| course.map(str::to_owned));
    Line { job, request, what, come: Come { outcome: (*outcome).to_owned(), course } }
}
