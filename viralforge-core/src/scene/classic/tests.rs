//! Laws that hold for every classic method, and what tells them apart.

use proptest::prelude::*;

use super::*;
use crate::geometry::Size;
use crate::picture::SmallPicture;
use crate::scene::method::SceneMethod;
use crate::scene::options::SceneOptions;
use crate::scene::report::SceneReport;
use crate::scene::scenes::SceneDetector;

fn methods() -> Vec<SceneMethod> {
    let edges = ContentWeights { delta_edges: 1.0, ..ContentWeights::default() };
    let content = ContentMethod { weights: edges.clone(), kernel_size: Some(9), ..ContentMethod::default() };
    let adaptive = AdaptiveMethod { weights: edges, window_width: 1, luma_only: true, ..AdaptiveMethod::default() };
    let fade =
        FadeThresholdMethod { threshold: 100.0, method: FadeMethod::Ceiling, fade_bias: 1.0, add_final_scene: true };
    vec![
        SceneMethod::content(27.0),
        SceneMethod::content(0.0),
        SceneMethod::Content(content),
        SceneMethod::adaptive(3.0),
        SceneMethod::Adaptive(adaptive),
        SceneMethod::histogram(0.05),
        SceneMethod::Histogram(HistogramMethod { threshold: 0.5, bins: 7 }),
        SceneMethod::hash(0.395),
        SceneMethod::Hash(HashMethod { threshold: 0.1, size: 3, lowpass: 1 }),
        SceneMethod::fade_threshold(90.0),
        SceneMethod::FadeThreshold(fade),
    ]
}

/// Soft blobs in a color, other ones for each seed.
fn scenery(seed: u8, size: Size) -> SmallPicture {
    let phase = f32::from(seed) * 1.7;
    let wave = |i: u32, slant: f32| {
        let (x, y) = ((i % size.width) as f32, (i / size.width) as f32);
        (x * (0.2 + 0.05 * phase.sin()) + phase).sin() * (y * (0.3 + 0.1 * phase.cos()) - slant).cos()
    };
    let plane = |contrast: f32, slant: f32| {
        (0..size.width * size.height).map(|i| (128.0 + contrast * wave(i, slant) + 20.0 * phase.cos()) as u8).collect()
    };
    SmallPicture { size, luma: plane(90.0, phase), cb: plane(40.0, 1.0), cr: plane(40.0, 2.0) }
}

fn time(frame: usize) -> Timestamp {
    Timestamp::new(frame as i64, 25)
}

fn detect(method: &SceneMethod, frames: &[SmallPicture]) -> SceneReport {
    let options = SceneOptions::default().with_method(method.clone()).with_statistics(true);
    let mut detector = SceneDetector::new(&options).unwrap();
    for (i, picture) in frames.iter().enumerate() {
        assert!(detector.wants(time(i), time(1)));
        detector.push(time(i), picture);
    }
    detector.finish(None)
}

fn shots(seeds: &[u8], length: usize) -> Vec<SmallPicture> {
    let shot = |seed: &u8| std::iter::repeat_n(scenery(*seed, Size::new(128, 72)), length);
    seeds.iter().flat_map(shot).collect()
}

#[test]
fn every_method_but_the_fade_finds_plain_cuts_to_the_frame() {
    let frames = shots(&[1, 2, 3], 8);
    let found = |method: SceneMethod| {
        let boundaries = detect(&method, &frames).boundaries;
        boundaries.iter().map(|b| (b.kind, b.start_frame)).collect::<Vec<_>>()
    };
    let cuts = [(BoundaryKind::Cut, 8), (BoundaryKind::Cut, 16)];
    for method in
        [SceneMethod::content(27.0), SceneMethod::adaptive(3.0), SceneMethod::histogram(0.05), SceneMethod::hash(0.395)]
    {
        assert_eq!(found(method.clone()), cuts, "{method:?}");
    }
    assert_eq!(found(SceneMethod::fade_threshold(12.0)), []);
    assert_eq!(found(SceneMethod::content(200.0)), []);
}

#[test]
fn what_changes_all_the_time_is_a_cut_to_content_and_none_to_adaptive() {
    let frames: Vec<_> = (0..40).map(|i| scenery(i * 3 % 7, Size::new(128, 72))).collect();
    assert!(detect(&SceneMethod::content(20.0), &frames).boundaries.len() > 20);
    assert!(detect(&SceneMethod::adaptive(3.0), &frames).boundaries.is_empty());
}

#[test]
fn confidence_grows_with_the_score_over_the_threshold() {
    let frames = shots(&[1, 2], 8);
    let confidence = |threshold: f64| detect(&SceneMethod::content(threshold), &frames).boundaries[0].confidence;
    let score = detect(&SceneMethod::content(10.0), &frames).statistics.unwrap().columns[0].values[8];
    assert!((confidence(f64::from(score) / 2.0) - 0.5).abs() < 1e-5);
    assert!(confidence(5.0) > confidence(20.0) && confidence(20.0) > confidence(f64::from(score) - 0.01));
}

#[test]
fn statistics_have_the_names_that_pyscenedetect_gives_them() {
    let frames = shots(&[1, 2], 8);
    let table = |method: SceneMethod| detect(&method, &frames).statistics.unwrap();
    let columns =
        |method: SceneMethod| table(method).columns.into_iter().map(|c| (c.name, c.threshold)).collect::<Vec<_>>();
    let named = |names: &[(&str, Option<f32>)]| names.iter().map(|(n, t)| ((*n).to_owned(), *t)).collect::<Vec<_>>();
    let deltas = [("delta_hue", None), ("delta_sat", None), ("delta_lum", None), ("delta_edges", None)];
    let content: Vec<_> = [("content_val", Some(27.0))].into_iter().chain(deltas).collect();
    assert_eq!(columns(SceneMethod::content(27.0)), named(&content));
    let ratio = [("adaptive_ratio (w=2)", Some(3.0))];
    let adaptive: Vec<_> = [("content_val", Some(15.0))].into_iter().chain(deltas).chain(ratio).collect();
    assert_eq!(columns(SceneMethod::adaptive(3.0)), named(&adaptive));
    assert_eq!(columns(SceneMethod::histogram(0.25)), named(&[("hist_diff", Some(0.75))]));
    assert_eq!(columns(SceneMethod::hash(0.5)), named(&[("hash_dist", Some(0.5))]));
    assert_eq!(columns(SceneMethod::fade_threshold(12.0)), named(&[("average_rgb", Some(12.0))]));

    let adaptive = table(SceneMethod::adaptive(3.0));
    assert_eq!(adaptive.frames, (0..16).collect::<Vec<_>>());
    let ratio = &adaptive.columns[5].values;
    assert_eq!((ratio[8], ratio.iter().filter(|r| **r > 0.0).count()), (255.0, 1));
    assert!(adaptive.columns[4].values[8] > 20.0, "edges are measured where statistics are asked for");
}

#[test]
fn another_size_is_no_cut_by_itself() {
    let sizes = [(128, 72), (72, 128), (64, 36)].map(|(width, height)| Size::new(width, height));
    let frames = sizes.into_iter().flat_map(|size| {
        let gray = vec![100; (size.width * size.height) as usize];
        std::iter::repeat_n(SmallPicture { size, luma: gray.clone(), cb: gray.clone(), cr: gray }, 8)
    });
    let frames: Vec<_> = frames.collect();
    for method in [
        SceneMethod::content(27.0),
        SceneMethod::adaptive(3.0),
        SceneMethod::histogram(0.05),
        SceneMethod::hash(0.395),
        SceneMethod::fade_threshold(12.0),
    ] {
        assert!(detect(&method, &frames).boundaries.is_empty(), "{method:?}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]
    #[test]
    fn any_pictures_of_any_sizes_give_boundaries_in_order_inside_the_video(
        runs in proptest::collection::vec((any::<u8>(), 1u32..70, 1u32..50, 1usize..6, 0u8..3), 0..12),
    ) {
        let frames: Vec<_> = runs.iter().flat_map(|(seed, width, height, length, dark)| {
            let mut picture = scenery(*seed, Size::new(*width, *height));
            if *dark > 0 {
                picture.luma.fill(if *dark == 1 { 0 } else { 255 });
                picture.cb.fill(128);
                picture.cr.fill(128);
            }
            std::iter::repeat_n(picture, *length)
        }).collect();
        for method in methods() {
            let report = detect(&method, &frames);
            let end = time(frames.len());
            for b in &report.boundaries {
                prop_assert!(b.start_frame <= b.end_frame && b.end_frame < frames.len() as u64);
                prop_assert!(b.range.start() == time(b.start_frame as usize) && b.range.end() <= end);
                prop_assert!((0.0..=1.0).contains(&b.confidence), "{b:?}");
            }
            let in_order = |w: &[Boundary]| w[0].start_frame < w[1].start_frame && w[0].end_frame < w[1].end_frame;
            prop_assert!(report.boundaries.windows(2).all(in_order));
            if !frames.is_empty() {
                prop_assert_eq!(report.scenes.len(), report.boundaries.len() + 1);
                prop_assert!(report.scenes.windows(2).all(|w| w[0].range.end() == w[1].range.start()));
            }
            let statistics = report.statistics.unwrap();
            prop_assert_eq!(&statistics.frames, &(0..frames.len() as u64).collect::<Vec<_>>());
            let complete = |c: &StatisticsColumn| c.values.len() == frames.len() && c.values.iter().all(|v| v.is_finite());
            prop_assert!(statistics.columns.iter().all(complete));
        }
    }
}
