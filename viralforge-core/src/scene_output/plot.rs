//! The plot of statistics: a panel a measure, all over the same time.

use super::drawing::{Anchor, CHAR_WIDTH, Color, Drawing, LINE_HEIGHT, Shape};
use super::statistics::WriteStatisticsOptions;
use super::timeline::printable;
use crate::geometry::{Rect, Size};
use crate::scene::{Boundary, SceneStatistics, StatisticsColumn};
use crate::time::Timestamp;

const BACKGROUND: Color = [0x12, 0x12, 0x1a];
const PANEL: Color = [0x1b, 0x1b, 0x26];
const GRID: Color = [0x2e, 0x2e, 0x3e];
const TEXT: Color = [0xb8, 0xb8, 0xc8];
const NAME: Color = [0xf0, 0xf0, 0xf6];
const CURVE: Color = [0x9d, 0x86, 0xff];
const THRESHOLD: Color = [0xff, 0xb0, 0x3a];
const CUT: Color = [0x2f, 0x9e, 0x8f];
const GRADUAL: Color = [0x1c, 0x50, 0x4c];

/// Pixels beside the panels, for the numbers of the scales.
const LEFT: i32 = 10 * CHAR_WIDTH;
const RIGHT: i32 = 14;
/// Above each panel, for its name.
const ABOVE: i32 = LINE_HEIGHT + 7;
/// Below the last one, for the times, and the line that explains the colors.
const BELOW: i32 = 2 * LINE_HEIGHT + 14;
/// Pixels from one time to the next at least.
const TICK_WIDTH: i32 = 80;
/// Distances of times on the axis, in milliseconds.
const TICKS_MS: [i64; 19] = [
    10, 20, 50, 100, 200, 500, 1_000, 2_000, 5_000, 10_000, 15_000, 30_000, 60_000, 120_000, 300_000, 600_000,
    1_200_000, 1_800_000, 3_600_000,
];

/// Where time lies in the picture.
struct Axis {
    from: f64,
    to: f64,
    left: i32,
    right: i32,
}

impl Axis {
    fn x(&self, seconds: f64) -> i32 {
        let share = ((seconds - self.from) / (self.to - self.from)).clamp(0.0, 1.0);
        self.left + (share * f64::from(self.right - self.left)).round() as i32
    }

    /// Times to name, in milliseconds.
    fn ticks(&self) -> Vec<i64> {
        let room = f64::from((self.right - self.left) / TICK_WIDTH).max(1.0);
        let least = (self.to - self.from) * 1000.0 / room;
        let hours = (least / 3_600_000.0).ceil() as i64 * 3_600_000;
        let step = TICKS_MS.into_iter().find(|step| *step as f64 >= least).unwrap_or(hours);
        let first = (self.from * 1000.0 / step as f64).ceil() as i64;
        let last = (self.to * 1000.0 / step as f64).floor() as i64;
        (first..=last).map(|i| i * step).collect()
    }
}

/// Draws the statistics, whose columns all have as many values as there are frames.
pub(super) fn plot(statistics: &SceneStatistics, options: &WriteStatisticsOptions) -> Drawing {
    let finite = || statistics.times_seconds.iter().copied().filter(|time| time.is_finite());
    let from = finite().reduce(f64::min).unwrap_or(0.0);
    let to = finite().reduce(f64::max).unwrap_or(0.0).max(from + 0.001);
    let axis = Axis { from, to, left: LEFT, right: options.width as i32 - RIGHT };
    let panel_height = options.panel_height as i32;
    let mut shapes = Vec::new();
    let mut top = 0;
    for column in &statistics.columns {
        top += ABOVE;
        panel(&mut shapes, &axis, top, panel_height, column, statistics, &options.boundaries);
        top += panel_height;
    }
    for ms in axis.ticks() {
        let text = Timestamp::from_millis(ms).to_string();
        let text = text.strip_suffix(".000").unwrap_or(&text).to_owned();
        let x = axis.x(ms as f64 / 1000.0);
        shapes.push(Shape::Text { x, y: top + 5, text, anchor: Anchor::Middle, color: TEXT });
    }
    legend(&mut shapes, top + LINE_HEIGHT + 9, !options.boundaries.is_empty());
    Drawing { size: Size::new(options.width, (top + BELOW) as u32), background: BACKGROUND, shapes }
}

fn legend(shapes: &mut Vec<Shape>, y: i32, boundaries: bool) {
    let mut x = LEFT;
    let marks = [("measure", CURVE), ("threshold", THRESHOLD), ("cut", CUT), ("gradual change", GRADUAL)];
    for (text, color) in marks.into_iter().take(if boundaries { 4 } else { 2 }) {
        let place = Rect { x: x as u32, y: (y + 2) as u32, width: 10, height: 10 };
        shapes.push(Shape::Rectangle { place, color });
        shapes.push(Shape::Text { x: x + 15, y, text: text.to_owned(), anchor: Anchor::Start, color: TEXT });
        x += 15 + (text.len() as i32 + 3) * CHAR_WIDTH;
    }
}

/// One measure over time.
fn panel(
    shapes: &mut Vec<Shape>,
    axis: &Axis,
    top: i32,
    height: i32,
    column: &StatisticsColumn,
    statistics: &SceneStatistics,
    boundaries: &[Boundary],
) {
    let bottom = top + height - 1;
    let place = |left: i32, right: i32| Rect {
        x: left as u32,
        y: top as u32,
        width: (right - left).max(1) as u32,
        height: height as u32,
    };
    let upright = |x: i32, color| Shape::Line { points: vec![(x, top), (x, bottom)], color };
    shapes.push(Shape::Rectangle { place: place(axis.left, axis.right + 1), color: PANEL });
    shapes.extend(axis.ticks().into_iter().map(|ms| upright(axis.x(ms as f64 / 1000.0), GRID)));
    for boundary in boundaries {
        let [start, end] = [boundary.range.start(), boundary.range.end()].map(Timestamp::as_seconds_f64);
        if end < axis.from || start > axis.to {
            continue;
        }
        shapes.push(match axis.x(end) - axis.x(start) {
            0 if start == end => upright(axis.x(start), CUT),
            _ => Shape::Rectangle { place: place(axis.x(start), axis.x(end)), color: GRADUAL },
        });
    }
    let text = |x, y, text, anchor, color| Shape::Text { x, y, text, anchor, color };
    shapes.push(text(axis.left, top - LINE_HEIGHT - 2, printable(&column.name), Anchor::Start, NAME));

    let (least, most) = scale(column);
    let y = |value: f32| {
        let share = ((value - least) / (most - least)).clamp(0.0, 1.0);
        bottom - (share * (height - 1) as f32).round() as i32
    };
    if let Some(threshold) = column.threshold.filter(|threshold| threshold.is_finite()) {
        shapes.push(Shape::Line {
            points: vec![(axis.left, y(threshold)), (axis.right, y(threshold))],
            color: THRESHOLD,
        });
        // Beside the scale, where it does not cover the ends.
        let at = (y(threshold) - LINE_HEIGHT / 2).clamp(top + LINE_HEIGHT, bottom - 2 * LINE_HEIGHT);
        shapes.push(text(axis.left - 6, at, number(threshold), Anchor::End, THRESHOLD));
    }
    for points in curves(column, statistics, axis, y) {
        shapes.push(Shape::Line { points, color: CURVE });
    }
    shapes.push(text(axis.left - 6, top, number(most), Anchor::End, TEXT));
    shapes.push(text(axis.left - 6, bottom - LINE_HEIGHT + 1, number(least), Anchor::End, TEXT));
}

/// Least and greatest number of a panel: from 0 where nothing is below, and so that the threshold is inside.
fn scale(column: &StatisticsColumn) -> (f32, f32) {
    let values = || column.values.iter().copied().chain(column.threshold).filter(|value| value.is_finite());
    let least = values().reduce(f32::min).unwrap_or(0.0).min(0.0);
    let most = values().reduce(f32::max).unwrap_or(0.0);
    (least, if most > least { most } else { least + 1.0 })
}

/// The values as lines, each without a gap (of values that are no numbers). Where many frames share a column of pixels,
/// only the first, the extremes and the last of them are points.
fn curves(
    column: &StatisticsColumn,
    statistics: &SceneStatistics,
    axis: &Axis,
    y: impl Fn(f32) -> i32,
) -> Vec<Vec<(i32, i32)>> {
    let samples: Vec<(i32, Option<i32>)> = (statistics.times_seconds.iter().zip(&column.values))
        .map(|(time, value)| (axis.x(*time), value.is_finite().then(|| y(*value))))
        .collect();
    let mut lines = Vec::new();
    for run in samples.chunk_by(|a, b| a.1.is_some() == b.1.is_some()) {
        let run: Vec<(i32, i32)> = run.iter().filter_map(|(x, y)| y.map(|y| (*x, y))).collect();
        let mut points = Vec::new();
        for group in run.chunk_by(|a, b| a.0 == b.0) {
            let ys = || group.iter().map(|point| point.1);
            let ends = group.first().into_iter().chain(group.last());
            if let (Some(high), Some(low), x) = (ys().min(), ys().max(), group[0].0) {
                let all: Vec<i32> = ends.map(|point| point.1).collect();
                points.extend([all[0], high, low, all[1]].map(|y| (x, y)));
            }
        }
        points.dedup();
        // A single point would be no line.
        if let [point] = points[..] {
            points.push(point);
        }
        if !points.is_empty() {
            lines.push(points);
        }
    }
    lines
}

/// Three digits that count.
fn number(value: f32) -> String {
    match value.abs() {
        size if size >= 100_000.0 => format!("{value:.1e}"),
        size if size >= 100.0 || value == 0.0 => format!("{value:.0}"),
        size if size >= 10.0 => format!("{value:.1}"),
        size if size >= 0.01 => format!("{value:.2}"),
        _ => format!("{value:.0e}"),
    }
}

#[cfg(test)]
mod tests {
    use super::super::shot::tests::report;
    use super::super::statistics::tests::statistics;
    use super::*;
    use crate::scene::BoundaryKind;

    fn texts(drawing: &Drawing) -> Vec<&str> {
        drawing
            .shapes
            .iter()
            .filter_map(|s| if let Shape::Text { text, .. } = s { Some(&**text) } else { None })
            .collect()
    }

    #[test]
    fn a_panel_says_its_name_its_scale_and_the_times() {
        let drawing = plot(&statistics(), &WriteStatisticsOptions::default());
        let texts = texts(&drawing);
        for text in ["cut_probability", "0.90", "0.50", "mean, \"luma\"", "99.0", "0:00", "0:01", "0:03.500"] {
            assert!(texts.contains(&text), "{text} {texts:?}");
        }
        assert_eq!(drawing.size.height as i32, 2 * (ABOVE + 140) + BELOW);
    }

    #[test]
    fn boundaries_are_marked_in_every_panel() {
        let boundaries = report((25, 1), &[(BoundaryKind::Cut, 50), (BoundaryKind::Dissolve, 80)], 100).boundaries;
        let drawing = plot(&statistics(), &WriteStatisticsOptions::default().with_boundaries(boundaries));
        let cuts = drawing.shapes.iter().filter(|s| matches!(s, Shape::Line { color: CUT, .. })).count();
        let graduals = drawing.shapes.iter().filter(|s| matches!(s, Shape::Rectangle { color: GRADUAL, .. })).count();
        // One more for the line that explains the colors.
        assert_eq!((cuts, graduals), (2, 3));
    }

    #[test]
    fn a_peak_of_one_frame_is_seen_however_long_the_video_is() {
        let mut statistics = SceneStatistics::with_one_column("x", 200_000, |i| if i == 123_456 { 1.0 } else { 0.0 });
        let drawing = plot(&statistics, &WriteStatisticsOptions::default());
        let line = |drawing: &Drawing| {
            let curve = drawing.shapes.iter().find_map(|s| match s {
                Shape::Line { points, color: CURVE } => Some(points.clone()),
                _ => None,
            });
            curve.unwrap()
        };
        let points = line(&drawing);
        assert!(points.iter().any(|(_, y)| *y == ABOVE) && points.len() < 4 * 1600, "{}", points.len());
        statistics.columns[0].values[5] = f32::NAN;
        let curves = plot(&statistics, &WriteStatisticsOptions::default());
        assert_eq!(curves.shapes.iter().filter(|s| matches!(s, Shape::Line { color: CURVE, .. })).count(), 2);
    }

    #[test]
    fn nothing_to_draw_is_no_trouble() {
        let empty = plot(&SceneStatistics::default(), &WriteStatisticsOptions::default());
        assert_eq!(empty.size.height as i32, BELOW);
        let still = SceneStatistics::with_one_column("x", 1, |_| 0.0);
        assert!(texts(&plot(&still, &WriteStatisticsOptions::default())).contains(&"x"));
    }

    impl SceneStatistics {
        fn with_one_column(name: &str, frames: u64, value: impl Fn(u64) -> f32) -> Self {
            let column =
                StatisticsColumn { name: name.into(), threshold: None, values: (0..frames).map(value).collect() };
            let times_seconds = (0..frames).map(|frame| frame as f64 / 25.0).collect();
            Self { frames: (0..frames).collect(), times_seconds, columns: vec![column] }
        }
    }
}
