//! Threads for jobs. Starting one costs about as much as probing a small file, so a few wait for the next job.

use std::process;
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::sync::{Mutex, PoisonError};
use std::thread;
use std::time::Duration;

use viralforge_core::{Error, Result};

use crate::spin;

type Task = Box<dyn FnOnce() -> Publish + Send>;
type Publish = Box<dyn FnOnce() + Send>;

/// Threads that wait for work, and how long they do.
const MAX_IDLE: usize = 4;
const IDLE_TIME: Duration = Duration::from_secs(10);

struct Idle {
    /// A forked child has this list but not the threads.
    process: u32,
    next_id: u64,
    waiting: Vec<(u64, Sender<Task>)>,
}

static IDLE: Mutex<Idle> = Mutex::new(Idle { process: 0, next_id: 0, waiting: Vec::new() });

/// Runs `work` on a thread that does nothing else meanwhile, and `publish` with its result. By then the thread counts
/// as free, so that calls one after the other share one.
pub(crate) fn run<T: Send + 'static>(
    work: impl FnOnce() -> T + Send + 'static,
    publish: impl FnOnce(T) + Send + 'static,
) -> Result<()> {
    let mut task: Task = Box::new(move || {
        let result = work();
        Box::new(move || publish(result))
    });
    while let Some(worker) = with_idle(|idle| idle.waiting.pop()).flatten() {
        // Its thread ends only after it has taken itself off the list, so this is for threads that died.
        match worker.1.send(task) {
            Ok(()) => return Ok(()),
            Err(back) => task = back.0,
        }
    }
    let spawned = thread::Builder::new().name("viralforge".into()).spawn(move || serve(task));
    spawned.map(drop).map_err(|source| Error::Io { input: "a thread for the job".into(), source })
}

fn serve(first: Task) {
    let (sender, receiver) = channel();
    let mut task = first;
    loop {
        let publish = task();
        let id = offer(&sender);
        publish();
        let Some(next) = id.and_then(|id| wait(&receiver, id)) else { return };
        task = next;
    }
}

/// Puts a thread on the list, unless there are enough.
fn offer(sender: &Sender<Task>) -> Option<u64> {
    with_idle(|idle| {
        if idle.waiting.len() >= MAX_IDLE {
            return None;
        }
        idle.next_id += 1;
        idle.waiting.push((idle.next_id, sender.clone()));
        Some(idle.next_id)
    })
    .flatten()
}

fn wait(receiver: &Receiver<Task>, id: u64) -> Option<Task> {
    let mut next = None;
    if spin::until(|| {
        next = receiver.try_recv().ok();
        next.is_some()
    }) {
        return next;
    }
    loop {
        match receiver.recv_timeout(IDLE_TIME) {
            Ok(task) => return Some(task),
            Err(RecvTimeoutError::Disconnected) => return None,
            Err(RecvTimeoutError::Timeout) => {
                let found = with_idle(|idle| {
                    let place = idle.waiting.iter().position(|(other, _)| *other == id);
                    place.map(|place| idle.waiting.swap_remove(place))
                });
                // Not on the list: somebody has just taken it off and is about to send a task.
                if found.flatten().is_some() {
                    return None;
                }
            }
        }
    }
}

/// `None` where a fork happened while another thread held the lock: the child then goes without.
fn with_idle<T>(work: impl FnOnce(&mut Idle) -> T) -> Option<T> {
    let mut idle = match IDLE.try_lock() {
        Ok(idle) => idle,
        Err(std::sync::TryLockError::Poisoned(poisoned)) => PoisonError::into_inner(poisoned),
        Err(std::sync::TryLockError::WouldBlock) => return None,
    };
    if idle.process != process::id() {
        *idle = Idle { process: process::id(), next_id: 0, waiting: Vec::new() };
    }
    Some(work(&mut idle))
}
