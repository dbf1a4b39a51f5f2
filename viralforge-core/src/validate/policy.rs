//! What an upload may be.

use std::time::Duration;

use crate::error::{Error, Result};

/// What a host takes from its users. Start from [`video`](Self::video), [`image`](Self::image) or
/// [`audio`](Self::audio) and change what differs; every bound is inclusive.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(default))]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[non_exhaustive]
pub struct UploadPolicy {
    /// What the upload is for. Default: video.
    pub slot: UploadSlot,
    /// The name that the user's file has; `None` leaves names and extensions unchecked. Default: `None`.
    pub file_name: Option<String>,
    /// The media type that the client declared (`Content-Type`); `None` leaves it unchecked. Default: `None`.
    pub declared_mime: Option<String>,
    /// How deep to look; each step includes the ones before and costs more. Default: decode.
    pub depth: ValidationDepth,
    /// Whether a decode is of everything, however long it takes, rather than of the beginning, the end and places
    /// between. Default: no.
    pub decode_whole: bool,
    /// Size of the file in bytes. Default: 100 MB for video and audio, 10 MB for an image.
    pub max_bytes: u64,
    /// Containers that are taken, by the short names of [`MediaInfo::container`](crate::MediaInfo::container).
    pub allowed_containers: Vec<String>,
    /// Video codecs that are taken, by FFmpeg's names.
    pub allowed_video_codecs: Vec<String>,
    /// Audio codecs that are taken, by FFmpeg's names; `pcm` stands for every kind of PCM.
    pub allowed_audio_codecs: Vec<String>,
    /// Shortest media. Default: zero; media without any length is refused in any case.
    #[cfg_attr(feature = "serde", serde(rename = "min_duration_seconds", with = "crate::time::form::Seconds"))]
    #[cfg_attr(feature = "schema", schemars(with = "crate::time::form::Seconds"))]
    pub min_duration: Duration,
    /// Longest media. Default: 4 hours.
    #[cfg_attr(feature = "serde", serde(rename = "max_duration_seconds", with = "crate::time::form::Seconds"))]
    #[cfg_attr(feature = "schema", schemars(with = "crate::time::form::Seconds"))]
    pub max_duration: Duration,
    /// The smallest width and the smallest height of a picture, in pixels. Default: 16 for video, 1 for an image.
    pub min_side: u32,
    /// The largest width and the largest height of a picture as stored and as shown, in pixels. Default: 8192.
    pub max_side: u32,
    /// Pixels of one picture. Default: 8192 × 4320 for video, 50 million for an image.
    pub max_pixels: u64,
    /// How far from square a pixel may be, as long side to short side. Default: 10, twice what broadcast formats use.
    pub max_pixel_aspect: f64,
    /// Frames a second. Default: 1000, above every high-speed phone mode.
    pub max_frame_rate: f64,
    /// Pictures of an animated image. Default: 1000.
    pub max_image_frames: u64,
    /// Whether an image may move. Default: yes.
    pub allow_animation: bool,
    /// Tracks, attachments included. Default: 32.
    pub max_streams: u32,
    /// Channels of one sound track. Default: 16.
    pub max_channels: u32,
    /// Samples a second of one sound track, in hertz. Default: 192,000.
    pub max_sample_rate_hz: u32,
    /// Whether a video must have sound. Default: no.
    pub require_audio: bool,
    /// The longest time from one frame to the next. Default: 60 seconds.
    #[cfg_attr(feature = "serde", serde(rename = "max_frame_gap_seconds", with = "crate::time::form::Seconds"))]
    #[cfg_attr(feature = "schema", schemars(with = "crate::time::form::Seconds"))]
    pub max_frame_gap: Duration,
    /// Bytes of everything that is not picture or sound. Default: 64 MiB for video and audio, 1 MiB for an image.
    pub max_metadata_bytes: u64,
    /// Share of the decoded frames that may be damaged, 0 to 1. Default: 0.05.
    pub max_damaged_share: f64,
    /// What to do with a place in the metadata (GPS). Default: warn.
    pub location: Treatment,
    /// What to do with files inside the file; programs and documents are refused in any case. Default: warn.
    pub attachments: Treatment,
    /// What to do with tracks that are neither picture nor sound. Default: allow.
    pub data_tracks: Treatment,
    /// What to do with bytes after the end that nothing explains. Default: reject.
    pub trailing_bytes: Treatment,
    /// The longest file name in bytes of UTF-8. Default: 255, the limit of common file systems.
    pub max_file_name_bytes: usize,
}

/// What an upload is for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(rename_all = "snake_case"))]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[non_exhaustive]
pub enum UploadSlot {
    /// A video: moving pictures, with or without sound.
    #[default]
    Video,
    /// A picture.
    Image,
    /// Sound; pictures beside it do no harm.
    Audio,
}

/// How deep to look into an upload.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(rename_all = "snake_case"))]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[non_exhaustive]
pub enum ValidationDepth {
    /// The name, the size, and the first and last kilobytes.
    Signature,
    /// Also the container, walked from end to end without FFmpeg.
    Structure,
    /// Also the facts that FFmpeg sees, and a bounded decode.
    #[default]
    Decode,
}

/// What to do with a thing that some hosts mind and others do not.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(rename_all = "snake_case"))]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[non_exhaustive]
pub enum Treatment {
    /// Refuse the upload.
    Reject,
    /// Take it and warn.
    Warn,
    /// Take it and note it.
    Allow,
}

impl Default for UploadPolicy {
    fn default() -> Self {
        Self::video()
    }
}

impl UploadPolicy {
    /// User videos.
    pub fn video() -> Self {
        Self {
            slot: UploadSlot::Video,
            file_name: None,
            declared_mime: None,
            depth: ValidationDepth::Decode,
            decode_whole: false,
            max_bytes: 100_000_000,
            allowed_containers: names(&["mp4", "mov", "m4v", "3gp", "matroska", "webm", "avi", "mpegts"]),
            allowed_video_codecs: names(&[
                "h264",
                "hevc",
                "vp8",
                "vp9",
                "av1",
                "mpeg4",
                "mpeg2video",
                "mjpeg",
                "prores",
                "h263",
            ]),
            allowed_audio_codecs: names(&["aac", "mp3", "opus", "vorbis", "pcm", "ac3", "flac", "alac"]),
            min_duration: Duration::ZERO,
            max_duration: Duration::from_secs(4 * 3600),
            min_side: 16,
            max_side: 8192,
            max_pixels: 8192 * 4320,
            max_pixel_aspect: 10.0,
            max_frame_rate: 1000.0,
            max_image_frames: 1000,
            allow_animation: true,
            max_streams: 32,
            max_channels: 16,
            max_sample_rate_hz: 192_000,
            require_audio: false,
            max_frame_gap: Duration::from_secs(60),
            max_metadata_bytes: 64 << 20,
            max_damaged_share: 0.05,
            location: Treatment::Warn,
            attachments: Treatment::Warn,
            data_tracks: Treatment::Allow,
            trailing_bytes: Treatment::Reject,
            max_file_name_bytes: 255,
        }
    }

    /// Pictures: thumbnails, covers, profile pictures.
    pub fn image() -> Self {
        Self {
            slot: UploadSlot::Image,
            max_bytes: 10_000_000,
            allowed_containers: names(&["jpeg", "png", "gif", "webp", "avif"]),
            min_side: 1,
            max_pixels: 50_000_000,
            max_metadata_bytes: 1 << 20,
            ..Self::video()
        }
    }

    /// Sound: music, speech.
    pub fn audio() -> Self {
        Self {
            slot: UploadSlot::Audio,
            allowed_containers: names(&[
                "mp4", "mov", "m4v", "m4a", "3gp", "matroska", "webm", "mpegts", "mp3", "adts", "ogg", "flac", "wav",
            ]),
            ..Self::video()
        }
    }

    /// What that slot takes.
    pub fn for_slot(slot: UploadSlot) -> Self {
        match slot {
            UploadSlot::Video => Self::video(),
            UploadSlot::Image => Self::image(),
            UploadSlot::Audio => Self::audio(),
        }
    }

    /// Sets [`file_name`](Self::file_name).
    #[must_use]
    pub fn with_file_name(mut self, file_name: impl Into<String>) -> Self {
        self.file_name = Some(file_name.into());
        self
    }

    /// Sets [`declared_mime`](Self::declared_mime).
    #[must_use]
    pub fn with_declared_mime(mut self, declared_mime: impl Into<String>) -> Self {
        self.declared_mime = Some(declared_mime.into());
        self
    }

    pub(super) fn allows_container(&self, name: &str) -> bool {
        self.allowed_containers.iter().any(|allowed| allowed == name)
    }

    /// Fails where a field has a value that no upload could be held against.
    pub(super) fn check(&self) -> Result<()> {
        if !(0.0..=1.0).contains(&self.max_damaged_share) {
            return Err(Error::invalid_option(
                "max_damaged_share",
                format!("{} is not in 0..=1", self.max_damaged_share),
            ));
        }
        if self.max_pixel_aspect.is_nan() || self.max_pixel_aspect < 1.0 {
            return Err(Error::invalid_option(
                "max_pixel_aspect",
                format!("{} is not at least 1", self.max_pixel_aspect),
            ));
        }
        if self.max_frame_rate.is_nan() || self.max_frame_rate <= 0.0 {
            return Err(Error::invalid_option("max_frame_rate", format!("{} is not above 0", self.max_frame_rate)));
        }
        if self.min_duration > self.max_duration {
            return Err(Error::invalid_option(
                "min_duration_seconds",
                format!(
                    "{} is over max_duration_seconds {}",
                    self.min_duration.as_secs_f64(),
                    self.max_duration.as_secs_f64()
                ),
            ));
        }
        if self.min_side > self.max_side {
            return Err(Error::invalid_option(
                "min_side",
                format!("{} is over max_side {}", self.min_side, self.max_side),
            ));
        }
        Ok(())
    }
}

fn names(all: &[&str]) -> Vec<String> {
    all.iter().map(|&name| name.to_owned()).collect()
}

macro_rules! setters {
    ($($name:ident $field:ident: $kind:ty;)*) => {
        impl UploadPolicy {$(
            #[doc = concat!("Sets [`", stringify!($field), "`](Self::", stringify!($field), ").")]
            #[must_use]
            pub fn $name(mut self, $field: $kind) -> Self {
                self.$field = $field;
                self
            }
        )*}
    };
}

setters! {
    with_slot slot: UploadSlot;
    with_depth depth: ValidationDepth;
    with_decode_whole decode_whole: bool;
    with_max_bytes max_bytes: u64;
    with_allowed_containers allowed_containers: Vec<String>;
    with_allowed_video_codecs allowed_video_codecs: Vec<String>;
    with_allowed_audio_codecs allowed_audio_codecs: Vec<String>;
    with_min_duration min_duration: Duration;
    with_max_duration max_duration: Duration;
    with_min_side min_side: u32;
    with_max_side max_side: u32;
    with_max_pixels max_pixels: u64;
    with_max_pixel_aspect max_pixel_aspect: f64;
    with_max_frame_rate max_frame_rate: f64;
    with_max_image_frames max_image_frames: u64;
    with_allow_animation allow_animation: bool;
    with_max_streams max_streams: u32;
    with_max_channels max_channels: u32;
    with_max_sample_rate_hz max_sample_rate_hz: u32;
    with_require_audio require_audio: bool;
    with_max_frame_gap max_frame_gap: Duration;
    with_max_metadata_bytes max_metadata_bytes: u64;
    with_max_damaged_share max_damaged_share: f64;
    with_location location: Treatment;
    with_attachments attachments: Treatment;
    with_data_tracks data_tracks: Treatment;
    with_trailing_bytes trailing_bytes: Treatment;
    with_max_file_name_bytes max_file_name_bytes: usize;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_preset_is_valid_and_differs_where_its_slot_does() {
        for policy in [UploadPolicy::video(), UploadPolicy::image(), UploadPolicy::audio()] {
            policy.check().unwrap();
        }
        assert!(UploadPolicy::image().allows_container("png") && !UploadPolicy::image().allows_container("mp4"));
        assert!(UploadPolicy::audio().allows_container("mp3") && !UploadPolicy::video().allows_container("mp3"));
    }

    #[test]
    fn an_impossible_policy_names_the_field() {
        let error = UploadPolicy::video().with_max_damaged_share(1.5).check().unwrap_err();
        assert_eq!(error.to_string(), "max_damaged_share 1.5 is not in 0..=1");
        assert!(UploadPolicy::video().with_max_pixel_aspect(f64::NAN).check().is_err());
        assert!(UploadPolicy::video().with_min_side(9000).check().is_err());
    }

    #[cfg(feature = "serde")]
    #[test]
    fn a_policy_that_names_only_what_differs_reads_as_the_default_with_that() {
        let policy: UploadPolicy = serde_json::from_str(r#"{"max_streams": 4, "depth": "structure"}"#).unwrap();
        let same = UploadPolicy::video().with_max_streams(4).with_depth(ValidationDepth::Structure);
        assert_eq!(policy, same);
        let back: UploadPolicy = serde_json::from_str(&serde_json::to_string(&policy).unwrap()).unwrap();
        assert_eq!(back, policy);
    }
}
