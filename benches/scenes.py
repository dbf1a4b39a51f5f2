#!/usr/bin/env python3
"""Compares `viralforge scenes` with its peers: what they find on labelled clips, and what it costs on a minute of 1080p.

    benches/scenes.py [--viralforge PROGRAM] [--python PYTHON] [--av-scenechange PROGRAM] [--cache FOLDER] [--runs N]

Labelled clips are those in $VIRALFORGE_MEDIA/scenes (by default ../shared/media/scenes beside the repository). Without
them only the cost is measured. PYTHON has PySceneDetect installed, of bindings/requirements.txt; a peer that is not
there is named as missing. The minute of 1080p is made once and kept in the cache. Rounds alternate between programs and
medians count, so that a busy machine hurts all alike.

How answers are scored: frames count from 0 as shown. A cut is right within 1 frame, one to one, nearest first; an
interval of at most 5 frames that touches the cut counts as well. A gradual transition is found by an interval that comes
within 2 frames of it or, failing that, by a cut there; whatever more is reported in it is false. What is left over and
touches a stretch that the label calls unclear is dropped, the rest is false. Sums over clips give F1; `extent` is the mean
of intersection over union of the intervals that were right. A peer that knows only cuts has its false ones counted there,
so look at its gradual recall.
"""
import argparse
import bisect
import json
import os
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parent.parent
DEMO = REPOSITORY / "examples/demo/sintel-trailer-720p-52s.mp4"
MEDIA = Path(os.environ.get("VIRALFORGE_MEDIA") or REPOSITORY.parent / "shared/media")
CUT_TOLERANCE_FRAMES, GRADUAL_TOLERANCE_FRAMES, MAX_INTERVAL_OF_CUT_FRAMES = 1, 2, 5
DECODE_ONLY, CONTENT = "ffmpeg, decode only", "PySceneDetect content"
PYSCENEDETECT = """
import sys, scenedetect
for start, _ in scenedetect.detect(sys.argv[1], getattr(scenedetect, sys.argv[2])())[1:]:
    print(start.seconds)
"""


def measure(command):
    """Runs a command to its end: its output and log; wall seconds, CPU seconds, megabytes of its largest process."""
    with tempfile.TemporaryFile() as output, tempfile.TemporaryFile() as log:
        began = time.monotonic()
        child = subprocess.Popen(list(map(str, command)), stdin=subprocess.DEVNULL, stdout=output, stderr=log)
        _, status, usage = os.wait4(child.pid, 0)
        wall = time.monotonic() - began
        child.returncode = os.waitstatus_to_exitcode(status)
        texts = []
        for file in (output, log):
            file.seek(0)
            texts.append(file.read().decode(errors="replace"))
    if child.returncode != 0:
        sys.exit(f"{' '.join(map(str, command))}: exit status {child.returncode}\n{texts[1]}")
    return texts, (wall, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024)


# --- programs: a command for a video, and what its texts say as (cuts, intervals) in frames ----------------------------


def frame_at(truth, seconds):
    times = truth.get("pts")
    if not times:
        return round(seconds * truth["fps"])
    after = bisect.bisect_left(times, seconds)
    return min((i for i in (after - 1, after) if 0 <= i < len(times)), key=lambda i: abs(times[i] - seconds))


def read_report(texts, truth):
    boundaries = json.loads(texts[0])["boundaries"]
    cuts = [b["start_frame"] for b in boundaries if b["kind"] == "cut"]
    return cuts, [(b["start_frame"], b["end_frame"]) for b in boundaries if b["kind"] != "cut"]


def read_seconds(texts, truth):
    return [frame_at(truth, float(line)) for line in texts[0].split()], []


def read_scdet(texts, truth):
    return [frame_at(truth, float(at)) for at in re.findall(r"lavfi\.scd\.time: *([0-9.]+)", texts[1])], []


def read_scenechanges(texts, truth):
    return [frame for frame in json.loads(texts[0])["scene_changes"] if frame > 0], []


def ffmpeg(video, *arguments):
    return ["ffmpeg", "-hide_banner", "-nostdin", "-threads", 2, "-i", video, "-map", "0:v:0", "-fps_mode", "passthrough",
            *arguments]


def runs_to_success(command):
    try:
        return subprocess.run(command, capture_output=True, check=False).returncode == 0
    except OSError:
        return False


def programs(options):
    """Name to (command, reader) of what is there; reader is None where nothing is detected. And what is missing."""
    ours, missing = options.viralforge, []
    there = {"viralforge": (lambda video: [ours, "scenes", video, "--json"], read_report)}
    usage = subprocess.run([ours, "scenes", "--help"], check=True, capture_output=True, text=True).stdout
    for mode in ("accurate", "balanced", "fast") if "--mode" in usage else ():
        if not re.search(rf"\b{mode}\b", usage):
            continue
        there[f"viralforge --mode {mode}"] = (lambda video, m=mode: [ours, "scenes", video, "--json", "--mode", m], read_report)
    has_pyscenedetect = runs_to_success([options.python, "-c", "import scenedetect, cv2"])
    for name, detector in ((CONTENT, "ContentDetector"), ("PySceneDetect adaptive", "AdaptiveDetector")):
        if has_pyscenedetect:
            there[name] = (lambda video, d=detector: [options.python, "-c", PYSCENEDETECT, video, d], read_seconds)
        else:
            missing.append(f"{name}: no scenedetect with OpenCV in {options.python}")
    there["ffmpeg scdet"] = (lambda video: ffmpeg(video, "-vf", "scdet=t=10", "-f", "null", "-"), read_scdet)
    there[DECODE_ONLY] = (lambda video: ffmpeg(video, "-f", "null", "-"), None)
    av_scenechange = shutil.which(options.av_scenechange)
    if av_scenechange:
        pipe = 'ffmpeg -v error -nostdin -threads 2 -i "$1" -map 0:v:0 -fps_mode passthrough -f yuv4mpegpipe -strict -1 - | "$0" - -s "$2"'
        for speed in (0, 1):
            there[f"av-scenechange -s {speed}"] = (
                lambda video, s=speed: ["bash", "-o", "pipefail", "-c", pipe, av_scenechange, video, s], read_scenechanges)
    else:
        missing.append(f"av-scenechange: no program {options.av_scenechange}")
    return there, missing


# --- scoring -----------------------------------------------------------------------------------------------------------


def one_to_one(pairs):
    """From (cost, found, labelled), the cheapest first, each used once: labelled to found."""
    used, match = set(), {}
    for _, found, labelled in sorted(pairs):
        if found not in used and labelled not in match:
            used.add(found)
            match[labelled] = found
    return match


def meets(interval, other, tolerance):
    return interval[0] <= other[1] + tolerance and interval[1] >= other[0] - tolerance


def score(truth, cuts, intervals):
    """(right, false, missed) of cuts and of gradual transitions, and the extents."""
    found = [(cut, cut, False) for cut in sorted(set(cuts))] + [(first, last, True) for first, last in intervals]
    wanted_cuts, wanted = truth["cuts"], truth["gradual"]
    as_cut = one_to_one(
        ((max(first - cut, cut - last, 0), is_interval, i), i, j)
        for i, (first, last, is_interval) in enumerate(found) if last - first < MAX_INTERVAL_OF_CUT_FRAMES
        for j, cut in enumerate(wanted_cuts) if first - CUT_TOLERANCE_FRAMES <= cut <= last + CUT_TOLERANCE_FRAMES)
    left = set(range(len(found))) - set(as_cut.values())
    as_gradual = one_to_one(
        ((not found[i][2], max(found[i][0], start - GRADUAL_TOLERANCE_FRAMES) - min(found[i][1], end + GRADUAL_TOLERANCE_FRAMES)), i, j)
        for i in left for j, (start, end) in enumerate(wanted) if meets(found[i], (start, end), GRADUAL_TOLERANCE_FRAMES))
    false = {True: 0, False: 0}
    for i in left - set(as_gradual.values()):
        if any(meets(found[i], stretch, CUT_TOLERANCE_FRAMES) for stretch in truth["ignore"]):
            continue
        again = any(meets(found[i], stretch, GRADUAL_TOLERANCE_FRAMES) for stretch in wanted)
        false[again or found[i][2]] += 1
    extents = []
    for j, i in as_gradual.items():
        (first, last, is_interval), (start, end) = found[i], wanted[j]
        if is_interval:
            extents.append(max(0, min(last, end) - max(first, start) + 1) / (max(last, end) - min(first, start) + 1))
    return ((len(as_cut), false[False], len(wanted_cuts) - len(as_cut)),
            (len(as_gradual), false[True], len(wanted) - len(as_gradual)), extents)


def f1(right, false, missed):
    return 2 * right / (2 * right + false + missed) if right + false + missed else 1.0


def add(*counts):
    return tuple(map(sum, zip(*counts)))


def quality(there, folder):
    """What each program finds on every clip, and what that cost."""
    clips = []
    for label in sorted(folder.glob("*.json")):
        truth = json.loads(label.read_text())
        if "cuts" in truth and (folder / truth["file"]).exists():
            clips.append((folder / truth["file"], truth))
    if not clips:
        print(f"\nNo labelled clips in {folder}: what is found was not measured. VIRALFORGE_MEDIA names the folder with scenes/.")
        return
    frames = sum(truth["frames"] for _, truth in clips)
    totals = {name: {"real": [], "composed": [], "cost": []} for name, (_, reader) in there.items() if reader}
    for video, truth in clips:
        for name in totals:
            command, reader = there[name]
            texts, cost = measure(command(video))
            totals[name]["cost"].append(cost)
            totals[name]["composed" if "seed" in truth else "real"].append(score(truth, *reader(texts, truth)))
    print(f"\n{len(clips)} labelled clips, {frames} frames. F1 of hard cuts / gradual transitions (their recall) / both")
    print(f"{'':26}{'real':>29}{'composed':>29}{'all':>29}{'extent':>8}{'frames/s':>10}{'CPU s':>8}{'peak MB':>9}")
    for name, total in totals.items():
        row = ""
        for results in (total["real"], total["composed"], total["real"] + total["composed"]):
            if not results:
                row += f"{'-':>29}"
                continue
            hard, gradual = add(*(r[0] for r in results)), add(*(r[1] for r in results))
            recall = gradual[0] / (gradual[0] + gradual[2]) if gradual[0] + gradual[2] else 1.0
            row += f"{f1(*hard):11.3f} /{f1(*gradual):6.3f} ({recall:.2f}) /{f1(*add(hard, gradual)):6.3f}"
        extents = [extent for r in total["real"] + total["composed"] for extent in r[2]]
        extent = f"{statistics.mean(extents):8.2f}" if extents else f"{'-':>8}"
        wall, cpu, memory = zip(*total["cost"])
        print(f"{name:26}{row}{extent}{frames / sum(wall):10.0f}{sum(cpu):8.1f}{max(memory):9.0f}")


# --- cost --------------------------------------------------------------------------------------------------------------


def minute_of_1080p(cache):
    """60 s of the demo film, upscaled to 1080p at 30 fps; made where it is not there."""
    video = cache / "bench-scenes/1080p30-60s-x264-medium-crf19.mp4"
    if not video.exists():
        print(f"making {video} (a few minutes, once)", file=sys.stderr)
        video.parent.mkdir(parents=True, exist_ok=True)
        unfinished = video.with_suffix(".part.mp4")
        subprocess.run(
            ["ffmpeg", "-v", "error", "-nostdin", "-y", "-stream_loop", "-1", "-i", DEMO, "-t", "60", "-an", "-vf",
             "fps=30,scale=1920:1080:flags=lanczos", "-c:v", "libx264", "-preset", "medium", "-crf", "19",
             "-pix_fmt", "yuv420p", unfinished], check=True)
        unfinished.rename(video)
    return video


def cost(there, video, runs):
    frames = int(subprocess.run(
        ["ffprobe", "-v", "error", "-select_streams", "v:0", "-show_entries", "stream=nb_frames", "-of", "csv=p=0", video],
        check=True, capture_output=True, text=True).stdout.strip().strip(","))
    figures = {name: [] for name in there}
    for _ in range(runs):
        for name, (command, _) in there.items():
            figures[name].append(measure(command(video))[1])
    medians = {name: [statistics.median(column) for column in zip(*rows)] for name, rows in figures.items()}
    print(f"\n{video.name}: {frames} frames, {video.stat().st_size / 1e6:.0f} MB, medians of {runs}, whole process")
    print(f"{'':26}{'wall s':>9}{'CPU s':>9}{'frames/s':>10}{'peak MB':>9}"
          f"{'wall':>15}{'CPU':>7} of decoding{'wall':>8}{'CPU':>7} of {CONTENT}")
    for name, (wall, cpu, memory) in medians.items():
        ratios = ""
        for other, gap in ((DECODE_ONLY, 8), (CONTENT, 13)):
            ratio = [f"{a / b:.2f}" for a, b in zip((wall, cpu), medians[other])] if other in medians else ["-", "-"]
            ratios += f"{'':{gap}}{ratio[0]:>7}{ratio[1]:>7}"
        print(f"{name:26}{wall:9.2f}{cpu:9.2f}{frames / wall:10.0f}{memory:9.0f}{ratios}")


def main():
    default_cache = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--viralforge", default="target/release/viralforge")
    parser.add_argument("--python", default=sys.executable)
    parser.add_argument("--av-scenechange", default="av-scenechange")
    parser.add_argument("--cache", type=Path, default=Path(os.environ.get("VIRALFORGE_CACHE") or Path(default_cache) / "viralforge"))
    parser.add_argument("--clips", type=Path, default=MEDIA / "scenes", help="folder with labelled clips")
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--only", choices=("quality", "cost"))
    options = parser.parse_args()
    there, missing = programs(options)
    for line in missing:
        print(f"missing: {line}")
    if options.only != "cost":
        quality(there, options.clips)
    if options.only != "quality":
        cost(there, minute_of_1080p(options.cache), options.runs)


if __name__ == "__main__":
    main()
