//! `pages`: how the next page is asked for, and what says that there is none.

use super::values::PathSpec;
use crate::lang::decode::record;
use crate::service::http_ingest::pages::{Pages, Place};
use crate::text::Spanned;

record! {
    "`pages`"
    /// How the next page is asked for: one of these.
    pub struct PagesSpec {
        /// `true`: by the link `rel="next"` of the header `Link`, until there is none.
        pub link: Option<Spanned<bool>>,
        /// Where in the answer the link to the next page stands; the last page has none.
        pub next: Option<Spanned<PathSpec>>,
        /// By what the answer tells, handed back, until it is missing, null or empty.
        pub cursor: Option<CursorSpec>,
        /// By the number of the page.
        pub page: Option<NumberSpec>,
        /// By how many records came before.
        pub offset: Option<OffsetSpec>,
    }
    exactly one of [link, next, cursor, page, offset]
}

record! {
    "`cursor`"
    /// What the answer tells of the next page, and where it is handed back.
    pub struct CursorSpec {
        /// Where it stands in the answer, such as `meta.next_cursor`.
        pub from: Spanned<PathSpec>,
        /// The parameter of the query in which it is handed back.
        pub query: Option<Spanned<String>>,
        /// The member of the body in which it is handed back.
        pub body: Option<Spanned<PathSpec>>,
    }
    exactly one of [query, body]
}

record! {
    "`page`"
    /// The number of a page. The last page is empty; or with `size` has fewer records than that.
    pub struct NumberSpec {
        /// The parameter of the query that has the number.
        pub query: Option<Spanned<String>>,
        /// The member of the body that has the number.
        pub body: Option<Spanned<PathSpec>>,
        /// The number of the first page.
        pub first: Option<Spanned<u64>>,
        /// How many records a full page has; then one with fewer is the last.
        pub size: Option<Spanned<u64>>,
    }
    exactly one of [query, body]
}

record! {
    "`offset`"
    /// How many records came before a page. The last page is empty; or with `size` has fewer records than that.
    pub struct OffsetSpec {
        /// The parameter of the query that has it.
        pub query: Option<Spanned<String>>,
        /// The member of the body that has it.
        pub body: Option<Spanned<PathSpec>>,
        /// How many records a full page has; then one with fewer is the last.
        pub size: Option<Spanned<u64>>,
    }
    exactly one of [query, body]
}

impl PagesSpec {
    /// Makes the plan's; none where too little is given.
    pub(super) fn planned(&self) -> Option<Pages> {
        if self.link.is_some() {
            return Some(Pages::Link);
        }
        if let Some(next) = &self.next {
            return Some(Pages::Next { path: next.value.0.clone() });
        }
        if let Some(cursor) = &self.cursor {
            let into = place(cursor.query.as_ref(), cursor.body.as_ref())?;
            return Some(Pages::Cursor { path: cursor.from.value.0.clone(), into });
        }
        let number = |number: &Option<Spanned<u64>>| number.as_ref().map(|number| number.value);
        if let Some(page) = &self.page {
            return Some(Pages::Number {
                into: place(page.query.as_ref(), page.body.as_ref())?,
                first: number(&page.first).unwrap_or(1),
                full: number(&page.size),
            });
        }
        let offset = self.offset.as_ref()?;
        let into = place(offset.query.as_ref(), offset.body.as_ref())?;
        Some(Pages::Offset { into, full: number(&offset.size) })
    }
}

fn place(query: Option<&Spanned<String>>, body: Option<&Spanned<PathSpec>>) -> Option<Place> {
    match (query, body) {
        (Some(name), _) => Some(Place::Query(name.value.clone())),
        (None, Some(path)) => Some(Place::Body(path.value.0.clone())),
        (None, None) => None,
    }
}
