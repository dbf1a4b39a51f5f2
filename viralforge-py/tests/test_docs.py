"""The examples in the documentation run, and everything public is documented."""

from __future__ import annotations

import doctest
import importlib
import inspect
import pkgutil
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

import viralforge as vf

FLAGS = doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE | doctest.IGNORE_EXCEPTION_DETAIL


def _examples() -> Iterator[doctest.DocTest]:
    finder = doctest.DocTestFinder(exclude_empty=True)
    names = ["viralforge", *(f"viralforge.{module.name}" for module in pkgutil.iter_modules(vf.__path__))]
    for name in names:
        scope = {"vf": vf, **vars(vf)}
        for test in finder.find(importlib.import_module(name), name, globs=scope):
            if test.examples:
                yield test


EXAMPLES = {test.name: test for test in _examples()}


@pytest.mark.parametrize("name", EXAMPLES)
def test_the_example_runs(name: str, talk: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shutil.copy(talk, tmp_path / "talk.mp4")
    monkeypatch.chdir(tmp_path)
    report: list[str] = []
    doctest.DocTestRunner(optionflags=FLAGS).run(EXAMPLES[name], out=report.append)
    assert report == [], "".join(report)


def test_every_verb_has_an_example_and_says_what_it_raises() -> None:
    for verb in vf.schema()["verbs"]:
        documentation = inspect.getdoc(getattr(vf, verb["name"])) or ""
        assert ">>> " in documentation and "Raises:" in documentation, verb["name"]
        for name in inspect.signature(getattr(vf, verb["name"])).parameters:
            assert f"\n    {name}: " in documentation, f"{verb['name']} says nothing about {name}"


def test_everything_public_is_documented() -> None:
    for name in vf.__all__:
        value = getattr(vf, name)
        if not inspect.isclass(value) and not inspect.isfunction(value):
            continue
        assert inspect.getdoc(value), name
        for member, attribute in vars(value).items() if inspect.isclass(value) else ():
            if not member.startswith("_") and (inspect.isfunction(attribute) or isinstance(attribute, property)):
                assert inspect.getdoc(attribute), f"{name}.{member}"
        if hasattr(value, "__dataclass_fields__"):
            documentation = inspect.getdoc(value) or ""
            for field in value.__dataclass_fields__:
                assert f"\n    {field}: " in documentation, f"{name} says nothing about {field}"
