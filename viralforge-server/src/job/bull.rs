//! Redis beside the table: a queue of BullMQ for each lane, from which workers here and elsewhere draw.
//!
//! An entry is a ticket: whoever draws it asks the table for that very job, and only the table gives it. So an entry
//! that is lost, doubled or late does no harm, and Redis may lose everything: what it does not know is told again.

mod trouble;

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use bullmq::redis_connection::RedisConnection;
use bullmq::types::RemoveOnFinish;
use bullmq::{BulkJob, JobOptions, JobState, QueueEvent, QueueEvents, QueueEventsOptions, QueueOptions, WorkerOptions};
use futures_util::future::try_join_all;
use serde_json::{Value, json};
use tokio::sync::{Notify, watch};
use tokio::task::JoinSet;

use super::{BATCH, Lane, Queue, Waiting};
use crate::config::Broker;
use crate::id;
use crate::problem::{Problem, Result};

/// How long Redis may take to answer before it counts as gone.
const PATIENCE: Duration = Duration::from_secs(1);
/// Between two looks whether Redis knows what it should.
const RECONCILE_EVERY: Duration = Duration::from_secs(1);
/// How long a ticket that was drawn may stay unused before it is made anew: its holder died in between.
const TICKET_LOCK: Duration = Duration::from_secs(5);
/// Entries that are over and kept for whoever looks at the queues.
const KEPT_ENTRIES: usize = 100;

/// The queues in Redis, connected or about to be.
pub(crate) struct Bull {
    broker: Broker,
    queue: Queue,
    connected: watch::Sender<Option<Arc<Connected>>>,
    /// Why it does not answer, as far as that is known.
    trouble: Mutex<&'static str>,
}

struct Connected {
    lanes: Vec<(bullmq::Queue, bullmq::Worker)>,
    /// Ends with the value.
    _listeners: JoinSet<()>,
}

fn gone() -> Problem {
    Problem::unavailable("redis does not answer")
}

/// An answer of Redis in time.
async fn timely<T>(answer: impl Future<Output = Result<T, bullmq::Error>>) -> Result<T> {
    tokio::time::timeout(PATIENCE, answer).await.map_err(|_| gone())?.map_err(|error| {
        tracing::debug!(%error, "redis");
        gone()
    })
}

impl Bull {
    pub(crate) fn new(broker: Broker, queue: Queue) -> Self {
        Self { broker, queue, connected: watch::Sender::new(None), trouble: Mutex::default() }
    }

    fn now(&self) -> Option<Arc<Connected>> {
        self.connected.borrow().clone()
    }

    /// Why Redis does not answer; empty where that is not known.
    pub(crate) fn trouble(&self) -> &'static str {
        *self.trouble.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn note_trouble(&self, why: &'static str) {
        *self.trouble.lock().unwrap_or_else(PoisonError::into_inner) = why;
    }

    /// Whether Redis answers.
    pub(crate) async fn ping(&self) -> bool {
        let Some(connected) = self.now() else { return false };
        timely(connected.lanes[0].0.connection().ping()).await.is_ok()
    }

    /// Draws tickets of a lane until one is good: the job and its fence. Without Redis there are none to draw.
    pub(super) async fn draw(&self, lane: Lane) -> Result<Option<(String, i64)>> {
        let connected = self.now().ok_or_else(gone)?;
        let (queue, worker) = connected.lane(lane);
        let Some(mut entry) = timely(worker.get_next_job_nonblocking(&id::fresh())).await? else { return Ok(None) };
        let name = entry.id().to_owned();
        // It has done its work; if it stays, it is removed by whoever reconciles.
        if timely(entry.move_to_completed("drawn")).await.is_ok() {
            let _ = timely(queue.remove(&name)).await;
        }
        Ok(Waiting::of_entry(&name).map(|(job, fence)| (job.to_owned(), fence)))
    }

    /// Keeps Redis and the table in step as long as the process lives. `asked` wakes it when a job was queued here, and
    /// `ready` is woken when there may be something for a worker.
    pub(crate) async fn keep(&self, asked: &Notify, ready: &Arc<Notify>, listen: bool) {
        loop {
            match tokio::time::timeout(PATIENCE * 2, Connected::open(&self.broker, ready, listen)).await {
                Ok(Ok(connected)) => {
                    tracing::info!("redis answers");
                    let connected = Arc::new(connected);
                    self.note_trouble("");
                    self.connected.send_replace(Some(Arc::clone(&connected)));
                    self.in_step(&connected, asked, ready).await;
                    self.connected.send_replace(None);
                    tracing::warn!("redis does not answer any more; jobs are taken from the table");
                }
                // Each reason is told once, as long as it stays the same.
                _ => {
                    let why = trouble::trouble(&self.broker).await;
                    if why != self.trouble() {
                        tracing::warn!(why, "redis cannot be reached; jobs are taken from the table");
                    }
                    self.note_trouble(why);
                }
            }
            let pass_on = async {
                loop {
                    asked.notified().await;
                    ready.notify_one();
                }
            };
            let _: Result<(), _> = tokio::time::timeout(RECONCILE_EVERY, pass_on).await;
        }
    }

    /// Tells Redis of jobs until it is gone.
    async fn in_step(&self, connected: &Connected, asked: &Notify, ready: &Notify) {
        let mut tick = tokio::time::interval(RECONCILE_EVERY);
        tick.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        let mut checked = String::new();
        loop {
            let is_tick = tokio::select! {
                () = asked.notified() => false,
                _ = tick.tick() => true,
            };
            let step = async {
                if is_tick {
                    self.queue.end_leases(true).await?;
                    self.check(connected, &mut checked).await?;
                }
                self.tell(connected, ready).await
            };
            if let Err(problem) = step.await {
                tracing::warn!(?problem, "redis and the table are not in step");
                if !self.ping().await {
                    return;
                }
            }
        }
    }

    /// Adds an entry for each waiting job that Redis was not told of. One that is there already stays as it is.
    async fn tell(&self, connected: &Connected, ready: &Notify) -> Result<()> {
        loop {
            let waiting = self.queue.waiting(false, "").await?;
            for lane in Lane::ALL {
                let entries: Vec<_> = waiting.iter().filter(|job| job.lane() == lane).map(entry).collect();
                timely(connected.lane(lane).0.add_bulk(entries)).await?;
            }
            if !waiting.is_empty() {
                ready.notify_one();
                self.queue.note_told(&waiting, true).await?;
            }
            if waiting.len() < BATCH {
                return Ok(());
            }
        }
    }

    /// Looks whether Redis still has what it was told, a batch at a time: jobs whose entries are gone or used up, and
    /// that wait all the same, are to be told anew.
    async fn check(&self, connected: &Connected, after: &mut String) -> Result<()> {
        timely(connected.lanes[0].0.connection().ping()).await?;
        let waiting = self.queue.waiting(true, after).await?;
        *after = waiting.get(BATCH - 1).map(|last| last.id.clone()).unwrap_or_default();
        let is_lost = async |job: Waiting| {
            let (queue, entry) = (&connected.lane(job.lane()).0, job.entry());
            let waits = matches!(
                queue.get_job_state(&entry).await?,
                JobState::Prioritized | JobState::Delayed | JobState::Waiting
            );
            // It cannot be removed while somebody has just drawn it.
            Ok::<_, bullmq::Error>((!waits && queue.remove(&entry).await?).then_some(job))
        };
        let lost = timely(try_join_all(waiting.into_iter().map(is_lost))).await?;
        let lost: Vec<Waiting> = lost.into_iter().flatten().collect();
        if !lost.is_empty() {
            tracing::info!(jobs = lost.len(), "redis does not know jobs that it was told of");
            self.queue.note_told(&lost, false).await?;
        }
        Ok(())
    }
}

impl Connected {
    async fn open(broker: &Broker, ready: &Arc<Notify>, listen: bool) -> Result<Self, bullmq::Error> {
        let connection = broker.connection().map_err(|error| bullmq::Error::InvalidConfig(error.to_string()))?;
        let shared = RedisConnection::new_managed_only(&connection).await?;
        let mut lanes = Vec::new();
        let mut listeners = JoinSet::new();
        for lane in Lane::ALL {
            let queue = bullmq::Queue::with_connection(lane.queue(), shared.clone(), QueueOptions::new()).await?;
            let options = WorkerOptions::new().connection(connection.clone()).lock_duration(TICKET_LOCK).manual_start();
            // Its function is never called, since tickets are drawn one by one.
            let idle = |_, _| async { Ok(Value::Null) };
            lanes.push((queue, bullmq::Worker::with_options(lane.queue(), idle, options).await?));
            if listen {
                let options = QueueEventsOptions { connection: connection.clone(), ..QueueEventsOptions::default() };
                let events = QueueEvents::with_connection(lane.queue(), shared.clone(), options).await?;
                let ready = Arc::clone(ready);
                listeners.spawn(async move {
                    while let Some(entry) = events.next_event().await {
                        if matches!(entry.event, QueueEvent::Waiting { .. }) {
                            ready.notify_one();
                        }
                    }
                });
            }
        }
        Ok(Self { lanes, _listeners: listeners })
    }

    fn lane(&self, lane: Lane) -> &(bullmq::Queue, bullmq::Worker) {
        &self.lanes[lane as usize]
    }
}

fn entry(job: &Waiting) -> BulkJob {
    let data = json!({ "job_id": job.id, "kind": job.kind, "asset_id": job.asset_id });
    // What comes first has the smallest number there, from 1.
    let priority = u32::try_from(101 - job.priority.clamp(-100, 100)).unwrap_or(1);
    let delay = u64::try_from(job.run_at - id::now_ms()).unwrap_or(0);
    let kept = || RemoveOnFinish::Count(KEPT_ENTRIES);
    BulkJob::new(&job.kind, data)
        .options(JobOptions::new().remove_on_complete(kept()).remove_on_fail(kept()))
        .job_id(job.entry())
        .priority(priority)
        .delay(Duration::from_millis(delay))
}
