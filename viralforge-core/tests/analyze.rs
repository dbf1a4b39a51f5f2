//! The analysis verbs on real media, against labels and other programs.
#![allow(clippy::unwrap_used, clippy::panic, reason = "tests")]

mod common;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use serde_json::Value;
use viralforge_core::*;

fn open(path: &Path) -> Source {
    Source::from_path(path).unwrap()
}

fn json(path: &Path) -> Value {
    serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap()
}

/// A short clip with pictures and sound.
fn clip(media: &Path) -> PathBuf {
    media.join("real/demo/tears-of-steel-bridge-dialogue-720p-12s.mp4")
}

/// One second of 16-bit stereo at 8 kHz: half a second of a tone, then silence.
fn wav() -> Vec<u8> {
    let samples = (0..8000).flat_map(|i| {
        let tone = if i < 4000 { (f64::from(i) * 0.7).sin() * 8000.0 } else { 0.0 };
        [tone as i16, tone as i16 / 2]
    });
    let data: Vec<u8> = samples.flat_map(i16::to_le_bytes).collect();
    let mut out = b"RIFF".to_vec();
    out.extend((36 + data.len() as u32).to_le_bytes());
    out.extend(b"WAVEfmt ");
    out.extend(16u32.to_le_bytes());
    for (value, bytes) in [(1u32, 2), (2, 2), (8000, 4), (32_000, 4), (4, 2), (16, 2)] {
        out.extend(&value.to_le_bytes()[..bytes]);
    }
    out.extend(b"data");
    out.extend((data.len() as u32).to_le_bytes());
    out.extend(data);
    out
}

fn monitor() -> Monitor {
    Monitor::new()
}

#[test]
fn one_pass_gives_what_each_verb_gives_alone() {
    let Some(media) = common::media() else { return };
    let source = open(&clip(&media));
    let all = analyze(&source, &AnalysisOptions::all(), &monitor()).unwrap();
    assert_eq!(all.scenes, Some(detect_scenes(&source, &SceneOptions::default(), &monitor()).unwrap()));
    assert_eq!(all.waveform, Some(analyze_waveform(&source, &WaveformOptions::default(), &monitor()).unwrap()));
    assert_eq!(all.loudness, Some(measure_loudness(&source, &LoudnessOptions::default(), &monitor()).unwrap()));
    assert_eq!(all.silence, Some(detect_silence(&source, &SilenceOptions::default(), &monitor()).unwrap()));
    assert_eq!(all.undecodable_packets, 0);

    let frames = common::ffprobe(&clip(&media), &["-select_streams", "v:0", "-count_frames", "-show_streams"]).unwrap();
    let frames: usize = frames["streams"][0]["nb_read_frames"].as_str().unwrap().parse().unwrap();
    let (quality, subject) = (all.quality.unwrap(), all.subject.unwrap());
    assert_eq!((quality.len(), subject.len()), (frames, frames));
    assert_eq!(quality[0].time, Timestamp::ZERO);
    assert!(quality.windows(2).all(|w| w[0].time < w[1].time));
    assert!(quality.iter().zip(&subject).all(|(q, s)| q.time == s.time));
    assert!(subject.iter().all(|s| (0.0..=1.0).contains(&s.center_x) && (0.0..=1.0).contains(&s.weight)));
    // A film clip is neither black nor flat nor still.
    let mean = |of: fn(&FrameQuality) -> f32| quality.iter().map(of).sum::<f32>() / frames as f32;
    assert!(mean(|q| q.brightness) > 0.05 && mean(|q| q.contrast) > 0.05);
    assert!(mean(|q| q.sharpness) > 0.002 && mean(|q| q.motion) > 0.0005);
}

#[test]
fn a_part_whose_track_is_missing_is_none_and_its_verb_says_so() {
    let sound_only = Source::from_bytes("tone.wav", wav());
    let analysis = analyze(&sound_only, &AnalysisOptions::all(), &monitor()).unwrap();
    assert!(analysis.scenes.is_none() && analysis.quality.is_none() && analysis.subject.is_none());
    assert!(analysis.waveform.is_some() && analysis.loudness.is_some() && analysis.silence.is_some());
    let error = detect_scenes(&sound_only, &SceneOptions::default(), &monitor()).unwrap_err();
    assert_eq!((error.code(), error.to_string().as_str()), ("missing_track", "tone.wav: has no video track"));

    let Some(media) = common::media() else { return };
    let silent_film = open(&media.join("scenes/bikes.mp4"));
    let analysis = analyze(&silent_film, &AnalysisOptions::all(), &monitor()).unwrap();
    assert!(analysis.scenes.is_some() && analysis.waveform.is_none() && analysis.loudness.is_none());
    for error in [
        analyze_waveform(&silent_film, &WaveformOptions::default(), &monitor()).unwrap_err(),
        measure_loudness(&silent_film, &LoudnessOptions::default(), &monitor()).unwrap_err(),
        detect_silence(&silent_film, &SilenceOptions::default(), &monitor()).unwrap_err(),
    ] {
        assert_eq!(error.code(), "missing_track");
    }
}

#[test]
fn options_out_of_range_are_named() {
    let source = Source::from_bytes("tone.wav", wav());
    let codes = [
        analyze(&source, &AnalysisOptions::none(), &monitor()).unwrap_err(),
        detect_scenes(&source, &SceneOptions::default().with_threshold(1.5), &monitor()).unwrap_err(),
        detect_silence(&source, &SilenceOptions::default().with_threshold_dbfs(3.0), &monitor()).unwrap_err(),
        waveform(&source, WaveformOptions::default().with_samples_per_pixel(1)).unwrap_err(),
        waveform(&source, WaveformOptions::default().with_pixels_per_second(0)).unwrap_err(),
        waveform(&source, WaveformOptions::default().with_pixels_per_second(8000)).unwrap_err(),
    ];
    assert!(codes.iter().all(|e| e.kind() == ErrorKind::InvalidOption), "{codes:?}");
    assert_eq!(codes[1].to_string(), "threshold 1.5 is not in 0..=1");
}

fn waveform(source: &Source, options: WaveformOptions) -> Result<Waveform> {
    analyze_waveform(source, &options, &monitor())
}

#[test]
fn cuts_of_real_clips_are_found_to_the_frame() {
    let Some(media) = common::media() else { return };
    let (mut missed, mut invented, mut cuts) = (0, 0, 0);
    for name in ["bikes.mp4", "goldeneye_vfr.mp4", "indietrailer.mp4", "megamind.avi", "issue195.mp4", "chromead.mp4"] {
        let path = media.join("scenes").join(name);
        let truth = json(&path.with_extension("json"));
        let list = |key: &str| truth[key].as_array().unwrap().clone();
        let wanted: Vec<u64> = list("cuts").iter().map(|c| c.as_u64().unwrap()).collect();
        let unclear: Vec<(u64, u64)> = ["gradual", "ignore"]
            .iter()
            .flat_map(|key| list(key))
            .map(|r| (r[0].as_u64().unwrap().saturating_sub(2), r[1].as_u64().unwrap() + 2))
            .collect();
        let report = detect_scenes(&open(&path), &SceneOptions::default(), &monitor()).unwrap();
        let found: Vec<&Boundary> = report.boundaries.iter().filter(|b| b.kind == BoundaryKind::Cut).collect();
        let near = |frame: &u64| found.iter().any(|b| b.start_frame.abs_diff(*frame) <= 1);
        cuts += wanted.len();
        missed += wanted.iter().filter(|c| !near(c)).count();
        invented += found
            .iter()
            .filter(|b| wanted.iter().all(|c| c.abs_diff(b.start_frame) > 1))
            .filter(|b| !unclear.iter().any(|(a, z)| (*a..=*z).contains(&b.start_frame)))
            .count();
        if let Some(times) = truth["pts"].as_array() {
            for boundary in found {
                let shown = times[boundary.start_frame as usize].as_f64().unwrap() - times[0].as_f64().unwrap();
                assert!((boundary.range.start().as_seconds_f64() - shown).abs() < 1e-3, "{name} {boundary:?}");
            }
        }
    }
    assert!(cuts >= 35 && missed + invented <= 1, "of {cuts} cuts {missed} were missed, and {invented} invented");
}

#[test]
fn every_gradual_change_of_a_trailer_is_found_and_most_with_their_extent() {
    let Some(media) = common::media() else { return };
    let path = media.join("scenes/fgtrailer.mp4");
    let wanted = json(&path.with_extension("json"))["gradual"].as_array().unwrap().clone();
    let report = detect_scenes(&open(&path), &SceneOptions::default(), &monitor()).unwrap();
    let touching = |g: &Value, gradual: bool| {
        let (first, last) = (g[0].as_u64().unwrap(), g[1].as_u64().unwrap());
        let mut found = report.boundaries.iter().filter(|b| b.kind != BoundaryKind::Cut || !gradual);
        found.any(|b| b.start_frame <= last && first <= b.end_frame)
    };
    assert!(wanted.iter().all(|g| touching(g, false)), "{wanted:?} {:?}", report.boundaries);
    // Three of the seven begin with a cut to black, which is what is reported.
    assert!(wanted.iter().filter(|g| touching(g, true)).count() >= 4, "{:?}", report.boundaries);
    assert!(report.scenes.windows(2).all(|w| w[0].range.end() == w[1].range.start()));
}

#[test]
fn waveforms_of_lossless_sound_equal_audiowaveforms_byte_for_byte() {
    let Some(media) = common::media() else { return };
    let folder = media.join("audio");
    let mut compared = 0;
    for case in json(&folder.join("manifest.json"))["cases"].as_array().unwrap() {
        let (input, output) = (case["input"].as_str().unwrap(), case["output"].as_str().unwrap());
        let args: Vec<&str> = case["args"].as_array().unwrap().iter().map(|a| a.as_str().unwrap()).collect();
        let value = |name: &str| args.iter().position(|a| *a == name).and_then(|i| args[i + 1].parse::<u32>().ok());
        let lossless = input.ends_with(".wav") || input.ends_with(".flac");
        let data = output.ends_with(".dat") || output.ends_with(".json");
        if !lossless || !data || case["rc"] != 0 || args.contains(&"--amplitude-scale") {
            continue;
        }
        let options = WaveformOptions::default().with_split_channels(args.contains(&"--split-channels"));
        let options = match value("--pixels-per-second") {
            Some(n) => options.with_pixels_per_second(n),
            None => options.with_samples_per_pixel(value("-z").unwrap()),
        };
        let bits = WaveformBits::try_from(value("-b").unwrap() as u8).unwrap();
        let waveform = analyze_waveform(&open(&folder.join("in").join(input)), &options, &monitor()).unwrap();
        let bytes = match output.ends_with(".dat") {
            true => waveform.to_dat(bits),
            false => waveform.to_json(bits).into_bytes(),
        };
        assert!(bytes == std::fs::read(folder.join("out").join(output)).unwrap(), "{input} {args:?}");
        compared += 1;
    }
    assert!(compared >= 100, "only {compared} were compared");
}

#[test]
fn a_range_of_a_waveform_is_that_part_of_the_whole() {
    let source = Source::from_bytes("tone.wav", wav());
    let options = WaveformOptions::default().with_samples_per_pixel(80);
    let whole = analyze_waveform(&source, &options, &monitor()).unwrap();
    assert_eq!((whole.length, whole.channels, whole.data.len()), (100, 1, 200));
    let range = TimeRange::new(Timestamp::new(1, 5), Timestamp::new(7, 10)).unwrap();
    let part = analyze_waveform(&source, &options.with_range(range), &monitor()).unwrap();
    assert_eq!(part.data, whole.data[2 * 20..2 * 70]);
    assert!(part.data.iter().any(|v| *v > 1000));
    let split = WaveformOptions::default().with_split_channels(true);
    assert_eq!(analyze_waveform(&source, &split, &monitor()).unwrap().channels, 2);
}

#[test]
fn silences_are_where_they_were_composed() {
    let Some(media) = common::media() else { return };
    let folder = media.join("audio/silence");
    let mut cases = 0;
    for file in json(&folder.join("truth.json")).as_array().unwrap() {
        let source = open(&folder.join(file["file"].as_str().unwrap()));
        let tolerance = file["tolerance_seconds"].as_f64().unwrap();
        for case in file["cases"].as_array().unwrap() {
            let options = SilenceOptions::default()
                .with_threshold_dbfs(case["threshold_db"].as_f64().unwrap())
                .with_min_duration(Duration::from_secs_f64(case["min_seconds"].as_f64().unwrap()));
            let report = detect_silence(&source, &options, &monitor()).unwrap();
            let wanted = case["silences"].as_array().unwrap();
            assert_eq!(report.silences.len(), wanted.len(), "{} {options:?}", file["file"]);
            for (silence, wanted) in report.silences.iter().zip(wanted) {
                let near =
                    |at: Timestamp, i: usize| (at.as_seconds_f64() - wanted[i].as_f64().unwrap()).abs() <= tolerance;
                assert!(near(silence.range.start(), 0) && near(silence.range.end(), 1), "{silence:?} {wanted}");
            }
            cases += 1;
        }
    }
    assert!(cases >= 10);
}

#[test]
fn loudness_agrees_with_ffmpegs_meter() {
    let Some(media) = common::media() else { return };
    for name in ["real/demo/tears-of-steel-bridge-dialogue-720p-12s.mp4", "real/demo/sintel-trailer-720p-52s.mp4"] {
        let path = media.join(name);
        let printed = common::ffmpeg(&[
            "-i",
            path.to_str().unwrap(),
            "-vn",
            "-af",
            "ebur128=metadata=1:peak=true,ametadata=mode=print:file=-",
            "-f",
            "null",
            "-",
        ]);
        let printed = String::from_utf8(printed).unwrap();
        let last: BTreeMap<&str, f64> = printed
            .lines()
            .filter_map(|line| line.split_once('='))
            .filter_map(|(key, value)| Some((key, value.parse().ok()?)))
            .collect();
        let report = measure_loudness(&open(&path), &LoudnessOptions::default(), &monitor()).unwrap();
        let near = |ours: Option<f64>, key: &str, tolerance: f64| {
            let (ours, theirs) = (ours.unwrap(), last[key]);
            assert!((ours - theirs).abs() <= tolerance, "{name} {key}: {ours}, ffmpeg {theirs}");
        };
        near(report.integrated_lufs, "lavfi.r128.I", 0.1);
        near(report.loudness_range_lu, "lavfi.r128.LRA", 0.5);
        let true_peak = report.true_peak_dbtp.unwrap();
        assert!(true_peak >= report.sample_peak_dbfs.unwrap());
        let theirs = (0..2).filter_map(|c| last.get(format!("lavfi.r128.true_peaks_ch{c}").as_str()));
        let theirs = 20.0 * theirs.fold(0.0f64, |most, peak| most.max(*peak)).log10();
        assert!(theirs.is_infinite() || (true_peak - theirs).abs() < 0.3, "{name}: {true_peak}, ffmpeg {theirs}");
    }
}

#[test]
fn progress_rises_to_one_and_cancelling_stops_the_pass() {
    let Some(media) = common::media() else { return };
    let source = open(&clip(&media));
    let seen = Arc::new(Mutex::new(Vec::new()));
    let sink = Arc::clone(&seen);
    let watching = Monitor::new().with_progress(move |p| sink.lock().unwrap().push(p.fraction));
    detect_scenes(&source, &SceneOptions::default(), &watching).unwrap();
    let seen = seen.lock().unwrap();
    assert!(seen.len() >= 2 && seen.windows(2).all(|w| w[0] <= w[1]), "{seen:?}");
    assert_eq!(seen.last(), Some(&1.0));

    let token = CancelToken::new();
    let cancel = token.clone();
    let impatient = Monitor::new().with_cancel(token).with_progress(move |p| {
        if p.fraction > 0.0 {
            cancel.cancel();
        }
    });
    let error = analyze(&source, &AnalysisOptions::all(), &impatient).unwrap_err();
    assert_eq!(error.code(), "cancelled");
}

#[test]
fn a_file_cut_short_is_analyzed_as_far_as_it_goes_or_refused() {
    let Some(media) = common::media() else { return };
    let bytes = std::fs::read(media.join("scenes/mixed.webm")).unwrap();
    let whole = Source::from_bytes("whole.webm", bytes.clone());
    let options = AnalysisOptions::none().with_quality(true);
    let all = analyze(&whole, &options, &monitor()).unwrap().quality.unwrap().len();
    let half = Source::from_bytes("half.webm", bytes[..bytes.len() / 2].to_vec());
    let some = analyze(&half, &options, &monitor()).unwrap().quality.unwrap().len();
    assert!(0 < some && some < all, "{some} of {all}");
    for len in [1, 100, 1000] {
        let stub = Source::from_bytes("stub.webm", bytes[..len].to_vec());
        let code = analyze(&stub, &options, &monitor()).unwrap_err().code();
        assert!(["malformed", "unsupported", "missing_track"].contains(&code), "{len}: {code}");
    }
}

#[test]
fn an_analysis_survives_the_way_through_json() {
    let source = Source::from_bytes("tone.wav", wav());
    // Without loudness: its doubles may come back off by their last digit.
    let mut options =
        AnalysisOptions::all().with_silence(SilenceOptions::default().with_min_duration(Duration::from_millis(100)));
    options.loudness = None;
    let analysis = analyze(&source, &options, &monitor()).unwrap();
    assert_eq!(analysis.silence.as_ref().unwrap().silences.len(), 1);
    let text = serde_json::to_string(&analysis).unwrap();
    assert_eq!(serde_json::from_str::<Analysis>(&text).unwrap(), analysis);
    let text = serde_json::to_string(&options).unwrap();
    assert_eq!(serde_json::from_str::<AnalysisOptions>(&text).unwrap(), options);
}
