//! Signing in with a provider: where it begins, what it ends, and how fresh it is.

use reqwest::Client;
use serde_json::json;

use crate::browser::{Browser, account, account_by, cookies, location, start};
use crate::rogue::Rogue;
use crate::server::Server;

#[tokio::test]
async fn only_a_form_of_an_allowed_page_begins_a_sign_in() {
    let rogue = Rogue::start().await;
    let server = start(&rogue, &[("VIRALFORGE_ALLOWED_ORIGINS", "https://app.example")]);
    let url = format!("{}/v1/auth/oidc", server.url);
    let browser = Browser::new(&server);
    let own = server.url.clone();
    for (name, value, status) in [
        ("origin", own.as_str(), 303),
        ("origin", "https://app.example", 303),
        ("sec-fetch-site", "same-origin", 303),
        ("origin", "https://evil.example", 403),
        ("origin", "null", 403),
        ("sec-fetch-site", "cross-site", 403),
        ("sec-fetch-site", "same-site", 403),
        // Typed into the address bar, say.
        ("sec-fetch-site", "none", 403),
        ("referer", own.as_str(), 403),
    ] {
        let sent = browser.client.post(&url).header(name, value).send().await.unwrap();
        assert_eq!(sent.status(), status, "{name}: {value}");
        assert_eq!(sent.headers().contains_key("set-cookie"), status == 303, "{name}: {value}");
    }
    // What a link, a picture or a redirect of any page has a browser ask for.
    let linked = browser.client.get(&url).header("origin", &own).send().await.unwrap();
    assert_eq!((linked.status().as_u16(), linked.headers()["allow"].to_str().unwrap()), (405, "POST"));
    let noted = server.rows("SELECT event FROM audit WHERE event = 'forgery_refused'").await;
    assert_eq!(noted.len(), 6);
}

#[tokio::test]
async fn a_sign_in_with_a_provider_ends_the_session_that_the_browser_had() {
    let rogue = Rogue::start().await;
    let server = start(&rogue, &[("VIRALFORGE_SIGN_UP", "true")]);
    let mut browser = Browser::new(&server);
    let first = cookies(&browser.sign_in().await);
    let elsewhere = cookies(&Browser::new(&server).sign_in().await);
    // One that comes to nothing ends nothing.
    rogue.twist("denied");
    let at_provider = browser.begin_with("", &first).await;
    assert!(location(&browser.go(&at_provider).await).ends_with("error=access_denied"));
    assert_eq!(account_by(&server, &first).await.0, 200);
    rogue.twist("");
    let at_provider = browser.begin_with("", &first).await;
    // The provider's site sends the browser back: strict cookies do not come along.
    let second = cookies(&browser.go(&at_provider).await);
    assert_eq!(account_by(&server, &first).await.0, 401, "it is over");
    assert_eq!(account_by(&server, &second).await.0, 200);
    assert_eq!(account_by(&server, &elsewhere).await.0, 200, "that of another browser goes on");
}

#[tokio::test]
async fn the_same_name_at_another_issuer_is_another_user() {
    let (one, two) = (Rogue::start().await, Rogue::start().await);
    let folder = tempfile::tempdir().unwrap();
    let on = |rogue: &Rogue| {
        Server::start_on(folder.path(), &[&rogue.settings()[..], &[("VIRALFORGE_SIGN_UP", "true")]].concat())
    };
    let mut ids = Vec::new();
    for rogue in [&one, &two, &one] {
        // Both know a subject of this name.
        rogue.be("somebody");
        let server = on(rogue);
        let signed_in = Browser::new(&server).sign_in().await;
        ids.push(account(&server, &signed_in).await["id"].clone());
        server.kill();
    }
    assert_ne!(ids[0], ids[1]);
    assert_eq!(ids[0], ids[2]);
}

#[tokio::test]
async fn a_document_that_names_another_issuer_is_not_believed() {
    let rogue = Rogue::start().await;
    let server = start(&rogue, &[("VIRALFORGE_SIGN_UP", "true")]);
    let url = format!("{}/v1/auth/oidc", server.url);
    for twist in ["document of another", "document with a slash", "document of nobody"] {
        rogue.twist(twist);
        let refused = Browser::new(&server).send(&url, "").await;
        assert_eq!((refused.status().as_u16(), refused.headers().contains_key("location")), (503, false), "{twist}");
    }
    // Nothing of it was kept.
    rogue.twist("");
    let signed_in = Browser::new(&server).sign_in().await;
    account(&server, &signed_in).await;
}

#[tokio::test]
async fn a_fresh_sign_in_is_one_that_the_provider_says_is() {
    let rogue = Rogue::start().await;
    let server = start(&rogue, &[("VIRALFORGE_SIGN_UP", "true")]);
    let mut browser = Browser::new(&server);
    for twist in ["no auth_time", "auth_time of before", "auth_time of text", "auth_time of the future"] {
        rogue.twist(twist);
        let at_provider = browser.begin_with("&fresh=true", "").await;
        assert!(at_provider.contains("&max_age=60"), "{at_provider}");
        assert!(location(&browser.go(&at_provider).await).ends_with("error=bad_id_token"), "{twist}");
    }
    rogue.twist("");
    // Out of a session that the provider has, which does not say how old it is: good enough to sign in, and no more.
    let leave = |cookies: String| {
        let request = Client::new().delete(format!("{}/v1/account", server.url)).header("cookie", cookies);
        request.header("origin", &server.url).header("x-viralforge-csrf", "1").json(&json!({})).send()
    };
    let old = cookies(&browser.sign_in().await);
    assert_eq!(leave(old).await.unwrap().status(), 403);
    rogue.twist("auth_time of before");
    let old = cookies(&browser.sign_in().await);
    assert_eq!(leave(old).await.unwrap().status(), 403);
    rogue.twist("");
    let at_provider = browser.begin_with("&fresh=true", "").await;
    let fresh = cookies(&browser.go(&at_provider).await);
    assert_eq!(leave(fresh).await.unwrap().status(), 202);
}
