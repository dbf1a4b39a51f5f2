"""The coroutines: same results, the event loop stays free, cancelling the task stops the work."""

from __future__ import annotations

import asyncio
import inspect
import os
import threading
from pathlib import Path

import pytest

import viralforge as vf
from viralforge import aio


class Nowhere:
    def write(self, data: bytes, /) -> int:
        return len(data)


def test_every_verb_is_a_coroutine_with_the_same_signature() -> None:
    verbs = [verb["name"] for verb in vf.schema()["verbs"]]
    assert sorted(aio.__all__) == sorted(verbs)
    for verb in verbs:
        assert inspect.iscoroutinefunction(getattr(aio, verb))
        assert inspect.signature(getattr(aio, verb)) == inspect.signature(getattr(vf, verb))


def test_results_are_the_same(talk: Path, analysis: vf.Analysis) -> None:
    async def main() -> None:
        media, report = await asyncio.gather(aio.probe(talk), aio.detect_scenes(talk, threshold=0.4))
        assert media == vf.probe(talk) and report == vf.detect_scenes(talk, threshold=0.4)
        assert await aio.plan_reframe(analysis, aspect="1:1") == vf.plan_reframe(analysis, aspect="1:1")
        assert await aio.plan_render(preset="reels") == vf.plan_render(preset="reels")

    asyncio.run(main())


def test_progress_comes_on_the_thread_of_the_loop_and_before_the_result(talk: Path) -> None:
    seen: list[tuple[float, int]] = []

    async def main() -> None:
        def note(progress: vf.Progress) -> None:
            seen.append((progress.fraction, threading.get_ident()))
            asyncio.get_running_loop()

        await aio.analyze(talk, progress=note)
        assert seen[-1][0] == 1.0

    asyncio.run(main())
    assert {thread for _, thread in seen} == {threading.get_ident()}


def test_errors_and_exceptions_of_callbacks_come_out(talk: Path) -> None:
    mine = ZeroDivisionError("mine")

    def fail(progress: vf.Progress) -> None:
        raise mine

    async def main() -> None:
        with pytest.raises(vf.InvalidOptionError):
            await aio.detect_scenes(talk, threshold=2)
        with pytest.raises(FileNotFoundError):
            await aio.probe(talk.with_name("no.mp4"))
        with pytest.raises(TypeError):
            await aio.probe(talk, progress=3)  # type: ignore[arg-type]
        with pytest.raises(ZeroDivisionError) as caught:
            await aio.analyze(talk, progress=fail)
        assert caught.value is mine
        token = vf.CancelToken()
        token.cancel()
        with pytest.raises(vf.CancelledError):
            await aio.analyze(talk, cancel=token)

    asyncio.run(main())


def test_cancelling_the_task_stops_the_work_and_waits_for_it(demo: Path) -> None:
    async def main() -> None:
        begun = asyncio.Event()
        token = vf.CancelToken()
        reached: list[float] = []

        def note(progress: vf.Progress) -> None:
            reached.append(progress.fraction)
            begun.set()

        task = asyncio.create_task(aio.transcode(demo, Nowhere(), speed="slow", cancel=token, progress=note))
        await begun.wait()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert not token.cancelled, "the caller's token is the caller's"
        assert _jobs() == 0
        assert reached[-1] < 0.5, "it went on"

    asyncio.run(main())


def _jobs() -> int:
    """Calls that the executor's threads are in."""
    import sys

    names = {thread.ident: thread.name for thread in threading.enumerate()}
    busy = 0
    for ident, frame in sys._current_frames().items():
        if names.get(ident, "").startswith("viralforge-aio") and "_verbs" in frame.f_code.co_filename:
            busy += 1
    return busy


def test_a_timeout_is_a_timeout(demo: Path) -> None:
    async def main() -> None:
        async with asyncio.timeout(0.05):
            await aio.transcode(demo, Nowhere(), speed="veryslow")

    with pytest.raises(TimeoutError):
        asyncio.run(main())


def test_a_call_that_waits_for_its_turn_is_cancelled_too(demo: Path) -> None:
    async def main() -> None:
        processors = os.cpu_count() or 1
        started = 0
        all_begun = asyncio.Event()

        def begin(progress: vf.Progress) -> None:
            nonlocal started
            started += progress.fraction == 0
            if started == processors:
                all_begun.set()

        running = [
            asyncio.create_task(aio.transcode(demo, Nowhere(), speed="veryslow", progress=begin))
            for _ in range(processors)
        ]
        waiting = asyncio.create_task(aio.probe(demo))
        await all_begun.wait()
        waiting.cancel()
        with pytest.raises(asyncio.CancelledError):
            await waiting
        assert not any(task.done() for task in running)
        for task in running:
            task.cancel()
        assert all(
            isinstance(e, asyncio.CancelledError) for e in await asyncio.gather(*running, return_exceptions=True)
        )

    asyncio.run(main())


def test_the_loop_stays_free(demo: Path) -> None:
    async def main() -> int:
        turns = 0
        job = asyncio.create_task(aio.analyze(demo))
        while not job.done():
            await asyncio.wait([job], timeout=0.005)
            turns += 1
        return turns

    # A call that kept the loop to itself would leave it a turn or two.
    assert asyncio.run(main()) > 20
