//! Ways in which the runner is broken on purpose, to show that `simulation` notices.

use std::cell::Cell;

/// Makes the list of breaks.
macro_rules! breaks {
    ($($list:ident: $($(#[doc = $doc:literal])+ $way:ident,)+)+) => {
        /// A way in which the runner, or what is decided about crawls, is broken.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub(crate) enum Break {
            $($($(#[doc = $doc])+ $way,)+)+
        }

        impl Break {
            $(
                /// Those of one part, with what they are.
                pub(crate) const $list: &[(Self, &str)] = &[$((Self::$way, concat!($($doc),+)),)+];
            )+
        }
    };
}

breaks! {
    ALL:
    /// What is found is not looked at before a start.
    ForgetsToLook,
    /// An attempt after another does not wait for what may not be listed yet.
    TrustsTheFirstLook,
    /// After a start without an answer nothing is looked for before the next start.
    StartsAgainAtOnce,
    /// What was settled is forgotten while a run is waited for that is stopping.
    SettlesTooSoon,
    /// A run that this attempt has started, and that has failed, is started again by the same attempt.
    StartsTwiceInOneAttempt,
    /// A listing that goes back is believed.
    ForgetsWhatItSaw,
    /// A run that is listed as running is not looked at itself.
    BelievesTheListing,
    /// What a run does is not compared.
    TakesAnyContent,
    /// What a generation before has done counts as done.
    TakesAnyGeneration,
    /// What was over when the run of the DAG began counts, if that one has the name of a run that was deleted.
    TrustsTheName,
    /// What an attempt of a deleted run of the DAG has started counts as that of the new one's attempt with its number.
    TrustsTheAttempt,
    /// What a look shows to be over counts, also where only its end tells whether a deleted run of the DAG has done it.
    BelievesTheLook,
    /// What has the mark of this generation counts as its own, though the task was cleared when it had more retries.
    TrustsTheMark,
    /// A run that is stopping is taken for one that has ended.
    OvertakesAStop,
    /// A run of before in a state that is not known is taken for one that has ended.
    TakesTheUnknownForOver,
    /// A later look takes what ended nearest to the end of the first one, of any generation.
    TakesTheNearest,
    /// A later look reckons with the start of its attempt.
    ReckonsWithTheStart,
    /// Whatever is running follows a run that has failed.
    FollowsAnything,
    /// Another token for each attempt.
    ChangesTheToken,
    /// A run that has failed is green.
    IsGreenWhenRed,
    /// SIGTERM ends the task and not its run.
    LeavesTheRun,
    /// SIGTERM during a start says that nothing was started.
    ForgetsTheStart,
    /// A run is looked for after SIGTERM for longer than there is time.
    EndsTooLate,
    /// A job that is waited for is waited for without an end when it is over.
    WaitsForEver,

    OF_CRAWLS:
    /// A crawl of before that is listed late is taken for this task's.
    ForgetsTheLastCrawl,
    /// A crawl whose start had no answer is forgotten while it is not listed.
    ForgetsTheCrawler,
    /// An attempt after another takes any crawl.
    TakesAnyCrawl,
    /// An attempt after another takes no crawl.
    TakesNoCrawl,
    /// An attempt after another does not wait until the crawl that runs is listed.
    WaitsForNoListing,
    /// A later look takes no crawl that was running when the first one ended.
    ForgetsTheFirstLook,
    /// A crawl that winds up is taken for one that runs.
    TakesWhatWindsUp,
    /// Whatever runs is taken, also where the step says to wait for it.
    TakesWhatRuns,
    /// Whatever the crawler runs is stopped with the task.
    StopsAnyCrawl,
    /// A crawl that has failed is green.
    TakesFailureForSuccess,
}

thread_local! {
    static BROKEN: Cell<Option<Break>> = const { Cell::new(None) };
}

/// Breaks the runner on this thread, or mends it.
pub(crate) fn set(way: Option<Break>) {
    BROKEN.set(way);
}

/// Says whether the runner is broken so.
pub(crate) fn is(way: Break) -> bool {
    BROKEN.get() == Some(way)
}
