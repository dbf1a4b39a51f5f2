"""Results that keep what they worked out, and are frozen all the same."""

from __future__ import annotations

from typing import Any, NoReturn


class Frozen:
    """A class whose attributes cannot be set or deleted; `functools.cached_property` still keeps its value."""

    def __setattr__(self, name: str, value: Any) -> NoReturn:
        raise AttributeError(f"{type(self).__name__} is frozen: cannot set {name}")

    def __delattr__(self, name: str) -> NoReturn:
        raise AttributeError(f"{type(self).__name__} is frozen: cannot delete {name}")
