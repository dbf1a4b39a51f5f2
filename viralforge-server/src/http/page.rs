//! Lists, a page at a time, newest first.

use serde::{Deserialize, Serialize};

use crate::id;
use crate::problem::Result;

/// What a client may say about a page.
#[derive(Debug, Deserialize)]
pub(super) struct PageQuery {
    /// `next` of the page before.
    cursor: Option<String>,
    /// How many, 1 to 100; 20 where nothing is said.
    limit: Option<u16>,
}

/// One page.
#[derive(Debug, Serialize)]
pub(super) struct Page<T> {
    pub(super) items: Vec<T>,
    /// The cursor of the page after this one; null on the last.
    pub(super) next: Option<String>,
}

/// Sorts behind every identifier.
const NEWEST: &str = "g";

impl PageQuery {
    /// Items older than this are wanted.
    pub(super) fn before(&self) -> Result<String> {
        self.cursor.as_deref().map_or(Ok(NEWEST.to_owned()), |cursor| id::checked(cursor, "cursor"))
    }

    pub(super) fn limit(&self) -> usize {
        usize::from(self.limit.unwrap_or(20).clamp(1, 100))
    }
}

impl<T> Page<T> {
    /// A page of at most `limit` items out of one item more, which tells whether there is a next one.
    pub(super) fn of(mut items: Vec<T>, limit: usize, id: impl Fn(&T) -> &str) -> Self {
        let more = items.len() > limit;
        items.truncate(limit);
        let next = items.last().filter(|_| more).map(|item| id(item).to_owned());
        Self { items, next }
    }
}
