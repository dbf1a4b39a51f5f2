//! Binary file objects of Python as readers and writers.

use std::io::{self, Read, Seek, SeekFrom, Write};
use std::sync::{Arc, Mutex, PoisonError};

use pyo3::exceptions::{PyBlockingIOError, PyTypeError, PyValueError};
use pyo3::prelude::*;
use pyo3::pybacked::PyBackedBytes;
use pyo3::types::{PyBytes, PyMemoryView};

use crate::guard::Guard;

/// How much is read or written at once: each time costs a switch to Python and back.
const CHUNK_BYTES: usize = 256 << 10;

/// A file object, and where it stands as far as we know. Jobs that share it take turns.
pub(crate) struct SharedFile {
    object: Py<PyAny>,
    position: Mutex<Option<u64>>,
}

impl SharedFile {
    pub(crate) fn new(object: Py<PyAny>) -> Arc<Self> {
        Arc::new(Self { object, position: Mutex::new(None) })
    }
}

/// Refuses what would fail late or strangely: text files and closed ones.
pub(crate) fn check_binary(object: &Bound<'_, PyAny>) -> PyResult<()> {
    let text = object.py().import("io")?.getattr("TextIOBase")?;
    if object.is_instance(&text)? {
        return Err(PyTypeError::new_err("the file is open as text: open it in binary mode ('rb', 'wb')"));
    }
    match object.getattr_opt("closed")? {
        Some(closed) if closed.is_truthy()? => Err(PyValueError::new_err("I/O operation on closed file")),
        _ => Ok(()),
    }
}

/// One pass over a file object. It keeps a position of its own and the chunk read last, so that Python hears only of
/// reads that are needed and seeks that move.
pub(crate) struct FileReader {
    file: Arc<SharedFile>,
    guard: Guard,
    position: u64,
    chunk: Option<(u64, PyBackedBytes)>,
}

impl FileReader {
    pub(crate) fn new(file: Arc<SharedFile>, guard: Guard) -> Self {
        // Between calls the caller may have moved it.
        *file.position.lock().unwrap_or_else(PoisonError::into_inner) = None;
        Self { file, guard, position: 0, chunk: None }
    }

    fn buffered(&self) -> Option<&[u8]> {
        let (start, bytes) = self.chunk.as_ref()?;
        let at = usize::try_from(self.position.checked_sub(*start)?).ok()?;
        bytes.get(at..).filter(|rest| !rest.is_empty())
    }

    fn fetch(&self, py: Python<'_>, known: &mut Option<u64>, wanted: usize) -> PyResult<PyBackedBytes> {
        let object = self.file.object.bind(py);
        if known.take() != Some(self.position) {
            let moved = object.call_method1("seek", (self.position,))?;
            if moved.extract::<u64>().is_ok_and(|at| at != self.position) {
                return Err(broken(py, format!("seek({}) went to {moved}", self.position)));
            }
        }
        let read = object.call_method1("read", (wanted,))?;
        let bytes = contents(&read)?;
        if bytes.len() > wanted {
            return Err(broken(py, format!("read({wanted}) returned {} bytes", bytes.len())));
        }
        *known = Some(self.position + bytes.len() as u64);
        Ok(bytes)
    }

    fn length(&self, py: Python<'_>, by: i64) -> PyResult<u64> {
        let object = self.file.object.bind(py);
        let moved = object.call_method1("seek", (by, 2))?;
        // Not every file object returns where it is.
        if moved.is_none() { object.call_method0("tell")?.extract() } else { moved.extract() }
    }
}

impl Read for FileReader {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.buffered().is_none() && !buffer.is_empty() {
            let wanted = buffer.len().max(CHUNK_BYTES);
            let file = Arc::clone(&self.file);
            // First the lock, then Python: a thread that holds the interpreter never waits for this lock.
            let mut known = file.position.lock().unwrap_or_else(PoisonError::into_inner);
            let read = attached(|py| self.fetch(py, &mut known, wanted), &self.guard)?;
            self.chunk = Some((self.position, read));
        }
        let Some(rest) = self.buffered() else { return Ok(0) };
        let count = rest.len().min(buffer.len());
        buffer[..count].copy_from_slice(&rest[..count]);
        self.position += count as u64;
        Ok(count)
    }
}

impl Seek for FileReader {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        let target = match to {
            SeekFrom::Start(at) => Some(at),
            SeekFrom::Current(by) => self.position.checked_add_signed(by),
            SeekFrom::End(by) => {
                let file = Arc::clone(&self.file);
                let mut known = file.position.lock().unwrap_or_else(PoisonError::into_inner);
                let end = attached(|py| self.length(py, by), &self.guard)?;
                *known = Some(end);
                Some(end)
            }
        };
        self.position = target.ok_or_else(|| io::Error::from(io::ErrorKind::InvalidInput))?;
        Ok(self.position)
    }
}

/// A binary file object that is written from front to back.
pub(crate) struct FileWriter {
    object: Py<PyAny>,
    guard: Guard,
}

impl FileWriter {
    pub(crate) fn new(object: Py<PyAny>, guard: Guard) -> Self {
        Self { object, guard }
    }

    fn put(&self, py: Python<'_>, bytes: &[u8]) -> PyResult<usize> {
        let object = self.object.bind(py);
        let written = object.call_method1("write", (PyBytes::new(py, bytes),))?;
        if written.is_none() {
            let raw = object.is_instance(&py.import("io")?.getattr("RawIOBase")?)?;
            return match raw {
                true => Err(PyBlockingIOError::new_err("write() would block: give a blocking file")),
                // Writers that are not raw take everything, and some do not say so.
                false => Ok(bytes.len()),
            };
        }
        match written.extract::<usize>() {
            Ok(count) if count <= bytes.len() => Ok(count),
            _ => Err(broken(py, format!("write() of {} bytes returned {}", bytes.len(), written.repr()?))),
        }
    }
}

impl Write for FileWriter {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let bytes = &bytes[..bytes.len().min(CHUNK_BYTES)];
        attached(|py| self.put(py, bytes), &self.guard)
    }

    fn flush(&mut self) -> io::Result<()> {
        let flush = |py: Python<'_>| match self.object.bind(py).getattr_opt("flush")? {
            Some(flush) => flush.call0().map(drop),
            None => Ok(()),
        };
        attached(flush, &self.guard)
    }
}

/// Runs `work` in the interpreter; an exception ends the job.
fn attached<T>(work: impl FnOnce(Python<'_>) -> PyResult<T>, guard: &Guard) -> io::Result<T> {
    let outcome = Python::try_attach(work).ok_or_else(|| io::Error::other("Python is shutting down"))?;
    outcome.map_err(|error| guard.raise_io(error))
}

fn contents(read: &Bound<'_, PyAny>) -> PyResult<PyBackedBytes> {
    if let Ok(bytes) = read.extract::<PyBackedBytes>() {
        return Ok(bytes);
    }
    if read.is_instance_of::<PyMemoryView>() {
        return Ok(read.call_method0("tobytes")?.extract::<PyBackedBytes>()?);
    }
    Err(PyTypeError::new_err(format!("read() must return bytes, not {}", read.get_type().name()?)))
}

/// The file object breaks the rules of its kind: an I/O error like any other.
fn broken(py: Python<'_>, problem: String) -> PyErr {
    let error = viralforge_core::Error::Io { input: "the file object".into(), source: io::Error::other(problem) };
    crate::error::to_pyerr(py, error)
}
