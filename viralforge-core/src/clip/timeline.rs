//! What happens when: the measures of an analysis at even steps of time, each 0 to 1 within this file.

use crate::analysis::Analysis;
use crate::look::{exposure, is_blank, titledness};
use crate::quality::FrameQuality;
use crate::silence::SilenceReport;
use crate::time::{TimeRange, Timestamp};
use crate::waveform::Waveform;

/// Steps a second, and the most there may be: what a hand-made analysis claims must not size memory.
const STEPS_PER_SECOND: f64 = 10.0;
const MAX_STEPS: usize = 12 * 3600 * 10;
/// A pause is this much below the loud parts, in dB: speech falls 20 to 30 dB between sentences.
const PAUSE_DB: f64 = 20.0;
/// Shortest pause to cut in, in seconds.
const PAUSE_SECONDS: f64 = 0.25;
/// Level that counts as nothing at all, in dB relative to full scale.
const FLOOR_DB: f64 = -80.0;

/// A measure at every step, with sums so that the mean of any stretch takes no loop.
pub(super) struct Series {
    sums: Vec<f64>,
    step: f64,
}

impl Series {
    fn new(values: &[f64], step: f64) -> Self {
        let mut total = 0.0;
        let sums = std::iter::once(0.0).chain(values.iter().map(|v| {
            total += v;
            total
        }));
        Self { sums: sums.collect(), step }
    }

    /// The mean from one moment to another.
    pub(super) fn mean(&self, start: Timestamp, end: Timestamp) -> f64 {
        let last = self.sums.len() - 1;
        let from = ((start.as_seconds_f64() / self.step).round().max(0.0) as usize).min(last);
        let to = ((end.as_seconds_f64() / self.step).round().max(0.0) as usize).min(last);
        if from < to { (self.sums[to] - self.sums[from]) / (to - from) as f64 } else { 0.0 }
    }

    pub(super) fn overall(&self) -> f64 {
        let count = self.sums.len() - 1;
        if count > 0 { self.sums[count] / count as f64 } else { 0.0 }
    }
}

/// The measures that the analysis allows.
pub(super) struct Timeline {
    /// Level of the sound: 0 as quiet as it gets in this file, 1 as loud.
    pub(super) loudness: Option<Series>,
    /// The same in dB relative to full scale.
    pub(super) level_db: Option<Series>,
    /// 1 where there is sound, 0 in pauses and silences.
    pub(super) sounding: Option<Series>,
    /// Change from frame to frame: 1 as lively as it gets.
    pub(super) motion: Option<Series>,
    /// How well frames look.
    pub(super) sharpness: Option<Series>,
    /// 1 where there is nothing to see: black, blank, a title.
    pub(super) dead: Option<Series>,
    /// Where the sound rests, in order of time.
    pub(super) pauses: Vec<TimeRange>,
}

impl Timeline {
    pub(super) fn of(analysis: &Analysis, end: Timestamp) -> Self {
        let length = end.as_seconds_f64().max(1e-3);
        let count = ((length * STEPS_PER_SECOND).ceil().max(1.0) as usize).min(MAX_STEPS);
        let grid = Grid { count, step: length / count as f64 };
        let levels = analysis.waveform.as_ref().and_then(|w| levels_db(w, &grid));
        let loud = levels.as_ref().map(|l| quantile(l, 0.9));
        let mut sounding = levels.as_ref().zip(loud).map(|(levels, loud)| {
            levels.iter().map(|l| f64::from(u8::from(*l > (loud - PAUSE_DB).max(FLOOR_DB)))).collect::<Vec<_>>()
        });
        let mut pauses = sounding.as_ref().map_or_else(Vec::new, |s| rests(s, &grid));
        if let Some(report) = &analysis.silence {
            mute(sounding.get_or_insert_with(|| vec![1.0; count]), report, &grid);
            pauses.extend(report.silences.iter().map(|s| s.range));
            pauses.sort_by_key(|r| (r.start(), r.end()));
        }
        let quality = analysis.quality.as_deref().filter(|q| !q.is_empty());
        Self {
            loudness: levels.as_ref().map(|levels| grid.series(&spread(levels))),
            level_db: levels.as_ref().map(|levels| grid.series(levels)),
            sounding: sounding.map(|s| grid.series(&s)),
            motion: quality.map(|q| grid.series(&motion(q, &grid))),
            sharpness: quality.map(|q| grid.series(&looks(q, &grid))),
            dead: quality.map(|q| grid.series(&grid.average(q, |f| f64::from(u8::from(is_dead(f)))))),
            pauses,
        }
    }
}

struct Grid {
    count: usize,
    step: f64,
}

impl Grid {
    fn index(&self, seconds: f64) -> usize {
        ((seconds / self.step).max(0.0) as usize).min(self.count - 1)
    }

    fn series(&self, values: &[f64]) -> Series {
        Series::new(values, self.step)
    }

    /// The mean of `measure` over the frames of each step; a step without a frame holds the one before.
    fn average(&self, frames: &[FrameQuality], measure: impl Fn(&FrameQuality) -> f64) -> Vec<f64> {
        let mut sums = vec![(0.0, 0u32); self.count];
        for frame in frames {
            let value = measure(frame);
            if value.is_finite() {
                let (sum, count) = &mut sums[self.index(frame.time.as_seconds_f64())];
                *sum += value;
                *count += 1;
            }
        }
        let mut held = 0.0;
        let mean = |(sum, count): (f64, u32)| {
            if count > 0 {
                held = sum / f64::from(count);
            }
            held
        };
        sums.into_iter().map(mean).collect()
    }
}

/// Level of each step in dB, from the extent between minima and maxima.
fn levels_db(waveform: &Waveform, grid: &Grid) -> Option<Vec<f64>> {
    let per_bucket = waveform.channels.max(1) as usize * 2;
    if waveform.sample_rate_hz == 0 || waveform.data.len() < per_bucket {
        return None;
    }
    let bucket = f64::from(waveform.samples_per_pixel) / f64::from(waveform.sample_rate_hz);
    let mut sums = vec![(0.0, 0u32); grid.count];
    for (i, extremes) in waveform.data.chunks_exact(per_bucket).enumerate() {
        let extents = extremes.chunks_exact(2).map(|e| (f64::from(e[1]) - f64::from(e[0])) / 65536.0);
        let (sum, count) = &mut sums[grid.index((i as f64 + 0.5) * bucket)];
        *sum += extents.map(|e| e * e).sum::<f64>() * 2.0 / per_bucket as f64;
        *count += 1;
    }
    let level = |(sum, count): (f64, u32)| {
        let power = if count > 0 { sum / f64::from(count) } else { 0.0 };
        if power > 0.0 { (10.0 * power.log10()).max(FLOOR_DB) } else { FLOOR_DB }
    };
    Some(sums.into_iter().map(level).collect())
}

/// From the quiet to the loud tenth of the file; at least 6 dB apart, so that even sound is not blown up.
fn spread(levels: &[f64]) -> Vec<f64> {
    let (low, high) = (quantile(levels, 0.1), quantile(levels, 0.95));
    let width = (high - low).max(6.0);
    levels.iter().map(|l| ((l - (high - width)) / width).clamp(0.0, 1.0)).collect()
}

fn motion(frames: &[FrameQuality], grid: &Grid) -> Vec<f64> {
    let values = grid.average(frames, |f| f64::from(f.motion));
    // Below a hundredth of the range it is noise, not motion.
    let lively = quantile(&values, 0.95).max(0.01);
    values.into_iter().map(|v| (v / lively).clamp(0.0, 1.0)).collect()
}

fn looks(frames: &[FrameQuality], grid: &Grid) -> Vec<f64> {
    let sharpness = grid.average(frames, |f| f64::from(f.sharpness));
    let sharp = quantile(&sharpness, 0.9).max(1e-6);
    let exposed = grid.average(frames, exposure);
    sharpness.iter().zip(exposed).map(|(s, e)| (s / sharp).clamp(0.0, 1.0) * e).collect()
}

/// Films are dark on purpose and letterboxed besides, so only what is darker than night counts.
fn is_dead(frame: &FrameQuality) -> bool {
    is_blank(frame) || exposure(frame) < 0.01 || titledness(frame) > 0.5
}

/// Runs of steps without sound that are long enough to cut in.
fn rests(sounding: &[f64], grid: &Grid) -> Vec<TimeRange> {
    let mut found = Vec::new();
    let mut at = 0;
    for run in sounding.chunk_by(|a, b| a == b) {
        let (start, end) = (at as f64 * grid.step, (at + run.len()) as f64 * grid.step);
        at += run.len();
        if run[0] == 0.0 && end - start >= PAUSE_SECONDS {
            found.extend(TimeRange::new(Timestamp::from_seconds_f64(start), Timestamp::from_seconds_f64(end)));
        }
    }
    found
}

fn mute(sounding: &mut [f64], report: &SilenceReport, grid: &Grid) {
    for silence in &report.silences {
        let from = grid.index(silence.range.start().as_seconds_f64());
        let to = grid.index(silence.range.end().as_seconds_f64());
        sounding[from..to.max(from)].fill(0.0);
    }
}

fn quantile(values: &[f64], share: f64) -> f64 {
    let mut all = values.to_vec();
    if all.is_empty() {
        return 0.0;
    }
    let at = ((all.len() - 1) as f64 * share).round() as usize;
    *all.select_nth_unstable_by(at, f64::total_cmp).1
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::geometry::Size;
    use crate::synthetic::{analysis, frames, range, seconds, waveform};

    #[test]
    fn pauses_are_found_against_the_level_of_the_file() {
        let mut talk = analysis(10.0, Size::new(640, 360));
        talk.waveform = Some(waveform(10.0, |t| if (4.0..5.0).contains(&t) { 0.01 } else { 0.3 }));
        let timeline = Timeline::of(&talk, seconds(10.0));
        assert_eq!(timeline.pauses, [range(4.0, 5.0)]);
        let sounding = timeline.sounding.unwrap();
        assert_eq!(sounding.mean(seconds(3.0), seconds(5.0)), 0.5);
        assert!((sounding.overall() - 0.9).abs() < 1e-9);
    }

    #[test]
    fn the_loud_half_is_loud_and_the_quiet_half_is_not() {
        let mut talk = analysis(10.0, Size::new(640, 360));
        talk.waveform = Some(waveform(10.0, |t| if t < 5.0 { 0.05 } else { 0.5 }));
        let loudness = Timeline::of(&talk, seconds(10.0)).loudness.unwrap();
        assert!(loudness.mean(seconds(0.0), seconds(5.0)) < 0.01);
        assert!(loudness.mean(seconds(5.0), seconds(10.0)) > 0.99);
    }

    #[test]
    fn black_and_titles_are_dead_and_a_mean_of_nothing_is_zero() {
        let mut video = analysis(4.0, Size::new(640, 360));
        video.quality = Some(frames(4.0, |t, f| {
            if t < 2.0 {
                (f.brightness, f.dark_share) = (0.0, 1.0)
            }
        }));
        let timeline = Timeline::of(&video, seconds(4.0));
        let dead = timeline.dead.unwrap();
        assert_eq!((dead.mean(seconds(0.0), seconds(2.0)), dead.mean(seconds(2.0), seconds(4.0))), (1.0, 0.0));
        assert_eq!(dead.mean(seconds(3.0), seconds(3.0)), 0.0);
        assert!(timeline.loudness.is_none() && timeline.pauses.is_empty());
    }
}
