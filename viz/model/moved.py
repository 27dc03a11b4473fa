"""Full pictures that follow a drag at the window's own rate, until the network has drawn anew.

A StyleGAN3 draws the same picture, moved, when its input is moved: -T under translations, -R under
rotations too. How exactly is what EQ-T and EQ-R measure.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from viz.model.pictures import Picture
from viz.protocol.transforms import Matrix, inverted, product, snapped

if TYPE_CHECKING:
    from viz.model.stage import StageModel
    from viz.protocol.request import Placement, Request

SLOW_MS = 90.0
"""Pictures that take less time are drawn anew instead."""
_ALIKE = 1e-6


@dataclass(frozen=True, slots=True)
class Moved:
    """A full picture, and where it is now."""

    picture: Picture
    matrix: Matrix
    """From a place in the picture as it was drawn to its place now, in picture widths from the
    centre."""
    extent: int
    """Picture widths along each side of it."""
    db: float | None
    """How exactly the network follows such a move; None: nobody has measured it."""


class MovedPictures:
    """Says which pictures can be moved to where they are wanted.

    Args:
        model: Knows the results.
    """

    def __init__(self, model: StageModel) -> None:
        self._model = model
        self._known: dict[int, tuple[object, Request, Moved | None]] = {}

    def of(self, slot: int) -> Moved | None:
        """Return the slot's last full picture moved to its place; None: another has to be drawn."""
        full, asked = self._model.full_result_of(slot), self._model.asked
        if full is None or asked is None or slot >= len(asked.networks):
            return None
        known = self._known.get(slot)
        if known is None or known[0] is not full or known[1] is not asked:
            known = full, asked, self._moved(slot, asked)
            self._known[slot] = known
        return known[2]

    def _moved(self, slot: int, asked: Request) -> Moved | None:
        full, drawn_for = self._model.full_result_of(slot), self._model.full_requests.get(slot)
        summary, state = self._model.summary_of(slot), self._model.state
        if full is None or full.picture is None or drawn_for is None or summary is None:
            return None
        if summary.kind == "stylegan2" or full.synthesis_ms < SLOW_MS:
            return None
        if not state.performance.draft or state.view.untransform:
            return None
        if _all_but_the_move(drawn_for, slot) != _all_but_the_move(asked, slot):
            return None
        now = _transform(asked.place_of(slot), summary.resolution)
        if now == full.transform:
            return None
        try:
            matrix = product(inverted(now), full.transform)
        except ValueError:
            return None
        turns = not _near(matrix, (1.0, 0.0, 0.0, 1.0))
        if turns and not (summary.kind == "stylegan3-r" and _is_rotation(matrix)):
            return None
        told = dict(summary.equivariance_db)
        live = self._model.live_eq_of(slot)
        shifted = live.db if live is not None else told.get("EQ-T")
        return Moved(full.picture, matrix, full.extent, told.get("EQ-R") if turns else shifted)


def _all_but_the_move(request: Request, slot: int) -> tuple[object, ...]:
    """All that a network's picture depends on besides the transform."""
    latent = request.place_of(slot).latent
    shared = request.edits, request.psi, request.cutoff, request.noise, request.opacity
    return request.networks[slot], latent, request.changes_of(slot), request.extent, shared


def _transform(place: Placement, pixels: int) -> Matrix:
    return snapped(place.transform, pixels) if place.snap else place.transform


def _near(matrix: Matrix, linear: tuple[float, float, float, float]) -> bool:
    own = matrix[0], matrix[1], matrix[3], matrix[4]
    return all(abs(one - other) < _ALIKE for one, other in zip(own, linear, strict=True))


def _is_rotation(matrix: Matrix) -> bool:
    a, b = matrix[0], matrix[1]
    return abs(a * a + b * b - 1) < _ALIKE and _near(matrix, (a, b, -b, a))
