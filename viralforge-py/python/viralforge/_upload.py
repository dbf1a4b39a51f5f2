"""The gate that untrusted uploads pass."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Literal, Self, TypeAlias, TypedDict, Unpack

from . import _native
from ._media import MediaInfo
from ._options import pack
from ._record import Document, Record

UploadSlot: TypeAlias = Literal["video", "image", "audio"]
ValidationDepth: TypeAlias = Literal["signature", "structure", "decode"]
Treatment: TypeAlias = Literal["reject", "warn", "allow"]
Verdict: TypeAlias = Literal["accept", "accept_with_warnings", "reject"]
Severity: TypeAlias = Literal["info", "warning", "error"]


class PolicyOverrides(TypedDict, total=False):
    """What of an upload policy is to differ; see `UploadPolicy`."""

    file_name: str | None
    declared_mime: str | None
    depth: ValidationDepth
    decode_whole: bool
    max_bytes: int
    allowed_containers: tuple[str, ...]
    allowed_video_codecs: tuple[str, ...]
    allowed_audio_codecs: tuple[str, ...]
    min_duration_seconds: float
    max_duration_seconds: float
    min_side: int
    max_side: int
    max_pixels: int
    max_pixel_aspect: float
    max_frame_rate: float
    max_image_frames: int
    allow_animation: bool
    max_streams: int
    max_channels: int
    max_sample_rate_hz: int
    require_audio: bool
    max_frame_gap_seconds: float
    max_metadata_bytes: int
    max_damaged_share: float
    location: Treatment
    attachments: Treatment
    data_tracks: Treatment
    trailing_bytes: Treatment
    max_file_name_bytes: int


@dataclass(frozen=True, slots=True, kw_only=True)
class UploadPolicy(Document):
    """What a host takes from its users. Every bound is inclusive.

    Start from `UploadPolicy.video()`, `.image()` or `.audio()` and name what differs; the defaults here are those of a
    video.

    Args:
        slot: What the upload is for.
        file_name: The name that the user's file has; `None` leaves names and extensions unchecked.
        declared_mime: The media type that the client declared (`Content-Type`); `None` leaves it unchecked.
        depth: How deep to look; each step includes the ones before and costs more: the name, the size and the first
            and last kilobytes; the container from end to end; FFmpeg's facts and a bounded decode.
        decode_whole: Whether a decode is of everything, however long it takes, rather than of the beginning, the end
            and places between.
        max_bytes: Size of the file in bytes.
        allowed_containers: Containers that are taken, by the short names of `MediaInfo.container`.
        allowed_video_codecs: Video codecs that are taken, by FFmpeg's names.
        allowed_audio_codecs: Audio codecs that are taken, by FFmpeg's names; `pcm` stands for every kind of PCM.
        min_duration_seconds: Shortest media; media without any length is refused in any case.
        max_duration_seconds: Longest media. Default: 4 hours.
        min_side: The smallest width and the smallest height of a picture, in pixels.
        max_side: The largest width and the largest height of a picture as stored and as shown, in pixels.
        max_pixels: Pixels of one picture.
        max_pixel_aspect: How far from square a pixel may be, as long side to short side.
        max_frame_rate: Frames a second.
        max_image_frames: Pictures of an animated image.
        allow_animation: Whether an image may move.
        max_streams: Tracks, attachments included.
        max_channels: Channels of one sound track.
        max_sample_rate_hz: Samples a second of one sound track.
        require_audio: Whether a video must have sound.
        max_frame_gap_seconds: The longest time from one frame to the next.
        max_metadata_bytes: Bytes of everything that is not picture or sound.
        max_damaged_share: Share of the decoded frames that may be damaged, 0 to 1.
        location: What to do with a place in the metadata (GPS).
        attachments: What to do with files inside the file; programs and documents are refused in any case.
        data_tracks: What to do with tracks that are neither picture nor sound.
        trailing_bytes: What to do with bytes after the end that nothing explains.
        max_file_name_bytes: The longest file name in bytes of UTF-8.

    Examples:
        >>> vf.UploadPolicy.image(max_side=4096).allowed_containers
        ('jpeg', 'png', 'gif', 'webp', 'avif')
    """

    slot: UploadSlot = "video"
    file_name: str | None = None
    declared_mime: str | None = None
    depth: ValidationDepth = "decode"
    decode_whole: bool = False
    max_bytes: int = 100_000_000
    allowed_containers: tuple[str, ...] = ("mp4", "mov", "m4v", "3gp", "matroska", "webm", "avi", "mpegts")
    allowed_video_codecs: tuple[str, ...] = (
        "h264",
        "hevc",
        "vp8",
        "vp9",
        "av1",
        "mpeg4",
        "mpeg2video",
        "mjpeg",
        "prores",
        "h263",
    )
    allowed_audio_codecs: tuple[str, ...] = ("aac", "mp3", "opus", "vorbis", "pcm", "ac3", "flac", "alac")
    min_duration_seconds: float = 0.0
    max_duration_seconds: float = 14_400.0
    min_side: int = 16
    max_side: int = 8192
    max_pixels: int = 35_389_440
    max_pixel_aspect: float = 10.0
    max_frame_rate: float = 1000.0
    max_image_frames: int = 1000
    allow_animation: bool = True
    max_streams: int = 32
    max_channels: int = 16
    max_sample_rate_hz: int = 192_000
    require_audio: bool = False
    max_frame_gap_seconds: float = 60.0
    max_metadata_bytes: int = 67_108_864
    max_damaged_share: float = 0.05
    location: Treatment = "warn"
    attachments: Treatment = "warn"
    data_tracks: Treatment = "allow"
    trailing_bytes: Treatment = "reject"
    max_file_name_bytes: int = 255

    @classmethod
    def video(cls, **overrides: Unpack[PolicyOverrides]) -> Self:
        """User videos.

        Raises:
            InvalidOptionError: There is no such field, or a value has the wrong type.
        """
        return cls._of("video", overrides)

    @classmethod
    def image(cls, **overrides: Unpack[PolicyOverrides]) -> Self:
        """Pictures: thumbnails, covers, profile pictures.

        Raises:
            InvalidOptionError: There is no such field, or a value has the wrong type.
        """
        return cls._of("image", overrides)

    @classmethod
    def audio(cls, **overrides: Unpack[PolicyOverrides]) -> Self:
        """Sound: music, speech.

        Raises:
            InvalidOptionError: There is no such field, or a value has the wrong type.
        """
        return cls._of("audio", overrides)

    @classmethod
    def _of(cls, slot: UploadSlot, overrides: PolicyOverrides) -> Self:
        return cls.from_json(_native.upload_policy(json.dumps(slot), pack(overrides)))


ReasonClass: TypeAlias = Literal[
    "ok",
    "empty",
    "not_media",
    "extension_mismatch",
    "container_not_allowed",
    "codec_not_allowed",
    "bad_filename",
    "polyglot",
    "active_content",
    "trailing_data",
    "malware",
    "attachment",
    "external_reference",
    "truncated",
    "malformed",
    "too_deep",
    "corrupt",
    "no_moov",
    "no_streams",
    "no_video",
    "not_video",
    "no_frames",
    "zero_duration",
    "duration_limit",
    "dimension_limit",
    "bad_sar",
    "frame_limit",
    "stream_limit",
    "channel_limit",
    "metadata_limit",
    "timestamp_gap",
    "resource_limit",
    "decompression_bomb",
    "encrypted",
]


@dataclass(frozen=True, slots=True)
class Finding(Record):
    """One thing that the check of an upload found.

    Attributes:
        code: Stable name of exactly this finding: `sample_outside_file`, `gps` …
        class_: The kind of reason that it is; `class` in a document.
        severity: What it means for the verdict: a fact worth knowing, taken but somebody should know, or refused.
        offset: Where in the file, in bytes from its start; `None` where it is about the whole.
        track: The track that it is about, counted from 0 in the file's order; `None` where it is about the whole.
        message: A sentence for the person who uploaded it: what is wrong and what to do.
        operator_message: The particulars for whoever runs the service. May quote the file: escape it where it is shown.
    """

    code: str
    class_: ReasonClass
    severity: Severity
    offset: int | None
    track: int | None
    message: str
    operator_message: str


@dataclass(frozen=True, slots=True)
class DecodedShare(Record):
    """How much of an upload was decoded, and how much of that is damaged.

    Attributes:
        whole: Whether everything was decoded, rather than samples of it.
        frames: Pictures that were decoded, damaged ones included.
        damaged_frames: Pictures among them that are damaged, and packets that gave none.
        audio_frames: Pieces of sound that were decoded.
        damaged_audio_frames: Pieces of sound that are damaged.
        damaged_share: Share of all that was decoded that is damaged, 0 to 1, of pictures or of sound, whichever is
            worse.
    """

    whole: bool
    frames: int
    damaged_frames: int
    audio_frames: int
    damaged_audio_frames: int
    damaged_share: float


@dataclass(frozen=True, slots=True)
class UploadReport(Document):
    """What `validate_upload` found.

    Attributes:
        verdict: Whether to take it: follows from the severest finding.
        mime: The media type that the bytes have, whatever the name says; `application/octet-stream` where unknown.
        safe_name: A name that is safe in a file system, a URL and a command line, with the extension of the true type.
        findings: Everything that was found, the severest first.
        media: The media's facts, where the check came far enough to read them.
        decoded: What the decode found, where the check came as far as that.
    """

    verdict: Verdict
    mime: str
    safe_name: str
    findings: tuple[Finding, ...]
    media: MediaInfo | None
    decoded: DecodedShare | None


class UploadInspector:
    """Looks at an upload while it is still coming, and tells as early as possible that the rest need not be sent: a
    wrong type, a size over the limit, a header that breaks the rules.

    It refuses only for what `validate_upload` refuses as well, so an upload that it lets pass still has to be
    validated when it is whole. It keeps up to 1 MiB, and that only until it has looked at it; it never decodes. One
    upload's bytes come from one thread at a time.

    Args:
        policy: What is taken: `"video"`, `"image"`, `"audio"`, or an `UploadPolicy` of your own.
        byte_len: How long the upload will be; `None` where that is not known.
        file_name: The name that the user's file has; `None` means the policy's, which usually leaves it unchecked.
        declared_mime: The media type that the client declared (`Content-Type`); `None` means the policy's.

    Raises:
        InvalidOptionError: The policy contradicts itself.

    Examples:
        >>> inspector = vf.UploadInspector("video", file_name="clip.mp4")
        >>> inspector.push(b"<!doctype html><script>" * 300)
        'reject'
        >>> inspector.report().findings[0].class_
        'not_media'
    """

    __slots__ = ("_native",)

    def __init__(
        self,
        policy: UploadSlot | UploadPolicy = "video",
        byte_len: int | None = None,
        *,
        file_name: str | None = None,
        declared_mime: str | None = None,
    ) -> None:
        self._native = _native.UploadInspector(policy_text(policy, file_name, declared_mime), byte_len)

    def push(self, data: bytes | bytearray | memoryview) -> Verdict:
        """Takes the bytes that came next, in the order of the file, and tells what is known by now.

        Once it says `"reject"` it stays with that.
        """
        verdict: Verdict = json.loads(self._native.push(bytes(data)))
        return verdict

    def report(self) -> UploadReport:
        """What has been found so far. Neither facts of the media nor a decode are part of it."""
        return UploadReport.from_json(self._native.report())

    @property
    def seen_bytes(self) -> int:
        """How many bytes have come."""
        seen: int = self._native.seen_bytes
        return seen


def policy_text(policy: UploadSlot | UploadPolicy, file_name: str | None, declared_mime: str | None) -> str:
    """A policy for one upload, as the native module reads it."""
    options = {"slot": policy} if isinstance(policy, str) else policy.to_dict()
    named = {"file_name": file_name, "declared_mime": declared_mime}
    options |= {name: value for name, value in named.items() if value is not None}
    return pack(options)


RemovedKind: TypeAlias = Literal[
    "location",
    "exif",
    "xmp",
    "tags",
    "comment",
    "cover",
    "preview",
    "chapters",
    "attachment",
    "data_track",
    "index",
    "unknown_box",
    "free_space",
    "unreferenced_bytes",
    "trailing_bytes",
]


@dataclass(frozen=True, slots=True)
class Removed(Record):
    """Everything of one kind that was removed from an upload.

    Attributes:
        what: The kind.
        count: How many pieces.
        bytes: Bytes of all of them, their headers included.
    """

    what: RemovedKind
    count: int
    bytes: int


@dataclass(frozen=True, slots=True)
class SanitizeReport(Document):
    """What `sanitize_upload` did.

    Attributes:
        mime: The media type of both files.
        bytes_in: Size of the source in bytes.
        bytes_out: Size of the output in bytes. A header that grew can make it a little larger than the source.
        header_was_last: Whether the source had its header behind the media; the output has it in front.
        removed: What was removed, one entry for each kind. Times of recording and names of programs that are
            overwritten in place are not listed.
    """

    mime: str
    bytes_in: int
    bytes_out: int
    header_was_last: bool
    removed: tuple[Removed, ...]
