//! The parameters of the classic methods: names, meanings and defaults of PySceneDetect 0.7.

use std::fmt::Display;

use crate::error::{Error, Result};

/// Parameters of [`SceneMethod::Content`](crate::SceneMethod::Content): PySceneDetect's `detect-content`.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(default, deny_unknown_fields))]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[non_exhaustive]
pub struct ContentMethod {
    /// Change of the weighted mean of the components (`content_val`), in levels, from which on it is a cut: 0 to 255.
    /// Default: 27.
    pub threshold: f64,
    /// How much each component counts. Default: hue, saturation and brightness alike, edges not.
    pub weights: ContentWeights,
    /// Looks at brightness alone, whatever the weights are. Default: off.
    pub luma_only: bool,
    /// Width that edges are spread to before they are compared, in pixels of a picture of 256 pixels: odd, 3 to 99.
    /// Default: by the size of the picture, 5 for most.
    pub kernel_size: Option<u32>,
}

/// How much each component counts in a change of content; -1000 to 1000 each, not all zero. Their absolute values are
/// what the sum is divided by.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(default, deny_unknown_fields))]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct ContentWeights {
    /// Of the mean change of hue, in steps of 2 degrees. Default: 1.
    pub delta_hue: f64,
    /// Of the mean change of saturation, in levels of 0 to 255. Default: 1.
    pub delta_sat: f64,
    /// Of the mean change of the brightest of red, green and blue, in levels of 0 to 255. Default: 1.
    pub delta_lum: f64,
    /// Of the share of pixels that become or cease to be edges, times 255. Default: 0.
    pub delta_edges: f64,
}

/// Parameters of [`SceneMethod::Adaptive`](crate::SceneMethod::Adaptive): PySceneDetect's `detect-adaptive`.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(default, deny_unknown_fields))]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[non_exhaustive]
pub struct AdaptiveMethod {
    /// How many times the mean change of the frames around it a change must be (`adaptive_ratio`): 0 to 255.
    /// Default: 3.
    pub adaptive_threshold: f64,
    /// Frames before and as many after a frame that its change is compared with: 1 to 1000. The first and last so many
    /// frames of a video hold no cut. Default: 2.
    pub window_width: u32,
    /// Change of content, in levels, below which there is no cut whatever the ratio is: 0 to 255. Default: 15.
    pub min_content_val: f64,
    /// How much each component counts. Default: hue, saturation and brightness alike, edges not.
    pub weights: ContentWeights,
    /// Looks at brightness alone, whatever the weights are. Default: off.
    pub luma_only: bool,
    /// Width that edges are spread to before they are compared, in pixels of a picture of 256 pixels: odd, 3 to 99.
    /// Default: by the size of the picture, 5 for most.
    pub kernel_size: Option<u32>,
}

/// Parameters of [`SceneMethod::Histogram`](crate::SceneMethod::Histogram): PySceneDetect's `detect-hist`.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(default, deny_unknown_fields))]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[non_exhaustive]
pub struct HistogramMethod {
    /// How far the correlation of two histograms (`hist_diff`) must fall below 1 for a cut: 0 to 1. Default: 0.05.
    pub threshold: f64,
    /// Bins of the histogram of luma: 2 to 256. Default: 256.
    pub bins: u32,
}

/// Parameters of [`SceneMethod::Hash`](crate::SceneMethod::Hash): PySceneDetect's `detect-hash`.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(default, deny_unknown_fields))]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[non_exhaustive]
pub struct HashMethod {
    /// Share of the bits of two hashes that must differ for a cut (`hash_dist`): 0 to 1. Default: 0.395.
    pub threshold: f64,
    /// Side of the square of low frequencies that a hash has a bit for each of: 2 to 64. Default: 16.
    pub size: u32,
    /// How many times that the picture measures whose frequencies are taken: 2 keeps the lower half of them. From 1 on,
    /// `size` times this at most 256. Default: 2.
    pub lowpass: u32,
}

/// Parameters of [`SceneMethod::FadeThreshold`](crate::SceneMethod::FadeThreshold): PySceneDetect's
/// `detect-threshold`.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(default, deny_unknown_fields))]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[non_exhaustive]
pub struct FadeThresholdMethod {
    /// Average of red, green and blue (`average_rgb`) that is crossed where a picture fades out and in again: 0 to 255.
    /// PySceneDetect cuts off what follows the decimal point. Default: 12.
    pub threshold: f64,
    /// Which side of the threshold is faded out. Default: below it.
    pub method: FadeMethod,
    /// Where between fade-out and fade-in the next scene begins: -1 (fade-out) to 1 (fade-in). Default: 0, in the
    /// middle.
    pub fade_bias: f64,
    /// Whether a video that ends faded out has one more boundary, at that fade-out. Default: off.
    pub add_final_scene: bool,
}

/// Which side of the threshold is faded out.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(rename_all = "snake_case"))]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub enum FadeMethod {
    /// Darker than the threshold: fades to black.
    #[default]
    Floor,
    /// As bright as the threshold or brighter: fades to white.
    Ceiling,
}

/// Widest spread of edges, in pixels.
const MAX_KERNEL: u32 = 99;
/// Largest weight: beyond lies nothing but rounding.
const MAX_WEIGHT: f64 = 1000.0;
const MAX_WINDOW: u32 = 1000;
const MAX_HASH_SIZE: u32 = 64;
/// Side of the largest picture that is hashed: no larger one is at hand.
const MAX_HASH_SIDE: u32 = 256;

impl Default for ContentMethod {
    fn default() -> Self {
        Self { threshold: 27.0, weights: ContentWeights::default(), luma_only: false, kernel_size: None }
    }
}

impl Default for ContentWeights {
    fn default() -> Self {
        Self { delta_hue: 1.0, delta_sat: 1.0, delta_lum: 1.0, delta_edges: 0.0 }
    }
}

impl Default for AdaptiveMethod {
    fn default() -> Self {
        Self {
            adaptive_threshold: 3.0,
            window_width: 2,
            min_content_val: 15.0,
            weights: ContentWeights::default(),
            luma_only: false,
            kernel_size: None,
        }
    }
}

impl Default for HistogramMethod {
    fn default() -> Self {
        Self { threshold: 0.05, bins: 256 }
    }
}

impl Default for HashMethod {
    fn default() -> Self {
        Self { threshold: 0.395, size: 16, lowpass: 2 }
    }
}

impl Default for FadeThresholdMethod {
    fn default() -> Self {
        Self { threshold: 12.0, method: FadeMethod::default(), fade_bias: 0.0, add_final_scene: false }
    }
}

fn in_range<T: PartialOrd + Display>(name: &'static str, value: T, least: T, most: T) -> Result<()> {
    if value >= least && value <= most {
        return Ok(());
    }
    Err(Error::invalid_option(name, format!("{value} is not in {least}..={most}")))
}

impl ContentWeights {
    fn validate(&self) -> Result<()> {
        let Self { delta_hue, delta_sat, delta_lum, delta_edges } = *self;
        in_range("method.weights.delta_hue", delta_hue, -MAX_WEIGHT, MAX_WEIGHT)?;
        in_range("method.weights.delta_sat", delta_sat, -MAX_WEIGHT, MAX_WEIGHT)?;
        in_range("method.weights.delta_lum", delta_lum, -MAX_WEIGHT, MAX_WEIGHT)?;
        in_range("method.weights.delta_edges", delta_edges, -MAX_WEIGHT, MAX_WEIGHT)?;
        if [delta_hue, delta_sat, delta_lum, delta_edges].iter().all(|weight| *weight == 0.0) {
            return Err(Error::invalid_option("method.weights", "are all zero"));
        }
        Ok(())
    }
}

fn valid_kernel(kernel_size: Option<u32>) -> Result<()> {
    match kernel_size {
        Some(size) if !(3..=MAX_KERNEL).contains(&size) || size.is_multiple_of(2) => {
            Err(Error::invalid_option("method.kernel_size", format!("{size} is not an odd number in 3..={MAX_KERNEL}")))
        }
        _ => Ok(()),
    }
}

impl ContentMethod {
    pub(in crate::scene) fn validate(&self) -> Result<()> {
        in_range("method.threshold", self.threshold, 0.0, 255.0)?;
        valid_kernel(self.kernel_size)?;
        self.weights.validate()
    }
}

impl AdaptiveMethod {
    pub(in crate::scene) fn validate(&self) -> Result<()> {
        in_range("method.adaptive_threshold", self.adaptive_threshold, 0.0, 255.0)?;
        in_range("method.window_width", self.window_width, 1, MAX_WINDOW)?;
        in_range("method.min_content_val", self.min_content_val, 0.0, 255.0)?;
        valid_kernel(self.kernel_size)?;
        self.weights.validate()
    }
}

impl HistogramMethod {
    pub(in crate::scene) fn validate(&self) -> Result<()> {
        in_range("method.threshold", self.threshold, 0.0, 1.0)?;
        in_range("method.bins", self.bins, 2, 256)
    }
}

impl HashMethod {
    pub(in crate::scene) fn validate(&self) -> Result<()> {
        in_range("method.threshold", self.threshold, 0.0, 1.0)?;
        in_range("method.size", self.size, 2, MAX_HASH_SIZE)?;
        in_range("method.lowpass", self.lowpass, 1, MAX_HASH_SIDE / self.size)
    }
}

impl FadeThresholdMethod {
    pub(in crate::scene) fn validate(&self) -> Result<()> {
        in_range("method.threshold", self.threshold, 0.0, 255.0)?;
        in_range("method.fade_bias", self.fade_bias, -1.0, 1.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_parameter_out_of_range_is_named() {
        let content = ContentMethod::default();
        let weights =
            |delta_hue, delta_edges| ContentWeights { delta_hue, delta_sat: 0.0, delta_lum: 0.0, delta_edges };
        let problems = [
            ContentMethod { kernel_size: Some(4), ..content.clone() }.validate(),
            ContentMethod { weights: weights(0.0, 0.0), ..content.clone() }.validate(),
            ContentMethod { weights: weights(1.0, f64::INFINITY), ..content.clone() }.validate(),
            AdaptiveMethod { window_width: 0, ..AdaptiveMethod::default() }.validate(),
            HistogramMethod { bins: 1, ..HistogramMethod::default() }.validate(),
            HashMethod { size: 64, lowpass: 5, ..HashMethod::default() }.validate(),
            FadeThresholdMethod { fade_bias: 1.1, ..FadeThresholdMethod::default() }.validate(),
        ];
        let names = ["kernel_size", "weights", "weights.delta_edges", "window_width", "bins", "lowpass", "fade_bias"];
        for (problem, name) in problems.iter().zip(names) {
            let text = problem.as_ref().unwrap_err().to_string();
            assert!(text.starts_with(&format!("method.{name} ")), "{text}");
        }
        ContentMethod { weights: weights(-1.0, 2.0), kernel_size: Some(3), ..content }.validate().unwrap();
    }
}
