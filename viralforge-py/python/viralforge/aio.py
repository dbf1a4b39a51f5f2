"""The verbs of `viralforge` as coroutines.

They take the same arguments and return the same results. Work runs on threads of its own, at most as many at once as
the machine has processors; further calls wait for their turn. Cancelling the task stops the native work and waits for
it to let go of its files, so that nothing runs behind your back:

    async with asyncio.timeout(60):
        report = await viralforge.aio.detect_scenes("talk.mp4", progress=print)

`progress` is called on the thread of the event loop. File objects are read and written on the thread of the call.
"""

from __future__ import annotations

import asyncio
import functools
import os
from collections.abc import Callable, Coroutine
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any, Never, ParamSpec, TypeVar

from . import (
    CancelToken,
    Progress,
    _verbs_picture,
    _verbs_plan,
    _verbs_read,
    _verbs_scene,
    _verbs_write,
)

__all__ = [
    "analyze",
    "analyze_waveform",
    "detect_scenes",
    "detect_silence",
    "extract_frames",
    "extract_thumbnails",
    "make_scene_sheet",
    "make_storyboard",
    "measure_loudness",
    "plan_reframe",
    "plan_render",
    "probe",
    "render",
    "sanitize_upload",
    "split_scenes",
    "suggest_clips",
    "transcode",
    "validate_upload",
    "write_scene_statistics",
    "write_scenes",
    "write_waveform",
]

_P = ParamSpec("_P")
_T = TypeVar("_T")


_executors: dict[int, ThreadPoolExecutor] = {}


def _executor() -> ThreadPoolExecutor:
    """The threads of this process: a forked child cannot use those of its parent."""
    process = os.getpid()
    if process not in _executors:
        _executors[process] = ThreadPoolExecutor(os.cpu_count() or 1, thread_name_prefix="viralforge-aio")
    return _executors[process]


class _Relay:
    """Carries progress to the event loop's thread, and an exception that the callback raises there back to the call."""

    def __init__(self, callback: Callable[[Progress], object], stop: CancelToken) -> None:
        self._callback = callback
        self._stop = stop
        self._loop = asyncio.get_running_loop()
        self.raised: BaseException | None = None

    def __call__(self, progress: Progress) -> None:
        self._loop.call_soon_threadsafe(self._deliver, progress)

    def _deliver(self, progress: Progress) -> None:
        if self.raised is not None or self._stop.cancelled:
            return
        try:
            self._callback(progress)
        except BaseException as raised:
            self.raised = raised
            self._stop.cancel()


def _awaitable(verb: Callable[_P, _T], *, watched: bool = True) -> Callable[_P, Coroutine[object, Never, _T]]:
    """The verb as a coroutine; `watched` where it takes `progress` and `cancel`.

    Nobody outside asyncio looks at what a coroutine yields and is sent; `Any` there would make `gather` untyped.
    """

    @functools.wraps(verb)
    async def call(*args: _P.args, **kwargs: _P.kwargs) -> _T:
        relay: _Relay | None = None
        stop: CancelToken | None = None
        given: dict[str, Any] = dict(kwargs)
        if watched:
            stop = given["cancel"] = CancelToken(given.get("cancel"))
            if callable(given.get("progress")):
                relay = given["progress"] = _Relay(given["progress"], stop)
        job = _executor().submit(functools.partial(verb, *args, **given))
        try:
            return await _finished(job, stop)
        finally:
            # Goes before the `CancelledError` that it led to.
            if relay is not None and relay.raised is not None:
                raise relay.raised from None

    return call


async def _finished(job: Future[_T], stop: CancelToken | None) -> _T:
    future = asyncio.wrap_future(job)
    try:
        return await asyncio.shield(future)
    except asyncio.CancelledError:
        # A call that has not begun leaves the queue; one that runs is stopped and waited for.
        if not job.cancel() and stop is not None:
            stop.cancel()
        while not future.done():
            await _undisturbed(future)
        if not future.cancelled():
            future.exception()  # looked at, so that nobody complains about it
        raise


async def _undisturbed(future: asyncio.Future[Any]) -> None:
    try:
        await asyncio.wait([future])
    except asyncio.CancelledError:
        pass  # asked for again; it is being done


probe = _awaitable(_verbs_read.probe)
validate_upload = _awaitable(_verbs_read.validate_upload)
analyze = _awaitable(_verbs_read.analyze)
detect_scenes = _awaitable(_verbs_read.detect_scenes)
analyze_waveform = _awaitable(_verbs_read.analyze_waveform)
measure_loudness = _awaitable(_verbs_read.measure_loudness)
detect_silence = _awaitable(_verbs_read.detect_silence)
plan_reframe = _awaitable(_verbs_plan.plan_reframe, watched=False)
suggest_clips = _awaitable(_verbs_plan.suggest_clips, watched=False)
plan_render = _awaitable(_verbs_plan.plan_render, watched=False)
extract_thumbnails = _awaitable(_verbs_picture.extract_thumbnails)
extract_frames = _awaitable(_verbs_picture.extract_frames)
make_storyboard = _awaitable(_verbs_picture.make_storyboard)
write_scenes = _awaitable(_verbs_scene.write_scenes, watched=False)
write_scene_statistics = _awaitable(_verbs_scene.write_scene_statistics, watched=False)
make_scene_sheet = _awaitable(_verbs_scene.make_scene_sheet)
split_scenes = _awaitable(_verbs_scene.split_scenes)
render = _awaitable(_verbs_write.render)
sanitize_upload = _awaitable(_verbs_write.sanitize_upload)
transcode = _awaitable(_verbs_write.transcode)
write_waveform = _awaitable(_verbs_write.write_waveform, watched=False)
