//! Uploads that go straight to the storage, in parts. Only their first bytes pass this server, when all is there.

use axum::http::StatusCode;
use object_store::{GetOptions, GetRange};
use serde::Deserialize;
use serde_json::json;
use viralforge_core::UploadInspector;

use super::{NewUpload, Upload};
use crate::app::App;
use crate::id;
use crate::problem::{Problem, Result};
use crate::store::Key;

/// One part that was sent, as the client tells of it.
#[derive(Debug, Deserialize)]
pub(crate) struct Sent {
    /// Its number, from 1 on.
    pub(crate) number: usize,
    /// The header `ETag` of the storage's answer.
    pub(crate) etag: String,
}

impl Upload {
    /// How many parts it has, where it comes in parts.
    pub(crate) fn parts(&self) -> usize {
        let (length, part_bytes) = (self.length.unwrap_or(0), self.part_bytes.unwrap_or(1).max(1));
        (length as u64).div_ceil(part_bytes as u64) as usize
    }
}

impl App {
    /// Begins an upload of `length` bytes in parts of `part_bytes`.
    pub(crate) async fn begin_direct(
        &self,
        owner: &str,
        metadata: &str,
        length: i64,
        part_bytes: i64,
    ) -> Result<Upload> {
        let id = id::fresh();
        let key = Key::original(&id);
        let parts = self.store.begin_parts(&key).await?;
        let (length, part_bytes) = (Some(length), Some(part_bytes));
        let new = NewUpload {
            owner,
            id: Some(id),
            length,
            metadata,
            multipart_id: Some(&parts),
            part_bytes,
            ..NewUpload::default()
        };
        let begun = self.uploads.create(&new).await;
        if begun.is_err() {
            self.store.drop_parts(&key, &parts).await?;
        }
        begun
    }

    /// Notes which parts there are, and goes on to the end.
    pub(crate) async fn complete_direct(&self, upload: &mut Upload, mut sent: Vec<Sent>) -> Result<()> {
        sent.sort_by_key(|part| part.number);
        let count = upload.parts();
        if !sent.iter().map(|part| part.number).eq(1..=count) {
            return Err(Problem::invalid_option(format!("parts must be those from 1 to {count}, each once")));
        }
        let tags: Vec<_> = sent.into_iter().map(|part| part.etag).collect();
        if !tags.iter().all(|tag| tag.len() <= 256 && tag.bytes().all(|b| b.is_ascii_graphic())) {
            return Err(Problem::invalid_option("etag must be the header ETag of the storage's answer"));
        }
        let tags = json!(tags).to_string();
        self.uploads.set_part_tags(&upload.id, Some(&tags)).await?;
        upload.part_tags = Some(tags);
        let finished = self.finish_direct(upload).await;
        if finished.as_ref().is_err_and(|problem| problem.status() == StatusCode::CONFLICT) {
            // The client has to send something again; the tidier need not try.
            self.uploads.set_part_tags(&upload.id, None).await?;
        }
        finished
    }

    /// Puts the parts together, looks at them, and makes an asset of them. May be done again after a crash at any point.
    pub(crate) async fn finish_direct(&self, upload: &mut Upload) -> Result<()> {
        let (Some(parts), Some(tags)) = (&upload.multipart_id, &upload.part_tags) else { return Ok(()) };
        let key = Key::original(&upload.id);
        if self.store.byte_len(&key).await?.is_none() {
            let tags = serde_json::from_str(tags).map_err(|_| Problem::internal())?;
            self.store.join_parts(&key, parts, tags).await?;
        }
        let declared = upload.length.unwrap_or(0) as u64;
        let stored = self.store.byte_len(&key).await?.unwrap_or(0);
        let looked_at = if stored == declared {
            let range = Some(GetRange::Bounded(0..stored.min(UploadInspector::head_bytes() as u64)));
            let head = self.store.get(&key, GetOptions { range, ..GetOptions::default() }).await?.bytes().await?;
            self.judge_head(upload, &head).await
        } else {
            let message = format!("{declared} bytes were declared, and {stored} came");
            Err(self.refuse_upload(&upload.id, &json!({ "code": "limit_exceeded", "message": message })).await?)
        };
        if looked_at.is_err() {
            // Where this fails, the object goes when the upload expires.
            self.store.delete(&key).await?;
            return looked_at;
        }
        self.uploads.complete(upload, stored as i64).await?;
        self.wake.notify_one();
        Ok(())
    }
}
