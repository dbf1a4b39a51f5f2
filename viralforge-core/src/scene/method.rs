//! Ways of finding boundaries, by name. All but the standard one are those of PySceneDetect 0.7, with its parameters
//! under its names, so that its users find their thresholds again.

use super::classic::{AdaptiveFinder, ContentFinder, FadeFinder, HashFinder, HistogramFinder};
use super::classic::{AdaptiveMethod, ContentMethod, FadeThresholdMethod, HashMethod, HistogramMethod};
use super::finder::Finder;
use super::options::SceneOptions;
use super::standard::{SMALL_SIDE, StandardFinder};
use crate::error::Result;

/// How boundaries are found.
///
/// In JSON an object, `{"name": "content", "threshold": 27}`, where parameters may be left out; only the name,
/// `"content"`, is read as well. Names: `standard`, `content`, `adaptive`, `histogram`, `hash`, `fade_threshold`.
///
/// The others than the standard one do what the detectors of PySceneDetect do, on pictures of the same size (256 pixels
/// at the longer side), so its parameters mean the same here, but for these: `min_scene_len` is
/// [`SceneOptions::min_scene_duration`], a time instead of 15 frames, which PySceneDetect has where nothing else is
/// said; and `filter_mode` is always its `suppress`.
#[derive(Clone, Debug, Default, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(tag = "name", rename_all = "snake_case", remote = "Self"))]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[cfg_attr(feature = "schema", schemars(rename = "SceneMethod", transform = form::or_name))]
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

/// Longer side of the pictures that PySceneDetect compares, in pixels.
const CLASSIC_SIDE: u32 = 256;

impl SceneMethod {
    /// [`Content`](Self::Content) with that [`threshold`](ContentMethod::threshold).
    pub fn content(threshold: f64) -> Self {
        Self::Content(ContentMethod { threshold, ..ContentMethod::default() })
    }

    /// [`Adaptive`](Self::Adaptive) with that [`adaptive_threshold`](AdaptiveMethod::adaptive_threshold).
    pub fn adaptive(adaptive_threshold: f64) -> Self {
        Self::Adaptive(AdaptiveMethod { adaptive_threshold, ..AdaptiveMethod::default() })
    }

    /// [`Histogram`](Self::Histogram) with that [`threshold`](HistogramMethod::threshold).
    pub fn histogram(threshold: f64) -> Self {
        Self::Histogram(HistogramMethod { threshold, ..HistogramMethod::default() })
    }

    /// [`Hash`](Self::Hash) with that [`threshold`](HashMethod::threshold).
    pub fn hash(threshold: f64) -> Self {
        Self::Hash(HashMethod { threshold, ..HashMethod::default() })
    }

    /// [`FadeThreshold`](Self::FadeThreshold) with that [`threshold`](FadeThresholdMethod::threshold).
    pub fn fade_threshold(threshold: f64) -> Self {
        Self::FadeThreshold(FadeThresholdMethod { threshold, ..FadeThresholdMethod::default() })
    }

    /// Its name in JSON and in every other output.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Standard => "standard",
            Self::Content(_) => "content",
            Self::Adaptive(_) => "adaptive",
            Self::Histogram(_) => "histogram",
            Self::Hash(_) => "hash",
            Self::FadeThreshold(_) => "fade_threshold",
        }
    }

    /// Longer side of the pictures that are compared, in pixels.
    pub(crate) fn side(&self) -> u32 {
        match self {
            // An average is the same at any size.
            Self::Standard | Self::FadeThreshold(_) => SMALL_SIDE,
            Self::Content(_) | Self::Adaptive(_) | Self::Histogram(_) | Self::Hash(_) => CLASSIC_SIDE,
        }
    }

    pub(super) fn finder(&self, options: &SceneOptions) -> Result<Box<dyn Finder>> {
        self.validate()?;
        let statistics = options.statistics;
        Ok(match self {
            Self::Standard => Box::new(StandardFinder::new(options)),
            Self::Content(method) => Box::new(ContentFinder::new(method, statistics)),
            Self::Adaptive(method) => Box::new(AdaptiveFinder::new(method, statistics)),
            Self::Histogram(method) => Box::new(HistogramFinder::new(method, statistics)),
            Self::Hash(method) => Box::new(HashFinder::new(method, statistics)),
            Self::FadeThreshold(method) => Box::new(FadeFinder::new(method, statistics)),
        })
    }

    pub(super) fn validate(&self) -> Result<()> {
        match self {
            Self::Standard => Ok(()),
            Self::Content(method) => method.validate(),
            Self::Adaptive(method) => method.validate(),
            Self::Histogram(method) => method.validate(),
            Self::Hash(method) => method.validate(),
            Self::FadeThreshold(method) => method.validate(),
        }
    }
}

/// A method as data: an object, or its name alone.
#[cfg(feature = "serde")]
mod form {
    use std::fmt;

    use serde::de::value::{MapAccessDeserializer, MapDeserializer};
    use serde::de::{Error, MapAccess, Visitor};
    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    use super::SceneMethod;

    impl Serialize for SceneMethod {
        fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
            SceneMethod::serialize(self, serializer)
        }
    }

    impl<'de> Deserialize<'de> for SceneMethod {
        fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
            deserializer.deserialize_any(NameOrObject)
        }
    }

    struct NameOrObject;

    impl<'de> Visitor<'de> for NameOrObject {
        type Value = SceneMethod;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("the name of a method, or an object with its name and parameters")
        }

        fn visit_str<E: Error>(self, name: &str) -> Result<SceneMethod, E> {
            SceneMethod::deserialize(MapDeserializer::new(std::iter::once(("name", name))))
        }

        fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<SceneMethod, A::Error> {
            SceneMethod::deserialize(MapAccessDeserializer::new(map))
        }
    }

    /// Allows the name alone in the schema of the objects.
    #[cfg(feature = "schema")]
    pub(super) fn or_name(schema: &mut schemars::Schema) {
        let Some(objects) = schema.get("oneOf").and_then(|of| of.as_array()).cloned() else { return };
        let names: Vec<_> = objects.iter().map(|o| o["properties"]["name"]["const"].clone()).collect();
        let mut either = objects;
        either.push(serde_json::json!({ "description": "Its name alone.", "type": "string", "enum": names }));
        schema.insert("oneOf".to_owned(), either.into());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all() -> [SceneMethod; 6] {
        [
            SceneMethod::Standard,
            SceneMethod::content(20.0),
            SceneMethod::adaptive(2.0),
            SceneMethod::histogram(0.1),
            SceneMethod::hash(0.3),
            SceneMethod::fade_threshold(8.0),
        ]
    }

    #[cfg(feature = "serde")]
    #[test]
    fn a_method_reads_back_and_its_name_alone_means_the_defaults() {
        for method in all() {
            let json = serde_json::to_value(&method).unwrap();
            assert_eq!(json["name"], method.name());
            assert_eq!(serde_json::from_value::<SceneMethod>(json).unwrap(), method);
            let named: SceneMethod = serde_json::from_value(method.name().into()).unwrap();
            assert_eq!(named.name(), method.name());
        }
        let read = |text: &str| serde_json::from_str::<SceneMethod>(text);
        assert_eq!(read(r#""content""#).unwrap(), SceneMethod::content(27.0));
        assert_eq!(read(r#"{"name":"content","threshold":30}"#).unwrap(), SceneMethod::content(30.0));
        assert_eq!(read(r#"{"threshold":30,"name":"hash"}"#).unwrap(), SceneMethod::hash(30.0));
        for wrong in [r#""contents""#, r#"{"name":"content","treshold":3}"#, r#"{"threshold":3}"#, "27", "null"] {
            assert!(read(wrong).is_err(), "{wrong}");
        }
    }

    #[cfg(feature = "schema")]
    #[test]
    fn the_schema_tells_of_objects_and_of_names() {
        let schema = schemars::schema_for!(SceneMethod);
        let either = schema.get("oneOf").and_then(|of| of.as_array()).unwrap();
        let names: Vec<_> = all().iter().map(|m| m.name()).collect();
        assert_eq!(either.last().unwrap()["enum"], serde_json::json!(names));
        assert_eq!(either.len(), names.len() + 1);
    }

    #[test]
    fn parameters_out_of_range_are_named() {
        let problem = |method: SceneMethod| method.validate().unwrap_err().to_string();
        for method in all() {
            method.validate().unwrap();
        }
        assert!(problem(SceneMethod::content(256.0)).starts_with("method.threshold"));
        assert!(problem(SceneMethod::content(f64::NAN)).starts_with("method.threshold"));
        assert!(problem(SceneMethod::adaptive(-1.0)).starts_with("method.adaptive_threshold"));
        assert!(problem(SceneMethod::hash(1.5)).starts_with("method.threshold"));
        let options = SceneOptions::default().with_method(SceneMethod::histogram(-0.1));
        assert!(options.validate().unwrap_err().to_string().starts_with("method.threshold"));
    }
}
