"""What was measured of each frame, for people who want to see why a boundary was or was not found."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Self, TypeAlias, final

from ._frozen import Frozen
from ._record import Document, Record

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import DTypeLike, NDArray

    _Columns: TypeAlias = tuple[NDArray[np.int64], NDArray[np.float64], list[NDArray[np.float32]]]
    """Frames, moments, and the values of each column."""


def _frozen(values: Any, dtype: DTypeLike) -> NDArray[Any]:
    """The values as an array that nobody writes to; one of that type already is not copied."""
    import numpy as np

    view = np.ascontiguousarray(values, dtype=dtype).reshape(-1).view()
    view.flags.writeable = False
    return view


def _shortest(values: NDArray[np.float32]) -> list[float]:
    """The values as the core writes them: with no more digits than a float of 32 bits has."""
    digits: list[float] = values.astype(str).astype(float).tolist()
    return digits


@final
class StatisticsColumn(Frozen):
    """One measure of every frame.

    Args:
        name: What it measures, for example `"cut_probability"` or `"content_val"`.
        threshold: Where the method draws the line between one shot and a boundary, where it has one for this measure.
        values: One value a frame.
    """

    name: str
    threshold: float | None
    values: NDArray[np.float32]
    """One value a frame, read-only."""

    def __init__(self, name: str, threshold: float | None, values: NDArray[np.float32] | Sequence[float]) -> None:
        self.__dict__.update(name=name, threshold=threshold, values=_frozen(values, "float32"))

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, StatisticsColumn):
            return NotImplemented
        import numpy as np

        same = (self.name, self.threshold) == (other.name, other.threshold)
        return same and np.array_equal(self.values, other.values)

    def __reduce__(self) -> tuple[Any, ...]:
        return StatisticsColumn, (self.name, self.threshold, self.values)

    def __repr__(self) -> str:
        return f"<viralforge.StatisticsColumn {self.name} of {len(self.values)} frames>"


@final
class SceneStatistics(Frozen):
    """What a method measured of each frame: a table of columns.

    Args:
        frames: Number of each frame, counted from 0 (the first that was analyzed) in order of presentation.
        times_seconds: When each frame is shown, in seconds.
        columns: One column for each measure; each has as many values as there are frames.
    """

    frames: NDArray[np.int64]
    """Number of each frame, read-only."""
    times_seconds: NDArray[np.float64]
    """When each frame is shown, in seconds; read-only."""
    columns: tuple[StatisticsColumn, ...]

    def __init__(
        self,
        frames: NDArray[np.int64] | Sequence[int],
        times_seconds: NDArray[np.float64] | Sequence[float],
        columns: Iterable[StatisticsColumn],
    ) -> None:
        self.__dict__.update(
            frames=_frozen(frames, "int64"),
            times_seconds=_frozen(times_seconds, "float64"),
            columns=tuple(columns),
        )

    def to_dict(self) -> dict[str, Any]:
        """The table as a document; arrays become lists of numbers."""
        return {
            "frames": self.frames.tolist(),
            "times_seconds": self.times_seconds.tolist(),
            "columns": [
                {"name": column.name, "threshold": column.threshold, "values": _shortest(column.values)}
                for column in self.columns
            ],
        }

    @classmethod
    def from_dict(cls, document: Mapping[str, Any]) -> Self:
        """Reads what `to_dict` made.

        Raises:
            InvalidOptionError: A value is missing or wrong.
        """
        form = _Statistics.from_dict(document)
        columns = [StatisticsColumn(column.name, column.threshold, column.values) for column in form.columns]
        return cls(form.frames, form.times_seconds, columns)

    def to_json(self) -> str:
        """The table as JSON text."""
        return json.dumps(self.to_dict(), separators=(",", ":"), allow_nan=False)

    @classmethod
    def from_json(cls, text: str | bytes) -> Self:
        """Reads what `to_json` made.

        Raises:
            InvalidOptionError: The text is no JSON, or a value is missing or wrong.
        """
        return cls.from_dict(_Statistics.from_json(text).to_dict())

    def _with(self, arrays: _Columns) -> SceneStatistics:
        """This table, which has only names, with its values."""
        frames, times_seconds, values = arrays
        named = zip(self.columns, values, strict=True)
        columns = [StatisticsColumn(column.name, column.threshold, array) for column, array in named]
        return SceneStatistics(frames, times_seconds, columns)

    @property
    def _parts(self) -> tuple[str, _Columns]:
        """Names and thresholds as JSON, and the arrays."""
        names = [{"name": column.name, "threshold": column.threshold, "values": ()} for column in self.columns]
        text = json.dumps({"frames": (), "times_seconds": (), "columns": names}, allow_nan=False)
        return text, (self.frames, self.times_seconds, [column.values for column in self.columns])

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, SceneStatistics):
            return NotImplemented
        import numpy as np

        return (
            np.array_equal(self.frames, other.frames)
            and np.array_equal(self.times_seconds, other.times_seconds)
            and self.columns == other.columns
        )

    def __reduce__(self) -> tuple[Any, ...]:
        return SceneStatistics, (self.frames, self.times_seconds, self.columns)

    def __repr__(self) -> str:
        names = ", ".join(column.name for column in self.columns)
        return f"<viralforge.SceneStatistics of {len(self.frames)} frames: {names}>"


@dataclass(frozen=True, slots=True)
class _Column(Record):
    """A column as a document has it."""

    name: str
    threshold: float | None
    values: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class _Statistics(Document):
    """A table as a document has it."""

    frames: tuple[int, ...]
    times_seconds: tuple[float, ...]
    columns: tuple[_Column, ...]
