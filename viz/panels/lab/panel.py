"""The Signal lab tab: one operation on one signal, naive and filtered, and how well it commutes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from imgui_bundle import imgui

from viz.panels.lab import controls, plots
from viz.panels.lab.figures import ASIDE, CAPTION, GAP, Figures
from viz.panels.lab.previews import Previews
from viz.panels.lab.texts import OPERATIONS, SYMBOLS

if TYPE_CHECKING:
    from viz.panels.common.context import PanelContext
    from viz.state.lab import LabState

CUT_HEIGHT, CURVE_HEIGHT = 92, 118
SMALLEST_TILE, SCROLLED_TILE, LARGEST_TILE = 68, 112, 240
AROUND_TILES = 84
"""Height of everything below the text except tiles and plots, with captions beside the tiles."""


class LabPanel:
    """One operation, naive and filtered, on a signal."""

    title = "Signal lab"

    def __init__(self) -> None:
        self._previews = Previews()
        self._figures = Figures()

    def draw(self, lab: LabState, ctx: PanelContext) -> None:
        """Draw controls, pictures and plots, and apply the user's changes to `lab`."""
        controls.choose_signal(lab, self._previews, ctx)
        controls.set_signal(lab, ctx)
        imgui.separator()
        controls.choose_operation(lab, ctx)
        controls.set_operation(lab, ctx)
        _explain(lab, ctx)
        if ctx.model.lab.error:
            ctx.ui.text(ctx.model.lab.error, ctx.host.palette.error)
            return
        if ctx.model.lab.view is None:
            ctx.ui.dim("Waiting for the signal …")
            return
        task, view = ctx.model.lab.view
        space = imgui.get_content_region_avail()
        cut, curve = ctx.host.px(CUT_HEIGHT), ctx.host.px(CURVE_HEIGHT)
        self._figures.draw(lab, task, view, self._tile_size(space, cut + curve, ctx), ctx)
        plots.draw_cuts(lab, view, (space.x, cut), ctx)
        if ctx.model.lab.curve is not None:
            plots.draw_curve(lab, *ctx.model.lab.curve, (space.x, curve), ctx)

    def free(self) -> None:
        """Free the textures."""
        self._previews.free()
        self._figures.free()

    @staticmethod
    def _tile_size(space: imgui.ImVec2, below: float, ctx: PanelContext) -> int:
        """Return the side of a tile: as large as three columns and the remaining height allow."""
        px, gap = ctx.host.px, ctx.host.px(GAP)
        wide = (space.x - 2 * gap) / 3
        high = (space.y - below - px(AROUND_TILES)) / 3
        beside = min((space.x - 3 * gap - px(ASIDE)) / 3, high)
        above = min(wide, high - px(CAPTION))
        found = min(max(beside, above), px(LARGEST_TILE))
        if found < px(SMALLEST_TILE):  # the panel scrolls in any case
            found = px(SCROLLED_TILE)
        return int(min(wide, found))


def _explain(lab: LabState, ctx: PanelContext) -> None:
    """Draw the equation and the explanation of the operation."""
    explained = OPERATIONS[lab.operation]
    with ctx.host.fonts.small_mono():
        imgui.push_text_wrap_pos(0.0)
        ctx.ui.text(explained.equation)
        imgui.pop_text_wrap_pos()
    ctx.ui.tip(SYMBOLS)
    with ctx.host.fonts.small():
        ctx.ui.dim(explained.words)
