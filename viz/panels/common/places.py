"""Places in latent space as pictures: numbers on them, a menu, dragging one to another panel."""

from __future__ import annotations

from typing import TYPE_CHECKING

from imgui_bundle import imgui

from gui_utils import icons
from gui_utils.theme import u32
from viz.panels.common.picture_geometry import Rect
from viz.state.favourites import (
    favourite_of_seed,
    go_to_favourite,
    is_kept,
    keep_or_drop,
    thumbnail_of,
    title,
)
from viz.state.timeline import keyframe_of
from viz.state.to_thumbnails import thumbnail_here

if TYPE_CHECKING:
    from viz.panels.common.context import PanelContext
    from viz.state.app_state import AppState
    from viz.state.inputs import Favourite

FAVOURITE, SEED = "favourite", "seed"
"""What is dragged: the index of a favourite, or a seed."""
DRAGGED = 56
"""Side of the picture under the pointer while it is dragged."""


def paint_place(ctx: PanelContext, place: Favourite, rect: Rect, text: str = "") -> None:
    """Draw the picture of a place, and a text in its lower left corner."""
    here = thumbnail_here(ctx.state)
    if here is not None:
        ctx.draw_thumbnail(thumbnail_of(here, place), rect)
    if text:
        paint_number(ctx, rect, text)


def paint_number(ctx: PanelContext, rect: Rect, text: str) -> None:
    """Write a short text into the lower left corner of a picture."""
    draw, px = imgui.get_window_draw_list(), ctx.host.px
    palette = ctx.host.palette
    with ctx.host.fonts.small():
        size = imgui.calc_text_size(text)
        low = rect.bottom - size.y - px(1)
        right = rect.x + size.x + px(6)
        draw.add_rect_filled((rect.x, low), (right, rect.bottom), u32(palette.stage, 0.75))
        draw.add_text((rect.x + px(3), low), u32(palette.text), text)


def paint_frame(ctx: PanelContext, rect: Rect, *, chosen: bool, hovered: bool) -> None:
    """Outline a picture that stands for the present place, or that is under the pointer."""
    if not (chosen or hovered):
        return
    palette, width = ctx.host.palette, ctx.host.px(2)
    colour = palette.accent if chosen else palette.text
    corners = (rect.x - 1, rect.y - 1), (rect.right + 1, rect.bottom + 1)
    imgui.get_window_draw_list().add_rect(*corners, u32(colour), thickness=width)


def draw_star(ctx: PanelContext, place: Favourite, rect: Rect, *, hovered: bool) -> None:
    """Draw a star in a picture's upper right corner that keeps its place; hidden until hovered."""
    kept, px = is_kept(ctx.state, place), ctx.host.px
    if not (kept or hovered):
        return
    side = px(22)
    left, top = rect.right - side, rect.y
    imgui.set_cursor_screen_pos((left, top))
    pressed = imgui.invisible_button("star", (side, side))
    lit = imgui.is_item_hovered()
    ctx.ui.tip("No favourite any more." if kept else "Keep as a favourite (under Inputs).")
    palette, draw = ctx.host.palette, imgui.get_window_draw_list()
    draw.add_rect_filled((left, top), (left + side, top + side), u32(palette.stage, 0.75))
    size = imgui.calc_text_size(icons.STAR)
    at = left + (side - size.x) / 2, top + (side - size.y) / 2
    colour = palette.warning if kept else palette.text if lit else palette.dim
    draw.add_text(at, u32(colour), icons.STAR)
    if pressed:
        keep_or_drop(ctx.state, place)


def draw_place_menu(ctx: PanelContext, place: Favourite) -> None:
    """Draw the entries of a place's menu, inside a popup."""
    state = ctx.state
    if imgui.menu_item_simple("Go there"):
        go_to_favourite(state, place)
        leave_gallery(state)
    if imgui.menu_item_simple("Store as keyframe"):
        state.timeline.frames.append(keyframe_of(state, place))
    kept = is_kept(state, place)
    if imgui.menu_item_simple("Remove from favourites" if kept else "Keep as favourite"):
        keep_or_drop(state, place)


def leave_gallery(state: AppState) -> None:
    """Show the pictures again, if the gallery is shown."""
    if state.view.show == "gallery":
        state.view.show = "side"


def is_gallery_shown(state: AppState) -> bool:
    """Return whether the gallery is on the stage."""
    return state.view.show == "gallery"


def no_gallery(state: AppState, _ctx: PanelContext) -> str:
    """Return why nothing can be done in the gallery now; empty if it is shown."""
    return "" if is_gallery_shown(state) else "The gallery is not shown: press G."


def drag_place(ctx: PanelContext, kind: str, number: int, place: Favourite) -> None:
    """Let the item drawn last be dragged: a favourite by its index, or a seed."""
    if not imgui.begin_drag_drop_source(imgui.DragDropFlags_.source_no_disable_hover):
        return
    imgui.set_drag_drop_payload_py_id(kind, number)
    where, side = imgui.get_cursor_screen_pos(), ctx.host.px(DRAGGED)
    paint_place(ctx, place, Rect(where.x, where.y, side, side), title(place))
    imgui.dummy((side, side))
    imgui.end_drag_drop_source()


def dragged_place(state: AppState) -> Favourite | None:
    """Return the place that is being dragged; None if none is."""
    payload = imgui.get_drag_drop_payload_py_id()
    if payload is None:
        return None
    if payload.type == FAVOURITE and payload.data_id < len(state.favourites):
        return state.favourites[payload.data_id]
    return favourite_of_seed(state, payload.data_id) if payload.type == SEED else None


def dropped_place(state: AppState) -> Favourite | None:
    """Return the place that has just been dropped on the item drawn last; None if none has."""
    if not imgui.begin_drag_drop_target():
        return None
    dragged = dragged_place(state)  # afterwards it is gone
    accept = imgui.accept_drag_drop_payload_py_id
    dropped = accept(FAVOURITE) is not None or accept(SEED) is not None
    imgui.end_drag_drop_target()
    return dragged if dropped else None
