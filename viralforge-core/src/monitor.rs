//! Progress with an estimate of what is left, and cancellation.

use std::fmt;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use crate::error::{Error, Result};

/// What a call is doing right now.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(rename_all = "snake_case"))]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[non_exhaustive]
pub enum Stage {
    /// Reading the container's facts.
    Probe,
    /// Checking an upload.
    Validate,
    /// Rewriting an upload without what is not needed to play it.
    Sanitize,
    /// Decoding and measuring.
    Analyze,
    /// Choosing and writing pictures.
    Thumbnails,
    /// Decoding, filtering and encoding.
    Render,
}

impl Stage {
    /// Every stage.
    pub const ALL: [Self; 6] =
        [Self::Probe, Self::Validate, Self::Sanitize, Self::Analyze, Self::Thumbnails, Self::Render];

    /// Its name in JSON.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Probe => "probe",
            Self::Validate => "validate",
            Self::Sanitize => "sanitize",
            Self::Analyze => "analyze",
            Self::Thumbnails => "thumbnails",
            Self::Render => "render",
        }
    }
}

/// How far a call has come.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[non_exhaustive]
pub struct Progress {
    /// What it is doing.
    pub stage: Stage,
    /// Share of the whole call that is done, 0 to 1. Never falls; 1 is reported once, at the end.
    pub fraction: f64,
    /// Time since the call began.
    #[cfg_attr(feature = "serde", serde(rename = "elapsed_seconds", with = "crate::time::form::Seconds"))]
    #[cfg_attr(feature = "schema", schemars(with = "crate::time::form::Seconds"))]
    pub elapsed: Duration,
    /// Estimate of the time that is left; `None` until there is something to go by.
    #[cfg_attr(feature = "serde", serde(rename = "eta_seconds", with = "crate::time::form::MaybeSeconds"))]
    #[cfg_attr(feature = "schema", schemars(with = "crate::time::form::MaybeSeconds"))]
    pub eta: Option<Duration>,
}

impl Progress {
    /// [`fraction`](Self::fraction) in percent.
    pub fn percent(&self) -> f64 {
        self.fraction * 100.0
    }
}

/// Asks running calls to stop. Clones ask the same calls.
#[derive(Clone, Debug, Default)]
pub struct CancelToken(Arc<AtomicBool>);

impl CancelToken {
    /// A token that nobody has used yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Stops every call that watches this token, within a frame's work. They return [`Error::Cancelled`] and leave
    /// no file behind.
    pub fn cancel(&self) {
        self.0.store(true, Ordering::Relaxed);
    }

    /// Whether [`cancel`](Self::cancel) was called.
    pub fn is_cancelled(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }
}

type Callback = dyn Fn(&Progress) + Send + Sync;

struct Shared {
    callback: Option<Box<Callback>>,
    state: Mutex<State>,
}

struct State {
    began: Option<Instant>,
    reported: f64,
    last_report: Option<Instant>,
}

/// Watches one call: where to report progress, and who may cancel. Cheap to clone.
///
/// The callback runs on a worker thread of the call, at most about twenty times a second. A monitor may watch
/// several calls one after the other; each starts again at zero.
#[derive(Clone)]
pub struct Monitor {
    shared: Arc<Shared>,
    cancel: Vec<CancelToken>,
    /// The share of the whole call that this handle covers.
    span: (f64, f64),
    nested: bool,
}

impl Default for Monitor {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for Monitor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Monitor").field("cancel", &self.cancel).finish_non_exhaustive()
    }
}

/// Between two reports; people cannot read faster, and a callback may cross into another language.
const REPORT_INTERVAL: Duration = Duration::from_millis(50);
/// Work to be seen before an estimate is worth showing, and time to have passed.
const ETA_AFTER: (f64, Duration) = (0.01, Duration::from_millis(300));

impl Monitor {
    /// Reports nowhere and cannot be cancelled.
    pub fn new() -> Self {
        Self::with_callback(None, Vec::new())
    }

    fn with_callback(callback: Option<Box<Callback>>, cancel: Vec<CancelToken>) -> Self {
        let state = Mutex::new(State { began: None, reported: 0.0, last_report: None });
        Self { shared: Arc::new(Shared { callback, state }), cancel, span: (0.0, 1.0), nested: false }
    }

    /// Calls `callback` with the progress of the call. A panic in it would cross threads: it must not panic.
    #[must_use]
    pub fn with_progress(self, callback: impl Fn(&Progress) + Send + Sync + 'static) -> Self {
        Self::with_callback(Some(Box::new(callback)), self.cancel)
    }

    /// Lets `token` cancel the call, beside any token set before.
    #[must_use]
    pub fn with_cancel(mut self, token: CancelToken) -> Self {
        self.cancel.push(token);
        self
    }

    /// [`Error::Cancelled`] where a token was used.
    pub fn check(&self) -> Result<()> {
        if self.is_cancelled() { Err(Error::Cancelled) } else { Ok(()) }
    }

    /// Whether a token was used.
    pub fn is_cancelled(&self) -> bool {
        self.cancel.iter().any(CancelToken::is_cancelled)
    }

    /// The tokens that cancel the call.
    pub(crate) fn cancels(&self) -> &[CancelToken] {
        &self.cancel
    }

    /// Begins a call: progress starts again at zero, unless this handle covers a part of a larger call.
    pub(crate) fn begin(&self, stage: Stage) {
        if !self.nested
            && let Ok(mut state) = self.shared.state.lock()
        {
            *state = State { began: Some(Instant::now()), reported: 0.0, last_report: None };
        }
        self.report(stage, 0.0);
    }

    /// A handle for the part of the call from `from` to `to` (fractions of this handle's own part).
    pub fn part(&self, from: f64, to: f64) -> Self {
        let width = self.span.1 - self.span.0;
        let span = (self.span.0 + from.clamp(0.0, 1.0) * width, self.span.0 + to.clamp(0.0, 1.0) * width);
        if !self.nested
            && let Ok(mut state) = self.shared.state.lock()
            && (state.began.is_none() || from <= 0.0)
        {
            *state = State { began: Some(Instant::now()), reported: 0.0, last_report: None };
        }
        Self { shared: Arc::clone(&self.shared), cancel: self.cancel.clone(), span, nested: true }
    }

    /// Reports that `fraction` of this handle's part is done.
    pub(crate) fn report(&self, stage: Stage, fraction: f64) {
        let Some(callback) = &self.shared.callback else { return };
        let fraction = if fraction.is_finite() { fraction.clamp(0.0, 1.0) } else { 0.0 };
        let whole = self.span.0 + fraction * (self.span.1 - self.span.0);
        let progress = {
            let Ok(mut state) = self.shared.state.lock() else { return };
            let now = Instant::now();
            let began = *state.began.get_or_insert(now);
            let done = whole >= 1.0 && state.reported < 1.0;
            let first = state.last_report.is_none();
            let due = state.last_report.is_some_and(|at| now - at >= REPORT_INTERVAL);
            if !(done || first || due) || (whole < state.reported) || (state.reported >= 1.0) {
                return;
            }
            state.reported = whole;
            state.last_report = Some(now);
            let elapsed = now - began;
            let known = whole >= ETA_AFTER.0 && elapsed >= ETA_AFTER.1;
            let eta = if done { Some(Duration::ZERO) } else { known.then(|| elapsed.mul_f64((1.0 - whole) / whole)) };
            Progress { stage, fraction: whole, elapsed, eta }
        };
        callback(&progress);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn recorded() -> (Monitor, Arc<Mutex<Vec<f64>>>) {
        let seen = Arc::new(Mutex::new(Vec::new()));
        let sink = Arc::clone(&seen);
        (Monitor::new().with_progress(move |p| sink.lock().unwrap().push(p.fraction)), seen)
    }

    #[test]
    fn progress_never_falls_and_ends_at_one_once() {
        let (monitor, seen) = recorded();
        monitor.begin(Stage::Render);
        for step in [0.5, 0.2, 1.0, 1.0, 0.3] {
            monitor.report(Stage::Render, step);
        }
        let seen = seen.lock().unwrap();
        assert!(seen.windows(2).all(|w| w[0] <= w[1]), "{seen:?}");
        assert_eq!(seen.iter().filter(|f| **f == 1.0).count(), 1);
        assert_eq!(seen.last(), Some(&1.0));
    }

    #[test]
    fn a_part_covers_its_share_of_the_whole() {
        let (monitor, seen) = recorded();
        let (first, second) = (monitor.part(0.0, 0.5), monitor.part(0.5, 1.0));
        first.begin(Stage::Analyze);
        first.report(Stage::Analyze, 1.0);
        second.begin(Stage::Render);
        second.report(Stage::Render, 1.0);
        assert!(seen.lock().unwrap().iter().all(|f| *f <= 1.0));
        assert_eq!(seen.lock().unwrap().last(), Some(&1.0));
    }

    #[test]
    fn any_of_several_tokens_cancels() {
        let (a, b) = (CancelToken::new(), CancelToken::new());
        let monitor = Monitor::new().with_cancel(a).with_cancel(b.clone());
        assert!(monitor.check().is_ok());
        b.cancel();
        assert_eq!(monitor.check().unwrap_err().code(), "cancelled");
    }
}
