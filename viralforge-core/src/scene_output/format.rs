//! What scenes may be written as, and what other programs are told beside them.

use crate::geometry::Size;
use crate::time::FrameRate;

/// What scenes may be written as.
///
/// Formats that count frames (CSV, EDL, FCPXML, OTIO) get the frame nearest to each time, counted at the frame rate of
/// the report from time zero; where the video has a variable frame rate, that is its mean rate. Each number comes from
/// its own time, so that rounding never adds up. Rates within 0.03 % of a whole number, or of one times 1000/1001, are
/// called by that: 23.98 is 24000/1001.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(rename_all = "snake_case"))]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[non_exhaustive]
pub enum SceneFormat {
    /// The report as it is, to be read back.
    #[cfg(feature = "serde")]
    Json,
    /// A row a scene, for tables. The first ten columns are PySceneDetect's, by name and by meaning: frames are counted
    /// from 1, and the end frame is the last of the scene. Columns in frames are empty where there is no frame rate.
    Csv,
    /// An edit decision list for editing programs (CMX 3600): an event a scene, in place. A dissolve is one where it
    /// fits in; other gradual changes are cuts with a comment. Event numbers go on after 999, which current programs
    /// read. Timecode of other frame rates than those that it knows counts at the nearest whole rate.
    Edl,
    /// Final Cut Pro's XML, version 1.11, also for DaVinci Resolve: a clip a scene.
    Fcpxml,
    /// [OpenTimelineIO](https://opentimeline.io), which converts to most others: a clip a scene, and a transition
    /// where one scene gradually becomes the next.
    Otio,
    /// A WebVTT track of chapters for players on the web.
    WebVtt,
    /// Chapters for `ffmpeg -i video -i chapters -map_chapters 1`.
    #[cfg_attr(feature = "serde", serde(rename = "ffmetadata"))]
    FfMetadata,
}

impl SceneFormat {
    /// The format of that file extension (`json`, `csv`, `edl`, `fcpxml`, `otio`, `vtt`, `ffmetadata` or `ffmeta`), in
    /// any case; `None` where it is none of these.
    pub fn from_extension(extension: &str) -> Option<Self> {
        match extension.to_ascii_lowercase().as_str() {
            #[cfg(feature = "serde")]
            "json" => Some(Self::Json),
            "csv" => Some(Self::Csv),
            "edl" => Some(Self::Edl),
            "fcpxml" => Some(Self::Fcpxml),
            "otio" => Some(Self::Otio),
            "vtt" => Some(Self::WebVtt),
            "ffmetadata" | "ffmeta" => Some(Self::FfMetadata),
            _ => None,
        }
    }
}

/// How to write scenes.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(default, deny_unknown_fields))]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[non_exhaustive]
pub struct WriteScenesOptions {
    /// As what. Default: what the output's extension says.
    pub format: Option<SceneFormat>,
    /// Frames a second by which frames are counted. Default: the report's.
    pub frame_rate: Option<FrameRate>,
    /// Whether timecode leaves out numbers to keep up with the clock, which there is at 29.97, 59.94 and 119.88 frames
    /// a second only. Default: yes at these.
    pub drop_frame: Option<bool>,
    /// Timecode of the media's first frame in EDL, FCPXML and OTIO, in frames: at 25 frames a second 90,000 is
    /// 01:00:00:00. Default: 0.
    pub start_timecode_frames: u64,
    /// Title of the list or of the timeline. Default: the name of the media, else `Scenes`.
    pub title: Option<String>,
    /// What the video file is called. Default: `video`.
    pub media_name: Option<String>,
    /// Where the video file is, for FCPXML and OTIO: a URI. Default: a relative one made of the name.
    pub media_uri: Option<String>,
    /// Width and height of the video in pixels, for FCPXML. Default: not said.
    pub media_size: Option<Size>,
    /// Whether the video file has sound, for FCPXML. Default: yes.
    pub media_has_audio: bool,
    /// Title of each chapter: `{number}` is the number of the scene from 1, `{number:03}` with zeros before it,
    /// `{start}` and `{end}` when it begins and ends, `{begins}` how it begins (`cut`, `dissolve`, …). Two braces are
    /// one. Default: `Scene {number}`.
    pub chapter_title: String,
}

impl Default for WriteScenesOptions {
    fn default() -> Self {
        Self {
            format: None,
            frame_rate: None,
            drop_frame: None,
            start_timecode_frames: 0,
            title: None,
            media_name: None,
            media_uri: None,
            media_size: None,
            media_has_audio: true,
            chapter_title: "Scene {number}".to_owned(),
        }
    }
}

impl WriteScenesOptions {
    /// Sets [`format`](Self::format).
    #[must_use]
    pub fn with_format(mut self, format: SceneFormat) -> Self {
        self.format = Some(format);
        self
    }

    /// Sets [`frame_rate`](Self::frame_rate).
    #[must_use]
    pub fn with_frame_rate(mut self, frame_rate: FrameRate) -> Self {
        self.frame_rate = Some(frame_rate);
        self
    }

    /// Sets [`drop_frame`](Self::drop_frame).
    #[must_use]
    pub fn with_drop_frame(mut self, drop_frame: bool) -> Self {
        self.drop_frame = Some(drop_frame);
        self
    }

    /// Sets [`start_timecode_frames`](Self::start_timecode_frames).
    #[must_use]
    pub fn with_start_timecode_frames(mut self, frames: u64) -> Self {
        self.start_timecode_frames = frames;
        self
    }

    /// Sets [`title`](Self::title).
    #[must_use]
    pub fn with_title(mut self, title: impl Into<String>) -> Self {
        self.title = Some(title.into());
        self
    }

    /// Sets [`media_name`](Self::media_name).
    #[must_use]
    pub fn with_media_name(mut self, name: impl Into<String>) -> Self {
        self.media_name = Some(name.into());
        self
    }

    /// Sets [`media_uri`](Self::media_uri).
    #[must_use]
    pub fn with_media_uri(mut self, uri: impl Into<String>) -> Self {
        self.media_uri = Some(uri.into());
        self
    }

    /// Sets [`media_size`](Self::media_size).
    #[must_use]
    pub fn with_media_size(mut self, size: Size) -> Self {
        self.media_size = Some(size);
        self
    }

    /// Sets [`media_has_audio`](Self::media_has_audio).
    #[must_use]
    pub fn with_media_has_audio(mut self, has_audio: bool) -> Self {
        self.media_has_audio = has_audio;
        self
    }

    /// Sets [`chapter_title`](Self::chapter_title).
    #[must_use]
    pub fn with_chapter_title(mut self, template: impl Into<String>) -> Self {
        self.chapter_title = template.into();
        self
    }
}
