#!/usr/bin/env python3
"""What other people's programs read in files of scenes, as JSON: for each scene its first frame and the frame after
its last, or times in milliseconds.

usage: read.py FOLDER FRAME_RATE_NUMERATOR FRAME_RATE_DENOMINATOR
"""

import csv
import json
import sys
from fractions import Fraction
from pathlib import Path
from xml.etree import ElementTree

import opentimelineio as otio
import webvtt


def frames_of(time):
    """A whole number of frames, which OpenTimelineIO has as a float."""
    frames = round(time.value)
    assert abs(time.value - frames) < 1e-6, time
    return frames


def otio_scenes(track, rate):
    """Clips where they are on the media, with transitions between them."""
    scenes, transitions = [], []
    for item in track:
        if isinstance(item, otio.schema.Clip):
            taken = item.source_range
            start, end = taken.start_time, taken.end_time_exclusive()
            assert abs(start.rate - rate) < 0.01, (start.rate, rate)
            scenes.append([frames_of(start), frames_of(end)])
        elif isinstance(item, otio.schema.Transition):
            before, after = frames_of(item.in_offset), frames_of(item.out_offset)
            transitions.append([len(scenes), item.transition_type, before, after])
    return scenes, transitions


def otio_file(path, rate):
    timeline = otio.adapters.read_from_file(str(path))
    scenes, transitions = otio_scenes(timeline.tracks[0], rate)
    return {
        "scenes": scenes,
        "transitions": transitions,
        "name": timeline.name,
        "start": frames_of(timeline.global_start_time),
        "url": timeline.tracks[0].find_clips()[0].media_reference.target_url,
    }


def edl_file(path, rate):
    timeline = otio.adapters.read_from_file(str(path), rate=rate)
    scenes, transitions = otio_scenes(timeline.tracks[0], rate)
    return {"scenes": scenes, "transitions": transitions, "name": timeline.name}


def fcpxml_file(path, frame_rate):
    """By hand, exactly; and by OpenTimelineIO, which knows whole frame rates only and is a frame off at times."""
    root = ElementTree.parse(path).getroot()

    def frames(text):
        value = Fraction(text.removesuffix("s")) * frame_rate
        assert value.denominator == 1, text
        return int(value)

    clips = root.findall(".//spine/asset-clip")
    result = {
        "scenes": [[frames(c.get("start")), frames(c.get("start")) + frames(c.get("duration"))] for c in clips],
        "offsets": [frames(clip.get("offset")) for clip in clips],
        "sources": [rep.get("src") for rep in root.findall(".//asset/media-rep")],
        "asset_frames": frames(root.find(".//asset").get("duration")),
        "name": root.find(".//project").get("name"),
    }
    if frame_rate.denominator == 1:
        collection = otio.adapters.read_from_file(str(path))
        found, _ = otio_scenes(collection[0].tracks[0], frame_rate)
        assert len(found) == len(clips)
        for (start, end), (exact_start, exact_end) in zip(found, result["scenes"]):
            # The adapter computes with floats and drops what is behind the point: 226 / 25 * 25 is 225 frames.
            assert 0 <= exact_start - start <= 1, (start, exact_start)
            assert 0 <= (exact_end - exact_start) - (end - start) <= 1, (end, exact_end)
    return result


def vtt_file(path):
    def milliseconds(text):
        hours, minutes, seconds = text.split(":")
        return round((int(hours) * 3600 + int(minutes) * 60) * 1000 + float(seconds) * 1000)

    cues = webvtt.read(str(path))
    return {"scenes": [[milliseconds(c.start), milliseconds(c.end)] for c in cues], "titles": [c.text for c in cues]}


def csv_file(path):
    with path.open(newline="") as file:
        rows = list(csv.DictReader(file))
    return {"scenes": [[int(row["Start Frame"]) - 1, int(row["End Frame"])] for row in rows]}


def main():
    folder = Path(sys.argv[1])
    frame_rate = Fraction(int(sys.argv[2]), int(sys.argv[3]))
    rate = float(frame_rate)
    json.dump(
        {
            "otio": otio_file(folder / "scenes.otio", rate),
            "edl": edl_file(folder / "scenes.edl", rate),
            "fcpxml": fcpxml_file(folder / "scenes.fcpxml", frame_rate),
            "vtt": vtt_file(folder / "scenes.vtt"),
            "csv": csv_file(folder / "scenes.csv"),
        },
        sys.stdout,
    )


main()
