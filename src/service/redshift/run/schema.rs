//! External schemas: what is in place, and the statement that makes what is not.
//!
//! From the Redshift Database Developer Guide: "CREATE EXTERNAL SCHEMA", `SVV_EXTERNAL_SCHEMAS`, which shows users their own
//! ones alone, and whose `esoptions` is JSON with `IAM_ROLE`, and `REGION` where one was said. With `IF NOT EXISTS`
//! Redshift keeps what is there and says nothing; so it is not sent, and what is there is compared.

use super::api::Api;
use super::batch::{Batch, Role, Sql};
use crate::exec::checks::Rows;
use crate::exec::key::content;
use crate::exec::log::Log;
use crate::exec::outcome::{Failure, Outputs, Trouble};
use crate::service::redshift::job::SpectrumSchema;
use crate::sql::write::{identifier, literal};
use serde_json::{Value, json};

/// The kind of a schema of the Data Catalog (`SVV_EXTERNAL_SCHEMAS`, `eskind`).
const OF_CATALOG: &str = "1";

/// What a name stands for.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Found {
    Nothing,
    /// A schema that is not external, or one that is not shown to this user.
    Other,
    External {
        kind: String,
        database: String,
        role: Option<String>,
        region: Option<String>,
    },
}

/// What is to be done.
pub(super) enum Ready {
    /// It is there.
    Kept(Outputs),
    /// It is made.
    Making(Batch),
}

impl SpectrumSchema {
    /// Returns the hash of what is wanted.
    pub(super) fn content(&self) -> String {
        content([self.create().as_str()])
    }

    /// Looks at what is in place, and says what is sent; `home` is the cluster's region.
    pub(super) async fn prepare(&self, api: &Api, home: &str, log: &Log<'_>) -> Result<Ready, Trouble> {
        let name = &self.schema;
        let found = self.look(api).await?;
        if found == Found::Nothing {
            log.info(format!("there is no schema {name}: it is made"));
            let sqls = vec![Sql::new(Role::MakeSchema, self.create())];
            let batch = Batch { sqls, transaction: true, params: Vec::new() };
            batch.validate()?;
            return Ok(Ready::Making(batch));
        }
        if let Some(failure) = self.differs(&found, home) {
            return Err(failure.into());
        }
        log.info(format!("the schema {name} is there, with the tables of {}", self.database));
        Ok(Ready::Kept(done("kept")))
    }

    async fn look(&self, api: &Api) -> Result<Found, Trouble> {
        let name = literal(&self.schema);
        let sql = format!(
            "SELECT eskind, databasename, esoptions FROM svv_external_schemas WHERE RTRIM(schemaname) = {name}"
        );
        let rows = api.query(&sql).await?;
        if let Some(row) = rows.cells.first() {
            return Ok(external(&rows, row));
        }
        let sql = format!("SELECT nspname FROM pg_catalog.pg_namespace WHERE nspname = {name}");
        let is_there = !api.query(&sql).await?.cells.is_empty();
        Ok(if is_there { Found::Other } else { Found::Nothing })
    }

    /// Says how what is there is not what is wanted.
    fn differs(&self, found: &Found, home: &str) -> Option<Failure> {
        let name = &self.schema;
        let (kind, database, role, region) = match found {
            Found::Nothing => return None,
            Found::Other => {
                return Some(Failure::for_good(format!(
                    "there is a schema {name}, and it is no external one, or not one of this user: Redshift shows those of \
                     others to their owners alone. Name another schema, or have its owner hand it over: `ALTER SCHEMA {name} \
                     OWNER TO ...`"
                )));
            }
            Found::External { kind, database, role, region } => (kind, database, role, region),
        };
        let mut differs = Vec::new();
        if kind != OF_CATALOG {
            differs.push("it is none of the Data Catalog".to_owned());
        }
        if *database != self.database {
            differs.push(format!("its database is `{database}`, not `{}`", self.database));
        }
        // What is the default changes, and the schema keeps the role that was it.
        if self.role != "default" && role.as_deref().is_some_and(|role| bare(role) != bare(&self.role)) {
            let role = role.as_deref().unwrap_or_default();
            differs.push(format!("its role is `{role}`, not `{}`", self.role));
        }
        let [region, wanted] = [region, &self.region].map(|region| region.as_deref().unwrap_or(home));
        if region != wanted {
            differs.push(format!("its catalog is that of {region}, not of {wanted}"));
        }
        (!differs.is_empty()).then(|| {
            Failure::for_good(format!(
                "there is another schema {name}: {}. Nothing was changed. If the step is right, `DROP SCHEMA {name}`, which \
                 takes away no table of the catalog, and clear this task; grants on the schema have to be given again",
                differs.join("; ")
            ))
        })
    }

    fn create(&self) -> String {
        let mut sql = format!(
            "CREATE EXTERNAL SCHEMA {} FROM DATA CATALOG DATABASE {}",
            identifier(&self.schema),
            literal(&self.database)
        );
        if let Some(region) = &self.region {
            sql.push_str(&format!(" REGION {}", literal(region)));
        }
        match self.role.as_str() {
            "default" => sql.push_str(" IAM_ROLE default"),
            role => sql.push_str(&format!(" IAM_ROLE {}", literal(&bare(role)))),
        }
        if self.create_database {
            sql.push_str(" CREATE EXTERNAL DATABASE IF NOT EXISTS");
        }
        sql
    }

    /// Says what was done, also when another attempt has started it.
    pub(super) fn outputs(&self, log: &Log<'_>) -> Outputs {
        log.info(format!("the schema {} was made, with the tables of {}", self.schema, self.database));
        done("created")
    }
}

fn done(what: &str) -> Outputs {
    std::iter::once(("done".to_owned(), json!(what))).collect()
}

fn external(rows: &Rows, row: &[Option<String>]) -> Found {
    let text = |column| rows.value(row, column).unwrap_or_default().to_owned();
    let options: Value = serde_json::from_str(&text("esoptions")).unwrap_or_default();
    let option = |name: &str| options[name].as_str().map(str::to_owned);
    Found::External {
        kind: text("eskind"),
        database: text("databasename"),
        role: option("IAM_ROLE"),
        region: option("REGION"),
    }
}

/// Roles that are chained, without blanks.
fn bare(roles: &str) -> String {
    roles.chars().filter(|c| !c.is_whitespace()).collect()
}

/// What a failure means that comes of others who have made something since dagc has looked.
pub(super) fn plain_words(role: Role, error: &str) -> Option<Failure> {
    let is_made = role == Role::MakeSchema && error.contains("already exists");
    is_made.then(|| Failure::retry("somebody else has made the schema in the meantime: nothing was changed"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::exec::outcome::Exit;

    fn schema(more: &Value) -> SpectrumSchema {
        let mut schema = json!({ "schema": "lake", "database": "raw", "role": "arn:a, arn:b" });
        schema.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        serde_json::from_value(schema).unwrap()
    }

    #[test]
    fn the_statement_says_what_the_step_says() {
        for (more, expected) in [
            (json!({}), "IAM_ROLE 'arn:a,arn:b'"),
            (json!({ "role": "default", "region": "us-east-1" }), "REGION 'us-east-1' IAM_ROLE default"),
            (
                json!({ "role": "default", "create_database": true }),
                "IAM_ROLE default CREATE EXTERNAL DATABASE IF NOT EXISTS",
            ),
        ] {
            let head = "CREATE EXTERNAL SCHEMA \"lake\" FROM DATA CATALOG DATABASE 'raw'";
            assert_eq!(schema(&more).create(), format!("{head} {expected}"));
        }
    }

    #[test]
    fn what_differs_is_told() {
        let external = |kind: &str, database: &str, options: &Value| {
            let row = [kind, database, &options.to_string()].map(|text| Some(text.to_owned())).to_vec();
            let columns = ["eskind", "databasename", "esoptions"].map(str::to_owned).to_vec();
            let rows = Rows { columns, cells: vec![row.clone()], total: 1 };
            super::external(&rows, &row)
        };
        let roles = json!({ "IAM_ROLE": "arn:a,arn:b" });
        let there = |options: &Value| external("1", "raw", options);
        let abroad = json!({ "IAM_ROLE": "arn:a,arn:b", "REGION": "us-east-1" });
        let (none, default) = (json!({}), json!({ "role": "default" }));
        let [elsewhere, here] = ["us-east-1", "eu-west-1"].map(|region| json!({ "region": region }));
        for (more, found, expected) in [
            (&none, there(&roles), None),
            (&here, there(&roles), None),
            (&elsewhere, there(&abroad), None),
            (&none, there(&abroad), Some("its catalog is that of us-east-1, not of eu-west-1")),
            (&default, there(&json!({ "IAM_ROLE": "arn:c" })), None),
            (&elsewhere, there(&roles), Some("its catalog is that of eu-west-1, not of us-east-1")),
            (&none, there(&json!({ "IAM_ROLE": "arn:c" })), Some("its role is `arn:c`, not `arn:a, arn:b`")),
            (&none, external("1", "other", &roles), Some("its database is `other`, not `raw`")),
            (&none, external("3", "raw", &roles), Some("it is none of the Data Catalog")),
            (&none, Found::Other, Some("no external one, or not one of this user")),
        ] {
            let told = schema(more).differs(&found, "eu-west-1").map(|failure| failure.message);
            assert_eq!(told.is_some(), expected.is_some(), "{told:?}");
            assert!(told.unwrap_or_default().contains(expected.unwrap_or_default()));
        }
    }

    #[test]
    fn a_schema_that_others_make_meanwhile_is_looked_at_again() {
        let words = |role, error: &str| plain_words(role, error).map(|failure| failure.exit);
        assert_eq!(words(Role::MakeSchema, "schema \"lake\" already exists"), Some(Exit::Retry));
        assert_eq!(words(Role::MakeSchema, "permission denied"), None);
        assert_eq!(words(Role::Script, "schema \"lake\" already exists"), None);
    }
}
