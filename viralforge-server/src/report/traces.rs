//! Spans, sent to a collector as OTLP over HTTP.

use std::fmt::Display;
use std::pin::Pin;
use std::time::Duration;

use axum::http::{HeaderMap, Request, Response};
use bytes::Bytes;
use opentelemetry::propagation::TextMapPropagator as _;
use opentelemetry::trace::TracerProvider as _;
use opentelemetry_http::{HeaderExtractor, HttpClient, HttpError};
use opentelemetry_otlp::{SpanExporter, WithExportConfig as _, WithHttpConfig as _};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::propagation::TraceContextPropagator;
use opentelemetry_sdk::trace::SdkTracerProvider;
use tracing::Span;
use tracing::field::display;
use tracing_opentelemetry::OpenTelemetrySpanExt as _;
use tracing_subscriber::Layer as _;
use tracing_subscriber::filter::filter_fn;

use super::BoxedLayer;
use crate::app::StartError;
use crate::config::Config;

/// How long the collector may take to answer; the standard's own default.
const ANSWER: Duration = Duration::from_secs(10);
/// How long the end of the server waits for the last spans.
const FLUSH: Duration = Duration::from_secs(3);

/// Another address for traces, which the SDK reads by itself.
const TRACES_ENDPOINT: &str = "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT";

/// Collects spans, and sends them every few seconds from a thread of its own.
pub(super) struct Traces(SdkTracerProvider);

impl Traces {
    pub(super) fn start(endpoint: &str, config: &Config, layers: &mut Vec<BoxedLayer>) -> Result<Self, StartError> {
        let own = std::env::var(TRACES_ENDPOINT).ok();
        if own.as_deref().is_some_and(|address| !config.is_guarded(address)) {
            return Err(format!("{TRACES_ENDPOINT} is of a machine elsewhere, and without TLS; use https://").into());
        }
        let exporter = SpanExporter::builder().with_http().with_http_client(Client(super::agent(ANSWER)));
        // What the SDK reads by itself goes before it: headers, the resource, the sampler, another address for traces.
        let exporter = if own.is_some() {
            exporter.build()?
        } else {
            exporter.with_endpoint(format!("{}/v1/traces", endpoint.trim_end_matches('/'))).build()?
        };
        let mut resource = Resource::builder();
        if std::env::var_os("OTEL_SERVICE_NAME").is_none() {
            resource = resource.with_service_name("viralforge-server");
        }
        let provider =
            SdkTracerProvider::builder().with_batch_exporter(exporter).with_resource(resource.build()).build();
        let spans = tracing_opentelemetry::layer()
            .with_tracer(provider.tracer("viralforge-server"))
            .with_location(false)
            .with_threads(false)
            .with_tracked_inactivity(false)
            .with_level(false)
            .with_target(false);
        // Our own spans and no lines of the log: those have texts.
        let ours = filter_fn(|what| what.is_span() && what.target().starts_with(env!("CARGO_CRATE_NAME")));
        layers.push(spans.with_filter(ours).boxed());
        Ok(Self(provider))
    }
}

impl Drop for Traces {
    fn drop(&mut self) {
        // There is nobody left to tell.
        let _ = self.0.shutdown_with_timeout(FLUSH);
    }
}

pub(super) fn trace_request(span: &Span, name: &dyn Display, headers: &HeaderMap) {
    span.record("otel.name", display(name)).record("otel.kind", "server");
    if headers.contains_key("traceparent") {
        let context = TraceContextPropagator::new().extract(&HeaderExtractor(headers));
        // It fails where nothing is traced.
        let _ = span.set_parent(context);
    }
}

/// Waits for the answer on the thread of whoever asks, which is the exporter's own.
#[derive(Debug)]
struct Client(ureq::Agent);

impl HttpClient for Client {
    fn send_bytes<'s, 'f>(
        &'s self,
        request: Request<Bytes>,
    ) -> Pin<Box<dyn Future<Output = Result<Response<Bytes>, HttpError>> + Send + 'f>>
    where
        's: 'f,
        Self: 'f,
    {
        Box::pin(async move {
            let (parts, body) = request.into_parts();
            let (parts, mut body) = self.0.run(Request::from_parts(parts, &body[..]))?.into_parts();
            Ok(Response::from_parts(parts, body.read_to_vec()?.into()))
        })
    }
}
