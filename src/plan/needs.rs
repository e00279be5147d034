//! What must be allowed so that a project can be published and run: permissions with the plan's own names.

use super::{Environment, Job, Plan, ProjectPlan, RunsAs, Task, Work};
use crate::lang::arn::account_of;
use crate::service::arn::{Condition, Resource};
use crate::service::assumed::Assumed;
use crate::service::call::{Caller, Need, When};
use crate::service::folder::DagFolder;
use crate::service::notice::Notice;
use crate::service::place::Place;
use crate::service::redshift::job::SqlBody;
use crate::service::role::{Holder, Lent};
use std::collections::{BTreeMap, BTreeSet};

/// What must be allowed, sorted by resource and action, each once.
#[derive(Clone, Debug, Default)]
pub struct Needs {
    /// The workers, which run the jobs.
    pub workers: Vec<Need>,
    /// Whoever publishes.
    pub publisher: Vec<Need>,
    /// The roles that Glue and Redshift take on for the jobs.
    pub roles: BTreeMap<Holder, RoleNeeds>,
    /// What is needed beside that the plan does not tell, in sentences.
    pub unknown: BTreeSet<String>,
}

/// What a role must be allowed that AWS takes on.
#[derive(Clone, Debug, Default)]
pub struct RoleNeeds {
    /// For what: tasks as `PIPELINE.TASK`, and resources by their ids.
    pub used_by: BTreeSet<String>,
    /// What it must be allowed.
    pub needs: Vec<Need>,
    /// What it needs beside that the plan does not tell, in sentences.
    pub unknown: BTreeSet<String>,
}

impl ProjectPlan {
    /// Returns what must be allowed to its workers, its publisher, and the roles that AWS takes on for it.
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
                match (&task.work, &task.runs_as) {
                    (Work::Job(job), None) => workers.add(job.needs()),
                    (Work::Job(_), Some(runs_as)) => workers.add(runs_as.needs()),
                    (Work::Bash(_) | Work::Operator(_) | Work::Pipeline(_), _) => {}
                }
            }
        }
        let tasks = self.pipelines.iter().flat_map(|plan| plan.tasks().map(move |task| (plan, task)));
        Needs {
            workers: workers.into_needs(),
            publisher: publisher.into_needs(),
            roles: self.roles(),
            unknown: tasks.filter_map(|(plan, task)| untold(plan, task)).collect(),
        }
    }

    /// Returns what the roles must be allowed: that of a resource is the one which publishing gives it.
    fn roles(&self) -> BTreeMap<Holder, RoleNeeds> {
        let resources = self.pipelines.iter().flat_map(|plan| &plan.resources);
        let made = resources.flat_map(|resource| {
            let id = resource.id();
            resource.lends().into_iter().map(move |lent| (id.clone(), lent))
        });
        let made: Vec<(String, Lent)> = made.collect();
        let own: BTreeMap<String, Holder> =
            made.iter().map(|(id, lent)| (id.clone(), lent.holder.clone())).collect();
        let mut roles = BTreeMap::<Holder, (RoleNeeds, Collected)>::new();
        for (user, lent) in made.into_iter().chain(self.pipelines.iter().flat_map(lent_by_tasks)) {
            let holder = match &lent.holder {
                Holder::Of(id) => own.get(id).unwrap_or(&lent.holder).clone(),
                Holder::Role(_) | Holder::DefaultOf(_) | Holder::There { .. } | Holder::Through { .. } => {
                    lent.holder
                }
            };
            let (role, needs) = roles.entry(holder).or_default();
            role.used_by.insert(user);
            role.unknown.extend(lent.unknown);
            needs.add(lent.needs);
        }
        let whole = |(role, needs): (RoleNeeds, Collected)| RoleNeeds { needs: needs.into_needs(), ..role };
        roles.into_iter().map(|(holder, role)| (holder, whole(role))).collect()
    }
}

impl RunsAs {
    /// Returns what the workers must be allowed so that they can take the role on.
    fn needs(&self) -> Vec<Need> {
        self.role.iter().flat_map(|role| Assumed { role }.needs()).collect()
    }

    /// Says that what lends a role is where the connection leads.
    fn there(&self, lent: Lent) -> Lent {
        let holder = match lent.holder {
            Holder::Role(_) => lent.holder,
            holder => Holder::There {
                holder: Box::new(holder),
                account: self.role.as_deref().and_then(account_of).map(str::to_owned),
                region: self.region.clone(),
            },
        };
        Lent { holder, ..lent }
    }

    /// Returns who needs what a task asks for.
    fn lent(&self, needs: Vec<Need>) -> Lent {
        let holder = Holder::Through { role: self.role.clone(), region: self.region.clone() };
        Lent { holder, needs, unknown: Vec::new() }
    }
}

fn lent_by_tasks(plan: &Plan) -> Vec<(String, Lent)> {
    let lent = |task: &Task| match &task.work {
        Work::Job(job) => match &task.runs_as {
            None => job.lends(),
            Some(runs_as) => {
                let there = job.lends().into_iter().map(|lent| runs_as.there(lent));
                there.chain([runs_as.lent(job.needs())]).collect()
            }
        },
        Work::Bash(_) | Work::Operator(_) | Work::Pipeline(_) => Vec::new(),
    };
    let of = |task: &Task| format!("{}.{}", plan.dag.id, task.id);
    plan.tasks().flat_map(|task| lent(task).into_iter().map(move |lent| (of(task), lent))).collect()
}

/// Says what the rights of a task are not known of: programs of the user's, and files behind tables of Redshift.
fn untold(plan: &Plan, task: &Task) -> Option<String> {
    let (dag, id) = (&plan.dag.id, &task.id);
    match &task.work {
        Work::Bash(_) => Some(format!("what the command of `{dag}.{id}` asks of AWS, as the workers")),
        Work::Operator(operator) => {
            Some(format!("what `{}` of `{dag}.{id}` asks of AWS, as the workers", operator.path))
        }
        Work::Job(Job::RunSql(run)) => match &run.body {
            SqlBody::Script { .. } | SqlBody::Check(_) | SqlBody::MaterializedView(_) => outside(task).map(|place| {
                format!(
                    "the role with which the SQL of `{dag}.{id}` reaches {place}: that of its external schema"
                )
            }),
            SqlBody::Load(_) | SqlBody::Unload(_) | SqlBody::SpectrumSchema(_) => None,
        },
        Work::Job(Job::RunAthena(run)) => (!run.foreign.is_empty()).then(|| {
            let catalogs: Vec<String> = run.foreign.iter().map(|name| format!("`{name}`")).collect();
            let catalogs = catalogs.join(" and ");
            format!("what Athena asks of the catalog {catalogs} for `{dag}.{id}`, as the workers: its connector's function, and what that reads")
        }),
        Work::Job(_) | Work::Pipeline(_) => None,
    }
}

/// Returns what is no table of Redshift.
fn outside(task: &Task) -> Option<&Place> {
    let is_table = |place: &&Place| matches!(place, Place::Table { .. });
    task.reads.iter().chain(&task.writes).find(|place| !is_table(place))
}

/// Needs by what they are on, and by what that is: a word in capitals stands for several things.
#[derive(Default)]
struct Collected(BTreeMap<(Resource, &'static str, Option<Condition>, &'static str), Need>);

impl Collected {
    /// Takes needs; what is needed in any case by one is so by all. What depends on the plan has been seen in it.
    fn add(&mut self, needs: Vec<Need>) {
        for need in needs {
            let is_always = matches!(need.when, When::Always | When::Planned(_));
            let what = if need.resource.unknown().is_empty() { "" } else { need.what };
            let key = (need.resource.clone(), need.action, need.condition, what);
            let known = self.0.entry(key).or_insert(need);
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
