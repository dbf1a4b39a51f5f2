#!/usr/bin/env python3
"""Compares `viralforge transcode` with the ffmpeg program on the same file with the same settings.

    benches/transcode.py [--viralforge PROGRAM] [--runs N] [--quick] [VIDEO...]

Prints wall time, CPU time, quality (SSIM against the input) and size, each as a ratio to ffmpeg's (below 1.00 is
better than ffmpeg, but for SSIM); then the peak memory of whole processes, which must not grow with the length of
the input. Runs alternate between the two programs and medians count, so that a busy machine hurts both alike.
Needs the ffmpeg program and nothing else.
"""
import argparse
import os
import re
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

DEMO = Path(__file__).resolve().parent.parent / "examples/demo/sintel-trailer-720p-52s.mp4"
PRESET, CRF, AUDIO_BIT_RATE, KEYFRAME_SECONDS = "veryfast", "23", "128k", 2


def measure(command):
    """Runs a command to its end: (wall seconds, CPU seconds of all threads, peak resident megabytes)."""
    began = time.monotonic()
    with tempfile.TemporaryFile() as output:
        child = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=output, stderr=output)
        _, status, usage = os.wait4(child.pid, 0)
        wall = time.monotonic() - began
        child.returncode = os.waitstatus_to_exitcode(status)
        if child.returncode != 0:
            output.seek(0)
            sys.exit(f"{' '.join(map(str, command))}\nexit status {child.returncode}\n{output.read().decode(errors='replace')}")
    return wall, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024


def ffmpeg(*arguments):
    subprocess.run(["ffmpeg", "-v", "error", "-nostdin", "-y", *map(str, arguments)], check=True)


def frames_per_second(video):
    text = subprocess.run(
        ["ffprobe", "-v", "error", "-select_streams", "v:0", "-show_entries", "stream=avg_frame_rate", "-of", "csv=p=0", video],
        check=True, capture_output=True, text=True).stdout
    numerator, denominator = text.strip().strip(",").split("/")
    return int(numerator) / int(denominator)


def ssim(video, reference):
    text = subprocess.run(
        ["ffmpeg", "-nostdin", "-i", video, "-i", reference, "-lavfi", "[0:v][1:v]ssim", "-f", "null", "-"],
        check=True, capture_output=True, text=True).stderr
    return float(re.search(r"SSIM .*All:([0-9.]+)", text).group(1))


def compare(program, video, folder, runs):
    ours, theirs = folder / "ours.mp4", folder / "theirs.mp4"
    keyframes = str(round(KEYFRAME_SECONDS * frames_per_second(video)))
    commands = {
        ours: [program, "transcode", video, "-o", ours, "--speed", PRESET, "--crf", CRF, "--json"],
        theirs: ["ffmpeg", "-v", "error", "-nostdin", "-y", "-i", video, "-map", "0:v:0", "-map", "0:a:0?",
                 "-c:v", "libx264", "-preset", PRESET, "-crf", CRF, "-g", keyframes, "-flags", "+cgop",
                 "-pix_fmt", "yuv420p", "-c:a", "aac", "-b:a", AUDIO_BIT_RATE, "-ac", "2",
                 "-movflags", "+faststart", theirs],
    }
    results = {output: [] for output in commands}
    for _ in range(runs):
        for output, command in commands.items():
            results[output].append(measure(command))
    rows = []
    for output in commands:
        wall, cpu, memory = (statistics.median(column) for column in zip(*results[output]))
        rows.append((wall, cpu, memory, ssim(output, video), output.stat().st_size / 1e6))
    names = ("wall s", "CPU s", "peak MB", "SSIM", "size MB")
    print(f"\n{Path(video).name}, x264 {PRESET} crf {CRF}, medians of {runs}")
    print(f"{'':12}{'viralforge':>12}{'ffmpeg':>12}{'ratio':>9}")
    for name, mine, other in zip(names, *rows):
        digits = 4 if name == "SSIM" else 2
        print(f"{name:12}{mine:12.{digits}f}{other:12.{digits}f}{mine / other:9.{digits}f}")


def memory(program, folder, minutes):
    """Peak memory of reading the same pictures for a short and a long time."""
    seed = folder / "seed.mp4"
    ffmpeg("-i", DEMO, "-vf", "scale=192:108", "-r", "24", "-c:v", "libx264", "-preset", "veryfast", "-crf", "30",
           "-c:a", "aac", "-b:a", "48k", seed)
    print(f"\nPeak memory of one process, MB\n{'':12}" + "".join(f"{length:>9} min" for length in minutes))
    videos = []
    for length in minutes:
        videos.append(folder / f"{length}min.mp4")
        ffmpeg("-stream_loop", "-1", "-i", seed, "-t", length * 60, "-c", "copy", videos[-1])
    for verb in ("scenes", "loudness", "waveform"):
        extra = ["-o", folder / "waveform.dat"] if verb == "waveform" else []
        peaks = [measure([program, verb, video, "--json", *extra])[2] for video in videos]
        print(f"{verb:12}" + "".join(f"{peak:13.1f}" for peak in peaks))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--viralforge", default="target/release/viralforge")
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--quick", action="store_true", help="one run, and 1 and 4 minutes instead of 20 and 120")
    parser.add_argument("videos", nargs="*", help="by default the demo video, and 20 s of it at 1080p")
    options = parser.parse_args()
    runs = 1 if options.quick else options.runs
    with tempfile.TemporaryDirectory(prefix="viralforge-bench-") as name:
        folder = Path(name)
        videos = options.videos
        if not videos:
            large = folder / "1080p-20s.mp4"
            ffmpeg("-ss", 10, "-i", DEMO, "-t", 20, "-vf", "scale=1920:1080:flags=lanczos,noise=alls=6:allf=t",
                   "-c:v", "libx264", "-preset", "veryfast", "-crf", "18", "-pix_fmt", "yuv420p", "-c:a", "copy", large)
            videos = [DEMO, large]
        for video in videos:
            compare(options.viralforge, video, folder, runs)
        memory(options.viralforge, folder, (1, 4) if options.quick else (20, 120))


if __name__ == "__main__":
    main()
