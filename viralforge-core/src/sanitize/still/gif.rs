//! GIF (GIF89a specification): pictures, their times, loops and color profiles.

use super::super::Job;
use super::super::report::RemovedKind;
use crate::error::Result;

/// Rewrites the whole file.
pub(in super::super) fn rewrite(job: &mut Job<'_>) -> Result<()> {
    let flags = job.source.array::<11>(0)?[10];
    let mut at = 13 + color_table_bytes(flags);
    job.source.copy(0, at, &mut job.out)?;
    loop {
        let start = at;
        let [block] = job.source.array(at)?;
        match block {
            0x3b => break,
            0x2c => {
                let flags = job.source.array::<10>(at)?[9];
                at = skip_blocks(job, at + 11 + color_table_bytes(flags))?;
                job.source.copy(start, at, &mut job.out)?;
            }
            0x21 => {
                let [label] = job.source.array(at + 1)?;
                at = skip_blocks(job, at + 2)?;
                // The name of an application stands in a block of 11 bytes.
                let name = job.source.look(start + 2, 12)?.to_vec();
                match (label, name.get(1..).unwrap_or_default()) {
                    (0xf9, _) => job.source.copy(start, at, &mut job.out)?,
                    (0xff, b"NETSCAPE2.0" | b"ANIMEXTS1.0" | b"ICCRGBG1012") if name.first() == Some(&11) => {
                        job.source.copy(start, at, &mut job.out)?;
                    }
                    (0xff, b"XMP DataXMP") => job.removed.add(RemovedKind::Xmp, at - start),
                    (0xfe, _) => job.removed.add(RemovedKind::Comment, at - start),
                    _ => job.removed.add(RemovedKind::UnknownBox, at - start),
                }
            }
            _ => return Err(job.source.broken(format_args!("a block of the unknown type {block:02x} at byte {at}"))),
        }
    }
    job.out.write(&[0x3b])?;
    job.removed.add(RemovedKind::TrailingBytes, job.source.len().saturating_sub(at + 1));
    Ok(())
}

fn color_table_bytes(flags: u8) -> u64 {
    if flags & 0x80 == 0 { 0 } else { 3 << ((flags & 7) + 1) }
}

/// Where a chain of blocks, each behind its size, ends: behind an empty one.
fn skip_blocks(job: &mut Job<'_>, from: u64) -> Result<u64> {
    let mut at = from;
    loop {
        let [size] = job.source.array(at)?;
        at += 1 + u64::from(size);
        if size == 0 {
            return Ok(at);
        }
    }
}
