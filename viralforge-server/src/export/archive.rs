//! A ZIP on its way into the storage: what is written goes out piece by piece, so that memory stays the same however long
//! it becomes. Files are stored as they are, since media does not get smaller.

use std::io::{self, Write};
use std::sync::{Arc, Mutex, PoisonError};

use bytes::Bytes;
use rawzip::time::UtcDateTime;
use rawzip::{ZipArchiveWriter, ZipDataWriter, ZipEntryWriter};

use crate::problem::{Problem, Result};
use crate::store::Writer;

/// How much is gathered before it goes out, in bytes.
const PIECE_BYTES: usize = 256 << 10;

/// An archive that is being written.
pub(super) struct Archive {
    zip: ZipArchiveWriter<Waiting>,
    out: Out,
}

/// A file of an archive that is being written.
pub(super) struct Entry<'a> {
    zip: ZipDataWriter<ZipEntryWriter<'a, Waiting>>,
    out: &'a mut Out,
}

/// The way into the storage.
struct Out {
    waiting: Waiting,
    target: Writer,
}

/// Bytes that wait to go out. The writer of the ZIP does not wait for a storage, and we do: both hold this.
#[derive(Clone, Default)]
struct Waiting(Arc<Mutex<Vec<u8>>>);

impl Write for Waiting {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Waiting {
    /// What waits, where it is at least so much.
    fn take(&self, at_least: usize) -> Option<Bytes> {
        let mut bytes = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        (bytes.len() >= at_least).then(|| Bytes::from(std::mem::take(&mut *bytes)))
    }
}

impl Out {
    async fn give(&mut self, at_least: usize) -> Result<()> {
        if let Some(bytes) = self.waiting.take(at_least) {
            self.target.put(bytes).await?;
        }
        Ok(())
    }
}

impl Archive {
    pub(super) fn begin(target: Writer) -> Self {
        let waiting = Waiting::default();
        Self { zip: ZipArchiveWriter::new(waiting.clone()), out: Out { waiting, target } }
    }

    /// How long it is so far.
    pub(super) fn bytes(&self) -> u64 {
        self.zip.stream_offset()
    }

    /// Begins a file, which was made at a time in milliseconds since 1970.
    pub(super) fn file(&mut self, path: &str, made_at_ms: i64) -> Result<Entry<'_>> {
        let made_at = UtcDateTime::from_unix(made_at_ms / 1000);
        let file = self.zip.new_file(path).last_modified(made_at).unix_permissions(0o644);
        let (entry, kind) = file.start().map_err(unwritable)?;
        Ok(Entry { zip: kind.wrap(entry), out: &mut self.out })
    }

    /// Ends the archive; its length. It is in the storage then.
    pub(super) async fn end(self) -> Result<u64> {
        let Self { zip, mut out } = self;
        let (waiting, before) = (out.waiting.clone(), zip.stream_offset());
        out.give(1).await?;
        zip.finish().map_err(unwritable)?;
        let directory = waiting.take(0).unwrap_or_default();
        let bytes = before + directory.len() as u64;
        out.target.put(directory).await?;
        out.target.end().await?;
        Ok(bytes)
    }

    /// Gives the archive up, and what of it is in the storage already.
    pub(super) async fn abort(self) {
        self.out.target.abort().await;
    }
}

impl Entry<'_> {
    pub(super) async fn write(&mut self, bytes: &[u8]) -> Result<()> {
        self.zip.write_all(bytes)?;
        self.out.give(PIECE_BYTES).await
    }

    pub(super) async fn end(self) -> Result<()> {
        let (entry, descriptor) = self.zip.finish().map_err(unwritable)?;
        entry.finish(descriptor).map_err(unwritable)?;
        self.out.give(PIECE_BYTES).await
    }
}

/// Nothing but a path that is too long could be wrong, and ours are not.
fn unwritable(error: rawzip::Error) -> Problem {
    tracing::error!(%error, "an archive cannot be written");
    Problem::internal()
}
