//! Clients that mean harm, or know no better.

use std::io::{ErrorKind, Read, Write};
use std::net::TcpStream;
use std::time::{Duration, Instant};

use crate::server::{KEY, Server};

fn connect(server: &Server) -> TcpStream {
    let stream = TcpStream::connect(server.url.strip_prefix("http://").unwrap()).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(60))).unwrap();
    stream
}

/// What the server says to a request that is written out in full.
fn say(server: &Server, request: &str) -> String {
    let mut stream = connect(server);
    // The server may have hung up already.
    let _ = stream.write_all(request.as_bytes());
    let mut answer = Vec::new();
    let mut chunk = [0; 4096];
    loop {
        match stream.read(&mut chunk) {
            Ok(0) => break,
            Err(error) if error.kind() == ErrorKind::ConnectionReset => break,
            read => answer.extend_from_slice(&chunk[..read.unwrap()]),
        }
    }
    String::from_utf8_lossy(&answer).into_owned()
}

#[test]
fn whoever_dawdles_over_a_header_is_hung_up_on_and_others_are_served() {
    let server = Server::start();
    let began = Instant::now();
    let mut slow: Vec<TcpStream> = (0..50).map(|_| connect(&server)).collect();
    for stream in &mut slow {
        stream.write_all(b"GET /health HTTP/1.1\r\nHost: a\r\nX-Slow: ").unwrap();
        stream.set_read_timeout(Some(Duration::from_millis(100))).unwrap();
    }
    let mut open = slow.len();
    while open > 0 {
        assert!(began.elapsed() < Duration::from_secs(30), "{open} are still open");
        assert!(
            say(&server, "GET /health HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n").starts_with("HTTP/1.1 200")
        );
        slow.retain_mut(|stream| {
            // A byte now and then must not help.
            let written = stream.write_all(b"a");
            let read = stream.read(&mut [0; 64]);
            written.is_ok() && read.is_err_and(|error| error.kind() == ErrorKind::WouldBlock)
        });
        open = slow.len();
    }
    assert!(began.elapsed() > Duration::from_secs(5), "an honest slow client gets a chance");
}

#[test]
fn a_header_that_is_too_large_is_refused() {
    let server = Server::start();
    let ask =
        |fields: &str| say(&server, &format!("GET /health HTTP/1.1\r\nHost: a\r\nConnection: close\r\n{fields}\r\n"));
    assert!(ask(&format!("X-Large: {}\r\n", "a".repeat(8 << 10))).starts_with("HTTP/1.1 200"));
    for fields in [
        format!("X-Large: {}\r\n", "a".repeat(17 << 10)),
        format!("X-Large: {}\r\n", "a".repeat(500_000)),
        "X-Many: a\r\n".repeat(101),
    ] {
        let answer = ask(&fields);
        assert!(answer.starts_with("HTTP/1.1 431"), "{} bytes: {answer:.80}", fields.len());
    }
    let long = say(&server, &format!("GET /{} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n", "a".repeat(20 << 10)));
    assert!(long.starts_with("HTTP/1.1 4"), "{long:.80}");
}

#[test]
fn two_lengths_or_a_length_that_is_none_are_refused() {
    let server = Server::start();
    for fields in [
        "Content-Length: 5\r\nContent-Length: 6\r\n",
        "Content-Length: -1\r\n",
        "Content-Length: 99999999999999999999999\r\n",
        "Transfer-Encoding: chunked, gzip\r\n",
    ] {
        let request = format!(
            "POST /v1/jobs HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer {KEY}\r\nConnection: close\r\n{fields}\r\nhello"
        );
        let answer = say(&server, &request);
        assert!(answer.starts_with("HTTP/1.1 400"), "{fields:?}: {answer:.80}");
    }
}

#[test]
fn where_a_body_has_chunks_its_length_does_not_count() {
    let server = Server::start();
    // By its length, the body would swallow the second request.
    let requests = format!(
        "POST /v1/jobs HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer {KEY}\r\nContent-Type: application/json\r\n\
         Content-Length: 60\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{{}}\r\n0\r\n\r\n\
         GET /nowhere HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"
    );
    let answers = say(&server, &requests);
    let statuses: Vec<&str> = answers.split("HTTP/1.1 ").skip(1).map(|answer| &answer[..3]).collect();
    assert_eq!(statuses, ["422", "404"], "{answers}");
}

#[tokio::test]
async fn a_body_that_is_too_large_is_refused_before_it_is_read() {
    let server = Server::start();
    let large = format!("{{\"kind\": \"{}\"}}", "a".repeat(4 << 20));
    let answer = server.client.post(format!("{}/v1/jobs", server.url)).header("content-type", "application/json");
    assert_eq!(answer.body(large).send().await.unwrap().status(), 413);
    // Nobody waits for two gigabytes: what is declared is enough.
    let declared = server.create(2 << 30, "a.mp4").await;
    assert_eq!(declared.status(), 413);
}

#[test]
fn names_from_outside_open_nothing() {
    let server = Server::start();
    for path in [
        "/v1/files/../../etc/passwd",
        "/v1/files/%2e%2e/%2e%2e?expires=9999999999&signature=a",
        "/v1/files/..%2f..%2fetc%2fpasswd/x?expires=9999999999&signature=a",
        "/v1/files/%252e%252e%252fetc%252fpasswd/x?expires=9999999999&signature=a",
        "/v1/files/",
        "/.git/config",
        "/v1/uploads/..%2f..%2fviralforge.db",
        "/v1/assets/%00",
        "/v1/jobs/%f0%9f%92%a9/events",
        "//etc/passwd",
    ] {
        let request =
            format!("GET {path} HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer {KEY}\r\nConnection: close\r\n\r\n");
        let answer = say(&server, &request);
        let status = answer.split(' ').nth(1).unwrap_or_default();
        assert!(["400", "403", "404"].contains(&status), "{path}: {answer:.80}");
        assert!(answer.contains("application/problem+json"), "{path}: {answer}");
    }
}
