"""The card of a network: what it is, what it learned from, how well; shown at its name."""

from __future__ import annotations

from typing import TYPE_CHECKING

from imgui_bundle import imgui

from gui_utils.labels import shortened

if TYPE_CHECKING:
    from viz.panels.common.context import PanelContext

WIDTH = 360
"""Width of the card, in pixels at a scale of 1."""


def draw_card(slot: int, ctx: PanelContext) -> None:
    """Draw the card of a slot's network while the pointer rests on the item drawn last."""
    if not imgui.is_item_hovered(imgui.HoveredFlags_.for_tooltip):
        return
    summary = ctx.model.summary_of(slot)
    width = ctx.host.px(WIDTH)
    imgui.set_next_window_size_constraints((width, 0), (width, 1e6))
    imgui.begin_tooltip()
    room = imgui.get_content_region_avail().x
    with ctx.host.fonts.heading():
        label = shortened(ctx.model.label(slot), room, lambda text: imgui.calc_text_size(text).x)
        ctx.ui.text(label, ctx.colour(slot))
    if summary is None:
        ctx.ui.dim("Not read yet.")
    for name, text in summary.facts if summary is not None else ():
        ctx.ui.paragraph_row(name, text)
    imgui.end_tooltip()
