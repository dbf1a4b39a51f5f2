"""The verbs that read media and report what they found."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable

from . import _native
from ._analysis import Analysis, LoudnessOptions, SceneOptions, SilenceOptions, WaveformOptions
from ._call import call, native_source
from ._limits import Limits
from ._media import MediaInfo
from ._native import CancelToken
from ._options import pack
from ._progress import ProgressCallback
from ._scene import Boundary, BoundaryKind, Scene, SceneCallback, SceneReport
from ._scene_method import SceneMethod, SceneMode
from ._sound import LoudnessReport, SilenceReport
from ._source import SourceLike
from ._time import TimeRange
from ._upload import UploadPolicy, UploadReport, UploadSlot, policy_text
from ._waveform import Waveform


def probe(
    source: SourceLike,
    *,
    limits: Limits | None = None,
    progress: ProgressCallback | None = None,
    cancel: CancelToken | None = None,
) -> MediaInfo:
    """Reads the facts of a file from its headers: container, tracks, length, chapters, tags.

    Args:
        source: A path, bytes, a binary file that can seek, or a `Source`.
        limits: What the call may cost; `None` means the source's own.
        progress: Called with a `Progress` about twenty times a second, in this thread.
        cancel: Stops the call.

    Raises:
        MalformedMediaError: The file is broken, empty, or no media.
        UnsupportedMediaError: The format is one that this build does not read, such as a playlist.
        LimitExceededError: A limit would be exceeded.
        MediaIOError: The source cannot be read.
        CancelledError: `cancel` was used.

    Examples:
        >>> media = vf.probe("talk.mp4")
        >>> media.container, media.video.video.display_size
        ('mp4', Size(width=320, height=180))
    """
    return MediaInfo.from_json(_native.probe(native_source(source), call(limits, progress, cancel)))


def validate_upload(
    source: SourceLike,
    *,
    policy: UploadSlot | UploadPolicy = "video",
    file_name: str | None = None,
    declared_mime: str | None = None,
    limits: Limits | None = None,
    progress: ProgressCallback | None = None,
    cancel: CancelToken | None = None,
) -> UploadReport:
    """Checks an upload: what it really is, whether it is whole and sound, and whether the policy takes it.

    A refused upload is a report, not an error. Steps after the first that refuses are not run; within a step
    everything is listed.

    Args:
        source: A path, bytes, a binary file that can seek, or a `Source`. An empty one is reported.
        policy: What is taken: `"video"`, `"image"`, `"audio"`, or an `UploadPolicy` of your own.
        file_name: The name that the user's file has; `None` means the policy's, which usually leaves it unchecked.
        declared_mime: The media type that the client declared (`Content-Type`); `None` means the policy's.
        limits: What the call may cost; `None` means the source's own.
        progress: Called with a `Progress` about twenty times a second, in this thread.
        cancel: Stops the call.

    Raises:
        InvalidOptionError: The policy contradicts itself.
        MediaIOError: The source cannot be read.
        CancelledError: `cancel` was used.

    Examples:
        >>> vf.validate_upload("talk.mp4", file_name="Talk.mp4").verdict
        'accept'
        >>> refused = vf.validate_upload(b"<html>", policy="image")
        >>> refused.verdict, refused.findings[0].class_
        ('reject', 'not_media')
    """
    text = _native.validate_upload(
        native_source(source), policy_text(policy, file_name, declared_mime), call(limits, progress, cancel)
    )
    return UploadReport.from_json(text)


def analyze(
    source: SourceLike,
    *,
    scenes: bool | SceneOptions = True,
    waveform: bool | WaveformOptions = True,
    loudness: bool | LoudnessOptions = True,
    silence: bool | SilenceOptions = True,
    quality: bool = True,
    subject: bool = True,
    limits: Limits | None = None,
    progress: ProgressCallback | None = None,
    cancel: CancelToken | None = None,
) -> Analysis:
    """Runs every analysis that is switched on over a single decode.

    Args:
        source: A path, bytes, a binary file that can seek, or a `Source`.
        scenes: Shots and boundaries: `True`, `False`, or the options of `detect_scenes` as a dict.
        waveform: Minima and maxima of the sound: `True`, `False`, or the options of `analyze_waveform`.
        loudness: Loudness: `True`, `False`, or the options of `measure_loudness`.
        silence: Silences: `True`, `False`, or the options of `detect_silence`.
        quality: How good each frame looks; 48 bytes a frame.
        subject: Where the subject of each frame is; 32 bytes a frame.
        limits: What the call may cost; `None` means the source's own.
        progress: Called with a `Progress` about twenty times a second, in this thread.
        cancel: Stops the call.

    Raises:
        InvalidOptionError: An option is out of range, or nothing is asked for.
        MissingTrackError: The file has none of the tracks that are needed; a part whose track is missing is `None`
            otherwise.
        MalformedMediaError: Nothing could be decoded.
        UnsupportedMediaError: The format or the codec is one that this build does not read.
        LimitExceededError: A limit would be exceeded.
        MediaIOError: The source cannot be read.
        CancelledError: `cancel` was used.

    Examples:
        >>> analysis = vf.analyze("talk.mp4", silence={"min_duration_seconds": 0.5}, loudness=False)
        >>> len(analysis.quality), analysis.scenes is None, analysis.loudness
        (240, False, None)
    """
    options = pack(
        {
            "scenes": scenes,
            "waveform": waveform,
            "loudness": loudness,
            "silence": silence,
            "quality": quality,
            "subject": subject,
        }
    )
    return Analysis(_native.analyze(native_source(source), options, call(limits, progress, cancel)))


def detect_scenes(
    source: SourceLike,
    *,
    method: SceneMethod = "standard",
    threshold: float = 0.5,
    kinds: Iterable[BoundaryKind] = ("cut", "dissolve", "fade", "wipe"),
    min_scene_duration_seconds: float = 0.0,
    range: TimeRange | None = None,
    frame_step: int = 1,
    mode: SceneMode = "balanced",
    segments: int | None = None,
    statistics: bool = False,
    on_scene: SceneCallback | None = None,
    limits: Limits | None = None,
    progress: ProgressCallback | None = None,
    cancel: CancelToken | None = None,
) -> SceneReport:
    """Finds the shots of a video and the boundaries between them.

    Args:
        source: A path, bytes, a binary file that can seek, or a `Source`.
        method: How boundaries are found. `"standard"` needs no tuning and is the only one to find all kinds. The others
            are those of PySceneDetect 0.7: `"content"`, `"adaptive"`, `"histogram"`, `"hash"` find cuts and
            `"fade_threshold"` finds fades; a `ContentMethod`, `AdaptiveMethod`, `HistogramMethod`, `HashMethod` or
            `FadeThresholdMethod` has its parameters, under its names.
        threshold: How sure a boundary of the standard method must be, 0 to 1. Lower finds more and is wrong more often;
            at 0.5 both mistakes are about equally frequent. The other methods have thresholds of their own.
        kinds: Kinds that are reported, at least one; a boundary of another kind is none.
        min_scene_duration_seconds: Shortest scene, in seconds; the boundary after a shorter one is dropped, so that it
            becomes a part of the next.
        range: Look only at this stretch; frames are counted from its start. `None` means everything.
        frame_step: Look at every so many-th frame, 1 to 100; boundaries are told as exactly as that allows.
        mode: Accuracy against speed, for the standard method; the others look at every frame. `"accurate"` decodes
            every frame; `"balanced"` leaves out frames that no other frame needs between two that are alike, and finds
            the same; `"fast"` leaves them all out: boundaries may be told some frames off, and very short scenes may be
            missed.
        segments: Stretches of the file that are decoded side by side, 1 to 16; the report is the same for any number.
            `None` means as many as there are cores and memory for.
        statistics: Also report what was measured of each frame, some 50 bytes a frame.
        on_scene: Called in this thread with each `Scene` as soon as it is known, some three seconds of video after its
            end, and the `Boundary` that ends it: `None` for the last scene.
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
        >>> report = vf.detect_scenes("talk.mp4")
        >>> report.boundaries[1].kind, report.boundaries[1].start_seconds
        ('cut', 3.9166666666666665)
        >>> report.scene_at(5).duration
        Fraction(31, 12)
        >>> report = vf.detect_scenes("talk.mp4", method="content", statistics=True)
        >>> [boundary.start_frame for boundary in report.boundaries]
        [94, 156, 180]
        >>> [column.name for column in report.statistics.columns][:2]
        ['content_val', 'delta_hue']
        >>> report.statistics.columns[0].threshold, report.statistics.columns[0].values.shape
        (27.0, (240,))
    """
    options = pack(
        {
            "method": method,
            "threshold": threshold,
            "kinds": kinds,
            "min_scene_duration_seconds": min_scene_duration_seconds,
            "range": range,
            "frame_step": frame_step,
            "mode": mode,
            "segments": segments,
            "statistics": statistics,
        }
    )
    found = _native.detect_scenes(native_source(source), options, _teller(on_scene), call(limits, progress, cancel))
    return SceneReport._of(*found)


def _teller(on_scene: SceneCallback | None) -> Callable[[str], object] | None:
    """The callback in the native module's terms."""
    if on_scene is None:
        return None
    if not callable(on_scene):
        raise TypeError(f"on_scene must be callable, not {type(on_scene).__name__}")

    def tell(text: str) -> None:
        scene, ends = json.loads(text)
        on_scene(Scene.from_dict(scene), None if ends is None else Boundary.from_dict(ends))

    return tell


def analyze_waveform(
    source: SourceLike,
    *,
    samples_per_pixel: int = 256,
    pixels_per_second: int | None = None,
    split_channels: bool = False,
    range: TimeRange | None = None,
    limits: Limits | None = None,
    progress: ProgressCallback | None = None,
    cancel: CancelToken | None = None,
) -> Waveform:
    """Finds the minima and maxima of a sound track, for drawing.

    Args:
        source: A path, bytes, a binary file that can seek, or a `Source`.
        samples_per_pixel: Samples in one bucket, at least 2. Memory grows with its inverse.
        pixels_per_second: Buckets a second, at least 1, instead of `samples_per_pixel`. A bucket gets the sample rate
            divided by it, rounded down, as audiowaveform does; so there may be a few more.
        split_channels: Keep the channels apart instead of mixing them to mono.
        range: Measure only this stretch; `None` means the whole track.
        limits: What the call may cost; `None` means the source's own.
        progress: Called with a `Progress` about twenty times a second, in this thread.
        cancel: Stops the call.

    Raises:
        InvalidOptionError: An option is out of range.
        MissingTrackError: There is no sound track.
        MalformedMediaError: Nothing could be decoded.
        UnsupportedMediaError: The format or the codec is one that this build does not read.
        LimitExceededError: A limit would be exceeded.
        MediaIOError: The source cannot be read.
        CancelledError: `cancel` was used.

    Examples:
        >>> wave = vf.analyze_waveform("talk.mp4", pixels_per_second=20)
        >>> wave.max.shape, wave.max.dtype
        ((201, 1), dtype('float32'))
    """
    options = pack(
        {
            "samples_per_pixel": samples_per_pixel,
            "pixels_per_second": pixels_per_second,
            "split_channels": split_channels,
            "range": range,
        }
    )
    header, data = _native.analyze_waveform(native_source(source), options, call(limits, progress, cancel))
    return Waveform(*header, data)


def measure_loudness(
    source: SourceLike,
    *,
    true_peak: bool = True,
    limits: Limits | None = None,
    progress: ProgressCallback | None = None,
    cancel: CancelToken | None = None,
) -> LoudnessReport:
    """Measures the loudness of a sound track (EBU R 128).

    Args:
        source: A path, bytes, a binary file that can seek, or a `Source`.
        true_peak: Also find the peak of the continuous signal, which costs about as much again as decoding.
        limits: What the call may cost; `None` means the source's own.
        progress: Called with a `Progress` about twenty times a second, in this thread.
        cancel: Stops the call.

    Raises:
        MissingTrackError: There is no sound track.
        MalformedMediaError: Nothing could be decoded.
        UnsupportedMediaError: The format or the codec is one that this build does not read.
        LimitExceededError: A limit would be exceeded.
        MediaIOError: The source cannot be read.
        CancelledError: `cancel` was used.

    Examples:
        >>> round(vf.measure_loudness("talk.mp4").integrated_lufs)
        -15
    """
    text = _native.measure_loudness(
        native_source(source), pack({"true_peak": true_peak}), call(limits, progress, cancel)
    )
    return LoudnessReport.from_json(text)


def detect_silence(
    source: SourceLike,
    *,
    threshold_dbfs: float = -60.0,
    min_duration_seconds: float = 2.0,
    limits: Limits | None = None,
    progress: ProgressCallback | None = None,
    cancel: CancelToken | None = None,
) -> SilenceReport:
    """Finds the silences of a sound track, as FFmpeg's `silencedetect` does.

    Args:
        source: A path, bytes, a binary file that can seek, or a `Source`.
        threshold_dbfs: A sample is silent where no channel goes beyond this level, in dB relative to full scale, at
            most 0. Room noise of a phone is around -50.
        min_duration_seconds: Shortest silence, in seconds; pauses between sentences are 0.3 to 1 s.
        limits: What the call may cost; `None` means the source's own.
        progress: Called with a `Progress` about twenty times a second, in this thread.
        cancel: Stops the call.

    Raises:
        InvalidOptionError: An option is out of range.
        MissingTrackError: There is no sound track.
        MalformedMediaError: Nothing could be decoded.
        UnsupportedMediaError: The format or the codec is one that this build does not read.
        LimitExceededError: A limit would be exceeded.
        MediaIOError: The source cannot be read.
        CancelledError: `cancel` was used.

    Examples:
        >>> vf.detect_silence("talk.mp4", threshold_dbfs=-40, min_duration_seconds=0.5).silences
        ()
    """
    options = pack({"threshold_dbfs": threshold_dbfs, "min_duration_seconds": min_duration_seconds})
    text = _native.detect_silence(native_source(source), options, call(limits, progress, cancel))
    return SilenceReport.from_json(text)
