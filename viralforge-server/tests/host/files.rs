//! Files: by signed addresses, whole and in parts.

use serde_json::Value;

use crate::server::{Server, small_video};

#[tokio::test]
async fn files_are_served_whole_in_parts_and_under_conditions() {
    let server = Server::start();
    let asset = server.upload(&small_video(), "a.mp4").await;
    let job: Value = server.ask("analyze", asset["id"].as_str().unwrap(), Value::Null).await.json().await.unwrap();
    let job = server.job(job["id"].as_str().unwrap()).await;
    let url = job["outputs"][0]["url"].as_str().unwrap().to_owned();
    // Without the key: the signature is enough.
    let client = reqwest::Client::new();
    let whole = client.get(&url).send().await.unwrap();
    assert_eq!(whole.headers()["content-type"], "application/json");
    for (name, beginning) in [
        ("x-content-type-options", "nosniff"),
        ("content-security-policy", "default-src 'none'"),
        ("content-disposition", "inline; filename=\"report.json\""),
        ("cache-control", "private, max-age="),
    ] {
        assert!(whole.headers()[name].to_str().unwrap().starts_with(beginning), "{name}");
    }
    let saved = client.head(format!("{url}&download=true")).send().await.unwrap();
    assert_eq!(saved.headers()["content-disposition"], "attachment; filename=\"report.json\"");
    let tag = whole.headers()["etag"].clone();
    let bytes = whole.bytes().await.unwrap();
    let length = bytes.len();

    let part = client.get(&url).header("range", "bytes=10-19").send().await.unwrap();
    assert_eq!(
        (part.status().as_u16(), part.headers()["content-range"].to_str().unwrap()),
        (206, format!("bytes 10-19/{length}").as_str())
    );
    assert_eq!(part.bytes().await.unwrap(), bytes[10..20]);
    let last = client.get(&url).header("range", "bytes=-5").send().await.unwrap();
    assert_eq!(last.bytes().await.unwrap(), bytes[length - 5..]);
    let several = client.get(&url).header("range", "bytes=0-4,20-24").send().await.unwrap();
    let declared: usize = several.headers()["content-length"].to_str().unwrap().parse().unwrap();
    let body = several.bytes().await.unwrap();
    assert_eq!(body.len(), declared);
    assert_eq!(String::from_utf8_lossy(&body).matches("Content-Range: bytes ").count(), 2);
    let outside = client.get(&url).header("range", format!("bytes={length}-")).send().await.unwrap();
    assert_eq!(
        (outside.status().as_u16(), outside.headers()["content-range"].to_str().unwrap()),
        (416, format!("bytes */{length}").as_str())
    );
    let stale = client.get(&url).header("range", "bytes=0-4").header("if-range", "\"other\"").send().await.unwrap();
    assert_eq!((stale.status().as_u16(), stale.bytes().await.unwrap().len()), (200, length));
    let known = client.get(&url).header("if-none-match", &tag).send().await.unwrap();
    assert_eq!((known.status().as_u16(), known.bytes().await.unwrap().len()), (304, 0));
    let head = client.head(&url).send().await.unwrap();
    assert_eq!(
        (head.status().as_u16(), head.headers()["content-length"].to_str().unwrap()),
        (200, length.to_string().as_str())
    );

    for changed in [
        url.replace("expires=1", "expires=2"),
        url.replace("report.json", "other.json"),
        url.split('?').next().unwrap().to_owned(),
    ] {
        let refused = client.get(&changed).send().await.unwrap().status();
        assert!(refused == 403 || refused == 400, "{changed}: {refused}");
    }
}
