"""A folder of videos on a Ray cluster: checked, analyzed and cut in parallel, one task a video and one a clip.

    python examples/python/ray_folder.py FOLDER OUT

Plans are data, so they travel: a task that analyzes gives back plans, and any machine that sees the files renders them.
"""

import os
import sys
from pathlib import Path

import ray

import viralforge as vf


@ray.remote
def plan(video: Path) -> list[str]:
    """The clips of one video as plans in JSON; none where the file is refused."""
    report = vf.validate_upload(video, policy=vf.UploadPolicy.video(max_bytes=10 << 30), file_name=video.name)
    if report.verdict == "reject":
        print(f"{video.name}: {report.findings[0].message}")
        return []
    analysis = vf.analyze(video, loudness=False)
    crop = vf.plan_reframe(analysis)
    clips = vf.suggest_clips(analysis, count=2)
    return [vf.plan_render(preset="reels", range=clip, reframe=crop, speed="veryfast").to_json() for clip in clips]


@ray.remote
def render(video: Path, plan: str, output: Path) -> vf.RenderReport:
    """One clip; the report crosses the cluster as it is."""
    return vf.render(video, output, vf.RenderPlan.from_json(plan))


def main(folder: str, out: str) -> None:
    # A local cluster, unless RAY_ADDRESS names another.
    ray.init(include_dashboard=False, log_to_driver="RAY_LOGS" in os.environ)
    target = Path(out).resolve()
    target.mkdir(parents=True, exist_ok=True)
    videos = sorted(path.resolve() for path in Path(folder).iterdir() if path.is_file())
    plans = dict(zip(videos, ray.get([plan.remote(video) for video in videos]), strict=True))
    tasks = [
        render.remote(video, text, target / f"{video.stem}-{number}.mp4")
        for video, texts in plans.items()
        for number, text in enumerate(texts, 1)
    ]
    for report in ray.get(tasks):
        print(f"{report.output}: {report.duration_seconds:.1f} s, {report.width}x{report.height}")
    ray.shutdown()


if __name__ == "__main__":
    main(*sys.argv[1:])
