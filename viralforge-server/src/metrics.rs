//! What is counted and timed, in the text format of OpenMetrics, which Prometheus reads.

use std::fmt::Debug;
use std::hash::Hash;

use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::encoding::text::encode;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::{Family, MetricConstructor};
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::{Histogram, exponential_buckets};
use prometheus_client::registry::{Metric, Registry, Unit};

/// The type of the answer at `/metrics`.
pub(crate) const CONTENT_TYPE: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

/// One request, as it is counted: by its route, never by what it carries.
#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
pub(crate) struct Request {
    pub(crate) method: String,
    pub(crate) route: String,
    pub(crate) status: u16,
}

/// Requests that were refused by a rate.
#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
pub(crate) struct Refused {
    pub(crate) policy: &'static str,
}

/// Refusals that may be attempts, by their event in the audit log.
#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
pub(crate) struct Refusal {
    pub(crate) event: String,
}

/// Jobs of one kind; a stage of them, or a state.
#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
pub(crate) struct Jobs {
    pub(crate) kind: String,
}

/// Jobs of one kind in one state.
#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
pub(crate) struct JobState {
    pub(crate) kind: String,
    pub(crate) state: String,
}

/// One stage of the jobs of one kind.
#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
pub(crate) struct JobStage {
    pub(crate) kind: String,
    pub(crate) stage: &'static str,
}

/// One kind of call to a dependency.
#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
pub(crate) struct Call {
    pub(crate) operation: String,
}

type Timed<L> = Family<L, Histogram, Buckets>;

/// The bounds of a histogram, in seconds.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Buckets {
    /// 1 ms to 65 s.
    Request,
    /// 0.1 s to 55 min.
    Job,
}

impl MetricConstructor<Histogram> for Buckets {
    fn new_metric(&self) -> Histogram {
        match self {
            Self::Request => Histogram::new(exponential_buckets(0.001, 2.0, 17)),
            Self::Job => Histogram::new(exponential_buckets(0.1, 2.0, 16)),
        }
    }
}

/// All of it.
#[derive(Debug)]
pub(crate) struct Metrics {
    registry: Registry,
    pub(crate) requests: Timed<Request>,
    pub(crate) connections: Gauge,
    pub(crate) connections_refused: Counter,
    pub(crate) upload_bytes: Counter,
    pub(crate) uploads_refused: Counter,
    pub(crate) jobs_asked_for: Family<Jobs, Counter>,
    pub(crate) refused: Family<Refused, Counter>,
    pub(crate) refusals: Family<Refusal, Counter>,
    pub(crate) jobs: Family<JobState, Gauge>,
    pub(crate) oldest_job: Family<JobState, Gauge<f64, std::sync::atomic::AtomicU64>>,
    pub(crate) job_stages: Timed<JobStage>,
    pub(crate) storage: Timed<Call>,
    pub(crate) database: Timed<Call>,
}

impl Metrics {
    pub(crate) fn new() -> Self {
        let mut registry = Registry::with_prefix("viralforge");
        let all = &mut registry;
        Self {
            requests: timed(all, "http", "Time to answer a request", Buckets::Request),
            connections: added(all, "connections", "Open connections"),
            connections_refused: added(all, "connections_refused", "Connections over the limit"),
            upload_bytes: added(all, "upload_bytes", "Bytes of uploads that were taken"),
            uploads_refused: added(all, "uploads_refused", "Uploads refused by their first bytes"),
            jobs_asked_for: added(all, "jobs_requested", "Jobs that clients asked for"),
            refused: added(all, "requests_limited", "Requests that were refused by a rate"),
            refusals: added(all, "refusals", "Refusals of keys, tokens, scopes and objects of others"),
            jobs: added(all, "jobs", "Jobs that wait, run, or are dead"),
            oldest_job: in_seconds(all, "oldest_job", "Age of the oldest of these jobs", Family::default()),
            job_stages: timed(all, "job_stage", "Time that a job took, by stage", Buckets::Job),
            storage: timed(all, "storage", "Time of a call to the storage", Buckets::Request),
            database: timed(all, "database", "Time of a statement of the database", Buckets::Request),
            registry,
        }
    }

    pub(crate) fn text(&self) -> String {
        let mut text = String::new();
        // Writing to a string cannot fail.
        let _ = encode(&mut text, &self.registry);
        text
    }
}

fn added<M: Metric + Clone + Default>(registry: &mut Registry, name: &str, help: &str) -> M {
    let metric = M::default();
    registry.register(name, help, metric.clone());
    metric
}

fn in_seconds<M: Metric + Clone>(registry: &mut Registry, name: &str, help: &str, metric: M) -> M {
    registry.register_with_unit(name, help, Unit::Seconds, metric.clone());
    metric
}

fn timed<L>(registry: &mut Registry, name: &str, help: &str, buckets: Buckets) -> Timed<L>
where
    L: EncodeLabelSet + Clone + Hash + Eq + Debug + Send + Sync + 'static,
{
    in_seconds(registry, name, help, Timed::new_with_constructor(buckets))
}
