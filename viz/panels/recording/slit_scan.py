"""Live slit scans of every network: the line on the pictures, and its pixels over time."""

from __future__ import annotations

from typing import TYPE_CHECKING

from imgui_bundle import imgui

from gui_utils.gestures import drag_step
from gui_utils.keyboard_focus import arrow_steps, asks_for_menu, has_focus, is_shown
from gui_utils.labels import DASH
from gui_utils.texture import Texture
from gui_utils.theme import u32
from viz.panels.common import hints, layout
from viz.panels.common.actions import Action, Chord, go_to
from viz.panels.common.controls import slide
from viz.protocol.names import LETTERS
from viz.protocol.slit_scan import COLUMN, ROW, Line

if TYPE_CHECKING:
    import numpy as np

    from viz.panels.common.context import PanelContext
    from viz.panels.common.picture_geometry import Rect
    from viz.state.app_state import AppState
    from viz.state.recording import SlitScanState

K = imgui.Key
CONTROLS_WIDTH = 248
LINE_STEP = 0.02
"""Step of the line by an arrow, in fractions of the picture."""


class SlitScanPanel:
    """One line of every picture, drawn side by side over time."""

    title = layout.SLIT_SCAN

    def __init__(self) -> None:
        self._textures: dict[int, Texture] = {}

    def draw(self, scan: SlitScanState, ctx: PanelContext) -> None:
        """Draw the controls and the scans, and apply the user's changes to `scan`."""
        px = ctx.host.px
        imgui.begin_child("controls", (px(CONTROLS_WIDTH), 0))
        self._draw_controls(scan, ctx)
        imgui.end_child()
        imgui.same_line(0, px(12))
        imgui.begin_child("scans")
        self._draw_scans(ctx)
        imgui.end_child()

    def free(self) -> None:
        """Free the textures."""
        for texture in self._textures.values():
            texture.free()
        self._textures.clear()

    def _draw_controls(self, scan: SlitScanState, ctx: PanelContext) -> None:
        ui = ctx.ui
        ui.label("Scan")
        third = (imgui.get_content_region_avail().x - 2 * ctx.host.px(2)) / 3
        if ui.chip("Running" if scan.on else "Run", scan.on, third):
            scan.on = not scan.on
        ui.tip("Take the line's pixels from every new picture and draw them side by side (S).")
        imgui.same_line(0, ctx.host.px(2))
        if imgui.button("Clear", (third, 0)):
            ctx.model.slit_scans.clear()
        ui.tip("Start again.")
        imgui.same_line(0, ctx.host.px(2))
        with ui.disabled("" if ctx.model.slit_scans.images() else "Nothing has been scanned yet."):
            if imgui.button("Save", (third, 0)):
                ctx.commands.export.slit_scan()
            ui.tip("Save the scans of all networks, with the session, to a PNG under out/.")
        ui.label("Line")
        chosen = "draw" if scan.drawing else _name_of(scan.line)
        for index, (name, text, tip) in enumerate(_LINES):
            if index:
                imgui.same_line(0, ctx.host.px(2))
            if ui.chip(text, chosen == name, third):
                _choose(scan, name)
            ui.tip(tip)
        tip = "Pictures that are kept; when it is full, the oldest go. The figure is over all kept."
        slide(ctx, scan, "length", "Length", tip, low=32, high=960, unit="pictures")

    def _draw_scans(self, ctx: PanelContext) -> None:
        shown = [one for one in ctx.model.slit_scans.images() if one[0] < len(ctx.state.networks)]
        if not shown:
            ctx.ui.dim(
                "Run it and let something move (Space): ridges that move draw waves, texture that "
                "sticks to the pixels draws straight streaks."
            )
            return
        gap, space = ctx.host.px(12), imgui.get_content_region_avail()
        width = (space.x - gap * (len(shown) - 1)) / len(shown)
        line = imgui.get_text_line_height() + ctx.host.px(4)
        start = imgui.get_cursor_screen_pos()
        for index, (slot, image, share) in enumerate(shown):
            left = start.x + index * (width + gap)
            imgui.set_cursor_screen_pos((left, start.y))
            ctx.ui.text(LETTERS[slot], ctx.colour(slot))
            imgui.same_line(0, ctx.host.px(8))
            ctx.ui.text("sticking", ctx.host.palette.dim)
            imgui.same_line(0, ctx.host.px(6))
            with ctx.host.fonts.mono():
                ctx.ui.text(f"{DASH:>5} %" if share is None else f"{100 * share:5.1f} %")
            imgui.set_cursor_screen_pos((left, start.y + line))
            self._draw_image(slot, image, width, space.y - line, ctx)

    def _draw_image(
        self, slot: int, image: np.ndarray, width: float, height: float, ctx: PanelContext
    ) -> None:
        texture = self._textures.setdefault(slot, Texture())
        scans = ctx.model.slit_scans
        whole = scans.whole(slot)
        if whole is not None and (slot in scans.changed or texture.size == (0, 0)):
            texture.update(whole)
            scans.changed.discard(slot)
        imgui.image(texture.ref, (width, max(height, 1)))
        ctx.ui.tip(
            f"{ctx.model.label(slot)}: the line of {image.shape[1]} pictures, the newest at the "
            "right. Sticking: the share of its AC energy at no more than 2 cycles per recording "
            "and at least 1/8 cycle per pixel."
        )


_LINES = (
    ("column", "Column", "The middle column of the pictures."),
    ("row", "Row", "The middle row of the pictures."),
    ("draw", "Draw …", "Then drag on a picture: any line. The scan of it begins at once."),
)


def draw_line(rect: Rect, visible: Rect, scan: SlitScanState, ctx: PanelContext) -> None:
    """Draw the line over a picture on the stage while it is scanned, or being drawn."""
    drawn = scan.drawing and (imgui.is_mouse_down(imgui.MouseButton_.left) or is_shown())
    if not scan.on and not drawn:
        return
    draw, palette = imgui.get_window_draw_list(), ctx.host.palette
    ends = (
        (rect.x + scan.x0 * rect.width, rect.y + scan.y0 * rect.height),
        (rect.x + scan.x1 * rect.width, rect.y + scan.y1 * rect.height),
    )
    draw.push_clip_rect((visible.x, visible.y), (visible.right, visible.bottom), True)
    draw.add_line(*ends, u32(palette.stage, 0.7), ctx.host.px(3))
    draw.add_line(*ends, u32(palette.accent), ctx.host.px(1))
    draw.pop_clip_rect()


def drags_line(rect: Rect, scan: SlitScanState) -> bool:
    """Set the line by a drag on the last drawn picture, if the user has switched this on.

    With the keyboard's focus arrows move it, with Shift its second end, and Enter scans it.

    Returns:
        True if the picture's own gestures must be ignored.
    """
    if not scan.drawing:
        return False
    if imgui.is_item_hovered():
        imgui.set_mouse_cursor(imgui.MouseCursor_.resize_all)
    now = imgui.get_io().mouse_pos
    if imgui.is_item_activated() and not has_focus():
        scan.x0, scan.y0 = scan.x1, scan.y1 = _inside(rect, now.x, now.y)
    elif drag_step():
        scan.x1, scan.y1 = _inside(rect, now.x, now.y)
    _move_by_keys(scan)
    if (imgui.is_item_deactivated() and not has_focus()) or asks_for_menu():
        scan.drawing, scan.on = False, True
    return True


def _move_by_keys(scan: SlitScanState) -> None:
    right, down = arrow_steps()
    x, y = LINE_STEP * right, LINE_STEP * down
    if not imgui.get_io().key_shift:
        scan.x0, scan.y0 = min(max(scan.x0 + x, 0.0), 1.0), min(max(scan.y0 + y, 0.0), 1.0)
    scan.x1, scan.y1 = min(max(scan.x1 + x, 0.0), 1.0), min(max(scan.y1 + y, 0.0), 1.0)


def _inside(rect: Rect, x: float, y: float) -> tuple[float, float]:
    """Convert a position in the window to fractions of a picture."""
    across, down = (x - rect.x) / rect.width, (y - rect.y) / rect.height
    return min(max(across, 0.0), 1.0), min(max(down, 0.0), 1.0)


def _name_of(line: Line) -> str:
    return {COLUMN: "column", ROW: "row"}.get(line, "draw")


def _choose(scan: SlitScanState, name: str) -> None:
    scan.drawing = name == "draw" and not scan.drawing
    if name != "draw":
        scan.x0, scan.y0, scan.x1, scan.y1 = COLUMN if name == "column" else ROW


def _toggle(state: AppState, ctx: PanelContext) -> None:
    state.slit_scan.on = not state.slit_scan.on
    if state.slit_scan.on:
        imgui.set_window_focus(layout.SLIT_SCAN)
        hints.done(state.view, "slit scan")


def _draw_new(state: AppState, ctx: PanelContext) -> None:
    state.slit_scan.drawing = True
    ctx.model.status.show(
        "Drag on a picture: the line that is scanned.", holds=lambda: state.slit_scan.drawing
    )


ACTIONS: tuple[Action, ...] = (
    Action(
        "Slit scan",
        "One line of every picture, side by side: what sticks to the pixels draws streaks.",
        _toggle,
        menu="Record",
        keys=(Chord(K.s, "S"),),
        is_on=lambda state: state.slit_scan.on,
        starts_group=True,
    ),
    Action(
        "Draw the line of the slit scan",
        "Then drag on a picture; the scan of that line begins at once.",
        _draw_new,
        menu="Record",
    ),
    Action(
        "Save slit scan",
        "Save the scans of all networks, with the session, to a PNG under out/.",
        lambda _state, ctx: ctx.commands.export.slit_scan(),
        menu="Record",
    ),
    go_to(layout.SLIT_SCAN),
)
