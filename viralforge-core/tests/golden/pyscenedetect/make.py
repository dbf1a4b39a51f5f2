#!/usr/bin/env python3
"""Writes what PySceneDetect finds, for viralforge-core/tests/pyscenedetect.rs to compare with.

    pip install scenedetect==0.7 opencv-python-headless
    python3 make.py REPOSITORY MEDIA

REPOSITORY is the root of this repository, MEDIA the folder of test media (VIRALFORGE_MEDIA). Writes `cuts.json` (frames
of the cuts of every method and clip) and `statistics.json` (what is measured of each frame of the demo clip) beside
itself. Frames are counted from 0 in order of presentation; scenes may be of any length (`min_scene_len` is 0).
"""
import glob
import json
import os
import sys

import cv2
import scenedetect
from scenedetect import StatsManager, open_video
from scenedetect.detectors import (
    AdaptiveDetector,
    ContentDetector,
    HashDetector,
    HistogramDetector,
    ThresholdDetector,
)
from scenedetect.scene_manager import compute_downscale_factor

DEMO = "examples/demo/sintel-trailer-720p-52s.mp4"
EDGES = ContentDetector.Components(1.0, 1.0, 1.0, 1.0)


def detectors():
    return {
        "content": ContentDetector(min_scene_len=0),
        "content luma_only": ContentDetector(min_scene_len=0, luma_only=True),
        "content edges": ContentDetector(min_scene_len=0, threshold=32.0, weights=EDGES),
        "adaptive": AdaptiveDetector(min_scene_len=0),
        "histogram": HistogramDetector(min_scene_len=0),
        "hash": HashDetector(min_scene_len=0),
        "fade_threshold": ThresholdDetector(min_scene_len=0),
        "fade_threshold ceiling": ThresholdDetector(
            min_scene_len=0, threshold=110, method=ThresholdDetector.Method.CEILING, fade_bias=-1.0
        ),
    }


def frames_of(name, cuts, times):
    """Turns time codes back into numbers of frames."""
    if name.startswith("fade_threshold"):  # made by arithmetic on frame numbers
        number = lambda time: time.frame_num
    else:
        number = lambda time: time.seconds
    keys = [number(time) for time in times]
    nearest = lambda key: min(range(len(keys)), key=lambda i: abs(keys[i] - key))
    return sorted({nearest(number(cut)) for cut in cuts} - {0})


def run(path, statistics):
    """Hands every frame to every detector as SceneManager does, scaled down in its default way."""
    video = open_video(path)
    found = detectors()
    stats = StatsManager()
    if statistics:
        for detector in found.values():
            detector.stats_manager = stats if detector is not found["content luma_only"] else None
            stats.register_metrics(detector.get_metrics())
    cuts = {name: [] for name in found}
    times = []
    factor = compute_downscale_factor(max(video.frame_size))
    while (frame := video.read()) is not False:
        if factor > 1.0:
            size = [max(1, round(side / factor)) for side in (frame.shape[1], frame.shape[0])]
            frame = cv2.resize(frame, size, interpolation=cv2.INTER_LINEAR)
        time = video.position
        times.append(time)
        for name, detector in found.items():
            cuts[name] += detector.process_frame(time, frame)
    for name, detector in found.items():
        cuts[name] += detector.post_process(times[-1])
    result = {"frames": len(times), "cuts": {name: frames_of(name, cuts[name], times) for name in cuts}}
    if not statistics:
        return result, None
    names = ["content_val", "delta_hue", "delta_sat", "delta_lum", "delta_edges", "adaptive_ratio (w=2)"]
    names += ["hist_diff [bins=256]", "hash_dist [size=16 lowpass=2]", "average_rgb"]
    column = lambda name: [stats.get_metrics(time, [name])[0] for time in times]
    rounded = lambda value: None if value is None else round(float(value), 3)
    return result, {name.split(" [")[0]: [rounded(v) for v in column(name)] for name in names}


def main(repository, media):
    here = os.path.dirname(os.path.abspath(__file__))
    clips, statistics = run(os.path.join(repository, DEMO), True)
    clips = {DEMO: clips}
    for path in sorted(glob.glob(os.path.join(media, "scenes", "*"))):
        if not path.endswith(".json"):
            print(path, file=sys.stderr)
            clips[os.path.relpath(path, media)] = run(path, False)[0]
    made = {
        "command": "python3 make.py REPOSITORY MEDIA",
        "versions": {"scenedetect": scenedetect.__version__, "opencv": cv2.__version__},
    }
    with open(os.path.join(here, "cuts.json"), "w") as file:
        json.dump({**made, "clips": clips}, file, indent=None)
        file.write("\n")
    with open(os.path.join(here, "statistics.json"), "w") as file:
        json.dump({**made, "clip": DEMO, "columns": statistics}, file)
        file.write("\n")


if __name__ == "__main__":
    main(*sys.argv[1:])
