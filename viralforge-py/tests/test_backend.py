"""`pip install` builds against the FFmpeg that `make ffmpeg` chose."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from conftest import REPOSITORY


@pytest.mark.parametrize(
    ("config", "arguments"),
    [
        (None, "--strip"),
        ('[env]\nVIRALFORGE_FFMPEG_FEATURE = "ffmpeg7_1"\n', "--strip"),
        ('[env]\nVIRALFORGE_FFMPEG_FEATURE = "ffmpeg8"\n', "--strip --no-default-features --features ffmpeg8"),
    ],
)
def test_the_cargo_feature_is_the_one_that_make_ffmpeg_wrote_down(
    config: str | None, arguments: str, tmp_path: Path
) -> None:
    build = tmp_path / "viralforge-py" / "build"
    build.mkdir(parents=True)
    shutil.copy(REPOSITORY / "viralforge-py" / "build" / "backend.py", build)
    if config:
        (tmp_path / ".cargo").mkdir()
        (tmp_path / ".cargo" / "config.toml").write_text(config)
    program = "import os, backend; backend.build_wheel; print(os.environ['MATURIN_PEP517_ARGS'])"
    done = subprocess.run([sys.executable, "-c", program], cwd=build, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == arguments
