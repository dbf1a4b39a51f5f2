//! The stretches of a video that are worth a clip.

use crate::time::TimeRange;

/// A stretch that is worth a clip, and why.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub struct ClipSuggestion {
    /// The stretch.
    #[cfg_attr(feature = "serde", serde(flatten))]
    pub range: TimeRange,
    /// 0 (nothing speaks for it) to 1 (everything does).
    pub score: f64,
    /// What speaks for it, the strongest first.
    pub reasons: Vec<ClipReason>,
}

/// One thing that speaks for a clip.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub struct ClipReason {
    /// Name of the signal: `loudness`, `motion`, `pace`, `sharpness`, `boundary` …
    pub signal: String,
    /// 0 to 1 within this file.
    pub value: f64,
    /// The same in words.
    pub text: String,
}
