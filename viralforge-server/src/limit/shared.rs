//! Rates in Redis, for several servers: the same algorithm as one script.

use std::sync::OnceLock;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use redis::Script;
use redis::aio::{ConnectionManager, ConnectionManagerConfig};

use super::gcra::{Decision, Rate};
use crate::config::Broker;
use crate::id;

/// How long Redis may take. On a machine that has too much to do, an answer that is there is not always read at once, and
/// whoever gives up too early lets too many through.
const PATIENCE: Duration = Duration::from_millis(500);
/// How long it is not asked again after it did not answer.
const REST_MS: i64 = 1000;
/// What the names of all counters begin with.
const PREFIX: &str = "viralforge:rate:";

pub(super) struct Shared {
    broker: Broker,
    connection: OnceLock<Option<ConnectionManager>>,
    script: Script,
    /// Until when it is not asked, in milliseconds since 1970.
    rests_until: AtomicI64,
}

impl std::fmt::Debug for Shared {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Shared")
    }
}

impl Shared {
    pub(super) fn new(broker: &Broker) -> Self {
        let script = Script::new(include_str!("gcra.lua"));
        Self { broker: broker.clone(), connection: OnceLock::new(), script, rests_until: AtomicI64::new(0) }
    }

    /// Counts a request; `None` where Redis cannot be asked.
    pub(super) async fn take(&self, rate: &Rate, key: &str) -> Option<Decision> {
        if self.rests_until.load(Ordering::Relaxed) > id::now_ms() {
            return None;
        }
        // It connects by itself, and again where it has to.
        let mut connection = self.connection.get_or_init(|| connect(&self.broker)).clone()?;
        let mut call = self.script.key(format!("{PREFIX}{key}"));
        call.arg(rate.interval()).arg(rate.window());
        let answer = tokio::time::timeout(PATIENCE, call.invoke_async::<(i64, i64, i64)>(&mut connection)).await;
        match answer {
            Ok(Ok((allowed, full_at, now))) => Some(rate.decision(allowed == 1, full_at, now)),
            failed => {
                tracing::warn!(late = failed.is_err(), "redis does not answer; this server's share of the rates holds");
                self.rests_until.store(id::now_ms() + REST_MS, Ordering::Relaxed);
                None
            }
        }
    }
}

fn connect(broker: &Broker) -> Option<ConnectionManager> {
    let config = ConnectionManagerConfig::new()
        .set_number_of_retries(1)
        .set_connection_timeout(Some(PATIENCE))
        .set_response_timeout(Some(PATIENCE));
    let manager = broker.client().and_then(|client| ConnectionManager::new_lazy_with_config(client, config));
    manager.map_err(|_| tracing::error!("the address of redis cannot be used for rates")).ok()
}
