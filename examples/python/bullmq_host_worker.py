"""A stock BullMQ worker that makes clips for viralforge-server: it draws a ticket from Redis, claims the job from the
host, and sends back what it made. The host publishes it, if the claim still holds by then.

REDIS_URL=redis://127.0.0.1:6379 VIRALFORGE_URL=http://127.0.0.1:8080 VIRALFORGE_API_KEY=… \
    python examples/python/bullmq_host_worker.py
"""

import asyncio
import json
import os
import shutil
import signal
import tempfile
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any
from urllib.error import HTTPError
from urllib.request import Request, urlopen

from bullmq import Job, Worker  # type: ignore[import-untyped]

import viralforge as vf
from viralforge import aio

HOST = os.environ.get("VIRALFORGE_URL", "http://127.0.0.1:8080")
KEY = os.environ.get("VIRALFORGE_API_KEY", "")


class NotOurs(Exception):
    """The host says that the job is not, or no longer, this worker's."""


def _ask(method: str, path: str, body: Any, content_type: str, length: int) -> Any:
    headers = {"Authorization": f"Bearer {KEY}", "Content-Type": content_type, "Content-Length": str(length)}
    try:
        with urlopen(Request(HOST + path, body, headers, method=method), timeout=300) as answer:
            return json.loads(answer.read() or b"null")
    except HTTPError as error:
        if error.code == 409:
            raise NotOurs from None
        raise


async def post(path: str, **body: Any) -> Any:
    data = json.dumps(body).encode()
    return await asyncio.to_thread(_ask, "POST", path, data, "application/json", len(data))


def store(path: str, file: Path, content_type: str) -> None:
    with file.open("rb") as body:
        _ask("PUT", path, body, content_type, file.stat().st_size)


def fetch(url: str, file: Path) -> None:
    with urlopen(url, timeout=300) as answer, file.open("wb") as target:
        shutil.copyfileobj(answer, target)


async def make_clips(claim: dict[str, Any], folder: Path, tell: Callable[..., None]) -> list[dict[str, Any]]:
    """Makes the clips that the options of `clip-generation` ask for, into files of the folder."""
    options = claim["options"] or {}
    source = folder / "input"
    await asyncio.to_thread(fetch, claim["input"]["url"], source)
    analysis = await aio.analyze(source, progress=partial(tell, begin=0.0, share=0.3))
    moments = await aio.suggest_clips(analysis, **options.get("clips", {}))
    wanted = [
        (n, clip, preset) for n, clip in enumerate(moments, 1) for preset in options.get("to", ["tiktok", "youtube"])
    ]
    made: list[dict[str, Any]] = []
    share = 0.7 / max(len(wanted), 1)
    for number, clip, preset in wanted:
        begin = 0.3 + share * len(made)
        crop = await aio.plan_reframe(analysis, aspect="16:9" if preset == "youtube" else "9:16")
        output = folder / f"clip-{number}-{preset}.mp4"
        tell_part = partial(tell, begin=begin, share=share)
        await aio.transcode(source, output, preset=preset, range=clip, reframe=crop, progress=tell_part)
        made.append({"output": output.name, "platform": preset, "duration_seconds": clip.duration_seconds})
    return made


async def take(ticket: Job, _token: str) -> str:
    job = f"/v1/jobs/{ticket.data['job_id']}"
    try:
        claim = await post(f"{job}/claim", worker=f"python-{os.getpid()}")
    except NotOurs:
        return "another worker has it, or nobody wants it any more"
    fence, progress = claim["fence"], {"stage": "analyze", "fraction": 0.0}

    def tell(now: vf.Progress, begin: float, share: float) -> None:
        progress.update(stage=now.stage, fraction=min(begin + share * now.fraction, 1.0))

    with tempfile.TemporaryDirectory() as folder:
        work = asyncio.create_task(make_clips(claim, Path(folder), tell))
        try:
            # Often enough for the lease, and for whoever watches.
            while not (await asyncio.wait([work], timeout=min(0.5, claim["lease_seconds"] / 3)))[0]:
                held = await post(f"{job}/heartbeat", fence=fence, progress=progress)
                if not held["continue"]:
                    work.cancel()
            clips = await work
            for clip in clips:
                address = f"{job}/outputs/{clip['output']}?fence={fence}"
                await asyncio.to_thread(store, address, Path(folder, clip["output"]), "video/mp4")
            await post(f"{job}/complete", fence=fence, report={"clips": clips})
            return "published"
        except NotOurs:
            return "too late: another worker has it"
        except asyncio.CancelledError:
            return await fail(job, fence, "cancelled", "the host had it cancelled")
        except vf.ViralforgeError as error:
            return await fail(job, fence, error.code, str(error))
        except OSError as error:
            return await fail(job, fence, "io", str(error))
        finally:
            work.cancel()


async def fail(job: str, fence: int, code: str, message: str) -> str:
    try:
        await post(f"{job}/fail", fence=fence, code=code, message=message)
    except NotOurs:
        pass  # Somebody else will say how it ends.
    return f"{code}: {message}"


async def main() -> None:
    stop = asyncio.Event()
    for name in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(name, stop.set)
    worker = Worker("viralforge-clip", take, {"connection": os.environ.get("REDIS_URL", "redis://127.0.0.1:6379")})
    await stop.wait()
    await worker.close()


if __name__ == "__main__":
    asyncio.run(main())
