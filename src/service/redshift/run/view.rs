//! Materialized views: what is in place, and the statements that lead from there to what is wanted.
//!
//! Redshift shows no text of a view that could be compared with the wanted one, and `ALTER` changes none. So the view's
//! comment carries a mark, the hash of the definition that it was made with (Redshift Database Developer Guide,
//! "COMMENT"; of a materialized view it is a `VIEW`'s). A view is made, or dropped and made anew, together with its mark, in
//! one transaction: who reads sees the one or the other. `REFRESH` is sent by itself, since it sees committed rows only
//! ("REFRESH MATERIALIZED VIEW", usage notes).

use super::api::Api;
use super::batch::{Batch, Role, Sql};
use super::view_state::{Found, look, on_top};
use crate::exec::key::content;
use crate::exec::log::Log;
use crate::exec::outcome::{Failure, Outputs, Trouble};
use crate::lang::value::TableName;
use crate::service::redshift::job::MaterializedView;
use crate::service::redshift::job::view::Distribution;
use crate::sql::write::{self, Unfilled, identifier, identifiers, literal, qualified};
use crate::template::RunValues;
use aws_sdk_redshiftdata::operation::describe_statement::DescribeStatementOutput;
use serde_json::json;

/// What a mark begins with.
const MARK: &str = "dagc:definition:";

/// A view whose query is complete.
pub(super) struct ViewJob {
    view: MaterializedView,
    query: String,
}

/// What is done about a view.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Action {
    Create,
    /// It is dropped before, for this reason.
    Recreate(String),
    /// Whether Redshift refreshes it by itself is changed before.
    Refresh {
        is_altered: bool,
    },
}

impl ViewJob {
    pub(crate) fn new(view: &MaterializedView, values: &RunValues) -> Result<Self, Unfilled> {
        Ok(Self { view: view.clone(), query: write::render(&view.query.0, values)? })
    }

    /// Returns the hash of what is wanted. What is done about it depends on what is in place when the job starts.
    pub(crate) fn content(&self) -> String {
        let dropped: Vec<String> = self.view.drop_with.iter().map(ToString::to_string).collect();
        content([self.create().as_str()].into_iter().chain(dropped.iter().map(String::as_str)))
    }

    /// Looks at what is in place, and says what is sent.
    pub(crate) async fn prepare(&self, api: &Api, log: &Log<'_>) -> Result<Batch, Trouble> {
        let name = &self.view.name;
        let action = self.action(look(api, name).await?)?;
        let sqls = match &action {
            Action::Create => {
                log.info(format!("there is no {name}: it is made"));
                self.made()
            }
            Action::Recreate(why) => {
                log.info(format!("{name} is made anew: {why}"));
                let mut sqls = self.dropped(api, why, log).await?;
                sqls.extend(self.made());
                sqls
            }
            Action::Refresh { is_altered } => {
                if *is_altered {
                    let whether = self.auto_refresh();
                    log.info(format!("{name} gets {whether}"));
                    api.query(&format!("ALTER MATERIALIZED VIEW {} {whether}", quoted(name))).await?;
                }
                vec![Sql::new(Role::RefreshView, format!("REFRESH MATERIALIZED VIEW {}", quoted(name)))]
            }
        };
        let batch = Batch { sqls, transaction: true, params: Vec::new() };
        batch.validate()?;
        Ok(batch)
    }

    /// Compares what is in place with what is wanted.
    fn action(&self, found: Found) -> Result<Action, Failure> {
        let name = &self.view.name;
        match found {
            Found::Nothing => Ok(Action::Create),
            Found::Other => Err(Failure::for_good(format!(
                "there is something called {name}, and it is no materialized view of this user: a table, another view, or \
                 one of somebody else's, which only its owner refreshes and drops. Give the step another name, or take it \
                 away"
            ))),
            Found::View { state, .. } if state > 100 => Ok(Action::Recreate(
                "a table behind it has changed, and Redshift cannot refresh it".to_owned(),
            )),
            Found::View { comment, refreshes_itself, .. } => match mark_of(&comment) {
                None => {
                    Ok(Action::Recreate("nobody has marked with which definition it was made".to_owned()))
                }
                Some(mark) if mark != self.mark() => {
                    Ok(Action::Recreate("its definition has changed".to_owned()))
                }
                Some(_) => Ok(Action::Refresh { is_altered: refreshes_itself != self.view.auto_refresh }),
            },
        }
    }

    /// Drops the view, after those on it that the step names. Nothing goes that nobody has named.
    async fn dropped(&self, api: &Api, why: &str, log: &Log<'_>) -> Result<Vec<Sql>, Trouble> {
        let name = &self.view.name;
        let on_top = on_top(api, name).await?;
        let unnamed: Vec<String> = on_top
            .iter()
            .filter(|view| !self.view.drop_with.contains(&view.name))
            .map(|view| view.name.to_string())
            .collect();
        if !unnamed.is_empty() {
            return Err(Failure::for_good(format!(
                "{name} has to be made anew: {why}. {} on it, so that Redshift refuses to drop it, and dagc drops nothing \
                 that nobody has named: nothing was changed. Name what steps make again in `drop_with`, or drop it \
                 yourself, or make it `WITH NO SCHEMA BINDING`",
                depend(&unnamed)
            ))
            .into());
        }
        let mut sqls = Vec::new();
        for view in &on_top {
            log.warning(format!("{} is dropped with it: the step that makes it has to run again", view.name));
            let kind = if view.is_materialized { "MATERIALIZED VIEW" } else { "VIEW" };
            sqls.push(Sql::new(Role::DropView, format!("DROP {kind} {}", quoted(&view.name))));
        }
        sqls.push(Sql::new(Role::DropView, format!("DROP MATERIALIZED VIEW {}", quoted(name))));
        Ok(sqls)
    }

    /// Makes the view, and marks it.
    fn made(&self) -> Vec<Sql> {
        let mark = literal(&format!("{MARK}{}", self.mark()));
        vec![
            Sql::new(Role::MakeView, self.create()),
            Sql::new(Role::MakeView, format!("COMMENT ON VIEW {} IS {mark}", quoted(&self.view.name))),
        ]
    }

    /// The hash of the definition; what `ALTER` can change is no part of it.
    fn mark(&self) -> String {
        content([self.head().as_str(), &self.query])
    }

    fn create(&self) -> String {
        format!("{} {} AS {}", self.head(), self.auto_refresh(), self.query)
    }

    fn head(&self) -> String {
        let mut sql = format!("CREATE MATERIALIZED VIEW {}", quoted(&self.view.name));
        sql.push_str(if self.view.backup { "" } else { " BACKUP NO" });
        match &self.view.distribution {
            Some(Distribution::Even) => sql.push_str(" DISTSTYLE EVEN"),
            Some(Distribution::All) => sql.push_str(" DISTSTYLE ALL"),
            Some(Distribution::Key(column)) => {
                sql.push_str(&format!(" DISTSTYLE KEY DISTKEY ({})", identifier(column)));
            }
            None => {}
        }
        if !self.view.sort_key.is_empty() {
            sql.push_str(&format!(" SORTKEY ({})", identifiers(&self.view.sort_key)));
        }
        sql
    }

    fn auto_refresh(&self) -> &'static str {
        if self.view.auto_refresh { "AUTO REFRESH YES" } else { "AUTO REFRESH NO" }
    }

    /// Says what was done, also when another attempt has started it.
    pub(crate) async fn outputs(
        &self,
        api: &Api,
        described: &DescribeStatementOutput,
        log: &Log<'_>,
    ) -> Result<Outputs, Trouble> {
        let done = match described.sub_statements() {
            [] => "refreshed",
            [_, _] => "created",
            _ => "recreated",
        };
        let refresh = match done {
            "refreshed" => self.refresh(api, described.redshift_pid, log).await,
            _ => None,
        };
        log.info(match &refresh {
            Some(refresh) => format!("{} was {done}: {refresh}", self.view.name),
            None => format!("{} was {done}", self.view.name),
        });
        let outputs = [("done", json!(done)), ("refresh", json!(refresh))];
        Ok(outputs.into_iter().map(|(name, value)| (name.to_owned(), value)).collect())
    }

    /// What Redshift says of the refresh of a session.
    async fn refresh(&self, api: &Api, session: i64, log: &Log<'_>) -> Option<String> {
        let TableName { schema, table } = &self.view.name;
        let sql = format!(
            "SELECT status FROM sys_mv_refresh_history WHERE session_id = {session} AND RTRIM(schema_name) = {} AND \
             RTRIM(mv_name) = {} ORDER BY start_time DESC LIMIT 1",
            literal(schema),
            literal(table)
        );
        match api.query(&sql).await {
            Ok(rows) => rows.value(rows.cells.first()?, "status").map(str::to_owned),
            Err(trouble) => {
                log.warning(format!("how it was refreshed is not known: {}", Failure::from(trouble).message));
                None
            }
        }
    }
}

fn quoted(name: &TableName) -> String {
    qualified(&name.schema, &name.table)
}

fn depend(names: &[String]) -> String {
    format!("{} depend{}", names.join(", "), if names.len() == 1 { "s" } else { "" })
}

/// Reads the mark among what else may stand in a comment.
fn mark_of(comment: &str) -> Option<&str> {
    let (_, rest) = comment.split_once(MARK)?;
    let end = rest.find(|c: char| !c.is_ascii_hexdigit()).unwrap_or(rest.len());
    Some(&rest[..end])
}

/// The roles of statements that were sent, also by an attempt before this one.
pub(super) fn roles(described: Option<&DescribeStatementOutput>) -> Vec<Role> {
    let Some(described) = described else { return Vec::new() };
    let role = |sql: Option<&str>| match sql.and_then(|sql| sql.split_whitespace().next()) {
        Some("DROP") => Role::DropView,
        Some("REFRESH") => Role::RefreshView,
        _ => Role::MakeView,
    };
    match described.sub_statements() {
        [] => vec![role(described.query_string.as_deref())],
        parts => parts.iter().map(|part| role(part.query_string.as_deref())).collect(),
    }
}

/// What a failure means that comes of others who have changed something since dagc has looked.
pub(super) fn plain_words(role: Role, error: &str) -> Option<Failure> {
    match role {
        Role::DropView if error.contains("depend") => Some(Failure::for_good(format!(
            "other views depend on what has to be made anew, so that Redshift refuses to drop it; nothing was changed. Name \
             them in `drop_with` where steps make them again, or drop them yourself: {error}"
        ))),
        Role::MakeView if error.contains("already exists") => {
            Some(Failure::retry("somebody else has made the view in the meantime: nothing was changed"))
        }
        Role::DropView | Role::RefreshView if error.contains("does not exist") => {
            Some(Failure::retry("somebody else has dropped the view in the meantime: nothing was changed"))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests;
