"""Draws thumbnails while the worker rests; whatever else is asked comes first."""

from __future__ import annotations

import logging
import time
from typing import TYPE_CHECKING

import torch
from torch import Tensor
from torch.nn import functional

from generator import to_uint8
from viz.protocol.request import IDENTITY
from viz.protocol.thumbnails import LARGEST_PX, Thumbnail, ThumbnailsRequest, ThumbnailsResult
from viz.render import devices
from viz.render.errors import one_line
from viz.render.feature_maps import shown_colours
from viz.render.layer_edits import layer_edits

if TYPE_CHECKING:
    from collections.abc import Callable

    import numpy as np
    from numpy.typing import NDArray

    from viz.render.networks import NetworkStore

log = logging.getLogger(__name__)

SHARE = 0.05
"""While pictures follow each other, thumbnails get so much of the time they take."""
QUIET_S = 0.1
"""After so long without a new picture thumbnails may take all the time there is."""
MOMENT_S = 0.04
"""Time after which the thumbnails drawn by then are sent."""
MOST_CREDIT_S = 0.5


class _StopError(Exception):
    """Something more urgent has come; the thumbnail is drawn again later."""


class ThumbnailDrawer:
    """Draws one request's thumbnails, in idle time and a small share of the rest.

    Args:
        networks: Those of the renderer.
        send: Told what has been drawn.
        interrupted: Says whether something more urgent has come; asked after each layer.
    """

    def __init__(
        self,
        networks: NetworkStore,
        send: Callable[[ThumbnailsResult], None],
        interrupted: Callable[[], bool] = lambda: False,
    ) -> None:
        self._networks = networks
        self._send = send
        self._interrupted = interrupted
        self._request: ThumbnailsRequest | None = None
        self._credit_s = 0.0
        self._quiet_from = 0.0
        self._step_s = 0.0

    @property
    def patience_s(self) -> float | None:
        """Return the seconds to wait for a message before the next `step`; None: for ever."""
        if self._request is None:
            return None
        return max(0.0, self._quiet_from - time.perf_counter())

    @property
    def insists(self) -> bool:
        """Return whether a step is due even though requests may be waiting."""
        return self._request is not None and self._credit_s > self._step_s

    def take(self, request: ThumbnailsRequest) -> None:
        """Begin a request in the place of any other."""
        self._request = request

    def picture_took(self, seconds: float) -> None:
        """Take note of an answered request for pictures, and how long it took."""
        self._credit_s = min(self._credit_s + SHARE * seconds, MOST_CREDIT_S)
        self._quiet_from = time.perf_counter() + QUIET_S

    def step(self) -> None:
        """Draw thumbnails for a moment and send them; a share of busy time is for one alone."""
        if self._request is None:
            return
        started, insisted = time.perf_counter(), self.insists
        devices.use_threads(self._request.threads)
        drawn: list[tuple[Thumbnail, NDArray[np.uint8]]] = []
        errors: list[tuple[Thumbnail, str]] = []
        for one in self._request.wanted:
            try:
                drawn.append((one, self._draw(one, stops=not insisted)))
            except _StopError:
                break
            except (ValueError, MemoryError) as error:
                errors.append((one, one_line(error)))
            except Exception as error:
                log.exception("a thumbnail of %s could not be drawn", one.source)
                errors.append((one, f"{type(error).__name__}: {one_line(error)}"))
            if insisted or time.perf_counter() - started > MOMENT_S or self._interrupted():
                break
        if drawn or errors:
            self._send(ThumbnailsResult(self._request, tuple(drawn), tuple(errors)))
            self._request = None
            self._step_s = (time.perf_counter() - started) / (len(drawn) + len(errors))
        if insisted:
            self._credit_s -= time.perf_counter() - started

    @torch.inference_mode()
    def _draw(self, wanted: Thumbnail, *, stops: bool) -> NDArray[np.uint8]:
        """Draw a thumbnail, [height, width, 3].

        Args:
            wanted: What it shows.
            stops: Whether it gives way to what is more urgent.
        """
        loaded = self._networks.get(wanted.source, devices.choose_device(wanted.device))
        net = loaded.net

        def tap(_name: str, _x: Tensor) -> None:
            if stops and self._interrupted():
                raise _StopError

        ws = loaded.latents.ws_at(
            wanted.latent, psi=wanted.psi, cutoff=wanted.cutoff, edits=wanted.edits
        )
        moved = wanted.transform != IDENTITY
        image: Tensor = net.synthesis(
            ws,
            transform=ws.new_tensor(wanted.transform).view(3, 3) if moved else None,
            noise=wanted.noise,
            taps=tap,
            edits=layer_edits(net, wanted.changes),
        )
        if image.shape[-1] > LARGEST_PX:
            size = (LARGEST_PX, LARGEST_PX)
            image = functional.interpolate(
                image.float(), size=size, mode="bilinear", antialias=True, align_corners=False
            )
        return shown_colours(to_uint8(image)[0].permute(1, 2, 0).cpu().numpy())
