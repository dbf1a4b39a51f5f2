//! The loudest and quietest sample of each stretch of sound, for drawing.

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
