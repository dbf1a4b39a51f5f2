//! Deleting: at once for everybody who asks, and gone from storage and tables soon after.

use reqwest::{Client, Method};
use serde_json::{Value, json};

use crate::accounts::{PASSWORD, Person, answer};
use crate::server::{Server, small_video};

fn address(file: &Value) -> String {
    file["url"].as_str().unwrap().to_owned()
}

async fn status(url: &str) -> u16 {
    Client::new().get(url).send().await.unwrap().status().as_u16()
}

/// What is left in the folder of media, where there is one.
fn left(server: &Server) -> usize {
    let folder = server.data().join("media/assets");
    std::fs::read_dir(folder).map_or(0, |entries| entries.count())
}

#[tokio::test]
async fn a_deleted_asset_is_gone_for_everybody_with_all_that_was_made_of_it() {
    let server = Server::start_with(&[("VIRALFORGE_LEASE_SECONDS", "1")]);
    let asset = server.upload(&small_video(), "a.mp4").await;
    let id = asset["id"].as_str().unwrap();
    let thumbnails = server.wait(&format!("/v1/assets/{id}"), |asset| asset["files"][2]["url"].is_string()).await;
    let job = server.ask("probe", id, json!({})).await.json::<Value>().await.unwrap();
    server.job(job["id"].as_str().unwrap()).await;
    let thumbnail = address(&thumbnails["files"][0]);
    assert_eq!(status(&thumbnail).await, 200);
    let other = server.upload(&small_video(), "b.mp4").await;

    let deleted = server.client.delete(format!("{}/v1/assets/{id}", server.url)).send().await.unwrap();
    assert_eq!(deleted.status(), 204);
    assert_eq!(status(&thumbnail).await, 404, "an address that is signed opens nothing any more");
    let paths =
        [format!("/v1/assets/{id}"), format!("/v1/jobs/{}", job["id"].as_str().unwrap()), format!("/v1/uploads/{id}")];
    for path in &paths {
        assert_eq!(server.get(path).send().await.unwrap().status(), 404, "{path}");
    }
    let listed = server.json("/v1/assets").await.to_string() + &server.json("/v1/jobs").await.to_string();
    assert!(!listed.contains(id) && listed.contains(other["id"].as_str().unwrap()));
    assert_eq!(server.client.delete(format!("{}/v1/assets/{id}", server.url)).send().await.unwrap().status(), 404);
    assert!(left(&server) <= 1, "no worker is at it, so that it is gone from the storage as well");
}

#[tokio::test]
async fn an_asset_that_is_worked_on_is_gone_at_once_as_well_and_its_job_publishes_nothing() {
    let server = Server::start_with(&[("VIRALFORGE_LEASE_SECONDS", "1")]);
    let asset = server.upload(&crate::server::demo_video(), "a.mp4").await;
    let id = asset["id"].as_str().unwrap();
    let job = server.ask("clip-generation", id, json!({ "to": ["tiktok"] })).await.json::<Value>().await.unwrap();
    let path = format!("/v1/jobs/{}", job["id"].as_str().unwrap());
    server.wait(&path, |job| job["state"] == "running").await;
    let deleted = server.client.delete(format!("{}/v1/assets/{id}", server.url)).send().await.unwrap();
    assert_eq!(deleted.status(), 204);
    assert_eq!(server.get(&path).send().await.unwrap().status(), 404);
    // Two leases after its worker has let go of it, the next round removes what is left; each start begins with one.
    let folder = server.terminate_keeping();
    for _ in 0..20 {
        let server = Server::start_on(folder.path(), &[("VIRALFORGE_LEASE_SECONDS", "1")]);
        tokio::time::sleep(std::time::Duration::from_millis(500)).await;
        if left(&server) == 0 {
            return;
        }
    }
    panic!("it is still in the storage");
}

#[tokio::test]
async fn an_account_is_exported_and_deleted_with_all_that_is_its() {
    let server = Server::start_with(&[("VIRALFORGE_LEASE_SECONDS", "1")]);
    let (maria, eve) = (Person::new(&server, "maria@example.com").await, Person::new(&server, "eve@example.com").await);
    let (asset, others) = (maria.upload().await, eve.upload().await);
    let seen = maria.wait(&format!("/v1/assets/{asset}"), |asset| asset["files"][2]["url"].is_string()).await;
    let begin = maria.ask(Method::POST, "/v1/uploads").header("tus-resumable", "1.0.0").header("upload-length", 100);
    assert_eq!(answer(begin).await.0, 201);

    let export = maria.ask(Method::GET, "/v1/account/export").send().await.unwrap();
    assert_eq!(export.headers()["content-type"], "application/x-ndjson");
    let lines: Vec<Value> =
        export.text().await.unwrap().lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let count = |kind: &str| lines.iter().filter(|line| line["type"] == kind).count();
    assert_eq!((count("account"), count("session"), count("asset"), count("upload")), (1, 1, 1, 2));
    assert!(count("file") >= 4, "the upload itself and three thumbnails");
    assert!(count("job") >= 2 && count("event") >= 2);
    for file in lines.iter().filter(|line| line["type"] == "file") {
        assert_eq!(status(&address(file)).await, 200, "{file}");
    }
    let all = serde_json::to_string(&lines).unwrap();
    assert!(!all.contains(&others) && !all.contains("argon2"), "nothing of another's, and no password");

    let leave =
        |password: Value| answer(maria.ask(Method::DELETE, "/v1/account").json(&json!({ "password": password })));
    assert_eq!(leave(json!("wrong")).await.0, 403);
    assert_eq!(leave(Value::Null).await.0, 403);
    assert_eq!(leave(json!(PASSWORD)).await.0, 202);
    assert_eq!(maria.get("/v1/account").await.0, 401, "at once");
    assert_eq!(status(&address(&seen["files"][0])).await, 404);
    let back = json!({ "email": "maria@example.com", "password": PASSWORD });
    let sign_in = Client::new().post(format!("{}/v1/auth/sign-in", server.url)).json(&back);
    assert_eq!(answer(sign_in).await.0, 401);
    assert_eq!(eve.get(&format!("/v1/assets/{others}")).await.0, 200);
    // The address is free for somebody else, who finds nothing of hers.
    let next = Person::new(&server, "maria@example.com").await;
    assert_eq!(next.get("/v1/assets").await.1["items"], json!([]));
    let operator = server.client.delete(format!("{}/v1/account", server.url)).json(&json!({}));
    assert_eq!(answer(operator).await.0, 409);
}
