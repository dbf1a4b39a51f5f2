//! The waveform with the clips marked over it, and a time axis.
//!
//! Marks and text stand at percentages of a picture as wide as the page, so that text keeps its shape; only the wave
//! itself, a picture inside the picture, is stretched.

use viralforge_core::{Silence, TimeRange, Timestamp, Waveform};

use super::{Page, hue, sound};
use crate::units::{seconds, short_clock};

/// Columns of the wave: about one a pixel on a wide screen.
const COLUMNS: usize = 1200;
/// Heights in CSS pixels: one lane of labels, the wave, the axis.
const LANE: usize = 22;
const WAVE: usize = 120;
const AXIS: usize = 26;
/// Width that a label needs, in percent of a wide screen.
const LABEL_PERCENT: f64 = 9.0;

/// The section.
pub(super) fn section(page: &Page<'_>) -> String {
    let Some(length) = length(page) else { return String::new() };
    let lanes = lanes(page, length);
    let marks_height = lanes.iter().max().map_or(0, |lane| (lane + 1) * LANE);
    let height = marks_height + WAVE + AXIS;
    let mut svg = format!(
        "<svg class=\"timeline\" width=\"100%\" height=\"{height}\" role=\"img\" \
         aria-label=\"The sound over time, with the clips marked\" data-length=\"{length:.3}\">\n"
    );
    svg.push_str(&silences(page, length, marks_height));
    svg.push_str(&wave(page.analysis.waveform.as_ref(), marks_height));
    svg.push_str(&cuts(page, length, marks_height));
    svg.push_str(&axis(length, marks_height + WAVE));
    for (index, lane) in lanes.iter().enumerate() {
        svg.push_str(&mark(page, index, *lane, length, marks_height));
    }
    svg.push_str(&format!(
        "<line class=\"playhead\" x1=\"0\" x2=\"0\" y1=\"{marks_height}\" y2=\"{}\" visibility=\"hidden\"/>\n</svg>\n",
        marks_height + WAVE
    ));
    let figures = page.analysis.loudness.as_ref().map(sound::figures).unwrap_or_default();
    format!(
        "<section id=\"timeline\">\n<h2>Timeline</h2>\n<div class=\"card\">\n{svg}{}{figures}</div>\n</section>\n",
        legend(page)
    )
}

/// Length of the whole in seconds: the longest of what the file says and what was found.
fn length(page: &Page<'_>) -> Option<f64> {
    let scenes = page.analysis.scenes.as_ref().and_then(|s| s.scenes.last()).map(|s| s.range.end());
    let clips = page.suggestions.iter().map(|s| s.range.end());
    let ends = page.analysis.media.duration.into_iter().chain(scenes).chain(clips);
    let length = ends.map(Timestamp::as_seconds_f64).fold(0.0, f64::max);
    (length > 0.0).then_some(length)
}

fn percent(at: Timestamp, length: f64) -> f64 {
    (at.as_seconds_f64() / length * 100.0).clamp(0.0, 100.0)
}

/// For each suggestion the lowest lane where its label touches no other.
fn lanes(page: &Page<'_>, length: f64) -> Vec<usize> {
    let starts: Vec<f64> = page.suggestions.iter().map(|s| label_start(percent(s.range.start(), length))).collect();
    let mut lanes: Vec<usize> = Vec::new();
    for (i, start) in starts.iter().enumerate() {
        let taken = |lane: usize| (0..i).any(|j| lanes[j] == lane && (starts[j] - start).abs() < LABEL_PERCENT);
        let lane = (0..).find(|lane| !taken(*lane)).unwrap_or(0);
        lanes.push(lane);
    }
    lanes
}

/// A label begins where its clip does, unless it would leave the picture.
fn label_start(percent: f64) -> f64 {
    percent.min(100.0 - LABEL_PERCENT)
}

fn mark(page: &Page<'_>, index: usize, lane: usize, length: f64, top: usize) -> String {
    let suggestion = &page.suggestions[index];
    let (start, width) = span(suggestion.range, length);
    let label = lane * LANE;
    format!(
        "<a href=\"#clip-{number}\" class=\"mark {hue}\"><title>Clip {number}: {from} – {to}, {long}</title>\
         <rect class=\"band\" x=\"{start:.3}%\" y=\"{top}\" width=\"{width:.3}%\" height=\"{WAVE}\"/>\
         <rect class=\"edge\" x=\"{start:.3}%\" y=\"{label}\" width=\"2\" height=\"{tall}\"/>\
         <text x=\"{text:.3}%\" y=\"{label}\" dx=\"7\" dy=\"14\">Clip {number}</text></a>\n",
        number = index + 1,
        hue = hue(index),
        from = short_clock(suggestion.range.start()),
        to = short_clock(suggestion.range.end()),
        long = seconds(suggestion.range.duration()),
        tall = top + WAVE - label,
        text = label_start(start),
    )
}

fn span(range: TimeRange, length: f64) -> (f64, f64) {
    let (start, end) = (percent(range.start(), length), percent(range.end(), length));
    (start, (end - start).max(0.2))
}

fn silences(page: &Page<'_>, length: f64, top: usize) -> String {
    let all: &[Silence] = page.analysis.silence.as_ref().map_or(&[], |report| &report.silences);
    let rect = |silence: &Silence| {
        let (start, width) = span(silence.range, length);
        format!("<rect x=\"{start:.3}%\" y=\"{top}\" width=\"{width:.3}%\" height=\"{WAVE}\"/>")
    };
    format!("<g class=\"silences\">{}</g>\n", all.iter().map(rect).collect::<String>())
}

/// A tick at the start of every scene but the first.
fn cuts(page: &Page<'_>, length: f64, top: usize) -> String {
    let Some(report) = &page.analysis.scenes else { return String::new() };
    let y = top + WAVE;
    let tick = |x: f64| format!("<line x1=\"{x:.3}%\" x2=\"{x:.3}%\" y1=\"{}\" y2=\"{y}\"/>", y - 8);
    let ticks: String = report.scenes.iter().skip(1).map(|scene| tick(percent(scene.range.start(), length))).collect();
    format!("<g class=\"cuts\">{ticks}</g>\n")
}

fn wave(waveform: Option<&Waveform>, top: usize) -> String {
    let peaks = waveform.map(peaks).unwrap_or_default();
    if peaks.is_empty() {
        return format!("<line class=\"rest\" x1=\"0\" x2=\"100%\" y1=\"{y}\" y2=\"{y}\"/>\n", y = top + WAVE / 2);
    }
    let mut path = String::new();
    for (x, (_, high)) in peaks.iter().enumerate() {
        path.push_str(&format!("{}{x} {:.1}", if x == 0 { 'M' } else { 'L' }, 100.0 - high * 98.0));
    }
    for (x, (low, _)) in peaks.iter().enumerate().rev() {
        path.push_str(&format!("L{x} {:.1}", 100.0 - low * 98.0));
    }
    format!(
        "<svg y=\"{top}\" width=\"100%\" height=\"{WAVE}\" viewBox=\"0 0 {} 200\" preserveAspectRatio=\"none\">\
         <path class=\"wave\" d=\"{path}Z\"/></svg>\n",
        (peaks.len() - 1).max(1)
    )
}

/// Lowest and highest sample of each column over all channels, -1 to 1.
fn peaks(waveform: &Waveform) -> Vec<(f64, f64)> {
    let per_bucket = waveform.channels.max(1) as usize * 2;
    let buckets: Vec<&[i16]> = waveform.data.chunks_exact(per_bucket).collect();
    let columns = buckets.len().min(COLUMNS);
    (0..columns)
        .map(|column| {
            let (from, to) = (column * buckets.len() / columns, (column + 1) * buckets.len() / columns);
            let values = buckets[from..to].iter().flat_map(|bucket| bucket.iter());
            let (low, high) = values.fold((i16::MAX, i16::MIN), |(low, high), v| (low.min(*v), high.max(*v)));
            (f64::from(low) / 32768.0, f64::from(high) / 32768.0)
        })
        .collect()
}

/// Steps between ticks that people count in, in seconds.
const STEPS: [f64; 17] =
    [0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0, 15.0, 30.0, 60.0, 120.0, 300.0, 600.0, 900.0, 1800.0, 3600.0, 7200.0];

fn axis(length: f64, top: usize) -> String {
    let step = STEPS.into_iter().find(|step| length / step <= 10.0).unwrap_or(length / 10.0);
    let mut ticks = String::new();
    for index in 0..=(length / step) as usize {
        let at = index as f64 * step;
        let x = at / length * 100.0;
        // A label at the very end would be cut off; every second one goes on a narrow screen.
        let anchor = if index == 0 {
            "start"
        } else if x > 97.0 {
            "end"
        } else {
            "middle"
        };
        let rare = if index % 2 == 1 { " class=\"odd\"" } else { "" };
        ticks.push_str(&format!(
            "<line x1=\"{x:.3}%\" x2=\"{x:.3}%\" y1=\"{top}\" y2=\"{}\"/><text{rare} x=\"{x:.3}%\" y=\"{}\" \
             text-anchor=\"{anchor}\">{}</text>",
            top + 5,
            top + 19,
            tick_text(at, step)
        ));
    }
    format!("<g class=\"axis\"><line x1=\"0\" x2=\"100%\" y1=\"{top}\" y2=\"{top}\"/>{ticks}</g>\n")
}

fn tick_text(at: f64, step: f64) -> String {
    let text = short_clock(Timestamp::from_seconds_f64(at));
    if step >= 1.0 { text.split('.').next().unwrap_or_default().to_owned() } else { text }
}

fn legend(page: &Page<'_>) -> String {
    let mut items = Vec::new();
    if page.analysis.waveform.is_none() {
        items.push("<li>This video has no sound.</li>".to_owned());
    }
    if page.analysis.scenes.as_ref().is_some_and(|s| s.scenes.len() > 1) {
        items.push("<li><i class=\"key cut\"></i>a new scene</li>".to_owned());
    }
    if page.analysis.silence.as_ref().is_some_and(|s| !s.silences.is_empty()) {
        items.push("<li><i class=\"key silence\"></i>silence</li>".to_owned());
    }
    if items.is_empty() { String::new() } else { format!("<ul class=\"legend\">{}</ul>\n", items.concat()) }
}
