//! What TikTok and Instagram want otherwise than all others, against a server that answers as their documentation says.

use std::sync::{Arc, Mutex};

use axum::Router;
use axum::extract::{Request, State};
use axum::response::Json;
use serde_json::Value;

use super::provider::{Endpoints, Known, Proof, Renewal};
use super::*;
use crate::config::{Client, Credential, Secret};
use crate::id;

/// What was asked: method, path, and the fields of the query or the form.
type Seen = Arc<Mutex<Vec<(String, String)>>>;

async fn serve(answers: &'static [(&'static str, &'static str)]) -> (String, Seen) {
    let seen = Seen::default();
    let answer = move |State(seen): State<Seen>, request: Request| async move {
        let (parts, body) = request.into_parts();
        let body = axum::body::to_bytes(body, 1 << 16).await.unwrap();
        let fields = format!("{}{}", parts.uri.query().unwrap_or_default(), String::from_utf8_lossy(&body));
        let path = parts.uri.path().to_owned();
        let (_, text) = answers.iter().find(|(known, _)| *known == path).unwrap();
        seen.lock().unwrap().push((format!("{} {path}", parts.method), fields));
        Json(serde_json::from_str::<Value>(text).unwrap())
    };
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let routes = Router::new().fallback(answer).with_state(Arc::clone(&seen));
    tokio::spawn(async { axum::serve(listener, routes).await.unwrap() });
    (url, seen)
}

fn outgoing() -> Outgoing {
    Outgoing::new(&["127.0.0.1/32".parse().unwrap()])
}

fn provider(name: &'static str) -> Provider {
    let (id, credential) = ("the-id".to_owned(), Credential::Secret(Secret::new("the-secret")));
    Provider::of(&Client { provider: name, issuer: String::new(), id, credential })
}

fn endpoints(provider: &Provider) -> Endpoints {
    let Known::Documented(endpoints) = &provider.known else { panic!("{} is discovered", provider.name) };
    endpoints.clone()
}

/// The address of a documented endpoint at the server of the test.
fn at(url: &str, documented: &str) -> String {
    let documented = Url::parse(documented).unwrap();
    let query = documented.query().map(|query| format!("?{query}")).unwrap_or_default();
    format!("{url}{}{query}", documented.path())
}

#[tokio::test]
async fn tiktok_has_a_client_key_and_tells_errors_with_200() {
    let (url, seen) = serve(&[
        (
            "/v2/oauth/token/",
            r#"{"access_token":"act.1","expires_in":86400,"open_id":"o1","refresh_expires_in":31536000,"refresh_token":"rft.1",
                "scope":"user.info.basic,video.list","token_type":"Bearer"}"#,
        ),
        ("/v2/user/info/", r#"{"data":{"user":{"open_id":"o1","display_name":"Maria"}},"error":{"code":"ok"}}"#),
        ("/v2/oauth/revoke/", "{}"),
        ("/refused", r#"{"error":"invalid_grant","error_description":"expired","log_id":"1"}"#),
    ])
    .await;
    let provider = provider("tiktok");
    let documented = endpoints(&provider);
    let endpoints = Endpoints {
        token: at(&url, &documented.token),
        revocation: documented.revocation.as_deref().map(|known| at(&url, known)),
        account: documented.account.as_deref().map(|known| at(&url, known)),
        ..documented
    };
    let outgoing = outgoing();
    let asked = Asked { provider: &provider, endpoints: &endpoints, outgoing: &outgoing };
    let tokens = asked.exchange("c", "v", "https://here.example/back").await.unwrap();
    assert_eq!((tokens.access.as_str(), tokens.refresh.as_deref()), ("act.1", Some("rft.1")));
    assert_eq!(tokens.scopes.as_deref(), Some("user.info.basic video.list"));
    let account = asked.account(&tokens.access).await.unwrap();
    assert_eq!((account.id.as_str(), account.name.as_str()), ("o1", "Maria"));
    asked.renew("act.1", Some("rft.1")).await.unwrap();
    asked.revoke("act.1", Some("rft.1")).await.unwrap();
    let client = "client_key=the-id&client_secret=the-secret";
    let back = "redirect_uri=https%3A%2F%2Fhere.example%2Fback";
    let expected = [
        ("POST /v2/oauth/token/", format!("grant_type=authorization_code&code=c&{back}&code_verifier=v&{client}")),
        ("GET /v2/user/info/", "fields=open_id,display_name".to_owned()),
        ("POST /v2/oauth/token/", format!("grant_type=refresh_token&refresh_token=rft.1&{client}")),
        ("POST /v2/oauth/revoke/", format!("token=act.1&{client}")),
    ];
    assert_eq!(*seen.lock().unwrap(), expected.map(|(asked, fields)| (asked.to_owned(), fields)));
    let endpoints = Endpoints { token: format!("{url}/refused"), ..endpoints.clone() };
    let asked = Asked { endpoints: &endpoints, ..asked };
    assert_eq!(asked.renew("act.1", Some("rft.1")).await.err(), Some(Refused::ByProvider));
}

#[tokio::test]
async fn instagram_exchanges_its_token_for_one_that_lasts_and_renews_itself() {
    let (url, seen) = serve(&[
        (
            "/oauth/access_token",
            r#"{"data":[{"access_token":"short","user_id":"178","permissions":"instagram_business_basic,instagram_business_content_publish"}]}"#,
        ),
        ("/access_token", r#"{"access_token":"long","token_type":"bearer","expires_in":5183944}"#),
        ("/refresh_access_token", r#"{"access_token":"longer","token_type":"bearer","expires_in":5183944}"#),
        ("/me", r#"{"user_id":178,"username":"maria"}"#),
    ])
    .await;
    let mut provider = provider("instagram");
    let Renewal::Itself { exchange, renew } = &provider.renewal else { panic!("{:?}", provider.renewal) };
    provider.renewal = Renewal::Itself { exchange: at(&url, exchange), renew: at(&url, renew) };
    let documented = endpoints(&provider);
    let endpoints = Endpoints {
        token: at(&url, &documented.token),
        account: documented.account.as_deref().map(|known| at(&url, known)),
        ..documented
    };
    let outgoing = outgoing();
    let asked = Asked { provider: &provider, endpoints: &endpoints, outgoing: &outgoing };
    let tokens = asked.exchange("c", "v", "https://here.example/back").await.unwrap();
    assert_eq!((tokens.access.as_str(), tokens.refresh), ("long", None));
    assert_eq!(tokens.scopes.as_deref(), Some("instagram_business_basic instagram_business_content_publish"));
    let sixty_days_ms = 5_183_944_000;
    assert!((tokens.expires_at.unwrap() - id::now_ms() - sixty_days_ms).abs() < 60_000);
    let account = asked.account("long").await.unwrap();
    assert_eq!((account.id.as_str(), account.name.as_str()), ("178", "maria"));
    assert_eq!(asked.renew("long", None).await.unwrap().access, "longer");
    asked.revoke("longer", None).await.unwrap();
    let client = "client_id=the-id&client_secret=the-secret";
    let back = "redirect_uri=https%3A%2F%2Fhere.example%2Fback";
    let expected = [
        ("POST /oauth/access_token", format!("grant_type=authorization_code&code=c&{back}&code_verifier=v&{client}")),
        ("GET /access_token", "grant_type=ig_exchange_token&client_secret=the-secret&access_token=short".to_owned()),
        ("GET /me", "fields=user_id,username".to_owned()),
        ("GET /refresh_access_token", "grant_type=ig_refresh_token&access_token=long".to_owned()),
    ];
    assert_eq!(*seen.lock().unwrap(), expected.map(|(asked, fields)| (asked.to_owned(), fields)));
}

fn oauth(pool: &AnyPool) -> OAuth {
    let clients = ["tiktok", "instagram"].map(|provider| {
        let (id, secret) = ("the-id".to_owned(), Secret::new("the-secret"));
        Client { provider, issuer: String::new(), id, credential: Credential::Secret(secret) }
    });
    let vault = Arc::new(Vault::new(&[Secret::new("a secret")]).unwrap());
    let base = ("https://here.example/api".to_owned(), false);
    OAuth::new(&clients, outgoing(), base, pool, vault)
}

fn beginning<'a>(oauth: &OAuth, provider: &'a str, user_id: Option<&'a str>) -> Beginning<'a> {
    let return_to = oauth.page("/done").unwrap();
    Beginning { provider, user_id, browser: "browser", session_id: None, fresh: false, return_to }
}

/// Goes through all statements; `db/plans` listens.
pub(crate) async fn do_everything(pool: &AnyPool) {
    let oauth = oauth(pool);
    let user = oauth.identities.sign_up("issuer", "subject").await.unwrap();
    assert_eq!(oauth.identities.user("issuer", "subject").await.unwrap(), Some(user.clone()));
    oauth.begin(beginning(&oauth, "tiktok", Some(&user))).await.unwrap();
    assert!(oauth.take("tiktok", "invented", "browser").await.unwrap().is_none());
    let account = Account { id: "1".to_owned(), name: "Maria".to_owned() };
    let tokens = Tokens { access: "a".to_owned(), refresh: None, id: None, scopes: None, expires_at: None };
    let id = oauth.connections.keep(&user, &provider("tiktok"), &account, &tokens).await.unwrap();
    oauth.identities.link("issuer", "other", &user, &id).await.unwrap();
    oauth.tidy(id::now_ms()).await.unwrap();
    oauth.connections.lose(&id).await.unwrap();
    oauth.connections.open(&id, &user).await.unwrap();
    oauth.connections.remove(&id).await.unwrap();
}

#[tokio::test]
async fn the_address_at_a_provider_has_all_that_it_wants() {
    let folder = tempfile::tempdir().unwrap();
    let url = format!("sqlite://{}", folder.path().join("t.db").display());
    let database = crate::db::Database::connect(&Secret::new(url), 1).await.unwrap();
    database.migrate().await.unwrap();
    let oauth = oauth(&database.pool);
    let user = oauth.identities.sign_up("issuer", "subject").await.unwrap();
    let begin = async |provider: &str| {
        let url = oauth.begin(beginning(&oauth, provider, Some(&user))).await.unwrap();
        let query: std::collections::HashMap<String, String> = url.query_pairs().into_owned().collect();
        let state = oauth.take(provider, &query["state"], "browser").await.unwrap().unwrap().state;
        let digest = Sha256::digest(oauth.verifier(&state));
        (url, query, digest.to_vec())
    };
    let (url, query, digest) = begin("tiktok").await;
    assert!(
        url.as_str().starts_with("https://www.tiktok.com/v2/auth/authorize/?response_type=code&client_key=the-id&")
    );
    assert_eq!(query["scope"], "user.info.basic,video.publish,video.upload,video.list");
    assert_eq!(query["redirect_uri"], "https://here.example/api/v1/auth/tiktok/callback");
    let hex: String = digest.iter().map(|byte| format!("{byte:02x}")).collect();
    assert_eq!((query["code_challenge"].as_str(), query["code_challenge_method"].as_str()), (hex.as_str(), "S256"));

    let (url, query, digest) = begin("instagram").await;
    assert!(url.as_str().starts_with("https://www.instagram.com/oauth/authorize?response_type=code&client_id=the-id&"));
    assert_eq!(query["code_challenge"], URL_SAFE_NO_PAD.encode(digest));
    assert!(!query.contains_key("nonce"));
    assert!(oauth.begin(beginning(&oauth, "instagram", None)).await.is_err(), "no sign-ins by it");
}

#[test]
fn google_and_youtube_are_told_apart_by_what_they_are_asked() {
    let (google, youtube) = (provider("google"), provider("youtube"));
    assert!(google.signs_in() && !youtube.signs_in());
    assert!(
        youtube.extra.contains(&("access_type", "offline"))
            && youtube.scopes.iter().any(|scope| scope.ends_with("youtube.upload"))
    );
    assert_eq!(endpoints(&provider("tiktok")).proof, Proof::Form);
}
