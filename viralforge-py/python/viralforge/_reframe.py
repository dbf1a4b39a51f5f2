"""Which part of the picture another shape shows."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, Self

from . import _native
from ._geometry import AspectRatio, CropRect, Size, SizeLike
from ._record import Document, Record
from ._time import Moment, TimeRange, exact, seconds


@dataclass(frozen=True, slots=True)
class CropKeyframe(Record):
    """Where the crop is at one moment.

    Attributes:
        time: The moment, exactly, in seconds.
        crop: What is shown then, in display pixels.
    """

    time: Fraction
    crop: CropRect

    @property
    def time_seconds(self) -> float:
        """The moment, in seconds."""
        return seconds(self.time)


@dataclass(frozen=True, slots=True)
class ReframeShot(TimeRange):
    """The path of the crop through one shot.

    Attributes:
        start: When the shot begins, in seconds.
        end: When the next one begins, in seconds.
        keyframes: Where the crop is at some moments, in order of time, at least one; between them it moves in a
            straight line, before the first and after the last it stands still.
    """

    keyframes: tuple[CropKeyframe, ...]


@dataclass(frozen=True, slots=True)
class ReframePlan(Document):
    """A crop for every moment of a video, to keep, edit and render from.

    Attributes:
        aspect: The shape that is cut out, such as `"9:16"`.
        source_size: Size of the upright picture with square pixels that the crops refer to.
        shots: One path a shot, in order of time; they do not overlap.
    """

    aspect: str
    source_size: Size
    shots: tuple[ReframeShot, ...]

    @classmethod
    def centered(cls, source_size: SizeLike, aspect: AspectRatio, range: TimeRange) -> Self:
        """The middle of the picture, for media that nobody analyzed.

        Args:
            source_size: Size of the upright picture with square pixels.
            aspect: The shape to cut out.
            range: The stretch that the plan is for.

        Raises:
            InvalidOptionError: The picture has no pixels, or the shape is none.
        """
        width, height = (source_size.width, source_size.height) if isinstance(source_size, Size) else source_size
        shape = json.dumps(aspect)
        return cls.from_json(_native.center_reframe(width, height, shape, json.dumps(range.to_dict())))

    @classmethod
    def from_dict(cls, document: Mapping[str, Any]) -> Self:
        """Reads what `to_dict` made.

        Raises:
            InvalidOptionError: A value is missing or wrong, shots or keyframes are out of order, or a crop is empty,
                sticks out of the picture or has another shape.
        """
        plan = super(ReframePlan, cls).from_dict(document)
        plan._checked()
        return plan

    def crop_at(self, time: Moment) -> CropRect:
        """What is shown at a moment, in display pixels, not rounded.

        Before the first shot, after the last one and between two, the nearest shot decides.

        Args:
            time: The moment, in seconds.
        """
        return self.crops_at([time])[0]

    def crops_at(self, times: list[Moment]) -> list[CropRect]:
        """`crop_at` for many moments at once, in seconds: the plan is handed over once."""
        plan = self._checked()
        moments = [exact(time, "time") for time in times]
        return [CropRect(*plan.crop_at(moment.numerator, moment.denominator)) for moment in moments]

    def _checked(self) -> _native.ReframePlan:
        return _native.ReframePlan(self.to_json())
