//! What is in place of a materialized view, by Redshift's system tables: whether it is there, its comment, its state, and
//! what depends on it.
//!
//! From the Redshift Database Developer Guide: `SVV_MV_INFO`, `SVV_MV_DEPENDENCY`, which workgroups and clusters have, and
//! whose texts end in blanks; `PG_DESCRIPTION`, `PG_DEPEND`. Tables of the leader node and others stand in no query together.

use super::api::Api;
use crate::exec::checks::Rows;
use crate::exec::outcome::Trouble;
use crate::lang::value::TableName;
use crate::sql::write::literal;
use std::collections::{BTreeMap, BTreeSet};

/// What a name stands for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Found {
    Nothing,
    /// Something else, or a materialized view that is somebody else's.
    Other,
    View {
        comment: String,
        refreshes_itself: bool,
        /// Above 100 it cannot be refreshed.
        state: i64,
    },
}

/// A view that depends on another one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Dependent {
    pub name: TableName,
    pub is_materialized: bool,
}

/// Looks for a materialized view.
pub(super) async fn look(api: &Api, name: &TableName) -> Result<Found, Trouble> {
    let catalog = format!(
        "SELECT d.description FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace LEFT JOIN \
         pg_catalog.pg_description d ON d.objoid = c.oid AND d.objsubid = 0 AND d.classoid = \
         'pg_catalog.pg_class'::regclass WHERE n.nspname = {} AND c.relname = {}",
        literal(&name.schema),
        literal(&name.table)
    );
    let rows = api.query(&catalog).await?;
    let Some(row) = rows.cells.first() else { return Ok(Found::Nothing) };
    let comment = rows.value(row, "description").unwrap_or_default().to_owned();
    let rows = api
        .query(&format!(
            "SELECT state, autorefresh FROM svv_mv_info WHERE RTRIM(database_name) = {} AND RTRIM(schema_name) = {} AND \
             RTRIM(name) = {}",
            literal(&api.connection.database),
            literal(&name.schema),
            literal(&name.table)
        ))
        .await?;
    let Some(row) = rows.cells.first() else { return Ok(Found::Other) };
    let state = rows.value(row, "state").and_then(|state| state.parse().ok()).unwrap_or_default();
    // The guide says `t`, and shows `1`.
    let refreshes_itself = matches!(rows.value(row, "autorefresh"), Some("t" | "true" | "1"));
    Ok(Found::View { comment, refreshes_itself, state })
}

/// Finds what depends on a view, through any number of views, in an order in which it can be dropped.
pub(super) async fn on_top(api: &Api, name: &TableName) -> Result<Vec<Dependent>, Trouble> {
    let mut on_top: BTreeMap<TableName, Vec<TableName>> = BTreeMap::new();
    let mut materialized: BTreeSet<TableName> = BTreeSet::new();
    let mut open = vec![name.clone()];
    while let Some(view) = open.pop() {
        if on_top.contains_key(&view) {
            continue;
        }
        let by_rule = names(&api.query(&by_rule(&view)).await?);
        let of_views = names(&api.query(&of_views(&api.connection.database, &view)).await?);
        materialized.extend(of_views.iter().cloned());
        let mut found: Vec<TableName> =
            by_rule.into_iter().chain(of_views).filter(|found| *found != view).collect();
        found.sort_unstable();
        found.dedup();
        open.extend(found.iter().cloned());
        on_top.insert(view, found);
    }
    let order = dependents_first(&on_top, name);
    let dependent = |name: TableName| Dependent { is_materialized: materialized.contains(&name), name };
    Ok(order.into_iter().map(dependent).collect())
}

/// The views whose rules name a view. That of a materialized view names the table with its rows, which is its own.
fn by_rule(view: &TableName) -> String {
    let rows = format!("mv_tbl__{}__0", view.table);
    format!(
        "SELECT DISTINCT n.nspname AS schema_name, c.relname AS name FROM pg_catalog.pg_depend d JOIN pg_catalog.pg_rewrite r \
         ON r.oid = d.objid JOIN pg_catalog.pg_class c ON c.oid = r.ev_class JOIN pg_catalog.pg_namespace n ON n.oid = \
         c.relnamespace JOIN pg_catalog.pg_class b ON b.oid = d.refobjid JOIN pg_catalog.pg_namespace s ON s.oid = \
         b.relnamespace WHERE d.classid = 'pg_catalog.pg_rewrite'::regclass AND d.refclassid = \
         'pg_catalog.pg_class'::regclass AND s.nspname = {} AND b.relname IN ({}, {})",
        literal(&view.schema),
        literal(&view.table),
        literal(&rows)
    )
}

/// The materialized views on a materialized view.
fn of_views(database: &str, view: &TableName) -> String {
    format!(
        "SELECT schema_name, name FROM svv_mv_dependency WHERE RTRIM(database_name) = {} AND RTRIM(dependent_schema_name) = {} \
         AND RTRIM(dependent_name) = {}",
        literal(database),
        literal(&view.schema),
        literal(&view.table)
    )
}

fn names(rows: &Rows) -> Vec<TableName> {
    let name = |row: &Vec<Option<String>>| {
        let part = |column| rows.value(row, column).map(str::to_owned);
        Some(TableName { schema: part("schema_name")?, table: part("name")? })
    };
    rows.cells.iter().filter_map(name).collect()
}

/// Puts those that nothing depends on first; the view itself is not among them.
fn dependents_first(on_top: &BTreeMap<TableName, Vec<TableName>>, name: &TableName) -> Vec<TableName> {
    let mut left: BTreeMap<&TableName, &[TableName]> = on_top
        .iter()
        .filter(|(view, _)| *view != name)
        .map(|(view, dependents)| (view, dependents.as_slice()))
        .collect();
    let mut order = Vec::with_capacity(left.len());
    while let Some(free) = left
        .iter()
        .find(|(_, dependents)| !dependents.iter().any(|other| left.contains_key(other)))
        .map(|(view, _)| *view)
        // A ring cannot be; dropping its members fails then, and says so.
        .or_else(|| left.keys().next().copied())
    {
        left.remove(free);
        order.push(free.clone());
    }
    order
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_nothing_depends_on_is_dropped_first() {
        let name = |table: &str| TableName { schema: "mart".to_owned(), table: table.to_owned() };
        let order = |edges: &[(&str, &[&str])]| -> Vec<String> {
            let on_top = edges
                .iter()
                .map(|(view, dependents)| (name(view), dependents.iter().map(|other| name(other)).collect()));
            let order = dependents_first(&on_top.collect(), &name("v"));
            order.into_iter().map(|name| name.table).collect()
        };
        assert_eq!(order(&[("v", &[])]), [""; 0]);
        // A diamond, whichever name comes first.
        assert_eq!(order(&[("v", &["a", "b"]), ("a", &["b"]), ("b", &[])]), ["b", "a"]);
        assert_eq!(order(&[("v", &["a", "b"]), ("b", &["a"]), ("a", &[])]), ["a", "b"]);
        assert_eq!(order(&[("v", &["a"]), ("a", &["a"])]), ["a"]);
    }
}
