//! What may be an output.

use std::path::PathBuf;

use pyo3::exceptions::PyTypeError;
use pyo3::prelude::*;
use viralforge_core::Output;

use crate::file::{FileWriter, check_binary};
use crate::guard::Guard;

/// Where a job writes to.
pub(crate) enum Target {
    Path(PathBuf),
    File(Py<PyAny>),
}

impl Target {
    /// The core's output; a file object reports to `guard`, and gets everything or nothing.
    pub(crate) fn open(self, guard: &Guard) -> Output {
        match self {
            Self::Path(path) => Output::to_path(path),
            Self::File(file) => Output::to_writer("file object", FileWriter::new(file, guard.clone())),
        }
    }
}

impl<'py> FromPyObject<'_, 'py> for Target {
    type Error = PyErr;

    #[cfg(feature = "stubs")]
    const INPUT_TYPE: pyo3::inspect::PyStaticExpr = pyo3::type_hint_identifier!("typing", "Any");

    fn extract(object: Borrowed<'_, 'py, PyAny>) -> PyResult<Self> {
        if object.getattr_opt("write")?.is_some() {
            check_binary(&object)?;
            return Ok(Self::File(object.to_owned().unbind()));
        }
        object.extract().map(Self::Path).map_err(|_| {
            let name = object.get_type().name().map(|name| name.to_string()).unwrap_or_default();
            PyTypeError::new_err(format!("output must be a path or a binary file, not {name}"))
        })
    }
}
