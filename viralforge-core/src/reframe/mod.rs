//! Which part of the picture another shape shows.

use crate::geometry::{AspectRatio, CropRect, Size};
use crate::time::{TimeRange, Timestamp};

/// A crop for every moment of a video.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub struct ReframePlan {
    /// The shape that is cut out.
    pub aspect: AspectRatio,
    /// Size of the upright picture with square pixels that the crops refer to.
    pub source_size: Size,
    /// One path a shot, in order of time; they abut.
    pub shots: Vec<ReframeShot>,
}

/// The path of the crop through one shot.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub struct ReframeShot {
    /// When the shot is on screen.
    #[cfg_attr(feature = "serde", serde(flatten))]
    pub range: TimeRange,
    /// Where the crop is at some moments, in order of time, at least one; between them it moves in a straight line.
    pub keyframes: Vec<CropKeyframe>,
}

/// Where the crop is at one moment.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub struct CropKeyframe {
    /// The moment.
    #[cfg_attr(feature = "serde", serde(flatten, with = "crate::time::serde_form::time"))]
    pub time: Timestamp,
    /// What is shown then, in display pixels.
    pub crop: CropRect,
}

impl ReframePlan {
    /// What is shown at a moment.
    pub fn crop_at(&self, at: Timestamp) -> CropRect {
        let shot = self.shots.iter().rev().find(|s| s.range.start() <= at).or(self.shots.first());
        let frames = shot.map(|s| s.keyframes.as_slice()).unwrap_or_default();
        frames
            .iter()
            .rev()
            .find(|k| k.time <= at)
            .or(frames.first())
            .map_or(CropRect::whole(self.source_size), |k| k.crop)
    }
}
