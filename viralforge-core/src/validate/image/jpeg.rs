//! JPEG images (ITU-T T.81): markers and segments.

use std::io::{self, Read, Seek};

use super::super::code::Code;
use super::super::facts::{Context, Facts, Track};
use super::super::rules;
use super::super::trailing;
use super::super::window::u16_be;
use super::exif;
use crate::geometry::TrackKind;

/// Scans of one picture; encoders write about ten. Each costs a pass over the whole picture.
const MAX_SCANS: u64 = 100;
/// Bytes of picture data that are looked at together.
const STEP: usize = 8 << 10;

/// Walks the whole file.
pub(in super::super) fn walk<R: Read + Seek>(cx: &mut Context<'_, R>) -> io::Result<Facts> {
    let mut facts = Facts { image_frames: Some(1), ..Facts::default() };
    let mut scans = 0;
    let mut at = 2;
    loop {
        let Some([mark, marker]) = cx.window.array::<2>(at)? else {
            cx.findings.add(Code::CutShort, Some(at), "the file ends before its end mark");
            break;
        };
        if mark != 0xff {
            cx.findings.add(Code::BadChunk, Some(at), format!("{mark:02x} where a marker should be"));
            break;
        }
        match marker {
            // Any number of fill bytes may stand before a marker.
            0xff => {
                at += 1;
                continue;
            }
            0xd9 => {
                after(cx, at + 2, facts.announces_more)?;
                break;
            }
            0x01 | 0xd0..=0xd8 => {
                at += 2;
                continue;
            }
            _ => {}
        }
        let size = cx.window.array::<2>(at + 2)?.map_or(0, |s| u64::from(u16::from_be_bytes(s)));
        let (body, next) = (at + 4, at + 2 + size);
        if size < 2 || next > cx.window.len() {
            let code = if size < 2 && body <= cx.window.len() { Code::BadChunk } else { Code::CutShort };
            cx.findings.add(code, Some(at), format!("segment {marker:02x} of {size} bytes"));
            break;
        }
        segment(cx, marker, body, size - 2, &mut facts)?;
        at = next;
        if marker == 0xda {
            scans += 1;
            if scans > MAX_SCANS {
                cx.findings.add(Code::TooManyParts, Some(at), format!("more than {MAX_SCANS} scans"));
                break;
            }
            at = skip_scan(cx, at)?;
        }
    }
    if facts.tracks.is_empty() && !cx.findings.rejected() {
        cx.findings.add(Code::BadChunk, None, "no picture");
    }
    Ok(facts)
}

fn segment<R: Read + Seek>(
    cx: &mut Context<'_, R>,
    marker: u8,
    body: u64,
    size: u64,
    facts: &mut Facts,
) -> io::Result<()> {
    match marker {
        // Start of frame, all kinds; C4, C8 and CC are something else.
        0xc0..=0xcf if !matches!(marker, 0xc4 | 0xc8 | 0xcc) => {
            let frame = cx.window.look(body, 6)?;
            let mut picture = Track::new(TrackKind::Video);
            picture.height = u16_be(frame, 1).unwrap_or(0).into();
            picture.width = u16_be(frame, 3).unwrap_or(0).into();
            if picture.width == 0 || picture.height == 0 {
                cx.findings.add(Code::BadChunk, Some(body), "a picture without width or height");
            }
            facts.tracks.push(picture);
            rules::judge_header(facts, cx.policy, cx.findings);
        }
        0xe0..=0xef | 0xfe => {
            facts.metadata_bytes += size;
            let bytes = cx.window.look(body, size as usize)?;
            if marker == 0xe1 && bytes.starts_with(b"Exif\0") {
                facts.orientation = exif::check(bytes, body, cx.policy, cx.findings);
            }
            let announces = |name: &[u8]| bytes.windows(name.len()).any(|w| w == name);
            facts.announces_more |= marker == 0xe1 && (announces(b"MotionPhoto") || announces(b"MicroVideo"));
            super::search(cx, body, size, if marker == 0xfe { "a comment" } else { "an application segment" })?;
        }
        _ => {}
    }
    Ok(())
}

/// Skips picture data: where the next marker stands that is neither a stuffed byte nor a restart.
fn skip_scan<R: Read + Seek>(cx: &mut Context<'_, R>, from: u64) -> io::Result<u64> {
    let mut at = from;
    while at < cx.window.len() {
        let bytes = cx.window.look(at, STEP)?;
        let marker = bytes.windows(2).position(|pair| pair[0] == 0xff && !matches!(pair[1], 0 | 0xd0..=0xd7 | 0xff));
        if let Some(skip) = marker {
            return Ok(at + skip as u64);
        }
        // The last byte may be the first half of a marker.
        at += (bytes.len() as u64 - 1).max(1);
        if bytes.len() == 1 {
            break;
        }
    }
    Ok(cx.window.len())
}

/// Phones append things that readers know: further pictures (CIPA DC-007), a short video, a directory of Samsung's.
fn after<R: Read + Seek>(cx: &mut Context<'_, R>, at: u64, announced: bool) -> io::Result<()> {
    let len = cx.window.len();
    let bytes = cx.window.look(at, 12)?;
    let picture = bytes.iter().position(|&b| b != 0).and_then(|skip| bytes.get(skip..));
    let another_picture = picture.is_some_and(|b| b.starts_with(b"\xff\xd8\xff"));
    let video = bytes.get(4..8) == Some(b"ftyp");
    let is_samsung = cx.window.look(len.saturating_sub(4), 4)? == b"SEFT" && len - at > 4;
    if at < len && (another_picture || video || is_samsung || announced) {
        super::search(cx, at, len - at, "what follows the picture")?;
        let what = if another_picture { "a further picture" } else { "a video or other data of the camera's maker" };
        cx.findings.add(Code::MotionPhoto, Some(at), format!("{what}, {} bytes", len - at));
        return Ok(());
    }
    trailing::check(cx, at)
}
