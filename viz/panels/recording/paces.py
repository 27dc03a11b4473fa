"""How the way from one keyframe to the next is travelled: a mark that shows it, a menu."""

from __future__ import annotations

from typing import TYPE_CHECKING

from imgui_bundle import imgui

from gui_utils.theme import mix, u32
from viz.state.timeline import eased

if TYPE_CHECKING:
    from viz.panels.common.context import PanelContext
    from viz.state.app_state import KeyframeState, Pace

PACES: tuple[tuple[Pace, str, str], ...] = (
    ("flow", "Flow on", "One smooth path that passes its keyframes without stopping."),
    ("soft", "Slow at both ends", "Start slowly, and arrive slowly."),
    ("start", "Slow start", "Start slowly, and flow on at the next keyframe."),
    ("end", "Slow end", "Flow on from this keyframe, and arrive slowly."),
    ("steady", "Straight and steady", "Straight to the next keyframe at constant speed."),
    ("hold", "Hold, then jump", "Stay here until the time of the next keyframe."),
)
"""Each pace with its name and what it does."""
WIDTH, HEIGHT = 22, 12
"""Size of the mark, in pixels at a scale of 1."""
POINTS = 16
"""Points of the curve on the mark."""


def draw_pace_menu(frame: KeyframeState, ctx: PanelContext) -> None:
    """Draw the entries that choose a keyframe's pace, inside a menu or popup."""
    for pace, name, does in PACES:
        if imgui.menu_item(name, "", frame.pace == pace)[0]:
            frame.pace = pace
        ctx.ui.tip(does)


def draw_pace_mark(
    frame: KeyframeState, ends: tuple[float, float], middle: float, ctx: PanelContext
) -> None:
    """Draw the mark of a keyframe's pace, half way to the next; a press opens the menu.

    Args:
        frame: The keyframe that the way begins at.
        ends: X positions of the way's ends; without room between them there is no mark.
        middle: Y position of the way.
        ctx: Model, commands and widgets.
    """
    px = ctx.host.px
    width, height = px(WIDTH), px(HEIGHT)
    if ends[1] - ends[0] < width + px(28):
        return
    left, top = (ends[0] + ends[1] - width) / 2, middle - height / 2
    imgui.set_cursor_screen_pos((left, top))
    imgui.set_next_item_allow_overlap()
    if imgui.invisible_button("pace", (width, height), imgui.ButtonFlags_.enable_nav):
        imgui.open_popup("pace menu")
    lit = imgui.is_item_hovered()
    name = next(name for pace, name, _does in PACES if pace == frame.pace)
    ctx.ui.tip(f"Way to the next keyframe: {name}. Press to choose another.")
    if imgui.begin_popup("pace menu"):
        draw_pace_menu(frame, ctx)
        imgui.end_popup()
    palette, draw = ctx.host.palette, imgui.get_window_draw_list()
    filling = palette.frame if lit else palette.stage
    draw.add_rect_filled((left, top), (left + width, top + height), u32(filling), px(2))
    inset = px(3)
    draw.path_clear()
    for n in range(POINTS + 1):
        done = eased(frame.pace, n / POINTS)
        across = left + inset + (width - 2 * inset) * n / POINTS
        draw.path_line_to((across, top + height - px(2) - (height - px(4)) * done))
    colour = palette.text if lit else palette.dim
    if frame.pace == "flow" and not lit:
        colour = mix(palette.stage, palette.dim, 0.6)
    draw.path_stroke(u32(colour), thickness=px(1.5))
