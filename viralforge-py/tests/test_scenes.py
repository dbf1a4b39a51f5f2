"""What is made of scenes."""

from __future__ import annotations

import csv
import io
import json
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import pytest
from conftest import SCENES

import viralforge as vf


def test_scenes_are_written_as_what_the_extension_says(tmp_path: Path) -> None:
    for name, begin in [
        ("s.json", b"{"),
        ("s.csv", b"Scene Number,Start Frame,"),
        ("s.edl", b"TITLE: a & b.mp4\n"),
        ("s.fcpxml", b"<?xml"),
        ("s.otio", b"{"),
        ("s.vtt", b"WEBVTT\n"),
        ("s.ffmetadata", b";FFMETADATA1\n"),
    ]:
        assert vf.write_scenes(SCENES, tmp_path / name, media_name="a & b.mp4") == (tmp_path / name).stat().st_size
        assert (tmp_path / name).read_bytes().startswith(begin)
    assert vf.SceneReport.from_json((tmp_path / "s.json").read_text()) == SCENES


def test_frames_are_counted_at_the_rate_that_is_asked_for() -> None:
    memory = io.BytesIO()
    vf.write_scenes(SCENES, memory, format="csv", frame_rate=Fraction(30))
    rows = list(csv.DictReader(io.StringIO(memory.getvalue().decode())))
    assert [(row["Start Frame"], row["End Frame"]) for row in rows] == [("1", "30"), ("31", "60")]


def test_the_options_of_a_timeline_arrive() -> None:
    memory = io.BytesIO()
    vf.write_scenes(
        SCENES,
        memory,
        format="otio",
        title="T",
        media_uri="file:///a.mp4",
        start_timecode_frames=240,
    )
    timeline = json.loads(memory.getvalue())
    clip = timeline["tracks"]["children"][0]["children"][0]
    assert (timeline["name"], timeline["global_start_time"]["value"]) == ("T", 240)
    assert clip["media_references"]["DEFAULT_MEDIA"]["target_url"] == "file:///a.mp4"
    assert clip["source_range"]["start_time"]["value"] == 240


def test_statistics_are_a_table_and_a_plot(tmp_path: Path) -> None:
    column = vf.StatisticsColumn("content_val", 27.0, (1.0, 30.5, 2.0))
    statistics = vf.SceneStatistics((0, 1, 2), (0.0, 0.5, 1.0), (column,))
    vf.write_scene_statistics(statistics, tmp_path / "s.csv")
    assert (tmp_path / "s.csv").read_text().splitlines()[2] == "1,0.5,30.5"
    boundary = vf.Boundary(1, 1, "cut", 1, 1, 1.0)
    vf.write_scene_statistics(statistics, tmp_path / "s.svg", boundaries=[boundary], width=640)
    assert 'width="640"' in (tmp_path / "s.svg").read_text()
    with pytest.raises(vf.InvalidOptionError, match="have 2 values"):
        short = replace(statistics, columns=(replace(column, values=(1.0, 2.0)),))
        vf.write_scene_statistics(short, tmp_path / "t.csv")
    assert not (tmp_path / "t.csv").exists()


def test_a_sheet_shows_three_frames_a_scene(talk: Path) -> None:
    sheet = vf.make_scene_sheet(talk, SCENES, tile=(64, 64), format="png")
    assert (sheet.page, sheet.pages, sheet.format) == (1, 1, "png")
    assert [(tile.scene, tile.part) for tile in sheet.tiles] == [
        (number, part) for number in (1, 2) for part in ("first", "middle", "last")
    ]
    assert [tile.time for tile in sheet.tiles[::3]] == [0, 1]
    assert sheet.image.startswith(b"\x89PNG") and "image" not in sheet.to_dict()


def test_scenes_become_files_of_their_own(talk: Path, tmp_path: Path) -> None:
    reports = vf.split_scenes(talk, SCENES, tmp_path, height=64, speed="ultrafast", template="{number}-{name}.mp4")
    assert [report.frames_written for report in reports] == [24, 24]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["1-talk.mp4", "2-talk.mp4"]
    assert vf.probe(tmp_path / "1-talk.mp4").video is not None
