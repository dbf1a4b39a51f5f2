"""Sizes and rectangles."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

from ._record import Record

AspectRatio: TypeAlias = str | tuple[int, int]
"""A shape, width to height: `"9:16"` or `(9, 16)`."""


@dataclass(frozen=True, slots=True)
class Size(Record):
    """Width and height in pixels.

    Attributes:
        width: Pixels from left to right.
        height: Pixels from top to bottom.
    """

    width: int
    height: int


SizeLike: TypeAlias = Size | tuple[int, int]
"""Width and height in pixels."""


@dataclass(frozen=True, slots=True)
class CropRect(Record):
    """A rectangle in fractional display pixels, as a crop path needs: rounded to whole pixels a slow move shakes.

    Attributes:
        x: Left edge.
        y: Top edge.
        width: Pixels from left to right.
        height: Pixels from top to bottom.
    """

    x: float
    y: float
    width: float
    height: float
