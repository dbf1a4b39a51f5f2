//! What a provider tells of itself: its endpoints, and the keys that its ID tokens are signed with.

use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::http::Method;
use jsonwebtoken::jwk::Jwk;
use serde::Deserialize;
use serde_json::Value;
use tokio::sync::Mutex;
use url::Url;

use super::provider::{Endpoints, Known, Proof, Provider};
use super::{Failure, Refused};
use crate::outgoing::Outgoing;

/// How long what a provider said is good.
const GOOD_FOR: Duration = Duration::from_secs(3600);
/// Between two looks for a key that is not known: whoever invents names of keys must not have us ask all the time.
const LOOK_AGAIN: Duration = Duration::from_secs(60);

/// What is known of one provider. One request at a time asks for it, and the others wait for that.
#[derive(Debug, Default)]
pub(super) struct Discovery {
    endpoints: Mutex<Option<(Instant, Arc<Endpoints>)>>,
    keys: Mutex<Option<(Instant, Arc<[Jwk]>)>>,
}

/// OpenID Connect Discovery 1.0, 3; RFC 8414 and RFC 9207.
#[derive(Deserialize)]
struct Document {
    issuer: String,
    authorization_endpoint: String,
    token_endpoint: String,
    jwks_uri: String,
    userinfo_endpoint: Option<String>,
    revocation_endpoint: Option<String>,
    token_endpoint_auth_methods_supported: Option<Vec<String>>,
    #[serde(default)]
    authorization_response_iss_parameter_supported: bool,
}

impl Discovery {
    pub(super) async fn endpoints(&self, provider: &Provider, outgoing: &Outgoing) -> Result<Arc<Endpoints>, Failure> {
        let issuer = match &provider.known {
            Known::Documented(endpoints) => return Ok(Arc::new(endpoints.clone())),
            Known::Discovered { issuer } => issuer,
        };
        let mut known = self.endpoints.lock().await;
        if let Some((_, endpoints)) = known.as_ref().filter(|(read, _)| read.elapsed() < GOOD_FOR) {
            return Ok(Arc::clone(endpoints));
        }
        let url = format!("{}/.well-known/openid-configuration", issuer.trim_end_matches('/'));
        let document: Document =
            serde_json::from_value(get(outgoing, &url).await?).map_err(|_| Refused::ProviderFailed)?;
        // Otherwise one provider could speak for another (OpenID Connect Discovery, 4.3).
        if document.issuer != *issuer {
            return Err(Refused::WrongIssuer.into());
        }
        // Basic is what every provider takes that does not say otherwise.
        let takes_basic = document
            .token_endpoint_auth_methods_supported
            .is_none_or(|methods| methods.iter().any(|method| method == "client_secret_basic"));
        let endpoints = Arc::new(Endpoints {
            authorization: document.authorization_endpoint,
            token: document.token_endpoint,
            revocation: document.revocation_endpoint,
            account: provider.account_url.map(str::to_owned).or(document.userinfo_endpoint),
            jwks: Some(document.jwks_uri),
            names_issuer: document.authorization_response_iss_parameter_supported,
            proof: if takes_basic { Proof::Basic } else { Proof::Form },
        });
        *known = Some((Instant::now(), Arc::clone(&endpoints)));
        Ok(endpoints)
    }

    /// The keys that may have signed a token: those that are named so, or all where the token names none.
    pub(super) async fn keys(&self, kid: Option<&str>, jwks: &str, outgoing: &Outgoing) -> Result<Vec<Jwk>, Failure> {
        let named = |keys: &[Jwk]| -> Vec<Jwk> {
            keys.iter().filter(|key| kid.is_none() || key.common.key_id.as_deref() == kid).cloned().collect()
        };
        let mut known = self.keys.lock().await;
        if let Some((read, keys)) = known.as_ref().filter(|(read, _)| read.elapsed() < GOOD_FOR) {
            let found = named(keys);
            if !found.is_empty() || read.elapsed() < LOOK_AGAIN {
                return Ok(found);
            }
        }
        let document = get(outgoing, jwks).await?;
        // Keys of kinds that are not known here are no reason to do without the others.
        let keys = document["keys"].as_array().into_iter().flatten();
        let keys: Arc<[Jwk]> = keys.filter_map(|key| serde_json::from_value(key.clone()).ok()).collect();
        *known = Some((Instant::now(), Arc::clone(&keys)));
        Ok(named(&keys))
    }
}

async fn get(outgoing: &Outgoing, url: &str) -> Result<Value, Failure> {
    let url = Url::parse(url).map_err(|_| Refused::ProviderFailed)?;
    let answer = outgoing.send(Method::GET, &url, None, None).await.map_err(|error| {
        tracing::warn!(host = url.host_str(), %error, "a provider does not tell of itself");
        Refused::ProviderFailed
    })?;
    let fits = answer.status.is_success();
    serde_json::from_slice(&answer.body).ok().filter(|_| fits).ok_or(Failure::Refused(Refused::ProviderFailed))
}
