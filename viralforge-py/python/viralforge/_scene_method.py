"""Ways of finding boundaries, and how hard to look for them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import ClassVar, Literal, TypeAlias

SceneMethodName: TypeAlias = Literal["standard", "content", "adaptive", "histogram", "hash", "fade_threshold"]
SceneMode: TypeAlias = Literal["accurate", "balanced", "fast"]


@dataclass(frozen=True, slots=True, kw_only=True)
class ContentWeights:
    """How much each component counts in a change of content; -1000 to 1000 each, not all zero.

    Their absolute values are what the sum is divided by.

    Args:
        delta_hue: Of the mean change of hue, in steps of 2 degrees.
        delta_sat: Of the mean change of saturation, in levels of 0 to 255.
        delta_lum: Of the mean change of the brightest of red, green and blue, in levels of 0 to 255.
        delta_edges: Of the share of pixels that become or cease to be edges, times 255.
    """

    delta_hue: float = 1.0
    delta_sat: float = 1.0
    delta_lum: float = 1.0
    delta_edges: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class ContentMethod:
    """A cut where hue, saturation and brightness change by more than a fixed amount: PySceneDetect's `detect-content`.

    Args:
        threshold: Change of the weighted mean of the components (`content_val`), in levels, from which on it is a cut:
            0 to 255.
        weights: How much each component counts.
        luma_only: Look at brightness alone, whatever the weights are.
        kernel_size: Width that edges are spread to before they are compared, in pixels of a picture of 256 pixels: odd,
            3 to 99. `None` means by the size of the picture, 5 for most.

    Attributes:
        name: What it is called where it is data.

    Examples:
        >>> report = vf.detect_scenes("talk.mp4", method=vf.ContentMethod(threshold=30))
    """

    name: ClassVar[Literal["content"]] = "content"
    threshold: float = 27.0
    weights: ContentWeights = field(default_factory=ContentWeights)
    luma_only: bool = False
    kernel_size: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class AdaptiveMethod:
    """A cut where the change of content is far above the changes around it: PySceneDetect's `detect-adaptive`.

    Args:
        adaptive_threshold: How many times the mean change of the frames around it a change must be (`adaptive_ratio`):
            0 to 255.
        window_width: Frames before and as many after a frame that its change is compared with: 1 to 1000. The first
            and last so many frames of a video hold no cut.
        min_content_val: Change of content, in levels, below which there is no cut whatever the ratio is: 0 to 255.
        weights: How much each component counts.
        luma_only: Look at brightness alone, whatever the weights are.
        kernel_size: As that of `ContentMethod`.

    Attributes:
        name: What it is called where it is data.
    """

    name: ClassVar[Literal["adaptive"]] = "adaptive"
    adaptive_threshold: float = 3.0
    window_width: int = 2
    min_content_val: float = 15.0
    weights: ContentWeights = field(default_factory=ContentWeights)
    luma_only: bool = False
    kernel_size: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class HistogramMethod:
    """A cut where the histogram of brightness changes: PySceneDetect's `detect-hist`.

    Args:
        threshold: How far the correlation of two histograms (`hist_diff`) must fall below 1 for a cut: 0 to 1.
        bins: Bins of the histogram of luma: 2 to 256.

    Attributes:
        name: What it is called where it is data.
    """

    name: ClassVar[Literal["histogram"]] = "histogram"
    threshold: float = 0.05
    bins: int = 256


@dataclass(frozen=True, slots=True, kw_only=True)
class HashMethod:
    """A cut where the perceptual hash changes: PySceneDetect's `detect-hash`.

    Args:
        threshold: Share of the bits of two hashes that must differ for a cut (`hash_dist`): 0 to 1.
        size: Side of the square of low frequencies that a hash has a bit for each of: 2 to 64.
        lowpass: How many times that the picture measures whose frequencies are taken: 2 keeps the lower half of them.
            From 1 on, `size` times this at most 256.

    Attributes:
        name: What it is called where it is data.
    """

    name: ClassVar[Literal["hash"]] = "hash"
    threshold: float = 0.395
    size: int = 16
    lowpass: int = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class FadeThresholdMethod:
    """A fade where the average brightness falls below a level and rises again: PySceneDetect's `detect-threshold`.

    Args:
        threshold: Average of red, green and blue (`average_rgb`) that is crossed where a picture fades out and in
            again: 0 to 255. PySceneDetect cuts off what follows the decimal point.
        method: Which side of the threshold is faded out: `"floor"` is darker than it (fades to black), `"ceiling"` as
            bright or brighter (fades to white).
        fade_bias: Where between fade-out and fade-in the next scene begins: -1 (fade-out) to 1 (fade-in).
        add_final_scene: Whether a video that ends faded out has one more boundary, at that fade-out.

    Attributes:
        name: What it is called where it is data.
    """

    name: ClassVar[Literal["fade_threshold"]] = "fade_threshold"
    threshold: float = 12.0
    method: Literal["floor", "ceiling"] = "floor"
    fade_bias: float = 0.0
    add_final_scene: bool = False


SceneMethod: TypeAlias = (
    SceneMethodName | ContentMethod | AdaptiveMethod | HistogramMethod | HashMethod | FadeThresholdMethod
)
"""The name of a method, which then has its defaults, or a method with parameters of your own."""
