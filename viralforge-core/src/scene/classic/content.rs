//! A cut where the content changes by more than a fixed amount.

use super::parameters::ContentMethod;
use super::score::{ContentChange, ContentScorer};
use super::{cut, table};
use crate::picture::SmallPicture;
use crate::scene::finder::{Finder, Found};
use crate::scene::statistics::SceneStatistics;
use crate::time::Timestamp;

/// Keeps the frame before.
pub(in crate::scene) struct ContentFinder {
    threshold: f64,
    scorer: ContentScorer,
    frame: u64,
    statistics: Option<SceneStatistics>,
}

impl ContentFinder {
    pub(in crate::scene) fn new(method: &ContentMethod, statistics: bool) -> Self {
        let ContentMethod { threshold, weights, luma_only, kernel_size } = method;
        let columns = ContentChange::NAMES.map(|name| (name, (name == "content_val").then_some(*threshold)));
        Self {
            threshold: *threshold,
            scorer: ContentScorer::new(weights, *luma_only, *kernel_size, statistics),
            frame: 0,
            statistics: table(statistics, columns),
        }
    }
}

impl Finder for ContentFinder {
    fn push(&mut self, time: Timestamp, picture: &SmallPicture, found: &mut dyn FnMut(Found)) {
        let change = self.scorer.compare(picture);
        if let Some(change) = change.filter(|change| change.content_val >= self.threshold) {
            cut(self.frame, time, change.content_val, self.threshold).into_iter().for_each(found);
        }
        if let Some(statistics) = &mut self.statistics {
            statistics.push(self.frame, time.as_seconds_f64(), &change.unwrap_or_default().values());
        }
        self.frame += 1;
    }

    fn finish(self: Box<Self>, _end: Timestamp, _found: &mut dyn FnMut(Found)) -> Option<SceneStatistics> {
        self.statistics
    }
}
