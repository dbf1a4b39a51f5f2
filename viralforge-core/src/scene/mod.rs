//! Shots and the boundaries between them.
//!
//! Three steps: each frame is measured against the frames around it (`features`), set in relation to what is usual
//! there (`evidence`), and judged (`classify`, with the weights of `model`); `detector` joins them. All of it works
//! on pictures of 64 pixels, so that the decoder is the cost.

mod classify;
mod detector;
mod distance;
mod evidence;
mod features;
mod frame;
mod model;
#[cfg(test)]
mod training;

pub(crate) use detector::{SMALL_SIDE, SceneDetector};

use std::time::Duration;

use crate::error::{Error, Result};
use crate::time::{FrameRate, TimeRange, Timestamp};

/// What `detect_scenes` found.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[non_exhaustive]
pub struct SceneReport {
    /// Frame rate of the track, for those who count frames.
    pub frame_rate: Option<FrameRate>,
    /// Every change from one shot to the next, in order of time.
    pub boundaries: Vec<Boundary>,
    /// The shots between the boundaries: they abut, the first starts with the first frame and the last ends with the
    /// video.
    pub scenes: Vec<Scene>,
}

/// One change from a shot to the next.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[non_exhaustive]
pub struct Boundary {
    /// How it changes.
    pub kind: BoundaryKind,
    /// First frame of the change, counted from 0 in order of presentation. For a cut, the first frame of the new shot.
    pub start_frame: u64,
    /// Last frame of the change; for a cut the same as `start_frame`.
    pub end_frame: u64,
    /// When the change is on screen; empty for a cut.
    #[cfg_attr(feature = "serde", serde(flatten))]
    pub range: TimeRange,
    /// 0 (barely over the threshold) to 1 (certain).
    pub confidence: f64,
}

/// How one shot becomes the next.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(rename_all = "snake_case"))]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[non_exhaustive]
pub enum BoundaryKind {
    /// From one frame to the next.
    Cut,
    /// One picture shines through the other.
    Dissolve,
    /// Through black or white.
    Fade,
    /// A moving edge.
    Wipe,
}

/// One shot.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[non_exhaustive]
pub struct Scene {
    /// When it is on screen.
    #[cfg_attr(feature = "serde", serde(flatten))]
    pub range: TimeRange,
}

impl SceneReport {
    /// The shot on screen at that moment.
    pub fn scene_at(&self, at: Timestamp) -> Option<&Scene> {
        self.scenes.iter().find(|s| s.range.contains(at))
    }
}

/// What counts as a boundary between scenes.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(default, deny_unknown_fields))]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[non_exhaustive]
pub struct SceneOptions {
    /// How sure a boundary must be, 0 to 1. Lower finds more and is wrong more often. Default: 0.5, where both
    /// mistakes are about equally frequent.
    pub threshold: f64,
    /// Also look for dissolves, fades and wipes; without it only cuts are reported. Default: on.
    pub gradual: bool,
    /// Shortest scene; the boundary after a shorter one is dropped. Default: zero, since real edits have shots of 5
    /// frames.
    #[cfg_attr(feature = "serde", serde(rename = "min_scene_duration_seconds", with = "crate::time::form::Seconds"))]
    #[cfg_attr(feature = "schema", schemars(with = "crate::time::form::Seconds"))]
    pub min_scene_duration: Duration,
}

impl Default for SceneOptions {
    fn default() -> Self {
        Self { threshold: 0.5, gradual: true, min_scene_duration: Duration::ZERO }
    }
}

impl SceneOptions {
    /// Sets [`threshold`](Self::threshold).
    #[must_use]
    pub fn with_threshold(mut self, threshold: f64) -> Self {
        self.threshold = threshold;
        self
    }

    /// Sets [`gradual`](Self::gradual).
    #[must_use]
    pub fn with_gradual(mut self, gradual: bool) -> Self {
        self.gradual = gradual;
        self
    }

    /// Sets [`min_scene_duration`](Self::min_scene_duration).
    #[must_use]
    pub fn with_min_scene_duration(mut self, min_scene_duration: Duration) -> Self {
        self.min_scene_duration = min_scene_duration;
        self
    }

    pub(crate) fn validate(&self) -> Result<()> {
        if (0.0..=1.0).contains(&self.threshold) {
            return Ok(());
        }
        Err(Error::invalid_option("threshold", format!("{} is not in 0..=1", self.threshold)))
    }
}
