//! Images: their facts, and whether they decode.

use std::io::Read;

use super::code::Code;
use super::facts::Facts;
use super::findings::Findings;
use super::image;
use super::kind::FileKind;
use super::media::add_error;
use super::policy::UploadPolicy;
use super::report::{DecodedShare, Media};
use crate::error::{Error, Result};
use crate::geometry::{AspectRatio, Rotation, Size, TrackKind};
use crate::media::{MediaReader, Request, decode_image, decode_stills};
use crate::media_info::{MediaInfo, StreamInfo, VideoInfo};
use crate::monitor::Monitor;
use crate::source::Source;

/// An image of more pixels is checked by its structure only: decoding it would take over 200 MB.
const MAX_DECODED_PIXELS: u64 = 24_000_000;

/// Pictures of one file, tiles included: a photo of 48 megapixels has about 200.
const MAX_TILES: u32 = 1000;

/// Decodes an image whole where it is not too large for that, and tells its facts.
///
/// # Errors
/// Only those that are not the file's fault.
pub(super) fn check(
    source: &Source,
    kind: FileKind,
    facts: &Facts,
    policy: &UploadPolicy,
    monitor: &Monitor,
    findings: &mut Findings,
) -> Result<Media> {
    let mut media = Media { info: info(source, kind, facts), decoded: None };
    if matches!(kind, FileKind::Avif | FileKind::Heif) {
        media.decoded = decode_coded(source, facts, policy, monitor, findings)?;
        return Ok(media);
    }
    if !matches!(kind, FileKind::Jpeg | FileKind::Png | FileKind::Gif | FileKind::Webp) {
        return Ok(media);
    }
    let mut bytes = Vec::new();
    source.open()?.read_to_end(&mut bytes).map_err(|error| Error::io(source.name(), error))?;
    let limits = source.limits().clone().with_max_frame_pixels(MAX_DECODED_PIXELS.min(policy.max_pixels));
    if kind == FileKind::Png
        && let Some(expected) = image::unpacks_too_far(&bytes)
    {
        findings.add(
            Code::UnpacksTooLarge,
            None,
            format!("the picture of {expected} bytes unpacks to over twice that"),
        );
        return Ok(media);
    }
    if kind == FileKind::Jpeg
        && let Some(shortfall) = image::jpeg_shortfall(&bytes)
    {
        let message = format!("the picture's data end early; {} % of that scan are there", shortfall.percent);
        findings.add(Code::CutShort, Some(shortfall.at), message);
        return Ok(media);
    }
    match decode_image(source.name(), &bytes, &limits) {
        Ok(_) => {
            let whole = facts.image_frames.unwrap_or(1) <= 1;
            media.decoded = Some(DecodedShare { whole, frames: 1, ..DecodedShare::default() });
        }
        Err(Error::Unsupported { .. } | Error::LimitExceeded { limit: "max_frame_pixels", .. }) => {}
        Err(Error::Malformed { problem, .. }) => findings.add(Code::CorruptImage, None, problem),
        Err(error) => add_error(error, findings)?,
    }
    Ok(media)
}

/// Decodes an image that is a kind of video: of an animation the first picture, of any other all that there is of it.
fn decode_coded(
    source: &Source,
    facts: &Facts,
    policy: &UploadPolicy,
    monitor: &Monitor,
    findings: &mut Findings,
) -> Result<Option<DecodedShare>> {
    let max_pixels = MAX_DECODED_PIXELS.min(policy.max_pixels);
    let largest = facts.tracks.iter().map(|t| u64::from(t.width) * u64::from(t.height)).max().unwrap_or(0);
    if largest > max_pixels && !facts.tiled {
        return Ok(None);
    }
    let limits = source.limits().clone().with_max_streams(MAX_TILES).with_max_frame_pixels(max_pixels);
    let source = source.clone().with_limits(limits);
    let decoded = if facts.image_frames.unwrap_or(1) > 1 {
        let request = Request { threads: Some(1), ..Request::video() };
        MediaReader::open(&source, &request, monitor).and_then(|mut reader| {
            reader.next().transpose()?;
            Ok((reader.damage(), false))
        })
    } else {
        decode_stills(&source, max_pixels, monitor)
    };
    match decoded {
        Ok((damage, whole)) => {
            let missing = damage.picture_packets.saturating_sub(damage.frames);
            let damaged = (damage.corrupt_frames + damage.undecodable_packets).max(missing);
            let all = damage.picture_packets.max(damage.frames);
            if damage.frames == 0 || damaged > 0 {
                let message = format!("{damaged} of {all} pictures or tiles are damaged");
                findings.add(Code::CorruptImage, None, message);
            }
            return Ok(Some(DecodedShare {
                whole,
                frames: all,
                damaged_frames: damaged,
                damaged_share: if all == 0 { 1.0 } else { (damaged as f64 / all as f64).min(1.0) },
                ..DecodedShare::default()
            }));
        }
        // Builds of FFmpeg differ in whether they know AV1; a very large picture is checked by its structure only.
        Err(Error::Unsupported { .. } | Error::LimitExceeded { limit: "max_frame_pixels", .. }) => {}
        Err(Error::Malformed { problem, .. }) => findings.add(Code::CorruptImage, None, problem),
        Err(error) => add_error(error, findings)?,
    }
    Ok(None)
}

/// The facts of the largest picture; `None` where there is none with a size.
fn info(source: &Source, kind: FileKind, facts: &Facts) -> Option<MediaInfo> {
    let picture = facts.tracks.iter().max_by_key(|t| u64::from(t.width) * u64::from(t.height))?;
    let (rotation, mirrored) = upright(facts.orientation);
    let turned = matches!(rotation, Rotation::Clockwise90 | Rotation::Clockwise270);
    let (width, height) = if turned { (picture.height, picture.width) } else { (picture.width, picture.height) };
    let video = VideoInfo {
        width: picture.width,
        height: picture.height,
        display_size: Size { width, height },
        sample_aspect_ratio: AspectRatio::SQUARE,
        display_aspect_ratio: AspectRatio::new(width, height)?,
        rotation,
        mirrored,
        frame_rate: None,
        variable_frame_rate: false,
        pixel_format: None,
        bit_depth: None,
        interlaced: false,
        color_range: None,
        color_space: None,
        color_transfer: None,
        color_primaries: None,
        hdr: None,
        max_keyframe_interval_seconds: None,
    };
    let stream = StreamInfo {
        index: 0,
        kind: TrackKind::Video,
        codec: codec(kind)?.to_owned(),
        profile: None,
        level: None,
        default: true,
        attached_picture: false,
        language: None,
        duration: None,
        bit_rate_bps: None,
        frame_count: facts.image_frames,
        tags: Vec::new(),
        video: Some(video),
        audio: None,
    };
    Some(MediaInfo {
        container: kind.container().to_owned(),
        byte_len: source.byte_len(),
        duration: None,
        bit_rate_bps: None,
        streams: vec![stream],
        chapters: Vec::new(),
        tags: Vec::new(),
    })
}

/// FFmpeg's name of what packs the pixels.
const fn codec(kind: FileKind) -> Option<&'static str> {
    Some(match kind {
        FileKind::Jpeg => "mjpeg",
        FileKind::Png => "png",
        FileKind::Gif => "gif",
        FileKind::Webp => "webp",
        FileKind::Avif => "av1",
        FileKind::Heif => "hevc",
        FileKind::Bmp => "bmp",
        FileKind::Tiff => "tiff",
        _ => return None,
    })
}

/// How a picture of that Exif orientation (CIPA DC-008, tag 0x0112) gets upright: mirrored first, then turned.
const fn upright(orientation: u16) -> (Rotation, bool) {
    match orientation {
        2 => (Rotation::None, true),
        3 => (Rotation::Half, false),
        4 => (Rotation::Half, true),
        5 => (Rotation::Clockwise270, true),
        6 => (Rotation::Clockwise90, false),
        7 => (Rotation::Clockwise90, true),
        8 => (Rotation::Clockwise270, false),
        _ => (Rotation::None, false),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::validate::facts::Track;

    #[test]
    fn a_photo_that_is_stored_lying_has_the_size_that_it_is_shown_in() {
        let mut picture = Track::new(TrackKind::Video);
        (picture.width, picture.height) = (40, 30);
        let facts = Facts { tracks: vec![picture], orientation: 6, image_frames: Some(1), ..Facts::default() };
        let info = info(&Source::from_bytes("a", [0]), FileKind::Jpeg, &facts).unwrap();
        let video = info.streams[0].video.as_ref().unwrap();
        assert_eq!((video.width, video.display_size.width, video.rotation.degrees()), (40, 30, 90));
        assert_eq!((info.container.as_str(), info.streams[0].codec.as_str()), ("jpeg", "mjpeg"));
    }
}
