//! What the targets share: one parser of uploads at a time, without FFmpeg.

use viralforge_core::{
    Monitor, Severity, Source, UploadInspector, UploadPolicy, UploadReport, ValidationDepth, Verdict, validate_upload,
};

/// Checks `bytes` behind a signature, so that all of them go to one parser; input that has a signature already stays.
pub fn parser(signature: &[u8], policy: UploadPolicy, bytes: &[u8]) {
    let known = bytes.starts_with(signature.get(..signature.len().min(4)).unwrap_or_default());
    let upload = if known { bytes.to_vec() } else { [signature, bytes].concat() };
    let policy = policy.with_depth(ValidationDepth::Structure);
    let whole = report(&upload, &policy);
    // What comes in pieces is refused for nothing else than what comes whole.
    let mut inspector = UploadInspector::new(&policy, Some(upload.len() as u64)).expect("a preset is valid");
    let early = upload.chunks(997).any(|piece| inspector.push(piece) == Verdict::Reject);
    assert!(!early || whole.verdict == Verdict::Reject, "{:?}", inspector.report());
}

/// The report, which has to agree with itself.
pub fn report(bytes: &[u8], policy: &UploadPolicy) -> UploadReport {
    let report = validate_upload(&Source::from_bytes("fuzz", bytes), policy, &Monitor::new()).expect("a report");
    let refused = report.findings.iter().any(|finding| finding.severity == Severity::Error);
    assert_eq!(report.verdict == Verdict::Reject, refused);
    report
}
