//! Where results go: a file that appears complete or not at all, or a writer.

use std::fmt;
use std::io::{self, Cursor, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use crate::error::{Error, Result};
use crate::source::Source;

/// Where a verb writes. A path gets its file only once it is complete; until then the bytes are in a temporary file
/// beside it, which goes away on failure and on cancellation.
#[derive(Clone)]
pub struct Output(Kind);

#[derive(Clone)]
enum Kind {
    Path(PathBuf),
    Writer { name: String, writer: Arc<Mutex<Box<dyn Write + Send>>> },
}

impl fmt::Debug for Output {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Output").field(&self.name()).finish()
    }
}

impl Output {
    /// A file at `path`; one that is there already is replaced, once the new one is complete.
    pub fn to_path(path: impl Into<PathBuf>) -> Self {
        Self(Kind::Path(path.into()))
    }

    /// A writer, which gets all bytes in order at the end of a successful call and nothing otherwise. The result is
    /// held in memory until then, because an MP4's index is known last and stands first.
    pub fn to_writer(name: impl Into<String>, writer: impl Write + Send + 'static) -> Self {
        Self(Kind::Writer { name: name.into(), writer: Arc::new(Mutex::new(Box::new(writer))) })
    }

    /// Its name in messages: the path as given, or the name given with the writer.
    pub fn name(&self) -> String {
        match &self.0 {
            Kind::Path(path) => path.display().to_string(),
            Kind::Writer { name, .. } => name.clone(),
        }
    }

    /// The path, where it has one.
    pub fn path(&self) -> Option<&Path> {
        match &self.0 {
            Kind::Path(path) => Some(path),
            Kind::Writer { .. } => None,
        }
    }

    /// Refuses an output that is the source: writing over the file that is being read would destroy it on success and is
    /// never meant.
    pub(crate) fn refuse_source(&self, source: &Source) -> Result<()> {
        let real = |path: &Path| std::fs::canonicalize(path).ok();
        let same = self.path().and_then(real).is_some_and(|out| real(Path::new(source.name())) == Some(out));
        if same {
            return Err(Error::invalid_option("output", format_args!("{} is the source itself", self.name())));
        }
        Ok(())
    }

    /// Opens the place where bytes gather until [`Sink::commit`].
    pub(crate) fn create(&self) -> Result<Sink> {
        let store = match &self.0 {
            Kind::Path(path) => {
                let fail = |error| Error::io(path.display(), error);
                if path.is_dir() {
                    return Err(fail(io::Error::new(io::ErrorKind::IsADirectory, "is a directory, not a file")));
                }
                let folder = match path.parent() {
                    Some(folder) if !folder.as_os_str().is_empty() => folder,
                    _ => Path::new("."),
                };
                if !folder.is_dir() {
                    return Err(fail(io::Error::new(io::ErrorKind::NotFound, "its folder does not exist")));
                }
                let mut builder = tempfile::Builder::new();
                builder.prefix(".viralforge-").suffix(".partial");
                #[cfg(unix)]
                {
                    use std::os::unix::fs::PermissionsExt;
                    // As a plain new file would have: the process' umask takes its part off.
                    builder.permissions(std::fs::Permissions::from_mode(0o666));
                }
                Store::File(builder.tempfile_in(folder).map_err(fail)?)
            }
            Kind::Writer { .. } => Store::Memory(Cursor::new(Vec::new())),
        };
        Ok(Sink { output: self.clone(), store })
    }
}

enum Store {
    File(tempfile::NamedTempFile),
    Memory(Cursor<Vec<u8>>),
}

/// The bytes of an output that is not complete yet. Dropped without [`commit`](Self::commit), it leaves nothing.
pub(crate) struct Sink {
    output: Output,
    store: Store,
}

impl Sink {
    /// Publishes the bytes: renames the file, or hands them to the writer. Returns how many there are.
    pub(crate) fn commit(mut self) -> Result<u64> {
        let name = self.output.name();
        let fail = |error| Error::io(&name, error);
        let len = self.seek(SeekFrom::End(0)).map_err(fail)?;
        match (self.store, &self.output.0) {
            (Store::File(file), Kind::Path(path)) => {
                file.persist(path).map_err(|error| fail(error.error))?;
            }
            (Store::Memory(bytes), Kind::Writer { writer, .. }) => {
                let mut writer = writer.lock().unwrap_or_else(PoisonError::into_inner);
                writer.write_all(bytes.get_ref()).and_then(|()| writer.flush()).map_err(fail)?;
            }
            _ => return Err(Error::backend(&name, "the output changed its kind")),
        }
        Ok(len)
    }
}

impl Read for Sink {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match &mut self.store {
            Store::File(file) => file.read(buffer),
            Store::Memory(memory) => memory.read(buffer),
        }
    }
}

impl Write for Sink {
    fn write(&mut self, buffer: &[u8]) -> io::Result<usize> {
        match &mut self.store {
            Store::File(file) => file.write(buffer),
            Store::Memory(memory) => memory.write(buffer),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        match &mut self.store {
            Store::File(file) => file.flush(),
            Store::Memory(_) => Ok(()),
        }
    }
}

impl Seek for Sink {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        match &mut self.store {
            Store::File(file) => file.seek(to),
            Store::Memory(memory) => memory.seek(to),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_appears_only_when_it_is_complete() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("out.bin");
        let mut sink = Output::to_path(&path).create().unwrap();
        sink.write_all(b"half").unwrap();
        assert!(!path.exists());
        drop(sink);
        assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 0);

        let mut sink = Output::to_path(&path).create().unwrap();
        sink.write_all(b"whole").unwrap();
        assert_eq!(sink.commit().unwrap(), 5);
        assert_eq!(std::fs::read(&path).unwrap(), b"whole");
        assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 1);
    }

    #[test]
    fn a_writer_gets_everything_or_nothing() {
        #[derive(Clone, Default)]
        struct Shared(Arc<Mutex<Vec<u8>>>);
        impl Write for Shared {
            fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
                self.0.lock().unwrap().extend_from_slice(bytes);
                Ok(bytes.len())
            }
            fn flush(&mut self) -> io::Result<()> {
                Ok(())
            }
        }
        let written = Shared::default();
        let output = Output::to_writer("w", written.clone());
        output.create().unwrap().write_all(b"lost").unwrap();
        let mut sink = output.create().unwrap();
        sink.write_all(b"kept").unwrap();
        sink.commit().unwrap();
        assert_eq!(*written.0.lock().unwrap(), b"kept");
    }

    #[test]
    fn a_folder_that_is_not_there_is_an_error() {
        let error = Output::to_path("/no/such/folder/x.mp4").create().err().unwrap();
        assert_eq!(error.code(), "io");
        assert_eq!(error.to_string(), "/no/such/folder/x.mp4: its folder does not exist");
    }
}
