"""Real usage for the type checkers: never run, only checked by `test_types.py`."""

from __future__ import annotations

import asyncio
import io
from fractions import Fraction
from pathlib import Path
from typing import assert_type

import numpy as np
from numpy.typing import NDArray

import viralforge as vf
from viralforge import aio


def sources(path: Path, data: bytearray) -> None:
    for source in (str(path), path, b"", data, memoryview(data), io.BytesIO(), path.open("rb"), vf.Source(path)):
        assert_type(vf.probe(source), vf.MediaInfo)
    vf.probe(3)  # type: ignore[arg-type] # pyright: ignore[reportArgumentType]
    vf.probe(io.StringIO())  # type: ignore[arg-type] # pyright: ignore[reportArgumentType]


def reports(source: vf.Source) -> None:
    media = vf.probe(source, limits=vf.Limits(max_streams=4))
    if media.video and media.video.video:
        assert_type(media.video.video.frame_rate, Fraction | None)
        assert_type(media.video.video.hdr, vf.HdrKind | None)
    assert_type(media.duration_seconds, float | None)
    upload = vf.validate_upload(source, policy=vf.UploadPolicy.image(max_side=100), file_name="a.png")
    assert_type(upload.verdict, vf.Verdict)
    assert_type(vf.sanitize_upload(source, "clean.mp4", policy="video").removed[0].what, vf.RemovedKind)
    vf.UploadPolicy.video(max_sides=3)  # type: ignore[call-arg] # pyright: ignore[reportCallIssue]
    analysis = vf.analyze(source, scenes={"threshold": 0.4}, silence=False)
    vf.analyze(source, scenes={"treshold": 0.4})  # type: ignore[arg-type] # pyright: ignore[reportArgumentType]
    if analysis.quality and analysis.waveform:
        assert_type(analysis.quality.motion, NDArray[np.float32])
        assert_type(analysis.quality.time_seconds, NDArray[np.float64])
        assert_type(analysis.waveform.data, NDArray[np.int16])
    scenes = vf.detect_scenes(source, threshold=1)
    vf.detect_scenes(source, method="hash", kinds={"cut"}, mode="fast", range=scenes.scenes[0], segments=2)
    vf.detect_scenes(source, method=vf.ContentMethod(weights=vf.ContentWeights(delta_edges=1)), on_scene=found)
    vf.detect_scenes(source, method="hashes")  # type: ignore[arg-type] # pyright: ignore[reportArgumentType]
    vf.detect_scenes(source, kinds=["jump"])  # type: ignore[list-item] # pyright: ignore[reportArgumentType]
    vf.HashMethod(bins=3)  # type: ignore[call-arg] # pyright: ignore[reportCallIssue]
    if scenes.statistics:
        assert_type(scenes.statistics.frames, NDArray[np.int64])
        assert_type(scenes.statistics.columns[0].values, NDArray[np.float32])
    assert_type(scenes.scenes[0].start, Fraction)
    assert_type(scenes.scene_at(1.5), vf.Scene | None)
    assert_type(vf.analyze_waveform(source, range=scenes.scenes[0]).min, NDArray[np.float32])
    assert_type(vf.measure_loudness(source).integrated_lufs, float | None)


def found(scene: vf.Scene, ends: vf.Boundary | None) -> None:
    assert_type(ends.kind if ends else "cut", vf.BoundaryKind)


def pictures(source: vf.Source, analysis: vf.Analysis) -> None:
    assert_type(vf.extract_thumbnails(source, analysis=analysis).thumbnails[0].jpeg, bytes)
    assert_type(vf.extract_frames(source, times=[0, 1.5, Fraction(1, 3)])[0].pixels, NDArray[np.uint8])
    assert_type(vf.make_storyboard(source, tile=vf.Size(64, 64)).to_web_vtt("a.jpg"), str)


def clips(source: vf.Source, analysis: vf.Analysis) -> None:
    crop = vf.plan_reframe(analysis, aspect=(9, 16))
    for clip in vf.suggest_clips(analysis, transcript=vf.Transcript.parse("")):
        plan = vf.plan_render(preset="tiktok", range=clip, reframe=crop)
        assert_type(vf.render(source, clip.file_name("mp4"), plan), vf.RenderReport)
    vf.transcode(source, io.BytesIO(), cut="smart", speed="veryfast", size=(1080, 1920))
    vf.transcode(source, "x.mp4", preset="myspace")  # type: ignore[arg-type] # pyright: ignore[reportArgumentType]
    vf.transcode(source, io.StringIO())  # type: ignore[arg-type] # pyright: ignore[reportArgumentType]


def watched(source: vf.Source, token: vf.CancelToken) -> None:
    def show(progress: vf.Progress) -> None:
        assert_type(progress.stage, vf.Stage)
        assert_type(progress.eta_seconds, float | None)

    try:
        vf.analyze(source, progress=show, cancel=vf.CancelToken(token))
    except vf.LimitExceededError as error:
        assert_type(error.limit, str)
    except vf.MediaIOError as error:
        assert_type(error.errno, int | None)
    except vf.ViralforgeError as error:
        assert_type(error.code, str)


async def coroutines(source: vf.Source) -> None:
    assert_type(await aio.probe(source), vf.MediaInfo)
    both = await asyncio.gather(aio.probe(source), aio.detect_scenes(source, kinds=["cut", "fade"]))
    assert_type(both, tuple[vf.MediaInfo, vf.SceneReport])
    await aio.detect_scenes(source, treshold=1)  # type: ignore[call-arg] # pyright: ignore[reportCallIssue]
