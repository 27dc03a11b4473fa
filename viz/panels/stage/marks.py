"""Marks on the gallery's pictures, and the direction that is learned from them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from imgui_bundle import imgui

from gui_utils import icons
from gui_utils.theme import u32
from viz.panels.common.actions import Action, Chord, Run
from viz.panels.common.places import is_gallery_shown, no_gallery
from viz.state.choices import clear_marks, mark_of, marked, toggle_mark
from viz.state.inputs import seed_at
from viz.state.to_thumbnails import front_slot

if TYPE_CHECKING:
    from viz.panels.common.context import PanelContext
    from viz.panels.common.picture_geometry import Rect
    from viz.state.app_state import AppState
    from viz.state.choices import Mark


def paint_mark(ctx: PanelContext, seed: int, rect: Rect) -> None:
    """Draw the mark of a picture, if it has one, into its upper left corner."""
    mark = mark_of(ctx.state, seed)
    if mark is None:
        return
    draw, palette, side = imgui.get_window_draw_list(), ctx.host.palette, ctx.host.px(20)
    colour = palette.accent if mark == "more" else palette.warning
    draw.add_rect_filled((rect.x, rect.y), (rect.x + side, rect.y + side), u32(palette.stage, 0.85))
    middle_x, middle_y, arm = rect.x + side / 2, rect.y + side / 2, side * 0.27
    width = ctx.host.px(2)
    draw.add_line((middle_x - arm, middle_y), (middle_x + arm, middle_y), u32(colour), width)
    if mark == "more":
        draw.add_line((middle_x, middle_y - arm), (middle_x, middle_y + arm), u32(colour), width)


def draw_learning(ctx: PanelContext, right: float, line: Rect) -> float:
    """Draw how many pictures are marked, and the buttons that learn from them and clear them.

    Args:
        ctx: The context.
        right: Where it ends.
        line: The line that it is in.

    Returns:
        The width that it takes; 0 where nothing is marked.
    """
    more, less = marked(ctx.state)
    if not more + less:
        return 0.0
    px, side = ctx.host.px, imgui.get_frame_height()
    text = f"Learn direction  {more} + {less} −"
    width = imgui.calc_text_size(text).x + 2 * imgui.get_style().frame_padding.x
    left = right - width - side - px(2)
    imgui.set_cursor_screen_pos((left, line.y + (line.height - side) / 2))
    why_not = ctx.commands.directions.why_not_learned()
    with ctx.ui.disabled(why_not):
        if imgui.button(f"{text}###learn"):
            ctx.commands.directions.learn()
        ctx.ui.tip("Learn the direction of w from the pictures with − to those with +.")
    imgui.same_line(0, px(2))
    if ctx.ui.icon_button(icons.CLOSE, "clear marks", tip="Take all marks off."):
        clear_marks(ctx.state)
    return right - left


def _mark(mark: Mark) -> Run:
    def run(state: AppState, ctx: PanelContext) -> None:
        pointed = ctx.model.windows.pointed_seed
        if pointed is None:
            latent = state.latent_of(front_slot(state))
            pointed = seed_at(latent.x, latent.y)
        toggle_mark(state, pointed, mark)

    return run


def _marking(mark: Mark, chord: Chord) -> Action:
    return Action(
        f"Mark as having {mark}",
        "Mark the picture of the gallery under the pointer, or the present one, as having "
        f"{mark} of what a direction is to be learned of; once more takes the mark off.",
        _mark(mark),
        keys=(chord,),
        keys_when=is_gallery_shown,
        disabled_reason=no_gallery,
    )


ACTIONS: tuple[Action, ...] = (
    _marking("less", Chord(imgui.Key.comma, ",")),
    _marking("more", Chord(imgui.Key.period, ".")),
    Action(
        "Learn a direction",
        "Learn a direction of w from the pictures that are marked in the gallery.",
        lambda _state, ctx: ctx.commands.directions.learn(),
        menu="Edit",
        disabled_reason=lambda _state, ctx: ctx.commands.directions.why_not_learned(),
    ),
)
