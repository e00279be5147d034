//! What a run touches: the resources that its rights are on.

use super::RunAthena;
use super::calls::RESULTS;
use crate::service::arn::{Part, Resource};
use crate::service::call::{Touched, When, touched};
use crate::service::objects::bucket_of;
use crate::sql::Deed;
use crate::template::Template;
use std::collections::BTreeSet;

const DATA: When = When::Perhaps("when Lake Formation does not give the data");
const WRITES: When = When::Planned("when it adds or changes rows");
const CHANGES: When = When::Planned("when it changes rows, or compacts");
const ICEBERG: When =
    When::Perhaps("when the tables are Iceberg's and Lake Formation does not give the data");

impl RunAthena {
    pub(super) fn itself(&self) -> Resource {
        Resource::regional("athena", [Part::Fixed("workgroup/"), Part::Name(self.workgroup.clone())])
    }

    /// What something is done to. Of a plan that does not say it, anything is done to the tables that are written.
    fn deeds(&self, deed: Deed) -> BTreeSet<String> {
        if self.does.is_empty() && Deed::TO_TABLES.contains(&deed) {
            return self.writes.iter().cloned().collect();
        }
        self.does.get(&deed).cloned().unwrap_or_default()
    }

    fn does_any(&self, deeds: &[Deed]) -> bool {
        deeds.iter().any(|deed| !self.deeds(*deed).is_empty())
    }

    pub(super) fn touches_catalog(&self) -> bool {
        let is_of_catalog = |deed: &Deed| {
            !matches!(
                deed,
                Deed::CallsFunction
                    | Deed::CallsModel
                    | Deed::PreparesStatement
                    | Deed::RunsStatement
                    | Deed::ForgetsStatement
            )
        };
        !self.reads.is_empty() || !self.writes.is_empty() || self.does.keys().any(is_of_catalog)
    }

    pub(super) fn done(&self, deed: Deed) -> Vec<Touched> {
        let names = self.deeds(deed);
        match deed {
            Deed::MakesTable => tables("the tables that are made", &names),
            Deed::AltersTable => tables("the tables that are changed", &names),
            Deed::AddsRows | Deed::ChangesRows => tables("the tables that are written", &names),
            Deed::AddsPartitions | Deed::AltersPartitions | Deed::DropsPartitions => {
                tables("the tables of the partitions", &names)
            }
            Deed::DropsTable => tables("the tables that are dropped", &names),
            Deed::ListsTables => databases("the databases whose tables are listed", &names, &["table/"]),
            Deed::MakesDatabase | Deed::AltersDatabase => {
                databases("the databases that are made", &names, &[])
            }
            Deed::DropsDatabase => {
                databases("the databases that are dropped", &names, &["table/", "userDefinedFunction/"])
            }
            Deed::ListsDatabases if names.is_empty() => Vec::new(),
            Deed::ListsDatabases => {
                let all = vec![Part::Fixed("database/"), Part::Any];
                each("all databases", [glue(vec![Part::Fixed("catalog")]), glue(all)])
            }
            Deed::CallsFunction => others("the functions", &names, "lambda", "function:"),
            Deed::CallsModel => others("the models", &names, "sagemaker", "endpoint/"),
            Deed::PreparesStatement | Deed::RunsStatement | Deed::ForgetsStatement if names.is_empty() => {
                Vec::new()
            }
            Deed::PreparesStatement | Deed::RunsStatement | Deed::ForgetsStatement => {
                touched("the workgroup", self.itself())
            }
        }
    }

    /// The buckets of results, of tables, and of files that are named.
    pub(super) fn buckets(&self) -> Vec<Touched> {
        let bucket = self.output.as_ref().and_then(bucket_of);
        let mut touched = vec![on("the bucket of the results", Resource::bucket(bucket), RESULTS)];
        if !self.reads.is_empty() {
            touched.push(on("the buckets of the tables that are read", Resource::bucket(None), DATA));
        }
        if self.does_any(&[Deed::AddsPartitions]) {
            touched.push(on("the buckets of the partitions that are added", Resource::bucket(None), DATA));
        }
        if self.writes_tables() {
            touched.push(on("the buckets of the tables that are written", Resource::bucket(None), WRITES));
        }
        let named = self.files_read.iter().chain(&self.files_written).map(Resource::bucket_of);
        touched.extend(each("the buckets of the files", named.collect::<BTreeSet<_>>()));
        touched
    }

    pub(super) fn read(&self) -> Vec<Touched> {
        let all = || Resource::objects(None, None);
        let mut touched = Vec::new();
        if !self.reads.is_empty() {
            touched.push(on("the files of the tables that are read", all(), DATA));
        }
        if self.writes_tables() {
            touched.push(on("the files of the tables that are written", all(), ICEBERG));
        }
        touched.extend(each("the files that are read", matching(&self.files_read)));
        // Iceberg reads what it has written.
        let written = matching(&self.files_written).into_iter();
        touched.extend(written.map(|files| on("the files that are written", files, ICEBERG)));
        touched
    }

    /// Rows are written into tables of which it is not said where they are.
    fn writes_tables(&self) -> bool {
        self.does_any(&[Deed::AddsRows, Deed::ChangesRows])
    }

    pub(super) fn made(&self) -> Vec<Touched> {
        let mut touched = Vec::new();
        if self.writes_tables() {
            let all = Resource::objects(None, None);
            touched.push(on("the files of the tables that are written", all, WRITES));
        }
        touched.extend(each("the files that are written", matching(&self.files_written)));
        touched
    }

    pub(super) fn lost(&self) -> Vec<Touched> {
        let all = || Resource::objects(None, None);
        let mut touched = Vec::new();
        if self.does_any(&[Deed::ChangesRows]) {
            touched.push(on("the files of the tables that are changed", all(), CHANGES));
        }
        if self.does_any(&[Deed::DropsTable]) {
            touched.push(on("the files of the tables that are dropped", all(), ICEBERG));
        }
        touched
    }
}

fn on(what: &'static str, resource: Resource, when: When) -> Touched {
    Touched { what, resource, when }
}

pub(super) fn each(what: &'static str, resources: impl IntoIterator<Item = Resource>) -> Vec<Touched> {
    resources.into_iter().map(|resource| on(what, resource, When::Always)).collect()
}

fn matching(files: &[Template]) -> BTreeSet<Resource> {
    files.iter().map(Resource::matching).collect()
}

pub(super) fn glue(parts: Vec<Part>) -> Resource {
    Resource::regional("glue", parts)
}

fn named(name: &str) -> Part {
    Part::Name(name.to_owned())
}

/// A right on a table asks for the same on its database and on the catalog.
pub(super) fn tables<'n>(what: &'static str, names: impl IntoIterator<Item = &'n String>) -> Vec<Touched> {
    let names = names.into_iter().filter_map(|name| name.split_once('.'));
    let resources = names.flat_map(|(database, table)| {
        [
            glue(vec![Part::Fixed("catalog")]),
            glue(vec![Part::Fixed("database/"), named(database)]),
            glue(vec![Part::Fixed("table/"), named(database), Part::Fixed("/"), named(table)]),
        ]
    });
    each(what, resources.collect::<BTreeSet<_>>())
}

/// A right on a database asks for the same on the catalog, and perhaps on all that is in it.
fn databases(what: &'static str, names: &BTreeSet<String>, inside: &[&'static str]) -> Vec<Touched> {
    let resources = names.iter().flat_map(|name| {
        let own = [glue(vec![Part::Fixed("catalog")]), glue(vec![Part::Fixed("database/"), named(name)])];
        let all =
            |kind: &&'static str| glue(vec![Part::Fixed(kind), named(name), Part::Fixed("/"), Part::Any]);
        own.into_iter().chain(inside.iter().map(all)).collect::<Vec<_>>()
    });
    each(what, resources.collect::<BTreeSet<_>>())
}

fn others(
    what: &'static str,
    names: &BTreeSet<String>,
    service: &'static str,
    kind: &'static str,
) -> Vec<Touched> {
    let of = |name: &String| {
        Resource::whole(name).unwrap_or_else(|| Resource::regional(service, [Part::Fixed(kind), named(name)]))
    };
    each(what, names.iter().map(of))
}
