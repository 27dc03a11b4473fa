"""Sliders along directions of w, principal or of the styles, each with a range of layers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from imgui_bundle import imgui

from gui_utils import icons
from viz.panels.common import controls
from viz.panels.inputs.style_mixing import layer_count
from viz.state.inputs import MAX_DIRECTIONS, DirectionState
from viz.state.paths import drop_item
from viz.state.ranges import limits

if TYPE_CHECKING:
    from collections.abc import Sequence

    from viz.panels.common.context import PanelContext
    from viz.protocol.request import DirectionSource


class DirectionsPanel:
    """Sliders along directions in w."""

    title = "Directions"

    def draw(self, directions: list[DirectionState], ctx: PanelContext) -> None:
        """Draw one block for each direction, and the controls that add one."""
        for index, direction in enumerate(list(directions)):
            imgui.push_id(index)
            if self._draw_one(direction, ctx):
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

    def _draw_one(self, direction: DirectionState, ctx: PanelContext) -> bool:
        """Draw one direction; return True if it should be removed."""
        ui, side = ctx.ui, imgui.get_frame_height()
        gap = ctx.host.px(2)
        imgui.set_next_item_width(imgui.get_content_region_avail().x - side - gap)
        kind = "Style direction" if direction.source == "styles" else "Direction"
        placeholder = f"{kind} {direction.component + 1}"
        if direction.given is not None:
            placeholder = direction.given.name
        changed, name = imgui.input_text_with_hint("##name", placeholder, direction.name)
        if changed:
            direction.name = name[:40]
        ui.tip("What this direction does; click to name it.")
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


def _free(directions: Sequence[DirectionState], source: DirectionSource) -> int:
    """The first component of a source that is not among the directions."""
    taken = {one.component for one in directions if one.given is None and one.source == source}
    return next(number for number in range(len(taken) + 1) if number not in taken)
