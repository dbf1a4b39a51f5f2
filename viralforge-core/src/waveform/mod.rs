//! The loudest and quietest sample of each stretch of sound, for drawing.
//!
//! The numbers are those of [audiowaveform](https://github.com/bbc/audiowaveform), to the byte for lossless sound, so
//! players made for its files (peaks.js and others) work unchanged.

mod data;
mod draw;
mod peaks;
mod write;

pub use data::WaveformBits;
pub use draw::WaveformPicture;
pub(crate) use peaks::{Peaks, SampleRule};
pub use write::{WaveformFormat, WriteWaveformOptions, write_waveform};

use crate::error::{Error, Result};
use crate::time::TimeRange;

/// Minima and maxima of a sound track.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub struct Waveform {
    /// Samples a second of the sound that was measured.
    pub sample_rate_hz: u32,
    /// Samples of one channel that one bucket covers; the last bucket may cover fewer.
    pub samples_per_pixel: u32,
    /// Channels in `data`: one where the sound was mixed to mono.
    pub channels: u32,
    /// How many buckets.
    pub length: u64,
    /// For each bucket, for each channel: minimum, then maximum, as 16-bit samples.
    pub data: Vec<i16>,
}

/// How finely to measure.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(rename_all = "snake_case"))]
#[non_exhaustive]
pub enum WaveformResolution {
    /// So many samples in one bucket, at least 2. Memory grows with its inverse.
    SamplesPerPixel(u32),
    /// So many buckets a second, at least 1. A bucket gets the sample rate divided by it, rounded down, as
    /// audiowaveform does; so there may be a few more.
    PixelsPerSecond(u32),
}

/// How to measure a waveform.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(default))]
#[non_exhaustive]
pub struct WaveformOptions {
    /// How finely. Default: 256 samples in a bucket.
    pub resolution: WaveformResolution,
    /// Keep the channels apart instead of mixing them to mono. Default: off.
    pub split_channels: bool,
    /// Measure only this stretch. Default: the whole track.
    pub range: Option<TimeRange>,
}

impl Default for WaveformOptions {
    fn default() -> Self {
        Self { resolution: WaveformResolution::SamplesPerPixel(256), split_channels: false, range: None }
    }
}

impl WaveformOptions {
    /// Sets [`resolution`](Self::resolution).
    #[must_use]
    pub fn with_resolution(mut self, resolution: WaveformResolution) -> Self {
        self.resolution = resolution;
        self
    }

    /// Sets [`split_channels`](Self::split_channels).
    #[must_use]
    pub fn with_split_channels(mut self, split_channels: bool) -> Self {
        self.split_channels = split_channels;
        self
    }

    /// Sets [`range`](Self::range).
    #[must_use]
    pub fn with_range(mut self, range: TimeRange) -> Self {
        self.range = Some(range);
        self
    }

    pub(crate) fn validate(&self) -> Result<()> {
        match self.resolution {
            WaveformResolution::SamplesPerPixel(n @ 0..2) => {
                Err(Error::invalid_option("samples_per_pixel", format!("{n} is not at least 2")))
            }
            WaveformResolution::PixelsPerSecond(0) => {
                Err(Error::invalid_option("pixels_per_second", "0 is not at least 1"))
            }
            _ => Ok(()),
        }
    }

    /// Samples in a bucket, once the sample rate is known.
    pub(crate) fn samples_per_pixel(&self, sample_rate_hz: u32) -> Result<u32> {
        match self.resolution {
            WaveformResolution::SamplesPerPixel(n) => Ok(n),
            WaveformResolution::PixelsPerSecond(p) => match sample_rate_hz / p.max(1) {
                n @ 0..2 => Err(Error::invalid_option(
                    "pixels_per_second",
                    format!("{p} leaves {n} of {sample_rate_hz} samples a second for a pixel, and 2 are needed"),
                )),
                n => Ok(n),
            },
        }
    }
}
