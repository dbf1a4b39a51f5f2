//! WebP images (RFC 9649).

use std::io::{self, Read, Seek};

use super::super::code::Code;
use super::super::facts::{Context, Facts, Track};
use super::super::image::exif;
use super::super::payload;
use super::super::window::{u16_le, u32_le};
use super::{Chunk, each, outer};
use crate::geometry::TrackKind;

/// Walks the whole file.
pub(in super::super) fn walk<R: Read + Seek>(cx: &mut Context<'_, R>) -> io::Result<Facts> {
    let mut facts = Facts { image_frames: Some(0), ..Facts::default() };
    let mut picture = Track::new(TrackKind::Video);
    let end = outer(cx)?;
    each(cx, 12, end, |cx, chunk| visit(cx, chunk, &mut facts, &mut picture))?;
    super::after(cx, end)?;
    if picture.width == 0 {
        cx.findings.add(Code::BadChunk, None, "no picture");
    } else {
        facts.tracks.push(picture);
    }
    Ok(facts)
}

fn visit<R: Read + Seek>(
    cx: &mut Context<'_, R>,
    chunk: &Chunk,
    facts: &mut Facts,
    picture: &mut Track,
) -> io::Result<()> {
    let head = cx.window.look(chunk.body, chunk.len.min(32) as usize)?;
    let u24 = |at: usize| u32_le(head, at).map(|v| v & 0xff_ffff).or_else(|| Some(u16_le(head, at)?.into()));
    let mut grow = |size: Option<(u32, u32)>| {
        let (width, height) = size.unwrap_or((0, 0));
        (picture.width, picture.height) = (picture.width.max(width), picture.height.max(height));
    };
    match &chunk.kind {
        b"VP8X" => grow(
            u24(4)
                .zip(head.get(7..10))
                .map(|(w, h)| (w + 1, (u32::from(h[0]) | u32::from(h[1]) << 8 | u32::from(h[2]) << 16) + 1)),
        ),
        b"VP8 " => {
            facts.image_frames = facts.image_frames.map(|n| n + 1);
            if head.get(3..6) != Some(&[0x9d, 0x01, 0x2a]) {
                cx.findings.add(Code::BadChunk, Some(chunk.start), "no key frame of VP8");
            }
            grow(u16_le(head, 6).zip(u16_le(head, 8)).map(|(w, h)| (u32::from(w & 0x3fff), u32::from(h & 0x3fff))));
        }
        b"VP8L" => {
            facts.image_frames = facts.image_frames.map(|n| n + 1);
            grow(u32_le(head, 1).map(|v| ((v & 0x3fff) + 1, (v >> 14 & 0x3fff) + 1)));
        }
        b"ANMF" => facts.image_frames = facts.image_frames.map(|n| n + 1),
        b"ALPH" | b"ANIM" => {}
        _ => {
            facts.metadata_bytes += chunk.len;
            let bytes = cx.window.look(chunk.body, chunk.len.min(1 << 20) as usize)?;
            if &chunk.kind == b"EXIF" {
                facts.orientation = exif::check(bytes, chunk.body, cx.policy, cx.findings);
            }
            if let Some((skip, what)) = payload::find(cx.window.look(chunk.body, chunk.len.min(1 << 20) as usize)?) {
                let message = format!("{} in a {} chunk", what.name(), chunk.name());
                let code = if what.is_active() { Code::ActiveContent } else { what.code() };
                cx.findings.add(code, Some(chunk.body + skip as u64), message);
            }
        }
    }
    Ok(())
}
