//! What a run needs is of what it touches.

use super::*;

fn on(run: &RunAthena, action: &str) -> Vec<String> {
    let needs = run.needs().into_iter().filter(|need| need.action == action);
    let all: BTreeSet<String> = needs.map(|need| need.resource.to_string()).collect();
    all.into_iter().map(|arn| arn.rsplit(":REGION:ACCOUNT:").next().unwrap().to_owned()).collect()
}

fn run(text: &str) -> RunAthena {
    serde_json::from_str(&format!(r#"{{"workgroup": "etl", "statements": ["select 1"], {text}}}"#)).unwrap()
}

/// A check is nothing without its result.
#[test]
fn a_check_needs_what_its_queries_give() {
    let results = |run: &RunAthena| {
        let mut needs = run.needs().into_iter().filter(|need| need.action == "athena:GetQueryResults");
        needs.all(|need| matches!(need.when, When::Planned(_)))
    };
    let reads = r#""reads": ["lake.a"]"#;
    let asks = format!(r#"{reads}, "check": {{"assertions": []}}"#);
    assert_eq!((results(&run(&asks)), results(&run(reads))), (true, false));
}

#[test]
fn what_is_needed_is_of_its_tables() {
    let run = run(r#""reads": ["lake.a", "lake.b"]"#);
    assert_eq!(on(&run, "glue:GetTable"), ["catalog", "database/lake", "table/lake/a", "table/lake/b"]);
    assert_eq!(on(&run, "glue:GetDatabase")[1..3], ["database/default", "database/lake"]);
    assert_eq!(on(&run, "athena:StartQueryExecution"), ["workgroup/etl"]);
    for action in ["glue:CreateTable", "s3:DeleteObject", "lambda:InvokeFunction"] {
        assert_eq!(on(&run, action), [""; 0], "{action}");
    }
}

/// What is done to one table is not allowed on another.
#[test]
fn what_is_needed_is_of_what_is_done() {
    let partitions = run(r#""writes": ["lake.t"], "does": {"adds_partitions": ["lake.t"]}"#);
    let drop = run(r#""writes": ["lake.t"], "does": {"drops_table": ["lake.t"]}"#);
    let (add, all) = ("glue:BatchCreatePartition", run(r#""writes": ["lake.t"]"#));
    for (run, action, is_needed) in [
        (&partitions, add, true),
        (&partitions, "glue:DeleteTable", false),
        (&partitions, "s3:PutObject", true),
        (&partitions, "s3:DeleteObject", false),
        (&drop, "glue:DeleteTable", true),
        (&drop, add, false),
        (&drop, "glue:CreateTable", false),
        // A plan of before does not say it.
        (&all, add, true),
        (&all, "glue:DeleteTable", true),
    ] {
        assert_eq!(!on(run, action).is_empty(), is_needed, "{action}");
    }
    let database = run(r#""does": {"drops_database": ["lake"]}"#);
    assert_eq!(
        on(&database, "glue:DeleteDatabase"),
        ["catalog", "database/lake", "table/lake/*", "userDefinedFunction/lake/*"]
    );
    let function = run(r#""does": {"calls_function": ["mask", "arn:aws:lambda:us-east-1:1:function:x"]}"#);
    assert_eq!(
        on(&function, "lambda:InvokeFunction"),
        ["function:mask", "arn:aws:lambda:us-east-1:1:function:x"]
    );
    assert_eq!(on(&function, "glue:GetDatabase"), [""; 0]);
}

/// Of what is named the place is known.
#[test]
fn files_that_are_named_are_allowed_where_they_are() {
    let run = run(r#""files_read": ["s3://raw/in/"], "files_written": ["s3://lake/out/dt={{ ds }}/"]"#);
    let (read, written) = ("arn:aws:s3:::raw/in/*", "arn:aws:s3:::lake/out/dt=*/*");
    assert!(on(&run, "s3:PutObject").contains(&written.to_owned()));
    assert!(!on(&run, "s3:PutObject").contains(&read.to_owned()));
    assert!(on(&run, "s3:GetObject").contains(&read.to_owned()));
    for bucket in ["arn:aws:s3:::lake", "arn:aws:s3:::raw"] {
        assert!(on(&run, "s3:ListBucket").contains(&bucket.to_owned()));
        assert!(on(&run, "s3:GetBucketLocation").contains(&bucket.to_owned()));
    }
    // Nothing is said of files of tables.
    assert_eq!(on(&run, "s3:DeleteObject"), [""; 0]);
}
