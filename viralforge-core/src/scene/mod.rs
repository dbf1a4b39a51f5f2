//! Shots and the boundaries between them.
//!
//! A method (`method`) looks at small pictures as they come and tells boundaries as soon as they are final (`finder`);
//! scenes are what lies between (`scenes`). The standard method (`standard`) has three steps: each frame is measured
//! against the frames around it (`features`), set in relation to what is usual there (`evidence`), and judged
//! (`classify`, with the weights of `model`). How far a gradual change reaches is told by what share of the next shot its
//! frames are (`evidence::ramp`); which of those that are close to each other hold, by `gradual`. All of it works on
//! pictures of 64 pixels, so that the decoder is the cost.

mod classic;
mod classify;
mod distance;
mod evidence;
mod features;
mod finder;
mod frame;
mod gradual;
mod likeness;
mod method;
mod model;
mod options;
mod plane;
mod report;
mod scenes;
mod standard;
mod statistics;
mod strips;
#[cfg(test)]
mod training;

pub use classic::{
    AdaptiveMethod, ContentMethod, ContentWeights, FadeMethod, FadeThresholdMethod, HashMethod, HistogramMethod,
};
pub use method::SceneMethod;
pub use options::{SceneMode, SceneOptions};
pub use report::{Boundary, BoundaryKind, Scene, SceneReport};
pub(crate) use scenes::SceneDetector;
pub use statistics::{SceneStatistics, StatisticsColumn};
