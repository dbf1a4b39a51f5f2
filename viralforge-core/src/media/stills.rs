//! Images that are coded as videos are: each picture by itself, the tiles of a large one included.

use super::decode::{DecodeOptions, Decoder, Sent};
use super::demux::Demuxer;
use super::ffi;
use super::request::Damage;
use crate::error::{Error, Result};
use crate::geometry::TrackKind;
use crate::monitor::Monitor;
use crate::source::Source;

/// Decodes the pictures of a still image in the order of the file until `max_pixels` have come out; tells what did not
/// decode, and whether everything was tried.
///
/// # Errors
/// `missing_track` where there is no picture, `unsupported` where this FFmpeg does not know its codec.
pub(crate) fn decode_stills(source: &Source, max_pixels: u64, monitor: &Monitor) -> Result<(Damage, bool)> {
    let mut demuxer = Demuxer::open(source, monitor)?;
    let streams = demuxer.info().streams.iter();
    let pictures: Vec<usize> =
        streams.filter(|stream| stream.kind == TrackKind::Video).map(|stream| stream.index as usize).collect();
    if pictures.is_empty() {
        return Err(Error::missing_track(source.name(), TrackKind::Video));
    }
    demuxer.keep_only(&pictures);
    let options = DecodeOptions { threads: Some(1), strict: true, ..DecodeOptions::default() };
    let (mut damage, mut pixels) = (Damage::default(), 0);
    while let Some(packet) = demuxer.read()? {
        let index = packet.stream();
        if !pictures.contains(&index) {
            continue;
        }
        if pixels >= max_pixels {
            return Ok((damage, false));
        }
        damage.picture_packets += 1;
        let mut decoder = Decoder::open(&demuxer, index, &options)?;
        damage.undecodable_packets += u64::from(decoder.send(Some(&packet))? == Sent::Damaged);
        decoder.send(None)?;
        while let Some(frame) = decoder.receive(&mut damage.undecodable_packets)? {
            let raw = frame.raw();
            let corrupt = raw.flags & ffi::AV_FRAME_FLAG_CORRUPT as i32 != 0 || raw.decode_error_flags != 0;
            damage.frames += 1;
            damage.corrupt_frames += u64::from(corrupt);
            pixels += raw.width.max(0) as u64 * raw.height.max(0) as u64;
        }
    }
    Ok((damage, true))
}
