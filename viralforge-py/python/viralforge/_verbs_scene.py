"""The verbs that make something of scenes."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable
from fractions import Fraction

from . import _native
from ._call import call, native_source
from ._geometry import AspectRatio, SizeLike
from ._limits import Limits
from ._native import CancelToken
from ._options import pack
from ._progress import ProgressCallback
from ._reframe import ReframePlan
from ._render import CutMode, Preset, RenderReport, Speed
from ._scene import Boundary, SceneReport, SceneStatistics
from ._scene_sheet import SceneFormat, SceneSheet, SheetFormat, StatisticsFormat
from ._source import OutputLike, SourceLike
from ._time import TimeRange


def _scenes(scenes: SceneReport) -> str:
    if not isinstance(scenes, SceneReport):
        raise TypeError(f"scenes must be a SceneReport, not {type(scenes).__name__}")
    return scenes.to_json()


def write_scenes(
    scenes: SceneReport,
    output: OutputLike,
    *,
    format: SceneFormat | None = None,
    frame_rate: Fraction | None = None,
    drop_frame: bool | None = None,
    start_timecode_frames: int = 0,
    title: str | None = None,
    media_name: str | None = None,
    media_uri: str | None = None,
    media_size: SizeLike | None = None,
    media_has_audio: bool = True,
    chapter_title: str = "Scene {number}",
) -> int:
    """Writes scenes for other programs, and returns the number of bytes.

    Scenes that were taken out of the report are left out, and the others keep their place. Frames are counted at the
    frame rate from time zero, each from its own time, so that nothing drifts.

    Args:
        scenes: What `detect_scenes` found.
        output: A path or a binary file.
        format: `"json"` (the report), `"csv"` (a table with PySceneDetect's columns), `"edl"` (CMX 3600), `"fcpxml"`,
            `"otio"` (OpenTimelineIO), `"web_vtt"` or `"ffmetadata"` (chapters); `None` means what the output's
            extension says.
        frame_rate: Frames a second by which frames are counted; `None` means the report's.
        drop_frame: Whether timecode leaves out numbers, which there is at 29.97 and its multiples only; `None` means
            yes at these.
        start_timecode_frames: Timecode of the media's first frame in EDL, FCPXML and OTIO, in frames.
        title: Title of the list or timeline; `None` means the name of the media.
        media_name: What the video file is called.
        media_uri: Where the video file is, for FCPXML and OTIO; `None` means a relative URI made of the name.
        media_size: Width and height of the video, for FCPXML.
        media_has_audio: Whether the video file has sound, for FCPXML.
        chapter_title: Title of each chapter, with `{number}`, `{number:03}`, `{start}`, `{end}` and `{begins}`.

    Raises:
        InvalidOptionError: Neither `format` nor the output's extension name a format, frames are to be counted and no
            frame rate is known, an option is out of range, or the scenes overlap.
        MediaIOError: The output cannot be written.

    Examples:
        >>> scenes = vf.detect_scenes("talk.mp4")
        >>> vf.write_scenes(scenes, "talk.edl", media_name="talk.mp4") > 0
        True
    """
    options = pack(
        {
            "format": format,
            "frame_rate": frame_rate,
            "drop_frame": drop_frame,
            "start_timecode_frames": start_timecode_frames,
            "title": title,
            "media_name": media_name,
            "media_uri": media_uri,
            "media_size": media_size,
            "media_has_audio": media_has_audio,
            "chapter_title": chapter_title,
        }
    )
    return _native.write_scenes(_scenes(scenes), output, options, call(None, None, None))


def write_scene_statistics(
    statistics: SceneStatistics,
    output: OutputLike,
    *,
    format: StatisticsFormat | None = None,
    width: int = 1600,
    panel_height: int = 140,
    boundaries: Iterable[Boundary] = (),
) -> int:
    """Writes what was measured of each frame as a table or as a plot, and returns the number of bytes.

    Args:
        statistics: `statistics` of a report that was made with them.
        output: A path or a binary file.
        format: `"csv"`, `"svg"` or `"png"`; `None` means what the output's extension says.
        width: Width of a plot in pixels, 320 to 16,384.
        panel_height: Height of the panel of one measure in pixels, 40 to 2,000.
        boundaries: Boundaries to mark in a plot: those of the report.

    Raises:
        InvalidOptionError: Neither `format` nor the output's extension name a format, an option is out of range, or the
            columns are not all of the same length.
        MediaIOError: The output cannot be written.

    Examples:
        >>> scenes = vf.detect_scenes("talk.mp4", statistics=True)
        >>> vf.write_scene_statistics(scenes.statistics, "talk.svg", boundaries=scenes.boundaries) > 0
        True
    """
    if not isinstance(statistics, SceneStatistics):
        raise TypeError(f"statistics must be SceneStatistics, not {type(statistics).__name__}")
    options = pack({"format": format, "width": width, "panel_height": panel_height, "boundaries": boundaries})
    return _native.write_scene_statistics(statistics.to_json(), output, options, call(None, None, None))


def make_scene_sheet(
    source: SourceLike,
    scenes: SceneReport,
    *,
    tile: SizeLike = (240, 240),
    columns: int = 2,
    max_scenes: int = 100,
    page: int = 1,
    labels: bool = True,
    format: SheetFormat = "jpeg",
    jpeg_quality: int = 80,
    limits: Limits | None = None,
    progress: ProgressCallback | None = None,
    cancel: CancelToken | None = None,
) -> SceneSheet:
    """Makes a contact sheet of scenes: a row of first, middle and last frame for each.

    Args:
        source: A path, bytes, a binary file that can seek, or a `Source`.
        scenes: What `detect_scenes` found in it.
        tile: The box that each frame fits into, sides of 16 to 640 pixels; tiles have the shape of the video.
        columns: Scenes beside each other, 1 to 20; each takes three tiles.
        max_scenes: Scenes on one sheet, 1 to 400.
        page: Which sheet, counted from 1, where there are more scenes than one holds.
        labels: Whether number, times and length of each scene, and how it begins, stand above its frames.
        format: What the picture is encoded as.
        jpeg_quality: Quality of a JPEG, 1 (tiny) to 100 (best).
        limits: What the call may cost; `None` means the source's own.
        progress: Called with a `Progress` about twenty times a second, in this thread.
        cancel: Stops the call.

    Raises:
        InvalidOptionError: An option is out of range, there is no such page, the sheet would be too large, or there are
            no scenes.
        MissingTrackError: There is no video track.
        MalformedMediaError: Nothing could be decoded.
        UnsupportedMediaError: The format or the codec is one that this build does not read.
        LimitExceededError: A limit would be exceeded.
        MediaIOError: The source cannot be read.
        CancelledError: `cancel` was used.

    Examples:
        >>> sheet = vf.make_scene_sheet("talk.mp4", vf.detect_scenes("talk.mp4"))
        >>> sheet.pages, sheet.tiles[0].part
        (1, 'first')
    """
    options = pack(
        {
            "tile": tile,
            "columns": columns,
            "max_scenes": max_scenes,
            "page": page,
            "labels": labels,
            "format": format,
            "jpeg_quality": jpeg_quality,
        }
    )
    text, image = _native.make_scene_sheet(
        native_source(source), _scenes(scenes), options, call(limits, progress, cancel)
    )
    return SceneSheet.from_json(text)._with(image)


def split_scenes(
    source: SourceLike,
    scenes: SceneReport,
    folder: str | os.PathLike[str],
    *,
    template: str = "{name}-scene-{number:03}.mp4",
    only: Iterable[int] = (),
    preset: Preset | None = None,
    range: TimeRange | None = None,
    cut: CutMode = "exact",
    reframe: ReframePlan | None = None,
    aspect: AspectRatio | None = None,
    size: SizeLike | None = None,
    height: int | None = None,
    crf: int | None = None,
    speed: Speed = "medium",
    keyframe_interval_seconds: float = 2.0,
    constant_frame_rate: bool | None = None,
    audio_bit_rate_bps: int | None = None,
    audio_sample_rate_hz: int | None = None,
    mute: bool = False,
    limits: Limits | None = None,
    progress: ProgressCallback | None = None,
    cancel: CancelToken | None = None,
) -> list[RenderReport]:
    """Writes each scene to an MP4 of its own: every frame of a scene is in its file, and in no other.

    Each file appears once it is complete; where the call fails or is cancelled, those of the scenes before stay.

    Args:
        source: A path, bytes, a binary file that can seek, or a `Source`.
        scenes: What `detect_scenes` found in it.
        folder: Where to write, which must be there.
        template: Name of each file: `{number}` is the number of the scene from 1, `{number:03}` with zeros before it,
            `{name}` the name of the source without its ending.
        only: Numbers of the scenes to write, counted from 1; none of them means all.
        preset: The platform to make them for: shape, size and encoding are then what it wants, where no other option
            says otherwise.
        range: What lies outside of it is left out, be it of a scene or a whole one. `None` means nothing is.
        cut: How each scene is cut out.
        reframe: The crop at each moment; without one, `aspect` may still crop.
        aspect: The shape of the results where there is no `reframe`: the middle of the picture is cut to it. `None`
            means the preset's, else the source's own.
        size: Exact size of the results in pixels, each side even and 16 to 8192. `None` means the preset's, unless
            `aspect` or `height` is set; else that of the crop.
        height: Height of the results in pixels, even and 16 to 8192, the width following from the shape. `None` means
            that of the crop.
        crf: Constant rate factor of x264: 0 (lossless) to 51 (worst); six steps halve the size. `None` means the
            preset's, else 23.
        speed: How long the encoder thinks about each picture.
        keyframe_interval_seconds: The longest distance between keyframes, above 0 and at most 60 s.
        constant_frame_rate: Put frames at even distances, at most 60 a second, as platforms want. `None` means yes
            with a preset, else no.
        audio_bit_rate_bps: Bits a second of the sound, 8,000 to 512,000. `None` means the preset's, else 128,000.
        audio_sample_rate_hz: Samples a second of the sound. `None` means the preset's, else the source's own.
        mute: Leave the sound out.
        limits: What the call may cost; `None` means the source's own.
        progress: Called with a `Progress` about twenty times a second, in this thread.
        cancel: Stops the call.

    Raises:
        InvalidOptionError: The template leads out of the folder or makes no name or the same name for all, a number of
            `only` is no scene, an option is out of range, or the scenes overlap.
        MissingTrackError: There is no video track.
        MalformedMediaError: Nothing of a scene could be decoded.
        UnsupportedMediaError: The format or the codec is one that this build does not read or write.
        LimitExceededError: A limit would be exceeded.
        MediaIOError: The source cannot be read or a file cannot be written.
        CancelledError: `cancel` was used.

    Examples:
        >>> files = vf.split_scenes("talk.mp4", vf.detect_scenes("talk.mp4"), ".", only=[1], speed="ultrafast")
        >>> files[0].output
        './talk-scene-001.mp4'
    """
    options = pack(
        {
            "template": template,
            "only": only,
            "preset": preset,
            "range": range,
            "cut": cut,
            "reframe": reframe,
            "aspect": aspect,
            "size": size,
            "height": height,
            "crf": crf,
            "speed": speed,
            "keyframe_interval_seconds": keyframe_interval_seconds,
            "constant_frame_rate": constant_frame_rate,
            "audio_bit_rate_bps": audio_bit_rate_bps,
            "audio_sample_rate_hz": audio_sample_rate_hz,
            "mute": mute,
        }
    )
    text = _native.split_scenes(native_source(source), _scenes(scenes), folder, options, call(limits, progress, cancel))
    return [RenderReport.from_dict(document) for document in json.loads(text)]
