"""maturin, told which FFmpeg is linked.

`make ffmpeg` writes that down in `.cargo/config.toml` of the repository, where cargo finds the folder by itself but not
the cargo feature. Without that file (a source distribution) the default feature stands.
"""

from __future__ import annotations

import os
import re
from pathlib import Path

from maturin import *  # noqa: F403  (the hooks of PEP 517 and 660)

_DEFAULT = "ffmpeg7_1"


def _arguments() -> str:
    config = Path(__file__).resolve().parents[2] / ".cargo" / "config.toml"
    text = config.read_text(encoding="utf-8") if config.is_file() else ""
    found = re.search(r'^VIRALFORGE_FFMPEG_FEATURE = "(\w+)"', text, re.MULTILINE)
    feature = found[1] if found else _DEFAULT
    return "--strip" if feature == _DEFAULT else f"--strip --no-default-features --features {feature}"


os.environ.setdefault("MATURIN_PEP517_ARGS", _arguments())
