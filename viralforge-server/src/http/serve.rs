//! Connections: accepted one by one on our own loop, since that is where slow and idle ones are ended.

use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use axum::extract::Request;
use hyper::body::Incoming;
use hyper::server::conn::{http1, http2};
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::graceful::GracefulShutdown;
use hyper_util::service::TowerToHyperService;
use tokio::net::TcpListener;
use tokio::sync::{Semaphore, watch};
use tower::ServiceExt as _;

use super::client::Peer;
use super::linger::Lingering;
use super::preface::Version;
use crate::app::App;

/// How long a client may take to send its header; also ends idle connections.
const HEADER_TIMEOUT: Duration = Duration::from_secs(10);
/// What is read of a header at most, in bytes and fields; less is taken (see `bounded`), and more ends the connection.
const MAX_HEADER_BYTES: u32 = 64 << 10;
const MAX_HEADERS: usize = 256;
/// Streams of one HTTP/2 connection.
const MAX_STREAMS: u32 = 100;

fn http1() -> http1::Builder {
    let mut builder = http1::Builder::new();
    builder
        .timer(TokioTimer::new())
        .header_read_timeout(HEADER_TIMEOUT)
        .max_headers(MAX_HEADERS)
        .max_buf_size(MAX_HEADER_BYTES as usize);
    builder
}

fn http2() -> http2::Builder<TokioExecutor> {
    let mut builder = http2::Builder::new(TokioExecutor::new());
    builder
        .timer(TokioTimer::new())
        .max_concurrent_streams(MAX_STREAMS)
        .max_header_list_size(MAX_HEADER_BYTES)
        .keep_alive_interval(Some(Duration::from_secs(20)))
        .keep_alive_timeout(Duration::from_secs(10));
    builder
}

fn lingering(body: Incoming) -> Body {
    Body::new(Lingering(Some(body)))
}

/// Serves until `shutdown` turns true, then lets running requests end, for `drain` at most.
pub(crate) async fn serve(
    listener: TcpListener,
    app: Arc<App>,
    max_connections: usize,
    drain: Duration,
    mut shutdown: watch::Receiver<bool>,
) {
    let router = super::router(Arc::clone(&app));
    let permits = Arc::new(Semaphore::new(max_connections));
    let (one, two) = (http1(), http2());
    let graceful = GracefulShutdown::new();
    while !*shutdown.borrow() {
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            _ = shutdown.changed() => break,
        };
        let (stream, peer) = match accepted {
            Ok(accepted) => accepted,
            Err(error) => {
                // Out of file descriptors, most likely: others have to close first.
                tracing::warn!(%error, "a connection could not be accepted");
                tokio::time::sleep(Duration::from_millis(50)).await;
                continue;
            }
        };
        let Ok(permit) = Arc::clone(&permits).try_acquire_owned() else {
            app.metrics.connections_refused.inc();
            continue;
        };
        let _ = stream.set_nodelay(true);
        let service = router.clone().map_request(move |mut request: Request<Incoming>| {
            request.extensions_mut().insert(Peer(peer));
            request.map(lingering)
        });
        let service = TowerToHyperService::new(service);
        let (one, two, watcher, open) = (one.clone(), two.clone(), graceful.watcher(), app.metrics.connections.clone());
        open.inc();
        let mut closing = shutdown.clone();
        tokio::spawn(async move {
            let version = tokio::select! {
                version = tokio::time::timeout(HEADER_TIMEOUT, Version::spoken(&stream)) => version.ok(),
                // Who has said nothing yet is not waited for.
                _ = closing.changed() => None,
            };
            let ended = match version {
                Some(Ok(Version::One)) => watcher.watch(one.serve_connection(TokioIo::new(stream), service)).await,
                // Larger than the other, and rarer.
                Some(Ok(Version::Two)) => {
                    Box::pin(watcher.watch(two.serve_connection(TokioIo::new(stream), service))).await
                }
                Some(Err(_)) | None => Ok(()),
            };
            if let Err(error) = ended {
                tracing::debug!(%error, "a connection broke");
            }
            open.dec();
            drop(permit);
        });
    }
    drop(listener);
    if tokio::time::timeout(drain, graceful.shutdown()).await.is_err() {
        tracing::warn!("some requests did not end in time");
    }
}
