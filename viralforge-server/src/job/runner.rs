//! Workers of this process: claim a job, run it in a child, publish what it made.

use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::http::StatusCode;
use serde_json::{Value, json};
use tokio::sync::{Mutex, Notify, OwnedSemaphorePermit, Semaphore, mpsc, watch};
use tokio::task::JoinSet;
use tracing::Instrument as _;
use tracing::field::Empty;
use viralforge_core::Limits;

use super::queue::Pulse;
use super::{Bull, Claim, Kind, Lane, NewJob};
use crate::app::App;
use crate::config::Config;
use crate::metrics::JobStage;
use crate::problem::{Problem, Result};
use crate::scan::Scanned;
use crate::store::Key;
use crate::worker::{self, Ended, Made, Outcome, Rlimits, Task, Told};

/// Between two looks into the queue where nothing wakes a worker earlier: jobs of other replicas, retries, lost leases.
const POLL: Duration = Duration::from_millis(500);
/// Between two notes of progress in the database.
const PROGRESS_EVERY: Duration = Duration::from_millis(500);

/// Scenes that listeners are told of one start of a job: more than a film has. What a video made for it has beyond
/// them is in the report alone.
const MAX_SCENES_TOLD: usize = 10_000;

/// What a child has told and nobody was told yet.
struct Heard {
    progress: watch::Receiver<Value>,
    scenes: mpsc::Receiver<Value>,
    /// How many scenes may still be told.
    room: usize,
    /// Scenes that the database did not take yet.
    untold: Vec<Value>,
}

/// Takes down what a child tells.
struct Listener {
    progress: watch::Sender<Value>,
    scenes: mpsc::Sender<Value>,
}

impl Listener {
    fn hear(&self, told: Told) {
        match told {
            Told::Progress(now) => drop(self.progress.send_replace(now)),
            Told::Scene(scene) => drop(self.scenes.try_send(scene)),
        }
    }
}

/// What all workers share.
pub(crate) struct Runner {
    app: Arc<App>,
    auto_thumbnails: bool,
    /// Room for jobs of each lane, in the order of [`Lane::ALL`].
    lanes: [Arc<Semaphore>; 4],
    /// Workers look for a job one after the other.
    turn: Mutex<()>,
    wall: Duration,
    memory_bytes: u64,
}

impl Runner {
    pub(crate) fn new(app: Arc<App>, config: &Config) -> Arc<Self> {
        Arc::new(Self {
            app,
            auto_thumbnails: config.auto_thumbnails,
            lanes: config.lane_workers.map(|room| Arc::new(Semaphore::new(room))),
            turn: Mutex::new(()),
            wall: config.job_timeout,
            memory_bytes: config.job_memory_bytes,
        })
    }

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
                    self.app.ready.notify_one();
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
                        () = self.app.ready.notified() => {}
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
        let claim = match &self.app.bull {
            Some(bull) => self.draw(bull, &open).await?,
            None => self.app.queue.claim(&open).await?,
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

    /// Draws tickets until one is good, or there are none. Without Redis, the table itself is looked into.
    async fn draw(&self, bull: &Bull, open: &[Lane]) -> Result<Option<Claim>> {
        for lane in open {
            loop {
                let (job, fence) = match bull.draw(*lane).await {
                    Ok(Some(ticket)) => ticket,
                    Ok(None) => break,
                    Err(_) => return self.app.queue.claim(open).await,
                };
                if let Some(claim) = self.app.queue.claim_one(&job, fence).await? {
                    return Ok(Some(claim));
                }
            }
        }
        Ok(None)
    }

    async fn one(&self, claim: &Claim, shutdown: &mut watch::Receiver<bool>) -> Result<()> {
        let Some(kind) = Kind::from_name(&claim.job.kind) else {
            let error = json!({ "code": "unsupported", "message": "this version does not know that kind of job" });
            self.app.queue.fail(claim, "failed", &error).await?;
            return Ok(());
        };
        let (sender, progress) = watch::channel(Value::Null);
        let (scene_sender, scenes) = mpsc::channel(MAX_SCENES_TOLD);
        let mut heard = Heard { progress, scenes, room: MAX_SCENES_TOLD, untold: Vec::new() };
        let (stop, ended) = (Notify::new(), Notify::new());
        let work = async {
            let listener = Listener { progress: sender, scenes: scene_sender };
            let made = self.produce(claim, kind, listener, &stop).await;
            ended.notify_one();
            made
        };
        // The lease is kept from the first byte that is fetched to the last that is stored. What is just being told is told
        // to its end: of half a transaction nobody could say whether it has happened.
        let keep = async {
            let why = self.keep(claim, &mut heard, shutdown, &ended).await;
            if why.is_some() {
                stop.notify_one();
            }
            why
        };
        let (made, interrupted) = tokio::join!(work, keep);
        self.note(claim, &mut heard).await;
        let made = match made {
            Err(problem) if problem.status() == StatusCode::SERVICE_UNAVAILABLE => {
                (Ended::Postponed("the storage does not answer".to_owned()), Vec::new())
            }
            other => other?,
        };
        match (made, interrupted) {
            ((Ended::Stopped, _), Some(Interrupted::Released)) => self.app.queue.release(claim).await.map(|_| ()),
            ((Ended::Stopped, _), Some(Interrupted::Lost)) => Ok(()),
            ((Ended::Stopped, _), Some(Interrupted::Cancelled)) => {
                self.app.queue.fail(claim, "cancelled", &Value::Null).await.map(|_| ())
            }
            ((ended, files), _) => self.publish(claim, kind, ended, files).await,
        }
    }

    /// Runs the child, and stores what it makes; only publishing lets anybody see it.
    async fn produce(
        &self,
        claim: &Claim,
        kind: Kind,
        listener: Listener,
        stop: &Notify,
    ) -> Result<(Ended, Vec<Stored>)> {
        let asset = self.app.assets.get(&claim.job.asset_id).await?;
        let scanner = self.app.scanner.clone().filter(|_| kind == Kind::VALIDATION);
        if let Some(scanner) = &scanner
            && let Err(error) = scanner.ping().await
        {
            return Ok((unscanned(&error), Vec::new()));
        }
        let folder = self.app.scratch.job_folder()?;
        let (input, output) = (folder.path().join("input"), folder.path().join("output"));
        std::fs::create_dir(&output)?;
        let original = Key::stored(asset.storage_key.clone());
        self.timed(claim, "fetch", self.app.store.fetch(&original, &input)).await?;
        // It goes on beside the check, and ends with this call.
        let mut scan = JoinSet::new();
        if let Some(scanner) = scanner {
            let input = input.clone();
            scan.spawn(async move { scanner.scan(&input).await });
        }
        let task = Task {
            kind: kind.name().to_owned(),
            options: claim.job.options.clone(),
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
        let ran = worker::run(&task, self.wall, |told| listener.hear(told), stop.notified());
        let mut ended = self.timed(claim, "run", ran).await?;
        if let Ended::Done(outcome) = &mut ended
            && outcome.report["verdict"] != "reject"
        {
            let scanned = tokio::select! {
                scanned = scan.join_next() => scanned,
                () = stop.notified() => return Ok((Ended::Stopped, Vec::new())),
            };
            match scanned.map(|joined| joined.map_err(std::io::Error::other).flatten()) {
                None => {}
                Some(Ok(scanned)) => refuse_unclean(&mut outcome.report, &scanned),
                Some(Err(error)) => return Ok((unscanned(&error), Vec::new())),
            }
        }
        let files = match &mut ended {
            Ended::Done(outcome) if kind != Kind::VALIDATION => {
                let stored = self.store_files(claim, std::mem::take(outcome), &output);
                self.timed(claim, "store", stored).await?
            }
            _ => Vec::new(),
        };
        Ok((ended, files))
    }

    async fn timed<T>(&self, claim: &Claim, stage: &'static str, work: impl Future<Output = T>) -> T {
        let began = Instant::now();
        let result = work.await;
        self.observe(claim, stage, began.elapsed());
        result
    }

    fn observe(&self, claim: &Claim, stage: &'static str, time: Duration) {
        let labels = JobStage { kind: claim.job.kind.clone(), stage };
        self.app.metrics.job_stages.get_or_create(&labels).observe(time.as_secs_f64());
    }

    /// Keeps the lease and notes progress, until the work has ended (`None`) or there is a reason to stop.
    async fn keep(
        &self,
        claim: &Claim,
        heard: &mut Heard,
        shutdown: &mut watch::Receiver<bool>,
        ended: &Notify,
    ) -> Option<Interrupted> {
        let mut beat = tokio::time::interval(self.app.queue.lease() / 3);
        let mut note = tokio::time::interval(PROGRESS_EVERY);
        note.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                _ = beat.tick() => match self.app.queue.heartbeat(claim).await {
                    Ok(Pulse::Held) => {}
                    Ok(Pulse::CancelRequested) => return Some(Interrupted::Cancelled),
                    Ok(Pulse::Lost) => return Some(Interrupted::Lost),
                    // The lease may still be good when the database is back.
                    Err(problem) => tracing::warn!(job = %claim.job.id, ?problem, "no heartbeat"),
                },
                _ = note.tick() => self.note(claim, heard).await,
                () = ended.notified() => return None,
                _ = shutdown.changed() => return Some(Interrupted::Released),
            }
        }
    }

    /// Tells listeners what the child has told since the last time.
    async fn note(&self, claim: &Claim, heard: &mut Heard) {
        let scenes: Vec<Value> = std::iter::from_fn(|| heard.scenes.try_recv().ok()).take(heard.room).collect();
        heard.room -= scenes.len();
        heard.untold.extend(scenes);
        if !heard.untold.is_empty() {
            match self.app.queue.tell_scenes(claim, &heard.untold).await {
                Ok(()) => heard.untold.clear(),
                // The next time may be better.
                Err(problem) => tracing::warn!(job = %claim.job.id, ?problem, "scenes were not told yet"),
            }
        }
        if heard.progress.has_changed().unwrap_or(false) {
            let now = heard.progress.borrow_and_update().clone();
            if let Err(problem) = self.app.queue.progress(claim, &now).await {
                tracing::warn!(job = %claim.job.id, ?problem, "progress was not noted");
            }
        }
    }

    async fn publish(&self, claim: &Claim, kind: Kind, ended: Ended, files: Vec<Stored>) -> Result<()> {
        let (asset, job) = (&claim.job.asset_id, &claim.job.id);
        match ended {
            Ended::Done(outcome) if kind == Kind::VALIDATION => {
                let state = if outcome.report["verdict"] == "reject" { "rejected" } else { "accepted" };
                let options = json!({ "thumbnails": { "count": 1 } });
                let streams = outcome.report["media"]["streams"].as_array();
                let is_seen = outcome.report["mime"].as_str().is_some_and(|mime| mime.starts_with("image/"))
                    || streams.is_some_and(|streams| streams.iter().any(|stream| stream["kind"] == "video"));
                let (kind, asset_id, priority) = (Kind::THUMBNAIL_GENERATION, asset.as_str(), claim.job.priority);
                let thumbnails =
                    NewJob { kind, asset_id, options: &options, priority, idempotency_key: None, charge: None };
                let next = (state == "accepted" && is_seen && self.auto_thumbnails).then_some(thumbnails);
                self.app.queue.succeed_with_verdict(claim, state, &outcome.report, next).await?;
                self.app.wake.notify_one();
            }
            Ended::Done(_) => {
                if self.app.queue.succeed(claim, &files).await? {
                    self.app.store.remove_unpublished(&Key::outputs(asset, job), Some(claim.fence)).await?;
                } else {
                    for (_, key, _) in files {
                        self.app.store.delete(&key).await?;
                    }
                }
            }
            Ended::Failed { code, message } => {
                self.app.queue.fail_or_retry(claim, &code, &message).await?;
            }
            Ended::Crashed(reason) => {
                let error = json!({ "code": "backend", "message": format!("the media worker died: {reason}") });
                self.app.queue.retry(claim, &error).await?;
            }
            Ended::Postponed(why) => {
                tracing::warn!(job = %job, why, "a job waits for something that it needs");
                self.app.queue.postpone(claim, &json!({ "code": "unavailable", "message": why })).await?;
            }
            Ended::TimedOut | Ended::Stopped => {
                let message = format!("it took longer than the {} s that a job may", self.wall.as_secs());
                self.app.queue.retry(claim, &json!({ "code": "limit_exceeded", "message": message })).await?;
            }
        }
        Ok(())
    }

    async fn store_files(&self, claim: &Claim, outcome: Outcome, output: &std::path::Path) -> Result<Vec<Stored>> {
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
            let byte_len = self.app.store.put_file(&key, &path).await?;
            files.push((made, key, byte_len));
        }
        Ok(files)
    }
}

/// A file that is stored, and not published yet: what it is, where, and how many bytes it has.
type Stored = (Made, Key, u64);

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
