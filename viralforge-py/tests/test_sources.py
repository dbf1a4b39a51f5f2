"""Every kind of source gives the same report, and one that misbehaves gives a clear exception and does no harm."""

from __future__ import annotations

import io
import mmap
import tempfile
from pathlib import Path
from typing import Any

import pytest
from conftest import READERS

import viralforge as vf


class Reader:
    """A binary file over bytes that is nothing more than that; subclasses break one rule each."""

    def __init__(self, data: bytes) -> None:
        self.file = io.BytesIO(data)
        self.reads = self.seeks = 0

    def read(self, size: int, /) -> Any:
        self.reads += 1
        return self.file.read(size)

    def seek(self, offset: int, whence: int = 0, /) -> Any:
        self.seeks += 1
        return self.file.seek(offset, whence)


def test_every_kind_of_source_gives_the_same_report(talk: Path, talk_bytes: bytes) -> None:
    expected = vf.detect_scenes(talk)
    with talk.open("rb") as buffered, talk.open("rb", buffering=0) as raw, tempfile.NamedTemporaryFile() as named:
        named.write(talk_bytes)
        with mmap.mmap(raw.fileno(), 0, access=mmap.ACCESS_READ) as mapped:
            sources: list[Any] = [
                str(talk), talk_bytes, bytearray(talk_bytes), memoryview(talk_bytes), memoryview(talk_bytes).cast("B"),
                buffered, raw, io.BytesIO(talk_bytes), mapped, named, Reader(talk_bytes), vf.Source(talk),
                vf.Source(talk_bytes), vf.Source(io.BytesIO(talk_bytes)),
            ]  # fmt: skip
            for source in sources:
                assert vf.detect_scenes(source) == expected, source
            assert not buffered.closed and not raw.closed


def test_bytes_are_not_copied(talk_bytes: bytes) -> None:
    import sys

    before = sys.getrefcount(talk_bytes)
    source = vf.Source(talk_bytes)
    assert sys.getrefcount(talk_bytes) == before + 1
    assert vf.probe(source).container == "mp4"
    source.close()
    assert sys.getrefcount(talk_bytes) == before


def test_a_bytearray_may_change_meanwhile(talk_bytes: bytes) -> None:
    data = bytearray(talk_bytes)
    with vf.Source(data) as source:
        data[:] = bytes(len(data))
        assert vf.probe(source).container == "mp4"


def test_where_a_file_stands_does_not_matter(talk_bytes: bytes) -> None:
    file = io.BytesIO(talk_bytes)
    with vf.Source(file) as source:
        for position in (100, 7, len(talk_bytes)):
            file.seek(position)
            assert vf.probe(source).container == "mp4"


def test_a_file_is_read_in_large_pieces_and_moved_only_where_needed(talk_bytes: bytes) -> None:
    reader = Reader(talk_bytes)
    vf.detect_scenes(reader)
    assert reader.reads < 30 and reader.seeks < 30


def test_a_source_is_closed_by_its_context(talk: Path) -> None:
    with vf.Source(talk, name="the talk", limits=vf.Limits(max_streams=9)) as source:
        assert (source.name, source.limits.max_streams, source.closed) == (str(talk), 9, False)
    assert source.closed and repr(source) == "<viralforge.Source closed>"
    with pytest.raises(ValueError, match="the source is closed"):
        vf.probe(source)
    source.close()


def test_the_name_of_a_source_stands_in_messages() -> None:
    with pytest.raises(vf.MalformedMediaError, match=r"^upload 7: "):
        vf.probe(vf.Source(b"nothing", name="upload 7"))


def test_a_missing_file_is_known_when_the_source_is_made(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        vf.Source(tmp_path / "no.mp4")


def test_a_file_that_changes_between_two_calls_is_noticed(talk_bytes: bytes, tmp_path: Path) -> None:
    path = tmp_path / "growing.mp4"
    path.write_bytes(talk_bytes)
    with vf.Source(path) as source:
        assert vf.probe(source).container == "mp4"
        path.write_bytes(talk_bytes + b"more")
        with pytest.raises(vf.MediaIOError, match="changed while it was being read"):
            vf.probe(source)


class Raises(Reader):
    def read(self, size: int, /) -> Any:
        if self.reads > 1:
            raise ZeroDivisionError("in read")
        return super().read(size)


class SeekRaises(Reader):
    def seek(self, offset: int, whence: int = 0, /) -> Any:
        raise KeyError("in seek")


class TooMuch(Reader):
    def read(self, size: int, /) -> Any:
        return super().read(size) + b"more" * size


class Text(Reader):
    def read(self, size: int, /) -> Any:
        return "text"


class Nothing(Reader):
    def read(self, size: int, /) -> Any:
        return None


class Short(Reader):
    def seek(self, offset: int, whence: int = 0, /) -> Any:
        return super().seek(offset, whence) + (1000 if whence == 2 else 0)

    def read(self, size: int, /) -> Any:
        return b""


class Lost(Reader):
    def seek(self, offset: int, whence: int = 0, /) -> Any:
        return super().seek(offset, whence) + (1 if whence == 0 else 0)


class Closes(Reader):
    def read(self, size: int, /) -> Any:
        data = super().read(size)
        self.file.close()
        return data


MISBEHAVING: list[tuple[type[Reader], type[Exception], str]] = [
    (Raises, ZeroDivisionError, "in read"),
    (SeekRaises, KeyError, "in seek"),
    (TooMuch, vf.MediaIOError, r"read\(\d+\) returned \d+ bytes"),
    (Text, TypeError, r"read\(\) must return bytes, not str"),
    (Nothing, TypeError, r"read\(\) must return bytes, not NoneType"),
    (Short, vf.MediaIOError, "ends at byte"),
    (Lost, vf.MediaIOError, r"seek\(\d+\) went to"),
]


@pytest.mark.parametrize("verb", READERS)
@pytest.mark.parametrize(("kind", "error", "text"), MISBEHAVING, ids=lambda value: getattr(value, "__name__", ""))
def test_a_file_that_misbehaves_is_an_exception(
    verb: str, kind: type[Reader], error: type[Exception], text: str, demo: Path
) -> None:
    with pytest.raises(error, match=text):
        READERS[verb](kind(demo.read_bytes()))
    assert vf.probe(demo).container == "mp4"


def test_a_file_that_closes_early_says_so(demo: Path) -> None:
    with pytest.raises(ValueError, match="closed file"):
        vf.detect_scenes(Closes(demo.read_bytes()))


def test_an_exception_of_a_file_comes_out_unchanged(talk_bytes: bytes) -> None:
    mine = RuntimeError("mine")

    class Mine(Reader):
        def read(self, size: int, /) -> Any:
            raise mine

    with pytest.raises(RuntimeError) as caught:
        vf.analyze(Mine(talk_bytes))
    assert caught.value is mine


def test_files_that_cannot_work_are_refused_before_anything_is_read(talk: Path) -> None:
    closed = talk.open("rb")
    closed.close()
    with pytest.raises(ValueError, match="closed file"):
        vf.probe(closed)
    with talk.open("r", encoding="latin-1") as text, pytest.raises(TypeError, match="binary mode"):
        vf.probe(text)  # type: ignore[arg-type]

    class Pipe:
        def read(self, size: int) -> bytes:
            return b""

    with pytest.raises(TypeError, match="cannot seek"):
        vf.probe(Pipe())  # type: ignore[arg-type]
