"""Each class of bad input through each verb: Python's proper exception, and the core's code."""

from __future__ import annotations

import io
import os
import pickle
from pathlib import Path
from typing import Any

import pytest
from conftest import NEED_SOUND, NEED_VIDEO, READERS, SCENES, SEEDS

import viralforge as vf
from viralforge import _errors

STRICT = [name for name in READERS if name != "validate_upload"]
DECODING = [name for name in STRICT if name != "sanitize_upload"]
"""Those that read by FFmpeg, which says what else it refuses and under which limits."""
BUILTIN = {
    "invalid_option": ValueError,
    "malformed": ValueError,
    "unsupported": ValueError,
    "missing_track": LookupError,
    "limit_exceeded": ValueError,
    "cancelled": RuntimeError,
    "io": OSError,
    "backend": RuntimeError,
}


def test_every_code_of_the_core_has_a_class_with_two_bases() -> None:
    assert list(_errors.BY_CODE) == vf.schema()["error_codes"] == list(BUILTIN)
    for code, kind in _errors.BY_CODE.items():
        assert issubclass(kind, vf.ViralforgeError) and issubclass(kind, BUILTIN[code]) and kind.code == code
        assert getattr(vf, kind.__name__) is kind and kind.__module__ == "viralforge"


@pytest.mark.parametrize("verb", STRICT)
@pytest.mark.parametrize("content", [b"", b"no media at all " * 100, b"\0" * 5000], ids=["empty", "text", "zeros"])
def test_what_is_no_media_is_malformed(verb: str, content: bytes) -> None:
    with pytest.raises(vf.MalformedMediaError) as caught:
        READERS[verb](content)
    assert caught.value.code == "malformed" and str(caught.value).startswith("bytes: ")


@pytest.mark.parametrize("verb", STRICT)
def test_a_file_cut_short_in_its_header_is_malformed(verb: str, demo: Path) -> None:
    # The demo's index stands in front; a tenth of it is no index.
    with pytest.raises(vf.MalformedMediaError):
        READERS[verb](demo.read_bytes()[:2000])


@pytest.mark.parametrize("verb", READERS)
def test_any_prefix_does_no_harm(verb: str, talk_bytes: bytes) -> None:
    for share in range(1, 8):
        try:
            READERS[verb](talk_bytes[: len(talk_bytes) * share // 8])
        except vf.ViralforgeError as error:
            assert error.code in ("malformed", "missing_track")


@pytest.mark.parametrize("verb", DECODING)
@pytest.mark.parametrize("name", ["playlist.m3u8", "list.ffconcat"])
def test_what_points_at_other_files_is_refused(verb: str, name: str) -> None:
    with pytest.raises((vf.UnsupportedMediaError, vf.MalformedMediaError)) as caught:
        READERS[verb](SEEDS / name)
    with pytest.raises(type(caught.value)):
        vf.probe(SEEDS / name)


@pytest.mark.parametrize("verb", NEED_VIDEO)
def test_sound_alone_has_no_video_track(verb: str, sound: Path) -> None:
    with pytest.raises(vf.MissingTrackError) as caught:
        READERS[verb](sound)
    assert (caught.value.code, caught.value.track) == ("missing_track", "video")


@pytest.mark.parametrize("verb", NEED_SOUND)
def test_pictures_alone_have_no_sound_track(verb: str, mute: Path) -> None:
    with pytest.raises(LookupError) as caught:
        READERS[verb](mute)
    assert isinstance(caught.value, vf.MissingTrackError) and caught.value.track == "audio"


@pytest.mark.parametrize("verb", DECODING)
def test_a_limit_is_named_with_both_values(verb: str, talk: Path) -> None:
    with pytest.raises(vf.LimitExceededError) as caught:
        READERS[verb](talk, limits=vf.Limits(max_duration_seconds=9))
    error = caught.value
    assert (error.code, error.limit) == ("limit_exceeded", "max_duration_seconds")
    assert float(error.actual.split()[0]) == 10 and float(error.allowed.split()[0]) == 9
    assert READERS[verb](talk, limits=vf.Limits(max_duration_seconds=10)) is not None


@pytest.mark.parametrize("verb", STRICT)
def test_the_limits_of_a_source_cannot_be_forgotten(verb: str, talk: Path) -> None:
    with vf.Source(talk, limits=vf.Limits(max_input_bytes=1000)) as source:
        with pytest.raises(vf.LimitExceededError, match="max_input_bytes"):
            READERS[verb](source)
        assert READERS[verb](source, limits=vf.Limits()) is not None


@pytest.mark.parametrize("verb", READERS)
def test_a_missing_file_is_also_a_file_not_found_error(verb: str, tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError) as caught:
        READERS[verb](tmp_path / "no.mp4")
    error = caught.value
    assert isinstance(error, vf.MediaIOError) and error.code == "io"
    assert (error.errno, error.filename) == (2, str(tmp_path / "no.mp4")) and error.strerror == os.strerror(2)


@pytest.mark.parametrize("verb", READERS)
def test_a_folder_is_an_io_error(verb: str, tmp_path: Path) -> None:
    with pytest.raises(vf.MediaIOError, match="is a directory"):
        READERS[verb](tmp_path)


@pytest.mark.parametrize("verb", READERS)
@pytest.mark.parametrize("source", [None, 3, 2.5, [b"x"], object()])
def test_what_is_no_source_is_a_type_error(verb: str, source: Any) -> None:
    with pytest.raises(TypeError, match="source must be a path, bytes, a binary file or a Source"):
        READERS[verb](source)


@pytest.mark.parametrize("verb", READERS)
def test_the_arguments_of_all_verbs_are_checked(verb: str, talk: Path) -> None:
    wrong: list[dict[str, Any]] = [{"limits": {"max_streams": 3}}, {"progress": 3}, {"cancel": True}]
    for arguments in wrong:
        with pytest.raises(TypeError, match=next(iter(arguments))):
            READERS[verb](talk, **arguments)


@pytest.mark.parametrize("verb", READERS)
def test_a_used_token_cancels_at_once(verb: str, talk: Path) -> None:
    token = vf.CancelToken()
    token.cancel()
    with pytest.raises(vf.CancelledError) as caught:
        READERS[verb](talk, cancel=token)
    assert caught.value.code == "cancelled" and token.cancelled


OUT_OF_RANGE: list[tuple[str, dict[str, Any]]] = [
    ("detect_scenes", {"threshold": 1.5}),
    ("detect_scenes", {"threshold": float("nan")}),
    ("detect_scenes", {"min_scene_duration_seconds": -1}),
    ("analyze_waveform", {"samples_per_pixel": 1}),
    ("analyze_waveform", {"pixels_per_second": 0}),
    ("detect_silence", {"threshold_dbfs": 1}),
    ("detect_silence", {"min_duration_seconds": float("inf")}),
    ("extract_thumbnails", {"count": 0}),
    ("extract_thumbnails", {"jpeg_quality": 101}),
    ("extract_thumbnails", {"max_side": -5}),
    ("make_storyboard", {"columns": 21}),
    ("make_storyboard", {"times": [2, 1]}),
    ("make_storyboard", {"tile": (1, 2, 3)}),
    ("make_scene_sheet", {"columns": 21}),
    ("make_scene_sheet", {"page": 2}),
    ("split_scenes", {"template": "a/{number}.mp4"}),
    ("split_scenes", {"crf": 60}),
    ("validate_upload", {"policy": "film"}),
    ("sanitize_upload", {"policy": "film"}),
]


@pytest.mark.parametrize(("verb", "options"), OUT_OF_RANGE, ids=str)
def test_an_option_out_of_range_is_named(verb: str, options: dict[str, Any], talk: Path) -> None:
    with pytest.raises(ValueError) as caught:
        READERS[verb](talk, **options)
    name = next(iter(options)).replace("policy", "slot")
    assert isinstance(caught.value, vf.InvalidOptionError) and caught.value.code == "invalid_option"
    assert caught.value.option == name and str(caught.value).startswith(f"{name} ")


def test_options_out_of_range_of_the_plans_are_named(analysis: vf.Analysis, talk: Path) -> None:
    calls: list[tuple[str, Any]] = [
        ("still_tolerance", lambda: vf.plan_reframe(analysis, still_tolerance=0.6)),
        ("aspect", lambda: vf.plan_reframe(analysis, aspect="tall")),
        ("count", lambda: vf.suggest_clips(analysis, count=51)),
        ("min_duration_seconds", lambda: vf.suggest_clips(analysis, min_duration_seconds=0)),
        ("max_duration_seconds", lambda: vf.suggest_clips(analysis, max_duration_seconds=3)),
        ("crf", lambda: vf.plan_render(crf=52)),
        ("keyframe_interval_seconds", lambda: vf.plan_render(keyframe_interval_seconds=0)),
        ("preset", lambda: vf.plan_render(preset="myspace")),  # type: ignore[arg-type]
        ("audio_bit_rate_bps", lambda: vf.transcode(talk, io.BytesIO(), audio_bit_rate_bps=1)),
        ("scenes.threshold", lambda: vf.analyze(talk, scenes={"threshold": float("inf")})),
        ("output", lambda: vf.sanitize_upload(talk, talk)),
        ("format", lambda: vf.write_waveform(vf.analyze_waveform(talk), io.BytesIO())),
        ("format", lambda: vf.write_scenes(SCENES, io.BytesIO())),
        ("drop_frame", lambda: vf.write_scenes(SCENES, io.BytesIO(), format="edl", drop_frame=True)),
        ("only", lambda: vf.split_scenes(talk, SCENES, ".", only=[3])),
        ("times", lambda: vf.extract_frames(talk, times=[])),
        ("end", lambda: vf.TimeRange(2, 1)),
    ]
    for option, call in calls:
        with pytest.raises(vf.InvalidOptionError) as caught:
            call()
        assert caught.value.option == option


def test_an_option_of_the_wrong_type_is_a_type_error(analysis: vf.Analysis, talk: Path) -> None:
    calls: list[Any] = [
        lambda: vf.detect_scenes(talk, threshold="0.5"),  # type: ignore[arg-type]
        lambda: vf.detect_scenes(talk, threshold=True),
        lambda: vf.sanitize_upload(talk, io.BytesIO(), policy=3),  # type: ignore[arg-type]
        lambda: vf.sanitize_upload(talk, io.BytesIO(), keep_chapters=1),  # type: ignore[arg-type]
        lambda: vf.detect_scenes(talk, gradual=1),  # type: ignore[arg-type]
        lambda: vf.analyze_waveform(talk, samples_per_pixel=2.5),  # type: ignore[arg-type]
        lambda: vf.analyze_waveform(talk, range=(1, 2)),  # type: ignore[arg-type]
        lambda: vf.analyze(talk, scenes=0.5),  # type: ignore[arg-type]
        lambda: vf.extract_frames(talk, times=3),  # type: ignore[arg-type]
        lambda: vf.extract_frames(talk, times=["1"]),  # type: ignore[list-item]
        lambda: vf.plan_reframe(talk),  # type: ignore[arg-type]
        lambda: vf.plan_reframe(analysis, aspect=9 / 16),  # type: ignore[arg-type]
        lambda: vf.suggest_clips(analysis, transcript="1\n00:00 --> 00:01\nx"),  # type: ignore[arg-type]
        lambda: vf.plan_render(preset=3),  # type: ignore[arg-type]
        lambda: vf.plan_render(reframe={}),  # type: ignore[arg-type]
        lambda: vf.render(talk, io.BytesIO(), {}),  # type: ignore[arg-type]
        lambda: vf.extract_thumbnails(talk, analysis=talk),  # type: ignore[arg-type]
        lambda: vf.write_waveform(b"", io.BytesIO()),  # type: ignore[arg-type]
        lambda: vf.write_scenes({}, io.BytesIO()),  # type: ignore[arg-type]
        lambda: vf.write_scenes(SCENES, io.BytesIO(), frame_rate=23.98),  # type: ignore[arg-type]
        lambda: vf.write_scene_statistics(SCENES, io.BytesIO()),  # type: ignore[arg-type]
        lambda: vf.make_scene_sheet(talk, talk),  # type: ignore[arg-type]
        lambda: vf.split_scenes(talk, SCENES, ".", only=[1.5]),  # type: ignore[list-item]
        lambda: vf.detect_scenes(talk, 0.5),  # type: ignore[call-arg]
        lambda: vf.detect_scenes(talk, treshold=0.5),  # type: ignore[call-arg]
        lambda: vf.Source(talk, limits={}),  # type: ignore[arg-type]
    ]
    for call in calls:
        with pytest.raises(TypeError):
            call()


def test_a_transcript_that_cannot_be_read_is_malformed() -> None:
    with pytest.raises(vf.MalformedMediaError):
        vf.Transcript.parse("nothing")


@pytest.mark.parametrize(
    "error",
    [
        vf.InvalidOptionError("count 0 is not in 1..=100", option="count"),
        vf.MalformedMediaError("a.mp4: is empty"),
        vf.MissingTrackError("a.mp4: has no video track", track="video"),
        vf.LimitExceededError("over", limit="max_streams", actual="3", allowed="2"),
        vf.CancelledError("cancelled"),
        _errors.io_error(2, "No such file or directory", "a.mp4"),
        vf.BackendError("oops"),
    ],
    ids=lambda error: type(error).__name__,
)
def test_errors_cross_processes_whole(error: Any) -> None:
    back = pickle.loads(pickle.dumps(error))
    assert type(back) is type(error) and str(back) == str(error) and vars(back) == vars(error)
    assert back.args == error.args and back.code == error.code
    if isinstance(error, vf.MediaIOError):
        assert (back.errno, back.filename) == (error.errno, error.filename)
