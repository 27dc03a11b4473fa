"""The pictures on the stage as the view wants them, and their differences."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from viz.model.comparison import FROZEN, Cell, untransformed
from viz.protocol.differences import difference_db
from viz.protocol.request import IDENTITY
from viz.state.inputs import MAX_NETWORKS
from viz.storage.average_sources import family_of

if TYPE_CHECKING:
    from viz.model.stage import StageModel
    from viz.protocol.result import NetworkResult

Picture = NDArray[np.uint8]
"""[height, width, 4] uint8."""


class Pictures:
    """The newest picture of every network, and those that were frozen.

    Args:
        model: Knows the results.
    """

    def __init__(self, model: StageModel) -> None:
        self._model = model
        self._shown: list[NetworkResult | None] = [None] * MAX_NETWORKS
        self._undone: dict[int, tuple[NetworkResult, Picture]] = {}
        self._frozen: dict[int, Picture] = {}
        self._levels: dict[str, tuple[Picture, Picture, NDArray[np.float32]]] = {}

    def newest(self, slot: int) -> NetworkResult | None:
        """Return the slot's newest result with a picture: the one before stays through an error."""
        result = self._model.result_of(slot)
        shown = self._shown[slot]
        if result is not None and result.picture is not None:
            self._shown[slot] = shown = result
        elif shown is not None and family_of(shown.source) != family_of(
            self._model.state.networks[slot].source
        ):
            self._shown[slot] = shown = None
        return shown

    def picture(self, slot: int) -> Picture | None:
        """Return the slot's picture as the view wants it; None without one."""
        result = self.newest(slot)
        if result is None or result.picture is None:
            return None
        if not self._model.state.view.untransform or result.transform == IDENTITY:
            return result.picture
        known = self._undone.get(slot)
        if known is None or known[0] is not result:
            unit = result.picture.shape[1] / result.units[1]
            known = (result, untransformed(result.picture, result.transform, unit))
            self._undone[slot] = known
        return known[1]

    def freeze(self) -> None:
        """Keep every picture as it is shown now."""
        found = ((slot, self._finished(slot)) for slot in range(len(self._model.state.networks)))
        self._frozen = {slot: picture for slot, picture in found if picture is not None}

    def _finished(self, slot: int) -> Picture | None:
        """Return the slot's newest picture that is no draft."""
        shown, full = self.newest(slot), self._model.full_result_of(slot)
        if shown is None or shown.quality == "full" or full is None:
            return self.picture(slot)
        return full.picture

    def other(self, cell: Cell) -> Picture | None:
        """Return the picture that a cell compares its own with."""
        return self._frozen.get(cell.slot) if cell.other == FROZEN else self.picture(cell.other)

    def level(self, cell: Cell) -> NDArray[np.float32] | None:
        """Return the difference that a cell shows, in dB; None while a picture is missing.

        Raises:
            ValueError: the two pictures cannot be compared.
        """
        first, second = self.picture(cell.slot), self.other(cell)
        if first is None or second is None:
            return None
        known = self._levels.get(cell.key)
        if known is None or known[0] is not first or known[1] is not second:
            known = (first, second, difference_db(first, second))
            self._levels[cell.key] = known
        return known[2]
