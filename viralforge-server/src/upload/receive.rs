//! The bytes of an upload: taken, looked at, and handed on when they are all there.

use std::time::{Duration, Instant};

use axum::body::{Body, BodyDataStream};
use axum::http::StatusCode;
use bytes::Bytes;
use futures_util::StreamExt as _;
use serde_json::{Value, json};
use sha2::digest::DynDigest;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, BufWriter};
use viralforge_core::{UploadInspector, Verdict};

use super::{Locked, Metadata, Upload, refusal};
use crate::account::OPERATOR;
use crate::app::App;
use crate::problem::{Problem, Result};
use crate::store::Key;

/// A client that sends nothing for so long is gone.
const SILENCE: Duration = Duration::from_secs(30);
/// Whoever is slower than this on average, once the first minute is over, only keeps a place that others want.
const MIN_BYTES_PER_SECOND: u64 = 1024;
const BEGINNING: Duration = Duration::from_secs(60);
/// Bytes arrive in small pieces; so many go to the disk at a time.
const WRITE_BYTES: usize = 512 << 10;

/// What the bytes of one request have to come to.
pub(crate) struct Checksum {
    pub(crate) hash: Box<dyn DynDigest + Send>,
    pub(crate) value: Vec<u8>,
}

/// The next bytes of a body; `None` at its end.
pub(crate) async fn next_bytes(body: &mut BodyDataStream) -> Result<Option<Bytes>> {
    match tokio::time::timeout(SILENCE, body.next()).await {
        Ok(bytes) => bytes.transpose().map_err(|error| Problem::bad_request(format!("the body broke off: {error}"))),
        Err(_) => Err(Problem::bad_request(format!("nothing came for {} s", SILENCE.as_secs()))),
    }
}

/// Why the upload is refused, where these bytes make it so.
fn look(inspector: &mut UploadInspector, bytes: &[u8]) -> Option<Value> {
    (inspector.push(bytes) == Verdict::Reject).then(|| refusal(inspector)).flatten()
}

impl App {
    /// Takes the bytes of one request. What has reached the disk counts, however the request ends.
    pub(crate) async fn receive_upload(
        &self,
        upload: &mut Upload,
        writer: &Locked,
        body: Body,
        mut checksum: Option<Checksum>,
    ) -> Result<()> {
        let begin = upload.received as u64;
        let max = self.uploads.max_bytes(&Metadata::parse(&upload.metadata)?);
        let room = upload.length.map_or(max, |length| length as u64).saturating_sub(begin);
        let mut file = BufWriter::with_capacity(WRITE_BYTES, writer.open_at(begin).await?);
        let began = Instant::now();
        let mut written = 0;
        let mut bytes = body.into_data_stream();
        let mut inspector = self.inspect_received(upload, writer).await?;
        let outcome = loop {
            let chunk = tokio::select! {
                biased;
                () = writer.superseded() => break Err(Problem::conflict("another request goes on with this upload")),
                chunk = next_bytes(&mut bytes) => chunk,
            };
            let chunk = match chunk {
                Ok(Some(chunk)) => chunk,
                Ok(None) => break Ok(()),
                Err(problem) => break Err(problem),
            };
            let due = began.elapsed().saturating_sub(BEGINNING).as_secs() * MIN_BYTES_PER_SECOND;
            if written < due {
                break Err(Problem::bad_request(format!("fewer than {MIN_BYTES_PER_SECOND} bytes come in a second")));
            }
            if written + chunk.len() as u64 > room {
                break Err(Problem::too_large(format!("there is room for {room} bytes, and more came")));
            }
            file.write_all(&chunk).await?;
            written += chunk.len() as u64;
            if let Some(checksum) = &mut checksum {
                checksum.hash.update(&chunk);
            }
            if let Some(problem) = inspector.as_mut().and_then(|inspector| look(inspector, &chunk)) {
                return Err(self.refuse_upload(&upload.id, &problem).await?);
            }
        };
        file.flush().await?;
        let file = file.into_inner();
        let sum_is_wrong = checksum.is_some_and(|sum| outcome.is_err() || *sum.hash.finalize() != *sum.value);
        if sum_is_wrong {
            // With a checksum, all bytes of the request count or none.
            file.set_len(begin).await?;
            file.sync_data().await?;
            return Err(outcome
                .err()
                .unwrap_or_else(|| Problem::new("checksum_mismatch", "the bytes do not have that checksum")));
        }
        file.sync_data().await?;
        upload.received = (begin + written) as i64;
        self.uploads.advance(&upload.id, upload.received).await?;
        self.metrics.upload_bytes.inc_by(written);
        outcome?;
        self.finish_upload(upload, writer).await
    }

    /// What looks at the bytes that come next, so that it is said as early as possible where they are of nothing that
    /// will ever be taken; `None` where it has seen enough, and for parts of an upload.
    async fn inspect_received(&self, upload: &Upload, writer: &Locked) -> Result<Option<UploadInspector>> {
        let begin = upload.received as u64;
        if upload.is_partial() || begin >= UploadInspector::head_bytes() as u64 {
            return Ok(None);
        }
        let mut inspector = self.uploads.inspector(&Metadata::parse(&upload.metadata)?, upload.length)?;
        if begin > 0 {
            let mut head = Vec::new();
            tokio::fs::File::open(writer.path()).await?.take(begin).read_to_end(&mut head).await?;
            inspector.push(&head);
        }
        Ok(Some(inspector))
    }

    /// Says so where the first bytes of an upload that is whole are hopeless.
    pub(crate) async fn refuse_hopeless(&self, upload: &Upload, writer: &Locked) -> Result<()> {
        let mut head = Vec::new();
        let limit = UploadInspector::head_bytes() as u64;
        tokio::fs::File::open(writer.path()).await?.take(limit).read_to_end(&mut head).await?;
        self.judge_head(upload, &head).await
    }

    /// Refuses an upload whose first bytes are hopeless.
    pub(super) async fn judge_head(&self, upload: &Upload, head: &[u8]) -> Result<()> {
        let mut inspector = self.uploads.inspector(&Metadata::parse(&upload.metadata)?, upload.length)?;
        match look(&mut inspector, head) {
            Some(problem) => Err(self.refuse_upload(&upload.id, &problem).await?),
            None => Ok(()),
        }
    }

    /// Ends an upload for the reason in `problem`, a code and a message; the answer to whoever sent it.
    pub(super) async fn refuse_upload(&self, id: &str, problem: &Value) -> Result<Problem> {
        self.uploads.refuse(id, problem).await?;
        self.spool.remove(id).await?;
        self.metrics.uploads_refused.inc();
        Ok(Problem::new("malformed", problem["message"].as_str().unwrap_or("this is no media")))
    }

    /// Takes a file that comes whole, in one request, its length known or not.
    pub(crate) async fn receive_whole(&self, upload: &mut Upload, writer: &Locked, body: Body) -> Result<()> {
        tokio::fs::File::create_new(writer.path()).await?;
        self.receive_upload(upload, writer, body, None).await?;
        if upload.length.is_none() {
            self.uploads.set_length(upload, upload.received).await?;
            self.refuse_hopeless(upload, writer).await?;
        }
        self.finish_upload(upload, writer).await
    }

    /// Refuses, and ends, an upload with which its owner would keep more than they may.
    pub(crate) async fn check_room(&self, upload: &Upload) -> Result<()> {
        if upload.owner == OPERATOR {
            return Ok(());
        }
        let problem = match self.quota.check_storage(&self.uploads.pool, &upload.owner).await {
            Ok(()) => return Ok(()),
            Err(problem) => problem,
        };
        self.end_upload(&upload.id).await?;
        Err(problem)
    }

    /// Ends an upload that nobody goes on with, and removes what came of it.
    pub(crate) async fn end_upload(&self, id: &str) -> Result<()> {
        // From here on nobody completes it, on any replica.
        self.uploads.refuse(id, &json!({ "code": "gone", "message": "the upload was ended" })).await?;
        self.spool.remove(id).await?;
        let upload = self.uploads.get(id).await?;
        if upload.state == "complete" {
            return Err(Problem::conflict("the upload is complete"));
        }
        if let Some(parts) = &upload.multipart_id {
            self.store.drop_parts(&Key::original(id), parts).await?;
            self.store.delete(&Key::original(id)).await?;
        }
        self.uploads.delete(id).await
    }

    /// Stores an upload that has all its bytes, and has it checked; leaves others alone. It may be done again after a
    /// crash at any point: the asset has the identifier of the upload, so there is one, and the same.
    pub(crate) async fn finish_upload(&self, upload: &mut Upload, writer: &Locked) -> Result<()> {
        if upload.multipart_id.is_some() {
            return self.finish_direct(upload).await;
        }
        // Partial uploads only wait to be put together.
        if upload.state != "open" || !upload.is_whole() || upload.is_partial() {
            return Ok(());
        }
        let key = Key::original(&upload.id);
        self.store.remove_unfinished(&key).await?;
        let stored = self.store.put_file(&key, writer.path()).await? as i64;
        if let Err(problem) = self.uploads.complete(upload, stored).await {
            match self.uploads.get(&upload.id).await {
                // Another replica, which tidies up, found all bytes there and was faster: they are the same.
                Ok(now) if now.state == "complete" => *upload = now,
                Err(gone) if gone.status() == StatusCode::NOT_FOUND => {
                    // It was ended while it was stored.
                    self.store.delete(&key).await?;
                    return Err(problem);
                }
                _ => return Err(problem),
            }
        }
        self.spool.remove(&upload.id).await?;
        self.wake.notify_one();
        Ok(())
    }
}
