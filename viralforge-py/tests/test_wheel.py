"""The wheel is whole: with nothing but Python and numpy, no Rust and no FFmpeg, it does the main job."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
from conftest import REPOSITORY

import viralforge as vf

MAX_BYTES = 45_000_000
# FFmpeg and what its decoders, encoders and filters are linked with: all of it must come from the wheel.
CODEC = re.compile(r"lib(av|sw|x26|dav1d|zimg|numa|openh264)")


@pytest.fixture(scope="session")
def wheel() -> Path:
    """The wheel that `make wheel` built, or the one that VIRALFORGE_WHEEL names."""
    named = os.environ.get("VIRALFORGE_WHEEL")
    wheels = [Path(named)] if named else sorted((REPOSITORY / "viralforge-py" / "dist").glob("viralforge-*.whl"))
    if not wheels:
        pytest.skip("no wheel in viralforge-py/dist: make wheel builds it")
    return wheels[-1].resolve()


def test_one_wheel_serves_every_python_from_3_11_on(wheel: Path) -> None:
    assert re.fullmatch(r"viralforge-[\d.]+-cp311-abi3-manylinux_2_\d+_x86_64\.whl", wheel.name)
    assert wheel.stat().st_size <= MAX_BYTES
    with zipfile.ZipFile(wheel) as archive:
        names = archive.namelist()
    for name in ("viralforge/py.typed", "viralforge/_native.pyi", "viralforge/aio.py"):
        assert name in names
    assert {Path(name).name for name in names if "/licenses/" in name} == {"LICENSE", "LICENSE-MIT", "LICENSE-APACHE"}


def test_auditwheel_is_content(wheel: Path) -> None:
    show = subprocess.run([sys.executable, "-m", "auditwheel", "show", str(wheel)], capture_output=True, text=True)
    assert show.returncode == 0, show.stderr
    tag = re.search(r"manylinux_2_\d+_x86_64", wheel.name)
    assert tag and f'consistent with the following platform tag: "{tag[0]}"' in " ".join(show.stdout.split())


def test_it_does_the_main_job_in_an_empty_environment(wheel: Path, talk: Path, tmp_path: Path) -> None:
    subprocess.run([sys.executable, "-m", "venv", str(tmp_path / "venv")], check=True)
    python = tmp_path / "venv" / "bin" / "python"
    subprocess.run([python, "-m", "pip", "install", "--quiet", str(wheel)], check=True)
    program = REPOSITORY / "examples" / "python" / "clips.py"
    # No PATH, no library path, nothing else of ours.
    done = subprocess.run(
        ["/usr/bin/env", "-i", str(python), "-I", str(program), str(talk), str(tmp_path / "clips")],
        capture_output=True, text=True, cwd=tmp_path,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    clips = list((tmp_path / "clips").glob("*.mp4"))
    assert clips and all(vf.probe(clip).container == "mp4" for clip in clips)

    print_maps = "import viralforge; print(open('/proc/self/maps').read())"
    loaded = subprocess.run(
        ["/usr/bin/env", "-i", str(python), "-I", "-c", print_maps], capture_output=True, text=True, check=True
    )
    libraries = {line.split()[-1] for line in loaded.stdout.splitlines() if ".so" in line}
    codecs = {path for path in libraries if CODEC.match(Path(path).name)}
    assert codecs and all(path.startswith(str(tmp_path)) for path in codecs), codecs
