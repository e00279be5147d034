//! What error codes mean.

use super::*;
use crate::service::glue_crawler::job as glue_crawler;
use crate::service::glue_job::job as glue_job;
use crate::service::redshift::job as redshift;

/// A failure, and what it means for a call that reads and for one that starts something.
#[test]
fn a_failure_means_something_for_each_kind_of_call() {
    let refused = |status, code| Failure::Refused { status, code: Some(code) };
    let bare = |status| Failure::Refused { status, code: None };
    for (failure, reads, starts) in [
        (Failure::NoAnswer, Kind::Unavailable, Kind::Ambiguous),
        (Failure::NotBuilt, Kind::Invalid, Kind::Invalid),
        (Failure::NoCredentials, Kind::Credentials, Kind::Credentials),
        (bare(500), Kind::Unavailable, Kind::Ambiguous),
        (bare(503), Kind::Unavailable, Kind::Ambiguous),
        (bare(408), Kind::Unavailable, Kind::Ambiguous),
        (bare(429), Kind::Throttled, Kind::Throttled),
        (bare(404), Kind::NotFound, Kind::NotFound),
        (bare(403), Kind::Denied, Kind::Denied),
        (bare(412), Kind::Conflict, Kind::Conflict),
        (bare(400), Kind::Invalid, Kind::Invalid),
        (refused(400, "SomethingNew"), Kind::Invalid, Kind::Invalid),
        (refused(502, "SomethingNew"), Kind::Unavailable, Kind::Ambiguous),
        (refused(400, "ThrottlingException"), Kind::Throttled, Kind::Throttled),
        (refused(503, "SlowDown"), Kind::Throttled, Kind::Throttled),
        (refused(400, "ResourceNumberLimitExceededException"), Kind::Busy, Kind::Busy),
        (refused(400, "OperationTimeoutException"), Kind::Unavailable, Kind::Ambiguous),
        (refused(500, "InternalServiceException"), Kind::Unavailable, Kind::Ambiguous),
        (refused(400, "EntityNotFoundException"), Kind::NotFound, Kind::NotFound),
        (refused(404, "NoSuchBucket"), Kind::NotFound, Kind::NotFound),
        (refused(400, "AccessDeniedException"), Kind::Denied, Kind::Denied),
        (refused(403, "ExpiredToken"), Kind::Credentials, Kind::Credentials),
        (refused(403, "InvalidAccessKeyId"), Kind::BadCredentials, Kind::BadCredentials),
        (refused(400, "InvalidToken"), Kind::BadCredentials, Kind::BadCredentials),
        (refused(409, "ConditionalRequestConflict"), Kind::Conflict, Kind::Conflict),
        (refused(400, "ValidationException"), Kind::Invalid, Kind::Invalid),
    ] {
        assert_eq!(failure.kind(glue_job::GET_JOB_RUN), reads, "{failure:?}");
        assert_eq!(failure.kind(glue_job::START_JOB_RUN), starts, "{failure:?}");
    }
}

#[test]
fn a_service_has_codes_of_its_own() {
    let starts = |code, operation| Failure::Refused { status: 400, code: Some(code) }.kind(operation);
    for (code, operation, expected) in [
        ("ConcurrentRunsExceededException", glue_job::START_JOB_RUN, Kind::Busy),
        ("CrawlerRunningException", glue_crawler::START_CRAWLER, Kind::Busy),
        ("CrawlerStoppingException", glue_crawler::UPDATE_CRAWLER, Kind::Busy),
        ("CrawlerRunningException", redshift::EXECUTE_STATEMENT, Kind::Invalid),
        ("ActiveStatementsExceededException", redshift::EXECUTE_STATEMENT, Kind::Throttled),
        ("ActiveSessionsExceededException", redshift::EXECUTE_STATEMENT, Kind::Throttled),
        ("ActiveWaitingRequestsExceededException", redshift::DESCRIBE_STATEMENT, Kind::Throttled),
        ("ExecuteStatementException", redshift::EXECUTE_STATEMENT, Kind::Ambiguous),
        ("QueryTimeoutException", redshift::GET_STATEMENT_RESULT, Kind::Unavailable),
    ] {
        assert_eq!(starts(code, operation), expected, "{code}");
    }
}

#[test]
fn messages_name_the_call_the_code_and_the_request() {
    let error = AwsError {
        operation: glue_job::START_JOB_RUN,
        kind: Kind::NotFound,
        code: Some("EntityNotFoundException".to_owned()),
        message: "Failed to start job run due to missing metadata".to_owned(),
        request_id: Some("7f3c".to_owned()),
        bucket_region: None,
    };
    assert_eq!(
        error.to_string(),
        "glue:StartJobRun: EntityNotFoundException: Failed to start job run due to missing metadata \
         (request 7f3c)"
    );
}
