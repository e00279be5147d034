//! States and failures of statements.

use super::*;
use crate::exec::outcome::Exit;
use crate::template::RunValues;
use aws_sdk_redshiftdata::types::{StatementStatusString, SubStatementData};

/// Nothing that is run elsewhere, in another database or as somebody else is this task's.
#[test]
fn a_statement_is_known_by_all_of_its_connection() {
    let identity = |region: &'static str, connection: &RedshiftConnection| {
        let config = crate::aws::client::unconnected(region);
        SqlJob::of(&config, connection, Body::Script, &RunValues::default()).identity()
    };
    let own = RedshiftConnection {
        workgroup: Some("etl".to_owned()),
        cluster: None,
        database: "shop".to_owned(),
        db_user: None,
        secret: None,
    };
    let some = || Some("etl".to_owned());
    assert_eq!(identity("eu-west-1", &own), identity("eu-west-1", &own));
    for (region, other) in [
        ("eu-west-2", own.clone()),
        ("eu-west-1", RedshiftConnection { workgroup: Some("bi".to_owned()), ..own.clone() }),
        ("eu-west-1", RedshiftConnection { workgroup: None, cluster: some(), ..own.clone() }),
        ("eu-west-1", RedshiftConnection { database: "bank".to_owned(), ..own.clone() }),
        ("eu-west-1", RedshiftConnection { db_user: some(), ..own.clone() }),
        ("eu-west-1", RedshiftConnection { secret: some(), ..own.clone() }),
    ] {
        assert_ne!(identity("eu-west-1", &own).target, identity(region, &other).target, "{other:?}");
    }
    let cluster =
        |name: &str| RedshiftConnection { workgroup: None, cluster: Some(name.to_owned()), ..own.clone() };
    assert_ne!(
        identity("eu-west-1", &cluster("blue")).target,
        identity("eu-west-1", &cluster("green")).target
    );
}

/// As a batch may end whose statements are no transaction.
#[test]
fn a_part_that_has_failed_is_a_failure_of_the_whole() {
    let part = |state: &str| {
        let state = StatementStatusString::from(state);
        SubStatementData::builder().id("1:1").status(state).error("disk full").build().unwrap()
    };
    let described = |states: &[&str]| {
        let parts = states.iter().map(|state| part(state)).collect();
        DescribeStatementOutput::builder().id("1").set_sub_statements(Some(parts)).build().unwrap()
    };
    assert_eq!(unfinished(&described(&[])), None);
    assert_eq!(unfinished(&described(&["FINISHED", "FINISHED"])), None);
    for state in ["FAILED", "ABORTED", "STARTED", "NEW"] {
        let failure = unfinished(&described(&["FINISHED", state, "FINISHED"])).unwrap();
        assert!(failure.message.contains(&format!("statement 2 of 3 is {state}: disk full")), "{failure}");
        assert_eq!(failure.exit, Exit::Retry);
    }
}

#[test]
fn every_state_of_a_statement_has_a_meaning() {
    for state in ["SUBMITTED", "PICKED", "STARTED"] {
        assert_eq!(phase(state, "1", None), Phase::Running(state.to_owned()));
    }
    assert_eq!(phase("FINISHED", "1", None), Phase::Succeeded);
    assert_eq!(phase("PONDERING", "1", None), Phase::Unknown("PONDERING".to_owned()));
    for (state, error, exit) in [
        ("FAILED", Some("ERROR: syntax error at or near \"form\""), Exit::ForGood),
        ("FAILED", Some("ERROR: 1023 DETAIL: Serializable isolation violation on table"), Exit::Retry),
        ("FAILED", None, Exit::ForGood),
        ("ABORTED", None, Exit::Retry),
    ] {
        let Phase::Failed(failure) = phase(state, "1", error) else { panic!("{state}") };
        assert_eq!(failure.exit, exit, "{error:?}");
    }
}
