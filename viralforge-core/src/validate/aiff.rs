//! AIFF and AIFF-C sound (Apple, Audio Interchange File Format, version C): chunks with big-endian sizes.

use std::io::{self, Read, Seek};

use super::code::Code;
use super::facts::{Context, Facts, Track};
use super::payload;
use super::trailing;
use super::window::{fourcc, u16_be, u32_be};
use crate::geometry::TrackKind;

/// The most chunks that a walk visits; files have some dozens.
const MAX_CHUNKS: u64 = 100_000;
/// Bytes of one descriptive chunk that are searched.
const MAX_SEARCHED_BYTES: u64 = 1 << 20;

/// Walks the whole file.
pub(super) fn walk<R: Read + Seek>(cx: &mut Context<'_, R>) -> io::Result<Facts> {
    let mut facts = Facts { track_count: 1, ..Facts::default() };
    let len = cx.window.len();
    let end = cx.window.u32_be(4)?.map_or(len, |size| 8 + u64::from(size));
    if end > len {
        let percent = cx.percent_of(end);
        cx.findings.add(Code::CutShort, Some(0), format!("the file should end at byte {end}; {percent} % are there"));
    }
    let end = end.min(len);
    let is_packed = cx.window.array::<4>(8)? == Some(*b"AIFC");
    let mut at = 12;
    let mut has_sound = false;
    for _ in 0..MAX_CHUNKS {
        let (Some(kind), Some(size)) = (cx.window.array::<4>(at)?, cx.window.u32_be(at + 4)?) else { break };
        if at + 8 > end {
            break;
        }
        let (body, next) = (at + 8, at + 8 + u64::from(size));
        if next > end {
            let code = if next > len { Code::CutShort } else { Code::BadChunk };
            cx.findings.add(code, Some(at), format!("{} ends at byte {next} of {end}", fourcc(&kind)));
            break;
        }
        match &kind {
            b"COMM" => facts.tracks.extend(describe(cx.window.look(body, size.min(64) as usize)?, is_packed)),
            b"SSND" => has_sound = true,
            _ => {
                facts.metadata_bytes += u64::from(size);
                let bytes = cx.window.look(body, u64::from(size).min(MAX_SEARCHED_BYTES) as usize)?;
                if let Some((skip, what)) = payload::find(bytes) {
                    let message = format!("{} in a {} chunk", what.name(), fourcc(&kind));
                    cx.findings.add(what.code(), Some(body + skip as u64), message);
                }
            }
        }
        at = next + u64::from(size % 2);
    }
    if !has_sound && !cx.findings.has(Code::CutShort) {
        cx.findings.add(Code::BadChunk, None, "no sound (SSND)");
    }
    // A padding byte is not counted in the size.
    let end = if end % 2 == 1 && cx.window.look(end, 1)? == [0] { end + 1 } else { end };
    trailing::check(cx, end)?;
    Ok(facts)
}

/// What the common chunk says.
fn describe(common: &[u8], is_packed: bool) -> Option<Track> {
    let mut track = Track::new(TrackKind::Audio);
    track.channels = u16_be(common, 0)?.into();
    let frames = u32_be(common, 2)?;
    let rate = extended(common.get(8..18)?);
    track.sample_rate_hz = rate as u32;
    track.seconds = (rate >= 1.0).then(|| f64::from(frames) / rate);
    let codec = match common.get(18..22).filter(|_| is_packed) {
        None | Some(b"NONE" | b"twos" | b"in24" | b"in32") => "pcm_s16be",
        Some(b"sowt") => "pcm_s16le",
        Some(b"fl32" | b"FL32") => "pcm_f32be",
        Some(b"fl64" | b"FL64") => "pcm_f64be",
        Some(b"ulaw" | b"ULAW") => "pcm_mulaw",
        Some(b"alaw" | b"ALAW") => "pcm_alaw",
        Some(_) => "",
    };
    track.codec = Some(codec.to_owned()).filter(|codec| !codec.is_empty());
    Some(track)
}

/// A positive number of IEEE 754's 80-bit format: an exponent of 15 bits, then a mantissa of 64 with its leading one.
fn extended(bytes: &[u8]) -> f64 {
    let exponent = i32::from(u16_be(bytes, 0).unwrap_or(0) & 0x7fff) - 16_383 - 63;
    let mantissa = bytes.get(2..10).and_then(|b| b.first_chunk()).copied().map_or(0, u64::from_be_bytes);
    mantissa as f64 * 2f64.powi(exponent)
}

#[cfg(test)]
mod tests {
    use super::super::policy::UploadPolicy;
    use super::super::testing::{assert_refused, assert_taken, walk as run};
    use super::*;
    use proptest::prelude::*;

    fn chunk(kind: &[u8; 4], body: &[u8]) -> Vec<u8> {
        let mut chunk = [&kind[..], &(body.len() as u32).to_be_bytes(), body].concat();
        chunk.resize(chunk.len().next_multiple_of(2), 0);
        chunk
    }

    fn file(more: &[u8]) -> Vec<u8> {
        let common = b"\0\x02\0\0\xac\x44\0\x10\x40\x0e\xac\x44\0\0\0\0\0\0";
        let parts = [b"AIFF".to_vec(), chunk(b"COMM", common), more.to_vec(), chunk(b"SSND", &[0; 40])].concat();
        chunk(b"FORM", &parts)
    }

    #[test]
    fn the_common_chunk_tells_rate_channels_and_length() {
        let track = assert_taken(&file(b""), &UploadPolicy::audio(), walk).tracks.remove(0);
        assert_eq!((track.channels, track.sample_rate_hz, track.seconds), (2, 44_100, Some(1.0)));
        assert_eq!(track.codec.as_deref(), Some("pcm_s16be"));
    }

    #[test]
    fn what_is_cut_or_carries_something_is_refused() {
        let (policy, whole) = (UploadPolicy::audio(), file(b""));
        assert_refused(&whole[..whole.len() - 3], &policy, walk, Code::CutShort);
        assert_refused(&[whole.clone(), b"%PDF-1.7".to_vec()].concat(), &policy, walk, Code::TrailingBytes);
        assert_refused(&file(&chunk(b"ANNO", b"<script>x")), &policy, walk, Code::HiddenPayload);
        assert_refused(&chunk(b"FORM", b"AIFF"), &policy, walk, Code::BadChunk);
    }

    proptest! {
        #[test]
        fn any_change_is_walked_without_panic(at in 0usize..100, byte: u8, cut in 0usize..100) {
            let mut bytes = file(b"");
            let len = bytes.len();
            bytes[at % len] = byte;
            bytes.truncate(len - cut % len);
            run(&bytes, &UploadPolicy::audio(), walk);
        }
    }
}
