//! An OpenID provider that does what it is told to, right and wrong.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use axum::Router;
use axum::extract::{Query, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Json, Redirect, Response};
use axum::routing::{get, post};
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use ring::signature::{Ed25519KeyPair, KeyPair as _};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

pub(crate) const CLIENT_ID: &str = "viral forge";
pub(crate) const CLIENT_SECRET: &str = "a secret: +/=&?";
/// What every code and token that is given out begins with.
pub(crate) const GIVEN: &str = "rogue-gives-";

/// What a code stands for.
struct Granted {
    challenge: String,
    nonce: String,
    redirect_uri: String,
    scope: String,
    max_age: Option<i64>,
}

pub(crate) struct Rogue {
    pub(crate) url: String,
    key: Ed25519KeyPair,
    /// What is wrong next; empty: nothing.
    twist: Mutex<&'static str>,
    /// Who is at the provider.
    subject: Mutex<String>,
    lifetime_seconds: Mutex<i64>,
    granted: Mutex<HashMap<String, Granted>>,
    /// The refresh token that is good, if any.
    pub(crate) refresh: Mutex<String>,
    pub(crate) revoked: Mutex<Vec<String>>,
    pub(crate) renewals: Mutex<usize>,
    pub(crate) key_requests: Mutex<usize>,
}

type Fields = Query<HashMap<String, String>>;

impl Rogue {
    pub(crate) async fn start() -> Arc<Self> {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let rogue = Arc::new(Self {
            url: format!("http://{}", listener.local_addr().unwrap()),
            key: key(),
            twist: Mutex::new(""),
            subject: Mutex::new("somebody".to_owned()),
            lifetime_seconds: Mutex::new(3600),
            granted: Mutex::default(),
            refresh: Mutex::default(),
            revoked: Mutex::default(),
            renewals: Mutex::default(),
            key_requests: Mutex::default(),
        });
        let routes = Router::new()
            .route("/.well-known/openid-configuration", get(document))
            .route("/authorize", get(authorize))
            .route("/token", post(token))
            .route("/userinfo", get(user_info))
            .route("/jwks", get(keys))
            .route("/revoke", post(revoke))
            .with_state(Arc::clone(&rogue));
        tokio::spawn(async { axum::serve(listener, routes).await.unwrap() });
        rogue
    }

    pub(crate) fn twist(&self, twist: &'static str) {
        *self.twist.lock().unwrap() = twist;
    }

    pub(crate) fn be(&self, subject: &str) {
        *self.subject.lock().unwrap() = subject.to_owned();
    }

    pub(crate) fn last_for(&self, seconds: i64) {
        *self.lifetime_seconds.lock().unwrap() = seconds;
    }

    fn twisted(&self) -> &'static str {
        *self.twist.lock().unwrap()
    }

    /// What makes a server one of its clients.
    pub(crate) fn settings(&self) -> Vec<(&'static str, &str)> {
        vec![
            ("VIRALFORGE_OIDC_ISSUER", &self.url),
            ("VIRALFORGE_OIDC_CLIENT_ID", CLIENT_ID),
            ("VIRALFORGE_OIDC_CLIENT_SECRET", CLIENT_SECRET),
            ("VIRALFORGE_OUTGOING_ALLOW", "127.0.0.1/32"),
        ]
    }

    fn id_token(&self, nonce: &str, max_age: Option<i64>) -> Value {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs() as i64;
        let mut header = json!({ "alg": "EdDSA", "kid": "first" });
        let mut claims = json!({ "iss": self.url, "aud": CLIENT_ID, "sub": *self.subject.lock().unwrap(), "nonce": nonce,
                                 "iat": now, "exp": now + 300 });
        // Whoever asks for a fresh sign-in gets one.
        if max_age.is_some() {
            claims["auth_time"] = json!(now);
        }
        match self.twisted() {
            "no id token" => return Value::Null,
            "alg none" => header["alg"] = json!("none"),
            "alg hmac" => header["alg"] = json!("HS256"),
            "alg of another kind" => header["alg"] = json!("ES256"),
            "unknown key" => header["kid"] = json!("third"),
            "no key named" => header = json!({ "alg": "EdDSA" }),
            "wrong aud" => claims["aud"] = json!("another"),
            "aud of others as well" => claims["aud"] = json!([CLIENT_ID, "another"]),
            "azp of another" => claims["azp"] = json!("another"),
            "wrong iss" => claims["iss"] = json!("https://another.example"),
            "wrong nonce" => claims["nonce"] = json!("another"),
            "no nonce" => claims["nonce"] = Value::Null,
            "expired" => claims["exp"] = json!(now - 120),
            "from the future" => claims["iat"] = json!(now + 3600),
            "not yet" => claims["nbf"] = json!(now + 3600),
            "no sub" => claims["sub"] = json!(""),
            "no auth_time" => claims["auth_time"] = Value::Null,
            "auth_time of before" => claims["auth_time"] = json!(now - 3600),
            "auth_time of text" => claims["auth_time"] = json!(now.to_string()),
            "auth_time of the future" => claims["auth_time"] = json!(now + 3600),
            _ => {}
        }
        let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
        let message = format!("{}.{}", part(&header), part(&claims));
        let signature = match self.twisted() {
            "alg none" => Vec::new(),
            // The public key as a secret, which everybody knows.
            "alg hmac" => {
                let secret = ring::hmac::Key::new(ring::hmac::HMAC_SHA256, self.key.public_key().as_ref());
                ring::hmac::sign(&secret, message.as_bytes()).as_ref().to_vec()
            }
            "wrong signature" => key().sign(message.as_bytes()).as_ref().to_vec(),
            _ => self.key.sign(message.as_bytes()).as_ref().to_vec(),
        };
        json!(format!("{message}.{}", URL_SAFE_NO_PAD.encode(signature)))
    }
}

fn key() -> Ed25519KeyPair {
    let document = Ed25519KeyPair::generate_pkcs8(&ring::rand::SystemRandom::new()).unwrap();
    Ed25519KeyPair::from_pkcs8(document.as_ref()).unwrap()
}

async fn document(State(rogue): State<Arc<Rogue>>) -> Json<Value> {
    let url = &rogue.url;
    let issuer = match rogue.twisted() {
        "document of another" => json!("https://another.example"),
        "document with a slash" => json!(format!("{url}/")),
        "document of nobody" => Value::Null,
        _ => json!(url),
    };
    Json(
        json!({ "issuer": issuer, "authorization_endpoint": format!("{url}/authorize"), "token_endpoint": format!("{url}/token"),
                 "jwks_uri": format!("{url}/jwks"), "userinfo_endpoint": format!("{url}/userinfo"),
                 "revocation_endpoint": format!("{url}/revoke"), "authorization_response_iss_parameter_supported": true }),
    )
}

async fn authorize(State(rogue): State<Arc<Rogue>>, Query(asked): Fields) -> Redirect {
    assert_eq!((asked["response_type"].as_str(), asked["client_id"].as_str()), ("code", CLIENT_ID));
    assert_eq!((asked["code_challenge_method"].as_str(), asked["code_challenge"].len()), ("S256", 43));
    let code = format!("{GIVEN}{}", uuid::Uuid::new_v4());
    let granted = Granted {
        challenge: asked["code_challenge"].clone(),
        nonce: asked["nonce"].clone(),
        redirect_uri: asked["redirect_uri"].clone(),
        scope: asked["scope"].clone(),
        max_age: asked.get("max_age").map(|age| age.parse().unwrap()),
    };
    let mut back = url::Url::parse(&granted.redirect_uri).unwrap();
    rogue.granted.lock().unwrap().insert(code.clone(), granted);
    let mut query = back.query_pairs_mut();
    query.append_pair("state", &asked["state"]);
    match rogue.twisted() {
        "denied" => query.append_pair("error", "access_denied"),
        "scope refused" => query.append_pair("error", "invalid_scope"),
        "no code" => &mut query,
        _ => query.append_pair("code", &code),
    };
    match rogue.twisted() {
        "iss of another" => query.append_pair("iss", "https://another.example"),
        "no iss" => &mut query,
        _ => query.append_pair("iss", &rogue.url),
    };
    drop(query);
    Redirect::to(back.as_str())
}

async fn token(State(rogue): State<Arc<Rogue>>, headers: HeaderMap, body: String) -> Response {
    let sent: HashMap<String, String> = url::form_urlencoded::parse(body.as_bytes()).into_owned().collect();
    let encoded = |text: &str| url::form_urlencoded::byte_serialize(text.as_bytes()).collect::<String>();
    let basic = STANDARD.encode(format!("{}:{}", encoded(CLIENT_ID), encoded(CLIENT_SECRET)));
    if headers.get(header::AUTHORIZATION).is_none_or(|sent| sent.to_str().unwrap() != format!("Basic {basic}")) {
        return (StatusCode::UNAUTHORIZED, Json(json!({ "error": "invalid_client" }))).into_response();
    }
    let refused = || (StatusCode::BAD_REQUEST, Json(json!({ "error": "invalid_grant" }))).into_response();
    match rogue.twisted() {
        "500" => return (StatusCode::INTERNAL_SERVER_ERROR, "oops").into_response(),
        "busy" => return (StatusCode::TOO_MANY_REQUESTS, "later").into_response(),
        "nonsense" => return "<html>welcome".into_response(),
        "empty" => return Json(json!({})).into_response(),
        "slow" => tokio::time::sleep(Duration::from_secs(60)).await,
        "endless" => return "x".repeat(2 << 20).into_response(),
        "elsewhere" => return Redirect::temporary(&format!("{}/jwks", rogue.url)).into_response(),
        _ => {}
    }
    let mut answer = json!({ "access_token": format!("{GIVEN}access-{}", uuid::Uuid::new_v4()), "token_type": "Bearer",
                             "expires_in": *rogue.lifetime_seconds.lock().unwrap() });
    if sent["grant_type"] == "authorization_code" {
        // Each code is good once.
        let Some(granted) = rogue.granted.lock().unwrap().remove(&sent["code"]) else { return refused() };
        let challenge = URL_SAFE_NO_PAD.encode(Sha256::digest(&sent["code_verifier"]));
        if challenge != granted.challenge || sent["redirect_uri"] != granted.redirect_uri {
            return refused();
        }
        answer["id_token"] = rogue.id_token(&granted.nonce, granted.max_age);
        answer["scope"] = json!(granted.scope);
    } else {
        *rogue.renewals.lock().unwrap() += 1;
        if sent["grant_type"] != "refresh_token" || sent["refresh_token"] != *rogue.refresh.lock().unwrap() {
            return refused();
        }
    }
    if rogue.twisted() == "another kind of token" {
        answer["token_type"] = json!("mac");
    }
    let next = format!("{GIVEN}refresh-{}", uuid::Uuid::new_v4());
    answer["refresh_token"] = json!(next);
    *rogue.refresh.lock().unwrap() = next;
    Json(answer).into_response()
}

async fn user_info(State(rogue): State<Arc<Rogue>>, headers: HeaderMap) -> Json<Value> {
    assert!(headers[header::AUTHORIZATION].to_str().unwrap().starts_with(&format!("Bearer {GIVEN}access-")));
    match rogue.twisted() {
        "user info of another" => Json(json!({ "sub": "another" })),
        "no user info" => Json(json!({})),
        _ => Json(json!({ "sub": *rogue.subject.lock().unwrap(), "name": "Some Body" })),
    }
}

async fn keys(State(rogue): State<Arc<Rogue>>) -> Json<Value> {
    *rogue.key_requests.lock().unwrap() += 1;
    let x = URL_SAFE_NO_PAD.encode(rogue.key.public_key());
    let other = URL_SAFE_NO_PAD.encode(key().public_key());
    Json(json!({ "keys": [
        { "kty": "SOMETHING", "kid": "new" },
        { "kty": "OKP", "crv": "Ed25519", "x": other, "kid": "second", "use": "sig" },
        { "kty": "OKP", "crv": "Ed25519", "x": x, "kid": "first", "use": "sig", "alg": "EdDSA" },
    ] }))
}

async fn revoke(State(rogue): State<Arc<Rogue>>, body: String) -> StatusCode {
    let sent: HashMap<String, String> = url::form_urlencoded::parse(body.as_bytes()).into_owned().collect();
    rogue.revoked.lock().unwrap().push(sent["token"].clone());
    StatusCode::OK
}
