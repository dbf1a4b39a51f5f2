"""Everything that was measured in one pass over a file."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from fractions import Fraction
from functools import cached_property
from typing import TYPE_CHECKING, Any, Self, TypedDict, final

from . import _native
from ._frozen import Frozen
from ._media import MediaInfo
from ._scene import BoundaryKind, SceneReport
from ._scene_method import SceneMethod, SceneMode
from ._sound import LoudnessReport, SilenceReport
from ._time import TimeRange
from ._waveform import Waveform

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    _F32 = NDArray[np.float32]
    _Times = tuple[NDArray[np.int64], NDArray[np.uint32], NDArray[np.float64]]


class SceneOptions(TypedDict, total=False):
    """Options of `detect_scenes` within `analyze`."""

    method: SceneMethod
    threshold: float
    kinds: Iterable[BoundaryKind]
    min_scene_duration_seconds: float
    range: TimeRange | None
    frame_step: int
    mode: SceneMode
    segments: int | None
    statistics: bool


class WaveformOptions(TypedDict, total=False):
    """Options of `analyze_waveform` within `analyze`."""

    samples_per_pixel: int
    pixels_per_second: int | None
    split_channels: bool
    range: TimeRange | None


class LoudnessOptions(TypedDict, total=False):
    """Options of `measure_loudness` within `analyze`."""

    true_peak: bool


class SilenceOptions(TypedDict, total=False):
    """Options of `detect_silence` within `analyze`."""

    threshold_dbfs: float
    min_duration_seconds: float


class _PerFrame(Frozen):
    """Figures of each frame as arrays of the same length, in order of time; read-only."""

    _names: tuple[str, ...] = ()
    time_seconds: NDArray[np.float64]
    """When each frame is shown, in seconds."""

    def __init__(self, times: _Times, columns: list[_F32]) -> None:
        arrays = dict(zip(self._names, columns, strict=True))
        every: list[NDArray[Any]] = [*times, *columns]
        for array in every:
            array.flags.writeable = False
        self.__dict__.update(arrays, _num=times[0], _den=times[1], time_seconds=times[2])

    @cached_property
    def time(self) -> tuple[Fraction, ...]:
        """When each frame is shown, exactly, in seconds."""
        exact: dict[str, NDArray[Any]] = self.__dict__
        return tuple(map(Fraction, exact["_num"].tolist(), exact["_den"].tolist()))

    def __len__(self) -> int:
        return len(self.time_seconds)

    def __eq__(self, other: object) -> bool:
        if type(other) is not type(self):
            return NotImplemented
        import numpy as np

        names = ("_num", "_den", *self._names)
        return all(np.array_equal(self.__dict__[name], other.__dict__[name]) for name in names)

    def __reduce__(self) -> tuple[Any, ...]:
        own = self.__dict__
        return type(self), ((own["_num"], own["_den"], own["time_seconds"]), [own[name] for name in self._names])

    def __repr__(self) -> str:
        return f"<viralforge.{type(self).__name__} of {len(self)} frames>"


@final
class FrameQuality(_PerFrame):
    """How good each frame looks: arrays of one number a frame, in order of time, read-only."""

    _names = ("brightness", "contrast", "sharpness", "saturation", "dark_share", "bright_share", "motion")
    brightness: _F32
    """Mean luma, 0 (black) to 1 (white)."""
    contrast: _F32
    """Standard deviation of luma, 0 (flat) to about 0.5."""
    sharpness: _F32
    """Mean absolute Laplacian of luma at half resolution or better, 0 (flat or out of focus) to 1."""
    saturation: _F32
    """Mean distance of the colors from gray, 0 to 1."""
    dark_share: _F32
    """Share of pixels that are nearly black, 0 to 1."""
    bright_share: _F32
    """Share of pixels that are nearly white, 0 to 1."""
    motion: _F32
    """Mean absolute difference from the frame before, 0 (still) to 1."""


@final
class SubjectTrack(_PerFrame):
    """Where the subject of each frame is, in shares of the upright picture: 0 is left or top, 1 is right or bottom."""

    _names = ("center_x", "center_y", "weight")
    center_x: _F32
    """Center from left to right, 0 to 1."""
    center_y: _F32
    """Center from top to bottom, 0 to 1."""
    weight: _F32
    """How sure that is: 0 (nothing stands out; the center is a guess) to 1."""


@final
class Analysis(Frozen):
    """What `analyze` found. A part is `None` where it was not asked for or where the file lacks the track for it.

    Made by `analyze` and `from_dict`. The figures stay with the native module until a part is looked at.
    """

    _handle: _native.Analysis

    def __init__(self, native: _native.Analysis) -> None:
        if not isinstance(native, _native.Analysis):
            raise TypeError("an Analysis is made by analyze(), from_dict() or from_json()")
        self.__dict__["_handle"] = native

    @cached_property
    def media(self) -> MediaInfo:
        """The facts of the file."""
        return MediaInfo.from_json(self._handle.media())

    @cached_property
    def scenes(self) -> SceneReport | None:
        """Shots and boundaries."""
        found = self._handle.scenes()
        return None if found is None else SceneReport._of(*found)

    @cached_property
    def waveform(self) -> Waveform | None:
        """Minima and maxima of the sound."""
        found = self._handle.waveform()
        return None if found is None else Waveform(*found[0], found[1])

    @cached_property
    def loudness(self) -> LoudnessReport | None:
        """Loudness of the sound."""
        found = self._handle.loudness()
        return None if found is None else LoudnessReport.from_json(found)

    @cached_property
    def silence(self) -> SilenceReport | None:
        """Silences of the sound."""
        found = self._handle.silence()
        return None if found is None else SilenceReport.from_json(found)

    @cached_property
    def quality(self) -> FrameQuality | None:
        """How good each frame looks."""
        found = self._handle.quality()
        return None if found is None else FrameQuality(*found)

    @cached_property
    def subject(self) -> SubjectTrack | None:
        """Where the subject of each frame is."""
        found = self._handle.subject()
        return None if found is None else SubjectTrack(*found)

    @property
    def undecodable_packets(self) -> int:
        """Packets of pictures or sound that no decoder could use: where there are any, the parts tell of the rest."""
        return self._handle.undecodable_packets

    def to_json(self) -> str:
        """The whole analysis as JSON text: about 300 bytes a frame and 12 a bucket of the waveform."""
        return self._handle.to_json()

    @classmethod
    def from_json(cls, text: str) -> Self:
        """Reads what `to_json` made.

        Raises:
            InvalidOptionError: The text is no JSON, or a value is missing or wrong.
        """
        return cls(_native.Analysis.from_json(text))

    def to_dict(self) -> dict[str, Any]:
        """The whole analysis as a document."""
        document: dict[str, Any] = json.loads(self.to_json())
        return document

    @classmethod
    def from_dict(cls, document: Mapping[str, Any]) -> Self:
        """Reads what `to_dict` made.

        Raises:
            InvalidOptionError: A value is missing or wrong.
        """
        return cls.from_json(json.dumps(document))

    def __eq__(self, other: object) -> bool:
        return self._handle == other._handle if isinstance(other, Analysis) else NotImplemented

    def __reduce__(self) -> tuple[Any, ...]:
        return Analysis.from_json, (self.to_json(),)

    def __repr__(self) -> str:
        return f"<viralforge.Analysis of {self.media.container}, {self.media.duration_seconds} s>"
