"""The pictures on the stage as they are to be shown, and their textures."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from gui_utils.colormaps import colourise
from gui_utils.resample import for_display
from gui_utils.texture import Texture
from viz.model.comparison import FROZEN, Cell, untransformed
from viz.protocol.differences import difference_db
from viz.protocol.request import IDENTITY
from viz.state.inputs import MAX_NETWORKS

if TYPE_CHECKING:
    from viz.panels.common.context import PanelContext
    from viz.protocol.result import NetworkResult
    from viz.state.app_state import ViewState

Picture = NDArray[np.uint8]


class Pictures:
    """Keeps the newest picture of every network, made ready once for each change."""

    def __init__(self) -> None:
        self._shown: list[NetworkResult | None] = [None] * MAX_NETWORKS
        self._undone: dict[int, tuple[NetworkResult, Picture]] = {}
        self._frozen: dict[int, Picture] = {}
        self._levels: dict[str, tuple[Picture, Picture, NDArray[np.float32]]] = {}
        self._coloured: dict[str, tuple[NDArray[np.float32], float, float, Picture]] = {}
        self._textures: dict[str, Texture] = {}
        self._held: dict[str, tuple[Picture, float, bool]] = {}

    def newest(self, slot: int, ctx: PanelContext) -> NetworkResult | None:
        """The slot's newest result with a picture: the one before stays through an error."""
        result = ctx.result_of(slot)
        shown = self._shown[slot]
        if result is not None and result.picture is not None:
            self._shown[slot] = shown = result
        elif shown is not None and shown.source != ctx.state.networks[slot].source:
            self._shown[slot] = shown = None
        return shown

    def picture(self, slot: int, ctx: PanelContext) -> Picture | None:
        """The slot's picture as the view wants it, [height, width, 4] uint8; None without one."""
        result = self.newest(slot, ctx)
        if result is None or result.picture is None:
            return None
        if not ctx.state.view.untransform or result.transform == IDENTITY:
            return result.picture
        known = self._undone.get(slot)
        if known is None or known[0] is not result:
            known = (result, untransformed(result.picture, result.transform, result.extent))
            self._undone[slot] = known
        return known[1]

    def freeze(self, ctx: PanelContext) -> None:
        """Keep every picture as it is shown now."""
        found = ((slot, self.picture(slot, ctx)) for slot in range(len(ctx.state.networks)))
        self._frozen = {slot: picture for slot, picture in found if picture is not None}

    def level(self, cell: Cell, ctx: PanelContext) -> NDArray[np.float32] | None:
        """The difference that a cell shows, in dB; None while a picture is missing.

        Raises:
            ValueError: the two pictures cannot be compared.
        """
        first = self.picture(cell.slot, ctx)
        if cell.other == FROZEN:
            second = self._frozen.get(cell.slot)
        else:
            second = self.picture(cell.other, ctx)
        if first is None or second is None:
            return None
        known = self._levels.get(cell.key)
        if known is None or known[0] is not first or known[1] is not second:
            known = (first, second, difference_db(first, second))
            self._levels[cell.key] = known
        return known[2]

    def coloured(self, cell: Cell, level: NDArray[np.float32], view: ViewState) -> Picture:
        """A difference in the colours of its scale, [height, width, 4] uint8."""
        low, high = view.difference_low_db, view.difference_high_db
        known = self._coloured.get(cell.key)
        if known is None or known[0] is not level or known[1:3] != (low, high):
            picture = np.full((*level.shape, 4), 255, np.uint8)
            picture[..., :3] = colourise(level, low, high, "magma")
            picture[np.isnan(level)] = 0
            known = (level, low, high, picture)
            self._coloured[cell.key] = known
        return known[3]

    def texture(self, key: str, picture: Picture, drawn_width: float, *, smooth: bool) -> Texture:
        """A texture that holds the picture as it is needed at that width."""
        if key not in self._textures:
            self._textures[key] = Texture()
        held = self._held.get(key)
        if held is None or held[0] is not picture or held[1:] != (drawn_width, smooth):
            self._textures[key].update(for_display(picture, drawn_width, smooth=smooth))
            self._held[key] = (picture, drawn_width, smooth)
        return self._textures[key]

    def free(self) -> None:
        """Give the textures back."""
        for texture in self._textures.values():
            texture.free()
        self._textures.clear()
        self._held.clear()
