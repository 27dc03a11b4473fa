"""Draws thumbnails while the worker rests; whatever else is asked comes first."""

from __future__ import annotations

import logging
import time
from typing import TYPE_CHECKING

import torch
from torch import Tensor
from torch.nn import functional

from generator import to_uint8
from ops.spectra import middle_square
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
QUIET_S, LONGEST_QUIET_S = 0.1, 2.0
"""Least and most time without a new picture after which thumbnails may take all the time there is:
as long as one of them takes."""
FELT_S = 0.05
"""Thumbnails that take longer are drawn at rest only: a picture that waits for one comes late."""
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
        self._drawn_at = 0.0
        """Time at which the last picture was answered."""
        self._picture_s = 0.0
        """Time that the last full one took."""
        self._costs_s: dict[str, float] = {}
        """Time that the last thumbnail of each network took."""

    @property
    def patience_s(self) -> float | None:
        """Return the seconds to wait for a message before the next `step`; None: for ever."""
        if self._request is None:
            return None
        quiet_s = min(max(QUIET_S, self._cost_s), LONGEST_QUIET_S)
        return max(0.0, self._drawn_at + quiet_s - time.perf_counter())

    @property
    def insists(self) -> bool:
        """Return whether a step is due even though requests may be waiting."""
        return self._request is not None and self._cost_s < min(self._credit_s, FELT_S)

    @property
    def _cost_s(self) -> float:
        """Return the time that the next thumbnail is expected to take."""
        if self._request is None or not self._request.wanted:
            return 0.0
        return self._costs_s.get(self._request.wanted[0].source, self._picture_s)

    def take(self, request: ThumbnailsRequest) -> None:
        """Begin a request in the place of any other."""
        self._request = request

    def picture_took(self, seconds: float, *, is_draft: bool = False) -> None:
        """Take note of an answered request for pictures, and how long it took."""
        self._credit_s = min(self._credit_s + SHARE * seconds, MOST_CREDIT_S)
        self._drawn_at = time.perf_counter()
        if not is_draft:  # thumbnails are no drafts
            self._picture_s = seconds

    def step(self) -> None:
        """Draw thumbnails for a moment and send them; a share of busy time is for one alone.

        What gives way to something more urgent is handed back undrawn: by the time the hand rests
        again, other thumbnails may be wanted.
        """
        if self._request is None:
            return
        started, insisted = time.perf_counter(), self.insists
        devices.use_threads(self._request.threads)
        drawn: list[tuple[Thumbnail, NDArray[np.uint8]]] = []
        errors: list[tuple[Thumbnail, str]] = []
        for one in self._request.wanted:
            begun = time.perf_counter()
            try:
                drawn.append((one, self._draw(one, stops=not insisted)))
                self._costs_s[one.source] = time.perf_counter() - begun
            except _StopError:
                break
            except (ValueError, MemoryError) as error:
                errors.append((one, one_line(error)))
            except Exception as error:
                log.exception("a thumbnail of %s could not be drawn", one.source)
                errors.append((one, f"{type(error).__name__}: {one_line(error)}"))
            if insisted or time.perf_counter() - started > MOMENT_S or self._interrupted():
                break
        self._send(ThumbnailsResult(self._request, tuple(drawn), tuple(errors)))
        self._request = None
        if insisted:
            self._credit_s -= time.perf_counter() - started

    @torch.inference_mode()
    def _draw(self, wanted: Thumbnail, *, stops: bool) -> NDArray[np.uint8]:
        """Draw a thumbnail, the middle square of the picture, [side, side, 3].

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
        image = net.synthesis(
            ws,
            transform=ws.new_tensor(wanted.transform).view(3, 3) if moved else None,
            noise=wanted.noise,
            taps=tap,
            edits=layer_edits(net, wanted.changes),
        )
        image = middle_square(image)
        if image.shape[-1] > LARGEST_PX:
            size = (LARGEST_PX, LARGEST_PX)
            image = functional.interpolate(
                image.float(), size=size, mode="bilinear", antialias=True, align_corners=False
            )
        return shown_colours(to_uint8(image)[0].permute(1, 2, 0).cpu().numpy())
