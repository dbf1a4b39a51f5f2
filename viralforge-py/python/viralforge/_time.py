"""Exact time: fractions of seconds, never frame counts."""

from __future__ import annotations

import math
import numbers
from dataclasses import dataclass
from fractions import Fraction
from typing import TypeAlias

from ._errors import InvalidOptionError
from ._record import Record

Moment: TypeAlias = Fraction | float
"""A number of seconds. Zero is the first frame that is shown; a float is taken to the nearest microsecond."""

_MICROSECONDS = 1_000_000
_NANOSECONDS = 1_000_000_000
_MAX_DENOMINATOR = 2**32 - 1
_MAX_NUMERATOR = 2**63 - 1


def exact(value: Moment, name: str) -> Fraction:
    """The moment as a fraction that the core can hold.

    Raises:
        TypeError: `value` is not a number.
        InvalidOptionError: `value` is not finite, or beyond 2^63 units.
    """
    given: object = value  # callers without a type checker
    if isinstance(given, Fraction):
        moment = given
    elif isinstance(given, bool) or not isinstance(given, numbers.Real):
        raise TypeError(f"{name} must be a number of seconds, not {type(given).__name__}")
    elif isinstance(given, numbers.Integral):
        moment = Fraction(int(given))
    elif not math.isfinite(given):
        raise InvalidOptionError(f"{name} {value} is not a number of seconds", option=name)
    else:
        moment = Fraction(round(float(given) * _MICROSECONDS), _MICROSECONDS)
    if moment.denominator > _MAX_DENOMINATOR:
        moment = Fraction(round(moment * _NANOSECONDS), _NANOSECONDS)
    if abs(moment.numerator) > _MAX_NUMERATOR:
        raise InvalidOptionError(f"{name} {value} is beyond any time", option=name)
    return moment


@dataclass(frozen=True, slots=True, init=False)
class TimeRange(Record):
    """A half-open stretch of time: `start` belongs to it, `end` does not.

    Args:
        start: Its first moment, in seconds.
        end: The first moment after it, in seconds; not before `start`.

    Raises:
        InvalidOptionError: `end` lies before `start`, or one of them is not finite.

    Examples:
        >>> part = TimeRange(12.5, 40)
        >>> part.start, part.duration_seconds
        (Fraction(25, 2), 27.5)
        >>> part.contains(40)
        False
    """

    start: Fraction
    end: Fraction

    def __init__(self, start: Moment, end: Moment) -> None:
        object.__setattr__(self, "start", exact(start, "start"))
        object.__setattr__(self, "end", exact(end, "end"))
        self.__post_init__()

    def __post_init__(self) -> None:
        if self.end < self.start:
            raise InvalidOptionError(f"end {self.end_seconds} lies before start {self.start_seconds}", option="end")

    @property
    def start_seconds(self) -> float:
        """Its first moment, in seconds."""
        return seconds(self.start)

    @property
    def end_seconds(self) -> float:
        """The first moment after it, in seconds."""
        return seconds(self.end)

    @property
    def duration(self) -> Fraction:
        """`end - start`, exactly, in seconds."""
        return self.end - self.start

    @property
    def duration_seconds(self) -> float:
        """`end - start`, in seconds."""
        return seconds(self.duration)

    @property
    def range(self) -> TimeRange:
        """The stretch by itself, without what else is known about it."""
        return TimeRange(self.start, self.end)

    def contains(self, time: Moment) -> bool:
        """Whether a moment, in seconds, lies in it."""
        return self.start <= exact(time, "time") < self.end


def seconds(moment: Fraction) -> float:
    """A moment as the core writes it."""
    return moment.numerator / moment.denominator
