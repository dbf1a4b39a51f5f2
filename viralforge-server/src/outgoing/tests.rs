use std::sync::atomic::{AtomicUsize, Ordering};

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;

use super::*;

/// A listener on all addresses of this host, and its port.
fn listener() -> (std::net::TcpListener, u16) {
    let listener = std::net::TcpListener::bind("[::]:0").or_else(|_| std::net::TcpListener::bind("0.0.0.0:0")).unwrap();
    listener.set_nonblocking(true).unwrap();
    let port = listener.local_addr().unwrap().port();
    (listener, port)
}

fn nobody_came(listener: &std::net::TcpListener) -> bool {
    listener.accept().is_err_and(|error| error.kind() == io::ErrorKind::WouldBlock)
}

async fn get(client: &Outgoing, url: &str) -> Result<Answer, OutgoingError> {
    client.send(Method::GET, &Url::parse(url).unwrap(), None, None).await
}

/// Answers every connection with this text.
async fn answering(address: &str, answer: String) -> SocketAddr {
    let listener = TcpListener::bind(address).await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let answer = answer.clone();
            tokio::spawn(async move {
                let _ = stream.read(&mut [0; 4096]).await;
                let _ = stream.write_all(answer.as_bytes()).await;
            });
        }
    });
    address
}

fn loopback() -> [IpNet; 1] {
    ["127.0.0.0/8".parse().unwrap()]
}

#[tokio::test]
async fn no_spelling_of_a_private_address_opens_a_connection() {
    let (listener, port) = listener();
    let client = Outgoing::new(&[]);
    for host in [
        "127.0.0.1",
        "2130706433",
        "0x7f000001",
        "0x7f.1",
        "0177.0.0.1",
        "127.1",
        "127.0.1",
        "0",
        "0.0.0.0",
        "[::]",
        "[::1]",
        "[::ffff:127.0.0.1]",
        "[::ffff:7f00:1]",
        "[::127.0.0.1]",
        "[64:ff9b::7f00:1]",
        "[2002:7f00:1::]",
        "169.254.169.254",
        "0xa9fea9fe",
        "10.0.0.1",
        "[fe80::1]",
        "[fd00::1]",
        "１２７.0.0.1",
        "127。0。0。1",
        "%31%32%37.0.0.1",
        "localhost",
        "LOCALHOST",
        "user:word@8.8.8.8",
        "user@localhost",
    ] {
        for scheme in ["http", "https"] {
            let asked = get(&client, &format!("{scheme}://{host}:{port}/")).await;
            assert!(matches!(asked, Err(OutgoingError::Refused)), "{scheme}://{host}: {asked:?}");
        }
    }
    // Public, but not by TLS.
    let asked = get(&client, "http://8.8.8.8/").await;
    assert!(matches!(asked, Err(OutgoingError::Refused)), "{asked:?}");
    for other in ["file:///etc/passwd", "ftp://8.8.8.8/", "gopher://8.8.8.8/", "data:text/plain,x"] {
        assert!(matches!(get(&client, other).await, Err(OutgoingError::Refused)), "{other}");
    }
    assert!(nobody_came(&listener));
}

#[tokio::test]
async fn one_private_address_among_those_of_a_name_is_enough() {
    let (listener, port) = listener();
    let lookup: Lookup = Arc::new(|_| {
        Box::pin(async { Ok(vec![SocketAddr::from(([8, 8, 8, 8], 0)), SocketAddr::from(([127, 0, 0, 1], 0))]) })
    });
    let client = Outgoing::with_lookup(&[], lookup);
    let asked = get(&client, &format!("https://both.example:{port}/")).await;
    assert!(matches!(asked, Err(OutgoingError::Refused)), "{asked:?}");
    assert!(nobody_came(&listener));
}

#[tokio::test]
async fn a_name_that_changes_its_address_is_connected_to_where_it_was_checked() {
    let good = answering("127.0.0.2:0", "HTTP/1.1 204 No Content\r\nconnection: close\r\n\r\n".to_owned()).await;
    let bad = std::net::TcpListener::bind(("127.0.0.1", good.port())).unwrap();
    bad.set_nonblocking(true).unwrap();
    let lookups = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&lookups);
    let lookup: Lookup = Arc::new(move |_| {
        // Good the first time, bad from then on.
        let last = if count.fetch_add(1, Ordering::SeqCst) == 0 { 2 } else { 1 };
        Box::pin(async move { Ok(vec![SocketAddr::from(([127, 0, 0, last], 0))]) })
    });
    let client = Outgoing::with_lookup(&["127.0.0.2/32".parse().unwrap()], lookup);
    let url = format!("http://rebinding.example:{}/", good.port());
    assert_eq!(get(&client, &url).await.unwrap().status, 204);
    assert_eq!(lookups.load(Ordering::SeqCst), 1, "between the check and the connection nothing is looked up");
    let asked = get(&client, &url).await;
    assert!(matches!(asked, Err(OutgoingError::Refused)), "{asked:?}");
    assert!(nobody_came(&bad));
}

#[tokio::test]
async fn a_redirect_is_an_answer_and_not_followed() {
    let (listener, port) = listener();
    let redirect = format!("HTTP/1.1 302 Found\r\nlocation: http://127.0.0.1:{port}/\r\ncontent-length: 0\r\n\r\n");
    let address = answering("127.0.0.1:0", redirect).await;
    let answer = get(&Outgoing::new(&loopback()), &format!("http://{address}/")).await.unwrap();
    assert_eq!(answer.status, 302);
    assert!(nobody_came(&listener));
}

#[tokio::test]
async fn a_server_whose_certificate_nobody_signed_is_refused_and_told_nothing() {
    let (address, asked) = crate::untrusted::start().await;
    let client = Outgoing::new(&loopback());
    for host in ["127.0.0.1", "localhost"] {
        let error = get(&client, &format!("https://{host}:{}/", address.port())).await.unwrap_err();
        crate::untrusted::was_refused(&error, &asked);
    }
}

#[tokio::test]
async fn an_allowed_address_is_asked_by_http_and_no_other() {
    let address = answering("127.0.0.1:0", "HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nhi".to_owned()).await;
    let client = Outgoing::new(&loopback());
    assert_eq!(get(&client, &format!("http://{address}/")).await.unwrap().body, "hi");
    let asked = get(&client, "http://[::1]:1/").await;
    assert!(matches!(asked, Err(OutgoingError::Refused)), "only what is allowed: {asked:?}");
}

#[tokio::test]
async fn an_answer_is_read_up_to_a_mebibyte() {
    let long = |bytes: usize| format!("HTTP/1.1 200 OK\r\nconnection: close\r\n\r\n{}", "x".repeat(bytes));
    let client = Outgoing::new(&loopback());
    let fits = answering("127.0.0.1:0", long(1 << 20)).await;
    assert_eq!(get(&client, &format!("http://{fits}/")).await.unwrap().body.len(), 1 << 20);
    let over = answering("127.0.0.1:0", long((1 << 20) + 1)).await;
    let asked = get(&client, &format!("http://{over}/")).await;
    assert!(matches!(asked, Err(OutgoingError::Answer)), "{asked:?}");
}

#[tokio::test]
async fn whoever_does_not_answer_is_not_waited_for() {
    let silent = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let began = std::time::Instant::now();
    let asked = get(&Outgoing::new(&loopback()), &format!("http://{}/", silent.local_addr().unwrap())).await;
    assert!(matches!(asked, Err(OutgoingError::Late)), "{asked:?}");
    assert!(began.elapsed().as_secs() >= 10, "it gets ten seconds");
}
