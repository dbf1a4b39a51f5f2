"""What to write, and what was written."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, Literal, Self, TypeAlias

from . import _native
from ._geometry import Size
from ._record import Document
from ._reframe import ReframePlan
from ._time import TimeRange, seconds

Preset: TypeAlias = Literal["tiktok", "reels", "shorts", "youtube"]
CutMode: TypeAlias = Literal["exact", "smart"]
Speed: TypeAlias = Literal[
    "ultrafast", "superfast", "veryfast", "faster", "fast", "medium", "slow", "slower", "veryslow"
]


@dataclass(frozen=True, slots=True, kw_only=True)
class RenderPlan(Document):
    """A file to make of a source. Plain data: it can be stored, edited, sent elsewhere and rendered later.

    `plan_render` makes one from the options that people type. `dataclasses.replace` makes one that differs.

    Attributes:
        range: The stretch to show; frames whose time lies in it are written. `None` is all.
        cut: How the stretch is cut out.
        reframe: The crop at each moment; without one, `aspect` may still crop.
        aspect: The shape of the result where there is no `reframe`: the middle of the picture is cut to it. `None` is
            the source's own.
        size: Exact size of the result in pixels. `None` is that of the crop, unless `height` is set.
        height: Height of the result in pixels, the width following from the shape. `None` is that of the crop.
        crf: Constant rate factor of x264: 0 (lossless) to 51 (worst); six steps halve the size.
        speed: How long the encoder thinks about each picture.
        keyframe_interval_seconds: The longest distance between keyframes, above 0 and at most 60 s.
        constant_frame_rate: Whether frames are put at even distances.
        audio_bit_rate_bps: Bits a second of the sound, 8,000 to 512,000.
        audio_sample_rate_hz: Samples a second of the sound. `None` is the source's own.
        mute: Whether the sound is left out.
    """

    range: TimeRange | None = None
    cut: CutMode = "exact"
    reframe: ReframePlan | None = None
    aspect: str | None = None
    size: Size | None = None
    height: int | None = None
    crf: int = 23
    speed: Speed = "medium"
    keyframe_interval_seconds: float = 2.0
    constant_frame_rate: bool = False
    audio_bit_rate_bps: int = 128_000
    audio_sample_rate_hz: int | None = None
    mute: bool = False

    @classmethod
    def from_dict(cls, document: Mapping[str, Any]) -> Self:
        """Reads what `to_dict` made.

        Raises:
            InvalidOptionError: A value is missing or wrong.
        """
        plan = super(RenderPlan, cls).from_dict(document)
        _native.check_render_plan(plan.to_json())
        return plan


@dataclass(frozen=True, slots=True)
class RenderReport(Document):
    """What `render` wrote.

    Attributes:
        output: Where it was written.
        frames_written: Pictures in the file.
        duration: Length of the picture track, exactly, in seconds.
        bytes_written: Size of the file in bytes.
        width: Pixels of the picture from left to right.
        height: Pixels of the picture from top to bottom.
        cut: How the stretch was cut out, which may be another way than was asked for; see `warnings`.
        warnings: What a person should know about the result.
    """

    output: str
    frames_written: int
    duration: Fraction | None
    bytes_written: int
    width: int
    height: int
    cut: CutMode
    warnings: tuple[str, ...]

    @property
    def duration_seconds(self) -> float | None:
        """Length of the picture track, in seconds."""
        return None if self.duration is None else seconds(self.duration)
