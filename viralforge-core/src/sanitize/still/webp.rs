//! WebP (RFC 9649): pictures, transparency, animation, color profile, and how to turn the picture.

use super::super::Job;
use super::super::report::RemovedKind;
use super::exif;
use crate::error::Result;
use crate::validate::window::u32_le;

/// Flags of the extended header: Exif and XMP are there.
const HAS_EXIF: u8 = 8;
const HAS_XMP: u8 = 4;

/// A chunk: type, content, and a byte of padding where the size is odd.
struct Chunk {
    kind: [u8; 4],
    body: u64,
    end: u64,
}

impl Chunk {
    fn next(&self) -> u64 {
        self.end + (self.end - self.body) % 2
    }
}

/// Rewrites the whole file.
pub(in super::super) fn rewrite(job: &mut Job<'_>) -> Result<()> {
    let len = job.source.len();
    let size = u32_le(&job.source.array::<8>(0)?, 4).unwrap_or(0);
    // Programs that cannot go back leave the size open.
    let end = if matches!(size, 0 | u32::MAX) { len } else { (8 + u64::from(size)).min(len) };
    job.out.write(b"RIFF\0\0\0\0WEBP")?;
    let chunks = chunks(job, 12, end)?;
    let block = turned(job, &chunks)?;
    for chunk in &chunks {
        match &chunk.kind {
            b"VP8X" => {
                let mut body = job.source.bytes(chunk.body, chunk.end.min(chunk.body + 10))?;
                if let Some(flags) = body.first_mut() {
                    *flags = *flags & !(HAS_EXIF | HAS_XMP) | if block.is_some() { HAS_EXIF } else { 0 };
                }
                write(job, chunk.kind, &body)?;
            }
            b"VP8 " | b"VP8L" | b"ALPH" | b"ANIM" | b"ICCP" => {
                let body = job.source.bytes(chunk.body, chunk.end)?;
                write(job, chunk.kind, &body)?;
            }
            b"ANMF" => frame(job, chunk)?,
            b"EXIF" => note_exif(job, chunk, block.as_deref())?,
            b"XMP " => job.removed.add(RemovedKind::Xmp, chunk.next() - chunk.body + 8),
            _ => job.removed.add(RemovedKind::UnknownBox, chunk.next() - chunk.body + 8),
        }
    }
    if let Some(block) = block {
        write(job, *b"EXIF", &block)?;
    }
    let size = u32::try_from(job.out.position() - 8).unwrap_or(u32::MAX);
    job.out.rewrite(4, &size.to_le_bytes())?;
    let last = chunks.last().map_or(12, Chunk::next);
    job.removed.add(RemovedKind::TrailingBytes, len.saturating_sub(last));
    Ok(())
}

/// Chunks from `at` to `end`, as far as they lie within.
fn chunks(job: &mut Job<'_>, at: u64, end: u64) -> Result<Vec<Chunk>> {
    let mut found = Vec::new();
    let mut at = at;
    while at + 8 <= end {
        let head = job.source.array::<8>(at)?;
        let body = at + 8;
        let chunk_end = body + u64::from(u32_le(&head, 4).unwrap_or(0));
        if chunk_end > end {
            break;
        }
        let chunk = Chunk { kind: [head[0], head[1], head[2], head[3]], body, end: chunk_end };
        at = chunk.next();
        found.push(chunk);
    }
    Ok(found)
}

/// Exif that says how to turn the picture, if the file does.
fn turned(job: &mut Job<'_>, chunks: &[Chunk]) -> Result<Option<Vec<u8>>> {
    let Some(chunk) = chunks.iter().find(|chunk| &chunk.kind == b"EXIF") else { return Ok(None) };
    Ok(exif::orientation_only(&tiff(job, chunk)?))
}

/// Some programs write the signature that Exif has in a JPEG.
fn tiff(job: &mut Job<'_>, chunk: &Chunk) -> Result<Vec<u8>> {
    let bytes = job.source.bytes(chunk.body, chunk.end)?;
    Ok(bytes.strip_prefix(b"Exif\0\0").map_or(bytes.clone(), <[u8]>::to_vec))
}

fn note_exif(job: &mut Job<'_>, chunk: &Chunk, kept: Option<&[u8]>) -> Result<()> {
    let tiff = tiff(job, chunk)?;
    let bytes = chunk.next() - chunk.body + 8;
    if exif::has_place(&tiff) {
        job.removed.add(RemovedKind::Location, bytes);
    } else if kept != Some(tiff.as_slice()) {
        job.removed.add(RemovedKind::Exif, bytes);
    }
    Ok(())
}

/// A picture of an animation: 16 bytes of place and time, then chunks.
fn frame(job: &mut Job<'_>, chunk: &Chunk) -> Result<()> {
    let mut body = job.source.bytes(chunk.body, chunk.end.min(chunk.body + 16))?;
    for inner in chunks(job, chunk.body + 16, chunk.end)? {
        if matches!(&inner.kind, b"ALPH" | b"VP8 " | b"VP8L") {
            body.extend(job.source.bytes(inner.body - 8, inner.end)?);
            body.resize(body.len().next_multiple_of(2), 0);
        } else {
            job.removed.add(RemovedKind::UnknownBox, inner.next() - inner.body + 8);
        }
    }
    write(job, chunk.kind, &body)
}

fn write(job: &mut Job<'_>, kind: [u8; 4], body: &[u8]) -> Result<()> {
    let size = u32::try_from(body.len()).unwrap_or(u32::MAX).to_le_bytes();
    job.out.write(&[kind, size].concat())?;
    job.out.write(body)?;
    if body.len() % 2 == 1 { job.out.write(&[0]) } else { Ok(()) }
}
