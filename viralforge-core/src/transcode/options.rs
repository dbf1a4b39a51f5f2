//! What people ask of a transcode, and the plan that it makes.

use std::time::Duration;

use crate::error::Result;
use crate::geometry::{AspectRatio, Size};
use crate::preset::Preset;
use crate::reframe::ReframePlan;
use crate::render::{CutMode, KEYFRAME_INTERVAL, RenderPlan, Speed};
use crate::time::TimeRange;

/// What to make of a file. What is not said comes from the preset, where there is one.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(default))]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[non_exhaustive]
pub struct TranscodeOptions {
    /// The platform to make it for: shape, size and encoding are then what it wants, where no other option says
    /// otherwise. Default: none.
    pub preset: Option<Preset>,
    /// The stretch to show; frames whose time lies in it are written. Default: all.
    pub range: Option<TimeRange>,
    /// How the stretch is cut out. Default: exact.
    pub cut: CutMode,
    /// The crop at each moment. Default: none; `aspect` may still crop.
    pub reframe: Option<ReframePlan>,
    /// The shape of the result where there is no `reframe`: the middle of the picture is cut to it. Default: the
    /// preset's, else the source's own.
    pub aspect: Option<AspectRatio>,
    /// Exact size of the result, each side even and 16 to 8192. Default: the preset's, unless `aspect` or `height` is
    /// set; else that of the crop.
    pub size: Option<Size>,
    /// Height of the result in pixels, even and 16 to 8192, the width following from the shape. Default: that of the
    /// crop.
    pub height: Option<u32>,
    /// Constant rate factor of x264: 0 (lossless) to 51 (worst); six steps halve the size. Default: the preset's, else
    /// 23.
    pub crf: Option<u8>,
    /// How long the encoder thinks about each picture. Default: medium.
    pub speed: Speed,
    /// The longest distance between keyframes, above 0 and at most 60 s. Default: 2 s, the most that all platforms
    /// accept.
    #[cfg_attr(feature = "serde", serde(rename = "keyframe_interval_seconds", with = "crate::time::form::Seconds"))]
    #[cfg_attr(feature = "schema", schemars(with = "crate::time::form::Seconds"))]
    pub keyframe_interval: Duration,
    /// Put frames at even distances, at the rate that the source's means and at most 60 a second, showing a picture
    /// twice or leaving one out where it must be: what platforms want. Default: yes with a preset, else no.
    pub constant_frame_rate: Option<bool>,
    /// Bits a second of the sound, 8,000 to 512,000. Default: the preset's, else 128,000.
    pub audio_bit_rate_bps: Option<u64>,
    /// Samples a second of the sound, in hertz. Default: the preset's, else the source's own.
    pub audio_sample_rate_hz: Option<u32>,
    /// Leave the sound out. Default: no.
    pub mute: bool,
}

impl Default for TranscodeOptions {
    fn default() -> Self {
        Self {
            preset: None,
            range: None,
            cut: CutMode::default(),
            reframe: None,
            aspect: None,
            size: None,
            height: None,
            crf: None,
            speed: Speed::default(),
            keyframe_interval: KEYFRAME_INTERVAL,
            constant_frame_rate: None,
            audio_bit_rate_bps: None,
            audio_sample_rate_hz: None,
            mute: false,
        }
    }
}

impl TranscodeOptions {
    /// One stretch of the source, else the defaults.
    pub fn clip(range: TimeRange) -> Self {
        Self { range: Some(range), ..Self::default() }
    }

    /// Sets [`preset`](Self::preset).
    #[must_use]
    pub fn with_preset(mut self, preset: Preset) -> Self {
        self.preset = Some(preset);
        self
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
        self.crf = Some(crf);
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

    /// Sets [`constant_frame_rate`](Self::constant_frame_rate).
    #[must_use]
    pub fn with_constant_frame_rate(mut self, constant: bool) -> Self {
        self.constant_frame_rate = Some(constant);
        self
    }

    /// Sets [`audio_bit_rate_bps`](Self::audio_bit_rate_bps).
    #[must_use]
    pub fn with_audio_bit_rate_bps(mut self, rate: u64) -> Self {
        self.audio_bit_rate_bps = Some(rate);
        self
    }

    /// Sets [`audio_sample_rate_hz`](Self::audio_sample_rate_hz).
    #[must_use]
    pub fn with_audio_sample_rate_hz(mut self, rate: u32) -> Self {
        self.audio_sample_rate_hz = Some(rate);
        self
    }

    /// Sets [`mute`](Self::mute).
    #[must_use]
    pub fn with_mute(mut self, mute: bool) -> Self {
        self.mute = mute;
        self
    }
}

/// The plan of a transcode, to keep, edit, send elsewhere and [`render`](crate::render()) later. Nothing is read.
///
/// # Errors
/// `invalid_option` for an option out of range.
///
/// # Examples
/// ```
/// # use viralforge_core::*;
/// let plan = plan_render(&TranscodeOptions::default().with_preset(Preset::TikTok).with_crf(18))?;
/// assert_eq!((plan.crf, plan.size), (18, Some(Size::new(1080, 1920))));
/// # Ok::<(), Error>(())
/// ```
pub fn plan_render(options: &TranscodeOptions) -> Result<RenderPlan> {
    let whole = RenderPlan::whole();
    let base = options.preset.map_or_else(|| whole.clone(), |preset| whole.clone().with_preset(preset));
    // A shape or a height of one's own leaves no use for the preset's exact size.
    let keeps_size = options.aspect.is_none() && options.height.is_none();
    let plan = RenderPlan {
        range: options.range,
        cut: options.cut,
        reframe: options.reframe.clone(),
        aspect: options.aspect.or(base.aspect),
        size: options.size.or(base.size.filter(|_| keeps_size)),
        height: options.height,
        crf: options.crf.unwrap_or(base.crf),
        speed: options.speed,
        keyframe_interval: options.keyframe_interval,
        constant_frame_rate: options.constant_frame_rate.unwrap_or(base.constant_frame_rate),
        audio_bit_rate_bps: options.audio_bit_rate_bps.unwrap_or(base.audio_bit_rate_bps),
        audio_sample_rate_hz: options.audio_sample_rate_hz.or(base.audio_sample_rate_hz),
        mute: options.mute,
    };
    plan.check()?;
    Ok(plan)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_said_goes_before_the_preset_and_the_preset_before_the_defaults() {
        let options = TranscodeOptions::default().with_preset(Preset::TikTok);
        let plan = plan_render(&options).unwrap();
        assert_eq!(plan, RenderPlan::whole().with_preset(Preset::TikTok));
        let own = options.clone().with_crf(30).with_constant_frame_rate(false).with_audio_sample_rate_hz(44_100);
        let plan = plan_render(&own).unwrap();
        assert_eq!((plan.crf, plan.constant_frame_rate, plan.audio_sample_rate_hz), (30, false, Some(44_100)));
        let square = plan_render(&options.with_aspect(AspectRatio::SQUARE)).unwrap();
        assert_eq!((square.aspect, square.size), (Some(AspectRatio::SQUARE), None));
        assert_eq!(plan_render(&TranscodeOptions::default()).unwrap(), RenderPlan::whole());
    }

    #[test]
    fn nonsense_is_refused_before_anything_is_read() {
        let wrong = TranscodeOptions::default().with_keyframe_interval(Duration::ZERO);
        assert_eq!(
            plan_render(&wrong).unwrap_err().to_string(),
            "keyframe_interval_seconds 0 is not above 0 and at most 60"
        );
    }
}
