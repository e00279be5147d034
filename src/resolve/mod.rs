//! Names to ids: what a pipeline's spec means in one environment.
//!
//! Takes a decoded [`PipelineSpec`] and what its environment gives ([`Scope`]); gives a [`Pipeline`] whose
//! [`Task`]s know their settings, connections, files and SQL, what they touch, and by index what they come
//! after. [`project()`] adds what only all of them together can tell, and [`edges`] joins them: who makes what
//! others read. What cannot be resolved is reported; the task stays, marked as incomplete, so that nothing is
//! reported twice.

pub mod edges;
mod no_data;
mod project;
mod settings;
mod settle;
mod steps;
mod templates;

pub use crate::scope::{
    Connection, Data, FileIndex, Meaning, Named, Names, Need, NoData, Pattern, Prefixes, Scope, Script,
    Touch, UserFile, normalise,
};
pub use no_data::no_data;
pub use project::{Project, project};
pub use settings::merged;
pub(crate) use templates::{each_template, narrowed};

use crate::diagnostic::Diagnostics;
use crate::document::PipelineSpec;
use crate::kind::TaskKind;
use crate::kind::contract::{Checking, SqlUse, Statements};
use crate::sql::Dialect;
use crate::text::FileId;
use std::ops::{Deref, DerefMut};

/// A pipeline in an environment.
#[derive(Debug)]
pub struct Pipeline<'a> {
    /// The file.
    pub file: FileId,
    /// What was written.
    pub spec: &'a PipelineSpec,
    /// Its tasks: the waits of its sources, then its steps, in the order of the file.
    pub tasks: Vec<Task<'a>>,
    /// Something in it is not understood, so that what it makes is not fully known.
    pub incomplete: bool,
}

impl<'a> Pipeline<'a> {
    /// Lists the files with SQL of its steps.
    pub fn sql_files(&self) -> impl Iterator<Item = FileId> {
        self.tasks.iter().flat_map(|task| &task.scripts).filter_map(|script| script.file)
    }

    /// Returns a task as its kind's rules look at it.
    pub fn checking<'c>(&'c self, scope: &'c Scope<'a>, task: &'c Task<'a>) -> Checking<'c, 'a> {
        Checking { scope, pipeline: &self.spec.pipeline.value.0, task: &task.meaning }
    }
}

/// One task: its kind, and what it means, as which it can be used.
#[derive(Debug)]
pub struct Task<'a> {
    /// Its kind, with what is written.
    pub kind: TaskKind<'a>,
    /// What it means.
    pub meaning: Meaning<'a>,
}

impl<'a> Deref for Task<'a> {
    type Target = Meaning<'a>;

    fn deref(&self) -> &Meaning<'a> {
        &self.meaning
    }
}

impl DerefMut for Task<'_> {
    fn deref_mut(&mut self) -> &mut Self::Target {
        &mut self.meaning
    }
}

impl<'a> Task<'a> {
    /// Returns the SQL that it runs in Redshift, if that is what it does; the queries of a check are not.
    pub fn sql(&self) -> Option<&Script<'a>> {
        self.statements().map(|(script, _)| script)
    }

    /// Returns the SQL that it runs in Redshift, and how it does.
    pub fn statements(&self) -> Option<(&Script<'a>, Statements)> {
        match self.kind.sql() {
            SqlUse::Statements(how) if self.kind.dialect() == Dialect::Redshift => {
                Some((self.scripts.first()?, how))
            }
            SqlUse::Statements(_) | SqlUse::Queries => None,
        }
    }

    /// Returns the SQL that it runs, and whether it is one transaction of several statements: one by itself is sent by
    /// itself.
    pub fn batch(&self) -> Option<(&Script<'a>, bool)> {
        let (script, how) = self.statements()?;
        Some((script, how.are_together && script.script.statements.len() > 1))
    }
}

/// Resolves a pipeline.
pub fn pipeline<'a>(
    scope: &Scope<'a>,
    file: FileId,
    spec: &'a PipelineSpec,
    diagnostics: &mut Diagnostics,
) -> Pipeline<'a> {
    let before = diagnostics.error_count();
    let names = spec.names();
    let mut tasks = steps::tasks(scope, spec, &names, diagnostics);
    templates::connect(spec, &names, &mut tasks, scope.files.sources(), diagnostics);
    let incomplete = spec.is_broken() || diagnostics.error_count() > before;
    Pipeline { file, spec, tasks, incomplete }
}
