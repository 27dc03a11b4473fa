"""The specialisations of the CUDA kernels: what each is compiled for, and its tile.

The constants repeat what the sources derive, so that a tile that fits can be chosen without
compiling; the tests compare them with the compiled objects.
"""

from dataclasses import dataclass
from functools import cache
from itertools import product

SHARED_LIMIT = 48 * 1024
"""Bytes of shared memory that a block may have on every GPU without asking."""
SHARED_FOR_TWO = 32 * 1024
"""Bytes with which two blocks fit into a multiprocessor of sm_75, the smallest of all."""
ALONE_PENALTY = 1.2
"""Estimated cost of a block that has no neighbour to compute while it waits."""
FILTER_THREADS = 256
POINTWISE_THREADS = 256
POINTWISE_PER_THREAD = 4

WORD = 16
"""Samples in one word of a mask: 2 bits each, down a column."""

PRECISIONS = ("float32", "float16", "bfloat16")
ACTIVATIONS = (
    "linear", "relu", "lrelu", "tanh", "sigmoid", "elu", "selu", "softplus", "swish",
)  # fmt: skip


@dataclass(frozen=True)
class Variant:
    """One kernel, compiled for fixed sizes."""

    kernel: str
    """Name of the source file and of the function in it."""
    defines: tuple[tuple[str, int], ...]
    """Preprocessor constants."""
    tile: tuple[int, int] = (1, 1)
    """Output pixels of one block (height, width)."""

    def __str__(self) -> str:
        shown = [f"{name.lower()}={value}" for name, value in self.defines if name != "THREADS"]
        return f"{self.kernel} {' '.join(shown)}"

    @property
    def threads(self) -> int:
        """Threads of one block."""
        return dict(self.defines)["THREADS"]


@cache
def filtered_lrelu(
    up: int,
    down: int,
    up_taps: int,
    down_taps: int,
    up_plane: bool,
    down_plane: bool,
    precision: str,
) -> Variant | None:
    """Return the variant for these filters; None if no tile fits.

    Args:
        up: Upsampling factor; must divide 16.
        down: Downsampling factor.
        up_taps: Taps of the filter along one axis, 1 for no filter.
        down_taps: The same for the way down.
        up_plane: The filter is not separable.
        down_plane: The same for the way down.
        precision: One of PRECISIONS.
    """
    if WORD % up:
        return None
    best: tuple[float, tuple[int, int]] | None = None
    for height, width in product(range(8, 65, 8), repeat=2):
        if height * down % WORD or width * down % up:
            continue
        shared, samples = _filtered_lrelu_cost(
            up, down, up_taps, down_taps, up_plane, down_plane, height, width
        )
        cost = samples / (height * width) * (ALONE_PENALTY if shared > SHARED_FOR_TWO else 1)
        if shared <= SHARED_LIMIT and (best is None or cost < best[0]):
            best = cost, (height, width)
    if best is None:
        return None
    height, width = best[1]
    defines = {
        "UP": up, "DOWN": down, "UP_TAPS": up_taps, "DOWN_TAPS": down_taps,
        "UP_PLANE": int(up_plane), "DOWN_PLANE": int(down_plane),
        "TILE_H": height, "TILE_W": width,
        "PRECISION": PRECISIONS.index(precision), "THREADS": FILTER_THREADS,
    }  # fmt: skip
    return Variant("filtered_lrelu", tuple(defines.items()), (height, width))


def _filtered_lrelu_cost(
    up: int,
    down: int,
    up_taps: int,
    down_taps: int,
    up_plane: bool,
    down_plane: bool,
    height: int,
    width: int,
) -> tuple[int, int]:
    """Bytes of shared memory, and upsampled samples per block."""
    reach = -(-up_taps // up)
    up_h, up_w = ((size - 1) * down + down_taps + up - 1 for size in (height, width))
    in_h, in_w = (-(-size // WORD) * (WORD // up) + reach - 1 for size in (up_h, up_w))
    input_tile, upsampled = in_h * (in_w | 1), up_h * (up_w | 1)
    first = max(0 if up_plane else input_tile, upsampled)
    second = max(
        input_tile if up_plane else in_h * (up_w | 1), 0 if down_plane else up_h * (width | 1)
    )
    up_table = (up * reach) ** 2 if up_plane else 2 * up * reach
    down_table = down_taps**2 if down_plane else 2 * down_taps
    return 4 * (first + second + up_table + down_table), up_h * up_w


@cache
def upfirdn2d(up: int, down: int, taps: int, plane: bool, precision: str) -> Variant | None:
    """Return the variant for this filter; None if no tile fits."""
    reach = -(-taps // up)
    # The smallest tile edge that keeps the upsampling phase the same in every tile.
    for edge in (32, 16, 8):
        side = -(-edge // up) * up
        size = ((side - 1) * down + up - 1) // up + reach
        table = (up * reach) ** 2 if plane else 2 * up * reach
        shared = 4 * (size * (size | 1) + (0 if plane else size * (side | 1)) + table)
        if shared <= SHARED_LIMIT:
            defines = {
                "UP": up, "DOWN": down, "TAPS": taps, "PLANE": int(plane),
                "TILE_H": side, "TILE_W": side,
                "PRECISION": PRECISIONS.index(precision), "THREADS": FILTER_THREADS,
            }  # fmt: skip
            return Variant("upfirdn2d", tuple(defines.items()), (side, side))
    return None


@cache
def bias_act(activation: str, gradient: bool, precision: str) -> Variant:
    """Return the variant for this activation, or for its derivative."""
    defines = {
        "ACTIVATION": ACTIVATIONS.index(activation), "GRADIENT": int(gradient),
        "PRECISION": PRECISIONS.index(precision), "THREADS": POINTWISE_THREADS,
    }  # fmt: skip
    return Variant("bias_act", tuple(defines.items()))


def for_networks(precision: str) -> list[Variant]:
    """Return the variants that all StyleGAN2 and StyleGAN3 need, forwards and backwards."""
    # Sampling rates stay or double from layer to layer, and are doubled within: (up, down).
    layers = [(up, 2, 6 * up, 12, False, radial) for up, radial in product((2, 4), (False, True))]
    backwards = [
        (down, up, down_taps, up_taps, radial, plane)
        for up, down, up_taps, down_taps, plane, radial in layers
    ]
    found = [filtered_lrelu(*sizes, precision) for sizes in dict.fromkeys(layers + backwards)]
    found += [
        upfirdn2d(up, down, 4, plane, precision)
        for up, down in ((1, 1), (2, 1), (1, 2))
        for plane in (False, True)
    ]
    found += [
        bias_act(activation, gradient, precision)
        for activation, gradient in product(("linear", "lrelu"), (False, True))
    ]
    return [variant for variant in found if variant is not None]
