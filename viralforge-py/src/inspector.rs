//! An upload that is looked at while it comes.

use std::sync::{Mutex, MutexGuard, PoisonError};

use pyo3::prelude::*;
use viralforge_core as core;

use crate::error::to_pyerr;
use crate::json;

/// See `viralforge.UploadInspector`.
#[pyclass(frozen, module = "viralforge._native")]
pub(crate) struct UploadInspector(Mutex<core::UploadInspector>);

impl UploadInspector {
    fn lock(&self) -> MutexGuard<'_, core::UploadInspector> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[pymethods]
impl UploadInspector {
    #[new]
    #[pyo3(signature = (policy, byte_len))]
    fn new(py: Python<'_>, policy: &str, byte_len: Option<u64>) -> PyResult<Self> {
        let inspector = json::slot(policy)
            .and_then(|slot| json::options(core::UploadPolicy::for_slot(slot), policy))
            .and_then(|policy| core::UploadInspector::new(&policy, byte_len));
        inspector.map(|inspector| Self(Mutex::new(inspector))).map_err(|error| to_pyerr(py, error))
    }

    /// The verdict so far, as JSON.
    fn push(&self, py: Python<'_>, data: &[u8]) -> PyResult<String> {
        let verdict = py.detach(|| self.lock().push(data));
        json::text(&verdict).map_err(|error| to_pyerr(py, error))
    }

    /// The report so far, as JSON.
    fn report(&self, py: Python<'_>) -> PyResult<String> {
        let report = self.lock().report();
        json::text(&report).map_err(|error| to_pyerr(py, error))
    }

    #[getter]
    fn seen_bytes(&self) -> u64 {
        self.lock().seen_bytes()
    }
}
