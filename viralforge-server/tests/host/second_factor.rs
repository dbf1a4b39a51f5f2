//! One-time codes beside the password: turned on, asked for in every way to sign in, and turned off.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use reqwest::{Client, Method, Response, StatusCode};
use serde_json::{Value, json};
use totp_rs::{Builder, Secret};

use crate::accounts::{PASSWORD, Person, answer};
use crate::browser::{Browser, account_by, cookies, location, start};
use crate::rogue::Rogue;
use crate::server::Server;

const PATH: &str = "/v1/account/second-factor";

/// What shows codes, and the recovery codes.
struct Authenticator<'a> {
    server: &'a Server,
    secret: String,
    recovery: Vec<String>,
}

impl<'a> Authenticator<'a> {
    /// Turns the second factor on for somebody.
    async fn of(server: &'a Server, person: &Person<'_>) -> Authenticator<'a> {
        let (status, made) = answer(person.ask(Method::POST, PATH)).await;
        assert_eq!(status, 201, "{made}");
        let secret = made["secret"].as_str().unwrap().to_owned();
        assert!(made["otpauth_url"].as_str().unwrap().starts_with("otpauth://totp/ViralForge:"), "{made}");
        let mut authenticator = Authenticator { server, secret, recovery: Vec::new() };
        let code = json!({ "code": authenticator.code() });
        let (status, on) = answer(person.ask(Method::POST, &format!("{PATH}/confirm")).json(&code)).await;
        assert_eq!(status, 200, "{on}");
        authenticator.recovery = serde_json::from_value(on["recovery_codes"].clone()).unwrap();
        assert_eq!(authenticator.recovery.len(), 10);
        authenticator
    }

    /// The code of this moment, which is good for some seconds more.
    fn code(&self) -> String {
        let now = || SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs();
        while now() % 30 > 24 {
            std::thread::sleep(Duration::from_millis(200));
        }
        let now = now();
        let secret = Secret::try_from_base32(&self.secret).unwrap();
        Builder::new().with_secret(secret).build().unwrap().generate(now).to_string()
    }

    /// The same, as if a minute had passed since the last that was used.
    async fn next(&self) -> String {
        self.server.rows("UPDATE second_factors SET last_step = last_step - 2").await;
        self.code()
    }
}

async fn sign_in(server: &Server, password: &str, code: Option<&str>) -> (u16, Value) {
    let body = json!({ "email": "maria@example.com", "password": password, "code": code });
    let (status, answer) = answer(Client::new().post(format!("{}/v1/auth/sign-in", server.url)).json(&body)).await;
    (status.as_u16(), answer)
}

fn code_of(problem: &Value) -> &str {
    problem["code"].as_str().unwrap_or_default()
}

#[tokio::test]
async fn a_sign_in_takes_a_code_each_once_from_when_it_is_turned_on_until_it_is_off() {
    let server = Server::start();
    let maria = Person::new(&server, "maria@example.com").await;
    let phone = maria.sign_in(PASSWORD).await;
    assert_eq!(maria.get(PATH).await.1, json!({ "is_on": false, "recovery_codes_left": 0 }));
    // A secret that nobody has confirmed is asked for by nobody.
    assert_eq!(answer(maria.ask(Method::POST, PATH)).await.0, 201);
    assert_eq!(sign_in(&server, PASSWORD, None).await.0, 200);
    let wrong = answer(maria.ask(Method::POST, &format!("{PATH}/confirm")).json(&json!({ "code": "000000" }))).await;
    assert_eq!(wrong.0, 403);

    let authenticator = Authenticator::of(&server, &maria).await;
    assert_eq!(maria.get(PATH).await.1, json!({ "is_on": true, "recovery_codes_left": 10 }));
    assert_eq!(answer(maria.ask(Method::POST, PATH)).await.0, 409, "no other takes its place");
    assert_eq!(maria.refresh(&phone["refresh_token"]).await.0, 401, "other sessions began without it");
    let (status, problem) = sign_in(&server, PASSWORD, None).await;
    assert_eq!((status, code_of(&problem)), (403, "second_factor_required"));
    let (status, problem) = sign_in(&server, "not the password", None).await;
    assert_eq!((status, code_of(&problem)), (401, "unauthorized"), "who has no password hears of no second factor");
    assert_eq!(sign_in(&server, "not the password", Some(&authenticator.next().await)).await.0, 401);
    for code in ["", "000000", "maria"] {
        assert_eq!(sign_in(&server, PASSWORD, Some(code)).await.0, 403, "{code}");
    }
    let code = authenticator.next().await;
    assert_eq!(sign_in(&server, PASSWORD, Some(&code)).await.0, 200);
    assert_eq!(sign_in(&server, PASSWORD, Some(&code)).await.0, 403, "a code that somebody looked at is of no use");
    assert_eq!(sign_in(&server, PASSWORD, Some(&authenticator.recovery[0])).await.0, 200);
    assert_eq!(sign_in(&server, PASSWORD, Some(&authenticator.recovery[0])).await.0, 403);
    assert_eq!(maria.get(PATH).await.1["recovery_codes_left"], 9);

    let off = |password: &str, code: &str| {
        answer(maria.ask(Method::DELETE, PATH).json(&json!({ "password": password, "code": code })))
    };
    assert_eq!(off("wrong", &authenticator.next().await).await.0, 403);
    assert_eq!(off(PASSWORD, "000000").await.0, 403);
    assert_eq!(off(PASSWORD, &authenticator.recovery[0]).await.0, 403);
    assert_eq!(maria.get(PATH).await.1["is_on"], true);
    assert_eq!(off(PASSWORD, &authenticator.next().await).await.0, 204);
    assert_eq!(off(PASSWORD, "000000").await.0, 404);
    assert_eq!(sign_in(&server, PASSWORD, None).await.0, 200);
    assert_eq!(sign_in(&server, PASSWORD, Some(&authenticator.recovery[1])).await.0, 200, "what is sent too much");
    let events = maria.events().await;
    for (event, count) in
        [("second_factor_on", 1), ("second_factor_off", 1), ("recovery_code_used", 1), ("second_factor_failed", 7)]
    {
        assert_eq!(events.iter().filter(|known| *known == event).count(), count, "{event}: {events:?}");
    }
}

#[tokio::test]
async fn codes_are_not_guessed_and_a_new_password_does_not_get_around_them() {
    let server = Server::start_with(&[("VIRALFORGE_RATE_SIGN_INS", "6/1000000")]);
    let maria = Person::new(&server, "maria@example.com").await;
    let authenticator = Authenticator::of(&server, &maria).await;
    // A proof of the last ten minutes takes a code as well.
    let confirm = |code: Option<String>| {
        answer(maria.ask(Method::POST, "/v1/account/confirm").json(&json!({ "password": PASSWORD, "code": code })))
    };
    assert_eq!(code_of(&confirm(None).await.1), "second_factor_required");
    assert_eq!(confirm(Some(authenticator.next().await)).await.0, 204);
    // The token of the operator changes the password alone.
    let allow = server.client.post(format!("{}/v1/operator/reset-password", server.url));
    let (_, made) = answer(allow.json(&json!({ "email": "maria@example.com" }))).await;
    let choose = json!({ "token": made["token"], "new_password": "another long secret" });
    assert_eq!(maria.post("/v1/auth/reset-password", &choose).await.0, 204);
    let (status, problem) = sign_in(&server, "another long secret", None).await;
    assert_eq!((status, code_of(&problem)), (403, "second_factor_required"));
    let mut guessed = 0;
    loop {
        let (status, problem) = sign_in(&server, "another long secret", Some(&format!("{guessed:06}"))).await;
        if status == 429 {
            break;
        }
        assert_eq!(status, 403, "{problem}");
        guessed += 1;
    }
    assert!(guessed <= 5, "{guessed} codes were tried");
}

#[tokio::test]
async fn the_operator_turns_it_off_for_who_lost_it_and_nothing_of_it_can_be_read() {
    let server = Server::start();
    let maria = Person::new(&server, "maria@example.com").await;
    let authenticator = Authenticator::of(&server, &maria).await;
    for name in ["viralforge.db", "viralforge.db-wal"] {
        let bytes = std::fs::read(server.data().join(name)).unwrap_or_default();
        let raw = Secret::try_from_base32(&authenticator.secret).unwrap();
        for secret in [authenticator.secret.as_bytes(), raw.as_bytes(), authenticator.recovery[0].as_bytes()] {
            assert!(!bytes.windows(secret.len()).any(|part| part == secret), "{name}");
        }
    }
    let off = |body: Value| {
        answer(server.client.post(format!("{}/v1/operator/turn-second-factor-off", server.url)).json(&body))
    };
    assert_eq!(off(json!({ "email": "nobody@example.com" })).await.0, 404);
    assert_eq!(off(json!({ "email": "maria@example.com" })).await.0, 204);
    assert_eq!(off(json!({ "email": "maria@example.com" })).await.0, 404);
    assert_eq!(maria.get(PATH).await.0, 401, "sessions are over");
    let back = maria.again(PASSWORD).await;
    assert_eq!(back.events().await[1], "second_factor_off");
    // The operator signs in nowhere.
    let operator = server.client.post(format!("{}{PATH}", server.url));
    assert_eq!(answer(operator).await.0, 409);
}

async fn finish(server: &Server, cookies: &str, origin: &str, code: &str) -> Response {
    let request = Client::new().post(format!("{}/v1/auth/second-factor", server.url)).header("cookie", cookies);
    let request = request.header("origin", origin).header("x-viralforge-csrf", "1");
    request.json(&json!({ "code": code })).send().await.unwrap()
}

#[tokio::test]
async fn a_sign_in_with_a_provider_takes_a_code_as_well() {
    let rogue = Rogue::start().await;
    let server = start(&rogue, &[("VIRALFORGE_SIGN_UP", "true")]);
    let mut browser = Browser::new(&server);
    let at_provider = browser.begin_with("&fresh=true", "").await;
    let first = cookies(&browser.go(&at_provider).await);
    let ask = |method: Method, path: &str, body: Value| {
        let request = Client::new().request(method, format!("{}{path}", server.url)).header("cookie", &first);
        answer(request.header("origin", &server.url).header("x-viralforge-csrf", "1").json(&body))
    };
    let (status, made) = ask(Method::POST, PATH, json!({})).await;
    assert_eq!(status, StatusCode::CREATED, "{made}");
    let secret = made["secret"].as_str().unwrap().to_owned();
    let authenticator = Authenticator { server: &server, secret, recovery: Vec::new() };
    assert_eq!(ask(Method::POST, &format!("{PATH}/confirm"), json!({ "code": authenticator.code() })).await.0, 200);

    let half = browser.sign_in().await;
    assert_eq!(location(&half), format!("{}/done?second_factor=required", server.url));
    let half = cookies(&half);
    assert!(half.starts_with("__Host-viralforge-half=") && !half.contains("access"), "{half}");
    assert_eq!(account_by(&server, &half).await.0, 401, "not yet");
    assert_eq!(account_by(&server, &first).await.0, 200, "nothing has ended");
    let own = server.url.as_str();
    assert_eq!(finish(&server, &half, own, "000000").await.status(), 403);
    assert_eq!(finish(&server, "", own, &authenticator.next().await).await.status(), 401);
    assert_eq!(finish(&server, &half.replace('=', "=A"), own, &authenticator.next().await).await.status(), 401);
    let code = authenticator.next().await;
    assert_eq!(finish(&server, &half, "https://evil.example", &code).await.status(), 403);
    let whole = finish(&server, &format!("{half}; {first}"), own, &code).await;
    assert_eq!(whole.status(), 200);
    let whole = cookies(&whole);
    assert_eq!(account_by(&server, &whole).await.0, 200);
    assert_eq!(account_by(&server, &first).await.0, 401, "the session that the browser had is over");
    assert_eq!(finish(&server, &half, own, &code).await.status(), 403, "each sign-in takes a code of its own");
}

#[tokio::test]
async fn where_the_operator_wants_it_a_session_without_it_is_good_for_turning_it_on_alone() {
    let folder = tempfile::tempdir().unwrap();
    let before = Server::start_on(folder.path(), &[]);
    Person::new(&before, "maria@example.com").await;
    before.terminate();
    let server = Server::start_on(folder.path(), &[("VIRALFORGE_REQUIRE_SECOND_FACTOR", "true")]);
    let maria = Person::back(&server, "maria@example.com").await;
    for path in ["/v1/account", "/v1/assets", "/v1/jobs", "/v1/account/export"] {
        let (status, problem) = maria.get(path).await;
        assert_eq!((status.as_u16(), code_of(&problem)), (403, "second_factor_required"), "{path}");
    }
    let key = json!({ "name": "x", "scopes": ["read"] });
    assert_eq!(answer(maria.ask(Method::POST, "/v1/account/keys").json(&key)).await.0, 403);
    assert_eq!(maria.get(PATH).await.0, 200);
    Authenticator::of(&server, &maria).await;
    assert_eq!(maria.get("/v1/assets").await.0, 200);
    assert_eq!(answer(maria.ask(Method::POST, "/v1/account/keys").json(&key)).await.0, 201);
    assert_eq!(server.get("/v1/assets").send().await.unwrap().status(), 200, "the server's key is no session");
}

#[tokio::test]
async fn an_account_with_it_gets_another_password_and_is_deleted_with_a_code_alone() {
    let server = Server::start();
    let maria = Person::new(&server, "maria@example.com").await;
    let authenticator = Authenticator::of(&server, &maria).await;
    let leave = |password: &str, code: Option<&str>| {
        answer(maria.ask(Method::DELETE, "/v1/account").json(&json!({ "password": password, "code": code })))
    };
    let (status, problem) = leave(PASSWORD, None).await;
    assert_eq!((status.as_u16(), code_of(&problem)), (403, "second_factor_required"));
    let (status, problem) = leave("wrong", Some(&authenticator.next().await)).await;
    assert_eq!((status.as_u16(), code_of(&problem)), (403, "forbidden"));
    assert_eq!(leave(PASSWORD, Some("000000")).await.0, 403);
    assert_eq!(maria.get("/v1/account").await.0, 200, "it is still there");
    // A password alone is no proof for anything else either.
    server.rows("UPDATE sessions SET proved_at = proved_at - 600001").await;
    let confirm = |code: Option<&str>| {
        let body = json!({ "password": PASSWORD, "code": code });
        answer(maria.ask(Method::POST, "/v1/account/confirm").json(&body))
    };
    assert_eq!(code_of(&confirm(None).await.1), "second_factor_required");
    assert_eq!(code_of(&answer(maria.ask(Method::POST, "/v1/account/exports")).await.1), "confirm_first");
    assert_eq!(confirm(Some(&authenticator.next().await)).await.0, 204);
    assert_eq!(answer(maria.ask(Method::POST, "/v1/account/exports")).await.0, 202);
    // Nor does it make another password.
    let change = |code: Option<&str>| {
        let body = json!({ "current_password": PASSWORD, "new_password": "another long secret", "code": code });
        answer(maria.ask(Method::PUT, "/v1/account/password").json(&body))
    };
    assert_eq!(code_of(&change(None).await.1), "second_factor_required");
    assert_eq!(change(Some(&authenticator.next().await)).await.0, 204);
    assert_eq!(leave("another long secret", Some(&authenticator.next().await)).await.0, 202);
    assert_eq!(maria.get("/v1/account").await.0, 401);
}
