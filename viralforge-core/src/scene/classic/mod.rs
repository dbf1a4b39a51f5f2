//! The methods that people know by name: the detectors of PySceneDetect 0.7 (scenedetect.com), each comparing a frame
//! with the one before by one number.
//!
//! Pictures are as large as PySceneDetect makes them, 256 pixels at the longer side, but made another way: averaged where
//! it takes samples between pixels, turned to red, green and blue after that instead of before, and without its decoder's
//! cutting off of fractions (which darkens by some 0.7 levels). So numbers differ a little, and so do cuts whose score is
//! near the threshold. `tests/pyscenedetect.rs` holds against the original. The histogram differs most: luma of limited
//! range has 219 levels here and is spread over 256, where the original has them all.
//!
//! Where the size of the pictures changes, what compares pixels (content, adaptive) starts afresh: a new size is no cut
//! by itself, and one comparison is left out.

mod adaptive;
mod color;
mod content;
mod edges;
mod fade;
mod hash;
mod histogram;
mod parameters;
mod score;
#[cfg(test)]
mod tests;

pub(super) use adaptive::AdaptiveFinder;
pub(super) use content::ContentFinder;
pub(super) use fade::FadeFinder;
pub(super) use hash::HashFinder;
pub(super) use histogram::HistogramFinder;
pub use parameters::{
    AdaptiveMethod, ContentMethod, ContentWeights, FadeMethod, FadeThresholdMethod, HashMethod, HistogramMethod,
};

use super::finder::Found;
use super::report::{Boundary, BoundaryKind};
use super::statistics::{SceneStatistics, StatisticsColumn};
use crate::time::{TimeRange, Timestamp};

/// A cut at a frame whose `score` reaches `threshold`. Its confidence is the share of the score that lies above the
/// threshold: 0 at the threshold, a half at twice as much.
fn cut(frame: u64, time: Timestamp, score: f64, threshold: f64) -> Option<Found> {
    let boundary = Boundary {
        kind: BoundaryKind::Cut,
        start_frame: frame,
        end_frame: frame,
        range: TimeRange::new(time, time)?,
        confidence: if score > 0.0 { (1.0 - threshold / score).clamp(0.0, 1.0) } else { 0.0 },
    };
    Some(Found { boundary, at: time })
}

/// A table without rows yet, where one is wanted.
fn table<'a>(is_wanted: bool, columns: impl IntoIterator<Item = (&'a str, Option<f64>)>) -> Option<SceneStatistics> {
    let column = |(name, threshold): (&str, Option<f64>)| StatisticsColumn::new(name, threshold.map(|t| t as f32));
    is_wanted
        .then(|| SceneStatistics { columns: columns.into_iter().map(column).collect(), ..SceneStatistics::default() })
}
