//! `--select`: which pipelines a command works on.

use crate::compile::{Compiled, PipelineFile};
use crate::diagnostic::nearest;
use crate::source::FileId;
use anyhow::{Context, bail};
use clap::Args;
use globset::{Glob, GlobMatcher};
use std::collections::BTreeSet;

/// The pipelines that a command works on.
#[derive(Debug, Args)]
pub(super) struct Select {
    /// Only these pipelines: names, globs (`flights_*`), or tags (`tag:mart`)
    #[arg(long, value_name = "PATTERN", value_delimiter = ',')]
    select: Vec<String>,
}

enum Pattern {
    Name(GlobMatcher),
    Tag(GlobMatcher),
}

impl Select {
    /// Says whether all pipelines are meant.
    pub(super) fn is_all(&self) -> bool {
        self.select.is_empty()
    }

    /// Returns the names of the pipelines that are meant. A pattern that matches none is an error.
    pub(super) fn names<'a>(&self, compiled: &'a Compiled) -> anyhow::Result<Vec<&'a str>> {
        Ok(self.files(compiled)?.into_iter().map(|file| file.name.as_str()).collect())
    }

    /// Returns the files of the pipelines that are not meant.
    pub(super) fn unselected_files(&self, compiled: &Compiled) -> anyhow::Result<BTreeSet<FileId>> {
        let selected: BTreeSet<FileId> = self.files(compiled)?.into_iter().map(|file| file.file).collect();
        Ok(compiled.pipelines.iter().map(|file| file.file).filter(|file| !selected.contains(file)).collect())
    }

    fn files<'a>(&self, compiled: &'a Compiled) -> anyhow::Result<Vec<&'a PipelineFile>> {
        let patterns = self.select.iter().map(|text| parse(text)).collect::<anyhow::Result<Vec<_>>>()?;
        for (pattern, text) in patterns.iter().zip(&self.select) {
            if !compiled.pipelines.iter().any(|file| matches(pattern, file)) {
                let known = compiled.pipelines.iter().map(|file| file.name.as_str());
                match nearest(text, known) {
                    Some(near) => bail!("no pipeline matches `{text}`; did you mean `{near}`?"),
                    None => bail!("no pipeline matches `{text}`"),
                }
            }
        }
        let selected =
            |file: &&PipelineFile| self.is_all() || patterns.iter().any(|pattern| matches(pattern, file));
        Ok(compiled.pipelines.iter().filter(selected).collect())
    }
}

fn parse(text: &str) -> anyhow::Result<Pattern> {
    let glob = |text: &str| {
        let glob = Glob::new(text).with_context(|| format!("`{text}` is no pattern"))?;
        anyhow::Ok(glob.compile_matcher())
    };
    Ok(match text.strip_prefix("tag:") {
        Some(tag) => Pattern::Tag(glob(tag)?),
        None => Pattern::Name(glob(text)?),
    })
}

fn matches(pattern: &Pattern, file: &PipelineFile) -> bool {
    match pattern {
        Pattern::Name(glob) => glob.is_match(&file.name),
        Pattern::Tag(glob) => file.tags.iter().any(|tag| glob.is_match(tag)),
    }
}
