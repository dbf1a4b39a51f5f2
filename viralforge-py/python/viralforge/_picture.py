"""Pictures that stand for a video."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from fractions import Fraction
from typing import Any

import numpy as np
from numpy.typing import NDArray

from . import _native
from ._record import Document, Record
from ._time import seconds


@dataclass(frozen=True, slots=True)
class Thumbnail(Record):
    """One picture that stands for a video, and why.

    Attributes:
        time: When the frame is shown, exactly, in seconds.
        score: 0 (black, blurred, in the middle of a change) to 1 (sharp, well exposed, colorful).
        reasons: What speaks for it, in words.
        width: Pixels from left to right.
        height: Pixels from top to bottom.
        output: The file it was written to, where it was.
        jpeg: The JPEG's bytes; not part of documents.
    """

    time: Fraction
    score: float
    reasons: tuple[str, ...]
    width: int
    height: int
    output: str | None
    jpeg: bytes = field(default=b"", repr=False)

    @property
    def time_seconds(self) -> float:
        """When the frame is shown, in seconds."""
        return seconds(self.time)


@dataclass(frozen=True, slots=True)
class ThumbnailReport(Document):
    """What `extract_thumbnails` made.

    Attributes:
        thumbnails: The pictures, best first.
    """

    thumbnails: tuple[Thumbnail, ...]

    def _with(self, jpegs: list[bytes]) -> ThumbnailReport:
        filled = (replace(picture, jpeg=jpeg) for picture, jpeg in zip(self.thumbnails, jpegs, strict=True))
        return ThumbnailReport(tuple(filled))


@dataclass(frozen=True, slots=True)
class StoryboardTile(Record):
    """One picture on a contact sheet.

    Attributes:
        start: From when on it stands for the video, until the next tile does; exactly, in seconds.
        time: When its frame is shown, exactly, in seconds.
        x: Left edge on the sheet, in pixels.
        y: Top edge on the sheet, in pixels.
        width: Pixels from left to right.
        height: Pixels from top to bottom.
    """

    start: Fraction
    time: Fraction
    x: int
    y: int
    width: int
    height: int

    @property
    def start_seconds(self) -> float:
        """From when on it stands for the video, in seconds."""
        return seconds(self.start)

    @property
    def time_seconds(self) -> float:
        """When its frame is shown, in seconds."""
        return seconds(self.time)


@dataclass(frozen=True, slots=True)
class Storyboard(Document):
    """A contact sheet.

    Attributes:
        width: Pixels of the sheet from left to right.
        height: Pixels of the sheet from top to bottom.
        tiles: Its tiles, in order of time, from left to right and top to bottom.
        duration: How long the video is, exactly, in seconds.
        jpeg: The sheet as a JPEG; not part of documents.
    """

    width: int
    height: int
    tiles: tuple[StoryboardTile, ...]
    duration: Fraction
    jpeg: bytes = field(default=b"", repr=False)

    @property
    def duration_seconds(self) -> float:
        """How long the video is, in seconds."""
        return seconds(self.duration)

    def _with(self, jpeg: bytes) -> Storyboard:
        return replace(self, jpeg=jpeg)

    def to_web_vtt(self, image_url: str) -> str:
        """The text track that players show previews from: one cue a tile, each naming its rectangle of the sheet.

        The cues abut, begin at zero and end with the video.

        Args:
            image_url: Where the sheet is, relative to the track.
        """
        return _native.storyboard_web_vtt(self.to_json(), image_url)


@dataclass(frozen=True, slots=True, eq=False)
class Frame:
    """One decoded frame, upright and with square pixels.

    Attributes:
        time: When the frame is shown: the last one at or before the moment that was asked for; exactly, in seconds.
        pixels: Red, green and blue of each pixel, 0 to 255: an array of height × width × 3.
    """

    time: Fraction
    pixels: NDArray[np.uint8] = field(repr=False)

    @property
    def time_seconds(self) -> float:
        """When the frame is shown, in seconds."""
        return seconds(self.time)

    @property
    def width(self) -> int:
        """Pixels from left to right."""
        return int(self.pixels.shape[1])

    @property
    def height(self) -> int:
        """Pixels from top to bottom."""
        return int(self.pixels.shape[0])

    def to_dict(self) -> dict[str, Any]:
        """What is known about the frame, without its pixels."""
        return {
            "time_seconds": self.time_seconds,
            "time": {"num": self.time.numerator, "den": self.time.denominator},
            "width": self.width,
            "height": self.height,
        }

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Frame):
            return NotImplemented
        return self.time == other.time and np.array_equal(self.pixels, other.pixels)
