//! From boundaries to the scenes between them.

use std::time::Duration;

use super::finder::{Finder, Found};
use super::options::SceneOptions;
use super::report::{Boundary, Scene, SceneReport};
use super::statistics::SceneStatistics;
use crate::error::Result;
use crate::picture::SmallPicture;
use crate::time::{FrameRate, TimeRange, Timestamp};

/// Finds scenes in frames as they come in. Keeps the frames of a few seconds, and what was found.
pub(crate) struct SceneDetector {
    options: SceneOptions,
    finder: Box<dyn Finder>,
    joiner: Joiner,
    /// Frames inside the range so far.
    frames: u64,
    /// When the last frame that was looked at leaves the screen.
    end: Timestamp,
}

impl SceneDetector {
    pub(crate) fn new(options: &SceneOptions) -> Result<Self> {
        let finder = options.method.finder(options)?;
        let joiner = Joiner::new(options.min_scene_duration);
        Ok(Self { options: options.clone(), finder, joiner, frames: 0, end: Timestamp::ZERO })
    }

    /// Whether the frame that is shown at `time`, the next in order of presentation, is to be looked at. Asked once for
    /// each frame.
    pub(crate) fn wants(&mut self, time: Timestamp, duration: Timestamp) -> bool {
        if self.options.range.is_some_and(|range| !range.contains(time)) {
            return false;
        }
        let wanted = self.frames.is_multiple_of(u64::from(self.options.frame_step));
        self.frames += 1;
        self.end = time + duration;
        wanted
    }

    /// Takes a frame that is wanted.
    pub(crate) fn push(&mut self, time: Timestamp, picture: &SmallPicture) {
        let Self { options, finder, joiner, .. } = self;
        joiner.start.get_or_insert(time);
        finder.push(time, picture, &mut |found| joiner.add(found, options));
    }

    /// The scenes that have become final since the last call, each with the boundary that it ends with.
    pub(crate) fn take_new(&mut self) -> Vec<(Scene, Boundary)> {
        self.joiner.take_new()
    }

    /// The report.
    pub(crate) fn finish(self, frame_rate: Option<FrameRate>) -> SceneReport {
        let Self { options, finder, mut joiner, end, .. } = self;
        let mut statistics = finder.finish(end, &mut |found| joiner.add(found, &options));
        if let Some(SceneStatistics { frames, .. }) = &mut statistics {
            frames.iter_mut().for_each(|frame| *frame *= u64::from(options.frame_step));
        }
        let (boundaries, scenes) = joiner.finish(end);
        SceneReport { frame_rate, boundaries, scenes, statistics }
    }
}

/// Scenes between boundaries. A boundary that would leave a scene shorter than `least` before it is dropped, and so
/// is the last one where the rest is too short.
struct Joiner {
    least: Timestamp,
    start: Option<Timestamp>,
    /// Where the scene begins that has not ended yet.
    from: Option<Timestamp>,
    /// The last boundary: it holds once enough of a scene follows it.
    pending: Option<Found>,
    boundaries: Vec<Boundary>,
    scenes: Vec<Scene>,
    taken: usize,
}

impl Joiner {
    fn new(least: Duration) -> Self {
        let (boundaries, scenes) = (Vec::new(), Vec::new());
        Self { least: least.into(), start: None, from: None, pending: None, boundaries, scenes, taken: 0 }
    }

    fn add(&mut self, mut found: Found, options: &SceneOptions) {
        if !options.wants(found.boundary.kind) {
            return;
        }
        found.boundary.start_frame *= u64::from(options.frame_step);
        found.boundary.end_frame *= u64::from(options.frame_step);
        let from = self.pending.as_ref().map(|f| f.at).or(self.from).or(self.start).unwrap_or(found.at);
        if found.at <= from || found.at - from < self.least {
            return;
        }
        if let Some(before) = self.pending.replace(found) {
            self.confirm(before);
        }
    }

    fn confirm(&mut self, found: Found) {
        let from = self.from.or(self.start).unwrap_or(found.at);
        self.scenes.extend(TimeRange::new(from, found.at).map(|range| Scene { range }));
        self.boundaries.push(found.boundary);
        self.from = Some(found.at);
    }

    fn take_new(&mut self) -> Vec<(Scene, Boundary)> {
        let new = self.scenes[self.taken..].iter().cloned().zip(self.boundaries[self.taken..].iter().cloned());
        let new: Vec<_> = new.collect();
        self.taken += new.len();
        new
    }

    fn finish(mut self, end: Timestamp) -> (Vec<Boundary>, Vec<Scene>) {
        let Some(start) = self.start else { return (Vec::new(), Vec::new()) };
        let end = end.max(start);
        if let Some(last) = self.pending.take().filter(|last| last.at < end && end - last.at >= self.least) {
            self.confirm(last);
        }
        let rest = TimeRange::new(self.from.unwrap_or(start), end);
        self.scenes.extend(rest.map(|range| Scene { range }));
        (self.boundaries, self.scenes)
    }
}
