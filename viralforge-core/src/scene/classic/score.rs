//! How much the content changes from one frame to the next.

use super::color::{HsvConverter, HsvPlanes};
use super::edges::{EdgeFinder, default_kernel_size};
use super::parameters::ContentWeights;
use crate::geometry::Size;
use crate::picture::SmallPicture;

/// Changes from the frame before: mean differences of each component, and the weighted mean of these.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct ContentChange {
    pub(super) content_val: f64,
    pub(super) delta_hue: f64,
    pub(super) delta_sat: f64,
    pub(super) delta_lum: f64,
    pub(super) delta_edges: f64,
}

impl ContentChange {
    /// Names of the values in statistics.
    pub(super) const NAMES: [&'static str; 5] = ["content_val", "delta_hue", "delta_sat", "delta_lum", "delta_edges"];

    /// The values, in the order of the names.
    pub(super) fn values(&self) -> [f32; 5] {
        [self.content_val, self.delta_hue, self.delta_sat, self.delta_lum, self.delta_edges].map(|value| value as f32)
    }
}

/// One frame, ready for comparing.
#[derive(Debug, Default)]
struct Prepared {
    size: Option<Size>,
    planes: HsvPlanes,
    edges: Vec<u8>,
}

/// Compares each frame with the one before.
pub(super) struct ContentScorer {
    weights: ContentWeights,
    kernel_size: Option<u32>,
    /// Whether edges count, or somebody wants to see them: finding them costs the most.
    wants_edges: bool,
    converter: HsvConverter,
    finder: EdgeFinder,
    last: Prepared,
    next: Prepared,
}

impl ContentScorer {
    pub(super) fn new(weights: &ContentWeights, luma_only: bool, kernel_size: Option<u32>, statistics: bool) -> Self {
        let weights = match luma_only {
            true => ContentWeights { delta_hue: 0.0, delta_sat: 0.0, delta_lum: 1.0, delta_edges: 0.0 },
            false => weights.clone(),
        };
        Self {
            wants_edges: statistics || weights.delta_edges != 0.0,
            weights,
            kernel_size,
            converter: HsvConverter::new(),
            finder: EdgeFinder::default(),
            last: Prepared::default(),
            next: Prepared::default(),
        }
    }

    /// The change from the last frame to this one; `None` for the first and where the size is another.
    pub(super) fn compare(&mut self, picture: &SmallPicture) -> Option<ContentChange> {
        let Self { last, next, .. } = self;
        next.size = Some(picture.size);
        self.converter.convert(picture, &mut next.planes);
        if self.wants_edges {
            let (width, height) = (picture.size.width as usize, picture.size.height as usize);
            let kernel_size = self.kernel_size.map_or_else(|| default_kernel_size(width, height), |size| size as usize);
            self.finder.find(&next.planes.lum, width, kernel_size, &mut next.edges);
        }
        let change = (next.size == last.size).then(|| {
            let delta_hue = mean_difference(&next.planes.hue, &last.planes.hue);
            let delta_sat = mean_difference(&next.planes.sat, &last.planes.sat);
            let delta_lum = mean_difference(&next.planes.lum, &last.planes.lum);
            let delta_edges = if self.wants_edges { mean_difference(&next.edges, &last.edges) } else { 0.0 };
            let weights = &self.weights;
            let pairs = [
                (weights.delta_hue, delta_hue),
                (weights.delta_sat, delta_sat),
                (weights.delta_lum, delta_lum),
                (weights.delta_edges, delta_edges),
            ];
            let sum: f64 = pairs.iter().map(|(weight, delta)| weight * delta).sum();
            let content_val = sum / pairs.iter().map(|(weight, _)| weight.abs()).sum::<f64>();
            ContentChange { content_val, delta_hue, delta_sat, delta_lum, delta_edges }
        });
        std::mem::swap(last, next);
        change
    }
}

/// Mean of the absolute differences. Hue is no circle to it: from 0 to 179 is far, as PySceneDetect has it.
fn mean_difference(a: &[u8], b: &[u8]) -> f64 {
    let differences = a.iter().zip(b).map(|(a, b)| u64::from(a.abs_diff(*b)));
    differences.sum::<u64>() as f64 / a.len().max(1) as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    fn flat(luma: u8, width: u32) -> SmallPicture {
        let size = Size::new(width, 18);
        let plane = |value: u8| vec![value; (width * 18) as usize];
        SmallPicture { size, luma: plane(luma), cb: plane(128), cr: plane(128) }
    }

    #[test]
    fn components_are_weighted_and_divided_by_the_sum_of_weights() {
        let weights = ContentWeights { delta_hue: 0.0, delta_sat: 1.0, delta_lum: -3.0, delta_edges: 0.0 };
        let mut scorer = ContentScorer::new(&weights, false, None, false);
        assert_eq!(scorer.compare(&flat(100, 32)), None);
        let change = scorer.compare(&flat(140, 32)).unwrap();
        assert_eq!((change.delta_lum, change.delta_sat, change.content_val), (40.0, 0.0, -30.0));
        let mut luma = ContentScorer::new(&weights, true, None, false);
        luma.compare(&flat(100, 32));
        assert_eq!(luma.compare(&flat(140, 32)).unwrap().content_val, 40.0);
    }

    #[test]
    fn another_size_is_no_change_and_the_frame_after_it_is_compared() {
        let mut scorer = ContentScorer::new(&ContentWeights::default(), true, None, true);
        scorer.compare(&flat(100, 32));
        assert_eq!(scorer.compare(&flat(200, 30)), None);
        assert_eq!(scorer.compare(&flat(190, 30)).unwrap().delta_lum, 10.0);
    }
}
