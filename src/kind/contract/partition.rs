//! The partition that a run of a step writes: what `from:` means by a step that writes partitions.
//!
//! The values of its columns come from `write: {partition: ...}`, or from the paths that the step reads: a
//! source in `.../dt={{ ds }}/` says what `dt` is. Where they do not say all of it, nothing is guessed: to
//! read all partitions that were ever written, a path is written out.

use super::gives::{Parts, Several};
use super::runs::ThisRun;
use super::{Asks, Cx};
use crate::diagnostic::{Code, Diagnostic, list};
use crate::objects::{holes, parts};
use crate::scope::{Data, Named};
use crate::template::Template;
use crate::text::Spanned;
use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

impl<'a> Cx<'_, 'a> {
    /// Narrows the files of a step to those that the run at hand writes, for steps that ask for these.
    pub(super) fn of_one_run(
        &mut self,
        index: usize,
        from: &Spanned<String>,
        data: Data<'a>,
        asks: Asks,
    ) -> Result<Data<'a>, Box<Diagnostic>> {
        let Data::Files { path, format, columns, whole } = data else { return Ok(data) };
        let writer = asks.of_one_run.and_then(|key| Some((key, self.writer_of(index, &path)?)));
        let Some((key, writer)) = writer else {
            return Ok(Data::Files { path, format, columns, whole });
        };
        match self.this_run(writer) {
            ThisRun::Whole => Ok(Data::Files { path, format, columns, whole }),
            ThisRun::Path(own) => {
                Ok(Data::Files { path: Cow::Owned(own), format, columns, whole: Some(path) })
            }
            ThisRun::Unknown(missing) => Err(Box::new(self.unknown(key, writer, from, &path, &missing))),
        }
    }

    fn unknown(
        &self,
        key: &str,
        writer: usize,
        from: &Spanned<String>,
        path: &Template,
        missing: &[String],
    ) -> Diagnostic {
        let other = &self.names.step(writer).name.value;
        let columns = list(&missing.iter().map(String::as_str).collect::<Vec<_>>());
        let word = if missing.len() == 1 { "partition" } else { "partitions" };
        let diagnostic = Diagnostic::new(
            Code::UnknownPartition,
            from.span,
            format!(
                "step `{}` reads what a run of `{other}` writes, and {word} {columns} of that run is not known",
                self.name
            ),
        );
        let parts = self.gives[writer].parts.as_ref();
        let diagnostic = match parts.and_then(|parts| parts.by.first()) {
            Some(first) => diagnostic.also(first.span, "these partitions"),
            None => diagnostic,
        };
        let values: Vec<String> = missing.iter().map(|column| format!("{column}: ...")).collect();
        diagnostic.help(format!(
            "say it in {}`{other}`: `partition: {{{}}}`; to read all that was ever written, write `{key}: {path}`",
            parts.map_or("", |parts| parts.place),
            values.join(", ")
        ))
    }

    /// Finds the step that writes the partitions which a step stands for: the step itself, or the one whose
    /// files it passes on.
    fn writer_of(&self, index: usize, path: &Template) -> Option<usize> {
        let gives = &self.gives[index];
        if gives.several != Several::All {
            return gives.parts.is_some().then_some(index);
        }
        let path = path.to_string();
        let path = path.trim_end_matches('/');
        let is_of = |parts: &Parts<'_>| parts.path.to_string().trim_end_matches('/') == path;
        self.gives.iter().position(|gives| gives.parts.as_ref().is_some_and(is_of))
    }

    /// Finds what a run of a step writes. Each step is looked at once.
    fn this_run(&mut self, index: usize) -> ThisRun {
        if let Some(known) = self.runs.0.get(&index) {
            return known.clone();
        }
        let Some(parts) = self.gives[index].parts else { return ThisRun::Whole };
        // Steps that read each other in a ring are a cycle, which has its own rule.
        self.runs.0.insert(index, ThisRun::Whole);
        let inputs = self.paths_of(index, &parts);
        let run = run_of(&parts, &inputs);
        self.runs.0.insert(index, run.clone());
        run
    }

    /// Lists the paths that a step reads.
    fn paths_of(&mut self, index: usize, parts: &Parts<'a>) -> Vec<String> {
        let mut paths = Vec::new();
        for from in parts.from {
            match self.names.find(from, Some(self.names.step(index))) {
                Named::Source(source) => {
                    let path = self.names.source(source).1.path.as_ref();
                    paths.extend(path.map(|path| path.value.0.to_string()));
                }
                Named::Steps(steps) => {
                    for index in steps {
                        let files = self.gives[index].data.iter().find_map(|data| match data {
                            Data::Files { path, .. } => Some(path.clone()),
                            Data::Catalog(_) | Data::Table { .. } | Data::Jdbc { .. } => None,
                        });
                        let Some(files) = files else { continue };
                        let run = self.writer_of(index, &files).map(|writer| self.this_run(writer));
                        paths.push(match run {
                            Some(ThisRun::Path(own)) => own.to_string(),
                            Some(ThisRun::Whole | ThisRun::Unknown(_)) | None => files.to_string(),
                        });
                    }
                }
                Named::Broken => {}
                Named::Unknown => paths.push(from.value.clone()),
            }
        }
        paths
    }
}

/// Finds what a run writes, given what its job reads.
fn run_of(parts: &Parts<'_>, inputs: &[String]) -> ThisRun {
    let Parts { path, by, given, .. } = *parts;
    let columns: Vec<&str> = by.iter().map(|column| column.value.as_str()).collect();
    let found = values(&columns, inputs);
    let value = |column: &str| match given.and_then(|given| given.get(column)) {
        Some(given) => Some(given.value.to_string()),
        None => found.get(column).cloned(),
    };
    let missing: Vec<String> =
        columns.iter().filter(|column| value(column).is_none()).map(|column| (*column).to_owned()).collect();
    let known = columns.len() - missing.len();
    let base = path.to_string();
    // Columns that are not known are those of which a run writes many values, if all that tells this run from
    // others is in those that are known, or in the path.
    if !missing.is_empty() && given.is_none() {
        let told: BTreeSet<&str> = holes(&base).into_iter().map(|hole| &base[hole]).collect();
        let of_known: Vec<String> = columns.iter().filter_map(|column| value(column)).collect();
        let is_told = |hole: &str| told.contains(hole) || of_known.iter().any(|value| value.contains(hole));
        let all_told = inputs.iter().all(|input| holes(input).into_iter().all(|hole| is_told(&input[hole])));
        if !all_told || (known == 0 && told.is_empty()) {
            return ThisRun::Unknown(missing);
        }
    }
    let last = columns.iter().rposition(|column| value(column).is_some());
    let Some(last) = last else { return ThisRun::Whole };
    let mut text = format!("{}/", base.trim_end_matches('/'));
    for column in &columns[..=last] {
        text.push_str(&format!("{column}={}/", value(column).unwrap_or_else(|| "*".to_owned())));
    }
    Template::parse(&text).map_or(ThisRun::Unknown(missing), ThisRun::Path)
}

/// Reads values of columns from the folders of paths. One for which two paths say two values has none.
fn values(columns: &[&str], inputs: &[String]) -> BTreeMap<String, String> {
    let mut found: BTreeMap<String, Option<String>> = BTreeMap::new();
    for part in inputs.iter().flat_map(|input| parts(input)) {
        let Some((column, value)) = part.split_once('=') else { continue };
        let is_one = crate::objects::first_wildcard(&without_holes(value)).is_none() && !value.is_empty();
        if columns.contains(&column) && is_one {
            found
                .entry(column.to_owned())
                .and_modify(|known| {
                    if known.as_deref() != Some(value) {
                        *known = None;
                    }
                })
                .or_insert_with(|| Some(value.to_owned()));
        }
    }
    found.into_iter().filter_map(|(column, value)| Some((column, value?))).collect()
}

fn without_holes(text: &str) -> String {
    let mut still = text.to_owned();
    for hole in holes(text) {
        still.replace_range(hole.clone(), &"x".repeat(hole.len()));
    }
    still
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lang::decode::Map;
    use crate::text::{FileId, Span};

    fn spanned<T>(value: T) -> Spanned<T> {
        Spanned::new(value, Span::file_start(FileId(0)))
    }

    fn shown(path: &str, by: &[&str], given: &[(&str, &str)], inputs: &[&str]) -> String {
        let path = Template::parse(path).unwrap();
        let given: Vec<_> = given
            .iter()
            .map(|(name, value)| (spanned((*name).to_owned()), spanned(Template::parse(value).unwrap())))
            .collect();
        let given = (!given.is_empty()).then_some(Map(given));
        let by: Vec<_> = by.iter().map(|column| spanned((*column).to_owned())).collect();
        let parts = Parts { path: &path, by: &by, given: given.as_ref(), place: "", from: &[] };
        let inputs: Vec<String> =
            inputs.iter().map(|input| Template::parse(input).unwrap().to_string()).collect();
        match run_of(&parts, &inputs) {
            ThisRun::Whole => "all".to_owned(),
            ThisRun::Path(path) => path.to_string(),
            ThisRun::Unknown(missing) => format!("? {}", missing.join(" ")),
        }
    }

    #[test]
    fn a_run_writes_its_own_partition() {
        const DAY: &str = "s3://raw/e/dt={{ ds }}/";
        const HOUR: &str = "s3://raw/e/dt={{ ds }}/hr={{ ts | format('%H') }}/";
        for (path, by, given, inputs, expected) in [
            ("s3://lake/e/", &["dt"][..], &[][..], &[DAY][..], "s3://lake/e/dt={{ ds }}/"),
            ("s3://lake/e", &["dt"], &[], &[DAY], "s3://lake/e/dt={{ ds }}/"),
            ("s3://lake/e/", &["dt"], &[], &[HOUR], "s3://lake/e/dt={{ ds }}/"),
            (
                "s3://lake/e/",
                &["dt", "hr"],
                &[],
                &[HOUR],
                "s3://lake/e/dt={{ ds }}/hr={{ logical_date | format(\"%H\") }}/",
            ),
            ("s3://lake/e/", &["dt"], &[], &[DAY, "s3://raw/zones/"], "s3://lake/e/dt={{ ds }}/"),
            // A run writes many countries.
            ("s3://lake/e/", &["dt", "country"], &[], &[DAY], "s3://lake/e/dt={{ ds }}/"),
            ("s3://lake/e/", &["country", "dt"], &[], &[DAY], "s3://lake/e/country=*/dt={{ ds }}/"),
            ("s3://lake/e/dt={{ ds }}/", &["country"], &[], &[DAY], "all"),
            ("s3://lake/e/{{ ds }}/", &["country"], &[], &[], "all"),
            // What tells one run from another is not among the columns.
            ("s3://lake/e/", &["dt", "hr"], &[], &["s3://raw/dt={{ ds }}/{{ ts_nodash }}/"], "? hr"),
            ("s3://lake/e/{{ ds }}/", &["hr"], &[], &["s3://raw/{{ ds }}/{{ ts_nodash }}/"], "? hr"),
            ("s3://lake/e/", &["dt"], &[], &["s3://raw/e/{{ ds }}/"], "? dt"),
            ("s3://lake/e/", &["dt"], &[], &["s3://raw/e/"], "? dt"),
            ("s3://lake/e/", &["dt"], &[], &[], "? dt"),
            ("s3://lake/e/", &["dt"], &[], &["s3://raw/dt=*/"], "? dt"),
            ("s3://lake/e/", &["dt"], &[], &[DAY, "s3://b/dt={{ macros.ds_add(ds, -1) }}/"], "? dt"),
            // Said.
            ("s3://lake/e/", &["dt"], &[("dt", "{{ ds }}")], &[], "s3://lake/e/dt={{ ds }}/"),
            ("s3://lake/e/", &["dt"], &[("dt", "x")], &[DAY], "s3://lake/e/dt=x/"),
            (
                "s3://lake/e/",
                &["dt", "c"],
                &[("dt", "{{ ds }}")],
                &["s3://raw/{{ ts }}/"],
                "s3://lake/e/dt={{ ds }}/",
            ),
        ] {
            assert_eq!(shown(path, by, given, inputs), expected, "{path} {by:?} {given:?} {inputs:?}");
        }
    }
}
