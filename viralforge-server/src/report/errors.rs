//! Lines of the log that are errors, sent to Sentry.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use ::sentry::protocol::{Context, Event, Value};
use ::sentry::transports::UreqHttpTransportOptions;
use ::sentry::{ClientInitGuard, ClientOptions, Transport, TransportFactory, TransportOptions};
use tracing_subscriber::Layer as _;
use tracing_subscriber::filter::{LevelFilter, filter_fn};

use super::BoxedLayer;
use crate::app::StartError;
use crate::config::Secret;

/// How long the end of the server waits for the last errors.
const FLUSH: Duration = Duration::from_secs(3);

/// How long Sentry may take to answer. The end of the server waits for an answer that is due.
const ANSWER: Duration = Duration::from_secs(5);

/// What is sent of an error's fields and of the spans around it, by the names that the log has, and Sentry's names for it.
const SENT: [(&str, &str); 9] = [
    ("request:http.request.method", "http.request.method"),
    ("request:http.route", "http.route"),
    ("request:request_id", "request_id"),
    ("status", "http.response.status_code"),
    ("job:job.id", "job.id"),
    ("job:job.kind", "job.kind"),
    ("job:job.start", "job.start"),
    ("job", "job.id"),
    ("code", "code"),
];

pub(super) fn start(dsn: &Secret, layers: &mut Vec<BoxedLayer>) -> Result<ClientInitGuard, StartError> {
    let dsn = dsn.expose().parse().map_err(|_| "SENTRY_DSN is no address of a project of Sentry")?;
    let mut options = ClientOptions::new()
        .release(concat!("viralforge-server@", env!("CARGO_PKG_VERSION")))
        // They add what they find: names of machines, threads, texts of panics.
        .default_integrations(false)
        .max_breadcrumbs(0)
        .transport(Sender)
        .shutdown_timeout(FLUSH)
        .before_send(|event| Some(stripped(event)));
    options.dsn = Some(dsn);
    let ours = filter_fn(|what| what.is_span() && what.target().starts_with(env!("CARGO_CRATE_NAME")));
    layers.push(::sentry::integrations::tracing::SpanLayer::new().with_filter(ours).boxed());
    let errors = ::sentry::integrations::tracing::ErrorLayer::new().enable_span_attributes();
    // Spans are of the highest level.
    layers.push(errors.with_filter(LevelFilter::ERROR).boxed());
    Ok(::sentry::init(options))
}

/// Sends as the library does, which by itself would wait for ever.
struct Sender;

impl TransportFactory for Sender {
    fn create_transport_with_options(&self, options: TransportOptions) -> Arc<dyn Transport> {
        Arc::new(UreqHttpTransportOptions::from(options).with_agent(super::agent(ANSWER)).build())
    }
}

/// A new event that has nothing of `event` but what is known to be harmless.
fn stripped(event: Event<'static>) -> Event<'static> {
    let logger = event.logger.unwrap_or_default();
    // Our messages are fixed texts; what varies is in fields.
    let is_ours = logger.starts_with(env!("CARGO_CRATE_NAME"));
    let mut contexts = event.contexts;
    let fields = match contexts.remove("Rust Tracing Fields") {
        Some(Context::Other(fields)) => fields,
        _ => BTreeMap::new(),
    };
    let tags = SENT.iter().filter_map(|(name, sent)| {
        let text = match fields.get(*name)? {
            Value::String(text) => text.clone(),
            other => other.to_string(),
        };
        Some(((*sent).to_owned(), text))
    });
    Event {
        event_id: event.event_id,
        timestamp: event.timestamp,
        level: event.level,
        release: event.release,
        environment: event.environment,
        sdk: event.sdk,
        message: event.message.filter(|_| is_ours).or_else(|| Some(format!("an error of {logger}"))),
        tags: tags.collect(),
        contexts: contexts.remove_entry("Rust Tracing Location").into_iter().collect(),
        logger: Some(logger),
        ..Event::default()
    }
}
