"""Many uploads at once with asyncio: each is checked before it is worked on, and none may take longer than a minute.

python examples/python/upload_gate.py FILE…
"""

import asyncio
import sys
from pathlib import Path

import viralforge as vf
from viralforge import aio

POLICY = vf.UploadPolicy.video(max_duration_seconds=3600, location="reject")


async def take(path: Path) -> str:
    try:
        async with asyncio.timeout(60):
            report = await aio.validate_upload(path, policy=POLICY, file_name=path.name)
            if report.verdict == "reject":
                return f"{path.name}: refused: {report.findings[0].message}"
            scenes = await aio.detect_scenes(path, limits=vf.Limits(max_memory_bytes=1 << 30))
            return f"{path.name}: taken as {report.safe_name}, {len(scenes.scenes)} shots"
    except TimeoutError:
        return f"{path.name}: took too long"
    except vf.ViralforgeError as error:
        return f"{path.name}: {error.code}: {error}"


async def main(paths: list[str]) -> None:
    for line in await asyncio.gather(*(take(Path(path)) for path in paths)):
        print(line)


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1:]))
