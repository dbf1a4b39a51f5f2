//! The files in which uploads gather, one writer at a time.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::{Notify, OwnedMutexGuard};

use crate::problem::{Problem, Result};

/// How long a new request waits for the one before it to let go: the one before is told to, since its connection may
/// be dead without anybody having noticed.
const TAKE_OVER: Duration = Duration::from_secs(2);

/// The folder of unfinished uploads.
#[derive(Clone, Debug)]
pub(crate) struct Spool {
    folder: PathBuf,
    writers: Arc<Mutex<HashMap<String, Arc<Writer>>>>,
}

#[derive(Debug, Default)]
struct Writer {
    lock: Arc<tokio::sync::Mutex<()>>,
    /// Tells whoever writes to stop.
    yield_to_next: Notify,
}

/// The right to write to one upload.
#[derive(Debug)]
pub(crate) struct Locked {
    _guard: OwnedMutexGuard<()>,
    writer: Arc<Writer>,
    path: PathBuf,
}

impl Spool {
    pub(crate) fn new(folder: PathBuf) -> std::io::Result<Self> {
        std::fs::create_dir_all(&folder)?;
        Ok(Self { folder, writers: Arc::default() })
    }

    /// Becomes the writer of an upload, and ends the one before.
    pub(crate) async fn lock(&self, id: &str) -> Result<Locked> {
        let writer = {
            let mut writers = self.writers.lock().unwrap_or_else(PoisonError::into_inner);
            writers.retain(|_, writer| Arc::strong_count(writer) > 1);
            Arc::clone(writers.entry(id.to_owned()).or_default())
        };
        writer.yield_to_next.notify_waiters();
        let guard = tokio::time::timeout(TAKE_OVER, Arc::clone(&writer.lock).lock_owned())
            .await
            .map_err(|_| Problem::conflict("another request is writing to this upload; try again in a moment"))?;
        Ok(Locked { _guard: guard, writer, path: self.folder.join(id) })
    }

    /// Removes the bytes of an upload; those of one that has none are gone already.
    pub(crate) async fn remove(&self, id: &str) -> Result<()> {
        match tokio::fs::remove_file(self.folder.join(id)).await {
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(()),
            other => Ok(other?),
        }
    }
}

impl Locked {
    /// Where the bytes are.
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// Resolves as soon as another request wants to write.
    pub(crate) async fn superseded(&self) {
        self.writer.yield_to_next.notified().await;
    }
}
