//! As little server as hyper allows: thirteen bytes for every request, and bodies read to their end. What the host
//! costs above this is what its features cost.

use std::convert::Infallible;

use axum::body::Body;
use futures_util::StreamExt as _;
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper::{Request, Response};
use hyper_util::rt::TokioIo;
use tokio::net::TcpListener;

#[tokio::main]
async fn main() -> std::io::Result<()> {
    let address = std::env::args().nth(1).unwrap_or_else(|| "127.0.0.1:0".to_owned());
    let listener = TcpListener::bind(address).await?;
    loop {
        let (stream, _) = listener.accept().await?;
        stream.set_nodelay(true)?;
        // Clients that hang up are none of this program's business.
        tokio::spawn(
            hyper::server::conn::http1::Builder::new().serve_connection(TokioIo::new(stream), service_fn(answer)),
        );
    }
}

async fn answer(request: Request<Incoming>) -> Result<Response<Body>, Infallible> {
    let mut bytes = Body::new(request.into_body()).into_data_stream();
    while let Some(Ok(_)) = bytes.next().await {}
    Ok(Response::new(Body::from("hello, world\n")))
}
