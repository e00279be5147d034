//! What a step touches beside its input: what it gives, what its SQL names, what it lists, what it comes after.

use super::input::Want;
use super::literal::literal;
use super::{Found, Resolver};
use crate::plan::Why;
use crate::resolve::{Connection, Data, Named, Need, SqlText};
use crate::source::{Span, Spanned};
use crate::spec::leaf::TableName;
use crate::spec::step::{StepKind, StepSpec};
use crate::sql::{Access, Target};
use crate::template::Template;
use std::borrow::Cow;
use std::ops::Range;

impl<'a> Resolver<'_, 'a> {
    /// What a step gives is what it writes. A crawler gives the files that it reads, too, and creates tables
    /// whose names are Glue's to choose: dagc guesses them.
    pub(super) fn gives_touches(&self, index: usize, span: Span, found: &mut Found) {
        let crawler = matches!(self.spec.steps.steps[index].kind, StepKind::GlueCrawler(_));
        for data in &self.gives[index] {
            match data {
                Data::Files { .. } if crawler => {}
                Data::Catalog(_) if crawler => found.touch(Access::Creates, data, span),
                _ => found.touch(Access::Writes, data, span),
            }
        }
    }

    pub(super) fn sql_touches(&self, connection: &Connection<'a>, text: &SqlText<'a>, found: &mut Found) {
        for (access, data, range) in sql_data(connection, text) {
            let span = text.locate(self.scope.files.sources(), range);
            let dataset = data.dataset();
            if !found.touches.iter().any(|touch| touch.access == access && touch.dataset == dataset) {
                found.touch(access, &data, span);
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
            Target::Prefix(path) => {
                Data::Files { path: Cow::Owned(Template::parse(path).ok()?), format: None, columns: None }
            }
        };
        Some((item.access, data, item.range.clone()))
    })
}
