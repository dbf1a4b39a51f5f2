//! What may be a source.

use std::io::Cursor;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

use pyo3::exceptions::{PyTypeError, PyValueError};
use pyo3::prelude::*;
use pyo3::pybacked::PyBackedBytes;
use pyo3::types::PyMemoryView;
use viralforge_core as core;
use viralforge_core::Limits;

use crate::error::to_pyerr;
use crate::file::{FileReader, SharedFile, check_binary};
use crate::guard::Guard;
use crate::json;

/// Where a job gets its bytes from.
#[derive(Clone)]
pub(crate) struct Origin {
    kind: Kind,
    name: Option<String>,
    limits: Option<Limits>,
}

#[derive(Clone)]
enum Kind {
    Path(PathBuf),
    /// The bytes object itself: nothing is copied.
    Bytes(SharedBytes),
    File(Arc<SharedFile>),
    /// A path or bytes that were looked at before.
    Opened(core::Source),
}

#[derive(Clone)]
struct SharedBytes(Arc<PyBackedBytes>);

impl AsRef<[u8]> for SharedBytes {
    fn as_ref(&self) -> &[u8] {
        &self.0
    }
}

impl Origin {
    fn named(kind: Kind, name: &str) -> Self {
        Self { kind, name: Some(name.to_owned()), limits: None }
    }

    /// The core's source; file objects report to `guard`.
    pub(crate) fn open(self, guard: &Guard) -> core::Result<core::Source> {
        let name = self.name.unwrap_or_default();
        let source = match self.kind {
            Kind::Path(path) => core::Source::from_path(path)?,
            Kind::Bytes(bytes) => core::Source::from_reader(name, Cursor::new(bytes))?,
            Kind::File(file) => core::Source::from_reader(name, FileReader::new(file, guard.clone()))?,
            Kind::Opened(source) => source,
        };
        Ok(match self.limits {
            Some(limits) => source.with_limits(limits),
            None => source,
        })
    }
}

impl<'py> FromPyObject<'_, 'py> for Origin {
    type Error = PyErr;

    #[cfg(feature = "stubs")]
    const INPUT_TYPE: pyo3::inspect::PyStaticExpr = pyo3::type_hint_identifier!("typing", "Any");

    fn extract(object: Borrowed<'_, 'py, PyAny>) -> PyResult<Self> {
        if let Ok(source) = object.cast::<Source>() {
            return source.get().origin();
        }
        if let Ok(bytes) = object.extract::<PyBackedBytes>() {
            return Ok(Self::named(Kind::Bytes(SharedBytes(Arc::new(bytes))), "bytes"));
        }
        if object.is_instance_of::<PyMemoryView>() {
            let bytes = object.call_method0("tobytes")?.extract()?;
            return Ok(Self::named(Kind::Bytes(SharedBytes(Arc::new(bytes))), "bytes"));
        }
        if object.getattr_opt("read")?.is_some() {
            check_binary(&object)?;
            if object.getattr_opt("seek")?.is_none() {
                return Err(PyTypeError::new_err("the file cannot seek: read it into bytes first"));
            }
            let name = object.getattr_opt("name")?.and_then(|name| name.extract::<String>().ok());
            let name = name.unwrap_or_else(|| "file object".to_owned());
            return Ok(Self::named(Kind::File(SharedFile::new(object.to_owned().unbind())), &name));
        }
        match object.extract::<PathBuf>() {
            Ok(path) => Ok(Self { kind: Kind::Path(path), name: None, limits: None }),
            Err(_) => Err(PyTypeError::new_err(format!(
                "source must be a path, bytes, a binary file or a Source, not {}",
                object.get_type().name()?
            ))),
        }
    }
}

/// Media to read several times, under limits and a name of its own.
#[pyclass(frozen, module = "viralforge._native")]
pub(crate) struct Source(Mutex<Option<Origin>>);

impl Source {
    fn origin(&self) -> PyResult<Origin> {
        let origin = self.0.lock().unwrap_or_else(PoisonError::into_inner).clone();
        origin.ok_or_else(|| PyValueError::new_err("the source is closed"))
    }
}

#[pymethods]
impl Source {
    #[new]
    #[pyo3(signature = (source, limits = None, name = None))]
    fn new(py: Python<'_>, source: Origin, limits: Option<&str>, name: Option<String>) -> PyResult<Self> {
        let limits = limits.map(|text| json::options(Limits::default(), text)).transpose();
        let limits = limits.map_err(|error| to_pyerr(py, error))?.or(source.limits.clone());
        let origin = Origin { name: name.or(source.name), kind: source.kind, limits };
        let file = matches!(origin.kind, Kind::File(_));
        if file {
            return Ok(Self(Mutex::new(Some(origin))));
        }
        // Looked at now, so that a missing file is known here and a file that changes is noticed later.
        let (name, limits) = (origin.name.clone(), origin.limits.clone());
        let opened = py.detach(|| origin.open(&Guard::default())).map_err(|error| to_pyerr(py, error))?;
        Ok(Self(Mutex::new(Some(Origin { kind: Kind::Opened(opened), name, limits }))))
    }

    #[getter]
    fn name(&self) -> PyResult<String> {
        let origin = self.origin()?;
        Ok(match origin.kind {
            Kind::Opened(source) => source.name().to_owned(),
            _ => origin.name.unwrap_or_default(),
        })
    }

    #[getter]
    fn closed(&self) -> bool {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).is_none()
    }

    fn close(&self) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).take();
    }
}
