//! Signing in with a provider, and connecting accounts there: with one that is as it should be, and with all that it
//! may do wrong. `tests/oidc` does it with a provider that others have made.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use reqwest::Method;
use serde_json::{Value, json};

use crate::accounts::{Person, answer};
use crate::browser::{Browser, account, location, start};
use crate::rogue::Rogue;
use crate::server::Server;

async fn refusals(person: &Person<'_>) -> usize {
    let (_, page) = person.get("/v1/account/events?limit=100").await;
    page["items"].as_array().unwrap().iter().filter(|event| event["event"] == "oauth_refused").count()
}

/// Waits until three quarters of the time of a token are over; a server looks when it starts.
async fn until_due(page: &Value) {
    let ms = |name: &str| page["items"][0][name].as_i64().unwrap();
    let due_ms = ms("expires_at_ms") - (ms("expires_at_ms") - ms("created_at_ms")) / 4 + 10;
    while SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_millis() as i64 <= due_ms {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

#[tokio::test]
async fn whoever_signs_in_with_a_provider_is_the_same_user_each_time() {
    let rogue = Rogue::start().await;
    let server = start(&rogue, &[("VIRALFORGE_SIGN_UP", "true")]);
    let listed = server.json("/v1/auth/providers").await;
    assert_eq!((&listed["items"][0]["provider"], &listed["items"][0]["sign_in"]), (&json!("oidc"), &json!(true)));
    let first = Browser::new(&server).sign_in().await;
    assert_eq!((first.status().as_u16(), location(&first)), (303, format!("{}/done", server.url)));
    let somebody = account(&server, &first).await;
    assert_eq!(somebody["email"], Value::Null, "what the provider says of addresses is not taken over");
    let again = Browser::new(&server).sign_in().await;
    assert_eq!(account(&server, &again).await["id"], somebody["id"]);
    rogue.be("somebody-else");
    let other = Browser::new(&server).sign_in().await;
    assert_ne!(account(&server, &other).await["id"], somebody["id"]);
    assert_eq!(*rogue.key_requests.lock().unwrap(), 1, "keys that are known are not asked for again");
}

#[tokio::test]
async fn what_was_begun_is_finished_once_and_where_it_was_begun() {
    let rogue = Rogue::start().await;
    let server = start(&rogue, &[("VIRALFORGE_SIGN_UP", "true")]);
    let (mut victim, mut thief) = (Browser::new(&server), Browser::new(&server));
    let at_provider = victim.begin().await;
    thief.begin().await;
    let back = location(&victim.get(&at_provider).await);
    // The thief finishes it in another browser: it does nothing, and is over.
    assert_eq!(thief.get(&back).await.status(), 400);
    assert_eq!(victim.get(&back).await.status(), 400);

    let at_provider = victim.begin().await;
    let back = location(&victim.get(&at_provider).await);
    let callback = format!("{}/v1/auth/oidc/callback", server.url);
    assert_eq!(victim.get(&callback).await.status(), 400, "no state");
    assert_eq!(victim.get(&format!("{callback}?state=&code=x")).await.status(), 400);
    assert_eq!(victim.get(&format!("{callback}?state=invented&code=x")).await.status(), 400);
    assert_eq!(Browser::new(&server).get(&back).await.status(), 400, "no cookie");
    let at_provider = victim.begin().await;
    let back = location(&victim.get(&at_provider).await);
    assert_eq!(victim.get(&back.replace("/oidc/", "/google/")).await.status(), 400, "another provider");

    let at_provider = victim.begin().await;
    let back = location(&victim.get(&at_provider).await);
    assert_eq!(victim.get(&back).await.status(), 303);
    assert_eq!(victim.get(&back).await.status(), 400, "a second time");
    // Two tabs of one browser do not disturb each other.
    let (one, two) = (victim.begin().await, victim.begin().await);
    for at_provider in [one, two] {
        assert_eq!(location(&victim.go(&at_provider).await), format!("{}/done", server.url));
    }
    // Refusals of nobody that is known are in the log of the operator alone; once each.
    let noted = server.rows("SELECT event FROM audit WHERE event = 'oauth_refused' AND user_id IS NULL").await;
    assert_eq!(noted.len(), 8);
}

#[tokio::test]
async fn the_page_to_come_back_to_is_of_this_server() {
    let rogue = Rogue::start().await;
    let server = start(&rogue, &[]);
    for page in [
        "//evil.example",
        "https://evil.example",
        "/\\evil.example",
        "\\\\evil.example",
        "/\t/evil.example",
        "/\n/evil.example",
        "javascript:alert(1)",
        "",
        "done",
        "///evil.example",
        "/%09/evil.example\r\n/",
        "@evil.example",
        ".evil.example",
    ] {
        let url = format!("{}/v1/auth/oidc", server.url);
        let url = url::Url::parse_with_params(&url, [("return_to", page)]).unwrap();
        let mut browser = Browser::new(&server);
        let sent = browser.send(url.as_str(), "").await;
        let status = sent.status();
        if status == 303 {
            // What is left stays on this server.
            browser.keep(&sent);
            let end = location(&browser.go(&location(&sent)).await);
            assert!(end.starts_with(&format!("{}/", server.url)), "{page:?}: {end}");
        } else {
            assert_eq!(status, 422, "{page:?}");
        }
    }
    for provider in ["google", "tiktok", "nobody"] {
        let url = format!("{}/v1/auth/{provider}", server.url);
        assert_eq!(Browser::new(&server).send(&url, "").await.status(), 404);
    }
}

#[tokio::test]
async fn whatever_a_provider_does_wrong_is_refused_and_noted_once() {
    let rogue = Rogue::start().await;
    let server = start(&rogue, &[]);
    let maria = Person::new(&server, "maria@example.com").await;
    let mut browser = Browser::new(&server);
    let mut noted = 0;
    for (twist, error) in [
        ("denied", "access_denied"),
        ("scope refused", "provider_refused"),
        ("no code", "provider_refused"),
        ("iss of another", "wrong_issuer"),
        ("no iss", "wrong_issuer"),
        ("500", "provider_failed"),
        ("busy", "provider_failed"),
        ("nonsense", "provider_failed"),
        ("empty", "provider_failed"),
        ("slow", "provider_failed"),
        ("endless", "provider_failed"),
        ("elsewhere", "provider_failed"),
        ("another kind of token", "provider_failed"),
        ("no id token", "bad_id_token"),
        ("alg none", "bad_id_token"),
        ("alg hmac", "bad_id_token"),
        ("alg of another kind", "bad_id_token"),
        ("unknown key", "bad_id_token"),
        ("wrong signature", "bad_id_token"),
        ("wrong aud", "bad_id_token"),
        ("aud of others as well", "bad_id_token"),
        ("azp of another", "bad_id_token"),
        ("wrong iss", "bad_id_token"),
        ("wrong nonce", "bad_id_token"),
        ("no nonce", "bad_id_token"),
        ("expired", "bad_id_token"),
        ("from the future", "bad_id_token"),
        ("not yet", "bad_id_token"),
        ("no sub", "bad_id_token"),
        ("user info of another", "bad_id_token"),
        ("no user info", "no_account"),
    ] {
        rogue.twist(twist);
        assert_eq!(browser.connected(&maria).await, format!("/done?error={error}"), "{twist}");
        noted += 1;
        assert_eq!(refusals(&maria).await, noted, "{twist}");
    }
    assert_eq!(maria.get("/v1/connections").await.1["items"], json!([]));
    assert_eq!(*rogue.key_requests.lock().unwrap(), 1, "names of keys are invented faster than they are asked for");
    for fine in ["no key named", ""] {
        rogue.twist(fine);
        assert_eq!(browser.connected(&maria).await, "/done", "{fine}");
    }
    assert_eq!(
        maria.get("/v1/connections").await.1["items"].as_array().unwrap().len(),
        1,
        "connected again, not twice"
    );
}

#[tokio::test]
async fn a_code_is_of_no_use_in_another_flow_or_a_second_time() {
    let rogue = Rogue::start().await;
    let server = start(&rogue, &[]);
    let (maria, eve) = (Person::new(&server, "maria@example.com").await, Person::new(&server, "eve@example.com").await);
    let (mut hers, mut other) = (Browser::new(&server), Browser::new(&server));
    let code = |back: &str| {
        let url = url::Url::parse(back).unwrap();
        url.query_pairs().find(|(name, _)| name == "code").unwrap().1.into_owned()
    };
    let at_provider = hers.connect(&maria).await;
    let stolen = location(&hers.get(&at_provider).await);
    let at_provider = other.connect(&eve).await;
    let own = location(&other.get(&at_provider).await);
    // Eve puts Maria's code into a flow of her own: the verifier of PKCE is another.
    let sent = other.get(&own.replace(&code(&own), &code(&stolen))).await;
    assert!(location(&sent).ends_with("/done?error=provider_refused"));
    let sent = hers.get(&stolen).await;
    assert!(location(&sent).ends_with("/done?error=provider_refused"), "the code was used");
    assert_eq!((refusals(&eve).await, refusals(&maria).await), (1, 1));
}

#[tokio::test]
async fn a_connection_is_its_users_alone_and_shows_no_token() {
    let rogue = Rogue::start().await;
    let server = start(&rogue, &[]);
    let (maria, eve) = (Person::new(&server, "maria@example.com").await, Person::new(&server, "eve@example.com").await);
    assert_eq!(Browser::new(&server).connected(&maria).await, "/done");
    let (_, page) = maria.get("/v1/connections").await;
    let connection = &page["items"][0];
    assert_eq!((&connection["provider"], &connection["account_name"]), (&json!("oidc"), &json!("Some Body")));
    assert_eq!(connection["scopes"], json!(["openid", "profile", "email", "offline_access"]));
    assert_eq!(connection["state"], "active");
    assert!(connection["expires_at_ms"].as_i64().unwrap() > connection["created_at_ms"].as_i64().unwrap() + 3_500_000);
    let refresh = rogue.refresh.lock().unwrap().clone();
    assert!(!page.to_string().contains("access-") && !page.to_string().contains(&refresh));
    for name in ["viralforge.db", "viralforge.db-wal"] {
        let bytes = std::fs::read(server.data().join(name)).unwrap_or_default();
        assert!(!bytes.windows(refresh.len()).any(|part| part == refresh.as_bytes()), "{name}");
    }
    let path = format!("/v1/connections/{}", connection["id"].as_str().unwrap());
    assert_eq!(eve.get("/v1/connections").await.1["items"], json!([]));
    assert_eq!(answer(eve.ask(Method::DELETE, &path)).await.0, 404);
    assert!(rogue.revoked.lock().unwrap().is_empty());
    assert_eq!(answer(maria.ask(Method::DELETE, &path)).await.0, 204);
    assert_eq!(*rogue.revoked.lock().unwrap(), [refresh]);
    assert_eq!(answer(maria.ask(Method::DELETE, &path)).await.0, 404);
    let (_, events) = maria.get("/v1/account/events").await;
    assert_eq!(
        (&events["items"][0]["event"], &events["items"][1]["event"]),
        (&json!("disconnected"), &json!("connected"))
    );
}

#[tokio::test]
async fn who_has_an_account_signs_in_by_what_they_connected_as_long_as_it_is() {
    let rogue = Rogue::start().await;
    let server = start(&rogue, &[]);
    let (maria, eve) = (Person::new(&server, "maria@example.com").await, Person::new(&server, "eve@example.com").await);
    let mut browser = Browser::new(&server);
    let closed = format!("{}/done?error=sign_up_closed", server.url);
    assert_eq!(location(&browser.sign_in().await), closed, "nobody knows who that is");
    assert_eq!(browser.connected(&maria).await, "/done");
    let signed_in = browser.sign_in().await;
    assert_eq!(account(&server, &signed_in).await["email"], "maria@example.com");
    assert_eq!(browser.connected(&eve).await, "/done?error=of_another_user");
    let (_, page) = maria.get("/v1/connections").await;
    let path = format!("/v1/connections/{}", page["items"][0]["id"].as_str().unwrap());
    assert_eq!(answer(maria.ask(Method::DELETE, &path)).await.0, 204);
    assert_eq!(location(&browser.sign_in().await), closed);
}

#[tokio::test]
async fn who_leaves_leaves_no_connection_behind() {
    let rogue = Rogue::start().await;
    let server = start(&rogue, &[]);
    let maria = Person::new(&server, "maria@example.com").await;
    let mut browser = Browser::new(&server);
    assert_eq!(browser.connected(&maria).await, "/done");
    browser.connect(&maria).await;
    let exported = maria.ask(Method::GET, "/v1/account/export").send().await.unwrap().text().await.unwrap();
    assert!(exported.contains("\"connection\"") && exported.contains("Some Body"), "{exported}");
    let refresh = rogue.refresh.lock().unwrap().clone();
    assert!(!exported.contains(&refresh));
    let leave = maria.ask(Method::DELETE, "/v1/account").json(&json!({ "password": crate::accounts::PASSWORD }));
    assert_eq!(answer(leave).await.0, 202);
    assert_eq!(*rogue.revoked.lock().unwrap(), [refresh]);
    let closed = format!("{}/done?error=sign_up_closed", server.url);
    assert_eq!(location(&browser.sign_in().await), closed, "nobody is that any more");
}

#[tokio::test]
async fn tokens_are_renewed_before_they_end_and_sealed_anew_with_a_new_key() {
    let rogue = Rogue::start().await;
    let folder = tempfile::tempdir().unwrap();
    let keys = ["first-0123456789abcdef0123456789", "second-0123456789abcdef0123456789"];
    let both = [keys[1], keys[0]].join(",");
    let on = |keys: &str| {
        Server::start_on(folder.path(), &[&rogue.settings()[..], &[("VIRALFORGE_ENCRYPTION_KEYS", keys)]].concat())
    };
    let server = on(keys[0]);
    let maria = Person::new(&server, "maria@example.com").await;
    rogue.last_for(4);
    assert_eq!(Browser::new(&server).connected(&maria).await, "/done");
    let (_, before) = maria.get("/v1/connections").await;
    let first = rogue.refresh.lock().unwrap().clone();
    server.kill();
    until_due(&before).await;
    rogue.last_for(3600);
    let server = on(&both);
    let maria = Person::back(&server, "maria@example.com").await;
    let renewed =
        maria.wait("/v1/connections", |page| page["items"][0]["expires_at_ms"] != before["items"][0]["expires_at_ms"]);
    let renewed = renewed.await;
    assert_eq!(
        (&renewed["items"][0]["state"], &renewed["items"][0]["scopes"]),
        (&json!("active"), &before["items"][0]["scopes"])
    );
    assert_ne!(*rogue.refresh.lock().unwrap(), first, "with rotation");
    assert_eq!(*rogue.renewals.lock().unwrap(), 1);

    // The old key is taken away: what is kept can still be read.
    server.kill();
    let server = on(keys[1]);
    let maria = Person::back(&server, "maria@example.com").await;
    let path = format!("/v1/connections/{}", renewed["items"][0]["id"].as_str().unwrap());
    assert_eq!(answer(maria.ask(Method::DELETE, &path)).await.0, 204);
    assert_eq!(*rogue.revoked.lock().unwrap(), [rogue.refresh.lock().unwrap().clone()]);
}

#[tokio::test]
async fn a_connection_that_the_provider_ends_is_lost_and_may_come_back() {
    let rogue = Rogue::start().await;
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start_on(folder.path(), &rogue.settings());
    let maria = Person::new(&server, "maria@example.com").await;
    rogue.last_for(2);
    assert_eq!(Browser::new(&server).connected(&maria).await, "/done");
    rogue.refresh.lock().unwrap().clear();
    let (_, page) = maria.get("/v1/connections").await;
    server.kill();
    until_due(&page).await;
    let server = Server::start_on(folder.path(), &rogue.settings());
    let maria = Person::back(&server, "maria@example.com").await;
    maria.wait("/v1/connections", |page| page["items"][0]["state"] == "lost").await;
    let lost = |page: &Value| {
        let events = page["items"].as_array().unwrap().iter();
        events.filter(|event| event["event"] == "connection_lost").count()
    };
    maria.wait("/v1/account/events?limit=100", |page| lost(page) == 1).await;
    rogue.last_for(3600);
    assert_eq!(Browser::new(&server).connected(&maria).await, "/done");
    let (_, page) = maria.get("/v1/connections").await;
    assert_eq!((&page["items"][0]["state"], page["items"].as_array().unwrap().len()), (&json!("active"), 1));
}
