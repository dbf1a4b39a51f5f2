//! The token with which Python stops calls.

use pyo3::prelude::*;
use viralforge_core as core;

/// Stops every call that it was given to. A child is stopped with its parent as well.
#[pyclass(frozen, module = "viralforge._native")]
pub(crate) struct CancelToken {
    own: core::CancelToken,
    parents: Vec<core::CancelToken>,
}

impl CancelToken {
    /// What a call watches.
    pub(crate) fn tokens(&self) -> impl Iterator<Item = core::CancelToken> {
        std::iter::once(&self.own).chain(&self.parents).cloned()
    }
}

#[pymethods]
impl CancelToken {
    #[new]
    #[pyo3(signature = (parent = None))]
    fn new(parent: Option<&Bound<'_, Self>>) -> Self {
        let parents = parent.map(|parent| parent.get().tokens().collect()).unwrap_or_default();
        Self { own: core::CancelToken::new(), parents }
    }

    fn cancel(&self) {
        self.own.cancel();
    }

    #[getter]
    fn cancelled(&self) -> bool {
        self.tokens().any(|token| token.is_cancelled())
    }
}
