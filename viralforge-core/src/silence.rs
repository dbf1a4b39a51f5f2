//! Stretches without sound.

mod kernel;

pub(crate) use kernel::SilentRuns;

use std::time::Duration;

use crate::error::{Error, Result};
use crate::time::TimeRange;

/// What `detect_silence` found.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[non_exhaustive]
pub struct SilenceReport {
    /// Every silence, in order of time.
    pub silences: Vec<Silence>,
}

/// One silence.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[non_exhaustive]
pub struct Silence {
    /// From the first silent sample to the first that is not.
    #[cfg_attr(feature = "serde", serde(flatten))]
    pub range: TimeRange,
}

/// What counts as silence. The defaults are those of FFmpeg's `silencedetect`, and so are the results.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(default, deny_unknown_fields))]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[non_exhaustive]
pub struct SilenceOptions {
    /// A sample is silent where no channel goes beyond this level, in dB relative to full scale, at most 0. Room
    /// noise of a phone is around -50. Default: -60.
    pub threshold_dbfs: f64,
    /// Shortest silence. Default: 2 s; pauses between sentences are 0.3 to 1 s.
    #[cfg_attr(feature = "serde", serde(rename = "min_duration_seconds", with = "crate::time::form::Seconds"))]
    #[cfg_attr(feature = "schema", schemars(with = "crate::time::form::Seconds"))]
    pub min_duration: Duration,
}

impl Default for SilenceOptions {
    fn default() -> Self {
        Self { threshold_dbfs: -60.0, min_duration: Duration::from_secs(2) }
    }
}

impl SilenceOptions {
    /// Sets [`threshold_dbfs`](Self::threshold_dbfs).
    #[must_use]
    pub fn with_threshold_dbfs(mut self, threshold_dbfs: f64) -> Self {
        self.threshold_dbfs = threshold_dbfs;
        self
    }

    /// Sets [`min_duration`](Self::min_duration).
    #[must_use]
    pub fn with_min_duration(mut self, min_duration: Duration) -> Self {
        self.min_duration = min_duration;
        self
    }

    pub(crate) fn validate(&self) -> Result<()> {
        if self.threshold_dbfs <= 0.0 {
            return Ok(());
        }
        Err(Error::invalid_option("threshold_dbfs", format!("{} is not at most 0", self.threshold_dbfs)))
    }
}
