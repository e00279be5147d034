//! Makes projects of any size: pipelines of ten steps that read, crawl, transform, load, join and check.

use std::fmt::Write as _;
use std::path::Path;

const PROJECT: &str = "\
project: bench
airflow: \"3.3\"
environments:
  dev:
    mwaa: bench-dev
    region: eu-west-1
    vars: {raw: bench-dev-raw, lake: bench-dev-lake}
    redshift: {warehouse: {workgroup: dev, database: analytics, copy_role: default}}
    glue: {role: 'arn:aws:iam::111122223333:role/glue', assets: s3://bench-dev-assets/glue/}
defaults: {owner: data-platform, retries: 2, retry_delay: 5m, timeout: 2h}
";

/// What a project looks like.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Shape {
    /// Pipelines of ten steps; every tenth is scheduled by the data of the one before it.
    Usual,
    /// One pipeline of so many steps, each of which reads what the one before it writes.
    LongPipeline,
    /// One pipeline whose steps stand for so many each.
    Each,
    /// One pipeline of so many steps that add rows to a table, and as many that read it.
    Appends,
    /// So many pipelines that read one table.
    OneTable,
    /// So many pipelines, each scheduled by the data of the one before it.
    Chain,
    /// So many pipelines whose files lie side by side, and one that reads them all.
    OneFolder,
    /// So many pipelines of a job and a load of what it writes: what looks at each load with each job is seen.
    Loads,
    /// So many pipelines that each read a table that nobody makes.
    Mistakes,
}

impl Shape {
    /// All that are not usual.
    pub(crate) const UNUSUAL: &'static [Self] = &[
        Self::LongPipeline,
        Self::Each,
        Self::Appends,
        Self::OneTable,
        Self::Chain,
        Self::OneFolder,
        Self::Loads,
        Self::Mistakes,
    ];

    /// Says what the size counts.
    pub(crate) fn describe(self) -> &'static str {
        match self {
            Self::Usual => "pipelines of ten steps",
            Self::LongPipeline => "steps of one pipeline in a chain",
            Self::Each => "values of an `each` of three steps",
            Self::Appends => "appends to a table of as many readers",
            Self::OneTable => "pipelines that read one table",
            Self::Chain => "pipelines in a chain",
            Self::OneFolder => "pipelines that write into one folder",
            Self::Loads => "pipelines of a job and a load of its files",
            Self::Mistakes => "pipelines with a mistake",
        }
    }

    /// The smaller of the two sizes that are measured.
    pub(crate) fn size(self) -> usize {
        match self {
            Self::Usual | Self::OneTable | Self::Chain | Self::OneFolder | Self::Loads | Self::Mistakes => {
                5_000
            }
            Self::LongPipeline => 1_000,
            Self::Each | Self::Appends => 500,
        }
    }

    /// What `dagc build` ends with.
    pub(crate) fn exit_code(self) -> i32 {
        i32::from(self == Self::Mistakes)
    }

    /// How many pipelines a project of a size has.
    fn count(self, size: usize) -> usize {
        match self {
            Self::Usual | Self::OneTable | Self::Chain | Self::OneFolder | Self::Loads | Self::Mistakes => {
                size
            }
            Self::LongPipeline | Self::Each | Self::Appends => 1,
        }
    }

    fn pipeline(self, n: usize, size: usize) -> String {
        match self {
            Self::Usual => usual(n),
            Self::LongPipeline => long(size),
            Self::Each => each(size),
            Self::Appends => appends(size),
            Self::OneTable if n == 0 => {
                small(0, "create table mart.all (id int); insert into mart.all select 1")
            }
            Self::OneTable => small(n, &format!("create table mart.t{n} as select id from mart.all")),
            Self::Chain if n == 0 => small(0, "create table mart.t0 as select 1 as id"),
            Self::Chain => small(n, &format!("create table mart.t{n} as select id from mart.t{}", n - 1)),
            Self::OneFolder if n == 0 => {
                small(0, "copy mart.all from 's3://bench-dev-lake/out/' iam_role default")
            }
            Self::OneFolder => small(
                n,
                &format!(
                    "unload ('select 1') to 's3://bench-dev-lake/out/market_{n}_{{{{ ds }}}}.csv' iam_role default"
                ),
            ),
            Self::Loads => load(n),
            Self::Mistakes => {
                small(n, &format!("create table mart.made_{n} as select id from mart.maid_{n}"))
            }
        }
    }
}

/// Writes a project.
pub(crate) fn write(root: &Path, shape: Shape, size: usize) -> std::io::Result<()> {
    std::fs::create_dir_all(root.join("specs"))?;
    std::fs::write(root.join("dagc.yaml"), PROJECT)?;
    for n in 0..shape.count(size) {
        let folder = root.join(format!("specs/domain_{:03}", n / 100));
        std::fs::create_dir_all(&folder)?;
        std::fs::write(folder.join(format!("pipeline_{n:05}.yaml")), shape.pipeline(n, size))?;
    }
    Ok(())
}

/// A pipeline of one step.
fn small(n: usize, sql: &str) -> String {
    format!("pipeline: pipeline_{n:05}\nsteps:\n  run:\n    redshift_sql: {{sql: \"{sql}\"}}\n")
}

/// A pipeline of a job that writes files, and of a load that adds them to a table.
fn load(n: usize) -> String {
    format!(
        "pipeline: pipeline_{n:05}
steps:
  tables: {{redshift_sql: {{sql: 'create table mart.t{n} (id int)'}}}}
  clean:
    glue_job:
      job: clean-{n}
      write: {{path: 's3://${{vars.lake}}/s{n:05}/lines/', format: parquet, partition_by: [dt]}}
  load:
    redshift_copy:
      path: s3://${{vars.lake}}/s{n:05}/lines/dt={{{{ ds }}}}/
      format: parquet
      table: mart.t{n}
      mode: append
"
    )
}

fn long(steps: usize) -> String {
    let mut text = String::from(
        "pipeline: long\nsteps:\n  s0:\n    redshift_sql: {sql: create table mart.t0 as select 1 as id}\n",
    );
    for n in 1..steps {
        let _ = write!(
            text,
            "  s{n}:\n    redshift_sql: {{sql: create table mart.t{n} as select id from mart.t{}}}\n",
            n - 1
        );
    }
    text
}

fn each(values: usize) -> String {
    let names: Vec<String> = (0..values).map(|n| format!("t{n}")).collect();
    let each = format!("each: {{table: [{}]}}", names.join(", "));
    format!(
        "pipeline: each
sources:
  raw: {{path: 's3://${{vars.raw}}/all/dt={{{{ ds }}}}/', format: parquet, wait: true}}
steps:
  load:
    {each}
    redshift_copy: {{path: 's3://${{vars.raw}}/all/dt={{{{ ds }}}}/${{each.table}}/', format: parquet, table: 'mart.${{each.table}}', mode: append}}
  loaded:
    {each}
    sql_check: {{of: load, expect: [{{rows: '>= 1'}}]}}
  told:
    {each}
    after: [loaded]
    bash: {{command: 'echo ${{each.table}} of {{{{ ds }}}}'}}
"
    )
}

fn appends(steps: usize) -> String {
    let mut text = String::from(
        "pipeline: appends\nsteps:\n  make:\n    redshift_sql: {sql: create table mart.all (id int)}\n",
    );
    for n in 0..steps {
        let _ = write!(
            text,
            "  a{n}:\n    redshift_sql: {{sql: insert into mart.all select {n}}}\n  r{n}:\n    redshift_sql: {{sql: create table mart.r{n} as select id from mart.all}}\n"
        );
    }
    text
}

/// A pipeline of ten steps.
fn usual(n: usize) -> String {
    let schema = format!("s{n:05}");
    let mut text = String::with_capacity(2_400);
    let _ = write!(
        text,
        "pipeline: pipeline_{n:05}
description: Orders and lines of market {n}, loaded and joined every day.
"
    );
    if n % 10 != 9 {
        let _ = write!(text, "schedule: \"{} 3 * * *\"\ntimezone: Europe/Berlin\n", n % 60);
    }
    // What data schedules has its day from there.
    let day = if n % 10 == 9 { "data_interval_start | ds" } else { "ds" };
    let upstream = if n % 10 == 9 { format!("s{:05}.daily", n - 1) } else { format!("{schema}.lines") };
    let _ = write!(
        text,
        "start_date: 2026-01-01
tags: [bench, domain_{domain:03}]
sources:
  orders:
    path: s3://${{vars.raw}}/{schema}/orders/dt={{{{ {day} }}}}/
    format: {{csv: {{header: true}}}}
    columns: {{order_id: bigint not null, customer: varchar(64), total: 'decimal(12,2)', placed_at: timestamp}}
    wait: {{timeout: 2h, every: 60s, at_least: 1}}
steps:
  tables:
    redshift_sql:
      sql: |
        create schema if not exists {schema};
        create table if not exists {schema}.orders (order_id bigint not null, customer varchar(64), total decimal(12,2), placed_at timestamp);
        create table if not exists {schema}.lines (order_id bigint not null, line int not null, amount decimal(12,2));
        create table if not exists {schema}.daily (day date not null, orders bigint, total decimal(18,2));
  crawl:
    group: land
    glue_crawler: {{crawler: {schema}-orders, from: orders, database: raw}}
  clean:
    group: land
    timeout: 4h
    glue_job:
      job: {schema}-clean
      from: orders
      write: {{path: 's3://${{vars.lake}}/{schema}/lines/', format: parquet, partition_by: [dt]}}
      arguments: {{ds: '{{{{ {day} }}}}'}}
  load_orders:
    redshift_copy: {{from: orders, table: {schema}.orders, mode: merge, key: [order_id]}}
  load_lines:
    redshift_copy:
      path: s3://${{vars.lake}}/{schema}/lines/dt={{{{ {day} }}}}/
      format: parquet
      table: {schema}.lines
      mode: merge
      key: [order_id, line]
  daily:
    redshift_sql:
      sql: |
        delete from {schema}.daily where day = '{{{{ {day} }}}}';
        insert into {schema}.daily
        select o.placed_at::date, count(distinct o.order_id), sum(l.amount)
        from {schema}.orders o
        join {schema}.lines l on l.order_id = o.order_id
        where o.placed_at::date = '{{{{ {day} }}}}'
        group by 1
  orders_loaded:
    sql_check: {{of: load_orders, expect: [{{rows: '>= 1'}}, {{unique: [order_id]}}, {{not_null: [customer]}}]}}
  lines_loaded:
    sql_check: {{of: load_lines, expect: [{{rows: '>= 1'}}, {{unique: [order_id, line]}}]}}
  compared:
    sql_check:
      of: daily
      expect:
        - sql: select 1 from {upstream} where 1 = 0
  told:
    after: [daily]
    bash: {{command: 'echo market {n} of {{{{ {day} }}}} is done'}}
",
        domain = n / 100,
    );
    text
}
