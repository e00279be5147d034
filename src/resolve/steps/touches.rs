//! What a step touches beside its input: what it gives, what its SQL names, what it lists, what it comes after.

use super::input::Want;
use super::literal::literal;
use super::{Found, Resolver, is_external};
use crate::plan::{Dataset, Why};
use crate::resolve::{Connection, Data, Named, Need, SqlText, Touch};
use crate::source::{Span, Spanned};
use crate::spec::leaf::TableName;
use crate::spec::step::{CopyMode, StepKind, StepSpec};
use crate::sql::{Access, Target};
use crate::template::Template;
use std::borrow::Cow;
use std::collections::HashMap;
use std::ops::Range;

impl<'a> Resolver<'_, 'a> {
    /// What a step gives is what it writes. A crawler gives the files that it reads, too, and creates tables
    /// whose names are Glue's to choose: dagc guesses them.
    pub(super) fn gives_touches(&self, index: usize, span: Span, found: &mut Found) {
        let kind = &self.spec.steps.steps[index].kind;
        let crawler = matches!(kind, StepKind::GlueCrawler(_));
        let appends = matches!(kind, StepKind::RedshiftCopy(copy) if copy.mode.value == CopyMode::Append);
        for data in &self.gives[index] {
            match data {
                Data::Files { .. } if crawler => {}
                Data::Catalog(_) if crawler => found.touch(Access::Creates, data, span),
                _ if appends => found.touch(Access::Appends, data, span),
                _ => found.touch(Access::Writes, data, span),
            }
        }
    }

    pub(super) fn sql_touches(&self, connection: &Connection<'a>, text: &SqlText<'a>, found: &mut Found) {
        let uses: Vec<(Access, Data<'a>, Range<usize>)> = sql_data(connection, text).collect();
        for (access, data, range) in net(uses) {
            let external = is_external(&data);
            let dataset = data.into_dataset();
            if !found.touches.iter().any(|touch| touch.access == access && touch.dataset == dataset) {
                let span = text.locate(self.scope.files.sources(), range);
                found.touches.push(Touch { access, dataset, span, external, by_name: false });
            }
        }
    }

    pub(super) fn listed_touches(
        &mut self,
        step: &'a StepSpec,
        listed: Option<&'a [Spanned<String>]>,
        access: Access,
        connection: Option<&str>,
        found: &mut Found,
    ) {
        for text in listed.unwrap_or_default() {
            let is_name = !text.contains('.') && !text.contains(':');
            if is_name && access == Access::Reads {
                self.input(step, text, "reads", found, Want::Any);
                continue;
            }
            match literal(text, connection) {
                Ok(data) => found.touch(access, &data, text.span),
                Err(diagnostic) => {
                    self.diagnostics.push(*diagnostic);
                    found.incomplete = true;
                }
            }
        }
    }

    pub(super) fn after(&mut self, step: &'a StepSpec, after: &Spanned<String>, found: &mut Found) {
        match self.names.tasks(after, Some(step)) {
            Named::Steps(tasks) => {
                found.needs.extend(tasks.into_iter().map(|task| Need {
                    task,
                    why: Why::After,
                    span: after.span,
                }));
            }
            Named::Broken => found.incomplete = true,
            Named::Source(_) | Named::Unknown => {
                self.diagnostics.push(self.names.unknown_step(step, "comes after", after, after.span));
                found.incomplete = true;
            }
        }
    }
}

/// What a script does to each table when it is looked at as a whole: `drop; create` makes it, `truncate; insert`
/// rewrites it, and `create; insert; drop` is nobody else's business.
pub(super) fn net<'a>(uses: Vec<(Access, Data<'a>, Range<usize>)>) -> Vec<(Access, Data<'a>, Range<usize>)> {
    // Only what is taken away changes what the rest means.
    if !uses.iter().any(|(access, ..)| matches!(access, Access::Ends | Access::Empties)) {
        return uses;
    }
    let mut net: Vec<Option<(Access, Data<'a>, Range<usize>)>> = Vec::with_capacity(uses.len());
    let mut lives: HashMap<Dataset, Life> = HashMap::new();
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

/// What SQL touches, as data of its connection. Other databases are not ours.
pub(super) fn sql_data<'t, 'a>(
    connection: &Connection<'a>,
    text: &'t SqlText<'a>,
) -> impl Iterator<Item = (Access, Data<'a>, Range<usize>)> + use<'t, 'a> {
    let connection = *connection;
    let uses = text.script.statements.iter().flat_map(|statement| &statement.uses);
    uses.filter_map(move |item| {
        let data = match &item.target {
            Target::Table { database: Some(database), .. }
                if !database.eq_ignore_ascii_case(&connection.spec.database) =>
            {
                return None;
            }
            Target::Table { schema, table, .. } => Data::Table {
                connection: connection.name.to_owned(),
                name: TableName { schema: schema.clone(), table: table.clone() },
            },
            Target::Prefix(path) => Data::Files {
                path: Cow::Owned(Template::parse(path).ok()?),
                whole: None,
                format: None,
                columns: None,
            },
        };
        Some((item.access, data, item.range.clone()))
    })
}
