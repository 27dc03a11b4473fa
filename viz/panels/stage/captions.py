"""Texts around a picture on the stage: title, what to see, measurements, pixel values."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from imgui_bundle import imgui

from gui_utils.colour_scale import colour_scale
from gui_utils.labels import DASH, number_text, shortened
from gui_utils.theme import u32
from viz.model.comparison import FROZEN, Cell
from viz.protocol.differences import mean_db
from viz.protocol.names import KIND_NAMES, LETTERS
from viz.state.app_state import ViewState

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from viz.model.pictures import Picture
    from viz.panels.common.context import PanelContext
    from viz.panels.common.picture_geometry import Rect
    from viz.protocol.result import NetworkResult

Place = tuple[float, float]
"""A position in fractions of a picture's width and height, from its upper left corner."""


def pixel_at(place: Place, picture: NDArray[Any]) -> tuple[int, int]:
    """Return (column, row) of the pixel at a position in a picture."""
    height, width = picture.shape[:2]
    return min(int(place[0] * width), width - 1), min(int(place[1] * height), height - 1)


def draw_title(cell: Cell, rect: Rect, line: float, ctx: PanelContext) -> None:
    """Draw letter and name on the left, kind and size on the right, above the picture."""
    palette, draw = ctx.host.palette, imgui.get_window_draw_list()
    y = rect.y - ctx.host.px(line)
    if cell.kind in ("picture", "atlas"):
        _draw_name(cell.slot, rect.x, rect.right, y, ctx)
        return
    if cell.kind == "split":
        middle = rect.centre[0]
        _draw_name(cell.slot, rect.x, middle - ctx.host.px(8), y, ctx)
        _draw_name(cell.other, middle + ctx.host.px(8), rect.right, y, ctx)
        return
    x = rect.x
    with ctx.host.fonts.heading():
        for text, colour in (
            (LETTERS[cell.slot], ctx.colour(cell.slot)),
            (" − ", palette.text),
            ("frozen", palette.text)
            if cell.other == FROZEN
            else (LETTERS[cell.other], ctx.colour(cell.other)),
        ):
            draw.add_text((x, y), u32(colour), text)
            x += imgui.calc_text_size(text).x


def _draw_name(slot: int, left: float, right: float, y: float, ctx: PanelContext) -> None:
    palette, draw = ctx.host.palette, imgui.get_window_draw_list()
    summary = ctx.model.summary_of(slot)
    kind = KIND_NAMES.get(summary.kind, summary.kind) if summary else ""
    whole = f"{kind} · {summary.size_text}" if summary else ""
    if ctx.state.networks[slot].own is not None:
        whole, kind = f"unlocked · {whole}", f"unlocked · {kind}"
    widths = {text: imgui.calc_text_size(text).x for text in (whole, kind)}
    with ctx.host.fonts.heading():
        draw.add_text((left, y), u32(ctx.colour(slot)), LETTERS[slot])
        after, name = left + ctx.host.px(18), ctx.model.label(slot)
        room = right - after
        free = room - imgui.calc_text_size(name).x - ctx.host.px(12)
        # If there is no room for both, the name is left out.
        facts = next((text for text in (whole, kind) if widths[text] <= free), "")
        fitting = shortened(name, room, lambda text: imgui.calc_text_size(text).x)
        draw.add_text((after, y), u32(palette.text), fitting)
    draw.add_text((right - widths.get(facts, 0.0), y), u32(palette.dim), facts)


def draw_note(text: str, rect: Rect, ctx: PanelContext) -> None:
    """Draw the line below a picture that says what to see in it."""
    fitting = shortened(text, rect.width, lambda one: imgui.calc_text_size(one).x)
    where = (rect.x, rect.bottom + ctx.host.px(6))
    imgui.get_window_draw_list().add_text(where, u32(ctx.host.palette.text), fitting)


def draw_caption(
    slot: int,
    rect: Rect,
    result: NetworkResult | None,
    picture: Picture | None,
    zoom: float | None,
    pointed: Place | None,
    ctx: PanelContext,
) -> None:
    """Draw EQ-T, and the pixel under the pointer or the enlargement; or the error.

    Args:
        slot: Slot of the network.
        rect: Rectangle of the picture, and of the note below it if it has one.
        result: The newest result.
        picture: The shown picture; None if there is none.
        zoom: Screen pixels per pixel of the picture; None without a picture.
        pointed: Position under the pointer, in this picture or another.
        ctx: Model, commands and widgets.
    """
    palette, draw = ctx.host.palette, imgui.get_window_draw_list()
    y = rect.bottom + ctx.host.px(6)
    if zoom is None:
        return
    if result is not None and result.error:
        with ctx.host.fonts.small():
            text = shortened(result.error, rect.width, lambda one: imgui.calc_text_size(one).x)
            draw.add_text((rect.x, y), u32(palette.error), text)
        return
    known = result is not None and result.picture is not None
    took = result.mapping_ms + result.synthesis_ms if result is not None and known else None
    live = ctx.model.live_eq_of(slot) if known else None
    eq = eq_text(live.db if live is not None else None)
    figure = f"EQ-T {eq} dB"
    lefts = (f"{figure}  {time_text(took)}", figure, f"{eq.strip()} dB")
    if result is not None and result.quality == "draft":
        lefts = (f"{DRAFT:<{len(figure)}}  {time_text(took)}", DRAFT, DRAFT)
    moved = ctx.model.moved.of(slot)
    if moved is not None:
        lefts = (f"Moved, {eq_text(moved.db)} dB", "Moved", "Moved")
    if pointed is not None and picture is not None:
        rights = pixel_texts(pointed, picture)
        _ends(
            rect, y, [*((left, right) for right in rights for left in lefts), ("", rights[-1])], ctx
        )
    else:
        enlarged = f"{number_text(zoom, 1)}×"
        _ends(rect, y, [(left, right) for left in lefts for right in (enlarged, "")], ctx)
    imgui.set_cursor_screen_pos((rect.x, y))
    imgui.dummy((rect.width, imgui.get_text_line_height()))
    ctx.ui.tip(_EQ_TIP)


def pixel_texts(place: Place, picture: Picture) -> tuple[str, str, str]:
    """Format the pixel at a place, in a fixed width: in full, and ever shorter."""
    column, row = pixel_at(place, picture)
    red, green, blue, alpha = (int(part) for part in picture[row, column])
    colours = f"{red:3d} {green:3d} {blue:3d}" if alpha else DASH.center(11)
    at = f"({column:3d}, {row:3d})"
    return f"{at} px  {colours}", f"{at}  {colours}", colours


DRAFT = "Draft"

_EQ_TIP = (
    "EQ-T: how exactly this picture follows shifts of the input by whole pixels, in dB, over the "
    "last few shifts; measured in the background, in fp32. A dash while unknown, or if a picture "
    'takes over a second. "Draft": a thin copy of the network has drawn it, quickly and less '
    'exactly, until you rest. "Moved": the last picture follows your drag, as exactly as the '
    "network's own equivariance in dB says. Then the time per picture, and its enlargement."
)


def time_text(milliseconds: float | None) -> str:
    """Format a render time in a fixed width; from ten seconds on in seconds."""
    if milliseconds is not None and milliseconds >= 9999.95:
        return f"{number_text(milliseconds / 1e3, 1, 6)} s "
    return f"{number_text(milliseconds, 1, 6)} ms"


def eq_text(db: float | None) -> str:
    """Format decibels in a fixed width; infinite if there is no difference at all."""
    return "∞".rjust(5) if db == float("inf") else number_text(db, 1, 5)


def draw_difference(
    rect: Rect,
    level: NDArray[np.float32] | None,
    pointed: Place | None,
    view: ViewState,
    ctx: PanelContext,
) -> None:
    """Draw the mean difference, the difference under the pointer, and the colour scale below."""
    y = rect.bottom + ctx.host.px(6)
    mean = mean_db(level) if level is not None else None
    here = ""
    if pointed is not None and level is not None:
        column, row = pixel_at(pointed, level)
        value = float(level[row, column])
        here = f"here {number_text(value if np.isfinite(value) else None, 1, 6)} dB"
    average = number_text(mean, 1, 6)
    lefts = (f"Mean {average} dB", f"{average.strip()} dB")
    _ends(rect, y, [(left, right) for left in lefts for right in (here, "")], ctx)
    imgui.set_cursor_screen_pos((rect.x, y + ctx.host.px(20)))
    imgui.begin_child("scale", (rect.width, ctx.host.px(32)))
    low, high = colour_scale(
        ctx.ui,
        "difference",
        (view.difference_low_db, view.difference_high_db),
        "magma",
        default=(ViewState().difference_low_db, ViewState().difference_high_db),
        unit="dB",
        decimals=0,
        tip="Difference of the colours at each pixel; 0 dB is black against white, one level of "
        "255 is -48 dB.",
    )
    imgui.end_child()
    view.difference_low_db, view.difference_high_db = max(low, -120.0), min(high, 0.0)


def _ends(rect: Rect, y: float, pairs: Sequence[tuple[str, str]], ctx: PanelContext) -> None:
    """Draw dim numbers at both ends of a line below a picture: the first pair that fits."""
    palette, draw = ctx.host.palette, imgui.get_window_draw_list()
    with ctx.host.fonts.mono():
        for left, right in pairs:
            width = imgui.calc_text_size(right).x
            gap = imgui.calc_text_size("  ").x if left and right else 0.0
            if imgui.calc_text_size(left).x + gap + width <= rect.width:
                draw.add_text((rect.x, y), u32(palette.dim), left)
                draw.add_text((rect.right - width, y), u32(palette.dim), right)
                return
