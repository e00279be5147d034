//! The mark by which a service finds a job again.
//!
//! A key says whose job it is and what the job does. Whose: project, environment, DAG, task, run, map index,
//! the kind of job and its target, which is region, workgroup or cluster with database and user, job, or
//! crawler; so two environments with equal DAG and run ids never take each other's jobs for their own. What:
//! a hash of the SQL or of the arguments, so that what was started before a deploy changed them is told from
//! what the task does now.

use super::RunContext;
use crate::plan::PlanFile;
use sha2::{Digest, Sha256};
use std::fmt;

/// The key of a job. Written `<32 hexadecimal digits>-<generation>-<12 hexadecimal digits>`: the task
/// instance with its target, the generation, and the content.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Key {
    instance: String,
    step: String,
    generation: i64,
    content: String,
}

/// What a job is, beside whose.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Identity {
    /// Its kind, so that a step that becomes another kind of job finds none of the old one's.
    pub kind: &'static str,
    /// Where it runs.
    pub target: Vec<String>,
    /// What it does: the hash of [`content`].
    pub content: String,
}

/// How a job that was found is related to a key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Kinship {
    /// Its generation.
    pub generation: i64,
    /// The hash of what it does.
    pub content: String,
}

impl Key {
    /// Makes the key of a task instance's job.
    pub fn new(plan: &PlanFile, context: &RunContext, identity: Identity) -> Self {
        let map_index = context.map_index.to_string();
        let whose = [
            &plan.project,
            &plan.environment,
            &context.dag_id,
            &context.task_id,
            &context.run_id,
            &map_index,
            identity.kind,
        ];
        let parts = whose.into_iter().chain(identity.target.iter().map(String::as_str));
        let of_step =
            [&plan.project, &plan.environment, &context.dag_id, &context.task_id, &map_index, identity.kind];
        Self {
            instance: hash(parts, 16),
            step: hash(of_step, 4),
            generation: context.mark,
            content: identity.content,
        }
    }

    /// What is the same in all runs of the step, in eight hexadecimal digits.
    pub fn step(&self) -> &str {
        &self.step
    }

    /// What the keys of all generations and contents begin with.
    pub fn instance(&self) -> &str {
        &self.instance
    }

    /// The generation, by its mark.
    pub fn generation(&self) -> i64 {
        self.generation
    }

    /// The hash of what the job does.
    pub fn content(&self) -> &str {
        &self.content
    }

    /// Says how the job with another key is related, nothing when it is of another task instance.
    pub fn kin(&self, key: &str) -> Option<Kinship> {
        let rest = key.strip_prefix(&self.instance)?.strip_prefix('-')?;
        let (generation, content) = rest.rsplit_once('-')?;
        Some(Kinship { generation: generation.parse().ok()?, content: content.to_owned() })
    }
}

/// Hashes what a job does; no part is mistaken for the end of the one before.
pub fn content<'a>(parts: impl IntoIterator<Item = &'a str>) -> String {
    hash(parts, 6)
}

/// Hashes texts to so many bytes, in hexadecimal digits.
fn hash<'a>(parts: impl IntoIterator<Item = &'a str>, bytes: usize) -> String {
    let mut hash = Sha256::new();
    for part in parts {
        hash.update(part.len().to_le_bytes());
        hash.update(part.as_bytes());
    }
    hex(&hash.finalize()[..bytes])
}

/// Writes bytes in hexadecimal digits.
pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
        text.push_str(&format!("{byte:02x}"));
        text
    })
}

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{}-{}", self.instance, self.generation, self.content)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeMap;

    fn context() -> RunContext {
        RunContext {
            dag_id: "d".to_owned(),
            task_id: "t".to_owned(),
            run_id: "r".to_owned(),
            map_index: -1,
            ..RunContext::default()
        }
    }

    fn plan(project: &str, environment: &str) -> PlanFile {
        PlanFile {
            version: 0,
            project: project.to_owned(),
            dag_id: "d".to_owned(),
            environment: environment.to_owned(),
            region: None,
            time_zone: None,
            tasks: BTreeMap::new(),
        }
    }

    fn identity(kind: &'static str, target: &[&str], does: &str) -> Identity {
        let target = target.iter().map(|part| (*part).to_owned()).collect();
        Identity { kind, target, content: content([does]) }
    }

    fn key(context: &RunContext) -> Key {
        Key::new(&plan("shop", "dev"), context, identity("crawl", &["eu-west-1", "c"], "x"))
    }

    #[test]
    fn a_key_tells_instances_targets_and_generations_apart() {
        let own = key(&context());
        assert_eq!(own.to_string().len(), 32 + 1 + 1 + 1 + 12);
        assert_eq!(own, key(&RunContext { try_number: 7, ..context() }));
        // A deploy has changed the task's retries.
        assert_eq!(own, key(&RunContext { generation: 1, ..context() }));
        let of = |project, environment, identity| Key::new(&plan(project, environment), &context(), identity);
        for other in [
            of("shop", "dev", identity("run_sql", &["eu-west-1", "c"], "x")),
            of("shop", "dev", identity("crawl", &["eu-west-1", "d"], "x")),
            of("shop", "dev", identity("crawl", &["us-east-1", "c"], "x")),
            of("shop", "dev", identity("crawl", &["eu-west-1c"], "x")),
            of("shop", "prod", identity("crawl", &["eu-west-1", "c"], "x")),
            of("shopping", "dev", identity("crawl", &["eu-west-1", "c"], "x")),
            key(&RunContext { run_id: "r2".to_owned(), ..context() }),
            key(&RunContext { dag_id: "d2".to_owned(), ..context() }),
            key(&RunContext { task_id: "t2".to_owned(), ..context() }),
            key(&RunContext { map_index: 0, ..context() }),
            key(&RunContext { dag_id: "dt".to_owned(), task_id: String::new(), ..context() }),
        ] {
            assert_ne!(own.instance(), other.instance());
            assert_eq!(own.kin(&other.to_string()), None);
        }
        for generation in [2, -3] {
            let other = key(&RunContext { mark: generation, ..context() });
            let content = own.content().to_owned();
            assert_eq!(own.kin(&other.to_string()), Some(Kinship { generation, content }));
        }
    }

    #[test]
    fn a_key_tells_what_the_job_does() {
        let own = key(&context());
        let identity = identity("crawl", &["eu-west-1", "c"], "y");
        let other = Key::new(&plan("shop", "dev"), &context(), identity);
        let kinship = own.kin(&other.to_string()).unwrap();
        assert_eq!(kinship.generation, own.generation());
        assert_ne!(kinship.content, own.content());
        assert_ne!(content(["ab", "c"]), content(["a", "bc"]));
        for text in ["", "x", &format!("{}-0", own.instance()), &format!("{}-x-0", own.instance())] {
            assert_eq!(own.kin(text), None, "{text}");
        }
    }
}
