//! Which part of the picture another shape shows.

mod path;
mod plan;
mod track;

pub use plan::{CropKeyframe, ReframePlan, ReframeShot};

use crate::analysis::Analysis;
use crate::error::{Error, Result};
use crate::geometry::{AspectRatio, CropRect, Size, TrackKind};
use crate::time::{TimeRange, Timestamp};

/// What [`plan_reframe`] is asked for.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(default))]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[non_exhaustive]
pub struct ReframeOptions {
    /// The shape to cut out. Default: 9:16, as TikTok, Reels and Shorts show.
    pub aspect: AspectRatio,
    /// How far, in shares of the crop, the subject may stray from the middle of a crop that stands still, 0 to 0.5.
    /// More makes calmer pictures, less keeps the subject nearer to the middle. Default: 0.15, which leaves a subject
    /// of up to 70 % of the crop's width whole.
    pub still_tolerance: f64,
}

impl Default for ReframeOptions {
    fn default() -> Self {
        Self { aspect: AspectRatio::PORTRAIT_9_16, still_tolerance: 0.15 }
    }
}

impl ReframeOptions {
    /// The defaults, for that shape.
    pub fn to(aspect: AspectRatio) -> Self {
        Self { aspect, ..Self::default() }
    }

    /// Sets [`still_tolerance`](Self::still_tolerance).
    #[must_use]
    pub fn with_still_tolerance(mut self, still_tolerance: f64) -> Self {
        self.still_tolerance = still_tolerance;
        self
    }

    fn check(&self) -> Result<()> {
        if (0.0..=0.5).contains(&self.still_tolerance) {
            return Ok(());
        }
        Err(Error::invalid_option("still_tolerance", format!("{} is not in 0..=0.5", self.still_tolerance)))
    }
}

/// Plans the crop that follows the subject, shot by shot: it stands still where one place holds the subject nearly
/// all the time, and otherwise makes few, eased moves that begin before the subject does, since the whole shot is
/// known. It never moves across a change of shots, and every shot begins on its own subject.
///
/// The crop is the largest one of that shape; it is not rounded to pixels. Nothing is decoded, so another shape costs
/// next to nothing.
///
/// # Errors
/// `missing_track` where the media has no video, `invalid_option` for an option out of range and for an analysis in
/// which subjects were not looked for (unless the picture has that shape already).
///
/// # Examples
/// ```no_run
/// # use viralforge_core::*;
/// # fn reframe(analysis: &Analysis) -> Result<()> {
/// let plan = plan_reframe(analysis, &ReframeOptions::to(AspectRatio::PORTRAIT_9_16))?;
/// println!("at 2 s: {:?}", plan.crop_at(Timestamp::from_millis(2000)));
/// # Ok(())
/// # }
/// ```
pub fn plan_reframe(analysis: &Analysis, options: &ReframeOptions) -> Result<ReframePlan> {
    options.check()?;
    let size = display_size(analysis).ok_or_else(|| Error::missing_track("analysis", TrackKind::Video))?;
    let shots = shots(analysis);
    let window = Window::new(options.aspect, size);
    if window.fills() {
        return Ok(ReframePlan::from_shots(options.aspect, size, shots.iter().map(|shot| window.standing(*shot, 0.5))));
    }
    let Some(subject) = &analysis.subject else {
        return Err(Error::invalid_option("analysis", "has no subjects to follow; run analyze with subjects"));
    };
    let boundaries = analysis.scenes.as_ref().map_or(&[][..], |s| &s.boundaries);
    let paths = shots.iter().map(|shot| {
        let track = track::of_shot(subject, boundaries, *shot, window.axis);
        window.shot(*shot, &path::steady(&track, window.share, options.still_tolerance))
    });
    Ok(ReframePlan::from_shots(options.aspect, size, paths))
}

fn display_size(analysis: &Analysis) -> Option<Size> {
    let size = analysis.media.video()?.video.as_ref()?.display_size;
    (size.width > 0 && size.height > 0).then_some(size)
}

/// The shots of the analysis; one over everything where they were not looked for.
fn shots(analysis: &Analysis) -> Vec<TimeRange> {
    let found: Vec<_> =
        analysis.scenes.iter().flat_map(|s| &s.scenes).map(|s| s.range).filter(|r| r.start() < r.end()).collect();
    if !found.is_empty() {
        return found;
    }
    let last = analysis.subject.as_ref().and_then(|s| s.last()).map_or(Timestamp::ZERO, |s| s.time);
    let end = analysis.media.duration.unwrap_or(last).max(last).max(Timestamp::ZERO);
    TimeRange::new(Timestamp::ZERO, end).into_iter().collect()
}

/// The axis along which a crop can move.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Axis {
    X,
    Y,
}

/// The largest crop of a shape in a picture. It touches two opposite edges, so it moves along one axis only.
struct Window {
    axis: Axis,
    /// The crop's extent along the axis, as a share of the picture's; 1 where it fills the picture.
    share: f64,
    size: Size,
    width: f64,
    height: f64,
}

impl Window {
    fn new(aspect: AspectRatio, size: Size) -> Self {
        let (width, height) = aspect.fit_inside(size);
        let (across, down) = (width / f64::from(size.width), height / f64::from(size.height));
        let (axis, share) = if across < down { (Axis::X, across) } else { (Axis::Y, down) };
        Self { axis, share: share.clamp(0.0, 1.0), size, width, height }
    }

    /// Whether there is less than a pixel to choose.
    fn fills(&self) -> bool {
        f64::from(self.size.width) - self.width < 1.0 && f64::from(self.size.height) - self.height < 1.0
    }

    /// The crop whose middle is at `center`, a share of the picture, moved inside where it would stick out.
    fn at(&self, center: f64) -> CropRect {
        let (w, h) = (f64::from(self.size.width), f64::from(self.size.height));
        let place = |length: f64, size: f64, center: f64| (center * length - size / 2.0).clamp(0.0, length - size);
        let (x, y) = match self.axis {
            Axis::X => (place(w, self.width, center), (h - self.height) / 2.0),
            Axis::Y => ((w - self.width) / 2.0, place(h, self.height, center)),
        };
        CropRect { x, y, width: self.width, height: self.height }
    }

    fn standing(&self, range: TimeRange, center: f64) -> ReframeShot {
        ReframeShot { range, keyframes: vec![CropKeyframe { time: range.start(), crop: self.at(center) }] }
    }

    fn shot(&self, range: TimeRange, path: &[path::Knot]) -> ReframeShot {
        let keyframe = |knot: &path::Knot| CropKeyframe {
            time: range.start() + Timestamp::new(knot.step, track::STEPS_PER_SECOND),
            crop: self.at(knot.center),
        };
        ReframeShot { range, keyframes: path.iter().map(keyframe).collect() }
    }
}

#[cfg(test)]
mod tests;
