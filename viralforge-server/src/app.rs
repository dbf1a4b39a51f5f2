//! What every request and every worker shares.

use std::io::Write as _;
use std::path::Path;
use std::sync::Arc;

use metrics_exporter_prometheus::{PrometheusBuilder, PrometheusHandle};
use tokio::sync::{Notify, watch};

use crate::asset::{Assets, FileView, StoredFile};
use crate::config::{Config, Secret};
use crate::db::Database;
use crate::id;
use crate::job::{Queue, Runner};
use crate::store::{Signer, Store};
use crate::upload::{Spool, Uploads};

/// The parts, wired together.
#[derive(Debug)]
pub(crate) struct App {
    pub(crate) base_url: String,
    pub(crate) api_key: Secret,
    pub(crate) database: Database,
    pub(crate) store: Store,
    pub(crate) signer: Signer,
    pub(crate) assets: Assets,
    pub(crate) uploads: Uploads,
    pub(crate) spool: Spool,
    pub(crate) queue: Queue,
    pub(crate) wake: Arc<Notify>,
    pub(crate) metrics: PrometheusHandle,
    pub(crate) shutdown: watch::Receiver<bool>,
    url_lifetime_seconds: i64,
}

/// Why the server cannot start, in a sentence.
pub(crate) type StartError = Box<dyn std::error::Error + Send + Sync>;

impl App {
    pub(crate) async fn start(config: &Config, shutdown: watch::Receiver<bool>) -> Result<Arc<Self>, StartError> {
        let data = &config.data;
        std::fs::create_dir_all(data).map_err(|error| format!("{}: {error}", data.display()))?;
        let api_key = match &config.api_key {
            Some(key) => key.clone(),
            None => kept_secret(&data.join("api-key"), |key| {
                tracing::warn!("no VIRALFORGE_API_KEY is set, so one was made; it is in {}", key.display());
            })?,
        };
        let signing_key = match &config.signing_key {
            Some(key) => key.clone(),
            None => kept_secret(&data.join("signing-key"), |_| {})?,
        };
        let database = Database::connect(&config.database_url).await?;
        database.migrate().await?;
        let recorder = PrometheusBuilder::new().build_recorder();
        let metrics = recorder.handle();
        // In tests several servers share a process, and the first one counts for all.
        let _ = metrics::set_global_recorder(recorder);
        Ok(Arc::new(Self {
            base_url: config.base_url(),
            api_key,
            store: Store::folder(&data.join("media"))?,
            signer: Signer::new(signing_key),
            assets: Assets(database.pool.clone()),
            uploads: Uploads {
                pool: database.pool.clone(),
                lifetime: config.upload_lifetime,
                max_video_bytes: config.max_video_bytes,
                max_image_bytes: config.max_image_bytes,
            },
            spool: Spool::new(data.join("uploads"))?,
            queue: Queue::new(database.clone(), config.lease, config.job_starts),
            database,
            wake: Arc::new(Notify::new()),
            metrics,
            shutdown,
            url_lifetime_seconds: config.url_lifetime.as_secs() as i64,
        }))
    }

    /// The workers of this process.
    pub(crate) fn runner(&self, config: &Config) -> Result<Arc<Runner>, StartError> {
        let scratch = config.data.join("scratch");
        std::fs::create_dir_all(&scratch)?;
        Ok(Arc::new(Runner {
            queue: self.queue.clone(),
            assets: self.assets.clone(),
            store: self.store.clone(),
            scratch: std::fs::canonicalize(scratch)?,
            wall: config.job_timeout,
            memory_bytes: config.job_memory_bytes,
            wake: Arc::clone(&self.wake),
        }))
    }

    /// Removes what nobody goes on with.
    pub(crate) async fn tidy(&self) {
        let expired = match self.uploads.expired().await {
            Ok(expired) => expired,
            Err(problem) => return tracing::warn!(?problem, "expired uploads cannot be listed"),
        };
        for id in expired {
            let Ok(_writer) = self.spool.lock(&id).await else { continue };
            if self.spool.remove(&id).await.is_ok() && self.uploads.delete(&id).await.is_ok() {
                tracing::info!(upload = %id, "an upload expired");
            }
        }
    }

    /// Where a file is read, without the signature.
    pub(crate) fn file_path(id: &str, name: &str) -> String {
        format!("/v1/files/{id}/{name}")
    }

    /// A file as clients see it, with an address that is good for a while.
    pub(crate) fn file_view(&self, file: &StoredFile) -> FileView {
        let path = Self::file_path(&file.id, &file.name);
        let query = self.signer.query(&path, id::now_ms() / 1000 + self.url_lifetime_seconds);
        FileView {
            name: file.name.clone(),
            content_type: file.content_type.clone(),
            url: format!("{}{path}?{query}", self.base_url),
            bytes: file.byte_len,
        }
    }
}

/// A secret that is made once and kept in a file that only its owner may read.
fn kept_secret(path: &Path, made: impl FnOnce(&Path)) -> Result<Secret, StartError> {
    let fail = |error: std::io::Error| format!("{}: {error}", path.display());
    match std::fs::read_to_string(path) {
        Ok(text) => return Ok(Secret::new(text.trim())),
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(fail(error).into()),
        Err(_) => {}
    }
    // Two random UUIDs have 244 random bits.
    let text = format!("{}{}", uuid::Uuid::new_v4().simple(), uuid::Uuid::new_v4().simple());
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create_new(true);
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path).and_then(|mut file| file.write_all(text.as_bytes())).map_err(fail)?;
    made(path);
    Ok(Secret::new(text))
}
