"""The examples do what they say, with the real thing."""

from __future__ import annotations

import ast
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from conftest import REPOSITORY, SEEDS

import viralforge as vf

EXAMPLES = REPOSITORY / "examples" / "python"


def _run(name: str, *arguments: object, cwd: Path) -> str:
    command = [sys.executable, str(EXAMPLES / name), *map(str, arguments)]
    done = subprocess.run(command, capture_output=True, text=True, cwd=cwd, timeout=300)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_the_main_job_makes_clips_with_covers(talk: Path, tmp_path: Path) -> None:
    output = _run("clips.py", talk, "clips", cwd=tmp_path)
    clips = sorted((tmp_path / "clips").glob("*.mp4"))
    assert clips and len(output.splitlines()) == len(clips)
    for clip in clips:
        video = vf.probe(clip).video
        assert video is not None and video.video is not None and video.video.display_size == vf.Size(1080, 1920)
        assert clip.with_suffix(".jpg").read_bytes().startswith(b"\xff\xd8")


def test_the_main_job_has_less_than_thirty_lines() -> None:
    text = (EXAMPLES / "clips.py").read_text(encoding="utf-8")
    documentation = ast.get_docstring(ast.parse(text), clean=False)
    assert documentation is not None
    assert len(text.replace(documentation, "").splitlines()) < 30


def test_a_folder_becomes_clips_on_a_ray_cluster(talk: Path, tmp_path: Path) -> None:
    pytest.importorskip("ray", reason="Ray has no wheel for this Python")
    folder = tmp_path / "in"
    folder.mkdir()
    shutil.copy(talk, folder / "one.mp4")
    shutil.copy(talk, folder / "two.mp4")
    (folder / "three.mp4").write_bytes(b"no video")
    output = _run("ray_folder.py", folder, tmp_path / "out", cwd=tmp_path)
    clips = sorted(path.name for path in (tmp_path / "out").iterdir())
    assert {name.split("-")[0] for name in clips} == {"one", "two"} and len(output.splitlines()) >= len(clips)
    video = vf.probe(tmp_path / "out" / clips[0]).video
    assert video is not None and video.video is not None and video.video.display_size == vf.Size(1080, 1920)


def test_uploads_are_checked_side_by_side(talk: Path, tmp_path: Path) -> None:
    fake = tmp_path / "fake.mp4"
    fake.write_bytes(os.urandom(1000))
    lines = _run("upload_gate.py", talk, fake, SEEDS / "tone.wav", cwd=tmp_path).splitlines()
    assert re.fullmatch(r"talk.mp4: taken as talk.mp4, [3-9] shots", lines[0])
    assert lines[1].startswith("fake.mp4: refused: ") and lines[2].startswith("tone.wav: refused: ")
