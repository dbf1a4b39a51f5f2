//! The sound track of a file: decoded blocks in, gapless planar floats out.

use std::collections::VecDeque;

use super::decode::Decoder;
use super::frame::Frame;
use super::guard::Guard;
use super::pcm::{Sound, planar_f32};
use super::request::Decoded;
use crate::error::Result;
use crate::time::Timestamp;

/// Sound may be this far from where its timestamps say before the gap is filled: containers round by less, and
/// viewers notice sound that leads by 45 ms (ITU-R BT.1359-1).
const GAP_SECONDS: f64 = 0.03;
/// Samples of silence made at a time.
const SILENCE_BLOCK: u64 = 48_000;

/// A sound track that is being decoded.
pub(super) struct SoundTrack {
    pub(super) index: usize,
    pub(super) decoder: Decoder,
    sample_rate_hz: u32,
    channels: usize,
    /// When the first sample that was read sounds, and how many came since.
    first: Option<Timestamp>,
    next_sample: u64,
    pub(super) done: bool,
}

impl SoundTrack {
    pub(super) fn new(index: usize, decoder: Decoder) -> Self {
        Self { index, decoder, sample_rate_hz: 0, channels: 0, first: None, next_sample: 0, done: false }
    }

    /// Forgets where it was, as after a seek.
    pub(super) fn reset(&mut self) {
        self.decoder.flush();
        self.first = None;
        self.next_sample = 0;
    }

    /// Takes the samples of a decoded frame that sounds at `time` (the file's own clock).
    pub(super) fn take(
        &mut self,
        frame: &Frame,
        time: Option<Timestamp>,
        zero: &mut Option<Timestamp>,
        out: &mut VecDeque<Decoded>,
        guard: &Guard,
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
        guard: &Guard,
    ) -> Result<()> {
        let Some(first) = self.first else { return Ok(()) };
        let due = (time - first).to_units(1, self.sample_rate_hz).max(0) as u64;
        let missing = due.saturating_sub(self.next_sample);
        if (missing as f64) < GAP_SECONDS * f64::from(self.sample_rate_hz) {
            return Ok(());
        }
        guard.limit_duration(Timestamp::from_units(due as i64, 1, self.sample_rate_hz).to_duration())?;
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
