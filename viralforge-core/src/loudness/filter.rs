//! K-weighting: what the ear makes of a frequency (ITU-R BS.1770-5, annex 1).
//!
//! The standard gives coefficients for 48 kHz only. For other rates both stages are made from their analog
//! prototypes, recovered from those coefficients: B. De Man, "Evaluation of implementations of the EBU R128 loudness
//! measurement", 145th AES Convention, 2018.

use std::f64::consts::PI;

/// Shelf of the head: corner in hertz, gain in dB, quality.
const SHELF: (f64, f64, f64) = (1_681.974_450_955_533, 3.999_843_853_973_347, 0.707_175_236_955_419_6);
/// How the shelf's gain splits between its middle and its top.
const SHELF_MIDDLE: f64 = 0.499_666_774_154_541_6;
/// High-pass (revised low-frequency B curve): corner in hertz, quality.
const HIGH_PASS: (f64, f64) = (38.135_470_876_024_44, 0.500_327_037_323_877_3);
/// A corner cannot lie at or over half the rate; sound of such rates has nothing up there to weigh.
const HIGHEST_CORNER: f64 = 0.45;

/// Coefficients of one second-order section, normalized so that `a0` is 1.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Section {
    b: [f64; 3],
    a: [f64; 2],
}

fn warp(corner_hz: f64, rate_hz: f64) -> f64 {
    (PI * (corner_hz / rate_hz).min(HIGHEST_CORNER)).tan()
}

fn shelf(rate_hz: f64) -> Section {
    let (corner, gain_db, q) = SHELF;
    let k = warp(corner, rate_hz);
    let top = 10f64.powf(gain_db / 20.0);
    let middle = top.powf(SHELF_MIDDLE);
    let a0 = 1.0 + k / q + k * k;
    Section {
        b: [(top + middle * k / q + k * k) / a0, 2.0 * (k * k - top) / a0, (top - middle * k / q + k * k) / a0],
        a: [2.0 * (k * k - 1.0) / a0, (1.0 - k / q + k * k) / a0],
    }
}

fn high_pass(rate_hz: f64) -> Section {
    let (corner, q) = HIGH_PASS;
    let k = warp(corner, rate_hz);
    let a0 = 1.0 + k / q + k * k;
    // The numerator is not normalized: so it stands in the standard's table.
    Section { b: [1.0, -2.0, 1.0], a: [2.0 * (k * k - 1.0) / a0, (1.0 - k / q + k * k) / a0] }
}

/// The filter of one channel, with its memory.
#[derive(Clone, Debug)]
pub(crate) struct KWeighting {
    sections: [Section; 2],
    state: [[f64; 2]; 2],
}

impl KWeighting {
    pub(crate) fn new(sample_rate_hz: u32) -> Self {
        let rate = f64::from(sample_rate_hz.max(1));
        Self { sections: [shelf(rate), high_pass(rate)], state: [[0.0; 2]; 2] }
    }

    /// Filters `samples` and returns the sum of the squares of what comes out.
    pub(crate) fn energy(&mut self, samples: &[f32]) -> f64 {
        let [first, second] = self.sections;
        let [mut s, mut t] = self.state;
        let mut sum = 0.0;
        for &x in samples {
            let x = f64::from(x);
            // Transposed direct form II.
            let y = first.b[0] * x + s[0];
            s[0] = first.b[1] * x - first.a[0] * y + s[1];
            s[1] = first.b[2] * x - first.a[1] * y;
            let z = second.b[0] * y + t[0];
            t[0] = second.b[1] * y - second.a[0] * z + t[1];
            t[1] = second.b[2] * y - second.a[1] * z;
            sum += z * z;
        }
        // Numbers too small to matter slow some processors down a hundredfold.
        let settle = |v: f64| if v.abs() < 1e-30 || !v.is_finite() { 0.0 } else { v };
        self.state = [s.map(settle), t.map(settle)];
        if sum.is_finite() { sum } else { 0.0 }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn at_48_khz_the_coefficients_are_the_standards() {
        let near = |a: f64, b: f64| assert!((a - b).abs() < 1e-9, "{a} {b}");
        let s = shelf(48_000.0);
        near(s.b[0], 1.535_124_859_586_97);
        near(s.b[1], -2.691_696_189_406_38);
        near(s.b[2], 1.198_392_810_852_85);
        near(s.a[0], -1.690_659_293_182_41);
        near(s.a[1], 0.732_480_774_215_85);
        let h = high_pass(48_000.0);
        near(h.a[0], -1.990_047_454_833_98);
        near(h.a[1], 0.990_072_250_366_21);
    }

    #[test]
    fn any_rate_gives_a_stable_filter() {
        for rate in [1, 100, 3_000, 8_000, 44_100, 192_000, 768_000] {
            let mut filter = KWeighting::new(rate);
            let loud = filter.energy(&vec![1.0; 50_000]);
            assert!(loud.is_finite(), "{rate}");
            filter.energy(&vec![0.0; (rate as usize * 10).max(1_000)]);
            assert!(filter.energy(&[0.0; 100]) < 1e-3, "{rate}");
        }
    }
}
