//! Which frames stand for a video: kernels, numbers in and numbers out.

use super::options::ThumbnailOptions;
use super::score::{self, Judged};
use crate::analysis::Analysis;
use crate::error::{Error, Result};
use crate::geometry::TrackKind;
use crate::quality::FrameQuality;
use crate::scene::SceneReport;
use crate::subject::SubjectSample;
use crate::time::Timestamp;

/// A frame that was chosen, and why.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct ThumbnailChoice {
    /// When the frame is shown.
    pub(super) time: Timestamp,
    /// 0 (black, blurred, in the middle of a change) to 1 (sharp, well exposed, colorful).
    pub(super) score: f64,
    /// What speaks for it, in words.
    pub(super) reasons: Vec<String>,
}

/// Worth of a second frame of the same shot against one of a fresh shot.
const SAME_SHOT: f64 = 0.6;
/// Worth of a frame right beside one that was chosen already.
const SAME_MOMENT: f64 = 0.2;
/// Distance at which a frame counts as another moment, in seconds, in long videos.
const MOMENT_SECONDS: f64 = 2.0;

/// Chooses the frames that stand best for a video, best first; nothing is decoded. Of the options, `count` and `range`
/// count.
///
/// # Errors
/// `invalid_option` for an option out of range and for an analysis without quality, `missing_track` where the media
/// has no video.
pub(super) fn choose_thumbnails(analysis: &Analysis, options: &ThumbnailOptions) -> Result<Vec<ThumbnailChoice>> {
    options.check()?;
    if analysis.media.video().is_none() {
        return Err(Error::missing_track("analysis", TrackKind::Video));
    }
    let Some(frames) = &analysis.quality else {
        return Err(Error::invalid_option("analysis", "has no quality to choose by; run analyze with quality"));
    };
    let within = options.range.map_or(&frames[..], |range| {
        let from = frames.partition_point(|f| f.time < range.start());
        let to = frames.partition_point(|f| f.time < range.end());
        &frames[from..to.max(from)]
    });
    let subject = analysis.subject.as_deref().unwrap_or_default();
    Ok(choose(within, analysis.scenes.as_ref(), subject, options.count as usize))
}

/// The best `count` frames (fewer where there are fewer), best first, at distinct times: sharp for their own shot,
/// well exposed, away from changes, and spread over shots and time.
pub(crate) fn choose(
    frames: &[FrameQuality],
    scenes: Option<&SceneReport>,
    subject: &[SubjectSample],
    count: usize,
) -> Vec<ThumbnailChoice> {
    let judged = score::judge(frames, scenes, subject);
    let length = match (frames.first(), frames.last()) {
        (Some(a), Some(b)) => (b.time - a.time).as_seconds_f64(),
        _ => 0.0,
    };
    let moment = MOMENT_SECONDS.min(length / (2.0 * count.max(1) as f64)).max(1e-3);
    let mut worth: Vec<f64> = judged.iter().map(|j| j.score).collect();
    let mut chosen: Vec<usize> = Vec::new();
    while chosen.len() < count.min(judged.len()) {
        let best = (0..judged.len()).filter(|i| worth[*i] >= 0.0).max_by(|a, b| {
            // Of equals the earlier one, so that the answer does not depend on anything else.
            worth[*a].total_cmp(&worth[*b]).then(b.cmp(a))
        });
        let Some(best) = best else { break };
        chosen.push(best);
        for (i, worth) in worth.iter_mut().enumerate() {
            let apart = (judged[i].time - judged[best].time).as_seconds_f64().abs();
            if apart == 0.0 {
                *worth = -1.0;
            } else if *worth > 0.0 {
                let shot = if judged[i].shot == judged[best].shot { SAME_SHOT } else { 1.0 };
                *worth *= shot * (SAME_MOMENT + (1.0 - SAME_MOMENT) * (apart / moment).min(1.0));
            }
        }
    }
    let mut choices: Vec<_> = chosen.iter().map(|i| choice(&judged[*i])).collect();
    choices.sort_by(|a, b| b.score.total_cmp(&a.score).then(a.time.cmp(&b.time)));
    choices
}

fn choice(judged: &Judged) -> ThumbnailChoice {
    ThumbnailChoice { time: judged.time, score: judged.score, reasons: judged.reasons() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scene::BoundaryKind;
    use crate::synthetic::{changes_of_shots, cuts, frames};
    use proptest::prelude::*;

    fn seconds_of(choices: &[ThumbnailChoice]) -> Vec<f64> {
        choices.iter().map(|c| c.time.as_seconds_f64()).collect()
    }

    #[test]
    fn black_blurred_and_blown_out_stretches_are_left_out() {
        let video = frames(12.0, |t, f| match t {
            t if t < 2.0 => (f.brightness, f.contrast, f.dark_share) = (0.01, 0.0, 1.0),
            t if t < 4.0 => f.sharpness = 0.004,
            t if t < 6.0 => (f.brightness, f.bright_share) = (0.87, 0.55),
            _ => {}
        });
        let choices = choose(&video, Some(&cuts(&[2.0], 12.0)), &[], 3);
        assert_eq!(choices.len(), 3);
        assert!(seconds_of(&choices).iter().all(|t| *t >= 6.0), "{choices:?}");
    }

    #[test]
    fn a_frame_in_the_middle_of_a_change_or_a_fade_is_left_out() {
        let scenes = changes_of_shots(&[(2.0, 3.0, BoundaryKind::Dissolve)], 6.0);
        let video = frames(6.0, |t, f| {
            // Tempting: the sharpest frames of all are in the dissolve and in the fade at the end.
            f.sharpness = if (2.0..3.0).contains(&t) || t > 5.0 { 0.09 } else { 0.06 };
            if t > 5.0 {
                f.brightness = 0.45 * (6.0 - t) as f32;
            }
        });
        for t in seconds_of(&choose(&video, Some(&scenes), &[], 3)) {
            assert!(!(1.9..3.1).contains(&t) && t < 5.0, "{t}");
        }
    }

    #[test]
    fn they_spread_over_the_shots() {
        let video = frames(9.0, |t, f| f.saturation = if t < 3.0 { 0.25 } else { 0.2 });
        let choices = choose(&video, Some(&cuts(&[3.0, 6.0], 9.0)), &[], 3);
        let mut shots: Vec<_> = seconds_of(&choices).iter().map(|t| (t / 3.0) as u32).collect();
        shots.sort_unstable();
        assert_eq!(shots, [0, 1, 2]);
    }

    #[test]
    fn each_choice_says_why() {
        let choices = choose(&frames(4.0, |_, _| {}), None, &[], 1);
        assert!(choices[0].reasons.iter().any(|r| r.contains("sharp")), "{choices:?}");
        assert!(choices[0].reasons.iter().any(|r| r.contains("exposed")), "{choices:?}");
    }

    #[test]
    fn a_video_of_nothing_but_black_still_gets_a_frame_with_a_low_score() {
        let black = frames(2.0, |_, f| (f.brightness, f.contrast, f.dark_share, f.sharpness) = (0.0, 0.0, 1.0, 0.0));
        let choices = choose(&black, None, &[], 1);
        assert_eq!(choices.len(), 1);
        assert!(choices[0].score < 0.05);
        assert!(choose(&[], None, &[], 3).is_empty());
    }

    proptest! {
        #[test]
        fn choices_are_distinct_frames_of_the_video_best_first(
            values in prop::collection::vec((0.0f32..1.0, 0.0f32..0.5, 0.0f32..0.2, 0.0f32..1.0), 1..80),
            cut in 0.0f64..3.0,
            count in 0usize..20,
        ) {
            let length = values.len() as f64 / 25.0;
            let video = frames(length, |t, f| {
                let (brightness, contrast, sharpness, dark) = values[((t * 25.0).round() as usize).min(values.len() - 1)];
                (f.brightness, f.contrast, f.sharpness, f.dark_share) = (brightness, contrast, sharpness, dark);
            });
            let scenes = cuts(&[cut.min(length)], length);
            let choices = choose(&video, Some(&scenes), &[], count);
            prop_assert_eq!(choices.len(), count.min(video.len()));
            prop_assert!(choices.windows(2).all(|c| c[0].score >= c[1].score));
            prop_assert!(choices.iter().all(|c| (0.0..=1.0).contains(&c.score)));
            let mut times: Vec<_> = choices.iter().map(|c| c.time).collect();
            prop_assert!(times.iter().all(|t| video.iter().any(|f| f.time == *t)));
            times.sort();
            times.dedup();
            prop_assert_eq!(times.len(), choices.len());
        }
    }
}
