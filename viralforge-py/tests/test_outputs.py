"""Outputs appear complete or not at all, and a writer that misbehaves gives a clear exception."""

from __future__ import annotations

import io
import threading
from pathlib import Path
from typing import Any

import pytest

import viralforge as vf

PLAN = vf.plan_render(range=vf.TimeRange(0, 1), speed="ultrafast")


def test_a_path_and_a_file_get_the_same_bytes(talk: Path, tmp_path: Path) -> None:
    memory = io.BytesIO()
    report = vf.render(talk, memory, PLAN)
    vf.render(talk, str(tmp_path / "a.mp4"), PLAN)
    with (tmp_path / "b.mp4").open("wb") as file:
        vf.render(talk, file, PLAN)
    with (tmp_path / "c.mp4").open("wb", buffering=0) as raw:
        vf.render(talk, raw, PLAN)
    assert report.bytes_written == len(memory.getvalue())
    for name in ("a.mp4", "b.mp4", "c.mp4"):
        assert (tmp_path / name).read_bytes() == memory.getvalue()


@pytest.mark.parametrize("stage", [0, 1, 3])
def test_a_call_that_fails_leaves_nothing(stage: int, demo: Path, tmp_path: Path) -> None:
    old = tmp_path / "clip.mp4"
    old.write_bytes(b"what was there")
    memory = io.BytesIO()
    for output in (old, memory):
        reports = 0

        def stop(progress: vf.Progress) -> None:
            nonlocal reports
            reports += 1
            if reports > stage:
                raise InterruptedError("enough")

        with pytest.raises(InterruptedError, match="enough"):
            vf.transcode(demo, output, progress=stop)
    assert [p.name for p in tmp_path.iterdir()] == ["clip.mp4"]
    assert old.read_bytes() == b"what was there" and memory.getvalue() == b""


def test_a_folder_and_a_missing_folder_are_errors(talk: Path, tmp_path: Path) -> None:
    with pytest.raises(IsADirectoryError) as is_folder:
        vf.render(talk, tmp_path, PLAN)
    with pytest.raises(FileNotFoundError) as no_folder:
        vf.render(talk, tmp_path / "no" / "clip.mp4", PLAN)
    assert isinstance(is_folder.value, vf.MediaIOError) and isinstance(no_folder.value, vf.MediaIOError)
    assert list(tmp_path.iterdir()) == []


def test_the_source_is_not_written_over(talk_bytes: bytes, tmp_path: Path) -> None:
    path = tmp_path / "talk.mp4"
    path.write_bytes(talk_bytes)
    with pytest.raises(vf.InvalidOptionError, match="is the source itself"):
        vf.render(path, path, PLAN)
    assert path.read_bytes() == talk_bytes


class Writer:
    """A binary file that is nothing more than that."""

    def __init__(self, result: Any = ...) -> None:
        self.data = b""
        self.result = result

    def write(self, data: bytes, /) -> Any:
        self.data += data
        return len(data) if self.result is ... else self.result


class Slow(Writer):
    def write(self, data: bytes, /) -> Any:
        return super().write(data[:1000])


def test_writers_may_take_a_part_or_say_nothing(talk: Path) -> None:
    expected = io.BytesIO()
    vf.render(talk, expected, PLAN)
    for writer in (Writer(), Writer(None), Slow()):
        vf.render(talk, writer, PLAN)
        assert writer.data == expected.getvalue()


@pytest.mark.parametrize("result", [-1, 10**9, "4", 2.5])
def test_a_writer_that_says_nonsense_is_an_io_error(result: Any, talk: Path) -> None:
    with pytest.raises(vf.MediaIOError, match=r"write\(\) of \d+ bytes returned"):
        vf.render(talk, Writer(result), PLAN)


def test_an_exception_of_a_writer_comes_out_unchanged(talk: Path) -> None:
    mine = BrokenPipeError(32, "gone")

    class Full(Writer):
        def write(self, data: bytes, /) -> Any:
            raise mine

    wave = vf.analyze_waveform(talk)
    calls: list[Any] = [
        lambda: vf.render(talk, Full(), PLAN),
        lambda: vf.transcode(talk, Full(), range=vf.TimeRange(0, 1)),
        lambda: vf.write_waveform(wave, Full(), format="dat"),
    ]
    for call in calls:
        with pytest.raises(BrokenPipeError) as caught:
            call()
        assert caught.value is mine


def test_outputs_that_cannot_work_are_refused_before_anything_is_done(talk: Path, tmp_path: Path) -> None:
    closed = io.BytesIO()
    closed.close()
    with pytest.raises(ValueError, match="closed file"):
        vf.render(talk, closed, PLAN)
    with (tmp_path / "x").open("w") as text, pytest.raises(TypeError, match="binary mode"):
        vf.render(talk, text, PLAN)  # type: ignore[arg-type]
    for nothing in (None, 3, b"clip.mp4"):
        with pytest.raises(TypeError, match="output must be a path or a binary file"):
            vf.render(talk, nothing, PLAN)  # type: ignore[arg-type]


def test_a_writer_is_called_while_other_threads_run(talk: Path) -> None:
    lock = threading.Lock()

    class Locked(Writer):
        def write(self, data: bytes, /) -> Any:
            with lock:
                return super().write(data)

    writers = [Locked() for _ in range(4)]
    threads = [threading.Thread(target=vf.render, args=(talk, writer, PLAN)) for writer in writers]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len({writer.data for writer in writers}) == 1 and writers[0].data
