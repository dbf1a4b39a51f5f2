//! What goes wrong, as `application/problem+json` (RFC 9457) with the library's codes and a few of the host's own.

use axum::Json;
use axum::extract::rejection::JsonRejection;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use utoipa::ToSchema;
use viralforge_core::ErrorKind;

/// The type of every answer that tells of a problem.
pub(crate) const CONTENT_TYPE: &str = "application/problem+json";

pub(crate) type Result<T, E = Problem> = std::result::Result<T, E>;

/// Every code of a problem with its status and what it means: the host's own, and those of the library that are answers
/// by themselves. The library's others are told of in the `error` of a job.
pub(crate) const CODES: [(u16, &str, &str); 21] = [
    (400, "bad_request", "the path, the query, a header or the body is not as it should be"),
    (401, "unauthorized", "there is no API key, or a wrong one"),
    (403, "forbidden", "the address is not signed or no longer good, or the upload takes no bytes"),
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
}

impl Problem {
    fn new(status: StatusCode, code: &'static str, detail: impl Into<String>) -> Self {
        let title = status.canonical_reason().unwrap_or("error");
        Self { kind: "about:blank", title, status: status.as_u16(), code, detail: detail.into() }
    }

    /// What only the status tells.
    pub(crate) fn of(status: StatusCode) -> Self {
        let known = CODES.iter().find(|(known, ..)| *known == status.as_u16());
        Self::rejected(status, known.map_or(CODES[0].2, |(.., meaning)| *meaning))
    }

    /// What the framework says about a request that it refuses.
    pub(crate) fn rejected(status: StatusCode, detail: impl Into<String>) -> Self {
        let fits = |known: &&(u16, &'static str, &str)| known.0 == status.as_u16();
        match CODES.iter().find(fits) {
            Some((_, code, _)) => Self::new(status, code, detail),
            None if status.is_client_error() => Self::bad_request(detail),
            None => Self::internal(),
        }
    }

    pub(crate) fn bad_request(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, "bad_request", detail)
    }

    pub(crate) fn invalid_option(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::UNPROCESSABLE_ENTITY, ErrorKind::InvalidOption.code(), detail)
    }

    pub(crate) fn unauthorized() -> Self {
        Self::new(StatusCode::UNAUTHORIZED, "unauthorized", "send Authorization: Bearer with the API key")
    }

    pub(crate) fn forbidden(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::FORBIDDEN, "forbidden", detail)
    }

    pub(crate) fn not_found(what: &str) -> Self {
        Self::new(StatusCode::NOT_FOUND, "not_found", format!("there is no such {what}"))
    }

    pub(crate) fn gone(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::GONE, "gone", detail)
    }

    pub(crate) fn conflict(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::CONFLICT, "conflict", detail)
    }

    /// Another worker has the job, or it is over: whatever comes of this start does not count.
    pub(crate) fn lease_lost() -> Self {
        Self::new(StatusCode::CONFLICT, "lease_lost", "the job is not yours any more; stop working on it")
    }

    pub(crate) fn too_large(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::PAYLOAD_TOO_LARGE, ErrorKind::LimitExceeded.code(), detail)
    }

    pub(crate) fn unsupported_type(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "unsupported_type", detail)
    }

    pub(crate) fn refused(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::UNPROCESSABLE_ENTITY, ErrorKind::Malformed.code(), detail)
    }

    pub(crate) fn range_not_satisfiable() -> Self {
        Self::new(StatusCode::RANGE_NOT_SATISFIABLE, "range", "no part of that range exists")
    }

    /// A status of tus that HTTP does not name.
    pub(crate) fn checksum_mismatch() -> Self {
        let mut problem =
            Self::new(StatusCode::BAD_REQUEST, "checksum_mismatch", "the bytes do not have that checksum");
        (problem.status, problem.title) = (460, "Checksum Mismatch");
        problem
    }

    pub(crate) fn precondition(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::PRECONDITION_FAILED, "precondition", detail)
    }

    pub(crate) fn method(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::METHOD_NOT_ALLOWED, "method", detail)
    }

    /// What this server, as it is set up, cannot do.
    pub(crate) fn not_here(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::NOT_IMPLEMENTED, ErrorKind::Unsupported.code(), detail)
    }

    pub(crate) fn unavailable(what: &str) -> Self {
        Self::new(StatusCode::SERVICE_UNAVAILABLE, "unavailable", format!("{what}; try again in a moment"))
    }

    pub(crate) fn storage_full() -> Self {
        Self::new(StatusCode::INSUFFICIENT_STORAGE, "storage_full", "there is no room left for this upload")
    }

    pub(crate) fn internal() -> Self {
        Self::new(StatusCode::INTERNAL_SERVER_ERROR, "internal", "something failed here; the request id names it")
    }

    pub(crate) fn status(&self) -> StatusCode {
        StatusCode::from_u16(self.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let mut response = (self.status(), Json(&self)).into_response();
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(CONTENT_TYPE));
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
        if self.status == 401 {
            headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        if self.status == 503 {
            headers.insert(header::RETRY_AFTER, HeaderValue::from_static("2"));
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
            sqlx::Error::Database(error) => match Trouble::of(error.code().as_deref().unwrap_or_default()) {
                Trouble::Passing => Self::unavailable("the database does not answer"),
                Trouble::Full => Self::storage_full(),
                Trouble::Ours => Self::internal(),
            },
            _ => Self::internal(),
        }
    }
}

/// Whose fault an error of the database is.
enum Trouble {
    /// Its own, and it may be over soon.
    Passing,
    /// The disk has no room.
    Full,
    /// That of the statement.
    Ours,
}

impl Trouble {
    /// By the code: five characters from PostgreSQL (its manual, appendix A), a number from SQLite
    /// (<https://www.sqlite.org/rescode.html>), whose upper bytes only say more.
    fn of(code: &str) -> Self {
        if code.len() == 5 {
            return match code.get(..2).unwrap_or_default() {
                "53" if code == "53100" => Self::Full,
                // Lost connections; conflicts and deadlocks; too many connections; shutting down; I/O.
                "08" | "40" | "53" | "55" | "57" | "58" => Self::Passing,
                _ => Self::Ours,
            };
        }
        match code.parse::<u32>().map_or(0, |code| code & 0xff) {
            // Busy, locked, an error of the disk, a file that cannot be opened.
            5 | 6 | 10 | 14 => Self::Passing,
            13 => Self::Full,
            _ => Self::Ours,
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
    use super::*;

    #[test]
    fn every_code_that_is_answered_is_in_the_list() {
        let library = |name: &str| ErrorKind::ALL.into_iter().find(|kind| format!("{kind:?}") == name).unwrap().code();
        let source = include_str!("problem.rs").split("mod tests").next().unwrap();
        let mut answered = 0;
        for call in source.split("Self::new(").skip(1).filter_map(|call| call.trim().strip_prefix("StatusCode::")) {
            let mut arguments = call.split(',').map(str::trim);
            let (status, code) = (arguments.next().unwrap(), arguments.next().unwrap());
            let code = match code.strip_prefix("ErrorKind::") {
                Some(kind) => library(kind.trim_end_matches(".code()")),
                None => code.trim_matches('"'),
            };
            let (number, ..) = CODES.iter().find(|(_, known, _)| *known == code).unwrap_or_else(|| panic!("{code}"));
            if *number != 460 {
                let name = StatusCode::from_u16(*number).unwrap().canonical_reason().unwrap().replace([' ', '-'], "_");
                assert_eq!(name.to_uppercase(), status, "{code}");
            }
            answered += 1;
        }
        assert!(answered > 15);
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
