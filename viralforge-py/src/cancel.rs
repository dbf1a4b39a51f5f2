//! The token with which Python stops calls.

use pyo3::prelude::*;
use viralforge_core as core;

/// Stops every call that it was given to. It may be used from any thread, and stays used.
///
/// Args:
///     parent: A token that this one listens to as well: using the parent stops the calls of both.
///
/// Examples:
///     >>> token = CancelToken()
///     >>> token.cancel()
///     >>> probe("talk.mp4", cancel=token)
///     Traceback (most recent call last):
///     ...
///     viralforge.CancelledError: cancelled
#[pyclass(frozen, module = "viralforge")]
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

    /// Stops the calls within a frame's work. They raise `CancelledError` and leave no file behind.
    fn cancel(&self) {
        self.own.cancel();
    }

    /// Whether `cancel` was called, here or on the parent.
    #[getter]
    fn cancelled(&self) -> bool {
        self.tokens().any(|token| token.is_cancelled())
    }
}
