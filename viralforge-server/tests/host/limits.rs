//! Rates and quotas: exact at their edges, alone, together, and without Redis.

use std::time::Duration;

use futures_util::future::join_all;
use reqwest::{Client, Method, Response};
use serde_json::{Value, json};

use crate::accounts::{Person, answer};
use crate::redis::Redis;
use crate::server::{Server, small_video};

/// So long a window that nothing is given back while a test runs.
const LONG: &str = "1000000";

fn rate(quota: u32) -> String {
    format!("{quota}/{LONG}")
}

/// How many of `count` requests at the same time are answered and how many refused.
async fn at_once(person: &Person<'_>, count: usize) -> (usize, usize) {
    let all = join_all((0..count).map(|_| person.ask(Method::GET, "/v1/jobs").send())).await;
    let has = |status: u16| all.iter().filter(|answer| answer.as_ref().unwrap().status() == status).count();
    let (passed, refused) = (has(200), has(429));
    assert_eq!(passed + refused, count);
    (passed, refused)
}

fn header<'a>(response: &'a Response, name: &str) -> &'a str {
    response.headers().get(name).map_or("", |value| value.to_str().unwrap())
}

#[tokio::test]
async fn of_a_thousand_requests_at_once_exactly_the_quota_is_answered() {
    let server = Server::start_with(&[("VIRALFORGE_RATE_GENERAL", &rate(100))]);
    let maria = Person::new(&server, "maria@example.com").await;
    // Signing in was one, from this address.
    assert_eq!(at_once(&maria, 1000).await, (99, 901));
    // Whoever holds the server's key has no limit, and an open interface needs none.
    assert_eq!(server.get("/v1/jobs").send().await.unwrap().status(), 200);
    assert_eq!(Client::new().get(format!("{}/health", server.url)).send().await.unwrap().status(), 200);
}

#[tokio::test]
async fn two_servers_on_one_redis_answer_the_quota_together_and_each_its_share_without_it() {
    let Some(mut redis) = Redis::start() else { return };
    let folder = tempfile::tempdir().unwrap();
    let (general, url) = (rate(100), redis.url());
    let settings = [("VIRALFORGE_RATE_GENERAL", general.as_str()), ("REDIS_URL", &url), ("VIRALFORGE_REPLICAS", "2")];
    let one = Server::start_on(folder.path(), &settings);
    let two = Server::start_on(folder.path(), &settings);
    let maria = Person::new(&one, "maria@example.com").await;
    // The public address is another, so that the token has another issuer: she signs in there as well.
    let also = Person::back(&two, "maria@example.com").await;
    let ((a, _), (b, _)) = tokio::join!(at_once(&maria, 500), at_once(&also, 500));
    // Signing in were two from this address; as a user she could have had 100.
    assert_eq!(a + b, 98);
    redis.kill();
    // Now each allows a half by itself, by a count of its own, and nobody waits for Redis.
    let ((a, _), (b, _)) = tokio::join!(at_once(&maria, 300), at_once(&also, 300));
    assert_eq!((a, b), (50, 50));
    redis.start_again();
    let began = std::time::Instant::now();
    while maria.get("/v1/jobs").await.0 != 200 {
        assert!(began.elapsed() < Duration::from_secs(30), "Redis, which begins anew, is not asked again");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

#[tokio::test]
async fn headers_tell_how_much_is_left_and_when_there_is_more() {
    let server = Server::start_with(&[("VIRALFORGE_RATE_GENERAL", "10/900"), ("VIRALFORGE_RATE_UPLOADS", "2/60")]);
    let maria = Person::new(&server, "maria@example.com").await;
    let first = maria.ask(Method::GET, "/v1/jobs").send().await.unwrap();
    assert_eq!(header(&first, "ratelimit-policy"), "\"general\";q=10;w=900");
    assert_eq!(header(&first, "ratelimit"), "\"general\";r=9;t=90");
    for left in [1, 0] {
        let begun = maria.ask(Method::PUT, "/v1/assets/a.mp4").body(small_video()).send().await.unwrap();
        assert_eq!(begun.status(), 201);
        let text = header(&begun, "ratelimit");
        assert!(text.contains(&format!("\"uploads\";r={left};")) && text.contains("\"general\";r="), "{text}");
    }
    let refused = maria.ask(Method::PUT, "/v1/assets/a.mp4").body(small_video()).send().await.unwrap();
    assert_eq!(refused.status(), 429);
    let wait: i64 = header(&refused, "retry-after").parse().unwrap();
    assert!((1..=30).contains(&wait), "{wait}");
    assert_eq!(header(&refused, "content-type"), "application/problem+json");
    assert!(header(&refused, "ratelimit").contains("\"uploads\";r=0;"));
    assert_eq!(refused.json::<Value>().await.unwrap()["code"], "rate_limited");
}

#[tokio::test]
async fn the_parts_of_an_upload_have_a_rate_of_their_own() {
    let server = Server::start_with(&[("VIRALFORGE_RATE_GENERAL", &rate(8)), ("VIRALFORGE_RATE_PARTS", &rate(30))]);
    let maria = Person::new(&server, "maria@example.com").await;
    let begin = maria.ask(Method::POST, "/v1/uploads").header("tus-resumable", "1.0.0").header("upload-length", 5000);
    let begun = begin.send().await.unwrap();
    let path = begun.headers()["location"].to_str().unwrap().split_once("/v1/").unwrap().1.to_owned();
    let part = |offset: usize| {
        let bytes = small_video()[offset..offset + 10].to_vec();
        let request = maria.ask(Method::PATCH, &format!("/v1/{path}")).header("tus-resumable", "1.0.0");
        let request = request.header("content-type", "application/offset+octet-stream");
        answer(request.header("upload-offset", offset).body(bytes))
    };
    for number in 0..30 {
        assert_eq!(part(number * 10).await.0, 204, "part {number}");
    }
    assert_eq!(part(300).await.0, 429);
    assert_eq!(maria.get("/v1/uploads").await.0, 200, "the general rate has room");
}

#[tokio::test]
async fn passwords_are_not_tried_without_end_from_one_address_or_from_many() {
    let settings = [("VIRALFORGE_RATE_SIGN_INS", "5/1000000"), ("VIRALFORGE_TRUSTED_PROXIES", "127.0.0.0/8")];
    let server = Server::start_with(&settings);
    let wrong = |ip: String, email: &str| {
        let body = json!({ "email": email, "password": "a wrong password" });
        answer(Client::new().post(format!("{}/v1/auth/sign-in", server.url)).header("x-forwarded-for", ip).json(&body))
    };
    // From many addresses, at one account.
    for n in 0..5 {
        assert_eq!(wrong(format!("192.0.2.{n}"), "maria@example.com").await.0, 401);
    }
    assert_eq!(wrong("192.0.2.9".to_owned(), "maria@example.com").await.0, 429);
    assert_eq!(wrong("192.0.2.9".to_owned(), "someone@example.com").await.0, 401, "others are not held up");
    // From one network, at many accounts.
    for n in 0..5 {
        assert_eq!(wrong(format!("2001:db8::{n}"), &format!("a{n}@example.com")).await.0, 401);
    }
    assert_eq!(wrong("2001:db8::9:9".to_owned(), "b@example.com").await.0, 429);
    assert_eq!(wrong("2001:db8:0:1::9".to_owned(), "b@example.com").await.0, 401);
}

#[tokio::test]
async fn a_user_keeps_no_more_than_they_may() {
    let length = small_video().len();
    let room = (length * 2 + length / 2).to_string();
    let settings = [("VIRALFORGE_USER_STORAGE_BYTES", room.as_str()), ("VIRALFORGE_AUTO_THUMBNAILS", "false")];
    let server = Server::start_with(&settings);
    let maria = Person::new(&server, "maria@example.com").await;
    let all =
        join_all((0..6).map(|n| maria.ask(Method::PUT, &format!("/v1/assets/{n}.mp4")).body(small_video()).send()));
    let statuses: Vec<_> = all.await.into_iter().map(|answer| answer.unwrap().status().as_u16()).collect();
    let taken = statuses.iter().filter(|status| **status == 201).count();
    assert!(taken <= 2 && statuses.iter().all(|status| [201, 403].contains(status)), "{statuses:?}");
    while maria.get("/v1/account").await.1["usage"]["storage_bytes"].as_u64().unwrap() < 2 * length as u64 {
        maria.upload().await;
    }
    let (status, problem) = answer(maria.ask(Method::PUT, "/v1/assets/x.mp4").body(small_video())).await;
    assert_eq!((status.as_u16(), problem["code"].as_str()), (403, Some("quota_exceeded")));
    let begin = maria.ask(Method::POST, "/v1/uploads").header("tus-resumable", "1.0.0").header("upload-length", length);
    assert_eq!(answer(begin).await.0, 403);
    let (_, uploads) = maria.get("/v1/uploads?state=open").await;
    assert_eq!(uploads["items"], json!([]), "what was refused leaves nothing");
    server.upload(&small_video(), "operator.mp4").await;
}

#[tokio::test]
async fn a_user_has_no_more_minutes_processed_than_they_may() {
    let settings = [("VIRALFORGE_USER_MINUTES", "0"), ("VIRALFORGE_AUTO_THUMBNAILS", "false")];
    let server = Server::start_with(&settings);
    let maria = Person::new(&server, "maria@example.com").await;
    let asset = maria.upload().await;
    maria.wait(&format!("/v1/assets/{asset}"), |asset| asset["state"] == "accepted").await;
    let ask = |key: &'static str| {
        let body = json!({ "kind": "probe", "asset_id": asset, "options": {} });
        answer(maria.ask(Method::POST, "/v1/jobs").header("idempotency-key", key).json(&body))
    };
    let (status, problem) = ask("a").await;
    assert_eq!((status.as_u16(), problem["code"].as_str()), (403, Some("quota_exceeded")), "{problem}");
    assert_eq!(maria.get("/v1/jobs?kind=probe").await.1["items"], json!([]), "and no job is there");
    let usage = maria.get("/v1/account").await.1["usage"].clone();
    assert_eq!((&usage["processed_seconds"], &usage["processed_seconds_limit"]), (&json!(0), &json!(0)));

    let folder = server.kill().unwrap();
    let server = Server::start_on(folder.path(), &[("VIRALFORGE_USER_MINUTES", "1")]);
    let maria = Person::back(&server, "maria@example.com").await;
    let again = |key: &'static str| {
        let body = json!({ "kind": "probe", "asset_id": asset, "options": {} });
        answer(maria.ask(Method::POST, "/v1/jobs").header("idempotency-key", key).json(&body))
    };
    // Asking for the same twice counts once.
    for key in ["a", "a", "b"] {
        assert_eq!(again(key).await.0, 202);
    }
    let (_, asset) = maria.get(&format!("/v1/assets/{asset}")).await;
    let seconds = asset["media"]["duration_seconds"].as_f64().unwrap();
    let usage = maria.get("/v1/account").await.1["usage"].clone();
    assert_eq!(usage["processed_seconds"].as_i64().unwrap(), ((seconds * 1000.0) as i64 * 2) / 1000, "{usage}");
}
