"""Textures of the pictures on the stage, and of coloured differences."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from gui_utils.colormaps import colourise
from gui_utils.resample import for_display
from gui_utils.texture import Texture

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from viz.model.comparison import Cell
    from viz.model.pictures import Picture
    from viz.state.app_state import ViewState


class PictureTextures:
    """Textures of everything on the stage, prepared once for each change."""

    def __init__(self) -> None:
        self._coloured: dict[str, tuple[NDArray[np.float32], float, float, Picture]] = {}
        self._textures: dict[str, Texture] = {}
        self._held: dict[str, tuple[Picture, float, bool]] = {}

    def coloured(self, cell: Cell, level: NDArray[np.float32], view: ViewState) -> Picture:
        """Colour a difference by its scale: [height, width, 4] uint8."""
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
        """Return a texture of the picture, resampled for the width at which it is drawn."""
        if key not in self._textures:
            self._textures[key] = Texture()
        held = self._held.get(key)
        if held is None or held[0] is not picture or held[1:] != (drawn_width, smooth):
            self._textures[key].update(for_display(picture, drawn_width, smooth=smooth))
            self._held[key] = (picture, drawn_width, smooth)
        return self._textures[key]

    def free(self) -> None:
        """Free the textures."""
        for texture in self._textures.values():
            texture.free()
        self._textures.clear()
        self._held.clear()
