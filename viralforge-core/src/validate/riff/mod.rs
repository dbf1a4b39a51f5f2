//! RIFF files: AVI, WAV and WebP.

mod avi;
mod wav;
mod webp;

use std::io::{self, Read, Seek};

use super::code::Code;
use super::facts::Context;
use super::payload::{self, Payload};
use super::trailing;
use super::window::{Window, fourcc, u32_le};

pub(super) use self::avi::{video_codec, walk as walk_avi};
pub(super) use self::wav::walk as walk_wav;
pub(super) use self::webp::walk as walk_webp;

/// The most chunks that a walk visits.
const MAX_CHUNKS: u64 = 5_000_000;

/// Bytes of one chunk that are searched.
const MAX_SEARCHED_BYTES: u64 = 256 << 10;
/// Size that programs write before they know better, if they do not write 0.
const UNKNOWN_LEN: u64 = u32::MAX as u64;

/// One chunk: a type, a little-endian size, content, and a byte of padding where the size is odd.
#[derive(Clone, Copy, Debug)]
struct Chunk {
    kind: [u8; 4],
    start: u64,
    body: u64,
    len: u64,
}

impl Chunk {
    fn end(&self) -> u64 {
        self.body + self.len
    }

    fn next(&self) -> u64 {
        self.end() + self.len % 2
    }

    fn name(&self) -> String {
        fourcc(&self.kind)
    }
}

fn read<R: Read + Seek>(window: &mut Window<'_, R>, at: u64) -> io::Result<Option<Chunk>> {
    let head = window.look(at, 8)?;
    let (Some(kind), Some(len)) = (head.first_chunk::<4>().copied(), u32_le(head, 4)) else { return Ok(None) };
    Ok(Some(Chunk { kind, start: at, body: at + 8, len: len.into() }))
}

/// Visits the chunks from `at` to `end`; a finding where one reaches beyond. `visit` tells whether to go on.
fn each<R: Read + Seek>(
    cx: &mut Context<'_, R>,
    at: u64,
    end: u64,
    mut visit: impl FnMut(&mut Context<'_, R>, &Chunk) -> io::Result<()>,
) -> io::Result<()> {
    let mut at = at;
    for _ in 0..MAX_CHUNKS {
        if at >= end {
            return Ok(());
        }
        let Some(chunk) = read(&mut cx.window, at)?.filter(|c| c.body <= end) else {
            if end - at > 1 {
                cx.findings.add(Code::CutShort, Some(at), "the header of the last chunk is cut off");
            }
            return Ok(());
        };
        if chunk.end() > end && chunk.len == UNKNOWN_LEN && &chunk.kind == b"LIST" {
            return visit(cx, &Chunk { len: end - chunk.body, ..chunk });
        }
        if chunk.end() > end {
            let len = cx.window.len();
            let message = format!("{} of {} bytes ends at byte {} of {len}", chunk.name(), chunk.len, chunk.end());
            let code = if chunk.end() > len { Code::CutShort } else { Code::BadChunk };
            cx.findings.add(code, Some(at), message);
            return visit(cx, &Chunk { len: end - chunk.body, ..chunk });
        }
        visit(cx, &chunk)?;
        at = chunk.next();
    }
    cx.findings.add(Code::TooManyParts, Some(at), format!("more than {MAX_CHUNKS} chunks"));
    Ok(())
}

/// Looks for things hidden in a chunk that is not the media. Titles and comments may have markup: it is never run.
fn search<R: Read + Seek>(cx: &mut Context<'_, R>, chunk: &Chunk) -> io::Result<()> {
    let bytes = cx.window.look(chunk.body, chunk.len.min(MAX_SEARCHED_BYTES) as usize)?;
    let is_text = &chunk.kind == b"LIST" && bytes.starts_with(b"INFO");
    if let Some((skip, what)) = payload::find(bytes) {
        let code = match what {
            Payload::Html | Payload::Playlist if is_text => Code::MetadataMarkup,
            Payload::Php | Payload::ServerPage if is_text => Code::ActiveContent,
            _ => what.code(),
        };
        let message = format!("{} in a {} chunk", what.name(), chunk.name());
        cx.findings.add(code, Some(chunk.body + skip as u64), message);
    }
    Ok(())
}

/// Reads the header of the file, checks its size against the file's and tells where its content ends.
fn outer<R: Read + Seek>(cx: &mut Context<'_, R>) -> io::Result<u64> {
    let len = cx.window.len();
    let Some(riff) = read(&mut cx.window, 0)? else { return Ok(len) };
    if matches!(riff.len, 0 | UNKNOWN_LEN) {
        // As interrupted recordings have it.
        return Ok(len);
    }
    if riff.end() > len {
        let percent = cx.percent_of(riff.end());
        let message = format!("the file should end at byte {}; {percent} % are there", riff.end());
        cx.findings.add(Code::CutShort, Some(0), message);
    }
    Ok(riff.end().min(len))
}

/// Judges what follows the content.
fn after<R: Read + Seek>(cx: &mut Context<'_, R>, end: u64) -> io::Result<()> {
    // A padding byte is not counted in the size.
    let end = if end % 2 == 1 && cx.window.look(end, 1)? == [0] { end + 1 } else { end };
    trailing::check(cx, end)
}

#[cfg(test)]
mod tests;
