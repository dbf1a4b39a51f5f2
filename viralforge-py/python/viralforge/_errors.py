"""What can go wrong. Every class is a `ViralforgeError` and also the builtin exception that fits."""

from __future__ import annotations

import errno as _errno
from typing import Any, ClassVar


class ViralforgeError(Exception):
    """Base class of every error that this package raises on purpose.

    The text is one line for a person and may change; `code` is stable, and the same in every language.

    Attributes:
        code: Stable name of the class of error: `"invalid_option"`, `"malformed"` …
    """

    code: ClassVar[str] = "viralforge"

    def __reduce__(self) -> tuple[Any, ...]:
        """Errors cross processes with all they carry."""
        args = (self.errno, self.strerror, self.filename) if isinstance(self, OSError) else self.args
        return _restore, (type(self), args, self.__dict__.copy())


class InvalidOptionError(ViralforgeError, ValueError):
    """An option has a value that the verb cannot work with: the caller must change it.

    Attributes:
        option: Name of the option; within an options object the path to it, such as `scenes.threshold`.
    """

    code = "invalid_option"
    option: str

    def __init__(self, message: str, *, option: str) -> None:
        super().__init__(message)
        self.option = option


class MalformedMediaError(ViralforgeError, ValueError):
    """The file is broken, cut short, or not what it claims to be: whoever made it must act."""

    code = "malformed"


class UnsupportedMediaError(ViralforgeError, ValueError):
    """The file may be fine, but this build cannot read or write such a thing."""

    code = "unsupported"


class MissingTrackError(ViralforgeError, LookupError):
    """The verb needs a track that the file does not have.

    Attributes:
        track: The kind that is missing: `"video"` or `"audio"`.
    """

    code = "missing_track"
    track: str

    def __init__(self, message: str, *, track: str) -> None:
        super().__init__(message)
        self.track = track


class LimitExceededError(ViralforgeError, ValueError):
    """A limit of the source would be exceeded; see `Limits`.

    Attributes:
        limit: Name of the limit, as in `Limits`.
        actual: What the file asks for, with its unit.
        allowed: What is allowed, with its unit.
    """

    code = "limit_exceeded"
    limit: str
    actual: str
    allowed: str

    def __init__(self, message: str, *, limit: str, actual: str, allowed: str) -> None:
        super().__init__(message)
        self.limit = limit
        self.actual = actual
        self.allowed = allowed


class CancelledError(ViralforgeError, RuntimeError):
    """The call was cancelled through its `CancelToken`. A cancelled asyncio task raises asyncio's own error instead."""

    code = "cancelled"


class MediaIOError(ViralforgeError, OSError):
    """Reading the source or writing the output failed.

    Where Python has a class for the reason, the error is of that class as well: `except FileNotFoundError` works.

    Attributes:
        errno: The operating system's number of the error.
        strerror: The reason in words.
        filename: Name of the source or output.
    """

    code = "io"


class BackendError(ViralforgeError, RuntimeError):
    """FFmpeg, or our use of it, failed in a way that neither the file nor the caller explains: please report it."""

    code = "backend"


BY_CODE: dict[str, type[ViralforgeError]] = {
    error.code: error
    for error in (
        InvalidOptionError,
        MalformedMediaError,
        UnsupportedMediaError,
        MissingTrackError,
        LimitExceededError,
        CancelledError,
        MediaIOError,
        BackendError,
    )
}

# Tracebacks name what callers import.
for _public in (ViralforgeError, *BY_CODE.values()):
    _public.__module__ = "viralforge"


class _NotFoundError(MediaIOError, FileNotFoundError):
    pass


class _PermissionError(MediaIOError, PermissionError):
    pass


class _IsADirectoryError(MediaIOError, IsADirectoryError):
    pass


class _NotADirectoryError(MediaIOError, NotADirectoryError):
    pass


class _ExistsError(MediaIOError, FileExistsError):
    pass


class _BrokenPipeError(MediaIOError, BrokenPipeError):
    pass


class _TimeoutError(MediaIOError, TimeoutError):
    pass


_BY_ERRNO: dict[int, type[MediaIOError]] = {
    _errno.ENOENT: _NotFoundError,
    _errno.EACCES: _PermissionError,
    _errno.EPERM: _PermissionError,
    _errno.EISDIR: _IsADirectoryError,
    _errno.ENOTDIR: _NotADirectoryError,
    _errno.EEXIST: _ExistsError,
    _errno.EPIPE: _BrokenPipeError,
    _errno.ETIMEDOUT: _TimeoutError,
}


def io_error(number: int, reason: str, filename: str) -> MediaIOError:
    """The error for one number of the operating system; called by the native module."""
    return _BY_ERRNO.get(number, MediaIOError)(number, reason, filename)


def _restore(kind: type[ViralforgeError], args: tuple[Any, ...], state: dict[str, Any]) -> ViralforgeError:
    error = kind.__new__(kind, *args)
    if not isinstance(error, OSError):
        error.args = args
    error.__dict__.update(state)
    return error
