//! What a structure walk or the probe learned of the media, in one form for the rules.

use std::io::{Read, Seek};

use super::codec::PictureSize;
use super::findings::Findings;
use super::policy::UploadPolicy;
use super::window::Window;
use crate::geometry::TrackKind;
use crate::media_info::{MediaInfo, StreamInfo};

/// What every walk works on.
pub(super) struct Context<'a, R> {
    pub(super) window: Window<'a, R>,
    pub(super) policy: &'a UploadPolicy,
    pub(super) findings: &'a mut Findings,
}

impl<R: Read + Seek> Context<'_, R> {
    /// Share of a whole of `end` bytes that the file has, in percent, for messages.
    pub(super) fn percent_of(&self, end: u64) -> u64 {
        if end == 0 { 100 } else { (u128::from(self.window.len()) * 100 / u128::from(end)) as u64 }
    }
}

/// The media of one file.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Facts {
    /// Tracks that were walked; a file may claim more.
    pub(super) tracks: Vec<Track>,
    /// Number of tracks that the file claims.
    pub(super) track_count: u64,
    /// Length in seconds.
    pub(super) seconds: Option<f64>,
    /// Bytes of everything that is not picture or sound.
    pub(super) metadata_bytes: u64,
    /// Pictures of an image; 1 for a still one.
    pub(super) image_frames: Option<u64>,
    /// Whether the largest picture is put together from smaller ones.
    pub(super) tiled: bool,
    /// Where in the file samples lie, from the first byte of one to the last of another.
    pub(super) samples: Option<(u64, u64)>,
    /// Exif orientation of an image, 1 to 8; 0 where it has none.
    pub(super) orientation: u16,
    /// Whether the metadata of a picture says that a video follows it.
    pub(super) announces_more: bool,
}

/// One track.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Track {
    pub(super) kind: TrackKind,
    /// FFmpeg's name of the codec; `None` where unknown.
    pub(super) codec: Option<String>,
    /// Cover or chapter picture rather than a video.
    pub(super) attached_picture: bool,
    pub(super) width: u32,
    pub(super) height: u32,
    /// The largest picture that the codec's own header announces, where one was found.
    pub(super) coded: Option<PictureSize>,
    /// Whether a packet was looked at for that.
    pub(super) looked_at: bool,
    /// Shape of a pixel, width to height; (1, 1) where the file does not tell.
    pub(super) pixel_aspect: (u32, u32),
    pub(super) channels: u32,
    pub(super) sample_rate_hz: u32,
    /// Frames or packets; `None` where that takes a whole read.
    pub(super) frames: Option<u64>,
    /// Length in seconds.
    pub(super) seconds: Option<f64>,
}

impl Track {
    pub(super) fn new(kind: TrackKind) -> Self {
        Self {
            kind,
            codec: None,
            attached_picture: false,
            width: 0,
            height: 0,
            coded: None,
            looked_at: false,
            pixel_aspect: (1, 1),
            channels: 0,
            sample_rate_hz: 0,
            frames: None,
            seconds: None,
        }
    }
}

impl Facts {
    /// How long the media itself lasts, where a walk counted its frames.
    pub(super) fn media_seconds(&self) -> Option<f64> {
        let media = self.tracks.iter().filter(|t| matches!(t.kind, TrackKind::Video | TrackKind::Audio));
        media.filter(|t| !t.attached_picture).filter_map(|t| t.seconds).reduce(f64::max)
    }

    /// The same facts of media of a length that is known better.
    pub(super) fn lasting(mut self, seconds: Option<f64>) -> Self {
        if let Some(seconds) = seconds {
            self.seconds = Some(seconds);
            for track in &mut self.tracks {
                track.seconds = track.seconds.map(|stated| stated.min(seconds));
            }
        }
        self
    }
}

impl From<&MediaInfo> for Facts {
    fn from(info: &MediaInfo) -> Self {
        Self {
            tracks: info.streams.iter().map(Track::from).collect(),
            track_count: info.streams.len() as u64,
            seconds: info.duration.map(|d| d.as_seconds_f64()),
            ..Self::default()
        }
    }
}

impl From<&StreamInfo> for Track {
    fn from(stream: &StreamInfo) -> Self {
        let mut track = Self::new(stream.kind);
        track.codec = (stream.codec != "unknown").then(|| stream.codec.clone());
        track.attached_picture = stream.attached_picture;
        track.seconds = stream.duration.map(|d| d.as_seconds_f64());
        if let Some(video) = &stream.video {
            (track.width, track.height) = (video.width, video.height);
            track.pixel_aspect = (video.sample_aspect_ratio.width(), video.sample_aspect_ratio.height());
        }
        if let Some(audio) = &stream.audio {
            (track.channels, track.sample_rate_hz) = (audio.channels, audio.sample_rate_hz);
        }
        track
    }
}
