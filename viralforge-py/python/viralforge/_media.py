"""The facts of a file, as `probe` reports them."""

from __future__ import annotations

from dataclasses import dataclass, field
from fractions import Fraction
from typing import Literal, TypeAlias

from . import _native
from ._codec import FLAT
from ._geometry import Size
from ._record import Document, Record
from ._time import TimeRange, seconds

TrackKind: TypeAlias = Literal["video", "audio", "subtitle", "data", "attachment"]
HdrKind: TypeAlias = Literal["pq", "hdr10", "hdr10_plus", "hlg", "dolby_vision"]


@dataclass(frozen=True, slots=True)
class Tag(Record):
    """A name and a text that the file carries.

    Attributes:
        key: Its name, as the file spells it.
        value: Its text.
    """

    key: str
    value: str


@dataclass(frozen=True, slots=True)
class Chapter(TimeRange):
    """One chapter: a time range with a title.

    Attributes:
        start: When it begins, in seconds.
        end: When the next one begins, in seconds.
        title: Its title.
    """

    title: str | None


@dataclass(frozen=True, slots=True)
class VideoInfo(Record):
    """Facts of a video track. What the file does not tell is `None`.

    Attributes:
        width: Stored pixels from left to right, before rotation and before the shape of pixels.
        height: Stored pixels from top to bottom.
        display_size: Size that a player shows: upright and with square pixels.
        sample_aspect_ratio: Shape of one pixel; `"1:1"` is square.
        display_aspect_ratio: Shape of the picture as shown, such as `"16:9"`.
        rotation_degrees: How the stored picture must be turned to stand upright, in degrees clockwise.
        mirrored: Whether the stored picture must also be mirrored left to right before it is turned.
        frame_rate: Frames a second: the real rate where it is constant, the average where it varies.
        variable_frame_rate: Whether frames last differently long.
        pixel_format: FFmpeg's name of the pixel format: `yuv420p`, `yuv420p10le` …
        bit_depth: Bits of one sample of one color component.
        interlaced: Whether the pictures are fields of an interlaced signal.
        color_range: `tv` (limited) or `pc` (full) range of values.
        color_space: Matrix of the color differences: `bt709`, `bt2020nc` …
        color_transfer: Transfer characteristic: `bt709`, `smpte2084` …
        color_primaries: Primaries: `bt709`, `bt2020` …
        hdr: Kind of high dynamic range; `None` is SDR.
        max_keyframe_interval_seconds: The longest stretch between two keyframes, where the index tells it cheaply.
    """

    width: int
    height: int
    display_size: Size
    sample_aspect_ratio: str
    display_aspect_ratio: str
    rotation_degrees: int
    mirrored: bool
    frame_rate: Fraction | None
    variable_frame_rate: bool
    pixel_format: str | None
    bit_depth: int | None
    interlaced: bool
    color_range: str | None
    color_space: str | None
    color_transfer: str | None
    color_primaries: str | None
    hdr: HdrKind | None
    max_keyframe_interval_seconds: float | None


@dataclass(frozen=True, slots=True)
class AudioInfo(Record):
    """Facts of a sound track.

    Attributes:
        sample_rate_hz: Samples a second.
        channels: How many channels.
        channel_layout: FFmpeg's name of the layout: `mono`, `stereo`, `5.1(side)` …
        bits_per_sample: Bits of one sample, where the codec stores whole samples.
    """

    sample_rate_hz: int
    channels: int
    channel_layout: str | None
    bits_per_sample: int | None


@dataclass(frozen=True, slots=True)
class StreamInfo(Record):
    """One track of a file. Facts that the file does not tell are `None`.

    Attributes:
        index: Its place in the file, from 0.
        kind: What it holds.
        codec: FFmpeg's name of the codec: `h264`, `hevc`, `aac` …; `unknown` where it has none.
        profile: Profile of the codec: `High`, `Main 10`, `LC` …
        level: Level of the codec in its own counting (`41` is H.264 level 4.1; `120` is HEVC level 4).
        default: Whether players pick it when nobody chooses.
        attached_picture: Whether it is a cover picture rather than a video.
        language: ISO 639 code of its language.
        duration: Its length, exactly, in seconds.
        bit_rate_bps: Bits a second.
        frame_count: Pictures or packets that the container counts; rarely exact outside MP4.
        tags: Tags of this track.
        video: Facts of a video track, else `None`; in a document they stand beside the others.
        audio: Facts of a sound track, else `None`; in a document they stand beside the others.
    """

    index: int
    kind: TrackKind
    codec: str
    profile: str | None
    level: int | None
    default: bool
    attached_picture: bool
    language: str | None
    duration: Fraction | None
    bit_rate_bps: int | None
    frame_count: int | None
    tags: tuple[Tag, ...]
    video: VideoInfo | None = field(default=None, metadata=FLAT)
    audio: AudioInfo | None = field(default=None, metadata=FLAT)

    @property
    def duration_seconds(self) -> float | None:
        """Its length, in seconds."""
        return None if self.duration is None else seconds(self.duration)


@dataclass(frozen=True, slots=True)
class MediaInfo(Document):
    """What a file is and holds.

    Attributes:
        container: Short name of the container: `mp4`, `mov`, `matroska`, `webm`, `mpegts`, `wav` …
        byte_len: Size of the file in bytes.
        duration: Length of the whole, exactly, in seconds; `None` where the file does not tell.
        bit_rate_bps: Bits a second over the whole file.
        streams: Its tracks, in the file's order.
        chapters: Its chapters, in order of time.
        tags: Its tags (title, encoder …), in the file's order. Bytes that are not UTF-8 are replaced.
    """

    container: str
    byte_len: int
    duration: Fraction | None
    bit_rate_bps: int | None
    streams: tuple[StreamInfo, ...]
    chapters: tuple[Chapter, ...]
    tags: tuple[Tag, ...]

    @property
    def duration_seconds(self) -> float | None:
        """Length of the whole, in seconds; `None` where the file does not tell."""
        return None if self.duration is None else seconds(self.duration)

    @property
    def video(self) -> StreamInfo | None:
        """The video track that a player shows: the default one, else the first; covers do not count."""
        return self._best("video")

    @property
    def audio(self) -> StreamInfo | None:
        """The sound track that a player plays: the default one, else the first."""
        return self._best("audio")

    def _best(self, kind: str) -> StreamInfo | None:
        place = _native.best_stream(self.to_json(), kind)
        return None if place is None else self.streams[place]
