//! What may come of a task: the words that everything speaks that proves "started at most once".

use std::fmt;

/// What has come of a history: of one task, with all its attempts and looks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Outcome {
    /// It is green, each job was started once for a key and generation, and it has succeeded with this task's
    /// target and arguments.
    Once,
    /// It is green, and a job may have been started again that does no harm, as the documents say for this service.
    Again,
    /// It has failed with words that the documents know, and nothing was started twice.
    Refused,
    /// Nobody looks any more, and the job goes on by itself, as the documents say.
    GoesOn,
    /// A job was started twice for a key and generation.
    Twice,
    /// It is green, and no job has succeeded with this task's target and arguments.
    Unfounded,
    /// It has not ended in its time.
    Stuck,
}

impl Outcome {
    /// All of them, the good ones first.
    pub(crate) const ALL: [Self; 7] =
        [Self::Once, Self::Again, Self::Refused, Self::GoesOn, Self::Twice, Self::Unfounded, Self::Stuck];

    /// Says whether it breaks the promise.
    pub(crate) fn is_broken(self) -> bool {
        matches!(self, Self::Twice | Self::Unfounded | Self::Stuck)
    }

    /// Says what it means.
    pub(crate) fn meaning(self) -> &'static str {
        match self {
            Self::Once => {
                "green; each job was started once, and has succeeded with this task's target and arguments"
            }
            Self::Again => "green; a job may have been started again, which does no harm",
            Self::Refused => "red, with words that say why; nothing was started twice",
            Self::GoesOn => "nobody looks any more, and the job, started once, goes on by itself",
            Self::Twice => "a job was started twice for a key and generation",
            Self::Unfounded => "green without a job that has succeeded with this task's target and arguments",
            Self::Stuck => "no end within its time",
        }
    }
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Once => "once",
            Self::Again => "again",
            Self::Refused => "refused",
            Self::GoesOn => "goes on",
            Self::Twice => "**twice**",
            Self::Unfounded => "**unfounded**",
            Self::Stuck => "**stuck**",
        })
    }
}
