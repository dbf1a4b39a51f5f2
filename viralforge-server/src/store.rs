//! Where media is kept: a folder. Keys are made here and hold no byte of a name from outside.

mod key;
mod sign;

pub(crate) use key::Key;
pub(crate) use sign::Signer;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use futures_util::StreamExt as _;
use object_store::local::LocalFileSystem;
use object_store::{GetOptions, GetResult, ObjectStore, ObjectStoreExt, PutPayload, WriteMultipart};
use tokio::fs::DirEntry;
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use crate::problem::Result;

/// How much goes to the storage at a time, in bytes: S3's smallest part.
const PART_BYTES: usize = 5 << 20;

/// The storage of all media.
#[derive(Clone, Debug)]
pub(crate) struct Store {
    objects: Arc<dyn ObjectStore>,
    folder: PathBuf,
}

impl Store {
    /// A folder on this machine, which is made where it is not there.
    pub(crate) fn folder(path: &Path) -> std::io::Result<Self> {
        std::fs::create_dir_all(path)?;
        let store = LocalFileSystem::new_with_prefix(path).map_err(std::io::Error::other)?;
        Ok(Self { objects: Arc::new(store.with_fsync(true)), folder: path.to_path_buf() })
    }

    /// Stores a file under `key`, without holding it in memory.
    pub(crate) async fn put_file(&self, key: &Key, file: &Path) -> Result<u64> {
        let mut source = tokio::fs::File::open(file).await?;
        let length = source.metadata().await?.len();
        if length <= PART_BYTES as u64 {
            let mut bytes = Vec::new();
            source.read_to_end(&mut bytes).await?;
            self.objects.put(&key.path(), PutPayload::from(bytes)).await?;
            return Ok(length);
        }
        let mut writer =
            WriteMultipart::new_with_chunk_size(self.objects.put_multipart(&key.path()).await?, PART_BYTES);
        let mut buffer = vec![0; PART_BYTES];
        loop {
            let read = source.read(&mut buffer).await?;
            if read == 0 {
                break;
            }
            writer.wait_for_capacity(2).await?;
            writer.write(&buffer[..read]);
        }
        writer.finish().await?;
        Ok(length)
    }

    /// Reads a file or a part of it.
    pub(crate) async fn get(&self, key: &Key, options: GetOptions) -> Result<GetResult> {
        Ok(self.objects.get_opts(&key.path(), options).await?)
    }

    /// Copies a file of the storage to a new one on this machine.
    pub(crate) async fn fetch(&self, key: &Key, file: &Path) -> Result<()> {
        let mut bytes = self.get(key, GetOptions::default()).await?.into_stream();
        let mut target = tokio::fs::File::create_new(file).await?;
        while let Some(chunk) = bytes.next().await {
            target.write_all(&chunk?).await?;
        }
        target.flush().await?;
        Ok(())
    }

    /// Removes a file; one that is gone already is no error.
    pub(crate) async fn delete(&self, key: &Key) -> Result<()> {
        match self.objects.delete(&key.path()).await {
            Err(object_store::Error::NotFound { .. }) => Ok(()),
            other => Ok(other?),
        }
    }

    /// Removes what a process that died while it stored `key` left: the parts have its name, `#` and a number.
    pub(crate) async fn remove_unfinished(&self, key: &Key) -> Result<()> {
        let path = self.folder.join(key.to_string());
        let (Some(folder), Some(name)) = (path.parent(), path.file_name().and_then(|name| name.to_str())) else {
            return Ok(());
        };
        let begin = format!("{name}#");
        for entry in entries(folder).await? {
            if entry.file_name().to_str().is_some_and(|name| name.starts_with(&begin)) {
                tokio::fs::remove_file(entry.path()).await?;
            }
        }
        Ok(())
    }

    /// Removes what starts of a job made that do not count: all but the one with the fence `published`.
    pub(crate) async fn remove_unpublished(&self, asset: &str, job: &str, published: Option<i64>) -> Result<()> {
        let keep = published.map(|fence| fence.to_string());
        for entry in entries(&self.folder.join(Key::outputs(asset, job).to_string())).await? {
            if entry.file_name().to_str() != keep.as_deref() {
                tokio::fs::remove_dir_all(entry.path()).await?;
            }
        }
        Ok(())
    }

    /// Whether the storage answers.
    pub(crate) async fn ping(&self) -> Result<()> {
        match self.objects.head(&object_store::path::Path::from("ping")).await {
            Err(object_store::Error::NotFound { .. }) => Ok(()),
            other => Ok(other.map(|_| ())?),
        }
    }
}

/// What is in a folder; nothing where it is not there.
async fn entries(folder: &Path) -> std::io::Result<Vec<DirEntry>> {
    let mut listing = match tokio::fs::read_dir(folder).await {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
        other => other?,
    };
    let mut entries = Vec::new();
    while let Some(entry) = listing.next_entry().await? {
        entries.push(entry);
    }
    Ok(entries)
}
