//! Still pictures through the image crate.

use std::io::Cursor;

use image::codecs::jpeg::JpegEncoder;
use image::codecs::png::PngEncoder;
use image::{ColorType, ImageEncoder, ImageReader};

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
    let broken = |error: image::ImageError| match error {
        image::ImageError::Unsupported(error) => Error::unsupported(name, error),
        image::ImageError::Limits(error) => Error::limit(name, "max_memory_bytes", error, limits.max_memory_bytes),
        error => Error::malformed(name, error),
    };
    let open = || ImageReader::new(Cursor::new(bytes)).with_guessed_format().map_err(|error| Error::io(name, error));
    let (width, height) = open()?.into_dimensions().map_err(broken)?;
    let size = Size::new(width, height);
    Limits::check(name, "max_frame_pixels", size.pixels(), limits.max_frame_pixels)?;
    let mut reader = open()?;
    let mut bounds = image::Limits::default();
    bounds.max_alloc = Some(limits.max_memory_bytes);
    reader.limits(bounds);
    let data = reader.decode().map_err(broken)?.into_rgb8().into_raw();
    Ok(RgbPicture { size, data })
}
