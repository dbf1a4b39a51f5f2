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
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(try_from = "data::WaveformFields"))]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(!try_from))]
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

/// How to measure a waveform.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(default, deny_unknown_fields))]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[non_exhaustive]
pub struct WaveformOptions {
    /// Samples in one bucket, at least 2. Memory grows with its inverse. Default: 256.
    pub samples_per_pixel: u32,
    /// Buckets a second, at least 1, instead of `samples_per_pixel`. A bucket gets the sample rate divided by it,
    /// rounded down, as audiowaveform does; so there may be a few more. Default: none.
    pub pixels_per_second: Option<u32>,
    /// Keep the channels apart instead of mixing them to mono. Default: off.
    pub split_channels: bool,
    /// Measure only this stretch. Default: the whole track.
    pub range: Option<TimeRange>,
}

impl Default for WaveformOptions {
    fn default() -> Self {
        Self { samples_per_pixel: 256, pixels_per_second: None, split_channels: false, range: None }
    }
}

impl WaveformOptions {
    /// Sets [`samples_per_pixel`](Self::samples_per_pixel).
    #[must_use]
    pub fn with_samples_per_pixel(mut self, samples: u32) -> Self {
        self.samples_per_pixel = samples;
        self
    }

    /// Sets [`pixels_per_second`](Self::pixels_per_second).
    #[must_use]
    pub fn with_pixels_per_second(mut self, pixels: u32) -> Self {
        self.pixels_per_second = Some(pixels);
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
        match (self.pixels_per_second, self.samples_per_pixel) {
            (Some(0), _) => Err(Error::invalid_option("pixels_per_second", "0 is not at least 1")),
            (None, n @ 0..2) => Err(Error::invalid_option("samples_per_pixel", format!("{n} is not at least 2"))),
            _ => Ok(()),
        }
    }

    /// Samples in a bucket, once the sample rate is known.
    pub(crate) fn bucket_samples(&self, sample_rate_hz: u32) -> Result<u32> {
        let Some(pixels) = self.pixels_per_second else { return Ok(self.samples_per_pixel) };
        match sample_rate_hz / pixels.max(1) {
            n @ 0..2 => Err(Error::invalid_option(
                "pixels_per_second",
                format!("{pixels} leaves {n} of {sample_rate_hz} samples a second for a pixel, and 2 are needed"),
            )),
            n => Ok(n),
        }
    }
}
