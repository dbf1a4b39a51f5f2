//! The plan: a crop for every moment, as a value to keep, edit and render from.

use super::Window;
use crate::error::{Error, Result};
use crate::geometry::{AspectRatio, CropRect, Size};
use crate::time::{TimeRange, Timestamp};

/// A crop for every moment of a video.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(try_from = "PlanFields"))]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema), schemars(!try_from))]
#[non_exhaustive]
pub struct ReframePlan {
    /// The shape that is cut out.
    pub aspect: AspectRatio,
    /// Size of the upright picture with square pixels that the crops refer to.
    pub source_size: Size,
    /// One path a shot, in order of time; they do not overlap.
    pub shots: Vec<ReframeShot>,
}

/// The path of the crop through one shot.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[non_exhaustive]
pub struct ReframeShot {
    /// When the shot is on screen.
    #[cfg_attr(feature = "serde", serde(flatten))]
    pub range: TimeRange,
    /// Where the crop is at some moments, in order of time, at least one; between them it moves in a straight line,
    /// before the first and after the last it stands still.
    pub keyframes: Vec<CropKeyframe>,
}

/// Where the crop is at one moment.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[non_exhaustive]
pub struct CropKeyframe {
    /// The moment.
    #[cfg_attr(feature = "serde", serde(flatten, with = "crate::time::form::Time"))]
    #[cfg_attr(feature = "schema", schemars(with = "crate::time::form::Time"))]
    pub time: Timestamp,
    /// What is shown then, in display pixels.
    pub crop: CropRect,
}

/// How far a crop may lie outside the picture, in pixels: a plan that was printed with few digits still fits.
const SLACK_PIXELS: f64 = 0.5;
/// How far a crop's shape may be off: the same, for a crop of 100 pixels.
const SHAPE_SLACK: f64 = 0.01;

impl ReframePlan {
    /// The middle of the picture, for media that nobody analyzed.
    ///
    /// # Errors
    /// `invalid_option` where the picture has no pixels.
    pub fn centered(source_size: Size, aspect: AspectRatio, range: TimeRange) -> Result<Self> {
        if source_size.pixels() == 0 {
            return Err(Error::invalid_option("source_size", format!("{source_size} has no pixels")));
        }
        let shot = Window::new(aspect, source_size).standing(range, 0.5);
        Ok(Self::from_shots(aspect, source_size, [shot]))
    }

    pub(super) fn from_shots(
        aspect: AspectRatio,
        source_size: Size,
        shots: impl IntoIterator<Item = ReframeShot>,
    ) -> Self {
        Self { aspect, source_size, shots: shots.into_iter().collect() }
    }

    /// What is shown at that moment, in display pixels, not rounded. Before the first shot, after the last one and
    /// between two, the nearest shot decides.
    pub fn crop_at(&self, at: Timestamp) -> CropRect {
        let next = self.shots.partition_point(|shot| shot.range.start() <= at);
        let (before, after) = (next.checked_sub(1).and_then(|i| self.shots.get(i)), self.shots.get(next));
        let shot = match (before, after) {
            (Some(b), Some(a)) if at >= b.range.end() && a.range.start() - at < at - b.range.end() => Some(a),
            (Some(b), _) => Some(b),
            (None, a) => a,
        };
        shot.and_then(|shot| shot.crop_at(at)).unwrap_or_else(|| Window::new(self.aspect, self.source_size).at(0.5))
    }

    /// Checks what a plan edited by hand may get wrong.
    ///
    /// # Errors
    /// `invalid_option` where a shot has no keyframes, where shots or keyframes are out of order, or where a crop is
    /// empty, sticks out of the picture or has another shape.
    pub fn check(&self) -> Result<()> {
        self.problem().map_or(Ok(()), |problem| Err(Error::invalid_option("reframe", problem)))
    }

    fn problem(&self) -> Option<String> {
        if self.source_size.pixels() == 0 {
            return Some(format!("has a picture of {} pixels", self.source_size));
        }
        if self.shots.is_empty() {
            return Some("has no shots".into());
        }
        for (i, shot) in self.shots.iter().enumerate() {
            let at = |problem: &str| Some(format!("shot {i} at {}: {problem}", shot.range.start()));
            if i > 0 && self.shots[i - 1].range.end() > shot.range.start() {
                return at("begins before the shot before it ends");
            }
            if shot.keyframes.is_empty() {
                return at("has no keyframes");
            }
            if shot.keyframes.windows(2).any(|k| k[0].time >= k[1].time) {
                return at("its keyframes are not in order of time");
            }
            if let Some(bad) = shot.keyframes.iter().find_map(|k| self.crop_problem(k.crop)) {
                return at(&bad);
            }
        }
        None
    }

    fn crop_problem(&self, crop: CropRect) -> Option<String> {
        let CropRect { x, y, width, height } = crop;
        let (w, h) = (f64::from(self.source_size.width), f64::from(self.source_size.height));
        if ![x, y, width, height].iter().all(|v| v.is_finite()) || width < 1.0 || height < 1.0 {
            return Some(format!("the crop {width}x{height} at {x},{y} has no pixels"));
        }
        let inside = |from: f64, size: f64, length: f64| from >= -SLACK_PIXELS && from + size <= length + SLACK_PIXELS;
        if !inside(x, width, w) || !inside(y, height, h) {
            return Some(format!("the crop {width}x{height} at {x},{y} is not inside {}", self.source_size));
        }
        let off = (width / height / self.aspect.as_f64() - 1.0).abs();
        (off > SHAPE_SLACK).then(|| format!("the crop {width}x{height} is not of the shape {}", self.aspect))
    }
}

impl ReframeShot {
    fn crop_at(&self, at: Timestamp) -> Option<CropRect> {
        let at = at.max(self.range.start()).min(self.range.end());
        let next = self.keyframes.partition_point(|k| k.time <= at);
        match (next.checked_sub(1).and_then(|i| self.keyframes.get(i)), self.keyframes.get(next)) {
            (Some(a), Some(b)) => {
                let part = (at - a.time).as_seconds_f64() / (b.time - a.time).as_seconds_f64();
                Some(between(a.crop, b.crop, part))
            }
            (Some(k), None) | (None, Some(k)) => Some(k.crop),
            (None, None) => None,
        }
    }
}

fn between(a: CropRect, b: CropRect, part: f64) -> CropRect {
    let mix = |a: f64, b: f64| a + (b - a) * part;
    CropRect { x: mix(a.x, b.x), y: mix(a.y, b.y), width: mix(a.width, b.width), height: mix(a.height, b.height) }
}

#[cfg(feature = "serde")]
#[derive(serde::Deserialize)]
struct PlanFields {
    aspect: AspectRatio,
    source_size: Size,
    shots: Vec<ReframeShot>,
}

#[cfg(feature = "serde")]
impl TryFrom<PlanFields> for ReframePlan {
    type Error = String;
    fn try_from(fields: PlanFields) -> Result<Self, String> {
        let plan = Self { aspect: fields.aspect, source_size: fields.source_size, shots: fields.shots };
        plan.problem().map_or(Ok(plan), |problem| Err(format!("reframe plan {problem}")))
    }
}
