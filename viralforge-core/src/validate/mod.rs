//! The gate that untrusted uploads pass.
//!
//! Three steps, cheapest first: [signature] and [name](file_name), [structure], and media (the probe's facts and a
//! bounded [decode]). A later step runs only where no earlier one refused, so FFmpeg never sees a file whose container
//! is broken on purpose.

mod bmff;
mod code;
mod decode;
mod ebml;
mod facts;
mod file_name;
mod findings;
mod flac;
mod frames;
mod image;
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
mod trailing;
mod window;

use std::io::{Read, Seek};

pub use self::policy::{Treatment, UploadPolicy, UploadSlot, ValidationDepth};
pub use self::report::{Finding, ReasonClass, Severity, UploadReport, Verdict};

use self::code::Code;
use self::facts::Context;
use self::findings::Findings;
use self::signature::{FileKind, Sniffed};
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
    if cx.policy.depth >= ValidationDepth::Structure {
        if let Some(facts) = structure::walk(cx, kind)? {
            rules::judge(&facts, cx.policy, cx.findings);
        }
    }
    Ok(Some(kind))
}
