//! Access tokens: short-lived proofs that somebody signed in (JWT, RFC 7519 and 9068, signed with Ed25519).

mod crypto;

use std::sync::{Arc, PoisonError, RwLock};

use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation, decode, decode_header, encode};
use ring::signature::{Ed25519KeyPair, KeyPair as _};
use serde::{Deserialize, Serialize};
use sqlx::{AnyPool, Row};

use super::{Session, Vault};
use crate::id;
use crate::problem::{Problem, Result};

/// Lets tests verify what is signed elsewhere.
#[cfg(test)]
pub(crate) fn install_crypto() {
    let _ = crypto::PROVIDER.install_default();
}

/// How long an access token is good.
pub(crate) const LIFETIME_SECONDS: i64 = 15 * 60;
/// How far the clocks of two servers may be apart.
const LEEWAY_SECONDS: u64 = 30;
/// How long a key signs, and how long it verifies: what it signed last must be over by then.
const SIGNS_MS: i64 = 30 * 24 * 3600 * 1000;
const VERIFIES_MS: i64 = SIGNS_MS + 2 * LIFETIME_SECONDS * 1000;
/// Between two looks for a key that is not known: whoever invents names of keys must not keep the database busy.
const LOOK_AGAIN_MS: i64 = 1000;
/// What tokens are called, so that no other kind of token is taken for one (RFC 9068, 2.1).
const TYPE: &str = "at+jwt";
/// Whom they are for.
const AUDIENCE: &str = "viralforge";

/// What a token says.
#[derive(Debug, Serialize, Deserialize)]
struct Claims {
    iss: String,
    aud: String,
    /// The user.
    sub: String,
    /// The session.
    sid: String,
    iat: i64,
    exp: i64,
    jti: String,
}

/// A key of the table.
#[derive(Clone)]
struct Key {
    id: String,
    created_at: i64,
    signs: EncodingKey,
    verifies: DecodingKey,
}

/// Makes and reads access tokens. All replicas share the keys.
pub(crate) struct AccessTokens {
    pool: AnyPool,
    vault: Arc<Vault>,
    issuer: String,
    /// The newest first, and when they were read.
    keys: RwLock<(Arc<[Key]>, i64)>,
}

impl std::fmt::Debug for AccessTokens {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("AccessTokens").field("issuer", &self.issuer).finish_non_exhaustive()
    }
}

impl AccessTokens {
    pub(crate) async fn start(pool: AnyPool, vault: Arc<Vault>, issuer: String) -> Result<Self> {
        // A second server in the same process finds the first one's.
        let _ = crypto::PROVIDER.install_default();
        let keys = RwLock::new((Arc::from([]), 0));
        let tokens = Self { pool, vault, issuer, keys };
        tokens.rotate(id::now_ms()).await?;
        Ok(tokens)
    }

    /// Makes a new key where the newest has signed for long enough, and forgets those that verify nothing any more.
    pub(crate) async fn rotate(&self, now: i64) -> Result<()> {
        self.read_keys(now).await?;
        if self.keys().first().is_none_or(|newest| newest.created_at + SIGNS_MS <= now) {
            let id = id::fresh();
            let document =
                Ed25519KeyPair::generate_pkcs8(&ring::rand::SystemRandom::new()).map_err(|_| Problem::internal())?;
            sqlx::query("INSERT INTO token_keys (id, sealed, created_at) VALUES ($1, $2, $3)")
                .bind(&id)
                .bind(self.vault.seal(&purpose(&id), document.as_ref())?)
                .bind(now)
                .execute(&self.pool)
                .await?;
        }
        sqlx::query("DELETE FROM token_keys WHERE created_at < $1").bind(now - VERIFIES_MS).execute(&self.pool).await?;
        self.read_keys(now).await
    }

    async fn read_keys(&self, now: i64) -> Result<()> {
        let rows = sqlx::query(
            "SELECT id, sealed, created_at FROM token_keys WHERE created_at >= $1 ORDER BY created_at DESC, id DESC",
        )
        .bind(now - VERIFIES_MS)
        .fetch_all(&self.pool)
        .await?;
        let mut keys = Vec::new();
        for row in &rows {
            let (id, sealed): (String, String) = (row.try_get("id")?, row.try_get("sealed")?);
            let document = self.vault.open(&purpose(&id), &sealed);
            // Of a vault whose key was taken away: its tokens are no longer good, which is what that means.
            let Some(pair) = document.as_ref().and_then(|der| Ed25519KeyPair::from_pkcs8(der).ok()) else { continue };
            let verifies = DecodingKey::from_ed_der(pair.public_key().as_ref());
            let signs = EncodingKey::from_ed_der(document.as_deref().unwrap_or_default());
            keys.push(Key { id, created_at: row.try_get("created_at")?, signs, verifies });
        }
        *self.keys.write().unwrap_or_else(PoisonError::into_inner) = (keys.into(), now);
        Ok(())
    }

    fn keys(&self) -> Arc<[Key]> {
        Arc::clone(&self.keys.read().unwrap_or_else(PoisonError::into_inner).0)
    }

    /// A token for a session.
    pub(crate) fn make(&self, session: &Session, now: i64) -> Result<String> {
        let keys = self.keys();
        let key = keys.first().ok_or_else(Problem::internal)?;
        let seconds = now / 1000;
        let claims = Claims {
            iss: self.issuer.clone(),
            aud: AUDIENCE.to_owned(),
            sub: session.user_id.clone(),
            sid: session.id.clone(),
            iat: seconds,
            exp: (seconds + LIFETIME_SECONDS).min(session.expires_at / 1000),
            jti: id::fresh(),
        };
        let mut header = Header::new(Algorithm::EdDSA);
        (header.typ, header.kid) = (Some(TYPE.to_owned()), Some(key.id.clone()));
        encode(&header, &claims, &key.signs).map_err(|_| Problem::internal())
    }

    /// The user and the session that a token is for, if it is good. Whether the session goes on is another question.
    pub(crate) async fn read(&self, token: &str) -> Result<Option<(String, String)>> {
        let Ok(header) = decode_header(token) else { return Ok(None) };
        if header.alg != Algorithm::EdDSA || header.typ.as_deref() != Some(TYPE) {
            return Ok(None);
        }
        // The name of the key is looked for in a list that we made; nothing else is done with it.
        let Some(name) = header.kid.and_then(|kid| id::checked(&kid, "key").ok()) else { return Ok(None) };
        let mut keys = self.keys();
        let now = id::now_ms();
        if !keys.iter().any(|key| key.id == name) && self.may_look_again(now) {
            self.read_keys(now).await?;
            keys = self.keys();
        }
        let Some(key) = keys.iter().find(|key| key.id == name && key.created_at + VERIFIES_MS > now) else {
            return Ok(None);
        };
        let mut rules = Validation::new(Algorithm::EdDSA);
        rules.leeway = LEEWAY_SECONDS;
        rules.set_audience(&[AUDIENCE]);
        rules.set_issuer(&[&self.issuer]);
        rules.set_required_spec_claims(&["exp", "aud", "iss", "sub"]);
        let claims = decode::<Claims>(token, &key.verifies, &rules).ok().map(|token| token.claims);
        // A token from the future was not made by a clock that can be trusted with its end.
        let made_before = |claims: &Claims| claims.iat <= now / 1000 + LEEWAY_SECONDS as i64;
        Ok(claims.filter(made_before).map(|claims| (claims.sub, claims.sid)))
    }

    fn may_look_again(&self, now: i64) -> bool {
        self.keys.read().unwrap_or_else(PoisonError::into_inner).1 + LOOK_AGAIN_MS < now
    }
}

fn purpose(id: &str) -> String {
    format!("token-key/{id}")
}

#[cfg(test)]
mod tests;
