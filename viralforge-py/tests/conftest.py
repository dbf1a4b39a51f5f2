"""Media for the tests: the demo video of the repository, and short pieces made of it with the package itself."""

from __future__ import annotations

import io
import os
import tempfile
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest

import viralforge as vf

REPOSITORY = Path(__file__).resolve().parents[2]
SEEDS = REPOSITORY / "fuzz" / "seeds"


@pytest.fixture(scope="session")
def demo() -> Path:
    """52 s of 1280 × 720 with stereo sound."""
    return REPOSITORY / "examples" / "demo" / "sintel-trailer-720p-52s.mp4"


@pytest.fixture(scope="session")
def talk(demo: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """10 s of 320 × 180 at 24 frames a second, with several changes of shots and stereo sound."""
    path = tmp_path_factory.mktemp("media") / "talk.mp4"
    vf.transcode(demo, path, range=vf.TimeRange(10, 20), height=180, speed="ultrafast")
    return path


@pytest.fixture(scope="session")
def mute(talk: Path) -> Path:
    """The same without sound."""
    path = talk.with_name("mute.mp4")
    vf.transcode(talk, path, mute=True, speed="ultrafast")
    return path


@pytest.fixture(scope="session")
def sound() -> Path:
    """Sound without pictures."""
    return SEEDS / "tone.wav"


@pytest.fixture(scope="session")
def talk_bytes(talk: Path) -> bytes:
    return talk.read_bytes()


@pytest.fixture(scope="session")
def analysis(talk: Path) -> vf.Analysis:
    return vf.analyze(talk)


@pytest.fixture(scope="session")
def media() -> Path:
    """The folder of real media, which is not part of the repository."""
    folder = Path(os.environ.get("VIRALFORGE_MEDIA", REPOSITORY.parent / "shared" / "media"))
    if not folder.is_dir():
        pytest.skip(f"no media in {folder}: set VIRALFORGE_MEDIA")
    return folder


Verb = Callable[..., Any]


def _render(source: vf.SourceLike, **options: Any) -> vf.RenderReport:
    return vf.render(source, io.BytesIO(), vf.plan_render(range=vf.TimeRange(0, 1), speed="ultrafast"), **options)


def _transcode(source: vf.SourceLike, **options: Any) -> vf.RenderReport:
    return vf.transcode(source, io.BytesIO(), range=vf.TimeRange(0, 1), speed="ultrafast", **options)


def _sanitize(source: vf.SourceLike, **options: Any) -> vf.SanitizeReport:
    return vf.sanitize_upload(source, io.BytesIO(), **options)


def _frames(source: vf.SourceLike, **options: Any) -> list[vf.Frame]:
    return vf.extract_frames(source, times=[0.5], **options)


SCENES = vf.SceneReport(
    Fraction(24), (), (vf.Scene(Fraction(0), Fraction(1)), vf.Scene(Fraction(1), Fraction(2))), None
)
"""Two scenes of a second."""


def _scene_sheet(source: vf.SourceLike, **options: Any) -> vf.SceneSheet:
    return vf.make_scene_sheet(source, SCENES, **options)


def _split(source: vf.SourceLike, **options: Any) -> list[vf.RenderReport]:
    with tempfile.TemporaryDirectory() as folder:
        return vf.split_scenes(source, SCENES, folder, only=[1], speed="ultrafast", **options)


READERS: dict[str, Verb] = {
    "probe": vf.probe,
    "validate_upload": vf.validate_upload,
    "sanitize_upload": _sanitize,
    "analyze": vf.analyze,
    "detect_scenes": vf.detect_scenes,
    "analyze_waveform": vf.analyze_waveform,
    "measure_loudness": vf.measure_loudness,
    "detect_silence": vf.detect_silence,
    "extract_thumbnails": vf.extract_thumbnails,
    "extract_frames": _frames,
    "make_storyboard": vf.make_storyboard,
    "make_scene_sheet": _scene_sheet,
    "split_scenes": _split,
    "render": _render,
    "transcode": _transcode,
}
"""Every verb that reads a source, called with just that."""

NEED_VIDEO = [
    "detect_scenes",
    "extract_thumbnails",
    "extract_frames",
    "make_storyboard",
    "make_scene_sheet",
    "split_scenes",
    "render",
    "transcode",
]
NEED_SOUND = ["analyze_waveform", "measure_loudness", "detect_silence"]
