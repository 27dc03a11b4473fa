"""The Equivariance tab: live comparison, curves, metrics and layers."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from imgui_bundle import imgui

from gui_utils.colour_scale import colour_scale
from viz.panels.common import controls, hints, layout
from viz.panels.common.actions import Action, Chord
from viz.panels.common.context import PanelContext, within
from viz.panels.common.lengths import picture_width
from viz.panels.common.on_stage import stage_button
from viz.panels.equivariance.curves import EquivarianceCurves
from viz.panels.equivariance.layers import EquivarianceLayers
from viz.panels.equivariance.metrics import draw_metrics, measure, measuring_disabled_reason
from viz.panels.equivariance.on_stage import EquivarianceOnStage
from viz.panels.equivariance.pictures import EquivariancePictures, draw_figures
from viz.panels.layers.panel import choose_slot
from viz.state.instruments import EquivariancePage, EquivarianceState

if TYPE_CHECKING:
    from viz.panels.common.picture_geometry import Rect
    from viz.protocol.equivariance import EquivarianceView, PictureMove
    from viz.state.app_state import AppState

SCALE_WIDTH, SCALE_HEIGHT = 420, 44
"""Size of the colour scale on the stage, at a scale of 1."""
GAP, TITLE, SHOW = 8, 20, 34
"""Space beside the pictures, height of their titles, and of the choice of the page below them."""
AROUND = 96
"""Height of the titles, of the colour scale and of the figures, at a scale of 1."""
FIGURES_WIDTH = 136
"""Least width of scale and figures beside the pictures."""
SMALLEST_BESIDE, LARGEST_BESIDE = 44, 72
"""Side of the pictures beside them."""
PAGE_HEIGHTS: dict[EquivariancePage, float] = {"sweep": 150, "metric": 260, "layers": 250}
"""Least height of each page, at a scale of 1."""
KINDS: tuple[tuple[PictureMove, str], ...] = (
    ("translation", "Whole px"),
    ("fractional", "Any shift"),
    ("rotation", "Turn"),
)
PAGES: tuple[tuple[EquivariancePage, str], ...] = (
    ("sweep", "Curves"),
    ("metric", "Metrics"),
    ("layers", "Layers"),
)


class EquivariancePanel:
    """Metrics, curves and pictures that show how well outputs follow transforms of the input."""

    title = layout.EQUIVARIANCE

    def __init__(self) -> None:
        self._pictures = EquivariancePictures()
        self._curves = EquivarianceCurves()
        self._layers = EquivarianceLayers()
        self._on_stage = EquivarianceOnStage()

    def draw(self, state: EquivarianceState, ctx: PanelContext) -> None:
        """Draw the tab, and apply the user's choice of transform and view."""
        choose_slot(ctx.state.layers, ctx)
        if not ctx.state.networks:
            ctx.ui.dim("Open a network to see how its pictures follow transforms of its input.")
            return
        _draw_move(state, ctx)
        layers = ctx.state.layers
        one_map = f"{layers.layer} #{layers.first_channel}" if layers.layer else "Layer"
        controls.choose(
            ctx,
            state,
            "of",
            "Compare",
            (("image", "Picture"), ("layer", one_map)),
            "Compare pictures, or one channel of the layer chosen under Layers ([ and ]).",
        )
        view = _newest_view(ctx)
        side = _side_beside_figures(state, ctx)
        self._pictures.draw(view, state, ctx, side)
        if side is not None:
            imgui.same_line(0, ctx.host.px(GAP))
            imgui.begin_child("figures", (0, imgui.get_item_rect_size().y))
        _draw_scale(state, ctx)
        _draw_figures_and_button(view, ctx)
        if side is not None:
            imgui.dummy((0, 0))
            imgui.end_child()
        else:
            imgui.spacing()
        controls.choose(
            ctx,
            state,
            "page",
            "Show",
            PAGES,
            "Curves for the current latent, metrics over many latents, or all layers.",
        )
        match state.page:
            case "sweep":
                self._curves.draw(state, ctx)
            case "metric":
                draw_metrics(state, ctx)
            case "layers":
                self._layers.draw(ctx.state, ctx)

    def draw_on_stage(self, area: Rect, state: AppState, ctx: PanelContext) -> None:
        """Draw the pictures of every network in an area of the stage, and their colour scale."""
        px = ctx.host.px
        below = px(SCALE_HEIGHT)
        self._on_stage.draw(replace(area, height=area.height - below), state, ctx)
        width = min(area.width, px(SCALE_WIDTH))
        imgui.set_cursor_screen_pos(
            (area.x + (area.width - width) / 2, area.bottom - below + px(8))
        )
        imgui.begin_child("scale", (width, below - px(8)))
        _draw_scale(state.equivariance, ctx)
        imgui.end_child()

    def free(self) -> None:
        """Free the textures."""
        self._pictures.free()
        self._on_stage.free()


def _side_beside_figures(state: EquivarianceState, ctx: PanelContext) -> float | None:
    """Return the side of the pictures where they make way for the plot below them.

    They then stand beside the colour scale and the figures. None: there is room for all of it,
    pictures as wide as the panel.
    """
    px, space = ctx.host.px, imgui.get_content_region_avail()
    side, below = (space.x - 2 * px(GAP)) / 3, px(SHOW + PAGE_HEIGHTS[state.page])
    if side + px(AROUND) + below <= space.y:
        return None
    beside = (space.x - px(FIGURES_WIDTH) - 3 * px(GAP)) / 3
    room = space.y - below - px(TITLE)
    return max(min(beside, room, px(LARGEST_BESIDE)), px(SMALLEST_BESIDE))


def _newest_view(ctx: PanelContext) -> EquivarianceView | None:
    result = ctx.model.result_of(ctx.model.layer_slot)
    return result.equivariance if result is not None else None


def _draw_move(state: EquivarianceState, ctx: PanelContext) -> None:
    controls.choose(
        ctx,
        state,
        "kind",
        "Move",
        KINDS,
        "Shift by whole pixels (EQ-T), by any distance (EQ-T_frac), or turn (EQ-R).",
    )
    if state.kind == "rotation":
        controls.slide_turn(
            ctx,
            state,
            "angle_rad",
            "Turn",
            "Anticlockwise about the centre.",
        )
        return
    width = float(picture_width(ctx) or 1)
    controls.slide_pair(
        ctx,
        state,
        ("x", "y"),
        "Shift",
        ("To the right.", "Downwards."),
        low=-0.25 * width,
        high=0.25 * width,
        factor=width,
        unit="px",
        decimals=0 if state.kind == "translation" else 2,
        origin=0.0,
    )


def _draw_figures_and_button(view: EquivarianceView | None, ctx: PanelContext) -> None:
    """Draw the figures of the comparison, and at their right the button that enlarges it."""
    right = imgui.get_cursor_pos_x() + imgui.get_content_region_avail().x
    top = imgui.get_cursor_pos_y()
    room = imgui.get_content_region_avail().x - imgui.get_frame_height() - ctx.host.px(6)
    draw_figures(view, room, ctx)
    after = imgui.get_cursor_pos()
    imgui.set_cursor_pos((right - imgui.get_frame_height(), top))
    stage_button("equivariance", ctx)
    imgui.set_cursor_pos(after)


def _draw_scale(state: EquivarianceState, ctx: PanelContext) -> None:
    fresh = EquivarianceState()
    low, high = colour_scale(
        ctx.ui,
        "equivariance",
        (state.low_db, state.high_db),
        "magma",
        default=(fresh.low_db, fresh.high_db),
        unit="dB",
        decimals=0,
        tip="Colours of the difference: 0 dB is the whole range from −1 to 1.",
    )
    state.low_db, state.high_db = within(state, "low_db", low), within(state, "high_db", high)


def _move(kind: PictureMove) -> Action:
    name = {
        "translation": "by whole pixels",
        "fractional": "by any distance",
        "rotation": "about the centre",
    }[kind]

    def run(state: AppState, _ctx: PanelContext) -> None:
        state.equivariance.kind = kind

    return Action(
        f"Equivariance: move {name}",
        f"Compare under a transform {name}.",
        run,
        is_on=lambda state: state.equivariance.kind == kind,
    )


def _page(page: EquivariancePage, what: str) -> Action:
    def run(state: AppState, _ctx: PanelContext) -> None:
        state.equivariance.page = page
        _go(state, _ctx)

    return Action(f"Equivariance: {what}", f"Show {what} in the equivariance panel.", run)


def _go(state: AppState, _ctx: PanelContext) -> None:
    imgui.set_window_focus(layout.EQUIVARIANCE)
    hints.done(state.view, "figures")


def _measure(state: AppState, ctx: PanelContext) -> None:
    state.equivariance.page = "metric"
    _go(state, ctx)
    measure(state, ctx)


ACTIONS: tuple[Action, ...] = (
    Action(
        f"Go to {layout.EQUIVARIANCE}",
        f"Bring {layout.EQUIVARIANCE} to the front.",
        _go,
        keys=(Chord(imgui.Key.e, "E"),),
    ),
    *(_move(kind) for kind, _name in KINDS),
    _page("sweep", "curves"),
    _page("layers", "every layer"),
    Action(
        "Measure equivariance",
        "Measure EQ-T, EQ-T_frac and EQ-R of the networks on the stage, in the background.",
        _measure,
        disabled_reason=measuring_disabled_reason,
    ),
)
