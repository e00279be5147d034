//! Loads of one table at the same time: what comes out is what one after the other gives.

use super::lab::{block_on, bucket, csv, lab, put, redshift_data};
use super::load::{batches, step, table};
use super::task::{Task, until};
use serde_json::{Value, json};
use std::collections::BTreeSet;

const MODES: [&str; 3] = ["append", "replace", "merge"];
type Rows = Vec<(i64, &'static str)>;

/// What is in the table, in the files of the one load, and in those of the other.
const BEFORE: [(i64, &str); 2] = [(1, "old"), (9, "nine")];
const ONE: [(i64, &str); 2] = [(1, "one"), (2, "two")];
const OTHER: [(i64, &str); 2] = [(2, "zwei"), (3, "drei")];

/// What a load makes of the rows of a table.
fn loaded(mode: &str, mut rows: Rows, files: &Rows) -> Rows {
    rows.retain(|row| match mode {
        "append" => true,
        "replace" => false,
        _ => files.iter().all(|file| file.0 != row.0),
    });
    rows.extend(files);
    rows.sort_unstable();
    rows
}

/// A transaction that holds whoever writes `mart.t`, until it is cancelled.
struct Gate(String);

impl Gate {
    fn closed(name: &str) -> Self {
        lab().sql(
            name,
            "create table mart.gate (n int); \
             create function mart.pass() returns trigger language plpgsql as \
             'begin perform n from mart.gate; return null; end'; \
             create trigger pass before insert on mart.t for each statement execute function mart.pass()",
        );
        let sqls = ["lock table mart.gate", "select pg_sleep(60)"].map(str::to_owned).to_vec();
        let call = redshift_data().batch_execute_statement().workgroup_name(name).database("analytics");
        let id = block_on(call.set_sqls(Some(sqls)).send()).unwrap().id.unwrap();
        until("the gate's lock", || {
            let held = "select count(*) from pg_locks l join pg_class c on c.oid = l.relation \
                        where c.relname = 'gate' and l.granted";
            lab().sql(name, held) == json!([[1]])
        });
        Self(id)
    }

    fn open(self) {
        block_on(redshift_data().cancel_statement().id(self.0).send()).unwrap();
    }
}

/// How many sessions of a warehouse wait for a lock.
fn waiting(name: &str) -> Value {
    lab().sql(
        name,
        "select count(*) from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'",
    )
}

fn two_at_once(mode: &str, other_mode: &str) {
    let name = format!("race-{mode}-{other_mode}");
    bucket(&name);
    lab().sql(&name, "create schema mart; create table mart.t (id int not null, name varchar(20))");
    lab().sql(&name, "insert into mart.t values (1, 'old'), (9, 'nine')");
    let folder = |folder: &str, mode: &str, rows: &[(i64, &str)]| {
        let rows: Vec<String> = rows.iter().map(|(id, name)| format!("{id},{name}")).collect();
        put(&name, &format!("{folder}/a.csv"), csv(&rows.iter().map(String::as_str).collect::<Vec<_>>()));
        let format = json!({ "type": "csv", "header": false, "delimiter": ",", "quote": "\"" });
        let path = format!("s3://{name}/{folder}/");
        Task::new(&format!("{name}-{folder}"), step(&name, mode, &json!({ "path": path, "format": format })))
    };
    let one = folder("one", mode, &ONE);
    let other = folder("other", other_mode, &OTHER);
    let gate = Gate::closed(&name);
    let (one, other) = (one.spawn(), other.spawn());
    // Both are in the midst of their transactions.
    until("two that wait", || waiting(&name) == json!([[2]]));
    gate.open();
    one.ended().expect(0);
    other.ended().expect(0);
    let orders: BTreeSet<Rows> = [
        loaded(other_mode, loaded(mode, BEFORE.to_vec(), &ONE.to_vec()), &OTHER.to_vec()),
        loaded(mode, loaded(other_mode, BEFORE.to_vec(), &OTHER.to_vec()), &ONE.to_vec()),
    ]
    .into();
    let orders: Vec<Value> = orders.into_iter().map(|rows| json!(rows)).collect();
    let found = table(&name);
    assert!(orders.contains(&found), "{mode} beside {other_mode}: {found} is none of {orders:?}");
}

#[test]
fn two_loads_at_once_are_one_after_the_other() {
    for (n, mode) in MODES.iter().enumerate() {
        std::thread::scope(|scope| {
            for other in &MODES[n..] {
                scope.spawn(|| two_at_once(mode, other));
            }
        });
    }
}

#[test]
fn loads_of_other_tables_do_not_wait() {
    for mode in MODES {
        let name = format!("apart-{mode}");
        bucket(&name);
        lab().sql(
            &name,
            "create schema mart; create table mart.t (id int, name varchar(20)); create table mart.u (id int, name \
             varchar(20))",
        );
        put(&name, "in/a.csv", csv(&["id,name", "1,one"]));
        let gate = Gate::closed(&name);
        let held = Task::new(&name, step(&name, mode, &json!({}))).spawn();
        until("one that waits", || waiting(&name) == json!([[1]]));
        let changes = json!({ "table": "u" });
        let task = Task::new(&format!("{name}-u"), step(&name, mode, &changes));
        assert_eq!(task.run().expect(0).outputs["rows"], 1);
        gate.open();
        held.ended().expect(0);
    }
}

#[test]
fn who_reads_the_table_does_not_wait() {
    let name = "race-reader";
    bucket(name);
    lab().sql(name, "create schema mart; create table mart.t (id int not null, name varchar(20))");
    lab().sql(name, "insert into mart.t values (1, 'old')");
    put(name, "in/a.csv", csv(&["id,name", "1,one"]));
    let gate = Gate::closed(name);
    let held = Task::new(name, step(name, "replace", &json!({}))).spawn();
    until("one that waits", || waiting(name) == json!([[1]]));
    assert_eq!(table(name), json!([[1, "old"]]));
    gate.open();
    held.ended().expect(0);
    assert_eq!(batches(name), 2);
    assert_eq!(table(name), json!([[1, "one"]]));
}

#[test]
fn two_appends_at_once_load_each_file_once() {
    let name = "load-race";
    let task = super::load::load(name, "append");
    put(name, "in/a.csv", csv(&["id,name", "1,one"]));
    // The one has seen that the file was not loaded, and its request is on its way while the other loads.
    lab().fault(&json!({
        "service": "redshift-data", "operation": "BatchExecuteStatement", "match": { "WorkgroupName": name },
        "delay": 8,
    }));
    let one = task.spawn();
    until("a start", || batches(name) == 1);
    let other = Task::new("load-race-other", step(name, "append", &json!({})));
    assert_eq!(other.run().expect(0).outputs["rows"], 1);
    one.ended().expect(75).says("another load has loaded some of these files in the meantime");
    assert_eq!(task.retry().run().expect(0).outputs["rows"], 0);
    assert_eq!(table(name), json!([[1, "one"]]));
}
