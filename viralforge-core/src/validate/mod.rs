//! The gate that untrusted uploads pass.
//!
//! Three steps, cheapest first: [signature] and [name](file_name), [structure], and media (the probe's facts and a
//! bounded [decode]). A later step runs only where no earlier one refused, so FFmpeg never sees a file whose container
//! is broken on purpose.

pub(crate) mod bmff;
mod code;
mod decode;
pub(crate) mod ebml;
mod facts;
mod file_name;
mod findings;
mod flac;
mod frames;
pub(crate) mod image;
mod inflate;
pub(crate) mod kind;
mod media;
mod notes;
mod payload;
mod policy;
mod report;
mod riff;
mod rules;
mod signature;
mod stream;
mod structure;
#[cfg(test)]
mod testing;
mod trailing;
pub(crate) mod window;

use std::io::{Read, Seek};

pub use self::policy::{Treatment, UploadPolicy, UploadSlot, ValidationDepth};
pub use self::report::{Finding, ReasonClass, Severity, UploadReport, Verdict};

use self::code::Code;
use self::facts::Context;
use self::findings::Findings;
use self::kind::FileKind;
use self::signature::Sniffed;
use self::window::Window;
use crate::error::{Error, Result};
use crate::monitor::{Monitor, Stage};
use crate::source::Source;

/// Checks an upload against a policy: what it really is, whether it is whole and sound, and whether the policy takes
/// it.
///
/// A refused upload is a report, not an error. Steps after the first that refuses are not run; within a step
/// everything is listed. Reads a few kilobytes at [`ValidationDepth::Signature`], the headers at
/// [`ValidationDepth::Structure`], and samples of the media at [`ValidationDepth::Decode`].
///
/// # Errors
/// `invalid_option` where the policy contradicts itself, `io` where the source cannot be read, `cancelled`.
pub fn validate_upload(source: &Source, policy: &UploadPolicy, monitor: &Monitor) -> Result<UploadReport> {
    policy.check()?;
    monitor.begin(Stage::Validate);
    monitor.check()?;
    let mut findings = Findings::default();
    file_name::check(policy, &mut findings);
    if source.byte_len() == 0 {
        findings.add(Code::Empty, None, "0 bytes");
        return Ok(UploadReport::new(policy, None, findings, None));
    }
    let allowed = policy.max_bytes.min(source.limits().max_input_bytes);
    if source.byte_len() > allowed {
        let message = format!("{} bytes; {allowed} are allowed", source.byte_len());
        findings.add(Code::TooManyBytes, None, message);
        return Ok(UploadReport::new(policy, None, findings, None));
    }
    let input = source.open()?;
    let window = Window::new(input, source.byte_len(), monitor);
    let mut cx = Context { window, policy, findings: &mut findings };
    let kind = inspect(&mut cx).map_err(|error| match monitor.check() {
        Err(cancelled) => cancelled,
        Ok(()) => Error::io(source.name(), error),
    })?;
    monitor.report(Stage::Validate, 0.2);
    let media = match kind {
        Some(kind) if policy.depth >= ValidationDepth::Decode && !findings.rejected() => {
            media::check(source, kind, policy, monitor, &mut findings)?
        }
        _ => None,
    };
    source.check()?;
    monitor.report(Stage::Validate, 1.0);
    Ok(UploadReport::new(policy, kind, findings, media))
}

/// The kind of media whose signature a file begins with; `None` for anything else.
pub(crate) fn kind_of(source: &Source, monitor: &Monitor) -> Result<Option<FileKind>> {
    let mut window = Window::new(source.open()?, source.byte_len(), monitor);
    let head = window.look(0, signature::HEAD_BYTES).map_err(|error| Error::io(source.name(), error))?;
    Ok(match signature::sniff(head) {
        Sniffed::Media(kind) => Some(kind),
        Sniffed::OtherMedia(_) | Sniffed::Other(..) | Sniffed::Unknown => None,
    })
}

/// The steps that need no FFmpeg.
fn inspect<R: Read + Seek>(cx: &mut Context<'_, R>) -> std::io::Result<Option<FileKind>> {
    let sniffed = signature::sniff(cx.window.look(0, signature::HEAD_BYTES)?);
    let kind = match sniffed {
        Sniffed::Media(kind) => kind,
        Sniffed::OtherMedia(what) => {
            let message = format!("{what} is not one of {}", cx.policy.allowed_containers.join(", "));
            cx.findings.add(Code::ContainerNotAllowed, None, message);
            return Ok(None);
        }
        Sniffed::Other(code, what) => {
            cx.findings.add(code, Some(0), what);
            return Ok(None);
        }
        Sniffed::Unknown => {
            cx.findings.add(Code::UnknownType, Some(0), "no signature that we know");
            return Ok(None);
        }
    };
    file_name::check_content(cx.policy, kind, cx.findings);
    trailing::check_archive(cx)?;
    let container = kind.container();
    if !cx.policy.allows_container(container) {
        let message = format!("{container} is not one of {}", cx.policy.allowed_containers.join(", "));
        cx.findings.add(Code::ContainerNotAllowed, None, message);
        if cx.policy.slot == UploadSlot::Video && kind.is_image() {
            cx.findings.add(Code::StillImage, None, container);
        }
        if cx.policy.slot == UploadSlot::Video && kind.is_sound() {
            cx.findings.add(Code::NoVideo, None, container);
        }
    }
    if cx.policy.depth >= ValidationDepth::Structure
        && let Some(facts) = structure::walk(cx, kind)?
    {
        rules::judge(&facts, cx.policy, cx.findings);
    }
    Ok(Some(kind))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::monitor::CancelToken;
    use proptest::prelude::*;

    fn check(bytes: Vec<u8>, policy: &UploadPolicy) -> UploadReport {
        let source = Source::from_bytes("upload", bytes);
        validate_upload(&source, policy, &Monitor::new()).unwrap()
    }

    #[test]
    fn a_file_over_the_size_is_refused_before_it_is_opened() {
        let report = check(vec![0; 11], &UploadPolicy::video().with_max_bytes(10));
        assert_eq!((report.verdict, report.findings[0].code.as_str()), (Verdict::Reject, "too_many_bytes"));
    }

    #[test]
    fn everything_that_is_wrong_is_listed_with_a_safe_name() {
        let png = b"\x89PNG\r\n\x1a\n\0\0\0\x0dIHDR\x7f\0\0\0\x7f\0\0\0\x08\0\0\0\0....".to_vec();
        let report = check(png, &UploadPolicy::video().with_file_name("../x.php.mp4"));
        let codes: Vec<&str> = report.findings.iter().map(|f| f.code.as_str()).collect();
        for code in ["bad_file_name", "wrong_extension", "container_not_allowed", "still_image", "picture_too_large"] {
            assert!(codes.contains(&code), "{code} is not in {codes:?}");
        }
        assert_eq!((report.mime.as_str(), report.safe_name.as_str()), ("image/png", "x_php.png"));
        assert!(report.media.is_none());
    }

    #[test]
    fn an_empty_upload_has_a_report_too() {
        let policy = UploadPolicy::video().with_file_name("a.mp4");
        let report = validate_upload(&Source::from_bytes("upload", []), &policy, &Monitor::new()).unwrap();
        assert_eq!((report.verdict, report.findings[0].class), (Verdict::Reject, ReasonClass::Empty));
    }

    #[test]
    fn cancellation_and_a_bad_policy_are_errors() {
        let token = CancelToken::new();
        token.cancel();
        let source = Source::from_bytes("upload", vec![0; 9]);
        let cancelled = validate_upload(&source, &UploadPolicy::video(), &Monitor::new().with_cancel(token));
        assert!(matches!(cancelled, Err(Error::Cancelled)));
        let policy = UploadPolicy::video().with_max_frame_rate(0.0);
        assert!(matches!(validate_upload(&source, &policy, &Monitor::new()), Err(Error::InvalidOption { .. })));
    }

    proptest! {
        #[test]
        fn any_bytes_get_a_report_whose_verdict_follows_from_its_findings(
            head in prop::sample::select(vec![
                &b""[..], b"\0\0\0\x18ftypisom\0\0\0\0isommp41", b"\x1a\x45\xdf\xa3", b"RIFF\xff\0\0\0AVI ", b"RIFF\x40\0\0\0WAVEfmt ",
                b"RIFF\x40\0\0\0WEBPVP8X", b"\xff\xd8\xff\xe1", b"\x89PNG\r\n\x1a\n", b"GIF89a", b"OggS\0", b"fLaC\0", b"ID3\x04",
            ]),
            tail in prop::collection::vec(any::<u8>(), 0..400),
            slot in 0u8..3,
        ) {
            let policy = [UploadPolicy::video(), UploadPolicy::image(), UploadPolicy::audio()][usize::from(slot)].clone();
            let bytes = [head, &tail].concat();
            prop_assume!(!bytes.is_empty());
            let report = check(bytes, &policy);
            prop_assert_eq!(report.verdict, findings::verdict(&report.findings));
            prop_assert!(report.findings.is_sorted_by_key(|f| std::cmp::Reverse(f.severity)));
            prop_assert!(report.findings.iter().all(|f| (f.class == ReasonClass::Ok) <= (f.severity < Severity::Error)));
        }
    }
}
