"""How far a call has come."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal, TypeAlias

Stage: TypeAlias = Literal["probe", "validate", "sanitize", "analyze", "thumbnails", "render"]


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a call has come.

    Attributes:
        stage: What it is doing.
        fraction: Share of the whole call that is done, 0 to 1. Never falls; 1 is reported once, at the end.
        elapsed_seconds: Time since the call began.
        eta_seconds: Estimate of the time that is left; `None` until there is something to go by.
    """

    stage: Stage
    fraction: float
    elapsed_seconds: float
    eta_seconds: float | None

    @property
    def percent(self) -> float:
        """`fraction` in percent."""
        return self.fraction * 100


ProgressCallback: TypeAlias = Callable[[Progress], object]
"""Called in the thread of the call, about twenty times a second. An exception in it stops the call and comes out."""
