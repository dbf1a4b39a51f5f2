"""Where media comes from and where results go."""

from __future__ import annotations

import os
from types import TracebackType
from typing import Protocol, Self, TypeAlias, final

from . import _native
from ._limits import Limits


class BinaryReader(Protocol):
    """A binary file that can seek: `open(path, "rb")`, `io.BytesIO`, a file of `fsspec` …"""

    def read(self, size: int, /) -> bytes:
        """At most `size` bytes from where it stands; none at its end."""
        ...

    def seek(self, offset: int, whence: int = 0, /) -> object:
        """Moves to an offset from the start, from the place where it stands, or from the end."""
        ...


class BinaryWriter(Protocol):
    """A binary file: `open(path, "wb")`, `io.BytesIO`, a socket's file …"""

    def write(self, data: bytes, /) -> object:
        """Writes bytes and returns how many were taken; `None` means all."""
        ...


@final
class Source:
    """One piece of media to read: a file, bytes, or any binary file that can seek, together with its limits.

    Verbs also take a path, bytes or a file as they are; a `Source` is for limits that nobody can forget, for a name in
    messages, and for a file that must not change between two calls. May be used from several threads.

    Args:
        source: A path, bytes (not copied; a `bytearray` or `memoryview` is), or a binary file that can seek. The file
            stays the caller's: its position changes, and it is not closed.
        limits: What it may cost; `None` means the defaults of `Limits`. Limits given to a verb go before them.
        name: Its name in messages; `None` means the path or the file's own name.

    Raises:
        MediaIOError: A path cannot be read or is no regular file.
        TypeError: `source` is nothing to read from.

    Examples:
        >>> with vf.Source("talk.mp4", limits=vf.Limits(max_streams=2)) as source:
        ...     len(vf.probe(source).streams)
        2
    """

    __slots__ = ("_limits", "_native")

    def __init__(
        self,
        source: str | os.PathLike[str] | bytes | bytearray | memoryview | BinaryReader,
        *,
        limits: Limits | None = None,
        name: str | None = None,
    ) -> None:
        if limits is not None and not isinstance(limits, Limits):
            raise TypeError(f"limits must be Limits, not {type(limits).__name__}")
        self._limits = limits or Limits()
        self._native = _native.Source(source, self._limits.to_json(), name)

    @property
    def name(self) -> str:
        """Its name in messages."""
        return self._native.name

    @property
    def limits(self) -> Limits:
        """The limits it is read under."""
        return self._limits

    @property
    def closed(self) -> bool:
        """Whether `close` was called."""
        return self._native.closed

    def close(self) -> None:
        """Lets go of the bytes or the file; calls that run keep them until they are done."""
        self._native.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    def __repr__(self) -> str:
        return "<viralforge.Source closed>" if self.closed else f"<viralforge.Source {self.name!r}>"


SourceLike: TypeAlias = str | os.PathLike[str] | bytes | bytearray | memoryview | BinaryReader | Source
"""What verbs read: a path, bytes, a binary file that can seek, or a `Source`."""

OutputLike: TypeAlias = str | os.PathLike[str] | BinaryWriter
"""Where verbs write: a path, whose file appears complete or not at all, or a binary file, which gets everything at the
end of a call that succeeds and nothing otherwise."""
