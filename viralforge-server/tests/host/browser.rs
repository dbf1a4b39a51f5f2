//! As much of a browser as it takes to go to a provider and come back.

use reqwest::{Client, Method, Response, StatusCode, redirect};
use serde_json::{Value, json};

use crate::accounts::{Person, answer};
use crate::rogue::Rogue;
use crate::server::Server;

/// A browser: it keeps the cookie of a sign-in, and follows nothing by itself.
pub(crate) struct Browser<'a> {
    server: &'a Server,
    pub(crate) client: Client,
    cookie: String,
}

impl<'a> Browser<'a> {
    pub(crate) fn new(server: &'a Server) -> Self {
        let client = Client::builder().redirect(redirect::Policy::none()).build().unwrap();
        Self { server, client, cookie: String::new() }
    }

    pub(crate) async fn get(&self, url: &str) -> Response {
        self.client.get(url).header("cookie", &self.cookie).send().await.unwrap()
    }

    /// Sends a form of a page of the server, with what else the browser has.
    pub(crate) async fn send(&self, url: &str, cookies: &str) -> Response {
        let cookies = format!("{}; {cookies}", self.cookie);
        self.client.post(url).header("cookie", cookies).header("origin", &self.server.url).send().await.unwrap()
    }

    /// Begins to sign in; the address at the provider.
    pub(crate) async fn begin(&mut self) -> String {
        self.begin_with("", "").await
    }

    pub(crate) async fn begin_with(&mut self, more: &str, cookies: &str) -> String {
        let sent = self.send(&format!("{}/v1/auth/oidc?return_to=/done{more}", self.server.url), cookies).await;
        assert_eq!((sent.status().as_u16(), &sent.headers()["cache-control"]), (303, &"no-store".parse().unwrap()));
        self.keep(&sent);
        location(&sent)
    }

    /// Begins to connect an account; the address at the provider.
    pub(crate) async fn connect(&mut self, person: &Person<'_>) -> String {
        let request = person.ask(Method::POST, "/v1/connections").header("cookie", &self.cookie);
        let sent = request.json(&json!({ "provider": "oidc", "return_to": "/done" })).send().await.unwrap();
        assert_eq!(sent.status(), 200);
        self.keep(&sent);
        sent.json::<Value>().await.unwrap()["authorization_url"].as_str().unwrap().to_owned()
    }

    pub(crate) fn keep(&mut self, sent: &Response) {
        let cookie = sent.headers()["set-cookie"].to_str().unwrap();
        assert!(cookie.starts_with("__Host-viralforge-oauth="), "{cookie}");
        assert!(["; Secure", "; HttpOnly", "; SameSite=Lax", "; Path=/;"].iter().all(|part| cookie.contains(part)));
        self.cookie = cookie.split(';').next().unwrap().to_owned();
    }

    /// Goes to the provider, and comes back; where that ends.
    pub(crate) async fn go(&self, at_provider: &str) -> Response {
        let back = location(&self.get(at_provider).await);
        assert!(back.starts_with(&format!("{}/v1/auth/oidc/callback?", self.server.url)), "{back}");
        self.get(&back).await
    }

    pub(crate) async fn sign_in(&mut self) -> Response {
        let at_provider = self.begin().await;
        self.go(&at_provider).await
    }

    /// Connects an account; the page that it ends at.
    pub(crate) async fn connected(&mut self, person: &Person<'_>) -> String {
        let at_provider = self.connect(person).await;
        let back = self.go(&at_provider).await;
        location(&back).strip_prefix(&self.server.url).unwrap().to_owned()
    }
}

pub(crate) fn location(sent: &Response) -> String {
    sent.headers()["location"].to_str().unwrap().to_owned()
}

/// The cookies of an answer, as a browser sends them.
pub(crate) fn cookies(answer: &Response) -> String {
    let cookies = answer.headers().get_all("set-cookie").iter();
    let cookies: Vec<_> = cookies.map(|cookie| cookie.to_str().unwrap().split(';').next().unwrap()).collect();
    cookies.join("; ")
}

/// The account that the cookies of an answer sign in to.
pub(crate) async fn account(server: &Server, signed_in: &Response) -> Value {
    let (status, account) = account_by(server, &cookies(signed_in)).await;
    assert_eq!(status, 200, "{account}");
    account
}

pub(crate) async fn account_by(server: &Server, cookies: &str) -> (StatusCode, Value) {
    answer(Client::new().get(format!("{}/v1/account", server.url)).header("cookie", cookies)).await
}

pub(crate) fn start(rogue: &Rogue, more: &[(&str, &str)]) -> Server {
    Server::start_with(&[&rogue.settings(), more].concat())
}
