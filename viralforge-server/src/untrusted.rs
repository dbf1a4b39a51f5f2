//! For tests: a server by TLS whose certificate nobody has signed but itself.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use tokio::io::AsyncReadExt as _;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::pem::PemObject as _;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};

/// Certificate and key, for 127.0.0.1.
const PEM: &[u8] = include_bytes!("../tests/untrusted.pem");

/// Its address, and how many connections brought a byte of a request.
pub(crate) async fn start() -> (SocketAddr, Arc<AtomicUsize>) {
    let (certificate, key) =
        (CertificateDer::from_pem_slice(PEM).unwrap(), PrivateKeyDer::from_pem_slice(PEM).unwrap());
    let config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()));
    let config = config.with_safe_default_protocol_versions().unwrap().with_no_client_auth();
    let acceptor = TlsAcceptor::from(Arc::new(config.with_single_cert(vec![certificate], key).unwrap()));
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let (address, asked) = (listener.local_addr().unwrap(), Arc::new(AtomicUsize::new(0)));
    let count = Arc::clone(&asked);
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let Ok(mut stream) = acceptor.accept(stream).await else { continue };
            if stream.read_u8().await.is_ok() {
                count.fetch_add(1, Ordering::SeqCst);
            }
        }
    });
    (address, asked)
}

/// Fails unless a request to that server failed by its certificate, and told it nothing.
pub(crate) fn was_refused(error: &dyn std::fmt::Debug, asked: &AtomicUsize) {
    assert!(format!("{error:?}").contains("UnknownIssuer"), "{error:?}");
    assert_eq!(asked.load(Ordering::SeqCst), 0);
}
