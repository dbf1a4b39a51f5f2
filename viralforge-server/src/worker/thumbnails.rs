//! The pictures that stand for a video or an image, each small, medium and large.

use std::path::Path;

use serde_json::json;
use viralforge_core::{Error, Frame, FrameOptions, Monitor, Source, extract_frames, extract_still, extract_thumbnails};

use super::child::{to_json, write};
use super::task::{Made, Outcome, ThumbnailRequest};

/// The longer side of each size in pixels: a list, a card, a page.
const SIZES: [(&str, u32); 3] = [("small", 320), ("medium", 640), ("large", 1280)];

pub(super) fn make(
    source: &Source,
    request: &ThumbnailRequest,
    folder: &Path,
    monitor: &Monitor,
) -> Result<Outcome, Error> {
    let options = &request.thumbnails;
    let mut outcome = Outcome::default();
    for (size, side) in SIZES {
        let Some(still) = extract_still(source, side.min(options.max_side))? else { break };
        outcome.add(folder, 1, size, &still, options.jpeg_quality)?;
    }
    if !outcome.files.is_empty() {
        return Ok(outcome);
    }
    let best = extract_thumbnails(source, options, &monitor.part(0.0, 0.7))?;
    let times: Vec<_> = best.thumbnails.iter().map(|t| t.time).collect();
    outcome.report = json!({ "thumbnails": to_json(&best.thumbnails)? });
    if times.is_empty() {
        return Ok(outcome);
    }
    for (step, (size, side)) in SIZES.into_iter().enumerate() {
        let mut wanted = FrameOptions::at(times.clone()).with_max_side(side.min(options.max_side));
        wanted.reframe.clone_from(&options.reframe);
        let from = 0.7 + 0.1 * step as f64;
        for (number, frame) in extract_frames(source, &wanted, &monitor.part(from, from + 0.1))?.iter().enumerate() {
            outcome.add(folder, number + 1, size, frame, options.jpeg_quality)?;
        }
    }
    Ok(outcome)
}

impl Outcome {
    fn add(&mut self, folder: &Path, number: usize, size: &str, frame: &Frame, quality: u8) -> Result<(), Error> {
        let name = format!("thumbnail-{number}-{size}.jpg");
        write(folder, &name, &frame.to_jpeg(quality)?)?;
        self.files.push(Made::new(name, "image/jpeg"));
        Ok(())
    }
}
