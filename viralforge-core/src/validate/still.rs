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
use crate::media::decode_image;
use crate::media_info::{MediaInfo, StreamInfo, VideoInfo};
use crate::source::Source;

/// An image of more pixels is checked by its structure only: decoding it would take over 200 MB.
const MAX_DECODED_PIXELS: u64 = 24_000_000;

/// Decodes an image whole where it is not too large for that, and tells its facts.
///
/// # Errors
/// Only those that are not the file's fault.
pub(super) fn check(
    source: &Source,
    kind: FileKind,
    facts: &Facts,
    policy: &UploadPolicy,
    findings: &mut Findings,
) -> Result<Media> {
    let mut media = Media { info: info(source, kind, facts), decoded: None };
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
