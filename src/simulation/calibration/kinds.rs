//! The jobs of the matrix as the simulation has them: the service, and the calls beside those that the runner asks for.

use crate::service::call::Operation;
use crate::service::logs::GET_LOG_EVENTS;
use crate::service::objects::{LIST_OBJECTS, PUT_OBJECT};
use crate::service::redshift::job::{
    BATCH_EXECUTE_STATEMENT, DESCRIBE_STATEMENT, EXECUTE_STATEMENT, GET_STATEMENT_RESULT,
};
use crate::simulation::calls::Calls;
use crate::simulation::crawler::Crawls;
use crate::simulation::script::Service;
use crate::simulation::service::Service as _;
use crate::simulation::services::{Glue, Load, Statement};

/// A job of the matrix.
pub(super) struct Kind {
    pub name: &'static str,
    pub service: Service,
    pub calls: Calls,
    /// How many runs there may be at once.
    pub slots: usize,
    /// Only what starts something was disturbed.
    pub is_partly_measured: bool,
    /// Airflow does not tell when the first attempt began.
    pub is_untold: bool,
}

/// Jobs that are not simulated, and why.
pub(super) const NOT_SIMULATED: &[(&str, &str)] = &[
    ("Wait for objects in S3", "nothing is started"),
    ("Object written to S3", "nothing is started: the same object is put again"),
    ("Data Catalog table", "nothing is started: what is there is compared, and what is missing is made"),
    ("Grants of Lake Formation", "nothing is started: what is granted already stays"),
    ("HTTP API, fetched", "nothing is started: what an attempt has written the next one finds by its state"),
    ("Objects copied within S3", "nothing is started: what is there already is not copied again"),
    ("Objects removed from S3", "nothing is started: what is gone is gone"),
    ("Redshift external schema", "a statement as others are, and none where it is there"),
    ("Redshift statements, one by one", "each of them is a statement by itself"),
    ("ECS task", "a task of a token that is known is given again, as a statement is"),
    ("Run on EMR Serverless", "a run of a token that is known is given again, as a statement is"),
    ("Step on a cluster of EMR", "its mark is read and its states are looked at, as those of a Glue run are"),
    ("Execution of a standard state machine", "a name that is known is given again, as a statement is"),
    ("Function", "nothing can be found: no attempt but the first invokes it"),
    ("Execution of an express state machine", "nothing can be found: no attempt but the first starts one"),
    (
        "Execution of a DataSync task",
        "its mark is read and its states are looked at, as those of a Glue run are",
    ),
    (
        "Redshift cluster, paused",
        "nothing is marked: a cluster that is where it is to be, or on its way there, is asked for nothing",
    ),
    (
        "Replication of DMS",
        "one at a time, as a crawler's crawls are; its mark is read, as that of a Glue run is",
    ),
    ("Data quality run", "a token alone tells it, and no listing"),
    ("Athena query", "a query of a token that is known is given again, as a statement is"),
    ("Athena queries, one by one", "each of them is a query by itself"),
    ("Athena checks", "each of them is a query by itself"),
    ("Athena statement without a mark", "a token alone tells it, and no listing"),
];

const GLUE: Kind = Kind {
    name: "Glue job, one run at a time",
    service: Service::Glue,
    calls: Calls { follow: &[GET_LOG_EVENTS], ..Glue::CALLS },
    slots: 1,
    is_partly_measured: false,
    is_untold: false,
};

const CRAWLER: Kind = Kind { name: "Crawler", service: Service::Crawler, calls: Crawls::CALLS, ..GLUE };

const STATEMENT: Kind = Kind {
    name: "Redshift statement",
    service: Service::Statement,
    calls: Statement::CALLS,
    slots: 1,
    is_partly_measured: false,
    is_untold: false,
};

/// A statement beside the job, and how it stands.
const BESIDE: [Operation; 2] = [EXECUTE_STATEMENT, DESCRIBE_STATEMENT];

/// The result of one more.
const RESULT: &[Operation] = &[BESIDE[0], BESIDE[1], GET_STATEMENT_RESULT];

const LOAD: Kind = Kind {
    name: "Redshift load, append",
    service: Service::Load,
    calls: Calls {
        start: BATCH_EXECUTE_STATEMENT,
        // The ledger is made and read.
        prepare: &[
            LIST_OBJECTS,
            BESIDE[0],
            BESIDE[1],
            BESIDE[0],
            BESIDE[1],
            BESIDE[0],
            BESIDE[1],
            BESIDE[0],
            BESIDE[1],
            GET_STATEMENT_RESULT,
            PUT_OBJECT,
        ],
        outputs: RESULT,
        ..Load::CALLS
    },
    ..STATEMENT
};

/// All that are simulated.
pub(super) const KINDS: &[Kind] = &[
    GLUE,
    Kind { name: "Glue job, five runs at a time", slots: 5, ..GLUE },
    CRAWLER,
    Kind { name: "Crawler, where Airflow does not tell when an attempt began", is_untold: true, ..CRAWLER },
    STATEMENT,
    Kind {
        name: "Redshift statements, a transaction",
        calls: Calls { start: BATCH_EXECUTE_STATEMENT, ..Statement::CALLS },
        ..STATEMENT
    },
    LOAD,
    Kind { name: "Redshift load, replace", is_partly_measured: true, ..LOAD },
    Kind {
        name: "Redshift load, merge",
        is_partly_measured: true,
        calls: Calls {
            // The table's columns too.
            prepare: &[
                LIST_OBJECTS,
                BESIDE[0],
                BESIDE[1],
                BESIDE[0],
                BESIDE[1],
                BESIDE[0],
                BESIDE[1],
                BESIDE[0],
                BESIDE[1],
                GET_STATEMENT_RESULT,
                BESIDE[0],
                BESIDE[1],
                GET_STATEMENT_RESULT,
                PUT_OBJECT,
            ],
            ..LOAD.calls
        },
        ..LOAD
    },
    Kind {
        name: "Redshift checks",
        calls: Calls { start: BATCH_EXECUTE_STATEMENT, outputs: &[GET_STATEMENT_RESULT], ..Statement::CALLS },
        ..STATEMENT
    },
    Kind {
        name: "Redshift materialized view, made",
        calls: Calls { start: BATCH_EXECUTE_STATEMENT, prepare: RESULT, ..Statement::CALLS },
        ..STATEMENT
    },
    Kind {
        name: "Redshift materialized view, made anew",
        is_partly_measured: true,
        calls: Calls {
            start: BATCH_EXECUTE_STATEMENT,
            // What there is, and what depends on it.
            prepare: &[
                BESIDE[0],
                BESIDE[1],
                GET_STATEMENT_RESULT,
                BESIDE[0],
                BESIDE[1],
                GET_STATEMENT_RESULT,
                BESIDE[0],
                BESIDE[1],
                GET_STATEMENT_RESULT,
                BESIDE[0],
                BESIDE[1],
                GET_STATEMENT_RESULT,
            ],
            ..Statement::CALLS
        },
        ..STATEMENT
    },
    Kind { name: "Redshift unload", calls: Calls { outputs: RESULT, ..Statement::CALLS }, ..STATEMENT },
];
