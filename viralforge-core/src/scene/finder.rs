//! What every way of finding boundaries has in common.

use super::report::Boundary;
use super::statistics::SceneStatistics;
use crate::picture::SmallPicture;
use crate::time::Timestamp;

/// A boundary that is final.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Found {
    pub(super) boundary: Boundary,
    /// Where one scene ends and the next begins.
    pub(super) at: Timestamp,
}

/// A way of finding boundaries in frames as they come in, in order of presentation. It counts them from 0.
pub(super) trait Finder: Send {
    /// Takes the next frame, and hands out in order of time the boundaries that are final by now. The longer side of
    /// the picture has as many pixels as the method asks for ([`SceneMethod::side`](super::SceneMethod::side)), fewer
    /// where the video is smaller; the size may change from one frame to the next.
    fn push(&mut self, time: Timestamp, picture: &SmallPicture, found: &mut dyn FnMut(Found));

    /// Hands out the rest; `end` is when the last frame is taken off the screen. Then the statistics, where they were
    /// asked for.
    fn finish(self: Box<Self>, end: Timestamp, found: &mut dyn FnMut(Found)) -> Option<SceneStatistics>;
}
