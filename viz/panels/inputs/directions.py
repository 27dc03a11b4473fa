"""Sliders along directions of w, principal or of the styles, each with a range of layers."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from imgui_bundle import imgui

from gui_utils import icons
from viz.panels.common import controls
from viz.panels.common.picture_geometry import Rect
from viz.panels.common.places import paint_frame, paint_number
from viz.panels.inputs.style_mixing import layer_count
from viz.state.inputs import MAX_DIRECTIONS, DirectionState
from viz.state.paths import drop_item
from viz.state.ranges import limits
from viz.state.to_thumbnails import along_direction, thumbnail_of_place

if TYPE_CHECKING:
    from collections.abc import Sequence

    from viz.panels.common.context import PanelContext
    from viz.protocol.request import DirectionSource


STRIP = (-4.0, -2.0, 0.0, 2.0, 4.0)
"""Places along a direction that are shown, in deviations."""
LEARNING = (
    "Point at pictures with more of something and press . (full stop), at those with less and "
    "press , (comma); then Learn direction, above them."
)


class DirectionsPanel:
    """Sliders along directions in w."""

    title = "Directions"

    def draw(self, directions: list[DirectionState], ctx: PanelContext) -> None:
        """Draw one block for each direction, and the controls that add one."""
        for index, direction in enumerate(list(directions)):
            imgui.push_id(index)
            if self._draw_one(index, direction, ctx):
                drop_item(ctx.state, "directions", index)
            imgui.pop_id()
        full = len(directions) >= MAX_DIRECTIONS
        with ctx.ui.disabled(f"{MAX_DIRECTIONS} directions at most." if full else ""):
            width = imgui.get_content_region_avail().x
            if imgui.button(f"{icons.PLUS}  Add direction", (width, 0)):
                directions.append(DirectionState(component=_free(directions, "principal")))
            ctx.ui.tip(
                "The next principal direction of W: along the first ones a network's w differ most."
            )
            if imgui.button(f"{icons.PLUS}  Add style direction", (width, 0)):
                free = _free(directions, "styles")
                directions.append(DirectionState(component=free, source="styles"))
            ctx.ui.tip(
                "The next of the directions that change the styles of its layers most, told by the "
                "weights alone (SeFa)."
            )
        if imgui.button(f"{icons.SHEET}  Learn from choices", (width, 0)):
            ctx.state.view.show = "gallery"
            ctx.model.status.show(LEARNING)
        ctx.ui.tip(
            "Mark pictures of the gallery with more (.) and with less (,) of something: the "
            "direction from one kind to the other is learned."
        )

    def _draw_one(self, index: int, direction: DirectionState, ctx: PanelContext) -> bool:
        """Draw one direction; return True if it should be removed."""
        ui, side = ctx.ui, imgui.get_frame_height()
        gap = ctx.host.px(2)
        imgui.set_next_item_width(imgui.get_content_region_avail().x - 2 * (side + gap))
        kind = "Style direction" if direction.source == "styles" else "Direction"
        placeholder = f"{kind} {direction.component + 1}"
        if direction.given is not None:
            placeholder = direction.given.name
        changed, name = imgui.input_text_with_hint("##name", placeholder, direction.name)
        if changed:
            direction.name = name[:40]
        ui.tip("What this direction does; click to name it.")
        imgui.same_line(0, gap)
        if ui.icon_button(icons.MORE, "more", tip="Order, what it has in common, file."):
            imgui.open_popup("direction menu")
        if imgui.begin_popup("direction menu"):
            _draw_menu(index, direction, ctx)
            imgui.end_popup()
        imgui.same_line(0, gap)
        gone = ui.icon_button(icons.CLOSE, "remove", tip="Remove this direction.")
        controls.slide(
            ctx,
            direction,
            "amount",
            "Amount",
            "How far along it, in deviations of each network's w along this direction.",
            low=-4.0,
            high=4.0,
            unit="σ",
            origin=0.0,
        )
        self._draw_strip(index, direction, ctx)
        most = max(layer_count(ctx), 1)
        first = ui.whole_slider(
            "From layer",
            min(direction.first_layer, most - 1),
            0,
            most - 1,
            default=0,
            text=f"{direction.first_layer}",
            tip="The first layer, from the coarsest, that is moved.",
            menu=controls.menu_of(ctx, direction, "first_layer"),
        )
        last = ui.whole_slider(
            "To layer",
            min(direction.last_layer, most - 1),
            0,
            most - 1,
            default=most - 1,
            text="last" if direction.last_layer >= most - 1 else f"{direction.last_layer}",
            tip="The last layer that is moved.",
            menu=controls.menu_of(ctx, direction, "last_layer"),
        )
        if first != min(direction.first_layer, most - 1):
            direction.first_layer = first
        if last != min(direction.last_layer, most - 1):
            direction.last_layer = (
                last if last < most - 1 else int(limits(direction, "last_layer")[1])
            )
        imgui.spacing()
        return gone

    @staticmethod
    def _draw_strip(index: int, direction: DirectionState, ctx: PanelContext) -> None:
        """Draw the present picture at five places along the direction; a click goes to one."""
        here = thumbnail_of_place(ctx.state)
        if here is None:
            return
        gap = ctx.host.px(2)
        width = imgui.get_content_region_avail().x
        side = math.floor((width - gap * (len(STRIP) - 1)) / len(STRIP))
        for number, amount in enumerate(STRIP):
            if number:
                imgui.same_line(0, gap)
            corner = imgui.get_cursor_screen_pos()
            pressed = imgui.invisible_button(
                f"at {amount}", (side, side), imgui.ButtonFlags_.enable_nav
            )
            rect = Rect(corner.x, corner.y, side, side).on_pixels
            variant = 1 + index * len(STRIP) + number
            ctx.draw_thumbnail(along_direction(ctx.state, here, index, amount, variant), rect)
            paint_number(ctx, rect, "0" if not amount else f"{amount:+.0f}".replace("-", "−"))
            chosen = abs(direction.amount - amount) < 0.05
            paint_frame(ctx, rect, chosen=chosen, hovered=imgui.is_item_hovered())
            ctx.ui.tip(f"This picture at {amount:+.0f} σ along it; click to go there.")
            if pressed:
                direction.amount = amount


def _draw_menu(index: int, direction: DirectionState, ctx: PanelContext) -> None:
    """Draw the entries of a direction's menu."""
    directions, ui = ctx.state.directions, ctx.ui
    for name, by in (("Move up", -1), ("Move down", 1)):
        other = index + by
        if imgui.menu_item(name, "", False, 0 <= other < len(directions))[0]:
            directions[index], directions[other] = directions[other], directions[index]
    is_first = index == 0
    clicked, apart = imgui.menu_item(
        "Apart from those above", "", direction.apart and not is_first, not is_first
    )
    ui.tip("Without what it has in common with the directions above it.", even_disabled=True)
    if clicked:
        direction.apart = apart
    imgui.separator()
    given = direction.given
    if imgui.menu_item("Save to a file", "", False, given is not None)[0] and given is not None:
        ctx.commands.export.direction(given)
    ui.tip(
        "As a NumPy archive, to be opened here or elsewhere."
        if given is not None
        else "The network's own directions need no file: their number says it all.",
        even_disabled=True,
    )


def _free(directions: Sequence[DirectionState], source: DirectionSource) -> int:
    """The first component of a source that is not among the directions."""
    taken = {one.component for one in directions if one.given is None and one.source == source}
    return next(number for number in range(len(taken) + 1) if number not in taken)
