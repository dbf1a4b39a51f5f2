//! Demuxer and decoders of one file: packets in the order of the file, pictures and sound out.

use std::collections::VecDeque;

use super::decode::{DecodeOptions, Decoder, Sent};
use super::demux::Demuxer;
use super::ffi;
use super::frame::Packet;
use super::picture::Picture;
use super::request::{Damage, Decoded, Request};
use super::sound_track::SoundTrack;
use super::video_track::VideoTrack;
use crate::error::{Error, Result};
use crate::time::Timestamp;

/// Packets of sound that wait for the first picture, which tells where zero is.
const WAITING_PACKETS: usize = 2000;

/// A file that FFmpeg decodes.
pub(super) struct FileDecoder {
    demuxer: Demuxer,
    video: Option<VideoTrack>,
    /// Whether no more pictures are wanted.
    video_done: bool,
    keyframes_alone: bool,
    /// When the latest keyframe is shown, and whether a picture behind one is shown before it.
    keyframe: Option<i64>,
    open_gop: bool,
    audio: Option<SoundTrack>,
    /// Time zero in the file's own clock.
    zero: Option<Timestamp>,
    /// Sound that came before zero was known.
    waiting: VecDeque<Packet>,
    /// Whether the decoders were told that nothing more comes.
    flushed: bool,
    drained: bool,
}

impl FileDecoder {
    pub(super) fn new(mut demuxer: Demuxer, request: &Request) -> Result<Self> {
        let info = demuxer.info().clone();
        let options = DecodeOptions {
            threads: request.threads,
            skip_loop_filter: request.skip_loop_filter,
            ..DecodeOptions::default()
        };
        let video = match info.video().filter(|_| request.video) {
            Some(stream) => Some(VideoTrack::open(&demuxer, stream, &options)?),
            None => None,
        };
        let audio = match info.audio().filter(|_| request.audio) {
            Some(stream) => {
                let index = stream.index as usize;
                let opened =
                    Decoder::open(&demuxer, index, &DecodeOptions { threads: Some(1), ..DecodeOptions::default() });
                match opened {
                    Ok(decoder) => Some(SoundTrack::new(index, decoder)),
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
            (None, Some(stream)) => request.zero.or_else(|| start_time(&demuxer, stream.index as usize)),
            _ => None,
        };
        Ok(Self {
            demuxer,
            video,
            video_done: false,
            keyframes_alone: request.keyframes_alone,
            keyframe: None,
            open_gop: false,
            audio,
            zero,
            waiting: VecDeque::new(),
            flushed: false,
            drained: false,
        })
    }

    /// Whether sound comes out.
    pub(super) fn has_sound(&self) -> bool {
        self.audio.is_some()
    }

    /// Ticks a second of the video track's clock.
    pub(super) fn video_ticks_per_second(&self) -> Option<u32> {
        self.video.as_ref().map(|video| self.demuxer.time_base(video.index).1)
    }

    /// Time zero in the file's own clock, once it is known.
    pub(super) fn zero(&self) -> Option<Timestamp> {
        self.zero
    }

    /// Whether the end of the file was reached and everything came out.
    pub(super) fn drained(&self) -> bool {
        self.drained
    }

    /// Whether pictures came that are shown before the keyframe in front of them, and so may need the one before that.
    pub(super) fn has_open_gop(&self) -> bool {
        self.open_gop
    }

    /// Share of the file's bytes that were read, 0 to 1.
    pub(super) fn bytes_fraction(&self) -> f64 {
        self.demuxer.bytes_fraction()
    }

    /// Decodes no more pictures. Whether nothing is left to decode at all.
    pub(super) fn finish_video(&mut self) -> bool {
        self.video_done = true;
        self.audio.as_ref().is_none_or(|a| a.done)
    }

    /// Decodes no more sound. Whether nothing is left to decode at all.
    pub(super) fn finish_sound(&mut self) -> bool {
        if let Some(audio) = &mut self.audio {
            audio.done = true;
        }
        self.video.is_none() || self.video_done
    }

    /// Reads one packet, or ends, and adds what came out to `out`.
    pub(super) fn step(&mut self, out: &mut VecDeque<Decoded>, damage: &mut Damage) -> Result<()> {
        // A hole in the sound may be hours long: it is filled bit by bit, before anything else is read.
        if self.audio.as_mut().is_some_and(|audio| audio.fill(out)) {
            return Ok(());
        }
        let Some(packet) = self.demuxer.read()? else {
            if !self.flushed {
                self.flushed = true;
                self.decode_video(None, out, damage)?;
                self.release_waiting(out, damage)?;
                self.decode_audio(None, out, damage)?;
            }
            self.drained = self.audio.as_ref().is_none_or(|audio| !audio.is_filling());
            return Ok(());
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
        let Some(video) = self.video.as_mut().filter(|_| !self.video_done) else { return Ok(()) };
        if let Some((packet, shown_at)) = packet.and_then(|packet| Some((packet, packet.shown_at()?))) {
            if packet.is_keyframe() {
                self.keyframe = Some(shown_at);
            }
            self.open_gop |= self.keyframe.is_some_and(|keyframe| shown_at < keyframe);
        }
        if self.keyframes_alone && packet.is_some_and(|packet| !packet.is_keyframe()) {
            return Ok(());
        }
        let zero = &mut self.zero;
        let mut take = |picture: Picture, _| {
            let zero = *zero.get_or_insert(picture.time());
            out.push_back(Decoded::Picture(picture.earlier(zero)));
            Ok(())
        };
        video.decode(packet, damage, &mut take)?;
        if self.keyframes_alone && packet.is_some() {
            video.decode(None, damage, &mut take)?;
            video.empty();
        }
        Ok(())
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
    pub(super) fn seek(&mut self, time: Timestamp) -> Result<bool> {
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
            video.reset();
            self.keyframe = None;
        }
        if let Some(audio) = &mut self.audio {
            audio.reset();
        }
        self.waiting.clear();
        (self.flushed, self.drained) = (false, false);
        Ok(true)
    }

    /// Whether something of each wanted track has come out.
    pub(super) fn arrived(&self, out: &VecDeque<Decoded>) -> bool {
        let picture = out.iter().any(|d| matches!(d, Decoded::Picture(_)));
        let sound = out.iter().any(|d| matches!(d, Decoded::Sound(_)));
        (picture || self.video.is_none()) && (sound || self.audio.is_none())
    }

    /// Whether each track that came out begins at or before `start`.
    pub(super) fn begins_before(&self, out: &VecDeque<Decoded>, start: Timestamp) -> bool {
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

fn start_time(demuxer: &Demuxer, index: usize) -> Option<Timestamp> {
    let (num, den) = demuxer.time_base(index);
    let start = demuxer.stream(index).start_time;
    (start != ffi::AV_NOPTS_VALUE).then(|| Timestamp::from_units(start, num, den))
}
