//! What operators and monitors see, and how the server ends.

use serde_json::Value;

use crate::server::Server;

#[tokio::test]
async fn without_the_key_nothing_is_told() {
    let server = Server::start();
    for path in ["/v1/assets", "/v1/jobs", "/v1/uploads/x", "/v1/nothing"] {
        let answer = reqwest::get(format!("{}{path}", server.url)).await.unwrap();
        assert_eq!(answer.status(), 401, "{path}");
        assert_eq!(answer.headers()["content-type"], "application/problem+json");
        assert_eq!(answer.headers()["www-authenticate"], "Bearer");
    }
    let wrong = reqwest::Client::new().get(format!("{}/v1/jobs", server.url)).bearer_auth("x").send().await.unwrap();
    assert_eq!(wrong.status(), 401);
    assert_eq!(server.get("/v1/jobs").send().await.unwrap().status(), 200);
}

#[tokio::test]
async fn it_is_alive_ready_and_measured() {
    let server = Server::start();
    assert_eq!(server.json("/health").await["status"], "ok");
    let ready = server.json("/ready").await;
    assert_eq!((&ready["status"], &ready["dependencies"]["database"]["status"]), (&"ok".into(), &"ok".into()));
    server.get("/v1/jobs").send().await.unwrap();
    let metrics = server.get("/metrics").send().await.unwrap().text().await.unwrap();
    assert!(metrics.contains("viralforge_http_seconds") && metrics.contains("route=\"/v1/jobs\""), "{metrics}");
    let answer = server.get("/nowhere").send().await.unwrap();
    assert_eq!(
        (answer.status().as_u16(), answer.headers()["x-content-type-options"].to_str().unwrap()),
        (404, "nosniff")
    );
    assert!(answer.headers().contains_key("x-request-id"));
    let problem: Value = answer.json().await.unwrap();
    assert_eq!(problem["code"], "not_found");
    let nameless = format!("/v1/files/{}/a.mp4", "0".repeat(32));
    for (path, status) in [("/v1/jobs?limit=many", 400), (nameless.as_str(), 400)] {
        let answer = server.get(path).send().await.unwrap();
        assert_eq!(
            (answer.status().as_u16(), &answer.headers()["content-type"]),
            (status, &"application/problem+json".parse().unwrap()),
            "{path}"
        );
    }
}

#[tokio::test]
async fn lists_come_in_pages() {
    let server = Server::start();
    for _ in 0..3 {
        server.upload(&crate::server::small_video(), "a.mp4").await;
    }
    let first = server.json("/v1/assets?limit=2").await;
    let second = server.json(&format!("/v1/assets?limit=2&cursor={}", first["next"].as_str().unwrap())).await;
    let ids = |page: &Value| {
        page["items"].as_array().unwrap().iter().map(|i| i["id"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!((ids(&first).len(), ids(&second).len(), &second["next"]), (2, 1, &Value::Null));
    assert!(ids(&first).iter().all(|id| !ids(&second).contains(id)));
    for wrong in ["cursor=..", "limit=0", "limit=101", "limit=1&limit=2", "state=lost", "kind=probe"] {
        assert_eq!(server.get(&format!("/v1/assets?{wrong}")).send().await.unwrap().status(), 400, "{wrong}");
    }
}

#[tokio::test]
async fn it_ends_when_it_is_told_to() {
    assert_eq!(Server::start().terminate(), 0);
}

#[tokio::test]
async fn wrong_settings_are_all_listed_and_nothing_is_started() {
    let output = std::process::Command::new(env!("CARGO_BIN_EXE_viralforge-server"))
        .env_clear()
        .env("VIRALFORGE_LISTEN", "nowhere")
        .env("VIRALFORGE_WORKERS", "many")
        .output()
        .unwrap();
    let text = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(2));
    assert!(text.contains("VIRALFORGE_LISTEN") && text.contains("VIRALFORGE_WORKERS"), "{text}");
}
