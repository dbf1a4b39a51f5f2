//! The one pass: hands what a reader decodes to everything that wants it.

use super::audio::AudioAnalysis;
use super::video::VideoAnalysis;
use super::{Analysis, AnalysisOptions};
use crate::error::{Error, Result};
use crate::media::{Decoded, MediaReader, Request};
use crate::monitor::{Monitor, Stage};
use crate::source::Source;
use crate::waveform::WaveformOptions;

pub(super) fn run(source: &Source, options: &AnalysisOptions, monitor: &Monitor) -> Result<Analysis> {
    monitor.begin(Stage::Analyze);
    let request = Request {
        video: options.wants_video(),
        audio: options.wants_audio(),
        range: only_range(options),
        ..Request::default()
    };
    let mut reader = MediaReader::open(source, &request, monitor)?;
    let media = reader.info().clone();
    let mut video = match media.video().filter(|_| request.video) {
        Some(_) => Some(VideoAnalysis::new(options)?),
        None => None,
    };
    let mut audio = match media.audio().filter(|_| request.audio) {
        Some(stream) => Some(AudioAnalysis::new(source, stream, options)?),
        None => None,
    };
    let mut empty = true;
    while let Some(decoded) = reader.next() {
        empty = false;
        match (decoded?, &mut video, &mut audio) {
            (Decoded::Picture(picture), Some(video), _) => video.push(picture)?,
            (Decoded::Sound(sound), _, Some(audio)) => audio.push(sound)?,
            _ => {}
        }
        monitor.report(Stage::Analyze, reader.fraction());
    }
    let undecodable_packets = reader.damage().undecodable_packets;
    // A sound file without a sample is an odd file; a video without a picture is a broken one.
    if empty && (video.is_some() || undecodable_packets > 0) {
        return Err(Error::malformed(source.name(), "nothing in it could be decoded"));
    }
    let frame_rate = media.video().and_then(|s| s.video.as_ref()).and_then(|v| v.frame_rate);
    let (scenes, quality, subject) = video.map_or((None, None, None), |v| v.finish(frame_rate));
    let (waveform, loudness, silence) = audio.map_or((None, None, None), AudioAnalysis::finish);
    monitor.report(Stage::Analyze, 1.0);
    Ok(Analysis { media, scenes, waveform, loudness, silence, quality, subject, undecodable_packets })
}

/// The range to decode: a waveform's, where nothing else is asked for.
fn only_range(options: &AnalysisOptions) -> Option<crate::time::TimeRange> {
    let others = options.wants_video() || options.loudness.is_some() || options.silence.is_some();
    let WaveformOptions { range, .. } = options.waveform.as_ref().filter(|_| !others)?;
    *range
}
