//! What handlers take out of a request.

use axum::Json;
use axum::extract::{FromRequest, FromRequestParts, MatchedPath, RawPathParams, Request};
use axum::http::HeaderMap;
use axum::http::request::Parts;
use serde::de::DeserializeOwned;

use crate::id;
use crate::problem::{Problem, Result};

/// The `{id}` of a path, where it has the form of one.
pub(super) struct Id(pub(super) String);

impl<S: Send + Sync> FromRequestParts<S> for Id {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self> {
        // Of what it is says the path: /v1/jobs/{id} and so on.
        let path = parts.extensions.get::<MatchedPath>().map_or("", MatchedPath::as_str).to_owned();
        let what = path.split('/').nth(2).unwrap_or_default().trim_end_matches('s');
        let parameters = RawPathParams::from_request_parts(parts, state).await;
        let parameters = parameters.map_err(|_| Problem::not_found(what))?;
        let id = parameters.iter().find(|(name, _)| *name == "id").map_or("", |(_, id)| id);
        id::checked(id, what).map(Self)
    }
}

/// A body of JSON; where it is not as it should be, the answer says why.
pub(super) struct Asked<T>(pub(super) T);

impl<S: Send + Sync, T: DeserializeOwned> FromRequest<S> for Asked<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &S) -> Result<Self> {
        let Json(asked) = Json::from_request(request, state).await?;
        Ok(Self(asked))
    }
}

/// A header that is text.
pub(super) fn text<'h>(headers: &'h HeaderMap, name: &str) -> Result<Option<&'h str>> {
    headers
        .get(name)
        .map(|value| value.to_str().map_err(|_| Problem::bad_request(format!("{name} is not ASCII"))))
        .transpose()
}

/// A header that is a whole number from 0 on.
pub(super) fn number(headers: &HeaderMap, name: &str) -> Result<Option<i64>> {
    let Some(text) = text(headers, name)? else { return Ok(None) };
    let digits = !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    match text.parse() {
        Ok(number) if digits => Ok(Some(number)),
        _ => Err(Problem::bad_request(format!("{name} {text:?} is not a whole number"))),
    }
}

/// What tells that a request is another one sent again.
pub(super) fn idempotency_key(headers: &HeaderMap) -> Result<Option<&str>> {
    let key = text(headers, "idempotency-key")?;
    if key.is_some_and(|key| !(1..=255).contains(&key.len())) {
        return Err(Problem::bad_request("Idempotency-Key must have 1 to 255 characters"));
    }
    Ok(key)
}
