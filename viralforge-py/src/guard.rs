//! What a job and the Python objects it calls share: the first exception, and the way to stop because of it.

use std::io;
use std::sync::{Arc, Mutex, PoisonError};

use pyo3::PyErr;
use viralforge_core::CancelToken;

/// Keeps the first exception that Python code raised during a job, and stops the job then. Its token is the job's
/// own: the caller's is not ours to fire.
#[derive(Clone, Default)]
pub(crate) struct Guard {
    stop: CancelToken,
    raised: Arc<Mutex<Option<PyErr>>>,
}

impl Guard {
    pub(crate) fn stop(&self) -> &CancelToken {
        &self.stop
    }

    /// Keeps `error` unless another one came first, and stops the job.
    pub(crate) fn raise(&self, error: PyErr) {
        let mut raised = self.raised.lock().unwrap_or_else(PoisonError::into_inner);
        raised.get_or_insert(error);
        self.stop.cancel();
    }

    /// The same for a reader or writer; what core sees stands in for the exception.
    pub(crate) fn raise_io(&self, error: PyErr) -> io::Error {
        self.raise(error);
        io::Error::other("the Python object raised an exception")
    }

    pub(crate) fn has_raised(&self) -> bool {
        self.raised.lock().unwrap_or_else(PoisonError::into_inner).is_some()
    }

    pub(crate) fn take(&self) -> Option<PyErr> {
        self.raised.lock().unwrap_or_else(PoisonError::into_inner).take()
    }
}
