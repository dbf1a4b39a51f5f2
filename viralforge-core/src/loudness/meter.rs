//! From samples to the figures of a loudness report.

use std::collections::VecDeque;

use super::filter::KWeighting;
use super::true_peak::TruePeak;
use super::{LoudnessReport, gate};

/// Slices of energy a second. Momentary loudness is looked at after each: EBU Tech 3341 case 13 shifts its tones by
/// 20 ms, and a hop of 100 ms misses them.
const SLICES_PER_SECOND: u64 = 100;
/// Slices of a momentary block (400 ms) and of a short-term stretch (3 s).
const MOMENTARY: usize = 40;
const SHORT_TERM: usize = 300;
/// Slices from one gating block, and one short-term value of the range, to the next (100 ms).
const GATING_HOP: u64 = 10;

/// Measures sound as it comes in. Blocks may come in any sizes. Keeps 16 bytes for each 100 ms.
#[derive(Debug)]
pub(crate) struct LoudnessMeter {
    sample_rate_hz: u64,
    channels: Vec<Channel>,
    true_peak: bool,
    /// Samples seen of each channel, and slices closed.
    position: u64,
    slices: u64,
    /// Weighted energy of the slice that is being filled.
    open: f64,
    /// Energy and length of the last slices, newest at the back.
    recent: VecDeque<(f64, u64)>,
    blocks: Vec<f64>,
    short_terms: Vec<f64>,
    max_momentary: f64,
    max_short_term: f64,
}

#[derive(Debug)]
struct Channel {
    weight: f64,
    filter: KWeighting,
    peak: TruePeak,
    sample_peak: f32,
}

impl LoudnessMeter {
    /// A meter for channels that count with `weights`.
    pub(crate) fn new(sample_rate_hz: u32, weights: &[f64], true_peak: bool) -> Self {
        let channel = |&weight| Channel {
            weight,
            filter: KWeighting::new(sample_rate_hz),
            peak: TruePeak::new(),
            sample_peak: 0.0,
        };
        Self {
            sample_rate_hz: u64::from(sample_rate_hz.max(1)),
            channels: weights.iter().map(channel).collect(),
            true_peak,
            position: 0,
            slices: 0,
            open: 0.0,
            recent: VecDeque::with_capacity(SHORT_TERM + 1),
            blocks: Vec::new(),
            short_terms: Vec::new(),
            max_momentary: 0.0,
            max_short_term: 0.0,
        }
    }

    /// Takes the next samples, one slice of equal length for each channel.
    pub(crate) fn push(&mut self, channels: &[&[f32]]) {
        let len = channels.iter().map(|c| c.len()).min().unwrap_or(0);
        for (channel, samples) in self.channels.iter_mut().zip(channels) {
            if self.true_peak {
                channel.peak.push(&samples[..len]);
            } else {
                let finite = samples[..len].iter().filter(|s| s.is_finite());
                channel.sample_peak = finite.fold(channel.sample_peak, |most, s| most.max(s.abs()));
            }
        }
        let mut at = 0;
        while at < len {
            // Slices of rates that 100 does not divide differ by a sample, and keep step with time.
            let end = self.slice_start(self.slices + 1);
            let n = usize::try_from(end - self.position).unwrap_or(usize::MAX).min(len - at);
            for (channel, samples) in self.channels.iter_mut().zip(channels) {
                // An effects channel is not measured, only its peak.
                if channel.weight > 0.0 {
                    self.open += channel.weight * channel.filter.energy(&samples[at..at + n]);
                }
            }
            at += n;
            self.position += n as u64;
            if self.position == end {
                self.close_slice();
            }
        }
    }

    fn slice_start(&self, slice: u64) -> u64 {
        slice * self.sample_rate_hz / SLICES_PER_SECOND
    }

    fn close_slice(&mut self) {
        let len = self.slice_start(self.slices + 1) - self.slice_start(self.slices);
        self.recent.push_back((self.open, len));
        self.open = 0.0;
        self.slices += 1;
        if self.recent.len() > SHORT_TERM {
            self.recent.pop_front();
        }
        let on_hop = self.slices.is_multiple_of(GATING_HOP);
        if let Some(mean) = self.mean_of_last(MOMENTARY) {
            self.max_momentary = self.max_momentary.max(mean);
            if on_hop {
                self.blocks.push(mean);
            }
        }
        if let Some(mean) = self.mean_of_last(SHORT_TERM) {
            self.max_short_term = self.max_short_term.max(mean);
            if on_hop {
                self.short_terms.push(mean);
            }
        }
    }

    fn mean_of_last(&self, slices: usize) -> Option<f64> {
        let first = self.recent.len().checked_sub(slices)?;
        let (sum, len) = self.recent.range(first..).fold((0.0, 0), |(sum, len), slice| (sum + slice.0, len + slice.1));
        (len > 0).then(|| sum / len as f64)
    }

    pub(crate) fn finish(self) -> LoudnessReport {
        let loudness = |energy: f64| (energy > 0.0).then(|| gate::loudness(energy));
        let decibel = |factor: f32| (factor > 0.0).then(|| 20.0 * f64::from(factor).log10());
        let (mut sample_peak, mut true_peak) = (0f32, 0f32);
        for channel in self.channels {
            let (sample, peak) = if self.true_peak { channel.peak.finish() } else { (channel.sample_peak, 0.0) };
            sample_peak = sample_peak.max(sample);
            true_peak = true_peak.max(peak);
        }
        LoudnessReport {
            integrated_lufs: gate::integrated(&self.blocks),
            loudness_range_lu: gate::range(&self.short_terms),
            max_short_term_lufs: loudness(self.max_short_term),
            max_momentary_lufs: loudness(self.max_momentary),
            true_peak_dbtp: decibel(true_peak),
            sample_peak_dbfs: decibel(sample_peak),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::f64::consts::PI;

    /// A sine of 1 kHz whose peaks reach `level_dbfs`.
    fn tone(rate: u32, seconds: f64, level_dbfs: f64) -> Vec<f32> {
        let amplitude = 10f64.powf(level_dbfs / 20.0);
        (0..(f64::from(rate) * seconds) as u32)
            .map(|i| (amplitude * (2.0 * PI * 1000.0 * f64::from(i) / f64::from(rate)).sin()) as f32)
            .collect()
    }

    fn measure(rate: u32, weights: &[f64], channels: &[&[f32]]) -> LoudnessReport {
        let mut meter = LoudnessMeter::new(rate, weights, true);
        meter.push(channels);
        meter.finish()
    }

    #[track_caller]
    fn near(value: Option<f64>, wanted: f64, tolerance: f64) {
        let value = value.unwrap();
        assert!((value - wanted).abs() <= tolerance, "{value} is not {wanted}");
    }

    #[test]
    fn a_stereo_tone_of_minus_23_reads_minus_23_at_every_rate() {
        for rate in [8_000, 11_025, 22_050, 44_100, 48_000, 96_000, 192_000] {
            let tone = tone(rate, 4.0, -23.0);
            let report = measure(rate, &[1.0, 1.0], &[&tone, &tone]);
            near(report.integrated_lufs, -23.0, 0.1);
            near(report.max_momentary_lufs, -23.0, 0.1);
            near(report.max_short_term_lufs, -23.0, 0.1);
            near(report.loudness_range_lu, 0.0, 0.1);
            near(report.true_peak_dbtp, -23.0, 0.3);
        }
    }

    #[test]
    fn a_tone_of_exactly_400_ms_at_any_offset_reads_its_momentary_loudness() {
        for offset_ms in [0, 20, 130, 380] {
            let silence = vec![0.0; 48 * offset_ms];
            let sound = [silence, tone(48_000, 0.4, -23.0), vec![0.0; 48_000]].concat();
            near(measure(48_000, &[1.0, 1.0], &[&sound, &sound]).max_momentary_lufs, -23.0, 0.1);
        }
    }

    #[test]
    fn a_channel_without_weight_counts_only_for_peaks() {
        let (quiet, loud) = (tone(48_000, 2.0, -40.0), tone(48_000, 2.0, -6.0));
        let report = measure(48_000, &[1.0, 0.0], &[&quiet, &loud]);
        near(report.integrated_lufs, -43.0, 0.1);
        near(report.sample_peak_dbfs, -6.0, 0.1);
    }

    #[test]
    fn what_is_too_short_or_silent_has_no_figure() {
        let short = tone(48_000, 0.3, -23.0);
        let report = measure(48_000, &[1.0], &[&short]);
        assert_eq!((report.integrated_lufs, report.max_momentary_lufs), (None, None));
        assert!(report.true_peak_dbtp.is_some());
        let silent = measure(48_000, &[1.0], &[&[0.0; 480_000]]);
        assert!(
            silent.integrated_lufs.is_none() && silent.true_peak_dbtp.is_none() && silent.sample_peak_dbfs.is_none()
        );
    }

    #[test]
    fn without_true_peak_the_sample_peak_is_the_same() {
        let sound = tone(44_100, 1.0, -3.0);
        let mut meter = LoudnessMeter::new(44_100, &[1.0], false);
        meter.push(&[&sound]);
        let report = meter.finish();
        assert_eq!(report.true_peak_dbtp, None);
        assert_eq!(report.sample_peak_dbfs, measure(44_100, &[1.0], &[&sound]).sample_peak_dbfs);
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(24))]
        #[test]
        fn any_block_sizes_give_the_same_report(
            rate in 800u32..3_000,
            seed in proptest::collection::vec(-1.0f32..1.0, 50..100),
            sizes in proptest::collection::vec(1usize..2_000, 1..30),
        ) {
            let sound: Vec<f32> = seed.iter().cycle().take(rate as usize * 4).copied().collect();
            let whole = measure(rate, &[1.0], &[&sound]);
            let mut meter = LoudnessMeter::new(rate, &[1.0], true);
            let (mut at, mut sizes) = (0, sizes.into_iter().cycle());
            while at < sound.len() {
                let end = (at + sizes.next().unwrap()).min(sound.len());
                meter.push(&[&sound[at..end]]);
                at = end;
            }
            let parts = meter.finish();
            prop_assert_eq!(whole.true_peak_dbtp, parts.true_peak_dbtp);
            // Sums in another order differ in the last digits.
            for (a, b) in [
                (whole.integrated_lufs, parts.integrated_lufs),
                (whole.max_momentary_lufs, parts.max_momentary_lufs),
                (whole.max_short_term_lufs, parts.max_short_term_lufs),
            ] {
                prop_assert!((a.unwrap() - b.unwrap()).abs() < 1e-6);
            }
        }
    }
}
