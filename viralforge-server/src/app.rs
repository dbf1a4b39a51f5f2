//! What every request and every worker shares.

use std::io::Write as _;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use axum::http::StatusCode;
use ipnet::IpNet;
use tokio::sync::{Notify, watch};

use crate::account::{AccessTokens, ApiKeys, Audit, Leaked, Passwords, Resets, SecondFactors, Sessions, Users, Vault};
use crate::asset::{Assets, FileView, StoredFile};
use crate::config::{Config, Secret, WebhookHosts};
use crate::db::Database;
use crate::export::Exports;
use crate::id;
use crate::job::{Bull, Queue, Scratch};
use crate::limit::{Limits, Quota};
use crate::metrics::Metrics;
use crate::oauth::OAuth;
use crate::outgoing::Outgoing;
use crate::problem::Result;
use crate::scan::Scanner;
use crate::store::{Key, Signer, Store};
use crate::upload::{Spool, Uploads};

/// The parts, wired together.
pub(crate) struct App {
    pub(crate) base_url: String,
    pub(crate) api_key: Secret,
    pub(crate) users: Users,
    pub(crate) passwords: Passwords,
    pub(crate) resets: Resets,
    pub(crate) second_factors: SecondFactors,
    pub(crate) sessions: Sessions,
    pub(crate) access_tokens: AccessTokens,
    pub(crate) api_keys: ApiKeys,
    pub(crate) audit: Audit,
    pub(crate) vault: Arc<Vault>,
    pub(crate) outgoing: Outgoing,
    pub(crate) oauth: OAuth,
    /// Whether a session may do something only once its user has turned the second factor on.
    pub(crate) require_second_factor: bool,
    /// Whether anybody may make an account.
    pub(crate) sign_up: bool,
    /// Whose pages may use this server with cookies: its own, and those that are allowed.
    pub(crate) origins: Vec<String>,
    pub(crate) trusted_proxies: Vec<IpNet>,
    /// Where the proxy finds the media.
    pub(crate) accel_location: Option<String>,
    pub(crate) monitoring_allow: Vec<IpNet>,
    pub(crate) webhook_hosts: WebhookHosts,
    pub(crate) limits: Limits,
    pub(crate) quota: Quota,
    pub(crate) database: Database,
    pub(crate) store: Store,
    pub(crate) signer: Signer,
    pub(crate) assets: Assets,
    pub(crate) uploads: Uploads,
    pub(crate) spool: Spool,
    pub(crate) queue: Queue,
    pub(crate) exports: Exports,
    pub(crate) scanner: Option<Scanner>,
    /// Woken when a job was queued.
    pub(crate) wake: Arc<Notify>,
    /// Woken when there may be a job to take; the same where nothing stands between the table and the workers.
    pub(crate) ready: Arc<Notify>,
    pub(crate) bull: Option<Arc<Bull>>,
    pub(crate) scratch: Arc<Scratch>,
    pub(crate) metrics: Arc<Metrics>,
    pub(crate) shutdown: watch::Receiver<bool>,
    /// Whether it was looked for secrets of webhooks that an older key has sealed.
    pub(crate) webhooks_sealed_anew: AtomicBool,
    url_lifetime_seconds: i64,
}

/// Why the server cannot start, in a sentence.
pub(crate) type StartError = Box<dyn std::error::Error + Send + Sync>;

impl App {
    pub(crate) async fn start(
        config: &Config,
        metrics: Arc<Metrics>,
        shutdown: watch::Receiver<bool>,
    ) -> Result<Arc<Self>, StartError> {
        let data = &config.data;
        std::fs::create_dir_all(data).map_err(|error| format!("{}: {error}", data.display()))?;
        let kept = |set: &Option<Secret>, file| set.clone().map_or_else(|| kept_secret(&data.join(file)), Ok);
        let (api_key, signing_key) = (kept(&config.api_key, "api-key")?, kept(&config.signing_key, "signing-key")?);
        let encryption_keys = match &config.encryption_keys[..] {
            [] => vec![kept_secret(&data.join("encryption-key"))?],
            keys => keys.to_vec(),
        };
        let vault = Arc::new(Vault::new(&encryption_keys).map_err(|_| "the encryption keys cannot be used")?);
        let database = Database::connect(&config.database_url, config.database_connections).await?;
        database.migrate().await?;
        let queue = Queue::new(database.clone(), config.lease, config.job_starts);
        let bull = config.redis.clone().map(|broker| Arc::new(Bull::new(broker, queue.clone())));
        let wake = Arc::new(Notify::new());
        let pool = || database.pool.clone();
        let access_tokens = AccessTokens::start(pool(), Arc::clone(&vault), config.base_url()).await;
        let second_factors = SecondFactors { pool: pool(), vault: Arc::clone(&vault) };
        second_factors.seal_anew().await.map_err(|_| "the secrets of second factors cannot be sealed anew")?;
        let leaked = config.leaked_passwords.as_deref().map(|path| {
            Leaked::open(path).map_err(|error| format!("VIRALFORGE_LEAKED_PASSWORDS {}: {error}", path.display()))
        });
        let leaked = leaked.transpose()?;
        let outgoing = Outgoing::new(&config.outgoing_allow);
        Ok(Arc::new(Self {
            base_url: config.base_url(),
            api_key,
            users: Users(pool()),
            passwords: Passwords::new(leaked).map_err(|_| "passwords cannot be hashed")?,
            resets: Resets(pool()),
            second_factors,
            sessions: Sessions(pool()),
            access_tokens: access_tokens.map_err(|_| "the keys of access tokens cannot be read")?,
            api_keys: ApiKeys(pool()),
            audit: Audit(pool()),
            oauth: OAuth::new(
                &config.clients,
                outgoing.clone(),
                (config.base_url(), config.sign_up),
                &database.pool,
                Arc::clone(&vault),
            ),
            vault,
            outgoing,
            require_second_factor: config.require_second_factor,
            sign_up: config.sign_up,
            origins: config.allowed_origins.iter().cloned().chain([config.base_url()]).collect(),
            trusted_proxies: config.trusted_proxies.clone(),
            accel_location: config.accel_location.clone(),
            monitoring_allow: config.monitoring_allow.clone(),
            webhook_hosts: config.webhook_hosts.clone(),
            limits: Limits::new(config),
            quota: config.quota,
            store: match &config.s3 {
                Some(s3) => Store::s3(s3, Arc::clone(&metrics))?,
                None => Store::folder(&data.join("media"), Arc::clone(&metrics))?,
            },
            signer: Signer(signing_key),
            assets: Assets::new(database.pool.clone()),
            uploads: Uploads {
                pool: database.pool.clone(),
                lifetime: config.upload_lifetime,
                max_video_bytes: config.max_video_bytes,
                max_image_bytes: config.max_image_bytes,
            },
            spool: Spool::new(data.join("uploads"))?,
            scanner: config.clamd.as_deref().map(Scanner::at),
            exports: Exports::new(database.clone(), config.lease, config.export_lifetime),
            queue,
            database,
            ready: if bull.is_some() { Arc::new(Notify::new()) } else { Arc::clone(&wake) },
            bull,
            wake,
            scratch: Arc::new(Scratch::open(&data.join("scratch"))?),
            metrics,
            shutdown,
            webhooks_sealed_anew: AtomicBool::new(false),
            url_lifetime_seconds: config.url_lifetime.as_secs() as i64,
        }))
    }

    /// Keeps Redis in step with the table, where there is one; `listen` for workers of this process.
    pub(crate) async fn keep_redis(self: Arc<Self>, listen: bool) {
        if let Some(bull) = &self.bull {
            bull.keep(&self.wake, &self.ready, listen).await;
        }
    }

    /// Finishes what a crash left half done, and removes what nobody goes on with.
    pub(crate) async fn tidy(&self) {
        self.limits.forget(id::now_ms() * 1000);
        for (what, result) in [
            ("uploads cannot be finished", self.finish_uploads().await),
            ("expired uploads cannot be removed", self.remove_expired().await),
            ("left bytes cannot be removed", self.remove_left_bytes().await),
            ("left outputs cannot be removed", self.remove_left_outputs().await),
            ("assets cannot be removed", self.remove_disowned().await),
            ("exports cannot be removed", self.remove_exports().await),
            ("left archives cannot be removed", self.sweep_exports().await),
            ("accounts cannot be removed", self.remove_leaving().await),
            ("secrets of webhooks cannot be sealed anew", self.seal_webhooks_anew().await),
            ("old messages cannot be forgotten", self.forget_messages().await),
            ("the keys of access tokens cannot be changed", self.access_tokens.rotate(id::now_ms()).await),
            ("old tokens for passwords cannot be forgotten", self.resets.forget(id::now_ms()).await),
            ("old sessions cannot be forgotten", self.sessions.forget(id::now_ms()).await),
            ("old entries of the audit log cannot be forgotten", self.audit.forget(id::now_ms()).await),
            ("connections cannot be kept", self.oauth.tidy(id::now_ms()).await),
        ] {
            if let Err(problem) = result {
                tracing::warn!(?problem, "{what}");
            }
        }
    }

    async fn finish_uploads(&self) -> Result<()> {
        for id in self.uploads.unfinished().await? {
            let Ok(writer) = self.spool.lock(&id).await else { continue };
            let mut upload = self.uploads.get(&id).await?;
            match self.finish_upload(&mut upload, &writer).await {
                Ok(()) => tracing::info!(upload = %id, "an upload was finished that had stopped at its end"),
                Err(problem) => tracing::warn!(upload = %id, ?problem, "an upload cannot be finished"),
            }
        }
        Ok(())
    }

    async fn remove_expired(&self) -> Result<()> {
        for id in self.uploads.expired().await? {
            let Ok(_writer) = self.spool.lock(&id).await else { continue };
            match self.end_upload(&id).await {
                Ok(()) => tracing::info!(upload = %id, "an upload expired"),
                Err(problem) => tracing::warn!(upload = %id, ?problem, "an expired upload cannot be removed"),
            }
        }
        Ok(())
    }

    /// Bytes whose upload is over: a crash came between the two.
    async fn remove_left_bytes(&self) -> Result<()> {
        for id in self.spool.list().await? {
            // The row is there before the bytes are.
            match self.uploads.get(&id).await {
                Ok(upload) if upload.state == "open" => {}
                Err(problem) if problem.status() != StatusCode::NOT_FOUND => return Err(problem),
                _ => self.spool.remove(&id).await?,
            }
        }
        Ok(())
    }

    /// What starts of jobs stored that do not count. Whoever was still at it when a job ended has had two leases to
    /// notice.
    async fn remove_left_outputs(&self) -> Result<()> {
        let before = id::now_ms() - 2 * self.queue.lease().as_millis() as i64;
        for (job, asset, published) in self.queue.unswept(before).await? {
            self.store.remove_unpublished(&Key::outputs(&asset, &job), published).await?;
            self.queue.note_swept(&job).await?;
        }
        Ok(())
    }

    /// Where a file is read, without the signature.
    pub(crate) fn file_path(id: &str, name: &str) -> String {
        format!("/v1/files/{id}/{name}")
    }

    /// Where a file is read, with a signature that is good for a while.
    pub(crate) fn file_url(&self, id: &str, name: &str) -> String {
        let path = Self::file_path(id, name);
        let query = self.signer.query(&path, id::now_ms() / 1000 + self.url_lifetime_seconds);
        format!("{}{path}?{query}", self.base_url)
    }

    /// A file as clients see it, with an address that is good for a while.
    pub(crate) fn file_view(&self, file: &StoredFile) -> FileView {
        FileView {
            name: file.name.clone(),
            content_type: file.content_type.clone(),
            url: self.file_url(&file.id, &file.name),
            bytes: file.byte_len,
        }
    }
}

/// A secret that is made once and kept in a file that only its owner may read.
fn kept_secret(path: &Path) -> Result<Secret, StartError> {
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
    tracing::warn!("a secret was made, since none is set; it is in {}", path.display());
    Ok(Secret::new(text))
}
