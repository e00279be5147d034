//! Which order follows from SQL: steps and their SQL in, edges out.

mod athena;
mod places;
mod started;

use dagc::compile::{Compiled, Environments, compile};
use dagc::text::ProjectFiles;

/// A pipeline: a name, a schedule and steps, each `NAME: SQL`, or a step's own YAML behind `NAME= `. `<after> ` before
/// the SQL names steps.
type Written<'a> = (&'a str, &'a str, &'a str);

fn compiled(pipelines: &[Written<'_>]) -> (ProjectFiles, Compiled) {
    let mut files = ProjectFiles::default();
    let project = "project: p\nairflow: \"3.3\"\nenvironments:\n  dev:\n    region: eu-west-1\n    redshift: \
                   {wh: {workgroup: dev, database: d, copy_role: default}}\n";
    files.project = Some(files.sources.add("dagc.yaml", project));
    for (name, schedule, steps) in pipelines {
        let mut text = format!("pipeline: {name}\n");
        if !schedule.is_empty() {
            text += &format!("schedule: {schedule}\n");
        }
        let sources = [
            ("from: raw", "  raw: {path: \"s3://lake/raw/\", format: csv}\n"),
            ("waited", "  waited: {path: \"s3://wait/in/\", format: csv, wait: {marker: DONE}}\n"),
            ("ext.t", "  ext: {table: ext.t, in: wh}\n"),
        ];
        let used: String =
            sources.iter().filter(|(use_of, _)| steps.contains(use_of)).map(|(_, text)| *text).collect();
        text += &if used.is_empty() { "steps:\n".to_owned() } else { format!("sources:\n{used}steps:\n") };
        for line in steps.lines().map(str::trim).filter(|line| !line.is_empty()) {
            text += &match line.split_once("= ") {
                Some((step, yaml)) if !step.contains(' ') => format!("  {step}: {yaml}\n"),
                _ => sql_step(line),
            };
        }
        files.pipelines.push(files.sources.add(format!("specs/{name}.yaml"), text));
    }
    let compiled = compile(&files, &Environments::All);
    (files, compiled)
}

fn sql_step(line: &str) -> String {
    let (name, sql) = line.split_once(": ").unwrap();
    let (after, sql) = match sql.strip_prefix('<') {
        Some(rest) => rest.split_once("> ").unwrap(),
        None => ("", sql),
    };
    format!("  {name}: {{after: [{after}], redshift_sql: {{sql: \"{sql}\"}}}}\n")
}

/// Writes the edges that a DAG file shows, or what is wrong: the code and what is marked.
fn order(steps: &str) -> String {
    let (files, compiled) = compiled(&[("p", "none", steps)]);
    let found = compiled.diagnostics.clone().into_sorted();
    if found.is_empty() {
        let plan = &compiled.plans[0].pipelines[0];
        let edges = plan.reduced_edges();
        return edges.iter().map(|edge| format!("{}>{}", edge.from, edge.to)).collect::<Vec<_>>().join(" ");
    }
    let texts = found.iter().map(|one| format!("{} {}", one.code, files.sources.text(one.primary.span)));
    texts.collect::<Vec<_>>().join(", ")
}

fn check(rows: &[(&str, &str)]) {
    let wrong: Vec<String> = rows
        .iter()
        .map(|(steps, expected)| (steps, order(steps), expected))
        .filter(|(_, found, expected)| found != *expected)
        .map(|(steps, found, expected)| format!("{steps}\n  found:    {found}\n  expected: {expected}\n"))
        .collect();
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}

const COPY: &str = "= {redshift_copy: {from: raw, table: m.stage, mode: replace}}";

#[test]
fn a_drop_comes_after_all_who_use_the_table() {
    let load = |name: &str| format!("{name}{COPY}");
    let load = load("load");
    check(&[
        // The life of a staging table: made, loaded, merged, dropped.
        (
            &format!(
                "make: create table if not exists m.stage (a int)\n{load}\nmerge: insert into m.t select * from \
                 m.stage\ncleanup: drop table m.stage"
            ),
            "make>load load>merge merge>cleanup",
        ),
        // The same, and the user says what is so anyway.
        (
            &format!(
                "make: create table if not exists m.stage (a int)\n{load}\nmerge: insert into m.t select * from \
                 m.stage\ncleanup: <merge> drop table m.stage"
            ),
            "make>load load>merge merge>cleanup",
        ),
        // `drop; create` in one step is the making; a drop in the step of the last read is the end.
        (
            &format!(
                "make: drop table if exists m.stage; create table m.stage (a int)\n{load}\nmerge: insert into m.t \
                 select * from m.stage; drop table m.stage"
            ),
            "make>load load>merge",
        ),
        // Other readers come before the step that reads and drops.
        (
            &format!(
                "make: create table m.stage (a int)\n{load}\nmerge: insert into m.t select * from m.stage; drop \
                 table m.stage\ncount: insert into m.n select count(*) from m.stage"
            ),
            "make>load load>count count>merge",
        ),
        // A drop that stands before the making begins it.
        (
            &format!(
                "clean: drop table if exists m.stage\nmake: create table m.stage (a int)\n{load}\nmerge: insert into \
                 m.t select * from m.stage"
            ),
            "clean>make make>load load>merge",
        ),
        // What the user says wins, in both directions.
        (
            &format!(
                "make: <clean> create table m.stage (a int)\n{load}\nclean: drop table if exists m.stage"
            ),
            "clean>make make>load",
        ),
        (
            &format!(
                "clean: <load> drop table if exists m.stage\nmake: create table m.stage (a int)\n{load}"
            ),
            "make>load load>clean",
        ),
        // A swap in two steps: the old table is put aside before the new one takes its name.
        (
            "build: create table m.t_new as select * from ext.t\nretire: alter table m.t rename to t_old\npromote: alter table \
             m.t_new rename to t\ndrop: drop table if exists m.t_old\nread: insert into m.u select * from m.t",
            "build>promote retire>promote retire>drop promote>read",
        ),
        // Two make it if it is not there.
        (
            "a: create table if not exists m.stage (a int)\nb: create table if not exists m.stage (a int)\nuse: insert \
             into m.stage select 1\ndrop: drop table m.stage",
            "a>use b>use use>drop",
        ),
        // A view ends as a table does; so do several at once.
        (
            "v: create view m.v as select * from ext.t\nr: insert into m.t select * from m.v\nd: drop view m.v",
            "v>r r>d",
        ),
        (
            "a: create table m.a as select 1 as x\nb: create table m.b as select 1 as x\nr: insert into m.t select * \
             from m.a join m.b using (x)\nd: drop table m.a, m.b",
            "a>r b>r r>d",
        ),
        // What is written and then read and dropped by others: the data says one order, the drop the other.
        (
            &format!(
                "make: create table m.stage (a int)\n{load}\nmerge: insert into m.t select * from m.stage; drop \
                 table m.stage\ncompare: insert into m.n select count(*) from m.stage join m.t using (a)"
            ),
            "used-after-drop m.stage",
        ),
        // Who comes after the drop because the user said so of this very step.
        (
            "make: create table m.s as select 1 as a\ndrop: drop table m.s\nread: <drop> insert into m.u select * from \
             m.s",
            "make>drop drop>read",
        ),
        // Who comes after the drop because the user said so of another step.
        (
            "make: create table m.s as select 1 as a\ndrop: drop table m.s\nfill: <drop> insert into m.t values (1)\nread: insert \
             into m.u select * from m.t join m.s using (a)",
            "used-after-drop m.s",
        ),
        // What a step makes and drops for itself is not there for others.
        (
            "a: create table m.s as select 1 as x; insert into m.t select * from m.s; drop table m.s\nb: insert into m.u \
             select * from m.s",
            "nothing-makes m.s",
        ),
        // It makes, fills and drops a table for itself.
        (
            "a: create table m.s (a int); insert into m.s select 1; insert into m.t select * from m.s; drop table m.s\n\
             b: insert into m.u select * from m.t",
            "a>b",
        ),
        // A defensive `create if not exists` is no making where the step uses and drops what others have made.
        (
            &format!(
                "make: create table m.stage (a int)\n{load}\nmerge: create table if not exists m.stage (a int); insert \
                 into m.t select * from m.stage; drop table m.stage"
            ),
            "make>load load>merge",
        ),
    ]);
}

#[test]
fn a_table_that_is_emptied_is_not_read_afterwards() {
    check(&[
        (
            "clear: delete m.stage\nload: insert into m.stage select * from ext.t\nmerge: insert into m.t select * \
             from m.stage",
            "clear>load load>merge",
        ),
        (
            "load: insert into m.stage select * from ext.t\nmerge: insert into m.t select * from m.stage\nclear: delete \
             from m.stage",
            "load>merge merge>clear",
        ),
        (
            "load: insert into m.stage select * from ext.t\nmerge: insert into m.t select * from m.stage; delete \
             m.stage\ncount: insert into m.n select count(*) from m.stage",
            "load>count count>merge",
        ),
        (
            "load: delete from m.stage; insert into m.stage select * from ext.t\nread: insert into m.t select * from \
             m.stage",
            "load>read",
        ),
        // A staging table that is made anew when it has been used is emptied.
        (
            "load: insert into m.stage select * from ext.t\nmerge: insert into m.t select * from m.stage; drop table \
             m.stage; create table m.stage (a int)\ncount: insert into m.n select count(*) from m.stage",
            "load>count count>merge",
        ),
        // Two loads one after the other through one staging table.
        (
            "x: insert into m.stage select * from ext.t\nmx: insert into m.x select * from m.stage\nclear: delete from \
             m.stage\ny: insert into m.stage select 1\nmy: insert into m.y select * from m.stage",
            "multiple-writers m.stage",
        ),
        // The place is there before it is cleared.
        (
            "clear: delete from m.stage\nmake: create table if not exists m.stage (a int)\nload: insert into m.stage \
             select * from ext.t",
            "make>clear clear>load",
        ),
    ]);
}

#[test]
fn who_makes_a_table_comes_before_those_who_change_it() {
    check(&[
        (
            "fix: update m.t set a = 2 where a = 1\nmake: create table m.t as select 1 as a\nread: insert into m.u select \
             * from m.t",
            "make>fix fix>read",
        ),
        (
            "load: insert into m.t select * from ext.t\nadd: alter table m.t add column b int\nmake: create table m.t (a \
             int)",
            "make>add add>load",
        ),
        ("add: alter table m.t add column b int\nmake: create table m.t as select 1 as a", "make>add"),
        ("own: alter table m.t owner to etl\nmake: create table m.t (a int)", "make>own"),
        (
            "stats: analyze m.t\nload: insert into m.t select * from ext.t\nmake: create table m.t (a int)",
            "make>load load>stats",
        ),
        // A name ends and another begins.
        (
            "read: insert into m.u select * from m.t\nswap: drop table if exists m.t; alter table m.t_new rename to t\n\
             build: create table m.t_new as select * from ext.t",
            "build>swap swap>read",
        ),
        // Built from the table that it takes the place of: what is read is yesterday's, and the user says so.
        (
            "build: create table m.t_new as select * from m.t\nswap: <build> alter table m.t rename to t_old; alter table \
             m.t_new rename to t; drop table m.t_old\nread: insert into m.u select * from m.t",
            "build>swap swap>read",
        ),
        // Rows are moved: the one is read and empty afterwards.
        (
            "load: insert into m.s select * from ext.t\nmove= {redshift_sql: {transaction: false, sql: alter table m.t \
             append from m.s}}\ncheck: insert into m.n select count(*) from m.s\nread: insert into m.u select * from m.t",
            "load>check check>move move>read",
        ),
    ]);
}

/// What changes rows and gives none is where it stands in the file, for those who read.
#[test]
fn rows_that_are_used_up_are_read_before() {
    check(&[
        (
            "use: insert into m.o select * from m.stage\nclean: delete from m.stage where dt = '{{ ds }}'\nload: insert into \
             m.stage select * from ext.t",
            "load>use use>clean",
        ),
        (
            "load= {redshift_copy: {from: raw, table: m.stage, mode: replace}}\nuse: insert into m.o select * from \
             m.stage\nclean: delete from m.stage where dt = '{{ ds }}'",
            "load>use use>clean",
        ),
        (
            "load= {redshift_copy: {from: raw, table: m.stage, mode: replace}}\nfix: <load> update m.stage set a = 0 where a < \
             0\nuse: insert into m.o select * from m.stage\ndone: <fix> update m.stage set used = true where not used",
            "load>fix fix>use use>done",
        ),
        // A mark for the next run.
        (
            "load: insert into m.fact select * from ext.t where a > (select max(a) from etl.mark)\nmark: update etl.mark set a \
             = (select max(a) from ext.t)",
            "load>mark",
        ),
        // The user has named the other order.
        ("use: <clean> insert into m.o select * from m.s\nclean: delete from m.s where a = 1", "clean>use"),
        // What gives rows comes first, wherever it stands.
        (
            "use: insert into m.o select * from m.s\nfill: delete from m.s where a = 1; insert into m.s select 1",
            "fill>use",
        ),
    ]);
}

#[test]
fn rows_are_added_in_any_order() {
    check(&[
        (
            "a: insert into m.log values (1)\nb: insert into m.log values (2)\nr: insert into m.t select * from m.log",
            "a>r b>r",
        ),
        (
            "make: create table if not exists m.log (a int)\na: insert into m.log values (1)\nb: insert into m.log \
             values (2)",
            "make>a make>b",
        ),
        (
            "load= {each: {c: [de, fr, it]}, redshift_copy: {path: \\\"s3://lake/${each.c}/\\\", format: csv, table: \
             m.sales, mode: append}}\nr: insert into m.t select * from m.sales"
                .replace("\\\"", "\"")
                .as_str(),
            "load__de>r load__fr>r load__it>r",
        ),
        // Who adds rows analyzes its own.
        (
            "a: insert into m.log values (1); analyze m.log\nb: insert into m.log values (2); analyze m.log\nr: insert into m.t \
             select * from m.log",
            "a>r b>r",
        ),
        // What changes rows wants an order with each that adds some.
        ("a: insert into m.t values (1)\nb: update m.t set a = 1", "multiple-writers m.t"),
        ("a: insert into m.t values (1)\nb: <a> update m.t set a = 1", "a>b"),
        ("a: insert into m.t values (1)\nb: <a> update m.t set a = 1\nc: insert into m.t values (2)", "multiple-writers m.t"),
        // One that looks at what is there comes last; two of them want an order.
        (
            "a: insert into m.t select * from ext.t where a not in (select a from m.t)\nb: insert into m.t values (1)",
            "b>a",
        ),
        (
            "a: insert into m.t select * from ext.t where a not in (select a from m.t)\nb: insert into m.t select a + 1 \
             from m.t",
            "multiple-writers m.t",
        ),
        (
            "load= {redshift_copy: {from: raw, table: m.t, mode: replace}}\na: insert into m.t values (1)",
            "multiple-writers m.t",
        ),
    ]);
}

/// Writes what the hints say into the steps: `after` on those that they name.
fn cured(steps: &str, hints: &[String]) -> String {
    let mut lines: Vec<String> = steps.lines().map(str::to_owned).collect();
    for hint in hints {
        let quoted: Vec<&str> = hint.split('`').skip(1).step_by(2).collect();
        let first = quoted.iter().position(|text| text.starts_with("after: "));
        for (n, after) in quoted.iter().enumerate().skip(first.unwrap_or(quoted.len())) {
            let Some(after) = after.strip_prefix("after: ") else { continue };
            // A cycle's hint names the step behind `after`, that of two writers before it.
            let step = if hint.starts_with("if ") { quoted[n - 1] } else { quoted[n + 1] };
            let line = lines.iter_mut().find(|line| line.starts_with(&format!("{step}: "))).unwrap();
            *line = match line.split_once(": <") {
                Some((_, rest)) => format!("{step}: <{after}, {rest}"),
                None => line.replacen(": ", &format!(": <{after}> "), 1),
            };
        }
    }
    lines.join("\n")
}

/// What is told against a ring, or against two writers, is what helps.
#[test]
fn cures_cure() {
    let rows = [
        // State that is kept for the next run.
        (
            "load: insert into m.fact select * from ext.t where a > (select max(a) from etl.mark)\nmark: update etl.mark \
             set a = (select max(a) from m.fact)",
            "load>mark",
        ),
        // The same in three steps, the mark set in the middle of the file.
        (
            "stage: insert into m.s select * from ext.t where a > (select max(a) from etl.mark)\nmark: update etl.mark set \
             a = (select max(a) from m.s)\nload: insert into m.fact select * from m.s",
            "stage>mark stage>load",
        ),
        // Two rings through one step.
        (
            "a: insert into m.x select * from m.y join m.z using (a)\nb: insert into m.y select * from m.x\nc: insert into \
             m.z select * from m.x",
            "a>b a>c",
        ),
        // A ring of three, of which the user has named a part.
        (
            "a: insert into m.a select * from m.c\nb: <a> insert into m.b values (1)\nc: insert into m.c select * from m.b",
            "a>b b>c",
        ),
        // Built from the table that it takes the place of.
        (
            "build: create table m.t_new as select * from m.t\nswap: alter table m.t rename to t_old; alter table m.t_new \
             rename to t; drop table m.t_old",
            "build>swap",
        ),
        // The one that is written first in the file is meant to come last.
        (
            "mark: <load> update etl.mark set a = (select max(a) from m.fact)\nload: insert into m.fact select * from ext.t \
             where a > (select max(a) from etl.mark)",
            "load>mark",
        ),
        ("a: update m.t set a = 1\nb: update m.t set a = 2\nc: insert into m.t values (1)", "a>b b>c"),
    ];
    for (steps, expected) in rows {
        let mut text = steps.to_owned();
        // Of several findings each names one cure.
        for _ in 0..3 {
            let (_, compiled) = compiled(&[("p", "none", &text)]);
            let found = compiled.diagnostics.into_sorted();
            text = cured(&text, &found.into_iter().take(1).filter_map(|one| one.help).collect::<Vec<_>>());
        }
        assert_eq!(order(&text), expected, "{text}");
    }
}

#[test]
fn a_check_comes_before_other_readers() {
    let c = |of: &str, more: &str| format!("{{{more}sql_check: {{of: {of}, expect: [{{rows: \">= 1\"}}]}}}}");
    let load = "load= {redshift_copy: {from: raw, table: m.t, mode: replace}}";
    let read = "read: insert into m.u select * from m.t";
    let rows: &[(String, &str)] = &[
        (format!("{load}\n{read}\ncheck= {}", c("load", "")), "load>check check>read"),
        (format!("{load}\n{read}\ncheck= {}", c("m.t", "")), "load>check check>read"),
        // What is only to be reported holds nobody back.
        (
            format!(
                "{load}\n{read}\ncheck= {{sql_check: {{of: load, blocks: false, expect: [{{rows: \">= 1\"}}]}}}}"
            ),
            "load>read load>check",
        ),
        // All checks count, and do not wait for each other.
        (
            format!("{load}\n{read}\none= {}\ntwo= {}", c("load", ""), c("m.t", "")),
            "load>one load>two one>read two>read",
        ),
        // A table that is made elsewhere.
        (format!("read: insert into m.u select * from ext.t\ncheck= {}", c("ext.t", "")), "check>read"),
        // The user puts the reader first.
        (format!("{load}\n{read}\ncheck= {}", c("load", "after: read, ")), "load>read read>check"),
        (
            format!("{load}\n{read}\nlast: <read> insert into m.w values (1)\ncheck= {}", c("load", "after: last, ")),
            "load>read read>last last>check",
        ),
        // A check between two writers.
        (
            format!("{load}\ncheck= {}\nfix: <check> update m.t set a = 0 where a < 0\n{read}", c("load", "")),
            "load>check check>fix fix>read",
        ),
        // One that drops the table is a reader, too.
        (
            format!("{load}\ncheck= {}\nmerge: insert into m.u select * from m.t; drop table m.t", c("load", "")),
            "load>check check>merge",
        ),
        // It compares with what the reader makes.
        (
            format!(
                "{load}\n{read}\ncheck= {{sql_check: {{of: load, expect: [{{sql: select a from m.t where a not in (select \
                 a from m.u)}}]}}}}"
            ),
            "load>read read>check",
        ),
        // Two checks, each of which is to come after a reader of the other's table: one gives way.
        (
            format!(
                "one: insert into m.x select * from ext.a\ntwo: insert into m.y select * from ext.a\nr: insert into m.r \
                 select * from m.x\ns: insert into m.s select * from m.y\nc= {}\nd= {}",
                c("m.x", "after: s, "),
                c("m.y", "after: r, ")
            )
            .replace("ext.a", "ext.t"),
            "one>c two>s c>r r>d s>c",
        ),
        // One that adds to what it reads is a writer.
        (
            format!("{load}\nmore: <load> insert into m.t select a + 1 from m.t\ncheck= {}", c("load", "")),
            "load>more more>check",
        ),
    ];
    for (steps, expected) in rows {
        let found = order(steps);
        let sorted = |text: &str| {
            let mut edges: Vec<String> = text.split(' ').map(str::to_owned).collect();
            edges.sort();
            edges.join(" ")
        };
        assert_eq!(sorted(&found), sorted(expected), "{steps}");
    }
}

/// Who tells other pipelines that a table is new: the steps that announce an asset, and what starts the reader.
fn told(maker: &str) -> String {
    let reader = "r: insert into o.t select * from m.t";
    let (files, compiled) = compiled(&[("p", "\"@daily\"", maker), ("q", "", reader)]);
    let found = compiled.diagnostics.clone().into_sorted();
    assert!(found.is_empty(), "{}", dagc::ui::human::render(&found, &files.sources, false));
    let plan = &compiled.plans[0];
    let tasks = plan.pipelines[0].tasks();
    let outlets: Vec<String> = tasks
        .filter(|task| !task.airflow.outlets.is_empty())
        .map(|task| format!("{}: {}", task.id, task.airflow.outlets.join(" ")))
        .collect();
    let dagc::plan::DagSchedule::Assets(assets) = &plan.pipelines[1].dag.schedule else {
        panic!("no assets")
    };
    assert_eq!(outlets.iter().map(|one| one.split_once(": ").unwrap().1).collect::<Vec<_>>(), *assets);
    outlets.join(", ").replace("redshift://dev/d/", "").replace("dagc://p/dev/", "")
}

#[test]
fn the_last_one_tells() {
    let c = |name: &str, more: &str| {
        format!("\n{name}= {{{more}sql_check: {{of: m.t, expect: [{{rows: \">= 1\"}}]}}}}")
    };
    let load = "load= {redshift_copy: {from: raw, table: m.t, mode: replace}}";
    let rows: &[(String, &str)] = &[
        (load.to_owned(), "load: m/t"),
        (format!("{load}{}", c("check", "")), "check: m/t"),
        (format!("{load}{}{}", c("one", ""), c("two", "")), "one: p/one, two: p/two"),
        (format!("{load}{}{}", c("one", ""), c("two", "after: one, ")), "two: m/t"),
        // The last writer has not been checked: it tells.
        (format!("{load}{}\nfix: <check> update m.t set a = 1", c("check", "")), "fix: m/t"),
        // Rows that are added in no order: all of them tell, or the check behind them.
        ("a: insert into m.t values (1)\nb: insert into m.t values (2)".to_owned(), "a: p/a, b: p/b"),
        (
            format!("a: insert into m.t values (1)\nb: insert into m.t values (2){}", c("check", "")),
            "check: m/t",
        ),
    ];
    for (steps, expected) in rows {
        assert_eq!(told(steps), *expected, "{steps}");
    }
}

/// Compiles pipelines; gives the codes of what is wrong.
fn codes(pipelines: &[Written<'_>]) -> Vec<String> {
    let (_, compiled) = compiled(pipelines);
    compiled.diagnostics.into_sorted().iter().map(|one| format!("{}: {}", one.code, one.message)).collect()
}

#[test]
fn what_is_no_table_is_made_before_its_use_and_dropped_behind_it() {
    let procedure = |name: &str, body: &str| {
        format!("create procedure m.{name}() as $$ begin {body}; end $$ language plpgsql")
    };
    let p = format!("p: {}", procedure("p", "call m.q()"));
    let q = format!("q: {}", procedure("q", "insert into m.o values (1)"));
    let f = "f: create function m.f(int) returns int stable as $$ select $1 $$ language sql";
    let call = "call: call m.p()";
    check(&[
        (&[call, &p, &q].join("\n"), "p>call q>call"),
        // Each calls the other: nobody is first.
        (
            &["call: call m.q()", &p, &format!("q: {}", procedure("q", "call m.p()"))].join("\n"),
            "p>call q>call",
        ),
        (&[&p, "drop: drop procedure m.p()", call, &q].join("\n"), "p>call q>call call>drop"),
        (
            &[&p, "drop: drop procedure m.p()", call, &q]
                .join("\n")
                .replace("p: create", "p: drop procedure m.p(); create"),
            "p>call q>call call>drop",
        ),
        (
            &["use: insert into m.o select m.f(1)", f, "drop: drop function m.f(int)"].join("\n"),
            "f>use use>drop",
        ),
        (&["out= {redshift_unload: {sql: select m.f(1) as a, to: \"s3://lake/o/\"}}", f].join("\n"), "f>out"),
        (
            &["rename: alter procedure m.q() rename to r", &q, "call: call m.r()"].join("\n"),
            "sql-hidden-tables call",
        ),
        (
            &[
                "g: grant usage on schema s to role x",
                "o: alter schema s owner to u",
                "c: comment on schema s is 'x'",
                "s: create schema s",
            ]
            .join("\n"),
            "s>g s>o s>c",
        ),
        (
            &[
                "a: attach rls policy pol on m.t to public",
                "p: create rls policy pol with (a int) using (a > 1)",
                "m: create table m.t (a int)",
                "d: drop rls policy pol",
            ]
            .join("\n"),
            "p>a m>a a>d",
        ),
        (&["a: alter datashare sh add schema m", "d: create datashare sh"].join("\n"), "d>a"),
        (
            &[
                "swap: drop schema if exists s cascade; alter schema s_new rename to s",
                "fill: create table s_new.t as select 1 as a",
                "read: insert into m.o select * from s.t",
            ]
            .join("\n"),
            "fill>swap swap>read",
        ),
    ]);
}

#[test]
fn a_drop_comes_after_other_pipelines_that_use_the_table() {
    let make = ("a", "\"@daily\"", "make: create table m.t as select 1 as x");
    let drop = "drop: drop table m.t";
    let read = "read: insert into m.u select * from m.t";
    let none = "used-after-drop: `c.drop` drops wh:m.t, which `b.read` uses, in no order";
    let rows: &[(&[Written<'_>], &[&str])] = &[
        (
            &[make, ("b", "", read), ("c", "\"@daily\"", drop)],
            &["used-after-drop: `c.drop` drops wh:m.t, which `a.make` uses, in no order", none],
        ),
        (&[make, ("b", "", read), ("c", "{after: b.read}", drop)], &[]),
        // The reader drops it.
        (&[make, ("b", "", &format!("{read}\n{drop}"))], &[]),
        // The maker drops it when it is done, and so before the reader starts.
        (
            &[
                ("a", "\"@daily\"", &format!("make: create table m.t as select 1 as x\n{drop}")),
                ("b", "", read),
            ],
            &["used-after-drop: `a.drop` drops wh:m.t, which `b.read` uses, which starts after that"],
        ),
        // It drops what it makes anew.
        (
            &[
                ("a", "\"@daily\"", &format!("{drop}\nmake: create table m.t as select 1 as x")),
                ("b", "", read),
            ],
            &[],
        ),
    ];
    for (pipelines, expected) in rows {
        assert_eq!(codes(pipelines), *expected, "{pipelines:?}");
    }
}

#[test]
fn the_making_of_a_schema_or_a_routine_comes_first() {
    check(&[
        (
            "make: create table stage.x as select * from ext.t\nschema: create schema if not exists stage",
            "schema>make",
        ),
        (
            "use: insert into m.y select etl.f(a) from ext.t\nproc: create or replace procedure etl.f_all() as $$ begin \
             perform 1; end; $$ language plpgsql\nfn: create or replace function etl.f(a int) returns int stable as $$ select \
             1 $$ language sql\netl: create schema etl",
            "etl>proc etl>fn fn>use",
        ),
        (
            "grant: grant select on all tables in schema mart to group bi\nmake: create table mart.a as select * from ext.t",
            "make>grant",
        ),
        (
            "end: drop schema stage\nmake: insert into stage.x select * from ext.t\nread: insert into m.y select * from stage.x",
            "make>read read>end",
        ),
        (
            "clean: drop schema if exists stage\nschema: create schema stage\nmake: create table stage.x as select * from ext.t",
            "clean>schema schema>make",
        ),
        // What the user says wins.
        (
            "make: create table stage.x as select * from ext.t\nschema: <make> create schema if not exists stage",
            "make>schema",
        ),
        // The table of a foreign key is there before it is named, and its rows do not matter.
        (
            "child: create table m.c (a int references m.p (a))\nparent: create table m.p (a int)",
            "parent>child",
        ),
        // What is made like another table wants that to be there.
        (
            "a: create temp table s (like m.t); insert into s select * from ext.t; insert into m.t select * from s\n\
             b: create temp table s (like m.t); insert into s select * from ext.t; insert into m.t select * from s",
            "",
        ),
    ]);
}

#[test]
fn a_view_is_read_with_the_tables_behind_it() {
    check(&[
        (
            "read: insert into m.u select * from m.v\nload: insert into m.t select * from ext.t\nview: create or replace view \
             m.v as select * from m.t with no schema binding",
            "load>view view>read",
        ),
        // Made in another step than the one that is at hand: the rows are those of the table.
        (
            "views: <load0> create view m.v as select * from m.s; create view m.w as select * from m.v\nload0: create table \
             m.s (a int)\nload: <views> insert into m.s select * from ext.t\nread: insert into m.u select * from m.w",
            "load0>views views>load load>read",
        ),
        // A materialized view holds what its last refresh has found.
        (
            "make: <base> create materialized view m.v as select * from m.t\nbase: create table m.t (a int)\nload: <make> insert \
             into m.t select * from ext.t\nrefresh: refresh materialized view m.v\nread: insert into m.u select * from m.v",
            "base>make make>load load>refresh refresh>read",
        ),
        // A step that keeps one makes and refreshes it, after those who fill its tables.
        (
            "read: insert into m.u select * from m.v\nkept= {materialized_view: {view: m.v, sql: select * from m.t}}\nload: insert \
             into m.t select * from ext.t\nbase: create table m.t (a int)\ntop= {materialized_view: {view: m.w, sql: select * from \
             m.u}}",
            "base>load load>kept kept>read read>top",
        ),
        // It is refreshed by somebody else, too.
        (
            "again: <kept> refresh materialized view m.v\nkept= {materialized_view: {view: m.v, sql: select * from m.t}}\nload: \
             insert into m.t select * from ext.t",
            "load>kept kept>again",
        ),
    ]);
}
