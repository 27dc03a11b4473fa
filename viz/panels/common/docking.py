"""The layout of the window: each size class has its own, fitted to every size of its class."""

from __future__ import annotations

from typing import TYPE_CHECKING

from imgui_bundle import imgui

from viz.panels.common import layout
from viz.storage.layouts import Layout, LayoutShelf, SizeClass

if TYPE_CHECKING:
    from viz.panels.common.context import PanelContext

STAGE_SHARE = 0.45
"""The pictures keep this fraction of the window's width; the columns beside them give way."""


class Docking:
    """Puts panels where the layout of the window's size class has them.

    Args:
        shelf: Layouts of earlier runs and of the other size classes.
    """

    def __init__(self, shelf: LayoutShelf) -> None:
        self._shelf = shelf
        self._class: SizeClass | None = None
        self._scale = 1.0
        """Size of text that the present widths are made for."""
        self._is_to_build = False
        self._widths: dict[int, tuple[float, float]] = {}
        """Widths of columns that gave way, by node: what they had, and what they have."""

    def prepare(self, size: tuple[float, float], scale: float) -> None:
        """Change to the layout of the window's size class; call it between two frames."""
        wanted = layout.size_class(*size, scale)
        if wanted == self._class:
            return
        self._keep_now()
        self._class, self._widths = wanted, {}
        kept = self._shelf.take(wanted)
        if kept is not None:
            imgui.load_ini_settings_from_memory(kept.text)
            self._scale = kept.scale
        self._is_to_build = kept is None or not layout.is_complete()

    def keep(self, *, now: bool = False) -> None:
        """Remember the layout if it has changed, at once or, else, when Dear ImGui asks for it."""
        io = imgui.get_io()
        if now or io.want_save_ini_settings:
            io.want_save_ini_settings = False
            self._keep_now()

    def draw(self, ctx: PanelContext) -> None:
        """Draw the dockspace, and bring to the front what was asked for."""
        viewport, windows = imgui.get_main_viewport(), ctx.model.windows
        dockspace = imgui.get_id("workspace")
        root, size = imgui.internal.dock_builder_get_node(dockspace), viewport.work_size
        if root is None or self._is_to_build or windows.reset_layout or self._class is None:
            chosen = self._class or layout.size_class(size.x, size.y, ctx.host.scale)
            windows.reset_layout = self._is_to_build = False
            windows.to_front[:] = ["", "", *layout.IN_FRONT]  # tabs exist only after two frames
            layout.build(dockspace, chosen, size, ctx.host.scale)
            self._widths = {}
        elif (root.size.x, root.size.y, self._scale) != (size.x, size.y, ctx.host.scale):
            self._fit(root, size, ctx.host.scale / self._scale)
        self._scale = ctx.host.scale
        px, padding = ctx.host.px, imgui.get_style().frame_padding
        # The space between tabs.
        imgui.push_style_var(imgui.StyleVar_.item_inner_spacing, (px(2), px(4)))
        imgui.push_style_var(imgui.StyleVar_.frame_padding, (px(7), padding.y))
        imgui.dock_space_over_viewport(dockspace, viewport)
        imgui.pop_style_var(2)
        if windows.to_front:
            title = windows.to_front.pop(0)
            if title:
                imgui.set_window_focus(title)
            ctx.host.window.request_frames()

    def _keep_now(self) -> None:
        if self._class is not None and not self._is_to_build:
            text = imgui.save_ini_settings_to_memory()
            self._shelf.keep(self._class, Layout(text, round(self._scale, 4)))

    def _fit(self, root: imgui.internal.DockNode, size: imgui.ImVec2, enlarged: float) -> None:
        """Fit the panels around the pictures to a new size of the window.

        Args:
            root: The dockspace as it was.
            size: Its new size in pixels.
            enlarged: By so much text has grown.
        """
        columns, rows = layout.around_stage(root)
        if root.size.y > 0:
            for node in rows:  # strips grow with the window
                height = node.size_ref.y * size.y / root.size.y
                node.size_ref = imgui.ImVec2(node.size_ref.x, round(height))
        wanted = []
        for node in columns:
            full, given = self._widths.get(node.id_, (node.size_ref.x, node.size_ref.x))
            # One whose border was moved since has a new width.
            full = full if abs(given - node.size_ref.x) <= 1 else node.size_ref.x
            wanted.append(full * enlarged)
        room = (1 - STAGE_SHARE) * size.x
        share = min(1.0, room / max(sum(wanted), 1.0))
        for node, full in zip(columns, wanted, strict=True):
            node.size_ref = imgui.ImVec2(round(full * share), node.size_ref.y)
            self._widths[node.id_] = full, node.size_ref.x
