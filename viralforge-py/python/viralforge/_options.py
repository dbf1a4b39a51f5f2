"""Options on their way to the core: their types are checked here, their names and values there."""

from __future__ import annotations

import json
import math
import numbers
import operator
from collections.abc import Callable, Iterable, Mapping
from typing import Any, NoReturn

from ._clip import Transcript
from ._errors import InvalidOptionError
from ._geometry import Size
from ._record import Record
from ._reframe import ReframePlan
from ._scene import Boundary
from ._time import TimeRange, exact

_Encode = Callable[[str, Any], Any]


def pack(options: Mapping[str, Any]) -> str:
    """The options as the JSON object that the native module takes.

    Raises:
        TypeError: An option has the wrong type.
        InvalidOptionError: A number is not finite.
    """
    return json.dumps(_encode(options, ""), separators=(",", ":"), allow_nan=False)


def _encode(options: Mapping[str, Any], path: str) -> dict[str, Any]:
    # A name that is not here goes on as it is, for the core to say what names there are.
    return {name: _KINDS.get(name, _as_it_is)(path + name, value) for name, value in options.items()}


def _wrong(name: str, expected: str, value: object) -> NoReturn:
    raise TypeError(f"{name} must be {expected}, not {type(value).__name__}")


def _as_it_is(name: str, value: Any) -> Any:
    return value if isinstance(value, (str, int, type(None))) else str(value)


def _number(name: str, value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, numbers.Real):
        _wrong(name, "a number", value)
    if not math.isfinite(value):
        raise InvalidOptionError(f"{name} {value} is not a finite number", option=name)
    return float(value)


def _whole(name: str, value: Any) -> int:
    if isinstance(value, bool):
        _wrong(name, "a whole number", value)
    try:
        return operator.index(value)
    except TypeError:
        _wrong(name, "a whole number", value)


def _flag(name: str, value: Any) -> bool:
    return value if isinstance(value, bool) else _wrong(name, "a bool", value)


def _text(name: str, value: Any) -> str:
    return value if isinstance(value, str) else _wrong(name, "a str", value)


def _record(kind: type[Record]) -> _Encode:
    def encode(name: str, value: Any) -> dict[str, Any]:
        return value.to_dict() if isinstance(value, kind) else _wrong(name, f"a {kind.__name__}", value)

    return encode


def _policy(name: str, value: Any) -> dict[str, Any]:
    # What a slot takes is written out by the verb.
    return value.to_dict() if isinstance(value, Record) else _wrong(name, "a slot or an UploadPolicy", value)


def _moments(name: str, value: Any) -> list[dict[str, int]]:
    if isinstance(value, (str, bytes)) or not isinstance(value, Iterable):
        _wrong(name, "moments in seconds", value)
    moments = [exact(moment, name) for moment in value]
    return [{"num": moment.numerator, "den": moment.denominator} for moment in moments]


def _texts(name: str, value: Any) -> list[str]:
    if isinstance(value, (str, bytes)) or not isinstance(value, Iterable):
        _wrong(name, "a sequence of str", value)
    return [_text(name, item) for item in value]


def _any_wholes(name: str, value: Any) -> list[int]:
    if isinstance(value, (str, bytes)) or not isinstance(value, Iterable):
        _wrong(name, "a sequence of whole numbers", value)
    return [_whole(name, item) for item in value]


def _boundaries(name: str, value: Any) -> list[dict[str, Any]]:
    if isinstance(value, (str, bytes)) or not isinstance(value, Iterable):
        _wrong(name, "a sequence of Boundary", value)
    return [_record(Boundary)(name, item) for item in value]


def _rate(name: str, value: Any) -> dict[str, int]:
    if isinstance(value, bool) or not isinstance(value, numbers.Rational):
        _wrong(name, "a Fraction", value)
    return {"num": int(value.numerator), "den": int(value.denominator)}


def _wholes(count: int, expected: str) -> _Encode:
    def encode(name: str, value: Any) -> list[int]:
        if isinstance(value, (str, bytes)) or not isinstance(value, Iterable):
            _wrong(name, expected, value)
        items = [_whole(name, item) for item in value]
        if len(items) != count:
            raise InvalidOptionError(f"{name} has {len(items)} values instead of {count}", option=name)
        return items

    return encode


def _aspect(name: str, value: Any) -> str | list[int]:
    return value if isinstance(value, str) else _wholes(2, 'a shape such as "9:16" or (9, 16)')(name, value)


def _size(name: str, value: Any) -> dict[str, Any]:
    if isinstance(value, Size):
        return value.to_dict()
    width, height = _wholes(2, "a Size or (width, height)")(name, value)
    return {"width": width, "height": height}


def _part(name: str, value: Any) -> bool | dict[str, Any]:
    if isinstance(value, Mapping):
        return _encode(value, f"{name}.")
    return value if isinstance(value, bool) else _wrong(name, "a bool or a mapping of options", value)


def _maybe(encode: _Encode) -> _Encode:
    return lambda name, value: None if value is None else encode(name, value)


_KINDS: dict[str, _Encode] = {
    # scenes, sound
    "threshold": _number,
    "gradual": _flag,
    "min_scene_duration_seconds": _number,
    "samples_per_pixel": _whole,
    "pixels_per_second": _maybe(_whole),
    "split_channels": _flag,
    "true_peak": _flag,
    "threshold_dbfs": _number,
    "min_duration_seconds": _number,
    "max_duration_seconds": _number,
    # analyze
    "scenes": _part,
    "waveform": _part,
    "loudness": _part,
    "silence": _part,
    "quality": _flag,
    "subject": _flag,
    # plans
    "aspect": _maybe(_aspect),
    "still_tolerance": _number,
    "transcript": _maybe(_record(Transcript)),
    # pictures
    "count": _whole,
    "columns": _whole,
    "max_side": _maybe(_whole),
    "jpeg_quality": _whole,
    "tile": _size,
    "times": _moments,
    "format": _maybe(_text),
    "bits": _whole,
    "width": _whole,
    "height": _maybe(_whole),
    "color": _wholes(3, "(red, green, blue)"),
    "peak_color": _wholes(3, "(red, green, blue)"),
    "background": _wholes(3, "(red, green, blue)"),
    # what is made of scenes
    "frame_rate": _maybe(_rate),
    "drop_frame": _maybe(_flag),
    "start_timecode_frames": _whole,
    "title": _maybe(_text),
    "media_name": _maybe(_text),
    "media_uri": _maybe(_text),
    "media_size": _maybe(_size),
    "media_has_audio": _flag,
    "chapter_title": _text,
    "panel_height": _whole,
    "boundaries": _boundaries,
    "max_scenes": _whole,
    "page": _whole,
    "labels": _flag,
    "template": _text,
    "only": _any_wholes,
    # transcode
    "preset": _maybe(_text),
    "range": _maybe(_record(TimeRange)),
    "cut": _text,
    "reframe": _maybe(_record(ReframePlan)),
    "size": _maybe(_size),
    "crf": _maybe(_whole),
    "speed": _text,
    "keyframe_interval_seconds": _number,
    "constant_frame_rate": _maybe(_flag),
    "audio_bit_rate_bps": _maybe(_whole),
    "audio_sample_rate_hz": _maybe(_whole),
    "mute": _flag,
    # upload policies
    "slot": _text,
    "file_name": _maybe(_text),
    "declared_mime": _maybe(_text),
    "depth": _text,
    "max_bytes": _whole,
    "allowed_containers": _texts,
    "allowed_video_codecs": _texts,
    "allowed_audio_codecs": _texts,
    "min_side": _whole,
    "max_pixels": _whole,
    "max_pixel_aspect": _number,
    "max_frame_rate": _number,
    "max_image_frames": _whole,
    "allow_animation": _flag,
    "max_streams": _whole,
    "max_channels": _whole,
    "max_sample_rate_hz": _whole,
    "require_audio": _flag,
    "max_frame_gap_seconds": _number,
    "max_metadata_bytes": _whole,
    "max_damaged_share": _number,
    "location": _text,
    "attachments": _text,
    "data_tracks": _text,
    "trailing_bytes": _text,
    "max_file_name_bytes": _whole,
    # sanitize
    "policy": _maybe(_policy),
    "keep_chapters": _flag,
    # limits
    "max_input_bytes": _whole,
    "max_frame_pixels": _whole,
    "max_frames": _whole,
    "max_audio_channels": _whole,
    "max_decoded_bytes": _whole,
    "max_memory_bytes": _whole,
    "max_wall_time_seconds": _number,
}
