//! FLAC files (RFC 9639): the metadata blocks in front of the frames.

use std::io::{self, Read, Seek};

use super::code::Code;
use super::facts::{Context, Facts, Track};
use super::id3;
use super::payload::{self, Payload};
use crate::geometry::TrackKind;

/// Walks the metadata blocks.
pub(super) fn walk<R: Read + Seek>(cx: &mut Context<'_, R>) -> io::Result<Facts> {
    let mut facts = Facts { track_count: 1, ..Facts::default() };
    let mut track = Track::new(TrackKind::Audio);
    track.codec = Some("flac".to_owned());
    let mut at = id3::check(cx)? + 4;
    loop {
        let Some([kind, a, b, c]) = cx.window.array::<4>(at)? else {
            cx.findings.add(Code::CutShort, Some(at), "the file ends in its metadata");
            break;
        };
        let size = u64::from(u32::from_be_bytes([0, a, b, c]));
        let (body, next) = (at + 4, at + 4 + size);
        if next > cx.window.len() {
            cx.findings.add(Code::CutShort, Some(at), format!("a block of metadata ends at byte {next}"));
            break;
        }
        if kind & 0x7f == 0 {
            // 20 bits of sample rate, 3 of channels less one, 5 of depth, 36 of samples.
            let fields = cx.window.u64_be(body + 10)?.unwrap_or(0);
            track.sample_rate_hz = (fields >> 44) as u32;
            track.channels = (fields >> 41 & 7) as u32 + 1;
            let samples = fields & 0xf_ffff_ffff;
            if samples > 0 && track.sample_rate_hz > 0 {
                track.seconds = Some(samples as f64 / f64::from(track.sample_rate_hz));
            }
        } else {
            facts.metadata_bytes += size;
            let bytes = cx.window.look(body, size as usize)?;
            if let Some((skip, what)) = payload::find(bytes) {
                // Block 4 has the titles and comments.
                let code = match what {
                    Payload::Html | Payload::Playlist if kind & 0x7f == 4 => Code::MetadataMarkup,
                    Payload::Php | Payload::ServerPage => Code::ActiveContent,
                    _ => what.code(),
                };
                cx.findings.add(code, Some(body + skip as u64), format!("{} in the metadata", what.name()));
            }
        }
        at = next;
        if kind & 0x80 != 0 {
            if cx.window.look(at, 2)?.first() != Some(&0xff) {
                cx.findings.add(Code::CutShort, Some(at), "no frame after the metadata");
            }
            break;
        }
    }
    facts.tracks.push(track);
    Ok(facts)
}
