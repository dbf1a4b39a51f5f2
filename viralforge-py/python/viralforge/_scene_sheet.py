"""Contact sheets of scenes."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from fractions import Fraction
from typing import Literal, TypeAlias

from ._record import Document, Record
from ._time import seconds

SceneFormat: TypeAlias = Literal["json", "csv", "edl", "fcpxml", "otio", "web_vtt", "ffmetadata"]
StatisticsFormat: TypeAlias = Literal["csv", "svg", "png"]
SheetFormat: TypeAlias = Literal["jpeg", "png"]
ScenePart: TypeAlias = Literal["first", "middle", "last"]


@dataclass(frozen=True, slots=True)
class SceneTile(Record):
    """One frame on a contact sheet of scenes.

    Attributes:
        scene: Number of the scene, counted from 1.
        part: Which frame of the scene: first and last are frames that show nothing of another scene.
        time: When its frame is shown, exactly, in seconds.
        x: Left edge on the sheet, in pixels.
        y: Top edge on the sheet, in pixels.
        width: Pixels from left to right.
        height: Pixels from top to bottom.
    """

    scene: int
    part: ScenePart
    time: Fraction
    x: int
    y: int
    width: int
    height: int

    @property
    def time_seconds(self) -> float:
        """When its frame is shown, in seconds."""
        return seconds(self.time)


@dataclass(frozen=True, slots=True)
class SceneSheet(Document):
    """A contact sheet of scenes.

    Attributes:
        width: Pixels of the sheet from left to right.
        height: Pixels of the sheet from top to bottom.
        format: What the picture is encoded as.
        page: Which sheet it is, counted from 1.
        pages: How many sheets all scenes take.
        tiles: Its tiles: three a scene, in order of time.
        image: The picture's bytes; not part of documents.
    """

    width: int
    height: int
    format: SheetFormat
    page: int
    pages: int
    tiles: tuple[SceneTile, ...]
    image: bytes = field(default=b"", repr=False)

    def _with(self, image: bytes) -> SceneSheet:
        return replace(self, image=image)
