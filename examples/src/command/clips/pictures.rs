//! The still pictures: a cover for each clip, and one of each scene.

use viralforge_core::{
    Analysis, FrameOptions, Monitor, ReframePlan, Scene, Source, ThumbnailOptions, TimeRange, Timestamp,
    extract_frames, extract_thumbnails_from,
};

use crate::failure::Failure;
use crate::folder::Folder;
use crate::page::ScenePicture;

/// The longer side of a scene's picture in pixels: twice the width at which the page shows it, for dense screens.
const SCENE_SIDE: u32 = 400;
/// Quality of those pictures: they are many and small.
const JPEG_QUALITY: u8 = 80;
/// Scenes that the page shows at most; of more, evenly chosen ones.
const MAX_SCENES: usize = 120;

/// The best frame of `range` in the clip's shape, as a JPEG.
pub(super) fn cover(
    source: &Source,
    analysis: &Analysis,
    range: TimeRange,
    crop: &ReframePlan,
    monitor: &Monitor,
) -> Result<Vec<u8>, Failure> {
    let options = ThumbnailOptions::default().with_count(1).with_range(range).with_reframe(crop.clone());
    let report = extract_thumbnails_from(source, analysis, &options, monitor)?;
    let first = report.thumbnails.into_iter().next();
    first.map(|best| best.jpeg).ok_or_else(|| Failure::Other(format!("{}: no cover was found", source.name())))
}

/// Writes the middle frame of each scene.
pub(super) fn scenes(
    source: &Source,
    analysis: &Analysis,
    folder: &Folder,
    monitor: &Monitor,
) -> Result<Vec<ScenePicture>, Failure> {
    let all: &[Scene] = analysis.scenes.as_ref().map_or(&[], |report| &report.scenes);
    let shown = all.len().min(MAX_SCENES);
    let chosen: Vec<usize> = (0..shown).map(|i| i * all.len() / shown).collect();
    let middles: Vec<Timestamp> = chosen.iter().map(|scene| middle(all[*scene].range)).collect();
    if middles.is_empty() {
        return Ok(Vec::new());
    }
    let frames = extract_frames(source, &FrameOptions::at(middles).with_max_side(SCENE_SIDE), monitor)?;
    let digits = all.len().to_string().len();
    let mut pictures = Vec::new();
    for (scene, frame) in chosen.into_iter().zip(frames) {
        let file = format!("scene-{:0digits$}.jpg", scene + 1);
        folder.write(&file, &frame.to_jpeg(JPEG_QUALITY)?)?;
        pictures.push(ScenePicture { scene, file });
    }
    Ok(pictures)
}

fn middle(range: TimeRange) -> Timestamp {
    let (start, length) = (range.start(), range.duration());
    start + Timestamp::new(length.num(), length.den().saturating_mul(2))
}
