//! Pictures that do not move.

use std::io::Read as _;

use super::frame::Frame;
use super::options::{MAX_SIDE, within};
use crate::error::{Error, Result};
use crate::limits::Limits;
use crate::media::{decode_upright, is_still};
use crate::source::Source;
use crate::time::Timestamp;

/// Enough bytes to tell what it is.
const HEAD_BYTES: u64 = 64;

/// Decodes a JPEG, PNG, WebP or BMP, upright as its Exif says, and scaled down so that its longer side is at most
/// `max_side` pixels (16 to 8192). `None` where the source is something else, such as a video or an animation: those
/// are for [`extract_frames`](crate::extract_frames).
///
/// # Errors
/// `invalid_option` for a side out of range, `malformed` where it does not decode, `limit_exceeded` where it is larger
/// than the limits allow.
///
/// # Examples
/// ```no_run
/// # use viralforge_core::*;
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// if let Some(frame) = extract_still(&Source::from_path("photo.jpg")?, 320)? {
///     std::fs::write("small.jpg", frame.to_jpeg(85)?)?;
/// }
/// # Ok(())
/// # }
/// ```
pub fn extract_still(source: &Source, max_side: u32) -> Result<Option<Frame>> {
    within("max_side", max_side, 16, MAX_SIDE)?;
    let mut input = source.open()?;
    let mut bytes = Vec::new();
    let failed = |error| Error::io(source.name(), error);
    (&mut input).take(HEAD_BYTES).read_to_end(&mut bytes).map_err(failed)?;
    if !is_still(&bytes) {
        return Ok(None);
    }
    let limits = source.limits();
    Limits::check(source.name(), "max_memory_bytes", source.byte_len(), limits.max_memory_bytes)?;
    input.read_to_end(&mut bytes).map_err(failed)?;
    let picture = decode_upright(source.name(), &bytes, limits, max_side)?;
    Ok(Some(Frame { time: Timestamp::ZERO, size: picture.size, rgb: picture.data }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::geometry::Size;
    use crate::media::{RgbPicture, encode_jpeg};

    /// A JPEG of 64 by 32 pixels, its left half red and its right half blue, that Exif says to turn.
    fn turned() -> Vec<u8> {
        let row: Vec<u8> = (0..64).flat_map(|x| if x < 32 { [250, 0, 0] } else { [0, 0, 250] }).collect();
        let jpeg = encode_jpeg(&RgbPicture { size: Size::new(64, 32), data: row.repeat(32) }, 95).unwrap();
        // One entry: Orientation (0x0112), 6: turn it by 90 degrees clockwise.
        let tiff = b"II*\0\x08\0\0\0\x01\0\x12\x01\x03\0\x01\0\0\0\x06\0\0\0\0\0\0\0";
        let exif = [b"Exif\0\0", &tiff[..]].concat();
        let length = u16::try_from(exif.len() + 2).unwrap().to_be_bytes();
        [&jpeg[..2], &[0xff, 0xe1], &length, &exif, &jpeg[2..]].concat()
    }

    #[test]
    fn a_still_stands_upright_and_fits() {
        let source = Source::from_bytes("photo.jpg", turned());
        let whole = extract_still(&source, 500).unwrap().unwrap();
        assert_eq!(whole.size, Size::new(32, 64));
        let red = |pixel: &[u8]| pixel[0] > 200 && pixel[2] < 60;
        assert!(red(&whole.rgb[..3]) && !red(&whole.rgb[whole.rgb.len() - 3..]));
        assert_eq!(extract_still(&source, 16).unwrap().unwrap().size, Size::new(8, 16));
    }

    #[test]
    fn a_video_is_no_still_and_a_broken_one_is_told() {
        assert!(extract_still(&Source::from_bytes("a.mp4", &b"\0\0\0\x18ftypisom"[..]), 100).unwrap().is_none());
        let mut broken = turned();
        broken.truncate(100);
        assert_eq!(extract_still(&Source::from_bytes("a.jpg", broken), 100).unwrap_err().code(), "malformed");
        assert_eq!(extract_still(&Source::from_bytes("a.jpg", turned()), 0).unwrap_err().code(), "invalid_option");
    }
}
