//! WAV files, also beyond 4 GiB (RF64, EBU Tech 3306).

use std::io::{self, Read, Seek};

use super::super::code::Code;
use super::super::facts::{Context, Facts, Track};
use super::super::trailing;
use super::super::window::{u16_le, u32_le};
use super::{Chunk, read};
use crate::geometry::TrackKind;

/// Sizes that programs write before they know better.
const UNKNOWN_SIZES: [u64; 3] = [0, u32::MAX as u64, 0x7fff_ffff];

/// Walks the whole file.
pub(in super::super) fn walk<R: Read + Seek>(cx: &mut Context<'_, R>) -> io::Result<Facts> {
    let mut facts = Facts::default();
    let len = cx.window.len();
    let mut track = Track::new(TrackKind::Audio);
    let (mut bytes_per_second, mut data) = (0u32, None);
    let mut at = 12;
    // Chunk after chunk until the data: its size may be unknown, and then nothing after it can be found.
    while let Some(chunk) = read(&mut cx.window, at)? {
        if &chunk.kind == b"data" {
            data = Some(chunk);
            break;
        }
        if chunk.end() > len {
            cx.findings.add(Code::CutShort, Some(at), format!("{} ends at byte {}", chunk.name(), chunk.end()));
            break;
        }
        if &chunk.kind == b"fmt " {
            let format = cx.window.look(chunk.body, chunk.len.min(40) as usize)?;
            let tag = u16_le(format, 0).unwrap_or(0);
            // The extensible form has the tag at the start of a GUID.
            let tag = if tag == 0xfffe { u16_le(format, 24).unwrap_or(tag) } else { tag };
            track.codec = super::avi::audio_codec(tag).map(str::to_owned);
            track.channels = u16_le(format, 2).unwrap_or(0).into();
            track.sample_rate_hz = u32_le(format, 4).unwrap_or(0);
            if track.channels == 0 || track.sample_rate_hz == 0 {
                let message = format!("{} channels at {} Hz", track.channels, track.sample_rate_hz);
                cx.findings.add(Code::BadChunk, Some(at), message);
            }
            bytes_per_second = u32_le(format, 8).unwrap_or(0);
            facts.tracks = vec![track.clone()];
        } else {
            facts.metadata_bytes += chunk.len;
            super::search(cx, &chunk)?;
        }
        at = chunk.next();
    }
    let Some(data) = data else {
        cx.findings.add(Code::CutShort, None, "no data chunk");
        return Ok(facts);
    };
    let there = len - data.body;
    let played = if UNKNOWN_SIZES.contains(&data.len) { there } else { data.len.min(there) };
    let open_ended = UNKNOWN_SIZES.contains(&data.len) || cx.window.look(0, 4)? == b"RF64";
    if data.end() > len && !open_ended {
        let percent = cx.percent_of(data.end());
        let message = format!("the sound ends at byte {}; {percent} % are there", data.end());
        cx.findings.add(Code::CutShort, Some(data.start), message);
    } else if !open_ended {
        after_data(cx, &data)?;
    }
    if let Some(track) = facts.tracks.first_mut().filter(|_| bytes_per_second > 0) {
        track.seconds = Some(played as f64 / f64::from(bytes_per_second));
    }
    Ok(facts)
}

/// Tags and cue points may follow the data; anything else is no part of the file.
fn after_data<R: Read + Seek>(cx: &mut Context<'_, R>, data: &Chunk) -> io::Result<()> {
    // Some programs forget the byte of padding.
    let list = |kind: [u8; 4]| matches!(&kind, b"LIST" | b"id3 " | b"ID3 " | b"bext" | b"cue ");
    let unpadded = read(&mut cx.window, data.end())?.is_some_and(|chunk| list(chunk.kind));
    let mut at = if unpadded { data.end() } else { data.next() };
    while let Some(chunk) = read(&mut cx.window, at)? {
        if chunk.end() > cx.window.len() || !chunk.kind.iter().all(|b| b.is_ascii_graphic() || *b == b' ') {
            break;
        }
        super::search(cx, &chunk)?;
        at = chunk.next();
    }
    trailing::check(cx, at)
}
