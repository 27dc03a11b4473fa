"""The Signal lab tab: one operation on one signal, naive and filtered, and how well it commutes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from imgui_bundle import imgui

from viz.panels.common.controls import choose_bare
from viz.panels.common.on_stage import stage_button
from viz.panels.lab import controls, plots
from viz.panels.lab.arrangement import CAPTION, CURVE_HEIGHT, CUT_HEIGHT, GAP, HEADS, arranged
from viz.panels.lab.figures import Figures
from viz.panels.lab.previews import Previews
from viz.panels.lab.texts import OPERATIONS, SYMBOLS

if TYPE_CHECKING:
    from viz.panels.common.context import PanelContext
    from viz.panels.common.picture_geometry import Rect
    from viz.protocol.lab import LabView, LabViewTask
    from viz.state.app_state import AppState
    from viz.state.lab import LabPage, LabState

PAGES: tuple[tuple[LabPage, str, str], ...] = (
    ("signals", "Signals", "The signals: their samples, and what these represent."),
    ("spectra", "Spectra", "The power of the signals at every frequency."),
    ("errors", "Errors", "Where the operation does not commute, and the transform."),
    ("plots", "Plots", "One row of the signals, and how well every transform commutes."),
)
ROWS: tuple[LabPage, ...] = ("signals", "spectra", "errors")
CUT_SHARE = 0.42
"""Height of the cuts, as a fraction of what both plots have below the pictures."""


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
        imgui.same_line(0, ctx.host.px(4))
        stage_button("lab", ctx)
        controls.set_operation(lab, ctx)
        on_stage = ctx.state.view.show == "lab"
        _explain(lab, ctx, wordy=on_stage or _has_room_for_words(lab, ctx))
        if on_stage:
            ctx.ui.dim("The signals are on the stage.")
        else:
            self._draw_answer(lab, ctx)

    def draw_on_stage(self, area: Rect, state: AppState, ctx: PanelContext) -> None:
        """Draw signals and plots in an area of the stage."""
        imgui.set_cursor_screen_pos((area.x, area.y))
        imgui.begin_child("lab", (area.width, area.height))
        self._draw_answer(state.lab, ctx)
        imgui.end_child()

    def _draw_answer(self, lab: LabState, ctx: PanelContext) -> None:
        """Draw pictures and plots, those below these or, where that is larger, beside."""
        if ctx.model.lab.error:
            ctx.ui.text(ctx.model.lab.error, ctx.host.palette.error)
            return
        if ctx.model.lab.view is None:
            ctx.ui.dim("Waiting for the signal …")
            return
        task, view = ctx.model.lab.view
        space = imgui.get_content_region_avail()
        arrangement = arranged(space.x, space.y, ctx.host.scale)
        if arrangement.pages:
            self._draw_page(lab, task, view, arrangement.tile, ctx)
            return
        if arrangement.beside:
            self._draw_beside(lab, task, view, arrangement.tile, space, ctx)
            return
        self._figures.draw(lab, task, view, arrangement.tile, ctx)
        px = ctx.host.px
        rest = imgui.get_content_region_avail().y - 2 * px(CAPTION)
        cut = max(px(CUT_HEIGHT), CUT_SHARE * rest)
        _draw_plots(lab, view, space.x, cut, max(px(CURVE_HEIGHT), rest - cut), ctx)

    def _draw_page(
        self, lab: LabState, task: LabViewTask, view: LabView, tile: int, ctx: PanelContext
    ) -> None:
        """Draw one row of pictures, or the plots, and the choice between them."""
        with ctx.host.fonts.small():
            width = imgui.get_content_region_avail().x
            choose_bare(ctx, lab, "page", PAGES, width)
        if lab.page != "plots":
            self._figures.draw(lab, task, view, tile, ctx, rows=_fitting_rows(lab.page, tile, ctx))
            return
        inside = imgui.get_content_region_avail()
        rest = inside.y - 2 * ctx.host.px(CAPTION)
        _draw_plots(lab, view, inside.x, CUT_SHARE * rest, (1 - CUT_SHARE) * rest, ctx)

    def _draw_beside(
        self,
        lab: LabState,
        task: LabViewTask,
        view: LabView,
        tile: int,
        space: imgui.ImVec2,
        ctx: PanelContext,
    ) -> None:
        """Draw the plots in the space right of the pictures."""
        gap = ctx.host.px(GAP)
        width = 3 * tile + 2 * gap
        imgui.begin_child("figures", (width, space.y))
        self._figures.draw(lab, task, view, tile, ctx)
        imgui.end_child()
        imgui.same_line(0, 2 * gap)
        imgui.begin_child("plots", (space.x - width - 2 * gap, space.y))
        inside = imgui.get_content_region_avail()
        half = (inside.y - 2 * ctx.host.px(CAPTION)) / 2
        _draw_plots(lab, view, inside.x, half, half, ctx)
        imgui.end_child()

    def free(self) -> None:
        """Free the textures."""
        self._previews.free()
        self._figures.free()


def _draw_plots(
    lab: LabState, view: LabView, width: float, cut: float, curve: float, ctx: PanelContext
) -> None:
    """Draw the cuts and, below, the curve of the commutation, so high in pixels."""
    plots.draw_cuts(lab, view, (width, cut), ctx)
    if ctx.model.lab.curve is not None:
        plots.draw_curve(lab, *ctx.model.lab.curve, (width, curve), ctx)


def _fitting_rows(page: LabPage, tile: int, ctx: PanelContext) -> tuple[LabPage, ...]:
    """Return the row that is asked for, with as many of its neighbours as there is room for."""
    each = tile + ctx.host.px(CAPTION) + ctx.host.px(GAP)
    room = imgui.get_content_region_avail().y - ctx.host.px(HEADS)
    count = min(max(int(room // each), 1), len(ROWS))
    first = min(ROWS.index(page), len(ROWS) - count)
    return ROWS[first : first + count]


def _has_room_for_words(lab: LabState, ctx: PanelContext) -> bool:
    """Return True if everything fits below the explanation of the operation."""
    space, line = imgui.get_content_region_avail(), imgui.get_text_line_height()
    with ctx.host.fonts.small():
        words = imgui.calc_text_size(OPERATIONS[lab.operation].words, False, space.x).y
    return not arranged(space.x, space.y - words - 2 * line, ctx.host.scale).pages


def _explain(lab: LabState, ctx: PanelContext, *, wordy: bool) -> None:
    """Draw the equation and the explanation of the operation, if not `wordy` as a tooltip."""
    explained = OPERATIONS[lab.operation]
    with ctx.host.fonts.small_mono():
        imgui.push_text_wrap_pos(0.0)
        ctx.ui.text(explained.equation)
        imgui.pop_text_wrap_pos()
    ctx.ui.tip(SYMBOLS if wordy else f"{explained.words}\n\n{SYMBOLS}")
    if wordy:
        with ctx.host.fonts.small():
            ctx.ui.dim(explained.words)
