//! How good each frame looks: sharpness, exposure, colour, motion.

use crate::time::Timestamp;

/// Measures of one frame.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub struct FrameQuality {
    /// When the frame is shown.
    #[cfg_attr(feature = "serde", serde(flatten, with = "crate::time::serde_form::time"))]
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
