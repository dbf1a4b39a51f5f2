//! What is found: shots, and the boundaries between them.

use super::statistics::SceneStatistics;
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
    /// What was measured of each frame, where [`SceneOptions::statistics`](super::SceneOptions::statistics) asks for
    /// it.
    pub statistics: Option<SceneStatistics>,
}

/// One change from a shot to the next.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[non_exhaustive]
pub struct Boundary {
    /// How it changes.
    pub kind: BoundaryKind,
    /// First frame of the change, counted from 0 (the first frame that was analyzed) in order of
    /// presentation. For a cut, the first frame of the new shot.
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

impl BoundaryKind {
    /// Every kind.
    pub const ALL: [Self; 4] = [Self::Cut, Self::Dissolve, Self::Fade, Self::Wipe];

    /// Its name in JSON and in every other output.
    pub fn name(self) -> &'static str {
        match self {
            Self::Cut => "cut",
            Self::Dissolve => "dissolve",
            Self::Fade => "fade",
            Self::Wipe => "wipe",
        }
    }
}

impl SceneReport {
    /// The shot on screen at that moment.
    pub fn scene_at(&self, at: Timestamp) -> Option<&Scene> {
        self.scenes.iter().find(|s| s.range.contains(at))
    }
}
