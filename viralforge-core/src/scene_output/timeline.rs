//! Scenes in place on a timeline, in frames: what the formats of editing programs have in common.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

use super::format::WriteScenesOptions;
use super::shot::{Shot, shots};
use super::timebase::Timebase;
use crate::error::{Error, Result};
use crate::scene::{BoundaryKind, SceneReport};

/// What a part of a path may hold without being encoded: RFC 3986's unreserved characters and the slash.
const ENCODED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~').remove(b'/');

/// Scenes on a timeline. Timeline and media have the same timecode, so that every scene lies where it is in the video,
/// and what was left out of the report leaves a gap.
pub(super) struct Timeline<'a> {
    pub(super) base: Timebase,
    /// In order; scenes that are shorter than half a frame are none.
    pub(super) clips: Vec<Clip<'a>>,
    pub(super) title: String,
    pub(super) media_name: String,
    pub(super) media_uri: String,
    /// Timecode of the media's first frame, in frames.
    pub(super) media_start: u64,
}

/// One scene, in frames from the beginning of the media; `end` is the first frame after it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Clip<'a> {
    pub(super) shot: Shot<'a>,
    pub(super) start: u64,
    pub(super) end: u64,
    /// The gradual change that it begins with, where the scene before it is on the timeline, too, and both have room
    /// for it: it takes frames of the one, and of the other.
    pub(super) transition: Option<Transition>,
}

/// A gradual change in frames, of which one is at least in each of the scenes.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Transition {
    pub(super) kind: BoundaryKind,
    pub(super) start: u64,
    pub(super) end: u64,
}

impl<'a> Timeline<'a> {
    /// # Errors
    /// `invalid_option` where there is no frame rate, or the scenes overlap.
    pub(super) fn new(report: &'a SceneReport, base: Timebase, options: &WriteScenesOptions) -> Result<Self> {
        let mut clips: Vec<Clip<'_>> = Vec::new();
        // What the last transition leaves of the scene after it begins here.
        let mut free = 0;
        for shot in shots(report)? {
            let (start, end) = (base.frame(shot.range.start()), base.frame(shot.range.end()));
            if start >= end {
                continue;
            }
            let before = clips.last().filter(|before| before.end == start).map(|before| before.start.max(free));
            let transition = before.and_then(|before| transition(&shot, base, before, start, end));
            free = transition.map_or(start, |t| t.end);
            clips.push(Clip { shot, start, end, transition });
        }
        let media_name = printable(options.media_name.as_deref().unwrap_or("video"));
        let title =
            options.title.as_deref().or(options.media_name.as_deref()).map_or_else(|| "Scenes".into(), printable);
        let media_uri = match &options.media_uri {
            Some(uri) => printable(uri),
            None => utf8_percent_encode(&media_name, ENCODED).to_string(),
        };
        Ok(Self { base, clips, title, media_name, media_uri, media_start: options.start_timecode_frames })
    }

    /// First frame of the timeline, in frames from the beginning of the media.
    pub(super) fn start(&self) -> u64 {
        self.clips.first().map_or(0, |clip| clip.start)
    }

    /// First frame after the timeline, counted likewise.
    pub(super) fn end(&self) -> u64 {
        self.clips.last().map_or(0, |clip| clip.end)
    }
}

fn transition(shot: &Shot<'_>, base: Timebase, before: u64, start: u64, after: u64) -> Option<Transition> {
    let boundary = shot.begins.filter(|b| b.kind != BoundaryKind::Cut)?;
    let (first, end) = (base.frame(boundary.range.start()), base.frame(boundary.range.end()));
    let fits = before < first && first < start && start < end && end <= after;
    fits.then_some(Transition { kind: boundary.kind, start: first, end })
}

/// The rate at which the options and the report count frames.
///
/// # Errors
/// `invalid_option` where neither knows one.
pub(super) fn timebase(report: &SceneReport, options: &WriteScenesOptions) -> Result<Timebase> {
    let rate = options.frame_rate.or(report.frame_rate);
    let rate = rate.ok_or_else(|| {
        Error::invalid_option("frame_rate", "is not known: neither the options nor the scenes have one")
    })?;
    Timebase::new(rate, options.drop_frame)
}

/// Text from outside on one line, without characters that no text format can hold.
pub(super) fn printable(text: &str) -> String {
    let no_text = |c: char| c.is_control() || matches!(c, '\u{2028}' | '\u{2029}' | '\u{fffe}' | '\u{ffff}');
    text.trim().chars().map(|c| if no_text(c) { ' ' } else { c }).collect()
}
