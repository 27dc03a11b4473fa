"""Previews of the signals."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from PIL import Image

from gui_utils.colormaps import colourise
from gui_utils.texture import Texture
from viz.protocol import lab_signals

if TYPE_CHECKING:
    from collections.abc import Hashable

    from numpy.typing import NDArray

    from viz.panels.common.context import PanelContext
    from viz.protocol.lab import SignalKind

SIDE = 52
"""Side of a preview in pixels; analytic signals have half as many samples."""


class Previews:
    """Textures of the previews; those of channel and picture follow their source."""

    def __init__(self) -> None:
        self._textures: dict[SignalKind, tuple[Hashable, Texture]] = {}

    def of(self, kind: SignalKind, ctx: PanelContext) -> Texture | None:
        """Return the preview of a signal; None while there is none."""
        result = ctx.model.result_of(ctx.model.layer_slot)
        values: NDArray[np.floating] | None = None
        match kind:
            case "channel":
                maps = result.maps if result is not None else None
                if maps is not None:
                    return self._shown(kind, id(maps.maps), _scaled(maps.maps[0]))
            case "picture":
                picture = result.picture if result is not None else None
                if picture is not None:
                    grey = np.asarray(Image.fromarray(picture).convert("L"), np.float32)
                    return self._shown(kind, id(picture), grey / 127.5 - 1)
            case "impulse":
                values = lab_signals.band_limited(lab_signals.impulse(SIDE // 2), 0.25)
                values = values / values.max()
            case "zone plate":
                values = lab_signals.zone_plate(SIDE, 0.2)
            case "sine":
                values = lab_signals.sine(SIDE, 0.08, 0.5)
            case "noise":
                values = lab_signals.noise(SIDE // 2, 0) / 2
        if values is not None:
            return self._shown(kind, 0, values)
        return self._textures[kind][1] if kind in self._textures else None

    def free(self) -> None:
        """Free the textures."""
        for _key, texture in self._textures.values():
            texture.free()
        self._textures = {}

    def _shown(self, kind: SignalKind, key: Hashable, values: NDArray[np.floating]) -> Texture:
        before = self._textures.get(kind)
        if before is not None and before[0] == key:
            return before[1]
        texture = before[1] if before is not None else Texture()
        grey = Image.fromarray(colourise(values, -1.0, 1.0, "grey"))
        texture.update(np.asarray(grey.resize((2 * SIDE, 2 * SIDE), Image.Resampling.BOX)))
        self._textures[kind] = (key, texture)
        return texture


def _scaled(channel: NDArray[np.float32]) -> NDArray[np.float32]:
    largest = float(np.abs(channel).max()) or 1.0
    return channel / largest
