"""The stretches of a video that are worth a clip, and what is said in it."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Self

from . import _native
from ._record import Document, Record
from ._time import TimeRange


@dataclass(frozen=True, slots=True)
class ClipReason(Record):
    """One thing that speaks for a clip.

    Attributes:
        signal: Name of the signal: `loudness`, `motion`, `pace`, `sharpness`, `speech`, `words`, `opening`, `boundary`.
        value: 0 to 1 within this file.
        text: The same in words.
    """

    signal: str
    value: float
    text: str


@dataclass(frozen=True, slots=True)
class ClipSuggestion(TimeRange):
    """A stretch that is worth a clip, and why.

    Attributes:
        start: When it begins, in seconds.
        end: When it is over, in seconds.
        score: 0 (nothing speaks for it) to 1 (everything does), within this file.
        reasons: What speaks for it, the strongest first.
    """

    score: float
    reasons: tuple[ClipReason, ...]

    def file_name(self, extension: str) -> str:
        """A file name that says when the clip plays and is safe on every system: `clip-0m12s-0m34s.mp4`.

        Args:
            extension: Of it only letters and digits are kept.
        """
        return _native.clip_file_name(json.dumps(self.to_dict()), extension)


@dataclass(frozen=True, slots=True)
class Cue(TimeRange):
    """One piece of text and when it is heard.

    Attributes:
        start: When it begins, in seconds.
        end: When it is over, in seconds.
        text: The text without markup; lines are separated by line feeds.
    """

    text: str


@dataclass(frozen=True, slots=True)
class Transcript(Document):
    """The words of a video, cue by cue.

    Attributes:
        cues: The cues, by their beginning. They may overlap, as two speakers do.
    """

    cues: tuple[Cue, ...]

    @classmethod
    def parse(cls, text: str) -> Self:
        r"""Reads SubRip (.srt) or WebVTT (.vtt); which of them it is shows in the first line.

        It is as lenient as players are where the meaning is clear: byte order mark, any line ends, `,` or `.` before
        the milliseconds, hours left out, blank lines within a text, cues out of order. Markup is removed.

        Raises:
            MalformedMediaError: There is no cue, a cue's times cannot be read or end before they start, or there are
                more than 16 MiB or 200,000 cues; the text names the line.

        Examples:
            >>> transcript = vf.Transcript.parse("1\n00:00:01,500 --> 00:00:03,000\n<i>Hello.</i>\n")
            >>> transcript.cues[0].text, transcript.cues[0].start_seconds
            ('Hello.', 1.5)
        """
        return cls.from_json(_native.parse_transcript(text))

    def words_in(self, range: TimeRange) -> float:
        """How many words are heard within a stretch; a cue that lies partly in it counts in proportion."""
        return _native.words_in(self.to_json(), json.dumps(range.to_dict()))
