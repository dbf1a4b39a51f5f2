//! What every verb takes beside its source and its options.

use pyo3::prelude::*;

use crate::cancel::CancelToken;

/// Three things that a caller may leave out.
pub(crate) struct Call {
    /// `Limits` as JSON.
    pub(crate) limits: Option<String>,
    /// A callable `(stage, fraction, elapsed_seconds, eta_seconds)`.
    pub(crate) progress: Option<Py<PyAny>>,
    pub(crate) cancel: Option<Py<CancelToken>>,
}

impl<'py> FromPyObject<'_, 'py> for Call {
    type Error = PyErr;

    #[cfg(feature = "stubs")]
    const INPUT_TYPE: pyo3::inspect::PyStaticExpr = hint::CALL;

    fn extract(object: Borrowed<'_, 'py, PyAny>) -> PyResult<Self> {
        let (limits, progress, cancel) = object.extract()?;
        Ok(Self { limits, progress, cancel })
    }
}

#[cfg(feature = "stubs")]
mod hint {
    use pyo3::PyTypeInfo;
    use pyo3::inspect::{PyStaticConstant, PyStaticExpr};
    use pyo3::{type_hint_identifier as name, type_hint_subscript as subscript, type_hint_union};

    use super::CancelToken;

    const NONE: PyStaticExpr = PyStaticExpr::Constant { value: PyStaticConstant::None };
    const FLOAT: PyStaticExpr = name!("builtins", "float");
    const TEXT: PyStaticExpr = name!("builtins", "str");
    const ARGUMENTS: PyStaticExpr =
        PyStaticExpr::List { elts: &[name!("typing", "Any"), FLOAT, FLOAT, type_hint_union!(FLOAT, NONE)] };
    const CALLBACK: PyStaticExpr =
        subscript!(name!("collections.abc", "Callable"), ARGUMENTS, name!("builtins", "object"));
    pub(super) const CALL: PyStaticExpr = subscript!(
        name!("builtins", "tuple"),
        type_hint_union!(TEXT, NONE),
        type_hint_union!(CALLBACK, NONE),
        type_hint_union!(CancelToken::TYPE_HINT, NONE)
    );
}
