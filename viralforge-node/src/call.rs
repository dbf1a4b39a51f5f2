//! One call of a verb: who hears of its progress, and who may cancel it.

use std::collections::VecDeque;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use napi::bindgen_prelude::{Env, Object, Status, ToNapiValue};
use napi::threadsafe_function::{ThreadsafeFunction, ThreadsafeFunctionCallMode};
use napi::{Error, Result};
use napi_derive::napi;
use viralforge_core as core;

use crate::error::{panicked, rejection};
use crate::queue::{self, Turn};

/// Says that there is something to take; weak, so that it never keeps the process alive.
type Bell = ThreadsafeFunction<(), (), (), Status, false, true>;

/// How far a call has come.
#[napi(object, object_from_js = false, use_nullable = true)]
pub struct Progress {
    /// What it is doing.
    pub stage: &'static str,
    /// Share of the whole call that is done, 0 to 1.
    pub fraction: f64,
    /// Seconds since the call began to run.
    pub elapsed_seconds: f64,
    /// Estimate of the seconds that are left.
    pub eta_seconds: Option<f64>,
}

#[derive(Default)]
struct Shared {
    token: core::CancelToken,
    /// Progress that JavaScript has not taken yet. A promise and a callback reach the event loop on different ways;
    /// this keeps the order, and nothing is lost when the promise comes first.
    progress: Mutex<VecDeque<core::Progress>>,
    /// The same for what a job tells on its way.
    told: Mutex<Vec<String>>,
}

/// Tells JavaScript what a job finds on its way.
pub(crate) struct Teller {
    shared: Arc<Shared>,
    bell: Option<Arc<Bell>>,
}

impl Teller {
    pub(crate) fn tell(&self, text: String) {
        self.shared.told.lock().unwrap_or_else(PoisonError::into_inner).push(text);
        if let Some(bell) = &self.bell {
            bell.call((), ThreadsafeFunctionCallMode::NonBlocking);
        }
    }
}

/// No job is waiting under this number.
const NOT_QUEUED: u64 = u64::MAX;

/// One call of a verb. To be used once.
#[napi]
pub struct Call {
    shared: Arc<Shared>,
    bell: Mutex<Option<Arc<Bell>>>,
    queued: AtomicU64,
}

#[napi]
impl Call {
    /// `on_news` is called without arguments when there is something to take.
    #[napi(constructor)]
    pub fn new(#[napi(ts_arg_type = "(() => void) | undefined")] on_news: Option<Bell>) -> Self {
        Self { shared: Arc::default(), bell: Mutex::new(on_news.map(Arc::new)), queued: AtomicU64::new(NOT_QUEUED) }
    }

    /// Stops the call: at once where it waits, within a frame's work where it runs.
    #[napi]
    pub fn cancel(&self) {
        self.shared.token.cancel();
        let id = self.queued.load(Ordering::Acquire);
        if id != NOT_QUEUED {
            queue::cancel(id);
        }
    }

    /// The progress since the last time, oldest first.
    #[napi]
    pub fn take_progress(&self) -> Vec<Progress> {
        let taken = std::mem::take(&mut *self.shared.progress.lock().unwrap_or_else(PoisonError::into_inner));
        taken.into_iter().map(Progress::from).collect()
    }

    /// What the job told since the last time, oldest first.
    #[napi]
    pub fn take_told(&self) -> Vec<String> {
        std::mem::take(&mut *self.shared.told.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl From<core::Progress> for Progress {
    fn from(progress: core::Progress) -> Self {
        Self {
            stage: progress.stage.name(),
            fraction: progress.fraction,
            elapsed_seconds: progress.elapsed.as_secs_f64(),
            eta_seconds: progress.eta.map(|eta| eta.as_secs_f64()),
        }
    }
}

/// The event loop that waits for the answer is gone: `process.exit()` or the end of a worker.
impl Drop for Call {
    fn drop(&mut self) {
        self.cancel();
    }
}

impl Call {
    /// Queues `work` and returns the promise of what `answer` makes of its result, back on the JavaScript thread.
    pub(crate) fn start<'env, W, T>(
        &self,
        env: &'env Env,
        work: impl FnOnce(&core::Monitor) -> core::Result<W> + Send + 'static,
        answer: impl FnOnce(W) -> T + Send + 'static,
    ) -> Result<Object<'env>>
    where
        W: Send + 'static,
        T: ToNapiValue + 'static,
    {
        let monitor = self.monitor()?;
        let (deferred, promise) = env.create_deferred()?;
        let job = move |turn| {
            let outcome = match turn {
                Turn::Cancelled => Err(rejection(&core::Error::Cancelled)),
                Turn::Run => match catch_unwind(AssertUnwindSafe(|| work(&monitor))) {
                    Ok(result) => result.map_err(|error| rejection(&error)),
                    Err(payload) => Err(panicked(payload.as_ref())),
                },
            };
            // Before the promise settles, so that nothing of the call is left when it does.
            drop(monitor);
            match outcome {
                Ok(result) => deferred.resolve(move |_| Ok(answer(result))),
                Err(error) => deferred.reject(error),
            }
        };
        let id = queue::push(Box::new(job)).map_err(|error| Error::from_reason(error.to_string()))?;
        self.queued.store(id, Ordering::Release);
        Ok(promise)
    }

    /// For a job that tells things on its way; to be taken before it starts.
    pub(crate) fn teller(&self) -> Teller {
        let bell = self.bell.lock().unwrap_or_else(PoisonError::into_inner).clone();
        Teller { shared: Arc::clone(&self.shared), bell }
    }

    fn monitor(&self) -> Result<core::Monitor> {
        let bell = self.bell.lock().unwrap_or_else(PoisonError::into_inner).take();
        let monitor = core::Monitor::new().with_cancel(self.shared.token.clone());
        let Some(bell) = bell else { return Ok(monitor) };
        let shared = Arc::clone(&self.shared);
        Ok(monitor.with_progress(move |progress| {
            shared.progress.lock().unwrap_or_else(PoisonError::into_inner).push_back(progress.clone());
            bell.call((), ThreadsafeFunctionCallMode::NonBlocking);
        }))
    }
}
