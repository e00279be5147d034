//! What a step touches beside its input: what its SQL names, and what it lists.

use super::connection::connection_name;
use super::gives::{Gives, Nothing, Several};
use super::input::{Asks, Want};
use super::literal::{IN_CATALOG, literal};
use super::{Cx, Known};
use crate::lang::value::TableName;
use crate::plan::Place;
use crate::scope::{Connection, Data, Pattern, Scope, Script, Touch};
use crate::sql::{Access, Target};
use crate::template::Template;
use crate::text::Spanned;
use std::borrow::Cow;
use std::collections::HashMap;
use std::ops::Range;

/// How a step reads what it lists under `reads`.
const LISTED: Asks = Asks { does: "reads", want: Want::Any, of_one_run: None };

impl<'a> Cx<'_, 'a> {
    /// Notes what a script touches.
    pub fn sql_touches(&mut self, connection: &Connection<'a>, text: &Script<'a>) {
        self.note(of_sql(self.scope, connection, text));
    }

    /// Notes what a script touches that is run elsewhere than in Redshift: `data` says what each thing is.
    pub fn sql_touches_of(&mut self, text: &Script<'a>, data: impl Fn(&Target) -> Option<Data<'a>>) {
        self.note(touches(self.scope, text, uses_of(text, data).collect()));
    }

    fn note(&mut self, touches: Vec<Touch>) {
        for touch in touches {
            let is_new = |other: &Touch| (other.access, &other.dataset) != (touch.access, &touch.dataset);
            if self.found.touches.iter().all(is_new) {
                if let (Access::Reads, Place::Prefix(path)) = (touch.access, &touch.dataset) {
                    self.waits_for(&Pattern::new(path), touch.span);
                }
                self.found.touches.push(touch);
            }
        }
    }

    /// Notes what the step lists under `reads` and `writes`. Tables without a place are those of the connection, or
    /// without one of the only one.
    pub fn listed(
        &mut self,
        reads: Option<&'a [Spanned<String>]>,
        writes: Option<&'a [Spanned<String>]>,
        connection: Option<&str>,
    ) {
        let only = connection.or_else(|| connection_name(self.scope, None));
        for (listed, access) in [(reads, Access::Reads), (writes, Access::Writes)] {
            for text in listed.unwrap_or_default() {
                self.listed_one(text, access, only);
            }
        }
    }

    /// Notes what the step lists, where tables without a place are those of the Data Catalog.
    pub fn listed_in_catalog(
        &mut self,
        reads: Option<&'a [Spanned<String>]>,
        writes: Option<&'a [Spanned<String>]>,
    ) {
        for (listed, access) in [(reads, Access::Reads), (writes, Access::Writes)] {
            for text in listed.unwrap_or_default() {
                self.listed_one(text, access, Some(IN_CATALOG));
            }
        }
    }

    fn listed_one(&mut self, text: &'a Spanned<String>, access: Access, connection: Option<&str>) {
        let is_name = !text.contains('.') && !text.contains(':');
        if is_name && access == Access::Reads {
            self.named(text, LISTED);
            return;
        }
        match literal(text, connection) {
            Ok(data) => {
                if let (Access::Reads, Data::Files { path, .. }) = (access, &data) {
                    self.waits_for(&Pattern::new(&path.to_string()), text.span);
                }
                self.touch(access, &data, text.span);
            }
            Err(diagnostic) => {
                self.diagnostics.push(*diagnostic);
                self.found.incomplete = true;
            }
        }
    }
}

impl<'a> Known<'_, 'a> {
    /// What a step gives that does no more for the order of steps than to list what it writes.
    pub fn listed(&self, writes: Option<&[Spanned<String>]>) -> Gives<'a> {
        let only = connection_name(self.scope, None);
        let data = writes.unwrap_or_default().iter().filter_map(|text| literal(text, only).ok()).collect();
        Gives { several: Several::Asked, ..Gives::of(data, Nothing::Unsaid("writes", "has no `writes`")) }
    }

    /// What SQL writes, by itself and by what the step lists.
    pub fn written(
        &self,
        connection: &Connection<'a>,
        script: &Script<'a>,
        listed: Option<&[Spanned<String>]>,
    ) -> Vec<Data<'a>> {
        let listed = listed.unwrap_or_default().iter();
        let listed = listed.filter_map(|text| literal(text, Some(connection.name)).ok());
        made(sql_data(self.scope, connection, script), listed)
    }

    /// What SQL writes that is run elsewhere than in Redshift, by itself and by what the step lists.
    pub fn written_of(
        &self,
        script: &Script<'a>,
        data: impl Fn(&Target) -> Option<Data<'a>>,
        listed: Option<&[Spanned<String>]>,
    ) -> Vec<Data<'a>> {
        let listed = listed.unwrap_or_default().iter();
        made(uses_of(script, data), listed.filter_map(|text| literal(text, Some(IN_CATALOG)).ok()))
    }
}

/// What gets rows, and what is listed; each once.
fn made<'a>(
    uses: impl Iterator<Item = (Access, Data<'a>, Range<usize>)>,
    listed: impl Iterator<Item = Data<'a>>,
) -> Vec<Data<'a>> {
    let by_itself = uses.filter(|(access, ..)| access.gives_rows()).map(|(_, data, _)| data);
    let mut data: Vec<Data<'_>> = Vec::new();
    for found in by_itself.chain(listed) {
        if !data.contains(&found) {
            data.push(found);
        }
    }
    data
}

/// What statements touch, as what it is.
fn uses_of<'t, 'a>(
    text: &'t Script<'a>,
    data: impl Fn(&Target) -> Option<Data<'a>> + 't,
) -> impl Iterator<Item = (Access, Data<'a>, Range<usize>)> + 't {
    let uses = text.script.statements.iter().flat_map(|statement| &statement.uses);
    uses.filter_map(move |item| Some((item.access, data(&item.target)?, item.range.clone())))
}

/// What SQL touches, each thing once in each way.
pub fn of_sql(scope: &Scope<'_>, connection: &Connection<'_>, text: &Script<'_>) -> Vec<Touch> {
    touches(scope, text, sql_data(scope, connection, text).collect())
}

fn touches(scope: &Scope<'_>, text: &Script<'_>, uses: Vec<(Access, Data<'_>, Range<usize>)>) -> Vec<Touch> {
    let mut touches: Vec<Touch> = Vec::new();
    for (access, data, range) in net(uses) {
        let external = data.may_lie_there();
        let dataset = data.into_dataset();
        if !touches.iter().any(|touch| touch.access == access && touch.dataset == dataset) {
            let span = text.locate(scope.files.sources(), range);
            touches.push(Touch { access, dataset, span, external, by_name: false });
        }
    }
    touches
}

/// What a script does to each table when it is looked at as a whole: `drop; create` makes it, `truncate; insert`
/// rewrites it, and `create; insert; drop` is nobody else's business.
fn net<'a>(uses: Vec<(Access, Data<'a>, Range<usize>)>) -> Vec<(Access, Data<'a>, Range<usize>)> {
    // Only what is taken away changes what the rest means.
    if !uses.iter().any(|(access, ..)| matches!(access, Access::Ends | Access::Empties)) {
        return uses;
    }
    let mut net: Vec<Option<(Access, Data<'a>, Range<usize>)>> = Vec::with_capacity(uses.len());
    let mut lives: HashMap<Place, Life> = HashMap::new();
    for (mut access, data, range) in uses {
        let life = lives.entry(data.dataset()).or_default();
        match access {
            Access::Creates => {
                if let Some(dropped) = life.dropped.take() {
                    net[dropped] = None;
                    // What was in use before is emptied, not made.
                    if life.is_used {
                        life.emptied = Some(net.len());
                        access = Access::Empties;
                    }
                }
                life.is_own |= !life.is_used;
            }
            Access::Ends => {
                if let Some(emptied) = life.emptied.take() {
                    net[emptied] = None;
                }
                life.dropped = Some(net.len());
            }
            Access::Empties => life.emptied = Some(net.len()),
            Access::Appends | Access::Writes => {
                if let Some(emptied) = life.emptied.take() {
                    net[emptied] = None;
                    access = Access::Writes;
                }
                life.is_used |= !life.is_own;
            }
            Access::Reads | Access::Alters => life.is_used |= !life.is_own,
            Access::Needs => {}
        }
        net.push(Some((access, data, range)));
    }
    net.into_iter().flatten().collect()
}

/// What has happened to a table so far in a script.
#[derive(Default)]
struct Life {
    /// The script has made it.
    is_own: bool,
    /// What others have made of it has been used.
    is_used: bool,
    /// Where it was dropped, and not made again.
    dropped: Option<usize>,
    /// Where it was emptied, and not filled again.
    emptied: Option<usize>,
}

/// The connection to another database of the same workgroup or cluster; of one that has none, what stands for it.
fn beside(scope: &Scope<'_>, connection: &Connection<'_>, database: &str) -> String {
    let (host, _) = connection.spec.place();
    let all = scope.spec.redshift.iter().flat_map(|redshift| &redshift.0);
    let mut beside = all.filter(|(_, spec)| {
        let (other, name) = spec.place();
        other == host && name.eq_ignore_ascii_case(database)
    });
    beside.next().map_or_else(|| format!("{host}/{database}"), |(name, _)| name.value.clone())
}

/// Files that begin so, as they stand in SQL behind `FROM`, `TO` or `LOCATION`.
pub fn files_of_sql<'a>(path: &str) -> Option<Data<'a>> {
    let path = Cow::Owned(Template::parse(&prefix(path)).ok()?);
    Some(Data::Files { path, whole: None, format: None, columns: None })
}

/// Writes what stands behind `FROM` or `TO` as a pattern: not a folder or an object, but what keys begin with.
fn prefix(text: &str) -> Cow<'_, str> {
    let is_whole = text.ends_with('/') || !text.strip_prefix("s3://").is_some_and(|rest| rest.contains('/'));
    if is_whole { Cow::Borrowed(text) } else { Cow::Owned(format!("{text}*")) }
}

/// What SQL touches, as data of its connection, of another database of the same warehouse, or of the Data Catalog.
fn sql_data<'t, 'a>(
    scope: &Scope<'a>,
    connection: &Connection<'a>,
    text: &'t Script<'a>,
) -> impl Iterator<Item = (Access, Data<'a>, Range<usize>)> + use<'t, 'a> {
    let (scope, connection) = (*scope, *connection);
    let uses = text.script.statements.iter().flat_map(|statement| &statement.uses);
    uses.filter_map(move |item| {
        let data = match &item.target {
            Target::Table { database: Some(database), schema, table }
                if !database.eq_ignore_ascii_case(&connection.spec.database) =>
            {
                let name = TableName { schema: schema.clone(), table: table.clone() };
                match database.as_str() {
                    "awsdatacatalog" => Data::catalog(name),
                    _ => Data::Table { connection: beside(&scope, &connection, database), name },
                }
            }
            Target::Table { schema, table, .. } => Data::Table {
                connection: connection.name.to_owned(),
                name: TableName { schema: schema.clone(), table: table.clone() },
            },
            Target::Prefix(path) => files_of_sql(path)?,
        };
        Some((item.access, data, item.range.clone()))
    })
}
