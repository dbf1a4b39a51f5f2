//! The classic methods against the original: cuts and measures of PySceneDetect 0.7, which
//! `golden/pyscenedetect/make.py` wrote down.
//!
//! Each test names the share of cuts that must be in both lists. The others are frames whose score is next to the
//! threshold, which fall on either side of it by how a picture was made small and turned to RGB; there are many of them
//! since a scene may be one frame long here, so that a fade or a shake is a row of cuts. The histogram differs most: it
//! sees the 219 levels of luma of a limited range, the original 256.
#![allow(clippy::unwrap_used, clippy::panic, clippy::print_stdout, reason = "tests")]

mod common;

use std::path::Path;

use serde_json::{Map, Value};
use viralforge_core::*;

const CUTS: &str = include_str!("golden/pyscenedetect/cuts.json");
const STATISTICS: &str = include_str!("golden/pyscenedetect/statistics.json");
const DEMO: &str = "examples/demo/sintel-trailer-720p-52s.mp4";
/// Clips with more frames than that are compared only by `every_clip_agrees`.
const SHORT_FRAMES: u64 = 700;
/// So many cuts may be missing in any case: where only the demo clip is at hand, each is a large share.
const FORGIVEN: f64 = 2.0;

fn detect(path: &Path, method: &SceneMethod) -> SceneReport {
    let options =
        SceneOptions::default().with_method(method.clone()).with_mode(SceneMode::Accurate).with_statistics(true);
    detect_scenes(&Source::from_path(path).unwrap(), &options, &Monitor::new()).unwrap()
}

/// Numbers of the frames that scenes begin with, but for the first.
fn cuts(report: &SceneReport) -> Vec<u64> {
    let times = &report.statistics.as_ref().unwrap().times_seconds;
    let frame = |scene: &Scene| {
        let start = scene.range.start().as_seconds_f64();
        times.iter().position(|time| *time == start).unwrap() as u64
    };
    report.scenes.iter().skip(1).map(frame).collect()
}

/// Cuts that both lists have, one to one and at most one frame apart.
fn agreeing(ours: &[u64], theirs: &[u64]) -> usize {
    let (mut ours, mut theirs) = (ours.to_vec(), theirs.to_vec());
    let all = ours.len();
    for apart in 0..=1 {
        ours.retain(|cut| match theirs.iter().position(|other| cut.abs_diff(*other) == apart) {
            Some(at) => {
                theirs.remove(at);
                false
            }
            None => true,
        });
    }
    all - ours.len()
}

/// Compares a method, by its name in the golden files, on all clips that are at hand; of both lists of cuts at least the
/// share `least` must be in the other. Prints what it finds.
#[track_caller]
fn agrees(name: &str, method: &SceneMethod, least: f64, most_frames: u64) {
    let golden: Map<String, Value> = serde_json::from_str(CUTS).unwrap();
    let media = common::media();
    let (mut all_ours, mut all_theirs, mut both) = (0, 0, 0);
    for (clip, golden) in golden["clips"].as_object().unwrap() {
        let frames = golden["frames"].as_u64().unwrap();
        let path = match &media {
            _ if clip == DEMO => common::demo(),
            Some(media) if frames <= most_frames => media.join(clip),
            _ => continue,
        };
        if !path.is_file() {
            println!("SKIPPED: no {}", path.display());
            continue;
        }
        let theirs: Vec<u64> = serde_json::from_value(golden["cuts"][name].clone()).unwrap();
        let report = detect(&path, method);
        let ours = cuts(&report);
        assert_eq!(report.statistics.unwrap().frames.len() as u64, frames, "{clip}");
        let same = agreeing(&ours, &theirs);
        println!("{name}: {clip}: {} cuts here, {} there, {same} in both", ours.len(), theirs.len());
        (all_ours, all_theirs, both) = (all_ours + ours.len(), all_theirs + theirs.len(), both + same);
    }
    println!("{name}: all: {all_ours} cuts here, {all_theirs} there, {both} in both");
    let enough = least * all_ours.max(all_theirs) as f64 - FORGIVEN;
    assert!(both as f64 >= enough, "{name}: {both} of {all_ours} and {all_theirs}");
}

fn luma_only() -> SceneMethod {
    let mut method = ContentMethod::default();
    method.luma_only = true;
    SceneMethod::Content(method)
}

fn edges() -> SceneMethod {
    let mut method = ContentMethod::default();
    (method.threshold, method.weights.delta_edges) = (32.0, 1.0);
    SceneMethod::Content(method)
}

fn ceiling() -> SceneMethod {
    let mut method = FadeThresholdMethod::default();
    (method.threshold, method.method, method.fade_bias) = (110.0, FadeMethod::Ceiling, -1.0);
    SceneMethod::FadeThreshold(method)
}

#[test]
fn content_agrees() {
    agrees("content", &SceneMethod::content(27.0), 0.95, SHORT_FRAMES);
}

#[test]
fn content_by_luma_alone_agrees() {
    agrees("content luma_only", &luma_only(), 0.97, SHORT_FRAMES);
}

#[test]
fn content_with_edges_agrees() {
    agrees("content edges", &edges(), 0.95, SHORT_FRAMES);
}

#[test]
fn adaptive_agrees() {
    agrees("adaptive", &SceneMethod::adaptive(3.0), 0.97, SHORT_FRAMES);
}

#[test]
fn histogram_agrees() {
    agrees("histogram", &SceneMethod::histogram(0.05), 0.8, SHORT_FRAMES);
}

#[test]
fn hash_agrees() {
    agrees("hash", &SceneMethod::hash(0.395), 0.93, SHORT_FRAMES);
}

#[test]
fn fade_threshold_agrees() {
    agrees("fade_threshold", &SceneMethod::fade_threshold(12.0), 1.0, SHORT_FRAMES);
}

#[test]
fn fade_threshold_with_a_ceiling_agrees() {
    agrees("fade_threshold ceiling", &ceiling(), 0.85, SHORT_FRAMES);
}

#[test]
#[ignore = "takes minutes"]
fn every_clip_agrees() {
    let methods = [
        ("content", SceneMethod::content(27.0), 0.95),
        ("content luma_only", luma_only(), 0.95),
        ("content edges", edges(), 0.95),
        ("adaptive", SceneMethod::adaptive(3.0), 0.95),
        ("histogram", SceneMethod::histogram(0.05), 0.9),
        ("hash", SceneMethod::hash(0.395), 0.95),
        ("fade_threshold", SceneMethod::fade_threshold(12.0), 0.95),
        ("fade_threshold ceiling", ceiling(), 0.85),
    ];
    for (name, method, least) in methods {
        agrees(name, &method, least, u64::MAX);
    }
}

/// Mean of the absolute differences of the pairs, and Pearson's correlation of them.
fn likeness(pairs: &[(f64, f64)]) -> (f64, f64) {
    let count = pairs.len() as f64;
    let mean = |of: &dyn Fn(&(f64, f64)) -> f64| pairs.iter().map(of).sum::<f64>() / count;
    let (a, b) = (mean(&|p| p.0), mean(&|p| p.1));
    let covariance = mean(&|p| (p.0 - a) * (p.1 - b));
    let spread = (mean(&|p| (p.0 - a).powi(2)) * mean(&|p| (p.1 - b).powi(2))).sqrt();
    (mean(&|p| (p.0 - p.1).abs()), covariance / spread)
}

#[test]
fn every_measure_follows_the_original() {
    let golden: Value = serde_json::from_str(STATISTICS).unwrap();
    // The largest mean difference, in the measure's own units.
    let measures = [
        ("content_val", 1.0),
        ("delta_hue", 2.0),
        ("delta_sat", 2.0),
        ("delta_lum", 0.5),
        ("delta_edges", 3.0),
        ("adaptive_ratio (w=2)", 0.2),
        ("hist_diff", 0.01),
        ("hash_dist", 0.02),
        ("average_rgb", 1.0),
    ];
    let adaptive = detect(&common::demo(), &SceneMethod::adaptive(3.0)).statistics.unwrap();
    let others = [SceneMethod::histogram(0.05), SceneMethod::hash(0.395), SceneMethod::fade_threshold(12.0)];
    let others = others.iter().flat_map(|method| detect(&common::demo(), method).statistics.unwrap().columns);
    let columns: Vec<_> = adaptive.columns.into_iter().chain(others).collect();
    assert_eq!(columns.len(), measures.len());
    let mut off = Vec::new();
    for (column, (name, most)) in columns.iter().zip(measures) {
        assert_eq!(column.name, name);
        let theirs: Vec<Option<f64>> = serde_json::from_value(golden["columns"][name].clone()).unwrap();
        assert_eq!(column.values.len(), theirs.len());
        let pairs = column.values.iter().zip(theirs).filter_map(|(ours, theirs)| Some((f64::from(*ours), theirs?)));
        let (difference, correlation) = likeness(&pairs.collect::<Vec<_>>());
        println!("{name}: {difference:.4} apart in the mean, correlation {correlation:.4}");
        if difference > most || correlation < 0.95 {
            off.push(name);
        }
    }
    assert!(off.is_empty(), "{off:?}");
}
