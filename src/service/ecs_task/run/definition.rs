//! Task definitions, and where the logs of containers are.

use serde::Deserialize;
use std::collections::BTreeMap;

/// A task definition, as far as it is read.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct Described {
    task_definition: Definition,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Definition {
    container_definitions: Vec<ContainerDefinition>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct ContainerDefinition {
    name: String,
    log_configuration: LogConfiguration,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct LogConfiguration {
    log_driver: String,
    options: BTreeMap<String, String>,
}

/// Where the log of a container is.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct LogPlace {
    /// The group.
    pub group: String,
    /// The stream.
    pub stream: String,
}

impl LogPlace {
    /// The stream of a container, as the driver `awslogs` names it (Amazon ECS Developer Guide, "Send logs to CloudWatch").
    pub(super) fn new(group: &str, prefix: &str, container: &str, task: &str) -> Self {
        Self { group: group.to_owned(), stream: format!("{prefix}/{container}/{task}") }
    }
}

impl Described {
    /// Says where the log of a container is, of the only one where none is named. Logs that other drivers take cannot be
    /// read, and those of another region neither.
    pub(super) fn log(self, container: Option<&str>, task: &str, region: &str) -> Option<LogPlace> {
        let all = self.task_definition.container_definitions;
        let wanted = match (container, all.as_slice()) {
            (Some(name), _) => all.iter().find(|one| one.name == name)?,
            (None, [one]) => one,
            (None, _) => return None,
        };
        let LogConfiguration { log_driver, options } = &wanted.log_configuration;
        let is_here = options.get("awslogs-region").is_none_or(|own| own == region);
        let (group, prefix) = (options.get("awslogs-group")?, options.get("awslogs-stream-prefix")?);
        (log_driver == "awslogs" && is_here).then(|| LogPlace::new(group, prefix, &wanted.name, task))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn described(driver: &str, options: &serde_json::Value) -> Described {
        serde_json::from_value(json!({ "taskDefinition": { "containerDefinitions": [
            { "name": "etl", "logConfiguration": { "logDriver": driver, "options": options } }, { "name": "proxy" },
        ] } }))
        .unwrap()
    }

    #[test]
    fn the_log_is_where_the_definition_says() {
        let options =
            json!({ "awslogs-group": "/ecs/etl", "awslogs-stream-prefix": "p", "awslogs-region": "r" });
        let of =
            |driver, options, container, region| described(driver, options).log(container, "abc", region);
        let place = LogPlace { group: "/ecs/etl".to_owned(), stream: "p/etl/abc".to_owned() };
        assert_eq!(of("awslogs", &options, Some("etl"), "r"), Some(place));
        assert_eq!(of("awslogs", &options, Some("etl"), "other"), None);
        assert_eq!(of("awsfirelens", &options, Some("etl"), "r"), None);
        assert_eq!(of("awslogs", &options, Some("proxy"), "r"), None);
        assert_eq!(of("awslogs", &options, None, "r"), None, "which of two is not said");
        assert_eq!(of("awslogs", &json!({ "awslogs-group": "g" }), Some("etl"), "r"), None);
    }
}
