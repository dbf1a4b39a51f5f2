//! The pictures that stand for a video, each small, medium and large.

use std::path::Path;

use serde_json::json;
use viralforge_core::{Error, FrameOptions, Monitor, Source, extract_frames, extract_thumbnails};

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
    let best = extract_thumbnails(source, options, &monitor.part(0.0, 0.7))?;
    let times: Vec<_> = best.thumbnails.iter().map(|t| t.time).collect();
    let mut outcome = Outcome { report: json!({ "thumbnails": to_json(&best.thumbnails)? }), files: Vec::new() };
    if times.is_empty() {
        return Ok(outcome);
    }
    for (step, (size, side)) in SIZES.into_iter().enumerate() {
        let mut wanted = FrameOptions::at(times.clone()).with_max_side(side.min(options.max_side));
        wanted.reframe.clone_from(&options.reframe);
        let from = 0.7 + 0.1 * step as f64;
        for (number, frame) in extract_frames(source, &wanted, &monitor.part(from, from + 0.1))?.iter().enumerate() {
            let name = format!("thumbnail-{}-{size}.jpg", number + 1);
            write(folder, &name, &frame.to_jpeg(options.jpeg_quality)?)?;
            outcome.files.push(Made::new(name, "image/jpeg"));
        }
    }
    Ok(outcome)
}
