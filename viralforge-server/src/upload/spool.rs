//! The files in which uploads gather, one writer at a time.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::io::AsyncSeekExt as _;
use tokio::sync::{OwnedMutexGuard, watch};

use crate::problem::{Problem, Result};
use crate::store::entries;

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
    /// How many wanted to write; whoever holds the lock stops when it grows.
    requests: watch::Sender<u64>,
}

/// The right to write to one upload.
#[derive(Debug)]
pub(crate) struct Locked {
    _guard: OwnedMutexGuard<()>,
    /// Keeps `requests` open.
    _writer: Arc<Writer>,
    requests: watch::Receiver<u64>,
    path: PathBuf,
}

impl Spool {
    pub(crate) fn new(folder: PathBuf) -> std::io::Result<Self> {
        std::fs::create_dir_all(&folder)?;
        Ok(Self { folder, writers: Arc::default() })
    }

    /// Becomes the writer of an upload, and ends the one before.
    pub(crate) async fn lock(&self, id: &str) -> Result<Locked> {
        let (writer, requests) = {
            let mut writers = self.writers.lock().unwrap_or_else(PoisonError::into_inner);
            writers.retain(|_, writer| Arc::strong_count(writer) > 1);
            let writer = Arc::clone(writers.entry(id.to_owned()).or_default());
            writer.requests.send_modify(|count| *count += 1);
            // Sees every request after this one, also one that comes while this one waits.
            let requests = writer.requests.subscribe();
            (writer, requests)
        };
        let guard = tokio::time::timeout(TAKE_OVER, Arc::clone(&writer.lock).lock_owned())
            .await
            .map_err(|_| Problem::conflict("another request is writing to this upload; try again in a moment"))?;
        Ok(Locked { _guard: guard, _writer: writer, requests, path: self.folder.join(id) })
    }

    /// The uploads that have bytes here.
    pub(crate) async fn list(&self) -> Result<Vec<String>> {
        let entries = entries(&self.folder).await?;
        Ok(entries.into_iter().filter_map(|entry| entry.file_name().into_string().ok()).collect())
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
        // The sender lives as long as this value.
        let _ = self.requests.clone().changed().await;
    }

    /// The file, to be written from byte `begin` on. Another process may be writing to it as well: then there is a
    /// conflict.
    pub(crate) async fn open_at(&self, begin: u64) -> Result<tokio::fs::File> {
        let lost = || Problem::new("gone", "bytes of the upload were lost; begin a new one");
        let mut file = match tokio::fs::OpenOptions::new().write(true).open(&self.path).await {
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Err(lost()),
            file => file?,
        };
        let locked = file.into_std().await;
        if locked.try_lock().is_err() {
            return Err(Problem::conflict("another process is writing to this upload; try again in a moment"));
        }
        file = tokio::fs::File::from_std(locked);
        if file.metadata().await?.len() < begin {
            return Err(lost());
        }
        // A crash may have left bytes that no client was told of.
        file.set_len(begin).await?;
        file.seek(std::io::SeekFrom::Start(begin)).await?;
        Ok(file)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn the_last_to_come_writes_and_whoever_came_before_hears_of_it() {
        let dir = tempfile::tempdir().unwrap();
        let spool = Spool::new(dir.path().to_path_buf()).unwrap();
        let first = spool.lock("a").await.unwrap();
        let other = spool.lock("b").await.unwrap();
        let second = spool.lock("a");
        tokio::pin!(second);
        assert!(futures_util::poll!(&mut second).is_pending());
        // It was told before it asked, and hears of it all the same.
        first.superseded().await;
        drop(first);
        let second = second.await.unwrap();
        for locked in [&other, &second] {
            let superseded = locked.superseded();
            tokio::pin!(superseded);
            assert!(futures_util::poll!(superseded).is_pending());
        }
    }
}
