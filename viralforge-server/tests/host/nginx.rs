//! Files that a real nginx sends, in front of the host, as `docs/nginx.conf` has it.

use std::path::Path;
use std::process::{Child, Command, Stdio};

use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;

use crate::server::{Server, small_video};
use crate::storage::{free_port, listens, shared};

const PROGRAM: &str = "/usr/sbin/nginx";
const EXAMPLE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/nginx.conf");

struct Nginx(Child);

impl Nginx {
    fn start(folder: &Path, port: u16, host: &str, media: &Path) -> Self {
        let example = std::fs::read_to_string(EXAMPLE).unwrap();
        let places = [
            ("127.0.0.1:8000", format!("127.0.0.1:{port}")),
            ("127.0.0.1:8080", host.replace("http://", "")),
            ("/var/lib/viralforge/media", media.display().to_string()),
        ];
        let example = places.iter().fold(example, |text, (there, here)| {
            assert_eq!(text.matches(there).count(), 1, "{there}");
            text.replace(there, here)
        });
        std::fs::write(folder.join("viralforge.conf"), example).unwrap();
        let folder = folder.display();
        let settings = format!(
            "user root; daemon off; worker_processes 1; pid {folder}/pid; error_log {folder}/errors;\n\
             events {{}}\n\
             http {{\n\
               access_log off; sendfile on;\n\
               client_body_temp_path {folder}/body; proxy_temp_path {folder}/proxy; fastcgi_temp_path {folder}/f;\n\
               uwsgi_temp_path {folder}/u; scgi_temp_path {folder}/s;\n\
               include {folder}/viralforge.conf;\n\
             }}\n"
        );
        let file = format!("{folder}/nginx.conf");
        std::fs::write(&file, settings).unwrap();
        let mut child =
            Command::new(PROGRAM).arg("-c").arg(file).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        listens(port, &mut child);
        Self(child)
    }
}

impl Drop for Nginx {
    fn drop(&mut self) {
        // Its worker ends with it, which it would not if it were killed.
        let _ = kill_process(Pid::from_child(&self.0), Signal::TERM);
        let _ = self.0.wait();
    }
}

/// The address of what a job made of an asset.
async fn report(server: &Server, asset: &Value) -> String {
    let job: Value = server.ask("probe", asset["id"].as_str().unwrap(), Value::Null).await.json().await.unwrap();
    let job = server.job(job["id"].as_str().unwrap()).await;
    job["outputs"][0]["url"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn a_proxy_that_is_trusted_sends_files_itself_and_only_those_that_the_host_lets_go() {
    if !Path::new(PROGRAM).exists() {
        println!("skipped: there is no {PROGRAM} (Debian's nginx-light)");
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    if !shared(folder.path()).is_empty() {
        println!("skipped: the media is not in a folder");
        return;
    }
    let port = free_port();
    let public = format!("http://127.0.0.1:{port}");
    let server = Server::start_with(&[
        ("VIRALFORGE_PUBLIC_URL", &public),
        ("VIRALFORGE_TRUSTED_PROXIES", "127.0.0.1/32"),
        ("VIRALFORGE_ACCEL_LOCATION", "/viralforge-media/"),
        ("VIRALFORGE_ALLOWED_ORIGINS", "https://pages.example"),
    ]);
    let _nginx = Nginx::start(folder.path(), port, &server.url, &server.data().join("media"));
    // Everything goes through the proxy.
    let client = &server.client;
    let sent = client.put(format!("{public}/v1/assets/a.mp4")).body(small_video()).send().await.unwrap();
    let asset: Value = sent.json().await.unwrap();
    let asset = server.verdict(asset["id"].as_str().unwrap()).await;
    let url = report(&server, &asset).await;
    assert!(url.starts_with(&public), "{url}");
    // As the host sends it by itself.
    let file = reqwest::get(url.replace(&public, &server.url)).await.unwrap().headers()["x-accel-redirect"].clone();
    let stored = file.to_str().unwrap().strip_prefix("/viralforge-media/").unwrap();
    let stored = std::fs::read(server.data().join("media").join(stored)).unwrap();

    let stranger = reqwest::Client::new();
    let whole = stranger.get(&url).header("origin", "https://pages.example").send().await.unwrap();
    let headers = whole.headers().clone();
    for (name, beginning) in [
        ("server", "nginx"),
        ("content-disposition", "inline; filename="),
        ("cache-control", "private, max-age="),
        ("content-security-policy", "default-src 'none'"),
        ("x-content-type-options", "nosniff"),
        ("cross-origin-resource-policy", "cross-origin"),
        ("access-control-allow-origin", "https://pages.example"),
        ("accept-ranges", "bytes"),
    ] {
        let told = headers.get(name).unwrap_or_else(|| panic!("{name}: {headers:?}"));
        assert!(told.to_str().unwrap().starts_with(beginning), "{name}: {told:?}");
    }
    assert!(!headers.contains_key("x-accel-redirect"));
    assert_eq!(whole.bytes().await.unwrap(), stored);
    let part = stranger.get(&url).header("range", "bytes=10-19").send().await.unwrap();
    assert_eq!(part.status(), 206);
    assert_eq!(part.bytes().await.unwrap(), stored[10..20]);
    let known = stranger.get(&url).header("if-none-match", &headers["etag"]).send().await.unwrap();
    assert_eq!(known.status(), 304);
    let head = stranger.head(&url).send().await.unwrap();
    assert_eq!(head.headers()["content-length"].to_str().unwrap(), stored.len().to_string());

    // What is not signed is refused by the host; the place of the files is nobody's.
    let unsigned = stranger.get(url.split('?').next().unwrap()).send().await.unwrap();
    assert_eq!(unsigned.status(), 400);
    let changed = stranger.get(url.replace("signature=", "signature=0")).send().await.unwrap();
    assert_eq!(changed.status(), 403);
    let id = asset["id"].as_str().unwrap();
    assert!(server.data().join(format!("media/assets/{id}/original")).exists());
    let inside = stranger.get(format!("{public}/viralforge-media/assets/{id}/original")).send().await.unwrap();
    assert_eq!(inside.status(), 404);
}

#[tokio::test]
async fn who_is_no_proxy_gets_files_from_the_host() {
    let folder = tempfile::tempdir().unwrap();
    if !shared(folder.path()).is_empty() {
        println!("skipped: the media is not in a folder");
        return;
    }
    let server = Server::start_with(&[
        ("VIRALFORGE_TRUSTED_PROXIES", "10.0.0.0/8"),
        ("VIRALFORGE_ACCEL_LOCATION", "/viralforge-media/"),
    ]);
    let asset = server.upload(&small_video(), "a.mp4").await;
    let answer = reqwest::get(report(&server, &asset).await).await.unwrap();
    assert!(!answer.headers().contains_key("x-accel-redirect"));
    let report: Value = answer.json().await.unwrap();
    assert!(report["streams"].is_array(), "{report}");
}
