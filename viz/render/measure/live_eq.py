"""EQ-T of the pictures on the stage, measured on the side: a few shots, mostly in idle time.

A shot is one translation by whole pixels, compared as in `generator.equivariance.metrics`, but of
the w that is shown, truncated and mixed as it is, with the layers changed as they are. The last few
shots are pooled; once they are all of the same picture there is nothing more to do. In float32,
with fixed noise, of the picture as trained, however much is drawn around it.
"""

from __future__ import annotations

import time
from collections import deque
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from generator.equivariance.comparison import Moves, compare, psnr_db
from generator.equivariance.metrics import LARGEST_SHIFT
from generator.transforms import identity
from viz.protocol.request import LayerChange, Request
from viz.protocol.result import LiveEq, NetworkResult, Result
from viz.render.devices import choose_device
from viz.render.layer_edits import Edits, layer_edits
from viz.render.networks import LARGE_PX, LoadedNetwork, NetworkStore, UnreadableNetworkError

if TYPE_CHECKING:
    from collections.abc import Callable

SHARE = 0.08
"""While pictures follow each other, shots get so much of the time they take."""
SHOTS = 4
QUIET_S = 0.15
"""After so long without a new picture shots may take all the time there is."""
SLOWEST_MS, SLOWEST_MOVING_MS = 1000.0, 300.0
"""Large networks that draw slower than this are not measured at all, and not while pictures move:
a step is as long as a picture, and the next picture has to wait for it."""
MOST_CREDIT_S = 1.0


@dataclass(slots=True)
class _Spot:
    """One network on the stage, and what is known about it."""

    source: str
    loaded: LoadedNetwork
    wanted: NDArray[np.float32]
    """The newest w, [num_ws, w_dim]."""
    changes: tuple[LayerChange, ...]
    """Changes to its layers."""
    slow: bool
    measured: NDArray[np.float32] | None = None
    """The w of the shot that has been begun."""
    edits: Edits = field(default_factory=dict)
    """Those of that shot."""
    plain: Tensor | None = None
    """Its picture, unmoved."""
    sums: deque[tuple[float, float]] = field(default_factory=lambda: deque(maxlen=SHOTS))
    """Squared error and count of values, of the last shots."""
    fresh: int = 0
    """Number of these shots that are of `wanted`."""
    shots: int = 0


class LiveEquivariance:
    """Measures the networks of the newest result in small steps, each about one picture's work.

    Args:
        networks: Those of the renderer.
        send: Told the figures.
    """

    def __init__(self, networks: NetworkStore, send: Callable[[LiveEq], None]) -> None:
        self._networks = networks
        self._send = send
        self._spots: dict[int, _Spot] = {}
        self._turn = 0
        self._credit_s = 0.0
        self._quiet_from = 0.0
        self._step_s = 0.0

    @property
    def patience_s(self) -> float | None:
        """Return the seconds to wait for a message before the next `step`; None: for ever."""
        if not self._waiting(moving=False):
            return None
        return max(0.0, self._quiet_from - time.perf_counter())

    @property
    def insists(self) -> bool:
        """Return whether a step is due even though requests may be waiting."""
        return self._credit_s > self._step_s and bool(self._waiting(moving=True))

    def drawn(self, result: Result, seconds: float) -> None:
        """Take note of the pictures that have just been drawn, in so many seconds."""
        self._credit_s = min(self._credit_s + SHARE * seconds, MOST_CREDIT_S)
        self._quiet_from = time.perf_counter() + QUIET_S
        spots: dict[int, _Spot] = {}
        for slot, network in enumerate(result.networks):
            spot = self._spot(slot, network, result.request)
            if spot is not None:
                spots[slot] = spot
        self._spots = spots

    @torch.inference_mode()
    def step(self) -> None:
        """Draw one picture of the network whose turn it is; tell the figure when a shot is done."""
        started, insisted = time.perf_counter(), self.insists
        waiting = self._waiting(moving=insisted)
        slot = min(waiting, key=lambda one: (one <= self._turn, one))
        spot = self._spots[slot]
        try:
            done = _step(spot)
        except (RuntimeError, MemoryError):
            del self._spots[slot]  # the picture itself will tell what is wrong
            return
        if done:
            self._turn = slot
            squared, values = (sum(column) for column in zip(*spot.sums, strict=True))
            self._send(LiveEq(slot, spot.source, psnr_db(squared, values), len(spot.sums)))
        self._step_s = time.perf_counter() - started
        if insisted:
            self._credit_s -= self._step_s

    def _waiting(self, *, moving: bool) -> list[int]:
        """The slots that have not been measured as they are."""
        return [
            slot
            for slot, spot in self._spots.items()
            if spot.fresh < SHOTS and not (moving and spot.slow)
        ]

    def _spot(self, slot: int, network: NetworkResult, request: Request) -> _Spot | None:
        if network.ws is None or network.summary is None or network.quality == "draft":
            return None
        # A small network is slow once at most, while everything is set up.
        if network.synthesis_ms > SLOWEST_MS and network.summary.resolution >= LARGE_PX:
            return None
        try:
            loaded = self._networks.get(network.source, choose_device(request.device))
        except (UnreadableNetworkError, ValueError):
            return None
        slow = network.synthesis_ms > SLOWEST_MOVING_MS
        changes = request.changes_of(slot)
        spot = self._spots.get(slot)
        if spot is None or spot.loaded is not loaded:
            return _Spot(network.source, loaded, network.ws, changes, slow)
        spot.slow = slow
        if spot.changes != changes or not np.array_equal(spot.wanted, network.ws):
            # Always a new array, by which a shot knows that it is of something earlier.
            spot.wanted, spot.changes, spot.fresh = network.ws, changes, 0
        return spot


def _step(spot: _Spot) -> bool:
    """Half a shot: the picture as it is, or moved; returns whether the shot is done."""
    net = spot.loaded.net
    if spot.plain is None:
        spot.measured, spot.edits = spot.wanted, layer_edits(net, spot.changes)
        spot.plain = net.synthesis(_batch(spot), transform=identity(), edits=spot.edits)
        return False
    random = np.random.default_rng((0, spot.shots))
    shift = random.uniform(-LARGEST_SHIFT, LARGEST_SHIFT, size=(1, 2))
    moves = Moves.of("translation", shift, net.resolution)
    compared = compare(net, _batch(spot), moves, plain=spot.plain, edits=spot.edits)
    squared, values = compared.sums()[:, 0].tolist()
    spot.sums.append((squared, values))
    spot.shots += 1
    if spot.measured is spot.wanted:
        spot.fresh += 1
    if spot.measured is not spot.wanted or spot.fresh == SHOTS:
        spot.plain = None
    return True


def _batch(spot: _Spot) -> Tensor:
    mean = spot.loaded.net.mapping.w_avg
    return torch.from_numpy(np.array(spot.measured)).to(mean.device)[None]
