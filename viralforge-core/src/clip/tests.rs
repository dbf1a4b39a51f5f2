use super::*;
use crate::geometry::Size;
use crate::silence::{Silence, SilenceReport};
use crate::synthetic::{analysis, cuts, frames, range, seconds, waveform};
use proptest::prelude::*;

const SIZE: Size = Size::new(1280, 720);

fn options() -> ClipOptions {
    ClipOptions::default()
}

fn starts(clips: &[ClipSuggestion]) -> Vec<f64> {
    clips.iter().map(|c| c.range.start().as_seconds_f64()).collect()
}

/// Ten minutes of talk, cut every 20 s, in which 200 to 240 s are the loudest and liveliest.
fn talk() -> Analysis {
    let mut talk = analysis(600.0, SIZE);
    let highlight = |t: f64| (200.0..240.0).contains(&t);
    let changes: Vec<_> = (1..30).map(|i| f64::from(i) * 20.0).collect();
    talk.scenes = Some(cuts(&changes, 600.0));
    talk.waveform = Some(waveform(600.0, |t| if highlight(t) { 0.6 } else { 0.1 }));
    talk.quality = Some(frames(600.0, |t, f| f.motion = if highlight(t) { 0.05 } else { 0.01 }));
    talk
}

#[test]
fn the_loudest_and_liveliest_stretch_comes_first() {
    let clips = suggest_clips(&talk(), &options()).unwrap();
    assert_eq!(clips.len(), 3);
    assert_eq!(clips[0].range, range(200.0, 240.0), "{clips:?}");
    assert!(clips[0].score > clips[1].score);
    let told: Vec<_> = clips[0].reasons.iter().map(|r| r.signal.as_str()).collect();
    assert!(told.contains(&"loudness") && told.contains(&"motion") && told.contains(&"boundary"), "{told:?}");
    let loudness = clips[0].reasons.iter().find(|r| r.signal == "loudness").unwrap();
    assert!(loudness.text.ends_with("dB louder than the whole"), "{}", loudness.text);
}

#[test]
fn clips_begin_and_end_in_pauses_where_there_are_no_cuts() {
    let mut lecture = analysis(120.0, SIZE);
    let pauses = [30.0, 50.0, 75.0, 100.0];
    lecture.waveform =
        Some(waveform(120.0, |t| if pauses.iter().any(|p| (*p..p + 0.8).contains(&t)) { 0.001 } else { 0.3 }));
    let clips = suggest_clips(&lecture, &options().with_count(2)).unwrap();
    for clip in &clips {
        for t in [clip.range.start(), clip.range.end()].map(Timestamp::as_seconds_f64) {
            let natural = t == 0.0 || t == 120.0 || pauses.iter().any(|p| (*p..=p + 0.8).contains(&t));
            assert!(natural, "{t} in {clips:?}");
        }
    }
    assert_eq!(clips.len(), 2);
}

#[test]
fn a_transcript_keeps_sentences_whole() {
    let text: String = (0..12)
        .map(|i| {
            format!(
                "{i}\n00:{:02}:{:02},000 --> 00:{:02}:{:02},500\nten words are said here or something like that\n\n",
                i * 10 / 60,
                i * 10 % 60,
                (i * 10 + 9) / 60,
                (i * 10 + 9) % 60
            )
        })
        .collect();
    let transcript = Transcript::parse(&text).unwrap();
    let clips = suggest_clips(&analysis(120.0, SIZE), &options().with_transcript(transcript.clone())).unwrap();
    assert_eq!(clips.len(), 3);
    for clip in &clips {
        for t in [clip.range.start(), clip.range.end()] {
            assert!(!transcript.cues.iter().any(|c| c.range.start() < t && t < c.range.end()), "{t} in {clips:?}");
        }
        assert!(clip.reasons.iter().any(|r| r.signal == "words"), "{clip:?}");
    }
}

#[test]
fn a_short_source_gives_one_clip_and_a_trailer_as_many_as_were_asked_for() {
    let clips = suggest_clips(&analysis(12.0, SIZE), &options()).unwrap();
    assert_eq!(clips.len(), 1);
    let mut trailer = analysis(52.0, SIZE);
    trailer.scenes = Some(cuts(&[4.0, 9.0, 14.0, 18.0, 24.0, 29.0, 33.0, 36.0, 41.0, 47.0], 52.0));
    let clips = suggest_clips(&trailer, &options()).unwrap();
    assert_eq!(clips.len(), 3, "{clips:?}");
    assert!(clips.iter().all(|c| c.range.duration() >= seconds(10.0)));
}

#[test]
fn black_and_silence_are_not_worth_a_clip() {
    let mut video = talk();
    let dead = |t: f64| (190.0..250.0).contains(&t);
    video.quality = Some(frames(600.0, |t, f| {
        if dead(t) {
            (f.brightness, f.dark_share) = (0.0, 1.0)
        }
    }));
    video.silence = SilenceReport { silences: vec![Silence { range: range(300.0, 600.0) }] }.into();
    let clips = suggest_clips(&video, &options()).unwrap();
    for clip in &clips {
        assert!(clip.range.intersection(range(195.0, 245.0)).is_none(), "{clips:?}");
    }
    assert!(starts(&clips)[0] < 300.0);
}

#[test]
fn the_same_analysis_gives_the_same_suggestions() {
    assert_eq!(suggest_clips(&talk(), &options()).unwrap(), suggest_clips(&talk(), &options()).unwrap());
}

#[test]
fn options_out_of_range_and_media_without_tracks_are_errors() {
    let error = |o: &ClipOptions| suggest_clips(&talk(), o).unwrap_err().to_string();
    assert_eq!(error(&options().with_count(0)), "count 0 is not in 1..=50");
    assert_eq!(
        error(&options().with_max_duration(Duration::from_secs(5))),
        "max_duration_seconds 5 is less than min_duration_seconds 15"
    );
    assert!(error(&options().with_min_duration(Duration::ZERO)).starts_with("min_duration_seconds 0 is less than"));
    let mut nothing = talk();
    nothing.media.streams.clear();
    assert_eq!(suggest_clips(&nothing, &options()).unwrap_err().code(), "missing_track");
}

#[test]
fn clips_of_one_exact_length_begin_or_end_at_natural_places() {
    let mut media = analysis(4.0, SIZE);
    media.scenes = Some(cuts(&[0.006, 1.017], 4.0));
    let two = Duration::from_secs(2);
    let clips = suggest_clips(&media, &options().with_count(1).with_min_duration(two).with_max_duration(two)).unwrap();
    let [clip] = &clips[..] else { panic!("{clips:?}") };
    assert_eq!(clip.range.duration(), seconds(2.0));
    let natural = [clip.range.start(), clip.range.end()].map(|t| [0.0, 0.006, 1.017, 4.0].map(seconds).contains(&t));
    assert!(natural.contains(&true), "{clip:?}");
}

#[test]
fn file_names_are_safe_whatever_the_extension_is() {
    let clip = |start, end| ClipSuggestion { range: range(start, end), score: 1.0, reasons: Vec::new() };
    assert_eq!(clip(12.3, 34.4).file_name("mp4"), "clip-0m12s-0m34s.mp4");
    assert_eq!(clip(3599.9, 3661.0).file_name("../mp4"), "clip-1h00m00s-1h01m01s.mp4");
    assert_eq!(clip(0.0, 1.0).file_name(""), "clip-0m00s-0m01s");
}

proptest! {
    #[test]
    fn suggestions_never_overlap_stay_inside_and_are_sorted(
        length in 0.5f64..300.0,
        changes in prop::collection::vec(0.0f64..1.0, 0..30),
        levels in prop::collection::vec(0.0f64..1.0, 1..20),
        (count, min, extra) in (1u32..8, 1u64..40, 0u64..60),
    ) {
        let mut media = analysis(length, SIZE);
        let mut changes: Vec<_> = changes.into_iter().map(|c| c * length).collect();
        changes.sort_by(f64::total_cmp);
        media.scenes = Some(cuts(&changes, length));
        let level = |t: f64| levels[((t / length * levels.len() as f64) as usize).min(levels.len() - 1)];
        media.waveform = Some(waveform(length, level));
        media.quality = Some(frames(length, |t, f| (f.motion, f.brightness) = (level(t) as f32 * 0.1, level(t) as f32)));
        let (min, max) = (Duration::from_secs(min), Duration::from_secs(min + extra));
        let options = options().with_count(count).with_min_duration(min).with_max_duration(max);
        let clips = suggest_clips(&media, &options).unwrap();
        prop_assert!(!clips.is_empty() && clips.len() <= count as usize, "{} clips", clips.len());
        prop_assert!(clips.windows(2).all(|c| c[0].score >= c[1].score));
        for (i, clip) in clips.iter().enumerate() {
            prop_assert!((0.0..=1.0).contains(&clip.score));
            prop_assert!(clip.range.start() >= Timestamp::ZERO && clip.range.end() <= seconds(length));
            prop_assert!(clip.range.duration() <= max.into());
            prop_assert!(clip.range.duration().as_seconds_f64() >= (min.as_secs_f64() * 2.0 / 3.0).min(length * 0.6) - 1e-3);
            prop_assert!(!clip.reasons.is_empty() && clip.reasons.iter().all(|r| (0.0..=1.0).contains(&r.value)));
            prop_assert!(clips[i + 1..].iter().all(|other| clip.range.intersection(other.range).is_none()));
        }
    }
}
