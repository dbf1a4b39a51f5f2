"""
The private half of `viralforge`: use the package, whose functions document and check what these take for granted.
"""

from _typeshed import SupportsGetItem
from collections.abc import Callable
from numpy import float32, float64, int16, int64, uint32, uint8
from numpy.typing import NDArray
from os import PathLike
from typing import Any, Final, SupportsIndex, final

__all__ = ["__version__", "Analysis", "CancelToken", "ReframePlan", "Source", "UploadInspector", "analyze", "analyze_waveform", "best_stream", "center_reframe", "check_render_plan", "clip_file_name", "detect_scenes", "detect_silence", "extract_frames", "extract_thumbnails", "make_scene_sheet", "make_storyboard", "measure_loudness", "parse_transcript", "plan_reframe", "plan_render", "probe", "render", "sanitize_upload", "schema", "split_scenes", "storyboard_web_vtt", "suggest_clips", "transcode", "upload_policy", "validate_upload", "waveform_extremes", "words_in", "write_scene_statistics", "write_scenes", "write_waveform"]

__version__: Final[str]

@final
class Analysis:
    """
    What `analyze` found.
    """
    def __eq__(self, value: object, /) -> bool: ...
    def __ne__(self, value: object, /) -> bool: ...
    @staticmethod
    def from_json(text: str) -> Analysis:
        """
        Reads what `to_json` wrote.
        """
    def loudness(self, /) -> str | None: ...
    def media(self, /) -> str: ...
    def quality(self, /) -> tuple[tuple[NDArray[int64], NDArray[uint32], NDArray[float64]], list[NDArray[float32]]] | None:
        """
        Moments; brightness, contrast, sharpness, saturation, dark share, bright share, motion.
        """
    def scenes(self, /) -> tuple[str, tuple[NDArray[int64], NDArray[float64], list[NDArray[float32]]] | None] | None:
        """
        As `detect_scenes`.
        """
    def silence(self, /) -> str | None: ...
    def subject(self, /) -> tuple[tuple[NDArray[int64], NDArray[uint32], NDArray[float64]], list[NDArray[float32]]] | None:
        """
        Moments; center from left, center from top, weight.
        """
    def to_json(self, /) -> str: ...
    @property
    def undecodable_packets(self, /) -> int: ...
    def waveform(self, /) -> tuple[tuple[int, int, int], NDArray[int16]] | None: ...

@final
class CancelToken:
    """
    Stops every call that it was given to. It may be used from any thread, and stays used.

    Args:
        parent: A token that this one listens to as well: using the parent stops the calls of both.

    Examples:
        >>> token = CancelToken()
        >>> token.cancel()
        >>> probe("talk.mp4", cancel=token)
        Traceback (most recent call last):
        ...
        viralforge.CancelledError: cancelled
    """
    def __new__(cls, /, parent: CancelToken | None = None) -> CancelToken: ...
    def cancel(self, /) -> None:
        """
        Stops the calls within a frame's work. They raise `CancelledError` and leave no file behind.
        """
    @property
    def cancelled(self, /) -> bool:
        """
        Whether `cancel` was called, here or on the parent.
        """

@final
class ReframePlan:
    """
    A reframe plan whose invariants hold.
    """
    def __new__(cls, /, text: str) -> ReframePlan: ...
    def crop_at(self, /, num: SupportsIndex, den: SupportsIndex) -> tuple[float, float, float, float]:
        """
        Left, top, width and height of the crop at `num / den` seconds, in display pixels.
        """

@final
class Source:
    """
    Media to read several times, under limits and a name of its own.
    """
    def __new__(cls, /, source: Any, limits: str | None = None, name: str | None = None) -> Source: ...
    def close(self, /) -> None: ...
    @property
    def closed(self, /) -> bool: ...
    @property
    def name(self, /) -> str: ...

@final
class UploadInspector:
    """
    See `viralforge.UploadInspector`.
    """
    def __new__(cls, /, policy: str, byte_len: SupportsIndex | None) -> UploadInspector: ...
    def push(self, /, data: bytes) -> str:
        """
        The verdict so far, as JSON.
        """
    def report(self, /) -> str:
        """
        The report so far, as JSON.
        """
    @property
    def seen_bytes(self, /) -> int: ...

def analyze(source: Any, options: str, call: tuple[str | None, Callable[[Any, float, float, float | None], object] | None, CancelToken | None]) -> Analysis: ...
def analyze_waveform(source: Any, options: str, call: tuple[str | None, Callable[[Any, float, float, float | None], object] | None, CancelToken | None]) -> tuple[tuple[int, int, int], NDArray[int16]]: ...

def best_stream(media: str, kind: str) -> int | None:
    """
    Place of the track that a player shows or plays.
    """

def center_reframe(width: SupportsIndex, height: SupportsIndex, aspect: str, range: str) -> str:
    """
    A plan that holds the middle of the picture.
    """

def check_render_plan(text: str) -> str:
    """
    The plan as this version of the library writes it.
    """

def clip_file_name(suggestion: str, extension: str) -> str: ...

def detect_scenes(source: Any, options: str, on_scene: Any | None, call: tuple[str | None, Callable[[Any, float, float, float | None], object] | None, CancelToken | None]) -> tuple[str, tuple[NDArray[int64], NDArray[float64], list[NDArray[float32]]] | None]:
    """
    The report, whose statistics have names and thresholds alone, and their arrays. `on_scene` is called with each scene
    and the boundary that it ends with, as JSON: a list of two.
    """

def detect_silence(source: Any, options: str, call: tuple[str | None, Callable[[Any, float, float, float | None], object] | None, CancelToken | None]) -> str: ...
def extract_frames(source: Any, options: str, call: tuple[str | None, Callable[[Any, float, float, float | None], object] | None, CancelToken | None]) -> list[tuple[tuple[int, int], NDArray[uint8]]]: ...

def extract_thumbnails(source: Any, analysis: Analysis | None, options: str, call: tuple[str | None, Callable[[Any, float, float, float | None], object] | None, CancelToken | None]) -> tuple[str, list[bytes]]:
    """
    The report, and the JPEG of each thumbnail. With an analysis, nothing is analyzed again.
    """

def make_scene_sheet(source: Any, scenes: str, options: str, call: tuple[str | None, Callable[[Any, float, float, float | None], object] | None, CancelToken | None]) -> tuple[str, bytes]:
    """
    The sheet, and its picture.
    """

def make_storyboard(source: Any, options: str, call: tuple[str | None, Callable[[Any, float, float, float | None], object] | None, CancelToken | None]) -> tuple[str, bytes]:
    """
    The storyboard, and its JPEG.
    """

def measure_loudness(source: Any, options: str, call: tuple[str | None, Callable[[Any, float, float, float | None], object] | None, CancelToken | None]) -> str: ...
def parse_transcript(text: str) -> str: ...
def plan_reframe(analysis: Analysis, options: str) -> str: ...
def plan_render(options: str) -> str: ...
def probe(source: Any, call: tuple[str | None, Callable[[Any, float, float, float | None], object] | None, CancelToken | None]) -> str: ...
def render(source: Any, output: Any, plan: str, call: tuple[str | None, Callable[[Any, float, float, float | None], object] | None, CancelToken | None]) -> str: ...
def sanitize_upload(source: Any, output: Any, options: str, call: tuple[str | None, Callable[[Any, float, float, float | None], object] | None, CancelToken | None]) -> str: ...
def schema() -> str: ...

def split_scenes(source: Any, scenes: str, folder: str | PathLike[str], options: str, call: tuple[str | None, Callable[[Any, float, float, float | None], object] | None, CancelToken | None]) -> str:
    """
    The reports, as a list.
    """

def storyboard_web_vtt(storyboard: str, image_url: str) -> str: ...
def suggest_clips(analysis: Analysis, options: str) -> str: ...
def transcode(source: Any, output: Any, options: str, call: tuple[str | None, Callable[[Any, float, float, float | None], object] | None, CancelToken | None]) -> str: ...

def upload_policy(slot: str, overrides: str) -> str:
    """
    The policy of a slot, with what `overrides` names instead.
    """

def validate_upload(source: Any, policy: str, call: tuple[str | None, Callable[[Any, float, float, float | None], object] | None, CancelToken | None]) -> str: ...

def waveform_extremes(header: tuple[SupportsIndex, SupportsIndex, SupportsIndex], data: NDArray[int16]) -> tuple[NDArray[float32], NDArray[float32]]:
    """
    Minima and maxima from -1 to 1, bucket by bucket and channel by channel.
    """

def words_in(transcript: str, range: str) -> float: ...

def write_scene_statistics(statistics: str, columns: tuple[NDArray[int64], NDArray[float64], SupportsGetItem[int, NDArray[float32]]], output: Any, options: str, call: tuple[str | None, Callable[[Any, float, float, float | None], object] | None, CancelToken | None]) -> int:
    """
    Statistics as `detect_scenes` gives them: names and thresholds, and the arrays.
    """

def write_scenes(scenes: str, output: Any, options: str, call: tuple[str | None, Callable[[Any, float, float, float | None], object] | None, CancelToken | None]) -> int: ...
def write_waveform(header: tuple[SupportsIndex, SupportsIndex, SupportsIndex], data: NDArray[int16], output: Any, options: str, call: tuple[str | None, Callable[[Any, float, float, float | None], object] | None, CancelToken | None]) -> int: ...
