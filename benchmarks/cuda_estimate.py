"""What the CUDA kernels have to do, and how long that takes at least: computed, not measured.

    python -m benchmarks.cuda_estimate

Counts multiply-adds, accesses to shared memory and bytes of the GPU's memory for every
filtered_lrelu of a network, batch 1. The time of a layer is that of the scarcest of the three at
full speed: a lower bound.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from benchmarks import report
from generator import NetworkConfig
from generator.layers import LayerInfo, plan_stylegan3
from ops.cuda import variants
from ops.cuda.variants import WORD

if TYPE_CHECKING:
    from generator.config import Kind


@dataclass(frozen=True)
class Gpu:
    """Rates of one GPU, from its data sheet and its number of multiprocessors."""

    name: str
    multiply_adds: float
    """Per second."""
    shared_words: float
    """32-bit words per second: 32 per clock and multiprocessor."""
    bytes: float
    """Of its memory, per second."""


GPUS = [
    Gpu("A100 (40 GB)", 9.75e12, 108 * 32 * 1.41e9, 1.555e12),
    Gpu("H100 (SXM)", 33.5e12, 132 * 32 * 1.98e9, 3.35e12),
]


@dataclass(frozen=True)
class Work:
    """The work of one launch."""

    multiply_adds: float = 0
    shared_words: float = 0
    bytes: float = 0

    def __add__(self, other: "Work") -> "Work":
        return Work(
            self.multiply_adds + other.multiply_adds,
            self.shared_words + other.shared_words,
            self.bytes + other.bytes,
        )

    def seconds(self, gpu: Gpu) -> float:
        """At least this long on that GPU."""
        return max(
            self.multiply_adds / gpu.multiply_adds,
            self.shared_words / gpu.shared_words,
            self.bytes / gpu.bytes,
        )


def filtered_lrelu(layer: LayerInfo, backward: bool, training: bool, sample_bytes: int) -> Work:
    """One layer's nonlinearity, batch 1."""
    up_taps, down_taps = 6 * layer.up, 6 * layer.down
    in_side = layer.in_size[0] + layer.kernel - 1
    sizes = [layer.up, layer.down, up_taps, down_taps, False, layer.radial]
    in_pixels, out_pixels = in_side**2, layer.size[0] * layer.size[1]
    masks = ((layer.size[0] - 1) * layer.down + down_taps) ** 2 / 4
    if backward:
        sizes = [layer.down, layer.up, down_taps, up_taps, layer.radial, False]
        in_pixels, out_pixels = out_pixels, in_pixels
    up, down, up_taps, down_taps, up_plane, down_plane = sizes
    variant = variants.filtered_lrelu(*sizes, "float32")
    assert variant is not None
    height, width = variant.tile
    reach = up_taps // up
    up_h, up_w = ((side - 1) * down + down_taps + up - 1 for side in (height, width))
    words_h, words_w = (-(-side // WORD) for side in (up_h, up_w))
    in_h, in_w = (words * (WORD // up) + reach - 1 for words in (words_h, words_w))
    window = WORD // up + reach - 1
    run = 8 if down <= 2 else 4
    taken = (run - 1) * down + down_taps
    columns = up_w * words_h
    adds, words = 0.0, float(in_h * in_w)
    if up_plane:
        adds += columns * WORD * reach * reach
        words += columns * (reach * (window + up * reach) + WORD)
    else:
        adds += (in_h * words_w + columns) * WORD * reach
        words += (in_h * words_w + columns) * (window + WORD)
    if down_plane:
        # Neighbouring threads read `down` apart: that many passes for one access.
        adds += height * width * down_taps**2
        words += height * width / 8 * down_taps * (down * (7 * down + down_taps) + down_taps)
    else:
        adds += (up_h * width + height * width) * down_taps
        words += (up_h + height) * width / run * (taken + down_taps) + up_h * width
    blocks = -(-int(out_pixels**0.5) // height) * -(-int(out_pixels**0.5) // width)
    moved = (in_pixels + out_pixels) * sample_bytes + (masks if training or backward else 0)
    return Work(
        adds * blocks * layer.channels, words * blocks * layer.channels, moved * layer.channels
    )


def measure(_options: report.Options) -> Iterator[report.Sheet]:
    """Count the work of networks of the paper, picture and training, in two precisions."""
    sheet = report.Sheet(
        "filtered_lrelu, batch 1: computed",
        ["network", "pass", "dtype"],
        {
            "G multiply-adds": "{:.1f}",
            "G shared words": "{:.1f}",
            "GB": "{:.2f}",
            **{f"{gpu.name} ms": "{:.2f}" for gpu in GPUS},
        },
    )
    networks: list[tuple[Kind, int, int]] = [
        ("stylegan3-t", 256, 16384),
        ("stylegan3-r", 256, 16384),
        ("stylegan3-t", 1024, 32768),
        ("stylegan3-r", 1024, 32768),
    ]
    for kind, resolution, base in networks:
        config = NetworkConfig(kind=kind, resolution=resolution, channel_base=base)
        plan = [layer for layer in plan_stylegan3(config) if layer.up > 1 and not layer.to_rgb]
        for name, backward, training in (
            ("picture", False, False),
            ("forward", False, True),
            ("backward", True, True),
        ):
            for sample_bytes, dtype in ((4, "float32"), (2, "float16")):
                work = [filtered_lrelu(p, backward, training, sample_bytes) for p in plan]
                total = sum(work, Work())
                sheet.add(
                    f"{kind[-1].upper()} {resolution}²",
                    name,
                    dtype,
                    total.multiply_adds / 1e9,
                    total.shared_words / 1e9,
                    total.bytes / 1e9,
                    *(1000 * sum(w.seconds(gpu) for w in work) for gpu in GPUS),
                )
    yield sheet


if __name__ == "__main__":
    report.run(measure, report.Options, __doc__)
