"""Where every panel is at the first start: inputs left, pictures in the middle, insides right."""

from __future__ import annotations

from imgui_bundle import imgui

STAGE = "Stage"
INPUTS = "Inputs"
LAYERS = "Layers"
SPECTRUM = "Spectrum"
EQUIVARIANCE = "Equivariance"
LAB = "Signal lab"
PERFORMANCE = "Performance"
TIMELINE = "Timeline"
SLIT_SCAN = "Slit scan"
RECORDING = "Recording"
TRAINING = "Training"

TIPS = {
    LAYERS: "What every layer of a network draws; [ and ] step through them.",
    SPECTRUM: "Frequencies in pictures and layers, the aliasing of each step, the filters.",
    EQUIVARIANCE: "How exactly pictures move with the input (E).",
    LAB: "One operation on one signal, naive and filtered.",
    PERFORMANCE: "Rates and times; device, precision, memory.",
    TIMELINE: "Places in latent space and a path through them; I stores one.",
    SLIT_SCAN: "One line of every picture, side by side (S).",
    RECORDING: "Films and pictures in full quality (R).",
    TRAINING: "Runs, their curves, and new ones.",
}
"""What each tab holds, shown while the pointer rests on it."""

TIME_HEIGHT = 148
"""Of the strip below the pictures, in pixels at a scale of 1."""

IN_FRONT = (SPECTRUM, LAYERS, TIMELINE, STAGE)
"""Tabs that are in front at the first start; where two share a place, the later one."""

NARROW, ROOMY = 1440, 1880
"""Window widths, at a scale of 1, from which on the columns are wider."""
STACKED = (2200, 1200)
"""Window size, at a scale of 1, from which on there is room for two panels on the right."""
INSTRUMENTS_SHARE = 0.58
"""Of the right column's height, then: as much as a spectrum with its curves needs."""


def column_widths(window_width: float, scale: float) -> tuple[float, float]:
    """Widths in pixels of the left and the right column in a window that wide."""
    if window_width < NARROW * scale:
        return 264 * scale, 332 * scale
    if window_width < ROOMY * scale:
        return 296 * scale, 420 * scale
    return 312 * scale, 520 * scale


def is_remembered() -> bool:
    """Whether the layout kept from last time has a place for every panel there is now."""
    find, number = imgui.internal.find_window_settings_by_id, imgui.internal.im_hash_str
    return all(find(number(title)) is not None for title in (STAGE, INPUTS, *TIPS))


def build(dockspace: int, size: imgui.ImVec2, scale: float) -> None:
    """Dock every panel in its default place.

    Args:
        dockspace: The dockspace that covers the window.
        size: Its size in pixels.
        scale: Size of text and widgets.
    """
    dock = imgui.internal
    left_width, right_width = column_widths(size.x, scale)
    dock.dock_builder_remove_node(dockspace)
    dock.dock_builder_add_node(dockspace, dock.DockNodeFlagsPrivate_.dock_space)
    dock.dock_builder_set_node_size(dockspace, size)
    left, rest = _split(dockspace, imgui.Dir.left, left_width / size.x)
    right, middle = _split(rest, imgui.Dir.right, right_width / (size.x - left_width))
    below, middle = _split(middle, imgui.Dir.down, TIME_HEIGHT * scale / size.y)
    dock.dock_builder_dock_window(INPUTS, left)
    inside = [LAYERS, SPECTRUM, EQUIVARIANCE, LAB]
    time = [TIMELINE, SLIT_SCAN, RECORDING, TRAINING]
    # The right column of a narrow window has no room for the names of five tabs.
    (time if size.x < NARROW * scale else inside).append(PERFORMANCE)
    for name in time:
        dock.dock_builder_dock_window(name, below)
    dock.dock_builder_dock_window(STAGE, middle)
    lower = upper = right
    if size.x >= STACKED[0] * scale and size.y >= STACKED[1] * scale:
        lower, upper = _split(right, imgui.Dir.down, INSTRUMENTS_SHARE)
    for name in inside:
        dock.dock_builder_dock_window(name, upper if name == LAYERS else lower)
    for identity in (left, middle):
        node = dock.dock_builder_get_node(identity)
        node.set_local_flags(node.local_flags | dock.DockNodeFlagsPrivate_.no_tab_bar)
    dock.dock_builder_finish(dockspace)


def _split(node: int, side: imgui.Dir, share: float) -> tuple[int, int]:
    """Split a node; returns (the new one at that side, the rest)."""
    result = imgui.internal.dock_builder_split_node(node, side, share)
    return result.id_at_dir, result.id_at_opposite_dir
