"""Turns an uploaded video into clips that are ready for TikTok, Reels, Shorts and YouTube.

Verbs are functions: they take a source (a path, bytes, a binary file or a `Source`), keyword options with the defaults
that the signature shows, and return a frozen value: a report of what was found or a plan of what to do. They block
without holding the GIL; `viralforge.aio` has the same verbs as coroutines.

    import viralforge as vf

    analysis = vf.analyze("talk.mp4", progress=lambda p: print(f"{p.percent:.0f} %", p.eta_seconds))
    crop = vf.plan_reframe(analysis, aspect="9:16")
    for clip in vf.suggest_clips(analysis, count=3):
        vf.transcode("talk.mp4", clip.file_name("mp4"), preset="tiktok", range=clip.range, reframe=crop)

Time is exact: moments are `fractions.Fraction` seconds, and beside each stands the same as a float under a name that
ends in `_seconds`. Errors are `ViralforgeError` with a stable `code`, and also the builtin exception that fits.
"""

from __future__ import annotations

import json as _json
from typing import Any as _Any

from . import _native
from ._analysis import (
    Analysis,
    FrameQuality,
    LoudnessOptions,
    SceneOptions,
    SilenceOptions,
    SubjectTrack,
    WaveformOptions,
)
from ._clip import ClipReason, ClipSuggestion, Cue, Transcript
from ._errors import (
    BackendError,
    CancelledError,
    InvalidOptionError,
    LimitExceededError,
    MalformedMediaError,
    MediaIOError,
    MissingTrackError,
    UnsupportedMediaError,
    ViralforgeError,
)
from ._geometry import AspectRatio, CropRect, Size, SizeLike
from ._limits import Limits
from ._media import AudioInfo, Chapter, HdrKind, MediaInfo, StreamInfo, Tag, TrackKind, VideoInfo
from ._native import CancelToken
from ._picture import Frame, Storyboard, StoryboardTile, Thumbnail, ThumbnailReport
from ._progress import Progress, ProgressCallback, Stage
from ._reframe import CropKeyframe, ReframePlan, ReframeShot
from ._render import CutMode, Preset, RenderPlan, RenderReport, Speed
from ._scene import Boundary, BoundaryKind, Scene, SceneReport, SceneStatistics, StatisticsColumn
from ._scene_sheet import SceneFormat, ScenePart, SceneSheet, SceneTile, SheetFormat, StatisticsFormat
from ._sound import LoudnessReport, Silence, SilenceReport
from ._source import BinaryReader, BinaryWriter, OutputLike, Source, SourceLike
from ._time import Moment, TimeRange
from ._upload import (
    DecodedShare,
    Finding,
    PolicyOverrides,
    ReasonClass,
    Removed,
    RemovedKind,
    SanitizeReport,
    Severity,
    Treatment,
    UploadInspector,
    UploadPolicy,
    UploadReport,
    UploadSlot,
    ValidationDepth,
    Verdict,
)
from ._verbs_picture import extract_frames, extract_thumbnails, make_storyboard
from ._verbs_plan import plan_reframe, plan_render, suggest_clips
from ._verbs_read import (
    analyze,
    analyze_waveform,
    detect_scenes,
    detect_silence,
    measure_loudness,
    probe,
    validate_upload,
)
from ._verbs_scene import make_scene_sheet, split_scenes, write_scene_statistics, write_scenes
from ._verbs_write import render, sanitize_upload, transcode, write_waveform
from ._waveform import Color, Waveform, WaveformFormat


def schema() -> dict[str, _Any]:
    """The library described as data: version, verbs, options with defaults, limits, reports and error codes.

    Options and reports are JSON Schema of draft 2020-12.

    Examples:
        >>> vf.schema()["error_codes"][0]
        'invalid_option'
    """
    document: dict[str, _Any] = _json.loads(_native.schema())
    return document


__version__: str = _native.__version__

__all__ = [
    "Analysis",
    "AspectRatio",
    "AudioInfo",
    "BackendError",
    "BinaryReader",
    "BinaryWriter",
    "Boundary",
    "BoundaryKind",
    "CancelToken",
    "CancelledError",
    "Chapter",
    "ClipReason",
    "ClipSuggestion",
    "Color",
    "CropKeyframe",
    "CropRect",
    "Cue",
    "CutMode",
    "DecodedShare",
    "Finding",
    "Frame",
    "FrameQuality",
    "HdrKind",
    "InvalidOptionError",
    "LimitExceededError",
    "Limits",
    "LoudnessOptions",
    "LoudnessReport",
    "MalformedMediaError",
    "MediaIOError",
    "MediaInfo",
    "MissingTrackError",
    "Moment",
    "OutputLike",
    "PolicyOverrides",
    "Preset",
    "Progress",
    "ProgressCallback",
    "ReasonClass",
    "ReframePlan",
    "ReframeShot",
    "Removed",
    "RemovedKind",
    "RenderPlan",
    "RenderReport",
    "SanitizeReport",
    "Scene",
    "SceneFormat",
    "SceneOptions",
    "ScenePart",
    "SceneReport",
    "SceneSheet",
    "SceneStatistics",
    "SceneTile",
    "Severity",
    "SheetFormat",
    "Silence",
    "SilenceOptions",
    "SilenceReport",
    "Size",
    "SizeLike",
    "Source",
    "SourceLike",
    "Speed",
    "Stage",
    "StatisticsColumn",
    "StatisticsFormat",
    "Storyboard",
    "StoryboardTile",
    "StreamInfo",
    "SubjectTrack",
    "Tag",
    "Thumbnail",
    "ThumbnailReport",
    "TimeRange",
    "TrackKind",
    "Transcript",
    "Treatment",
    "UnsupportedMediaError",
    "UploadInspector",
    "UploadPolicy",
    "UploadReport",
    "UploadSlot",
    "ValidationDepth",
    "Verdict",
    "VideoInfo",
    "ViralforgeError",
    "Waveform",
    "WaveformFormat",
    "WaveformOptions",
    "__version__",
    "analyze",
    "analyze_waveform",
    "detect_scenes",
    "detect_silence",
    "extract_frames",
    "extract_thumbnails",
    "make_scene_sheet",
    "make_storyboard",
    "measure_loudness",
    "plan_reframe",
    "plan_render",
    "probe",
    "render",
    "sanitize_upload",
    "schema",
    "split_scenes",
    "suggest_clips",
    "transcode",
    "validate_upload",
    "write_scene_statistics",
    "write_scenes",
    "write_waveform",
]
