//! Stretches without sound.

use crate::time::TimeRange;

/// What `detect_silence` found.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub struct SilenceReport {
    /// Every silence, in order of time.
    pub silences: Vec<Silence>,
}

/// One silence.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub struct Silence {
    /// From the first silent sample to the first that is not.
    #[cfg_attr(feature = "serde", serde(flatten))]
    pub range: TimeRange,
}
