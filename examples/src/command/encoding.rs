//! What to make of a video: the options of `transcode` and `plan`.

use std::path::PathBuf;
use std::time::Duration;

use clap::Args;
use viralforge_core::{AspectRatio, CutMode, Preset, Size, Speed, TranscodeOptions};

use super::stretch::Stretch;
use crate::failure::Failure;
use crate::parse;

/// Stretch, shape, size and encoding.
#[derive(Args)]
pub(super) struct Encoding {
    /// Shape, size and encoding for a platform: tiktok, reels, shorts or youtube.
    #[arg(long, visible_alias = "to", value_name = "PLATFORM")]
    preset: Option<Preset>,

    #[command(flatten)]
    stretch: Stretch,

    /// How to cut the stretch out: exact (encode all of it) or smart (only the GOPs at its edges; for now this also
    /// encodes all of it, and says so).
    #[arg(long, value_name = "MODE", default_value = TranscodeOptions::default().cut.name())]
    cut: CutMode,

    /// Follow the subject: a plan that `viralforge reframe --json` printed.
    #[arg(long, value_name = "PLAN.json")]
    reframe: Option<PathBuf>,

    /// Shape of the picture, such as 9:16.
    #[arg(long, value_name = "A:B")]
    aspect: Option<AspectRatio>,

    /// Exact size of the picture, such as 1080x1920.
    #[arg(long, value_name = "WxH", value_parser = parse::size)]
    size: Option<Size>,

    /// Height of the picture in pixels; the width follows.
    #[arg(long, value_name = "H")]
    height: Option<u32>,

    /// Quality: 0 (lossless) to 51 (worst); six steps halve the size [default: 23, or the platform's].
    #[arg(long, value_name = "N")]
    crf: Option<u8>,

    /// How long to think about each picture: ultrafast to veryslow, x264's presets.
    #[arg(long, value_name = "PRESET", default_value = TranscodeOptions::default().speed.name())]
    speed: Speed,

    /// The longest distance between keyframes.
    #[arg(long, value_name = "S", default_value = parse::seconds_of(TranscodeOptions::default().keyframe_interval), value_parser = parse::duration)]
    keyframe_interval_seconds: Duration,

    /// Frames at even distances [default: true for a platform, else false].
    #[arg(long, value_name = "true|false", num_args = 0..=1, default_missing_value = "true")]
    constant_frame_rate: Option<bool>,

    /// Bits a second of the sound [default: 128000, or the platform's].
    #[arg(long, value_name = "BPS")]
    audio_bit_rate_bps: Option<u64>,

    /// Samples a second of the sound [default: the source's, or the platform's].
    #[arg(long, value_name = "HZ")]
    audio_sample_rate_hz: Option<u32>,

    /// Leave the sound out.
    #[arg(long)]
    mute: bool,
}

impl Encoding {
    pub(super) fn options(&self) -> Result<TranscodeOptions, Failure> {
        let mut options = TranscodeOptions::default()
            .with_cut(self.cut)
            .with_speed(self.speed)
            .with_keyframe_interval(self.keyframe_interval_seconds)
            .with_mute(self.mute);
        options.preset = self.preset;
        options.range = self.stretch.range()?;
        options.reframe = self.reframe.as_deref().map(parse::json_file).transpose()?;
        options.aspect = self.aspect;
        options.size = self.size;
        options.height = self.height;
        options.crf = self.crf;
        options.constant_frame_rate = self.constant_frame_rate;
        options.audio_bit_rate_bps = self.audio_bit_rate_bps;
        options.audio_sample_rate_hz = self.audio_sample_rate_hz;
        Ok(options)
    }
}
