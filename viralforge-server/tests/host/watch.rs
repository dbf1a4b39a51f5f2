//! Refusals that may be attempts are events of the audit log and lines of the log, and do not fill them.

use reqwest::{Client, Method};
use serde_json::{Value, json};

use crate::accounts::{PASSWORD, Person, answer};
use crate::server::{Server, small_video};

/// The events of the audit log that have lines so far, and whose they are.
fn noted(server: &Server, event: &str) -> Vec<Option<String>> {
    let is_event = |line: &Value| line["fields"]["message"] == "audit" && line["fields"]["event"] == event;
    let user = |line: &Value| line["fields"]["user"].as_str().map(str::to_owned);
    server.log().iter().filter(|line| is_event(line)).map(user).collect()
}

async fn is_noted(server: &Server, event: &str, user: Option<&str>) {
    let is_it = |line: &Value| line["fields"]["event"] == event && line["fields"]["user"].as_str() == user;
    server.tells(event, |line| is_it(line) && line["fields"]["id"].as_str().is_some_and(|id| id.len() == 36)).await;
}

#[tokio::test]
async fn a_proof_that_is_refused_is_noted_and_counted_and_many_do_not_fill_the_audit_log() {
    let server = Server::start_with(&[("VIRALFORGE_RATE_SIGN_INS", "12/900")]);
    let anybody = Client::new();
    let jobs = format!("{}/v1/jobs", server.url);
    for _ in 0..15 {
        let sent = anybody.get(&jobs).bearer_auth("vf_stolen").send().await.unwrap();
        assert_eq!(sent.status(), 401);
    }
    assert_eq!(anybody.get(&jobs).send().await.unwrap().status(), 401);
    assert_eq!(anybody.get(&jobs).bearer_auth("a.b.c").send().await.unwrap().status(), 401);
    is_noted(&server, "access_token_refused", None).await;
    let cookie = anybody.get(&jobs).header("cookie", "__Host-viralforge-access=a.b.c");
    assert_eq!(cookie.send().await.unwrap().status(), 401);
    let old = json!({ "refresh_token": "old" });
    for path in ["refresh", "sign-out"] {
        let request = anybody.post(format!("{}/v1/auth/{path}", server.url)).json(&old);
        assert_eq!(answer(request).await.0, 401);
    }
    is_noted(&server, "refresh_token_refused", None).await;
    let wrong = json!({ "email": "nobody@example.com", "password": "not the password" });
    let sign_in = || answer(anybody.post(format!("{}/v1/auth/sign-in", server.url)).json(&wrong));
    while sign_in().await.0 != 429 {}
    is_noted(&server, "sign_ins_limited", None).await;
    // The lines come in order, and the last is there: ten of fifteen, and what had no proof is not one that was refused.
    assert_eq!(noted(&server, "key_refused").len(), 10);
    assert_eq!(noted(&server, "access_token_refused").len(), 2);
    assert_eq!(noted(&server, "refresh_token_refused").len(), 2);
    let metrics = server.get("/metrics").send().await.unwrap().text().await.unwrap();
    for counted in
        ["{event=\"key_refused\"} 15", "{event=\"access_token_refused\"} 2", "{event=\"sign_ins_limited\"} 1"]
    {
        assert!(metrics.contains(&format!("viralforge_refusals_total{counted}")), "{metrics}");
    }
}

#[tokio::test]
async fn scopes_that_a_key_has_not_and_what_is_anothers_are_noted_with_who_asked() {
    let server = Server::start_with(&[("VIRALFORGE_OUTGOING_ALLOW", "127.0.0.0/8")]);
    let maria = Person::new(&server, "maria@example.com").await;
    let eve = Person::new(&server, "eve@example.com").await;
    let id = |value: &Value| value["id"].as_str().unwrap().to_owned();
    let (who, victim) = (id(&eve.get("/v1/account").await.1), id(&maria.get("/v1/account").await.1));
    let key = json!({ "name": "reader", "scopes": ["read"] });
    let (_, key) = answer(eve.ask(Method::POST, "/v1/account/keys").json(&key)).await;
    let with_key = Client::new().delete(format!("{}/v1/assets/{}", server.url, "0".repeat(32)));
    assert_eq!(answer(with_key.bearer_auth(key["api_key"].as_str().unwrap())).await.0, 403);
    is_noted(&server, "scope_refused", Some(&who)).await;

    let asset = maria.upload().await;
    let (_, hook) =
        answer(maria.ask(Method::POST, "/v1/webhooks").json(&json!({ "url": "http://127.0.0.1:9/" }))).await;
    let hers = json!({ "name": "hers", "scopes": ["read"] });
    let (_, hers) = answer(maria.ask(Method::POST, "/v1/account/keys").json(&hers)).await;
    let asked = [
        (Method::GET, format!("/v1/assets/{asset}")),
        (Method::GET, format!("/v1/webhooks/{}", id(&hook))),
        (Method::POST, format!("/v1/webhooks/{}/enable", id(&hook))),
        (Method::DELETE, format!("/v1/account/keys/{}", id(&hers))),
        (Method::DELETE, format!("/v1/account/sessions/{}", id(&maria.tokens["session"]))),
    ];
    for (method, path) in &asked {
        assert_eq!(answer(eve.ask(method.clone(), path)).await.0, 404, "{path}");
        // What is not there is nobody's.
        let nothing = format!("{}{}", path.split_at(path.len() - 32).0, "0".repeat(32));
        if !path.ends_with("enable") {
            assert_eq!(answer(eve.ask(method.clone(), &nothing)).await.0, 404, "{nothing}");
        }
    }
    let job = json!({ "kind": "probe", "asset_id": asset, "options": {} });
    assert_eq!(answer(eve.ask(Method::POST, "/v1/jobs").json(&job)).await.0, 404);
    let (_, page) = eve.get("/v1/account/events?limit=100").await;
    let events = page["items"].as_array().unwrap();
    assert_eq!(events.iter().filter(|event| event["event"] == "ownership_refused").count(), asked.len() + 1);
    assert!(noted(&server, "ownership_refused").iter().all(|user| *user == Some(who.clone())), "{victim}");
}

#[tokio::test]
async fn a_forged_request_is_in_the_audit_log_and_every_refusal_has_a_line() {
    let server = Server::start_with(&[("VIRALFORGE_ALLOWED_ORIGINS", "https://app.example")]);
    let maria = Person::new(&server, "maria@example.com").await;
    let user = maria.get("/v1/account").await.1["id"].as_str().unwrap().to_owned();
    let credentials = json!({ "email": "maria@example.com", "password": PASSWORD, "cookies": true });
    let sign_in = |origin: &'static str| {
        let request = Client::new().post(format!("{}/v1/auth/sign-in", server.url)).header("origin", origin);
        request.header("x-viralforge-csrf", "1").json(&credentials).send()
    };
    assert_eq!(sign_in("https://evil.example").await.unwrap().status(), 403);
    is_noted(&server, "forgery_refused", None).await;
    let signed_in = sign_in("https://app.example").await.unwrap();
    let cookies = signed_in.headers().get_all("set-cookie").iter().map(|cookie| cookie.to_str().unwrap());
    let cookies = cookies.map(|cookie| cookie.split(';').next().unwrap()).collect::<Vec<_>>().join("; ");
    let forged = Client::new().post(format!("{}/v1/account/keys", server.url)).header("cookie", cookies);
    let forged = forged.header("origin", "https://evil.example").json(&json!({ "name": "x", "scopes": ["read"] }));
    let forged = forged.header("x-request-id", "a-forged-one").send().await.unwrap();
    assert_eq!(forged.status(), 403);
    let (_, page) = maria.get("/v1/account/events").await;
    assert_eq!(
        (&page["items"][0]["event"], &page["items"][0]["request_id"]),
        (&json!("forgery_refused"), &json!("a-forged-one"))
    );
    server
        .tells("the event", |line| line["fields"]["event"] == "forgery_refused" && line["fields"]["user"] == user)
        .await;
    let is_refusal = |line: &Value| line["fields"]["status"] == 403 && line["span"]["request_id"] == "a-forged-one";
    server.tells("the request", |line| line["fields"]["message"] == "request" && is_refusal(line)).await;
    // A file that is refused, and an address that was made up.
    let refused = server.client.put(format!("{}/v1/assets/a.mp4", server.url)).body("MZ\0\0").send().await.unwrap();
    assert_eq!(refused.status(), 422);
    server.tells("the refused file", |line| line["fields"]["status"] == 422).await;
    let asset = server.upload(&small_video(), "a.mp4").await;
    let job: Value = server.ask("probe", asset["id"].as_str().unwrap(), Value::Null).await.json().await.unwrap();
    let job = server.job(job["id"].as_str().unwrap()).await;
    let changed = job["outputs"][0]["url"].as_str().unwrap().replace("expires=1", "expires=2");
    assert_eq!(reqwest::get(changed).await.unwrap().status(), 403);
    let is_file = |line: &Value| line["span"]["http.route"] == "/v1/files/{id}/{name}";
    server.tells("the made up address", |line| line["fields"]["status"] == 403 && is_file(line)).await;
}
