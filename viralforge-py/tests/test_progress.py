"""Progress, cancellation, exceptions in callbacks."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from conftest import READERS

import viralforge as vf


@pytest.mark.parametrize("verb", READERS)
def test_progress_never_falls_and_ends_at_one(verb: str, talk: Path) -> None:
    seen: list[vf.Progress] = []
    thread: set[int] = set()

    def note(progress: vf.Progress) -> None:
        seen.append(progress)
        thread.add(threading.get_ident())

    READERS[verb](talk, progress=note)
    fractions = [progress.fraction for progress in seen]
    assert fractions == sorted(fractions) and fractions[-1] == 1.0 and fractions.count(1.0) == 1
    assert thread == {threading.get_ident()}
    assert {progress.stage for progress in seen} <= set(vf.schema()["stages"])
    assert seen[-1].eta_seconds == 0.0 and seen[-1].percent == 100.0
    elapsed = [progress.elapsed_seconds for progress in seen]
    assert elapsed == sorted(elapsed)


def test_a_long_call_estimates_the_time_that_is_left(demo: Path) -> None:
    seen: list[vf.Progress] = []
    vf.transcode(demo, Nowhere(), range=vf.TimeRange(10, 25), speed="veryfast", progress=seen.append)
    estimates = [progress.eta_seconds for progress in seen if progress.eta_seconds is not None]
    assert len(estimates) > 3 and seen[0].eta_seconds is None and all(eta >= 0 for eta in estimates)
    assert len(seen) <= 25 * seen[-1].elapsed_seconds + 3


class Nowhere:
    def write(self, data: bytes, /) -> int:
        return len(data)


@pytest.mark.parametrize("verb", READERS)
def test_an_exception_in_the_callback_comes_out_unchanged(verb: str, talk: Path) -> None:
    mine = ZeroDivisionError("mine")
    token = vf.CancelToken()

    def fail(progress: vf.Progress) -> None:
        raise mine

    with pytest.raises(ZeroDivisionError) as caught:
        READERS[verb](talk, progress=fail, cancel=token)
    assert caught.value is mine and caught.value.__cause__ is None
    assert not token.cancelled, "the caller's token is the caller's"


def test_a_slow_callback_gets_the_newest_reports(talk: Path) -> None:
    seen: list[float] = []

    def slow(progress: vf.Progress) -> None:
        seen.append(progress.fraction)
        # Longer than it takes to finish all the work, however the processors are shared.
        if len(seen) == 1:
            for _ in range(3):
                vf.detect_scenes(talk)

    vf.detect_scenes(talk, progress=slow)
    assert seen[-1] == 1.0 and len(seen) <= 6


def test_a_child_token_listens_to_its_parent() -> None:
    parent = vf.CancelToken()
    child = vf.CancelToken(parent)
    sibling = vf.CancelToken(parent)
    child.cancel()
    assert (child.cancelled, parent.cancelled, sibling.cancelled) == (True, False, False)
    parent.cancel()
    assert sibling.cancelled


LONG = ["analyze", "detect_scenes", "extract_thumbnails", "transcode"]


def _long(verb: str, demo: Path, **options: Any) -> object:
    return vf.transcode(demo, Nowhere(), **options) if verb == "transcode" else READERS[verb](demo, **options)


@pytest.mark.parametrize("verb", LONG)
def test_cancelling_from_another_thread_ends_the_call_before_its_end(verb: str, demo: Path) -> None:
    token = vf.CancelToken()
    begun = threading.Event()
    reached: list[float] = []

    def cancel() -> None:
        begun.wait()
        token.cancel()

    def note(progress: vf.Progress) -> None:
        reached.append(progress.fraction)
        if progress.fraction > 0:
            begun.set()

    canceller = threading.Thread(target=cancel)
    canceller.start()
    with pytest.raises(vf.CancelledError):
        _long(verb, demo, cancel=token, progress=note)
    canceller.join()
    assert reached[-1] < 1


def test_cancelling_in_the_callback_works_too(demo: Path) -> None:
    token = vf.CancelToken()

    def cancel(progress: vf.Progress) -> None:
        token.cancel()

    with pytest.raises(vf.CancelledError):
        vf.analyze(demo, cancel=token, progress=cancel)


def test_native_work_has_ended_when_the_call_returns(demo: Path) -> None:
    class Watched:
        def __init__(self) -> None:
            self.file = demo.open("rb")

        def read(self, size: int, /) -> bytes:
            return self.file.read(size)

        def seek(self, offset: int, whence: int = 0, /) -> int:
            return self.file.seek(offset, whence)

    watched = Watched()
    fractions: Iterator[float] = iter([0.0])

    def stop(progress: vf.Progress) -> None:
        if next(fractions, None) is None:
            raise InterruptedError

    with pytest.raises(InterruptedError):
        vf.analyze(watched, progress=stop)
    # Would raise in a thread that still reads, and pytest makes an error of that.
    watched.file.close()
