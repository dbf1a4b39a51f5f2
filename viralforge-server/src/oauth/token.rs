//! What is asked of a provider with our secret or key: tokens for a code, newer ones for old ones, an account for a token, and
//! that a token is no longer good.

use axum::http::{HeaderValue, Method, StatusCode};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;
use url::Url;
use url::form_urlencoded::{Serializer, byte_serialize};

use super::Refused;
use super::client_key::ASSERTION_TYPE;
use super::provider::{Endpoints, Proof, Provider, Renewal};
use crate::config::Credential;
use crate::id;
use crate::outgoing::{Answer, Outgoing};

/// Longest token that is taken.
const MAX_TOKEN_BYTES: usize = 8 << 10;

/// Tokens of an account elsewhere. They are never shown, nor logged.
#[derive(Clone)]
pub(super) struct Tokens {
    pub(super) access: String,
    pub(super) refresh: Option<String>,
    pub(super) id: Option<String>,
    /// With spaces between them; `None` as asked for.
    pub(super) scopes: Option<String>,
    /// When the access token ends, in milliseconds since 1970.
    pub(super) expires_at: Option<i64>,
}

/// An account elsewhere.
#[derive(Clone, Debug)]
pub(super) struct Account {
    pub(super) id: String,
    pub(super) name: String,
}

/// A provider, where it is, and the way there.
#[derive(Clone, Copy, Debug)]
pub(super) struct Asked<'a> {
    pub(super) provider: &'a Provider,
    pub(super) endpoints: &'a Endpoints,
    pub(super) outgoing: &'a Outgoing,
}

impl Asked<'_> {
    /// The tokens for a code (RFC 6749, 4.1.3, and RFC 7636, 4.5).
    pub(super) async fn exchange(self, code: &str, verifier: &str, redirect_uri: &str) -> Result<Tokens, Refused> {
        let form = [
            ("grant_type", "authorization_code"),
            ("code", code),
            ("redirect_uri", redirect_uri),
            ("code_verifier", verifier),
        ];
        let mut tokens = tokens(self.post(&self.endpoints.token, &form).await?)?;
        if let Renewal::Itself { exchange, .. } = &self.provider.renewal {
            let Credential::Secret(secret) = &self.provider.credential else { return Err(Refused::ProviderFailed) };
            let query = [
                ("grant_type", "ig_exchange_token"),
                ("client_secret", secret.expose()),
                ("access_token", &tokens.access),
            ];
            let lasting = self.get(exchange, &query).await?;
            tokens = Tokens { scopes: tokens.scopes, ..lasting };
        }
        Ok(tokens)
    }

    /// Newer tokens for those that end.
    pub(super) async fn renew(self, access: &str, refresh: Option<&str>) -> Result<Tokens, Refused> {
        match (&self.provider.renewal, refresh) {
            (Renewal::Itself { renew, .. }, _) => {
                self.get(renew, &[("grant_type", "ig_refresh_token"), ("access_token", access)]).await
            }
            (Renewal::RefreshToken, Some(token)) => {
                let form = [("grant_type", "refresh_token"), ("refresh_token", token)];
                tokens(self.post(&self.endpoints.token, &form).await?)
            }
            (Renewal::RefreshToken, None) => Err(Refused::ByProvider),
        }
    }

    /// Has a token be no longer good (RFC 7009), where the provider can do that.
    pub(super) async fn revoke(self, access: &str, refresh: Option<&str>) -> Result<(), Refused> {
        let Some(url) = &self.endpoints.revocation else { return Ok(()) };
        let token = refresh.filter(|_| !self.provider.revokes_access).unwrap_or(access);
        let answer = self.post(url, &[("token", token)]).await?;
        if answer.status.is_success() { Ok(()) } else { Err(refusal(&answer)) }
    }

    /// The account that an access token is for.
    pub(super) async fn account(self, access: &str) -> Result<Account, Refused> {
        let url = self.endpoints.account.as_deref().ok_or(Refused::ProviderFailed)?;
        let url = Url::parse(url).map_err(|_| Refused::ProviderFailed)?;
        let bearer = HeaderValue::from_str(&format!("Bearer {access}")).map_err(|_| Refused::ProviderFailed)?;
        let answer = self.sent(Method::GET, &url, Some(bearer), None).await?;
        let value = json(&answer)?;
        let first = |pointers: &[&str]| {
            let found = pointers.iter().filter_map(|pointer| value.pointer(pointer));
            let text = |value: &Value| match value {
                Value::String(text) => Some(text.clone()),
                Value::Number(number) => Some(number.to_string()),
                _ => None,
            };
            found.filter_map(text).find(|text| !text.is_empty())
        };
        let id = first(self.provider.account_id).ok_or(Refused::NoAccount)?;
        let name = first(self.provider.account_name).unwrap_or_else(|| id.clone());
        Ok(Account { id, name: name.chars().filter(|c| !c.is_control()).take(200).collect() })
    }

    async fn get(self, url: &str, query: &[(&str, &str)]) -> Result<Tokens, Refused> {
        let url = Url::parse_with_params(url, query).map_err(|_| Refused::ProviderFailed)?;
        tokens(self.sent(Method::GET, &url, None, None).await?)
    }

    async fn post(self, url: &str, fields: &[(&str, &str)]) -> Result<Answer, Refused> {
        let url = Url::parse(url).map_err(|_| Refused::ProviderFailed)?;
        let (basic, form) = self.form(fields)?;
        let content_type = HeaderValue::from_static("application/x-www-form-urlencoded");
        self.sent(Method::POST, &url, basic, Some((content_type, form.into()))).await
    }

    /// A form with what proves who we are, which may be in a header.
    fn form(self, fields: &[(&str, &str)]) -> Result<(Option<HeaderValue>, String), Refused> {
        let id = &self.provider.client_id;
        let mut form = Serializer::new(String::new());
        form.extend_pairs(fields);
        let basic = match (&self.provider.credential, self.endpoints.proof) {
            (Credential::Key(key), _) => {
                let issuer = self.provider.issuer().unwrap_or_default();
                let assertion = key.assertion(id, issuer).map_err(|_| Refused::ProviderFailed)?;
                form.append_pair(self.provider.client_id_name, id)
                    .append_pair("client_assertion_type", ASSERTION_TYPE)
                    .append_pair("client_assertion", &assertion);
                None
            }
            (Credential::Secret(secret), Proof::Form) => {
                form.append_pair(self.provider.client_id_name, id).append_pair("client_secret", secret.expose());
                None
            }
            (Credential::Secret(secret), Proof::Basic) => {
                // RFC 6749, 2.3.1: first as in a form.
                let encoded = |text: &str| byte_serialize(text.as_bytes()).collect::<String>();
                let pair = STANDARD.encode(format!("{}:{}", encoded(id), encoded(secret.expose())));
                Some(HeaderValue::from_str(&format!("Basic {pair}")).map_err(|_| Refused::ProviderFailed)?)
            }
        };
        Ok((basic, form.finish()))
    }

    async fn sent(
        self,
        method: Method,
        url: &Url,
        authorization: Option<HeaderValue>,
        body: Option<(HeaderValue, bytes::Bytes)>,
    ) -> Result<Answer, Refused> {
        self.outgoing.send(method, url, authorization, body).await.map_err(|error| {
            tracing::warn!(provider = self.provider.name, %error, "a provider does not answer");
            Refused::ProviderFailed
        })
    }
}

/// The JSON of an answer that is a good one.
fn json(answer: &Answer) -> Result<Value, Refused> {
    // TikTok tells of errors with 200.
    let value = serde_json::from_slice::<Value>(&answer.body).ok().filter(|value| !value["error"].is_string());
    value.filter(|_| answer.status.is_success()).ok_or_else(|| refusal(answer))
}

/// What an answer means that is none (RFC 6749, 5.2). Only what concerns the code or the token is final; that our own
/// secret is wrong, say, must not cost users their connections.
fn refusal(answer: &Answer) -> Refused {
    let value: Value = serde_json::from_slice(&answer.body).unwrap_or_default();
    let is_final = match &value["error"] {
        Value::String(code) => code == "invalid_grant",
        // Instagram tells more than a code.
        Value::Object(_) => answer.status == StatusCode::BAD_REQUEST,
        _ => false,
    };
    if is_final { Refused::ByProvider } else { Refused::ProviderFailed }
}

/// Reads the answer of a token endpoint (RFC 6749, 5.1).
fn tokens(answer: Answer) -> Result<Tokens, Refused> {
    let value = json(&answer)?;
    // Instagram puts them into a list.
    let value = value.pointer("/data/0").unwrap_or(&value);
    let token = |name: &str| {
        let text = value[name].as_str()?;
        let fits = !text.is_empty() && text.len() <= MAX_TOKEN_BYTES && text.bytes().all(|b| b.is_ascii_graphic());
        fits.then(|| text.to_owned())
    };
    let is_bearer = value["token_type"].as_str().is_none_or(|kind| kind.eq_ignore_ascii_case("bearer"));
    let access = token("access_token").filter(|_| is_bearer).ok_or(Refused::ProviderFailed)?;
    let scopes = match (&value["scope"], &value["permissions"]) {
        (Value::String(list), _) | (_, Value::String(list)) => Some(list.replace(',', " ")),
        (_, Value::Array(list)) => Some(list.iter().filter_map(Value::as_str).collect::<Vec<_>>().join(" ")),
        _ => None,
    };
    let seconds = value["expires_in"].as_i64().or_else(|| value["expires_in"].as_str()?.parse().ok());
    let expires_at = seconds.filter(|seconds| *seconds > 0).map(|seconds| {
        // Nothing lasts for more than a century.
        id::now_ms() + seconds.min(100 * 366 * 24 * 3600) * 1000
    });
    Ok(Tokens { access, refresh: token("refresh_token"), id: token("id_token"), scopes, expires_at })
}
