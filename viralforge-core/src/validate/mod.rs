//! The gate that untrusted uploads pass.
//!
//! Three steps, cheapest first: [signature] and [name](file_name), [structure], and media (the probe's facts and a
//! bounded [decode]). A later step runs only where no earlier one refused, so FFmpeg never sees a file whose container
//! is broken on purpose.

mod aiff;
mod audio_frame;
pub(crate) mod bmff;
mod code;
mod codec;
mod decode;
pub(crate) mod ebml;
mod facts;
mod file_name;
mod findings;
mod flac;
mod flv;
mod frames;
mod id3;
pub(crate) mod image;
mod inflate;
mod inspector;
pub(crate) mod kind;
mod media;
mod notes;
mod ogg;
mod payload;
mod policy;
mod program_stream;
mod report;
mod riff;
mod rules;
mod signature;
mod still;
mod structure;
#[cfg(test)]
mod testing;
mod trailing;
mod transport;
pub(crate) mod window;

use std::io::{Read, Seek};

pub use self::inspector::UploadInspector;
pub use self::policy::{Treatment, UploadPolicy, UploadSlot, ValidationDepth};
pub use self::report::{DecodedShare, Finding, ReasonClass, Severity, UploadReport, Verdict};

use self::code::Code;
use self::facts::{Context, Facts};
use self::findings::Findings;
use self::kind::FileKind;
use self::report::Media;
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
        return Ok(UploadReport::new(policy, None, findings, Media::default()));
    }
    let allowed = policy.max_bytes.min(source.limits().max_input_bytes);
    let too_large = source.byte_len() > allowed;
    if too_large {
        let message = format!("{} bytes; {allowed} are allowed", source.byte_len());
        findings.add(Code::TooManyBytes, None, message);
    }
    let input = source.open()?;
    let window = Window::new(input, source.byte_len(), monitor);
    let mut cx = Context { window, policy, findings: &mut findings };
    // What is too large is named for what it is, and costs no more than that.
    let depth = if too_large { ValidationDepth::Signature } else { policy.depth };
    let mut kind = None;
    let facts = inspect(&mut cx, depth, &mut kind).map_err(|error| match monitor.check() {
        Err(cancelled) => cancelled,
        Ok(()) => Error::io(source.name(), error),
    })?;
    monitor.report(Stage::Validate, 0.2);
    let media = match kind {
        Some(kind) if depth >= ValidationDepth::Decode && !findings.rejected() => {
            if policy.slot == UploadSlot::Image {
                still::check(source, kind, &facts.unwrap_or_default(), policy, monitor, &mut findings)?
            } else {
                media::check(source, kind, facts.as_ref(), policy, monitor, &mut findings)?
            }
        }
        _ => Media::default(),
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

/// The steps that need no FFmpeg; tells the facts, and first of all the kind.
fn inspect<R: Read + Seek>(
    cx: &mut Context<'_, R>,
    depth: ValidationDepth,
    found: &mut Option<FileKind>,
) -> std::io::Result<Option<Facts>> {
    let mut sniffed = signature::sniff(cx.window.look(0, signature::HEAD_BYTES)?);
    // Some programs put the tag of MP3 in front of other sound as well.
    let tag_end = id3::end(cx.window.look(0, 10)?);
    if tag_end > 0
        && let Sniffed::Media(kind @ (FileKind::Flac | FileKind::Adts)) =
            signature::sniff(cx.window.look(tag_end, signature::HEAD_BYTES)?)
    {
        sniffed = Sniffed::Media(kind);
    }
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
    *found = Some(kind);
    file_name::check_content(cx.policy, kind, cx.findings);
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
    let facts = if depth >= ValidationDepth::Structure { structure::walk(cx, kind)? } else { None };
    if let Some(facts) = facts.as_ref().filter(|_| cx.window.knows_len()) {
        rules::judge(facts, cx.policy, cx.findings);
    }
    // Last, since an upload that is still coming has no end yet.
    trailing::check_archive(cx)?;
    Ok(facts)
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
