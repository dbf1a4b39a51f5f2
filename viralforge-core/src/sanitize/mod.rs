//! Rewrites an upload without what is not needed to play it: places, tags, attachments, hidden and trailing bytes.
//!
//! Everything goes by lists of what is kept: what this module does not know is left out. Media bytes are copied as they
//! are; only the structure around them is made anew, so the same media always gives the same file, and cleaning a
//! clean file changes nothing.

mod bmff;
mod ebml;
mod options;
mod reader;
mod report;
mod still;
mod writer;

pub use self::options::SanitizeOptions;
pub use self::report::{Removed, RemovedKind, SanitizeReport};

use self::options::lenient;
use self::reader::Reader;
use self::report::Tally;
use self::writer::Writer;
use crate::error::{Error, Result};
use crate::monitor::{Monitor, Stage};
use crate::output::Output;
use crate::source::Source;
use crate::validate::kind::FileKind;
use crate::validate::{ReasonClass, Severity, UploadPolicy, UploadReport, Verdict, kind_of, validate_upload};

/// What the rewriting of every format works on.
struct Job<'a> {
    source: Reader<'a>,
    out: Writer,
    removed: Tally,
    keep_chapters: bool,
    header_was_last: bool,
}

/// Rewrites an upload without locations, tags, covers, attachments, data tracks, unknown parts, free space and trailing
/// bytes. The media is copied bit by bit and shows as before; an MP4 gets its header in front.
///
/// Takes MP4, MOV, M4V, M4A and 3GP (also in fragments), WebM, Matroska, JPEG, PNG, WebP and GIF. Reads headers, then
/// copies the media once; memory grows with the tables of samples only.
///
/// # Errors
/// `malformed` with the user's sentence where `validate_upload` rejects the structure of the source or a part of it
/// cannot be, `unsupported` for other kinds of media, `invalid_option` where the output is the source or the policy
/// contradicts itself, `limit_exceeded`, `io`, `cancelled`. The output then does not appear.
///
/// # Examples
/// ```no_run
/// # use viralforge_core::*;
/// let source = Source::from_path("IMG_0042.MOV")?;
/// let report = sanitize_upload(&source, &Output::to_path("clean.mov"), &SanitizeOptions::default(), &Monitor::new())?;
/// for removed in &report.removed {
///     println!("{:?}: {} pieces, {} bytes", removed.what, removed.count, removed.bytes);
/// }
/// # Ok::<(), Error>(())
/// ```
pub fn sanitize_upload(
    source: &Source,
    output: &Output,
    options: &SanitizeOptions,
    monitor: &Monitor,
) -> Result<SanitizeReport> {
    output.refuse_source(source)?;
    monitor.begin(Stage::Sanitize);
    monitor.check()?;
    let kind = kind_of(source, monitor)?;
    if let Some(kind) = kind.filter(|kind| !is_rewritten(*kind)) {
        let problem = format!("{} files are not rewritten; transcode it to MP4 or export it again", kind.container());
        return Err(Error::unsupported(source.name(), problem));
    }
    let verdict = validate(source, kind, options, &monitor.part(0.0, 0.1))?;
    if verdict.verdict == Verdict::Reject {
        return Err(Error::malformed(source.name(), verdict.findings.first().map_or("", |f| f.message.as_str())));
    }
    let rest = monitor.part(0.1, 1.0);
    let mut job = Job {
        source: Reader::new(source, &rest)?,
        out: Writer::create(output)?,
        removed: Tally::default(),
        keep_chapters: options.keep_chapters,
        header_was_last: false,
    };
    match kind {
        Some(FileKind::Jpeg) => still::jpeg::rewrite(&mut job)?,
        Some(FileKind::Png) => still::png::rewrite(&mut job)?,
        Some(FileKind::Gif) => still::gif::rewrite(&mut job)?,
        Some(FileKind::Webp) => still::webp::rewrite(&mut job)?,
        Some(FileKind::Matroska | FileKind::Webm) => ebml::rewrite(&mut job)?,
        _ => bmff::rewrite(&mut job)?,
    }
    source.check()?;
    monitor.check()?;
    let report = SanitizeReport {
        mime: verdict.mime,
        bytes_in: source.byte_len(),
        bytes_out: job.out.commit()?,
        header_was_last: job.header_was_last,
        removed: job.removed.into_list(),
    };
    rest.report(Stage::Sanitize, 1.0);
    Ok(report)
}

const fn is_rewritten(kind: FileKind) -> bool {
    use FileKind::*;
    kind.is_iso() || matches!(kind, Matroska | Webm | Jpeg | Png | Gif | Webp)
}

/// The verdict on the source's structure, by the policy given or by that of the slot it fits.
fn validate(
    source: &Source,
    kind: Option<FileKind>,
    options: &SanitizeOptions,
    monitor: &Monitor,
) -> Result<UploadReport> {
    if let Some(policy) = &options.policy {
        return validate_upload(source, &lenient(policy.clone()), monitor);
    }
    if kind.is_some_and(FileKind::is_image) {
        return validate_upload(source, &lenient(UploadPolicy::image()), monitor);
    }
    let report = validate_upload(source, &lenient(UploadPolicy::video()), monitor)?;
    let errors = report.findings.iter().filter(|finding| finding.severity == Severity::Error);
    let classes = [ReasonClass::NoVideo, ReasonClass::NotVideo, ReasonClass::ContainerNotAllowed];
    // A file of sound alone is refused as a video for that, so what else it may be is asked of the slot for sound.
    if report.verdict == Verdict::Reject && errors.clone().all(|finding| classes.contains(&finding.class)) {
        return validate_upload(source, &lenient(UploadPolicy::audio()), monitor);
    }
    Ok(report)
}

#[cfg(test)]
mod tests;
