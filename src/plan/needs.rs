//! What must be allowed so that a project can be published and run: permissions with the plan's own names.

use super::{Environment, ProjectPlan, Work};
use crate::service::arn::Resource;
use crate::service::call::{Caller, Need, When};
use crate::service::folder::DagFolder;
use crate::service::notice::Notice;
use std::collections::BTreeMap;

/// What must be allowed, sorted by resource and action, each once.
#[derive(Clone, Debug, Default)]
pub struct Needs {
    /// The workers, which run the jobs.
    pub workers: Vec<Need>,
    /// Whoever publishes.
    pub publisher: Vec<Need>,
}

impl ProjectPlan {
    /// Returns what its workers and its publisher must be allowed.
    pub fn needs(&self) -> Needs {
        let (mut workers, mut publisher) = (Collected::default(), Collected::default());
        publisher.add(self.environment.needs());
        for pipeline in &self.pipelines {
            pipeline.resources.iter().for_each(|resource| publisher.add(resource.needs()));
            let topics = pipeline.tasks().map(|task| &task.airflow.settings.on_failure_sns);
            for topic in topics.chain([&pipeline.dag.on_failure_sns]).flatten() {
                workers.add(Notice { topic }.needs());
            }
            for task in pipeline.tasks() {
                match &task.work {
                    Work::Job(job) => workers.add(job.needs()),
                    Work::Bash(_) | Work::Operator(_) => {}
                }
            }
        }
        Needs { workers: workers.into_needs(), publisher: publisher.into_needs() }
    }
}

/// Needs by what they are on.
#[derive(Default)]
struct Collected(BTreeMap<(Resource, &'static str), Need>);

impl Collected {
    /// Takes needs; what is needed in any case by one is so by all. What depends on the plan has been seen in it.
    fn add(&mut self, needs: Vec<Need>) {
        for need in needs {
            let is_always = matches!(need.when, When::Always | When::Planned(_));
            let known = self.0.entry((need.resource.clone(), need.action)).or_insert(need);
            if is_always {
                known.when = When::Always;
            }
        }
    }

    fn into_needs(self) -> Vec<Need> {
        self.0.into_values().collect()
    }
}

impl Environment {
    /// Returns what whoever publishes DAG files into it must be allowed.
    pub fn needs(&self) -> Vec<Need> {
        let (mwaa, dags, key) = (self.mwaa.as_deref(), self.dags.as_deref(), self.kms_key.as_deref());
        DagFolder { mwaa, dags, key }.needs()
    }
}
