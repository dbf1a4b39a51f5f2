//! ID tokens (OpenID Connect Core 1.0, 3.1.3.7): what a provider says of who signed in, once it is proved.

use jsonwebtoken::jwk::{Jwk, PublicKeyUse};
use jsonwebtoken::{Algorithm, DecodingKey, Validation, decode, decode_header};
use serde::Deserialize;
use serde_json::Value;

use crate::id;

/// What they may be signed with; whatever the token itself says, and `none` least of all, adds nothing.
const ALGORITHMS: [Algorithm; 3] = [Algorithm::RS256, Algorithm::ES256, Algorithm::EdDSA];
/// How far the clocks may be apart.
const LEEWAY_SECONDS: u64 = 60;
/// Longest identifier of an account (OpenID Connect Core, 2).
const MAX_SUBJECT_BYTES: usize = 255;

/// What has to hold.
#[derive(Clone, Copy, Debug)]
pub(super) struct Expected<'a> {
    pub(super) issuer: &'a str,
    pub(super) client_id: &'a str,
    pub(super) nonce: &'a str,
    /// The user must have proved who they are at this time or later, in seconds since 1970.
    pub(super) authenticated_since: Option<i64>,
}

/// Who a token speaks of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Subject {
    pub(super) id: String,
    /// When they proved to the provider who they are, where it tells, in seconds since 1970.
    pub(super) authenticated_at: Option<i64>,
}

#[derive(Deserialize)]
struct Claims {
    sub: String,
    iat: i64,
    aud: Value,
    azp: Option<String>,
    nonce: Option<String>,
    /// A number, if it is as it should be.
    #[serde(default)]
    auth_time: Value,
}

/// The name of the key that signed a token, if it is one of a kind that is taken.
pub(super) fn key_name(token: &str) -> Option<Option<String>> {
    let header = decode_header(token).ok()?;
    ALGORITHMS.contains(&header.alg).then_some(header.kid)
}

/// The account that a token speaks of, if all of it is as it should be.
pub(super) fn subject(token: &str, keys: &[Jwk], expected: Expected<'_>) -> Option<Subject> {
    let algorithm = decode_header(token).ok()?.alg;
    if !ALGORITHMS.contains(&algorithm) {
        return None;
    }
    let mut rules = Validation::new(algorithm);
    rules.leeway = LEEWAY_SECONDS;
    rules.validate_nbf = true;
    rules.set_audience(&[expected.client_id]);
    rules.set_issuer(&[expected.issuer]);
    rules.set_required_spec_claims(&["exp", "aud", "iss", "sub"]);
    let signs = |key: &&Jwk| {
        key.common.public_key_use.as_ref().is_none_or(|purpose| *purpose == PublicKeyUse::Signature)
            && key.common.key_algorithm.is_none_or(|named| named.to_string() == format!("{algorithm:?}"))
    };
    let keys = keys.iter().filter(signs).filter_map(|key| DecodingKey::from_jwk(key).ok());
    let claims = keys.into_iter().find_map(|key| decode::<Claims>(token, &key, &rules).ok())?.claims;
    let for_others = claims.aud.as_array().is_some_and(|audiences| audiences.len() > 1);
    let authorized = match &claims.azp {
        Some(party) => party == expected.client_id,
        None => !for_others,
    };
    let now = id::now_ms() / 1000 + LEEWAY_SECONDS as i64;
    let authenticated_at = claims.auth_time.as_i64();
    let is_fresh = expected.authenticated_since.is_none_or(|since| {
        // Where it was asked for, it has to be there (OpenID Connect Core, 3.1.2.1).
        authenticated_at.is_some_and(|at| at + LEEWAY_SECONDS as i64 >= since && at <= now)
    });
    let from_now = claims.iat <= now && is_fresh;
    let fits = (1..=MAX_SUBJECT_BYTES).contains(&claims.sub.len());
    let is_good = authorized && from_now && fits && claims.nonce.as_deref() == Some(expected.nonce);
    is_good.then_some(Subject { id: claims.sub, authenticated_at })
}
