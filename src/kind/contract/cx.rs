//! What a kind is given by the stages.

use super::gives::Gives;
use super::runs::Runs;
use crate::diagnostic::Diagnostics;
use crate::lang::step::StepHead;
use crate::lang::value::TableName;
use crate::plan::{Place, Why};
use crate::scope::{Connection, Data, Input, Meaning, Named, Names, Need, Pattern, Scope, Script, Touch};
use crate::sql::Access;
use crate::text::{Span, Spanned};

/// What is known before steps are resolved: for [`Kind::gives`](super::Kind::gives).
pub struct Known<'k, 'a> {
    /// The environment.
    pub scope: &'k Scope<'a>,
    /// The names of the pipeline.
    pub names: &'k Names<'a>,
    /// The step, unless it is a wait.
    pub step: Option<&'a StepHead>,
    /// Its SQL.
    pub scripts: &'k [Script<'a>],
    /// What another step gives, by its index.
    pub of_step: &'k dyn Fn(usize) -> Vec<Data<'a>>,
}

impl<'a> Known<'_, 'a> {
    /// Finds what a name gives; nothing where that is not known.
    pub fn of(&self, name: &str) -> Vec<Data<'a>> {
        match self.names.find(name, self.step) {
            Named::Source(source) => Data::of_source(self.names.source(source).1).into_iter().collect(),
            Named::Steps(steps) => steps.into_iter().flat_map(self.of_step).collect(),
            Named::Broken | Named::Unknown => Vec::new(),
        }
    }
}

/// A source that waits: its task, its name, and where the files are.
pub type Waited<'a> = (usize, &'a str, Pattern);

/// A step that is being resolved: for [`Kind::mean`](super::Kind::mean).
pub struct Cx<'r, 'a> {
    /// The environment.
    pub scope: &'r Scope<'a>,
    /// The names of the pipeline.
    pub names: &'r Names<'a>,
    /// What the task is called: the step, or the source that waits.
    pub name: &'a str,
    /// Where a missing key is reported.
    pub kind_span: Span,
    /// The step, unless it is a wait.
    pub step: Option<&'a StepHead>,
    /// What the step itself gives.
    pub own: &'r Gives<'a>,
    /// What each step gives where another one names it.
    pub gives: &'r [Gives<'a>],
    /// The sources that wait.
    pub waited: &'r [Waited<'a>],
    /// What runs of steps that write partitions write.
    pub runs: &'r mut Runs,
    /// Its SQL.
    pub scripts: &'r [Script<'a>],
    /// What has been found.
    pub found: Found<'a>,
    /// Where findings go.
    pub diagnostics: &'r mut Diagnostics,
}

/// What has been found for a step.
#[derive(Debug, Default)]
pub struct Found<'a> {
    /// What it takes.
    pub inputs: Vec<Input<'a>>,
    /// The connection that it uses.
    pub connection: Option<Connection<'a>>,
    /// What it reads and writes.
    pub touches: Vec<Touch>,
    /// What it comes after.
    pub needs: Vec<Need>,
    /// Something could not be resolved, and that has been reported.
    pub incomplete: bool,
}

impl Cx<'_, '_> {
    /// Notes that the step does so to some data.
    pub fn touch(&mut self, access: Access, data: &Data<'_>, span: Span) {
        let external = data.may_lie_there();
        self.found.touches.push(Touch { access, dataset: data.dataset(), span, external, by_name: false });
    }

    /// Notes that the step wants tables of the Data Catalog to be there, and looks at no row of them.
    pub fn needs_in_catalog(&mut self, tables: &[Spanned<TableName>]) {
        for table in tables {
            self.touch(Access::Needs, &Data::catalog(table.value.clone()), table.span);
        }
    }

    /// Notes that the step reads files that are spelled out.
    pub fn reads(&mut self, path: String, span: Span) {
        self.found.touches.push(Touch {
            access: Access::Reads,
            dataset: Place::Prefix(path),
            span,
            external: true,
            by_name: false,
        });
    }

    /// Notes that the step does so to all that it gives.
    pub fn touch_own(&mut self, access: Access, span: Span) {
        let own = self.own;
        for data in &own.data {
            self.touch(access, data, span);
        }
    }

    /// Files for which a source waits are waited for by whatever path they are read.
    pub fn waits_for(&mut self, path: &Pattern, span: Span) {
        for (task, source, waited) in self.waited {
            if waited.overlaps(path) {
                self.found.needs.push(Need { task: *task, why: Why::Wait((*source).to_owned()), span });
            }
        }
    }

    /// Notes that the step comes after another one.
    pub fn after(&mut self, after: &Spanned<String>) {
        match self.names.tasks(after, self.step) {
            Named::Steps(tasks) => {
                self.found.needs.extend(tasks.into_iter().map(|task| Need {
                    task,
                    why: Why::After,
                    span: after.span,
                }));
            }
            Named::Broken => self.found.incomplete = true,
            Named::Source(_) | Named::Unknown => {
                self.diagnostics.push(self.names.unknown_step(self.name, "comes after", after, after.span));
                self.found.incomplete = true;
            }
        }
    }
}

/// A step that is checked by itself: for [`Kind::check`](super::Kind::check).
pub struct Checking<'c, 'a> {
    /// The environment.
    pub scope: &'c Scope<'a>,
    /// The pipeline's name.
    pub pipeline: &'c str,
    /// What the step means.
    pub task: &'c Meaning<'a>,
}

impl Checking<'_, '_> {
    /// Where a missing key is reported.
    pub fn at(&self) -> Span {
        self.task.step.map_or(self.task.span, |step| step.kind_span)
    }

    /// Names the step for a message.
    pub fn what(&self) -> String {
        format!("step `{}`", self.task.name)
    }
}
