//! `validate_upload` on hostile, broken, odd and good files, through the public API.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::print_stderr, reason = "tests")]

use std::path::{Path, PathBuf};

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
    validate_upload(&Source::from_path(path).unwrap(), policy, &Monitor::new()).unwrap()
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
        let report = validate(&folder.join("files").join(text("file")), &policy);
        let rejected = report.verdict == Verdict::Reject;
        let classes: Vec<String> = report.findings.iter().map(|f| class_name(f.class)).collect();
        let fits = |class: &str| classes.iter().any(|c| c == class);
        let also = case["also_ok"].as_array().into_iter().flatten().filter_map(Value::as_str);
        // The two files that are said to have odd dimensions have even ones.
        let facts = case["warn"].as_array().into_iter().flatten().filter_map(Value::as_str);
        for fact in facts.filter(|fact| *fact != "odd_dimensions") {
            // `hdr_pq` and `bit_depth_10` say more than the codes do.
            let is_told =
                |code: &str| fact.starts_with(code) || (fact.starts_with("channels_") && code == "multichannel");
            let codes: Vec<&str> = report.findings.iter().map(|f| f.code.as_str()).collect();
            assert!(codes.iter().any(|code| is_told(code)), "{}: no {fact} in {codes:?}", text("case"));
        }
        let should_reject = text("expect") == "reject";
        let good_class = !should_reject || fits(text("reason_class")) || also.clone().any(fits);
        let verdict_is_wrong = rejected != should_reject;
        if verdict_is_wrong || !good_class || std::env::var_os("VERBOSE").is_some() {
            let found: Vec<_> = report.findings.iter().map(|f| format!("{}({:?})", f.code, f.severity)).collect();
            eprintln!("{:28} expect {} {}: {}", text("case"), text("expect"), text("reason_class"), found.join(" "));
        }
        wrong += u32::from(verdict_is_wrong);
        refused_good += u32::from(verdict_is_wrong && !should_reject);
        wrong_class += u32::from(!verdict_is_wrong && !good_class);
    }
    eprintln!("{} of {} verdicts, {wrong_class} of a wrong class", manifest.len() as u32 - wrong, manifest.len());
    assert!(manifest.len() >= 140, "the manifest lists {} cases", manifest.len());
    assert_eq!(refused_good, 0, "good files refused");
    assert_eq!((wrong, wrong_class), (0, 0));
}

/// Refusals of real files that the policy asks for: containers, codecs and sizes that it does not list.
const POLICY_CLASSES: [ReasonClass; 5] = [
    ReasonClass::ContainerNotAllowed,
    ReasonClass::CodecNotAllowed,
    ReasonClass::DimensionLimit,
    ReasonClass::ExtensionMismatch,
    ReasonClass::NoVideo,
];
/// A picture whose makers cut most of it away to make the file small.
const CUT_PICTURE: &str = "pixel-motion-photo-shortened.jpg";

#[test]
fn real_recordings_are_refused_for_what_the_policy_lists_only() {
    for (part, slot) in [("real/video", "video"), ("real/image", "image"), ("real/audio", "audio")] {
        let Some(folder) = media(part) else { return };
        for path in files(&folder) {
            let name = path.file_name().unwrap().to_string_lossy().into_owned();
            let report = validate(&path, &policy(slot).with_file_name(&name));
            for finding in report.findings.iter().filter(|f| f.severity == Severity::Error) {
                let is_cut = name == CUT_PICTURE && finding.class == ReasonClass::Truncated;
                assert!(is_cut || POLICY_CLASSES.contains(&finding.class), "{name}: {finding:?}");
            }
        }
    }
}

#[test]
fn a_picture_of_tiles_is_decoded_tile_by_tile() {
    let Some(folder) = media("real/image") else { return };
    let mut policy = UploadPolicy::image();
    policy.allowed_containers.push("heif".into());
    for (name, pictures) in [("example.heic", 4), ("sofa_grid1x5_420.avif", 5)] {
        let bytes = std::fs::read(folder.join(name)).unwrap();
        let check =
            |bytes: Vec<u8>| validate_upload(&Source::from_bytes("upload", bytes), &policy, &Monitor::new()).unwrap();
        let report = check(bytes.clone());
        let decoded = report.decoded.unwrap();
        assert_ne!(report.verdict, Verdict::Reject, "{name}: {:?}", report.findings);
        assert_eq!((decoded.whole, decoded.frames, decoded.damaged_frames), (true, pictures, 0), "{name}");
        assert!(report.findings.iter().all(|f| f.code != "coded_size"), "{name}: {:?}", report.findings);
        // Some tiles lie in the end of the file.
        let mut damaged = bytes;
        let end = damaged.len() / 2;
        damaged[end..].fill(0);
        let report = check(damaged);
        assert_eq!(report.findings[0].code, "corrupt_image", "{name}: {:?}", report.findings);
        assert!((1..pictures).contains(&report.decoded.unwrap().damaged_frames), "{name}: {:?}", report.decoded);
    }
}

#[test]
fn every_odd_and_broken_file_gets_a_report() {
    let Some(folder) = media("real/malformed") else { return };
    for path in files(&folder) {
        let report = validate(&path, &UploadPolicy::video());
        assert_eq!(report.verdict == Verdict::Reject, report.findings.iter().any(|f| f.severity == Severity::Error));
    }
}

#[test]
fn every_prefix_of_every_upload_gets_a_report() {
    let Some(folder) = media("uploads/files") else { return };
    for path in files(&folder) {
        let bytes = std::fs::read(&path).unwrap();
        let steps = (0..64).chain((1..20).map(|n| bytes.len() * n / 20));
        for len in steps.filter(|&len| len > 0 && len < bytes.len()) {
            let depth = ValidationDepth::Structure;
            check_bytes(bytes[..len].to_vec(), &UploadPolicy::video().with_depth(depth));
        }
        check_bytes(bytes[..bytes.len().div_ceil(2)].to_vec(), &UploadPolicy::video());
    }
}

#[test]
fn an_upload_is_never_refused_early_for_what_it_would_not_be_refused_for_whole() {
    let (Some(uploads), Some(real)) = (media("uploads/files"), media("real")) else { return };
    let mut early = 0;
    for path in files(&uploads).into_iter().chain(files(&real)) {
        let bytes = std::fs::read(&path).unwrap();
        if bytes.is_empty() || bytes.len() > 20_000_000 {
            continue;
        }
        for base in [UploadPolicy::video(), UploadPolicy::image(), UploadPolicy::audio()] {
            let policy = base.with_depth(ValidationDepth::Structure);
            let whole =
                validate_upload(&Source::from_bytes("upload", bytes.clone()), &policy, &Monitor::new()).unwrap();
            let codes: Vec<&str> = whole.findings.iter().map(|f| f.code.as_str()).collect();
            for byte_len in [None, Some(bytes.len() as u64)] {
                let mut inspector = UploadInspector::new(&policy, byte_len).unwrap();
                for piece in bytes.chunks(10_000) {
                    if inspector.push(piece) == Verdict::Reject {
                        early += u32::from(inspector.seen_bytes() < bytes.len() as u64);
                        break;
                    }
                }
                let refused_for = inspector.report().findings;
                let refused_for = refused_for.iter().filter(|f| f.severity == Severity::Error);
                assert!(refused_for.clone().count() == 0 || whole.verdict == Verdict::Reject, "{}", path.display());
                // Without the length, what is cut off in the end looks like nonsense.
                for finding in refused_for.filter(|_| byte_len.is_some()) {
                    assert!(codes.contains(&finding.code.as_str()), "{}: {finding:?} not in {codes:?}", path.display());
                }
            }
        }
    }
    assert!(early > 500, "{early} were refused before their end");
}

/// Bytes must get a report that agrees with itself.
fn check_bytes(bytes: Vec<u8>, policy: &UploadPolicy) {
    let source = Source::from_bytes("upload", bytes);
    let report = validate_upload(&source, policy, &Monitor::new()).unwrap();
    assert_eq!(report.verdict == Verdict::Reject, report.findings.iter().any(|f| f.severity == Severity::Error));
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() { found.extend(files(&path)) } else { found.push(path) }
    }
    found.sort();
    found
}
