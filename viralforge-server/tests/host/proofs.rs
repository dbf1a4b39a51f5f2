//! What proves a user: guessing it, proving it again, taking it back, and choosing another.

use reqwest::{Client, Method};
use serde_json::{Value, json};
use sha1::{Digest as _, Sha1};

use crate::accounts::{PASSWORD, Person, answer};
use crate::browser::{Browser, cookies};
use crate::rogue::Rogue;
use crate::server::Server;

/// Makes all proofs so old that they are no longer fresh.
async fn age(server: &Server) {
    server.rows("UPDATE sessions SET proved_at = proved_at - 600001").await;
}

#[tokio::test]
async fn whoever_guesses_does_not_keep_the_owner_out_of_a_browser_or_a_place_that_is_known() {
    let settings = [("VIRALFORGE_RATE_SIGN_INS", "5/1000000"), ("VIRALFORGE_TRUSTED_PROXIES", "127.0.0.0/8")];
    let server = Server::start_with(&settings);
    for email in ["maria@example.com", "eve@example.com"] {
        let body = json!({ "email": email, "password": PASSWORD });
        server.client.post(format!("{}/v1/auth/sign-up", server.url)).json(&body).send().await.unwrap();
    }
    let sign_in = async |ip: &str, cookie: &str, name: &str, password: &str| {
        let body = json!({ "email": format!("{name}@example.com"), "password": password });
        let request = Client::new().post(format!("{}/v1/auth/sign-in", server.url)).header("x-forwarded-for", ip);
        let sent = request.header("cookie", cookie).json(&body).send().await.unwrap();
        (sent.status().as_u16(), cookies(&sent))
    };
    let (_, known) = sign_in("192.0.2.1", "", "maria", PASSWORD).await;
    assert!(known.starts_with("__Host-viralforge-browser="), "{known}");
    let (_, hers) = sign_in("192.0.2.2", "", "eve", PASSWORD).await;
    let mut guessed = 0;
    while sign_in(&format!("198.51.100.{guessed}"), "", "maria", "a wrong password").await.0 == 401 {
        guessed += 1;
    }
    assert_eq!(guessed, 4, "from however many addresses, with her own sign-in before");
    let elsewhere = "203.0.113.7";
    assert_eq!(sign_in(elsewhere, "", "maria", PASSWORD).await.0, 429);
    // Neither that of another user nor one that was changed is of use.
    assert_eq!(sign_in(elsewhere, &hers, "maria", PASSWORD).await.0, 429);
    let mut forged = known.clone().into_bytes();
    let last = forged.len() - 3;
    forged[last] = if forged[last] == b'A' { b'B' } else { b'A' };
    assert_eq!(sign_in(elsewhere, std::str::from_utf8(&forged).unwrap(), "maria", PASSWORD).await.0, 429);
    // Her browser, wherever it is; and where she was before, in whatever browser.
    assert_eq!(sign_in(elsewhere, &known, "maria", PASSWORD).await.0, 200);
    assert_eq!(sign_in("192.0.2.1", "", "maria", PASSWORD).await.0, 200);
    // Both have a count of their own.
    let counted = async |ip: &str, cookie: &str| {
        let mut tries = 0;
        while sign_in(ip, cookie, "maria", "a wrong password").await.0 == 401 {
            tries += 1;
        }
        tries
    };
    assert_eq!(counted("192.0.2.1", "").await, 3);
    assert_eq!(counted(elsewhere, &known).await, 4);
    assert_eq!(counted("203.0.113.8", &known).await, 0, "wherever it is");
}

#[tokio::test]
async fn what_a_stolen_session_must_not_do_takes_a_proof_of_the_last_ten_minutes() {
    let rogue = Rogue::start().await;
    let server = crate::browser::start(&rogue, &[("VIRALFORGE_RATE_SIGN_INS", "5/1000000")]);
    let maria = Person::new(&server, "maria@example.com").await;
    let phone = maria.sign_in(PASSWORD).await;
    let path = |tokens: &Value| format!("/v1/account/sessions/{}", tokens["session"]["id"].as_str().unwrap());
    let connect = || answer(maria.ask(Method::POST, "/v1/connections").json(&json!({ "provider": "oidc" })));
    let end = |tokens: &Value| answer(maria.ask(Method::DELETE, &path(tokens)));
    let confirm =
        |password: &str| answer(maria.ask(Method::POST, "/v1/account/confirm").json(&json!({ "password": password })));
    assert_eq!(connect().await.0, 200, "she has just signed in");
    age(&server).await;
    for (status, problem) in [connect().await, end(&phone).await] {
        assert_eq!((status.as_u16(), problem["code"].as_str()), (403, Some("confirm_first")));
    }
    // A refresh proves nothing.
    assert_eq!(maria.refresh(&maria.tokens["refresh_token"]).await.0, 200);
    assert_eq!(connect().await.0, 403);
    assert_eq!(confirm("wrong").await.0, 403);
    assert_eq!(connect().await.0, 403);
    assert_eq!(confirm(PASSWORD).await.0, 204);
    assert_eq!(connect().await.0, 200);
    assert_eq!(end(&phone).await.0, 204);
    assert_eq!(maria.refresh(&phone["refresh_token"]).await.0, 401);
    assert_eq!(maria.events().await.iter().filter(|event| *event == "sign_in_failed").count(), 1);
    // Whoever has the session does not try passwords without end, and keeps nobody from signing in by it.
    age(&server).await;
    let mut tries = 0;
    while confirm("wrong").await.0 == 403 {
        tries += 1;
    }
    assert_eq!(tries, 3);
    let elsewhere = maria.sign_in(PASSWORD).await;
    assert_eq!(end(&elsewhere).await.0, 403);
    assert_eq!(end(&maria.tokens).await.0, 204, "to end the session that asks takes no more");
    // One without a password signs in anew; the server's key needs none of this.
    assert_eq!(
        answer(server.client.post(format!("{}/v1/account/confirm", server.url)).json(&json!({ "password": "x" })))
            .await
            .0,
        409
    );
    let begun = server.client.post(format!("{}/v1/connections", server.url)).json(&json!({ "provider": "oidc" }));
    assert_eq!(answer(begun).await.0, 200);
}

#[tokio::test]
async fn who_has_no_password_connects_after_a_fresh_sign_in() {
    let rogue = Rogue::start().await;
    let server = crate::browser::start(&rogue, &[("VIRALFORGE_SIGN_UP", "true")]);
    let mut browser = Browser::new(&server);
    let connect = async |cookies: &str, path: &str, body: Value| {
        let request = Client::new().post(format!("{}{path}", server.url)).header("cookie", cookies);
        answer(request.header("origin", &server.url).header("x-viralforge-csrf", "1").json(&body)).await.0
    };
    let stale = cookies(&browser.sign_in().await);
    assert_eq!(connect(&stale, "/v1/connections", json!({ "provider": "oidc" })).await, 403);
    assert_eq!(connect(&stale, "/v1/account/confirm", json!({ "password": "" })).await, 409);
    let at_provider = browser.begin_with("&fresh=true", "").await;
    let fresh = cookies(&browser.go(&at_provider).await);
    assert_eq!(connect(&fresh, "/v1/connections", json!({ "provider": "oidc" })).await, 200);
}

#[tokio::test]
async fn the_operator_ends_the_sessions_of_one_user_and_of_everybody() {
    let server = Server::start();
    let (maria, eve) = (Person::new(&server, "maria@example.com").await, Person::new(&server, "eve@example.com").await);
    maria.sign_in(PASSWORD).await;
    let end = |body: Value| answer(server.client.post(format!("{}/v1/operator/end-sessions", server.url)).json(&body));
    let id = maria.get("/v1/account").await.1["id"].clone();
    for (body, status) in [
        (json!({}), 422),
        (json!({ "everybody": true, "user_id": id }), 422),
        (json!({ "user_id": id, "email": "eve@example.com" }), 422),
        (json!({ "email": "nobody@example.com" }), 404),
        (json!({ "user_id": "0".repeat(31) }), 404),
    ] {
        assert_eq!(end(body.clone()).await.0, status, "{body}");
    }
    assert_eq!((maria.get("/v1/account").await.0.as_u16(), eve.get("/v1/account").await.0.as_u16()), (200, 200));
    assert_eq!(end(json!({ "email": "Maria@Example.com" })).await.1, json!({ "ended": 2 }));
    assert_eq!(maria.get("/v1/account").await.0, 401, "at once");
    assert_eq!(maria.refresh(&maria.tokens["refresh_token"]).await.0, 401);
    assert_eq!(eve.get("/v1/account").await.0, 200);
    let back = Person::back(&server, "maria@example.com").await;
    assert_eq!(back.events().await[1], "sessions_ended");
    assert_eq!(end(json!({ "user_id": id })).await.1, json!({ "ended": 1 }));
    Person::back(&server, "maria@example.com").await;
    assert_eq!(end(json!({ "everybody": true })).await.1, json!({ "ended": 2 }));
    assert_eq!(eve.get("/v1/account").await.0, 401);
    assert_eq!(server.json("/v1/account/events").await["items"][0]["event"], "sessions_ended");
    // Not even a key that the operator has made is the operator's.
    let body = json!({ "name": "worker", "scopes": ["read", "write", "work"] });
    let (_, made) = answer(server.client.post(format!("{}/v1/account/keys", server.url)).json(&body)).await;
    for path in ["end-sessions", "reset-password"] {
        let request = Client::new().post(format!("{}/v1/operator/{path}", server.url));
        let request =
            request.bearer_auth(made["api_key"].as_str().unwrap()).json(&json!({ "email": "eve@example.com" }));
        assert_eq!(answer(request).await.0, 403, "{path}");
    }
}

#[tokio::test]
async fn a_forgotten_password_is_chosen_anew_once_by_a_token_of_the_operator() {
    let server = Server::start();
    let maria = Person::new(&server, "maria@example.com").await;
    let allow =
        |body: Value| answer(server.client.post(format!("{}/v1/operator/reset-password", server.url)).json(&body));
    assert_eq!(allow(json!({ "email": "nobody@example.com" })).await.0, 404);
    assert_eq!(allow(json!({ "user_id": "0".repeat(32) })).await.0, 409, "the operator has no password");
    let (status, made) = allow(json!({ "email": "maria@example.com" })).await;
    assert_eq!(status, 201, "{made}");
    let (_, again) = allow(json!({ "email": "maria@example.com" })).await;
    let choose = |token: &Value, password: &str| {
        let body = json!({ "token": token, "new_password": password });
        answer(Client::new().post(format!("{}/v1/auth/reset-password", server.url)).json(&body))
    };
    assert_eq!(choose(&made["token"], "another long secret").await.0, 401, "the next takes its place");
    assert_eq!(choose(&json!("invented"), "another long secret").await.0, 401);
    let token = &again["token"];
    assert_eq!(choose(token, "password123").await.0, 422, "and is not used up by that");
    // What is kept would not help a thief.
    let kept = server.rows("SELECT hash FROM password_resets").await;
    assert_ne!(sqlx::Row::get::<String, _>(&kept[0], 0), token.as_str().unwrap());
    assert_eq!(maria.get("/v1/account").await.0, 200, "nothing has changed so far");
    assert_eq!(choose(token, "another long secret").await.0, 204);
    assert_eq!(choose(token, "yet another secret").await.0, 401, "once");
    assert_eq!(maria.get("/v1/account").await.0, 401, "all sessions are over");
    let old = json!({ "email": "maria@example.com", "password": PASSWORD });
    assert_eq!(maria.post("/v1/auth/sign-in", &old).await.0, 401);
    let back = maria.again("another long secret").await;
    let events = back.events().await;
    assert_eq!(events[2..5], ["password_changed", "password_reset_allowed", "password_reset_allowed"], "{events:?}");
    // It is over an hour later, and as soon as the password changes in another way.
    let (_, late) = allow(json!({ "email": "maria@example.com" })).await;
    server.rows("UPDATE password_resets SET expires_at = expires_at - 3600000").await;
    assert_eq!(choose(&late["token"], "yet another secret").await.0, 401);
    let (_, last) = allow(json!({ "email": "maria@example.com" })).await;
    let change = json!({ "current_password": "another long secret", "new_password": PASSWORD });
    assert_eq!(answer(back.ask(Method::PUT, "/v1/account/password").json(&change)).await.0, 204);
    assert_eq!(choose(&last["token"], "yet another secret").await.0, 401);
}

#[tokio::test]
async fn a_password_that_leaked_is_chosen_by_nobody() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("leaked.txt");
    let leaked = ["long but leaked once", "and this one leaked as well"];
    let others = (0..1000).map(|n| n.to_string());
    let hashes = leaked.map(str::to_owned).into_iter().chain(others).map(|password| {
        let hash: String = Sha1::digest(password).iter().map(|byte| format!("{byte:02X}")).collect();
        format!("{hash}:7\r\n")
    });
    let mut lines: Vec<_> = hashes.collect();
    lines.sort();
    std::fs::write(&path, lines.concat()).unwrap();
    let server = Server::start_with(&[("VIRALFORGE_LEAKED_PASSWORDS", path.to_str().unwrap())]);
    let maria = Person::new(&server, "maria@example.com").await;
    let sign_up = |password: &str| {
        let body = json!({ "email": "eve@example.com", "password": password });
        answer(server.client.post(format!("{}/v1/auth/sign-up", server.url)).json(&body))
    };
    for password in leaked {
        let (status, problem) = sign_up(password).await;
        assert_eq!(status, 422, "{problem}");
        assert!(problem["detail"].as_str().unwrap().contains("leaked"), "{problem}");
        let change = json!({ "current_password": PASSWORD, "new_password": password });
        assert_eq!(answer(maria.ask(Method::PUT, "/v1/account/password").json(&change)).await.0, 422);
        let allowed = server.client.post(format!("{}/v1/operator/reset-password", server.url));
        let (_, allowed) = answer(allowed.json(&json!({ "email": "maria@example.com" }))).await;
        let choose = json!({ "token": allowed["token"], "new_password": password });
        assert_eq!(maria.post("/v1/auth/reset-password", &choose).await.0, 422);
    }
    assert_eq!(sign_up("long but leaked twice").await.0, 201);
}
