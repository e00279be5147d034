//! Tasks that run through a connection: another role, another account, another region.

use super::lab::lab;
use super::lambda;
use super::task::{Ended, Task};
use serde_json::{Value, json};

const OWN: &str = "123456789012";
const PARTNER: &str = "444455556666";

/// A role of an account that the workers may take on, who may then do these things.
fn role(name: &str, account: &str, external_id: Option<&str>, allow: &Value) -> String {
    let arn = format!("arn:aws:iam::{account}:role/{name}");
    let role = json!({ "arn": arn, "external_id": external_id, "allow": allow });
    lab().control("PUT", "role", &role);
    arn
}

/// Makes a function in an account and a region.
fn function(name: &str, account: &str, region: &str) {
    let arn = format!("arn:aws:lambda:{region}:{account}:function:{name}");
    let code = format!("def handler(event, context):\n    return {{'where': '{arn}'}}\n");
    let function = json!({ "name": name, "code": code, "account": account, "region": region });
    lab().control("PUT", "function", &function);
}

fn invoke(name: &str, connection: Value) -> Ended {
    Task::new(name, lambda::job(name, &json!({ "members": ["where"] }))).through(connection).run()
}

fn allow(name: &str, account: &str, region: &str) -> Value {
    json!({ "lambda:InvokeFunction": [format!("arn:aws:lambda:{region}:{account}:function:{name}")] })
}

#[test]
fn a_step_runs_as_the_role_in_its_account_and_region() {
    let name = "connection-abroad";
    function(name, PARTNER, "eu-central-1");
    let role = role(name, PARTNER, Some("acme-1"), &allow(name, PARTNER, "eu-central-1"));
    let ended = invoke(
        name,
        json!({ "connection": "partner", "role": role, "external_id": "acme-1", "region": "eu-central-1" }),
    );
    let outputs = ended.expect(0).outputs;
    assert_eq!(outputs["where"], format!("arn:aws:lambda:eu-central-1:{PARTNER}:function:{name}"));
    assert!(outputs["url"].as_str().unwrap().starts_with("https://eu-central-1.console.aws.amazon.com/"));
    let taken = lab().calls("sts", "AssumeRole", "RoleArn", &role);
    assert_eq!(taken.len(), 1, "{taken:?}");
    assert_eq!(taken[0]["request"]["RoleSessionName"], format!("dagc-{name}"));
}

#[test]
fn what_the_role_may_not_do_its_step_may_not() {
    let name = "connection-less";
    function(name, PARTNER, "us-east-1");
    let role = role(name, PARTNER, None, &json!({ "lambda:GetFunction": ["*"] }));
    let ended = invoke(name, json!({ "connection": "partner", "role": role }));
    ended.expect(78).says("not authorized to perform: lambda:InvokeFunction").says(PARTNER);
}

#[test]
fn a_role_that_is_refused_is_said() {
    let name = "connection-refused";
    let arn = role(name, PARTNER, Some("acme-1"), &json!({}));
    for (external_id, role) in
        [(Some("acme-2"), arn.clone()), (None, arn.clone()), (Some("acme-1"), format!("{arn}-gone"))]
    {
        let connection = json!({ "connection": "partner", "role": role, "external_id": external_id });
        let ended = invoke(name, connection).expect(78);
        let told =
            format!("the role `{role}` of connection `partner` was not taken on: AccessDenied: User: ");
        let ended = ended.says(&told);
        ended.says("its trust policy must name the worker's role");
    }
    assert!(lab().calls("lambda", "Invoke", "FunctionName", name).is_empty());
}

#[test]
fn sts_is_asked_again_when_it_fails_in_passing() {
    let name = "connection-again";
    function(name, OWN, "us-east-1");
    let role = role(name, OWN, None, &allow(name, OWN, "us-east-1"));
    lab().fault(&json!({
        "service": "sts", "operation": "AssumeRole", "match": { "RoleArn": role }, "times": 1,
        "error": { "code": "InternalFailure", "http": 500 },
    }));
    let outputs = invoke(name, json!({ "connection": "same", "role": role })).expect(0).outputs;
    assert_eq!(outputs["where"], format!("arn:aws:lambda:us-east-1:{OWN}:function:{name}"));
}

#[test]
fn a_connection_may_be_a_region_alone() {
    let name = "connection-region";
    function(name, OWN, "us-west-2");
    let outputs = invoke(name, json!({ "connection": "west", "region": "us-west-2" })).expect(0).outputs;
    assert_eq!(outputs["where"], format!("arn:aws:lambda:us-west-2:{OWN}:function:{name}"));
}
