//! How good each frame looks: sharpness, exposure, colour, motion.

use crate::picture::{Plane, SmallPicture};
use crate::time::Timestamp;

/// Measures of one frame.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[non_exhaustive]
pub struct FrameQuality {
    /// When the frame is shown.
    #[cfg_attr(feature = "serde", serde(flatten, with = "crate::time::form::Time"))]
    #[cfg_attr(feature = "schema", schemars(with = "crate::time::form::Time"))]
    pub time: Timestamp,
    /// Mean luma, 0 (black) to 1 (white).
    pub brightness: f32,
    /// Standard deviation of luma, 0 (flat) to about 0.5.
    pub contrast: f32,
    /// Mean absolute Laplacian of luma at half resolution or better, 0 (flat or out of focus) to 1.
    pub sharpness: f32,
    /// Mean distance of the colours from grey, 0 to 1.
    pub saturation: f32,
    /// Share of pixels that are nearly black, 0 to 1.
    pub dark_share: f32,
    /// Share of pixels that are nearly white, 0 to 1.
    pub bright_share: f32,
    /// Mean absolute difference from the frame before, 0 (still) to 1.
    pub motion: f32,
}

/// Luma of what counts as nearly black and nearly white, in levels of the full range.
const DARK_BELOW: u8 = 16;
const BRIGHT_FROM: u8 = 240;
/// Rows that sharpness is measured on, spread over the picture: more change nothing but the time.
const SHARPNESS_ROWS: usize = 120;

/// Measures frames in order of presentation.
#[derive(Debug, Default)]
pub(crate) struct QualityMeter {
    previous: Vec<u8>,
}

impl QualityMeter {
    /// Measures the frame that is shown at `time`; see [`sharpness`] for the one figure that needs the full picture.
    pub(crate) fn measure(&mut self, time: Timestamp, picture: &SmallPicture, sharpness: f32) -> FrameQuality {
        let luma = &picture.luma;
        let count = luma.len().max(1) as f32;
        let share = |of: &dyn Fn(u8) -> bool| luma.iter().filter(|v| of(**v)).count() as f32 / count;
        let mean = luma.iter().map(|v| f32::from(*v)).sum::<f32>() / count;
        let variance = luma.iter().map(|v| (f32::from(*v) - mean).powi(2)).sum::<f32>() / count;
        let color: f32 = picture
            .cb
            .iter()
            .zip(&picture.cr)
            .map(|(cb, cr)| ((f32::from(*cb) - 128.0).hypot(f32::from(*cr) - 128.0) / 128.0).min(1.0))
            .sum();
        let motion = if self.previous.len() == luma.len() {
            let sum: u64 = luma.iter().zip(&self.previous).map(|(a, b)| u64::from(a.abs_diff(*b))).sum();
            sum as f32 / count / 255.0
        } else {
            0.0
        };
        self.previous.clone_from(luma);
        FrameQuality {
            time,
            brightness: mean / 255.0,
            contrast: variance.sqrt() / 255.0,
            sharpness,
            saturation: color / count,
            dark_share: share(&|v| v < DARK_BELOW),
            bright_share: share(&|v| v >= BRIGHT_FROM),
            motion,
        }
    }
}

/// Mean absolute Laplacian of a full-size luma plane on evenly spread rows, 0 to 1.
pub(crate) fn sharpness(luma: &Plane<'_>) -> f32 {
    if luma.width < 3 || luma.height < 3 {
        return 0.0;
    }
    let (mut sum, mut count) = (0u64, 0u64);
    for y in (1..luma.height - 1).step_by((luma.height / SHARPNESS_ROWS).max(1)) {
        let (above, row, below) = (luma.row(y - 1), luma.row(y), luma.row(y + 1));
        let inner = row.windows(3).zip(&above[1..]).zip(&below[1..]);
        // A row of 32-bit sums cannot overflow: 1020 for each of at most 2²¹ pixels.
        let row_sum: u32 = inner
            .map(|((three, above), below)| {
                let around = i32::from(three[0]) + i32::from(three[2]) + i32::from(*above) + i32::from(*below);
                (4 * i32::from(three[1]) - around).unsigned_abs()
            })
            .sum();
        sum += u64::from(row_sum);
        count += luma.width as u64 - 2;
    }
    (sum as f32 / count.max(1) as f32 / 255.0).min(1.0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::geometry::Size;

    fn picture(luma: Vec<u8>, cb: u8, cr: u8) -> SmallPicture {
        let n = luma.len();
        SmallPicture { size: Size::new(n as u32, 1), luma, cb: vec![cb; n], cr: vec![cr; n] }
    }

    #[test]
    fn light_dark_and_color_are_shares_of_the_range() {
        let half = picture(vec![0, 0, 255, 255], 128, 128);
        let q = QualityMeter::default().measure(Timestamp::ZERO, &half, 0.25);
        assert_eq!((q.brightness, q.contrast, q.dark_share, q.bright_share), (0.5, 0.5, 0.5, 0.5));
        assert_eq!((q.saturation, q.sharpness, q.motion), (0.0, 0.25, 0.0));
        let blue = QualityMeter::default().measure(Timestamp::ZERO, &picture(vec![100], 192, 128), 0.0);
        assert_eq!(blue.saturation, 0.5);
    }

    #[test]
    fn motion_is_the_difference_from_the_frame_before() {
        let mut meter = QualityMeter::default();
        assert_eq!(meter.measure(Timestamp::ZERO, &picture(vec![0; 10], 128, 128), 0.0).motion, 0.0);
        assert_eq!(meter.measure(Timestamp::ZERO, &picture(vec![51; 10], 128, 128), 0.0).motion, 0.2);
        assert_eq!(meter.measure(Timestamp::ZERO, &picture(vec![51; 10], 128, 128), 0.0).motion, 0.0);
        // After a change of shape nothing can be compared.
        assert_eq!(meter.measure(Timestamp::ZERO, &picture(vec![0; 12], 128, 128), 0.0).motion, 0.0);
    }

    fn plane(data: &[u8], width: usize) -> Plane<'_> {
        Plane { data, stride: width, width, height: data.len() / width }
    }

    #[test]
    fn flat_and_evenly_shaded_pictures_have_no_sharpness_and_edges_have() {
        let ramp: Vec<u8> = (0..20).flat_map(|y| (0..20).map(move |x| 3 * x + 5 * y)).collect();
        assert_eq!(sharpness(&plane(&ramp, 20)), 0.0);
        let stripes: Vec<u8> = (0..400).map(|i| if i % 2 == 0 { 0 } else { 100 }).collect();
        assert!((sharpness(&plane(&stripes, 20)) - 200.0 / 255.0).abs() < 1e-6);
        assert_eq!(sharpness(&plane(&[9, 9], 2)), 0.0);
    }

    #[test]
    fn blurring_lowers_sharpness() {
        let noise: Vec<u8> = (0u32..64 * 64).map(|i| (i.wrapping_mul(2_654_435_761) >> 24) as u8).collect();
        let blurred: Vec<u8> =
            noise.windows(4).map(|w| (w.iter().map(|v| u32::from(*v)).sum::<u32>() / 4) as u8).collect();
        assert!(sharpness(&plane(&blurred[..64 * 63], 64)) < 0.6 * sharpness(&plane(&noise, 64)));
    }
}
