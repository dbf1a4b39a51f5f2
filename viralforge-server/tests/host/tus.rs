//! tus 1.0, rule by rule: what the standard asks for, and the status that it gives.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use futures_util::stream::{self, StreamExt as _};
use reqwest::{Method, RequestBuilder};
use sha1::Sha1;
use sha2::{Digest, Sha256};

use crate::postgres;
use crate::server::{Server, small_video};
use crate::storage::media;

/// What is asked, how, of whom, with which headers, and the status of the answer.
type Rule<'r> = (&'r str, Method, &'r str, Vec<(&'r str, String)>, u16);

const BYTES: &str = "application/offset+octet-stream";

fn with<'h>(mut request: RequestBuilder, headers: impl IntoIterator<Item = (&'h str, String)>) -> RequestBuilder {
    for (name, value) in headers {
        request = request.header(name, value);
    }
    request
}

#[tokio::test]
async fn each_rule_of_the_protocol_has_its_status() {
    let server = Server::start();
    let video = small_video();
    let (length, uploads) = (video.len(), format!("{}/v1/uploads", server.url));
    let open = server.begin(length, "a.mp4").await;
    let ended = server.begin(length, "a.mp4").await;
    assert_eq!(server.tus(server.client.delete(&ended)).send().await.unwrap().status(), 204);
    let nowhere = format!("{uploads}/{}", "0".repeat(32));
    let sum = |name: &str, bytes: &[u8]| format!("{name} {}", STANDARD.encode(bytes));
    let text = |text: &str| text.to_owned();
    let patch = || vec![("upload-offset", text("0")), ("content-type", text(BYTES))];
    let also = |name: &'static str, value: String| [patch(), vec![(name, value)]].concat();
    let table: Vec<Rule<'_>> = vec![
        ("creation: a length", Method::POST, &uploads, vec![("upload-length", text("10"))], 201),
        ("creation: no length", Method::POST, &uploads, vec![], 400),
        ("creation: a negative length", Method::POST, &uploads, vec![("upload-length", text("-1"))], 400),
        ("creation: a length that is none", Method::POST, &uploads, vec![("upload-length", text("1e3"))], 400),
        ("creation: over Tus-Max-Size", Method::POST, &uploads, vec![("upload-length", text("100000001"))], 413),
        ("defer-length: 1", Method::POST, &uploads, vec![("upload-defer-length", text("1"))], 201),
        ("defer-length: not 1", Method::POST, &uploads, vec![("upload-defer-length", text("2"))], 400),
        (
            "defer-length: and a length",
            Method::POST,
            &uploads,
            vec![("upload-defer-length", text("1")), ("upload-length", text("1"))],
            400,
        ),
        (
            "creation: metadata twice",
            Method::POST,
            &uploads,
            vec![("upload-length", text("1")), ("upload-metadata", text("a YQ==,a YQ=="))],
            400,
        ),
        ("core: HEAD of nothing", Method::HEAD, &nowhere, vec![], 404),
        ("core: PATCH of nothing", Method::PATCH, &nowhere, patch(), 404),
        ("core: HEAD", Method::HEAD, &open, vec![], 200),
        ("core: PATCH of another type", Method::PATCH, &open, vec![("upload-offset", text("0"))], 415),
        ("core: PATCH without offset", Method::PATCH, &open, vec![("content-type", text(BYTES))], 400),
        (
            "core: PATCH at another offset",
            Method::PATCH,
            &open,
            vec![("upload-offset", text("5")), ("content-type", text(BYTES))],
            409,
        ),
        ("checksum: an unknown function", Method::PATCH, &open, also("upload-checksum", sum("md5", &[0; 16])), 400),
        ("checksum: no Base64", Method::PATCH, &open, also("upload-checksum", text("sha1 ???")), 400),
        ("checksum: a wrong sha1", Method::PATCH, &open, also("upload-checksum", sum("sha1", &[0; 20])), 460),
        ("checksum: a wrong sha256", Method::PATCH, &open, also("upload-checksum", sum("sha256", &[0; 32])), 460),
        ("checksum: a short sha256", Method::PATCH, &open, also("upload-checksum", sum("sha256", &[0; 3])), 460),
        ("termination: HEAD after it", Method::HEAD, &ended, vec![], 404),
        ("termination: twice", Method::DELETE, &ended, vec![], 404),
        ("concatenation: of nothing", Method::POST, &uploads, vec![("upload-concat", text("final;"))], 400),
        (
            "concatenation: of strangers",
            Method::POST,
            &uploads,
            vec![("upload-concat", format!("final;{nowhere}"))],
            404,
        ),
        (
            "concatenation: of one unfinished",
            Method::POST,
            &uploads,
            vec![("upload-concat", format!("final;{open}"))],
            409,
        ),
        ("concatenation: nonsense", Method::POST, &uploads, vec![("upload-concat", text("all"))], 400),
        (
            "checksum: a right sha1",
            Method::PATCH,
            &open,
            also("upload-checksum", sum("sha1", &Sha1::digest(&video))),
            204,
        ),
        ("core: PATCH again", Method::PATCH, &open, patch(), 409),
        ("core: HEAD after the end", Method::HEAD, &open, vec![], 200),
        ("termination: of what is complete", Method::DELETE, &open, vec![], 409),
    ];
    for (rule, method, address, headers, status) in table {
        let body = if method == Method::PATCH { video.clone() } else { Vec::new() };
        let request = with(server.client.request(method.clone(), address), headers.clone()).body(body);
        let answer = server.tus(request).send().await.unwrap();
        assert_eq!(answer.status().as_u16(), status, "{rule}");
        assert_eq!(answer.headers()["tus-resumable"], "1.0.0", "{rule}");
        if method == Method::HEAD && status == 200 {
            assert_eq!(answer.headers()["cache-control"], "no-store", "{rule}");
            assert!(answer.headers().contains_key("upload-offset") && answer.headers().contains_key("upload-length"));
        }
        // Another version, or none, is never taken.
        let other = with(server.client.request(method, address), headers).header("tus-resumable", "0.2.2");
        let other = other.send().await.unwrap();
        assert!(other.status() == 412 || other.status() == 404, "{rule}: {}", other.status());
    }
}

#[tokio::test]
async fn creation_with_upload_takes_the_first_bytes_and_offers_all_it_can_do() {
    let server = Server::start();
    let video = small_video();
    let uploads = format!("{}/v1/uploads", server.url);
    let offer = server.client.request(Method::OPTIONS, &uploads).send().await.unwrap();
    assert_eq!(offer.headers()["tus-checksum-algorithm"], "sha1,sha256");
    assert_eq!(
        (&offer.headers()["tus-version"], &offer.headers()["tus-max-size"]),
        (&"1.0.0".parse().unwrap(), &"100000000".parse().unwrap())
    );
    let headers = [
        ("upload-length", video.len().to_string()),
        ("content-type", BYTES.to_owned()),
        ("upload-checksum", format!("sha256 {}", STANDARD.encode(Sha256::digest(&video[..100])))),
    ];
    let made =
        server.tus(with(server.client.post(&uploads), headers)).body(video[..100].to_vec()).send().await.unwrap();
    assert_eq!((made.status().as_u16(), &made.headers()["upload-offset"]), (201, &"100".parse().unwrap()));
    assert!(made.headers().contains_key("upload-expires"));
    let address = made.headers()["location"].to_str().unwrap();
    assert_eq!(server.patch(address, 100, &video[100..]).await.status(), 204);
}

#[tokio::test]
async fn hostile_names_never_reach_a_path() {
    let server = Server::start();
    let video = small_video();
    for name in
        ["../../../../tmp/x.mp4", "/etc/passwd", "a\0b.mp4", "\u{202e}gpj.exe.mp4", "..", "a\r\nSet-Cookie: x.mp4"]
    {
        let address = server.begin(video.len(), name).await;
        if server.patch(&address, 0, &video).await.status() == 204 {
            let asset = server.json(&address[server.url.len()..]).await["asset_id"].as_str().unwrap().to_owned();
            let safe = server.verdict(&asset).await["report"]["safe_name"].as_str().unwrap().to_owned();
            assert!(!safe.contains(['/', '\\', '\0', '\r', '\u{202e}']) && !safe.contains(".."), "{name:?}: {safe}");
        }
    }
    assert_eq!(server.create(video.len(), &"x".repeat(4096)).await.status(), 400);
    // Under the folder of the data there are names of ours only.
    let mut folders = vec![media(server.data()), server.data().join("uploads")];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).into_iter().flatten() {
            let entry = entry.unwrap();
            let name = entry.file_name().into_string().unwrap();
            assert!(name.bytes().all(|b| b.is_ascii_alphanumeric() || b".-_".contains(&b)), "{name:?}");
            if entry.path().is_dir() {
                folders.push(entry.path());
            }
        }
    }
}

#[tokio::test]
async fn who_asks_or_ends_in_mid_patch_goes_before_who_writes() {
    let server = Server::start();
    let video = small_video();
    for method in [Method::HEAD, Method::DELETE] {
        let address = server.begin(video.len(), "a.mp4").await;
        // Some bytes, and then silence.
        let first = stream::iter([Ok::<_, std::io::Error>(video[..1000].to_vec())]).chain(stream::pending());
        let request =
            server.tus(server.client.patch(&address)).header("upload-offset", 0).header("content-type", BYTES);
        let patch = tokio::spawn(request.body(reqwest::Body::wrap_stream(first)).send());
        server.wait(&address[server.url.len()..], |_| true).await;
        let asked = server.tus(server.client.request(method.clone(), &address)).send().await.unwrap();
        let expected = if method == Method::HEAD { 200 } else { 204 };
        assert_eq!(asked.status(), expected);
        if method == Method::HEAD {
            // The first request may have come later than the question; then it is the next that ends it.
            let mut status = 409;
            for _ in 0..2 {
                let offset = server.offset(&address).await;
                status = server.patch(&address, offset, &video[offset..]).await.status().as_u16();
                if status == 204 {
                    break;
                }
            }
            assert_eq!(status, 204);
        }
        let status = patch.await.unwrap().unwrap().status();
        assert!(matches!(status.as_u16(), 404 | 409 | 410), "{status}");
    }
}

#[tokio::test]
async fn an_upload_that_is_being_ended_or_whose_bytes_are_lost_is_gone() {
    let server = Server::start();
    let video = small_video();
    // Another replica ends it, and is between its two steps.
    let address = server.begin(video.len(), "a.mp4").await;
    let id = address.rsplit('/').next().unwrap();
    let sql = "UPDATE uploads SET state = 'refused', problem = $1 WHERE id = $2";
    let ended = sqlx::query(sql).bind(r#"{"code":"gone","message":"the upload was ended"}"#).bind(id);
    assert_eq!(ended.execute(&mut postgres::tables(server.data()).await).await.unwrap().rows_affected(), 1);
    assert_eq!(server.patch(&address, 0, &video).await.status(), 410);
    assert_eq!(server.tus(server.client.head(&address)).send().await.unwrap().status(), 410);
    // Somebody has cleared the folder.
    let address = server.begin(video.len(), "a.mp4").await;
    let id = address.rsplit('/').next().unwrap();
    std::fs::remove_file(server.data().join("uploads").join(id)).unwrap();
    assert_eq!(server.patch(&address, 0, &video).await.status(), 410);
    assert_eq!(server.tus(server.client.delete(&address)).send().await.unwrap().status(), 204);
}
