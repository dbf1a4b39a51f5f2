"""A stock BullMQ worker does the clips of viralforge-server. VIRALFORGE_SERVER names the program."""

from __future__ import annotations

import base64
import json
import os
import shutil
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any
from urllib.request import Request, urlopen

import pytest
from conftest import REPOSITORY

import viralforge as vf

SERVER = os.environ.get("VIRALFORGE_SERVER")
KEY = "0123456789abcdef0123456789abcdef"

pytestmark = [
    pytest.mark.skipif(SERVER is None, reason="VIRALFORGE_SERVER names no server"),
    pytest.mark.skipif(shutil.which("redis-server") is None, reason="redis-server is not installed"),
]


def _ask(url: str, method: str = "GET", body: bytes | None = None, **headers: str) -> tuple[Any, Any]:
    fields = {name.replace("_", "-"): value for name, value in headers.items()}
    request = Request(url, body, {"Authorization": f"Bearer {KEY}", **fields}, method=method)
    with urlopen(request, timeout=60) as answer:
        return json.loads(answer.read() or b"null"), answer.headers


class _Programs(ExitStack):
    """Programs of a test, which end with it."""

    def start(self, *command: str, **environment: str) -> subprocess.Popen[str]:
        pipe = subprocess.PIPE
        program = subprocess.Popen(command, stdout=pipe, stderr=subprocess.STDOUT, text=True, env=environment)
        self.callback(_end, program)
        return program

    def redis(self, folder: Path) -> str:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        flags = ["--bind", "127.0.0.1", "--port", str(port), "--save", "", "--appendonly", "no", "--dir", str(folder)]
        program = self.start("redis-server", *flags)
        assert program.stdout is not None
        assert any("Ready to accept connections" in line for line in program.stdout)
        return f"redis://127.0.0.1:{port}"

    def host(self, data: Path, redis: str, workers: int) -> tuple[str, subprocess.Popen[str]]:
        assert SERVER is not None
        program = self.start(
            SERVER,
            VIRALFORGE_DATA=str(data),
            VIRALFORGE_LISTEN="127.0.0.1:0",
            VIRALFORGE_API_KEY=KEY,
            VIRALFORGE_WORKERS=str(workers),
            VIRALFORGE_LEASE_SECONDS="2",
            REDIS_URL=redis,
            RUST_LOG="warn,viralforge_server=info,viralforge_server::http=off",
        )
        assert program.stdout is not None
        for line in program.stdout:
            fields = json.loads(line)["fields"]
            if fields["message"] == "listening":
                return f"http://{fields['address']}", program
        raise AssertionError("the server ended")


def _end(program: subprocess.Popen[str]) -> None:
    program.kill()
    program.wait()
    if program.stdout is not None:
        program.stdout.close()


def _accepted(url: str, video: bytes) -> str:
    name = base64.b64encode(b"talk.mp4").decode()
    begun = {"Tus_Resumable": "1.0.0", "Upload_Length": str(len(video)), "Upload_Metadata": f"filename {name}"}
    location = _ask(f"{url}/v1/uploads", "POST", b"", **begun)[1]["Location"]
    sent = {"Tus_Resumable": "1.0.0", "Upload_Offset": "0", "Content_Type": "application/offset+octet-stream"}
    _ask(location, "PATCH", video, **sent)
    asset = _ask(location)[0]["asset_id"]
    while (state := _ask(f"{url}/v1/assets/{asset}")[0]["state"]) == "quarantined":
        pass
    assert state == "accepted"
    return str(asset)


def _events(url: str, job: str) -> Iterator[dict[str, Any]]:
    request = Request(f"{url}/v1/jobs/{job}/events", headers={"Authorization": f"Bearer {KEY}"})
    with urlopen(request, timeout=60) as answer:
        for line in answer:
            if line.startswith(b"data:"):
                yield json.loads(line.removeprefix(b"data:"))


@pytest.fixture
def job(talk: Path, tmp_path: Path) -> Iterator[tuple[str, str, Callable[[], subprocess.Popen[str]]]]:
    """A host that does no work itself, a job that waits there, and what starts a stock worker."""
    with _Programs() as programs:
        redis = programs.redis(tmp_path)
        url, checking = programs.host(tmp_path, redis, workers=1)
        asset = _accepted(url, talk.read_bytes())
        checking.kill()
        checking.wait()
        url, _ = programs.host(tmp_path, redis, workers=0)
        options = {"to": ["tiktok"], "clips": {"count": 1, "min_duration_seconds": 2, "max_duration_seconds": 4}}
        wanted = {"kind": "clip-generation", "asset_id": asset, "options": options}
        made, _ = _ask(f"{url}/v1/jobs", "POST", json.dumps(wanted).encode(), Content_Type="application/json")
        example = str(REPOSITORY / "examples" / "python" / "bullmq_host_worker.py")
        settings = {**os.environ, "REDIS_URL": redis, "VIRALFORGE_URL": url, "VIRALFORGE_API_KEY": KEY}
        yield url, made["id"], lambda: programs.start(sys.executable, example, **settings)


def _has_clips(url: str, job: str, folder: Path) -> dict[str, Any]:
    done: dict[str, Any] = _ask(f"{url}/v1/jobs/{job}")[0]
    names = [output["name"] for output in done["outputs"]]
    assert names == ["clip-1-tiktok.mp4", "report.json"]
    with urlopen(done["outputs"][0]["url"], timeout=60) as clip:
        (folder / "clip.mp4").write_bytes(clip.read())
    video = vf.probe(folder / "clip.mp4").video
    assert video is not None and video.video is not None and video.video.display_size == vf.Size(1080, 1920)
    return done


def test_a_stock_worker_makes_the_clips_and_whoever_follows_sees_how_far_it_is(job: Any, tmp_path: Path) -> None:
    url, identifier, work = job
    work()
    events = list(_events(url, identifier))
    assert [event["state"] for event in events if "state" in event] == ["queued", "running", "succeeded"]
    fractions = [event["fraction"] for event in events if "fraction" in event]
    assert len(fractions) > 1 and fractions == sorted(fractions)
    assert _has_clips(url, identifier, tmp_path)["starts"] == 1


def test_a_killed_worker_is_replaced_after_the_lease_and_the_clips_are_there_once(job: Any, tmp_path: Path) -> None:
    url, identifier, work = job
    victim = work()
    states = []
    for event in _events(url, identifier):
        if "fraction" in event and victim.poll() is None:
            victim.kill()
            victim.wait()
            work()
        if "state" in event:
            states.append(event["state"])
    assert states == ["queued", "running", "queued", "running", "succeeded"]
    assert _has_clips(url, identifier, tmp_path)["starts"] == 2
