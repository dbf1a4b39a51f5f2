//! What goes wrong, as `application/problem+json` (RFC 9457) with the library's codes and a few of the host's own.

use axum::Json;
use axum::extract::rejection::JsonRejection;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use utoipa::ToSchema;

use crate::account::Event;

/// The type of every answer that tells of a problem.
pub(crate) const CONTENT_TYPE: &str = "application/problem+json";

pub(crate) type Result<T, E = Problem> = std::result::Result<T, E>;

/// Every code of a problem with its status and what it means: the host's own, and those of the library that are answers
/// by themselves. The library's others are told of in the `error` of a job.
pub(crate) const CODES: [(u16, &str, &str); 25] = [
    (400, "bad_request", "the path, the query, a header or the body is not as it should be"),
    (401, "unauthorized", "there is no key or token, or one that is not good (any more)"),
    (
        403,
        "forbidden",
        "the address is not signed or no longer good, the upload takes no bytes, or the caller may not do that",
    ),
    (403, "second_factor_required", "that takes a code of the second factor, or the second factor to be turned on"),
    (403, "confirm_first", "that takes a sign-in, or a confirmation with the password, of the last ten minutes"),
    (403, "quota_exceeded", "the user has as much as they may"),
    (404, "not_found", "there is no such thing"),
    (405, "method", "this page does not take that method; Allow lists those that it takes"),
    (409, "conflict", "it is in a state in which that cannot be done, or somebody else is doing it"),
    (409, "lease_lost", "the job is not the worker's any more: it has to stop"),
    (410, "gone", "the upload was not finished in time"),
    (412, "precondition", "a condition of the request does not hold: If-Match, or the version of tus"),
    (413, "limit_exceeded", "it is larger than the server takes"),
    (414, "uri_too_long", "the address is longer than 8 KiB"),
    (415, "unsupported_type", "the body is of another type than it has to be"),
    (416, "range", "no part of that range exists"),
    (422, "invalid_option", "there is no such option, or its value is wrong"),
    (422, "malformed", "the first bytes of the upload are of nothing that will ever be taken"),
    (429, "rate_limited", "too many requests at once; Retry-After says when the next is taken"),
    (431, "headers_too_large", "there are more than 100 headers, or 16 KiB of them"),
    (460, "checksum_mismatch", "the bytes do not have the checksum that came with them; none of them count"),
    (500, "internal", "something failed here; the request id names it"),
    (501, "unsupported", "this server is not set up for that"),
    (503, "unavailable", "the server, or something that it needs, is too busy or away; try again in a moment"),
    (507, "storage_full", "there is no room left for this upload"),
];

/// An answer that is not what was asked for (RFC 9457). `code` is stable, and is what programs decide by.
// What only the operator may know is logged where it happens.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct Problem {
    #[serde(rename = "type")]
    kind: &'static str,
    title: &'static str,
    status: u16,
    code: &'static str,
    /// What is wrong with this request, in a sentence.
    detail: String,
    #[serde(skip)]
    retry_after_seconds: Option<i64>,
    /// What this is in the audit log; not told.
    #[serde(skip)]
    event: Option<Event>,
}

impl Problem {
    /// An answer with one of [`CODES`].
    pub(crate) fn new(code: &'static str, detail: impl Into<String>) -> Self {
        let status = CODES.iter().find(|(_, known, _)| *known == code).map_or(500, |(status, ..)| *status);
        let title = match status {
            // A status of tus that HTTP does not name.
            460 => "Checksum Mismatch",
            _ => StatusCode::from_u16(status).ok().and_then(|status| status.canonical_reason()).unwrap_or("error"),
        };
        Self { kind: "about:blank", title, status, code, detail: detail.into(), retry_after_seconds: None, event: None }
    }

    /// What only the status tells.
    pub(crate) fn of(status: StatusCode) -> Self {
        let known = CODES.iter().find(|(known, ..)| *known == status.as_u16());
        Self::rejected(status, known.map_or(CODES[0].2, |(.., meaning)| *meaning))
    }

    /// What the framework says about a request that it refuses.
    pub(crate) fn rejected(status: StatusCode, detail: impl Into<String>) -> Self {
        match CODES.iter().find(|(known, ..)| *known == status.as_u16()) {
            Some((_, code, _)) => Self::new(code, detail),
            None if status.is_client_error() => Self::bad_request(detail),
            None => Self::internal(),
        }
    }

    pub(crate) fn bad_request(detail: impl Into<String>) -> Self {
        Self::new("bad_request", detail)
    }

    pub(crate) fn invalid_option(detail: impl Into<String>) -> Self {
        Self::new("invalid_option", detail)
    }

    pub(crate) fn unauthorized() -> Self {
        Self::new("unauthorized", "send Authorization: Bearer with an API key or an access token")
    }

    /// More than a user may have, however long they wait.
    pub(crate) fn quota(detail: impl Into<String>) -> Self {
        Self::new("quota_exceeded", detail)
    }

    /// More at once than anybody may.
    pub(crate) fn rate_limited(retry_after_seconds: i64) -> Self {
        let detail = format!("too many requests; the next is taken in {retry_after_seconds} seconds");
        let problem = Self::new("rate_limited", detail);
        Self { retry_after_seconds: Some(retry_after_seconds), ..problem }
    }

    pub(crate) fn not_found(what: &str) -> Self {
        Self::new("not_found", format!("there is no such {what}"))
    }

    pub(crate) fn conflict(detail: impl Into<String>) -> Self {
        Self::new("conflict", detail)
    }

    /// Another worker has the job, or it is over: whatever comes of this start does not count.
    pub(crate) fn lease_lost() -> Self {
        Self::new("lease_lost", "the job is not yours any more; stop working on it")
    }

    pub(crate) fn too_large(detail: impl Into<String>) -> Self {
        Self::new("limit_exceeded", detail)
    }

    pub(crate) fn unavailable(what: &str) -> Self {
        Self::new("unavailable", format!("{what}; try again in a moment"))
    }

    pub(crate) fn storage_full() -> Self {
        Self::new("storage_full", "there is no room left for this upload")
    }

    pub(crate) fn internal() -> Self {
        Self::new("internal", "something failed here; the request id names it")
    }

    /// What an error of the database comes to, by its code: five characters from PostgreSQL (its manual, appendix A), a
    /// number from SQLite (<https://www.sqlite.org/rescode.html>), whose upper bytes only say more.
    fn of_database(code: &str) -> Self {
        let passing = || Self::unavailable("the database does not answer");
        if code.len() == 5 {
            return match code.get(..2).unwrap_or_default() {
                "53" if code == "53100" => Self::storage_full(),
                // Lost connections; conflicts and deadlocks; too many connections; shutting down; I/O.
                "08" | "40" | "53" | "55" | "57" | "58" => passing(),
                _ => Self::internal(),
            };
        }
        match code.parse::<u32>().map_or(0, |code| code & 0xff) {
            // Busy, locked, an error of the disk, a file that cannot be opened.
            5 | 6 | 10 | 14 => passing(),
            13 => Self::storage_full(),
            _ => Self::internal(),
        }
    }

    /// A refusal that may be an attempt: whoever passes the answer on notes it.
    pub(crate) fn noted_as(self, event: Event) -> Self {
        Self { event: Some(event), ..self }
    }

    pub(crate) fn code(&self) -> &'static str {
        self.code
    }

    pub(crate) fn detail(&self) -> &str {
        &self.detail
    }

    pub(crate) fn status(&self) -> StatusCode {
        StatusCode::from_u16(self.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let mut response = (self.status(), Json(&self)).into_response();
        if let Some(event) = self.event {
            response.extensions_mut().insert(event);
        }
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(CONTENT_TYPE));
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
        if self.status == 401 {
            headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        if let Some(seconds) = self.retry_after_seconds.or((self.status == 503).then_some(2)) {
            headers.insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        response
    }
}

impl From<JsonRejection> for Problem {
    fn from(rejection: JsonRejection) -> Self {
        Self::rejected(rejection.status(), rejection.body_text())
    }
}

impl From<sqlx::Error> for Problem {
    fn from(error: sqlx::Error) -> Self {
        if error.as_database_error().is_some_and(|error| error.is_unique_violation()) {
            return Self::conflict("another request asks for the same at the same time");
        }
        tracing::error!(%error, "database");
        match error {
            sqlx::Error::PoolTimedOut | sqlx::Error::Io(_) | sqlx::Error::PoolClosed => {
                Self::unavailable("the database does not answer")
            }
            sqlx::Error::Database(error) => Self::of_database(error.code().as_deref().unwrap_or_default()),
            _ => Self::internal(),
        }
    }
}

impl From<object_store::Error> for Problem {
    fn from(error: object_store::Error) -> Self {
        if matches!(error, object_store::Error::NotFound { .. }) {
            return Self::not_found("file");
        }
        tracing::error!(%error, "storage");
        Self::unavailable("the storage does not answer")
    }
}

impl From<std::io::Error> for Problem {
    fn from(error: std::io::Error) -> Self {
        tracing::error!(%error, "file system");
        match error.kind() {
            std::io::ErrorKind::StorageFull | std::io::ErrorKind::QuotaExceeded => Self::storage_full(),
            _ => Self::internal(),
        }
    }
}

#[cfg(test)]
mod tests {
    use viralforge_core::ErrorKind;

    use super::*;

    fn sources(folder: &std::path::Path) -> String {
        let text = |path: std::path::PathBuf| match path.is_dir() {
            true => sources(&path),
            false => std::fs::read_to_string(&path).unwrap_or_default(),
        };
        std::fs::read_dir(folder).unwrap().map(|entry| text(entry.unwrap().path())).collect()
    }

    #[test]
    fn every_code_that_is_answered_is_in_the_list() {
        let source = sources(&std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("src"));
        let calls = source.split("Problem::new(\"").skip(1).chain(source.split("Self::new(\"").skip(1));
        let answered: Vec<_> = calls.map(|call| call.split('"').next().unwrap()).collect();
        for code in &answered {
            assert!(CODES.iter().any(|(_, known, _)| known == code), "{code}");
        }
        assert!(answered.len() > 15);
    }

    #[test]
    fn the_codes_of_the_library_are_its_own() {
        for kind in [ErrorKind::InvalidOption, ErrorKind::LimitExceeded, ErrorKind::Malformed, ErrorKind::Unsupported] {
            assert!(CODES.iter().any(|(_, code, _)| *code == kind.code()), "{kind:?}");
        }
    }

    #[test]
    fn a_status_alone_has_its_code_and_one_that_is_unknown_is_a_bad_request_or_our_fault() {
        for (status, code) in [(405, "method"), (414, "uri_too_long"), (431, "headers_too_large"), (418, "bad_request")]
        {
            assert_eq!(Problem::of(StatusCode::from_u16(status).unwrap()).code, code);
        }
        assert_eq!(Problem::of(StatusCode::BAD_GATEWAY).status(), 500);
    }
}
