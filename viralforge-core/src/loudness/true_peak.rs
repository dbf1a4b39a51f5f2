//! The highest point of the continuous signal that samples stand for (ITU-R BS.1770-5, annex 2).

use std::f64::consts::PI;

/// Points per sample. Four keeps a tone near half the rate within 0.7 dB of its peak, and anything usual far closer.
const OVERSAMPLING: usize = 4;
/// Samples that each point in between is made from.
const TAPS: usize = 24;
/// Shape of the Kaiser window: about 80 dB of stop band.
const KAISER_BETA: f64 = 8.0;
/// Samples that are looked at together when deciding whether they can matter.
const STRIDE: usize = 32;

/// Follows the peak of one channel. Blocks may come in any sizes.
#[derive(Clone, Debug)]
pub(crate) struct TruePeak {
    phases: [[f32; TAPS]; OVERSAMPLING - 1],
    /// Largest factor by which a point in between can exceed the samples around it.
    most_gain: f32,
    /// The last samples of the block before, then those of this block.
    buffer: Vec<f32>,
    sample_peak: f32,
    peak: f32,
}

impl TruePeak {
    pub(crate) fn new() -> Self {
        let phases = interpolator();
        let most_gain = phases.iter().map(|p| p.iter().map(|c| c.abs()).sum::<f32>()).fold(1.0, f32::max);
        Self { phases, most_gain, buffer: vec![0.0; TAPS - 1], sample_peak: 0.0, peak: 0.0 }
    }

    pub(crate) fn push(&mut self, samples: &[f32]) {
        self.buffer.extend(samples.iter().map(|s| if s.is_finite() { *s } else { 0.0 }));
        self.scan();
    }

    fn scan(&mut self) {
        let points = self.buffer.len().saturating_sub(TAPS - 1);
        for at in (0..points).step_by(STRIDE) {
            let end = (at + STRIDE).min(points);
            let around = &self.buffer[at..end + TAPS - 1];
            let largest = max_abs(around);
            self.sample_peak = self.sample_peak.max(largest);
            // Most stretches of real sound are far from the peak so far and need no oversampling.
            if largest * self.most_gain <= self.peak {
                continue;
            }
            self.peak = self.peak.max(largest);
            for window in around.windows(TAPS) {
                for phase in &self.phases {
                    let value: f32 = window.iter().zip(phase).map(|(s, c)| s * c).sum();
                    self.peak = self.peak.max(value.abs());
                }
            }
        }
        self.buffer.drain(..points);
    }

    /// The highest sample and the highest point of the continuous signal, as factors of full scale.
    pub(crate) fn finish(mut self) -> (f32, f32) {
        // What the last samples ring into.
        self.buffer.extend([0.0; TAPS]);
        self.scan();
        (self.sample_peak, self.peak.max(self.sample_peak))
    }
}

fn max_abs(samples: &[f32]) -> f32 {
    samples.iter().fold(0.0, |most, s| most.max(s.abs()))
}

/// A windowed sinc for each point between two samples; each sums to one, so that a constant stays what it is.
fn interpolator() -> [[f32; TAPS]; OVERSAMPLING - 1] {
    let half = TAPS as f64 / 2.0;
    std::array::from_fn(|phase| {
        let shift = (phase + 1) as f64 / OVERSAMPLING as f64;
        let ideal: [f64; TAPS] = std::array::from_fn(|tap| {
            let x = tap as f64 - (half - 1.0) - shift;
            let sinc = (PI * x).sin() / (PI * x);
            sinc * bessel_i0(KAISER_BETA * (1.0 - (x / half).powi(2)).max(0.0).sqrt()) / bessel_i0(KAISER_BETA)
        });
        let sum: f64 = ideal.iter().sum();
        ideal.map(|c| (c / sum) as f32)
    })
}

/// The modified Bessel function of order 0, by its power series.
fn bessel_i0(x: f64) -> f64 {
    let (mut sum, mut term) = (1.0, 1.0);
    for k in 1..40 {
        term *= (x / (2.0 * f64::from(k))).powi(2);
        sum += term;
    }
    sum
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn tone(cycles_per_sample: f64, phase_degrees: f64, amplitude: f64) -> Vec<f32> {
        // Faded in and out: a hard edge has peaks of its own.
        (0..4000)
            .map(|i| {
                let fade = (f64::from(i.min(3999 - i)) / 500.0).min(1.0);
                let angle = 2.0 * PI * cycles_per_sample * f64::from(i) + phase_degrees.to_radians();
                (fade * amplitude * angle.sin()) as f32
            })
            .collect()
    }

    #[test]
    fn a_peak_between_two_samples_is_found() {
        // The tones of EBU Tech 3341 cases 15 to 18: no sample hits the crest.
        for (divisor, phase) in [(4.0, 45.0), (6.0, 60.0), (8.0, 67.5)] {
            let mut meter = TruePeak::new();
            meter.push(&tone(1.0 / divisor, phase, 0.5));
            let (sample, peak) = meter.finish();
            let db = 20.0 * (f64::from(peak) / 0.5).log10();
            assert!((-0.1..0.05).contains(&db), "fs/{divisor}: {db}");
            assert!(sample < 0.48);
        }
    }

    #[test]
    fn a_lone_sample_at_the_very_end_counts() {
        let mut meter = TruePeak::new();
        meter.push(&[0.0; 100]);
        meter.push(&[0.9]);
        assert_eq!(meter.finish(), (0.9, 0.9));
    }

    #[test]
    fn broken_samples_do_not_become_the_peak() {
        let mut meter = TruePeak::new();
        meter.push(&[0.1, f32::NAN, f32::INFINITY, 0.1]);
        assert!(meter.finish().1 < 0.3);
    }

    proptest! {
        #[test]
        fn any_block_sizes_give_the_same_peak(samples in proptest::collection::vec(-1.0f32..1.0, 1..400), cut in 0usize..400) {
            let cut = cut.min(samples.len());
            let mut whole = TruePeak::new();
            whole.push(&samples);
            let mut parts = TruePeak::new();
            parts.push(&samples[..cut]);
            parts.push(&samples[cut..]);
            prop_assert_eq!(whole.finish(), parts.finish());
        }

        #[test]
        fn the_true_peak_is_never_below_the_sample_peak(samples in proptest::collection::vec(-1.0f32..1.0, 1..200)) {
            let mut meter = TruePeak::new();
            meter.push(&samples);
            let (sample, peak) = meter.finish();
            prop_assert_eq!(sample, max_abs(&samples));
            prop_assert!(peak >= sample);
        }
    }
}
