//! Loudness after ITU-R BS.1770 and EBU R 128.

/// What `measure_loudness` found. `None` where the sound is too short or silent for a figure.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub struct LoudnessReport {
    /// Gated loudness of the whole programme in LUFS (ITU-R BS.1770-5).
    pub integrated_lufs: Option<f64>,
    /// Spread between quiet and loud passages in LU (EBU Tech 3342).
    pub loudness_range_lu: Option<f64>,
    /// Loudest stretch of 3 s, in LUFS.
    pub max_short_term_lufs: Option<f64>,
    /// Loudest stretch of 400 ms, in LUFS.
    pub max_momentary_lufs: Option<f64>,
    /// Highest peak of the continuous signal, in dB relative to full scale (BS.1770-5 annex 2).
    pub true_peak_dbtp: Option<f64>,
    /// Highest sample, in dB relative to full scale.
    pub sample_peak_dbfs: Option<f64>,
}
