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

/// Writes a project of `count` pipelines; every tenth is scheduled by the data of the one before it.
pub(crate) fn write(root: &Path, count: usize) -> std::io::Result<()> {
    std::fs::create_dir_all(root.join("specs"))?;
    std::fs::write(root.join("dagc.yaml"), PROJECT)?;
    for n in 0..count {
        let folder = root.join(format!("specs/domain_{:03}", n / 100));
        std::fs::create_dir_all(&folder)?;
        std::fs::write(folder.join(format!("pipeline_{n:05}.yaml")), pipeline(n))?;
    }
    Ok(())
}

fn pipeline(n: usize) -> String {
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
    let upstream = if n % 10 == 9 { format!("s{:05}.daily", n - 1) } else { format!("{schema}.lines") };
    let _ = write!(
        text,
        "start_date: 2026-01-01
tags: [bench, domain_{domain:03}]
sources:
  orders:
    path: s3://${{vars.raw}}/{schema}/orders/dt={{{{ ds }}}}/
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
      arguments: {{ds: '{{{{ ds }}}}'}}
  load_orders:
    redshift_copy: {{from: orders, table: {schema}.orders, mode: merge, key: [order_id]}}
  load_lines:
    redshift_copy:
      path: s3://${{vars.lake}}/{schema}/lines/dt={{{{ ds }}}}/
      format: parquet
      table: {schema}.lines
      mode: merge
      key: [order_id, line]
  daily:
    redshift_sql:
      sql: |
        delete from {schema}.daily where day = '{{{{ ds }}}}';
        insert into {schema}.daily
        select o.placed_at::date, count(distinct o.order_id), sum(l.amount)
        from {schema}.orders o
        join {schema}.lines l on l.order_id = o.order_id
        where o.placed_at::date = '{{{{ ds }}}}'
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
    bash: {{command: 'echo market {n} of {{{{ ds }}}} is done'}}
",
        domain = n / 100,
    );
    text
}
