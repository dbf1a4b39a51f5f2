//! Sound as planar 32-bit floats.

use super::ffi;
use super::frame::Frame;
use crate::time::Timestamp;

/// A block of consecutive samples of one sound track.
#[derive(Clone, Debug)]
pub(crate) struct Sound {
    /// When its first sample sounds.
    pub(crate) start: Timestamp,
    /// Samples a second.
    pub(crate) sample_rate_hz: u32,
    /// One vector a channel, all of the same length; full scale is ±1.
    pub(crate) channels: Vec<Vec<f32>>,
    /// Index of its first sample in what was read of the track; gaps are filled, so indices never jump.
    pub(crate) first_sample: u64,
}

impl Sound {
    /// Samples of one channel.
    pub(crate) fn len(&self) -> usize {
        self.channels.first().map_or(0, Vec::len)
    }

    /// When the first sample after it sounds.
    pub(crate) fn end(&self) -> Timestamp {
        self.start + Timestamp::from_units(self.len() as i64, 1, self.sample_rate_hz.max(1))
    }

    /// Drops samples before `from` and from `to` on.
    pub(crate) fn trim(&mut self, from: Timestamp, to: Option<Timestamp>) {
        let rate = self.sample_rate_hz.max(1);
        let len = self.len();
        let index = |at: Timestamp| (at - self.start).to_units(1, rate).clamp(0, len as i64) as usize;
        let (first, last) = (index(from), to.map_or(len, index));
        for channel in &mut self.channels {
            channel.truncate(last);
            channel.drain(..first.min(channel.len()));
        }
        self.start = self.start + Timestamp::from_units(first as i64, 1, rate);
        self.first_sample += first as u64;
    }

    /// One sample of nothing.
    pub(crate) fn silence(sample_rate_hz: u32) -> Self {
        Self::silent(Timestamp::ZERO, sample_rate_hz, 1, 1, 0)
    }

    /// Silence of the same kind from `from` up to its start, in blocks of at most a second.
    pub(crate) fn silence_before(&self, from: Timestamp) -> impl Iterator<Item = Self> + use<> {
        let (rate, channels) = (self.sample_rate_hz.max(1), self.channels.len());
        let missing = (self.start - from).to_units(1, rate).max(0) as u64;
        (0..missing).step_by(rate as usize).map(move |at| {
            let len = (missing - at).min(u64::from(rate)) as usize;
            Self::silent(from + Timestamp::from_units(at as i64, 1, rate), rate, channels, len, at)
        })
    }

    /// As many channels as `count`: extra ones are dropped, missing ones are silent.
    pub(super) fn with_channels(mut self, count: usize) -> Self {
        let len = self.len();
        self.channels.resize_with(count, || vec![0.0; len]);
        self
    }

    pub(super) fn silent(
        start: Timestamp,
        sample_rate_hz: u32,
        channels: usize,
        len: usize,
        first_sample: u64,
    ) -> Self {
        Self { start, sample_rate_hz, channels: vec![vec![0.0; len]; channels], first_sample }
    }
}

/// The samples of a decoded frame as planar floats; `None` for a sample format that FFmpeg does not decode to.
pub(super) fn planar_f32(frame: &Frame) -> Option<Vec<Vec<f32>>> {
    let raw = frame.raw();
    let (count, channels) = (raw.nb_samples.max(0) as usize, raw.ch_layout.nb_channels.max(0) as usize);
    if channels == 0 || raw.extended_data.is_null() {
        return None;
    }
    // SAFETY: a look-up in static tables.
    let planar = unsafe { ffi::av_sample_fmt_is_planar(raw.format) } == 1;
    // SAFETY: as above.
    let packed = unsafe { ffi::av_get_packed_sample_fmt(raw.format) };
    let width = match packed {
        ffi::AV_SAMPLE_FMT_U8 => 1,
        ffi::AV_SAMPLE_FMT_S16 => 2,
        ffi::AV_SAMPLE_FMT_S32 | ffi::AV_SAMPLE_FMT_FLT => 4,
        ffi::AV_SAMPLE_FMT_DBL | ffi::AV_SAMPLE_FMT_S64 => 8,
        _ => return None,
    };
    let convert: fn(&[u8]) -> f32 = match packed {
        ffi::AV_SAMPLE_FMT_U8 => |b| (f32::from(b[0]) - 128.0) / 128.0,
        ffi::AV_SAMPLE_FMT_S16 => |b| f32::from(i16::from_ne_bytes([b[0], b[1]])) / 32768.0,
        ffi::AV_SAMPLE_FMT_S32 => |b| i32::from_ne_bytes([b[0], b[1], b[2], b[3]]) as f32 / 2_147_483_648.0,
        ffi::AV_SAMPLE_FMT_FLT => |b| f32::from_ne_bytes([b[0], b[1], b[2], b[3]]),
        ffi::AV_SAMPLE_FMT_DBL => |b| f64::from_ne_bytes([b[0], b[1], b[2], b[3], b[4], b[5], b[6], b[7]]) as f32,
        _ => |b| {
            i64::from_ne_bytes([b[0], b[1], b[2], b[3], b[4], b[5], b[6], b[7]]) as f32 / 9_223_372_036_854_775_808.0
        },
    };
    let mut all = Vec::with_capacity(channels);
    for channel in 0..channels {
        let (plane, first, step) = if planar { (channel, 0, 1) } else { (0, channel, channels) };
        let len = if planar { count } else { count * channels } * width;
        // SAFETY: `extended_data` has a pointer for each plane, and a plane holds that many samples.
        let bytes = unsafe {
            let data = *raw.extended_data.add(plane);
            if data.is_null() {
                return None;
            }
            std::slice::from_raw_parts(data, len)
        };
        // NaN and infinities in a float file would spoil every sum after them.
        let finite = |v: f32| if v.is_finite() { v } else { 0.0 };
        all.push(bytes.chunks_exact(width).skip(first).step_by(step).map(|b| finite(convert(b))).collect());
    }
    Some(all)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn trimming_keeps_exactly_the_samples_inside() {
        let mut sound = Sound {
            start: Timestamp::new(1, 1),
            sample_rate_hz: 10,
            channels: vec![(0..10).map(|v| v as f32).collect()],
            first_sample: 10,
        };
        sound.trim(Timestamp::new(12, 10), Some(Timestamp::new(15, 10)));
        assert_eq!(sound.channels[0], [2.0, 3.0, 4.0]);
        assert_eq!((sound.start, sound.first_sample), (Timestamp::new(12, 10), 12));
        sound.trim(Timestamp::new(3, 1), None);
        assert_eq!(sound.len(), 0);
    }
}
