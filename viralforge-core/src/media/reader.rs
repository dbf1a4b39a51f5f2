//! One decoding pass over a source: pictures and sound in the order of the file.

use std::collections::VecDeque;
use std::sync::Arc;

use super::decode::{DecodeOptions, Decoder, Sent};
use super::demux::Demuxer;
use super::ffi;
use super::frame::{Frame, Packet};
use super::pcm::{Sound, planar_f32};
use super::picture::{Picture, TrackGeometry};
use super::symphonia::{self, Step, SymphoniaReader};
use crate::error::{Error, Result};
use crate::geometry::TrackKind;
use crate::media_info::MediaInfo;
use crate::monitor::Monitor;
use crate::source::Source;
use crate::time::{TimeRange, Timestamp};

/// What to decode.
#[derive(Clone, Debug, Default)]
pub(crate) struct Request {
    /// The pictures of the video track.
    pub(crate) video: bool,
    /// The samples of the sound track.
    pub(crate) audio: bool,
    /// Only what is shown or sounds in here; everything where `None`.
    pub(crate) range: Option<TimeRange>,
    /// Leave the deblocking filter out: faster and good enough for analysis.
    pub(crate) skip_loop_filter: bool,
    /// Decoding threads; `None` is one for each core.
    pub(crate) threads: Option<usize>,
}

impl Request {
    /// Pictures only.
    pub(crate) fn video() -> Self {
        Self { video: true, ..Self::default() }
    }

    /// Sound only.
    pub(crate) fn audio() -> Self {
        Self { audio: true, ..Self::default() }
    }

    /// Pictures and sound.
    pub(crate) fn all() -> Self {
        Self { video: true, audio: true, ..Self::default() }
    }
}

/// One thing that came out of a decoder.
pub(crate) enum Decoded {
    Picture(Picture),
    Sound(Sound),
}

/// How much of the file did not decode.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Damage {
    /// Pictures that came out.
    pub(crate) frames: u64,
    /// Pictures that came out with visible errors.
    pub(crate) corrupt_frames: u64,
    /// Packets that no decoder could use, pictures and sound.
    pub(crate) undecodable_packets: u64,
}

/// Sound may be this far from where its timestamps say before the gap is filled: containers round by less, and
/// viewers notice sound that leads by 45 ms (ITU-R BT.1359-1).
const GAP_SECONDS: f64 = 0.03;
/// Packets of sound that wait for the first picture, which tells where zero is.
const WAITING_PACKETS: usize = 2000;
/// How far before a wanted moment to look for a keyframe at first: sound lies up to this much before its pictures.
const SEEK_BACK_MS: i64 = 500;
/// Where going further back finds nothing better, decoding begins at the start of the file.
const SEEK_TRIES: usize = 4;
/// A range that begins before this is reached by decoding from the start.
const SEEK_FROM_MS: i64 = 2000;
/// Samples of silence made at a time.
const SILENCE_BLOCK: u64 = 48_000;

struct VideoTrack {
    index: usize,
    decoder: Decoder,
    geometry: Arc<TrackGeometry>,
    usual_duration: Timestamp,
    last_time: Option<Timestamp>,
    done: bool,
}

struct AudioTrack {
    index: usize,
    decoder: Decoder,
    sample_rate_hz: u32,
    channels: usize,
    /// When the first sample that was read sounds, and how many came since.
    first: Option<Timestamp>,
    next_sample: u64,
    done: bool,
}

struct Ffmpeg {
    demuxer: Demuxer,
    video: Option<VideoTrack>,
    audio: Option<AudioTrack>,
    /// Time zero in the file's own clock.
    zero: Option<Timestamp>,
    /// Sound that came before zero was known.
    waiting: VecDeque<Packet>,
    drained: bool,
}

enum Backend {
    Ffmpeg(Box<Ffmpeg>),
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
    decoded_bytes: u64,
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
        let pure_rust = match !video && info.video().is_none() && symphonia::reads(source)? {
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
            None => Backend::Ffmpeg(Box::new(Ffmpeg::new(demuxer, request)?)),
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
            decoded_bytes: 0,
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
            Backend::Ffmpeg(ffmpeg) => ffmpeg.audio.is_some(),
            Backend::Symphonia(_) => true,
        }
    }

    /// What did not decode so far.
    pub(crate) fn damage(&self) -> Damage {
        self.damage
    }

    /// Share of the pass that is done, 0 to 1.
    pub(crate) fn fraction(&self) -> f64 {
        let (start, end) = match (self.request.range, self.info.duration) {
            (Some(range), Some(duration)) => (range.start(), range.end().min(duration)),
            (Some(range), None) => (range.start(), range.end()),
            (None, Some(duration)) => (Timestamp::ZERO, duration),
            (None, None) => {
                return match &self.backend {
                    Backend::Ffmpeg(ffmpeg) => ffmpeg.demuxer.bytes_fraction(),
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
        while ffmpeg.zero.is_none() && !ffmpeg.drained {
            ffmpeg.step(&mut first, &mut self.damage)?;
        }
        let Some(zero) = ffmpeg.zero else { return Ok(()) };
        let mut back = Timestamp::from_millis(SEEK_BACK_MS);
        for _ in 0..SEEK_TRIES {
            let target = range.start() - back;
            if target <= Timestamp::ZERO || !ffmpeg.seek(zero + target)? {
                break;
            }
            let mut found = VecDeque::new();
            let mut damage = Damage::default();
            while !ffmpeg.arrived(&found) && !ffmpeg.drained {
                ffmpeg.step(&mut found, &mut damage)?;
            }
            if ffmpeg.begins_before(&found, range.start()) {
                self.ready = found;
                return Ok(());
            }
            back = back + back + back + Timestamp::new(1, 1);
        }
        *ffmpeg = Box::new(Ffmpeg::new(Demuxer::open(&self.source, &self.monitor)?, &self.request)?);
        Ok(())
    }

    fn fill(&mut self) -> Result<()> {
        match &mut self.backend {
            Backend::Ffmpeg(ffmpeg) => {
                if ffmpeg.drained {
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
                        self.backend = Backend::Ffmpeg(Box::new(Ffmpeg::new(demuxer, &self.request)?));
                    }
                }
                Ok(())
            }
        }
    }

    /// Limits and range, for each thing that comes out. `None` where it lies outside the range.
    fn admit(&mut self, decoded: Decoded) -> Result<Option<Decoded>> {
        let limits = self.source.limits();
        let range = self.request.range;
        let (time, bytes) = match &decoded {
            Decoded::Picture(picture) => {
                self.damage.frames += 1;
                let raw = picture.frame().raw();
                // Three half-size planes of 8-bit 4:2:0, the least that a picture takes.
                (picture.time(), raw.width.max(0) as u64 * raw.height.max(0) as u64 * 3 / 2)
            }
            Decoded::Sound(sound) => (sound.start, (sound.len() * sound.channels.len() * 4) as u64),
        };
        self.decoded_bytes += bytes;
        let check = |limit, actual, allowed| crate::limits::Limits::check(self.source.name(), limit, actual, allowed);
        check("max_decoded_bytes", self.decoded_bytes, limits.max_decoded_bytes)?;
        check("max_frames", self.damage.frames, limits.max_frames)?;
        check("max_duration", time.to_duration().as_secs(), limits.max_duration.as_secs())?;
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
                if let Some(video) = &mut ffmpeg.video {
                    video.done = true;
                }
                ffmpeg.audio.as_ref().is_none_or(|a| a.done)
            }
            (Backend::Ffmpeg(ffmpeg), Decoded::Sound(sound)) if sound.start >= range.end() => {
                if let Some(audio) = &mut ffmpeg.audio {
                    audio.done = true;
                }
                ffmpeg.video.as_ref().is_none_or(|v| v.done)
            }
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

impl Ffmpeg {
    fn new(mut demuxer: Demuxer, request: &Request) -> Result<Self> {
        let info = demuxer.info().clone();
        let options = DecodeOptions { threads: request.threads, skip_loop_filter: request.skip_loop_filter };
        let video = match info.video().filter(|_| request.video) {
            Some(stream) => {
                let index = stream.index as usize;
                let facts =
                    stream.video.as_ref().ok_or_else(|| Error::backend(&demuxer.guard().name, "video facts"))?;
                if facts.width == 0 || facts.height == 0 {
                    return Err(Error::malformed(&demuxer.guard().name, "its video track has no picture size"));
                }
                Some(VideoTrack {
                    index,
                    decoder: Decoder::open(&demuxer, index, &options)?,
                    geometry: Arc::new(TrackGeometry {
                        name: demuxer.guard().name.clone(),
                        rotation: facts.rotation,
                        mirrored: facts.mirrored,
                        display_size: facts.display_size,
                        interlaced: facts.interlaced,
                    }),
                    usual_duration: facts.frame_rate.map_or(Timestamp::new(1, 25), |r| r.frame_duration()),
                    last_time: None,
                    done: false,
                })
            }
            None => None,
        };
        let audio = match info.audio().filter(|_| request.audio) {
            Some(stream) => {
                let index = stream.index as usize;
                let opened =
                    Decoder::open(&demuxer, index, &DecodeOptions { threads: Some(1), skip_loop_filter: false });
                match opened {
                    Ok(decoder) => Some(AudioTrack {
                        index,
                        decoder,
                        sample_rate_hz: 0,
                        channels: 0,
                        first: None,
                        next_sample: 0,
                        done: false,
                    }),
                    // Pictures without sound are worth having; sound alone was asked for where there is no video.
                    Err(Error::Unsupported { .. }) if video.is_some() => None,
                    Err(error) => return Err(error),
                }
            }
            None => None,
        };
        let wanted: Vec<usize> = video.iter().map(|v| v.index).chain(audio.iter().map(|a| a.index)).collect();
        demuxer.keep_only(&wanted);
        // Without pictures to wait for, zero is where the video track says it starts, else the first sample.
        let zero = match (&video, info.video()) {
            (None, Some(stream)) => start_time(&demuxer, stream.index as usize),
            _ => None,
        };
        Ok(Self { demuxer, video, audio, zero, waiting: VecDeque::new(), drained: false })
    }

    /// Reads one packet, or ends, and adds what came out to `out`.
    fn step(&mut self, out: &mut VecDeque<Decoded>, damage: &mut Damage) -> Result<()> {
        let Some(packet) = self.demuxer.read()? else {
            self.drained = true;
            self.decode_video(None, out, damage)?;
            self.release_waiting(out, damage)?;
            return self.decode_audio(None, out, damage);
        };
        if self.video.as_ref().is_some_and(|v| v.index == packet.stream()) {
            self.decode_video(Some(&packet), out, damage)?;
            if self.zero.is_some() {
                self.release_waiting(out, damage)?;
            }
            return Ok(());
        }
        if self.audio.as_ref().is_some_and(|a| a.index == packet.stream()) {
            if self.zero.is_none() && self.video.is_some() {
                self.waiting.push_back(packet);
                if self.waiting.len() > WAITING_PACKETS {
                    let video = self.video.as_ref().map_or(0, |v| v.index);
                    self.zero = start_time(&self.demuxer, video).or(Some(Timestamp::ZERO));
                    self.release_waiting(out, damage)?;
                }
                return Ok(());
            }
            self.decode_audio(Some(&packet), out, damage)?;
        }
        Ok(())
    }

    fn release_waiting(&mut self, out: &mut VecDeque<Decoded>, damage: &mut Damage) -> Result<()> {
        while let Some(packet) = self.waiting.pop_front() {
            self.decode_audio(Some(&packet), out, damage)?;
        }
        Ok(())
    }

    fn decode_video(
        &mut self,
        packet: Option<&Packet>,
        out: &mut VecDeque<Decoded>,
        damage: &mut Damage,
    ) -> Result<()> {
        let Some(video) = &mut self.video else { return Ok(()) };
        if video.done {
            return Ok(());
        }
        let (num, den) = self.demuxer.time_base(video.index);
        loop {
            let sent = video.decoder.send(packet)?;
            damage.undecodable_packets += u64::from(sent == Sent::Damaged);
            while let Some(frame) = video.decoder.receive(&mut damage.undecodable_packets)? {
                let raw = frame.raw();
                if raw.width <= 0 || raw.height <= 0 {
                    continue;
                }
                let corrupt = raw.flags & ffi::AV_FRAME_FLAG_CORRUPT as i32 != 0 || raw.decode_error_flags != 0;
                damage.corrupt_frames += u64::from(corrupt);
                let time = match [raw.best_effort_timestamp, raw.pts].into_iter().find(|t| *t != ffi::AV_NOPTS_VALUE) {
                    Some(units) => Timestamp::from_units(units, num, den),
                    // Some old files have no times at all: frames follow at the usual rate.
                    None => video.last_time.map_or(Timestamp::ZERO, |t| t + video.usual_duration),
                };
                // Time that stands still or runs backwards would break every consumer.
                let time = match video.last_time {
                    Some(last) if time <= last => last + Timestamp::from_units(1, num, den),
                    _ => time,
                };
                video.last_time = Some(time);
                let zero = *self.zero.get_or_insert(time);
                let duration = match raw.duration {
                    units @ 1.. => Timestamp::from_units(units, num, den),
                    _ => video.usual_duration,
                };
                let picture = Picture::new(frame, time - zero, duration, Arc::clone(&video.geometry));
                out.push_back(Decoded::Picture(picture));
            }
            if sent != Sent::Full {
                return Ok(());
            }
        }
    }

    fn decode_audio(
        &mut self,
        packet: Option<&Packet>,
        out: &mut VecDeque<Decoded>,
        damage: &mut Damage,
    ) -> Result<()> {
        let Some(audio) = &mut self.audio else { return Ok(()) };
        if audio.done {
            return Ok(());
        }
        let (num, den) = self.demuxer.time_base(audio.index);
        loop {
            let sent = audio.decoder.send(packet)?;
            damage.undecodable_packets += u64::from(sent == Sent::Damaged);
            while let Some(frame) = audio.decoder.receive(&mut damage.undecodable_packets)? {
                let units = [frame.raw().pts, frame.raw().best_effort_timestamp];
                let time = units.into_iter().find(|t| *t != ffi::AV_NOPTS_VALUE);
                let time = time.map(|units| Timestamp::from_units(units, num, den));
                audio.take(&frame, time, &mut self.zero, out, self.demuxer.guard())?;
            }
            if sent != Sent::Full {
                return Ok(());
            }
        }
    }

    /// Goes to the keyframe before `time` (in the file's own clock). `false` where the file cannot be searched.
    fn seek(&mut self, time: Timestamp) -> Result<bool> {
        let Some(index) = self.video.as_ref().map(|v| v.index).or(self.audio.as_ref().map(|a| a.index)) else {
            return Ok(false);
        };
        let (num, den) = self.demuxer.time_base(index);
        match self.demuxer.seek(index, time.to_units(num, den)) {
            Ok(()) => {}
            Err(error @ (Error::Cancelled | Error::Io { .. } | Error::LimitExceeded { .. })) => return Err(error),
            Err(_) => return Ok(false),
        }
        if let Some(video) = &mut self.video {
            video.decoder.flush();
            video.last_time = None;
        }
        if let Some(audio) = &mut self.audio {
            audio.decoder.flush();
            audio.first = None;
            audio.next_sample = 0;
        }
        self.waiting.clear();
        self.drained = false;
        Ok(true)
    }

    /// Whether something of each wanted track has come out.
    fn arrived(&self, out: &VecDeque<Decoded>) -> bool {
        let picture = out.iter().any(|d| matches!(d, Decoded::Picture(_)));
        let sound = out.iter().any(|d| matches!(d, Decoded::Sound(_)));
        (picture || self.video.is_none()) && (sound || self.audio.is_none())
    }

    /// Whether each track that came out begins at or before `start`.
    fn begins_before(&self, out: &VecDeque<Decoded>, start: Timestamp) -> bool {
        let picture = out.iter().find_map(|d| match d {
            Decoded::Picture(picture) => Some(picture.time()),
            Decoded::Sound(_) => None,
        });
        let sound = out.iter().find_map(|d| match d {
            Decoded::Sound(sound) => Some(sound.start),
            Decoded::Picture(_) => None,
        });
        let good = |first: Option<Timestamp>, wanted: bool| !wanted || first.is_some_and(|t| t <= start);
        good(picture, self.video.is_some()) && good(sound, self.audio.is_some())
    }
}

impl AudioTrack {
    fn take(
        &mut self,
        frame: &Frame,
        time: Option<Timestamp>,
        zero: &mut Option<Timestamp>,
        out: &mut VecDeque<Decoded>,
        guard: &super::guard::Guard,
    ) -> Result<()> {
        let raw = frame.raw();
        let rate = raw.sample_rate.max(0) as u32;
        guard.limit("max_sample_rate_hz", rate.into(), guard.limits.max_sample_rate_hz.into())?;
        let Some(channels) = planar_f32(frame).filter(|c| rate > 0 && c.first().is_some_and(|c| !c.is_empty())) else {
            return Ok(());
        };
        guard.limit("max_audio_channels", channels.len() as u64, guard.limits.max_audio_channels.into())?;
        if self.sample_rate_hz == 0 {
            (self.sample_rate_hz, self.channels) = (rate, channels.len());
        }
        let channels = if rate == self.sample_rate_hz {
            channels
        } else {
            channels.iter().map(|c| resample_linear(c, rate, self.sample_rate_hz)).collect()
        };
        let here = self.first.map(|f| f + Timestamp::from_units(self.next_sample as i64, 1, self.sample_rate_hz));
        let time = time.or(here).unwrap_or(Timestamp::ZERO);
        let zero = *zero.get_or_insert(time);
        let first = *self.first.get_or_insert(time);
        self.fill_gap(time, first - zero, out, guard)?;
        let start = first - zero + Timestamp::from_units(self.next_sample as i64, 1, self.sample_rate_hz);
        let sound = Sound { start, sample_rate_hz: self.sample_rate_hz, channels, first_sample: self.next_sample }
            .with_channels(self.channels);
        self.next_sample += sound.len() as u64;
        out.push_back(Decoded::Sound(sound));
        Ok(())
    }

    /// Silence where the timestamps leave a hole, so that what follows stays in sync with the picture.
    fn fill_gap(
        &mut self,
        time: Timestamp,
        start: Timestamp,
        out: &mut VecDeque<Decoded>,
        guard: &super::guard::Guard,
    ) -> Result<()> {
        let Some(first) = self.first else { return Ok(()) };
        let due = (time - first).to_units(1, self.sample_rate_hz).max(0) as u64;
        let missing = due.saturating_sub(self.next_sample);
        if (missing as f64) < GAP_SECONDS * f64::from(self.sample_rate_hz) {
            return Ok(());
        }
        let allowed = guard.limits.max_duration.as_secs();
        guard.limit("max_duration", due / u64::from(self.sample_rate_hz), allowed)?;
        while self.next_sample < due {
            let len = (due - self.next_sample).min(SILENCE_BLOCK);
            let at = start + Timestamp::from_units(self.next_sample as i64, 1, self.sample_rate_hz);
            out.push_back(Decoded::Sound(Sound::silent(
                at,
                self.sample_rate_hz,
                self.channels,
                len as usize,
                self.next_sample,
            )));
            self.next_sample += len;
        }
        Ok(())
    }
}

/// For the rare file whose sample rate changes midway: keeps time, at the quality of a straight line.
fn resample_linear(samples: &[f32], from_hz: u32, to_hz: u32) -> Vec<f32> {
    let len = (samples.len() as u64 * u64::from(to_hz) / u64::from(from_hz.max(1))) as usize;
    let step = f64::from(from_hz) / f64::from(to_hz.max(1));
    let last = samples.len().saturating_sub(1);
    (0..len)
        .map(|i| {
            let at = i as f64 * step;
            let (left, part) = (at as usize, at.fract() as f32);
            samples[left.min(last)] * (1.0 - part) + samples[(left + 1).min(last)] * part
        })
        .collect()
}

fn start_time(demuxer: &Demuxer, index: usize) -> Option<Timestamp> {
    let (num, den) = demuxer.time_base(index);
    let start = demuxer.stream(index).start_time;
    (start != ffi::AV_NOPTS_VALUE).then(|| Timestamp::from_units(start, num, den))
}
