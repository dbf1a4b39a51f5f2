"""The loudest and quietest sample of each stretch of sound, for drawing."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from typing import Any, Literal, Self, TypeAlias, final

import numpy as np
from numpy.typing import NDArray

from . import _native
from ._errors import InvalidOptionError
from ._frozen import Frozen

WaveformFormat: TypeAlias = Literal["dat", "json", "svg", "png"]
Color: TypeAlias = tuple[int, int, int]
"""Red, green and blue, 0 to 255."""


@final
class Waveform(Frozen):
    """Minima and maxima of a sound track, bucket by bucket.

    The numbers are those of audiowaveform, so players made for its files work unchanged.

    Args:
        sample_rate_hz: Samples a second of the sound that was measured.
        samples_per_pixel: Samples of one channel that one bucket covers; the last bucket may cover fewer.
        channels: Channels in `data`: one where the sound was mixed to mono.
        data: For each bucket, for each channel: minimum, then maximum, as 16-bit samples.

    Raises:
        InvalidOptionError: A number is zero, or `data` does not hold whole buckets.
    """

    sample_rate_hz: int
    samples_per_pixel: int
    channels: int
    data: NDArray[np.int16]
    """The 16-bit samples, length × channels × 2 (minimum, maximum): the memory that the core filled, read-only."""

    def __init__(
        self, sample_rate_hz: int, samples_per_pixel: int, channels: int, data: NDArray[np.int16] | list[int]
    ) -> None:
        samples = np.asarray(data, dtype=np.int16).reshape(-1)
        if channels < 1 or samples.size % (2 * channels):
            problem = f"data: {samples.size} values are no whole number of buckets of {channels} channels"
            raise InvalidOptionError(problem, option="data")
        view = samples.reshape(-1, channels, 2)
        view.flags.writeable = False
        self.__dict__.update(
            sample_rate_hz=sample_rate_hz, samples_per_pixel=samples_per_pixel, channels=channels, data=view
        )

    @property
    def length(self) -> int:
        """How many buckets."""
        return len(self.data)

    @property
    def min(self) -> NDArray[np.float32]:
        """The lowest sample of each bucket, -1 to 1: length × channels, read-only."""
        return self._extremes[0]

    @property
    def max(self) -> NDArray[np.float32]:
        """The highest sample of each bucket, -1 to 1: length × channels, read-only."""
        return self._extremes[1]

    @property
    def seconds_per_pixel(self) -> float:
        """How long one bucket lasts, in seconds."""
        return self.samples_per_pixel / self.sample_rate_hz

    @cached_property
    def _extremes(self) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        low, high = (part.reshape(-1, self.channels) for part in _native.waveform_extremes(*self._parts))
        low.flags.writeable = high.flags.writeable = False
        return low, high

    @property
    def _parts(self) -> tuple[tuple[int, int, int], NDArray[np.int16]]:
        return (self.sample_rate_hz, self.samples_per_pixel, self.channels), self.data.reshape(-1)

    def to_dict(self) -> dict[str, Any]:
        """The waveform as a document; the samples become a list of numbers."""
        return {
            "sample_rate_hz": self.sample_rate_hz,
            "samples_per_pixel": self.samples_per_pixel,
            "channels": self.channels,
            "length": self.length,
            "data": self.data.reshape(-1).tolist(),
        }

    @classmethod
    def from_dict(cls, document: Mapping[str, Any]) -> Self:
        """Reads what `to_dict` made.

        Raises:
            InvalidOptionError: A value is missing or wrong.
        """
        names = ("sample_rate_hz", "samples_per_pixel", "channels", "data")
        for name in names:
            if name not in document:
                raise InvalidOptionError(f"{name} is missing", option=name)
        return cls(*(document[name] for name in names))

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Waveform):
            return NotImplemented
        mine, theirs = self._parts, other._parts
        return mine[0] == theirs[0] and np.array_equal(mine[1], theirs[1])

    def __reduce__(self) -> tuple[Any, ...]:
        return Waveform, (*self._parts[0], self._parts[1])

    def __repr__(self) -> str:
        return (
            f"Waveform(sample_rate_hz={self.sample_rate_hz}, samples_per_pixel={self.samples_per_pixel},"
            f" channels={self.channels}, length={self.length})"
        )
