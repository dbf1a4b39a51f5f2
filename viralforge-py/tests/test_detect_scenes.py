"""Every option of scene detection arrives, scenes are told while they are found, and figures come as arrays."""

from __future__ import annotations

import asyncio
import json
import pickle
import threading
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from conftest import REPOSITORY

import viralforge as vf
from viralforge import aio


def _frames(report: vf.SceneReport) -> list[int]:
    return [boundary.start_frame for boundary in report.boundaries]


@pytest.fixture(scope="module")
def measured(talk: Path) -> vf.SceneReport:
    return vf.detect_scenes(talk, statistics=True)


def test_a_name_means_the_defaults_of_its_method(talk: Path) -> None:
    for method in (vf.ContentMethod(), vf.AdaptiveMethod(), vf.HistogramMethod(), vf.HashMethod()):
        assert vf.detect_scenes(talk, method=method) == vf.detect_scenes(talk, method=method.name)
    assert vf.detect_scenes(talk, method="standard") == vf.detect_scenes(talk)


def test_the_parameters_of_a_method_arrive(talk: Path) -> None:
    # More of each means more cuts, up to one at every frame that differs at all.
    pairs: list[tuple[vf.SceneMethod, vf.SceneMethod]] = [
        (vf.ContentMethod(threshold=254), vf.ContentMethod(threshold=1)),
        (vf.AdaptiveMethod(adaptive_threshold=254), vf.AdaptiveMethod(adaptive_threshold=1.1, min_content_val=0.5)),
        (vf.HistogramMethod(threshold=1), vf.HistogramMethod(threshold=0.001, bins=64)),
        (vf.HashMethod(threshold=1), vf.HashMethod(threshold=0.05, size=8, lowpass=3)),
    ]
    for strict, loose in pairs:
        few, many = vf.detect_scenes(talk, method=strict), vf.detect_scenes(talk, method=loose)
        assert len(few.boundaries) < 4 < len(many.boundaries), loose
    edges = vf.ContentMethod(weights=vf.ContentWeights(delta_hue=0, delta_sat=0, delta_lum=0, delta_edges=1))
    report = vf.detect_scenes(talk, method=edges, statistics=True)
    assert report.statistics is not None
    values = {column.name: column.values for column in report.statistics.columns}
    assert np.allclose(values["content_val"], values["delta_edges"], atol=1e-4)
    ceiling = vf.FadeThresholdMethod(threshold=120, method="ceiling")
    assert vf.detect_scenes(talk, method=ceiling) != vf.detect_scenes(talk, method="fade_threshold")


def test_the_content_method_finds_the_cuts_of_pyscenedetect(demo: Path) -> None:
    golden = json.loads((REPOSITORY / "viralforge-core/tests/golden/pyscenedetect/cuts.json").read_text())
    theirs = golden["clips"][demo.relative_to(REPOSITORY).as_posix()]["cuts"]["content"]
    ours = _frames(vf.detect_scenes(demo, method=vf.ContentMethod(threshold=27.0)))
    for one, other in ((ours, theirs), (theirs, ours)):
        alone = [cut for cut in one if all(abs(cut - each) > 1 for each in other)]
        assert len(alone) <= 2, alone


def test_kinds_that_are_not_wanted_are_no_boundaries(demo: Path) -> None:
    # The demo fades.
    fades = vf.detect_scenes(demo, kinds={"fade"})
    assert fades.boundaries and {boundary.kind for boundary in fades.boundaries} == {"fade"}
    assert len(fades.scenes) == len(fades.boundaries) + 1
    cuts = vf.detect_scenes(demo, kinds=["cut"])
    assert cuts.boundaries and {boundary.kind for boundary in cuts.boundaries} == {"cut"}


def test_a_range_is_all_that_is_looked_at(talk: Path) -> None:
    whole = vf.detect_scenes(talk, kinds=["cut"])
    part = vf.detect_scenes(talk, kinds=["cut"], range=vf.TimeRange(3, 9))
    within = [boundary for boundary in whole.boundaries if 3 < boundary.start < 9]
    assert [boundary.start for boundary in part.boundaries] == [boundary.start for boundary in within]
    assert _frames(part) == [boundary.start_frame - 72 for boundary in within]
    assert part.scenes[0].start == 3 and part.scenes[-1].end == 9


def test_steps_and_shortest_scenes_leave_out(talk: Path) -> None:
    stepped = vf.detect_scenes(talk, frame_step=4, statistics=True)
    assert stepped.statistics is not None and len(stepped.statistics.frames) == 60
    long = vf.detect_scenes(talk, min_scene_duration_seconds=3.0)
    assert len(long.boundaries) < len(vf.detect_scenes(talk).boundaries)
    assert all(scene.duration >= 3 for scene in long.scenes[:-1])


def test_segments_do_not_change_the_report_and_the_mode_hardly_does(talk: Path, measured: vf.SceneReport) -> None:
    for segments in (1, 2, 5):
        assert vf.detect_scenes(talk, segments=segments, statistics=True) == measured
    accurate = vf.detect_scenes(talk, mode="accurate")
    assert [each.kind for each in accurate.boundaries] == [each.kind for each in measured.boundaries]
    fast = vf.detect_scenes(talk, mode="fast", statistics=True).statistics
    assert fast is not None and measured.statistics is not None
    assert len(fast.frames) <= len(measured.statistics.frames)


@pytest.mark.parametrize(
    ("options", "option"),
    [
        ({"method": "contents"}, "method"),
        ({"method": vf.ContentMethod(threshold=256)}, "method.threshold"),
        ({"method": vf.ContentMethod(kernel_size=4)}, "method.kernel_size"),
        ({"method": vf.AdaptiveMethod(window_width=0)}, "method.window_width"),
        ({"method": vf.HistogramMethod(bins=1)}, "method.bins"),
        ({"method": vf.HashMethod(size=65)}, "method.size"),
        ({"method": vf.FadeThresholdMethod(fade_bias=2)}, "method.fade_bias"),
        ({"kinds": []}, "kinds"),
        ({"kinds": ["jump"]}, "kinds"),
        ({"frame_step": 0}, "frame_step"),
        ({"mode": "slow"}, "mode"),
        ({"segments": 17}, "segments"),
    ],
)
def test_a_value_out_of_range_is_named(talk: Path, options: dict[str, Any], option: str) -> None:
    for call in (lambda: vf.detect_scenes(talk, **options), lambda: vf.analyze(talk, scenes=options)):  # type: ignore[arg-type]
        with pytest.raises(vf.InvalidOptionError) as caught:
            call()
        assert caught.value.option is not None and option in str(caught.value)


@pytest.mark.parametrize(
    ("options", "problem"),
    [
        ({"method": 27}, "method must be the name of a method"),
        ({"method": vf.ContentMethod(threshold="27")}, "method.threshold must be a number"),  # type: ignore[arg-type]
        ({"method": vf.ContentMethod(weights=(1, 1))}, "method.weights must be ContentWeights"),  # type: ignore[arg-type]
        ({"method": vf.HashMethod(size=1.5)}, "method.size must be a whole number"),  # type: ignore[arg-type]
        ({"kinds": "cut"}, "kinds must be a sequence of str"),
        ({"range": (1, 2)}, "range must be a TimeRange"),
        ({"statistics": 1}, "statistics must be a bool"),
        ({"on_scene": 1}, "on_scene must be callable"),
    ],
)
def test_a_wrong_type_is_named(talk: Path, options: dict[str, Any], problem: str) -> None:
    with pytest.raises(TypeError, match=problem):
        vf.detect_scenes(talk, **options)


def test_scenes_are_told_in_order_in_the_thread_of_the_call(demo: Path) -> None:
    told: list[tuple[vf.Scene, vf.Boundary | None]] = []
    fractions: list[float] = []
    early: list[float] = []

    def on_scene(scene: vf.Scene, ends: vf.Boundary | None) -> None:
        assert threading.current_thread() is threading.main_thread()
        early.append(max(fractions, default=0.0))
        told.append((scene, ends))

    report = vf.detect_scenes(
        demo, on_scene=on_scene, progress=lambda at: fractions.append(at.fraction), segments=1, mode="accurate"
    )
    assert [scene for scene, _ in told] == list(report.scenes)
    assert [ends for _, ends in told] == [*report.boundaries, None]
    assert early[0] < 0.9, "the first scene is told long before the last frame"


def test_an_exception_in_on_scene_stops_the_call_and_comes_out(talk: Path) -> None:
    raised = RuntimeError("enough")
    seen: list[vf.Scene] = []

    def fail(scene: vf.Scene, ends: vf.Boundary | None) -> None:
        seen.append(scene)
        raise raised

    with pytest.raises(RuntimeError) as caught:
        vf.detect_scenes(talk, on_scene=fail)
    assert caught.value is raised and len(seen) == 1


def test_coroutines_tell_scenes_on_the_thread_of_the_event_loop(talk: Path) -> None:
    told: list[tuple[vf.Scene, int]] = []
    raised = RuntimeError("enough")

    def fail(scene: vf.Scene, ends: vf.Boundary | None) -> None:
        raise raised

    async def run() -> vf.SceneReport:
        with pytest.raises(RuntimeError) as caught:
            await aio.detect_scenes(talk, on_scene=fail)
        assert caught.value is raised
        return await aio.detect_scenes(talk, on_scene=lambda scene, _: told.append((scene, threading.get_ident())))

    report = asyncio.run(run())
    assert told == [(scene, threading.get_ident()) for scene in report.scenes]


def test_statistics_are_the_arrays_of_the_core(talk: Path, measured: vf.SceneReport) -> None:
    assert vf.detect_scenes(talk).statistics is None
    statistics = measured.statistics
    assert statistics is not None and len(statistics.columns) > 1
    assert statistics.frames.dtype == np.int64 and statistics.frames.tolist() == list(range(240))
    assert statistics.times_seconds.dtype == np.float64 and statistics.times_seconds[24] == 1.0
    arrays: list[Any] = [statistics.frames, statistics.times_seconds, *(each.values for each in statistics.columns)]
    for array in arrays:
        base = array
        while isinstance(base.base, np.ndarray):
            base = base.base
        assert "PySliceContainer" in type(base.base).__name__, "the memory that the core filled"
        with pytest.raises(ValueError, match="read-only"):
            array[0] = 1
    for column in statistics.columns:
        assert column.values.dtype == np.float32 and column.values.shape == (240,)
    known = vf.analyze(talk, scenes={"statistics": True}, waveform=False, loudness=False, silence=False)
    assert known.scenes == measured and known.to_dict()["scenes"] == measured.to_dict()


def test_a_threshold_stands_where_the_method_draws_the_line(talk: Path) -> None:
    report = vf.detect_scenes(talk, method=vf.ContentMethod(threshold=40), statistics=True)
    assert report.statistics is not None
    score = next(column for column in report.statistics.columns if column.name == "content_val")
    assert score.threshold == 40
    assert report.statistics.frames[score.values >= 40].tolist() == _frames(report)


def test_statistics_survive_documents_and_pickling(measured: vf.SceneReport, tmp_path: Path) -> None:
    for copy in (
        pickle.loads(pickle.dumps(measured)),
        vf.SceneReport.from_json(measured.to_json()),
        vf.SceneReport.from_dict(measured.to_dict()),
    ):
        assert copy == measured and copy.statistics == measured.statistics
    statistics = measured.statistics
    assert statistics is not None and vf.SceneStatistics.from_json(statistics.to_json()) == statistics
    document = measured.to_dict()
    document["statistics"]["columns"][1]["values"][2] = "x"
    with pytest.raises(vf.InvalidOptionError) as caught:
        vf.SceneReport.from_dict(document)
    assert caught.value.option == "statistics.columns[1].values[2]"
    rows = vf.write_scene_statistics(statistics, tmp_path / "s.csv") and (tmp_path / "s.csv").read_text().splitlines()
    assert isinstance(rows, list) and len(rows) == 241 and float(rows[25].split(",")[1]) == Fraction(1)
