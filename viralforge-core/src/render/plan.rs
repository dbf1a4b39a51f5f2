//! What to write: which stretch, which part of the picture, how large, how encoded.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use crate::error::{Error, Result};
use crate::geometry::{AspectRatio, CropRect, Size};
use crate::preset::Preset;
use crate::reframe::ReframePlan;
use crate::time::{TimeRange, Timestamp};

/// A file to make of a source. Plain data: it can be stored, edited, sent elsewhere and rendered later.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(default))]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[non_exhaustive]
pub struct RenderPlan {
    /// The stretch to show; frames whose time lies in it are written. Default: all.
    pub range: Option<TimeRange>,
    /// How the stretch is cut out. Default: exact.
    pub cut: CutMode,
    /// The crop at each moment. Default: none; `aspect` may still crop.
    pub reframe: Option<ReframePlan>,
    /// The shape of the result where there is no `reframe`: the middle of the picture is cut to it. Default: the
    /// source's own.
    pub aspect: Option<AspectRatio>,
    /// Exact size of the result. Default: that of the crop, unless `height` is set.
    pub size: Option<Size>,
    /// Height of the result in pixels, the width following from the shape. Default: that of the crop.
    pub height: Option<u32>,
    /// Constant rate factor of x264: 0 (lossless) to 51 (worst); six steps halve the size. Default: 23.
    pub crf: u8,
    /// How long the encoder thinks. Default: medium.
    pub speed: Speed,
    /// The longest distance between keyframes. Default: 2 s, the most that all platforms accept.
    #[cfg_attr(feature = "serde", serde(rename = "keyframe_interval_seconds", with = "crate::time::form::Seconds"))]
    #[cfg_attr(feature = "schema", schemars(with = "crate::time::form::Seconds"))]
    pub keyframe_interval: Duration,
    /// Put frames at even distances, at the rate that the source's means and at most 60 a second, showing a picture
    /// twice or leaving one out where it must be: what platforms want. Default: no, every picture keeps its time.
    pub constant_frame_rate: bool,
    /// Bits a second of the sound. Default: 128,000.
    pub audio_bit_rate_bps: u64,
    /// Samples a second of the sound, in hertz. Default: the source's own.
    pub audio_sample_rate_hz: Option<u32>,
    /// Leave the sound out. Default: no.
    pub mute: bool,
}

/// Two seconds: the most that all platforms accept.
pub(crate) const KEYFRAME_INTERVAL: Duration = Duration::from_secs(2);

impl Default for RenderPlan {
    fn default() -> Self {
        Self {
            range: None,
            cut: CutMode::default(),
            reframe: None,
            aspect: None,
            size: None,
            height: None,
            crf: 23,
            speed: Speed::default(),
            keyframe_interval: KEYFRAME_INTERVAL,
            constant_frame_rate: false,
            audio_bit_rate_bps: 128_000,
            audio_sample_rate_hz: None,
            mute: false,
        }
    }
}

impl RenderPlan {
    /// The whole source.
    pub fn whole() -> Self {
        Self::default()
    }

    /// One stretch of the source.
    pub fn clip(range: TimeRange) -> Self {
        Self { range: Some(range), ..Self::default() }
    }

    /// Sets [`range`](Self::range).
    #[must_use]
    pub fn with_range(mut self, range: TimeRange) -> Self {
        self.range = Some(range);
        self
    }

    /// Sets [`cut`](Self::cut).
    #[must_use]
    pub fn with_cut(mut self, cut: CutMode) -> Self {
        self.cut = cut;
        self
    }

    /// Sets [`reframe`](Self::reframe).
    #[must_use]
    pub fn with_reframe(mut self, reframe: ReframePlan) -> Self {
        self.reframe = Some(reframe);
        self
    }

    /// Sets [`aspect`](Self::aspect).
    #[must_use]
    pub fn with_aspect(mut self, aspect: AspectRatio) -> Self {
        self.aspect = Some(aspect);
        self
    }

    /// Sets [`size`](Self::size).
    #[must_use]
    pub fn with_size(mut self, size: Size) -> Self {
        self.size = Some(size);
        self
    }

    /// Sets [`height`](Self::height).
    #[must_use]
    pub fn with_height(mut self, height: u32) -> Self {
        self.height = Some(height);
        self
    }

    /// Sets [`crf`](Self::crf).
    #[must_use]
    pub fn with_crf(mut self, crf: u8) -> Self {
        self.crf = crf;
        self
    }

    /// Sets [`speed`](Self::speed).
    #[must_use]
    pub fn with_speed(mut self, speed: Speed) -> Self {
        self.speed = speed;
        self
    }

    /// Sets [`keyframe_interval`](Self::keyframe_interval).
    #[must_use]
    pub fn with_keyframe_interval(mut self, interval: Duration) -> Self {
        self.keyframe_interval = interval;
        self
    }

    /// Puts frames at even distances.
    #[must_use]
    pub fn with_constant_frame_rate(mut self) -> Self {
        self.constant_frame_rate = true;
        self
    }

    /// Leaves the sound out.
    #[must_use]
    pub fn muted(mut self) -> Self {
        self.mute = true;
        self
    }

    /// Sets shape, size and encoding to what a platform wants. Range, crop and speed stay as they are.
    #[must_use]
    pub fn with_preset(mut self, preset: Preset) -> Self {
        self.aspect = Some(preset.aspect());
        self.size = Some(preset.size());
        self.crf = preset.crf();
        self.constant_frame_rate = true;
        self.audio_bit_rate_bps = preset.audio_bit_rate_bps();
        self.audio_sample_rate_hz = Some(48_000);
        self
    }

    /// # Errors
    /// `invalid_option` where a field has a value that cannot be rendered.
    pub(crate) fn check(&self) -> Result<()> {
        if self.crf > 51 {
            return Err(Error::invalid_option("crf", format_args!("{} is not in 0..=51", self.crf)));
        }
        if let Some(range) = self.range.filter(|r| r.duration() <= Timestamp::ZERO) {
            return Err(Error::invalid_option("range", format_args!("is empty: {} to {}", range.start(), range.end())));
        }
        let sides = self.size.map(|s| [s.width, s.height]);
        for side in sides.into_iter().flatten().chain(self.height) {
            if !(16..=8192).contains(&side) || side % 2 != 0 {
                return Err(Error::invalid_option("size", format_args!("{side} is not an even number in 16..=8192")));
            }
        }
        if self.keyframe_interval.is_zero() || self.keyframe_interval > Duration::from_secs(60) {
            let seconds = self.keyframe_interval.as_secs_f64();
            let problem = format_args!("{seconds} is not above 0 and at most 60");
            return Err(Error::invalid_option("keyframe_interval_seconds", problem));
        }
        if !(8_000..=512_000).contains(&self.audio_bit_rate_bps) {
            let rate = self.audio_bit_rate_bps;
            return Err(Error::invalid_option("audio_bit_rate_bps", format_args!("{rate} is not in 8000..=512000")));
        }
        Ok(())
    }

    /// The part of the picture that is shown at a moment of the source, in display pixels.
    pub(crate) fn crop_at(&self, at: Timestamp, display: Size) -> CropRect {
        if let Some(reframe) = &self.reframe {
            return reframe.crop_at(at);
        }
        let Some(aspect) = self.aspect else { return CropRect::whole(display) };
        let (width, height) = aspect.fit_inside(display);
        let (x, y) = ((f64::from(display.width) - width) / 2.0, (f64::from(display.height) - height) / 2.0);
        CropRect { x, y, width, height }
    }

    /// The size of the result for a source of that display size: even in both directions, as 4:2:0 needs.
    pub(crate) fn output_size(&self, display: Size) -> Size {
        let start = self.range.map_or(Timestamp::ZERO, TimeRange::start);
        let crop = self.crop_at(start, display);
        let even = |side: f64| ((side / 2.0).round() as u32).clamp(8, 4096) * 2;
        if let Some(size) = self.size {
            return size;
        }
        let shape = match (&self.reframe, self.aspect) {
            (Some(reframe), _) => reframe.aspect.as_f64(),
            (None, Some(aspect)) => aspect.as_f64(),
            (None, None) => crop.width / crop.height,
        };
        match self.height {
            Some(height) => Size::new(even(f64::from(height) * shape), height),
            None => Size::new(even(crop.width), even(crop.height)),
        }
    }
}

/// How a stretch is cut out of a source.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(rename_all = "lowercase"))]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[non_exhaustive]
pub enum CutMode {
    /// Everything is encoded again; first and last frame are exact.
    #[default]
    Exact,
    /// Only the GOPs at the edges are encoded again, the rest is copied. Where that cannot be done, the cut is exact
    /// and the report says so; for now that is everywhere.
    Smart,
}

impl CutMode {
    /// Every mode.
    pub const ALL: [Self; 2] = [Self::Exact, Self::Smart];

    /// Its name in JSON and on the command line.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Exact => "exact",
            Self::Smart => "smart",
        }
    }
}

impl FromStr for CutMode {
    type Err = String;
    fn from_str(text: &str) -> Result<Self, String> {
        Self::ALL.into_iter().find(|m| m.name() == text).ok_or_else(|| format!("{text:?} is not exact or smart"))
    }
}

/// How long the encoder thinks about each picture: x264's presets.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(rename_all = "lowercase"))]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[allow(missing_docs, reason = "the names are x264's own and say it all")]
pub enum Speed {
    Ultrafast,
    Superfast,
    Veryfast,
    Faster,
    Fast,
    #[default]
    Medium,
    Slow,
    Slower,
    Veryslow,
}

impl Speed {
    /// Every speed, the quickest first.
    pub const ALL: [Self; 9] = [
        Self::Ultrafast,
        Self::Superfast,
        Self::Veryfast,
        Self::Faster,
        Self::Fast,
        Self::Medium,
        Self::Slow,
        Self::Slower,
        Self::Veryslow,
    ];

    /// x264's name.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Ultrafast => "ultrafast",
            Self::Superfast => "superfast",
            Self::Veryfast => "veryfast",
            Self::Faster => "faster",
            Self::Fast => "fast",
            Self::Medium => "medium",
            Self::Slow => "slow",
            Self::Slower => "slower",
            Self::Veryslow => "veryslow",
        }
    }
}

impl fmt::Display for Speed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for Speed {
    type Err = String;
    fn from_str(text: &str) -> Result<Self, String> {
        Self::ALL.into_iter().find(|s| s.name() == text).ok_or_else(|| {
            let names: Vec<_> = Self::ALL.iter().map(|s| s.name()).collect();
            format!("{text:?} is not one of {}", names.join(", "))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_middle_is_cut_to_the_shape() {
        let plan = RenderPlan::whole().with_aspect(AspectRatio::PORTRAIT_9_16);
        let display = Size::new(1280, 720);
        assert_eq!(plan.crop_at(Timestamp::ZERO, display), CropRect { x: 437.5, y: 0.0, width: 405.0, height: 720.0 });
        assert_eq!(plan.output_size(display), Size::new(406, 720));
        assert_eq!(plan.with_height(1920).output_size(display), Size::new(1080, 1920));
    }

    #[test]
    fn nonsense_is_refused_with_the_value_and_the_range() {
        let error = RenderPlan::whole().with_crf(60).check().unwrap_err();
        assert_eq!(error.to_string(), "crf 60 is not in 0..=51");
        assert!(RenderPlan::whole().with_height(719).check().is_err());
        assert!(RenderPlan::whole().with_size(Size::new(4, 4)).check().is_err());
        let empty = TimeRange::new(Timestamp::ZERO, Timestamp::ZERO).unwrap();
        assert!(RenderPlan::clip(empty).check().is_err());
    }
}
