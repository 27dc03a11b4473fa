"""Drafts of the networks on the stage: when they are worth it, how far they go, and their fits."""

from __future__ import annotations

import time
from collections import deque
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import torch
from torch import Tensor

from generator.drafts.fit import Samples, ThinFit
from generator.drafts.thin import ThinNetwork
from viz.render.fastest_precision import FastPrecision

if TYPE_CHECKING:
    from generator import Generator
    from viz.protocol.request import Precision
    from viz.render.layer_edits import Edits

SLOW_S = 0.09
"""Networks that draw a picture in less time need no drafts."""
LEAST_PX = 128
"""Smaller networks draw no drafts; larger ones count as slow until they have been timed."""
BUDGETS_S = ((256, 0.035), (512, 0.06), (1 << 30, 0.12))
"""Time for a draft, for resolutions up to the first number."""
LATE = 1.3
"""Drafts that take so many times their budget end earlier from then on: the machine is busy."""
FIRST_RUNG = 2
"""Index of the first layer after which a draft may end."""
QUIET_S = 0.25
"""So long after the last picture, as the hand rests, a thin network is fitted anew; a first one is
fitted at once."""


@dataclass(slots=True)
class NetworkDrafts:
    """The thin copy of one network, and what is known of the speed of both."""

    thin: ThinNetwork | None = None
    """Fitted around the last full picture; None before the first."""
    picture_s: float | None = None
    """Time of the last full picture; None before the first."""
    fast: FastPrecision = field(default_factory=FastPrecision)
    layer_times: list[float] = field(default_factory=list)
    """Time from the start of a draft to the end of each layer, as far as drafts have come."""
    until: int | None = None
    """Layer after which drafts end, never later while a hand moves; None: to be chosen."""

    def is_slow(self, net: Generator) -> bool:
        """Return whether the network draws so slowly that drafts are worth it."""
        if net.kind == "stylegan2" or len(net.synthesis.layers) < FIRST_RUNG + 4:
            return False
        return net.resolution >= LEAST_PX and (self.picture_s is None or self.picture_s > SLOW_S)

    def end(self, resolution: int, share: float) -> int:
        """Choose the layer after which a draft ends.

        Args:
            resolution: Of the network.
            share: Part of the time that is for this network.
        """
        if self.thin is None:
            raise AssertionError("there is no thin network yet")
        last = len(self.thin.reaches) - 1
        if not self.layer_times:  # the first goes all the way, and tells the times
            return last
        budget = share * next(budget for side, budget in BUDGETS_S if resolution <= side)
        is_late = self.until is not None and self.layer_times[self.until] > LATE * budget
        if self.until is None or self.until > last or is_late:
            fitting = [index for index, took in enumerate(self.layer_times) if took <= budget]
            fitting = [index for index in fitting if self.until is None or index < self.until]
            self.until = max([FIRST_RUNG, *fitting])
        return self.until

    def _learn(self, times: list[float]) -> None:
        """Follow the times of the layers; those beyond the end of a draft change alike."""
        known = self.layer_times
        if not known:
            self.layer_times = list(times)
            return
        change = 1 + 0.3 * (times[-1] / max(known[len(times) - 1], 1e-9) - 1)
        for index, took in enumerate(times):
            known[index] += 0.3 * (took - known[index])
        for index in range(len(times), len(known)):
            known[index] *= change

    @torch.inference_mode()
    def draw(
        self,
        net: Generator,
        ws: Tensor,
        transform: Tensor | None,
        edits: Edits,
        *,
        share: float = 1.0,
        entered: tuple[int, Tensor] | None = None,
    ) -> tuple[Tensor, Precision]:
        """Draw a draft, [1, colours, resolution, resolution]; returns its precision too."""
        if self.thin is None:
            raise AssertionError("there is no thin network yet")
        started = time.perf_counter()
        times: list[float] = []

        def tap(_index: int) -> None:
            times.append(time.perf_counter() - started)

        precision = self.fast.choose()
        if entered is not None:
            last = len(self.thin.reaches) - 1
            image = self.thin.draw(ws, last, transform=transform, edits=edits, entered=entered)
            return image, "fp32"
        image = self.thin.draw(
            ws,
            self.end(net.resolution, share),
            transform=transform,
            precision=precision,
            edits=edits,
            tap=tap,
        )
        self.fast.took(precision, times[FIRST_RUNG])
        self._learn(times)
        return image, precision


class DraftFits:
    """Fits thin networks to the newest full pictures, a layer at a time."""

    def __init__(self) -> None:
        self._waiting: deque[tuple[NetworkDrafts, ThinFit]] = deque()
        self._quiet_from = 0.0

    @property
    def patience_s(self) -> float | None:
        """Return the seconds to wait for a message before the next `step`; None: for ever."""
        if not self._waiting:
            return None
        if self._waiting[0][0].thin is None:
            return 0.0
        return max(0.0, self._quiet_from - time.perf_counter())

    @property
    def insists(self) -> bool:
        """Return whether a step is due even though requests may be waiting.

        It is while drafts cannot be had at all: every request would be a full picture again.
        """
        return bool(self._waiting) and self._waiting[0][0].thin is None

    def add(self, drafts: NetworkDrafts, fit: ThinFit) -> None:
        """Fit a thin network in the place of an older one."""
        self._waiting = deque(one for one in self._waiting if one[0] is not drafts)
        self._waiting.append((drafts, fit))
        self._quiet_from = time.perf_counter() + QUIET_S

    def picture_took(self) -> None:
        """Take note of an answered request for pictures: the hand may be at work."""
        self._quiet_from = time.perf_counter() + QUIET_S

    def step(self) -> None:
        """Fit one layer."""
        drafts, fit = self._waiting[0]
        try:
            thin = fit.step()
        except (RuntimeError, MemoryError):
            self._waiting.popleft()  # the picture itself will tell what is wrong
            return
        if thin is not None:
            self._waiting.popleft()
            drafts.thin = thin


@torch.inference_mode()
def first_thin(net: Generator, ws: Tensor, transform: Tensor | None, edits: Edits) -> ThinNetwork:
    """Fit a thin network to the middle of a picture, before the whole one is drawn."""
    step = 2 * net.synthesis.canvas_step
    side = max(step, net.resolution // 4 // step * step)
    samples = Samples(net)
    middle = net.synthesis(ws, transform=transform, canvas=(side, side), edits=edits, taps=samples)
    return ThinFit(net, samples, middle, ws, transform=transform, edits=edits).whole()
