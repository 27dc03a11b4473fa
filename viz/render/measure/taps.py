"""Measurements on the signals inside one network while it is drawn."""

from __future__ import annotations

import time
from dataclasses import replace
from typing import TYPE_CHECKING

from viz.render.measure.spectra import (
    SignalTap,
    counterpart,
    picture_spectrum,
    signal_spectrum,
)
from viz.render.networks import LoadedNetwork, NetworkStore, UnreadableNetworkError

if TYPE_CHECKING:
    from collections.abc import Mapping

    import torch
    from torch import Tensor

    from generator import LayerEdit
    from viz.protocol.request import Request
    from viz.protocol.result import LayerRow, NetworkResult


def chosen_row(request: Request, networks: NetworkStore, device: torch.device) -> LayerRow | None:
    """The layer whose spectrum is asked for; None: the picture, or there is no such layer."""
    wanted = request.spectrum
    if wanted is None or wanted.slot is None or wanted.slot >= len(request.networks):
        return None
    try:
        rows = networks.get(request.networks[wanted.slot], device).summary.layers
    except UnreadableNetworkError:
        return None
    return next((row for row in rows if row.name == wanted.layer), None)


class Instruments:
    """Spectrum and filters of one network, as far as they are asked for.

    Args:
        request: What is asked for.
        slot: Which of its networks this is.
        loaded: The network.
        chosen: The layer whose spectrum is asked for, possibly of another network.

    Raises:
        ValueError: this network is asked for a layer it does not have.
    """

    def __init__(
        self, request: Request, slot: int, loaded: LoadedNetwork, chosen: LayerRow | None
    ) -> None:
        self._loaded = loaded
        self._noise = request.noise
        self._filters = request.filters
        if request.filters is not None and request.filters.slot != slot:
            self._filters = None
        self._spectrum = request.spectrum
        self._row: LayerRow | None = None
        rows = loaded.summary.layers
        if self._spectrum is not None and self._spectrum.slot is not None:
            own = self._spectrum.slot == slot
            if own and chosen not in rows:
                kind, layer = loaded.summary.kind, self._spectrum.layer
                raise ValueError(f"{kind} has no layer {layer!r}; choose one of its own")
            self._row = chosen if own or chosen is None else counterpart(chosen, rows)
            if chosen is None:
                self._spectrum = None
        self._signal: SignalTap | None = None
        self.spent_s = 0.0
        """Time in `tap`, which is none of the drawing's."""

    @property
    def takes_figures(self) -> bool:
        """True if signals are measured: the network must then be drawn in float32."""
        return self._spectrum is not None

    @property
    def taps(self) -> bool:
        """True if the layers must be shown to `tap`."""
        return self._row is not None

    def begin(self, ws: Tensor, edits: Mapping[str, LayerEdit]) -> None:
        """The network is about to be drawn from these [1, num_ws, w_dim], with these edits."""
        net, row = self._loaded.net, self._row
        if row is not None and self._spectrum is not None:
            self._signal = SignalTap(net, ws, self._spectrum, row, noise=self._noise, edits=edits)

    def tap(self, name: str, x: Tensor) -> None:
        """Take a layer's output."""
        started = time.perf_counter()
        if self._signal is not None:
            self._signal(name, x)
        self.spent_s += time.perf_counter() - started

    def add_to(self, drawn: NetworkResult, image: Tensor) -> NetworkResult:
        """The result with what was measured; `image` is the picture, [1, 3, H, W]."""
        spectrum = None
        if self._spectrum is not None and self._signal is not None and self._row is not None:
            spectrum = signal_spectrum(self._signal.signal, self._spectrum, self._row)
        elif self._spectrum is not None:
            rate = float(self._loaded.net.resolution)
            spectrum = picture_spectrum(image, self._spectrum, rate)
        return replace(
            drawn,
            spectrum=spectrum,
            filters=self._loaded.filters(self._filters.layer)
            if self._filters is not None
            else None,
        )
