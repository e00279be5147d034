//! Grants: up to 20 a call, which may be made again. A call that has succeeded may have failures in its answer: those that
//! pass are made again, the others end the task.

use super::job::{self, BATCH_GRANT_PERMISSIONS, CODES, GrantPermissions, Granted, MOST};
use crate::aws::json::{Answered, Client, Refused, Rest, Service, Wire};
use crate::aws::{self, AwsError, Kind};
use crate::exec::key::{Identity, content};
use crate::exec::outcome::{Ended, Failure, Outputs};
use crate::exec::runner::{Run, by_itself, patiently, seconds};
use crate::exec::start::Start;
use crate::service::call::Operation;
use aws_config::SdkConfig;
use aws_smithy_runtime_api::box_error::BoxError;
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse, OrchestratorError};
use serde::Deserialize;
use serde_json::{Value, json};
use std::future::Future;

/// As its model says (2017-03-31).
const LAKE_FORMATION: Service =
    Service { id: "LakeFormation", name: "lakeformation", target: "", version: "" };

/// How many failures are told of one call.
const TOLD: usize = 5;

/// Up to 20 grants.
#[derive(Clone, Debug)]
struct BatchGrantPermissions {
    entries: Vec<Value>,
}

/// What of them has failed.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct Granting {
    failures: Vec<OneFailure>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct OneFailure {
    request_entry: Value,
    error: Detail,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct Detail {
    error_code: String,
    error_message: String,
}

impl Wire for BatchGrantPermissions {
    type Answer = Granting;

    const OPERATION: Operation = BATCH_GRANT_PERMISSIONS;
    const HOST_PREFIX: &'static str = "";

    fn serialized(&self, _: &Service) -> Result<HttpRequest, BoxError> {
        Rest::post(&["/BatchGrantPermissions"]).json(&json!({ "Entries": self.entries }))?.request()
    }

    fn answered(response: &HttpResponse) -> Result<Granting, OrchestratorError<Refused>> {
        serde_json::from_slice(Answered::of(response)?.body).map_err(OrchestratorError::other)
    }
}

/// Grants what a step says, or ends because `stop` is ready.
pub(crate) async fn run(
    spec: &GrantPermissions,
    start: Start<'_>,
    stop: impl Future<Output = ()>,
) -> Result<Ended, Failure> {
    // Nothing is started that could be found again.
    let run = (start.run)(Identity { kind: "grant_permissions", target: Vec::new(), content: content([]) });
    by_itself(&run, "granting permissions", grant(start.config, spec, &run), stop).await
}

async fn grant(config: &SdkConfig, spec: &GrantPermissions, run: &Run<'_>) -> Result<Ended, Failure> {
    let client = Client::new(config, &LAKE_FORMATION);
    let entries = entries(spec);
    for batch in entries.chunks(MOST) {
        patiently(run, || sent(&client, batch)).await?;
    }
    let region = aws::region(config);
    run.log.info(format!("granted {} on {}", spec.permissions.join(", "), spec.on.name()));
    let outputs = [
        ("handle", json!(spec.on.name())),
        ("url", json!(job::link(&region))),
        ("seconds", json!(seconds(run.looks.elapsed(run.clock.now())))),
        ("grants", json!(entries.len())),
    ];
    Ok(Ended::Done(outputs.map(|(name, value)| (name.to_owned(), value)).into_iter().collect::<Outputs>()))
}

async fn sent(client: &Client, batch: &[Value]) -> Result<(), AwsError> {
    let answer = aws::send(client.request(BatchGrantPermissions { entries: batch.to_vec() })).await?;
    failed(&answer.failures).map_or(Ok(()), Err)
}

/// Makes an error of what has failed. It passes when all of it may.
fn failed(failures: &[OneFailure]) -> Option<AwsError> {
    let kind = |code: &str| CODES.iter().find(|(known, _)| *known == code).map(|(_, kind)| *kind);
    let passes = |failure: &&OneFailure| kind(&failure.error.error_code) == Some(Kind::Unavailable);
    let (passing, lasting): (Vec<_>, Vec<_>) = failures.iter().partition(passes);
    let (kind, told) =
        if lasting.is_empty() { (Kind::Unavailable, passing) } else { (Kind::Invalid, lasting) };
    let first = told.first()?;
    let mut lines: Vec<String> = told.iter().take(TOLD).map(|failure| one(failure)).collect();
    if told.len() > TOLD {
        lines.push(format!("and {} more", told.len() - TOLD));
    }
    Some(AwsError {
        operation: BATCH_GRANT_PERMISSIONS,
        kind,
        code: Some(first.error.error_code.clone()),
        message: lines.join("; "),
        request_id: None,
        bucket_region: None,
    })
}

/// Says what has failed, and why.
fn one(failure: &OneFailure) -> String {
    let entry = &failure.request_entry;
    let principal = entry["Principal"]["DataLakePrincipalIdentifier"].as_str().unwrap_or("somebody");
    let Detail { error_code, error_message } = &failure.error;
    let what = what(&entry["Resource"]);
    format!("{principal} was not granted it on {what}: {error_code}: {error_message}")
}

/// Names what an entry is about.
fn what(resource: &Value) -> String {
    for kind in ["Table", "TableWithColumns"] {
        if let Some(database) = resource[kind]["DatabaseName"].as_str() {
            return format!("{database}.{}", resource[kind]["Name"].as_str().unwrap_or("*"));
        }
    }
    resource["Database"]["Name"].as_str().unwrap_or("what has the tags").to_owned()
}

/// The grants, one for each principal and each thing.
fn entries(spec: &GrantPermissions) -> Vec<Value> {
    let on_to: &[String] = if spec.grantable { &spec.permissions } else { &[] };
    let resources = resources(&spec.on);
    let pairs = spec.principals.iter().flat_map(|who| resources.iter().map(move |what| (who, what)));
    let entry = |(n, (who, what)): (usize, (&String, &Value))| {
        json!({
            "Id": n.to_string(),
            "Principal": { "DataLakePrincipalIdentifier": who },
            "Resource": what,
            "Permissions": spec.permissions,
            "PermissionsWithGrantOption": on_to,
        })
    };
    pairs.enumerate().map(entry).collect()
}

/// What is granted on, as Lake Formation has it.
fn resources(on: &Granted) -> Vec<Value> {
    match on {
        Granted::Database { database } => vec![json!({ "Database": { "Name": database } })],
        Granted::Tables { tables } => {
            let table = |name: &crate::lang::value::TableName| json!({ "Table": { "DatabaseName": name.schema, "Name": name.table } });
            tables.iter().map(table).collect()
        }
        Granted::Columns { table, columns, except } => {
            let mut of = json!({ "DatabaseName": table.schema, "Name": table.table });
            if *except {
                of["ColumnWildcard"] = json!({ "ExcludedColumnNames": columns });
            } else {
                of["ColumnNames"] = json!(columns);
            }
            vec![json!({ "TableWithColumns": of })]
        }
        Granted::AllTables { database } => {
            vec![json!({ "Table": { "DatabaseName": database, "TableWildcard": {} } })]
        }
        Granted::Tagged { tags, databases } => {
            let expression: Vec<Value> =
                tags.iter().map(|(key, values)| json!({ "TagKey": key, "TagValues": values })).collect();
            let kind = if *databases { "DATABASE" } else { "TABLE" };
            vec![json!({ "LFTagPolicy": { "ResourceType": kind, "Expression": expression } })]
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn failure(code: &str) -> OneFailure {
        let entry = json!({
            "Principal": { "DataLakePrincipalIdentifier": "arn:r" },
            "Resource": { "Table": { "DatabaseName": "mart", "Name": "flights" } },
        });
        serde_json::from_value(
            json!({ "RequestEntry": entry, "Error": { "ErrorCode": code, "ErrorMessage": "why" } }),
        )
        .unwrap()
    }

    #[test]
    fn what_fails_in_passing_is_made_again() {
        let kind = |codes: &[&str]| {
            failed(&codes.iter().map(|code| failure(code)).collect::<Vec<_>>()).map(|error| error.kind)
        };
        assert_eq!(kind(&[]), None);
        assert_eq!(kind(&["ConcurrentModificationException"]), Some(Kind::Unavailable));
        assert_eq!(kind(&["ConcurrentModificationException", "AccessDeniedException"]), Some(Kind::Invalid));
        let many: Vec<_> = (0..7).map(|_| failure("EntityNotFoundException")).collect();
        let told = failed(&many).unwrap().message;
        assert!(
            told.starts_with("arn:r was not granted it on mart.flights: EntityNotFoundException: why"),
            "{told}"
        );
        assert!(told.ends_with("and 2 more"), "{told}");
    }

    #[test]
    fn each_principal_gets_each_table() {
        let spec: GrantPermissions = serde_json::from_value(json!({
            "principals": ["a", "b"], "permissions": ["SELECT"], "grantable": true,
            "on": { "type": "tables", "tables": [{ "schema": "m", "table": "x" }, { "schema": "m", "table": "y" }] },
        }))
        .unwrap();
        let entries = entries(&spec);
        assert_eq!(entries.len(), 4);
        assert_eq!(entries[3]["Id"], "3");
        assert_eq!(entries[3]["Resource"], json!({ "Table": { "DatabaseName": "m", "Name": "y" } }));
        assert_eq!(entries[3]["PermissionsWithGrantOption"], json!(["SELECT"]));
    }
}
