//! `--select`: which pipelines a command works on.

use crate::compile::PipelineFile;
use crate::diagnostic::nearest;
use anyhow::{Context, bail};
use clap::Args;
use globset::{Glob, GlobMatcher};

/// The pipelines that a command works on.
#[derive(Debug, Default, Args)]
pub(super) struct Select {
    /// Only these pipelines: names, globs (`flights_*`), or tags (`tag:mart`)
    #[arg(long, value_name = "PATTERN", value_delimiter = ',')]
    select: Vec<String>,
}

/// The patterns of `--select`; without any, all pipelines are meant.
pub(super) struct Patterns<'a>(Vec<(&'a str, Pattern)>);

enum Pattern {
    Name(GlobMatcher),
    Tag(GlobMatcher),
}

impl Select {
    /// Says whether all pipelines are meant.
    pub(super) fn is_all(&self) -> bool {
        self.select.is_empty()
    }

    /// Reads the patterns.
    pub(super) fn patterns(&self) -> anyhow::Result<Patterns<'_>> {
        let parsed = self.select.iter().map(|text| Ok((text.as_str(), parse(text)?)));
        parsed.collect::<anyhow::Result<_>>().map(Patterns)
    }
}

impl Patterns<'_> {
    /// Says whether a pipeline is meant.
    pub(super) fn has(&self, file: &PipelineFile) -> bool {
        self.0.is_empty() || self.0.iter().any(|(_, pattern)| pattern.has(file))
    }

    /// Says of a pattern that matches no pipeline that it is a mistake.
    pub(super) fn check(&self, pipelines: &[PipelineFile]) -> anyhow::Result<()> {
        let idle = self.0.iter().find(|(_, pattern)| !pipelines.iter().any(|file| pattern.has(file)));
        let Some((text, _)) = idle else { return Ok(()) };
        match nearest(text, pipelines.iter().map(|file| file.name.as_str())) {
            Some(near) => bail!("no pipeline matches `{text}`; did you mean `{near}`?"),
            None => bail!("no pipeline matches `{text}`"),
        }
    }
}

impl Pattern {
    fn has(&self, file: &PipelineFile) -> bool {
        match self {
            Self::Name(glob) => glob.is_match(&file.name),
            Self::Tag(glob) => file.tags.iter().any(|tag| glob.is_match(tag)),
        }
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
