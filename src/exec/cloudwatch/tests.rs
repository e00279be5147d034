//! Which lines of a log are passed on.

use super::api::Event;
use super::*;
use crate::exec::Level;
use std::cell::{Cell, RefCell};

fn page(lines: &[&str], next: &str) -> Page {
    let events = lines.iter().map(|line| Event { message: (*line).to_owned() }).collect();
    Page { events, next_forward_token: Some(next.to_owned()), ..Page::default() }
}

/// The service gives empty pages in between; the token that was sent comes back at the end.
#[test]
fn an_empty_page_is_not_the_end() {
    let lines = RefCell::new(Vec::new());
    let write = |_: Level, line: &str| lines.borrow_mut().push(line.to_owned());
    let log = Log::new(&write);
    let mut follower = Follower::new("group", "stream");
    for (page, has_more) in [
        (page(&[], "f/1"), true),
        (page(&["a"], "f/2"), true),
        (page(&[], "f/3"), true),
        (page(&["b"], "f/4"), true),
        (page(&[], "f/4"), false),
        // What comes later is read from there.
        (page(&["c"], "f/5"), true),
    ] {
        assert_eq!(follower.take(page, &log), has_more, "{:?}", lines.borrow());
    }
    assert_eq!(*lines.borrow(), ["a", "b", "c"]);
    assert_eq!(follower.next.as_deref(), Some("f/5"));
}

#[test]
fn a_long_stream_is_cut_once() {
    let count = Cell::new(0);
    let write = |_: Level, _: &str| count.set(count.get() + 1);
    let log = Log::new(&write);
    let mut follower = Follower::new("group", "stream");
    let lines = vec!["x"; MOST_LINES + 1];
    assert!(!follower.take(page(&lines, "f/1"), &log));
    assert!(follower.is_cut && follower.has_ended);
    // All lines that are passed on, and the one that says where the rest is.
    assert_eq!(count.get(), MOST_LINES + 1);
}
