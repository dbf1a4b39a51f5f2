//! The bounds of one call: cancellation, wall time and the limits of its source.

use std::ffi::{c_int, c_void};
use std::time::{Duration, Instant};

use super::ffi;
use crate::error::Result;
use crate::limits::Limits;
use crate::monitor::Monitor;
use crate::source::Source;

/// What every step of a call looks at. FFmpeg looks at it too, through its interrupt callback.
pub(super) struct Guard {
    pub(super) name: String,
    pub(super) limits: Limits,
    pub(super) monitor: Monitor,
    began: Instant,
}

impl Guard {
    pub(super) fn new(source: &Source, monitor: &Monitor) -> Self {
        Self {
            name: source.name().to_owned(),
            limits: source.limits().clone(),
            monitor: monitor.clone(),
            began: Instant::now(),
        }
    }

    /// Fails once the caller has cancelled or the time is up.
    pub(super) fn check(&self) -> Result<()> {
        self.monitor.check()?;
        let allowed = self.limits.max_wall_time;
        if self.began.elapsed() > allowed {
            return Limits::check_duration(&self.name, "max_wall_time_seconds", self.began.elapsed(), allowed);
        }
        Ok(())
    }

    /// Fails where `actual` of the named limit is over `allowed`.
    pub(super) fn limit(&self, limit: &'static str, actual: u64, allowed: u64) -> Result<()> {
        Limits::check(&self.name, limit, actual, allowed)
    }

    /// Fails where the media goes on beyond the allowed duration.
    pub(super) fn limit_duration(&self, actual: Duration) -> Result<()> {
        Limits::check_duration(&self.name, "max_duration_seconds", actual, self.limits.max_duration)
    }

    /// FFmpeg's interrupt callback for this guard. The guard must outlive the context that it is set on.
    pub(super) fn interrupt(&self) -> ffi::AVIOInterruptCB {
        ffi::AVIOInterruptCB { callback: Some(interrupted), opaque: std::ptr::from_ref(self).cast_mut().cast() }
    }
}

unsafe extern "C" fn interrupted(opaque: *mut c_void) -> c_int {
    // SAFETY: `opaque` is the guard that `interrupt` put there; its owner keeps it alive longer than the context.
    let guard = unsafe { &*opaque.cast::<Guard>() };
    c_int::from(guard.check().is_err())
}
