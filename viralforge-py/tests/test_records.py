"""Results are frozen, compare, pickle, and are the very documents of the core."""

from __future__ import annotations

import copy
import dataclasses
import io
import json
import pickle
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import viralforge as vf
from viralforge import _native


@pytest.fixture(scope="session")
def results(talk: Path, analysis: vf.Analysis, sound: Path) -> list[Any]:
    """One result of each kind."""
    reframe = vf.plan_reframe(analysis)
    return [
        vf.probe(talk),
        vf.probe(sound),
        vf.validate_upload(talk, file_name="../a.exe"),
        vf.sanitize_upload(talk, io.BytesIO()),
        analysis,
        analysis.scenes,
        analysis.waveform,
        analysis.loudness,
        vf.detect_silence(talk, threshold_dbfs=-20, min_duration_seconds=0.1),
        reframe,
        *vf.suggest_clips(analysis, min_duration_seconds=2, max_duration_seconds=4),
        vf.plan_render(preset="shorts", reframe=reframe, range=vf.TimeRange(1, Fraction(7, 3))),
        vf.Limits(max_streams=3),
        vf.UploadPolicy.audio(max_channels=2),
        vf.TimeRange(0.5, Fraction(4, 3)),
        vf.Transcript.parse("1\n00:00:01,500 --> 00:00:03,000\nHello.\n"),
    ]


def test_results_round_trip_through_documents_and_json(results: list[Any]) -> None:
    for result in results:
        document = result.to_dict()
        assert type(result).from_dict(document) == result
        assert type(result).from_dict(json.loads(json.dumps(document)) | {"new_in_a_later_version": 1}) == result
        if hasattr(result, "to_json"):
            assert type(result).from_json(result.to_json()) == result
            assert json.loads(result.to_json()) == document


def test_results_pickle_copy_and_are_frozen(results: list[Any], talk: Path) -> None:
    more = [
        *vf.extract_thumbnails(talk, count=1).thumbnails,
        vf.make_storyboard(talk, count=2),
        *vf.extract_frames(talk, times=[1]),
    ]
    for result in results + more:
        assert pickle.loads(pickle.dumps(result)) == result and copy.deepcopy(result) == result
        assert result != object() and repr(result)
        name = "media" if isinstance(result, vf.Analysis) else next(iter(result.to_dict())).removesuffix("_seconds")
        with pytest.raises(AttributeError):
            setattr(result, name, None)


def test_documents_are_those_of_the_core(talk: Path, analysis: vf.Analysis) -> None:
    nothing = (None, None, None)
    path = str(talk)
    pairs = [
        (vf.probe(path), _native.probe(path, nothing)),
        (vf.validate_upload(path), _native.validate_upload(path, "{}", nothing)),
        (vf.detect_scenes(path), _native.detect_scenes(path, "{}", None, nothing)[0]),
        (vf.measure_loudness(path), _native.measure_loudness(path, "{}", nothing)),
        (vf.plan_reframe(analysis), _native.plan_reframe(analysis._handle, "{}")),
        (vf.plan_render(crf=30, height=90), _native.plan_render('{"crf":30,"height":90}')),
        (vf.extract_thumbnails(path), _native.extract_thumbnails(path, None, "{}", nothing)[0]),
        (vf.make_storyboard(path), _native.make_storyboard(path, "{}", nothing)[0]),
    ]  # fmt: skip
    for record, document in pairs:
        assert record.to_dict() == json.loads(document)
    assert [c.to_dict() for c in vf.suggest_clips(analysis)] == json.loads(
        _native.suggest_clips(analysis._handle, "{}")
    )
    assert analysis.waveform is not None and analysis.waveform.to_dict() == analysis.to_dict()["waveform"]


@pytest.mark.parametrize(
    ("change", "option"),
    [
        (lambda d: d.pop("scenes"), "scenes"),
        (lambda d: d["scenes"][2].pop("start") and d["scenes"][2].pop("start_seconds"), "scenes[2].start_seconds"),
        (lambda d: d["scenes"][1].update(start={"num": 1, "den": 0}), "scenes[1].start"),
        (lambda d: d["scenes"][1].update(start={"num": 1.5, "den": 2}), "scenes[1].start"),
        (lambda d: d["scenes"][0].update(end={"num": -1, "den": 1}), "scenes[0].end"),
        (lambda d: d["boundaries"][0].update(kind="jump"), "boundaries[0].kind"),
        (lambda d: d["boundaries"][0].update(start_frame="1"), "boundaries[0].start_frame"),
        (lambda d: d["boundaries"][0].update(confidence=None), "boundaries[0].confidence"),
        (lambda d: d.update(boundaries={}), "boundaries"),
        (lambda d: d.update(scenes=[3]), "scenes[0]"),
    ],
)
def test_a_document_that_is_wrong_names_the_place(change: Any, option: str, analysis: vf.Analysis) -> None:
    assert analysis.scenes is not None
    document = analysis.scenes.to_dict()
    change(document)
    with pytest.raises(vf.InvalidOptionError) as caught:
        vf.SceneReport.from_dict(document)
    assert caught.value.option == option and str(caught.value).startswith(f"{option} ")


def test_what_is_no_document_is_refused() -> None:
    with pytest.raises(TypeError):
        vf.SceneReport.from_dict([])  # type: ignore[arg-type]
    for text in ("", "[]", "{", '"x"'):
        with pytest.raises(vf.InvalidOptionError):
            vf.SceneReport.from_json(text)
        with pytest.raises(vf.InvalidOptionError):
            vf.Analysis.from_json(text)


def test_a_document_may_give_seconds_alone(analysis: vf.Analysis) -> None:
    assert vf.TimeRange.from_dict({"start_seconds": 1.5, "end_seconds": 2}) == vf.TimeRange(1.5, 2)
    plan = vf.plan_reframe(analysis).to_dict()
    for shot in plan["shots"]:
        for keyframe in shot["keyframes"]:
            del keyframe["time"]
    assert vf.ReframePlan.from_dict(plan).source_size == vf.Size(320, 180)


def test_an_edited_plan_is_checked_by_the_core(analysis: vf.Analysis) -> None:
    plan = vf.plan_reframe(analysis).to_dict()
    plan["shots"][0]["keyframes"][0]["crop"]["x"] = 10_000
    with pytest.raises(vf.InvalidOptionError, match="is not inside 320x180"):
        vf.ReframePlan.from_dict(plan)


def test_moments_are_exact_whatever_they_are_given_as() -> None:
    assert vf.TimeRange(0.1, np.float32(0.5)) == vf.TimeRange(Fraction(1, 10), Fraction(1, 2))  # type: ignore[arg-type]
    assert vf.TimeRange(1, np.int64(2)).duration == 1  # type: ignore[arg-type]
    huge = vf.TimeRange(Fraction(1, 2**40), Fraction(10**10, 3))
    assert huge.start.denominator < 2**32 and huge.end == Fraction(10**10, 3)
    for bad in (float("nan"), float("inf"), Fraction(2**70)):
        with pytest.raises(vf.InvalidOptionError):
            vf.TimeRange(0, bad)
    for wrong in ("1", True, None):
        with pytest.raises(TypeError):
            vf.TimeRange(0, wrong)  # type: ignore[arg-type]


def test_plans_change_by_replacement() -> None:
    plan = dataclasses.replace(vf.plan_render(preset="youtube"), crf=30)
    assert plan.crf == 30 and vf.RenderPlan.from_json(plan.to_json()) == plan


def test_a_scene_is_a_range_wherever_one_is_taken(analysis: vf.Analysis, talk: Path) -> None:
    assert analysis.scenes is not None
    scene = analysis.scenes.scenes[1]
    assert isinstance(scene, vf.TimeRange)
    assert vf.plan_render(range=scene).range == scene.range
    assert vf.analyze_waveform(talk, range=scene) == vf.analyze_waveform(talk, range=scene.range)


def test_real_media_of_every_kind_are_read_as_the_core_writes_them(media: Path) -> None:
    files = sorted(path for kind in ("video", "audio") for path in (media / "real" / kind).iterdir())
    assert len(files) > 20
    for file in files:
        try:
            found = vf.probe(file)
        except vf.ViralforgeError as error:
            assert error.code in ("malformed", "unsupported"), file
            continue
        assert found.to_dict() == json.loads(_native.probe(file, (None, None, None))), file
        assert pickle.loads(pickle.dumps(found)) == found
