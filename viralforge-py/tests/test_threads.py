"""The GIL is free, calls run side by side, and nothing leaks."""

from __future__ import annotations

import gc
import hashlib
import io
import itertools
import multiprocessing
import os
import resource
import statistics
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from conftest import SEEDS

import viralforge as vf


def test_other_threads_run_while_a_call_works(demo: Path) -> None:
    counted = 0
    working = threading.Event()
    done = threading.Event()

    def count() -> None:
        nonlocal counted
        working.wait()
        while not done.is_set():
            counted += 1

    counter = threading.Thread(target=count)
    counter.start()
    working.set()
    vf.transcode(demo, io.BytesIO(), range=vf.TimeRange(10, 12), speed="veryfast")
    done.set()
    counter.join()
    # A call that held the GIL would leave the counter a moment before and after.
    assert counted > 100_000


def _cores_used(work: Callable[[], object]) -> float:
    """CPU time over wall time while two threads do the work."""
    before, began = resource.getrusage(resource.RUSAGE_SELF), time.monotonic()
    threads = [threading.Thread(target=work) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    after, ended = resource.getrusage(resource.RUSAGE_SELF), time.monotonic()
    return (after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime) / (ended - began)


def test_two_threads_use_two_cores(demo: Path) -> None:
    if len(os.sched_getaffinity(0)) < 2:
        pytest.skip("needs two cores")
    free = 0.0
    for _ in range(5):
        # Sound is decoded and measured by one thread, so that two cores can only come from two calls.
        used = _cores_used(lambda: [vf.measure_loudness(demo) for _ in range(4)])
        if used > 1.3:
            return
        # What is known to run without the GIL tells whether the machine had a second core to give.
        free = max(free, _cores_used(lambda: hashlib.pbkdf2_hmac("sha256", b"x", b"y", 1_000_000)))
    if free <= 1.5:
        pytest.skip(f"other programs keep this machine busy: {free:.2f} cores were free")
    pytest.fail(f"used {used:.2f} of {free:.2f} cores")


def _resident_bytes() -> int:
    gc.collect()
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")


def test_a_thousand_calls_leak_nothing(talk_bytes: bytes) -> None:
    small = (SEEDS / "h264-aac.mp4").read_bytes()
    sound = (SEEDS / "tone.wav").read_bytes()

    def calls(count: int) -> None:
        for _ in range(count):
            vf.probe(small, progress=lambda progress: None)
            vf.probe(io.BytesIO(small))
            vf.analyze_waveform(sound).max.sum()
            vf.extract_frames(small, times=[0.1])[0].pixels.sum()
            with pytest.raises(vf.MalformedMediaError):
                vf.probe(b"nothing")
            with pytest.raises(ZeroDivisionError):
                vf.probe(small, progress=lambda progress: 1 // 0)

    calls(100)
    held = [_resident_bytes()]
    for _ in range(5):
        calls(200)
        held.append(_resident_bytes())
    # What leaks grows in each of them; where malloc sees fit to hold more, it is a step in one. 1 KiB a call is 1.2 MB.
    assert statistics.median(after - before for before, after in itertools.pairwise(held)) < 1 << 20


def test_large_results_are_given_back(demo: Path) -> None:
    analysis = vf.analyze(demo, scenes=False, loudness=False, silence=False, quality=False, subject=False)
    assert analysis.waveform is not None
    before = _resident_bytes()
    for _ in range(20):
        vf.extract_frames(demo, times=[1, 2, 3])  # 8 MB
    assert _resident_bytes() - before < 32 << 20


def _probe_in_child(path: str) -> str:
    return vf.probe(path).container


def test_calls_work_in_a_forked_child(talk: Path) -> None:
    # The parent's idle threads are not in the child, whatever the child believes.
    vf.probe(talk)
    with multiprocessing.get_context("fork").Pool(2) as pool:
        assert pool.map(_probe_in_child, [str(talk)] * 4) == ["mp4"] * 4


def test_many_threads_share_a_source(talk_bytes: bytes) -> None:
    expected = vf.detect_scenes(talk_bytes)
    with vf.Source(io.BytesIO(talk_bytes)) as source:
        reports: list[vf.SceneReport] = []
        threads = [threading.Thread(target=lambda: reports.append(vf.detect_scenes(source))) for _ in range(6)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert reports == [expected] * 6
