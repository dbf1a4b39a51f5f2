//! Bytes on their way out, in pieces that are worth the way.

use std::fs::File;
use std::io;
use std::ops::Range;
use std::os::unix::fs::FileExt as _;
use std::sync::{Arc, Mutex, PoisonError};

use bytes::Bytes;
use futures_util::stream::{BoxStream, StreamExt as _, TryStreamExt as _, try_unfold};
use object_store::{GetOptions, GetRange, GetResult, GetResultPayload};

use super::{Key, Store};
use crate::problem::Result;

/// How much is read of a file at a time, in bytes. Each piece is one write to the network, which wakes whoever listens;
/// much larger ones would no longer be in the processor's cache when they are sent.
const PIECE_BYTES: usize = 256 << 10;
/// Pieces that are kept for later, at most. New ones cost more than what is read into them, since the kernel empties each
/// page first.
const KEPT_PIECES: usize = 64;

impl Store {
    /// A part of a file, as a stream.
    pub(crate) async fn read(&self, key: &Key, part: Range<u64>) -> Result<BoxStream<'static, io::Result<Bytes>>> {
        let options = GetOptions { range: Some(GetRange::Bounded(part)), ..GetOptions::default() };
        Ok(streamed(self.get(key, options).await?))
    }

    /// A whole file, as a stream, and how long it is.
    pub(crate) async fn whole(&self, key: &Key) -> Result<(u64, BoxStream<'static, io::Result<Bytes>>)> {
        let got = self.get(key, GetOptions::default()).await?;
        Ok((got.meta.size, streamed(got)))
    }
}

fn streamed(got: GetResult) -> BoxStream<'static, io::Result<Bytes>> {
    let range = got.range.clone();
    match got.payload {
        GetResultPayload::File(file, _) => pieces(file, range).boxed(),
        GetResultPayload::Stream(bytes) => bytes.map_err(io::Error::other).boxed(),
    }
}

fn pieces(file: File, part: Range<u64>) -> impl futures_util::Stream<Item = io::Result<Bytes>> + Send {
    try_unfold((Arc::new(file), part), |(file, part)| async move {
        if part.is_empty() {
            return Ok(None);
        }
        let mut piece = Piece::new(part.end - part.start);
        if !piece.fill_from_memory(&file, part.start)? {
            let file = Arc::clone(&file);
            let read = move || piece.fill(&file, part.start).map(|()| piece);
            piece = tokio::task::spawn_blocking(read).await.map_err(io::Error::other)??;
        }
        // A file that became shorter must not look as if it had ended.
        if piece.len == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        let rest = part.start + piece.len as u64..part.end;
        Ok(Some((Bytes::from_owner(piece), (file, rest))))
    })
}

/// Memory that comes from [`KEPT`], and goes back there.
struct Piece {
    memory: Vec<u8>,
    len: usize,
}

static KEPT: Mutex<Vec<Vec<u8>>> = Mutex::new(Vec::new());

impl Piece {
    /// For so many bytes, or fewer.
    fn new(wanted: u64) -> Self {
        let kept = KEPT.lock().unwrap_or_else(PoisonError::into_inner).pop();
        let memory = kept.unwrap_or_else(|| vec![0; PIECE_BYTES]);
        Self { memory, len: wanted.min(PIECE_BYTES as u64) as usize }
    }

    /// Reads what the kernel has in memory, without waiting for a disk; `false` where it has nothing or cannot say.
    fn fill_from_memory(&mut self, file: &File, at: u64) -> io::Result<bool> {
        #[cfg(target_os = "linux")]
        {
            use rustix::io::{Errno, ReadWriteFlags, preadv2};
            let memory = &mut self.memory[..self.len];
            match preadv2(file, &mut [io::IoSliceMut::new(memory)], at, ReadWriteFlags::NOWAIT) {
                Ok(read) => self.len = read,
                Err(Errno::AGAIN | Errno::INTR | Errno::OPNOTSUPP | Errno::NOSYS) => return Ok(false),
                Err(error) => return Err(error.into()),
            }
            Ok(true)
        }
        #[cfg(not(target_os = "linux"))]
        Ok(false)
    }

    fn fill(&mut self, file: &File, at: u64) -> io::Result<()> {
        self.len = file.read_at(&mut self.memory[..self.len], at)?;
        Ok(())
    }
}

impl AsRef<[u8]> for Piece {
    fn as_ref(&self) -> &[u8] {
        &self.memory[..self.len]
    }
}

impl Drop for Piece {
    fn drop(&mut self) {
        let mut kept = KEPT.lock().unwrap_or_else(PoisonError::into_inner);
        if kept.len() < KEPT_PIECES {
            kept.push(std::mem::take(&mut self.memory));
        }
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use super::*;

    #[tokio::test]
    async fn a_part_is_read_exactly_and_a_file_that_became_shorter_is_an_error() {
        let mut file = tempfile::NamedTempFile::new().unwrap();
        let bytes: Vec<u8> = (0..300_000_u32).map(|n| (n % 251) as u8).collect();
        file.write_all(&bytes).unwrap();
        for part in [0..300_000, 65_535..65_537, 299_999..300_000, 5..5] {
            let read: Vec<Bytes> = pieces(file.reopen().unwrap(), part.clone()).try_collect().await.unwrap();
            assert_eq!(read.concat(), bytes[part.start as usize..part.end as usize], "{part:?}");
        }
        let beyond: io::Result<Vec<Bytes>> = pieces(file.reopen().unwrap(), 200_000..400_000).try_collect().await;
        assert_eq!(beyond.unwrap_err().kind(), io::ErrorKind::UnexpectedEof);
    }
}
