"""The verbs that write files."""

from __future__ import annotations

from . import _native
from ._call import call, native_source
from ._geometry import AspectRatio, SizeLike
from ._limits import Limits
from ._native import CancelToken
from ._options import pack
from ._progress import ProgressCallback
from ._reframe import ReframePlan
from ._render import CutMode, Preset, RenderPlan, RenderReport, Speed
from ._source import OutputLike, SourceLike
from ._time import TimeRange
from ._upload import SanitizeReport, UploadPolicy, UploadSlot
from ._waveform import Color, Waveform, WaveformFormat


def render(
    source: SourceLike,
    output: OutputLike,
    plan: RenderPlan,
    *,
    limits: Limits | None = None,
    progress: ProgressCallback | None = None,
    cancel: CancelToken | None = None,
) -> RenderReport:
    """Renders a plan: decodes the source once, and writes an MP4 with H.264 and AAC, its index in front.

    The first picture stands at zero, and sound keeps its place to the sample. The file appears under its name only
    once it is complete.

    Args:
        source: A path, bytes, a binary file that can seek, or a `Source`.
        output: A path, or a binary file, which gets all bytes at the end and nothing if the call fails.
        plan: What to write; see `plan_render`.
        limits: What the call may cost; `None` means the source's own.
        progress: Called with a `Progress` about twenty times a second, in this thread.
        cancel: Stops the call; no file is left behind.

    Raises:
        InvalidOptionError: The plan cannot be rendered, or the output is the source itself.
        MissingTrackError: There is no video track.
        MalformedMediaError: Nothing of the range could be decoded.
        UnsupportedMediaError: The format or the codec is one that this build does not read or write.
        LimitExceededError: A limit would be exceeded.
        MediaIOError: The source cannot be read or the output cannot be written.
        CancelledError: `cancel` was used.

    Examples:
        >>> plan = vf.plan_render(range=vf.TimeRange(1, 2), speed="ultrafast")
        >>> vf.render("talk.mp4", "second.mp4", plan).frames_written
        24
    """
    if not isinstance(plan, RenderPlan):
        raise TypeError(f"plan must be a RenderPlan, not {type(plan).__name__}")
    text = _native.render(native_source(source), output, plan.to_json(), call(limits, progress, cancel))
    return RenderReport.from_json(text)


def sanitize_upload(
    source: SourceLike,
    output: OutputLike,
    *,
    policy: UploadSlot | UploadPolicy | None = None,
    keep_chapters: bool = True,
    limits: Limits | None = None,
    progress: ProgressCallback | None = None,
    cancel: CancelToken | None = None,
) -> SanitizeReport:
    """Rewrites an upload without locations, tags, covers, attachments, data tracks and hidden bytes.

    Takes MP4, MOV, WebM, Matroska, JPEG, PNG, WebP and GIF. Nothing is encoded anew: the media shows as before. An MP4
    gets its header in front.

    Args:
        source: A path, bytes, a binary file that can seek, or a `Source`. Of its limits only the size matters.
        output: A path, or a binary file, which gets all bytes at the end and nothing if the call fails.
        policy: What the structure of the source is held against first, whatever it says of what is removed: a slot's
            own, or an `UploadPolicy` of yours. `None` means that of the slot the file fits.
        keep_chapters: Keep chapters with their titles; pictures of chapters go in any case.
        limits: What the call may cost; `None` means the source's own.
        progress: Called with a `Progress` about twenty times a second, in this thread.
        cancel: Stops the call; no file is left behind.

    Raises:
        InvalidOptionError: The policy contradicts itself, or the output is the source itself.
        MalformedMediaError: The structure of the source is refused; the message is for whoever uploaded it.
        UnsupportedMediaError: The format is one that is not rewritten.
        LimitExceededError: A limit would be exceeded.
        MediaIOError: The source cannot be read or the output cannot be written.
        CancelledError: `cancel` was used.

    Examples:
        >>> vf.sanitize_upload("talk.mp4", "clean.mp4").removed[0].what
        'tags'
    """
    if isinstance(policy, str):
        policy = UploadPolicy._of(policy, {})
    options = pack({"policy": policy, "keep_chapters": keep_chapters})
    text = _native.sanitize_upload(native_source(source), output, options, call(limits, progress, cancel))
    return SanitizeReport.from_json(text)


def transcode(
    source: SourceLike,
    output: OutputLike,
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
    limits: Limits | None = None,
    progress: ProgressCallback | None = None,
    cancel: CancelToken | None = None,
) -> RenderReport:
    """Transcodes a source, or a stretch of it, to MP4 (H.264 and AAC): `plan_render` and `render` in one.

    Args:
        source: A path, bytes, a binary file that can seek, or a `Source`.
        output: A path, or a binary file, which gets all bytes at the end and nothing if the call fails.
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
        keyframe_interval_seconds: The longest distance between keyframes, above 0 and at most 60 s.
        constant_frame_rate: Put frames at even distances, at most 60 a second, as platforms want. `None` means yes
            with a preset, else no.
        audio_bit_rate_bps: Bits a second of the sound, 8,000 to 512,000. `None` means the preset's, else 128,000.
        audio_sample_rate_hz: Samples a second of the sound. `None` means the preset's, else the source's own.
        mute: Leave the sound out.
        limits: What the call may cost; `None` means the source's own.
        progress: Called with a `Progress` about twenty times a second, in this thread.
        cancel: Stops the call; no file is left behind.

    Raises:
        InvalidOptionError: An option is out of range, or the output is the source itself.
        MissingTrackError: There is no video track.
        MalformedMediaError: Nothing of the range could be decoded.
        UnsupportedMediaError: The format or the codec is one that this build does not read or write.
        LimitExceededError: A limit would be exceeded.
        MediaIOError: The source cannot be read or the output cannot be written.
        CancelledError: `cancel` was used.

    Examples:
        >>> report = vf.transcode("talk.mp4", "square.mp4", range=vf.TimeRange(0, 1), aspect="1:1", speed="ultrafast")
        >>> report.width, report.height
        (180, 180)
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
    text = _native.transcode(native_source(source), output, options, call(limits, progress, cancel))
    return RenderReport.from_json(text)


def write_waveform(
    waveform: Waveform,
    output: OutputLike,
    *,
    format: WaveformFormat | None = None,
    bits: int = 16,
    width: int = 1600,
    height: int = 240,
    color: Color = (124, 92, 255),
    peak_color: Color = (255, 92, 168),
    background: Color = (18, 18, 26),
) -> int:
    """Writes a waveform as data for players or as a picture, and returns the number of bytes.

    Args:
        waveform: What to write.
        output: A path or a binary file.
        format: `"dat"` or `"json"` (audiowaveform's data), `"svg"` or `"png"`; `None` means what the output's extension
            says.
        bits: How wide a value is in data files, 8 or 16.
        width: Pixels of a picture from left to right, 1 to 16,384.
        height: Pixels of a picture from top to bottom, 1 to 16,384.
        color: Color of the wave at its center line: red, green and blue, 0 to 255.
        peak_color: Color of the wave at full scale; between the two it blends.
        background: Color behind the wave.

    Raises:
        InvalidOptionError: Neither `format` nor the output's extension name a format, or an option is out of range.
        MediaIOError: The output cannot be written.

    Examples:
        >>> wave = vf.analyze_waveform("talk.mp4", pixels_per_second=20)
        >>> vf.write_waveform(wave, "talk.dat")
        824
    """
    if not isinstance(waveform, Waveform):
        raise TypeError(f"waveform must be a Waveform, not {type(waveform).__name__}")
    options = pack(
        {
            "format": format,
            "bits": bits,
            "width": width,
            "height": height,
            "color": color,
            "peak_color": peak_color,
            "background": background,
        }
    )
    header, data = waveform._parts
    return _native.write_waveform(header, data, output, options, call(None, None, None))
