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
    caller: Arc<dyn Tell>,
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

    /// Hands `text` to the `told` of [`run_telling`], in the caller's thread; texts come there all and in order.
    pub(crate) fn tell(&self, text: String) {
        self.caller.tell(text);
    }
}

/// The caller of a job, whatever the job's result is.
trait Tell: Send + Sync {
    fn tell(&self, text: String);
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
    /// What the job told and the caller has not heard, oldest first.
    told: Vec<String>,
    done: Option<Result<T>>,
}

impl<T: Send> Tell for Desk<T> {
    fn tell(&self, text: String) {
        self.put(|state| state.told.push(text));
    }
}

impl<T> Desk<T> {
    fn new() -> Arc<Self> {
        Arc::new(Self {
            state: Mutex::new(State { progress: None, told: Vec::new(), done: None }),
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
    fn wait(&self) -> State<T> {
        spin::until(|| self.news.load(Ordering::Acquire));
        let quiet = |state: &mut State<T>| state.progress.is_none() && state.told.is_empty() && state.done.is_none();
        let waited = self.changed.wait_timeout_while(self.lock(), SIGNAL_INTERVAL, quiet);
        let (mut state, _) = waited.unwrap_or_else(PoisonError::into_inner);
        self.news.store(false, Ordering::Release);
        State { progress: state.progress.take(), told: std::mem::take(&mut state.told), done: state.done.take() }
    }
}

/// Runs `work` and returns its result once the work has let go of everything that it was given. An exception from the
/// callback, from a file object or from a signal handler stops the work and comes out unchanged.
pub(crate) fn run<T: Send + 'static>(
    py: Python<'_>,
    call: Call,
    work: impl FnOnce(&Job) -> Result<T> + Send + 'static,
) -> PyResult<T> {
    run_telling(py, call, None, work)
}

/// As [`run`], for work that also tells things on its way: `told` is called with each, as progress is.
pub(crate) fn run_telling<T: Send + 'static>(
    py: Python<'_>,
    call: Call,
    told: Option<&Py<PyAny>>,
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
    let job = Job { monitor, guard: guard.clone(), limits, caller: Arc::<Desk<T>>::clone(&desk) };
    let publisher = Arc::clone(&desk);
    worker::run(move || finish(job, work), move |result| publisher.put(|state| state.done = Some(result)))
        .map_err(fail)?;
    let result = wait(py, &desk, (call.progress.as_ref(), told), &guard);
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

/// Waits for the result; `callbacks` are those for progress and for what is told.
fn wait<T: Send>(
    py: Python<'_>,
    desk: &Desk<T>,
    callbacks: (Option<&Py<PyAny>>, Option<&Py<PyAny>>),
    guard: &Guard,
) -> Result<T> {
    let (progress, listener) = callbacks;
    loop {
        let State { progress: reported, told, done } = py.detach(|| desk.wait());
        // After the first exception we only wait for the work to end; a second Ctrl-C is Python's to raise then.
        if !guard.has_raised() {
            let mut outcome = py.check_signals();
            for (text, listener) in told.into_iter().zip(std::iter::repeat(listener).flatten()) {
                outcome = outcome.and_then(|()| listener.call1(py, (text,)).map(drop));
            }
            if let (Some(callback), Some(at)) = (progress, reported) {
                outcome = outcome.and_then(|()| report(py, callback, &at));
            }
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
