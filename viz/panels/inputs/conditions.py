"""Controls for the class of conditional networks and for StyleGAN2's per-pixel noise."""

from __future__ import annotations

from typing import TYPE_CHECKING

from imgui_bundle import imgui

from gui_utils import icons
from gui_utils.labels import shortened
from viz.panels.common import controls

if TYPE_CHECKING:
    from viz.panels.common.context import PanelContext
    from viz.protocol.result import NetworkSummary
    from viz.state.inputs import LatentState


def draw_conditions(latent: LatentState, ctx: PanelContext) -> None:
    """Draw only the controls that the loaded networks can use."""
    summaries = [
        summary
        for slot in range(len(ctx.state.networks))
        if (summary := ctx.model.summary_of(slot)) is not None
    ]
    _draw_classes(latent, summaries, ctx)
    if any(summary.kind == "stylegan2" for summary in summaries):
        controls.choose(
            ctx,
            latent,
            "noise",
            "Noise",
            (("const", "Fixed"), ("random", "New"), ("none", "None")),
            "StyleGAN2's per-pixel noise: fixed to the screen, new for every picture, "
            "or none. Other networks have none.",
        )


def _draw_classes(latent: LatentState, summaries: list[NetworkSummary], ctx: PanelContext) -> None:
    count = max((summary.c_dim for summary in summaries), default=0)
    if not count:
        return
    ui = ctx.ui
    controls.check(
        ctx,
        latent,
        "class_from_seed",
        "Each seed chooses its class",
        "Networks with classes draw another class at every seed, the same each time.",
    )
    if latent.class_from_seed:
        return
    if latent.class_weights:
        _draw_weights(latent, ctx)
        return
    latent.class_index = ui.whole_slider(
        "Class",
        min(latent.class_index, count - 1),
        0,
        count - 1,
        default=0,
        text=f"{latent.class_index}",
        tip="The class that class-conditional networks draw.",
        menu=controls.menu_of(ctx, latent, "class_index"),
    )
    latent.other_class = ui.whole_slider(
        "2nd class",
        min(latent.other_class, count - 1),
        -1,
        count - 1,
        default=-1,
        text="none" if latent.other_class < 0 else f"{latent.other_class}",
        tip="A second class to blend in.",
        menu=controls.menu_of(ctx, latent, "other_class"),
    )
    with ui.disabled("" if latent.other_class >= 0 else "Choose a second class first."):
        controls.slide(
            ctx,
            latent,
            "class_blend",
            "Blend",
            "Weight of the second class.",
            factor=100.0,
            unit="%",
            decimals=0,
        )


def _draw_weights(latent: LatentState, ctx: PanelContext) -> None:
    """Draw the classes that were named with weights, and a button that goes back to the first."""
    ctx.ui.label("Classes")
    side = imgui.get_frame_height()
    room = imgui.get_content_region_avail().x - side - ctx.host.px(2)
    left = imgui.get_cursor_pos_x()
    text = ", ".join(f"{one.index}: {one.weight:.0%}" for one in latent.class_weights)
    ctx.ui.text(shortened(text, room, lambda one: imgui.calc_text_size(one).x))
    ctx.ui.tip(f"{text}: the classes that are drawn together, with their weights.")
    imgui.same_line(left + room + ctx.host.px(2))
    if ctx.ui.icon_button(icons.CLOSE, "classes", tip="Back to a single class."):
        latent.class_weights = []
