//! What is known around a step, and what resolving makes of it.
//!
//! [`Scope`] is what all pipelines of an environment share, [`Names`] are the names of one pipeline, [`FileIndex`] finds
//! files. Of a step there is then a [`Meaning`]: how Airflow treats it, the [`Data`] that it takes, its SQL ([`Script`]) and
//! files, its connection, what it touches and what it comes after. Nothing here knows one kind from another.

mod data;
mod files;
mod names;
mod no_data;
mod prefixes;
mod script;
mod substitute;

pub use data::{CatalogTable, Data};
pub use files::{FileIndex, normalise};
pub use names::{Named, Names, waits};
pub use no_data::{NoData, marker, paths_of};
pub use prefixes::{Pattern, Prefixes};
pub use script::{NotUnderstood, Script};

use crate::expand::Variables;
use crate::lang::arn::account_of;
use crate::lang::aws::Region;
use crate::lang::project::{ConnectionSpec, EnvironmentSpec, RedshiftSpec};
use crate::lang::shared::{Defaults, OnKill, TriggerRule};
use crate::lang::step::StepHead;
use crate::lang::value::{AirflowVersion, TableName};
use crate::plan::{Place, Reschedule, TaskSettings, Why};
use crate::sql::Access;
use crate::text::{Span, Spanned};
use std::collections::BTreeMap;
use std::sync::Arc;

/// What all pipelines of an environment share.
#[derive(Clone, Copy, Debug)]
pub struct Scope<'a> {
    /// The project's files.
    pub files: &'a FileIndex<'a>,
    /// The project's name.
    pub project: &'a str,
    /// The environment's name.
    pub environment: &'a Spanned<String>,
    /// What `${...}` means.
    pub variables: &'a Variables,
    /// The environment.
    pub spec: &'a EnvironmentSpec,
    /// The project's defaults.
    pub defaults: Option<&'a Defaults>,
    /// The version of Airflow.
    pub airflow: AirflowVersion,
}

impl<'a> Scope<'a> {
    /// Finds who a name under `connections` is.
    pub fn runs_as(&self, name: &str) -> Option<RunsAs<'a>> {
        let (name, spec) = self.spec.connections.as_ref()?.0.iter().find(|(known, _)| known.value == name)?;
        Some(RunsAs { name, spec })
    }

    /// Finds who a Redshift connection is reached as.
    pub fn reached_as(&self, connection: &Connection<'_>) -> Option<RunsAs<'a>> {
        self.runs_as(connection.spec.connection.as_ref()?)
    }

    /// Returns what two connections to the same database, as two users say, have in common: the name of the
    /// first one.
    fn first_to_the_same(&self, connection: &str) -> Option<&str> {
        let all = &self.spec.redshift.as_ref()?.0;
        if let [_] = all.as_slice() {
            return None;
        }
        let (_, wanted) = all.iter().find(|(name, _)| name.value == connection)?;
        let through = |spec: &RedshiftSpec| spec.connection.as_ref().map(|name| name.value.clone());
        let is_same =
            |spec: &RedshiftSpec| spec.place() == wanted.place() && through(spec) == through(wanted);
        let (first, _) = all.iter().find(|(_, spec)| is_same(spec))?;
        Some(&first.value)
    }

    /// Gives a table that is reached by several connections one name, and tables of another account's Data Catalog names of
    /// their own.
    pub fn one_name(&self, dataset: Place, runs_as: Option<RunsAs<'_>>) -> Place {
        match dataset {
            Place::CatalogTable(name) => {
                let schema = self.database_name(name.schema, runs_as);
                Place::CatalogTable(TableName { schema, ..name })
            }
            Place::Table { connection, name } => {
                let first = self.first_to_the_same(&connection).map(str::to_owned);
                Place::Table { connection: first.unwrap_or(connection), name }
            }
            Place::Prefix(_) | Place::Database { .. } => dataset,
        }
    }

    /// Tells a database of another account's or region's Data Catalog from one of the environment's own.
    pub fn database_name(&self, database: String, runs_as: Option<RunsAs<'_>>) -> String {
        match runs_as.and_then(|runs_as| self.catalog(runs_as)) {
            Some(catalog) => format!("{catalog}/{database}"),
            None => database,
        }
    }

    /// Names the Data Catalog in which a step works that runs as another: by its account and region, where they are not the
    /// environment's.
    pub fn catalog(&self, runs_as: RunsAs<'_>) -> Option<String> {
        let own = self.spec.region.as_ref().map(|region| region.value.0.as_str());
        let region = runs_as.spec.region.as_ref().map(|region| region.value.0.as_str());
        let account = runs_as.account().filter(|account| self.spec.account() != Some(account));
        match (account, region.filter(|region| own != Some(*region))) {
            (Some(account), Some(region)) => Some(format!("{account}:{region}")),
            (Some(one), None) | (None, Some(one)) => Some(one.to_owned()),
            (None, None) => None,
        }
    }
}

/// Who a step runs as, and where, by the name under `connections`.
#[derive(Clone, Copy, Debug)]
pub struct RunsAs<'a> {
    /// Its name, with where it is declared.
    pub name: &'a Spanned<String>,
    /// What it says.
    pub spec: &'a ConnectionSpec,
}

impl<'a> RunsAs<'a> {
    /// Returns the account of its role, where it has one.
    pub fn account(&self) -> Option<&'a str> {
        account_of(&self.spec.role.as_ref()?.value.0)
    }
}

/// A Redshift connection by its name.
#[derive(Clone, Copy, Debug)]
pub struct Connection<'a> {
    /// Its name.
    pub name: &'a str,
    /// What it says.
    pub spec: &'a RedshiftSpec,
}

/// A file of the user's.
#[derive(Clone, Debug)]
pub struct UserFile {
    /// Its path relative to the project.
    pub path: String,
    /// Its bytes.
    pub content: Arc<[u8]>,
}

/// Data that a task touches.
#[derive(Clone, Debug)]
pub struct Touch {
    /// How.
    pub access: Access,
    /// What.
    pub dataset: Place,
    /// Where it is named.
    pub span: Span,
    /// It may lie there without any step that makes it: a source, or a path that is spelled out.
    pub external: bool,
    /// A name of a step stands for it, so that the edge is there already.
    pub by_name: bool,
}

/// A task that is named as coming before another.
#[derive(Clone, Debug)]
pub struct Need {
    /// Its index among the pipeline's tasks.
    pub task: usize,
    /// Why.
    pub why: Why,
    /// Where it is named.
    pub span: Span,
}

/// What a step takes, by the name of a source or a step, or as it is written out.
#[derive(Clone, Debug)]
pub struct Input<'a> {
    /// The name by which it knows it.
    pub name: Option<&'a str>,
    /// What it is.
    pub data: Data<'a>,
    /// It is a path of the step's own, whose template is the step's.
    pub is_own: bool,
}

/// What one task means, whatever its kind.
#[derive(Debug)]
pub struct Meaning<'a> {
    /// Airflow's id.
    pub id: String,
    /// The step as the user names it; for a wait, the source.
    pub name: &'a str,
    /// Where the name is written.
    pub span: Span,
    /// The step, unless it is a wait.
    pub step: Option<&'a StepHead>,
    /// How Airflow treats it.
    pub settings: TaskSettings,
    /// When it may start.
    pub trigger_rule: TriggerRule,
    /// What happens to its job when it is killed.
    pub on_kill: OnKill,
    /// How it waits without a slot; none for one that waits in its slot.
    pub reschedule: Option<Reschedule>,
    /// What it takes.
    pub inputs: Vec<Input<'a>>,
    /// The Redshift connection that it uses.
    pub connection: Option<Connection<'a>>,
    /// Who it runs as, and where, unless that is the environment's.
    pub runs_as: Option<RunsAs<'a>>,
    /// Its SQL, in the order in which it is written.
    pub scripts: Vec<Script<'a>>,
    /// Its files, with where each is named, but for those with SQL.
    pub files: Vec<(Span, UserFile)>,
    /// What it reads and writes.
    pub touches: Vec<Touch>,
    /// What it names as coming before it.
    pub needs: Vec<Need>,
    /// The steps whose outputs its text uses: as written, with the indices of their tasks.
    pub outputs: BTreeMap<String, usize>,
    /// Something in it could not be resolved, and that has been reported.
    pub incomplete: bool,
}

impl Meaning<'_> {
    /// Returns the region in which it runs, with where it is written.
    pub fn region<'s>(&'s self, scope: &Scope<'s>) -> Option<&'s Spanned<Region>> {
        self.runs_as.and_then(|runs_as| runs_as.spec.region.as_ref()).or(scope.spec.region.as_ref())
    }

    /// Returns the table of Redshift that it takes, where it takes one.
    pub fn table(&self) -> Option<&TableName> {
        match self.inputs.first().map(|input| &input.data) {
            Some(Data::Table { name, .. }) => Some(name),
            Some(Data::Files { .. } | Data::Catalog(_) | Data::Jdbc { .. }) | None => None,
        }
    }

    /// Returns the file that is named at a place; none where it is missing, which has been reported.
    pub fn file(&self, at: Span) -> Option<&UserFile> {
        self.files.iter().find(|(span, _)| *span == at).map(|(_, file)| file)
    }
}
