//! Loads: exactly the files that are there, once.

use super::lab::{block_on, bucket, bucket_elsewhere, csv, keys, lab, put, put_all};
use super::task::{Task, until};
use serde_json::{Value, json};

/// A load in a warehouse and a bucket of its own, with a table `mart.t (id, name)`.
pub(super) fn load(name: &str, mode: &str) -> Task {
    bucket(name);
    lab().sql(name, "create schema mart; create table mart.t (id int not null, name varchar(20))");
    Task::new(name, step(name, mode, &json!({})))
}

pub(super) fn step(name: &str, mode: &str, changes: &Value) -> Value {
    let mut body = json!({
        "type": "load", "path": format!("s3://{name}/in/"), "staging": format!("s3://{name}/staging/"),
        "schema": "mart", "table": "t", "mode": mode, "role": "default",
        "format": { "type": "csv", "header": true, "delimiter": ",", "quote": "\"" },
    });
    if mode == "merge" {
        body["key"] = json!(["id"]);
    }
    body.as_object_mut().unwrap().extend(changes.as_object().unwrap().clone());
    json!({ "type": "run_sql", "connection": { "workgroup": name, "database": "analytics" }, "body": body })
}

pub(super) fn table(name: &str) -> Value {
    lab().sql(name, "select id, name from mart.t order by id, name")
}

pub(super) fn batches(name: &str) -> usize {
    lab().calls("redshift-data", "BatchExecuteStatement", "WorkgroupName", name).len()
}

#[test]
fn append_loads_each_file_once() {
    let task = load("load-append", "append");
    put("load-append", "in/a.csv", csv(&["id,name", "1,one", "2,two"]));
    put("load-append", "in/_SUCCESS", "");
    put("load-append", "in/empty.csv", "");
    let ended = task.run().expect(0);
    assert_eq!((&ended.outputs["rows"], &ended.outputs["files"]), (&json!(2), &json!(1)));
    // Another run of the pipeline, with one file more.
    put("load-append", "in/b.csv", csv(&["id,name", "3,three"]));
    let next = task.cleared();
    let ended = next.run().expect(0).says("1 of 2 files were loaded before and are left out");
    assert_eq!((&ended.outputs["rows"], &ended.outputs["files"]), (&json!(1), &json!(1)));
    let all = json!([[1, "one"], [2, "two"], [3, "three"]]);
    assert_eq!(table("load-append"), all);
    // And one with no new file: no COPY is sent.
    let sent = batches("load-append");
    let ended = next.cleared().run().expect(0).says("nothing to do");
    assert_eq!((&ended.outputs["rows"], &ended.outputs["files"]), (&json!(0), &json!(0)));
    assert_eq!(batches("load-append"), sent);
    // A file that was loaded and has changed would be loaded twice.
    put("load-append", "in/a.csv", csv(&["id,name", "1,uno"]));
    next.cleared()
        .cleared()
        .run()
        .expect(78)
        .says("s3://load-append/in/a.csv was loaded before and has changed since");
    assert_eq!(table("load-append"), all);
}

#[test]
fn keys_may_end_with_a_blank() {
    let task = load("load-blank", "append");
    put("load-blank", "in/a.csv", csv(&["id,name", "1,one"]));
    put("load-blank", "in/a.csv ", csv(&["id,name", "2,two"]));
    assert_eq!(task.run().expect(0).outputs["files"], 2);
    task.cleared().run().expect(0).says("all 2 files were loaded before");
    put("load-blank", "in/a.csv  ", csv(&["id,name", "3,three"]));
    assert_eq!(task.cleared().cleared().run().expect(0).outputs["files"], 1);
    assert_eq!(table("load-blank"), json!([[1, "one"], [2, "two"], [3, "three"]]));
}

#[test]
fn more_files_than_a_page_holds_are_loaded_once() {
    // Pages of a listing and of a result hold a thousand.
    const FILES: usize = 1_005;
    let task = load("load-many", "append");
    let file = |n: usize| (format!("in/{n:04}.csv"), csv(&["id,name", &format!("{n},x")]));
    put_all("load-many", (1..=FILES).map(file));
    let ended = task.run().expect(0);
    assert_eq!((&ended.outputs["rows"], &ended.outputs["files"]), (&json!(FILES), &json!(FILES)));
    put_all("load-many", [file(FILES + 1)]);
    let ended = task.cleared().run().expect(0).says("1005 of 1006 files were loaded before");
    assert_eq!(ended.outputs["rows"], 1);
    let rows = lab().sql("load-many", "select count(*), count(distinct id) from mart.t");
    assert_eq!(rows, json!([[FILES + 1, FILES + 1]]));
}

#[test]
fn a_later_attempt_does_not_change_what_a_copy_reads() {
    let task = load("load-manifest", "append");
    put("load-manifest", "in/a.csv", csv(&["id,name", "1,one"]));
    lab().fault(&json!({
        "service": "redshift-data", "operation": "BatchExecuteStatement",
        "match": { "WorkgroupName": "load-manifest" }, "error": { "code": "ValidationException", "http": 400 },
    }));
    task.run().expect(78);
    let staged = || keys("load-manifest", "staging/");
    let first = staged();
    put("load-manifest", "in/b.csv", csv(&["id,name", "2,two"]));
    task.retry().run().expect(0);
    assert_eq!((first.len(), staged().len()), (2, 4), "{:?}", staged());
    assert!(first.iter().all(|key| staged().contains(key)), "{:?}", staged());
}

#[test]
fn the_ledger_holds_the_files_whose_rows_the_table_holds() {
    let name = "load-modes";
    let append = load(name, "append");
    let as_mode = |mode: &str| Task::new(&format!("{name}-{mode}"), step(name, mode, &json!({})));
    put(name, "in/a.csv", csv(&["id,name", "1,one"]));
    as_mode("replace").run().expect(0);
    // Its rows are there already.
    append.run().expect(0).says("nothing to do");
    lab().sql(name, "insert into mart.t values (9, 'nine')");
    put(name, "in/a.csv", csv(&["id,name", "1,uno"]));
    as_mode("merge").run().expect(0);
    append.cleared().run().expect(0).says("nothing to do");
    assert_eq!(table(name), json!([[1, "uno"], [9, "nine"]]));
    assert_eq!(lab().sql(name, "select count(*) from mart.dagc_loads_t"), json!([[1]]));
    // Rows that were replaced are loaded again when their files are appended.
    put(name, "other/b.csv", csv(&["id,name", "2,two"]));
    let other = json!({ "path": format!("s3://{name}/other/") });
    Task::new(&format!("{name}-other"), step(name, "replace", &other)).run().expect(0);
    append.cleared().run().expect(0);
    assert_eq!(table(name), json!([[1, "uno"], [2, "two"]]));
    // Whoever takes the rows away takes the ledger away, too.
    lab().sql(name, "delete from mart.t");
    put(name, "in/new.csv", csv(&["id,name", "3,three"]));
    let lost = append.cleared().cleared();
    for _ in 0..2 {
        lost.run()
            .expect(78)
            .says("mart.t is empty: somebody has taken their rows away")
            .says("`DROP TABLE \"mart\".\"dagc_loads_t\"` and clear this task");
    }
    assert_eq!(table(name), json!([]));
    lab().sql(name, "drop table mart.dagc_loads_t");
    append.cleared().cleared().cleared().run().expect(0);
    assert_eq!(table(name), json!([[1, "uno"], [3, "three"]]));
}

/// The table is empty because its files are: nothing is lost.
#[test]
fn files_without_rows_are_loaded_in_any_mode() {
    for mode in ["append", "replace", "merge"] {
        let name = format!("load-no-rows-{mode}");
        let first = load(&name, mode);
        put(&name, "in/a.csv", csv(&["id,name"]));
        first.run().expect(0);
        let append = Task::new(&format!("{name}-append"), step(&name, "append", &json!({})));
        append.run().expect(0);
        put(&name, "in/b.csv", csv(&["id,name", "2,two"]));
        append.cleared().run().expect(0);
        append.cleared().cleared().run().expect(0).says("all 2 files were loaded before");
        assert_eq!(table(&name), json!([[2, "two"]]), "{mode}");
    }
}

#[test]
fn a_ledger_of_the_whole_schema_is_taken_over() {
    let task = load("load-ledger", "append");
    put("load-ledger", "in/a.csv", csv(&["id,name", "1,one"]));
    let etag = block_on(super::lab::s3().head_object().bucket("load-ledger").key("in/a.csv").send()).unwrap();
    lab().sql(
        "load-ledger",
        &format!(
            "create table mart.dagc_loads (table_name varchar(128), url varchar(1152), etag varchar(128), size bigint, \
             key varchar(64), loaded_at timestamp); \
             insert into mart.dagc_loads values ('t', 's3://load-ledger/in/a.csv', '{}', 9, 'k-0-0', getdate()), \
             ('u', 's3://load-ledger/in/b.csv', 'e', 9, 'k-0-0', getdate()); \
             insert into mart.t values (1, 'one')",
            etag.e_tag.unwrap().trim_matches('"')
        ),
    );
    put("load-ledger", "in/b.csv", csv(&["id,name", "2,two"]));
    task.run().expect(0).says("1 of 2 files were loaded before");
    assert_eq!(table("load-ledger"), json!([[1, "one"], [2, "two"]]));
    // It does not come back when its table's ledger is dropped.
    assert_eq!(lab().sql("load-ledger", "select table_name from mart.dagc_loads"), json!([["u"]]));
}

#[test]
fn replace_leaves_the_rows_of_these_files_only() {
    let task = load("load-replace", "replace");
    lab().sql("load-replace", "insert into mart.t values (9, 'old')");
    put("load-replace", "in/a.csv", csv(&["id,name", "1,one"]));
    task.run().expect(0);
    task.cleared().run().expect(0);
    assert_eq!(table("load-replace"), json!([[1, "one"]]));
}

#[test]
fn merge_replaces_rows_by_key_and_again_changes_nothing() {
    let task = load("load-merge", "merge");
    lab().sql("load-merge", "insert into mart.t values (1, 'old'), (9, 'other')");
    put("load-merge", "in/a.csv", csv(&["id,name", "1,one", "2,two"]));
    let ended = task.run().expect(0);
    assert_eq!((&ended.outputs["rows"], &ended.outputs["files"]), (&json!(2), &json!(1)));
    let merged = json!([[1, "one"], [2, "two"], [9, "other"]]);
    assert_eq!(table("load-merge"), merged);
    task.cleared().run().expect(0);
    assert_eq!(table("load-merge"), merged);
}

/// A merge into a table of more columns than the files have.
fn wide(name: &str, identity: &str, changes: &Value) -> Task {
    bucket(name);
    lab().sql(
        name,
        &format!(
            "create schema mart; create table mart.t (id bigint {identity}, k int not null, name varchar(20), made \
             varchar(10) default 'now'); insert into mart.t (k, name, made) values (1, 'old', 'before')"
        ),
    );
    put(name, "in/a.csv", csv(&["k,name", "1,one", "2,two"]));
    let mut step = step(name, "merge", changes);
    step["body"]["key"] = json!(["k"]);
    Task::new(name, step)
}

#[test]
fn merge_fills_no_column_that_the_files_do_not_have() {
    for (name, identity) in [
        ("load-identity", "identity(1, 1)"),
        ("load-default-identity", "generated by default as identity(1, 1)"),
        ("load-narrow", "default 7"),
    ] {
        let task = wide(name, identity, &json!({ "columns": ["k", "name"] }));
        let rows = || lab().sql(name, "select id, k, name, made from mart.t order by k");
        task.run().expect(0);
        let merged = rows();
        // The row that was there keeps its identity, and what else no file tells.
        let (old, new) = if name == "load-narrow" { (7, 7) } else { (1, 2) };
        assert_eq!(merged, json!([[old, 1, "one", "before"], [new, 2, "two", "now"]]), "{name}");
        task.cleared().run().expect(0);
        assert_eq!(rows(), merged, "{name}");
    }
}

#[test]
fn merge_without_columns_leaves_out_the_identity() {
    let name = "load-all-but-identity";
    let task = wide(name, "identity(1, 1)", &json!({}));
    put(name, "in/a.csv", csv(&["k,name,made", "1,one,x", "2,two,y"]));
    task.run().expect(0);
    let rows = lab().sql(name, "select id, k, name, made from mart.t order by k");
    assert_eq!(rows, json!([[1, 1, "one", "x"], [2, 2, "two", "y"]]));
    let name = "load-maybe-identity";
    wide(name, "generated by default as identity(1, 1)", &json!({})).run().expect(78).says(
        "`id` of mart.t is `GENERATED BY DEFAULT AS IDENTITY`: say with `columns` whether the files have it",
    );
    let name = "load-given-identity";
    wide(name, "identity(1, 1)", &json!({ "columns": ["id", "k"] }))
        .run()
        .expect(78)
        .says("`id` is an IDENTITY column of mart.t");
}

#[test]
fn merge_refuses_keys_that_are_double_or_missing() {
    let task = load("load-keys", "merge");
    lab().sql(
        "load-keys",
        "alter table mart.t alter column id drop not null; insert into mart.t values (1, 'old')",
    );
    put("load-keys", "in/a.csv", csv(&["id,name", "1,one", "1,uno"]));
    task.run()
        .expect(78)
        .says("error: the files hold more than one row with the same key: nothing was loaded");
    put("load-keys", "in/a.csv", csv(&["id,name", "1,one", ",none"]));
    task.cleared().run().expect(78).says("error: the files hold rows without a value in a column of the key");
    assert_eq!(table("load-keys"), json!([[1, "old"]]));
}

#[test]
fn a_wrong_row_is_named_by_file_line_and_column() {
    let task = load("load-wrong", "replace");
    lab().sql("load-wrong", "insert into mart.t values (9, 'old')");
    put("load-wrong", "in/a.csv", csv(&["id,name", "1,one"]));
    put("load-wrong", "in/b.csv", csv(&["id,name", "2,two", "x3,three"]));
    let ended = task.run().expect(78);
    for words in [
        "error: s3://load-wrong/in/b.csv, line 3, column id",
        "Invalid digit, Value 'x'",
        "failed:\n    COPY \"mart\".\"t\"",
        // What was sent stood there before.
        "SQL:\n    ",
        "    body.path: s3://load-wrong/in/\n",
    ] {
        assert!(ended.log.contains(words), "{words}\n{}", ended.log);
    }
    assert_eq!(table("load-wrong"), json!([[9, "old"]]));
}

/// What engines write beside their data, what stands for folders, and what the project names.
#[test]
fn what_is_no_data_is_neither_waited_for_nor_loaded() {
    let name = "load-no-data";
    let task = load(name, "replace");
    let except = json!(["in/dt=*/done.txt", "in/manifests/"]);
    put(name, "in/dt=1/part-00000-4f.c000.csv", csv(&["id,name", "1,one"]));
    put(name, "in/_day=1/part-00000.csv", csv(&["id,name", "2,two"]));
    for (key, text) in [
        ("in/dt=1/empty.csv", ""),
        ("in/dt=1/", ""),
        ("in/dt=1_$folder$", ""),
        ("in/dt=1/done.txt", "41\n"),
        ("in/manifests/k.manifest", "{}"),
        ("in/dt=1/_SUCCESS", "x"),
        ("in/dt=1/_committed_12", "{}"),
        ("in/_temporary/0/part-00000.csv", "id,name\n9,half"),
        ("in/.spark-staging-1/dt=1/part-00000.csv", "id,name\n9,half"),
        ("in/dt=1/.part-00000-4f.c000.csv.crc", "crc"),
    ] {
        put(name, key, text);
    }
    let wait = json!({
        "type": "wait_for_objects", "path": format!("s3://{name}/in/"), "at_least": 2, "every": 1,
        "except": except, "timeout": 1,
    });
    let waited = Task::new("load-no-data-wait", wait.clone()).run().expect(0);
    let ended = task.job(step(name, "replace", &json!({ "except": except }))).run().expect(0);
    assert_eq!(
        (&waited.outputs["objects"], &waited.outputs["bytes"]),
        (&ended.outputs["files"], &ended.outputs["bytes"])
    );
    assert_eq!(table(name), json!([[1, "one"], [2, "two"]]));
    let mut more = wait;
    more["at_least"] = json!(3);
    Task::new("load-no-data-wait", more).run().expect(78).says("2 of at least 3 objects are there");
}

#[test]
fn a_pattern_means_the_same_for_waiting_and_loading() {
    let name = "load-pattern";
    let task = load(name, "replace");
    put(name, "in/c=de/part-1.csv", csv(&["id,name", "1,one"]));
    put(name, "in/c=fr/part-2.csv", csv(&["id,name", "2,two"]));
    put(name, "in/c=fr/part-10.csv", csv(&["id,name", "9,other"]));
    put(name, "in/c=fr/part-x.csv", csv(&["id,name", "9,other"]));
    let path = format!("s3://{name}/in/c=??/part-[0-9].csv");
    let wait = json!({ "type": "wait_for_objects", "path": path, "at_least": 1, "every": 1 });
    assert_eq!(Task::new("load-pattern-wait", wait).run().expect(0).outputs["objects"], 2);
    task.job(step(name, "replace", &json!({ "path": path }))).run().expect(0);
    assert_eq!(table(name), json!([[1, "one"], [2, "two"]]));
}

/// To wait for an empty object by its name is fine; it has no rows that a table could be replaced by.
#[test]
fn a_file_that_is_named_and_empty_is_not_loaded() {
    let name = "load-empty";
    let task = load(name, "replace");
    lab().sql(name, "insert into mart.t values (9, 'old')");
    put(name, "in/_READY", "");
    let path = format!("s3://{name}/in/_READY");
    let wait = json!({ "type": "wait_for_objects", "path": path, "at_least": 1, "every": 1 });
    Task::new("load-empty-wait", wait).run().expect(0);
    task.job(step(name, "replace", &json!({ "path": path })))
        .run()
        .expect(75)
        .says("s3://load-empty/in/_READY is empty");
    assert_eq!(table(name), json!([[9, "old"]]));
}

#[test]
fn rows_that_are_left_out_are_told() {
    for (name, option) in
        [("load-maxerror", json!({ "maxerror": 5 })), ("load-ignore", json!({ "ignoreallerrors": true }))]
    {
        bucket(name);
        lab().sql(name, "create schema mart; create table mart.t (id int, name varchar(20))");
        put(name, "in/a.csv", csv(&["id,name", "1,one", "x,two"]));
        let task = Task::new(name, step(name, "replace", &json!({ "options": option })));
        let ended = task.run().expect(0).says("a row was left out: s3://");
        assert_eq!(ended.outputs["rows"], 1, "{option}");
    }
}

#[test]
fn no_files_may_come_later() {
    let task = load("load-none", "replace");
    task.run().expect(75).says("error: there are no files in s3://load-none/in/");
    assert_eq!(batches("load-none"), 0);
}

#[test]
fn a_worker_killed_after_the_start_leaves_a_load_that_is_adopted() {
    let task = load("load-sigkill", "append");
    put("load-sigkill", "in/a.csv", csv(&["id,name", "1,one"]));
    for more in [json!({ "delay": 1 }), json!({ "hold": 4 })] {
        let mut rule = json!({
            "service": "redshift-data", "operation": "BatchExecuteStatement",
            "match": { "WorkgroupName": "load-sigkill" },
        });
        rule.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        lab().fault(&rule);
    }
    let running = task.spawn();
    until("a start", || batches("load-sigkill") == 1);
    running.sigkill();
    let ended = task.retry().run().expect(0);
    assert_eq!(ended.outputs["adopted"], true);
    assert_eq!((&ended.outputs["rows"], &ended.outputs["files"]), (&json!(1), &json!(1)));
    assert_eq!(batches("load-sigkill"), 1);
    assert_eq!(table("load-sigkill"), json!([[1, "one"]]));
}

/// COPY reads a bucket of another region when it is told so; its manifest has to be there, too.
#[test]
fn files_of_another_region_are_loaded() {
    for mode in ["append", "replace", "merge"] {
        let name = format!("load-elsewhere-{mode}");
        let home = format!("{name}-home");
        let task = load(&home, mode);
        let client = bucket_elsewhere(&name);
        let body = csv(&["id,name", "1,one"]).into_bytes();
        block_on(client.put_object().bucket(&name).key("in/a.csv").body(body.into()).send()).unwrap();
        // Once the manifests are said to be beside the files, once in the cluster's own region.
        for staging in [&name, &home] {
            let changes =
                json!({ "path": format!("s3://{name}/in/"), "staging": format!("s3://{staging}/s/") });
            let task = Task::new(&format!("{name}-{staging}"), step(&home, mode, &changes));
            let ended = task.run().expect(0);
            if mode == "append" && staging == &home {
                assert_eq!(ended.outputs["rows"], 0);
            }
        }
        drop(task);
        assert_eq!(table(&home), json!([[1, "one"]]), "{mode}");
    }
}

#[test]
fn what_cannot_be_loaded_from_another_region_says_so() {
    let task = load("load-far", "append");
    let client = bucket_elsewhere("load-far-away");
    let body = "PAR1".as_bytes().to_vec();
    block_on(client.put_object().bucket("load-far-away").key("in/a").body(body.into()).send()).unwrap();
    let path = "s3://load-far-away/in/";
    let changes = json!({ "path": path, "format": { "type": "parquet" } });
    let parquet = task.clone().job(step("load-far", "append", &changes));
    parquet.run().expect(78).says("the bucket load-far-away is in eu-west-1, and COPY reads Parquet files");
    let said = step("load-far", "append", &json!({ "path": path, "region": "eu-west-2" }));
    parquet.job(said).run().expect(78).says("the bucket load-far-away is in eu-west-1, and `options");
    assert_eq!(batches("load-far"), 0);
    // Where the JSONPaths file is, only COPY asks.
    put("load-far", "in/a.json", r#"{"id": 1, "name": "one"}"#);
    let paths = r#"{"jsonpaths": ["$.id", "$.name"]}"#.as_bytes().to_vec();
    block_on(client.put_object().bucket("load-far-away").key("paths.json").body(paths.into()).send())
        .unwrap();
    let format = json!({ "type": "json", "path": "s3://load-far-away/paths.json" });
    let json = step("load-far", "append", &json!({ "format": format }));
    let ended = task.job(json).run().expect(78);
    ended.says("put the JSONPaths file into a bucket of the files' region");
}
