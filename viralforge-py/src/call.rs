//! What every verb takes beside its source and its options.

use pyo3::prelude::*;

use crate::cancel::CancelToken;

/// `(limits, progress, cancel)`: limits as JSON, a callable `(stage, fraction, elapsed_seconds, eta_seconds)`, a
/// token; each may be `None`.
#[derive(FromPyObject)]
pub(crate) struct Call {
    #[pyo3(item(0))]
    pub(crate) limits: Option<String>,
    #[pyo3(item(1))]
    pub(crate) progress: Option<Py<PyAny>>,
    #[pyo3(item(2))]
    pub(crate) cancel: Option<Py<CancelToken>>,
}
