//! PNG and APNG (W3C PNG, third edition): critical chunks, color, animation, and how to turn the picture.

use super::super::Job;
use super::super::report::RemovedKind;
use super::exif;
use crate::error::Result;

/// Chunks that decoding or showing uses.
const KEPT: [&[u8; 4]; 18] = [
    b"IHDR", b"PLTE", b"IDAT", b"IEND", b"tRNS", b"cHRM", b"gAMA", b"iCCP", b"sBIT", b"sRGB", b"cICP", b"mDCV",
    b"cLLI", b"bKGD", b"pHYs", b"acTL", b"fcTL", b"fdAT",
];

/// Rewrites the whole file.
pub(in super::super) fn rewrite(job: &mut Job<'_>) -> Result<()> {
    job.source.copy(0, 8, &mut job.out)?;
    let mut at = 8;
    loop {
        let size = job.source.u32(at)?;
        let kind: [u8; 4] = job.source.array(at + 4)?;
        // Size, type and check sum are 12 bytes.
        let end = at + 12 + u64::from(size);
        match &kind {
            kind if KEPT.contains(&kind) => job.source.copy(at, end, &mut job.out)?,
            b"eXIf" => {
                let tiff = job.source.bytes(at + 8, end - 4)?;
                let block = exif::orientation_only(&tiff);
                if exif::has_place(&tiff) {
                    job.removed.add(RemovedKind::Location, end - at);
                } else if block.as_ref() != Some(&tiff) {
                    job.removed.add(RemovedKind::Exif, end - at);
                }
                if let Some(block) = block {
                    write(job, kind, &block)?;
                }
            }
            b"iTXt" if job.source.look(at + 8, 17)? == b"XML:com.adobe.xmp" => {
                job.removed.add(RemovedKind::Xmp, end - at)
            }
            b"tEXt" | b"zTXt" | b"iTXt" | b"tIME" => job.removed.add(RemovedKind::Tags, end - at),
            _ => job.removed.add(RemovedKind::UnknownBox, end - at),
        }
        at = end;
        if &kind == b"IEND" {
            break;
        }
    }
    job.removed.add(RemovedKind::TrailingBytes, job.source.len().saturating_sub(at));
    Ok(())
}

fn write(job: &mut Job<'_>, kind: [u8; 4], body: &[u8]) -> Result<()> {
    let checked = [&kind, body].concat();
    job.out.write(&u32::try_from(body.len()).unwrap_or(0).to_be_bytes())?;
    job.out.write(&checked)?;
    job.out.write(&check_sum(&checked).to_be_bytes())
}

/// CRC-32 (PNG, annex D), bit by bit: it is taken of 30 bytes.
fn check_sum(bytes: &[u8]) -> u32 {
    !bytes.iter().fold(!0, |sum, &byte| {
        (0..8).fold(sum ^ u32::from(byte), |sum, _| if sum & 1 == 1 { sum >> 1 ^ 0xedb8_8320 } else { sum >> 1 })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_check_sum_is_that_of_every_end_chunk() {
        assert_eq!(check_sum(b"IEND"), 0xae42_6082);
    }
}
