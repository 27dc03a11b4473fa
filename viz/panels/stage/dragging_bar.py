"""The bar below the pictures while points are dragged: start and stop, and how it is done."""

from __future__ import annotations

from typing import TYPE_CHECKING

from imgui_bundle import imgui

from gui_utils.keys import with_ctrl
from gui_utils.labels import shortened
from viz.panels.common import controls

if TYPE_CHECKING:
    from viz.panels.common.context import PanelContext
    from viz.panels.common.picture_geometry import Rect
    from viz.state.app_state import AppState

SETTINGS_WIDTH = 300
_SPACES = (
    ("w+", "w+", "Change a w for each of the coarser layers: reaches more."),
    ("w", "w", "Change one w for all layers: stays nearer to pictures that the network draws."),
)

_TOOLS = (
    (False, "Points", "Set handles and targets on the picture."),
    (True, "Brush", "Paint what may change: all else is held. Shift rubs out."),
)


def draw_bar(area: Rect, state: AppState, ctx: PanelContext) -> None:
    """Draw the bar below the pictures: start and stop, and how points are dragged."""
    px, ui, busy = ctx.host.px, ctx.ui, ctx.model.dragging
    inner, width, height = px(12), px(48), imgui.get_frame_height()
    top = area.y + max(0.0, (area.height - height) / 2)
    imgui.set_cursor_screen_pos((area.x + inner, top))
    imgui.begin_child("dragging bar", (area.width - 2 * inner, height))
    if busy.is_busy:
        if imgui.button("Stop", (width, 0)):
            ctx.commands.dragging.stop()
        ui.tip("Stay where it has come to. Escape goes back to where it began.")
    else:
        with ui.disabled("" if state.dragging.pairs else "Set a handle first."):
            if imgui.button("Start", (width, 0)):
                ctx.commands.dragging.start()
            ui.tip(f"Drag the handles to their targets ({with_ctrl('Enter')}).")
    imgui.same_line(0, px(4))
    has_any = state.dragging.pairs or state.dragging.strokes
    with ui.disabled("" if has_any and not busy.is_busy else "There is nothing yet."):
        if imgui.button("Clear"):
            state.dragging.pairs, state.dragging.strokes = [], []
        ui.tip("Remove all handles, and what is painted.")
    imgui.same_line(0, px(12))
    controls.choose_bare(ctx, state.dragging, "space", _SPACES, px(72))
    imgui.same_line(0, px(12))
    controls.choose_bare(ctx, state.dragging, "paints", _TOOLS, px(104))
    imgui.same_line(0, px(12))
    if imgui.button("Settings"):
        imgui.open_popup("settings of dragging")
    ui.tip("Radius, rate, what may change, and whether the input moves first.")
    _draw_settings(state, ctx)
    imgui.same_line(0, px(12))
    imgui.align_text_to_frame_padding()
    room = imgui.get_content_region_avail().x
    said, tip = _said(state, ctx)
    ui.dim(shortened(said, room, lambda one: imgui.calc_text_size(one).x))
    ui.tip(tip)
    imgui.end_child()


def _said(state: AppState, ctx: PanelContext) -> tuple[str, str]:
    """Return what the bar says, and what explains it."""
    busy, pairs = ctx.model.dragging, state.dragging.pairs
    if busy.is_busy:
        if busy.step is None:
            return "Starting", "The first step is being drawn."
        said = f"Step {busy.step.step}, {busy.step.distance_px:.1f} px to go"
        return said, "How far the farthest handle is from its target."
    if state.dragging.paints:
        tip = "What is shaded is held as it is. Clear, or rub all out, and everything may change."
        return "Paint what may change; Shift rubs out.", tip
    if not pairs:
        tip = "From what is to be moved to where it is to go; a click alone holds a place."
        return "Drag on a picture.", tip
    tip = "Drag handles and targets to other places; a right click removes them with each other."
    return "Right click removes.", tip


def _draw_settings(state: AppState, ctx: PanelContext) -> None:
    """Draw the popup with what is seldom changed."""
    dragging = state.dragging
    if not imgui.is_popup_open("settings of dragging"):
        return
    imgui.set_next_window_size((ctx.host.px(SETTINGS_WIDTH), 0))
    if not imgui.begin_popup("settings of dragging"):
        return
    controls.slide(
        ctx, dragging, "radius", "Radius",
        "What lies so near a handle goes with it, in samples of the layer that is looked at: "
        "pixels of small pictures.", decimals=1,
    )  # fmt: skip
    controls.slide(
        ctx, dragging, "rate", "Rate",
        "Step of w: larger ones are faster and less steady.", decimals=3, logarithmic=True,
    )  # fmt: skip
    controls.slide(ctx, dragging, "steps", "Steps", "Most steps.")
    controls.slide(
        ctx, dragging, "brush", "Brush",
        "Radius of the brush that paints what may change.", low=0.01, high=0.3, decimals=2,
        unit="widths",
    )  # fmt: skip
    controls.slide(
        ctx, dragging, "reach", "Free within",
        "What lies farther than this from handles, targets and the ways between them stays as it "
        "is; 0: everything may change. What is painted counts in its place.",
        low=0.0, high=0.5, decimals=2, unit="widths",
    )  # fmt: skip
    controls.check(
        ctx, dragging, "move_first", "Move the input first",
        "StyleGAN3's input does what a plain shift explains, -R's a turn too; w only the rest. "
        "Not where a part of the picture has to stay.",
    )  # fmt: skip
    imgui.end_popup()
