"""The package has every verb, option, default, limit, report field and error code of the schema, and no other."""

from __future__ import annotations

import dataclasses
import inspect
import typing
from collections.abc import Iterator
from typing import Any, Literal

import pytest

import viralforge as vf
from viralforge import _analysis, _options

SCHEMA = vf.schema()
VERBS: dict[str, dict[str, Any]] = {verb["name"]: verb for verb in SCHEMA["verbs"]}

OF_EVERY_SOURCE = {"limits", "progress", "cancel"}
"""What every verb that reads a source takes beside its own options."""
OF_PYTHON = {"extract_thumbnails": {"analysis"}, "validate_upload": {"policy"}}
"""What the core has as functions and values of their own."""
PER_UPLOAD = {"file_name", "declared_mime"}
"""The options of an upload policy that `validate_upload` takes itself; the others are those of `UploadPolicy`."""


def _parameters(verb: str) -> dict[str, inspect.Parameter]:
    return dict(inspect.signature(getattr(vf, verb)).parameters)


def _options_of(verb: str) -> dict[str, Any]:
    options: dict[str, Any] = VERBS[verb]["options"].get("properties", {})
    if verb == "validate_upload":
        return {name: options[name] for name in PER_UPLOAD}
    return options


def test_the_package_has_the_verbs_of_the_core_and_no_others() -> None:
    functions = {name for name in vf.__all__ if inspect.isfunction(getattr(vf, name))}
    assert functions - {"schema"} == set(VERBS)


@pytest.mark.parametrize("verb", VERBS)
def test_arguments_come_in_the_order_of_the_core(verb: str) -> None:
    positional = [name for name, p in _parameters(verb).items() if p.kind is not inspect.Parameter.KEYWORD_ONLY]
    assert positional == VERBS[verb]["arguments"]


@pytest.mark.parametrize("verb", VERBS)
def test_options_are_keywords_with_the_names_of_the_core(verb: str) -> None:
    keywords = {name for name, p in _parameters(verb).items() if p.kind is inspect.Parameter.KEYWORD_ONLY}
    common = OF_EVERY_SOURCE if VERBS[verb]["input"] == "source" else set()
    assert keywords == set(_options_of(verb)) | common | OF_PYTHON.get(verb, set())


@pytest.mark.parametrize("verb", VERBS)
def test_defaults_are_those_of_the_core(verb: str) -> None:
    for name, option in _options_of(verb).items():
        default = _parameters(verb)[name].default
        if default is inspect.Parameter.empty:
            assert (verb, name) == ("extract_frames", "times"), "only the moments of frames have no default"
            continue
        assert _as_core(verb, name, default) == option["default"], name


def _as_core(verb: str, name: str, default: Any) -> Any:
    """A default in the signature as the native module gets it."""
    if verb == "analyze" and default is True:
        part = {"scenes": "detect_scenes", "waveform": "analyze_waveform", "loudness": "measure_loudness",
                "silence": "detect_silence"}.get(name)  # fmt: skip
        return True if part is None else {n: o["default"] for n, o in _options_of(part).items()}
    return _options._KINDS[name](name, default)


def test_the_parts_of_an_analysis_have_the_options_of_their_verbs() -> None:
    parts = {
        _analysis.SceneOptions: "detect_scenes",
        _analysis.WaveformOptions: "analyze_waveform",
        _analysis.LoudnessOptions: "measure_loudness",
        _analysis.SilenceOptions: "detect_silence",
    }
    for part, verb in parts.items():
        own = typing.get_type_hints(part)
        of_verb = typing.get_type_hints(getattr(vf, verb))
        assert own == {name: of_verb[name] for name in _options_of(verb)}


def test_limits_are_those_of_the_core() -> None:
    of_core = {name: limit["default"] for name, limit in SCHEMA["limits"]["properties"].items()}
    assert {field.name: field.default for field in dataclasses.fields(vf.Limits)} == of_core
    assert vf.Limits().to_dict() == of_core


def test_upload_policies_are_those_of_the_core() -> None:
    fields = [field.name for field in dataclasses.fields(vf.UploadPolicy)]
    assert set(fields) == set(VERBS["validate_upload"]["options"]["properties"])
    assert vf.UploadPolicy().to_dict() == SCHEMA["policies"]["video"]
    for slot, policy in SCHEMA["policies"].items():
        assert getattr(vf.UploadPolicy, slot)().to_dict() == policy
    assert set(typing.get_type_hints(vf.PolicyOverrides)) == set(fields) - {"slot"}


def test_progress_stages_presets_and_codes_are_those_of_the_core() -> None:
    assert {field.name for field in dataclasses.fields(vf.Progress)} == set(SCHEMA["progress"]["properties"])
    assert list(typing.get_args(vf.Stage)) == SCHEMA["stages"]
    assert list(typing.get_args(vf.Preset)) == SCHEMA["presets"]
    assert {kind.code for kind in vf.ViralforgeError.__subclasses__()} == set(SCHEMA["error_codes"])


REPORTS: dict[str, Any] = {verb: typing.get_type_hints(getattr(vf, verb))["return"] for verb in VERBS}
WITHOUT_SECONDS = {"quality": vf.FrameQuality, "subject": vf.SubjectTrack}


@pytest.mark.parametrize("verb", VERBS)
def test_reports_have_the_fields_of_the_core(verb: str) -> None:
    report, schema = REPORTS[verb], VERBS[verb]["report"]
    if report is int:
        assert schema["type"] == "integer"
        return
    if typing.get_origin(report) is list:
        report, schema = typing.get_args(report)[0], schema["items"]
    problems = list(_differences(report, schema, report.__name__))
    assert problems == []


def _differences(kind: type, schema: dict[str, Any], path: str) -> Iterator[str]:
    """What a class lacks, and what it has that the core does not know."""
    fields = _fields(kind)
    properties = _properties(schema)
    # Seconds beside an exact moment are properties here, not fields.
    beside = {name for name in properties if f"{name}_seconds" in properties}
    of_core = set(properties) - {f"{name}_seconds" for name in beside}
    for name in sorted(of_core - set(fields)):
        yield f"{path} has no {name}"
    for name in sorted(set(fields) - of_core):
        yield f"{path} has {name}, which the core has not"
    for name in sorted(of_core & set(fields)):
        if f"{name}_seconds" in properties and not hasattr(kind, f"{name}_seconds"):
            yield f"{path}.{name} has no {name}_seconds beside it"
        yield from _inner(fields[name], properties[name], f"{path}.{name}")


def _inner(hint: Any, schema: dict[str, Any], path: str) -> Iterator[str]:
    others = [one for one in typing.get_args(hint) if one is not type(None)]
    schema = _without_null(schema)
    origin = typing.get_origin(hint)
    if origin is Literal:
        values = _values(schema)
        if values and list(map(str, others)) != list(map(str, values)):
            yield f"{path} is one of {others}, in the core of {values}"
    elif origin is tuple:
        yield from _inner(others[0], schema.get("items", {}), f"{path}[]")
    elif others:
        yield from _inner(others[0], schema, path)
    elif hint in WITHOUT_SECONDS.values():
        names = {*hint._names, "time", "time_seconds"}
        of_core = set(_properties(schema["items"]))
        if names != of_core:
            yield f"{path} has {names}, the core {of_core}"
    elif isinstance(hint, type) and hint.__module__.startswith("viralforge"):
        yield from _differences(hint, schema, path)


def _fields(kind: type) -> dict[str, Any]:
    """The fields of a report as they are in its document."""
    if kind is vf.Analysis:
        names = ("media", "scenes", "waveform", "loudness", "silence", "quality", "subject", "undecodable_packets")
        found = {}
        for name in names:
            attribute = inspect.getattr_static(vf.Analysis, name)
            getter = getattr(attribute, "fget", None) or attribute.func
            found[name] = typing.get_type_hints(getter)["return"]
        return found
    if kind is vf.Waveform:
        return dict.fromkeys(("sample_rate_hz", "samples_per_pixel", "channels", "length", "data"), int)
    if kind is vf.Frame:
        return dict.fromkeys(("time", "width", "height"), int)
    hints = typing.get_type_hints(kind)
    fields: dict[str, Any] = {}
    for field in dataclasses.fields(kind):
        hint = hints[field.name]
        if hint is bytes:
            continue
        if field.metadata.get("flat"):
            fields |= _fields(typing.get_args(hint)[0])
        else:
            fields[field.name.rstrip("_")] = hint
    return fields


def _properties(schema: dict[str, Any]) -> dict[str, Any]:
    """All the keys that a document may have, those of flattened parts among them."""
    found = dict(schema.get("properties", {}))
    for group in ("allOf", "anyOf", "oneOf"):
        for part in schema.get(group, ()):
            found |= _properties(part)
    return found


def _without_null(schema: dict[str, Any]) -> dict[str, Any]:
    for group in ("anyOf", "oneOf"):
        parts = [part for part in schema.get(group, ()) if part.get("type") != "null"]
        if len(parts) == 1 and "properties" not in schema:
            return _without_null(parts[0])
    return schema


def _values(schema: dict[str, Any]) -> list[Any]:
    if "enum" in schema:
        return [value for value in schema["enum"] if value is not None]
    return [part["const"] for part in schema.get("oneOf", ()) if "const" in part]


OPTION_VALUES = {
    "cut": vf.CutMode,
    "speed": vf.Speed,
    "preset": vf.Preset,
    "write_waveform.format": vf.WaveformFormat,
    "write_scenes.format": vf.SceneFormat,
    "write_scene_statistics.format": vf.StatisticsFormat,
    "make_scene_sheet.format": vf.SheetFormat,
    "slot": vf.UploadSlot,
    "depth": vf.ValidationDepth,
    "location": vf.Treatment,
}


def test_values_to_choose_from_are_those_of_the_core() -> None:
    seen = set()
    for verb in VERBS.values():
        for name, option in verb["options"].get("properties", {}).items():
            values = _values(_without_null(option))
            # Formats differ from verb to verb.
            key = f"{verb['name']}.format" if name == "format" else name
            if values and key in OPTION_VALUES:
                seen.add(key)
                assert list(typing.get_args(OPTION_VALUES[key])) == values, key
    assert seen == set(OPTION_VALUES)


def test_a_difference_in_either_direction_is_found() -> None:
    schema = VERBS["detect_silence"]["report"]
    more = {**schema, "properties": {**schema["properties"], "new": {"type": "string"}}}
    assert list(_differences(vf.SilenceReport, more, "r")) == ["r has no new"]
    assert list(_differences(vf.SilenceReport, {"properties": {}}, "r")) == ["r has silences, which the core has not"]
    inner: dict[str, Any] = {"properties": {"silences": {"items": {"properties": {"start": {}, "level": {}}}}}}
    assert list(_differences(vf.SilenceReport, inner, "r")) == [
        "r.silences[] has no level",
        "r.silences[] has end, which the core has not",
    ]
