//! A fade where the picture goes dark (or bright) and comes back.
//!
//! Unlike here, PySceneDetect takes a video that begins darker than a ceiling for faded out at first, and has a cut at its
//! second frame.

use super::color::rgb;
use super::parameters::{FadeMethod, FadeThresholdMethod};
use super::table;
use crate::picture::SmallPicture;
use crate::scene::finder::{Finder, Found};
use crate::scene::report::{Boundary, BoundaryKind};
use crate::scene::statistics::SceneStatistics;
use crate::time::{TimeRange, Timestamp};

/// Most times of frames that are kept of a stretch that is faded out.
const MAX_TIMES: usize = 4096;

/// A stretch that is faded out.
struct Out {
    frame: u64,
    /// When every `stride`-th frame is shown, from the first on. The stride doubles as the stretch grows, so that an
    /// hour of black takes no more room than a minute: beyond 4096 frames the next scene begins a frame or a few early.
    times: Vec<Timestamp>,
    stride: u64,
    /// The level that is farthest from the threshold.
    farthest: f64,
}

impl Out {
    fn new(frame: u64, time: Timestamp, level: f64) -> Self {
        Self { frame, times: vec![time], stride: 1, farthest: level }
    }

    fn add(&mut self, frame: u64, time: Timestamp) {
        if !(frame - self.frame).is_multiple_of(self.stride) {
            return;
        }
        if self.times.len() == MAX_TIMES {
            let mut nth = 0;
            self.times.retain(|_| {
                nth += 1;
                nth % 2 == 1
            });
            self.stride *= 2;
        }
        // As many as fit are an even number, so this one still falls on the wider stride.
        self.times.push(time);
    }

    /// When the frame that is `after` frames into the stretch is shown.
    fn time(&self, after: u64) -> Option<Timestamp> {
        let index = usize::try_from(after / self.stride).unwrap_or(usize::MAX);
        self.times.get(index).or(self.times.last()).copied()
    }
}

/// Keeps the frames' times while the picture is faded out.
pub(in crate::scene) struct FadeFinder {
    method: FadeThresholdMethod,
    out: Option<Out>,
    frames: u64,
    statistics: Option<SceneStatistics>,
}

impl FadeFinder {
    pub(in crate::scene) fn new(method: &FadeThresholdMethod, statistics: bool) -> Self {
        let statistics = table(statistics, [("average_rgb", Some(method.threshold))]);
        Self { method: method.clone(), out: None, frames: 0, statistics }
    }

    fn is_out(&self, level: f64) -> bool {
        match self.method.method {
            FadeMethod::Floor => level < self.method.threshold,
            FadeMethod::Ceiling => level >= self.method.threshold,
        }
    }

    /// How far the stretch goes beyond the threshold, as a share of what is possible.
    fn confidence(&self, out: &Out) -> f64 {
        let threshold = self.method.threshold;
        let (beyond, most) = match self.method.method {
            FadeMethod::Floor => (threshold - out.farthest, threshold),
            FadeMethod::Ceiling => (out.farthest - threshold, 255.0 - threshold),
        };
        if most > 0.0 { (beyond / most).clamp(0.0, 1.0) } else { 1.0 }
    }

    /// The fade up to the frame with number `end_frame`, which is shown at `end` and is no part of it.
    fn fade(&self, out: &Out, end_frame: u64, end: Timestamp, at: Timestamp) -> Option<Found> {
        let start = out.time(0)?;
        let boundary = Boundary {
            kind: BoundaryKind::Fade,
            start_frame: out.frame,
            end_frame: end_frame - 1,
            range: TimeRange::new(start, end.max(start))?,
            confidence: self.confidence(out),
        };
        Some(Found { boundary, at })
    }
}

/// Frames of `frames` that belong to the scene before, with halves going to the even number.
fn before(frames: u64, fade_bias: f64) -> u64 {
    (frames as f64 * (1.0 + fade_bias) / 2.0).round_ties_even() as u64
}

impl Finder for FadeFinder {
    fn push(&mut self, time: Timestamp, picture: &SmallPicture, found: &mut dyn FnMut(Found)) {
        let level = average_rgb(picture);
        if let Some(statistics) = &mut self.statistics {
            statistics.push(self.frames, time.as_seconds_f64(), &[level as f32]);
        }
        let frame = self.frames;
        self.frames += 1;
        match (self.is_out(level), self.out.take()) {
            (true, None) => self.out = Some(Out::new(frame, time, level)),
            (true, Some(mut out)) => {
                out.add(frame, time);
                out.farthest = match self.method.method {
                    FadeMethod::Floor => out.farthest.min(level),
                    FadeMethod::Ceiling => out.farthest.max(level),
                };
                self.out = Some(out);
            }
            (false, None) => {}
            (false, Some(out)) => {
                let frames = frame - out.frame;
                let before = before(frames, self.method.fade_bias);
                let at = if before >= frames { Some(time) } else { out.time(before) };
                let fade = at.and_then(|at| self.fade(&out, frame, time, at));
                fade.into_iter().for_each(found);
            }
        }
    }

    fn finish(self: Box<Self>, end: Timestamp, found: &mut dyn FnMut(Found)) -> Option<SceneStatistics> {
        if self.method.add_final_scene
            && let Some(out) = &self.out
            && let Some(at) = out.time(0)
        {
            self.fade(out, self.frames, end, at).into_iter().for_each(found);
        }
        self.statistics
    }
}

/// Mean of red, green and blue over all pixels, 0 to 255.
fn average_rgb(picture: &SmallPicture) -> f64 {
    let sum: u64 = rgb(picture).map(|channels| channels.iter().sum::<i32>() as u64).sum();
    sum as f64 / (3 * picture.luma.len().max(1)) as f64
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::geometry::Size;

    fn gray(level: u8) -> SmallPicture {
        let plane = |value: u8| vec![value; 6];
        SmallPicture { size: Size::new(3, 2), luma: plane(level), cb: plane(128), cr: plane(128) }
    }

    fn time(frame: u64) -> Timestamp {
        Timestamp::new(frame as i64, 25)
    }

    fn fades(method: &FadeThresholdMethod, levels: &[u8]) -> Vec<Found> {
        let mut finder = Box::new(FadeFinder::new(method, false));
        let mut all = Vec::new();
        for (i, level) in levels.iter().enumerate() {
            finder.push(time(i as u64), &gray(*level), &mut |found| all.push(found));
        }
        finder.finish(time(levels.len() as u64), &mut |found| all.push(found));
        all
    }

    const DIP: [u8; 10] = [90, 40, 11, 6, 3, 6, 11, 40, 90, 90];

    #[test]
    fn a_fade_lasts_from_the_first_dark_frame_to_the_first_bright_one() {
        let found = fades(&FadeThresholdMethod::default(), &DIP);
        let [Found { boundary, at }] = &found[..] else { panic!("{found:?}") };
        assert_eq!((boundary.kind, boundary.start_frame, boundary.end_frame), (BoundaryKind::Fade, 2, 6));
        assert_eq!(boundary.range, TimeRange::new(time(2), time(7)).unwrap());
        assert_eq!(boundary.confidence, 0.75);
        // Two and a half frames go to the even number.
        assert_eq!(*at, time(4));
    }

    #[test]
    fn the_bias_says_where_the_next_scene_begins() {
        for (fade_bias, frame) in [(-1.0, 2), (0.5, 6), (1.0, 7)] {
            let method = FadeThresholdMethod { fade_bias, ..FadeThresholdMethod::default() };
            assert_eq!(fades(&method, &DIP)[0].at, time(frame), "{fade_bias}");
        }
    }

    #[test]
    fn a_fade_to_white_is_one_above_the_ceiling() {
        let method =
            FadeThresholdMethod { threshold: 200.0, method: FadeMethod::Ceiling, ..FadeThresholdMethod::default() };
        let found = fades(&method, &[90, 150, 200, 255, 255, 190, 90]);
        assert_eq!(found.len(), 1);
        assert_eq!((found[0].boundary.start_frame, found[0].boundary.end_frame), (2, 4));
        assert_eq!(found[0].boundary.confidence, 1.0);
    }

    #[test]
    fn a_dark_end_is_a_boundary_only_when_asked_for() {
        let levels = [90, 90, 5, 5, 5];
        assert!(fades(&FadeThresholdMethod::default(), &levels).is_empty());
        let method = FadeThresholdMethod { add_final_scene: true, ..FadeThresholdMethod::default() };
        let found = fades(&method, &levels);
        assert_eq!((found[0].boundary.start_frame, found[0].boundary.end_frame), (2, 4));
        assert_eq!((found[0].at, found[0].boundary.range.end()), (time(2), time(5)));
    }

    #[test]
    fn a_long_stretch_keeps_few_times_and_finds_its_middle() {
        let mut out = Out::new(7, time(7), 0.0);
        for frame in 8..100_007 {
            out.add(frame, time(frame));
        }
        assert!(out.times.len() <= MAX_TIMES);
        assert_eq!(out.stride, 32);
        let middle = out.time(50_000).unwrap();
        assert!(middle <= time(50_007) && middle > time(50_007 - 32), "{middle:?}");
        assert!((0..out.times.len()).all(|i| out.times[i] == time(7 + 32 * i as u64)));
    }
}
