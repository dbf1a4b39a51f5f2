//! What is measured of pictures.

use super::AnalysisOptions;
use crate::error::Result;
use crate::media::Picture;
use crate::quality::{FrameQuality, QualityMeter, sharpness};
use crate::scene::{SceneDetector, SceneReport};
use crate::subject::{SubjectSample, SubjectTracker};
use crate::time::FrameRate;

/// Longer side of the pictures that quality and subject are measured on, in pixels.
const SMALL_SIDE: u32 = 64;

/// Hands each picture, made small once for each size that is asked for, to what wants it.
pub(super) struct VideoAnalysis {
    /// With the longer side of the pictures that it wants.
    scenes: Option<(SceneDetector, u32)>,
    quality: Option<(QualityMeter, Vec<FrameQuality>)>,
    subject: Option<(SubjectTracker, Vec<SubjectSample>)>,
}

type VideoParts = (Option<SceneReport>, Option<Vec<FrameQuality>>, Option<Vec<SubjectSample>>);

impl VideoAnalysis {
    pub(super) fn new(options: &AnalysisOptions) -> Result<Self> {
        let scenes = match &options.scenes {
            Some(options) => Some((SceneDetector::new(options)?, options.method.side())),
            None => None,
        };
        let quality = options.quality.then(Default::default);
        Ok(Self { scenes, quality, subject: options.subject.then(Default::default) })
    }

    pub(super) fn push(&mut self, mut picture: Picture) -> Result<()> {
        let (time, duration) = (picture.time(), picture.duration());
        let small = match self.quality.is_some() || self.subject.is_some() {
            true => Some(picture.small(SMALL_SIDE)?),
            false => None,
        };
        if let Some((scenes, side)) = &mut self.scenes
            && scenes.wants(time, duration)
        {
            match &small {
                Some(small) if *side == SMALL_SIDE => scenes.push(time, small),
                _ => scenes.push(time, &picture.small(*side)?),
            }
        }
        let Some(small) = small else { return Ok(()) };
        if let Some((meter, found)) = &mut self.quality {
            found.push(meter.measure(time, &small, sharpness(&picture.luma8()?)));
        }
        if let Some((tracker, found)) = &mut self.subject {
            found.push(tracker.follow(time, &small));
        }
        Ok(())
    }

    pub(super) fn finish(self, frame_rate: Option<FrameRate>) -> VideoParts {
        let scenes = self.scenes.map(|(detector, _)| detector.finish(frame_rate));
        (scenes, self.quality.map(|(_, found)| found), self.subject.map(|(_, found)| found))
    }
}
