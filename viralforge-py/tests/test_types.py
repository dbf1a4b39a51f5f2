"""The types hold for those who check them."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

PACKAGE = Path(__file__).resolve().parents[1]
CHECKED = ["python/viralforge", "tests/typed_usage.py"]
EXAMPLES = sorted(str(path) for path in (PACKAGE.parent / "examples" / "python").glob("*.py"))


def _passes(*command: str) -> None:
    done = subprocess.run([sys.executable, "-m", *command], cwd=PACKAGE, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr


def test_mypy_is_content_with_the_package_and_with_real_usage() -> None:
    _passes("mypy", "--strict", "--warn-unused-ignores", *CHECKED, *EXAMPLES)


def test_pyright_is_content_with_the_package_and_with_real_usage() -> None:
    _passes("basedpyright", "--level", "error", *CHECKED)


def test_the_stub_is_that_of_the_native_module() -> None:
    _passes("mypy.stubtest", "viralforge._native")


def test_the_package_is_what_its_annotations_say() -> None:
    _passes("mypy.stubtest", "viralforge", "--allowlist", "tests/stubtest-allowlist.txt", "--ignore-unused-allowlist")


def test_the_tests_use_the_package_as_its_types_say() -> None:
    _passes("mypy", "--strict", "tests")


def test_ruff_finds_nothing() -> None:
    _passes("ruff", "check", ".", "../examples/python")
    _passes("ruff", "format", "--check", ".", "../examples/python")
