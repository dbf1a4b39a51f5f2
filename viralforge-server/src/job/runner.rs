//! Workers of this process: claim a job, run it in a child, publish what it made.

use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::http::StatusCode;
use serde_json::{Value, json};
use tokio::sync::{Mutex, Notify, OwnedSemaphorePermit, Semaphore, watch};
use tokio::task::JoinSet;
use tracing::Instrument as _;
use tracing::field::Empty;
use viralforge_core::Limits;

use super::bull::Gone;
use super::queue::Pulse;
use super::{Bull, Claim, Kind, Lane, NewJob, Queue, Scratch};
use crate::asset::Assets;
use crate::metrics::{JobStage, Metrics};
use crate::problem::{Problem, Result};
use crate::scan::{Scanned, Scanner};
use crate::store::{Key, Store};
use crate::worker::{self, Bounds, Ended, Made, Outcome, Rlimits, Task};

/// Between two looks into the queue where nothing wakes a worker earlier: jobs of other replicas, retries, lost leases.
const POLL: Duration = Duration::from_millis(500);
/// Between two notes of progress in the database.
const PROGRESS_EVERY: Duration = Duration::from_millis(500);

/// What all workers share.
#[derive(Debug)]
pub(crate) struct Runner {
    pub(crate) queue: Queue,
    pub(crate) assets: Assets,
    pub(crate) store: Store,
    pub(crate) scratch: Arc<Scratch>,
    /// Who has to find an upload clean; `None` where nobody has.
    pub(crate) scanner: Option<Scanner>,
    pub(crate) auto_thumbnails: bool,
    /// Where jobs are drawn from, if not from the table itself.
    pub(crate) bull: Option<Arc<Bull>>,
    /// Room for jobs of each lane, in the order of [`Lane::ALL`].
    pub(crate) lanes: [Arc<Semaphore>; 4],
    /// Workers look for a job one after the other.
    pub(crate) turn: Mutex<()>,
    pub(crate) wall: Duration,
    pub(crate) memory_bytes: u64,
    /// Wakes a worker: there is something new.
    pub(crate) wake: Arc<Notify>,
    /// To be woken when a job was queued.
    pub(crate) asked: Arc<Notify>,
    pub(crate) metrics: Arc<Metrics>,
}

impl Runner {
    /// Runs `count` workers until `shutdown` turns true; then lets go of what they hold.
    pub(crate) async fn run(self: Arc<Self>, count: usize, shutdown: watch::Receiver<bool>) {
        let mut workers = JoinSet::new();
        for _ in 0..count {
            workers.spawn(Arc::clone(&self).work(shutdown.clone()));
        }
        while workers.join_next().await.is_some() {}
    }

    async fn work(self: Arc<Self>, mut shutdown: watch::Receiver<bool>) {
        while !*shutdown.borrow() {
            match self.next().await {
                Ok(Some((claim, _room))) => {
                    // There may be another one.
                    self.wake.notify_one();
                    let span = tracing::error_span!(
                        "job",
                        job.id = claim.job.id,
                        job.kind = claim.job.kind,
                        job.start = claim.job.starts,
                        job.state = Empty,
                        otel.status_code = Empty,
                    );
                    let one = async {
                        if let Err(problem) = self.one(&claim, &mut shutdown).await {
                            tracing::error!(?problem, "a job could not be finished; its lease will run out");
                        }
                    };
                    one.instrument(span).await;
                }
                Ok(None) => {
                    tokio::select! {
                        () = self.wake.notified() => {}
                        () = tokio::time::sleep(POLL) => {}
                        _ = shutdown.changed() => {}
                    }
                }
                Err(problem) => {
                    tracing::warn!(?problem, "the queue cannot be read");
                    tokio::time::sleep(POLL).await;
                }
            }
        }
    }

    /// The next job of the lanes that have room here, with its place.
    async fn next(&self) -> Result<Option<(Claim, OwnedSemaphorePermit)>> {
        let _turn = self.turn.lock().await;
        let open: Vec<Lane> =
            Lane::ALL.into_iter().filter(|lane| self.lanes[*lane as usize].available_permits() > 0).collect();
        let claim = match &self.bull {
            Some(bull) => match self.draw(bull, &open).await? {
                Ok(claim) => claim,
                Err(Gone) => self.queue.claim(&open).await?,
            },
            None => self.queue.claim(&open).await?,
        };
        let Some(claim) = claim else { return Ok(None) };
        // Nobody else takes one meanwhile, so that there still is one.
        let room = Arc::clone(&self.lanes[Lane::of(&claim.job.kind) as usize]);
        let room = room.acquire_owned().await.map_err(|_| Problem::internal())?;
        if claim.job.starts == 1 {
            self.observe(&claim, "wait", Duration::from_millis(claim.waited_ms.unsigned_abs()));
        }
        Ok(Some((claim, room)))
    }

    /// Draws tickets until one is good, or there are none.
    async fn draw(&self, bull: &Bull, open: &[Lane]) -> Result<Result<Option<Claim>, Gone>> {
        for lane in open {
            loop {
                let (job, fence) = match bull.draw(*lane).await {
                    Ok(Some(ticket)) => ticket,
                    Ok(None) => break,
                    Err(gone) => return Ok(Err(gone)),
                };
                if let Some(claim) = self.queue.claim_one(&job, fence).await? {
                    return Ok(Ok(Some(claim)));
                }
            }
        }
        Ok(Ok(None))
    }

    async fn one(&self, claim: &Claim, shutdown: &mut watch::Receiver<bool>) -> Result<()> {
        let Some(kind) = Kind::from_name(&claim.job.kind) else {
            let error = json!({ "code": "unsupported", "message": "this version does not know that kind of job" });
            self.queue.fail(claim, "failed", &error).await?;
            return Ok(());
        };
        let (sender, progress) = watch::channel(Value::Null);
        let stop = Notify::new();
        let work = self.produce(claim, kind, sender, &stop);
        tokio::pin!(work);
        // The lease is kept from the first byte that is fetched to the last that is stored.
        let (made, interrupted) = tokio::select! {
            made = &mut work => (made, None),
            why = self.keep(claim, progress, shutdown) => {
                stop.notify_one();
                (work.await, Some(why))
            }
        };
        let made = match made {
            Err(problem) if problem.status() == StatusCode::SERVICE_UNAVAILABLE => {
                Produced::of(Ended::Postponed("the storage does not answer".to_owned()))
            }
            other => other?,
        };
        match (made, interrupted) {
            (Produced { ended: Ended::Stopped, .. }, Some(Interrupted::Released)) => {
                self.queue.release(claim).await.map(|_| ())
            }
            (Produced { ended: Ended::Stopped, .. }, Some(Interrupted::Lost)) => Ok(()),
            (Produced { ended: Ended::Stopped, .. }, Some(Interrupted::Cancelled)) => {
                self.queue.fail(claim, "cancelled", &Value::Null).await.map(|_| ())
            }
            (made, _) => self.publish(claim, kind, made).await,
        }
    }

    /// Runs the child, and stores what it makes; only publishing lets anybody see it.
    async fn produce(
        &self,
        claim: &Claim,
        kind: Kind,
        progress: watch::Sender<Value>,
        stop: &Notify,
    ) -> Result<Produced> {
        let asset = self.assets.get(&claim.job.asset_id).await?;
        let scanner = self.scanner.clone().filter(|_| kind == Kind::Validation);
        if let Some(scanner) = &scanner
            && let Err(error) = scanner.ping().await
        {
            return Ok(Produced::of(unscanned(&error)));
        }
        let folder = self.scratch.job_folder()?;
        let (input, output) = (folder.path().join("input"), folder.path().join("output"));
        std::fs::create_dir(&output)?;
        let original = Key::stored(asset.storage_key.clone());
        self.timed(claim, "fetch", self.store.fetch(&original, &input)).await?;
        // It goes on beside the check, and ends with this call.
        let mut scan = JoinSet::new();
        if let Some(scanner) = scanner {
            let input = input.clone();
            scan.spawn(async move { scanner.scan(&input).await });
        }
        let task = Task {
            work: kind.work(&claim.job.options)?,
            input,
            output: output.clone(),
            limits: Limits::default().with_max_wall_time(self.wall),
            bounds: Rlimits {
                memory_bytes: self.memory_bytes,
                cpu_seconds: self.wall.as_secs().saturating_mul(4),
                file_bytes: 64 << 30,
            },
            host_pid: std::process::id(),
        };
        let on_progress = |now| {
            progress.send_replace(now);
        };
        let ran = worker::run(&task, Bounds { wall: self.wall }, on_progress, stop.notified());
        let mut ended = self.timed(claim, "run", ran).await?;
        if let Ended::Done(outcome) = &mut ended
            && outcome.report["verdict"] != "reject"
        {
            let scanned = tokio::select! {
                scanned = scan.join_next() => scanned,
                () = stop.notified() => return Ok(Produced::of(Ended::Stopped)),
            };
            match scanned.map(|joined| joined.map_err(std::io::Error::other).flatten()) {
                None => {}
                Some(Ok(scanned)) => refuse_unclean(&mut outcome.report, &scanned),
                Some(Err(error)) => return Ok(Produced::of(unscanned(&error))),
            }
        }
        let files = match &mut ended {
            Ended::Done(outcome) if kind != Kind::Validation => {
                let stored = self.store_files(claim, std::mem::take(outcome), &output);
                self.timed(claim, "store", stored).await?
            }
            _ => Vec::new(),
        };
        Ok(Produced { ended, files })
    }

    async fn timed<T>(&self, claim: &Claim, stage: &'static str, work: impl Future<Output = T>) -> T {
        let began = Instant::now();
        let result = work.await;
        self.observe(claim, stage, began.elapsed());
        result
    }

    fn observe(&self, claim: &Claim, stage: &'static str, time: Duration) {
        let labels = JobStage { kind: claim.job.kind.clone(), stage };
        self.metrics.job_stages.get_or_create(&labels).observe(time.as_secs_f64());
    }

    /// Keeps the lease and notes progress, until there is a reason to stop.
    async fn keep(
        &self,
        claim: &Claim,
        mut progress: watch::Receiver<Value>,
        shutdown: &mut watch::Receiver<bool>,
    ) -> Interrupted {
        let mut beat = tokio::time::interval(self.queue.lease() / 3);
        let mut note = tokio::time::interval(PROGRESS_EVERY);
        note.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                _ = beat.tick() => match self.queue.heartbeat(claim).await {
                    Ok(Pulse::Held) => {}
                    Ok(Pulse::CancelRequested) => return Interrupted::Cancelled,
                    Ok(Pulse::Lost) => return Interrupted::Lost,
                    // The lease may still be good when the database is back.
                    Err(problem) => tracing::warn!(job = %claim.job.id, ?problem, "no heartbeat"),
                },
                _ = note.tick() => if progress.has_changed().unwrap_or(false) {
                    let now = progress.borrow_and_update().clone();
                    if let Err(problem) = self.queue.progress(claim, &now).await {
                        tracing::warn!(job = %claim.job.id, ?problem, "progress was not noted");
                    }
                },
                _ = shutdown.changed() => return Interrupted::Released,
            }
        }
    }

    async fn publish(&self, claim: &Claim, kind: Kind, made: Produced) -> Result<()> {
        let (asset, job) = (&claim.job.asset_id, &claim.job.id);
        match made.ended {
            Ended::Done(outcome) if kind == Kind::Validation => {
                let state = if outcome.report["verdict"] == "reject" { "rejected" } else { "accepted" };
                let options = json!({ "thumbnails": { "count": 1 } });
                let streams = outcome.report["media"]["streams"].as_array();
                let is_seen = outcome.report["mime"].as_str().is_some_and(|mime| mime.starts_with("image/"))
                    || streams.is_some_and(|streams| streams.iter().any(|stream| stream["kind"] == "video"));
                let (kind, asset_id, priority) = (Kind::ThumbnailGeneration, asset.as_str(), claim.job.priority);
                let thumbnails = NewJob { kind, asset_id, options: &options, priority, idempotency_key: None };
                let next = (state == "accepted" && is_seen && self.auto_thumbnails).then_some(thumbnails);
                self.queue.succeed_with_verdict(claim, state, &outcome.report, next).await?;
                self.asked.notify_one();
            }
            Ended::Done(_) => {
                if self.queue.succeed(claim, &made.files).await? {
                    self.store.remove_unpublished(asset, job, Some(claim.fence)).await?;
                } else {
                    for (_, key, _) in made.files {
                        self.store.delete(&key).await?;
                    }
                }
            }
            Ended::Failed { code, message } => {
                self.queue.fail_or_retry(claim, &code, &message).await?;
            }
            Ended::Crashed(reason) => {
                let error = json!({ "code": "backend", "message": format!("the media worker died: {reason}") });
                self.queue.retry(claim, &error).await?;
            }
            Ended::Postponed(why) => {
                tracing::warn!(job = %job, why, "a job waits for something that it needs");
                self.queue.postpone(claim, &json!({ "code": "unavailable", "message": why })).await?;
            }
            Ended::TimedOut | Ended::Stopped => {
                let message = format!("it took longer than the {} s that a job may", self.wall.as_secs());
                self.queue.retry(claim, &json!({ "code": "limit_exceeded", "message": message })).await?;
            }
        }
        Ok(())
    }

    async fn store_files(
        &self,
        claim: &Claim,
        outcome: Outcome,
        output: &std::path::Path,
    ) -> Result<Vec<(Made, Key, u64)>> {
        let mut files = Vec::new();
        for made in outcome.files {
            // The name comes from the child: nothing but a plain file in its own folder is taken.
            let path = output.join(&made.name);
            let is_plain = std::path::Path::new(&made.name).components().count() == 1;
            if !is_plain || !std::fs::symlink_metadata(&path)?.is_file() {
                tracing::error!(job = %claim.job.id, name = %made.name, "a media worker named a file that is none");
                return Err(Problem::internal());
            }
            let key = Key::output(&claim.job.asset_id, &claim.job.id, claim.fence, &made.name);
            let byte_len = self.store.put_file(&key, &path).await?;
            files.push((made, key, byte_len));
        }
        Ok(files)
    }
}

/// What one start of a job came to.
struct Produced {
    ended: Ended,
    /// Stored, and not published yet.
    files: Vec<(Made, Key, u64)>,
}

impl Produced {
    /// Nothing but an end.
    fn of(ended: Ended) -> Self {
        Self { ended, files: Vec::new() }
    }
}

fn unscanned(error: &std::io::Error) -> Ended {
    Ended::Postponed(format!("the virus scanner does not answer: {error}"))
}

/// Puts what the scanner found into the report: then nothing else counts.
fn refuse_unclean(report: &mut Value, scanned: &Scanned) {
    let Some(finding) = scanned.finding() else { return };
    report["verdict"] = "reject".into();
    if let Some(findings) = report["findings"].as_array_mut() {
        findings.insert(0, finding);
    }
}

/// Why a job is not gone on with.
enum Interrupted {
    Cancelled,
    /// Another worker has the job.
    Lost,
    /// This process is about to end.
    Released,
}
