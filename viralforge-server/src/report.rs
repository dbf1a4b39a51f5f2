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
                Some(endpoint) => Some(traces::Traces::start(endpoint, layers)?),
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

/// Names the span of a request, and makes it a part of the trace that the client began, if it sent `traceparent` (W3C
/// Trace Context).
pub(crate) fn trace_request(span: &Span, name: &dyn Display, headers: &HeaderMap) {
    #[cfg(feature = "otel")]
    traces::trace_request(span, name, headers);
    #[cfg(not(feature = "otel"))]
    let _ = (span, name, headers);
}
