//! Still pictures through the image crate.

use std::io::Cursor;

use image::codecs::jpeg::JpegEncoder;
use image::codecs::png::PngEncoder;
use image::metadata::Orientation;
use image::{ColorType, DynamicImage, ImageDecoder as _, ImageEncoder, ImageReader};

use super::picture::RgbPicture;
use crate::error::{Error, Result};
use crate::geometry::Size;
use crate::limits::Limits;

/// As JPEG; `quality` from 1 (tiny) to 100 (best).
pub(crate) fn encode_jpeg(picture: &RgbPicture, quality: u8) -> Result<Vec<u8>> {
    let mut bytes = Vec::new();
    let encoder = JpegEncoder::new_with_quality(&mut bytes, quality.clamp(1, 100));
    write(encoder, picture).map_err(|error| Error::backend("JPEG", error))?;
    Ok(bytes)
}

/// As PNG, without loss.
pub(crate) fn encode_png(picture: &RgbPicture) -> Result<Vec<u8>> {
    let mut bytes = Vec::new();
    write(PngEncoder::new(&mut bytes), picture).map_err(|error| Error::backend("PNG", error))?;
    Ok(bytes)
}

fn write(encoder: impl ImageEncoder, picture: &RgbPicture) -> image::ImageResult<()> {
    let Size { width, height } = picture.size;
    let need = width as usize * height as usize * 3;
    let data = picture.data.get(..need).ok_or_else(|| {
        image::ImageError::Parameter(image::error::ParameterError::from_kind(
            image::error::ParameterErrorKind::DimensionMismatch,
        ))
    })?;
    encoder.write_image(data, width, height, ColorType::Rgb8.into())
}

/// Decodes a JPEG, PNG, WebP, GIF (first frame) or BMP; which one is told by the bytes.
///
/// # Errors
/// `malformed` or `unsupported` where it cannot, `limit_exceeded` where it is larger than the limits allow.
pub(crate) fn decode_image(name: &str, bytes: &[u8], limits: &Limits) -> Result<RgbPicture> {
    let image = decode(name, bytes, limits)?.into_rgb8();
    Ok(RgbPicture { size: Size::new(image.width(), image.height()), data: image.into_raw() })
}

/// Whether the bytes begin as a picture that does not move.
pub(crate) fn is_still(bytes: &[u8]) -> bool {
    use image::ImageFormat::{Bmp, Jpeg, Png, WebP};
    image::guess_format(bytes).is_ok_and(|format| matches!(format, Jpeg | Png | WebP | Bmp))
}

/// [`decode_image`], upright as its Exif says, and scaled so that the longer side is at most `max_side`.
pub(crate) fn decode_upright(name: &str, bytes: &[u8], limits: &Limits, max_side: u32) -> Result<RgbPicture> {
    let mut image = decode(name, bytes, limits)?;
    let exif = open(name, bytes)?.into_decoder().and_then(|mut decoder| decoder.orientation());
    image.apply_orientation(exif.unwrap_or(Orientation::NoTransforms));
    if image.width().max(image.height()) > max_side {
        image = image.thumbnail(max_side, max_side);
    }
    let image = image.into_rgb8();
    Ok(RgbPicture { size: Size::new(image.width(), image.height()), data: image.into_raw() })
}

fn open<'b>(name: &str, bytes: &'b [u8]) -> Result<ImageReader<Cursor<&'b [u8]>>> {
    ImageReader::new(Cursor::new(bytes)).with_guessed_format().map_err(|error| Error::io(name, error))
}

fn decode(name: &str, bytes: &[u8], limits: &Limits) -> Result<DynamicImage> {
    let broken = |error: image::ImageError| match error {
        image::ImageError::Unsupported(error) => Error::unsupported(name, error),
        image::ImageError::Limits(error) => Error::limit(name, "max_memory_bytes", error, limits.max_memory_bytes),
        error => Error::malformed(name, error),
    };
    let (width, height) = open(name, bytes)?.into_dimensions().map_err(broken)?;
    Limits::check(name, "max_frame_pixels", Size::new(width, height).pixels(), limits.max_frame_pixels)?;
    let mut reader = open(name, bytes)?;
    let mut bounds = image::Limits::default();
    bounds.max_alloc = Some(limits.max_memory_bytes);
    reader.limits(bounds);
    reader.decode().map_err(broken)
}
