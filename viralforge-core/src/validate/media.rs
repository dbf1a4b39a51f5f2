//! The facts that FFmpeg sees, under the limits of the policy.

use std::time::Duration;

use super::code::Code;
use super::decode;
use super::facts::Facts;
use super::findings::Findings;
use super::kind::FileKind;
use super::notes;
use super::policy::UploadPolicy;
use super::report::Media;
use super::rules;
use crate::error::{Error, Result};
use crate::media::Demuxer;
use crate::monitor::Monitor;
use crate::source::Source;

/// Probes the source, judges what it finds and decodes a part; returns the facts where there are any.
///
/// # Errors
/// Only those that are not the file's fault.
pub(super) fn check(
    source: &Source,
    kind: FileKind,
    walked: Option<&Facts>,
    policy: &UploadPolicy,
    monitor: &Monitor,
    findings: &mut Findings,
) -> Result<Media> {
    let walked = walked.and_then(Facts::media_seconds);
    let source = limited(source, policy, walked.is_some());
    let info = match Demuxer::open(&source, monitor) {
        Ok(demuxer) => {
            notes::add_starts(demuxer.info(), &demuxer.starts(), findings);
            demuxer.info().clone()
        }
        Err(error) => return add_error(error, findings).map(|()| Media::default()),
    };
    if !is_same_family(kind, &info.container) {
        let message = format!("{} by its signature, {} for FFmpeg", kind.container(), info.container);
        findings.add(Code::TwoTypes, None, message);
    }
    rules::judge(&Facts::from(&info).lasting(walked), policy, findings);
    notes::add(&info, findings);
    let decoded = if findings.rejected() {
        None
    } else {
        Some(decode::check(&source, &info, walked, policy, monitor, findings)?)
    };
    Ok(Media { info: Some(info), decoded })
}

/// The source under the stricter of its own limits and the policy's: FFmpeg then stops early by itself. Where the length
/// is known from the media itself, what a header says of it does not count.
fn limited(source: &Source, policy: &UploadPolicy, length_is_known: bool) -> Source {
    let own = source.limits().clone();
    let limits = own
        .clone()
        .with_max_streams(own.max_streams.min(policy.max_streams))
        .with_max_frame_pixels(own.max_frame_pixels.min(policy.max_pixels))
        .with_max_audio_channels(own.max_audio_channels.min(policy.max_channels))
        .with_max_sample_rate_hz(own.max_sample_rate_hz.min(policy.max_sample_rate_hz))
        .with_max_duration(if length_is_known { Duration::MAX } else { own.max_duration.min(policy.max_duration) });
    source.clone().with_limits(limits)
}

/// What an error of the media layer says of the upload; the error itself where it is not the upload's fault.
pub(super) fn add_error(error: Error, findings: &mut Findings) -> Result<()> {
    let code = match &error {
        Error::Malformed { .. } => Code::CorruptMedia,
        Error::Unsupported { .. } => Code::CannotDecode,
        Error::MissingTrack { .. } => Code::NoTracks,
        Error::LimitExceeded { limit, .. } => match *limit {
            "max_streams" => Code::TooManyTracks,
            "max_frame_pixels" => Code::TooLarge,
            "max_audio_channels" => Code::TooManyChannels,
            "max_sample_rate_hz" => Code::SampleRate,
            "max_duration_seconds" => Code::TooLong,
            _ => Code::OverLimit,
        },
        Error::InvalidOption { .. } | Error::Cancelled | Error::Io { .. } | Error::Backend { .. } => return Err(error),
    };
    findings.add(code, None, error);
    Ok(())
}

/// Whether FFmpeg, which looks for itself, takes the file for the same thing: where it does not, some other reader may
/// not either.
fn is_same_family(kind: FileKind, container: &str) -> bool {
    use FileKind::*;
    match kind {
        Mp4 | Mov | ThreeGp | M4a | M4v => matches!(container, "mp4" | "mov" | "m4a" | "m4v" | "3gp" | "3g2" | "mj2"),
        Matroska | Webm => matches!(container, "matroska" | "webm"),
        Avi | Wav | Flac | Mp3 | Ogg | MpegTs | Flv => {
            container == kind.container() || (kind == Wav && container == "w64")
        }
        _ => true,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::geometry::TrackKind;

    #[test]
    fn only_what_is_not_the_files_fault_stays_an_error() {
        let mut findings = Findings::default();
        add_error(Error::malformed("a", "broken"), &mut findings).unwrap();
        add_error(Error::limit("a", "max_streams", 9, 3), &mut findings).unwrap();
        add_error(Error::missing_track("a", TrackKind::Video), &mut findings).unwrap();
        assert!(findings.has(Code::CorruptMedia) && findings.has(Code::TooManyTracks) && findings.has(Code::NoTracks));
        assert!(matches!(add_error(Error::Cancelled, &mut findings), Err(Error::Cancelled)));
        assert!(add_error(Error::backend("a", "bug"), &mut findings).is_err());
    }
}
