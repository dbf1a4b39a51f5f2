//! The contact sheet.

use viralforge_core::{Scene, TimeRange};

use super::escape::escape;
use super::{Page, hue};
use crate::units::{count, seconds, short_clock};

/// The section; empty for a video whose scenes were not looked for.
pub(super) fn section(page: &Page<'_>) -> String {
    let Some(report) = &page.analysis.scenes else { return String::new() };
    let cells: String = page
        .scenes
        .iter()
        .filter_map(|picture| Some((picture, report.scenes.get(picture.scene)?)))
        .map(|(picture, scene)| cell(page, picture.scene, scene, &picture.file))
        .collect();
    let shown = match page.scenes.len() {
        n if n == report.scenes.len() => String::new(),
        n => format!(", {n} of them shown"),
    };
    let ratio = page.analysis.media.video().and_then(|s| s.video.as_ref()).map(|v| v.display_aspect_ratio.as_f64());
    let ratio = ratio.map(|ratio| format!(" style=\"--ratio:{:.4}\"", ratio.max(1.0))).unwrap_or_default();
    format!(
        "<section id=\"scenes\">\n<h2>Scenes <small>{}{shown}</small></h2>\n<div class=\"sheet\"{ratio}>\n{cells}</div>\n\
         </section>\n",
        count(report.scenes.len(), "scene")
    )
}

fn cell(page: &Page<'_>, index: usize, scene: &Scene, file: &str) -> String {
    let range = scene.range;
    let badges: String = page
        .suggestions
        .iter()
        .enumerate()
        .filter(|(_, suggestion)| overlaps(suggestion.range, range))
        .map(|(i, _)| {
            format!("<a class=\"badge {}\" href=\"#clip-{n}\" title=\"In clip {n}\">{n}</a>", hue(i), n = i + 1)
        })
        .collect();
    format!(
        "<figure><img src=\"{}\" alt=\"Scene {number}\" loading=\"lazy\" decoding=\"async\"><span class=\"badges\">\
         {badges}</span><figcaption><b>{number}</b> {}<span>{}</span></figcaption></figure>\n",
        escape(file),
        short_clock(range.start()),
        seconds(range.duration()),
        number = index + 1,
    )
}

fn overlaps(a: TimeRange, b: TimeRange) -> bool {
    a.intersection(b).is_some()
}
