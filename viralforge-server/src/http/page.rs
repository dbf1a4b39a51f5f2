//! Lists, a page at a time, newest first.

use axum::extract::Query;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::Serialize;
use sqlx::any::AnyRow;
use sqlx::{AnyPool, AssertSqlSafe, FromRow, Row};
use utoipa::ToSchema;

use crate::id;
use crate::problem::{Problem, Result};

/// One page of a list.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Page<T> {
    pub(super) items: Vec<T>,
    /// What to send as `cursor` for the page after this one; null on the last.
    pub(super) next: Option<String>,
}

/// What a list begins with, in the form of its cursors: these may change, and then old ones are refused.
const CURSOR_VERSION: &str = "1:";
/// Sorts behind every identifier.
const NEWEST: &str = "g";
const LIMITS: std::ops::RangeInclusive<usize> = 1..=100;
const DEFAULT_LIMIT: usize = 20;

/// A column by which a list may be filtered, and the values that it may have; none: an identifier.
pub(super) type Filter = (&'static str, &'static [&'static str]);

/// A query as it came.
pub(super) type Pairs = Query<Vec<(String, String)>>;

impl<T> Page<T> {
    /// The rows of `select` (columns and table) that the query asks for. They are told apart by `id`, and must have
    /// all of `of`: columns and identifiers.
    pub(super) async fn read(
        pool: &AnyPool,
        select: String,
        of: &[(&'static str, &str)],
        (filters, Query(pairs)): (&[Filter], Pairs),
    ) -> Result<Self>
    where
        T: for<'r> FromRow<'r, AnyRow>,
    {
        let (mut before, mut limit, mut wanted) = (NEWEST.to_owned(), DEFAULT_LIMIT, of.to_vec());
        for (n, (name, value)) in pairs.iter().enumerate() {
            let filter = filters.iter().find(|(column, _)| column == name);
            match (name.as_str(), filter) {
                _ if pairs[..n].iter().any(|(other, _)| other == name) => return Err(wrong(name, "is there twice")),
                ("cursor", _) => before = opened(value).ok_or_else(|| wrong(name, "is not the next of a page"))?,
                ("limit", _) => {
                    let given = value.parse().ok().filter(|given| LIMITS.contains(given));
                    limit = given.ok_or_else(|| wrong(name, "is not in 1..=100"))?;
                }
                (_, None) => return Err(wrong(name, "is not a parameter of this list")),
                (_, Some((column, []))) if id::checked(value, column).is_ok() => wanted.push((column, value)),
                (_, Some((column, values))) if values.contains(&value.as_str()) => wanted.push((column, value)),
                _ => return Err(wrong(name, "has no such value")),
            }
        }
        let clauses: String = (2..).zip(&wanted).map(|(n, (column, _))| format!(" AND {column} = ${n}")).collect();
        let sql = format!("{select} WHERE id < $1{clauses} ORDER BY id DESC LIMIT {}", limit + 1);
        let query = sqlx::query(AssertSqlSafe(sql)).bind(before);
        let query = wanted.into_iter().fold(query, |query, (_, value)| query.bind(value));
        let mut rows = query.fetch_all(pool).await?;
        // One row more tells whether there is a next page.
        let more = rows.len() > limit;
        rows.truncate(limit);
        let next = rows.last().filter(|_| more).map(|row| row.try_get("id").map(closed)).transpose()?;
        Ok(Self { items: rows.iter().map(T::from_row).collect::<Result<_, _>>()?, next })
    }

    pub(super) fn map<U>(self, change: impl FnMut(T) -> U) -> Page<U> {
        Page { items: self.items.into_iter().map(change).collect(), next: self.next }
    }
}

fn wrong(name: &str, problem: &str) -> Problem {
    Problem::bad_request(format!("{name:?} {problem}"))
}

fn closed(id: &str) -> String {
    URL_SAFE_NO_PAD.encode(format!("{CURSOR_VERSION}{id}"))
}

fn opened(cursor: &str) -> Option<String> {
    let text = String::from_utf8(URL_SAFE_NO_PAD.decode(cursor).ok()?).ok()?;
    id::checked(text.strip_prefix(CURSOR_VERSION)?, "cursor").ok()
}

#[cfg(test)]
pub(super) mod tests {
    use super::super::{assets, jobs, tus};
    use super::*;

    /// Every list, whole and by each filter alone.
    pub(crate) async fn read_every_list(pool: &AnyPool) {
        let lists: [(&str, &[Filter]); 3] =
            [("assets", &assets::FILTERS), ("uploads", &tus::FILTERS), ("jobs", &*jobs::FILTERS)];
        for (table, filters) in lists {
            let by =
                |(name, values): &Filter| (name.to_string(), values.first().map_or("0".repeat(32), |v| v.to_string()));
            for pairs in filters.iter().map(by).map(|pair| vec![pair]).chain([Vec::new()]) {
                let select = format!("SELECT id FROM {table}");
                Page::<(String,)>::read(pool, select, &[("owner", "a")], (filters, Query(pairs))).await.unwrap();
            }
        }
        for table in ["connections", "exports"] {
            let query = (&[][..], Query(Vec::new()));
            let select = format!("SELECT id FROM {table}");
            Page::<(String,)>::read(pool, select, &[("user_id", "a")], query).await.unwrap();
        }
        for of in ["asset_id", "job_id"] {
            let query = (&[][..], Query(Vec::new()));
            let select = "SELECT id FROM files".to_owned();
            Page::<(String,)>::read(pool, select, &[(of, "a")], query).await.unwrap();
        }
    }

    #[test]
    fn a_cursor_opens_to_what_it_was_made_of_and_nothing_else_opens() {
        let id = id::fresh();
        assert_eq!(opened(&closed(&id)).unwrap(), id);
        let other_version = URL_SAFE_NO_PAD.encode(format!("2:{id}"));
        let injected = closed("' OR 1=1 --");
        for forged in ["", "..", "%00", id.as_str(), &other_version, &injected, &closed(&id)[1..]] {
            assert_eq!(opened(forged), None, "{forged}");
        }
    }
}
