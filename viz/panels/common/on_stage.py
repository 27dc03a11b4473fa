"""Instruments on the stage: large, in the place of the pictures, until Escape brings them back."""

from __future__ import annotations

from typing import TYPE_CHECKING

from imgui_bundle import imgui

from gui_utils import icons
from viz.panels.common import layout
from viz.panels.common.actions import Action, Chord, Run
from viz.panels.common.picture_geometry import Rect

if TYPE_CHECKING:
    from collections.abc import Callable

    from viz.panels.common.context import PanelContext
    from viz.state.app_state import AppState, Show

INSTRUMENTS: dict[Show, str] = {"equivariance": layout.EQUIVARIANCE, "lab": layout.LAB}
"""What can be put on the stage, with the panel that has its controls."""
EDGE, HEADING = 12, 36
"""Space around an instrument on the stage and height of its heading, at a scale of 1."""


def stage_button(show: Show, ctx: PanelContext) -> None:
    """Draw the button that puts a panel's pictures on the stage, or brings them back."""
    view = ctx.state.view
    if view.show == show:
        if ctx.ui.icon_button(icons.REDUCE, "leave stage", tip="Back to the panel (Escape)."):
            view.show = "side"
    elif ctx.ui.icon_button(icons.ENLARGE, "to stage", tip="Show it large, on the stage."):
        view.show = show


def draw_instrument(
    draw: Callable[[Rect, AppState, PanelContext], None], state: AppState, ctx: PanelContext
) -> None:
    """Draw the instrument that is on the stage, its name and the button that leaves it."""
    title, px, side = INSTRUMENTS[state.view.show], ctx.host.px, imgui.get_frame_height()
    where, space = imgui.get_cursor_screen_pos(), imgui.get_content_region_avail()
    edge, heading = px(EDGE), max(px(HEADING), side)
    top = where.y + (heading - side) / 2
    imgui.set_cursor_screen_pos((where.x + edge, top))
    imgui.align_text_to_frame_padding()
    ctx.ui.heading(title)
    imgui.set_cursor_screen_pos((where.x + space.x - edge - side, top))
    if ctx.ui.icon_button(icons.CLOSE, "leave stage", tip="Back to the pictures (Escape)."):
        state.view.show = "side"
        return
    inner = Rect(where.x + edge, where.y + heading, space.x - 2 * edge, space.y - heading - edge)
    if inner.width >= 1 and inner.height >= 1:
        draw(inner, state, ctx)


def _put(show: Show) -> Run:
    def run(state: AppState, _ctx: PanelContext) -> None:
        state.view.show = "side" if state.view.show == show else show
        imgui.set_window_focus(INSTRUMENTS[show])

    return run


def _back(state: AppState, _ctx: PanelContext) -> None:
    state.view.show = "side"


def _is_on(state: AppState) -> bool:
    return state.view.show in INSTRUMENTS


ACTIONS: tuple[Action, ...] = (
    Action(
        "Equivariance on the stage",
        "Show moved outputs and outputs of moved inputs of all networks, large.",
        _put("equivariance"),
        menu="View",
        keys=(Chord(imgui.Key.e, "E", shift=True),),
        is_on=lambda state: state.view.show == "equivariance",
        starts_group=True,
    ),
    Action(
        "Signal lab on the stage",
        "Show the signals of the lab, their spectra and plots, large.",
        _put("lab"),
        menu="View",
        keys=(Chord(imgui.Key.l, "L", shift=True),),
        is_on=lambda state: state.view.show == "lab",
    ),
    Action(
        "Back to the pictures",
        "Show the pictures again, in the place of an instrument.",
        _back,
        keys=(Chord(imgui.Key.escape, "Esc"),),
        keys_when=_is_on,
        disabled_reason=lambda state, _ctx: (
            "" if _is_on(state) else "The pictures are on the stage already."
        ),
    ),
)
