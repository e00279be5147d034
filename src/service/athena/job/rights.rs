//! Athena's calls, and what their callers must be allowed. Athena reads and writes as whoever starts a query.

mod calls;
mod touched;

pub use calls::*;

use super::RunAthena;
use crate::service::arn::{Part, Resource};
use crate::service::assertion::Check;
use crate::service::call::{Call, Caller, On, Touched, When, call, touched, wanted};
use crate::service::objects::{bucket_of, split_uri};
use crate::service::section::{Heading, Section, Who};
use crate::sql::Deed;
use crate::template::Template;
use std::collections::{BTreeMap, BTreeSet};
use touched::{each, glue, tables};

impl Caller for RunAthena {
    fn calls(&self) -> &'static [Call] {
        const CALLS: &[Call] = &[
            call(START_QUERY_EXECUTION),
            call(GET_QUERY_EXECUTION),
            call(LIST_QUERY_EXECUTIONS),
            call(BATCH_GET_QUERY_EXECUTION),
            call(STOP_QUERY_EXECUTION),
            wanted(
                GET_QUERY_RESULTS,
                "for `rows` and `value`; without it there is a warning, and they are not known",
            ),
        ];
        const CHECK_CALLS: &[Call] = &[
            call(START_QUERY_EXECUTION),
            call(GET_QUERY_EXECUTION),
            call(LIST_QUERY_EXECUTIONS),
            call(BATCH_GET_QUERY_EXECUTION),
            call(STOP_QUERY_EXECUTION),
            Call { operation: GET_QUERY_RESULTS, when: When::Planned("when it is a check") },
        ];
        if self.check.is_some() { CHECK_CALLS } else { CALLS }
    }

    fn touches(&self, on: On) -> Vec<Touched> {
        match on {
            On::Itself => touched("the workgroup", self.itself()),
            On::Anything => touched("all data", Resource::Anything),
            On::DefaultDatabase if self.touches_catalog() => {
                let own = vec![Part::Fixed("database/default")];
                each("the default database", [glue(vec![Part::Fixed("catalog")]), glue(own)])
            }
            On::Table => tables("the tables that are read", &self.reads),
            On::Done(deed) => self.done(deed),
            On::Bucket => self.buckets(),
            On::Written => {
                let (bucket, key) = self.output.as_ref().map_or((None, None), |output| {
                    (bucket_of(output), split_uri(output.static_prefix()).map(|(_, key)| key))
                });
                touched("the results", Resource::objects(bucket, key))
            }
            On::Read => self.read(),
            On::MadeData => self.made(),
            On::LostData => self.lost(),
            On::Key => touched("the key", Resource::key(None)),
            _ => Vec::new(),
        }
    }
}

/// The heading of what whoever runs SQL in Athena must be allowed.
pub const RIGHTS: Heading = Heading::new("`athena_sql`, `table_maintenance`, and `sql_check` in Athena");

/// Returns what the page of permissions says of it.
pub(in crate::service) fn sections() -> Vec<Section> {
    let name = |deed: Deed| match deed {
        Deed::CallsFunction => "FUNCTION",
        Deed::CallsModel => "MODEL",
        deed if Deed::TO_TABLES.contains(&deed) => "DATABASE.TABLE",
        _ => "DATABASE",
    };
    let does: BTreeMap<Deed, BTreeSet<String>> =
        Deed::ALL.iter().map(|deed| (*deed, BTreeSet::from([name(*deed).to_owned()]))).collect();
    let tables = || vec!["DATABASE.TABLE".to_owned()];
    let files = || vec![Template::text("s3://BUCKET/FOLDER")];
    let run = RunAthena {
        workgroup: "WORKGROUP".to_owned(),
        reads: tables(),
        writes: tables(),
        does,
        files_read: files(),
        files_written: files(),
        ..RunAthena::default()
    };
    let asks = Some(Check { table: None, assertions: Vec::new() });
    let check =
        RunAthena { workgroup: run.workgroup.clone(), reads: tables(), check: asks, ..RunAthena::default() };
    vec![Section::new(Who::Worker, RIGHTS).of(&[&run, &check]).billed(run.billed())]
}

#[cfg(test)]
mod tests;
