"""Arrays are the memory that the core filled: not copied, of the promised types, read-only where results are frozen."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

import viralforge as vf


def _owner(array: NDArray[Any]) -> Any:
    while isinstance(array.base, np.ndarray):
        array = array.base
    return array.base


def test_samples_and_pixels_are_not_copied(talk: Path) -> None:
    wave = vf.analyze_waveform(talk)
    frame = vf.extract_frames(talk, times=[1])[0]
    for array in (wave.data, wave.min, wave.max, frame.pixels):
        # numpy did not allocate it: its owner is the native module's capsule around the Rust vector.
        assert not array.flags.owndata and "PySliceContainer" in type(_owner(array)).__name__
        assert array.flags.c_contiguous and array.flags.aligned


def test_figures_of_each_frame_are_arrays_of_the_same_length(analysis: vf.Analysis) -> None:
    quality, subject = analysis.quality, analysis.subject
    assert quality is not None and subject is not None and len(quality) == len(subject) == 240
    names = ("brightness", "contrast", "sharpness", "saturation", "dark_share", "bright_share", "motion")
    arrays = [getattr(quality, name) for name in names]
    arrays += [subject.center_x, subject.center_y, subject.weight]
    for array in arrays:
        assert array.dtype == np.float32 and array.shape == (240,) and 0 <= array.min() <= array.max() <= 1
        assert "PySliceContainer" in type(_owner(array)).__name__
    assert quality.time_seconds.dtype == np.float64 and bool((np.diff(quality.time_seconds) > 0).all())
    assert quality.time[5] == Fraction(5, 24) and quality.time_seconds[5] == 5 / 24
    document = analysis.to_dict()["quality"][7]
    assert [document[name] for name in names] == pytest.approx([float(array[7]) for array in arrays[:7]])
    assert subject == vf.Analysis.from_json(analysis.to_json()).subject and quality != subject


def test_results_cannot_be_written(analysis: vf.Analysis) -> None:
    wave, quality = analysis.waveform, analysis.quality
    assert wave is not None and quality is not None
    for array in (wave.data, wave.min, wave.max, quality.motion, quality.time_seconds):
        with pytest.raises(ValueError, match="read-only"):
            array[...] = 0
    for result in (analysis, wave, quality):
        with pytest.raises(AttributeError):
            result.data = None
        with pytest.raises(AttributeError):
            del result.data  # type: ignore[union-attr]


def test_parts_are_made_once(analysis: vf.Analysis) -> None:
    assert analysis.waveform is analysis.waveform and analysis.quality is analysis.quality
    assert analysis.waveform is not None and analysis.waveform.min is not analysis.waveform.max


def test_pixels_belong_to_the_caller(talk: Path) -> None:
    frame = vf.extract_frames(talk, times=[1])[0]
    frame.pixels[:10] = 0
    assert not frame.pixels[:10].any()


def test_a_waveform_is_made_from_its_parts() -> None:
    wave = vf.Waveform(8000, 8, 1, [-5, 6, -700, 800])
    assert wave.length == 2 and wave.data.tolist() == [[[-5, 6]], [[-700, 800]]]
    assert wave.min[:, 0].tolist() == [-5 / 32768, -700 / 32768] and wave.seconds_per_pixel == 0.001
    for parts in ((8000, 8, 0, [1, 2]), (8000, 8, 1, [1, 2, 3])):
        with pytest.raises(vf.InvalidOptionError):
            vf.Waveform(*parts)
