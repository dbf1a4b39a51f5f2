#![no_main]
//! Any JSON: options and plans that keep their promises and come back as they were written, or one line of error.
use libfuzzer_sys::fuzz_target;
use serde_json::{Value, from_slice, from_value, to_value};
use viralforge_core::{ReframePlan, Timestamp, TranscodeOptions, options_from_json, plan_render};

fuzz_target!(|json: &[u8]| {
    let Ok(json) = from_slice::<Value>(json) else { return };
    let plan = options_from_json(TranscodeOptions::default(), &json).and_then(|options| plan_render(&options));
    match plan {
        Ok(plan) => assert_eq!(from_value::<viralforge_core::RenderPlan>(to_value(&plan).unwrap()).unwrap(), plan),
        Err(error) => assert!(error.code() == "invalid_option" && !error.to_string().contains('\n'), "{error}"),
    }
    if let Ok(plan) = from_value::<ReframePlan>(json) {
        assert!(plan.check().is_ok() && plan.crop_at(Timestamp::from_millis(700)).width >= 1.0);
    }
});
