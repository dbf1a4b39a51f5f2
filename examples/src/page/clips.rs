//! The players, grouped by suggestion.

use viralforge_core::ClipSuggestion;

use super::escape::escape;
use super::{Page, PageClip, hue};
use crate::units::{bytes, seconds, short_clock};

/// The section.
pub(super) fn section(page: &Page<'_>) -> String {
    let mut html = String::from("<section id=\"clips\">\n<h2>Clips</h2>\n");
    if page.suggestions.is_empty() {
        html.push_str("<p class=\"none\">Nothing in this video stands out enough for a clip.</p>\n");
    }
    for (index, suggestion) in page.suggestions.iter().enumerate() {
        let clips: Vec<_> = page.clips.iter().filter(|c| c.suggestion == index).collect();
        html.push_str(&group(index, suggestion, &clips));
    }
    html.push_str("</section>\n");
    html
}

fn group(index: usize, suggestion: &ClipSuggestion, clips: &[&PageClip]) -> String {
    let range = suggestion.range;
    let number = index + 1;
    let players: String = clips.iter().map(|clip| player(clip, number, suggestion)).collect();
    let reasons: String = suggestion
        .reasons
        .iter()
        .map(|reason| {
            format!(
                "<li>{}<span class=\"text\">{}</span><span class=\"signal\">{}</span></li>\n",
                bar(reason.value),
                escape(&reason.text),
                escape(&reason.signal)
            )
        })
        .collect();
    format!(
        "<article class=\"card clip {hue}\" id=\"clip-{number}\">\n<div class=\"head\">\n<h3>\
         <span class=\"badge\">{number}</span> {start} – {end} <span class=\"length\">{length}</span></h3>\n\
         <p class=\"score\" title=\"Score, 0 to 100\"><b>{score}</b><span> of 100</span></p>\n</div>\n\
         <div class=\"players\">\n{players}</div>\n<ul class=\"reasons\" aria-label=\"Why this moment\">\n{reasons}</ul>\n\
         </article>\n",
        hue = hue(index),
        start = short_clock(range.start()),
        end = short_clock(range.end()),
        length = seconds(range.duration()),
        score = percent(suggestion.score),
    )
}

fn player(clip: &PageClip, number: usize, suggestion: &ClipSuggestion) -> String {
    let size = clip.size;
    let ratio = f64::from(size.width.max(1)) / f64::from(size.height.max(1));
    let video = escape(&clip.video);
    let cover = escape(&clip.cover);
    format!(
        "<figure style=\"--ratio:{ratio:.4}\">\n<video controls playsinline preload=\"none\" src=\"{video}\" poster=\"{cover}\" \
         width=\"{width}\" height=\"{height}\" data-start=\"{start:.3}\" aria-label=\"Clip {number} for {platform}\">\
         </video>\n<figcaption><b>{platform}</b><span>{width} × {height} · {length} · {bytes}</span>\
         <span class=\"files\"><a href=\"{video}\" download>{video}</a> · <a href=\"{cover}\">cover</a></span></figcaption>\n</figure>\n",
        width = size.width,
        height = size.height,
        start = suggestion.range.start().as_seconds_f64(),
        platform = escape(&clip.platform),
        length = seconds(clip.duration),
        bytes = bytes(clip.byte_len),
    )
}

fn bar(value: f64) -> String {
    let percent = percent(value);
    format!(
        "<span class=\"bar\" role=\"img\" aria-label=\"{percent} of 100\"><i style=\"width:{percent}%\"></i></span>"
    )
}

fn percent(value: f64) -> u32 {
    (value.clamp(0.0, 1.0) * 100.0).round() as u32
}
