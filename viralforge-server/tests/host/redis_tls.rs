//! Redis by TLS, with a certificate on both sides.

use std::path::Path;
use std::process::{Command, Stdio};

use serde_json::Value;

use crate::redis::Redis;
use crate::server::{Server, small_video};

/// An authority, and certificates that it has signed for a server on this machine and for a client.
fn certificates(folder: &Path) {
    let openssl = |args: &[&str]| {
        let ran = Command::new("openssl").args(args).current_dir(folder).stderr(Stdio::null()).status().unwrap();
        assert!(ran.success(), "openssl {args:?}");
    };
    let key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2"];
    let made = |args: &[&str]| openssl(&[&["req", "-x509"], &key[..], args].concat());
    made(&["-subj", "/CN=authority", "-keyout", "ca.key", "-out", "ca.crt"]);
    for name in ["server", "client"] {
        let (key, certificate) = (format!("{name}.key"), format!("{name}.crt"));
        let signed = ["-CA", "ca.crt", "-CAkey", "ca.key", "-addext", "basicConstraints=critical,CA:FALSE"];
        let for_here = ["-addext", "subjectAltName=IP:127.0.0.1", "-subj", "/CN=here"];
        made(&[&signed[..], &for_here[..], &["-keyout", &key, "-out", &certificate]].concat());
    }
}

#[tokio::test]
async fn redis_is_spoken_to_with_a_certificate_on_both_sides_and_not_without() {
    let Some(mut redis) = Redis::stopped() else { return };
    let folder = tempfile::tempdir().unwrap();
    certificates(folder.path());
    redis.start_with_tls(folder.path());
    let url = redis.url().replace("redis://", "rediss://");
    let file = |name: &str| folder.path().join(name).display().to_string();
    let (authority, certificate, key) = (file("ca.crt"), file("client.crt"), file("client.key"));
    let all = [
        ("REDIS_URL", url.as_str()),
        ("REDIS_AUTHORITY_FILE", &authority),
        ("REDIS_CERTIFICATE_FILE", &certificate),
        ("REDIS_KEY_FILE", &key),
    ];
    let status = |ready: &Value| ready["dependencies"]["redis"]["status"].clone();
    let server = Server::start_with(&all);
    server.wait("/ready", |ready| status(ready) == "ok").await;
    let asset = server.upload(&small_video(), "a.mp4").await;
    let job: Value = server.ask("probe", asset["id"].as_str().unwrap(), Value::Null).await.json().await.unwrap();
    assert_eq!(server.job(job["id"].as_str().unwrap()).await["state"], "succeeded");

    // Without a certificate of ours, and without knowing the authority.
    for known in [&all[..2], &all[..1]] {
        let server = Server::start_with(known);
        server.wait("/ready", |ready| status(ready) == "failed").await;
    }
}
