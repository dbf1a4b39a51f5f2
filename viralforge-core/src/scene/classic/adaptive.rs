//! A cut where the content changes far more than around it.

use std::collections::VecDeque;

use super::parameters::AdaptiveMethod;
use super::score::{ContentChange, ContentScorer};
use super::{cut, table};
use crate::picture::SmallPicture;
use crate::scene::finder::{Finder, Found};
use crate::scene::statistics::SceneStatistics;
use crate::time::Timestamp;

/// Largest ratio, and the one of a change in a still picture.
const MAX_RATIO: f64 = 255.0;
/// A mean change below this is none.
const STILL: f64 = 1e-5;

struct Frame {
    number: u64,
    time: Timestamp,
    change: ContentChange,
    ratio: f64,
}

/// Keeps the frame before, and the changes of the frames around the one that is judged.
pub(in crate::scene) struct AdaptiveFinder {
    method: AdaptiveMethod,
    scorer: ContentScorer,
    frames: u64,
    window: VecDeque<Frame>,
    statistics: Option<SceneStatistics>,
}

impl AdaptiveFinder {
    pub(in crate::scene) fn new(method: &AdaptiveMethod, statistics: bool) -> Self {
        let AdaptiveMethod { adaptive_threshold, window_width, min_content_val, weights, luma_only, kernel_size } =
            method;
        let ratio = format!("adaptive_ratio{} (w={window_width})", if *luma_only { "_lum" } else { "" });
        let content = ContentChange::NAMES.map(|name| (name, (name == "content_val").then_some(*min_content_val)));
        let columns = content.into_iter().chain([(&*ratio, Some(*adaptive_threshold))]);
        Self {
            scorer: ContentScorer::new(weights, *luma_only, *kernel_size, statistics),
            frames: 0,
            window: VecDeque::with_capacity(2 * *window_width as usize + 2),
            statistics: table(statistics, columns),
            method: method.clone(),
        }
    }

    /// Judges the frame in the middle of a full window.
    fn judge(&mut self, found: &mut dyn FnMut(Found)) {
        let AdaptiveMethod { adaptive_threshold, window_width, min_content_val, .. } = self.method;
        let middle = window_width as usize;
        let around = self.window.iter().enumerate().filter(|(i, _)| *i != middle);
        let mean = around.map(|(_, frame)| frame.change.content_val).sum::<f64>() / (2.0 * f64::from(window_width));
        let Some(frame) = self.window.get_mut(middle) else { return };
        let change = frame.change.content_val;
        if mean.abs() >= STILL {
            frame.ratio = (change / mean).min(MAX_RATIO);
        } else if change >= min_content_val {
            frame.ratio = MAX_RATIO;
        }
        // The first frame of all is compared with none.
        if frame.number > 0 && frame.ratio >= adaptive_threshold && change >= min_content_val {
            cut(frame.number, frame.time, frame.ratio, adaptive_threshold).into_iter().for_each(found);
        }
    }

    fn note(statistics: &mut Option<SceneStatistics>, frame: &Frame) {
        if let Some(statistics) = statistics {
            let [content, hue, sat, lum, edges] = frame.change.values();
            let values = [content, hue, sat, lum, edges, frame.ratio as f32];
            statistics.push(frame.number, frame.time.as_seconds_f64(), &values);
        }
    }
}

impl Finder for AdaptiveFinder {
    fn push(&mut self, time: Timestamp, picture: &SmallPicture, found: &mut dyn FnMut(Found)) {
        let change = self.scorer.compare(picture).unwrap_or_default();
        self.window.push_back(Frame { number: self.frames, time, change, ratio: 0.0 });
        self.frames += 1;
        let full = 2 * self.method.window_width as usize + 1;
        if self.window.len() > full
            && let Some(gone) = self.window.pop_front()
        {
            Self::note(&mut self.statistics, &gone);
        }
        if self.window.len() == full {
            self.judge(found);
        }
    }

    fn finish(mut self: Box<Self>, _end: Timestamp, _found: &mut dyn FnMut(Found)) -> Option<SceneStatistics> {
        for frame in &self.window {
            Self::note(&mut self.statistics, frame);
        }
        self.statistics
    }
}
