//! What the role of a Glue job must be allowed: for its script and its logs, and for what a step reads and writes with it.
//!
//! From the AWS Glue Developer Guide ("Create an IAM policy for the AWS Glue service") and the User Guide ("Review IAM
//! permissions needed for ETL jobs"), on the plan's own resources.

use super::job::{GlueCommand, GlueJobDefinition, Input, Output, RunGlueJob};
use crate::service::arn::{Condition, Part, Resource};
use crate::service::objects::split_uri;
use crate::service::place::Place;
use crate::service::role::{Holder, Lends, Lent};
use crate::template::Template;

/// Metrics are put into the namespace of Glue.
const INTO_GLUE: Condition = Condition { key: "cloudwatch:namespace", value: "Glue" };

/// What a job in a network of the user's asks of EC2.
const NETWORK: &[&str] = &[
    "ec2:CreateNetworkInterface",
    "ec2:CreateTags",
    "ec2:DeleteNetworkInterface",
    "ec2:DescribeNetworkInterfaces",
    "ec2:DescribeRouteTables",
    "ec2:DescribeSecurityGroups",
    "ec2:DescribeSubnets",
    "ec2:DescribeVpcAttribute",
    "ec2:DescribeVpcEndpoints",
];

impl Lends for GlueJobDefinition {
    fn lends(&self) -> Vec<Lent> {
        let groups = match self.command {
            GlueCommand::Spark => "log-group:/aws-glue/jobs",
            GlueCommand::PythonShell => "log-group:/aws-glue/python-jobs",
        };
        let lent = Lent::to(Holder::Role(self.role.clone())).log(groups);
        let lent = self.assets().into_iter().filter_map(|file| split_uri(&file.uri)).fold(lent, own_files);
        let lent = match self.arguments.get("--TempDir") {
            Some(folder) => written(lent, &Template::text(folder.as_str())),
            None => lent,
        };
        let lent = match self.arguments.get("--enable-metrics") {
            Some(_) => {
                lent.allow_under("metrics", &Resource::Anything, "cloudwatch:PutMetricData", INTO_GLUE)
            }
            None => lent,
        };
        vec![self.secured(self.connected(lent))]
    }
}

/// A file's name carries its content's hash: the next one's is another.
fn own_files(lent: Lent, (bucket, key): (&str, &str)) -> Lent {
    let folder = &key[..key.rfind('/').map_or(0, |slash| slash + 1)];
    lent.read(&Resource::objects(Some(bucket), Some(folder)), &Resource::bucket(Some(bucket)))
}

impl GlueJobDefinition {
    fn connected(&self, lent: Lent) -> Lent {
        if self.connections.is_empty() {
            return lent;
        }
        let unknown =
            format!("what the connections of the Glue job `{}` log in with, such as a secret", self.name);
        let lent = lent.allow("the network", &Resource::Anything, NETWORK).unknown(unknown);
        let names =
            self.connections.iter().map(|name| [Part::Fixed("connection/"), Part::Name(name.clone())]);
        let catalog = Resource::regional("glue", [Part::Fixed("catalog")]);
        names
            .map(|parts| Resource::regional("glue", parts))
            .chain([catalog])
            .fold(lent, |lent, resource| lent.allow("the connections", &resource, &["glue:GetConnection"]))
    }

    fn secured(&self, lent: Lent) -> Lent {
        match &self.security_configuration {
            Some(name) => lent.unknown(format!(
                "the keys of KMS of the security configuration `{name}`, and what they ask for"
            )),
            None => lent,
        }
    }
}

impl Lends for RunGlueJob {
    fn lends(&self) -> Vec<Lent> {
        let lent = Lent::to(Holder::Of(format!("glue_job:{}", self.job)));
        let is_made = self.definition.is_some();
        let lent = self.inputs.iter().fold(lent, |lent, read| input(lent, read, is_made));
        let lent = self.output.iter().fold(lent, |lent, written| output(lent, written, &self.job, is_made));
        let beside =
            format!("what the script of the Glue job `{}` does beside its `from` and `write`", self.job);
        vec![lent.unknown(beside)]
    }
}

/// Where one run's partition is read, Spark looks at the folder of all of them; `is_made`: publishing makes the job.
fn input(lent: Lent, input: &Input, is_made: bool) -> Lent {
    match &input.place {
        Place::Prefix(path) => {
            let path = input.whole.as_ref().unwrap_or(path);
            lent.read(&Resource::folder(path), &Resource::bucket_of(path))
        }
        Place::CatalogTable(name) => lent.read_table(name).unknown(files_of(name)),
        Place::Table { connection, name } => lent.unknown(reached(connection, name)),
        // Where dagc makes the job, the connection is one of its own.
        Place::Database { .. } if is_made => lent,
        Place::Database { connection, table } => lent.unknown(reached(connection, table)),
    }
}

fn output(lent: Lent, output: &Output, job: &str, is_made: bool) -> Lent {
    match &output.place {
        Place::Prefix(path) => written(lent, path),
        Place::CatalogTable(name) => match &output.location {
            Some(location) => written(lent.write_table(name), location),
            None => lent.write_table(name).unknown(files_of(name)),
        },
        Place::Table { connection, name } => {
            let told = output.redshift.as_ref();
            let lent = match told.and_then(|told| told.role.as_ref()) {
                Some(role) => lent.unknown(format!("that the role `{role}` reads what the Glue job `{job}` puts into its `--TempDir` for Redshift")),
                None => lent,
            };
            // Where dagc makes the job, the connection is one of its own.
            if is_made && told.is_some_and(|told| told.connection.is_some()) {
                lent
            } else {
                lent.unknown(reached(connection, name))
            }
        }
        Place::Database { connection, table } => lent.unknown(reached(connection, table)),
    }
}

/// What is written is moved and removed on the way.
fn written(lent: Lent, path: &Template) -> Lent {
    lent.write(&Resource::folder(path), &Resource::bucket_of(path)).remove(&Resource::folder(path))
}

fn files_of(table: &impl std::fmt::Display) -> String {
    format!("where the files of the catalog's table `{table}` lie")
}

fn reached(connection: &str, table: &impl std::fmt::Display) -> String {
    format!("how a Glue job reaches the table `{table}` of the connection `{connection}`")
}
