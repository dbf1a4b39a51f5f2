"""The main job: a video in, clips for TikTok out, each with its cover.

python examples/python/clips.py VIDEO [FOLDER]
"""

import sys
from pathlib import Path

import viralforge as vf


def main(video: str, folder: str = "out") -> None:
    out = Path(folder)
    out.mkdir(exist_ok=True)
    with vf.Source(video) as source:
        analysis = vf.analyze(source, progress=lambda p: print(f"\r{p.percent:3.0f} %", end="", file=sys.stderr))
        crop = vf.plan_reframe(analysis, aspect="9:16")
        for clip in vf.suggest_clips(analysis, count=3):
            path = out / clip.file_name("mp4")
            vf.transcode(source, path, preset="tiktok", range=clip, reframe=crop)
            cover = vf.extract_thumbnails(source, analysis=analysis, count=1, range=clip, reframe=crop)
            path.with_suffix(".jpg").write_bytes(cover.thumbnails[0].jpeg)
            print(f"{path}: {clip.duration_seconds:.1f} s, {clip.reasons[0].text}")


if __name__ == "__main__":
    main(*sys.argv[1:])
