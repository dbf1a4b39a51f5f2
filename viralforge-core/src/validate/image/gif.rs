//! GIF images (CompuServe GIF89a specification).

use std::io::{self, Read, Seek};

use super::super::code::Code;
use super::super::facts::{Context, Facts, Track};
use super::super::rules::MAX_CANVASES;
use super::super::trailing;
use super::super::window::u16_le;
use crate::geometry::TrackKind;

/// Walks the whole file.
pub(in super::super) fn walk<R: Read + Seek>(cx: &mut Context<'_, R>) -> io::Result<Facts> {
    let mut facts = Facts { image_frames: Some(0), ..Facts::default() };
    let head = cx.window.look(0, 13)?;
    let (Some(width), Some(height), Some(&flags)) = (u16_le(head, 6), u16_le(head, 8), head.get(10)) else {
        cx.findings.add(Code::CutShort, None, "the file ends in its header");
        return Ok(facts);
    };
    let mut picture = Track::new(TrackKind::Video);
    (picture.width, picture.height) = (width.into(), height.into());
    // The screen size doubles as the start of a comment, and the whole as a script.
    if matches!(head.get(6..8), Some(b"/*" | b"=1" | b"//")) {
        let bytes = cx.window.look(0, usize::try_from(cx.window.len()).unwrap_or(usize::MAX))?;
        if bytes.windows(3).any(|w| w == b"*/=" || w == b"*/;") {
            cx.findings.add(Code::HiddenPayload, Some(6), "a script whose first line is the header");
        }
    }
    let mut frames = 0u64;
    let mut at = 13 + color_table_bytes(flags);
    loop {
        match cx.window.look(at, 1)?.first() {
            Some(0x3b) => {
                trailing::check(cx, at + 1)?;
                break;
            }
            Some(0x2c) => {
                frames += 1;
                let image = cx.window.look(at, 11)?;
                let side = |from: usize, extent: usize| {
                    u32::from(u16_le(image, from).unwrap_or(0)) + u32::from(u16_le(image, extent).unwrap_or(0))
                };
                (picture.width, picture.height) = (picture.width.max(side(1, 5)), picture.height.max(side(3, 7)));
                let table = image.get(9).map_or(0, |&flags| color_table_bytes(flags));
                at = skip_blocks(cx, at + 11 + table)?.0;
            }
            Some(0x21) => {
                let label = cx.window.look(at + 1, 1)?.first().copied();
                let (next, bytes) = skip_blocks(cx, at + 2)?;
                // Comments and application data; times and plain text are counted with the frames.
                if matches!(label, Some(0xfe | 0xff)) {
                    facts.metadata_bytes += bytes;
                    super::search(cx, at + 2, bytes, "an extension")?;
                }
                at = next;
            }
            Some(other) => {
                cx.findings.add(Code::CorruptImage, Some(at), format!("a block of the unknown type {other:02x}"));
                super::search(cx, 0, cx.window.len(), "the image")?;
                break;
            }
            None => {
                cx.findings.add(Code::CutShort, Some(at), "the file ends before its end mark");
                break;
            }
        }
        let canvas = u64::from(picture.width) * u64::from(picture.height);
        if canvas.saturating_mul(frames) > cx.policy.max_pixels.saturating_mul(MAX_CANVASES) {
            let message = format!("{frames} frames or more on {}x{}", picture.width, picture.height);
            cx.findings.add(Code::TooManyFramePixels, Some(at), message);
            break;
        }
    }
    if frames == 0 && !cx.findings.rejected() {
        cx.findings.add(Code::BadChunk, None, "no picture");
    }
    facts.image_frames = Some(frames);
    facts.tracks.push(picture);
    Ok(facts)
}

fn color_table_bytes(flags: u8) -> u64 {
    if flags & 0x80 == 0 { 0 } else { 3 << ((flags & 7) + 1) }
}

/// Skips blocks of up to 255 bytes, each behind its size, up to an empty one; tells where they end and their bytes.
fn skip_blocks<R: Read + Seek>(cx: &mut Context<'_, R>, from: u64) -> io::Result<(u64, u64)> {
    let mut at = from;
    while let Some(&size) = cx.window.look(at, 1)?.first() {
        at += 1 + u64::from(size);
        if size == 0 {
            break;
        }
    }
    Ok((at, at - from))
}
