//! The facts of a media file, as `probe` reports them.

use crate::geometry::{AspectRatio, Rotation, Size, TrackKind};
use crate::time::{FrameRate, TimeRange, Timestamp};

/// What a file is and holds.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[non_exhaustive]
pub struct MediaInfo {
    /// Short name of the container: `mp4`, `mov`, `matroska`, `webm`, `mpegts`, `wav` …
    pub container: String,
    /// Size of the file in bytes.
    pub byte_len: u64,
    /// Length of the whole; `None` where the file does not tell.
    #[cfg_attr(feature = "serde", serde(flatten, with = "crate::time::form::Length"))]
    #[cfg_attr(feature = "schema", schemars(with = "crate::time::form::Length"))]
    pub duration: Option<Timestamp>,
    /// Bits a second over the whole file.
    pub bit_rate_bps: Option<u64>,
    /// Its tracks, in the file's order.
    pub streams: Vec<StreamInfo>,
    /// Its chapters, in order of time.
    pub chapters: Vec<Chapter>,
    /// Its tags (title, encoder …), in the file's order. Bytes that are not UTF-8 are replaced.
    pub tags: Vec<Tag>,
}

impl MediaInfo {
    /// The video track that a player shows: the default one, else the first; covers do not count.
    pub fn video(&self) -> Option<&StreamInfo> {
        self.best(TrackKind::Video)
    }

    /// The sound track that a player plays: the default one, else the first.
    pub fn audio(&self) -> Option<&StreamInfo> {
        self.best(TrackKind::Audio)
    }

    fn best(&self, kind: TrackKind) -> Option<&StreamInfo> {
        let mut all = self.streams.iter().filter(|s| s.kind == kind && !s.attached_picture);
        let first = all.clone().next();
        all.find(|s| s.default).or(first)
    }
}

/// One track of a file. Fields that do not apply to its kind, and facts that the file does not tell, are `None`.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[non_exhaustive]
pub struct StreamInfo {
    /// Its place in the file, from 0.
    pub index: u32,
    /// What it holds.
    pub kind: TrackKind,
    /// FFmpeg's name of the codec: `h264`, `hevc`, `aac` …; `unknown` where it has none.
    pub codec: String,
    /// Profile of the codec: `High`, `Main 10`, `LC` …
    pub profile: Option<String>,
    /// Level of the codec in its own counting (`41` is H.264 level 4.1; `120` is HEVC level 4).
    pub level: Option<i32>,
    /// Whether players pick it when nobody chooses.
    pub default: bool,
    /// Whether it is a cover picture rather than a video.
    pub attached_picture: bool,
    /// ISO 639 code of its language.
    pub language: Option<String>,
    /// Its length.
    #[cfg_attr(feature = "serde", serde(flatten, with = "crate::time::form::Length"))]
    #[cfg_attr(feature = "schema", schemars(with = "crate::time::form::Length"))]
    pub duration: Option<Timestamp>,
    /// Bits a second.
    pub bit_rate_bps: Option<u64>,
    /// Pictures or packets that the container counts; rarely exact outside MP4.
    pub frame_count: Option<u64>,
    /// Tags of this track.
    pub tags: Vec<Tag>,
    /// Facts of a video track.
    #[cfg_attr(feature = "serde", serde(flatten))]
    pub video: Option<VideoInfo>,
    /// Facts of a sound track.
    #[cfg_attr(feature = "serde", serde(flatten))]
    pub audio: Option<AudioInfo>,
}

/// Facts of a video track.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[non_exhaustive]
pub struct VideoInfo {
    /// Stored pixels from left to right, before rotation and before the shape of pixels.
    pub width: u32,
    /// Stored pixels from top to bottom.
    pub height: u32,
    /// Size that a player shows: upright and with square pixels.
    pub display_size: Size,
    /// Shape of one pixel; 1:1 is square.
    pub sample_aspect_ratio: AspectRatio,
    /// Shape of the picture as shown.
    pub display_aspect_ratio: AspectRatio,
    /// How the stored picture must be turned to stand upright, in degrees clockwise.
    #[cfg_attr(feature = "serde", serde(rename = "rotation_degrees"))]
    pub rotation: Rotation,
    /// Whether the stored picture must also be mirrored left to right before it is turned.
    pub mirrored: bool,
    /// Frames a second: the real rate where it is constant, the average where it varies.
    pub frame_rate: Option<FrameRate>,
    /// Whether frames last differently long.
    pub variable_frame_rate: bool,
    /// FFmpeg's name of the pixel format: `yuv420p`, `yuv420p10le` …
    pub pixel_format: Option<String>,
    /// Bits of one sample of one colour component.
    pub bit_depth: Option<u8>,
    /// Whether the pictures are fields of an interlaced signal.
    pub interlaced: bool,
    /// `tv` (limited) or `pc` (full) range of values.
    pub color_range: Option<String>,
    /// Matrix of the colour differences: `bt709`, `bt2020nc` …
    pub color_space: Option<String>,
    /// Transfer characteristic: `bt709`, `smpte2084` …
    pub color_transfer: Option<String>,
    /// Primaries: `bt709`, `bt2020` …
    pub color_primaries: Option<String>,
    /// Kind of high dynamic range; `None` is SDR.
    pub hdr: Option<HdrKind>,
    /// The longest stretch between two keyframes, where the container's index tells it cheaply.
    pub max_keyframe_interval_seconds: Option<f64>,
}

/// Kinds of high dynamic range.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(rename_all = "snake_case"))]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[non_exhaustive]
pub enum HdrKind {
    /// PQ transfer (SMPTE ST 2084) without static metadata.
    Pq,
    /// PQ with mastering display or content light metadata (SMPTE ST 2086, CTA-861.3).
    Hdr10,
    /// PQ with dynamic metadata (SMPTE ST 2094-40).
    Hdr10Plus,
    /// Hybrid log-gamma (ARIB STD-B67).
    Hlg,
    /// Dolby Vision.
    DolbyVision,
}

/// Facts of a sound track.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[non_exhaustive]
pub struct AudioInfo {
    /// Samples a second.
    pub sample_rate_hz: u32,
    /// How many channels.
    pub channels: u32,
    /// FFmpeg's name of the layout: `mono`, `stereo`, `5.1(side)` …
    pub channel_layout: Option<String>,
    /// Bits of one sample, where the codec stores whole samples.
    pub bits_per_sample: Option<u32>,
}

/// One chapter.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[non_exhaustive]
pub struct Chapter {
    /// When it plays.
    #[cfg_attr(feature = "serde", serde(flatten))]
    pub range: TimeRange,
    /// Its title.
    pub title: Option<String>,
}

/// A name and a text that the file carries.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[non_exhaustive]
pub struct Tag {
    /// Its name, as the file spells it.
    pub key: String,
    /// Its text.
    pub value: String,
}
