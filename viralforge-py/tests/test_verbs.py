"""Every verb does its work on real media."""

from __future__ import annotations

import io
import json
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from conftest import SEEDS

import viralforge as vf


def test_probe_tells_what_a_file_is(talk: Path) -> None:
    media = vf.probe(talk)
    assert (media.container, media.duration, media.duration_seconds) == ("mp4", Fraction(10), 10.0)
    assert media.byte_len == talk.stat().st_size
    video, audio = media.video, media.audio
    assert video is not None and video.video is not None and audio is not None and audio.audio is not None
    assert (video.codec, video.video.frame_rate, video.video.display_size) == ("h264", Fraction(24), vf.Size(320, 180))
    assert (audio.codec, audio.audio.channels, audio.video) == ("aac", 2, None)


def test_a_broken_upload_is_a_report_and_an_empty_one_too(talk: Path) -> None:
    assert vf.validate_upload(talk, file_name="talk.mp4", declared_mime="video/mp4").verdict == "accept"
    wrong_name = vf.validate_upload(talk, file_name="talk.exe")
    assert wrong_name.verdict == "reject" and wrong_name.findings[0].severity == "error"
    empty = vf.validate_upload(b"")
    assert (empty.verdict, empty.findings[0].class_, empty.media) == ("reject", "empty", None)


def test_the_policy_of_an_upload_may_be_ones_own(talk: Path) -> None:
    small = vf.UploadPolicy.video(max_bytes=1000)
    assert [f.code for f in vf.validate_upload(talk, policy=small).findings] == ["too_many_bytes"]
    as_image = vf.validate_upload(talk, policy="image")
    assert "container_not_allowed" in [f.class_ for f in as_image.findings]
    assert vf.UploadPolicy.video() == vf.UploadPolicy()
    assert vf.UploadPolicy.image().max_bytes == 10_000_000


def test_analyze_measures_what_is_switched_on(talk: Path) -> None:
    some = vf.analyze(talk, scenes={"threshold": 0.3, "kinds": ["cut"]}, loudness=False, silence=False, quality=False)
    assert some.scenes == vf.detect_scenes(talk, threshold=0.3, kinds=["cut"])
    assert some.waveform == vf.analyze_waveform(talk)
    assert (some.loudness, some.silence, some.quality) == (None, None, None)
    assert some.subject is not None and some.undecodable_packets == 0 and some.media == vf.probe(talk)


def test_a_part_whose_track_is_missing_is_none(mute: Path, sound: Path) -> None:
    assert vf.analyze(mute).loudness is None
    assert vf.analyze(sound).scenes is None


def test_scenes_abut_and_say_what_is_on_screen(analysis: vf.Analysis, talk: Path) -> None:
    report = analysis.scenes
    assert report is not None and report == vf.detect_scenes(talk)
    assert {"fade", "cut"} <= {b.kind for b in report.boundaries} and len(report.scenes) == len(report.boundaries) + 1
    assert all(a.end == b.start for a, b in zip(report.scenes, report.scenes[1:], strict=False))
    assert report.scene_at(0) == report.scenes[0]
    assert report.scene_at(Fraction(10)) is None and report.scene_at(-1) is None
    assert len(vf.detect_scenes(talk, min_scene_duration_seconds=3).scenes) < len(report.scenes)


def test_waveforms_are_arrays_of_buckets_and_channels(talk: Path) -> None:
    wave = vf.analyze_waveform(talk, pixels_per_second=10, split_channels=True, range=vf.TimeRange(2, 5))
    assert (wave.length, wave.channels, wave.sample_rate_hz) == (30, 2, 48000)
    assert wave.data.shape == (30, 2, 2) and wave.min.shape == wave.max.shape == (30, 2)
    assert np.array_equal(wave.max, wave.data[:, :, 1] / np.float32(32768)) and bool((wave.min <= wave.max).all())


def test_a_waveform_is_written_as_data_and_as_a_picture(talk: Path, tmp_path: Path) -> None:
    wave = vf.analyze_waveform(talk, pixels_per_second=10)
    assert vf.write_waveform(wave, tmp_path / "w.json", bits=8) == (tmp_path / "w.json").stat().st_size
    assert json.loads((tmp_path / "w.json").read_text())["length"] == wave.length
    picture = io.BytesIO()
    vf.write_waveform(wave, picture, format="png", width=100, height=20, color=(1, 2, 3))
    assert picture.getvalue().startswith(b"\x89PNG")


def test_loudness_and_silence_are_figures(analysis: vf.Analysis, talk: Path) -> None:
    loudness = vf.measure_loudness(talk)
    assert loudness == analysis.loudness and loudness.integrated_lufs is not None
    assert -25 < loudness.integrated_lufs < -5 and loudness.true_peak_dbtp is not None
    assert vf.measure_loudness(talk, true_peak=False).true_peak_dbtp is None
    silences = vf.detect_silence(talk, threshold_dbfs=0, min_duration_seconds=1).silences
    assert len(silences) > 0 and all(s.duration >= 1 for s in silences)


def test_a_reframe_follows_the_subject_and_is_rendered(analysis: vf.Analysis, talk: Path, tmp_path: Path) -> None:
    plan = vf.plan_reframe(analysis, aspect=(9, 16), still_tolerance=0.1)
    assert (plan.aspect, plan.source_size) == ("9:16", vf.Size(320, 180))
    crop = plan.crop_at(2)
    assert (crop.width, crop.height) == (101.25, 180) and plan.crops_at([2, 3])[0] == crop
    report = vf.transcode(talk, tmp_path / "tall.mp4", range=vf.TimeRange(1, 2), reframe=plan, speed="ultrafast")
    assert (report.width, report.height, report.frames_written) == (102, 180, 24)
    centered = vf.ReframePlan.centered((320, 180), "1:1", vf.TimeRange(0, 10))
    assert centered.crop_at(5) == vf.CropRect(70, 0, 180, 180)


def test_an_upload_is_rewritten_without_what_playing_does_not_need(talk: Path, tmp_path: Path) -> None:
    report = vf.sanitize_upload(talk, tmp_path / "clean.mp4", policy="video")
    assert (report.mime, report.bytes_in) == ("video/mp4", talk.stat().st_size)
    assert report.bytes_out == (tmp_path / "clean.mp4").stat().st_size
    assert "tags" in [removed.what for removed in report.removed]
    again = io.BytesIO()
    policy = vf.UploadPolicy.video(max_bytes=report.bytes_out)
    assert vf.sanitize_upload(tmp_path / "clean.mp4", again, policy=policy, keep_chapters=False).removed == ()
    assert again.getvalue() == (tmp_path / "clean.mp4").read_bytes()
    with pytest.raises(vf.MalformedMediaError, match="too large"):
        vf.sanitize_upload(talk, io.BytesIO(), policy=vf.UploadPolicy.video(max_bytes=10))
    with pytest.raises(vf.UnsupportedMediaError, match="transcode it to MP4"):
        vf.sanitize_upload(SEEDS / "mpeg4.avi", io.BytesIO())


def test_clips_are_suggested_with_reasons(analysis: vf.Analysis) -> None:
    text = "WEBVTT\n\n00:01.000 --> 00:03.000\nHello there.\n\n00:04.000 --> 00:06.000\nBye.\n"
    transcript = vf.Transcript.parse(text)
    assert transcript.words_in(vf.TimeRange(0, 2)) == 1.0
    clips = vf.suggest_clips(analysis, count=2, min_duration_seconds=2, max_duration_seconds=5, transcript=transcript)
    assert 1 <= len(clips) <= 2 and clips[0].score > 0 and clips[0].reasons[0].text
    assert clips[0].file_name("m/p4").startswith("clip-0m0") and clips[0].file_name("m/p4").endswith(".mp4")
    assert clips[0].range == vf.TimeRange(clips[0].start, clips[0].end)


def test_thumbnails_are_jpegs_best_first(analysis: vf.Analysis, talk: Path) -> None:
    report = vf.extract_thumbnails(talk, count=2, max_side=64)
    assert report == vf.extract_thumbnails(talk, analysis=analysis, count=2, max_side=64)
    best, second = report.thumbnails
    assert best.score >= second.score and best.jpeg.startswith(b"\xff\xd8") and (best.width, best.height) == (64, 36)


def test_frames_come_in_the_order_they_were_asked_for(talk: Path) -> None:
    late, early = vf.extract_frames(talk, times=[5, Fraction(1, 24)])
    assert (late.time, early.time) == (Fraction(5), Fraction(1, 24))
    assert late.pixels.shape == (180, 320, 3) and late.pixels.dtype == np.uint8 and late.pixels.std() > 5
    assert (late.width, late.height, late.to_dict()["time"]) == (320, 180, {"num": 5, "den": 1})


def test_a_storyboard_is_a_sheet_with_a_text_track(talk: Path) -> None:
    board = vf.make_storyboard(talk, times=[1, 2.5], columns=2, tile=vf.Size(64, 64))
    assert (board.width, board.height, board.duration) == (128, 36, Fraction(10))
    assert [tile.start_seconds for tile in board.tiles] == [1.0, 2.5]
    assert "sheet.jpg#xywh=64,0,64,36" in board.to_web_vtt("sheet.jpg") and board.jpeg.startswith(b"\xff\xd8")


def test_a_plan_is_kept_and_rendered_later(talk: Path, tmp_path: Path) -> None:
    plan = vf.plan_render(preset="tiktok", range=vf.TimeRange(1, 2), height=320, speed="ultrafast")
    assert (plan.aspect, plan.crf, plan.constant_frame_rate, plan.size) == ("9:16", 20, True, None)
    kept = vf.RenderPlan.from_json(plan.to_json())
    report = vf.render(talk, tmp_path / "clip.mp4", kept)
    assert (report.width, report.height, report.duration) == (180, 320, Fraction(1))
    assert vf.probe(tmp_path / "clip.mp4").byte_len == report.bytes_written


def test_the_version_is_the_cores() -> None:
    assert vf.__version__ == vf.schema()["version"]


@pytest.mark.parametrize("value", [np.float32(0.5), np.int64(1), 1])
def test_numbers_of_numpy_are_numbers(talk: Path, value: float) -> None:
    assert vf.detect_scenes(talk, threshold=value).scenes


def test_an_upload_that_is_still_coming_is_refused_as_soon_as_it_is_hopeless(talk: Path) -> None:
    inspector = vf.UploadInspector("video", file_name="page.mp4")
    assert inspector.push(bytearray(b"<!doctype html>" * 500)) == "reject"
    assert inspector.report().findings[0].class_ == "not_media"
    assert inspector.seen_bytes == 7500
    good = vf.UploadInspector(vf.UploadPolicy.video(), byte_len=1_000_000_000)
    assert good.report().findings[0].code == "too_many_bytes"
    with pytest.raises(vf.InvalidOptionError):
        vf.UploadInspector(vf.UploadPolicy.video(min_side=9000))


def test_a_report_tells_the_share_that_was_decoded(talk: Path) -> None:
    decoded = vf.validate_upload(talk, policy=vf.UploadPolicy.video(decode_whole=True)).decoded
    assert decoded is not None and decoded.whole and decoded.frames > 0 and decoded.damaged_share == 0
