"""Changes to the chosen layer: its noise, and the scale and offset of its style."""

from __future__ import annotations

from typing import TYPE_CHECKING

from imgui_bundle import imgui

from viz.panels.common import controls
from viz.state.inputs import LayerChangeState, NetworkSlot
from viz.state.paths import drop_item
from viz.state.to_request import layer_changes

if TYPE_CHECKING:
    from viz.panels.common.context import PanelContext
    from viz.protocol.result import LayerRow


def changed_layers(ctx: PanelContext) -> set[str]:
    """Return the names of the changed layers of the inspected network."""
    return {change.layer for change in layer_changes(_network(ctx))}


def draw_changes(row: LayerRow, ctx: PanelContext) -> None:
    """Draw the controls of the chosen layer in a section that is folded at first."""
    network = _network(ctx)
    if not row.style_channels:
        return
    if not ctx.ui.section(
        "Change layer", on_reset=lambda: reset(ctx, row.name), unfolded_at_first=False
    ):
        return
    found = next((one for one in network.changes if one.layer == row.name), None)
    change = found or LayerChangeState(row.name)
    controls.slide(
        ctx,
        change,
        "style_gain",
        "Style",
        "Stretches what w says to this layer about the mean: 1 leaves it, 0 gives the mean "
        "picture's style, more exaggerates.",
        low=0.0,
        high=2.0,
        unit="×",
        origin=1.0,
    )
    controls.slide(
        ctx,
        change,
        "style_offset",
        "Offset",
        "Added to the layer's style, which scales each of its input channels; styles are about 1.",
        low=-4.0,
        high=4.0,
        origin=0.0,
    )
    change.style_channel = ctx.ui.whole_slider(
        "Channel",
        min(change.style_channel, row.style_channels - 1),
        -1,
        row.style_channels - 1,
        default=-1,
        text="all" if change.style_channel < 0 else f"{change.style_channel}",
        tip="The input channel that gets the offset, or all of them.",
    )
    if row.has_noise:
        controls.check(
            ctx, change, "noise", "Noise", "Whether this layer adds its per-pixel noise."
        )
    if found is None and change != LayerChangeState(row.name):
        network.changes.append(change)


def draw_row_menu(row: LayerRow, ctx: PanelContext) -> None:
    """Draw the entries of a layer's menu in the table."""
    network = _network(ctx)
    changed = any(one.layer == row.name for one in network.changes)
    found = next((one for one in network.changes if one.layer == row.name), None)
    noisy = found.noise if found is not None else True
    if row.has_noise and imgui.menu_item("Noise", "", noisy)[0]:
        switch_noise(network, row.name, not noisy)
    if imgui.menu_item_simple("Reset layer", enabled=changed):
        reset(ctx, row.name)
    if imgui.menu_item_simple("Reset all layers", enabled=bool(network.changes)):
        for change in list(network.changes):
            reset(ctx, change.layer)


def switch_noise(network: NetworkSlot, layer: str, on: bool) -> None:
    """Switch the noise of one layer on or off."""
    for change in network.changes:
        if change.layer == layer:
            change.noise = on
            return
    network.changes.append(LayerChangeState(layer, noise=on))


def reset(ctx: PanelContext, layer: str) -> None:
    """Remove the changes to one layer."""
    changes = _network(ctx).changes
    for index in reversed(range(len(changes))):
        if changes[index].layer == layer:
            drop_item(ctx.state, f"networks.{ctx.model.layer_slot}.changes", index)


def _network(ctx: PanelContext) -> NetworkSlot:
    return ctx.state.networks[ctx.model.layer_slot]
