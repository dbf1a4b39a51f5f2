//! Ways of finding boundaries, by name. All but the standard one are those of PySceneDetect, with its parameters under
//! its names, so that its users find their thresholds again.

use super::finder::Finder;
use super::options::SceneOptions;
use super::standard::StandardFinder;
use crate::error::{Error, Result};

/// How boundaries are found.
#[derive(Clone, Debug, Default, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(tag = "name", rename_all = "snake_case"))]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[non_exhaustive]
pub enum SceneMethod {
    /// Cuts, dissolves, fades and wipes, told from motion, flashes and lights by what is usual around them.
    #[default]
    Standard,
    /// A cut where hue, saturation and brightness change by more than a fixed amount.
    Content(ContentMethod),
    /// A cut where that change is far above the changes around it.
    Adaptive(AdaptiveMethod),
    /// A cut where the histogram of brightness changes.
    Histogram(HistogramMethod),
    /// A cut where the perceptual hash changes.
    Hash(HashMethod),
    /// A fade where the average brightness falls below a level and rises again.
    FadeThreshold(FadeThresholdMethod),
}

/// Parameters of [`SceneMethod::Content`].
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(default, deny_unknown_fields))]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[non_exhaustive]
pub struct ContentMethod {
    /// Change of the weighted mean of the components, in levels, from which on it is a cut: 0 to 255. Default: 27.
    pub threshold: f64,
}

impl Default for ContentMethod {
    fn default() -> Self {
        Self { threshold: 27.0 }
    }
}

/// Parameters of [`SceneMethod::Adaptive`].
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(default, deny_unknown_fields))]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[non_exhaustive]
pub struct AdaptiveMethod {
    /// How many times the mean change of the frames around it a change must be. Default: 3.
    pub adaptive_threshold: f64,
}

impl Default for AdaptiveMethod {
    fn default() -> Self {
        Self { adaptive_threshold: 3.0 }
    }
}

/// Parameters of [`SceneMethod::Histogram`].
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(default, deny_unknown_fields))]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[non_exhaustive]
pub struct HistogramMethod {
    /// How far the correlation of two histograms must fall below 1 for a cut. Default: 0.05.
    pub threshold: f64,
}

impl Default for HistogramMethod {
    fn default() -> Self {
        Self { threshold: 0.05 }
    }
}

/// Parameters of [`SceneMethod::Hash`].
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(default, deny_unknown_fields))]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[non_exhaustive]
pub struct HashMethod {
    /// Share of the bits of two hashes that must differ for a cut, 0 to 1. Default: 0.395.
    pub threshold: f64,
}

impl Default for HashMethod {
    fn default() -> Self {
        Self { threshold: 0.395 }
    }
}

/// Parameters of [`SceneMethod::FadeThreshold`].
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(default, deny_unknown_fields))]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[non_exhaustive]
pub struct FadeThresholdMethod {
    /// Average of red, green and blue below which a frame is faded out, in levels 0 to 255. Default: 12.
    pub threshold: f64,
}

impl Default for FadeThresholdMethod {
    fn default() -> Self {
        Self { threshold: 12.0 }
    }
}

impl SceneMethod {
    /// Longer side of the pictures that are compared, in pixels.
    pub(crate) fn side(&self) -> u32 {
        super::standard::SMALL_SIDE
    }

    pub(super) fn finder(&self, options: &SceneOptions) -> Result<Box<dyn Finder>> {
        match self {
            Self::Standard => Ok(Box::new(StandardFinder::new(options))),
            _ => Err(Error::invalid_option("method", "is not there yet")),
        }
    }

    pub(super) fn validate(&self) -> Result<()> {
        Ok(())
    }
}
