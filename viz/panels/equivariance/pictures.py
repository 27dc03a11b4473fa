"""Side by side: the transformed output, the output of the transformed input, their difference."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np
from imgui_bundle import imgui

from gui_utils.colormaps import ColormapName, colourise
from gui_utils.gestures import drag_step
from gui_utils.keyboard_focus import arrow_steps, has_focus
from gui_utils.labels import number_text
from gui_utils.resample import for_display
from gui_utils.texture import Texture
from gui_utils.theme import Palette, u32
from viz.panels.common.context import PanelContext, within
from viz.panels.common.picture_geometry import is_smooth
from viz.state.instruments import EquivarianceState

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from viz.protocol.equivariance import EquivarianceView

TITLES = ("Output moved", "Input moved", "Difference")
SHORT_TITLES = ("Output", "Input", "Diff")
"""Titles of pictures that are too small for those."""
TIPS = (
    "The picture without a transform, transformed afterwards.",
    "The picture drawn from the transformed input.",
    "Difference of the two at each pixel, in dB: 0 dB is the whole range.",
)
DEVIATIONS_SHOWN = 3.0


class EquivariancePictures:
    """The three pictures and their textures."""

    GAP = 4
    """Space between them, at a scale of 1."""

    def __init__(self) -> None:
        self._textures: list[Texture] = []
        self._shown: tuple[EquivarianceView, float, float, float, bool, Palette] | None = None

    def free(self) -> None:
        """Free the textures."""
        for texture in self._textures:
            texture.free()
        self._textures, self._shown = [], None

    def draw(
        self,
        view: EquivarianceView | None,
        state: EquivarianceState,
        ctx: PanelContext,
        side: float | None = None,
    ) -> None:
        """Draw the pictures beside each other; dragging one sets the size of the transform.

        Without a `side` they are as wide as the panel.
        """
        gap = ctx.host.px(self.GAP)
        if side is None:
            side = float(int((imgui.get_content_region_avail().x - 2 * gap) / 3))
        if view is not None:
            self._update(view, state.low_db, state.high_db, side, ctx)
        left, top = imgui.get_cursor_pos()
        with ctx.host.fonts.small():
            fit = all(imgui.calc_text_size(title).x <= side for title in TITLES)
        for index, title in enumerate(TITLES if fit else SHORT_TITLES):
            imgui.set_cursor_pos((left + index * (side + gap), top))
            imgui.begin_group()
            with ctx.host.fonts.small():
                ctx.ui.text(title, ctx.host.palette.dim)
            self._draw_one(index, side, view, state, ctx)
            imgui.end_group()

    def _draw_one(
        self,
        index: int,
        side: float,
        view: EquivarianceView | None,
        state: EquivarianceState,
        ctx: PanelContext,
    ) -> None:
        corner = imgui.get_cursor_screen_pos()
        height = side
        if view is not None:
            rows, columns = view.error_db.shape
            height = max(1.0, round(side * rows / columns))
        end = (corner.x + side, corner.y + height)
        reachable = imgui.ButtonFlags_.enable_nav
        imgui.invisible_button(f"##{TITLES[index]}", (side, height), reachable)
        draw = imgui.get_window_draw_list()
        draw.add_rect_filled(corner, end, u32(ctx.host.palette.stage))
        if view is not None:
            draw.add_image(self._textures[index].ref, corner, end)
        if has_focus():
            _move_by_keys(state)
        else:
            self._take_drag((corner.x + side / 2, corner.y + height / 2), side, state)
        ctx.ui.tip(f"{self._pointed(index, corner, side, view)}{TIPS[index]}\n\n{_GESTURE}")

    @staticmethod
    def _pointed(
        index: int, corner: imgui.ImVec2, side: float, view: EquivarianceView | None
    ) -> str:
        """Return the first line of the tooltip: the values under the pointer."""
        if view is None or not imgui.is_item_hovered():
            return ""
        height, width = view.error_db.shape
        pointer = imgui.get_mouse_pos()
        column = min(max(int((pointer.x - corner.x) / side * width), 0), width - 1)
        row = min(max(int((pointer.y - corner.y) / side * width), 0), height - 1)
        if np.isnan(view.error_db[row, column]):
            return f"({column}, {row}) px   not compared\n"
        if index == 2:
            return f"({column}, {row}) px   {view.error_db[row, column]:.1f} dB\n"
        value = (view.expected, view.moved)[index][row, column]
        if value.ndim:
            return f"({column}, {row}) px   {value[0]} {value[1]} {value[2]}\n"
        return f"({column}, {row}) px   {value:+.3f}\n"

    @staticmethod
    def _take_drag(centre: tuple[float, float], side: float, state: EquivarianceState) -> None:
        step = drag_step()
        if step is not None and state.kind == "rotation":
            pointer = imgui.get_mouse_pos()
            across, down = pointer.x - centre[0], pointer.y - centre[1]
            before = math.atan2(step[1] - down, across - step[0])
            turned = state.angle_rad + math.atan2(-down, across) - before
            state.angle_rad = math.remainder(turned, 2 * math.pi)
        elif step is not None:
            state.x = within(state, "x", state.x + step[0] / side)
            state.y = within(state, "y", state.y + step[1] / side)
        if imgui.is_item_hovered() and imgui.is_mouse_double_clicked(imgui.MouseButton_.left):
            fresh = EquivarianceState()
            state.x, state.y, state.angle_rad = fresh.x, fresh.y, fresh.angle_rad

    def _update(
        self,
        view: EquivarianceView,
        low_db: float,
        high_db: float,
        side: float,
        ctx: PanelContext,
    ) -> None:
        # A channel of a layer is samples, a picture is what they stand for.
        smooth = view.expected.ndim == 3 and is_smooth(
            ctx.state.view, side / view.expected.shape[1], zoom=1
        )
        shown = (view, low_db, high_db, side, smooth, ctx.host.palette)
        if self._shown is not None and self._shown[0] is view and self._shown[1:] == shown[1:]:
            return
        self._shown = shown
        while len(self._textures) < len(TITLES):
            self._textures.append(Texture())
        span = max(DEVIATIONS_SHOWN * view.deviation, 1e-12)
        pictures = (
            _picture(view.expected, span),
            _picture(view.moved, span),
            _coloured(view.error_db, low_db, high_db, "magma"),
        )
        for texture, picture in zip(self._textures, pictures, strict=True):
            texture.update(for_display(picture, side, smooth=smooth))


def draw_figures(view: EquivarianceView | None, room: float, ctx: PanelContext) -> None:
    """Draw the PSNR, the part of the picture that it covers, and the time, as far as they fit."""
    end = imgui.get_cursor_pos_x() + room
    palette, layer = ctx.host.palette, view is not None and bool(view.asked.layer)
    psnr = view.psnr_db if view is not None else None
    share = 100 * view.valid_share if view is not None else None
    took = view.took_ms if view is not None else None
    exact = psnr is not None and math.isinf(psnr)
    for name, value, unit, tip in (
        (
            "PSNR",
            "  ∞  " if exact else number_text(psnr, 1, 5),
            "dB",
            "PSNR of the difference, over the compared pixels; the peak is "
            + ("four deviations of the channel." if layer else "the picture's range, −1 to 1."),
        ),
        (
            "Compared",
            number_text(share, 0, 3),
            "%",
            "Share of the pixels that are compared: those whose whole filter lies inside both "
            "pictures.",
        ),
        (
            "Took",
            number_text(took, 0, 4),
            "ms",
            "Time for both pictures and the comparison, in float32.",
        ),
    ):
        with ctx.host.fonts.mono():
            figure_width = imgui.calc_text_size(f"{value} {unit}").x
        width = imgui.calc_text_size(name).x + ctx.host.px(4) + figure_width
        if imgui.get_cursor_pos_x() + width > end:
            break
        ctx.ui.text(name, palette.dim)
        ctx.ui.tip(tip)
        imgui.same_line(0, ctx.host.px(4))
        with ctx.host.fonts.mono():
            imgui.text_unformatted(f"{value} {unit}")
        ctx.ui.tip(tip)
        imgui.same_line(0, ctx.host.px(12))
    imgui.new_line()


_GESTURE = (
    "Drag to set the size of the transform; double click resets. With the focus, arrows set it."
)
KEY_STEP, KEY_TURN_RAD = 0.01, math.radians(1.0)
"""Steps of the transform by an arrow: in widths of the picture, and its turn."""


def _move_by_keys(state: EquivarianceState) -> None:
    right, down = arrow_steps()
    if state.kind == "rotation":
        turned = state.angle_rad - KEY_TURN_RAD * (right + down)
        state.angle_rad = math.remainder(turned, 2 * math.pi)
    else:
        state.x = within(state, "x", state.x + KEY_STEP * right)
        state.y = within(state, "y", state.y + KEY_STEP * down)


def _picture(values: NDArray[Any], span: float) -> NDArray[np.uint8]:
    if values.ndim == 3:
        return values.astype(np.uint8, copy=False)
    return _coloured(values, -span, span, "diverging")


def _coloured(
    values: NDArray[Any], low: float, high: float, name: ColormapName
) -> NDArray[np.uint8]:
    """Colour a difference: [height, width, 4], transparent where a value is not a number."""
    pixels = np.zeros((*values.shape, 4), np.uint8)
    pixels[..., :3] = colourise(values, low, high, name)
    pixels[..., 3] = np.where(np.isnan(values), 0, 255)
    return pixels
