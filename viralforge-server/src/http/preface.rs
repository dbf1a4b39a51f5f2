//! Which HTTP a client speaks, by the first bytes that it sends. They stay in the socket: a connection that is given
//! bytes back needs a larger buffer for as long as it lives, and there are thousands that wait.

use std::io;
use std::time::Duration;

use tokio::net::TcpStream;

/// What HTTP/2 begins with where nothing was agreed on before (RFC 9113, 3.4). No method of HTTP/1.1 is called that.
const PREFACE: &[u8] = b"PRI";
/// Until the second look at a client that sends its first three bytes one by one. Each further look is twice as far off,
/// so that thousands who do it on purpose cost little.
const AGAIN: Duration = Duration::from_millis(10);

/// A version, as far as the server tells them apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Version {
    One,
    Two,
}

impl Version {
    /// Waits for the first bytes.
    ///
    /// # Errors
    /// Where the client closes before there are any.
    pub(super) async fn spoken(stream: &TcpStream) -> io::Result<Self> {
        let mut wait = AGAIN;
        loop {
            let mut bytes = [0; PREFACE.len()];
            let count = stream.peek(&mut bytes).await?;
            match &bytes[..count] {
                [] => return Err(io::ErrorKind::UnexpectedEof.into()),
                PREFACE => return Ok(Self::Two),
                some if PREFACE.starts_with(some) => {
                    tokio::time::sleep(wait).await;
                    wait *= 2;
                }
                _ => return Ok(Self::One),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use tokio::io::AsyncWriteExt as _;
    use tokio::net::TcpListener;

    use super::*;

    async fn of(pieces: &[&[u8]]) -> Option<Version> {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let mut client = TcpStream::connect(listener.local_addr().unwrap()).await.unwrap();
        let (server, _) = listener.accept().await.unwrap();
        let send = async {
            for piece in pieces {
                client.write_all(piece).await.unwrap();
                tokio::time::sleep(AGAIN).await;
            }
            client
        };
        let (version, mut client) = tokio::join!(Version::spoken(&server), send);
        client.shutdown().await.unwrap();
        let sent = pieces.concat();
        let mut there = vec![0; sent.len()];
        assert!(sent.is_empty() || server.peek(&mut there).await.unwrap() > 0, "the bytes are gone");
        version.ok()
    }

    #[tokio::test]
    async fn the_first_bytes_tell_and_stay() {
        assert_eq!(of(&[b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"]).await, Some(Version::Two));
        assert_eq!(of(&[b"P", b"R", b"I"]).await, Some(Version::Two));
        assert_eq!(of(&[b"P", b"OST / HTTP/1.1\r\n"]).await, Some(Version::One));
        assert_eq!(of(&[b"GET / HTTP/1.1\r\n"]).await, Some(Version::One));
        assert_eq!(of(&[b"\x16\x03\x01"]).await, Some(Version::One));
    }

    #[tokio::test]
    async fn who_closes_before_the_first_byte_has_said_nothing() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        drop(TcpStream::connect(listener.local_addr().unwrap()).await.unwrap());
        let (server, _) = listener.accept().await.unwrap();
        assert!(Version::spoken(&server).await.is_err());
    }
}
