//! Materialized views: made, refreshed, and made anew where their definition has changed.

use super::lab::lab;
use super::task::{Ended, Task};
use serde_json::{Value, json};

/// A warehouse of its own with a table `mart.t` of one row.
fn warehouse(name: &str) {
    lab().sql(name, "create schema mart; create table mart.t (day date, n int); insert into mart.t values ('2026-01-31', 1)");
}

fn view(warehouse: &str, query: &str, changes: &Value) -> Value {
    let mut body = json!({
        "type": "materialized_view", "name": { "schema": "mart", "table": "v" }, "query": query, "backup": true,
        "auto_refresh": false,
    });
    body.as_object_mut().unwrap().extend(changes.as_object().unwrap().clone());
    json!({ "type": "run_sql", "connection": { "workgroup": warehouse, "database": "analytics" }, "body": body })
}

const QUERY: &str = "select day, sum(n) as n from mart.t group by day";
const OTHER: &str = "select day, sum(n) as n, count(*) as rows from mart.t group by day";

fn done(ended: &Ended) -> &str {
    ended.outputs["done"].as_str().unwrap()
}

/// What stands in the comment of the view.
fn comment(warehouse: &str) -> Value {
    lab().sql(warehouse, "select description from pg_description where objoid = 'mart.v'::regclass")
}

#[test]
fn a_view_is_made_once_and_refreshed_by_later_runs() {
    let name = "view-made";
    warehouse(name);
    let task = |run: &str| Task::new(&format!("{name}-{run}"), view(name, QUERY, &json!({})));
    let first = task("1").run().expect(0).says("there is no mart.v: it is made");
    assert_eq!((done(&first), &first.outputs["refresh"]), ("created", &Value::Null));
    let mark = comment(name);
    assert!(mark[0][0].as_str().unwrap().starts_with("dagc:definition:"), "{mark}");
    lab().sql(name, "insert into mart.t values ('2026-01-31', 4)");
    let second =
        task("2").run().expect(0).says("mart.v was refreshed: Refresh successfully updated MV incrementally");
    assert_eq!(done(&second), "refreshed");
    assert_eq!(lab().sql(name, "select n from mart.v"), json!([[5]]));
    assert_eq!(comment(name), mark);
    // A refresh that is repeated after its end is adopted; what it has done is still known.
    let again = task("2").retry().run().expect(0);
    assert_eq!((done(&again), &again.outputs["adopted"]), ("refreshed", &json!(true)));
}

#[test]
fn another_definition_is_another_view() {
    let name = "view-anew";
    warehouse(name);
    Task::new("view-anew-1", view(name, QUERY, &json!({}))).run().expect(0);
    let changed = Task::new("view-anew-2", view(name, OTHER, &json!({})));
    let ended = changed.run().expect(0).says("its definition has changed");
    assert_eq!(done(&ended), "recreated");
    assert_eq!(done(&changed.retry().run().expect(0)), "recreated");
    assert_eq!(lab().sql(name, "select n, rows from mart.v"), json!([[1, 1]]));
    let sorted = json!({ "sort_key": ["day"], "distribution": "all", "backup": false });
    assert_eq!(done(&Task::new("view-anew-3", view(name, OTHER, &sorted)).run().expect(0)), "recreated");
    assert_eq!(done(&Task::new("view-anew-4", view(name, OTHER, &sorted)).run().expect(0)), "refreshed");
    // Somebody has made it by hand.
    lab().sql(name, "drop materialized view mart.v; create materialized view mart.v as select 1 as n");
    let by_hand = Task::new("view-anew-5", view(name, OTHER, &sorted)).run().expect(0);
    assert_eq!(done(&by_hand.says("nobody has marked")), "recreated");
    // A column of its table was dropped: Redshift refreshes it no more.
    lab().sql(name, "update redshift_catalog.views set state = 101");
    let broken = Task::new("view-anew-6", view(name, OTHER, &sorted)).run().expect(0);
    assert_eq!(done(&broken.says("Redshift cannot refresh it")), "recreated");
}

#[test]
fn a_query_that_fails_leaves_the_old_view() {
    let name = "view-wrong";
    warehouse(name);
    Task::new("view-wrong-1", view(name, QUERY, &json!({}))).run().expect(0);
    let wrong = Task::new("view-wrong-2", view(name, "select nothing from mart.t", &json!({})));
    wrong.run().expect(78).says("CREATE MATERIALIZED VIEW");
    assert_eq!(lab().sql(name, "select n from mart.v"), json!([[1]]));
}

#[test]
fn what_depends_on_a_view_is_told_and_not_taken_away() {
    let name = "view-held";
    warehouse(name);
    Task::new("view-held-1", view(name, QUERY, &json!({}))).run().expect(0);
    lab().sql(
        name,
        "create materialized view mart.w as select n from mart.v; create view mart.x as select n from mart.w",
    );
    let held = Task::new("view-held-2", view(name, OTHER, &json!({}))).run().expect(78);
    let held = held.says("mart.x, mart.w depend on it").says("nothing was changed");
    assert!(!held.log.contains("DROP MATERIALIZED"), "{}", held.log);
    let named = |drops: &[&str]| {
        let names = drops.iter().map(|table| json!({ "schema": "mart", "table": table }));
        json!({ "drop_with": names.collect::<Vec<_>>() })
    };
    // A view of which only a part is named.
    Task::new("view-held-3", view(name, OTHER, &named(&["w"]))).run().expect(78).says("mart.x depends on it");
    let ended = Task::new("view-held-4", view(name, OTHER, &named(&["w", "x"]))).run().expect(0);
    assert_eq!(done(&ended.says("mart.x is dropped with it")), "recreated");
    assert_eq!(lab().sql(name, "select rows from mart.v"), json!([[1]]));
    assert_eq!(lab().sql(name, "select count(*) from pg_class where relname in ('w', 'x')"), json!([[0]]));
}

#[test]
fn a_view_that_comes_between_the_look_and_the_drop_holds_it() {
    let name = "view-race";
    warehouse(name);
    Task::new("view-race-1", view(name, QUERY, &json!({}))).run().expect(0);
    lab().fault(&json!({
        "service": "redshift-data", "operation": "BatchExecuteStatement", "match": { "WorkgroupName": name }, "hold": 4,
    }));
    let running = Task::new("view-race-2", view(name, OTHER, &json!({}))).spawn();
    super::task::until("the view is being made anew", || {
        !lab().calls("redshift-data", "BatchExecuteStatement", "WorkgroupName", name)[1..].is_empty()
    });
    lab().sql(name, "create view mart.late as select n from mart.v");
    let ended = running.ended().expect(78).says("other views depend on what has to be made anew");
    assert!(ended.log.contains("nothing was changed"));
    assert_eq!(lab().sql(name, "select n from mart.late"), json!([[1]]));
}

#[test]
fn whether_redshift_refreshes_it_is_changed_in_place() {
    let name = "view-auto";
    warehouse(name);
    Task::new("view-auto-1", view(name, QUERY, &json!({}))).run().expect(0);
    let auto = json!({ "auto_refresh": true });
    let ended = Task::new("view-auto-2", view(name, QUERY, &auto)).run().expect(0).says("AUTO REFRESH YES");
    assert_eq!(done(&ended), "refreshed");
    assert_eq!(lab().sql(name, "select rtrim(autorefresh) from svv_mv_info"), json!([["t"]]));
    let again = Task::new("view-auto-3", view(name, QUERY, &auto)).run().expect(0);
    assert!(!again.log.contains("ALTER"), "{}", again.log);
}

#[test]
fn what_is_no_view_of_ours_is_left_alone() {
    let name = "view-table";
    warehouse(name);
    lab().sql(name, "create table mart.v (n int)");
    Task::new("view-table", view(name, QUERY, &json!({}))).run().expect(78).says("something called mart.v");
    lab().sql(name, "select n from mart.v");
}

#[test]
fn a_lost_answer_is_no_second_view() {
    let name = "view-lost";
    warehouse(name);
    lab().fault(&json!({
        "service": "redshift-data", "operation": "BatchExecuteStatement", "match": { "WorkgroupName": name },
        "drop": "after",
    }));
    assert_eq!(done(&Task::new("view-lost", view(name, QUERY, &json!({}))).run().expect(0)), "created");
    assert_eq!(lab().sql(name, "select n from mart.v"), json!([[1]]));
}
