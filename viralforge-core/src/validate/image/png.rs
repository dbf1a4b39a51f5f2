//! PNG and APNG images (W3C PNG, third edition).

use std::io::{self, Read, Seek};

use super::super::code::Code;
use super::super::facts::{Context, Facts, Track};
use super::super::inflate;
use super::super::payload;
use super::super::rules;
use super::super::trailing;
use super::super::window::{fourcc, u32_be};
use super::exif;
use crate::geometry::TrackKind;

/// Bytes of an unpacked text that are searched.
const MAX_SEARCHED_BYTES: usize = 1 << 20;
/// The most chunks that a walk visits: images have some thousands at worst.
const MAX_CHUNKS: u64 = 1_000_000;

/// Text and color profiles may be compressed: checks what they unpack to.
fn check_unpacked<R: Read + Seek>(cx: &mut Context<'_, R>, kind: &[u8; 4], body: u64, size: u64) -> io::Result<()> {
    let bytes = cx.window.look(body, size as usize)?;
    let after_zero = |bytes: &'_ [u8]| bytes.iter().position(|&b| b == 0).map(|at| at + 1);
    let skip = match kind {
        // A name, a zero, and the method of compression.
        b"zTXt" | b"iCCP" => after_zero(bytes).map(|at| at + 1),
        // A name, a zero, whether it is compressed and how, a language, a zero, a translated name, and a zero.
        b"iTXt" => after_zero(bytes).filter(|&at| bytes.get(at) == Some(&1)).and_then(|at| {
            let language = at + 2 + after_zero(bytes.get(at + 2..)?)?;
            Some(language + after_zero(bytes.get(language..)?)?)
        }),
        _ => None,
    };
    let limit = cx.policy.max_metadata_bytes;
    let Some(packed) = skip.and_then(|skip| bytes.get(skip..)) else { return Ok(()) };
    if inflate::zlib_len([packed], limit) > limit {
        let message = format!("a {} chunk of {size} bytes unpacks to more than {limit}", fourcc(kind));
        cx.findings.add(Code::UnpacksTooLarge, Some(body), message);
    } else if let Some((_, what)) = payload::find(&inflate::zlib_bytes(packed, MAX_SEARCHED_BYTES)) {
        let message = format!("{} in a packed {} chunk", what.name(), fourcc(kind));
        let code = if what.is_active() { Code::ActiveContent } else { what.code() };
        cx.findings.add(code, Some(body), message);
    }
    Ok(())
}

/// A frame of an animation must lie on the canvas (W3C PNG, 11.3.6.2): a sequence number, then size and place.
fn check_frame<R: Read + Seek>(cx: &mut Context<'_, R>, body: u64, facts: &Facts) -> io::Result<()> {
    let Some(canvas) = facts.tracks.first() else { return Ok(()) };
    let frame = cx.window.look(body, 20)?;
    let side = |extent: usize, from: usize| Some(u64::from(u32_be(frame, extent)?) + u64::from(u32_be(frame, from)?));
    let fits = |end: Option<u64>, side: u32| end.is_none_or(|end| end <= u64::from(side));
    if !fits(side(4, 12), canvas.width) || !fits(side(8, 16), canvas.height) {
        cx.findings.add(Code::BadChunk, Some(body), "a frame reaches beyond the picture");
    }
    Ok(())
}

/// Whether the picture data of a PNG file unpacks to far more than the picture has: readers stop there, but not all of
/// them do. `None` where it does not, else the bytes that the picture has.
pub(in super::super) fn unpacks_too_far(file: &[u8]) -> Option<u64> {
    /// Filter bytes of interlaced rows, and slack of encoders.
    const SLACK_BYTES: u64 = 1 << 20;
    let header = file.get(16..29)?;
    let (width, height) = (u64::from(u32_be(header, 0)?), u64::from(u32_be(header, 4)?));
    let channels = match header[9] {
        2 => 3,
        4 => 2,
        6 => 4,
        _ => 1,
    };
    let row = (width * channels * u64::from(header[8])).div_ceil(8) + 1;
    let expected = row.checked_mul(height)?;
    let mut at = 8;
    let pieces = std::iter::from_fn(|| {
        loop {
            let (size, kind) = (u32_be(file, at)? as usize, file.get(at + 4..at + 8)?);
            let body = file.get(at + 8..(at + 8).checked_add(size)?)?;
            at += size + 12;
            if kind == b"IDAT" {
                return Some(body);
            }
        }
    });
    let limit = expected.saturating_mul(2).saturating_add(SLACK_BYTES);
    (inflate::zlib_len(pieces, limit) > limit).then_some(expected)
}

/// Walks the whole file.
pub(in super::super) fn walk<R: Read + Seek>(cx: &mut Context<'_, R>) -> io::Result<Facts> {
    let mut facts = Facts { image_frames: Some(1), ..Facts::default() };
    let len = cx.window.len();
    let mut at = 8;
    let (mut has_data, mut fragments) = (false, 0u64);
    for count in 0.. {
        let head = cx.window.look(at, 8)?;
        let (Some(size), Some(kind)) = (u32_be(head, 0), head.get(4..8).and_then(|k| k.first_chunk::<4>()).copied())
        else {
            cx.findings.add(Code::CutShort, Some(at), "the file ends before its end chunk (IEND)");
            break;
        };
        let (body, size) = (at + 8, u64::from(size));
        let next = body + size + 4;
        if count == 0 && (&kind != b"IHDR" || size != 13) || !kind.iter().all(u8::is_ascii_alphabetic) {
            cx.findings.add(Code::BadChunk, Some(at), format!("chunk {} where none can be", fourcc(&kind)));
            break;
        }
        if next > len {
            let percent = cx.percent_of(next);
            let message = format!("{} ends at byte {next}; {percent} % are there", fourcc(&kind));
            cx.findings.add(Code::CutShort, Some(at), message);
            break;
        }
        match &kind {
            b"IHDR" => {
                let mut picture = Track::new(TrackKind::Video);
                picture.width = cx.window.u32_be(body)?.unwrap_or(0);
                picture.height = cx.window.u32_be(body + 4)?.unwrap_or(0);
                if picture.width == 0 || picture.height == 0 {
                    cx.findings.add(Code::BadChunk, Some(at), "a picture without width or height");
                }
                facts.tracks.push(picture);
                rules::judge_header(&facts, cx.policy, cx.findings);
            }
            b"IDAT" | b"fdAT" => has_data = true,
            b"acTL" => facts.image_frames = cx.window.u32_be(body)?.map(u64::from),
            b"fcTL" => {
                fragments += 1;
                check_frame(cx, body, &facts)?;
            }
            b"IEND" => {
                trailing::check(cx, next)?;
                break;
            }
            _ => {
                facts.metadata_bytes += size;
                if &kind == b"eXIf" {
                    let bytes = cx.window.look(body, size as usize)?;
                    facts.orientation = exif::check(bytes, body, cx.policy, cx.findings);
                }
                super::search(cx, body, size, &format!("a {} chunk", fourcc(&kind)))?;
                check_unpacked(cx, &kind, body, size)?;
            }
        }
        if count == MAX_CHUNKS {
            cx.findings.add(Code::TooManyParts, Some(at), format!("more than {MAX_CHUNKS} chunks"));
            break;
        }
        at = next;
    }
    // A picture that begins with no frame of its own is shown where animation is not known.
    let announced = facts.image_frames.unwrap_or(1);
    if fragments > 0 && announced != fragments && !cx.findings.has(Code::CutShort) {
        let message = format!("{announced} frames are announced, {fragments} are there");
        cx.findings.add(Code::BadChunk, None, message);
    }
    facts.image_frames = Some(announced.max(fragments));
    if !has_data && !cx.findings.has(Code::CutShort) {
        cx.findings.add(Code::BadChunk, None, "no picture data (IDAT)");
    }
    Ok(facts)
}
