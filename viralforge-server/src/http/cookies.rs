//! Cookies, for browsers: scripts cannot read them, and other sites cannot use them.

use axum::http::{HeaderMap, HeaderValue, header};

use crate::problem::Problem;

/// The access token. `__Host-` binds it to this host and to TLS (RFC 6265bis, 4.1.3.2).
pub(super) const ACCESS: &str = "__Host-viralforge-access";
/// The refresh token. `__Host-` asks for the path `/`, so that it comes with every request; in turn no other host of the
/// domain, and nothing without TLS, can put one of its own in its place.
pub(super) const REFRESH: &str = "__Host-viralforge-refresh";
/// What binds a sign-in with a provider to the browser that began it.
pub(super) const OAUTH: &str = "__Host-viralforge-oauth";

/// What a page has to send with a request that changes something. Another site's page cannot send a header of its own
/// without asking first, and is not allowed to.
const MEANT: &str = "x-viralforge-csrf";

/// A cookie of a request.
pub(super) fn read<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    let lists = headers.get_all(header::COOKIE).iter().filter_map(|value| value.to_str().ok());
    let mut pairs = lists.flat_map(|list| list.split(';')).filter_map(|pair| pair.trim().split_once('='));
    pairs.find(|(known, _)| *known == name).map(|(_, value)| value)
}

/// Both cookies, for as many seconds as each is good; with empty values and none they are removed.
pub(super) fn set(access: (&str, i64), refresh: (&str, i64)) -> HeaderMap {
    let mut headers = HeaderMap::new();
    add(&mut headers, ACCESS, access);
    add(&mut headers, REFRESH, refresh);
    headers
}

/// Adds a cookie for this site's own pages alone.
pub(super) fn add(headers: &mut HeaderMap, name: &str, (value, seconds): (&str, i64)) {
    let cookie = format!("{name}={value}; Path=/; Max-Age={seconds}; Secure; HttpOnly; SameSite=Strict");
    // Tokens have only characters that a header may have.
    if let Ok(cookie) = HeaderValue::from_str(&cookie) {
        headers.append(header::SET_COOKIE, cookie);
    }
}

/// The cookie of a sign-in that goes on elsewhere. The browser sends it when the provider sends it back, which a strict
/// one would not be.
pub(super) fn set_oauth(value: &str, seconds: i64) -> HeaderMap {
    let cookie = format!("{OAUTH}={value}; Path=/; Max-Age={seconds}; Secure; HttpOnly; SameSite=Lax");
    HeaderValue::from_str(&cookie).ok().map(|cookie| (header::SET_COOKIE, cookie)).into_iter().collect()
}

/// Whether a page of this server, or of a site that it allows, sent the request, and not another one by a trick.
pub(super) fn was_meant(headers: &HeaderMap, origins: &[String]) -> bool {
    is_of_a_page(headers, origins) && text(headers, MEANT) == Some("1")
}

/// Whether a page of this server, or of a site that it allows, sent the request, by a form maybe. Browsers say where
/// every POST comes from, and no page can have them say something else.
pub(super) fn is_of_a_page(headers: &HeaderMap, origins: &[String]) -> bool {
    match text(headers, "origin") {
        Some(origin) => origins.iter().any(|known| known == origin),
        // A browser that sends no origin says at least from where it was.
        None => text(headers, "sec-fetch-site") == Some("same-origin"),
    }
}

fn text<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers.get(name).and_then(|value| value.to_str().ok())
}

/// The answer to a request that was not.
pub(super) fn forged() -> Problem {
    Problem::new(
        "forbidden",
        "a page that signs in by cookies sends x-viralforge-csrf: 1, from an origin that is allowed",
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(pairs: &[(&'static str, &'static str)]) -> HeaderMap {
        pairs.iter().map(|(name, value)| (name.parse().unwrap(), HeaderValue::from_static(value))).collect()
    }

    #[test]
    fn a_cookie_is_found_by_its_whole_name() {
        let sent = headers(&[("cookie", "a=1; x__Host-viralforge-access=2; __Host-viralforge-access=3=3")]);
        assert_eq!(read(&sent, ACCESS), Some("3=3"));
        assert_eq!(read(&sent, REFRESH), None);
    }

    #[test]
    fn only_allowed_pages_that_say_so_may_change_something() {
        let origins = ["https://here.example".to_owned()];
        let meant = |pairs| was_meant(&headers(pairs), &origins);
        assert!(meant(&[("origin", "https://here.example"), (MEANT, "1")]));
        assert!(meant(&[("sec-fetch-site", "same-origin"), (MEANT, "1")]));
        assert!(!meant(&[("origin", "https://here.example")]));
        assert!(!meant(&[("origin", "https://here.example.evil"), (MEANT, "1")]));
        assert!(!meant(&[("origin", "null"), ("sec-fetch-site", "same-origin"), (MEANT, "1")]));
        assert!(!meant(&[("sec-fetch-site", "same-site"), (MEANT, "1")]));
        assert!(!meant(&[(MEANT, "1")]));
        // A form cannot send the header.
        assert!(is_of_a_page(&headers(&[("origin", "https://here.example")]), &origins));
        for other in [("origin", "https://evil.example"), ("origin", "null"), ("sec-fetch-site", "none"), (MEANT, "1")]
        {
            assert!(!is_of_a_page(&headers(&[other]), &origins), "{other:?}");
        }
    }
}
