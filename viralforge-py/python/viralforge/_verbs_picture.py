"""The verbs that give pictures."""

from __future__ import annotations

from collections.abc import Iterable
from fractions import Fraction

from . import _native
from ._analysis import Analysis
from ._call import call, native_source
from ._geometry import SizeLike
from ._limits import Limits
from ._native import CancelToken
from ._options import pack
from ._picture import Frame, Storyboard, ThumbnailReport
from ._progress import ProgressCallback
from ._reframe import ReframePlan
from ._source import SourceLike
from ._time import Moment, TimeRange


def extract_thumbnails(
    source: SourceLike,
    *,
    analysis: Analysis | None = None,
    count: int = 3,
    max_side: int = 1280,
    jpeg_quality: int = 85,
    range: TimeRange | None = None,
    reframe: ReframePlan | None = None,
    limits: Limits | None = None,
    progress: ProgressCallback | None = None,
    cancel: CancelToken | None = None,
) -> ThumbnailReport:
    """Chooses the frames that stand best for a video, spread over its shots, as JPEGs in memory, best first.

    Args:
        source: A path, bytes, a binary file that can seek, or a `Source`.
        analysis: What `analyze` found in this source, with quality; without it the video is analyzed first, which is
            most of the work.
        count: How many, 1 to 100; fewer where the video has fewer frames.
        max_side: The longer side of the pictures in pixels, 16 to 8192; a smaller source is not enlarged.
        jpeg_quality: Quality of the JPEG, 1 (tiny) to 100 (best).
        range: Choose only from this stretch, as for the cover of a clip.
        reframe: Show only the crop of that moment, so that a clip of 9:16 gets a cover of 9:16.
        limits: What the call may cost; `None` means the source's own.
        progress: Called with a `Progress` about twenty times a second, in this thread.
        cancel: Stops the call.

    Raises:
        InvalidOptionError: An option is out of range, or the analysis has no quality.
        MissingTrackError: There is no video track.
        MalformedMediaError: Nothing could be decoded.
        UnsupportedMediaError: The format or the codec is one that this build does not read.
        LimitExceededError: A limit would be exceeded.
        MediaIOError: The source cannot be read.
        CancelledError: `cancel` was used.

    Examples:
        >>> best = vf.extract_thumbnails("talk.mp4", count=2).thumbnails[0]
        >>> best.jpeg[:3], best.width
        (b'\\xff\\xd8\\xff', 320)
    """
    if analysis is not None and not isinstance(analysis, Analysis):
        raise TypeError(f"analysis must be an Analysis, not {type(analysis).__name__}")
    options = pack(
        {
            "count": count,
            "max_side": max_side,
            "jpeg_quality": jpeg_quality,
            "range": range,
            "reframe": reframe,
        }
    )
    handle = None if analysis is None else analysis._handle
    text, jpegs = _native.extract_thumbnails(native_source(source), handle, options, call(limits, progress, cancel))
    return ThumbnailReport.from_json(text)._with(jpegs)


def extract_frames(
    source: SourceLike,
    *,
    times: Iterable[Moment],
    max_side: int | None = None,
    reframe: ReframePlan | None = None,
    limits: Limits | None = None,
    progress: ProgressCallback | None = None,
    cancel: CancelToken | None = None,
) -> list[Frame]:
    """Decodes the frames that are on screen at given moments, in the order of `times`. All are held in memory.

    Args:
        source: A path, bytes, a binary file that can seek, or a `Source`.
        times: The moments in seconds, in any order, 1 to 10,000. One before the first frame means the first frame, one
            after the last frame the last.
        max_side: The longer side of the pictures in pixels, 16 to 8192; a smaller source is not enlarged. `None` means
            as the source.
        reframe: Show only the crop of that moment.
        limits: What the call may cost; `None` means the source's own.
        progress: Called with a `Progress` about twenty times a second, in this thread.
        cancel: Stops the call.

    Raises:
        InvalidOptionError: An option is out of range.
        MissingTrackError: There is no video track.
        MalformedMediaError: Nothing could be decoded.
        UnsupportedMediaError: The format or the codec is one that this build does not read.
        LimitExceededError: A limit would be exceeded.
        MediaIOError: The source cannot be read.
        CancelledError: `cancel` was used.

    Examples:
        >>> first, later = vf.extract_frames("talk.mp4", times=[0, 1.5], max_side=64)
        >>> later.time_seconds, later.pixels.shape
        (1.5, (36, 64, 3))
    """
    options = pack({"times": times, "max_side": max_side, "reframe": reframe})
    frames = _native.extract_frames(native_source(source), options, call(limits, progress, cancel))
    return [Frame(Fraction(*time), pixels) for time, pixels in frames]


def make_storyboard(
    source: SourceLike,
    *,
    times: Iterable[Moment] = (),
    count: int = 25,
    columns: int = 5,
    tile: SizeLike = (160, 160),
    jpeg_quality: int = 80,
    limits: Limits | None = None,
    progress: ProgressCallback | None = None,
    cancel: CancelToken | None = None,
) -> Storyboard:
    """Makes a contact sheet of a video.

    Args:
        source: A path, bytes, a binary file that can seek, or a `Source`.
        times: Moments to show, in seconds, in order of time, at most 400. None of them means `count` tiles spread
            evenly, each showing the middle of the stretch that it stands for.
        count: How many tiles where no moments are given, 1 to 400.
        columns: Tiles in a row, 1 to 20.
        tile: The box that each tile fits into, sides of 16 to 640 pixels; tiles have the shape of the video.
        jpeg_quality: Quality of the JPEG, 1 (tiny) to 100 (best).
        limits: What the call may cost; `None` means the source's own.
        progress: Called with a `Progress` about twenty times a second, in this thread.
        cancel: Stops the call.

    Raises:
        InvalidOptionError: An option is out of range.
        MissingTrackError: There is no video track.
        MalformedMediaError: Nothing could be decoded, or the file does not say how long it is and no moments are given.
        UnsupportedMediaError: The format or the codec is one that this build does not read.
        LimitExceededError: A limit would be exceeded.
        MediaIOError: The source cannot be read.
        CancelledError: `cancel` was used.

    Examples:
        >>> board = vf.make_storyboard("talk.mp4", count=4, columns=2)
        >>> board.width, len(board.tiles), board.to_web_vtt("sheet.jpg")[:6]
        (320, 4, 'WEBVTT')
    """
    options = pack({"times": times, "count": count, "columns": columns, "tile": tile, "jpeg_quality": jpeg_quality})
    text, jpeg = _native.make_storyboard(native_source(source), options, call(limits, progress, cancel))
    return Storyboard.from_json(text)._with(jpeg)
