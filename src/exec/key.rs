//! The mark by which a service finds a job again.

use super::RunContext;
use sha2::{Digest, Sha256};
use std::fmt;

/// The key of a job: which task instance it belongs to, and which generation of it. Written
/// `<32 hexadecimal digits>-<generation>`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Key {
    instance: String,
    generation: i64,
}

impl Key {
    /// Makes the key of a task instance's job; `kind` is the job's, so that a step that becomes another kind
    /// of job finds none of the old one's.
    pub fn new(context: &RunContext, kind: &str) -> Self {
        let mut hash = Sha256::new();
        let map_index = context.map_index.to_string();
        for part in [&context.dag_id, &context.task_id, &context.run_id, &map_index, kind] {
            hash.update(part.as_bytes());
            // A run id may hold any character but this one.
            hash.update([0]);
        }
        Self { instance: hex(&hash.finalize()[..16]), generation: context.generation }
    }

    /// What the keys of all generations begin with.
    pub fn instance(&self) -> &str {
        &self.instance
    }

    /// The generation.
    pub fn generation(&self) -> i64 {
        self.generation
    }

    /// Returns the generation of another key of the same task instance, none when it is of another one.
    pub fn generation_of(&self, key: &str) -> Option<i64> {
        key.strip_prefix(&self.instance)?.strip_prefix('-')?.parse().ok()
    }
}

/// Writes bytes in hexadecimal digits.
pub(super) fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
        text.push_str(&format!("{byte:02x}"));
        text
    })
}

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{}", self.instance, self.generation)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn context() -> RunContext {
        RunContext {
            dag_id: "d".to_owned(),
            task_id: "t".to_owned(),
            run_id: "r".to_owned(),
            map_index: -1,
            ..RunContext::default()
        }
    }

    #[test]
    fn a_key_tells_instances_and_generations_apart() {
        let key = Key::new(&context(), "crawl");
        assert_eq!(key.to_string().len(), 34);
        assert_eq!(key, Key::new(&RunContext { try_number: 7, ..context() }, "crawl"));
        for other in [
            Key::new(&context(), "run_sql"),
            Key::new(&RunContext { run_id: "r2".to_owned(), ..context() }, "crawl"),
            Key::new(&RunContext { map_index: 0, ..context() }, "crawl"),
            Key::new(&RunContext { dag_id: "dt".to_owned(), task_id: String::new(), ..context() }, "crawl"),
        ] {
            assert_ne!(key.instance(), other.instance());
            assert_eq!(key.generation_of(&other.to_string()), None);
        }
        let cleared = Key::new(&RunContext { generation: 2, ..context() }, "crawl");
        assert_eq!(key.generation_of(&cleared.to_string()), Some(2));
        let republished = Key::new(&RunContext { generation: -3, ..context() }, "crawl");
        assert_eq!(key.generation_of(&republished.to_string()), Some(-3));
    }
}
