//! Where media comes from, and under which limits it is read.

use std::fmt;
use std::fs::{File, Metadata};
use std::io::{self, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::SystemTime;

use crate::error::{Error, Result};
use crate::limits::Limits;

/// What a reader must be able to do. Implemented for everything that can.
pub trait ReadSeek: Read + Seek + Send {}
impl<T: Read + Seek + Send> ReadSeek for T {}

/// One piece of media to read: a file, bytes, or any reader, together with its [`Limits`]. Cheap to clone; may be
/// read several times and from several threads.
#[derive(Clone)]
pub struct Source {
    name: String,
    kind: Kind,
    len: u64,
    limits: Limits,
}

#[derive(Clone)]
enum Kind {
    Path { path: PathBuf, modified: Option<SystemTime> },
    Bytes(Arc<[u8]>),
    Reader(Arc<Mutex<Box<dyn ReadSeek>>>),
}

impl fmt::Debug for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Source").field("name", &self.name).field("len", &self.len).finish_non_exhaustive()
    }
}

impl Source {
    /// A file on disk. It must not change while it is used.
    ///
    /// # Errors
    /// `io` where it cannot be read or is no regular file.
    pub fn from_path(path: impl AsRef<Path>) -> Result<Self> {
        let path = path.as_ref().to_path_buf();
        let name = path.display().to_string();
        let fail = |error| Error::io(&name, error);
        let facts = std::fs::metadata(&path).map_err(fail)?;
        if !facts.is_file() {
            let (kind, what) = match facts.is_dir() {
                true => (io::ErrorKind::IsADirectory, "is a directory, not a file"),
                false => (io::ErrorKind::InvalidInput, "is not a regular file"),
            };
            return Err(fail(io::Error::new(kind, what)));
        }
        File::open(&path).map_err(fail)?;
        let kind = Kind::Path { path, modified: facts.modified().ok() };
        Ok(Self::new(name, kind, facts.len()))
    }

    /// Bytes in memory; `name` stands in messages.
    pub fn from_bytes(name: impl Into<String>, bytes: impl Into<Arc<[u8]>>) -> Self {
        let bytes = bytes.into();
        let len = bytes.len() as u64;
        Self::new(name.into(), Kind::Bytes(bytes), len)
    }

    /// Anything that reads and seeks; `name` stands in messages. Reads of several threads take turns.
    ///
    /// # Errors
    /// `io` where its length cannot be found by seeking.
    pub fn from_reader(name: impl Into<String>, mut reader: impl ReadSeek + 'static) -> Result<Self> {
        let name = name.into();
        let len = reader.seek(SeekFrom::End(0)).map_err(|error| Error::io(&name, error))?;
        Ok(Self::new(name, Kind::Reader(Arc::new(Mutex::new(Box::new(reader)))), len))
    }

    fn new(name: String, kind: Kind, len: u64) -> Self {
        Self { name, kind, len, limits: Limits::default() }
    }

    /// Reads it under `limits` instead of the defaults.
    #[must_use]
    pub fn with_limits(mut self, limits: Limits) -> Self {
        self.limits = limits;
        self
    }

    /// Its name in messages: the path as given, or the name given with bytes or a reader.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The limits it is read under.
    pub fn limits(&self) -> &Limits {
        &self.limits
    }

    /// Its size in bytes when the source was made.
    pub fn byte_len(&self) -> u64 {
        self.len
    }

    /// A fresh reader from the first byte, once the size is within the limits. Nothing can be read from no bytes: only
    /// `validate_upload` has more to say about that.
    pub(crate) fn open(&self) -> Result<Input> {
        if self.len == 0 {
            return Err(Error::malformed(&self.name, "is empty"));
        }
        Limits::check(&self.name, "max_input_bytes", self.len, self.limits.max_input_bytes)?;
        let inner = match &self.kind {
            Kind::Path { path, .. } => {
                let file = File::open(path).map_err(|error| Error::io(&self.name, error))?;
                self.check_unchanged(&file.metadata().map_err(|error| Error::io(&self.name, error))?)?;
                Inner::File(file)
            }
            Kind::Bytes(bytes) => Inner::Bytes(Arc::clone(bytes)),
            Kind::Reader(reader) => Inner::Reader(Arc::clone(reader)),
        };
        Ok(Input { inner, len: self.len, position: 0 })
    }

    /// Fails where the file is no longer what it was when the source was made: a result would describe neither.
    pub(crate) fn check(&self) -> Result<()> {
        match &self.kind {
            Kind::Path { path, .. } => {
                self.check_unchanged(&std::fs::metadata(path).map_err(|error| Error::io(&self.name, error))?)
            }
            Kind::Bytes(_) | Kind::Reader(_) => Ok(()),
        }
    }

    fn check_unchanged(&self, facts: &Metadata) -> Result<()> {
        let Kind::Path { modified, .. } = &self.kind else { return Ok(()) };
        if facts.len() == self.len && facts.modified().ok() == *modified {
            return Ok(());
        }
        Err(Error::io(
            &self.name,
            io::Error::other("the file changed while it was being read; try again once it is complete"),
        ))
    }
}

enum Inner {
    File(File),
    Bytes(Arc<[u8]>),
    Reader(Arc<Mutex<Box<dyn ReadSeek>>>),
}

/// One pass over a source's bytes, with a position of its own. Never reads past the length the source began with.
pub(crate) struct Input {
    inner: Inner,
    len: u64,
    position: u64,
}

impl Input {
    pub(crate) fn byte_len(&self) -> u64 {
        self.len
    }
}

impl Read for Input {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let left = self.len.saturating_sub(self.position);
        let want = buffer.len().min(usize::try_from(left).unwrap_or(usize::MAX));
        if want == 0 {
            return Ok(0);
        }
        let buffer = &mut buffer[..want];
        let got = match &mut self.inner {
            Inner::File(file) => file.read(buffer)?,
            Inner::Bytes(bytes) => {
                let at = self.position as usize;
                buffer.copy_from_slice(&bytes[at..at + want]);
                want
            }
            Inner::Reader(reader) => {
                // A panic of a reader in another thread does not make the next read of this one wrong: we seek first.
                let mut reader = reader.lock().unwrap_or_else(PoisonError::into_inner);
                reader.seek(SeekFrom::Start(self.position))?;
                reader.read(buffer)?
            }
        };
        if got > want {
            return Err(io::Error::other("the reader says it returned more bytes than there was room for"));
        }
        if got == 0 {
            return Err(io::Error::new(
                io::ErrorKind::UnexpectedEof,
                format!("ends at byte {} although it said it has {}", self.position, self.len),
            ));
        }
        self.position += got as u64;
        Ok(got)
    }
}

impl Seek for Input {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        let target = match to {
            SeekFrom::Start(at) => Some(at),
            SeekFrom::End(by) => self.len.checked_add_signed(by),
            SeekFrom::Current(by) => self.position.checked_add_signed(by),
        };
        let target = target.ok_or_else(|| io::Error::new(io::ErrorKind::InvalidInput, "seek before the first byte"))?;
        if let Inner::File(file) = &mut self.inner {
            file.seek(SeekFrom::Start(target))?;
        }
        self.position = target;
        Ok(target)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write;

    #[test]
    fn a_missing_file_a_directory_and_an_empty_file_each_say_so() {
        let dir = tempfile::tempdir().unwrap();
        let missing = Source::from_path(dir.path().join("no.mp4")).unwrap_err();
        assert_eq!(missing.code(), "io");
        let directory = Source::from_path(dir.path()).unwrap_err();
        assert!(directory.to_string().ends_with("is a directory, not a file"), "{directory}");
        let path = dir.path().join("empty.mp4");
        File::create(&path).unwrap();
        assert_eq!(Source::from_path(&path).unwrap().open().err().unwrap().code(), "malformed");
    }

    #[test]
    fn a_file_that_changes_is_noticed() {
        let mut file = tempfile::NamedTempFile::new().unwrap();
        file.write_all(b"one").unwrap();
        let source = Source::from_path(file.path()).unwrap();
        assert!(source.check().is_ok());
        file.write_all(b"two").unwrap();
        assert!(source.check().unwrap_err().to_string().contains("changed while it was being read"));
        assert!(source.open().is_err());
    }

    struct Liar;
    impl Read for Liar {
        fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
            Ok(buffer.len() + 1)
        }
    }
    impl Seek for Liar {
        fn seek(&mut self, _: SeekFrom) -> io::Result<u64> {
            Ok(100)
        }
    }

    #[test]
    fn a_reader_that_returns_too_much_is_an_error() {
        let source = Source::from_reader("liar", Liar).unwrap();
        assert!(source.open().unwrap().read(&mut [0; 10]).is_err());
    }

    #[test]
    fn a_reader_that_ends_early_is_an_error() {
        struct Short(io::Cursor<Vec<u8>>);
        impl Read for Short {
            fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
                self.0.read(buffer)
            }
        }
        impl Seek for Short {
            fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
                self.0.seek(to).map(|at| if matches!(to, SeekFrom::End(_)) { at + 5 } else { at })
            }
        }
        let source = Source::from_reader("short", Short(io::Cursor::new(vec![1, 2, 3]))).unwrap();
        let mut all = Vec::new();
        let error = source.open().unwrap().read_to_end(&mut all).unwrap_err();
        assert_eq!(error.to_string(), "ends at byte 3 although it said it has 8");
    }

    #[test]
    fn two_passes_over_one_reader_do_not_disturb_each_other() {
        let source = Source::from_reader("r", io::Cursor::new(vec![1u8, 2, 3, 4])).unwrap();
        let (mut a, mut b) = (source.open().unwrap(), source.open().unwrap());
        let (mut one, mut two) = ([0; 2], [0; 4]);
        a.read_exact(&mut one).unwrap();
        b.read_exact(&mut two).unwrap();
        a.read_exact(&mut one).unwrap();
        assert_eq!((one, two), ([3, 4], [1, 2, 3, 4]));
    }

    #[test]
    fn the_size_limit_is_checked_before_a_byte_is_read() {
        let limits = Limits::default().with_max_input_bytes(3);
        let source = Source::from_bytes("b", vec![0u8; 4]).with_limits(limits);
        assert!(matches!(source.open().err(), Some(Error::LimitExceeded { limit: "max_input_bytes", .. })));
    }
}
