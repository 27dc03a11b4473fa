"""Favourites: places that the user keeps, as pictures with names."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from imgui_bundle import imgui

from gui_utils import icons
from gui_utils.labels import shortened
from gui_utils.theme import u32
from viz.panels.common.picture_geometry import Rect
from viz.panels.common.places import (
    FAVOURITE,
    drag_place,
    draw_place_menu,
    leave_gallery,
    paint_frame,
    paint_place,
)
from viz.state.favourites import (
    favourite_here,
    go_to_favourite,
    is_kept,
    is_same_place,
    keep_or_drop,
    move_to,
    title,
)

if TYPE_CHECKING:
    from viz.panels.common.context import PanelContext
    from viz.state.app_state import AppState
    from viz.state.inputs import Favourite

GAP = 8
SMALLEST = 48
"""Smallest side of a picture, in pixels at a scale of 1."""
LONGEST_NAME = 60


class FavouritesPanel:
    """The user's favourites: click to go there, drag to order them or onto the timeline."""

    title = "Favourites"

    def __init__(self) -> None:
        self.cells: list[Rect] = []
        """Rectangle of each picture in the window; the last is the button that keeps one."""
        self._name = ""
        """What is being typed."""

    def draw(self, state: AppState, ctx: PanelContext) -> None:
        """Draw the favourites and apply the user's changes to them."""
        px, width = ctx.host.px, imgui.get_content_region_avail().x
        gap = px(GAP)
        columns = max(1, int((width + gap) / (px(SMALLEST) + gap)))
        side = (width + gap) / columns - gap
        with ctx.host.fonts.small():
            line = imgui.get_text_line_height() + px(2)
        origin = imgui.get_cursor_screen_pos()
        count = len(state.favourites)
        self.cells = [
            Rect(
                origin.x + n % columns * (side + gap),
                origin.y + n // columns * (side + line + gap),
                side,
                side,
            ).on_pixels
            for n in range(count + 1)
        ]
        here = favourite_here(state)
        for index, place in enumerate(state.favourites):
            imgui.push_id(index)
            self._draw_one(index, place, here, ctx)
            imgui.pop_id()
        self._draw_keep(self.cells[count], here, ctx)
        imgui.set_cursor_screen_pos((origin.x, self.cells[count].bottom + line))
        imgui.dummy((0, 0))

    def _draw_one(self, index: int, place: Favourite, here: Favourite, ctx: PanelContext) -> None:
        state, rect = ctx.state, self.cells[index]
        imgui.set_cursor_screen_pos((rect.x, rect.y))
        pressed = imgui.invisible_button(
            "favourite", (rect.width, rect.height), imgui.ButtonFlags_.enable_nav
        )
        hovered = imgui.is_item_hovered()
        drag_place(ctx, FAVOURITE, index, place)
        self._take_drop(index, rect, ctx)
        ctx.ui.tip(_described(place))
        if imgui.begin_popup_context_item("favourite menu"):
            self._draw_menu(index, place, ctx)
            imgui.end_popup()
        if imgui.is_rect_visible((rect.x, rect.y), (rect.right, rect.bottom)):
            paint_place(ctx, place, rect)
        paint_frame(ctx, rect, chosen=is_same_place(place, here), hovered=hovered)
        _paint_name(ctx, rect, title(place))
        if pressed and imgui.get_drag_drop_payload_py_id() is None:
            go_to_favourite(state, place)
            leave_gallery(state)

    def _take_drop(self, index: int, rect: Rect, ctx: PanelContext) -> None:
        """Show where a dragged favourite would go, and let it go there."""
        if not imgui.begin_drag_drop_target():
            return
        payload = imgui.get_drag_drop_payload_py_id()
        if payload is not None and payload.type == FAVOURITE:
            after = imgui.get_mouse_pos().x > rect.centre[0]
            x = (rect.right if after else rect.x) + ctx.host.px(GAP / 2) * (1 if after else -1)
            imgui.get_window_draw_list().add_line(
                (x, rect.y), (x, rect.bottom), u32(ctx.host.palette.accent), ctx.host.px(2)
            )
            flags = imgui.DragDropFlags_.accept_no_draw_default_rect
            dropped = imgui.accept_drag_drop_payload_py_id(FAVOURITE, flags) is not None
            if dropped and payload.data_id < len(ctx.state.favourites):
                move_to(ctx.state, payload.data_id, index + after)
        imgui.end_drag_drop_target()

    def _draw_menu(self, index: int, place: Favourite, ctx: PanelContext) -> None:
        if imgui.is_window_appearing():
            self._name = place.name
        imgui.set_next_item_width(ctx.host.px(160))
        entered, self._name = imgui.input_text_with_hint(
            "##name", title(replace(place, name="")), self._name
        )
        ctx.ui.tip("Name of this favourite; without one it is called after its seed.")
        if entered:
            name = self._name.strip()[:LONGEST_NAME]
            ctx.state.favourites = [
                replace(one, name=name) if n == index else one
                for n, one in enumerate(ctx.state.favourites)
            ]
        imgui.separator()
        draw_place_menu(ctx, place)

    def _draw_keep(self, rect: Rect, here: Favourite, ctx: PanelContext) -> None:
        """Draw the button that keeps the present place."""
        imgui.set_cursor_screen_pos((rect.x, rect.y))
        kept = is_kept(ctx.state, here)
        if imgui.button(f"{icons.STAR}##keep", (rect.width, rect.height)):
            keep_or_drop(ctx.state, here)
        ctx.ui.tip(
            "This place is a favourite; press to remove it (B)."
            if kept
            else "Keep this place, with psi and class (B). Stars in the gallery (G) keep others."
        )


def _paint_name(ctx: PanelContext, rect: Rect, name: str) -> None:
    """Write a name below a picture, cut to its width."""
    with ctx.host.fonts.small():
        text = shortened(name, rect.width, lambda one: imgui.calc_text_size(one).x)
        at = (rect.x, rect.bottom + ctx.host.px(2))
        imgui.get_window_draw_list().add_text(at, u32(ctx.host.palette.dim), text)


def _described(place: Favourite) -> str:
    return (
        f"{title(place)}, psi {place.psi:.2f}. Click to go there, drag to order or onto the "
        "timeline; right click renames and removes."
    )
