"""Shots and the boundaries between them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import TYPE_CHECKING, Literal, TypeAlias

from ._record import Document
from ._scene_statistics import SceneStatistics
from ._time import Moment, TimeRange, exact

if TYPE_CHECKING:
    from ._scene_statistics import _Columns

BoundaryKind: TypeAlias = Literal["cut", "dissolve", "fade", "wipe"]


@dataclass(frozen=True, slots=True)
class Boundary(TimeRange):
    """One change from a shot to the next: the time range during which it is on screen, empty for a cut.

    Attributes:
        start: When the change begins, in seconds.
        end: When it is over, in seconds.
        kind: How it changes: from one frame to the next, one picture shining through the other, through black or
            white, or with a moving edge.
        start_frame: First frame of the change, counted from 0 in order of presentation. For a cut, the first frame of
            the new shot.
        end_frame: Last frame of the change; for a cut the same as `start_frame`.
        confidence: 0 (barely over the threshold) to 1 (certain).
    """

    kind: BoundaryKind
    start_frame: int
    end_frame: int
    confidence: float


@dataclass(frozen=True, slots=True)
class Scene(TimeRange):
    """One shot: the time range during which it is on screen.

    Attributes:
        start: When it begins, in seconds.
        end: When the next one begins, in seconds.
    """


@dataclass(frozen=True, slots=True)
class SceneReport(Document):
    """What `detect_scenes` found.

    Attributes:
        frame_rate: Frames a second of the track, for those who count frames.
        boundaries: Every change from one shot to the next, in order of time.
        scenes: The shots between the boundaries: they abut, the first starts with the first frame and the last ends
            with the video.
        statistics: What was measured of each frame, where it was asked for.
    """

    frame_rate: Fraction | None
    boundaries: tuple[Boundary, ...]
    scenes: tuple[Scene, ...]
    statistics: SceneStatistics | None

    def scene_at(self, time: Moment) -> Scene | None:
        """The shot on screen at a moment, in seconds; `None` before the first and after the last."""
        moment = exact(time, "time")
        return next((scene for scene in self.scenes if scene.contains(moment)), None)

    @classmethod
    def _of(cls, text: str, columns: _Columns | None) -> SceneReport:
        """What the native module gives: statistics have names alone in the text."""
        report = cls.from_json(text)
        if columns is None or report.statistics is None:
            return report
        return replace(report, statistics=report.statistics._with(columns))


SceneCallback: TypeAlias = Callable[[Scene, Boundary | None], object]
"""Called in the thread of the call with each scene, in order of time, and the boundary that ends it: `None` for the
last. An exception in it stops the call and comes out."""
