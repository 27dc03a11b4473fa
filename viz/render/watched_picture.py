"""A slow picture that somebody waits for: shown as far as it is, or given up for a draft."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from torch import Tensor

from generator import to_uint8
from generator.drafts.fit import Samples, ThinFit
from viz.protocol.request import IDENTITY, Request
from viz.protocol.result import NetworkResult, Preview
from viz.render import feature_maps
from viz.render.drafts import first_thin
from viz.render.errors import InterruptedDrawingError
from viz.render.layer_edits import Edits
from viz.render.networks import LoadedNetwork

if TYPE_CHECKING:
    from viz.render.drafts import DraftFits

PREVIEW_SHARE = 0.2
"""Part of the time of a picture that goes into showing how far it is."""
FIRST_PREVIEW_S = 0.25
"""A picture that has been drawn for so long is shown as far as it is."""
FIRST_DRAFT_PX = 512
"""Resolution from which a first picture is so slow that a draft is fitted to its middle first."""


def _keep_quiet(_: Preview) -> None:
    """Show nothing."""


@dataclass(slots=True)
class Watcher:
    """Whoever waits for pictures on the stage.

    Without one a network is drawn straight away, and no drafts are made of it.
    """

    preview: Callable[[Preview], None] = _keep_quiet
    """Told how far a picture is."""
    is_interrupted: Callable[[], bool] = lambda: False
    """Says whether drafts are wanted instead of the picture that is drawn."""


@dataclass(slots=True)
class WatchedPicture:
    """One picture of a network that draws slowly."""

    request: Request
    slot: int
    loaded: LoadedNetwork
    ws: Tensor
    """[1, num_ws, w_dim]."""
    transform: tuple[float, ...]
    edits: Edits
    basis: NetworkResult
    """All of the result that is known before anything is drawn."""
    watcher: Watcher
    previews_s: float = 0.0
    """Time that went into showing how far the picture is."""
    _samples: Samples = field(init=False)
    _names: list[str] = field(init=False)
    _shown_at: float = 0.0
    _last_preview_s: float = 0.0

    def __post_init__(self) -> None:
        self._samples = Samples(self.loaded.net)
        self._names = [layer.name for layer in self.loaded.net.synthesis.layers[1:-1]]

    @property
    def is_drafted(self) -> bool:
        """Return whether a draft is what is asked for, and can be had."""
        return self.request.draft and self.loaded.drafts.thin is not None

    @property
    def _matrix(self) -> Tensor | None:
        moved = self.transform != IDENTITY
        return self.ws.new_tensor(self.transform).view(3, 3) if moved else None

    def draft(self, entered: tuple[int, Tensor] | None = None) -> NetworkResult:
        """Draw a draft.

        Args:
            entered: A layer that the network itself has drawn, to go on from, and its output.
        """
        started = time.perf_counter()
        image, precision = self.loaded.drafts.draw(
            self.loaded.net,
            self.ws,
            self._matrix,
            self.edits,
            share=1 / len(self.request.networks),
            entered=entered,
        )
        return replace(
            self.basis,
            picture=feature_maps.rgba(to_uint8(image), opacity=self.request.opacity),
            synthesis_ms=1e3 * (time.perf_counter() - started),
            precision=precision,
            quality="draft",
        )

    def begin(self) -> None:
        """Show a draft before the picture is drawn."""
        net, drafts = self.loaded.net, self.loaded.drafts
        started = time.perf_counter()
        drafts.until = None
        if drafts.thin is None and net.resolution >= FIRST_DRAFT_PX:
            drafts.thin = first_thin(net, self.ws, self._matrix, self.edits)
        if drafts.thin is not None:
            self._show(None)
        self._shown_at = time.perf_counter()
        self.previews_s = self._shown_at - started

    def follow(self, name: str, x: Tensor) -> None:
        """Take note of a layer's output; show how far the picture is now and then.

        Raises:
            InterruptedDrawingError: a draft is wanted instead, and can be had.
        """
        self._samples(name, x)
        if self.loaded.drafts.thin is None:
            return
        if self.watcher.is_interrupted():
            raise InterruptedDrawingError
        if name not in self._names[:-1]:
            return
        patience = max(FIRST_PREVIEW_S, self._last_preview_s / PREVIEW_SHARE)
        if time.perf_counter() - self._shown_at > patience:
            self.previews_s += self._show((self._names.index(name), x))

    def finish(self, image: Tensor, seconds: float, fits: DraftFits) -> None:
        """Have the thin network fitted to the picture, which took so many seconds to draw."""
        net, drafts = self.loaded.net, self.loaded.drafts
        drafts.picture_s = seconds
        if not drafts.is_slow(net):
            return
        parts = drafts.thin.parts if drafts.thin is not None else None
        moved, edits = self._matrix, self.edits
        fit = ThinFit(net, self._samples, image, self.ws, transform=moved, edits=edits, parts=parts)
        fits.add(drafts, fit)

    def _show(self, entered: tuple[int, Tensor] | None) -> float:
        """Show a draft, and return the seconds that it took."""
        started = time.perf_counter()
        self.watcher.preview(Preview(self.request, self.slot, self.draft(entered)))
        self._shown_at = time.perf_counter()
        self._last_preview_s = self._shown_at - started
        return self._last_preview_s
