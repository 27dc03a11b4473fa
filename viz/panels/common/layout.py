"""The default layout: inputs left, pictures in the middle, instruments right."""

from __future__ import annotations

from imgui_bundle import imgui

from viz.model.windows import (
    EQUIVARIANCE,
    INPUTS,
    LAB,
    LAYERS,
    PERFORMANCE,
    RECORDING,
    SLIT_SCAN,
    SPECTRUM,
    STAGE,
    TIMELINE,
    TRAINING,
)

__all__ = [
    "EQUIVARIANCE",
    "INPUTS",
    "LAB",
    "LAYERS",
    "PERFORMANCE",
    "RECORDING",
    "SLIT_SCAN",
    "SPECTRUM",
    "STAGE",
    "TIMELINE",
    "TRAINING",
]

TIPS = {
    INPUTS: "Inputs: networks, their latent and their transform.",
    LAYERS: "Feature maps of every layer of a network; [ and ] step through the layers.",
    SPECTRUM: "Frequencies in pictures and layers, the aliasing of each step, the filters.",
    EQUIVARIANCE: "How exactly pictures follow transforms of the input (E).",
    LAB: "One operation on one signal, computed naively and with filters.",
    PERFORMANCE: "Frame rates and times; device, precision, memory.",
    TIMELINE: "Keyframes in latent space and a path through them; I stores one.",
    SLIT_SCAN: "One line of every picture, side by side over time (S).",
    RECORDING: "Films and pictures at full quality (R).",
    TRAINING: "Training runs and their curves; start new runs.",
}
"""Tooltip of each tab."""

TIME_HEIGHT = 148
"""Height of the strip below the pictures, in pixels at a scale of 1."""

IN_FRONT = (SPECTRUM, LAYERS, INPUTS, TIMELINE, STAGE)
"""Tabs in front at the first start; of two in one place, the later one."""

COMPACT, NARROW, ROOMY = 1000, 1440, 1880
"""Window widths, at a scale of 1, from which there are two columns beside the pictures, wider ones,
and the widest."""
ONE_COLUMN = 364
"""Width of the only column in a window narrower than `COMPACT`; the titles of its tabs fit."""
STACKED = (2200, 1200)
"""Window size, at a scale of 1, from which the right column holds two panels."""
INSTRUMENTS_SHARE = 0.58
"""Height of the lower one then, as a fraction of the column; a spectrum with its curves fits."""


def column_widths(window_width: float, scale: float) -> tuple[float, float]:
    """Return the widths of the left and the right column (0 for none) in pixels."""
    if window_width < COMPACT * scale:
        return ONE_COLUMN * scale, 0.0
    if window_width < NARROW * scale:
        return 264 * scale, 332 * scale
    if window_width < ROOMY * scale:
        return 296 * scale, 420 * scale
    return 312 * scale, 520 * scale


def is_remembered() -> bool:
    """Return True if the stored layout has a place for every panel."""
    find, number = imgui.internal.find_window_settings_by_id, imgui.internal.im_hash_str
    return all(find(number(title)) is not None for title in (STAGE, *TIPS))


def places(width: float, height: float, scale: float) -> dict[str, tuple[str, ...]]:
    """Return the panels of each place, for a window of this size in pixels."""
    inside: tuple[str, ...] = (SPECTRUM, EQUIVARIANCE, LAB)
    time: tuple[str, ...] = (TIMELINE, SLIT_SCAN, RECORDING, TRAINING)
    # A narrow column has no room for the titles of five tabs.
    if width < NARROW * scale:
        time = (*time, PERFORMANCE)
    else:
        inside = (*inside, PERFORMANCE)
    if width < COMPACT * scale:
        return {"left": (INPUTS, LAYERS, *inside), "middle": (STAGE,), "below": time}
    apart = width >= STACKED[0] * scale and height >= STACKED[1] * scale
    right = {"right": (LAYERS,), "lower right": inside} if apart else {"right": (LAYERS, *inside)}
    return {"left": (INPUTS,), "middle": (STAGE,), "below": time, **right}


def is_arranged(wanted: dict[str, tuple[str, ...]]) -> bool:
    """Return True if exactly the panels that should share a place do, wherever that place is."""
    nodes = [{_node_of(title) for title in titles} for titles in wanted.values()]
    used = set().union(*nodes)
    return all(len(one) == 1 for one in nodes) and len(used) == len(nodes) and 0 not in used


def build(dockspace: int, size: imgui.ImVec2, scale: float) -> None:
    """Dock every panel in its default place.

    Args:
        dockspace: The dockspace that covers the window.
        size: Size of the dockspace in pixels.
        scale: Size of text and widgets.
    """
    dock = imgui.internal
    wanted = places(size.x, size.y, scale)
    dock.dock_builder_remove_node(dockspace)
    dock.dock_builder_add_node(dockspace, dock.DockNodeFlagsPrivate_.dock_space)
    dock.dock_builder_set_node_size(dockspace, size)
    left_width, right_width = column_widths(size.x, scale)
    nodes = {}
    nodes["left"], rest = _split(dockspace, imgui.Dir.left, left_width / size.x)
    if right_width:
        nodes["right"], rest = _split(rest, imgui.Dir.right, right_width / (size.x - left_width))
    nodes["below"], nodes["middle"] = _split(rest, imgui.Dir.down, TIME_HEIGHT * scale / size.y)
    if "lower right" in wanted:
        nodes["lower right"], nodes["right"] = _split(
            nodes["right"], imgui.Dir.down, INSTRUMENTS_SHARE
        )
    for place, titles in wanted.items():
        for title in titles:
            dock.dock_builder_dock_window(title, nodes[place])
    for place in ("left", "middle"):
        if len(wanted[place]) == 1:
            node = dock.dock_builder_get_node(nodes[place])
            node.set_local_flags(node.local_flags | dock.DockNodeFlagsPrivate_.no_tab_bar)
    dock.dock_builder_finish(dockspace)


def _node_of(title: str) -> int:
    """Return the ID of the dock node that holds a panel, 0 if it floats."""
    window = imgui.internal.find_window_by_name(title)
    return int(window.dock_id) if window is not None else 0


def _split(node: int, side: imgui.Dir, share: float) -> tuple[int, int]:
    """Split a node; return (the new node at that side, the rest)."""
    result = imgui.internal.dock_builder_split_node(node, side, share)
    return result.id_at_dir, result.id_at_opposite_dir
