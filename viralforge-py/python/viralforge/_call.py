"""What every verb does with its source and with the arguments that all verbs have."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeAlias

from ._limits import Limits
from ._native import CancelToken
from ._progress import Progress, ProgressCallback
from ._source import Source, SourceLike

Call: TypeAlias = tuple[str | None, Callable[[Any, float, float, float | None], object] | None, CancelToken | None]
"""Limits as JSON, the callback in the native module's terms, the token."""


def native_source(source: SourceLike) -> Any:
    """What the native module reads."""
    return source._native if isinstance(source, Source) else source


def call(limits: Limits | None, progress: ProgressCallback | None, cancel: CancelToken | None) -> Call:
    """The arguments that all verbs have, for the native module.

    Raises:
        TypeError: One of them is of another type.
    """
    if limits is not None and not isinstance(limits, Limits):
        raise TypeError(f"limits must be Limits, not {type(limits).__name__}")
    if cancel is not None and not isinstance(cancel, CancelToken):
        raise TypeError(f"cancel must be a CancelToken, not {type(cancel).__name__}")
    return (None if limits is None else limits.to_json()), _reporter(progress), cancel


def _reporter(progress: ProgressCallback | None) -> Callable[[Any, float, float, float | None], object] | None:
    if progress is None:
        return None
    if not callable(progress):
        raise TypeError(f"progress must be callable, not {type(progress).__name__}")
    return lambda stage, fraction, elapsed, eta: progress(Progress(stage, fraction, elapsed, eta))
