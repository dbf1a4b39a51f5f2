//! One decoding pass over a source: pictures and sound in the order of the file.

use std::collections::VecDeque;

use super::allowance::{Allowance, picture_bytes};
use super::demux::Demuxer;
use super::file_decoder::FileDecoder;
use super::request::{Damage, Decoded, Request};
use super::symphonia::{self, Step, SymphoniaReader};
use crate::error::{Error, Result};
use crate::geometry::TrackKind;
use crate::media_info::MediaInfo;
use crate::monitor::Monitor;
use crate::source::Source;
use crate::time::Timestamp;

/// How far before a wanted moment to look for a keyframe at first: sound lies up to this much before its pictures.
const SEEK_BACK_MS: i64 = 500;
/// Where going further back finds nothing better, decoding begins at the start of the file.
const SEEK_TRIES: usize = 4;
/// A range that begins before this is reached by decoding from the start.
const SEEK_FROM_MS: i64 = 2000;

enum Backend {
    Ffmpeg(Box<FileDecoder>),
    Symphonia(Box<SymphoniaReader>),
}

/// An iterator over what a source decodes to.
pub(crate) struct MediaReader {
    source: Source,
    request: Request,
    monitor: Monitor,
    info: MediaInfo,
    backend: Backend,
    ready: VecDeque<Decoded>,
    /// Samples that another decoder gave out already.
    skip_samples: u64,
    damage: Damage,
    allowance: Allowance,
    at: Timestamp,
    finished: bool,
}

impl MediaReader {
    /// Opens `source` for what `request` wants. A wanted track that is not there is left out; see
    /// [`info`](Self::info).
    ///
    /// # Errors
    /// `missing_track` where nothing that is wanted is there.
    pub(crate) fn open(source: &Source, request: &Request, monitor: &Monitor) -> Result<Self> {
        let demuxer = Demuxer::open(source, monitor)?;
        let info = demuxer.info().clone();
        let (video, audio) = (request.video && info.video().is_some(), request.audio && info.audio().is_some());
        if !video && !audio {
            let kind = if request.video { TrackKind::Video } else { TrackKind::Audio };
            return Err(Error::missing_track(source.name(), kind));
        }
        // It reads from the start only, and what lies far into a file would take all that is before it.
        let begins_far = request.range.is_some_and(|range| range.start() >= Timestamp::from_millis(SEEK_FROM_MS));
        let lossless = matches!(info.container.as_str(), "flac" | "wav");
        let fits_range = !(begins_far && lossless);
        let pure_rust = match fits_range && !video && info.video().is_none() && symphonia::reads(source)? {
            true => SymphoniaReader::open(source)?,
            false => None,
        };
        let fits = pure_rust.filter(|reader| {
            // Both must see the same sound, or FFmpeg's limits and facts would be about another one.
            info.audio().and_then(|s| s.audio.as_ref()).is_some_and(|facts| {
                facts.sample_rate_hz == reader.sample_rate_hz() && facts.channels as usize == reader.channels()
            })
        });
        let backend = match fits {
            Some(reader) => Backend::Symphonia(Box::new(reader)),
            None => Backend::Ffmpeg(Box::new(FileDecoder::new(demuxer, request)?)),
        };
        let mut reader = Self {
            source: source.clone(),
            request: request.clone(),
            monitor: monitor.clone(),
            info,
            backend,
            ready: VecDeque::new(),
            skip_samples: 0,
            damage: Damage::default(),
            allowance: Allowance::new(source),
            at: Timestamp::ZERO,
            finished: false,
        };
        reader.seek_to_range()?;
        Ok(reader)
    }

    /// The facts of the file.
    pub(crate) fn info(&self) -> &MediaInfo {
        &self.info
    }

    /// Whether sound comes out: it was asked for, is there and can be decoded.
    pub(crate) fn has_sound(&self) -> bool {
        match &self.backend {
            Backend::Ffmpeg(ffmpeg) => ffmpeg.has_sound(),
            Backend::Symphonia(_) => true,
        }
    }

    /// Ticks a second of the video track's own clock: they hold the time of each of its pictures exactly.
    pub(crate) fn video_ticks_per_second(&self) -> Option<u32> {
        match &self.backend {
            Backend::Ffmpeg(ffmpeg) => ffmpeg.video_ticks_per_second(),
            Backend::Symphonia(_) => None,
        }
    }

    /// What did not decode so far.
    pub(crate) fn damage(&self) -> Damage {
        self.damage
    }

    /// Whether a picture so far is shown before the keyframe in front of it.
    pub(crate) fn has_open_gop(&self) -> bool {
        matches!(&self.backend, Backend::Ffmpeg(ffmpeg) if ffmpeg.has_open_gop())
    }

    /// Share of the pass that is done, 0 to 1.
    pub(crate) fn fraction(&self) -> f64 {
        let (start, end) = match (self.request.range, self.info.duration) {
            (Some(range), Some(duration)) => (range.start(), range.end().min(duration)),
            (Some(range), None) => (range.start(), range.end()),
            (None, Some(duration)) => (Timestamp::ZERO, duration),
            (None, None) => {
                return match &self.backend {
                    Backend::Ffmpeg(ffmpeg) => ffmpeg.bytes_fraction(),
                    Backend::Symphonia(_) => 0.0,
                };
            }
        };
        let len = (end - start).as_seconds_f64();
        if len > 0.0 { ((self.at - start).as_seconds_f64() / len).clamp(0.0, 1.0) } else { 0.0 }
    }

    /// Goes close to the start of the wanted range, but never behind it.
    fn seek_to_range(&mut self) -> Result<()> {
        let Some(range) = self.request.range else { return Ok(()) };
        let Backend::Ffmpeg(ffmpeg) = &mut self.backend else { return Ok(()) };
        if range.start() < Timestamp::from_millis(SEEK_FROM_MS) {
            return Ok(());
        }
        // Zero is the first picture's time, so that one is decoded before anything is skipped.
        let mut first = VecDeque::new();
        while ffmpeg.zero().is_none() && !ffmpeg.drained() && !self.request.is_too_much(&self.damage) {
            ffmpeg.step(&mut first, &mut self.damage)?;
        }
        let Some(zero) = ffmpeg.zero() else { return Ok(()) };
        let mut back = Timestamp::from_millis(SEEK_BACK_MS);
        for _ in 0..SEEK_TRIES {
            let target = range.start() - back;
            if target <= Timestamp::ZERO || !ffmpeg.seek(zero + target)? {
                break;
            }
            let mut found = VecDeque::new();
            let mut damage = Damage::default();
            while !ffmpeg.arrived(&found) && !ffmpeg.drained() {
                ffmpeg.step(&mut found, &mut damage)?;
                if self.request.is_too_much(&damage) {
                    break;
                }
            }
            if ffmpeg.begins_before(&found, range.start()) {
                self.ready = found;
                return Ok(());
            }
            back = back + back + back + Timestamp::new(1, 1);
        }
        **ffmpeg = FileDecoder::new(Demuxer::open(&self.source, &self.monitor)?, &self.request)?;
        Ok(())
    }

    fn fill(&mut self) -> Result<()> {
        match &mut self.backend {
            Backend::Ffmpeg(ffmpeg) => {
                self.damage.gave_up = self.request.is_too_much(&self.damage);
                if ffmpeg.drained() || self.damage.gave_up {
                    self.finished = true;
                    return self.source.check();
                }
                ffmpeg.step(&mut self.ready, &mut self.damage)
            }
            Backend::Symphonia(reader) => {
                match reader.step() {
                    Step::Sound(sound) => self.ready.push_back(Decoded::Sound(sound)),
                    Step::End => {
                        self.damage.undecodable_packets = reader.damaged();
                        self.finished = true;
                        self.source.check()?;
                    }
                    Step::Stuck => {
                        self.skip_samples = reader.next_sample();
                        let demuxer = Demuxer::open(&self.source, &self.monitor)?;
                        self.backend = Backend::Ffmpeg(Box::new(FileDecoder::new(demuxer, &self.request)?));
                    }
                }
                Ok(())
            }
        }
    }

    /// Limits and range, for each thing that comes out. `None` where it lies outside the range.
    fn admit(&mut self, decoded: Decoded) -> Result<Option<Decoded>> {
        let range = self.request.range;
        let time = match &decoded {
            Decoded::Picture(picture) => {
                self.allowance.take_picture(picture.time(), picture_bytes(picture))?;
                self.damage.frames = self.allowance.frames();
                picture.time()
            }
            Decoded::Sound(sound) => {
                self.allowance.take_sound(sound)?;
                sound.start
            }
        };
        self.at = self.at.max(time);
        Ok(match decoded {
            Decoded::Picture(picture) => {
                range.is_none_or(|r| r.contains(picture.time())).then_some(Decoded::Picture(picture))
            }
            Decoded::Sound(mut sound) => {
                if let Some(range) = range {
                    sound.trim(range.start(), Some(range.end()));
                }
                (sound.len() > 0).then_some(Decoded::Sound(sound))
            }
        })
    }

    /// Whether everything inside the range has come out.
    fn past_range(&mut self, decoded: &Decoded) -> bool {
        let Some(range) = self.request.range else { return false };
        match (&mut self.backend, decoded) {
            (Backend::Ffmpeg(ffmpeg), Decoded::Picture(picture)) if picture.time() >= range.end() => {
                ffmpeg.finish_video()
            }
            (Backend::Ffmpeg(ffmpeg), Decoded::Sound(sound)) if sound.start >= range.end() => ffmpeg.finish_sound(),
            (Backend::Symphonia(_), Decoded::Sound(sound)) => sound.start >= range.end(),
            _ => false,
        }
    }

    fn advance(&mut self) -> Result<Option<Decoded>> {
        loop {
            self.monitor.check()?;
            while let Some(mut decoded) = self.ready.pop_front() {
                if self.past_range(&decoded) {
                    self.finished = true;
                    self.ready.clear();
                    return self.source.check().map(|()| None);
                }
                if let (Decoded::Sound(sound), 1..) = (&mut decoded, self.skip_samples) {
                    let rate = sound.sample_rate_hz.max(1);
                    sound.trim(Timestamp::from_units(self.skip_samples as i64, 1, rate), None);
                }
                if let Some(decoded) = self.admit(decoded)? {
                    return Ok(Some(decoded));
                }
            }
            if self.finished {
                return Ok(None);
            }
            self.fill()?;
        }
    }
}

impl Iterator for MediaReader {
    type Item = Result<Decoded>;

    fn next(&mut self) -> Option<Self::Item> {
        let result = self.advance().transpose();
        if matches!(result, Some(Err(_))) {
            self.finished = true;
            self.ready.clear();
        }
        result
    }
}
