use super::*;
use crate::scene::BoundaryKind;
use crate::synthetic::{analysis, changes_of_shots, cuts, range, seconds, subject};
use proptest::prelude::*;

const HD: Size = Size::new(1280, 720);

fn portrait() -> ReframeOptions {
    ReframeOptions::to(AspectRatio::PORTRAIT_9_16)
}

fn middle(crop: CropRect) -> f64 {
    crop.x + crop.width / 2.0
}

#[test]
fn every_shot_begins_on_its_own_subject() {
    let mut talk = analysis(8.0, HD);
    talk.scenes = Some(cuts(&[4.0], 8.0));
    talk.subject = Some(subject(8.0, |t| if t < 4.0 { (0.3, 0.5, 1.0) } else { (0.7, 0.5, 1.0) }));
    let plan = plan_reframe(&talk, &portrait()).unwrap();
    assert_eq!(plan.shots.len(), 2);
    assert!(plan.shots.iter().all(|s| s.keyframes.len() == 1), "both stand still: {plan:?}");
    assert!((middle(plan.crop_at(seconds(3.96))) - 0.3 * 1280.0).abs() < 1.0);
    assert!((middle(plan.crop_at(seconds(4.0))) - 0.7 * 1280.0).abs() < 1.0);
}

#[test]
fn samples_of_a_dissolve_count_for_neither_shot() {
    let mut two = analysis(8.0, HD);
    two.scenes = Some(changes_of_shots(&[(3.5, 4.5, BoundaryKind::Dissolve)], 8.0));
    let center = |t: f64| match t {
        t if t < 3.5 => 0.3,
        t if t < 4.5 => 0.95,
        _ => 0.7,
    };
    two.subject = Some(subject(8.0, |t| (center(t), 0.5, 1.0)));
    let plan = plan_reframe(&two, &portrait()).unwrap();
    for (t, expected) in [(3.9, 0.3), (4.1, 0.7)] {
        let got = middle(plan.crop_at(seconds(t))) / 1280.0;
        assert!((got - expected).abs() < 0.005, "at {t}: {got}");
    }
}

#[test]
fn a_tall_picture_is_cropped_along_its_height() {
    let mut phone = analysis(4.0, Size::new(720, 1280));
    phone.subject = Some(subject(4.0, |_| (0.1, 0.2, 1.0)));
    let plan = plan_reframe(&phone, &ReframeOptions::to(AspectRatio::SQUARE)).unwrap();
    let crop = plan.crop_at(seconds(1.0));
    assert_eq!((crop.x, crop.width, crop.height), (0.0, 720.0, 720.0));
    assert_eq!(crop.y, 0.0, "as near to the subject as the picture allows");
}

#[test]
fn a_picture_of_that_shape_is_shown_whole_and_needs_no_subject() {
    let plan = plan_reframe(&analysis(4.0, HD), &ReframeOptions::to(AspectRatio::LANDSCAPE_16_9)).unwrap();
    assert_eq!(plan.crop_at(seconds(2.0)), CropRect::whole(HD));
}

#[test]
fn what_is_missing_or_out_of_range_is_an_error_that_says_so() {
    let no_subject = plan_reframe(&analysis(4.0, HD), &portrait()).unwrap_err();
    assert_eq!(no_subject.code(), "invalid_option");
    let mut sound = analysis(4.0, HD);
    sound.media.streams.clear();
    assert_eq!(plan_reframe(&sound, &portrait()).unwrap_err().code(), "missing_track");
    let error = plan_reframe(&analysis(4.0, HD), &portrait().with_still_tolerance(0.7)).unwrap_err();
    assert_eq!(error.to_string(), "still_tolerance 0.7 is not in 0..=0.5");
}

#[test]
fn outside_the_shots_the_nearest_one_decides() {
    let still = |start, end, x| ReframeShot {
        range: range(start, end),
        keyframes: vec![CropKeyframe {
            time: seconds(start),
            crop: CropRect { x, y: 0.0, width: 405.0, height: 720.0 },
        }],
    };
    let plan = ReframePlan::from_shots(AspectRatio::PORTRAIT_9_16, HD, [still(1.0, 2.0, 10.0), still(4.0, 5.0, 20.0)]);
    for (t, x) in [(-3.0, 10.0), (0.5, 10.0), (2.9, 10.0), (3.1, 20.0), (4.0, 20.0), (99.0, 20.0)] {
        assert_eq!(plan.crop_at(seconds(t)).x, x, "at {t}");
    }
}

#[test]
fn without_an_analysis_the_middle_is_shown() {
    let plan = ReframePlan::centered(HD, AspectRatio::PORTRAIT_9_16, range(0.0, 5.0)).unwrap();
    assert_eq!(plan.crop_at(seconds(3.0)), CropRect { x: 437.5, y: 0.0, width: 405.0, height: 720.0 });
    let error = ReframePlan::centered(Size::new(0, 9), AspectRatio::SQUARE, range(0.0, 5.0)).unwrap_err();
    assert_eq!(error.code(), "invalid_option");
}

#[cfg(feature = "serde")]
#[test]
fn a_plan_survives_json_and_a_broken_edit_is_refused() {
    let plan = ReframePlan::centered(HD, AspectRatio::PORTRAIT_9_16, range(0.0, 5.0)).unwrap();
    let json = serde_json::to_string(&plan).unwrap();
    assert_eq!(serde_json::from_str::<ReframePlan>(&json).unwrap(), plan);
    for (from, to, problem) in [
        (r#""x":437.5"#, r#""x":900.0"#, "is not inside 1280x720"),
        (r#""width":405.0"#, r#""width":500.0"#, "is not of the shape 9:16"),
        (r#""width":405.0"#, r#""width":0.0"#, "has no pixels"),
        (r#""x":437.5"#, r#""x":null"#, "invalid type"),
    ] {
        let broken = json.replace(from, to);
        assert_ne!(broken, json, "{from} is in {json}");
        let error = serde_json::from_str::<ReframePlan>(&broken).unwrap_err().to_string();
        assert!(error.contains(problem), "{error}");
    }
    let mut empty = plan.clone();
    empty.shots[0].keyframes.clear();
    let error = serde_json::from_str::<ReframePlan>(&serde_json::to_string(&empty).unwrap()).unwrap_err();
    assert!(error.to_string().contains("has no keyframes"), "{error}");
    assert_eq!(empty.check().unwrap_err().code(), "invalid_option");
}

proptest! {
    #[test]
    fn the_crop_is_always_inside_and_of_the_exact_shape(
        samples in prop::collection::vec((0.0f32..1.0, 0.0f32..1.0, 0.0f32..1.0), 1..120),
        cut in 0.5f64..5.0,
        (width, height) in (16u32..4000, 16u32..4000),
        (a, b) in (1u32..20, 1u32..20),
    ) {
        let length = samples.len() as f64 / 10.0 + cut;
        let mut media = analysis(length, Size::new(width, height));
        media.scenes = Some(cuts(&[cut], length));
        media.subject = Some(subject(samples.len() as f64 / 10.0, |t| samples[((t * 10.0) as usize).min(samples.len() - 1)]));
        let aspect = AspectRatio::new(a, b).unwrap();
        let plan = plan_reframe(&media, &ReframeOptions::to(aspect)).unwrap();
        for i in -5..((length * 24.0) as i32 + 5) {
            let c = plan.crop_at(seconds(f64::from(i) / 24.0));
            prop_assert!(c.x >= -1e-6 && c.y >= -1e-6);
            prop_assert!(c.x + c.width <= f64::from(width) + 1e-6 && c.y + c.height <= f64::from(height) + 1e-6);
            prop_assert!((c.width / c.height / aspect.as_f64() - 1.0).abs() < 1e-9);
        }
    }
}
