//! The virus scanner: clamd and its `INSTREAM` (clamd(8)). Only the answer that a file is clean makes it clean.

use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde_json::{Value, json};
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::net::{TcpStream, UnixStream};
use tokio::time::timeout;

/// How long clamd may take to take up a connection, or some bytes.
const PATIENCE: Duration = Duration::from_secs(10);
/// How long it may take for a whole file.
const SCAN: Duration = Duration::from_secs(300);
/// Longest answer, in bytes.
const MAX_ANSWER_BYTES: u64 = 4096;

/// Where clamd is.
#[derive(Clone, Debug)]
pub(crate) enum Scanner {
    Tcp(String),
    Unix(PathBuf),
}

/// What clamd said of a file.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Scanned {
    Clean,
    /// It has the signature of that name.
    Found(String),
    /// It is longer than clamd takes.
    TooLong,
}

impl Scanned {
    /// The finding for the report, as the library writes them; `None` where there is none.
    pub(crate) fn finding(&self) -> Option<Value> {
        let (code, class, message) = match self {
            Self::Clean => return None,
            Self::Found(_) => ("virus", "malware", "A virus scanner warns of this file. Please export it again."),
            Self::TooLong => {
                let message = "The file is too large for the virus scanner. Please export it smaller.";
                ("scan_too_long", "resource_limit", message)
            }
        };
        // Whoever uploads may be trying what passes, so only the operator hears the name.
        tracing::warn!(scanned = ?self, "the virus scanner refuses an upload");
        Some(json!({
            "code": code, "class": class, "severity": "error", "offset": null, "message": message,
            "operator_message": "the log of the server has what the scanner said",
        }))
    }
}

impl Scanner {
    /// `HOST:PORT` or `unix:/PATH`.
    pub(crate) fn at(address: &str) -> Self {
        address.strip_prefix("unix:").map_or_else(|| Self::Tcp(address.to_owned()), |path| Self::Unix(path.into()))
    }

    /// Whether clamd answers.
    pub(crate) async fn ping(&self) -> io::Result<()> {
        let answer = timeout(PATIENCE, async {
            let mut clamd = self.connect().await?;
            clamd.write_all(b"zPING\0").await?;
            read_answer(&mut clamd).await
        });
        if answer.await?? == "PONG" { Ok(()) } else { Err(io::Error::other("clamd is not well")) }
    }

    /// Has a file scanned. Every answer that is none of those known is an error: ask again later.
    pub(crate) async fn scan(&self, file: &Path) -> io::Result<Scanned> {
        let answer = timeout(SCAN, async {
            let (mut answers, mut clamd) = tokio::io::split(timeout(PATIENCE, self.connect()).await??);
            let sent = async {
                send(&mut clamd, file).await?;
                // The answer ends it.
                std::future::pending::<io::Result<String>>().await
            };
            tokio::pin!(sent);
            tokio::select! {
                biased;
                answer = read_answer(&mut answers) => answer,
                // clamd closes as soon as it has enough, and says why.
                Err(error) = &mut sent => {
                    timeout(PATIENCE, read_answer(&mut answers)).await?.map_err(|_| error)
                }
            }
        });
        let answer = answer.await??;
        match answer.strip_prefix("stream: ").unwrap_or(&answer) {
            "OK" => Ok(Scanned::Clean),
            "INSTREAM size limit exceeded. ERROR" => Ok(Scanned::TooLong),
            other => match other.strip_suffix(" FOUND") {
                Some(name) => Ok(Scanned::Found(name.to_owned())),
                None => Err(io::Error::other(format!("clamd says {other:?}"))),
            },
        }
    }

    async fn connect(&self) -> io::Result<Box<dyn Stream>> {
        Ok(match self {
            Self::Tcp(address) => Box::new(TcpStream::connect(address).await?),
            Self::Unix(path) => Box::new(UnixStream::connect(path).await?),
        })
    }
}

trait Stream: AsyncRead + AsyncWrite + Send + Unpin {}
impl<T: AsyncRead + AsyncWrite + Send + Unpin> Stream for T {}

async fn send(clamd: &mut (impl AsyncWrite + Unpin), file: &Path) -> io::Result<()> {
    let mut file = tokio::fs::File::open(file).await?;
    clamd.write_all(b"zINSTREAM\0").await?;
    let mut chunk = vec![0; 64 << 10];
    loop {
        let length = file.read(&mut chunk).await?;
        // An empty chunk is the end.
        timeout(PATIENCE, clamd.write_all(&(length as u32).to_be_bytes())).await??;
        if length == 0 {
            return clamd.flush().await;
        }
        timeout(PATIENCE, clamd.write_all(&chunk[..length])).await??;
    }
}

async fn read_answer(clamd: &mut (impl AsyncRead + Unpin)) -> io::Result<String> {
    let mut answer = Vec::new();
    clamd.take(MAX_ANSWER_BYTES).read_to_end(&mut answer).await?;
    Ok(String::from_utf8_lossy(&answer).trim_end_matches('\0').trim().to_owned())
}
