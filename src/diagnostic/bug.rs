//! A bug of dagc's own, kept apart from the work beside it.
//!
//! A panic in a stage ends the work on one file. It becomes a [`Bug`] that names the file; the other files are
//! worked on as if it had not been.

use super::Diagnostics;
use crate::text::FileId;
use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};

/// A bug of dagc, and what it was working on.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Bug {
    /// The file.
    pub file: FileId,
    /// What is known of it.
    pub message: String,
}

/// Does a piece of work on a file. When it panics, that is noted, and what it had found before stays.
pub fn guarded<T>(
    diagnostics: &mut Diagnostics,
    file: FileId,
    work: impl FnOnce(&mut Diagnostics) -> T,
) -> Option<T> {
    match catch_unwind(AssertUnwindSafe(|| work(diagnostics))) {
        Ok(value) => Some(value),
        Err(panic) => {
            diagnostics.bug(file, message(panic.as_ref()));
            None
        }
    }
}

/// Returns the words of a panic.
pub fn message(panic: &(dyn Any + Send)) -> &str {
    let text = panic.downcast_ref::<&str>().copied();
    text.or_else(|| panic.downcast_ref::<String>().map(String::as_str)).unwrap_or("a panic without words")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diagnostic::{Code, Diagnostic};
    use crate::text::Span;

    #[test]
    fn a_panic_is_a_bug_and_takes_nothing_with_it() {
        let mut found = Diagnostics::default();
        let file = FileId(3);
        assert_eq!(guarded(&mut found, file, |_| 1), Some(1));
        assert!(!found.has_errors() && found.is_empty());
        let none = guarded(&mut found, file, |found| -> u32 {
            found.push(Diagnostic::new(Code::LongDagId, Span::file_start(file), "before"));
            panic!("number {}", 7)
        });
        assert_eq!(none, None);
        assert!(found.has_errors() && !found.is_empty());
        assert_eq!(found.iter().count(), 1);
        assert_eq!(found.bugs(), [Bug { file, message: "number 7".to_owned() }]);
    }
}
