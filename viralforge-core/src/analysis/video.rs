//! What is measured of pictures.

use super::AnalysisOptions;
use crate::error::Result;
use crate::media::{Look, Picture, PictureRequest, Seen, Unneeded};
use crate::picture::SmallPicture;
use crate::quality::{FrameQuality, QualityMeter, sharpness};
use crate::scene::{SceneDetector, SceneMethod, SceneMode, SceneReport};
use crate::subject::{SubjectSample, SubjectTracker};
use crate::time::FrameRate;

/// Longer side of the pictures that quality and subject are measured on, in pixels.
const SMALL_SIDE: u32 = 64;

/// What is taken of each picture by itself, so that many can be looked at side by side.
pub(super) struct PictureLook {
    /// Longer side of the picture for the scene method.
    scene_side: Option<u32>,
    small: bool,
    sharpness: bool,
}

/// What is left of a picture.
#[derive(Clone)]
pub(super) struct Looked {
    small: Option<SmallPicture>,
    /// For the scene method, where it wants another size.
    scene: Option<SmallPicture>,
    sharpness: f32,
}

impl PictureLook {
    pub(super) fn new(options: &AnalysisOptions) -> Self {
        let scene_side = options.scenes.as_ref().map(|scenes| scenes.method.side());
        let small = options.quality || options.subject || scene_side == Some(SMALL_SIDE);
        Self { scene_side: scene_side.filter(|side| *side != SMALL_SIDE), small, sharpness: options.quality }
    }
}

impl Look for PictureLook {
    type Value = Looked;

    fn look(&self, mut picture: Picture) -> Result<Looked> {
        let small = if self.small { Some(picture.small(SMALL_SIDE)?) } else { None };
        let scene = match self.scene_side {
            Some(side) => Some(picture.small(side)?),
            None => None,
        };
        let sharpness = if self.sharpness { sharpness(&picture.luma8()?) } else { 0.0 };
        Ok(Looked { small, scene, sharpness })
    }

    fn between(&self, from: &Looked, to: &Looked, share: f64) -> Looked {
        let mix = |a: &Option<SmallPicture>, b: &Option<SmallPicture>| Some(a.as_ref()?.between(b.as_ref()?, share));
        Looked {
            small: mix(&from.small, &to.small),
            scene: mix(&from.scene, &to.scene),
            sharpness: from.sharpness + (to.sharpness - from.sharpness) * share as f32,
        }
    }
}

/// Which pictures the options need, and how exactly decoded: the same for any choice of analyses, so that each gives the
/// same alone and together with others. Only methods with thresholds of others see every picture as it is shown.
pub(super) fn request(options: &AnalysisOptions) -> PictureRequest {
    let scenes = options.scenes.as_ref();
    let scenes_alone = !options.quality && !options.subject;
    let as_shown = scenes.is_some_and(|scenes| scenes.method != SceneMethod::Standard);
    let bytes = |side: u32| side as usize * side as usize * 3;
    PictureRequest {
        range: scenes.filter(|_| scenes_alone).and_then(|scenes| scenes.range),
        skip_loop_filter: !as_shown,
        unneeded: match scenes.map(|scenes| scenes.mode).unwrap_or_default() {
            _ if as_shown => Unneeded::Decoded,
            SceneMode::Accurate => Unneeded::Decoded,
            SceneMode::Balanced => Unneeded::WhereNotAlike,
            SceneMode::Fast => Unneeded::Skipped,
        },
        decoders: scenes.and_then(|scenes| scenes.segments),
        value_bytes: bytes(SMALL_SIDE) + scenes.map_or(0, |scenes| bytes(scenes.method.side())),
    }
}

/// Hands what was taken of each picture, in order of time, to what wants it.
pub(super) struct VideoAnalysis {
    scenes: Option<SceneDetector>,
    quality: Option<(QualityMeter, Vec<FrameQuality>)>,
    subject: Option<(SubjectTracker, Vec<SubjectSample>)>,
}

type VideoParts = (Option<SceneReport>, Option<Vec<FrameQuality>>, Option<Vec<SubjectSample>>);

impl VideoAnalysis {
    pub(super) fn new(options: &AnalysisOptions) -> Result<Self> {
        let scenes = options.scenes.as_ref().map(SceneDetector::new).transpose()?;
        let quality = options.quality.then(Default::default);
        Ok(Self { scenes, quality, subject: options.subject.then(Default::default) })
    }

    pub(super) fn push(&mut self, seen: Seen<Looked>) {
        let Seen { time, duration, value: Looked { small, scene, sharpness }, .. } = seen;
        if let (Some(scenes), Some(picture)) = (&mut self.scenes, scene.as_ref().or(small.as_ref()))
            && scenes.wants(time, duration)
        {
            scenes.push(time, picture);
        }
        let Some(small) = small else { return };
        if let Some((meter, found)) = &mut self.quality {
            found.push(meter.measure(time, &small, sharpness));
        }
        if let Some((tracker, found)) = &mut self.subject {
            found.push(tracker.follow(time, &small));
        }
    }

    /// The detector of scenes, for those who want scenes as soon as they are known.
    pub(super) fn scenes(&mut self) -> Option<&mut SceneDetector> {
        self.scenes.as_mut()
    }

    pub(super) fn finish(self, frame_rate: Option<FrameRate>) -> VideoParts {
        let scenes = self.scenes.map(|detector| detector.finish(frame_rate));
        (scenes, self.quality.map(|(_, found)| found), self.subject.map(|(_, found)| found))
    }
}
