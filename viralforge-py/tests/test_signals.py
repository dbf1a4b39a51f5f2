"""Ctrl-C stops native work in every stage, as `KeyboardInterrupt` and without a trace."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path

import pytest

PROGRAM = """
import io, pathlib, signal, sys
import viralforge as vf

# A shell starts what it runs in the background with this signal ignored.
signal.signal(signal.SIGINT, signal.default_int_handler)

class Nowhere:
    def write(self, data):
        return len(data)

class Small(io.BytesIO):
    def read(self, size):
        return super().read(min(size, 4096))

path = sys.argv[2]
data = pathlib.Path(path).read_bytes()
calls = {
    "transcode": lambda tell: vf.transcode(path, Nowhere(), speed="veryslow", progress=tell),
    "analyze": lambda tell: [vf.analyze(path, progress=tell) for _ in range(1000)],
    "probe": lambda tell: [tell(None)] + [vf.probe(path) for _ in range(100_000_000)],
    "file": lambda tell: [vf.analyze(Small(data), progress=tell) for _ in range(1000)],
}
told = False

def tell(progress):
    global told
    if not told and (progress is None or progress.fraction > 0):
        told = True
        print("running", flush=True)

try:
    calls[sys.argv[1]](tell)
except KeyboardInterrupt:
    print("interrupted", flush=True)
"""


@pytest.mark.parametrize("call", ["transcode", "analyze", "probe", "file"])
def test_ctrl_c_interrupts(call: str, demo: Path, tmp_path: Path) -> None:
    command = [sys.executable, "-W", "error", "-c", PROGRAM, call, str(demo)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=tmp_path) as child:
        try:
            assert child.stdout is not None
            assert child.stdout.readline() == "running\n", child.communicate()
            child.send_signal(signal.SIGINT)
            output, errors = child.communicate(timeout=60)
        finally:
            child.kill()
    assert (output, errors, child.returncode) == ("interrupted\n", "", 0)


HANDLER = """
import signal, sys
import viralforge as vf

class Mine(Exception):
    pass

def handler(number, frame):
    raise Mine("from the handler")

signal.signal(signal.SIGUSR1, handler)
try:
    vf.analyze(sys.argv[1], progress=lambda p: signal.raise_signal(signal.SIGUSR1))
except Mine as error:
    print(error)
"""


def test_an_exception_of_a_signal_handler_comes_out_unchanged(demo: Path) -> None:
    done = subprocess.run([sys.executable, "-c", HANDLER, str(demo)], capture_output=True, text=True, timeout=60)
    assert (done.stdout, done.stderr) == ("from the handler\n", "")
