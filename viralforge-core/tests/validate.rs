//! `validate_upload` on hostile, broken, odd and good files, through the public API.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use serde_json::Value;
use viralforge_core::*;

/// The media folder, or `None` with a word on stderr where it is not there.
fn media(part: &str) -> Option<PathBuf> {
    let default = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/media");
    let path = std::env::var_os("VIRALFORGE_MEDIA").map_or(default, PathBuf::from).join(part);
    if !path.exists() {
        eprintln!("skipped: no {} (set VIRALFORGE_MEDIA)", path.display());
        return None;
    }
    Some(path)
}

fn policy(slot: &str) -> UploadPolicy {
    match slot {
        "image" => UploadPolicy::image(),
        "audio" => UploadPolicy::audio(),
        _ => UploadPolicy::video(),
    }
}

fn validate(path: &Path, policy: &UploadPolicy) -> UploadReport {
    match Source::from_path(path) {
        Ok(source) => validate_upload(&source, policy, &Monitor::new()).unwrap(),
        Err(_) => UploadReport::of_empty_upload(policy),
    }
}

fn class_name(class: ReasonClass) -> String {
    serde_json::to_value(class).unwrap().as_str().unwrap().to_owned()
}

#[test]
fn uploads_get_the_verdict_and_the_reason_that_the_manifest_expects() {
    let Some(folder) = media("uploads") else { return };
    let manifest: Vec<Value> = serde_json::from_slice(&std::fs::read(folder.join("manifest.json")).unwrap()).unwrap();
    let (mut wrong, mut wrong_class, mut refused_good) = (0, 0, 0);
    for case in &manifest {
        let text = |key: &str| case[key].as_str().unwrap_or_default();
        let policy = policy(text("slot")).with_file_name(text("upload_name"));
        let began = Instant::now();
        let report = validate(&folder.join("files").join(text("file")), &policy);
        let took = began.elapsed();
        let rejected = report.verdict == Verdict::Reject;
        let classes: Vec<String> = report.findings.iter().map(|f| class_name(f.class)).collect();
        let fits = |class: &str| classes.iter().any(|c| c == class);
        let also = case["also_ok"].as_array().into_iter().flatten().filter_map(Value::as_str);
        let should_reject = text("expect") == "reject";
        let good_class = !should_reject || fits(text("reason_class")) || also.clone().any(fits);
        let verdict_is_wrong = rejected != should_reject;
        if verdict_is_wrong || !good_class || took > Duration::from_secs(1) || std::env::var_os("VERBOSE").is_some() {
            let found: Vec<_> = report.findings.iter().map(|f| format!("{}({:?})", f.code, f.severity)).collect();
            eprintln!(
                "{:28} expect {} {}; {took:.0?}: {}",
                text("case"),
                text("expect"),
                text("reason_class"),
                found.join(" ")
            );
        }
        wrong += u32::from(verdict_is_wrong);
        refused_good += u32::from(verdict_is_wrong && !should_reject);
        wrong_class += u32::from(!verdict_is_wrong && !good_class);
    }
    eprintln!("{} of {} verdicts, {wrong_class} of a wrong class", manifest.len() as u32 - wrong, manifest.len());
    assert_eq!(refused_good, 0, "good files refused");
    assert_eq!((wrong, wrong_class), (0, 0));
}

#[test]
fn real_recordings_are_taken() {
    let mut refused = Vec::new();
    for (part, slot) in [("real/video", "video"), ("real/image", "image"), ("real/audio", "audio")] {
        let Some(folder) = media(part) else { return };
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            let name = path.file_name().unwrap().to_string_lossy().into_owned();
            let report = validate(&path, &policy(slot).with_file_name(&name));
            if report.verdict == Verdict::Reject {
                let found: Vec<_> = report
                    .findings
                    .iter()
                    .filter(|f| f.severity == Severity::Error)
                    .map(|f| format!("{}: {}", f.code, f.operator_message))
                    .collect();
                refused.push(format!("{slot} {name}: {}", found.join("; ")));
            }
        }
    }
    eprintln!("{} refused:\n{}", refused.len(), refused.join("\n"));
}
