"""The verbs that plan: analyses in, plans out. They read no media and take milliseconds."""

from __future__ import annotations

import json

from . import _native
from ._analysis import Analysis
from ._clip import ClipSuggestion, Transcript
from ._geometry import AspectRatio, SizeLike
from ._options import pack
from ._reframe import ReframePlan
from ._render import CutMode, Preset, RenderPlan, Speed
from ._time import TimeRange


def plan_reframe(analysis: Analysis, *, aspect: AspectRatio = "9:16", still_tolerance: float = 0.15) -> ReframePlan:
    """Plans the crop that follows the subject, shot by shot.

    It stands still where one place holds the subject nearly all the time, and otherwise makes few, eased moves that
    begin before the subject does. It never moves across a change of shots. The crop is the largest one of that shape;
    it is not rounded to pixels.

    Args:
        analysis: What `analyze` found, with subjects.
        aspect: The shape to cut out: `"9:16"` or `(9, 16)`.
        still_tolerance: How far, in shares of the crop, the subject may stray from the middle of a crop that stands
            still, 0 to 0.5. More makes calmer pictures, less keeps the subject nearer to the middle.

    Raises:
        InvalidOptionError: An option is out of range, or the analysis has no subjects.
        MissingTrackError: The media has no video.

    Examples:
        >>> analysis = vf.analyze("talk.mp4", waveform=False)
        >>> plan = vf.plan_reframe(analysis, aspect="1:1")
        >>> crop = plan.crop_at(2.5)
        >>> crop.width, crop.height
        (180.0, 180.0)
    """
    options = pack({"aspect": aspect, "still_tolerance": still_tolerance})
    return ReframePlan.from_json(_native.plan_reframe(_handle(analysis), options))


def suggest_clips(
    analysis: Analysis,
    *,
    count: int = 3,
    min_duration_seconds: float = 15.0,
    max_duration_seconds: float = 60.0,
    transcript: Transcript | None = None,
) -> list[ClipSuggestion]:
    """Suggests the stretches that are worth a clip, best first.

    They do not overlap, and they begin and end where it feels natural: at changes of shots, in pauses, between the cues
    of a transcript. The score weighs how loud, lively, sharp and spoken a stretch is against the rest of the file, and
    its opening seconds once more. The same analysis gives the same suggestions.

    Args:
        analysis: What `analyze` found; parts that are missing are left out of the score.
        count: How many clips, 1 to 50. There are fewer where the source is too short for so many, and where what is
            left scores below a third of the best one.
        min_duration_seconds: Shortest clip, in seconds, at least 1. Where the source is too short for so many clips,
            they may be down to a third shorter.
        max_duration_seconds: Longest clip, in seconds; 60 s is what every platform takes.
        transcript: What is said: clips then begin and end between cues, and speech counts.

    Raises:
        InvalidOptionError: An option is out of range.
        MissingTrackError: The media has neither video nor sound.

    Examples:
        >>> best = vf.suggest_clips(vf.analyze("talk.mp4"), count=1, min_duration_seconds=3)[0]
        >>> best.file_name("mp4")
        'clip-...mp4'
    """
    options = pack(
        {
            "count": count,
            "min_duration_seconds": min_duration_seconds,
            "max_duration_seconds": max_duration_seconds,
            "transcript": transcript,
        }
    )
    found = json.loads(_native.suggest_clips(_handle(analysis), options))
    return [ClipSuggestion.from_dict(suggestion) for suggestion in found]


def plan_render(
    *,
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
) -> RenderPlan:
    """The plan of a transcode, to keep, edit, send elsewhere and `render` later. Nothing is read.

    Args:
        preset: The platform to make it for: shape, size and encoding are then what it wants, where no other option
            says otherwise.
        range: The stretch to show; frames whose time lies in it are written. `None` means all.
        cut: How the stretch is cut out.
        reframe: The crop at each moment; without one, `aspect` may still crop.
        aspect: The shape of the result where there is no `reframe`: the middle of the picture is cut to it. `None`
            means the preset's, else the source's own.
        size: Exact size of the result in pixels, each side even and 16 to 8192. `None` means the preset's, unless
            `aspect` or `height` is set; else that of the crop.
        height: Height of the result in pixels, even and 16 to 8192, the width following from the shape. `None` means
            that of the crop.
        crf: Constant rate factor of x264: 0 (lossless) to 51 (worst); six steps halve the size. `None` means the
            preset's, else 23.
        speed: How long the encoder thinks about each picture.
        keyframe_interval_seconds: The longest distance between keyframes, above 0 and at most 60 s; 2 s is the most
            that all platforms accept.
        constant_frame_rate: Put frames at even distances, at most 60 a second, as platforms want. `None` means yes
            with a preset, else no.
        audio_bit_rate_bps: Bits a second of the sound, 8,000 to 512,000. `None` means the preset's, else 128,000.
        audio_sample_rate_hz: Samples a second of the sound. `None` means the preset's, else the source's own.
        mute: Leave the sound out.

    Raises:
        InvalidOptionError: An option is out of range.

    Examples:
        >>> plan = vf.plan_render(preset="tiktok", range=vf.TimeRange(1, 4), crf=18)
        >>> plan.size, plan.crf
        (Size(width=1080, height=1920), 18)
        >>> vf.RenderPlan.from_json(plan.to_json()) == plan
        True
    """
    options = pack(
        {
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
    return RenderPlan.from_json(_native.plan_render(options))


def _handle(analysis: Analysis) -> _native.Analysis:
    if not isinstance(analysis, Analysis):
        raise TypeError(f"analysis must be an Analysis, not {type(analysis).__name__}")
    return analysis._handle
