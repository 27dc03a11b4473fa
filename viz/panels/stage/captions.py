"""Texts around a picture on the stage: title, measurements, pixel values, magnifier."""

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
    from viz.panels.stage.pictures import PictureTextures
    from viz.protocol.result import NetworkResult

Place = tuple[float, float]
"""A position in fractions of a picture's width and height, from its upper left corner."""

LOUPE_PX = 9
"""Width of the magnifier in pixels; odd, so that the pixel under the pointer is in the middle."""
LOUPE_SIDE = 108


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
    whole = f"{kind} · {summary.resolution}²" if summary else ""
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


def draw_caption(
    slot: int,
    rect: Rect,
    result: NetworkResult | None,
    picture: Picture | None,
    zoom: float | None,
    pointed: Place | None,
    ctx: PanelContext,
) -> None:
    """Draw the pixel under the pointer, else EQ-T, render time and enlargement, or the error.

    Args:
        slot: Slot of the network.
        rect: Rectangle of the picture.
        result: The newest result.
        picture: The shown picture; None if there is none.
        zoom: Screen pixels per pixel of the picture; None without a picture.
        pointed: Position under the pointer, in this picture or another.
        ctx: Model, commands and widgets.
    """
    palette, draw = ctx.host.palette, imgui.get_window_draw_list()
    y = rect.bottom + ctx.host.px(6)
    if result is not None and result.error and zoom is not None:
        with ctx.host.fonts.small():
            text = shortened(result.error, rect.width, lambda one: imgui.calc_text_size(one).x)
            draw.add_text((rect.x, y), u32(palette.error), text)
        return
    if pointed is not None and picture is not None:
        column, row = pixel_at(pointed, picture)
        red, green, blue, alpha = (int(part) for part in picture[row, column])
        colours = f"{red:3d} {green:3d} {blue:3d}" if alpha else DASH.center(11)
        place = f"({column:3d}, {row:3d})"
        _ends(rect, y, (f"{place} px", place), colours, ctx)
        return
    if zoom is None:
        return
    known = result is not None and result.picture is not None
    took = result.mapping_ms + result.synthesis_ms if result is not None and known else None
    live = ctx.model.live_eq_of(slot) if known else None
    eq = eq_text(live.db if live is not None else None)
    live_figure = f"EQ-T {eq} dB"
    lefts = (f"{live_figure}  {time_text(took)}", live_figure, f"{eq.strip()} dB")
    _ends(rect, y, lefts, f"{number_text(zoom, 1)}×", ctx)
    imgui.set_cursor_screen_pos((rect.x, y))
    imgui.dummy((rect.width, imgui.get_text_line_height()))
    ctx.ui.tip(_EQ_TIP)


_EQ_TIP = (
    "EQ-T: how exactly this picture follows shifts of the input by whole pixels, in dB, over the "
    "last few shifts; measured in the background, in fp32. A dash while unknown, or if a picture "
    "takes over a second. Then the time per picture, and its enlargement."
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
    _ends(rect, y, (f"mean {average} dB", f"{average.strip()} dB"), here, ctx)
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


def draw_magnifier(
    textures: PictureTextures,
    cell: Cell,
    picture: Picture,
    rect: Rect,
    whole: Rect,
    pointed: Place,
    ctx: PanelContext,
) -> None:
    """Draw the pixels around the pointer enlarged, in the corner of the picture away from it.

    `rect` is the visible part of the picture, `whole` the whole picture.
    """
    side, margin = ctx.host.px(LOUPE_SIDE), ctx.host.px(8)
    if rect.width < 2 * side or rect.height < side + 2 * margin:
        return
    column, row = pixel_at(pointed, picture)
    reach = LOUPE_PX // 2
    around = np.zeros((LOUPE_PX, LOUPE_PX, 4), np.uint8)
    height, width = picture.shape[:2]
    top, left = max(row - reach, 0), max(column - reach, 0)
    inside = picture[top : min(row + reach + 1, height), left : min(column + reach + 1, width)]
    y, x = top - (row - reach), left - (column - reach)
    around[y : y + inside.shape[0], x : x + inside.shape[1]] = inside
    texture = textures.texture(f"loupe {cell.key}", around, side, smooth=False)
    palette, draw = ctx.host.palette, imgui.get_window_draw_list()
    at_left = whole.x + pointed[0] * whole.width > rect.centre[0]
    corner_x = rect.x + margin if at_left else rect.right - margin - side
    corner_y = rect.y + margin
    end = (corner_x + side, corner_y + side)
    draw.add_rect_filled((corner_x, corner_y), end, u32(palette.stage))
    draw.add_image(texture.ref, (corner_x, corner_y), end)
    pixel = side / LOUPE_PX
    draw.add_rect(
        (corner_x + reach * pixel, corner_y + reach * pixel),
        (corner_x + (reach + 1) * pixel, corner_y + (reach + 1) * pixel),
        u32(palette.accent),
        thickness=ctx.host.px(2),
    )
    draw.add_rect((corner_x, corner_y), end, u32(palette.line))


def _ends(rect: Rect, y: float, lefts: Sequence[str], right: str, ctx: PanelContext) -> None:
    """Draw dim numbers at both ends of the line below a picture.

    The left one is the first of `lefts` that fits; the right one is drawn if there is still room.
    """
    palette, draw = ctx.host.palette, imgui.get_window_draw_list()
    with ctx.host.fonts.mono():
        fitting = (text for text in lefts if imgui.calc_text_size(text).x <= rect.width)
        left = next(fitting, "")
        draw.add_text((rect.x, y), u32(palette.dim), left)
        width = imgui.calc_text_size(right).x
        if imgui.calc_text_size(f"{left}  ").x + width > rect.width:
            return
        draw.add_text((rect.right - width, y), u32(palette.dim), right)
