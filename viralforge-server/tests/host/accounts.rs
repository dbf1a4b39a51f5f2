//! Users: signing up, in, on and out; keys; cookies; and that nobody sees what is another's.

use reqwest::{Client, Method, RequestBuilder, StatusCode};
use serde_json::{Value, json};

use crate::server::{KEY, Server, small_video};

pub(crate) const PASSWORD: &str = "a long enough secret";

/// Somebody with an account, and a client that sends nothing by itself.
pub(crate) struct Person<'a> {
    server: &'a Server,
    client: Client,
    email: String,
    pub(crate) tokens: Value,
}

impl<'a> Person<'a> {
    /// Makes an account with the operator's key, and signs in.
    pub(crate) async fn new(server: &'a Server, email: &str) -> Person<'a> {
        let credentials = json!({ "email": email, "password": PASSWORD });
        let made =
            server.client.post(format!("{}/v1/auth/sign-up", server.url)).json(&credentials).send().await.unwrap();
        assert_eq!(made.status(), 201, "{}", made.text().await.unwrap());
        Self::back(server, email).await
    }

    /// Somebody who has an account already.
    pub(crate) async fn back(server: &'a Server, email: &str) -> Person<'a> {
        let mut person = Person { server, client: Client::new(), email: email.to_owned(), tokens: Value::Null };
        person.tokens = person.sign_in(PASSWORD).await;
        person
    }

    /// The same, after another sign-in.
    pub(crate) async fn again(self, password: &str) -> Person<'a> {
        Person { tokens: self.sign_in(password).await, ..self }
    }

    pub(crate) async fn sign_in(&self, password: &str) -> Value {
        let credentials = json!({ "email": self.email, "password": password });
        let (status, answer) = self.post("/v1/auth/sign-in", &credentials).await;
        assert_eq!(status, 200, "{answer}");
        answer
    }

    pub(crate) async fn post(&self, path: &str, body: &Value) -> (StatusCode, Value) {
        answer(self.client.post(format!("{}{path}", self.server.url)).json(body)).await
    }

    /// A request with the access token.
    pub(crate) fn ask(&self, method: Method, path: &str) -> RequestBuilder {
        let token = self.tokens["access_token"].as_str().unwrap();
        self.client.request(method, format!("{}{path}", self.server.url)).bearer_auth(token)
    }

    pub(crate) async fn get(&self, path: &str) -> (StatusCode, Value) {
        answer(self.ask(Method::GET, path)).await
    }

    pub(crate) async fn refresh(&self, token: &Value) -> (StatusCode, Value) {
        self.post("/v1/auth/refresh", &json!({ "refresh_token": token })).await
    }

    /// Uploads the small video whole; the asset.
    pub(crate) async fn upload(&self) -> String {
        let sent = self.ask(Method::PUT, "/v1/assets/clip.mp4").body(small_video()).send().await.unwrap();
        assert_eq!(sent.status(), 201, "{}", sent.text().await.unwrap());
        sent.json::<Value>().await.unwrap()["id"].as_str().unwrap().to_owned()
    }

    /// Asks until the answer is as it should be, for two minutes at most.
    pub(crate) async fn wait(&self, path: &str, done: impl Fn(&Value) -> bool) -> Value {
        let began = std::time::Instant::now();
        loop {
            let (_, value) = self.get(path).await;
            if done(&value) {
                return value;
            }
            assert!(began.elapsed().as_secs() < 300, "{path} stays {value}");
            tokio::time::sleep(std::time::Duration::from_millis(50)).await;
        }
    }

    async fn key(&self, body: Value) -> (StatusCode, Value) {
        answer(self.ask(Method::POST, "/v1/account/keys").json(&body)).await
    }

    pub(crate) async fn events(&self) -> Vec<String> {
        let (_, page) = self.get("/v1/account/events").await;
        page["items"].as_array().unwrap().iter().map(|event| event["event"].as_str().unwrap().to_owned()).collect()
    }
}

pub(crate) async fn answer(request: RequestBuilder) -> (StatusCode, Value) {
    let response = request.send().await.unwrap();
    let status = response.status();
    let text = response.text().await.unwrap();
    (status, serde_json::from_str(&text).unwrap_or(Value::String(text)))
}

#[tokio::test]
async fn somebody_signs_up_in_on_and_out() {
    let server = Server::start();
    let anybody = Client::new();
    let credentials = json!({ "email": "Maria@Example.com", "password": PASSWORD });
    let sign_up = format!("{}/v1/auth/sign-up", server.url);
    let (status, problem) = answer(anybody.post(&sign_up).json(&credentials)).await;
    assert_eq!((status.as_u16(), problem["code"].as_str()), (403, Some("forbidden")), "sign-ups are closed by default");
    let maria = Person::new(&server, "maria@example.com").await;
    let again = server.client.post(&sign_up).json(&credentials).send().await.unwrap();
    assert_eq!(again.status(), 409, "the address is taken, in whatever case");
    let weak = json!({ "email": "b@example.com", "password": "password123" });
    assert_eq!(server.client.post(&sign_up).json(&weak).send().await.unwrap().status(), 422);

    let (status, account) = maria.get("/v1/account").await;
    assert_eq!((status.as_u16(), account["email"].as_str()), (200, Some("maria@example.com")));
    assert!(account.get("password").is_none(), "not even its hash");
    let (_, sessions) = maria.get("/v1/account/sessions").await;
    assert_eq!(sessions["items"].as_array().unwrap().len(), 1);

    // A wrong password and nobody at all sound the same.
    let wrong = |email: &str| json!({ "email": email, "password": "not the password" });
    let (status, known) = maria.post("/v1/auth/sign-in", &wrong("maria@example.com")).await;
    let (_, unknown) = maria.post("/v1/auth/sign-in", &wrong("nobody@example.com")).await;
    assert_eq!((status.as_u16(), &known), (401, &unknown));

    let (status, next) = maria.refresh(&maria.tokens["refresh_token"]).await;
    assert_eq!(status, 200, "{next}");
    assert_ne!(next["refresh_token"], maria.tokens["refresh_token"]);
    let (status, _) = maria.post("/v1/auth/sign-out", &json!({ "refresh_token": next["refresh_token"] })).await;
    assert_eq!(status, 204);
    // At once: the access token would be good for another quarter of an hour.
    assert_eq!(maria.get("/v1/account").await.0, 401);
    assert_eq!(maria.refresh(&next["refresh_token"]).await.0, 401);
    let back = maria.again(PASSWORD).await;
    let events = back.events().await;
    assert_eq!(events, ["signed_in", "signed_out", "sign_in_failed", "signed_in", "signed_up"]);
    for event in back.get("/v1/account/events").await.1["items"].as_array().unwrap() {
        let request_id = event["request_id"].as_str().unwrap();
        assert!(event["ip"] == "127.0.0.1" && event["at_ms"].is_i64() && request_id.len() == 36, "{event}");
    }
}

#[tokio::test]
async fn a_stolen_refresh_token_ends_the_session_of_thief_and_victim() {
    let server = Server::start();
    let maria = Person::new(&server, "maria@example.com").await;
    let first = &maria.tokens["refresh_token"];
    let (_, second) = maria.refresh(first).await;
    let (_, third) = maria.refresh(&second["refresh_token"]).await;
    let (status, problem) = maria.refresh(first).await;
    assert_eq!(status, 401, "{problem}");
    assert_eq!(maria.refresh(&third["refresh_token"]).await.0, 401, "the successor of the stolen one");
    assert_eq!(maria.get("/v1/account").await.0, 401);
    let back = maria.again(PASSWORD).await;
    assert_eq!(back.events().await.iter().filter(|event| *event == "token_reused").count(), 1, "told once");
}

#[tokio::test]
async fn a_new_password_ends_the_other_sessions() {
    let server = Server::start();
    let maria = Person::new(&server, "maria@example.com").await;
    // One session can be ended by itself.
    let lost = maria.sign_in(PASSWORD).await;
    let lost_session = format!("/v1/account/sessions/{}", lost["session"]["id"].as_str().unwrap());
    assert_eq!(answer(maria.ask(Method::DELETE, &lost_session)).await.0, 204);
    assert_eq!(maria.refresh(&lost["refresh_token"]).await.0, 401);
    let phone = maria.sign_in(PASSWORD).await;
    let weak = json!({ "current_password": PASSWORD, "new_password": "password123" });
    assert_eq!(answer(maria.ask(Method::PUT, "/v1/account/password").json(&weak)).await.0, 422);
    let change = |current: &str| {
        let body = json!({ "current_password": current, "new_password": "another long secret" });
        answer(maria.ask(Method::PUT, "/v1/account/password").json(&body))
    };
    assert_eq!(change("wrong wrong").await.0, 403);
    assert_eq!(change(PASSWORD).await.0, 204);
    assert_eq!(maria.get("/v1/account").await.0, 200, "this session goes on");
    assert_eq!(maria.refresh(&phone["refresh_token"]).await.0, 401);
    let old = json!({ "email": "maria@example.com", "password": PASSWORD });
    assert_eq!(maria.post("/v1/auth/sign-in", &old).await.0, 401);
    maria.sign_in("another long secret").await;
    // The operator's account has none.
    let body = json!({ "current_password": PASSWORD, "new_password": "another long secret" });
    let operator = server.client.put(format!("{}/v1/account/password", server.url)).json(&body);
    assert_eq!(answer(operator).await.0, 409);
}

#[tokio::test]
async fn a_key_does_what_its_scopes_say_until_it_ends() {
    let server = Server::start();
    let maria = Person::new(&server, "maria@example.com").await;
    for (body, status) in [
        (json!({ "name": "x", "scopes": ["account"] }), 422),
        (json!({ "name": "x", "scopes": [] }), 422),
        (json!({ "name": "", "scopes": ["read"] }), 422),
        (json!({ "name": "x", "scopes": ["everything"] }), 422),
        (json!({ "name": "x", "scopes": ["read"], "expires_in_days": 0 }), 422),
        // Outside workers see the jobs of all users.
        (json!({ "name": "x", "scopes": ["work"] }), 403),
    ] {
        assert_eq!(maria.key(body.clone()).await.0, status, "{body}");
    }
    let (status, made) = maria.key(json!({ "name": "reader", "scopes": ["read"], "expires_in_days": 1 })).await;
    assert_eq!(status, 201, "{made}");
    let text = made["api_key"].as_str().unwrap().to_owned();
    assert!(text.starts_with("vf_") && text.len() > 40);
    let with_key = |method: Method, path: &str| {
        answer(Client::new().request(method, format!("{}{path}", server.url)).bearer_auth(&text).json(&json!({})))
    };
    assert_eq!(with_key(Method::GET, "/v1/assets").await.0, 200);
    let (status, problem) = with_key(Method::POST, "/v1/jobs").await;
    assert_eq!((status.as_u16(), problem["code"].as_str()), (403, Some("forbidden")));
    assert_eq!(with_key(Method::GET, "/v1/account").await.0, 403);
    assert_eq!(with_key(Method::POST, &format!("/v1/jobs/{}/claim", "0".repeat(32))).await.0, 403);
    let (_, keys) = maria.get("/v1/account/keys").await;
    assert_eq!(keys["items"][0]["name"], "reader");
    assert!(!keys.to_string().contains(&text), "a key is told once");
    let path = format!("/v1/account/keys/{}", made["id"].as_str().unwrap());
    assert_eq!(answer(maria.ask(Method::DELETE, &path)).await.0, 204);
    assert_eq!(with_key(Method::GET, "/v1/assets").await.0, 401, "at once");
    assert_eq!(answer(maria.ask(Method::DELETE, &path)).await.0, 404);
    // What is kept would not help a thief.
    if server.data().join("viralforge.db").exists() {
        for name in ["viralforge.db", "viralforge.db-wal"] {
            let bytes = std::fs::read(server.data().join(name)).unwrap_or_default();
            for secret in [&text, maria.tokens["refresh_token"].as_str().unwrap(), PASSWORD] {
                assert!(!bytes.windows(secret.len()).any(|part| part == secret.as_bytes()), "{name}");
            }
        }
    }
}

#[tokio::test]
async fn cookies_are_for_pages_of_allowed_sites_alone() {
    let server = Server::start_with(&[("VIRALFORGE_ALLOWED_ORIGINS", "https://app.example")]);
    Person::new(&server, "maria@example.com").await;
    let credentials = json!({ "email": "maria@example.com", "password": PASSWORD, "cookies": true });
    let sign_in = |origin: &str, meant: bool| {
        let request = Client::new().post(format!("{}/v1/auth/sign-in", server.url)).header("origin", origin);
        let request = if meant { request.header("x-viralforge-csrf", "1") } else { request };
        request.json(&credentials).send()
    };
    assert_eq!(sign_in("https://evil.example", true).await.unwrap().status(), 403);
    assert_eq!(sign_in("https://app.example", false).await.unwrap().status(), 403);
    let signed_in = sign_in("https://app.example", true).await.unwrap();
    assert_eq!(signed_in.status(), 200);
    let cookies: Vec<String> =
        signed_in.headers().get_all("set-cookie").iter().map(|value| value.to_str().unwrap().to_owned()).collect();
    assert_eq!(cookies.len(), 3);
    for cookie in &cookies {
        // Which no other host of the domain, and nothing without TLS, can set (RFC 6265bis, 4.1.3.2).
        assert!(cookie.starts_with("__Host-viralforge-") && !cookie.contains("Domain"), "{cookie}");
        let parts = ["; Secure", "; HttpOnly", "; SameSite=Strict", "; Path=/;"];
        assert!(parts.iter().all(|part| cookie.contains(part)), "{cookie}");
    }
    let body: Value = signed_in.json().await.unwrap();
    assert_eq!((&body["access_token"], &body["refresh_token"]), (&Value::Null, &Value::Null));

    let sent = cookies.iter().map(|cookie| cookie.split(';').next().unwrap()).collect::<Vec<_>>().join("; ");
    let ask = |method: Method, path: &str, headers: &[(&'static str, &str)]| {
        let request = Client::new().request(method, format!("{}{path}", server.url)).header("cookie", &sent);
        let request = headers.iter().fold(request, |request, (name, value)| request.header(*name, *value));
        answer(request.json(&json!({ "name": "x", "scopes": ["read"] })))
    };
    assert_eq!(ask(Method::GET, "/v1/account", &[]).await.0, 200);
    let keys = "/v1/account/keys";
    assert_eq!(ask(Method::POST, keys, &[]).await.0, 403);
    assert_eq!(ask(Method::POST, keys, &[("origin", "https://evil.example"), ("x-viralforge-csrf", "1")]).await.0, 403);
    assert_eq!(ask(Method::POST, keys, &[("sec-fetch-site", "cross-site"), ("x-viralforge-csrf", "1")]).await.0, 403);
    assert_eq!(ask(Method::POST, keys, &[("origin", "https://app.example"), ("x-viralforge-csrf", "1")]).await.0, 201);
    assert_eq!(ask(Method::POST, keys, &[("sec-fetch-site", "same-origin"), ("x-viralforge-csrf", "1")]).await.0, 201);

    // Signing in again ends the session that the browser had.
    let again = Client::new().post(format!("{}/v1/auth/sign-in", server.url)).header("origin", "https://app.example");
    let again = again.header("x-viralforge-csrf", "1").header("cookie", &sent).json(&credentials).send().await.unwrap();
    assert_eq!(ask(Method::GET, "/v1/account", &[]).await.0, 401);
    let cookies: Vec<_> = again.headers().get_all("set-cookie").iter().map(|value| value.to_str().unwrap()).collect();
    let sent = cookies.iter().map(|cookie| cookie.split(';').next().unwrap()).collect::<Vec<_>>().join("; ");

    let next = |path: &str| {
        let request = Client::new().post(format!("{}{path}", server.url)).header("cookie", &sent);
        request.header("origin", "https://app.example").header("x-viralforge-csrf", "1").json(&json!({})).send()
    };
    let refreshed = next("/v1/auth/refresh").await.unwrap();
    assert_eq!((refreshed.status().as_u16(), refreshed.headers().get_all("set-cookie").iter().count()), (200, 2));
    let out = next("/v1/auth/sign-out").await.unwrap();
    assert_eq!(out.status(), 204);
    assert!(out.headers().get_all("set-cookie").iter().all(|cookie| cookie.to_str().unwrap().contains("Max-Age=0")));
    let over = Client::new().get(format!("{}/v1/account", server.url)).header("cookie", &sent);
    assert_eq!(answer(over).await.0, 401);
}

/// Every operation of the description: its method, its path and whether it takes a proof of who asks.
pub(crate) async fn operations(server: &Server) -> Vec<(Method, String, bool)> {
    let document = server.json("/v1/openapi.json").await;
    let mut operations = Vec::new();
    for (path, item) in document["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap() {
            let method = Method::from_bytes(method.to_uppercase().as_bytes()).unwrap();
            operations.push((method, path.clone(), !operation["security"].is_null()));
        }
    }
    assert!(operations.len() > 35);
    operations
}

#[tokio::test]
async fn nobody_sees_or_changes_what_is_anothers() {
    let server = Server::start();
    let maria = Person::new(&server, "maria@example.com").await;
    let asset = maria.upload().await;
    maria.wait(&format!("/v1/assets/{asset}"), |asset| asset["state"] == "accepted").await;
    let body = json!({ "kind": "probe", "asset_id": asset, "options": {} });
    let request = maria.ask(Method::POST, "/v1/jobs").header("idempotency-key", "mine").json(&body);
    let (status, job) = answer(request).await;
    assert_eq!(status, 202, "{job}");
    let job = job["id"].as_str().unwrap().to_owned();
    let done = maria.wait(&format!("/v1/jobs/{job}"), |job| job["state"] == "succeeded").await;
    let begun = maria.ask(Method::POST, "/v1/uploads").header("tus-resumable", "1.0.0").header("upload-length", 100);
    let begun = begun.send().await.unwrap();
    let upload = begun.headers()["location"].to_str().unwrap().rsplit('/').next().unwrap().to_owned();
    let (_, key) = maria.key(json!({ "name": "mine", "scopes": ["read"] })).await;
    let key = key["id"].as_str().unwrap().to_owned();
    let session = maria.tokens["session"]["id"].as_str().unwrap().to_owned();
    let (_, export) = answer(maria.ask(Method::POST, "/v1/account/exports")).await;
    let export = export["id"].as_str().unwrap().to_owned();
    let known = [&asset, &job, &upload, &key, &session, &export];

    let eve = Person::new(&server, "eve@example.com").await;
    for (method, path, keyed) in operations(&server).await.into_iter().filter(|(.., keyed)| *keyed) {
        let id = match path.split('/').nth(2).unwrap() {
            "assets" => &asset,
            "jobs" => &job,
            "uploads" => &upload,
            _ if path.contains("keys") => &key,
            _ if path.contains("exports") => &export,
            _ => &session,
        };
        let request = eve.ask(method.clone(), &path.replace("{id}", id).replace("{name}", "x.mp4"));
        let request = request.header("tus-resumable", "1.0.0").header("upload-offset", "0");
        let request = if path.ends_with("/uploads/{id}") && method == Method::PATCH {
            request.header("content-type", "application/offset+octet-stream").body(vec![0; 10])
        } else {
            request.json(&json!({ "kind": "probe", "asset_id": asset, "parts": [] }))
        };
        let (status, body) = answer(request).await;
        let names_one = path.contains("{id}") && !(path == "/v1/assets/{id}" && method == Method::PUT);
        if names_one {
            assert!([403, 404].contains(&status.as_u16()), "{method} {path}: {status} {body}");
        }
        let body = body.to_string();
        assert!(!known.iter().any(|id| body.contains(*id)), "{method} {path} tells: {body}");
        assert!(keyed && status != 500, "{method} {path}: {body}");
        assert!(!path.starts_with("/v1/operator/") || status == 403, "{method} {path}: {status} {body}");
    }
    // Not even by naming them elsewhere.
    let concat = format!("final;/v1/uploads/{upload}");
    let request = eve.ask(Method::POST, "/v1/uploads").header("tus-resumable", "1.0.0").header("upload-concat", concat);
    assert_eq!(answer(request).await.0, 404);
    let body = json!({ "kind": "probe", "asset_id": asset, "options": {} });
    assert_eq!(answer(eve.ask(Method::POST, "/v1/jobs").json(&body)).await.0, 404);
    // Her own key against doing something twice is another than Maria's of the same text.
    let own = eve.upload().await;
    eve.wait(&format!("/v1/assets/{own}"), |asset| asset["state"] == "accepted").await;
    let body = json!({ "kind": "probe", "asset_id": own, "options": {} });
    let request = eve.ask(Method::POST, "/v1/jobs").header("idempotency-key", "mine").json(&body);
    let (status, hers) = answer(request).await;
    assert!(status == 202 && hers["id"] != job, "{hers}");

    // And nothing of Maria's has changed.
    assert_eq!(maria.get(&format!("/v1/jobs/{job}")).await.1["updated_at_ms"], done["updated_at_ms"]);
    assert_eq!(maria.get(&format!("/v1/uploads/{upload}")).await.1["offset"], 0);
    assert_eq!(maria.get("/v1/account/keys").await.1["items"].as_array().unwrap().len(), 1);
    maria.wait(&format!("/v1/account/exports/{export}"), |export| export["state"] == "ready").await;
    assert_eq!(maria.get("/v1/account").await.0, 200);
}

#[tokio::test]
async fn nothing_is_done_for_whoever_does_not_say_who_they_are() {
    let server = Server::start();
    for (method, path, _) in operations(&server).await.into_iter().filter(|(.., keyed)| *keyed) {
        for proof in ["", "Bearer", "Bearer wrong", "Basic MDEyMw==", "Bearer vf_wrong", "Bearer a.b.c"] {
            let address = format!("{}{}", server.url, path.replace("{id}", &"0".repeat(32)).replace("{name}", "x"));
            let request = Client::new().request(method.clone(), address).header("authorization", proof);
            let response = request.header("cookie", "__Host-viralforge-access=a.b.c").send().await.unwrap();
            assert_eq!(response.status(), 401, "{method} {path} {proof}");
            assert_eq!(response.headers()["www-authenticate"], "Bearer");
        }
    }
    let lower = Client::new().get(format!("{}/v1/jobs", server.url)).header("authorization", format!("bearer {KEY}"));
    assert_eq!(answer(lower).await.0, 200, "the scheme is the same in whatever case");
}
