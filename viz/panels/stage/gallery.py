"""The gallery: a sheet of seeds on the stage, drawn by the front network."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING

from imgui_bundle import imgui

from gui_utils import icons
from gui_utils.theme import u32
from viz.panels.common.actions import Action, Chord, Run
from viz.panels.common.context import PanelContext, within
from viz.panels.common.picture_geometry import Rect
from viz.panels.common.places import (
    SEED,
    drag_place,
    draw_place_menu,
    draw_star,
    is_gallery_shown,
    leave_gallery,
    no_gallery,
    paint_frame,
    paint_place,
)
from viz.panels.stage.marks import draw_learning, paint_mark
from viz.protocol.names import LETTERS
from viz.state.favourites import favourite_here, favourite_of_seed, go_to_favourite, keep_or_drop
from viz.state.inputs import SEED_COUNT, seed_at
from viz.state.to_thumbnails import front_slot

if TYPE_CHECKING:
    from viz.state.app_state import AppState, GalleryState

GAP = 8
EDGE = 12
HEADER = 36
"""Height of the line above the sheet, in pixels at a scale of 1."""


class GalleryPanel:
    """A sheet of seeds: a click goes to one, the wheel turns to others."""

    def __init__(self) -> None:
        self.cells: dict[int, Rect] = {}
        """Rectangle of each seed in the window."""
        self._seen: int | None = None
        """The seed of the last frame: only a change of it turns the sheet."""

    def draw(self, area: Rect, state: AppState, ctx: PanelContext) -> None:
        """Draw the sheet in an area of the window, and apply the user's choice to the state."""
        gallery, px = state.gallery, ctx.host.px
        edge, gap = px(EDGE), px(GAP)
        sheet = Rect(
            area.x + edge,
            area.y + px(HEADER),
            area.width - 2 * edge,
            area.height - px(HEADER) - edge,
        )
        columns = gallery.columns
        rows = max(1, round((sheet.height + gap) / (sheet.width + gap) * columns))
        side = min(
            (sheet.width + gap) / columns - gap, (sheet.height + gap) / rows - gap, sheet.width
        )
        if side < 1:
            return
        ctx.model.windows.sheet_rows = rows
        self._follow_seed(state, rows)
        left = sheet.x + (sheet.width - columns * (side + gap) + gap) / 2
        self._draw_header(Rect(left, area.y, area.right - edge - left, px(HEADER)), rows, ctx)
        self.cells = {}
        ctx.model.windows.pointed_seed = None
        for index in range(columns * rows):
            seed = gallery.first + index
            if seed >= SEED_COUNT:
                break
            row, column = divmod(index, columns)
            rect = Rect(left + column * (side + gap), sheet.y + row * (side + gap), side, side)
            rect = rect.on_pixels
            self.cells[seed] = rect
            imgui.push_id(f"seed {seed}")
            self._draw_cell(seed, rect, state, ctx)
            imgui.pop_id()
        self._turn_by_wheel(area, gallery, rows)

    def _draw_cell(self, seed: int, rect: Rect, state: AppState, ctx: PanelContext) -> None:
        place = favourite_of_seed(state, seed)
        imgui.set_cursor_screen_pos((rect.x, rect.y))
        imgui.set_next_item_allow_overlap()
        pressed = imgui.invisible_button(
            "cell", (rect.width, rect.height), imgui.ButtonFlags_.enable_nav
        )
        hovered = imgui.is_mouse_hovering_rect((rect.x, rect.y), (rect.right, rect.bottom))
        hovered &= imgui.is_window_hovered(imgui.HoveredFlags_.allow_when_blocked_by_active_item)
        drag_place(ctx, SEED, seed, place)
        if imgui.begin_popup_context_item("place menu"):
            draw_place_menu(ctx, place)
            imgui.end_popup()
        paint_place(ctx, place, rect, str(seed))
        here = state.latent_of(front_slot(state))
        chosen = here.given is None and seed_at(here.x, here.y) == seed
        paint_frame(ctx, rect, chosen=chosen, hovered=hovered)
        paint_mark(ctx, seed, rect)
        draw_star(ctx, place, rect, hovered=hovered)
        if hovered:
            ctx.model.windows.pointed_seed = seed
        if pressed and imgui.get_drag_drop_payload_py_id() is None:
            go_to_favourite(state, place)
            leave_gallery(state)

    def _draw_header(self, line: Rect, rows: int, ctx: PanelContext) -> None:
        """Draw whose seeds these are, and the buttons that turn, choose by chance and leave."""
        state, px, palette = ctx.state, ctx.host.px, ctx.host.palette
        slot, gallery = front_slot(state), state.gallery
        count = gallery.columns * rows
        last = min(gallery.first + count, SEED_COUNT) - 1
        draw = imgui.get_window_draw_list()
        high = line.y + (line.height - imgui.get_text_line_height()) / 2
        x = line.x
        texts = (
            (LETTERS[slot], ctx.colour(slot), px(8)),
            (ctx.model.label(slot), palette.text, px(16)),
            (f"seeds {gallery.first}–{last}", palette.dim, px(16)),
            (f"psi {state.truncation.psi:.2f}", palette.dim, 0.0),
        )
        side = imgui.get_frame_height()
        buttons = line.right - 4 * side - 3 * px(2)
        buttons -= draw_learning(ctx, buttons - px(8), line)
        for text, colour, after in texts:
            width = imgui.calc_text_size(text).x
            if x + width > buttons - px(8):
                break
            draw.add_text((x, high), u32(colour), text)
            x += width + after
        left = line.right - 4 * side - 3 * px(2)
        imgui.set_cursor_screen_pos((left, line.y + (line.height - side) / 2))
        ui = ctx.ui
        if ui.icon_button(icons.LEFT, "sheet before", tip="The sheet before (Page up)."):
            turn(gallery, -count)
        imgui.same_line(0, px(2))
        if ui.icon_button(icons.RIGHT, "sheet after", tip="The next sheet (Page down)."):
            turn(gallery, count)
        imgui.same_line(0, px(2))
        if ui.icon_button(icons.DICE, "any sheet", tip="A sheet of seeds at random."):
            gallery.first = random.randrange(10_000 // gallery.columns) * gallery.columns
        imgui.same_line(0, px(2))
        if ui.icon_button(icons.CLOSE, "leave gallery", tip="Back to the pictures (Escape)."):
            leave_gallery(state)

    def _follow_seed(self, state: AppState, rows: int) -> None:
        """Turn to the present seed when it has changed to one that is not on the sheet."""
        latent, gallery = state.latent_of(front_slot(state)), state.gallery
        seed, before = seed_at(latent.x, latent.y), self._seen
        self._seen = seed
        if seed == before:
            return
        columns, count = gallery.columns, gallery.columns * rows
        if gallery.first <= seed < gallery.first + count:
            return
        row = seed // columns
        if before is None or abs(seed - before) > count:
            gallery.first = row // rows * rows * columns
        else:
            top = gallery.first // columns
            gallery.first = (row if row < top else row - rows + 1) * columns

    def forget_seed(self) -> None:
        """Turn to the present seed when the gallery is shown the next time."""
        self._seen = None

    @staticmethod
    def _turn_by_wheel(area: Rect, gallery: GalleryState, rows: int) -> None:
        io = imgui.get_io()
        inside = imgui.is_mouse_hovering_rect((area.x, area.y), (area.right, area.bottom))
        if not (io.mouse_wheel and inside and imgui.is_window_hovered()):
            return
        if io.key_ctrl:
            wanted = gallery.columns - (1 if io.mouse_wheel > 0 else -1)
            gallery.columns = round(within(gallery, "columns", wanted))
            gallery.first -= gallery.first % gallery.columns
        else:
            turn(gallery, -round(io.mouse_wheel) * gallery.columns)


def turn(gallery: GalleryState, by: int) -> None:
    """Turn the sheet by a number of seeds."""
    gallery.first = round(within(gallery, "first", gallery.first + by))
    gallery.first -= gallery.first % gallery.columns


def _toggle(state: AppState, _ctx: PanelContext) -> None:
    state.view.show = "side" if state.view.show == "gallery" else "gallery"


def _turn(sheets: int) -> Run:
    def run(state: AppState, ctx: PanelContext) -> None:
        turn(state.gallery, sheets * ctx.model.windows.sheet_rows * state.gallery.columns)

    return run


def _walk(rows: int) -> Run:
    def run(state: AppState, _ctx: PanelContext) -> None:
        latent = state.latent_of(front_slot(state))
        seed = seed_at(latent.x, latent.y) + rows * state.gallery.columns
        go_to_favourite(state, favourite_of_seed(state, min(max(seed, 0), SEED_COUNT - 1)))

    return run


def _no_networks(state: AppState, _ctx: PanelContext) -> str:
    return "" if state.networks else "Open a network first."


def _keep(state: AppState, ctx: PanelContext) -> None:
    kept = keep_or_drop(state, favourite_here(state))
    ctx.model.status.show("Kept as a favourite." if kept else "No favourite any more.")


ACTIONS: tuple[Action, ...] = (
    Action(
        "Gallery of seeds",
        "Show a sheet of seeds of the front network; click one to go there.",
        _toggle,
        menu="View",
        keys=(Chord(imgui.Key.g, "G"),),
        disabled_reason=_no_networks,
        is_on=is_gallery_shown,
    ),
    Action(
        "Leave the gallery",
        "Show the pictures again.",
        lambda state, _ctx: leave_gallery(state),
        keys=(Chord(imgui.Key.escape, "Esc"), Chord(imgui.Key.enter, "Enter")),
        keys_when=is_gallery_shown,
        disabled_reason=no_gallery,
    ),
    *(
        Action(
            name,
            does,
            run,
            keys=(Chord(key, text, repeats=True),),
            keys_when=is_gallery_shown,
            disabled_reason=no_gallery,
        )
        for name, does, run, key, text in (
            (
                "Sheet before",
                "Turn the gallery to the seeds before.",
                _turn(-1),
                imgui.Key.page_up,
                "Page up",
            ),
            (
                "Next sheet",
                "Turn the gallery to the next seeds.",
                _turn(1),
                imgui.Key.page_down,
                "Page down",
            ),
            (
                "Seed above",
                "Go to the seed above in the gallery.",
                _walk(-1),
                imgui.Key.up_arrow,
                "Up",
            ),
            (
                "Seed below",
                "Go to the seed below in the gallery.",
                _walk(1),
                imgui.Key.down_arrow,
                "Down",
            ),
        )
    ),
    Action(
        "Keep as favourite",
        "Keep this place among the favourites, or remove it from them.",
        _keep,
        menu="Edit",
        keys=(Chord(imgui.Key.b, "B"),),
        disabled_reason=_no_networks,
    ),
)
