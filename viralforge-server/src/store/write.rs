//! Bytes on their way in, where nobody has all of them as a file.

use std::sync::Arc;

use bytes::Bytes;
use object_store::buffered::BufWriter;
use tokio::io::AsyncWriteExt as _;

use super::{Key, MAX_PARTS, PART_BYTES, PARTS_AT_A_TIME, Store};
use crate::problem::{Problem, Result};

/// Room in an object's parts for what is not counted: an eighth more, and this many bytes.
const MARGIN_BYTES: u64 = 1 << 30;

/// An object that is being written. Nobody sees it before its end.
pub(crate) struct Writer(BufWriter);

impl Store {
    /// Begins an object under `key`, of about so many bytes.
    pub(crate) fn writer(&self, key: &Key, about_bytes: u64) -> Writer {
        let most = about_bytes.saturating_add(about_bytes / 8).saturating_add(MARGIN_BYTES);
        let part_bytes = PART_BYTES.max(most.div_ceil(MAX_PARTS)) as usize;
        let writer = BufWriter::with_capacity(Arc::clone(&self.objects), self.at(key), part_bytes);
        Writer(writer.with_max_concurrency(PARTS_AT_A_TIME))
    }
}

impl Writer {
    /// Waits while as much is under way as may be.
    pub(crate) async fn put(&mut self, bytes: Bytes) -> Result<()> {
        Ok(self.0.put(bytes).await?)
    }

    /// Stores what is left; then it is there as a whole.
    pub(crate) async fn end(mut self) -> Result<()> {
        self.0.shutdown().await.map_err(|error| match error.downcast::<object_store::Error>() {
            Ok(storage) => Problem::from(storage),
            Err(other) => Problem::from(other),
        })
    }

    /// Gives it up, with what is stored of it already.
    pub(crate) async fn abort(mut self) {
        // A storage that is gone cannot be told; what brought us here is what counts.
        let _ = self.0.abort().await;
    }
}
