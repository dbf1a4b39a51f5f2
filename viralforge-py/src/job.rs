//! The one way a call leaves Python. The work runs on a thread of its own; the calling thread waits for it detached
//! from the interpreter, hands progress to the caller's callback and looks for signals, so that Ctrl-C stops native
//! work in every stage, whether or not that stage reports anything.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use pyo3::prelude::*;
use viralforge_core::{Error, Limits, Monitor, Progress, Result, Source};

use crate::call::Call;
use crate::error::to_pyerr;
use crate::guard::Guard;
use crate::json;
use crate::source::Origin;
use crate::spin;
use crate::worker;

/// How often a waiting call looks for signals.
const SIGNAL_INTERVAL: Duration = Duration::from_millis(50);

/// What the work of a call has at hand.
pub(crate) struct Job {
    pub(crate) monitor: Monitor,
    pub(crate) guard: Guard,
    limits: Option<Limits>,
}

impl Job {
    /// The source, under the limits of the call where it has any.
    pub(crate) fn open(&self, origin: Origin) -> Result<Source> {
        let source = origin.open(&self.guard)?;
        Ok(match &self.limits {
            Some(limits) => source.with_limits(limits.clone()),
            None => source,
        })
    }
}

/// What the two threads of a call tell each other.
struct Desk<T> {
    state: Mutex<State<T>>,
    changed: Condvar,
    /// Whether there is anything to tell, to be seen without the lock.
    news: AtomicBool,
}

struct State<T> {
    /// The newest report that nobody has seen: a slow callback sees fewer, not older ones.
    progress: Option<Progress>,
    done: Option<Result<T>>,
}

impl<T> Desk<T> {
    fn new() -> Arc<Self> {
        Arc::new(Self {
            state: Mutex::new(State { progress: None, done: None }),
            changed: Condvar::new(),
            news: AtomicBool::new(false),
        })
    }

    fn lock(&self) -> MutexGuard<'_, State<T>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn put(&self, change: impl FnOnce(&mut State<T>)) {
        change(&mut self.lock());
        self.news.store(true, Ordering::Release);
        self.changed.notify_one();
    }

    /// What there is to tell, after at most [`SIGNAL_INTERVAL`]; the last report comes before the result.
    fn wait(&self) -> (Option<Progress>, Option<Result<T>>) {
        spin::until(|| self.news.load(Ordering::Acquire));
        let quiet = |state: &mut State<T>| state.progress.is_none() && state.done.is_none();
        let waited = self.changed.wait_timeout_while(self.lock(), SIGNAL_INTERVAL, quiet);
        let (mut state, _) = waited.unwrap_or_else(PoisonError::into_inner);
        self.news.store(false, Ordering::Release);
        (state.progress.take(), state.done.take())
    }
}

/// Runs `work` and returns its result once the work has let go of everything that it was given. An exception from the
/// callback, from a file object or from a signal handler stops the work and comes out unchanged.
pub(crate) fn run<T: Send + 'static>(
    py: Python<'_>,
    call: Call,
    work: impl FnOnce(&Job) -> Result<T> + Send + 'static,
) -> PyResult<T> {
    let fail = |error| to_pyerr(py, error);
    let limits = call.limits.as_deref().map(|text| json::options(Limits::default(), text)).transpose().map_err(fail)?;
    let guard = Guard::default();
    let desk = Desk::new();
    let mut monitor = Monitor::new().with_cancel(guard.stop().clone());
    if call.progress.is_some() {
        let desk = Arc::clone(&desk);
        monitor = monitor.with_progress(move |progress| desk.put(|state| state.progress = Some(progress.clone())));
    }
    for token in call.cancel.iter().flat_map(|token| token.get().tokens()) {
        monitor = monitor.with_cancel(token);
    }
    let job = Job { monitor, guard: guard.clone(), limits };
    let publisher = Arc::clone(&desk);
    worker::run(move || finish(job, work), move |result| publisher.put(|state| state.done = Some(result)))
        .map_err(fail)?;
    let result = wait(py, &desk, call.progress.as_ref(), &guard);
    match guard.take() {
        Some(raised) => Err(raised),
        None => result.map_err(fail),
    }
}

/// The whole of a job on its thread. When it returns, the work and what it held are gone.
fn finish<T>(job: Job, work: impl FnOnce(&Job) -> Result<T>) -> Result<T> {
    let result = catch_unwind(AssertUnwindSafe(|| work(&job)));
    drop(job);
    result.unwrap_or_else(|panic| {
        let text = panic.downcast_ref::<&str>().copied().or_else(|| panic.downcast_ref::<String>().map(String::as_str));
        let problem = format!("a panic in native code: {}", text.unwrap_or("no message"));
        Err(Error::Backend { input: "viralforge".into(), problem })
    })
}

fn wait<T: Send>(py: Python<'_>, desk: &Desk<T>, progress: Option<&Py<PyAny>>, guard: &Guard) -> Result<T> {
    loop {
        let (reported, done) = py.detach(|| desk.wait());
        // After the first exception we only wait for the work to end; a second Ctrl-C is Python's to raise then.
        if !guard.has_raised() {
            let outcome = py.check_signals().and_then(|()| match (progress, reported) {
                (Some(callback), Some(at)) => report(py, callback, &at),
                _ => Ok(()),
            });
            if let Err(raised) = outcome {
                guard.raise(raised);
            }
        }
        if let Some(result) = done {
            return result;
        }
    }
}

fn report(py: Python<'_>, callback: &Py<PyAny>, at: &Progress) -> PyResult<()> {
    let eta = at.eta.map(|eta| eta.as_secs_f64());
    callback.call1(py, (at.stage.name(), at.fraction, at.elapsed.as_secs_f64(), eta))?;
    Ok(())
}
