//! What counts as a boundary, and how hard to look for it.

use std::time::Duration;

use super::method::SceneMethod;
use super::report::BoundaryKind;
use crate::error::{Error, Result};
use crate::time::TimeRange;

/// What counts as a boundary between scenes.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(default, deny_unknown_fields))]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[non_exhaustive]
pub struct SceneOptions {
    /// How boundaries are found. Default: the standard method, which needs no tuning and is the only one to find all
    /// kinds.
    pub method: SceneMethod,
    /// How sure a boundary of the standard method must be, 0 to 1. Lower finds more and is wrong more often. Default:
    /// 0.5, where both mistakes are about equally frequent.
    pub threshold: f64,
    /// Kinds that are reported; a boundary of another kind is none. Default: all.
    pub kinds: Vec<BoundaryKind>,
    /// Shortest scene; the boundary after a shorter one is dropped, so that it becomes a part of the next. Default:
    /// zero, since real edits have shots of 5 frames.
    #[cfg_attr(feature = "serde", serde(rename = "min_scene_duration_seconds", with = "crate::time::form::Seconds"))]
    #[cfg_attr(feature = "schema", schemars(with = "crate::time::form::Seconds"))]
    pub min_scene_duration: Duration,
    /// Only what is shown in here is looked at; frames are counted from its start. Default: everything.
    pub range: Option<TimeRange>,
    /// Looks at every so many-th frame, 1 to 100: 2 leaves out every other one. Boundaries are told as exactly as that
    /// allows. Default: 1.
    pub frame_step: u32,
    /// Accuracy against speed, for the standard method; the others look at every frame. Default: balanced.
    pub mode: SceneMode,
    /// Stretches of the file that are decoded side by side, 1 to 16; the report is the same for any number. Default:
    /// as many as there are cores and memory for.
    pub segments: Option<u32>,
    /// Also reports what was measured of each frame, some 50 bytes a frame. Default: off.
    pub statistics: bool,
}

/// Accuracy against speed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(rename_all = "snake_case"))]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[non_exhaustive]
pub enum SceneMode {
    /// Every frame is decoded, deblocking aside.
    Accurate,
    /// Frames that no other frame needs are not decoded between two that are alike, where nothing but a flash can hide.
    /// Finds nearly all that `accurate` finds, now and then a frame off.
    #[default]
    Balanced,
    /// Frames that no other frame needs are not decoded at all: boundaries may be told some frames off, and very short
    /// scenes may be missed.
    Fast,
}

/// Most frames that may be passed over for one that is looked at.
const MAX_FRAME_STEP: u32 = 100;
/// Most stretches that are decoded side by side: each takes the memory of a decoder.
const MAX_SEGMENTS: u32 = 16;

impl Default for SceneOptions {
    fn default() -> Self {
        Self {
            method: SceneMethod::default(),
            threshold: 0.5,
            kinds: BoundaryKind::ALL.to_vec(),
            min_scene_duration: Duration::ZERO,
            range: None,
            frame_step: 1,
            mode: SceneMode::default(),
            segments: None,
            statistics: false,
        }
    }
}

impl SceneOptions {
    /// Sets [`method`](Self::method).
    #[must_use]
    pub fn with_method(mut self, method: SceneMethod) -> Self {
        self.method = method;
        self
    }

    /// Sets [`threshold`](Self::threshold).
    #[must_use]
    pub fn with_threshold(mut self, threshold: f64) -> Self {
        self.threshold = threshold;
        self
    }

    /// Sets [`kinds`](Self::kinds).
    #[must_use]
    pub fn with_kinds(mut self, kinds: impl Into<Vec<BoundaryKind>>) -> Self {
        self.kinds = kinds.into();
        self
    }

    /// Sets [`min_scene_duration`](Self::min_scene_duration).
    #[must_use]
    pub fn with_min_scene_duration(mut self, min_scene_duration: Duration) -> Self {
        self.min_scene_duration = min_scene_duration;
        self
    }

    /// Sets [`range`](Self::range).
    #[must_use]
    pub fn with_range(mut self, range: TimeRange) -> Self {
        self.range = Some(range);
        self
    }

    /// Sets [`frame_step`](Self::frame_step).
    #[must_use]
    pub fn with_frame_step(mut self, frame_step: u32) -> Self {
        self.frame_step = frame_step;
        self
    }

    /// Sets [`mode`](Self::mode).
    #[must_use]
    pub fn with_mode(mut self, mode: SceneMode) -> Self {
        self.mode = mode;
        self
    }

    /// Sets [`segments`](Self::segments).
    #[must_use]
    pub fn with_segments(mut self, segments: u32) -> Self {
        self.segments = Some(segments);
        self
    }

    /// Sets [`statistics`](Self::statistics).
    #[must_use]
    pub fn with_statistics(mut self, statistics: bool) -> Self {
        self.statistics = statistics;
        self
    }

    /// Whether boundaries of that kind are reported.
    pub(super) fn wants(&self, kind: BoundaryKind) -> bool {
        self.kinds.contains(&kind)
    }

    pub(crate) fn validate(&self) -> Result<()> {
        if !(0.0..=1.0).contains(&self.threshold) {
            return Err(Error::invalid_option("threshold", format!("{} is not in 0..=1", self.threshold)));
        }
        if self.kinds.is_empty() {
            return Err(Error::invalid_option("kinds", "names no kind of boundary"));
        }
        if !(1..=MAX_FRAME_STEP).contains(&self.frame_step) {
            return Err(Error::invalid_option(
                "frame_step",
                format!("{} is not in 1..={MAX_FRAME_STEP}", self.frame_step),
            ));
        }
        if let Some(segments) = self.segments.filter(|n| !(1..=MAX_SEGMENTS).contains(n)) {
            return Err(Error::invalid_option("segments", format!("{segments} is not in 1..={MAX_SEGMENTS}")));
        }
        self.method.validate()
    }
}
