//! What every answer says to browsers, and what no log tells.

use reqwest::{Client, Method, Response};

use crate::accounts::operations;
use crate::server::{KEY, Server, tells_a_secret};

fn header(response: &Response, name: &str) -> String {
    let values: Vec<_> = response.headers().get_all(name).iter().map(|value| value.to_str().unwrap()).collect();
    values.join(", ")
}

#[tokio::test]
async fn every_answer_has_the_headers_that_keep_browsers_safe_errors_too() {
    let server = Server::start_with(&[("VIRALFORGE_PUBLIC_URL", "https://media.example")]);
    let mut asked: Vec<_> = operations(&server).await.into_iter().map(|(method, path, _)| (method, path)).collect();
    asked.extend([
        (Method::GET, "/".to_owned()),
        (Method::GET, "/nowhere".to_owned()),
        (Method::TRACE, "/v1/jobs".to_owned()),
    ]);
    asked.push((Method::GET, format!("/v1/{}", "a".repeat(9000))));
    for (method, path) in asked {
        let address = format!("{}{}", server.url, path.replace("{id}", &"0".repeat(32)).replace("{name}", "x"));
        for key in ["wrong", KEY] {
            let response = Client::new().request(method.clone(), &address).bearer_auth(key).send().await.unwrap();
            for (name, value) in [
                ("x-content-type-options", "nosniff"),
                ("x-frame-options", "DENY"),
                ("referrer-policy", "no-referrer"),
                ("cross-origin-opener-policy", "same-origin"),
                ("strict-transport-security", "max-age=31536000; includeSubDomains"),
            ] {
                assert_eq!(header(&response, name), value, "{method} {path} {name}");
            }
            let policy = header(&response, "content-security-policy");
            assert!(policy.starts_with("default-src 'none'") && policy.contains("base-uri 'none'"), "{method} {path}");
            assert!(!policy.contains("unsafe") && !policy.contains('*'), "{method} {path}: {policy}");
            assert!(policy.contains("frame-ancestors 'none'"), "{method} {path}: {policy}");
            assert_eq!(header(&response, "cache-control"), "no-store", "{method} {path}");
            let media_type = header(&response, "content-type");
            assert!(!media_type.starts_with("text/") || media_type.ends_with("; charset=utf-8"), "{method} {path}");
            assert!(!response.headers().contains_key("server") && !response.headers().contains_key("x-powered-by"));
        }
    }
}

#[tokio::test]
async fn pages_of_allowed_sites_may_read_answers_and_no_others() {
    let server = Server::start_with(&[("VIRALFORGE_ALLOWED_ORIGINS", "https://app.example, https://b.example")]);
    let ask = |method: Method, origin: &'static str| {
        Client::new().request(method, format!("{}/v1/uploads", server.url)).bearer_auth(KEY).header("origin", origin)
    };
    let read = ask(Method::GET, "https://app.example").send().await.unwrap();
    assert_eq!(header(&read, "access-control-allow-origin"), "https://app.example");
    assert_eq!(header(&read, "access-control-allow-credentials"), "true");
    assert!(header(&read, "vary").contains("origin"));
    assert!(header(&read, "access-control-expose-headers").contains("upload-offset"));
    for origin in
        ["https://evil.example", "https://app.example.evil", "http://app.example", "null", "https://APP.example"]
    {
        for method in [Method::GET, Method::OPTIONS] {
            let refused = ask(method, origin).header("access-control-request-method", "POST").send().await.unwrap();
            assert_eq!(header(&refused, "access-control-allow-origin"), "", "{origin}");
        }
    }
    let asks = ask(Method::OPTIONS, "https://b.example").header("access-control-request-method", "PATCH");
    let may = asks.send().await.unwrap();
    assert_eq!(may.status(), 204);
    assert!(header(&may, "access-control-allow-methods").contains("PATCH"));
    assert!(header(&may, "access-control-allow-headers").contains("upload-offset"));
    assert_eq!(header(&may, "tus-version"), "", "it is the browser that asked");
    // And a client of tus still hears what tus can do.
    let offer = ask(Method::OPTIONS, "https://b.example").send().await.unwrap();
    assert_eq!(header(&offer, "tus-version"), "1.0.0");
}

#[tokio::test]
async fn a_request_keeps_its_name_where_that_is_one() {
    let server = Server::start();
    let name = async |name: &str| {
        header(&server.get("/health").header("x-request-id", name).send().await.unwrap(), "x-request-id")
    };
    assert_eq!(name("trace-1.a_B").await, "trace-1.a_B");
    let long = "a".repeat(65);
    for odd in ["", "a b", "a\"b", "{}", "a/b", &long] {
        let given = name(odd).await;
        assert!(given != odd && given.len() == 36, "{odd:?} became {given:?}");
    }
}

#[test]
fn the_watch_over_the_log_knows_a_secret() {
    for line in [
        KEY,
        "Bearer vf_abc",
        "eyJhbGciOiJFZERTQSJ9.x",
        "maria@example.com",
        "?expires=1&signature=abc",
        "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
        "webhook-signature: v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
        "client_secret=a secret: +/=&?",
        "authorization: Basic dmlyYWw6Zm9yZ2U=",
        "refresh_token=rogue-gives-refresh-1",
        "code=rogue-gives-1",
    ] {
        assert!(tells_a_secret(line), "{line}");
    }
    assert!(!tells_a_secret("{\"fields\":{\"message\":\"request\",\"route\":\"/v1/jobs/{id}\"}}"));
}
