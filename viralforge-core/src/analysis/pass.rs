//! The one pass: pictures and sound are decoded side by side, and handed to everything that wants them.

use std::sync::mpsc::{Receiver, channel};
use std::thread;

use super::audio::{AudioAnalysis, AudioParts};
use super::video::{self, PictureLook, VideoAnalysis};
use super::{Analysis, AnalysisOptions};
use crate::error::{Error, Result};
use crate::geometry::TrackKind;
use crate::media::{Decoded, MediaReader, PictureReader, Request, Seen};
use crate::media_info::MediaInfo;
use crate::monitor::{CancelToken, Monitor, Stage};
use crate::scene::{Boundary, Scene};
use crate::source::Source;
use crate::time::Timestamp;
use crate::waveform::WaveformOptions;

/// Gets each scene as soon as it is known, with the boundary that it ends with.
pub(super) type OnScene<'a> = &'a mut dyn FnMut(&Scene, &Boundary);

/// What came of one kind of track.
struct Part<T> {
    parts: T,
    empty: bool,
    undecodable_packets: u64,
}

pub(super) fn run(
    source: &Source,
    options: &AnalysisOptions,
    monitor: &Monitor,
    on_scene: Option<OnScene<'_>>,
) -> Result<Analysis> {
    monitor.begin(Stage::Analyze);
    let (wants_video, wants_audio) = (options.wants_video(), options.wants_audio());
    let pictures = match wants_video {
        true => match PictureReader::open(source, &video::request(options), monitor) {
            Ok(reader) => Some(reader),
            // Sound alone is worth having.
            Err(Error::MissingTrack { .. }) if wants_audio => None,
            Err(error) => return Err(error),
        },
        false => None,
    };
    let Some(pictures) = pictures else {
        if !wants_audio {
            return Err(Error::missing_track(source.name(), TrackKind::Video));
        }
        let request = Request { range: only_range(options), ..Request::audio() };
        return sound_alone(source, options, &request, monitor);
    };
    let media = pictures.info().clone();
    let has_audio = wants_audio && media.audio().is_some();
    if !has_audio {
        let video = pictures_of(pictures, options, monitor, &mut |_| {}, on_scene)?;
        return report(source, media, Some(video), None, monitor);
    }
    let stop = CancelToken::new();
    let (video, audio) = thread::scope(|scope| {
        let (begins, zero) = channel();
        let watch = Monitor::new().with_cancel(stop.clone());
        let watch = monitor.cancels().iter().fold(watch, |watch, token| watch.with_cancel(token.clone()));
        let sound = thread::Builder::new()
            .name("sound".to_owned())
            .spawn_scoped(scope, move || sound_beside(source, options, &zero, &watch))
            .map_err(|error| Error::io(source.name(), error))?;
        let video = pictures_of(pictures, options, monitor, &mut |zero| _ = begins.send(zero), on_scene);
        drop(begins);
        if video.is_err() {
            stop.cancel();
        }
        let audio = sound.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic));
        Ok((video?, audio?))
    })?;
    report(source, media, Some(video), audio, monitor)
}

fn pictures_of(
    reader: PictureReader,
    options: &AnalysisOptions,
    monitor: &Monitor,
    begins: &mut dyn FnMut(Timestamp),
    mut on_scene: Option<OnScene<'_>>,
) -> Result<Part<VideoAnalysis>> {
    let look = PictureLook::new(options);
    let mut analysis = VideoAnalysis::new(options)?;
    let duration = reader.info().duration.map(|duration| duration.as_seconds_f64()).filter(|seconds| *seconds > 0.0);
    let mut empty = true;
    let mut take = |seen: Seen<_>| {
        empty = false;
        let fraction = duration.map_or(seen.bytes_fraction, |all| seen.time.as_seconds_f64() / all);
        analysis.push(seen);
        if let (Some(on_scene), Some(scenes)) = (&mut on_scene, analysis.scenes()) {
            scenes.take_new().iter().for_each(|(scene, boundary)| on_scene(scene, boundary));
        }
        monitor.report(Stage::Analyze, fraction);
        monitor.check()
    };
    let damage = reader.run(&look, begins, &mut take)?;
    Ok(Part { parts: analysis, empty, undecodable_packets: damage.undecodable_packets })
}

/// The sound of a file whose pictures are decoded meanwhile.
fn sound_beside(
    source: &Source,
    options: &AnalysisOptions,
    zero: &Receiver<Timestamp>,
    monitor: &Monitor,
) -> Result<Option<Part<AudioParts>>> {
    // Both are told from the first picture; without one, from where the file says it would be.
    let request = Request { zero: zero.recv().ok(), ..Request::audio() };
    let mut reader = match MediaReader::open(source, &request, monitor) {
        // Pictures without sound are worth having.
        Err(Error::Unsupported { .. }) => return Ok(None),
        reader => reader?,
    };
    sound_of(&mut reader, source, options, &mut |_| {}).map(Some)
}

fn sound_alone(source: &Source, options: &AnalysisOptions, request: &Request, monitor: &Monitor) -> Result<Analysis> {
    let mut reader = MediaReader::open(source, request, monitor)?;
    let media = reader.info().clone();
    let part = sound_of(&mut reader, source, options, &mut |fraction| monitor.report(Stage::Analyze, fraction))?;
    report(source, media, None, Some(part), monitor)
}

fn sound_of(
    reader: &mut MediaReader,
    source: &Source,
    options: &AnalysisOptions,
    progress: &mut dyn FnMut(f64),
) -> Result<Part<AudioParts>> {
    let stream = reader.info().audio().ok_or_else(|| Error::missing_track(source.name(), TrackKind::Audio))?;
    let mut analysis = AudioAnalysis::new(source, stream, options)?;
    let mut empty = true;
    while let Some(decoded) = reader.next() {
        if let Decoded::Sound(sound) = decoded? {
            empty = false;
            analysis.push(sound)?;
        }
        progress(reader.fraction());
    }
    Ok(Part { parts: analysis.finish(), empty, undecodable_packets: reader.damage().undecodable_packets })
}

fn report(
    source: &Source,
    media: MediaInfo,
    video: Option<Part<VideoAnalysis>>,
    audio: Option<Part<AudioParts>>,
    monitor: &Monitor,
) -> Result<Analysis> {
    let is_video = video.is_some();
    let (mut empty, mut undecodable_packets) = (true, 0);
    let frame_rate = media.video().and_then(|s| s.video.as_ref()).and_then(|v| v.frame_rate);
    let (scenes, quality, subject) = video.map_or((None, None, None), |video| {
        empty &= video.empty;
        undecodable_packets += video.undecodable_packets;
        video.parts.finish(frame_rate)
    });
    let (waveform, loudness, silence) = audio.map_or((None, None, None), |audio| {
        empty &= audio.empty;
        undecodable_packets += audio.undecodable_packets;
        audio.parts
    });
    // A sound file without a sample is an odd file; a video without a picture is a broken one.
    if empty && (is_video || undecodable_packets > 0) {
        return Err(Error::malformed(source.name(), "nothing in it could be decoded"));
    }
    monitor.report(Stage::Analyze, 1.0);
    Ok(Analysis { media, scenes, waveform, loudness, silence, quality, subject, undecodable_packets })
}

/// The range to decode: a waveform's, where nothing else is asked for.
fn only_range(options: &AnalysisOptions) -> Option<crate::time::TimeRange> {
    let others = options.wants_video() || options.loudness.is_some() || options.silence.is_some();
    let WaveformOptions { range, .. } = options.waveform.as_ref().filter(|_| !others)?;
    *range
}
