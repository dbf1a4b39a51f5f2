//! Core errors as the exception classes of `viralforge._errors`.

use std::io;

use pyo3::prelude::*;
use pyo3::types::PyDict;
use viralforge_core::Error;

/// The exception that Python's callers catch. The classes are Python code, so that they are documented and typed
/// there; `BY_CODE` has one for each code.
pub(crate) fn to_pyerr(py: Python<'_>, error: Error) -> PyErr {
    exception(py, error).unwrap_or_else(|broken| broken)
}

fn exception(py: Python<'_>, error: Error) -> PyResult<PyErr> {
    let errors = py.import("viralforge._errors")?;
    let code = error.code();
    let message = error.to_string();
    let details = PyDict::new(py);
    match error {
        Error::InvalidOption { option, .. } => details.set_item("option", option.as_ref())?,
        Error::MissingTrack { track, .. } => details.set_item("track", track.to_string())?,
        Error::LimitExceeded { limit, actual, allowed, .. } => {
            details.set_item("limit", limit)?;
            details.set_item("actual", actual)?;
            details.set_item("allowed", allowed)?;
        }
        Error::Io { input, source } => {
            // An exception from a file object that went through core is still that exception.
            if source.get_ref().is_some_and(|inner| inner.is::<PyErr>()) {
                return Ok(source.into());
            }
            let made = errors.getattr("io_error")?.call1((errno(&source), reason(&source), input))?;
            return Ok(PyErr::from_value(made));
        }
        _ => {}
    }
    let class = errors.getattr("BY_CODE")?.get_item(code)?;
    Ok(PyErr::from_value(class.call((message,), Some(&details))?))
}

/// The operating system's text without Rust's addition of its number.
fn reason(error: &io::Error) -> String {
    let text = error.to_string();
    match text.rfind(" (os error ") {
        Some(end) => text[..end].to_owned(),
        None => text,
    }
}

/// The number by which Python chooses `FileNotFoundError` and its kin. Core makes some errors itself, which have a
/// kind and no number: those are Linux's, and the ones named here are the same on every Unix.
fn errno(error: &io::Error) -> i32 {
    if let Some(number) = error.raw_os_error() {
        return number;
    }
    match error.kind() {
        io::ErrorKind::NotFound => 2,
        io::ErrorKind::PermissionDenied => 13,
        io::ErrorKind::AlreadyExists => 17,
        io::ErrorKind::NotADirectory => 20,
        io::ErrorKind::IsADirectory => 21,
        io::ErrorKind::InvalidInput => 22,
        io::ErrorKind::StorageFull => 28,
        io::ErrorKind::BrokenPipe => 32,
        _ => 5,
    }
}
