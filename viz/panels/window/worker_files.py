"""A window with the files of the machine on which the worker is."""

from __future__ import annotations

from typing import TYPE_CHECKING

from imgui_bundle import imgui

from generator.files.sanitise import readable
from gui_utils import icons
from gui_utils.floating import floating_window, is_dismissed
from gui_utils.labels import shortened
from gui_utils.theme import vec4
from viz.model.compute import host_of
from viz.panels.common.actions import Action
from viz.protocol.worker_files import MOST_ENTRIES

if TYPE_CHECKING:
    from viz.panels.common.context import PanelContext
    from viz.protocol.worker_files import FolderContents, FolderEntry
    from viz.state.app_state import AppState

WIDTH, HEIGHT = 640, 440
FETCH_WIDTH, SIZE_WIDTH = 64, 88
_ICONS = {"folder": icons.FOLDER, "run": icons.FOLDER, "network": icons.FILE, "file": icons.FILE}


class WorkerFilesWindow:
    """The window, hidden until `open` is called."""

    def __init__(self) -> None:
        self.is_open = False
        self._typed = ""
        self._appearing = False

    def open(self) -> None:
        """Show it."""
        self.is_open = self._appearing = True
        self._typed = ""

    def draw(self, ctx: PanelContext) -> None:
        """Draw the window if it is open; open and fetch what is chosen."""
        if not self.is_open:
            return
        title = f"Files on {host_of(ctx.model.compute.command)}###worker files"
        window = floating_window(
            ctx.host, title, (WIDTH, HEIGHT), (0.9, 0.8), to_front=self._appearing
        )
        with window as (shown, self.is_open):
            if shown:
                self._draw_inside(ctx)
            if is_dismissed(ctx.host) or not ctx.model.compute.command:
                self.is_open = False

    def _draw_inside(self, ctx: PanelContext) -> None:
        files = ctx.model.worker_files
        contents = files.contents
        self._draw_places(ctx)
        imgui.set_next_item_width(-1)
        if self._appearing:
            ctx.host.give_keyboard()
            self._appearing = False
        entered, self._typed = imgui.input_text_with_hint(
            "##name",
            "Type to filter the list, or a whole path there; Enter goes to it",
            self._typed,
            imgui.InputTextFlags_.enter_returns_true,
        )
        if entered and self._typed.strip().startswith(("/", "~")):
            self._go_to(self._typed.strip(), ctx)
        if files.error:
            ctx.ui.text(files.error, ctx.host.palette.error)
        foot = imgui.get_frame_height_with_spacing()
        if imgui.begin_child("list", (0, -foot)):
            if contents is not None:
                self._draw_list(contents, ctx)
            elif not files.error:
                ctx.ui.dim("Looking." if files.folder else "The worker is not there yet.")
        imgui.end_child()
        with ctx.ui.disabled("" if contents is not None else "No folder is looked into yet."):
            if imgui.button("Send a file here …"):
                ctx.commands.worker_files.choose_to_send()
            ctx.ui.tip("Copy a network, a picture or pictures to train on into this folder there.")
        imgui.same_line(0, ctx.host.px(12))
        imgui.align_text_to_frame_padding()
        ctx.ui.dim("Networks and trainings open there; fetched files go into out/ here.")

    def _draw_places(self, ctx: PanelContext) -> None:
        """Draw the way up, the folder, and the folders that the worker was given."""
        contents, place = ctx.model.worker_files.contents, ctx.model.compute
        parent = contents.parent if contents is not None else ""
        with ctx.ui.disabled("" if parent else "There is no folder above."):
            if ctx.ui.icon_button(icons.UP, "parent folder", tip="Go to the parent folder."):
                self._go_to(parent, ctx)
        imgui.same_line()
        imgui.set_next_item_width(-1)
        shown = readable(ctx.model.worker_files.folder)
        if imgui.begin_combo("##folder", shown):
            for root in place.roots:
                if imgui.selectable(readable(root), root == shown)[0]:
                    self._go_to(root, ctx)
            imgui.end_combo()
        ctx.ui.tip("The folders that the worker opens files in.")

    def _draw_list(self, contents: FolderContents, ctx: PanelContext) -> None:
        wanted = self._typed.strip().lower()
        filters = wanted and not wanted.startswith(("/", "~"))
        found = [one for one in contents.entries if not filters or wanted in one.name.lower()]
        if not found:
            ctx.ui.dim("Nothing like that here." if filters else "This folder is empty.")
        clipper = imgui.ListClipper()
        clipper.begin(len(found))
        while clipper.step():
            for index in range(clipper.display_start, clipper.display_end):
                imgui.push_id(index)
                self._draw_entry(found[index], contents, ctx)
                imgui.pop_id()
        clipper.end()
        if contents.is_cut:
            ctx.ui.dim(f"Only {MOST_ENTRIES:,} of them are shown; type a path.")

    def _draw_entry(self, entry: FolderEntry, contents: FolderContents, ctx: PanelContext) -> None:
        px = ctx.host.px
        path = f"{contents.path.rstrip('/')}/{entry.name}"
        room = imgui.get_content_region_avail().x - px(FETCH_WIDTH + SIZE_WIDTH)
        name = shortened(readable(entry.name), room - px(32), lambda t: imgui.calc_text_size(t).x)
        left = imgui.get_cursor_pos_x()
        palette = ctx.host.palette
        imgui.push_style_color(
            imgui.Col_.text, vec4(palette.dim if entry.kind == "file" else palette.text)
        )
        flags = imgui.SelectableFlags_.none
        chosen, _on = imgui.selectable(f"{_ICONS[entry.kind]}  {name}", False, flags, (room, 0))
        imgui.pop_style_color()
        if chosen:
            self._choose(entry, path, ctx)
        ctx.ui.tip(_tip(entry))
        if entry.kind in ("folder", "run"):
            if entry.kind == "run":
                imgui.same_line(left + room + px(SIZE_WIDTH))
                if imgui.small_button("Inside"):
                    self._go_to(path, ctx)
                ctx.ui.tip("Look into the folder of this training.")
            return
        size = f"{entry.size / 1e6:.1f} MB" if entry.size >= 1e5 else f"{entry.size / 1e3:.1f} kB"
        imgui.same_line(left + room + px(SIZE_WIDTH - 8) - imgui.calc_text_size(size).x)
        ctx.ui.text(size, ctx.host.palette.dim)
        imgui.same_line(left + room + px(SIZE_WIDTH))
        if imgui.small_button("Fetch"):
            ctx.commands.worker_files.fetch(path)
        ctx.ui.tip("Copy it into out/ on this machine.")

    def _choose(self, entry: FolderEntry, path: str, ctx: PanelContext) -> None:
        match entry.kind:
            case "folder":
                self._go_to(path, ctx)
            case "network" | "run":
                ctx.commands.worker_files.open(path)
                self.is_open = False
            case "file":
                ctx.commands.worker_files.fetch(path)

    def _go_to(self, folder: str, ctx: PanelContext) -> None:
        self._typed = ""
        ctx.commands.worker_files.go_to(folder)


def _tip(entry: FolderEntry) -> str:
    match entry.kind:
        case "folder":
            return "Look into this folder."
        case "run":
            return "A training: show its newest network."
        case "network":
            return "Show this network."
    return "Copy it into out/ on this machine."


def _nowhere(_state: AppState, ctx: PanelContext) -> str:
    if not ctx.model.compute.command:
        return "The worker is on this machine: choose another one under Performance."
    return "" if ctx.model.compute.roots else "The worker has not answered yet."


ACTIONS: tuple[Action, ...] = (
    Action(
        "Files on the worker's machine …",
        "Open networks and trainings of the machine that computes, and fetch files from it.",
        lambda _state, ctx: ctx.commands.worker_files.look(),
        menu="File",
        disabled_reason=_nowhere,
    ),
)
