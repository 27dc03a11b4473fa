"""What a faster algorithm gains on this machine, measured once and kept in the user's cache.

Winograd's convolution needs a quarter of the products, but adds transforms and reads four times
the weights. What remains depends on the processor, its caches and the number of threads. So each
kind of convolution is timed in both ways where it is first met, on images made for it.
"""

import hashlib
import json
import math
import os
import tempfile
import time
from functools import cached_property, partial
from pathlib import Path

import torch
import torch.nn.functional as F
from torch import Tensor

from ops.cache import private_folder
from ops.convolution import ConvolutionKernels, Shape, direct_weight_gradient
from ops.cpu import build

TILE = 4
MAX_TILES = 256
"""Images with more tiles are taken to gain as much as with so many."""
ROUNDS = 5
"""Times that both are timed, in turn, at least. The shortest counts: other programs only add."""
SECONDS = 0.02
"""Small convolutions are timed more often, for so long: others may hold a core for longer than one
takes."""
WORTHWHILE = 1.1
"""Gain from which on the faster algorithm is used: it costs memory, and some accuracy."""


class Gains:
    """How many times as fast as PyTorch's convolution another one is, by shape."""

    def __init__(self, kernels: ConvolutionKernels) -> None:
        self._kernels = kernels
        self._decided: dict[tuple[Shape, int], float] = {}

    def of(self, shape: Shape) -> float:
        """Return the gain, divided by what is worthwhile: above 1 the other way is better."""
        threads = torch.get_num_threads()
        key = shape, threads
        if key not in self._decided:
            self._decided[key] = self._estimate(shape, threads)
        return self._decided[key]

    def _estimate(self, shape: Shape, threads: int) -> float:
        rows, columns = -(-shape.out_height // TILE), -(-shape.out_width // TILE)
        tiles = shape.images * rows * columns
        if tiles == 0:
            return 0.0
        # Tiles that reach over the rim compute what nobody needs.
        used = shape.images * shape.out_height * shape.out_width / (tiles * TILE**2)
        size = 1 << min(tiles, MAX_TILES).bit_length() - 1
        kind = "gradient" if shape.weight_gradient else "convolution"
        name = f"{kind} {shape.in_channels} {shape.out_channels} {size} {threads}"
        if name not in self._measured:
            self._measured[name] = self._measure(shape, size)
            self._keep()
        return self._measured[name] * used / WORTHWHILE

    @torch.no_grad()
    def _measure(self, shape: Shape, tiles: int) -> float:
        """Return the gain for one image of so many tiles, a power of two."""
        rows = 1 << (tiles.bit_length() - 1) // 2
        height, width = TILE * rows, TILE * (tiles // rows)
        last = torch.channels_last
        x = torch.ones(1, shape.in_channels, height, width).contiguous(memory_format=last)
        weight = torch.ones(shape.out_channels, shape.in_channels, 3, 3)
        weight = weight.contiguous(memory_format=last)
        ways: tuple[partial[Tensor], partial[Tensor]]
        if shape.weight_gradient:
            dy = torch.ones(1, shape.out_channels, height, width).contiguous(memory_format=last)
            ways = (
                partial(direct_weight_gradient, x, dy, weight, 1),
                partial(self._kernels.weight_gradient, x, dy, 1),
            )
        else:
            ways = (
                partial(F.conv2d, x, weight, padding=1),
                partial(self._kernels.convolve, x, weight, 1, keep=True),
            )
        shortest = [math.inf, math.inf]
        started, rounds = time.perf_counter(), 0
        while rounds <= ROUNDS or time.perf_counter() - started < SECONDS:
            rounds += 1
            for i, call in enumerate(ways):
                begun = time.perf_counter()
                call()
                shortest[i] = min(shortest[i], time.perf_counter() - begun)
        return round(shortest[0] / shortest[1], 2)

    @cached_property
    def _measured(self) -> dict[str, float]:
        """What was measured, here or by other processes before."""
        try:
            kept = json.loads(_file().read_text())
            return {str(name): float(gain) for name, gain in kept.items()}
        except (OSError, ValueError, AttributeError, TypeError):
            return {}

    def _keep(self) -> None:
        """Save what was measured; without a cache it is measured anew by the next process."""
        try:
            path = _file()
            known = {**Gains(self._kernels)._measured, **self._measured}
            with tempfile.NamedTemporaryFile(
                "w", dir=path.parent, suffix=".part", delete=False
            ) as file:
                json.dump(known, file, indent=1, sort_keys=True)
            os.replace(file.name, path)
        except OSError:
            pass


def _file() -> Path:
    """Return where measurements of this processor, these kernels and this PyTorch are kept."""
    parts = [build.cpu_features(), build.sources(), torch.__version__]
    digest = hashlib.sha256("\0".join(parts).encode()).hexdigest()[:16]
    return private_folder("kernels") / f"gains-{digest}.json"
