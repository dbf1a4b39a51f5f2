//! Makes archives: claims an export, writes all of it into the storage, publishes it.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use axum::http::StatusCode;
use futures_util::{StreamExt as _, TryStreamExt as _};
use serde_json::json;
use tokio::fs::File;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::sync::{Notify, watch};

use super::ERRORS;
use super::archive::Archive;
use super::lines::{NO_FILES, line, lines};
use super::list::List;
use super::queue::{Claim, Counted};
use crate::app::App;
use crate::id;
use crate::problem::{Problem, Result};
use crate::store::Key;

/// Between two looks for exports where nothing wakes a maker earlier: those of other replicas, retries, lost leases.
const POLL: Duration = Duration::from_secs(1);
/// Between two looks whether it is still wanted, at most.
const PULSE: Duration = Duration::from_secs(1);

/// Why a start is not gone on with.
enum Interrupted {
    /// Another maker has it, or nobody wants it any more.
    Lost,
    /// This process is about to end.
    Released,
}

impl App {
    /// Makes exports, one at a time, until `shutdown` turns true; then lets go of what it holds. No worker is needed for
    /// it: nothing looks at the media.
    pub(crate) async fn keep_exporting(self: Arc<Self>, mut shutdown: watch::Receiver<bool>) {
        while !*shutdown.borrow() {
            match self.exports.claim().await {
                Ok(Some(claim)) => {
                    if let Err(problem) = self.make_export(&claim, &mut shutdown).await {
                        tracing::error!(?problem, "an export could not be finished; its lease will run out");
                    }
                }
                Ok(None) => {
                    tokio::select! {
                        () = self.exports.asked.notified() => {}
                        () = tokio::time::sleep(POLL) => {}
                        _ = shutdown.changed() => {}
                    }
                }
                Err(problem) => {
                    tracing::warn!(?problem, "the exports cannot be read");
                    tokio::time::sleep(POLL).await;
                }
            }
        }
    }

    async fn make_export(self: &Arc<Self>, claim: &Claim, shutdown: &mut watch::Receiver<bool>) -> Result<()> {
        let (sender, counted) = watch::channel(Counted::default());
        let stop = Notify::new();
        let work = self.write_export(claim, &sender, &stop);
        tokio::pin!(work);
        // The lease is kept from the first file that is listed to the last byte that is stored.
        let (made, interrupted) = tokio::select! {
            made = &mut work => (made, None),
            why = self.keep_export(claim, &counted, shutdown) => {
                stop.notify_one();
                (work.await, Some(why))
            }
        };
        match (made, interrupted) {
            (Ok(Some(counted)), _) => self.publish_export(claim, counted).await,
            (_, Some(Interrupted::Lost)) => Ok(()),
            (_, Some(Interrupted::Released)) | (Ok(None), None) => self.exports.release(claim).await,
            (Err(problem), None) => {
                tracing::warn!(export = %claim.id, ?problem, "an export failed, and is tried again where it may be");
                let (code, message) = match problem.code() {
                    code if ERRORS.contains(&code) => (code, problem.detail()),
                    _ => ("internal", "something failed here"),
                };
                let is_away = problem.status() == StatusCode::SERVICE_UNAVAILABLE;
                self.exports.retry(claim, &json!({ "code": code, "message": message }), is_away).await
            }
        }
    }

    /// Keeps the lease and tells how far it has come, until there is a reason to stop.
    async fn keep_export(
        &self,
        claim: &Claim,
        counted: &watch::Receiver<Counted>,
        shutdown: &mut watch::Receiver<bool>,
    ) -> Interrupted {
        let mut pulse = tokio::time::interval(PULSE.min(self.exports.lease / 3));
        loop {
            tokio::select! {
                _ = pulse.tick() => {
                    let now = *counted.borrow();
                    match self.exports.pulse(claim, now).await {
                        Ok(true) => {}
                        Ok(false) => return Interrupted::Lost,
                        // The lease may still be good when the database is back.
                        Err(problem) => tracing::warn!(export = %claim.id, ?problem, "no heartbeat"),
                    }
                }
                _ = shutdown.changed() => return Interrupted::Released,
            }
        }
    }

    /// Writes the archive into the storage; `None` where it was stopped. Only publishing lets anybody see it.
    async fn write_export(
        self: &Arc<Self>,
        claim: &Claim,
        counted: &watch::Sender<Counted>,
        stop: &Notify,
    ) -> Result<Option<Counted>> {
        let folder = self.scratch.job_folder()?;
        let list = tokio::select! {
            list = List::write(self, &claim.user_id, folder.path()) => list?,
            () = stop.notified() => return Ok(None),
        };
        counted.send_modify(|counted| counted.files_total = list.files);
        let mut archive = Archive::begin(self.store.writer(&Key::archive(&claim.id, claim.fence), list.bytes));
        let filled = tokio::select! {
            filled = self.fill(&mut archive, claim, (&list, folder.path()), counted) => Some(filled),
            () = stop.notified() => None,
        };
        match filled {
            Some(Ok(())) => {
                let bytes = archive.end().await?;
                Ok(Some(Counted { bytes, ..*counted.borrow() }))
            }
            Some(Err(problem)) => {
                archive.abort().await;
                Err(problem)
            }
            None => {
                archive.abort().await;
                Ok(None)
            }
        }
    }

    /// Puts everything into the archive: what is kept, the files, and which of them were not there any more.
    async fn fill(
        self: &Arc<Self>,
        archive: &mut Archive,
        claim: &Claim,
        (list, folder): (&List, &Path),
        counted: &watch::Sender<Counted>,
    ) -> Result<()> {
        let user = self.users.get(&claim.user_id).await?;
        let mut account = archive.file("account.ndjson", id::now_ms())?;
        account.write(line("account", &user).as_bytes()).await?;
        let mut lines = std::pin::pin!(lines(Arc::clone(self), user.id, NO_FILES));
        while let Some(text) = lines.try_next().await? {
            account.write(&text).await?;
        }
        let mut items = list.read().await?;
        while let Some(item) = items.next().await? {
            account.write(item.line().as_bytes()).await?;
        }
        account.end().await?;

        let missing = folder.join("missing");
        let mut gone = File::create_new(&missing).await?;
        let mut items = list.read().await?;
        while let Some(item) = items.next().await? {
            match self.store.whole(&Key::stored(item.file.storage_key)).await {
                Ok((length, bytes)) if length == item.file.byte_len.unsigned_abs() => {
                    let mut file = archive.file(&item.path, item.file.created_at)?;
                    let mut bytes = bytes.map_err(|error| unread(&error));
                    while let Some(piece) = bytes.next().await {
                        file.write(&piece?).await?;
                    }
                    file.end().await?;
                }
                Err(problem) if problem.status() != StatusCode::NOT_FOUND => return Err(problem),
                // Deleted since it was listed, or cut: what is left of it is not the file.
                _ => gone.write_all(format!("{}\n", item.path).as_bytes()).await?,
            }
            let bytes = archive.bytes();
            counted.send_modify(|counted| {
                counted.files_done += 1;
                counted.bytes = bytes;
            });
        }
        gone.flush().await?;
        let mut gone = File::open(&missing).await?;
        let mut piece = vec![0; 64 << 10];
        let mut read = gone.read(&mut piece).await?;
        if read > 0 {
            let mut file = archive.file("missing.txt", id::now_ms())?;
            while read > 0 {
                file.write(&piece[..read]).await?;
                read = gone.read(&mut piece).await?;
            }
            file.end().await?;
        }
        Ok(())
    }

    async fn publish_export(&self, claim: &Claim, counted: Counted) -> Result<()> {
        let key = Key::archive(&claim.id, claim.fence);
        if self.exports.publish(claim, &key, counted).await? {
            tracing::info!(export = %claim.id, files = counted.files_total, bytes = counted.bytes, "an export is ready");
        } else {
            self.store.delete(&key).await?;
        }
        Ok(())
    }
}

/// A file that breaks off is read again from its beginning, with the next start.
fn unread(error: &std::io::Error) -> Problem {
    tracing::error!(%error, "storage");
    Problem::unavailable("the storage does not answer")
}
