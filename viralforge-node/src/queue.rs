//! Where jobs run: own threads, a bounded number at once, the rest in order of arrival.
//!
//! libuv's pool has four threads that files, name look-ups and compression share; a job of minutes there would stop
//! them all.

use std::collections::VecDeque;
use std::num::NonZero;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

/// What becomes of a job whose turn has come, or that was cancelled before.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Turn {
    /// Do the work.
    Run,
    /// Somebody cancelled while it waited.
    Cancelled,
}

/// Must not panic: it settles its promise itself, whatever happens.
type Job = Box<dyn FnOnce(Turn) + Send>;

struct Queue {
    waiting: VecDeque<(u64, Job)>,
    next_id: u64,
    running: usize,
    /// Threads that wait for a job. They stay: a thread costs more to start than to keep.
    idle: usize,
    /// How many may run at once; `None` until somebody asks.
    limit: Option<usize>,
}

static QUEUE: Mutex<Queue> =
    Mutex::new(Queue { waiting: VecDeque::new(), next_id: 0, running: 0, idle: 0, limit: None });
static ARRIVED: Condvar = Condvar::new();
/// [`Queue::next_id`], to be seen without the lock.
static PUSHED: AtomicU64 = AtomicU64::new(0);

/// How long an idle thread stays awake.
const PATIENCE: Duration = Duration::from_micros(200);

fn lock() -> MutexGuard<'static, Queue> {
    // Jobs run outside the lock, so a panic cannot leave the queue half changed.
    QUEUE.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Queue {
    fn limit(&mut self) -> usize {
        *self.limit.get_or_insert_with(|| thread::available_parallelism().map_or(1, NonZero::get))
    }

    /// Wakes or starts a thread where there is a job that may run. Where no thread can be started, the job waits for
    /// one that runs; where none does, the error is the caller's.
    fn dispatch(&mut self) -> std::io::Result<()> {
        let free = self.limit().saturating_sub(self.running).min(self.waiting.len());
        (0..free.min(self.idle)).for_each(|_| ARRIVED.notify_one());
        for _ in self.idle..free {
            let started = thread::Builder::new().name("viralforge-job".into()).spawn(work);
            match started {
                Ok(_) => self.idle += 1,
                Err(_) if self.running + self.idle > 0 => break,
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }

    fn take(&mut self) -> Option<Job> {
        if self.running >= self.limit() {
            return None;
        }
        self.waiting.pop_front().map(|(_, job)| job)
    }
}

/// A thread's life. It counts as idle from before it starts.
fn work() {
    let mut queue = lock();
    let mut awake = true;
    loop {
        let Some(job) = queue.take() else {
            if awake {
                awake = false;
                let seen = queue.next_id;
                drop(queue);
                stay_awake(|| PUSHED.load(Ordering::Acquire) != seen);
                queue = lock();
            } else {
                queue = ARRIVED.wait(queue).unwrap_or_else(PoisonError::into_inner);
            }
            continue;
        };
        awake = true;
        queue.idle -= 1;
        queue.running += 1;
        drop(queue);
        job(Turn::Run);
        queue = lock();
        queue.running -= 1;
        queue.idle += 1;
    }
}

/// Waits for a moment without sleep: calls often come one after the other, and waking a thread takes tens of
/// microseconds, as long as probing a small file.
fn stay_awake(arrived: impl Fn() -> bool) {
    let began = Instant::now();
    while began.elapsed() < PATIENCE && !arrived() {
        thread::yield_now();
    }
}

/// Puts a job at the end of the queue; the number names it for [`cancel`].
pub(crate) fn push(job: Job) -> std::io::Result<u64> {
    let mut queue = lock();
    let id = queue.next_id;
    queue.next_id += 1;
    queue.waiting.push_back((id, job));
    PUSHED.store(queue.next_id, Ordering::Release);
    queue.dispatch().inspect_err(|_| {
        queue.waiting.pop_back();
    })?;
    Ok(id)
}

/// Takes a job that still waits out of the queue and tells it so. One that runs already is not touched.
pub(crate) fn cancel(id: u64) {
    let mut queue = lock();
    let found = queue.waiting.iter().position(|(waiting, _)| *waiting == id);
    let job = found.and_then(|at| queue.waiting.remove(at));
    drop(queue);
    if let Some((_, job)) = job {
        job(Turn::Cancelled);
    }
}

/// How many jobs may run at once: at first as many as there are processors.
pub(crate) fn limit() -> usize {
    lock().limit()
}

/// Changes [`limit`]; jobs that run already go on.
pub(crate) fn set_limit(limit: usize) {
    let mut queue = lock();
    queue.limit = Some(limit.max(1));
    // Without a thread the next push says so.
    let _ = queue.dispatch();
}
