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
    /// Blocks that sound behind a hole that is being filled, each with the sample that it begins with.
    held: VecDeque<(u64, Vec<Vec<f32>>)>,
    /// From the first sample of the track to time zero.
    offset: Timestamp,
    pub(super) done: bool,
}

impl SoundTrack {
    pub(super) fn new(index: usize, decoder: Decoder) -> Self {
        Self {
            index,
            decoder,
            sample_rate_hz: 0,
            channels: 0,
            first: None,
            next_sample: 0,
            held: VecDeque::new(),
            offset: Timestamp::ZERO,
            done: false,
        }
    }

    /// Forgets where it was, as after a seek.
    pub(super) fn reset(&mut self) {
        self.decoder.flush();
        self.first = None;
        self.next_sample = 0;
        self.held.clear();
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
        let queued = self.held.back().map_or(self.next_sample, |(at, block)| at + len_of(block));
        let here = self.first.map(|f| f + Timestamp::from_units(queued as i64, 1, self.sample_rate_hz));
        let time = time.or(here).unwrap_or(Timestamp::ZERO);
        let zero = *zero.get_or_insert(time);
        let first = *self.first.get_or_insert(time);
        self.offset = first - zero;
        let begin = self.begin(time - first, queued);
        guard.limit_duration(Timestamp::from_units(begin as i64, 1, self.sample_rate_hz).to_duration())?;
        self.held.push_back((begin, channels));
        self.fill(out);
        Ok(())
    }

    /// The sample that a block begins with that sounds `after` the first one, where `queued` samples came before it.
    fn begin(&self, after: Timestamp, queued: u64) -> u64 {
        let due = after.to_units(1, self.sample_rate_hz).max(0) as u64;
        let missing = due.saturating_sub(queued);
        if (missing as f64) < GAP_SECONDS * f64::from(self.sample_rate_hz) { queued } else { due }
    }

    /// Whether blocks wait behind a hole.
    pub(super) fn is_filling(&self) -> bool {
        !self.done && !self.held.is_empty()
    }

    /// Gives out the blocks that wait, up to one piece of the silence that stands where the timestamps leave a hole, so
    /// that what follows stays in sync with the picture. Whether blocks still wait.
    pub(super) fn fill(&mut self, out: &mut VecDeque<Decoded>) -> bool {
        if self.done {
            self.held.clear();
        }
        while let Some((begin, channels)) = self.held.pop_front() {
            let missing = begin.saturating_sub(self.next_sample);
            if missing > 0 {
                self.held.push_front((begin, channels));
                self.give(vec![vec![0.0; missing.min(SILENCE_BLOCK) as usize]; self.channels], out);
                return true;
            }
            self.give(channels, out);
        }
        false
    }

    fn give(&mut self, channels: Vec<Vec<f32>>, out: &mut VecDeque<Decoded>) {
        let start = self.offset + Timestamp::from_units(self.next_sample as i64, 1, self.sample_rate_hz);
        let sound = Sound { start, sample_rate_hz: self.sample_rate_hz, channels, first_sample: self.next_sample }
            .with_channels(self.channels);
        self.next_sample += sound.len() as u64;
        out.push_back(Decoded::Sound(sound));
    }
}

/// Samples of one channel.
fn len_of(channels: &[Vec<f32>]) -> u64 {
    channels.first().map_or(0, Vec::len) as u64
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
