//! A cut where the histogram of luma changes.

use super::parameters::HistogramMethod;
use super::{cut, table};
use crate::picture::SmallPicture;
use crate::scene::finder::{Finder, Found};
use crate::scene::statistics::SceneStatistics;
use crate::time::Timestamp;

/// Keeps the histogram before.
pub(in crate::scene) struct HistogramFinder {
    threshold: f64,
    bins: usize,
    last: Option<Vec<f64>>,
    frame: u64,
    statistics: Option<SceneStatistics>,
}

impl HistogramFinder {
    pub(in crate::scene) fn new(method: &HistogramMethod, statistics: bool) -> Self {
        let HistogramMethod { threshold, bins } = *method;
        let column = ("hist_diff", Some(1.0 - threshold));
        Self { threshold, bins: bins as usize, last: None, frame: 0, statistics: table(statistics, [column]) }
    }
}

impl Finder for HistogramFinder {
    fn push(&mut self, time: Timestamp, picture: &SmallPicture, found: &mut dyn FnMut(Found)) {
        let next = histogram(&picture.luma, self.bins);
        let similarity = self.last.as_ref().map(|last| correlation(last, &next));
        if let Some(similarity) = similarity.filter(|similarity| *similarity <= 1.0 - self.threshold) {
            cut(self.frame, time, 1.0 - similarity, self.threshold).into_iter().for_each(found);
        }
        if let Some(statistics) = &mut self.statistics {
            statistics.push(self.frame, time.as_seconds_f64(), &[similarity.unwrap_or(1.0) as f32]);
        }
        self.last = Some(next);
        self.frame += 1;
    }

    fn finish(self: Box<Self>, _end: Timestamp, _found: &mut dyn FnMut(Found)) -> Option<SceneStatistics> {
        self.statistics
    }
}

/// Share of the pixels in each bin.
fn histogram(luma: &[u8], bins: usize) -> Vec<f64> {
    let mut counts = [0u32; 256];
    luma.iter().for_each(|v| counts[usize::from(*v)] += 1);
    let mut shares = vec![0.0; bins];
    for (level, count) in counts.iter().enumerate() {
        shares[level * bins / 256] += f64::from(*count) / luma.len().max(1) as f64;
    }
    shares
}

/// Pearson's correlation, -1 to 1; 1 where one is flat, as OpenCV has it.
fn correlation(a: &[f64], b: &[f64]) -> f64 {
    let mean = |values: &[f64]| values.iter().sum::<f64>() / values.len().max(1) as f64;
    let (mean_a, mean_b) = (mean(a), mean(b));
    let (mut both, mut only_a, mut only_b) = (0.0, 0.0, 0.0);
    for (a, b) in a.iter().zip(b) {
        let (a, b) = (a - mean_a, b - mean_b);
        both += a * b;
        only_a += a * a;
        only_b += b * b;
    }
    let scale = (only_a * only_b).sqrt();
    if scale > f64::EPSILON { both / scale } else { 1.0 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn correlation_is_one_for_the_same_shape_and_negative_for_the_opposite() {
        assert!((correlation(&[0.1, 0.2, 0.7], &[0.1, 0.2, 0.7]) - 1.0).abs() < 1e-12);
        assert!((correlation(&[0.0, 1.0], &[1.0, 0.0]) + 1.0).abs() < 1e-12);
        assert_eq!(correlation(&[0.5, 0.5], &[1.0, 0.0]), 1.0);
    }

    #[test]
    fn every_level_falls_into_one_bin() {
        let luma: Vec<u8> = (0..=255).collect();
        for bins in [2, 3, 100, 256] {
            let shares = histogram(&luma, bins);
            assert_eq!(shares.len(), bins);
            assert!((shares.iter().sum::<f64>() - 1.0).abs() < 1e-9);
            assert!(shares.iter().all(|share| *share > 0.0));
        }
    }
}
