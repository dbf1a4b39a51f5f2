//! Decoded pictures, and what analysis and thumbnails need of them.

use std::sync::Arc;

use super::ffi;
use super::filter::{PixelFormat, VideoFilter, VideoFilterSpec};
use super::frame::Frame;
use crate::error::{Error, Result};
use crate::geometry::{CropRect, Rotation, Size};
use crate::picture::{Plane, SmallPicture};
use crate::time::Timestamp;

/// What holds for every picture of a track.
#[derive(Debug)]
pub(super) struct TrackGeometry {
    pub(super) name: String,
    pub(super) rotation: Rotation,
    pub(super) mirrored: bool,
    pub(super) display_size: Size,
    pub(super) interlaced: bool,
}

/// One decoded picture.
pub(crate) struct Picture {
    frame: Frame,
    time: Timestamp,
    duration: Timestamp,
    track: Arc<TrackGeometry>,
    /// The luma of a picture whose own is not 8-bit and planar.
    converted: Option<Frame>,
}

/// A picture as packed RGB, upright, with square pixels.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct RgbPicture {
    pub(crate) size: Size,
    /// Three bytes a pixel, rows without padding.
    pub(crate) data: Vec<u8>,
}

impl Picture {
    pub(super) fn new(frame: Frame, time: Timestamp, duration: Timestamp, track: Arc<TrackGeometry>) -> Self {
        Self { frame, time, duration, track, converted: None }
    }

    /// When it is shown.
    pub(crate) fn time(&self) -> Timestamp {
        self.time
    }

    /// The same, `by` earlier.
    pub(super) fn earlier(mut self, by: Timestamp) -> Self {
        self.time = self.time - by;
        self
    }

    /// For how long, as far as the file tells.
    pub(crate) fn duration(&self) -> Timestamp {
        self.duration
    }

    /// Its size upright and with square pixels.
    pub(crate) fn display_size(&self) -> Size {
        self.track.display_size
    }

    /// Size of the picture as it is stored, which may change from one to the next.
    pub(crate) fn stored_size(&self) -> Size {
        let raw = self.frame.raw();
        Size { width: raw.width.max(0) as u32, height: raw.height.max(0) as u32 }
    }

    pub(super) fn frame(&self) -> &Frame {
        &self.frame
    }

    pub(super) fn track(&self) -> &TrackGeometry {
        &self.track
    }

    /// Scaled down so that the longer side is at most `longest_side`, by averaging.
    pub(crate) fn small(&mut self, longest_side: u32) -> Result<SmallPicture> {
        let display = self.track.display_size;
        let longest = display.width.max(display.height).max(1);
        let scale = f64::from(longest_side.min(longest)) / f64::from(longest);
        let side = |s: u32| (f64::from(s) * scale).round().max(1.0) as u32;
        let upright = Size::new(side(display.width), side(display.height));
        let stored = upright.rotated(self.track.rotation);
        let planar = match self.planar8() {
            true => self.frame.reference(&self.track.name)?,
            false => self.convert(ffi::AV_PIX_FMT_YUV420P)?,
        };
        let raw = planar.raw();
        // SAFETY: descriptors are static; null for an unknown format, which `planar8` has excluded.
        let Some(descriptor) = (unsafe { ffi::av_pix_fmt_desc_get(raw.format).as_ref() }) else {
            return Err(Error::backend(&self.track.name, "a picture without a pixel format"));
        };
        let (width, height) = (raw.width.max(0) as usize, raw.height.max(0) as usize);
        let chroma = (width.div_ceil(1 << descriptor.log2_chroma_w), height.div_ceil(1 << descriptor.log2_chroma_h));
        let full = raw.color_range == ffi::AVCOL_RANGE_JPEG || is_yuvj(raw.format);
        let average = |plane: usize, (width, height): (usize, usize)| match planar.plane(plane, height) {
            Some((data, stride)) if width <= stride => {
                box_average(Plane { data, stride, width, height }, stored.width as usize, stored.height as usize)
            }
            _ => vec![128; stored.width as usize * stored.height as usize],
        };
        let mut luma = average(0, (width, height));
        let (mut cb, mut cr) = if descriptor.nb_components >= 3 {
            (average(1, chroma), average(2, chroma))
        } else {
            (vec![128; luma.len()], vec![128; luma.len()])
        };
        if !full {
            expand(&mut luma, 16, 219.0, 0.0);
            expand(&mut cb, 128, 224.0, 128.0);
            expand(&mut cr, 128, 224.0, 128.0);
        }
        let turn = |plane: Vec<u8>| upright_plane(plane, stored, self.track.rotation, self.track.mirrored);
        Ok(SmallPicture { size: upright, luma: turn(luma), cb: turn(cb), cr: turn(cr) })
    }

    /// Its luma at full size with 8 bits a sample, as stored (not turned).
    pub(crate) fn luma8(&mut self) -> Result<Plane<'_>> {
        if !self.planar8() && self.converted.is_none() {
            self.converted = Some(self.convert(ffi::AV_PIX_FMT_GRAY8)?);
        }
        let frame = self.converted.as_ref().unwrap_or(&self.frame);
        let (width, height) = (frame.raw().width.max(0) as usize, frame.raw().height.max(0) as usize);
        match frame.plane(0, height) {
            Some((data, stride)) if width <= stride => Ok(Plane { data, stride, width, height }),
            _ => Err(Error::backend(&self.track.name, "a picture without rows")),
        }
    }

    /// As RGB, scaled to fit inside `fit_inside` (never enlarged), SDR whatever the source is.
    pub(crate) fn to_rgb(&self, fit_inside: Size) -> Result<RgbPicture> {
        self.to_rgb_cropped(CropRect::whole(self.track.display_size), fit_inside)
    }

    /// The part of the picture inside `crop` (display pixels) as RGB, scaled to fit inside `fit_inside`.
    pub(crate) fn to_rgb_cropped(&self, crop: CropRect, fit_inside: Size) -> Result<RgbPicture> {
        let scale = (f64::from(fit_inside.width) / crop.width).min(f64::from(fit_inside.height) / crop.height).min(1.0);
        let side = |s: f64| (s * scale).round().max(1.0) as u32;
        let size = Size::new(side(crop.width), side(crop.height));
        let mut filter = VideoFilter::new(VideoFilterSpec { size, format: PixelFormat::Rgb24 });
        filter.push(self, crop, self.time, self.duration)?;
        filter.finish()?;
        let frame = filter.pull()?.ok_or_else(|| Error::backend(&self.track.name, "scaling gave no picture"))?;
        let (width, height) = (size.width as usize, size.height as usize);
        let (bytes, stride) = frame
            .plane(0, height)
            .filter(|(_, stride)| *stride >= width * 3)
            .ok_or_else(|| Error::backend(&self.track.name, "scaling gave no rows"))?;
        let data = bytes.chunks(stride).take(height).flat_map(|row| &row[..width * 3]).copied().collect();
        Ok(RgbPicture { size, data })
    }

    /// Whether its planes can be read in place as 8-bit luma and chroma.
    fn planar8(&self) -> bool {
        // SAFETY: descriptors are static; null for an unknown format.
        let Some(descriptor) = (unsafe { ffi::av_pix_fmt_desc_get(self.frame.raw().format).as_ref() }) else {
            return false;
        };
        let unwanted = ffi::AV_PIX_FMT_FLAG_RGB
            | ffi::AV_PIX_FMT_FLAG_PAL
            | ffi::AV_PIX_FMT_FLAG_BITSTREAM
            | ffi::AV_PIX_FMT_FLAG_HWACCEL;
        let components = &descriptor.comp[..usize::from(descriptor.nb_components).min(3)];
        descriptor.flags & u64::from(unwanted) == 0
            && components.iter().enumerate().all(|(i, c)| c.depth == 8 && c.plane as usize == i && c.step == 1)
    }

    /// The same picture in another pixel format, at the same size.
    fn convert(&self, format: ffi::AVPixelFormat) -> Result<Frame> {
        let (name, raw) = (&self.track.name, self.frame.raw());
        let mut to = Frame::new(name)?;
        {
            let raw_to = to.raw_mut();
            (raw_to.format, raw_to.width, raw_to.height) = (format, raw.width, raw.height);
            raw_to.color_range = raw.color_range;
        }
        // SAFETY: both frames are valid; the context is freed below whatever happens.
        unsafe {
            ffi::check(ffi::av_frame_get_buffer(to.as_ptr(), 0), name, "allocating a picture")?;
            let context = ffi::sws_getContext(
                raw.width,
                raw.height,
                raw.format,
                raw.width,
                raw.height,
                format,
                ffi::SWS_FAST_BILINEAR as _,
                std::ptr::null_mut(),
                std::ptr::null_mut(),
                std::ptr::null(),
            );
            if context.is_null() {
                return Err(Error::unsupported(name, "has a pixel format that cannot be converted"));
            }
            let code = ffi::sws_scale_frame(context, to.as_ptr(), self.frame.as_ptr());
            ffi::sws_freeContext(context);
            ffi::check(code, name, "converting a picture")?;
        }
        Ok(to)
    }
}

/// The old names of full-range formats.
pub(super) fn is_yuvj(format: i32) -> bool {
    [ffi::AV_PIX_FMT_YUVJ420P, ffi::AV_PIX_FMT_YUVJ422P, ffi::AV_PIX_FMT_YUVJ444P, ffi::AV_PIX_FMT_YUVJ440P]
        .contains(&format)
}

/// Rows that are averaged for one row of the result; more would hardly change the mean, and reading them costs more than
/// everything else.
const ROWS_A_CELL: usize = 6;

/// Sets each of `sums` to the sum of its column in `rows`, of which there are [`ROWS_A_CELL`]. Rows of a large picture
/// come from far away in memory, so they are read side by side rather than one after the other.
fn add_rows(sums: &mut [u16], rows: [&[u8]; ROWS_A_CELL]) {
    let [a, b, c, d, e, f] = rows.map(|row| &row[..sums.len()]);
    for (i, sum) in sums.iter_mut().enumerate() {
        *sum = [a, b, c, d, e, f].map(|row| u16::from(row[i])).iter().sum();
    }
}

/// Averages boxes of `from` into `width` by `height` samples.
fn box_average(from: Plane<'_>, width: usize, height: usize) -> Vec<u8> {
    let mut to = Vec::with_capacity(width * height);
    // A few rows of at most 255 fit into 16 bits, which keeps the inner loop narrow and quick.
    let mut columns = vec![0u16; from.width];
    let nothing = vec![0; from.width];
    for y in 0..height {
        let first = y * from.height / height;
        let last = ((y + 1) * from.height / height).max(first + 1).min(from.height.max(1));
        let step = (last - first).div_ceil(ROWS_A_CELL);
        let (mut rows, mut read) = (0, [&nothing[..]; ROWS_A_CELL]);
        for (place, row) in read.iter_mut().zip((first..last).step_by(step)) {
            *place = from.row(row);
            rows += 1;
        }
        add_rows(&mut columns, read);
        for x in 0..width {
            let left = x * from.width / width;
            let right = ((x + 1) * from.width / width).max(left + 1).min(from.width.max(1));
            let sum: u32 = columns[left..right].iter().map(|s| u32::from(*s)).sum();
            let count = rows * (right - left) as u32;
            to.push(((sum + count / 2) / count.max(1)) as u8);
        }
    }
    to
}

/// Limited range (ITU-R BT.709, 3.4: 16 to 235 and 16 to 240) to full range.
fn expand(plane: &mut [u8], offset: i32, range: f32, center: f32) {
    let table: [u8; 256] =
        std::array::from_fn(|v| ((v as i32 - offset) as f32 * 255.0 / range + center).round().clamp(0.0, 255.0) as u8);
    for sample in plane {
        *sample = table[usize::from(*sample)];
    }
}

/// Mirrors and turns a plane so that it stands upright.
fn upright_plane(mut plane: Vec<u8>, stored: Size, rotation: Rotation, mirrored: bool) -> Vec<u8> {
    let (width, height) = (stored.width as usize, stored.height as usize);
    if mirrored {
        for row in plane.chunks_mut(width) {
            row.reverse();
        }
    }
    match rotation {
        Rotation::None => plane,
        Rotation::Half => {
            plane.reverse();
            plane
        }
        Rotation::Clockwise90 => {
            (0..width).flat_map(|x| (0..height).rev().map(move |y| (x, y))).map(|(x, y)| plane[y * width + x]).collect()
        }
        Rotation::Clockwise270 => {
            (0..width).rev().flat_map(|x| (0..height).map(move |y| (x, y))).map(|(x, y)| plane[y * width + x]).collect()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn boxes_are_averaged() {
        let data = [0, 100, 50, 150, 200, 100, 250, 50];
        let plane = Plane { data: &data, stride: 4, width: 4, height: 2 };
        assert_eq!(box_average(plane, 2, 1), [100, 125]);
        assert_eq!(box_average(plane, 4, 2), data);
    }

    #[test]
    fn a_picture_larger_than_its_source_repeats_samples() {
        let plane = Plane { data: &[7], stride: 1, width: 1, height: 1 };
        assert_eq!(box_average(plane, 2, 2), [7; 4]);
    }

    #[test]
    fn turning_a_plane_puts_its_corners_where_they_belong() {
        // 1 2 3
        // 4 5 6
        let (plane, size) = (vec![1, 2, 3, 4, 5, 6], Size::new(3, 2));
        assert_eq!(upright_plane(plane.clone(), size, Rotation::Clockwise90, false), [4, 1, 5, 2, 6, 3]);
        assert_eq!(upright_plane(plane.clone(), size, Rotation::Clockwise270, false), [3, 6, 2, 5, 1, 4]);
        assert_eq!(upright_plane(plane.clone(), size, Rotation::Half, false), [6, 5, 4, 3, 2, 1]);
        assert_eq!(upright_plane(plane, size, Rotation::None, true), [3, 2, 1, 6, 5, 4]);
    }

    #[test]
    fn limited_range_becomes_full() {
        let mut plane = [16, 235, 0, 255];
        expand(&mut plane, 16, 219.0, 0.0);
        assert_eq!(plane, [0, 255, 0, 255]);
    }
}
