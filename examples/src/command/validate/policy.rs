//! The policy that uploads are held against.

use clap::{Args, ValueEnum};
use serde::Serialize;
use viralforge_core::{UploadPolicy, UploadSlot, options_from_json};

use crate::failure::Failure;

/// What an upload is to be.
#[derive(Clone, Copy, ValueEnum)]
pub(crate) enum Slot {
    /// A video to make clips of.
    Video,
    /// A picture for a cover or thumbnail.
    Image,
    /// Sound alone.
    Audio,
}

impl Slot {
    /// As the library has it.
    pub(crate) fn of_upload(self) -> UploadSlot {
        match self {
            Self::Video => UploadSlot::Video,
            Self::Image => UploadSlot::Image,
            Self::Audio => UploadSlot::Audio,
        }
    }
}

/// What to take. The defaults are those of the policy; each bound is inclusive.
#[derive(Args, Serialize)]
pub(super) struct Policy {
    /// What the upload is to be.
    #[arg(long, visible_alias = "slot", value_enum, default_value_t = Slot::Video)]
    #[serde(skip)]
    policy: Slot,

    /// How deep to look: signature (name and first bytes), structure (the container), decode (also samples of the media).
    #[arg(long, help_heading = "Policy", value_name = "signature|structure|decode", value_parser = ["signature", "structure", "decode"])]
    #[serde(skip_serializing_if = "Option::is_none")]
    depth: Option<String>,

    /// The media type that the client declared.
    #[arg(long, help_heading = "Policy", value_name = "TYPE")]
    #[serde(skip_serializing_if = "Option::is_none")]
    declared_mime: Option<String>,

    /// Whether to decode everything rather than samples of the media.
    #[arg(long, help_heading = "Policy", value_name = "true|false")]
    #[serde(skip_serializing_if = "Option::is_none")]
    decode_whole: Option<bool>,

    /// Size of the file.
    #[arg(long, help_heading = "Policy", value_name = "BYTES")]
    #[serde(skip_serializing_if = "Option::is_none")]
    max_bytes: Option<u64>,

    /// Containers that are taken, separated by commas.
    #[arg(long, help_heading = "Policy", value_name = "NAME,…", value_delimiter = ',')]
    #[serde(skip_serializing_if = "Option::is_none")]
    allowed_containers: Option<Vec<String>>,

    /// Video codecs that are taken, by FFmpeg's names.
    #[arg(long, help_heading = "Policy", value_name = "NAME,…", value_delimiter = ',')]
    #[serde(skip_serializing_if = "Option::is_none")]
    allowed_video_codecs: Option<Vec<String>>,

    /// Audio codecs that are taken; pcm stands for every kind of PCM.
    #[arg(long, help_heading = "Policy", value_name = "NAME,…", value_delimiter = ',')]
    #[serde(skip_serializing_if = "Option::is_none")]
    allowed_audio_codecs: Option<Vec<String>>,

    /// Shortest media.
    #[arg(long, help_heading = "Policy", value_name = "S")]
    #[serde(skip_serializing_if = "Option::is_none")]
    min_duration_seconds: Option<f64>,

    /// Longest media.
    #[arg(long, help_heading = "Policy", value_name = "S")]
    #[serde(skip_serializing_if = "Option::is_none")]
    max_duration_seconds: Option<f64>,

    /// The smallest width and the smallest height.
    #[arg(long, help_heading = "Policy", value_name = "PIXELS")]
    #[serde(skip_serializing_if = "Option::is_none")]
    min_side: Option<u64>,

    /// The largest width and the largest height.
    #[arg(long, help_heading = "Policy", value_name = "PIXELS")]
    #[serde(skip_serializing_if = "Option::is_none")]
    max_side: Option<u64>,

    /// Pixels of one picture.
    #[arg(long, help_heading = "Policy", value_name = "PIXELS")]
    #[serde(skip_serializing_if = "Option::is_none")]
    max_pixels: Option<u64>,

    /// How far from square a pixel may be.
    #[arg(long, help_heading = "Policy", value_name = "RATIO")]
    #[serde(skip_serializing_if = "Option::is_none")]
    max_pixel_aspect: Option<f64>,

    /// Frames a second.
    #[arg(long, help_heading = "Policy", value_name = "FPS")]
    #[serde(skip_serializing_if = "Option::is_none")]
    max_frame_rate: Option<f64>,

    /// Pictures of an animated image.
    #[arg(long, help_heading = "Policy", value_name = "N")]
    #[serde(skip_serializing_if = "Option::is_none")]
    max_image_frames: Option<u64>,

    /// Whether an image may move.
    #[arg(long, help_heading = "Policy", value_name = "true|false")]
    #[serde(skip_serializing_if = "Option::is_none")]
    allow_animation: Option<bool>,

    /// Tracks, attachments included.
    #[arg(long, help_heading = "Policy", value_name = "N")]
    #[serde(skip_serializing_if = "Option::is_none")]
    max_streams: Option<u64>,

    /// Channels of one sound track.
    #[arg(long, help_heading = "Policy", value_name = "N")]
    #[serde(skip_serializing_if = "Option::is_none")]
    max_channels: Option<u64>,

    /// Samples a second of one sound track.
    #[arg(long, help_heading = "Policy", value_name = "HZ")]
    #[serde(skip_serializing_if = "Option::is_none")]
    max_sample_rate_hz: Option<u64>,

    /// Whether a video must have sound.
    #[arg(long, help_heading = "Policy", value_name = "true|false")]
    #[serde(skip_serializing_if = "Option::is_none")]
    require_audio: Option<bool>,

    /// The longest time from one frame to the next.
    #[arg(long, help_heading = "Policy", value_name = "S")]
    #[serde(skip_serializing_if = "Option::is_none")]
    max_frame_gap_seconds: Option<f64>,

    /// Bytes of everything that is not picture or sound.
    #[arg(long, help_heading = "Policy", value_name = "BYTES")]
    #[serde(skip_serializing_if = "Option::is_none")]
    max_metadata_bytes: Option<u64>,

    /// Share of the decoded frames that may be damaged, 0 to 1.
    #[arg(long, help_heading = "Policy", value_name = "SHARE")]
    #[serde(skip_serializing_if = "Option::is_none")]
    max_damaged_share: Option<f64>,

    /// What to do with a place in the metadata (GPS).
    #[arg(long, help_heading = "Policy", value_name = "reject|warn|allow", value_parser = ["reject", "warn", "allow"])]
    #[serde(skip_serializing_if = "Option::is_none")]
    location: Option<String>,

    /// What to do with files inside the file.
    #[arg(long, help_heading = "Policy", value_name = "reject|warn|allow", value_parser = ["reject", "warn", "allow"])]
    #[serde(skip_serializing_if = "Option::is_none")]
    attachments: Option<String>,

    /// What to do with tracks that are neither picture nor sound.
    #[arg(long, help_heading = "Policy", value_name = "reject|warn|allow", value_parser = ["reject", "warn", "allow"])]
    #[serde(skip_serializing_if = "Option::is_none")]
    data_tracks: Option<String>,

    /// What to do with bytes after the end that nothing explains.
    #[arg(long, help_heading = "Policy", value_name = "reject|warn|allow", value_parser = ["reject", "warn", "allow"])]
    #[serde(skip_serializing_if = "Option::is_none")]
    trailing_bytes: Option<String>,

    /// The longest file name.
    #[arg(long, help_heading = "Policy", value_name = "BYTES")]
    #[serde(skip_serializing_if = "Option::is_none")]
    max_file_name_bytes: Option<u64>,
}

impl Policy {
    /// The policy of the slot with what was given, for an upload of that name.
    pub(super) fn of_upload(&self, file_name: String) -> Result<UploadPolicy, Failure> {
        let given = serde_json::to_value(self).map_err(|error| Failure::Other(format!("the policy: {error}")))?;
        Ok(options_from_json(UploadPolicy::for_slot(self.policy.of_upload()), &given)?.with_file_name(file_name))
    }
}
