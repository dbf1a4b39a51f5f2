//! The log on standard error, and what is measured by listening to it.

use std::sync::Arc;

use tracing::field::{Field, Visit};
use tracing::{Event, Subscriber};
use tracing_subscriber::filter::{LevelFilter, Targets};
use tracing_subscriber::layer::{Context, Layer, SubscriberExt as _};
use tracing_subscriber::util::SubscriberInitExt as _;
use tracing_subscriber::{EnvFilter, fmt};

use crate::app::StartError;
use crate::config::Config;
use crate::metrics::{Call, Metrics};
use crate::report::Reports;

/// The target of sqlx's line for each statement.
const STATEMENTS: &str = "sqlx::query";

/// Starts the log, and the reports. `RUST_LOG` chooses what is in the log.
pub(crate) fn start(config: &Config, metrics: Arc<Metrics>) -> Result<Reports, StartError> {
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("info"));
    let lines = fmt::layer().with_writer(std::io::stderr);
    let lines = if config.log_json { lines.json().with_span_list(false).boxed() } else { lines.boxed() };
    let statements = Targets::new().with_target(STATEMENTS, LevelFilter::TRACE);
    let mut layers = vec![lines.with_filter(filter).boxed(), StatementTimes(metrics).with_filter(statements).boxed()];
    let reports = Reports::start(config, &mut layers)?;
    tracing_subscriber::registry().with(layers).init();
    Ok(reports)
}

/// Times the statements of the database, all of them and in one place: sqlx logs each with the time it took.
struct StatementTimes(Arc<Metrics>);

impl<S: Subscriber> Layer<S> for StatementTimes {
    fn on_event(&self, event: &Event<'_>, _: Context<'_, S>) {
        let mut statement = Statement::default();
        event.record(&mut statement);
        // The first word: SELECT, INSERT and so on.
        let operation = statement.summary.split_whitespace().next().unwrap_or_default().to_ascii_lowercase();
        self.0.database.get_or_create(&Call { operation }).observe(statement.seconds);
    }
}

#[derive(Default)]
struct Statement {
    summary: String,
    seconds: f64,
}

impl Visit for Statement {
    fn record_f64(&mut self, field: &Field, value: f64) {
        if field.name() == "elapsed_secs" {
            self.seconds = value;
        }
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        if field.name() == "summary" {
            value.clone_into(&mut self.summary);
        }
    }

    fn record_debug(&mut self, _: &Field, _: &dyn std::fmt::Debug) {}
}
