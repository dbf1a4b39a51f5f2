"""What a source may cost."""

from __future__ import annotations

from dataclasses import dataclass

from ._record import Document


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits(Document):
    """Upper bounds for reading one source. The defaults are safe for uploads from strangers and roomy for real media.

    Each bound is inclusive and is checked before the work or the allocation that it guards. Exceeding one raises
    `LimitExceededError` with its name; nothing is ever cut short silently. There is no way to say "unlimited": whoever
    needs more says how much.

    Args:
        max_input_bytes: Size of the file in bytes. Default: 16 GiB.
        max_duration_seconds: Length of the media in seconds. Default: 12 hours.
        max_streams: Tracks in the file, attachments included.
        max_frame_pixels: Pixels of one picture. Default: 8192 × 4320.
        max_frames: Decoded pictures. Default: 12 hours at 120 a second.
        max_audio_channels: Channels of one sound track.
        max_sample_rate_hz: Samples a second of one sound track.
        max_decoded_bytes: Bytes of decoded pictures and sound, summed over the whole call. Default: 64 TiB.
        max_memory_bytes: Memory that the pictures of one decoder may take, in bytes. Default: 4 GiB.
        max_wall_time_seconds: How long one call may take, in seconds. Default: 6 hours.

    Examples:
        >>> vf.probe("talk.mp4", limits=vf.Limits(max_duration_seconds=1))
        Traceback (most recent call last):
        ...
        viralforge.LimitExceededError: talk.mp4: max_duration ...
    """

    max_input_bytes: int = 17_179_869_184
    max_duration_seconds: float = 43_200.0
    max_streams: int = 64
    max_frame_pixels: int = 35_389_440
    max_frames: int = 5_000_000
    max_audio_channels: int = 64
    max_sample_rate_hz: int = 768_000
    max_decoded_bytes: int = 70_368_744_177_664
    max_memory_bytes: int = 4_294_967_296
    max_wall_time_seconds: float = 21_600.0
