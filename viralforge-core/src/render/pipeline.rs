//! Decode, filter with encode, and write, side by side on bounded queues.

use std::thread;
use std::time::Duration;

use crossbeam_channel::{Receiver, RecvTimeoutError, SendTimeoutError, Sender, bounded};

use super::pacing::{Pacing, even_rate};
use super::{CutMode, RenderPlan, RenderReport};
use crate::error::{Error, Result};
use crate::geometry::{Size, TrackKind};
use crate::limits::Limits;
use crate::media::{
    AudioEncoder, Decoded, EncodedPacket, MediaReader, Muxer, Picture, PictureEncoder, Request, Sound, TrackParameters,
    VideoEncoding,
};
use crate::media_info::MediaInfo;
use crate::monitor::{Monitor, Stage};
use crate::output::Output;
use crate::source::Source;
use crate::time::{FrameRate, TimeRange, Timestamp};

/// Decoded pictures that may wait for the encoder: a few hide the jitter of both, each costs megabytes.
const WAITING_PICTURES: usize = 4;
/// Packets and blocks of sound that may wait to be written.
const WAITING_MESSAGES: usize = 64;
/// Sound before the first picture that is dropped without a word: the delay of encoders.
const QUIET_LEAD: f64 = 0.1;
/// Ticks a second where the source has no usable clock; MPEG systems count with as many (ISO/IEC 13818-1, 2.4.2).
const TICKS_PER_SECOND: u32 = 90_000;
/// Clocks of this many ticks a second are taken over, up to the finest that an MP4's tools handle well.
const FINE_TICKS: u32 = 10_000;
const FINEST_TICKS: u32 = 1_000_000;

/// What reaches the thread that writes.
enum Message {
    /// Sound of the source, from the first picture on.
    Sound(Sound),
    /// The encoder is open.
    VideoReady(TrackParameters),
    Packet(EncodedPacket),
}

/// What the decoding side found out.
#[derive(Default)]
struct Decoding {
    damaged: u64,
    lead_seconds: f64,
    sound_began: bool,
}

/// What the encoding side did.
#[derive(Default)]
struct Encoding {
    pictures: u64,
    end: Timestamp,
}

/// What is the same for the whole run.
struct Job<'a> {
    plan: &'a RenderPlan,
    monitor: &'a Monitor,
    output: &'a Output,
    encoding: VideoEncoding,
    display: Size,
    /// The rate of frames at even distances, where those are wanted.
    even_rate: Option<FrameRate>,
    max_frames: u64,
    source: &'a str,
}

/// The encoding side. It owns what it needs, since nobody who cancels should wait for it: a slow encoder may think
/// about one picture for most of a second, and has no way to be told to stop.
struct EncodingSide {
    plan: RenderPlan,
    monitor: Monitor,
    output: String,
    encoding: VideoEncoding,
    display: Size,
    even_rate: Option<FrameRate>,
    max_frames: u64,
    source: String,
}

/// Between two looks for cancellation while the encoder keeps everybody waiting.
const LOOK_UP: Duration = Duration::from_millis(20);

pub(super) fn run(source: &Source, output: &Output, plan: &RenderPlan, monitor: &Monitor) -> Result<RenderReport> {
    let request = Request { video: true, audio: !plan.mute, range: plan.range, ..Request::default() };
    let reader = MediaReader::open(source, &request, monitor)?;
    let info = reader.info().clone();
    let video = info.video().and_then(|s| s.video.as_ref());
    let Some(video) = video else { return Err(Error::missing_track(source.name(), TrackKind::Video)) };
    let display = video.display_size;
    let size = plan.output_size(display);
    let fallback = FrameRate::new(25, 1).ok_or_else(|| Error::backend(source.name(), "no frame rate"))?;
    let source_rate = video.frame_rate.unwrap_or(fallback);
    let even_rate = plan.constant_frame_rate.then(|| even_rate(source_rate));
    let frame_rate = even_rate.unwrap_or(source_rate);
    let encoding = VideoEncoding {
        size,
        crf: plan.crf,
        speed: plan.speed.name(),
        keyframe_interval: plan.keyframe_interval.into(),
        frame_rate,
        ticks_per_second: clock(even_rate.map(FrameRate::num).or(reader.video_ticks_per_second())),
    };
    let max_frames = source.limits().max_frames;
    let job = Job { even_rate, max_frames, source: source.name(), plan, monitor, output, display, encoding };
    let mut warnings = warnings_before(plan, &info, &reader, video.hdr.is_some());
    let (decoding, encoding, bytes_written) = job.run(reader, &info)?;
    if encoding.pictures == 0 {
        return Err(Error::malformed(source.name(), nothing_inside(plan.range, info.duration)));
    }
    if decoding.damaged > 0 {
        warnings.push(format!("{} packets of the source could not be decoded and are missing", decoding.damaged));
    }
    if decoding.lead_seconds > QUIET_LEAD {
        let lead = decoding.lead_seconds;
        warnings.push(format!("{lead:.2} s of sound before the first picture were left out"));
    }
    Ok(RenderReport {
        output: output.name(),
        frames_written: encoding.pictures,
        duration: Some(encoding.end),
        bytes_written,
        width: size.width,
        height: size.height,
        cut: CutMode::Exact,
        warnings,
    })
}

fn nothing_inside(range: Option<TimeRange>, duration: Option<Timestamp>) -> String {
    match (range, duration) {
        (Some(range), Some(duration)) if range.start() >= duration => {
            format!("ends at {duration}, before the range begins ({})", range.start())
        }
        (Some(range), _) => format!("no picture between {} and {} can be decoded", range.start(), range.end()),
        (None, _) => "no picture can be decoded".to_owned(),
    }
}

fn warnings_before(plan: &RenderPlan, info: &MediaInfo, reader: &MediaReader, hdr: bool) -> Vec<String> {
    let mut warnings = Vec::new();
    if plan.cut == CutMode::Smart {
        warnings.push("copying whole GOPs is not possible here; everything was encoded again".to_owned());
    }
    if hdr {
        warnings.push("the source is HDR; it was tone-mapped to SDR".to_owned());
    }
    if let Some(audio) = info.audio().filter(|_| !plan.mute && !reader.has_sound()) {
        warnings.push(format!("the sound ({}) cannot be decoded and was left out", audio.codec));
    }
    warnings
}

/// A clock for the file that is written: the source's own, so that every frame keeps its time exactly, or a multiple
/// of it where that is coarse, because encoders and players count on finer ones.
fn clock(source_ticks_per_second: Option<u32>) -> u32 {
    match source_ticks_per_second {
        Some(ticks @ FINE_TICKS..=FINEST_TICKS) => ticks,
        Some(ticks @ 1..FINE_TICKS) => ticks * TICKS_PER_SECOND.div_ceil(ticks),
        _ => TICKS_PER_SECOND,
    }
}

impl Job<'_> {
    fn run(&self, reader: MediaReader, info: &MediaInfo) -> Result<(Decoding, Encoding, u64)> {
        let sound = reader.has_sound().then(|| info.audio().and_then(|s| s.audio.as_ref())).flatten();
        let audio = sound
            .map(|facts| {
                let rate = self.plan.audio_sample_rate_hz.unwrap_or(facts.sample_rate_hz);
                let name = self.output.name();
                AudioEncoder::open(rate, facts.channels as usize, self.plan.audio_bit_rate_bps, &name)
            })
            .transpose()?;
        thread::scope(|scope| {
            let (to_writer, messages) = bounded(WAITING_MESSAGES);
            let (to_encoder, pictures) = bounded(WAITING_PICTURES);
            let encoder_to_writer = to_writer.clone();
            let side = self.encoding_side();
            let encoder = thread::Builder::new()
                .name("viralforge-encode".to_owned())
                .spawn(move || side.encode(&pictures, &encoder_to_writer))
                .map_err(|error| Error::backend(self.output.name(), error))?;
            let decoder = scope.spawn(move || self.decode(reader, &to_encoder, &to_writer));
            // Each side stops by itself once the one it talks to is gone; the first real error is the one to report.
            let written = self.write(&messages, audio);
            drop(messages);
            let crashed = |_| Error::backend(self.output.name(), "a worker thread panicked");
            let decoded = decoder.join().map_err(crashed)?;
            // The encoder holds nothing but memory, and ends by itself after the picture it is at.
            self.monitor.check()?;
            let encoded = encoder.join().map_err(crashed)?;
            let (decoded, encoded, written) = (decoded?, encoded?, written?);
            match written {
                Some(muxer) => Ok((decoded, encoded, muxer.finish()?)),
                None => Ok((decoded, encoded, 0)),
            }
        })
    }

    fn encoding_side(&self) -> EncodingSide {
        EncodingSide {
            plan: self.plan.clone(),
            monitor: self.monitor.clone(),
            output: self.output.name(),
            encoding: self.encoding.clone(),
            display: self.display,
            even_rate: self.even_rate,
            max_frames: self.max_frames,
            source: self.source.to_owned(),
        }
    }

    fn decode(
        &self,
        mut reader: MediaReader,
        to_encoder: &Sender<Picture>,
        to_writer: &Sender<Message>,
    ) -> Result<Decoding> {
        let mut begin: Option<Timestamp> = None;
        let mut early: Vec<Sound> = Vec::new();
        let mut result = Decoding::default();
        let mut stopped = false;
        while let Some(decoded) = reader.next() {
            match decoded? {
                Decoded::Picture(picture) => {
                    let first = *begin.get_or_insert(picture.time());
                    self.monitor.report(Stage::Render, reader.fraction());
                    stopped |= !self.hand_over(picture, to_encoder)?;
                    for sound in early.drain(..) {
                        stopped |= !result.send_sound(sound, first, to_writer);
                    }
                }
                Decoded::Sound(sound) => match begin {
                    Some(first) => stopped |= !result.send_sound(sound, first, to_writer),
                    None => early.push(sound),
                },
            }
            if stopped {
                break;
            }
        }
        let damage = reader.damage();
        result.damaged = damage.undecodable_packets;
        Ok(result)
    }

    /// Gives a picture to the encoder once it has room. `false` once nobody listens.
    fn hand_over(&self, mut picture: Picture, to_encoder: &Sender<Picture>) -> Result<bool> {
        loop {
            match to_encoder.send_timeout(picture, LOOK_UP) {
                Ok(()) => return Ok(true),
                Err(SendTimeoutError::Disconnected(_)) => return Ok(false),
                Err(SendTimeoutError::Timeout(back)) => picture = back,
            }
            self.monitor.check()?;
        }
    }

    /// Encodes sound and writes packets until both other sides are done. `None` where there was no picture.
    fn write(&self, messages: &Receiver<Message>, mut audio: Option<AudioEncoder>) -> Result<Option<Muxer>> {
        let mut muxer: Option<Muxer> = None;
        let mut waiting: Vec<Sound> = Vec::new();
        let mut heard = false;
        loop {
            let message = match messages.recv_timeout(LOOK_UP) {
                Ok(message) => Some(message),
                Err(RecvTimeoutError::Timeout) => None,
                Err(RecvTimeoutError::Disconnected) => break,
            };
            self.monitor.check()?;
            let Some(message) = message else { continue };
            match message {
                Message::VideoReady(video) => {
                    let mut tracks = vec![video];
                    tracks.extend(audio.as_ref().map(AudioEncoder::parameters).transpose()?);
                    let mut opened = Muxer::create(self.output, &tracks)?;
                    for sound in waiting.drain(..) {
                        encode_sound(&mut audio, &sound, &mut opened)?;
                    }
                    muxer = Some(opened);
                }
                Message::Packet(packet) => {
                    if let Some(muxer) = &mut muxer {
                        muxer.write(0, packet)?;
                    }
                }
                Message::Sound(sound) => {
                    heard = true;
                    match &mut muxer {
                        Some(muxer) => encode_sound(&mut audio, &sound, muxer)?,
                        // The encoder opens with the first picture, so this is a short wait.
                        None => waiting.push(sound),
                    }
                }
            }
        }
        let Some(mut muxer) = muxer else { return Ok(None) };
        if let Some(encoder) = &mut audio {
            if !heard {
                // A track without a single sample is no valid file; a blink of silence is.
                encoder.push(&Sound::silence(encoder.sample_rate_hz()))?;
            }
            encoder.finish()?;
            while let Some(packet) = encoder.pull()? {
                muxer.write(1, packet)?;
            }
        }
        Ok(Some(muxer))
    }
}

impl EncodingSide {
    fn encode(&self, pictures: &Receiver<Picture>, to_writer: &Sender<Message>) -> Result<Encoding> {
        let mut result = Encoding::default();
        let Ok(mut picture) = pictures.recv() else { return Ok(result) };
        let begin = picture.time();
        let mut encoder = PictureEncoder::new(self.encoding.clone(), begin, &self.output);
        let mut announced = false;
        let mut pacing = self.even_rate.map(|rate| Pacing::new(rate, begin));
        loop {
            let following = pictures.recv().ok();
            let end = following.as_ref().map_or(picture.time() + picture.duration(), Picture::time);
            match &mut pacing {
                Some(pacing) => {
                    let duration = pacing.slot_duration();
                    // The last picture fills at least one slot, or a clip of one frame would be empty.
                    let end = if following.is_none() { end.max(picture.time() + duration) } else { end };
                    for time in pacing.until(end) {
                        self.push(&mut encoder, &picture, time, duration, &mut result)?;
                        if !send_packets(&mut encoder, &mut announced, to_writer)? {
                            return Ok(result);
                        }
                    }
                }
                None => {
                    let (time, duration) = (picture.time(), picture.duration());
                    self.push(&mut encoder, &picture, time, duration, &mut result)?;
                    if !send_packets(&mut encoder, &mut announced, to_writer)? {
                        return Ok(result);
                    }
                }
            }
            match following {
                Some(next) => picture = next,
                None => break,
            }
        }
        encoder.finish()?;
        send_packets(&mut encoder, &mut announced, to_writer)?;
        result.end = result.end - begin;
        result.pictures = encoder.pictures();
        Ok(result)
    }

    fn push(
        &self,
        encoder: &mut PictureEncoder,
        picture: &Picture,
        time: Timestamp,
        duration: Timestamp,
        result: &mut Encoding,
    ) -> Result<()> {
        // A hole of hours in the source's times must not become millions of frames.
        Limits::check(&self.source, "max_frames", encoder.pictures(), self.max_frames)?;
        self.monitor.check()?;
        result.end = time + duration;
        encoder.push(picture, self.plan.crop_at(picture.time(), self.display), time, duration)
    }
}

impl Decoding {
    /// Sends sound from `first` on; silence comes first where it starts later. `false` once
    /// nobody listens.
    fn send_sound(&mut self, mut sound: Sound, first: Timestamp, to_writer: &Sender<Message>) -> bool {
        let lead = (first - sound.start).as_seconds_f64().min((sound.end() - sound.start).as_seconds_f64());
        if lead > 0.0 {
            self.lead_seconds += lead;
            sound.trim(first, None);
        }
        if sound.len() == 0 {
            return true;
        }
        if !self.sound_began {
            self.sound_began = true;
            for silence in sound.silence_before(first) {
                if to_writer.send(Message::Sound(silence)).is_err() {
                    return false;
                }
            }
        }
        to_writer.send(Message::Sound(sound)).is_ok()
    }
}

fn encode_sound(audio: &mut Option<AudioEncoder>, sound: &Sound, muxer: &mut Muxer) -> Result<()> {
    let Some(encoder) = audio else { return Ok(()) };
    encoder.push(sound)?;
    while let Some(packet) = encoder.pull()? {
        muxer.write(1, packet)?;
    }
    Ok(())
}

/// `false` once nobody listens.
fn send_packets(encoder: &mut PictureEncoder, announced: &mut bool, to_writer: &Sender<Message>) -> Result<bool> {
    if !*announced {
        let Some(parameters) = encoder.parameters() else { return Ok(true) };
        *announced = true;
        if to_writer.send(Message::VideoReady(parameters?)).is_err() {
            return Ok(false);
        }
    }
    while let Some(packet) = encoder.pull() {
        if to_writer.send(Message::Packet(packet)).is_err() {
            return Ok(false);
        }
    }
    Ok(true)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_clock_holds_every_time_of_the_source() {
        assert_eq!(clock(Some(30_000)), 30_000);
        assert_eq!(clock(Some(25)), 90_000);
        assert_eq!(clock(Some(1000)), 90_000);
        assert_eq!(clock(Some(24)) % 24, 0);
        assert_eq!(clock(Some(7)) % 7, 0);
        assert_eq!(clock(Some(2_000_000_000)), 90_000);
        assert_eq!(clock(None), 90_000);
    }
}
