//! Where media is kept: a folder, or a bucket of an S3-compatible storage. Keys are made here and hold no byte of a name
//! from outside.

mod credentials;
mod direct;
mod http;
mod key;
mod read;
mod sign;
mod write;

pub(crate) use key::Key;
pub(crate) use sign::Signer;
pub(crate) use write::Writer;

use credentials::CredentialsFile;

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use futures_util::{StreamExt as _, TryStreamExt as _};
use object_store::aws::{AmazonS3, AmazonS3Builder};
use object_store::buffered::BufWriter;
use object_store::local::LocalFileSystem;
use object_store::path::Path as Location;
use object_store::{BackoffConfig, GetOptions, GetResult, ObjectStore, ObjectStoreExt, RetryConfig};
use tokio::fs::{DirEntry, File};
use tokio::io::{AsyncWriteExt as _, BufReader};

use crate::config::{S3, S3Keys};
use crate::id;
use crate::metrics::{Call, Metrics};
use crate::problem::Result;

/// How much goes to the storage at a time, in bytes: S3's smallest part.
const PART_BYTES: u64 = 5 << 20;
/// Most parts of one object, by S3's rules.
const MAX_PARTS: u64 = 10_000;
/// Parts under way at a time, beside the one that fills.
const PARTS_AT_A_TIME: usize = 2;

/// The storage of all media.
#[derive(Clone, Debug)]
pub(crate) struct Store {
    objects: Arc<dyn ObjectStore>,
    place: Place,
    /// What all keys begin with.
    prefix: String,
    metrics: Arc<Metrics>,
}

/// What only one kind of storage can do.
#[derive(Clone, Debug)]
enum Place {
    Folder(PathBuf),
    S3(Arc<AmazonS3>),
}

impl Store {
    /// A folder on this machine, which is made where it is not there.
    pub(crate) fn folder(path: &Path, metrics: Arc<Metrics>) -> std::io::Result<Self> {
        std::fs::create_dir_all(path)?;
        let store = LocalFileSystem::new_with_prefix(path).map_err(std::io::Error::other)?;
        let objects = Arc::new(store.with_fsync(true));
        Ok(Self { objects, place: Place::Folder(path.to_path_buf()), prefix: String::new(), metrics })
    }

    /// A bucket, which must be there. What fails is tried again for a while, with longer and longer, random waits.
    pub(crate) fn s3(settings: &S3, metrics: Arc<Metrics>) -> object_store::Result<Self> {
        let plain = settings.endpoint.starts_with("http://");
        let backoff = BackoffConfig { max_backoff: Duration::from_secs(5), ..BackoffConfig::default() };
        let s3 = AmazonS3Builder::new()
            .with_endpoint(&settings.endpoint)
            .with_allow_http(plain)
            .with_bucket_name(&settings.bucket)
            .with_region(&settings.region)
            .with_retry(RetryConfig { backoff, max_retries: 5, retry_timeout: Duration::from_secs(30) })
            // Not every storage knows how to delete several objects with one request.
            .with_disable_bulk_delete(true)
            .with_http_connector(http::Connector { plain });
        let s3 = match &settings.keys {
            S3Keys::Fixed(id, key) => s3.with_access_key_id(id.expose()).with_secret_access_key(key.expose()),
            S3Keys::File(path) => s3.with_credentials(Arc::new(CredentialsFile::open(path)?)),
        };
        let s3 = s3.build()?;
        let s3 = Arc::new(s3);
        let prefix = settings.prefix.trim_matches('/');
        let prefix = if prefix.is_empty() { String::new() } else { format!("{prefix}/") };
        Ok(Self { objects: Arc::clone(&s3) as Arc<dyn ObjectStore>, place: Place::S3(s3), prefix, metrics })
    }

    fn at(&self, key: &Key) -> Location {
        Location::from(format!("{}{key}", self.prefix))
    }

    async fn timed<T>(&self, operation: &str, call: impl Future<Output = T>) -> T {
        let began = Instant::now();
        let result = call.await;
        let labels = Call { operation: operation.to_owned() };
        self.metrics.storage.get_or_create(&labels).observe(began.elapsed().as_secs_f64());
        result
    }

    /// Stores a file under `key`, without holding it in memory. The file must not change any more.
    pub(crate) async fn put_file(&self, key: &Key, file: &Path) -> Result<u64> {
        let source = File::open(file).await?;
        let length = source.metadata().await?.len();
        if let Place::Folder(root) = &self.place {
            source.sync_data().await?;
            if self.timed("link", link(file, root, key)).await? {
                return Ok(length);
            }
        }
        let part_bytes = PART_BYTES.max(length.div_ceil(MAX_PARTS)) as usize;
        let mut source = BufReader::with_capacity(1 << 20, source);
        // One part goes as it is, more of them as an object in parts.
        let mut target = BufWriter::with_capacity(Arc::clone(&self.objects), self.at(key), part_bytes)
            .with_max_concurrency(PARTS_AT_A_TIME);
        let put = async {
            if let Err(error) = tokio::io::copy_buf(&mut source, &mut target).await {
                // A storage that is gone cannot be told; what brought us here is what counts.
                let _ = target.abort().await;
                return Err(error);
            }
            target.shutdown().await
        };
        match self.timed("put", put).await.map_err(|error| error.downcast::<object_store::Error>()) {
            Ok(()) => Ok(length),
            Err(Ok(storage)) => Err(storage.into()),
            Err(Err(file)) => Err(file.into()),
        }
    }

    /// Reads a file or a part of it.
    pub(crate) async fn get(&self, key: &Key, options: GetOptions) -> Result<GetResult> {
        Ok(self.timed("get", self.objects.get_opts(&self.at(key), options)).await?)
    }

    /// Makes a file of the storage a new one on this machine, to be read only.
    pub(crate) async fn fetch(&self, key: &Key, file: &Path) -> Result<()> {
        if let Place::Folder(root) = &self.place
            && tokio::fs::hard_link(root.join(key.to_string()), file).await.is_ok()
        {
            return Ok(());
        }
        let mut bytes = self.get(key, GetOptions::default()).await?.into_stream();
        let mut target = File::create_new(file).await?;
        while let Some(chunk) = bytes.next().await {
            target.write_all(&chunk?).await?;
        }
        target.flush().await?;
        Ok(())
    }

    /// Removes a file; one that is gone already is no error.
    pub(crate) async fn delete(&self, key: &Key) -> Result<()> {
        self.delete_at(&self.at(key)).await
    }

    async fn delete_at(&self, location: &Location) -> Result<()> {
        found(self.timed("delete", self.objects.delete(location)).await)?;
        Ok(())
    }

    /// Removes what a process that died while it stored `key` left: in a folder the parts have its name, `#` and a
    /// number. S3 shows parts to nobody, and removes them by a rule of the bucket.
    pub(crate) async fn remove_unfinished(&self, key: &Key) -> Result<()> {
        let Place::Folder(root) = &self.place else { return Ok(()) };
        let begin = root.join(format!("{key}#"));
        for entry in entries(begin.parent().unwrap_or(root)).await? {
            if entry.path().as_os_str().as_encoded_bytes().starts_with(begin.as_os_str().as_encoded_bytes()) {
                tokio::fs::remove_file(entry.path()).await?;
            }
        }
        Ok(())
    }

    /// Removes an asset, with all that was made of it.
    pub(crate) async fn remove_asset(&self, asset: &str) -> Result<()> {
        self.remove_below(&Key::all(asset)).await
    }

    /// Removes all that starts of an export made.
    pub(crate) async fn remove_export(&self, export: &str) -> Result<()> {
        self.remove_below(&Key::export(export)).await
    }

    async fn remove_below(&self, all: &Key) -> Result<()> {
        if let Place::Folder(root) = &self.place {
            return match tokio::fs::remove_dir_all(root.join(all.to_string())).await {
                Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(error.into()),
                _ => Ok(()),
            };
        }
        let found: Vec<_> = self.timed("list", self.objects.list(Some(&self.at(all))).try_collect()).await?;
        for object in found {
            self.delete_at(&object.location).await?;
        }
        Ok(())
    }

    /// Removes what starts of a job or an export made that do not count: of all that is at `outputs`, what is not of the
    /// one with the fence `published`.
    pub(crate) async fn remove_unpublished(&self, outputs: &Key, published: Option<i64>) -> Result<()> {
        let keep = published.map(|fence| fence.to_string());
        if let Place::Folder(root) = &self.place {
            // With all that is unfinished in it.
            for entry in entries(&root.join(outputs.to_string())).await? {
                if entry.file_name().to_str() != keep.as_deref() {
                    tokio::fs::remove_dir_all(entry.path()).await?;
                }
            }
            return Ok(());
        }
        let all = self.at(outputs);
        let found: Vec<_> = self.timed("list", self.objects.list(Some(&all)).try_collect()).await?;
        for object in found {
            let fence = object.location.prefix_match(&all).and_then(|mut rest| rest.next());
            if fence.is_some_and(|fence| Some(fence.as_ref()) != keep.as_deref()) {
                self.delete_at(&object.location).await?;
            }
        }
        Ok(())
    }

    /// Whether the storage answers.
    pub(crate) async fn ping(&self) -> Result<()> {
        match &self.place {
            Place::Folder(root) => tokio::fs::metadata(root).await.map(|_| ())?,
            // A listing tells of a bucket that is not there; of an object, that would be just as well.
            Place::S3(s3) => {
                let ping = Location::from(format!("{}ping", self.prefix));
                self.timed("list", s3.list(Some(&ping)).try_next()).await?;
            }
        }
        Ok(())
    }
}

/// What is there; `None` where it is not.
fn found<T>(result: object_store::Result<T>) -> Result<Option<T>> {
    match result {
        Err(object_store::Error::NotFound { .. }) => Ok(None),
        other => Ok(Some(other?)),
    }
}

/// Gives a file a second name, which costs nothing however large it is. `false` where that cannot be, as on another
/// file system.
async fn link(file: &Path, root: &Path, key: &Key) -> std::io::Result<bool> {
    let name = &root.join(key.to_string());
    let Some(folder) = name.parent() else { return Ok(false) };
    tokio::fs::create_dir_all(folder).await?;
    // Under another name first: what is there already is replaced in one step.
    let mut beside = name.as_os_str().to_owned();
    beside.push(format!("#{}", id::fresh()));
    if tokio::fs::hard_link(file, &beside).await.is_err() {
        return Ok(false);
    }
    tokio::fs::rename(&beside, name).await?;
    // Where both were names of one file already, renaming leaves both (rename(2)).
    let _ = tokio::fs::remove_file(&beside).await;
    // A name is durable with its folder, and that with the one above.
    for folder in folder.ancestors().take_while(|folder| folder.starts_with(root)) {
        File::open(folder).await?.sync_all().await?;
    }
    Ok(true)
}

/// What is in a folder; nothing where it is not there.
pub(crate) async fn entries(folder: &Path) -> std::io::Result<Vec<DirEntry>> {
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
