"""Checked, normalised arguments of the resampling operations.

Each public function builds one of these; the backends trust them.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from operator import index

from torch import Tensor

LARGEST = 2**29
"""Limit of factors, paddings and sides in pixels: sums of a few of them still fit into 32 bits."""


@dataclass(frozen=True)
class ResampleSpec:
    """Zero-stuff by `up`, pad, filter times `gain`, keep every `down`-th sample."""

    up: tuple[int, int]
    """Factors along x and y."""
    down: tuple[int, int]
    """Factors along x and y."""
    padding: tuple[int, int, int, int]
    """Pixels of the zero-stuffed image added at left, right, top, bottom; negative crops."""
    flip: bool
    """Correlate with the taps instead of convolving."""
    gain: float

    @staticmethod
    def check(
        x: Tensor,
        taps: Tensor | None,
        up: int | Sequence[int],
        down: int | Sequence[int],
        padding: int | Sequence[int],
        flip: bool,
        gain: float,
    ) -> "ResampleSpec":
        """Normalise the arguments of `ops.upfirdn2d`.

        Raises:
            ValueError: An argument is out of range, or nothing would be left of the image.
        """
        check_image(x)
        check_filter(taps, "filter")
        spec = ResampleSpec(
            factors(up, "up"), factors(down, "down"), paddings(padding), bool(flip), float(gain)
        )
        spec.output_size(x.shape[2], x.shape[3], taps)
        return spec

    def output_size(self, height: int, width: int, taps: Tensor | None) -> tuple[int, int]:
        """Return height and width of the result for an image of `height` × `width`.

        Raises:
            ValueError: Nothing is left of the image, or too much comes of it.
        """
        taps_y, taps_x = filter_size(taps)
        left, right, top, bottom = self.padding
        padded_y = height * self.up[1] + top + bottom
        padded_x = width * self.up[0] + left + right
        if max(height * self.up[1], width * self.up[0], padded_y, padded_x) > LARGEST:
            raise ValueError(
                f"up and padding make an image of {padded_y}×{padded_x} pixels: a side must have "
                f"at most {LARGEST}"
            )
        if padded_y < taps_y or padded_x < taps_x:
            raise ValueError(
                f"the filter of {taps_y}×{taps_x} taps is larger than the padded image of "
                f"{padded_y}×{padded_x} pixels: pad more"
            )
        return (padded_y - taps_y) // self.down[1] + 1, (padded_x - taps_x) // self.down[0] + 1


@dataclass(frozen=True)
class FilteredLreluSpec:
    """Two resamplings with a clamped leaky ReLU between them."""

    upsampling: ResampleSpec
    downsampling: ResampleSpec
    gain: float
    slope: float
    clamp: float | None

    @staticmethod
    def check(
        x: Tensor,
        up_taps: Tensor | None,
        down_taps: Tensor | None,
        bias: Tensor | None,
        up: int,
        down: int,
        padding: int | Sequence[int],
        gain: float,
        slope: float,
        clamp: float | None,
        flip: bool,
    ) -> "FilteredLreluSpec":
        """Normalise the arguments of `ops.filtered_lrelu`.

        Raises:
            ValueError: An argument is out of range, or nothing would be left of the image.
        """
        check_image(x)
        check_filter(up_taps, "up_filter")
        check_filter(down_taps, "down_filter")
        if bias is not None and bias.shape != (x.shape[1],):
            raise ValueError(
                f"bias must have one value per channel, [{x.shape[1]}], got {list(bias.shape)}"
            )
        check_clamp(clamp)
        factor = factors(up, "up")
        upsampling = ResampleSpec(
            factor, (1, 1), paddings(padding), bool(flip), float(factor[0] * factor[1])
        )
        downsampling = ResampleSpec((1, 1), factors(down, "down"), (0, 0, 0, 0), bool(flip), 1.0)
        height, width = upsampling.output_size(x.shape[2], x.shape[3], up_taps)
        downsampling.output_size(height, width, down_taps)
        return FilteredLreluSpec(
            upsampling,
            downsampling,
            float(gain),
            float(slope),
            None if clamp is None else float(clamp),
        )

    @property
    def is_elementwise(self) -> bool:
        """True if no pixel depends on another, given that there are no filters."""
        factors = (*self.upsampling.up, *self.downsampling.down)
        return factors == (1, 1, 1, 1) and not any(self.upsampling.padding)


@dataclass(frozen=True)
class Terms:
    """Bias and gains of `filtered_lrelu`, as the caller gave them."""

    bias: Tensor | None = None
    """[C], added after the input's gain."""
    input_gain: Tensor | None = None
    """[N, C]."""
    output_gain: Tensor | None = None
    """[N, C]."""


@dataclass(frozen=True)
class BiasActSpec:
    """Bias along a dimension, activation, gain, clamp."""

    dim: int
    activation: str
    alpha: float
    gain: float
    clamp: float | None


def check_image(x: Tensor) -> None:
    """Raise ValueError unless `x` is a floating [N, C, H, W] tensor."""
    if x.ndim != 4 or not x.is_floating_point():
        raise ValueError(
            f"expected floating-point images [N, C, H, W], got {x.dtype} {list(x.shape)}"
        )


def check_clamp(clamp: float | None) -> None:
    """Raise ValueError unless `clamp` is None or positive."""
    if clamp is not None and not clamp > 0:
        raise ValueError(f"clamp must be positive, got {clamp:g}")


def check_gain(gain: Tensor | None, x: Tensor, name: str) -> None:
    """Raise ValueError unless `gain` is None or one number for each channel of each image."""
    if gain is not None and gain.shape != x.shape[:2]:
        raise ValueError(
            f"{name} must have one value for each channel of each image, {list(x.shape[:2])}, "
            f"got {list(gain.shape)}"
        )


def check_filter(taps: Tensor | None, name: str) -> None:
    """Raise ValueError unless `taps` is None, [k] or [kh, kw] with at least one tap."""
    if taps is not None and (taps.ndim not in (1, 2) or taps.numel() == 0):
        raise ValueError(f"{name} must be [k] or [kh, kw] taps, got {list(taps.shape)}")


def filter_size(taps: Tensor | None) -> tuple[int, int]:
    """Return height and width of a filter in taps; 1 × 1 for None."""
    if taps is None:
        return 1, 1
    return taps.shape[0], taps.shape[-1]


def factors(value: int | Sequence[int], name: str) -> tuple[int, int]:
    """Return a resampling factor as (x, y), or raise ValueError."""
    pair = _whole_numbers(value, name)
    pair = pair * 2 if len(pair) == 1 else pair
    if len(pair) != 2 or min(pair) < 1:
        raise ValueError(f"{name} must be one or two positive whole numbers, got {value}")
    if max(pair) > LARGEST:
        raise ValueError(f"{name} must be at most {LARGEST}, got {value}")
    return pair[0], pair[1]


def paddings(value: int | Sequence[int]) -> tuple[int, int, int, int]:
    """Return padding as (left, right, top, bottom), or raise ValueError."""
    sides = _whole_numbers(value, "padding")
    if len(sides) == 1:
        sides = sides * 4
    elif len(sides) == 2:
        sides = [sides[0], sides[0], sides[1], sides[1]]
    if len(sides) != 4:
        raise ValueError(f"padding must be one, two or four whole numbers, got {value}")
    if max(map(abs, sides)) > LARGEST:
        raise ValueError(f"padding must lie within ±{LARGEST}, got {value}")
    left, right, top, bottom = sides
    return left, right, top, bottom


def _whole_numbers(value: int | Sequence[int], name: str) -> list[int]:
    try:
        return [index(v) for v in (value if isinstance(value, Sequence) else [value])]
    except TypeError:
        raise ValueError(f"{name} must be whole numbers, got {value}") from None
