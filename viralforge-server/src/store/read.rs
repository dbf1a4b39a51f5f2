//! Bytes on their way out, in pieces that are worth the way.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::ops::Range;

use bytes::Bytes;
use futures_util::stream::{BoxStream, StreamExt as _, TryStreamExt as _, try_unfold};
use object_store::{GetOptions, GetRange, GetResultPayload};

use super::{Key, Store};
use crate::problem::Result;

/// How much is read of a file at a time, in bytes. Each read is a trip to another thread, so that small pieces cost
/// several times what sending them does.
const PIECE_BYTES: u64 = 256 << 10;

impl Store {
    /// A part of a file, as a stream.
    pub(crate) async fn read(&self, key: &Key, part: Range<u64>) -> Result<BoxStream<'static, io::Result<Bytes>>> {
        let options = GetOptions { range: Some(GetRange::Bounded(part)), ..GetOptions::default() };
        let got = self.get(key, options).await?;
        let range = got.range.clone();
        Ok(match got.payload {
            GetResultPayload::File(file, _) => pieces(file, range).boxed(),
            GetResultPayload::Stream(bytes) => bytes.map_err(io::Error::other).boxed(),
        })
    }
}

fn pieces(file: File, part: Range<u64>) -> impl futures_util::Stream<Item = io::Result<Bytes>> + Send {
    try_unfold((file, part), |(mut file, part)| async move {
        if part.is_empty() {
            return Ok(None);
        }
        let wanted = (part.end - part.start).min(PIECE_BYTES);
        let read = move || {
            let mut bytes = Vec::with_capacity(wanted as usize);
            file.seek(SeekFrom::Start(part.start))?;
            (&mut file).take(wanted).read_to_end(&mut bytes)?;
            // A file that became shorter must not look as if it had ended.
            if bytes.is_empty() { Err(io::ErrorKind::UnexpectedEof.into()) } else { io::Result::Ok((file, bytes)) }
        };
        let (file, bytes) = tokio::task::spawn_blocking(read).await.map_err(io::Error::other)??;
        let rest = part.start + bytes.len() as u64..part.end;
        Ok(Some((Bytes::from(bytes), (file, rest))))
    })
}
