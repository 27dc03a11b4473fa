"""Which arithmetic draws a network fastest, learnt from the pictures that are drawn anyway."""

from __future__ import annotations

import statistics
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from viz.protocol.request import Precision

SAMPLES = 3
"""Pictures timed in each precision, in turn. Their medians are compared: the first also pays for
setting up, and a single quick one may have had an idle machine to itself."""
WORTHWHILE = 0.9
"""bfloat16 is chosen where it takes at most this share of the time."""


class FastPrecision:
    """Chooses between float32 and bfloat16 for one network on one device.

    The first few pictures are drawn in both in turn; after that the faster one is used.
    """

    def __init__(self) -> None:
        self._times: dict[Precision, list[float]] = {"fp32": [], "bf16": []}

    def choose(self) -> Precision:
        """The precision for the next picture that is to be fast."""
        full, half = self._times["fp32"], self._times["bf16"]
        if min(len(full), len(half)) < SAMPLES:
            return "bf16" if len(half) < len(full) else "fp32"
        faster = statistics.median(half) <= WORTHWHILE * statistics.median(full)
        return "bf16" if faster else "fp32"

    def took(self, precision: Precision, seconds: float) -> None:
        """Learn from a picture that `choose` had a say in."""
        times = self._times[precision]
        if len(times) < SAMPLES:
            times.append(seconds)


Asked = Literal["fp32", "bf16", "fast"]


def resolve(asked: Asked, fast: FastPrecision, *, measured: bool) -> Precision:
    """The precision a picture is drawn in.

    Args:
        asked: As the request says.
        fast: What is known about the network's speed.
        measured: Whether figures are taken on its signals: they are always of float32.
    """
    if measured:
        return "fp32"
    return fast.choose() if asked == "fast" else asked
