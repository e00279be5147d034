//! Where files are put, and what they are called.

use crate::aws::s3::Location;
use crate::exec::key::content;
use crate::exec::outcome::Failure;
use crate::exec::runner::Run;

/// The names of objects: `part-STEP-RUN-GENERATION-00001.jsonl`, all three as hashes.
pub(super) struct Names {
    step: String,
    run: String,
    generation: String,
}

impl Names {
    pub(super) fn new(run: &Run<'_>) -> Self {
        let cut = |text: &str, digits: usize| text.get(..digits).unwrap_or(text).to_owned();
        let own = content([run.key.to_string().as_str()]);
        Self { step: run.key.step().to_owned(), run: cut(run.key.instance(), 8), generation: cut(&own, 6) }
    }

    /// What the names of all objects of the step begin with.
    pub(super) fn of_step(&self) -> String {
        format!("part-{}-", self.step)
    }

    /// What those of this run begin with.
    pub(super) fn of_run(&self) -> String {
        format!("{}{}-", self.of_step(), self.run)
    }

    /// What those of this generation begin with.
    pub(super) fn own(&self) -> String {
        format!("{}{}-", self.of_run(), self.generation)
    }
}

/// Reads the folder of the files; values of a run may have made it something else.
pub(super) fn folder(path: &str) -> Result<Location, Failure> {
    let to: Location = path.parse().map_err(|error| Failure::for_good(format!("{error}")))?;
    if to.key.starts_with('/') || to.key.contains("//") || !(to.key.is_empty() || to.key.ends_with('/')) {
        return Err(Failure::for_good(format!(
            "nothing is fetched: {to} is no folder, or one without a name"
        )));
    }
    Ok(to)
}
