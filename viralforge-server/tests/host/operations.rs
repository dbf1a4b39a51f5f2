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

/// What somebody without the key gets from `/metrics` and `/ready`, where a proxy says that they are at `ip`.
async fn seen(server: &Server, ip: Option<&str>, key: bool) -> (u16, bool) {
    let ask = |path: &str| {
        let request = reqwest::Client::new().get(format!("{}{path}", server.url));
        let request = if key { request.bearer_auth(crate::server::KEY) } else { request };
        ip.into_iter().fold(request, |request, ip| request.header("x-forwarded-for", ip)).send()
    };
    let ready = ask("/ready").await.unwrap();
    assert_eq!(ready.status(), 200);
    let ready: Value = ready.json().await.unwrap();
    assert_eq!(ready["status"], "ok", "{ready}");
    (ask("/metrics").await.unwrap().status().as_u16(), ready["dependencies"].is_object())
}

#[tokio::test]
async fn what_is_for_operators_is_read_with_the_key_or_from_allowed_networks_alone() {
    let (all, nothing) = ((200, true), (401, false));
    let server = Server::start();
    assert_eq!(seen(&server, None, false).await, all, "this machine is allowed");
    for ip in ["8.8.8.8", "127.0.0.1", "10.0.0.1", "nonsense"] {
        assert_eq!(seen(&server, Some(ip), false).await, nothing, "the proxy is not known: {ip}");
        assert_eq!(seen(&server, Some(ip), true).await, all, "{ip}");
    }
    let server = Server::start_with(&[("VIRALFORGE_TRUSTED_PROXIES", "127.0.0.0/8")]);
    for (ip, expected) in
        [("8.8.8.8", nothing), ("2001:db8::1", nothing), ("10.1.2.3", all), ("10.1.2.3, 8.8.8.8", nothing)]
    {
        assert_eq!(seen(&server, Some(ip), false).await, expected, "{ip}");
    }
    let server = Server::start_with(&[("VIRALFORGE_MONITORING_ALLOW", "none")]);
    assert_eq!(seen(&server, None, false).await, nothing);
    assert_eq!(seen(&server, None, true).await, all);
    let server = Server::start_with(&[("VIRALFORGE_MONITORING_ALLOW", "192.0.2.0/24")]);
    assert_eq!(seen(&server, None, false).await, nothing);
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

#[tokio::test]
async fn every_error_is_a_problem_document_with_a_code_of_the_list() {
    let server = Server::start();
    let document = server.json("/v1/openapi.json").await;
    let codes = document["components"]["schemas"]["Problem"]["properties"]["code"]["enum"].as_array().unwrap().clone();
    let ask =
        |method: &str, path: &str| server.client.request(method.parse().unwrap(), format!("{}{path}", server.url));
    let nobody = "0".repeat(32);
    let job = || ask("POST", "/v1/jobs").header("content-type", "application/json");
    let cases = [
        (ask("GET", "/nowhere"), 404),
        (ask("GET", "/v1/nowhere"), 404),
        (ask("GET", &format!("/v1/jobs/{nobody}")), 404),
        (ask("PUT", "/v1/jobs"), 405),
        (ask("TRACE", "/health"), 405),
        (ask("GET", "/v1/jobs?limit=%ff"), 400),
        (ask("GET", "/v1/jobs?sort=age"), 400),
        (ask("GET", "/v1/jobs?kind=mining"), 400),
        (ask("GET", "/v1/jobs?asset_id=%00"), 400),
        (ask("GET", &format!("/v1/jobs/{nobody}/files?state=dead")), 404),
        (ask("POST", "/v1/jobs").body("{}"), 415),
        (job().body("{"), 400),
        (job().body("{}"), 422),
        (job().body(format!("{{\"kind\":\"{}\"}}", " ".repeat(3 << 20))), 413),
        (job().body(format!("{{\"kind\":\"probe\",\"asset_id\":\"{nobody}\",\"priority\":101}}")), 422),
        (job().body(format!("{{\"kind\":\"probe\",\"asset_id\":\"{nobody}\",\"prio\":1}}")), 422),
        (ask("POST", "/v1/uploads"), 412),
        (ask("GET", &format!("/v1/jobs?cursor={}", "a".repeat(9000))), 414),
        (ask("GET", "/v1/jobs").header("x-long", "a".repeat(17_000)), 431),
        ((0..120).fold(ask("GET", "/v1/jobs"), |ask, n| ask.header(format!("x-{n}"), "a")), 431),
    ];
    for (request, status) in cases {
        let answer = request.send().await.unwrap();
        let about = format!("{} {status}", answer.url());
        assert_eq!(answer.status().as_u16(), status, "{about:.200}");
        assert_eq!(answer.headers()["content-type"], "application/problem+json", "{about:.200}");
        assert_eq!(answer.headers().contains_key("allow"), status == 405, "{about:.200}");
        let problem: Value = answer.json().await.unwrap();
        assert!(codes.contains(&problem["code"]) && problem["status"] == status, "{problem}");
    }
}

#[tokio::test]
async fn what_is_long_and_holds_no_secret_is_compressed_and_nothing_else() {
    let server = Server::start();
    let asset = server.upload(&crate::server::demo_video(), "a.mp4").await;
    let path = format!("/v1/assets/{}", asset["id"].as_str().unwrap());
    let job: Value = server.ask("analyze", asset["id"].as_str().unwrap(), Value::Null).await.json().await.unwrap();
    let job = server.job(job["id"].as_str().unwrap()).await;
    let job_path = format!("/v1/jobs/{}", job["id"].as_str().unwrap());
    let file = job["outputs"][0]["url"].as_str().unwrap().strip_prefix(&server.url).unwrap().to_owned();
    for (path, compressed) in [
        ("/v1/openapi.json", true),
        ("/docs", true),
        ("/v1/assets", true),
        // Short.
        ("/health", false),
        ("/v1/uploads/nothing", false),
        // With signed addresses.
        (&path, false),
        (&job_path, false),
        (&format!("{job_path}/files"), false),
        // An event stream, and a file.
        (&format!("{job_path}/events"), false),
        (&file, false),
    ] {
        let answer = server.get(path).header("accept-encoding", "gzip").send().await.unwrap();
        let encoding = answer.headers().get("content-encoding").map(|value| value.to_str().unwrap().to_owned());
        assert_eq!(encoding.as_deref() == Some("gzip"), compressed, "{path}");
        let plain = server.get(path).send().await.unwrap();
        assert!(!plain.headers().contains_key("content-encoding"), "{path}");
    }
    let part =
        server.get(&file).header("accept-encoding", "gzip").header("range", "bytes=0-2000").send().await.unwrap();
    assert!(part.status() == 206 && !part.headers().contains_key("content-encoding"));
}

#[tokio::test]
async fn lists_are_filtered() {
    let server = Server::start_with(&[("VIRALFORGE_AUTO_THUMBNAILS", "false")]);
    let asset = server.upload(&crate::server::small_video(), "a.mp4").await;
    let asset = asset["id"].as_str().unwrap();
    let job: Value = server.ask("write-waveform", asset, Value::Null).await.json().await.unwrap();
    let job = job["id"].as_str().unwrap();
    server.job(job).await;
    let nobody = "0".repeat(32);
    for (path, count) in [
        ("/v1/assets?state=accepted", 1),
        ("/v1/assets?state=rejected", 0),
        ("/v1/uploads?state=complete", 1),
        ("/v1/uploads?state=open", 0),
        ("/v1/jobs", 2),
        ("/v1/jobs?kind=write-waveform", 1),
        ("/v1/jobs?kind=validation&state=succeeded", 1),
        (&format!("/v1/jobs?asset_id={asset}&limit=100"), 2),
        (&format!("/v1/jobs?asset_id={nobody}"), 0),
        (&format!("/v1/assets/{asset}/files"), 2),
        (&format!("/v1/jobs/{job}/files"), 2),
    ] {
        assert_eq!(server.json(path).await["items"].as_array().unwrap().len(), count, "{path}");
    }
    let first = server.json(&format!("/v1/jobs/{job}/files?limit=1")).await;
    let next = first["next"].as_str().unwrap();
    let second = server.json(&format!("/v1/jobs/{job}/files?limit=1&cursor={next}")).await;
    let name = |page: &Value| page["items"][0]["name"].as_str().unwrap().to_owned();
    assert_eq!(
        (name(&first), name(&second), &second["next"]),
        ("report.json".into(), "waveform.dat".into(), &Value::Null)
    );
}
