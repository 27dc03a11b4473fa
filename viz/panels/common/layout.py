"""The default layouts: inputs left, pictures in the middle, instruments right, time below."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

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

if TYPE_CHECKING:
    from viz.storage.layouts import SizeClass

DockNode: TypeAlias = imgui.internal.DockNode

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

BELOW_SHARE = 0.28
"""Height of the strip below the pictures, as a fraction of the window's."""

IN_FRONT = (SPECTRUM, LAYERS, INPUTS, TIMELINE, STAGE)
"""Tabs in front at the first start; of two in one place, the later one."""

COMPACT = 1120
"""Window width, at a scale of 1, from which there are two columns beside the pictures."""
LARGE = (2200, 1200)
"""Window size, at a scale of 1, from which the right column holds two panels."""
SMALLEST = (800, 520)
"""Smallest size of the window, at a scale of 1."""
ONE_COLUMN = 364
"""Width of the only column of a compact window; the titles of its tabs fit."""
LEFT, RIGHT = (0.19, 264, 360), (0.26, 332, 680)
"""Width of the two columns: a fraction of the window's, and limits at a scale of 1."""
INSTRUMENTS_SHARE = 0.62
"""Height of the lower panel of two there, as a fraction of the column: a spectrum fits."""


def size_class(width: float, height: float, scale: float) -> SizeClass:
    """Return the size class of a window of this size in pixels."""
    if width < COMPACT * scale:
        return "compact"
    return "large" if width >= LARGE[0] * scale and height >= LARGE[1] * scale else "normal"


def column_widths(chosen: SizeClass, window_width: float, scale: float) -> tuple[float, float]:
    """Return the widths of the left and the right column (0 for none) in pixels."""
    if chosen == "compact":
        return ONE_COLUMN * scale, 0.0
    left, right = (
        min(max(share * window_width, least * scale), most * scale)
        for share, least, most in (LEFT, RIGHT)
    )
    return left, right


def is_complete() -> bool:
    """Return True if the layout that was loaded has a place for every panel."""
    return all(_settings_of(title) is not None for title in (STAGE, *TIPS))


def places(chosen: SizeClass) -> dict[str, tuple[str, ...]]:
    """Return the panels of each place in a layout."""
    inside: tuple[str, ...] = (SPECTRUM, EQUIVARIANCE, LAB)
    below: tuple[str, ...] = (TIMELINE, SLIT_SCAN, RECORDING, TRAINING, PERFORMANCE)
    match chosen:
        case "compact":
            return {"left": (INPUTS, LAYERS, *inside), "middle": (STAGE,), "below": below}
        case "normal":
            right = {"right": (LAYERS, *inside)}
        case "large":
            right = {"right": (LAYERS,), "lower right": inside}
    return {"left": (INPUTS,), "middle": (STAGE,), "below": below, **right}


def is_arranged(wanted: dict[str, tuple[str, ...]]) -> bool:
    """Return True if exactly the panels that should share a place do, wherever that place is."""
    nodes = [{_node_of(title) for title in titles} for titles in wanted.values()]
    used = set().union(*nodes)
    return all(len(one) == 1 for one in nodes) and len(used) == len(nodes) and 0 not in used


def around_stage(root: DockNode) -> tuple[list[DockNode], list[DockNode]]:
    """Return the nodes beside the pictures, and those above and below them."""
    nodes = [node for title in (STAGE, *TIPS) if (node := _node(_node_of(title))) is not None]
    children: dict[int, dict[int, DockNode]] = {}
    for node in nodes:
        while (parent := _parent(node)) is not None:
            children.setdefault(parent.id_, {})[node.id_] = node
            node = parent
    columns: list[DockNode] = []
    rows: list[DockNode] = []
    # A layout that has just been loaded does not know its central node yet.
    empty = imgui.internal.dock_builder_get_central_node(root.id_)
    inner: DockNode | None = next((one for one in nodes if one.is_central_node()), empty)
    while inner is not None and (parent := _parent(inner)) is not None:
        beside = columns if parent.split_axis == imgui.internal.Axis.x else rows
        family = children.get(parent.id_, {})
        beside.extend(one for key, one in family.items() if key != inner.id_)
        inner = parent
    return columns, rows


def build(dockspace: int, chosen: SizeClass, size: imgui.ImVec2, scale: float) -> None:
    """Dock every panel in its default place.

    Args:
        dockspace: The dockspace that covers the window.
        chosen: The layout.
        size: Size of the dockspace in pixels.
        scale: Size of text and widgets.
    """
    dock = imgui.internal
    wanted = places(chosen)
    dock.dock_builder_remove_node(dockspace)
    dock.dock_builder_add_node(dockspace, dock.DockNodeFlagsPrivate_.dock_space)
    dock.dock_builder_set_node_size(dockspace, size)
    left_width, right_width = column_widths(chosen, size.x, scale)
    nodes = {}
    nodes["left"], rest = _split(dockspace, imgui.Dir.left, left_width / size.x)
    if right_width:
        nodes["right"], rest = _split(rest, imgui.Dir.right, right_width / (size.x - left_width))
    nodes["below"], nodes["middle"] = _split(rest, imgui.Dir.down, BELOW_SHARE)
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
    known = imgui.internal.find_window_by_name(title) or _settings_of(title)
    return int(known.dock_id) if known else 0


def _settings_of(title: str) -> imgui.internal.WindowSettings | None:
    number = imgui.internal.im_hash_str(title)
    found: imgui.internal.WindowSettings | None = imgui.internal.find_window_settings_by_id(number)
    return found


def _node(number: int) -> DockNode | None:
    found: DockNode | None = imgui.internal.dock_builder_get_node(number)
    return found


def _parent(node: DockNode) -> DockNode | None:
    parent: DockNode | None = node.parent_node
    return parent


def _split(node: int, side: imgui.Dir, share: float) -> tuple[int, int]:
    """Split a node; return (the new node at that side, the rest)."""
    result = imgui.internal.dock_builder_split_node(node, side, share)
    return result.id_at_dir, result.id_at_opposite_dir
