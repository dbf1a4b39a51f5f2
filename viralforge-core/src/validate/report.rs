//! What the check of an upload found.

use super::findings::Findings;
use super::policy::UploadPolicy;
use super::{file_name, findings};
use crate::media_info::MediaInfo;

/// What the media itself told, as far as it was read.
#[derive(Clone, Debug, Default)]
pub(super) struct Media {
    pub(super) info: Option<MediaInfo>,
    pub(super) decoded: Option<DecodedShare>,
}

/// What `validate_upload` found.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[non_exhaustive]
pub struct UploadReport {
    /// Whether to take it: follows from the severest finding.
    pub verdict: Verdict,
    /// The media type that the bytes have, whatever the name says; `application/octet-stream` where unknown.
    pub mime: String,
    /// A name that is safe in a file system, a URL and a command line, with the extension of the true type.
    pub safe_name: String,
    /// Everything that was found, the severest first.
    pub findings: Vec<Finding>,
    /// The media's facts, where the check came far enough to read them.
    pub media: Option<MediaInfo>,
    /// What the decode found, where the check came as far as that.
    pub decoded: Option<DecodedShare>,
}

/// How much of an upload was decoded, and how much of that is damaged.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[non_exhaustive]
pub struct DecodedShare {
    /// Whether everything was decoded, rather than samples of it.
    pub whole: bool,
    /// Pictures that were decoded, damaged ones included.
    pub frames: u64,
    /// Pictures among them that are damaged, and packets that gave none.
    pub damaged_frames: u64,
    /// Pieces of sound that were decoded.
    pub audio_frames: u64,
    /// Pieces of sound that are damaged.
    pub damaged_audio_frames: u64,
    /// Share of all that was decoded that is damaged, 0 to 1, of pictures or of sound, whichever is worse.
    pub damaged_share: f64,
}

impl UploadReport {
    pub(super) fn new(
        policy: &UploadPolicy,
        kind: Option<super::kind::FileKind>,
        findings: Findings,
        media: Media,
    ) -> Self {
        let findings = findings.into_sorted();
        Self {
            verdict: findings::verdict(&findings),
            mime: kind.map_or("application/octet-stream", |k| k.mime(policy.slot)).to_owned(),
            safe_name: file_name::safe_name(
                policy.file_name.as_deref().unwrap_or_default(),
                kind.map_or("bin", |k| k.extension(policy.slot)),
            ),
            findings,
            media: media.info,
            decoded: media.decoded,
        }
    }
}

/// Whether to take an upload.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(rename_all = "snake_case"))]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[non_exhaustive]
pub enum Verdict {
    /// Take it.
    Accept,
    /// Take it; the findings say what to look at.
    AcceptWithWarnings,
    /// Refuse it; the findings say why.
    Reject,
}

/// One thing that was found.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[non_exhaustive]
pub struct Finding {
    /// Stable name of exactly this finding: `sample_outside_file`, `gps` …
    pub code: String,
    /// The kind of reason that it is.
    pub class: ReasonClass,
    /// What it means for the verdict.
    pub severity: Severity,
    /// Where in the file, in bytes from its start; `None` where it is about the whole.
    pub offset: Option<u64>,
    /// The track that it is about, counted from 0 in the file's order; `None` where it is about the whole.
    pub track: Option<u32>,
    /// A sentence for the person who uploaded it: what is wrong and what to do.
    pub message: String,
    /// The particulars for whoever runs the service. May quote the file: escape it where it is shown.
    pub operator_message: String,
}

/// What a finding means for the verdict.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(rename_all = "snake_case"))]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[non_exhaustive]
pub enum Severity {
    /// A fact worth knowing.
    Info,
    /// Taken, but somebody should know.
    Warning,
    /// Refused.
    Error,
}

/// The kinds of reasons for refusing an upload.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(rename_all = "snake_case"))]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[non_exhaustive]
pub enum ReasonClass {
    /// No reason to refuse: a fact.
    Ok,
    /// It has no bytes.
    Empty,
    /// It is no media at all.
    NotMedia,
    /// Its content is of another kind than its name or declared type says.
    ExtensionMismatch,
    /// Its container is not on the list.
    ContainerNotAllowed,
    /// A codec is not on the list.
    CodecNotAllowed,
    /// Its name is dangerous.
    BadFilename,
    /// It is also something else: a document, an archive, a program.
    Polyglot,
    /// It carries code for a browser, a server or an operating system.
    ActiveContent,
    /// Bytes follow its end.
    TrailingData,
    /// It carries a known malicious pattern.
    Malware,
    /// It has a file inside.
    Attachment,
    /// It points at other files or addresses.
    ExternalReference,
    /// A part is missing.
    Truncated,
    /// It breaks the rules of its format.
    Malformed,
    /// It is nested deeper than any real file.
    TooDeep,
    /// Its media does not decode.
    Corrupt,
    /// The header that describes the media is missing.
    NoMoov,
    /// It has no tracks.
    NoStreams,
    /// It has no video track.
    NoVideo,
    /// It is a picture or sound where a video is wanted.
    NotVideo,
    /// Its video track has no frames.
    NoFrames,
    /// It lasts no time.
    ZeroDuration,
    /// It lasts too long or too short.
    DurationLimit,
    /// Its pictures are too large or too small.
    DimensionLimit,
    /// The shape of its pixels is absurd.
    BadSar,
    /// It has too many pictures.
    FrameLimit,
    /// It has too many tracks.
    StreamLimit,
    /// It has too many channels of sound.
    ChannelLimit,
    /// It has too much metadata.
    MetadataLimit,
    /// Its frames lie too far apart.
    TimestampGap,
    /// It would cost too much to open.
    ResourceLimit,
    /// It unpacks to far more than it is.
    DecompressionBomb,
    /// It is protected against copying.
    Encrypted,
}
