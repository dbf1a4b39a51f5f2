//! Minima and maxima of buckets of samples, by audiowaveform's rules.

/// How a decoded sample becomes one of 16 bits.
///
/// audiowaveform takes the upper 16 bits of whole-number samples and scales floats by 32767; both without rounding.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum SampleRule {
    /// The source stores whole numbers: scale by 32768, round down (an arithmetic shift of the original). Exact up
    /// to 24 bits, which `f32` holds; of 32-bit samples, those within 2⁻²⁴ of the next step may come out one higher.
    Integer,
    /// The source stores floats: scale by 32767 in `f32`, cut toward zero. Exact for 32-bit floats.
    Float,
}

impl SampleRule {
    fn to_16_bits(self, sample: f32) -> i32 {
        // `as` cuts toward zero, saturates, and turns not-a-number into 0.
        let value = match self {
            Self::Integer => (sample * 32768.0).floor() as i32,
            Self::Float => (sample * 32767.0) as i32,
        };
        value.clamp(i32::from(i16::MIN), i32::from(i16::MAX))
    }
}

/// Collects samples into buckets. Blocks may come in any sizes.
#[derive(Debug)]
pub(crate) struct Peaks {
    samples_per_pixel: usize,
    rule: SampleRule,
    split_channels: bool,
    /// Samples in the bucket that is being filled.
    filled: usize,
    /// Minimum and maximum of that bucket, for each channel of the result.
    open: Vec<(i32, i32)>,
    data: Vec<i16>,
    scratch: Vec<i32>,
}

const EMPTY: (i32, i32) = (i32::MAX, i32::MIN);

impl Peaks {
    pub(crate) fn new(channels: usize, samples_per_pixel: u32, split_channels: bool, rule: SampleRule) -> Self {
        Self {
            samples_per_pixel: samples_per_pixel.max(1) as usize,
            rule,
            split_channels,
            filled: 0,
            open: vec![EMPTY; if split_channels { channels.max(1) } else { 1 }],
            data: Vec::new(),
            scratch: Vec::new(),
        }
    }

    /// Channels of the result.
    pub(crate) fn channels(&self) -> usize {
        self.open.len()
    }

    /// Bytes that the result takes so far.
    pub(crate) fn byte_len(&self) -> usize {
        self.data.len() * size_of::<i16>()
    }

    /// Takes the next samples, one slice of equal length for each channel.
    pub(crate) fn push(&mut self, channels: &[&[f32]]) {
        let len = channels.iter().map(|c| c.len()).min().unwrap_or(0);
        let mut scratch = std::mem::take(&mut self.scratch);
        let mut at = 0;
        while at < len {
            let n = (self.samples_per_pixel - self.filled).min(len - at);
            if self.split_channels {
                for (open, samples) in self.open.iter_mut().zip(channels) {
                    for &sample in &samples[at..at + n] {
                        let value = self.rule.to_16_bits(sample);
                        *open = (open.0.min(value), open.1.max(value));
                    }
                }
            } else {
                scratch.clear();
                scratch.resize(n, 0);
                for samples in channels {
                    for (sum, &sample) in scratch.iter_mut().zip(&samples[at..at + n]) {
                        *sum += self.rule.to_16_bits(sample);
                    }
                }
                // Integer division cuts toward zero, as audiowaveform's does; a floor would differ for odd sums.
                let count = channels.len() as i32;
                for &sum in &scratch {
                    let value = sum / count;
                    self.open[0] = (self.open[0].0.min(value), self.open[0].1.max(value));
                }
            }
            at += n;
            self.filled += n;
            if self.filled == self.samples_per_pixel {
                self.close();
            }
        }
        self.scratch = scratch;
    }

    fn close(&mut self) {
        for open in &mut self.open {
            self.data.extend([open.0 as i16, open.1 as i16]);
            *open = EMPTY;
        }
        self.filled = 0;
    }

    /// The values of all buckets: for each bucket, for each channel, minimum and maximum.
    pub(crate) fn finish(mut self) -> Vec<i16> {
        if self.filled > 0 {
            self.close();
        }
        self.data
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn ints(values: &[i16]) -> Vec<f32> {
        values.iter().map(|v| f32::from(*v) / 32768.0).collect()
    }

    #[test]
    fn every_16_bit_value_comes_back_exactly() {
        for v in i16::MIN..=i16::MAX {
            assert_eq!(SampleRule::Integer.to_16_bits(f32::from(v) / 32768.0), i32::from(v));
        }
    }

    #[test]
    fn more_bits_are_shifted_off_not_rounded() {
        let of_24_bits = |v: i32| SampleRule::Integer.to_16_bits(v as f32 / 8_388_608.0);
        assert_eq!(of_24_bits(0x0001ff), 1);
        assert_eq!(of_24_bits(-1), -1);
        assert_eq!(of_24_bits(-257), -2);
        assert_eq!(of_24_bits(0x7fffff), 32767);
    }

    #[test]
    fn floats_are_cut_toward_zero_and_clamped() {
        let of = |v: f32| SampleRule::Float.to_16_bits(v);
        assert_eq!((of(1.0), of(-1.0)), (32767, -32767));
        assert_eq!((of(1.7), of(-1.7)), (32767, -32768));
        assert_eq!((of(0.9 / 32767.0), of(-0.9 / 32767.0)), (0, 0));
        assert_eq!(of(f32::NAN), 0);
    }

    #[test]
    fn a_mono_mix_is_cut_toward_zero() {
        let mut peaks = Peaks::new(2, 4, false, SampleRule::Integer);
        peaks.push(&[&ints(&[-3, 3, 10]), &ints(&[0, 0, 11])]);
        assert_eq!(peaks.finish(), [-1, 10]);
    }

    #[test]
    fn split_channels_keep_their_own_extremes_and_the_last_bucket_may_be_short() {
        let mut peaks = Peaks::new(2, 2, true, SampleRule::Integer);
        peaks.push(&[&ints(&[1, 2, 3]), &ints(&[-1, -2, -3])]);
        assert_eq!(peaks.finish(), [1, 2, -2, -1, 3, 3, -3, -3]);
    }

    proptest! {
        #[test]
        fn any_block_sizes_give_the_same_buckets(
            samples in proptest::collection::vec(any::<i16>(), 0..300),
            sizes in proptest::collection::vec(1usize..40, 1..40),
            per_pixel in 2u32..50,
            split: bool,
        ) {
            let (left, right) = (ints(&samples), ints(&samples.iter().rev().copied().collect::<Vec<_>>()));
            let mut whole = Peaks::new(2, per_pixel, split, SampleRule::Integer);
            whole.push(&[&left, &right]);
            let mut parts = Peaks::new(2, per_pixel, split, SampleRule::Integer);
            let (mut at, mut sizes) = (0, sizes.into_iter().cycle());
            while at < left.len() {
                let end = (at + sizes.next().unwrap()).min(left.len());
                parts.push(&[&left[at..end], &right[at..end]]);
                at = end;
            }
            prop_assert_eq!(whole.finish(), parts.finish());
        }

        #[test]
        fn every_sample_lies_within_its_bucket(samples in proptest::collection::vec(any::<i16>(), 1..300), per_pixel in 2u32..50) {
            let mut peaks = Peaks::new(1, per_pixel, false, SampleRule::Integer);
            peaks.push(&[&ints(&samples)]);
            let data = peaks.finish();
            for (i, s) in samples.iter().enumerate() {
                let bucket = i / per_pixel as usize;
                prop_assert!(data[2 * bucket] <= *s && *s <= data[2 * bucket + 1]);
            }
        }
    }
}
