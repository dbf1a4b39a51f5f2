//! What is measured of pictures.

use super::AnalysisOptions;
use crate::error::Result;
use crate::media::Picture;
use crate::quality::{FrameQuality, QualityMeter, sharpness};
use crate::scene::{SMALL_SIDE, SceneDetector, SceneReport};
use crate::subject::{SubjectSample, SubjectTracker};
use crate::time::{FrameRate, Timestamp};

/// Hands each picture, made small once, to what wants it.
pub(super) struct VideoAnalysis {
    scenes: Option<SceneDetector>,
    quality: Option<(QualityMeter, Vec<FrameQuality>)>,
    subject: Option<(SubjectTracker, Vec<SubjectSample>)>,
    end: Timestamp,
}

type VideoParts = (Option<SceneReport>, Option<Vec<FrameQuality>>, Option<Vec<SubjectSample>>);

impl VideoAnalysis {
    pub(super) fn new(options: &AnalysisOptions) -> Self {
        Self {
            scenes: options.scenes.as_ref().map(SceneDetector::new),
            quality: options.quality.then(Default::default),
            subject: options.subject.then(Default::default),
            end: Timestamp::ZERO,
        }
    }

    pub(super) fn push(&mut self, mut picture: Picture) -> Result<()> {
        let time = picture.time();
        let small = picture.small(SMALL_SIDE)?;
        if let Some(scenes) = &mut self.scenes {
            scenes.push(time, &small);
        }
        if let Some((meter, found)) = &mut self.quality {
            found.push(meter.measure(time, &small, sharpness(&picture.luma8()?)));
        }
        if let Some((tracker, found)) = &mut self.subject {
            found.push(tracker.follow(time, &small));
        }
        self.end = time + picture.duration();
        Ok(())
    }

    pub(super) fn finish(self, frame_rate: Option<FrameRate>) -> VideoParts {
        let scenes = self.scenes.map(|detector| detector.finish(self.end, frame_rate));
        (scenes, self.quality.map(|(_, found)| found), self.subject.map(|(_, found)| found))
    }
}
