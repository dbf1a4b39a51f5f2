//! Browsers that signed in to an account before: whoever guesses its password elsewhere does not keep them out.

use axum::http::HeaderMap;

use super::cookies;
use crate::app::App;
use crate::id;
use crate::problem::Result;

const COOKIE: &str = "__Host-viralforge-browser";
/// How long a browser is known after a sign-in.
const LIFETIME_SECONDS: i64 = 365 * 24 * 3600;
/// What the cookie is sealed for.
const PURPOSE: &str = "known-browser";

/// Makes a browser known as one of this user's. It signs in nobody, and tells nothing to whoever reads it.
pub(super) fn remember(app: &App, user_id: &str, headers: &mut HeaderMap) -> Result<()> {
    let until = id::now_ms() + LIFETIME_SECONDS * 1000;
    let text = format!("{user_id} {} {until}", id::fresh());
    cookies::add(headers, COOKIE, (&app.vault.seal(PURPOSE, text.as_bytes())?, LIFETIME_SECONDS));
    Ok(())
}

/// The name of the browser, if it is known as one of this user's.
pub(super) fn browser(app: &App, user_id: &str, headers: &HeaderMap) -> Option<String> {
    let opened = app.vault.open(PURPOSE, cookies::read(headers, COOKIE)?)?;
    let text = String::from_utf8(opened).ok()?;
    let mut parts = text.split(' ');
    let (of, name, until) = (parts.next()?, parts.next()?, parts.next()?.parse::<i64>().ok()?);
    (of == user_id && until > id::now_ms()).then(|| name.to_owned())
}
