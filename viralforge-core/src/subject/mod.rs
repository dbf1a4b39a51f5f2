//! Where a viewer looks, frame by frame.

mod kernel;
mod map;

pub(crate) use kernel::SubjectTracker;

use crate::time::Timestamp;

/// Where the subject of one frame is, in shares of the upright picture: 0 is left or top, 1 is right or bottom.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[non_exhaustive]
pub struct SubjectSample {
    /// When the frame is shown.
    #[cfg_attr(feature = "serde", serde(flatten, with = "crate::time::form::Time"))]
    #[cfg_attr(feature = "schema", schemars(with = "crate::time::form::Time"))]
    pub time: Timestamp,
    /// Centre from left to right, 0 to 1.
    pub center_x: f32,
    /// Centre from top to bottom, 0 to 1.
    pub center_y: f32,
    /// How sure that is: 0 (nothing stands out; the centre is a guess) to 1.
    pub weight: f32,
}
