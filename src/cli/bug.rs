//! What is said of a bug of dagc's own: a panic, wherever it was.

use std::panic::{PanicHookInfo, set_hook};
use std::sync::atomic::{AtomicUsize, Ordering};

/// What to do about it.
pub(super) const REPORT: &str =
    concat!("please report it, with that file if you can: ", env!("CARGO_PKG_REPOSITORY"), "/issues");

/// How many panics are told with their places. One bug may be met in every file of a project.
const TOLD: usize = 3;

/// How many characters of a panic's words are told: they may quote a text of the user's.
const WORDS: usize = 300;

/// Has panics told in one line each, and not more than a few of them.
pub fn tell_panics() {
    static COUNT: AtomicUsize = AtomicUsize::new(0);
    set_hook(Box::new(|panic| {
        if COUNT.fetch_add(1, Ordering::Relaxed) < TOLD {
            crate::ui::bug(&line(panic));
        }
    }));
}

fn line(panic: &PanicHookInfo<'_>) -> String {
    let words = crate::diagnostic::message(panic.payload());
    let words: String = words.chars().take(WORDS).collect();
    let place = panic.location().map_or_else(String::new, |place| format!(" at {place}"));
    format!("dagc {} panicked{place}: {words}", env!("CARGO_PKG_VERSION"))
}
