#!/usr/bin/env python3
"""Compares the Python and Node packages with their peers on three tasks: probe, scenes, and a cut of ten seconds.

    benches/bindings/compare.py --python PYTHON --node-modules FOLDER --probe-loop PROGRAM [--runs N] [VIDEO]

PYTHON has viralforge and requirements.txt installed, FOLDER is the node_modules with viralforge and package.json's
dependencies. Each task of each library is a program of its own, in python/ and node/. The table has its lines of code
(without blank ones and comments), and medians of wall time, CPU time and peak memory of the whole process, start of
the interpreter and import included. Runs alternate between libraries, so that a busy machine hurts all alike. A
program must write what it was asked for, or the comparison stops.

Then: what one call of `probe` on small files costs in Rust, Python and Node, in one process each.
"""
import argparse
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

HERE = Path(__file__).resolve().parent
REPOSITORY = HERE.parent.parent
DEMO = REPOSITORY / "examples/demo/sintel-trailer-720p-52s.mp4"
SMALL = [REPOSITORY / "fuzz/seeds/tone.wav", REPOSITORY / "fuzz/seeds/h264-aac.mp4"]
PEERS = {
    "python": {"probe": ["pyav"], "scenes": ["pyscenedetect"], "cut": ["pyav"]},
    "node": {task: ["node-av", "fluent-ffmpeg"] for task in ("probe", "scenes", "cut")},
}
CUT_FRAMES = 240
CALLS = 2000


def measure(command, folder):
    """Runs a command to its end: its output, wall seconds, CPU seconds of all its processes, peak megabytes."""
    with tempfile.TemporaryFile() as output:
        began = time.monotonic()
        child = subprocess.Popen(command, cwd=folder, stdin=subprocess.DEVNULL, stdout=output, stderr=subprocess.STDOUT)
        _, status, usage = os.wait4(child.pid, 0)
        wall = time.monotonic() - began
        child.returncode = os.waitstatus_to_exitcode(status)
        output.seek(0)
        text = output.read().decode(errors="replace")
    if child.returncode != 0:
        sys.exit(f"{' '.join(map(str, command))}: exit status {child.returncode}\n{text}")
    return text, wall, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024


def lines_of_code(program):
    code = (line.strip() for line in program.read_text().splitlines())
    return sum(1 for line in code if line and not line.startswith(("#", "//")))


def check(task, text, video):
    """A program that did less than it should would look quick."""
    if task == "cut":
        count = subprocess.run(
            ["ffprobe", "-v", "error", "-select_streams", "v:0", "-count_frames", "-show_entries",
             "stream=nb_read_frames", "-of", "csv=p=0", video], check=True, capture_output=True, text=True).stdout
        if int(count.strip().strip(",")) != CUT_FRAMES:
            sys.exit(f"{video}: {count.strip()} frames instead of {CUT_FRAMES}")
    elif len(text.split()) < 5:
        sys.exit(f"{task}: only {text!r} was printed")


def compare(language, run, video, folder, runs):
    suffix = {"python": "py", "node": "mjs"}[language]
    for task, peers in PEERS[language].items():
        programs = {name: folder / f"{task}_{name}.{suffix}" for name in ("viralforge", *peers)}
        results = {name: [] for name in programs}
        for _ in range(runs):
            for name, program in programs.items():
                output = folder / f"{task}_{name}.mp4"
                text, *figures = measure([*run, program, video, *([output] if task == "cut" else [])], folder)
                check(task, text, output)
                results[name].append(figures)
        for name, program in programs.items():
            wall, cpu, memory = (statistics.median(column) for column in zip(*results[name]))
            print(f"{language:8}{task:8}{name:16}{lines_of_code(program):6}{wall:9.2f}{cpu:9.2f}{memory:10.0f}")


def call_overhead(python, probe_loop, folder):
    in_python = (
        "import sys, time, viralforge\n"
        "file, calls = sys.argv[1], int(sys.argv[2])\n"
        "for _ in range(calls // 10): viralforge.probe(file)\n"
        "began = time.perf_counter()\n"
        "for _ in range(calls): viralforge.probe(file)\n"
        "print((time.perf_counter() - began) / calls * 1e6)\n")
    in_node = (
        "import { probe } from 'viralforge'\n"
        "const [file, calls] = [process.argv[2], Number(process.argv[3])]\n"
        "for (let i = 0; i < calls / 10; i++) await probe(file)\n"
        "const began = performance.now()\n"
        "for (let i = 0; i < calls; i++) await probe(file)\n"
        "console.log(((performance.now() - began) / calls) * 1e3)\n")
    (folder / "loop.py").write_text(in_python)
    (folder / "loop.mjs").write_text(in_node)
    commands = {"Rust": [probe_loop], "Python": [python, folder / "loop.py"], "Node": ["node", folder / "loop.mjs"]}
    for small in SMALL:
        times = {name: [] for name in commands}
        for _ in range(5):
            for name, command in commands.items():
                times[name].append(float(measure([*command, small, str(CALLS)], folder)[0]))
        print(f"\nOne probe of {small.name}, µs, median of 5 times {CALLS} calls")
        rust = statistics.median(times["Rust"])
        for name, column in times.items():
            median = statistics.median(column)
            print(f"{name:8}{median:9.1f}{median - rust:+9.1f}")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--python", required=True)
    parser.add_argument("--node-modules", required=True)
    parser.add_argument("--probe-loop", required=True)
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("video", nargs="?", default=DEMO)
    options = parser.parse_args()
    python, loop = (os.path.abspath(program) for program in (options.python, options.probe_loop))
    with tempfile.TemporaryDirectory(prefix="viralforge-bench-") as name:
        folder = Path(name)
        for program in (*HERE.glob("python/*"), *HERE.glob("node/*")):
            shutil.copy(program, folder)
        (folder / "node_modules").symlink_to(os.path.abspath(options.node_modules))
        video = os.path.abspath(options.video)
        print(f"{Path(video).name}, medians of {options.runs}")
        print(f"{'':8}{'task':8}{'library':16}{'lines':>6}{'wall s':>9}{'CPU s':>9}{'peak MB':>10}")
        compare("python", [python], video, folder, options.runs)
        compare("node", ["node", "--import", "./node20.mjs"], video, folder, options.runs)
        call_overhead(python, loop, folder)


if __name__ == "__main__":
    main()
