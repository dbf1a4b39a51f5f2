//! Reports to collectors of the operator's own: traces to OpenTelemetry, errors to Sentry. Each is a feature of the build,
//! and off until its address is set. What is sent is chosen by name: no text of an error, no address, and no name.

#[cfg(feature = "sentry")]
mod errors;
#[cfg(feature = "otel")]
mod traces;

use std::fmt::Display;

use axum::http::HeaderMap;
use tracing::Span;
use tracing_subscriber::Registry;
use tracing_subscriber::layer::Layer;

use crate::app::StartError;
use crate::config::Config;

/// A listener of the log that is one of several.
pub(crate) type BoxedLayer = Box<dyn Layer<Registry> + Send + Sync>;

/// The settings, and whether this build knows what to do with each.
pub(crate) const OTLP_ENDPOINT: (&str, bool) = ("OTEL_EXPORTER_OTLP_ENDPOINT", cfg!(feature = "otel"));
pub(crate) const SENTRY_DSN: (&str, bool) = ("SENTRY_DSN", cfg!(feature = "sentry"));

/// Sends reports in the background. When it ends, it sends the rest, for a few seconds at most.
pub(crate) struct Reports {
    #[cfg(feature = "otel")]
    _traces: Option<traces::Traces>,
    #[cfg(feature = "sentry")]
    _errors: Option<::sentry::ClientInitGuard>,
}

impl Reports {
    /// Starts what is set, and puts its listeners into `layers`.
    #[cfg_attr(
        not(any(feature = "otel", feature = "sentry")),
        expect(clippy::unnecessary_wraps, clippy::ptr_arg, unused_variables, reason = "there is nothing to start")
    )]
    pub(crate) fn start(config: &Config, layers: &mut Vec<BoxedLayer>) -> Result<Self, StartError> {
        Ok(Self {
            #[cfg(feature = "otel")]
            _traces: match &config.otlp_endpoint {
                Some(endpoint) => Some(traces::Traces::start(endpoint, config, layers)?),
                None => None,
            },
            #[cfg(feature = "sentry")]
            _errors: match &config.sentry_dsn {
                Some(dsn) => Some(errors::start(dsn, layers)?),
                None => None,
            },
        })
    }
}

/// The client for both: it follows no redirect, and waits `answer` at most.
#[cfg(any(feature = "otel", feature = "sentry"))]
fn agent(answer: std::time::Duration) -> ureq::Agent {
    ureq::Agent::config_builder()
        .timeout_global(Some(answer))
        .http_status_as_error(false)
        .max_redirects(0)
        .build()
        .new_agent()
}

/// Names the span of a request, and makes it a part of the trace that the client began, if it sent `traceparent` (W3C
/// Trace Context).
pub(crate) fn trace_request(span: &Span, name: &dyn Display, headers: &HeaderMap) {
    #[cfg(feature = "otel")]
    traces::trace_request(span, name, headers);
    #[cfg(not(feature = "otel"))]
    let _ = (span, name, headers);
}

#[cfg(all(test, any(feature = "otel", feature = "sentry")))]
mod tests {
    use std::io::{ErrorKind, Read as _, Write as _};
    use std::net::TcpListener;
    use std::time::Duration;

    use super::*;

    fn ask(url: String) -> Result<u16, ureq::Error> {
        agent(Duration::from_secs(10)).post(url).send("a report").map(|answer| answer.status().as_u16())
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn a_collector_whose_certificate_nobody_signed_is_refused_and_told_nothing() {
        let (address, asked) = crate::untrusted::start().await;
        let error = tokio::task::spawn_blocking(move || ask(format!("https://{address}/"))).await.unwrap().unwrap_err();
        crate::untrusted::was_refused(&error, &asked);
    }

    #[test]
    fn a_redirect_of_a_collector_is_not_followed() {
        let (collector, elsewhere) =
            (TcpListener::bind("127.0.0.1:0").unwrap(), TcpListener::bind("127.0.0.1:0").unwrap());
        elsewhere.set_nonblocking(true).unwrap();
        let (address, to) = (collector.local_addr().unwrap(), elsewhere.local_addr().unwrap());
        let redirecting = std::thread::spawn(move || {
            let (mut stream, _) = collector.accept().unwrap();
            let _ = stream.read(&mut [0; 4096]).unwrap();
            let answer = format!("HTTP/1.1 307 Elsewhere\r\nlocation: http://{to}/\r\ncontent-length: 0\r\n\r\n");
            stream.write_all(answer.as_bytes()).unwrap();
            stream
        });
        assert_eq!(ask(format!("http://{address}/")).unwrap(), 307);
        drop(redirecting.join().unwrap());
        assert_eq!(elsewhere.accept().unwrap_err().kind(), ErrorKind::WouldBlock, "nobody came");
    }
}
