//! JPEG (ITU-T T.81): tables, frame and scans; of the application segments those that decoders read.

use super::super::Job;
use super::super::report::RemovedKind;
use super::exif;
use crate::error::Result;
use crate::validate::window::u16_be;

/// Bytes of picture data that are looked at together.
const STEP: usize = 64 << 10;

/// Rewrites the whole file.
pub(in super::super) fn rewrite(job: &mut Job<'_>) -> Result<()> {
    job.out.write(&[0xff, 0xd8])?;
    let mut at = 2;
    let mut turned = false;
    loop {
        let [mark, marker] = job.source.array::<2>(at)?;
        match marker {
            _ if mark != 0xff => return Err(job.source.broken(format_args!("no marker at byte {at}"))),
            // Any number of fill bytes may stand before a marker.
            0xff => {
                at += 1;
                continue;
            }
            0xd9 => break,
            0x01 | 0xd0..=0xd8 => {
                at += 2;
                continue;
            }
            _ => {}
        }
        let end = at + 2 + u64::from(u16::from_be_bytes(job.source.array(at + 2)?));
        segment(job, marker, at, end, &mut turned)?;
        at = end;
        if marker == 0xda {
            let scan_end = scan_end(job, at)?;
            job.source.copy(at, scan_end, &mut job.out)?;
            at = scan_end;
        }
    }
    job.out.write(&[0xff, 0xd9])?;
    after(job, at + 2)
}

/// One segment, its marker and size included.
fn segment(job: &mut Job<'_>, marker: u8, at: u64, end: u64, turned: &mut bool) -> Result<()> {
    let body = job.source.bytes(at + 4, end)?;
    match marker {
        // Tables, frames, scans, restarts, lines and the hierarchy.
        0xc0..=0xcf | 0xda..=0xdf => return write(job, marker, &body),
        // JFIF: version, units and density; a small picture may follow (ITU-T T.871, 10.1).
        0xe0 if body.starts_with(b"JFIF\0") && body.len() >= 14 => {
            job.removed.add(RemovedKind::Preview, body.len() as u64 - 14);
            return write(job, marker, &[body.get(..12).unwrap_or_default(), &[0, 0]].concat());
        }
        0xe0 if body.starts_with(b"JFXX\0") => job.removed.add(RemovedKind::Preview, end - at),
        0xe1 if body.starts_with(b"Exif\0") => {
            let tiff = body.get(6..).unwrap_or_default();
            let block = exif::orientation_only(tiff).filter(|_| !*turned).map(|b| [b"Exif\0\0", b.as_slice()].concat());
            if exif::has_place(tiff) {
                job.removed.add(RemovedKind::Location, end - at);
            } else if block.as_ref() != Some(&body) {
                job.removed.add(RemovedKind::Exif, end - at);
            }
            if let Some(block) = block {
                *turned = true;
                return write(job, marker, &block);
            }
        }
        0xe1 if body.starts_with(b"http://ns.adobe.com/x") => job.removed.add(RemovedKind::Xmp, end - at),
        0xe2 if body.starts_with(b"ICC_PROFILE\0") => return write(job, marker, &body),
        0xe2 if body.starts_with(b"MPF\0") => job.removed.add(RemovedKind::Preview, end - at),
        // Adobe: how colors were transformed (ITU-T T.872, 6.5.3).
        0xee if body.starts_with(b"Adobe") && body.len() >= 12 => {
            job.removed.add(RemovedKind::UnknownBox, body.len() as u64 - 12);
            return write(job, marker, body.get(..12).unwrap_or_default());
        }
        0xed => job.removed.add(RemovedKind::Tags, end - at),
        0xfe => job.removed.add(RemovedKind::Comment, end - at),
        _ => job.removed.add(RemovedKind::UnknownBox, end - at),
    }
    Ok(())
}

fn write(job: &mut Job<'_>, marker: u8, body: &[u8]) -> Result<()> {
    // A segment of the source is never larger, and a minimal one is small.
    let size = u16::try_from(body.len() + 2).unwrap_or(u16::MAX).to_be_bytes();
    job.out.write(&[[0xff, marker], size].concat())?;
    job.out.write(body)
}

/// Where the next marker stands that is neither a stuffed byte nor a restart.
fn scan_end(job: &mut Job<'_>, from: u64) -> Result<u64> {
    let mut at = from;
    loop {
        let bytes = job.source.look(at, STEP)?;
        let is_marker =
            |pair: &[u8]| u16_be(pair, 0).is_some_and(|m| m > 0xff00 && !matches!(m, 0xffd0..=0xffd7 | 0xffff));
        if let Some(skip) = bytes.windows(2).position(is_marker) {
            return Ok(at + skip as u64);
        }
        if bytes.len() < 2 {
            return Err(job.source.broken("ends in the middle of the picture"));
        }
        // The last byte may be the first half of a marker.
        at += bytes.len() as u64 - 1;
    }
}

/// Counts what stands behind the picture: further pictures and videos of phones, or anything else.
fn after(job: &mut Job<'_>, at: u64) -> Result<()> {
    let len = job.source.len();
    let head = job.source.look(at, 64)?;
    let skip = head.iter().position(|&b| b != 0).unwrap_or(0);
    let head = head.get(skip..).unwrap_or_default();
    let is_preview = head.starts_with(b"\xff\xd8\xff") || head.windows(4).take(8).any(|w| w == b"ftyp");
    let is_samsung = job.source.look(len.saturating_sub(4).max(at), 4)? == b"SEFT";
    let what = if is_preview || is_samsung { RemovedKind::Preview } else { RemovedKind::TrailingBytes };
    job.removed.add(what, len.saturating_sub(at));
    Ok(())
}
