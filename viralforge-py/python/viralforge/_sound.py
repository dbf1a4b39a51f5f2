"""Loudness and silence."""

from __future__ import annotations

from dataclasses import dataclass

from ._record import Document
from ._time import TimeRange


@dataclass(frozen=True, slots=True)
class LoudnessReport(Document):
    """What `measure_loudness` found. A figure is `None` where the sound is too short or silent for it.

    Attributes:
        integrated_lufs: Gated loudness of the whole program in LUFS (ITU-R BS.1770-5).
        loudness_range_lu: Spread between quiet and loud passages in LU (EBU Tech 3342).
        max_short_term_lufs: Loudest stretch of 3 s, in LUFS.
        max_momentary_lufs: Loudest stretch of 400 ms, in LUFS.
        true_peak_dbtp: Highest peak of the continuous signal, in dB relative to full scale (BS.1770-5 annex 2).
        sample_peak_dbfs: Highest sample, in dB relative to full scale.
    """

    integrated_lufs: float | None
    loudness_range_lu: float | None
    max_short_term_lufs: float | None
    max_momentary_lufs: float | None
    true_peak_dbtp: float | None
    sample_peak_dbfs: float | None


@dataclass(frozen=True, slots=True)
class Silence(TimeRange):
    """One silence: the time range from the first silent sample to the first that is not.

    Attributes:
        start: When it begins, in seconds.
        end: When it is over, in seconds.
    """


@dataclass(frozen=True, slots=True)
class SilenceReport(Document):
    """What `detect_silence` found.

    Attributes:
        silences: Every silence, in order of time.
    """

    silences: tuple[Silence, ...]
