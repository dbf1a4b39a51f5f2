//! Messages about jobs that are over: signed, tried again, and given up where nobody takes them.

use std::sync::{Arc, Mutex};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit as _, Mac as _};
use reqwest::Method;
use serde_json::{Value, json};
use sha2::Sha256;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;

use crate::accounts::{Person, answer};
use crate::server::{Server, small_video};

/// A message as it came: the headers in lower case, and the body.
#[derive(Clone, Debug)]
pub(crate) struct Received {
    head: String,
    body: String,
}

impl Received {
    fn header(&self, name: &str) -> &str {
        let line = self.head.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(": "));
        line.unwrap_or_else(|| panic!("no {name} in {}", self.head))
    }

    /// As the specification has receivers verify it.
    pub(crate) fn is_signed_with(&self, secret: &str) -> bool {
        let key = STANDARD.decode(secret.strip_prefix("whsec_").unwrap()).unwrap();
        let mut mac = Hmac::<Sha256>::new_from_slice(&key).unwrap();
        mac.update(
            format!("{}.{}.{}", self.header("webhook-id"), self.header("webhook-timestamp"), self.body).as_bytes(),
        );
        let tag = STANDARD.decode(self.header("webhook-signature").strip_prefix("v1,").unwrap()).unwrap();
        mac.verify_slice(&tag).is_ok()
    }
}

/// Takes messages, and answers the first `failing` with 500 and a redirect into the open.
pub(crate) async fn receiver(failing: usize) -> (String, Arc<Mutex<Vec<Received>>>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/hook", listener.local_addr().unwrap());
    let received = Arc::new(Mutex::new(Vec::new()));
    let seen = Arc::clone(&received);
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let mut bytes = Vec::new();
            let (head, body) = loop {
                if stream.read_buf(&mut bytes).await.unwrap_or(0) == 0 {
                    break (String::new(), String::new());
                }
                let text = String::from_utf8_lossy(&bytes).into_owned();
                let Some((head, body)) = text.split_once("\r\n\r\n") else { continue };
                let head = head.to_owned();
                let length =
                    head.lines().find_map(|line| line.to_lowercase().strip_prefix("content-length: ")?.parse().ok());
                if body.len() >= length.unwrap_or(0) {
                    break (head, body.to_owned());
                }
            };
            let count = {
                let mut seen = seen.lock().unwrap();
                seen.push(Received { head, body });
                seen.len()
            };
            let status = if count > failing { "204 No Content" } else { "500 Oh No" };
            let answer = format!("HTTP/1.1 {status}\r\ncontent-length: 0\r\nconnection: close\r\n\r\n");
            let _ = stream.write_all(answer.as_bytes()).await;
        }
    });
    (url, received)
}

pub(crate) const ALLOWED: (&str, &str) = ("VIRALFORGE_OUTGOING_ALLOW", "127.0.0.0/8");
pub(crate) const NO_THUMBNAILS: (&str, &str) = ("VIRALFORGE_AUTO_THUMBNAILS", "false");

#[tokio::test]
async fn a_job_that_is_over_is_told_of_signed_and_again_until_it_is_taken() {
    let server = Server::start_with(&[ALLOWED, NO_THUMBNAILS]);
    let (maria, eve) = (Person::new(&server, "maria@example.com").await, Person::new(&server, "eve@example.com").await);
    let (url, received) = receiver(1).await;
    let (status, hook) = answer(maria.ask(Method::POST, "/v1/webhooks").json(&json!({ "url": url }))).await;
    assert_eq!(status, 201, "{hook}");
    let secret = hook["secret"].as_str().unwrap();
    let path = format!("/v1/webhooks/{}", hook["id"].as_str().unwrap());
    let asset = maria.upload().await;
    eve.upload().await;
    let deliveries = format!("{path}/deliveries");
    let page = maria.wait(&deliveries, |page| page["items"][0]["state"] == "delivered").await;
    let delivery = &page["items"][0];
    assert_eq!((page["items"].as_array().unwrap().len(), &delivery["tries"]), (1, &json!(2)), "{page}");
    assert_eq!((&delivery["type"], &delivery["answer"]), (&json!("job.succeeded"), &json!("204")));
    let messages = received.lock().unwrap().clone();
    assert_eq!(messages.len(), 2, "the first was answered with 500; Eve's are hers alone");
    for message in &messages {
        assert!(message.is_signed_with(secret), "{message:?}");
        let body: Value = serde_json::from_str(&message.body).unwrap();
        assert_eq!((&body["job"]["asset_id"], &body["job"]["kind"]), (&json!(asset), &json!("validation")));
        assert_eq!(body["id"], message.header("webhook-id"));
    }
    assert_eq!(messages[0].header("webhook-id"), messages[1].header("webhook-id"), "the same one, to know it by");
    assert!(!maria.get("/v1/webhooks").await.1.to_string().contains("whsec_"), "a secret is told once");
    let key = secret.strip_prefix("whsec_").unwrap();
    assert!(!server.log().iter().any(|line| line.to_string().contains(key)), "nor in the log, without its beginning");
    assert_eq!(eve.get(&path).await.0, 404);
    assert_eq!(answer(maria.ask(Method::DELETE, &path)).await.0, 204);
    assert_eq!(maria.get(&deliveries).await.0, 404);
}

#[tokio::test]
async fn a_webhook_that_only_fails_is_disabled_until_its_user_says_otherwise() {
    let server = Server::start_with(&[ALLOWED, NO_THUMBNAILS]);
    let maria = Person::new(&server, "maria@example.com").await;
    let (url, received) = receiver(20).await;
    let (_, hook) = answer(maria.ask(Method::POST, "/v1/webhooks").json(&json!({ "url": url }))).await;
    let path = format!("/v1/webhooks/{}", hook["id"].as_str().unwrap());
    let asset = maria.upload().await;
    maria.wait(&format!("/v1/assets/{asset}"), |asset| asset["state"] == "accepted").await;
    for _ in 0..19 {
        let job = json!({ "kind": "probe", "asset_id": asset, "options": {} });
        assert_eq!(answer(maria.ask(Method::POST, "/v1/jobs").json(&job)).await.0, 202);
    }
    let seen = maria.wait(&path, |hook| hook["state"] == "disabled").await;
    assert!(seen["failures"].as_i64().unwrap() >= 20, "{seen}");
    let tries = received.lock().unwrap().len();
    assert!((20..30).contains(&tries), "{tries}");
    let (_, events) = maria.get("/v1/account/events").await;
    assert_eq!(events.to_string().matches("webhook_disabled").count(), 1);
    let (status, hook) = answer(maria.ask(Method::POST, &format!("{path}/enable"))).await;
    assert_eq!((status.as_u16(), &hook["state"], &hook["failures"]), (200, &json!("active"), &json!(0)));
}

#[tokio::test]
async fn no_webhook_reaches_what_is_not_public() {
    let server = Server::start();
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    listener.set_nonblocking(true).unwrap();
    let port = listener.local_addr().unwrap().port();
    let hosts =
        ["127.0.0.1", "2130706433", "0x7f000001", "0177.0.0.1", "127.1", "[::1]", "[::ffff:127.0.0.1]", "0.0.0.0"];
    for host in hosts {
        for scheme in ["http", "https"] {
            let body = json!({ "url": format!("{scheme}://{host}:{port}/") });
            let made = server.client.post(format!("{}/v1/webhooks", server.url)).json(&body);
            assert_eq!(answer(made).await.0, 422, "{body}");
        }
    }
    for url in [
        "https://169.254.169.254/latest",
        "http://example.com/",
        "ftp://example.com/",
        "https://a:b@example.com/",
        "nonsense",
    ] {
        let made = server.client.post(format!("{}/v1/webhooks", server.url)).json(&json!({ "url": url }));
        assert_eq!(answer(made).await.0, 422, "{url}");
    }
    // A name that leads there is only found out when it is resolved.
    let body = json!({ "url": format!("https://localhost:{port}/") });
    let (status, hook) = answer(server.client.post(format!("{}/v1/webhooks", server.url)).json(&body)).await;
    assert_eq!(status, 201, "{hook}");
    server.upload(&small_video(), "a.mp4").await;
    let path = format!("/v1/webhooks/{}/deliveries", hook["id"].as_str().unwrap());
    let page = server.wait(&path, |page| page["items"][0]["answer"].is_string()).await;
    assert!(page["items"][0]["answer"].as_str().unwrap().contains("public internet"), "{page}");
    assert_eq!(listener.accept().unwrap_err().kind(), std::io::ErrorKind::WouldBlock, "no socket was opened");
}

#[tokio::test]
async fn webhooks_go_to_the_listed_hosts_alone_and_where_there_are_none_to_nobody() {
    let make = async |server: &Server, url: &str| {
        let made = server.client.post(format!("{}/v1/webhooks", server.url)).json(&json!({ "url": url }));
        answer(made).await
    };
    let (url, received) = receiver(0).await;
    let folder = tempfile::tempdir().unwrap();
    let listed = |hosts: &'static str| {
        Server::start_on(folder.path(), &[ALLOWED, NO_THUMBNAILS, ("VIRALFORGE_WEBHOOK_HOSTS", hosts)])
    };
    let server = listed("*.example.com, 127.0.0.1");
    let (status, hook) = make(&server, &url).await;
    assert_eq!(status, 201, "{hook}");
    for (host, status) in
        [("a.example.com", 201), ("example.com", 422), ("a.example.com.evil.net", 422), ("8.8.8.8", 422)]
    {
        assert_eq!(make(&server, &format!("https://{host}/")).await.0, status, "{host}");
    }
    server.kill();
    // A host that is no longer listed hears nothing, whoever named it.
    let server = listed("*.example.com");
    server.upload(&small_video(), "a.mp4").await;
    let path = format!("/v1/webhooks/{}/deliveries", hook["id"].as_str().unwrap());
    let page = server.wait(&path, |page| page["items"][0]["answer"].is_string()).await;
    assert!(page["items"][0]["answer"].as_str().unwrap().contains("that host"), "{page}");
    assert_eq!(received.lock().unwrap().len(), 0);
    server.kill();
    let server = listed("none");
    assert_eq!(make(&server, &url).await.0, 501);
}
