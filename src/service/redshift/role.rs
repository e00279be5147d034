//! What the roles must be allowed with which Redshift reads and writes files.
//!
//! From the Amazon Redshift Database Developer Guide ("IAM permissions for COPY, UNLOAD, and CREATE LIBRARY"), on the
//! plan's own resources.

use super::job::{BESIDE, RedshiftConnection, RunSql, SpectrumSchema, SqlBody, Unload};
use super::load::{CopyFormat, Load};
use crate::service::arn::Resource;
use crate::service::objects::split_uri;
use crate::service::role::{Holder, Lends, Lent};
use crate::template::Template;

impl Lends for RunSql {
    fn lends(&self) -> Vec<Lent> {
        match &self.body {
            SqlBody::Load(load) => self.connection.lends(&load.role, &|lent| loads(lent, load)),
            SqlBody::Unload(unload) => self.connection.lends(&unload.role, &|lent| unloads(lent, unload)),
            SqlBody::SpectrumSchema(schema) => {
                self.connection.lends(&schema.role, &|lent| catalog(lent, schema))
            }
            SqlBody::Script { .. } | SqlBody::Check(_) | SqlBody::MaterializedView(_) => Vec::new(),
        }
    }
}

impl RedshiftConnection {
    /// Of roles that are chained each takes on the next one; the last one reads and writes.
    fn lends(&self, role: &str, work: &dyn Fn(Lent) -> Lent) -> Vec<Lent> {
        if role == "default" {
            let place = self.workgroup.as_ref().or(self.cluster.as_ref()).cloned();
            return vec![work(Lent::to(Holder::DefaultOf(place.unwrap_or_default())))];
        }
        let chain: Vec<&str> = role.split(',').map(str::trim).collect();
        let roles = chain.iter().enumerate().map(|(n, role)| {
            let lent = Lent::to(Holder::Role((*role).to_owned()));
            match chain.get(n + 1) {
                Some(next) => lent.allow("the next role", &Resource::role(next), &["sts:AssumeRole"]),
                None => work(lent),
            }
        });
        roles.collect()
    }
}

/// COPY reads the files and the manifest that lists them.
fn loads(lent: Lent, load: &Load) -> Lent {
    let files = Resource::bucket_of(&load.path);
    let lent = lent.read(&Resource::matching(&load.path), &files);
    let lent = match split_uri(&load.staging) {
        Some((bucket, key)) => {
            lent.read(&Resource::objects(Some(bucket), Some(key)), &Resource::bucket(Some(bucket)))
        }
        None => lent,
    };
    // A manifest has to lie in the region of the files.
    let lent = match crate::service::objects::bucket_of(&load.path) {
        Some(bucket) => lent.read(&Resource::objects(Some(bucket), Some(BESIDE)), &files),
        None => lent,
    };
    match &load.format {
        CopyFormat::Json { path: Some(path) } if path.starts_with("s3://") => {
            let path = Template::text(path.as_str());
            lent.read(&Resource::object(&path), &Resource::bucket_of(&path))
        }
        _ => lent,
    }
}

fn unloads(lent: Lent, unload: &Unload) -> Lent {
    let written = lent.write(&Resource::matching(&unload.to), &Resource::bucket_of(&unload.to));
    let written = match &unload.kms_key {
        Some(key) => written.encrypt(key),
        None => written,
    };
    if unload.replace { written.remove(&Resource::matching(&unload.to)) } else { written }
}

/// Spectrum reads the catalog, and the files of its tables wherever they are.
fn catalog(lent: Lent, schema: &SpectrumSchema) -> Lent {
    let (region, database) = (schema.region.as_deref(), &schema.database);
    let lent = lent.read_tables(region, database);
    let lent = if schema.create_database { lent.make_database(region, database) } else { lent };
    lent.unknown(format!(
        "the files of the tables of `{database}`, which Redshift reads in S3, and their keys"
    ))
}
